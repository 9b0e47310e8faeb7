// SPDX-License-Identifier: MIT
// Who this node is and for whom it acts: made at the first start without a question.
//
//   user.key    the user's Ed25519 seed: signs certificates, nothing else
//   node.key    the node's Ed25519 and X25519 secrets: sign, and sessions
//   node.cert   the user's certificate for this node (keys/cert.h)
//
// Each file is a record in the binary form of units and behind it 32 bytes of check, the
// BLAKE2b-256 of the record:
//
//   user.key    {v:1 file:user.key seed:%`32`}
//   node.key    {v:1 file:node.key seed:%`32` box:%`32`}
//   node.cert   {v:1 file:node.cert cert:%`..`}
//
// node.key and node.cert are what a node needs; user.key is absent where a node acts for the user
// of another device, and may have a passphrase (keys/users.h). Nothing here replaces a file that is
// there: damaged ones are ERR_CORRUPT and wait for a person.
#ifndef TELEX_KEYS_IDENTITY_H
#define TELEX_KEYS_IDENTITY_H

#include "keys/cert.h"
#include "units/arena.h"

/**
 * struct key_files - where the files lie, lent by the machine (see plat_file of kernel/plat.h)
 * @has:  is there such a file?
 * @load: the whole file, in the arena. ERR_DENIED: others may read or write it; ERR_TOO_BIG: it has
 *        no room in that arena; ERR_NOT_SUPPORTED: what has this name is no file
 * @make: a new file, whole or not at all, that only its owner may read. ERR_EXISTS when there is
 *        one, which stays as it is: of two nodes that start at once in the same place, one wins
 *        and the other takes what it made
 * @save: the same in the place of what may be there: at any moment the old or the new one is whole
 * @del:  ERR_NOT_FOUND when there is none
 * @list: names of all files, in the arena
 * Errors of load and make also: ERR_NOT_FOUND, ERR_IO, ERR_DENIED, ERR_NO_SPACE, ERR_NO_MEMORY,
 * ERR_TOO_BIG
 */
struct key_files {
    void *ctx;
    bool (*has)(void *ctx, const char *name);
    enum err (*load)(void *ctx, const char *name, struct arena *a, struct span *out);
    enum err (*make)(void *ctx, const char *name, struct span bytes);
    enum err (*save)(void *ctx, const char *name, struct span bytes);
    enum err (*del)(void *ctx, const char *name);
    enum err (*list)(void *ctx, struct arena *a, struct span **names, size_t *n);
};

/** Holds secrets: identity_fini wipes them. Lies in one piece, so it may be moved. */
struct identity {
    struct sign_key node; // signs
    uint8_t box[32];      // X25519 secret
    struct cert cert;     // names the user, both public keys, and has the certificate's hash
    uint8_t cert_bytes[CERT_MAX_BYTES];
    size_t cert_n;
};

/** Is there something to load? Reads no file. */
bool identity_exists(const struct key_files *files);

/**
 * identity_load - the identity of this node, to sign with
 * @mem: for the files' contents; wiped and given back
 *
 * Errors: ERR_NOT_FOUND (a file is missing), ERR_CORRUPT (damaged, or the files do not belong
 *         together), ERR_NOT_SUPPORTED (of a later version), those of @files->load
 * Cost:   two small files, one signature check: under a millisecond
 */
MUST_USE enum err identity_load(const struct mem *mem, const struct key_files *files,
                                struct identity *out, struct fail *f);

/**
 * identity_make - make what is missing, then load
 * @files: NULL: the machine keeps nothing, the identity lives until identity_fini
 *
 * What was cut off half way is finished by the next call. The certificate has all roles and no
 * end: it was given by the user to his own device, at a time when the clock may be wrong.
 *
 * Errors: those of identity_load; ERR_NOT_SUPPORTED when the machine has no random bytes for keys
 */
MUST_USE enum err identity_make(const struct mem *mem, const struct key_files *files,
                                const struct key_random *random, struct identity *out,
                                struct fail *f);

/**
 * The user's own key, to sign a certificate with; wipe it. Errors: as identity_load; ERR_DENIED: it
 * has a passphrase, which users_open takes (keys/users.h).
 */
MUST_USE enum err identity_user(const struct mem *mem, const struct key_files *files,
                                struct sign_key *out, struct fail *f);

void identity_fini(struct identity *id);

#endif
