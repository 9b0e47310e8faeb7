// SPDX-License-Identifier: MIT
// What the suites share: memory that counts and fails on demand, and short ways to make units.
#ifndef TELEX_TESTS_HELPER_H
#define TELEX_TESTS_HELPER_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "units/parse.h"
#include "units/print.h"
#include "units/unit.h"

// malloc with a count of what is out, so that each test can prove that nothing leaked.
struct test_mem {
    struct mem mem;
    size_t blocks, bytes; // out now
    size_t most_bytes;    // ever
    long gets;            // asked for so far
    long fail_at;         // this get and all after it fail; < 0: none
};

void test_mem_init(struct test_mem *m);

/** Asserts that everything was given back. */
void test_mem_done(const struct test_mem *m);

/** Arena over m in which each object is its own block (overruns and leaks show). */
struct arena test_arena(struct test_mem *m);

/** The unit of a text, or the test fails showing the text. */
struct unit test_unit(struct arena *a, const char *text);

/** Canonical print, terminated, in the arena. */
const char *test_print(struct arena *a, const struct unit *u);

/**
 * Runs `step` with the 1st, 2nd, .. n-th allocation failing until it succeeds. `step` gives back
 * what the call under test gave; anything but ERR_OK and ERR_NO_MEMORY fails the test.
 */
void test_each_allocation(enum err (*step)(struct test_mem *m, void *ctx), void *ctx);

#endif
