// SPDX-License-Identifier: MIT
// The simulated port: a machine inside a test. Its clock moves when told, its random numbers come
// from a seed, its memory counts, its files lie in memory, its terminal is recorded and scripted.
// Several of them run side by side in one process.
#ifndef TELEX_TESTS_SIM_H
#define TELEX_TESTS_SIM_H

#include "kernel/plat.h"
#include "kernel/term.h"
#include "tests/check/helper.h"

enum { SIM_FILES = 16, SIM_OUTPUT = 1 << 16, SIM_FILE_BYTES = 16384 };

struct sim {
    struct plat plat;
    struct term term;
    struct plat_file file;
    struct test_mem mem;
    uint64_t now_ns;
    uint64_t tick_ns; // the clock moves by this at every look: what computing costs
    uint64_t seed;
    bool no_random; // a machine without randomness fit for keys
    struct {
        char name[48];
        char bytes[SIM_FILE_BYTES];
        size_t len;
    } files[SIM_FILES];
    char said[SIM_OUTPUT]; // what the terminal shows, terminated
    size_t said_len;
    bool pipe;           // nobody sits at the terminal
    struct call *asks;   // waits for a line or key
    const char *line;    // answered at once when a line is asked for; NULL: the call waits
    unsigned turned_off; // how often
    // Workers: what they are given runs when told, or when the node waits, in an order by seed.
    struct plat_work work;
    struct {
        void (*job)(void *arg);
        void *arg;
        bool busy, done;
    } jobs[PLAT_WORKERS_MAX];
    unsigned jobs_n;       // given and not run
    unsigned jobs_given;   // ever
    unsigned jobs_refused; // so many of the next ones are not taken
};

void sim_init(struct sim *s, uint64_t seed);

/** A random number from the seed. */
uint64_t sim_random(struct sim *s);

/** The machine has n processors beside the first. */
void sim_work(struct sim *s, unsigned n);

/** Run one of the jobs that workers were given. False: there is none. */
bool sim_run_job(struct sim *s);

/** Asserts that all memory was given back. */
void sim_done(const struct sim *s);

#endif
