// SPDX-License-Identifier: MIT
// Whose turn it is.
//
//   prompt --.            those that computed less than PROMPT_NS since they last waited
//            +--> run a slice --> waits, is done, or goes back, by what it has used, to prompt or
//   slow ----'                    slow: who computes long lets those who answer a person go before
//
//   aside ------> worker --> ready again with the answer of its handler
//
// The clock is read at the beginning of a turn, every STEPS_A_LOOK steps, and at its end.
#include "kernel/internal.h"

void queue_init(struct queue *q)
{
    q->first = NULL;
    q->last = &q->first;
}

void queue_put(struct queue *q, struct task *t)
{
    t->next = NULL;
    *q->last = t;
    q->last = &t->next;
}

struct task *queue_take(struct queue *q)
{
    struct task *t = q->first;

    if (t) {
        q->first = t->next;
        if (!q->first)
            q->last = &q->first;
    }
    return t;
}

void queue_remove(struct queue *q, struct task *t)
{
    struct task **at = &q->first;

    while (*at && *at != t)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = t->next;
    if (!t->next)
        q->last = at;
}

void task_ready(struct task *t)
{
    struct kernel *k = t->kernel;

    t->state = TASK_READY;
    queue_put(t->cpu_ns < PROMPT_NS ? &k->prompt : &k->slow, t);
}

void task_unlist(struct task *t)
{
    struct kernel *k = t->kernel;

    if (t->state == TASK_READY) {
        queue_remove(&k->prompt, t);
        queue_remove(&k->slow, t);
    } else if (t->state == TASK_PARKED) {
        k->parked--;
    } else if (t->state == TASK_ASIDE && !t->job) {
        queue_remove(&k->asides, t);
    }
    timer_drop(t);
}

void task_rested(struct task *t)
{
    for (; t; t = t->parent) // and with it those who wait for it
        t->cpu_ns = 0;
}

// ---- The clock

static void used(struct task *t, uint64_t ns)
{
    bool own = true;

    t->owner->cpu_ns += ns;
    for (; t; t = t->parent) {
        t->cpu_ns += own ? ns : 0;
        t->total_ns += ns;
        own = own && !t->typed;
    }
}

void task_look(struct task *t)
{
    struct kernel *k = t->kernel;
    uint64_t now = k->plat->now_ns(k->plat->ctx);

    if (k->clock_ns)
        used(t, now - k->clock_ns);
    k->clock_ns = now;
    t->start_ns = t->start_ns ? t->start_ns : now;
}

static bool over_budget(struct task *t)
{
    const struct task *p = t;

    while (p && p->cpu_ns <= t->kernel->budget_ns)
        p = p->typed ? NULL : p->parent;
    if (!p)
        return false;
    task_fail(t, fail_set(&t->fail, ERR_LIMIT, FAIL_NO_POS,
                          "wait now and then, or do it in several messages",
                          "this message used its %u s of processor time without waiting",
                          (unsigned long)(t->kernel->budget_ns / 1000000000)));
    return true;
}

void task_run(struct task *t)
{
    struct kernel *k = t->kernel;
    uint64_t began = k->clock_ns;
    unsigned steps = 0;

    k->runs = t;
    t->state = TASK_RUNS;
    (void)over_budget(t); // then no frame is left
    while (t->n) {
        struct frame *f = &t->frames[t->n - 1];
        enum step s = f->kind == FRAME_STREAM ? stream_step(t, f) : task_read_step(t);

        if (s == STEP_WAIT) {
            if (t->state == TASK_RUNS) // not answered meanwhile
                t->state = TASK_WAITS;
            break;
        }
        if (++steps % STEPS_A_LOOK && !k->doomed)
            continue;
        task_look(t);
        began = began ? began : k->clock_ns;
        if (over_budget(t) || !t->n)
            break;
        if (k->clock_ns - began >= SLICE_NS || k->doomed) {
            task_ready(t);
            break;
        }
    }
    if (k->clock_ns || t->n)
        task_look(t);
    k->runs = NULL;
    if (t->state == TASK_RUNS)
        task_done(t, t->answer);
}

// ---- Workers

// What a worker does: nothing here may touch more than the call.
static void job(void *arg)
{
    struct task *t = arg;

    t->job_e = t->job->command->run(t->job);
    arena_reset(t->job->scratch); // to give back much takes long as well
}

static bool give(struct kernel *k, struct task *t)
{
    const struct plat_work *work = k->plat->work;

    for (unsigned i = 0; i < work->n && i < PLAT_WORKERS_MAX; i++) {
        if (k->workers[i])
            continue;
        t->job = t->waits;
        t->job_ns = k->plat->now_ns(k->plat->ctx);
        if (work->start(work->ctx, i, job, t)) {
            t->job = NULL;
            return false;
        }
        k->workers[i] = t;
        k->workers_busy++;
        return true;
    }
    return false;
}

bool task_aside(struct task *t)
{
    struct kernel *k = t->kernel;
    const struct plat_work *work = k->plat->work;

    if (!work || !work->n)
        return false;
    t->waits->aside = true;
    if (k->workers_busy < work->n && k->workers_busy < PLAT_WORKERS_MAX) {
        if (!give(k, t))
            return false;
    } else {
        queue_put(&k->asides, t);
    }
    t->state = TASK_ASIDE;
    return true;
}

static void job_done(struct kernel *k, struct task *t)
{
    uint64_t took = k->plat->now_ns(k->plat->ctx) - t->job_ns;

    t->job = NULL;
    if (t->state == TASK_DONE) { // it was ended meanwhile
        if (t->given_back)
            task_free(t);
        return;
    }
    used(t, took);
    t->answer = t->job_e == ERR_LATER && !work_of(t->waits)->wants_front ? ERR_INTERNAL : t->job_e;
    task_ready(t);
}

// Its processor stopped. What it used can never be given back, but nobody waits for it any more.
static void job_lost(struct kernel *k, struct task *t)
{
    k->workers_lost++;
    if (t->state == TASK_DONE)
        return;
    t->waits = NULL;
    t->n = 0;
    t->error = k->died;
    task_done(t, ERR_HANDLER_DIED);
}

static void workers_look(struct kernel *k)
{
    const struct plat_work *work = k->plat->work;

    for (unsigned i = 0; k->workers_busy && i < work->n && i < PLAT_WORKERS_MAX; i++) {
        struct task *t = k->workers[i];

        if (t && !k->lost[i] && work->lost && work->lost(work->ctx, i)) {
            k->lost[i] = true;
            job_lost(k, t);
        }
        if (!t || k->lost[i] || !work->done(work->ctx, i))
            continue;
        k->workers[i] = NULL;
        k->workers_busy--;
        job_done(k, t);
    }
    while (k->asides.first && k->workers_busy < work->n && k->workers_busy < PLAT_WORKERS_MAX) {
        struct task *t = queue_take(&k->asides);

        if (!give(k, t)) { // here, then; one a turn, as it takes long
            t->job = t->waits;
            t->job_ns = k->plat->now_ns(k->plat->ctx);
            job(t);
            job_done(k, t);
            break;
        }
    }
}

// ---- A turn of the loop

static void end_doomed(struct kernel *k)
{
    while (k->doomed) {
        struct task *t = k->oldest;

        while (t && !t->doomed)
            t = t->all_next;
        if (!t) { // it ended by itself
            k->doomed = 0;
            return;
        }
        t->doomed = false;
        k->doomed--;
        task_cancel(t);
    }
}

void kernel_settle(struct kernel *k)
{
    if (k->doomed)
        end_doomed(k);
}

uint64_t kernel_step(struct kernel *k)
{
    const struct plat_work *work = k->plat->work;
    uint64_t now = k->plat->now_ns(k->plat->ctx), due;
    bool slow = false;

    if (k->workers_busy || k->asides.first)
        workers_look(k);
    if (k->quotas_wait)
        owners_settle(k);
    due = k->timers_n ? timers_run(k, now) : UINT64_MAX;
    kernel_settle(k);
    k->clock_ns = now;
    while (k->prompt.first || k->slow.first) {
        struct task *t = k->clock_ns - now < SLICE_NS ? queue_take(&k->prompt) : NULL;

        if (!t) { // also in a busy kernel at least one of them has its turn
            t = slow && k->clock_ns - now >= SLICE_NS ? NULL : queue_take(&k->slow);
            slow = true;
        }
        if (!t)
            break;
        task_run(t);
        kernel_settle(k);
    }
    k->clock_ns = 0;
    if (k->workers_busy && work->step && work->step(work->ctx))
        return 0;
    if (k->prompt.first || k->slow.first || (k->asides.first && !k->workers_busy))
        return 0;
    return k->timers_n ? k->timers[0]->due_ns : due;
}
