// SPDX-License-Identifier: MIT
// A secret seed as 24 words on paper: BIP-39, English list, 256 bits and 8 bits of SHA-256.
//
// The words are the seed itself (BIP-39's entropy); nothing is derived from them.
#ifndef TELEX_KEYS_WORDS_H
#define TELEX_KEYS_WORDS_H

#include "units/err.h"

enum { WORDS_N = 24, WORDS_TEXT_MAX = WORDS_N * 9 }; // words of at most 8 letters and a blank

/** The words with single blanks between them, terminated; gives the length. Wipe it after use. */
size_t words_print(const uint8_t seed[32], char out[WORDS_TEXT_MAX]);

/**
 * words_parse - the seed of 24 words; any blanks between them, any case, four letters of a word are
 * enough
 *
 * Errors: ERR_SYNTAX (another number of words, no such word: which one, by its number and never by
 *         itself; the checksum does not hold)
 */
MUST_USE enum err words_parse(struct span text, uint8_t seed[32], struct fail *f);

#endif
