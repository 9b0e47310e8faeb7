// SPDX-License-Identifier: MIT
// Key files of users: three kinds of record, and the passphrase.
#include "keys/user_file.h"

static const struct kind {
    const char *name;
    size_t fields;
} kind_owner = {"user.key", 1}, kind_user = {"user", 2}, kind_lock = {"user.lock", 6};

_Static_assert((int)USER_FILE_MAX_BYTES >= (int)KEY_FILE_MAX_BYTES, "a file goes out whole");

// ---- Reading

static void read_lock(struct unpack *p, struct user_file *u, int64_t *mem_kib, int64_t *ops)
{
    u->locked = true;
    unpack_bytes(p, "user", u->id, sizeof u->id);
    *mem_kib = unpack_int(p, "mem", PASS_MEM_MIN_KIB, UINT32_MAX);
    *ops = unpack_int(p, "ops", PASS_OPS_MIN, UINT32_MAX);
    unpack_bytes(p, "salt", u->salt, sizeof u->salt);
    unpack_bytes(p, "nonce", u->nonce, sizeof u->nonce);
    u->ad = (struct span){(const char *)p->start, (size_t)(p->at - p->start)};
    unpack_bytes(p, "box", u->box, sizeof u->box);
}

// The public key of a seed; what the file names, if it does, must be the same.
static enum err fill_id(const char *name, bool named, struct user_file *u, struct fail *f)
{
    struct sign_key key;
    bool same;

    sign_key_init(&key, u->seed);
    same = !named || memcmp(key.public, u->id, sizeof u->id) == 0;
    memcpy(u->id, key.public, sizeof u->id);
    mem_wipe(&key, sizeof key);
    return same ? ERR_OK : key_file_bad(name, "names another user than its key", f);
}

static enum err read_record(const char *name, struct span bytes, struct user_file *u,
                            struct fail *f)
{
    const struct kind *kind = key_file_is(bytes, kind_lock.name, kind_lock.fields)   ? &kind_lock
                              : key_file_is(bytes, kind_user.name, kind_user.fields) ? &kind_user
                                                                                     : &kind_owner;
    int64_t mem_kib = 0, ops = 0;
    struct unpack p;
    enum err e;

    e = key_file_open(name, kind->name, bytes, kind->fields, &p, f);
    if (e)
        return e;
    if (kind == &kind_lock) {
        read_lock(&p, u, &mem_kib, &ops);
    } else {
        if (kind == &kind_user)
            unpack_bytes(&p, "user", u->id, sizeof u->id);
        unpack_bytes(&p, "seed", u->seed, sizeof u->seed);
    }
    e = key_file_end(&p, f);
    if (e)
        return e;
    if (kind != &kind_lock)
        return fill_id(name, kind == &kind_user, u, f);
    // Before a stranger's file makes this machine work for an hour.
    if (mem_kib > PASS_MEM_MAX_KIB || ops > PASS_OPS_MAX)
        return fail_set(f, ERR_LIMIT, FAIL_NO_POS, "make it again with a cheaper passphrase",
                        "%s asks for %u KiB and %u passes, more than is allowed", name,
                        (unsigned long)mem_kib, (unsigned long)ops);
    u->cost = (struct pass_cost){(uint32_t)mem_kib, (uint32_t)ops};
    return ERR_OK;
}

enum err user_file_read(const char *name, struct span bytes, struct user_file *out, struct fail *f)
{
    struct user_file u = {0};
    enum err e = read_record(name, bytes, &u, f);

    if (e == ERR_OK)
        *out = u;
    mem_wipe(&u, sizeof u);
    return e;
}

// ---- Opening

static enum err open_box(const struct mem *mem, const char *name, const struct user_file *u,
                         struct span pass, uint8_t seed[32], struct fail *f)
{
    struct span box = {(const char *)u->box, sizeof u->box};
    uint8_t key[32];
    bool opened;
    enum err e;

    if (pass.len > PASS_MAX_BYTES)
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL, "%s: that is not its passphrase", name);
    e = pass_key(mem, pass, u->salt, u->cost.mem_kib, u->cost.ops, key);
    if (e)
        return fail_set(f, e, FAIL_NO_POS, NULL, "there is no memory for the passphrase of %s",
                        name);
    opened = box_open(key, u->nonce, u->ad, box, seed);
    mem_wipe(key, sizeof key);
    if (!opened)
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL, "%s: that is not its passphrase", name);
    return ERR_OK;
}

enum err user_file_open(const struct mem *mem, const char *name, const struct user_file *u,
                        struct span pass, struct sign_key *out, struct fail *f)
{
    struct sign_key key;
    uint8_t seed[32];
    enum err e = ERR_OK;

    if (!u->locked) {
        sign_key_init(out, u->seed);
        return ERR_OK;
    }
    if (!pass.at || !pass.len)
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, "open it with its passphrase",
                        "%s has a passphrase", name);
    e = open_box(mem, name, u, pass, seed, f);
    if (e == ERR_OK) {
        sign_key_init(&key, seed);
        if (memcmp(key.public, u->id, sizeof u->id) == 0)
            *out = key;
        else
            e = key_file_bad(name, "names another user than its key", f);
    }
    mem_wipe(seed, sizeof seed);
    mem_wipe(&key, sizeof key);
    return e;
}

// ---- Writing

void user_file_plain(const struct sign_key *key, bool owner, struct key_file *out)
{
    const struct kind *kind = owner ? &kind_owner : &kind_user;
    struct pack *p = key_file_begin(out, kind->name, kind->fields);

    if (!owner)
        pack_bytes(p, "user", key->public, sizeof key->public);
    pack_bytes(p, "seed", key->seed, sizeof key->seed);
}

enum err user_file_lock(const struct mem *mem, const struct key_random *random,
                        const struct sign_key *key, struct span pass, struct pass_cost cost,
                        struct key_file *out, struct fail *f)
{
    uint8_t drawn[SALT_BYTES + NONCE_BYTES], *salt = drawn, *nonce = drawn + SALT_BYTES;
    uint8_t pass_key_bytes[32], box[KEY_BYTES + BOX_BYTES];
    struct pack *p;
    enum err e;

    if (!pass.at || !pass.len || pass.len > PASS_MAX_BYTES)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "a passphrase has 1 to %u bytes",
                        (unsigned long)PASS_MAX_BYTES);
    if (cost.mem_kib < PASS_MEM_MIN_KIB || cost.mem_kib > PASS_MEM_MAX_KIB ||
        cost.ops < PASS_OPS_MIN || cost.ops > PASS_OPS_MAX)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "no such cost of a passphrase");
    e = key_draw(random, drawn, sizeof drawn, f);
    if (e)
        return e;
    e = pass_key(mem, pass, salt, cost.mem_kib, cost.ops, pass_key_bytes);
    if (e)
        return fail_set(f, e, FAIL_NO_POS, NULL, "there is no memory for the passphrase");
    p = key_file_begin(out, kind_lock.name, kind_lock.fields);
    pack_bytes(p, "user", key->public, sizeof key->public);
    pack_int(p, "mem", cost.mem_kib);
    pack_int(p, "ops", cost.ops);
    pack_bytes(p, "salt", salt, SALT_BYTES);
    pack_bytes(p, "nonce", nonce, NONCE_BYTES);
    box_make(pass_key_bytes, nonce, (struct span){(const char *)out->bytes, p->n},
             (struct span){(const char *)key->seed, sizeof key->seed}, box);
    mem_wipe(pass_key_bytes, sizeof pass_key_bytes);
    pack_bytes(p, "box", box, sizeof box);
    return ERR_OK;
}
