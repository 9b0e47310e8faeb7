// SPDX-License-Identifier: MIT
// Prime factors: trial division, then Pollard's rho.
#include "units/num_in.h"
#include "units/num_limb.h"

enum {
    FACT_COST = 30000000,  // of trials and rho, in rough ns
    FACT_DIGITS_MAX = 500, // to try all primes takes two thirds of it
    TRIAL_MAX = 1 << 16,   // primes up to here are tried one by one
};

static bool is_zero(const uint64_t *x, size_t n)
{
    return limb_len(x, n) == 0;
}

// gcd of x and y, y odd, both changed; the result is in x. Binary.
static void gcd_odd(uint64_t *x, uint64_t *y, size_t n)
{
    while (!is_zero(x, n)) {
        heap_pause();
        while (!(x[0] & 1))
            limb_shr(x, x, n, x[0] ? (size_t)__builtin_ctzll(x[0]) : 63);
        if (limb_cmp(x, y, n) < 0) {
            for (size_t i = 0; i < n; i++) {
                uint64_t t = x[i];

                x[i] = y[i];
                y[i] = t;
            }
        }
        limb_sub(x, x, y, n);
    }
    memcpy(x, y, n * sizeof *x);
}

/*
 * rho - a factor of q->m, composite without small factors (J. Pollard, R. Brent)
 *
 * @x: room for 7 n; the factor in the first n. The differences of BATCH steps are multiplied up
 * before one gcd; if that jumps over the factor, the batch is gone through again singly.
 * False: not found with this many steps.
 */
static bool rho(const struct mont *q, uint64_t *x, uint64_t *steps)
{
    enum { BATCH = 128 };
    size_t n = q->n;
    uint64_t *g = x, *y = x + n, *at = y + n, *back = at + n, *acc = back + n, *t = acc + n;
    uint64_t *c = t + n;

    for (int32_t seed = 1; seed < 100; seed++) {
        bool again = false;

        mont_small(q, c, seed);
        mont_small(q, y, seed + 1);
        memcpy(acc, q->one, n * sizeof *acc);
        for (uint64_t round = 1; !again; round *= 2) {
            memcpy(at, y, n * sizeof *at);
            for (uint64_t k = 0; k < round; k++) { // half of it could be skipped; simple is fine
                uint64_t batch = round - k < BATCH ? round - k : BATCH;

                memcpy(back, y, n * sizeof *back);
                for (uint64_t i = 0; i < batch; i++) {
                    heap_pause();
                    mont_mul(q, y, y, y);
                    mont_add(q, y, y, c);
                    mont_sub(q, t, y, at);
                    mont_mul(q, acc, acc, t);
                }
                k += batch - 1;
                memcpy(g, acc, n * sizeof *g);
                memcpy(t, q->m, n * sizeof *t);
                if (is_zero(g, n)) { // jumped over: singly
                    for (uint64_t i = 0; i < batch; i++) {
                        heap_pause();
                        mont_mul(q, back, back, back);
                        mont_add(q, back, back, c);
                        mont_sub(q, g, back, at);
                        if (is_zero(g, n))
                            break;
                        memcpy(t, q->m, n * sizeof *t);
                        gcd_odd(g, t, n);
                        if (limb_len(g, n) != 1 || g[0] != 1)
                            break;
                    }
                    again = is_zero(g, n) || (limb_len(g, n) == 1 && g[0] == 1);
                } else {
                    gcd_odd(g, t, n);
                    if (limb_len(g, n) == 1 && g[0] == 1) {
                        if (*steps <= batch)
                            return false;
                        *steps -= batch;
                        continue;
                    }
                }
                if (!again)
                    return true;
                break;
            }
        }
    }
    return false;
}

// What is still to be split, and what is found: all of n limbs.
struct split {
    struct num_env *env;
    uint64_t *parts; // [max * n]; composites and primes
    size_t n, max, count;
    uint64_t steps; // of rho, for all of them
};

// x = x / d, where d divides x exactly: multiply by the inverse of the odd d modulo 2^(64 n).
static void divide_exact(uint64_t *x, const uint64_t *d, size_t n)
{
    uint64_t inv = d[0];

    for (int i = 0; i < 5; i++)
        inv *= 2 - d[0] * inv;
    for (size_t i = 0; i < n; i++) { // from below: each limb of the quotient in turn
        uint64_t f = x[i] * inv, borrow = 0;

        for (size_t j = 0; i + j < n; j++) {
            unsigned __int128 p = (unsigned __int128)f * d[j] + borrow;
            uint64_t low = (uint64_t)p;

            borrow = (uint64_t)(p >> 64) + (x[i + j] < low);
            x[i + j] -= low;
        }
        x[i] = f;
    }
}

// Split part i until all parts are prime.
static enum err split(struct split *s)
{
    struct num_env *env = s->env;
    size_t max = s->n;

    for (size_t i = 0; i < s->count;) {
        uint64_t *x = s->parts + i * max, *room;
        size_t n = limb_len(x, max);
        struct mont q;
        bool prime, found;
        enum err e = num_limbs_prime(env, x, n, &prime);

        if (e)
            return e;
        if (prime) {
            i++;
            continue;
        }
        room = num_limbs_new(env, MONT_ROOM(n) + 7 * n);
        if (!room)
            return ERR_NO_MEMORY;
        mont_init(&q, x, n, room);
        found = s->count < s->max && rho(&q, room + MONT_ROOM(n), &s->steps);
        if (found) {
            uint64_t *other = s->parts + s->count++ * max;

            memset(other, 0, max * sizeof *other);
            memcpy(other, room + MONT_ROOM(n), n * sizeof *other);
            divide_exact(x, other, n);
        }
        heap_free(&env->heap, room);
        if (!found)
            return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                            "its factors are too long to be found");
    }
    return ERR_OK;
}

static void sort(struct split *s)
{
    size_t n = s->n;

    for (size_t i = 1; i < s->count; i++) {
        for (size_t j = i; j > 0; j--) {
            uint64_t *a = s->parts + (j - 1) * n, *b = a + n;

            if (limb_cmp(a, b, n) <= 0)
                break;
            for (size_t k = 0; k < n; k++) {
                uint64_t t = a[k];

                a[k] = b[k];
                b[k] = t;
            }
        }
    }
}

// Divides out all primes up to TRIAL_MAX, ascending; gives their number. x: [n]
static size_t trial(uint64_t *x, size_t n, uint16_t *found)
{
    size_t count = 0;

    for (uint32_t p = 2; p < TRIAL_MAX; p += p == 2 ? 1 : 2) {
        size_t len = limb_len(x, n);

        heap_pause_at(p / 2);
        if (len == 1 && (uint64_t)p * p > x[0])
            break;
        while (limb_mod_small(x, len, p) == 0) {
            limb_div_small(x, len, p);
            found[count++] = (uint16_t)p;
        }
    }
    return count;
}

enum err num_fact(struct num_env *env, const struct unit *x, struct unit *out)
{
    struct split s = {.env = env};
    uint64_t *limbs;
    uint16_t *found;
    struct unit *items;
    size_t n, count, bits;
    uint64_t tried, rho_cost;
    enum err e;

    if (x->kind != UNIT_INT)
        return num_not_int(env, x);
    if (num_is_neg(x) || num_is_zero(x))
        return num_domain(env, "only ints from 1 on have prime factors", NULL);
    e = num_max_digits(env, x, FACT_DIGITS_MAX);
    if (e)
        return e;
    limbs = num_limbs_load(env, x, &n);
    if (!limbs)
        return ERR_NO_MEMORY;
    bits = limb_bits(limbs, n);
    tried = bits < 32 ? (uint64_t)1 << (bits + 1) / 2 : TRIAL_MAX;
    tried *= n * (n > 1 ? 12 : 6);
    e = num_spend(env, 1000 + tried);
    if (e)
        return e;
    found = heap_alloc(&env->heap, bits * sizeof *found);
    if (!found)
        return ERR_NO_MEMORY;
    count = trial(limbs, n, found);
    // What is left has no factor below 2^16.
    s.n = limb_len(limbs, n);
    s.max = bits / 16 + 1;
    s.parts = num_limbs_new(env, s.max * s.n);
    if (!s.parts)
        return ERR_NO_MEMORY;
    memcpy(s.parts, limbs, s.n * sizeof *limbs);
    s.count = !(s.n == 1 && limbs[0] == 1);
    rho_cost = FACT_COST - tried;
    s.steps = rho_cost / (2 * num_cost_mont(s.n));
    if (s.count) {
        e = split(&s);
        if (e)
            return e;
        e = num_spend(env, rho_cost - s.steps * 2 * num_cost_mont(s.n));
        if (e)
            return e;
        sort(&s);
    }
    items = unit_array(env->arena, count + s.count);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        items[i] = unit_int(found[i]);
    for (size_t i = 0; i < s.count; i++) {
        e = num_limbs_store(env, s.parts + i * s.n, s.n, &items[count + i]);
        if (e)
            return e;
    }
    return unit_list(items, count + s.count, out);
}
