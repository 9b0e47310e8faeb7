// SPDX-License-Identifier: MIT
// Who may do what: msgs/WIRE.md, "Rights". Every message to a service comes through here, once
// before its arguments are looked at and once more before it runs; nowhere else is a right checked.
//
//   the service's owner          everything
//   who has a grant of his       what it says
//   CMD_USER, CMD_ANYONE         every user; everybody
//   CMD_NODE                     the node's owner, and nobody else
//   all others                   denied, and never a word whether the thing exists
#include "keys/identity.h"

#include "kernel/internal.h"

static bool is_node_owner(const struct owner *o)
{
    return o == &o->kernel->owner;
}

static enum err denied(struct task *t, const struct route *r)
{
    const char *hint = t->owner == &t->kernel->nobody ? "log in first: (login NAME)@sys.usr"
                       : is_node_owner(t->owner) && r
                           ? "you gave it away: its owner can grant it; (own (SERVICE -))@sys.usr "
                             "takes it back"
                           : "grants@sys.usr tells what you may; its owner can grant more";

    return fail_set(&t->fail, ERR_DENIED, FAIL_NO_POS, hint, "%s",
                    "there is no such thing for you here, or you have no right to it");
}

bool owner_owns(const struct owner *o, const struct route *r)
{
    const struct kernel *k = o->kernel;

    if (!r->given)
        return is_node_owner(o);
    if (is_node_owner(o))
        return k->identity && memcmp(k->identity->cert.user, r->user, 32) == 0;
    return o != &k->nobody && memcmp(o->id, r->user, 32) == 0;
}

// Does it cover this service, and this command of it? NULL: any command.
static bool covers(const struct grant *g, const struct owner *o, const struct route *r,
                   const struct command *c)
{
    const struct kernel *k = o->kernel;
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

// His next grant for this behind another; NULL: the first.
static const struct grant *next_grant(const struct owner *o, const struct route *r,
                                      const struct command *c, const struct grant *behind)
{
    const struct kernel *k = o->kernel;
    const struct grant *g = behind ? behind->near : k->rights.by_user[o->id[0] % GRANTS_BUCKETS];

    if (o == &k->nobody || k->rights.bad.code || !k->identity)
        return NULL;
    while (g && !covers(g, o, r, c))
        g = g->near;
    return g;
}

// Does it say the service's name, and not only one of its commands?
static bool says_all(const struct grant *g, const struct route *r)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->may[i].route == r && !g->may[i].command)
            return true;
    return false;
}

// Without any grant.
static bool open_to(const struct owner *o, const struct command *c)
{
    return (c->flags & CMD_ANYONE) || ((c->flags & CMD_USER) && o != &o->kernel->nobody) ||
           ((c->flags & CMD_NODE) && is_node_owner(o));
}

static bool enters(const struct owner *o, const struct route *r)
{
    if (!r)
        return is_node_owner(o);
    if (owner_owns(o, r) || next_grant(o, r, NULL, NULL))
        return true;
    for (size_t i = 0; i < r->service->n; i++)
        if (open_to(o, &r->service->commands[i]))
            return true;
    return false;
}

enum err rights_enter(struct task *t, const struct route *r)
{
    if (!is_node_owner(t->owner))
        rights_look(t->kernel, false);
    return enters(t->owner, r) ? ERR_OK : denied(t, r);
}

bool term_may(struct kernel *k, const struct term *term, struct span service)
{
    return enters(term_owner(k, term), route_find(k, service));
}

bool rights_tell(const struct task *t, const struct route *r)
{
    const struct grant *g = NULL;

    if (owner_owns(t->owner, r))
        return true;
    while ((g = next_grant(t->owner, r, NULL, g)))
        if (says_all(g, r))
            return true;
    return false;
}

bool rights_see(const struct task *t, const struct route *r, const struct command *c)
{
    const struct owner *o = t->owner;

    return open_to(o, c) ||
           (!(c->flags & CMD_NODE) && (owner_owns(o, r) || next_grant(o, r, c, NULL)));
}

enum err rights_run(struct task *t, const struct work *w, enum err e)
{
    const struct command *c = w->call.command;

    if (e) // what there is, only he may know who may use all of it
        return rights_tell(t, w->route) ? e : denied(t, w->route);
    if (!rights_see(t, w->route, c))
        return denied(t, w->route);
    return w->late && !(c->flags & CMD_ALWAYS) ? owner_late(t) : ERR_OK;
}

enum err owner_late(struct task *t)
{
    return fail_set(&t->fail, ERR_BUSY, FAIL_NO_POS, "try again in a second",
                    "you may send %u messages a second", (unsigned long)t->owner->quota.rate);
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

// What is read as a path lies there; all else does not matter.
static bool lies_below(enum read_mode mode, const struct unit *u, const struct unit *top, bool *any)
{
    if (mode != READ_PATH || !u)
        return true;
    *any = true;
    return below(u, top);
}

// All paths that the call names lie there, and it names one.
static bool stays_below(const struct call *c, const struct unit *top)
{
    const struct command *com = c->command;
    bool any = false;

    if (com->path)
        return below(com->path(c), top);
    for (unsigned i = 0; com->opts && com->opts[i].name; i++)
        if (!lies_below(com->opts[i].mode, c->opt[i], top, &any))
            return false;
    return lies_below(com->mode, c->arg, top, &any) && any;
}

// A grant for it that is not below a path: what is nested names none. NULL: for all of the service
static bool nests_freely(const struct owner *o, const struct route *r, const struct command *c)
{
    const struct grant *g = NULL;

    while ((g = next_grant(o, r, c, g)))
        if (g->on.kind == UNIT_NONE && (c || says_all(g, r)))
            return true;
    return false;
}

// What may be nested in it, where he may not all.
static enum err nest(struct task *t, struct work *w)
{
    const struct service *s = w->route->service;
    bool *may;

    if (!s->nests || nests_freely(t->owner, w->route, NULL))
        return ERR_OK;
    may = arena_new(&t->arena, s->n * sizeof *may);
    if (!may)
        return fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for a message");
    for (size_t i = 0; i < s->n; i++)
        may[i] = open_to(t->owner, &s->commands[i]) ||
                 (!(s->commands[i].flags & CMD_NODE) &&
                  nests_freely(t->owner, w->route, &s->commands[i]));
    w->call.may = may;
    return ERR_OK;
}

enum err rights_touch(struct task *t, struct work *w)
{
    const struct owner *o = t->owner;
    const struct command *c = w->call.command;

    if (owner_owns(o, w->route) || open_to(o, c))
        return ERR_OK;
    // Looked up once more: reading may have taken long, and the grant may be gone.
    for (const struct grant *g = NULL; (g = next_grant(o, w->route, c, g));)
        if (g->on.kind == UNIT_NONE || stays_below(&w->call, &g->on))
            return nest(t, w);
    return denied(t, w->route);
}
