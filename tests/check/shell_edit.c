// SPDX-License-Identifier: MIT
// The line editor, byte by byte, on a simulated screen.
#include "shell/draw.h"
#include "shell/edit.h"
#include "tests/check/shell_fix.h"

struct bench {
    struct test_mem mem;
    struct vt screen;
    struct plat_con con;
    struct out out;
    struct history history;
    struct edit ed;
    char wrote[1 << 16];
    size_t wrote_n;
};

static enum err write_screen(void *ctx, const void *bytes, size_t n)
{
    struct bench *b = ctx;

    vt_put(&b->screen, bytes, n);
    if (b->wrote_n + n < sizeof b->wrote) {
        memcpy(b->wrote + b->wrote_n, bytes, n);
        b->wrote_n += n;
        b->wrote[b->wrote_n] = 0;
    }
    return ERR_OK;
}

static bool size_of(void *ctx, unsigned *columns, unsigned *rows)
{
    struct bench *b = ctx;

    *columns = b->screen.columns;
    *rows = VT_ROWS;
    return true;
}

static void start(struct bench *b)
{
    b->ed = (struct edit){
        .mem = &b->mem.mem, .out = &b->out, .con = &b->con, .history = &b->history};
    edit_start(&b->ed, SPAN("λ "));
}

static void bench_init(struct bench *b, unsigned columns)
{
    memset(b, 0, sizeof *b);
    test_mem_init(&b->mem);
    vt_init(&b->screen, columns);
    b->con = (struct plat_con){.size = size_of, .ctx = b};
    ck_assert_int_eq(out_init(&b->out, &b->mem.mem, write_screen, b, true), ERR_OK);
    history_init(&b->history, &b->mem.mem);
    start(b);
}

static void bench_fini(struct bench *b)
{
    edit_fini(&b->ed);
    history_fini(&b->history);
    out_fini(&b->out);
    test_mem_done(&b->mem);
}

// Types; an entered line goes into the history and the next one begins.
static enum edit_state type(struct bench *b, const char *bytes)
{
    struct span rest = span_of(bytes);
    enum edit_state state = EDIT_MORE;

    while (rest.len) {
        struct key k;
        size_t n = key_load(rest, false, &k);

        rest.at += n;
        rest.len -= n;
        state = edit_key(&b->ed, &k);
        if (state == EDIT_LINE && rest.len) {
            history_add(&b->history, b->ed.mask, edit_text(&b->ed));
            edit_fini(&b->ed);
            start(b);
        }
    }
    out_flush(&b->out);
    ck_assert_msg(!b->screen.strange, "%s: wrote something strange", bytes);
    return state;
}

#define LEFT "\x1B[D"
#define RIGHT "\x1B[C"
#define UP "\x1B[A"
#define DOWN "\x1B[B"
#define HOME "\x1B[H"
#define END "\x1B[F"
#define DEL "\x1B[3~"
#define BKSP "\x7F"

static const struct {
    const char *bytes, *row, *text;
    unsigned column;
} rows[] = {
    {"abc", "λ abc", "abc", 5},
    {"abc" LEFT LEFT "X", "λ aXbc", "aXbc", 4},
    {"abc" HOME "X" END "Y", "λ XabcY", "XabcY", 7},
    {"abc\x01X\x05Y", "λ XabcY", "XabcY", 7},
    {"abc" BKSP, "λ ab", "ab", 4},
    {BKSP, "λ", "", 2},
    {"abc" HOME BKSP, "λ abc", "abc", 2},
    {"abc" HOME DEL, "λ bc", "bc", 2},
    {"abc" DEL, "λ abc", "abc", 5},
    {"abc" HOME "\x04", "λ bc", "bc", 2},
    {"abc def" LEFT LEFT "\x0B", "λ abc d", "abc d", 7},
    {"abc def" LEFT LEFT "\x15", "λ ef", "ef", 2},
    {"abc def  \x17", "λ abc", "abc ", 6},
    {"abc def\x17\x17\x17", "λ", "", 2},
    {"abc" LEFT LEFT LEFT LEFT LEFT "x", "λ xabc", "xabc", 3},
    {"abc" RIGHT RIGHT "x", "λ abcx", "abcx", 6},
    {"a日b" LEFT LEFT "x", "λ ax日b", "ax日b", 4},
    {"a日b" LEFT BKSP, "λ ab", "ab", 3},
    {"日本" LEFT, "λ 日本", "日本", 4},
    {"e\u0301x" LEFT LEFT "y", "λ ye\u0301x", "ye\u0301x", 3},
    {"e\u0301x" HOME DEL, "λ x", "x", 2},
    {"e\u0301e\u0301x" LEFT LEFT BKSP, "λ ee\u0301x", "ee\u0301x", 3},
    {"e\u0301e\u0301x" LEFT BKSP, "λ e\u0301ex", "e\u0301ex", 4},
    {"ex" LEFT "\u0301", "λ e\u0301x", "e\u0301x", 3},
    {"a\xFF"
     "b",
     "λ a\\xffb",
     "a\xFF"
     "b",
     8},
    {"a\xFF" BKSP "b", "λ ab", "ab", 4},
    {"a\tb", "λ a b", "a\tb", 5},
    {"a\x02"
     "b\x06"
     "c",
     "λ bac", "bac", 5},
    {"one\rtwo\r" UP, "λ two", "two", 5},
    {"one\rtwo\r" UP UP, "λ one", "one", 5},
    {"one\rtwo\r" UP UP UP, "λ one", "one", 5},
    {"one\rtwo\rnew" UP UP DOWN DOWN, "λ new", "new", 5},
    {"one\rtwo\rnew" UP "X" DOWN, "λ new", "new", 5},
    {"one\rone\r" UP UP, "λ one", "one", 5},
    {"one\r  \r" UP, "λ one", "one", 5},
    {"x !`abc", "λ x !`***", "x !`abc", 9},
    {"x !`abc` y", "λ x !`***` y", "x !`abc` y", 12},
    {"x !abc" LEFT LEFT LEFT "`", "λ x !`***", "x !`abc", 6},
    {"x !y`abc" LEFT LEFT LEFT LEFT BKSP, "λ x !`***", "x !`abc", 5},
    {"x !`abc` y\r" UP, "λ x !`***` y", "x !`***` y", 12},
    {"`wow!` y\r" UP, "λ `wow!` y", "`wow!` y", 10},
    {"ab\x0C"
     "c",
     "λ abc", "abc", 5},
    {"a\x1B[200~b\x1B[201~c\x07", "λ abc", "abc", 5},
};

START_TEST(lines)
{
    static struct bench b;
    unsigned row;
    struct span text;

    bench_init(&b, 40);
    (void)type(&b, rows[_i].bytes);
    row = b.screen.row;
    ck_assert_msg(!strcmp(vt_row(&b.screen, row), rows[_i].row), "%d %s: shows %s", _i,
                  rows[_i].bytes, vt_row(&b.screen, row));
    text = edit_text(&b.ed);
    ck_assert_msg(span_eq(text, span_of(rows[_i].text)), "%d %s: holds %.*s", _i, rows[_i].bytes,
                  (int)text.len, text.at);
    ck_assert_msg(b.screen.column == rows[_i].column, "%d %s: cursor at %u", _i, rows[_i].bytes,
                  b.screen.column);
    bench_fini(&b);
}
END_TEST

// What a serial line sees of someone who types and never goes back: the characters alone.
START_TEST(transcript)
{
    static struct bench b;

    bench_init(&b, 80);
    ck_assert_int_eq(type(&b, "(neg 日)@math.calc\r"), EDIT_LINE);
    ck_assert_str_eq(b.wrote, "λ (neg 日)@math.calc\n");
    bench_fini(&b);
}
END_TEST

START_TEST(ends)
{
    static struct bench b;

    bench_init(&b, 40);
    ck_assert_int_eq(type(&b, "abc\x03"), EDIT_LEFT);
    ck_assert_uint_eq(b.screen.row, 1);
    edit_fini(&b.ed);
    start(&b);
    ck_assert_int_eq(type(&b, "abc\x04"), EDIT_MORE);
    ck_assert_int_eq(type(&b, "\x15\x04"), EDIT_END);
    bench_fini(&b);
}
END_TEST

START_TEST(secret)
{
    static struct bench b;

    bench_init(&b, 40);
    b.ed.secret = true;
    ck_assert_int_eq(type(&b, "abc" LEFT "d" BKSP HOME "x\r"), EDIT_LINE);
    ck_assert(span_eq(edit_text(&b.ed), SPAN("xabc")));
    for (const char *c = "abcdx"; *c; c++)
        ck_assert_msg(!strchr(b.wrote, *c) || *c == 'K', "%c was echoed", *c);
    bench_fini(&b);
}
END_TEST

START_TEST(limit)
{
    static struct bench b;

    bench_init(&b, 40);
    b.ed.lim = 3;
    (void)type(&b, "日本abc");
    ck_assert(span_eq(edit_text(&b.ed), SPAN("日本a")));
    bench_fini(&b);
}
END_TEST

// A line longer than the screen: shown whole when it is entered, so that a transcript has it all.
START_TEST(longer)
{
    static struct bench b;
    char all[VT_ROWS * 64] = "";

    bench_init(&b, 20);
    ck_assert_int_eq(type(&b, "0123456789abcdefghijklmnopqrstuvwxyz\r"), EDIT_LINE);
    for (unsigned i = 0; i < VT_ROWS; i++)
        strcat(all, vt_row(&b.screen, i));
    ck_assert_str_eq(all, "λ 0123456789abcdefghijklmnopqrstuvwxyz");
    bench_fini(&b);
}
END_TEST

START_TEST(hidden)
{
    static struct bench b;

    bench_init(&b, 40);
    (void)type(&b, "abc" LEFT);
    edit_hide(&b.ed);
    out_text(&b.out, SPAN("said\n"));
    edit_show(&b.ed);
    (void)type(&b, "x");
    ck_assert_str_eq(vt_row(&b.screen, 0), "said");
    ck_assert_str_eq(vt_row(&b.screen, 1), "λ abxc");
    ck_assert_uint_eq(b.screen.column, 5);
    bench_fini(&b);
}
END_TEST

START_TEST(history_is_bounded)
{
    struct test_mem mem;
    struct history h;
    char line[2000];

    test_mem_init(&mem);
    history_init(&h, &mem.mem);
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof line, "%d%*s", i, i, "x");
        history_add(&h, mask_start(SPAN(""), false), span_of(line));
    }
    ck_assert_uint_le(h.n, HISTORY_LINES);
    ck_assert_uint_le(h.bytes, HISTORY_BYTES);
    ck_assert_uint_le(mem.bytes, HISTORY_BYTES);
    ck_assert(!memcmp(h.line[h.n - 1].at, "999", 3));
    history_fini(&h);
    test_mem_done(&mem);
}
END_TEST

// ---- Any keys at all: the screen always shows the part of the line from `view` on, and the cursor
// stands where it belongs.

static uint64_t random_next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void check_shown(struct bench *b, const char *typed)
{
    char want[4096] = "";
    size_t cells = 0, cursor = 2, width = b->screen.columns - 3;
    const char *text = edit_text(&b->ed).at, *end = text + b->ed.len;

    for (const char *at = text + b->ed.view; at < end;) {
        struct glyph g = glyph_at(at, end);

        if (at < text + b->ed.at)
            cursor += g.cells;
        if (cells + g.cells > width)
            break;
        cells += g.cells;
        strncat(want, g.text, g.n);
        at += g.used;
    }
    for (size_t n = strlen(want); n && want[n - 1] == ' ';)
        want[--n] = 0;
    out_flush(&b->out);
    ck_assert_msg(!strncmp(vt_row(&b->screen, b->screen.row), *want ? "λ " : "λ", 3) &&
                      (!*want || !strcmp(vt_row(&b->screen, b->screen.row) + 3, want)),
                  "%s: shows %s, wanted %s", typed, vt_row(&b->screen, b->screen.row), want);
    ck_assert_msg(b->screen.column == cursor, "%s: cursor at %u, wanted %zu", typed,
                  b->screen.column, cursor);
    ck_assert_uint_le(cursor, b->screen.columns - 1);
}

START_TEST(any_keys)
{
    static const char *const keys[] = {"a",    "b",  "c",   "日", "😀",  "e",  "f",  " ",
                                       LEFT,   LEFT, RIGHT, HOME, END,  BKSP, BKSP, DEL,
                                       "\x17", "g",  "h",   "i",  "本", LEFT};
    static struct bench b;
    uint64_t seed = (uint64_t)_i + 1;
    char typed[4096] = "";

    bench_init(&b, 12 + (unsigned)_i % 30);
    for (int n = 0; n < 200; n++) {
        const char *k = keys[random_next(&seed) % COUNT(keys)];

        strcat(typed, k);
        (void)type(&b, k);
        check_shown(&b, typed);
    }
    bench_fini(&b);
}
END_TEST

// Where memory is short a key does nothing, and the line stays as it was.
START_TEST(short_of_memory)
{
    static struct bench b;

    bench_init(&b, 40);
    (void)type(&b, "one\rtwo");
    b.mem.fail_at = b.mem.gets;
    for (int i = 0; i < 1000; i++)
        (void)type(&b, "x");
    (void)type(&b, UP);
    ck_assert_uint_ge(edit_text(&b.ed).len, 3);
    ck_assert(!memcmp(edit_text(&b.ed).at, "two", 3));
    bench_fini(&b);
}
END_TEST

Suite *shell_edit_suite(void)
{
    Suite *s = suite_create("shell_edit");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, lines, 0, COUNT(rows));
    tcase_add_test(c, transcript);
    tcase_add_test(c, ends);
    tcase_add_test(c, secret);
    tcase_add_test(c, limit);
    tcase_add_test(c, longer);
    tcase_add_test(c, hidden);
    tcase_add_test(c, history_is_bounded);
    tcase_add_loop_test(c, any_keys, 0, 60);
    tcase_add_test(c, short_of_memory);
    suite_add_tcase(s, c);
    return s;
}
