// SPDX-License-Identifier: MIT
// Greatest common divisor and least common multiple.
//
// Lehmer's algorithm (D. Knuth, TAOCP 2, 4.5.2 L) in base 10^9: as many steps of Euclid as the
// first 18 digits tell are done on 64-bit numbers, then applied to the long ones at once. No
// conversion is needed, and it takes half a second for two numbers of 100 000 digits.
#include "units/num_in.h"

enum { BASE = 1000000000, BASE_DIGITS = 9 };

struct nines {
    uint32_t *at; // lowest first
    size_t n;     // without leading zeros
};

static void trim(struct nines *x)
{
    while (x->n > 0 && x->at[x->n - 1] == 0)
        x->n--;
}

static bool load(struct num_env *env, const struct unit *u, struct nines *x)
{
    char room[20];
    struct span digits = num_digits(u, room);
    size_t len = digits.len;

    x->n = (len + BASE_DIGITS - 1) / BASE_DIGITS;
    x->at = heap_alloc(&env->heap, (x->n + 1) * sizeof *x->at);
    if (!x->at)
        return false;
    for (size_t i = 0; i < x->n; i++) {
        size_t from = len > BASE_DIGITS ? len - BASE_DIGITS : 0;
        uint32_t v = 0;

        for (size_t j = from; j < len; j++)
            v = v * 10 + (uint32_t)(digits.at[j] - '0');
        x->at[i] = v;
        len = from;
    }
    trim(x);
    return true;
}

static enum err store(struct num_env *env, const struct nines *x, struct unit *out)
{
    size_t len = (x->n ? x->n : 1) * BASE_DIGITS;
    char *text = heap_alloc(&env->heap, len);
    enum err e = ERR_NO_MEMORY;

    if (text) {
        char *at = text + len;

        memset(text, '0', len);
        for (size_t i = 0; i < x->n; i++)
            for (uint32_t j = 0, v = x->at[i]; j < BASE_DIGITS; j++, v /= 10)
                *--at = (char)('0' + v % 10);
        e = unit_num(env->arena, false, (struct span){text, len}, false, 0, out);
        heap_free(&env->heap, text);
    }
    return e;
}

static uint64_t limb(const struct nines *x, size_t i)
{
    return i < x->n ? x->at[i] : 0;
}

// 18 digits of x, where those of a number of n limbs with a top limb of `digits` digits begin.
static int64_t leading(const struct nines *x, size_t n, int digits)
{
    uint64_t v = limb(x, n - 1) * BASE + limb(x, n - 2);
    uint64_t unit = (uint64_t)num_pow10[BASE_DIGITS - digits];

    return (int64_t)(v * unit + limb(x, n - 3) / (uint64_t)num_pow10[digits]);
}

static void mul_small(struct nines *x, uint32_t f)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < x->n; i++) {
        carry += (uint64_t)x->at[i] * f;
        x->at[i] = (uint32_t)(carry % BASE);
        carry /= BASE;
    }
    x->at[x->n] = (uint32_t)carry;
}

static void div_small(struct nines *x, uint32_t d)
{
    uint64_t rest = 0;

    for (size_t i = x->n; i-- > 0;) {
        rest = rest * BASE + x->at[i];
        x->at[i] = (uint32_t)(rest / d);
        rest %= d;
    }
}

// x = x - q * BASE^shift * y, n limbs of y and one above; false (and nothing lost) if below 0.
static bool take_away(uint32_t *x, const uint32_t *y, size_t n, uint64_t q)
{
    int64_t borrow = 0;
    uint64_t carry = 0;

    for (size_t i = 0; i <= n; i++) {
        int64_t v;

        carry += i < n ? q * y[i] : 0;
        v = (int64_t)x[i] - (int64_t)(carry % BASE) + borrow;
        carry /= BASE;
        borrow = v < 0 ? -1 : 0;
        x[i] = (uint32_t)(v < 0 ? v + BASE : v);
    }
    return borrow == 0;
}

static void put_back(uint32_t *x, const uint32_t *y, size_t n)
{
    uint32_t carry = 0;

    for (size_t i = 0; i <= n; i++) {
        uint32_t v = x[i] + (i < n ? y[i] : 0) + carry;

        carry = v >= BASE;
        x[i] = carry ? v - BASE : v;
    }
}

// x = x mod y for x, y with x->n >= y->n >= 2: TAOCP 2, 4.3.1 D. Changes the spare limb of both.
static void rest(struct nines *x, struct nines *y)
{
    uint32_t scale = BASE / (y->at[y->n - 1] + 1);
    size_t n = y->n;

    mul_small(x, scale);
    mul_small(y, scale);
    for (size_t j = x->n - n + 1; j-- > 0;) {
        uint64_t top = (uint64_t)x->at[j + n] * BASE + x->at[j + n - 1], high = y->at[n - 1];
        uint64_t q = top / high, r = top % high;

        heap_pause();
        while (r < BASE && (q >= BASE || q * y->at[n - 2] > r * BASE + x->at[j + n - 2])) {
            q--;
            r += high;
        }
        if (!take_away(x->at + j, y->at, n, q))
            put_back(x->at + j, y->at, n);
    }
    x->n = n;
    div_small(x, scale);
    div_small(y, scale);
    trim(x);
}

// r = a * x + b * y, where one of a, b is negative and the sum is not. Floor division by BASE.
static void combine(uint32_t *x, uint32_t *y, size_t n, const int64_t f[4])
{
    int64_t cx = 0, cy = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t a = x[i], b = y[i];
        int64_t u = f[0] * a + f[1] * b + cx, v = f[2] * a + f[3] * b + cy;

        cx = u / BASE;
        u -= cx * BASE;
        cx -= u < 0;
        x[i] = (uint32_t)(u < 0 ? u + BASE : u);
        cy = v / BASE;
        v -= cy * BASE;
        cy -= v < 0;
        y[i] = (uint32_t)(v < 0 ? v + BASE : v);
    }
}

// As many steps of Euclid as the leading digits x >= y of both tell for sure; 0: none.
static bool steps(int64_t x, int64_t y, int64_t f[4])
{
    int64_t a = 1, b = 0, c = 0, d = 1;

    while (y + c != 0 && y + d != 0) {
        int64_t q = (x + a) / (y + c), t;

        if (q != (x + b) / (y + d))
            break;
        t = a - q * c;
        // products with a limb must stay below 2^62
        if (t > 2 * (int64_t)BASE || t < -2 * (int64_t)BASE)
            break;
        a = c;
        c = t;
        t = b - q * d;
        b = d;
        d = t;
        t = x - q * y;
        x = y;
        y = t;
        if (d > 2 * (int64_t)BASE || d < -2 * (int64_t)BASE)
            break;
    }
    f[0] = a;
    f[1] = b;
    f[2] = c;
    f[3] = d;
    return b != 0;
}

static uint64_t value(const struct nines *x)
{
    return limb(x, 1) * BASE + limb(x, 0);
}

static uint64_t gcd_small(uint64_t x, uint64_t y)
{
    while (y) {
        uint64_t t = x % y;

        x = y;
        y = t;
    }
    return x;
}

// x = gcd(x, y); y is used up. Both have room for the longer one's limbs.
static void gcd_long(struct nines *x, struct nines *y)
{
    int64_t f[4];

    for (;;) {
        struct nines t;
        int digits = 1;

        heap_pause();
        if (x->n < y->n || (x->n == y->n && x->n && x->at[x->n - 1] < y->at[y->n - 1])) {
            t = *x;
            *x = *y;
            *y = t;
        }
        if (y->n == 0)
            return;
        if (y->n == 1) { // the rest fits a limb
            uint64_t r = 0;

            for (size_t i = x->n; i-- > 0;)
                r = (r * BASE + x->at[i]) % y->at[0];
            x->at[0] = (uint32_t)r;
            x->n = 1;
        }
        if (x->n <= 2) {
            uint64_t g = gcd_small(value(x), value(y));

            x->at[0] = (uint32_t)(g % BASE);
            x->n = 1;
            if (g >= BASE)
                x->at[x->n++] = (uint32_t)(g / BASE);
            return;
        }
        while (digits < BASE_DIGITS && x->at[x->n - 1] >= (uint64_t)num_pow10[digits])
            digits++;
        if (x->n - y->n <= 1 && steps(leading(x, x->n, digits), leading(y, x->n, digits), f)) {
            if (y->n < x->n)
                y->at[y->n] = 0;
            combine(x->at, y->at, x->n, f);
            y->n = x->n;
            trim(x);
            trim(y);
        } else {
            rest(x, y);
        }
    }
}

static enum err check(struct num_env *env, const struct unit *x, const struct unit *y)
{
    enum err e;

    if (x->kind != UNIT_INT || y->kind != UNIT_INT)
        return num_not_int(env, x->kind != UNIT_INT ? x : y);
    e = num_max_digits(env, x, NUM_DIV_DIGITS_MAX);
    if (e)
        return e;
    return num_max_digits(env, y, NUM_DIV_DIGITS_MAX);
}

enum err num_gcd(struct num_env *env, const struct unit *x, const struct unit *y, struct unit *out)
{
    uint64_t long_ = num_len(x), short_ = num_len(y);
    struct nines a, b;
    uint64_t g;
    enum err e = check(env, x, y);

    if (e)
        return e;
    if (num_is_small(x) && num_is_small(y)) {
        g = gcd_small(num_magnitude(x->i), num_magnitude(y->i));
        if (g <= INT64_MAX) {
            *out = unit_int((int64_t)g);
            return ERR_OK;
        }
        return unit_num(env->arena, false, SPAN("9223372036854775808"), false, 0, out);
    }
    if (num_is_zero(x) || num_is_zero(y))
        return num_abs(env, num_is_zero(x) ? y : x, out);
    if (long_ < short_)
        return num_gcd(env, y, x, out);
    // A long step of Euclid is the library's. Lengths halve: at most 17 calls inside each other.
    if (long_ > 2 * short_) {
        struct unit r;

        e = num_mod(env, x, y, &r);
        if (e)
            return e;
        return num_gcd(env, y, &r, out);
    }
    e = num_spend(env, 1000 + long_ * short_ / 20);
    if (e)
        return e;
    if (!env->heap.arena)
        heap_init(&env->heap, env->scratch);
    if (!load(env, x, &a))
        return ERR_NO_MEMORY;
    if (!load(env, y, &b)) {
        heap_free(&env->heap, a.at);
        return ERR_NO_MEMORY;
    }
    gcd_long(&a, &b);
    e = store(env, &a, out);
    heap_free(&env->heap, a.at);
    heap_free(&env->heap, b.at);
    return e;
}

enum err num_lcm(struct num_env *env, const struct unit *x, const struct unit *y, struct unit *out)
{
    struct unit g, both[2];
    enum err e = check(env, x, y);

    if (e)
        return e;
    if (num_is_zero(x) || num_is_zero(y)) {
        *out = unit_int(0);
        return ERR_OK;
    }
    e = num_gcd(env, x, y, &g);
    if (e)
        return e;
    if (num_len(x) > num_len(y)) { // the shorter one is quicker divided
        both[0] = *x;
        x = y;
    } else {
        both[0] = *y;
    }
    both[1] = *x;
    if (!num_is_small(&g) || g.i != 1) {
        e = num_div(env, x, &g, &both[1]);
        if (e)
            return e;
    }
    e = num_mul(env, both, 2, out);
    if (e)
        return e;
    return num_abs(env, out, out);
}
