// SPDX-License-Identifier: MIT
// Two nodes, and anything in any order; and memory that fails in every place.
#include "cluster/session.h"

#include "tests/check/cluster_fix.h"

static struct net net; // two machines: too large for the stack

// ---- Anything, in any order: each request ends once, and is run once at most.

static uint64_t rnd(uint64_t *r)
{
    *r = *r * 6364136223846793005u + 1442695040888963407u;
    return *r >> 33;
}

static void anything(uint64_t *r, int64_t old[WINDOW_STREAMS])
{
    size_t i;

    switch (rnd(r) % 16) {
    case 0:
    case 1:
    case 2: // B is not taken out of step: what runs there ends at once, or waits for a while
        (void)net_send_for(&net,
                           rnd(r) % 3 ? "tick@lab" : "(seq [(wait 3000000)@lab tick@lab])@lab",
                           1 + (int64_t)rnd(r) % 20000);
        break;
    case 3:
    case 4:
    case 5:
        net_flush(&net, rnd(r) % 2);
        break;
    case 6:
    case 7:
    case 8:
    case 9: // overtaking
        if (!net.wire_n)
            break;
        i = rnd(r) % net.wire_n;
        if (i) {
            struct net_msg m = net.wire[i];

            net.wire[i] = net.wire[0];
            net.wire[0] = m;
        }
        (void)!net_take(&net);
        break;
    case 10: // again, from any time
        if (net.tape_n) {
            const struct net_msg *m = &net.tape[rnd(r) % net.tape_n];

            (void)!session_in(m->to_b ? net.b.s : net.a.s, (struct span){m->bytes, m->n}, NULL);
        }
        break;
    case 11: // lost
        if (net.wire_n)
            free(net.wire[--net.wire_n].bytes);
        break;
    case 12:
        if (rnd(r) % 4 == 0)
            net_connect(&net);
        break;
    case 13:
        if (rnd(r) % 20 == 0) {
            net_restart_b(&net);
            net_connect(&net);
        }
        break;
    case 14: // a copy is made, or restored
        if (rnd(r) % 4)
            memcpy(old, net.a.s->out, sizeof net.a.s->out);
        else
            memcpy(net.a.s->out, old, sizeof net.a.s->out);
        break;
    default:
        net.a.sim.now_ns += rnd(r) % 500 * 1000000;
        net.b.sim.now_ns += rnd(r) % 500 * 1000000;
        (void)kernel_step(net.b.k);
        (void)execute_step(&net.b.replies, net.b.sim.now_ns);
        (void)session_step(net.a.s);
    }
    if (session_over(net.a.s)) {
        memset(old, 0, sizeof net.a.s->out);
        net_connect(&net);
    }
}

START_TEST(test_anything)
{
    int64_t old[WINDOW_STREAMS] = {0};
    uint64_t r = 1 + (uint64_t)_i;
    unsigned sent = 0, good = 0;
    bool seen[SENT_MAX + 1] = {false};

    net_init(&net, true);
    while (net.tape_n < WIRE_MAX / 2 && !net.sent[SENT_MAX - 2].used) {
        uint8_t session = net.session;

        anything(&r, old);
        if (session != net.session) // a copy of another session is worth nothing
            memset(old, 0, sizeof old);
        ck_assert_uint_lt(net.session, 250);
    }
    net_connect(&net);
    net_run(&net);
    net_pass(&net, 25000);
    for (size_t i = 0; i < SENT_MAX && net.sent[i].used; i++) {
        const struct net_sent *x = &net.sent[i];
        unsigned long tick;

        sent++;
        ck_assert_msg(x->ends == 1, "seed %d: request %zu ended %u times", _i, i, x->ends);
        if (x->e)
            continue;
        tick = strtoul(x->text, NULL, 10); // each one another
        ck_assert_msg(tick && tick <= SENT_MAX && !seen[tick], "seed %d: %s", _i, x->text);
        seen[tick] = true;
        good++;
    }
    ck_assert_msg(lab.ticks <= sent, "seed %d: %u sent, %u run", _i, sent, lab.ticks);
    ck_assert_uint_gt(good, sent / 10); // and most of the time it works
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

Suite *cluster_storm_suite(void)
{
    Suite *s = suite_create("cluster/storm");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_anything, 0, 20);
    tcase_add_loop_test(t, test_no_memory, 0, STAGES);
    suite_add_tcase(s, t);
    return s;
}
