// SPDX-License-Identifier: MIT
// Arenas: memory that is given back as a whole.
//
//   mem (the port's pages) --get--> chunk | chunk | chunk   one arena, newest chunk first
//
// An arena hands out bytes from its newest chunk and never frees one object; arena_reset() keeps
// the first chunk for the next use. Whoever owns the arena owns all that was made in it.
// Each arena has a limit in bytes; past it, and when the port has no page left, allocation fails.
#ifndef TELEX_UNITS_ARENA_H
#define TELEX_UNITS_ARENA_H

#include "units/err.h"

/**
 * struct mem - where memory comes from; lent by the port, shared by all arenas of one node
 * @get:  bytes aligned to 16, not zeroed, or NULL
 * @put:  gives back exactly what get gave
 * @seed: key of the hash tables, random per node (SipHash; foreign keys must not collide at will)
 */
struct mem {
    void *ctx;
    void *(*get)(void *ctx, size_t bytes);
    void (*put)(void *ctx, void *p, size_t bytes);
    uint64_t seed[2];
};

enum {
    ARENA_CHUNK_BYTES = 64 << 10, // first chunk; later ones double up to ARENA_CHUNK_MAX_BYTES
    ARENA_CHUNK_MAX_BYTES = 4 << 20,
};

struct arena_chunk;

struct arena {
    char *at, *end; // free part of the newest chunk
    struct arena_chunk *chunks;
    const struct mem *mem;
    size_t used_bytes;  // in all chunks
    size_t limit_bytes; // of all chunks
    size_t chunk_bytes; // size of the next chunk; 0 = each object its own chunk (tests)
    bool wipe;          // overwrite before giving back (set as soon as a secret is inside)
};

/** Empty arena of at most limit_bytes; takes no memory yet. */
void arena_init(struct arena *a, const struct mem *mem, size_t limit_bytes);

/** Everything back to the port. The arena may be used again. */
void arena_fini(struct arena *a);

/**
 * arena_adopt - all memory of another arena becomes part of this one
 *
 * Objects stay where they are; @from is empty then. False, and nothing has changed, when it would
 * be past the limit.
 */
MUST_USE bool arena_adopt(struct arena *a, struct arena *from);

/** Forget all objects, keep the first chunk. */
void arena_reset(struct arena *a);

/** The slow path of arena_new. */
void *arena_more(struct arena *a, size_t bytes);

/** Uninitialised bytes aligned to 8; NULL when the limit or the memory is at its end. */
static inline void *arena_new(struct arena *a, size_t bytes)
{
    size_t n = ((bytes ? bytes : 1) + 7) & ~(size_t)7;

    if (n >= bytes && n <= (size_t)(a->end - a->at)) {
        void *p = a->at;

        a->at += n;
        return p;
    }
    return arena_more(a, bytes);
}

/** Copy of bytes (not terminated); NULL when there is no memory. len may be 0. */
void *arena_copy(struct arena *a, const void *bytes, size_t len);

/** Overwrite memory in a way that the compiler keeps. */
void mem_wipe(void *p, size_t bytes);

#endif
