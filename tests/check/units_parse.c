// SPDX-License-Identifier: MIT
// The parser: what is a unit, what is not and where, and the limits.
#include "tests/check/helper.h"
#include "units/print.h"

static const struct {
    const char *text, *print;
} good[] = {
    {"-", "-"},
    {"t", "t"},
    {"f", "f"},
    {"0x1F", "0x1f"},
    {"0x00", "0x00"},
    {"0012", "12"},
    {"-0", "0"},
    {"-12", "-12"},
    {"9223372036854775807", "9223372036854775807"},
    {"9223372036854775808", "9223372036854775808"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"-9223372036854775809", "-9223372036854775809"},
    {"0000000000000000000000000000001", "1"},
    {"3.05", "3.05"},
    {"3.050", "3.05"},
    {"-0.5", "-0.5"},
    {"0.0", "0.0"},
    {"-0.0", "0.0"},
    {"0e999999999999", "0.0"},
    {"1e5", "100000.0"},
    {"1E5", "100000.0"},
    {"1.5e-7", "0.00000015"},
    {"12.34e1", "123.4"},
    {"12.34e2", "1234.0"},
    {"12.34e3", "12340.0"},
    {"100e-2", "1.0"},
    {"123456789012345678901234.50", "123456789012345678901234.5"},
    {"720p", "720p"},
    {"1.2.3", "1.2.3"},
    {"1.", "1."},
    {".5", ".5"},
    {"12a", "12a"},
    {"--5", "--5"},
    {"1e", "1e"},
    {"1e+5", NULL},
    {"no-command", "no-command"},
    {"#ff0000", "#ff0000"},
    {"a#", "a#"},
    {"день", "день"},
    {"日本", "日本"},
    {"``", "``"},
    {"'a b'", "`a b`"},
    {"\"a'b\"", "`a'b`"},
    {"'a`b'", "`a\\`b`"},
    {"`t`", "`t`"},
    {"`-`", "`-`"},
    {"`5`", "`5`"},
    {"`1e5`", "`1e5`"},
    {"`0x`", "`0x`"},
    {"`0xyz`", "`0xyz`"},
    {"`#`", "`#`"},
    {"`#a`", "#a"},
    {"`abc`", "abc"},
    {"`a\\nb\\r\\t\\0\\\\`", "`a\\nb\\r\\t\\0\\\\`"},
    {"`\\x01\\x7f`", "`\\x01\\x7f`"},
    {"`\\x80\\u{a0}\\u{ad}`", "`\\u{80}\xC2\xA0\\u{ad}`"},
    {"`\\u{41}\\x42`", "AB"},
    {"`\\u{1F600}`", "😀"},
    {"`\\u{e0001}`", "`\\u{e0001}`"},
    {"'\\''", "`'`"},
    {"@a.b.0", "@a.b.0"},
    {"@a.`task.loop`", "@a.`task.loop`"},
    {"@`x`.'y z'", "@x.`y z`"},
    {"@-", "@-"},
    {"u@serv", "u@serv"},
    {"5@s1@s2", "5@s1@s2"},
    {"@a@b", "@a@b"},
    {"u@serv:loc", "u@serv:[loc]"},
    {"u@serv:[loc]", "u@serv:[loc]"},
    {"u@serv:[*]", "u@serv:[*]"},
    {"u@serv:[node-1]", "u@serv:[node-1]"},
    {"u@serv:[::]", "u@serv:[::]"},
    {"u@serv:[::1]", "u@serv:[::1]"},
    {"u@serv:[2001:db8::1:0:0:1]", "u@serv:[2001:db8::1:0:0:1]"},
    {"u@serv:[fe80::1%eth0]", "u@serv:[fe80::1%eth0]"},
    {"u@serv:2001:0DB8:0:0:0:0:0:1", "u@serv:[2001:db8::1]"},
    {"u@serv:1:0:0:0:1:0:0:1", "u@serv:[1::1:0:0:1]"},
    {"u@serv:1:0:2:3:4:5:6:7", "u@serv:[1:0:2:3:4:5:6:7]"},
    {"(a b)", "(a b)"},
    {"( 5   6 )", "(5 6)"},
    {"[]", "[]"},
    {"[ ]", "[]"},
    {"[1(2 3)[4]{a:b}]", "[1 (2 3) [4] {a:b}]"},
    {"{ }", "{}"},
    {"{a : b  c:d}", "{a:b c:d}"},
    {"{1:2 (a b):[c] {x:y}:z}", "{1:2 (a b):[c] {x:y}:z}"},
    {"{a@b:c}", "{a@b:c}"},
    {"{a@b: [x]}", "{a@b: [x]}"},
    {"{a@b :[x]}", "{a@b: [x]}"},
    {"{a@b:[x]:c}", "{a@b:[x]:c}"},
    {"{a@b: [x]@c}", "{a@b: [x]@c}"},
    {"{a:b@c:[loc]}", "{a:b@c:[loc]}"},
    {"{@a:1}", "{@a:1}"},
    {"%``", "%``"},
    {"%`AQID`", "%`AQID`"},
    {"%`AQ==`", "%`AQ==`"},
    {"!`pw`", "!`***`"},
    {"[1 # one\n 2]", "[1 2]"},
    {"# a\n5 # b", "5"},
    {"\xEF\xBB\xBF"
     "5",
     "5"},
    {"#!/usr/bin/telex\n5", "5"},
    {"\xEF\xBB\xBF#!/usr/bin/telex\n5", "5"},
    {" 5 #!x y", "5"},
    {"[1 #!x y\n2]", "[1 2]"},
    {"[#\n1]", "[1]"},
    {"5\r\n", "5"},
    {"[a@b.c d]", "[a@b.c d]"},
};

START_TEST(test_good)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;
    enum err e;

    test_mem_init(&m);
    a = test_arena(&m);
    e = unit_parse(&a, span_of(good[_i].text), &u, &f);
    if (!good[_i].print)
        ck_assert_msg(e == ERR_SYNTAX, "%s: %s", good[_i].text, err_word(e));
    else {
        ck_assert_msg(e == ERR_OK, "%s: %s", good[_i].text, f.why);
        ck_assert_str_eq(test_print(&a, &u), good[_i].print);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static const struct {
    const char *text;
    enum err e;
    size_t pos;
    const char *why; // a part of it
} bad[] = {
    {"", ERR_SYNTAX, 0, "no unit"},
    {"  # only", ERR_SYNTAX, 8, "no unit"},
    {"(1 2 3)", ERR_SYNTAX, 5, "third"},
    {"(1)", ERR_SYNTAX, 2, "two parts, this one has 1"},
    {"()", ERR_SYNTAX, 1, "two parts"},
    {"[1,2]", ERR_SYNTAX, 2, ", has no meaning"},
    {"`abc", ERR_SYNTAX, 4, "the text opened at 1:1 is not closed"},
    {"[\n 'abc  \n", ERR_SYNTAX, 7, "the text opened at 2:2 is not closed"},
    {"(neg 5@math.calc", ERR_SYNTAX, 16, "the pair opened at 1:1 is not closed"},
    {"[1 {a:b}\n\n", ERR_SYNTAX, 8, "the list opened at 1:1"},
    {"[1}", ERR_SYNTAX, 2, "this closes a map, but the list opened at 1:1"},
    {"]", ERR_SYNTAX, 0, "nothing is open"},
    {"1]", ERR_SYNTAX, 1, "nothing is open"},
    {"{a}", ERR_SYNTAX, 2, "no value"},
    {"{a:}", ERR_SYNTAX, 3, "no value"},
    {"{a b:c}", ERR_SYNTAX, 3, "no colon"},
    {"{a:b a:c}", ERR_SYNTAX, 5, "twice"},
    {"{{x:1 y:2}:b {y:2 x:1}:c}", ERR_SYNTAX, 13, "twice"},
    {":", ERR_SYNTAX, 0, "colon"},
    {"[a:b]", ERR_SYNTAX, 2, "colon"},
    {"1 2", ERR_SYNTAX, 2, "one unit is expected"},
    {"[a`b`]", ERR_SYNTAX, 2, "touch"},
    {"['a'b]", ERR_SYNTAX, 4, "touch"},
    {"(neg 5) @math.calc", ERR_SYNTAX, 8, "no blank before @"},
    {"``x", ERR_SYNTAX, 2, "touch"},
    {"5`x`", ERR_SYNTAX, 1, "touch"},
    {"5,6", ERR_SYNTAX, 1, ", has no meaning"},
    {"`x`@a`y`", ERR_SYNTAX, 5, "touch"},
    {"[1\n#!x]", ERR_SYNTAX, 4, "touch"},
    {"0x1", ERR_SYNTAX, 0, "not a byte"},
    {"0x123", ERR_SYNTAX, 0, "not a byte"},
    {"0xzz", ERR_SYNTAX, 0, "not a byte"},
    {"a@", ERR_SYNTAX, 2, "no service name"},
    {"a@B", ERR_SYNTAX, 2, "no service name"},
    {"a@b..c", ERR_SYNTAX, 2, "no service name"},
    {"a@b.", ERR_SYNTAX, 2, "no service name"},
    {"a@b:c", ERR_SYNTAX, 4, "not an address"},
    {"a@b:[]", ERR_SYNTAX, 5, "not an address"},
    {"a@b:[A]", ERR_SYNTAX, 5, "not an address"},
    {"a@b:[1:2]", ERR_SYNTAX, 5, "not an address"},
    {"a@b:[0::1]", ERR_SYNTAX, 5, "not an address"},
    {"a@b:[::01]", ERR_SYNTAX, 5, "not an address"},
    {"a@b:[1:0:0:2:0:0:0:0]", ERR_SYNTAX, 5, "not an address"},
    {"@", ERR_SYNTAX, 1, "step"},
    {"@.a", ERR_SYNTAX, 1, "step"},
    {"@a.", ERR_SYNTAX, 3, "step"},
    {"@a..b", ERR_SYNTAX, 3, "step"},
    {"@``", ERR_SYNTAX, 1, "empty"},
    {"%AQID", ERR_SYNTAX, 0, "%"},
    {"%`AQI`", ERR_SYNTAX, 5, "base64"},
    {"%`AQ=A`", ERR_SYNTAX, 5, "base64"},
    {"%`AR==`", ERR_SYNTAX, 3, "base64"},
    {"%`A QI`", ERR_SYNTAX, 3, "base64"},
    {"!x", ERR_SYNTAX, 0, "!"},
    {"!`***`", ERR_SYNTAX, 0, "secret"},
    {"`\\q`", ERR_SYNTAX, 1, "escape"},
    {"`\\x1`", ERR_SYNTAX, 1, "escape"},
    {"`\\u{d800}`", ERR_SYNTAX, 1, "escape"},
    {"`\\u{110000}`", ERR_SYNTAX, 1, "escape"},
    {"`\\u{}`", ERR_SYNTAX, 1, "escape"},
    {"`\\'`", ERR_SYNTAX, 1, "escape"},
    {"a\xFF", ERR_SYNTAX, 1, "UTF-8"},
    {"`a\xC0\x80`", ERR_SYNTAX, 2, "UTF-8"},
    {"`\xED\xA0\x80`", ERR_SYNTAX, 1, "UTF-8"},
    {"# \xFF", ERR_SYNTAX, 2, "UTF-8"},
    {"a\xC2\xA0"
     "b",
     ERR_SYNTAX, 1, "cannot stand outside quotes"},
    {"[a\xE2\x80\x8B]", ERR_SYNTAX, 2, "cannot stand outside quotes"},
    {"\x01", ERR_SYNTAX, 0, "control"},
    {"a*b", ERR_SYNTAX, 1, "* has no meaning"},
    {"1e999999999", ERR_TOO_BIG, 0, "digits"},
    {"1e-1000000", ERR_TOO_BIG, 0, "digits"},
};

START_TEST(test_bad)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;
    enum err e;

    test_mem_init(&m);
    a = test_arena(&m);
    e = unit_parse(&a, span_of(bad[_i].text), &u, &f);
    ck_assert_msg(e == bad[_i].e, "%s: %s", bad[_i].text, err_word(e));
    ck_assert_msg(f.pos == bad[_i].pos, "%s: at %zu", bad[_i].text, f.pos);
    ck_assert_msg(strstr(f.why, bad[_i].why), "%s: %s", bad[_i].text, f.why);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// The same units and the same errors however the text is cut into pieces.
static void check_pieces(const char *text, size_t piece)
{
    struct test_mem m;
    struct arena a;
    struct parser *whole, *cut;
    size_t at = 0, len = strlen(text), have = 0, from = 0;

    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(parser_new(&m.mem, &whole), ERR_OK);
    ck_assert_int_eq(parser_new(&m.mem, &cut), ERR_OK);
    for (;;) {
        struct unit u, v;
        struct fail f = {.pos = 0}, g = {.pos = 0};
        size_t used = 0, part = 0;
        enum err e, d;

        e = parser_next(whole, &a, (struct span){text + at, len - at}, true, &used, &u, &f);
        do {
            d = parser_next(cut, &a, (struct span){text + from, have - from}, have == len, &part,
                            &v, &g);
            if (d == ERR_LATER) {
                from += part;
                ck_assert_uint_lt(have, len);
                have = have + piece < len ? have + piece : len;
            }
        } while (d == ERR_LATER);
        ck_assert_msg(d == e, "%s cut by %zu: %s, not %s (%s)", text, piece, err_word(d),
                      err_word(e), d ? g.why : "");
        if (e == ERR_NOT_FOUND)
            break;
        if (e) {
            ck_assert_msg(from + g.pos == at + f.pos, "%s cut by %zu: at %zu, not %zu", text, piece,
                          from + g.pos, at + f.pos);
            break;
        }
        ck_assert(unit_same(&u, &v));
        at += used;
        from += part;
        ck_assert_msg(at == from, "%s cut by %zu: used %zu, not %zu", text, piece, from, at);
    }
    parser_free(whole);
    parser_free(cut);
    arena_fini(&a);
    test_mem_done(&m);
}

START_TEST(test_pieces)
{
    for (size_t piece = 1; piece < 8; piece++)
        check_pieces(good[_i].text, piece);
}
END_TEST

START_TEST(test_pieces_bad)
{
    for (size_t piece = 1; piece < 8; piece++)
        check_pieces(bad[_i].text, piece);
}
END_TEST

START_TEST(test_pieces_text)
{
    static const char text[] =
        "5 (a b)(c d)[1 2]\n# c\n{a : `x y\\n` b@c:[d]:e}@f.g:[::1]@h abc\n\n"
        "%`AQID`!`pw`@x.y\n   -  0x1f   `день` @a.`b c`.0\t# end";

    for (size_t piece = 1; piece < 40; piece++)
        check_pieces(text, piece);
}
END_TEST

// ---- Limits: at and past each

static enum err parse_made(const char *text, size_t len, struct fail *f, uint32_t *size)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    enum err e;

    test_mem_init(&m);
    arena_init(&a, &m.mem, (size_t)1 << 30);
    e = unit_parse(&a, (struct span){text, len}, &u, f);
    if (!e && size)
        *size = u.text;
    arena_fini(&a);
    test_mem_done(&m);
    return e;
}

START_TEST(test_depth)
{
    char text[512];
    struct fail f;
    size_t n = 0;

    for (int i = 0; i < UNIT_DEPTH_MAX; i++)
        text[n++] = '[';
    for (int i = 0; i < UNIT_DEPTH_MAX; i++)
        text[n++] = ']';
    ck_assert_int_eq(parse_made(text, n, &f, NULL), ERR_OK);
    memmove(text + 1, text, n);
    text[n + 1] = ']';
    ck_assert_int_eq(parse_made(text, n + 2, &f, NULL), ERR_TOO_DEEP);
    ck_assert_uint_eq(f.pos, UNIT_DEPTH_MAX);
    n = 0;
    text[n++] = '[';
    text[n++] = '5';
    for (int i = 0; i < UNIT_DEPTH_MAX - 1; i++) {
        text[n++] = '@';
        text[n++] = 'a';
    }
    text[n] = ']';
    ck_assert_int_eq(parse_made(text, n + 1, &f, NULL), ERR_OK);
    memcpy(text + n, "@a]", 3);
    ck_assert_int_eq(parse_made(text, n + 3, &f, NULL), ERR_TOO_DEEP);
    ck_assert_uint_eq(f.pos, n);
}
END_TEST

START_TEST(test_open_brackets)
{
    size_t n = 1000000;
    char *text = malloc(n);
    struct fail f;

    memset(text, '[', n);
    ck_assert_int_eq(parse_made(text, n, &f, NULL), ERR_TOO_DEEP);
    ck_assert_uint_eq(f.pos, UNIT_DEPTH_MAX);
    free(text);
}
END_TEST

START_TEST(test_text)
{
    size_t n = UNIT_TEXT_MAX_BYTES + 64;
    char *text = malloc(n);
    struct fail f;
    uint32_t size = 0;

    memset(text, 'a', n);
    text[0] = '`';
    text[1] = ' ';
    // A string of 16 MiB and its head do not fit; what does is five bytes shorter, with its quotes.
    text[UNIT_TEXT_MAX_BYTES - 4] = '`';
    ck_assert_int_eq(parse_made(text, UNIT_TEXT_MAX_BYTES - 3, &f, &size), ERR_OK);
    ck_assert_uint_eq(size, UNIT_TEXT_MAX_BYTES - 3);
    memset(text, ' ', n);
    text[0] = '[';
    text[UNIT_TEXT_MAX_BYTES - 1] = ']';
    ck_assert_int_eq(parse_made(text, n, &f, NULL), ERR_OK);
    text[UNIT_TEXT_MAX_BYTES - 1] = ' ';
    text[UNIT_TEXT_MAX_BYTES] = ']';
    ck_assert_int_eq(parse_made(text, n, &f, NULL), ERR_TOO_BIG);
    ck_assert_uint_eq(f.pos, UNIT_TEXT_MAX_BYTES);
    free(text);
}
END_TEST

START_TEST(test_huge_string)
{
    size_t n = 20 << 20;
    char *text = malloc(n);
    struct fail f;

    memset(text, 'x', n);
    ck_assert_int_eq(parse_made(text, n, &f, NULL), ERR_TOO_BIG);
    text[0] = text[n - 1] = '`';
    ck_assert_int_eq(parse_made(text, n, &f, NULL), ERR_TOO_BIG);
    free(text);
}
END_TEST

// n items of two bytes each
static char *made_list(size_t n, size_t *len)
{
    char *text = malloc(2 * n + 2);

    text[0] = '[';
    for (size_t i = 0; i < n; i++)
        memcpy(text + 1 + 2 * i, "- ", 2);
    text[2 * n + 1] = ']';
    *len = 2 * n + 2;
    return text;
}

START_TEST(test_items)
{
    struct fail f;
    size_t len;
    char *text = made_list(UNIT_ITEMS_MAX, &len);

    ck_assert_int_eq(parse_made(text, len, &f, NULL), ERR_OK);
    free(text);
    text = made_list(UNIT_ITEMS_MAX + 1, &len);
    ck_assert_int_eq(parse_made(text, len, &f, NULL), ERR_TOO_BIG);
    ck_assert_uint_eq(f.pos, 1 + 2 * (size_t)UNIT_ITEMS_MAX);
    free(text);
}
END_TEST

START_TEST(test_nodes)
{
    // Four lists of one million less a few make 4 000 000 nodes with all brackets.
    size_t each = UNIT_ITEMS_MAX - 2, len, at = 0;
    char *part = made_list(each, &len), *text = malloc(4 * len + 64);
    struct fail f;

    text[at++] = '[';
    for (int i = 0; i < 4; i++) {
        memcpy(text + at, part, len);
        at += len;
    }
    memcpy(text + at, "- - -]", 6); // 4 * (each + 1) + 3 + 1 = 4 000 000
    ck_assert_int_eq(parse_made(text, at + 6, &f, NULL), ERR_OK);
    memcpy(text + at, "- - - -]", 8);
    ck_assert_int_eq(parse_made(text, at + 8, &f, NULL), ERR_TOO_BIG);
    free(part);
    free(text);
}
END_TEST

START_TEST(test_digits)
{
    size_t n = UNIT_DIGITS_MAX;
    char *text = malloc(n + 4);
    struct fail f;

    memset(text, '7', n + 4);
    ck_assert_int_eq(parse_made(text, n, &f, NULL), ERR_OK);
    ck_assert_int_eq(parse_made(text, n + 1, &f, NULL), ERR_TOO_BIG);
    text[1] = '.';
    ck_assert_int_eq(parse_made(text, n + 1, &f, NULL), ERR_OK);
    ck_assert_int_eq(parse_made(text, n + 2, &f, NULL), ERR_TOO_BIG);
    ck_assert_int_eq(parse_made("1e999998", 8, &f, NULL), ERR_OK);
    ck_assert_int_eq(parse_made("1e999999", 8, &f, NULL), ERR_TOO_BIG);
    ck_assert_int_eq(parse_made("1e-999999", 9, &f, NULL), ERR_OK);
    ck_assert_int_eq(parse_made("1e-1000000", 10, &f, NULL), ERR_TOO_BIG);
    free(text);
}
END_TEST

START_TEST(test_steps)
{
    char text[512] = "@a";
    struct fail f;

    for (int i = 1; i < UNIT_STEPS_MAX; i++)
        strcat(text, ".a");
    ck_assert_int_eq(parse_made(text, strlen(text), &f, NULL), ERR_OK);
    strcat(text, ".a");
    ck_assert_int_eq(parse_made(text, strlen(text), &f, NULL), ERR_TOO_DEEP);
}
END_TEST

START_TEST(test_names)
{
    char text[256] = "a@";
    struct fail f;

    for (int i = 0; i < UNIT_SERVICE_MAX_BYTES; i++)
        strcat(text, "s");
    ck_assert_int_eq(parse_made(text, strlen(text), &f, NULL), ERR_OK);
    strcat(text, "s");
    ck_assert_int_eq(parse_made(text, strlen(text), &f, NULL), ERR_SYNTAX);
    strcpy(text, "a@s:[");
    for (int i = 0; i < UNIT_NODE_MAX_BYTES; i++)
        strcat(text, "n");
    strcat(text, "]");
    ck_assert_int_eq(parse_made(text, strlen(text), &f, NULL), ERR_OK);
    text[strlen(text) - 1] = 0;
    strcat(text, "n]");
    ck_assert_int_eq(parse_made(text, strlen(text), &f, NULL), ERR_SYNTAX);
}
END_TEST

// Each allocation fails in turn.
static enum err parse_step(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct unit u;
    enum err e = unit_parse(&a, span_of(ctx), &u, NULL);

    arena_fini(&a);
    return e;
}

START_TEST(test_no_memory)
{
    test_each_allocation(
        parse_step, "{a:[1 2.5 `x y` '\\n' 123456789012345678901234567890 1.23456789012345678e9] "
                    "b:@c.`d e` c:u@s.t:[::1] %`AQID`:!`pw` 1:2 3:4 5:6 7:8 9:10 11:12 13:14 "
                    "15:16 17:18 19:20 (a b):c}");
}
END_TEST

// All characters of RFC 4648 section 4, and every length, so that groups and what is left of them
// stand at every place; a bad character, too, is found wherever it stands.
START_TEST(test_base64)
{
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[140], bytes[96];
    struct test_mem m;
    struct arena a;

    for (unsigned i = 0; i < 96; i++) { // sextets 0, 1, 2 .. 63, twice
        unsigned s = i / 3 * 4,
                 four = (s % 64) << 18 | (s % 64 + 1) << 12 | (s % 64 + 2) << 6 | (s % 64 + 3);

        bytes[i] = (char)(four >> (16 - 8 * (i % 3)));
    }
    test_mem_init(&m);
    a = test_arena(&m);
    for (unsigned n = 0; n <= 96; n++) {
        unsigned chars = n / 3 * 4;
        struct unit u, back;
        struct fail f;

        ck_assert_int_eq(unit_bytes((struct span){bytes, n}, &u), ERR_OK);
        snprintf(text, sizeof text, "%%`%.*s%.*s", (int)(chars < 64 ? chars : 64), all,
                 chars < 64 ? 0 : (int)chars - 64, all);
        ck_assert_int_eq(strncmp(test_print(&a, &u), text, 2 + chars), 0);
        back = test_unit(&a, test_print(&a, &u));
        ck_assert(unit_same(&u, &back));
        for (unsigned i = 0; i < chars; i++) {
            snprintf(text, sizeof text, "%s", test_print(&a, &u));
            text[2 + i] = "-_\x80 .@["[i % 7];
            ck_assert_int_eq(unit_parse(&a, span_of(text), &back, &f), ERR_SYNTAX);
            ck_assert_msg(f.pos == 2 + i, "%s: %zu", text, f.pos);
        }
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

Suite *units_parse_suite(void)
{
    Suite *s = suite_create("units/parse");
    TCase *t = tcase_create("texts"), *l = tcase_create("limits");

    tcase_add_loop_test(t, test_good, 0, COUNT(good));
    tcase_add_loop_test(t, test_bad, 0, COUNT(bad));
    tcase_add_loop_test(t, test_pieces, 0, COUNT(good));
    tcase_add_loop_test(t, test_pieces_bad, 0, COUNT(bad));
    tcase_add_test(t, test_pieces_text);
    tcase_add_test(t, test_no_memory);
    tcase_add_test(t, test_base64);
    tcase_add_test(l, test_depth);
    tcase_add_test(l, test_open_brackets);
    tcase_add_test(l, test_text);
    tcase_add_test(l, test_huge_string);
    tcase_add_test(l, test_items);
    tcase_add_test(l, test_nodes);
    tcase_add_test(l, test_digits);
    tcase_add_test(l, test_steps);
    tcase_add_test(l, test_names);
    tcase_set_timeout(l, 120);
    suite_add_tcase(s, t);
    suite_add_tcase(s, l);
    return s;
}
