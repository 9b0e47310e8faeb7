// SPDX-License-Identifier: MIT
// Requests of peers as tasks of the kernel, each run once at most, and their answers.
#include "keys/pack.h"
#include "units/cbor.h"
#include "units/siphash.h"

#include "cluster/session.h"

static const uint64_t ms = 1000000;

static uint64_t now_of(const struct session *s)
{
    return s->conf.plat->now_ns(s->conf.plat->ctx);
}

// ---- The bodies of answers

static void pack_error(struct pack *p, enum err e, const char *why)
{
    pack_pair(p, NULL);
    pack_text(p, NULL, SPAN("err"));
    pack_map(p, why ? 2 : 1);
    pack_text(p, "code", span_of(err_word(e)));
    if (why)
        pack_text(p, "why", span_of(why));
}

size_t execute_error(enum err e, const char *why, uint8_t out[EXECUTE_ERROR_BYTES])
{
    struct pack p = {NULL, 0};

    if (!why || !why[0])
        why = err_text(e);
    pack_error(&p, e, why);
    if (p.n > EXECUTE_ERROR_BYTES)
        why = err_text(e);
    p = (struct pack){out, 0};
    pack_error(&p, e, why);
    return p.n;
}

// (word u), to be encoded. Errors: ERR_TOO_DEEP, ERR_TOO_BIG
static enum err answer_of(const char *word, const struct unit *u, struct unit items[2],
                          struct unit *out)
{
    items[0] = unit_word(word);
    items[1] = *u;
    return unit_pair(items, out);
}

// ---- Answers on their way

static void queue(struct session *s, struct reply *e)
{
    if (e->queued)
        return;
    e->queued = true;
    e->next_out = NULL;
    *(s->answers ? s->answers_last : &s->answers) = e;
    s->answers_last = &e->next_out;
}

static void unqueue(struct reply *e)
{
    struct session *s = e->session;
    struct reply **at = &s->answers;

    while (*at != e)
        at = &(*at)->next_out;
    *at = e->next_out;
    if (s->answers_last == &e->next_out)
        s->answers_last = at;
    reply_unqueued(e);
}

static void set_session(struct reply *e, struct session *s)
{
    if (e->queued && e->session != s)
        unqueue(e);
    e->session = s;
}

static void refuse(struct session *s, const struct msg *m, enum err e)
{
    struct session_refused *r = &s->refused[s->refused_n++]; // session_in saw that there is room

    memcpy(r->req, m->req, sizeof r->req);
    r->stream = (uint8_t)window_stream(m->ctr);
    r->e = e;
}

void execute_leave(struct session *s)
{
    struct replies *r = s->conf.replies;

    while (s->answers)
        set_session(s->answers, NULL);
    for (struct reply_peer *p = r->peers; p; p = p->next)
        for (int i = 0; i < REPLY_STATES; i++)
            for (struct reply *e = p->list[i].first; e; e = e->next)
                if (e->session == s)
                    e->session = NULL;
}

// ---- The end of a request

static void keep_error(struct reply *e, enum err code, const char *why, uint64_t now_ns)
{
    uint8_t bytes[EXECUTE_ERROR_BYTES];
    size_t n = execute_error(code, why, bytes);

    if (reply_keep(e->all, e, n, now_ns)) { // the code alone lies in the entry itself
        struct pack p = {bytes, 0};

        pack_error(&p, code, NULL);
        n = p.n;
        (void)!reply_keep(e->all, e, n, now_ns); // needs no memory: see REPLY_SMALL_BYTES
    }
    memcpy(e->bytes, bytes, n);
}

static const char *why_not_kept(enum err e)
{
    switch ((int)e) {
    case ERR_NO_MEMORY:
        return "it ran, and there was no memory for its answer";
    case ERR_LIMIT:
        return "it ran, and its answer is too large to be kept until it has arrived";
    default:
        return "it ran, and its answer is too large to be sent";
    }
}

static void keep_unit(struct reply *e, const char *word, const struct unit *u, uint64_t now_ns)
{
    struct unit items[2], all;
    enum err bad = answer_of(word, u, items, &all);

    if (!bad)
        bad = reply_keep(e->all, e, all.bytes, now_ns);
    if (bad) {
        keep_error(e, bad, why_not_kept(bad), now_ns);
        return;
    }
    e->hidden = (all.flags & UNIT_HIDDEN) != 0;
    (void)unit_encode(&all, e->bytes); // as long as all.bytes by contract
}

// May this unit go to that peer? A secret only to a node of its owner.
static bool may_go(const struct reply *e, const struct unit *u)
{
    return !(u->flags & UNIT_HIDDEN) || e->trusted;
}

// Called by the kernel when the task has ended, perhaps in the midst of its turn: it is given back
// later.
static void ended(void *ctx, struct task *t)
{
    struct reply *e = ctx;
    const struct outcome *o = task_outcome(t);
    const struct plat *plat = e->plat;
    uint64_t now_ns = plat->now_ns(plat->ctx);
    const struct unit *u = o->e ? &o->error : &o->value;

    if (e->late)
        keep_error(e, ERR_TIMEOUT, "the time of this request was over before it ended", now_ns);
    else if (!may_go(e, u))
        keep_error(e, ERR_BAD_ARG,
                   "its answer holds a secret, which goes only to its owner's nodes", now_ns);
    else if (o->e && u->kind != UNIT_MAP) // the kernel was short of memory for more than a word
        keep_error(e, o->e, NULL, now_ns);
    else
        keep_unit(e, o->e ? "err" : "val", u, now_ns);
    e->task = NULL;
    e->done = t;
    e->next_ended = e->all->ended;
    e->all->ended = e;
    if (e->session)
        queue(e->session, e);
}

static void sweep(struct replies *r)
{
    while (r->ended) {
        struct reply *e = r->ended;

        r->ended = e->next_ended;
        task_free(e->done);
        e->done = NULL;
    }
}

static void fail(struct session *s, struct reply *e, enum err code, const char *why)
{
    keep_error(e, code, why, now_of(s));
    queue(s, e);
}

// ---- Its begin

static enum err stream_of(struct arena *a, const struct msg *m, struct span body, bool trusted,
                          struct unit *out, struct fail *f)
{
    struct unit *items = unit_array(a, 2);
    const char *name = arena_copy(a, m->service.at, m->service.len);
    enum err e;

    if (!items || !name)
        return ERR_NO_MEMORY;
    e = unit_decode(a, body, &items[0], f);
    if (!e && (items[0].flags & UNIT_HIDDEN) && !trusted)
        e = fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                     "a secret goes only to a node of its owner");
    if (!e)
        e = unit_str((struct span){name, m->service.len}, &items[1]);
    if (!e)
        e = unit_stream(items, 2, out);
    return e;
}

static void begin(struct session *s, struct reply *e, const struct msg *m, struct span body)
{
    struct fail f = {.why = ""};
    struct task *t;
    struct unit *u;
    enum err bad = task_new_for(s->conf.kernel, m->ath, &t);

    if (bad) {
        fail(s, e, bad, "the node has no room for another task of this user");
        return;
    }
    u = unit_array(task_arena(t), 1);
    bad = u ? stream_of(task_arena(t), m, body, e->trusted, u, &f) : ERR_NO_MEMORY;
    if (bad) {
        task_free(t);
        fail(s, e, bad, f.why);
        return;
    }
    e->task = t;
    e->all->executed++;
    task_when_done(t, ended, e);
    task_start(t, u);
}

static bool same_user(const struct session *s)
{
    return memcmp(s->peer.user, s->conf.own->cert.user, sizeof s->peer.user) == 0;
}

static void again(struct session *s, struct reply *e, const struct msg *m)
{
    struct replies *r = s->conf.replies;

    if (e->state == REPLY_GONE) {
        refuse(s, m, ERR_REPLAY);
        return;
    }
    set_session(e, s);
    e->stream = (uint8_t)window_stream(m->ctr);
    if (e->state == REPLY_KEPT) {
        queue(s, e);
        r->repeated++;
    }
}

void execute(struct session *s, const struct msg *m, struct span body)
{
    struct replies *r = s->conf.replies;
    const uint64_t *seed = r->mem->seed;
    uint64_t digest = siphash_pair(seed, siphash(seed, m->service.at, m->service.len),
                                   siphash(seed, body.at, body.len));
    struct reply *e;
    enum err bad;

    sweep(r);
    e = replies_find(r, m->ath, m->from, m->req);
    if (e && e->digest != digest) {
        refuse(s, m, ERR_CONFLICT);
        return;
    }
    if (e) {
        again(s, e, m);
        return;
    }
    bad = replies_new(r, m->ath, m->from, m->req, now_of(s) + (uint64_t)m->ttl_ms * ms,
                      same_user(s), &e);
    if (bad) {
        refuse(s, m, bad);
        return;
    }
    memcpy(e->peer->epoch, s->conf.peer_epoch, sizeof e->peer->epoch);
    e->digest = digest;
    e->session = s;
    e->plat = s->conf.plat;
    e->trusted = same_user(s);
    e->stream = (uint8_t)window_stream(m->ctr);
    begin(s, e, m, body);
    sweep(r);
}

void execute_ack(struct session *s, const uint8_t req[16])
{
    struct replies *r = s->conf.replies;
    struct reply *e;

    sweep(r);
    e = replies_find(r, s->peer.user, s->peer.node, req);
    // What was not answered yet cannot have arrived.
    if (e && e->state != REPLY_RUNS && !e->queued)
        reply_forget(r, e);
}

// ---- Time

static void late(struct reply *e)
{
    e->late = true;
    task_cancel(e->task);
}

uint64_t execute_step(struct replies *r, uint64_t now_ns)
{
    uint64_t due_ns;

    sweep(r);
    due_ns = replies_due(r, now_ns, late);
    sweep(r);
    return due_ns;
}

void execute_fini(struct replies *r)
{
    for (struct reply_peer *p = r->peers; p; p = p->next)
        while (p->list[REPLY_RUNS].first) {
            struct reply *e = p->list[REPLY_RUNS].first;

            e->session = NULL;
            task_cancel(e->task);
        }
    sweep(r);
}
