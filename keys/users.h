// SPDX-License-Identifier: MIT
// The users of this machine: a key file for each.
//
//   user.key       the node's owner (keys/identity.h makes it at the first start)
//   NAME.user      any other
//
// A key file is a record with a check behind it (keys/identity.h). The seed lies in it as it is, or,
// with a passphrase, encrypted:
//
//   {v:1 file:user.key seed:%`32`}                             (the owner's, without a passphrase)
//   {v:1 file:user user:%`32` seed:%`32`}                      (any other's)
//   {v:1 file:user.lock user:%`32` mem:KiB ops:int salt:%`16` nonce:%`24` box:%`48`}
//
// box is XChaCha20-Poly1305 of the seed, under the Argon2id of the passphrase, with all fields
// before it as associated data. Such a file may be given away: it is what `exp` answers. Each of the
// three kinds is read in the place of another.
#ifndef TELEX_KEYS_USERS_H
#define TELEX_KEYS_USERS_H

#include "keys/identity.h"

enum {
    USER_NAME_MAX = 32, // characters: a-z 0-9 -, a letter first
    USERS_MAX = 256,    // of one machine
    USER_FILE_MAX_BYTES = 512,
    PASS_MAX_BYTES = 1024,
};

/** The cost of a passphrase: Argon2id (RFC 9106) with one lane. */
struct pass_cost {
    uint32_t mem_kib; // 65536 unless a test says less; past PASS_MEM_MAX_KIB a file is refused
    uint32_t ops;     // passes
};
#define PASS_COST ((struct pass_cost){65536, 3})
enum { PASS_MEM_MAX_KIB = 256 << 10, PASS_OPS_MAX = 16 };

struct user {
    char name[USER_NAME_MAX + 1]; // "owner" is the node's
    uint8_t id[32];               // public key; of the owner without user.key: from the certificate
    bool known;                   // id is
    bool locked;                  // a passphrase is needed
    bool here;                    // its key lies on this machine, and can be read
    enum err bad;                 // why its file cannot be read though it is there; in lists only
};

/** Is it a name that users_make takes? Not "owner", not "node", not "user". */
bool user_name_ok(struct span name);

/**
 * users_list - all users of this machine, the owner first, then by name
 * @out: in @a
 *
 * A user whose file cannot be read stands there by his name, with what is `bad` and without an id:
 * ERR_CORRUPT, ERR_DENIED (others may read or write it), ERR_NOT_SUPPORTED (of a later version),
 * ERR_LIMIT (as users_open), ERR_IO. An owner whose key is bad or elsewhere has his id from the
 * node's certificate; without both he is not known, as before the first start. Where files cannot be
 * listed, the owner is all that is known.
 *
 * Errors: ERR_NOT_SUPPORTED (the machine keeps no files), ERR_NO_MEMORY, those of @files->list
 */
MUST_USE enum err users_list(const struct mem *mem, const struct key_files *files, struct arena *a,
                             struct user **out, size_t *n, struct fail *f);

/** One of them by name. Errors: ERR_NOT_FOUND, ERR_CORRUPT, as users_open, but for the passphrase */
MUST_USE enum err users_find(const struct mem *mem, const struct key_files *files, struct span name,
                             struct user *out, struct fail *f);

/**
 * users_make - a new user of this machine
 * @seed: 32 random bytes, or those of a user who is imported; NULL: made here
 * @pass: at == NULL: none
 * @random: may be NULL when there are a seed and no passphrase
 *
 * Errors: ERR_BAD_ARG (the name), ERR_EXISTS (name or key), ERR_LIMIT (USERS_MAX),
 *         ERR_NOT_SUPPORTED (no random bytes, or the machine keeps no files), ERR_NO_MEMORY, ..
 * Cost:   with a passphrase 64 MiB and about 0.3 s: to be run beside the main loop
 */
MUST_USE enum err users_make(const struct mem *mem, const struct key_files *files,
                             const struct key_random *random, struct span name, const uint8_t *seed,
                             struct span pass, struct pass_cost cost, struct user *out,
                             struct fail *f);

/**
 * users_open - the secret key of a user; wipe it
 *
 * A passphrase for a key that has none is not looked at.
 *
 * Errors: ERR_NOT_FOUND, ERR_DENIED (wrong passphrase, or one is needed), ERR_CORRUPT, ERR_LIMIT (a
 *         passphrase that costs too much), ERR_NOT_SUPPORTED, ERR_NO_MEMORY, those of @files->load
 */
MUST_USE enum err users_open(const struct mem *mem, const struct key_files *files, struct span name,
                             struct span pass, struct sign_key *out, struct fail *f);

/**
 * Another passphrase, or none (at == NULL), for a key that was opened. At any moment the old or the
 * new file is whole. Errors: ERR_NOT_FOUND, ERR_DENIED (the key of another user), as users_make
 */
MUST_USE enum err users_pass(const struct mem *mem, const struct key_files *files,
                             const struct key_random *random, struct span name,
                             const struct sign_key *key, struct span pass, struct pass_cost cost,
                             struct fail *f);

/**
 * users_load - the bytes of a user's key file, in the arena, as they lie there
 * users_keep - a file of user_lock as the key file of a user; @made: of a new one
 *
 * For those who open and lock it elsewhere: user_unlock and user_lock take long and touch no file.
 *
 * Errors: ERR_NOT_FOUND, ERR_NOT_SUPPORTED, those of @files->load; ERR_EXISTS (@made), those of
 *         @files->make or save
 */
MUST_USE enum err users_load(const struct key_files *files, struct span name, struct arena *a,
                             struct span *out, struct fail *f);
MUST_USE enum err users_keep(const struct key_files *files, struct span name, bool made,
                             struct span bytes, struct fail *f);

/** Forget a user's key file. Not the owner's: ERR_DENIED. */
MUST_USE enum err users_del(const struct key_files *files, struct span name, struct fail *f);

/**
 * user_lock - a key as a file with a passphrase, to take elsewhere; *n bytes
 * user_unlock - and back: a file of any kind
 *
 * Errors: ERR_BAD_ARG (no passphrase, a longer one than PASS_MAX_BYTES, a cost out of bounds);
 *         back: as users_open
 */
MUST_USE enum err user_lock(const struct mem *mem, const struct key_random *random,
                            const struct sign_key *key, struct span pass, struct pass_cost cost,
                            uint8_t out[USER_FILE_MAX_BYTES], size_t *n, struct fail *f);
MUST_USE enum err user_unlock(const struct mem *mem, struct span file, struct span pass,
                              struct sign_key *out, struct fail *f);

#endif
