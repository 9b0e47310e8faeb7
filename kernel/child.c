// SPDX-License-Identifier: MIT
// The messages that a message sends: children, which it waits for, and those in the background,
// which nobody waits for. What service.h lends to services about tasks.
#include "kernel/internal.h"

// ---- Children

// What runs in the background leaves room for a person who wants to see and end it.
static bool has_room(const struct task *t, bool background)
{
    while (t->parent)
        t = t->parent;
    return !(background || t->background) ||
           t->owner->tasks + KERNEL_TASKS_KEPT < t->owner->quota.tasks_max;
}

static enum err new_child(struct task *t, struct owner *o, bool background, struct task **child)
{
    enum err e = has_room(t, background) ? task_of(o, t->term, child) : ERR_BUSY;

    if (e == ERR_BUSY)
        return fail_set(&t->fail, e, FAIL_NO_POS, "try again when some have ended",
                        "there are %u tasks already", (unsigned long)o->tasks);
    if (e)
        return fail_set(&t->fail, e, FAIL_NO_POS, NULL, "no memory for another message");
    // The memory of a small message; an arena that has a chunk keeps it.
    if (!(*child)->arena.chunks && (*child)->arena.chunk_bytes)
        (*child)->arena.chunk_bytes = CHILD_CHUNK_BYTES;
    return ERR_OK;
}

static enum err child_of(struct call *c, struct owner *o, struct task **child)
{
    struct task *t = work_of(c)->task;

    if (t->nest == TASK_NEST_MAX)
        return fail_set(&t->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                        "messages are nested more than %u deep", (unsigned long)TASK_NEST_MAX);
    return new_child(t, o, false, child);
}

enum err call_child(struct call *c, struct task **child, struct arena **a)
{
    enum err e = child_of(c, work_of(c)->task->owner, child);

    if (!e)
        *a = &(*child)->arena;
    return e;
}

static struct task *root_of(struct task *t)
{
    while (t->parent)
        t = t->parent;
    return t;
}

// What a person at the terminal typed is his, whoever asked him for it. What came from the
// background stays with its own author: somebody else may sit at the terminal by now.
static struct owner *author_of(struct task *t, unsigned flags)
{
    if (flags & CHILD_NODE)
        return &t->kernel->owner;
    return (flags & CHILD_FRONT) && t->term && !root_of(t)->background
               ? term_owner(t->kernel, t->term)
               : t->owner;
}

// The unit is to be run, whatever it was before.
static struct unit to_run(const struct unit *u)
{
    struct unit root = *u;

    root.flags &= (uint8_t)~UNIT_DONE;
    if (root.kind == UNIT_STREAM)
        root.flags |= UNIT_LIVE;
    return root;
}

static void enter_front(struct task *t)
{
    if (!t->term)
        return;
    t->front = t->term;
    t->front_before = t->term->front;
    t->term->front = t;
}

void task_front_leave(struct task *t)
{
    struct task **at = t->front ? &t->front->front : NULL;

    while (at && *at && *at != t)
        at = &(*at)->front_before;
    if (at && *at)
        *at = t->front_before;
    t->front = NULL;
}

void call_start(struct call *c, struct task *child, const struct unit *u, unsigned flags,
                uint32_t tag, child_end *end)
{
    struct work *w = work_of(c);
    struct task *t = w->task;
    struct unit root = to_run(u);

    child->parent = t;
    child->parent_id = t->id;
    child->kid_next = t->kids;
    if (t->kids)
        t->kids->kid_prev = child;
    t->kids = child;
    child->for_call = c;
    child->tag = tag;
    child->end = end;
    child->nest = t->nest;
    child->typed = flags & CHILD_FRONT;
    child->cpu_ns = child->typed ? 0 : t->cpu_ns;
    if (child->typed)
        enter_front(child);
    if (root.flags & UNIT_HIDDEN)
        child->arena.wipe = true;
    if (flags & CHILD_INSIDE)
        child->inside = (struct scope){w->scope.outer, w->scope.msg, child, &w->scope};
    task_begin(child, &root, flags & CHILD_INSIDE ? &child->inside : NULL, flags & CHILD_READ);
    task_ready(child);
}

void call_unused(struct task *child)
{
    task_free(child);
}

enum err call_spawn(struct call *c, const struct unit *u, unsigned flags, uint32_t tag,
                    child_end *end)
{
    struct task *child;
    enum err e = child_of(c, author_of(work_of(c)->task, flags), &child);

    if (!e)
        call_start(c, child, u, flags, tag, end);
    return e;
}

void task_tell(struct task *t, child_end *end)
{
    struct kernel *k = t->kernel;
    struct task *outer = k->ends;
    struct call *c = t->for_call;
    enum err e = t->outcome.e;

    k->ends = t;
    end(c, t->tag, e, e ? &t->outcome.error : &t->outcome.value);
    k->ends = outer;
    task_free(t);
}

static void drop(struct task *kid)
{
    kid->end = NULL;
    kid->background = false;
    task_free(kid);
}

void task_drop_kids(struct task *t)
{
    while (t->kids)
        drop(t->kids);
}

void call_drop(struct call *c, uint32_t tag)
{
    struct task *kid = work_of(c)->task->kids;

    while (kid && (kid->tag != tag || kid->for_call != c))
        kid = kid->kid_next;
    if (kid)
        drop(kid);
}

unsigned call_width(const struct call *c)
{
    const struct plat_work *work = c->plat->work;

    return work ? 2 * work->n + 1 : 1;
}

enum err call_keep(struct call *c, const struct unit *value, struct unit *out)
{
    struct task *child = c->kernel->ends;
    size_t small = (size_t)value->nodes * sizeof *value + value->bytes;

    if (value->flags & UNIT_HIDDEN)
        c->arena->wipe = true;
    // Taken over only where most of the memory is the value.
    if (small > VALUE_COPY_BYTES && child && child->arena.used_bytes / 4 <= small &&
        child->owner == work_of(c)->task->owner && !child->arena.wipe &&
        arena_adopt(c->arena, &child->arena)) {
        *out = *value;
        return ERR_OK;
    }
    return unit_copy(c->arena, value, out);
}

void call_pass(struct call *c, enum err e, const struct unit *error)
{
    struct task *t = work_of(c)->task;
    const struct unit *why = error->kind == UNIT_MAP
                                 ? unit_get_word(error, SPAN("why"), t->arena.mem)
                                 : NULL;
    struct span text = why && why->kind == UNIT_STR ? unit_span(why) : span_of(err_text(e));

    if (unit_copy(c->arena, error, &t->cause))
        t->cause = unit_none(); // the outer one tells the same, but not from where
    call_refuse(c, fail_set(&t->fail, e, FAIL_NO_POS, NULL, "%S", &text));
}

void call_timer(struct call *c, uint64_t at_ns, void (*due)(struct call *c))
{
    struct task *t = work_of(c)->task;

    t->waits = c;
    timer_set(t, at_ns, due);
}

// ---- In the background

// The messages around, made anew in the task's own memory.
static enum err copy_scopes(struct task *t, const struct scope *s, const struct scope **out)
{
    *out = NULL;
    for (const struct scope **at = out; s; s = s->outer) {
        struct scope *copy = arena_new(&t->arena, sizeof *copy);
        struct unit *msg = unit_array(&t->arena, 1);

        if (!copy || !msg || unit_copy(&t->arena, s->msg, msg))
            return ERR_NO_MEMORY;
        if (msg->flags & UNIT_HIDDEN)
            t->arena.wipe = true;
        *copy = (struct scope){NULL, msg, t, NULL};
        *at = copy;
        at = &copy->outer;
    }
    return ERR_OK;
}

enum err call_detach(struct call *c, const struct unit *u, unsigned flags, uint64_t *id)
{
    struct work *w = work_of(c);
    struct task *t = w->task, *child;
    const struct scope *scope = NULL;
    struct unit copy, root;
    enum err e = new_child(t, t->owner, true, &child);

    if (e)
        return e;
    e = unit_copy(&child->arena, u, &copy);
    if (!e && (flags & CHILD_INSIDE))
        e = copy_scopes(child, &w->scope, &scope);
    if (e) {
        task_free(child);
        return fail_set(&t->fail, e, FAIL_NO_POS, NULL, "no memory for a task in the background");
    }
    root = to_run(&copy);
    child->parent_id = t->id;
    child->background = true;
    if (t->kernel->runs == t)
        task_look(t);
    child->cpu_ns = t->cpu_ns; // who sends ever more of them does not wait
    if (root.flags & UNIT_HIDDEN)
        child->arena.wipe = true;
    task_begin(child, &root, scope, flags & CHILD_READ);
    *id = child->id;
    task_ready(child);
    return ERR_OK;
}

// ---- About tasks

static const char *name_of(const struct task *t)
{
    const struct route *r = NULL;

    if (t->root.kind == UNIT_STREAM)
        r = route_find(t->kernel, unit_span(&t->root.items[1]));
    return r ? r->service->name : "";
}

uint64_t call_id(const struct call *c)
{
    return ((const struct work *)c)->task->id;
}

size_t call_tasks(const struct call *c, struct task_info *out, size_t max)
{
    const struct owner *me = ((const struct work *)c)->task->owner;
    size_t n = 0;

    for (const struct task *t = c->kernel->oldest; t; t = t->all_next) {
        if (t->owner != me && me != &c->kernel->owner)
            continue;
        if (n++ >= max)
            continue;
        out[n - 1] = (struct task_info){
            .id = t->id,
            .parent = t->parent_id,
            .user = t->owner->name,
            .name = name_of(t),
            .waits = t->state == TASK_WAITS || t->state == TASK_PARKED,
            .start_ns = t->start_ns,
            .cpu_ns = t->total_ns,
            // The memory of one that a worker has is being counted there.
            .bytes = t->job ? 0 : t->arena.used_bytes + t->scratch.used_bytes,
        };
    }
    return n;
}

enum err call_kill(struct call *c, uint64_t id)
{
    struct kernel *k = c->kernel;
    const struct owner *me = work_of(c)->task->owner;

    for (struct task *t = k->oldest; t; t = t->all_next) {
        if (t->id != id || (t->owner != me && me != &k->owner))
            continue;
        k->doomed += !t->doomed;
        t->doomed = true;
        for (const struct task *own = work_of(c)->task; own; own = own->parent)
            if (own == t) // whoever kills itself has no answer
                return fail_set(c->fail, ERR_CANCELLED, FAIL_NO_POS, NULL, "the task was ended");
        return ERR_OK;
    }
    if (me == &k->owner)
        return ERR_NOT_FOUND;
    return fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, "get.all@sys.task lists yours",
                    "you have no such task");
}

enum err call_fit(struct call *c, struct span serv, const struct unit *msg, bool *named,
                  bool *merges)
{
    const struct route *r = route_find(c->kernel, serv);
    const struct command *run;
    enum err e = rights_enter(work_of(c)->task, r);

    if (e)
        return e;
    if (!r)
        return fail_set(c->fail, ERR_NO_SERVICE, FAIL_NO_POS,
                        names_hint(work_of(c)->task, serv, NULL), "no service is named %S", &serv);
    run = r->other;
    *named = false;
    for (uint32_t i = 0; msg->kind == UNIT_MAP && i < msg->n; i++) {
        const struct unit *key = &msg->items[2 * i];
        const struct command *found = key->kind == UNIT_STR ? command_find(r, unit_span(key))
                                                            : NULL;
        if (!found || !found->shape || !rights_see(work_of(c)->task, r, found))
            continue; // as in work_select: what he may not is a key like any other
        *named = true;
        run = found;
    }
    *merges = run && (run->flags & CMD_MERGES);
    return ERR_OK;
}

// ---- Terminals

bool term_interrupt(struct kernel *k, struct term *term)
{
    (void)k;
    if (!term->front)
        return false;
    task_cancel(term->front);
    return true;
}

// What of it is under way has no terminal any more.
static void lose_term(struct task *t)
{
    t->term = NULL;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->frames[i].kind == FRAME_STREAM && t->frames[i].call)
            t->frames[i].call->term = NULL;
}

// Nor does it wait for what somebody else will type there.
static void take_term(struct task *t)
{
    struct call *c = t->state == TASK_WAITS ? t->waits : NULL;
    bool asked = c && t->term->forget && t->term->forget(t->term->ctx, c);

    if (root_of(t)->background)
        task_front_leave(t);
    lose_term(t);
    if (asked)
        call_refuse(c, fail_set(c->fail, ERR_CANCELLED, FAIL_NO_POS, NULL,
                                "somebody else sits at this terminal now"));
}

// Is it part of what is not this user's? What a service itself asks is part of what it asks for.
static bool is_others(struct task *t, const struct owner *o)
{
    if (root_of(t)->background)
        return true;
    for (; t; t = t->parent)
        if (t->owner != o && t->owner != &t->kernel->owner)
            return true;
    return false;
}

// Whoever sits there from now on is safe from what others left behind: it cannot ask him for a key,
// nor speak in his session. What the node's owner has in front is the prompt itself.
void term_set_owner(struct kernel *k, struct term *term, struct owner *o)
{
    struct owner *was = term_owner(k, term);

    if (was == o)
        return;
    for (struct task *t = k->oldest; t; t = t->all_next)
        if (t->term == term && is_others(t, o))
            take_term(t);
    if (term->user)
        term->user->terms--;
    term->user = o == &k->owner ? NULL : o;
    if (term->user)
        term->user->terms++;
    if (term->changed)
        term->changed(term->ctx);
}

// Does the message that runs now stand in it?
static bool is_around(const struct task *t, const struct task *runs)
{
    while (runs && runs != t)
        runs = runs->parent;
    return runs == t;
}

void owner_leaves(struct owner *o)
{
    struct kernel *k = o->kernel;
    struct task *t = k->oldest;

    for (; t; t = t->all_next)
        if (t->term && t->term->user == o)
            term_set_owner(k, t->term, &k->nobody);
    for (t = k->oldest; t;) {
        bool first = t->owner == o && (!t->parent || t->parent->owner != o) &&
                     !is_around(t, k->runs);

        if (first)
            task_cancel(t);
        t = first ? k->oldest : t->all_next; // it took its children along
    }
    owner_forget_identity(o);
}

void term_close(struct kernel *k, struct term *term)
{
    struct task *t = k->oldest;

    while (t) {
        struct task *next = t->all_next;

        if (t->term == term && root_of(t)->background) {
            task_front_leave(t);
            lose_term(t);
        } else if (t->term == term && !t->parent) {
            task_cancel(t);
            next = k->oldest; // it took its children along
        }
        t = next;
    }
    for (t = k->oldest; t; t = t->all_next)
        if (t->front == term)
            task_front_leave(t);
    // Whoever comes there next is not the one who has left by that alone.
    if (term->user || (k->plat->machine && kernel_owner_locked(k)))
        term_set_owner(k, term, &k->nobody);
}
