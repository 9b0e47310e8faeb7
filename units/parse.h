// SPDX-License-Identifier: MIT
// From text to units, by the grammar in units/GRAMMAR.md.
//
// The parser is resumable: a text may still be arriving (a pipe, a serial line), and however it
// is cut into pieces, the same units come out, each byte being looked at once. It keeps a stack
// of open brackets in memory of its own and never recurses.
#ifndef TELEX_UNITS_PARSE_H
#define TELEX_UNITS_PARSE_H

#include "units/unit.h"

/**
 * unit_parse - a text that is exactly one unit (blanks and comments around it allowed)
 *
 * Errors: ERR_SYNTAX, ERR_TOO_DEEP, ERR_TOO_BIG, ERR_NO_MEMORY; f->pos is the first bad byte
 * Owner:  @out and all below it belong to @a; the text is copied
 */
MUST_USE enum err unit_parse(struct arena *a, struct span text, struct unit *out, struct fail *f);

/** A path as text, `a.b.0`: what stands behind the @ of a ref. Errors: ERR_SYNTAX, .. */
MUST_USE enum err unit_parse_path(struct arena *a, struct span text, struct unit *out,
                                  struct fail *f);

struct parser;

/**
 * parser_new - a parser for texts of several units
 * @mem: for its own stack, at most PARSER_BYTES_MAX, given back by parser_free
 */
MUST_USE enum err parser_new(const struct mem *mem, struct parser **out);
void parser_free(struct parser *p);

/** Start over: the next text is a new one (a byte order mark and `#!` may stand at its start). */
void parser_reset(struct parser *p);

/**
 * parser_where - where in the whole text the next call's @text begins, for messages
 * (`the pair opened at 3:1 ..`); both from 1; stays as it is until it is set again
 */
void parser_where(struct parser *p, size_t line, size_t column);

/**
 * parser_next - the next unit of a text of several
 * @a:    owns the unit; must stay the same until the unit is complete
 * @text: what has arrived and was not used yet. After ERR_LATER, the same bytes without *used of
 *        them and with more behind; they may have moved
 * @last: nothing will arrive behind it
 * @used: bytes that are done with; set on ERR_OK, ERR_LATER and ERR_NOT_FOUND
 *
 * Returns: ERR_OK        a unit; *used ends behind it, before the end of its line
 *          ERR_LATER     the text ends inside a unit, or before it is clear that the unit has
 *                        ended and no `@` follows on its line (never with @last)
 *          ERR_NOT_FOUND only blanks and comments were left (only with @last)
 *          else          an error; f->pos and parser_start count from the start of @text.
 *                        The parser has forgotten the unit; where to go on is the caller's choice
 *                        (units/GRAMMAR.md, "After an error")
 */
MUST_USE enum err parser_next(struct parser *p, struct arena *a, struct span text, bool last,
                              size_t *used, struct unit *out, struct fail *f);

/** Where in @text the unit of the last call of parser_next began. */
size_t parser_start(const struct parser *p);

/** True after ERR_LATER when a unit has begun (so an end of input now would be an error). */
bool parser_inside(const struct parser *p);

/**
 * text_where - line and column of a byte in a text, both from 1, columns in characters
 */
void text_where(struct span text, size_t pos, size_t *line, size_t *column);

// ---- Parts of the grammar that other decoders need (units/chars.c)

/** Valid UTF-8 (RFC 3629: shortest form, no surrogates, at most 10FFFF)? Else *bad is where not. */
bool text_is_utf8(struct span text, size_t *bad);

/** `[a-z0-9]+(\.[a-z0-9]+)*`, at most UNIT_SERVICE_MAX_BYTES. */
bool text_is_service(struct span text);

/** What may stand in the brackets of an address: loc, *, a node name, IPv6 in RFC 5952 form. */
bool text_is_address(struct span text);

#endif
