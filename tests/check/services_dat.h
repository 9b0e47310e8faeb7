// SPDX-License-Identifier: MIT
// What the suites of dat.proc and dat.gen share: a message, sent through a kernel of its own.
#ifndef TELEX_TESTS_SERVICES_DAT_H
#define TELEX_TESTS_SERVICES_DAT_H

#include "kernel/kernel.h"
#include "tests/sim/sim.h"

struct dat_row {
    const char *msg, *want; // the print of the value, or `!code`
};

/**
 * Asserts that a message answers as the row says, without workers and with some; gives the most
 * memory that was out.
 */
size_t dat_want(const struct dat_row *row);

/** The same on this machine, whose kernel is made and freed. */
void dat_want_on(struct sim *s, const struct dat_row *row);

/** The same while all other tasks are taken, for a while, or till the end. */
void dat_want_crowded(const struct dat_row *row, bool stays);

/** The same while each allocation fails in turn. */
void dat_scarce(const struct dat_row *row);

#endif
