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
// `time` is ms of UTC since 1970, by the clock of the node that signed, or `-` if that was not
// set. msgs/WIRE.md has the bytes.
#ifndef TELEX_MSGS_DOCUMENT_H
#define TELEX_MSGS_DOCUMENT_H

#include "keys/identity.h"
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

#endif
