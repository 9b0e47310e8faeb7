// SPDX-License-Identifier: MIT
// What no honest node sends, limits, secrets, clocks.
#define _GNU_SOURCE // memmem
#include "cluster/session.h"

#include "tests/check/cluster_fix.h"

static struct net net; // two machines: too large for the stack

// ---- Limits, and what no honest node sends

START_TEST(test_refused_sends)
{
    struct net_sent *x;
    struct fail f;
    struct session *s;
    struct request r;

    net_init(&net, true);
    s = net.a.s;
    x = net_send(&net, "(neg 5)@math.calc");
    net_run(&net);
    r = x->r;
    r.ttl_ms = 0;
    ck_assert_int_eq(session_send(s, &r, &f), ERR_BAD_ARG);
    r.ttl_ms = MSG_TTL_MAX_MS + 1;
    ck_assert_int_eq(session_send(s, &r, &f), ERR_BAD_ARG);
    r.ttl_ms = 1000;
    r.stream = WINDOW_STREAMS;
    ck_assert_int_eq(session_send(s, &r, &f), ERR_BAD_ARG);
    r.stream = 0;
    r.hops = MSG_HOPS_MAX + 1;
    ck_assert_int_eq(session_send(s, &r, &f), ERR_BAD_ARG);
    r.hops = 0;
    r.service = SPAN("no service");
    ck_assert_int_eq(session_send(s, &r, &f), ERR_BAD_ARG);
    net_done(&net);
}
END_TEST

// A stream at its end ends the session; nothing begins anew.
START_TEST(test_exhausted)
{
    struct net_sent *x, *y;

    net_init(&net, true);
    net.a.s->out[0] = WINDOW_COUNT_MAX;
    x = net_send(&net, "(neg 5)@math.calc");
    net_run(&net);
    ck_assert_str_eq(x->text, "-5");
    y = net_send(&net, "(neg 6)@math.calc");
    ck_assert_int_eq(session_flush(net.a.s, NULL, NULL), ERR_LIMIT);
    ck_assert(session_over(net.a.s));
    net_connect(&net);
    net_run(&net);
    ck_assert_str_eq(y->text, "-6");
    net_done(&net);
}
END_TEST

// A message that A signs truly, and yet no honest node sends; B's answer or error.
static struct span forge(struct net *n, struct arena *a, struct msg *m)
{
    struct span bytes = {NULL, 0};

    memcpy(m->cluster, n->a.s->head.cluster, 32);
    memcpy(m->to, n->b.own.node.public, 32);
    memcpy(m->session, n->a.s->head.session, 16);
    m->ctr = n->a.s->out[0]++;
    ck_assert_int_eq(msg_sign(a, &n->a.own, m, &bytes, NULL), ERR_OK);
    return bytes;
}

static const struct {
    const char *body;
    bool service, req;
    enum err e;
} odd_rows[] = {
    {"5", false, false, ERR_SYNTAX},
    {"(ack 5)", false, false, ERR_SYNTAX},
    {"(ack [])", false, false, ERR_OK},
    {"(ack [5 %`AAEC` []])", false, false, ERR_OK},
    {"(seen 5)", false, false, ERR_SYNTAX},
    {"(seen (5 -1))", false, false, ERR_SYNTAX},
    {"(seen (5 99999999999999999999))", false, false, ERR_SYNTAX},
    {"(seen (5 x))", false, false, ERR_SYNTAX},
    {"(seen (5 4503599627370496))", false, false, ERR_SYNTAX}, // past the last stream
    {"(seen (4503599627370496 5))", false, false, ERR_SYNTAX},
    {"(other 5)", false, false, ERR_SYNTAX},
    {"(val 5)", false, true, ERR_OK}, // an answer that nobody waits for
    {"5", true, false, ERR_SYNTAX},   // a request that cannot be answered
};

START_TEST(test_odd)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.ttl_ms = 5};

    net_init(&net, true);
    test_mem_init(&mem);
    a = test_arena(&mem);
    m.body = test_unit(&a, odd_rows[_i].body);
    if (odd_rows[_i].service)
        m.service = SPAN("lab");
    if (odd_rows[_i].req)
        memset(m.req, 7, sizeof m.req);
    ck_assert_msg(session_in(net.b.s, forge(&net, &a, &m), NULL) == odd_rows[_i].e, "%s",
                  odd_rows[_i].body);
    ck_assert(!session_over(net.b.s) || odd_rows[_i].e == ERR_OK);
    ck_assert_uint_eq(net.b.replies.executed, 0);
    arena_fini(&a);
    test_mem_done(&mem);
    net_want(&net, "(neg 5)@math.calc", "-5");
    net_done(&net);
}
END_TEST

// What a node answers that is no answer ends the request all the same, once.
static const struct {
    const char *body;
    enum err e;
} answer_rows[] = {
    {"5", ERR_NODE_LOST},
    {"(val 5)", ERR_OK},
    {"(err 5)", ERR_NODE_LOST},
    {"(err {code:denied why:no})", ERR_DENIED},
    {"(err {})", ERR_NODE_LOST},
    {"(err {code:nothing})", ERR_NODE_LOST},
    {"[val 5]", ERR_NODE_LOST},
    {"(val (a@b.c @d))", ERR_OK},
    {"(other 5)", ERR_NODE_LOST},
    {"(err {code:syntax why:`real one`})", ERR_SYNTAX},
    {"(err {code:5})", ERR_NODE_LOST},
};

START_TEST(test_answers)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.ttl_ms = 5};
    struct net_sent *x;
    struct span bytes = {NULL, 0};

    net_init(&net, true);
    test_mem_init(&mem);
    a = test_arena(&mem);
    x = net_send(&net, "hold@lab");
    net_run(&net);
    m.body = test_unit(&a, answer_rows[_i].body);
    memcpy(m.req, x->r.id, sizeof m.req);
    memcpy(m.cluster, net.b.s->head.cluster, 32);
    memcpy(m.to, net.a.own.node.public, 32);
    memcpy(m.session, net.b.s->head.session, 16);
    for (unsigned i = 0; i < 2; i++) { // the second one comes to nobody
        m.ctr = net.b.s->out[0]++;
        ck_assert_int_eq(msg_sign(&a, &net.b.own, &m, &bytes, NULL), ERR_OK);
        ck_assert_int_eq(session_in(net.a.s, bytes, NULL), ERR_OK);
        ck_assert_uint_eq(x->ends, 1);
    }
    ck_assert_msg(x->e == answer_rows[_i].e, "%s: %s", answer_rows[_i].body, x->text);
    arena_fini(&a);
    test_mem_done(&mem);
    net_done(&net);
}
END_TEST

// The same name for another request: refused, and not run.
START_TEST(test_same_name)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.service = SPAN("lab"), .ttl_ms = 5000};

    net_init(&net, true);
    test_mem_init(&mem);
    a = test_arena(&mem);
    memset(m.req, 7, sizeof m.req);
    m.body = test_unit(&a, "tick");
    ck_assert_int_eq(session_in(net.b.s, forge(&net, &a, &m), NULL), ERR_OK);
    ck_assert_int_eq(session_in(net.b.s, forge(&net, &a, &m), NULL), ERR_OK);
    ck_assert_uint_eq(lab.ticks, 1);
    m.body = test_unit(&a, "(say 5)");
    ck_assert_int_eq(session_in(net.b.s, forge(&net, &a, &m), NULL), ERR_OK);
    ck_assert_uint_eq(net.b.replies.executed, 1);
    ck_assert_uint_eq(net.b.s->refused_n, 1);
    ck_assert_int_eq(net.b.s->refused[0].e, ERR_CONFLICT);
    arena_fini(&a);
    test_mem_done(&mem);
    net_done(&net);
}
END_TEST

// ---- Secrets

// The same from B to A.
static struct span forge_back(struct net *n, struct arena *a, struct msg *m)
{
    struct span bytes = {NULL, 0};

    memcpy(m->cluster, n->b.s->head.cluster, 32);
    memcpy(m->to, n->a.own.node.public, 32);
    memcpy(m->session, n->b.s->head.session, 16);
    m->ctr = n->b.s->out[0]++;
    ck_assert_int_eq(msg_sign(a, &n->b.own, m, &bytes, NULL), ERR_OK);
    return bytes;
}

// To a node of another user: it does not leave, and is not taken, either way.
START_TEST(test_secret_to_others)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.service = SPAN("test.echo"), .ttl_ms = 5000}, back = {.ttl_ms = 5};
    struct net_sent *x;

    net_init(&net, false);
    test_mem_init(&mem);
    a = test_arena(&mem);
    x = net_send(&net, "(a !`hidden`)@test.echo");
    ck_assert_int_eq(x->e, ERR_BAD_ARG);
    ck_assert(!session_ready(net.a.s, net.a.sim.now_ns));

    memset(m.req, 7, sizeof m.req);
    m.body = test_unit(&a, "[!`hidden`]");
    ck_assert_int_eq(session_in(net.b.s, forge(&net, &a, &m), NULL), ERR_OK);
    ck_assert_uint_eq(net.b.replies.executed, 0);
    ck_assert_ptr_nonnull(memmem(net.b.s->answers->bytes, net.b.s->answers->n, "bad-arg", 7));

    x = net_send(&net, "(neg 5)@math.calc");
    net_flush(&net, false);
    memcpy(back.req, x->r.id, sizeof back.req);
    back.body = test_unit(&a, "(val !`hidden`)");
    ck_assert_int_eq(session_in(net.a.s, forge_back(&net, &a, &back), NULL), ERR_OK);
    ck_assert_int_eq(x->e, ERR_BAD_ARG);
    arena_fini(&a);
    test_mem_done(&mem);
    net_done(&net);
}
END_TEST

// In an answer: to the same user's node it goes, to another's not.
START_TEST(test_secret_answer)
{
    struct net_sent *x;
    struct unit secret;

    net_init(&net, true);
    x = net_send(&net, "hold@lab");
    net_run(&net);
    ck_assert(net.b.replies.peers->list[REPLY_RUNS].first->trusted);
    net.b.replies.peers->list[REPLY_RUNS].first->trusted = _i == 0;
    ck_assert_int_eq(unit_secret(SPAN("hidden"), &secret), ERR_OK);
    call_answer(lab.holds[0], &secret);
    net_run(&net);
    ck_assert_str_eq(_i ? "!bad-arg its answer holds a secret, which goes only to its owner's nodes"
                        : "!`***`",
                     x->text);
    ck_assert_int_eq(x->arena.wipe, _i == 0);
    for (size_t i = 0; i < net.tape_n; i++)
        ck_assert_int_eq(memmem(net.tape[i].bytes, net.tape[i].n, "hidden", 6) != NULL,
                         _i == 0 && !net.tape[i].to_b);
    net_done(&net);
}
END_TEST

// ---- Words that an honest node does not say

START_TEST(test_early_ack)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.ttl_ms = 5};
    struct net_sent *x;
    struct unit items[2], id;
    const struct unit five = unit_int(5);

    net_init(&net, true);
    test_mem_init(&mem);
    a = test_arena(&mem);
    x = net_send(&net, "hold@lab");
    net_run(&net);
    ck_assert_int_eq(unit_bytes((struct span){(char *)x->r.id, 16}, &id), ERR_OK);
    items[0] = unit_word("ack");
    ck_assert_int_eq(unit_list(&id, 1, &items[1]), ERR_OK);
    ck_assert_int_eq(unit_pair(items, &m.body), ERR_OK);
    ck_assert_int_eq(session_in(net.b.s, forge(&net, &a, &m), NULL), ERR_OK);
    ck_assert_uint_eq(net.b.replies.peers->n, 1);
    call_answer(lab.holds[0], &five);
    net_run(&net);
    ck_assert_str_eq(x->text, "5");
    arena_fini(&a);
    test_mem_done(&mem);
    net_done(&net);
}
END_TEST

// A has sent at 0, acknowledged the answer at 1, and waits for what it sent at 2.
static const struct {
    const char *word;
    bool over;
} seen_rows[] = {
    {"(seen (0 0))", false},
    {"(seen (0 2))", false},
    {"(seen (0 3))", true},
    {"(seen (1 1))", false},
    {"(seen (2 0))", true},
    {"(seen (5 1))", false},
    {"(seen (0 281474976710655))", true},
    {"(seen (0 281474976710656))", true}, // of stream 1, where nothing was sent
};

START_TEST(test_seen)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.ttl_ms = 5};

    net_init(&net, true);
    test_mem_init(&mem);
    a = test_arena(&mem);
    net_want(&net, "tick@lab", "1");
    (void)net_send(&net, "hold@lab");
    net_run(&net);
    ck_assert_int_eq(net.a.s->out[0], 3);
    m.body = test_unit(&a, seen_rows[_i].word);
    ck_assert_int_eq(session_in(net.a.s, forge_back(&net, &a, &m), NULL), ERR_OK);
    ck_assert_msg(session_over(net.a.s) == seen_rows[_i].over, "%s", seen_rows[_i].word);
    arena_fini(&a);
    test_mem_done(&mem);
    net_done(&net);
}
END_TEST

// Requests that are more than B remembers are refused as busy, and so are more refusals than it can
// hold; what it has taken is answered.
START_TEST(test_busy)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.service = SPAN("lab"), .ttl_ms = 5000};
    enum err e = ERR_OK;
    unsigned n;

    net_init(&net, true);
    test_mem_init(&mem);
    a = test_arena(&mem);
    m.body = test_unit(&a, "tick");
    for (n = 0; n < REPLIES_MAX + SESSION_REFUSED + 9 && !e; n++) {
        m.req[0] = (uint8_t)n;
        m.req[1] = (uint8_t)(n >> 8);
        m.req[2] = 1;
        e = session_in(net.b.s, forge(&net, &a, &m), NULL);
    }
    ck_assert_int_eq(e, ERR_BUSY);
    ck_assert_uint_eq(n, REPLIES_MAX + SESSION_REFUSED + 1);
    ck_assert_uint_eq(lab.ticks, REPLIES_MAX);
    ck_assert_int_eq(net.b.s->refused[0].e, ERR_BUSY);
    arena_fini(&a);
    test_mem_done(&mem);
    net_done(&net);
}
END_TEST

// ---- Clocks and certificates

enum { MINUTE_MS = 60000 };
#define YEAR_MS ((int64_t)365 * 24 * 60 * MINUTE_MS)

static const struct {
    const char *what;
    bool dated;
    int64_t off_ms; // of A's clock from B's
    bool unset;     // A's
    enum err e;
} clock_rows[] = {
    {"a year ahead, without dates", false, YEAR_MS, false, ERR_OK},
    {"a year behind, without dates", false, -YEAR_MS, false, ERR_OK},
    {"unset, without dates", false, 0, true, ERR_OK},
    {"four minutes", true, 4 * (int64_t)MINUTE_MS, false, ERR_OK},
    {"six minutes ahead", true, 6 * (int64_t)MINUTE_MS, false, ERR_CLOCK},
    {"six minutes behind", true, -6 * (int64_t)MINUTE_MS, false, ERR_CLOCK},
    {"a year", true, YEAR_MS, false, ERR_CLOCK},
    {"unset", true, 0, true, ERR_OK},
};

static int64_t utc_off_ms; // of the machine whose utc_ns this is
static bool utc_unset;

static enum err utc_of_a(void *ctx, int64_t *ns)
{
    struct sim *s = ctx;

    if (utc_unset)
        return ERR_CLOCK;
    *ns = 1700000000000000000 + (int64_t)s->now_ns + utc_off_ms * 1000000;
    return ERR_OK;
}

START_TEST(test_clocks)
{
    struct session_conf conf;
    static struct session s;
    struct cert own;
    struct fail f = {.why = ""};
    enum err e;

    net_init(&net, true);
    utc_off_ms = clock_rows[_i].off_ms;
    utc_unset = clock_rows[_i].unset;
    net.a.sim.plat.utc_ns = utc_of_a;
    conf = net_conf(&net, false);
    own = net.b.own.cert;
    if (clock_rows[_i].dated) {
        own.from_ms = 1700000000000 - 100 * (int64_t)MINUTE_MS;
        own.till_ms = 1700000000000 + 100 * (int64_t)MINUTE_MS;
    }
    conf.peer = &own;
    memset(&net.a.clock, 0, sizeof net.a.clock);
    e = session_init(&s, &conf, &f);
    ck_assert_msg(e == clock_rows[_i].e, "%s: %s", clock_rows[_i].what, f.why);
    if (!e)
        session_fini(&s, NULL);
    else
        ck_assert_msg(strstr(f.why, "tn1") && strstr(f.why, "minutes"), "%s", f.why);
    net_done(&net);
}
END_TEST

// Its certificate ends while the session lives.
START_TEST(test_expires)
{
    struct net_sent *x;

    net_init(&net, true);
    net.b.s->peer.till_ms = kernel_time_ms(net.b.k) + 1000;
    net_want(&net, "tick@lab", "1");
    net.b.sim.now_ns += (uint64_t)2000 * 1000000;
    x = net_send(&net, "tick@lab");
    net_flush(&net, false);
    ck_assert_int_eq(net_take(&net), ERR_EXPIRED);
    ck_assert_uint_eq(x->ends, 0);
    ck_assert_uint_eq(lab.ticks, 1);
    net_done(&net);
}
END_TEST

START_TEST(test_may_not_sign)
{
    struct session_conf conf;
    static struct session s;
    struct cert peer;

    net_init(&net, true);
    conf = net_conf(&net, false);
    peer = net.b.own.cert;
    peer.roles = CERT_ADMIN;
    conf.peer = &peer;
    ck_assert_int_eq(session_init(&s, &conf, NULL), ERR_DENIED);
    net_done(&net);
}
END_TEST

Suite *cluster_peer_suite(void)
{
    Suite *s = suite_create("cluster/peer");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_refused_sends);
    tcase_add_test(t, test_exhausted);
    tcase_add_loop_test(t, test_odd, 0, COUNT(odd_rows));
    tcase_add_loop_test(t, test_answers, 0, COUNT(answer_rows));
    tcase_add_test(t, test_same_name);
    tcase_add_test(t, test_busy);
    tcase_add_test(t, test_secret_to_others);
    tcase_add_loop_test(t, test_secret_answer, 0, 2);
    tcase_add_test(t, test_early_ack);
    tcase_add_loop_test(t, test_seen, 0, COUNT(seen_rows));
    tcase_add_loop_test(t, test_clocks, 0, COUNT(clock_rows));
    tcase_add_test(t, test_expires);
    tcase_add_test(t, test_may_not_sign);
    suite_add_tcase(s, t);
    return s;
}
