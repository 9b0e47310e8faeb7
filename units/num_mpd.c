// SPDX-License-Identifier: MIT
// libmpdec, met here alone. Contexts are explicit, traps off, exponents as wide as they go.
#include "units/num_mpd.h"

#include <mpdecimal.h>

_Static_assert(MPD_RDIGITS == 19, "words of 19 digits");

void work_open(struct work *w, struct heap *h, int64_t prec)
{
    *w = (struct work){.heap = h, .outer = heap_enter(h), .prec = prec};
}

enum err work_close(struct work *w)
{
    heap_enter(w->outer);
    return w->e;
}

static mpd_context_t context(int64_t prec, int way)
{
    return (mpd_context_t){
        .prec = prec,
        .emax = MPD_MAX_EMAX,
        .emin = MPD_MIN_EMIN,
        .round = way,
        .clamp = 0,
        .allcr = 0,
    };
}

static mpd_context_t here(const struct work *w)
{
    return context(w->prec, MPD_ROUND_HALF_EVEN);
}

// Overflow and the like cannot happen: operands are within the limits of units.
static void note(struct work *w, uint32_t status)
{
    if (status & MPD_Malloc_error)
        w->e = ERR_NO_MEMORY;
    else if (status & (MPD_Errors | MPD_Overflow | MPD_Underflow))
        w->e = ERR_INTERNAL;
    else if (w->prec == WORK_EXACT && (status & MPD_Inexact))
        w->e = ERR_INTERNAL;
}

struct mpd_t *big_new(struct work *w)
{
    mpd_t *x;

    if (w->e)
        return NULL;
    x = mpd_qnew();
    if (!x) {
        w->e = ERR_NO_MEMORY;
        return NULL;
    }
    big_int(w, x, 0);
    return x;
}

void big_del(struct work *w, struct mpd_t *x)
{
    (void)w;
    if (x)
        mpd_del(x);
}

void big_int(struct work *w, struct mpd_t *r, int64_t i)
{
    uint32_t status = 0;

    if (w->e)
        return;
    mpd_qset_i64_exact(r, i, &status);
    note(w, status);
}

void big_digits_set(struct work *w, struct mpd_t *r, bool neg, struct span digits, int64_t exp)
{
    mpd_ssize_t words = (mpd_ssize_t)(digits.len / MPD_RDIGITS + (digits.len % MPD_RDIGITS != 0));
    const char *end = digits.at + digits.len;
    uint32_t status = 0;

    if (w->e)
        return;
    if (!mpd_qresize(r, words, &status)) {
        note(w, status);
        return;
    }
    for (mpd_ssize_t i = 0; i < words; i++) { // from the last digits up
        heap_pause_at((size_t)i);
        const char *at = end - digits.at > MPD_RDIGITS ? end - MPD_RDIGITS : digits.at;
        mpd_uint_t v = 0;

        for (const char *p = at; p < end; p++)
            v = v * 10 + (mpd_uint_t)(*p - '0');
        r->data[i] = v;
        end = at;
    }
    while (words > 1 && r->data[words - 1] == 0)
        words--;
    r->len = words;
    r->exp = exp;
    mpd_set_flags(r, neg ? MPD_NEG : MPD_POS);
    mpd_setdigits(r);
}

void big_load(struct work *w, struct mpd_t *r, const struct unit *u)
{
    if (u->flags & UNIT_BIG) {
        big_digits_set(w, r, u->big->neg, (struct span){u->big->digits, u->big->n}, u->exp);
        return;
    }
    big_int(w, r, u->i);
    if (!w->e)
        r->exp = u->exp;
}

static char *put_word(char *at, mpd_uint_t v)
{
    for (int i = MPD_RDIGITS - 1; i >= 0; i--) {
        at[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return at + MPD_RDIGITS;
}

void big_store(struct work *w, struct arena *a, const struct mpd_t *x, bool dec, struct unit *out)
{
    size_t len, zeros;
    char room[40 * MPD_RDIGITS], *text = room, *at;

    if (w->e)
        return;
    if (!mpd_iszero(x) && (x->exp > UNIT_DIGITS_MAX || x->digits > 2 * UNIT_DIGITS_MAX)) {
        w->e = ERR_LIMIT;
        return;
    }
    if (x->len == 1 && x->data[0] <= INT64_MAX && (dec || x->exp == 0 || x->data[0] == 0)) {
        int64_t i = (int64_t)x->data[0];

        i = mpd_isnegative(x) ? -i : i;
        if (!dec)
            *out = unit_int(i);
        else if (unit_dec(i, x->exp, out))
            w->e = ERR_LIMIT;
        return;
    }
    len = (size_t)x->len * MPD_RDIGITS;
    zeros = dec || x->exp < 0 ? 0 : (size_t)x->exp;
    if (len + zeros > sizeof room)
        text = heap_alloc(w->heap, len + zeros);
    if (!text) {
        w->e = ERR_NO_MEMORY;
        return;
    }
    at = text;
    for (mpd_ssize_t i = x->len - 1; i >= 0; i--) {
        heap_pause_at((size_t)i);
        at = put_word(at, x->data[i]);
    }
    memset(at, '0', zeros);
    w->e = unit_num(a, mpd_isnegative(x), (struct span){text, len + zeros}, dec, dec ? x->exp : 0,
                    out);
    if (w->e == ERR_TOO_BIG)
        w->e = ERR_LIMIT;
    if (text != room)
        heap_free(w->heap, text);
}

void big_copy(struct work *w, struct mpd_t *r, const struct mpd_t *x)
{
    uint32_t status = 0;

    if (w->e)
        return;
    mpd_qcopy(r, x, &status);
    note(w, status);
}

void big_round(struct work *w, struct mpd_t *r, const struct mpd_t *x)
{
    mpd_context_t ctx = here(w);
    uint32_t status = 0;

    if (w->e)
        return;
    mpd_qplus(r, x, &ctx, &status);
    note(w, status);
}

#define BINARY(name, function)                                                               \
    void name(struct work *w, struct mpd_t *r, const struct mpd_t *x, const struct mpd_t *y) \
    {                                                                                        \
        mpd_context_t ctx = here(w);                                                         \
        uint32_t status = 0;                                                                 \
                                                                                             \
        heap_pause();                                                                        \
        if (w->e)                                                                            \
            return;                                                                          \
        function(r, x, y, &ctx, &status);                                                    \
        note(w, status);                                                                     \
    }

#define WITH_INT(name, function)                                                 \
    void name(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t i) \
    {                                                                            \
        mpd_context_t ctx = here(w);                                             \
        uint32_t status = 0;                                                     \
                                                                                 \
        heap_pause();                                                            \
        if (w->e)                                                                \
            return;                                                              \
        function(r, x, i, &ctx, &status);                                        \
        note(w, status);                                                         \
    }

BINARY(big_add, mpd_qadd)
BINARY(big_sub, mpd_qsub)
BINARY(big_mul, mpd_qmul)
BINARY(big_div, mpd_qdiv)
WITH_INT(big_add_int, mpd_qadd_i64)
WITH_INT(big_mul_int, mpd_qmul_i64)
WITH_INT(big_div_int, mpd_qdiv_i64)

void big_div_mod(struct work *w, struct mpd_t *q, struct mpd_t *r, const struct mpd_t *x,
                 const struct mpd_t *y)
{
    mpd_context_t ctx = context(WORK_EXACT, MPD_ROUND_HALF_EVEN);
    uint32_t status = 0;

    if (w->e)
        return;
    mpd_qdivmod(q, r, x, y, &ctx, &status);
    note(w, status);
}

void big_sqrt(struct work *w, struct mpd_t *r, const struct mpd_t *x)
{
    mpd_context_t ctx = here(w);
    uint32_t status = 0;

    if (w->e)
        return;
    mpd_qsqrt(r, x, &ctx, &status);
    note(w, status);
}

void big_ln(struct work *w, struct mpd_t *r, const struct mpd_t *x)
{
    mpd_context_t ctx = here(w);
    uint32_t status = 0;

    if (w->e)
        return;
    mpd_qln(r, x, &ctx, &status);
    note(w, status);
}

void big_ln10(struct work *w, struct mpd_t *r)
{
    uint32_t status = 0;

    if (w->e)
        return;
    mpd_qln10(r, w->prec, &status);
    note(w, status);
}

void big_places(struct work *w, struct mpd_t *r, const struct mpd_t *x, int64_t exp,
                enum big_way way)
{
    static const int ways[] = {
        [BIG_NEAR] = MPD_ROUND_HALF_EVEN,
        [BIG_FLOOR] = MPD_ROUND_FLOOR,
        [BIG_CEIL] = MPD_ROUND_CEILING,
        [BIG_TRUNC] = MPD_ROUND_DOWN,
    };
    mpd_context_t ctx = context(WORK_EXACT, ways[way]);
    uint32_t status = 0;

    if (w->e)
        return;
    mpd_qrescale(r, x, exp, &ctx, &status);
    note(w, status & ~(uint32_t)MPD_Inexact);
}

void big_neg(const struct work *w, struct mpd_t *x)
{
    if (!w->e && !mpd_iszero(x))
        x->flags ^= MPD_NEG;
}

void big_shift(const struct work *w, struct mpd_t *x, int64_t exp)
{
    if (!w->e)
        x->exp += exp;
}

int big_sign(const struct work *w, const struct mpd_t *x)
{
    return w->e || mpd_iszero(x) ? 0 : mpd_isnegative(x) ? -1 : 1;
}

int big_cmp(struct work *w, const struct mpd_t *x, const struct mpd_t *y)
{
    uint32_t status = 0;
    int c;

    if (w->e)
        return 0;
    c = mpd_qcmp(x, y, &status);
    note(w, status);
    return w->e ? 0 : c;
}

int64_t big_adj(const struct work *w, const struct mpd_t *x)
{
    return w->e ? 0 : mpd_adjexp(x);
}

int64_t big_exp(const struct work *w, const struct mpd_t *x)
{
    return w->e ? 0 : x->exp;
}

int64_t big_len(const struct work *w, const struct mpd_t *x)
{
    return w->e ? 0 : x->digits;
}

int64_t big_low(const struct work *w, const struct mpd_t *x)
{
    return w->e ? 0 : (int64_t)(x->data[0] % 1000000000000000000);
}

bool big_is_int(const struct work *w, const struct mpd_t *x)
{
    return !w->e && mpd_isinteger(x);
}

bool big_to_int(struct work *w, const struct mpd_t *x, int64_t *out)
{
    uint32_t status = 0;
    int64_t i;

    if (w->e)
        return false;
    i = mpd_qget_i64(x, &status);
    if (status & MPD_Malloc_error)
        w->e = ERR_NO_MEMORY;
    if (status & (MPD_Errors | MPD_Inexact))
        return false;
    *out = i;
    return true;
}
