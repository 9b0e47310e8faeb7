// SPDX-License-Identifier: MIT
// Fuzzes what is unpacked: an LZ4 frame gives bytes that pack and unpack to themselves; raw deflate
// gives no more than was allowed.
#include <stdio.h>

#include "services/lz4.h"
#include "services/stb.h"
#include "tests/fuzz/laws.h"

enum { MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *law(struct arena *a, struct span in)
{
    struct span out, frame, back;

    if (!stb_inflate(a, in, MOST, &out) && out.len > MOST)
        return "inflate gave more than was allowed";
    if (lz4_unpack(a, a, in, MOST, &out))
        return NULL;
    if (out.len > MOST)
        return "unpack gave more than was allowed";
    if (lz4_pack(a, a, out, &frame) || lz4_unpack(a, a, frame, MOST, &back))
        return "what was unpacked does not pack";
    return span_eq(out, back) ? NULL : "packed and unpacked it is another";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    const char *broken;

    arena_init(&a, &laws_mem, LAWS_BYTES);
    broken = law(&a, (struct span){(const char *)data, size});
    if (broken) {
        fprintf(stderr, "broken: %s\n", broken);
        abort();
    }
    arena_fini(&a);
    return 0;
}
