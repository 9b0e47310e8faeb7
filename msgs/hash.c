// SPDX-License-Identifier: MIT
// The hash of a unit.
#include "msgs/hash.h"

#include "keys/crypto.h"
#include "units/cbor.h"

enum { SMALL_BYTES = 512 }; // most units; they need no memory

enum err unit_hash(const struct mem *mem, const struct unit *u, uint8_t hash[32])
{
    uint8_t small[SMALL_BYTES], *bytes = small;

    if (u->flags & UNIT_HIDDEN)
        return ERR_BAD_ARG;
    if (u->bytes > sizeof small)
        bytes = mem->get(mem->ctx, u->bytes);
    if (!bytes)
        return ERR_NO_MEMORY;
    (void)unit_encode(u, bytes); // its end is bytes + u->bytes by contract
    hash_of((struct span){(const char *)bytes, u->bytes}, hash);
    if (bytes != small)
        mem->put(mem->ctx, bytes, u->bytes);
    return ERR_OK;
}
