// SPDX-License-Identifier: MIT
// All cryptography of Telex: a few functions of libsodium under names of our own.
//
//   hash_   BLAKE2b-256 (RFC 7693)     what identifies content
//   sign_   Ed25519 (RFC 8032)         who wrote it
//   dh_     X25519 (RFC 7748)          a secret that two nodes share
//   pass_   Argon2id (RFC 9106)        a key from a passphrase
//   box_    XChaCha20-Poly1305         bytes that who has the key may read and nobody may change
//   seal_   libsodium's sealed box     bytes that one user may read
//   sha256_ SHA-256 (FIPS 180-4)       the checksum of words on paper
//
// Nothing here keeps state or makes random bytes, and only pass_key allocates. Whoever makes a key
// brings its seed from the machine (struct key_random); all else follows from the seed, so tests are
// exact. Secrets are wiped with mem_wipe (units/arena.h) by whoever holds them; what pass_key,
// box_open and seal_open leave on the stack they wipe themselves.
#ifndef TELEX_KEYS_CRYPTO_H
#define TELEX_KEYS_CRYPTO_H

#include "units/arena.h"

enum {
    HASH_BYTES = 32,
    KEY_BYTES = 32,
    SIGN_BYTES = 64,
    SALT_BYTES = 16,  // of a passphrase
    NONCE_BYTES = 24, // of a box
    BOX_BYTES = 16,   // a box is longer by this than what is in it
    SEAL_BYTES = 48,  // likewise
};

/**
 * struct key_random - random bytes fit for keys, lent by the machine
 * @bytes: fills all n of out; ERR_NOT_SUPPORTED when the machine has too little to offer
 */
struct key_random {
    void *ctx;
    enum err (*bytes)(void *ctx, uint8_t *out, size_t n);
};

/** Equal? In a time that does not tell where they differ. */
bool secret_eq(const void *x, const void *y, size_t n);

/**
 * Overwrites what calls before left below the caller on the stack: to be called behind a hash of
 * something secret, since hash_of, which mostly hashes what everybody may know, does not.
 */
void stack_wipe(void);
enum { STACK_WIPE_BYTES = 8 << 10 };

// ---- BLAKE2b-256

/** Hash of bytes that are all here. */
void hash_of(struct span bytes, uint8_t hash[32]);

/** The same in pieces: hash_init, hash_add for each piece, hash_end once. */
struct hash {
    _Alignas(64) uint8_t state[384];
};
void hash_init(struct hash *h);
void hash_add(struct hash *h, struct span bytes);
void hash_end(struct hash *h, uint8_t hash[32]);

// ---- Ed25519

/** A secret key: wipe it after use. */
struct sign_key {
    uint8_t seed[32];   // the secret
    uint8_t public[32]; // follows from it
};

/** The key of a seed, 32 random bytes. */
void sign_key_init(struct sign_key *key, const uint8_t seed[32]);

/** The same key and bytes give the same signature. */
void sign_make(const struct sign_key *key, struct span bytes, uint8_t sign[64]);

/**
 * sign_check - is this the signature of these bytes by this key?
 *
 * Strict: a signature or key in a form that no honest signer writes is refused (a scalar past the
 * group order, a point of small order), so nobody can make a second signature out of a first.
 * Source: RFC 8032 5.1.7, cofactorless
 */
MUST_USE bool sign_check(const uint8_t sign[64], const uint8_t public[32], struct span bytes);

// ---- X25519

/** The public key of a secret one, 32 random bytes. */
void dh_public(const uint8_t secret[32], uint8_t public[32]);

/** What both ends compute. False for a public key that gives the same to everyone. */
MUST_USE bool dh_shared(const uint8_t secret[32], const uint8_t public[32], uint8_t shared[32]);

// ---- Argon2id, version 1.3, one lane

enum { PASS_MEM_MIN_KIB = 8, PASS_OPS_MIN = 1 };

/**
 * pass_key - the key that a passphrase gives
 * @mem:     lends mem_kib KiB and a little more, wiped and given back
 * @mem_kib: PASS_MEM_MIN_KIB or more; the caller keeps it in bounds
 * @ops:     passes, PASS_OPS_MIN or more; likewise
 * @key:     wipe it after use; untouched on failure
 *
 * Errors: ERR_NO_MEMORY; ERR_BAD_ARG for a cost that Argon2id does not have
 * Cost:   about 1.5 ms for each pass over a MiB; it pauses between blocks (units/heap.h)
 */
MUST_USE enum err pass_key(const struct mem *mem, struct span pass, const uint8_t salt[16],
                           uint32_t mem_kib, uint32_t ops, uint8_t key[32]);

// ---- XChaCha20-Poly1305

/**
 * box_make - lock bytes up
 * @nonce: another one for each box under the same key; random ones never meet
 * @ad:    what the box goes with: read in the open, and as unchangeable as what is inside
 * @box:   plain.len + BOX_BYTES
 */
void box_make(const uint8_t key[32], const uint8_t nonce[24], struct span ad, struct span plain,
              uint8_t *box);

/** And back: box.len - BOX_BYTES. False, and plain is of no use: another key, nonce, ad or box. */
MUST_USE bool box_open(const uint8_t key[32], const uint8_t nonce[24], struct span ad,
                       struct span box, uint8_t *plain);

// ---- Sealed boxes: X25519 with a key used once, XSalsa20-Poly1305

/**
 * seal_make - bytes that one user alone can read; they do not tell who sealed them
 * @to:   his public Ed25519 key, used as an X25519 one
 * @seed: 32 random bytes for the key used once, of no other use; wipe them
 * @box:  plain.len + SEAL_BYTES, readable by libsodium's crypto_box_seal_open
 *
 * Errors: ERR_BAD_ARG (no honest key: of small order, or not on the curve)
 */
MUST_USE enum err seal_make(const uint8_t to[32], const uint8_t seed[32], struct span plain,
                            uint8_t *box);

/**
 * seal_open - read what was sealed to this user
 * @plain: box.len - SEAL_BYTES; of no use on failure
 *
 * Errors: ERR_DENIED (sealed to another key, or damaged)
 */
MUST_USE enum err seal_open(const struct sign_key *key, struct span box, uint8_t *plain);

// ---- SHA-256

void sha256_of(struct span bytes, uint8_t hash[32]);

#endif
