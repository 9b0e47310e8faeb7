// SPDX-License-Identifier: MIT
// Tasks: one message being answered. Its arena holds all that is made on the way.
//
//   new --start--> ready --run--> waits (a service answers later) --answer--> ready --> done
//
// Running a task means taking steps of its topmost frame until it has none, or has to wait
// (kernel/sched.c). What it sends itself are its children (kernel/child.c).
#include "kernel/internal.h"

enum { FRAMES_FIRST = 16, FRAMES_MAX = 1 << 18, MEMOS_FIRST = 16 };

// ---- The kernel itself

enum err kernel_new(const struct plat *plat, const struct service *const *services, struct fail *f,
                    struct kernel **out)
{
    struct arena a;
    struct kernel *k;
    struct fail killed, ignored;
    enum err e;

    arena_init(&a, plat->mem, 16 << 20);
    k = arena_new(&a, sizeof *k);
    if (!k)
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the kernel");
    *k = (struct kernel){.plat = plat, .arena = a, .budget_ns = TASK_BUDGET_NS};
    owners_init(k);
    queue_init(&k->prompt);
    queue_init(&k->slow);
    queue_init(&k->asides);
    k->timers = arena_new(&k->arena, KERNEL_TASKS_ALL * sizeof *k->timers);
    (void)fail_set(&killed, ERR_CANCELLED, FAIL_NO_POS, NULL,
                   "the task was ended"); // for k->killed
    k->killed = error_unit(&k->arena, &killed, NULL, NULL, NULL);
    (void)fail_set(&killed, ERR_HANDLER_DIED, FAIL_NO_POS, NULL,
                   "the processor that worked for this message stopped"); // for k->died
    k->died = error_unit(&k->arena, &killed, NULL, NULL, NULL);
    if (!k->timers) {
        kernel_free(k);
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the kernel");
    }
    e = routes_init(k, services, f);
    if (e) {
        kernel_free(k);
        return e;
    }
    // Who owns a service must be known before the first message; what is wrong with the file is told
    // to whoever needs it (kernel_rights).
    if (plat->file && plat->file->has(plat->file->ctx, RIGHTS_FILE))
        (void)rights_load(k, &ignored);
    *out = k;
    return ERR_OK;
}

void kernel_free(struct kernel *k)
{
    const struct plat *plat = k->plat;
    struct arena a;

    for (struct task *t = k->oldest, *next; t; t = next) { // its terminal may be gone
        next = t->all_next;
        if (!t->parent && t->background)
            t->term = NULL;
    }
    while (k->oldest)
        task_cancel(k->oldest);
    // What workers still do is for nobody, but it uses our memory.
    while (k->workers_busy > k->workers_lost)
        if (kernel_step(k))
            plat->wait(plat->ctx, plat->now_ns(plat->ctx) + SLICE_NS);
    owners_fini(k);
    rights_fini(k);
    a = k->arena; // the kernel lies in it
    arena_fini(&a);
}

size_t kernel_running(const struct kernel *k)
{
    return k->running;
}

// ---- Life of a task

enum err task_of(struct owner *o, struct term *term, struct task **out)
{
    struct kernel *k = o->kernel;
    struct task *t = o->spare;

    if (!owner_admits(o))
        return ERR_BUSY;
    if (t) {
        o->spare = t->next;
        o->spare_n--;
    } else {
        t = k->plat->mem->get(k->plat->mem->ctx, sizeof *t);
        if (!t)
            return ERR_NO_MEMORY;
        memset(t, 0, sizeof *t);
        t->kernel = k;
        t->owner = o;
        arena_init(&t->arena, &o->mem, TASK_BYTES_MAX);
        arena_init(&t->scratch, &o->mem, CALL_BYTES_MAX);
    }
    owner_enter(o);
    t->term = term;
    t->next = NULL;
    t->state = TASK_NEW;
    *out = t;
    return ERR_OK;
}

enum err task_new(struct kernel *k, struct term *term, struct task **out)
{
    return task_of(term_owner(k, term), term, out);
}

enum err task_new_for(struct kernel *k, const uint8_t user[32], struct task **out)
{
    struct owner *o = owner_find(k, user);

    return o ? task_of(o, NULL, out) : ERR_BUSY;
}

enum err task_new_own(struct kernel *k, struct term *term, struct task **out)
{
    return task_of(&k->owner, term, out);
}

void task_when_done(struct task *t, void (*done)(void *ctx, struct task *t), void *ctx)
{
    t->when_done = done;
    t->when_ctx = ctx;
}

struct arena *task_arena(struct task *t)
{
    return &t->arena;
}

const struct outcome *task_outcome(const struct task *t)
{
    return t->state == TASK_DONE ? &t->outcome : NULL;
}

void task_begin(struct task *t, const struct unit *u, const struct scope *scope, bool deep)
{
    struct kernel *k = t->kernel;
    bool stream = u->kind == UNIT_STREAM;

    t->root = *u;
    t->answer = ERR_OK;
    t->cause = unit_none();
    t->id = ++k->last_id;
    t->all_prev = k->newest;
    t->all_next = NULL;
    *(k->newest ? &k->newest->all_next : &k->oldest) = t;
    k->newest = t;
    k->running++;
    if (stream || deep)
        task_read(t, &t->root, scope, deep ? READ_DEEP : READ_TOP, 0, 0);
    else
        t->value = *u;
}

void task_start(struct task *t, const struct unit *u)
{
    bool run = u->kind == UNIT_STREAM && !(u->flags & UNIT_DONE);

    if (!run) {
        t->outcome = (struct outcome){.e = ERR_OK, .value = *u};
        t->state = TASK_DONE;
        if (t->when_done)
            t->when_done(t->when_ctx, t);
        return;
    }
    t->kernel->clock_ns = 0;
    task_begin(t, u, NULL, false);
    task_run(t);
    kernel_settle(t->kernel);
}

static void unlink(struct task *t)
{
    struct kernel *k = t->kernel;

    *(t->all_prev ? &t->all_prev->all_next : &k->oldest) = t->all_next;
    *(t->all_next ? &t->all_next->all_prev : &k->newest) = t->all_prev;
    t->all_prev = t->all_next = NULL;
    if (t->parent) {
        *(t->kid_prev ? &t->kid_prev->kid_next : &t->parent->kids) = t->kid_next;
        if (t->kid_next)
            t->kid_next->kid_prev = t->kid_prev;
        t->kid_prev = t->kid_next = NULL;
    }
}

void task_done(struct task *t, enum err e)
{
    struct kernel *k = t->kernel;
    child_end *end = t->end;

    k->running--;
    t->outcome = (struct outcome){.e = e, .value = t->value, .error = t->error};
    t->state = TASK_DONE;
    if (t->memos_outside)
        memo_leave(t);
    if (t->front)
        task_front_leave(t);
    unlink(t);
    if (end) {
        t->end = NULL;
        task_tell(t, end);
    } else if (t->background) {
        // Whoever killed it knows.
        if (e && e != ERR_CANCELLED && t->term && t->term->fail)
            t->term->fail(t->term->ctx, &t->outcome.error, t->id);
        task_free(t);
    } else if (t->when_done) {
        t->when_done(t->when_ctx, t);
    }
}

void task_cancel(struct task *t)
{
    if (t->state == TASK_DONE || t->state == TASK_NEW)
        return;
    task_unlist(t);
    task_drop_kids(t);
    if (t->state == TASK_WAITS && t->term && t->waits)
        t->term->forget(t->term->ctx, t->waits);
    // Its memory may be a worker's just now: the error lies in the kernel's.
    t->waits = NULL;
    t->n = 0;
    t->error = t->kernel->killed;
    task_done(t, ERR_CANCELLED);
}

static void give_back(struct task *t)
{
    struct owner *o = t->owner;
    const struct mem *mem = o->kernel->plat->mem;

    arena_reset(&t->arena);
    arena_reset(&t->scratch);
    if (o->spare_n < KERNEL_SPARE_TASKS) {
        struct arena arena = t->arena, scratch = t->scratch;

        memset(t, 0, sizeof *t);
        t->kernel = o->kernel;
        t->owner = o;
        t->arena = arena;
        t->scratch = scratch;
        t->next = o->spare;
        o->spare = t;
        o->spare_n++;
        return;
    }
    arena_fini(&t->arena);
    arena_fini(&t->scratch);
    mem->put(mem->ctx, t, sizeof *t);
}

void task_free(struct task *t)
{
    struct task *p = t->parent;

    task_cancel(t);
    // What a worker does may use all of the messages around it, too.
    if (t->job || t->held) {
        if (p && !t->given_back)
            p->held++;
        t->given_back = true;
        return;
    }
    if (!p || !t->given_back)
        p = NULL;
    owner_leave(t->owner);
    give_back(t);
    if (p && !--p->held && p->given_back && !p->job)
        task_free(p);
}

// ---- Frames

void task_push(struct task *t, const struct frame *f)
{
    if (t->n == t->cap) {
        uint32_t cap = t->cap ? 2 * t->cap : FRAMES_FIRST;
        struct frame *frames = cap > FRAMES_MAX ? NULL : arena_new(&t->arena, cap * sizeof *frames);

        if (!frames) {
            task_fail(t, fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL,
                                  "no memory to read this message"));
            return;
        }
        if (t->n)
            memcpy(frames, t->frames, t->n * sizeof *frames);
        t->frames = frames;
        t->cap = cap;
    }
    t->frames[t->n++] = *f;
}

void task_pop(struct task *t, const struct unit *value, const struct scope *where)
{
    t->value = *value;
    t->where = where;
    t->n--;
}

void task_read(struct task *t, const struct unit *node, const struct scope *scope,
               enum read_mode mode, unsigned level, unsigned refs)
{
    struct frame f = {
        .kind = FRAME_READ,
        .mode = (uint8_t)mode,
        .level = (uint8_t)level,
        .refs = (uint8_t)refs,
        .node = node,
        .scope = scope,
    };

    task_push(t, &f);
}
