// SPDX-License-Identifier: MIT
// The one file that knows libsodium.
//
// Nothing used here asks libsodium for random bytes, and hash, signature and X25519 choose no code
// by processor; so sodium_init, which wants random bytes for an allocator that Telex does not use,
// is not needed before any of it.
#include "keys/crypto.h"

#include <sodium.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof((struct hash *)0)->state,
               "the hash state has room");
_Static_assert(crypto_sign_SECRETKEYBYTES == sizeof(struct sign_key),
               "libsodium's secret key is seed and public key");
_Static_assert(crypto_sign_BYTES == SIGN_BYTES && crypto_sign_PUBLICKEYBYTES == KEY_BYTES &&
                   crypto_sign_SEEDBYTES == KEY_BYTES && crypto_scalarmult_BYTES == KEY_BYTES &&
                   crypto_generichash_BYTES == HASH_BYTES,
               "sizes");

static const unsigned char *at_of(struct span bytes)
{
    return (const unsigned char *)bytes.at;
}

bool secret_eq(const void *x, const void *y, size_t n)
{
    return sodium_memcmp(x, y, n) == 0;
}

// The results of libsodium that are dropped below are 0 for all arguments of the right size.

void hash_of(struct span bytes, uint8_t hash[32])
{
    (void)crypto_generichash(hash, HASH_BYTES, at_of(bytes), bytes.len, NULL, 0);
}

static crypto_generichash_state *state_of(struct hash *h)
{
    return (crypto_generichash_state *)(void *)h->state;
}

void hash_init(struct hash *h)
{
    (void)crypto_generichash_init(state_of(h), NULL, 0, HASH_BYTES);
}

void hash_add(struct hash *h, struct span bytes)
{
    (void)crypto_generichash_update(state_of(h), at_of(bytes), bytes.len);
}

void hash_end(struct hash *h, uint8_t hash[32])
{
    (void)crypto_generichash_final(state_of(h), hash, HASH_BYTES);
}

void sign_key_init(struct sign_key *key, const uint8_t seed[32])
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];

    (void)crypto_sign_seed_keypair(key->public, secret, seed);
    memcpy(key->seed, secret, sizeof key->seed);
    sodium_memzero(secret, sizeof secret);
}

void sign_make(const struct sign_key *key, struct span bytes, uint8_t sign[64])
{
    (void)crypto_sign_detached(sign, NULL, at_of(bytes), bytes.len, (const unsigned char *)key);
}

bool sign_check(const uint8_t sign[64], const uint8_t public[32], struct span bytes)
{
    return crypto_sign_verify_detached(sign, at_of(bytes), bytes.len, public) == 0;
}

void dh_public(const uint8_t secret[32], uint8_t public[32])
{
    (void)crypto_scalarmult_base(public, secret);
}

bool dh_shared(const uint8_t secret[32], const uint8_t public[32], uint8_t shared[32])
{
    return crypto_scalarmult(shared, secret, public) == 0;
}
