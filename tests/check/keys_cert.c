// SPDX-License-Identifier: MIT
#include "keys/cert.h"

#include "keys/pack.h"
#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

static struct sign_key user_key(uint8_t n)
{
    struct sign_key key;
    uint8_t seed[32];

    memset(seed, n, sizeof seed);
    sign_key_init(&key, seed);
    return key;
}

static struct cert plain(void)
{
    struct cert c = {.roles = CERT_SIGN, .from_ms = 1000, .till_ms = 2000, .serial = 7};

    memset(c.node, 0x11, sizeof c.node);
    memset(c.box, 0x22, sizeof c.box);
    return c;
}

static const struct {
    unsigned roles;
    int64_t from_ms, till_ms, serial;
} certs[] = {
    {CERT_SIGN, 1000, 2000, 7},
    {0, 0, 0, 0},
    {CERT_ADMIN, TIME_UNKNOWN, TIME_NEVER, 1},
    {CERT_SIGN | CERT_ADMIN, -5, TIME_NEVER, 1},
    {CERT_SIGN | CERT_ADMIN, TIME_UNKNOWN, -1, INT64_MAX},
    {CERT_SIGN | CERT_ADMIN, TIME_UNKNOWN + 1, TIME_NEVER - 1, INT64_MAX}, // the longest
};

START_TEST(test_round_trip)
{
    struct sign_key user = user_key(1);
    struct cert c = plain(), got;
    uint8_t bytes[CERT_MAX_BYTES], hash[32];
    struct fail f = {0};
    size_t n = 0;

    c.roles = certs[_i].roles;
    c.from_ms = certs[_i].from_ms;
    c.till_ms = certs[_i].till_ms;
    c.serial = certs[_i].serial;
    cert_make(&user, &c, bytes, &n);
    ck_assert_uint_le(n, CERT_MAX_BYTES);
    memset(&got, 0, sizeof got);
    ck_assert_msg(cert_open((struct span){(char *)bytes, n}, &got, &f) == ERR_OK, "%s", f.why);
    ck_assert_mem_eq(got.user, user.public, 32);
    ck_assert_mem_eq(got.node, c.node, 32);
    ck_assert_mem_eq(got.box, c.box, 32);
    ck_assert_uint_eq(got.roles, c.roles);
    ck_assert_int_eq(got.from_ms, c.from_ms);
    ck_assert_int_eq(got.till_ms, c.till_ms);
    ck_assert_int_eq(got.serial, c.serial);
    hash_of((struct span){(char *)bytes, n}, hash);
    ck_assert_mem_eq(got.hash, hash, 32);
    ck_assert_mem_eq(c.hash, hash, 32);
}
END_TEST

START_TEST(test_damage)
{
    struct sign_key user = user_key(1);
    struct cert c = plain(), got;
    uint8_t bytes[CERT_MAX_BYTES];
    struct fail f;
    size_t n = 0;

    cert_make(&user, &c, bytes, &n);
    memset(&got, 0x77, sizeof got);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        enum err e;

        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        e = cert_open((struct span){(char *)bytes, n}, &got, &f);
        ck_assert_msg(e == ERR_BAD_SIGN || e == ERR_SYNTAX, "bit %zu: %s", bit, err_word(e));
        ck_assert_int_eq(f.code, e);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < n; len++) {
        char *exact = malloc(len + 1);

        memcpy(exact, bytes, len);
        ck_assert_int_eq(cert_open((struct span){exact, len}, &got, &f), ERR_SYNTAX);
        free(exact);
    }
    if (n < sizeof bytes)
        bytes[n] = 0;
    ck_assert_int_eq(cert_open((struct span){(char *)bytes, n + 1}, &got, &f), ERR_SYNTAX);
    ck_assert_int_eq(cert_open((struct span){NULL, 0}, &got, &f), ERR_SYNTAX);
    for (size_t i = 0; i < sizeof got; i++) // untouched
        ck_assert_uint_eq(((uint8_t *)&got)[i], 0x77);
}
END_TEST

// Signed by its user, and yet nothing that Telex writes.
static const struct {
    const char *what, *from, *to; // the first place of these bytes becomes those
} wrong[] = {
    {"version", "\x61v\x01", "\x61v\x02"},
    {"role", "dsign", "dsigm"},
    {"dates", "\x64till\x19\x07\xD0", "\x64till\x19\x01\xD0"},
    {"serial", "serial\x07", "serial\x27"},
    {"key", "serial\x07", "seriam\x07"},
};

START_TEST(test_wrong)
{
    struct sign_key user = user_key(1);
    struct cert c = plain(), got;
    uint8_t bytes[CERT_MAX_BYTES], *at;
    size_t n = 0, len = strlen(wrong[_i].from);
    struct fail f;

    cert_make(&user, &c, bytes, &n);
    for (at = bytes; memcmp(at, wrong[_i].from, len) != 0; at++)
        ck_assert_msg(at + len < bytes + n, "%s is not there", wrong[_i].what);
    memcpy(at, wrong[_i].to, len);
    sign_make(&user, (struct span){(char *)bytes + 64, n - 64}, bytes);
    ck_assert_msg(cert_open((struct span){(char *)bytes, n}, &got, &f) == ERR_SYNTAX, "%s",
                  wrong[_i].what);
}
END_TEST

// Signed by one who is not the user that it names.
START_TEST(test_forged)
{
    struct sign_key user = user_key(1), other = user_key(2);
    struct cert c = plain(), got;
    uint8_t bytes[CERT_MAX_BYTES];
    struct fail f;
    size_t n = 0;

    cert_make(&user, &c, bytes, &n);
    sign_make(&other, (struct span){(char *)bytes + 64, n - 64}, bytes);
    ck_assert_int_eq(cert_open((struct span){(char *)bytes, n}, &got, &f), ERR_BAD_SIGN);
}
END_TEST

// Signed for another purpose: each byte of the domain counts, its zero, too.
START_TEST(test_domain)
{
    struct sign_key user = user_key(1);
    struct cert c = plain(), got;
    uint8_t bytes[CERT_MAX_BYTES];
    struct fail f;
    size_t n = 0;

    cert_make(&user, &c, bytes, &n);
    ck_assert_mem_eq(bytes + 64, "telex-cert-v1", 14);
    for (size_t i = 64; i < 64 + 14; i++) {
        bytes[i] ^= 1;
        sign_make(&user, (struct span){(char *)bytes + 64, n - 64}, bytes);
        ck_assert_msg(cert_open((struct span){(char *)bytes, n}, &got, &f) == ERR_SYNTAX,
                      "byte %zu", i - 64);
        bytes[i] ^= 1;
    }
    sign_make(&user, (struct span){(char *)bytes + 64, n - 64}, bytes);
    ck_assert_int_eq(cert_open((struct span){(char *)bytes, n}, &got, &f), ERR_OK);
}
END_TEST

// Roles, each at most once and in their order; NULL ends them.
static const struct {
    const char *roles[4];
    enum err e;
} role_rows[] = {
    {{NULL}, ERR_OK},
    {{"sign"}, ERR_OK},
    {{"admin"}, ERR_OK},
    {{"sign", "admin"}, ERR_OK},
    {{"admin", "sign"}, ERR_SYNTAX},
    {{"sign", "sign"}, ERR_SYNTAX},
    {{"admin", "admin"}, ERR_SYNTAX},
    {{"sign", "admin", "admin"}, ERR_SYNTAX},
    {{"signs"}, ERR_SYNTAX},
    {{"sig"}, ERR_SYNTAX},
    {{""}, ERR_SYNTAX},
};

START_TEST(test_roles)
{
    struct sign_key user = user_key(1);
    struct cert c = plain(), got;
    uint8_t bytes[CERT_MAX_BYTES];
    struct pack p = {bytes + 64 + 14, 0};
    struct fail f;
    size_t n = 0;

    while (role_rows[_i].roles[n])
        n++;
    memcpy(bytes + 64, "telex-cert-v1", 14);
    pack_map(&p, 8);
    pack_int(&p, "v", 1);
    pack_bytes(&p, "user", user.public, 32);
    pack_bytes(&p, "node", c.node, 32);
    pack_bytes(&p, "box", c.box, 32);
    pack_list(&p, "roles", n);
    for (size_t i = 0; i < n; i++)
        pack_text(&p, NULL, span_of(role_rows[_i].roles[i]));
    pack_none(&p, "from");
    pack_none(&p, "till");
    pack_int(&p, "serial", 7);
    sign_make(&user, (struct span){(char *)bytes + 64, 14 + p.n}, bytes);
    ck_assert_int_eq(cert_open((struct span){(char *)bytes, 64 + 14 + p.n}, &got, &f),
                     role_rows[_i].e);
}
END_TEST

static const struct {
    int64_t from_ms, till_ms, at_ms;
    enum err e;
} covers[] = {
    {1000, 2000, 1500, ERR_OK},
    {1000, 2000, 1000, ERR_OK},
    {1000, 2000, 2000, ERR_OK},
    {1000, 2000, 999, ERR_EXPIRED},
    {1000, 2000, 2001, ERR_EXPIRED},
    {1000, 2000, TIME_UNKNOWN, ERR_CLOCK},
    {1000, TIME_NEVER, TIME_UNKNOWN, ERR_CLOCK},
    {TIME_UNKNOWN, 2000, TIME_UNKNOWN, ERR_CLOCK},
    {TIME_UNKNOWN, 2000, INT64_MIN + 1, ERR_OK},
    {TIME_UNKNOWN, 2000, 2001, ERR_EXPIRED},
    {1000, TIME_NEVER, INT64_MAX, ERR_OK},
    {TIME_UNKNOWN, TIME_NEVER, TIME_UNKNOWN, ERR_OK},
    {TIME_UNKNOWN, TIME_NEVER, 5, ERR_OK},
};

START_TEST(test_covers)
{
    struct cert c = {.from_ms = covers[_i].from_ms, .till_ms = covers[_i].till_ms};

    ck_assert_int_eq(cert_covers(&c, covers[_i].at_ms, NULL), covers[_i].e);
}
END_TEST

Suite *keys_cert_suite(void)
{
    Suite *s = suite_create("keys/cert");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, test_round_trip, 0, COUNT(certs));
    tcase_add_test(t, test_damage);
    tcase_add_loop_test(t, test_wrong, 0, COUNT(wrong));
    tcase_add_test(t, test_forged);
    tcase_add_test(t, test_domain);
    tcase_add_loop_test(t, test_roles, 0, COUNT(role_rows));
    tcase_add_loop_test(t, test_covers, 0, COUNT(covers));
    suite_add_tcase(s, t);
    return s;
}
