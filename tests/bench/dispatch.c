// SPDX-License-Identifier: MIT
// Messages a second on one core inside the kernel: parsed message in (copied into the task's
// memory, as if it had been parsed there), value out. Of the node's owner, and of a user who may do
// what he does by the last of many grants.
#include "keys/identity.h"
#include "tests/bench/node.h"

enum { RUNS = 5 };

static int by_value(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void give(struct node *n, const struct identity *id, const uint8_t user[32], const char *may)
{
    struct grant *g;
    struct arena a;
    struct unit parts[4] = {unit_word("to"), unit_none(), unit_word("may"), unit_none()}, u;
    struct fail f;

    arena_init(&a, &n->port.mem, 1 << 20);
    if (unit_bytes((struct span){(const char *)user, 32}, &parts[1]) ||
        unit_parse(&a, span_of(may), &parts[3], &f) ||
        unit_build(&a, UNIT_MAP, parts, 4, NULL, &u) ||
        grant_new(n->k, &u, id->cert.user, &n->k->owner, &g, &f))
        exit(2);
    rights_add(n->k, g);
    arena_fini(&a);
}

// A user with this many grants, the last of which counts.
static struct owner *granted(struct node *n, unsigned grants)
{
    static uint8_t user[32];
    const struct identity *id;
    struct fail f;

    user[0]++;
    if (kernel_identity(n->k, &f, &id))
        exit(2);
    for (unsigned i = 1; i < grants; i++)
        give(n, id, user, "[io.term dat.gen]");
    give(n, id, user, "[math.calc test.echo sys.task]");
    return owner_find(n->k, user);
}

static double run(struct node *n, struct owner *who, const char *msg, unsigned count)
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

        if (task_of(who, &n->term, &t) || unit_copy(task_arena(t), &u, &own))
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
    struct owner *users[3];

    node_init(&n, 0);
    users[0] = &n.k->owner;
    users[1] = granted(&n, 1);
    users[2] = granted(&n, 32);
    for (unsigned i = 0; i < COUNT(rows); i++) {
        double rate[RUNS], median[COUNT(users)];

        for (unsigned w = 0; w < COUNT(users); w++) {
            for (unsigned r = 0; r < RUNS; r++)
                rate[r] = run(&n, users[w], rows[i].msg, rows[i].n);
            qsort(rate, RUNS, sizeof *rate, by_value);
            median[w] = rate[RUNS / 2] / 1e6;
        }
        printf("dispatch %-34s %6.2f million/s, of a user with 1 grant %.2f, with 32 %.2f (wanted "
               "%s)\n",
               rows[i].name, median[0], median[1], median[2], rows[i].wanted);
    }
    node_fini(&n);
    return 0;
}
