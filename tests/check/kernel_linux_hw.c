// SPDX-License-Identifier: MIT
// What Linux tells of the machine on which the tests run.
#include "kernel/linux/linux.h"

#include "tests/check/helper.h"

START_TEST(test_machine)
{
    static struct linux_port port;
    const struct plat_hw *hw;
    struct span text, other;
    struct test_mem m;
    struct arena a;
    uint64_t total = 0, left = 0;
    unsigned n = 0;
    size_t bad;
    enum err e;

    test_mem_init(&m);
    a = test_arena(&m);
    linux_hw_init(&port);
    hw = port.plat.hw;
    ck_assert_ptr_nonnull(hw);
    ck_assert_int_eq(hw->memory(hw->ctx, &total, &left), ERR_OK);
    ck_assert_uint_gt(total, 1 << 20);
    ck_assert_uint_gt(left, 0);
    ck_assert_uint_le(left, total);
    left = total;
    ck_assert_int_eq(hw->memory(hw->ctx, &total, NULL), ERR_OK);
    ck_assert_uint_eq(total, left);
    ck_assert_int_eq(hw->cpu(hw->ctx, &a, &n, &text), ERR_OK);
    ck_assert_uint_ge(n, 1);
    ck_assert(text_is_utf8(text, &bad) && (!text.len || !memchr(text.at, '\n', text.len)));
    e = hw->board(hw->ctx, &a, &text, &other);
    ck_assert(e == ERR_OK || e == ERR_NOT_FOUND); // a container shows no board
    ck_assert(e || (text_is_utf8(text, &bad) && text.len + other.len));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

Suite *kernel_linux_hw_suite(void)
{
    Suite *s = suite_create("kernel_linux_hw");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_machine);
    suite_add_tcase(s, t);
    return s;
}
