// SPDX-License-Identifier: MIT
// Powers modulo a number, and what else numbers on binary limbs share.
#include "units/num_in.h"
#include "units/num_limb.h"

// A number of 3584 bits to a power of 3584 bits, in rough ns: it takes 30 ms.
enum { POWMOD_COST_MAX = 52000000 };

uint64_t num_cost_mont(size_t n)
{
    return 7 * (uint64_t)n * n / 2 + 25;
}

struct span num_digits(const struct unit *x, char room[20])
{
    uint64_t m;
    char *at = room + 20;

    if (!num_is_small(x))
        return (struct span){x->big->digits, x->big->n};
    m = num_magnitude(x->i);
    do
        *--at = (char)('0' + m % 10);
    while (m /= 10);
    return (struct span){at, (size_t)(room + 20 - at)};
}

uint64_t *num_limbs_load(struct num_env *env, const struct unit *x, size_t *n)
{
    char room[20];
    struct span digits = num_digits(x, room);
    size_t max = limb_room(digits.len);
    uint64_t *r;

    if (!env->heap.arena)
        heap_init(&env->heap, env->scratch);
    r = heap_alloc(&env->heap, max * sizeof *r);
    if (!r)
        return NULL;
    limb_load(r, max, digits);
    *n = limb_len(r, max);
    *n = *n ? *n : 1;
    return r;
}

uint64_t *num_limbs_new(struct num_env *env, size_t n)
{
    return heap_alloc(&env->heap, n * sizeof(uint64_t));
}

enum err num_limbs_store(struct num_env *env, uint64_t *x, size_t n, struct unit *out)
{
    char *text = heap_alloc(&env->heap, limb_digits(n));
    enum err e = ERR_NO_MEMORY;

    if (text) {
        limb_store(x, n, text);
        e = unit_num(env->arena, false, (struct span){text, limb_digits(n)}, false, 0, out);
        heap_free(&env->heap, text);
    }
    return e;
}

enum err num_too_hard(struct num_env *env)
{
    return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                    "with numbers of this length it would take too long");
}

// ---- Powers

// For an even modulus: square and multiply in decimal. base < mod.
static void power_even(struct work *w, struct mpd_t *r, struct mpd_t *base, struct mpd_t *mod,
                       const uint64_t *e, size_t en)
{
    struct mpd_t *q = big_new(w), *t = big_new(w);

    big_int(w, r, 1);
    for (size_t bit = limb_bits(e, en); bit-- > 0 && !w->e;) {
        big_mul(w, t, r, r);
        big_div_mod(w, q, r, t, mod);
        if (!limb_bit(e, bit))
            continue;
        big_mul(w, t, r, base);
        big_div_mod(w, q, r, t, mod);
    }
    big_del(w, q);
    big_del(w, t);
}

static enum err pow_even(struct num_env *env, const struct unit *base, const uint64_t *e, size_t en,
                         const struct unit *mod, struct unit *out)
{
    uint64_t cost = 500 + 4 * num_cost_mul(num_len(mod), num_len(mod));
    struct mpd_t *r, *b, *m;
    struct work w;
    enum err err;

    if (cost > POWMOD_COST_MAX / (limb_bits(e, en) + 1))
        return num_too_hard(env);
    err = num_spend(env, cost * limb_bits(e, en));
    if (err)
        return err;
    num_open(env, &w, WORK_EXACT);
    r = big_new(&w);
    b = big_new(&w);
    m = big_new(&w);
    if (!w.e) {
        big_load(&w, b, base);
        big_load(&w, m, mod);
    }
    power_even(&w, r, b, m, e, en);
    big_store(&w, env->arena, r, false, out);
    big_del(&w, r);
    big_del(&w, b);
    big_del(&w, m);
    return num_close(env, &w);
}

static enum err pow_odd(struct num_env *env, const struct unit *base, const uint64_t *e, size_t en,
                        const struct unit *mod, struct unit *out)
{
    uint64_t *b, *m, *x, *room;
    size_t n, bn;
    struct mont q;
    enum err err;

    if (num_cost_mont(limb_room(num_len(mod))) > POWMOD_COST_MAX * 4L / 5 / (limb_bits(e, en) + 64))
        return num_too_hard(env);
    err = num_spend(env, num_cost_mont(limb_room(num_len(mod))) * (limb_bits(e, en) + 64) * 5 / 4);
    if (err)
        return err;
    m = num_limbs_load(env, mod, &n);
    b = num_limbs_load(env, base, &bn);
    x = num_limbs_new(env, 18 * n);
    room = num_limbs_new(env, MONT_ROOM(n));
    err = ERR_NO_MEMORY;
    if (m && b && x && room) {
        memset(x, 0, n * sizeof *x);
        memcpy(x, b, bn * sizeof *x);
        mont_init(&q, m, n, room);
        mont_load(&q, x, x);
        mont_pow(&q, x + n, x, e, en, x + 2 * n);
        mont_store(&q, x, x + n);
        err = num_limbs_store(env, x, n, out);
    }
    heap_free(&env->heap, m);
    heap_free(&env->heap, b);
    heap_free(&env->heap, x);
    heap_free(&env->heap, room);
    return err;
}

enum err num_powmod(struct num_env *env, const struct unit *base, const struct unit *power,
                    const struct unit *mod, struct unit *out)
{
    struct unit b, m;
    uint64_t *e;
    size_t en;
    bool odd;
    enum err err;

    if (base->kind != UNIT_INT || power->kind != UNIT_INT || mod->kind != UNIT_INT)
        return num_not_int(env, base->kind != UNIT_INT    ? base
                                : power->kind != UNIT_INT ? power
                                                          : mod);
    if (num_is_zero(mod))
        return num_div_zero(env);
    if (num_is_neg(power))
        return num_domain(env, "powmod takes a power from 0 on", NULL);
    err = num_max_digits(env, power, NUM_DIV_DIGITS_MAX);
    if (err)
        return err;
    err = num_abs(env, mod, &m);
    if (err)
        return err;
    err = num_mod(env, base, &m, &b);
    if (err)
        return err;
    if (num_is_neg(&b)) {
        const struct unit both[2] = {b, m};

        err = num_sum(env, both, 2, &b);
        if (err)
            return err;
    }
    if (num_is_zero(power) || (num_is_small(&m) && m.i == 1)) {
        *out = unit_int(!(num_is_small(&m) && m.i == 1));
        return ERR_OK;
    }
    err = num_spend(env, (uint64_t)num_len(power) * num_len(power) / 500);
    if (err)
        return err;
    e = num_limbs_load(env, power, &en);
    if (!e)
        return ERR_NO_MEMORY;
    odd = num_is_small(&m) ? m.i & 1 : m.big->digits[m.big->n - 1] & 1;
    err = odd ? pow_odd(env, &b, e, en, &m, out) : pow_even(env, &b, e, en, &m, out);
    heap_free(&env->heap, e);
    return err;
}
