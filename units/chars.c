// SPDX-License-Identifier: MIT
// Characters of the language.
#include "units/chars.h"

#include "units/limits.h"
#include "units/parse.h"

#define W (CHAR_WORD | CHAR_PLAIN)
#define N (CHAR_WORD | CHAR_PLAIN | CHAR_NAME)
#define P CHAR_PLAIN
#define H CHAR_HIGH
#define B CHAR_BLANK
// clang-format off
const uint8_t char_class[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, B, B, 0, 0, B, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    P | B, P, P, W, P, P, P, P, P, P, P, P, P, W, W, W, // space ! " # .. - . /
    N, N, N, N, N, N, N, N, N, N, P, P, P, P, P, P,     // 0-9
    P, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,     // @ A ..
    W, W, W, W, W, W, W, W, W, W, W, P, 0, P, P, W,     // .. Z [ backslash ] ^ _
    0, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,     // ` a ..
    N, N, N, N, N, N, N, N, N, N, N, P, P, P, P, 0,     // .. z { | } ~ DEL
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
};
// clang-format on
#undef W
#undef N
#undef P
#undef H
#undef B

int utf8_load(const char *at, const char *end, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)at;
    size_t room = (size_t)(end - at);
    unsigned c = p[0], low = 0x80, high = 0xBF;
    int n;

    if (c < 0x80) {
        *code = c;
        return 1;
    }
    if (c >= 0xC2 && c <= 0xDF) {
        n = 2;
        c &= 0x1F;
    } else if (c >= 0xE0 && c <= 0xEF) {
        n = 3;
        low = c == 0xE0 ? 0xA0 : 0x80;
        high = c == 0xED ? 0x9F : 0xBF; // no surrogates
        c &= 0x0F;
    } else if (c >= 0xF0 && c <= 0xF4) {
        n = 4;
        low = c == 0xF0 ? 0x90 : 0x80;
        high = c == 0xF4 ? 0x8F : 0xBF; // at most 10FFFF
        c &= 0x07;
    } else {
        return 0;
    }
    for (int i = 1; i < n; i++) {
        if ((size_t)i >= room)
            return -1;
        if (p[i] < low || p[i] > high)
            return 0;
        c = c << 6 | (p[i] & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    *code = c;
    return n;
}

unsigned utf8_store(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

bool char_is_word(uint32_t code)
{
    static const struct {
        uint32_t from, to;
    } out[] = {
        {0, 0xA0},        {0xAD, 0xAD},     {0x1680, 0x1680}, {0x2000, 0x200F}, {0x2028, 0x202F},
        {0x205F, 0x206F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
    };

    for (size_t i = 0; i < COUNT(out) && code >= out[i].from; i++)
        if (code <= out[i].to)
            return false;
    return true;
}

bool text_is_number(struct span token, bool *dec)
{
    const char *p = token.at, *end = p + token.len, *digits;

    *dec = false;
    if (p < end && *p == '-')
        p++;
    for (digits = p; p < end && *p >= '0' && *p <= '9';)
        p++;
    if (p == digits)
        return false;
    if (p < end && *p == '.') {
        *dec = true;
        for (digits = ++p; p < end && *p >= '0' && *p <= '9';)
            p++;
        if (p == digits)
            return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        *dec = true;
        if (++p < end && *p == '-')
            p++;
        for (digits = p; p < end && *p >= '0' && *p <= '9';)
            p++;
        if (p == digits)
            return false;
    }
    return p == end;
}

bool text_is_plain(struct span text)
{
    unsigned char all = CHAR_PLAIN;

    for (size_t i = 0; i < text.len; i++)
        all &= char_class_of(text.at[i]);
    return all != 0;
}

bool text_is_bare(struct span text)
{
    const char *p = text.at, *end = p + text.len;
    bool dec;

    if (p == end)
        return false;
    if (text.len == 1 && (*p == '-' || *p == 't' || *p == 'f' || *p == '#'))
        return false;
    if (*p == '0' && text.len >= 2 && p[1] == 'x')
        return false;
    while (p < end) {
        uint32_t code;
        int n = 1;

        if (!(char_class_of(*p) & CHAR_WORD)) {
            if (!(char_class_of(*p) & CHAR_HIGH))
                return false;
            n = utf8_load(p, end, &code);
            if (n <= 0 || !char_is_word(code))
                return false;
        }
        p += n;
    }
    return !text_is_number(text, &dec);
}

size_t text_quoted_bytes(struct span text)
{
    const char *p = text.at, *end = p + text.len;
    size_t bytes = text.len;

    if (text_is_plain(text))
        return bytes;
    while (p < end) {
        uint32_t code;
        int n;

        if (char_class_of(*p) & CHAR_PLAIN) {
            p++;
            continue;
        }
        n = utf8_load(p, end, &code);
        if (n <= 1) {
            // backslash and backtick, \n \r \t \0: one byte more; other controls: \xHH
            bool shrt = code == '\\' || code == '`' || code == '\n' || code == '\r' ||
                        code == '\t' || code == 0;

            bytes += shrt ? 1 : 3;
            n = 1;
        } else if (char_is_escaped(code)) {
            unsigned hex = 1;

            for (uint32_t c = code; c > 15; c >>= 4)
                hex++;
            bytes += 4 + hex - (unsigned)n; // \u{..} for n bytes
        }
        p += n;
    }
    return bytes;
}

bool text_is_service(struct span text)
{
    const char *p = text.at, *end = p + text.len;

    if (text.len > UNIT_SERVICE_MAX_BYTES)
        return false;
    for (;;) {
        const char *part = p;

        while (p < end && (char_class_of(*p) & CHAR_NAME))
            p++;
        if (p == part)
            return false;
        if (p == end)
            return true;
        if (*p++ != '.')
            return false;
    }
}

bool text_is_utf8(struct span text, size_t *bad)
{
    const char *p = text.len ? text.at : "", *end = p + text.len;

    while (p < end) {
        uint32_t code;
        uint64_t eight;
        int n;

        if (end - p >= 8) { // eight ASCII bytes at a time
            memcpy(&eight, p, 8);
            if (!(eight & 0x8080808080808080u)) {
                p += 8;
                continue;
            }
        }
        n = utf8_load(p, end, &code);
        if (n <= 0) {
            *bad = (size_t)(p - text.at);
            return false;
        }
        p += n;
    }
    return true;
}
