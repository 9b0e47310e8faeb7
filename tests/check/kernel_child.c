// SPDX-License-Identifier: MIT
// What a message sends: children, the background, what is remembered for all of them.
#include "tests/sim/lab.h"

// ---- Rows: a message and how it ends

static const struct {
    const char *msg, *want;
} rows[] = {
    // values come in the order of the messages, whoever ends first
    {"(all [(wait 30)@lab (wait 10)@lab (wait 20)@lab 5 x@lab])@lab", "[30 10 20 5 x]"},
    {"(all [])@lab", "[]"},
    {"(first [(wait 30)@lab (wait 10)@lab (wait 20)@lab])@lab", "10"},
    {"(first [(wait 30)@lab 5 (wait 10)@lab])@lab", "5"},
    {"(mix [(wait 30)@lab (wait 10)@lab (wait 20)@lab hold@lab 1])@lab", "[30 - 20 - 1]"},
    {"(mix [1 2])@lab", "[1 -]"},
    {"(seq [1 (wait 5)@lab 3@lab])@lab", "3"},
    {"(twice [10 500 20])@lab", "-"},
    // errors
    {"(all [1 fail@lab (wait x)@lab 2@nowhere])@lab",
     "[1 {err:{code:domain why:`it was told to fail` svc:lab}} "
     "{err:{code:bad-arg why:`wanted an int that is not negative, found the str x` path:@1 svc:lab "
     "hint:wait}} "
     "{err:{code:no-service why:`no service is named nowhere`}}]"},
    {"(first [(wait 30)@lab fail@lab])@lab",
     "!domain it was told to fail < {code:domain why:`it was told to fail` svc:lab}"},
    {"(seq [1 fail@lab (say never)@lab])@lab", "!domain it was told to fail < {code:domain"},
    {"(seq [(seq [(echo fail@lab)@lab])@lab])@lab",
     "!domain it was told to fail < {code:domain why:`it was told to fail` svc:lab "
     "cause:{code:domain why:`it was told to fail` path:@1 svc:lab "
     "cause:{code:domain why:`it was told to fail` svc:lab}}}"},
    {"(try fail@lab)@lab", "{err:{code:domain why:`it was told to fail` svc:lab}}"},
    {"(try (try fail@lab)@lab)@lab", "{err:{code:domain why:`it was told to fail` svc:lab}}"},
    {"(loop (3 fail@lab))@lab", "!domain"},
    {"(loop (0 fail@lab))@lab", "-"},
    // each run of a body is a new message, also of what stands in it
    {"(seq [(loop (3 tick@lab))@lab tick@lab])@lab", "4"},
    {"(seq [(loop (3 tick@lab@lab))@lab tick@lab])@lab", "4"},
    {"(seq [(loop (3 (echo tick@lab)@lab))@lab tick@lab])@lab", "4"},
    {"(seq [(loop (3 (echo [tick@lab@lab])@lab@lab))@lab tick@lab])@lab", "4"},
    {"(seq [(loop (3 (read [tick@lab])@lab))@lab tick@lab])@lab", "4"},
    {"(seq [(loop (3 (keep (keep tick@lab@lab)@lab)@lab))@lab tick@lab])@lab", "4"},
    // a message around it stays the one it is
    {"{loop:(3 (echo @x)@lab) x:tick@lab}@lab", "-"},
    {"{seq:[(loop (3 @x@lab))@lab tick@lab] x:tick@lab}@lab", "2"},
    {"{seq:[(loop (3 (echo [@x @x])@lab))@lab tick@lab] x:tick@lab}@lab", "2"},
    {"{seq:[(loop (3 (read [@x {y:@x}])@lab))@lab tick@lab] x:tick@lab}@lab", "2"},
    {"{all:[@x@lab (echo @x)@lab (seq [@x@lab])@lab (read @x)@lab] x:tick@lab}@lab", "[1 1 1 1]"},
    {"{all:[(echo @x.a)@lab (echo @x.b)@lab] x:{a:tick@lab b:tick@lab}}@lab", "[1 2]"},
    {"{alone:(echo @x)@lab x:5}@lab", "!no-ref"},
    {"{keep:(keep {y:3 echo:[@x @y]}@lab)@lab x:5}@lab", "[5 3]"},
    {"{keep:(read {y:@x z:@y})@lab x:5}@lab", "!no-ref"},
    // once, although several reach it at the same time, and it takes time
    {"{all:[(echo @x)@lab (echo @x)@lab (echo [@x])@lab @x@lab] x:(seq [(wait 9)@lab "
     "tick@lab])@lab}"
     "@lab",
     "[1 1 [1] 1]"},
    {"{all:[(echo @x)@lab (seq [(wait 5)@lab (echo @x)@lab])@lab (seq [(wait 50)@lab (echo "
     "@x)@lab])"
     "@lab] x:(seq [(wait 9)@lab tick@lab])@lab}@lab",
     "[1 1 1]"},
    {"{all:[(echo @x)@lab (echo @y)@lab] x:(echo @y)@lab y:(seq [(wait 9)@lab tick@lab])@lab}@lab",
     "[1 1]"},
    // who reads it is dropped or fails: the next one does it
    {"{mix:[5 (echo @x)@lab (echo @x)@lab (echo @x)@lab (echo @x)@lab] "
     "x:(seq [tick@lab (wait 9)@lab tick@lab])@lab}@lab",
     "[5 - 2 - 2]"},
    {"{all:[(try (first [(wait 2)@lab (echo @x)@lab])@lab)@lab (seq [(wait 1)@lab (echo "
     "@x)@lab])@lab]"
     " x:(seq [(wait 9)@lab tick@lab])@lab}@lab",
     "[2 1]"},
    {"{all:[(try (echo @x)@lab)@lab (try (echo @x)@lab)@lab] x:(seq [(wait 9)@lab "
     "fail@lab])@lab}@lab",
     "[{err:{code:domain why:`it was told to fail` svc:lab cause:{code:domain why:`it was told to "
     "fail` "
     "svc:lab cause:{code:domain why:`it was told to fail` svc:lab}}}} {err:{code:domain"},
    // whoever would wait for itself
    {"{x:(keep (echo @x)@lab)@lab echo:@x}@lab", "!ref-cycle this message waits for itself"},
    {"{x:(keep @x@lab)@lab echo:@x}@lab", "!ref-cycle"},
    {"{x:(all [(wait 5)@lab (try (keep (echo @x)@lab)@lab)@lab])@lab echo:@x.1.err.code}@lab",
     "ref-cycle"},
    {"{all:[(try (echo @x)@lab)@lab (try (echo @y)@lab)@lab] x:(seq [(wait 5)@lab (echo "
     "@y)@lab])@lab "
     "y:(seq [(wait 5)@lab (echo @x)@lab])@lab}@lab",
     "[{err:{code:ref-cycle"},
    {"{all:[(try (echo @x)@lab)@lab (try (echo @y)@lab)@lab (try (echo @z)@lab)@lab] "
     "x:(seq [(wait 5)@lab (echo @y)@lab])@lab y:(seq [(wait 5)@lab (echo @z)@lab])@lab "
     "z:(seq [(wait 5)@lab (echo @x)@lab])@lab}@lab",
     "[{err:{code:ref-cycle"},
    // background
    {"{sep:(say @x)@lab x:5}@lab", "2"},
    {"(seq [(sep (say @nothing)@lab)@lab (wait 5)@lab])@lab", "5"},
    {"{seq:[(sep (say [@x @x])@lab)@lab (sep (say @x)@lab)@lab (wait 5)@lab] x:tick@lab}@lab", "5"},
    // ends of all kinds at once
    {"(first [(seq [(seq [hold@lab])@lab])@lab (all [hold@lab (wait 7)@lab (work 1)@lab])@lab "
     "1])@lab",
     "1"},
};

static struct kernel *begin(struct sim *s)
{
    sim_init(s, 1);
    return lab_kernel(s);
}

static void settle(struct sim *s, struct kernel *k)
{
    for (int i = 0; kernel_running(k) && i < 10000; i++) {
        uint64_t till = kernel_step(k);

        lab_check(k);
        if (till)
            s->plat.wait(s, till);
    }
}

START_TEST(test_row)
{
    static struct sim s;
    char want[4096];
    struct kernel *k = begin(&s);
    bool part = !strncmp(rows[_i].want, "[{err", 5); // a beginning is enough
    struct task *t = lab_send(&s, k, rows[_i].msg);
    const char *got;

    lab_end(&s, k, t);
    got = lab_print(&s, t);
    snprintf(want, sizeof want, "%s", rows[_i].want);
    ck_assert_msg(want[0] == '!' || part ? !strncmp(got, want, strlen(want)) : !strcmp(got, want),
                  "%s\n  wanted %s\n  got    %s", rows[_i].msg, want, got);
    settle(&s, k);
    lab_done(&s, k);
}
END_TEST

// The n-th allocation fails, n = 1, 2, ..: nothing leaks, nothing hangs, the next message works.
START_TEST(test_row_without_memory)
{
    static struct sim s;
    bool ended = false;

    for (long n = 0; !ended; n++) {
        struct kernel *k = begin(&s);
        struct task *t;

        ck_assert_int_lt(n, 5000);
        ck_assert_int_eq(task_new(k, NULL, &t), ERR_OK);
        task_free(t);
        s.mem.fail_at = s.mem.gets + n;
        if (task_new(k, &s.term, &t) == ERR_OK) {
            struct unit u;

            if (unit_parse(task_arena(t), span_of(rows[_i].msg), &u, NULL) == ERR_OK) {
                task_start(t, &u);
                lab_end(&s, k, t);
            }
            ended = s.mem.gets < s.mem.fail_at;
            task_free(t);
        }
        settle(&s, k);
        s.mem.fail_at = -1;
        lab_want(&s, k, "(all [(wait 3)@lab 4])@lab", "[3 4]");
        lab_done(&s, k);
    }
}
END_TEST

// ---- Ends

// Children start in their order, and end in the order of their times.
START_TEST(test_order)
{
    static struct sim s;
    struct kernel *k = begin(&s);

    lab_want(&s, k, "(all [(say 1)@lab (say 2)@lab (say 3)@lab (say 4)@lab])@lab", "[- - - -]");
    ck_assert_str_eq(s.said, "1234");
    s.said_len = 0;
    lab_want(&s, k,
             "(all [(seq [(wait 30)@lab (say 1)@lab])@lab (seq [(wait 10)@lab (say 2)@lab])@lab "
             "(seq [(wait 20)@lab (say 3)@lab])@lab (seq [(wait 10)@lab (say 4)@lab])@lab])@lab",
             "[- - - -]");
    ck_assert_str_eq(s.said, "2431");
    lab_done(&s, k);
}
END_TEST

// call_keep: small values are copied, the memory of large ones is taken over, secrets are copied.
START_TEST(test_keep)
{
    static struct sim s;
    static char text[70000];
    struct kernel *k = begin(&s);

    for (size_t bytes = 10; bytes < 60000; bytes *= 30) {
        struct task *t;
        size_t most;

        strcpy(text, "(keep (work `");
        memset(text + strlen(text), 'x', bytes);
        strcpy(text + 13 + bytes, "`)@lab)@lab");
        t = lab_send(&s, k, text);
        most = s.mem.most_bytes;
        lab_end(&s, k, t);
        ck_assert_int_eq(task_outcome(t)->e, ERR_OK);
        ck_assert_uint_eq(task_outcome(t)->value.n, bytes);
        ck_assert_uint_eq(k->owner.spare_n, KERNEL_SPARE_TASKS - 1); // the child is gone
        ck_assert_int_eq(task_outcome(t)->value.s[bytes - 1], 'x');
        ck_assert_uint_le(s.mem.most_bytes, most + 4096 + 10000);
        task_free(t);
    }
    lab_done(&s, k);
}
END_TEST

// ---- Kill

// A tree of tasks in which some wait, some compute and some are parked.
static const char tree[] =
    "{all:[(seq [hold@lab])@lab (all [(wait 90)@lab (seq [(echo @x)@lab])@lab])@lab (echo @x)@lab "
    "(first [(twice [80 90])@lab (all [hold@lab hold@lab (loop (wait 3)@lab)@lab])@lab])@lab "
    "(try (seq [(wait 4)@lab (try fail@lab)@lab hold@lab])@lab)@lab (keep (front "
    "hold@lab)@lab)@lab] "
    "x:(seq [(wait 7)@lab tick@lab hold@lab])@lab}@lab";

static size_t ids_of(const struct kernel *k, uint64_t *ids, size_t max)
{
    size_t n = 0;

    for (const struct task *t = k->oldest; t; t = t->all_next)
        if (n < max)
            ids[n++] = t->id;
    return n;
}

static void kill(struct sim *s, struct kernel *k, uint64_t id)
{
    char msg[64];
    struct task *t;

    snprintf(msg, sizeof msg, "(kill %llu)@lab", (unsigned long long)id);
    t = lab_send(s, k, msg);
    lab_end(s, k, t);
    task_free(t);
}

static void pass(struct sim *s, struct kernel *k, uint64_t ns)
{
    uint64_t end = s->now_ns + ns;

    for (int i = 0; i < 1000; i++) {
        uint64_t till = kernel_step(k);

        lab_check(k);
        if (till >= end)
            break;
        if (till)
            s->plat.wait(s, till);
    }
    s->now_ns = end;
}

// Each task of the tree first, at each of several moments, then all others in a random order.
START_TEST(test_kill_any)
{
    static struct sim s;

    for (unsigned seed = 1; seed <= 60; seed++) {
        struct kernel *k = begin(&s);
        struct task *root;
        uint64_t ids[64];
        size_t n;

        s.seed = seed;
        root = lab_send(&s, k, tree);
        pass(&s, k, sim_random(&s) % 12);
        n = ids_of(k, ids, COUNT(ids));
        ck_assert_uint_gt(n, 10);
        for (size_t i = seed % n; n; i = sim_random(&s) % n) {
            kill(&s, k, ids[i]); // it may be gone with another
            ids[i] = ids[--n];
            pass(&s, k, sim_random(&s) % 3);
            if (!n)
                break;
        }
        lab_end(&s, k, root);
        if (task_outcome(root)->e)
            ck_assert_int_eq(task_outcome(root)->e, ERR_CANCELLED);
        task_free(root);
        lab_done(&s, k);
    }
}
END_TEST

static const struct {
    const char *msg, *want, *said;
} suicides[] = {
    // itself: what it would have done next is not done
    {"{a:(kill 1)@lab say:@a}@lab", "!cancelled the task was ended", ""},
    {"(seq [(kill 1)@lab (say never)@lab])@lab", "!cancelled", ""},
    {"(loop (kill 1)@lab)@lab", "!cancelled", ""},
    {"(all [hold@lab (seq [(seq [(kill 1)@lab (say never)@lab])@lab])@lab])@lab", "!cancelled", ""},
    // a child, a brother, twice
    {"(try (seq [(kill 2)@lab (say never)@lab])@lab)@lab",
     "{err:{code:cancelled why:`the task was ended`}}", ""},
    {"(all [(try hold@lab)@lab (seq [(kill 2)@lab (say x)@lab])@lab])@lab",
     "[{err:{code:cancelled why:`the task was ended`}} -]", "x"},
    {"(all [hold@lab (seq [(kill 2)@lab (try (kill 2)@lab)@lab])@lab])@lab",
     "[{err:{code:cancelled why:`the task was ended`}} "
     "{err:{code:not-found why:`there is no such thing` svc:lab}}]",
     ""},
    {"(kill 99)@lab", "!not-found", ""},
    {"(seq [hold@lab])@lab", NULL, ""},
    {"(seq [(sep hold@lab)@lab (kill 3)@lab])@lab", "-", ""},
};

START_TEST(test_suicide)
{
    static struct sim s;
    struct kernel *k = begin(&s);

    if (suicides[_i].want)
        lab_want(&s, k, suicides[_i].msg, suicides[_i].want);
    else
        task_free(lab_send(&s, k, suicides[_i].msg)); // by its owner
    ck_assert_str_eq(s.said, suicides[_i].said);
    lab_done(&s, k);
}
END_TEST

// Ctrl-C ends what the person waits for, the innermost of them first; not what runs beside it.
START_TEST(test_front)
{
    static struct sim s;
    struct kernel *k = begin(&s);
    struct task *t = lab_send(&s, k,
                              "(all [(try (front (try (front hold@lab)@lab)@lab)@lab)@lab hold@lab "
                              "(try (front (wait 5)@lab)@lab)@lab])@lab");

    pass(&s, k, 1);
    ck_assert(term_interrupt(k, &s.term));
    lab_check(k);
    pass(&s, k, 10);
    ck_assert(term_interrupt(k, &s.term) == (s.term.front != NULL) || !s.term.front);
    pass(&s, k, 1);
    while (term_interrupt(k, &s.term))
        pass(&s, k, 1);
    ck_assert_ptr_null(s.term.front);
    ck_assert_ptr_null(task_outcome(t)); // hold goes on
    task_free(t);
    lab_done(&s, k);
}
END_TEST

// A terminal goes away: its messages end, those in the background go on without it.
START_TEST(test_close)
{
    static struct sim s;
    struct kernel *k = begin(&s);
    struct task *a = lab_send(&s, k, tree), *b;

    b = lab_send(&s, k,
                 "(seq [(sep (seq [(wait 50)@lab (say x)@lab tick@lab])@lab)@lab hold@lab])@lab");
    pass(&s, k, 3);
    term_close(k, &s.term);
    lab_check(k);
    ck_assert_int_eq(task_outcome(a)->e, ERR_CANCELLED);
    ck_assert_int_eq(task_outcome(b)->e, ERR_CANCELLED);
    task_free(a);
    task_free(b);
    ck_assert_uint_gt(kernel_running(k), 0);
    settle(&s, k);
    ck_assert_uint_gt(lab.ticks, 0);
    lab_done(&s, k);
}
END_TEST

// The kernel is given back while tasks run: those in the background end with it.
START_TEST(test_free_running)
{
    static struct sim s;
    struct kernel *k = begin(&s);
    struct task *t = lab_send(
        &s, k, "(seq [(sep (all [hold@lab (loop (wait 3)@lab)@lab])@lab)@lab 1])@lab");

    lab_end(&s, k, t);
    pass(&s, k, 10);
    task_free(t);
    kernel_free(k);
    sim_done(&s);
}
END_TEST

// ---- Limits

START_TEST(test_nest)
{
    static struct sim s;
    struct kernel *k = begin(&s);

    for (int n = 15; n <= 16; n++) { // each `keep` and each message that it sends is one
        char msg[1024] = "{echo:@a0";

        for (int i = 0; i < n; i++)
            sprintf(msg + strlen(msg), " a%d:(keep (echo @a%d)@lab)@lab", i, i + 1);
        sprintf(msg + strlen(msg), " a%d:tick@lab}@lab", n);
        _Static_assert(TASK_NEST_MAX == 2 + 2 * 15, "this is the limit");
        lab_want(&s, k, msg, n == 15 ? "1" : "!limit messages are nested more than 32 deep");
    }
    lab_done(&s, k);
}
END_TEST

// As many as an owner may have: past them `busy`, and when they have ended all is as before.
START_TEST(test_many)
{
    static struct sim s;
    struct kernel *k = begin(&s);
    char msg[20000] = "(all [";
    struct task *t, *more;

    for (int i = 0; i < KERNEL_TASKS_MAX - 1; i++)
        strcat(msg, "hold@lab ");
    strcat(msg, "])@lab");
    t = lab_send(&s, k, msg);
    pass(&s, k, 1);
    ck_assert_uint_eq(kernel_running(k), KERNEL_TASKS_MAX);
    ck_assert_int_eq(task_new(k, NULL, &more), ERR_BUSY);
    task_free(t);
    ck_assert_uint_eq(kernel_running(k), 0);

    strcpy(msg + strlen(msg) - 6, " 1])@lab");
    lab_want(&s, k, msg, "!busy there are 1024 tasks already");
    lab_want(&s, k, "(loop (3 tick@lab))@lab", "-");

    // In the background they leave room for whoever wants to end them.
    lab_want(&s, k, "(loop (sep hold@lab)@lab)@lab", "!busy there are 960 tasks already");
    lab_want(&s, k, "(seq [(all [1@lab 2@lab 3@lab])@lab (kill 1040)@lab])@lab", "!not-found");
    while (k->oldest)
        task_cancel(k->oldest);
    lab_done(&s, k);
}
END_TEST

// All memory of an owner: past it no-memory for the one who asks, and all comes back.
START_TEST(test_memory)
{
    static struct sim s;
    struct kernel *k = begin(&s);
    size_t before = k->owner.bytes;

    k->owner.quota.mem_max = before + 100000;
    lab_want(&s, k, "(all [(loop (5 (work 1)@lab))@lab (work [1 2 3])@lab])@lab", "[- [1 2 3]]");
    k->owner.quota.mem_max = before + 12000; // `work` wants 10 000
    lab_want(&s, k, "(try (work 1)@lab)@lab", "{err:{code:no-memory");
    lab_want(&s, k, "(work 1)@lab", "!no-memory");
    k->owner.quota.mem_max = before + 100000;
    lab_want(&s, k, "(work 5)@lab", "5");
    lab_done(&s, k);
}
END_TEST

Suite *kernel_child_suite(void)
{
    Suite *s = suite_create("kernel/child");
    TCase *t = tcase_create("children");

    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    tcase_add_loop_test(t, test_row_without_memory, 0, COUNT(rows));
    tcase_add_test(t, test_order);
    tcase_add_test(t, test_keep);
    tcase_add_test(t, test_kill_any);
    tcase_add_loop_test(t, test_suicide, 0, COUNT(suicides));
    tcase_add_test(t, test_front);
    tcase_add_test(t, test_close);
    tcase_add_test(t, test_free_running);
    tcase_add_test(t, test_nest);
    tcase_add_test(t, test_many);
    tcase_add_test(t, test_memory);
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    return s;
}
