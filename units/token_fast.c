// SPDX-License-Identifier: MIT
// The short ways of the parser for what is longer than eight bytes or has its peculiarities.
#include "units/token_fast.h"

const char *fast_word_long(struct arena *a, const char *p, const char *safe, struct unit *out)
{
    const char *begin = p;

    while (p < safe) {
        uint64_t ends = fast_ends(fast_load(p));
        unsigned letter;

        if (!ends) {
            p += 8;
            continue;
        }
        p += fast_first(ends);
        if (char_class_of(*p) & CHAR_WORD) { // # or _
            p++;
        } else if (char_class_of(*p) & CHAR_HIGH) {
            letter = fast_letter(p);
            if (!letter)
                return NULL;
            p += letter;
        } else {
            size_t n = (size_t)(p - begin);

            return n <= FAST_MAX && fast_text(a, begin, n, n, out) ? p : NULL;
        }
    }
    return NULL;
}

// clang-format off
static const uint64_t tens[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
    100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
};
// clang-format on

// Up to 15 digits: how many, and their value. 0 when there are none or more.
static unsigned digits(const char *p, uint64_t *out)
{
    uint64_t v = fast_load(p) ^ FAST_ALL('0'), ends = fast_nondigits(v);
    unsigned n;

    if (ends) {
        n = fast_first(ends);
        *out = n ? fast_value(v, n) : 0;
        return n;
    }
    *out = fast_value(v, 8);
    v = fast_load(p + 8) ^ FAST_ALL('0');
    ends = fast_nondigits(v);
    if (!ends)
        return 0;
    n = fast_first(ends);
    if (n)
        *out = *out * tens[n] + fast_value(v, n);
    return 8 + n;
}

const char *fast_num_long(const char *p, struct unit *out)
{
    bool neg = *p == '-', dec;
    const char *end = p + neg;
    uint64_t v, low;
    unsigned n = digits(end, &v), m = 0;

    if (!n || (*end == '0' && n > 1))
        return NULL;
    end += n;
    dec = *end == '.';
    if (dec) {
        m = digits(++end, &low);
        end += m;
        // as printed: the last digit is not 0
        if (!m || n + m > 18 || end[-1] == '0')
            return NULL;
        v = v * tens[m] + low;
    }
    if (char_class_of(*end) & (CHAR_WORD | CHAR_HIGH))
        return NULL;
    *out = (struct unit){
        .kind = dec ? UNIT_DEC : UNIT_INT,
        .nodes = 1,
        .bytes = fast_head(v - neg) + (dec ? 4 : 0), // a tag, a list of two, the exponent
        .text = (uint32_t)(end - p),
        .exp = -(int32_t)m,
        .i = neg ? -(int64_t)v : (int64_t)v,
    };
    return end;
}

// Top bits of the bytes that are no ASCII word characters at all.
static inline uint64_t signs_of(uint64_t v)
{
    uint64_t x = v & FAST_ALL(0x7F);

    return fast_ends(v) & ~(FAST_ALL(0x80) - (x ^ FAST_ALL('#'))) &
           ~(FAST_ALL(0x80) - (x ^ FAST_ALL('_')));
}

// What an escape means that prints as it stands, without \0, which is rare; 0 for others.
static char escape(char c)
{
    switch (c) {
    case '\\':
    case '`':
        return c;
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

// A text of n bytes as written, in which there are such escapes; `escapes` of them.
static bool fast_escaped(struct arena *a, const char *p, size_t n, size_t escapes, struct unit *out)
{
    const char *end = p + n;
    char *copy = arena_new(a, n + 7), *to = copy; // the last word may reach so far

    if (!copy)
        return false;
    while (p < end) {
        uint64_t v = fast_load(p), x = v ^ FAST_ALL('\\');
        uint64_t at = (x - FAST_ALL(1)) & ~x & FAST_ALL(0x80);
        unsigned run = at ? fast_first(at) : 8;

        memcpy(to, &v, 8);
        p += run;
        to += run;
        if (at && p < end) {
            *to++ = escape(p[1]);
            p += 2;
        }
    }
    *out = fast_str(copy, n - escapes, n + 2);
    return true;
}

// A text in backticks that prints as it is written, or without the quotes.
const char *fast_quoted(struct arena *a, const char *p, const char *safe, struct unit *out)
{
    const char *begin = ++p;
    uint64_t signs = 0;
    size_t n, escapes = 0;

    while (p < safe) {
        uint64_t v = fast_load(p), odd = fast_odd(v);
        unsigned letter;

        if (!odd) {
            signs = signs ? signs : signs_of(v);
            p += 8;
            continue;
        }
        signs = signs ? signs : signs_of(v) & ((odd & (0 - odd)) - 1); // those in front of it
        p += fast_first(odd);
        if (*p == '`')
            break;
        if (*p == '\\' && escape(p[1])) {
            escapes++;
            p += 2;
            continue;
        }
        letter = fast_letter(p);
        if (!letter)
            return NULL;
        p += letter;
    }
    n = (size_t)(p - begin);
    if (p >= safe || n > FAST_MAX)
        return NULL;
    if (escapes)
        return fast_escaped(a, begin, n, escapes, out) ? p + 1 : NULL;
    if (signs)
        return fast_text(a, begin, n, n + 2, out) ? p + 1 : NULL;
    if (n < 2 || token_kind[(unsigned char)*begin] == TOKEN_NUMBER)
        return NULL; // it might look like another unit
    return fast_text(a, begin, n, n, out) ? p + 1 : NULL;
}
