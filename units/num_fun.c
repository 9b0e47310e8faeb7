// SPDX-License-Identifier: MIT
// Exponential function and logarithms, and rounding to places.
//
// Error bounds: an approximation works with SLACK more digits than its goal. Its steps are fewer
// than 10^4 and each is off by half a unit in the last place, so all of them together stay below
// 10^-goal; where a value is enlarged (squaring, a product with 10^6) more digits are added.
#include "units/num_in.h"

enum { SLACK = 8 };

// ---- exp: x = r * 2^j with |r| small, Taylor's series, then j squarings. Each squaring doubles
// the relative error: j * log10(2) digits more.

void num_exp_near(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t goal)
{
    struct mpd_t *t = big_new(w), *term = big_new(w);
    int64_t j, fine = 4, adj;

    while (fine * fine < goal / 2)
        fine++;
    adj = big_adj(w, x) + 1; // |x| < 10^adj; 10^adj < 2^(3.33 adj)
    j = fine + adj * 10 / 3 + 1;
    if (j < 0)
        j = 0;
    w->prec = goal + SLACK + (adj > 0 ? adj : 0) + j / 3;
    big_round(w, t, x);
    for (int64_t i = j; i > 0; i -= 30)
        big_div_int(w, t, t, (int64_t)1 << (i < 30 ? i : 30));
    big_int(w, r, 1);
    big_int(w, term, 1);
    for (int64_t n = 1; !w->e; n++) {
        big_mul(w, term, term, t);
        big_div_int(w, term, term, n);
        if (big_sign(w, term) == 0 || big_adj(w, term) < -w->prec)
            break;
        big_add(w, r, r, term);
    }
    for (int64_t i = 0; i < j; i++)
        big_mul(w, r, r, r);
    big_del(w, t);
    big_del(w, term);
}

// ---- ln

void num_series(struct work *w, struct mpd_t *r, const struct mpd_t *x, int sign)
{
    struct mpd_t *power = big_new(w), *square = big_new(w), *term = big_new(w);

    big_round(w, power, x);
    big_mul(w, square, power, power);
    if (sign < 0)
        big_neg(w, square);
    big_copy(w, r, power);
    for (int64_t n = 3; !w->e && big_sign(w, power); n += 2) {
        big_mul(w, power, power, square);
        big_div_int(w, term, power, n);
        if (big_adj(w, term) < big_adj(w, r) - w->prec)
            break;
        big_add(w, r, r, term);
    }
    big_del(w, power);
    big_del(w, square);
    big_del(w, term);
}

// ln(1 + t) = 2 atanh(t / (2 + t)), exact in its first digits however small t is.
static void ln_near_one(struct work *w, struct mpd_t *r, struct mpd_t *t)
{
    struct mpd_t *d = big_new(w);

    big_add_int(w, d, t, 2);
    big_div(w, t, t, d);
    num_series(w, r, t, 1);
    big_add(w, r, r, r);
    big_del(w, d);
}

// y = ln m for 0.5 <= m < 5 by steps that triple the digits: y += 2 (m - e^y) / (m + e^y)
static void ln_steps(struct work *w, struct mpd_t *y, const struct mpd_t *m, int64_t prec)
{
    struct mpd_t *e = big_new(w), *d = big_new(w), *v = big_new(w);
    int64_t have = 16, at[24], n = 0;

    for (int64_t p = prec; p > have && n < (int64_t)COUNT(at); p = p / 3 + 4)
        at[n++] = p;
    w->prec = have + 2;
    big_round(w, v, m);
    big_ln(w, y, v);
    while (n > 0 && !w->e) {
        int64_t p = at[--n];

        num_exp_near(w, e, y, p + 2);
        w->prec = p + 4;
        big_round(w, v, m);
        big_sub(w, d, v, e);
        big_add(w, e, v, e);
        big_div(w, d, d, e);
        big_add(w, y, y, d);
        big_add(w, y, y, d);
    }
    big_del(w, e);
    big_del(w, d);
    big_del(w, v);
}

void num_ln_near(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t goal)
{
    struct mpd_t *m = big_new(w), *t = big_new(w), *ten = big_new(w);
    int64_t k = big_adj(w, x), prec = goal + SLACK;

    big_copy(w, m, x);
    big_shift(w, m, -k); // 1 <= m < 10
    big_int(w, t, 5);
    if (big_cmp(w, m, t) >= 0) {
        big_shift(w, m, -1);
        k++;
    }
    // t = m - 1, all digits of it: for m near 1 they are what counts.
    w->prec = WORK_EXACT;
    big_add_int(w, t, m, -1);
    w->prec = prec;
    if (big_sign(w, t) == 0) {
        big_int(w, r, 0);
    } else if (big_adj(w, t) < -1 && k == 0) {
        big_round(w, t, t);
        ln_near_one(w, r, t);
    } else {
        big_round(w, m, m);
        ln_steps(w, r, m, prec);
    }
    if (k && !w->e) {
        w->prec = prec;
        big_ln10(w, ten);
        big_mul_int(w, ten, ten, k);
        big_add(w, r, r, ten);
    }
    big_del(w, m);
    big_del(w, t);
    big_del(w, ten);
}

// ---- The functions

struct log {
    const struct unit *x;
    int64_t base; // 0: e
};

static void log_near(struct work *w, struct mpd_t *r, int64_t goal, const void *arg)
{
    const struct log *l = arg;
    struct mpd_t *b = big_new(w);

    if (!w->e)
        big_load(w, r, l->x);
    num_ln_near(w, r, r, goal + 1);
    if (l->base) {
        big_int(w, b, l->base);
        num_ln_near(w, b, b, goal + 1);
        w->prec = goal + SLACK;
        big_div(w, r, r, b);
    }
    big_del(w, b);
}

static enum err log_check(struct num_env *env, const struct unit *x)
{
    if (num_is_neg(x) || num_is_zero(x))
        return num_domain(env, "only numbers above 0 have a logarithm", NULL);
    return ERR_OK;
}

static bool is_one(const struct unit *x)
{
    return num_is_small(x) && x->i == 1 && x->exp == 0;
}

enum err num_ln(struct num_env *env, const struct unit *x, struct unit *out)
{
    struct log l = {x, 0};
    enum err e = log_check(env, x);

    if (e)
        return e;
    if (is_one(x))
        return unit_dec(0, 0, out);
    return num_ziv(env, log_near, &l, out);
}

// A whole result, rounded to prec.
static enum err whole(struct num_env *env, int64_t i, struct unit *out)
{
    struct mpd_t *r;
    struct work w;

    num_open(env, &w, env->prec);
    r = big_new(&w);
    big_int(&w, r, i);
    big_round(&w, r, r);
    big_store(&w, env->arena, r, true, out);
    big_del(&w, r);
    return num_close(env, &w);
}

// Is x > 0 a power of ten? The digits of an int may end in zeros.
static bool power_of_ten(const struct unit *x, int64_t *k)
{
    char room[20];
    struct span digits = num_digits(x, room);

    for (size_t i = 0; i < digits.len; i++)
        if (digits.at[i] != (i ? '0' : '1'))
            return false;
    *k = (int64_t)digits.len - 1 + x->exp;
    return true;
}

enum err num_log10(struct num_env *env, const struct unit *x, struct unit *out)
{
    struct log l = {x, 10};
    int64_t k;
    enum err e = log_check(env, x);

    if (e)
        return e;
    if (power_of_ten(x, &k))
        return whole(env, k, out);
    return num_ziv(env, log_near, &l, out);
}

// Is x = 2^k? Compare with the one whole number that it can be.
static enum err power_of_two(struct num_env *env, const struct unit *x, bool *is, int64_t *k)
{
    struct log l = {x, 2};
    struct mpd_t *r, *t;
    struct work w;
    enum err e;

    *is = false;
    *k = 0;
    e = num_spend(env, 10000 + num_cost_mul(num_len(x), num_len(x)));
    if (e)
        return e;
    num_open(env, &w, 20);
    r = big_new(&w);
    t = big_new(&w);
    log_near(&w, r, 14, &l);
    big_places(&w, r, r, 0, BIG_NEAR);
    // 2^-k has k digits behind the point, 2^k at least one for each 10 of k
    if (big_to_int(&w, r, k) && (*k >= 0 ? num_len(x) > *k / 10 * 3 : x->exp == *k)) {
        w.prec = WORK_EXACT;
        big_int(&w, t, *k < 0 ? 5 : 2); // 2^-k = 5^k * 10^-k
        num_power(&w, r, t, num_magnitude(*k));
        big_shift(&w, r, *k < 0 ? *k : 0);
        if (!w.e)
            big_load(&w, t, x);
        *is = big_cmp(&w, r, t) == 0 && !w.e;
    }
    big_del(&w, r);
    big_del(&w, t);
    return num_close(env, &w);
}

enum err num_log2(struct num_env *env, const struct unit *x, struct unit *out)
{
    struct log l = {x, 2};
    enum err e = log_check(env, x);
    int64_t k;
    bool is;

    if (e)
        return e;
    e = power_of_two(env, x, &is, &k);
    if (e)
        return e;
    if (is)
        return whole(env, k, out);
    return num_ziv(env, log_near, &l, out);
}

enum err num_log(struct num_env *env, const struct unit *x, struct unit *out)
{
    uint32_t prec = env->prec;
    struct unit low = *x;
    enum err e;

    if (x->kind == UNIT_DEC)
        return num_ln(env, x, out);
    if (is_one(x)) {
        *out = unit_int(0);
        return ERR_OK;
    }
    // No logarithm is whole here, so as long as the rounded one is not, it lies between the same
    // two whole numbers. Near e^k it takes more digits to tell.
    env->prec = 20;
    e = num_ln(env, x, &low);
    if (!e && low.exp >= 0) {
        env->prec = NUM_PREC_MAX;
        e = num_ln(env, x, &low);
    }
    env->prec = prec;
    if (e)
        return e;
    if (low.exp >= 0)
        return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                        "the logarithm is too close to a whole number to tell its whole part");
    return num_floor(env, &low, out);
}

static void exp_near(struct work *w, struct mpd_t *r, int64_t goal, const void *arg)
{
    if (!w->e)
        big_load(w, r, arg);
    num_exp_near(w, r, r, goal);
}

enum err num_exp(struct num_env *env, const struct unit *x, struct unit *out)
{
    if (num_is_zero(x) || num_adj(x) < -(int64_t)env->prec - 3) // 1 and less than half a unit
        return unit_dec(1, 0, out);
    if (num_adj(x) > 6) // 10^7 and more: e^x has more than 4 million digits
        return num_too_long(env);
    return num_ziv(env, exp_near, x, out);
}

enum err num_e(struct num_env *env, struct unit *out)
{
    struct unit one = unit_int(1);

    return num_exp(env, &one, out);
}

// ---- To places

static enum err places(struct num_env *env, const struct unit *x, int64_t exp, enum big_way way,
                       bool dec, struct unit *out)
{
    struct mpd_t *r;
    struct work w;

    num_open(env, &w, WORK_EXACT);
    r = big_new(&w);
    if (!w.e)
        big_load(&w, r, x);
    if (big_exp(&w, r) < exp)
        big_places(&w, r, r, exp, way);
    big_store(&w, env->arena, r, dec, out);
    big_del(&w, r);
    return num_close(env, &w);
}

static enum err to_int(struct num_env *env, const struct unit *x, enum big_way way,
                       struct unit *out)
{
    if (x->kind == UNIT_INT) {
        *out = *x;
        return ERR_OK;
    }
    if (num_is_small(x) && x->exp <= 0 && x->exp > -19 && way != BIG_NEAR) {
        int64_t unit = num_pow10[-x->exp], q = x->i / unit, r = x->i % unit;

        *out = unit_int(q + (r > 0 && way == BIG_CEIL) - (r < 0 && way == BIG_FLOOR));
        return ERR_OK;
    }
    return places(env, x, 0, way, false, out);
}

enum err num_floor(struct num_env *env, const struct unit *x, struct unit *out)
{
    return to_int(env, x, BIG_FLOOR, out);
}

enum err num_ceil(struct num_env *env, const struct unit *x, struct unit *out)
{
    return to_int(env, x, BIG_CEIL, out);
}

enum err num_trunc(struct num_env *env, const struct unit *x, struct unit *out)
{
    return to_int(env, x, BIG_TRUNC, out);
}

enum err num_near(struct num_env *env, const struct unit *x, struct unit *out)
{
    return to_int(env, x, BIG_NEAR, out);
}

enum err num_round(struct num_env *env, const struct unit *x, const struct unit *digits,
                   struct unit *out)
{
    bool dec = x->kind == UNIT_DEC;
    int64_t exp;

    if (digits->kind != UNIT_INT)
        return num_not_int(env, digits);
    if (num_is_zero(x) || (!num_is_small(digits) && !num_is_neg(digits))) {
        *out = *x;
        return ERR_OK;
    }
    exp = num_is_small(digits) && digits->i > INT32_MIN ? -digits->i : INT32_MAX;
    if (exp <= x->exp) {
        *out = *x;
        return ERR_OK;
    }
    if (exp > num_adj(x) + 1) { // less than a tenth of a unit
        if (dec)
            return unit_dec(0, 0, out);
        *out = unit_int(0);
        return ERR_OK;
    }
    return places(env, x, exp, BIG_NEAR, dec, out);
}
