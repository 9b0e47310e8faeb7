// SPDX-License-Identifier: MIT
// The short ways of the parser: words, numbers and quoted texts of the usual kind, eight bytes at a
// time. Each gives the byte behind its token, or NULL for what is unusual, which is left to
// token_leaf; that gives the same units, and the tests compare both.
#ifndef TELEX_UNITS_TOKEN_FAST_H
#define TELEX_UNITS_TOKEN_FAST_H

#include "units/chars.h"
#include "units/token.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

// Bytes that must follow where a token begins, so that nothing here needs to ask for the end.
enum {
    FAST_ROOM = 40,
    FAST_MAX = 0xFFFF,    // longer texts are left
    FAST_PIECE = 1 << 16, // then it is time for a pause
};

#define FAST_ALL(byte) ((uint64_t)(byte)*0x0101010101010101u)

static inline uint64_t fast_load(const char *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return v;
}

// Which of eight bytes it is whose top bit is the lowest one set.
static inline unsigned fast_first(uint64_t tops)
{
    return (unsigned)__builtin_ctzll(tops) / 8;
}

// Top bits of the bytes that are no ASCII letters, digits, - . or /. Without a branch, since where
// a word ends cannot be predicted. Below 0x80 sums do not carry: x + (0x80 - low) has the top bit
// from `low` on, and in what two such sums differ is a range.
static inline uint64_t fast_ends(uint64_t v)
{
    uint64_t x = v & FAST_ALL(0x7F), l = x | FAST_ALL(0x20); // l: lower case
    uint64_t words = (l + FAST_ALL(0x80 - 'a')) ^ (l + FAST_ALL(0x80 - 'z' - 1)) ^
                     (x + FAST_ALL(0x80 - '-')) ^ (x + FAST_ALL(0x80 - '9' - 1));

    return (~words | v) & FAST_ALL(0x80);
}

// Top bits of the bytes that do not stand for themselves in a text: below 20, ` \ DEL, past 7F.
// A byte below n borrows; above it other bytes may be marked wrongly, so only the lowest counts.
static inline uint64_t fast_odd(uint64_t v)
{
    return (v | (v + FAST_ALL(1)) | (v - FAST_ALL(0x20)) | ((v ^ FAST_ALL('`')) - FAST_ALL(1)) |
            ((v ^ FAST_ALL('\\')) - FAST_ALL(1))) &
           FAST_ALL(0x80);
}

// Length of the letter past ASCII at p when it is of a common block, else 0.
static inline unsigned fast_letter(const char *p)
{
    unsigned char c = (unsigned char)*p;

    if (c >= 0xC3 && c <= 0xDF && ((unsigned char)p[1] & 0xC0) == 0x80)
        return 2; // U+00C0 to U+07FF: all are word characters
    if (c >= 0xE4 && c <= 0xEC && ((unsigned char)p[1] & 0xC0) == 0x80 &&
        ((unsigned char)p[2] & 0xC0) == 0x80)
        return 3; // U+4000 to U+CFFF: likewise
    return 0;
}

static inline uint32_t fast_head(uint64_t n)
{
    return 1u + (n >= 24) + (n >= 0x100) + (n >= 0x10000) * 2u + (n >> 32 != 0) * 4u;
}

// String unit of n bytes, `print` as printed.
static inline struct unit fast_str(const char *s, size_t n, size_t print)
{
    return (struct unit){
        .kind = UNIT_STR,
        .n = (uint32_t)n,
        .nodes = 1,
        .bytes = fast_head(n) + (uint32_t)n,
        .text = (uint32_t)print,
        .s = s,
    };
}

// The same of a copy of the n bytes at p; whole words are read and written.
static inline bool fast_text(struct arena *a, const char *p, size_t n, size_t print,
                             struct unit *out)
{
    char *copy = arena_new(a, (n + 7) & ~(size_t)7);

    if (!copy)
        return false;
    for (size_t i = 0; i < n; i += 8)
        memcpy(copy + i, p + i, 8);
    *out = fast_str(copy, n, print);
    return true;
}

// A word that is long, or has # or _ or letters past ASCII in it.
const char *fast_word_long(struct arena *a, const char *p, const char *safe, struct unit *out);

static inline const char *fast_word(struct arena *a, const char *p, const char *safe,
                                    struct unit *out)
{
    uint64_t v = fast_load(p), ends = fast_ends(v);
    unsigned n;
    char *copy;

    if (!ends)
        return fast_word_long(a, p, safe, out);
    n = fast_first(ends);
    if (char_class_of(p[n]) & (CHAR_WORD | CHAR_HIGH))
        return fast_word_long(a, p, safe, out);
    if (n == 1 && (*p == 't' || *p == 'f')) {
        *out = (struct unit){.kind = UNIT_BOOL, .nodes = 1, .bytes = 1, .text = 1, .i = *p == 't'};
        return p + n;
    }
    copy = arena_new(a, 8);
    if (!copy)
        return NULL;
    memcpy(copy, &v, 8);
    *out = (struct unit){
        .kind = UNIT_STR, .n = n, .nodes = 1, .bytes = n + 1, .text = n, .s = copy};
    return p + n;
}

// Top bits of the bytes that are no digits, of eight bytes less '0' each; the lowest counts.
static inline uint64_t fast_nondigits(uint64_t v)
{
    return ((v + FAST_ALL(0x80 - 10)) | v) & FAST_ALL(0x80);
}

// Value of the first n of eight digits, 1 <= n <= 8. Neighbours are added up in three steps: digits
// to pairs, pairs to fours, fours to eight.
static inline uint64_t fast_value(uint64_t v, unsigned n)
{
    v <<= 64 - 8 * n;
    v = v * 10 + (v >> 8);
    return ((v & 0x000000FF000000FFu) * 0x000F424000000064u +
            (v >> 16 & 0x000000FF000000FFu) * 0x0000271000000001u) >>
           32;
}

// A number with a point or of many digits.
const char *fast_num_long(const char *p, struct unit *out);

static inline const char *fast_num(const char *p, struct unit *out)
{
    bool neg = *p == '-';
    const char *d = p + neg;
    uint64_t v = fast_load(d) ^ FAST_ALL('0'), ends = fast_nondigits(v);
    unsigned n;

    if (!ends)
        return fast_num_long(p, out);
    n = fast_first(ends);
    if (char_class_of(d[n]) & (CHAR_WORD | CHAR_HIGH))
        return fast_num_long(p, out);
    if (!n || (*d == '0' && (neg || n > 1)))
        return NULL;
    v = fast_value(v, n);
    *out = (struct unit){
        .kind = UNIT_INT,
        .nodes = 1,
        .bytes = fast_head(v - neg),
        .text = n + neg,
        .i = neg ? -(int64_t)v : (int64_t)v,
    };
    return d + n;
}

const char *fast_quoted(struct arena *a, const char *p, const char *safe, struct unit *out);

#endif
