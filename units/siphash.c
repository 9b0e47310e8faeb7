// SPDX-License-Identifier: MIT
// SipHash-2-4, written from the paper: four words of state, two rounds a block, four at the end.
#include "units/siphash.h"

#include <string.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(struct state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 = rotl(s->v0, 32) + s->v3;
    s->v2 += s->v1;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v2 = rotl(s->v2, 32);
}

static inline struct state sip_init(const uint64_t key[2])
{
    return (struct state){
        key[0] ^ 0x736f6d6570736575u,
        key[1] ^ 0x646f72616e646f6du,
        key[0] ^ 0x6c7967656e657261u,
        key[1] ^ 0x7465646279746573u,
    };
}

static inline void sip_block(struct state *s, uint64_t block)
{
    s->v3 ^= block;
    sip_round(s);
    sip_round(s);
    s->v0 ^= block;
}

static inline uint64_t sip_end(struct state *s)
{
    s->v2 ^= 0xFF;
    for (int i = 0; i < 4; i++)
        sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

// The machines of Telex are little-endian, which tests/check/units_siphash.c would notice.
static inline uint64_t load_le64(const unsigned char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x);
    return x;
}

uint64_t siphash(const uint64_t key[2], const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    struct state s = sip_init(key);
    uint64_t last = (uint64_t)len << 56; // what is left over, and the length in the top byte
    size_t rest = len & 7;

    for (size_t n = len / 8; n; n--, p += 8)
        sip_block(&s, load_le64(p));
    for (size_t i = 0; i < rest; i++)
        last |= (uint64_t)p[i] << (8 * i);
    sip_block(&s, last);
    return sip_end(&s);
}

uint64_t siphash_pair(const uint64_t key[2], uint64_t first, uint64_t second)
{
    struct state s = sip_init(key);

    sip_block(&s, first);
    sip_block(&s, second);
    sip_block(&s, (uint64_t)16 << 56);
    return sip_end(&s);
}
