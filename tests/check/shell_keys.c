// SPDX-License-Identifier: MIT
// Bytes of terminals and the keys they stand for; secrets in a text; widths of characters.
#include "shell/cells.h"
#include "shell/keys.h"
#include "shell/mask.h"
#include "tests/check/helper.h"

static const struct {
    const char *bytes, *names; // names with a blank behind each
} rows[] = {
    {"a", "a "},
    {"é日", "é 日 "},
    {"\r", "ENTER "},
    {"\n", "ENTER "},
    {"\r\n", "ENTER "},
    {"\r\r", "ENTER ENTER "},
    {"\t\x7F\b", "TAB BKSP BKSP "},
    {"\x01\x1A", "^A ^Z "},
    {"\x1B", "ESC "},
    {"\x1B\x1B", "ESC ESC "},
    {"\x1Bx", "ESC x "},
    {"\x1B[A\x1B[B\x1B[C\x1B[D", "UP DOWN RIGHT LEFT "},
    {"\x1BOA\x1BOP\x1BOS", "UP F1 F4 "},
    {"\x1B[H\x1B[F\x1B[1~\x1B[4~\x1B[7~\x1B[8~", "HOME END HOME END HOME END "},
    {"\x1B[2~\x1B[3~\x1B[5~\x1B[6~", "INS DEL PGUP PGDN "},
    {"\x1B[11~\x1B[15~\x1B[17~\x1B[21~\x1B[23~\x1B[24~", "F1 F5 F6 F10 F11 F12 "},
    {"\x1B[[A\x1B[[E", "F1 F5 "},
    {"\x1B[1;5C\x1B[3;2~", "RIGHT DEL "},
    {"\x1B[200~ab\x1B[201~", "  a b   "},
    {"\x1B[16~\x1B[99999999999999~", "    "},
    {"\x1B[?1;2c!", "  ! "},
    {"\x1B[", "ESC [ "},
    {"\x1BO", "ESC O "},
    {"\x1B[1;", "  "},
    {"\x1B[1\x1B[A", "  UP "},
    {"\xFFz\xC3", "\xFF z \xC3 "},
    {"\xED\xA0\x80", "\xED \xA0 \x80 "},
};

static void names_of(struct span bytes, char *out)
{
    struct key k;

    *out = 0;
    while (bytes.len) {
        size_t n = key_load(bytes, false, &k);
        struct span name = key_name(&k);

        ck_assert_uint_ge(n, 1);
        ck_assert_uint_le(n, bytes.len);
        if (name.len)
            strncat(out, name.at, name.len);
        strcat(out, name.len ? " " : "  ");
        bytes.at += n;
        bytes.len -= n;
    }
}

START_TEST(keys)
{
    char got[200];
    struct span bytes = span_of(rows[_i].bytes);
    struct key k;

    names_of(bytes, got);
    ck_assert_msg(!strcmp(got, rows[_i].names), "%d: got %s", _i, got);
    // While more may come, nothing is taken that could be the begin of something longer.
    for (size_t n = 0; n <= bytes.len; n++) {
        size_t used = key_load((struct span){bytes.at, n}, true, &k);

        ck_assert_uint_le(used, n);
    }
}
END_TEST

START_TEST(split)
{
    static const char *const sequences[] = {"\x1B[A",       "\x1B[24~",  "\x1BOP",
                                            "\xE6\x97\xA5", "\x1B[1;5C", "\x1B[[A"};
    struct key k;

    for (size_t i = 0; i < COUNT(sequences); i++) {
        struct span all = span_of(sequences[i]);

        for (size_t n = 0; n < all.len; n++)
            ck_assert_uint_eq(key_load((struct span){all.at, n}, true, &k), 0);
        ck_assert_uint_eq(key_load(all, true, &k), all.len);
    }
}
END_TEST

// A sequence without an end does not hold up the keyboard for ever.
START_TEST(noise)
{
    char bytes[100];
    struct key k;

    memset(bytes, '1', sizeof bytes);
    memcpy(bytes, "\x1B[", 2);
    ck_assert_uint_gt(key_load((struct span){bytes, sizeof bytes}, true, &k), 0);
    ck_assert_int_eq(k.code, KEY_NONE);
}
END_TEST

// Secrets: the text with each byte of a secret as *.
static const struct {
    const char *text, *careful, *strict;
} masks[] = {
    {"5", "5", "5"},
    {"!`abc` x", "!`***` x", "!`***` x"},
    {"(a !`b c`)", "(a !`***`)", "(a !`***`)"},
    {"!`ab", "!`**", "!`**"},
    {"!`", "!`", "!`"},
    {"!`a\\`b` c", "!`****` c", "!`****` c"},
    {"!`a\\\\` c", "!`***` c", "!`***` c"},
    {"!`a` !`b`", "!`*` !`*`", "!`*` !`*`"},
    {"!`a!`b`", "!`****`", "!`****`"},
    {"!`a!` b`", "!`**` b`", "!`*****`"},
    {"{`wow!`: !`a` b", "{`wow!`: !`*` b", "{`wow!`*****` b"},
    {"[!`a\n\" !`b`c]", "[!`*******`c]", "[!`*******`c]"},
    {"`wow!` x", "`wow!` x", "`wow!`**"},
    {"'wow!`' !`x`", "'wow!`' !`*`", "'wow!`*****`"},
    {"\"a\\\"!`\" b", "\"a\\\"!`\" b", "\"a\\\"!`***"},
    {"it's !`x`", "it's !`*`", "it's !`*`"},
    {"# it's !`x` 'y\n'!`'", "# it's !`*` 'y\n'!`*", "# it's !`*` 'y\n'!`*"},
    {"# a 'b\n'!`'", "# a 'b\n'!`'", "# a 'b\n'!`*"},
    {"a#'b!`c", "a#'b!`*", "a#'b!`*"},
    {"%`abc=` !`x`", "%`abc=` !`*`", "%`abc=` !`*`"},
    {"@a.`x!` !`y`", "@a.`x!` !`*`", "@a.`x!`****`"},
    {"{k:'!`'}", "{k:'!`'}", "{k:'!`**"},
    // a quote that is not closed protects nothing, nor one that closes where no text ends
    {"(say 'x !`ab` c)", "(say 'x !`**` c)", "(say 'x !`**` c)"},
    {"'a !`b", "'a !`*", "'a !`*"},
    {"'a !`b' c", "'a !`b' c", "'a !`****"},
    {"`a !`bcd` e", "`a !`***` e", "`a !`***` e"},
    {"`a !`bcd", "`a !`***", "`a !`***"},
    {"{`a!`:1 `b!`:2}@c", "{`a!`:1 `b!`:2}@c", "{`a!`***`b!`*****"},
};

static void apply(const char *text, bool strict, char *out)
{
    struct mask m = mask_start(span_of(text), strict);
    size_t from, to, last = 0;

    strcpy(out, text);
    while (mask_next(&m, &from, &to)) {
        ck_assert_uint_ge(from, last);
        ck_assert_uint_le(to, strlen(text));
        last = to;
        if (to > from)
            memset(out + from, '*', to - from);
    }
}

START_TEST(secrets)
{
    char got[100];

    apply(masks[_i].text, false, got);
    ck_assert_msg(!strcmp(got, masks[_i].careful), "careful %s: got %s", masks[_i].text, got);
    apply(masks[_i].text, true, got);
    ck_assert_msg(!strcmp(got, masks[_i].strict), "strict %s: got %s", masks[_i].text, got);
}
END_TEST

// Line by line, each behind the one before: the same secrets.
static const struct {
    const char *text, *masked;
} inputs[] = {
    {"(say !`abc\ndef gh`)@io.term", "(say !`***\n******`)@io.term"},
    {"!`a\n\nb\n` c !`d`", "!`*\n\n*\n` c !`*`"},
    {"`a\n` !`b`\nc", "`a\n` !`*`\nc"},
    {"`wow!\n`x` !`b`", "`wow!\n`x` !`*`"},
    {"[`Hello!`\nabc]", "[`Hello!`\nabc]"},
    {"!`a\\`b\nc`d", "!`****\n*`d"},
    // the first one was not closed, and the person begins anew
    {"!`open\n!`sesame` x", "!`****\n********` x"},
    {"!`open\n!`sesame` !`x`", "!`****\n********` !`*`"},
    // a quote over several lines: what looks like a secret in it is masked till its last line
    {"'a\n!`b`\nc' !`d` '!`'", "'a\n!`*`\nc' !`*` '!`'"},
    {"'a !`b\nc` d'", "'a !`*\n*` d'"},
};

START_TEST(secrets_of_lines)
{
    char got[100];
    struct mask m = mask_start(SPAN(""), false);
    size_t at = 0, from, to;

    strcpy(got, inputs[_i].text);
    for (;;) {
        size_t n = strcspn(inputs[_i].text + at, "\n");

        m = mask_behind(m, (struct span){inputs[_i].text + at, n});
        while (mask_next(&m, &from, &to)) {
            ck_assert_uint_le(to, n);
            memset(got + at + from, '*', to - from);
        }
        at += n;
        if (!inputs[_i].text[at++])
            break;
    }
    ck_assert_msg(!strcmp(got, inputs[_i].masked), "%s: got %s", inputs[_i].text, got);
}
END_TEST

static const struct {
    const char *bytes, *shown;
    unsigned cells;
} glyphs[] = {
    {"a", "a", 1},           {"é", "é", 1},
    {"日", "日", 2},         {"😀", "😀", 2},
    {"\u0301", "\u0301", 0}, {"\u200D", "\u200D", 0},
    {"\x1B", "\\x1b", 4},    {"\x7F", "\\x7f", 4},
    {"\n", "\\n", 2},        {"\r", "\\r", 2},
    {"\t", "\\t", 2},        {"\xC2\x9B", "\\u{9b}", 6},
    {"\xFF", "\\xff", 4},    {"\xE6\x97", "\\xe6", 4},
};

START_TEST(shown)
{
    const char *bytes = glyphs[_i].bytes;
    struct glyph g = glyph_at(bytes, bytes + strlen(bytes));

    ck_assert_msg(g.n == strlen(glyphs[_i].shown) && !memcmp(g.text, glyphs[_i].shown, g.n),
                  "%d: got %.*s", _i, g.n, g.text);
    ck_assert_uint_eq(g.cells, glyphs[_i].cells);
}
END_TEST

START_TEST(nul)
{
    static const char zero[1];
    struct glyph g = glyph_at(zero, zero + 1);

    ck_assert(g.n == 2 && !memcmp(g.text, "\\0", 2));
}
END_TEST

Suite *shell_keys_suite(void)
{
    Suite *s = suite_create("shell_keys");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, keys, 0, COUNT(rows));
    tcase_add_test(c, split);
    tcase_add_test(c, noise);
    tcase_add_loop_test(c, secrets, 0, COUNT(masks));
    tcase_add_loop_test(c, secrets_of_lines, 0, COUNT(inputs));
    tcase_add_loop_test(c, shown, 0, COUNT(glyphs));
    tcase_add_test(c, nul);
    suite_add_tcase(s, c);
    return s;
}
