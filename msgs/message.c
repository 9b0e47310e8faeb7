// SPDX-License-Identifier: MIT
// Signing and opening messages.
#include "msgs/message.h"

#include "keys/pack.h"
#include "msgs/body.h"
#include "units/parse.h"

static const char domain[] = "telex-msg-v1"; // with its 00

_Static_assert(MSG_RECORD_AT == SIGN_BYTES + sizeof domain, "where the record begins");

enum { VERSION = 1, FIELDS = 13 };

static void pack_head(struct pack *p, const struct msg *m)
{
    pack_map(p, FIELDS);
    pack_int(p, "v", VERSION);
    pack_bytes_or_none(p, "cluster", m->cluster, sizeof m->cluster);
    pack_bytes(p, "ath", m->ath, sizeof m->ath);
    pack_bytes(p, "cert", m->cert, sizeof m->cert);
    pack_bytes(p, "from", m->from, sizeof m->from);
    pack_pair(p, "to");
    pack_text_or_none(p, NULL, m->service);
    pack_bytes(p, NULL, m->to, sizeof m->to);
    pack_bytes_or_none(p, "session", m->session, sizeof m->session);
    pack_int(p, "ctr", m->ctr);
    pack_bytes_or_none(p, "req", m->req, sizeof m->req);
    pack_int(p, "ttl", m->ttl_ms);
    pack_int(p, "hops", m->hops);
    pack_bool(p, "trace", m->trace);
    pack_key(p, "body");
}

static void unpack_head(struct unpack *p, struct msg *m)
{
    unpack_map(p, FIELDS);
    (void)unpack_int(p, "v", VERSION, VERSION); // can be nothing else
    unpack_bytes_or_none(p, "cluster", m->cluster, sizeof m->cluster);
    unpack_bytes(p, "ath", m->ath, sizeof m->ath);
    unpack_bytes(p, "cert", m->cert, sizeof m->cert);
    unpack_bytes(p, "from", m->from, sizeof m->from);
    unpack_pair(p, "to");
    m->service = unpack_text_or_none(p, NULL, UNIT_SERVICE_MAX_BYTES);
    if (!p->e && m->service.len && !text_is_service(m->service))
        unpack_bad(p, ERR_SYNTAX, "to", "not a service name");
    unpack_bytes(p, NULL, m->to, sizeof m->to);
    unpack_bytes_or_none(p, "session", m->session, sizeof m->session);
    m->ctr = unpack_int(p, "ctr", 0, WINDOW_CTR_MAX);
    unpack_bytes_or_none(p, "req", m->req, sizeof m->req);
    m->ttl_ms = unpack_int(p, "ttl", 0, MSG_TTL_MAX_MS);
    m->hops = (unsigned)unpack_int(p, "hops", 0, MSG_HOPS_MAX);
    m->trace = unpack_bool(p, "trace");
}

enum err msg_author(const struct identity *id, struct msg *m, struct fail *f)
{
    if (!(id->cert.roles & CERT_SIGN))
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL,
                        "the certificate does not let this node sign for the user");
    memcpy(m->ath, id->cert.user, sizeof m->ath);
    memcpy(m->cert, id->cert.hash, sizeof m->cert);
    memcpy(m->from, id->node.public, sizeof m->from);
    return ERR_OK;
}

size_t msg_head_bytes(const struct msg *m)
{
    struct pack p = {NULL, 0};

    pack_head(&p, m);
    return sizeof domain + p.n;
}

uint8_t *msg_head_put(const struct msg *m, uint8_t *out)
{
    struct pack p = {out + sizeof domain, 0};

    memcpy(out, domain, sizeof domain);
    pack_head(&p, m);
    return p.at + p.n;
}

enum err msg_sign(struct arena *a, const struct identity *id, struct msg *m, struct span *out,
                  struct fail *f)
{
    struct msg full = *m;
    struct span bytes, record;
    uint8_t *at;
    size_t n;
    enum err e = msg_author(id, &full, f);

    if (e)
        return e;
    n = SIGN_BYTES + msg_head_bytes(&full) + full.body.bytes;
    at = arena_new(a, n);
    if (!at)
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the message");
    bytes = (struct span){(const char *)at, n};
    record = (struct span){bytes.at + MSG_RECORD_AT, n - MSG_RECORD_AT};
    // Ends at at + n, as was counted.
    (void)unit_encode(&full.body, msg_head_put(&full, at + SIGN_BYTES));
    sign_make(&id->node, (struct span){bytes.at + SIGN_BYTES, n - SIGN_BYTES}, at);
    hash_of(record, full.id);
    *m = full;
    *out = bytes;
    return ERR_OK;
}

// Is this message, should its signature hold, the one that may come here and now?
static enum err expected(const struct msg *m, const struct msg_expect *x, size_t at, struct fail *f)
{
    const struct cert *c = x->sender;

    if (memcmp(m->from, c->node, sizeof m->from) != 0 ||
        memcmp(m->ath, c->user, sizeof m->ath) != 0 ||
        memcmp(m->cert, c->hash, sizeof m->cert) != 0)
        return fail_set(f, ERR_BAD_SIGN, at, NULL,
                        "the message speaks in another name than its sender's");
    if (!(c->roles & CERT_SIGN))
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL,
                        "the certificate does not let the sender sign for the user");
    if (memcmp(m->cluster, x->cluster, sizeof m->cluster) != 0)
        return fail_set(f, ERR_DENIED, at, NULL, "the message is for another cluster");
    if (memcmp(m->to, x->node, sizeof m->to) != 0)
        return fail_set(f, ERR_DENIED, at, NULL, "the message is for another node");
    if (memcmp(m->session, x->session, sizeof m->session) != 0)
        return fail_set(f, ERR_REPLAY, at, NULL, "the message is of another session");
    if (x->open ? !window_open(x->open, m->ctr) : m->ctr < x->ctr_min || m->ctr > x->ctr_max)
        return fail_set(f, ERR_REPLAY, at, NULL, "the message is of another place in the session");
    return cert_covers(c, x->now_ms, f);
}

static bool starts_with_domain(struct span bytes, size_t at)
{
    return bytes.len > at && bytes.len - at >= sizeof domain &&
           memcmp(bytes.at + at, domain, sizeof domain) == 0;
}

// Where the signed part begins. A batch's proof has its size there, which no text begins with.
static enum err find_part(struct span bytes, struct batch_proof *proof, bool *batch, size_t *at,
                          struct fail *f)
{
    if (bytes.len > UNIT_TEXT_MAX_BYTES + MSG_HEAD_MAX_BYTES + BATCH_PROOF_MAX_BYTES)
        return fail_set(f, ERR_TOO_BIG, FAIL_NO_POS, NULL, "no message is so long");
    *batch = !starts_with_domain(bytes, SIGN_BYTES);
    *at = SIGN_BYTES;
    if (!*batch)
        return ERR_OK;
    if (batch_proof_get(bytes, proof, at, NULL) || proof->size < 2 ||
        !starts_with_domain(bytes, *at))
        return fail_set(f, ERR_SYNTAX, 0, NULL, "not a message");
    return ERR_OK;
}

enum err msg_check(struct span bytes, const struct msg_expect *expect, struct msg *out,
                   struct span *body, struct fail *f)
{
    const uint8_t *key = expect->sender->node;
    struct batch_proof proof;
    struct span part, rest;
    struct unpack p;
    struct msg m;
    size_t at, record;
    bool batch;
    enum err e;

    e = find_part(bytes, &proof, &batch, &at, f);
    if (e)
        return e;
    part = (struct span){bytes.at + at, bytes.len - at};
    record = at + sizeof domain;
    p = unpack_start((struct span){bytes.at + record, bytes.len - record}, record, "message", f);
    unpack_head(&p, &m);
    rest = unpack_rest(&p, "body");
    if (unpack_end(&p))
        return p.e;
    e = expected(&m, expect, record, f);
    if (e)
        return e;

    if (batch ? !batch_check(expect->roots, &proof, part, key)
              : !sign_check((const uint8_t *)bytes.at, key, part))
        return fail_set(f, ERR_BAD_SIGN, 0, NULL, "the message is not what its sender signed");
    if (expect->open)
        window_close(expect->open, m.ctr);
    m.body = unit_none();
    memset(m.id, 0, sizeof m.id);
    *out = m;
    *body = rest;
    return ERR_OK;
}

enum err msg_open(struct arena *a, struct span bytes, const struct msg_expect *expect,
                  struct msg *out, struct fail *f)
{
    struct span body, record;
    struct msg m;
    enum err e = msg_check(bytes, expect, &m, &body, f);

    if (!e)
        e = body_open(a, bytes, body, &m.body, f);
    if (e)
        return e;
    m.service.at = arena_copy(a, m.service.at, m.service.len);
    if (!m.service.at)
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the message");
    record.at = bytes.at + bytes.len - body.len - (msg_head_bytes(&m) - sizeof domain);
    record.len = (size_t)(bytes.at + bytes.len - record.at);
    hash_of(record, m.id);
    *out = m;
    return ERR_OK;
}
