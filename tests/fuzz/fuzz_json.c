// SPDX-License-Identifier: MIT
// Fuzzes JSON: what parses prints JSON that parses to the same unit.
#include <stdio.h>

#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    const char *broken;

    arena_init(&a, &laws_mem, LAWS_BYTES);
    broken = law_json(&a, (struct span){(const char *)data, size});
    if (broken) {
        fprintf(stderr, "broken: %s\n", broken);
        abort();
    }
    arena_fini(&a);
    return 0;
}
