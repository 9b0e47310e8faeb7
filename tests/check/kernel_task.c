// SPDX-License-Identifier: MIT
// What a message is answered: selection, shapes, reading, errors. Rows are messages and the print
// of their value, or `!code why` (a beginning of why is enough) of their error.
#include "kernel/internal.h"
#include "kernel/kernel.h"
#include "tests/sim/sim.h"

// ---- A service that shows what the kernel hands over

static unsigned runs; // how often `tick` ran

static enum err give_arg(struct call *c)
{
    if (c->arg)
        c->value = *c->arg;
    return ERR_OK;
}

static enum err give_opt(struct call *c)
{
    if (c->opt[0])
        c->value = *c->opt[0];
    return ERR_OK;
}

static enum err tick(struct call *c)
{
    c->value = unit_int(++runs);
    return ERR_OK;
}

static void inner_done(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct unit kept;

    ck_assert_uint_eq(tag, 7);
    if (e == ERR_DOMAIN) {
        call_pass(c, e, value);
        return;
    }
    if (e && e != ERR_NO_MEMORY)
        e = fail_set(c->fail, ERR_DOMAIN, FAIL_NO_POS, NULL, "the message inside failed");
    if (!e)
        e = call_keep(c, value, &kept);
    if (e)
        call_refuse(c, e);
    else
        call_answer(c, &kept);
}

static enum err send_inner(struct call *c, unsigned flags)
{
    enum err e = call_spawn(c, c->arg, flags, 7, inner_done);

    return e ? e : ERR_LATER;
}

static enum err run_inner(struct call *c)
{
    return send_inner(c, 0);
}

static enum err run_inside(struct call *c)
{
    return send_inner(c, CHILD_INSIDE);
}

static enum err read_inside(struct call *c)
{
    return send_inner(c, CHILD_INSIDE | CHILD_READ);
}

static enum err refuse(struct call *c)
{
    (void)c;
    return ERR_DOMAIN;
}

static const struct option opts[] = {{"with", "nat", READ_DEEP}, {"deep", "any", READ_DEEP}, {0}};

static const struct command lab_commands[] = {
    {"deep", "any", give_arg, "deep", "", READ_DEEP, 0, opts, "any"},
    {"top", "any", give_arg, "top", "", READ_TOP, 0, NULL, "any"},
    {"quote", "any", give_arg, "quote", "", READ_QUOTE, 0, NULL, "any"},
    {"path", "path", give_arg, "path", "", READ_PATH, 0, NULL, "any"},
    {"opt", "any", give_opt, "opt", "", READ_DEEP, 0, opts, "any"},
    {"tick", NULL, tick, "tick", "", READ_DEEP, 0, NULL, "int"},
    {"bare", "str", give_arg, "bare", "", READ_DEEP, CMD_BARE, NULL, "any"},
    {"num", "num", give_arg, "num", "", READ_DEEP, 0, NULL, "num"},
    {"run", "any", run_inner, "run", "", READ_QUOTE, 0, NULL, "any"},
    {"in", "any", run_inside, "in", "", READ_QUOTE, 0, NULL, "any"},
    {"read", "any", read_inside, "read", "", READ_QUOTE, 0, NULL, "any"},
    {"refuse", "any", refuse, "refuse", "", READ_DEEP, 0, NULL, "any"},
    {"open", "any", give_arg, "open", "", READ_DEEP, CMD_SECRET, NULL, "any"},
};
static const struct service lab = {
    .name = "lab", .info = "for tests", .commands = lab_commands, .n = COUNT(lab_commands)};

static const struct command num_commands[] = {
    {"num", "num", give_arg, "num", "", READ_DEEP, CMD_DEFAULT, NULL, "num"},
};
static const struct service nums = {
    .name = "lab.num", .info = "numbers", .commands = num_commands, .n = COUNT(num_commands)};

static const struct command any_commands[] = {
    {"any", "any", give_arg, "any", "", READ_DEEP, CMD_DEFAULT, NULL, "any"},
};
static const struct service any = {
    .name = "lab.any", .info = "anything", .commands = any_commands, .n = COUNT(any_commands)};

static const struct service *const services[] = {&lab, &nums, &any, NULL};

static const struct {
    const char *msg, *want;
} rows[] = {
    // selection: units/GRAMMAR.md, "Commands"
    {"(num 5)@lab", "5"},
    {"{num:5}@lab", "5"},
    {"{num:5 my:field}@lab", "5"},
    {"{num:5 deep:6}@lab", "!ambiguous both num and deep"},
    {"{opt:1 with:3}@lab", "3"},
    {"{opt:1 with:x}@lab", "!bad-arg wanted a"},
    {"{opt:1 deep:5}@lab", "-"},
    {"{tick:1}@lab", "!no-command"},
    {"(tick 1)@lab", "!bad-arg tick takes no argument"},
    {"num@lab", "!bad-arg num needs an argument"},
    {"bare@lab", "-"},
    {"(bare x)@lab", "x"},
    {"(nmu 5)@lab", "!no-command lab has no command nmu"},
    {"7@lab", "!no-command"},
    {"7@lab.num", "7"},
    {"x@lab.num", "!bad-arg"},
    {"x@lab.any", "x"},
    {"5@nowhere", "!no-service no service is named nowhere"},
    {"5@lab.num:[loc]", "5"},
    {"5@lab.num:[other]", "!no-node"},
    {"help.name@lab", "lab"},
    {"help.info@lab.num", "numbers"},
    {"help.nothing@lab", "!no-command"},
    // values are not code
    {"(quote tick)@lab@lab", "!no-command"},
    {"(quote (num 5))@lab@lab.any", "(num 5)"},
    {"(quote help)@lab@lab.any", "help"},
    {"{a:(quote {b:(num 5)})@lab deep:@a.b@lab.any}@lab", "(num 5)"},
    {"{a:(quote [tick])@lab deep:@a.0@lab.any}@lab", "tick"},
    {"{a:(quote [tick])@lab deep:@a.0@lab}@lab", "!no-command"},
    // reading: units/GRAMMAR.md
    {"{a:5 num:@a}@lab", "5"},
    {"{a:@b b:@c c:7 num:@a}@lab", "7"},
    {"{a:@b b:@a num:@a}@lab", "!ref-cycle"},
    {"{num:@num}@lab", "!ref-cycle"},
    {"{deep:[@deep]}@lab", "!ref-cycle"},
    {"{x:(deep [@x])@lab num:@x}@lab", "!ref-cycle"},
    {"{num:@num.x}@lab", "!ref-cycle"},
    {"{a:@a.b b:1 num:@a}@lab", "!ref-cycle"},
    {"{a:@b b:{x:@c} c:6 num:@a.x}@lab", "6"},
    {"{a:@b b:{x:@c y:1} c:6 deep:[@a.x @a.y @a.x]}@lab", "[6 1 6]"},
    {"{a:[1 [2 3]] num:@a.1.0}@lab", "2"},
    {"{a:[1 2] num:@a.2}@lab", "!no-ref step 2 of this ref, 2"},
    {"{a:[1 2] num:@a.01}@lab", "!no-ref step 2"},
    {"{num:@q}@lab", "!no-ref no message around this ref has q"},
    {"{a:5 deep:[@a {k:@a} (@a @a)]}@lab", "[5 {k:5} (5 5)]"},
    {"{a:5 deep:{@a:1}}@lab", "{@a:1}"},
    {"{a:5 top:[@a]}@lab", "[@a]"},
    {"{a:[@b] b:2 top:@a}@lab", "[@b]"},
    {"{a:5 quote:@a}@lab", "@a"},
    {"{a:b.c path:@a}@lab", "@a"},
    {"(path `b.c`)@lab", "@b.c"},
    {"(path (quote `b.c`)@lab)@lab", "@b.c"},
    {"(path 5)@lab", "!bad-arg wanted a path"},
    {"(path ``)@lab", "!bad-arg"},
    {"{a:1 deep:(deep {a:2 deep:@a})@lab}@lab", "{a:2 deep:1}"},
    {"{a:1 deep:(deep @a)@lab}@lab", "1"},
    {"{m:{x:(num 4)@lab} num:@m.x}@lab", "4"},
    {"{m:(quote {x:4})@lab num:@m.x}@lab", "4"},
    {"(num (num (num 3)@lab)@lab)@lab", "3"},
    {"(num x)@lab@lab.any", "!bad-arg wanted a number, found the str x"},
    {"(num (quote x)@lab)@lab", "!bad-arg wanted a number, found the str x"},
    {"{a:[1 2] deep:[@a @a]}@lab", "[[1 2] [1 2]]"},
    {"{p:@q q:(num 5)@lab deep:@p}@lab", "5"},
    // each stream once
    {"{x:tick@lab deep:[@x @x @x]}@lab", "[1 1 1]"},
    {"{deep:[tick@lab tick@lab]}@lab", "[1 2]"},
    // a message run by a handler
    {"(run (num 5)@lab)@lab", "5"},
    {"(run 5)@lab", "5"},
    {"{run:(num @a)@lab a:5}@lab", "!domain the message inside failed"},
    {"{in:(num @a)@lab a:5}@lab", "5"},
    {"{in:(run (num @a)@lab)@lab a:5}@lab", "!domain"},
    {"{in:(in (in (num @a)@lab)@lab)@lab a:5}@lab", "5"},
    {"{read:[@a {k:(num 3)@lab}] a:5}@lab", "[5 {k:3}]"},
    {"{in:@a a:5}@lab", "@a"},
    {"(in (refuse 1)@lab)@lab", "!domain the function has no value here"},
    {"(run (quote (num 5)@lab)@lab)@lab", "(num 5)@lab"},
    // a stream of the message around is run once for all
    {"{x:tick@lab deep:[@x (in (deep [@x @x])@lab)@lab @x]}@lab", "[1 [1 1] 1]"},
    {"{x:tick@lab deep:[(in (deep @x)@lab)@lab (in @x@lab.any)@lab tick@lab]}@lab", "[1 1 2]"},
    {"{x:(in (deep @x)@lab)@lab deep:@x}@lab", "!domain"},
    {"(read {u:tick@lab k:@1.u l:@1.k})@lab", "{u:1 k:1 l:1}"},
    {"{read:[tick@lab @read.0 (in {deep:[@read.0 tick@lab]}@lab)@lab]}@lab", "[1 1 [1 2]]"},
    {"{read:{u:@v} v:[tick@lab @v.0 @read.u.0]}@lab", "{u:[1 1 1]}"},
    {"(run (num x)@lab)@lab", "!domain the message inside failed"},
    {"(refuse 1)@lab", "!domain the function has no value here"},
    // secrets go only where they are declared
    {"(deep !`pw`)@lab", "!bad-arg deep does not take secrets"},
    {"(deep [1 [!`pw`]])@lab", "!bad-arg deep does not take secrets"},
    {"(open !`pw`)@lab", "!`***`"},
    {"{deep:1 with:!`pw`}@lab", "!bad-arg deep does not take secrets"},
    // too much
    {"{a:[@b @b @b @b @b @b @b @b] b:[@c @c @c @c @c @c @c @c] c:[@d @d @d @d @d @d @d @d] "
     "d:[@e @e @e @e @e @e @e @e] e:[@i @i @i @i @i @i @i @i] i:[@g @g @g @g @g @g @g @g] "
     "g:[@h @h @h @h @h @h @h @h] h:[1 1 1 1 1 1 1 1] deep:@a}@lab",
     "!too-big"},
};

static struct unit error_part(const struct sim *s, const struct unit *error, const char *key)
{
    const struct unit *u = unit_get_word(error, span_of(key), &s->mem.mem);

    return u ? *u : unit_none();
}

// Runs one message, checks it against a row, gives back whether memory was the only problem.
static enum err run_row(struct sim *s, struct kernel *k, const char *msg, const char *want)
{
    const struct outcome *o;
    struct task *t;
    struct unit u;
    char got[4096];
    enum err e = task_new(k, &s->term, &t);

    if (e)
        return e;
    runs = 0;
    e = unit_parse(task_arena(t), span_of(msg), &u, NULL);
    if (e) {
        ck_assert_int_eq(e, ERR_NO_MEMORY);
        task_free(t);
        return e;
    }
    task_start(t, &u);
    while (!(o = task_outcome(t)))
        (void)kernel_step(k); // when it is due again does not matter here
    e = o->e;
    if (e == ERR_NO_MEMORY) {
        task_free(t);
        return e;
    }
    if (e) {
        struct unit why = error_part(s, &o->error, "why"), code = error_part(s, &o->error, "code");

        if (o->error.kind == UNIT_MAP)
            snprintf(got, sizeof got, "!%.*s %.*s", (int)code.n, code.s, (int)why.n, why.s);
        else // short of memory while the error was told
            snprintf(got, sizeof got, "%.*s", (int)strlen(want), want);
        got[strlen(want) < sizeof got ? strlen(want) : 0] = 0;
    } else {
        ck_assert_uint_lt(o->value.text, sizeof got);
        *unit_print(&o->value, got) = 0;
    }
    ck_assert_msg(!strcmp(got, want), "%s\n  wanted %s\n  got    %s", msg, want, got);
    task_free(t);
    ck_assert_uint_eq(kernel_running(k), 0);
    return ERR_OK;
}

START_TEST(test_row)
{
    static struct sim s;
    struct kernel *k;
    struct fail f;

    sim_init(&s, 1);
    ck_assert_msg(kernel_new(&s.plat, services, &f, &k) == ERR_OK, "%s", f.why);
    ck_assert_int_eq(run_row(&s, k, rows[_i].msg, rows[_i].want), ERR_OK);
    kernel_free(k);
    sim_done(&s);
}
END_TEST

// Every row with the 1st, 2nd, .. n-th allocation failing: no crash, no leak, and afterwards the
// kernel answers as before.
START_TEST(test_row_without_memory)
{
    static struct sim s;

    for (long n = 0;; n++) {
        struct kernel *k;
        enum err e;

        sim_init(&s, 1);
        ck_assert_int_eq(kernel_new(&s.plat, services, NULL, &k), ERR_OK);
        s.mem.fail_at = s.mem.gets + n;
        // One block an object, so that each can fail.
        struct task *t;
        if (task_new(k, NULL, &t) == ERR_OK) {
            t->arena.chunk_bytes = 0;
            task_free(t);
        }
        e = run_row(&s, k, rows[_i].msg, rows[_i].want);
        s.mem.fail_at = -1;
        ck_assert_int_eq(run_row(&s, k, "(num 5)@lab", "5"), ERR_OK);
        kernel_free(k);
        sim_done(&s);
        if (e == ERR_OK && n > 2)
            break;
        ck_assert_int_lt(n, 5000);
    }
}
END_TEST

// Nesting at its limit and past it.
START_TEST(test_nesting)
{
    static struct sim s;
    struct kernel *k;

    sim_init(&s, 1);
    ck_assert_int_eq(kernel_new(&s.plat, services, NULL, &k), ERR_OK);
    for (int deep = TASK_NEST_MAX; deep <= TASK_NEST_MAX + 1; deep++) {
        char text[2048] = "";

        // The brackets of a ref chain stay flat: {a0:(num @a1)@lab a1:(num @a2)@lab .. num:@a0}
        strcat(text, "{");
        for (int i = 0; i < deep - 2; i++)
            sprintf(text + strlen(text), "a%d:(num @a%d)@lab ", i, i + 1);
        sprintf(text + strlen(text), "a%d:(num 5)@lab num:@a0}@lab", deep - 2);
        ck_assert_int_eq(run_row(&s, k, text, deep > TASK_NEST_MAX ? "!limit" : "5"), ERR_OK);
    }
    kernel_free(k);
    sim_done(&s);
}
END_TEST

START_TEST(test_refs)
{
    static struct sim s;
    struct kernel *k;

    sim_init(&s, 1);
    ck_assert_int_eq(kernel_new(&s.plat, services, NULL, &k), ERR_OK);
    for (int n = TASK_REFS_MAX; n <= TASK_REFS_MAX + 1; n++) {
        char text[4096] = "{";

        for (int i = 1; i < n; i++)
            sprintf(text + strlen(text), "a%d:@a%d ", i, i + 1);
        sprintf(text + strlen(text), "a%d:5 num:@a1}@lab", n);
        ck_assert_int_eq(run_row(&s, k, text, n > TASK_REFS_MAX ? "!too-deep" : "5"), ERR_OK);
    }
    kernel_free(k);
    sim_done(&s);
}
END_TEST

// A task that waits is ended; its call is taken back and nothing stays.
START_TEST(test_cancel)
{
    static struct sim s;
    struct kernel *k;
    struct task *t;
    struct unit u, typed;

    sim_init(&s, 1);
    ck_assert_int_eq(kernel_new(&s.plat, services_all, NULL, &k), ERR_OK);
    for (int answer = 0; answer < 3; answer++) {
        ck_assert_int_eq(task_new(k, &s.term, &t), ERR_OK);
        u = test_unit(task_arena(t), "(inp `name? `)@io.term");
        task_start(t, &u);
        ck_assert_ptr_null(task_outcome(t));
        ck_assert_ptr_nonnull(s.asks);
        ck_assert_uint_eq(kernel_running(k), 1);
        if (answer) {
            typed = unit_word("Ada");
            call_answer(s.asks, &typed);
        }
        if (answer == 2)
            (void)kernel_step(k); // nothing is due
        else
            task_cancel(t);
        s.asks = NULL;
        ck_assert_int_eq(task_outcome(t)->e, answer == 2 ? ERR_OK : ERR_CANCELLED);
        task_free(t);
        ck_assert_uint_eq(kernel_running(k), 0);
    }
    ck_assert_str_eq(s.said, "name? name? name? ");
    kernel_free(k);
    sim_done(&s);
}
END_TEST

START_TEST(test_tasks_max)
{
    static struct sim s;
    static struct task *tasks[KERNEL_TASKS_MAX + 1];
    struct kernel *k;

    sim_init(&s, 1);
    ck_assert_int_eq(kernel_new(&s.plat, services, NULL, &k), ERR_OK);
    for (size_t i = 0; i < KERNEL_TASKS_MAX; i++)
        ck_assert_int_eq(task_new(k, NULL, &tasks[i]), ERR_OK);
    ck_assert_int_eq(task_new(k, NULL, &tasks[KERNEL_TASKS_MAX]), ERR_BUSY);
    for (size_t i = 0; i < KERNEL_TASKS_MAX; i++)
        task_free(tasks[i]);
    ck_assert_int_eq(task_new(k, NULL, &tasks[0]), ERR_OK);
    task_free(tasks[0]);
    kernel_free(k);
    sim_done(&s);
}
END_TEST

Suite *kernel_task_suite(void)
{
    Suite *s = suite_create("kernel/task");
    TCase *t = tcase_create("messages");

    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    tcase_add_loop_test(t, test_row_without_memory, 0, COUNT(rows));
    tcase_add_test(t, test_nesting);
    tcase_add_test(t, test_refs);
    tcase_add_test(t, test_cancel);
    tcase_add_test(t, test_tasks_max);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}
