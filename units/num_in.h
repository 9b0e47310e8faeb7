// SPDX-License-Identifier: MIT
// What the files units/num*.c share among themselves.
#ifndef TELEX_UNITS_NUM_IN_H
#define TELEX_UNITS_NUM_IN_H

#include "units/num.h"
#include "units/num_mpd.h"

static inline bool num_is_small(const struct unit *u)
{
    return !(u->flags & UNIT_BIG);
}

static inline bool num_is_zero(const struct unit *u)
{
    return num_is_small(u) && u->i == 0;
}

static inline bool num_is_neg(const struct unit *u)
{
    return num_is_small(u) ? u->i < 0 : u->big->neg;
}

static inline uint64_t num_magnitude(int64_t i)
{
    return i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
}

/** Digits of the coefficient. */
uint32_t num_len(const struct unit *u);

/** Exponent of the first digit: 1234 has 3, 0.05 has -2. */
static inline int64_t num_adj(const struct unit *u)
{
    return (int64_t)num_len(u) + u->exp - 1;
}

/** 10^n for n 0..18. */
extern const int64_t num_pow10[19];

/** Library work for one operation: a heap in env->scratch, kept from one to the next. */
void num_open(struct num_env *env, struct work *w, int64_t prec);

/** Ends it and says why it failed, if it did. */
enum err num_close(struct num_env *env, struct work *w);

/** Take cost (rough ns) from what the call may still spend. Errors: ERR_LIMIT */
MUST_USE enum err num_spend(struct num_env *env, uint64_t cost);

/** What a product or quotient of so many digits costs. */
uint64_t num_cost_mul(uint64_t digits_x, uint64_t digits_y);

enum err num_too_long(struct num_env *env);                                  // ERR_LIMIT
enum err num_not_int(struct num_env *env, const struct unit *u);             // ERR_BAD_ARG
enum err num_domain(struct num_env *env, const char *why, const char *hint); // ERR_DOMAIN
enum err num_div_zero(struct num_env *env);                                  // ERR_DIV_ZERO

/** ERR_LIMIT if u has more than max digits, with its name in the text. */
MUST_USE enum err num_max_digits(struct num_env *env, const struct unit *u, long max);

/** r = product of x[0 .. n-1] by halves; exact. */
void num_product(struct work *w, struct mpd_t *r, const int64_t *x, size_t n);

/** r = x^n by squaring, at w->prec. */
void num_power(struct work *w, struct mpd_t *r, const struct mpd_t *x, uint64_t n);

/**
 * num_ziv - round a function correctly
 * @approx: sets r to the value of the function for arg with a relative error below 10^-goal;
 *          may change w->prec
 *
 * The value must be neither a number of prec + 1 digits nor 0: exact cases come before. Computes
 * with more and more digits until the error no longer reaches a border between two results.
 * Errors: ERR_LIMIT when that does not come about in time
 */
MUST_USE enum err num_ziv(struct num_env *env,
                          void (*approx)(struct work *w, struct mpd_t *r, int64_t goal,
                                         const void *arg),
                          const void *arg, struct unit *out);

/**
 * num_nudge - x, rounded as if it were a little more or less
 *
 * For functions so close to x that only the side matters: at @way 1 the true value lies away from
 * zero, at -1 toward it, by less than a relative 10^-(digits of x and prec, whichever is more, +2).
 */
MUST_USE enum err num_nudge(struct num_env *env, const struct unit *x, int way, struct unit *out);

/** True when x * (1 + 10^(2 * adj x)) is near enough to x for num_nudge. */
bool num_is_tiny(const struct num_env *env, const struct unit *x);

// Approximations, relative error below 10^-goal; x is not changed and may be r.
void num_exp_near(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t goal);
void num_ln_near(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t goal); // x > 0

/** r = x + sign x^3/3 + x^5/5 + sign x^7/7 ..: atan (-1) or atanh (1), at w->prec; |x| < 1/2. */
void num_series(struct work *w, struct mpd_t *r, const struct mpd_t *x, int sign);

// ---- Binary limbs (units/num_limb.h) in env->heap; heap_free gives them back

/** |x| in limbs: *n of them, at least 1, the top one not 0 unless all is. NULL: no memory. */
uint64_t *num_limbs_load(struct num_env *env, const struct unit *x, size_t *n);
uint64_t *num_limbs_new(struct num_env *env, size_t n);

/** An int of x, which becomes 0. */
MUST_USE enum err num_limbs_store(struct num_env *env, uint64_t *x, size_t n, struct unit *out);

/** Is it prime? @x: [n], its top limb not 0. Errors: ERR_LIMIT, ERR_NO_MEMORY */
MUST_USE enum err num_limbs_prime(struct num_env *env, const uint64_t *x, size_t n, bool *out);

/** What a product modulo a number of n limbs costs. */
uint64_t num_cost_mont(size_t n);

/** Digits of |x|, in room if x is small. */
struct span num_digits(const struct unit *x, char room[20]);

enum err num_too_hard(struct num_env *env); // ERR_LIMIT

#endif
