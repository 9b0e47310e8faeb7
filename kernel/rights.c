// SPDX-License-Identifier: MIT
// Who may do what (MESSAGES section 3). Every message to a service comes through here, once before
// its arguments are looked at and once more before it runs; nowhere else is a right checked.
//
//   the service's owner          everything
//   who has a grant of his       what it says
//   CMD_USER, CMD_ANYONE         every user; everybody
//   CMD_NODE                     the node's owner, and nobody else
//   all others                   denied, and never a word whether the thing exists
#include "keys/identity.h"

#include "kernel/internal.h"

static enum err denied(struct task *t)
{
    const char *hint = t->owner == &t->kernel->nobody
                           ? "log in first: (login NAME)@sys.usr"
                           : "grants@sys.usr tells what you may; its owner can grant more";

    return fail_set(&t->fail, ERR_DENIED, FAIL_NO_POS, hint, "%s",
                    "there is no such thing for you here, or you have no right to it");
}

bool owner_owns(const struct owner *o, const struct route *r)
{
    if (!r->given)
        return o == &o->kernel->owner;
    return o != &o->kernel->nobody && (o != &o->kernel->owner || o->kernel->identity) &&
           memcmp(o == &o->kernel->owner ? o->kernel->identity->cert.user : o->id, r->user, 32) ==
               0;
}

bool grant_covers(const struct kernel *k, const struct grant *g, const struct owner *o,
                  const struct route *r, const struct command *c)
{
    const uint8_t *by = r->given ? r->user : k->identity->cert.user;
    int64_t now;

    if (memcmp(g->to, o->id, 32) != 0 || memcmp(g->by, by, 32) != 0)
        return false; // to another; or whoever gave it does not own the service (any more)
    for (uint32_t i = 0; i < g->n; i++) {
        if (g->may[i].route != r || (c && g->may[i].command && g->may[i].command != c))
            continue;
        if (g->until_ms == TIME_NEVER)
            return true;
        now = kernel_time_ms(k);
        return now != TIME_UNKNOWN && now <= g->until_ms;
    }
    return false;
}

// A grant for this, after `after`. Without a command: for all of the service.
static const struct grant *find(const struct owner *o, const struct route *r,
                                const struct command *c, bool whole, const struct grant *after)
{
    const struct kernel *k = o->kernel;
    const struct grant *g = after ? after->near : k->rights.by_user[o->id[0] % GRANTS_BUCKETS];

    if (o == &k->nobody || k->rights.bad || !k->identity)
        return NULL;
    for (; g; g = g->near) {
        if (!grant_covers(k, g, o, r, c))
            continue;
        for (uint32_t i = 0; i < g->n; i++)
            if (!whole || (g->may[i].route == r && !g->may[i].command))
                return g;
    }
    return NULL;
}

static bool open_to(const struct owner *o, const struct command *c)
{
    return (c->flags & CMD_ANYONE) || ((c->flags & CMD_USER) && o != &o->kernel->nobody);
}

enum err rights_enter(struct task *t, const struct route *r)
{
    const struct owner *o = t->owner;

    if (o == &t->kernel->owner && (!r || !r->given))
        return ERR_OK;
    if (!r)
        return o == &t->kernel->owner ? ERR_OK : denied(t);
    if (owner_owns(o, r) || find(o, r, NULL, false, NULL))
        return ERR_OK;
    for (size_t i = 0; i < r->service->n; i++)
        if (open_to(o, &r->service->commands[i]) ||
            (o == &t->kernel->owner && (r->service->commands[i].flags & CMD_NODE)))
            return ERR_OK;
    return denied(t);
}

bool rights_tell(const struct task *t, const struct route *r)
{
    const struct owner *o = t->owner;

    return (o == &t->kernel->owner && !r->given) || owner_owns(o, r) ||
           find(o, r, NULL, true, NULL);
}

enum err rights_run(struct task *t, const struct work *w, enum err e)
{
    const struct owner *o = t->owner;
    const struct command *c = w->call.command;
    bool node = o == &t->kernel->owner;

    if (node && !w->route->given)
        return e;
    if (e) // what there is, only he may know who may use all of it
        return rights_tell(t, w->route) ? e : denied(t);
    if (c->flags & CMD_NODE)
        return node ? ERR_OK : denied(t);
    if (open_to(o, c) || owner_owns(o, w->route) || find(o, w->route, c, false, NULL))
        return ERR_OK;
    return denied(t);
}

// Is the path at or below another?
static bool below(const struct unit *path, const struct unit *top)
{
    if (!path || path->kind != UNIT_REF || path->n < top->n)
        return false;
    for (uint32_t i = 0; i < top->n; i++)
        if (!span_eq(unit_span(&path->items[i]), unit_span(&top->items[i])))
            return false;
    return true;
}

// All paths that the call names lie there, and it names one.
static bool stays_below(const struct call *c, const struct unit *top)
{
    const struct command *com = c->command;
    bool any = false;

    if (com->path)
        return below(com->path(c), top);
    for (unsigned i = 0; i <= CALL_OPTS_MAX; i++) {
        bool arg = i == CALL_OPTS_MAX;

        if (!arg && (!com->opts || !com->opts[i].name)) {
            i = CALL_OPTS_MAX - 1;
            continue;
        }
        if ((arg ? com->mode : com->opts[i].mode) != READ_PATH)
            continue;
        if (arg ? !c->arg : !c->opt[i])
            continue;
        if (!below(arg ? c->arg : c->opt[i], top))
            return false;
        any = true;
    }
    return any;
}

enum err rights_touch(struct task *t, const struct work *w)
{
    const struct owner *o = t->owner;
    const struct command *c = w->call.command;

    if (o == &t->kernel->owner && !w->route->given)
        return ERR_OK;
    if (owner_owns(o, w->route) || open_to(o, c) || (c->flags & CMD_NODE))
        return ERR_OK;
    // Looked up once more: reading may have taken long, and the grant may be gone.
    for (const struct grant *g = find(o, w->route, c, false, NULL); g;
         g = find(o, w->route, c, false, g))
        if (g->on.kind == UNIT_NONE || stays_below(&w->call, &g->on))
            return ERR_OK;
    return denied(t);
}
