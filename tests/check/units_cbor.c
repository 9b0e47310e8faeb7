// SPDX-License-Identifier: MIT
#include "units/cbor.h"

#include "tests/check/gen.h"
#include "tests/check/helper.h"

// Bytes written as hex; blanks between them are for the reader.
static struct span hex(struct arena *a, const char *text)
{
    uint8_t *bytes = arena_new(a, strlen(text) / 2 + 1);
    size_t n = 0;

    for (const char *p = text; *p; p++) {
        unsigned byte;

        if (*p == ' ')
            continue;
        ck_assert_int_eq(sscanf(p, "%2x", &byte), 1);
        bytes[n++] = (uint8_t)byte;
        p++;
    }
    return (struct span){(char *)bytes, n};
}

static const char *to_hex(struct arena *a, struct span bytes)
{
    char *text = arena_new(a, 2 * bytes.len + 1);

    for (size_t i = 0; i < bytes.len; i++)
        sprintf(text + 2 * i, "%02x", (uint8_t)bytes.at[i]);
    text[2 * bytes.len] = 0;
    return text;
}

// ---- One encoding for each unit, both ways

static const struct {
    const char *unit, *bytes;
} pairs[] = {
    {"-", "f6"},
    {"t", "f5"},
    {"f", "f4"},
    {"0x00", "d8e000"},
    {"0x17", "d8e017"},
    {"0x18", "d8e01818"},
    {"0xff", "d8e018ff"},
    {"0", "00"},
    {"23", "17"},
    {"24", "1818"},
    {"255", "18ff"},
    {"256", "190100"},
    {"65535", "19ffff"},
    {"65536", "1a00010000"},
    {"4294967295", "1affffffff"},
    {"4294967296", "1b0000000100000000"},
    {"9223372036854775807", "1b7fffffffffffffff"},
    {"9223372036854775808", "1b8000000000000000"},
    {"18446744073709551615", "1bffffffffffffffff"},
    {"18446744073709551616", "d8e6743138343436373434303733373039353531363136"},
    {"-1", "20"},
    {"-24", "37"},
    {"-25", "3818"},
    {"-256", "38ff"},
    {"-257", "390100"},
    {"-9223372036854775808", "3b7fffffffffffffff"},
    {"-9223372036854775809", "3b8000000000000000"},
    {"-18446744073709551615", "3bfffffffffffffffe"},
    {"-18446744073709551616", "3bffffffffffffffff"},
    {"-18446744073709551617", "d8e6752d3138343436373434303733373039353531363137"},
    {"0.0", "d8e1820000"},
    {"1.0", "d8e1820001"},
    {"-0.5", "d8e1822024"},
    {"3.05", "d8e18221190131"},
    {"100000.0", "d8e1820501"},
    {"0.0000000000000000000000001", "d8e182381801"},
    {"1844674407370955161.5", "d8e182201bffffffffffffffff"},
    {"-1844674407370955161.7", "d8e18220d8e6752d3138343436373434303733373039353531363137"},
    {"``", "60"},
    {"a", "6161"},
    {"\xce\xbb", "62cebb"},
    {"`\\0`", "6100"},
    {"aaaaaaaaaaaaaaaaaaaaaaaa", "7818616161616161616161616161616161616161616161616161"},
    {"@a", "d8e2816161"},
    {"@a.`b c`.0", "d8e2836161636220636130"},
    {"5@math.calc", "d8e38205696d6174682e63616c63"},
    {"-@a:[loc]", "d8e383f66161636c6f63"},
    {"f@a:[::1]", "d8e383f46161633a3a31"},
    {"(a b)", "d8e48261616162"},
    {"[]", "80"},
    {"[1 [2]]", "82018102"},
    {"{}", "a0"},
    {"{a:1}", "a1616101"},
    {"{b:1 a:2}", "a2616201616102"}, // the map's own order
    {"{(1 2):[] 3:-}", "a2d8e48201028003f6"},
    {"%``", "40"},
    {"%`AAH/`", "430001ff"},
};

START_TEST(encodes)
{
    struct test_mem m;
    struct arena a;
    struct unit u, back;
    struct span bytes;
    struct fail f;

    test_mem_init(&m);
    a = test_arena(&m);
    u = test_unit(&a, pairs[_i].unit);
    ck_assert_int_eq(unit_encode_new(&a, &u, &bytes), ERR_OK);
    ck_assert_msg(strcmp(to_hex(&a, bytes), pairs[_i].bytes) == 0, "%s: %s", pairs[_i].unit,
                  to_hex(&a, bytes));
    ck_assert_uint_eq(u.bytes, bytes.len);
    ck_assert_msg(unit_decode(&a, bytes, &back, &f) == ERR_OK, "%s: %s", pairs[_i].unit, f.why);
    ck_assert_msg(unit_same(&u, &back), "%s: %s", pairs[_i].unit, test_print(&a, &back));
    ck_assert_uint_eq(back.text, u.text);
    ck_assert_uint_eq(back.flags & ~UNIT_INDEX, u.flags & ~UNIT_INDEX);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// Each proper beginning of an encoding is refused, at its end or at the head that asks for more.
START_TEST(cut_off)
{
    struct test_mem m;
    struct arena a;
    struct span bytes;
    struct unit u;
    struct fail f;

    test_mem_init(&m);
    a = test_arena(&m);
    bytes = hex(&a, pairs[_i].bytes);
    for (size_t n = 0; n < bytes.len; n++) {
        struct span cut = {arena_copy(&a, bytes.at, n), n}; // exactly, so that reading on is seen

        ck_assert_msg(unit_decode(&a, cut, &u, &f) == ERR_SYNTAX, "%s cut at %zu", pairs[_i].unit,
                      n);
        ck_assert_uint_le(f.pos, n);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(secret)
{
    struct test_mem m;
    struct arena a;
    struct unit u, back;
    struct span bytes;

    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(unit_secret(SPAN("pass"), &u), ERR_OK);
    ck_assert_int_eq(unit_encode_new(&a, &u, &bytes), ERR_OK);
    ck_assert_str_eq(to_hex(&a, bytes), "d8e56470617373");
    ck_assert(!a.wipe);
    ck_assert_int_eq(unit_decode(&a, bytes, &back, NULL), ERR_OK);
    ck_assert(a.wipe); // what is secret is overwritten when it is given back
    ck_assert(unit_same(&u, &back));
    ck_assert(back.flags & UNIT_HIDDEN);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(done_is_not_encoded)
{
    struct test_mem m;
    struct arena a;
    struct unit u, back;
    struct span bytes;

    test_mem_init(&m);
    a = test_arena(&m);
    u = test_unit(&a, "{a:1}");
    u.flags |= UNIT_DONE;
    ck_assert_int_eq(unit_encode_new(&a, &u, &bytes), ERR_OK);
    ck_assert_int_eq(unit_decode(&a, bytes, &back, NULL), ERR_OK);
    ck_assert(!(back.flags & UNIT_DONE));
    ck_assert(unit_same(&u, &back));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Everything else is refused, and the place told

static const struct {
    const char *why, *bytes;
    enum err e;
    size_t pos;
} refused[] = {
    {"nothing", "", ERR_SYNTAX, 0},
    {"bytes behind the unit", "0000", ERR_SYNTAX, 1},
    {"a head longer than needed", "1800", ERR_SYNTAX, 0},
    {"a head longer than needed", "1817", ERR_SYNTAX, 0},
    {"a head longer than needed", "1900ff", ERR_SYNTAX, 0},
    {"a head longer than needed", "1a0000ffff", ERR_SYNTAX, 0},
    {"a head longer than needed", "1b00000000ffffffff", ERR_SYNTAX, 0},
    {"a head longer than needed", "3817", ERR_SYNTAX, 0},
    {"a head longer than needed", "780161", ERR_SYNTAX, 0},
    {"a head longer than needed", "81 9800", ERR_SYNTAX, 1},
    {"a head longer than needed", "b800", ERR_SYNTAX, 0},
    {"a tag longer than needed", "d900e000", ERR_SYNTAX, 0},
    {"a reserved head", "1c", ERR_SYNTAX, 0},
    {"a reserved head", "1e", ERR_SYNTAX, 0},
    {"indefinite bytes", "5f4100ff", ERR_SYNTAX, 0},
    {"indefinite text", "7f6161ff", ERR_SYNTAX, 0},
    {"an indefinite array", "9fff", ERR_SYNTAX, 0},
    {"an indefinite map", "bfff", ERR_SYNTAX, 0},
    {"a break", "ff", ERR_SYNTAX, 0},
    {"undefined", "f7", ERR_SYNTAX, 0},
    {"a simple value", "e0", ERR_SYNTAX, 0},
    {"a simple value", "f3", ERR_SYNTAX, 0},
    {"a simple value", "f820", ERR_SYNTAX, 0},
    {"a simple value", "f8ff", ERR_SYNTAX, 0},
    {"false in two bytes", "f814", ERR_SYNTAX, 0},
    {"a half float", "f90000", ERR_SYNTAX, 0},
    {"a float", "fa00000000", ERR_SYNTAX, 0},
    {"a double", "fb0000000000000000", ERR_SYNTAX, 0},
    {"a bignum", "c249010000000000000000", ERR_SYNTAX, 0},
    {"a negative bignum", "c349010000000000000000", ERR_SYNTAX, 0},
    {"a decimal fraction", "c4822001", ERR_SYNTAX, 0},
    {"a tag of others", "d8df00", ERR_SYNTAX, 0},
    {"a tag of others", "d8e700", ERR_SYNTAX, 0},
    {"a tag of nobody", "d9010000", ERR_SYNTAX, 0},
    {"a tag in an array", "82 01 c000", ERR_SYNTAX, 2},
    {"a byte of 256", "d8e0190100", ERR_SYNTAX, 2},
    {"a byte below 0", "d8e020", ERR_SYNTAX, 2},
    {"a byte of text", "d8e06161", ERR_SYNTAX, 2},
    {"a byte of a tag", "d8e0d8e001", ERR_SYNTAX, 2},
    {"a dec of one", "d8e18100", ERR_SYNTAX, 2},
    {"a dec of three", "d8e183000000", ERR_SYNTAX, 2},
    {"a dec of no array", "d8e101", ERR_SYNTAX, 2},
    {"a dec, mantissa with zeros", "d8e182000a", ERR_SYNTAX, 4},
    {"a dec, mantissa -10", "d8e1820029", ERR_SYNTAX, 4},
    {"a dec, zero with an exponent", "d8e1820100", ERR_SYNTAX, 4},
    {"a dec, zero with an exponent", "d8e1822000", ERR_SYNTAX, 4},
    {"a dec, exponent of text", "d8e182616101", ERR_SYNTAX, 3},
    {"a dec, mantissa of text", "d8e182006131", ERR_SYNTAX, 4},
    {"a dec, mantissa a byte", "d8e18200d8e001", ERR_SYNTAX, 4},
    {"a dec, mantissa with zeros past int64", "d8e182001b8ac7230489e80000", ERR_SYNTAX, 4},
    {"a dec, -10^19", "d8e182003b8ac7230489e7ffff", ERR_SYNTAX, 4},
    {"a dec, digits with zeros",
     "d8e18200d8e6753138343436373434303733373039353531363230"
     "30",
     ERR_SYNTAX, 4},
    {"a dec, digits that fit", "d8e18200d8e66131", ERR_SYNTAX, 4},
    {"a dec past the digits", "d8e1821a000f424101", ERR_TOO_BIG, 3},
    {"a dec past the digits", "d8e1821a000f424001", ERR_TOO_BIG, 0},
    {"a dec past the digits", "d8e1823a000f424001", ERR_TOO_BIG, 0},
    {"digits that fit", "d8e66130", ERR_SYNTAX, 2 + 1},
    {"digits that fit", "d8e66131", ERR_SYNTAX, 0},
    {"digits that fit", "d8e6743138343436373434303733373039353531363135", ERR_SYNTAX, 0},
    {"digits that fit", "d8e6752d3138343436373434303733373039353531363136", ERR_SYNTAX, 0},
    {"no digits", "d8e660", ERR_SYNTAX, 0},
    {"no digits", "d8e6612d", ERR_SYNTAX, 0},
    {"minus zero", "d8e6622d30", ERR_SYNTAX, 4},
    {"digits with a zero in front", "d8e675303138343436373434303733373039353531363136", ERR_SYNTAX,
     3},
    {"digits with a plus", "d8e6752b3138343436373434303733373039353531363136", ERR_SYNTAX, 3},
    {"digits with a letter", "d8e6743138343436373434303733373039353531363161", ERR_SYNTAX, 22},
    {"digits of bytes", "d8e64131", ERR_SYNTAX, 2},
    {"no UTF-8", "61ff", ERR_SYNTAX, 1},
    {"no UTF-8", "6361c080", ERR_SYNTAX, 2},
    {"a surrogate", "63eda080", ERR_SYNTAX, 1},
    {"a code point past the last", "64f4908080", ERR_SYNTAX, 1},
    {"half a code point", "61ce", ERR_SYNTAX, 1},
    {"a ref without steps", "d8e280", ERR_SYNTAX, 2},
    {"a ref of no array", "d8e26161", ERR_SYNTAX, 2},
    {"a ref with an empty step", "d8e282616160", ERR_SYNTAX, 5},
    {"a ref with a step of bytes", "d8e2814161", ERR_SYNTAX, 3},
    {"a ref of 65 steps", "d8e2984161", ERR_TOO_DEEP, 2},
    {"a stream of one", "d8e38105", ERR_SYNTAX, 2},
    {"a stream of four", "d8e38405616161616161", ERR_SYNTAX, 2},
    {"a stream of a map", "d8e3a105616161", ERR_SYNTAX, 2},
    {"a service in upper case", "d8e382056141", ERR_SYNTAX, 4},
    {"a service that ends with a dot", "d8e38205 62612e", ERR_SYNTAX, 4},
    {"an empty service", "d8e3820560", ERR_SYNTAX, 4},
    {"a service of bytes", "d8e382054161", ERR_SYNTAX, 4},
    {"an empty address", "d8e383056161 60", ERR_SYNTAX, 6},
    {"an address in upper case", "d8e383056161 6141", ERR_SYNTAX, 6},
    {"an address not in RFC 5952 form", "d8e383056161 64303a3a31", ERR_SYNTAX, 6},
    {"a pair of one", "d8e48105", ERR_SYNTAX, 2},
    {"a pair of three", "d8e483050505", ERR_SYNTAX, 2},
    {"a pair of no array", "d8e405", ERR_SYNTAX, 2},
    {"a secret of bytes", "d8e54161", ERR_SYNTAX, 2},
    {"a key twice", "a3 616101 616202 616103", ERR_SYNTAX, 7},
    {"a key twice", "a2 a2 01 02 03 04 05 a2 03 04 01 02 06", ERR_SYNTAX, 7},
    {"a key twice", "a2 d8e1820001 00 d8e1820001 00", ERR_SYNTAX, 7},
    {"a key without a value", "a1 6161", ERR_SYNTAX, 3},
    {"more parts than bytes", "82 01", ERR_SYNTAX, 0},
    {"more parts than bytes", "83 82 01 01 01", ERR_SYNTAX, 1},
    {"4 GB of text", "7affffffff", ERR_SYNTAX, 0},
    {"4 GB of bytes", "5affffffff", ERR_SYNTAX, 0},
    {"4 G of items", "9affffffff", ERR_SYNTAX, 0},
    {"2^64 of items", "9bffffffffffffffff", ERR_SYNTAX, 0},
    {"2^63 of entries", "bb8000000000000000", ERR_SYNTAX, 0},
    {"2^64 of entries", "bbffffffffffffffff", ERR_SYNTAX, 0},
    {"2^64 of text", "7bffffffffffffffff", ERR_SYNTAX, 0},
};

START_TEST(refuses)
{
    struct test_mem m;
    struct arena a;
    struct unit u = {.kind = 77};
    struct fail f;
    struct span bytes;
    enum err e;

    test_mem_init(&m);
    a = test_arena(&m);
    bytes = hex(&a, refused[_i].bytes);
    bytes.at = arena_copy(&a, bytes.at, bytes.len);
    e = unit_decode(&a, bytes, &u, &f);
    ck_assert_msg(e == refused[_i].e && f.pos == refused[_i].pos, "%s: %s: %s at %zu (%s)",
                  refused[_i].why, refused[_i].bytes, err_word(e), f.pos, e ? f.why : "");
    ck_assert_int_eq(u.kind, 77);
    ck_assert_int_eq(unit_decode(&a, bytes, &u, NULL), e);
    ck_assert_uint_lt(m.most_bytes, 8192); // whatever a head claims
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// Promises that each could be kept, but not all of them: [1000 items of [1000 items of ..
START_TEST(promises)
{
    enum { LEN = 4000 };
    uint8_t bytes[LEN];
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;

    memset(bytes, 0, sizeof bytes);
    for (int i = 0; i < 60; i++)
        memcpy(bytes + 3 * i, "\x99\x03\xe8", 3);
    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(unit_decode(&a, (struct span){(char *)bytes, LEN}, &u, &f), ERR_SYNTAX);
    ck_assert_uint_eq(f.pos, 9);
    ck_assert_uint_lt(m.most_bytes, 4 * 32 * 1000);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Limits, at and past

static struct span repeat(struct arena *a, const char *head, size_t head_len, size_t n, char tail)
{
    char *bytes = arena_new(a, head_len * n + 1);

    for (size_t i = 0; i < n; i++)
        memcpy(bytes + i * head_len, head, head_len);
    bytes[head_len * n] = tail;
    return (struct span){bytes, head_len * n + 1};
}

START_TEST(depth)
{
    static const struct span heads[] = {{"\x81", 1}, {"\xa1\x00", 2}, {"\xd8\xe4\x82\x00", 4}};
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;
    struct span bytes;

    test_mem_init(&m);
    a = test_arena(&m);
    bytes = repeat(&a, heads[_i].at, heads[_i].len, UNIT_DEPTH_MAX, 0);
    ck_assert_int_eq(unit_decode(&a, bytes, &u, &f), ERR_OK);
    ck_assert_uint_eq(u.depth, UNIT_DEPTH_MAX);
    bytes = repeat(&a, heads[_i].at, heads[_i].len, UNIT_DEPTH_MAX + 1, 0);
    ck_assert_int_eq(unit_decode(&a, bytes, &u, &f), ERR_TOO_DEEP);
    ck_assert_uint_eq(f.pos, heads[_i].len * UNIT_DEPTH_MAX);
    bytes = repeat(&a, heads[_i].at, heads[_i].len, 1000000, 0);
    ck_assert_int_eq(unit_decode(&a, bytes, &u, &f), ERR_TOO_DEEP);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// A leaf that is written with an array of its own is no level: 64 brackets with a ref or dec.
START_TEST(depth_of_leaves)
{
    static const struct span leaves[] = {{"\xd8\xe2\x81\x61\x61", 5}, {"\xd8\xe1\x82\x20\x01", 5}};
    struct test_mem m;
    struct arena a;
    struct unit u;
    char bytes[UNIT_DEPTH_MAX + 5];

    test_mem_init(&m);
    a = test_arena(&m);
    memset(bytes, 0x81, UNIT_DEPTH_MAX);
    memcpy(bytes + UNIT_DEPTH_MAX, leaves[_i].at, 5);
    ck_assert_int_eq(unit_decode(&a, (struct span){bytes, sizeof bytes}, &u, NULL), ERR_OK);
    ck_assert_uint_eq(u.depth, UNIT_DEPTH_MAX);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(items)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;
    char *bytes;
    size_t n = UNIT_ITEMS_MAX;

    test_mem_init(&m);
    a = test_arena(&m);
    bytes = calloc(1, n + 6);
    memcpy(bytes, "\x9a\x00\x0f\x42\x40", 5);
    ck_assert_int_eq(unit_decode(&a, (struct span){bytes, n + 5}, &u, &f), ERR_OK);
    ck_assert_uint_eq(u.n, n);
    memcpy(bytes, "\x9a\x00\x0f\x42\x41", 5);
    ck_assert_int_eq(unit_decode(&a, (struct span){bytes, n + 6}, &u, &f), ERR_TOO_BIG);
    ck_assert_uint_eq(f.pos, 0);
    free(bytes);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(nodes)
{
    enum { LISTS = 5, EACH = 900000 };
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;
    size_t len = 1 + LISTS * (EACH + 5);
    char *bytes = calloc(1, len);

    bytes[0] = (char)(0x80 | LISTS);
    for (size_t i = 0; i < LISTS; i++)
        memcpy(bytes + 1 + i * (EACH + 5), "\x9a\x00\x0d\xbb\xa0", 5);
    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(unit_decode(&a, (struct span){bytes, len}, &u, &f), ERR_TOO_BIG);
    ck_assert_uint_eq(f.pos, 1 + 4 * (EACH + 5));
    free(bytes);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(length)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;
    size_t len = (size_t)UNIT_TEXT_MAX_BYTES + 1;
    char *bytes = malloc(len);

    // Text of 5 bytes of head and, as it prints bare, at most the limit.
    memset(bytes, 'a', len);
    memcpy(bytes, "\x7a\x00\xff\xff\xfb", 5);
    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(unit_decode(&a, (struct span){bytes, len - 1}, &u, &f), ERR_OK);
    ck_assert_int_eq(unit_decode(&a, (struct span){bytes, len}, &u, &f), ERR_TOO_BIG);
    ck_assert_uint_eq(f.pos, UNIT_TEXT_MAX_BYTES);
    memset(bytes + 10, '`', 4); // in quotes, and with escapes, it is six longer
    ck_assert_int_eq(unit_decode(&a, (struct span){bytes, len - 1}, &u, &f), ERR_TOO_BIG);
    free(bytes);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Sorted form

static const struct {
    const char *unit, *sorted; // the unit whose own encoding is the sorted one
} sorts[] = {
    {"{b:1 a:2}", "{a:2 b:1}"},
    {"{aa:1 b:2}", "{b:2 aa:1}"}, // by encoding: the length comes first
    {"{-1:a 1:b `1`:c}", "{1:b -1:a `1`:c}"},
    {"[{b:{d:1 c:2} a:x} 5]", "[{a:x b:{c:2 d:1}} 5]"},
    {"{{b:1 a:2}:x {a:1 b:2}:y}", "{{a:1 b:2}:y {a:2 b:1}:x}"},
    {"({z:1 y:2} {x:3 w:{v:4 u:{r:5 q:6}}})@a", "({y:2 z:1} {w:{u:{q:6 r:5} v:4} x:3})@a"},
    {"{c:3 b:2 a:1 g:6 e:5 d:4 j:9 i:8 h:7 m:12 l:11 k:10 n:13 p:15 o:14}",
     "{a:1 b:2 c:3 d:4 e:5 g:6 h:7 i:8 j:9 k:10 l:11 m:12 n:13 o:14 p:15}"},
    {"[1 2]", "[1 2]"},
    {"{}", "{}"},
};

START_TEST(sorted)
{
    struct test_mem m;
    struct arena a;
    struct unit u, want;
    struct span bytes, plain;

    test_mem_init(&m);
    a = test_arena(&m);
    u = test_unit(&a, sorts[_i].unit);
    want = test_unit(&a, sorts[_i].sorted);
    ck_assert_int_eq(unit_encode_sorted(&a, &u, &bytes), ERR_OK);
    ck_assert_int_eq(unit_encode_new(&a, &want, &plain), ERR_OK);
    ck_assert_msg(span_eq(bytes, plain), "%s: %s", sorts[_i].unit, to_hex(&a, bytes));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Memory that is missing

static const char everything[] =
    "{a:[1 0x1f 3.05 t -] 123456789012345678901234567890:(x `y z`)@a.b:[loc] (@a.b.`c d` %`AAH/`):"
    "123456789012345678901234567890.5 {z:1 y:2}:{c:1 b:2 a:3 d:4 e:5 n:6 g:7 h:8 i:9 j:10 k:11 l:12"
    " m:13}}";

static enum err step_decode(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct unit u;
    struct fail f;
    enum err e = unit_decode(&a, *(struct span *)ctx, &u, &f);

    ck_assert(e == ERR_OK || f.code == e);
    arena_fini(&a);
    return e;
}

static enum err step_sorted(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct span bytes;
    enum err e = unit_encode_sorted(&a, ctx, &bytes);

    arena_fini(&a);
    return e;
}

START_TEST(no_memory)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct span bytes;

    test_mem_init(&m);
    a = test_arena(&m);
    u = test_unit(&a, everything);
    ck_assert_int_eq(unit_encode_new(&a, &u, &bytes), ERR_OK);
    test_each_allocation(step_decode, &bytes);
    test_each_allocation(step_sorted, &u);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(head_bytes)
{
    ck_assert_uint_eq(cbor_head_bytes(0), 1);
    ck_assert_uint_eq(cbor_head_bytes(23), 1);
    ck_assert_uint_eq(cbor_head_bytes(24), 2);
    ck_assert_uint_eq(cbor_head_bytes(255), 2);
    ck_assert_uint_eq(cbor_head_bytes(256), 3);
    ck_assert_uint_eq(cbor_head_bytes(65535), 3);
    ck_assert_uint_eq(cbor_head_bytes(65536), 5);
    ck_assert_uint_eq(cbor_head_bytes(UINT32_MAX), 5);
    ck_assert_uint_eq(cbor_head_bytes((uint64_t)UINT32_MAX + 1), 9);
    ck_assert_uint_eq(cbor_head_bytes(UINT64_MAX), 9);
}
END_TEST

Suite *units_cbor_suite(void)
{
    Suite *s = suite_create("units/cbor");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, encodes, 0, (int)COUNT(pairs));
    tcase_add_loop_test(t, cut_off, 0, (int)COUNT(pairs));
    tcase_add_test(t, secret);
    tcase_add_test(t, done_is_not_encoded);
    tcase_add_loop_test(t, refuses, 0, (int)COUNT(refused));
    tcase_add_test(t, promises);
    tcase_add_loop_test(t, depth, 0, 3);
    tcase_add_loop_test(t, depth_of_leaves, 0, 2);
    tcase_add_test(t, items);
    tcase_add_test(t, nodes);
    tcase_add_test(t, length);
    tcase_add_loop_test(t, sorted, 0, (int)COUNT(sorts));
    tcase_add_test(t, no_memory);
    tcase_add_test(t, head_bytes);
    suite_add_tcase(s, t);
    return s;
}
