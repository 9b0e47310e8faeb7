// SPDX-License-Identifier: MIT
// The wrapper of LZ4: frames of ours and of others, damaged ones, and ones that claim too much.
#include "services/lz4.h"
#include "tests/check/helper.h"

enum { MOST = 1 << 20 };

// A text that is neither all alike nor random.
static char sample(size_t i)
{
    return (char)('a' + (i * i / 7 + i / 1000) % 26);
}

static const size_t lengths[] = {0, 1, 100, 65535, 65536, 65537, 300000, MOST, MOST + 1};

START_TEST(test_round)
{
    size_t n = lengths[_i], claim;
    struct test_mem m;
    struct arena a, scratch;
    struct span frame, back;
    char *text;
    enum err e;

    test_mem_init(&m);
    arena_init(&a, &m.mem, 64 << 20);
    arena_init(&scratch, &m.mem, 64 << 20);
    text = arena_new(&a, n);
    for (size_t i = 0; i < n; i++)
        text[i] = sample(i);
    ck_assert_int_eq(lz4_pack(&a, &scratch, (struct span){text, n}, &frame), ERR_OK);
    ck_assert(lz4_is_frame(frame));
    ck_assert_int_eq(lz4_claim(&scratch, frame, &claim), ERR_OK);
    ck_assert_uint_ge(claim, n);
    ck_assert(n == 0 || claim == n);
    e = lz4_unpack(&a, &scratch, frame, MOST, &back);
    ck_assert_int_eq(e, n > MOST ? ERR_TOO_BIG : ERR_OK);
    if (!e) {
        ck_assert_uint_eq(back.len, n);
        ck_assert(!n || !memcmp(back.at, text, n));
    }
    arena_fini(&a);
    arena_fini(&scratch);
    test_mem_done(&m);
}
END_TEST

// Each byte of a frame wrong in turn, and each cut: an error, or, for bits without meaning, the
// same text; never another one.
START_TEST(test_damaged)
{
    enum { N = 300 };
    struct test_mem m;
    struct arena a, scratch;
    struct span frame, back;
    char text[N], *bad;

    test_mem_init(&m);
    arena_init(&a, &m.mem, 64 << 20);
    arena_init(&scratch, &m.mem, 64 << 20);
    for (size_t i = 0; i < N; i++)
        text[i] = sample(i);
    ck_assert_int_eq(lz4_pack(&a, &scratch, (struct span){text, N}, &frame), ERR_OK);
    bad = arena_copy(&a, frame.at, frame.len);
    for (size_t i = 0; i < frame.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            bad[i] = (char)(frame.at[i] ^ 1 << bit);
            if (!lz4_unpack(&scratch, &scratch, (struct span){bad, frame.len}, MOST, &back))
                ck_assert_msg(back.len == N && !memcmp(back.at, text, N), "byte %zu bit %d", i,
                              bit);
        }
        bad[i] = frame.at[i];
        ck_assert_msg(lz4_unpack(&scratch, &scratch, (struct span){bad, i}, MOST, &back) ==
                          ERR_CORRUPT,
                      "cut at %zu", i);
        arena_reset(&scratch);
    }
    arena_fini(&a);
    arena_fini(&scratch);
    test_mem_done(&m);
}
END_TEST

#define BYTES(...)                                                       \
    {                                                                    \
        (const char[]){__VA_ARGS__}, sizeof((const char[]){__VA_ARGS__}) \
    }

// Frames of other writers (LZ4 frame format 1.6.x), by hand.
static const struct other {
    const char *name;
    struct span frame;
    enum err e;
    const char *text;
} others[] = {
    {"plain block",
     BYTES(4, 34, 77, 24, 96, 64, -126, 5, 0, 0, -128, 104, 101, 108, 108, 111, 0, 0, 0, 0), ERR_OK,
     "hello"},
    {"two blocks and a checksum",
     BYTES(4, 34, 77, 24, 100, 64, -89, 3, 0, 0, -128, 104, 101, 108, 2, 0, 0, -128, 108, 111, 0, 0,
           0, 0, -7, 119, 0, -5),
     ERR_OK, "hello"},
    {"wrong checksum",
     BYTES(4, 34, 77, 24, 100, 64, -89, 5, 0, 0, -128, 104, 101, 108, 108, 111, 0, 0, 0, 0, 1, 0, 0,
           0),
     ERR_CORRUPT, NULL},
    {"empty", BYTES(4, 34, 77, 24, 96, 64, -126, 0, 0, 0, 0), ERR_OK, ""},
    {"a match",
     BYTES(4, 34, 77, 24, 96, 64, -126, 10, 0, 0, 0, 20, 97, 1, 0, 80, 98, 99, 100, 101, 102, 0, 0,
           0, 0),
     ERR_OK, "aaaaaaaaabcdef"},
    {"a match from nowhere",
     BYTES(4, 34, 77, 24, 96, 64, -126, 10, 0, 0, 0, 20, 97, 9, 0, 80, 98, 99, 100, 101, 102, 0, 0,
           0, 0),
     ERR_CORRUPT, NULL},
    {"no end", BYTES(4, 34, 77, 24, 96, 64, -126, 5, 0, 0, -128, 104, 101, 108, 108, 111),
     ERR_CORRUPT, NULL},
    {"something behind",
     BYTES(4, 34, 77, 24, 96, 64, -126, 5, 0, 0, -128, 104, 101, 108, 108, 111, 0, 0, 0, 0, 120),
     ERR_CORRUPT, NULL},
    {"two frames",
     BYTES(4, 34, 77, 24, 96, 64, -126, 5, 0, 0, -128, 104, 101, 108, 108, 111, 0, 0, 0, 0, 4, 34,
           77, 24, 96, 64, -126, 5, 0, 0, -128, 104, 101, 108, 108, 111, 0, 0, 0, 0),
     ERR_CORRUPT, NULL},
    {"claims 2^60",
     BYTES(4, 34, 77, 24, 104, 64, 0, 0, 0, 0, 0, 0, 0, 16, 73, 5, 0, 0, -128, 104, 101, 108, 108,
           111, 0, 0, 0, 0),
     ERR_CORRUPT, NULL},
    {"claims more than it holds",
     BYTES(4, 34, 77, 24, 104, 64, 6, 0, 0, 0, 0, 0, 0, 0, 89, 5, 0, 0, -128, 104, 101, 108, 108,
           111, 0, 0, 0, 0),
     ERR_CORRUPT, NULL},
    {"claims less than it holds",
     BYTES(4, 34, 77, 24, 104, 64, 4, 0, 0, 0, 0, 0, 0, 0, -51, 5, 0, 0, -128, 104, 101, 108, 108,
           111, 0, 0, 0, 0),
     ERR_CORRUPT, NULL},
    {"wants a dictionary",
     BYTES(4, 34, 77, 24, 97, 64, 5, 0, 0, 0, 78, 5, 0, 0, -128, 104, 101, 108, 108, 111, 0, 0, 0,
           0),
     ERR_CORRUPT, NULL},
    {"version 2",
     BYTES(4, 34, 77, 24, -96, 64, 15, 5, 0, 0, -128, 104, 101, 108, 108, 111, 0, 0, 0, 0),
     ERR_CORRUPT, NULL},
    {"a frame to skip", BYTES(80, 42, 77, 24, 2, 0, 0, 0, 120, 120), ERR_CORRUPT, NULL},
    {"blocks of 4 MiB",
     BYTES(4, 34, 77, 24, 96, 112, 115, 5, 0, 0, -128, 104, 101, 108, 108, 111, 0, 0, 0, 0), ERR_OK,
     "hello"},
    {"head alone", BYTES(4, 34, 77, 24, 96, 64, -126), ERR_CORRUPT, NULL},
    {"four bytes", BYTES(4, 34, 77, 24), ERR_CORRUPT, NULL},
};

START_TEST(test_other)
{
    const struct other *o = &others[_i];
    struct test_mem m;
    struct arena a, scratch;
    struct span back;
    enum err e;

    test_mem_init(&m);
    arena_init(&a, &m.mem, 64 << 20);
    arena_init(&scratch, &m.mem, 64 << 20);
    e = lz4_unpack(&a, &scratch, o->frame, MOST, &back);
    ck_assert_msg(e == o->e, "%s: %s", o->name, err_word(e));
    if (!e)
        ck_assert_msg(span_eq(back, span_of(o->text)), "%s: %.*s", o->name, (int)back.len, back.at);
    else // refused before memory is taken for what it claims
        ck_assert_msg(m.most_bytes < 8 << 20, "%s: %zu bytes", o->name, m.most_bytes);
    arena_fini(&a);
    arena_fini(&scratch);
    test_mem_done(&m);
}
END_TEST

static enum err round_trip(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m), scratch = test_arena(m);
    struct span frame, back;
    enum err e = lz4_pack(&a, &scratch, SPAN("abcabcabcabcabc"), &frame);

    (void)ctx;
    if (!e)
        e = lz4_unpack(&a, &scratch, frame, MOST, &back);
    ck_assert(e || span_eq(back, SPAN("abcabcabcabcabc")));
    arena_fini(&a);
    arena_fini(&scratch);
    return e;
}

START_TEST(test_no_memory)
{
    test_each_allocation(round_trip, NULL);
}
END_TEST

Suite *services_lz4_suite(void)
{
    Suite *s = suite_create("services_lz4");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_round, 0, COUNT(lengths));
    tcase_add_test(t, test_damaged);
    tcase_add_loop_test(t, test_other, 0, COUNT(others));
    tcase_add_test(t, test_no_memory);
    suite_add_tcase(s, t);
    return s;
}
