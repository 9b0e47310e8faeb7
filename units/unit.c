// SPDX-License-Identifier: MIT
// The builders of units: each measures what it builds and refuses what is past a limit.
#include "units/unit_in.h"

#include "units/chars.h"
#include "units/heap.h"

static const char *const kind_names[UNIT_KINDS] = {
    "none",   "bool", "byte", "int", "dec",   "str",    "ref",
    "stream", "pair", "list", "map", "bytes", "secret",
};

const char *unit_kind_name(enum unit_kind kind)
{
    return kind < UNIT_KINDS ? kind_names[kind] : "?";
}

// ---- Leaves

struct unit unit_none(void)
{
    return (struct unit){.kind = UNIT_NONE, .nodes = 1, .bytes = 1, .text = 1};
}

struct unit unit_bool(bool b)
{
    return (struct unit){.kind = UNIT_BOOL, .nodes = 1, .bytes = 1, .text = 1, .i = b};
}

struct unit unit_byte(uint8_t b)
{
    return (struct unit){
        .kind = UNIT_BYTE, .nodes = 1, .bytes = TAG_BYTES + head(b), .text = 4, .i = b};
}

static uint64_t magnitude(int64_t i)
{
    return i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
}

static unsigned digits_of(uint64_t u)
{
    unsigned n = 1;

    for (; u >= 10000; u /= 10000)
        n += 4;
    return n + (u >= 10) + (u >= 100) + (u >= 1000);
}

static uint32_t int_bytes(int64_t i)
{
    return head(i < 0 ? (uint64_t)~i : (uint64_t)i);
}

struct unit unit_int(int64_t i)
{
    return (struct unit){
        .kind = UNIT_INT,
        .nodes = 1,
        .bytes = int_bytes(i),
        .text = digits_of(magnitude(i)) + (i < 0),
        .i = i,
    };
}

enum err unit_str(struct span text, struct unit *out)
{
    size_t bytes, quoted;

    if (text.len > UNIT_TEXT_MAX_BYTES)
        return ERR_TOO_BIG;
    bytes = head(text.len) + text.len;
    quoted = text_is_bare(text) ? text.len : text_quoted_bytes(text) + 2;
    if (bytes > UNIT_TEXT_MAX_BYTES || quoted > UNIT_TEXT_MAX_BYTES)
        return ERR_TOO_BIG;
    *out = (struct unit){
        .kind = UNIT_STR,
        .n = (uint32_t)text.len,
        .nodes = 1,
        .bytes = (uint32_t)bytes,
        .text = (uint32_t)quoted,
        .s = text.at,
    };
    return ERR_OK;
}

struct unit unit_word(const char *text)
{
    struct unit u;

    if (unit_str(span_of(text), &u)) // short by contract: does not fail
        u = unit_none();
    return u;
}

enum err unit_bytes(struct span bytes, struct unit *out)
{
    size_t text = 3 + (bytes.len + 2) / 3 * 4; // %` `

    if (text > UNIT_TEXT_MAX_BYTES)
        return ERR_TOO_BIG;
    *out = (struct unit){
        .kind = UNIT_BYTES,
        .n = (uint32_t)bytes.len,
        .nodes = 1,
        .bytes = head(bytes.len) + (uint32_t)bytes.len,
        .text = (uint32_t)text,
        .s = bytes.at,
    };
    return ERR_OK;
}

enum err unit_secret(struct span text, struct unit *out)
{
    size_t bytes = TAG_BYTES + head(text.len) + text.len;

    if (bytes > UNIT_TEXT_MAX_BYTES || text_quoted_bytes(text) + 3 > UNIT_TEXT_MAX_BYTES)
        return ERR_TOO_BIG;
    *out = (struct unit){
        .kind = UNIT_SECRET,
        .flags = UNIT_HIDDEN,
        .n = (uint32_t)text.len,
        .nodes = 1,
        .bytes = (uint32_t)bytes,
        .text = sizeof "!`***`" - 1,
        .s = text.at,
    };
    return ERR_OK;
}

// ---- Numbers

// Printed digits and text of coefficient (n digits) * 10^exp; false past the limit.
static bool measure_num(bool neg, bool dec, size_t n, int64_t exp, bool zero, uint32_t *text)
{
    int64_t digits = (int64_t)n, extra = neg;

    if (dec && zero) {
        *text = 3;
        return true;
    }
    if (exp > UNIT_DIGITS_MAX || exp < -UNIT_DIGITS_MAX)
        return false;
    if (dec && exp >= 0) {
        digits += exp + 1; // ddd000.0
        extra += 1;
    } else if (dec && digits > -exp) {
        extra += 1; // dd.d
    } else if (dec) {
        digits = 1 - exp; // 0.000ddd
        extra += 1;
    }
    if (digits > UNIT_DIGITS_MAX)
        return false;
    *text = (uint32_t)(digits + extra);
    return true;
}

enum err unit_dec(int64_t coef, int64_t exp, struct unit *out)
{
    uint32_t text;

    while (coef && coef % 10 == 0) {
        coef /= 10;
        exp++;
    }
    if (!coef)
        exp = 0;
    if (!measure_num(coef < 0, true, digits_of(magnitude(coef)), exp, !coef, &text))
        return ERR_TOO_BIG;
    *out = (struct unit){
        .kind = UNIT_DEC,
        .nodes = 1,
        .bytes = TAG_BYTES + 1 + int_bytes(exp) + int_bytes(coef),
        .text = text,
        .exp = (int32_t)exp,
        .i = coef,
    };
    return ERR_OK;
}

// Encoded length of a coefficient past 64 bits signed: CBOR integers reach to +-2^64.
static uint32_t big_bytes(const struct unit_big *b)
{
    const char *top = b->neg ? "18446744073709551616" : "18446744073709551615";

    if (b->n < 20 || (b->n == 20 && memcmp(b->digits, top, 20) <= 0))
        return 9;
    return TAG_BYTES + head(b->n + b->neg) + b->n + b->neg;
}

static bool fits_int64(bool neg, struct span digits, int64_t *out)
{
    uint64_t v = 0;

    if (digits.len > 19)
        return false;
    for (size_t i = 0; i < digits.len; i++)
        v = v * 10 + (uint64_t)(digits.at[i] - '0');
    if (v > (uint64_t)INT64_MAX + neg)
        return false;
    *out = neg ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

enum err unit_num(struct arena *a, bool neg, struct span digits, bool dec, int64_t exp,
                  struct unit *out)
{
    struct unit_big *big;
    int64_t small;
    uint32_t text;

    while (digits.len > 1 && digits.at[0] == '0') {
        digits.at++;
        digits.len--;
    }
    while (dec && digits.len > 1 && digits.at[digits.len - 1] == '0') {
        digits.len--;
        exp++;
    }
    if (fits_int64(neg, digits, &small)) {
        if (dec)
            return unit_dec(small, exp, out);
        *out = unit_int(small);
        return ERR_OK;
    }
    if (digits.len > UNIT_DIGITS_MAX || !measure_num(neg, dec, digits.len, exp, false, &text))
        return ERR_TOO_BIG;
    big = arena_new(a, sizeof *big + digits.len);
    if (!big)
        return ERR_NO_MEMORY;
    big->n = (uint32_t)digits.len;
    big->neg = neg;
    memcpy(big->digits, digits.at, digits.len);
    *out = (struct unit){
        .kind = dec ? UNIT_DEC : UNIT_INT,
        .flags = UNIT_BIG,
        .nodes = 1,
        .bytes = big_bytes(big) + (dec ? TAG_BYTES + 1 + int_bytes(exp) : 0),
        .text = text,
        .exp = dec ? (int32_t)exp : 0,
        .big = big,
    };
    return ERR_OK;
}

// ---- Containers

enum err unit_list(const struct unit *items, size_t n, struct unit *out)
{
    struct sum s = {.bytes = head(n), .text = n ? n + 1 : 2};

    if (n > UNIT_ITEMS_MAX)
        return ERR_TOO_BIG;
    for (size_t i = 0; i < n; i++)
        sum_add(&s, &items[i]);
    return sum_close(&s, UNIT_LIST, items, n, out);
}

enum err unit_pair(const struct unit items[2], struct unit *out)
{
    struct sum s = {.bytes = TAG_BYTES + 1, .text = 3};

    sum_add(&s, &items[0]);
    sum_add(&s, &items[1]);
    return sum_close(&s, UNIT_PAIR, items, 2, out);
}

enum err unit_build(struct arena *a, enum unit_kind kind, const struct unit *parts, size_t n,
                    size_t *dup, struct unit *out)
{
    struct unit *items;

    if (kind == UNIT_MAP && n / 2 > MAP_SMALL)
        return unit_map(a, parts, n / 2, dup, out); // copies behind its index
    items = unit_array(a, n);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        items[i] = parts[i];
    if (kind == UNIT_MAP)
        return unit_map(a, items, n / 2, dup, out);
    return kind == UNIT_LIST ? unit_list(items, n, out) : unit_pair(items, out);
}

enum err unit_stream(const struct unit *items, size_t n, struct unit *out)
{
    struct sum s = {.bytes = TAG_BYTES + 1};

    sum_add(&s, &items[0]);
    s.flags |= UNIT_LIVE;
    s.bytes += items[1].bytes;
    s.text += 1 + items[1].n;
    if (n == 3) {
        s.bytes += items[2].bytes;
        s.text += 3 + items[2].n; // :[ ]
    }
    return sum_close(&s, UNIT_STREAM, items, n, out);
}

// A step stands bare when it is all word characters without a dot.
bool step_is_bare(struct span step)
{
    const char *p = step.at, *end = p + step.len;

    while (p < end) {
        uint32_t code;
        int n = 1;

        if (!(char_class_of(*p) & CHAR_WORD) || *p == '.') {
            if (!(char_class_of(*p) & CHAR_HIGH))
                return false;
            n = utf8_load(p, end, &code);
            if (n <= 0 || !char_is_word(code))
                return false;
        }
        p += n;
    }
    return step.len > 0;
}

enum err unit_ref(const struct unit *steps, size_t n, struct unit *out)
{
    uint64_t bytes = TAG_BYTES + head(n), text = 0;

    if (n > UNIT_STEPS_MAX)
        return ERR_TOO_DEEP;
    for (size_t i = 0; i < n; i++) {
        struct span step = unit_span(&steps[i]);

        bytes += steps[i].bytes;
        text += 1 + (step_is_bare(step) ? step.len : text_quoted_bytes(step) + 2);
    }
    if (bytes > UNIT_TEXT_MAX_BYTES || text > UNIT_TEXT_MAX_BYTES)
        return ERR_TOO_BIG;
    *out = (struct unit){
        .kind = UNIT_REF,
        .flags = UNIT_LIVE,
        .n = (uint32_t)n,
        .nodes = 1,
        .bytes = (uint32_t)bytes,
        .text = (uint32_t)text,
        .items = steps,
    };
    return ERR_OK;
}

// ---- Copies

enum err unit_copy(struct arena *a, const struct unit *u, struct unit *out)
{
    struct unit c = *u, *items;
    const void *leaf;
    size_t n = u->kind == UNIT_MAP ? 2 * (size_t)u->n : u->n;
    enum err e;

    switch ((enum unit_kind)u->kind) {
    case UNIT_SECRET:
        a->wipe = true;
        // fall through
    case UNIT_STR:
    case UNIT_BYTES:
        c.s = leaf = arena_copy(a, u->s, u->n);
        break;
    case UNIT_INT:
    case UNIT_DEC:
        leaf = u;
        if (u->flags & UNIT_BIG)
            c.big = leaf = arena_copy(a, u->big, sizeof *u->big + u->big->n);
        break;
    case UNIT_REF:
    case UNIT_STREAM:
    case UNIT_PAIR:
    case UNIT_LIST:
    case UNIT_MAP:
        leaf = c.items = items = unit_array(a, n);
        for (size_t i = 0; items && i < n; i++) {
            heap_pause_at(i);
            e = unit_copy(a, &u->items[i], &items[i]);
            if (e)
                return e;
        }
        break;
    default:
        leaf = u;
    }
    if (!leaf)
        return ERR_NO_MEMORY;
    if (c.flags & UNIT_INDEX) {
        c.flags &= (uint8_t)~UNIT_INDEX;
        e = map_index(a, &c, NULL);
        if (e)
            return e;
    }
    *out = c;
    return ERR_OK;
}
