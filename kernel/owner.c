// SPDX-License-Identifier: MIT
// What the tasks of one owner hold together. The memory is counted with atomic operations, since
// handlers on several processors ask for it.
#include "kernel/internal.h"

static void *get(void *ctx, size_t bytes)
{
    struct owner *o = ctx;
    void *p;

    if (__atomic_add_fetch(&o->bytes, bytes, __ATOMIC_RELAXED) <= o->bytes_max) {
        p = o->port->get(o->port->ctx, bytes);
        if (p)
            return p;
    }
    (void)__atomic_sub_fetch(&o->bytes, bytes, __ATOMIC_RELAXED);
    return NULL;
}

static void put(void *ctx, void *p, size_t bytes)
{
    struct owner *o = ctx;

    o->port->put(o->port->ctx, p, bytes);
    (void)__atomic_sub_fetch(&o->bytes, bytes, __ATOMIC_RELAXED);
}

void owner_init(struct owner *o, const struct plat *plat)
{
    uint64_t total, left;

    *o = (struct owner){.port = plat->mem, .bytes_max = OWNER_BYTES_MAX};
    o->mem = *plat->mem; // its seed
    o->mem.ctx = o;
    o->mem.get = get;
    o->mem.put = put;
    // Of a small machine no more than three quarters: the rest is for the others.
    if (plat->hw && plat->hw->memory && !plat->hw->memory(plat->hw->ctx, &total, &left) &&
        total / 4 * 3 < o->bytes_max)
        o->bytes_max = (size_t)(total / 4 * 3);
}
