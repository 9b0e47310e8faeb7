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

/** What heap_pause does on the running processor; NULL: nothing. */
void heap_set_pause(void (*pause)(void));

/**
 * heap_pause - in long loops, every 50 us or so, also in heap_alloc: lets others run where work
 * has no processor of its own. Cheap, and nothing at all elsewhere. Nothing that others may see is
 * half changed when it is called.
 */
extern bool heap_pauses; // some processor has a pause
void heap_pause_now(void);
static inline void heap_pause(void)
{
    if (__builtin_expect(heap_pauses, 0))
        heap_pause_now();
}

/** The same in a loop over many small things: at every 256th. */
static inline void heap_pause_at(size_t i)
{
    if ((i & 255) == 255)
        heap_pause();
}

/**
 * Which processor runs, below HEAP_CPUS_MAX: set by a port that has several before the second one
 * starts. What has a stack of its own counts as a processor; none has a pause then. Default: 0.
 */
enum { HEAP_CPUS_MAX = 64 };
void heap_set_cpu(unsigned (*cpu)(void));

#endif
