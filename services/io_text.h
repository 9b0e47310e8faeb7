// SPDX-License-Identifier: MIT
// How a value looks when it is said: raw text at the top, units below, shortened or one item a
// line on request.
#ifndef TELEX_SERVICES_IO_TEXT_H
#define TELEX_SERVICES_IO_TEXT_H

#include "units/unit.h"

enum { TEXT_INDENT_MAX = 16 };

struct text_form {
    uint32_t most; // characters of each text, items of each container
    int indent;    // blanks a level, one item a line; -1: all on one line
    bool newline;  // end the line
};

/**
 * text_of - what is said for a value; `-` is nothing
 *
 * Errors: ERR_TOO_BIG past UNIT_TEXT_MAX_BYTES, ERR_NO_MEMORY
 */
MUST_USE enum err text_of(struct arena *a, const struct unit *u, const struct text_form *form,
                          struct span *out);

#endif
