// SPDX-License-Identifier: MIT
#include "tests/check/gen.h"

#include <stdlib.h>

#include "units/chars.h"
#include "units/parse.h"

void gen_init(struct gen *g, uint64_t seed, struct arena *a)
{
    *g = (struct gen){.state = seed, .arena = a};
}

// SplitMix64: any seed does, 0 too.
uint64_t gen_next(struct gen *g)
{
    uint64_t z = g->state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

size_t gen_below(struct gen *g, size_t n)
{
    return (size_t)(gen_next(g) % n);
}

static bool one_in(struct gen *g, size_t n)
{
    return gen_below(g, n) == 0;
}

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void *room(struct gen *g, size_t bytes)
{
    void *p = arena_new(g->arena, bytes);

    must(p != NULL);
    return p;
}

// ---- Strings

// Near misses of every token, and keys and values that mean something in JSON.
// clang-format off
static const char *const tricky[] = {
    "",       "-",      "t",       "f",          "#",      "#a",      "##",         "#!",
    "0x1f",   "0x",     "0x1",     "0x123",      "0xG",    "0X1f",    "5",          "-5",
    "1.",     ".5",     "1.5",     "1e5",        "1e",     "1e-",     "1e-5",       "-0",
    "00",     "--1",    "1-",      "1.2.3",      "720p",   "12a",     "no-command", ".",
    "..",     "a.b",    "a.b#c_1", "#ff0000",    "/",      "a/b",     "_",          "a@b",
    "@",      "@a",     "a:b",     ":",          ":[",     "[",       "]",          "(",
    ")",      "{",      "}",       "{}",         "()",     "%",       "%`AA==`",    "!`x`",
    "`",      "\\",     "\\n",     "'",          "\"",     " ",       " a",         "a ",
    "a b",    "a,b",    ",",       "\n",         "\r\n",   "\t",      "\x01",       "\x02",
    "\x01"    "1",      "\x02" "0", "\x1b[2J",   "\x7f",   "\xc2\x80", "\xc2\x9b",  "\xc2\xa0",
    "\xc2\xa1", "\xc2\xad", "\xe1\x9a\x80", "\xe2\x80\x8b", "\xe2\x80\xa8", "\xe2\x80\xb0",
    "\xe3\x80\x80", "\xef\xbb\xbf", "\xef\xbf\xbd", "\xef\xbf\xbe", "\xf3\xa0\x80\x81",
    "\xf4\x8f\xbf\xbf", "\xce\xbb", "caf\xc3\xa9", "e\xcc\x81", "\xf0\x9f\x98\x80",
    "stream", "secret", "***",     "AAE=",       "AAF=",   "AAE",     "true",       "null",
    "1e999999999", "math.calc", "loc", "*", "a.`b c`", "task.loop", "e5", "E5", "-e5", "-a", "-.",
};
// clang-format on

static uint32_t gen_code(struct gen *g)
{
    // clang-format off
    static const uint32_t odd[] = {0x7F, 0x80, 0x9F, 0xA0, 0xA1, 0xAD, 0x1680, 0x2000, 0x200F,
        0x2010, 0x2028, 0x202F, 0x2030, 0x205F, 0x206F, 0x3000, 0xD7FF, 0xE000, 0xFEFF, 0xFFF8,
        0xFFF9, 0xFFFB, 0xFFFC, 0xFFFF, 0x10000, 0xE0000, 0xE0FFF, 0xE1000, 0x10FFFF, 0x7FF,
        0x800, '\\', '`', '"', '\n', '\r', '\t', 0, 1, 2, 0x1F, ' ', '.', '#', '-', '@', ':'};
    // clang-format on
    uint32_t code;

    switch (gen_below(g, 6)) {
    case 0:
        return odd[gen_below(g, COUNT(odd))];
    case 1:
        return (uint32_t)gen_below(g, 0x80);
    case 2:
        return (uint32_t)gen_below(g, 0x3100);
    case 3:
        code = (uint32_t)gen_below(g, 0x110000);
        return code >= 0xD800 && code <= 0xDFFF ? 'x' : code;
    default:
        return (uint32_t)('a' + gen_below(g, 26));
    }
}

struct span gen_text(struct gen *g)
{
    size_t codes;
    struct span text;
    char *out, *at;

    if (one_in(g, 2))
        return span_of(tricky[gen_below(g, COUNT(tricky))]);
    codes = one_in(g, 30) ? gen_below(g, 400) : gen_below(g, 9);
    out = at = room(g, 4 * codes + 1);
    for (size_t i = 0; i < codes; i++)
        at += utf8_store(gen_code(g), at);
    text = (struct span){out, (size_t)(at - out)};
    return text;
}

static struct unit gen_str(struct gen *g)
{
    struct unit u;

    must(unit_str(gen_text(g), &u) == ERR_OK);
    return u;
}

static struct unit gen_bytes(struct gen *g)
{
    size_t n = one_in(g, 20) ? gen_below(g, 300) : gen_below(g, 8);
    char *p = room(g, n + 1);
    struct unit u;

    for (size_t i = 0; i < n; i++)
        p[i] = (char)gen_next(g);
    must(unit_bytes((struct span){p, n}, &u) == ERR_OK);
    return u;
}

// ---- Numbers

static struct span gen_digits(struct gen *g)
{
    static const char *const borders[] = {
        "9223372036854775807",
        "9223372036854775808",
        "9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "18446744073709551617",
        "10000000000000000000",
        "99999999999999999999",
        "100000000000000000000",
        "4294967295",
        "4294967296",
        "65535",
        "65536",
        "255",
        "256",
        "23",
        "24",
        "0",
    };
    size_t n = one_in(g, 40) ? 1 + gen_below(g, 3000) : 1 + gen_below(g, 45);
    char *p;

    if (one_in(g, 3))
        return span_of(borders[gen_below(g, COUNT(borders))]);
    p = room(g, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)('0' + (one_in(g, 3) ? 0 : gen_below(g, 10)));
    return (struct span){p, n};
}

struct unit gen_num(struct gen *g)
{
    bool dec = one_in(g, 2);
    int64_t exp = 0;
    struct unit u;

    if (one_in(g, 4))
        return unit_int((int64_t)gen_below(g, 100) - 50);
    if (one_in(g, 4))
        return unit_int((int64_t)gen_next(g));
    if (dec)
        exp = (int64_t)gen_below(g, one_in(g, 50) ? 8000 : 40);
    if (one_in(g, 2))
        exp = -exp;
    must(unit_num(g->arena, one_in(g, 2), gen_digits(g), dec, exp, &u) == ERR_OK);
    return u;
}

// ---- Containers

static struct unit gen_any(struct gen *g, unsigned depth);

static struct unit *gen_items(struct gen *g, unsigned depth, size_t n)
{
    struct unit *items = unit_array(g->arena, n + 1);

    must(items != NULL);
    for (size_t i = 0; i < n; i++)
        items[i] = gen_any(g, depth);
    return items;
}

static size_t gen_width(struct gen *g)
{
    return one_in(g, 40) ? gen_below(g, 200) : gen_below(g, 5);
}

static struct unit gen_list(struct gen *g, unsigned depth)
{
    size_t n = gen_width(g);
    struct unit u;

    must(unit_list(gen_items(g, depth, n), n, &u) == ERR_OK);
    return u;
}

static struct unit gen_pair(struct gen *g, unsigned depth)
{
    struct unit u;

    must(unit_pair(gen_items(g, depth, 2), &u) == ERR_OK);
    return u;
}

static struct unit gen_map(struct gen *g, unsigned depth)
{
    size_t n = gen_width(g), dup;
    bool strings = one_in(g, 2);
    struct unit *items, u;

    items = unit_array(g->arena, 2 * n + 1);
    must(items != NULL);
    for (size_t i = 0; i < n; i++) {
        items[2 * i] = strings ? gen_str(g) : gen_any(g, depth);
        items[2 * i + 1] = gen_any(g, depth);
    }
    while (unit_map(g->arena, items, n, &dup, &u)) // a key twice: the map ends before it
        n = dup;
    return u;
}

static struct unit gen_ref(struct gen *g)
{
    size_t n = one_in(g, 50) ? UNIT_STEPS_MAX : 1 + gen_below(g, 4);
    struct unit *steps = unit_array(g->arena, n), u;

    must(steps != NULL);
    for (size_t i = 0; i < n; i++) {
        do
            steps[i] = gen_str(g);
        while (steps[i].n == 0);
    }
    must(unit_ref(steps, n, &u) == ERR_OK);
    return u;
}

static struct span gen_name(struct gen *g, const char *signs, size_t max)
{
    size_t n = 1 + gen_below(g, one_in(g, 30) ? max : 6), kinds = strlen(signs);
    char *p = room(g, n);

    for (size_t i = 0; i < n; i++)
        p[i] = signs[gen_below(g, kinds)];
    return (struct span){p, n};
}

static struct unit gen_stream(struct gen *g, unsigned depth)
{
    static const char *const names[] = {
        "math.calc", "io.term", "a", "0", "5", "x.1.2", "0x1f", "t", "sys.task",
    };
    static const char *const addresses[] = {
        "loc",
        "*",
        "a",
        "node-1",
        "0",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "2001:db8::1",
        "2001:db8:0:1:1:1:1:1",
        "1:2:3:4:5:6:7:8",
        "abc",
    };
    struct unit *items = gen_items(g, depth, 1), *all = unit_array(g->arena, 3), u;
    struct span name;
    size_t n = 2 + gen_below(g, 2);

    must(all != NULL);
    all[0] = items[0];
    name = one_in(g, 3) ? span_of(names[gen_below(g, COUNT(names))])
                        : gen_name(g, "abcxyz0123456789....", UNIT_SERVICE_MAX_BYTES);
    if (!text_is_service(name))
        name = SPAN("a.b");
    must(unit_str(name, &all[1]) == ERR_OK);
    if (n == 3) {
        name = one_in(g, 2) ? span_of(addresses[gen_below(g, COUNT(addresses))])
                            : gen_name(g, "abcxyz0123456789-", UNIT_NODE_MAX_BYTES);
        if (!text_is_address(name))
            name = SPAN("loc");
        must(unit_str(name, &all[2]) == ERR_OK);
    }
    must(unit_stream(all, n, &u) == ERR_OK);
    return u;
}

static struct unit gen_leaf(struct gen *g)
{
    struct unit u;

    switch (gen_below(g, 10)) {
    case 0:
        return unit_none();
    case 1:
        return unit_bool(one_in(g, 2));
    case 2:
        return unit_byte((uint8_t)gen_next(g));
    case 3:
        return gen_bytes(g);
    case 4:
    case 5:
        return gen_num(g);
    case 6:
        return gen_ref(g);
    case 7:
        if (g->secrets && one_in(g, 4)) {
            must(unit_secret(gen_text(g), &u) == ERR_OK);
            return u;
        }
        // fall through
    default:
        return gen_str(g);
    }
}

// @depth: levels that may still be opened
static struct unit gen_any(struct gen *g, unsigned depth)
{
    if (!depth || !g->budget || one_in(g, 3))
        return gen_leaf(g);
    g->budget--;
    depth--;
    switch (gen_below(g, 5)) {
    case 0:
        return gen_list(g, depth);
    case 1:
        return gen_pair(g, depth);
    case 2:
        return gen_stream(g, depth);
    default:
        return gen_map(g, depth);
    }
}

// A chain of containers as deep as units may be, with leaves beside it.
static struct unit gen_deep(struct gen *g)
{
    unsigned depth = one_in(g, 2) ? UNIT_DEPTH_MAX : 1 + (unsigned)gen_below(g, UNIT_DEPTH_MAX);
    struct unit u = gen_leaf(g), *items;

    g->budget = 0;
    while (depth--) {
        items = gen_items(g, 0, 4);
        items[gen_below(g, 2)] = u;
        switch (gen_below(g, 5)) {
        case 0:
            must(unit_list(items, 2 + gen_below(g, 2), &u) == ERR_OK);
            break;
        case 1:
            must(unit_pair(items, &u) == ERR_OK);
            break;
        case 2:
            items[0] = u;
            items[1] = unit_word("a.b");
            items[2] = unit_word("loc");
            must(unit_stream(items, 2 + gen_below(g, 2), &u) == ERR_OK);
            break;
        default:
            must(unit_map(g->arena, items, 1, NULL, &u) == ERR_OK);
        }
    }
    return u;
}

// Plain maps that look like what JSON has no other form for, and nearly so.
static struct unit gen_lookalike(struct gen *g)
{
    static const char *const keys[] = {"@", "()", "stream", "0x", "%", "{}", "secret"};
    struct unit u = one_in(g, 2) ? gen_leaf(g) : gen_any(g, 3), list, *items;
    size_t n;

    for (size_t i = 1 + gen_below(g, 6); i--;) {
        items = gen_items(g, 1, 3);
        items[gen_below(g, 2)] = u;
        n = 1 + gen_below(g, 3);
        switch (gen_below(g, 5)) {
        case 0:
            must(unit_list(items, n, &u) == ERR_OK);
            break;
        case 1: // [[k v]]
            must(unit_list(items, 2, &list) == ERR_OK);
            items = gen_items(g, 1, 3);
            items[0] = list;
            must(unit_list(items, 1, &u) == ERR_OK);
            break;
        case 2: // [u serv addr]
            items[0] = u;
            items[1] = unit_word("a.b");
            items[2] = unit_word("loc");
            must(unit_list(items, 1 + n / 2 + 1, &u) == ERR_OK);
            break;
        default:
            items[0] = unit_word(keys[gen_below(g, COUNT(keys))]);
            items[1] = u;
            must(unit_map(g->arena, items, 1, NULL, &u) == ERR_OK);
        }
    }
    return u;
}

struct unit gen_unit(struct gen *g)
{
    g->budget = one_in(g, 20) ? 300 : 12;
    switch (gen_below(g, 8)) {
    case 0:
        return gen_lookalike(g);
    case 1:
        return one_in(g, 4) ? gen_deep(g) : gen_any(g, 12);
    case 2:
        return gen_leaf(g);
    default:
        return gen_any(g, 6);
    }
}
