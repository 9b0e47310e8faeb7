// SPDX-License-Identifier: MIT
// What the builders of units share.
#ifndef TELEX_UNITS_UNIT_IN_H
#define TELEX_UNITS_UNIT_IN_H

#include "units/unit.h"

// Length of a CBOR head, RFC 8949 section 3.
static inline uint32_t head(uint64_t argument)
{
    return argument < 24        ? 1
           : argument < 0x100   ? 2
           : argument < 0x10000 ? 3
           : argument >> 32     ? 9
                                : 5;
}

enum { TAG_BYTES = 2 }; // head of the tags of units/cbor.h

// What the parts of a container add up to.
struct sum {
    uint64_t nodes, bytes, text;
    unsigned depth;
    unsigned flags;
};

static inline void sum_add(struct sum *s, const struct unit *u)
{
    s->nodes += u->nodes;
    s->bytes += u->bytes;
    s->text += u->text;
    s->depth = u->depth > s->depth ? u->depth : s->depth;
    s->flags |= u->flags & (UNIT_LIVE | UNIT_HIDDEN);
}

static inline enum err sum_close(const struct sum *s, enum unit_kind kind, const struct unit *items,
                                 size_t n, struct unit *out)
{
    if (s->depth >= UNIT_DEPTH_MAX)
        return ERR_TOO_DEEP;
    if (s->nodes >= UNIT_NODES_MAX || s->bytes > UNIT_TEXT_MAX_BYTES ||
        s->text > UNIT_TEXT_MAX_BYTES)
        return ERR_TOO_BIG;
    *out = (struct unit){
        .kind = (uint8_t)kind,
        .flags = (uint8_t)s->flags,
        .depth = (uint8_t)(s->depth + 1),
        .n = (uint32_t)n,
        .nodes = (uint32_t)s->nodes + 1,
        .bytes = (uint32_t)s->bytes,
        .text = (uint32_t)s->text,
        .items = items,
    };
    return ERR_OK;
}

/** Puts a key index in front of the items, which are copied. Errors: those of unit_map. */
MUST_USE enum err map_index(struct arena *a, struct unit *map, size_t *dup);

#endif
