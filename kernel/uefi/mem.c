// SPDX-License-Identifier: MIT
// Memory: pages of the firmware, kept in lists by power of two once they were used.
//
// The firmware searches its map for every allocation. Arenas ask for the same few sizes again and
// again, so a freed block waits here for the next one.
#include "kernel/uefi/uefi.h"

enum {
    PAGE_SHIFT = 12,
    KEPT_MAX_SHIFT = 22, // larger blocks go back at once
};

static unsigned shift_of(size_t bytes)
{
    unsigned s = PAGE_SHIFT;

    while (s < 63 && (size_t)1 << s < bytes)
        s++;
    return s;
}

static void *pages_get(struct uefi *m, size_t n)
{
    EFI_PHYSICAL_ADDRESS at = 0;

    if (m->boot->AllocatePages(AllocateAnyPages, EfiLoaderData, n, &at) != EFI_SUCCESS)
        return NULL;
    return (void *)at;
}

static void pages_put(struct uefi *m, void *p, size_t n)
{
    if (m->boot->FreePages((EFI_PHYSICAL_ADDRESS)p, n) != EFI_SUCCESS)
        uefi_panic("telex: memory was given back that was not ours");
}

// Everything that waits goes back, so that larger blocks can be made of it.
static void release(struct uefi *m)
{
    for (unsigned s = PAGE_SHIFT; s <= KEPT_MAX_SHIFT; s++) {
        void **list = &m->free_pages[s - PAGE_SHIFT];

        while (*list) {
            void *p = *list;

            *list = *(void **)p;
            pages_put(m, p, (size_t)1 << (s - PAGE_SHIFT));
        }
    }
}

static size_t pages_of(size_t bytes, unsigned s)
{
    return s > KEPT_MAX_SHIFT ? (bytes - 1) / (1 << PAGE_SHIFT) + 1 : (size_t)1 << (s - PAGE_SHIFT);
}

static void *mem_get(void *ctx, size_t bytes)
{
    struct uefi *m = ctx;
    unsigned s = shift_of(bytes);
    size_t n = pages_of(bytes, s);
    void *p;

    if (s <= KEPT_MAX_SHIFT && m->free_pages[s - PAGE_SHIFT]) {
        p = m->free_pages[s - PAGE_SHIFT];
        m->free_pages[s - PAGE_SHIFT] = *(void **)p;
        return p;
    }
    p = pages_get(m, n);
    if (!p) {
        release(m);
        p = pages_get(m, n);
    }
    return p;
}

static void mem_put(void *ctx, void *p, size_t bytes)
{
    struct uefi *m = ctx;
    unsigned s = shift_of(bytes);

    if (!p)
        return;
    if (s > KEPT_MAX_SHIFT) {
        pages_put(m, p, pages_of(bytes, s));
    } else {
        *(void **)p = m->free_pages[s - PAGE_SHIFT];
        m->free_pages[s - PAGE_SHIFT] = p;
    }
}

void mem_init(struct uefi *m)
{
    _Static_assert(COUNT(m->free_pages) > KEPT_MAX_SHIFT - PAGE_SHIFT, "a list for each size");

    m->mem = (struct mem){.ctx = m, .get = mem_get, .put = mem_put};
    m->plat.mem = &m->mem;
}
