// SPDX-License-Identifier: MIT
// How libsodium is compiled: its memory is that of the call which uses it, and Argon2, which takes
// long, lets others run between its blocks of 1 KiB where work has no processor of its own.
#ifndef TELEX_KEYS_SODIUM_IN_H
#define TELEX_KEYS_SODIUM_IN_H

#include <string.h>

#include "units/heap.h"

#define malloc heap_lib_malloc
#define realloc heap_lib_realloc
#define calloc heap_lib_calloc
#define free heap_lib_free

// It copies nothing else of this size in a loop, and the size is known when it is compiled.
#define memcpy(to, from, n) (pause_behind_block(n), memcpy(to, from, n))

static inline void pause_behind_block(size_t n)
{
    if (n == 1024)
        heap_pause();
}

#endif
