// SPDX-License-Identifier: MIT
// Equality, hash and order: units/order.c of units/unit.h.
#include "tests/check/gen.h"
#include "tests/check/helper.h"

// ---- Equality

static const struct {
    const char *x, *y;
    bool eq, same;
} equals[] = {
    {"-", "-", true, true},
    {"-", "f", false, false},
    {"t", "f", false, false},
    {"0x01", "1", false, false},
    {"2", "2", true, true},
    {"2", "2.0", false, false},
    {"2.0", "2.00", true, true},
    {"2.0", "20e-1", true, true},
    {"0.0", "-0.0", true, true},
    {"a", "`a`", true, true},
    {"a", "%`YQ==`", false, false},
    {"5", "`5`", false, false},
    {"123456789012345678901234567890", "123456789012345678901234567890", true, true},
    {"123456789012345678901234567890", "-123456789012345678901234567890", false, false},
    {"123456789012345678901234567890", "123456789012345678901234567891", false, false},
    {"123456789012345678901234567891.0", "123456789012345678901234567891", false, false},
    {"(1 2)", "[1 2]", false, false},
    {"[1 2]", "[2 1]", false, false},
    {"[1 2]", "[1 2]", true, true},
    {"[]", "{}", false, false},
    {"@a.b", "@a.b", true, true},
    {"@a.b", "@a.c", false, false},
    {"@a.b", "@a.b.c", false, false},
    {"5@a", "5@a", true, true},
    {"5@a", "5@a:[loc]", false, false},
    {"{a:1 b:2}", "{a:1 b:2}", true, true},
    {"{a:1 b:2}", "{b:2 a:1}", true, false},
    {"{a:1 b:2}", "{b:1 a:2}", false, false},
    {"{a:1 b:2}", "{a:1}", false, false},
    {"{a:1}", "{b:1}", false, false},
    {"{a:1}", "{a:2}", false, false},
    {"[{a:{c:1 d:2} b:2}]", "[{b:2 a:{d:2 c:1}}]", true, false},
    {"{{a:1 b:2}:x {a:2 b:1}:y}", "{{b:1 a:2}:y {b:2 a:1}:x}", true, false},
    {"{{a:1 b:2}:x {a:2 b:1}:y}", "{{b:1 a:2}:x {b:2 a:1}:y}", false, false},
    {"{1:a 1.0:b `1`:c 0x01:d [1]:e (1 1):g}", "{(1 1):g [1]:e 0x01:d `1`:c 1.0:b 1:a}", true,
     false},
    {"{a:1 b:2 c:3 d:4 e:5 g:6 h:7 i:8 j:9 k:1 l:2 m:3 n:4}",
     "{n:4 m:3 l:2 k:1 j:9 i:8 h:7 g:6 e:5 d:4 c:3 b:2 a:1}", true, false},
    {"{a:1 b:2 c:3 d:4 e:5 g:6 h:7 i:8 j:9 k:1 l:2 m:3 n:4}",
     "{n:5 m:3 l:2 k:1 j:9 i:8 h:7 g:6 e:5 d:4 c:3 b:2 a:1}", false, false},
    {"{a:1 b:2 c:3 d:4 e:5 g:6 h:7 i:8 j:9 k:1 l:2 m:3 n:4}",
     "{o:4 m:3 l:2 k:1 j:9 i:8 h:7 g:6 e:5 d:4 c:3 b:2 a:1}", false, false},
};

START_TEST(equality)
{
    struct test_mem m;
    struct arena a;
    struct unit x, y;
    uint64_t hx, hy;

    test_mem_init(&m);
    a = test_arena(&m);
    x = test_unit(&a, equals[_i].x);
    y = test_unit(&a, equals[_i].y);
    hx = unit_key_hash(&x, &m.mem);
    hy = unit_key_hash(&y, &m.mem);
    ck_assert_msg(unit_eq(&x, &y, &m.mem) == equals[_i].eq, "%s %s", equals[_i].x, equals[_i].y);
    ck_assert_msg(unit_eq(&y, &x, &m.mem) == equals[_i].eq, "%s %s", equals[_i].y, equals[_i].x);
    ck_assert_msg(unit_same(&x, &y) == equals[_i].same, "%s %s", equals[_i].x, equals[_i].y);
    ck_assert_msg(unit_same(&y, &x) == equals[_i].same, "%s %s", equals[_i].y, equals[_i].x);
    ck_assert_msg((hx == hy) == equals[_i].eq, "hash %s %s", equals[_i].x, equals[_i].y);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(done_is_ignored)
{
    struct test_mem m;
    struct arena a;
    struct unit x, y;

    test_mem_init(&m);
    a = test_arena(&m);
    x = test_unit(&a, "[@a.b 5@a]");
    y = test_unit(&a, "[@a.b 5@a]");
    y.flags |= UNIT_DONE;
    ck_assert(unit_eq(&x, &y, &m.mem));
    ck_assert(unit_same(&x, &y));
    ck_assert_uint_eq(unit_key_hash(&x, &m.mem), unit_key_hash(&y, &m.mem));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(seed_matters)
{
    struct test_mem m;
    struct unit u = unit_word("a");
    uint64_t hash;

    test_mem_init(&m);
    hash = unit_key_hash(&u, &m.mem);
    m.mem.seed[1]++;
    ck_assert_uint_ne(hash, unit_key_hash(&u, &m.mem));
    test_mem_done(&m);
}
END_TEST

// Keys that are maps, nested: 2^20 of them differ only at the bottom. Comparing every key in full
// with every other one, on each level, would not end.
START_TEST(nested_keys)
{
    struct test_mem m;
    struct arena a;
    struct unit x = unit_int(1), y = unit_int(1), *items;
    int order;

    test_mem_init(&m);
    arena_init(&a, &m.mem, (size_t)1 << 30);
    for (int i = 0; i < 16; i++) {
        struct unit other = i ? x : unit_int(2), list;

        items = unit_array(&a, 1);
        items[0] = other;
        ck_assert_int_eq(unit_list(items, 1, &list), ERR_OK);
        for (int k = 0; k < 2; k++) { // {x:1 [x]:1} and the other way round
            items = unit_array(&a, 4);
            items[2 * k] = k ? y : x;
            items[2 * k + 1] = unit_int(1);
            items[2 - 2 * k] = list;
            items[3 - 2 * k] = unit_int(1);
            ck_assert_int_eq(unit_map(&a, items, 2, NULL, k ? &y : &x), ERR_OK);
        }
    }
    ck_assert(unit_eq(&x, &y, &m.mem));
    ck_assert(!unit_same(&x, &y));
    ck_assert_int_eq(unit_cmp(&a, &x, &y, &order), ERR_OK);
    ck_assert_int_eq(order, 0);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Numbers by value: each row in rising order

static const char *const rising[] = {
    "-1e400000",
    "-18446744073709551617",
    "-18446744073709551616",
    "-18446744073709551615.5",
    "-9223372036854775809",
    "-9223372036854775808.5",
    "-9223372036854775808",
    "-1e18",
    "-100.5",
    "-100",
    "-99.99",
    "-1",
    "-0.5",
    "-1e-400000",
    "0",
    "1e-400000",
    "1.5e-10",
    "0.1",
    "0.10000000000000000000000000000000001",
    "0.5",
    "1",
    "1.000000000000000000000000000001",
    "9",
    "10",
    "10.5",
    "99",
    "100",
    "9223372036854775806.9",
    "9223372036854775807",
    "9223372036854775807.1",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "18446744073709551616.0000000001",
    "99999999999999999999999999",
    "100000000000000000000000000",
    "1e400000",
    "1.1e400000",
};

START_TEST(numbers)
{
    struct test_mem m;
    struct arena a;
    struct unit x, y;

    test_mem_init(&m);
    arena_init(&a, &m.mem, (size_t)1 << 30);
    x = test_unit(&a, rising[_i]);
    for (int j = 0; j < (int)COUNT(rising); j++) {
        int want = (_i > j) - (_i < j), got;

        y = test_unit(&a, rising[j]);
        got = unit_num_cmp(&x, &y);
        got = (got > 0) - (got < 0);
        ck_assert_msg(got == want, "%s %s: %d", rising[_i], rising[j], got);
        ck_assert_int_eq(unit_cmp(&a, &x, &y, &got), ERR_OK);
        got = (got > 0) - (got < 0);
        ck_assert_msg(got == want, "%s %s: %d", rising[_i], rising[j], got);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static const char *const ties[][2] = {
    {"2", "2.0"},
    {"0", "0.0"},
    {"-100", "-1e2"},
    {"18446744073709551616", "18446744073709551616.0"},
    {"100000000000000000000", "1e20"},
    {"120000000000000000000", "1.2e20"},
    {"9223372036854775807", "9223372036854775807.0"},
};

START_TEST(number_ties)
{
    struct test_mem m;
    struct arena a;
    struct unit x, y;
    int order = 5;

    test_mem_init(&m);
    a = test_arena(&m);
    x = test_unit(&a, ties[_i][0]);
    y = test_unit(&a, ties[_i][1]);
    ck_assert_msg(unit_num_cmp(&x, &y) == 0, "%s %s", ties[_i][0], ties[_i][1]);
    ck_assert_msg(unit_num_cmp(&y, &x) == 0, "%s %s", ties[_i][1], ties[_i][0]);
    ck_assert_int_eq(unit_cmp(&a, &x, &y, &order), ERR_OK);
    ck_assert_int_eq(order, 0);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- The order of sort: each row in rising order

// clang-format off
static const char *const sorted[] = {
    "-", "f", "t", "0x00", "0x10", "0xff", "-5", "-0.5", "0", "1.5", "2", "``", "A", "a", "`a b`",
    "ab", "b", "\xc3\xa9", "\xef\xbf\xbd", "\xf0\x9f\x98\x80",
    // by encoding with sorted keys: bytes, list, map, ref, stream, pair
    "%``", "%`/w==`", "%`AAA=`", "[]", "[0]", "[5]", "[-1]", "[a]", "[[]]", "[{}]", "[0 0]",
    "[1 0]", "{}", "{a:1}", "{a:2}", "{b:1}", "{d:1 a:2}", "{b:1 c:1}", "@a", "@b", "@a.a",
    "1@a", "2@a", "1@a:[loc]", "(1 1)", "(1 2)",
};
// clang-format on

START_TEST(sort_order)
{
    struct test_mem m;
    struct arena a;
    struct unit x, y;

    test_mem_init(&m);
    a = test_arena(&m);
    x = test_unit(&a, sorted[_i]);
    for (int j = 0; j < (int)COUNT(sorted); j++) {
        int want = (_i > j) - (_i < j), got;

        y = test_unit(&a, sorted[j]);
        ck_assert_int_eq(unit_cmp(&a, &x, &y, &got), ERR_OK);
        got = (got > 0) - (got < 0);
        ck_assert_msg(got == want, "%s %s: %d", sorted[_i], sorted[j], got);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// Equal maps are equal in the order too; and a comparison leaves nothing in the caller's arena.
START_TEST(order_of_maps)
{
    struct test_mem m;
    struct arena a;
    struct unit x, y, *items;
    size_t used;
    int got = 5;

    test_mem_init(&m);
    a = test_arena(&m);
    items = unit_array(&a, 4 * 1000);
    for (int i = 0; i < 1000; i++) {
        items[2 * i] = unit_int(i);
        items[2 * i + 1] = unit_int(-i);
        items[2000 + 2 * i] = unit_int(999 - i);
        items[2000 + 2 * i + 1] = unit_int(i - 999);
    }
    ck_assert_int_eq(unit_map(&a, items, 1000, NULL, &x), ERR_OK);
    ck_assert_int_eq(unit_map(&a, items + 2000, 1000, NULL, &y), ERR_OK);
    used = a.used_bytes;
    ck_assert_int_eq(unit_cmp(&a, &x, &y, &got), ERR_OK);
    ck_assert_int_eq(got, 0);
    ck_assert(unit_eq(&x, &y, &m.mem));
    ck_assert_uint_eq(a.used_bytes, used);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static enum err step_cmp(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    const struct unit *units = ctx;
    int order = 77;
    enum err e = unit_cmp(&a, &units[0], &units[1], &order);

    ck_assert(e == ERR_OK || order == 77);
    arena_fini(&a);
    return e;
}

START_TEST(no_memory)
{
    struct test_mem m;
    struct arena a;
    struct unit units[2];

    test_mem_init(&m);
    a = test_arena(&m);
    units[0] = test_unit(&a, "[{b:1 a:2} {d:1 c:{y:2 x:3}}]");
    units[1] = test_unit(&a, "[{a:2 b:1} {c:{x:3 y:2} d:1}]");
    test_each_allocation(step_cmp, units);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// A total order, and at one with equality, on random units.
START_TEST(laws)
{
    enum { N = 12 };
    struct test_mem m;
    struct arena a;
    struct gen g;
    struct unit u[N];
    int c[N][N];

    test_mem_init(&m);
    arena_init(&a, &m.mem, (size_t)1 << 30);
    for (int run = 0; run < 50; run++) {
        gen_init(&g, (uint64_t)(1000 * _i + run), &a);
        for (int i = 0; i < N; i++)
            u[i] = gen_unit(&g);
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                ck_assert_int_eq(unit_cmp(&a, &u[i], &u[j], &c[i][j]), ERR_OK);
                c[i][j] = (c[i][j] > 0) - (c[i][j] < 0);
                if (unit_eq(&u[i], &u[j], &m.mem))
                    ck_assert_int_eq(c[i][j], 0);
                else if (c[i][j] == 0)
                    ck_assert(unit_is_num(&u[i]) && unit_is_num(&u[j]));
            }
        }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                ck_assert_int_eq(c[i][j], -c[j][i]);
                for (int k = 0; k < N; k++)
                    ck_assert_msg(!(c[i][j] <= 0 && c[j][k] <= 0 && c[i][k] > 0), "seed %d",
                                  1000 * _i + run);
            }
        arena_reset(&a);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

Suite *units_order_suite(void)
{
    Suite *s = suite_create("units/order");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, equality, 0, (int)COUNT(equals));
    tcase_add_test(t, done_is_ignored);
    tcase_add_test(t, seed_matters);
    tcase_add_test(t, nested_keys);
    tcase_add_loop_test(t, numbers, 0, (int)COUNT(rising));
    tcase_add_loop_test(t, number_ties, 0, (int)COUNT(ties));
    tcase_add_loop_test(t, sort_order, 0, (int)COUNT(sorted));
    tcase_add_test(t, order_of_maps);
    tcase_add_test(t, no_memory);
    tcase_add_loop_test(t, laws, 0, 5);
    suite_add_tcase(s, t);
    return s;
}
