// SPDX-License-Identifier: MIT
// Factorials and square roots.
#include "units/num_in.h"

// ---- n! = product of p^e over the primes p up to n. The bits of all exponents e together, from
// the top: square, then multiply by the primes that have this bit set. So nearly all of the work
// is a few products of long numbers of equal length.

// The largest n for which n! has at most UNIT_DIGITS_MAX digits.
enum { FAC_MAX = 205022, FAC_SMALL = 20 };
_Static_assert(UNIT_DIGITS_MAX == 1000000, "FAC_MAX was computed for this");

// How often does p divide n! (Legendre).
static uint32_t exponent(uint32_t n, uint32_t p)
{
    uint32_t e = 0;

    for (; n >= p; n /= p)
        e += n / p;
    return e;
}

// Sieve of Eratosthenes: composite[i] says that i is none; gives the number of primes.
static size_t sieve(uint8_t *composite, uint32_t *primes, uint32_t n)
{
    size_t count = 0;

    memset(composite, 0, n + 1);
    for (uint32_t i = 2; i <= n; i++) {
        heap_pause_at(i);
        if (composite[i])
            continue;
        primes[count++] = i;
        for (uint64_t j = (uint64_t)i * i; j <= n; j += i)
            composite[j] = 1;
    }
    return count;
}

static void factorial(struct work *w, struct mpd_t *r, uint32_t n, const uint32_t *primes,
                      size_t count, int64_t *words)
{
    struct mpd_t *part = big_new(w);

    big_int(w, r, 1);
    for (int bit = 31 - __builtin_clz(n); bit >= 0; bit--) {
        size_t used = 0;
        int64_t word = 1;

        for (size_t i = 0; i < count; i++) {
            uint32_t e = exponent(n, primes[i]);

            heap_pause_at(i);
            if (e >> bit == 0) // exponents fall as primes rise
                break;
            if (!(e >> bit & 1))
                continue;
            if (word > INT64_MAX / (int64_t)primes[i]) {
                words[used++] = word;
                word = 1;
            }
            word *= primes[i];
        }
        words[used++] = word;
        num_product(w, part, words, used);
        big_mul(w, r, r, r);
        big_mul(w, r, r, part);
    }
    big_del(w, part);
}

enum err num_fac(struct num_env *env, const struct unit *x, struct unit *out)
{
    int64_t acc = 1, *words;
    uint32_t n, *primes;
    uint8_t *composite;
    struct mpd_t *r;
    struct work w;
    enum err e;

    if (x->kind != UNIT_INT)
        return num_not_int(env, x);
    if (num_is_neg(x))
        return num_domain(env, "the factorial begins at 0", NULL);
    if (!num_is_small(x) || x->i > FAC_MAX)
        return num_too_long(env);
    n = (uint32_t)x->i;
    if (n <= FAC_SMALL) {
        for (uint32_t i = 2; i <= n; i++)
            acc *= i;
        *out = unit_int(acc);
        return ERR_OK;
    }
    e = num_spend(env, 5000 + (uint64_t)n * 1500);
    if (e)
        return e;
    num_open(env, &w, WORK_EXACT);
    r = big_new(&w);
    composite = heap_alloc(&env->heap, n + 1);
    primes = heap_alloc(&env->heap, (n / 2 + 1) * sizeof *primes);
    words = heap_alloc(&env->heap, (n / 2 + 1) * sizeof *words);
    if (composite && primes && words)
        factorial(&w, r, n, primes, sieve(composite, primes, n), words);
    else
        w.e = ERR_NO_MEMORY;
    big_store(&w, env->arena, r, false, out);
    heap_free(&env->heap, composite);
    heap_free(&env->heap, primes);
    heap_free(&env->heap, words);
    big_del(&w, r);
    return num_close(env, &w);
}

// ---- Square roots

static uint64_t root_small(uint64_t n)
{
    uint64_t r = 0;

    for (uint64_t bit = (uint64_t)1 << ((63 - __builtin_clzll(n | 1)) & ~1); bit; bit >>= 2) {
        if (n >= r + bit) {
            n -= r + bit;
            r = (r >> 1) + bit;
        } else {
            r >>= 1;
        }
    }
    return r;
}

enum err num_sqrt(struct num_env *env, const struct unit *x, struct unit *out)
{
    bool dec = x->kind == UNIT_DEC;
    struct mpd_t *r, *n, *t;
    struct work w;
    enum err e;

    if (num_is_neg(x))
        return num_domain(env, "a number below 0 has no square root", NULL);
    if (num_is_zero(x)) {
        *out = *x;
        return ERR_OK;
    }
    if (!dec && num_is_small(x)) {
        *out = unit_int((int64_t)root_small((uint64_t)x->i));
        return ERR_OK;
    }
    e = num_max_digits(env, x, NUM_SQRT_DIGITS_MAX);
    if (e)
        return e;
    e = num_spend(env, 5000 + (uint64_t)num_len(x) * num_len(x) / 3);
    if (e)
        return e;
    num_open(env, &w, dec ? env->prec : num_len(x) / 2 + 2);
    r = big_new(&w);
    n = big_new(&w);
    t = big_new(&w);
    if (!w.e)
        big_load(&w, n, x);
    big_sqrt(&w, r, n);
    if (!dec) { // it was rounded: to the whole number above, maybe
        big_places(&w, r, r, 0, BIG_TRUNC);
        w.prec = WORK_EXACT;
        big_mul(&w, t, r, r);
        if (big_cmp(&w, t, n) > 0)
            big_add_int(&w, r, r, -1);
    }
    big_store(&w, env->arena, r, dec, out);
    big_del(&w, r);
    big_del(&w, n);
    big_del(&w, t);
    return num_close(env, &w);
}
