// SPDX-License-Identifier: MIT
// --sign and --verify: units that are there together share a signature, whatever the text does.
#include "shell/shell.h"
#include "tests/check/shell_fix.h"

// One letter for each line that was written: b a document of a batch, v one alone, e an error's
// first line, ? anything else.
static const char *kinds(const char *text)
{
    static char out[256];
    size_t n = 0;

    while (*text) {
        const char *end = strchr(text, '\n');

        ck_assert_uint_lt(n, sizeof out - 1);
        out[n] = '?';
        if (!strncmp(text, "{\"msg\":{\"%\":\"", 13))
            text += 11; // where the bytes begin
        if (!strncmp(text, "%`telex/doc/", 12) || !strncmp(text, ":\"telex/doc/", 12))
            out[n] = text[12];
        else if (!strncmp(text, "error ", 6))
            out[n] = 'e';
        else if (text[0] == ' ' || !strncmp(text, "at ", 3) || !strncmp(text, "hint: ", 6))
            n--; // the rest of an error
        n++;
        ck_assert_ptr_nonnull(end);
        text = end + 1;
    }
    out[n] = 0;
    return out;
}

// All that was written to standard output is proven; gives what it says.
static const char *verified(const char *docs)
{
    static struct desk v;

    desk_init(&v, false, docs);
    ck_assert_msg(desk_run(&v, "--verify") == 0, "%s", v.err);
    sim_done(&v.sim);
    return v.out;
}

#define LONG_TEXT_BYTES 20000
static char long_text[LONG_TEXT_BYTES + 64];

// \1: nothing comes for a moment; LONG stands for a str of 20 000 bytes.
static const struct {
    const char *args, *in, *kinds, *says;
    int status;
} rows[] = {
    {"--sign", "1 2 3\n", "bbb", "1\n2\n3\n", 0},
    {"--sign", "1\n", "v", "1\n", 0},
    {"--sign", "", "", "", 0},
    {"--sign", "1 2\n\1 3\n\1[4] `a b` (neg 5)@math.calc\n", "bbvbbb",
     "1\n2\n3\n[4]\n`a b`\n(neg 5)@math.calc\n", 0},
    {"--sign", "[1\1 2]\n\1- -\n", "vbb", "[1 2]\n-\n-\n", 0},
    {"--sign -e 1~2 -e 3 -e 4", "", "bbvv", "1\n2\n3\n4\n", 0},
    {"--sign a.msg - -e 5", "6 7\n", "bbbbv", "A\nB\n6\n7\n5\n", 0},
    // errors: what is right before one is written before it
    {"--sign", "1 2 ,\n3 4\n", "bbebb", "1\n2\n3\n4\n", 2},
    {"--sign", "1 2 !`x` 3\n", "bbev", "1\n2\n3\n", 2},
    {"--sign", "!`x` 1 2\n", "ebb", "1\n2\n", 2},
    {"--sign --stop", "1 2 !`x` 3\n", "bbe", "1\n2\n", 2},
    {"--sign --stop", "1 2 ,\n3 4\n", "bbe", "1\n2\n", 2},
    {"--sign -e 1~2 nope.msg -e 3", "", "bbev", "1\n2\n3\n", 2},
    {"--sign", "1 2 [3", "bbe", "1\n2\n", 2},
    // one that gains nothing by it
    {"--sign", "1 2 LONG 3 4\n", "bbvbb", NULL, 0},
    {"--sign", "LONG LONG\n", "vv", NULL, 0},
    // JSON
    {"--sign --json", "1 2\n", "bb", NULL, 0},
    {"--sign --json-in", "1 [2,3]\n", "bb", "1\n[2 3]\n", 0},
};

static void input(char *out, size_t cap, const char *text)
{
    const char *mark;
    size_t n = 0;

    while ((mark = strstr(text, "LONG"))) {
        n += (size_t)snprintf(out + n, cap - n, "%.*s%s", (int)(mark - text), text, long_text);
        text = mark + 4;
    }
    snprintf(out + n, cap - n, "%s", text);
}

START_TEST(together)
{
    static struct desk d;
    static char in[3 * LONG_TEXT_BYTES];
    int status;

    memset(long_text, 'x', LONG_TEXT_BYTES);
    input(in, sizeof in, rows[_i].in);
    desk_init(&d, false, in);
    desk_file(&d, "a.msg", "A\nB\n");
    status = desk_run(&d, rows[_i].args);
    ck_assert_msg(status == rows[_i].status, "%s: status %d: %s", rows[_i].in, status, d.err);
    ck_assert_msg(!strcmp(kinds(d.both), rows[_i].kinds), "%s: %s", rows[_i].in, kinds(d.both));
    if (rows[_i].says)
        ck_assert_msg(!strcmp(verified(d.out), rows[_i].says), "%s: %s", rows[_i].in,
                      verified(d.out));
    sim_done(&d.sim);
}
END_TEST

enum { MANY = 40 };

// 0 .. 39 as documents of one batch, each a line of its own.
static void make_many(struct desk *d, char *line[MANY])
{
    static char in[MANY * 4];
    size_t n = 0;

    for (int i = 0; i < MANY; i++)
        n += (size_t)sprintf(in + n, "%d ", i);
    desk_init(d, false, in);
    ck_assert_int_eq(desk_run(d, "--sign"), 0);
    sim_done(&d->sim);
    for (int i = 0; i < MANY; i++)
        line[i] = strtok(i ? NULL : d->out, "\n");
    ck_assert_ptr_null(strtok(NULL, "\n"));
}

// Each proves itself alone, and in any order.
START_TEST(alone)
{
    static struct desk d;
    static char text[SIM_OUTPUT];
    char *line[MANY], want[MANY * 4];
    size_t n = 0, w = 0;

    make_many(&d, line);
    for (int i = 0; i < MANY; i++) {
        snprintf(want, sizeof want, "%d\n", i);
        ck_assert_str_eq(verified(line[i]), want);
    }
    for (int i = 0; i < MANY; i++) {
        int k = (i * 7 + 3) % MANY;

        n += (size_t)sprintf(text + n, "%s\n", line[k]);
        w += (size_t)sprintf(want + w, "%d\n", k);
    }
    ck_assert_str_eq(verified(text), want);
}
END_TEST

static const size_t places[] = {8, 14, 100, 360, 430, 440, 450, 500, 700, 800};

// One in the middle is damaged, in one place or another: what stands before it is shown, then it
// is told where, and nothing else is believed.
START_TEST(damaged)
{
    static struct desk d, v;
    static char text[SIM_OUTPUT];
    char *line[MANY], *bad;
    size_t n = 0;

    make_many(&d, line);
    bad = &line[2][2 + places[_i]];
    *bad = *bad == 'A' ? 'B' : 'A';
    for (int i = 0; i < 5; i++)
        n += (size_t)sprintf(text + n, "%s\n", line[i]);
    desk_init(&v, false, text);
    ck_assert_int_eq(desk_run(&v, "--verify"), 3);
    ck_assert_str_eq(v.out, "0\n1\n");
    ck_assert_msg(!strncmp(v.err, "error ", 6), "%s", v.err);
    ck_assert_msg(strstr(v.err, "\nat stdin:3:1\n"), "%s", v.err);
    sim_done(&v.sim);
    if (places[_i] < 12) // then it is bytes like any others
        return;
    desk_init(&v, false, text); // run as messages, the others go on
    ck_assert_int_ne(desk_run(&v, ""), 0);
    ck_assert_msg(strstr(v.out, "0\n1\n") == v.out, "%s", v.out);
    ck_assert_msg(strstr(v.out, "3\n4\n"), "%s", v.out);
    sim_done(&v.sim);
}
END_TEST

// Only of one user: a document that holds is not yet one of his.
START_TEST(by_whom)
{
    static struct desk d, v;
    static char text[SIM_OUTPUT];
    char args[200];

    desk_init(&d, false, "1 2\n");
    ck_assert_int_eq(desk_run(&d, "--sign"), 0);
    strcpy(text, d.out);
    sim_done(&d.sim);
    desk_init(&v, false, "");
    memcpy(v.sim.files, d.sim.files, sizeof v.sim.files);
    ck_assert_int_eq(desk_run(&v, "-e pub@sys.usr"), 0);
    snprintf(args, sizeof args, "--verify --by=%.*s", (int)strcspn(v.out, "\n"), v.out);
    sim_done(&v.sim);
    desk_init(&v, false, text);
    ck_assert_int_eq(desk_run(&v, args), 0);
    ck_assert_str_eq(v.out, "1\n2\n");
    sim_done(&v.sim);
    desk_init(&v, false, text);
    ck_assert_int_eq(desk_run(&v, "--verify --by="
                                  "tu1zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygsggdfvz"),
                     2); // no key: its check is wrong
    sim_done(&v.sim);
    desk_init(&v, false, text);
    v.sim.seed = 99;
    ck_assert_int_eq(desk_run(&v, "-e pub@sys.usr"), 0);
    snprintf(args, sizeof args, "--verify --by=%.*s", (int)strcspn(v.out, "\n"), v.out);
    sim_done(&v.sim);
    desk_init(&v, false, text);
    ck_assert_int_eq(desk_run(&v, args), 3);
    ck_assert_str_eq(v.out, "");
    ck_assert_ptr_nonnull(strstr(v.err, "another user signed it"));
    sim_done(&v.sim);
    desk_init(&v, false, text);
    snprintf(args + strlen(args), sizeof args - strlen(args), " --sign");
    ck_assert_int_eq(desk_run(&v, args), 2);
    sim_done(&v.sim);
}
END_TEST

// A machine that has its keys and no random bytes now: no salts, so each is signed alone.
START_TEST(no_salts)
{
    static struct desk d, n;

    desk_init(&d, false, "1 2\n");
    ck_assert_int_eq(desk_run(&d, "--sign"), 0);
    ck_assert_str_eq(kinds(d.out), "bb");
    sim_done(&d.sim);
    desk_init(&n, false, "1 2\n");
    memcpy(n.sim.files, d.sim.files, sizeof n.sim.files);
    n.sim.no_random = true;
    ck_assert_int_eq(desk_run(&n, "--sign"), 0);
    ck_assert_str_eq(kinds(n.out), "vv");
    ck_assert_str_eq(verified(n.out), "1\n2\n");
    sim_done(&n.sim);
}
END_TEST

START_TEST(short_of_memory)
{
    static struct desk d;

    for (long n = 0;; n++) {
        int status;

        desk_init(&d, false, "1 [2 3]\n\1 `a b`\n");
        d.sim.mem.fail_at = n;
        status = desk_run(&d, "--sign");
        sim_done(&d.sim);
        if (!status && strcmp(verified(d.out), "1\n[2 3]\n`a b`\n") != 0)
            ck_abort_msg("allocation %ld fails silently: %s", n, d.out);
        if (d.sim.mem.gets <= n)
            break;
        ck_assert_int_lt(n, 1000);
    }
}
END_TEST

Suite *shell_sign_suite(void)
{
    Suite *s = suite_create("shell/sign");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, together, 0, COUNT(rows));
    tcase_add_test(t, alone);
    tcase_add_loop_test(t, damaged, 0, COUNT(places));
    tcase_add_test(t, by_whom);
    tcase_add_test(t, no_salts);
    tcase_add_test(t, short_of_memory);
    suite_add_tcase(s, t);
    return s;
}
