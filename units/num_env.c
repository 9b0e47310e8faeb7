// SPDX-License-Identifier: MIT
// What all operations on numbers share: library work, effort, refusals, correct rounding.
#include "units/num_in.h"

void num_open(struct num_env *env, struct work *w, int64_t prec)
{
    if (!env->heap.arena)
        heap_init(&env->heap, env->scratch);
    work_open(w, &env->heap, prec);
}

enum err num_close(struct num_env *env, struct work *w)
{
    enum err e = work_close(w);

    if (e == ERR_LIMIT && env->effort == 0)
        return num_spend(env, 1);
    if (e == ERR_LIMIT)
        return num_too_long(env);
    return e;
}

enum err num_spend(struct num_env *env, uint64_t cost)
{
    if (cost <= env->effort) {
        env->effort -= cost;
        return ERR_OK;
    }
    env->effort = 0;
    return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, "ask for less in one message",
                    "this would take too long");
}

// Long division by hand up to some 6000 digits; beyond, number theoretic transforms.
uint64_t num_cost_mul(uint64_t digits_x, uint64_t digits_y)
{
    uint64_t by_hand = (digits_x / 19 + 1) * (digits_y / 19 + 1) * 5;
    uint64_t by_transform = (digits_x + digits_y) * 40;

    return by_hand < by_transform ? by_hand : by_transform;
}

enum err num_too_long(struct num_env *env)
{
    return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, NULL, "the result has more than %d digits",
                    (long)UNIT_DIGITS_MAX);
}

enum err num_not_int(struct num_env *env, const struct unit *u)
{
    return fail_set(env->fail, ERR_BAD_ARG, FAIL_NO_POS,
                    u->kind == UNIT_DEC ? "floor, ceil, trunc and round make an int of a dec"
                                        : NULL,
                    "an int is wanted here, not a %s", unit_kind_name((enum unit_kind)u->kind));
}

enum err num_domain(struct num_env *env, const char *why, const char *hint)
{
    return fail_set(env->fail, ERR_DOMAIN, FAIL_NO_POS, hint, "%s", why);
}

enum err num_div_zero(struct num_env *env)
{
    return fail_set(env->fail, ERR_DIV_ZERO, FAIL_NO_POS, NULL, "division by zero");
}

enum err num_max_digits(struct num_env *env, const struct unit *u, long max)
{
    if ((long)num_len(u) <= max)
        return ERR_OK;
    return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                    "an operand has %u digits, more than the %d that this takes",
                    (unsigned long)num_len(u), max);
}

void num_product(struct work *w, struct mpd_t *r, const int64_t *x, size_t n)
{
    struct mpd_t *y;

    if (w->e)
        return;
    if (n <= 4) {
        big_int(w, r, n ? x[0] : 1);
        for (size_t i = 1; i < n; i++)
            big_mul_int(w, r, r, x[i]);
        return;
    }
    y = big_new(w);
    num_product(w, r, x, n / 2);
    num_product(w, y, x + n / 2, n - n / 2);
    big_mul(w, r, r, y);
    big_del(w, y);
}

void num_power(struct work *w, struct mpd_t *r, const struct mpd_t *x, uint64_t n)
{
    struct mpd_t *b = big_new(w);

    big_copy(w, b, x);
    if (n == 0)
        big_int(w, r, 1);
    else
        big_copy(w, r, b);
    for (int bit = n ? 62 - __builtin_clzll(n) : -1; bit >= 0 && !w->e; bit--) {
        big_mul(w, r, r, r);
        if (n >> bit & 1)
            big_mul(w, r, r, b);
    }
    big_del(w, b);
}

// ---- Correct rounding, after Ziv: enlarge the precision until the interval fits one result.

enum {
    GUARD = 12,
    // Far enough for any value that another function gave with NUM_PREC_MAX digits.
    GOAL_MAX = NUM_PREC_MAX + 200,
};

enum err num_ziv(struct num_env *env,
                 void (*approx)(struct work *w, struct mpd_t *r, int64_t goal, const void *arg),
                 const void *arg, struct unit *out)
{
    int64_t prec = env->prec, goal = prec + GUARD;
    struct mpd_t *r, *low, *high, *err;
    struct work w;
    bool sure = false;

    num_open(env, &w, prec);
    r = big_new(&w);
    low = big_new(&w);
    high = big_new(&w);
    err = big_new(&w);
    for (; goal <= 2 * (prec + GOAL_MAX) && !w.e && !sure; goal *= 2) {
        if (num_spend(env, 1000 + (uint64_t)(goal * goal) * 8)) {
            w.e = ERR_LIMIT;
            break;
        }
        approx(&w, r, goal, arg);
        w.prec = goal + 2;
        big_int(&w, err, 1);
        big_shift(&w, err, big_adj(&w, r) + 1 - goal);
        big_sub(&w, low, r, err);
        big_add(&w, high, r, err);
        w.prec = prec;
        big_round(&w, low, low);
        big_round(&w, high, high);
        sure = big_cmp(&w, low, high) == 0 && !w.e;
    }
    if (!w.e && !sure) {
        (void)num_close(env, &w); // what follows says why
        return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, "ask for a few digits more or less",
                        "too close to the middle between two results to round it");
    }
    if (!w.e)
        big_store(&w, env->arena, low, true, out);
    big_del(&w, r);
    big_del(&w, low);
    big_del(&w, high);
    big_del(&w, err);
    return num_close(env, &w);
}

bool num_is_tiny(const struct num_env *env, const struct unit *x)
{
    int64_t len = num_len(x) > env->prec ? num_len(x) : env->prec;

    return -2 * num_adj(x) - 2 > len + 3;
}

enum err num_nudge(struct num_env *env, const struct unit *x, int way, struct unit *out)
{
    int64_t len = num_len(x) > env->prec ? num_len(x) : env->prec;
    struct mpd_t *r, *bit;
    struct work w;

    num_open(env, &w, WORK_EXACT);
    r = big_new(&w);
    bit = big_new(&w);
    if (!w.e)
        big_load(&w, r, x);
    big_int(&w, bit, way * big_sign(&w, r));
    big_shift(&w, bit, num_adj(x) - len - 3);
    big_add(&w, r, r, bit);
    w.prec = env->prec;
    big_round(&w, r, r);
    big_store(&w, env->arena, r, true, out);
    big_del(&w, r);
    big_del(&w, bit);
    return num_close(env, &w);
}
