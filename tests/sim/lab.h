// SPDX-License-Identifier: MIT
// A service for tests of tasks: each of its commands does one thing that a handler may do.
#ifndef TELEX_TESTS_LAB_H
#define TELEX_TESTS_LAB_H

#include "kernel/internal.h"
#include "tests/sim/sim.h"

// Children, each command with quoted messages:
//   all [X ..]    at once; a list of what they answer, an error as {err:{..}}
//   first [X ..]  at once; what ends first is the answer, the others are dropped
//   seq [X ..]    one after the other; an error ends it, as its cause; answers the last value
//   loop (n X)    X n times; (loop X) for ever; answers `-`
//   try X         the value, or {err:{..}}
//   keep X        the value, through call_keep
//   read X        refs and streams everywhere inside are read
//   front X       what a person waits for
//   alone X       data: its refs reach nothing around it
//   mix [X ..]    starts all, drops the 2nd, 4th .., unused ones between them; answers a list
//   sep X         in the background; answers the id
// Time: wait ns, burn ns (computes), twice [ns ns] (a timer that is moved)
// Workers: work u (beside the loop by prediction), side u (says so itself); both copy u
// Others: hold (answered by the test: lab_holds), tick, me, kill id, fail, say u, u itself
extern const struct service lab_service, lab_pure_service;

enum { LAB_HOLDS = 2048 };

// What `hold` and `tick` remember; reset by lab_kernel.
struct lab {
    struct call *holds[LAB_HOLDS];
    unsigned holds_n, ticks;
};
extern struct lab lab;

/** A kernel with these services and all others; every object of its first tasks is a block of its own. */
struct kernel *lab_kernel(struct sim *s);

/** Asserts that nothing runs and nothing is kept, then frees it. */
void lab_done(struct sim *s, struct kernel *k);

/** Sends a message; it has run as far as it goes at once. */
struct task *lab_send(struct sim *s, struct kernel *k, const char *msg);

/** Takes steps, and waits as the machine would, until it has ended. */
void lab_end(struct sim *s, struct kernel *k, const struct task *t);

/** The print of how it ended: a value, or `!code why`; freed. Static, till the next call. */
const char *lab_print(struct sim *s, struct task *t);

/** All three; asserts that it begins with, or is, `want`. */
void lab_want(struct sim *s, struct kernel *k, const char *msg, const char *want);

/** What must hold between two steps, whatever happens. */
void lab_check(const struct kernel *k);
void lab_check_timers(const struct kernel *k);

#endif
