// SPDX-License-Identifier: MIT
// The short ways of the parser: words, small ints and plain quoted texts that lie whole in the
// text. What is unusual is left to token_leaf, which gives the same units; the tests compare both.
#ifndef TELEX_UNITS_TOKEN_FAST_H
#define TELEX_UNITS_TOKEN_FAST_H

#include "units/chars.h"
#include "units/token.h"

static inline uint32_t fast_head(size_t n)
{
    return n < 24 ? 1 : n < 0x100 ? 2 : n < 0x10000 ? 3 : 5;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

// How many of eight bytes, from the first on, are ASCII from 20 to 7E without backtick and
// backslash? Eight at a time: a byte below n shows as a top bit in (v - n) & ~v, and the lowest
// such bit is always a true one.
static inline unsigned fast_plain8(const char *p)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
    uint64_t v, tick, slash, del, odd;

    memcpy(&v, p, 8);
    tick = v ^ ones * '`';
    slash = v ^ ones * '\\';
    del = v ^ ones * 0x7F;
    odd = (v | ((v - ones * 0x20) & ~v) | ((tick - ones) & ~tick) | ((slash - ones) & ~slash) |
           ((del - ones) & ~del)) &
          tops;
    return odd ? (unsigned)__builtin_ctzll(odd) / 8 : 8;
}

// How many of eight bytes, from the first on, are ASCII word characters? Without a branch: where
// a word ends cannot be predicted. On seven bits sums do not carry over: x + (0x80 - low) has the
// top bit from `low` on, x + (0x7F - high) has it above `high`.
static inline unsigned fast_word8(const char *p)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
    uint64_t v, x, l, words;

    memcpy(&v, p, 8);
    x = v & ~tops;
    l = x | ones * 0x20; // lower case
    words = (l + ones * (0x80 - 'a')) & ~(l + ones * (0x7F - 'z'));
    words |= (x + ones * (0x80 - '-')) & ~(x + ones * (0x7F - '9')); // - . / 0..9
    words |= (tops - (x ^ ones * '#')) | (tops - (x ^ ones * '_'));
    words = ~(words & ~v) & tops;
    return words ? (unsigned)__builtin_ctzll(words) / 8 : 8;
}

// Copy of a text; `room` bytes can be read from it, so short ones are copied in whole words.
static inline char *fast_copy(struct arena *a, const char *text, size_t n, size_t room)
{
    char *copy = arena_new(a, (n + 7) & ~(size_t)7);

    if (!copy)
        return NULL;
    if (n <= 8 && room >= 8) {
        memcpy(copy, text, 8);
    } else if (n <= 32 && n > 8 && room >= 32) {
        // the last words may overlap; all of it lies in what was asked for
        memcpy(copy, text, 8);
        if (n > 16)
            memcpy(copy + 8, text + 8, 8);
        if (n > 24)
            memcpy(copy + 16, text + 16, 8);
        memcpy(copy + ((n - 1) & ~(size_t)7), text + ((n - 1) & ~(size_t)7), 8);
    } else {
        memcpy(copy, text, n);
    }
    return copy;
}

static inline bool fast_str(struct arena *a, const char *text, size_t n, size_t quotes,
                            const char *stop, struct unit *out)
{
    char *copy;

    if (n > 0xFFFFFF - 16)
        return false;
    copy = fast_copy(a, text, n, (size_t)(stop - text));
    if (!copy)
        return false;
    *out = (struct unit){
        .kind = UNIT_STR,
        .n = (uint32_t)n,
        .nodes = 1,
        .bytes = fast_head(n) + (uint32_t)n,
        .text = (uint32_t)(n + quotes),
        .s = copy,
    };
    return true;
}

static inline bool fast_word(struct arena *a, const char *p, const char *stop, struct unit *out,
                             const char **next)
{
    const char *begin = p;
    unsigned n;

    do {
        if (stop - p < 16)
            return false;
        n = fast_word8(p);
        p += n;
    } while (n == 8);
    if ((unsigned char)*begin >= 0x80 || (char_class_of(*p) & CHAR_HIGH))
        return false;
    *next = p;
    if (p - begin == 1 && (*begin == 't' || *begin == 'f')) {
        *out = (struct unit){
            .kind = UNIT_BOOL, .nodes = 1, .bytes = 1, .text = 1, .i = *begin == 't'};
        return true;
    }
    return fast_str(a, begin, (size_t)(p - begin), 0, stop, out);
}

// Value of n digits, 1 to 8, in eight bytes; false when others are among them. Neighbours are added
// up in three steps: digits to pairs, pairs to fours, fours to eight.
static inline bool fast_digits(const char *p, unsigned n, uint64_t *out)
{
    uint64_t v;

    memcpy(&v, p, 8);
    v = (v << (64 - 8 * n)) | (n < 8 ? 0x3030303030303030u >> (8 * n) : 0);
    if (((v & 0xF0F0F0F0F0F0F0F0u) | ((v + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) >> 4) !=
        0x3333333333333333u)
        return false;
    v -= 0x3030303030303030u;
    v = v * 10 + (v >> 8);
    *out = ((v & 0x000000FF000000FFu) * 0x000F424000000064u +
            (v >> 16 & 0x000000FF000000FFu) * 0x0000271000000001u) >>
           32;
    return true;
}

// Up to 16 digits: their value, and how many; 0 when there are none or more.
static inline unsigned fast_run(const char *p, unsigned word, uint64_t *out)
{
    static const uint64_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    uint64_t v;

    if (word <= 8)
        return fast_digits(p, word, out) ? word : 0;
    if (word > 16 || !fast_digits(p, 8, out) || !fast_digits(p + 8, word - 8, &v))
        return 0;
    *out = *out * tens[word - 8] + v;
    return word;
}

// A number as it would print: an int, or a dec with a point, of at most 16 digits.
static inline bool fast_num(const char *p, const char *stop, struct unit *out, const char **next)
{
    const char *begin = p, *point;
    bool neg = *p == '-';
    uint64_t v, low;
    unsigned n, m = 0;

    p += neg;
    if (stop - p < 32)
        return false;
    n = fast_word8(p);
    if (n == 8)
        n += fast_word8(p + 8);
    if (n == 0 || n == 16 || (char_class_of(p[n]) & CHAR_HIGH))
        return false;
    point = memchr(p, '.', n);
    if (point) {
        m = n - 1 - (unsigned)(point - p);
        n = (unsigned)(point - p);
    }
    if (n == 0 || !fast_run(p, n, &v) || (*p == '0' && (neg || n > 1)))
        return false;
    if (point) {
        static const uint64_t tens[] = {1,      10,      100,      1000,      10000,     100000,
                                        1000000, 10000000, 100000000, 1000000000, 10000000000,
                                        100000000000, 1000000000000, 10000000000000,
                                        100000000000000};

        if (m == 0 || point[m] == '0' || !fast_run(point + 1, m, &low))
            return false;
        v = v * tens[m] + low;
        *next = point + 1 + m;
    } else {
        *next = p + n;
    }
    *out = (struct unit){
        .kind = point ? UNIT_DEC : UNIT_INT,
        .nodes = 1,
        .text = (uint32_t)(*next - begin),
        .exp = -(int32_t)m,
        .i = neg ? -(int64_t)v : (int64_t)v,
    };
    v -= neg;
    out->bytes = (v < 24 ? 1 : v < 0x100 ? 2 : v < 0x10000 ? 3 : v >> 32 ? 9 : 5) + (point ? 4u : 0);
    return true;
}

// A text in backticks of plain ASCII and of letters past it, with a sign in it that keeps it quoted.
static inline bool fast_quoted(struct arena *a, const char *p, const char *stop, struct unit *out,
                               const char **next)
{
    const char *begin = ++p;
    bool signs = false;

    for (;;) {
        unsigned n;

        do {
            if (stop - p < 16)
                return false;
            n = fast_plain8(p);
            if (!signs)
                signs = fast_word8(p) < n;
            p += n;
        } while (n == 8);
        if (*p == '`')
            break;
        if ((unsigned char)p[0] >= 0xC3 && (unsigned char)p[0] <= 0xDF &&
            ((unsigned char)p[1] & 0xC0) == 0x80) {
            p += 2; // U+00C0 to U+07FF: all are word characters
        } else if ((unsigned char)p[0] >= 0xE4 && (unsigned char)p[0] <= 0xEC &&
                   ((unsigned char)p[1] & 0xC0) == 0x80 && ((unsigned char)p[2] & 0xC0) == 0x80) {
            p += 3; // U+4000 to U+CFFF: likewise
        } else {
            return false;
        }
    }
    *next = p + 1;
    return signs && fast_str(a, begin, (size_t)(p - begin), 2, stop, out);
}

#endif
