// SPDX-License-Identifier: MIT
// malloc, realloc and free inside an arena, for libraries that want them (libmpdec, cJSON).
//
// Freed blocks are kept in a list for each power of two and handed out again; all of it goes back
// when the arena is reset. Library allocators are global functions without a context, so the heap
// in use is found in a slot of the running processor: heap_enter() sets it around a library call.
#ifndef TELEX_UNITS_HEAP_H
#define TELEX_UNITS_HEAP_H

#include "units/arena.h"

struct heap {
    struct arena *arena;
    void *free[48]; // by power of two of the block size
};

void heap_init(struct heap *h, struct arena *a);

/** Aligned to 16; NULL when there is no memory. 0 bytes are a block too. */
void *heap_alloc(struct heap *h, size_t bytes);

/** p may be NULL. On failure NULL, and p is as it was. Shrinking never fails. */
void *heap_realloc(struct heap *h, void *p, size_t bytes);

/** p may be NULL. */
void heap_free(struct heap *h, void *p);

/** Make h the heap of the running processor; gives back the one before (to be entered again). */
struct heap *heap_enter(struct heap *h);

/** malloc, calloc, realloc, free of the heap that was entered; no heap: no memory. */
void *heap_lib_malloc(size_t bytes);
void *heap_lib_calloc(size_t n, size_t bytes);
void *heap_lib_realloc(void *p, size_t bytes);
void heap_lib_free(void *p);

/** Which processor runs: set once by a port that has several. Default: always 0. */
enum { HEAP_CPUS_MAX = 64 };
void heap_set_cpu(unsigned (*cpu)(void));

#endif
