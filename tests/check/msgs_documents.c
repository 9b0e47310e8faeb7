// SPDX-License-Identifier: MIT
// Documents that share a signature.
#define _GNU_SOURCE // memmem
#include "msgs/document.h"
#include "msgs/message.h"
#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

enum { NOW_MS = 1700000000 };

enum { CERT_AT = 11 };

static size_t sign_at(const struct identity *id)
{
    return CERT_AT + id->cert_n;
}

static struct span sign(struct arena *a, const struct identity *id, int64_t ms, const char *text)
{
    struct unit body = test_unit(a, text);
    struct span doc = {NULL, 0};
    struct fail f = {0};

    ck_assert_msg(doc_sign(a, id, ms, &body, &doc, &f) == ERR_OK, "%s: %s", text, f.why);
    return doc;
}

enum { BATCH_MOST = 9 };

static const char *const texts[BATCH_MOST] = {
    "(neg 5)@math.calc", "[``]", "{a:1 b:2 c:3}", "{a:[[[[[[[[1]]]]]]]]}", "-", "%`AAEC`",
    "abcabcabc",         "@a.b", "2.50"};

static const uint8_t seed[BATCH_SEED_BYTES] = {3, 1, 4, 1, 5};

static void batch_of(struct doc_batch *b, struct arena *a, const struct identity *id, size_t n)
{
    struct fail f = {0};

    ck_assert_int_eq(doc_batch_init(b, a), ERR_OK);
    doc_batch_start(b, id, seed);
    for (size_t i = 0; i < n; i++) {
        struct unit body = test_unit(a, texts[i]);

        ck_assert(doc_batch_fits(b, &body));
        ck_assert_msg(doc_batch_add(b, NOW_MS + (int64_t)i, &body, &f) == ERR_OK, "%s", f.why);
        ck_assert_uint_eq(b->tree.n, i + 1);
    }
    doc_batch_sign(b);
}

// A document that stays.
static struct span batched(struct doc_batch *b, struct arena *a, size_t i)
{
    struct span doc = doc_batch_get(b, i);

    return (struct span){arena_copy(a, doc.at, doc.len), doc.len};
}

START_TEST(test_batch)
{
    struct identity id = fix_identity(0);
    struct doc_cache cache = {0};
    struct test_mem m;
    struct doc_batch b;
    struct arena a;
    size_t n = (size_t)_i;

    test_mem_init(&m);
    a = test_arena(&m);
    batch_of(&b, &a, &id, n);
    for (size_t k = 0; k < 4 * n; k++) {
        size_t i = k < n ? k : n - 1 - k % n; // up and down
        struct unit body = test_unit(&a, texts[i]), shown;
        struct span bytes = batched(&b, &a, i);
        struct fail f = {0};
        struct doc doc;

        ck_assert(doc_is(bytes));
        ck_assert_msg(doc_open_again(k < n ? NULL : &cache, &a, bytes, &doc, &f) == ERR_OK,
                      "%zu of %zu: %s", i, n, f.why);
        ck_assert(unit_same(&doc.body, &body));
        ck_assert_int_eq(doc.time_ms, NOW_MS + (int64_t)i);
        ck_assert_mem_eq(doc.cert.user, id.cert.user, 32);
        ck_assert_mem_eq(doc.cert.hash, id.cert.hash, 32);
        ck_assert_int_eq(unit_bytes(bytes, &shown), ERR_OK);
        ck_assert_int_eq(
            strncmp(test_print(&a, &shown), n > 1 ? "%`telex/doc/b1" : "%`telex/doc/v1", 14), 0);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// A batch of one is a plain document, byte for byte.
START_TEST(test_batch_of_one)
{
    struct identity id = fix_identity(0);
    struct test_mem m;
    struct doc_batch b;
    struct arena a;

    test_mem_init(&m);
    a = test_arena(&m);
    batch_of(&b, &a, &id, 3);
    batch_of(&b, &a, &id, 1);
    ck_assert(span_eq(batched(&b, &a, 0), sign(&a, &id, NOW_MS, texts[0])));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static void expect_refused(struct test_mem *m, struct doc_cache *cache, struct span bytes,
                           const char *how, size_t at)
{
    struct arena a = test_arena(m);
    char *exact = malloc(bytes.len + 1); // so that reading past the end shows
    struct fail f = {0};
    struct doc doc;
    enum err e;

    memcpy(exact, bytes.at, bytes.len);
    e = doc_open_again(cache, &a, (struct span){exact, bytes.len}, &doc, &f);
    ck_assert_msg(e == ERR_BAD_SIGN || e == ERR_SYNTAX, "%s %zu: %s", how, at, err_word(e));
    ck_assert_int_eq(f.code, e);
    ck_assert_uint_le(f.pos, bytes.len);
    ck_assert_uint_eq(a.used_bytes, 0); // nothing was decoded
    free(exact);
    arena_fini(&a);
}

// Every bit, every cut, a byte more; also by one who has seen the true one.
START_TEST(test_batch_damage)
{
    struct identity id = fix_identity(0);
    struct doc_cache cache = {0};
    struct test_mem m;
    struct doc_batch b;
    struct arena a;
    struct doc got;
    struct span doc;
    uint8_t *bytes;

    test_mem_init(&m);
    a = test_arena(&m);
    batch_of(&b, &a, &id, _i ? 5 : 2);
    doc = batched(&b, &a, (size_t)_i);
    ck_assert_int_eq(doc_open_again(&cache, &a, doc, &got, NULL), ERR_OK);
    bytes = arena_new(&a, doc.len + 1);
    memcpy(bytes, doc.at, doc.len);
    bytes[doc.len] = 0;
    for (size_t bit = 0; bit < 8 * doc.len; bit++) {
        ck_assert_int_eq(doc_open_again(&cache, &a, doc, &got, NULL), ERR_OK);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        expect_refused(&m, &cache, (struct span){(char *)bytes, doc.len}, "bit", bit);
        if (bit % 8 == (unsigned)_i)
            expect_refused(&m, NULL, (struct span){(char *)bytes, doc.len}, "bit", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < doc.len; n++)
        expect_refused(&m, NULL, (struct span){doc.at, n}, "cut at", n);
    expect_refused(&m, NULL, (struct span){(char *)bytes, doc.len + 1}, "longer", doc.len + 1);
    ck_assert_int_eq(doc_open_again(&cache, &a, doc, &got, NULL), ERR_OK);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// No part of one goes with the rest of its neighbour, nor with that of another batch or user.
START_TEST(test_batch_parts)
{
    struct identity id = fix_identity(0), other = fix_identity(100);
    struct doc_cache cache = {0};
    size_t at[] = {0, CERT_AT, 0, 0, 0, 0, 0, 0};
    struct test_mem m;
    struct doc_batch b;
    struct arena a;
    struct span x, y;
    struct doc got;
    uint8_t *mixed;

    test_mem_init(&m);
    a = test_arena(&m);
    batch_of(&b, &a, &id, 4);
    x = batched(&b, &a, 0);
    if (_i == 0) {
        y = batched(&b, &a, 1);
    } else {
        batch_of(&b, &a, _i == 1 ? &id : &other, 3); // two on the way of its leaf 0 as well
        y = batched(&b, &a, 0);
    }
    at[2] = sign_at(&id);   // certificate
    at[3] = at[2] + 64;     // signature
    at[4] = at[3] + 4;      // size
    at[5] = at[4] + 4;      // index
    at[6] = at[5] + 16;     // salt
    at[7] = at[6] + 2 * 32; // path
    ck_assert_int_eq(doc_open_again(&cache, &a, x, &got, NULL), ERR_OK);
    ck_assert_int_eq(doc_open_again(&cache, &a, y, &got, NULL), ERR_OK);
    mixed = arena_new(&a, x.len + y.len);
    for (unsigned parts = 1; parts < 127; parts++) { // bits: the six above, then the record
        struct span rest = parts & 64 ? y : x;
        size_t n = rest.len - at[7];
        bool all = true, none = true; // that differ come from y

        memcpy(mixed, x.at, CERT_AT);
        for (size_t i = 1; i < 7; i++) {
            bool from_y = parts >> (i - 1) & 1;

            memcpy(mixed + at[i], (from_y ? y.at : x.at) + at[i], at[i + 1] - at[i]);
        }
        memcpy(mixed + at[7], rest.at + at[7], n);
        n += at[7];
        none = n == x.len && memcmp(mixed, x.at, n) == 0;
        all = n == y.len && memcmp(mixed, y.at, n) == 0;
        if (all || none)
            continue;
        expect_refused(&m, &cache, (struct span){(char *)mixed, n}, "parts", parts);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// Truly signed, and yet not what Telex writes: a batch of one as a batch; a longer or shorter path.
// Here the tree is made by hand.
static struct span handmade(struct arena *a, const struct identity *id, struct span text, size_t n,
                            size_t path_more, size_t path_less)
{
    size_t front = sign_at(id), more = 32 * path_more, proof;
    struct batch t;
    uint8_t *at;

    ck_assert_int_eq(batch_init(&t, a, n), ERR_OK);
    batch_start(&t, seed);
    batch_add(&t, text);
    while (t.n < n)
        batch_add(&t, SPAN("another"));
    batch_sign(&t, &id->node);
    proof = batch_proof_bytes(0, n);
    at = arena_new(a, front + proof + more + text.len);
    memcpy(at, sign(a, id, NOW_MS, "5").at, front);
    at[7] = 0xF6;
    ck_assert_ptr_eq(batch_proof_put(&t, 0, at + front), at + front + proof);
    memset(at + front + proof, 0, more);
    proof += more - 32 * path_less;
    memcpy(at + front + proof, text.at, text.len);
    return (struct span){(char *)at, front + proof + text.len};
}

START_TEST(test_batch_by_hand)
{
    struct identity id = fix_identity(0);
    struct msg msg = {.service = SPAN("math.calc"), .ttl_ms = 5};
    struct test_mem m;
    struct arena a;
    struct span doc, text, bytes;
    struct doc got;

    test_mem_init(&m);
    a = test_arena(&m);
    doc = sign(&a, &id, NOW_MS, "5");
    text = (struct span){doc.at + sign_at(&id) + 64, doc.len - sign_at(&id) - 64};
    ck_assert_int_eq(doc_open(&a, handmade(&a, &id, text, 2, 0, 0), &got, NULL), ERR_OK);
    ck_assert_int_eq(doc_open(&a, handmade(&a, &id, text, 7, 0, 0), &got, NULL), ERR_OK);
    expect_refused(&m, NULL, handmade(&a, &id, text, 1, 0, 0), "size", 1);
    expect_refused(&m, NULL, handmade(&a, &id, text, 4, 1, 0), "path more", 4);
    expect_refused(&m, NULL, handmade(&a, &id, text, 4, 0, 1), "path less", 4);
    expect_refused(&m, NULL, handmade(&a, &id, text, 5, 0, 1), "path less", 5);
    // A message from the same batch is no document, whatever stands around it.
    msg.to[0] = 1;
    msg.body = unit_int(5);
    ck_assert_int_eq(msg_sign(&a, &id, &msg, &bytes, NULL), ERR_OK);
    bytes = (struct span){bytes.at + 64, bytes.len - 64};
    expect_refused(&m, NULL, handmade(&a, &id, bytes, 3, 0, 0), "message", 3);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// What one of them tells of the others: their number.
START_TEST(test_batch_neighbours)
{
    struct identity id = fix_identity(0);
    struct test_mem m;
    struct doc_batch b;
    struct arena a;

    test_mem_init(&m);
    a = test_arena(&m);
    batch_of(&b, &a, &id, BATCH_MOST);
    for (size_t i = 0; i < BATCH_MOST; i++) {
        struct span doc = batched(&b, &a, i);

        for (size_t k = 0; k < BATCH_MOST; k++) {
            size_t start = k ? b.ends[k - 1] : 0;
            struct span text = {b.records + start, b.ends[k] - start};
            uint8_t plain[512] = {0}, hash[32];

            // The hash of a leaf without its salt, or with the salt that one knows.
            ck_assert_uint_lt(text.len, sizeof plain - 17);
            memcpy(plain + 1, text.at, text.len);
            hash_of((struct span){(char *)plain, 1 + text.len}, hash);
            ck_assert_ptr_null(memmem(doc.at, doc.len, hash, 32));
            memcpy(plain + 1, doc.at + sign_at(&id) + 72, 16);
            memcpy(plain + 17, text.at, text.len);
            hash_of((struct span){(char *)plain, 17 + text.len}, hash);
            ck_assert_ptr_null(memmem(doc.at, doc.len, hash, 32));
            ck_assert_int_eq(memmem(doc.at, doc.len, text.at, text.len) != NULL, i == k);
        }
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(test_batch_room)
{
    struct identity id = fix_identity(0);
    struct test_mem m;
    struct doc_batch b;
    struct arena a;
    struct unit small = unit_int(5), big, bigger, secret;
    char *text;
    size_t n = 0;
    struct fail f = {0};
    struct doc got;

    test_mem_init(&m);
    a = test_arena(&m);
    text = arena_new(&a, DOC_BATCH_UNIT_BYTES);
    memset(text, 'x', DOC_BATCH_UNIT_BYTES);
    ck_assert_int_eq(unit_str((struct span){text, DOC_BATCH_UNIT_BYTES - 3}, &big), ERR_OK);
    ck_assert_int_eq(unit_str((struct span){text, DOC_BATCH_UNIT_BYTES - 2}, &bigger), ERR_OK);
    ck_assert_uint_eq(big.bytes, DOC_BATCH_UNIT_BYTES);
    ck_assert_int_eq(doc_batch_init(&b, &a), ERR_OK);
    doc_batch_start(&b, &id, seed);
    ck_assert(!doc_batch_fits(&b, &bigger));
    for (; doc_batch_fits(&b, &big); n++)
        ck_assert_int_eq(doc_batch_add(&b, INT64_MAX - 1, &big, NULL), ERR_OK);
    ck_assert_uint_ge(n, DOC_BATCH_BYTES / DOC_BATCH_UNIT_BYTES - 2);
    secret = test_unit(&a, "[!`hidden`]");
    ck_assert_int_eq(doc_batch_add(&b, NOW_MS, &secret, &f), ERR_BAD_ARG);
    ck_assert_ptr_null(strstr(f.why, "hidden"));
    ck_assert_uint_eq(b.tree.n, n); // as if it had not been there
    doc_batch_sign(&b);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(doc_open(&a, doc_batch_get(&b, i), &got, NULL), ERR_OK);
        ck_assert(unit_same(&got.body, &big));
    }
    // To the last byte.
    doc_batch_start(&b, &id, seed);
    for (size_t len = DOC_BATCH_UNIT_BYTES - 3; len; len--) {
        ck_assert_int_eq(unit_str((struct span){text, len}, &big), ERR_OK);
        if (doc_batch_fits(&b, &big))
            ck_assert_int_eq(doc_batch_add(&b, INT64_MAX - 1, &big, NULL), ERR_OK);
    }
    ck_assert_uint_gt(b.used + DOC_HEAD_MAX_BYTES, DOC_BATCH_BYTES);
    ck_assert_uint_le(b.used, DOC_BATCH_BYTES);
    doc_batch_sign(&b);
    ck_assert_int_eq(doc_open(&a, doc_batch_get(&b, b.tree.n - 1), &got, NULL), ERR_OK);

    doc_batch_start(&b, &id, seed);
    for (n = 0; doc_batch_fits(&b, &small); n++)
        ck_assert_int_eq(doc_batch_add(&b, NOW_MS, &small, NULL), ERR_OK);
    ck_assert_uint_eq(n, DOC_BATCH_MAX);
    doc_batch_sign(&b);
    ck_assert_int_eq(doc_open(&a, doc_batch_get(&b, n - 1), &got, NULL), ERR_OK);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static enum err step_batch(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    enum err e = doc_batch_init(ctx, &a);

    arena_fini(&a);
    return e;
}

static enum err step_open_again(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct doc_cache cache = {0};
    struct doc doc;
    enum err e = doc_open_again(&cache, &a, *(struct span *)ctx, &doc, NULL);

    arena_fini(&a);
    return e;
}

START_TEST(test_batch_no_memory)
{
    struct identity id = fix_identity(0);
    struct doc_batch b, lost;
    struct test_mem m;
    struct arena a;
    struct span doc;

    test_mem_init(&m);
    a = test_arena(&m);
    test_each_allocation(step_batch, &lost);
    batch_of(&b, &a, &id, 4);
    doc = batched(&b, &a, 3);
    test_each_allocation(step_open_again, &doc);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// Roles and dates of the certificate, on both sides.
static const struct {
    unsigned roles;
    int64_t from_ms, till_ms, at_ms;
    enum err e;
} certs[] = {
    {CERT_SIGN, 1000, 2000, 2000, ERR_OK},
    {CERT_SIGN, 1000, 2000, 2001, ERR_EXPIRED},
    {CERT_SIGN, 1000, 2000, TIME_UNKNOWN, ERR_CLOCK},
    {CERT_ADMIN, TIME_UNKNOWN, TIME_NEVER, 5, ERR_DENIED},
};

START_TEST(test_batch_cert)
{
    struct identity id = fix_identity(0), lax;
    struct sign_key user;
    struct unit body = unit_int(5);
    uint8_t secret[32];
    struct test_mem m;
    struct doc_batch b;
    struct arena a;
    struct doc got;

    test_mem_init(&m);
    a = test_arena(&m);
    memset(secret, 9, sizeof secret);
    sign_key_init(&user, secret);
    id.cert.roles = certs[_i].roles;
    id.cert.from_ms = certs[_i].from_ms;
    id.cert.till_ms = certs[_i].till_ms;
    cert_make(&user, &id.cert, id.cert_bytes, &id.cert_n);
    ck_assert_int_eq(doc_batch_init(&b, &a), ERR_OK);
    doc_batch_start(&b, &id, seed);
    ck_assert_int_eq(doc_batch_add(&b, certs[_i].at_ms, &body, NULL), certs[_i].e);
    lax = id;
    lax.cert.roles = CERT_SIGN;
    lax.cert.from_ms = TIME_UNKNOWN;
    lax.cert.till_ms = TIME_NEVER;
    doc_batch_start(&b, &lax, seed);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(doc_batch_add(&b, certs[_i].at_ms, &body, NULL), ERR_OK);
    doc_batch_sign(&b);
    ck_assert_int_eq(doc_open(&a, doc_batch_get(&b, 1), &got, NULL), certs[_i].e);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

Suite *msgs_documents_suite(void)
{
    Suite *s = suite_create("msgs/documents");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_batch, 1, BATCH_MOST + 1);
    tcase_add_test(t, test_batch_of_one);
    tcase_add_loop_test(t, test_batch_damage, 0, 2);
    tcase_add_loop_test(t, test_batch_parts, 0, 3);
    tcase_add_test(t, test_batch_by_hand);
    tcase_add_test(t, test_batch_neighbours);
    tcase_add_test(t, test_batch_room);
    tcase_add_loop_test(t, test_batch_cert, 0, COUNT(certs));
    tcase_add_test(t, test_batch_no_memory);
    suite_add_tcase(s, t);
    return s;
}
