// SPDX-License-Identifier: MIT
// sys.hw: what a machine tells, and one that tells nothing.
#include "tests/check/services_rows.h"

static const uint64_t gib = 1 << 30;

static enum err memory(void *ctx, uint64_t *total, uint64_t *left)
{
    *total = 8 * gib + 1023;
    *left = *(bool *)ctx ? 9 * gib : 3 * gib + 5;
    return ERR_OK;
}

static enum err no_memory_known(void *ctx, uint64_t *total, uint64_t *left)
{
    (void)ctx;
    (void)total;
    (void)left;
    return ERR_IO;
}

static enum err text_of(struct arena *a, const char *text, struct span *out)
{
    char *copy = arena_copy(a, text, strlen(text));

    if (!copy)
        return ERR_NO_MEMORY;
    *out = (struct span){copy, strlen(text)};
    return ERR_OK;
}

static enum err cpu(void *ctx, struct arena *a, unsigned *n, struct span *name)
{
    (void)ctx;
    *n = 4;
    return text_of(a, "A Processor", name);
}

static enum err board(void *ctx, struct arena *a, struct span *maker, struct span *model)
{
    enum err e = text_of(a, "", maker);

    (void)ctx;
    return e ? e : text_of(a, "B1", model);
}

static enum err no_board(void *ctx, struct arena *a, struct span *maker, struct span *model)
{
    (void)ctx;
    (void)a;
    (void)maker;
    (void)model;
    return ERR_NOT_FOUND;
}

static const struct msg_row known[] = {
    {"get.mem@sys.hw", "{total:8589935615 free:3221225477 used:5368710138}"},
    {"get.mem.total@sys.hw", "8589935615"},
    {"get.mem.total.kb@sys.hw", "8388608"},
    {"get.mem.total.mb@sys.hw", "8192"},
    {"get.mem.total.gb@sys.hw", "8"},
    {"get.mem.free@sys.hw", "3221225477"},
    {"get.mem.free.kb@sys.hw", "3145728"},
    {"get.mem.free.mb@sys.hw", "3072"},
    {"get.mem.free.gb@sys.hw", "3"},
    {"get.mem.used@sys.hw", "5368710138"},
    {"get.mem.used.kb@sys.hw", "5242880"},
    {"get.mem.used.mb@sys.hw", "5120"},
    {"get.mem.used.gb@sys.hw", "5"},
    {"get.cpu@sys.hw", "{n:4 name:`A Processor`}"},
    {"get.board@sys.hw", "{maker:- model:B1}"},
    {"get.net@sys.hw", "-"},
    {"get.disk@sys.hw", "-"},
    {"get@sys.hw", "!no-command"},
};

static void ask_all(const struct plat_hw *hw, const struct msg_row *rows, size_t n)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);

    s.plat.hw = hw;
    for (size_t i = 0; i < n; i++)
        row_ask(&s, k, &rows[i]);
    lab_done(&s, k);
}

START_TEST(test_known)
{
    bool more = false;
    const struct plat_hw hw = {&more, memory, cpu, board};

    ask_all(&hw, known, COUNT(known));
}
END_TEST

// What a machine does not tell is `-`; and what it tells may be wrong.
START_TEST(test_unknown)
{
    static const struct msg_row none[] = {
        {"get.mem@sys.hw", "-"}, {"get.mem.free@sys.hw", "-"}, {"get.mem.used.gb@sys.hw", "-"},
        {"get.cpu@sys.hw", "-"}, {"get.board@sys.hw", "-"},
    };
    static const struct msg_row odd[] = {{"get.mem.used@sys.hw", "0"}};
    bool more = true;
    const struct plat_hw nothing = {0}, silent = {&more, no_memory_known, NULL, no_board};
    const struct plat_hw wrong = {&more, memory, NULL, NULL};

    ask_all(NULL, none, COUNT(none));
    ask_all(&nothing, none, COUNT(none));
    ask_all(&silent, none, COUNT(none));
    ask_all(&wrong, odd, COUNT(odd));
}
END_TEST

// Power: the machine goes off or starts again, or it is not ours.
static enum err not_ours(void *ctx)
{
    (void)ctx;
    return ERR_NOT_SUPPORTED;
}

START_TEST(test_power)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);

    row_ask(&s, k, &(struct msg_row){"off@sys.hw", "-"});
    ck_assert_uint_eq(s.turned_off, 1);
    row_ask(&s, k, &(struct msg_row){"reset@sys.hw", "-"});
    ck_assert_uint_eq(s.turned_off, 2);
    s.plat.off = s.plat.reset = not_ours;
    row_ask(&s, k,
            &(struct msg_row){"off@sys.hw", "!not-supported this machine is not ours to power"});
    row_ask(&s, k,
            &(struct msg_row){"reset@sys.hw", "!not-supported this machine is not ours to start"});
    lab_done(&s, k);
}
END_TEST

START_TEST(test_scarce)
{
    static struct sim s;
    static const char *const msgs[] = {"get.mem@sys.hw", "get.cpu@sys.hw", "get.board@sys.hw"};
    bool more = false, ended = false;
    const struct plat_hw hw = {&more, memory, cpu, board};

    for (long n = 0; !ended; n++) {
        struct kernel *k = row_kernel(&s);
        struct task *t;
        struct unit u;

        ck_assert_int_lt(n, 1000);
        s.plat.hw = &hw;
        ck_assert_int_eq(task_new(k, &s.term, &t), ERR_OK);
        u = test_unit(task_arena(t), msgs[_i]);
        s.mem.fail_at = s.mem.gets + n;
        task_start(t, &u);
        ck_assert(task_outcome(t)->e == ERR_OK || task_outcome(t)->e == ERR_NO_MEMORY);
        ended = s.mem.gets <= s.mem.fail_at;
        ck_assert(!ended || task_outcome(t)->value.kind == UNIT_MAP);
        s.mem.fail_at = -1;
        task_free(t);
        lab_done(&s, k);
    }
}
END_TEST

Suite *services_sys_hw_suite(void)
{
    Suite *s = suite_create("services_sys_hw");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_known);
    tcase_add_test(t, test_unknown);
    tcase_add_test(t, test_power);
    tcase_add_loop_test(t, test_scarce, 0, 3);
    suite_add_tcase(s, t);
    return s;
}
