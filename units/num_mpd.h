// SPDX-License-Identifier: MIT
// Decimals of any size for units/num*.c: libmpdec behind names of our own.
//
// Errors stick: once work->e is set every further operation does nothing, so that a formula can be
// written down straight and looked at once at its end. No operation ever sees a missing operand.
// Results are rounded, half to even, to work->prec digits; WORK_EXACT rounds never, and a result
// that would have to be is ERR_INTERNAL.
#ifndef TELEX_UNITS_NUM_MPD_H
#define TELEX_UNITS_NUM_MPD_H

#include "units/heap.h"
#include "units/unit.h"

struct mpd_t; // libmpdec's; only num_mpd.c looks inside

struct work {
    struct heap *heap, *outer;
    int64_t prec;
    enum err e;
};

enum { WORK_EXACT = 4 * UNIT_DIGITS_MAX };

/** Between open and close library memory comes from h. */
void work_open(struct work *w, struct heap *h, int64_t prec);
enum err work_close(struct work *w);

/** A zero; NULL with w->e set when there is no memory. */
struct mpd_t *big_new(struct work *w);
void big_del(struct work *w, struct mpd_t *x); // NULL is fine

void big_int(struct work *w, struct mpd_t *r, int64_t i);
void big_digits_set(struct work *w, struct mpd_t *r, bool neg, struct span digits, int64_t exp);
void big_load(struct work *w, struct mpd_t *r, const struct unit *u);

/** Number unit of x; an int must have no fraction. Errors also stick. ERR_LIMIT: too many digits */
void big_store(struct work *w, struct arena *a, const struct mpd_t *x, bool dec, struct unit *out);

void big_copy(struct work *w, struct mpd_t *r, const struct mpd_t *x);
void big_round(struct work *w, struct mpd_t *r, const struct mpd_t *x); // to w->prec
void big_add(struct work *w, struct mpd_t *r, const struct mpd_t *x, const struct mpd_t *y);
void big_sub(struct work *w, struct mpd_t *r, const struct mpd_t *x, const struct mpd_t *y);
void big_mul(struct work *w, struct mpd_t *r, const struct mpd_t *x, const struct mpd_t *y);
void big_div(struct work *w, struct mpd_t *r, const struct mpd_t *x, const struct mpd_t *y);
void big_add_int(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t i);
void big_mul_int(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t i);
void big_div_int(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t i);
void big_sqrt(struct work *w, struct mpd_t *r, const struct mpd_t *x);

/** Whole part and rest of x / y, toward zero; exact. */
void big_div_mod(struct work *w, struct mpd_t *q, struct mpd_t *r, const struct mpd_t *x,
                 const struct mpd_t *y);

/** Natural logarithm, relative error below 10^-prec; for few digits. */
void big_ln(struct work *w, struct mpd_t *r, const struct mpd_t *x);

/** ln 10 to w->prec digits. */
void big_ln10(struct work *w, struct mpd_t *r);

enum big_way { BIG_NEAR, BIG_FLOOR, BIG_CEIL, BIG_TRUNC };

/** x as a multiple of 10^exp. */
void big_places(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t exp,
                enum big_way way);

// What follows changes or looks at parts and cannot fail. After an error: 0, false.
void big_neg(const struct work *w, struct mpd_t *x);                // other sign
void big_shift(const struct work *w, struct mpd_t *x, int64_t exp); // times 10^exp
int big_sign(const struct work *w, const struct mpd_t *x);          // -1 0 1
int big_cmp(struct work *w, const struct mpd_t *x, const struct mpd_t *y);
int64_t big_adj(const struct work *w, const struct mpd_t *x); // exponent of the first digit
int64_t big_exp(const struct work *w, const struct mpd_t *x); // exponent of the last digit
int64_t big_len(const struct work *w, const struct mpd_t *x); // digits of the coefficient
int64_t big_low(const struct work *w, const struct mpd_t *x); // |coefficient| mod 10^18
bool big_is_int(const struct work *w, const struct mpd_t *x);
bool big_to_int(struct work *w, const struct mpd_t *x, int64_t *out); // false: does not fit

#endif
