// SPDX-License-Identifier: MIT
// Timers: the heap, and what is due when.
#include "tests/sim/lab.h"

enum { MANY = 300 };

// Tasks that only have a time.
static struct task *tasks[MANY];
static unsigned fired[MANY];
static unsigned fired_n;

static void note(struct call *c)
{
    fired[fired_n++] = (unsigned)(uintptr_t)c;
}

static void arm(unsigned i, uint64_t at_ns)
{
    tasks[i]->waits = (struct call *)(uintptr_t)i;
    timer_set(tasks[i], at_ns, note);
}

static struct kernel *begin(struct sim *s, uint64_t seed)
{
    struct kernel *k;

    sim_init(s, seed);
    k = lab_kernel(s);
    fired_n = 0;
    for (unsigned i = 0; i < MANY; i++)
        ck_assert_int_eq(task_new(k, NULL, &tasks[i]), ERR_OK);
    return k;
}

static void end(struct sim *s, struct kernel *k)
{
    for (unsigned i = 0; i < MANY; i++)
        task_free(tasks[i]);
    lab_done(s, k);
}

// 100 at random, many of them at the same time, fire in the order of their times, and those of the
// same time in the order in which they were set.
START_TEST(test_order)
{
    static struct sim s;

    for (unsigned seed = 1; seed <= 50; seed++) {
        struct kernel *k = begin(&s, seed);
        uint64_t at[MANY], now = 0;

        for (unsigned i = 0; i < 100; i++)
            arm(i, at[i] = 1 + sim_random(&s) % (seed % 3 ? 500 : 20));
        while (k->timers_n) {
            uint64_t next = k->timers[0]->due_ns;
            unsigned from = fired_n;

            ck_assert_uint_gt(next, now);
            ck_assert_uint_eq(timers_run(k, next - 1), next); // not before
            ck_assert_uint_eq(fired_n, from);
            now = next;
            next = timers_run(k, now);
            ck_assert_uint_gt(fired_n, from);
            ck_assert(k->timers_n ? next > now : next == UINT64_MAX);
            for (unsigned i = from; i < fired_n; i++) {
                ck_assert_uint_eq(at[fired[i]], now);
                ck_assert(i == from || fired[i - 1] < fired[i]);
            }
        }
        ck_assert_uint_eq(fired_n, 100);
        end(&s, k);
    }
}
END_TEST

// Dropped and moved in any order: what is left fires, in order, once.
START_TEST(test_drop)
{
    static struct sim s;

    for (unsigned seed = 1; seed <= 100; seed++) {
        struct kernel *k = begin(&s, seed);
        uint64_t at[MANY], last = 0;
        unsigned left = 0;

        for (unsigned i = 0; i < MANY; i++)
            arm(i, at[i] = 1 + sim_random(&s) % 1000);
        for (unsigned i = 0; i < 2 * MANY; i++) {
            unsigned n = (unsigned)(sim_random(&s) % MANY);

            if (sim_random(&s) % 2) {
                timer_drop(tasks[n]);
                at[n] = 0;
            } else {
                arm(n, at[n] = 1 + sim_random(&s) % 1000);
            }
        }
        lab_check_timers(k);
        for (unsigned i = 0; i < MANY; i++)
            left += at[i] != 0;
        ck_assert_uint_eq(k->timers_n, left);
        ck_assert_uint_eq(timers_run(k, 2000), UINT64_MAX);
        ck_assert_uint_eq(fired_n, left);
        for (unsigned i = 0; i < left; i++) {
            ck_assert_uint_ge(at[fired[i]], last);
            last = at[fired[i]];
        }
        end(&s, k);
    }
}
END_TEST

static struct kernel *kernel;

static void again(struct call *c)
{
    note(c);
    if (fired_n < 200)
        timer_set(tasks[(uintptr_t)c], 0, again);
}

// Who sets a timer for a time that has passed goes on at the next step, behind those that are due:
// no step is endless, and nobody is kept from his turn.
START_TEST(test_past)
{
    static struct sim s;
    unsigned at;

    kernel = begin(&s, 1);
    for (unsigned i = 0; i < 3; i++) {
        arm(i, 0);
        tasks[i]->due = again;
    }
    arm(3, 50);
    for (uint64_t now = 10; now <= 40; now += 10) {
        ck_assert_uint_lt(timers_run(kernel, now), now + 1);
        ck_assert_uint_eq(fired_n, 3 * now / 10);
    }
    (void)timers_run(kernel, 50);
    for (at = 0; at < fired_n && fired[at] != 3; at++) {
    }
    ck_assert_uint_lt(at, fired_n);
    for (unsigned i = 0; i < 3; i++)
        timer_drop(tasks[i]);
    end(&s, kernel);
}
END_TEST

// The kernel says when it has to be woken.
START_TEST(test_when)
{
    static struct sim s;
    struct kernel *k;
    struct task *t, *u;

    sim_init(&s, 1);
    k = lab_kernel(&s);
    ck_assert_uint_eq(kernel_step(k), UINT64_MAX);
    s.now_ns = 1000;
    t = lab_send(&s, k, "(wait 500)@lab");
    ck_assert_uint_eq(kernel_step(k), 1500);
    u = lab_send(&s, k, "(wait 200)@lab");
    ck_assert_uint_eq(kernel_step(k), 1200);
    s.now_ns = 1199;
    ck_assert_uint_eq(kernel_step(k), 1200);
    ck_assert_ptr_null(task_outcome(u));
    s.now_ns = 1200;
    ck_assert_uint_eq(kernel_step(k), 1500);
    ck_assert_ptr_nonnull(task_outcome(u));
    task_free(u);
    task_cancel(t);
    ck_assert_uint_eq(kernel_step(k), UINT64_MAX);
    task_free(t);
    lab_done(&s, k);
}
END_TEST

Suite *kernel_timer_suite(void)
{
    Suite *s = suite_create("kernel/timer");
    TCase *t = tcase_create("timers");

    tcase_add_test(t, test_order);
    tcase_add_test(t, test_drop);
    tcase_add_test(t, test_past);
    tcase_add_test(t, test_when);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}
