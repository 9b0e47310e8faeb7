// SPDX-License-Identifier: MIT
// Random bytes fit for keys, on a machine that may have little to offer.
//
//   firmware's generator  32 bytes  credited 256 bits
//   processor's source    64 bytes  credited 256 bits
//   seed file             32 bytes  credited 256 bits, if it is this machine's and was replaced
//   clocks                          credited nothing
//        all hashed into the pool ---> bytes, seed file of the next start
//
// One source that keeps its promise is enough: the pool cannot be guessed then, whatever the others
// do. Without any, random() answers not-supported, and nothing that needs a key is done.
//
// The seed file lies on a disk that may be copied to another machine, or put back as it was. So it
// counts only together with a token that the firmware of this machine keeps, and only after both
// were replaced: two starts never share a seed.
//
//   firmware  token n       disk  seed n, tags of (token n-1, seed n) and (token n, seed n)
//
// The file is replaced first. If the power goes before the token is, token n still vouches for
// seed n+1, which nobody has used; and seed n has not counted yet. The token of a machine that has
// other sources stays as it is, which saves its flash memory a write a start.
#include "kernel/uefi/arch.h"
#include "kernel/uefi/uefi.h"
#include "keys/crypto.h"

enum {
    ENOUGH_BITS = 256,
};

static const char seed_name[] = "random.seed";

/** What the seed file holds: a tag proves that the token was known to whoever wrote it. */
struct seed {
    uint8_t seed[HASH_BYTES], tag[2][HASH_BYTES];
};
_Static_assert(sizeof(struct seed) == 96, "no holes in what is stored");

/** Where the firmware keeps the token; the identifier was drawn at random for this purpose. */
static CHAR16 token_name[] = L"TelexSeed";
static EFI_GUID token_guid = {
    0xe6b38b33, 0x5edc, 0x4901, {0xa8, 0x1e, 0x7f, 0xa6, 0xe7, 0xf5, 0xe5, 0x35}};

// ---- The generator: a pool that only moves forward --------------------------------------------

// out = H(label || pool || bytes); out may be the pool.
static void derive(const struct uefi *m, const char *label, const void *bytes, size_t n,
                   uint8_t out[HASH_BYTES])
{
    struct hash h;

    hash_init(&h);
    hash_add(&h, span_of(label));
    hash_add(&h, (struct span){(const char *)m->pool, sizeof m->pool});
    hash_add(&h, (struct span){bytes, n});
    hash_end(&h, out);
    mem_wipe(&h, sizeof h);
}

static void stir(struct uefi *m, const void *bytes, size_t n)
{
    derive(m, "telex-pool-v1", bytes, n, m->pool);
}

static void draw(struct uefi *m, uint8_t *out, size_t n)
{
    uint8_t block[HASH_BYTES];

    for (uint64_t i = 0; n > 0; i++) {
        size_t k = n < sizeof block ? n : sizeof block;

        derive(m, "telex-draw-v1", &i, sizeof i, block);
        memcpy(out, block, k);
        out += k;
        n -= k;
    }
    mem_wipe(block, sizeof block);
    // Whoever reads the pool from now on cannot tell what was drawn before.
    stir(m, NULL, 0);
}

static enum err random_bytes(void *ctx, uint8_t *out, size_t n)
{
    struct uefi *m = ctx;
    uint64_t now = arch_ticks();

    if (m->pool_credit < ENOUGH_BITS)
        return ERR_NOT_SUPPORTED;
    stir(m, &now, sizeof now);
    draw(m, out, n);
    return ERR_OK;
}

// ---- Sources ----------------------------------------------------------------------------------

static void from_clocks(struct uefi *m)
{
    struct {
        uint64_t ticks[2];
        UINT64 count;
        EFI_TIME time;
    } now;

    memset(&now, 0, sizeof now);
    now.ticks[0] = arch_ticks();
    (void)m->runtime->GetTime(&now.time, NULL); // what fails adds nothing
    (void)m->boot->GetNextMonotonicCount(&now.count);
    now.ticks[1] = arch_ticks();
    stir(m, &now, sizeof now);
}

static void from_firmware(struct uefi *m)
{
    EFI_GUID guid = EFI_RNG_PROTOCOL_GUID;
    uint8_t bytes[32];
    void *p;

    if (m->boot->LocateProtocol(&guid, NULL, &p) != EFI_SUCCESS)
        return;

    EFI_RNG_PROTOCOL *rng = p;

    if (rng->GetRNG(rng, NULL, sizeof bytes, bytes) != EFI_SUCCESS)
        return;
    stir(m, bytes, sizeof bytes);
    mem_wipe(bytes, sizeof bytes);
    m->pool_credit += ENOUGH_BITS;
}

static void from_processor(struct uefi *m)
{
    uint64_t words[8]; // twice what is credited

    for (size_t i = 0; i < COUNT(words); i++)
        if (!arch_entropy(&words[i]))
            return;
    stir(m, words, sizeof words);
    mem_wipe(words, sizeof words);
    m->pool_credit += ENOUGH_BITS;
}

// ---- The seed file ----------------------------------------------------------------------------

static bool token_load(struct uefi *m, uint8_t token[HASH_BYTES])
{
    UINTN n = HASH_BYTES;

    return m->runtime->GetVariable(token_name, &token_guid, NULL, &n, token) == EFI_SUCCESS &&
           n == HASH_BYTES;
}

static bool token_store(struct uefi *m, uint8_t token[HASH_BYTES])
{
    const UINT32 kept = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS;

    return m->runtime->SetVariable(token_name, &token_guid, kept, HASH_BYTES, token) == EFI_SUCCESS;
}

static void tag_of(const uint8_t token[HASH_BYTES], const uint8_t seed[HASH_BYTES],
                   uint8_t tag[HASH_BYTES])
{
    struct hash h;

    hash_init(&h);
    hash_add(&h, SPAN("telex-seed-v1"));
    hash_add(&h, (struct span){(const char *)token, HASH_BYTES});
    hash_add(&h, (struct span){(const char *)seed, HASH_BYTES});
    hash_end(&h, tag);
    mem_wipe(&h, sizeof h);
}

// Stirs in the seed that lies there. Gives what it is worth once it cannot be used again.
static unsigned seed_use(struct uefi *m, const uint8_t *token)
{
    uint8_t tag[2][HASH_BYTES];
    struct arena a;
    struct span old;
    bool vouched = false;

    arena_init(&a, m->plat.mem, ARENA_CHUNK_BYTES);
    a.wipe = true;
    if (!m->file.load(m, seed_name, &a, &old) && old.len == sizeof(struct seed)) {
        const struct seed *s = (const void *)old.at; // bytes only: any address will do

        stir(m, s, sizeof *s);
        for (size_t i = 0; i < COUNT(tag) && token; i++) {
            tag_of(token, s->seed, tag[i]);
            vouched |= secret_eq(tag[i], s->tag[i], sizeof tag[i]);
        }
    }
    arena_fini(&a);
    return vouched ? ENOUGH_BITS : 0;
}

// Uses the seed that lies there, and puts the next one in its place before it counts.
static void from_file(struct uefi *m)
{
    uint8_t token[HASH_BYTES], fresh[HASH_BYTES];
    struct seed next;
    bool known = token_load(m, token), renew = false;
    unsigned credit = seed_use(m, known ? token : NULL);

    // With nothing to trust in, the next seed is stored without tags: it is stirred in, no more.
    memset(&next, 0, sizeof next);
    draw(m, next.seed, sizeof next.seed);
    if (m->pool_credit + credit >= ENOUGH_BITS) {
        if (known)
            tag_of(token, next.seed, next.tag[0]);
        renew = !known || m->pool_credit < ENOUGH_BITS;
        if (renew)
            draw(m, fresh, sizeof fresh);
        tag_of(renew ? fresh : token, next.seed, next.tag[1]);
    }
    if (uefi_replace(m, seed_name, (struct span){(const char *)&next, sizeof next}) == ERR_OK &&
        (!renew || token_store(m, fresh)))
        m->pool_credit += credit;
    mem_wipe(&next, sizeof next);
    mem_wipe(token, sizeof token);
    mem_wipe(fresh, sizeof fresh);
}

void random_init(struct uefi *m)
{
    from_clocks(m);
    from_firmware(m);
    from_processor(m);
    if (m->file.load)
        from_file(m);
    from_clocks(m); // the time that all this took

    // Hash tables want keys that strangers do not know, and take the best there is.
    draw(m, (uint8_t *)m->mem.seed, sizeof m->mem.seed);
    m->plat.random = random_bytes;
}
