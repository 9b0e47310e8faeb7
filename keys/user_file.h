// SPDX-License-Identifier: MIT
// The key file of a user as a record: in the open, or under a passphrase. The kinds and fields
// stand in keys/users.h.
#ifndef TELEX_KEYS_USER_FILE_H
#define TELEX_KEYS_USER_FILE_H

#include "keys/file.h"
#include "keys/users.h"

/** What such a file says. Holds a secret unless it is locked: wipe it. */
struct user_file {
    uint8_t id[32]; // public key
    bool locked;
    uint8_t seed[32]; // not locked: the secret
    struct pass_cost cost;
    uint8_t salt[SALT_BYTES], nonce[NONCE_BYTES];
    uint8_t box[KEY_BYTES + BOX_BYTES];
    struct span ad; // all bytes before the box, borrowed from the file
};

/**
 * user_file_read - a file of any of the three kinds
 * @name: for error texts
 *
 * Errors: ERR_CORRUPT (also where seed and public key do not belong together), ERR_NOT_SUPPORTED,
 *         ERR_LIMIT (a passphrase that costs more than PASS_MEM_MAX_KIB or PASS_OPS_MAX)
 */
MUST_USE enum err user_file_read(const char *name, struct span bytes, struct user_file *out,
                                 struct fail *f);

/** The key in it; wipe it. Errors: ERR_DENIED (the passphrase), ERR_CORRUPT, ERR_NO_MEMORY */
MUST_USE enum err user_file_open(const struct mem *mem, const char *name, const struct user_file *u,
                                 struct span pass, struct sign_key *out, struct fail *f);

/** In the open: as the owner's, or as any other's. */
void user_file_plain(const struct sign_key *key, bool owner, struct key_file *out);

/** Under a passphrase. Errors: ERR_BAD_ARG, ERR_NOT_SUPPORTED, ERR_NO_MEMORY */
MUST_USE enum err user_file_lock(const struct mem *mem, const struct key_random *random,
                                 const struct sign_key *key, struct span pass,
                                 struct pass_cost cost, struct key_file *out, struct fail *f);

#endif
