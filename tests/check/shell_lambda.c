// SPDX-License-Identifier: MIT
// Sessions with a prompt: what init.msg and lambda.msg do, what Ctrl-C ends, what the prompt
// survives, and several of them on one kernel.
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
     "λ (kill 1)@sys.task\nerror cancelled: the task was ended\n"
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

// ---- Two people

static const struct {
    const char *keys[2], *screen[2];
} pairs[] = {
    {{"5\r\1(neg 6)@math.calc\r", "a\rb\r\1c\r"},
     {"λ 5\n5\nλ (neg 6)@math.calc\n-6\nλ\n", "λ a\na\nλ b\nb\nλ c\nc\nλ\n"}},
    // history and unfinished lines of their own
    {{"1\r\1\x1b[A\r", "2\r\1\x1b[A\r"}, {"λ 1\n1\nλ 1\n1\nλ\n", "λ 2\n2\nλ 2\n2\nλ\n"}},
    {{"(neg\r\1\1"
      "5)@math.calc\r",
      "6\r\1(\r\1)\x03"
      "7\r"},
     {"λ (neg\n.. 5)@math.calc\n-5\nλ\n", "λ 6\n6\nλ (\n.. )\nλ 7\n7\nλ\n"}},
    // one waits for a line, a key, for ever; the other goes on
    {{"inp@io.term\r\1\1\1\1there\r", "1\r\1"
                                      "2\r\1"
                                      "3\r"},
     {"λ inp@io.term\nthere\nthere\nλ\n", "λ 1\n1\nλ 2\n2\nλ 3\n3\nλ\n"}},
    {{"inp.key@io.term\r\1\1\1x", "1\r\1"
                                  "2\r"},
     {"λ inp.key@io.term\nx\nλ\n", "λ 1\n1\nλ 2\n2\nλ\n"}},
    {{"(task.loop -@test.void)@sys.task\r\1\1\1\1\1\1\1\1\x03\1"
      "6\r",
      "1\r\1"
      "2\r"},
     {"λ (task.loop -@test.void)@sys.task\nerror cancelled: the task was ended\nλ 6\n6\nλ\n",
      "λ 1\n1\nλ 2\n2\nλ\n"}},
    // an error, and what is left out behind it
    {{"[1 ,\r(off)@sys.hw\r]\r\1\1\1"
      "5\r",
      "1\r\1"
      "2\r"},
     {"λ [1 ,\nerror syntax: , has no meaning here\n    [1 ,\n       ^\n"
      "hint: blanks separate units: [1 2]\nskipped 2 lines behind it\nλ 5\n5\nλ\n",
      "λ 1\n1\nλ 2\n2\nλ\n"}},
    // who has left may come back while the other is there
    {{"1\r\x04\1x\1\1"
      "2\r",
      "\1\1\1\1\1\1\1\1\1\1\1\1"
      "3\r"},
     {"λ 1\n1\nλ\nλ 2\n2\nλ\n", "λ 3\n3\nλ\n"}},
};

START_TEST(two)
{
    static struct desk d;
    static struct seat seat[2];

    begin(&d, "");
    for (int i = 0; i < 2; i++)
        desk_seat(&d, &seat[i], pairs[_i].keys[i]);
    ck_assert_int_eq(desk_run(&d, ""), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_msg(!strcmp(vt_text(&seat[i].screen), pairs[_i].screen[i]), "%s: shows\n%s",
                      pairs[_i].keys[i], vt_text(&seat[i].screen));
    ck_assert_uint_eq(d.both_n, 0);
    sim_done(&d.sim);
}
END_TEST

// The machine's own init.msg is heard everywhere, what it leaves in the background too.
START_TEST(init_of_the_machine)
{
    static struct desk d;
    static struct seat seat[2];

    begin(&d, "");
    desk_file(&d, "/init.msg",
              "hello@io.term (task.sep (task.loop (3 (say x)@io.term))@sys.task)@sys.task");
    d.sim.plat.init_msg = "/init.msg";
    for (int i = 0; i < 2; i++)
        desk_seat(&d, &seat[i], i ? "a\r" : "b\r");
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert(!strncmp(d.out, "hello", 5));
    ck_assert_str_eq(vt_text(&seat[0].screen), "xxx\nλ b\nb\nλ\n");
    ck_assert_str_eq(vt_text(&seat[1].screen), "xxx\nλ a\na\nλ\n");
    sim_done(&d.sim);
}
END_TEST

// The busy one does not hold up the other: its keys are looked at within 5 ms.
static uint64_t typed_ns, shown_ns;

static enum err late_key(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    struct seat *s = ctx;

    (void)cap;
    *n = 0;
    *end = shown_ns != 0;
    if (s->desk->sim.now_ns < 50000000 || s->in.at)
        return ERR_OK;
    typed_ns = s->in.at ? typed_ns : s->desk->sim.now_ns;
    s->in.at = 1;
    memcpy(buf, "5\r", 2);
    *n = 2;
    return ERR_OK;
}

static enum err late_write(void *ctx, const void *bytes, size_t n)
{
    struct seat *s = ctx;

    vt_put(&s->screen, bytes, n);
    if (!shown_ns && strstr(vt_text(&s->screen), "λ 5\n5\n"))
        shown_ns = s->desk->sim.now_ns;
    return ERR_OK;
}

START_TEST(in_time)
{
    static struct desk d;
    static struct seat seat[2];

    begin(&d, "");
    desk_seat(&d, &seat[0], "(task.loop -@test.void)@sys.task\r");
    desk_seat(&d, &seat[1], "");
    seat[1].con.in.read = late_key;
    seat[1].con.write = late_write;
    typed_ns = shown_ns = 0;
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert(typed_ns && shown_ns);
    ck_assert_uint_le(shown_ns - typed_ns, 5000000);
    sim_done(&d.sim);
}
END_TEST

// Anything at all at two places: it ends, gives back its memory, and drives no terminal.
static const char *const scraps[] = {"5\r",
                                     "(neg 5)@math.calc\r",
                                     "inp@io.term\r",
                                     "inp.key@io.term\r",
                                     "inp.msg@io.term\r",
                                     "(task.loop -@test.void)@sys.task\r",
                                     "(task.sep inp@io.term)@sys.task\r",
                                     "(task.sep inp.msg@io.term)@sys.task\r",
                                     "(task.sep inp.key@io.term)@sys.task\r",
                                     "(task.sep x@y)@sys.task\r",
                                     "(task.loop (2 (show inp.msg@io.term)@sys.task))@sys.task\r",
                                     "(kill 1)@sys.task\r",
                                     "(kill 2)@sys.task\r",
                                     "(kill 5)@sys.task\r",
                                     "cls@io.term\r",
                                     "{inp:a sct:t}@io.term\r",
                                     "\x03",
                                     "\x03",
                                     "\x04",
                                     "\r",
                                     "(",
                                     ")",
                                     "`",
                                     ",\r",
                                     "\x1b[A",
                                     "\x1b",
                                     "\x1b[200~",
                                     "\x1b[201~",
                                     "\1",
                                     "\1",
                                     "\1",
                                     "\x15",
                                     "!`",
                                     "\xFF",
                                     "\x7F",
                                     "help\r"};

static void any_input(char *to, uint64_t *seed)
{
    *to = 0;
    for (int n = 0; n < 30; n++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        strcat(to, scraps[(*seed >> 33) % COUNT(scraps)]);
    }
}

START_TEST(any_keys)
{
    static struct desk d;
    static struct seat seat[2];
    static char in[2][2000];
    uint64_t seed = 5;

    for (int round = 0; round < 150; round++) {
        begin(&d, "");
        d.sim.tick_ns = 1000000;
        for (int i = 0; i < 2; i++) {
            any_input(in[i], &seed);
            desk_seat(&d, &seat[i], in[i]);
        }
        (void)desk_run(&d, "");
        for (int i = 0; i < 2; i++)
            ck_assert_msg(!seat[i].screen.strange, "%s: strange bytes", in[i]);
        sim_done(&d.sim);
    }
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
    tcase_add_loop_test(c, prompt, 0, COUNT(prompts));
    tcase_add_loop_test(c, prompt_short_of_memory, 0, COUNT(prompts));
    tcase_add_loop_test(c, survives, 0, COUNT(errors));
    tcase_add_loop_test(c, two, 0, COUNT(pairs));
    tcase_add_test(c, init_of_the_machine);
    tcase_add_test(c, in_time);
    tcase_add_test(c, any_keys);
    tcase_add_test(c, background);
    suite_add_tcase(s, c);
    return s;
}
