// SPDX-License-Identifier: MIT
// The edges of a session: who goes on where, limits, names, wiping, what shares a signature.
#define _GNU_SOURCE // memmem
#include "cluster/session.h"

#include "tests/check/cluster_fix.h"

static struct net net; // two machines: too large for the stack
static struct session other;

static const uint64_t ms = 1000000;

// ---- Where requests go on

static const char *const ends[] = {"none", "peer's node", "peer's user", "own node", "own user"};

// Between other ends neither requests go on, nor is the session replaced.
START_TEST(test_ends)
{
    struct session_conf conf;
    struct identity own;
    struct cert peer;
    struct net_sent *x;

    net_init(&net, true);
    x = net_send(&net, "hold@lab");
    conf = net_conf(&net, false);
    own = net.a.own;
    peer = net.b.own.cert;
    conf.own = &own;
    conf.peer = &peer;
    conf.id[0] ^= 1;
    *(_i == 1   ? peer.node
      : _i == 2 ? peer.user
      : _i == 3 ? own.node.public
                : own.cert.user) ^= (uint8_t)(_i > 0);
    ck_assert_int_eq(session_init(&other, &conf, NULL), ERR_OK);
    ck_assert_msg(session_over(net.a.s) == (_i == 0), "%s", ends[_i]);
    session_fini(net.a.s, &other);
    net.a.open[net.a.s - net.a.slots] = net.a.up = false;
    ck_assert_msg(x->ends == (_i > 0), "%s", ends[_i]);
    session_fini(&other, NULL);
    net_done(&net);
}
END_TEST

// Nothing goes on in one that is over.
START_TEST(test_next_over)
{
    struct session_conf conf;
    struct net_sent *x;

    net_init(&net, true);
    x = net_send(&net, "hold@lab");
    conf = net_conf(&net, false);
    ck_assert_int_eq(session_init(&other, &conf, NULL), ERR_OK);
    other.over = true;
    session_fini(net.a.s, &other);
    net.a.open[net.a.s - net.a.slots] = net.a.up = false;
    ck_assert_int_eq(x->e, ERR_NODE_LOST);
    session_fini(&other, NULL);
    net_done(&net);
}
END_TEST

static struct request asks[SESSION_REQUESTS_MAX + 1];
static struct unit five;
static unsigned lost;
static enum err asked; // by one who was told

static void lost_done(void *ctx, struct request *r, enum err e, const struct unit *u)
{
    (void)r;
    (void)u;
    lost++;
    ck_assert_int_eq(e, ERR_NODE_LOST);
    if (ctx)
        asked = session_send(ctx, &asks[SESSION_REQUESTS_MAX], NULL);
}

static enum err ask(struct session *s, unsigned i)
{
    five = unit_int(5);
    asks[i] = (struct request){.service = SPAN("lab"),
                               .body = &five,
                               .ttl_ms = 5000,
                               .arena = &net.sent[0].arena,
                               .done = lost_done};
    memcpy(asks[i].author, net.a.own.cert.user, 32);
    return session_send(s, &asks[i], NULL);
}

// Who is told that the session ends asks nothing more in it.
START_TEST(test_fini_asks)
{
    net_init(&net, true);
    lost = 0;
    net.sent[0].arena = test_arena(&net.a.sim.mem);
    ck_assert_int_eq(ask(net.a.s, SESSION_REQUESTS_MAX), ERR_OK);
    ck_assert_int_eq(ask(net.a.s, 0), ERR_OK);
    asks[0].ctx = net.a.s;
    asked = ERR_OK;
    net_cut(&net);
    ck_assert_int_eq(asked, ERR_LINK);
    ck_assert_uint_eq(lost, 2);
    arena_fini(&net.sent[0].arena);
    net_done(&net);
}
END_TEST

// So many, and no more, whether they are sent or go on here.
START_TEST(test_requests_max)
{
    struct session *old;

    net_init(&net, true);
    lost = 0;
    net.sent[0].arena = test_arena(&net.a.sim.mem);
    if (_i == 0) {
        for (unsigned i = 0; i < SESSION_REQUESTS_MAX; i++)
            ck_assert_int_eq(ask(net.a.s, i), ERR_OK);
        ck_assert_int_eq(ask(net.a.s, SESSION_REQUESTS_MAX), ERR_BUSY);
    } else {
        old = net.a.s;
        ck_assert_int_eq(ask(old, 0), ERR_OK);
        ck_assert_int_eq(ask(old, 1), ERR_OK);
        net_connect_beside(&net, LEAVE_A);
        for (unsigned i = 2; i <= SESSION_REQUESTS_MAX; i++)
            ck_assert_int_eq(ask(net.a.s, i), ERR_OK);
        net_close_old(&net.a);
        ck_assert_uint_eq(lost, 1);
        ck_assert_uint_eq(net.a.s->requests_n, SESSION_REQUESTS_MAX);
    }
    net_cut(&net);
    ck_assert_uint_eq(lost, SESSION_REQUESTS_MAX + (_i == 1));
    arena_fini(&net.sent[0].arena);
    net_done(&net);
}
END_TEST

// What goes on falls due where it is now.
START_TEST(test_moved_due)
{
    struct net_sent *x;

    net_init(&net, true);
    net.lose = true;
    x = net_send_for(&net, "tick@lab", 5000);
    net_run(&net);
    net_connect(&net);
    net_run(&net);
    ck_assert_uint_eq(session_step(net.a.s),
                      net.a.sim.now_ns + (5000 + (uint64_t)SESSION_GRACE_MS) * ms);
    net_pass(&net, 5000 + SESSION_GRACE_MS);
    ck_assert_int_eq(x->e, ERR_TIMEOUT);
    net_done(&net);
}
END_TEST

START_TEST(test_author)
{
    struct net_sent *x;
    struct request r;

    net_init(&net, true);
    x = net_send(&net, "(neg 5)@math.calc");
    net_run(&net);
    r = x->r;
    r.author[31] ^= 1;
    ck_assert_int_eq(session_send(net.a.s, &r, NULL), ERR_DENIED);
    ck_assert(!session_ready(net.a.s, net.a.sim.now_ns));
    net_done(&net);
}
END_TEST

// ---- Names

static enum err same_random(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    memset(out, 7, n);
    return ERR_OK;
}

// A machine whose random bytes repeat gives no two requests the same name.
START_TEST(test_names)
{
    struct net_sent *x[4];

    net_init(&net, true);
    net.a.sim.plat.random = same_random;
    x[0] = net_send(&net, "tick@lab");
    x[1] = net_send(&net, "tick@lab"); // one more waits
    net_run(&net);
    x[2] = net_send(&net, "tick@lab"); // at another place
    net_connect(&net);
    net_run(&net);
    net.session = 77;
    net_cut(&net);
    net_connect(&net);
    x[3] = net_send(&net, "tick@lab"); // in another session
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < i; k++)
            ck_assert_mem_ne(x[i]->r.id, x[k]->r.id, 16);
    net_run(&net);
    ck_assert_uint_eq(lab.ticks, 4);
    net_done(&net);
}
END_TEST

// ---- Told now and then

static void nothing(void *ctx, struct span bytes)
{
    (void)ctx;
    (void)bytes;
}

START_TEST(test_tell_rate)
{
    struct net_msg word = {.n = 0}, old = {.n = 0};
    struct session *b;

    net_init(&net, true);
    b = net.b.s;
    net_want(&net, "tick@lab", "1");
    net_pass(&net, SESSION_ACK_MS);
    for (size_t i = 0; i < net.tape_n; i++)
        if (net.tape[i].to_b) {
            if (!old.n)
                old = net.tape[i]; // a request, of which nothing is known any more
            word = net.tape[i];    // the last: an acknowledgement
        }
    net_hear(&net, &word);
    ck_assert(b->tell && !b->tell_request);
    net_hear(&net, &old); // what may have been asked counts more
    ck_assert(b->tell && b->tell_request);
    ck_assert_int_eq(b->tell_ctr, 0);
    net_hear(&net, &word);
    ck_assert(b->tell_request);
    net_run(&net);
    ck_assert(!b->tell);
    net_hear(&net, &old); // it was told just now
    ck_assert(!b->tell);
    net_pass(&net, SESSION_TELL_MS - 1);
    net_hear(&net, &old);
    ck_assert(!b->tell);
    net_pass(&net, 1);
    net_hear(&net, &old);
    ck_assert(b->tell);
    // No memory, in any place: it is told later.
    arena_fini(&b->arena);
    b->arena.chunk_bytes = 0; // each object is asked for
    for (long at = 0; b->tell; at++) {
        enum err e;

        net.b.sim.mem.fail_at = net.b.sim.mem.gets + at;
        e = session_flush(b, nothing, NULL);
        net.b.sim.mem.fail_at = -1;
        ck_assert_int_eq(e, b->tell ? ERR_NO_MEMORY : ERR_OK);
    }
    net_done(&net);
}
END_TEST

// ---- What leaves

// Neither what is asked nor what is answered stays in the memory of what leaves.
START_TEST(test_wiped)
{
    struct net_sent *x;
    struct unit secret;
    const struct session *s;
    const struct reply *e;

    net_init(&net, true);
    x = net_send(&net, _i ? "hold@lab" : "!`hidden-secret`@test.echo");
    net_flush(&net, false);
    ck_assert_int_eq(memmem(net.tape[0].bytes, net.tape[0].n, "hidden-secret", 13) != NULL, !_i);
    s = net.a.s;
    if (_i) {
        net_run(&net);
        ck_assert_int_eq(unit_secret(SPAN("hidden-secret"), &secret), ERR_OK);
        call_answer(lab.holds[0], &secret);
        net_run(&net);
        ck_assert_str_eq(x->text, "!`***`");
        net_pass(&net, SESSION_ACK_MS);
        ck_assert_uint_eq(net.b.replies.peers_n, 0);
        for (e = net.b.replies.spare; e; e = e->next)
            ck_assert_ptr_null(memmem(e->small, sizeof e->small, "hidden", 6));
        s = net.b.s;
    }
    ck_assert_ptr_nonnull(s->arena.at);
    ck_assert_ptr_null(memmem(s->arena.at, (size_t)(s->arena.end - s->arena.at), "hidden", 6));
    net_done(&net);
}
END_TEST

// So many bytes share a signature, and the memory is there for the next ones.
START_TEST(test_batch_bytes)
{
    static char text[100000 + 40];
    bool alone[4];

    net_init(&net, true);
    (void)snprintf(text, sizeof text, "`%0100000d`@test.void", 5);
    for (unsigned i = 0; i < 4; i++)
        (void)net_send(&net, text);
    net_flush(&net, false);
    ck_assert_uint_eq(net.wire_n, 4);
    for (unsigned i = 0; i < 4; i++)
        alone[i] = !memcmp(net.wire[i].bytes + SIGN_BYTES, "telex-msg-v1", 13);
    ck_assert(!alone[0] && !alone[1] && !alone[2] && alone[3]);
    ck_assert_uint_le(net.a.s->arena.used_bytes, ARENA_CHUNK_BYTES);
    net_run(&net);
    net_done(&net);
}
END_TEST

// Time that a request waited here is gone there.
START_TEST(test_waited)
{
    net_init(&net, true);
    (void)net_send_for(&net, "hold@lab", 30000);
    net.a.sim.now_ns += 10000 * ms;
    net_flush(&net, false);
    (void)!net_take(&net);
    ck_assert_uint_eq(net.b.replies.peers->list[REPLY_RUNS].first->due_ns,
                      net.b.sim.now_ns + 20000 * ms);
    net_done(&net);
}
END_TEST

Suite *cluster_edge_suite(void)
{
    Suite *s = suite_create("cluster/edge");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_ends, 0, COUNT(ends));
    tcase_add_test(t, test_next_over);
    tcase_add_test(t, test_fini_asks);
    tcase_add_loop_test(t, test_requests_max, 0, 2);
    tcase_add_test(t, test_moved_due);
    tcase_add_test(t, test_author);
    tcase_add_test(t, test_names);
    tcase_add_test(t, test_tell_rate);
    tcase_add_loop_test(t, test_wiped, 0, 2);
    tcase_add_test(t, test_batch_bytes);
    tcase_add_test(t, test_waited);
    suite_add_tcase(s, t);
    return s;
}
