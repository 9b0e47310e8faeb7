// SPDX-License-Identifier: MIT
// Several people at one machine: a session for each, on one kernel.
#include "keys/users.h"
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

// ---- Users

// The files of a node whose owner has the passphrase `mine`.
static void locked_files(struct desk *d)
{
    static char files[sizeof d->sim.files];
    const struct pass_cost cheap = {8, 1};
    struct key_files keys;
    struct key_random random;
    struct sign_key key;

    machine(d);
    ck_assert_int_eq(desk_run(d, "-e pub@sys.usr"), 0);
    keys = (struct key_files){d->sim.file.ctx,  d->sim.file.has, d->sim.file.load, d->sim.file.make,
                              d->sim.file.save, d->sim.file.del, d->sim.file.list};
    random = (struct key_random){&d->sim, d->sim.plat.random};
    ck_assert_int_eq(
        users_open(&d->sim.mem.mem, &keys, SPAN("owner"), (struct span){0}, &key, NULL), ERR_OK);
    ck_assert_int_eq(
        users_pass(&d->sim.mem.mem, &keys, &random, SPAN("owner"), &key, SPAN("mine"), cheap, NULL),
        ERR_OK);
    memcpy(files, d->sim.files, sizeof files);
    sim_done(&d->sim);
    machine(d);
    memcpy(d->sim.files, files, sizeof files);
}

#define DENIED                                                       \
    "error denied: there is no such thing for you here, or you ha\n" \
    "ve no right to it\nhint: log in first: (login NAME)@sys.usr\n"
#define IN "λ {login:owner pass:!`****`}@sys.usr\n"

static const struct {
    bool machine; // that asks whoever comes
    const char *keys, *screen;
} users[] = {
    {true, "(neg 5)@math.calc\r\1{login:owner pass:!`mine`}@sys.usr\r\1\1\1(neg 6)@math.calc\r",
     "λ (neg 5)@math.calc\n" DENIED IN "λ (neg 6)@math.calc\n-6\nλ\n"},
    {true, "(login owner)@sys.usr\r\1mine\r\1\1\1(neg 6)@math.calc\r",
     "λ (login owner)@sys.usr\npassphrase:\nλ (neg 6)@math.calc\n-6\nλ\n"},
    {false, "(neg 5)@math.calc\r\1{login:owner pass:!`mine`}@sys.usr\r\1\1\1(neg 6)@math.calc\r",
     "λ (neg 5)@math.calc\n-5\n" IN "λ (neg 6)@math.calc\n-6\nλ\n"},
    // Who comes where a session has ended is not who has left.
    {false, "logout@sys.usr\r\x04\1x\1\1(neg 5)@math.calc\r",
     "λ logout@sys.usr\nλ\nλ (neg 5)@math.calc\n" DENIED "λ\n"},
    {false, "5\r\x04\1x\1\1(neg 5)@math.calc\r",
     "λ 5\n5\nλ\nλ (neg 5)@math.calc\n-5\nλ\n"}, // the owner has not left
    // What was typed is not for the next one, nor are his keys for what the last one left behind.
    {false, "5\rlogout@sys.usr\r\1\x1b[A\x1b[A\r\1", "λ 5\n5\nλ logout@sys.usr\nλ\nλ\n"},
    {false,
     "(task.sep (task.que [(wait 9)@time.chrono {a:(inp x)@io.term say:[GOT "
     "@a]}@io.term])@sys.task)@sys.task\rlogout@sys.usr\r\1\1\1\1\1\1\1\1who@sys.usr\r\1\1",
     "λ (task.sep (task.que [(wait 9)@time.chrono {a:(inp x)@io.te\n"
     "rm say:[GOT @a]}@io.term])@sys.task)@sys.task\n6\nλ logout@sys.usr\nλ who@sys.usr\nλ\n"},
    {true, "{login:owner pass:!`mine`}@sys.usr\r\1\1\1\x04\1x\1\1(neg 5)@math.calc\r",
     IN "λ\nλ (neg 5)@math.calc\n" DENIED "λ\n"},
    // What waits for a line, or a message, or shows one, when it loses the terminal.
    {false,
     "(task.sep [(show (prs.str `(wait 9)@time.chrono`)@dat.proc)@sys.task])@sys.task\r"
     "logout@sys.usr\r\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1who@sys.usr\r\1\1",
     "λ (task.sep [(show (prs.str `(wait 9)@time.chrono`)@dat.proc\n"
     ")@sys.task])@sys.task\n6\nλ logout@sys.usr\nλ who@sys.usr\nλ\n"},
    {false,
     "(task.sep (task.que [(wait 9)@time.chrono (inp `x `)@io.term])@sys.task)@sys.task\r"
     "(task.que [(wait 30)@time.chrono logout@sys.usr (kill "
     "6)@sys.task])@sys."
     "task\r\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
     "\1\1\1\1\1who@sys.usr\r\1\1",
     "λ (task.sep (task.que [(wait 9)@time.chrono (inp `x `)@io.te\n"
     "rm])@sys.task)@sys.task\n6\n"
     "λ (task.que [(wait 30)@time.chrono logout@sys.usr (kill 6)@s\n"
     "ys.task])@sys.task\nx\nλ who@sys.usr\nλ\n"},
    {false,
     "(task.sep (task.que [(wait 9)@time.chrono (inp.msg `x `)@io.term])@sys.task)@sys.task\r"
     "(task.que [(wait 30)@time.chrono logout@sys.usr (kill "
     "6)@sys.task])@sys."
     "task\r\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
     "\1\1\1\1\1who@sys.usr\r\1\1",
     "λ (task.sep (task.que [(wait 9)@time.chrono (inp.msg `x `)@i\n"
     "o.term])@sys.task)@sys.task\n6\n"
     "λ (task.que [(wait 30)@time.chrono logout@sys.usr (kill 6)@s\n"
     "ys.task])@sys.task\nx\nλ who@sys.usr\nλ\n"},
    {false,
     "(task.sep (task.que [(wait 9)@time.chrono (inp.msg `x `)@io.term])@sys.task)@sys.task\r"
     "(task.que [(wait 30)@time.chrono "
     "logout@sys.usr])@sys."
     "task\r\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
     "\1\1\1\1\1(neg 5)@math.calc\r\1\1",
     "λ (task.sep (task.que [(wait 9)@time.chrono (inp.msg `x `)@i\n"
     "o.term])@sys.task)@sys.task\n6\nλ (task.que [(wait 30)@time.chrono "
     "logout@sys.usr])@sys.task\n"
     "x\nλ (neg 5)@math.calc\n" DENIED "λ\n"},
    // What the node itself asks nobody else hears, who asks behind it.
    {false,
     "{login:owner pass:!`mine`}@sys.usr\r\1(new bob)@sys.usr\r\1{grant:{to:bob may:[compute "
     "screen "
     "input]}}@sys.usr\r\1(login bob)@sys.usr\r\1cls@io.term\r\1"
     "(task.sep (task.que [(wait 9)@time.chrono (say (inp `x "
     "`)@io.term)@io.term])@sys.task)@sys.task\r"
     "(login "
     "owner)@sys."
     "usr\r\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1mine\r\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
     "\1\1\1\1\1\1\1(neg 5)@math.calc\r\1\1",
     "λ (task.sep (task.que [(wait 9)@time.chrono (say (inp `x `)@\n"
     "io.term)@io.term])@sys.task)@sys.task\n16\nλ (login owner)@sys.usr\n"
     "error busy: somebody is asked for a passphrase at this termi\nnal\n"
     "in io.term at @1\nin io.term\nhint: try again when that is answered\n"
     "passphrase:\nλ (neg 5)@math.calc\n-5\nλ\n"},
};

START_TEST(who_comes)
{
    static struct desk d;
    static struct seat seat[2];

    locked_files(&d);
    d.sim.plat.machine = users[_i].machine;
    desk_seat(&d, &seat[0], users[_i].keys);
    desk_seat(&d, &seat[1],
              "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
              "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1");
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_msg(!strcmp(vt_text(&seat[0].screen), users[_i].screen), "%s: shows\n%s",
                  users[_i].keys, vt_text(&seat[0].screen));
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
    tcase_add_loop_test(c, who_comes, 0, COUNT(users));
    tcase_add_test(c, init_of_the_machine);
    tcase_add_test(c, in_time);
    tcase_add_test(c, any_keys);
    suite_add_tcase(s, c);
    return s;
}
