// SPDX-License-Identifier: MIT
// None is executed twice: old ends that stay open, bytes that come late, machines that were put
// back from a copy. And nobody is locked out by what is kept for that.
#include "cluster/session.h"

#include "tests/check/cluster_fix.h"

static struct net net; // two machines: too large for the stack

static const uint64_t ms = 1000000;

// Off the wire, to come later.
static struct net_msg held(void)
{
    struct net_msg m = net.wire[0];

    ck_assert_uint_gt(net.wire_n, 0);
    memmove(net.wire, net.wire + 1, --net.wire_n * sizeof m);
    return m;
}

static enum err late(struct session *s, struct net_msg *m)
{
    struct fail f = {.why = ""};
    enum err e = session_in(s, (struct span){m->bytes, m->n}, &f);

    free(m->bytes);
    return e;
}

// ---- Sessions

// Held back in an older session, which B has left open; it was sent again, answered, forgotten.
START_TEST(test_older)
{
    struct net_sent *x;
    struct session *old;
    struct net_msg m;

    net_init(&net, true);
    old = net.b.s;
    x = net_send(&net, "tick@lab");
    net_flush(&net, false);
    m = held();
    net_connect_beside(&net, LEAVE_B);
    ck_assert(session_over(old));
    net_run(&net);
    ck_assert_str_eq(x->text, "1");
    net_pass(&net, SESSION_ACK_MS);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    ck_assert_int_eq(late(old, &m), ERR_LINK);
    ck_assert_uint_eq(lab.ticks, 1);
    net_want(&net, "tick@lab", "2");
    net_done(&net);
}
END_TEST

static void keep_copy(void *ctx, struct span bytes)
{
    struct net_msg *m = ctx;

    ck_assert_ptr_null(m->bytes);
    m->bytes = malloc(bytes.len);
    memcpy(m->bytes, bytes.at, bytes.len);
    m->n = bytes.len;
}

// Answers leave and are taken in an older session as well; its requests wait for the newer one.
START_TEST(test_older_answers)
{
    struct net_sent *x, *y;
    struct session *old_a, *old_b;
    struct net_msg m = {.n = 0};
    const struct unit five = unit_int(5);

    net_init(&net, true);
    old_a = net.a.s;
    old_b = net.b.s;
    x = net_send(&net, "hold@lab");
    net_run(&net);
    y = net_send(&net, "tick@lab");
    net_connect_beside(&net, LEAVE_A | LEAVE_B);
    ck_assert(session_over(old_a) && session_over(old_b));
    ck_assert(!session_ready(old_a, net.a.sim.now_ns));
    old_a->acks_n = old_a->acks_new = 1;
    ck_assert_int_eq(session_flush(old_a, keep_copy, &m), ERR_OK); // that, and nothing else
    ck_assert_int_eq(late(old_b, &m), ERR_OK);
    m = (struct net_msg){.n = 0};
    call_answer(lab.holds[0], &five);
    (void)kernel_step(net.b.k);
    ck_assert_int_eq(session_flush(old_b, keep_copy, &m), ERR_OK);
    ck_assert_int_eq(late(old_a, &m), ERR_OK);
    ck_assert_str_eq(x->text, "5");
    net_close_old(&net.a);
    net_run(&net);
    ck_assert_str_eq(y->text, "1");
    net_done(&net);
}
END_TEST

// Without an acknowledgement an entry goes by time; the session goes before it.
START_TEST(test_hour)
{
    struct net_sent *x, *y;
    struct net_msg m;

    net_init(&net, true);
    x = net_send(&net, "tick@lab");
    net_flush(&net, false);
    m = held();
    net.b.sim.now_ns += SESSION_LIFE_MS * ms - 1;
    ck_assert(!session_over(net.b.s));
    ck_assert_uint_eq(session_step(net.b.s), net.b.sim.now_ns + 1);
    net.b.sim.now_ns += 1;
    ck_assert_int_eq(late(net.b.s, &m), ERR_LINK);
    ck_assert(session_over(net.b.s));
    ck_assert_uint_eq(lab.ticks, 0);
    net.a.sim.now_ns += SESSION_LIFE_MS * ms;
    y = net_send(&net, "tick@lab");
    ck_assert_int_eq(y->e, ERR_LINK);
    ck_assert_uint_eq(x->ends, 0);
    net_done(&net);
}
END_TEST

START_TEST(test_hour_step)
{
    net_init(&net, true);
    ck_assert_uint_eq(session_step(net.a.s), net.a.sim.now_ns + SESSION_LIFE_MS * ms);
    net.a.sim.now_ns += SESSION_LIFE_MS * ms;
    ck_assert_uint_eq(session_step(net.a.s), UINT64_MAX);
    ck_assert(session_over(net.a.s));
    net_done(&net);
}
END_TEST

// ---- Copies

// B ran it, and was put back to before that. A tells it; then B is another memory, to which A does
// not send again, and what comes late is not run.
START_TEST(test_executor)
{
    struct net_sent *x;
    struct windows in;
    uint8_t epoch[16];
    struct net_msg m;

    net_init(&net, true);
    memcpy(epoch, net.b.replies.epoch, sizeof epoch);
    in = net.b.s->in;
    x = net_send(&net, "tick@lab");
    net_flush(&net, false);
    m = net.wire[0];
    m.bytes = malloc(m.n);
    memcpy(m.bytes, net.wire[0].bytes, m.n);
    (void)!net_take(&net);
    net_want(&net, "tick@lab", "2"); // both are answered; A has heard of B
    ck_assert_str_eq(x->text, "1");
    x->used = false;
    arena_fini(&x->arena);

    x = net_send(&net, "hold@lab"); // A waits for this one
    net_flush(&net, false);
    while (net.wire_n)
        (void)!net_take(&net);
    net.b.s->in = in; // B is put back
    memset(net.b.s->out, 0, sizeof net.b.s->out);
    execute_fini(&net.b.replies);
    replies_fini(&net.b.replies);
    {
        struct session *s = net.b.replies.sessions;

        replies_init(&net.b.replies, &net.b.sim.mem.mem, epoch);
        net.b.replies.sessions = s;
    }
    net_flush(&net, true);                   // nothing: it has no answers any more
    net.b.s->acks_n = net.b.s->acks_new = 1; // a word, at a place that was used
    net.a.sim.now_ns += SESSION_ACK_MS * ms;
    net.b.sim.now_ns += SESSION_ACK_MS * ms;
    net_flush(&net, true);
    ck_assert_int_eq(net_take(&net), ERR_REPLAY);
    net_flush(&net, false);
    while (net.wire_n)
        (void)!net_take(&net);
    ck_assert(session_over(net.b.s));
    ck_assert_mem_ne(net.b.replies.epoch, epoch, sizeof epoch);
    ck_assert_int_eq(late(net.b.s, &m), ERR_LINK); // the first one, late
    ck_assert_uint_eq(lab.ticks, 2);
    ck_assert_uint_eq(x->ends, 0);
    net_connect(&net);
    ck_assert_int_eq(x->e, ERR_NODE_LOST);
    net_run(&net);
    net_want(&net, "tick@lab", "3");
    net_done(&net);
}
END_TEST

// What B says to A in a session of theirs, truly signed.
static void say(struct session *from, struct session *to, const char *word)
{
    struct test_mem mem;
    struct arena a;
    struct msg m = {.ttl_ms = 5};
    struct span bytes = {NULL, 0};

    test_mem_init(&mem);
    a = test_arena(&mem);
    m.body = test_unit(&a, word);
    memcpy(m.cluster, from->head.cluster, 32);
    memcpy(m.to, net.a.own.node.public, 32);
    memcpy(m.session, from->head.session, 16);
    m.ctr = from->out[0]++;
    ck_assert_int_eq(msg_sign(&a, &net.b.own, &m, &bytes, NULL), ERR_OK);
    ck_assert_int_eq(session_in(to, bytes, NULL), ERR_OK);
    arena_fini(&a);
    test_mem_done(&mem);
}

// Told twice of the same copy it is named anew once, also without random bytes; of another one
// again.
START_TEST(test_epochs)
{
    uint8_t epoch[3][16];

    net_init(&net, true);
    net.a.sim.no_random = _i == 1;
    memcpy(epoch[0], net.a.replies.epoch, 16);
    say(net.b.s, net.a.s, "(seen (0 99))");
    memcpy(epoch[1], net.a.replies.epoch, 16);
    say(net.b.s, net.a.s, "(seen (0 99))");
    ck_assert_mem_eq(epoch[1], net.a.replies.epoch, 16);
    net_connect(&net);
    say(net.b.s, net.a.s, "(seen (0 99))");
    memcpy(epoch[2], net.a.replies.epoch, 16);
    ck_assert_mem_ne(epoch[0], epoch[1], 16);
    ck_assert_mem_ne(epoch[1], epoch[2], 16);
    net_done(&net);
}
END_TEST

// The name depends on the session, where random bytes, time and the name before are the same.
START_TEST(test_epoch_of_session)
{
    uint8_t epoch[2][16];

    for (int i = 0; i < 2; i++) {
        net_init(&net, true);
        net.a.sim.no_random = true;
        net.session = (uint8_t)(50 + i);
        net_connect(&net);
        say(net.b.s, net.a.s, "(seen (0 99))");
        memcpy(epoch[i], net.a.replies.epoch, 16);
        net_done(&net);
    }
    ck_assert_mem_ne(epoch[0], epoch[1], 16);
}
END_TEST

// A waited for it when the copy was made. It was answered since, and forgotten; then A is put back
// and told so. It is not asked again.
START_TEST(test_requester)
{
    struct net_sent *x, *y;
    int64_t out[WINDOW_STREAMS];
    uint8_t id[16];

    net_init(&net, true);
    x = net_send(&net, "tick@lab");
    net_flush(&net, false);
    memcpy(out, net.a.s->out, sizeof out);
    memcpy(id, x->r.id, sizeof id);
    net_run(&net);
    ck_assert_str_eq(x->text, "1");
    net_want(&net, "(neg 5)@math.calc", "-5");
    net_pass(&net, SESSION_ACK_MS);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);

    memcpy(net.a.s->out, out, sizeof out);
    y = net_send(&net, "tick@lab");
    memcpy(y->r.id, id, sizeof id);
    session_waits(net.a.s, &y->r);
    y->r.ctr = 0;
    net.a.s->acks_new = 1; // a word, at a place that was used
    net_pass(&net, SESSION_ACK_MS);
    ck_assert(session_over(net.a.s));
    net_connect(&net);
    net_run(&net);
    ck_assert_int_eq(y->e, ERR_NODE_LOST);
    ck_assert(session_unknown(y->e));
    ck_assert_uint_eq(lab.ticks, 1);
    net_want(&net, "tick@lab", "2");
    net_done(&net);
}
END_TEST

// The same, told in an older session after a newer one has begun.
START_TEST(test_requester_late)
{
    struct net_sent *x;
    struct session *old_a, *old_b;

    net_init(&net, true);
    x = net_send(&net, "hold@lab");
    net_run(&net);
    old_a = net.a.s;
    old_b = net.b.s;
    net_connect_beside(&net, LEAVE_A | LEAVE_B);
    say(old_b, old_a, "(seen (0 99))");
    ck_assert_uint_eq(x->ends, 0);
    net_close_old(&net.a);
    ck_assert_int_eq(x->e, ERR_NODE_LOST);
    net_done(&net);
}
END_TEST

// A message that somebody sends again does not make its sender think that it was put back, though
// it waits for the answer.
START_TEST(test_copied)
{
    struct net_sent *x;
    const struct unit five = unit_int(5);

    net_init(&net, true);
    x = net_send(&net, "hold@lab");
    net_run(&net);
    ck_assert_int_eq(session_in(net.b.s, (struct span){net.tape[0].bytes, net.tape[0].n}, NULL),
                     ERR_REPLAY);
    ck_assert(!net.b.s->tell);
    net_run(&net);
    ck_assert(!session_over(net.a.s));
    call_answer(lab.holds[0], &five);
    net_run(&net);
    ck_assert_str_eq(x->text, "5");
    net_done(&net);
}
END_TEST

// ---- Acknowledgements

static void all_answered(void)
{
    for (unsigned i = 0; i < SENT_MAX; i++) {
        struct net_sent *x = &net.sent[i];

        if (!x->used)
            continue;
        ck_assert_uint_eq(x->ends, 1);
        arena_fini(&x->arena);
        x->used = false;
    }
    while (net.tape_n)
        free(net.tape[--net.tape_n].bytes);
}

// Each is answered, and B does not hear that the answer came.
static void unacknowledged(unsigned n)
{
    for (unsigned all = 0; all < n;) {
        for (unsigned i = 0; i < 256 && all < n; i++, all++)
            (void)net_send(&net, "tick@lab");
        net_flush(&net, false);
        while (net.wire_n)
            (void)!net_take(&net);
        net_flush(&net, true);
        while (net.wire_n)
            (void)!net_take(&net);
        net.lose = true;
        net_flush(&net, false);
        net.lose = false;
        all_answered();
    }
    ck_assert_uint_eq(net.b.replies.peers->n, n);
}

// They are said again in the next session, and in the one after that.
START_TEST(test_acks)
{
    net_init(&net, true);
    unacknowledged(REPLIES_MAX);
    net_connect(&net);
    net_connect(&net); // what was said in between is lost, too
    ck_assert(session_ready(net.a.s, net.a.sim.now_ns));
    net_run(&net);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    net_want(&net, "(neg 5)@math.calc", "-5");
    net_done(&net);
}
END_TEST

// More at once than fit in one message; none is left out.
START_TEST(test_acks_many)
{
    net_init(&net, true);
    for (unsigned i = 0; i < 200; i++)
        (void)net_send(&net, "tick@lab");
    net_run(&net);
    net_pass(&net, SESSION_ACK_MS);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    net_done(&net);
}
END_TEST

// A began anew: it knows of none, and asks for none again.
START_TEST(test_acks_anew)
{
    net_init(&net, true);
    unacknowledged(REPLIES_MAX);
    net_cut(&net);
    net.a.replies.epoch[0] ^= 1;
    net_connect(&net);
    net_want(&net, "(neg 5)@math.calc", "-5");
    net_pass(&net, SESSION_ACK_MS);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    net_done(&net);
}
END_TEST

// To another memory of B they mean nothing: they are not said.
START_TEST(test_acks_other)
{
    net_init(&net, true);
    net_want(&net, "tick@lab", "1");
    net_restart_b(&net);
    net_connect(&net);
    ck_assert_uint_eq(net.a.s->acks_n, 0);
    net_done(&net);
}
END_TEST

// On its way when it was due, and then the session ends, or it leaves: it goes as others do.
START_TEST(test_due)
{
    net_init(&net, true);
    (void)net_send(&net, "tick@lab");
    net_flush(&net, false);
    (void)!net_take(&net);
    net.b.sim.now_ns += (REPLIES_KEPT_MS + 1000) * ms;
    (void)execute_step(&net.b.replies, net.b.sim.now_ns);
    ck_assert(net.b.replies.peers->list[REPLY_KEPT].first->queued);
    if (_i)
        net_flush(&net, true);
    else
        net_cut(&net);
    (void)execute_step(&net.b.replies, net.b.sim.now_ns);
    ck_assert_ptr_null(net.b.replies.peers->list[REPLY_KEPT].first);
    net.b.sim.now_ns += REPLIES_GONE_MS * ms;
    (void)execute_step(&net.b.replies, net.b.sim.now_ns);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    net_done(&net);
}
END_TEST

Suite *cluster_once_suite(void)
{
    Suite *s = suite_create("cluster/once");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_older);
    tcase_add_test(t, test_older_answers);
    tcase_add_test(t, test_hour);
    tcase_add_test(t, test_hour_step);
    tcase_add_test(t, test_executor);
    tcase_add_loop_test(t, test_epochs, 0, 2);
    tcase_add_test(t, test_epoch_of_session);
    tcase_add_test(t, test_requester);
    tcase_add_test(t, test_requester_late);
    tcase_add_test(t, test_copied);
    tcase_add_test(t, test_acks);
    tcase_add_test(t, test_acks_many);
    tcase_add_test(t, test_acks_anew);
    tcase_add_test(t, test_acks_other);
    tcase_add_loop_test(t, test_due, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
