// SPDX-License-Identifier: MIT
// The loop of the parser: tokens one by one, brackets, suffixes, comments.
#include "units/parse_in.h"

#include "units/chars.h"
#include "units/heap.h"

static const char *bracket_name(enum unit_kind kind)
{
    return kind == UNIT_MAP ? "map" : kind == UNIT_LIST ? "list" : "pair";
}

// Line and column of a byte of this text as a person counts them in the whole text.
static void where(const struct run *r, size_t pos, unsigned long *line, unsigned long *column)
{
    size_t l, c;

    text_where(r->in.text, pos, &l, &c);
    *line = r->p->line + l - 1;
    *column = l == 1 ? r->p->column + c - 1 : c;
}

// The text ends, but what was opened at `open` does not.
static enum err not_closed(const struct run *r, const char *what, size_t open)
{
    size_t pos = r->in.text.len;
    unsigned long line, column;

    while (pos > r->p->start && (char_class_of(r->in.text.at[pos - 1]) & CHAR_BLANK))
        pos--;
    where(r, open, &line, &column);
    return fail_set(r->in.fail, ERR_SYNTAX, pos, NULL, "the %s opened at %u:%u is not closed", what,
                    line, column);
}

// Room for one more unit on the stack. Units are made where they stay: copying one right after its
// fields were written would wait for the stores.
static enum err make_room(struct run *r, size_t at)
{
    struct parser *p = r->p;

    if (p->n < p->cap || !parser_grow(p))
        return ERR_OK;
    return fail_set(r->in.fail, ERR_NO_MEMORY, at, NULL, "no memory for this unit");
}

// A unit is finished in its place; its bracket says what may come next.
static void push(struct parser *p, size_t at)
{
    struct frame *f;

    p->begun = false;
    p->seen = 0;
    p->pos[p->n++] = (uint32_t)at;
    if (!p->depth)
        return;
    f = &p->frames[p->depth - 1];
    if (f->state == FRAME_KEY)
        f->state = FRAME_COLON;
    else if (f->state == FRAME_VALUE)
        f->state = FRAME_KEY;
}

enum err parse_touches(const struct token_in *in, size_t at)
{
    uint32_t code;

    if (!in->last && (char_class_of(in->text.at[at]) & CHAR_HIGH) &&
        utf8_load(in->text.at + at, in->text.at + in->text.len, &code) < 0)
        return ERR_LATER; // what it is decides what is wrong
    if (token_is_wrong(in, at))
        return token_wrong(in, at);
    return fail_set(in->fail, ERR_SYNTAX, at, "put a blank between two units",
                    "two units touch here");
}

// May a unit begin at this byte? Also counts it.
static enum err may_begin(struct run *r, size_t at, bool leaf)
{
    struct parser *p = r->p;
    const struct frame *f;

    if (p->begun)
        return ERR_OK;
    if (p->touch && leaf)
        return parse_touches(&r->in, at);
    if (!p->inside) {
        p->inside = true;
        p->start = at;
        token_cap(&r->in, at);
    }
    if (++p->nodes > UNIT_NODES_MAX)
        return fail_set(r->in.fail, ERR_TOO_BIG, at, NULL, "a unit holds at most %u units",
                        (unsigned long)UNIT_NODES_MAX);
    p->begun = leaf;
    if (!p->depth)
        return ERR_OK;
    f = &p->frames[p->depth - 1];
    if (f->state != FRAME_COLON && p->n < f->most)
        return ERR_OK;
    if (f->kind == UNIT_PAIR)
        return fail_set(r->in.fail, ERR_SYNTAX, at, "a list holds any number: [a b c]",
                        "a pair has two parts, this is a third");
    if (f->state == FRAME_COLON)
        return fail_set(r->in.fail, ERR_SYNTAX, at, "a map is {key:value key:value}",
                        "the key before this has no colon behind it");
    return fail_set(r->in.fail, ERR_TOO_BIG, at, NULL, "a %s holds at most %u items",
                    bracket_name(f->kind), (unsigned long)UNIT_ITEMS_MAX);
}

static enum err open_bracket(struct run *r, size_t at, enum unit_kind kind)
{
    struct parser *p = r->p;
    enum err e = may_begin(r, at, false);

    if (e)
        return e;
    if (p->depth == UNIT_DEPTH_MAX)
        return fail_set(r->in.fail, ERR_TOO_DEEP, at, NULL,
                        "brackets and suffixes are nested at most %u deep",
                        (unsigned long)UNIT_DEPTH_MAX);
    p->frames[p->depth++] = frame_of(kind, at, p->n);
    return ERR_OK;
}

static enum err build(struct run *r, const struct frame *f, size_t at, struct unit *out)
{
    struct parser *p = r->p;
    size_t dup = 0;
    enum err e = unit_build(r->in.arena, f->kind, &p->stack[f->first], p->n - f->first, &dup, out);

    if (e == ERR_SYNTAX)
        return fail_set(r->in.fail, e, p->pos[f->first + 2 * dup], NULL,
                        "this key stands in the map twice");
    if (e == ERR_NO_MEMORY)
        return fail_set(r->in.fail, e, at, NULL, "no memory for this unit");
    if (e)
        return fail_set(r->in.fail, e, at, NULL, "%s", err_text(e));
    return ERR_OK;
}

static enum err close_bracket(struct run *r, size_t at, enum unit_kind kind)
{
    struct parser *p = r->p;
    struct frame *f;
    unsigned long line, column;
    enum err e;

    if (!p->depth)
        return fail_set(r->in.fail, ERR_SYNTAX, at, NULL, "nothing is open here to be closed");
    f = &p->frames[p->depth - 1];
    if (f->kind != kind) {
        where(r, f->pos, &line, &column);
        return fail_set(r->in.fail, ERR_SYNTAX, at, NULL,
                        "this closes a %s, but the %s opened at %u:%u is still open",
                        bracket_name(kind), bracket_name(f->kind), line, column);
    }
    if (kind == UNIT_PAIR && p->n - f->first != 2)
        return fail_set(r->in.fail, ERR_SYNTAX, at,
                        "a command alone stands without: inp@io.term; lists hold any number: [a]",
                        "a pair has two parts, this one has %u", (unsigned long)(p->n - f->first));
    if (f->state == FRAME_COLON || f->state == FRAME_VALUE)
        return fail_set(r->in.fail, ERR_SYNTAX, at, "a map is {key:value key:value}",
                        "the last key has no value");
    e = f->first < p->cap ? ERR_OK : make_room(r, at); // for an empty one
    if (!e)
        e = build(r, f, at, &p->stack[f->first]);
    if (e)
        return e;
    p->n = f->first;
    p->depth--;
    p->touch = false;
    push(p, f->pos);
    return ERR_OK;
}

// `@serv` or `@serv:[addr]` directly behind the unit on top of the stack. *at stands on the @.
static enum err suffix(struct run *r, size_t *at)
{
    struct parser *p = r->p;
    bool key = p->depth && p->frames[p->depth - 1].state == FRAME_COLON;
    struct unit *payload = &p->stack[p->n - 1], *items = unit_array(r->in.arena, 3);
    size_t next, n;
    enum err e;

    if (!items)
        return fail_set(r->in.fail, ERR_NO_MEMORY, *at, NULL, "no memory for this unit");
    e = token_suffix(&r->in, *at, key, items + 1, &n, &next);
    if (e)
        return e;
    if (p->depth + payload->depth >= UNIT_DEPTH_MAX)
        return fail_set(r->in.fail, ERR_TOO_DEEP, *at, NULL,
                        "brackets and suffixes are nested at most %u deep",
                        (unsigned long)UNIT_DEPTH_MAX);
    items[0] = *payload;
    e = unit_stream(items, n + 1, payload);
    if (e)
        return fail_set(r->in.fail, e, *at, NULL, "%s", err_text(e));
    p->touch = true;
    *at = next;
    return ERR_OK;
}

// The rest of a comment. ERR_LATER when its end has not arrived.
static enum err comment(struct run *r, size_t *at)
{
    const char *text = r->in.text.at, *end = text + r->in.text.len, *c = text + *at;

    while (c < end && *c != '\n') {
        uint32_t code;
        int n = utf8_load(c, end, &code);

        if (n < 0 && !r->in.last)
            break;
        if (n <= 0)
            return token_wrong(&r->in, (size_t)(c - text));
        c += n;
    }
    *at = (size_t)(c - text);
    r->p->comment = c == end || *c != '\n';
    return r->p->comment && !r->in.last ? ERR_LATER : ERR_OK;
}

// Does a comment begin at this #? ERR_LATER when that is not known yet.
static enum err comment_begins(const struct run *r, size_t at, bool *yes)
{
    const char *text = r->in.text.at;

    if (at + 1 == r->in.text.len) {
        *yes = true;
        return r->in.last ? ERR_OK : ERR_LATER;
    }
    *yes = (char_class_of(text[at + 1]) & CHAR_BLANK) ||
           (text[at + 1] == '!' && r->p->line1 && !memchr(text, '\n', at));
    return ERR_OK;
}

// One token at *at. Afterwards p->ended == *at when it finished a unit.
static enum err token(struct run *r, size_t *at)
{
    struct parser *p = r->p;
    const char *text = r->in.text.at;
    size_t begin = *at;
    bool yes;
    enum err e;

    switch (token_kind[(unsigned char)text[begin]]) {
    case TOKEN_BLANK:
        do
            ++*at;
        while (*at < r->in.text.len && (char_class_of(text[*at]) & CHAR_BLANK));
        p->touch = false;
        return ERR_OK;
    case TOKEN_OPEN_PAIR:
        e = open_bracket(r, begin, UNIT_PAIR);
        break;
    case TOKEN_OPEN_LIST:
        e = open_bracket(r, begin, UNIT_LIST);
        break;
    case TOKEN_OPEN_MAP:
        e = open_bracket(r, begin, UNIT_MAP);
        break;
    case TOKEN_CLOSE_PAIR:
        e = close_bracket(r, begin, UNIT_PAIR);
        break;
    case TOKEN_CLOSE_LIST:
        e = close_bracket(r, begin, UNIT_LIST);
        break;
    case TOKEN_CLOSE_MAP:
        e = close_bracket(r, begin, UNIT_MAP);
        break;
    case TOKEN_COLON:
        if (!p->depth || p->frames[p->depth - 1].state != FRAME_COLON)
            return token_wrong(&r->in, begin);
        p->frames[p->depth - 1].state = FRAME_VALUE;
        e = ERR_OK;
        break;
    case TOKEN_WRONG:
        return token_wrong(&r->in, begin);
    case TOKEN_HASH:
        if (!p->touch && !p->begun) {
            e = comment_begins(r, begin, &yes);
            if (e || yes)
                return e ? e : comment(r, at);
        }
        // fall through
    default:
        if (p->ended == begin && text[begin] == '@') {
            e = suffix(r, at);
            if (!e)
                p->ended = *at;
            return e;
        }
        e = may_begin(r, begin, true);
        if (!e)
            e = make_room(r, begin);
        if (!e)
            e = token_leaf(&r->in, begin, &p->seen, &p->stack[p->n], at);
        if (e == ERR_LATER && r->in.last)
            return not_closed(r, "text", begin);
        if (e)
            return e;
        push(p, begin);
        p->touch = true;
        p->ended = *at;
        return ERR_OK;
    }
    if (e)
        return e;
    ++*at;
    p->touch = false;
    if (token_kind[(unsigned char)text[begin]] >= TOKEN_CLOSE_PAIR &&
        token_kind[(unsigned char)text[begin]] <= TOKEN_CLOSE_MAP)
        p->ended = *at;
    return ERR_OK;
}

// From *at on: ERR_OK when a whole unit stands on the stack, ERR_NOT_FOUND at the end of the text,
// ERR_LATER, or an error. *at always tells how far it came.
enum err parse_scan(struct run *r, size_t *at)
{
    struct parser *p = r->p;
    enum err e = p->comment ? comment(r, at) : ERR_OK;

    while (!e) {
        bool whole = p->n && !p->depth;

        heap_pause();
        if (*at == r->in.text.len) {
            if (!r->in.last)
                return ERR_LATER;
            if (whole || !p->depth)
                return whole ? ERR_OK : ERR_NOT_FOUND;
            return not_closed(r, bracket_name(p->frames[p->depth - 1].kind),
                              p->frames[p->depth - 1].pos);
        }
        if (whole && r->in.text.at[*at] != '@')
            return ERR_OK;
        e = token(r, at);
        if (!e && p->depth)
            parse_fast(r, at);
    }
    return e;
}
