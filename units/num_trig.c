// SPDX-License-Identifier: MIT
// Circle functions. Error bounds as in units/num_fun.c.
#include "units/num_in.h"

enum { SLACK = 8 };

// 100 digits of pi behind the point: enough for most calls. OEIS A000796.
static const char pi_digits[] = "3"
                                "14159265358979323846264338327950288419716939937510"
                                "58209749445923078164062862089986280348253421170679";

// pi to w->prec digits. Machin: pi = 16 atan(1/5) - 4 atan(1/239)
static void pi_near(struct work *w, struct mpd_t *r)
{
    struct mpd_t *term = big_new(w), *part = big_new(w);

    if (w->prec < (int64_t)sizeof pi_digits - 2) {
        big_digits_set(w, r, false, SPAN(pi_digits), 2 - (int64_t)sizeof pi_digits);
        big_del(w, term);
        big_del(w, part);
        return;
    }
    big_int(w, r, 0);
    for (int machin = 0; machin < 2; machin++) {
        int64_t x = machin ? 239 : 5;

        big_int(w, term, machin ? -4 * x : 16 * x);
        for (int64_t n = 1; !w->e; n += 2) {
            big_div_int(w, term, term, n == 1 ? x * x : -x * x);
            big_div_int(w, part, term, n);
            if (big_adj(w, part) < -w->prec - 2)
                break;
            big_add(w, r, r, part);
        }
    }
    big_del(w, term);
    big_del(w, part);
}

static void pi_ziv(struct work *w, struct mpd_t *r, int64_t goal, const void *arg)
{
    (void)arg;
    w->prec = goal + SLACK;
    pi_near(w, r);
}

enum err num_pi(struct num_env *env, struct unit *out)
{
    return num_ziv(env, pi_ziv, NULL, out);
}

// ---- Sine, cosine, tangent

/*
 * reduce - x = quarter * pi/2 + r with |r| <= pi/4, r with a relative error below 10^-goal
 *
 * pi is needed to the digits of x before the point, and if x is close to a multiple of pi/2 to as
 * many more as cancel out.
 */
static void reduce(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t goal,
                   int64_t *quarter)
{
    struct mpd_t *half = big_new(w), *q = big_new(w), *four = big_new(w);
    struct mpd_t *rest = big_new(w);
    int64_t before = big_adj(w, x) + 1, lost = 0;

    *quarter = 0;
    before = before > 0 ? before : 0;
    for (int i = 0; i < 8 && !w->e; i++) {
        w->prec = goal + SLACK + before + lost;
        pi_near(w, half);
        big_div_int(w, half, half, 2);
        big_div(w, q, x, half);
        big_places(w, q, q, 0, BIG_NEAR);
        big_mul(w, r, q, half);
        // No digit of x may be lost; the product has w->prec of them.
        w->prec = WORK_EXACT;
        big_sub(w, r, x, r);
        w->prec = goal + SLACK;
        big_round(w, r, r);
        if (big_sign(w, q) == 0)
            break;
        if (-big_adj(w, r) - 1 <= lost)
            break;
        lost = -big_adj(w, r) - 1 + (i > 3 ? goal : 0);
        if (lost > 4 * NUM_ANGLE_DIGITS_MAX)
            w->e = ERR_LIMIT;
    }
    big_int(w, four, 4);
    big_div_mod(w, half, rest, q, four);
    if (big_to_int(w, rest, quarter))
        *quarter &= 3; // -1 is 3
    big_del(w, rest);
    big_del(w, half);
    big_del(w, q);
    big_del(w, four);
}

// Taylor's series; |x| < 1
static void sine(struct work *w, struct mpd_t *r, const struct mpd_t *x)
{
    struct mpd_t *square = big_new(w), *term = big_new(w);

    big_mul(w, square, x, x);
    big_neg(w, square);
    big_copy(w, term, x);
    big_copy(w, r, x);
    for (int64_t n = 2; !w->e; n += 2) {
        big_mul(w, term, term, square);
        big_div_int(w, term, term, n * (n + 1));
        if (big_sign(w, term) == 0 || big_adj(w, term) < big_adj(w, r) - w->prec)
            break;
        big_add(w, r, r, term);
    }
    big_del(w, square);
    big_del(w, term);
}

enum circle { SIN, COS, TAN };

struct angle {
    const struct unit *x;
    enum circle what;
};

static void circle_near(struct work *w, struct mpd_t *r, int64_t goal, const void *arg)
{
    const struct angle *a = arg;
    struct mpd_t *s = big_new(w), *c = big_new(w);
    int64_t quarter;

    if (!w->e)
        big_load(w, c, a->x);
    reduce(w, s, c, goal + 2, &quarter);
    w->prec = goal + SLACK;
    sine(w, s, s);
    if (a->what != SIN || quarter & 1) { // cos = sqrt(1 - sin^2) >= 0.7
        big_mul(w, c, s, s);
        big_neg(w, c);
        big_add_int(w, c, c, 1);
        big_sqrt(w, c, c);
    }
    if (a->what == COS)
        quarter++; // cos x = sin (x + pi/2)
    if (a->what == TAN) {
        if (quarter & 1)
            big_neg(w, c);
        big_div(w, r, quarter & 1 ? c : s, quarter & 1 ? s : c);
    } else {
        big_copy(w, r, quarter & 1 ? c : s);
        if (quarter & 2)
            big_neg(w, r);
    }
    big_del(w, s);
    big_del(w, c);
}

static enum err circle(struct num_env *env, const struct unit *x, enum circle what,
                       struct unit *out)
{
    struct angle a = {x, what};
    uint64_t digits;
    enum err e;

    if (num_is_zero(x))
        return unit_dec(what == COS, 0, out);
    if (num_adj(x) >= NUM_ANGLE_DIGITS_MAX)
        return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                        "an angle may have up to %d digits before its point",
                        (long)NUM_ANGLE_DIGITS_MAX);
    if (what == COS && 2 * num_adj(x) < -(int64_t)env->prec - 4) // 1 less than half a unit
        return unit_dec(1, 0, out);
    if (what != COS && num_is_tiny(env, x))
        return num_nudge(env, x, what == SIN ? -1 : 1, out);
    digits = env->prec + (uint64_t)(num_adj(x) > 0 ? num_adj(x) : 0);
    e = num_spend(env, digits * digits * 2);
    if (e)
        return e;
    return num_ziv(env, circle_near, &a, out);
}

enum err num_sin(struct num_env *env, const struct unit *x, struct unit *out)
{
    return circle(env, x, SIN, out);
}

enum err num_cos(struct num_env *env, const struct unit *x, struct unit *out)
{
    return circle(env, x, COS, out);
}

enum err num_tan(struct num_env *env, const struct unit *x, struct unit *out)
{
    return circle(env, x, TAN, out);
}

// ---- And back

// atan x = 2 atan(x / (1 + sqrt(1 + x^2))), often enough that the series is short
static void atan_near(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t goal)
{
    struct mpd_t *t = big_new(w), *d = big_new(w);
    bool over, neg = big_sign(w, x) < 0;
    int halvings = 0;

    w->prec = goal + SLACK;
    big_round(w, t, x);
    if (neg)
        big_neg(w, t);
    big_int(w, d, 1);
    over = big_cmp(w, t, d) > 0; // atan x = pi/2 - atan 1/x
    if (over)
        big_div(w, t, d, t);
    for (int64_t p = goal; p > 30 && big_adj(w, t) > -2 - p / 400 && !w->e; halvings++) {
        big_mul(w, d, t, t);
        big_add_int(w, d, d, 1);
        big_sqrt(w, d, d);
        big_add_int(w, d, d, 1);
        big_div(w, t, t, d);
    }
    if (halvings == 0 && big_adj(w, t) >= -1) { // the series wants less than 1/2
        big_mul(w, d, t, t);
        big_add_int(w, d, d, 1);
        big_sqrt(w, d, d);
        big_add_int(w, d, d, 1);
        big_div(w, t, t, d);
        halvings = 1;
    }
    num_series(w, r, t, -1);
    for (; halvings > 0; halvings--)
        big_add(w, r, r, r);
    if (over) {
        pi_near(w, d);
        big_div_int(w, d, d, 2);
        big_sub(w, r, d, r);
    }
    if (neg)
        big_neg(w, r);
    big_del(w, t);
    big_del(w, d);
}

enum arc { ASIN, ACOS, ATAN };

struct ratio {
    const struct unit *x;
    enum arc what;
};

static void arc_near(struct work *w, struct mpd_t *r, int64_t goal, const void *arg)
{
    const struct ratio *a = arg;
    struct mpd_t *x = big_new(w), *up = big_new(w), *down = big_new(w);

    if (!w->e)
        big_load(w, x, a->x);
    if (a->what == ATAN) {
        atan_near(w, r, x, goal);
    } else {
        w->prec = WORK_EXACT; // near 1 every digit counts
        big_add_int(w, up, x, 1);
        big_neg(w, x);
        big_add_int(w, down, x, 1);
        big_neg(w, x);
        w->prec = goal + SLACK;
        if (a->what == ASIN) { // atan(x / sqrt((1 + x) (1 - x)))
            big_mul(w, down, up, down);
            big_sqrt(w, down, down);
            big_div(w, x, x, down);
        } else { // 2 atan(sqrt((1 - x) / (1 + x)))
            big_div(w, down, down, up);
            big_sqrt(w, x, down);
        }
        atan_near(w, r, x, goal + 1);
        if (a->what == ACOS)
            big_add(w, r, r, r);
    }
    big_del(w, x);
    big_del(w, up);
    big_del(w, down);
}

static void half_pi_ziv(struct work *w, struct mpd_t *r, int64_t goal, const void *arg)
{
    const int64_t *sign = arg;

    w->prec = goal + SLACK;
    pi_near(w, r);
    big_mul_int(w, r, r, *sign);
    big_div_int(w, r, r, 2);
}

static enum err arc(struct num_env *env, const struct unit *x, enum arc what, struct unit *out)
{
    const struct unit one = unit_int(1), minus = unit_int(-1);
    struct ratio a = {x, what};
    int64_t sign = num_is_neg(x) ? -1 : 1;

    if (what != ATAN && (unit_num_cmp(x, &one) > 0 || unit_num_cmp(x, &minus) < 0))
        return num_domain(env, "asin and acos are there for -1 to 1", NULL);
    if (num_is_zero(x) && what == ACOS)
        return num_ziv(env, half_pi_ziv, &sign, out);
    if (num_is_zero(x))
        return unit_dec(0, 0, out);
    if (what != ATAN && unit_num_cmp(x, sign > 0 ? &one : &minus) == 0) {
        if (what == ASIN)
            return num_ziv(env, half_pi_ziv, &sign, out);
        return sign > 0 ? unit_dec(0, 0, out) : num_pi(env, out);
    }
    if (what != ACOS && num_is_tiny(env, x))
        return num_nudge(env, x, what == ASIN ? 1 : -1, out);
    return num_ziv(env, arc_near, &a, out);
}

enum err num_asin(struct num_env *env, const struct unit *x, struct unit *out)
{
    return arc(env, x, ASIN, out);
}

enum err num_acos(struct num_env *env, const struct unit *x, struct unit *out)
{
    return arc(env, x, ACOS, out);
}

enum err num_atan(struct num_env *env, const struct unit *x, struct unit *out)
{
    return arc(env, x, ATAN, out);
}
