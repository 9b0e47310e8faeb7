// SPDX-License-Identifier: MIT
// Powers, roots and factorials.
#include "units/num_in.h"

// ---- How long will a power be?

enum { LOG_BITS = 20 };

// log10 of m * 2^LOG_BITS, rounded down by less than 2; m > 0. Bit by bit: squaring the mantissa
// doubles its logarithm.
static int64_t log10_scaled(uint64_t m)
{
    int top = 63 - __builtin_clzll(m);
    uint64_t log2 = (uint64_t)top, x = top > 31 ? m >> (top - 31) : m << (31 - top);

    for (int i = 0; i < LOG_BITS + 4; i++) { // x in [2^31, 2^32)
        x = x * x >> 31;
        log2 = log2 * 2 + (x >> 32);
        x >>= x >> 32;
    }
    return (int64_t)((log2 >> 4) * 30102999 / 100000000);
}

// The same for a whole coefficient, per cent mille as above; exact enough to tell 10^6 digits
// from 10^6 + 3.
static int64_t coef_log10(const struct unit *x)
{
    uint64_t m = 0;
    uint32_t n = num_len(x);

    if (num_is_small(x))
        return log10_scaled(num_magnitude(x->i));
    for (uint32_t i = 0; i < 18; i++)
        m = m * 10 + (uint64_t)(x->big->digits[i] - '0');
    return log10_scaled(m) + ((int64_t)(n - 18) << LOG_BITS);
}

// Will x^n surely have more than UNIT_DIGITS_MAX digits as printed? (x has no trailing zeros in
// its coefficient, which is not 0.)
static bool power_too_long(const struct unit *x, uint64_t n)
{
    int64_t log = coef_log10(x), exp = x->exp;
    uint64_t digits, shift;

    if (log == 0 && exp == 0)
        return false;                             // 1 stays 1
    if (n > (uint64_t)(UNIT_DIGITS_MAX + 1) << 2) // 2^4 already has two digits
        return true;
    digits = (uint64_t)log * n >> LOG_BITS;
    shift = (uint64_t)(exp < 0 ? -exp : exp) * n;
    if (exp >= 0)
        return digits + shift > UNIT_DIGITS_MAX;
    return digits > UNIT_DIGITS_MAX || shift > UNIT_DIGITS_MAX;
}

// ---- Exact powers

// x^n, n >= 0 for sure within reach; x without trailing zeros in its coefficient.
static enum err exact_power(struct num_env *env, const struct unit *x, uint64_t n, bool dec,
                            struct unit *out)
{
    uint64_t digits = ((uint64_t)coef_log10(x) * n >> LOG_BITS) + 1;
    struct work w;
    struct mpd_t *r;
    enum err e = num_spend(env, 500 + 2 * num_cost_mul(digits / 2, digits / 2));

    if (e)
        return e;
    num_open(env, &w, WORK_EXACT);
    r = big_new(&w);
    if (!w.e)
        big_load(&w, r, x);
    num_power(&w, r, r, n);
    big_store(&w, env->arena, r, dec, out);
    big_del(&w, r);
    return num_close(env, &w);
}

// Is the coefficient 1 or -1?
static bool is_unity(const struct unit *x)
{
    return num_is_small(x) && (x->i == 1 || x->i == -1);
}

static bool is_odd(const struct unit *y)
{
    if (y->exp > 0)
        return false;
    return num_is_small(y) ? y->i & 1 : (y->big->digits[y->big->n - 1] - '0') & 1;
}

static enum err pow_int(struct num_env *env, const struct unit *x, const struct unit *y,
                        struct unit *out)
{
    struct unit base;
    enum err e;
    int64_t acc = 1;

    if (num_is_neg(y))
        return num_domain(env, "an int to a power below 0 is no int",
                          "write the base as a dec: 2.0");
    if (num_is_zero(y)) {
        *out = unit_int(1);
        return ERR_OK;
    }
    if (num_is_zero(x) || is_unity(x)) {
        *out = unit_int(is_odd(y) ? x->i : x->i * x->i);
        return ERR_OK;
    }
    if (!num_is_small(y))
        return num_too_long(env);
    if (y->i == 1) {
        *out = *x;
        return ERR_OK;
    }
    if (num_is_small(x) && y->i < 63) { // 2^62 still fits
        int64_t i = 0;

        while (i < y->i && !__builtin_mul_overflow(acc, x->i, &acc))
            i++;
        if (i == y->i) {
            *out = unit_int(acc);
            return ERR_OK;
        }
    }
    e = num_to_dec(env, x, &base); // zeros at the end need no multiplication
    if (e)
        return e;
    if (power_too_long(&base, (uint64_t)y->i))
        return num_too_long(env);
    return exact_power(env, &base, (uint64_t)y->i, false, out);
}

// ---- Rounded powers

struct power {
    const struct unit *x, *y; // x not negative and not 0
};

// exp(y * ln x); |y * ln x| < 10^7, so seven digits more are needed.
static void power_near(struct work *w, struct mpd_t *r, int64_t goal, const void *arg)
{
    const struct power *p = arg;
    struct mpd_t *y = big_new(w);

    if (!w->e) {
        big_load(w, r, p->x);
        big_load(w, y, p->y);
    }
    num_ln_near(w, r, r, goal + 10);
    w->prec = goal + 10;
    big_mul(w, r, r, y);
    num_exp_near(w, r, r, goal + 1);
    big_del(w, y);
}

// Does x^y have more than UNIT_DIGITS_MAX digits before or behind the point? A look with few
// digits; x > 0, and neither x nor y is 0.
static enum err power_in_range(struct num_env *env, const struct power *p)
{
    struct mpd_t *r, *y;
    struct work w;
    bool far;
    enum err e;

    num_open(env, &w, 20);
    r = big_new(&w);
    y = big_new(&w);
    if (!w.e) {
        big_load(&w, r, p->x);
        big_load(&w, y, p->y);
    }
    num_ln_near(&w, r, r, 10);
    big_mul(&w, r, r, y);
    far = big_adj(&w, r) > 6; // |ln| from 10^7 on; 10^6 digits are at 2.3 * 10^6
    big_del(&w, r);
    big_del(&w, y);
    e = num_close(env, &w);
    if (e)
        return e;
    return far ? num_too_long(env) : ERR_OK;
}

static enum err negate_if(struct num_env *env, bool neg, struct unit *out)
{
    return neg ? num_neg(env, out, out) : ERR_OK;
}

// 1 / x^n or x^n rounded, where x^n has few enough digits to be computed whole.
static enum err short_power(struct num_env *env, const struct unit *x, uint64_t n, bool over,
                            struct unit *out)
{
    struct mpd_t *r, *one;
    struct work w;

    num_open(env, &w, WORK_EXACT);
    r = big_new(&w);
    one = big_new(&w);
    if (!w.e)
        big_load(&w, r, x);
    num_power(&w, r, r, n);
    big_int(&w, one, 1);
    w.prec = env->prec;
    if (over)
        big_div(&w, r, one, r);
    else
        big_round(&w, r, r);
    big_store(&w, env->arena, r, true, out);
    big_del(&w, r);
    big_del(&w, one);
    return num_close(env, &w);
}

// x^y rounded for a whole y; x > 0 has a canonical dec coefficient. A coefficient c > 1 to the n
// has no trailing zeros, and 1 / c^n has at least 0.43 times the digits of c^n: from four times
// the precision on neither is a border between two results, so that num_ziv comes to an end.
static enum err whole_power(struct num_env *env, const struct unit *x, const struct unit *y,
                            struct unit *out)
{
    struct unit yi, e;
    struct power p = {x, y};
    enum err err;

    if (is_unity(x)) { // 10^(exp * y)
        struct unit both[2] = {unit_int(x->exp), *y};

        err = num_mul(env, both, 2, &e);
        if (err)
            return err;
        err = num_trunc(env, &e, &yi);
        if (err)
            return err;
        if (!num_is_small(&yi) || unit_dec(1, yi.i, out))
            return num_too_long(env);
        return ERR_OK;
    }
    if (num_is_small(y) && y->exp < 10) {
        uint64_t n = num_magnitude(y->i), limit = 4 * (uint64_t)env->prec + 40;

        for (int32_t i = 0; i < y->exp && n <= 4 * limit; i++)
            n *= 10;
        if (n <= 4 * limit && (uint64_t)coef_log10(x) * n >> LOG_BITS <= limit &&
            (num_len(x) - 1) * n <= limit)
            return short_power(env, x, n, num_is_neg(y), out);
    }
    err = power_in_range(env, &p);
    if (err)
        return err;
    return num_ziv(env, power_near, &p, out);
}

// Exact root of a whole number, or w->e, or false: 2 by the library, 5 by logarithms.
static bool exact_root(struct work *w, struct mpd_t *r, int degree)
{
    struct mpd_t *s = big_new(w), *t = big_new(w);
    bool exact;

    w->prec = big_len(w, r) / degree + 12;
    if (degree == 2) {
        big_sqrt(w, s, r);
    } else {
        num_ln_near(w, s, r, w->prec);
        big_div_int(w, s, s, degree);
        num_exp_near(w, s, s, w->prec);
    }
    big_places(w, s, s, 0, BIG_NEAR);
    w->prec = WORK_EXACT;
    num_power(w, t, s, (uint64_t)degree);
    exact = big_cmp(w, t, r) == 0 && !w->e;
    if (exact)
        big_copy(w, r, s);
    big_del(w, s);
    big_del(w, t);
    return exact;
}

/*
 * root_first - find the root and the whole power that are x^y, if there are such
 *
 * y = c * 10^-k; in lowest terms its denominator is 2^a * 5^b with a = k - (twos in c) and so on.
 * x^y is a decimal number only if x has an exact root of that degree, and since c is not a
 * multiple of ten, one of a and b is k: so k is small or x is 10^exp.
 */
enum { ROOT_K_MAX = 16 };

static enum err root_first(struct num_env *env, const struct unit *x, const struct unit *y,
                           struct unit *root, struct unit *whole, bool *found)
{
    int64_t k = -(int64_t)y->exp, twos = k, fives = k, degree = 1, exp = x->exp;
    struct mpd_t *r, *c;
    struct work w;
    bool exact = true;
    enum err e;

    *found = false;
    if (is_unity(x)) {
        struct unit both[2] = {unit_int(x->exp), *y}, t;

        e = num_mul(env, both, 2, &t);
        if (e)
            return e;
        *found = t.exp >= 0;
        *whole = t;
        return unit_dec(1, 1, root) ? ERR_INTERNAL : ERR_OK; // 10^t
    }
    if (k > ROOT_K_MAX || num_len(x) > NUM_SQRT_DIGITS_MAX)
        return ERR_OK;
    e = num_spend(env, (uint64_t)num_len(x) * num_len(x));
    if (e)
        return e;
    num_open(env, &w, WORK_EXACT);
    r = big_new(&w);
    c = big_new(&w);
    if (!w.e) {
        big_load(&w, r, x);
        big_load(&w, c, y);
    }
    for (int64_t low = big_low(&w, c); twos > 0 && low % 2 == 0 && !w.e; low /= 2)
        twos--;
    for (int64_t low = big_low(&w, c); fives > 0 && low % 5 == 0 && !w.e; low /= 5)
        fives--;
    for (int64_t i = 0; i < twos; i++)
        degree *= 2;
    for (int64_t i = 0; i < fives && degree < INT32_MAX; i++)
        degree *= 5;
    exact = exp % degree == 0;
    big_shift(&w, r, -exp);
    for (int64_t i = 0; i < twos && exact; i++)
        exact = exact_root(&w, r, 2);
    for (int64_t i = 0; i < fives && exact; i++)
        exact = exact_root(&w, r, 5);
    if (exact) { // y * degree is whole
        big_shift(&w, r, exp / degree);
        big_mul_int(&w, c, c, degree);
        big_store(&w, env->arena, r, true, root);
        big_store(&w, env->arena, c, true, whole);
        *found = !w.e;
    }
    big_del(&w, r);
    big_del(&w, c);
    return num_close(env, &w);
}

static enum err pow_dec(struct num_env *env, const struct unit *x, const struct unit *y,
                        struct unit *out)
{
    struct unit base, power, root, whole;
    struct power p = {&base, &power};
    bool neg = false, found;
    enum err e;

    e = num_to_dec(env, x, &base);
    if (e)
        return e;
    e = num_to_dec(env, y, &power);
    if (e)
        return e;
    if (num_is_zero(y))
        return unit_dec(1, 0, out);
    if (num_is_zero(x)) {
        if (num_is_neg(y))
            return num_div_zero(env);
        *out = base;
        return ERR_OK;
    }
    if (num_is_neg(x)) {
        if (power.exp < 0)
            return num_domain(env, "a number below 0 has no power with a fraction", NULL);
        neg = is_odd(&power);
        e = num_abs(env, &base, &base);
        if (e)
            return e;
    }
    if (power.exp < 0) {
        e = root_first(env, &base, &power, &root, &whole, &found);
        if (e)
            return e;
        if (found)
            return whole_power(env, &root, &whole, out);
        e = power_in_range(env, &p);
        if (e)
            return e;
        return num_ziv(env, power_near, &p, out);
    }
    if (num_is_neg(y) || env->cut || is_unity(&base)) {
        e = whole_power(env, &base, &power, out);
    } else {
        e = num_trunc(env, &power, &whole);
        if (e)
            return e;
        if (!num_is_small(&whole) || power_too_long(&base, (uint64_t)whole.i))
            return num_too_long(env);
        e = exact_power(env, &base, (uint64_t)whole.i, true, out);
    }
    if (e)
        return e;
    return negate_if(env, neg, out);
}

enum err num_pow(struct num_env *env, const struct unit *x, const struct unit *y, struct unit *out)
{
    if (x->kind == UNIT_INT && y->kind == UNIT_INT)
        return pow_int(env, x, y, out);
    return pow_dec(env, x, y, out);
}
