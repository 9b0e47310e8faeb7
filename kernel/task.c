// SPDX-License-Identifier: MIT
// Tasks: one message being answered. Its arena holds all that is made on the way.
//
//   new --start--> ready --run--> waits (a service answers later) --answer--> ready --> done
//
// Running a task means taking steps of its topmost frame until it has none, or has to wait.
#include "kernel/internal.h"

enum { FRAMES_FIRST = 16, FRAMES_MAX = 1 << 18, MEMOS_FIRST = 16 };

// ---- The kernel itself

enum err kernel_new(const struct plat *plat, const struct service *const *services, struct fail *f,
                    struct kernel **out)
{
    struct arena a;
    struct kernel *k;
    enum err e;

    arena_init(&a, plat->mem, 16 << 20);
    k = arena_new(&a, sizeof *k);
    if (!k)
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the kernel");
    *k = (struct kernel){.plat = plat, .arena = a};
    k->ready_end = &k->ready;
    e = routes_init(k, services, f);
    if (e) {
        kernel_free(k);
        return e;
    }
    *out = k;
    return ERR_OK;
}

void kernel_free(struct kernel *k)
{
    struct arena a;

    while (k->spare) {
        struct task *t = k->spare;

        k->spare = t->next;
        arena_fini(&t->arena);
        arena_fini(&t->scratch);
        k->plat->mem->put(k->plat->mem->ctx, t, sizeof *t);
    }
    a = k->arena; // the kernel lies in it
    arena_fini(&a);
}

size_t kernel_running(const struct kernel *k)
{
    return k->running;
}

// ---- Life of a task

enum err task_new(struct kernel *k, struct term *term, struct task **out)
{
    struct task *t = k->spare;

    if (t) {
        k->spare = t->next;
        k->spare_n--;
    } else {
        if (k->tasks >= KERNEL_TASKS_MAX)
            return ERR_BUSY;
        t = k->plat->mem->get(k->plat->mem->ctx, sizeof *t);
        if (!t)
            return ERR_NO_MEMORY;
        memset(t, 0, sizeof *t);
        arena_init(&t->arena, k->plat->mem, TASK_BYTES_MAX);
        arena_init(&t->scratch, k->plat->mem, CALL_BYTES_MAX);
    }
    k->tasks++;
    t->kernel = k;
    t->term = term;
    t->next = NULL;
    t->state = TASK_NEW;
    *out = t;
    return ERR_OK;
}

struct arena *task_arena(struct task *t)
{
    return &t->arena;
}

const struct outcome *task_outcome(const struct task *t)
{
    return t->state == TASK_DONE ? &t->outcome : NULL;
}

void task_ready(struct task *t)
{
    struct kernel *k = t->kernel;

    t->state = TASK_READY;
    t->next = NULL;
    *k->ready_end = t;
    k->ready_end = &t->next;
}

static void done(struct task *t, enum err e)
{
    t->outcome = (struct outcome){.e = e, .value = t->value, .error = t->error};
    t->state = TASK_DONE;
    t->kernel->running--;
}

static void run(struct task *t)
{
    while (t->n) {
        struct frame *f = &t->frames[t->n - 1];
        enum step s = f->kind == FRAME_STREAM || f->kind == FRAME_THEN ? stream_step(t, f)
                                                                       : task_read_step(t);
        if (s == STEP_WAIT) {
            if (t->state != TASK_READY) // not answered meanwhile
                t->state = TASK_WAITS;
            return;
        }
    }
    done(t, t->answer);
}

void task_start(struct task *t, const struct unit *u)
{
    t->root = *u;
    t->answer = ERR_OK;
    t->kernel->running++;
    if (u->kind == UNIT_STREAM && !(u->flags & UNIT_DONE)) {
        task_read(t, &t->root, NULL, READ_TOP, 0, 0);
        run(t);
    } else {
        t->value = *u;
        done(t, ERR_OK);
    }
}

static void unlink_ready(struct task *t)
{
    struct kernel *k = t->kernel;
    struct task **at = &k->ready;

    while (*at && *at != t)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = t->next;
    if (!t->next)
        k->ready_end = at;
}

void task_cancel(struct task *t)
{
    if (t->state == TASK_DONE || t->state == TASK_NEW)
        return;
    if (t->state == TASK_READY)
        unlink_ready(t);
    if (t->state == TASK_WAITS && t->term && t->waits)
        t->term->forget(t->term->ctx, t->waits);
    t->waits = NULL;
    t->n = 0;
    (void)fail_set(&t->fail, ERR_CANCELLED, FAIL_NO_POS, NULL,
                   "the task was ended"); // its code is known
    t->error = error_unit(&t->arena, &t->fail, NULL, NULL, NULL);
    done(t, ERR_CANCELLED);
}

void task_free(struct task *t)
{
    struct kernel *k = t->kernel;
    const struct mem *mem = k->plat->mem;

    task_cancel(t);
    k->tasks--;
    arena_reset(&t->arena);
    arena_reset(&t->scratch);
    t->frames = NULL;
    t->memos = NULL;
    t->n = t->cap = t->nest = t->memo_n = t->memo_cap = 0;
    t->waits = NULL;
    if (k->spare_n < KERNEL_SPARE_TASKS) {
        t->next = k->spare;
        k->spare = t;
        k->spare_n++;
        return;
    }
    arena_fini(&t->arena);
    arena_fini(&t->scratch);
    mem->put(mem->ctx, t, sizeof *t);
}

uint64_t kernel_step(struct kernel *k)
{
    // Only what is ready now: a task that becomes ready again waits for its turn.
    for (size_t n = k->tasks; k->ready && n; n--) {
        struct task *t = k->ready;

        k->ready = t->next;
        if (!k->ready)
            k->ready_end = &k->ready;
        t->state = TASK_NEW; // running
        run(t);
    }
    return k->ready ? 0 : UINT64_MAX;
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

// ---- Memos: open addressing by address

static size_t memo_slot(uintptr_t key, uint32_t cap)
{
    return (size_t)((uint64_t)key * 0x9E3779B97F4A7C15u >> 32) & (cap - 1);
}

static struct memo *memo_find(const struct task *t, uintptr_t key)
{
    size_t at = memo_slot(key, t->memo_cap);

    while (t->memos[at].key && t->memos[at].key != key)
        at = (at + 1) & (t->memo_cap - 1);
    return &t->memos[at];
}

static bool memo_grow(struct task *t)
{
    struct memo *old = t->memos;
    uint32_t was = t->memo_cap, cap = was ? 2 * was : MEMOS_FIRST;
    struct memo *memos = arena_new(&t->arena, cap * sizeof *memos);

    if (!memos)
        return false;
    memset(memos, 0, cap * sizeof *memos);
    t->memos = memos;
    t->memo_cap = cap;
    for (uint32_t i = 0; i < was; i++)
        if (old[i].key)
            *memo_find(t, old[i].key) = old[i];
    return true;
}

struct memo *task_memo(struct task *t, const struct unit *node, enum read_mode mode, bool make)
{
    uintptr_t key = (uintptr_t)node | (mode == READ_TOP);
    struct memo *m = t->memo_cap ? memo_find(t, key) : NULL;

    if (m && m->key)
        return m;
    if (!make)
        return NULL;
    if (2 * (t->memo_n + 1) > t->memo_cap) {
        if (!memo_grow(t))
            return NULL;
        m = memo_find(t, key);
    }
    t->memo_n++;
    m->key = key;
    m->done = false;
    return m;
}

void task_memo_set(struct task *t, const struct unit *node, enum read_mode mode,
                   const struct unit *value, const struct scope *where)
{
    struct memo *m = task_memo(t, node, mode, false);

    if (m) {
        m->done = true;
        m->value = *value;
        m->where = where;
    }
}
