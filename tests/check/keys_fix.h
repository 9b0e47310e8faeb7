// SPDX-License-Identifier: MIT
// Keys that are the same in every run: a random source that counts, and key files in memory.
#ifndef TELEX_TESTS_CHECK_KEYS_FIX_H
#define TELEX_TESTS_CHECK_KEYS_FIX_H

#include "keys/identity.h"

// Source number n gives 00+n 01+n 02+n .. and so on from call to call.
struct fix_random {
    struct key_random random;
    uint8_t next;
    enum err fails; // what it answers instead
};

static inline enum err fix_random_bytes(void *ctx, uint8_t *out, size_t n)
{
    struct fix_random *r = ctx;

    if (r->fails)
        return r->fails;
    while (n--)
        *out++ = r->next++;
    return ERR_OK;
}

static inline void fix_random_init(struct fix_random *r, uint8_t n)
{
    *r = (struct fix_random){.random = {r, fix_random_bytes}, .next = n};
}

// The identity that source number n makes, without files. Never fails.
static inline struct identity fix_identity(uint8_t n)
{
    struct fix_random r;
    struct identity id;

    fix_random_init(&r, n);
    if (identity_make(NULL, NULL, &r.random, &id, NULL))
        __builtin_trap();
    return id;
}

// Bytes of a text in hex, at most cap of them; gives their number.
static inline size_t fix_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;

    for (; text[0] && text[1]; text += 2) {
        unsigned byte = 0;

        for (int i = 0; i < 2; i++)
            byte = byte << 4 | (unsigned)(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
        if (n == cap)
            __builtin_trap();
        out[n++] = (uint8_t)byte;
    }
    return n;
}

// Three files of at most 512 bytes.
enum { FIX_FILES = 3, FIX_FILE_BYTES = 512 };

struct fix_files {
    struct key_files files;
    struct fix_file {
        const char *name;
        bool is;
        uint8_t bytes[FIX_FILE_BYTES];
        size_t n;
    } file[FIX_FILES];
    int makes_left; // then ERR_NO_SPACE; < 0: any number
    bool blind;     // has() says no, as for a file that another node makes at this moment
};

static inline struct fix_file *fix_file(void *ctx, const char *name)
{
    struct fix_files *x = ctx;

    for (size_t i = 0; i < FIX_FILES; i++)
        if (strcmp(x->file[i].name, name) == 0)
            return &x->file[i];
    __builtin_trap();
}

static inline bool fix_has(void *ctx, const char *name)
{
    return fix_file(ctx, name)->is && !((struct fix_files *)ctx)->blind;
}

static inline enum err fix_load(void *ctx, const char *name, struct arena *a, struct span *out)
{
    const struct fix_file *file = fix_file(ctx, name);
    void *copy;

    if (!file->is)
        return ERR_NOT_FOUND;
    copy = arena_copy(a, file->bytes, file->n);
    if (!copy)
        return ERR_NO_MEMORY;
    *out = (struct span){copy, file->n};
    return ERR_OK;
}

static inline enum err fix_make(void *ctx, const char *name, struct span bytes)
{
    struct fix_files *x = ctx;
    struct fix_file *file = fix_file(ctx, name);

    if (file->is)
        return ERR_EXISTS;
    if (x->makes_left == 0 || bytes.len > sizeof file->bytes)
        return ERR_NO_SPACE;
    x->makes_left--;
    file->is = true;
    file->n = bytes.len;
    memcpy(file->bytes, bytes.at, bytes.len);
    return ERR_OK;
}

static inline void fix_files_init(struct fix_files *x)
{
    *x = (struct fix_files){
        .files = {x, fix_has, fix_load, fix_make},
        .file = {{.name = "user.key"}, {.name = "node.key"}, {.name = "node.cert"}},
        .makes_left = -1};
}

#endif
