// SPDX-License-Identifier: MIT
// Memory: that of the C library, which asks Linux for it in large pieces.
#include <stdlib.h>
#include <sys/random.h>

#include "kernel/linux/linux.h"

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
    p->mem = (struct mem){.ctx = p, .get = get, .put = put};
    // Requests of up to 256 bytes are never cut short (getrandom(2)).
    if (getrandom(p->mem.seed, sizeof p->mem.seed, 0) != sizeof p->mem.seed)
        return ERR_NOT_SUPPORTED;
    p->plat.mem = &p->mem;
    return ERR_OK;
}
