// SPDX-License-Identifier: MIT
#include "units/shape.h"

#include "tests/check/helper.h"

// ---- Which texts are shapes

static const struct {
    const char *shape;
    bool is;
    size_t pos; // when it is none
} shapes[] = {
    {"any", true, 0},
    {"none|bool|byte|int|dec|num|str|bytes|list|map|pair|ref|stream|path|secret|nat|word|items",
     true, 0},
    {"[num]", true, 0},
    {"(any num)", true, 0},
    {"{any}", true, 0},
    {"[(str num|[nat])]|{[str]|none}", true, 0},
    {"(int|dec str)|int", true, 0},
    {"[[[[[[[[any]]]]]]]]", true, 0},
    {"", false, 0},
    {"number", false, 0},
    {"num|", false, 4},
    {"|num", false, 0},
    {"num num", false, 3},
    {"[num", false, 4},
    {"[num)", false, 4},
    {"[]", false, 1},
    {"(num)", false, 4},
    {"(num num num)", false, 8},
    {"(num  num)", false, 5},
    {"{str num}", false, 4},
    {"num]", false, 3},
    {"Num", false, 0},
    {"num ", false, 3},
    {"[[[[[[[[[any]]]]]]]]]", false, 8},
};

START_TEST(checks)
{
    struct fail f = {.pos = 0};
    enum err e = shape_check(shapes[_i].shape, &f);

    ck_assert_msg(e == (shapes[_i].is ? ERR_OK : ERR_SYNTAX) && f.pos == shapes[_i].pos,
                  "%s: %s at %zu", shapes[_i].shape, err_word(e), f.pos);
    ck_assert_int_eq(shape_check(shapes[_i].shape, NULL), e);
}
END_TEST

// ---- What fits

enum fit { NO, OPEN, YES }; // OPEN: while it is not read

static const struct {
    const char *shape, *unit;
    enum fit fit;
} fits[] = {
    {"any", "-", YES},
    {"any", "[1 {a:2}]", YES},
    {"none", "-", YES},
    {"none", "f", NO},
    {"bool", "t", YES},
    {"bool", "`t`", NO},
    {"byte", "0x1f", YES},
    {"byte", "31", NO},
    {"int", "5", YES},
    {"int", "123456789012345678901234567890", YES},
    {"int", "5.0", NO},
    {"dec", "5.0", YES},
    {"dec", "5", NO},
    {"num", "5", YES},
    {"num", "-5.5", YES},
    {"num", "0x05", NO},
    {"num", "abc", NO},
    {"nat", "0", YES},
    {"nat", "7", YES},
    {"nat", "-1", NO},
    {"nat", "1.0", NO},
    {"nat", "123456789012345678901234567890", YES},
    {"nat", "-123456789012345678901234567890", NO},
    {"str", "abc", YES},
    {"str", "``", YES},
    {"str", "5", NO},
    {"word", "neg", YES},
    {"word", "5", NO},
    {"bytes", "%`AA==`", YES},
    {"bytes", "`AA==`", NO},
    {"list", "[]", YES},
    {"list", "(1 2)", NO},
    {"pair", "(1 2)", YES},
    {"pair", "[1 2]", NO},
    {"items", "[1 2]", YES},
    {"items", "(1 2)", YES},
    {"items", "{a:1}", NO},
    {"map", "{a:1}", YES},
    {"map", "[a 1]", NO},
    {"ref", "@a.b", YES},
    {"ref", "a.b", NO},
    {"stream", "5@math.calc", YES},
    {"stream", "5", NO},
    {"stream", "@a", OPEN},
    {"path", "@a.b", YES},
    {"path", "a.b", YES},
    {"path", "5", NO},
    {"path", "5@a", OPEN},
    {"num", "@a", OPEN},
    {"num", "5@math.calc", OPEN},
    {"str|num", "5", YES},
    {"str|num", "abc", YES},
    {"str|num", "t", NO},
    {"[num]", "[]", YES},
    {"[num]", "[1 2.5 3]", YES},
    {"[num]", "[1 a 3]", NO},
    {"[num]", "5", NO},
    {"[num]", "(1 2)", NO},
    {"[num]", "[1 @a 3]", OPEN},
    {"[num]", "[1 x@a b]", NO},
    {"[num]", "@a", OPEN},
    {"(str num)", "(a 1)", YES},
    {"(str num)", "(1 a)", NO},
    {"(str num)", "(a @b)", OPEN},
    {"(str num)", "(1 @b)", NO},
    {"(str num)", "[a 1]", NO},
    {"{num}", "{a:1 b:2}", YES},
    {"{num}", "{}", YES},
    {"{num}", "{a:1 b:c}", NO},
    {"{num}", "{a:1 b:@c}", OPEN},
    {"{any}", "{5:[1]}", YES},
    {"num|[num]", "5", YES},
    {"num|[num]", "[5]", YES},
    {"num|[num]", "[[5]]", NO},
    {"[num|[num]]", "[5 [5 6] 7]", YES},
    {"[num]|[str]", "[a b]", YES},
    {"[num]|[str]", "[1 2]", YES},
    {"[num]|[str]", "[1 b]", NO},
    {"[num|str]", "[1 b]", YES},
    {"(num (num num|str))|str", "(1 (2 3))", YES},
    {"(num (num num|str))|str", "(1 (2 a))", YES},
    {"(num (num num|str))|str", "a", YES},
    {"(num (num num|str))|str", "(1 2)", NO},
    {"((num num) [str])", "((1 2) [a b])", YES},
    {"((num num) [str])", "((1 2) [a 3])", NO},
    {"{[(nat nat)]}", "{a:[(1 2) (3 4)] b:[]}", YES},
    {"{[(nat nat)]}", "{a:[(1 2) (3 -4)] b:[]}", NO},
};

START_TEST(fitting)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;
    enum err unread, read;

    test_mem_init(&m);
    arena_init(&a, &m.mem, 1 << 20);
    u = test_unit(&a, fits[_i].unit);
    unread = shape_fits(fits[_i].shape, &u, SHAPE_UNREAD, &f);
    read = shape_fits(fits[_i].shape, &u, SHAPE_READ, &f);
    ck_assert_int_eq(shape_check(fits[_i].shape, NULL), ERR_OK);
    ck_assert_msg(unread == (fits[_i].fit >= OPEN ? ERR_OK : ERR_BAD_ARG), "%s: %s: %s",
                  fits[_i].shape, fits[_i].unit, err_word(unread));
    ck_assert_msg(read == (fits[_i].fit == YES ? ERR_OK : ERR_BAD_ARG), "%s: %s: %s",
                  fits[_i].shape, fits[_i].unit, err_word(read));
    ck_assert_int_eq(shape_fits(fits[_i].shape, &u, SHAPE_READ, NULL), read);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(done_is_not_open)
{
    struct test_mem m;
    struct arena a;
    struct unit u;

    test_mem_init(&m);
    arena_init(&a, &m.mem, 1 << 20);
    u = test_unit(&a, "5@math.calc");
    u.flags |= UNIT_DONE;
    ck_assert_int_eq(shape_fits("num", &u, SHAPE_UNREAD, NULL), ERR_BAD_ARG);
    ck_assert_int_eq(shape_fits("stream", &u, SHAPE_UNREAD, NULL), ERR_OK);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- What a misfit says

static const struct {
    const char *shape, *unit, *why;
} misfits[] = {
    {"num", "abc", "wanted a number, found the str abc"},
    {"num", "``", "wanted a number, found the str"},
    {"num", "-", "wanted a number, found none"},
    {"str", "5", "wanted a str, found the int 5"},
    {"str", "[1 2]", "wanted a str, found the list [1 2]"},
    {"str", "[1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18]", "wanted a str, found the list"},
    {"nat", "-5", "wanted an int that is not negative, found the int -5"},
    {"num|[num]|none", "t", "wanted a number or a list or none, found the bool t"},
    {"[num]", "[1 2 a]", "wanted a number, found the str a as item 3"},
    {"num|[num]", "[1 2 a]", "wanted a number, found the str a as item 3"},
    {"[num]|[str]", "[1 a]", "wanted a list or a list, found the list [1 a]"},
    {"(str num)", "(a b)", "wanted a number, found the str b as part 2"},
    {"(str num)", "(1 2)", "wanted a str, found the int 1 as part 1"},
    {"{num}", "{x:1 y:z}", "wanted a number, found the str z as value 2"},
    {"(num [(str nat)])", "(1 [(a 2) (b -3)])",
     "wanted an int that is not negative, found the int -3 as part 2 of item 2 of part 2"},
    {"num", "`a\\x1b[2Jb`", "wanted a number, found the str a?[2Jb"},
};

START_TEST(misfit)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;

    test_mem_init(&m);
    arena_init(&a, &m.mem, 1 << 20);
    u = test_unit(&a, misfits[_i].unit);
    ck_assert_int_eq(shape_fits(misfits[_i].shape, &u, SHAPE_READ, &f), ERR_BAD_ARG);
    ck_assert_str_eq(f.why, misfits[_i].why);
    ck_assert_int_eq(f.code, ERR_BAD_ARG);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(secret_stays)
{
    struct unit u;
    struct fail f;

    ck_assert_int_eq(unit_secret(SPAN("pass"), &u), ERR_OK);
    ck_assert_int_eq(shape_fits("secret", &u, SHAPE_READ, &f), ERR_OK);
    ck_assert_int_eq(shape_fits("str", &u, SHAPE_READ, &f), ERR_BAD_ARG);
    ck_assert_str_eq(f.why, "wanted a str, found the secret");
}
END_TEST

Suite *units_shape_suite(void)
{
    Suite *s = suite_create("units/shape");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, checks, 0, (int)COUNT(shapes));
    tcase_add_loop_test(t, fitting, 0, (int)COUNT(fits));
    tcase_add_test(t, done_is_not_open);
    tcase_add_loop_test(t, misfit, 0, (int)COUNT(misfits));
    tcase_add_test(t, secret_stays);
    suite_add_tcase(s, t);
    return s;
}
