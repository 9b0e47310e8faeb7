// SPDX-License-Identifier: MIT
// QR codes: what is printed is read back by a small reader that shares nothing with the library.
//
// The reader follows ISO/IEC 18004: quiet zone, finders, format (BCH), mask, order of the modules,
// blocks, Reed-Solomon (all syndromes are 0), segments. Versions 1 to 6, level M.
#include "services/qr.h"

#include "tests/check/helper.h"

enum { SIDE_MAX = 17 + 4 * 6 };

struct seen {
    unsigned side;
    bool dark[SIDE_MAX][SIDE_MAX]; // [y][x]
};

// ---- From text

// The light modules of a printed code; in characters, with the quiet zone.
static void look(struct span text, struct seen *out)
{
    static bool light[SIDE_MAX + 2 * QR_QUIET + 1][SIDE_MAX + 2 * QR_QUIET];
    unsigned x = 0, y = 0, width = 0;
    size_t at = 0;

    memset(light, 0, sizeof light);
    while (at < text.len) {
        static const struct {
            const char *text;
            bool top, bottom;
        } halves[] = {
            {" ", false, false}, {"▀", true, false}, {"▄", false, true}, {"█", true, true}};
        bool found = false;

        if (text.at[at] == '\n') {
            ck_assert_uint_eq(x, width ? width : x);
            width = x;
            x = 0;
            y += 2;
            at++;
            continue;
        }
        for (size_t i = 0; i < COUNT(halves) && !found; i++) {
            size_t n = strlen(halves[i].text);

            if (text.len - at < n || memcmp(text.at + at, halves[i].text, n))
                continue;
            ck_assert_uint_lt(x, COUNT(light[0]));
            light[y][x] = halves[i].top;
            light[y + 1][x++] = halves[i].bottom;
            at += n;
            found = true;
        }
        ck_assert_msg(found, "something else at byte %zu", at);
    }
    ck_assert_uint_eq(x, 0);
    out->side = width - 2 * QR_QUIET;
    ck_assert_uint_eq(y, width + 1); // two in a line, and their number is odd
    for (y = 0; y < width; y++)
        for (x = 0; x < width; x++) {
            unsigned in_x = x - QR_QUIET, in_y = y - QR_QUIET;

            if (in_x < out->side && in_y < out->side)
                out->dark[in_y][in_x] = !light[y][x];
            else
                ck_assert_msg(light[y][x], "the quiet zone is not, at %u %u", x, y);
        }
}

// ---- Which modules carry data

static bool is_finder(const struct seen *q, unsigned x, unsigned y)
{
    unsigned far = q->side - 8;

    return (x < 9 && y < 9) || (x >= far && y < 9) || (x < 9 && y >= far);
}

static bool is_function(const struct seen *q, unsigned x, unsigned y)
{
    unsigned a = q->side - 7; // middle of the one alignment pattern, from version 2 on

    return is_finder(q, x, y) || x == 6 || y == 6 ||
           (q->side > 21 && x + 2 >= a && x <= a + 2 && y + 2 >= a && y <= a + 2);
}

static void check_patterns(const struct seen *q)
{
    const unsigned corner[3][2] = {{0, 0}, {q->side - 7, 0}, {0, q->side - 7}};

    for (int i = 0; i < 3; i++)
        for (unsigned y = 0; y < 7; y++)
            for (unsigned x = 0; x < 7; x++) {
                unsigned dx = x > 3 ? x - 3 : 3 - x, dy = y > 3 ? y - 3 : 3 - y;
                unsigned ring = dx > dy ? dx : dy;

                ck_assert_int_eq(q->dark[corner[i][1] + y][corner[i][0] + x], ring != 2);
            }
    for (unsigned i = 8; i < q->side - 8; i++) {
        ck_assert_int_eq(q->dark[6][i], i % 2 == 0);
        ck_assert_int_eq(q->dark[i][6], i % 2 == 0);
    }
    ck_assert(q->dark[q->side - 8][8]);
}

// The mask, from both copies of the format; level M is 00.
static unsigned mask_of(const struct seen *q)
{
    unsigned one = 0, two = 0, rest;

    for (unsigned i = 0; i < 15; i++) {
        // From the lowest bit on: down column 8 and left along row 8; the other copy is parted.
        unsigned y = i < 6 ? i : i < 8 ? i + 1 : 8;
        unsigned x = i < 8 ? 8 : i == 8 ? 7 : 14 - i;
        unsigned y2 = i < 8 ? 8 : q->side - 15 + i;
        unsigned x2 = i < 8 ? q->side - 1 - i : 8;

        one |= (unsigned)q->dark[y][x] << i;
        two |= (unsigned)q->dark[y2][x2] << i;
    }
    ck_assert_uint_eq(one, two);
    one ^= 0x5412;
    rest = one;
    for (int i = 14; i >= 10; i--)
        if (rest >> i & 1)
            rest ^= 0x537u << (i - 10);
    ck_assert_uint_eq(rest, 0);
    ck_assert_uint_eq(one >> 13, 0);
    return one >> 10 & 7;
}

static bool masked(unsigned mask, unsigned x, unsigned y)
{
    switch (mask) {
    case 0:
        return (x + y) % 2 == 0;
    case 1:
        return y % 2 == 0;
    case 2:
        return x % 3 == 0;
    case 3:
        return (x + y) % 3 == 0;
    case 4:
        return (y / 2 + x / 3) % 2 == 0;
    case 5:
        return x * y % 2 + x * y % 3 == 0;
    case 6:
        return (x * y % 2 + x * y % 3) % 2 == 0;
    default:
        return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
}

// Codewords in the order of the modules: pairs of columns from the right, up and down in turn.
static size_t read_modules(const struct seen *q, uint8_t *out)
{
    unsigned mask = mask_of(q);
    size_t bits = 0;

    for (unsigned right = q->side - 1, turn = 0; right < q->side; right -= 2, turn++) {
        right -= right == 6;
        for (unsigned i = 0; i < 2 * q->side; i++) {
            unsigned y = turn % 2 ? i / 2 : q->side - 1 - i / 2, x = right - i % 2;

            if (is_function(q, x, y))
                continue;
            if (bits % 8 == 0)
                out[bits / 8] = 0;
            out[bits / 8] |= (uint8_t)((q->dark[y][x] ^ masked(mask, x, y)) << (7 - bits % 8));
            bits++;
        }
    }
    return bits / 8;
}

// ---- Blocks

static uint8_t times(uint8_t a, uint8_t b)
{
    unsigned product = 0;

    for (int i = 7; i >= 0; i--) {
        product <<= 1;
        if (product & 256)
            product ^= 0x11d;
        if (b >> i & 1)
            product ^= a;
    }
    return (uint8_t)product;
}

static void check_block(const uint8_t *block, size_t n, unsigned ec)
{
    uint8_t point = 1;

    for (unsigned s = 0; s < ec; s++, point = times(point, 2)) {
        uint8_t sum = 0;

        for (size_t i = 0; i < n; i++)
            sum = times(sum, point) ^ block[i];
        ck_assert_msg(!sum, "syndrome %u is %u", s, sum);
    }
}

// Data codewords in their order; all blocks of these versions have the same length.
static size_t read_blocks(unsigned version, const uint8_t *words, size_t n, uint8_t *data)
{
    static const struct {
        unsigned words, ec, blocks;
    } of[] = {{0, 0, 0},    {26, 10, 1},  {44, 16, 1}, {70, 26, 1},
              {100, 18, 2}, {134, 24, 2}, {172, 16, 4}};
    unsigned blocks = of[version].blocks, ec = of[version].ec;
    size_t length = of[version].words / blocks, at = 0;
    uint8_t block[172];

    ck_assert_uint_eq(n, of[version].words);
    for (unsigned b = 0; b < blocks; b++) {
        for (size_t i = 0; i < length; i++)
            block[i] = words[i * blocks + b];
        check_block(block, length, ec);
        memcpy(data + at, block, length - ec);
        at += length - ec;
    }
    return at;
}

static unsigned take(const uint8_t *data, size_t *at, unsigned n)
{
    unsigned v = 0;

    for (; n; n--, ++*at)
        v = v << 1 | (data[*at / 8] >> (7 - *at % 8) & 1);
    return v;
}

// ---- All of it

static unsigned read_code(struct span text, char *out)
{
    static const char signs[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    static struct seen q;
    uint8_t words[200], data[200];
    size_t n, at = 0, len = 0;
    unsigned version, mode, count;

    look(text, &q);
    version = (q.side - 17) / 4;
    ck_assert_uint_eq(version * 4 + 17, q.side);
    ck_assert(version >= 1 && version <= 6);
    check_patterns(&q);
    n = read_modules(&q, words);
    n = read_blocks(version, words, n, data);
    mode = take(data, &at, 4);
    ck_assert(mode == 2 || mode == 4);
    count = take(data, &at, mode == 2 ? 9 : 8);
    while (len < count) {
        unsigned pair;

        if (mode == 4) {
            out[len++] = (char)take(data, &at, 8);
        } else if (count - len == 1) {
            out[len++] = signs[take(data, &at, 6)];
        } else {
            pair = take(data, &at, 11);
            out[len++] = signs[pair / 45];
            out[len++] = signs[pair % 45];
        }
    }
    ck_assert_uint_le(at, 8 * n);
    out[len] = 0;
    return mode;
}

static const struct {
    const char *text;
    unsigned mode, columns; // with the quiet zone
} rows[] = {
    {"A", 2, 29},
    {"AC-42", 2, 29},
    {"0123456789ABCDEFGHIJ", 2, 29},
    {"0123456789ABCDEFGHIJK", 2, 33},
    {"a", 4, 29},
    {"tu1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0sn0gksu", 4, 41},
    {"TU1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SN0GKSU", 2, 37},
    {"TELEX-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0S3KRWE9", 2, 41},
    {"grüße, 100 % $*+-./:", 4, 33},
    {"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000000000",
     2, 49},
    {"one hundred and six bytes are the most that the sixth version of a code can hold, not more, "
     "and not less.",
     4, 49},
};

START_TEST(test_read)
{
    struct test_mem m;
    struct arena a;
    struct span text;
    struct qr qr;
    char got[400];

    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(qr_make(&a, &a, span_of(rows[_i].text), &qr), ERR_OK);
    ck_assert_int_eq(qr_print(&a, &qr, &text), ERR_OK);
    ck_assert_uint_eq(qr.side + 2 * QR_QUIET, rows[_i].columns);
    ck_assert_uint_eq(read_code(text, got), rows[_i].mode);
    ck_assert_str_eq(got, rows[_i].text);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(test_limits)
{
    struct test_mem m;
    struct arena a;
    struct qr qr = {7, NULL};
    char text[QR_TEXT_MAX + 1];

    memset(text, 'x', sizeof text);
    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(qr_make(&a, &a, (struct span){text, sizeof text}, &qr), ERR_TOO_BIG);
    ck_assert_int_eq(qr_make(&a, &a, SPAN(""), &qr), ERR_BAD_ARG);
    ck_assert_uint_eq(qr.side, 7);
    ck_assert_int_eq(qr_make(&a, &a, (struct span){text, QR_TEXT_MAX}, &qr), ERR_OK);
    memset(text, 0, sizeof text); // a NUL is a byte as any other
    ck_assert_int_eq(qr_make(&a, &a, (struct span){text, 1}, &qr), ERR_OK);
    ck_assert_uint_eq(qr.side, 21);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static enum err scarce(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct span text;
    struct qr qr;
    enum err e = qr_make(&a, &a, span_of(ctx), &qr);

    if (!e)
        e = qr_print(&a, &qr, &text);
    arena_fini(&a);
    return e;
}

START_TEST(test_scarce)
{
    test_each_allocation(scarce, (void *)rows[_i].text);
}
END_TEST

Suite *services_qr_suite(void)
{
    Suite *s = suite_create("services/qr");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, test_read, 0, COUNT(rows));
    tcase_add_test(t, test_limits);
    tcase_add_loop_test(t, test_scarce, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
