// SPDX-License-Identifier: MIT
// How long one session waits for `now@time.chrono` while another one does its worst, and how late
// a timer is then. Two sessions in one kernel on Linux.
// usage: latency [ms for each load]
#include "tests/bench/node.h"

enum { MS = 1000000, SAMPLES = 100000 };

static const struct {
    const char *name, *msg;
    unsigned n; // so many at the same time
} loads[] = {
    {"idle", NULL, 0},
    {"a loop", "(task.loop a)@sys.task", 1},
    {"4 000 000 000 times", "(task.loop (4000000000 a))@sys.task", 1},
    {"a loop of messages", "(task.loop (neg 5)@math.calc)@sys.task", 1},
    {"100 loops", "(task.loop (neg 5)@math.calc)@sys.task", 100},
    {"loops in parallel",
     "(task.loop (task.sim [(task.loop (100 a))@sys.task (task.loop (100 a))@sys.task "
     "(task.loop (100 (neg 1)@math.calc))@sys.task])@sys.task)@sys.task",
     4},
    {"a message that sends itself", "{a:(task.que [1 @a])@sys.task try:@a@sys.task}@sys.task", 1},
    {"sends itself in the background",
     "{a:(task.sep (try @a@sys.task)@sys.task)@sys.task try:@a@sys.task}@sys.task", 1},
    {"two that send to each other",
     "{a:(try @b@sys.task)@sys.task b:(try @a@sys.task)@sys.task try:@a@sys.task}@sys.task", 1},
    {"a stream bomb", "(dup (1000000 (dup (1000000 a))@dat.proc))@dat.proc", 1},
    {"a list of a million", "(len (dup (1000000 a))@dat.proc)@dat.proc", 1},
    {"a million sorted", "(len (sort (lin.int (900000 1))@dat.gen)@dat.proc)@dat.proc", 1},
    {"groups of none", "(grp (0 [1]))@dat.proc", 1},
    {"map of 1000 (fac 3000)",
     "(len (map (fac (dup (1000 3000))@dat.proc)@math.calc)@dat.proc)@dat.proc", 1},
    {"(fac 200000)", "(fac 200000)@math.calc", 1},
    {"4 times (fac 200000)", "(fac 200000)@math.calc", 4},
};

static uint64_t late[2][SAMPLES];
static unsigned late_n[2];

static int by_value(const void *a, const void *b)
{
    return (*(const uint64_t *)a > *(const uint64_t *)b) -
           (*(const uint64_t *)a < *(const uint64_t *)b);
}

static double ms_at(unsigned which, unsigned per_mille)
{
    unsigned n = late_n[which];

    return n ? (double)late[which][(size_t)(n - 1) * per_mille / 1000] / MS : -1;
}

static void note(unsigned which, uint64_t ns)
{
    if (late_n[which] < SAMPLES)
        late[which][late_n[which]++] = ns;
}

static uint64_t seed = 1;

static uint64_t between(uint64_t a, uint64_t b)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return a + (seed >> 33) % (b - a);
}

static void measure(struct node *n, unsigned which, uint64_t for_ns)
{
    struct task *load[128] = {0}, *timer = NULL, *asked = NULL;
    uint64_t start = node_now(n), next = start + 5 * MS, timer_due = 0;
    unsigned ended[2] = {0}; // well, with an error

    late_n[0] = late_n[1] = 0;
    while (node_now(n) < start + for_ns || asked) {
        uint64_t now;

        for (unsigned i = 0; i < loads[which].n; i++) {
            if (load[i] && task_outcome(load[i])) {
                ended[task_outcome(load[i])->e != 0]++;
                task_free(load[i]);
                load[i] = NULL;
            }
            if (!load[i] && (node_now(n) < start + for_ns))
                load[i] = node_send(n, loads[which].msg);
        }
        node_turn(n, next);
        now = node_now(n);
        if (timer && task_outcome(timer)) {
            note(1, now - timer_due);
            task_free(timer);
            timer = NULL;
        }
        if (!timer) {
            timer = node_send(n, "(wait.ms 7)@time.chrono");
            timer_due = node_now(n) + 7 * MS;
        }
        if (!asked && now >= next && now < start + for_ns)
            asked = node_send(n, "now@time.chrono");
        if (asked && task_outcome(asked)) {
            note(0, node_now(n) - next); // from when it was to be asked
            task_free(asked);
            asked = NULL;
            next = node_now(n) + between(1 * MS, 4 * MS);
        }
    }
    for (unsigned i = 0; i < loads[which].n; i++)
        if (load[i])
            task_free(load[i]);
    if (timer)
        task_free(timer);
    while (n->k->oldest)
        task_cancel(n->k->oldest);
    for (unsigned i = 0; i < 2; i++)
        qsort(late[i], late_n[i], sizeof late[i][0], by_value);
    printf("  %-32s p50 %6.3f  p99 %6.3f  max %6.3f ms   timers p99 %6.3f  max %6.3f ms  (%u; "
           "load: %u answers, %u errors)\n",
           loads[which].name, ms_at(0, 500), ms_at(0, 990), ms_at(0, 1000), ms_at(1, 990),
           ms_at(1, 1000), late_n[0], ended[0], ended[1]);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t ms = argc > 1 ? strtoull(argv[1], NULL, 10) : 1500;

    static struct node n;
    double idle = 0, worst = 0, late_most = 0;

    node_init(&n, -1);
    for (unsigned i = 0; i < COUNT(loads); i++) {
        measure(&n, i, ms * MS);
        if (i == 0)
            idle = ms_at(0, 990);
        else if (ms_at(0, 990) > worst)
            worst = ms_at(0, 990);
        if (strstr(loads[i].name, "fac 200000") && ms_at(1, 1000) > late_most)
            late_most = ms_at(1, 1000);
    }
    printf(
        "latency: idle p99 %.3f ms, loaded p99 at most %.3f ms (wanted %.3f); beside (fac 200000) "
        "timers at most %.3f ms late (wanted 5, 30 on one processor)\n",
        idle, worst, idle + 5, late_most);
    node_fini(&n);
    return 0;
}
