// SPDX-License-Identifier: MIT
// sys.task: messages that run messages, and the tasks that are under way.
#include "tests/check/services_rows.h"

static const struct msg_row rows[] = {
#include "tests/check/services_task_rows.def"
};

START_TEST(test_row)
{
    row_test(&rows[_i]);
}
END_TEST

// ---- Without memory

static const struct msg_row scarce[] = {
    {"{run:(get (@a {a:(neg 5)@math.calc}@test.echo))@dat.proc ms:5}@sys.task", ""},
    {"{task.loop:@l l:(@n @b) b:[(say @x)@lab (say b)@lab] x:a n:(sum (1 1))@math.calc}@sys.task",
     ""},
    {"(task.que [(say a)@lab fail@lab (say b)@lab]@test.echo)@sys.task", ""},
    {"{task.sim:[@x [1 @x] fail@lab (wait 3)@lab] x:(neg 1)@math.calc}@sys.task", ""},
    {"(task.sep (say a)@lab)@sys.task", ""},
    {"(task.stk [(say a) (say b)]@lab)@sys.task", ""},
    {"{task.graph:{math.calc:[(lab loc) lab] lab:[test.echo] (lab loc):[test.echo]} msg:(neg 5)}"
     "@sys.task",
     ""},
    {"{fsm:{a:(b hi) b:c} state:a task:[etc.fsm lab etc.fsm]}@sys.task", ""},
    {"(try (fail@lab (neg 5)@math.calc))@sys.task", ""},
    {"(show (neg 5)@math.calc)@sys.task", ""},
    {"(task.sim [get@sys.task get.all@sys.task get.tree@sys.task])@sys.task", ""},
};

START_TEST(test_scarce)
{
    row_test_scarce(&scarce[_i]);
}
END_TEST

// ---- Nothing grows with the turns of a loop

static const char *const turning[] = {
    "(task.loop (%u (neg 5)@math.calc))@sys.task",
    "{task.loop:(%u (neg @x)@math.calc) x:5}@sys.task",
    "{task.loop:(%u @b) b:[@x (dup (3 @x))@dat.proc] x:(neg 5)@math.calc}@sys.task",
    "(task.loop (%u (try fail@lab)@sys.task))@sys.task",
    "(task.loop (%u (wait 1)@lab))@sys.task",
    "(task.loop (%u (task.sim [a@lab b@lab])@sys.task))@sys.task",
    "(task.loop (%u {sum:[1 2] task:[math.calc lab]}@sys.task))@sys.task",
};

START_TEST(test_turns)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    size_t most[2];

    for (unsigned i = 0; i < 2; i++) {
        char msg[200];
        struct task *t;

        snprintf(msg, sizeof msg, turning[_i], i ? 5000 : 50);
        s.mem.most_bytes = s.mem.bytes;
        t = lab_send(&s, k, msg);
        for (unsigned n = 0; !task_outcome(t); n++) {
            uint64_t till = kernel_step(k);

            if (till)
                s.plat.wait(&s, till);
        }
        ck_assert_str_eq(lab_print(&s, t), "-");
        most[i] = s.mem.most_bytes;
    }
    ck_assert_msg(most[1] <= most[0] + 1024, "%s: %zu bytes, then %zu", turning[_i], most[0],
                  most[1]);
    lab_done(&s, k);
}
END_TEST

// A loop without end is ended by its budget; another message is answered all the while.
static const char *const endless[] = {
    "(task.loop a)@sys.task",
    "(task.loop (4000000000 a))@sys.task",
    "(task.loop (4000000000 (neg 5)@math.calc))@sys.task",
    "(task.loop (try fail@lab)@sys.task)@sys.task",
    "(try (task.loop (task.loop (try fail@lab)@sys.task)@sys.task)@sys.task)@sys.task",
    "(task.sim [(task.loop a)@sys.task (task.loop b)@sys.task])@sys.task",
};

START_TEST(test_endless)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    struct task *t;

    s.tick_ns = 1000000;
    t = lab_send(&s, k, endless[_i]);
    for (int i = 0; !task_outcome(t); i++) {
        ck_assert_int_lt(i, 100000);
        if (i % 100 == 0) {
            struct task *other = lab_send(&s, k, "(neg 5)@math.calc");

            ck_assert_str_eq(lab_print(&s, other), "-5");
        }
        (void)kernel_step(k);
    }
    ck_assert(task_outcome(t)->e == ERR_LIMIT || !task_outcome(t)->e);
    ck_assert_uint_ge(s.now_ns, TASK_BUDGET_NS);
    task_free(t);
    row_settle(&s, k);
    lab_done(&s, k);
}
END_TEST

// ---- At once

static unsigned most_running(struct sim *s, struct kernel *k, struct task *t)
{
    unsigned most = 0;

    while (!task_outcome(t)) {
        uint64_t till = kernel_step(k);

        lab_check(k);
        most = kernel_running(k) > most ? (unsigned)kernel_running(k) : most;
        if (till)
            s->plat.wait(s, till);
    }
    return most;
}

static char *list_of(char *at, unsigned n, const char *item)
{
    *at++ = '[';
    for (unsigned i = 0; i < n; i++)
        at += sprintf(at, "%s ", item);
    *at++ = ']';
    *at = 0;
    return at;
}

// Many wait at the same time, but not so many that nothing else could run.
START_TEST(test_sim_width)
{
    static struct sim s;
    static char msg[100000];
    struct kernel *k = row_kernel(&s);
    struct task *t;
    unsigned most;

    strcpy(msg, "(task.sim ");
    strcpy(list_of(msg + strlen(msg), 1000, "(wait 1000)@lab"), ")@sys.task");
    t = lab_send(&s, k, msg);
    most = most_running(&s, k, t);
    ck_assert_int_eq(task_outcome(t)->e, ERR_OK);
    ck_assert_uint_eq(task_outcome(t)->value.n, 1000);
    ck_assert_uint_ge(most, 200);
    ck_assert_uint_le(most, 300);
    ck_assert_uint_le(s.now_ns, 5 * 1000);
    task_free(t);
    lab_done(&s, k);
}
END_TEST

// Where others have taken all room, it waits for what it has under way; without any, it is busy.
START_TEST(test_sim_busy)
{
    static struct sim s;
    static char msg[100000];
    struct kernel *k = row_kernel(&s);
    struct task *first[KERNEL_TASKS_MAX], *t;
    unsigned n = 0;

    strcpy(msg, "(task.sim ");
    strcpy(list_of(msg + strlen(msg), 40, "(wait 10)@lab"), ")@sys.task");
    while (task_new(k, NULL, &first[n]) == ERR_OK)
        n++;
    for (unsigned room = 1; room < 5; room++) {
        task_free(first[--n]);
        t = lab_send(&s, k, msg);
        lab_end(&s, k, t);
        ck_assert_int_eq(task_outcome(t)->e, room == 1 ? ERR_BUSY : ERR_OK);
        if (room > 1)
            ck_assert_uint_eq(task_outcome(t)->value.n, 40);
        task_free(t);
    }
    while (n)
        task_free(first[--n]);
    lab_done(&s, k);
}
END_TEST

// A prompt that cannot send is told so, and goes on.
START_TEST(test_show_busy)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    struct task *first[KERNEL_TASKS_MAX];
    unsigned n = 0;

    while (task_new(k, NULL, &first[n]) == ERR_OK)
        n++;
    task_free(first[--n]);
    row_ask(&s, k, &(struct msg_row){"(show [a])@sys.task", "-"});
    ck_assert_str_eq(s.said, "<fail busy 0>");
    while (n)
        task_free(first[--n]);
    lab_done(&s, k);
}
END_TEST

// Ctrl-C ends what is shown, not who shows it.
START_TEST(test_show_front)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    struct task *t = lab_send(
        &s, k, "(show (get (@a {a:(task.que [hold@lab])@sys.task}@test.echo))@dat.proc)@sys.task");

    row_pass(&s, k, 10);
    ck_assert_ptr_null(task_outcome(t));
    ck_assert(term_interrupt(k, &s.term));
    lab_end(&s, k, t);
    ck_assert_str_eq(lab_print(&s, t), "-");
    ck_assert_str_eq(s.said, "<fail cancelled 0>");
    lab_done(&s, k);
}
END_TEST

// Without a terminal nobody would see what a queue shows.
START_TEST(test_no_term)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);

    s.term.fail = NULL;
    row_ask(&s, k, &(struct msg_row){"(task.que [a@lab fail@lab])@sys.task", "!domain"});
    row_ask(&s, k, &(struct msg_row){"(show a)@sys.task", "!not-supported"});
    lab_done(&s, k);
}
END_TEST

// Values flow side by side, and wide.
START_TEST(test_graph_wide)
{
    static struct sim s;
    static char msg[100000];
    struct kernel *k = row_kernel(&s);

    for (unsigned n = 200; n <= 514; n += 314) {
        char *at = msg + sprintf(msg, "{task.graph:{(lab loc):[");

        for (unsigned i = 2; i < n; i++)
            at += sprintf(at, "(lab n%u) ", i);
        strcpy(at, "]} msg:7}@sys.task");
        // These nodes are not there; what is past the limit is told before.
        row_ask(&s, k, &(struct msg_row){msg, n <= 513 ? "!no-node" : "!limit"});
    }
    lab_done(&s, k);
}
END_TEST

START_TEST(test_chain_long)
{
    static struct sim s;
    static char msg[100000];
    struct kernel *k = row_kernel(&s);

    for (unsigned n = 4096; n <= 4097; n++) {
        strcpy(msg, "{msg:5 task:");
        strcpy(list_of(msg + strlen(msg), n, "lab"), "}@sys.task");
        row_ask(&s, k, &(struct msg_row){msg, n == 4096 ? "5" : "!limit"});
    }
    lab_done(&s, k);
}
END_TEST

// ---- Trees

START_TEST(test_tree)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    struct task *t = lab_send(&s, k,
                              "(task.sim [hold@lab (task.sim [hold@lab])@sys.task])@sys.task");
    struct task *u = lab_send(&s, k, "hold@test.void@lab"), *tree;
    const char *got;

    row_pass(&s, k, 10);
    tree = lab_send(&s, k, "get.tree@sys.task");
    lab_end(&s, k, tree);
    got = lab_print(&s, tree);
    ck_assert_msg(strstr(got, "{id:1 name:sys.task usr:owner par:- ") != NULL, "%s", got);
    ck_assert_msg(strstr(got, "kids:[{id:") != NULL, "%s", got);
    ck_assert_msg(strstr(got, "name:lab usr:owner par:1 ") != NULL, "%s", got);
    ck_assert_msg(strstr(got, "kids:[]}]}]} ") != NULL, "%s", got); // three deep
    task_free(t);
    task_free(u);
    lab_done(&s, k);
}
END_TEST

// Each sends the next one in the background, deeper than a unit may be: those too deep stand
// beside one another.
START_TEST(test_tree_deep)
{
    enum { DEEP = 60 };
    static struct sim s;
    static char msg[20000];
    struct kernel *k = row_kernel(&s);
    struct task *t, *tree;
    char *at = msg + sprintf(msg, "{run:@k0");

    for (int i = 0; i < DEEP; i++)
        at += sprintf(at, " k%d:(echo [(task.sep @k%d)@sys.task hold@lab])@lab", i, i + 1);
    sprintf(at, " k%d:hold@lab}@sys.task", DEEP);
    t = lab_send(&s, k, msg);
    row_pass(&s, k, 10);
    ck_assert_uint_eq(kernel_running(k), DEEP + 2);
    tree = lab_send(&s, k, "get.tree@sys.task");
    lab_end(&s, k, tree);
    ck_assert_int_eq(task_outcome(tree)->e, ERR_OK);
    // a map of 15 units and its list for each of them
    ck_assert_uint_eq(task_outcome(tree)->value.nodes, 1 + 15 * (DEEP + 3));
    ck_assert_uint_eq(task_outcome(tree)->value.depth, 1 + 2 * 24);
    task_free(tree);
    task_free(t);
    while (k->oldest)
        task_cancel(k->oldest);
    lab_done(&s, k);
}
END_TEST

// ---- Kill: each task of such a tree first, at some moment, then all others in a random order

static const char busy_tree[] =
    "{task.sim:[(task.loop (wait 300000)@lab)@sys.task (task.que [(wait 2)@lab fail@lab "
    "hold@lab])@sys.task "
    "(task.stk [(wait 5) hold]@lab)@sys.task (try (hold@lab (wait 7)@lab))@sys.task "
    "{msg:(wait 4)@lab task:[lab test.void lab sys.task]}@sys.task "
    "{task.graph:{(lab loc):[lab lab.pure] lab:[test.echo] lab.pure:[test.echo]} msg:(wait "
    "6)}@sys.task "
    "(show (wait 3)@lab)@sys.task {run:(task.loop hold@lab)@sys.task ms:1}@sys.task "
    "(bch (wait 9)@lab)@time.chrono {every.run:(seq [tick@lab @x])@lab ms:1}@time.chrono "
    "(task.sep (task.loop (wait 300000)@lab)@sys.task)@sys.task {at.run:hold@lab "
    "time:0}@time.chrono "
    "{every:@x@lab ms:1}@time.chrono (task.loop (2 (try @x)@sys.task))@sys.task "
    "(wait.ms 2)@time.chrono] x:(seq [(wait 2000)@lab tick@lab hold@lab])@lab}@sys.task";

static void kill(struct sim *s, struct kernel *k, uint64_t id)
{
    char msg[64];

    snprintf(msg, sizeof msg, "(try ((kill %llu)@sys.task -))@sys.task", (unsigned long long)id);
    row_ask(s, k, &(struct msg_row){msg, "-"}); // it may be gone with another
}

START_TEST(test_kill_any)
{
    static struct sim s;

    for (unsigned seed = 1; seed <= 60; seed++) {
        struct kernel *k = row_kernel(&s);
        struct task *root;
        uint64_t ids[100];
        size_t n = 0;

        s.seed = seed;
        root = lab_send(&s, k, busy_tree);
        row_pass(&s, k, sim_random(&s) % (seed % 2 ? 12 : 3000000));
        for (const struct task *t = k->oldest; t && n < COUNT(ids); t = t->all_next)
            ids[n++] = t->id;
        ck_assert_uint_gt(n, 10);
        while (n) {
            size_t i = sim_random(&s) % n;

            kill(&s, k, ids[i]);
            ids[i] = ids[--n];
            row_pass(&s, k, sim_random(&s) % 3);
        }
        task_free(root); // what was sent meanwhile
        while (k->oldest)
            task_cancel(k->oldest);
        lab_done(&s, k);
    }
}
END_TEST

// ---- run: so many in a row

// A number n gives the message of n - 1; 0 is an end.
static enum err run_down(struct call *c)
{
    struct unit *items = unit_array(c->arena, 2);

    if (!items)
        return ERR_NO_MEMORY;
    items[0] = unit_int(c->arg->i - 1);
    items[1] = unit_word("down");
    c->value = unit_none();
    return c->arg->i ? unit_stream(items, 2, &c->value) : ERR_OK;
}

static const struct command down_commands[] = {
    {"down", "nat", run_down, "down", "", READ_DEEP, CMD_DEFAULT, NULL, "any"}};
static const struct service down_service = {
    .name = "down", .info = "for tests", .commands = down_commands, .n = 1};

START_TEST(test_run_limit)
{
    extern const struct service sys_task_service;
    static const struct service *const services[] = {&sys_task_service, &down_service, NULL};
    static const struct msg_row runs[] = {
        {"(run 63@down)@sys.task", "-"},
        {"(run 64@down)@sys.task", "!limit after 64 runs in a row there still is a message to run"},
        {"63@down@sys.task", "-"},
        {"64@down@sys.task", "!limit"},
        {"5@down", "4@down"},
    };
    static struct sim s;
    struct kernel *k;

    sim_init(&s, 1);
    ck_assert_int_eq(kernel_new(&s.plat, services, NULL, &k), ERR_OK);
    for (size_t i = 0; i < COUNT(runs); i++)
        row_ask(&s, k, &runs[i]);
    lab_done(&s, k);
}
END_TEST

Suite *services_sys_task_suite(void)
{
    Suite *s = suite_create("services_sys_task");
    TCase *t = tcase_create("rows");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    suite_add_tcase(s, t);
    t = tcase_create("more");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, test_scarce, 0, COUNT(scarce));
    tcase_add_loop_test(t, test_turns, 0, COUNT(turning));
    tcase_add_loop_test(t, test_endless, 0, COUNT(endless));
    tcase_add_test(t, test_sim_width);
    tcase_add_test(t, test_sim_busy);
    tcase_add_test(t, test_show_busy);
    tcase_add_test(t, test_show_front);
    tcase_add_test(t, test_no_term);
    tcase_add_test(t, test_graph_wide);
    tcase_add_test(t, test_chain_long);
    tcase_add_test(t, test_tree);
    tcase_add_test(t, test_tree_deep);
    tcase_add_test(t, test_kill_any);
    tcase_add_test(t, test_run_limit);
    suite_add_tcase(s, t);
    return s;
}
