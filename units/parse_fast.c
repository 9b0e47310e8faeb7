// SPDX-License-Identifier: MIT
// The usual tokens inside of brackets, one after the other. It never fails: what is unusual or wrong
// stays where it stands, and the loop of units/parse_scan.c takes it from there.
#include "units/parse_in.h"

#include "units/token_fast.h"

// How many parts may be on the stack; units begun = before + parts on the stack.
static size_t most(const struct parser *p, const struct frame *f, uint64_t before)
{
    size_t n = f->most < p->cap ? f->most : p->cap;

    return n < UNIT_NODES_MAX - before ? n : UNIT_NODES_MAX - before;
}

// A bracket closes over n - f->first parts; false when something is wrong with it.
static bool close_fast(struct run *r, const struct frame *f, enum unit_kind kind, size_t n)
{
    struct parser *p = r->p;
    struct unit *parts;
    size_t dup;

    if (kind != f->kind || f->first == p->cap || (kind == UNIT_PAIR && n - f->first != 2))
        return false;
    parts = &p->stack[f->first];
    if (unit_build(r->in.arena, kind, parts, n - f->first, &dup, parts))
        return false; // it is built once more to say what is wrong
    p->pos[f->first] = (uint32_t)f->pos;
    p->depth--;
    return true;
}

// What a bracket waits for when one more part is finished.
static inline unsigned state_behind(unsigned state)
{
    return state == FRAME_KEY ? FRAME_COLON : state == FRAME_VALUE ? FRAME_KEY : state;
}

void parse_fast(struct run *r, size_t *at)
{
    struct parser *p = r->p;
    const char *text = r->in.text.at, *c = text + *at, *safe;
    struct frame *f = &p->frames[p->depth - 1];
    size_t n = p->n, full;
    uint64_t before = p->nodes - n;
    unsigned state = f->state;

    if (r->in.text.len - *at < FAST_ROOM || state == FRAME_COLON ||
        (p->touch && !(char_class_of(*c) & CHAR_BLANK)))
        return;
    safe = text + r->in.text.len - FAST_ROOM;
    safe = safe - c > FAST_PIECE ? c + FAST_PIECE : safe;
    full = most(p, f, before);
    p->touch = false;
    while (c < safe) {
        unsigned kind = token_kind[(unsigned char)*c];
        const char *next = NULL;

        switch (kind) {
        case TOKEN_BLANK:
            c++;
            continue;
        case TOKEN_WORD:
            if (n < full)
                next = fast_word(r->in.arena, c, safe, &p->stack[n]);
            break;
        case TOKEN_NUMBER:
            if (n < full)
                next = fast_num(c, &p->stack[n]);
            break;
        case TOKEN_QUOTE:
            if (n < full && *c == '`')
                next = fast_quoted(r->in.arena, c, safe, &p->stack[n]);
            break;
        case TOKEN_OPEN_PAIR:
        case TOKEN_OPEN_LIST:
        case TOKEN_OPEN_MAP:
            if (n >= full || p->depth == UNIT_DEPTH_MAX)
                break;
            f->state = (uint8_t)state;
            *++f = frame_of(UNIT_PAIR + (kind - TOKEN_OPEN_PAIR), (size_t)(c++ - text), n);
            state = f->state;
            p->depth++;
            full = most(p, f, ++before);
            continue;
        case TOKEN_CLOSE_PAIR:
        case TOKEN_CLOSE_LIST:
        case TOKEN_CLOSE_MAP:
            if (state == FRAME_VALUE || !close_fast(r, f, UNIT_PAIR + (kind - TOKEN_CLOSE_PAIR), n))
                break;
            p->ended = (size_t)(++c - text);
            before += n - f->first - 1;
            n = f->first + 1;
            if (!p->depth)
                break;
            f--;
            full = most(p, f, before);
            state = state_behind(f->state);
            if (state != FRAME_COLON)
                continue;
            break;
        default:
            break;
        }
        if (!next)
            break;
        p->pos[n++] = (uint32_t)(c - text);
        c = next;
        // Behind a key usually stands its colon, behind others a blank or a bracket that closes.
        if (state == FRAME_KEY && *c == ':') {
            state = FRAME_VALUE;
            c++;
            continue;
        }
        state = state_behind(state);
        if (state != FRAME_COLON && *c == ' ') {
            c++;
            continue;
        }
        kind = token_kind[(unsigned char)*c];
        if (state == FRAME_COLON || (kind != TOKEN_BLANK && kind - TOKEN_CLOSE_PAIR > 2)) {
            p->touch = true;
            p->ended = (size_t)(c - text);
            break;
        }
    }
    if (p->depth)
        f->state = (uint8_t)state;
    p->n = n;
    p->nodes = before + n;
    *at = (size_t)(c - text);
}
