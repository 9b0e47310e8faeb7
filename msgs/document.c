// SPDX-License-Identifier: MIT
// Signing and opening documents.
#include "msgs/document.h"

#include "keys/pack.h"
#include "msgs/body.h"

static const char domain[] = "telex-doc-v1"; // with its 00
static const uint8_t magic[9] = {0xB5, 0xE9, 0x5E, 0xC7, 0xF7, 0x68, 0x73, 0xFB, 0xF5};

enum {
    VERSION = 1,
    FIELDS = 5,
    CERT_AT = sizeof magic + 2,                // the certificate
    BODY_AT = SIGN_BYTES + (int)sizeof domain, // behind the certificate: the record
};

bool doc_is(struct span bytes)
{
    return bytes.len >= sizeof magic && memcmp(bytes.at, magic, sizeof magic) == 0;
}

static void pack_head(struct pack *p, const struct cert *c, int64_t time_ms)
{
    pack_map(p, FIELDS);
    pack_int(p, "v", VERSION);
    pack_bytes(p, "ath", c->user, sizeof c->user);
    pack_bytes(p, "cert", c->hash, sizeof c->hash);
    if (time_ms == TIME_UNKNOWN)
        pack_none(p, "time");
    else
        pack_int(p, "time", time_ms);
    pack_key(p, "body");
}

// May the node of this certificate sign, and could it at this time?
static enum err may_sign(const struct cert *c, int64_t time_ms, struct fail *f)
{
    if (!(c->roles & CERT_SIGN))
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL,
                        "the certificate does not let this node sign for the user");
    return cert_covers(c, time_ms, f);
}

enum err doc_sign(struct arena *a, const struct identity *id, int64_t time_ms,
                  const struct unit *body, struct span *out, struct fail *f)
{
    struct pack p = {NULL, 0};
    uint8_t *doc, *sign;
    size_t n;
    enum err e;

    if (body->flags & UNIT_HIDDEN)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "a document may hold no secret");
    e = may_sign(&id->cert, time_ms, f);
    if (e)
        return e;
    pack_head(&p, &id->cert, time_ms);
    n = CERT_AT + id->cert_n + BODY_AT + p.n + body->bytes;
    doc = arena_new(a, n);
    if (!doc)
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the document");
    memcpy(doc, magic, sizeof magic);
    doc[sizeof magic] = (uint8_t)(id->cert_n >> 8);
    doc[sizeof magic + 1] = (uint8_t)id->cert_n;
    memcpy(doc + CERT_AT, id->cert_bytes, id->cert_n);
    sign = doc + CERT_AT + id->cert_n;
    memcpy(sign + SIGN_BYTES, domain, sizeof domain);
    p = (struct pack){sign + BODY_AT, 0};
    pack_head(&p, &id->cert, time_ms);
    (void)unit_encode(body, p.at + p.n); // ends at doc + n, as was counted
    *out = (struct span){(const char *)doc, n};
    sign_make(&id->node,
              (struct span){(const char *)sign + SIGN_BYTES, n - (size_t)(sign + SIGN_BYTES - doc)},
              sign);
    return ERR_OK;
}

// The parts of a document, as far as their lengths tell.
struct parts {
    struct span cert, sign, signed_part, record;
};

static enum err cut(struct span bytes, struct parts *out, struct fail *f)
{
    size_t n, sign_at;

    if (!doc_is(bytes))
        return fail_set(f, ERR_SYNTAX, 0, NULL, "not a document");
    if (bytes.len < CERT_AT)
        return fail_set(f, ERR_SYNTAX, bytes.len, NULL, "document: the bytes end here");
    n = (size_t)(uint8_t)bytes.at[sizeof magic] << 8 | (uint8_t)bytes.at[sizeof magic + 1];
    if (n > CERT_MAX_BYTES)
        return fail_set(f, ERR_SYNTAX, sizeof magic, NULL, "document: no certificate is so long");
    sign_at = CERT_AT + n;
    if (bytes.len < sign_at + BODY_AT)
        return fail_set(f, ERR_SYNTAX, bytes.len, NULL, "document: the bytes end here");
    if (memcmp(bytes.at + sign_at + SIGN_BYTES, domain, sizeof domain) != 0)
        return fail_set(f, ERR_SYNTAX, sign_at + SIGN_BYTES, NULL,
                        "document: what was signed does not begin as a document");
    out->cert = (struct span){bytes.at + CERT_AT, n};
    out->sign = (struct span){bytes.at + sign_at, SIGN_BYTES};
    out->signed_part = (struct span){out->sign.at + SIGN_BYTES, bytes.len - sign_at - SIGN_BYTES};
    out->record = (struct span){out->sign.at + BODY_AT, bytes.len - sign_at - BODY_AT};
    return ERR_OK;
}

enum err doc_open(struct arena *a, struct span bytes, struct doc *out, struct fail *f)
{
    uint8_t user[32], hash[32];
    struct span body;
    struct parts part = {0};
    struct unpack p;
    struct doc doc;
    size_t base;
    enum err e;

    e = cut(bytes, &part, f);
    if (e)
        return e;
    e = cert_open(part.cert, &doc.cert, f);
    if (e) {
        if (f && f->pos != FAIL_NO_POS)
            f->pos += CERT_AT;
        return e;
    }
    base = (size_t)(part.record.at - bytes.at);
    if (!sign_check((const uint8_t *)part.sign.at, doc.cert.node, part.signed_part))
        return fail_set(f, ERR_BAD_SIGN, (size_t)(part.sign.at - bytes.at), NULL,
                        "the document is not what was signed");

    p = unpack_start(part.record, base, "document", f);
    unpack_map(&p, FIELDS);
    (void)unpack_int(&p, "v", VERSION, VERSION); // can be nothing else
    unpack_bytes(&p, "ath", user, sizeof user);
    unpack_bytes(&p, "cert", hash, sizeof hash);
    doc.time_ms = unpack_int_or_none(&p, "time", TIME_UNKNOWN);
    body = unpack_rest(&p, "body");
    if (unpack_end(&p))
        return p.e;
    if (memcmp(user, doc.cert.user, sizeof user) != 0 ||
        memcmp(hash, doc.cert.hash, sizeof hash) != 0)
        return fail_set(f, ERR_BAD_SIGN, base, NULL,
                        "the document was signed under another certificate");
    e = may_sign(&doc.cert, doc.time_ms, f);
    if (e)
        return e;
    e = body_open(a, bytes, body, &doc.body, f);
    if (e)
        return e;
    if (doc.body.flags & UNIT_HIDDEN)
        return fail_set(f, ERR_BAD_ARG, (size_t)(body.at - bytes.at), NULL,
                        "a document may hold no secret");
    *out = doc;
    return ERR_OK;
}
