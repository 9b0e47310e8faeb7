// SPDX-License-Identifier: MIT
// The one file that knows libsodium.
//
// Nothing used here asks libsodium for random bytes. sodium_init, which wants some for an allocator
// that Telex does not use, is never called: what would be chosen there by processor then stays at
// the portable code, which runs everywhere and needs no state to be set.
#include "keys/crypto.h"

#include "units/heap.h"

#include <sodium.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof((struct hash *)0)->state,
               "the hash state has room");
_Static_assert(crypto_sign_SECRETKEYBYTES == sizeof(struct sign_key),
               "libsodium's secret key is seed and public key");
_Static_assert(crypto_sign_BYTES == SIGN_BYTES && crypto_sign_PUBLICKEYBYTES == KEY_BYTES &&
                   crypto_sign_SEEDBYTES == KEY_BYTES && crypto_scalarmult_BYTES == KEY_BYTES &&
                   crypto_generichash_BYTES == HASH_BYTES,
               "sizes");
_Static_assert(crypto_pwhash_argon2id_SALTBYTES == SALT_BYTES &&
                   crypto_pwhash_argon2id_MEMLIMIT_MIN == PASS_MEM_MIN_KIB << 10 &&
                   crypto_pwhash_argon2id_OPSLIMIT_MIN == PASS_OPS_MIN &&
                   crypto_aead_xchacha20poly1305_ietf_KEYBYTES == KEY_BYTES &&
                   crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == NONCE_BYTES &&
                   crypto_aead_xchacha20poly1305_ietf_ABYTES == BOX_BYTES &&
                   crypto_box_NONCEBYTES == NONCE_BYTES && crypto_box_SEEDBYTES == KEY_BYTES &&
                   crypto_box_SEALBYTES == SEAL_BYTES && crypto_hash_sha256_BYTES == 32,
               "sizes of passphrases and boxes");

static const unsigned char *at_of(struct span bytes)
{
    return (const unsigned char *)bytes.at;
}

bool secret_eq(const void *x, const void *y, size_t n)
{
    return sodium_memcmp(x, y, n) == 0;
}

// Libsodium wipes what it holds, but not each copy that its inner functions worked on.
__attribute__((noinline)) void stack_wipe(void)
{
    uint8_t below[STACK_WIPE_BYTES];

    mem_wipe(below, sizeof below);
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

enum err pass_key(const struct mem *mem, struct span pass, const uint8_t salt[16], uint32_t mem_kib,
                  uint32_t ops, uint8_t key[32])
{
    size_t bytes = (size_t)mem_kib << 10;
    struct heap heap, *before;
    struct arena a;
    uint8_t made[32];
    int failed;

    if (mem_kib < PASS_MEM_MIN_KIB || ops < PASS_OPS_MIN)
        return ERR_BAD_ARG;
    // Its blocks, and 8 bytes for each of a quarter of them. Each is its own piece of memory.
    arena_init(&a, mem, bytes + bytes / 256 + 4096);
    a.chunk_bytes = 0;
    a.wipe = true;
    heap_init(&heap, &a);
    before = heap_enter(&heap);
    failed = crypto_pwhash_argon2id(made, sizeof made, pass.len ? pass.at : "", pass.len, salt, ops,
                                    bytes, crypto_pwhash_argon2id_ALG_ARGON2ID13);
    stack_wipe();
    (void)heap_enter(before); // gives back ours
    arena_fini(&a);
    if (!failed)
        memcpy(key, made, sizeof made);
    mem_wipe(made, sizeof made);
    return failed ? ERR_NO_MEMORY : ERR_OK; // nothing else is left that can go wrong
}

void box_make(const uint8_t key[32], const uint8_t nonce[24], struct span ad, struct span plain,
              uint8_t *box)
{
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, at_of(plain), plain.len, at_of(ad),
                                                     ad.len, NULL, nonce, key);
}

bool box_open(const uint8_t key[32], const uint8_t nonce[24], struct span ad, struct span box,
              uint8_t *plain)
{
    bool opened = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, at_of(box), box.len,
                                                             at_of(ad), ad.len, nonce, key) == 0;

    stack_wipe();
    return opened;
}

// As crypto_box_seal, but for its random bytes.
enum err seal_make(const uint8_t to[32], const uint8_t seed[32], struct span plain, uint8_t *box)
{
    uint8_t public[32], secret[32], nonce[NONCE_BYTES];
    crypto_generichash_state state;
    int failed;

    if (crypto_sign_ed25519_pk_to_curve25519(public, to))
        return ERR_BAD_ARG;
    (void)crypto_box_seed_keypair(box, secret, seed);
    (void)crypto_generichash_init(&state, NULL, 0, sizeof nonce);
    (void)crypto_generichash_update(&state, box, KEY_BYTES);
    (void)crypto_generichash_update(&state, public, sizeof public);
    (void)crypto_generichash_final(&state, nonce, sizeof nonce);
    failed = crypto_box_easy(box + KEY_BYTES, at_of(plain), plain.len, nonce, public, secret);
    mem_wipe(secret, sizeof secret);
    return failed ? ERR_BAD_ARG : ERR_OK;
}

enum err seal_open(const struct sign_key *key, struct span box, uint8_t *plain)
{
    uint8_t public[32], secret[32];
    int failed;

    if (crypto_sign_ed25519_pk_to_curve25519(public, key->public))
        return ERR_DENIED;
    (void)crypto_sign_ed25519_sk_to_curve25519(secret, (const unsigned char *)key);
    failed = crypto_box_seal_open(plain, at_of(box), box.len, public, secret);
    mem_wipe(secret, sizeof secret);
    stack_wipe();
    return failed ? ERR_DENIED : ERR_OK;
}

void sha256_of(struct span bytes, uint8_t hash[32])
{
    (void)crypto_hash_sha256(hash, at_of(bytes), bytes.len);
}
