// SPDX-License-Identifier: MIT
// Whose turn it is: budgets, fairness, workers, and what happens to a message whose end comes while
// a worker has it.
#include "tests/sim/lab.h"

enum { MS = 1000000 };
static const uint64_t second = 1000000000;

static struct kernel *begin(struct sim *s, uint64_t seed, uint64_t tick_ns, unsigned workers)
{
    sim_init(s, seed);
    s->tick_ns = tick_ns;
    if (workers)
        sim_work(s, workers);
    return lab_kernel(s);
}

// ---- Budgets

// A message, how it ends, and the processor time that is gone then, in s.
static const struct {
    const char *msg, *want;
    unsigned s;
} budgets[] = {
    {"(loop tick@lab)@lab", "!limit this message used its 10 s of processor time", 10},
    {"(loop (4000000000 tick@lab))@lab", "!limit", 10},
    {"(loop (keep (keep tick@lab)@lab)@lab)@lab", "!limit", 10},
    {"(all [(loop tick@lab)@lab (loop tick@lab)@lab (loop tick@lab)@lab])@lab", "!limit",
     10}, // together
    {"(loop (all [tick@lab tick@lab (keep tick@lab)@lab])@lab)@lab", "!limit", 10},
    {"(loop (burn 100000000)@lab)@lab", "!limit", 10},
    {"(loop (try (loop tick@lab)@lab)@lab)@lab", "!limit", 10}, // no way out
    {"(try (loop tick@lab)@lab)@lab", "!limit", 10},
    {"(seq [(try (loop tick@lab)@lab)@lab (say never)@lab])@lab", "!limit", 10},
    {"(loop (try (seq [(wait 1)@lab (loop tick@lab)@lab])@lab)@lab)@lab", "!limit", 10},
    // who waits now and then has no end
    {"(loop (100 (seq [(wait 1)@lab (burn 500000000)@lab])@lab))@lab", "-", 50},
    {"(loop (100 (seq [(burn 300000000)@lab (keep (keep (wait 1)@lab)@lab)@lab])@lab))@lab", "-",
     30},
    // what a person sent is not on the account of what sent it
    {"(loop (3 (try (front (loop tick@lab)@lab)@lab)@lab))@lab", "-", 30},
    {"(front (loop tick@lab)@lab)@lab", "!limit", 10},
    // nor does it matter who ran before
    {"(seq [(sep (loop tick@lab)@lab)@lab (loop (5 (burn 1000000000)@lab))@lab])@lab", "-", 5},
};

START_TEST(test_budget)
{
    static struct sim s;
    struct kernel *k = begin(&s, 1, MS / 8, 0);
    struct task *t = lab_send(&s, k, budgets[_i].msg);
    uint64_t took;
    const char *got;

    while (!task_outcome(t) && s.now_ns < 60 * second) {
        uint64_t till = kernel_step(k);

        ck_assert(till != UINT64_MAX || task_outcome(t));
        if (till > s.now_ns && till != UINT64_MAX)
            s.now_ns = till;
    }
    took = s.now_ns;
    ck_assert_msg(task_outcome(t) != NULL, "%s: never ends", budgets[_i].msg);
    got = lab_print(&s, t);
    ck_assert_msg(!strncmp(got, budgets[_i].want, strlen(budgets[_i].want)),
                  "%s\n  wanted %s\n  got    %s", budgets[_i].msg, budgets[_i].want, got);
    ck_assert_msg(took >= budgets[_i].s * second * 99 / 100 &&
                      took <= budgets[_i].s * second * 3 / 2,
                  "%s: took %llu ms", budgets[_i].msg, (unsigned long long)took / MS);
    while (kernel_running(k))
        (void)kernel_step(k);
    lab_done(&s, k);
}
END_TEST

// Who sends itself on in the background without ever waiting has an end as well.
START_TEST(test_budget_of_heirs)
{
    static struct sim s;
    struct kernel *k = begin(&s, 1, MS, 0);
    struct task *t = lab_send(&s, k, "{a:(sep @a@lab)@lab keep:@a@lab}@lab");

    while (kernel_running(k) && s.now_ns < 60 * second)
        (void)kernel_step(k);
    ck_assert_uint_eq(kernel_running(k), 0);
    ck_assert_uint_gt(k->last_id, 100);
    ck_assert_str_eq(lab_print(&s, t), "3");
    lab_done(&s, k);
}
END_TEST

// ---- Fairness

// What computes without an end; how often each is sent.
static const struct {
    const char *msg;
    unsigned n;
} hogs[] = {
    {"(loop tick@lab)@lab", 1},
    {"(loop tick@lab)@lab", 100},
    {"(loop (keep (keep tick@lab)@lab)@lab)@lab", 10},
    {"(loop (burn 900000)@lab)@lab", 20},
    {"(loop (all [tick@lab tick@lab tick@lab (burn 500000)@lab (all [tick@lab 1 2])@lab])@lab)@lab",
     8},
    {"(all [(loop tick@lab)@lab (loop (all [tick@lab tick@lab])@lab)@lab (loop tick@lab)@lab])@lab",
     20},
    {"(loop (try (seq [tick@lab fail@lab])@lab)@lab)@lab", 5},
    {"(sep (loop (try (sep (loop (50 tick@lab))@lab)@lab)@lab)@lab)@lab", 1},
    {"(loop (all [(echo [tick@lab tick@lab])@lab@lab (echo [tick@lab tick@lab])@lab])@lab)@lab", 4},
};

// Meanwhile another session is answered in a few steps, each of them a few slices long.
START_TEST(test_fair)
{
    static struct sim s;
    static struct task *t[128];
    struct kernel *k = begin(&s, 1, 20000, 0);

    k->budget_ns = UINT64_MAX;
    for (unsigned i = 0; i < hogs[_i].n; i++)
        t[i] = lab_send(&s, k, hogs[_i].msg);
    while (s.now_ns < 400 * MS) // at first they might be short, too
        ck_assert_uint_eq(kernel_step(k), 0);
    for (int i = 0; i < 20; i++) {
        uint64_t began = s.now_ns;
        struct task *other = lab_send(&s, k, "(seq [tick@lab (echo 5)@lab])@lab");
        unsigned steps = 0;

        for (; !task_outcome(other); steps++) {
            uint64_t from = s.now_ns;

            (void)kernel_step(k);
            lab_check(k);
            ck_assert_uint_le(s.now_ns - from, 4 * MS);
        }
        ck_assert_msg(steps <= 2 && s.now_ns - began <= 5 * MS, "%s: %u steps, %llu us",
                      hogs[_i].msg, steps, (unsigned long long)(s.now_ns - began) / 1000);
        ck_assert_str_eq(lab_print(&s, other), "5");
        for (int n = (int)(sim_random(&s) % 5); n; n--)
            (void)kernel_step(k);
    }
    // and timers are looked at in each
    for (int i = 0; i < 20; i++) {
        struct task *timer = lab_send(&s, k, "(wait 7000000)@lab");
        uint64_t due = s.now_ns + 7 * MS;

        while (!task_outcome(timer))
            (void)kernel_step(k);
        ck_assert_uint_le(s.now_ns, due + 5 * MS);
        task_free(timer);
    }
    for (unsigned i = 0; i < hogs[_i].n; i++)
        task_free(t[i]);
    while (k->oldest)
        task_cancel(k->oldest);
    lab_done(&s, k);
}
END_TEST

// Those that compute long have their turns as well, however many are prompt.
START_TEST(test_slow_too)
{
    static struct sim s;
    struct kernel *k = begin(&s, 1, 20000, 0);
    struct task *slow, *prompt[40];
    unsigned n = 0;

    k->budget_ns = UINT64_MAX;
    slow = lab_send(&s, k, "(loop tick@lab)@lab");
    while (s.now_ns < 10 * MS)
        (void)kernel_step(k);
    for (unsigned i = 0; i < COUNT(prompt); i++)
        prompt[i] = lab_send(&s, k, "(loop (seq [(wait 1)@lab (burn 300000)@lab])@lab)@lab");
    lab.ticks = 0;
    for (; n < 100; n++)
        (void)kernel_step(k);
    ck_assert_uint_ge(lab.ticks, 100);
    task_free(slow);
    for (unsigned i = 0; i < COUNT(prompt); i++)
        task_free(prompt[i]);
    lab_done(&s, k);
}
END_TEST

// ---- Workers

static const struct {
    const char *msg, *want;
} works[] = {
    {"(work 5)@lab", "5"},
    {"(side 5)@lab", "5"},
    {"(work bad)@lab", "!domain this work fails"},
    {"(side bad)@lab", "!domain this work fails"},
    {"(try (work bad)@lab)@lab", "{err:{code:domain why:`this work fails` svc:lab}}"},
    {"(echo [(work (work [1 {a:(side x)@lab}])@lab)@lab (side y)@lab])@lab", "[[1 {a:x}] y]"},
    {"(all [(work 1)@lab (side 2)@lab (work 3)@lab (work [4 4])@lab 5 (side `6 6`)@lab (work "
     "7)@lab])"
     "@lab",
     "[1 2 3 [4 4] 5 `6 6` 7]"},
    {"{all:[(work @x)@lab (side @x)@lab @x@lab] x:(work [(side 1)@lab])@lab}@lab", "[[1] [1] [1]]"},
    {"{first:[(wait 5)@lab (all [(work [a b c])@lab (work [d e f])@lab (work @x)@lab])@lab] "
     "x:[y z]}@lab",
     "[[a b c] [d e f] [y z]]"},
    {"(mix [1 (work [a b])@lab 2 (work @mix.0)@lab (work 3)@lab])@lab", "[1 - 2 - 3]"},
    {"(seq [(try (first [(work [1 2])@lab fail@lab])@lab)@lab (work [3 4])@lab])@lab", "[3 4]"},
    {"(loop (20 (work [1 [2 {a:b}]])@lab))@lab", "-"},
    {"(seq [(sep (all [(work [1 2])@lab (seq [(work [3])@lab (work [4])@lab])@lab])@lab)@lab "
     "2])@lab",
     "2"},
};

static void settle(struct sim *s, struct kernel *k)
{
    for (int i = 0; (kernel_running(k) || k->workers_busy) && i < 100000; i++) {
        uint64_t till = kernel_step(k);

        lab_check(k);
        if (till)
            s->plat.wait(s, till);
    }
    ck_assert_uint_eq(k->workers_busy, 0);
    ck_assert_uint_eq(k->owner.tasks, 0);
}

// With no workers, one, several; jobs end in any order; some are not taken.
START_TEST(test_work)
{
    static struct sim s;

    unsigned given = 0;

    for (unsigned seed = 0; seed < 20; seed++) {
        struct kernel *k = begin(&s, seed, 0, seed % 5);

        s.jobs_refused = seed % 3 ? 0 : seed / 3;
        lab_want(&s, k, works[_i].msg, works[_i].want);
        settle(&s, k);
        given += s.jobs_given;
        ck_assert(seed % 5 || !s.jobs_given);
        lab_done(&s, k);
    }
    ck_assert_uint_gt(given, 0);
}
END_TEST

START_TEST(test_work_without_memory)
{
    static struct sim s;
    bool ended = false;

    for (long n = 0; !ended; n++) {
        struct kernel *k = begin(&s, (uint64_t)n, 0, 2);
        struct task *t;
        struct unit u;

        ck_assert_int_lt(n, 5000);
        s.mem.fail_at = s.mem.gets + n;
        ck_assert_int_eq(task_new(k, &s.term, &t), ERR_OK); // a spare one
        if (unit_parse(task_arena(t), span_of(works[_i].msg), &u, NULL) == ERR_OK) {
            task_start(t, &u);
            lab_end(&s, k, t);
        }
        ended = s.mem.gets < s.mem.fail_at;
        task_free(t);
        settle(&s, k);
        s.mem.fail_at = -1;
        lab_want(&s, k, "(all [(work 3)@lab 4])@lab", "[3 4]");
        lab_done(&s, k);
    }
}
END_TEST

// The message is given up at every moment: before its jobs begin, when they have ended unseen, one
// after the other. What a job uses stays until it has ended, also of the messages around it.
START_TEST(test_work_given_up)
{
    static struct sim s;

    for (unsigned seed = 0; seed < 80; seed++) {
        struct kernel *k = begin(&s, seed, 0, 1 + seed % 4);
        struct task *t = lab_send(&s, k, works[_i].msg);

        for (unsigned n = seed / 4; n && !task_outcome(t); n--) {
            uint64_t till;

            if (sim_random(&s) % 2)
                (void)sim_run_job(&s);
            till = sim_random(&s) % 2 ? kernel_step(k) : 0;
            lab_check(k);
            if (till && till != UINT64_MAX)
                s.now_ns = till;
        }
        if (seed % 2 && t->kids) // a part of it first
            task_cancel(t->kids);
        lab_check(k);
        if (seed % 3)
            task_cancel(t);
        lab_check(k);
        task_free(t);
        lab_check(k);
        lab_want(&s, k, "5@lab", "5"); // its memory goes to others
        settle(&s, k);
        lab_done(&s, k);
    }
}
END_TEST

// The kernel waits for its workers before it gives its memory back.
START_TEST(test_work_at_the_end)
{
    static struct sim s;
    struct kernel *k = begin(&s, 1, 0, 2);
    struct task *t = lab_send(
        &s, k, "(all [(work [1 2])@lab (work [3 4])@lab (work [5])@lab hold@lab])@lab");

    (void)kernel_step(k);
    ck_assert_uint_eq(s.jobs_n, 2);
    ck_assert_ptr_nonnull(k->asides.first);
    task_free(t);
    ck_assert_ptr_null(k->asides.first);
    kernel_free(k);
    ck_assert_uint_eq(s.jobs_given, 2);
    sim_done(&s);
}
END_TEST

// What goes aside: what says so, and pure commands with much to do, but not those that send.
START_TEST(test_who_goes_aside)
{
    static const struct {
        const char *head, *tail;
        bool aside;
    } forms[] = {
        {"", "@lab.pure", true},
        {"(echo ", ")@lab.pure", true},
        {"{all:[] x:", "}@lab.pure", false},
        {"(echo ", ")@lab", false},
    };
    static struct sim s;
    static char msg[100000];

    for (unsigned i = 0; i < COUNT(forms); i++) {
        for (int many = 0; many < 2; many++) {
            struct kernel *k = begin(&s, 1, 0, 1);
            struct task *t;

            strcpy(msg, forms[i].head);
            strcat(msg, "[");
            for (int n = 0; n < (many ? 10000 : 10); n++)
                strcat(msg + n, "1 ");
            strcat(msg, "]");
            strcat(msg, forms[i].tail);
            t = lab_send(&s, k, msg);
            lab_end(&s, k, t);
            ck_assert_int_eq(task_outcome(t)->e, ERR_OK);
            ck_assert_uint_eq(s.jobs_given, many && forms[i].aside);
            task_free(t);
            lab_done(&s, k);
        }
    }
}
END_TEST

// While workers are busy the loop sleeps, and answers others.
START_TEST(test_work_beside)
{
    static struct sim s;
    struct kernel *k = begin(&s, 1, 0, 1);
    struct task *a = lab_send(&s, k, "(work 1)@lab"), *b = lab_send(&s, k, "(work 2)@lab");

    ck_assert_uint_eq(kernel_step(k), UINT64_MAX);
    lab_want(&s, k, "tick@lab", "1");
    ck_assert_ptr_null(task_outcome(a));
    ck_assert(sim_run_job(&s));
    (void)kernel_step(k);
    ck_assert_ptr_nonnull(task_outcome(a));
    ck_assert_ptr_null(task_outcome(b));
    ck_assert(sim_run_job(&s));
    (void)kernel_step(k);
    ck_assert_str_eq(lab_print(&s, a), "1");
    ck_assert_str_eq(lab_print(&s, b), "2");
    lab_done(&s, k);
}
END_TEST

Suite *kernel_sched_suite(void)
{
    Suite *s = suite_create("kernel/sched");
    TCase *t = tcase_create("turns");

    tcase_add_loop_test(t, test_budget, 0, COUNT(budgets));
    tcase_add_test(t, test_budget_of_heirs);
    tcase_add_loop_test(t, test_fair, 0, COUNT(hogs));
    tcase_add_test(t, test_slow_too);
    tcase_add_loop_test(t, test_work, 0, COUNT(works));
    tcase_add_loop_test(t, test_work_without_memory, 0, COUNT(works));
    tcase_add_loop_test(t, test_work_given_up, 0, COUNT(works));
    tcase_add_test(t, test_work_at_the_end);
    tcase_add_test(t, test_who_goes_aside);
    tcase_add_test(t, test_work_beside);
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    return s;
}
