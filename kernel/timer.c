// SPDX-License-Identifier: MIT
// Timers: a binary heap of tasks, the next one first; of two at the same time the one set first.
#include "kernel/internal.h"

static bool before(const struct task *a, const struct task *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->due_order < b->due_order;
}

static void put(struct kernel *k, uint32_t at, struct task *t)
{
    k->timers[at] = t;
    t->due_at = at + 1;
}

static void up(struct kernel *k, uint32_t at, struct task *t)
{
    for (; at && before(t, k->timers[(at - 1) / 2]); at = (at - 1) / 2)
        put(k, at, k->timers[(at - 1) / 2]);
    put(k, at, t);
}

static void down(struct kernel *k, uint32_t at, struct task *t)
{
    for (;;) {
        uint32_t kid = 2 * at + 1;

        if (kid + 1 < k->timers_n && before(k->timers[kid + 1], k->timers[kid]))
            kid++;
        if (kid >= k->timers_n || !before(k->timers[kid], t))
            break;
        put(k, at, k->timers[kid]);
        at = kid;
    }
    put(k, at, t);
}

void timer_drop(struct task *t)
{
    struct kernel *k = t->kernel;
    uint32_t at = t->due_at;
    struct task *last;

    if (!at--)
        return;
    t->due_at = 0;
    last = k->timers[--k->timers_n];
    if (last == t)
        return;
    if (at && before(last, k->timers[(at - 1) / 2]))
        up(k, at, last);
    else
        down(k, at, last);
}

// Each task has at most one, so the heap that holds all tasks is never full.
void timer_set(struct task *t, uint64_t at_ns, void (*due)(struct call *c))
{
    struct kernel *k = t->kernel;

    timer_drop(t);
    // For a time that has passed: behind those that were due before.
    t->due_ns = at_ns > k->timers_ns ? at_ns : k->timers_ns;
    t->due = due;
    t->due_order = ++k->timer_order;
    up(k, k->timers_n++, t);
}

uint64_t timers_run(struct kernel *k, uint64_t now_ns)
{
    // Those set meanwhile for a time that has passed wait for the next step: no turn is endless.
    uint64_t last = k->timer_order;

    k->timers_ns = now_ns;
    while (k->timers_n) {
        struct task *t = k->timers[0];

        if (t->due_ns > now_ns)
            return t->due_ns;
        if (t->due_order > last)
            return 0;
        timer_drop(t);
        if (!t->kids) // else it is a deadline: they did not wait
            task_rested(t);
        t->due(t->waits);
    }
    return UINT64_MAX;
}
