// SPDX-License-Identifier: MIT
// Shapes: recursive descent over the short constant text of a command's table. Fitting allocates
// nothing and makes no text; only a misfit is looked at again, to say what and where.
#include "units/shape.h"

#include "units/print.h"

enum { SHAPE_DEPTH_MAX = 8 }; // brackets in a shape; bounds the recursion

// What a word stands for: kinds, and what the misfit says was wanted.
#define K(kind) (1u << UNIT_##kind)
static const struct word {
    struct span name;
    unsigned kinds;
    const char *wanted;
    bool natural; // and not below 0
} words[] = {
    {{"any", 3}, (1u << UNIT_KINDS) - 1, "anything", false},
    {{"num", 3}, K(INT) | K(DEC), "a number", false},
    {{"str", 3}, K(STR), "a str", false},
    {{"int", 3}, K(INT), "an int", false},
    {{"nat", 3}, K(INT), "an int that is not negative", true},
    {{"bool", 4}, K(BOOL), "a bool", false},
    {{"map", 3}, K(MAP), "a map", false},
    {{"list", 4}, K(LIST), "a list", false},
    {{"pair", 4}, K(PAIR), "a pair", false},
    {{"path", 4}, K(REF) | K(STR), "a path", false},
    {{"word", 4}, K(STR), "a word", false},
    {{"items", 5}, K(LIST) | K(PAIR), "a list or a pair", false},
    {{"none", 4}, K(NONE), "none", false},
    {{"byte", 4}, K(BYTE), "a byte", false},
    {{"dec", 3}, K(DEC), "a dec", false},
    {{"ref", 3}, K(REF), "a ref", false},
    {{"stream", 6}, K(STREAM), "a stream", false},
    {{"bytes", 5}, K(BYTES), "bytes", false},
    {{"secret", 6}, K(SECRET), "a secret", false},
};
#undef K

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static struct span word_at(const char *p)
{
    const char *start = p;

    while (is_letter(*p))
        p++;
    return (struct span){start, (size_t)(p - start)};
}

static const struct word *find_word(struct span name)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].name.len == name.len && memcmp(words[i].name.at, name.at, name.len) == 0)
            return &words[i];
    return NULL;
}

// ---- Is a text a shape

static enum err bad(const char *shape, const char *at, const char *why, struct fail *f)
{
    (void)fail_set(f, ERR_SYNTAX, (size_t)(at - shape), NULL, "%s", why); // gives the code back
    return ERR_SYNTAX;
}

static enum err check_shape(const char *shape, const char **at, unsigned level, struct fail *f)
{
    const char *p = *at;
    enum err e;

    for (;; p++) {
        struct span name = word_at(p);

        if (name.len) {
            if (!find_word(name))
                return bad(shape, p, "no word of a shape", f);
            p += name.len;
        } else if (*p == '[' || *p == '(' || *p == '{') {
            char open = *p++;

            if (level == SHAPE_DEPTH_MAX)
                return bad(shape, p - 1, "a shape is nested too deeply", f);
            e = check_shape(shape, &p, level + 1, f);
            if (e)
                return e;
            if (open == '(') {
                if (*p != ' ')
                    return bad(shape, p, "a pair has two shapes with a blank between", f);
                p++;
                e = check_shape(shape, &p, level + 1, f);
                if (e)
                    return e;
            }
            if (*p != (open == '[' ? ']' : open == '(' ? ')' : '}'))
                return bad(shape, p, "a bracket of a shape is not closed", f);
            p++;
        } else {
            return bad(shape, p, "a shape is missing", f);
        }
        if (*p != '|')
            break;
    }
    *at = p;
    return ERR_OK;
}

enum err shape_check(const char *shape, struct fail *f)
{
    const char *p = shape;
    enum err e = check_shape(shape, &p, 0, f);

    if (e)
        return e;
    return *p ? bad(shape, p, "something behind a shape", f) : ERR_OK;
}

// ---- Does a unit fit. From here on a shape is known to be one.

// Behind the shape at p: at its closing bracket, its blank, or the end.
static const char *skip(const char *p)
{
    unsigned open = 0;

    for (; *p; p++) {
        if (*p == '[' || *p == '(' || *p == '{') {
            open++;
        } else if (*p == ']' || *p == ')' || *p == '}') {
            if (!open)
                break;
            open--;
        } else if (*p == ' ' && !open) {
            break;
        }
    }
    return p;
}

// Behind one alternative.
static const char *skip_one(const char *p)
{
    if (is_letter(*p))
        return p + word_at(p).len;
    p = skip(p + 1);
    if (*p == ' ')
        p = skip(p + 1);
    return p + 1;
}

static bool is_open(const struct unit *u, enum shape_when when)
{
    return when == SHAPE_UNREAD && (u->kind == UNIT_REF || u->kind == UNIT_STREAM) &&
           (u->flags & UNIT_LIVE) && !(u->flags & UNIT_DONE);
}

static bool fits_word(struct span name, const struct unit *u)
{
    const struct word *word = find_word(name);

    if (!word || !(word->kinds & 1u << u->kind))
        return false;
    if (word->natural)
        return u->flags & UNIT_BIG ? !u->big->neg : u->i >= 0;
    return true;
}

static bool fits(const char *p, const struct unit *u, enum shape_when when);

// The kind that a bracket of a shape stands for.
static enum unit_kind kind_of(char bracket)
{
    return bracket == '[' ? UNIT_LIST : bracket == '(' ? UNIT_PAIR : UNIT_MAP;
}

// One alternative with brackets.
static bool fits_parts(const char *p, const struct unit *u, enum shape_when when)
{
    size_t step = *p == '{' ? 2 : 1;

    if (u->kind != kind_of(*p))
        return false;
    if (*p == '(')
        return fits(p + 1, &u->items[0], when) && fits(skip(p + 1) + 1, &u->items[1], when);
    for (size_t i = 0; i < u->n; i++)
        if (!fits(p + 1, &u->items[i * step + step - 1], when))
            return false;
    return true;
}

// Recursion is bounded by SHAPE_DEPTH_MAX.
static bool fits(const char *p, const struct unit *u, enum shape_when when)
{
    if (is_open(u, when))
        return true;
    for (;; p++) {
        if (is_letter(*p) ? fits_word(word_at(p), u) : fits_parts(p, u, when))
            return true;
        p = skip_one(p);
        if (*p != '|')
            return false;
    }
}

// ---- Why not

// Text that is filled from the left; what does not fit is cut.
struct text {
    size_t len;
    char at[120];
};

static void add(struct text *t, const char *s)
{
    while (*s && t->len < sizeof t->at - 1)
        t->at[t->len++] = *s++;
    t->at[t->len] = 0;
}

static void add_number(struct text *t, size_t n)
{
    char digits[24];
    size_t at = sizeof digits - 1;

    digits[at] = 0;
    do
        digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    add(t, digits + at);
}

// Where a unit stands: the chain of its containers up to the argument.
struct place {
    const struct place *up;   // NULL: the argument itself
    const struct unit *outer; // container ..
    size_t part;              // .. and which part of it; of a map which value
};

static void add_place(struct text *t, const struct place *place)
{
    const char *between = " as ";

    for (; place->up; place = place->up, between = " of ") {
        add(t, between);
        add(t, place->outer->kind == UNIT_LIST   ? "item "
               : place->outer->kind == UNIT_PAIR ? "part "
                                                 : "value ");
        add_number(t, place->part + 1);
    }
}

static void add_wanted(struct text *t, const char *p)
{
    for (const char *between = "";; between = " or ", p++) {
        const struct word *word = is_letter(*p) ? find_word(word_at(p)) : NULL;

        add(t, between);
        if (word)
            add(t, word->wanted);
        else
            add(t, *p == '[' ? "a list" : *p == '(' ? "a pair" : "a map");
        p = skip_one(p);
        if (*p != '|')
            return;
    }
}

enum { FOUND_BYTES = 40 }; // of a unit that is not a str, longer ones are not shown

static enum err misfit(const char *p, const struct unit *u, const struct place *place,
                       struct fail *f)
{
    const char *kind = unit_kind_name((enum unit_kind)u->kind);
    char print[FOUND_BYTES];
    struct span found = {print, 0};
    struct text wanted = {0}, where = {0};

    add_wanted(&wanted, p);
    add_place(&where, place);
    if (u->kind == UNIT_STR)
        found = unit_span(u);
    else if (u->kind != UNIT_NONE && u->kind != UNIT_SECRET && u->text <= sizeof print)
        found.len = (size_t)(unit_print(u, print) - print);
    (void)fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "wanted %s, found %s%s%s%S%s", wanted.at,
                   u->kind == UNIT_NONE ? "" : "the ", kind, found.len ? " " : "", &found,
                   where.at);
    return ERR_BAD_ARG;
}

// A unit that does not fit: if one alternative alone is of its kind, the misfit lies inside.
static enum err explain(const char *shape, const struct unit *u, enum shape_when when,
                        const struct place *place, struct fail *f)
{
    const char *inside = NULL, *p = shape;
    size_t step = u->kind == UNIT_MAP ? 2 : 1;

    for (;; p++) {
        if (!is_letter(*p) && u->kind == kind_of(*p)) {
            if (inside)
                return misfit(shape, u, place, f);
            inside = p;
        }
        p = skip_one(p);
        if (*p != '|')
            break;
    }
    for (size_t i = 0; inside && i < u->n; i++) {
        const struct unit *part = &u->items[i * step + step - 1];
        const char *wanted = *inside == '(' && i ? skip(inside + 1) + 1 : inside + 1;
        struct place here = {place, u, i};

        if (!fits(wanted, part, when))
            return explain(wanted, part, when, &here, f);
    }
    return misfit(shape, u, place, f);
}

enum err shape_fits(const char *shape, const struct unit *u, enum shape_when when, struct fail *f)
{
    struct place top = {NULL, NULL, 0};

    if (fits(shape, u, when))
        return ERR_OK;
    return f ? explain(shape, u, when, &top, f) : ERR_BAD_ARG;
}
