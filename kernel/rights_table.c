// SPDX-License-Identifier: MIT
// The table of grants, and of what goes with them: what they give their users to spend.
//
// What was taken back stays known for a while, so that one document of it, put beside the others
// again, is worth nothing. Whoever can put back the whole file as it was has what it gave.
#include "keys/identity.h"

#include "kernel/internal.h"

enum { NOTE_BYTES_MAX = 16 << 10 };

// ---- The table

struct note *note_new(struct kernel *k, struct span doc, struct span service, const uint8_t *id,
                      const uint8_t *by)
{
    struct note head = {.next = NULL}, *n;

    arena_init(&head.arena, k->plat->mem, NOTE_BYTES_MAX);
    head.arena.chunk_bytes = 1024;
    n = arena_new(&head.arena, sizeof *n);
    head.doc.at = n ? arena_copy(&head.arena, doc.at, doc.len) : NULL;
    head.doc.len = doc.len;
    if (head.doc.at && service.at) {
        head.service.at = arena_copy(&head.arena, service.at, service.len);
        head.service.len = service.len;
    }
    if (!head.doc.at || (service.at && !head.service.at)) {
        arena_fini(&head.arena);
        return NULL;
    }
    if (id) {
        memcpy(head.id, id, sizeof head.id);
        memcpy(head.by, by, sizeof head.by);
    }
    *n = head;
    return n;
}

void note_free(struct note *n)
{
    struct arena a = n->arena;

    arena_fini(&a);
}

static struct grant **bucket_of(struct kernel *k, const uint8_t to[32])
{
    return &k->rights.by_user[to[0] % GRANTS_BUCKETS];
}

void rights_add(struct kernel *k, struct grant *g)
{
    struct grant **at = &k->rights.grants;

    while (*at)
        at = &(*at)->next;
    *at = g;
    g->next = NULL;
    at = bucket_of(k, g->to);
    g->near = *at;
    *at = g;
    k->rights.grants_n++;
}

void rights_note(struct kernel *k, struct note *n)
{
    struct note **at = &k->rights.notes;

    while (*at)
        at = &(*at)->next;
    *at = n;
    n->next = NULL;
    k->rights.revoked_n += !n->service.at;
}

void rights_drop(struct kernel *k, struct grant *g)
{
    struct grant **at = &k->rights.grants;

    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    at = bucket_of(k, g->to);
    while (*at != g)
        at = &(*at)->near;
    *at = g->near;
    k->rights.grants_n--;
}

void rights_drop_note(struct kernel *k, struct note *n)
{
    struct note **at = &k->rights.notes;

    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    k->rights.revoked_n -= !n->service.at;
}

// The note that takes it back, of who gave it or of the node's owner; NULL: none.
struct note *rights_revoked(const struct kernel *k, const struct grant *g)
{
    const uint8_t *node = k->identity->cert.user;
    struct note *n = k->rights.notes;

    while (n &&
           (n->service.at || memcmp(n->id, g->id, sizeof n->id) != 0 ||
            (memcmp(n->by, g->by, sizeof n->by) != 0 && memcmp(n->by, node, sizeof n->by) != 0)))
        n = n->next;
    return n;
}

void rights_settle(struct kernel *k)
{
    struct grant *g = k->rights.grants;

    while (g) {
        struct grant *next = g->next;

        if (rights_revoked(k, g)) {
            rights_drop(k, g);
            grant_free(g);
        }
        g = next;
    }
}

void rights_fini(struct kernel *k)
{
    while (k->rights.grants) {
        struct grant *g = k->rights.grants;

        rights_drop(k, g);
        grant_free(g);
    }
    while (k->rights.notes) {
        struct note *n = k->rights.notes;

        rights_drop_note(k, n);
        note_free(n);
    }
}

// ---- Quotas

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

void rights_quota(struct owner *o)
{
    struct kernel *k = o->kernel;
    struct quota q, said = QUOTA_NONE;
    int64_t now = kernel_time_ms(k);

    o->quota_till_ms = TIME_NEVER;
    if (o == &k->owner || o == &k->nobody)
        return;
    owner_default(o, &q);
    for (const struct grant *g = k->rights.bad.code ? NULL : k->rights.grants; g; g = g->next) {
        // What the node has is its owner's to give.
        if (memcmp(g->to, o->id, sizeof g->to) != 0 ||
            memcmp(g->by, k->identity->cert.user, sizeof g->by) != 0)
            continue;
        if (g->until_ms != TIME_NEVER && (now == TIME_UNKNOWN || now > g->until_ms))
            continue;
        if (g->until_ms < o->quota_till_ms)
            o->quota_till_ms = g->until_ms;
        // Of several grants the one that gives most.
        said.rate = said.rate > g->quota.rate ? said.rate : g->quota.rate;
        said.mem_min = larger(said.mem_min, g->quota.mem_min);
        said.mem_max = larger(said.mem_max, g->quota.mem_max);
        said.tasks_min = larger(said.tasks_min, g->quota.tasks_min);
        said.tasks_max = larger(said.tasks_max, g->quota.tasks_max);
    }
    q.rate = said.rate;
    q.mem_min = said.mem_min;
    q.mem_max = said.mem_max ? said.mem_max : q.mem_max;
    q.tasks_min = said.tasks_min;
    q.tasks_max = said.tasks_max ? said.tasks_max : q.tasks_max;
    if (memcmp(&q, &o->quota, sizeof q) != 0)
        owner_set_quota(o, &q);
}

// For those with something kept for them a place is held, too, before they come.
void rights_quotas(struct kernel *k)
{
    for (struct owner *o = k->others; o; o = o->next)
        rights_quota(o);
    for (const struct grant *g = k->rights.bad.code ? NULL : k->rights.grants; g; g = g->next)
        if (g->quota.mem_min || g->quota.tasks_min)
            (void)owner_find(k, g->to); // without a place nothing is kept for him
}
