// SPDX-License-Identifier: MIT
// Binary limbs, and arithmetic modulo an odd number (P. Montgomery, Math. Comp. 44, 1985).
#include "units/num_limb.h"

#include "units/heap.h"

enum { CHUNK_DIGITS = 9, CHUNK = 1000000000 };

typedef unsigned __int128 wide; // a product of two limbs

void limb_load(uint64_t *r, size_t n, struct span digits)
{
    const char *p = digits.at, *end = p + digits.len;
    size_t used = 0;

    memset(r, 0, n * sizeof *r);
    while (p < end) {
        uint64_t carry = 0, scale = 1;

        heap_pause();
        for (int i = 0; i < 19 && p < end; i++, p++) {
            carry = carry * 10 + (uint64_t)(*p - '0');
            scale *= 10;
        }
        for (size_t i = 0; i < used; i++) {
            wide w = (wide)r[i] * scale + carry;

            r[i] = (uint64_t)w;
            carry = (uint64_t)(w >> 64);
        }
        if (carry && used < n)
            r[used++] = carry;
    }
}

void limb_store(uint64_t *x, size_t n, char *text)
{
    char *at = text + limb_digits(n);

    for (size_t len = limb_len(x, n); len > 0; len = limb_len(x, len)) {
        uint32_t chunk = limb_div_small(x, len, CHUNK);

        heap_pause();
        for (int i = 0; i < CHUNK_DIGITS && at > text; i++) {
            *--at = (char)('0' + chunk % 10);
            chunk /= 10;
        }
    }
    memset(text, '0', (size_t)(at - text));
}

size_t limb_len(const uint64_t *x, size_t n)
{
    while (n > 0 && x[n - 1] == 0)
        n--;
    return n;
}

unsigned limb_bits(const uint64_t *x, size_t n)
{
    n = limb_len(x, n);
    return n ? (unsigned)(64 * n) - (unsigned)__builtin_clzll(x[n - 1]) : 0;
}

int limb_cmp(const uint64_t *x, const uint64_t *y, size_t n)
{
    while (n-- > 0)
        if (x[n] != y[n])
            return x[n] < y[n] ? -1 : 1;
    return 0;
}

uint64_t limb_add(uint64_t *r, const uint64_t *x, const uint64_t *y, size_t n)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < n; i++) {
        wide w = (wide)x[i] + y[i] + carry;

        r[i] = (uint64_t)w;
        carry = (uint64_t)(w >> 64);
    }
    return carry;
}

uint64_t limb_sub(uint64_t *r, const uint64_t *x, const uint64_t *y, size_t n)
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < n; i++) {
        wide w = (wide)x[i] - y[i] - borrow;

        r[i] = (uint64_t)w;
        borrow = (uint64_t)(w >> 64) & 1;
    }
    return borrow;
}

void limb_shl(uint64_t *r, const uint64_t *x, size_t n, size_t bits)
{
    size_t whole = bits / 64, part = bits % 64;

    for (size_t i = n; i-- > 0;) {
        uint64_t high = i >= whole ? x[i - whole] : 0;
        uint64_t low = part && i > whole ? x[i - whole - 1] >> (64 - part) : 0;

        r[i] = high << part | low;
    }
}

void limb_shr(uint64_t *r, const uint64_t *x, size_t n, size_t bits)
{
    size_t whole = bits / 64, part = bits % 64;

    for (size_t i = 0; i < n; i++) {
        uint64_t low = i + whole < n ? x[i + whole] : 0;
        uint64_t high = part && i + whole + 1 < n ? x[i + whole + 1] << (64 - part) : 0;

        r[i] = low >> part | high;
    }
}

uint32_t limb_div_small(uint64_t *x, size_t n, uint32_t d)
{
    uint64_t rest = 0;

    while (n-- > 0) { // in halves, so that 64-bit division does
        uint64_t high = rest << 32 | x[n] >> 32;
        uint64_t low = high % d << 32 | (x[n] & UINT32_MAX);

        x[n] = high / d << 32 | low / d;
        rest = low % d;
    }
    return (uint32_t)rest;
}

uint32_t limb_mod_small(const uint64_t *x, size_t n, uint32_t d)
{
    uint64_t rest = 0;

    while (n-- > 0) {
        rest = (rest << 32 | x[n] >> 32) % d;
        rest = (rest << 32 | (x[n] & UINT32_MAX)) % d;
    }
    return (uint32_t)rest;
}

// ---- Montgomery

// r = 2 * r mod m
static void twice(const struct mont *q, uint64_t *r)
{
    mont_add(q, r, r, r);
}

void mont_init(struct mont *q, const uint64_t *m, size_t n, uint64_t *room)
{
    uint64_t inv = m[0]; // right in 3 bits; each step doubles them

    for (int i = 0; i < 5; i++)
        inv *= 2 - m[0] * inv;
    *q = (struct mont){.m = m, .n = n, .inv = 0 - inv, .one = room, .room = room + n};
    // 2^(64 n) mod m: begin with a power of two below m
    memset(q->one, 0, n * sizeof *room);
    q->one[(limb_bits(m, n) - 1) / 64] = (uint64_t)1 << (limb_bits(m, n) - 1) % 64;
    for (size_t i = limb_bits(m, n) - 1; i < 64 * n; i++)
        twice(q, q->one);
}

void mont_mul(const struct mont *q, uint64_t *r, const uint64_t *x, const uint64_t *y)
{
    const uint64_t *m = q->m;
    uint64_t *restrict t = q->room;
    size_t n = q->n;

    memset(t, 0, (n + 1) * sizeof *t);
    for (size_t i = 0; i < n; i++) { // t = (t + x * yi + f * m) / 2^64; f clears the lowest limb
        uint64_t yi = y[i];
        wide w = (wide)x[0] * yi + t[0];
        uint64_t f = (uint64_t)w * q->inv, carry = (uint64_t)(w >> 64), carry_m;

        w = (wide)f * m[0] + (uint64_t)w;
        carry_m = (uint64_t)(w >> 64);
        for (size_t j = 1; j < n; j++) {
            w = (wide)x[j] * yi + t[j] + carry;
            carry = (uint64_t)(w >> 64);
            w = (wide)f * m[j] + (uint64_t)w + carry_m;
            carry_m = (uint64_t)(w >> 64);
            t[j - 1] = (uint64_t)w;
        }
        w = (wide)t[n] + carry + carry_m;
        t[n - 1] = (uint64_t)w;
        t[n] = (uint64_t)(w >> 64);
    }
    if (t[n] || limb_cmp(t, m, n) >= 0)
        limb_sub(r, t, m, n);
    else
        memcpy(r, t, n * sizeof *r);
}

void mont_add(const struct mont *q, uint64_t *r, const uint64_t *x, const uint64_t *y)
{
    if (limb_add(r, x, y, q->n) || limb_cmp(r, q->m, q->n) >= 0)
        limb_sub(r, r, q->m, q->n);
}

void mont_sub(const struct mont *q, uint64_t *r, const uint64_t *x, const uint64_t *y)
{
    if (limb_sub(r, x, y, q->n))
        limb_add(r, r, q->m, q->n);
}

void mont_half(const struct mont *q, uint64_t *r)
{
    uint64_t top = r[0] & 1 ? limb_add(r, r, q->m, q->n) : 0;

    limb_shr(r, r, q->n, 1);
    r[q->n - 1] |= top << 63;
}

void mont_load(const struct mont *q, uint64_t *r, const uint64_t *x)
{
    memmove(r, x, q->n * sizeof *r);
    for (size_t i = 0; i < 64 * q->n; i++)
        twice(q, r);
}

void mont_store(const struct mont *q, uint64_t *r, const uint64_t *x)
{
    uint64_t *t = q->room;
    size_t n = q->n;

    // As mont_mul by 1: only the reduction.
    memcpy(t, x, n * sizeof *t);
    for (size_t i = 0; i < n; i++) {
        uint64_t f = t[0] * q->inv;
        wide w = (wide)f * q->m[0] + t[0];
        uint64_t carry = (uint64_t)(w >> 64);

        for (size_t j = 1; j < n; j++) {
            w = (wide)f * q->m[j] + t[j] + carry;
            t[j - 1] = (uint64_t)w;
            carry = (uint64_t)(w >> 64);
        }
        t[n - 1] = carry;
    }
    if (limb_cmp(t, q->m, n) >= 0)
        limb_sub(r, t, q->m, n);
    else
        memcpy(r, t, n * sizeof *r);
}

void mont_small(const struct mont *q, uint64_t *r, int32_t i)
{
    uint32_t size = i < 0 ? 0 - (uint32_t)i : (uint32_t)i;
    uint64_t *acc = q->room;

    memset(acc, 0, q->n * sizeof *acc);
    for (int bit = 31; bit >= 0; bit--) {
        mont_add(q, acc, acc, acc);
        if (size >> bit & 1)
            mont_add(q, acc, acc, q->one);
    }
    if (i < 0) {
        memset(r, 0, q->n * sizeof *r);
        mont_sub(q, r, r, acc);
    } else {
        memcpy(r, acc, q->n * sizeof *r);
    }
}

enum { WINDOW = 4 };

void mont_pow(const struct mont *q, uint64_t *r, const uint64_t *x, const uint64_t *e, size_t en,
              uint64_t *table)
{
    size_t n = q->n, bits = limb_bits(e, en), at = (bits + WINDOW - 1) / WINDOW * WINDOW;

    memcpy(table, q->one, n * sizeof *table);
    for (size_t i = 1; i < 1 << WINDOW; i++)
        mont_mul(q, table + i * n, table + (i - 1) * n, x);
    memcpy(r, q->one, n * sizeof *r);
    while (at > 0) {
        unsigned digit;

        heap_pause();
        at -= WINDOW; // windows do not cross limbs
        digit = e[at / 64] >> at % 64 & ((1 << WINDOW) - 1);
        for (int i = 0; i < WINDOW; i++)
            mont_mul(q, r, r, r);
        if (digit)
            mont_mul(q, r, r, table + digit * n);
    }
}
