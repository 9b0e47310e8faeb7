// SPDX-License-Identifier: MIT
#include "tests/check/cluster_fix.h"

static const uint64_t ms = 1000000;

// ---- Nodes

static void epoch_of(struct net *n, uint8_t epoch[16])
{
    memset(epoch, ++n->epoch, 16);
}

static void node_init(struct net *n, struct net_node *x, uint64_t seed)
{
    uint8_t epoch[16];

    sim_init(&x->sim, seed);
    x->sim.now_ns = 1000 * ms;
    x->k = lab_kernel(&x->sim);
    epoch_of(n, epoch);
    replies_init(&x->replies, &x->sim.mem.mem, epoch);
}

// A acts for the owner of B: his key has signed for A's node.
static void certify(struct net *n)
{
    struct net_node *a = &n->a, *b = &n->b;
    struct key_files files = {b->sim.plat.file->ctx, b->sim.plat.file->has, b->sim.plat.file->load,
                              b->sim.plat.file->make};
    struct sign_key user;
    struct cert c = a->own.cert;

    ck_assert_int_eq(identity_user(&b->sim.mem.mem, &files, &user, NULL), ERR_OK);
    cert_make(&user, &c, a->own.cert_bytes, &a->own.cert_n);
    a->own.cert = c;
}

void net_init(struct net *n, bool same_user)
{
    const struct identity *id;

    memset(n, 0, sizeof *n);
    node_init(n, &n->a, 1);
    node_init(n, &n->b, 2);
    n->cluster = 0xC1;
    ck_assert_int_eq(kernel_identity(n->b.k, NULL, &id), ERR_OK);
    n->b.own = *id;
    n->a.own = fix_identity(0);
    if (same_user)
        certify(n);
    net_connect(n);
}

struct session_conf net_conf(struct net *n, bool of_b)
{
    struct net_node *x = of_b ? &n->b : &n->a, *y = of_b ? &n->a : &n->b;
    struct session_conf c = {
        .kernel = x->k,
        .plat = &x->sim.plat,
        .own = &x->own,
        .peer = &y->own.cert,
        .replies = &x->replies,
        .clock = &x->clock,
        .peer_ms = kernel_time_ms(y->k),
    };

    memset(c.id, n->session, sizeof c.id);
    memset(c.cluster, n->cluster, sizeof c.cluster);
    memcpy(c.peer_epoch, y->replies.epoch, sizeof c.peer_epoch);
    return c;
}

static void slot_close(struct net_node *x, struct session *s, struct session *next)
{
    if (x->open[s - x->slots])
        session_fini(s, next);
    x->open[s - x->slots] = false;
}

static void close_all(struct net_node *x)
{
    for (int i = 0; i < SLOTS; i++)
        slot_close(x, &x->slots[i], NULL);
    x->up = false;
}

void net_close_old(struct net_node *x)
{
    for (int i = 0; i < SLOTS; i++)
        if (&x->slots[i] != x->s)
            slot_close(x, &x->slots[i], x->up ? x->s : NULL);
}

static void end_connect(struct net *n, bool of_b, bool leave)
{
    struct net_node *x = of_b ? &n->b : &n->a;
    struct session *old = x->s, *next = &x->slots[old ? (old - x->slots + 1) % SLOTS : 0];
    struct session_conf conf = net_conf(n, of_b);
    struct fail f = {.why = ""};

    slot_close(x, next, x->up ? old : NULL);
    ck_assert_msg(!session_init(next, &conf, &f), "%s", f.why);
    if (x->up && !leave)
        slot_close(x, old, next);
    x->s = next;
    x->open[next - x->slots] = x->up = true;
}

void net_connect_beside(struct net *n, unsigned leave)
{
    n->session++;
    while (n->wire_n)
        free(n->wire[--n->wire_n].bytes);
    end_connect(n, false, leave & LEAVE_A);
    end_connect(n, true, leave & LEAVE_B);
}

void net_connect(struct net *n)
{
    net_connect_beside(n, 0);
}

void net_cut(struct net *n)
{
    close_all(&n->a);
    close_all(&n->b);
    while (n->wire_n)
        free(n->wire[--n->wire_n].bytes);
}

void net_restart_b(struct net *n)
{
    struct net_node *b = &n->b;
    uint8_t epoch[16];

    close_all(b);
    execute_fini(&b->replies);
    replies_fini(&b->replies);
    epoch_of(n, epoch);
    replies_init(&b->replies, &b->sim.mem.mem, epoch);
}

void net_done(struct net *n)
{
    net_cut(n);
    for (size_t i = 0; i < SENT_MAX; i++) {
        if (!n->sent[i].used)
            continue;
        ck_assert_msg(n->sent[i].ends == 1, "request %zu ended %u times", i, n->sent[i].ends);
        arena_fini(&n->sent[i].arena);
    }
    for (int i = 0; i < 2; i++) {
        struct net_node *x = i ? &n->b : &n->a;

        execute_fini(&x->replies);
        replies_fini(&x->replies);
        kernel_free(x->k);
        sim_done(&x->sim);
    }
    while (n->tape_n)
        free(n->tape[--n->tape_n].bytes);
}

// ---- Requests

static void sent_done(void *ctx, struct request *r, enum err e, const struct unit *u)
{
    struct net_sent *x = ctx;
    const struct unit *why;

    ck_assert_ptr_eq(r, &x->r);
    x->ends++;
    x->e = e;
    if (!e) {
        if (u->text < sizeof x->text) // else nothing of it
            *unit_print(u, x->text) = 0;
        return;
    }
    why = u->kind == UNIT_MAP ? unit_get_word(u, SPAN("why"), x->arena.mem) : NULL;
    (void)snprintf(x->text, sizeof x->text, "!%s %.*s", err_word(e), why ? (int)why->n : 0,
                   why ? why->s : "");
}

struct net_sent *net_send_for(struct net *n, const char *text, int64_t ttl_ms)
{
    struct net_sent *x = n->sent;
    struct unit u;
    struct fail f = {.why = ""};

    while (x->used && x < n->sent + SENT_MAX - 1)
        x++;
    ck_assert(!x->used);
    memset(x, 0, sizeof *x);
    x->used = true;
    x->arena = test_arena(&n->a.sim.mem);
    u = test_unit(&x->arena, text);
    ck_assert_int_eq(u.kind, UNIT_STREAM);
    x->body = u.items[0];
    x->r = (struct request){.service = unit_span(&u.items[1]),
                            .body = &x->body,
                            .ttl_ms = ttl_ms,
                            .hops = 4,
                            .arena = &x->arena,
                            .done = sent_done,
                            .ctx = x};
    memcpy(x->r.author, n->a.own.cert.user, sizeof x->r.author);
    x->e = session_send(n->a.s, &x->r, &f);
    if (x->e) {
        x->ends++;
        (void)snprintf(x->text, sizeof x->text, "!%s %s", err_word(x->e), f.why);
    }
    return x;
}

struct net_sent *net_send(struct net *n, const char *text)
{
    return net_send_for(n, text, 30000);
}

// ---- The wire

static char *copy_of(struct span bytes)
{
    char *copy = malloc(bytes.len ? bytes.len : 1);

    memcpy(copy, bytes.at, bytes.len);
    return copy;
}

struct way {
    struct net *n;
    bool to_b;
};

static void put(void *ctx, struct span bytes)
{
    struct way *w = ctx;
    struct net *n = w->n;

    ck_assert_uint_lt(n->tape_n, WIRE_MAX);
    n->tape[n->tape_n++] = (struct net_msg){w->to_b, copy_of(bytes), bytes.len};
    if (!n->lose)
        n->wire[n->wire_n++] = (struct net_msg){w->to_b, copy_of(bytes), bytes.len};
}

void net_flush_of(struct net *n, bool of_b, struct session *s)
{
    struct way w = {n, !of_b};

    ck_assert_int_eq(session_flush(s, put, &w), ERR_OK);
}

void net_flush(struct net *n, bool of_b)
{
    struct net_node *x = of_b ? &n->b : &n->a;

    if (x->up && !session_over(x->s) && session_ready(x->s, x->sim.now_ns))
        net_flush_of(n, of_b, x->s);
}

// B has begun to run what this message asks.
static void ran(struct net *n, const struct session *s, struct span bytes)
{
    struct msg_expect x = s->expect;
    struct net_sent *sent = n->sent;
    struct span body;
    struct msg m;

    x.open = NULL;
    x.roots = NULL;
    x.ctr_max = WINDOW_CTR_MAX;
    ck_assert_int_eq(msg_check(bytes, &x, &m, &body, NULL), ERR_OK);
    while (sent < n->sent + SENT_MAX && (!sent->used || memcmp(sent->r.id, m.req, 16) != 0))
        sent++;
    if (sent < n->sent + SENT_MAX)
        ck_assert_msg(++sent->runs == 1, "request %d is run again", (int)(sent - n->sent));
}

static enum err take_in(struct net *n, struct session *s, const struct net_msg *m)
{
    struct span bytes = {m->bytes, m->n};
    uint64_t executed = n->b.replies.executed;
    struct fail f = {.why = ""};
    enum err e = session_in(s, bytes, &f);

    if (n->b.replies.executed != executed)
        ran(n, s, bytes);
    return e;
}

enum err net_take(struct net *n)
{
    struct net_msg m = n->wire[0];
    struct net_node *x = m.to_b ? &n->b : &n->a;
    enum err e = ERR_LINK;

    memmove(n->wire, n->wire + 1, --n->wire_n * sizeof m);
    if (x->up)
        e = take_in(n, x->s, &m);
    free(m.bytes);
    return e;
}

void net_hear(struct net *n, const struct net_msg *m)
{
    struct net_node *x = m->to_b ? &n->b : &n->a;

    for (size_t i = 1; i <= SLOTS; i++) {
        size_t at = ((size_t)(x->s - x->slots) + i) % SLOTS;

        if (x->open[at])
            (void)take_in(n, &x->slots[at], m);
    }
}

static void step(struct net *n)
{
    for (int i = 0; i < 2; i++) {
        struct net_node *x = i ? &n->b : &n->a;

        (void)kernel_step(x->k);
        (void)execute_step(&x->replies, x->sim.now_ns);
        if (x->up)
            (void)session_step(x->s);
        net_flush(n, i);
    }
}

void net_run(struct net *n)
{
    do {
        step(n);
        while (n->wire_n)
            (void)net_take(n);
        step(n);
    } while (n->wire_n);
}

void net_pass(struct net *n, uint64_t pass_ms)
{
    n->a.sim.now_ns += pass_ms * ms;
    n->b.sim.now_ns += pass_ms * ms;
    net_run(n);
}

void net_want(struct net *n, const char *text, const char *want)
{
    struct net_sent *x = net_send(n, text);

    net_run(n);
    if (!x->ends)
        net_pass(n, 10);
    ck_assert_msg(x->ends == 1, "%s has no answer", text);
    ck_assert_msg(want[0] == '!' ? !strncmp(x->text, want, strlen(want)) : !strcmp(x->text, want),
                  "%s\n  wanted %s\n  got    %s", text, want, x->text);
    arena_fini(&x->arena);
    x->used = false;
}
