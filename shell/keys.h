// SPDX-License-Identifier: MIT
// From the bytes that a terminal sends to keys: VT100, xterm, and the Linux console.
#ifndef TELEX_SHELL_KEYS_H
#define TELEX_SHELL_KEYS_H

#include <stdint.h>

#include "units/span.h"

enum key_code {
    KEY_NONE, // an unknown sequence, or a byte that means nothing
    KEY_TEXT,
    KEY_CONTROL, // Ctrl and a letter: text[0] is the letter, 'A' ..
    KEY_ENTER,
    KEY_TAB,
    KEY_BKSP,
    KEY_ESC,
    KEY_UP,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_PGUP,
    KEY_PGDN,
    KEY_INS,
    KEY_DEL,
    KEY_F1,
    KEY_F12 = KEY_F1 + 11,
    KEY_PASTE, // the marks that a terminal sets around a paste
    KEY_PASTE_END,
};

struct key {
    uint8_t code; // enum key_code
    uint8_t n;    // bytes of text
    char text[4]; // KEY_TEXT: one character, or bytes that are none
};

/**
 * key_load - the first key of some bytes
 * @more: bytes that belong to the same key may still come
 *
 * Returns how many bytes it is, 0 when more are needed. CR LF is one ENTER. Invalid UTF-8 is text
 * as it came, so that whoever reads it finds the error.
 */
size_t key_load(struct span bytes, bool more, struct key *out);

/** Name as inp.key answers it: `UP`, `F1`, the character itself; empty for KEY_NONE. */
struct span key_name(const struct key *k);

#endif
