// SPDX-License-Identifier: MIT
// Secrets in what the shell keeps: arguments, texts that were read, the history, lines of errors.
#define _GNU_SOURCE // memmem
#include "shell/shell.h"
#include "tests/check/shell_fix.h"

// ---- Memory that is given back holds none

static void (*put_back)(void *ctx, void *p, size_t bytes);

static void put_clean(void *ctx, void *p, size_t bytes)
{
    ck_assert_msg(!memmem(p, bytes, "geheim", 6), "a secret is left in %zu bytes", bytes);
    put_back(ctx, p, bytes);
}

static const struct {
    const char *args, *in;
    const char *shown; // somewhere in what is written
    bool person;
} wiped[] = {
    {"-e !`geheim` -e (neg~!`geheim`)@math.calc", "", "(neg !`***`)"},
    {"-e [!`geheim`~,] -e !`geheim", "", "error syntax"},
    {"--json -e [!`geheim`~{!`geheim`:1}]", "", "{\"secret\":\"***\"}"},
    {"--sign -e [!`geheim`]", "", "error bad-arg"},
    {"(login~!`geheim`)@sys.usr", "", "error not-found: (login !`***`)@sys.usr: there is no"},
    {"--pass=!`geheim`", "", "there is no option --pass=!`***`\n"},
    {"-e5 nope!`geheim`!`geheim", "", "nope!`***`!`***: there is no"},
    {"", "!`geheim`\1\1\n5\1\1\n[!`geheim`\1\1 6]\n", "[!`***` 6]"},
    {"",
     "# !`geheim`\1\1\n\1\1"
     "5",
     "5"},
    {"", "(neg !`geheim`)@math.calc (neg x)@math.calc\n", "error bad-arg"},
    {"",
     "{inp:pw sct:t}@io.term\ngeheim\n\1\1"
     "5\n",
     "!`***`\n5"},
    {"", "{inp:pw sct:t}@io.term (neg x)@math.calc\ngeheim\n5\n",
     "\n    {inp:pw sct:t}@io.term (neg x)@math.calc\n"},
    {"", "{inp:pw sct:t lim:2}@io.term\n\1\1geheimgeheim\n5\n", "!`***`\n5"},
    {"", "{s:!`geheim` len:@s}@dat.proc", "error bad-arg: len"},
    {"", "{s:!`geheim` task.sep:(len @s)@dat.proc}@sys.task", "task 2: error bad-arg"},
    {"", "{s:!`geheim` task.sim:[@s (len @s)@dat.proc]}@sys.task", "[!`***` {err:"},
    {"--json-in", "{\"stream\":[{\"inp\":\"pw\",\"sct\":true},\"io.term\"]}\ngeheim\n5\n",
     "!`***`\n5"},
    {"--json-in", "{\"a\":\"!`geheim`\" 5}\n5\n", "!`***"},
    {"", "!`geheim`\r'a !`geheim`\r\x03(neg 5)@math.calc\r", "-5", true},
    {"", "\"a !`geheim ,\r\x03\x1b[A\x15(neg 5)@math.calc\r", "-5", true},
    {"", "5\r\x04!`geheim` and what is typed behind the end", "5", true},
};

START_TEST(memory_is_wiped)
{
    static struct desk d;

    desk_init(&d, wiped[_i].person, wiped[_i].in);
    put_back = d.sim.mem.mem.put;
    d.sim.mem.mem.put = put_clean;
    (void)desk_run(&d, wiped[_i].args);
    ck_assert_msg(strstr(d.both, wiped[_i].shown), "%s %s\n  shows %s", wiped[_i].args,
                  wiped[_i].in, d.both);
    ck_assert_msg(!strstr(d.both, "geheim"), "%s %s\n  shows %s", wiped[_i].args, wiped[_i].in,
                  d.both);
    sim_done(&d.sim);
}
END_TEST

// The node's own texts.
START_TEST(own_texts)
{
    static struct desk d;

    desk_init(&d, true, "Ada\r");
    desk_keep(&d, "init.msg", "!`geheim`\n(neg !`geheim`)@math.calc\n[!`geheim");
    desk_keep(&d, "lambda.msg", "!`geheim` (inp `name? `)@io.term [!`geheim` 5]");
    put_back = d.sim.mem.mem.put;
    d.sim.mem.mem.put = put_clean;
    (void)desk_run(&d, "");
    ck_assert_msg(strstr(d.both, "name? ") && !strstr(d.both, "geheim"), "%s", d.both);
    d.sim.mem.mem.put = put_back;
    sim_done(&d.sim);
}
END_TEST

// ---- Arguments: nobody sees them in the list of processes

START_TEST(arguments)
{
    static struct desk d;
    char name[] = "telex", e1[] = "-e!`geheim`", e2[] = "-e",
         m2[] = "[!`geheim` !`ab` !`` 5] # wow!`x";
    char *argv[] = {name, e1, e2, m2, NULL};

    desk_init(&d, false, "");
    ck_assert_int_eq(plat_main(&d.sim.plat, 4, argv), 0);
    ck_assert_str_eq(e1, "-e!`***`");
    ck_assert_str_eq(m2, "[!`***` !`**` !`` 5] # wow!`*");
    ck_assert_mem_eq(e1 + strlen(e1), "\0\0\0", 3);
    ck_assert_str_eq(d.out, "!`***`\n[!`***` !`***` !`***` 5]\n");
    sim_done(&d.sim);
}
END_TEST

START_TEST(arguments_short_of_memory)
{
    static struct desk d;
    int status;

    for (long n = 0;; n++) {
        char name[] = "telex", e[] = "-e[!`geheim` 5]";
        char *argv[] = {name, e, NULL};

        ck_assert_int_lt(n, 200);
        desk_init(&d, false, "");
        d.sim.mem.fail_at = d.sim.mem.gets + n;
        status = plat_main(&d.sim.plat, 2, argv);
        ck_assert(!strstr(d.both, "geheim"));
        sim_done(&d.sim);
        if (!status)
            break;
    }
    ck_assert_str_eq(d.out, "[!`***` 5]\n");
}
END_TEST

// ---- A text that was read stays for the lines of errors, without its secrets

static const struct {
    const char *text;
    size_t units;     // that are read
    const char *kept; // the buffer then
} texts[] = {
    {"!`geheim` 5\n6", 3, "!`******` 5\n6"},
    {"[!`geheim\ngeheim` 5] (a b) c", 2, "[!`******\n******` 5] (a b) c"},
    {"# !`geheim`\n5 6", 2, "# !`******`\n5 6"},
    {"'wow!`' 5 6", 2, "'wow!`**5 6"},
    {"`a!` !`geheim` 5 6", 3, "`a!`*!`******` 5 6"},
    {"'not !`one`' 5 6", 2, "'not !`***`' 5 6"},
};

START_TEST(read_texts)
{
    struct test_mem mem;
    struct reader r;
    struct arena a;
    struct fail f;
    struct unit u;

    test_mem_init(&mem);
    a = test_arena(&mem);
    ck_assert_int_eq(reader_init(&r, &mem.mem, "a"), ERR_OK);
    ck_assert_int_eq(reader_feed(&r, span_of(texts[_i].text)), ERR_OK);
    r.last = true;
    for (size_t i = 0; i < texts[_i].units; i++)
        ck_assert_int_eq(reader_next(&r, &a, &u, &f), ERR_OK);
    (void)reader_next(&r, &a, &u, &f); // looks at what was read
    ck_assert_msg(!strncmp(r.buf, texts[_i].kept, strlen(texts[_i].kept)), "%s\n  kept %.*s",
                  texts[_i].text, (int)r.end, r.buf);
    arena_fini(&a);
    reader_fini(&r);
    test_mem_done(&mem);
}
END_TEST

// What a line was taken from is text without it, and nothing of it is left.
START_TEST(taken_lines)
{
    struct test_mem mem;
    struct reader r;
    struct arena a;
    struct fail f;
    struct unit u;
    struct span line;
    size_t used, at;

    test_mem_init(&mem);
    a = test_arena(&mem);
    ck_assert_int_eq(reader_init(&r, &mem.mem, "a"), ERR_OK);
    ck_assert_int_eq(reader_feed(&r, SPAN("1\ninp 6\ngeheim\ngeheim, too\n7\n")), ERR_OK);
    r.last = true;
    ck_assert_int_eq(reader_next(&r, &a, &u, &f), ERR_OK);
    ck_assert_int_eq(reader_next(&r, &a, &u, &f), ERR_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(reader_line(&r, 100, &line, &used), ERR_OK);
        ck_assert_int_eq(memcmp(line.at, "geheim", 6), 0);
        reader_took(&r, used);
        ck_assert_int_eq(reader_next(&r, &a, &u, &f), ERR_OK);
        ck_assert_int_eq(u.i, i ? 7 : 6);
        line = reader_broken(&r, false, &at);
        ck_assert_msg(line.len >= 2 && !memcmp(line.at, i ? "7\n" : "inp 6\n", i ? 2 : 6), "%.*s",
                      (int)line.len, line.at);
        if (!i)
            ck_assert_int_eq(reader_line(&r, 100, &line, &used), ERR_OK);
    }
    ck_assert(!memmem(r.buf, r.cap, "geheim", 6));
    arena_fini(&a);
    reader_fini(&r);
    test_mem_done(&mem);
}
END_TEST

// ---- Any text: what the careful search masks, the strict one masks too

static uint64_t random_next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void stars(const char *text, bool strict, char *out)
{
    struct mask m = mask_start(span_of(text), strict);
    size_t from, to, last = 0;

    strcpy(out, text);
    while (mask_next(&m, &from, &to)) {
        ck_assert_msg(from >= last && to >= from && to <= strlen(text), "%s", text);
        memset(out + from, '*', to - from);
        last = to;
    }
}

START_TEST(strict_is_stricter)
{
    static const char *const pieces[] = {"!`", "!`", "`", "'", "\"", "\\", " ", " ", "#",
                                         "# ", "a",  "b", "[", "]",  "!",  ":", ".", "\n"};
    uint64_t seed = 4;
    char text[64], careful[64], strict[64];

    for (int i = 0; i < 50000; i++) {
        *text = 0;
        for (uint64_t n = random_next(&seed) % 16; n; n--)
            strcat(text, pieces[random_next(&seed) % COUNT(pieces)]);
        stars(text, false, careful);
        stars(text, true, strict);
        for (size_t k = 0; text[k]; k++)
            ck_assert_msg(careful[k] != '*' || strict[k] == '*' ||
                              (text[k] == '`' && k && text[k - 1] == '!') || text[k] == '!',
                          "%s\n  careful %s\n  strict  %s", text, careful, strict);
    }
}
END_TEST

// ---- The history: what was wrong is masked more strictly

START_TEST(history_of_errors)
{
    static const struct {
        const char *line, *kept, *hidden;
    } rows[] = {
        {"'not !`one` ' 5", "'not !`one` ' 5", "'not !`***` ' 5"},
        {"!`geheim` 5 ]", "!`***` 5 ]", "!`***` 5 ]"},
        {"`wow!` !`geheim` ]", "`wow!` !`***` ]", "`wow!`***` ]"},
        {"(neg 5", "(neg 5", "(neg 5"},
    };
    struct test_mem mem;
    struct history h;

    test_mem_init(&mem);
    put_back = mem.mem.put;
    mem.mem.put = put_clean;
    history_init(&h, &mem.mem);
    ck_assert(history_add(&h, mask_start(SPAN(""), false), SPAN("'stays !`one` '")));
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert(history_add(&h, mask_start(SPAN(""), false), span_of(rows[i].line)));
        ck_assert(!history_add(&h, mask_start(SPAN(""), false), span_of(rows[i].line)));
        ck_assert(span_eq(h.line[h.n - 1], span_of(rows[i].kept)));
        history_hide(&h, 1);
        ck_assert_msg(span_eq(h.line[h.n - 1], span_of(rows[i].hidden)), "%s: %.*s", rows[i].line,
                      (int)h.line[h.n - 1].len, h.line[h.n - 1].at);
    }
    ck_assert(span_eq(h.line[0], SPAN("'stays !`one` '")));
    mem.fail_at = mem.gets;
    history_hide(&h, 2);
    mem.fail_at = -1;
    ck_assert_uint_eq(h.n, COUNT(rows) - 1);
    history_hide(&h, 100);
    history_fini(&h);
    ck_assert_uint_eq(h.bytes, 0);
    mem.mem.put = put_back;
    test_mem_done(&mem);
}
END_TEST

Suite *shell_secret_suite(void)
{
    Suite *s = suite_create("shell_secret");
    TCase *c = tcase_create("all");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, memory_is_wiped, 0, COUNT(wiped));
    tcase_add_test(c, own_texts);
    tcase_add_test(c, arguments);
    tcase_add_test(c, arguments_short_of_memory);
    tcase_add_loop_test(c, read_texts, 0, COUNT(texts));
    tcase_add_test(c, taken_lines);
    tcase_add_test(c, strict_is_stricter);
    tcase_add_test(c, history_of_errors);
    suite_add_tcase(s, c);
    return s;
}
