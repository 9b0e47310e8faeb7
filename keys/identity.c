// SPDX-License-Identifier: MIT
// The files of a node: made once, read strictly, never replaced.
#include "keys/identity.h"

#include "keys/user_file.h"

static const char user_key[] = "user.key", node_key[] = "node.key", node_cert[] = "node.cert";

// ---- What is in them

static enum err load_user(const struct key_files *files, struct arena *a, struct sign_key *out,
                          struct fail *f)
{
    struct user_file user;
    struct span bytes;
    enum err e;

    e = key_file_load(files, user_key, a, &bytes, f);
    if (e)
        return e;
    e = user_file_read(user_key, bytes, &user, f);
    if (e)
        return e;
    e = user_file_open(NULL, user_key, &user, (struct span){0}, out, f); // no passphrase, no memory
    mem_wipe(&user, sizeof user);
    return e;
}

static enum err load_node(const struct key_files *files, struct arena *a, struct identity *id,
                          struct fail *f)
{
    struct span bytes;
    struct unpack p;
    uint8_t seed[32];
    enum err e;

    e = key_file_load(files, node_key, a, &bytes, f);
    if (e)
        return e;
    e = key_file_open(node_key, node_key, bytes, 2, &p, f);
    if (e)
        return e;
    unpack_bytes(&p, "seed", seed, sizeof seed);
    unpack_bytes(&p, "box", id->box, sizeof id->box);
    e = key_file_end(&p, f);
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

    e = key_file_load(files, node_cert, a, &bytes, f);
    if (e)
        return e;
    e = key_file_open(node_cert, node_cert, bytes, 1, &p, f);
    if (e)
        return e;
    cert = unpack_span(&p, "cert", CERT_MAX_BYTES);
    e = key_file_end(&p, f);
    if (e)
        return e;
    if (cert_open(cert, &id->cert, f) != ERR_OK)
        return key_file_bad(node_cert, "holds no certificate", f);
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

// ERR_EXISTS: there is one by now, which counts.
static enum err make(const struct key_files *files, const char *name, struct key_file *file,
                     struct fail *f)
{
    enum err e = key_file_make(files, name, file, f);

    return e == ERR_EXISTS ? ERR_OK : e;
}

static enum err make_user(const struct key_files *files, const struct key_random *random,
                          struct fail *f)
{
    struct key_file file;
    struct sign_key key;
    uint8_t seed[32];
    enum err e;

    e = key_draw(random, seed, sizeof seed, f);
    if (e)
        return e;
    sign_key_init(&key, seed);
    mem_wipe(seed, sizeof seed);
    user_file_plain(&key, true, &file);
    mem_wipe(&key, sizeof key);
    return make(files, user_key, &file, f);
}

static enum err make_node(const struct key_files *files, const struct key_random *random,
                          struct fail *f)
{
    struct key_file file;
    uint8_t secrets[64]; // seed, box
    struct pack *p;
    enum err e;

    e = key_draw(random, secrets, sizeof secrets, f);
    if (e)
        return e;
    p = key_file_begin(&file, node_key, 2);
    pack_bytes(p, "seed", secrets, 32);
    pack_bytes(p, "box", secrets + 32, 32);
    mem_wipe(secrets, sizeof secrets);
    return make(files, node_key, &file, f);
}

// The user's certificate for the keys in id.
static enum err sign_cert(const struct sign_key *user, const struct key_random *random,
                          struct identity *id, struct fail *f)
{
    uint8_t serial[8];
    enum err e;

    e = key_draw(random, serial, sizeof serial, f); // so nobody has to count
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
    struct key_file file;
    enum err e;

    e = load_user(files, a, &user, f);
    if (e)
        return e;
    e = load_node(files, a, &id, f);
    if (e == ERR_OK)
        e = sign_cert(&user, random, &id, f);
    mem_wipe(&user, sizeof user);
    if (e == ERR_OK)
        pack_bytes(key_file_begin(&file, node_cert, 1), "cert", id.cert_bytes, id.cert_n);
    mem_wipe(&id, sizeof id);
    return e ? e : make(files, node_cert, &file, f);
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

    e = key_draw(random, secrets, sizeof secrets, f);
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

    key_arena(&a, mem);
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

    key_arena(&a, mem);
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

    key_arena(&a, mem);
    e = load_user(files, &a, out, f);
    arena_fini(&a);
    return e;
}

void identity_fini(struct identity *id)
{
    mem_wipe(id, sizeof *id);
}
