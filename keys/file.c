// SPDX-License-Identifier: MIT
// Writing and strict reading of one key file.
#include "keys/file.h"

enum {
    VERSION = 1,
    KIND_MAX_BYTES = 16,
    ARENA_BYTES = 64 << 10,
};

static const char restore[] = "put it back from a backup; it is not replaced by itself";

// ---- Writing

struct pack *key_file_begin(struct key_file *file, const char *kind, size_t fields)
{
    file->p = (struct pack){file->bytes, 0};
    pack_map(&file->p, 2 + fields);
    pack_int(&file->p, "v", VERSION);
    pack_text(&file->p, "file", span_of(kind));
    return &file->p;
}

struct span key_file_bytes(struct key_file *file)
{
    size_t n = file->p.n;

    hash_of((struct span){(const char *)file->bytes, n}, file->bytes + n);
    stack_wipe();
    return (struct span){(const char *)file->bytes, n + HASH_BYTES};
}

enum err key_file_put(const struct key_files *files, const char *name, bool made, struct span bytes,
                      struct fail *f)
{
    enum err e = (made ? files->make : files->save)(files->ctx, name, bytes);

    if (e == ERR_NOT_FOUND)
        return fail_set(f, e, FAIL_NO_POS, "on Linux, set HOME or XDG_DATA_HOME to a folder",
                        "there is no folder for keys, so %s cannot be made", name);
    return e ? key_file_fail(name, e, f) : ERR_OK;
}

enum err key_file_make(const struct key_files *files, const char *name, struct key_file *file,
                       struct fail *f)
{
    enum err e = key_file_put(files, name, true, key_file_bytes(file), f);

    mem_wipe(file, sizeof *file);
    return e;
}

enum err key_file_save(const struct key_files *files, const char *name, struct key_file *file,
                       struct fail *f)
{
    enum err e = key_file_put(files, name, false, key_file_bytes(file), f);

    mem_wipe(file, sizeof *file);
    return e;
}

// ---- Reading

enum err key_file_load(const struct key_files *files, const char *name, struct arena *a,
                       struct span *out, struct fail *f)
{
    enum err e = files->load(files->ctx, name, a, out);

    if (e == ERR_DENIED)
        return fail_set(f, e, FAIL_NO_POS, "on Linux, chmod 600, as the user that it belongs to",
                        "%s is not for you alone, so it cannot be trusted", name);
    if (e == ERR_TOO_BIG)
        return key_file_bad(name, "is far too big for a key file", f);
    return e ? key_file_fail(name, e, f) : ERR_OK;
}

enum err key_file_fail(const char *name, enum err e, struct fail *f)
{
    if (e == ERR_NOT_SUPPORTED)
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, "take it away",
                        "%s is not a file, but something else of that name", name);
    return fail_set(f, e, FAIL_NO_POS, NULL, "%s: %s", name, err_text(e));
}

bool key_file_is(struct span bytes, const char *kind, size_t fields)
{
    struct key_file head;
    size_t n;

    n = key_file_begin(&head, kind, fields)->n;
    return bytes.len >= n && memcmp(bytes.at, head.bytes, n) == 0;
}

enum err key_file_bad(const char *name, const char *why, struct fail *f)
{
    return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, restore, "%s %s", name, why);
}

enum err key_file_open(const char *name, const char *kind, struct span bytes, size_t fields,
                       struct unpack *out, struct fail *f)
{
    uint8_t check[HASH_BYTES];
    struct span record;
    struct unpack p;

    if (bytes.len < HASH_BYTES || bytes.len > KEY_FILE_MAX_BYTES)
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, restore,
                        "%s has %u bytes, which no key file has", name, (unsigned long)bytes.len);
    record = (struct span){bytes.at, bytes.len - HASH_BYTES};
    hash_of(record, check);
    stack_wipe();
    if (memcmp(check, record.at + record.len, HASH_BYTES) != 0)
        return key_file_bad(name, "is damaged: its check does not hold", f);
    p = unpack_start(record, 0, name, f);
    // The head of a later version may have more fields: look at v before their number.
    if (record.len > 3 && ((uint8_t)record.at[0] & 0xE0) == 0xA0 &&
        memcmp(record.at + 1, "\x61v", 2) == 0 && record.at[3] != VERSION)
        return fail_set(f, ERR_NOT_SUPPORTED, 3, "use the Telex that wrote it",
                        "%s is of another version", name);
    unpack_map(&p, 2 + fields);
    (void)unpack_int(&p, "v", VERSION, VERSION); // can be nothing else
    if (!span_eq(unpack_text(&p, "file", KIND_MAX_BYTES), span_of(kind)))
        unpack_bad(&p, ERR_CORRUPT, "file", "this is another file");
    *out = p;
    return ERR_OK;
}

// The check holds but the record does not: what stands there is not what Telex writes.
enum err key_file_end(struct unpack *p, struct fail *f)
{
    if (unpack_end(p) == ERR_OK)
        return ERR_OK;
    if (f) {
        f->code = ERR_CORRUPT;
        f->hint = restore;
    }
    return ERR_CORRUPT;
}

// ---- Both

void key_arena(struct arena *a, const struct mem *mem)
{
    arena_init(a, mem, ARENA_BYTES);
    a->chunk_bytes = 0; // small: no chunk for a few files
    a->wipe = true;
}

enum err key_draw(const struct key_random *random, uint8_t *out, size_t n, struct fail *f)
{
    enum err e = random ? random->bytes(random->ctx, out, n) : ERR_NOT_SUPPORTED;

    if (e == ERR_NOT_SUPPORTED)
        return fail_set(f, e, FAIL_NO_POS, NULL,
                        "this machine has too few random bytes to make a key");
    if (e)
        return fail_set(f, e, FAIL_NO_POS, NULL, "random bytes: %s", err_text(e));
    return ERR_OK;
}
