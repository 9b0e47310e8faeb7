// SPDX-License-Identifier: MIT
// Secrets in a source text: from ! and a backtick to its end, never shown or kept.
#ifndef TELEX_SHELL_MASK_H
#define TELEX_SHELL_MASK_H

#include "units/span.h"

/**
 * struct mask - a search for secrets that goes through a text once
 *
 * The careful one knows quotes and comments, so that the string `wow!` is none; where a quote
 * stands as no text of the language has it, it takes every ! with a backtick for a secret from
 * there on, and where a quote is not closed in this text, or not where a text ends, in the rest of
 * this text. The strict one does so from the start: for texts that are wrong anyway.
 */
struct mask {
    struct span text;
    size_t at;
    bool strict;
    bool unsure; // in this text a quote is not closed
    char open;   // what the text begins in, and once all is seen, ends in: ! a secret, or a quote
};

struct mask mask_start(struct span text, bool strict);

/** The search in the text that comes behind the one of `before`, of which all was seen. */
struct mask mask_behind(struct mask before, struct span text);

/** Goes to the end. */
void mask_all(struct mask *m);

/**
 * mask_next - the next secret
 * @from, @to: of its content, between the backticks; to is the text's end when it is not closed
 *
 * False when there is none.
 */
bool mask_next(struct mask *m, size_t *from, size_t *to);

#endif
