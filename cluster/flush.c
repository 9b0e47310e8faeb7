// SPDX-License-Identifier: MIT
// What leaves a session: all that is ready, in batches that share a signature.
//
//   | room for the proof | "telex-msg-v1" 00 | head | body |     each message, in the arena
//              |<- what is sent ------------------------->|
#include "keys/pack.h"
#include "units/cbor.h"

#include "cluster/session.h"

enum { PROOF_ROOM = BATCH_PROOF_BYTES + 6 * HASH_BYTES };
_Static_assert(SESSION_BATCH <= 1 << 6, "the path of a leaf has room");

struct part {
    uint8_t *at; // where it is signed from
    size_t n;
};

struct flush {
    struct session *s;
    struct part parts[SESSION_BATCH];
    size_t n, bytes;
};

// A body is a unit, or bytes that were encoded before.
struct body {
    const struct unit *unit;
    struct span bytes;
};

static bool room(const struct flush *fl)
{
    return fl->n < SESSION_BATCH && fl->bytes < SESSION_BATCH_BYTES;
}

// One more message. Errors: ERR_NO_MEMORY, ERR_LIMIT (the stream is at its end); then nothing of it
// is there.
static enum err add(struct flush *fl, struct msg *m, unsigned stream, const struct body *body)
{
    struct session *s = fl->s;
    size_t n = body->unit ? body->unit->bytes : body->bytes.len, head;
    uint8_t *at, *end;
    enum err e = window_take(s->out, stream, &m->ctr);

    if (e) {
        s->over = true;
        return e;
    }
    head = msg_head_bytes(m);
    at = arena_new(&s->arena, PROOF_ROOM + head + n);
    if (!at) {
        s->out[stream]--;
        return ERR_NO_MEMORY;
    }
    at += PROOF_ROOM;
    end = msg_head_put(m, at);
    if (body->unit)
        (void)unit_encode(body->unit, end); // as long as unit->bytes by contract
    else
        memcpy(end, body->bytes.at, n);
    fl->parts[fl->n++] = (struct part){at, head + n};
    fl->bytes += head + n;
    return ERR_OK;
}

// A message to no service: an answer to @req, or (NULL) a word.
static enum err add_back(struct flush *fl, const uint8_t *req, unsigned stream,
                         const struct body *body)
{
    struct msg m = fl->s->head;

    if (req)
        memcpy(m.req, req, sizeof m.req);
    return add(fl, &m, stream, body);
}

static enum err add_acks(struct flush *fl)
{
    struct session *s = fl->s;
    uint8_t bytes[32 + SESSION_ACKS * 17];
    enum err e = ERR_OK;

    while (s->acks_new && room(fl) && !e) {
        size_t n = s->acks_new < SESSION_ACKS ? s->acks_new : SESSION_ACKS;
        struct pack p = {bytes, 0};
        struct body body = {.bytes.at = (const char *)bytes};

        pack_pair(&p, NULL);
        pack_text(&p, NULL, SPAN("ack"));
        pack_list(&p, NULL, n);
        for (size_t i = 0; i < n; i++)
            pack_bytes(&p, NULL, s->acks[(s->acks_n - s->acks_new + i) % REPLIES_MAX].req,
                       sizeof s->acks->req);
        body.bytes.len = p.n;
        e = add_back(fl, NULL, 0, &body);
        if (!e)
            s->acks_new -= n;
    }
    return e;
}

static enum err add_words(struct flush *fl)
{
    struct session *s = fl->s;
    uint8_t bytes[32];
    struct pack p = {bytes, 0};
    struct body body = {.bytes.at = (const char *)bytes};
    int64_t stream = s->tell_ctr & ~WINDOW_COUNT_MAX;
    enum err e = ERR_OK;

    if (s->tell) {
        pack_pair(&p, NULL);
        pack_text(&p, NULL, SPAN("seen"));
        pack_pair(&p, NULL);
        pack_int(&p, NULL, s->tell_ctr);
        pack_int(&p, NULL, stream | (s->in.stream[window_stream(stream)].next - 1));
        body.bytes.len = p.n;
        e = add_back(fl, NULL, 0, &body);
        s->tell = e != ERR_OK;
    }
    return e ? e : add_acks(fl);
}

static const char *why_refused(enum err e)
{
    switch ((int)e) {
    case ERR_REPLAY:
        return "the request ran before, and what came of it is no longer known";
    case ERR_CONFLICT:
        return "another request had this name; this one was not run";
    case ERR_BUSY:
        return "too many requests of this node are remembered already; this one was not run";
    default:
        return NULL;
    }
}

static enum err add_refused(struct flush *fl)
{
    struct session *s = fl->s;
    uint8_t bytes[EXECUTE_ERROR_BYTES];
    enum err e = ERR_OK;

    while (s->refused_n && room(fl) && !e) {
        const struct session_refused *r = &s->refused[s->refused_n - 1];
        struct body body = {.bytes.at = (const char *)bytes};

        body.bytes.len = execute_error(r->e, why_refused(r->e), bytes);
        e = add_back(fl, r->req, r->stream, &body);
        if (!e)
            s->refused_n--;
    }
    return e;
}

static enum err add_answers(struct flush *fl)
{
    struct session *s = fl->s;
    enum err e = ERR_OK;

    while (s->answers && room(fl) && !e) {
        struct reply *r = s->answers;
        struct body body = {.bytes = {(const char *)r->bytes, r->n}};

        if (r->hidden)
            s->arena.wipe = true;
        e = add_back(fl, r->req, r->stream, &body);
        if (e)
            break;
        s->answers = r->next_out;
        if (!s->answers)
            s->answers_last = &s->answers;
        reply_unqueued(r);
    }
    return e;
}

static enum err add_requests(struct flush *fl, uint64_t now_ns)
{
    const uint64_t ms = 1000000;
    struct session *s = fl->s;
    enum err e = ERR_OK;

    while (s->queue.first && !session_over(s) && room(fl) && !e) {
        struct request *r = s->queue.first;
        struct body body = {.unit = r->body};
        struct msg m = s->head;
        int64_t left = r->due_ns > now_ns ? (int64_t)((r->due_ns - now_ns) / ms) - SESSION_GRACE_MS
                                          : 0;

        m.service = r->service;
        memcpy(m.req, r->id, sizeof m.req);
        m.ttl_ms = left > 0 ? left : 0;
        m.hops = r->hops;
        m.trace = r->trace;
        if (r->body->flags & UNIT_HIDDEN)
            s->arena.wipe = true;
        e = add(fl, &m, r->stream, &body);
        if (e)
            break;
        r->ctr = m.ctr;
        session_waits(s, r);
    }
    return e;
}

static void sign_alone(const struct flush *fl, const struct part *p)
{
    sign_make(&fl->s->conf.own->node, (struct span){(const char *)p->at, p->n}, p->at - SIGN_BYTES);
}

// All of them, under one signature where that can be.
static void leave(struct flush *fl, struct batch *b, void (*out)(void *ctx, struct span bytes),
                  void *ctx)
{
    const struct plat *plat = fl->s->conf.plat;
    uint8_t seed[BATCH_SEED_BYTES];
    bool batch = fl->n > 1 && !plat->random(plat->ctx, seed, sizeof seed);

    if (batch) {
        batch_start(b, seed);
        mem_wipe(seed, sizeof seed);
        for (size_t i = 0; i < fl->n; i++)
            batch_add(b, (struct span){(const char *)fl->parts[i].at, fl->parts[i].n});
        batch_sign(b, &fl->s->conf.own->node);
    }
    for (size_t i = 0; i < fl->n; i++) {
        const struct part *p = &fl->parts[i];
        size_t proof = batch ? batch_proof_bytes(i, fl->n) : SIGN_BYTES;

        if (batch)
            (void)batch_proof_put(b, i, p->at - proof); // ends at p->at, as was counted
        else
            sign_alone(fl, p);
        out(ctx, (struct span){(const char *)p->at - proof, proof + p->n});
    }
}

enum err session_flush(struct session *s, void (*out)(void *ctx, struct span bytes), void *ctx)
{
    uint64_t now_ns = s->conf.plat->now_ns(s->conf.plat->ctx);
    enum err e = ERR_OK;

    while (!e && (session_ready(s, now_ns) || s->acks_new)) {
        struct flush fl = {.s = s};
        struct batch b;

        e = batch_init(&b, &s->arena, SESSION_BATCH);
        if (!e)
            e = add_words(&fl);
        if (!e)
            e = add_refused(&fl);
        if (!e)
            e = add_answers(&fl);
        if (!e)
            e = add_requests(&fl, now_ns);
        if (fl.n)
            leave(&fl, &b, out, ctx);
        arena_reset(&s->arena);
    }
    return e;
}
