// SPDX-License-Identifier: MIT
// The life of a session, and what arrives in it. What leaves is in cluster/flush.c, the words between
// the two nodes in cluster/words.c.
#include "cluster/session.h"

#include "units/cbor.h"
#include "units/parse.h"

static const uint64_t ms = 1000000;

static uint64_t now_of(const struct session *s)
{
    return s->conf.plat->now_ns(s->conf.plat->ctx);
}

// ---- Lists of requests

static void list_put(struct request_list *l, struct request *r)
{
    r->prev = l->last;
    r->next = NULL;
    *(l->last ? &l->last->next : &l->first) = r;
    l->last = r;
}

static void list_remove(struct request_list *l, struct request *r)
{
    *(r->prev ? &r->prev->next : &l->first) = r->next;
    *(r->next ? &r->next->prev : &l->last) = r->prev;
}

static struct request_list *waits_of(struct session *s, const uint8_t id[16])
{
    return &s->waits[id[0] % SESSION_WAITS];
}

void session_waits(struct session *s, struct request *r)
{
    list_remove(&s->queue, r);
    list_put(waits_of(s, r->id), r);
    r->sent = true;
}

// ---- Life

static bool dated(const struct cert *c)
{
    return c->from_ms != TIME_UNKNOWN || c->till_ms != TIME_NEVER;
}

static bool same_ends(const struct session *x, const struct session *y)
{
    return memcmp(x->peer.node, y->peer.node, sizeof x->peer.node) == 0 &&
           memcmp(x->peer.user, y->peer.user, sizeof x->peer.user) == 0 &&
           memcmp(x->head.from, y->head.from, sizeof x->head.from) == 0 &&
           memcmp(x->head.ath, y->head.ath, sizeof x->head.ath) == 0;
}

static uint64_t end_of(const struct session *s)
{
    return s->start_ns + SESSION_LIFE_MS * ms;
}

static bool ended(struct session *s)
{
    if (now_of(s) >= end_of(s))
        s->over = true;
    return session_over(s);
}

static void link_in(struct session *s)
{
    struct replies *all = s->conf.replies;

    for (struct session *x = all->sessions; x; x = x->before)
        if (same_ends(x, s))
            x->replaced = true;
    s->before = all->sessions;
    all->sessions = s;
    replies_hear(all, s->peer.user, s->peer.node, s->conf.peer_epoch);
}

static void link_out(struct session *s)
{
    struct session **at = &s->conf.replies->sessions;

    while (*at != s)
        at = &(*at)->before;
    *at = s->before;
}

// The two times between which it is for sure: what this peer says of it counts only where nobody
// else says anything.
static struct clock_times times_of(const struct session *s)
{
    const struct session_conf *c = &s->conf;
    int64_t own_ms = kernel_time_ms(c->kernel), peer_ms = c->peer_ms;

    if (peer_ms != TIME_UNKNOWN)
        peer_ms = clock_later(peer_ms, now_of(s) - s->start_ns);
    return clock_judge(c->clock, s->peer.node, peer_ms, own_ms, now_of(s));
}

static enum err covers(const struct cert *c, struct clock_times t, struct fail *f)
{
    enum err e = cert_covers(c, t.first_ms, f);

    return e ? e : cert_covers(c, t.last_ms, f);
}

static enum err times_hold(struct session *s, struct fail *f)
{
    const struct session_conf *c = &s->conf;
    enum err e = ERR_OK;

    if (c->clock)
        e = clock_check(c->clock, &c->own->cert, &s->peer, c->peer_ms, kernel_time_ms(c->kernel),
                        now_of(s), f);
    if (!e)
        e = covers(&s->peer, times_of(s), f);
    if (!e)
        e = covers(&c->own->cert, times_of(s), f);
    if (!e && c->clock)
        clock_hear(c->clock, s->peer.node, c->peer_ms, now_of(s));
    return e;
}

enum err session_init(struct session *s, const struct session_conf *conf, struct fail *f)
{
    struct msg *head = &s->head;
    enum err e;

    memset(s, 0, sizeof *s);
    s->conf = *conf;
    s->peer = *conf->peer;
    s->conf.peer = &s->peer;
    s->start_ns = now_of(s);
    memcpy(s->own_epoch, conf->replies->epoch, sizeof s->own_epoch);
    e = msg_author(conf->own, head, f);
    if (!e && !(s->peer.roles & CERT_SIGN))
        e = fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL,
                     "the certificate does not let the other end sign for its user");
    if (!e)
        e = times_hold(s, f);
    if (e)
        return e;
    memcpy(head->cluster, conf->cluster, sizeof head->cluster);
    memcpy(head->session, conf->id, sizeof head->session);
    memcpy(head->to, s->peer.node, sizeof head->to);
    s->expect = (struct msg_expect){.sender = &s->peer, .open = &s->in, .roots = &s->roots};
    memcpy(s->expect.cluster, conf->cluster, sizeof s->expect.cluster);
    memcpy(s->expect.session, conf->id, sizeof s->expect.session);
    memcpy(s->expect.node, conf->own->node.public, sizeof s->expect.node);
    s->answers_last = &s->answers;
    s->due_ns = UINT64_MAX;
    arena_init(&s->arena, conf->plat->mem, SESSION_OUT_BYTES);
    link_in(s);
    return ERR_OK;
}

// The error unit of a request that ends here.
static struct unit error_of(struct arena *a, enum err e, const char *why)
{
    struct unit *items = unit_array(a, 4), u;

    if (!items)
        return unit_word(err_word(e));
    items[0] = unit_word("code");
    items[1] = unit_word(err_word(e));
    items[2] = unit_word("why");
    items[3] = unit_word(why);
    return unit_map(a, items, 2, NULL, &u) ? unit_word(err_word(e)) : u;
}

// @list: where it is.
static void end(struct session *s, struct request_list *list, struct request *r, enum err e,
                const char *why)
{
    struct unit u;

    list_remove(list, r);
    s->requests_n--;
    u = error_of(r->arena, e, why);
    r->done(r->ctx, r, e, &u);
}

// May what was sent, and not answered, be sent again there?
static bool goes_on(const struct request *r, const struct session *next, uint64_t now_ns)
{
    return memcmp(r->epoch, next->conf.peer_epoch, sizeof r->epoch) == 0 && now_ns < r->again_ns;
}

static const char *why_lost(const struct session *s, const struct request *r)
{
    if (session_stale(s))
        return "this machine was restored from a copy; whether the request ran is unknown";
    return r->sent ? "the session ended; whether the request ran is unknown"
                   : "the session ended before the request left";
}

static void move(struct session *s, struct request_list *list, struct session *next)
{
    uint64_t now_ns = now_of(s);

    while (list->first) {
        struct request *r = list->first;

        if (!next || next->requests_n == SESSION_REQUESTS_MAX ||
            (r->sent && !goes_on(r, next, now_ns))) {
            end(s, list, r, ERR_NODE_LOST, why_lost(s, r));
            continue;
        }
        list_remove(list, r);
        s->requests_n--;
        if (!r->sent)
            memcpy(r->epoch, next->conf.peer_epoch, sizeof r->epoch);
        list_put(&next->queue, r);
        next->requests_n++;
        if (r->due_ns < next->due_ns)
            next->due_ns = r->due_ns;
    }
}

static void acknowledge(struct session *s, const uint8_t req[16])
{
    if (!s->acks_new)
        s->ack_ns = now_of(s);
    memcpy(s->acks[s->acks_n++ % REPLIES_MAX].req, req, sizeof s->acks->req);
    if (s->acks_new < REPLIES_MAX)
        s->acks_new++;
}

// Said again where they may be lost: so nothing is kept that nobody asks for again.
static void move_acks(const struct session *s, struct session *next)
{
    size_t n = s->acks_n < REPLIES_MAX ? s->acks_n : REPLIES_MAX;

    for (size_t i = s->acks_n - n; i < s->acks_n; i++)
        acknowledge(next, s->acks[i % REPLIES_MAX].req);
}

void session_fini(struct session *s, struct session *next)
{
    link_out(s);
    if (next && (ended(next) || !same_ends(s, next)))
        next = NULL;
    if (next && memcmp(s->conf.peer_epoch, next->conf.peer_epoch, 16) == 0)
        move_acks(s, next);
    if (session_stale(s))
        next = NULL;
    s->over = true; // whoever is told now sends nothing more here
    execute_leave(s);
    for (unsigned i = 0; i < SESSION_WAITS; i++) // those that were sent first go first again
        move(s, &s->waits[i], next);
    move(s, &s->queue, next);
    arena_fini(&s->arena);
}

// ---- Requests of this end

static bool same_user(const struct session *s)
{
    return memcmp(s->peer.user, s->head.ath, sizeof s->peer.user) == 0;
}

// Names a request for ever: random, and where a restored machine repeats its random numbers, still
// another one in each session, and in one session after another count of messages. The same count
// gives the same name again: then the executor refuses it, or gives the answer that it has; it
// never runs it again while it knows of the first.
static enum err name_request(const struct session *s, struct request *r, struct fail *f)
{
    const struct plat *plat = s->conf.plat;
    uint8_t from[16 + 16 + sizeof s->out + sizeof s->requests_n], hash[HASH_BYTES];
    enum err e = plat->random(plat->ctx, from, 16);

    if (e)
        return fail_set(f, e, FAIL_NO_POS, NULL, "no random bytes to name the request");
    memcpy(from + 16, s->conf.id, 16);
    memcpy(from + 32, s->out, sizeof s->out);
    memcpy(from + 32 + sizeof s->out, &s->requests_n, sizeof s->requests_n);
    hash_of((struct span){(const char *)from, sizeof from}, hash);
    memcpy(r->id, hash, sizeof r->id);
    return ERR_OK;
}

enum err session_send(struct session *s, struct request *r, struct fail *f)
{
    uint64_t now_ns = now_of(s);
    enum err e;

    if (ended(s))
        return fail_set(f, ERR_LINK, FAIL_NO_POS, NULL, "the session is over");
    if (memcmp(r->author, s->head.ath, sizeof r->author) != 0)
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL,
                        "this node signs for another user in this session");
    if (!text_is_service(r->service) || r->ttl_ms < 1 || r->ttl_ms > MSG_TTL_MAX_MS ||
        r->hops > MSG_HOPS_MAX || r->stream >= WINDOW_STREAMS)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "no message can say this");
    if ((r->body->flags & UNIT_HIDDEN) && !same_user(s))
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                        "a secret goes only to a node of its owner");
    if (s->requests_n == SESSION_REQUESTS_MAX)
        return fail_set(f, ERR_BUSY, FAIL_NO_POS, "try again when some are answered",
                        "too many requests wait for this node");
    e = name_request(s, r, f);
    if (e)
        return e;
    memcpy(r->epoch, s->conf.peer_epoch, sizeof r->epoch);
    r->due_ns = now_ns + ((uint64_t)r->ttl_ms + SESSION_GRACE_MS) * ms;
    r->again_ns = now_ns + REPLIES_KEPT_MS * ms;
    r->sent = false;
    list_put(&s->queue, r);
    s->requests_n++;
    if (r->due_ns < s->due_ns)
        s->due_ns = r->due_ns;
    return ERR_OK;
}

static struct request *find(struct session *s, const uint8_t id[16])
{
    struct request *r = waits_of(s, id)->first;

    while (r && memcmp(r->id, id, sizeof r->id) != 0)
        r = r->next;
    return r;
}

// (val U) or (err {code why ..}); false: neither.
static bool answer_parts(const struct session *s, const struct unit *all, enum err *e,
                         struct unit *out)
{
    const struct unit *u = all->items, *code;

    if (all->kind != UNIT_PAIR)
        return false;
    *e = ERR_OK;
    if (unit_is_text(u, SPAN("err")) && u[1].kind == UNIT_MAP) {
        code = unit_get_word(&u[1], SPAN("code"), s->conf.plat->mem);
        *e = code && code->kind == UNIT_STR ? err_find(unit_span(code)) : ERR_OK;
        if (!*e)
            return false;
    } else if (!unit_is_text(u, SPAN("val"))) {
        return false;
    }
    *out = u[1];
    out->flags |= UNIT_DONE;
    return true;
}

static void answer_in(struct session *s, const struct msg *m, struct span body)
{
    struct request_list *list = waits_of(s, m->req);
    struct request *r = find(s, m->req);
    struct unit all, u;
    enum err e;

    acknowledge(s, m->req);
    if (!r)
        return; // nobody waits any more, or it was here before
    e = unit_decode(r->arena, body, &all, NULL);
    if (e == ERR_NO_MEMORY) {
        end(s, list, r, e, "no memory for the answer");
    } else if (!e && (all.flags & UNIT_HIDDEN) && !same_user(s)) {
        end(s, list, r, ERR_BAD_ARG, "the answer holds a secret of another user");
    } else if (e || !answer_parts(s, &all, &e, &u)) {
        end(s, list, r, ERR_NODE_LOST, "what the node answered is no answer");
    } else {
        list_remove(list, r);
        s->requests_n--;
        r->done(r->ctx, r, e, &u);
    }
}

// ---- What arrives

// Refused for its place. Where it is truly from this peer and of this session, its state may be an
// older one than it thinks. Looked at now and then only: a signature is checked for it.
static void maybe_tell(struct session *s, struct span bytes)
{
    struct msg_expect x = s->expect;
    struct span body;
    struct msg m;

    if (s->tell ? s->tell_request : now_of(s) < s->tell_ns)
        return;
    x.open = NULL;
    x.ctr_min = 0;
    x.ctr_max = WINDOW_CTR_MAX;
    if (msg_check(bytes, &x, &m, &body, NULL))
        return;
    // A request that is known here came again by itself, or its sender waits for the answer.
    if (m.service.len && replies_find(s->conf.replies, m.ath, m.from, m.req))
        return;
    s->tell_request = m.service.len != 0;
    s->tell = true;
    s->tell_ctr = m.ctr;
    s->tell_ns = now_of(s) + SESSION_TELL_MS * ms;
}

static bool has(const uint8_t id[16])
{
    static const uint8_t none[16];

    return memcmp(id, none, sizeof none) != 0;
}

enum err session_in(struct session *s, struct span bytes, struct fail *f)
{
    struct span body;
    struct msg m;
    enum err e;

    if (s->refused_n == SESSION_REFUSED)
        return fail_set(f, ERR_BUSY, FAIL_NO_POS, "flush first", "too much is to be refused");
    if (dated(&s->peer))
        s->expect.now_ms = times_of(s).last_ms;
    e = msg_check(bytes, &s->expect, &m, &body, f);
    if (e == ERR_REPLAY)
        maybe_tell(s, bytes);
    if (e)
        return e;
    if (!m.service.len && has(m.req))
        answer_in(s, &m, body);
    else if (!m.service.len)
        return session_word(s, body, f);
    else if (!has(m.req))
        return fail_set(f, ERR_SYNTAX, FAIL_NO_POS, NULL, "a request without a name");
    else if (ended(s))
        return fail_set(f, ERR_LINK, FAIL_NO_POS, NULL,
                        "a request in a session that is over; it was not run");
    else
        execute(s, &m, body);
    return ERR_OK;
}

// ---- Time

static void step_list(struct session *s, struct request_list *list, uint64_t now_ns)
{
    struct request *r = list->first;

    while (r) {
        struct request *next = r->next;

        if (r->due_ns <= now_ns) {
            end(s, list, r, ERR_TIMEOUT, "no answer came in time");
            next = list->first; // whoever was told may have changed the list
        } else if (r->due_ns < s->due_ns) {
            s->due_ns = r->due_ns;
        }
        r = next;
    }
}

uint64_t session_step(struct session *s)
{
    uint64_t now_ns = now_of(s), due_ns;

    if (now_ns >= s->due_ns) {
        s->due_ns = UINT64_MAX;
        for (unsigned i = 0; i < SESSION_WAITS; i++)
            step_list(s, &s->waits[i], now_ns);
        step_list(s, &s->queue, now_ns);
    }
    due_ns = s->due_ns;
    if (!ended(s) && end_of(s) < due_ns)
        due_ns = end_of(s);
    if (s->acks_new && s->ack_ns + SESSION_ACK_MS * ms < due_ns)
        due_ns = s->ack_ns + SESSION_ACK_MS * ms;
    return due_ns;
}

bool session_ready(const struct session *s, uint64_t now_ns)
{
    return s->answers || (s->queue.first && !session_over(s)) || s->refused_n || s->tell ||
           s->acks_new >= SESSION_ACKS ||
           (s->acks_new && now_ns >= s->ack_ns + SESSION_ACK_MS * ms);
}
