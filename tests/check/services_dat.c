// SPDX-License-Identifier: MIT
// A message through a kernel of its own, and what it answers.
#include "tests/check/services_dat.h"
#include "kernel/limits.h"

extern const struct service dat_proc_service, dat_gen_service, math_calc_service, test_echo_service;

static const struct service *const services[] = {&dat_proc_service, &dat_gen_service,
                                                 &math_calc_service, &test_echo_service, NULL};

static void check(struct sim *s, const struct dat_row *row, const struct outcome *o)
{
    static char got[1 << 16];

    if (o->e) {
        const struct unit *code = unit_get_word(&o->error, SPAN("code"), &s->mem.mem);

        snprintf(got, sizeof got, "!%.*s", (int)code->n, code->s);
    } else {
        ck_assert_uint_lt(o->value.text, sizeof got);
        *unit_print(&o->value, got) = 0;
    }
    ck_assert_msg(!strcmp(got, row->want), "%s\n  wanted %s\n  got    %s", row->msg, row->want,
                  got);
}

static enum err send(struct sim *s, struct kernel *k, const struct dat_row *row)
{
    const struct outcome *o;
    struct task *t;
    struct unit u;
    enum err e = task_new(k, &s->term, &t);

    if (e)
        return e;
    e = unit_parse(task_arena(t), span_of(row->msg), &u, NULL);
    if (!e) {
        task_start(t, &u);
        while (!(o = task_outcome(t))) {
            uint64_t due = kernel_step(k);

            if (due)
                s->plat.wait(s, due);
        }
        e = o->e == ERR_NO_MEMORY ? o->e : ERR_OK;
        if (!e)
            check(s, row, o);
    }
    task_free(t);
    return e;
}

void dat_want_on(struct sim *s, const struct dat_row *row)
{
    struct kernel *k;
    struct fail f;

    ck_assert_msg(kernel_new(&s->plat, services, &f, &k) == ERR_OK, "%s", f.why);
    ck_assert_msg(send(s, k, row) == ERR_OK, "%s", row->msg);
    kernel_free(k);
}

size_t dat_want(const struct dat_row *row)
{
    static struct sim s;
    size_t most_bytes;

    sim_init(&s, 1);
    dat_want_on(&s, row);
    sim_done(&s);
    most_bytes = s.mem.most_bytes;
    // The same with workers, which end in an order of their own.
    sim_init(&s, 2);
    sim_work(&s, 3);
    dat_want_on(&s, row);
    sim_done(&s);
    return most_bytes;
}

void dat_want_crowded(const struct dat_row *row, bool stays)
{
    static struct sim s;
    static struct task *crowd[KERNEL_TASKS_MAX];
    size_t n = 0, turns = 0;
    const struct outcome *o;
    struct kernel *k;
    struct task *t;
    struct unit u;

    sim_init(&s, 1);
    ck_assert_int_eq(kernel_new(&s.plat, services, NULL, &k), ERR_OK);
    ck_assert_int_eq(task_new(k, &s.term, &t), ERR_OK);
    while (n < COUNT(crowd) && task_new(k, &s.term, &crowd[n]) == ERR_OK)
        n++;
    u = test_unit(task_arena(t), row->msg);
    task_start(t, &u);
    ck_assert_msg(!task_outcome(t), "%s", row->msg);
    while (!(o = task_outcome(t))) {
        uint64_t due = kernel_step(k);

        if (due)
            s.plat.wait(&s, due);
        if (++turns == 100 && !stays) // one is enough
            task_free(crowd[--n]);
    }
    check(&s, row, o);
    task_free(t);
    while (n)
        task_free(crowd[--n]);
    kernel_free(k);
    sim_done(&s);
}

static enum err once(struct test_mem *m, void *ctx)
{
    static struct sim s;
    struct kernel *k;
    enum err e;

    sim_init(&s, 1);
    s.plat.mem = &m->mem;
    e = kernel_new(&s.plat, services, NULL, &k);
    if (e)
        return e;
    e = send(&s, k, ctx);
    kernel_free(k);
    return e;
}

void dat_scarce(const struct dat_row *row)
{
    struct dat_row copy = *row;

    test_each_allocation(once, &copy);
}
