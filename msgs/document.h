// SPDX-License-Identifier: MIT
// Documents: units that carry the proof of who wrote them.
//
// A document proves its author to anyone, with nothing else at hand: it brings the signature and
// the certificate of the node that signed for the user. It says nothing about where or how often
// it runs; whoever runs it lends it his own rights. It may hold no secret.
//
//    9 bytes  B5 E9 5E C7 F7 68 73 FB F5, which as bytes unit begins %`telex/doc/v1
//    2        n, length of the certificate, the higher byte first
//    n        certificate (keys/cert.h)
//   64        signature by the node that the certificate names, over all that follows
//   13        "telex-doc-v1" 00
//   rest      {v:1 ath:%`user` cert:%`hash of the certificate` time:ms body:U}
//
// Documents that were made together may share a signature (msgs/batch.h). Each brings its proof in
// the place of the signature, begins with B5 E9 5E C7 F7 68 73 F6 F5, %`telex/doc/b1, and is as
// good alone.
//
// `time` is ms of UTC since 1970, by the clock of the node that signed, or `-` if that was not
// set. msgs/WIRE.md has the bytes.
#ifndef TELEX_MSGS_DOCUMENT_H
#define TELEX_MSGS_DOCUMENT_H

#include "keys/identity.h"
#include "msgs/batch.h"
#include "units/unit.h"

struct doc {
    struct cert cert; // cert.user wrote it, cert.node signed for him
    int64_t time_ms;  // or TIME_UNKNOWN
    struct unit body;
};

/** Are these bytes meant to be a document? Looks at the first nine only. */
bool doc_is(struct span bytes);

/**
 * doc_sign - a document of one unit
 * @time_ms: now, or TIME_UNKNOWN
 * @out:     the document, in @a
 *
 * Errors: ERR_BAD_ARG (a secret in it), ERR_DENIED (the certificate lets this node sign nothing),
 *         ERR_EXPIRED, ERR_CLOCK (see cert_covers), ERR_NO_MEMORY
 */
MUST_USE enum err doc_sign(struct arena *a, const struct identity *id, int64_t time_ms,
                           const struct unit *body, struct span *out, struct fail *f);

/**
 * struct doc_cache - what doc_open_again knows; all zero at the start
 *
 * Holds no secret. One for each thread that checks.
 */
struct doc_cache {
    struct batch_cache roots;
    struct doc_cert {
        size_t n; // 0: empty
        uint8_t bytes[CERT_MAX_BYTES];
        struct cert cert;
    } certs[4];   // their signatures hold
    uint8_t next; // the place to be filled next
};

/**
 * doc_open - check a document and read it
 * @bytes: untrusted, of any length; not needed afterwards
 * @out:   belongs to @a; untouched on failure
 *
 * It has checked: the certificate is signed by the user whom it names, allows to sign and covers
 * the time of the document; the node that it names signed exactly these bytes, for this user and
 * under this certificate. The unit is read only then. Whom to trust is the caller's to decide.
 *
 * Errors: ERR_SYNTAX (no document, or one that Telex does not write), ERR_BAD_SIGN, ERR_DENIED,
 *         ERR_EXPIRED, ERR_CLOCK, ERR_NO_MEMORY, ERR_BAD_ARG (a secret in it), and for the unit
 *         those of unit_decode; f->pos counts from the start of @bytes
 */
MUST_USE enum err doc_open(struct arena *a, struct span bytes, struct doc *out, struct fail *f);

/** doc_open; certificates and batches that were checked before are compared, not checked again. */
MUST_USE enum err doc_open_again(struct doc_cache *cache, struct arena *a, struct span bytes,
                                 struct doc *out, struct fail *f);

// ---- Documents that are made together

enum {
    DOC_BATCH_MAX = 1024,            // documents
    DOC_BATCH_BYTES = 256 << 10,     // of all records
    DOC_BATCH_UNIT_BYTES = 16 << 10, // a longer unit gains nothing
    DOC_HEAD_MAX_BYTES = 160,        // what a record has around its unit, and "telex-doc-v1" 00
};

/** init once; then start, add .., sign, get .. as often as one likes. Holds no secret. */
struct doc_batch {
    const struct identity *id;
    struct batch tree; // tree.n: documents so far
    size_t used;       // of records
    char *records;     // the signed parts, one behind the other
    size_t *ends;      // of each
    char *doc;         // the one that doc_batch_get made
    size_t proof_at;   // where in it the proof begins
};

/** Errors: ERR_NO_MEMORY (@a gives about 400 KiB) */
MUST_USE enum err doc_batch_init(struct doc_batch *b, struct arena *a);

/** @id: who signs, for as long as the batch. @seed: random bytes. */
void doc_batch_start(struct doc_batch *b, const struct identity *id,
                     const uint8_t seed[BATCH_SEED_BYTES]);

/** Is there room for this unit? Never in a batch that has none: sign it alone. */
bool doc_batch_fits(const struct doc_batch *b, const struct unit *body);

/** doc_batch_fits said yes. Errors: as doc_sign, but for memory; then nothing was added. */
MUST_USE enum err doc_batch_add(struct doc_batch *b, int64_t time_ms, const struct unit *body,
                                struct fail *f);

/** Close it: tree.n >= 1. */
void doc_batch_sign(struct doc_batch *b);

/** Document @i, until the next one is asked for. Of a batch of one it is a plain document. */
struct span doc_batch_get(struct doc_batch *b, size_t i);

#endif
