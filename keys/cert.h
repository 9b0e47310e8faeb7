// SPDX-License-Identifier: MIT
// Certificates: a user's word that a node acts for him.
//
// Documents and messages are signed by a node; the certificate says whose node it is. So a user's
// own key is needed only when a node is added, and a stolen device is revoked without a new user.
//
//   64 bytes  signature by the user's key, over all that follows
//   14 bytes  "telex-cert-v1" 00
//   the rest  {v:1 user:%`32` node:%`32` box:%`32` roles:[..] from:ms till:ms serial:int}
//
// Dates are ms of UTC since 1970, `-` for no bound. msgs/WIRE.md has the bytes.
#ifndef TELEX_KEYS_CERT_H
#define TELEX_KEYS_CERT_H

#include "keys/crypto.h"

enum {
    CERT_MAX_BYTES = 320, // with all roles and the longest numbers; a test stands at it
};

// Times in ms of UTC since 1970.
#define TIME_UNKNOWN INT64_MIN // a machine that does not know; as a certificate's begin: no bound
#define TIME_NEVER INT64_MAX   // as a certificate's end: no bound

enum cert_role {
    CERT_SIGN = 1,  // `sign`: documents and messages signed by the node are the user's
    CERT_ADMIN = 2, // `admin`: may invite and evict nodes of the user's cluster
};

struct cert {
    uint8_t user[32]; // public Ed25519 key: who signed this
    uint8_t node[32]; // public Ed25519 key: signs
    uint8_t box[32];  // public X25519 key: sessions
    unsigned roles;   // enum cert_role
    int64_t from_ms;  // first ms, or TIME_UNKNOWN
    int64_t till_ms;  // last ms, or TIME_NEVER
    int64_t serial;   // tells this user's certificates apart; 0 or more
    uint8_t hash[32]; // of the whole certificate as bytes: what documents and messages name
};

/**
 * cert_make - sign a certificate
 * @c:   all but user and hash, which are filled in
 * @out: the certificate as bytes, *n of them
 */
void cert_make(const struct sign_key *user, struct cert *c, uint8_t out[CERT_MAX_BYTES], size_t *n);

/**
 * cert_open - check a certificate and read it
 * @out: untouched on failure; it may still be out of date, see cert_covers
 *
 * Errors: ERR_SYNTAX (no certificate), ERR_BAD_SIGN (not signed by the user that it names); f->pos
 * Cost:   one signature check
 */
MUST_USE enum err cert_open(struct span bytes, struct cert *out, struct fail *f);

/**
 * cert_covers - does it hold at this time?
 * @ms: TIME_UNKNOWN is covered only by a certificate without bounds
 *
 * Errors: ERR_EXPIRED (before or after), ERR_CLOCK (it has bounds and the time is unknown)
 */
MUST_USE enum err cert_covers(const struct cert *c, int64_t ms, struct fail *f);

#endif
