// SPDX-License-Identifier: MIT
// Characters of the language: which bytes and code points make words, blanks and escapes.
// units/GRAMMAR.md, "Tokens" and "Canonical print".
#ifndef TELEX_UNITS_CHARS_H
#define TELEX_UNITS_CHARS_H

#include <stdint.h>

#include "units/span.h"

enum char_class {
    CHAR_WORD = 1,  // ASCII word character
    CHAR_BLANK = 2, // space tab CR LF
    CHAR_HIGH = 4,  // first byte of a code point past 7F, or a byte that cannot be one
    CHAR_PLAIN = 8, // stands for itself between backticks (ASCII, no escape needed)
    CHAR_NAME = 16, // in the parts of a service name
};

extern const uint8_t char_class[256];

static inline uint8_t char_class_of(char c)
{
    return char_class[(unsigned char)c];
}

/**
 * utf8_load - one code point
 * @at, @end: at < end
 *
 * Returns its length 1..4 and *code, or 0 when the bytes are not valid UTF-8 (RFC 3629), or -1
 * when they are a valid beginning that `end` cuts off.
 */
int utf8_load(const char *at, const char *end, uint32_t *code);

/** Writes 1..4 bytes, gives their number. @code is a scalar value. */
unsigned utf8_store(uint32_t code, char *out);

/** May a code point past 7F stand in a word? (else the printer escapes it) */
bool char_is_word(uint32_t code);

/** Is a code point past 7F printed as \u{h}? (C1, and what words exclude but the hard blank) */
static inline bool char_is_escaped(uint32_t code)
{
    return code != 0xA0 && !char_is_word(code);
}

/** Does this valid UTF-8 string print without quotes? */
bool text_is_bare(struct span text);

/** Length of a valid UTF-8 string between backticks, with escapes, without the backticks. */
size_t text_quoted_bytes(struct span text);

/**
 * text_is_number - does a whole token look like -?[0-9]+(\.[0-9]+)?([eE]-?[0-9]+)?
 * @dec: set to whether it has a point or an exponent
 */
bool text_is_number(struct span token, bool *dec);

/** True when all bytes are ASCII that needs no escape between backticks. */
bool text_is_plain(struct span text);

#endif
