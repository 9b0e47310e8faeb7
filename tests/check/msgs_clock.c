// SPDX-License-Identifier: MIT
// Whose clock is right.
#include "msgs/clock.h"

#include "tests/check/helper.h"

enum { MINUTE_MS = 60000 };
static const int64_t base_ms = 1700000000000;
static const uint64_t now_ns = 5000000000u;

static void name(uint8_t node[32], unsigned i)
{
    memset(node, (int)i, 32);
}

// Peers' clocks in minutes off the true time; 99: unset.
enum { UNSET = 99 };
static const struct {
    int own;
    int peers[5];
    unsigned n;
    int want; // minutes off, or UNSET
} now_rows[] = {
    {7, {0}, 0, 7},
    {7, {1, 1, 1}, 3, 7}, // who has a clock keeps it
    {UNSET, {0}, 0, UNSET},
    {UNSET, {UNSET}, 1, UNSET},
    {UNSET, {3}, 1, 3},
    {UNSET, {3, 500000, 4}, 3, 4}, // one wrong one moves nothing
    {UNSET, {-500000, 3, 4}, 3, 3},
    {UNSET, {1, 2}, 2, 1},
    {UNSET, {5, 4, 3, 2, 1}, 5, 3},
};

// As for a peer that is none of them, and says nothing.
static int64_t clock_now(const struct clock *c, int64_t own_ms, uint64_t at_ns)
{
    uint8_t node[32] = {0};

    return clock_judge(c, node, TIME_UNKNOWN, own_ms, at_ns).first_ms;
}

static int64_t time_of(int minutes)
{
    return minutes == UNSET ? TIME_UNKNOWN : base_ms + (int64_t)minutes * MINUTE_MS;
}

START_TEST(test_now)
{
    struct clock c = {.n = 0};
    int64_t want = time_of(now_rows[_i].want), own = time_of(now_rows[_i].own);

    for (unsigned i = 0; i < now_rows[_i].n; i++) {
        uint8_t node[32];

        name(node, i + 1);
        clock_hear(&c, node, time_of(now_rows[_i].peers[i]), now_ns);
    }
    ck_assert_int_eq(clock_now(&c, own, now_ns), want);
    if (own == TIME_UNKNOWN && want != TIME_UNKNOWN) // and it goes on
        ck_assert_int_eq(clock_now(&c, own, now_ns + 1500000000), want + 1500);
}
END_TEST

// The peer in question is the first one.
static const struct {
    const char *what;
    int own, peers[4];
    unsigned n;
    bool own_dated, peer_dated;
    const char *named; // NULL: nobody is
} check_rows[] = {
    {"no dates", 0, {500000}, 1, false, false, NULL},
    {"both right", 0, {4}, 1, true, true, NULL},
    {"at the limit", 0, {5}, 1, true, true, NULL},
    {"two alone", 0, {6}, 1, true, true, "of node"},
    {"own dates only", 0, {6}, 1, true, false, "of node"},
    {"its dates only", 0, {-6}, 1, false, true, "of node"},
    {"the peer is unset", 0, {UNSET}, 1, true, true, NULL},
    {"this node is unset", UNSET, {500000}, 1, true, true, NULL},
    {"the peer, among others", 0, {60, 1, -1}, 3, true, true, "of node"},
    {"this node, among others", 60, {0, 1, -1}, 3, true, true, "of this node"},
    {"another one only", 0, {0, 60, 1}, 3, true, true, NULL},
    {"a year slow", -525600, {0, 1, -1}, 3, true, true, "of this node"},
};

START_TEST(test_check)
{
    struct clock c = {.n = 0};
    struct cert own = {.from_ms = TIME_UNKNOWN, .till_ms = TIME_NEVER}, peer = own;
    struct fail f = {.why = ""};
    const char *named = check_rows[_i].named;
    enum err e;

    name(own.node, 99);
    name(peer.node, 1);
    if (check_rows[_i].own_dated)
        own.till_ms = base_ms * 2;
    if (check_rows[_i].peer_dated)
        peer.from_ms = 5;
    for (unsigned i = 0; i < check_rows[_i].n; i++) {
        uint8_t node[32];

        name(node, i + 1);
        clock_hear(&c, node, time_of(check_rows[_i].peers[i]), now_ns);
    }
    e = clock_check(&c, &own, &peer, time_of(check_rows[_i].peers[0]), time_of(check_rows[_i].own),
                    now_ns, &f);
    ck_assert_msg(e == (named ? ERR_CLOCK : ERR_OK), "%s: %s", check_rows[_i].what, f.why);
    if (named)
        ck_assert_msg(strstr(f.why, named) && strstr(f.why, "tn1"), "%s: %s", check_rows[_i].what,
                      f.why);
}
END_TEST

// Nonsense tells nothing, and one peer has one say.
START_TEST(test_hear)
{
    struct clock c = {.n = 0};
    uint8_t node[32];

    name(node, 1);
    clock_hear(&c, node, -1, now_ns);
    clock_hear(&c, node, INT64_MAX, now_ns);
    clock_hear(&c, node, TIME_UNKNOWN, now_ns);
    ck_assert_uint_eq(c.n, 0);
    for (int i = 0; i < 40; i++)
        clock_hear(&c, node, base_ms, now_ns);
    ck_assert_uint_eq(c.n, 1);
    for (unsigned i = 0; i < 40; i++) { // the first ones go
        name(node, i + 100);
        clock_hear(&c, node, base_ms + 5, now_ns);
    }
    ck_assert_uint_eq(c.n, CLOCK_PEERS_MAX);
    ck_assert_int_eq(clock_now(&c, TIME_UNKNOWN, now_ns), base_ms + 5);
}
END_TEST

Suite *msgs_clock_suite(void)
{
    Suite *s = suite_create("msgs/clock");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, test_now, 0, COUNT(now_rows));
    tcase_add_loop_test(t, test_check, 0, COUNT(check_rows));
    tcase_add_test(t, test_hear);
    suite_add_tcase(s, t);
    return s;
}
