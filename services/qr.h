// SPDX-License-Identifier: MIT
// QR codes (ISO/IEC 18004), to be read from a screen by a camera.
#ifndef TELEX_SERVICES_QR_H
#define TELEX_SERVICES_QR_H

#include "units/arena.h"

enum {
    QR_TEXT_MAX = 300, // bytes: what still fits a screen of 25 lines is far less
    QR_QUIET = 4,      // light modules around the code, without which no reader finds it
};

struct qr {
    unsigned side;       // modules across and down
    const uint8_t *dark; // [side * side], row by row from the top: 1 dark, 0 light
};

/**
 * qr_make - the code of a text, with medium error correction
 * @a:       of the modules
 * @scratch: for the library
 *
 * Digits, upper case letters and ` $%*+-./:` take 5.5 bits each, any other text 8 bits a byte. What
 * may be a secret: set wipe of both arenas.
 * Errors:  ERR_TOO_BIG (past QR_TEXT_MAX), ERR_BAD_ARG (empty), ERR_NO_MEMORY
 * Context: main loop: the library has tables that it makes at the first use
 */
MUST_USE enum err qr_make(struct arena *a, struct arena *scratch, struct span text, struct qr *out);

/**
 * qr_print - a code as text of a terminal, light on dark, with its quiet zone
 *
 * Two modules in each character: U+2580, U+2584, U+2588 and blanks; side + 8 columns, half as many
 * lines, each with a newline. Errors: ERR_NO_MEMORY
 */
MUST_USE enum err qr_print(struct arena *a, const struct qr *qr, struct span *out);

#endif
