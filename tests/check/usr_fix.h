// SPDX-License-Identifier: MIT
// What suites of sys.usr share: users whose key files lie in the memory of a simulated machine.
//
// A passphrase at its full price takes 64 MiB and a second with sanitizers, so these files are locked
// cheaply; what makes such a file itself is done a few times only.
#ifndef TELEX_TESTS_USR_FIX_H
#define TELEX_TESTS_USR_FIX_H

#include "keys/users.h"
#include "tests/check/services_rows.h"

#define PASS "open sesame"

/** The key whose seed is 32 times this byte. */
void usr_key(uint8_t fill, struct sign_key *key);

/** .. its public half as text; static, till the next call. */
const char *usr_name(uint8_t fill);

/** .. and its key file, locked with PASS. */
size_t usr_locked(struct sim *s, uint8_t fill, uint8_t out[USER_FILE_MAX_BYTES]);

/** The same as a file of the machine, `bob.user`. */
void usr_put(struct sim *s, const char *name, uint8_t fill);

/** Stands for a message: the node's owner sits down at a terminal of his own. */
#define OWNER_BACK "the owner is back"

/** .. and a person looks at it; until then it is a pipe. */
#define PERSON "a person sits down"

/** A node whose terminal is a pipe. */
struct kernel *usr_kernel(struct sim *s);

/** Sends each, one behind the other; nothing shown holds the passphrase. */
void usr_ask_all(struct sim *s, struct kernel *k, const struct msg_row *rows, size_t n);

#define ASK(s, k, ...)                                           \
    usr_ask_all((s), (k), (const struct msg_row[]){__VA_ARGS__}, \
                sizeof(const struct msg_row[]){__VA_ARGS__} / sizeof(struct msg_row))

/** The answer as text; static, till the next call. */
const char *usr_ask(struct sim *s, struct kernel *k, const char *msg);

/** The whole error that a message ends with; likewise. */
const char *usr_ask_error(struct sim *s, struct kernel *k, const char *msg);

#endif
