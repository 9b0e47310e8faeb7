// SPDX-License-Identifier: MIT
// Random units of every kind, the same ones for the same seed: what the laws of the language are
// tested on. They lean towards what goes wrong: strings that look like other units, code points
// that need escapes, numbers at the borders of 64 bits, maps with any keys, deep and wide trees.
#ifndef TELEX_TESTS_CHECK_GEN_H
#define TELEX_TESTS_CHECK_GEN_H

#include "units/unit.h"

struct gen {
    uint64_t state;
    struct arena *arena; // of the units
    unsigned budget;     // units that the present one may still have
    bool secrets;        // may there be secrets
};

void gen_init(struct gen *g, uint64_t seed, struct arena *a);
uint64_t gen_next(struct gen *g);

/** 0 .. n-1 */
size_t gen_below(struct gen *g, size_t n);

/** A random unit; aborts when there is no memory. */
struct unit gen_unit(struct gen *g);

/** A random number, int or dec. */
struct unit gen_num(struct gen *g);

/** A random string, valid UTF-8, in the arena. */
struct span gen_text(struct gen *g);

#endif
