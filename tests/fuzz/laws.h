// SPDX-License-Identifier: MIT
// The laws that every unit keeps, for the generated units of tests/check and for the fuzzers.
// Each gives back what was broken, or NULL.
#ifndef TELEX_TESTS_FUZZ_LAWS_H
#define TELEX_TESTS_FUZZ_LAWS_H

#include <stdlib.h>

#include "units/cbor.h"
#include "units/json.h"
#include "units/parse.h"
#include "units/print.h"

// ---- Memory from the C library, so that the sanitizers see it

static inline void *laws_get(void *ctx, size_t bytes)
{
    (void)ctx;
    return malloc(bytes);
}

static inline void laws_put(void *ctx, void *p, size_t bytes)
{
    (void)ctx;
    (void)bytes;
    free(p);
}

static const struct mem laws_mem = {.get = laws_get, .put = laws_put, .seed = {1, 2}};

// Enough for all that the laws make of the largest unit: numbers of a million digits print long.
#define LAWS_BYTES ((size_t)1 << 30)

// ---- Laws of a unit

/** Text law: as long as measured, and parse(print(u)) is u. */
static inline const char *law_print(struct arena *a, const struct unit *u)
{
    char *text = malloc(u->text); // exactly, so that one byte more is seen
    const char *broken = NULL;
    struct unit back;

    if (unit_print(u, text) != text + u->text)
        broken = "the print is not as long as measured";
    else if (u->flags & UNIT_HIDDEN)
        broken = NULL; // a secret does not parse back
    else if (unit_parse(a, (struct span){text, u->text}, &back, NULL))
        broken = "the print does not parse";
    else if (!unit_same(u, &back) || !unit_eq(u, &back, &laws_mem))
        broken = "the print parses to another unit";
    else if (unit_key_hash(u, &laws_mem) != unit_key_hash(&back, &laws_mem))
        broken = "equal units have different hashes";
    free(text);
    return broken;
}

/** Binary law: as long as measured, and decode(encode(u)) is u. */
static inline const char *law_encode(struct arena *a, const struct unit *u)
{
    uint8_t *bytes = malloc(u->bytes);
    const char *broken = NULL;
    struct unit back;

    if (unit_encode(u, bytes) != bytes + u->bytes)
        broken = "the encoding is not as long as measured";
    else if (unit_decode(a, (struct span){(char *)bytes, u->bytes}, &back, NULL))
        broken = "the encoding does not decode";
    else if (!unit_same(u, &back))
        broken = "the encoding decodes to another unit";
    else if (back.text != u->text || back.nodes != u->nodes || back.depth != u->depth)
        broken = "the decoded unit has other measures";
    free(bytes);
    return broken;
}

/** JSON: unit -> json -> unit is the identity, and json -> unit -> json too. */
static inline const char *law_json_of(struct arena *a, const struct unit *u)
{
    struct span json, again;
    struct unit back;
    enum err e = json_print(a, u, &json);

    if (e)
        return e == ERR_TOO_BIG ? NULL : "the unit does not print as JSON";
    e = json_parse(a, json, &back, NULL);
    if (u->flags & UNIT_HIDDEN)
        return e == ERR_SYNTAX ? NULL : "a secret comes back from JSON";
    if (e)
        return "the JSON does not parse";
    if (!unit_same(u, &back))
        return "the JSON parses to another unit";
    if (json_print(a, &back, &again) || !span_eq(json, again))
        return "the JSON prints in another way";
    return NULL;
}

static inline const char *law_unit(struct arena *a, const struct unit *u)
{
    const char *broken = law_print(a, u);

    if (!broken)
        broken = law_encode(a, u);
    return broken ? broken : law_json_of(a, u);
}

// ---- Laws of foreign input

/** Bytes that decode are the one encoding of their unit. */
static inline const char *law_bytes(struct arena *a, struct span bytes)
{
    struct span again;
    struct fail f;
    struct unit u;
    enum err e = unit_decode(a, bytes, &u, &f);

    if (e)
        return f.code == e && f.pos <= bytes.len ? NULL : "an error without its place";
    if (unit_encode_new(a, &u, &again))
        return "no memory";
    if (!span_eq(bytes, again))
        return "bytes decode that are not the encoding of their unit";
    return law_unit(a, &u);
}

/** JSON that parses prints JSON that parses to the same unit. */
static inline const char *law_json(struct arena *a, struct span text)
{
    struct fail f;
    struct unit u;
    enum err e = json_parse(a, text, &u, &f);

    if (e)
        return f.code == e && f.pos <= text.len ? NULL : "an error without its place";
    return law_unit(a, &u);
}

/** A text that parses as one unit prints text that is a fixed point. */
static inline const char *law_text(struct arena *a, struct span text)
{
    struct fail f;
    struct unit u, back;
    struct span print, again;
    enum err e = unit_parse(a, text, &u, &f);

    if (e)
        return f.code == e && f.pos <= text.len ? NULL : "an error without its place";
    if (!(u.flags & UNIT_HIDDEN)) {
        if (unit_print_new(a, &u, &print) || unit_parse(a, print, &back, NULL) ||
            unit_print_new(a, &back, &again) || !span_eq(print, again))
            return "the print is no fixed point";
    }
    return law_unit(a, &u);
}

// ---- Texts in pieces

// What a text of several units gives: each unit, then how it ended.
struct laws_read {
    struct unit units[64];
    size_t ends[64];
    size_t n;
    enum err e;
    size_t pos, start;
};

/**
 * laws_read_pieces - read a text that arrives in pieces
 * @cut: how many bytes more arrive next, at least 1; NULL: all at once
 */
static inline bool laws_read_pieces(struct arena *a, struct span text, size_t (*cut)(void *ctx),
                                    void *ctx, struct laws_read *r)
{
    size_t base = 0, there = cut ? 0 : text.len, used = 0;
    struct parser *p;
    struct fail f = {.pos = 0};

    memset(r, 0, sizeof *r);
    if (parser_new(&laws_mem, &p))
        return false;
    while (r->n < COUNT(r->units)) {
        // A copy of exactly what has arrived, at another place each time.
        size_t len = there - base;
        char *piece = malloc(len ? len : 1);

        if (len)
            memcpy(piece, text.at + base, len);
        used = 0;
        r->e = parser_next(p, a, (struct span){piece, len}, there == text.len, &used,
                           &r->units[r->n], &f);
        free(piece);
        if (r->e == ERR_OK || r->e == ERR_LATER)
            base += used;
        if (r->e == ERR_OK) {
            r->ends[r->n++] = base;
        } else if (r->e == ERR_LATER) {
            size_t more = cut(ctx);

            there += more > text.len - there ? text.len - there : more;
        } else {
            break;
        }
    }
    if (r->e != ERR_OK && r->e != ERR_NOT_FOUND) {
        r->pos = base + f.pos;
        r->start = base + parser_start(p);
    }
    parser_free(p);
    return true;
}

/** However a text is cut into pieces, the same units and the same error come out. */
static inline const char *law_pieces(struct arena *a, struct span text, size_t (*cut)(void *ctx),
                                     void *ctx)
{
    static struct laws_read whole, pieces;

    if (!laws_read_pieces(a, text, NULL, NULL, &whole) ||
        !laws_read_pieces(a, text, cut, ctx, &pieces))
        return "no memory";
    if (whole.n != pieces.n)
        return "a text in pieces gives another number of units";
    for (size_t i = 0; i < whole.n; i++) {
        if (!unit_same(&whole.units[i], &pieces.units[i]))
            return "a text in pieces gives another unit";
        if (whole.ends[i] != pieces.ends[i])
            return "a unit of a text in pieces ends elsewhere";
    }
    if (whole.e != pieces.e)
        return "a text in pieces ends in another way";
    if (whole.pos != pieces.pos || whole.pos > text.len || whole.start > text.len)
        return "an error in a text in pieces is elsewhere";
    // Within a comment the start may be anywhere; reading goes on by its line.
    if (memchr(text.at + (whole.start < pieces.start ? whole.start : pieces.start), '\n',
               whole.start < pieces.start ? pieces.start - whole.start
                                          : whole.start - pieces.start))
        return "a unit of a text in pieces begins on another line";
    return NULL;
}

#endif
