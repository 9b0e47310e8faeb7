// SPDX-License-Identifier: MIT
// Tokens in quotes: texts, secrets, bytes.
#include "units/token_in.h"

#include "units/chars.h"

const char token_hint_utf8[] = "texts are UTF-8";

int token_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct quoted {
    struct span raw; // between the quotes
    bool escapes;
};

// *seen counts from the opening quote. ERR_LATER: not closed yet.
static enum err quoted_end(const struct token_in *in, size_t at, size_t *seen, struct quoted *out,
                           size_t *next)
{
    const char *begin = in->text.at + at, *stop = in->text.at + in->text.len, quote = *begin;
    const char *p = begin + (*seen ? *seen : 1);
    bool escapes = *seen > 1;

    for (;;) {
        uint32_t code;
        int n;

        while (p < stop && (char_class_of(*p) & CHAR_PLAIN) && *p != quote)
            p++;
        if (p == stop)
            break;
        if (*p == quote) {
            *out = (struct quoted){{begin + 1, (size_t)(p - begin - 1)}, escapes};
            *next = (size_t)(p + 1 - in->text.at);
            return ERR_OK;
        }
        if (*p == '\\') {
            if (p + 1 == stop)
                break;
            escapes = true;
            p += 2; // a backslash before a multi-byte character is an error found when decoding
            continue;
        }
        n = utf8_load(p, stop, &code);
        if (n < 0 && !in->last)
            break;
        if (n <= 0)
            return fail_set(in->fail, ERR_SYNTAX, (size_t)(p - in->text.at), token_hint_utf8,
                            "these bytes are not valid UTF-8");
        p += n;
    }
    *seen = (size_t)(p - begin);
    return ERR_LATER;
}

// One escape at *p (the backslash); its bytes to *out. False when it is none.
static bool load_escape(const char **p, const char *end, char quote, char **out)
{
    const char *c = *p + 1;
    uint32_t code = 0;

    if (c == end)
        return false;
    switch (*c) {
    case '\\':
        code = '\\';
        break;
    case 'n':
        code = '\n';
        break;
    case 'r':
        code = '\r';
        break;
    case 't':
        code = '\t';
        break;
    case '0':
        break;
    case 'x':
        if (end - c < 3 || token_hex(c[1]) < 0 || token_hex(c[2]) < 0)
            return false;
        code = (uint32_t)(token_hex(c[1]) << 4 | token_hex(c[2]));
        c += 2;
        break;
    case 'u':
        if (end - c < 4 || c[1] != '{' || token_hex(c[2]) < 0)
            return false;
        for (c += 2; c < end && token_hex(*c) >= 0; c++) {
            code = code << 4 | (uint32_t)token_hex(*c);
            if (code > 0x10FFFF)
                return false;
        }
        if (c == end || *c != '}' || (code >= 0xD800 && code <= 0xDFFF))
            return false;
        break;
    default:
        if (*c != quote)
            return false;
        code = (unsigned char)quote;
    }
    *out += utf8_store(code, *out);
    *p = c + 1;
    return true;
}

// The text that a quoted one means, in the arena. No escape is shorter than what it means.
static enum err quoted_text(const struct token_in *in, const struct quoted *q, char quote,
                            struct span *out)
{
    const char *p = q->raw.at, *end = p + q->raw.len;
    size_t at = (size_t)(p - in->text.at);
    char *copy, *to;

    if (!q->escapes) {
        copy = arena_copy(in->arena, p, q->raw.len);
        if (!copy)
            return token_no_memory(in, at);
        *out = (struct span){copy, q->raw.len};
        return ERR_OK;
    }
    copy = to = arena_new(in->arena, q->raw.len);
    if (!copy)
        return token_no_memory(in, at);
    while (p < end) {
        if (*p != '\\')
            *to++ = *p++;
        else if (!load_escape(&p, end, quote, &to))
            return fail_set(in->fail, ERR_SYNTAX, (size_t)(p - in->text.at),
                            "escapes are \\\\ \\n \\r \\t \\0 \\xHH \\u{H..} and the quote itself",
                            "this escape has no meaning");
    }
    *out = (struct span){copy, (size_t)(to - copy)};
    return ERR_OK;
}

enum err token_quoted(const struct token_in *in, size_t at, size_t *seen, struct span *out,
                      size_t *next)
{
    struct quoted q = {{NULL, 0}, false};
    enum err e = quoted_end(in, at, seen, &q, next);

    return e ? e : quoted_text(in, &q, in->text.at[at], out);
}

enum err token_str(const struct token_in *in, size_t at, size_t *seen, struct unit *out,
                   size_t *next)
{
    struct span text;
    enum err e = token_quoted(in, at, seen, &text, next);

    if (e)
        return e;
    return unit_str(text, out) ? token_too_big(in, at) : ERR_OK;
}

enum err token_secret(const struct token_in *in, size_t at, size_t *seen, struct unit *out,
                      size_t *next)
{
    struct span text;
    size_t inner = *seen ? *seen - 1 : 0;
    enum err e;

    if (at + 1 == in->text.len && !in->last)
        return ERR_LATER;
    if (at + 1 == in->text.len || in->text.at[at + 1] != '`')
        return fail_set(in->fail, ERR_SYNTAX, at, "a secret is !`text`",
                        "a ! stands only before a text in backticks");
    in->arena->wipe = true;
    e = token_quoted(in, at + 1, &inner, &text, next);
    if (e) {
        *seen = inner + 1;
        return e;
    }
    if (span_eq(text, SPAN("***")))
        return fail_set(in->fail, ERR_SYNTAX, at, "the secret itself is needed",
                        "this is how a secret is shown, not a secret");
    return unit_secret(text, out) ? token_too_big(in, at) : ERR_OK;
}

// ---- Bytes

// One more than what a character stands for; 0: for nothing.
static const uint8_t base64_value[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static uint32_t base64_at(const char *at)
{
    return base64_value[(unsigned char)*at];
}

// Groups of four without padding, up to one that is not. Gives the offset of that.
static size_t load_groups(struct span text, char *out)
{
    size_t i;

    for (i = 0; i + 4 <= text.len; i += 4, out += 3) {
        uint32_t a = base64_at(text.at + i), b = base64_at(text.at + i + 1);
        uint32_t c = base64_at(text.at + i + 2), d = base64_at(text.at + i + 3), v;

        if (!a || !b || !c || !d)
            break;
        v = (a << 18) + (b << 12) + (c << 6) + d - (1 << 18 | 1 << 12 | 1 << 6 | 1);
        out[0] = (char)(v >> 16);
        out[1] = (char)(v >> 8);
        out[2] = (char)v;
    }
    return i;
}

// RFC 4648 section 4, padded, rest bits zero. Gives the offset of the first bad byte, or text.len.
static size_t load_base64(struct span text, char *out, size_t *len)
{
    size_t i = load_groups(text, out), n = i / 4 * 3, pad = 0;
    uint32_t v = 0;

    for (; i < text.len; i++) {
        uint32_t d = base64_at(text.at + i);

        if (text.at[i] == '=' && i + 2 >= text.len && i % 4 >= 2 && text.len % 4 == 0) {
            pad++;
            d = 1;
        } else if (!d || pad) {
            return i;
        }
        v = v << 6 | (d - 1);
        if (i % 4 == 3) { // then there is padding, at the end
            if ((pad == 1 && (v & 0xFF)) || (pad == 2 && (v & 0xFFFF)))
                return i - pad;
            out[n++] = (char)(v >> 16);
            if (pad < 2)
                out[n++] = (char)(v >> 8);
        }
    }
    *len = n;
    return i;
}

enum err token_bytes(const struct token_in *in, size_t at, size_t *seen, struct unit *out,
                     size_t *next)
{
    const char *p = in->text.at, *end;
    struct span text;
    size_t len = 0, bad;
    char *bytes;

    if (at + 1 == in->text.len && !in->last)
        return ERR_LATER;
    if (at + 1 == in->text.len || p[at + 1] != '`')
        return fail_set(in->fail, ERR_SYNTAX, at, "bytes are %`base64`",
                        "a %% stands only before base64 in backticks");
    if (*seen < 2)
        *seen = 2;
    end = memchr(p + at + *seen, '`', in->text.len - at - *seen);
    if (!end) {
        *seen = in->text.len - at;
        return ERR_LATER;
    }
    text = (struct span){p + at + 2, (size_t)(end - p) - at - 2};
    bytes = arena_new(in->arena, text.len / 4 * 3 + 3);
    if (!bytes)
        return token_no_memory(in, at);
    bad = load_base64(text, bytes, &len);
    if (bad < text.len || text.len % 4)
        return fail_set(in->fail, ERR_SYNTAX, at + 2 + bad,
                        "base64 is RFC 4648 section 4, padded, without blanks",
                        "this is not base64");
    *next = (size_t)(end + 1 - p);
    return unit_bytes((struct span){bytes, len}, out) ? token_too_big(in, at) : ERR_OK;
}
