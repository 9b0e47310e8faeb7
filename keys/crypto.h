// SPDX-License-Identifier: MIT
// All cryptography of Telex: a few functions of libsodium under names of our own.
//
//   hash_   BLAKE2b-256 (RFC 7693)     what identifies content
//   sign_   Ed25519 (RFC 8032)         who wrote it
//   dh_     X25519 (RFC 7748)          a secret that two nodes share
//
// Nothing here allocates, keeps state or makes random bytes. Whoever makes a key brings its seed
// from the machine (struct key_random); all else follows from the seed, so tests are exact.
// Secrets are wiped with mem_wipe (units/arena.h) by whoever holds them.
#ifndef TELEX_KEYS_CRYPTO_H
#define TELEX_KEYS_CRYPTO_H

#include "units/err.h"

enum { HASH_BYTES = 32, KEY_BYTES = 32, SIGN_BYTES = 64 };

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

#endif
