// SPDX-License-Identifier: MIT
// Memory: that of the C library, which asks Linux for it in large pieces.
#include <malloc.h>
#include <stdlib.h>
#include <sys/random.h>

#include "kernel/linux/linux.h"

enum { LARGE_BYTES = 128 << 10 };

static void *get(void *ctx, size_t bytes)
{
    (void)ctx;
    return malloc(bytes);
}

static void put(void *ctx, void *p, size_t bytes)
{
    (void)ctx;
    (void)bytes;
    free(p);
}

enum err linux_mem_init(struct linux_port *p)
{
    // What is large goes back to Linux at once. Left alone, glibc learns from the largest piece to
    // keep all of them; and each thread would have a heap of its own.
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES); // refused: it takes more memory, no more
    (void)mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_ARENA_MAX, 1);
    p->mem = (struct mem){.ctx = p, .get = get, .put = put};
    // Requests of up to 256 bytes are never cut short (getrandom(2)).
    if (getrandom(p->mem.seed, sizeof p->mem.seed, 0) != sizeof p->mem.seed)
        return ERR_NOT_SUPPORTED;
    p->plat.mem = &p->mem;
    return ERR_OK;
}
