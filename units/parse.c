// SPDX-License-Identifier: MIT
// The parser. One loop over the bytes; open brackets are frames, finished parts wait on a stack
// until their bracket closes and then move into the arena side by side:
//
//   text    [a (b c     frames  [ (          stack  a b c
//                               |  `- first = 1
//                               `---- first = 0
//
// At any token the text may end; then the state stays, and the next call goes on at `at` (or, in
// a word or quoted text, at `seen`, so that no byte is scanned twice).
#include "units/parse.h"

#include "units/chars.h"
#include "units/token_fast.h"

enum { STACK_FIRST = 256, STACK_KEPT = 16384 };

enum frame_state { FRAME_ANY, FRAME_KEY, FRAME_COLON, FRAME_VALUE };

struct frame {
    size_t pos; // of the bracket, from the start of the text
    uint32_t first;
    uint32_t most; // parts on the stack when it is full
    uint8_t kind;  // enum unit_kind
    uint8_t state; // enum frame_state
};

struct parser {
    const struct mem *mem;
    struct unit *stack;
    uint32_t *pos; // where each part on the stack began
    size_t n, cap;
    uint64_t nodes; // begun in this unit
    struct frame frames[UNIT_DEPTH_MAX];
    unsigned depth;
    size_t at;    // next byte to look at
    size_t seen;  // in the token at `at`: scanned up to here before the text ended; 0: not begun
    size_t start; // of the unit
    size_t ended; // where the last unit ended: an @ right here is its suffix
    size_t line, column; // of the text's start
    bool inside;  // a unit has begun
    bool begun;   // the token at `at` is counted already
    bool touch;   // the last byte belongs to a unit without a bracket of its own
    bool comment; // the text ended inside a comment
    bool first;   // nothing was read yet
};

// ---- Memory

static enum err grow(struct parser *p)
{
    size_t cap = p->cap ? 2 * p->cap : STACK_FIRST, each = sizeof *p->stack + sizeof *p->pos;
    struct unit *stack = p->mem->get(p->mem->ctx, cap * each);
    uint32_t *pos;

    if (!stack)
        return ERR_NO_MEMORY;
    pos = (uint32_t *)(void *)(stack + cap);
    if (p->stack) {
        memcpy(stack, p->stack, p->n * sizeof *stack);
        memcpy(pos, p->pos, p->n * sizeof *pos);
        p->mem->put(p->mem->ctx, p->stack, p->cap * each);
    }
    p->stack = stack;
    p->pos = pos;
    p->cap = cap;
    return ERR_OK;
}

static void shrink(struct parser *p, size_t kept)
{
    if (p->cap <= kept)
        return;
    p->mem->put(p->mem->ctx, p->stack, p->cap * (sizeof *p->stack + sizeof *p->pos));
    p->stack = NULL;
    p->cap = p->n = 0;
}

enum err parser_new(const struct mem *mem, struct parser **out)
{
    struct parser *p = mem->get(mem->ctx, sizeof *p);

    if (!p)
        return ERR_NO_MEMORY;
    memset(p, 0, sizeof *p);
    p->mem = mem;
    parser_reset(p);
    *out = p;
    return ERR_OK;
}

// Forget the unit; the text goes on.
static void forget(struct parser *p)
{
    p->n = p->depth = 0;
    p->nodes = 0;
    p->at = p->seen = 0;
    p->ended = SIZE_MAX;
    p->inside = p->begun = p->touch = p->comment = false;
    shrink(p, STACK_KEPT);
}

void parser_reset(struct parser *p)
{
    forget(p);
    p->start = 0;
    p->line = p->column = 1;
    p->first = true;
}

void parser_free(struct parser *p)
{
    if (!p)
        return;
    shrink(p, 0);
    p->mem->put(p->mem->ctx, p, sizeof *p);
}

void parser_where(struct parser *p, size_t line, size_t column)
{
    p->line = line;
    p->column = column;
}

size_t parser_start(const struct parser *p)
{
    return p->start;
}

bool parser_inside(const struct parser *p)
{
    return p->inside;
}

void text_where(struct span text, size_t pos, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < pos && i < text.len; i++) {
        if (text.at[i] == '\n') {
            ++*line;
            *column = 1;
        } else {
            *column += ((unsigned char)text.at[i] & 0xC0) != 0x80;
        }
    }
}

// ---- The work of one call

struct run {
    struct parser *p;
    struct token_in in; // arena, text, last, fail
};

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

    if (p->n < p->cap || !grow(p))
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

// Two units without a blank between them.
static enum err touches(const struct token_in *in, size_t at)
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
        return touches(&r->in, at);
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
    p->frames[p->depth++] = (struct frame){
        .pos = at,
        .first = (uint32_t)p->n,
        .most = (uint32_t)p->n + (kind == UNIT_PAIR  ? 2
                                  : kind == UNIT_MAP ? 2 * UNIT_ITEMS_MAX
                                                     : UNIT_ITEMS_MAX),
        .kind = (uint8_t)kind,
        .state = kind == UNIT_MAP ? FRAME_KEY : FRAME_ANY,
    };
    return ERR_OK;
}

static enum err build(struct run *r, const struct frame *f, size_t at, struct unit *out)
{
    struct parser *p = r->p;
    size_t n = p->n - f->first, dup = 0;
    struct unit *items = &p->stack[f->first];
    enum err e;

    if (f->kind == UNIT_MAP && n / 2 > MAP_SMALL) {
        e = unit_map(r->in.arena, items, n / 2, &dup, out); // copies behind its index
    } else {
        items = unit_array(r->in.arena, n);
        if (!items)
            return fail_set(r->in.fail, ERR_NO_MEMORY, at, NULL, "no memory for this unit");
        if (n)
            memcpy(items, &p->stack[f->first], n * sizeof *items);
        if (f->kind == UNIT_MAP)
            e = unit_map(r->in.arena, items, n / 2, &dup, out);
        else if (f->kind == UNIT_LIST)
            e = unit_list(items, n, out);
        else
            e = unit_pair(items, out);
    }
    if (e == ERR_SYNTAX)
        return fail_set(r->in.fail, e, p->pos[f->first + 2 * dup], NULL,
                        "this key stands in the map twice");
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
        return fail_set(r->in.fail, ERR_SYNTAX, at, "a list may hold any number: [a]",
                        "a pair has two parts, this one has %u",
                        (unsigned long)(p->n - f->first));
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
           (r->p->first && at == 0 && text[1] == '!');
    return ERR_OK;
}

// Behind a finished top-level unit: no other may touch it, and its line must not go on with @.
static enum err look_behind(const struct run *r, struct span text, size_t at)
{
    size_t c = at;

    if (r->p->touch && at < text.len) {
        unsigned kind = token_kind[(unsigned char)text.at[at]];
        struct token_in in = r->in;

        in.text = text;
        if (kind == TOKEN_WRONG || kind >= TOKEN_HASH)
            return touches(&in, at);
    }
    while (c < text.len && (text.at[c] == ' ' || text.at[c] == '\t' || text.at[c] == '\r'))
        c++;
    if (c == text.len)
        return r->in.last ? ERR_OK : ERR_LATER;
    if (text.at[c] == '@')
        return fail_set(r->in.fail, ERR_SYNTAX, c, "write the service directly behind its unit",
                        "no blank before @");
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

// The usual tokens inside of brackets, one after the other, as long as nothing is special about
// them. What it does not take, token() does.
static enum err scan_fast(struct run *r, size_t *at)
{
    struct parser *p = r->p;
    const char *text = r->in.text.at, *stop = text + r->in.text.len, *c = text + *at, *next;
    enum err e = ERR_OK;

    while (!e) { // one turn for each bracket; between brackets all that changes is kept in locals
        struct frame *f = &p->frames[p->depth - 1];
        struct unit *stack = p->stack;
        const size_t first = p->n, full = f->most < p->cap ? f->most : p->cap;
        const size_t room = UNIT_NODES_MAX - p->nodes;
        const size_t end = room < full - first ? first + room : full;
        size_t n = first;
        unsigned state = f->state, kind = TOKEN_WRONG;
        bool touch = p->touch;
        const char *ended = NULL;

        for (; c < stop; c += !touch) {
            bool good;

            kind = token_kind[(unsigned char)*c];
            if (kind == TOKEN_BLANK) {
                touch = false;
                continue;
            }
            if (kind <= TOKEN_HASH || touch || state == FRAME_COLON || n >= end)
                break;
            if (kind == TOKEN_WORD)
                good = fast_word(r->in.arena, c, stop, &stack[n], &next);
            else if (kind == TOKEN_NUMBER)
                good = fast_num(c, stop, &stack[n], &next);
            else
                good = *c == '`' && fast_quoted(r->in.arena, c, stop, &stack[n], &next);
            if (!good)
                break;
            p->pos[n++] = (uint32_t)(c - text);
            c = ended = next;
            if (state == FRAME_KEY) { // behind it usually stands its colon, else a blank
                touch = *c != ':';
                state = touch ? FRAME_COLON : FRAME_VALUE;
            } else {
                touch = *c != ' ';
                state = state == FRAME_VALUE ? FRAME_KEY : state;
            }
        }
        p->n = n;
        p->nodes += n - first;
        p->touch = touch;
        f->state = (uint8_t)state;
        if (ended)
            p->ended = (size_t)(ended - text);
        if (c == stop)
            break;
        if (kind >= TOKEN_CLOSE_PAIR && kind <= TOKEN_CLOSE_MAP && p->depth > 1) {
            e = close_bracket(r, (size_t)(c - text), UNIT_PAIR + (kind - TOKEN_CLOSE_PAIR));
            if (!e)
                p->ended = (size_t)(++c - text);
        } else if (kind >= TOKEN_OPEN_PAIR && kind <= TOKEN_OPEN_MAP && !touch && n < end &&
                   state != FRAME_COLON) {
            e = open_bracket(r, (size_t)(c - text), UNIT_PAIR + (kind - TOKEN_OPEN_PAIR));
            c += !e;
        } else {
            break;
        }
    }
    *at = (size_t)(c - text);
    return e;
}

// From *at on: ERR_OK when a whole unit stands on the stack, ERR_NOT_FOUND at the end of the text,
// ERR_LATER, or an error. *at always tells how far it came.
static enum err scan(struct run *r, size_t *at)
{
    struct parser *p = r->p;
    enum err e = p->comment ? comment(r, at) : ERR_OK;

    while (!e) {
        bool whole = p->n && !p->depth;

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
            e = scan_fast(r, at);
    }
    return e;
}

enum err parser_next(struct parser *p, struct arena *a, struct span text, bool last, size_t *used,
                     struct unit *out, struct fail *f)
{
    static const struct span mark = {"\xEF\xBB\xBF", 3}; // byte order mark
    struct fail unasked;
    struct run r = {p, {a, text, last, f ? f : &unasked}};
    size_t at = p->at;
    bool first = p->first && at == 0 && !p->inside;
    enum err e;

    if (first && !memcmp(text.at, mark.at, text.len < 3 ? text.len : 3)) {
        if (text.len < 3 && !last) {
            *used = 0;
            return ERR_LATER;
        }
        at = text.len < 3 ? 0 : 3;
    }
    if (p->inside)
        token_cap(&r.in, p->start);
    e = scan(&r, &at);
    if (p->inside && (e == ERR_LATER || !e) && at - p->start > UNIT_TEXT_MAX_BYTES)
        e = fail_set(r.in.fail, ERR_TOO_BIG, p->start + UNIT_TEXT_MAX_BYTES, NULL,
                     "the text of one unit is at most %u bytes", (unsigned long)UNIT_TEXT_MAX_BYTES);
    else if (p->inside && e == ERR_LATER && r.in.text.len < text.len)
        e = fail_set(r.in.fail, ERR_TOO_BIG, p->start + UNIT_TEXT_MAX_BYTES, NULL,
                     "the text of one unit is at most %u bytes", (unsigned long)UNIT_TEXT_MAX_BYTES);
    if (!e) {
        r.in.last = last;
        e = look_behind(&r, text, at);
    }
    p->at = at;
    if (e == ERR_LATER) {
        // Blanks and comments before a unit are done with.
        *used = p->inside ? 0 : at;
        if (!p->inside)
            p->at = 0;
        p->first = p->first && (p->inside || !at);
        return e;
    }
    if (!e) {
        *out = p->stack[0];
        *used = at;
    } else if (e == ERR_NOT_FOUND) {
        *used = text.len;
    } else if (!p->inside) {
        p->start = at;
    }
    forget(p);
    p->first = false;
    return e;
}

// ---- One unit

enum err unit_parse(struct arena *a, struct span text, struct unit *out, struct fail *f)
{
    struct parser *p;
    struct unit u, more;
    struct fail unasked;
    size_t used, rest;
    enum err e = parser_new(a->mem, &p);

    if (!f)
        f = &unasked;
    if (e)
        return fail_set(f, e, 0, NULL, "no memory for the parser");
    e = parser_next(p, a, text, true, &used, &u, f);
    if (e == ERR_NOT_FOUND) {
        e = fail_set(f, ERR_SYNTAX, text.len, NULL, "there is no unit in this text");
    } else if (!e) {
        struct span tail = {text.at + used, text.len - used};

        e = parser_next(p, a, tail, true, &rest, &more, f);
        if (e == ERR_NOT_FOUND) {
            e = ERR_OK;
        } else {
            used += e ? f->pos : parser_start(p);
            e = e ? e : fail_set(f, ERR_SYNTAX, 0, NULL, "one unit is expected, here begins another");
            f->pos = used;
        }
    }
    parser_free(p);
    if (!e)
        *out = u;
    return e;
}

enum err unit_parse_path(struct arena *a, struct span text, struct unit *out, struct fail *f)
{
    struct fail unasked;
    struct token_in in = {a, text, true, f ? f : &unasked};
    struct unit u;
    size_t next;
    enum err e = token_path(&in, 0, &u, &next);

    if (e == ERR_LATER)
        e = fail_set(in.fail, ERR_SYNTAX, text.len, NULL, "a quoted step is not closed");
    if (!e && next < text.len)
        e = token_wrong(&in, next);
    if (!e)
        *out = u;
    return e;
}
