// SPDX-License-Identifier: MIT
// Requests and answers between two nodes, and all that may happen to them on the way.
#include "cluster/session.h"
#include "keys/name.h"

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

// He may what the owner grants him, and a grant that was taken back is gone for the very next
// message.
START_TEST(test_granted)
{
    char text[400], name[KEY_TEXT_MAX], id[100];
    struct task *t;

    net_init(&net, false);
    (void)key_print(KEY_USER, net.a.own.cert.user, name);
    (void)snprintf(text, sizeof text, "(grant {to:%s may:[math.calc.neg]})@sys.usr", name);
    net_want(&net, "(neg 5)@math.calc", "!denied");
    t = lab_send(&net.b.sim, net.b.k, text);
    lab_end(&net.b.sim, net.b.k, t);
    (void)snprintf(id, sizeof id, "%s", lab_print(&net.b.sim, t));
    ck_assert_msg(!strncmp(id, "{id:", 4), "%s", id);
    net_want(&net, "(neg 5)@math.calc", "-5");
    net_want(&net, "(sqr 5)@math.calc", "!denied");
    net_want(&net, "x@test.echo", "!denied");
    (void)snprintf(text, sizeof text, "(revoke %s)@sys.usr", id);
    t = lab_send(&net.b.sim, net.b.k, text);
    lab_end(&net.b.sim, net.b.k, t);
    ck_assert_str_eq(lab_print(&net.b.sim, t), "-");
    net_want(&net, "(neg 5)@math.calc", "!denied");
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
    ck_assert_uint_ne(net.b.s->roots.seen[0].size, 0); // looked at once
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
    for (size_t i = 0; i < net.tape_n; i++)
        ck_assert_mem_eq(net.tape[i].bytes + SIGN_BYTES, "telex-msg-v1", 13);
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
    uint8_t epoch[16];

    net_init(&net, true);
    net_want(&net, "tick@lab", "1");
    old = *net.a.s;
    for (unsigned i = 0; i < before; i++)
        net_want(&net, "tick@lab", i == 0 ? "2" : i == 1 ? "3" : "4");
    // Only the counts: memory is as it was, for the test's lists lie in it.
    memcpy(net.a.s->out, old.out, sizeof old.out);
    memcpy(epoch, net.a.replies.epoch, sizeof epoch);
    x = net_send(&net, "(neg 7)@math.calc");
    net_run(&net);
    ck_assert_int_eq(memcmp(epoch, net.a.replies.epoch, sizeof epoch) != 0, before > 0);
    if (before) {
        ck_assert_uint_eq(x->ends, 0);
        ck_assert(session_over(net.a.s));
        y = net_send(&net, "5@math.calc");
        ck_assert_int_eq(y->e, ERR_LINK);
        net_connect(&net);
        // It may have run before the copy was put back: A cannot know.
        ck_assert_int_eq(x->e, ERR_NODE_LOST);
        ck_assert_ptr_nonnull(strstr(x->text, "restored"));
        net_run(&net);
    } else {
        ck_assert_str_eq(x->text, "-7");
    }
    ck_assert_uint_eq(lab.ticks, 1 + before);
    net_want(&net, "(neg 8)@math.calc", "-8");
    net_done(&net);
}
END_TEST

// Several leave at once, some at places that were used, some behind them.
START_TEST(test_restored_many)
{
    int64_t old[WINDOW_STREAMS];
    struct net_sent *x[20];
    unsigned good = 0;

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
    for (unsigned i = 0; i < COUNT(x); i++) {
        ck_assert_msg(x[i]->ends == 1, "%u: %s", i, x[i]->text);
        ck_assert_msg(!x[i]->e || x[i]->e == ERR_NODE_LOST, "%u: %s", i, x[i]->text);
        good += !x[i]->e;
    }
    ck_assert_uint_gt(good, 0); // those behind the places that were used
    ck_assert_uint_eq(lab.ticks, good);
    net_want(&net, "(neg 8)@math.calc", "-8");
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

Suite *cluster_session_suite(void)
{
    Suite *s = suite_create("cluster/session");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_rows, 0, COUNT(rows));
    tcase_add_loop_test(t, test_stranger, 0, COUNT(stranger_rows));
    tcase_add_test(t, test_granted);
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
    suite_add_tcase(s, t);
    return s;
}
