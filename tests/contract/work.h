// SPDX-License-Identifier: MIT
// What struct plat_work of kernel/plat.h promises, asked of any port.
#ifndef TELEX_TESTS_CONTRACT_WORK_H
#define TELEX_TESTS_CONTRACT_WORK_H

#include "kernel/plat.h"

/** Every worker, alone and all at once, again and again: jobs run once, and done() says so once. */
void work_contract_jobs(const struct plat *plat);

/** Memory goes from the main loop to workers and back, in all sizes. */
void work_contract_mem(const struct plat *plat);

/**
 * work_contract_numbers - long numbers on all workers and on the main loop at the same time
 * @jobs: how many pieces; each gives what it gives alone
 */
void work_contract_numbers(const struct plat *plat, unsigned jobs);

/**
 * work_contract_slices - a job that only heap_pause() can interrupt leaves the main loop alive
 *
 * The job ends when the main loop has had so many turns meanwhile.
 */
void work_contract_slices(const struct plat *plat, unsigned worker, unsigned turns);

/** One turn of a main loop that has nothing else to do. */
void work_turn(const struct plat *plat);

#endif
