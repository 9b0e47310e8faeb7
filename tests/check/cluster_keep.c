// SPDX-License-Identifier: MIT
// What B keeps of what it ran, and where it answers; and by which time a peer is judged.
#define _GNU_SOURCE // memmem
#include "cluster/session.h"

#include "tests/check/cluster_fix.h"

static struct net net; // two machines: too large for the stack

static const uint64_t ms = 1000000;

// A message that A signs truly, taken in by B.
static void forged(const char *service, const char *body, uint8_t id)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.service = span_of(service), .ttl_ms = 5000};
    struct span bytes = {NULL, 0};

    test_mem_init(&mem);
    a = test_arena(&mem);
    m.body = test_unit(&a, body);
    memset(m.req, id, 16);
    memcpy(m.cluster, net.a.s->head.cluster, 32);
    memcpy(m.to, net.b.own.node.public, 32);
    memcpy(m.session, net.a.s->head.session, 16);
    m.ctr = net.a.s->out[0]++;
    ck_assert_int_eq(msg_sign(&a, &net.a.own, &m, &bytes, NULL), ERR_OK);
    ck_assert_int_eq(session_in(net.b.s, bytes, NULL), ERR_OK);
    arena_fini(&a);
    test_mem_done(&mem);
}

// The same name and the same text for another service is another request.
START_TEST(test_other_service)
{
    net_init(&net, true);
    forged("test.echo", "tick", 7);
    forged("lab", "tick", 7);
    ck_assert_uint_eq(lab.ticks, 0);
    ck_assert_uint_eq(net.b.s->refused_n, 1);
    ck_assert_int_eq(net.b.s->refused[0].e, ERR_CONFLICT);
    net_done(&net);
}
END_TEST

// An answer goes in the stream of its request, also where that came again in another one.
START_TEST(test_streams)
{
    struct net_sent *x;

    net_init(&net, true);
    x = net_send(&net, "tick@lab");
    x->r.stream = 3;
    net_flush(&net, false);
    (void)!net_take(&net);
    net_flush(&net, true);
    ck_assert_int_eq(net.b.s->out[3], 1);
    net_connect(&net); // lost
    x->r.stream = 5;
    net_run(&net);
    ck_assert_str_eq(x->text, "1");
    ck_assert_int_eq(net.b.s->out[5], 1);
    ck_assert_int_eq(net.b.s->out[3], 0);
    net_done(&net);
}
END_TEST

// The last one of those that wait in an older session is asked for in the newer one; what comes
// behind it in the older one leaves all the same.
START_TEST(test_last_leaves)
{
    struct net_sent *x[3];
    struct session *old;
    const struct unit five = unit_int(5);

    net_init(&net, true);
    x[0] = net_send(&net, "hold@lab");
    x[1] = net_send(&net, "tick@lab");
    net_flush(&net, false);
    while (net.wire_n)
        (void)!net_take(&net);
    old = net.b.s;
    ck_assert_ptr_nonnull(old->answers);
    ck_assert_ptr_null(old->answers->next_out);
    x[2] = net_send(&net, "tick@lab");
    net_flush(&net, false);
    (void)!net_take(&net);
    ck_assert_ptr_nonnull(old->answers->next_out);
    net_connect_beside(&net, LEAVE_B);
    net_flush(&net, false);
    for (size_t i = 0; i < net.wire_n; i++) // only that one arrives
        if (memmem(net.wire[i].bytes, net.wire[i].n, x[2]->r.id, 16))
            net_hear(&net, &net.wire[i]);
    ck_assert_ptr_nonnull(net.b.s->answers);
    ck_assert_ptr_null(old->answers->next_out);
    call_answer(lab.holds[0], &five);
    (void)kernel_step(net.b.k);
    net_flush_of(&net, true, old);
    ck_assert_ptr_null(old->answers);
    ck_assert_uint_eq(x[0]->ends + x[1]->ends + x[2]->ends, 0);
    net_done(&net);
}
END_TEST

// Its answer is on its way again when the acknowledgement of the first one comes.
START_TEST(test_ack_of_queued)
{
    struct net_sent *x;

    net_init(&net, true);
    x = net_send(&net, "tick@lab");
    net_flush(&net, false);
    (void)!net_take(&net);
    net_connect(&net);
    net_flush(&net, false);
    (void)!net_take(&net);
    ck_assert_ptr_nonnull(net.b.s->answers);
    execute_ack(net.b.s, x->r.id);
    ck_assert_uint_eq(net.b.replies.peers->n, 1);
    net_run(&net);
    ck_assert_str_eq(x->text, "1");
    net_pass(&net, SESSION_ACK_MS);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    net_done(&net);
}
END_TEST

// Acknowledged before anything was tidied up.
START_TEST(test_ack_at_once)
{
    const struct unit five = unit_int(5);

    net_init(&net, true);
    (void)net_send(&net, "hold@lab");
    net_flush(&net, false);
    (void)!net_take(&net);
    call_answer(lab.holds[0], &five);
    (void)kernel_step(net.b.k);
    net_flush(&net, true);
    (void)!net_take(&net);
    ck_assert_ptr_nonnull(net.b.replies.ended);
    net.a.sim.now_ns += SESSION_ACK_MS * ms;
    net_flush(&net, false);
    (void)!net_take(&net);
    ck_assert_ptr_null(net.b.replies.ended);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    net_done(&net);
}
END_TEST

// Of another user as well; and only a name that is as long as names are.
START_TEST(test_ack_of_stranger)
{
    net_init(&net, false);
    net_want(&net, "(neg 5)@math.calc", "!denied");
    ck_assert_uint_eq(net.b.replies.peers->n, 1);
    net_pass(&net, SESSION_ACK_MS);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    net_done(&net);
}
END_TEST

START_TEST(test_ack_length)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.ttl_ms = 5};
    struct span bytes = {NULL, 0};
    struct unit items[2], id;
    char name[17] = {0};

    net_init(&net, true);
    test_mem_init(&mem);
    a = test_arena(&mem);
    forged("lab", "tick", 7);
    net_flush(&net, true);
    memset(name, 7, 16);
    ck_assert_int_eq(unit_bytes((struct span){name, sizeof name}, &id), ERR_OK);
    items[0] = unit_word("ack");
    ck_assert_int_eq(unit_list(&id, 1, &items[1]), ERR_OK);
    ck_assert_int_eq(unit_pair(items, &m.body), ERR_OK);
    memcpy(m.cluster, net.a.s->head.cluster, 32);
    memcpy(m.to, net.b.own.node.public, 32);
    memcpy(m.session, net.a.s->head.session, 16);
    m.ctr = net.a.s->out[0]++;
    ck_assert_int_eq(msg_sign(&a, &net.a.own, &m, &bytes, NULL), ERR_OK);
    ck_assert_int_eq(session_in(net.b.s, bytes, NULL), ERR_OK);
    ck_assert_uint_eq(net.b.replies.peers->n, 1);
    arena_fini(&a);
    test_mem_done(&mem);
    net_done(&net);
}
END_TEST

// What ends with the node answers nobody.
START_TEST(test_end_of_all)
{
    net_init(&net, true);
    (void)net_send(&net, "hold@lab");
    net_flush(&net, false);
    (void)!net_take(&net);
    execute_fini(&net.b.replies);
    ck_assert_ptr_null(net.b.s->answers);
    net_done(&net);
}
END_TEST

// A text of any length has room, or the error's own text is told.
START_TEST(test_long_why)
{
    uint8_t *out = malloc(EXECUTE_ERROR_BYTES); // so that writing past the end shows
    char why[2000];

    for (size_t n = 1; n < sizeof why; n += n < 600 ? 1 : 100) {
        memset(why, 'x', n);
        why[n] = 0;
        ck_assert_uint_le(execute_error(ERR_DENIED, why, out), EXECUTE_ERROR_BYTES);
    }
    free(out);
}
END_TEST

// More than is kept for a peer. What is on its way stays, and the next becomes an error; where his
// session is gone the oldest goes.
START_TEST(test_large)
{
    static char big[10 << 20];
    struct unit u;
    unsigned kept = 0;

    net_init(&net, true);
    for (unsigned i = 0; i < 6; i++)
        (void)net_send(&net, "hold@lab");
    net_run(&net);
    if (_i)
        net_cut(&net);
    memset(big, 'x', sizeof big);
    for (unsigned i = 0; i < lab.holds_n; i++) {
        size_t n = i == 5 ? 10 << 20 : 7 << 20;

        ck_assert_int_eq(unit_str((struct span){big, n}, &u), ERR_OK);
        call_answer(lab.holds[i], &u);
        (void)kernel_step(net.b.k);
        (void)execute_step(&net.b.replies, net.b.sim.now_ns);
        ck_assert_uint_le(net.b.replies.peers->bytes, REPLIES_BYTES_MAX);
    }
    for (const struct reply *e = net.b.replies.peers->list[REPLY_KEPT].first; e; e = e->next)
        kept += e->n > 1000;
    ck_assert_uint_eq(kept, _i ? 1 : 2);
    net_run(&net);
    for (unsigned i = 0; i < 6 && !_i; i++)
        ck_assert_int_eq(net.sent[i].e, i < 2 ? ERR_OK : ERR_LIMIT);
    net_done(&net);
}
END_TEST

// ---- By which time a peer is judged

enum { DAY_MS = 86400000 };
static const int64_t base_ms = 1700000000000;

static enum err no_utc(void *ctx, int64_t *ns)
{
    (void)ctx;
    (void)ns;
    return ERR_CLOCK;
}

static void hear(unsigned peer, int64_t off_ms)
{
    uint8_t node[32] = {0};

    node[0] = (uint8_t)peer;
    clock_hear(&net.a.clock, node, base_ms + off_ms, net.a.sim.now_ns);
}

// B's certificate, that ended a day ago or begins in a day, and a B that says what fits; A has no
// clock. In days; 99: says nothing.
static const struct {
    const char *what;
    int others[3], n, peer, from, till; // 0: no such bound
    bool own;                           // A's certificate has these dates
    enum err e;
} judge_rows[] = {
    {"it alone", {0}, 0, -2, -9, -1, false, ERR_OK},
    {"it alone, too late", {0}, 0, 0, -9, -1, false, ERR_EXPIRED},
    {"nobody", {0}, 0, 99, -9, -1, false, ERR_CLOCK},
    {"another one says", {0}, 1, -2, -9, -1, false, ERR_EXPIRED},
    {"two say", {0, 0}, 2, -2, -9, -1, false, ERR_EXPIRED},
    {"one of two is behind", {-2, 0}, 2, -2, -9, -1, false, ERR_EXPIRED},
    {"one of two is ahead", {0, 2}, 2, 2, 1, 0, false, ERR_EXPIRED},
    {"both hold", {0, -2}, 2, 0, -9, 9, false, ERR_OK},
    {"one of three is behind", {-2, 0, 0}, 3, -2, -9, -1, false, ERR_EXPIRED},
    {"its own certificate", {0}, 1, 0, -9, -1, true, ERR_EXPIRED},
    {"its own holds", {0}, 1, 0, -9, 9, true, ERR_OK},
};

START_TEST(test_judged)
{
    static struct session s;
    struct session_conf conf;
    struct identity own;
    struct cert peer, *c;
    struct fail f = {.why = ""};
    unsigned heard;
    enum err e;

    net_init(&net, true);
    net.a.sim.plat.utc_ns = no_utc;
    memset(&net.a.clock, 0, sizeof net.a.clock);
    for (int i = 0; i < judge_rows[_i].n; i++)
        hear(100 + (unsigned)i, (int64_t)judge_rows[_i].others[i] * DAY_MS);
    heard = net.a.clock.n;
    conf = net_conf(&net, false);
    conf.id[0] ^= 1;
    own = net.a.own;
    peer = net.b.own.cert;
    conf.own = &own;
    conf.peer = &peer;
    c = judge_rows[_i].own ? &own.cert : &peer;
    if (judge_rows[_i].from)
        c->from_ms = base_ms + (int64_t)judge_rows[_i].from * DAY_MS;
    if (judge_rows[_i].till)
        c->till_ms = base_ms + (int64_t)judge_rows[_i].till * DAY_MS;
    conf.peer_ms = judge_rows[_i].peer == 99 ? TIME_UNKNOWN
                                             : base_ms + (int64_t)judge_rows[_i].peer * DAY_MS;
    e = session_init(&s, &conf, &f);
    ck_assert_msg(e == judge_rows[_i].e, "%s: %s %s", judge_rows[_i].what, e ? err_word(e) : "ok",
                  f.why);
    // Who was refused has no say.
    ck_assert_uint_eq(net.a.clock.n, heard + (e == ERR_OK));
    if (!e)
        session_fini(&s, NULL);
    net_done(&net);
}
END_TEST

// It ends while the session lasts, by the time of others, though it says another one.
START_TEST(test_judged_later)
{
    static struct session s;
    struct session_conf conf;
    struct cert peer;

    net_init(&net, true);
    net.b.sim.plat.utc_ns = no_utc;
    memset(&net.b.clock, 0, sizeof net.b.clock);
    if (_i == 0) {
        uint8_t node[32] = {9};

        clock_hear(&net.b.clock, node, base_ms, net.b.sim.now_ns);
    }
    conf = net_conf(&net, true);
    peer = net.a.own.cert;
    peer.till_ms = base_ms + 1000;
    conf.peer = &peer;
    conf.peer_ms = base_ms - (_i == 0 ? DAY_MS : 0); // _i: nobody else says anything
    net_cut(&net);
    net.session++;
    memset(conf.id, net.session, 16);
    ck_assert_int_eq(session_init(&s, &conf, NULL), ERR_OK);
    net_connect(&net);
    net.session = conf.id[0];
    net.b.sim.now_ns += 2000 * ms;
    memcpy(net.a.s->head.session, conf.id, 16);
    (void)net_send(&net, "tick@lab");
    net_flush(&net, false);
    ck_assert_int_eq(session_in(&s, (struct span){net.wire[0].bytes, net.wire[0].n}, NULL),
                     ERR_EXPIRED);
    session_fini(&s, NULL);
    net_done(&net);
}
END_TEST

Suite *cluster_keep_suite(void)
{
    Suite *s = suite_create("cluster/keep");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_other_service);
    tcase_add_test(t, test_streams);
    tcase_add_test(t, test_last_leaves);
    tcase_add_test(t, test_ack_of_queued);
    tcase_add_test(t, test_ack_at_once);
    tcase_add_test(t, test_ack_of_stranger);
    tcase_add_test(t, test_ack_length);
    tcase_add_test(t, test_end_of_all);
    tcase_add_test(t, test_long_why);
    tcase_add_loop_test(t, test_large, 0, 2);
    tcase_add_loop_test(t, test_judged, 0, COUNT(judge_rows));
    tcase_add_loop_test(t, test_judged_later, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
