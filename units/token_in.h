// SPDX-License-Identifier: MIT
// What the files of tokens share.
#ifndef TELEX_UNITS_TOKEN_IN_H
#define TELEX_UNITS_TOKEN_IN_H

#include "units/token.h"

extern const char token_hint_utf8[];

enum err token_no_memory(const struct token_in *in, size_t at);
enum err token_too_big(const struct token_in *in, size_t at);

/** Value of a hex digit, or -1. */
int token_hex(char c);

/**
 * token_quoted - what a text means whose quote, of any kind, stands at `at`
 * @seen: as of token_leaf
 */
MUST_USE enum err token_quoted(const struct token_in *in, size_t at, size_t *seen, struct span *out,
                               size_t *next);

/** The kinds of token_leaf that are quoted. */
MUST_USE enum err token_str(const struct token_in *in, size_t at, size_t *seen, struct unit *out,
                            size_t *next);
MUST_USE enum err token_secret(const struct token_in *in, size_t at, size_t *seen, struct unit *out,
                               size_t *next);
MUST_USE enum err token_bytes(const struct token_in *in, size_t at, size_t *seen, struct unit *out,
                              size_t *next);

#endif
