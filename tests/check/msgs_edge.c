// SPDX-License-Identifier: MIT
// Truly signed, and yet refused: what an honest node never writes, in messages and documents.
#include "msgs/clock.h"
#include "msgs/document.h"
#include "msgs/message.h"
#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"
#include "units/cbor.h"

enum { NOW_MS = 1700000000 };

// ---- Messages

static const char *const wrongs[] = {"nothing", "from", "ttl", "ttl at its end", "ctr", "domain"};
static const enum err wrong_e[] = {ERR_OK, ERR_BAD_SIGN, ERR_SYNTAX,
                                   ERR_OK, ERR_SYNTAX,   ERR_SYNTAX};

START_TEST(test_message)
{
    struct identity id = fix_identity(0), third = fix_identity(50);
    struct msg m = {.service = SPAN("math.calc"), .ttl_ms = 5, .ctr = 7}, got;
    struct msg_expect x = {&id.cert, .ctr_max = INT64_MAX, .now_ms = 5};
    struct test_mem mem;
    struct arena a;
    struct span body;
    uint8_t *at;
    size_t n;

    test_mem_init(&mem);
    a = test_arena(&mem);
    memset(m.to, 1, 32);
    memset(x.node, 1, 32);
    m.body = unit_int(5);
    ck_assert_int_eq(msg_author(&id, &m, NULL), ERR_OK);
    if (_i == 1)
        memcpy(m.from, third.node.public, 32);
    if (_i == 2 || _i == 3)
        m.ttl_ms = MSG_TTL_MAX_MS + (_i == 2);
    if (_i == 4)
        m.ctr = WINDOW_CTR_MAX + 1;
    n = SIGN_BYTES + msg_head_bytes(&m) + m.body.bytes;
    at = arena_new(&a, n);
    (void)unit_encode(&m.body, msg_head_put(&m, at + SIGN_BYTES));
    if (_i == 5)
        at[SIGN_BYTES + 12] = 1;
    sign_make(&id.node, (struct span){(char *)at + SIGN_BYTES, n - SIGN_BYTES}, at);
    ck_assert_msg(msg_check((struct span){(char *)at, n}, &x, &got, &body, NULL) == wrong_e[_i],
                  "%s", wrongs[_i]);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// Longer than the longest message in the largest batch: not looked at, whatever it is.
START_TEST(test_length)
{
    size_t most = UNIT_TEXT_MAX_BYTES + MSG_HEAD_MAX_BYTES + BATCH_PROOF_MAX_BYTES;
    char *bytes = calloc(1, most + 1);
    struct identity id = fix_identity(0);
    struct msg_expect x = {&id.cert, .now_ms = 5};
    struct msg m;
    struct span body;

    ck_assert_int_eq(msg_check((struct span){bytes, most}, &x, &m, &body, NULL), ERR_SYNTAX);
    ck_assert_int_eq(msg_check((struct span){bytes, most + 1}, &x, &m, &body, NULL), ERR_TOO_BIG);
    free(bytes);
}
END_TEST

// ---- Documents

enum { CERT_AT = 11 };

static struct span document(struct arena *a, const struct identity *id)
{
    struct unit body = unit_int(5);
    struct span doc = {NULL, 0};

    ck_assert_int_eq(doc_sign(a, id, NOW_MS, &body, &doc, NULL), ERR_OK);
    return doc;
}

// A document's record, signed for another purpose, by itself and in a batch.
static const char *const domains[] = {"telex-doc-v1", "telex-msg-v1", "telex-doc-v1\1"};

START_TEST(test_document_domain)
{
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a;
    struct span doc, part;
    struct doc got;
    char *at;
    enum err want = _i ? ERR_SYNTAX : ERR_OK;
    const uint8_t seed[BATCH_SEED_BYTES] = {5};
    size_t front = CERT_AT + id.cert_n, proof;
    struct batch b;

    test_mem_init(&mem);
    a = test_arena(&mem);
    doc = document(&a, &id);
    at = arena_copy(&a, doc.at, doc.len);
    memcpy(at + front + SIGN_BYTES, domains[_i], _i == 2 ? 13 : 12);
    part = (struct span){at + front + SIGN_BYTES, doc.len - front - SIGN_BYTES};
    sign_make(&id.node, part, (uint8_t *)at + front);
    ck_assert_int_eq(doc_open(&a, (struct span){at, doc.len}, &got, NULL), want);

    ck_assert_int_eq(batch_init(&b, &a, 2), ERR_OK);
    batch_start(&b, seed);
    batch_add(&b, part);
    batch_add(&b, SPAN("another"));
    batch_sign(&b, &id.node);
    proof = batch_proof_bytes(0, 2);
    at = arena_new(&a, front + proof + part.len);
    memcpy(at, doc.at, front);
    at[7] = (char)0xF6;
    (void)batch_proof_put(&b, 0, (uint8_t *)at + front);
    memcpy(at + front + proof, part.at, part.len);
    ck_assert_int_eq(doc_open(&a, (struct span){at, front + proof + part.len}, &got, NULL), want);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// A certificate that begins as one that is known is not that one; nor is one that is longer than
// any, however long the document says it is.
START_TEST(test_document_cert)
{
    struct identity id = fix_identity(0);
    struct doc_cache *cache = calloc(1, sizeof *cache);
    struct test_mem mem;
    struct arena a;
    struct span doc;
    struct doc got;
    struct fail f = {.why = ""};
    char *at;

    test_mem_init(&mem);
    a = test_arena(&mem);
    doc = document(&a, &id);
    ck_assert_int_eq(doc_open_again(cache, &a, doc, &got, NULL), ERR_OK);
    at = arena_copy(&a, doc.at, doc.len); // the last byte of it is cut off
    at[10] = (char)(id.cert_n - 1);
    at[9] = (char)((id.cert_n - 1) >> 8);
    memmove(at + CERT_AT + id.cert_n - 1, at + CERT_AT + id.cert_n, doc.len - CERT_AT - id.cert_n);
    ck_assert_int_ne(doc_open_again(cache, &a, (struct span){at, doc.len - 1}, &got, NULL), ERR_OK);

    at = arena_new(&a, 70000);
    memset(at, 0, 70000);
    memcpy(at, doc.at, 9);
    for (size_t n = CERT_MAX_BYTES; n <= CERT_MAX_BYTES + 1; n++) {
        at[9] = (char)(n >> 8);
        at[10] = (char)n;
        ck_assert_int_ne(doc_open_again(cache, &a, (struct span){at, 70000}, &got, &f), ERR_OK);
        ck_assert_int_eq(f.pos == 9, n > CERT_MAX_BYTES);
    }
    free(cache);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// What salts follow from is gone when the batch is closed, also where it turned out to be of one.
START_TEST(test_seed)
{
    const uint8_t seed[BATCH_SEED_BYTES] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5},
                  none[BATCH_SEED_BYTES] = {0};
    struct identity id = fix_identity(0);
    struct unit five = unit_int(5);
    struct test_mem mem;
    struct doc_batch b;
    struct arena a;

    test_mem_init(&mem);
    a = test_arena(&mem);
    ck_assert_int_eq(doc_batch_init(&b, &a), ERR_OK);
    doc_batch_start(&b, &id, seed);
    for (int i = 0; i < _i; i++)
        ck_assert_int_eq(doc_batch_add(&b, NOW_MS, &five, NULL), ERR_OK);
    doc_batch_sign(&b);
    ck_assert_mem_eq(b.tree.seed, none, sizeof none);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

// ---- Clocks

// Who came first goes for a new one, and then the next.
START_TEST(test_clock_places)
{
    struct clock c = {.n = 0};
    uint8_t node[32] = {0};

    for (unsigned i = 0; i < CLOCK_PEERS_MAX + 3; i++) {
        node[0] = (uint8_t)(i + 1);
        clock_hear(&c, node, 1000000, 0);
    }
    for (unsigned i = 0; i < CLOCK_PEERS_MAX; i++)
        ck_assert_uint_eq(c.peers[i].node[0], i < 3 ? CLOCK_PEERS_MAX + 1 + i : i + 1);
}
END_TEST

// Exactly 5 minutes either way are no fault, a ms more is one.
START_TEST(test_clock_limit)
{
    struct clock c = {.n = 0};
    struct cert own = {.from_ms = 5, .till_ms = TIME_NEVER}, peer = own;
    const int64_t now_ms = 1700000000000;

    for (int way = -1; way <= 1; way += 2)
        for (int more = 0; more <= 1; more++)
            ck_assert_int_eq(clock_check(&c, &own, &peer, now_ms + way * (CLOCK_OFF_MS + more),
                                         now_ms, 5000000, NULL),
                             more ? ERR_CLOCK : ERR_OK);
}
END_TEST

// Whose time counts: one's own; that of others, the two middle ones; else the peer's.
START_TEST(test_clock_judge)
{
    struct clock c = {.n = 0};
    uint8_t node[32] = {7};
    struct clock_times t;

    t = clock_judge(&c, node, 5000, 9000, 0);
    ck_assert(t.first_ms == 9000 && t.last_ms == 9000);
    t = clock_judge(&c, node, 5000, TIME_UNKNOWN, 0);
    ck_assert(t.first_ms == 5000 && t.last_ms == 5000);
    t = clock_judge(&c, node, -1, TIME_UNKNOWN, 0);
    ck_assert(t.first_ms == TIME_UNKNOWN && t.last_ms == TIME_UNKNOWN);
    t = clock_judge(NULL, node, 5000, TIME_UNKNOWN, 0);
    ck_assert(t.first_ms == TIME_UNKNOWN && t.last_ms == TIME_UNKNOWN);
    clock_hear(&c, node, 100, 0);
    t = clock_judge(&c, node, 5000, TIME_UNKNOWN, 0); // what it said before does not count either
    ck_assert(t.first_ms == 5000 && t.last_ms == 5000);
    for (unsigned i = 1; i <= 4; i++) {
        node[0] = (uint8_t)(20 + i);
        clock_hear(&c, node, 1000 * i, 0);
        node[0] = 7;
        t = clock_judge(&c, node, 5000, TIME_UNKNOWN, 1000000);
        ck_assert_int_eq(t.first_ms, 1000 * ((i + 1) / 2) + 1);
        ck_assert_int_eq(t.last_ms, 1000 * (i / 2 + 1) + 1);
    }
    ck_assert_int_eq(clock_later(5000, 7000000), 5007);
    ck_assert_int_eq(clock_later(INT64_MAX, 7000000), TIME_UNKNOWN);
}
END_TEST

Suite *msgs_edge_suite(void)
{
    Suite *s = suite_create("msgs/edge");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_message, 0, COUNT(wrongs));
    tcase_add_test(t, test_length);
    tcase_add_loop_test(t, test_document_domain, 0, COUNT(domains));
    tcase_add_test(t, test_document_cert);
    tcase_add_loop_test(t, test_seed, 1, 3);
    tcase_add_test(t, test_clock_places);
    tcase_add_test(t, test_clock_limit);
    tcase_add_test(t, test_clock_judge);
    suite_add_tcase(s, t);
    return s;
}
