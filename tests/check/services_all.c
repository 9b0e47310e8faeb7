// SPDX-License-Identifier: MIT
// Every service: each command has at least one example, and each example gives what it says.
#include "kernel/kernel.h"
#include "tests/sim/sim.h"

// The value of one message, in the task's arena.
static struct unit ask(struct sim *s, struct kernel *k, struct task *t, const char *msg)
{
    struct unit u = test_unit(task_arena(t), msg);
    const struct outcome *o;

    task_start(t, &u);
    for (int turns = 0; !(o = task_outcome(t)) && turns < 100000; turns++) {
        uint64_t due = kernel_step(k);

        if (due && due != UINT64_MAX)
            s->plat.wait(s, due);
    }
    ck_assert_msg(o && !o->e, "%s: %s", msg,
                  o ? test_print(task_arena(t), &o->error) : "waits for something");
    return o->value;
}

START_TEST(test_examples)
{
    static struct sim s;
    struct kernel *k;
    struct task *t;
    char msg[128];

    sim_init(&s, 3);
    ck_assert_int_eq(kernel_new(&s.plat, services_all, NULL, &k), ERR_OK);
    for (size_t i = 0; services_all[i]; i++) {
        struct unit got;

        ck_assert_int_eq(task_new(k, &s.term, &t), ERR_OK);
        snprintf(msg, sizeof msg, "help.tut@%s@test.run", services_all[i]->name);
        got = ask(&s, k, t, msg);
        ck_assert_msg(unit_get_word(&got, SPAN("fail"), &s.mem.mem)->n == 0, "%s: %s", msg,
                      test_print(task_arena(t), unit_get_word(&got, SPAN("fail"), &s.mem.mem)));
        ck_assert_uint_ge((size_t)unit_get_word(&got, SPAN("pass"), &s.mem.mem)->i,
                          services_all[i]->n);
        task_free(t);
        for (size_t j = 0; j < services_all[i]->n; j++) {
            const struct unit *tut;

            ck_assert_int_eq(task_new(k, &s.term, &t), ERR_OK);
            snprintf(msg, sizeof msg, "help.%s@%s", services_all[i]->commands[j].name,
                     services_all[i]->name);
            got = ask(&s, k, t, msg);
            tut = unit_get_word(&got, SPAN("tut"), &s.mem.mem);
            ck_assert_msg(tut && tut->n, "%s has no example", msg);
            task_free(t);
        }
    }
    kernel_free(k);
    sim_done(&s);
}
END_TEST

Suite *services_all_suite(void)
{
    Suite *s = suite_create("services/all");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_examples);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}
