// SPDX-License-Identifier: MIT
// gfx.2d: rows of messages and what they answer, or `!code` and a beginning of why.
#include "kernel/kernel.h"
#include "tests/sim/sim.h"

extern const struct service gfx_2d_service;

static const struct service *const services[] = {&gfx_2d_service, NULL};

static const struct row {
    const char *msg, *want;
} rows[] = {
    {"{fill:#ff0000 size:(320 240)}", "{size:(320 240) fmt:rgb.rle img:[(76800 16711680)]}"},
    {"{fill:#00fF0a size:(1 1)}", "{size:(1 1) fmt:rgb.rle img:[(1 65290)]}"},
    {"#000001", "{size:(70 50) fmt:rgb.rle img:[(3500 1)]}"},
    {"(fill #abcdef)", "{size:(70 50) fmt:rgb.rle img:[(3500 11259375)]}"},
    {"{fill:#abcdef}", "{size:(70 50) fmt:rgb.rle img:[(3500 11259375)]}"},
    {"{fill:#ffffff size:(8192 1024)}", "{size:(8192 1024) fmt:rgb.rle img:[(8388608 16777215)]}"},
    {"{fill:#ffffff size:(8193 1)}", "!limit a picture has at most 8192 pixels a side"},
    {"{fill:#ffffff size:(1 8193)}", "!limit a picture has at most 8192 pixels a side"},
    {"{fill:#ffffff size:(8192 1025)}", "!limit a picture has at most 8388608 pixels"},
    {"{fill:#ffffff size:(99999999999999999999 1)}", "!limit a side has 1 to 8192"},
    {"{fill:#ffffff size:(0 5)}", "!bad-arg a picture of no pixels"},
    {"{fill:#ffffff size:(-1 5)}", "!bad-arg"},
    {"{fill:#ffffff size:5}", "!bad-arg"},
    {"#fff", "!bad-arg gfx.2d has no command #fff"},
    {"#fffffff", "!bad-arg gfx.2d has no command"},
    {"#ffffg0", "!bad-arg gfx.2d has no command"},
    {"(fill #fff)", "!bad-arg #fff is no colour"},
    {"(fill #ffffg0)", "!bad-arg #ffffg0 is no colour"},
    {"(fill ff00000)", "!bad-arg ff00000 is no colour"},
    {"(fill ``)", "!bad-arg"},
    {"(fill 5)", "!bad-arg"},
    {"fill", "!bad-arg fill needs an argument"},
    {"5", "!bad-arg"},
};

static bool pixels(void *ctx, unsigned *w, unsigned *h)
{
    (void)ctx;
    *w = 70;
    *h = 50;
    return true;
}

static const char *ask(struct sim *s, struct kernel *k, const char *payload)
{
    static char got[512];
    char msg[256];
    const struct outcome *o;
    struct task *t;
    struct unit u;

    snprintf(msg, sizeof msg, "%s@gfx.2d", payload);
    ck_assert_int_eq(task_new(k, &s->term, &t), ERR_OK);
    u = test_unit(task_arena(t), msg);
    task_start(t, &u);
    o = task_outcome(t);
    ck_assert_ptr_nonnull(o);
    if (o->e) {
        const struct unit *why = unit_get_word(&o->error, SPAN("why"), &s->mem.mem);

        snprintf(got, sizeof got, "!%s %.*s", err_word(o->e), why ? (int)why->n : 0,
                 why ? why->s : "");
    } else {
        *unit_print(&o->value, got) = 0;
    }
    task_free(t);
    return got;
}

START_TEST(test_row)
{
    static struct sim s;
    struct kernel *k;
    const char *got;

    sim_init(&s, 1);
    s.term.pixels = pixels;
    ck_assert_int_eq(kernel_new(&s.plat, services, NULL, &k), ERR_OK);
    got = ask(&s, k, rows[_i].msg);
    ck_assert_msg(*rows[_i].want == '!' ? strstr(got, rows[_i].want) == got
                                        : !strcmp(got, rows[_i].want),
                  "%s\n  wanted %s\n  got    %s", rows[_i].msg, rows[_i].want, got);
    kernel_free(k);
    sim_done(&s);
}
END_TEST

Suite *services_gfx_2d_suite(void)
{
    Suite *s = suite_create("services/gfx_2d");
    TCase *t = tcase_create("rows");

    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    suite_add_tcase(s, t);
    return s;
}
