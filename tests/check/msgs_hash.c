// SPDX-License-Identifier: MIT
#include "msgs/hash.h"

#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

// BLAKE2b-256 of the CBOR bytes, by another implementation (Python's hashlib).
static const struct {
    const char *unit, *hash;
} hashes[] = {
    {"5", "fb3d635c7cb573d1b9e9bff4a64ab4f25190d29b6fd8db94c605a218a23fa9ad"},
    {"-", "01f4b788593d4f70de2a45c2e1e87088bfbdfa29577ae1b62aba60e095e3ab53"},
    {"abc", "944b6d0d0714e1d61f568606fc7e56071297021c4de26f52a65028e247b1d89d"},
    {"{a:[1 2.50 t] b:(x@math.calc @a.0)}",
     "6a5d5b9b6f3cd7b0945596c772ebf9df2dec0fe8c428a66dfe00e07fdd62a22a"},
    {"{b:1 a:2}", "d756df7fe1397a3845012fe3cf2ab579388e525f0e9250de82d173cfcef8bd32"},
    {"{a:2 b:1}", "95519f2e856515587beeedfb5619f185db87aba79783d0bdc248207b8d31dc44"},
};

START_TEST(test_hash)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    uint8_t hash[32], want[32];

    test_mem_init(&m);
    a = test_arena(&m);
    u = test_unit(&a, hashes[_i].unit);
    (void)fix_hex(hashes[_i].hash, want, sizeof want); // the rows are of this length
    ck_assert_int_eq(unit_hash(&m.mem, &u, hash), ERR_OK);
    ck_assert_msg(memcmp(hash, want, 32) == 0, "%s", hashes[_i].unit);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// The same whether the bytes fit in the small buffer or not.
START_TEST(test_long)
{
    for (size_t n = 500; n < 530; n++) {
        struct test_mem m;
        struct unit u;
        uint8_t hash[32], want[32];
        char bytes[600] = {0x59, (char)(n >> 8), (char)n};

        test_mem_init(&m);
        ck_assert_int_eq(unit_bytes((struct span){bytes + 3, n}, &u), ERR_OK);
        ck_assert_int_eq(unit_hash(&m.mem, &u, hash), ERR_OK);
        hash_of((struct span){bytes, n + 3}, want);
        ck_assert_mem_eq(hash, want, 32);
        m.fail_at = m.gets;
        ck_assert_int_eq(unit_hash(&m.mem, &u, hash), n + 3 > 512 ? ERR_NO_MEMORY : ERR_OK);
        test_mem_done(&m);
    }
}
END_TEST

START_TEST(test_secret)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    uint8_t hash[32];

    test_mem_init(&m);
    a = test_arena(&m);
    u = test_unit(&a, "[1 {k:!`hidden`}]");
    ck_assert_int_eq(unit_hash(&m.mem, &u, hash), ERR_BAD_ARG);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

Suite *msgs_hash_suite(void)
{
    Suite *s = suite_create("msgs/hash");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, test_hash, 0, COUNT(hashes));
    tcase_add_test(t, test_long);
    tcase_add_test(t, test_secret);
    suite_add_tcase(s, t);
    return s;
}
