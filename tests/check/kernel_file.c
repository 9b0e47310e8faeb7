// SPDX-License-Identifier: MIT
// Files of the simulated port keep the contract, so that what is tested with them holds elsewhere.
#include "tests/contract/file.h"

#include "tests/check/helper.h"
#include "tests/sim/sim.h"

START_TEST(test_sim)
{
    static struct sim s;
    const char *no;
    bool again;

    sim_init(&s, 1);
    for (int i = 0; i < 2; i++) {
        no = file_contract(&s.plat, SIM_FILE_BYTES);
        ck_assert_msg(!no, "%s", no);
        no = file_contract_kept(&s.plat, &again);
        ck_assert_msg(!no, "%s", no);
        ck_assert(again == (i == 1));
    }
    sim_done(&s);
}
END_TEST

Suite *kernel_file_suite(void)
{
    Suite *s = suite_create("kernel_file");
    TCase *t = tcase_create("sim");

    tcase_add_test(t, test_sim);
    suite_add_tcase(s, t);
    return s;
}
