// SPDX-License-Identifier: MIT
// Workers of the Linux port: what every port promises, and threads that are not in the way.
#include <pthread.h>

#include "kernel/linux/linux.h"
#include "tests/check/helper.h"
#include "tests/contract/work.h"
#include "units/heap.h"

static struct linux_port port;

static void open_port(void)
{
    memset(&port, 0, sizeof port);
    port.plat.ctx = &port;
    ck_assert_int_eq(linux_mem_init(&port), ERR_OK);
    linux_clock_init(&port);
    linux_work_init(&port);
}

static void close_port(void)
{
    linux_work_fini(&port);
    heap_set_cpu(NULL);
}

START_TEST(test_jobs)
{
    work_contract_jobs(&port.plat);
}
END_TEST

START_TEST(test_mem)
{
    work_contract_mem(&port.plat);
}
END_TEST

START_TEST(test_numbers)
{
    work_contract_numbers(&port.plat, 1000);
}
END_TEST

START_TEST(test_slices)
{
    for (unsigned i = 0; i < port.work.n; i++)
        work_contract_slices(&port.plat, i, 100);
}
END_TEST

// More threads than processors: they only take turns.
START_TEST(test_most)
{
    port.work.n = PLAT_WORKERS_MAX;
    work_contract_jobs(&port.plat);
    work_contract_numbers(&port.plat, 200);
}
END_TEST

static void nothing(void *arg)
{
    (void)arg;
}

// No job, no thread; then one for each worker that had one.
START_TEST(test_lazy)
{
    for (unsigned i = 0; i < PLAT_WORKERS_MAX; i++)
        ck_assert(!port.workers[i].running);
    ck_assert_int_lt(port.work_event, 0);
    port.work.n = PLAT_WORKERS_MAX;
    ck_assert_int_eq(port.work.start(port.work.ctx, 3, nothing, NULL), ERR_OK);
    for (unsigned i = 0; i < PLAT_WORKERS_MAX; i++)
        ck_assert_int_eq(port.workers[i].running, i == 3);
    while (!port.work.done(port.work.ctx, 3))
        work_turn(&port.plat);
}
END_TEST

Suite *kernel_work_suite(void)
{
    Suite *s = suite_create("kernel_work");
    TCase *t = tcase_create("linux");

    tcase_add_checked_fixture(t, open_port, close_port);
    tcase_add_test(t, test_jobs);
    tcase_add_test(t, test_mem);
    tcase_add_test(t, test_numbers);
    tcase_add_test(t, test_slices);
    tcase_add_test(t, test_most);
    tcase_add_test(t, test_lazy);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}
