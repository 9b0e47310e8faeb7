// SPDX-License-Identifier: MIT
// Bits of ints, as two's complement without an end: below 0 all higher bits are ones.
#include "units/num_in.h"
#include "units/num_limb.h"

// What one operation on 4096 bits takes, most of it from and to decimal, in rough ns.
enum { COST = 40000 };

// A word more than the longest operand, for its sign and for -2^NUM_BITS_MAX.
enum { LIMBS = NUM_BITS_MAX / 64 + 1, DIGITS_MAX = NUM_BITS_MAX * 30103 / 100000 + 1 };

static enum err too_wide(struct num_env *env, const char *what)
{
    return fail_set(env->fail, ERR_LIMIT, FAIL_NO_POS, NULL, "%s has more than %d bits", what,
                    (long)NUM_BITS_MAX);
}

static void negate(uint64_t *x)
{
    static const uint64_t zero[LIMBS];

    limb_sub(x, zero, x, LIMBS);
}

// A number -2^NUM_BITS_MAX <= x < 2^NUM_BITS_MAX has only signs in its top limb.
static bool fits(const uint64_t *x)
{
    return x[LIMBS - 1] + 1 <= 1;
}

static enum err load(struct num_env *env, const struct unit *x, uint64_t *out)
{
    if (x->kind != UNIT_INT)
        return num_not_int(env, x);
    if (num_is_small(x)) {
        memset(out, x->i < 0 ? 0xff : 0, LIMBS * sizeof *out);
        out[0] = (uint64_t)x->i;
        return ERR_OK;
    }
    if (x->big->n > DIGITS_MAX)
        return too_wide(env, "an operand");
    limb_load(out, LIMBS, (struct span){x->big->digits, x->big->n});
    if (x->big->neg)
        negate(out);
    return fits(out) ? ERR_OK : too_wide(env, "an operand");
}

static enum err store(struct num_env *env, uint64_t *x, struct unit *out)
{
    char text[LIMBS * 20];
    bool neg = x[LIMBS - 1] >> 63;

    if (!fits(x))
        return too_wide(env, "the result");
    if (neg)
        negate(x);
    limb_store(x, LIMBS, text);
    return unit_num(env->arena, neg, (struct span){text, sizeof text}, false, 0, out);
}

enum op { AND, OR, XOR };

static enum err bitwise(struct num_env *env, const struct unit *x, const struct unit *y, enum op op,
                        struct unit *out)
{
    uint64_t a[LIMBS], b[LIMBS];
    enum err e;

    if (x->kind == UNIT_INT && y->kind == UNIT_INT && num_is_small(x) && num_is_small(y)) {
        *out = unit_int(op == AND ? x->i & y->i : op == OR ? x->i | y->i : x->i ^ y->i);
        return ERR_OK;
    }
    e = num_spend(env, COST);
    if (e)
        return e;
    e = load(env, x, a);
    if (e)
        return e;
    e = load(env, y, b);
    if (e)
        return e;
    for (size_t i = 0; i < LIMBS; i++)
        a[i] = op == AND ? a[i] & b[i] : op == OR ? a[i] | b[i] : a[i] ^ b[i];
    return store(env, a, out);
}

enum err num_and(struct num_env *env, const struct unit *x, const struct unit *y, struct unit *out)
{
    return bitwise(env, x, y, AND, out);
}

enum err num_or(struct num_env *env, const struct unit *x, const struct unit *y, struct unit *out)
{
    return bitwise(env, x, y, OR, out);
}

enum err num_xor(struct num_env *env, const struct unit *x, const struct unit *y, struct unit *out)
{
    return bitwise(env, x, y, XOR, out);
}

enum err num_not(struct num_env *env, const struct unit *x, struct unit *out)
{
    struct unit ones = unit_int(-1);

    return num_xor(env, x, &ones, out);
}

// bits as a count; more than NUM_BITS_MAX is as good as NUM_BITS_MAX + 1
static enum err count(struct num_env *env, const struct unit *bits, size_t *out)
{
    if (bits->kind != UNIT_INT)
        return num_not_int(env, bits);
    if (num_is_neg(bits))
        return num_domain(env, "bits are shifted by 0 or more places",
                          "shl shifts up and shr shifts down");
    *out = !num_is_small(bits) || bits->i > NUM_BITS_MAX ? NUM_BITS_MAX + 1 : (size_t)bits->i;
    return ERR_OK;
}

enum err num_shl(struct num_env *env, const struct unit *x, const struct unit *bits,
                 struct unit *out)
{
    uint64_t a[LIMBS], low[LIMBS], back[LIMBS];
    int64_t small;
    size_t n;
    enum err e;

    if (x->kind != UNIT_INT)
        return num_not_int(env, x);
    e = count(env, bits, &n);
    if (e)
        return e;
    if (n < 63 && num_is_small(x) && !__builtin_mul_overflow(x->i, (int64_t)1 << n, &small)) {
        *out = unit_int(small);
        return ERR_OK;
    }
    if (num_is_zero(x)) {
        *out = unit_int(0);
        return ERR_OK;
    }
    if (n > NUM_BITS_MAX)
        return too_wide(env, "the result");
    e = num_spend(env, COST);
    if (e)
        return e;
    e = load(env, x, a);
    if (e)
        return e;
    // Nothing but signs may leave at the top: the way back must lead to the same number.
    limb_shl(low, a, LIMBS, n);
    limb_shr(back, low, LIMBS, n);
    if (n && low[LIMBS - 1] >> 63) {
        uint64_t ones[LIMBS];

        memset(ones, 0xff, sizeof ones);
        limb_shl(ones, ones, LIMBS, 64 * LIMBS - n);
        limb_add(back, back, ones, LIMBS);
    }
    if (limb_cmp(back, a, LIMBS) != 0)
        return too_wide(env, "the result");
    return store(env, low, out);
}

enum err num_shr(struct num_env *env, const struct unit *x, const struct unit *bits,
                 struct unit *out)
{
    uint64_t a[LIMBS], r[LIMBS], flip = num_is_neg(x) ? UINT64_MAX : 0;
    size_t n;
    enum err e;

    if (x->kind != UNIT_INT)
        return num_not_int(env, x);
    e = count(env, bits, &n);
    if (e)
        return e;
    if (num_is_small(x)) {
        *out = unit_int(n < 64 ? x->i >> n : x->i >> 63);
        return ERR_OK;
    }
    e = num_spend(env, COST);
    if (e)
        return e;
    e = load(env, x, a);
    if (e)
        return e;
    for (size_t i = 0; i < LIMBS; i++) // below 0: floor(x / 2^n) = -1 - (-1 - x) / 2^n
        a[i] ^= flip;
    limb_shr(r, a, LIMBS, n);
    for (size_t i = 0; i < LIMBS; i++)
        r[i] ^= flip;
    return store(env, r, out);
}
