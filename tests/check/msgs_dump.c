// SPDX-License-Identifier: MIT
#include "msgs/hash.h"
#include "msgs/message.h"
#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"
#include "units/cbor.h"

static void field(struct arena *a, const struct unit *dump, const char *key, struct unit *out)
{
    const struct unit *u = unit_get_word(dump, span_of(key), a->mem);

    ck_assert_msg(u, "%s is missing", key);
    *out = *u;
}

// All that a stranger needs is in the dump.
START_TEST(test_dump)
{
    static const char keys[] = "v cluster ath cert from to session ctr req ttl hops trace id time "
                               "size msg hash sign bytes proof ";
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a;
    struct unit dump, body, u, bytes, proof, sign;
    struct cert cert;
    struct fail f = {0};
    struct msg_expect x = {&cert, .now_ms = 5};
    struct msg m;
    struct span wire, said;
    uint8_t hash[32];
    char order[sizeof keys] = "", *at;

    test_mem_init(&mem);
    a = test_arena(&mem);
    body = test_unit(&a, "{say:[(neg 5)@math.calc @x] nl:t}");
    ck_assert_msg(msg_dump(&a, &id, SPAN("test.dump"), &body, 1700, &dump, &f) == ERR_OK, "%s",
                  f.why);
    memset(&id.node, 0, sizeof id.node); // it lives on its own

    for (size_t i = 0; i < dump.n; i++) {
        strncat(order, dump.items[2 * i].s, dump.items[2 * i].n);
        strcat(order, " ");
    }
    ck_assert_str_eq(order, keys);
    field(&a, &dump, "time", &u);
    ck_assert_int_eq(u.i, 1700);
    field(&a, &dump, "msg", &u);
    ck_assert(unit_same(&u, &body));
    ck_assert_int_eq(unit_hash(&mem.mem, &body, hash), ERR_OK);
    field(&a, &dump, "hash", &u);
    ck_assert(span_eq(unit_span(&u), (struct span){(char *)hash, 32}));
    field(&a, &dump, "bytes", &bytes);
    field(&a, &dump, "size", &u);
    ck_assert_int_eq(u.i, bytes.n);
    hash_of(unit_span(&bytes), hash);
    field(&a, &dump, "id", &u);
    ck_assert(span_eq(unit_span(&u), (struct span){(char *)hash, 32}));
    field(&a, &dump, "proof", &proof);
    ck_assert_int_eq(cert_open(unit_span(&proof), &cert, &f), ERR_OK);
    field(&a, &dump, "from", &u);
    ck_assert(span_eq(unit_span(&u), (struct span){(char *)cert.node, 32}));

    // sign, "telex-msg-v1" 00 and bytes are the message.
    field(&a, &dump, "sign", &sign);
    ck_assert_uint_eq(sign.n, 64);
    at = arena_new(&a, 64 + 13 + bytes.n);
    memcpy(at, sign.s, 64);
    memcpy(at + 64, "telex-msg-v1", 13);
    memcpy(at + 64 + 13, bytes.s, bytes.n);
    wire = (struct span){at, 64 + 13 + bytes.n};
    memcpy(x.node, cert.node, sizeof x.node);
    ck_assert_msg(msg_open(&a, wire, &x, &m, &f) == ERR_OK, "%s", f.why);
    ck_assert(unit_same(&m.body, &body));
    ck_assert(span_eq(m.service, SPAN("test.dump")));

    // The fields say what the record says: the dump up to `trace`, with the body, is the record.
    {
        struct unit *items = unit_array(&a, 26), record;

        memcpy(items, dump.items, 24 * sizeof *items);
        items[24] = unit_word("body");
        items[25] = body;
        ck_assert_int_eq(unit_map(&a, items, 13, NULL, &record), ERR_OK);
        ck_assert_int_eq(unit_encode_new(&a, &record, &said), ERR_OK);
        ck_assert(span_eq(said, unit_span(&bytes)));
    }
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

#define OPEN "[[[[[[[[[[[[[[[["
#define CLOSE "]]]]]]]]]]]]]]]]"
#define DEEP OPEN OPEN OPEN OPEN CLOSE CLOSE CLOSE CLOSE

static const struct {
    const char *body;
    enum err e;
} undumped[] = {
    {"!`hidden`", ERR_BAD_ARG},
    {"[1 {a:!`hidden`}]", ERR_BAD_ARG},
    {DEEP, ERR_TOO_DEEP}, // as deep as units may be: no room for the map around it
};

START_TEST(test_undumped)
{
    struct identity id = fix_identity(0);
    struct test_mem mem;
    struct arena a;
    struct unit dump, body;
    struct fail f = {0};

    test_mem_init(&mem);
    a = test_arena(&mem);
    body = test_unit(&a, undumped[_i].body);
    ck_assert_int_eq(msg_dump(&a, &id, SPAN("test.dump"), &body, 5, &dump, &f), undumped[_i].e);
    ck_assert_int_eq(f.code, undumped[_i].e);
    arena_fini(&a);
    test_mem_done(&mem);
}
END_TEST

static enum err step_dump(struct test_mem *mem, void *ctx)
{
    static const char long_text[600] = "";
    struct arena a = test_arena(mem);
    struct unit dump, body;
    enum err e = unit_bytes((struct span){long_text, sizeof long_text}, &body);

    if (e == ERR_OK)
        e = msg_dump(&a, ctx, SPAN("test.dump"), &body, 5, &dump, NULL);
    arena_fini(&a);
    return e;
}

START_TEST(test_no_memory)
{
    struct identity id = fix_identity(0);

    test_each_allocation(step_dump, &id);
}
END_TEST

Suite *msgs_dump_suite(void)
{
    Suite *s = suite_create("msgs/dump");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_dump);
    tcase_add_loop_test(t, test_undumped, 0, COUNT(undumped));
    tcase_add_test(t, test_no_memory);
    suite_add_tcase(s, t);
    return s;
}
