// SPDX-License-Identifier: MIT
// What the two nodes of a session say to each other: what has arrived, and that one was restored.
#include "cluster/session.h"

#include "units/cbor.h"

static bool is_ctr(const struct unit *u)
{
    return u->kind == UNIT_INT && !(u->flags & UNIT_BIG) && u->i >= 0 && u->i <= WINDOW_CTR_MAX;
}

// (seen (refused furthest)): has this node's state gone back?
static bool gone_back(const struct session *s, int64_t refused, int64_t furthest)
{
    if (s->out[window_stream(furthest)] <= window_count(furthest))
        return true;
    for (unsigned i = 0; i < SESSION_WAITS; i++)
        for (const struct request *r = s->waits[i].first; r; r = r->next)
            if (r->ctr == refused)
                return true;
    return false;
}

// Another name for a memory that turned out to be an older one. The session goes into it, too: a
// restored machine may repeat its random numbers.
static void name_anew(const struct session *s)
{
    const struct plat *plat = s->conf.plat;
    uint8_t from[16 + 16 + 16 + 8] = {0}, hash[HASH_BYTES];
    uint64_t now_ns = plat->now_ns(plat->ctx);

    (void)!plat->random(plat->ctx, from, 16); // without it the rest has to do
    memcpy(from + 16, s->conf.replies->epoch, 16);
    memcpy(from + 32, s->conf.id, 16);
    memcpy(from + 48, &now_ns, sizeof now_ns);
    hash_of((struct span){(const char *)from, sizeof from}, hash);
    memcpy(s->conf.replies->epoch, hash, sizeof s->conf.replies->epoch);
}

static void seen(struct session *s, int64_t refused, int64_t furthest)
{
    if (!gone_back(s, refused, furthest))
        return;
    s->over = true;
    if (!session_stale(s)) // nobody has told it before
        name_anew(s);
}

enum err session_word(struct session *s, struct span body, struct fail *f)
{
    struct arena a;
    struct unit u;
    const struct unit *arg;
    enum err e;

    arena_init(&a, s->conf.plat->mem, 1 << 20);
    e = unit_decode(&a, body, &u, f);
    if (!e && u.kind != UNIT_PAIR)
        e = ERR_SYNTAX;
    arg = e ? NULL : &u.items[1];
    if (!e && unit_is_text(u.items, SPAN("ack")) && arg->kind == UNIT_LIST) {
        for (uint32_t i = 0; i < arg->n; i++)
            if (arg->items[i].kind == UNIT_BYTES && arg->items[i].n == 16)
                execute_ack(s, (const uint8_t *)arg->items[i].s);
    } else if (!e && unit_is_text(u.items, SPAN("seen")) && arg->kind == UNIT_PAIR &&
               is_ctr(&arg->items[0]) && is_ctr(&arg->items[1])) {
        seen(s, arg->items[0].i, arg->items[1].i);
    } else if (e != ERR_NO_MEMORY) {
        e = fail_set(f, ERR_SYNTAX, FAIL_NO_POS, NULL, "no word between nodes");
    }
    arena_fini(&a);
    return e;
}
