// SPDX-License-Identifier: MIT
// 128-bit division, which gcc calls for and finds in libgcc elsewhere. The distribution's libgcc
// uses the red zone and may not be linked here. Source of the names: libgcc manual, "Integer".
#include <stdint.h>

typedef unsigned __int128 u128;
typedef __int128 i128;

u128 __udivmodti4(u128 n, u128 d, u128 *rest);
u128 __udivti3(u128 n, u128 d);
u128 __umodti3(u128 n, u128 d);
i128 __divti3(i128 n, i128 d);
i128 __modti3(i128 n, i128 d);

// 128 by 64 bits in one instruction; the quotient must fit, so high < d.
static uint64_t div_2by1(uint64_t high, uint64_t low, uint64_t d, uint64_t *rest)
{
    uint64_t q;

    __asm__("divq %[d]" : "=a"(q), "=d"(*rest) : "a"(low), "d"(high), [d] "rm"(d) : "cc");
    return q;
}

u128 __udivmodti4(u128 n, u128 d, u128 *rest)
{
    uint64_t high = (uint64_t)(n >> 64), low = (uint64_t)n, d_high = (uint64_t)(d >> 64);
    uint64_t q_high, r;

    if (d_high == 0) {
        uint64_t d_low = (uint64_t)d; // zero faults, as a division by zero does

        q_high = high / d_low;
        low = div_2by1(high % d_low, low, d_low, &r);
        if (rest)
            *rest = r;
        return (u128)q_high << 64 | low;
    }

    // The divisor has more than 64 bits, so the quotient has at most 64. Guess it from the top 64
    // bits of the divisor, scaled up; the guess is right or one too big (Knuth, TAOCP 2, 4.3.1).
    int shift = __builtin_clzll(d_high);
    uint64_t top = (uint64_t)(d << shift >> 64);
    uint64_t q = div_2by1(high >> 1, (uint64_t)(n >> 1), top, &r) >> (63 - shift);

    if (q)
        q--; // now right or one too small
    n -= (u128)q * d;
    if (n >= d) {
        n -= d;
        q++;
    }
    if (rest)
        *rest = n;
    return q;
}

u128 __udivti3(u128 n, u128 d)
{
    return __udivmodti4(n, d, 0);
}

u128 __umodti3(u128 n, u128 d)
{
    u128 rest;

    (void)__udivmodti4(n, d, &rest); // only the rest is asked for
    return rest;
}

static u128 magnitude(i128 v)
{
    return v < 0 ? 0 - (u128)v : (u128)v;
}

i128 __divti3(i128 n, i128 d)
{
    u128 q = __udivmodti4(magnitude(n), magnitude(d), 0);

    return (i128)((n < 0) != (d < 0) ? 0 - q : q);
}

i128 __modti3(i128 n, i128 d)
{
    u128 rest;

    (void)__udivmodti4(magnitude(n), magnitude(d), &rest); // only the rest is asked for
    return (i128)(n < 0 ? 0 - rest : rest);
}
