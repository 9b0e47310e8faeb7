// SPDX-License-Identifier: MIT
// The table of requests of each peer: by id, and by age in the list of its state.
#include "cluster/replies.h"

#include "units/siphash.h"

enum { SLOTS = COUNT(((struct reply_peer *)0)->slots) };

static const uint64_t ms = 1000000;

// ---- Lists

static void list_put(struct reply_list *l, struct reply *e)
{
    e->prev = l->last;
    e->next = NULL;
    *(l->last ? &l->last->next : &l->first) = e;
    l->last = e;
}

static void list_remove(struct reply_list *l, struct reply *e)
{
    *(e->prev ? &e->prev->next : &l->first) = e->next;
    *(e->next ? &e->next->prev : &l->last) = e->prev;
}

static void set_state(struct reply *e, enum reply_state state)
{
    list_remove(&e->peer->list[e->state], e);
    e->state = (uint8_t)state;
    list_put(&e->peer->list[state], e);
}

// Whoever sends chooses the ids: the hash is keyed.
static struct reply **slot_of(const struct replies *r, const struct reply_peer *p,
                              const uint8_t req[16])
{
    uint64_t half[2];

    memcpy(half, req, sizeof half);
    return (struct reply **)&p->slots[siphash_pair(r->mem->seed, half[0], half[1]) % SLOTS];
}

// ---- Life

void replies_init(struct replies *r, const struct mem *mem, const uint8_t epoch[16])
{
    *r = (struct replies){.mem = mem, .due_ns = UINT64_MAX};
    memcpy(r->epoch, epoch, sizeof r->epoch);
}

void replies_fini(struct replies *r)
{
    while (r->peers) {
        struct reply_peer *p = r->peers;
        struct reply *e = NULL;

        for (int i = 0; i < REPLY_STATES && !e; i++)
            e = p->list[i].first;
        reply_forget(r, e); // a peer without entries is forgotten, too
    }
    while (r->spare) {
        struct reply *e = r->spare;

        r->spare = e->next;
        r->mem->put(r->mem->ctx, e, sizeof *e);
    }
    r->spare_n = 0;
}

static struct reply_peer *peer_find(const struct replies *r, const uint8_t user[32],
                                    const uint8_t node[32])
{
    struct reply_peer *p = r->peers;

    while (p && (memcmp(p->node, node, 32) != 0 || memcmp(p->user, user, 32) != 0))
        p = p->next;
    return p;
}

struct reply *replies_find(const struct replies *r, const uint8_t user[32], const uint8_t node[32],
                           const uint8_t req[16])
{
    const struct reply_peer *p = peer_find(r, user, node);
    struct reply *e = p ? *slot_of(r, p, req) : NULL;

    while (e && memcmp(e->req, req, sizeof e->req) != 0)
        e = e->chain;
    return e;
}

static size_t peers_of(const struct replies *r, const uint8_t user[32])
{
    size_t n = 0;

    for (const struct reply_peer *p = r->peers; p; p = p->next)
        n += memcmp(p->user, user, 32) == 0;
    return n;
}

static enum err peer_new(struct replies *r, const uint8_t user[32], const uint8_t node[32],
                         bool own, struct reply_peer **out)
{
    struct reply_peer *p;

    if (!own && (r->peers_n >= REPLIES_PEERS_MAX || peers_of(r, user) >= REPLIES_PEERS_USER))
        return ERR_BUSY;
    p = r->mem->get(r->mem->ctx, sizeof *p);
    if (!p)
        return ERR_NO_MEMORY;
    memset(p, 0, sizeof *p);
    memcpy(p->user, user, sizeof p->user);
    memcpy(p->node, node, sizeof p->node);
    p->next = r->peers;
    r->peers = p;
    r->peers_n++;
    *out = p;
    return ERR_OK;
}

// A peer of whom nothing is left.
static void peer_leave(struct replies *r, struct reply_peer *p)
{
    struct reply_peer **at = &r->peers;

    if (p->n)
        return;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    r->peers_n--;
    r->mem->put(r->mem->ctx, p, sizeof *p);
}

static struct reply *entry_new(struct replies *r)
{
    struct reply *e = r->spare;

    if (e) {
        r->spare = e->next;
        r->spare_n--;
    } else {
        e = r->mem->get(r->mem->ctx, sizeof *e);
    }
    if (e)
        memset(e, 0, sizeof *e);
    return e;
}

enum err replies_new(struct replies *r, const uint8_t user[32], const uint8_t node[32],
                     const uint8_t req[16], uint64_t due_ns, bool own, struct reply **out)
{
    struct reply_peer *p = peer_find(r, user, node);
    struct reply *e, **slot;
    enum err bad;

    if (p && p->n == REPLIES_MAX)
        return ERR_BUSY;
    bad = p ? ERR_OK : peer_new(r, user, node, own, &p);
    if (bad)
        return bad;
    e = entry_new(r);
    if (!e) {
        peer_leave(r, p);
        return ERR_NO_MEMORY;
    }
    e->peer = p;
    e->all = r;
    e->due_ns = due_ns;
    memcpy(e->req, req, sizeof e->req);
    slot = slot_of(r, p, req);
    e->chain = *slot;
    *slot = e;
    list_put(&p->list[REPLY_RUNS], e);
    p->n++;
    if (due_ns < r->due_ns)
        r->due_ns = due_ns;
    *out = e;
    return ERR_OK;
}

// ---- Replies

static void drop_bytes(struct replies *r, struct reply *e)
{
    if (!e->bytes)
        return;
    if (e->hidden)
        mem_wipe(e->bytes, e->n);
    if (e->bytes != e->small) {
        e->peer->bytes -= e->n;
        r->mem->put(r->mem->ctx, e->bytes, e->n);
    }
    e->bytes = NULL;
    e->n = 0;
}

static void set_due(struct replies *r, struct reply *e, enum reply_state state, uint64_t due_ns)
{
    e->due_ns = due_ns;
    set_state(e, state);
    if (due_ns < r->due_ns)
        r->due_ns = due_ns;
}

static void make_gone(struct replies *r, struct reply *e, uint64_t now_ns)
{
    drop_bytes(r, e);
    set_due(r, e, REPLY_GONE, now_ns + REPLIES_GONE_MS * ms);
}

// Room for so many bytes more. False: there is none, and nothing has changed.
static bool make_room(struct replies *r, struct reply_peer *p, size_t n, uint64_t now_ns)
{
    struct reply *next;
    size_t stay = 0;

    if (n > REPLIES_BYTES_MAX)
        return false;
    for (const struct reply *e = p->list[REPLY_KEPT].first; e; e = e->next)
        stay += e->queued && e->bytes != e->small ? e->n : 0;
    if (stay > REPLIES_BYTES_MAX - n)
        return false;
    for (struct reply *e = p->list[REPLY_KEPT].first; p->bytes > REPLIES_BYTES_MAX - n; e = next) {
        next = e->next;
        if (!e->queued && e->bytes != e->small) // one that is small makes no room
            make_gone(r, e, now_ns);
    }
    return true;
}

enum err reply_keep(struct replies *r, struct reply *e, size_t n, uint64_t now_ns)
{
    bool small = n <= sizeof e->small;
    uint8_t *bytes = e->small;

    if (!small && e->peer->bytes + n > REPLIES_BYTES_MAX && !make_room(r, e->peer, n, now_ns))
        return ERR_LIMIT;
    if (!small)
        bytes = r->mem->get(r->mem->ctx, n);
    if (!bytes)
        return ERR_NO_MEMORY;
    e->bytes = bytes;
    e->n = n;
    e->peer->bytes += small ? 0 : n;
    set_due(r, e, REPLY_KEPT, now_ns + REPLIES_KEPT_MS * ms);
    return ERR_OK;
}

void reply_forget(struct replies *r, struct reply *e)
{
    struct reply_peer *p = e->peer;
    struct reply **at = slot_of(r, p, e->req);

    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    list_remove(&p->list[e->state], e);
    drop_bytes(r, e);
    p->n--;
    peer_leave(r, p);
    if (r->spare_n < REPLIES_SPARE) {
        e->next = r->spare;
        r->spare = e;
        r->spare_n++;
        return;
    }
    r->mem->put(r->mem->ctx, e, sizeof *e);
}

void replies_hear(struct replies *r, const uint8_t user[32], const uint8_t node[32],
                  const uint8_t epoch[16])
{
    struct reply_peer *p = peer_find(r, user, node);
    bool last = false;

    if (!p || memcmp(p->epoch, epoch, sizeof p->epoch) == 0)
        return;
    memcpy(p->epoch, epoch, sizeof p->epoch);
    for (int i = REPLY_KEPT; i <= REPLY_GONE && !last; i++)
        for (struct reply *e = p->list[i].first, *next; e && !last; e = next) {
            next = e->next;
            last = p->n == 1; // forgetting the last one forgets the peer
            if (!e->queued)
                reply_forget(r, e);
        }
}

// What is due of it was left alone as long as it was on its way.
void reply_unqueued(struct reply *e)
{
    e->queued = false;
    if (e->due_ns < e->all->due_ns)
        e->all->due_ns = e->due_ns;
}

// All that are due of one state; they lie in the order in which they become so.
static void due_of(struct replies *r, struct reply_peer *p, enum reply_state state, uint64_t now_ns)
{
    struct reply *next;

    for (struct reply *e = p->list[state].first; e; e = next) {
        next = e->next;
        if (e->due_ns > now_ns) {
            if (e->due_ns < r->due_ns)
                r->due_ns = e->due_ns;
            return;
        }
        if (state == REPLY_GONE)
            reply_forget(r, e); // the last one: with its peer
        else if (!e->queued)    // on its way
            make_gone(r, e, now_ns);
    }
}

uint64_t replies_due(struct replies *r, uint64_t now_ns, void (*late)(struct reply *e))
{
    struct reply_peer *next;

    if (now_ns < r->due_ns)
        return r->due_ns;
    r->due_ns = UINT64_MAX;
    for (struct reply_peer *p = r->peers; p; p = next) {
        struct reply *after;

        next = p->next;
        for (struct reply *e = p->list[REPLY_RUNS].first; e; e = after) {
            after = e->next;
            if (e->due_ns <= now_ns)
                late(e);
            else if (e->due_ns < r->due_ns)
                r->due_ns = e->due_ns;
        }
        due_of(r, p, REPLY_KEPT, now_ns);
        due_of(r, p, REPLY_GONE, now_ns);
    }
    return r->due_ns;
}
