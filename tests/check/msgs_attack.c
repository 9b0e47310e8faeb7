// SPDX-License-Identifier: MIT
// What somebody does who has seen every message between two nodes: he changes them, sends them
// again, and to others. Nothing is executed that was not sent, and nothing twice. The same with a
// thousand messages and a million changes: tests/soak/forge.c.
#define _GNU_SOURCE // memmem
#include "tests/check/cluster_fix.h"

static struct net net;

static enum err in(struct session *s, const struct net_msg *m)
{
    return session_in(s, (struct span){m->bytes, m->n}, NULL);
}

// Asserts that B takes nothing of it.
static void refused(const struct net_msg *m, const char *what, size_t at)
{
    uint64_t executed = net.b.replies.executed;
    enum err e = in(net.b.s, m);

    if (!e || net.b.replies.executed != executed || net.b.s->refused_n || net.b.s->answers)
        ck_abort_msg("%s %zu is believed: %s", what, at, err_word(e));
}

// ---- Changed

// Requests alone and in batches; answers and words of A.
static const struct {
    const char *texts[3];
} flip_rows[] = {
    {{"(neg 5)@math.calc"}},
    {{"{a:[1 (b c)] d:%`AAEC`}@test.echo", "5@math.calc", "x@test.echo"}},
};

static void flips(struct net_msg *m)
{
    for (size_t bit = 0; bit < 8 * m->n; bit++) {
        m->bytes[bit / 8] ^= (char)(1 << bit % 8);
        refused(m, "bit", bit);
        m->bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t n = 0; n < m->n; n++) {
        struct net_msg cut = {true, malloc(n + 1), n};

        memcpy(cut.bytes, m->bytes, n);
        refused(&cut, "cut at", n);
        free(cut.bytes);
    }
}

START_TEST(test_flips)
{
    net_init(&net, true);
    for (size_t i = 0; i < COUNT(flip_rows[_i].texts) && flip_rows[_i].texts[i]; i++)
        (void)net_send(&net, flip_rows[_i].texts[i]);
    net_flush(&net, false);
    for (size_t i = 0; i < net.wire_n; i++)
        flips(&net.wire[i]);
    // A place is not used up by what was refused.
    net_run(&net);
    ck_assert_uint_eq(net.b.replies.executed, net.sent[2].used ? 3 : 1);
    net_done(&net);
}
END_TEST

// A message from A that is no request: an acknowledgement.
START_TEST(test_flips_word)
{
    size_t kept;

    net_init(&net, true);
    net_want(&net, "tick@lab", "1");
    net_run(&net);
    kept = net.b.replies.peers->n;
    ck_assert_uint_eq(kept, 1);
    net.lose = true;
    net_pass(&net, SESSION_ACK_MS);
    flips(&net.tape[net.tape_n - 1]);
    ck_assert_uint_eq(net.b.replies.peers->n, kept);
    ck_assert_int_eq(in(net.b.s, &net.tape[net.tape_n - 1]), ERR_OK);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
    net_done(&net);
}
END_TEST

// Of two batches, all mixtures of proof and message but the true ones.
START_TEST(test_mixed)
{
    static char mixed[2048];
    size_t proof[6];

    net_init(&net, true);
    for (unsigned i = 0; i < 6; i++) {
        (void)net_send(&net, "(neg 5)@math.calc");
        if (i % 3 == 2)
            net_flush(&net, false);
    }
    ck_assert_uint_eq(net.wire_n, 6);
    for (unsigned i = 0; i < 6; i++)
        proof[i] = batch_proof_bytes(i % 3, 3);
    for (unsigned i = 0; i < 6; i++)
        for (unsigned k = 0; k < 6; k++) {
            struct net_msg m = {true, mixed, proof[i] + net.wire[k].n - proof[k]};

            if (i == k)
                continue;
            memcpy(mixed, net.wire[i].bytes, proof[i]);
            memcpy(mixed + proof[i], net.wire[k].bytes + proof[k], net.wire[k].n - proof[k]);
            refused(&m, "mixture", 6 * i + k);
        }
    // The signature of a root is none of a message alone, nor the other way round.
    for (unsigned i = 0; i < 6; i++) {
        struct net_msg m = {true, mixed, SIGN_BYTES + net.wire[i].n - proof[i]};

        memcpy(mixed, net.wire[i].bytes, SIGN_BYTES);
        memcpy(mixed + SIGN_BYTES, net.wire[i].bytes + proof[i], net.wire[i].n - proof[i]);
        refused(&m, "root's signature", i);
    }
    net_run(&net);
    ck_assert_uint_eq(net.b.replies.executed, 6);
    net_done(&net);
}
END_TEST

// ---- Again

// REPLAYS=n: as many of each kind.
static unsigned long replays(void)
{
    const char *n = getenv("REPLAYS");

    return n ? strtoul(n, NULL, 10) : 200000;
}

static void traffic(void)
{
    for (unsigned i = 0; i < 30; i++) {
        (void)net_send(&net, i % 2 ? "tick@lab" : "(neg 5)@math.calc");
        if (i % 5 == 0)
            net_run(&net);
    }
    net_run(&net);
    net_pass(&net, SESSION_ACK_MS); // all are acknowledged, and forgotten
    ck_assert_uint_eq(lab.ticks, 15);
    ck_assert_uint_eq(net.b.replies.peers_n, 0);
}

static void replay(const char *what)
{
    size_t at = 0;

    for (unsigned long i = 0; i < replays(); i++) {
        at = (at + 7) % net.tape_n;
        if (net.tape[at].to_b)
            refused(&net.tape[at], what, at);
    }
    ck_assert_uint_eq(lab.ticks, 15);
}

START_TEST(test_replays)
{
    int64_t old[WINDOW_STREAMS];
    size_t old_n;

    net_init(&net, true);
    traffic();
    replay("in the session");
    net_run(&net); // B has said that it saw them before
    ck_assert(!session_over(net.a.s));
    net_connect(&net);
    replay("in the next session");
    net_restart_b(&net);
    net_connect(&net);
    replay("after B began anew");
    net_cut(&net); // A begins anew
    memset(&net.a.slots, 0, sizeof net.a.slots);
    net_connect(&net);
    replay("after A began anew");

    // A older than it was: what it sends stands at used places.
    memcpy(old, net.a.s->out, sizeof old);
    for (unsigned i = 0; i < 5; i++)
        net_want(&net, "(neg 5)@math.calc", "-5");
    net_pass(&net, SESSION_ACK_MS);
    memcpy(net.a.s->out, old, sizeof old);
    old_n = net.tape_n;
    net.lose = true;
    for (unsigned i = 0; i < 5; i++)
        (void)net_send(&net, "tick@lab");
    net_flush(&net, false);
    net.lose = false;
    ck_assert_uint_eq(net.tape_n, old_n + 5);
    for (unsigned long i = 0; i < replays(); i++)
        refused(&net.tape[old_n + i % 5], "at a used place", i % 5);
    ck_assert_uint_eq(lab.ticks, 15);
    net_run(&net);
    ck_assert(session_over(net.a.s)); // and it works again in a new one
    net_connect(&net);
    net_run(&net);
    ck_assert_uint_eq(lab.ticks, 15);
    for (unsigned i = 0; i < 5; i++)
        net_want(&net, "tick@lab",
                 i == 0   ? "16"
                 : i == 1 ? "17"
                 : i == 2 ? "18"
                 : i == 3 ? "19"
                          : "20");
    net_done(&net);
}
END_TEST

// ---- To others

// What B expects differs in one thing from what A wrote.
static const struct {
    const char *what;
    enum err e;
} other_rows[] = {
    {"nothing", ERR_OK},        {"node", ERR_DENIED},    {"cluster", ERR_DENIED},
    {"no cluster", ERR_DENIED}, {"session", ERR_REPLAY}, {"user", ERR_BAD_SIGN},
    {"sender", ERR_BAD_SIGN},
};

START_TEST(test_others)
{
    static struct session s; // of another end, that hears the same messages
    const char *what = other_rows[_i].what;
    struct session_conf conf;
    struct identity own, third = fix_identity(50);
    struct cert peer;

    net_init(&net, true);
    (void)net_send(&net, "tick@lab");
    net_flush(&net, false);
    conf = net_conf(&net, true);
    own = net.b.own;
    peer = net.a.own.cert;
    conf.own = &own;
    conf.peer = &peer;
    if (!strcmp(what, "node"))
        memcpy(own.node.public, third.node.public, 32);
    if (!strcmp(what, "cluster"))
        conf.cluster[0] ^= 1;
    if (!strcmp(what, "no cluster"))
        memset(conf.cluster, 0, sizeof conf.cluster);
    if (!strcmp(what, "session"))
        conf.id[15] ^= 1;
    if (!strcmp(what, "user"))
        memcpy(peer.user, third.cert.user, 32);
    if (!strcmp(what, "sender"))
        peer = third.cert;
    ck_assert_int_eq(session_init(&s, &conf, NULL), ERR_OK);
    ck_assert_int_eq(in(&s, &net.wire[0]), other_rows[_i].e);
    ck_assert_uint_eq(lab.ticks, other_rows[_i].e == ERR_OK);
    session_fini(&s, NULL);
    net_done(&net);
}
END_TEST

// Another service, by whoever has no key: the name is changed, and all that follows from it.
START_TEST(test_other_service)
{
    char *at;

    net_init(&net, true);
    (void)net_send(&net, "tick@lab");
    net_flush(&net, false);
    at = memmem(net.wire[0].bytes, net.wire[0].n, "clab", 4); // the head of 3 bytes, and the name
    ck_assert_ptr_nonnull(at);
    memcpy(at, "cbal", 4);
    refused(&net.wire[0], "another service", 0);
    memcpy(at, "clab", 4);
    net_run(&net);
    ck_assert_uint_eq(lab.ticks, 1);
    net_done(&net);
}
END_TEST

// What B says to A is nothing that A said to B.
START_TEST(test_reflected)
{
    size_t n;

    net_init(&net, true);
    net_want(&net, "tick@lab", "1");
    net_pass(&net, SESSION_ACK_MS);
    n = net.tape_n;
    for (size_t i = 0; i < n; i++) {
        struct session *back = net.tape[i].to_b ? net.a.s : net.b.s;

        ck_assert_int_ne(in(back, &net.tape[i]), ERR_OK);
    }
    ck_assert_uint_eq(lab.ticks, 1);
    net_done(&net);
}
END_TEST

Suite *msgs_attack_suite(void)
{
    Suite *s = suite_create("msgs/attack");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, test_flips, 0, COUNT(flip_rows));
    tcase_add_test(t, test_flips_word);
    tcase_add_test(t, test_mixed);
    tcase_add_test(t, test_replays);
    tcase_add_loop_test(t, test_others, 0, COUNT(other_rows));
    tcase_add_test(t, test_other_service);
    tcase_add_test(t, test_reflected);
    suite_add_tcase(s, t);
    return s;
}
