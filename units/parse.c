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
#include "units/parse_in.h"

#include "units/chars.h"

enum { STACK_FIRST = 256, STACK_KEPT = 16384 };

// ---- Memory

enum err parser_grow(struct parser *p)
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
    p->first = p->line1 = true;
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

// ---- The next unit

// Behind a finished top-level unit: no other may touch it, and its line must not go on with @.
static enum err look_behind(const struct run *r, struct span text, size_t at)
{
    size_t c = at;

    if (r->p->touch && at < text.len) {
        unsigned kind = token_kind[(unsigned char)text.at[at]];
        struct token_in in = r->in;

        in.text = text;
        if (kind == TOKEN_WRONG || kind >= TOKEN_HASH)
            return parse_touches(&in, at);
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

enum err parser_next(struct parser *p, struct arena *a, struct span text, bool last, size_t *used,
                     struct unit *out, struct fail *f)
{
    static const struct span mark = {"\xEF\xBB\xBF", 3}; // byte order mark
    struct fail unasked;
    struct run r = {p, {a, text, last, f ? f : &unasked}};
    size_t at = p->at;
    bool first = p->first && at == 0 && !p->inside;
    enum err e;

    if (!text.len)
        r.in.text.at = text.at = ""; // of an empty span anything may be the address
    if (first && !memcmp(text.at, mark.at, text.len < 3 ? text.len : 3)) {
        if (text.len < 3 && !last) {
            *used = 0;
            return ERR_LATER; // it may be one
        }
        at = text.len < 3 ? 0 : 3;
    }
    if (p->inside)
        token_cap(&r.in, p->start);
    e = parse_scan(&r, &at);
    if (p->inside && (e == ERR_LATER || !e) && at - p->start > UNIT_TEXT_MAX_BYTES)
        e = fail_set(r.in.fail, ERR_TOO_BIG, p->start + UNIT_TEXT_MAX_BYTES, NULL,
                     "the text of one unit is at most %u bytes",
                     (unsigned long)UNIT_TEXT_MAX_BYTES);
    else if (p->inside && e == ERR_LATER && r.in.text.len < text.len)
        e = fail_set(r.in.fail, ERR_TOO_BIG, p->start + UNIT_TEXT_MAX_BYTES, NULL,
                     "the text of one unit is at most %u bytes",
                     (unsigned long)UNIT_TEXT_MAX_BYTES);
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
        p->first = p->first && !*used;
        p->line1 = p->line1 && !memchr(text.at, '\n', *used);
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
    p->line1 = p->line1 && !e && !memchr(text.at, '\n', *used);
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
            e = e ? e
                  : fail_set(f, ERR_SYNTAX, 0, NULL, "one unit is expected, here begins another");
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
