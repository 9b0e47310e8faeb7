// SPDX-License-Identifier: MIT
// A machine with users, for the suites of keys/users.h: its files lie in memory, any number of them,
// and go wrong as told; passphrases are cheap.
#ifndef TELEX_TESTS_CHECK_KEYS_DISK_H
#define TELEX_TESTS_CHECK_KEYS_DISK_H

#include "keys/users.h"
#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

enum { DISK_FILES = USERS_MAX + 8, NAME_BYTES = 48 };

struct disk {
    struct key_files files;
    struct disk_file {
        char name[NAME_BYTES];
        uint8_t bytes[FIX_FILE_BYTES + 8];
        size_t n;
    } file[DISK_FILES];                   // of no name: free
    enum err load, make, save, del, list; // what these answer instead
    unsigned makes, saves, loads;
};

static inline struct disk_file *disk_find(void *ctx, const char *name)
{
    struct disk *d = ctx;

    for (size_t i = 0; i < DISK_FILES; i++)
        if (!strcmp(d->file[i].name, name))
            return &d->file[i];
    return NULL;
}

static inline bool disk_has(void *ctx, const char *name)
{
    return disk_find(ctx, name) != NULL;
}

static inline enum err disk_load(void *ctx, const char *name, struct arena *a, struct span *out)
{
    const struct disk_file *file = disk_find(ctx, name);

    ((struct disk *)ctx)->loads++;
    if (((struct disk *)ctx)->load)
        return ((struct disk *)ctx)->load;
    if (!file)
        return ERR_NOT_FOUND;
    out->at = arena_copy(a, file->bytes, file->n);
    out->len = file->n;
    return out->at ? ERR_OK : ERR_NO_MEMORY;
}

static inline void disk_put(struct disk *d, const char *name, const void *bytes, size_t n)
{
    struct disk_file *file = disk_find(d, name);

    file = file ? file : disk_find(d, "");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_le(n, sizeof file->bytes);
    ck_assert_uint_lt(strlen(name), NAME_BYTES);
    strcpy(file->name, name);
    memcpy(file->bytes, bytes, n);
    file->n = n;
}

static inline enum err disk_make(void *ctx, const char *name, struct span bytes)
{
    struct disk *d = ctx;

    d->makes++;
    if (d->make)
        return d->make;
    if (disk_has(d, name))
        return ERR_EXISTS;
    disk_put(d, name, bytes.at, bytes.len);
    return ERR_OK;
}

static inline enum err disk_save(void *ctx, const char *name, struct span bytes)
{
    struct disk *d = ctx;

    d->saves++;
    if (d->save)
        return d->save;
    disk_put(d, name, bytes.at, bytes.len);
    return ERR_OK;
}

static inline enum err disk_del(void *ctx, const char *name)
{
    struct disk *d = ctx;
    struct disk_file *file = disk_find(d, name);

    if (d->del)
        return d->del;
    if (!file)
        return ERR_NOT_FOUND;
    memset(file, 0, sizeof *file);
    return ERR_OK;
}

static inline enum err disk_list(void *ctx, struct arena *a, struct span **names, size_t *n)
{
    struct disk *d = ctx;

    if (d->list)
        return d->list;
    *names = arena_new(a, DISK_FILES * sizeof **names);
    *n = 0;
    for (size_t i = 0; *names && i < DISK_FILES; i++)
        if (d->file[i].name[0])
            (*names)[(*n)++] = span_of(d->file[i].name);
    return *names ? ERR_OK : ERR_NO_MEMORY;
}

// ---- One machine for each test

static const struct pass_cost cheap = {8, 1};
static const struct span none = {NULL, 0};
#define PASS SPAN("open sesame")

static struct disk disk;
static struct test_mem mem;
static struct fix_random source;
static struct fail fail;

static inline void setup(void)
{
    memset(&disk, 0, sizeof disk);
    disk.files = (struct key_files){&disk,     disk_has, disk_load, disk_make,
                                    disk_save, disk_del, disk_list};
    test_mem_init(&mem);
    fix_random_init(&source, 0);
    fail = (struct fail){0};
}

static inline void teardown(void)
{
    test_mem_done(&mem);
}

static inline void made_node(void)
{
    struct identity id;

    ck_assert_int_eq(identity_make(&mem.mem, &disk.files, &source.random, &id, NULL), ERR_OK);
    identity_fini(&id);
}

static inline enum err try_make(const char *name, const uint8_t *seed, struct span pass,
                                struct user *out)
{
    return users_make(&mem.mem, &disk.files, &source.random, span_of(name), seed, pass, cheap, out,
                      &fail);
}

static inline struct user made(const char *name, struct span pass)
{
    struct user u;

    ck_assert_msg(try_make(name, NULL, pass, &u) == ERR_OK, "%s: %s", name, fail.why);
    return u;
}

static inline enum err try_open(const char *name, struct span pass, struct sign_key *out)
{
    return users_open(&mem.mem, &disk.files, span_of(name), pass, out, &fail);
}

static inline enum err find(const char *name, struct user *out)
{
    return users_find(&mem.mem, &disk.files, span_of(name), out, &fail);
}

// All users as `name* name- name!word`: * with a passphrase, - not here, ! his file is bad; ? behind
// it: his id is not known.
static inline const char *listed(void)
{
    static char text[USERS_MAX * 60];
    size_t n, len = 0;
    struct user *users;
    struct arena a = test_arena(&mem);

    ck_assert_msg(users_list(&mem.mem, &disk.files, &a, &users, &n, &fail) == ERR_OK, "%s",
                  fail.why);
    text[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const struct user *u = &users[i];

        ck_assert(u->bad ? !u->here && !u->locked : u->known);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s%s%s%s%s", i ? " " : "",
                                u->name, u->locked ? "*" : "", u->here || u->bad ? "" : "-",
                                u->bad ? "!" : "", u->bad ? err_word(u->bad) : "");
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", u->known ? "" : "?");
    }
    arena_fini(&a);
    return text;
}

#endif
