// SPDX-License-Identifier: MIT
// Signing and opening documents.
#include "msgs/document.h"

#include "keys/pack.h"
#include "msgs/body.h"

static const char domain[] = "telex-doc-v1"; // with its 00

enum {
    VERSION = 1,
    FIELDS = 5,
    MAGIC = 9,
    CERT_AT = MAGIC + 2, // the certificate
    DOC_MAX_BYTES = CERT_AT + CERT_MAX_BYTES + BATCH_PROOF_MAX_BYTES + DOC_HEAD_MAX_BYTES +
                    DOC_BATCH_UNIT_BYTES, // in a batch
};

static const uint8_t magic[MAGIC] = {0xB5, 0xE9, 0x5E, 0xC7, 0xF7, 0x68, 0x73, 0xFB, 0xF5};
static const uint8_t magic_batch[MAGIC] = {0xB5, 0xE9, 0x5E, 0xC7, 0xF7, 0x68, 0x73, 0xF6, 0xF5};

static bool begins(struct span bytes, const uint8_t mark[MAGIC])
{
    return bytes.len >= MAGIC && memcmp(bytes.at, mark, MAGIC) == 0;
}

bool doc_is(struct span bytes)
{
    return begins(bytes, magic) || begins(bytes, magic_batch);
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

// All that a document is checked for before it is made.
static enum err may_make(const struct identity *id, int64_t time_ms, const struct unit *body,
                         struct fail *f)
{
    if (body->flags & UNIT_HIDDEN)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "a document may hold no secret");
    return may_sign(&id->cert, time_ms, f);
}

// What comes before the signature. Gives its end.
static char *put_front(const struct identity *id, const uint8_t mark[MAGIC], char *out)
{
    memcpy(out, mark, MAGIC);
    out[MAGIC] = (char)(id->cert_n >> 8);
    out[MAGIC + 1] = (char)id->cert_n;
    memcpy(out + CERT_AT, id->cert_bytes, id->cert_n);
    return out + CERT_AT + id->cert_n;
}

static size_t head_bytes(const struct cert *c, int64_t time_ms)
{
    struct pack p = {NULL, 0};

    pack_head(&p, c, time_ms);
    return sizeof domain + p.n;
}

// What the signature covers. Gives its end.
static char *put_signed(const struct identity *id, int64_t time_ms, const struct unit *body,
                        char *out)
{
    struct pack p = {(uint8_t *)out + sizeof domain, 0};

    memcpy(out, domain, sizeof domain);
    pack_head(&p, &id->cert, time_ms);
    return (char *)unit_encode(body, p.at + p.n);
}

enum err doc_sign(struct arena *a, const struct identity *id, int64_t time_ms,
                  const struct unit *body, struct span *out, struct fail *f)
{
    char *doc, *sign, *end;
    size_t n;
    enum err e = may_make(id, time_ms, body, f);

    if (e)
        return e;
    n = CERT_AT + id->cert_n + SIGN_BYTES + head_bytes(&id->cert, time_ms) + body->bytes;
    doc = arena_new(a, n);
    if (!doc)
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the document");
    sign = put_front(id, magic, doc);
    end = put_signed(id, time_ms, body, sign + SIGN_BYTES);
    sign_make(&id->node, (struct span){sign + SIGN_BYTES, (size_t)(end - sign) - SIGN_BYTES},
              (uint8_t *)sign);
    *out = (struct span){doc, n};
    return ERR_OK;
}

// ---- Batches

enum err doc_batch_init(struct doc_batch *b, struct arena *a)
{
    char *records = arena_new(a, DOC_BATCH_BYTES), *doc = arena_new(a, DOC_MAX_BYTES);
    size_t *ends = arena_new(a, DOC_BATCH_MAX * sizeof *ends);

    if (!records || !doc || !ends)
        return ERR_NO_MEMORY;
    *b = (struct doc_batch){.records = records, .ends = ends, .doc = doc};
    return batch_init(&b->tree, a, DOC_BATCH_MAX);
}

void doc_batch_start(struct doc_batch *b, const struct identity *id,
                     const uint8_t seed[BATCH_SEED_BYTES])
{
    batch_start(&b->tree, seed);
    b->id = id;
    b->used = 0;
}

bool doc_batch_fits(const struct doc_batch *b, const struct unit *body)
{
    return b->tree.n < b->tree.max && body->bytes <= DOC_BATCH_UNIT_BYTES &&
           body->bytes + (size_t)DOC_HEAD_MAX_BYTES <= DOC_BATCH_BYTES - b->used;
}

enum err doc_batch_add(struct doc_batch *b, int64_t time_ms, const struct unit *body,
                       struct fail *f)
{
    char *at = b->records + b->used, *end;
    enum err e = may_make(b->id, time_ms, body, f);

    if (e)
        return e;
    end = put_signed(b->id, time_ms, body, at);
    b->used += (size_t)(end - at);
    b->ends[b->tree.n] = b->used;
    batch_add(&b->tree, (struct span){at, (size_t)(end - at)});
    return ERR_OK;
}

void doc_batch_sign(struct doc_batch *b)
{
    char *proof = put_front(b->id, b->tree.n > 1 ? magic_batch : magic, b->doc);

    b->proof_at = (size_t)(proof - b->doc);
    if (b->tree.n > 1) {
        batch_sign(&b->tree, &b->id->node);
    } else {
        sign_make(&b->id->node, (struct span){b->records, b->used}, (uint8_t *)proof);
        mem_wipe(b->tree.seed, sizeof b->tree.seed);
    }
}

struct span doc_batch_get(struct doc_batch *b, size_t i)
{
    size_t start = i ? b->ends[i - 1] : 0, n = b->ends[i] - start;
    char *proof = b->doc + b->proof_at, *record = proof + SIGN_BYTES;

    if (b->tree.n > 1)
        record = (char *)batch_proof_put(&b->tree, i, (uint8_t *)proof);
    memcpy(record, b->records + start, n);
    return (struct span){b->doc, (size_t)(record - b->doc) + n};
}

// ---- Opening

// The parts of a document, as far as their lengths tell.
struct parts {
    bool batched;
    struct batch_proof proof; // then
    struct span cert, sign;   // sign: else; always where the proof begins
    struct span signed_part, record;
};

static enum err cut_proof(struct span bytes, size_t at, struct parts *out, size_t *used,
                          struct fail *f)
{
    enum err e;

    *used = SIGN_BYTES;
    if (!out->batched)
        return ERR_OK;
    e = batch_proof_get((struct span){bytes.at + at, bytes.len - at}, &out->proof, used, f);
    if (e && f && f->pos != FAIL_NO_POS)
        f->pos += at;
    if (e == ERR_OK && out->proof.size == 1)
        return fail_set(f, ERR_SYNTAX, at + SIGN_BYTES, NULL,
                        "document: a batch of one has a signature and no proof");
    return e;
}

static enum err cut(struct span bytes, struct parts *out, struct fail *f)
{
    size_t n, at, used;
    enum err e;

    if (!doc_is(bytes))
        return fail_set(f, ERR_SYNTAX, 0, NULL, "not a document");
    if (bytes.len < CERT_AT)
        return fail_set(f, ERR_SYNTAX, bytes.len, NULL, "document: the bytes end here");
    n = (size_t)(uint8_t)bytes.at[MAGIC] << 8 | (uint8_t)bytes.at[MAGIC + 1];
    if (n > CERT_MAX_BYTES)
        return fail_set(f, ERR_SYNTAX, MAGIC, NULL, "document: no certificate is so long");
    if (bytes.len < CERT_AT + n)
        return fail_set(f, ERR_SYNTAX, bytes.len, NULL, "document: the bytes end here");
    at = CERT_AT + n;
    out->cert = (struct span){bytes.at + CERT_AT, n};
    out->batched = begins(bytes, magic_batch);
    e = cut_proof(bytes, at, out, &used, f);
    if (e)
        return e;
    if (bytes.len < at + used + sizeof domain)
        return fail_set(f, ERR_SYNTAX, bytes.len, NULL, "document: the bytes end here");
    out->sign = (struct span){bytes.at + at, SIGN_BYTES};
    at += used;
    if (memcmp(bytes.at + at, domain, sizeof domain) != 0)
        return fail_set(f, ERR_SYNTAX, at, NULL,
                        "document: what was signed does not begin as a document");
    out->signed_part = (struct span){bytes.at + at, bytes.len - at};
    at += sizeof domain;
    out->record = (struct span){bytes.at + at, bytes.len - at};
    return ERR_OK;
}

// cert_open, once for each.
static enum err open_cert(struct doc_cache *cache, struct span bytes, struct cert *out,
                          struct fail *f)
{
    struct doc_cert *d;
    enum err e;

    for (size_t i = 0; cache && i < COUNT(cache->certs); i++) {
        d = &cache->certs[i];
        if (d->n && span_eq((struct span){(char *)d->bytes, d->n}, bytes)) {
            *out = d->cert;
            return ERR_OK;
        }
    }
    e = cert_open(bytes, out, f);
    if (e && f && f->pos != FAIL_NO_POS)
        f->pos += CERT_AT;
    if (e || !cache)
        return e;
    d = &cache->certs[cache->next];
    cache->next = (uint8_t)((cache->next + 1) % COUNT(cache->certs));
    d->n = bytes.len;
    memcpy(d->bytes, bytes.at, bytes.len);
    d->cert = *out;
    return ERR_OK;
}

static bool proven(struct doc_cache *cache, const struct parts *part, const struct cert *c)
{
    if (part->batched)
        return batch_check(cache ? &cache->roots : NULL, &part->proof, part->signed_part, c->node);
    return sign_check((const uint8_t *)part->sign.at, c->node, part->signed_part);
}

enum err doc_open(struct arena *a, struct span bytes, struct doc *out, struct fail *f)
{
    return doc_open_again(NULL, a, bytes, out, f);
}

enum err doc_open_again(struct doc_cache *cache, struct arena *a, struct span bytes,
                        struct doc *out, struct fail *f)
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
    e = open_cert(cache, part.cert, &doc.cert, f);
    if (e)
        return e;
    base = (size_t)(part.record.at - bytes.at);
    if (!proven(cache, &part, &doc.cert))
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
