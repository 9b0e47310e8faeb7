// SPDX-License-Identifier: MIT
// Timers, and a map over pure items on one and on several processors.
#include "tests/bench/node.h"

enum { MS = 1000000, TIMERS = 100, ITEMS = 1000, RUNS = 3 };

// All are asked for at once; they must end in the order of their times.
static void timers(void)
{
    static struct node n;
    struct task *t[TIMERS];
    uint64_t due[TIMERS], worst = 0, last = 0, seed = 42;
    unsigned left = TIMERS, swaps = 0;

    node_init(&n, -1);
    for (unsigned i = 0; i < TIMERS; i++) {
        char msg[64];
        unsigned ms;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        ms = 1 + (unsigned)((seed >> 33) % 500);
        (void)snprintf(msg, sizeof msg, "(wait.ms %u)@time.chrono", ms);
        t[i] = node_send(&n, msg);
        due[i] = node_now(&n) + (uint64_t)ms * MS;
    }
    while (left) {
        node_turn(&n, UINT64_MAX);
        for (;;) { // those that ended in this turn, by their times
            unsigned first = TIMERS;

            for (unsigned i = 0; i < TIMERS; i++)
                if (t[i] && task_outcome(t[i]) && (first == TIMERS || due[i] < due[first]))
                    first = i;
            if (first == TIMERS)
                break;
            if (node_now(&n) > due[first] && node_now(&n) - due[first] > worst)
                worst = node_now(&n) - due[first];
            swaps += due[first] < last;
            last = due[first];
            task_free(t[first]);
            t[first] = NULL;
            left--;
        }
    }
    printf("timers: 100 within 1 to 500 ms, %u out of order, at most %.3f ms late (wanted 0, 10)\n",
           swaps, (double)worst / MS);
    node_fini(&n);
}

// Each item is a factorial, and the answer small: the list of all would be too big.
static double map(int workers, unsigned fac)
{
    static struct node n;
    static char msg[ITEMS * 24 + 100];
    size_t len = (size_t)sprintf(msg, "(map (mod [");
    struct task *t;
    uint64_t start;

    for (unsigned i = 0; i < ITEMS; i++)
        len += (size_t)sprintf(msg + len, "((fac %u) %u) ", fac, 1000000 + i);
    (void)sprintf(msg + len, "])@math.calc)@dat.proc");
    node_init(&n, workers);
    start = node_now(&n);
    t = node_send(&n, msg);
    if (!t || node_end(&n, t)) {
        (void)fprintf(stderr, "the map fails\n");
        exit(2);
    }
    start = node_now(&n) - start;
    task_free(t);
    node_fini(&n);
    return (double)start / MS;
}

static int by_value(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

// Medians; one after the other, so that both have the same neighbours.
static void maps(unsigned fac)
{
    double one[RUNS], two[RUNS];

    for (unsigned i = 0; i < RUNS; i++) {
        one[i] = map(1, fac);
        two[i] = map(2, fac);
    }
    qsort(one, RUNS, sizeof *one, by_value);
    qsort(two, RUNS, sizeof *two, by_value);
    printf("map over 1000 (fac %u): one worker %.0f ms, two %.0f ms, ratio %.2f (wanted 1.7)\n",
           fac, one[RUNS / 2], two[RUNS / 2], one[RUNS / 2] / two[RUNS / 2]);
    (void)fflush(stdout);
}

int main(void)
{
    timers();
    maps(3000);
    maps(5000);
    maps(10000);
    return 0;
}
