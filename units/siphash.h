// SPDX-License-Identifier: MIT
// SipHash-2-4: the keyed hash of the key tables. Who does not know the seed cannot make keys that
// collide. It guards no secret and signs nothing: for that there is keys/.
#ifndef TELEX_UNITS_SIPHASH_H
#define TELEX_UNITS_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/**
 * siphash - 64-bit hash of bytes under a key
 * @key: the two little-endian halves of the 16-byte key
 *
 * Source: Aumasson, Bernstein: SipHash, a fast short-input PRF (2012)
 */
uint64_t siphash(const uint64_t key[2], const void *bytes, size_t len);

/** The same hash of 16 bytes given as two little-endian words. */
uint64_t siphash_pair(const uint64_t key[2], uint64_t first, uint64_t second);

#endif
