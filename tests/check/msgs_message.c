// SPDX-License-Identifier: MIT
#include "msgs/message.h"

#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"
#include "units/cbor.h"

// A message from node 0 to node 100, in full.
static struct msg plain(struct arena *a, const char *text)
{
    struct identity to = fix_identity(100);
    struct msg m = {.service = SPAN("math.calc"), .ctr = 1000, .ttl_ms = 30000, .hops = 4};

    memset(m.cluster, 0xC1, sizeof m.cluster);
    memcpy(m.to, to.node.public, sizeof m.to);
    memset(m.session, 0x5E, sizeof m.session);
    memset(m.req, 0x4E, sizeof m.req);
    m.trace = true;
    m.body = test_unit(a, text);
    return m;
}

static struct msg_expect expect_of(const struct identity *sender, const struct msg *m)
{
    struct msg_expect x = {&sender->cert, .ctr_min = m->ctr, .ctr_max = m->ctr, .now_ms = 5};

    memcpy(x.cluster, m->cluster, sizeof x.cluster);
    memcpy(x.node, m->to, sizeof x.node);
    memcpy(x.session, m->session, sizeof x.session);
    return x;
}

static struct span sign(struct arena *a, const struct identity *id, struct msg *m)
{
    struct span bytes = {NULL, 0};
    struct fail f = {0};

    ck_assert_msg(msg_sign(a, id, m, &bytes, &f) == ERR_OK, "%s", f.why);
    return bytes;
}

static enum err open(struct test_mem *mem, struct span bytes, const struct msg_expect *x,
                     struct fail *f)
{
    struct arena a = test_arena(mem);
    char *exact = malloc(bytes.len + 1); // so that reading past the end shows
    struct msg m;
    enum err e;

    if (bytes.len)
        memcpy(exact, bytes.at, bytes.len);
    e = msg_open(&a, (struct span){exact, bytes.len}, x, &m, f);
    if (e)
        ck_assert_uint_eq(a.used_bytes, 0); // nothing was decoded
    free(exact);
    arena_fini(&a);
    return e;
}

static const struct {
    const char *body;
    bool bare; // no cluster, session and req
} bodies[] = {
    {"(neg 5)", false},
    {"-", true},
    {"{say:[(neg 5)@math.calc @a.b 2.50 0x1f %`AAEC` t -] nl:t}", false},
    {"[!`hidden` a]", true}, // messages may hold secrets
};

START_TEST(test_round_trip)
{
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a, b;
    struct span bytes;
    struct msg m, got;
    struct msg_expect x;
    uint8_t hash[32];
    struct fail f = {0};

    test_mem_init(&mem);
    a = test_arena(&mem);
    b = test_arena(&mem);
    m = plain(&a, bodies[_i].body);
    if (bodies[_i].bare) {
        memset(m.cluster, 0, sizeof m.cluster);
        memset(m.session, 0, sizeof m.session);
        memset(m.req, 0, sizeof m.req);
        m.ctr = 0;
        m.hops = 0;
        m.ttl_ms = MSG_TTL_MAX_MS;
        m.trace = false;
    }
    bytes = sign(&a, &id, &m);
    x = expect_of(&id, &m);
    ck_assert_msg(msg_open(&b, bytes, &x, &got, &f) == ERR_OK, "%s", f.why);
    ck_assert_mem_eq(got.cluster, m.cluster, 32);
    ck_assert_mem_eq(got.ath, id.cert.user, 32);
    ck_assert_mem_eq(got.cert, id.cert.hash, 32);
    ck_assert_mem_eq(got.from, id.node.public, 32);
    ck_assert(span_eq(got.service, m.service));
    ck_assert_mem_eq(got.to, m.to, 32);
    ck_assert_mem_eq(got.session, m.session, 16);
    ck_assert_int_eq(got.ctr, m.ctr);
    ck_assert_mem_eq(got.req, m.req, 16);
    ck_assert_int_eq(got.ttl_ms, m.ttl_ms);
    ck_assert_uint_eq(got.hops, m.hops);
    ck_assert_int_eq(got.trace, m.trace);
    ck_assert(unit_same(&got.body, &m.body));
    hash_of((struct span){bytes.at + MSG_RECORD_AT, bytes.len - MSG_RECORD_AT}, hash);
    ck_assert_mem_eq(got.id, hash, 32);
    ck_assert_mem_eq(m.id, hash, 32);
    arena_fini(&b);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// Nothing else may come of a message that was tampered with.
static bool is_refusal(enum err e)
{
    return e == ERR_BAD_SIGN || e == ERR_SYNTAX || e == ERR_DENIED || e == ERR_REPLAY;
}

START_TEST(test_damage)
{
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a;
    struct span bytes;
    struct msg m;
    struct msg_expect x;
    struct fail f;
    uint8_t *copy;
    enum err e;

    test_mem_init(&mem);
    a = test_arena(&mem);
    m = plain(&a, bodies[_i].body);
    bytes = sign(&a, &id, &m);
    x = expect_of(&id, &m);
    copy = arena_new(&a, bytes.len + 1);
    memcpy(copy, bytes.at, bytes.len);
    copy[bytes.len] = 0;
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        e = open(&mem, (struct span){(char *)copy, bytes.len}, &x, &f);
        ck_assert_msg(is_refusal(e), "bit %zu: %s", bit, err_word(e));
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < bytes.len; n++) {
        e = open(&mem, (struct span){bytes.at, n}, &x, &f);
        ck_assert_msg(is_refusal(e), "cut at %zu: %s", n, err_word(e));
    }
    ck_assert_int_eq(open(&mem, (struct span){(char *)copy, bytes.len + 1}, &x, &f), ERR_BAD_SIGN);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// What the receiver knows, one thing of it another than the message says.
static const struct {
    const char *what;
    enum err e;
} unexpected[] = {
    {"nothing", ERR_OK},        {"cluster", ERR_DENIED},    {"no cluster", ERR_DENIED},
    {"node", ERR_DENIED},       {"session", ERR_REPLAY},    {"no session", ERR_REPLAY},
    {"ctr before", ERR_REPLAY}, {"ctr behind", ERR_REPLAY}, {"ctr among others", ERR_OK},
    {"sender", ERR_BAD_SIGN},   {"user", ERR_BAD_SIGN},     {"cert", ERR_BAD_SIGN},
    {"roles", ERR_DENIED},      {"expired", ERR_EXPIRED},   {"clock", ERR_CLOCK},
};

START_TEST(test_unexpected)
{
    struct identity id = fix_identity(0), other = fix_identity(50);
    const char *what = unexpected[_i].what;
    struct cert cert = id.cert;
    struct test_mem mem;
    struct arena a;
    struct span bytes;
    struct msg m;
    struct msg_expect x;
    struct fail f = {0};

    test_mem_init(&mem);
    a = test_arena(&mem);
    m = plain(&a, "5");
    bytes = sign(&a, &id, &m);
    x = expect_of(&id, &m);
    x.sender = &cert;
    if (strcmp(what, "cluster") == 0)
        x.cluster[31] ^= 1;
    if (strcmp(what, "no cluster") == 0)
        memset(x.cluster, 0, sizeof x.cluster);
    if (strcmp(what, "node") == 0)
        memcpy(x.node, other.node.public, sizeof x.node);
    if (strcmp(what, "session") == 0)
        x.session[0] ^= 1;
    if (strcmp(what, "no session") == 0)
        memset(x.session, 0, sizeof x.session);
    if (strcmp(what, "ctr before") == 0)
        x.ctr_max = x.ctr_min = m.ctr - 1;
    if (strcmp(what, "ctr behind") == 0)
        x.ctr_max = x.ctr_min = m.ctr + 1;
    if (strcmp(what, "ctr among others") == 0) {
        x.ctr_min = m.ctr - 10;
        x.ctr_max = m.ctr + 10;
    }
    if (strcmp(what, "sender") == 0)
        cert = other.cert;
    if (strcmp(what, "user") == 0)
        memcpy(cert.user, other.cert.user, sizeof cert.user);
    if (strcmp(what, "cert") == 0)
        cert.hash[0] ^= 1;
    if (strcmp(what, "roles") == 0)
        cert.roles = CERT_ADMIN;
    if (strcmp(what, "expired") == 0)
        cert.till_ms = x.now_ms - 1;
    if (strcmp(what, "clock") == 0) {
        cert.till_ms = 10;
        x.now_ms = TIME_UNKNOWN;
    }
    ck_assert_msg(open(&mem, bytes, &x, &f) == unexpected[_i].e, "%s: %s", what, f.why);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// Truly signed, and yet not what Telex writes: {from to} in the record.
static const struct {
    const char *from, *to;
    size_t n; // of both
} changed[] = {
    {"\x61v\x01", "\x61v\x02", 3},
    {"\xAD\x61v", "\xAC\x61v", 3},
    {"cluster\x58\x20", "clustes\x58\x20", 9},
    {"math.calc", "math calc", 9},
    {"math.calc", "math.calC", 9},
    {"\x69math.calc", "\x68math.calc", 10},
    {"\xD8\xE4\x82\x69", "\xD8\xE4\x82\x60", 4}, // no text stands for none
    {"\xD8\xE4\x82\x69", "\xD8\xE3\x82\x69", 4}, // to: a stream
    {"ctr\x19\x03\xE8", "ctr\x19\x00\x17", 6},   // longer than needed
    {"ctr\x19\x03\xE8", "ctr\x39\x03\xE8", 6},   // below 0
    {"hops\x04", "hops\x05", 5},
    {"trace\xF5", "trace\xF6", 6},
    {"body\x82\x01\xF6", "body\x81\x01\xF6", 7},
    {"body\x82\x01\xF6", "body\x83\x01\xF6", 7},
};

START_TEST(test_changed)
{
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a;
    struct span bytes;
    struct msg m;
    struct msg_expect x;
    struct fail f = {0};
    uint8_t *at, *end;

    test_mem_init(&mem);
    a = test_arena(&mem);
    m = plain(&a, "[1 -]");
    bytes = sign(&a, &id, &m);
    x = expect_of(&id, &m);
    at = arena_copy(&a, bytes.at, bytes.len);
    bytes.at = (char *)at;
    end = at + bytes.len;
    for (at += MSG_RECORD_AT; memcmp(at, changed[_i].from, changed[_i].n) != 0; at++)
        ck_assert_msg(at + changed[_i].n < end, "row %d is not there", _i);
    memcpy(at, changed[_i].to, changed[_i].n);
    at = end - bytes.len;
    sign_make(&id.node, (struct span){bytes.at + 64, bytes.len - 64}, at);
    // Not through open(): a body may take memory before it turns out to be wrong.
    ck_assert_int_eq(msg_open(&a, bytes, &x, &m, &f), ERR_SYNTAX);
    ck_assert_uint_ge(f.pos, MSG_RECORD_AT);
    ck_assert_uint_le(f.pos, bytes.len);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// A signature for one purpose holds for no other, though the key is the same.
START_TEST(test_domains)
{
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a;
    struct span bytes;
    struct msg m;
    struct msg_expect x;
    struct fail f;
    char *copy;

    test_mem_init(&mem);
    a = test_arena(&mem);
    m = plain(&a, "5");
    bytes = sign(&a, &id, &m);
    x = expect_of(&id, &m);
    copy = arena_copy(&a, bytes.at, bytes.len);
    memcpy(copy + 64, "telex-doc-v1", 13);
    sign_make(&id.node, (struct span){copy + 64, bytes.len - 64}, (uint8_t *)copy);
    ck_assert_int_eq(open(&mem, (struct span){copy, bytes.len}, &x, &f), ERR_SYNTAX);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

START_TEST(test_may_not_sign)
{
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a;
    struct span bytes;
    struct msg m;

    test_mem_init(&mem);
    a = test_arena(&mem);
    m = plain(&a, "5");
    id.cert.roles = CERT_ADMIN;
    ck_assert_int_eq(msg_sign(&a, &id, &m, &bytes, NULL), ERR_DENIED);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// The longest head leaves room for the largest body.
START_TEST(test_longest_head)
{
    struct identity id = fix_identity(0);
    char name[UNIT_SERVICE_MAX_BYTES];
    struct test_mem mem;
    struct arena a;
    struct span bytes;
    struct msg m;
    struct msg_expect x;

    test_mem_init(&mem);
    a = test_arena(&mem);
    m = plain(&a, "5");
    memset(name, 'a', sizeof name);
    m.service = (struct span){name, sizeof name};
    m.ctr = WINDOW_CTR_MAX;
    m.ttl_ms = MSG_TTL_MAX_MS;
    bytes = sign(&a, &id, &m);
    ck_assert_uint_le(bytes.len, MSG_HEAD_MAX_BYTES);
    x = expect_of(&id, &m);
    ck_assert_int_eq(open(&mem, bytes, &x, NULL), ERR_OK);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// ---- Of a batch

static struct span in_batch(struct arena *a, const struct identity *id, const struct msg *m,
                            size_t size, size_t index)
{
    const uint8_t seed[BATCH_SEED_BYTES] = {5};
    struct msg full = *m;
    struct batch b;
    uint8_t *part, *out;
    size_t n;

    ck_assert_int_eq(msg_author(id, &full, NULL), ERR_OK);
    n = msg_head_bytes(&full) + full.body.bytes;
    part = arena_new(a, n);
    out = arena_new(a, BATCH_PROOF_MAX_BYTES + n);
    ck_assert_ptr_eq(unit_encode(&full.body, msg_head_put(&full, part)), part + n);
    ck_assert_int_eq(batch_init(&b, a, size), ERR_OK);
    batch_start(&b, seed);
    for (size_t i = 0; i < size; i++)
        batch_add(&b, i == index ? (struct span){(char *)part, n} : SPAN("another one"));
    batch_sign(&b, &id->node);
    memcpy(batch_proof_put(&b, index, out), part, n);
    return (struct span){(char *)out, batch_proof_bytes(index, size) + n};
}

static const struct {
    size_t size, index;
    enum err e;
} batches[] = {
    {2, 0, ERR_OK},   {2, 1, ERR_OK},      {3, 2, ERR_OK},
    {64, 63, ERR_OK}, {1000, 500, ERR_OK}, {1, 0, ERR_SYNTAX}, // one alone has one form
};

START_TEST(test_batch)
{
    struct identity id = fix_identity(0);
    struct batch_cache roots = {.next = 0};
    struct test_mem mem;
    struct arena a;
    struct span bytes, alone;
    struct msg m, got, same;
    struct msg_expect x;
    struct fail f = {0};

    test_mem_init(&mem);
    a = test_arena(&mem);
    m = plain(&a, "(neg 5)");
    bytes = in_batch(&a, &id, &m, batches[_i].size, batches[_i].index);
    x = expect_of(&id, &m);
    x.roots = &roots;
    for (int i = 0; i < 2; i++) { // the second one knows the root
        ck_assert_msg(msg_open(&a, bytes, &x, &got, &f) == batches[_i].e, "%s", f.why);
        if (batches[_i].e)
            break;
        alone = sign(&a, &id, &m); // it is the same message
        ck_assert_int_eq(msg_open(&a, alone, &x, &same, &f), ERR_OK);
        ck_assert_mem_eq(got.id, same.id, 32);
        ck_assert(unit_same(&got.body, &same.body));
    }
    for (size_t i = 0; i < bytes.len && !batches[_i].e; i++) {
        ((char *)bytes.at)[i] ^= 16;
        ck_assert_msg(is_refusal(open(&mem, bytes, &x, &f)), "byte %zu", i);
        ((char *)bytes.at)[i] ^= 16;
        if (i < 4)
            ck_assert_msg(
                is_refusal(open(&mem, (struct span){bytes.at, bytes.len - 1 - i}, &x, &f)),
                "cut by %zu", i);
    }
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// An answer, which goes to no service; and a text that is none.
START_TEST(test_no_service)
{
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a;
    struct span bytes;
    struct msg m, got;
    struct msg_expect x;

    test_mem_init(&mem);
    a = test_arena(&mem);
    m = plain(&a, "(val 5)");
    m.service = (struct span){NULL, 0};
    bytes = sign(&a, &id, &m);
    x = expect_of(&id, &m);
    ck_assert_int_eq(msg_open(&a, bytes, &x, &got, NULL), ERR_OK);
    ck_assert_uint_eq(got.service.len, 0);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

struct step {
    struct identity id;
    struct span bytes;
    struct msg_expect x;
};

static enum err step_open(struct test_mem *mem, void *ctx)
{
    struct step *s = ctx;
    struct arena a = test_arena(mem);
    struct msg m;
    enum err e = msg_open(&a, s->bytes, &s->x, &m, NULL);

    arena_fini(&a);
    return e;
}

static enum err step_sign(struct test_mem *mem, void *ctx)
{
    struct step *s = ctx;
    struct arena a = test_arena(mem);
    struct msg m = {.service = SPAN("math.calc"), .body = unit_int(5)};
    struct span bytes;
    enum err e = msg_sign(&a, &s->id, &m, &bytes, NULL);

    arena_fini(&a);
    return e;
}

START_TEST(test_no_memory)
{
    struct step s = {.id = fix_identity(0)};
    struct test_mem mem;
    struct arena a;
    struct msg m;

    test_mem_init(&mem);
    a = test_arena(&mem);
    m = plain(&a, bodies[2].body);
    s.bytes = sign(&a, &s.id, &m);
    s.x = expect_of(&s.id, &m);
    test_each_allocation(step_open, &s);
    test_each_allocation(step_sign, &s);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

Suite *msgs_message_suite(void)
{
    Suite *s = suite_create("msgs/message");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_round_trip, 0, COUNT(bodies));
    tcase_add_loop_test(t, test_damage, 0, COUNT(bodies));
    tcase_add_loop_test(t, test_unexpected, 0, COUNT(unexpected));
    tcase_add_loop_test(t, test_changed, 0, COUNT(changed));
    tcase_add_loop_test(t, test_batch, 0, COUNT(batches));
    tcase_add_test(t, test_no_service);
    tcase_add_test(t, test_domains);
    tcase_add_test(t, test_may_not_sign);
    tcase_add_test(t, test_longest_head);
    tcase_add_test(t, test_no_memory);
    suite_add_tcase(s, t);
    return s;
}
