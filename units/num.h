// SPDX-License-Identifier: MIT
// Numbers: exact ints and decs of any size. 64-bit ints take a fast path, all else is libmpdec's
// (IEEE 754-2008 / General Decimal Arithmetic), met in units/num_mpd.c alone.
//
// int with int gives int, any dec makes dec. A dec is exact: what cannot be exact takes env->prec
// significant digits and is correctly rounded, half to even, to the last of them. Results past
// UNIT_DIGITS_MAX digits and efforts past the limits below are ERR_LIMIT, decided from the
// operands before anything is computed.
//
//   num.c      sum sub mul div mod quo, signs, min max    num_pow.c     pow
//   num_fac.c  fac sqrt                                   num_fun.c     exp ln log, to places
//   num_trig.c sin .. atan pi                             num_gcd.c     gcd lcm
//   num_bits.c and or xor not shl shr                     num_powmod.c  num_prime.c  num_fact.c
//   num_env.c  effort, refusals, correct rounding         num_in.h      shared inside
//   num_mpd.h  decimals of libmpdec                       num_limb.h    binary limbs
#ifndef TELEX_UNITS_NUM_H
#define TELEX_UNITS_NUM_H

#include "units/heap.h"
#include "units/unit.h"

enum {
    NUM_PREC = 34,       // significant digits unless asked for: decimal128
    NUM_PREC_MAX = 1000, // more would delay others

    // Digits of operands: what a call may delay others by.
    NUM_SQRT_DIGITS_MAX = 10000,
    NUM_DIV_DIGITS_MAX = 100000, // div mod quo gcd lcm

    // A binary operand may have as many bits, and a sign.
    NUM_BITS_MAX = 4096,

    // Digits before the point of an angle: pi is needed to as many.
    NUM_ANGLE_DIGITS_MAX = 4000,

    // What all operations of one call together may cost, in rough nanoseconds.
    NUM_EFFORT = 2000000000,
};

/**
 * struct num_env - where results go and how they are rounded; one for each call
 * @arena:   owns results
 * @scratch: for what is needed on the way; grows until its owner resets it
 * @fail:    says why; may be NULL
 * @prec:    significant digits of what cannot be exact, 1..NUM_PREC_MAX
 * @cut:     prec was asked for: powers of decs are rounded too, however exact
 * @effort:  what is left of NUM_EFFORT
 * @heap:    of libmpdec, in scratch; set up at its first use (arena NULL: not yet)
 */
struct num_env {
    struct arena *arena, *scratch;
    struct fail *fail;
    uint32_t prec;
    bool cut;
    uint64_t effort;
    struct heap heap;
};

static inline void num_env_init(struct num_env *env, struct arena *a, struct arena *scratch,
                                struct fail *f)
{
    env->arena = a;
    env->scratch = scratch;
    env->fail = f;
    env->prec = NUM_PREC;
    env->cut = false;
    env->effort = NUM_EFFORT;
    env->heap.arena = NULL;
}

// Operands are numbers unless it is said otherwise; what says int answers ERR_BAD_ARG to a dec.
// Errors of all: ERR_LIMIT, ERR_NO_MEMORY; @out is untouched on failure and may be an operand.

// ---- One operand
MUST_USE enum err num_neg(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_abs(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_inc(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_dec(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_sqr(struct num_env *env, const struct unit *x, struct unit *out);

/** int: whole part; dec: dec. ERR_DOMAIN below 0 */
MUST_USE enum err num_sqrt(struct num_env *env, const struct unit *x, struct unit *out);

/** int from 0 on; else ERR_DOMAIN */
MUST_USE enum err num_fac(struct num_env *env, const struct unit *x, struct unit *out);

/** Natural logarithm of an int: whole part; of a dec: num_ln. ERR_DOMAIN up to 0 */
MUST_USE enum err num_log(struct num_env *env, const struct unit *x, struct unit *out);

// Always dec. ERR_DOMAIN where the function has no value.
MUST_USE enum err num_ln(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_log10(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_log2(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_exp(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_sin(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_cos(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_tan(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_asin(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_acos(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_atan(struct num_env *env, const struct unit *x, struct unit *out);

// To an int: down, up, toward zero, to the nearest (half to even).
MUST_USE enum err num_floor(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_ceil(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_trunc(struct num_env *env, const struct unit *x, struct unit *out);
MUST_USE enum err num_near(struct num_env *env, const struct unit *x, struct unit *out);

/** The same number as a dec. */
MUST_USE enum err num_to_dec(struct num_env *env, const struct unit *x, struct unit *out);

/** int: is it prime (a bool). Proven below 2^64, beyond by Baillie-PSW. */
MUST_USE enum err num_isprime(struct num_env *env, const struct unit *x, struct unit *out);

/** int from 1 on: list of its prime factors, ascending. ERR_LIMIT also when they are not found */
MUST_USE enum err num_fact(struct num_env *env, const struct unit *x, struct unit *out);

// ---- None: constants to env->prec digits
MUST_USE enum err num_pi(struct num_env *env, struct unit *out);
MUST_USE enum err num_e(struct num_env *env, struct unit *out);

// ---- Many: x[0] op x[1] op x[2] .. from the left; n >= 1
MUST_USE enum err num_sum(struct num_env *env, const struct unit *x, size_t n, struct unit *out);
MUST_USE enum err num_sub(struct num_env *env, const struct unit *x, size_t n, struct unit *out);
MUST_USE enum err num_mul(struct num_env *env, const struct unit *x, size_t n, struct unit *out);
MUST_USE enum err num_min(struct num_env *env, const struct unit *x, size_t n, struct unit *out);
MUST_USE enum err num_max(struct num_env *env, const struct unit *x, size_t n, struct unit *out);

// ---- Two

/**
 * num_pow - x to the y
 *
 * ints: ERR_DOMAIN for y < 0. A dec to a whole power from 0 on is exact (unless env->cut), to any
 * other rounded; ERR_DOMAIN for x < 0 and y with a fraction, ERR_DIV_ZERO for 0 and y < 0.
 */
MUST_USE enum err num_pow(struct num_env *env, const struct unit *x, const struct unit *y,
                          struct unit *out);

/** ints: cut toward zero; with a dec: decimal division. ERR_DIV_ZERO */
MUST_USE enum err num_div(struct num_env *env, const struct unit *x, const struct unit *y,
                          struct unit *out);

/** x - y * trunc(x / y), exact, has the sign of x. ERR_DIV_ZERO */
MUST_USE enum err num_mod(struct num_env *env, const struct unit *x, const struct unit *y,
                          struct unit *out);

/** Decimal division, of ints too: always a dec. ERR_DIV_ZERO */
MUST_USE enum err num_quo(struct num_env *env, const struct unit *x, const struct unit *y,
                          struct unit *out);

/** x with that many digits behind the point (an int; below 0: before it), half to even. */
MUST_USE enum err num_round(struct num_env *env, const struct unit *x, const struct unit *places,
                            struct unit *out);

// ints; never below 0
MUST_USE enum err num_gcd(struct num_env *env, const struct unit *x, const struct unit *y,
                          struct unit *out);
MUST_USE enum err num_lcm(struct num_env *env, const struct unit *x, const struct unit *y,
                          struct unit *out);

// ints of up to NUM_BITS_MAX bits, as two's complement without an end
MUST_USE enum err num_and(struct num_env *env, const struct unit *x, const struct unit *y,
                          struct unit *out);
MUST_USE enum err num_or(struct num_env *env, const struct unit *x, const struct unit *y,
                         struct unit *out);
MUST_USE enum err num_xor(struct num_env *env, const struct unit *x, const struct unit *y,
                          struct unit *out);
MUST_USE enum err num_shl(struct num_env *env, const struct unit *x, const struct unit *bits,
                          struct unit *out);
MUST_USE enum err num_shr(struct num_env *env, const struct unit *x, const struct unit *bits,
                          struct unit *out);
MUST_USE enum err num_not(struct num_env *env, const struct unit *x, struct unit *out);

// ---- Three

/** ints: base to the power modulo mod, 0 .. |mod| - 1. ERR_DIV_ZERO, ERR_DOMAIN for power < 0 */
MUST_USE enum err num_powmod(struct num_env *env, const struct unit *base, const struct unit *power,
                             const struct unit *mod, struct unit *out);

#endif
