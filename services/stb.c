// SPDX-License-Identifier: MIT
// The only file that knows stb_image.
//
// Each call has an arena of its own for the library, given back at its end. stb_image does not say
// why it failed; whether memory was missing is seen where memory is taken.
#include "services/stb.h"

#include "services/stb_in.h"

#include <stb_image.h>

enum {
    // What the library takes for a pixel: most for one of 4 colours with 16 bits, interlaced: 8 as
    // lines, 16 once these prove too short, 8 and 4 as pixels. And for a picture: a jpg 8192 wide
    // and one high is read in squares, 32 high.
    BYTES_A_PIXEL = 48,
    BYTES_BESIDE = 8 << 20,
    INFLATE_FIRST = 16384, // stb_image begins with this, and doubles it
};

// Memory that notes when there was none.
struct watched {
    struct mem mem;
    const struct mem *real;
    bool missing;
};

struct work {
    struct heap heap, *before; // the first member: who has the heap has this
    struct watched watched;
    struct arena tmp;
    size_t most; // bytes of one block
    bool past;   // more was wanted
};

void *stb_realloc(void *p, size_t bytes)
{
    struct heap *h = heap_enter(NULL);
    struct work *w = (struct work *)h;

    (void)heap_enter(h); // none was entered meanwhile
    if (bytes > w->most) {
        w->past = true;
        return NULL;
    }
    return heap_realloc(h, p, bytes);
}

static void *watched_get(void *ctx, size_t bytes)
{
    struct watched *w = ctx;
    void *p = w->real->get(w->real->ctx, bytes);

    w->missing = w->missing || !p;
    return p;
}

static void watched_put(void *ctx, void *p, size_t bytes)
{
    const struct watched *w = ctx;

    w->real->put(w->real->ctx, p, bytes);
}

static void work_init(struct work *w, const struct arena *a, size_t most, size_t limit_bytes)
{
    w->most = most;
    w->past = false;
    w->watched = (struct watched){.real = a->mem};
    w->watched.mem = (struct mem){.ctx = &w->watched, .get = watched_get, .put = watched_put};
    arena_init(&w->tmp, &w->watched.mem, limit_bytes);
    if (!a->chunk_bytes)
        w->tmp.chunk_bytes = 0;
    heap_init(&w->heap, &w->tmp);
    w->before = heap_enter(&w->heap);
}

static void work_fini(struct work *w)
{
    (void)heap_enter(w->before); // gives back ours, which ends here
    arena_fini(&w->tmp);
}

// ---- The file, in pieces, so that others may run in between

struct file {
    const char *at, *end;
};

static int file_read(void *user, char *data, int size)
{
    struct file *f = user;
    size_t n = (size_t)size;

    heap_pause();
    if (n > (size_t)(f->end - f->at))
        n = (size_t)(f->end - f->at);
    memcpy(data, f->at, n);
    f->at += n;
    return (int)n;
}

static void file_skip(void *user, int n)
{
    struct file *f = user;

    f->at += n > 0 && n < f->end - f->at ? n : n > 0 ? f->end - f->at : n;
}

static int file_eof(void *user)
{
    const struct file *f = user;

    return f->at == f->end;
}

enum err stb_decode(const struct arena *a, struct span file, uint32_t w, uint32_t h, uint8_t *rgba)
{
    static const stbi_io_callbacks calls = {file_read, file_skip, file_eof};
    struct file f = {file.at, file.at + file.len};
    size_t pixels = (size_t)w * h;
    struct work work;
    int got_w = 0, got_h = 0, colours = 0;
    uint8_t *got;
    enum err e = ERR_OK;

    work_init(&work, a, SIZE_MAX, pixels * BYTES_A_PIXEL + 4 * file.len + BYTES_BESIDE);
    got = stbi_load_from_callbacks(&calls, &f, &got_w, &got_h, &colours, 4);
    if (!got)
        e = work.watched.missing ? ERR_NO_MEMORY : ERR_CORRUPT;
    else if ((uint32_t)got_w != w || (uint32_t)got_h != h)
        e = ERR_CORRUPT;
    else
        memcpy(rgba, got, 4 * pixels);
    work_fini(&work);
    return e;
}

enum err stb_inflate(struct arena *a, struct span raw, size_t max_bytes, struct span *out)
{
    size_t most = INFLATE_FIRST;
    struct work work;
    char *got, *copy = NULL;
    int n = 0;
    enum err e = ERR_OK;

    if (raw.len > INT32_MAX || max_bytes > INT32_MAX / 4)
        return ERR_TOO_BIG;
    while (most < max_bytes)
        most *= 2;
    // All blocks up to the last one, and as much again for what the arena leaves free.
    work_init(&work, a, most, 4 * most + BYTES_BESIDE);
    got = stbi_zlib_decode_noheader_malloc(raw.at, (int)raw.len, &n);
    if (!got)
        e = work.watched.missing ? ERR_NO_MEMORY : work.past ? ERR_TOO_BIG : ERR_CORRUPT;
    else if ((size_t)n > max_bytes)
        e = ERR_TOO_BIG;
    else if (!(copy = arena_copy(a, got, (size_t)n)))
        e = ERR_NO_MEMORY;
    work_fini(&work);
    if (!e)
        *out = (struct span){copy, (size_t)n};
    return e;
}
