// SPDX-License-Identifier: MIT
// What struct plat_file of kernel/plat.h promises, asked of any port, also where there is no Check.
#ifndef TELEX_TESTS_CONTRACT_FILE_H
#define TELEX_TESTS_CONTRACT_FILE_H

#include "kernel/plat.h"

/**
 * file_contract - makes, reads, replaces, lists and deletes files whose names begin with "contract"
 * @most: bytes of the largest, at least 1024
 *
 * Gives what does not hold, or NULL. All its files are gone then.
 */
const char *file_contract(const struct plat *plat, size_t most);

/**
 * file_contract_kept - what was saved is there after the next start, what was deleted is not
 * @again: whether this is the second start
 */
const char *file_contract_kept(const struct plat *plat, bool *again);

#endif
