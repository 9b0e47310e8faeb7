// SPDX-License-Identifier: MIT
// The tree of a batch, its signature, and the way from a leaf to it.
#include "msgs/batch.h"

#include "keys/pack.h"

static const char domain[] = "telex-batch-v1"; // with its 00

enum {
    VERSION = 1,
    FIELDS = 3,
    SIGNED_BYTES = 68, // domain and record at their longest
    INDEX_AT = SIGN_BYTES + 4,
    SALT_AT = INDEX_AT + 4,
};

_Static_assert(2 * BATCH_SALT_BYTES == HASH_BYTES, "a hash is two salts");
_Static_assert(SALT_AT + BATCH_SALT_BYTES == BATCH_PROOF_BYTES, "where the path begins");

// ---- Hashes

static void leaf_hash(const uint8_t salt[BATCH_SALT_BYTES], struct span bytes, uint8_t *out)
{
    uint8_t head[1 + BATCH_SALT_BYTES] = {0};
    struct hash h;

    memcpy(head + 1, salt, BATCH_SALT_BYTES);
    hash_init(&h);
    hash_add(&h, (struct span){(const char *)head, sizeof head});
    hash_add(&h, bytes);
    hash_end(&h, out);
}

// @out may be one of the two.
static void node_hash(const uint8_t *left, const uint8_t *right, uint8_t *out)
{
    uint8_t all[1 + 2 * HASH_BYTES] = {1};

    memcpy(all + 1, left, HASH_BYTES);
    memcpy(all + 1 + HASH_BYTES, right, HASH_BYTES);
    hash_of((struct span){(const char *)all, sizeof all}, out);
}

// What the signature covers.
static struct span signed_part(size_t size, const uint8_t root[HASH_BYTES],
                               uint8_t out[SIGNED_BYTES])
{
    struct pack p = {out + sizeof domain, 0};

    memcpy(out, domain, sizeof domain);
    pack_map(&p, FIELDS);
    pack_int(&p, "v", VERSION);
    pack_int(&p, "size", (int64_t)size);
    pack_bytes(&p, "root", root, HASH_BYTES);
    return (struct span){(const char *)out, sizeof domain + p.n};
}

// ---- The form of the tree: rows from the leaves up, each half as wide, until one node is left.

static size_t row_above(size_t row)
{
    return row - row / 2;
}

static bool has_neighbour(size_t index, size_t row)
{
    return (index ^ 1) < row;
}

static size_t path_length(size_t index, size_t size)
{
    size_t n = 0;

    for (; size > 1; index /= 2, size = row_above(size))
        n += has_neighbour(index, size);
    return n;
}

size_t batch_proof_bytes(size_t index, size_t size)
{
    return BATCH_PROOF_BYTES + HASH_BYTES * path_length(index, size);
}

// ---- Making

enum err batch_init(struct batch *b, struct arena *a, size_t max)
{
    uint8_t(*hash)[HASH_BYTES] = arena_new(a, (2 * max + BATCH_DEPTH_MAX) * sizeof *hash);
    uint8_t(*salt)[BATCH_SALT_BYTES] = arena_new(a, (max + max % 2) * sizeof *salt);

    if (!hash || !salt)
        return ERR_NO_MEMORY;
    *b = (struct batch){.hash = hash, .salt = salt, .max = max};
    return ERR_OK;
}

void batch_start(struct batch *b, const uint8_t seed[BATCH_SEED_BYTES])
{
    memcpy(b->seed, seed, sizeof b->seed);
    b->n = 0;
}

static void put_32(uint8_t *out, size_t n)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(n >> (24 - 8 * i));
}

static uint32_t get_32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// One hash makes the salts of two leaves.
static void make_salts(struct batch *b)
{
    uint8_t from[BATCH_SEED_BYTES + 4], salts[2 * BATCH_SALT_BYTES];

    memcpy(from, b->seed, BATCH_SEED_BYTES);
    put_32(from + BATCH_SEED_BYTES, b->n / 2);
    hash_of((struct span){(const char *)from, sizeof from}, salts);
    mem_wipe(from, sizeof from);
    memcpy(b->salt[b->n], salts, sizeof salts);
}

void batch_add(struct batch *b, struct span bytes)
{
    if (b->n % 2 == 0)
        make_salts(b);
    leaf_hash(b->salt[b->n], bytes, b->hash[b->n]);
    b->n++;
}

void batch_sign(struct batch *b, const struct sign_key *key)
{
    uint8_t bytes[SIGNED_BYTES];
    uint8_t(*row)[HASH_BYTES] = b->hash, (*above)[HASH_BYTES];

    mem_wipe(b->seed, sizeof b->seed);
    for (size_t n = b->n; n > 1; n = row_above(n), row = above) {
        above = row + n;
        for (size_t i = 0; i < n / 2; i++)
            node_hash(row[2 * i], row[2 * i + 1], above[i]);
        if (n % 2)
            memcpy(above[n / 2], row[n - 1], HASH_BYTES);
    }
    sign_make(key, signed_part(b->n, row[0], bytes), b->sign);
}

uint8_t *batch_proof_put(const struct batch *b, size_t index, uint8_t *out)
{
    const uint8_t(*row)[HASH_BYTES] = (const uint8_t(*)[HASH_BYTES])b->hash;

    memcpy(out, b->sign, SIGN_BYTES);
    put_32(out + SIGN_BYTES, b->n);
    put_32(out + INDEX_AT, index);
    memcpy(out + SALT_AT, b->salt[index], BATCH_SALT_BYTES);
    out += BATCH_PROOF_BYTES;
    for (size_t n = b->n; n > 1; row += n, n = row_above(n), index /= 2)
        if (has_neighbour(index, n)) {
            memcpy(out, row[index ^ 1], HASH_BYTES);
            out += HASH_BYTES;
        }
    return out;
}

// ---- Checking

enum err batch_proof_get(struct span bytes, struct batch_proof *out, size_t *used, struct fail *f)
{
    const uint8_t *at = (const uint8_t *)bytes.at;
    uint32_t size, index;
    size_t n;

    if (bytes.len < BATCH_PROOF_BYTES)
        return fail_set(f, ERR_SYNTAX, bytes.len, NULL, "batch: the bytes end here");
    size = get_32(at + SIGN_BYTES);
    index = get_32(at + INDEX_AT);
    if (size == 0 || size > BATCH_MAX)
        return fail_set(f, ERR_SYNTAX, SIGN_BYTES, NULL, "batch: no batch has this size");
    if (index >= size)
        return fail_set(f, ERR_SYNTAX, INDEX_AT, NULL, "batch: an index past its size");
    n = path_length(index, size);
    if (n * HASH_BYTES > bytes.len - BATCH_PROOF_BYTES)
        return fail_set(f, ERR_SYNTAX, bytes.len, NULL, "batch: the bytes end here");
    *out = (struct batch_proof){size, index, at, at + SALT_AT, at + BATCH_PROOF_BYTES, n};
    *used = BATCH_PROOF_BYTES + n * HASH_BYTES;
    return ERR_OK;
}

// One row up in the way of the last leaf. What it went from is compared, so that what it led to is
// what the hash would give. Gives false where it has to be hashed.
static bool went(const struct batch_way *way, size_t row, const uint8_t *node, const uint8_t *path)
{
    return memcmp(way->node[row], node, HASH_BYTES) == 0 &&
           memcmp(way->path[row], path, HASH_BYTES) == 0;
}

// From a leaf to its root, and note the way there.
static void climb(struct batch_way *way, const struct batch_proof *p, struct span bytes,
                  uint8_t node[HASH_BYTES])
{
    const uint8_t *path = p->path;
    bool known = way && way->size == p->size;
    size_t index = p->index, row = 0;

    leaf_hash(p->salt, bytes, node);
    for (size_t n = p->size; n > 1; n = row_above(n), index /= 2, row++) {
        bool alone = !has_neighbour(index, n);

        if (!alone && known && index == way->index >> row && went(way, row, node, path)) {
            memcpy(node, way->node[row + 1], HASH_BYTES);
            path += HASH_BYTES;
            continue;
        }
        if (way)
            memcpy(way->node[row], node, HASH_BYTES);
        if (alone)
            continue;
        if (way)
            memcpy(way->path[row], path, HASH_BYTES);
        node_hash(index % 2 ? path : node, index % 2 ? node : path, node);
        path += HASH_BYTES;
    }
    if (way) {
        memcpy(way->node[row], node, HASH_BYTES);
        way->size = p->size;
        way->index = p->index;
    }
}

bool batch_root(const uint8_t salt[BATCH_SALT_BYTES], struct span bytes, size_t index, size_t size,
                const uint8_t *path, size_t n, uint8_t root[HASH_BYTES])
{
    struct batch_proof p = {(uint32_t)size, (uint32_t)index, NULL, salt, path, n};

    if (size > BATCH_MAX || index >= size || n != path_length(index, size))
        return false;
    climb(NULL, &p, bytes, root);
    return true;
}

static bool seen_eq(const struct batch_seen *x, const struct batch_seen *y)
{
    return x->size == y->size && memcmp(x->sign, y->sign, SIGN_BYTES) == 0 &&
           memcmp(x->public, y->public, KEY_BYTES) == 0 &&
           memcmp(x->root, y->root, HASH_BYTES) == 0;
}

static bool root_signed(struct batch_cache *cache, const struct batch_seen *root)
{
    uint8_t bytes[SIGNED_BYTES];

    for (size_t i = 0; cache && i < BATCH_SEEN; i++)
        if (seen_eq(&cache->seen[i], root))
            return true;
    if (!sign_check(root->sign, root->public, signed_part(root->size, root->root, bytes)))
        return false;
    if (cache) {
        cache->seen[cache->next] = *root;
        cache->next = (uint8_t)((cache->next + 1) % BATCH_SEEN);
    }
    return true;
}

bool batch_check(struct batch_cache *cache, const struct batch_proof *p, struct span bytes,
                 const uint8_t public[KEY_BYTES])
{
    struct batch_seen root = {.size = p->size};

    if (p->size > BATCH_MAX || p->index >= p->size || p->n != path_length(p->index, p->size))
        return false;
    memcpy(root.public, public, KEY_BYTES);
    memcpy(root.sign, p->sign, SIGN_BYTES);
    climb(cache ? &cache->way : NULL, p, bytes, root.root);
    return root_signed(cache, &root);
}
