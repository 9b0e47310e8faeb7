// SPDX-License-Identifier: MIT
// Texts in pieces: however they are cut, the same units, errors and places come out.
#include "shell/reader.h"
#include "tests/check/helper.h"

struct pipe {
    struct span text;
    size_t at, piece;
    bool dry;
};

static enum err read_piece(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    struct pipe *p = ctx;

    *n = 0;
    *end = p->at == p->text.len;
    p->dry = !p->dry;
    if (p->dry)
        *end = false; // nothing now
    if (!p->dry) {
        *n = p->text.len - p->at < p->piece ? p->text.len - p->at : p->piece;
        *n = *n < cap ? *n : cap;
        memcpy(buf, p->text.at + p->at, *n);
        p->at += *n;
    }
    return ERR_OK;
}

static enum err fill(struct reader *r)
{
    size_t n;

    return reader_fill(r, &n);
}

// What a text gives: prints of its units, `!code line:column+skipped` for errors; `<n` takes a line.
static void run(struct test_mem *mem, struct span text, size_t piece, bool json, char *out)
{
    struct pipe p = {.text = text, .piece = piece};
    struct reader r;
    struct arena a = test_arena(mem);
    enum err e;

    *out = 0;
    ck_assert_int_eq(reader_init(&r, &mem->mem, "x"), ERR_OK);
    r.src = (struct plat_source){.ctx = &p, .read = read_piece};
    r.json = json;
    for (;;) {
        struct unit u;
        struct fail f;
        size_t lines, used;
        struct span line;

        while ((e = reader_next(&r, &a, &u, &f)) == ERR_LATER)
            ck_assert_int_eq(fill(&r), ERR_OK);
        if (e == ERR_NOT_FOUND)
            break;
        if (!e) {
            const char *print = test_print(&a, &u);

            if (unit_is_text(&u, SPAN("inp"))) {
                while ((e = reader_line(&r, 1000, &line, &used)) == ERR_LATER)
                    ck_assert_int_eq(fill(&r), ERR_OK);
                sprintf(out + strlen(out), "<%.*s> ", e ? 1 : (int)line.len, e ? "-" : line.at);
                if (!e)
                    reader_took(&r, used);
            } else {
                sprintf(out + strlen(out), "%s%s ", print,
                        reader_is_alone(&r, SPAN("help")) ? "!" : "");
            }
        } else {
            struct place at = reader_place(&r, true);

            while (reader_resume(&r, &lines) == ERR_LATER)
                ck_assert_int_eq(fill(&r), ERR_OK);
            sprintf(out + strlen(out), "!%s %zu:%zu+%zu ", err_word(e), at.line, at.column, lines);
        }
        arena_fini(&a);
    }
    arena_fini(&a);
    reader_fini(&r);
}

static const struct {
    const char *text, *want; // a text that begins with \2 is JSON
} rows[] = {
    {"", ""},
    {"\n \n", ""},
    {"5", "5 "},
    {"5 6\n7", "5 6 7 "},
    {"\xEF\xBB\xBF"
     "5",
     "5 "},
    {"#!/bin/telex\n5 # c\n6", "5 6 "},
    {"(a\n b)\n[c\n\n\nd] e", "(a b) [c d] e "},
    {"5\r\n6\r\n", "5 6 "},
    // after an error
    {"1 , 2\n3", "1 !syntax 1:3+0 3 "},
    {"1\n2 ,", "1 2 !syntax 2:3+0 "},
    {"日本 ,\n3", "日本 !syntax 1:4+0 3 "},
    {"(a\n,\nb\nc\n\n5", "!syntax 2:1+4 5 "},
    {"1\n(a\n,\nb\n \t\r\n5", "1 !syntax 3:1+3 5 "},
    {"(a\n,", "!syntax 2:1+2 "},
    {"(a\n,\n", "!syntax 2:1+2 "},
    {"(a\n,\nb", "!syntax 2:1+3 "},
    {"(a\n\n,\nb\n\n5", "!syntax 3:1+4 5 "},
    {"(a\n b", "!syntax 2:3+2 "},
    {"(neg 5) @x\n3", "!syntax 1:9+0 3 "},
    {"(neg\n5) @x\n3\n\n4", "!syntax 2:4+3 4 "},
    {"`\xFF`\n5", "!syntax 1:2+0 5 "},
    {"a \xC3\n5", "a !syntax 1:3+0 5 "},
    {"]\n]\n5", "!syntax 1:1+0 !syntax 2:1+0 5 "},
    {",", "!syntax 1:1+0 "},
    // lines for those who ask
    {"inp\nline\n5", "<line> 5 "},
    {"inp\n", "<-> "},
    {"inp", "<-> "},
    {"inp\nline", "<line> "},
    {"inp\n\n5", "<> 5 "},
    {"inp\r\nline\r\n5", "<line> 5 "},
    {"inp inp 7\none\ntwo\n8", "<one> <two> 7 8 "},
    {"inp # comment\n(a\n,", "<(a> !syntax 3:1+0 "},
    {"inp ,\none\n5 ,", "<one> !syntax 1:5+0 5 !syntax 3:3+0 "},
    {"inp (a\nline\n b)", "<line> (a b) "},
    {"inp (a\nline\n ,\n\n6", "<line> !syntax 3:2+3 6 "},
    // help
    {"help", "help! "},
    {" help \r\n", "help! "},
    {"help 5", "help 5 "},
    {"5 help", "5 help "},
    {"`help`\n[help]", "help [help] "},
    // JSON
    {"\2"
     "5 \"a b\"\n[1,\n2] {\"k\":[{}]}",
     "5 `a b` [1 2] {k:[{}]} "},
    {"\2"
     "{\"a\":\"}\\\"]\"}5",
     "{a:`}\"]`} 5 "},
    {"\2"
     "[1\"]\"]\n7",
     "!syntax 1:3+0 7 "},
    {"\2"
     "nope\n7",
     "!syntax 1:1+0 7 "},
    {"\2"
     "[1,\n,]\n3\n\n4",
     "!syntax 2:1+3 4 "},
    {"\2"
     "[1,",
     "!syntax 1:4+0 "},
    {"\2"
     "\"abc",
     "!syntax 1:5+0 "},
    {"\2"
     "} 5\n6",
     "!syntax 1:1+0 6 "},
};

START_TEST(pieces)
{
    struct span text = span_of(rows[_i].text);
    struct test_mem mem;
    char got[1000];
    bool json = text.len && text.at[0] == 2;

    text.at += json;
    text.len -= json;
    test_mem_init(&mem);
    for (size_t piece = 1; piece <= text.len + 1; piece++) {
        run(&mem, text, piece, json, got);
        ck_assert_msg(!strcmp(got, rows[_i].want), "%s in pieces of %zu: got %s", rows[_i].text,
                      piece, got);
    }
    test_mem_done(&mem);
}
END_TEST

// However long the text, and however its lines fall on the ends of blocks.
START_TEST(memory_stays)
{
    enum { UNITS = 10000 };
    struct test_mem mem;
    struct pipe p = {.piece = 10007};
    struct reader r;
    struct arena a;
    char *text = malloc(UNITS * 40);
    size_t n = 0;

    test_mem_init(&mem);
    for (int i = 0; i < UNITS; i++)
        n += (size_t)sprintf(text + n, i % 5 ? "(u%d `日本語 text`)%s" : "(inp%d x)%s", i,
                             i % 7 ? "\n" : " ");
    p.text = (struct span){text, n};
    a = test_arena(&mem);
    ck_assert_int_eq(reader_init(&r, &mem.mem, "x"), ERR_OK);
    r.src = (struct plat_source){.ctx = &p, .read = read_piece};
    for (int i = 0; i < UNITS;) {
        struct unit u;
        struct fail f;
        enum err e = reader_next(&r, &a, &u, &f);

        if (e == ERR_LATER) {
            ck_assert_int_eq(fill(&r), ERR_OK);
            continue;
        }
        ck_assert_int_eq(e, ERR_OK);
        i++;
        arena_fini(&a);
    }
    ck_assert_uint_le(r.cap, READER_BYTES);
    ck_assert_uint_le(mem.most_bytes, 4 * READER_BYTES);
    reader_fini(&r);
    free(text);
    test_mem_done(&mem);
}
END_TEST

// One long unit makes the buffer grow, and afterwards the memory goes back.
START_TEST(long_unit)
{
    enum { LONG = 1 << 20 };
    struct test_mem mem;
    struct pipe p = {.piece = 1 << 16};
    struct reader r;
    struct arena a;
    struct unit u;
    struct fail f;
    char *text = malloc(2 * LONG);
    size_t n = 1;
    enum err e;

    test_mem_init(&mem);
    a = test_arena(&mem);
    memset(text, 'x', LONG);
    text[0] = text[LONG - 1] = '`';
    n = LONG;
    while (n < 2 * LONG - 20)
        n += (size_t)sprintf(text + n, " (a b)\n");
    p.text = (struct span){text, n};
    ck_assert_int_eq(reader_init(&r, &mem.mem, "x"), ERR_OK);
    r.src = (struct plat_source){.ctx = &p, .read = read_piece};
    while ((e = reader_next(&r, &a, &u, &f)) != ERR_NOT_FOUND) {
        if (e == ERR_LATER)
            ck_assert_int_eq(fill(&r), ERR_OK);
        else
            arena_fini(&a);
    }
    ck_assert_uint_le(r.cap, READER_BYTES);
    reader_fini(&r);
    free(text);
    test_mem_done(&mem);
}
END_TEST

// A unit past the limit is refused, and its memory stays within it.
START_TEST(too_long)
{
    struct test_mem mem;
    struct pipe p = {.piece = 1 << 16};
    struct reader r;
    struct arena a;
    struct unit u;
    struct fail f;
    size_t n = (size_t)UNIT_TEXT_MAX_BYTES + (4 << 20), lines;
    char *text = malloc(n);
    enum err e;

    test_mem_init(&mem);
    a = test_arena(&mem);
    memset(text, 'x', n);
    memcpy(text + n - 3, "\n5\n", 3);
    p.text = (struct span){text, n};
    ck_assert_int_eq(reader_init(&r, &mem.mem, "x"), ERR_OK);
    r.src = (struct plat_source){.ctx = &p, .read = read_piece};
    while ((e = reader_next(&r, &a, &u, &f)) == ERR_LATER)
        ck_assert_int_eq(fill(&r), ERR_OK);
    ck_assert_int_eq(e, ERR_TOO_BIG);
    ck_assert_uint_eq(reader_place(&r, true).column, (size_t)UNIT_TEXT_MAX_BYTES + 1);
    while (reader_resume(&r, &lines) == ERR_LATER)
        ck_assert_int_eq(fill(&r), ERR_OK);
    arena_fini(&a);
    while ((e = reader_next(&r, &a, &u, &f)) == ERR_LATER)
        ck_assert_int_eq(fill(&r), ERR_OK);
    ck_assert_int_eq(e, ERR_OK);
    ck_assert_int_eq((int)u.i, 5);
    ck_assert_uint_le(mem.most_bytes, 2 * (size_t)READER_BYTES_MAX);
    arena_fini(&a);
    reader_fini(&r);
    free(text);
    test_mem_done(&mem);
}
END_TEST

Suite *shell_reader_suite(void)
{
    Suite *s = suite_create("shell_reader");
    TCase *c = tcase_create("all");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, pieces, 0, COUNT(rows));
    tcase_add_test(c, memory_stays);
    tcase_add_test(c, long_unit);
    tcase_add_test(c, too_long);
    suite_add_tcase(s, c);
    return s;
}
