// SPDX-License-Identifier: MIT
// Fuzzes the binary decoder: bytes that decode are the one encoding of their unit.
#include <stdio.h>

#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    const char *broken;

    arena_init(&a, &laws_mem, LAWS_BYTES);
    broken = law_bytes(&a, (struct span){(const char *)data, size});
    if (broken) {
        fprintf(stderr, "broken: %s\n", broken);
        abort();
    }
    arena_fini(&a);
    return 0;
}
