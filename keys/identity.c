// SPDX-License-Identifier: MIT
// Key files: made once, read strictly, never replaced.
#include "keys/identity.h"

#include "keys/pack.h"

static const char user_key[] = "user.key", node_key[] = "node.key", node_cert[] = "node.cert";

enum {
    VERSION = 1,
    FILE_MAX_BYTES = 512, // any of the files
    NAME_MAX_BYTES = 16,
};

static const char restore[] = "put it back from a backup; it is not replaced by itself";

// ---- One file

// The record of a file behind {v file, up to its own fields; these end with unpack_end.
static enum err file_open(const char *name, struct span bytes, size_t fields, struct unpack *out,
                          struct fail *f)
{
    uint8_t check[HASH_BYTES];
    struct span record;
    struct unpack p;

    if (bytes.len < HASH_BYTES || bytes.len > FILE_MAX_BYTES)
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, restore, "%s has %u bytes", name,
                        (unsigned long)bytes.len);
    record = (struct span){bytes.at, bytes.len - HASH_BYTES};
    hash_of(record, check);
    if (memcmp(check, record.at + record.len, HASH_BYTES) != 0)
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, restore,
                        "%s is damaged: its check does not hold", name);
    p = unpack_start(record, 0, name, f);
    // The head of a later version may have more fields: look at v before their number.
    if (record.len > 3 && ((uint8_t)record.at[0] & 0xE0) == 0xA0 &&
        memcmp(record.at + 1, "\x61v", 2) == 0 && record.at[3] != VERSION)
        return fail_set(f, ERR_NOT_SUPPORTED, 3, "use the Telex that wrote it",
                        "%s is of another version", name);
    unpack_map(&p, 2 + fields);
    (void)unpack_int(&p, "v", VERSION, VERSION); // can be nothing else
    if (!span_eq(unpack_text(&p, "file", NAME_MAX_BYTES), span_of(name)))
        unpack_bad(&p, ERR_CORRUPT, "file", "this is another file");
    *out = p;
    return ERR_OK;
}

// The check holds but the record does not: what stands there is not what Telex writes.
static enum err file_end(struct unpack *p, struct fail *f)
{
    if (unpack_end(p) == ERR_OK)
        return ERR_OK;
    if (f) {
        f->code = ERR_CORRUPT;
        f->hint = restore;
    }
    return ERR_CORRUPT;
}

static enum err file_load(const struct key_files *files, const char *name, struct arena *a,
                          struct span *out, struct fail *f)
{
    enum err e = files->load(files->ctx, name, a, out);

    if (e)
        return fail_set(f, e, FAIL_NO_POS, NULL, "%s: %s", name, err_text(e));
    return ERR_OK;
}

struct file {
    uint8_t bytes[FILE_MAX_BYTES];
    struct pack p;
};

static struct pack *file_begin(struct file *file, const char *name, size_t fields)
{
    file->p = (struct pack){file->bytes, 0};
    pack_map(&file->p, 2 + fields);
    pack_int(&file->p, "v", VERSION);
    pack_text(&file->p, "file", span_of(name));
    return &file->p;
}

// Wipes the file's content on all paths. ERR_EXISTS: there is one by now, which counts.
static enum err file_make(const struct key_files *files, const char *name, struct file *file,
                          struct fail *f)
{
    size_t n = file->p.n;
    enum err e;

    hash_of((struct span){(const char *)file->bytes, n}, file->bytes + n);
    e = files->make(files->ctx, name, (struct span){(const char *)file->bytes, n + HASH_BYTES});
    mem_wipe(file, sizeof *file);
    if (e == ERR_NOT_FOUND)
        return fail_set(f, e, FAIL_NO_POS, "on Linux, set HOME or XDG_DATA_HOME to a folder",
                        "there is no folder for keys, so %s cannot be made", name);
    if (e && e != ERR_EXISTS)
        return fail_set(f, e, FAIL_NO_POS, NULL, "%s: %s", name, err_text(e));
    return ERR_OK;
}

// ---- What is in them

static enum err load_user(const struct key_files *files, struct arena *a, struct sign_key *out,
                          struct fail *f)
{
    struct span bytes;
    struct unpack p;
    uint8_t seed[32];
    enum err e;

    e = file_load(files, user_key, a, &bytes, f);
    if (e)
        return e;
    e = file_open(user_key, bytes, 1, &p, f);
    if (e)
        return e;
    unpack_bytes(&p, "seed", seed, sizeof seed);
    e = file_end(&p, f);
    if (e == ERR_OK)
        sign_key_init(out, seed);
    mem_wipe(seed, sizeof seed);
    return e;
}

static enum err load_node(const struct key_files *files, struct arena *a, struct identity *id,
                          struct fail *f)
{
    struct span bytes;
    struct unpack p;
    uint8_t seed[32];
    enum err e;

    e = file_load(files, node_key, a, &bytes, f);
    if (e)
        return e;
    e = file_open(node_key, bytes, 2, &p, f);
    if (e)
        return e;
    unpack_bytes(&p, "seed", seed, sizeof seed);
    unpack_bytes(&p, "box", id->box, sizeof id->box);
    e = file_end(&p, f);
    if (e == ERR_OK)
        sign_key_init(&id->node, seed);
    mem_wipe(seed, sizeof seed);
    return e;
}

// The certificate for the keys in id.
static enum err load_cert(const struct key_files *files, struct arena *a, struct identity *id,
                          struct fail *f)
{
    uint8_t box[32];
    struct span bytes, cert;
    struct unpack p;
    enum err e;

    e = file_load(files, node_cert, a, &bytes, f);
    if (e)
        return e;
    e = file_open(node_cert, bytes, 1, &p, f);
    if (e)
        return e;
    cert = unpack_span(&p, "cert", CERT_MAX_BYTES);
    e = file_end(&p, f);
    if (e)
        return e;
    if (cert_open(cert, &id->cert, f) != ERR_OK)
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, restore, "node.cert holds no certificate");
    dh_public(id->box, box);
    if (memcmp(id->cert.node, id->node.public, sizeof id->cert.node) != 0 ||
        memcmp(id->cert.box, box, sizeof box) != 0)
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, "put back the two files that belong together",
                        "node.cert was given to another node than node.key");
    memcpy(id->cert_bytes, cert.at, cert.len);
    id->cert_n = cert.len;
    return ERR_OK;
}

// ---- Making

static enum err random_bytes(const struct key_random *random, uint8_t *out, size_t n,
                             struct fail *f)
{
    enum err e = random->bytes(random->ctx, out, n);

    if (e == ERR_NOT_SUPPORTED)
        return fail_set(f, e, FAIL_NO_POS, NULL,
                        "this machine has too few random bytes to make a key");
    if (e)
        return fail_set(f, e, FAIL_NO_POS, NULL, "random bytes: %s", err_text(e));
    return ERR_OK;
}

static enum err make_user(const struct key_files *files, const struct key_random *random,
                          struct fail *f)
{
    struct file file;
    uint8_t seed[32];
    enum err e;

    e = random_bytes(random, seed, sizeof seed, f);
    if (e)
        return e;
    pack_bytes(file_begin(&file, user_key, 1), "seed", seed, sizeof seed);
    mem_wipe(seed, sizeof seed);
    return file_make(files, user_key, &file, f);
}

static enum err make_node(const struct key_files *files, const struct key_random *random,
                          struct fail *f)
{
    struct file file;
    uint8_t secrets[64]; // seed, box
    struct pack *p;
    enum err e;

    e = random_bytes(random, secrets, sizeof secrets, f);
    if (e)
        return e;
    p = file_begin(&file, node_key, 2);
    pack_bytes(p, "seed", secrets, 32);
    pack_bytes(p, "box", secrets + 32, 32);
    mem_wipe(secrets, sizeof secrets);
    return file_make(files, node_key, &file, f);
}

// The user's certificate for the keys in id.
static enum err sign_cert(const struct sign_key *user, const struct key_random *random,
                          struct identity *id, struct fail *f)
{
    uint8_t serial[8];
    enum err e;

    e = random_bytes(random, serial, sizeof serial, f); // so nobody has to count
    if (e)
        return e;
    id->cert = (struct cert){
        .roles = CERT_SIGN | CERT_ADMIN, .from_ms = TIME_UNKNOWN, .till_ms = TIME_NEVER};
    for (size_t i = 0; i < sizeof serial; i++)
        id->cert.serial = (id->cert.serial << 7) | (serial[i] & 0x7F);
    memcpy(id->cert.node, id->node.public, sizeof id->cert.node);
    dh_public(id->box, id->cert.box);
    cert_make(user, &id->cert, id->cert_bytes, &id->cert_n);
    return ERR_OK;
}

static enum err make_cert(const struct key_files *files, const struct key_random *random,
                          struct arena *a, struct fail *f)
{
    struct sign_key user;
    struct identity id;
    struct file file;
    enum err e;

    e = load_user(files, a, &user, f);
    if (e)
        return e;
    e = load_node(files, a, &id, f);
    if (e == ERR_OK)
        e = sign_cert(&user, random, &id, f);
    mem_wipe(&user, sizeof user);
    if (e == ERR_OK)
        pack_bytes(file_begin(&file, node_cert, 1), "cert", id.cert_bytes, id.cert_n);
    mem_wipe(&id, sizeof id);
    return e ? e : file_make(files, node_cert, &file, f);
}

// Each file only if it is missing, the certificate last: once it is there, all is.
static enum err make_missing(const struct key_files *files, const struct key_random *random,
                             struct arena *a, struct fail *f)
{
    bool has_cert = files->has(files->ctx, node_cert), has_node = files->has(files->ctx, node_key);
    enum err e = ERR_OK;

    if (has_cert && !has_node)
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS,
                        "put node.key back, or take node.cert away to begin anew",
                        "node.cert is there, but node.key is not");
    if (!has_cert && !files->has(files->ctx, user_key))
        e = make_user(files, random, f);
    if (e == ERR_OK && !has_node)
        e = make_node(files, random, f);
    if (e == ERR_OK && !has_cert)
        e = make_cert(files, random, a, f);
    return e;
}

static enum err make_unkept(const struct key_random *random, struct identity *id, struct fail *f)
{
    struct sign_key user;
    uint8_t secrets[96];
    enum err e;

    e = random_bytes(random, secrets, sizeof secrets, f);
    if (e)
        return e;
    sign_key_init(&user, secrets);
    sign_key_init(&id->node, secrets + 32);
    memcpy(id->box, secrets + 64, sizeof id->box);
    e = sign_cert(&user, random, id, f);
    mem_wipe(secrets, sizeof secrets);
    mem_wipe(&user, sizeof user);
    return e;
}

// ---- The whole

enum { ARENA_BYTES = 64 << 10 };

// Files pass through an arena of their own, which is wiped.
static void arena_open(struct arena *a, const struct mem *mem)
{
    arena_init(a, mem, ARENA_BYTES);
    a->chunk_bytes = 0; // small: no chunk for three files
    a->wipe = true;
}

bool identity_exists(const struct key_files *files)
{
    return files->has(files->ctx, node_key) && files->has(files->ctx, node_cert);
}

static enum err load(const struct key_files *files, struct arena *a, struct identity *id,
                     struct fail *f)
{
    enum err e = load_node(files, a, id, f);

    return e ? e : load_cert(files, a, id, f);
}

enum err identity_load(const struct mem *mem, const struct key_files *files, struct identity *out,
                       struct fail *f)
{
    struct identity id;
    struct arena a;
    enum err e;

    arena_open(&a, mem);
    e = load(files, &a, &id, f);
    arena_fini(&a);
    if (e == ERR_OK)
        *out = id;
    identity_fini(&id);
    return e;
}

enum err identity_make(const struct mem *mem, const struct key_files *files,
                       const struct key_random *random, struct identity *out, struct fail *f)
{
    struct identity id;
    struct arena a;
    enum err e;

    arena_open(&a, mem);
    e = files ? make_missing(files, random, &a, f) : make_unkept(random, &id, f);
    if (e == ERR_OK && files)
        e = load(files, &a, &id, f);
    arena_fini(&a);
    if (e == ERR_OK)
        *out = id;
    identity_fini(&id);
    return e;
}

enum err identity_user(const struct mem *mem, const struct key_files *files, struct sign_key *out,
                       struct fail *f)
{
    struct arena a;
    enum err e;

    arena_open(&a, mem);
    e = load_user(files, &a, out, f);
    arena_fini(&a);
    return e;
}

void identity_fini(struct identity *id)
{
    mem_wipe(id, sizeof *id);
}
