// SPDX-License-Identifier: MIT
// Several people at one machine: a session for each, on one kernel.
#include "shell/shell.h"
#include "tests/check/shell_fix.h"

static void machine(struct desk *d)
{
    desk_init(d, true, "");
    d->sim.tick_ns = 1000;
}

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

    machine(&d);
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

    machine(&d);
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

    machine(&d);
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
        machine(&d);
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

Suite *shell_seats_suite(void)
{
    Suite *s = suite_create("shell_seats");
    TCase *c = tcase_create("all");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, two, 0, COUNT(pairs));
    tcase_add_test(c, init_of_the_machine);
    tcase_add_test(c, in_time);
    tcase_add_test(c, any_keys);
    suite_add_tcase(s, c);
    return s;
}
