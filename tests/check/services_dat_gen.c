// SPDX-License-Identifier: MIT
// dat.gen: rows of numbers; random ones from a source that the test plays.
#include "tests/check/services_dat.h"

static const struct dat_row rows[] = {
    {"(lin.int (1 1))@dat.gen", "[1]"},
    {"(lin.int (-2 1))@dat.gen", "[-2 -1 0 1]"},
    {"(lin.int (3 1))@dat.gen", "[3 2 1]"},
    {"{lin.int:(1 9) step:3}@dat.gen", "[1 4 7]"},
    {"{lin.int:(9 1) step:3}@dat.gen", "[9 6 3]"},
    {"{lin.int:(1 9) step:100}@dat.gen", "[1]"},
    {"{lin.int:(1 9) step:0}@dat.gen", "!bad-arg"},
    {"{lin.int:(9 1) step:-1}@dat.gen", "!bad-arg"},
    {"{lin.int:(1 9) step:1.5}@dat.gen", "!bad-arg"},
    {"(len (lin.int (1 1000000))@dat.gen)@dat.proc", "1000000"},
    {"(lin.int (0 1000000))@dat.gen", "!limit"},
    {"(lin.int (1 2000000000))@dat.gen", "!limit"},
    {"(lin.int (-9223372036854775808 9223372036854775807))@dat.gen", "!limit"},
    {"{lin.int:(-9223372036854775808 9223372036854775807) step:9223372036854775807}@dat.gen",
     "[-9223372036854775808 -1 9223372036854775806]"},
    {"(lin.int (0 123456789012345678901234567890))@dat.gen", "!limit"},
    {"(lin.int (123456789012345678901234567890 0))@dat.gen", "!limit"},
    {"(lin.int (9223372036854775806 9223372036854775808))@dat.gen",
     "[9223372036854775806 9223372036854775807 9223372036854775808]"},
    {"(lin.int (-9223372036854775808 -9223372036854775810))@dat.gen",
     "[-9223372036854775808 -9223372036854775809 -9223372036854775810]"},
    {"{lin.int:(0 99999999999999999999) step:50000000000000000000}@dat.gen",
     "[0 50000000000000000000]"},
    {"(lin.int (1.0 2))@dat.gen", "!bad-arg"},
    {"(lin.int 5)@dat.gen", "!bad-arg"},
    {"(lin.dec (0.0 2.5))@dat.gen", "[0.0 1.0 2.0]"},
    {"(lin.dec (2 0))@dat.gen", "[2.0 1.0 0.0]"},
    {"{lin.dec:(0 1) step:0.3}@dat.gen", "[0.0 0.3 0.6 0.9]"},
    {"{lin.dec:(1 0) step:0.5}@dat.gen", "[1.0 0.5 0.0]"},
    {"(lin.dec (1e2 102))@dat.gen", "[100.0 101.0 102.0]"},
    {"{lin.dec:(0 1e2) step:5e1}@dat.gen", "[0.0 50.0 100.0]"},
    {"{lin.dec:(1e30 1) step:5e29}@dat.gen",
     "[1000000000000000000000000000000.0 500000000000000000000000000000.0]"},
    {"{lin.dec:(0 1e-30) step:5e-31}@dat.gen",
     "[0.0 0.0000000000000000000000000000005 0.000000000000000000000000000001]"},
    {"{lin.dec:(0 1) step:1e-6}@dat.gen", "!limit"},
    {"{lin.dec:(0 1) step:1e-60}@dat.gen", "!limit"},
    {"{lin.dec:(0 1) step:0.0}@dat.gen", "!bad-arg"},
    {"(lin.byte (0x01 3))@dat.gen", "[0x01 0x02 0x03]"},
    {"(lin.byte (2 0))@dat.gen", "[0x02 0x01 0x00]"},
    {"(len (lin.byte (0x00 0xff))@dat.gen)@dat.proc", "256"},
    {"(lin.byte (0 256))@dat.gen", "!bad-arg"},
    {"(lin.byte (0 99999999999999999999))@dat.gen", "!bad-arg"},
    {"(lin.byte (-1 2))@dat.gen", "!bad-arg"},
    {"(rnd.int (5 5))@dat.gen", "5"},
    {"(rnd.int (99999999999999999999 99999999999999999999))@dat.gen", "99999999999999999999"},
    {"(type (rnd.int (-9223372036854775808 9223372036854775807))@dat.gen)@dat.proc", "int"},
    {"(rnd.int (0.5 1))@dat.gen", "!bad-arg"},
    {"(rnd.dec (3 3))@dat.gen", "3.0"},
    {"(rnd.byte (9 9))@dat.gen", "0x09"},
    {"(rnd.byte (0 256))@dat.gen", "!bad-arg"},
    {"(len (rnd.bytes 0)@dat.gen)@dat.proc", "0"},
    {"(len (rnd.bytes 200001)@dat.gen)@dat.proc", "200001"},
    {"(rnd.bytes -1)@dat.gen", "!bad-arg"},
    {"(rnd.bytes 12582910)@dat.gen", "!limit"},
    {"(rnd.bytes 99999999999999999999)@dat.gen", "!limit"},
    {"(uuid 1)@dat.gen", "!bad-arg"},
    {"(sort [3 1])@dat.gen", "!no-command"},
};

START_TEST(test_row)
{
    dat_want(&rows[_i]);
}
END_TEST

START_TEST(test_no_memory)
{
    static const struct dat_row scarce[] = {
        {"(lin.int (1 3))@dat.gen", "[1 2 3]"},
        {"(lin.dec (0.5 2))@dat.gen", "[0.5 1.5]"},
        {"(lin.int (9223372036854775807 9223372036854775808))@dat.gen",
         "[9223372036854775807 9223372036854775808]"},
        {"(rnd.int (99999999999999999999 99999999999999999999))@dat.gen", "99999999999999999999"},
        {"(rnd.dec (2 2))@dat.gen", "2.0"},
        {"(len (rnd.bytes 70000)@dat.gen)@dat.proc", "70000"},
        {"(len uuid@dat.gen)@dat.proc", "36"},
    };

    dat_scarce(&scarce[_i]);
}
END_TEST

// ---- Random numbers from a script: words of 8 bytes, low byte first; behind the last one zeros

static struct script {
    const uint64_t *words;
    size_t n, at; // at: in bytes
} script;

static enum err scripted(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++, script.at++)
        out[i] = script.at / 8 < script.n
                     ? (uint8_t)(script.words[script.at / 8] >> 8 * (script.at % 8))
                     : 0;
    return ERR_OK;
}

static const struct drawn {
    const char *msg, *want;
    uint64_t words[4];
    size_t n;
} drawn[] = {
    // 2^64 is 1 more than a multiple of 3: the draw 0 would be one too many and is thrown away
    {"(rnd.int (10 12))@dat.gen", "12", {0, 5}, 2},
    {"(rnd.int (12 10))@dat.gen", "11", {1}, 1},
    {"(rnd.int (-1 0))@dat.gen", "-1", {2}, 1},
    {"(rnd.int (-9223372036854775808 9223372036854775807))@dat.gen",
     "-9223372036854775808",
     {0},
     1},
    {"(rnd.int (-9223372036854775808 9223372036854775807))@dat.gen",
     "9223372036854775807",
     {UINT64_MAX},
     1},
    {"(rnd.byte (0x10 0x12))@dat.gen", "0x12", {0, 5}, 2},
    {"rnd.byte@dat.gen", "0xfe", {0x1FE}, 1},
    // 2^64 is 446744073709551616 more than 18 * 10^18
    {"rnd.dec@dat.gen", "0.000000000000000001", {446744073709551615u, 1000000000000000001u}, 2},
    {"rnd.dec@dat.gen", "0.5", {1500000000000000000u}, 1},
    {"(rnd.dec (2 4))@dat.gen", "3.0", {1500000000000000000u}, 1},
    {"(rnd.dec (4 2))@dat.gen", "3.0", {1500000000000000000u}, 1},
    // Bytes from 250 on are thrown away; 30 is past the 20 of the range and drawn again
    {"(rnd.int (99999999999999999979 99999999999999999999))@dat.gen",
     "99999999999999999991",
     {0x0201FF00030102FAu},
     1},
    {"(rnd.bytes 4)@dat.gen", "%`AQIDBA==`", {0x04030201}, 1},
    {"uuid@dat.gen", "00000000-0000-4000-8000-000000000000", {0}, 1},
    {"uuid@dat.gen", "ffffffff-ffff-4fff-bfff-ffffffffffff", {UINT64_MAX, UINT64_MAX}, 2},
    {"uuid@dat.gen",
     "01020304-0506-4708-890a-0b0c0d0e0f10",
     {0x0807060504030201, 0x100f0e0d0c0b0a09},
     2},
};

START_TEST(test_drawn)
{
    static struct sim s;
    struct dat_row row = {drawn[_i].msg, drawn[_i].want};

    sim_init(&s, 1);
    s.plat.random = scripted;
    script = (struct script){drawn[_i].words, drawn[_i].n, 0};
    dat_want_on(&s, &row);
    sim_done(&s);
}
END_TEST

// ---- A machine without random numbers

START_TEST(test_none)
{
    static const struct dat_row none[] = {
        {"(rnd.int (1 6))@dat.gen", "!not-supported"},
        {"(rnd.int (1 99999999999999999999))@dat.gen", "!not-supported"},
        {"rnd.dec@dat.gen", "!not-supported"},
        {"rnd.byte@dat.gen", "!not-supported"},
        {"(rnd.bytes 5)@dat.gen", "!not-supported"},
        {"uuid@dat.gen", "!not-supported"},
        {"(lin.int (1 2))@dat.gen", "[1 2]"},
    };
    static struct sim s;

    sim_init(&s, 1);
    s.no_random = true;
    for (size_t i = 0; i < COUNT(none); i++)
        dat_want_on(&s, &none[i]);
    sim_done(&s);
}
END_TEST

Suite *services_dat_gen_suite(void)
{
    Suite *s = suite_create("services_dat_gen");
    TCase *t = tcase_create("rows");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    tcase_add_loop_test(t, test_drawn, 0, COUNT(drawn));
    tcase_add_test(t, test_none);
    tcase_add_loop_test(t, test_no_memory, 0, 7);
    suite_add_tcase(s, t);
    return s;
}
