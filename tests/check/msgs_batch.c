// SPDX-License-Identifier: MIT
#include "msgs/batch.h"

#include "keys/pack.h"
#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

enum { MANY = 70, PATH_AT = 88 }; // PATH_AT: in a proof

static struct test_mem mem;
static struct arena arena;
static struct sign_key key, other;
static uint8_t seed[BATCH_SEED_BYTES];

static void setup(void)
{
    uint8_t secret[32] = {7};

    test_mem_init(&mem);
    arena = test_arena(&mem);
    sign_key_init(&key, secret);
    secret[1] = 1;
    sign_key_init(&other, secret);
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(0x40 + i);
}

static void teardown(void)
{
    arena_fini(&arena);
    test_mem_done(&mem);
}

// The bytes of leaf i: of all lengths, none among them.
static struct span leaf(size_t i)
{
    static char text[MANY + 256];

    memset(text, (int)('a' + i % 26), sizeof text);
    return (struct span){text, i * 7 % sizeof text};
}

static struct batch signed_batch(size_t n)
{
    struct batch b;

    ck_assert_int_eq(batch_init(&b, &arena, n), ERR_OK);
    batch_start(&b, seed);
    for (size_t i = 0; i < n; i++)
        batch_add(&b, leaf(i));
    batch_sign(&b, &key);
    ck_assert_uint_eq(b.n, n);
    return b;
}

// A copy of a proof that ends where it ends, so that reading past it shows.
static struct span proof_bytes(const struct batch *b, size_t i)
{
    size_t n = batch_proof_bytes(i, b->n);
    uint8_t *at = arena_new(&arena, n);

    ck_assert_ptr_eq(batch_proof_put(b, i, at), at + n);
    return (struct span){(char *)at, n};
}

static struct batch_proof proof_of(struct span bytes)
{
    struct batch_proof p;
    struct fail f = {0};
    size_t used;

    ck_assert_msg(batch_proof_get(bytes, &p, &used, &f) == ERR_OK, "%s", f.why);
    ck_assert_uint_eq(used, bytes.len);
    return p;
}

// ---- The form of the tree, as RFC 6962 section 2.1 tells it: from the root down.

static size_t split(size_t n)
{
    size_t k = 1;

    while (2 * k < n)
        k *= 2;
    return k;
}

static void naive_root(const struct batch *b, size_t from, size_t n, uint8_t out[32])
{
    uint8_t bytes[512] = {n > 1};
    size_t len = 1;

    if (n > 1) {
        naive_root(b, from, split(n), bytes + 1);
        naive_root(b, from + split(n), n - split(n), bytes + 33);
        len = 65;
    } else {
        struct span text = leaf(from);

        memcpy(bytes + 1, b->salt[from], 16);
        memcpy(bytes + 17, text.at, text.len);
        len = 17 + text.len;
    }
    hash_of((struct span){(char *)bytes, len}, out);
}

// Section 2.1.1. Gives the end of the path.
static uint8_t *naive_path(const struct batch *b, size_t i, size_t from, size_t n, uint8_t *out)
{
    size_t k = split(n);

    if (n == 1)
        return out;
    if (i < k) {
        out = naive_path(b, i, from, k, out);
        naive_root(b, from + k, n - k, out);
    } else {
        out = naive_path(b, i - k, from + k, n - k, out);
        naive_root(b, from, k, out);
    }
    return out + 32;
}

static void check_shape(size_t n)
{
    struct batch b = signed_batch(n);
    uint8_t want[32], root[32], path[20 * 32];

    naive_root(&b, 0, n, want);
    for (size_t i = 0; i < n; i++) {
        struct span bytes = proof_bytes(&b, i);
        struct batch_proof p = proof_of(bytes);
        size_t len = (size_t)(naive_path(&b, i, 0, n, path) - path);

        ck_assert_msg(p.n * 32 == len && bytes.len == PATH_AT + len, "leaf %zu of %zu", i, n);
        ck_assert_msg(!len || memcmp(p.path, path, len) == 0, "leaf %zu of %zu", i, n);
        ck_assert_uint_eq(p.size, n);
        ck_assert_uint_eq(p.index, i);
        ck_assert(batch_root(p.salt, leaf(i), i, n, p.path, p.n, root));
        ck_assert_msg(memcmp(root, want, 32) == 0, "root of leaf %zu of %zu", i, n);
    }
}

START_TEST(test_shape)
{
    check_shape((size_t)_i);
}
END_TEST

// What is signed, byte for byte.
START_TEST(test_signature)
{
    struct batch b = signed_batch(5);
    uint8_t bytes[128], root[32];
    size_t n = 15;

    memcpy(bytes, "telex-batch-v1", 15);
    memcpy(bytes + n, "\xA3\x61v\x01\x64size\x05\x64root\x58\x20", 17);
    naive_root(&b, 0, 5, root);
    memcpy(bytes + n + 17, root, 32);
    ck_assert(sign_check(b.sign, key.public, (struct span){(char *)bytes, n + 17 + 32}));
}
END_TEST

// ---- Each leaf proves itself

START_TEST(test_each)
{
    struct batch_cache cache = {0};
    size_t n = (size_t)_i;
    struct batch b = signed_batch(n);

    for (size_t k = 0; k < 2 * n; k++) {
        size_t i = k < n ? k : k * 37 % n; // in order, then not
        struct batch_proof p = proof_of(proof_bytes(&b, i));

        ck_assert(batch_check(NULL, &p, leaf(i), key.public));
        ck_assert(batch_check(&cache, &p, leaf(i), key.public));
        ck_assert(!batch_check(NULL, &p, leaf(i), other.public));
        ck_assert(!batch_check(&cache, &p, leaf(i), other.public));
        ck_assert(!batch_check(&cache, &p, leaf(i + 1), key.public));
        ck_assert(batch_check(&cache, &p, leaf(i), key.public));
    }
}
END_TEST

// The same leaves in batches of many sizes, one after the other: the way of one is not another's.
START_TEST(test_sizes)
{
    struct batch_cache cache = {0};
    struct batch b[9];

    for (size_t n = 1; n < COUNT(b); n++)
        b[n] = signed_batch(n);
    for (size_t i = 0; i < COUNT(b); i++)
        for (size_t x = i + 1; x < COUNT(b); x++)
            for (size_t y = i + 1; y < COUNT(b); y++) {
                struct batch_proof p = proof_of(proof_bytes(&b[x], i));
                struct batch_proof q = proof_of(proof_bytes(&b[y], i));

                for (int k = 0; k < 2; k++) {
                    ck_assert(batch_check(&cache, &p, leaf(i), key.public));
                    ck_assert(batch_check(&cache, &q, leaf(i), key.public));
                }
            }
}
END_TEST

// One that fills no more than a part of its room, after one that filled all of it.
START_TEST(test_again)
{
    struct batch b = signed_batch(9), fresh = signed_batch(5);

    batch_start(&b, seed);
    for (size_t i = 0; i < 5; i++)
        batch_add(&b, leaf(i));
    batch_sign(&b, &key);
    for (size_t i = 0; i < 5; i++)
        ck_assert(span_eq(proof_bytes(&b, i), proof_bytes(&fresh, i)));
}
END_TEST

START_TEST(test_salts)
{
    struct batch b = signed_batch(MANY), again;
    uint8_t zeros[BATCH_SEED_BYTES] = {0};

    ck_assert_mem_eq(b.seed, zeros, sizeof zeros); // nobody can make them a second time
    for (size_t i = 0; i < MANY; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_mem_ne(b.salt[i], b.salt[k], 16);
    seed[31] ^= 1;
    again = signed_batch(MANY);
    for (size_t i = 0; i < MANY; i++)
        ck_assert_mem_ne(b.salt[i], again.salt[i], 16);
}
END_TEST

// ---- What is wrong

static void expect_no(struct batch_cache *cache, struct span proof, struct span text,
                      const char *how, size_t at)
{
    char *exact = malloc(proof.len + 1);
    struct batch_proof p;
    struct fail f = {.pos = FAIL_NO_POS};
    size_t used = 0;
    enum err e;

    memcpy(exact, proof.at, proof.len);
    e = batch_proof_get((struct span){exact, proof.len}, &p, &used, &f);
    ck_assert_msg(e == ERR_OK || e == ERR_SYNTAX, "%s %zu: %s", how, at, err_word(e));
    if (e)
        ck_assert_uint_le(f.pos, proof.len);
    else if (used == proof.len) // else what it proves is another text
        ck_assert_msg(!batch_check(cache, &p, text, key.public), "%s %zu", how, at);
    free(exact);
}

static const size_t damaged[][2] = {{0, 1}, {1, 2}, {3, 5}, {4, 5}, {6, 7}, {12, 33}};

START_TEST(test_damage)
{
    size_t i = damaged[_i][0];
    struct batch b = signed_batch(damaged[_i][1]);
    struct span proof = proof_bytes(&b, i);
    struct batch_proof p = proof_of(proof);
    uint8_t *copy = arena_copy(&arena, proof.at, proof.len);
    uint8_t text[512];
    struct batch_cache cache = {0};

    ck_assert(batch_check(&cache, &p, leaf(i), key.public));
    for (size_t bit = 0; bit < 8 * proof.len; bit++) {
        ck_assert(batch_check(&cache, &p, leaf(i), key.public)); // so that the way is known
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        expect_no(&cache, (struct span){(char *)copy, proof.len}, leaf(i), "bit", bit);
        if (bit % 8 == 0)
            expect_no(NULL, (struct span){(char *)copy, proof.len}, leaf(i), "bit", bit);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < proof.len; n++) {
        size_t used;

        ck_assert_int_eq(batch_proof_get((struct span){proof.at, n}, &p, &used, NULL), ERR_SYNTAX);
    }
    p = proof_of(proof);
    memcpy(text, leaf(i).at, leaf(i).len + 1);
    ck_assert(!batch_check(&cache, &p, (struct span){(char *)text, leaf(i).len + 1}, key.public));
    for (size_t bit = 0; bit < 8 * leaf(i).len; bit++) {
        text[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert(!batch_check(&cache, &p, (struct span){(char *)text, leaf(i).len}, key.public));
        text[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert(batch_check(&cache, &p, leaf(i), key.public));
}
END_TEST

// Every place of every size, with the path of one: none but its own.
START_TEST(test_place)
{
    enum { SIZE = 11, MOST = 24 };
    struct batch b = signed_batch(SIZE);
    struct batch_cache cache = {0};
    struct batch_proof p;
    uint8_t root[32];
    size_t i = (size_t)_i, right = 0;

    p = proof_of(proof_bytes(&b, i));
    for (size_t size = 0; size < MOST; size++)
        for (size_t index = 0; index < MOST; index++)
            for (size_t n = 0; n <= p.n; n++) { // a longer path than there is would be read
                struct batch_proof x = p;

                x.size = (uint32_t)size;
                x.index = (uint32_t)index;
                x.n = n;
                if (!batch_check(&cache, &x, leaf(i), key.public))
                    continue;
                right++;
                ck_assert(size == SIZE && index == i && n == p.n);
            }
    ck_assert_uint_eq(right, 1);
    ck_assert(batch_root(p.salt, leaf(i), i, SIZE, p.path, p.n, root));
    ck_assert(!batch_root(p.salt, leaf(i), i, SIZE, p.path, p.n - 1, root));
    ck_assert(!batch_root(p.salt, leaf(i), i, SIZE, p.path, p.n + 1, root));
    ck_assert(!batch_root(p.salt, leaf(i), SIZE, SIZE, p.path, p.n, root));
    ck_assert(!batch_root(p.salt, leaf(i), 0, 0, p.path, 0, root));
}
END_TEST

// No two parts of two batches go together.
START_TEST(test_mixed)
{
    struct batch b = signed_batch(6), c;
    struct batch_cache cache = {0};
    struct batch_proof p, q;

    seed[0] ^= 1;
    c = signed_batch(6);
    for (size_t i = 0; i < 6; i++) {
        p = proof_of(proof_bytes(&b, i));
        q = proof_of(proof_bytes(&c, i));
        ck_assert(batch_check(&cache, &p, leaf(i), key.public));
        ck_assert(batch_check(&cache, &q, leaf(i), key.public));
        for (unsigned parts = 1; parts < 7; parts++) {
            struct batch_proof x = p;

            x.sign = parts & 1 ? q.sign : p.sign;
            x.salt = parts & 2 ? q.salt : p.salt;
            x.path = parts & 4 ? q.path : p.path;
            ck_assert(!batch_check(&cache, &x, leaf(i), key.public));
            ck_assert(!batch_check(NULL, &x, leaf(i), key.public));
        }
    }
}
END_TEST

// ---- The deepest: nobody builds it here, but its proof is a true one.

static struct span deep_proof(uint32_t size, uint32_t index, size_t n)
{
    uint8_t *at = arena_new(&arena, PATH_AT + 32 * n), root[32], first[17] = {0}, bytes[128];
    struct pack p = {bytes + 15, 0};

    for (size_t i = 0; i < PATH_AT + 32 * n; i++)
        at[i] = (uint8_t)(i * 31);
    for (int i = 0; i < 4; i++) {
        at[64 + i] = (uint8_t)(size >> (24 - 8 * i));
        at[68 + i] = (uint8_t)(index >> (24 - 8 * i));
    }
    memcpy(first + 1, at + 72, 16);
    hash_of((struct span){(char *)first, sizeof first}, root); // the leaf is empty
    for (size_t i = 0; i < n; i++) {
        uint8_t both[65] = {1};
        bool right = index >> i & 1;

        memcpy(both + (right ? 33 : 1), root, 32);
        memcpy(both + (right ? 1 : 33), at + PATH_AT + 32 * i, 32);
        hash_of((struct span){(char *)both, sizeof both}, root);
    }
    memcpy(bytes, "telex-batch-v1", 15);
    pack_map(&p, 3);
    pack_int(&p, "v", 1);
    pack_int(&p, "size", size);
    pack_bytes(&p, "root", root, 32);
    sign_make(&key, (struct span){(char *)bytes, 15 + p.n}, at);
    return (struct span){(char *)at, PATH_AT + 32 * n};
}

static const struct {
    uint32_t size, index;
    size_t n;
    bool ok;
} deep[] = {
    {1 << 20, 0, 20, true},
    {1 << 20, 0xFFFFF, 20, true},
    {1 << 20, 0x55555, 20, true},
    {(1 << 20) + 1, 0, 21, false},
    {1 << 21, 5, 21, false},
    {0x80000000, 5, 31, false},
    {0xFFFFFFFF, 5, 31, false},
    {0, 0, 0, false},
    {1, 1, 0, false},
    {1 << 20, 1 << 20, 20, false},
};

START_TEST(test_deep)
{
    struct span bytes = deep_proof(deep[_i].size, deep[_i].index, deep[_i].n);
    struct batch_cache cache = {0};
    struct batch_proof p;
    uint8_t root[32];
    size_t used = 0;
    enum err e = batch_proof_get(bytes, &p, &used, NULL);

    if (deep[_i].ok) {
        ck_assert_int_eq(e, ERR_OK);
        ck_assert_uint_eq(used, bytes.len);
    } else {
        ck_assert_int_eq(e, ERR_SYNTAX);
        p = (struct batch_proof){deep[_i].size,
                                 deep[_i].index,
                                 (uint8_t *)bytes.at,
                                 (uint8_t *)bytes.at + 72,
                                 (uint8_t *)bytes.at + PATH_AT,
                                 deep[_i].n};
        ck_assert(!batch_root(p.salt, SPAN(""), p.index, p.size, p.path, p.n, root));
    }
    ck_assert_int_eq(batch_check(NULL, &p, SPAN(""), key.public), deep[_i].ok);
    ck_assert_int_eq(batch_check(&cache, &p, SPAN(""), key.public), deep[_i].ok);
    ck_assert_int_eq(batch_check(&cache, &p, SPAN(""), key.public), deep[_i].ok);
}
END_TEST

// ---- The cache

// It is looked into, and what stands there counts only as a whole.
START_TEST(test_cache)
{
    struct batch b = signed_batch(4);
    struct batch_proof p = proof_of(proof_bytes(&b, 2));
    struct batch_cache cache = {0};
    uint8_t no_sign[64] = {1};
    struct batch_seen *seen = &cache.seen[BATCH_SEEN - 1];

    p.sign = no_sign;
    ck_assert(!batch_check(&cache, &p, leaf(2), key.public));
    ck_assert_uint_eq(cache.seen[0].size, 0); // what does not hold is not kept
    memcpy(seen->sign, no_sign, 64);
    memcpy(seen->public, key.public, 32);
    naive_root(&b, 0, 4, seen->root);
    seen->size = 4;
    ck_assert(batch_check(&cache, &p, leaf(2), key.public)); // an entry that only this test makes
    for (size_t i = 0; i < sizeof seen->sign; i++) {
        seen->sign[i] ^= 1;
        ck_assert(!batch_check(&cache, &p, leaf(2), key.public));
        seen->sign[i] ^= 1;
        seen->public[i / 2] ^= 1;
        ck_assert(!batch_check(&cache, &p, leaf(2), key.public));
        seen->public[i / 2] ^= 1;
        seen->root[i / 2] ^= 1;
        ck_assert(!batch_check(&cache, &p, leaf(2), key.public));
        seen->root[i / 2] ^= 1;
    }
    seen->size = 3;
    ck_assert(!batch_check(&cache, &p, leaf(2), key.public));
    seen->size = 0; // an empty one counts for nothing, whatever is left in it
    ck_assert(!batch_check(&cache, &p, leaf(2), key.public));
}
END_TEST

// More batches than it has places, one leaf of each in turn.
START_TEST(test_cache_full)
{
    struct batch_cache cache = {0};
    struct batch b[BATCH_SEEN + 3];

    for (size_t i = 0; i < COUNT(b); i++) {
        seed[5] = (uint8_t)i;
        b[i] = signed_batch(3 + i % 2);
    }
    for (size_t k = 0; k < 4 * COUNT(b); k++) {
        size_t i = k % COUNT(b), which = k % 3;
        struct batch_proof p = proof_of(proof_bytes(&b[i], which));

        ck_assert(batch_check(&cache, &p, leaf(which), key.public));
        ck_assert(!batch_check(&cache, &p, leaf(which), other.public));
        ck_assert(!batch_check(&cache, &p, leaf(which + 1), key.public));
    }
}
END_TEST

static enum err step_init(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    enum err e = batch_init(ctx, &a, 100);

    arena_fini(&a);
    return e;
}

START_TEST(test_no_memory)
{
    struct batch b;

    test_each_allocation(step_init, &b);
}
END_TEST

Suite *msgs_batch_suite(void)
{
    Suite *s = suite_create("msgs/batch");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, test_shape, 1, 35);
    tcase_add_test(t, test_signature);
    tcase_add_loop_test(t, test_each, 1, 18);
    tcase_add_test(t, test_sizes);
    tcase_add_test(t, test_again);
    tcase_add_test(t, test_salts);
    tcase_add_loop_test(t, test_damage, 0, COUNT(damaged));
    tcase_add_loop_test(t, test_place, 0, 11);
    tcase_add_test(t, test_mixed);
    tcase_add_loop_test(t, test_deep, 0, COUNT(deep));
    tcase_add_test(t, test_cache);
    tcase_add_test(t, test_cache_full);
    tcase_add_test(t, test_no_memory);
    suite_add_tcase(s, t);
    return s;
}
