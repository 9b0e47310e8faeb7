// SPDX-License-Identifier: MIT
// The unit: the one kind of value in Telex. Everything typed, stored, sent or answered is one.
//
// A unit is 32 bytes and holds its leaf value or points to its parts. Parts lie side by side in
// an array of units, so a list of n items is one block:
//
//   [a (1 b)]     list n=2 --> | str "a" | pair n=2 --> | int 1 | str "b" |
//   {k:v}         map  n=1 --> | str "k" | str "v" |             keys at even places
//   u@serv:[x]    stream n=3 --> | u | str "serv" | str "x" |    without address n=2
//   @a.b          ref  n=2 --> | str "a" | str "b" |
//
// Units are immutable once built, so a copy of the 32 bytes shares everything below it. Sharing
// can make a small tree stand for a huge one; therefore each unit carries the measures of what it
// stands for (nodes, encoded and printed length, depth), and the builders refuse what is past the
// limits below. Hence every unit that exists can be walked, printed and encoded in bounded time.
#ifndef TELEX_UNITS_UNIT_H
#define TELEX_UNITS_UNIT_H

#include "units/arena.h"
#include "units/limits.h"

// In the order of sort; numbers compare by value, kinds after STR by encoding (units/GRAMMAR.md).
enum unit_kind {
    UNIT_NONE,
    UNIT_BOOL,
    UNIT_BYTE,
    UNIT_INT,
    UNIT_DEC,
    UNIT_STR,
    UNIT_REF,
    UNIT_STREAM,
    UNIT_PAIR,
    UNIT_LIST,
    UNIT_MAP,
    UNIT_BYTES,
    UNIT_SECRET,
    UNIT_KINDS,
};

enum unit_flag {
    UNIT_LIVE = 1,   // is or holds a ref or stream that reading would replace
    UNIT_DONE = 2,   // what a stream gave: never read again, never a command; equality ignores it
    UNIT_BIG = 4,    // number in .big instead of .i
    UNIT_HIDDEN = 8, // is or holds a secret
    UNIT_INDEX = 16, // map with a key index in front of its items (units/map.c)
};

/** Coefficient of a number past 64 bits: sign, and decimal digits without leading zeros. */
struct unit_big {
    uint32_t n; // digits, at least 1
    bool neg;
    char digits[]; // ASCII, first one not 0; of a dec the last one not 0
};

struct unit {
    uint8_t kind;   // enum unit_kind
    uint8_t flags;  // enum unit_flag
    uint8_t depth;  // 0 leaf; brackets and suffixes below and at this unit
    uint8_t spare;  // 0
    uint32_t n;     // str bytes secret: length in bytes; list pair ref stream: parts; map: entries
    uint32_t nodes; // this and all below, shared ones each time
    uint32_t bytes; // length of the binary form
    uint32_t text;  // length of the canonical print, UTF-8 bytes
    int32_t exp;    // dec: value = coefficient * 10^exp; else 0
    union {
        int64_t i;                  // bool byte int dec
        const struct unit_big *big; // int dec with UNIT_BIG
        const char *s;              // str bytes secret; not terminated
        const struct unit *items;   // ref stream pair list map
    };
};
_Static_assert(sizeof(struct unit) == 32, "a unit is 32 bytes");

static inline struct span unit_span(const struct unit *u)
{
    return (struct span){u->s, u->n};
}

static inline bool unit_is_num(const struct unit *u)
{
    return u->kind == UNIT_INT || u->kind == UNIT_DEC;
}

static inline bool unit_is_text(const struct unit *u, struct span text)
{
    return u->kind == UNIT_STR && u->n == text.len && memcmp(u->s, text.at, text.len) == 0;
}

/** Word for a kind: "none" "bool" "byte" "int" "dec" "str" .. */
const char *unit_kind_name(enum unit_kind kind);

// ---- Leaves. These cannot fail unless they say so.

struct unit unit_none(void);
struct unit unit_bool(bool b);
struct unit unit_byte(uint8_t b);
struct unit unit_int(int64_t i);

/**
 * unit_str - string that borrows its bytes
 * @text: valid UTF-8 of at most UNIT_TEXT_MAX_BYTES in the caller's arena or a constant
 *
 * Errors: ERR_TOO_BIG when it would not print within the limit
 * Owner:  the bytes must live as long as the unit
 */
MUST_USE enum err unit_str(struct span text, struct unit *out);

/** The same for constants and other short texts (at most 1 MiB) that are known to be valid. */
struct unit unit_word(const char *text);

/** bytes and secret; the content is borrowed likewise. */
MUST_USE enum err unit_bytes(struct span bytes, struct unit *out);
MUST_USE enum err unit_secret(struct span text, struct unit *out);

/**
 * unit_num - number from its parts: sign, digits, exponent
 * @digits: ASCII digits, leading zeros allowed, at least one; borrowed for the call
 * @dec:    true for a dec of value digits * 10^exp (canonical: no trailing zeros in the
 *          coefficient; zero is 0 and 0), false for an int (then exp is 0)
 *
 * Errors: ERR_TOO_BIG past UNIT_DIGITS_MAX digits as printed, ERR_NO_MEMORY
 */
MUST_USE enum err unit_num(struct arena *a, bool neg, struct span digits, bool dec, int64_t exp,
                           struct unit *out);

/** dec from a 64-bit coefficient. */
MUST_USE enum err unit_dec(int64_t coef, int64_t exp, struct unit *out);

// ---- Containers. @items are adopted, not copied: they must lie in the arena that will own the
// result (or live longer). Errors of all: ERR_TOO_DEEP, ERR_TOO_BIG.

MUST_USE enum err unit_list(const struct unit *items, size_t n, struct unit *out);
MUST_USE enum err unit_pair(const struct unit items[2], struct unit *out);

/**
 * unit_map - map of n entries, items[2n]: key, value, key, value ..
 * @dup: when a key stands there twice, the index of its second entry (may be NULL)
 *
 * Errors: also ERR_SYNTAX (a key twice), ERR_NO_MEMORY
 * Note:   maps past MAP_SMALL entries get a key index, so items are copied behind it
 */
MUST_USE enum err unit_map(struct arena *a, const struct unit *items, size_t n, size_t *dup,
                           struct unit *out);

/**
 * unit_build - list, pair or map of parts that are copied into the arena
 * @parts: n units; of a map key, value, key, value ..; *out may be one of them
 * @dup:   as of unit_map
 *
 * Errors: those of unit_list, unit_pair, unit_map, and ERR_NO_MEMORY
 */
MUST_USE enum err unit_build(struct arena *a, enum unit_kind kind, const struct unit *parts,
                             size_t n, size_t *dup, struct unit *out);

/** stream: items[2] = payload, service; items[3] also the address. Names must be valid. */
MUST_USE enum err unit_stream(const struct unit *items, size_t n, struct unit *out);

/** ref: steps are strings of one character or more, 1..UNIT_STEPS_MAX of them. */
MUST_USE enum err unit_ref(const struct unit *steps, size_t n, struct unit *out);

/** New array of n units in the arena; NULL when there is no memory. */
static inline struct unit *unit_array(struct arena *a, size_t n)
{
    return n > SIZE_MAX / sizeof(struct unit) ? NULL : arena_new(a, n * sizeof(struct unit));
}

/** Does a step stand without quotes in a ref? */
bool step_is_bare(struct span step);

/** Does the printer put a blank behind the colon, so that {a@b: [x]} is not an address? */
bool map_needs_blank(const struct unit *key, const struct unit *value);

/** Value under a key, or NULL. Constant time on big maps. */
const struct unit *unit_get(const struct unit *map, const struct unit *key, const struct mem *mem);
const struct unit *unit_get_word(const struct unit *map, struct span key, const struct mem *mem);

/** Copy of a whole tree into another arena. Errors: ERR_NO_MEMORY. Sharing inside is not kept. */
MUST_USE enum err unit_copy(struct arena *a, const struct unit *u, struct unit *out);

// ---- Order, equality, hash (units/order.c)

/** Identity up to the order of map keys: same type and content. 2 and 2.0 differ. */
bool unit_eq(const struct unit *a, const struct unit *b, const struct mem *mem);

/** Identity: type, content and key order (what both laws of the language speak of). */
bool unit_same(const struct unit *a, const struct unit *b);

/** Keyed hash that equal units share (SipHash of the node's seed). */
uint64_t unit_key_hash(const struct unit *u, const struct mem *mem);

/**
 * unit_cmp - the order of sort, min and max: none < bool < byte < numbers by value < str by code
 * point < everything else by its encoding with sorted keys. Equal: 0.
 *
 * @a is scratch for encodings. Errors: ERR_NO_MEMORY.
 */
MUST_USE enum err unit_cmp(struct arena *a, const struct unit *x, const struct unit *y, int *out);

/** Numbers by value: <0, 0, >0. Both must be numbers. Exact, any size. */
int unit_num_cmp(const struct unit *x, const struct unit *y);

#endif
