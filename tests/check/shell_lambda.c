// SPDX-License-Identifier: MIT
// Sessions with a prompt: what init.msg and lambda.msg do, what Ctrl-C ends, what the prompt
// survives.
#define _GNU_SOURCE // memmem
#include "shell/shell.h"
#include "tests/check/shell_fix.h"

// ---- Texts of the user in the place of ours

static const struct {
    const char *init, *lambda, *keys, *screen;
    int status;
} texts[] = {
    // init.msg
    {"hello@io.term\n", NULL, "5\r", "hello\nλ 5\n5\nλ\n", 0},
    {"`a b` (neg 5)@math.calc -", NULL, "5\r", "a b\n-5\nλ 5\n5\nλ\n", 0},
    {"(inp `who? `)@io.term", NULL, "\1Ada\r5\r", "who? Ada\nAda\nλ 5\n5\nλ\n", 0},
    {"1 ,\n2", NULL, "5\r",
     "1\nerror syntax: , has no meaning here\n    1 ,\n      ^\nat init.msg:1:3\n"
     "hint: blanks separate units: [1 2]\nλ 5\n5\nλ\n",
     0},
    {"(a", NULL, "5\r",
     "error syntax: the pair opened at 1:1 is not closed\n    (a\n      ^\nat init.msg:1:3\n"
     "λ 5\n5\nλ\n",
     0},
    {"x@y 2", NULL, "5\r",
     "error no-service: no service is named y\n    x@y 2\n    ^\nat init.msg:1:1\n"
     "2\nλ 5\n5\nλ\n",
     0},
    {"\xFF", NULL, "5\r",
     "error syntax: these bytes are not valid UTF-8\n    \\xff\n    ^\nat init.msg:1:1\n"
     "hint: texts are UTF-8\nλ 5\n5\nλ\n",
     0},
    {"(inp `who? `)@io.term 7", NULL,
     "\1Ad\1\x03\1"
     "5\r",
     "who? Ad\nerror cancelled: the task was ended\n    (inp `who? `)@io.term 7\n    ^\n"
     "at init.msg:1:1\n7\nλ 5\n5\nλ\n",
     0},
    {"(task.loop -@test.void)@sys.task", NULL,
     "\1\1\x03\1"
     "5\r",
     "error cancelled: the task was ended\n    (task.loop -@test.void)@sys.task\n    ^\n"
     "at init.msg:1:1\nλ 5\n5\nλ\n",
     0},
    // lambda.msg
    {NULL, "`bye`", "5\r", "bye\n", 0},
    {"hi", "bye@io.term", "5\r", "hi\nbye\n", 0},
    {NULL, "(inp `a? `)@io.term (inp `b? `)@io.term",
     "1\r\1"
     "2\r3\r",
     "a? 1\n1\nb? 2\n2\n", 0},
    {NULL, "(task.loop (show (inp.msg `> `)@io.term)@sys.task)@sys.task", "5\r(neg 5)@math.calc\r",
     "> 5\n5\n> (neg 5)@math.calc\n-5\n>\n", 0},
    {NULL, "(task.loop (say inp.msg@io.term)@io.term)@sys.task", "5\rcls@io.term\r",
     "λ 5\n5\nλ cls@io.term\ncls@io.term\nλ\n", 0},
    {NULL, "inp.msg@io.term", "cls@io.term\r", "λ cls@io.term\ncls@io.term\n", 0},
    {NULL, "(task.loop ,", "5\r",
     "error syntax: , has no meaning here\n    (task.loop ,\n               ^\n"
     "at lambda.msg:1:12\nhint: blanks separate units: [1 2]\nλ 5\n5\nλ\n",
     0},
    {NULL, "", "5\r", "λ 5\n5\nλ\n", 0},
    {NULL, "# nothing\n", "5\r", "λ 5\n5\nλ\n", 0},
    {NULL, "1 (div (1 0))@math.calc 2", "5\r",
     "1\nerror div-zero: division by zero\n    1 (div (1 0))@math.calc 2\n      ^\nin math.calc\n"
     "at lambda.msg:1:3\nλ 5\n5\nλ\n",
     0},
    {NULL, "(task.loop -@test.void)@sys.task",
     "\1\1\x03\1"
     "5\r",
     "error cancelled: the task was ended\n    (task.loop -@test.void)@sys.task\n    ^\n"
     "at lambda.msg:1:1\nλ 5\n5\nλ\n",
     0},
    {NULL, "(inp `name? `)@io.term",
     "\1Bo\x03"
     "5\r",
     "name?\nerror cancelled: the task was ended\n    (inp `name? `)@io.term\n    ^\n"
     "at lambda.msg:1:1\nλ 5\n5\nλ\n",
     0},
    {NULL, "(task.sep (inp `b `)@io.term)@sys.task 1@time.chrono bye", "x\1\1\1\1\1\1",
     "2\nbye\nb x\n", 0},
    {NULL, "(task.sep inp.msg@io.term)@sys.task 1@time.chrono bye", "x\1\1\1\1\1\1",
     "2\nbye\nλ x\n", 0},
    {NULL, "{inp:`pw ` sct:t}@io.term", "geheim\r", "pw\n!`***`\n", 0},
};

static void begin(struct desk *d, const char *keys)
{
    desk_init(d, true, keys);
    d->sim.tick_ns = 1000;
}

static void set_up(struct desk *d, int i)
{
    begin(d, texts[i].keys);
    if (texts[i].init)
        desk_keep(d, "init.msg", texts[i].init);
    if (texts[i].lambda)
        desk_keep(d, "lambda.msg", texts[i].lambda);
}

START_TEST(text)
{
    static struct desk d;
    int status;

    set_up(&d, _i);
    status = desk_run(&d, "");
    ck_assert_msg(!strcmp(vt_text(&d.screen), texts[_i].screen), "%s | %s: shows\n%s",
                  texts[_i].init, texts[_i].lambda, vt_text(&d.screen));
    ck_assert_int_eq(status, texts[_i].status);
    ck_assert(!d.keys_on && !d.screen.strange && !strstr(d.both, "geheim"));
    sim_done(&d.sim);
}
END_TEST

START_TEST(text_short_of_memory)
{
    static struct desk d;

    for (long n = 0;; n++) {
        set_up(&d, _i);
        d.sim.mem.fail_at = n;
        (void)desk_run(&d, "");
        sim_done(&d.sim);
        if (d.sim.mem.gets <= n)
            break;
        ck_assert_int_lt(n, 1000);
    }
}
END_TEST

// A script is no session with a prompt.
START_TEST(script)
{
    static struct desk d;

    desk_init(&d, false, "5 inp.msg@io.term");
    desk_keep(&d, "init.msg", "hello@io.term");
    desk_keep(&d, "lambda.msg", "hello@io.term");
    ck_assert_int_eq(desk_run(&d, ""), 1);
    ck_assert_str_eq(d.out, "5\n");
    ck_assert(!strncmp(d.err, "error not-supported: there is no prompt", 39));
    sim_done(&d.sim);
    desk_init(&d, true, "");
    desk_keep(&d, "init.msg", "hello@io.term");
    ck_assert_int_eq(desk_run(&d, "-e 5"), 0);
    ck_assert_str_eq(vt_text(&d.screen), "5\n");
    sim_done(&d.sim);
}
END_TEST

// With -e a person is asked, too.
static const struct {
    const char *args, *keys, *screen;
    int status;
} asked[] = {
    {"-e (neg~inp.msg@io.term)@math.calc -e 7", "6\r", "λ 6\n-6\n7\n", 0},
    {"-e inp.msg@io.term -e 7",
     ",\r\1\1\1"
     "6\r",
     "λ ,\nerror syntax: , has no meaning here\n    ,\n    ^\nhint: blanks separate units: [1 2]\n"
     "λ 6\n6\n7\n",
     2},
    {"-e inp.msg@io.term -e 7", "\x04", "λ\n", 0},
    {"-e (task.sep~inp@io.term)@sys.task -e 1@time.chrono -e x@y --stop", "ab\1\1\1\1\1\1",
     "2\nerror no-service: no service is named y\n    x@y\n    ^\n", 2},
};

START_TEST(one_message)
{
    static struct desk d;
    int status;

    begin(&d, asked[_i].keys);
    status = desk_run(&d, asked[_i].args);
    ck_assert_msg(!strcmp(vt_text(&d.screen), asked[_i].screen), "%s: shows\n%s", asked[_i].args,
                  vt_text(&d.screen));
    ck_assert_int_eq(status, asked[_i].status);
    ck_assert(!d.keys_on);
    sim_done(&d.sim);
}
END_TEST

static enum err no_load(void *ctx, const char *name, struct arena *a, struct span *out)
{
    (void)ctx;
    (void)name;
    (void)a;
    (void)out;
    return ERR_IO;
}

// A text that is there and cannot be read: ours runs.
START_TEST(unreadable)
{
    static struct desk d;

    begin(&d, "5\r");
    desk_keep(&d, "lambda.msg", "6");
    d.sim.file.load = no_load;
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_msg(strstr(vt_text(&d.screen), "error io: lambda.msg cannot be read\nλ 5\n5\nλ\n"),
                  "%s", vt_text(&d.screen));
    sim_done(&d.sim);
}
END_TEST

// ---- Ctrl-C, errors, the background

static const struct {
    const char *keys, *screen;
} prompts[] = {
    // only the message that was typed ends, however deep it is in others
    {"(task.loop (task.loop -@test.void)@sys.task)@sys.task\r\1\1\x03\1"
     "5\r",
     "λ (task.loop (task.loop -@test.void)@sys.task)@sys.task\n"
     "error cancelled: the task was ended\nλ 5\n5\nλ\n"},
    {"(task.loop (inp `a? `)@io.term)@sys.task\r\1x\r\1\x03\1"
     "5\r",
     "λ (task.loop (inp `a? `)@io.term)@sys.task\na? x\na?\n"
     "error cancelled: the task was ended\nλ 5\n5\nλ\n"},
    {"(show (inp `a? `)@io.term)@sys.task\r\1x\r\1"
     "5\r",
     "λ (show (inp `a? `)@io.term)@sys.task\na? x\nx\nλ 5\n5\nλ\n"},
    // a message that asks for a message
    {"(neg (inp.msg `n `)@io.term)@math.calc\r\1"
     "6\r7\r",
     "λ (neg (inp.msg `n `)@io.term)@math.calc\nn 6\n-6\nλ 7\n7\nλ\n"},
    {"(task.loop (say (inp.msg `in `)@io.term)@io.term)@sys.task\r\1"
     "6\r\1\x03\1"
     "7\r\1\x03\1",
     "λ (task.loop (say (inp.msg `in `)@io.term)@io.term)@sys.task\nin 6\n6\nin\n"
     "error cancelled: the task was ended\nλ 7\n7\nλ\nλ\n"},
    // values are data
    {"inp@io.term\r\1(off)@sys.hw\r5\r", "λ inp@io.term\n(off)@sys.hw\n(off)@sys.hw\nλ 5\n5\nλ\n"},
    // who ends the prompt gets a new one
    {"(kill 1)@sys.task\r5\r",
     "λ (kill 1)@sys.task\nerror cancelled: the task was ended\nin sys.task\n"
     "error cancelled: the task was ended\n"
     "    (task.loop (show (inp.msg `λ `)@io.term)@sys.task)@sys.t\nask\n    ^\n"
     "at lambda.msg:4:1\nλ 5\n5\nλ\n"},
    // in the background: the line that is being typed stays
    {"(task.sep (say `from behind`)@io.term)@sys.task\r5\r",
     "λ (task.sep (say `from behind`)@io.term)@sys.task\n4\nfrom behind\nλ 5\n5\nλ\n"},
    {"(task.sep x@y)@sys.task\r5\r",
     "λ (task.sep x@y)@sys.task\n4\ntask 4: error no-service: no service is named y\nλ 5\n5\nλ\n"},
    {"(task.sep (inp `who? `)@io.term)@sys.task\r\1Ada\r5\r",
     "λ (task.sep (inp `who? `)@io.term)@sys.task\n4\nwho? Ada\nλ 5\n5\nλ\n"},
    {"(task.sep (task.loop inp@io.term)@sys.task)@sys.task\r\1Ada\r\1\x04",
     "λ (task.sep (task.loop inp@io.term)@sys.task)@sys.task\n4\nAda\nλ\n"},
    {"(task.sep (task.loop -@test.void)@sys.task)@sys.task\r5\r\x04",
     "λ (task.sep (task.loop -@test.void)@sys.task)@sys.task\n4\nλ 5\n5\nλ\n"},
};

START_TEST(prompt)
{
    static struct desk d;

    begin(&d, prompts[_i].keys);
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_msg(!strcmp(vt_text(&d.screen), prompts[_i].screen), "%s: shows\n%s",
                  prompts[_i].keys, vt_text(&d.screen));
    ck_assert(!d.screen.strange);
    sim_done(&d.sim);
}
END_TEST

START_TEST(prompt_short_of_memory)
{
    static struct desk d;

    for (long n = 0;; n++) {
        begin(&d, prompts[_i].keys);
        d.sim.mem.fail_at = n;
        (void)desk_run(&d, "");
        sim_done(&d.sim);
        if (d.sim.mem.gets <= n)
            break;
        ck_assert_int_lt(n, 1000);
    }
}
END_TEST

// Whatever the error is, the prompt is there afterwards.
static const struct {
    const char *message, *code;
} errors[] = {
    {",", "syntax"},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "too-deep"},
    {"1e999999999", "too-big"},
    {"5@nowhere", "no-service"},
    {"(nope 5)@math.calc", "bad-arg"},
    {"{neg:5 abs:5}@math.calc", "ambiguous"},
    {"(neg x)@math.calc", "bad-arg"},
    {"(neg @x.y)@math.calc", "no-ref"},
    {"{neg:@a a:@b b:@a}@math.calc", "ref-cycle"},
    {"5@math.calc:[elsewhere]", "no-node"},
    {"5@math.calc:[*]", "not-supported"},
    {"(div (1 0))@math.calc", "div-zero"},
    {"(sqrt -1)@math.calc", "domain"},
    {"(pow (10 99999999))@math.calc", "limit"},
    {"(task.loop -@test.void)@sys.task", "limit"},
    {"!`x`@math.calc", "bad-arg"},
    {"(nope 5)@test.void@sys.hw", "no-command"},
};

START_TEST(survives)
{
    static struct desk d;
    char keys[200], wanted[200];

    snprintf(keys, sizeof keys, "%s\r\1\1\1\1(neg 5)@math.calc\r", errors[_i].message);
    snprintf(wanted, sizeof wanted, "error %s", errors[_i].code);
    begin(&d, keys);
    d.sim.tick_ns = 100000;
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_msg(strstr(d.out, wanted) || strstr(d.err, wanted), "%s: %s", errors[_i].message,
                  d.both);
    ck_assert_msg(strstr(vt_text(&d.screen), "\nλ (neg 5)@math.calc\n-5\nλ\n"), "%s: shows\n%s",
                  errors[_i].message, vt_text(&d.screen));
    sim_done(&d.sim);
}
END_TEST

// No memory for the prompt, as others hold it: it comes once they have given it back.
static bool none_left;
static void *(*get_some)(void *ctx, size_t bytes);

static void *get_none(void *ctx, size_t bytes)
{
    return none_left ? NULL : get_some(ctx, bytes);
}

static enum err write_and_take(void *ctx, const void *bytes, size_t n)
{
    struct desk *d = ctx;

    none_left = memmem(bytes, n, "go", 2) != NULL || (none_left && d->waits < 20);
    vt_put(&d->screen, bytes, n);
    return ERR_OK;
}

static void (*wait_some)(void *ctx, uint64_t till_ns);

static void wait_and_give(void *ctx, uint64_t till_ns)
{
    struct desk *d = ctx;

    none_left = none_left && d->waits < 20;
    wait_some(ctx, till_ns);
}

START_TEST(waits_for_memory)
{
    static struct desk d;

    begin(&d, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
              "5\r");
    desk_keep(&d, "init.msg",
              "(task.sep (task.loop (40 (wait.ms 300)@time.chrono))@sys.task)@sys.task "
              "(say go)@io.term (wait.ms 200)@time.chrono");
    none_left = false;
    get_some = d.sim.mem.mem.get;
    d.sim.mem.mem.get = get_none;
    wait_some = d.sim.plat.wait;
    d.sim.plat.wait = wait_and_give;
    d.con.write = write_and_take;
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_msg(strstr(vt_text(&d.screen), "error no-memory"), "%s", vt_text(&d.screen));
    ck_assert_msg(strstr(vt_text(&d.screen), "λ 5\n5\n"), "%s", vt_text(&d.screen));
    sim_done(&d.sim);
}
END_TEST

// A secret is wiped wherever it was: keys, lines, texts, units.
static void (*put_back)(void *ctx, void *p, size_t bytes);

static void put_clean(void *ctx, void *p, size_t bytes)
{
    ck_assert_msg(!memmem(p, bytes, "geheim", 6), "a secret is left in %zu bytes", bytes);
    put_back(ctx, p, bytes);
}

static const char *const secrets[] = {
    "!`geheim`\r",
    "5 !`geheim`\r6\r",
    "[!`geheim` ,\r\1\1\1"
    "6\r",
    "!`geheim\x15"
    "6\r",
    "!`geheim\x03"
    "6\r",
    "[!`geheim`\r6]\r",
    "{inp:`pw ` sct:t}@io.term\r\1geheim\r6\r",
    "{inp:`pw ` sct:t}@io.term\r\1geheim\x03"
    "6\r",
    "(show {inp:`pw ` sct:t}@io.term)@sys.task\r\1geheim\r6\r",
};

START_TEST(wiped)
{
    static struct desk d;

    begin(&d, secrets[_i]);
    put_back = d.sim.mem.mem.put;
    d.sim.mem.mem.put = put_clean;
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_msg(strstr(vt_text(&d.screen), "λ\n") && !strstr(d.both, "geheim"), "%s", d.both);
    sim_done(&d.sim);
}
END_TEST

// A line longer than what is parsed at once.
static char tail[4096];

static enum err keep_tail(void *ctx, const void *bytes, size_t n)
{
    size_t most = n < sizeof tail - 1 ? n : sizeof tail - 1;

    (void)ctx;
    memmove(tail, tail + most, sizeof tail - 1 - most);
    memcpy(tail + sizeof tail - 1 - most, (const char *)bytes + n - most, most);
    return ERR_OK;
}

START_TEST(long_line)
{
    enum { ITEMS = 70000 };
    static struct desk d;
    static char keys[2 * ITEMS + 100];
    size_t n = (size_t)sprintf(keys, "(len [");

    for (int i = 0; i < ITEMS; i++, n += 2)
        memcpy(keys + n, "5 ", 2);
    strcpy(keys + n, "])@dat.proc\r(neg 6)@math.calc\r");
    begin(&d, keys);
    d.con.write = keep_tail;
    memset(tail, ' ', sizeof tail - 1);
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_msg(strstr(tail, "\n70000\nλ "), "%s", tail);
    ck_assert_msg(strstr(tail, "\n-6\nλ "), "%s", tail);
    sim_done(&d.sim);
}
END_TEST

// ---- Scripts wait for the background

START_TEST(background)
{
    static struct desk d;

    desk_init(&d, false, "(task.sep (task.loop (3 (say x)@io.term))@sys.task)@sys.task\n");
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_str_eq(d.out, "2\nxxx");
    sim_done(&d.sim);
    desk_init(&d, false, "(task.sep {x:1@time.chrono say:x}@io.term)@sys.task\n");
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_str_eq(d.out, "2\nx");
    sim_done(&d.sim);
    desk_init(&d, false, "(task.sep 1@time.chrono)@sys.task\n");
    ck_assert_int_eq(desk_run(&d, ""), 0);
    sim_done(&d.sim);
    desk_init(&d, false, "(task.sep (div (1 0))@math.calc)@sys.task\n");
    ck_assert_int_eq(desk_run(&d, ""), 1);
    ck_assert_str_eq(d.err, "task 2: error div-zero: division by zero\nin math.calc\n");
    sim_done(&d.sim);
    desk_init(&d, false, "(task.sep (div (1 0))@math.calc)@sys.task\n");
    ck_assert_int_eq(desk_run(&d, "--json"), 1);
    ck_assert_str_eq(d.out, "{\"msg\":2}\n{\"err\":{\"code\":\"div-zero\",\"why\":\"division by "
                            "zero\",\"svc\":\"math.calc\",\"task\":2}}\n");
    sim_done(&d.sim);
}
END_TEST

Suite *shell_lambda_suite(void)
{
    Suite *s = suite_create("shell_lambda");
    TCase *c = tcase_create("all");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, text, 0, COUNT(texts));
    tcase_add_loop_test(c, text_short_of_memory, 0, COUNT(texts));
    tcase_add_test(c, script);
    tcase_add_loop_test(c, one_message, 0, COUNT(asked));
    tcase_add_test(c, unreadable);
    tcase_add_loop_test(c, prompt, 0, COUNT(prompts));
    tcase_add_loop_test(c, prompt_short_of_memory, 0, COUNT(prompts));
    tcase_add_loop_test(c, survives, 0, COUNT(errors));
    tcase_add_test(c, waits_for_memory);
    tcase_add_loop_test(c, wiped, 0, COUNT(secrets));
    tcase_add_test(c, long_line);
    tcase_add_test(c, background);
    suite_add_tcase(s, c);
    return s;
}
