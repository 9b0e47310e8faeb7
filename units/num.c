// SPDX-License-Identifier: MIT
// Arithmetic: each operation first tries 64-bit coefficients, then the library.
#include "units/num.h"

#include "units/num_in.h"

const int64_t num_pow10[19] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

uint32_t num_len(const struct unit *u)
{
    uint64_t m;
    uint32_t n = 1;

    if (!num_is_small(u))
        return u->big->n;
    m = num_magnitude(u->i);
    while (n < COUNT(num_pow10) && m >= (uint64_t)num_pow10[n])
        n++;
    return n;
}

// ---- Sum and difference

// Coefficients of two numbers at the lower of their exponents.
static bool align(int64_t *x, int32_t *x_exp, int64_t *y, int32_t y_exp)
{
    int64_t up = (int64_t)*x_exp - y_exp;
    int64_t *high = up > 0 ? x : y;

    up = up > 0 ? up : -up;
    if (up >= (int64_t)COUNT(num_pow10) || __builtin_mul_overflow(*high, num_pow10[up], high))
        return false;
    if (*x_exp > y_exp)
        *x_exp = y_exp;
    return true;
}

static enum err small_out(bool dec, int64_t i, int64_t exp, struct unit *out)
{
    if (!dec) {
        *out = unit_int(i);
        return ERR_OK;
    }
    return unit_dec(i, exp, out) ? ERR_LIMIT : ERR_OK;
}

// By halves, so that one long operand does not make every addition long.
static void add_all(struct num_env *env, struct work *w, struct mpd_t *r, const struct unit *x,
                    size_t n)
{
    struct mpd_t *y;

    if (w->e)
        return;
    if (n == 0) {
        big_int(w, r, 0);
        return;
    }
    if (n == 1) {
        big_load(w, r, x);
        return;
    }
    y = big_new(w);
    add_all(env, w, r, x, n / 2);
    add_all(env, w, y, x + n / 2, n - n / 2);
    big_add(w, r, r, y);
    if (num_spend(env, 100 + (uint64_t)big_len(w, r) / 8) && !w->e)
        w->e = ERR_LIMIT;
    big_del(w, y);
}

static enum err long_sum(struct num_env *env, const struct unit *first, const struct unit *x,
                         size_t n, bool minus, struct unit *out)
{
    int64_t top = num_adj(first), low = first->exp;
    bool dec = first->kind == UNIT_DEC;
    struct work w;
    struct mpd_t *r, *s;

    for (size_t i = 0; i < n; i++) {
        heap_pause_at(i);
        dec |= x[i].kind == UNIT_DEC;
        if (num_is_zero(&x[i]))
            continue;
        if (num_adj(&x[i]) > top)
            top = num_adj(&x[i]);
        if (x[i].exp < low)
            low = x[i].exp;
    }
    if (top - low > UNIT_DIGITS_MAX)
        return num_too_long(env);
    num_open(env, &w, WORK_EXACT);
    r = big_new(&w);
    s = big_new(&w);
    if (!w.e)
        big_load(&w, r, first);
    add_all(env, &w, s, x, n);
    if (minus)
        big_neg(&w, s);
    big_add(&w, r, r, s);
    big_store(&w, env->arena, r, dec, out);
    big_del(&w, r);
    big_del(&w, s);
    return num_close(env, &w);
}

static inline enum err sum(struct num_env *env, const struct unit *x, size_t n, bool minus,
                           struct unit *out)
{
    bool dec = x[0].kind == UNIT_DEC;
    int64_t acc = x[0].i;
    int32_t exp = x[0].exp;
    struct unit first = x[0];
    size_t i = 1;

    for (; num_is_small(&x[0]) && i < n && num_is_small(&x[i]); i++) {
        int64_t a = acc, b = x[i].i;
        int32_t e = exp;

        heap_pause_at(i);
        if (x[i].exp != e && !align(&a, &e, &b, x[i].exp))
            break;
        if (minus ? __builtin_sub_overflow(a, b, &a) : __builtin_add_overflow(a, b, &a))
            break;
        acc = a;
        exp = e;
        dec |= x[i].kind == UNIT_DEC;
    }
    if (i == n && num_is_small(&x[0])) {
        enum err e = small_out(dec, acc, exp, out);

        return e ? num_too_long(env) : ERR_OK;
    }
    if (num_is_small(&x[0]) && small_out(dec, acc, exp, &first))
        return num_too_long(env);
    return long_sum(env, &first, x + i, n - i, minus, out);
}

enum err num_sum(struct num_env *env, const struct unit *x, size_t n, struct unit *out)
{
    return sum(env, x, n, false, out);
}

enum err num_sub(struct num_env *env, const struct unit *x, size_t n, struct unit *out)
{
    return sum(env, x, n, true, out);
}

// ---- Product

// A lower bound of log2 of the coefficient.
static uint64_t bits_below(const struct unit *u)
{
    uint64_t m;

    if (!num_is_small(u))
        return (uint64_t)(u->big->n - 1) * 3321928 / 1000000;
    m = num_magnitude(u->i);
    return m ? (uint64_t)(63 - __builtin_clzll(m)) : 0;
}

enum { LEAF = 8 };

static void mul_all(struct num_env *env, struct work *w, struct mpd_t *r, const struct unit *x,
                    size_t n)
{
    struct mpd_t *y = big_new(w);

    if (w->e)
        return;
    if (n <= LEAF) {
        big_load(w, r, x);
        for (size_t i = 1; i < n; i++) {
            uint64_t cost = num_cost_mul((uint64_t)big_len(w, r), num_len(&x[i]));

            if (num_spend(env, 100 + cost) && !w->e)
                w->e = ERR_LIMIT;
            big_load(w, y, &x[i]);
            big_mul(w, r, r, y);
        }
    } else {
        mul_all(env, w, r, x, n / 2);
        mul_all(env, w, y, x + n / 2, n - n / 2);
        if (num_spend(env, num_cost_mul((uint64_t)big_len(w, r), (uint64_t)big_len(w, y))) && !w->e)
            w->e = ERR_LIMIT;
        big_mul(w, r, r, y);
    }
    big_del(w, y);
}

static enum err long_mul(struct num_env *env, const struct unit *x, size_t n, struct unit *out)
{
    uint64_t bits = 0;
    int64_t exp = 0;
    bool dec = false, zero = false;
    struct work w;
    struct mpd_t *r;

    for (size_t i = 0; i < n; i++) {
        heap_pause_at(i);
        bits += bits_below(&x[i]);
        exp += x[i].exp;
        dec |= x[i].kind == UNIT_DEC;
        zero |= num_is_zero(&x[i]);
    }
    if (zero)
        return small_out(dec, 0, 0, out);
    // The product has bits * log10(2) digits or more before its exponent; trailing zeros of the
    // coefficient may still move into the exponent, which moves no digit of the print.
    if ((int64_t)(bits * 30102 / 100000) + (exp > 0 ? exp : 0) > UNIT_DIGITS_MAX)
        return num_too_long(env);
    if (exp + (int64_t)((bits + 4 * n) * 30103 / 100000) + 2 < -UNIT_DIGITS_MAX)
        return num_too_long(env);
    num_open(env, &w, WORK_EXACT);
    r = big_new(&w);
    mul_all(env, &w, r, x, n);
    big_store(&w, env->arena, r, dec, out);
    big_del(&w, r);
    return num_close(env, &w);
}

enum err num_mul(struct num_env *env, const struct unit *x, size_t n, struct unit *out)
{
    int64_t acc = 1, exp = 0;
    bool dec = false;
    size_t i;

    for (i = 0; i < n && num_is_small(&x[i]); i++) {
        if (__builtin_mul_overflow(acc, x[i].i, &acc))
            break;
        exp += x[i].exp;
        dec |= x[i].kind == UNIT_DEC;
    }
    if (i < n)
        return long_mul(env, x, n, out);
    return small_out(dec, acc, exp, out) ? num_too_long(env) : ERR_OK;
}

// ---- Quotient and rest

enum err num_quo(struct num_env *env, const struct unit *x, const struct unit *y, struct unit *out)
{
    struct work w;
    struct mpd_t *r, *d;
    enum err e;

    if (num_is_zero(y))
        return num_div_zero(env);
    e = num_max_digits(env, x, NUM_DIV_DIGITS_MAX);
    if (e)
        return e;
    e = num_max_digits(env, y, NUM_DIV_DIGITS_MAX);
    if (e)
        return e;
    e = num_spend(env, 500 + 5 * num_cost_mul(num_len(x) + env->prec, num_len(y)));
    if (e)
        return e;
    num_open(env, &w, env->prec);
    r = big_new(&w);
    d = big_new(&w);
    if (!w.e) {
        big_load(&w, r, x);
        big_load(&w, d, y);
    }
    big_div(&w, r, r, d);
    big_store(&w, env->arena, r, true, out);
    big_del(&w, r);
    big_del(&w, d);
    return num_close(env, &w);
}

// Whole quotient or rest by the library; of decs at their lower exponent.
static enum err long_div(struct num_env *env, const struct unit *x, const struct unit *y, bool rest,
                         struct unit *out)
{
    int64_t low = x->exp < y->exp ? x->exp : y->exp;
    int64_t x_len = num_adj(x) - low + 1, y_len = num_adj(y) - low + 1;
    struct work w;
    struct mpd_t *a, *b, *q, *r;
    enum err e;

    if (x_len > NUM_DIV_DIGITS_MAX || y_len > NUM_DIV_DIGITS_MAX)
        return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                        "with %d digits from the first to the last of both, more than %d",
                        (long)(x_len > y_len ? x_len : y_len), (long)NUM_DIV_DIGITS_MAX);
    e = num_spend(env, x_len < y_len ? 500 + 5 * (uint64_t)y_len
                                     : 500 + 5 * num_cost_mul((uint64_t)x_len, (uint64_t)y_len));
    if (e)
        return e;
    num_open(env, &w, WORK_EXACT);
    a = big_new(&w);
    b = big_new(&w);
    q = big_new(&w);
    r = big_new(&w);
    if (!w.e) {
        big_load(&w, a, x);
        big_load(&w, b, y);
    }
    big_div_mod(&w, q, r, a, b);
    big_store(&w, env->arena, rest ? r : q, x->kind == UNIT_DEC || y->kind == UNIT_DEC, out);
    big_del(&w, a);
    big_del(&w, b);
    big_del(&w, q);
    big_del(&w, r);
    return num_close(env, &w);
}

enum err num_div(struct num_env *env, const struct unit *x, const struct unit *y, struct unit *out)
{
    if (x->kind == UNIT_DEC || y->kind == UNIT_DEC)
        return num_quo(env, x, y, out);
    if (num_is_zero(y))
        return num_div_zero(env);
    if (num_is_small(x) && num_is_small(y) && !(x->i == INT64_MIN && y->i == -1)) {
        *out = unit_int(x->i / y->i);
        return ERR_OK;
    }
    return long_div(env, x, y, false, out);
}

enum err num_mod(struct num_env *env, const struct unit *x, const struct unit *y, struct unit *out)
{
    if (num_is_zero(y))
        return num_div_zero(env);
    if (num_is_zero(x))
        return small_out(x->kind == UNIT_DEC || y->kind == UNIT_DEC, 0, 0, out);
    if (num_is_small(x) && num_is_small(y)) {
        int64_t a = x->i, b = y->i;
        int32_t exp = x->exp;

        if (exp == y->exp || align(&a, &exp, &b, y->exp))
            return small_out(x->kind == UNIT_DEC || y->kind == UNIT_DEC, b == -1 ? 0 : a % b, exp,
                             out);
    }
    return long_div(env, x, y, true, out);
}

// ---- Sign, neighbours, square

static enum err with_sign(struct num_env *env, const struct unit *x, bool neg, struct unit *out)
{
    if (num_is_neg(x) == neg || num_is_zero(x)) {
        *out = *x;
        return ERR_OK;
    }
    if (num_is_small(x) && x->i != INT64_MIN)
        return small_out(x->kind == UNIT_DEC, -x->i, x->exp, out) ? num_too_long(env) : ERR_OK;
    if (num_is_small(x))
        return unit_num(env->arena, neg, SPAN("9223372036854775808"), x->kind == UNIT_DEC, x->exp,
                        out);
    return unit_num(env->arena, neg, (struct span){x->big->digits, x->big->n}, x->kind == UNIT_DEC,
                    x->exp, out);
}

enum err num_neg(struct num_env *env, const struct unit *x, struct unit *out)
{
    return with_sign(env, x, !num_is_neg(x), out);
}

enum err num_abs(struct num_env *env, const struct unit *x, struct unit *out)
{
    return with_sign(env, x, false, out);
}

enum err num_inc(struct num_env *env, const struct unit *x, struct unit *out)
{
    const struct unit both[2] = {*x, unit_int(1)};

    return num_sum(env, both, 2, out);
}

enum err num_dec(struct num_env *env, const struct unit *x, struct unit *out)
{
    const struct unit both[2] = {*x, unit_int(-1)};

    return num_sum(env, both, 2, out);
}

enum err num_sqr(struct num_env *env, const struct unit *x, struct unit *out)
{
    const struct unit both[2] = {*x, *x};

    return num_mul(env, both, 2, out);
}

enum err num_to_dec(struct num_env *env, const struct unit *x, struct unit *out)
{
    enum err e;

    if (x->kind == UNIT_DEC) {
        *out = *x;
        return ERR_OK;
    }
    e = num_is_small(x) ? unit_dec(x->i, 0, out)
                        : unit_num(env->arena, x->big->neg,
                                   (struct span){x->big->digits, x->big->n}, true, 0, out);
    return e == ERR_TOO_BIG ? num_too_long(env) : e;
}

// ---- Least and greatest

static enum err extreme(struct num_env *env, const struct unit *x, size_t n, int sign,
                        struct unit *out)
{
    const struct unit *best = x;
    bool dec = x[0].kind == UNIT_DEC;

    for (size_t i = 1; i < n; i++) {
        int c;

        heap_pause_at(i);
        if (x[i].kind == UNIT_INT && best->kind == UNIT_INT && num_is_small(&x[i]) &&
            num_is_small(best)) {
            c = (x[i].i > best->i) - (x[i].i < best->i);
        } else {
            c = unit_num_cmp(&x[i], best);
            dec |= x[i].kind == UNIT_DEC;
        }
        if (c * sign > 0)
            best = &x[i];
    }
    if (dec)
        return num_to_dec(env, best, out);
    *out = *best;
    return ERR_OK;
}

enum err num_min(struct num_env *env, const struct unit *x, size_t n, struct unit *out)
{
    return extreme(env, x, n, -1, out);
}

enum err num_max(struct num_env *env, const struct unit *x, size_t n, struct unit *out)
{
    return extreme(env, x, n, 1, out);
}
