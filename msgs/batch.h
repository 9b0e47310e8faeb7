// SPDX-License-Identifier: MIT
// Batches: things that leave together share one signature, and each still proves itself alone.
//
//              root            signed: "telex-batch-v1" 00 {v:1 size:5 root:%`32`}
//            /      \          a node  H(01 || left || right)
//          *         l4        a leaf  H(00 || salt || bytes), H = BLAKE2b-256
//        /   \                 split at the largest power of two below the size (RFC 6962 2.1),
//      *       *               so the last one of an odd row goes up unchanged
//     / \     / \              .
//   l0   l1 l2   l3            l1 travels with its salt and the path l0, (l2 l3), l4
//
// The bytes of a leaf are exactly what a signature of its own would cover, the text that names the
// purpose included: a document can never be taken for a message. The salt keeps its neighbours
// from guessing what it says. Whoever checks needs signature, size, index, salt, path:
//
//   64     signature of the root, by the node
//    4     size, 1 .. 2^20, the higher byte first
//    4     index, below size
//   16     salt
//   32 n   path, from the leaf up; n follows from size and index
//
// This proof stands in front of the bytes. msgs/WIRE.md has vectors.
#ifndef TELEX_MSGS_BATCH_H
#define TELEX_MSGS_BATCH_H

#include "keys/crypto.h"
#include "units/arena.h"

enum {
    BATCH_DEPTH_MAX = 20,
    BATCH_MAX = 1 << BATCH_DEPTH_MAX, // leaves
    BATCH_SALT_BYTES = 16,
    BATCH_SEED_BYTES = 32,
    BATCH_PROOF_BYTES = SIGN_BYTES + 4 + 4 + BATCH_SALT_BYTES, // without the path
    BATCH_PROOF_MAX_BYTES = BATCH_PROOF_BYTES + BATCH_DEPTH_MAX * HASH_BYTES,
};

// ---- Making. init once; then start, add .., sign, put .. as often as one likes.

/** Its parts are its own, but for max and n. */
struct batch {
    uint8_t (*hash)[HASH_BYTES];       // the leaves, and once it is signed each row above them
    uint8_t (*salt)[BATCH_SALT_BYTES]; // of the leaves
    size_t max, n;                     // leaves
    uint8_t seed[BATCH_SEED_BYTES];
    uint8_t sign[SIGN_BYTES];
};

/**
 * batch_init - room for batches of up to @max leaves (1..BATCH_MAX): 80 bytes each, in @a
 *
 * Errors: ERR_NO_MEMORY
 */
MUST_USE enum err batch_init(struct batch *b, struct arena *a, size_t max);

/** Begin a batch. @seed: random bytes (struct key_random); all salts follow from it. */
void batch_start(struct batch *b, const uint8_t seed[BATCH_SEED_BYTES]);

/** The next leaf; b->n is its index before, and must be below b->max. Not needed afterwards. */
void batch_add(struct batch *b, struct span bytes);

/** Close it: b->n >= 1. The seed is wiped. Cost: one signature, and a hash for each leaf. */
void batch_sign(struct batch *b, const struct sign_key *key);

/** Length of the proof of a leaf of a batch of this size. */
size_t batch_proof_bytes(size_t index, size_t size);

/** Write it: batch_proof_bytes(index, b->n) bytes. Gives their end. */
uint8_t *batch_proof_put(const struct batch *b, size_t index, uint8_t *out);

// ---- Checking

/** A proof as it arrived; borrows its bytes. */
struct batch_proof {
    uint32_t size, index;
    const uint8_t *sign; // 64
    const uint8_t *salt; // 16
    const uint8_t *path; // 32 n
    size_t n;
};

/**
 * batch_proof_get - find the parts of a proof
 * @bytes: begins with it; untrusted, of any length
 * @used:  length of the proof: what follows is what it proves
 *
 * Proves nothing yet. Errors: ERR_SYNTAX; f->pos counts from @bytes
 */
MUST_USE enum err batch_proof_get(struct span bytes, struct batch_proof *out, size_t *used,
                                  struct fail *f);

/**
 * batch_root - the root that a leaf and its path lead to
 * @n: hashes in @path
 *
 * False: there is no such place in a batch of this size, or its path has another length.
 */
MUST_USE bool batch_root(const uint8_t salt[BATCH_SALT_BYTES], struct span bytes, size_t index,
                         size_t size, const uint8_t *path, size_t n, uint8_t root[HASH_BYTES]);

enum { BATCH_SEEN = 8 };

/**
 * struct batch_cache - what was checked and hashed before; all zero at the start
 *
 * Saves the signature check for all leaves of a batch but the first, and most of the path for
 * those that come one after the other. Holds no secret. One for each thread that checks.
 */
struct batch_cache {
    struct batch_seen {
        uint8_t public[KEY_BYTES], sign[SIGN_BYTES], root[HASH_BYTES];
        uint32_t size;  // 0: empty
    } seen[BATCH_SEEN]; // roots whose signature holds
    uint8_t next;       // the place to be filled next
    struct batch_way {
        uint32_t size, index; // size 0: none
        uint8_t node[BATCH_DEPTH_MAX + 1][HASH_BYTES], path[BATCH_DEPTH_MAX][HASH_BYTES];
    } way; // by row, the hashes from the last leaf to its root; whether it is signed or not
};

/**
 * batch_check - do these bytes belong to a batch that the owner of this key signed?
 * @cache: or NULL
 *
 * Cost: a signature check where the root is new, otherwise a few hashes.
 */
MUST_USE bool batch_check(struct batch_cache *cache, const struct batch_proof *p, struct span bytes,
                          const uint8_t public[KEY_BYTES]);

#endif
