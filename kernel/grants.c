// SPDX-License-Identifier: MIT
// What sys.usr does with the rights of this node: gives them, takes them back, lists them.
//
// A change is signed, written to the disk, and holds then; what could not be written has changed
// nothing. Other programs of this node may do the same meanwhile: each change begins with the file as
// it is then, and nobody else comes between.
#include "keys/identity.h"
#include "msgs/document.h"

#include "kernel/internal.h"

// Is there as much to keep as this one wants?
static enum err room_for(const struct kernel *k, const struct grant *g, struct fail *f)
{
    const uint8_t *node = k->identity->cert.user;
    size_t all = __atomic_load_n(&k->bytes, __ATOMIC_RELAXED), others = 0;

    for (const struct grant *o = k->rights.grants; o; o = o->next)
        others += memcmp(o->by, node, sizeof o->by) != 0;
    if (memcmp(g->by, node, sizeof g->by) != 0 && others >= GRANTS_OTHERS_MAX)
        return fail_set(f, ERR_LIMIT, FAIL_NO_POS, "revoke some first",
                        "the users of this node have given %u grants, as many as they may",
                        (unsigned long)GRANTS_OTHERS_MAX);
    if (k->rights.grants_n == GRANTS_MAX)
        return fail_set(f, ERR_LIMIT, FAIL_NO_POS, "revoke some first",
                        "this node has %u grants, as many as it may", (unsigned long)GRANTS_MAX);
    if (g->quota.mem_min > k->bytes_max - (all < k->bytes_max ? all : k->bytes_max) ||
        g->quota.tasks_min + k->tasks > KERNEL_TASKS_ALL)
        return fail_set(f, ERR_LIMIT, FAIL_NO_POS, "a smaller min, or revoke what others have",
                        "the min of mem or tasks is more than this node has left to keep");
    return ERR_OK;
}

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
    if (e)
        return e;
    rights_look(k, true);
    return kernel_rights(k, c->fail);
}

// A change goes from what is on the disk now to what is there then, and nobody else comes between.
static enum err begin_change(struct call *c, uint8_t me[32])
{
    const struct plat_file *file = c->plat->file;
    enum err e = file && file->lock ? file->lock(file->ctx, true) : ERR_OK;

    return e ? fail_set(c->fail, e, FAIL_NO_POS, "try again",
                        "the rights cannot be changed now: %s", err_text(e))
             : begin(c, me);
}

static enum err end_change(struct call *c, enum err e)
{
    const struct plat_file *file = c->plat->file;

    if (file && file->lock)
        (void)file->lock(file->ctx, false);
    return e;
}

static enum err give(struct call *c, const struct unit *grant, uint8_t id[32])
{
    struct kernel *k = c->kernel;
    const struct owner *me = work_of(c)->task->owner;
    struct grant *g;
    struct note *n;
    struct span doc;
    uint8_t by[32];
    enum err e = begin_change(c, by);

    if (e)
        return e;
    e = grant_new(k, grant, by, me, &g, c->fail);
    if (e)
        return e;
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
            e = fail_set(c->fail, ERR_EXISTS, FAIL_NO_POS, NULL, "there is this grant already");
    if (e) {
        grant_free(g);
        return e;
    }
    // In the same millisecond the same words are the same document: given anew, it is not revoked.
    n = rights_revoked(k, g);
    if (n)
        rights_drop_note(k, n);
    rights_add(k, g);
    e = rights_save(k, c->fail);
    if (e) {
        rights_drop(k, g);
        grant_free(g);
        if (n)
            rights_note(k, n);
        return e;
    }
    if (n)
        note_free(n);
    memcpy(id, g->id, sizeof g->id);
    rights_quotas(k);
    return ERR_OK;
}

enum err call_grant(struct call *c, const struct unit *grant, uint8_t id[32])
{
    return end_change(c, give(c, grant, id));
}

// The oldest that was taken back is forgotten when there are many.
static void forget_revoked(struct kernel *k)
{
    while (k->rights.revoked_n > REVOKED_KEPT) {
        struct note *n = k->rights.notes;

        while (n->service.at)
            n = n->next;
        rights_drop_note(k, n);
        note_free(n);
    }
}

static enum err revocation(struct call *c, const struct grant *g, const uint8_t by[32],
                           struct note **out)
{
    struct unit name;
    struct span doc;
    enum err e = unit_bytes((struct span){(const char *)g->id, sizeof g->id}, &name);

    if (!e)
        e = sign_word(c, "revoke", &name, &doc);
    if (e)
        return e;
    *out = note_new(c->kernel, doc, (struct span){NULL, 0}, g->id, by);
    return *out ? ERR_OK
                : fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory to revoke it");
}

// Which grants are meant: with these ids, or to or from this user; of those that `by` may take back.
struct which {
    const uint8_t (*ids)[32];
    size_t n;
    const uint8_t *user;
    const uint8_t *by; // NULL: all
};

static bool fits(const struct grant *g, const struct which *w)
{
    if (w->by && memcmp(g->by, w->by, 32) != 0)
        return false;
    for (size_t i = 0; i < w->n; i++)
        if (memcmp(g->id, w->ids[i], 32) == 0)
            return true;
    return w->user && (memcmp(g->to, w->user, 32) == 0 || memcmp(g->by, w->user, 32) == 0);
}

static bool is_there(const struct kernel *k, const struct which *w, const uint8_t id[32])
{
    const struct grant *g = k->rights.grants;

    while (g && (memcmp(g->id, id, 32) != 0 || (w->by && memcmp(g->by, w->by, 32) != 0)))
        g = g->next;
    return g != NULL;
}

// All of them, or none.
static enum err revoke(struct call *c, const uint8_t me[32], const struct which *which)
{
    struct kernel *k = c->kernel;
    struct grant *out = NULL, *next;
    struct note *added = NULL, *note;
    enum err e = ERR_OK;

    for (struct grant *g = k->rights.grants; !e && g; g = next) {
        next = g->next;
        if (!fits(g, which))
            continue;
        e = revocation(c, g, me, &note);
        if (e)
            break;
        rights_drop(k, g);
        g->next = out;
        out = g;
        rights_note(k, note);
        added = added ? added : note;
    }
    if (!e && out)
        e = rights_save(k, c->fail);
    if (e)
        while (added) {
            note = added;
            added = note->next;
            rights_drop_note(k, note);
            note_free(note);
        }
    for (; out; out = next) {
        next = out->next;
        if (e)
            rights_add(k, out);
        else
            grant_free(out);
    }
    if (!e) {
        forget_revoked(k);
        rights_quotas(k);
    }
    return e;
}

static enum err revoke_these(struct call *c, const uint8_t (*ids)[32], size_t n)
{
    bool node = work_of(c)->task->owner == &c->kernel->owner;
    uint8_t me[32];
    struct which which = {.ids = ids, .n = n, .by = node ? NULL : me};
    enum err e = begin_change(c, me);

    for (size_t i = 0; !e && i < n; i++) {
        if (is_there(c->kernel, &which, ids[i]))
            continue;
        e = node ? fail_set(c->fail, ERR_NOT_FOUND, FAIL_NO_POS, "grants@sys.usr lists them",
                            "there is no such grant")
                 : fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, "grants@sys.usr lists yours",
                            "there is no such grant of yours");
    }
    return e ? e : revoke(c, me, &which);
}

enum err call_revoke(struct call *c, const uint8_t (*ids)[32], size_t n)
{
    return end_change(c, revoke_these(c, ids, n));
}

// The services that were given to him are the node's owner's again.
static enum err take_back_services(struct call *c, const uint8_t user[32])
{
    struct kernel *k = c->kernel;
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < k->routes_n; i++)
        if (k->routes[i].given && memcmp(k->routes[i].user, user, 32) == 0)
            e = call_own(c, span_of(k->routes[i].service->name), NULL);
    return e;
}

enum err call_forget_user(struct call *c, const uint8_t user[32])
{
    struct owner *o;
    uint8_t me[32];
    enum err e = begin(c, me);

    if (!e && memcmp(me, user, sizeof me) == 0)
        e = fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, NULL, "the node's owner stays");
    if (!e)
        e = take_back_services(c, user);
    if (e)
        return e;
    e = begin_change(c, me);
    if (!e)
        e = revoke(c, me, &(struct which){.user = user});
    (void)end_change(c, e);
    o = owner_known(c->kernel, user);
    if (!e && o && o != &c->kernel->owner)
        owner_leaves(o);
    return e;
}

bool rights_fixed(const struct route *r)
{
    static const char *const fixed[] = {"io.term", "sys.task", "sys.usr"};
    bool found = false;

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        found = found || span_eq(span_of(r->service->name), span_of(fixed[i]));
    return found;
}

static enum err give_away(struct call *c, struct span service, const uint8_t *user)
{
    struct kernel *k = c->kernel;
    struct route *r = (struct route *)route_find(k, service);
    struct note *n, *old;
    struct unit parts[2] = {unit_none(), unit_none()}, body;
    struct span doc;
    uint8_t me[32];
    enum err e = begin_change(c, me);

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
    if (user && rights_fixed(r))
        return fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, "grant it instead",
                        "no prompt goes without %S, so it stays with the node's owner", &service);
    e = unit_str(service, &parts[0]);
    if (!e && user)
        e = unit_bytes((struct span){(const char *)user, 32}, &parts[1]);
    if (!e)
        e = unit_build(c->arena, UNIT_PAIR, parts, 2, NULL, &body);
    if (!e)
        e = sign_word(c, "own", &body, &doc);
    if (e)
        return e;
    n = note_new(k, doc, service, NULL, NULL);
    if (!n)
        return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory to keep it");
    old = k->rights.notes;
    while (old && !span_eq(old->service, service))
        old = old->next;
    if (old)
        rights_drop_note(k, old);
    rights_note(k, n);
    e = rights_save(k, c->fail);
    if (e) {
        rights_drop_note(k, n);
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

enum err call_own(struct call *c, struct span service, const uint8_t *user)
{
    return end_change(c, give_away(c, service, user));
}

enum err call_owned(struct call *c, struct unit *out)
{
    struct kernel *k = c->kernel;
    struct unit *rows = unit_array(c->arena, k->routes_n), pair[2];
    uint8_t me[32];
    size_t n = 0;
    enum err e = begin(c, me);

    if (e)
        return e;
    e = rows ? ERR_OK : ERR_NO_MEMORY;
    for (size_t i = 0; !e && i < k->routes_n; i++) {
        const struct route *r = &k->routes[i];
        const char *user = r->given ? arena_copy(c->arena, r->user, sizeof r->user) : NULL;

        if (!r->given)
            continue;
        pair[0] = unit_word(r->service->name);
        e = user ? unit_bytes((struct span){user, sizeof r->user}, &pair[1]) : ERR_NO_MEMORY;
        if (!e)
            e = unit_build(c->arena, UNIT_PAIR, pair, 2, NULL, &rows[n++]);
    }
    if (!e)
        e = unit_list(rows, n, out);
    return e ? fail_set(c->fail, e, FAIL_NO_POS, NULL, "no memory for the list") : ERR_OK;
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
    struct unit *rows;
    uint8_t me[32];
    size_t n = 0;
    enum err e = begin(c, me);

    if (e)
        return e;
    rows = unit_array(c->arena, k->rights.grants_n + 1);
    if (!rows)
        return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the list");
    for (const struct grant *g = k->rights.grants; g && !e; g = g->next)
        if (all || memcmp(g->by, me, sizeof me) == 0 || memcmp(g->to, me, sizeof me) == 0)
            e = row_of(c->arena, g, &rows[n++]);
    if (!e)
        e = unit_list(rows, n, out);
    return e;
}
