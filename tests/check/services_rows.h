// SPDX-License-Identifier: MIT
// Rows of messages for suites of services: what each answers, and what the terminal shows.
#ifndef TELEX_TESTS_SERVICES_ROWS_H
#define TELEX_TESTS_SERVICES_ROWS_H

#include "tests/sim/lab.h"

/**
 * struct msg_row - a message and how it ends
 * @want: the print of its value, or `!code why`; one that begins with ! or ends with .. is a
 *        beginning
 * @said: what the terminal shows till all has ended, also in the background; NULL: nothing.
 *        show is `<show u>`, fail is `<fail code id>`
 */
struct msg_row {
    const char *msg, *want, *said;
};

/** A machine whose terminal records show and fail, too. */
struct kernel *row_kernel(struct sim *s);

/** Runs till nothing does any more. */
void row_settle(struct sim *s, struct kernel *k);

/** Lets so much time pass. */
void row_pass(struct sim *s, struct kernel *k, uint64_t ns);

/** Sends it and compares, the kernel going on. */
void row_ask(struct sim *s, struct kernel *k, const struct msg_row *row);

/** One row in a kernel of its own; nothing is left over. */
void row_test(const struct msg_row *row);

/** The same with the 1st, 2nd, .. n-th allocation failing: nothing leaks, nothing hangs. */
void row_test_scarce(const struct msg_row *row);

#endif
