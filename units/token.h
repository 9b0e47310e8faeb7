// SPDX-License-Identifier: MIT
// Tokens: what one unit without brackets looks like, and the suffix behind a unit. Used by the
// parser only.
#ifndef TELEX_UNITS_TOKEN_H
#define TELEX_UNITS_TOKEN_H

#include "units/unit.h"

// What a byte begins where a token may begin.
enum token_kind {
    TOKEN_WRONG,
    TOKEN_BLANK,
    TOKEN_OPEN_PAIR,
    TOKEN_OPEN_LIST,
    TOKEN_OPEN_MAP,
    TOKEN_CLOSE_PAIR,
    TOKEN_CLOSE_LIST,
    TOKEN_CLOSE_MAP,
    TOKEN_COLON,
    TOKEN_HASH,
    TOKEN_NUMBER, // or a word that begins like one
    TOKEN_WORD,
    TOKEN_QUOTE,
    TOKEN_REF,
    TOKEN_BYTES,
    TOKEN_SECRET,
};

extern const uint8_t token_kind[256];

struct token_in {
    struct arena *arena;
    struct span text;
    bool last; // nothing follows the text
    struct fail *fail;
};

/**
 * token_leaf - the unit at a byte that begins one
 * @seen: bytes of this token that an earlier call has scanned; set on ERR_LATER
 * @next: the byte behind it
 *
 * Errors: ERR_LATER (the text ends inside it; when it is the last one, its quote is not closed),
 *         ERR_SYNTAX, ERR_TOO_BIG, ERR_NO_MEMORY
 */
MUST_USE enum err token_leaf(const struct token_in *in, size_t at, size_t *seen, struct unit *out,
                             size_t *next);

/** The steps of a ref, `a.b`, from `at` on. Errors as above. */
MUST_USE enum err token_path(const struct token_in *in, size_t at, struct unit *out, size_t *next);

/**
 * token_suffix - `@serv` or `@serv:[addr]`
 * @at:    of the @
 * @key:   in the place of a map key, where only :[ begins an address
 * @parts: room for the service and the address
 * @n:     1 or 2
 */
MUST_USE enum err token_suffix(const struct token_in *in, size_t at, bool key, struct unit *parts,
                               size_t *n, size_t *next);

/** Says why nothing can begin at this byte, with a hint what was probably meant. */
MUST_USE enum err token_wrong(const struct token_in *in, size_t at);

/** Can nothing begin at this byte? (also for code points past 7F that are no word characters) */
bool token_is_wrong(const struct token_in *in, size_t at);

/** A unit begins at `at`: do not look further than its limit (and one byte behind). */
void token_cap(struct token_in *in, size_t at);

/**
 * token_number - a token that looks like a number (text_is_number)
 *
 * Errors: ERR_TOO_BIG, ERR_NO_MEMORY
 */
MUST_USE enum err token_number(struct arena *a, struct span token, struct unit *out);

#endif
