// SPDX-License-Identifier: MIT
// Messages: units on their way from one node to another, signed for this one way.
//
//   64 bytes  signature by the sending node, over all that follows; or, where it left together
//             with others, its proof in their batch (msgs/batch.h)
//   13        "telex-msg-v1" 00
//   rest      {v:1 cluster:%`32` ath:%`32` cert:%`32` from:%`32` to:(service %`32`) session:%`16`
//              ctr:int req:%`16` ttl:ms hops:int trace:bool body:U}
//
// A document proves who wrote it, for ever; a message proves also to whom it goes: one node, in
// one session, at one place of it. So it cannot be replayed, redirected or moved. `-` stands for
// what there is not: cluster, session, req, and in what goes back also the service:
//
//   to       req     is
//   service  %`..`   a request: what is sent to a service; req is the same when it is sent again
//   service  -       outside of any session (test.dump)
//   -        %`..`   the answer to the request of this name: (val U) or (err {code why ..})
//   -        -       a word between the two nodes (cluster/session.h)
//
// The certificate itself does not travel with each message: both ends of a session have shown
// theirs. A message is checked as it arrived, once, before anything looks into its body. Its id is
// the BLAKE2b-256 of the record. msgs/WIRE.md has the bytes.
#ifndef TELEX_MSGS_MESSAGE_H
#define TELEX_MSGS_MESSAGE_H

#include "keys/identity.h"
#include "msgs/batch.h"
#include "msgs/window.h"
#include "units/unit.h"

enum {
    MSG_HOPS_MAX = 4,          // nodes on the way that hand it on
    MSG_TTL_MAX_MS = 86400000, // a day: an executor keeps nothing longer
    MSG_RECORD_AT = 77,        // behind signature and "telex-msg-v1" 00
    MSG_HEAD_MAX_BYTES = 640,  // all but the body, signed alone
};

/** All zeros in an array stand for none. */
struct msg {
    uint8_t cluster[32]; // none: the node is alone
    uint8_t ath[32];     // the user who sends
    uint8_t cert[32];    // hash of the certificate under which the node signs for him
    uint8_t from[32];    // the node that signs
    struct span service; // to which service; empty: none
    uint8_t to[32];      // .. of which node
    uint8_t session[16]; // the first bytes of its handshake hash; none: outside of any
    int64_t ctr;         // place in the session (msgs/window.h)
    uint8_t req[16];     // names the request when it is sent again; none: there is no answer
    int64_t ttl_ms;      // from arrival
    unsigned hops;       // relays that may hand it on
    bool trace;          // tell the way it took
    struct unit body;
    uint8_t id[32]; // BLAKE2b-256 of the record; by msg_sign and msg_open only
};

/**
 * msg_sign - sign a message
 * @m:   all but ath, cert, from and id, which are filled in; the service name must be valid
 * @out: the message as bytes, in @a
 *
 * Secrets in the body are written in clear: whether they may go to this node is the caller's to
 * decide first: only a node of their owner.
 * Errors: ERR_DENIED (the certificate lets this node sign nothing), ERR_NO_MEMORY
 */
MUST_USE enum err msg_sign(struct arena *a, const struct identity *id, struct msg *m,
                           struct span *out, struct fail *f);

// ---- The same in parts, for those that leave together

/** ath, cert and from. Errors: ERR_DENIED, as msg_sign */
MUST_USE enum err msg_author(const struct identity *id, struct msg *m, struct fail *f);

/** Length of what is signed ("telex-msg-v1" 00 and the record) but for the body. */
size_t msg_head_bytes(const struct msg *m);

/** Write it; gives its end, where the body follows. */
uint8_t *msg_head_put(const struct msg *m, uint8_t *out);

/**
 * struct msg_expect - what the receiver knows before it reads
 * @sender:  certificate of the other end
 * @open:    places of the session that are still open; the one of a message that has proved itself
 *           is closed. NULL: these between:
 * @ctr_min, @ctr_max: both included
 * @now_ms:  for the dates of the certificate, or TIME_UNKNOWN
 * @roots:   batches that were checked before; or NULL
 */
struct msg_expect {
    const struct cert *sender;
    uint8_t cluster[32], node[32], session[16];
    int64_t ctr_min, ctr_max;
    int64_t now_ms;
    struct windows *open;
    struct batch_cache *roots;
};

/**
 * msg_check - check a message that arrived, without a look at its body
 * @bytes: untrusted, of any length
 * @out:   all but body and id; service borrows @bytes. Untouched on failure
 * @body:  the bytes of the body, borrowed likewise
 *
 * What costs little comes first, so most of what is replayed or misdirected is refused before the
 * signature; but nothing is believed, and nothing has changed, before the signature holds.
 *
 * Errors: ERR_SYNTAX (no message), ERR_TOO_BIG, ERR_BAD_SIGN (not signed by the sender, or in
 *         another's name), ERR_DENIED (may not sign; to another node or cluster), ERR_REPLAY
 *         (another session or place in it), ERR_EXPIRED, ERR_CLOCK (see cert_covers);
 *         f->pos counts from @bytes
 * Cost:   one signature check, or of a batch that is known some hashes. Needs no memory
 */
MUST_USE enum err msg_check(struct span bytes, const struct msg_expect *expect, struct msg *out,
                            struct span *body, struct fail *f);

/**
 * msg_open - msg_check, and read its body
 * @bytes: not needed afterwards
 * @out:   belongs to @a; untouched on failure
 *
 * Errors: also ERR_NO_MEMORY, and those of unit_decode. Its place in the session is closed then.
 */
MUST_USE enum err msg_open(struct arena *a, struct span bytes, const struct msg_expect *expect,
                           struct msg *out, struct fail *f);

/**
 * msg_dump - a unit as the message that it would be if it left this node now, for this node
 * @time_ms: now, or TIME_UNKNOWN
 *
 * Gives {v cluster ath cert from to session ctr req ttl hops trace id time size msg hash sign
 * bytes proof}: the fields of the record with the unit as msg; its id; size in bytes, hash of the
 * unit, signature, the record's exact bytes, and the certificate. With these anyone can check all
 * but time, which is this node's word. There is no cluster, session and req.
 *
 * Errors: ERR_BAD_ARG (a secret in it), ERR_TOO_DEEP, ERR_TOO_BIG (no room for the rest around
 *         it), those of msg_sign
 */
MUST_USE enum err msg_dump(struct arena *a, const struct identity *id, struct span service,
                           const struct unit *body, int64_t time_ms, struct unit *out,
                           struct fail *f);

#endif
