// SPDX-License-Identifier: MIT
// A node with users and services that have every kind of command, for tests of rights.
#ifndef TELEX_TESTS_RIGHTS_FIX_H
#define TELEX_TESTS_RIGHTS_FIX_H

#include "keys/identity.h"
#include "tests/sim/lab.h"

enum who { OWNER, BOB, CAROL, NOBODY, USERS };
extern const char *const who_names[USERS];

/** Services: all of the build, lab, vault with every kind of command, rig that does as sys.usr. */
struct kernel *rights_kernel(struct sim *s);

void user_key(enum who who, struct sign_key *key);
struct owner *user_of(struct kernel *k, enum who who);

/** His certificate for this node. */
struct span user_cert(struct kernel *k, enum who who, uint8_t out[CERT_MAX_BYTES]);

/** (login cert) at the terminal, and what it answers. */
void user_login(struct sim *s, struct kernel *k, struct span cert, const char *want);

/** $b and $c stand for the public keys of bob and carol, $o for the owner's; $n: a second from now. */
void user_expand(struct kernel *k, const char *msg, char *out, size_t cap);

/**
 * Sends such a message as a user, from no terminal; the print of the answer, or `!code why`. Static,
 * until the next call.
 */
const char *send_as(struct sim *s, struct kernel *k, enum who who, const char *msg);

/** Until hold@lab is reached. */
void until_held(struct kernel *k);

#endif
