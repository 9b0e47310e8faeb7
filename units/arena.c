// SPDX-License-Identifier: MIT
// Arenas: chunks from the port, handed out from the front, given back as a whole.
#include "units/arena.h"

struct arena_chunk {
    struct arena_chunk *next; // older
    size_t bytes;             // with this head
};

// Behind the head objects start at a multiple of 16.
enum { HEAD_BYTES = (sizeof(struct arena_chunk) + 15) & ~(size_t)15 };

void mem_wipe(void *p, size_t bytes)
{
    if (bytes)
        memset(p, 0, bytes);
    __asm__ volatile("" : : "r"(p) : "memory"); // the bytes are looked at, as far as gcc knows
}

void arena_init(struct arena *a, const struct mem *mem, size_t limit_bytes)
{
    *a = (struct arena){
        .mem = mem,
        .limit_bytes = limit_bytes,
        .chunk_bytes = ARENA_CHUNK_BYTES,
    };
}

static void put_chunk(struct arena *a, struct arena_chunk *c)
{
    a->used_bytes -= c->bytes;
    if (a->wipe)
        mem_wipe((char *)c + HEAD_BYTES, c->bytes - HEAD_BYTES);
    a->mem->put(a->mem->ctx, c, c->bytes);
}

void arena_fini(struct arena *a)
{
    while (a->chunks) {
        struct arena_chunk *c = a->chunks;

        a->chunks = c->next;
        put_chunk(a, c);
    }
    a->at = a->end = NULL;
    a->wipe = false;
    if (a->chunk_bytes)
        a->chunk_bytes = ARENA_CHUNK_BYTES;
}

void arena_reset(struct arena *a)
{
    struct arena_chunk *first = a->chunks;

    if (!first)
        return;
    if (!a->chunk_bytes) {
        arena_fini(a);
        return;
    }
    while (first->next) {
        a->chunks = first->next;
        put_chunk(a, first);
        first = a->chunks;
    }
    if (first->bytes > ARENA_CHUNK_BYTES) { // one huge object came first: do not sit on it
        arena_fini(a);
        return;
    }
    if (a->wipe)
        mem_wipe((char *)first + HEAD_BYTES, first->bytes - HEAD_BYTES);
    a->wipe = false;
    a->at = (char *)first + HEAD_BYTES;
    a->end = (char *)first + first->bytes;
    a->chunk_bytes = ARENA_CHUNK_BYTES;
}

bool arena_adopt(struct arena *a, struct arena *from)
{
    struct arena_chunk **end = &from->chunks;

    if (from->used_bytes > a->limit_bytes - a->used_bytes)
        return false;
    if (!from->chunks)
        return true;
    while (*end)
        end = &(*end)->next;
    // Behind the newest one, whose free part stays in use.
    if (a->chunks) {
        *end = a->chunks->next;
        a->chunks->next = from->chunks;
    } else {
        a->chunks = from->chunks;
        a->at = from->at;
        a->end = from->end;
    }
    a->used_bytes += from->used_bytes;
    a->wipe = a->wipe || from->wipe;
    from->used_bytes = 0;
    from->chunks = NULL;
    from->at = from->end = NULL;
    return true;
}

void *arena_more(struct arena *a, size_t bytes)
{
    size_t need, size;
    struct arena_chunk *c;

    if (bytes > SIZE_MAX - HEAD_BYTES - 16)
        return NULL;
    bytes = bytes ? bytes : 1;
    need = HEAD_BYTES + (a->chunk_bytes ? (bytes + 15) & ~(size_t)15 : bytes);
    size = need > a->chunk_bytes ? need : a->chunk_bytes;
    if (size > a->limit_bytes - a->used_bytes) // near the limit: no more than is asked for
        size = need;
    if (size > a->limit_bytes - a->used_bytes)
        return NULL;
    c = a->mem->get(a->mem->ctx, size);
    if (!c)
        return NULL;
    c->bytes = size;
    a->used_bytes += size;
    if (a->chunks && size - need < (size_t)(a->end - a->at)) {
        // The object fills its chunk: keep handing out from the one before.
        c->next = a->chunks->next;
        a->chunks->next = c;
        return (char *)c + HEAD_BYTES;
    }
    c->next = a->chunks;
    a->chunks = c;
    if (a->chunk_bytes && a->chunk_bytes < ARENA_CHUNK_MAX_BYTES && size == a->chunk_bytes)
        a->chunk_bytes *= 2;
    a->at = (char *)c + HEAD_BYTES + (need - HEAD_BYTES);
    a->end = (char *)c + size;
    return (char *)c + HEAD_BYTES;
}

void *arena_copy(struct arena *a, const void *bytes, size_t len)
{
    void *p = arena_new(a, len);

    if (p && len)
        memcpy(p, bytes, len);
    return p;
}
