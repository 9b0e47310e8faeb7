// SPDX-License-Identifier: MIT
// A kernel with the service for tests of tasks, and what must always hold in it.
#include "tests/sim/lab.h"

// ---- A kernel with it

// Those of the tests and all others.
static const struct service *const *services(void)
{
    static const struct service *all[KERNEL_SERVICES_MAX + 1] = {&lab_service, &lab_pure_service};

    for (size_t i = 0; services_all[i]; i++)
        all[i + 2] = services_all[i];
    return all;
}

struct kernel *lab_kernel(struct sim *s)
{
    struct task *tasks[KERNEL_SPARE_TASKS];
    struct kernel *k;
    struct fail f;

    memset(&lab, 0, sizeof lab);
    ck_assert_msg(kernel_new(&s->plat, services(), &f, &k) == ERR_OK, "%s", f.why);
    for (unsigned i = 0; i < COUNT(tasks); i++)
        ck_assert_int_eq(task_new(k, NULL, &tasks[i]), ERR_OK);
    for (unsigned i = 0; i < COUNT(tasks); i++) {
        tasks[i]->arena.chunk_bytes = tasks[i]->scratch.chunk_bytes = 0;
        task_free(tasks[i]);
    }
    return k;
}

void lab_done(struct sim *s, struct kernel *k)
{
    lab_check(k);
    ck_assert_uint_eq(kernel_running(k), 0);
    ck_assert_ptr_null(k->oldest);
    ck_assert_ptr_null(k->newest);
    ck_assert_ptr_null(k->asides.first);
    ck_assert_uint_eq(k->timers_n, 0);
    ck_assert_uint_eq(k->parked, 0);
    if (!k->workers_busy)
        ck_assert_uint_eq(k->owner.tasks, 0);
    kernel_free(k);
    sim_done(s);
}

struct task *lab_send(struct sim *s, struct kernel *k, const char *msg)
{
    struct task *t;
    struct unit u;
    struct fail f;
    enum err e;

    ck_assert_int_eq(task_new(k, &s->term, &t), ERR_OK);
    e = unit_parse(task_arena(t), span_of(msg), &u, &f);
    ck_assert_msg(!e, "%s: %s at %zu", msg, f.why, f.pos);
    task_start(t, &u);
    lab_check(k);
    return t;
}

void lab_end(struct sim *s, struct kernel *k, const struct task *t)
{
    for (long n = 0; !task_outcome(t); n++) {
        uint64_t till = kernel_step(k);

        lab_check(k);
        ck_assert_msg(n < 10000000, "it never ends");
        if (!till || task_outcome(t))
            continue;
        ck_assert_msg(till != UINT64_MAX || s->jobs_n, "it waits for nothing");
        s->plat.wait(s, till);
    }
}

const char *lab_print(struct sim *s, struct task *t)
{
    static char text[4096];
    const struct outcome *o = task_outcome(t);

    ck_assert_ptr_nonnull(o);
    if (!o->e) {
        ck_assert_uint_lt(o->value.text, sizeof text);
        *unit_print(&o->value, text) = 0;
    } else if (o->error.kind == UNIT_MAP) {
        const struct unit *why = unit_get_word(&o->error, SPAN("why"), &s->mem.mem);
        const struct unit *cause = unit_get_word(&o->error, SPAN("cause"), &s->mem.mem);
        int n = snprintf(text, sizeof text, "!%s %.*s", err_word(o->e), (int)why->n, why->s);

        if (cause && cause->text < 1000) {
            strcpy(text + n, " < ");
            *unit_print(cause, text + n + 3) = 0;
        }
    } else {
        snprintf(text, sizeof text, "!%s", err_word(o->e));
    }
    task_free(t);
    return text;
}

void lab_want(struct sim *s, struct kernel *k, const char *msg, const char *want)
{
    struct task *t = lab_send(s, k, msg);
    const char *got;

    lab_end(s, k, t);
    got = lab_print(s, t);
    ck_assert_msg(want[0] == '!' || want[0] == '{' ? !strncmp(got, want, strlen(want))
                                                   : !strcmp(got, want),
                  "%s\n  wanted %s\n  got    %s", msg, want, got);
}

// ---- What always holds
// Looked at after every step, and each assertion of Check writes to a file: these do not.

#define MUST(x) ((x) ? (void)0 : (void)ck_abort_msg("%s:%d: %s", __FILE__, __LINE__, #x))

static size_t queue_len(const struct queue *q, enum task_state state)
{
    struct task *const *last = &q->first;
    size_t n = 0;

    for (struct task *t = q->first; t; t = t->next, n++) {
        MUST(t->state == state);
        MUST(n < KERNEL_TASKS_MAX);
        last = &t->next;
    }
    MUST(q->last == last);
    return n;
}

static void check_task(const struct kernel *k, const struct task *t)
{
    size_t kids = 0;

    for (const struct task *kid = t->kids; kid; kid = kid->kid_next, kids++) {
        MUST(kid->parent == t);
        MUST(kid->for_call == t->waits);
        MUST(kid->end);
        MUST((kid->kid_prev ? kid->kid_prev->kid_next : t->kids) == kid);
        MUST(kid->nest >= t->nest);
        MUST(kid->nest <= TASK_NEST_MAX);
    }
    if (t->due_at) {
        MUST(k->timers[t->due_at - 1] == t);
        MUST(t->state == TASK_WAITS);
    }
    if (t->state == TASK_WAITS)
        MUST(t->waits);
    if (t->state == TASK_PARKED) { // for somebody who is there
        const struct memo *m = memo_find(t->parked_in, t->parked_on, READ_DEEP, false);
        const struct task *by = k->oldest;

        MUST(m);
        while (by && by != m->by)
            by = by->all_next;
        MUST(by);
    }
    if (t->job)
        MUST(t->state == TASK_ASIDE);
}

void lab_check_timers(const struct kernel *k)
{
    for (uint32_t i = 0; i < k->timers_n; i++) {
        const struct task *t = k->timers[i], *up = k->timers[i ? (i - 1) / 2 : 0];

        MUST(t->due_at == i + 1);
        MUST(up->due_ns < t->due_ns || (up->due_ns == t->due_ns && up->due_order <= t->due_order));
    }
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

// What the users have adds up to what the node counts.
static size_t check_owners(const struct kernel *k)
{
    size_t tasks = 0, held = 0, bytes = 0, n = 0;

    for (const struct owner *o = &k->owner; o; o = o == &k->owner    ? &k->nobody
                                                   : o == &k->nobody ? k->others
                                                                     : o->next) {
        MUST(o->tasks <= most(o->quota.tasks_max, KERNEL_TASKS_MAX));
        MUST(o->spare_n <= KERNEL_SPARE_TASKS);
        tasks += o->tasks;
        held += most(o->tasks, o->quota.tasks_min);
        bytes += most(o->bytes, o->mem_min);
        n++;
    }
    MUST(n == 2 + k->others_n);
    MUST(held == k->tasks);
    MUST(bytes == k->bytes);
    return tasks;
}

void lab_check(const struct kernel *k)
{
    size_t n = 0, parked = 0, aside = 0, jobs = 0, busy = 0, ready = 0;
    const struct task *before = NULL;

    for (const struct task *t = k->oldest; t; t = t->all_next, n++) {
        MUST(t->all_prev == before);
        MUST(!before || before->id < t->id);
        MUST(t->state != TASK_NEW);
        MUST(t->state != TASK_DONE);
        MUST(t->state != TASK_RUNS);
        check_task(k, t);
        parked += t->state == TASK_PARKED;
        aside += t->state == TASK_ASIDE && !t->job;
        jobs += t->job ? 1 : 0;
        ready += t->state == TASK_READY;
        before = t;
    }
    MUST(k->newest == before);
    MUST(n == k->running);
    MUST(check_owners(k) >= n);
    MUST(parked == k->parked);
    MUST(queue_len(&k->prompt, TASK_READY) + queue_len(&k->slow, TASK_READY) == ready);
    MUST(queue_len(&k->asides, TASK_ASIDE) == aside);
    for (unsigned i = 0; i < PLAT_WORKERS_MAX; i++)
        busy += k->workers[i] != NULL;
    MUST(busy == k->workers_busy);
    MUST(jobs <= busy); // those that were ended are not in the list
    MUST(!aside || busy || k->plat->work);
    MUST(k->doomed == 0);
    MUST(!k->runs);
    MUST(!k->ends);
    lab_check_timers(k);
}
