// SPDX-License-Identifier: MIT
// Fuzzes the parser: a text that parses prints a fixed point that parses to the same unit, and
// however a text of several units is cut into pieces, the same units and the same error come out.
//
// The first byte of the input chooses where to cut, the rest is the text.
#include <stdio.h>

#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Lengths of pieces, from a state that goes round: mostly one to four bytes.
static size_t cut(void *ctx)
{
    uint32_t *state = ctx;

    *state = *state * 1664525 + 1013904223;
    return *state >> 28 == 0 ? 40 : 1 + (*state >> 30);
}

static void must(const char *broken)
{
    if (!broken)
        return;
    fprintf(stderr, "broken: %s\n", broken);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct span text;
    uint32_t state;

    if (!size)
        return 0;
    state = data[0];
    text = (struct span){(const char *)data + 1, size - 1};
    arena_init(&a, &laws_mem, LAWS_BYTES);
    must(law_text(&a, text));
    arena_reset(&a);
    must(law_pieces(&a, text, cut, &state));
    arena_fini(&a);
    return 0;
}
