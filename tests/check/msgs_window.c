// SPDX-License-Identifier: MIT
// The replay window, beside a model that remembers everything.
#include "msgs/window.h"

#include "tests/check/helper.h"

#define STREAM_1 ((int64_t)1 << WINDOW_COUNT_BITS)

// Places in the order in which they come: is each one open?
static const struct place {
    int64_t ctr;
    bool open;
} row_1[] = {{0, true},
             {0, false},
             {1, true},
             {3, true},
             {2, true},
             {2, false},
             {4098, true},
             {3, false},
             {2, false},
             {4, true},
             {4, false},
             {4097, true},
             {1, false},
             {4099, true},
             {4, false},
             {5, true},
             {20000, true},
             {4100, false},
             {15904, false},
             {15905, true},
             {15905, false},
             {19999, true},
             {20000, false},
             {1 << 30, true},
             {20001, false},
             {(1 << 30) - 4095, true},
             {(1 << 30) - 4096, false}},
  row_2[] = {{-1, false},
             {INT64_MIN, false},
             {WINDOW_CTR_MAX + 1, false},
             {INT64_MAX, false},
             {WINDOW_CTR_MAX, true},
             {WINDOW_CTR_MAX, false},
             {WINDOW_CTR_MAX - 4095, true},
             {WINDOW_CTR_MAX - 4096, false},
             {WINDOW_COUNT_MAX, true},
             {WINDOW_COUNT_MAX, false},
             {0, false},
             {STREAM_1, true},
             {STREAM_1, false},
             {STREAM_1 + 5, true},
             {5, false},
             {2 * STREAM_1, true}},
  row_3[] = {{4095, true}, {0, true},    {0, false},   {4096, true},  {0, false},    {1, true},
             {63, true},   {64, true},   {8191, true}, {4095, false}, {4096, false}, {4097, true},
             {4159, true}, {4160, true}, {63, false},  {64, false}};

static const struct {
    const struct place *at;
    size_t n;
} rows[] = {{row_1, COUNT(row_1)}, {row_2, COUNT(row_2)}, {row_3, COUNT(row_3)}};

START_TEST(test_rows)
{
    const struct place *row = rows[_i].at;
    static struct windows w;

    memset(&w, 0, sizeof w);
    for (size_t i = 0; i < rows[_i].n; i++) {
        bool open = window_open(&w, row[i].ctr);

        ck_assert_msg(open == row[i].open, "row %d, place %zu: %lld", _i, i, (long long)row[i].ctr);
        if (open)
            window_close(&w, row[i].ctr);
    }
}
END_TEST

// Looking changes nothing; closing one place changes no other that is in the window.
START_TEST(test_model)
{
    enum { MOST = 60000, TURNS = 200000 };
    static bool used[MOST];
    static struct windows w;
    uint64_t r = 1 + (uint64_t)_i;
    int64_t next = 0;

    memset(used, 0, sizeof used);
    memset(&w, 0, sizeof w);
    for (unsigned i = 0; i < TURNS; i++) {
        int64_t at;
        bool want;

        r = r * 6364136223846793005u + 1442695040888963407u;
        // Near the furthest one, on both sides; now and then far ahead.
        at = next + (int64_t)(r >> 33) % (r % 97 ? 9000 : 200) - 8990;
        if (r % 1999 == 0)
            at = next + (int64_t)(r >> 33) % 6000;
        if (at < 0 || at >= MOST)
            continue;
        want = !used[at] && (at >= next || next - at <= WINDOW_PLACES);
        if (window_open(&w, at) != want)
            ck_abort_msg("seed %d, turn %u: %lld, next %lld", _i, i, (long long)at,
                         (long long)next);
        if (!want || r % 3 == 0)
            continue;
        window_close(&w, at);
        used[at] = true;
        next = at >= next ? at + 1 : next;
    }
    ck_assert_int_gt(next, 20000);
}
END_TEST

START_TEST(test_take)
{
    int64_t next[WINDOW_STREAMS] = {0, WINDOW_COUNT_MAX - 1}, ctr = -1;

    ck_assert_int_eq(window_take(next, 0, &ctr), ERR_OK);
    ck_assert_int_eq(ctr, 0);
    ck_assert_int_eq(window_take(next, 0, &ctr), ERR_OK);
    ck_assert_int_eq(ctr, 1);
    ck_assert_int_eq(window_take(next, 1, &ctr), ERR_OK);
    ck_assert_int_eq(ctr, STREAM_1 + WINDOW_COUNT_MAX - 1);
    ck_assert_int_eq(window_take(next, 1, &ctr), ERR_OK);
    ck_assert_int_eq(ctr, STREAM_1 + WINDOW_COUNT_MAX);
    for (int i = 0; i < 3; i++) { // never anew
        ck_assert_int_eq(window_take(next, 1, &ctr), ERR_LIMIT);
        ck_assert_int_eq(ctr, STREAM_1 + WINDOW_COUNT_MAX);
    }
    ck_assert_int_eq(window_take(next, 15, &ctr), ERR_OK);
    ck_assert_int_eq(ctr, 15 * STREAM_1);
    ck_assert_int_eq(window_take(next, WINDOW_STREAMS, &ctr), ERR_LIMIT);
}
END_TEST

Suite *msgs_window_suite(void)
{
    Suite *s = suite_create("msgs/window");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_rows, 0, COUNT(rows));
    tcase_add_loop_test(t, test_model, 0, 3);
    tcase_add_test(t, test_take);
    suite_add_tcase(s, t);
    return s;
}
