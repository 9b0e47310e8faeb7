// SPDX-License-Identifier: MIT
// Keys as text that a person can copy: bech32m (BIP-350).
//
//   tu1..                  a user's public key
//   tn1..                  a node's public key
//   TELEX-SECRET-KEY-1..   a user's secret seed, upper case: it shouts
//
// Each is the human-readable part, `1`, 52 characters of 5 bits for the 32 bytes, and 6 of checksum.
// One character that was mistyped is always found.
#ifndef TELEX_KEYS_NAME_H
#define TELEX_KEYS_NAME_H

#include "units/err.h"

enum key_kind { KEY_USER, KEY_NODE, KEY_SECRET };

enum {
    KEY_NAME_CHARS = 61,   // `tu1` or `tn1` and 58 more
    KEY_SECRET_CHARS = 76, // `TELEX-SECRET-KEY-1` and 58 more
    KEY_TEXT_MAX = KEY_SECRET_CHARS + 1,
};

/** Key as text, terminated; gives its length. Of a secret: wipe it after use. */
size_t key_print(enum key_kind kind, const uint8_t key[32], char out[KEY_TEXT_MAX]);

/**
 * key_parse - text as key; all upper or all lower case, as bech32 says
 * @out: untouched on failure
 *
 * Errors: ERR_SYNTAX (not bech32m, a wrong checksum, another kind than wanted, rest bits that are
 *         not zero); f->pos where that is known. The text of an error never repeats a secret.
 * Source: BIP-173, BIP-350
 */
MUST_USE enum err key_parse(struct span text, enum key_kind want, uint8_t out[32], struct fail *f);

/**
 * bech32m_check - is it bech32m, of whatever kind and length?
 * @prefix: characters before the separator
 *
 * Errors: as key_parse
 */
MUST_USE enum err bech32m_check(struct span text, size_t *prefix, struct fail *f);

#endif
