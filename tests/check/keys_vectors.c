// SPDX-License-Identifier: MIT
// Published vectors of Ed25519, those that tell strict from lax checks above all; and keys of small
// order where keys come from: in certificates and as senders of messages.
#define _GNU_SOURCE // memmem
#include "keys/cert.h"
#include "msgs/message.h"

#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

static const struct {
    const char *name, *public, *text, *sign;
    bool holds;
    const char *why;
} vectors[] = {
#define VECTOR(name, public, text, sign, holds, why) {name, public, text, sign, holds, why},
#include "tests/check/keys_vectors.def"
#undef VECTOR
};

// A signature of another length is none: what reads it asks for 64 bytes.
START_TEST(test_vector)
{
    uint8_t public[32], sign[128];
    size_t n = strlen(vectors[_i].text) / 2;
    uint8_t *text = malloc(n + 1);
    bool holds;

    ck_assert_uint_eq(fix_hex(vectors[_i].public, public, sizeof public), 32);
    ck_assert_uint_eq(fix_hex(vectors[_i].text, text, n), n);
    holds = fix_hex(vectors[_i].sign, sign, sizeof sign) == SIGN_BYTES &&
            sign_check(sign, public, (struct span){(char *)text, n});
    ck_assert_msg(holds == vectors[_i].holds, "%s: %s", vectors[_i].name, vectors[_i].why);
    free(text);
}
END_TEST

// All points of small order, canonical or not, without their sign; and the neutral one as R.
static const char *const small_keys[] = {
    "0000000000000000000000000000000000000000000000000000000000000000", // order 4
    "0100000000000000000000000000000000000000000000000000000000000000", // order 1
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p: order 4
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1: order 1
};

// For a key of order n, R = neutral and S = 0 is what a lax check takes for one text of n: so each
// is tried with many texts.
enum { TEXTS = 32 };

static void small_key(int i, uint8_t key[32])
{
    (void)fix_hex(small_keys[i / 2], key, 32);
    key[31] |= (uint8_t)(i % 2 << 7);
}

static void forge(uint8_t *sign)
{
    memset(sign, 0, SIGN_BYTES);
    sign[0] = 1;
}

START_TEST(test_small_user)
{
    struct identity id = fix_identity(0);
    uint8_t key[32], bytes[CERT_MAX_BYTES];
    struct sign_key user;
    size_t n;

    small_key(_i, key);
    sign_key_init(&user, id.node.seed);
    for (int64_t serial = 0; serial < TEXTS; serial++) {
        struct cert c = id.cert, got;
        uint8_t *at;

        c.serial = serial;
        cert_make(&user, &c, bytes, &n);
        ck_assert_int_eq(cert_open((struct span){(char *)bytes, n}, &got, NULL), ERR_OK);
        at = memmem(bytes + SIGN_BYTES, n - SIGN_BYTES, user.public, 32);
        ck_assert_ptr_nonnull(at);
        memcpy(at, key, 32);
        forge(bytes);
        ck_assert_int_eq(cert_open((struct span){(char *)bytes, n}, &got, NULL), ERR_BAD_SIGN);
    }
}
END_TEST

// The node of a certificate that somebody signed truly, but whose key is of small order.
START_TEST(test_small_node)
{
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a;

    test_mem_init(&mem);
    a = test_arena(&mem);
    small_key(_i, id.node.public);
    memcpy(id.cert.node, id.node.public, 32);
    for (int64_t ctr = 0; ctr < TEXTS; ctr++) {
        struct msg m = {.service = SPAN("math.calc"), .ctr = ctr, .body = unit_int(5)}, got;
        struct msg_expect x = {.sender = &id.cert, .ctr_max = ctr, .now_ms = 5};
        struct span bytes, body;

        memcpy(m.to, id.box, 32);
        memcpy(x.node, id.box, 32);
        ck_assert_int_eq(msg_sign(&a, &id, &m, &bytes, NULL), ERR_OK);
        forge((uint8_t *)bytes.at);
        ck_assert_int_eq(msg_check(bytes, &x, &got, &body, NULL), ERR_BAD_SIGN);
    }
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

Suite *keys_vectors_suite(void)
{
    Suite *s = suite_create("keys/vectors");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_vector, 0, COUNT(vectors));
    tcase_add_loop_test(t, test_small_user, 0, 2 * COUNT(small_keys));
    tcase_add_loop_test(t, test_small_node, 0, 2 * COUNT(small_keys));
    suite_add_tcase(s, t);
    return s;
}
