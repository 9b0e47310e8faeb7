// SPDX-License-Identifier: MIT
// The whole program on a simulated machine: arguments and what comes in, what goes out, the status.
#include "shell/shell.h"
#include "tests/check/shell_fix.h"

// ---- Through pipes. \1 in the input: nothing comes for a moment.

static const struct {
    const char *args, *in, *out, *err; // err: what standard error begins with; NULL: it is empty
    int status;
} rows[] = {
    // values
    {"", "", "", NULL, 0},
    {"", "5 abc - `a b` [`a b` c]\n", "5\nabc\na b\n[`a b` c]\n", NULL, 0},
    {"", "(neg 5)@math.calc", "-5\n", NULL, 0},
    {"-", "(neg 5)@math.calc\n7", "-5\n7\n", NULL, 0},
    {"", "`\\x1b[31m\\x07`\n", "\x1b[31m\x07\n", NULL, 0},
    {"", "!`abc`", "!`***`\n", NULL, 0},
    {"", "test.void x@test.void 5", "test.void\n5\n", NULL, 0},
    // where say leaves the column
    {"", "a@io.term b@io.term 5 6\n", "ab\n5\n6\n", NULL, 0},
    {"", "{say:a nl:t}@io.term 5", "a\n5\n", NULL, 0},
    {"", "a@io.term", "a", NULL, 0},
    // -e, files, order
    {"-e 5", "", "5\n", NULL, 0},
    {"-e5 -e 6~7", "", "5\n6\n7\n", NULL, 0},
    {"-e 1 a.msg - -e 2 a.msg", "in", "1\nA\nin\n2\nA\n", NULL, 0},
    {"-- a.msg -e", "", "A\n", "error not-found: -e: there is no such file\n", 2},
    {"nope.msg a.msg", "", "A\n", "error not-found: nope.msg: there is no such file\n", 2},
    {"--stop nope.msg a.msg", "", "", "error not-found: nope.msg", 2},
    {"two.msg", "", "1\n2\n3\n",
     "error syntax: , has no meaning here\n    2 ,\n      ^\nat two.msg:2:3\n", 2},
    // inp
    {"", "inp@io.term\nhello\n5", "hello\n5\n", NULL, 0},
    {"", "(inp `name? `)@io.term\nBob\n5", "name? \nBob\n5\n", NULL, 0},
    {"",
     "\1inp@io.term\n\1he\1llo\n\1"
     "5",
     "hello\n5\n", NULL, 0},
    {"", "inp@io.term 5\nhello\n6", "hello\n5\n6\n", NULL, 0},
    {"", "inp@io.term", "", NULL, 0},
    {"", "{inp:a lim:2}@io.term\nabcd\n5", "a\nab\n5\n", NULL, 0},
    {"", "{inp:`` sct:t}@io.term\ngeheim\n5", "!`***`\n5\n", NULL, 0},
    {"", "inp@io.term\n\xFF\n5", "5\n", "error syntax: byte 1 of the line is no UTF-8", 2},
    {"", "inp.key@io.term inp.key@io.term\na\n5", "a\nENTER\n5\n", NULL, 0},
    {"", "inp.key.async@io.term\n", "", NULL, 0},
    {"-e inp@io.term -e inp@io.term", "one\ntwo\n", "one\ntwo\n", NULL, 0},
    {"-e inp@io.term -", "one\ntwo\n", "one\ntwo\n", NULL, 0},
    {"ask.msg", "no", "yes\n5\n", NULL, 0},
    // errors
    {"", "(div (1 0))@math.calc\n5", "5\n", "error div-zero: ", 1},
    {"", "5@nowhere\n(div (1 0))@math.calc", "", "error no-service: ", 2},
    {"--stop", "(div (1 0))@math.calc\n5", "", "error div-zero: ", 1},
    {"--stop", "1 , 2\n3", "1\n", "error syntax: ", 2},
    {"-e 1~,~2 -e 3", "", "1\n3\n",
     "error syntax: , has no meaning here\n    1 , 2\n      ^\nhint: ", 2},
    {"-e (neg~5@math.calc", "", "",
     "error syntax: the pair opened at 1:1 is not closed\n    (neg 5@math.calc\n"
     "                    ^\n",
     2},
    {"", "x\n(a\n,\nfragment\n\n5", "x\n5\n",
     "error syntax: , has no meaning here\n    ,\n    ^\nat stdin:3:1\n"
     "hint: blanks separate units: [1 2]\nskipped 3 lines, up to the next empty one\n",
     2},
    {"", "\t日本 \x1B !`pw` ,\n", "日本\n", "error syntax: ", 2},
    {"", "  (neg inp@io.term)@math.calc 6\nline\n5", "6\n5\n",
     "error bad-arg: neg wants a number, this is of type str and came from another message: it is "
     "data, not a command\n      (neg inp@io.term)@math.calc 6\n      ^\n",
     2},
    {"", "(neg (div (1 0))@math.calc)@math.calc", "",
     "error div-zero: division by zero\n    (neg (div (1 0))@math.calc)@math.calc\n    ^\n"
     "in math.calc at @1\nin math.calc\nat stdin:1:1\n",
     1},
    // options
    {"--nope", "", "", "error bad-arg: there is no option --nope\nhint: telex --help\n", 2},
    {"-e", "", "", "error bad-arg: -e needs a message behind it\n", 2},
    {"--sign --verify", "", "", "error bad-arg: ", 2},
    {"--version", "", "telex " TELEX_VERSION "\n", NULL, 0},
    // JSON
    {"--json", "5 - abc [t 0x1f]\n",
     "{\"msg\":5}\n{\"msg\":null}\n{\"msg\":\"abc\"}\n"
     "{\"msg\":[true,{\"0x\":31}]}\n",
     NULL, 0},
    {"--json", "a@io.term {say:b nl:t}@io.term\n",
     "{\"say\":\"a\"}\n{\"msg\":null}\n{\"say\":\"b\\n\"}\n{\"msg\":null}\n", NULL, 0},
    {"--json", "1 ,\n(div (1 0))@math.calc\n",
     "{\"msg\":1}\n{\"err\":{\"code\":\"syntax\",\"why\":\", has no meaning "
     "here\",\"at\":{\"()\":[1,3]},"
     "\"pos\":2,\"file\":\"stdin\",\"hint\":\"blanks separate units: [1 2]\"}}\n"
     "{\"err\":{\"code\":\"div-zero\",\"why\":\"division by zero\",\"svc\":\"math.calc\","
     "\"at\":{\"()\":[2,1]},\"pos\":4,\"file\":\"stdin\"}}\n",
     NULL, 2},
    {"--json", "!`x`", "{\"msg\":{\"secret\":\"***\"}}\n", NULL, 0},
    {"--json nope.msg", "",
     "{\"err\":{\"code\":\"not-found\",\"why\":\"nope.msg: there is no such file\"}}\n", NULL, 2},
    {"--json-in", "{\"stream\":[{\"()\":[\"neg\",5]},\"math.calc\"]}\n\"help\" {\"k\":1}",
     "-5\nhelp\n{k:1}\n", NULL, 0},
    {"--json-in", "{\"a\":1,}\n5", "5\n", "error syntax: ", 2},
    {"--json-in", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "",
     "error too-deep: brackets and suffixes are nested past the limit\n"
     "    ..[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n                                        "
     "          ^\n"
     "at stdin:1:65\n",
     2},
    {"--json --json-in", "[1,2]", "{\"msg\":[1,2]}\n", NULL, 0},
    // documents
    {"--verify", "5", "", "error bad-sign: this unit is not signed", 3},
    {"--sign", "!`x`\n", "", "error bad-arg: ", 2},
};

START_TEST(pipes)
{
    static struct desk d;
    int status;

    desk_init(&d, false, rows[_i].in);
    desk_file(&d, "a.msg", "A\n");
    desk_file(&d, "two.msg", "1\n2 ,\n3\n");
    desk_file(&d, "ask.msg", "inp@io.term\nyes\n5");
    status = desk_run(&d, rows[_i].args);
    ck_assert_msg(!strcmp(d.out, rows[_i].out), "telex %s < %s: printed %s", rows[_i].args,
                  rows[_i].in, d.out);
    if (rows[_i].err)
        ck_assert_msg(!strncmp(d.err, rows[_i].err, strlen(rows[_i].err)), "telex %s < %s: said %s",
                      rows[_i].args, rows[_i].in, d.err);
    else
        ck_assert_msg(!d.err_n, "telex %s < %s: said %s", rows[_i].args, rows[_i].in, d.err);
    ck_assert_msg(status == rows[_i].status, "telex %s < %s: status %d", rows[_i].args, rows[_i].in,
                  status);
    sim_done(&d.sim);
}
END_TEST

// No failing allocation makes it crash, leak, or say that all went well with nothing to show.
START_TEST(short_of_memory)
{
    static struct desk d;

    for (long n = 0;; n++) {
        int status;

        desk_init(&d, false, rows[_i].in);
        desk_file(&d, "a.msg", "A\n");
        desk_file(&d, "two.msg", "1\n2 ,\n3\n");
        desk_file(&d, "ask.msg", "inp@io.term\nyes\n5");
        d.sim.mem.fail_at = n;
        status = desk_run(&d, rows[_i].args);
        sim_done(&d.sim);
        if (d.sim.mem.gets <= n)
            break;
        if (!status && strcmp(d.out, rows[_i].out))
            ck_abort_msg("telex %s: allocation %ld fails silently: %s", rows[_i].args, n, d.out);
        ck_assert_int_lt(n, 1000);
    }
}
END_TEST

START_TEST(signs_and_verifies)
{
    static struct desk d, v;

    desk_init(&d, false, "(neg 5)@math.calc `a b` - [1 2]\n");
    ck_assert_int_eq(desk_run(&d, "--sign"), 0);
    ck_assert(!strncmp(d.out, "%`", 2));

    desk_init(&v, false, d.out);
    ck_assert_int_eq(desk_run(&v, "--verify"), 0);
    ck_assert_str_eq(v.out, "(neg 5)@math.calc\n`a b`\n-\n[1 2]\n");
    sim_done(&v.sim);

    desk_init(&v, false, d.out); // a document is run like any text
    ck_assert_int_eq(desk_run(&v, ""), 0);
    ck_assert_str_eq(v.out, "-5\na b\n[1 2]\n");
    sim_done(&v.sim);

    // One letter of the first one's signature
    d.out[380] = d.out[380] == 'A' ? 'B' : 'A';
    desk_init(&v, false, d.out);
    ck_assert_int_eq(desk_run(&v, "--verify"), 3);
    ck_assert_str_eq(v.out, "");
    sim_done(&v.sim);
    desk_init(&v, false, d.out);
    ck_assert_int_eq(desk_run(&v, ""), 3);
    ck_assert_str_eq(v.out, "a b\n[1 2]\n");
    sim_done(&v.sim);
    sim_done(&d.sim);
}
END_TEST

// The reader goes away, as `head` does: quiet, and at once.
START_TEST(broken_pipe)
{
    static struct desk d;
    static char in[300000];

    for (size_t n = 0; n < sizeof in - 20;)
        n += (size_t)sprintf(in + n, "[a b c]@test.echo\n");
    desk_init(&d, false, in);
    d.out_max = 1;
    ck_assert_int_eq(desk_run(&d, ""), 1);
    ck_assert_uint_eq(d.err_n, 0);
    ck_assert_uint_lt(d.in.at, sizeof in / 2 + READER_BYTES * 2);
    sim_done(&d.sim);
}
END_TEST

// ---- At the prompt: keys, and rows of the screen afterwards

static const struct {
    const char *keys;
    const char *screen; // rows that are not empty, a newline behind each
    int status;
} prompts[] = {
    {"", "λ\n", 0},
    {"\x04", "λ\n", 0},
    {"5\r\x04", "λ 5\n5\nλ\n", 0},
    {"(neg 5)@math.calc\r", "λ (neg 5)@math.calc\n-5\nλ\n", 0},
    {"(neg\r5)@math.calc\r", "λ (neg\n.. 5)@math.calc\n-5\nλ\n", 0},
    {"(neg\r\x03"
     "6\r",
     "λ (neg\n..\nλ 6\n6\nλ\n", 0},
    {"`a\rb`\r", "λ `a\n.. b`\na\nb\nλ\n", 0},
    {"abc\x03"
     "5\r",
     "λ abc\nλ 5\n5\nλ\n", 0},
    {"5 # c\r6\r", "λ 5 # c\n5\nλ 6\n6\nλ\n", 0},
    {"#\r\r6\r", "λ #\nλ\nλ 6\n6\nλ\n", 0},
    {"1 , 2\r\1\1\1\0013\r",
     "λ 1 , 2\n1\nerror syntax: , has no meaning here\n    1 , 2\n      ^\n"
     "hint: blanks separate units: [1 2]\nλ 3\n3\nλ\n",
     0},
    {"[1 ,\r(off)@sys.hw\r]\r5\r",
     "λ [1 ,\nerror syntax: , has no meaning here\n    [1 ,\n       ^\n"
     "hint: blanks separate units: [1 2]\nskipped 3 lines behind it\nλ\n",
     0},
    // a paste that the terminal marks is one input, and nothing else is
    {"\x1b[200~[1 ,\r(off)@sys.hw\r]\x1b[201~\r5\r",
     "λ [1 ,\n.. (off)@sys.hw\n.. ]\nerror syntax: , has no meaning here\n    [1 ,\n       ^\n"
     "hint: blanks separate units: [1 2]\nskipped 2 lines behind it\nλ 5\n5\nλ\n",
     0},
    {"\x1b[200~[1\r,\r(neg 3)@math.calc\r]\r\x1b[201~5\r",
     "λ [1\n.. ,\n.. (neg 3)@math.calc\n.. ]\nerror syntax: , has no meaning here\n    ,\n    ^\n"
     "at 2:1\nhint: blanks separate units: [1 2]\nskipped 2 lines behind it\nλ 5\n5\nλ\n",
     0},
    {"\x1b[200~1\r2\x1b[A\x04\x1b[201~3\r", "λ 1\n.. 23\n1\n23\nλ\n", 0},
    {"\x1b[200~1\r2\x03(off)@sys.hw\r\x1b[201~3\r", "λ 1\n.. 2\nλ 3\n3\nλ\n", 0},
    // a secret over several lines
    {"[!`abc\rgeheim` t]\r\x1b[A", "λ [!`***\n.. ******` t]\n[!`***` t]\nλ ***` t]\n", 0},
    // Ctrl-D within an input ends that one
    {"(neg\r\x04\1\1\1\0015\r",
     "λ (neg\n..\nerror syntax: the pair opened at 1:1 is not closed\n    (neg\n        ^\nλ "
     "5\n5\nλ\n",
     0},
    // a broken paste: its other lines do not run
    {"(a\r,\r(say no)@io.term\r\r6\r",
     "λ (a\n.. ,\nerror syntax: , has no meaning here\n    ,\n    ^\nat 2:1\n"
     "hint: blanks separate units: [1 2]\nskipped 1 line behind it\nλ 6\n6\nλ\n",
     0},
    {"a@io.term\r5\r", "λ a@io.term\na\nλ 5\n5\nλ\n", 0},
    {"`\\x1b[31mred`\r", "λ `\\x1b[31mred`\n\\x1b[31mred\nλ\n", 0},
    {"`\\x1b[2J`@io.term\r", "λ `\\x1b[2J`@io.term\n\\x1b[2J\nλ\n", 0},
    {"cls@io.term\r", "λ\n", 0},
    {"inp@io.term\rhello\r5\r", "λ inp@io.term\nhello\nhello\nλ 5\n5\nλ\n", 0},
    {"(inp `name? `)@io.term\r\1Bob\r", "λ (inp `name? `)@io.term\nname? Bob\nBob\nλ\n", 0},
    {"{inp:`pw ` sct:t}@io.term\r\1geheim\r", "λ {inp:`pw ` sct:t}@io.term\npw\n!`***`\nλ\n", 0},
    {"{inp:`a` nl:t}@io.term\r\1b\r", "λ {inp:`a` nl:t}@io.term\na\nb\nb\nλ\n", 0},
    {"inp@io.term\r\1\x04"
     "5\r",
     "λ inp@io.term\nλ 5\n5\nλ\n", 0},
    {"inp@io.term\r\1ab\x03"
     "5\r",
     "λ inp@io.term\nerror cancelled: the task was ended\nλ 5\n5\nλ\n", 0},
    {"inp@io.term\r\1ab\1\x03"
     "5\r",
     "λ inp@io.term\nab\nerror cancelled: the task was ended\nλ 5\n5\nλ\n", 0},
    {"inp.key@io.term\r\1\x1b[A", "λ inp.key@io.term\nUP\nλ\n", 0},
    {"inp.key@io.term\r\1\x1b\1\1", "λ inp.key@io.term\nESC\nλ\n", 0},
    {"inp.key@io.term\r\1\xE6\1\x97\xA5", "λ inp.key@io.term\n日\nλ\n", 0},
    {"inp.key.async@io.term\r5\r", "λ inp.key.async@io.term\n5\nλ\nλ\n", 0},
    {"get.res.txt@io.term\r", "λ get.res.txt@io.term\n(60 24)\nλ\n", 0},
    {"!`abc`\r\x1b[A", "λ !`***`\n!`***`\nλ !`***`\n", 0},
    {"5\r\n6\r\1\n7\n", "λ 5\n5\nλ 6\n6\nλ 7\n7\nλ\n", 0},
    {"5\1\1\1 6\r", "λ 5 6\n5\n6\nλ\n", 0},
    {"\xFF\r",
     "λ \\xff\nerror syntax: these bytes are not valid UTF-8\n    \\xff\n    ^\n"
     "hint: texts are UTF-8\nλ\n",
     0},
};

START_TEST(prompt)
{
    static struct desk d;
    char got[4096] = "";
    int status;

    desk_init(&d, true, prompts[_i].keys);
    status = desk_run(&d, "");
    for (unsigned i = 0; i < VT_ROWS; i++) {
        if (!vt_row(&d.screen, i)[0])
            continue;
        strcat(got, vt_row(&d.screen, i));
        strcat(got, "\n");
    }
    ck_assert_msg(!strcmp(got, prompts[_i].screen), "%d %s: shows\n%s", _i, prompts[_i].keys, got);
    ck_assert_msg(!d.screen.strange, "%s: strange bytes", prompts[_i].keys);
    ck_assert_int_eq(status, prompts[_i].status);
    ck_assert(!d.keys_on);
    ck_assert(!strstr(d.both, "geheim"));
    sim_done(&d.sim);
}
END_TEST

START_TEST(prompt_short_of_memory)
{
    static struct desk d;

    for (long n = 0;; n++) {
        desk_init(&d, true, prompts[_i].keys);
        d.sim.mem.fail_at = n;
        (void)desk_run(&d, "");
        sim_done(&d.sim);
        if (d.sim.mem.gets <= n)
            break;
        ck_assert_int_lt(n, 1000);
    }
}
END_TEST

// ---- Anything at all: it ends, gives back its memory, and drives no terminal.

static const char *const scraps[] = {"5",
                                     " ",
                                     "\r",
                                     "\n",
                                     "(neg 5)@math.calc",
                                     "inp@io.term",
                                     "inp.key@io.term",
                                     "cls@io.term",
                                     "(",
                                     ")",
                                     "[",
                                     "{",
                                     "}",
                                     ":",
                                     "`",
                                     "'",
                                     "!`",
                                     "\\",
                                     "@",
                                     "#",
                                     ",",
                                     "日",
                                     "\xFF",
                                     "\x1b[A",
                                     "\x1b[D",
                                     "\x1b",
                                     "\x03",
                                     "\x7F",
                                     "\x15",
                                     "\t",
                                     "\1",
                                     "\x0C",
                                     "{inp:a sct:t}@io.term",
                                     "inp.key.async@io.term",
                                     "test.echo",
                                     "@io.term",
                                     "`\\x1b[2J`@io.term",
                                     "\n\n",
                                     "help"};

static const char *any_input(uint64_t seed)
{
    static char text[2000];

    *text = 0;
    seed += 99;
    for (int n = 0; n < 60; n++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        strcat(text, scraps[(seed >> 33) % COUNT(scraps)]);
    }
    return text;
}

START_TEST(any_keys)
{
    static struct desk d;

    for (uint64_t seed = 0; seed < 200; seed++) {
        const char *in = any_input(seed);

        desk_init(&d, true, in);
        (void)desk_run(&d, "");
        ck_assert_msg(!d.screen.strange, "%s: strange bytes", in);
        sim_done(&d.sim);
    }
}
END_TEST

START_TEST(any_text)
{
    static struct desk d;

    for (uint64_t seed = 0; seed < 200; seed++) {
        const char *in = any_input(seed);

        desk_init(&d, false, in);
        (void)desk_run(&d, seed % 2 ? "--json" : "");
        for (size_t n = 0; n < d.err_n; n++)
            ck_assert_msg((unsigned char)d.err[n] >= 0x20 || d.err[n] == '\n' || d.err[n] == '\t',
                          "%s: byte %d on standard error", in, d.err[n]);
        sim_done(&d.sim);
    }
}
END_TEST

START_TEST(help)
{
    static struct desk d;

    desk_init(&d, false, "help\n[help]\n");
    ck_assert_int_eq(desk_run(&d, ""), 0);
    for (size_t i = 0; services_all[i]; i++) {
        ck_assert(strstr(d.out, services_all[i]->name));
        ck_assert(strstr(d.out, services_all[i]->info));
    }
    ck_assert(strstr(d.out, "help@math.calc"));
    ck_assert(strstr(d.out, "\n[help]\n"));
    sim_done(&d.sim);
    desk_init(&d, false, "help\n");
    ck_assert_int_eq(desk_run(&d, "--json"), 0);
    ck_assert(!strncmp(d.out, "{\"msg\":{\"", 9));
    sim_done(&d.sim);
}
END_TEST

START_TEST(init_file)
{
    static struct desk d;

    desk_init(&d, true, "\1there\r5\r");
    desk_file(&d, "/init.msg", "hello@io.term\n(inp `who? `)@io.term\n");
    d.sim.plat.init_msg = "/init.msg";
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_str_eq(vt_row(&d.screen, 0), "hellowho? there");
    ck_assert_str_eq(vt_row(&d.screen, 1), "there");
    ck_assert_str_eq(vt_row(&d.screen, 2), "λ 5");
    sim_done(&d.sim);
    desk_init(&d, true, "5\r");
    d.sim.plat.init_msg = "/init.msg"; // where there is none
    ck_assert_int_eq(desk_run(&d, ""), 0);
    ck_assert_str_eq(vt_row(&d.screen, 0), "λ 5");
    sim_done(&d.sim);
}
END_TEST

// ---- The source line of an error

static const struct {
    const char *text; // \1 stands before the wrong byte
    const char *shown;
} excerpts[] = {
    {"(neg 5\1", "    (neg 5\n          ^\n"},
    {"a \1, b\nc", "    a , b\n      ^\n"},
    {"x\na \1,\r\nb", "    a ,\n      ^\n"},
    {"\ta\t\1,", "    \ta\t,\n    \t \t^\n"},
    {"日本\1,", "    日本,\n        ^\n"},
    {"\x1B[31m\1,", "    \\x1b[31m,\n            ^\n"},
    {"a !`geheim` \1, !`geheim`", "    a !`***` , !`***`\n             ^\n"},
    {"a !`geheim \1,", "    a !`***\n        ^\n"},
    {"!`geheim\ngeheim` \1,", "    ***` ,\n         ^\n"},
    {"a \1, !`geheim", "    a , !`***\n      ^\n"},
    {"!`geh\1\xFF"
     "eim`",
     "    !`***`\n      ^\n"},
    {"\1\xFF", "    \\xff\n    ^\n"},
    {"\1\n", ""},
    {"0123456789012345678901234567890123456789012345678901234567890123456789\1, "
     "0123456789012345678901234567890123456789",
     "    ..67890123456789012345678901234567890123456789, 01234567890123456789012345..\n"
     "                                                  ^\n"},
};

START_TEST(source_line)
{
    char text[200];
    const char *mark = strchr(excerpts[_i].text, 1);
    size_t error = (size_t)(mark - excerpts[_i].text);
    struct excerpt x;

    memcpy(text, excerpts[_i].text, error);
    strcpy(text + error, mark + 1);
    excerpt_make(&x, span_of(text), error);
    ck_assert_msg(span_eq((struct span){x.text, x.n}, span_of(excerpts[_i].shown)), "%s: got\n%.*s",
                  text, (int)x.n, x.text);
}
END_TEST

// Whatever stands in the line, what is shown is bounded, and free of controls.
START_TEST(source_line_of_anything)
{
    enum { BYTES = 5000 };
    static const char *const parts[] = {
        "a",  " ",  "\x1B",    "日", "\xFF", "!`", "`", "\t", "e\u0301", "\u0301\u0301\u0301\u0301",
        "\n", "\\", "\xC2\x9B"};
    char *text = malloc(BYTES + 20);
    uint64_t seed = (uint64_t)_i + 1;
    struct excerpt x;
    size_t n = 0;

    while (n < BYTES) {
        const char *part;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        part = parts[(seed >> 33) % COUNT(parts)];
        if (*part == '\n' && _i % 2)
            continue;
        memcpy(text + n, part, strlen(part));
        n += strlen(part);
    }
    for (size_t error = 0; error <= n; error += 1 + n / 200) {
        excerpt_make(&x, (struct span){text, n}, error);
        ck_assert_uint_le(x.n, EXCERPT_BYTES);
        for (size_t i = 0; i < x.n; i++)
            ck_assert((unsigned char)x.text[i] >= 0x20 || x.text[i] == '\n' || x.text[i] == '\t');
    }
    free(text);
}
END_TEST

Suite *shell_session_suite(void)
{
    Suite *s = suite_create("shell_session");
    TCase *c = tcase_create("all");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, pipes, 0, COUNT(rows));
    tcase_add_loop_test(c, short_of_memory, 0, COUNT(rows));
    tcase_add_test(c, signs_and_verifies);
    tcase_add_test(c, broken_pipe);
    tcase_add_loop_test(c, prompt, 0, COUNT(prompts));
    tcase_add_loop_test(c, prompt_short_of_memory, 0, COUNT(prompts));
    tcase_add_test(c, any_keys);
    tcase_add_test(c, any_text);
    tcase_add_test(c, help);
    tcase_add_test(c, init_file);
    tcase_add_loop_test(c, source_line, 0, COUNT(excerpts));
    tcase_add_loop_test(c, source_line_of_anything, 0, 2);
    suite_add_tcase(s, c);
    return s;
}
