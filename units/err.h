// SPDX-License-Identifier: MIT
// Errors: one code for each thing that can go wrong, and the words people and programs see.
//
// A call that can fail returns `enum err`; ERR_OK is 0; on failure outputs are untouched. What a
// person needs beyond the code (why, where, what to do) goes into a `struct fail` that the caller
// lends; only the dispatcher makes an error unit of it.
#ifndef TELEX_UNITS_ERR_H
#define TELEX_UNITS_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "units/span.h"

#define MUST_USE __attribute__((warn_unused_result))

enum err {
    ERR_OK,
#define ERR(id, word, class, text) ERR_##id,
#include "units/err.def"
#undef ERR
    ERR_COUNT,
    ERR_LATER = -1, // not an error: the answer comes by an event (kernel/service.h)
};

/** Catalogue row of a code: word on the wire, exit status class, meaning. */
const char *err_word(enum err e);
const char *err_text(enum err e);
int err_class(enum err e);

/** Code for a word of the catalogue; ERR_OK if there is none. */
enum err err_find(struct span word);

enum { FAIL_WHY_BYTES = 240 };

/**
 * struct fail - what is known about one failure
 * @why:  one line, lower case, UTF-8, cut at a character if it was longer
 * @hint: what to do, or NULL; a constant
 * @pos:  byte offset of the first wrong byte in the text or bytes, or FAIL_NO_POS
 */
struct fail {
    enum err code;
    size_t pos;
    const char *hint;
    char why[FAIL_WHY_BYTES];
};
#define FAIL_NO_POS SIZE_MAX

/**
 * fail_set - note a failure and give its code back
 * @f:   may be NULL (nobody wants to know more)
 * @fmt: text with %s (const char *), %S (struct span *, cut when long, control characters and
 *       invalid UTF-8 shown as ?), %d (long), %u (unsigned long), %%
 *
 * Use: return fail_set(f, ERR_BAD_ARG, at, "quote it", "%S is not a name", &word);
 */
enum err fail_set(struct fail *f, enum err code, size_t pos, const char *hint, const char *fmt,
                  ...);

#endif
