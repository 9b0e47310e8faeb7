// SPDX-License-Identifier: MIT
// dat.proc: rows of messages and what they answer, or `!code`; its memory; its order of errors.
#include "tests/check/services_dat.h"

static const struct dat_row rows[] = {
#define ROW(msg, want) {msg, want},
#include "tests/check/services_dat_rows.def"
#undef ROW
};

START_TEST(test_row)
{
    dat_want(&rows[_i]);
}
END_TEST

// ---- Each allocation fails in turn

static const struct dat_row scarce[] = {
    {"(cat [[1] [2 3] 4])@dat.proc", "[1 2 3 4]"},
    {"(cat [a b [c]])@dat.proc", "[ab c]"},
    {"(cat.zip ([a b] [1]))@dat.proc", "[(a 1) (b 1)]"},
    {"(prod ([a b] [1]))@dat.proc", "[(a 1) (b 1)]"},
    {"(split (`a,b` `,`))@dat.proc", "[a b]"},
    {"(join ([a 1] `,`))@dat.proc", "`a,1`"},
    {"(split.uz [(a b)])@dat.proc", "([a] [b])"},
    {"{sort:[{n:[2]} {n:[1]}] by:@n}@dat.proc", "[{n:[1]} {n:[2]}]"},
    {"(uniq [1 2 1])@dat.proc", "[1 2]"},
    {"(rep ((a bc) banana))@dat.proc", "bbcnbcnbc"},
    {"(rep ((1 2) [1 1]))@dat.proc", "[2 2]"},
    {"(up ÿ)@dat.proc", "Ÿ"},
    {"(make (map [(a b)]))@dat.proc", "{a:b}"},
    {"(make (lst abc))@dat.proc", "[a b c]"},
    {"(make (bytes [1 2]))@dat.proc", "%`AQI=`"},
    {"(make (str [1 2]))@dat.proc", "`[1 2]`"},
    {"(set ((@a.b (neg 5)@math.calc) {c:1}))@dat.proc", "{c:1 a:{b:-5}}"},
    {"(del (@a.0 {a:[1 2]}))@dat.proc", "{a:[2]}"},
    {"(get (`a.b` {a:{b:(neg 1)@math.calc}}))@dat.proc", "-1"},
    {"(map (neg [1 2 3])@math.calc)@dat.proc", "[-1 -2 -3]"},
    {"(filt {gt:[(1 2) (2 1)] my:x}@math.calc)@dat.proc", "[(2 1)]"},
    {"(fold (cat (split (`a,b,c` `,`))@dat.proc)@dat.proc)@dat.proc", "abc"},
    {"(scn (sum [1 2 3])@math.calc)@dat.proc", "[3 6]"},
    {"(if ((gt (2 1))@math.calc ((neg 1)@math.calc 2)))@dat.proc", "-1"},
    {"(unzip (zip [a (1 2.5)])@dat.proc)@dat.proc", "[a (1 2.5)]"},
    {"(unzip `H4sIAAAAAAACA6tOtEqqBQBH0jmbBQAAAA==`)@dat.proc", "{a:b}"},
    {"(prs.bytes (ser.bytes {a:[1 2.5]})@dat.proc)@dat.proc", "{a:[1 2.5]}"},
    {"(prs.json (ser.json {a:[1 2.5]})@dat.proc)@dat.proc", "{a:[1 2.5]}"},
    {"(prs.str (ser.str {a:[1 2.5]})@dat.proc)@dat.proc", "{a:[1 2.5]}"},
    {"(len (hash {a:1})@dat.proc)@dat.proc", "32"},
};

START_TEST(test_no_memory)
{
    dat_scarce(&scarce[_i]);
}
END_TEST

// ---- A fold over many items needs no more memory than one over few

static size_t most_bytes(const char *msg, const char *want)
{
    struct dat_row row = {msg, want};

    return dat_want(&row);
}

START_TEST(test_fold_memory)
{
    size_t few = most_bytes("(fold (sum (dup (20000 1))@dat.proc)@math.calc)@dat.proc", "20000");
    size_t many = most_bytes("(fold (sum (dup (60000 1))@dat.proc)@math.calc)@dat.proc", "60000");

    // The list itself: 40000 more of 32 bytes, as the chunks of an arena double; no byte a step.
    ck_assert_msg(many <= few + (4 << 20), "%zu and %zu bytes", few, many);
}
END_TEST

// ---- Long lists: their rest is done beside the main loop

START_TEST(test_long)
{
    static const struct dat_row longer[] = {
        {"(len (map (neg (lin.int (1 50000))@dat.gen)@math.calc)@dat.proc)@dat.proc", "50000"},
        {"(len (filt (isprime (lin.int (1 30000))@dat.gen)@math.calc)@dat.proc)@dat.proc", "3245"},
        {"(last (set ((@49999 x) (lin.int (1 50000))@dat.gen))@dat.proc)@dat.proc", "x"},
        {"(len (del (@0 (lin.int (1 50000))@dat.gen))@dat.proc)@dat.proc", "49999"},
        {"(fst (sort (rev (lin.int (1 100000))@dat.gen)@dat.proc)@dat.proc)@dat.proc", "1"},
        {"(len (unzip (zip (lin.int (1 50000))@dat.gen)@dat.proc)@dat.proc)@dat.proc", "50000"},
        {"(len (uniq (dup (200000 a))@dat.proc)@dat.proc)@dat.proc", "1"},
        {"(len (prod ((lin.int (1 1000))@dat.gen (lin.int (1 1000))@dat.gen))@dat.proc)@dat.proc",
         "1000000"},
    };

    dat_want(&longer[_i]);
}
END_TEST

// ---- When there are too many tasks, those that end make room

static const struct crowd {
    const char *msg, *want;
    bool stays;
} crowds[] = {
    {"(map (neg [1 2 3])@math.calc)@dat.proc", "[-1 -2 -3]", false},
    {"(fold (sum [1 2 3])@math.calc)@dat.proc", "6", false},
    {"(map (neg [1 2 3])@math.calc)@dat.proc", "!busy", true},
    {"(fold (sum [1 2 3])@math.calc)@dat.proc", "!busy", true},
};

START_TEST(test_crowd)
{
    struct dat_row row = {crowds[_i].msg, crowds[_i].want};

    dat_want_crowded(&row, crowds[_i].stays);
}
END_TEST

// ---- Paths as long as they may be

START_TEST(test_deep_path)
{
    char msg[512] = "(get (@a", want[] = "1";
    struct dat_row row = {msg, want};

    for (int i = 1; i < UNIT_STEPS_MAX - 2; i++)
        strcat(msg, ".a");
    strcat(msg, " (set ((@a");
    for (int i = 1; i < UNIT_STEPS_MAX - 2; i++)
        strcat(msg, ".a");
    strcat(msg, " 1) {}))@dat.proc))@dat.proc");
    dat_want(&row);
}
END_TEST

Suite *services_dat_proc_suite(void)
{
    Suite *s = suite_create("services_dat_proc");
    TCase *t = tcase_create("rows");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    tcase_add_loop_test(t, test_long, 0, 8);
    tcase_add_loop_test(t, test_crowd, 0, COUNT(crowds));
    tcase_add_test(t, test_deep_path);
    suite_add_tcase(s, t);
    t = tcase_create("memory");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, test_no_memory, 0, COUNT(scarce));
    tcase_add_test(t, test_fold_memory);
    suite_add_tcase(s, t);
    return s;
}
