// SPDX-License-Identifier: MIT
// Messages a second on one core inside the kernel: parsed message in (copied into the task's
// memory, as if it had been parsed there), value out.
#include "tests/bench/node.h"

enum { RUNS = 5 };

static int by_value(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double run(struct node *n, const char *msg, unsigned count)
{
    struct arena a;
    struct unit u;
    uint64_t start;

    arena_init(&a, &n->port.mem, 1 << 20);
    if (unit_parse(&a, span_of(msg), &u, NULL))
        exit(2);
    start = node_now(n);
    for (unsigned i = 0; i < count; i++) {
        struct task *t;
        struct unit own;

        if (task_new(n->k, &n->term, &t) || unit_copy(task_arena(t), &u, &own))
            exit(2);
        task_start(t, &own);
        while (!task_outcome(t))
            (void)kernel_step(n->k);
        if (task_outcome(t)->e)
            exit(2);
        task_free(t);
    }
    start = node_now(n) - start;
    arena_fini(&a);
    return (double)count / ((double)start / 1e9);
}

int main(void)
{
    static const struct {
        const char *name, *msg;
        unsigned n;
        const char *wanted;
    } rows[] = {
        {"(neg 5)@math.calc", "(neg 5)@math.calc", 300000, "1.0"},
        {"5@math.calc", "5@math.calc", 300000, "1.0"},
        {"x@test.echo", "x@test.echo", 300000, "1.0"},
        {"{neg:@a a:5}@math.calc", "{neg:@a a:5}@math.calc", 200000, "-"},
        {"(neg (neg 5)@math.calc)@math.calc", "(neg (neg 5)@math.calc)@math.calc", 200000, "-"},
        {"5@math.calc@sys.task, a child", "5@math.calc@sys.task", 200000, "-"},
    };
    static struct node n;

    node_init(&n, 0);
    for (unsigned i = 0; i < COUNT(rows); i++) {
        double rate[RUNS];

        for (unsigned r = 0; r < RUNS; r++)
            rate[r] = run(&n, rows[i].msg, rows[i].n);
        qsort(rate, RUNS, sizeof *rate, by_value);
        printf("dispatch %-34s %6.2f million/s (wanted %s)\n", rows[i].name, rate[RUNS / 2] / 1e6,
               rows[i].wanted);
    }
    node_fini(&n);
    return 0;
}
