// SPDX-License-Identifier: MIT
// Two nodes, and anything in any order; and memory that fails in every place.
#include "cluster/session.h"

#include "tests/check/cluster_fix.h"

static struct net net; // two machines: too large for the stack

// ---- Anything, in any order: each request ends once, and is run once at most.

// A copy of what one node knows of the session, and of what it asked or was asked.
struct copy {
    bool is;
    uint8_t session;
    struct windows in;
    int64_t out[WINDOW_STREAMS];
    uint8_t ids[SENT_MAX][16]; // A: of its requests that wait; B: of those it has heard of
    size_t of[SENT_MAX], n;    // A: where they are in net.sent
};

struct storm {
    uint64_t rnd;
    int64_t old[WINDOW_STREAMS];
    struct copy a, b;
    unsigned restored_a, restored_b, again; // how often
};

static struct storm storm;

static uint64_t rnd(void)
{
    storm.rnd = storm.rnd * 6364136223846793005u + 1442695040888963407u;
    return storm.rnd >> 33;
}

static void copy_begin(struct copy *c, const struct session *s)
{
    *c = (struct copy){.is = true, .session = net.session, .in = s->in};
    memcpy(c->out, s->out, sizeof c->out);
}

static void copy_a(void)
{
    struct copy *c = &storm.a;

    copy_begin(c, net.a.s);
    for (size_t i = 0; i < SENT_MAX; i++)
        if (net.sent[i].used && !net.sent[i].ends && net.sent[i].r.sent) {
            memcpy(c->ids[c->n], net.sent[i].r.id, 16);
            c->of[c->n++] = i;
        }
}

static void copy_b(void)
{
    struct copy *c = &storm.b;
    const struct reply_peer *p = net.b.replies.peers;

    copy_begin(c, net.b.s);
    for (int i = 0; p && i < REPLY_STATES; i++)
        for (const struct reply *e = p->list[i].first; e && c->n < SENT_MAX; e = e->next)
            memcpy(c->ids[c->n++], e->req, 16);
}

static bool knows(const struct copy *c, const uint8_t id[16])
{
    for (size_t i = 0; i < c->n; i++)
        if (!memcmp(c->ids[i], id, 16))
            return true;
    return false;
}

// Would a word at the place of the copy tell its sender that it is an older one? Nobody can tell it
// to one that has sent nothing since which arrived, nor can one that counts wrongly itself.
static bool would_show(const struct copy *c, const struct session *s, const struct session *other)
{
    return c->is && c->session == net.session && !session_over(s) && !session_over(other) &&
           !window_open(&other->in, c->out[0]) && other->in.stream[0].next > c->out[0] + 1 &&
           window_open(&c->in, other->out[0]);
}

// This end says a word, is told, and knows.
static void tell(bool to_b)
{
    struct session *s = to_b ? net.b.s : net.a.s;
    size_t first;

    s->acks_n++;
    s->acks_new++;
    net.a.sim.now_ns += SESSION_TELL_MS * (uint64_t)1000000;
    net.b.sim.now_ns += SESSION_TELL_MS * (uint64_t)1000000;
    first = net.wire_n;
    net_flush(&net, to_b);
    net_hear(&net, &net.wire[first]);
    first = net.wire_n;
    net_flush(&net, !to_b);
    ck_assert_uint_gt(net.wire_n, first);
    net_hear(&net, &net.wire[first]);
    ck_assert(session_over(s));
}

// A is put back: it waits for what was answered since. It is told before it sends anything else;
// nothing else could help it.
static void restore_a(void)
{
    struct copy *c = &storm.a;
    struct session *s = net.a.s;

    if (!would_show(c, s, net.b.s) || s->queue.first)
        return;
    memcpy(s->out, c->out, sizeof s->out);
    s->in = c->in;
    for (size_t i = 0; i < c->n; i++) {
        struct net_sent *x;

        if (!net.sent[c->of[i]].ends || net.sent[SENT_MAX - 2].used)
            continue;
        x = net_send_for(&net, "tick@lab", 20000);
        if (x->ends)
            continue;
        x->again = true;
        memcpy(x->r.id, c->ids[i], 16);
        session_waits(s, &x->r);
        x->r.ctr = -1;
        storm.again++;
    }
    tell(false);
    storm.restored_a++;
    c->is = false;
}

// Of what B runs, or has run: something that the copy knows nothing of.
static struct reply *unknown(const struct copy *c, bool runs)
{
    const struct reply_peer *p = net.b.replies.peers;

    for (int i = runs ? REPLY_RUNS : REPLY_KEPT; p && i <= (runs ? REPLY_RUNS : REPLY_GONE); i++)
        for (struct reply *e = p->list[i].first; e; e = e->next)
            if (!knows(c, e->req))
                return e;
    return NULL;
}

// B is put back: it knows nothing of what it was asked since.
static void restore_b(void)
{
    struct copy *c = &storm.b;
    struct session *s = net.b.s;
    struct reply *e;

    if (!would_show(c, s, net.a.s))
        return;
    while ((e = unknown(c, true)))
        task_cancel(e->task);
    (void)execute_step(&net.b.replies, net.b.sim.now_ns);
    net.lose = true; // what it was about to say then
    for (int i = 0; i < SLOTS; i++)
        if (net.b.open[i])
            net_flush_of(&net, true, &net.b.slots[i]);
    net.lose = false;
    while ((e = unknown(c, false)))
        reply_forget(&net.b.replies, e);
    memcpy(s->out, c->out, sizeof s->out);
    s->in = c->in;
    tell(true);
    storm.restored_b++;
    c->is = false;
}

static void anything(void)
{
    size_t i;

    switch (rnd() % 18) {
    case 0:
    case 1:
    case 2: // B is not taken out of step: what runs there ends at once, or waits for a while
        (void)net_send_for(&net, rnd() % 3 ? "tick@lab" : "(seq [(wait 3000000)@lab tick@lab])@lab",
                           1 + (int64_t)rnd() % 20000);
        break;
    case 3:
    case 4:
    case 5:
        net_flush(&net, rnd() % 2);
        break;
    case 6:
    case 7:
    case 8:
    case 9: // overtaking
        if (!net.wire_n)
            break;
        i = rnd() % net.wire_n;
        if (i) {
            struct net_msg m = net.wire[i];

            net.wire[i] = net.wire[0];
            net.wire[0] = m;
        }
        (void)!net_take(&net);
        break;
    case 10:
    case 11: // again, or for the first time, from any time, at all ends that are open
        if (net.tape_n)
            net_hear(&net, &net.tape[rnd() % net.tape_n]);
        break;
    case 12: // lost
        if (net.wire_n)
            free(net.wire[--net.wire_n].bytes);
        break;
    case 13:
        if (rnd() % 4 == 0)
            net_connect_beside(&net, (unsigned)rnd() % 4);
        if (rnd() % 8 == 0)
            net_close_old(rnd() % 2 ? &net.a : &net.b);
        break;
    case 14:
        if (rnd() % 20 == 0) {
            net_restart_b(&net);
            net_connect_beside(&net, rnd() % 2 ? LEAVE_A : 0);
        }
        break;
    case 15: // A counts as it did before, without a word
        if (rnd() % 4)
            memcpy(storm.old, net.a.s->out, sizeof storm.old);
        else
            memcpy(net.a.s->out, storm.old, sizeof storm.old);
        break;
    case 16: // a copy of the machine is made, or put back
        if (rnd() % 3)
            rnd() % 2 ? copy_a() : copy_b();
        else if (rnd() % 2)
            restore_a();
        else
            restore_b();
        break;
    default:
        net.a.sim.now_ns += rnd() % 500 * 1000000;
        net.b.sim.now_ns += rnd() % 500 * 1000000;
        (void)kernel_step(net.b.k);
        (void)execute_step(&net.b.replies, net.b.sim.now_ns);
        (void)session_step(net.a.s);
    }
    if ((session_over(net.a.s) || session_over(net.b.s)) && rnd() % 4 == 0)
        net_connect_beside(&net, (unsigned)rnd() % 4);
}

// What was answered, each by another run of its own; one that has the name of another may have its
// answer.
static unsigned answered(void)
{
    bool seen[SENT_MAX + 1] = {false};
    unsigned good = 0;

    for (size_t i = 0; i < SENT_MAX && net.sent[i].used; i++) {
        const struct net_sent *x = &net.sent[i];
        unsigned long tick;

        ck_assert_msg(x->ends == 1, "request %zu ended %u times", i, x->ends);
        if (x->e || x->again)
            continue;
        tick = strtoul(x->text, NULL, 10);
        ck_assert_msg(tick && tick <= SENT_MAX && !seen[tick], "%s", x->text);
        seen[tick] = true;
        good++;
    }
    return good;
}

// STORM_FROM=n: other storms than those of every day.
START_TEST(test_anything)
{
    const char *from = getenv("STORM_FROM");
    unsigned sent = 0, good;

    storm = (struct storm){.rnd = 1 + (uint64_t)_i + (from ? strtoul(from, NULL, 10) : 0)};
    net_init(&net, true);
    while (net.tape_n < WIRE_MAX / 2 && !net.sent[SENT_MAX - 2].used) {
        uint8_t session = net.session;

        anything();
        if (session != net.session) // a copy of another session is worth nothing
            memset(storm.old, 0, sizeof storm.old);
        ck_assert_uint_lt(net.session, 250);
    }
    net_connect(&net);
    net_close_old(&net.a);
    net_run(&net);
    net_pass(&net, 25000);
    for (size_t i = 0; i < net.tape_n; i++)
        net_hear(&net, &net.tape[i]);
    net_run(&net);
    good = answered();
    for (size_t i = 0; i < SENT_MAX && net.sent[i].used; i++)
        sent += !net.sent[i].again;
    ck_assert_msg(lab.ticks <= sent, "seed %d: %u sent, %u run", _i, sent, lab.ticks);
    ck_assert_uint_gt(good, sent / 10); // and most of the time it works
    if (from)
        printf("%d: %u sent, %u run, %u answered, A put back %u, B %u times, %u asked again\n", _i,
               sent, lab.ticks, good, storm.restored_a, storm.restored_b, storm.again);
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
