// SPDX-License-Identifier: MIT
#include "keys/pack.h"

#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"
#include "units/cbor.h"

static const char zeros[32], ones[3] = {1, 1, 1};

static void pack_all(struct pack *p)
{
    pack_map(p, 13);
    pack_int(p, "v", 1);
    pack_int(p, "a", -1);
    pack_int(p, "b", INT64_MIN + 1);
    pack_int(p, "c", INT64_MAX - 1);
    pack_bool(p, "d", true);
    pack_bool(p, "e", false);
    pack_bytes(p, "long", zeros, 32);
    pack_bytes_or_none(p, "g", zeros, 32);
    pack_bytes_or_none(p, "h", ones, 3);
    pack_none(p, "i");
    pack_list(p, "j", 2);
    pack_text(p, NULL, SPAN("x"));
    pack_text(p, NULL, SPAN(""));
    pack_pair(p, "k");
    pack_int(p, NULL, 1000);
    pack_int(p, NULL, 100000);
    pack_key(p, "body");
}

static enum err unpack_all(struct span bytes, struct span *rest, struct fail *f)
{
    struct unpack p = unpack_start(bytes, 0, "record", f);
    char long_[32], g[32], h[3];
    bool ok;

    unpack_map(&p, 13);
    ok = unpack_int(&p, "v", 1, 1) == 1;
    ok &= unpack_int(&p, "a", -1, 5) == -1;
    ok &= unpack_int_or_none(&p, "b", INT64_MIN) == INT64_MIN + 1;
    ok &= unpack_int_or_none(&p, "c", INT64_MAX) == INT64_MAX - 1;
    ok &= unpack_bool(&p, "d");
    ok &= !unpack_bool(&p, "e");
    unpack_bytes(&p, "long", long_, 32);
    unpack_bytes_or_none(&p, "g", g, 32);
    unpack_bytes_or_none(&p, "h", h, 3);
    ok &= unpack_int_or_none(&p, "i", INT64_MIN) == INT64_MIN;
    ok &= unpack_list(&p, "j", 2) == 2;
    ok &= span_eq(unpack_text(&p, NULL, 1), SPAN("x"));
    ok &= span_eq(unpack_text(&p, NULL, 1), SPAN(""));
    unpack_pair(&p, "k");
    ok &= unpack_int(&p, NULL, 0, 1000) == 1000;
    ok &= unpack_int(&p, NULL, 0, INT64_MAX) == 100000;
    *rest = unpack_rest(&p, "body");
    if (unpack_end(&p))
        return p.e;
    ck_assert(ok);
    ck_assert_mem_eq(long_, zeros, 32);
    ck_assert_mem_eq(g, zeros, 32);
    ck_assert_mem_eq(h, ones, 3);
    return ERR_OK;
}

// A record is the unit that it looks like.
START_TEST(test_is_a_unit)
{
    struct pack p = {NULL, 0}, q;
    struct test_mem m;
    struct arena a;
    struct unit u;
    uint8_t bytes[300];
    struct span rest, want;
    struct fail f;

    test_mem_init(&m);
    a = test_arena(&m);
    pack_all(&p);
    ck_assert_uint_lt(p.n, sizeof bytes - 2);
    q = (struct pack){bytes, 0};
    pack_all(&q);
    ck_assert_uint_eq(p.n, q.n);
    bytes[q.n] = 0x18; // 100
    bytes[q.n + 1] = 100;
    u = test_unit(&a, "{v:1 a:-1 b:-9223372036854775807 c:9223372036854775806 d:t e:f "
                      "long:%`AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=` g:- h:%`AQEB` i:- "
                      "j:[x ``] k:(1000 100000) body:100}");
    ck_assert_uint_eq(u.bytes, q.n + 2);
    ck_assert_int_eq(unit_encode_new(&a, &u, &want), ERR_OK);
    ck_assert_mem_eq(bytes, want.at, want.len);
    ck_assert_int_eq(unpack_all((struct span){(char *)bytes, u.bytes}, &rest, &f), ERR_OK);
    ck_assert(span_eq(rest, SPAN("\x18\x64")));

    // Cut anywhere, it ends in an error at the end; only the last field is not looked at.
    for (size_t n = 0; n < q.n; n++) {
        char *exact = malloc(n + 1);

        memcpy(exact, bytes, n);
        ck_assert_int_eq(unpack_all((struct span){exact, n}, &rest, &f), ERR_SYNTAX);
        ck_assert_msg(f.pos <= n, "cut at %zu: error at %zu", n, f.pos);
        free(exact);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// One field that is wrong: {v:..} read in the way that `how` says.
static const struct {
    const char *bytes;
    char
        how; // i int 0..255, o int or none, b bool, s 3 bytes, z 3 bytes or none, t text up to 3, x text or none,
             // l list up to 3, p pair, e nothing behind the map
    size_t pos;
} bad[] = {
    {"", 'i', 0},
    {"a2617600", 'i', 0},     // two keys
    {"b8016176", 'i', 0},     // a head longer than needed
    {"806176", 'i', 0},       // a list
    {"a1617700", 'i', 1},     // another key
    {"a162767600", 'i', 1},   // a longer one
    {"a16176", 'i', 3},       // no value
    {"a1617618", 'i', 4},     // half a head
    {"a161761800", 'i', 3},   // longer than needed
    {"a16176190100", 'i', 3}, // 256
    {"a1617620", 'i', 3},     // -1
    {"a161761bffffffffffffffff", 'i', 3},
    {"a161763bffffffffffffffff", 'i', 3},
    {"a161761c", 'i', 3},                 // reserved
    {"a161761f", 'i', 3},                 // indefinite
    {"a16176f6", 'i', 3},                 // none
    {"a161763b7fffffffffffffff", 'o', 3}, // INT64_MIN stands for none
    {"a161761b7fffffffffffffff", 'o', 3},
    {"a16176f7", 'o', 3}, // undefined
    {"a1617600", 'b', 3},
    {"a16176420101", 's', 3}, // two
    {"a1617644", 's', 3},     // four
    {"a161766301", 's', 3},   // text
    {"a161764301", 's', 5},   // cut
    {"a16176f6", 's', 3},
    {"a1617643000000", 'z', 3}, // zeros
    {"a1617664", 't', 3},
    {"a1617660", 'x', 3}, // no text stands for none
    {"a1617643", 't', 3},
    {"a161766261", 't', 5},
    {"a161769bffffffffffffffff", 'l', 3},
    {"a1617684", 'l', 3},
    {"a16176820000", 'p', 3},   // a list
    {"a16176d8e48300", 'p', 3}, // three
    {"a16176d8e382", 'p', 3},   // a stream
    {"a1617600", 'e', 3},
};

START_TEST(test_bad)
{
    uint8_t bytes[32];
    char out[3], *exact;
    struct unpack p;
    struct fail f = {0};
    size_t n = fix_hex(bad[_i].bytes, bytes, sizeof bytes);

    exact = malloc(n + 1); // so that reading past the end shows
    memcpy(exact, bytes, n);
    p = unpack_start((struct span){exact, n}, 100, "record", &f);
    unpack_map(&p, 1);
    switch (bad[_i].how) {
    case 'i':
        (void)unpack_int(&p, "v", 0, 255); // looked at below, as all others
        break;
    case 'o':
        (void)unpack_int_or_none(&p, "v", 0);
        break;
    case 'b':
        (void)unpack_bool(&p, "v");
        break;
    case 's':
        unpack_bytes(&p, "v", out, 3);
        break;
    case 'z':
        unpack_bytes_or_none(&p, "v", out, 3);
        break;
    case 't':
        (void)unpack_text(&p, "v", 3);
        break;
    case 'x':
        (void)unpack_text_or_none(&p, "v", 3);
        break;
    case 'l':
        (void)unpack_list(&p, "v", 3);
        break;
    case 'p':
        unpack_pair(&p, "v");
        break;
    default:
        (void)unpack_rest(&p, "v");
        p.at = p.start + 3;
    }
    ck_assert_msg(unpack_end(&p) == ERR_SYNTAX, "%s as %c", bad[_i].bytes, bad[_i].how);
    ck_assert_msg(f.pos == 100 + bad[_i].pos, "%s: at %zu: %s", bad[_i].bytes, f.pos - 100, f.why);
    ck_assert_msg(strncmp(f.why, "record", 6) == 0, "%s", f.why);
    free(exact);
}
END_TEST

Suite *keys_pack_suite(void)
{
    Suite *s = suite_create("keys/pack");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_is_a_unit);
    tcase_add_loop_test(t, test_bad, 0, COUNT(bad));
    suite_add_tcase(s, t);
    return s;
}
