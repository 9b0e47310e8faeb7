// SPDX-License-Identifier: MIT
// Whole numbers from 0 on as binary limbs of 64 bits, lowest first, in arrays of a fixed length n:
// for what is slow or has no meaning in decimal (bits, arithmetic modulo a number).
#ifndef TELEX_UNITS_NUM_LIMB_H
#define TELEX_UNITS_NUM_LIMB_H

#include <stdint.h>

#include "units/span.h"

/** Limbs that hold any number of so many decimal digits (log2(10) / 64 is below 0.0520). */
static inline size_t limb_room(size_t digits)
{
    return digits * 520 / 10000 + 1;
}

/** Digits that hold any number of n limbs. */
static inline size_t limb_digits(size_t n)
{
    return n * 20;
}

/** Work grows with the square of the length. @r: [n], n >= limb_room(digits.len) */
void limb_load(uint64_t *r, size_t n, struct span digits);

/**
 * limb_store - decimal digits
 * @x:    [n], becomes 0
 * @text: room for limb_digits(n); all of it is written, leading zeros too
 */
void limb_store(uint64_t *x, size_t n, char *text);

/** Length without leading zeros; 0 for zero. */
size_t limb_len(const uint64_t *x, size_t n);
unsigned limb_bits(const uint64_t *x, size_t n);

static inline bool limb_bit(const uint64_t *x, size_t bit)
{
    return x[bit / 64] >> bit % 64 & 1;
}

int limb_cmp(const uint64_t *x, const uint64_t *y, size_t n);

/** r = x + y, x - y; gives the carry or borrow. r may be x or y. */
uint64_t limb_add(uint64_t *r, const uint64_t *x, const uint64_t *y, size_t n);
uint64_t limb_sub(uint64_t *r, const uint64_t *x, const uint64_t *y, size_t n);

/** r = x * 2^bits, x / 2^bits; what does not fit is lost. r may be x. */
void limb_shl(uint64_t *r, const uint64_t *x, size_t n, size_t bits);
void limb_shr(uint64_t *r, const uint64_t *x, size_t n, size_t bits);

/** x / d in place; gives the rest. */
uint32_t limb_div_small(uint64_t *x, size_t n, uint32_t d);
uint32_t limb_mod_small(const uint64_t *x, size_t n, uint32_t d);

/**
 * struct mont - arithmetic modulo an odd m > 1, after Montgomery
 *
 * Residues are kept as x * 2^(64 n) mod m, always below m.
 * @m: [n] borrowed
 */
struct mont {
    const uint64_t *m;
    size_t n;
    uint64_t inv;   // -1/m mod 2^64
    uint64_t *one;  // [n] the residue of 1
    uint64_t *room; // [n + 2]
};

/** @room: [MONT_ROOM(n)], kept as long as q is used */
#define MONT_ROOM(n) (2 * (n) + 2)
void mont_init(struct mont *q, const uint64_t *m, size_t n, uint64_t *room);

/** r may be x or y in all of these. */
void mont_mul(const struct mont *q, uint64_t *r, const uint64_t *x, const uint64_t *y);
void mont_add(const struct mont *q, uint64_t *r, const uint64_t *x, const uint64_t *y);
void mont_sub(const struct mont *q, uint64_t *r, const uint64_t *x, const uint64_t *y);
void mont_half(const struct mont *q, uint64_t *r);

/** Residue of x < m, and back. O(n^3) bits: a handful of times, not in loops. */
void mont_load(const struct mont *q, uint64_t *r, const uint64_t *x);
void mont_store(const struct mont *q, uint64_t *r, const uint64_t *x);

/** Residue of a small number of either sign. */
void mont_small(const struct mont *q, uint64_t *r, int32_t i);

/** r = x^e; @e: [en]; @table: [16 * n]. r must not be x. */
void mont_pow(const struct mont *q, uint64_t *r, const uint64_t *x, const uint64_t *e, size_t en,
              uint64_t *table);

#endif
