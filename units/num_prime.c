// SPDX-License-Identifier: MIT
// Is a number prime?
//
// R. Baillie, S. Wagstaff, "Lucas pseudoprimes", Math. Comp. 35, 1980: a strong test to base 2 and
// a strong Lucas test. No composite is known that passes both; below 2^64 there is none (J.
// Feitsma's list).
#include "units/num_in.h"
#include "units/num_limb.h"

// A number of 700 digits, in rough ns: it takes 30 ms.
enum { PRIME_COST_MAX = 58000000 };

// Jacobi symbol (a/n) of small a and odd small n > 0.
static int jacobi_small(uint32_t a, uint32_t n)
{
    int j = 1;

    a %= n;
    while (a) {
        for (; !(a & 1); a /= 2)
            if (n % 8 == 3 || n % 8 == 5)
                j = -j;
        if (a % 4 == 3 && n % 4 == 3)
            j = -j;
        uint32_t t = n % a;

        n = a;
        a = t;
    }
    return n == 1 ? j : 0;
}

// (d/n) for odd d by quadratic reciprocity.
static int jacobi(int32_t d, const uint64_t *n, size_t len)
{
    uint32_t size = d < 0 ? 0 - (uint32_t)d : (uint32_t)d;
    int j = jacobi_small(limb_mod_small(n, len, size), size);

    if (size % 4 == 3 && n[0] % 4 == 3)
        j = -j;
    return d < 0 && n[0] % 4 == 3 ? -j : j;
}

static bool is_zero(const uint64_t *x, size_t n)
{
    return limb_len(x, n) == 0;
}

// n - 1 = d * 2^s: 2^d is 1, or one of its squarings is -1. x: room for 19 n
static bool strong_base_2(const struct mont *q, uint64_t *x)
{
    size_t n = q->n, s = 0;
    uint64_t *d = x, *minus = x + n, *r = x + 2 * n, *table = x + 3 * n;

    memcpy(d, q->m, n * sizeof *d);
    d[0] -= 1;
    while (!limb_bit(d, s))
        s++;
    limb_shr(d, d, n, s);
    memset(minus, 0, n * sizeof *d);
    mont_sub(q, minus, minus, q->one);
    mont_add(q, r, q->one, q->one);
    // the base lies in the last n: mont_pow's result must not be its operand
    memcpy(table + 16 * n, r, n * sizeof *r);
    mont_pow(q, r, table + 16 * n, d, n, table);
    if (limb_cmp(r, q->one, n) == 0)
        return true;
    for (; s > 0; s--) {
        heap_pause();
        if (limb_cmp(r, minus, n) == 0)
            return true;
        mont_mul(q, r, r, r);
    }
    return false;
}

// n + 1 = d * 2^s: U(d) is 0, or one of V(d), V(2 d), .. is. Parameters after Selfridge, P = 1.
static bool strong_lucas(const struct mont *q, uint64_t *x)
{
    size_t n = q->n, s = 0;
    uint64_t *d = x, *u = x + (n + 1), *v = u + n, *qk = v + n, *t = qk + n, *D = t + n, *Q = D + n;
    int32_t a = 5;

    // A square has no such D, but no square gets here: those that are 2-pseudoprimes are the
    // squares of 1093 and 3511, whose turn comes in this loop.
    for (int j; (j = jacobi(a, q->m, n)) != -1; a = a > 0 ? -(a + 2) : -a + 2)
        if (j == 0 || a > 8000)
            return false;
    d[n] = 0;
    memcpy(d, q->m, n * sizeof *d);
    for (size_t i = 0; ++d[i] == 0;)
        i++;
    while (!limb_bit(d, s))
        s++;
    limb_shr(d, d, n + 1, s);
    mont_small(q, D, a);
    mont_small(q, Q, (1 - a) / 4);
    memcpy(u, q->one, n * sizeof *u);
    memcpy(v, q->one, n * sizeof *v);
    memcpy(qk, Q, n * sizeof *qk);
    for (size_t bit = limb_bits(d, n + 1) - 1; bit-- > 0;) {
        heap_pause();
        mont_mul(q, u, u, v);
        mont_mul(q, v, v, v);
        mont_sub(q, v, v, qk);
        mont_sub(q, v, v, qk);
        mont_mul(q, qk, qk, qk);
        if (!limb_bit(d, bit))
            continue;
        mont_mul(q, t, u, D);
        mont_add(q, u, u, v);
        mont_half(q, u);
        mont_add(q, v, v, t);
        mont_half(q, v);
        mont_mul(q, qk, qk, Q);
    }
    if (is_zero(u, n))
        return true;
    for (; s > 0; s--) {
        heap_pause();
        if (is_zero(v, n))
            return true;
        mont_mul(q, v, v, v);
        mont_sub(q, v, v, qk);
        mont_sub(q, v, v, qk);
        mont_mul(q, qk, qk, qk);
    }
    return false;
}

static uint64_t prime_cost(size_t n)
{
    return num_cost_mont(n) * 64 * n * 5;
}

enum err num_limbs_prime(struct num_env *env, const uint64_t *x, size_t n, bool *out)
{
    uint64_t *room;
    struct mont q;
    enum err e;

    *out = false;
    if (n == 1 && x[0] < 4) {
        *out = x[0] > 1;
        return ERR_OK;
    }
    if (!(x[0] & 1))
        return ERR_OK;
    for (uint32_t p = 3; p < 256; p += 2) {
        if (n == 1 && (uint64_t)p * p > x[0]) {
            *out = true;
            return ERR_OK;
        }
        if (limb_mod_small(x, n, p) == 0)
            return ERR_OK;
    }
    if (prime_cost(n) > PRIME_COST_MAX)
        return num_too_hard(env);
    e = num_spend(env, prime_cost(n));
    if (e)
        return e;
    room = num_limbs_new(env, MONT_ROOM(n) + 20 * n + 1);
    if (!room)
        return ERR_NO_MEMORY;
    mont_init(&q, x, n, room);
    *out = strong_base_2(&q, room + MONT_ROOM(n)) && strong_lucas(&q, room + MONT_ROOM(n));
    heap_free(&env->heap, room);
    return ERR_OK;
}

enum err num_isprime(struct num_env *env, const struct unit *x, struct unit *out)
{
    uint64_t *limbs;
    size_t n;
    bool prime = false;
    enum err e;

    if (x->kind != UNIT_INT)
        return num_not_int(env, x);
    e = num_max_digits(env, x, NUM_DIV_DIGITS_MAX);
    if (e)
        return e;
    if (!num_is_neg(x)) {
        e = num_spend(env, 200 + (uint64_t)num_len(x) * num_len(x) / 500);
        if (e)
            return e;
        limbs = num_limbs_load(env, x, &n);
        if (!limbs)
            return ERR_NO_MEMORY;
        e = num_limbs_prime(env, limbs, n, &prime);
        heap_free(&env->heap, limbs);
        if (e)
            return e;
    }
    *out = unit_bool(prime);
    return ERR_OK;
}
