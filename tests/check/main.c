// SPDX-License-Identifier: MIT
// Runs every suite of suites.def; the status is 0 when all passed.
#include <check.h>
#include <stdlib.h>

#define SUITE(name) Suite *name##_suite(void);
#include "tests/check/suites.def"
#undef SUITE

int main(void)
{
    SRunner *r = srunner_create(NULL);
    int failed;

#define SUITE(name) srunner_add_suite(r, name##_suite());
#include "tests/check/suites.def"
#undef SUITE
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
