// SPDX-License-Identifier: MIT
// The hash of a unit: what names it by its content. BLAKE2b-256 of its binary form.
#ifndef TELEX_MSGS_HASH_H
#define TELEX_MSGS_HASH_H

#include "units/unit.h"

/**
 * unit_hash - hash of the binary form, map keys in the unit's own order
 * @mem: for the binary form of a long unit; given back
 *
 * Errors: ERR_BAD_ARG (holds a secret: the hash would tell who can guess), ERR_NO_MEMORY
 */
MUST_USE enum err unit_hash(const struct mem *mem, const struct unit *u, uint8_t hash[32]);

#endif
