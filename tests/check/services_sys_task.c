// SPDX-License-Identifier: MIT
// sys.task: messages that run messages, and the tasks that are under way.
#include "tests/check/services_rows.h"

static const struct msg_row rows[] = {
    // run
    {"(run (neg 5)@math.calc)@sys.task", "-5"},
    {"(neg 5)@math.calc@sys.task", "-5"},
    {"[a (neg 5)@math.calc]@sys.task", "[a -5]"},
    {"{a:(neg 5)@math.calc}@sys.task", "{a:-5}"},
    {"-@sys.task", "-"},
    {"{run:@x x:(neg 5)@math.calc}@sys.task", "-5"},
    {"{run:[1 @x] x:(neg 5)@math.calc}@sys.task", "[1 -5]"},
    {"{run:@run}@sys.task", "!ref-cycle"},
    {"{run:@x}@sys.task", "!no-ref"},
    {"(run fail@lab)@sys.task", "!domain it was told to fail < {code:domain"},
    // what is data is run here, and only here
    {"(get (@a {a:(neg 5)@math.calc}@test.echo))@dat.proc", "(neg 5)@math.calc"},
    {"(get (@a {a:(neg 5)@math.calc}@test.echo))@dat.proc@sys.task", "-5"},
    {"(run (get (@a {a:(neg 5)@math.calc}@test.echo))@dat.proc)@sys.task", "-5"},
    {"{run:(get (@a {a:(neg @x)@math.calc}@test.echo))@dat.proc x:5}@sys.task", "!no-ref"},
    {"(get (@a {a:(say x)@lab}@test.echo))@dat.proc@sys.task", "-", "x"},
    // deadlines
    {"{run:(wait 5)@lab ms:1}@sys.task", "5"},
    {"{run:(wait 5000000)@lab ms:1}@sys.task", "!timeout it has not ended within 1 ms"},
    {"{run:(all [hold@lab (seq [hold@lab])@lab])@lab ms:20}@sys.task", "!timeout"},
    {"{run:5 ms:20}@sys.task", "5"},
    {"{run:fail@lab ms:20}@sys.task", "!domain"},
    {"{run:5 ms:0}@sys.task", "!bad-arg nothing ends within 0 ms"},
    {"{run:(wait 5)@lab ms:99999999999999999999}@sys.task", "!limit"},
    {"{run:(wait 5)@lab ms:18446744073709551}@sys.task", "!limit"},
    {"{run:(wait 5)@lab ms:99999999999}@sys.task", "5"},
    {"{run:5 ms:x}@sys.task", "!bad-arg"},
    // show
    {"(show (neg 5)@math.calc)@sys.task", "-", "<show -5>"},
    {"(show [a b])@sys.task", "-", "<show [a b]>"},
    {"(show (get (@a {a:(neg 5)@math.calc}@test.echo))@dat.proc)@sys.task", "-", "<show -5>"},
    {"(show (get (@a {a:fail@lab}@test.echo))@dat.proc)@sys.task", "-", "<fail domain 0>"},
    {"(show (get (@a {a:(get (@b {b:(say x)@lab}@test.echo))@dat.proc}@test.echo))@dat.proc)"
     "@sys.task",
     "-", "<show (say x)@lab>"},
    {"(show fail@lab)@sys.task", "!domain"},
    // task
    {"{sum:[1 2] task:[math.calc]}@sys.task", "{sum:[1 2] task:[math.calc] msg:3}"},
    {"{sum:[1 2] task:[]}@sys.task", "{sum:[1 2] task:[]}"},
    {"{sum:[1 @x] x:2 task:[math.calc lab (math.calc loc)] }@sys.task",
     "{sum:[1 @x] x:2 task:[math.calc lab (math.calc loc)] msg:3}"},
    {"{sum:[1 2] say:x task:[math.calc lab]}@sys.task", "{sum:[1 2] say:x task:[math.calc lab] msg:3}",
     "x"},
    {"{msg:5 task:[math.calc lab]}@sys.task", "5"},
    {"{msg:(neg 5) task:[math.calc math.calc]}@sys.task", "-5"},
    {"{msg:{sum:[1 2]} task:[math.calc]}@sys.task", "{sum:[1 2] msg:3}"},
    {"{msg:(neg 5)@math.calc task:[math.calc]}@sys.task", "-5"},
    {"{msg:@x x:(neg 5)@math.calc task:[math.calc]}@sys.task", "-5"},
    {"{msg:@x task:[math.calc]}@sys.task", "!no-ref"},
    {"{msg:x task:[test.void test.void]}@sys.task", "x"},
    {"{msg:(say a)@lab task:[lab]}@sys.task", "-", "a"},
    {"{msg:(cat (say x))@dat.proc task:[lab]}@sys.task", "sayx"}, // done: names no command
    {"{fsm:{a:(b hi) b:c} state:a task:[etc.fsm lab etc.fsm]}@sys.task",
     "{fsm:{a:(b hi) b:c} state:c task:[etc.fsm lab etc.fsm] msg:hi}"},
    {"{sum:[1 2] task:[math.calc nowhere]}@sys.task", "!no-service no service is named nowhere"},
    {"{say:x task:[lab nowhere]}@sys.task", "!no-service"}, // nothing was sent
    {"{say:x task:[lab `No!`]}@sys.task", "!bad-arg No! is no name of a service"},
    {"{say:x task:[(lab `a b`)]}@sys.task", "!bad-arg a b is no address"},
    {"{say:x task:[lab fail]}@sys.task", "!no-service"},
    {"{fail:x task:[test.void lab]}@sys.task", "{fail:x task:[test.void lab] msg:{fail:x ..."},
    {"{neg:x task:[math.calc]}@sys.task", "!bad-arg"},
    {"{say:x task:[5]}@sys.task", "!bad-arg"},
    {"{say:x task:lab}@sys.task", "!bad-arg"},
    {"(task [lab])@sys.task", "!bad-arg a chain stands in the message"},
    {"task@sys.task", "!bad-arg"},
    // task.loop
    {"(task.loop (3 (say a)@lab))@sys.task", "-", "aaa"},
    {"{task.loop:(3 (say @x)@lab) x:a}@sys.task", "-", "aaa"},
    {"{task.loop:(3 @b) b:(say @x)@lab x:a}@sys.task", "-", "aaa"},
    {"{task.loop:@l l:(@n @b) b:(say @x)@lab x:a n:2}@sys.task", "-", "aa"},
    {"{task.loop:@l l:(@n @b) b:[(say @x)@lab (say b)@lab] x:a n:(sum (1 1))@math.calc}@sys.task",
     "-", "abab"},
    {"{x:(say a)@lab say:(task.loop (3 @x))@sys.task}@lab", "-", "a-"}, // a value, once
    {"(seq [(task.loop (3 tick@lab))@sys.task tick@lab])@lab", "4"},
    {"(task.loop (0 (say a)@lab))@sys.task", "-"},
    {"(task.loop (3 a))@sys.task", "-"},
    {"(task.loop (3 fail@lab))@sys.task", "!domain"},
    {"(task.loop fail@lab)@sys.task", "!domain"},
    {"(task.loop (99999999999999999999 fail@lab))@sys.task", "!domain"},
    {"(task.loop (-1 (say a)@lab))@sys.task", "!bad-arg a loop does not turn fewer than 0 times"},
    {"(task.loop (-99999999999999999999 a))@sys.task", "!bad-arg a loop"},
    {"(task.loop (1.5 (say a)@lab))@sys.task", "!bad-arg wanted a count as an int, found a dec"},
    {"(task.loop (x (say a)@lab))@sys.task", "!bad-arg wanted a count as an int, found a str"},
    {"(task.loop (fail@lab (say a)@lab))@sys.task", "!domain"},
    {"(task.loop (@n (say a)@lab))@sys.task", "!no-ref"},
    {"{task.loop:(3 @b) b:@c c:@b}@sys.task", "!ref-cycle"},
    {"{task.loop:(2 @b) b:@c c:(say x)@lab}@sys.task", "-", "xx"},
    // task.que
    {"(task.que [(say a)@lab (wait 5)@lab (say b)@lab])@sys.task", "-", "ab"},
    {"(task.que [(say a)@lab fail@lab @z x@nowhere (say b)@lab])@sys.task", "-",
     "a<fail domain 0><fail no-ref 0><fail no-service 0>b"},
    {"{task.que:@l l:[(say a)@lab @x {y:(say c)@lab}] x:(say b)@lab}@sys.task", "-", "abc"},
    {"(task.que [])@sys.task", "-"},
    {"(task.que [a 1 -])@sys.task", "-"},
    {"(task.que [(say a)@lab (say @x)@lab]@test.echo)@sys.task", "-", "a<fail no-ref 0>"},
    {"(task.que x)@sys.task", "!bad-arg wanted a list of messages, found a str"},
    {"(task.que 5@lab)@sys.task", "!bad-arg wanted a list of messages, found an int.."},
    {"(task.que fail@lab)@sys.task", "!domain"},
    {"(task.que @l)@sys.task", "!no-ref"},
    // task.sim
    {"(task.sim [(sum (1 2))@math.calc (neg 1)@math.calc])@sys.task", "[3 -1]"},
    {"(task.sim [(wait 30)@lab (wait 10)@lab (wait 20)@lab 5 x@lab])@sys.task", "[30 10 20 5 x]"},
    {"{task.sim:[@x [1 @x] {a:@x} fail@lab @y] x:(neg 1)@math.calc}@sys.task",
     "[-1 [1 -1] {a:-1} {err:{code:domain why:`it was told to fail` svc:lab}} {err:{code:no-ref .."},
    {"(task.sim [])@sys.task", "[]"},
    {"(task.sim [1 2])@sys.task", "[1 2]"},
    {"{task.sim:@l l:[1 (say @x)@lab] x:a}@sys.task", "[1 -]", "a"},
    {"(task.sim [1 (neg 5)@math.calc (neg @x)@math.calc]@test.echo)@sys.task",
     "[1 -5 {err:{code:no-ref .."},
    {"(task.sim {a:b})@sys.task", "!bad-arg"},
    // task.sep
    {"(task.sep (say a)@lab)@sys.task", "2", "a"},
    {"{task.sep:@b b:(say @x)@lab x:a}@sys.task", "2", "a"},
    {"(task.sep fail@lab)@sys.task", "2", "<fail domain 2>"},
    {"(task.sep a)@sys.task", "2"},
    {"(task.sep @b)@sys.task", "2", "<fail no-ref 2>"},
    // task.stk
    {"(task.stk [a b]@test.void)@sys.task", "-"},
    {"(task.stk [(say a) {say:@x x:b} (say (neg 5)@math.calc)]@lab)@sys.task", "-", "ab-5"},
    {"(task.stk [(say a) (say b)]@lab:[loc])@sys.task", "-", "ab"},
    {"{task.stk:@l@lab l:[(say @x) (say b)] x:a}@sys.task", "-", "ab"},
    {"{task.stk:@b b:@l@lab l:[(say @x) (say b)] x:a}@sys.task", "-", "ab"},
    {"(task.stk [(say a) cls]@test.echo@lab)@sys.task", "-"}, // data names no command
    {"(task.stk [(say a) fail (say b)]@lab)@sys.task", "!domain", "a"},
    {"(task.stk [a]@nowhere)@sys.task", "!no-service"},
    {"(task.stk []@lab)@sys.task", "-"},
    {"(task.stk [a])@sys.task", "!bad-arg wanted a list at a service, found a list"},
    {"(task.stk (a b)@lab)@sys.task", "!bad-arg wanted a list of messages, found a pair"},
    // task.graph
    {"{task.graph:{math.calc:[lab]} msg:(sum [1 2])}@sys.task", "{lab:3}"},
    {"{task.graph:{math.calc:lab} msg:(sum [1 2])}@sys.task", "{lab:3}"},
    {"{task.graph:{math.calc:[(lab loc) lab] lab:[test.echo] (lab loc):[test.echo]} msg:(neg 5)}"
     "@sys.task",
     "{test.echo:[-5 -5]}"},
    {"{task.graph:{lab:[test.echo] math.calc:[test.echo dat.gen]} msg:7}@sys.task", "!no-command.."},
    {"{task.graph:{(lab loc):[test.echo] test.void:[test.echo] math.calc:[test.echo]} msg:7}"
     "@sys.task",
     "{test.echo:[7 - 7]}"},
    {"{task.graph:{lab:[lab.pure lab.pure]} msg:7}@sys.task", "{lab.pure:[7 7]}"},
    {"{task.graph:{lab:[] math.calc:[]} msg:7}@sys.task", "{lab:7 math.calc:7}"},
    {"{task.graph:{} msg:7}@sys.task", "{}"},
    {"{task.graph:{lab:[lab.pure]}}@sys.task", "{lab.pure:-}"},
    {"{task.graph:{lab:[math.calc]} msg:(say x)}@sys.task", "!bad-arg", "x"},
    {"{task.graph:{lab:[test.echo]} msg:@x x:tick@lab}@sys.task", "{test.echo:1}"},
    {"{task.graph:{lab:[test.echo] (lab loc):[test.echo]} msg:tick@lab}@sys.task",
     "{test.echo:[1 1]}"},
    {"{task.graph:{lab:[lab]} msg:7}@sys.task", "!bad-arg what flows out of lab comes back"},
    {"{task.graph:{lab:[lab.pure] lab.pure:[lab]} msg:7}@sys.task", "!bad-arg"},
    {"{task.graph:{math.calc:[lab] lab:[lab.pure] lab.pure:[lab]} msg:(say x)}@sys.task", "!bad-arg"},
    {"{task.graph:{lab:[nowhere]} msg:(say x)}@sys.task", "!no-service"},
    {"{task.graph:{lab:[5]} msg:(say x)}@sys.task", "!bad-arg a int is no name of a service"},
    {"{task.graph:{[a]:[lab]} msg:(say x)}@sys.task", "!bad-arg"},
    {"{task.graph:{lab:[(lab `x y`)]} msg:(say x)}@sys.task", "!bad-arg"},
    {"{task.graph:{lab:[lab.pure]} msg:fail}@sys.task", "!domain"},
    {"{task.graph:x msg:fail}@sys.task", "!bad-arg"},
    // try
    {"(try (fail@lab oops))@sys.task", "oops"},
    {"(try ((neg 5)@math.calc oops))@sys.task", "-5"},
    {"(try (fail@lab (say other)@lab))@sys.task", "-", "other"},
    {"(try ((say x)@lab (say other)@lab))@sys.task", "-", "x"},
    {"(try (fail@lab fail@lab))@sys.task", "!domain"},
    {"(try fail@lab)@sys.task", "{err:{code:domain why:`it was told to fail` svc:lab}}"},
    {"(try 5)@sys.task", "5"},
    {"(try (5 fail@lab))@sys.task", "5"},
    {"{try:(@z @x) x:[1 (neg 5)@math.calc]}@sys.task", "[1 -5]"},
    {"{try:@x x:tick@lab}@sys.task", "1"},
    {"{all:[@x (try @x)@sys.task] x:tick@lab}@lab", "[1 1]"},
    {"(try [1 fail@lab])@sys.task", "{err:{code:domain .."},
    // get, kill
    {"get@sys.task", "{id:1 name:sys.task usr:- par:- time:0 mem:.."},
    {"(fst (task.sim [get@sys.task])@sys.task)@dat.proc", "{id:2 name:sys.task usr:- par:1 .."},
    {"(len get.all@sys.task)@dat.proc", "1"},
    {"(kill 1)@sys.task", "!cancelled"},
    {"(kill 99)@sys.task", "!not-found no task has this id"},
    {"(kill 99999999999999999999)@sys.task", "!not-found"},
    {"(kill -1)@sys.task", "!bad-arg"},
    {"(kill (task.sep hold@lab)@sys.task)@sys.task", "-", "<fail cancelled 2>"},
    {"(try (task.loop (kill 2)@sys.task)@sys.task)@sys.task", "{err:{code:cancelled .."},
};

START_TEST(test_row)
{
    row_test(&rows[_i]);
}
END_TEST

// ---- Without memory

static const struct msg_row scarce[] = {
    {"{run:(get (@a {a:(neg 5)@math.calc}@test.echo))@dat.proc ms:5}@sys.task", ""},
    {"{task.loop:@l l:(@n @b) b:[(say @x)@lab (say b)@lab] x:a n:(sum (1 1))@math.calc}@sys.task", ""},
    {"(task.que [(say a)@lab fail@lab (say b)@lab]@test.echo)@sys.task", ""},
    {"{task.sim:[@x [1 @x] fail@lab (wait 3)@lab] x:(neg 1)@math.calc}@sys.task", ""},
    {"(task.sep (say a)@lab)@sys.task", ""},
    {"(task.stk [(say a) (say b)]@lab)@sys.task", ""},
    {"{task.graph:{math.calc:[(lab loc) lab] lab:[test.echo] (lab loc):[test.echo]} msg:(neg 5)}"
     "@sys.task", ""},
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

    for (unsigned n = 200; n <= 513; n += 313) {
        char *at = msg + sprintf(msg, "{task.graph:{(lab loc):[");

        for (unsigned i = 2; i < n; i++)
            at += sprintf(at, "(lab n%u) ", i);
        strcpy(at, "]} msg:7}@sys.task");
        // These nodes are not there; what is past the limit is told before.
        row_ask(&s, k, &(struct msg_row){msg, n <= 512 ? "!no-node" : "!limit"});
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
    struct task *t = lab_send(&s, k, "(task.sim [hold@lab (task.sim [hold@lab])@sys.task])@sys.task");
    struct task *u = lab_send(&s, k, "hold@test.void@lab"), *tree;
    const char *got;

    row_pass(&s, k, 10);
    tree = lab_send(&s, k, "get.tree@sys.task");
    lab_end(&s, k, tree);
    got = lab_print(&s, tree);
    ck_assert_msg(strstr(got, "{id:1 name:sys.task usr:- par:- ") != NULL, "%s", got);
    ck_assert_msg(strstr(got, "kids:[{id:") != NULL, "%s", got);
    ck_assert_msg(strstr(got, "name:lab usr:- par:1 ") != NULL, "%s", got);
    ck_assert_msg(strstr(got, "kids:[]}]}]} ") != NULL, "%s", got); // three deep
    task_free(t);
    task_free(u);
    lab_done(&s, k);
}
END_TEST

// Deeper than a unit may be: those too deep stand beside one another.
START_TEST(test_tree_deep)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    struct task *t = NULL;

    // each is the parent of the next, all in the background
    t = lab_send(&s, k,
                 "{task.sep:(task.que [(task.sep @task.`sep`)@sys.task hold@lab])@sys.task}@sys.task");
    task_free(t);
    {
        char msg[4000] = "hold@lab";

        for (int i = 0; i < 12; i++) { // 3 levels of brackets each
            char more[4000];

            snprintf(more, sizeof more, "(task.que [(task.sep %.3000s)@sys.task hold@lab])@sys.task",
                     msg);
            strcpy(msg, more);
        }
        t = lab_send(&s, k, msg);
    }
    row_pass(&s, k, 10);
    {
        struct task *tree = lab_send(&s, k, "get.tree@sys.task");

        lab_end(&s, k, tree);
        ck_assert_int_eq(task_outcome(tree)->e, ERR_OK);
        task_free(tree);
    }
    task_free(t);
    while (k->oldest)
        task_cancel(k->oldest);
    lab_done(&s, k);
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
    tcase_add_test(t, test_run_limit);
    suite_add_tcase(s, t);
    return s;
}
