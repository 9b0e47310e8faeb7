// SPDX-License-Identifier: MIT
// Tokens: words, numbers, refs, suffixes.
#include "units/token_in.h"

#include "units/address.h"
#include "units/chars.h"
#include "units/parse.h"

#define N TOKEN_NUMBER
#define W TOKEN_WORD
#define B TOKEN_BLANK
#define Q TOKEN_QUOTE
// clang-format off
const uint8_t token_kind[256] = {
    ['\t'] = B, ['\n'] = B, ['\r'] = B, [' '] = B,
    ['('] = TOKEN_OPEN_PAIR, ['['] = TOKEN_OPEN_LIST, ['{'] = TOKEN_OPEN_MAP,
    [')'] = TOKEN_CLOSE_PAIR, [']'] = TOKEN_CLOSE_LIST, ['}'] = TOKEN_CLOSE_MAP,
    [':'] = TOKEN_COLON, ['#'] = TOKEN_HASH, ['@'] = TOKEN_REF, ['%'] = TOKEN_BYTES,
    ['!'] = TOKEN_SECRET, ['`'] = Q, ['\''] = Q, ['"'] = Q, ['-'] = N, ['.'] = W, ['/'] = W,
    ['_'] = W, ['0'] = N, N, N, N, N, N, N, N, N, N,
    ['A'] = W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    ['a'] = W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    [128] = W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W,
};
// clang-format on
#undef N
#undef W
#undef B
#undef Q

static const char hint_quote[] = "quote text that holds signs: `a,b`";

// ---- What cannot begin anything

bool token_is_wrong(const struct token_in *in, size_t at)
{
    const char *p = in->text.at + at;
    uint32_t code;

    if (!(char_class_of(*p) & CHAR_HIGH))
        return token_kind[(unsigned char)*p] == TOKEN_WRONG;
    return utf8_load(p, in->text.at + in->text.len, &code) <= 0 || !char_is_word(code);
}

enum err token_wrong(const struct token_in *in, size_t at)
{
    const char *p = in->text.at + at;
    struct span sign = {p, 1};
    uint32_t code;
    int n;

    if (char_class_of(*p) & CHAR_HIGH) {
        n = utf8_load(p, in->text.at + in->text.len, &code);
        if (n < 0 && !in->last)
            return ERR_LATER;
        if (n <= 0)
            return fail_set(in->fail, ERR_SYNTAX, at, token_hint_utf8,
                            "these bytes are not valid UTF-8");
        sign.len = (size_t)n;
        return fail_set(in->fail, ERR_SYNTAX, at, hint_quote,
                        "the character %S cannot stand outside quotes", &sign);
    }
    if ((unsigned char)*p < 0x20 || *p == 0x7F)
        return fail_set(in->fail, ERR_SYNTAX, at, "inside quotes write it as \\xHH",
                        "a control character cannot stand outside quotes");
    switch (*p) {
    case ',':
    case ';':
        return fail_set(in->fail, ERR_SYNTAX, at, "blanks separate units: [1 2]",
                        "%S has no meaning here", &sign);
    case ':':
        return fail_set(in->fail, ERR_SYNTAX, at,
                        "a colon stands between a key and its value: {a:b}",
                        "a colon has no meaning here");
    case '*':
    case '+':
    case '=':
    case '<':
    case '>':
        return fail_set(in->fail, ERR_SYNTAX, at,
                        "commands are words: (sum (1 2))@math.calc; quote text with signs: `a+b`",
                        "%S has no meaning here", &sign);
    default:
        return fail_set(in->fail, ERR_SYNTAX, at, hint_quote, "%S has no meaning here", &sign);
    }
}

void token_cap(struct token_in *in, size_t at)
{
    if (in->text.len - at > UNIT_TEXT_MAX_BYTES + 1) {
        in->text.len = at + UNIT_TEXT_MAX_BYTES + 1;
        in->last = false;
    }
}

enum err token_no_memory(const struct token_in *in, size_t at)
{
    return fail_set(in->fail, ERR_NO_MEMORY, at, NULL, "no memory for this unit");
}

enum err token_too_big(const struct token_in *in, size_t at)
{
    return fail_set(in->fail, ERR_TOO_BIG, at, NULL, "this would print with more than %u bytes",
                    (unsigned long)UNIT_TEXT_MAX_BYTES);
}

// ---- Words and numbers

// End of the run of word characters; ERR_LATER when it may go on behind the text.
static enum err word_end(const struct token_in *in, size_t from, size_t *end)
{
    const char *p = in->text.at + from, *stop = in->text.at + in->text.len;
    enum err e = ERR_OK;

    for (;;) {
        uint32_t code;
        int n;

        while (p < stop && (char_class_of(*p) & CHAR_WORD))
            p++;
        if (p == stop) {
            e = in->last ? ERR_OK : ERR_LATER;
            break;
        }
        if (!(char_class_of(*p) & CHAR_HIGH))
            break;
        n = utf8_load(p, stop, &code);
        if (n < 0 && !in->last) {
            e = ERR_LATER;
            break;
        }
        if (n <= 0 || !char_is_word(code))
            break;
        p += n;
    }
    *end = (size_t)(p - in->text.at);
    return e;
}

// Exponents beyond any limit all mean the same.
static int64_t load_exponent(const char *p, const char *end)
{
    bool neg = *p == '-';
    int64_t exp = 0;

    for (p += neg; p < end; p++)
        if (exp < 1000000000)
            exp = exp * 10 + (*p - '0');
    return neg ? -exp : exp;
}

enum err token_number(struct arena *a, struct span token, struct unit *out)
{
    const char *p = token.at, *end = p + token.len, *begin;
    bool neg = *p == '-', dec = false;
    uint64_t coef = 0;
    size_t digits = 0;
    int64_t exp = 0;
    char *copy;

    begin = p += neg;
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            dec = true;
            exp = -(end - p - 1);
            continue;
        }
        coef = coef * 10 + (uint64_t)(*p - '0'); // of use only when there are few digits
        digits++;
    }
    if (p < end) { // the exponent
        if (exp)
            exp += end - p;
        exp += load_exponent(p + 1, end);
        dec = true;
    }
    if (digits <= 18) {
        if (dec)
            return unit_dec(neg ? -(int64_t)coef : (int64_t)coef, exp, out);
        *out = unit_int(neg ? -(int64_t)coef : (int64_t)coef);
        return ERR_OK;
    }
    if (!dec)
        return unit_num(a, neg, (struct span){begin, digits}, false, 0, out);
    copy = arena_new(a, digits);
    if (!copy)
        return ERR_NO_MEMORY;
    digits = 0;
    for (const char *c = begin; c < p; c++)
        if (*c != '.')
            copy[digits++] = *c;
    return unit_num(a, neg, (struct span){copy, digits}, true, exp, out);
}

static enum err make_byte(const struct token_in *in, size_t at, struct span word, struct unit *out)
{
    if (word.len != 4 || token_hex(word.at[2]) < 0 || token_hex(word.at[3]) < 0)
        return fail_set(in->fail, ERR_SYNTAX, at, "a byte is 0x and two hex digits: 0x1f",
                        "%S is not a byte", &word);
    *out = unit_byte((uint8_t)(token_hex(word.at[2]) << 4 | token_hex(word.at[3])));
    return ERR_OK;
}

static enum err make_word(const struct token_in *in, size_t at, struct span word, struct unit *out)
{
    char *copy;
    bool dec;
    enum err e;

    if (word.len == 1 && (*word.at == '-' || *word.at == 't' || *word.at == 'f')) {
        *out = *word.at == '-' ? unit_none() : unit_bool(*word.at == 't');
        return ERR_OK;
    }
    if (token_kind[(unsigned char)*word.at] == TOKEN_NUMBER) {
        if (word.len >= 2 && word.at[0] == '0' && word.at[1] == 'x')
            return make_byte(in, at, word, out);
        if (text_is_number(word, &dec)) {
            e = token_number(in->arena, word, out);
            if (e == ERR_TOO_BIG)
                return fail_set(in->fail, e, at, NULL, "a number prints with at most %u digits",
                                (unsigned long)UNIT_DIGITS_MAX);
            return e ? token_no_memory(in, at) : ERR_OK;
        }
    }
    copy = arena_copy(in->arena, word.at, word.len);
    if (!copy)
        return token_no_memory(in, at);
    if (word.len == 1 || word.len > UNIT_TEXT_MAX_BYTES - 9) // a lone # is no bare string
        return unit_str((struct span){copy, word.len}, out) ? token_too_big(in, at) : ERR_OK;
    *out = (struct unit){
        .kind = UNIT_STR,
        .n = (uint32_t)word.len,
        .nodes = 1,
        .bytes = (uint32_t)word.len + (word.len < 24      ? 1
                                       : word.len < 256   ? 2
                                       : word.len < 65536 ? 3
                                                          : 5),
        .text = (uint32_t)word.len, // a token that reads as a string prints as it stands
        .s = copy,
    };
    return ERR_OK;
}

// ---- Refs

// One step of a path, from `at` on.
static enum err load_step(const struct token_in *in, size_t at, struct unit *out, size_t *next)
{
    const char *text = in->text.at;
    struct span step;
    char *copy;
    size_t seen = 0, end = at;
    enum err e;

    if (at == in->text.len)
        return in->last
                   ? fail_set(in->fail, ERR_SYNTAX, at, "a ref is @a.b.0", "a step is missing here")
                   : ERR_LATER;
    if (token_kind[(unsigned char)text[at]] == TOKEN_QUOTE) {
        e = token_quoted(in, at, &seen, &step, next);
        if (e)
            return e;
        if (!step.len)
            return fail_set(in->fail, ERR_SYNTAX, at, NULL, "a step of a ref cannot be empty");
    } else {
        while (end < in->text.len && text[end] != '.') {
            uint32_t code;
            int n = 1;

            if (char_class_of(text[end]) & CHAR_HIGH) {
                n = utf8_load(text + end, text + in->text.len, &code);
                if (n < 0 && !in->last)
                    return ERR_LATER;
                if (n <= 0 || !char_is_word(code))
                    break;
            } else if (!(char_class_of(text[end]) & CHAR_WORD)) {
                break;
            }
            end += (size_t)n;
        }
        if (end == in->text.len && !in->last)
            return ERR_LATER;
        if (end == at)
            return fail_set(in->fail, ERR_SYNTAX, at,
                            "a ref is @a.b.0, steps with signs in quotes: @a.`b.c`",
                            "a step is missing here");
        copy = arena_copy(in->arena, text + at, end - at);
        if (!copy)
            return token_no_memory(in, at);
        step = (struct span){copy, end - at};
        *next = end;
    }
    return unit_str(step, out) ? token_too_big(in, at) : ERR_OK;
}

enum err token_path(const struct token_in *in, size_t at, struct unit *out, size_t *next)
{
    struct unit steps[UNIT_STEPS_MAX], *items;
    size_t n = 0, begin = at;
    enum err e;

    for (;;) {
        if (n == UNIT_STEPS_MAX)
            return fail_set(in->fail, ERR_TOO_DEEP, at, NULL, "a ref has at most %u steps",
                            (unsigned long)UNIT_STEPS_MAX);
        e = load_step(in, at, &steps[n], &at);
        if (e)
            return e;
        n++;
        if (at == in->text.len && !in->last)
            return ERR_LATER;
        if (at == in->text.len || in->text.at[at] != '.')
            break;
        at++;
    }
    items = arena_copy(in->arena, steps, n * sizeof *steps);
    if (!items)
        return token_no_memory(in, begin);
    e = unit_ref(items, n, out);
    if (e)
        return e == ERR_TOO_BIG ? token_too_big(in, begin) : e;
    *next = at;
    return ERR_OK;
}

// ---- Suffixes

static enum err make_name(const struct token_in *in, size_t at, struct span text, struct unit *out)
{
    char *copy = arena_copy(in->arena, text.at, text.len);

    if (!copy)
        return token_no_memory(in, at);
    *out = (struct unit){
        .kind = UNIT_STR,
        .n = (uint32_t)text.len,
        .nodes = 1,
        .bytes = (uint32_t)text.len + (text.len < 24 ? 1 : 2), // both kinds of names are short
        .text = (uint32_t)text.len,
        .s = copy,
    };
    return ERR_OK;
}

static enum err bad_address(const struct token_in *in, size_t at)
{
    return fail_set(in->fail, ERR_SYNTAX, at,
                    "an address is [loc], [*], [node-name] or [2001:db8::1] (RFC 5952)",
                    "this is not an address");
}

// Behind the colon. *at moves behind the address.
static enum err load_address(const struct token_in *in, size_t *at, struct unit *out)
{
    enum { ADDRESS_MAX_BYTES = 80 }; // of any address, with its zone
    const char *text = in->text.at;
    size_t begin = *at, end = begin;
    char print[IP6_TEXT_MAX_BYTES];
    struct span address;
    uint16_t groups[8];

    if (begin == in->text.len)
        return in->last ? bad_address(in, begin) : ERR_LATER;
    if (text[begin] == '[') {
        while (end < in->text.len && text[end] != ']' && end - begin < ADDRESS_MAX_BYTES)
            end++;
        if (end == in->text.len && !in->last)
            return ERR_LATER;
        if (end == in->text.len || text[end] != ']')
            return bad_address(in, begin);
        address = (struct span){text + begin + 1, end - begin - 1};
        if (!text_is_address(address))
            return bad_address(in, begin + 1);
        *at = end + 1;
        return make_name(in, begin, address, out);
    }
    while (end < in->text.len && end - begin < ADDRESS_MAX_BYTES &&
           (text[end] == ':' || (char_class_of(text[end]) & CHAR_WORD)))
        end++;
    if (end == in->text.len && !in->last)
        return ERR_LATER;
    address = (struct span){text + begin, end - begin};
    if (!span_eq(address, SPAN("loc"))) {
        // The form without brackets has all eight groups.
        unsigned colons = 0;

        for (size_t i = 0; i < address.len; i++)
            colons += address.at[i] == ':';
        if (colons != 7 || !ip6_parse(address, groups) || memchr(address.at, ':', 1))
            return fail_set(in->fail, ERR_SYNTAX, begin,
                            "addresses stand in brackets: 5@math.calc:[node]",
                            "this is not an address");
        address = (struct span){print, ip6_print(groups, print)};
    }
    *at = end;
    return make_name(in, begin, address, out);
}

enum err token_suffix(const struct token_in *in, size_t at, bool key, struct unit *parts, size_t *n,
                      size_t *next)
{
    const char *text = in->text.at;
    size_t begin = at + 1, end = begin;
    struct span name;
    enum err e;

    while (end < in->text.len && (char_class_of(text[end]) & CHAR_WORD) &&
           end - begin <= UNIT_SERVICE_MAX_BYTES)
        end++;
    if (end == in->text.len && !in->last)
        return ERR_LATER;
    name = (struct span){text + begin, end - begin};
    if (!text_is_service(name) || (end < in->text.len && (char_class_of(text[end]) & CHAR_WORD)))
        return fail_set(in->fail, ERR_SYNTAX, begin,
                        "a service name is lower-case words with dots: math.calc",
                        "no service name stands behind this @");
    if (end < in->text.len && text[end] == ':') {
        if (end + 1 == in->text.len && !in->last)
            return ERR_LATER;
        if (!key || (end + 1 < in->text.len && text[end + 1] == '[')) {
            size_t behind = end + 1;

            e = load_address(in, &behind, &parts[1]);
            if (e)
                return e;
            e = make_name(in, begin, name, &parts[0]);
            *n = 2;
            *next = behind;
            return e;
        }
    }
    *n = 1;
    *next = end;
    return make_name(in, begin, name, &parts[0]);
}

// ---- All of them

enum err token_leaf(const struct token_in *in, size_t at, size_t *seen, struct unit *out,
                    size_t *next)
{
    size_t end;
    enum err e;

    switch (token_kind[(unsigned char)in->text.at[at]]) {
    case TOKEN_QUOTE:
        return token_str(in, at, seen, out, next);
    case TOKEN_REF:
        return token_path(in, at + 1, out, next);
    case TOKEN_BYTES:
        return token_bytes(in, at, seen, out, next);
    case TOKEN_SECRET:
        return token_secret(in, at, seen, out, next);
    default:
        e = word_end(in, at + *seen, &end);
        if (e) {
            *seen = end - at;
            return e;
        }
        if (end == at) // a code point that is no word character
            return token_wrong(in, at);
        *next = end;
        return make_word(in, at, (struct span){in->text.at + at, end - at}, out);
    }
}
