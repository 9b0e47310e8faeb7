// SPDX-License-Identifier: MIT
// Characters on a terminal: how wide they are, and how those that would drive it are shown.
#ifndef TELEX_SHELL_CELLS_H
#define TELEX_SHELL_CELLS_H

#include <stdint.h>

#include "units/span.h"

enum { GLYPH_MAX_BYTES = 12 };

/**
 * struct glyph - one character, ready to be shown
 * @text:  what to write: the character, or an escape for one that is invisible or dangerous
 * @n:     bytes of it
 * @cells: columns that it takes: 0 for marks that stand on the one before, 2 for wide ones
 * @used:  bytes of the source; 1 for a byte that is no UTF-8
 */
struct glyph {
    char text[GLYPH_MAX_BYTES];
    uint8_t n, cells, used;
    bool escaped;
};

/** The character at `at`; at < end. Controls, DEL and C1 become \n \r \t \0 \xHH \u{h}. */
struct glyph glyph_at(const char *at, const char *end);

/** Characters in some bytes of valid UTF-8. */
size_t count_chars(const char *at, size_t n);

/** Columns of a code point that is no control character. Source: UAX 11, UAX 44. */
unsigned char_cells(uint32_t code);

#endif
