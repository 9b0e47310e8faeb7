// SPDX-License-Identifier: MIT
// A heap in an arena: blocks with a head, free blocks in lists by power of two.
//
//   | size | next free | payload ..      sizes up to 4096 are powers of two, larger ones exact
//   +---- 16 bytes ----+
#include "units/heap.h"

struct block {
    size_t bytes; // payload
    struct block *next;
};
_Static_assert(sizeof(struct block) == 16, "payloads stay aligned to 16");

enum { SMALL_MIN = 32, SMALL_MAX = 4096, BYTES_MAX = 1 << 30, SKEW = 8 };

// What is global in the core: library allocators have no context. A cache line for each processor.
static struct slot {
    _Alignas(64) struct heap *heap;
    void (*pause)(void);
} slots[HEAP_CPUS_MAX];
static unsigned (*which_cpu)(void);
bool heap_pauses;

static struct slot *slot(void)
{
    unsigned n = which_cpu ? which_cpu() : 0;

    return &slots[n < HEAP_CPUS_MAX ? n : 0];
}

// floor(log2(bytes)); bytes > 0
static unsigned class_of(size_t bytes)
{
    return (unsigned)(63 - __builtin_clzll(bytes));
}

void heap_init(struct heap *h, struct arena *a)
{
    *h = (struct heap){.arena = a};
}

static size_t round_up(size_t bytes)
{
    if (bytes <= SMALL_MIN)
        return SMALL_MIN;
    if (bytes <= SMALL_MAX)
        return (size_t)1 << (class_of(bytes - 1) + 1);
    return (bytes + 15) & ~(size_t)15;
}

// Any block of a higher class fits; of the own class the first one is looked at.
static struct block *take(struct heap *h, size_t bytes)
{
    unsigned own = class_of(bytes);

    for (unsigned c = own; c < own + 2 && c < COUNT(h->free); c++) {
        struct block *b = h->free[c];

        if (b && b->bytes >= bytes) {
            h->free[c] = b->next;
            return b;
        }
    }
    return NULL;
}

void *heap_alloc(struct heap *h, size_t bytes)
{
    struct block *b;
    char *p;

    if (bytes > BYTES_MAX)
        return NULL;
    heap_pause();
    bytes = round_up(bytes);
    b = take(h, bytes);
    if (!b) {
        p = arena_new(h->arena, sizeof(*b) + bytes + SKEW); // arenas align to 8 only
        if (!p)
            return NULL;
        if ((uintptr_t)p & SKEW)
            p += SKEW;
        b = (struct block *)(void *)p;
        b->bytes = bytes;
    }
    b->next = NULL;
    return b + 1;
}

void heap_free(struct heap *h, void *p)
{
    struct block *b = p;
    unsigned c;

    if (!p)
        return;
    b--;
    c = class_of(b->bytes);
    b->next = h->free[c];
    h->free[c] = b;
}

void *heap_realloc(struct heap *h, void *p, size_t bytes)
{
    struct block *b = p;
    void *more;

    if (p && b[-1].bytes >= bytes)
        return p;
    more = heap_alloc(h, bytes);
    if (more && p) {
        memcpy(more, p, b[-1].bytes);
        heap_free(h, p);
    }
    return more;
}

struct heap *heap_enter(struct heap *h)
{
    struct slot *s = slot();
    struct heap *before = s->heap;

    s->heap = h;
    return before;
}

void *heap_lib_malloc(size_t bytes)
{
    struct heap *h = slot()->heap;

    return h ? heap_alloc(h, bytes) : NULL;
}

void *heap_lib_calloc(size_t n, size_t bytes)
{
    size_t all;
    void *p;

    if (__builtin_mul_overflow(n, bytes, &all))
        return NULL;
    p = heap_lib_malloc(all);
    if (p)
        memset(p, 0, all);
    return p;
}

void *heap_lib_realloc(void *p, size_t bytes)
{
    struct heap *h = slot()->heap;

    return h ? heap_realloc(h, p, bytes) : NULL;
}

void heap_lib_free(void *p)
{
    struct heap *h = slot()->heap;

    if (h)
        heap_free(h, p);
}

void heap_set_cpu(unsigned (*cpu)(void))
{
    which_cpu = cpu;
    heap_pauses = false; // of the processors as they were counted before
    for (size_t i = 0; i < HEAP_CPUS_MAX; i++)
        slots[i].pause = NULL;
}

void heap_set_pause(void (*pause)(void))
{
    slot()->pause = pause;
    if (pause && !heap_pauses)
        heap_pauses = true;
}

void heap_pause_now(void)
{
    struct slot *s = slot();

    if (s->pause)
        s->pause();
}
