// SPDX-License-Identifier: MIT
#include "msgs/document.h"

#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"
#include "units/cbor.h"

enum { NOW_MS = 1700000000 };

// Where the parts lie; the certificate of fix_identity is as long as it is.
enum { CERT_AT = 11, BODY_AT = 77 };

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

#define OPEN "[[[[[[[[[[[[[[[["
#define CLOSE "]]]]]]]]]]]]]]]]"
#define DEEP OPEN OPEN OPEN OPEN CLOSE CLOSE CLOSE CLOSE

static const struct {
    const char *body;
    int64_t ms;
} bodies[] = {
    {"5", NOW_MS},
    {"-", TIME_UNKNOWN},
    {"(neg 5)@math.calc", NOW_MS},
    {"{say:[(neg 5)@math.calc @a.b 2.50 0x1f %`AAEC` t -] nl:t}@io.term:[loc]", -1},
    {"[``]", INT64_MAX - 1},
    {DEEP, NOW_MS}, // as deep as units may be
    {"{a:1 b:2 c:3 d:4 e:5 f:6 g:7 h:8 i:9 j:10 k:11 l:12 m:13 n:14}", INT64_MIN + 1},
};

START_TEST(test_round_trip)
{
    struct identity id = fix_identity(0);
    struct unit body;
    struct test_mem m;
    struct arena a;
    struct span bytes;
    struct doc doc;
    struct fail f = {0};

    test_mem_init(&m);
    a = test_arena(&m);
    body = test_unit(&a, bodies[_i].body);
    bytes = sign(&a, &id, bodies[_i].ms, bodies[_i].body);
    ck_assert(doc_is(bytes));
    ck_assert_msg(doc_open(&a, bytes, &doc, &f) == ERR_OK, "%s: %s", bodies[_i].body, f.why);
    ck_assert(unit_same(&doc.body, &body));
    ck_assert_int_eq(doc.time_ms, bodies[_i].ms);
    ck_assert_mem_eq(doc.cert.user, id.cert.user, 32);
    ck_assert_mem_eq(doc.cert.node, id.node.public, 32);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// A person sees what it is.
START_TEST(test_magic)
{
    struct identity id = fix_identity(0);
    struct test_mem m;
    struct arena a;
    struct unit u;

    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(unit_bytes(sign(&a, &id, NOW_MS, "5"), &u), ERR_OK);
    ck_assert_int_eq(strncmp(test_print(&a, &u), "%`telex/doc/v1", 14), 0);
    ck_assert(!doc_is(SPAN("")));
    ck_assert(!doc_is(SPAN("\xB5\xE9\x5E\xC7\xF7\x68\x73\xFB")));
    ck_assert(!doc_is(SPAN("(neg 5)@math.calc")));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static void expect_refused(struct test_mem *m, struct span bytes, const char *how, size_t at)
{
    struct arena a = test_arena(m);
    char *exact = malloc(bytes.len + 1); // so that reading past the end shows
    struct fail f = {0};
    struct doc doc;
    enum err e;

    if (bytes.len)
        memcpy(exact, bytes.at, bytes.len);
    e = doc_open(&a, (struct span){exact, bytes.len}, &doc, &f);
    ck_assert_msg(e == ERR_BAD_SIGN || e == ERR_SYNTAX, "%s %zu: %s", how, at, err_word(e));
    ck_assert_int_eq(f.code, e);
    ck_assert_uint_le(f.pos, bytes.len);
    ck_assert_uint_eq(a.used_bytes, 0); // nothing was decoded
    free(exact);
    arena_fini(&a);
}

// Every bit, every cut, every byte more: refused before the body is looked at.
START_TEST(test_damage)
{
    struct identity id = fix_identity(0);
    struct test_mem m;
    struct arena a;
    struct span doc;
    uint8_t *bytes;

    test_mem_init(&m);
    a = test_arena(&m);
    doc = sign(&a, &id, bodies[_i].ms, bodies[_i].body);
    bytes = arena_copy(&a, doc.at, doc.len);
    for (size_t bit = 0; bit < 8 * doc.len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        expect_refused(&m, (struct span){(char *)bytes, doc.len}, "bit", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < doc.len; n++)
        expect_refused(&m, (struct span){doc.at, n}, "cut at", n);
    bytes = arena_new(&a, doc.len + 1);
    memcpy(bytes, doc.at, doc.len);
    bytes[doc.len] = 0;
    expect_refused(&m, (struct span){(char *)bytes, doc.len + 1}, "longer", doc.len + 1);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// Two documents by two users: no part of one goes with the rest of the other.
START_TEST(test_exchanged_parts)
{
    struct identity id = fix_identity(0), other = fix_identity(100);
    size_t at[] = {0, CERT_AT, sign_at(&id), sign_at(&id) + SIGN_BYTES, 0};
    struct span x, y;
    struct test_mem m;
    struct arena a;
    uint8_t *mixed;

    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_uint_eq(id.cert_n, other.cert_n);
    x = sign(&a, &id, NOW_MS, "[a b]");
    y = sign(&a, &other, NOW_MS, "[a c]");
    ck_assert_uint_eq(x.len, y.len);
    at[4] = x.len;
    mixed = arena_new(&a, x.len);
    for (unsigned parts = 1; parts < 7; parts++) { // bits: certificate, signature, record
        for (size_t i = 0; i < 4; i++)
            memcpy(mixed + at[i], (i && (parts & (1u << (i - 1))) ? y.at : x.at) + at[i],
                   at[i + 1] - at[i]);
        expect_refused(&m, (struct span){(char *)mixed, x.len}, "parts", parts);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// Truly signed by the node, and yet not what Telex writes: {from to} in the record.
static const struct {
    const char *from, *to;
    size_t n; // of both
    enum err e;
} changed[] = {
    {"\x61v\x01", "\x61v\x02", 3, ERR_SYNTAX},
    {"\xA5\x61v", "\xA4\x61v", 3, ERR_SYNTAX},
    {"\x63"
     "ath",
     "\x63"
     "atg",
     4, ERR_SYNTAX},
    {"\x63"
     "ath\x58\x20",
     "\x63"
     "ath\x58\x1F",
     6, ERR_SYNTAX},
    {"time\x1A\x65\x53\xF1\x00", "time\xFA\x65\x53\xF1\x00", 9, ERR_SYNTAX},
    {"time\x1A\x65\x53\xF1\x00", "time\x1A\x00\x00\xF1\x00", 9, ERR_SYNTAX}, // longer than needed
    {"body\x82\x01", "body\x83\x01", 6, ERR_SYNTAX},                         // cut
    {"body\x82\x01", "body\x81\x01", 6, ERR_SYNTAX}, // something behind the end
    {"body\x82\x01", "body\x82\x1F", 6, ERR_SYNTAX},
    {"body\x82\x01", "bodz\x82\x01", 6, ERR_SYNTAX},
    {"body\x82\x01\xF6", "body\xD8\xE5\x60", 7, ERR_BAD_ARG}, // a secret
};

static void sign_again(const struct identity *id, uint8_t *bytes, size_t n)
{
    uint8_t *at = bytes + sign_at(id);

    sign_make(&id->node, (struct span){(char *)at + 64, n - (size_t)(at + 64 - bytes)}, at);
}

START_TEST(test_changed)
{
    struct identity id = fix_identity(0);
    struct test_mem m;
    struct arena a;
    struct span doc;
    uint8_t *bytes, *at;
    struct fail f = {0};
    struct doc got;

    test_mem_init(&m);
    a = test_arena(&m);
    doc = sign(&a, &id, 1700000000, "[1 -]");
    bytes = arena_copy(&a, doc.at, doc.len);
    for (at = bytes + sign_at(&id) + BODY_AT; memcmp(at, changed[_i].from, changed[_i].n) != 0;
         at++)
        ck_assert_msg(at + changed[_i].n < bytes + doc.len, "row %d is not there", _i);
    memcpy(at, changed[_i].to, changed[_i].n);
    sign_again(&id, bytes, doc.len);
    ck_assert_msg(doc_open(&a, (struct span){(char *)bytes, doc.len}, &got, &f) == changed[_i].e,
                  "row %d: %s: %s", _i, err_word(f.code), f.why);
    ck_assert_uint_ge(f.pos, sign_at(&id) + BODY_AT);
    ck_assert_uint_le(f.pos, doc.len);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// The node signs in the name of another user, or of its user under another certificate.
START_TEST(test_other_name)
{
    struct identity id = fix_identity(0), liar = fix_identity(100);
    struct test_mem m;
    struct arena a;
    struct span doc;
    struct fail f = {0};
    struct doc got;

    test_mem_init(&m);
    a = test_arena(&m);
    memcpy(_i ? liar.cert.user : liar.cert.hash, _i ? id.cert.user : id.cert.hash, 32);
    doc = sign(&a, &liar, NOW_MS, "5");
    ck_assert_int_eq(doc_open(&a, doc, &got, &f), ERR_BAD_SIGN);
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
    {CERT_SIGN, 1000, 2000, 1000, ERR_OK},
    {CERT_SIGN | CERT_ADMIN, 1000, 2000, 2000, ERR_OK},
    {CERT_SIGN, 1000, 2000, 999, ERR_EXPIRED},
    {CERT_SIGN, 1000, 2000, 2001, ERR_EXPIRED},
    {CERT_SIGN, 1000, 2000, TIME_UNKNOWN, ERR_CLOCK},
    {CERT_SIGN, TIME_UNKNOWN, TIME_NEVER, TIME_UNKNOWN, ERR_OK},
    {CERT_ADMIN, TIME_UNKNOWN, TIME_NEVER, 5, ERR_DENIED},
    {0, TIME_UNKNOWN, TIME_NEVER, 5, ERR_DENIED},
};

START_TEST(test_cert)
{
    struct identity id = fix_identity(0), lax;
    struct sign_key user;
    struct unit body = unit_int(5);
    uint8_t seed[32];
    struct test_mem m;
    struct arena a;
    struct span doc;
    struct fail f = {0};
    struct doc got;

    test_mem_init(&m);
    a = test_arena(&m);
    memset(seed, 9, sizeof seed);
    sign_key_init(&user, seed);
    id.cert.roles = certs[_i].roles;
    id.cert.from_ms = certs[_i].from_ms;
    id.cert.till_ms = certs[_i].till_ms;
    cert_make(&user, &id.cert, id.cert_bytes, &id.cert_n);
    ck_assert_int_eq(doc_sign(&a, &id, certs[_i].at_ms, &body, &doc, &f), certs[_i].e);
    // One who signs although he may not.
    lax = id;
    lax.cert.roles = CERT_SIGN;
    lax.cert.from_ms = TIME_UNKNOWN;
    lax.cert.till_ms = TIME_NEVER;
    ck_assert_int_eq(doc_sign(&a, &lax, certs[_i].at_ms, &body, &doc, &f), ERR_OK);
    ck_assert_int_eq(doc_open(&a, doc, &got, &f), certs[_i].e);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(test_secret)
{
    struct identity id = fix_identity(0);
    struct test_mem m;
    struct arena a;
    struct unit body;
    struct span doc;
    struct fail f = {0};

    test_mem_init(&m);
    a = test_arena(&m);
    body = test_unit(&a, "{a:[1 !`hidden`]}");
    ck_assert_int_eq(doc_sign(&a, &id, NOW_MS, &body, &doc, &f), ERR_BAD_ARG);
    ck_assert_ptr_null(strstr(f.why, "hidden"));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// The mark of a value that is done says nothing about what was written.
START_TEST(test_done)
{
    struct identity id = fix_identity(0);
    struct test_mem m;
    struct arena a;
    struct unit body;
    struct span x, y;

    test_mem_init(&m);
    a = test_arena(&m);
    body = test_unit(&a, "[a b]");
    x = sign(&a, &id, NOW_MS, "[a b]");
    body.flags |= UNIT_DONE;
    ck_assert_int_eq(doc_sign(&a, &id, NOW_MS, &body, &y, NULL), ERR_OK);
    ck_assert(span_eq(x, y));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static enum err step_sign(struct test_mem *m, void *ctx)
{
    struct unit body = unit_int(5);
    struct arena a = test_arena(m);
    struct span doc;
    enum err e = doc_sign(&a, ctx, NOW_MS, &body, &doc, NULL);

    arena_fini(&a);
    return e;
}

static enum err step_open(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct doc doc;
    enum err e = doc_open(&a, *(struct span *)ctx, &doc, NULL);

    arena_fini(&a);
    return e;
}

START_TEST(test_no_memory)
{
    struct identity id = fix_identity(0);
    struct test_mem m;
    struct arena a;
    struct span doc;

    test_mem_init(&m);
    a = test_arena(&m);
    doc = sign(&a, &id, NOW_MS, bodies[3].body);
    test_each_allocation(step_sign, &id);
    test_each_allocation(step_open, &doc);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- With what was checked before

// Certificates of more users than the cache has places for, and one that is not signed.
START_TEST(test_certs_again)
{
    struct identity id[7];
    struct doc_cache cache = {0};
    struct test_mem m;
    struct arena a;
    struct doc got;

    test_mem_init(&m);
    a = test_arena(&m);
    for (size_t i = 0; i < COUNT(id); i++)
        id[i] = fix_identity((uint8_t)(13 * i));
    for (size_t k = 0; k < 5 * COUNT(id); k++) {
        size_t i = k * 3 % COUNT(id);
        struct span doc = sign(&a, &id[i], NOW_MS, "5");
        char *bad = arena_copy(&a, doc.at, doc.len);

        ck_assert_int_eq(doc_open_again(&cache, &a, doc, &got, NULL), ERR_OK);
        ck_assert_mem_eq(got.cert.user, id[i].cert.user, 32);
        ck_assert_mem_eq(got.cert.hash, id[i].cert.hash, 32);
        bad[CERT_AT + k] ^= 1;
        for (int twice = 0; twice < 2; twice++)
            ck_assert_int_ne(doc_open_again(&cache, &a, (struct span){bad, doc.len}, &got, NULL),
                             ERR_OK);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// It is looked into, and what stands there counts only as a whole.
START_TEST(test_certs_seen)
{
    struct identity id = fix_identity(0);
    struct doc_cache cache = {0};
    struct doc_cert *c = &cache.certs[0];
    struct test_mem m;
    struct arena a;
    struct span doc;
    struct doc got;
    char *bad;

    test_mem_init(&m);
    a = test_arena(&m);
    doc = sign(&a, &id, NOW_MS, "5");
    ck_assert_int_eq(doc_open_again(&cache, &a, doc, &got, NULL), ERR_OK);
    ck_assert_uint_eq(c->n, id.cert_n);
    ck_assert_mem_eq(c->bytes, id.cert_bytes, id.cert_n);
    bad = arena_copy(&a, doc.at, doc.len);
    for (size_t i = 0; i < id.cert_n; i++) {
        bad[CERT_AT + i] ^= 1;
        ck_assert_int_ne(doc_open_again(&cache, &a, (struct span){bad, doc.len}, &got, NULL),
                         ERR_OK);
        c->bytes[i] ^= 1; // an entry that only this test makes
        ck_assert_int_eq(doc_open_again(&cache, &a, (struct span){bad, doc.len}, &got, NULL),
                         ERR_OK);
        c->bytes[i] ^= 1;
        bad[CERT_AT + i] ^= 1;
    }
    c->n--;
    ck_assert_int_eq(doc_open_again(&cache, &a, doc, &got, NULL), ERR_OK);
    ck_assert_uint_eq(cache.certs[1].n, id.cert_n); // it was checked anew
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

Suite *msgs_document_suite(void)
{
    Suite *s = suite_create("msgs/document");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_round_trip, 0, COUNT(bodies));
    tcase_add_test(t, test_magic);
    tcase_add_loop_test(t, test_damage, 0, 4);
    tcase_add_test(t, test_exchanged_parts);
    tcase_add_loop_test(t, test_changed, 0, COUNT(changed));
    tcase_add_loop_test(t, test_other_name, 0, 2);
    tcase_add_loop_test(t, test_cert, 0, COUNT(certs));
    tcase_add_test(t, test_secret);
    tcase_add_test(t, test_done);
    tcase_add_test(t, test_no_memory);
    tcase_add_test(t, test_certs_again);
    tcase_add_test(t, test_certs_seen);
    suite_add_tcase(s, t);
    return s;
}
