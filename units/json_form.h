// SPDX-License-Identifier: MIT
// The forms of units in JSON that is not a plain value of its own.
//
// What JSON lacks is an object with one key (special). Such an object is special only if it is
// exactly what the writer would write; a plain map that would look special is written in the form
// for maps with other keys:
//
//   {"@":"a.b"}               ref               {"0x":31}        byte
//   {"()":[a,b]}              pair              {"%":"AAE="}     bytes
//   {"stream":[u,"s","x"]}    stream            {"secret":"***"} a secret, refused by the reader
//   {"{}":[[k,v],..]}         map with a key that is no string, or whose plain form looks special
#ifndef TELEX_UNITS_JSON_FORM_H
#define TELEX_UNITS_JSON_FORM_H

#include "units/unit.h"

/**
 * json_leaf - the unit that {key:value} stands for when it is a byte, ref or bytes
 *
 * Errors: ERR_NO_MEMORY; any other: it stands for itself
 */
MUST_USE enum err json_leaf(struct arena *a, struct arena *tmp, struct span key,
                            const struct unit *value, struct unit *out);

/**
 * json_map_is_plain - is this map written as an object of its own keys?
 *
 * Not when a key is no string, nor when it would be read as something else.
 * Errors: ERR_NO_MEMORY
 */
MUST_USE enum err json_map_is_plain(struct arena *tmp, const struct unit *map, bool *out);

/**
 * json_number - unit of a number of JSON; with a point or an exponent it is a dec
 * @text: checked before, ended by NUL; its digits are pushed together in place
 *
 * Errors: ERR_TOO_BIG, ERR_NO_MEMORY
 */
MUST_USE enum err json_number(struct arena *a, char *text, struct unit *out);

#endif
