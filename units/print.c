// SPDX-License-Identifier: MIT
// The canonical print. Lengths are known beforehand (u->text), so nothing here checks for room.
#include "units/print.h"

#include "units/chars.h"
#include "units/heap.h"

static char *put(char *out, const char *text, size_t n)
{
    memcpy(out, text, n);
    return out + n;
}

// The same for texts that are mostly short: two halves that may overlap take no loop.
static inline char *put_short(char *out, const char *text, size_t n)
{
    if (n > 16) {
        memcpy(out, text, n);
    } else if (n >= 8) {
        memcpy(out, text, 8);
        memcpy(out + n - 8, text + n - 8, 8);
    } else if (n >= 4) {
        memcpy(out, text, 4);
        memcpy(out + n - 4, text + n - 4, 4);
    } else if (n) {
        out[0] = text[0];
        out[n / 2] = text[n / 2];
        out[n - 1] = text[n - 1];
    }
    return out + n;
}

// Digits of a number in front of `end`; gives their beginning.
static inline char *put_digits(uint64_t u, char *end)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233"
        "34353637383940414243444546474849505152535455565758596061626364656667"
        "6869707172737475767778798081828384858687888990919293949596979899";

    while (u >= 100) {
        end -= 2;
        memcpy(end, pairs + u % 100 * 2, 2);
        u /= 100;
    }
    if (u < 10) {
        *--end = (char)('0' + u);
        return end;
    }
    end -= 2;
    memcpy(end, pairs + u * 2, 2);
    return end;
}

static char *put_hex(uint32_t u, unsigned width, char *out)
{
    while (u >> (4 * width) && width < 8)
        width++;
    while (width--)
        *out++ = "0123456789abcdef"[u >> (4 * width) & 15];
    return out;
}

enum { RUN_MAX = 1 << 16 }; // then it is time for a pause

static char *put_quoted(struct span text, char *out)
{
    const char *p = text.at, *end = p + text.len;

    *out++ = '`';
    while (p < end) {
        const char *run = p;
        uint32_t code;
        int n;

        heap_pause();
        while (p < end && p - run < RUN_MAX && (char_class_of(*p) & CHAR_PLAIN))
            p++;
        out = put(out, run, (size_t)(p - run));
        if (p == end)
            break;
        if (char_class_of(*p) & CHAR_PLAIN)
            continue;
        n = utf8_load(p, end, &code);
        if (n > 1 && !char_is_escaped(code)) {
            out = put(out, p, (size_t)n);
        } else {
            *out++ = '\\';
            switch (code) {
            case '\\':
            case '`':
                *out++ = (char)code;
                break;
            case '\n':
                *out++ = 'n';
                break;
            case '\r':
                *out++ = 'r';
                break;
            case '\t':
                *out++ = 't';
                break;
            case 0:
                *out++ = '0';
                break;
            default:
                if (n <= 1) {
                    *out++ = 'x';
                    out = put_hex(code, 2, out);
                } else {
                    out = put(out, "u{", 2);
                    out = put_hex(code, 1, out);
                    *out++ = '}';
                }
            }
        }
        p += n > 0 ? n : 1;
    }
    *out++ = '`';
    return out;
}

static inline char *put_str(const struct unit *u, char *out)
{
    // A bare string is as long as its text; a quoted one is two longer at least.
    if (u->text == u->n)
        return put_short(out, u->s, u->n);
    if (u->text != u->n + 2)
        return put_quoted(unit_span(u), out);
    *out++ = '`'; // nothing to escape: each escape is longer than what it stands for
    out = put_short(out, u->s, u->n);
    *out++ = '`';
    return out;
}

static char *put_zeros(char *out, size_t n)
{
    memset(out, '0', n);
    return out + n;
}

static inline char *put_int(const struct unit *u, char *out)
{
    char *end = out + u->text;

    *out = '-'; // overwritten by the first digit if there is no sign
    (void)put_digits(u->i < 0 ? 0 - (uint64_t)u->i : (uint64_t)u->i, end);
    return end;
}

// The length is known, so the digits are written from the end on.
static char *put_dec(const struct unit *u, char *out)
{
    uint64_t coef = u->i < 0 ? 0 - (uint64_t)u->i : (uint64_t)u->i;
    char *end = out + u->text, *digits;

    if (u->i < 0)
        *out++ = '-';
    if (u->exp >= 0) { // ddd000.0
        digits = end - 2 - u->exp;
        (void)put_digits(coef, digits);
        return put(put_zeros(digits, (size_t)u->exp), ".0", 2);
    }
    digits = put_digits(coef, end);
    if (digits > out + 1) // 0.00ddd
        put_zeros(out + 1, (size_t)(digits - out - 1));
    for (; out < end - 1 + u->exp; out++) // what stands before the point makes room for it
        out[0] = out[1];
    *out = '.';
    return end;
}

static char *put_big(const struct unit *u, char *out)
{
    struct span digits = {u->big->digits, u->big->n};
    size_t whole;

    if (u->big->neg)
        *out++ = '-';
    if (u->kind == UNIT_INT)
        return put(out, digits.at, digits.len);
    if (u->exp >= 0) {
        out = put(out, digits.at, digits.len);
        out = put_zeros(out, (size_t)u->exp);
        return put(out, ".0", 2);
    }
    whole = (size_t) - (int64_t)u->exp;
    if (digits.len > whole) {
        out = put(out, digits.at, digits.len - whole);
        *out++ = '.';
        return put(out, digits.at + digits.len - whole, whole);
    }
    out = put(out, "0.", 2);
    out = put_zeros(out, whole - digits.len);
    return put(out, digits.at, digits.len);
}

// RFC 4648 section 4.
static char *put_base64(struct span bytes, char *out)
{
    static const char sign[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)bytes.at;
    size_t n = bytes.len;

    for (; n >= 8; n -= 6, p += 6, out += 8) { // six at a time, of the eight that are looked at
        uint64_t v;

        memcpy(&v, p, sizeof v);
        v = __builtin_bswap64(v) >> 16; // the first byte is the lowest: token_fast.h
        out[0] = sign[v >> 42];
        out[1] = sign[v >> 36 & 63];
        out[2] = sign[v >> 30 & 63];
        out[3] = sign[v >> 24 & 63];
        out[4] = sign[v >> 18 & 63];
        out[5] = sign[v >> 12 & 63];
        out[6] = sign[v >> 6 & 63];
        out[7] = sign[v & 63];
    }
    for (; n >= 3; n -= 3, p += 3) {
        uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

        *out++ = sign[v >> 18];
        *out++ = sign[v >> 12 & 63];
        *out++ = sign[v >> 6 & 63];
        *out++ = sign[v & 63];
    }
    if (n) {
        uint32_t v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);

        *out++ = sign[v >> 18];
        *out++ = sign[v >> 12 & 63];
        *out++ = n == 2 ? sign[v >> 6 & 63] : '=';
        *out++ = '=';
    }
    return out;
}

// The most frequent leaves without a call.
static inline char *put_part(const struct unit *u, char *out)
{
    if (u->kind == UNIT_STR)
        return put_str(u, out);
    return unit_print(u, out);
}

static char *put_items(const struct unit *u, char *out)
{
    for (uint32_t i = 0; i < u->n; i++) {
        heap_pause_at(i);
        if (i)
            *out++ = ' ';
        out = put_part(&u->items[i], out);
    }
    return out;
}

static char *put_map(const struct unit *u, char *out)
{
    *out++ = '{';
    for (uint32_t i = 0; i < u->n; i++) {
        const struct unit *key = &u->items[2 * i];

        heap_pause_at(i);
        if (i)
            *out++ = ' ';
        out = put_part(key, out);
        *out++ = ':';
        if (key->kind == UNIT_STREAM && map_needs_blank(key, key + 1))
            *out++ = ' ';
        out = put_part(key + 1, out);
    }
    *out++ = '}';
    return out;
}

// Recursion is bounded by UNIT_DEPTH_MAX.
char *unit_print(const struct unit *u, char *out)
{
    switch ((enum unit_kind)u->kind) {
    case UNIT_NONE:
        *out++ = '-';
        break;
    case UNIT_BOOL:
        *out++ = u->i ? 't' : 'f';
        break;
    case UNIT_BYTE:
        out = put(out, "0x", 2);
        out = put_hex((uint32_t)u->i, 2, out);
        break;
    case UNIT_INT:
        out = u->flags & UNIT_BIG ? put_big(u, out) : put_int(u, out);
        break;
    case UNIT_DEC:
        out = u->flags & UNIT_BIG ? put_big(u, out) : put_dec(u, out);
        break;
    case UNIT_STR:
        out = put_str(u, out);
        break;
    case UNIT_REF:
        for (uint32_t i = 0; i < u->n; i++) {
            struct span step = unit_span(&u->items[i]);

            *out++ = i ? '.' : '@';
            out = step_is_bare(step) ? put(out, step.at, step.len) : put_quoted(step, out);
        }
        break;
    case UNIT_STREAM:
        out = unit_print(&u->items[0], out);
        *out++ = '@';
        out = put(out, u->items[1].s, u->items[1].n);
        if (u->n == 3) {
            out = put(out, ":[", 2);
            out = put(out, u->items[2].s, u->items[2].n);
            *out++ = ']';
        }
        break;
    case UNIT_PAIR:
        *out++ = '(';
        out = put_items(u, out);
        *out++ = ')';
        break;
    case UNIT_LIST:
        *out++ = '[';
        out = put_items(u, out);
        *out++ = ']';
        break;
    case UNIT_MAP:
        out = put_map(u, out);
        break;
    case UNIT_BYTES:
        out = put(out, "%`", 2);
        out = put_base64(unit_span(u), out);
        *out++ = '`';
        break;
    case UNIT_SECRET:
        out = put(out, "!`***`", 6);
        break;
    case UNIT_KINDS:
        break;
    }
    return out;
}

enum err unit_print_new(struct arena *a, const struct unit *u, struct span *out)
{
    char *text = arena_new(a, u->text);

    if (!text)
        return ERR_NO_MEMORY;
    (void)unit_print(u, text); // its end is text + u->text by contract
    *out = (struct span){text, u->text};
    return ERR_OK;
}
