// SPDX-License-Identifier: MIT
// Requests and answers between two nodes, and all that may happen to them on the way.
#define _GNU_SOURCE // memmem
#include "cluster/session.h"

#include "tests/check/cluster_fix.h"

static struct net net; // two machines: too large for the stack

// ---- What comes back

static const struct {
    const char *text, *want;
} rows[] = {
    {"(neg 5)@math.calc", "-5"},
    {"{neg:@a a:5}@math.calc", "-5"},
    {"(neg (neg 5)@math.calc)@math.calc", "5"},
    {"x@test.echo", "x"},
    {"[1 (a b) {k:v} - t 0x1f 2.5]@test.echo", "[1 (a b) {k:v} - t 0x1f 2.5]"},
    {"(wait 5000000)@lab", "5000000"},
    {"(work abc)@lab", "abc"},
    {"(wait `x`)@lab", "!bad-arg"},
    {"(neg x)@math.calc", "!bad-arg"},
    {"fail@lab", "!"},
    {"5@no.such", "!no-service no service"},
    {"(nope 5)@sys.hw", "!no-command"},
    {"!`hidden`@test.echo", "!bad-arg"}, // test.echo takes no secret
    {"(alone !`hidden`)@lab", "!bad-arg"},
};

START_TEST(test_rows)
{
    net_init(&net, true);
    net_want(&net, rows[_i].text, rows[_i].want);
    net_pass(&net, 2000); // acknowledged
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    net_done(&net);
}
END_TEST

// Of another user, who has no rights, and may not even know what there is.
static const struct {
    const char *text, *want;
} stranger_rows[] = {
    {"(neg 5)@math.calc", "!denied"},
    {"5@no.such", "!denied"},
    {"!`hidden`@test.echo", "!bad-arg a secret goes only"},
    {"[1 {a:(b !`hidden`)}]@test.echo", "!bad-arg a secret goes only"},
};

START_TEST(test_stranger)
{
    net_init(&net, false);
    net_want(&net, stranger_rows[_i].text, stranger_rows[_i].want);
    net_done(&net);
}
END_TEST

// ---- Many at once share signatures

START_TEST(test_batches)
{
    struct net_sent *sent[200];
    size_t alone = 0;

    net_init(&net, true);
    for (unsigned i = 0; i < COUNT(sent); i++) {
        char text[40];

        (void)snprintf(text, sizeof text, "(neg %u)@math.calc", i);
        sent[i] = net_send(&net, text);
    }
    net_flush(&net, false);
    ck_assert_uint_eq(net.wire_n, COUNT(sent));
    // Out of order.
    for (size_t i = 0; i < net.wire_n / 2; i++) {
        struct net_msg m = net.wire[i];

        net.wire[i] = net.wire[net.wire_n - 1 - i];
        net.wire[net.wire_n - 1 - i] = m;
    }
    net_run(&net);
    for (unsigned i = 0; i < COUNT(sent); i++) {
        char want[20];

        (void)snprintf(want, sizeof want, i ? "-%u" : "%u", i);
        ck_assert_str_eq(sent[i]->text, want);
    }
    for (size_t i = 0; i < net.tape_n; i++)
        alone += !memcmp(net.tape[i].bytes + SIGN_BYTES, "telex-msg-v1", 13);
    ck_assert_uint_le(alone, 2);
    ck_assert_uint_eq(net.b.replies.executed, COUNT(sent));
    net_done(&net);
}
END_TEST

// Without random bytes for salts each is signed alone.
START_TEST(test_no_random)
{
    struct net_sent *x, *y;

    net_init(&net, true);
    x = net_send(&net, "(neg 5)@math.calc");
    y = net_send(&net, "(neg 6)@math.calc");
    net.a.sim.no_random = net.b.sim.no_random = true;
    net_run(&net);
    ck_assert_str_eq(x->text, "-5");
    ck_assert_str_eq(y->text, "-6");
    ck_assert_int_eq(net_send(&net, "(neg 5)@math.calc")->e, ERR_NOT_SUPPORTED);
    net_done(&net);
}
END_TEST

// ---- Time

START_TEST(test_late)
{
    struct net_sent *x;

    net_init(&net, true);
    x = net_send_for(&net, "(wait 9000000000)@lab", 5000);
    net_run(&net);
    net_pass(&net, 4900);
    ck_assert_uint_eq(x->ends, 0);
    net_pass(&net, 200);
    ck_assert_str_eq(x->text, "!timeout the time of this request was over before it ended");
    ck_assert_uint_eq(kernel_running(net.b.k), 0);
    net_done(&net);
}
END_TEST

START_TEST(test_lost_request)
{
    struct net_sent *x;

    net_init(&net, true);
    net.lose = true;
    x = net_send_for(&net, "(neg 5)@math.calc", 5000);
    net_run(&net);
    net_pass(&net, 5000 + SESSION_GRACE_MS - 1);
    ck_assert_uint_eq(x->ends, 0);
    net_pass(&net, 1);
    ck_assert_str_eq(x->text, "!timeout no answer came in time");
    ck_assert(session_unknown(x->e));
    ck_assert_uint_eq(net.b.replies.executed, 0);
    net_done(&net);
}
END_TEST

// ---- Sessions end

START_TEST(test_cut)
{
    struct net_sent *x, *y;

    net_init(&net, true);
    x = net_send(&net, "hold@lab");
    net_run(&net);
    y = net_send(&net, "(neg 5)@math.calc");
    net_cut(&net);
    ck_assert_int_eq(x->e, ERR_NODE_LOST);
    ck_assert(strstr(x->text, "unknown"));
    ck_assert_int_eq(y->e, ERR_NODE_LOST);
    ck_assert(strstr(y->text, "before the request left"));
    // It still runs there, for nobody.
    ck_assert_uint_eq(lab.holds_n, 1);
    ck_assert_uint_eq(kernel_running(net.b.k), 1);
    net_done(&net);
}
END_TEST

// What was lost with the session is sent again in the next one, and run once at most.
enum lost { REQUEST, ANSWER, RUNNING, QUEUED };
static const char *const lost_names[] = {"request", "answer", "running", "queued"};

START_TEST(test_again)
{
    struct net_sent *x;
    const struct unit five = unit_int(5);

    net_init(&net, true);
    x = net_send(&net, _i == RUNNING ? "hold@lab" : "tick@lab");
    if (_i != QUEUED)
        net_flush(&net, false);
    if (_i == ANSWER || _i == RUNNING) {
        (void)!net_take(&net);
        net_flush(&net, true);
    }
    ck_assert_uint_eq(x->ends, 0);
    net_connect(&net); // what was on the wire is lost
    net_run(&net);
    if (_i == RUNNING) {
        ck_assert_uint_eq(lab.holds_n, 1);
        ck_assert_uint_eq(x->ends, 0);
        call_answer(lab.holds[0], &five);
        net_run(&net);
        ck_assert_str_eq(x->text, "5");
    } else {
        ck_assert_uint_eq(lab.ticks, 1);
    }
    ck_assert_msg(x->e == ERR_OK, "%s: %s", lost_names[_i], x->text);
    ck_assert_uint_eq(net.b.replies.executed, 1);
    ck_assert_uint_eq(net.b.replies.repeated, _i == ANSWER);
    net_done(&net);
}
END_TEST

// The executor has forgotten: it began anew, so nobody knows.
START_TEST(test_restart_b)
{
    struct net_sent *x, *y;

    net_init(&net, true);
    x = net_send(&net, "tick@lab");
    net_flush(&net, false);
    (void)!net_take(&net);
    y = net_send(&net, "tick@lab"); // never left
    net_restart_b(&net);
    net_connect(&net);
    net_flush(&net, false);
    (void)!net_take(&net);
    net_connect(&net); // its answer is lost, but B is the same
    net_run(&net);
    ck_assert_int_eq(x->e, ERR_NODE_LOST);
    ck_assert_int_eq(y->e, ERR_OK);
    ck_assert_uint_eq(lab.ticks, 2);
    net_done(&net);
}
END_TEST

// The reply was dropped: it is not run again, and the asker is told that nobody knows.
START_TEST(test_gone)
{
    struct net_sent *x;

    net_init(&net, true);
    net.lose = true;
    x = net_send_for(&net, "tick@lab", 1000000);
    net.lose = false;
    net_flush(&net, false);
    (void)!net_take(&net);
    net.b.sim.now_ns += (uint64_t)(REPLIES_KEPT_MS + 1) * 1000000; // its clock runs fast
    net_flush(&net, true);
    net.b.sim.now_ns += (uint64_t)(REPLIES_KEPT_MS + 1) * 1000000;
    (void)execute_step(&net.b.replies, net.b.sim.now_ns);
    ck_assert_uint_eq(x->ends, 0);
    net_connect(&net);
    net_run(&net);
    ck_assert_int_eq(x->e, ERR_REPLAY);
    ck_assert(session_unknown(x->e));
    ck_assert_uint_eq(lab.ticks, 1);
    net_done(&net);
}
END_TEST

// Too late to be sent again at all.
START_TEST(test_too_late)
{
    struct net_sent *x;

    net_init(&net, true);
    net.lose = true;
    x = net_send_for(&net, "tick@lab", MSG_TTL_MAX_MS);
    net_flush(&net, false);
    net_pass(&net, REPLIES_KEPT_MS);
    net.lose = false;
    net_connect(&net);
    ck_assert_int_eq(x->e, ERR_NODE_LOST);
    net_run(&net);
    ck_assert_uint_eq(lab.ticks, 0);
    net_done(&net);
}
END_TEST

// ---- A state that was restored

START_TEST(test_restored)
{
    static struct session old;
    struct net_sent *x, *y;
    unsigned before = (unsigned)_i; // messages that the copy does not know of

    net_init(&net, true);
    net_want(&net, "tick@lab", "1");
    old = *net.a.s;
    for (unsigned i = 0; i < before; i++)
        net_want(&net, "tick@lab", i == 0 ? "2" : i == 1 ? "3" : "4");
    // Only the counts: memory is as it was, for the test's lists lie in it.
    memcpy(net.a.s->out, old.out, sizeof old.out);
    x = net_send(&net, "(neg 7)@math.calc");
    net_run(&net);
    if (before) {
        ck_assert_uint_eq(x->ends, 0);
        ck_assert(session_over(net.a.s));
        y = net_send(&net, "5@math.calc");
        ck_assert_int_eq(y->e, ERR_LINK);
        net_connect(&net);
        net_run(&net);
    }
    ck_assert_str_eq(x->text, "-7");
    ck_assert_uint_eq(lab.ticks, 1 + before);
    net_want(&net, "(neg 8)@math.calc", "-8");
    net_done(&net);
}
END_TEST

// Several leave at once, some at places that were used, some behind them.
START_TEST(test_restored_many)
{
    int64_t old[WINDOW_STREAMS];
    struct net_sent *x[8];

    net_init(&net, true);
    memcpy(old, net.a.s->out, sizeof old);
    for (unsigned i = 0; i < 4; i++)
        net_want(&net, "(neg 5)@math.calc", "-5");
    memcpy(net.a.s->out, old, sizeof old);
    for (unsigned i = 0; i < COUNT(x); i++)
        x[i] = net_send(&net, "tick@lab");
    net_run(&net);
    ck_assert(session_over(net.a.s));
    net_connect(&net);
    net_run(&net);
    for (unsigned i = 0; i < COUNT(x); i++)
        ck_assert_msg(x[i]->ends == 1 && !x[i]->e, "%u: %s", i, x[i]->text);
    ck_assert_uint_eq(lab.ticks, COUNT(x));
    net_done(&net);
}
END_TEST

// Who plays old messages again does not make an honest node think so.
START_TEST(test_not_restored)
{
    net_init(&net, true);
    for (unsigned i = 0; i < 3; i++)
        net_want(&net, "tick@lab", i == 0 ? "1" : i == 1 ? "2" : "3");
    net.tape[0].bytes[5] ^= 1; // nobody is told what no node has signed
    ck_assert_int_eq(session_in(net.b.s, (struct span){net.tape[0].bytes, net.tape[0].n}, NULL),
                     ERR_REPLAY);
    ck_assert(!net.b.s->tell);
    net.tape[0].bytes[5] ^= 1;
    for (size_t i = 0; i < net.tape_n; i++)
        if (net.tape[i].to_b)
            ck_assert_int_eq(
                session_in(net.b.s, (struct span){net.tape[i].bytes, net.tape[i].n}, NULL),
                ERR_REPLAY);
    ck_assert(net.b.s->tell);
    net_run(&net);
    ck_assert(!net.b.s->tell);
    ck_assert(!session_over(net.a.s));
    net_want(&net, "tick@lab", "4");
    net_done(&net);
}
END_TEST

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

// ---- Memory fails in every place: each request still ends once, and nothing is run twice.

static void drop(void *ctx, struct span bytes)
{
    struct net_msg *m = ctx;

    m->bytes = malloc(bytes.len);
    memcpy(m->bytes, bytes.at, bytes.len);
    m->n = bytes.len;
}

// In the stage of this number.
enum stage { A_LEAVES, B_TAKES, B_LEAVES, A_TAKES, STAGES };

static enum err stage(enum stage i, struct net_msg *m)
{
    struct session *s = i == A_LEAVES || i == A_TAKES ? net.a.s : net.b.s;
    enum err e;

    if (i == B_TAKES || i == A_TAKES) {
        e = session_in(s, (struct span){m->bytes, m->n}, NULL);
        free(m->bytes);
        *m = (struct net_msg){.n = 0};
        return e;
    }
    s->arena.chunk_bytes = 0; // each object is asked for
    return session_flush(s, drop, m);
}

START_TEST(test_no_memory)
{
    bool through = false;

    for (long at = 0; !through; at++) {
        struct net_msg m = {.n = 0};
        struct net_sent *x;
        enum err e = ERR_OK;

        net_init(&net, true);
        x = net_send(&net, "tick@lab");
        for (int i = 0; i < STAGES && !e; i++) {
            struct test_mem *mem = i == A_LEAVES || i == A_TAKES ? &net.a.sim.mem : &net.b.sim.mem;
            long gets = mem->gets;

            if (i == _i)
                mem->fail_at = gets + at;
            e = stage(i, &m);
            if (i == _i)
                through = mem->gets - gets <= at;
            mem->fail_at = -1;
            if (i == A_LEAVES || i == B_LEAVES) {
                ck_assert_int_eq(e, m.n ? ERR_OK : ERR_NO_MEMORY);
                // No place is left out.
                ck_assert_int_eq((i ? net.b.s : net.a.s)->out[0], m.n ? 1 : 0);
            } else {
                ck_assert_int_eq(e, ERR_OK); // what is wrong is the outcome
            }
        }
        net_run(&net);
        ck_assert_uint_eq(x->ends, 1);
        ck_assert_msg(!x->e || x->e == ERR_NO_MEMORY, "%ld: %s", at, x->text);
        ck_assert_uint_le(net.b.replies.executed, 1);
        ck_assert(x->e ? lab.ticks <= net.b.replies.executed : lab.ticks == 1);
        ck_assert(!through || !x->e);
        net_done(&net);
    }
}
END_TEST

Suite *cluster_session_suite(void)
{
    Suite *s = suite_create("cluster/session");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_rows, 0, COUNT(rows));
    tcase_add_loop_test(t, test_stranger, 0, COUNT(stranger_rows));
    tcase_add_test(t, test_batches);
    tcase_add_test(t, test_no_random);
    tcase_add_test(t, test_late);
    tcase_add_test(t, test_lost_request);
    tcase_add_test(t, test_cut);
    tcase_add_loop_test(t, test_again, 0, COUNT(lost_names));
    tcase_add_test(t, test_restart_b);
    tcase_add_test(t, test_gone);
    tcase_add_test(t, test_too_late);
    tcase_add_loop_test(t, test_restored, 0, 4);
    tcase_add_test(t, test_restored_many);
    tcase_add_test(t, test_not_restored);
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
    tcase_add_loop_test(t, test_no_memory, 0, STAGES);
    suite_add_tcase(s, t);
    return s;
}
