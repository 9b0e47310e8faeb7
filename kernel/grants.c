// SPDX-License-Identifier: MIT
// The grants of this node: their table, what they give their users, and what sys.usr does with it.
//
// A change is signed, written to the disk, and holds then; what could not be written has changed
// nothing. What was taken back stays known for a while, so that an old copy of it is worth nothing.
#include "keys/identity.h"
#include "msgs/document.h"

#include "kernel/internal.h"

enum { NOTE_BYTES_MAX = 16 << 10 };

// ---- The table

struct note *note_new(struct kernel *k, struct span doc, struct span service, const uint8_t *id)
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
    if (id)
        memcpy(head.id, id, sizeof head.id);
    *n = head;
    return n;
}

static void note_free(struct note *n)
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

static void unlink_grant(struct kernel *k, struct grant *g)
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

static void unlink_note(struct kernel *k, struct note *n)
{
    struct note **at = &k->rights.notes;

    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    k->rights.revoked_n -= !n->service.at;
}

void rights_fini(struct kernel *k)
{
    while (k->rights.grants) {
        struct grant *g = k->rights.grants;

        unlink_grant(k, g);
        grant_free(g);
    }
    while (k->rights.notes) {
        struct note *n = k->rights.notes;

        unlink_note(k, n);
        note_free(n);
    }
}

// ---- Quotas

static size_t more(size_t a, size_t b)
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
    for (const struct grant *g = k->rights.bad ? NULL : k->rights.grants; g; g = g->next) {
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
        said.mem_min = more(said.mem_min, g->quota.mem_min);
        said.mem_max = more(said.mem_max, g->quota.mem_max);
        said.tasks_min = more(said.tasks_min, g->quota.tasks_min);
        said.tasks_max = more(said.tasks_max, g->quota.tasks_max);
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
    for (const struct grant *g = k->rights.bad ? NULL : k->rights.grants; g; g = g->next)
        if (g->quota.mem_min || g->quota.tasks_min)
            (void)owner_find(k, g->to); // without a place nothing is kept for him
}

// Is there as much to keep as this one wants?
static enum err room_for(const struct kernel *k, const struct grant *g, struct fail *f)
{
    size_t all = __atomic_load_n(&k->bytes, __ATOMIC_RELAXED);

    if (k->rights.grants_n == GRANTS_MAX)
        return fail_set(f, ERR_LIMIT, FAIL_NO_POS, "revoke some first",
                        "this node has %u grants, as many as it may", (unsigned long)GRANTS_MAX);
    if (g->quota.mem_min > k->bytes_max - (all < k->bytes_max ? all : k->bytes_max) ||
        g->quota.tasks_min + k->tasks > KERNEL_TASKS_ALL)
        return fail_set(f, ERR_LIMIT, FAIL_NO_POS, "keep less for him",
                        "this node has not so much that nobody uses or has for sure");
    return ERR_OK;
}

// ---- For sys.usr

static enum err sign(struct call *c, const struct unit *body, struct span *doc)
{
    const struct identity *id;
    enum err e = call_identity(c, &id);

    return e ? e : doc_sign(c->arena, id, kernel_time_ms(c->kernel), body, doc, c->fail);
}

static enum err sign_word(struct call *c, const char *word, const struct unit *u, struct span *doc)
{
    struct unit parts[2] = {unit_word(word), *u}, body;
    enum err e = unit_build(c->arena, UNIT_MAP, parts, 2, NULL, &body);

    return e ? e : sign(c, &body, doc);
}

// The file must be readable before it is written anew, and keys be there before one is compared.
static enum err begin(struct call *c, uint8_t me[32])
{
    struct kernel *k = c->kernel;
    const struct identity *own;
    enum err e = call_author(c, me, NULL);

    if (!e)
        e = kernel_identity(k, c->fail, &own);
    if (!e)
        e = kernel_rights(k, c->fail);
    return e;
}

enum err call_grant(struct call *c, const struct unit *grant, uint8_t id[32])
{
    struct kernel *k = c->kernel;
    const struct owner *me = work_of(c)->task->owner;
    struct grant *g;
    struct span doc;
    uint8_t by[32];
    enum err e = begin(c, by);

    if (e)
        return e;
    e = grant_new(k, grant, by, true, &g, c->fail);
    if (e)
        return e;
    for (uint32_t i = 0; !e && i < g->n; i++)
        if (!owner_owns(me, g->may[i].route))
            e = fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, NULL,
                         "a service's owner alone may grant it");
    if (!e && memcmp(&g->quota, &QUOTA_NONE, sizeof g->quota) != 0 && me != &k->owner)
        e = fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, NULL,
                     "rate, mem and tasks are the node's owner's to give");
    if (!e)
        e = room_for(k, g, c->fail);
    if (!e)
        e = sign_word(c, "grant", &g->unit, &doc);
    if (!e && grant_doc(g, doc))
        e = fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for a grant");
    for (const struct grant *o = k->rights.grants; !e && o; o = o->next)
        if (memcmp(o->id, g->id, sizeof o->id) == 0)
            e = fail_set(c->fail, ERR_EXISTS, FAIL_NO_POS, NULL, "this was granted just now");
    if (e) {
        grant_free(g);
        return e;
    }
    rights_add(k, g);
    e = rights_save(k, c->fail);
    if (e) {
        unlink_grant(k, g);
        grant_free(g);
        return e;
    }
    memcpy(id, g->id, sizeof g->id);
    rights_quotas(k);
    return ERR_OK;
}

// The oldest that was taken back is forgotten when there are many.
static void forget_revoked(struct kernel *k)
{
    struct note *n = k->rights.notes;

    while (n && n->service.at)
        n = n->next;
    if (n && k->rights.revoked_n > REVOKED_KEPT) {
        unlink_note(k, n);
        note_free(n);
    }
}

enum err call_revoke(struct call *c, const uint8_t id[32])
{
    struct kernel *k = c->kernel;
    struct grant *g = NULL;
    struct note *n;
    struct unit name;
    struct span doc;
    uint8_t by[32];
    enum err e = begin(c, by);

    for (g = k->rights.grants; !e && g && memcmp(g->id, id, sizeof g->id) != 0; g = g->next)
        ;
    if (e)
        return e;
    if (!g || memcmp(g->by, by, sizeof by) != 0)
        return work_of(c)->task->owner == &k->owner && !g
                   ? fail_set(c->fail, ERR_NOT_FOUND, FAIL_NO_POS, "grants@sys.usr lists them",
                              "there is no such grant")
                   : fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, "grants@sys.usr lists yours",
                              "there is no such grant of yours");
    e = unit_bytes((struct span){(const char *)g->id, sizeof g->id}, &name);
    if (!e)
        e = sign_word(c, "revoke", &name, &doc);
    if (e)
        return e;
    n = note_new(k, doc, (struct span){NULL, 0}, g->id);
    if (!n)
        return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory to revoke it");
    unlink_grant(k, g);
    rights_note(k, n);
    e = rights_save(k, c->fail);
    if (e) {
        unlink_note(k, n);
        note_free(n);
        rights_add(k, g);
        return e;
    }
    forget_revoked(k);
    grant_free(g);
    rights_quotas(k);
    return ERR_OK;
}

enum err call_own(struct call *c, struct span service, const uint8_t *user)
{
    struct kernel *k = c->kernel;
    struct route *r = (struct route *)route_find(k, service);
    struct note *n, *old = k->rights.notes;
    struct unit parts[2] = {unit_none(), unit_none()}, body;
    struct span doc;
    uint8_t me[32];
    enum err e = begin(c, me);

    if (e)
        return e;
    if (work_of(c)->task->owner != &k->owner)
        return fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, NULL,
                        "only the node's owner says whose a service is");
    if (!r)
        return fail_set(c->fail, ERR_NO_SERVICE, FAIL_NO_POS, NULL, "no service is named %S",
                        &service);
    if (user && memcmp(user, me, sizeof me) == 0)
        user = NULL;
    e = unit_str(service, &parts[0]);
    if (!e && user)
        e = unit_bytes((struct span){(const char *)user, 32}, &parts[1]);
    if (!e)
        e = unit_build(c->arena, UNIT_PAIR, parts, 2, NULL, &body);
    if (!e)
        e = sign_word(c, "own", &body, &doc);
    if (e)
        return e;
    n = note_new(k, doc, service, NULL);
    if (!n)
        return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory to keep it");
    while (old && !span_eq(old->service, service))
        old = old->next;
    if (old)
        unlink_note(k, old);
    rights_note(k, n);
    e = rights_save(k, c->fail);
    if (e) {
        unlink_note(k, n);
        note_free(n);
        if (old)
            rights_note(k, old);
        return e;
    }
    if (old)
        note_free(old);
    r->given = user != NULL;
    if (user)
        memcpy(r->user, user, sizeof r->user);
    return ERR_OK;
}

// One row: what was granted, with its id and who gave it.
static enum err row_of(struct arena *a, const struct grant *g, struct unit *out)
{
    struct unit *items = unit_array(a, 4 + 2 * (size_t)g->unit.n);
    const char *id = arena_copy(a, g->id, sizeof g->id), *by = arena_copy(a, g->by, sizeof g->by);
    struct unit unit;

    if (!items || !id || !by || unit_copy(a, &g->unit, &unit))
        return ERR_NO_MEMORY;
    items[0] = unit_word("id");
    items[2] = unit_word("by");
    if (unit_bytes((struct span){id, sizeof g->id}, &items[1]) ||
        unit_bytes((struct span){by, sizeof g->by}, &items[3]))
        return ERR_NO_MEMORY;
    memcpy(items + 4, unit.items, 2 * (size_t)unit.n * sizeof *items);
    return unit_map(a, items, 2 + unit.n, NULL, out);
}

enum err call_grants(struct call *c, struct unit *out)
{
    struct kernel *k = c->kernel;
    bool all = work_of(c)->task->owner == &k->owner;
    struct unit *rows = unit_array(c->arena, k->rights.grants_n + 1);
    uint8_t me[32];
    size_t n = 0;
    enum err e = begin(c, me);

    if (e)
        return e;
    if (!rows)
        return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the list");
    for (const struct grant *g = k->rights.grants; g && !e; g = g->next)
        if (all || memcmp(g->by, me, sizeof me) == 0 || memcmp(g->to, me, sizeof me) == 0)
            e = row_of(c->arena, g, &rows[n++]);
    if (!e)
        e = unit_list(rows, n, out);
    return e;
}
