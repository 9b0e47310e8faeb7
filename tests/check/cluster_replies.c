// SPDX-License-Identifier: MIT
// The memory of requests: states, limits, time.
#define _GNU_SOURCE // memmem
#include "cluster/replies.h"

#include "tests/check/helper.h"

static const uint64_t ms = 1000000;

struct rig {
    struct test_mem mem;
    struct replies r;
    uint64_t now_ns;
};

static unsigned lates;

// As a task that ends when it is told to: its reply is kept.
static void late(struct reply *e)
{
    lates++;
    ck_assert_int_eq(reply_keep(e->all, e, 3, e->due_ns), ERR_OK);
    memcpy(e->bytes, "abc", 3);
}

static void rig_init(struct rig *g)
{
    uint8_t epoch[16] = {7};

    test_mem_init(&g->mem);
    replies_init(&g->r, &g->mem.mem, epoch);
    g->now_ns = 1000 * ms;
    lates = 0;
}

static void rig_done(struct rig *g)
{
    replies_fini(&g->r);
    test_mem_done(&g->mem);
}

static void name(uint8_t out[32], unsigned i)
{
    memset(out, 0, 32);
    memcpy(out, &i, sizeof i);
}

// Request i of a user at a node.
static enum err request(struct rig *g, unsigned user, unsigned node, unsigned i, struct reply **e)
{
    uint8_t u[32], n[32], req[32];

    name(u, user);
    name(n, node);
    name(req, i);
    return replies_new(&g->r, u, n, req, g->now_ns + 30000 * ms, false, e);
}

static struct reply *find(struct rig *g, unsigned user, unsigned node, unsigned i)
{
    uint8_t u[32], n[32], req[32];

    name(u, user);
    name(n, node);
    name(req, i);
    return replies_find(&g->r, u, n, req);
}

static struct reply *made(struct rig *g, unsigned i)
{
    struct reply *e;

    ck_assert_int_eq(request(g, 1, 1, i, &e), ERR_OK);
    return e;
}

static void keep(struct rig *g, struct reply *e, size_t n)
{
    ck_assert_int_eq(reply_keep(&g->r, e, n, g->now_ns), ERR_OK);
    ck_assert_uint_eq(e->n, n);
    memset(e->bytes, 5, n);
}

static uint64_t pass(struct rig *g, uint64_t pass_ms)
{
    g->now_ns += pass_ms * ms;
    return replies_due(&g->r, g->now_ns, late);
}

START_TEST(test_life)
{
    struct rig g;
    struct reply *e;

    rig_init(&g);
    ck_assert_ptr_null(find(&g, 1, 1, 5));
    e = made(&g, 5);
    ck_assert_ptr_eq(find(&g, 1, 1, 5), e);
    ck_assert_ptr_null(find(&g, 2, 1, 5)); // another user's ids mean nothing
    ck_assert_ptr_null(find(&g, 1, 2, 5));
    ck_assert_ptr_null(find(&g, 1, 1, 6));
    ck_assert_int_eq(e->state, REPLY_RUNS);
    keep(&g, e, 1000);
    ck_assert_int_eq(e->state, REPLY_KEPT);
    ck_assert_uint_eq(e->peer->bytes, 1000);
    (void)pass(&g, REPLIES_KEPT_MS - 1);
    ck_assert_int_eq(e->state, REPLY_KEPT);
    ck_assert_uint_eq(pass(&g, 1), g.now_ns + (uint64_t)REPLIES_GONE_MS * ms);
    ck_assert_int_eq(e->state, REPLY_GONE);
    ck_assert_uint_eq(e->peer->bytes, 0);
    ck_assert_ptr_null(e->bytes);
    (void)pass(&g, REPLIES_GONE_MS - 1);
    ck_assert_ptr_eq(find(&g, 1, 1, 5), e);
    ck_assert_uint_eq(pass(&g, 1), UINT64_MAX);
    ck_assert_ptr_null(find(&g, 1, 1, 5));
    ck_assert_uint_eq(g.r.peers_n, 0);
    rig_done(&g);
}
END_TEST

START_TEST(test_acknowledged)
{
    struct rig g;

    rig_init(&g);
    for (unsigned i = 0; i < 3 * REPLIES_SPARE; i++)
        keep(&g, made(&g, i), i);
    for (unsigned i = 0; i < 3 * REPLIES_SPARE; i++) {
        reply_forget(&g.r, find(&g, 1, 1, i));
        ck_assert_ptr_null(find(&g, 1, 1, i));
    }
    ck_assert_uint_eq(g.r.peers_n, 0);
    ck_assert_uint_eq(g.r.spare_n, REPLIES_SPARE);
    rig_done(&g);
}
END_TEST

// What still runs when its time is over is ended once.
START_TEST(test_late)
{
    struct rig g;

    rig_init(&g);
    (void)made(&g, 1);
    g.now_ns += 10000 * ms;
    (void)made(&g, 2);
    ck_assert_uint_eq(replies_due(&g.r, g.now_ns, late), 31000 * ms);
    (void)pass(&g, 20000);
    ck_assert_uint_eq(lates, 1);
    ck_assert_int_eq(find(&g, 1, 1, 1)->state, REPLY_KEPT);
    ck_assert_int_eq(find(&g, 1, 1, 2)->state, REPLY_RUNS);
    (void)pass(&g, 10000);
    (void)pass(&g, 10000);
    ck_assert_uint_eq(lates, 2);
    rig_done(&g);
}
END_TEST

START_TEST(test_limits)
{
    struct rig g;
    struct reply *e;

    rig_init(&g);
    for (unsigned i = 0; i < REPLIES_MAX; i++)
        (void)made(&g, i);
    ck_assert_int_eq(request(&g, 1, 1, REPLIES_MAX, &e), ERR_BUSY);
    ck_assert_int_eq(request(&g, 1, 2, 0, &e), ERR_OK); // another peer has room
    // Neither kept nor gone ones make room: only what was acknowledged does.
    keep(&g, find(&g, 1, 1, 7), 10);
    ck_assert_int_eq(request(&g, 1, 1, REPLIES_MAX, &e), ERR_BUSY);
    reply_forget(&g.r, find(&g, 1, 1, 7));
    ck_assert_int_eq(request(&g, 1, 1, REPLIES_MAX, &e), ERR_OK);
    rig_done(&g);
}
END_TEST

START_TEST(test_peers)
{
    struct rig g;
    struct reply *e;
    const uint8_t own[32] = {0xFF}, node[32] = {0xFF};

    rig_init(&g);
    for (unsigned i = 0; i < REPLIES_PEERS_MAX; i++)
        ck_assert_int_eq(request(&g, i / REPLIES_PEERS_USER, i, 0, &e), ERR_OK);
    ck_assert_int_eq(request(&g, 1000, REPLIES_PEERS_MAX, 0, &e), ERR_BUSY);
    ck_assert_int_eq(request(&g, 0, 0, 1, &e), ERR_OK); // who is here has room
    // This node's own user is never refused.
    ck_assert_int_eq(replies_new(&g.r, own, node, node, g.now_ns, true, &e), ERR_OK);
    ck_assert_uint_eq(g.r.peers_n, REPLIES_PEERS_MAX + 1);
    ck_assert_int_eq(request(&g, 1000, REPLIES_PEERS_MAX, 0, &e), ERR_BUSY);
    reply_forget(&g.r, find(&g, 1, 20, 0));
    reply_forget(&g.r, find(&g, 1, 21, 0));
    ck_assert_int_eq(request(&g, 1000, REPLIES_PEERS_MAX, 0, &e), ERR_OK);
    rig_done(&g);
}
END_TEST

// One user takes no more than his part, on however many nodes.
START_TEST(test_peers_of_one)
{
    struct rig g;
    struct reply *e;

    rig_init(&g);
    for (unsigned i = 0; i < REPLIES_PEERS_USER; i++)
        ck_assert_int_eq(request(&g, 7, i, 0, &e), ERR_OK);
    ck_assert_int_eq(request(&g, 7, REPLIES_PEERS_USER, 0, &e), ERR_BUSY);
    ck_assert_int_eq(request(&g, 8, REPLIES_PEERS_USER, 0, &e), ERR_OK);
    reply_forget(&g.r, find(&g, 7, 3, 0));
    ck_assert_int_eq(request(&g, 7, REPLIES_PEERS_USER, 0, &e), ERR_OK);
    rig_done(&g);
}
END_TEST

// 16 MiB, whether they were sent or not: the oldest go, but for those on their way. What finds no
// room even so is not kept, and nothing else goes for it.
START_TEST(test_bytes)
{
    enum { MIB = 1 << 20 };
    struct rig g;
    struct reply *e;

    rig_init(&g);
    keep(&g, made(&g, 100), REPLY_SMALL_BYTES); // takes none of it
    for (unsigned i = 0; i < 16; i++)
        keep(&g, made(&g, i), MIB);
    ck_assert_uint_eq(g.r.peers->bytes, 16 * MIB);
    find(&g, 1, 1, 0)->queued = true;
    e = made(&g, 16);
    keep(&g, e, MIB + 1);
    for (unsigned i = 0; i < 17; i++) // two had to go
        ck_assert_int_eq(find(&g, 1, 1, i)->state, i == 1 || i == 2 ? REPLY_GONE : REPLY_KEPT);
    ck_assert_int_eq(find(&g, 1, 1, 100)->state, REPLY_KEPT);
    ck_assert_uint_eq(g.r.peers->bytes, 15 * MIB + 1);

    e = made(&g, 17);
    ck_assert_int_eq(reply_keep(&g.r, e, 16 * MIB + 1, g.now_ns), ERR_LIMIT); // too large alone
    ck_assert_int_eq(reply_keep(&g.r, e, 15 * MIB + 1, g.now_ns), ERR_LIMIT); // beside that one
    ck_assert_uint_eq(g.r.peers->bytes, 15 * MIB + 1);
    ck_assert_int_eq(e->state, REPLY_RUNS);
    keep(&g, e, 15 * MIB);
    ck_assert_uint_eq(g.r.peers->bytes, 16 * MIB);
    keep(&g, made(&g, 18), REPLY_SMALL_BYTES); // always finds room
    reply_unqueued(find(&g, 1, 1, 0));
    find(&g, 1, 1, 100)->queued = true; // takes no room, though it stays
    keep(&g, made(&g, 19), 16 * MIB);
    ck_assert_int_eq(find(&g, 1, 1, 0)->state, REPLY_GONE);
    ck_assert_int_eq(e->state, REPLY_GONE);
    reply_forget(&g.r, find(&g, 1, 1, 19));
    ck_assert_uint_eq(g.r.peers->bytes, 0);
    rig_done(&g);
}
END_TEST

// What is on its way stays, however late, and falls due when it has left.
START_TEST(test_on_its_way)
{
    struct rig g;
    struct reply *e;

    rig_init(&g);
    e = made(&g, 1);
    keep(&g, e, 5);
    e->queued = true;
    ck_assert_uint_eq(pass(&g, REPLIES_KEPT_MS + 5), UINT64_MAX);
    ck_assert_int_eq(e->state, REPLY_KEPT);
    reply_unqueued(e);
    ck_assert(!e->queued);
    ck_assert_uint_eq(pass(&g, 0), g.now_ns + (uint64_t)REPLIES_GONE_MS * ms);
    ck_assert_int_eq(e->state, REPLY_GONE);
    rig_done(&g);
}
END_TEST

// What becomes gone falls due, though nothing else does any more.
START_TEST(test_gone_due)
{
    struct rig g;
    struct reply *e, *gone;

    rig_init(&g);
    gone = made(&g, 1);
    keep(&g, gone, 1 << 20);
    e = made(&g, 2);
    (void)pass(&g, 5);
    g.r.due_ns = UINT64_MAX; // as if both were seen to
    keep(&g, e, REPLIES_BYTES_MAX);
    ck_assert_int_eq(gone->state, REPLY_GONE);
    e->queued = true; // it stays for ever
    ck_assert_uint_eq(pass(&g, REPLIES_KEPT_MS), gone->due_ns);
    ck_assert_uint_eq(pass(&g, REPLIES_GONE_MS), UINT64_MAX);
    ck_assert_ptr_null(find(&g, 1, 1, 1));
    ck_assert_ptr_eq(find(&g, 1, 1, 2), e);
    rig_done(&g);
}
END_TEST

// Another memory of the peer asks for nothing again: what came of its requests is forgotten, but
// for what runs, and what is on its way.
START_TEST(test_heard)
{
    struct rig g;
    uint8_t one[32], epoch[16] = {0};
    struct reply *e;

    rig_init(&g);
    name(one, 1);
    replies_hear(&g.r, one, one, epoch); // of whom nothing is known
    ck_assert_uint_eq(g.r.peers_n, 0);
    for (unsigned i = 0; i < 5; i++)
        keep(&g, made(&g, i), 100);
    (void)pass(&g, REPLIES_KEPT_MS); // gone
    for (unsigned i = 5; i < 9; i++)
        keep(&g, made(&g, i), 100);
    (void)made(&g, 9);
    find(&g, 1, 1, 5)->queued = true;
    ck_assert_int_eq(request(&g, 2, 1, 0, &e), ERR_OK); // another one's
    keep(&g, e, 100);
    replies_hear(&g.r, one, one, epoch);
    ck_assert_uint_eq(find(&g, 1, 1, 9)->peer->n, 10); // the same memory as before
    epoch[15] = 1;
    replies_hear(&g.r, one, one, epoch);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(find(&g, 1, 1, i) != NULL, i == 5 || i == 9);
    ck_assert_ptr_nonnull(find(&g, 2, 1, 0));
    reply_forget(&g.r, find(&g, 1, 1, 9));
    find(&g, 1, 1, 5)->queued = false;
    epoch[15] = 2;
    replies_hear(&g.r, one, one, epoch); // the last one: the peer goes, too
    ck_assert_uint_eq(g.r.peers_n, 1);
    rig_done(&g);
}
END_TEST

// Ids that somebody chose, so that they would meet without a key, lie apart.
START_TEST(test_keyed)
{
    enum { IDS = 1000 };
    struct rig g;
    unsigned used = 0;

    rig_init(&g);
    for (unsigned i = 0; i < IDS; i++)
        (void)made(&g, i * (unsigned)COUNT(g.r.peers->slots));
    for (size_t i = 0; i < COUNT(g.r.peers->slots); i++)
        used += g.r.peers->slots[i] != NULL;
    ck_assert_uint_gt(used, IDS / 3);
    rig_done(&g);
}
END_TEST

// A model that knows what each must be, and a clock that goes on.
START_TEST(test_model)
{
    enum { IDS = 500, TURNS = 20000 };
    static struct {
        int state; // -1: nothing known
        uint64_t since_ns;
    } all[IDS];
    struct rig g;
    uint64_t r = 77 + (uint64_t)_i;

    rig_init(&g);
    for (unsigned i = 0; i < IDS; i++)
        all[i].state = -1;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        unsigned i;
        struct reply *e;

        r = r * 6364136223846793005u + 1442695040888963407u;
        i = (unsigned)(r >> 40) % IDS;
        e = find(&g, 1, 1, i);
        for (unsigned k = 0; k < IDS; k++) {
            uint64_t age = g.now_ns - all[k].since_ns;

            if (all[k].state == REPLY_RUNS && age >= 30000 * ms) {
                all[k].state = REPLY_KEPT;
                all[k].since_ns += 30000 * ms;
                age -= 30000 * ms;
            }
            if (all[k].state == REPLY_KEPT && age >= REPLIES_KEPT_MS * ms) {
                all[k].state = REPLY_GONE;
                all[k].since_ns = g.now_ns;
                age = 0;
            }
            if (all[k].state == REPLY_GONE && age >= REPLIES_GONE_MS * ms)
                all[k].state = -1;
        }
        if ((e ? e->state : -1) != all[i].state)
            ck_abort_msg("seed %d, turn %u: request %u", _i, turn, i);
        if (!e) {
            (void)made(&g, i);
            all[i].state = REPLY_RUNS;
            all[i].since_ns = g.now_ns;
        } else if (e->state == REPLY_RUNS && r % 2) {
            keep(&g, e, (size_t)(r >> 20) % 200);
            all[i].state = REPLY_KEPT;
            all[i].since_ns = g.now_ns;
        } else if (e->state != REPLY_RUNS && r % 3 == 0) {
            reply_forget(&g.r, e);
            all[i].state = -1;
        }
        (void)pass(&g, (r >> 30) % 4000);
    }
    rig_done(&g);
}
END_TEST

static enum err step_new(struct test_mem *mem, void *ctx)
{
    struct replies r;
    struct reply *x = NULL;
    uint8_t id[32] = {1};
    enum err e;

    (void)ctx;
    replies_init(&r, &mem->mem, id);
    e = replies_new(&r, id, id, id, 5, false, &x);
    if (!e)
        e = reply_keep(&r, x, 100, 0);
    else
        ck_assert_uint_eq(r.peers_n, 0);
    replies_fini(&r);
    return e;
}

START_TEST(test_no_memory)
{
    test_each_allocation(step_new, NULL);
}
END_TEST

// A secret does not stay in memory that was given back.
START_TEST(test_wiped)
{
    struct rig g;
    struct reply *e;

    rig_init(&g);
    e = made(&g, 1);
    keep(&g, e, 20); // lies in the entry, which is kept for the next one
    e->hidden = true;
    memcpy(e->bytes, "canary-canary-canary", 20);
    reply_forget(&g.r, e);
    ck_assert_ptr_null(memmem(e->small, sizeof e->small, "canary", 6));
    rig_done(&g);
}
END_TEST

Suite *cluster_replies_suite(void)
{
    Suite *s = suite_create("cluster/replies");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_life);
    tcase_add_test(t, test_acknowledged);
    tcase_add_test(t, test_late);
    tcase_add_test(t, test_limits);
    tcase_add_test(t, test_peers);
    tcase_add_test(t, test_peers_of_one);
    tcase_add_test(t, test_bytes);
    tcase_add_test(t, test_on_its_way);
    tcase_add_test(t, test_gone_due);
    tcase_add_test(t, test_heard);
    tcase_add_test(t, test_keyed);
    tcase_add_loop_test(t, test_model, 0, 2);
    tcase_add_test(t, test_no_memory);
    tcase_add_test(t, test_wiped);
    suite_add_tcase(s, t);
    return s;
}
