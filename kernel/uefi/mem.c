// SPDX-License-Identifier: MIT
// Memory: pages of the firmware, kept in lists by power of two once they were used.
//
// The firmware searches its map for every allocation. Arenas ask for the same few sizes again and
// again, so a freed block waits here for the next one.
//
// Other processors must not call the firmware. They live on the reserve, which the main processor
// makes larger when one of them asks, and which is the only part of this under a lock.
#include "kernel/uefi/arch.h"
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

// ---- The reserve: runs of pages, for processors that cannot ask the firmware

enum { GROW_PAGES = (16 << 20) >> PAGE_SHIFT };

struct reserve_run {
    struct reserve_run *next;
    size_t pages;
};

static void lock(struct reserve *r)
{
    while (atomic_flag_test_and_set_explicit(&r->locked, memory_order_acquire))
        arch_relax();
}

static void unlock(struct reserve *r)
{
    atomic_flag_clear_explicit(&r->locked, memory_order_release);
}

// From the end of the first run that is long enough; the reserve is locked.
static void *run_take(struct reserve *r, size_t pages)
{
    for (struct reserve_run **at = &r->free, *run; (run = *at); at = &run->next) {
        if (run->pages < pages)
            continue;
        run->pages -= pages;
        if (run->pages == 0)
            *at = run->next;
        return (char *)run + (run->pages << PAGE_SHIFT);
    }
    return NULL;
}

static bool meet(const struct reserve_run *low, const struct reserve_run *high)
{
    return (const char *)low + (low->pages << PAGE_SHIFT) == (const char *)high;
}

static void run_give(struct reserve *r, void *p, size_t pages)
{
    struct reserve_run *run = p, *below = NULL, *above = r->free;

    while (above && above < run) {
        below = above;
        above = above->next;
    }
    *run = (struct reserve_run){above, pages};
    if (above && meet(run, above)) {
        run->pages += above->pages;
        run->next = above->next;
    }
    if (!below) {
        r->free = run;
    } else if (meet(below, run)) {
        below->pages += run->pages;
        below->next = run->next;
    } else {
        below->next = run;
    }
}

static void *reserve_get(struct reserve *r, size_t pages)
{
    void *p;

    lock(r);
    p = run_take(r, pages);
    unlock(r);
    return p;
}

// Which segment p lies in; segments: none.
static unsigned segment_of(const struct reserve *r, const void *p)
{
    unsigned i = 0;

    while (i < r->segments && (uintptr_t)p - r->segment[i].at >= r->segment[i].pages << PAGE_SHIFT)
        i++;
    return i;
}

bool mem_grow(struct uefi *m, size_t pages)
{
    struct reserve *r = &m->reserve;
    size_t n = pages > GROW_PAGES ? pages : GROW_PAGES;
    void *p;

    if (r->segments == RESERVE_SEGMENTS)
        return false;
    p = pages_get(m, n);
    if (!p) {
        n = pages;
        release(m);
        p = pages_get(m, n);
    }
    if (!p)
        return false;
    lock(r); // whoever sees a page of the segment sees the segment
    r->segment[r->segments].at = (uintptr_t)p;
    r->segment[r->segments].pages = n;
    r->segments++;
    run_give(r, p, n);
    unlock(r);
    return true;
}

// The run that covers all of a segment leaves the list. Neighbours may have grown together.
static bool run_remove(struct reserve *r, uintptr_t at, size_t pages)
{
    for (struct reserve_run **link = &r->free, *run; (run = *link); link = &run->next) {
        uintptr_t from = (uintptr_t)run, end = from + (run->pages << PAGE_SHIFT);
        uintptr_t till = at + (pages << PAGE_SHIFT);

        if (at < from || till > end)
            continue;
        *link = run->next;
        if (at > from)
            run_give(r, run, (at - from) >> PAGE_SHIFT);
        if (end > till)
            run_give(r, (void *)till, (end - till) >> PAGE_SHIFT);
        return true;
    }
    return false;
}

static void take_returned(struct uefi *m);

void mem_shrink(struct uefi *m)
{
    struct reserve *r = &m->reserve;

    if (m->work.on_busy || (r->segments <= 1 && !r->returned))
        return;
    take_returned(m);
    lock(r);                                   // a lost processor may come back
    for (unsigned i = r->segments; i-- > 1;) { // one stays for the next job
        uintptr_t at = r->segment[i].at;
        size_t pages = r->segment[i].pages;

        if (!run_remove(r, at, pages))
            continue;
        r->segment[i] = r->segment[--r->segments];
        pages_put(m, (void *)at, pages);
    }
    unlock(r);
}

// ---- For everyone

struct returned {
    struct returned *next;
    size_t bytes;
};

static size_t exact_pages(size_t bytes)
{
    return bytes ? (bytes - 1) / (1 << PAGE_SHIFT) + 1 : 1;
}

static void *get_elsewhere(struct uefi *m, struct uefi_worker *w, size_t bytes)
{
    size_t pages = exact_pages(bytes);
    void *p = reserve_get(&m->reserve, pages);

    while (!p && work_ask(w, pages)) // others may take what came for us
        p = reserve_get(&m->reserve, pages);
    return p;
}

static void *mem_get(void *ctx, size_t bytes)
{
    struct uefi *m = ctx;
    unsigned s = shift_of(bytes);
    size_t n = pages_of(bytes, s);
    struct uefi_worker *w = work_running(m);
    void *p;

    if (w)
        return get_elsewhere(m, w, bytes);
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
    return p ? p : reserve_get(&m->reserve, exact_pages(bytes));
}

// Gives back what is not for the lists of the main processor, or false.
static bool put_elsewhere(struct uefi *m, void *p, size_t bytes)
{
    struct reserve *r = &m->reserve;
    bool other = work_running(m) != NULL, taken = true;

    lock(r);
    if (segment_of(r, p) < r->segments) {
        run_give(r, p, exact_pages(bytes));
    } else if (other) {
        *(struct returned *)p = (struct returned){r->returned, bytes};
        r->returned = p;
    } else {
        taken = false;
    }
    unlock(r);
    return taken;
}

static void mem_put(void *ctx, void *p, size_t bytes)
{
    struct uefi *m = ctx;
    unsigned s = shift_of(bytes);

    if (!p)
        return;
    if (m->work.stacks && put_elsewhere(m, p, bytes))
        return;
    if (s > KEPT_MAX_SHIFT) {
        pages_put(m, p, pages_of(bytes, s));
    } else {
        *(void **)p = m->free_pages[s - PAGE_SHIFT];
        m->free_pages[s - PAGE_SHIFT] = p;
    }
}

static void take_returned(struct uefi *m)
{
    struct returned *b, *next;

    lock(&m->reserve);
    b = m->reserve.returned;
    m->reserve.returned = NULL;
    unlock(&m->reserve);
    for (; b; b = next) {
        next = b->next;
        mem_put(m, b, b->bytes);
    }
}

void mem_init(struct uefi *m)
{
    _Static_assert(COUNT(m->free_pages) > KEPT_MAX_SHIFT - PAGE_SHIFT, "a list for each size");

    m->mem = (struct mem){.ctx = m, .get = mem_get, .put = mem_put};
    m->plat.mem = &m->mem;
}
