// SPDX-License-Identifier: MIT
// Shapes: what a command wants its argument to look like, written as a short text in its table.
//
//   shape := one ('|' one)*
//   one   := word | '[' shape ']' | '(' shape ' ' shape ')' | '{' shape '}'
//   word  := any none bool byte int dec num str bytes list map pair ref stream path secret
//            nat (int >= 0)   word (a str)   items (list or pair)
//
// `[num]` is a list of numbers of any length, `(any num)` a pair, `{any}` a map whose values are
// of the shape. While an argument is not read yet, a ref or stream in it fits every shape.
#ifndef TELEX_UNITS_SHAPE_H
#define TELEX_UNITS_SHAPE_H

#include "units/unit.h"

enum shape_when {
    SHAPE_UNREAD, // refs and streams that are live fit everything
    SHAPE_READ,   // everything is what it is
};

/** Is this text a shape? Else f says where not. */
MUST_USE enum err shape_check(const char *shape, struct fail *f);

/**
 * shape_fits - does a unit have this shape
 * @shape: checked by shape_check before
 * @f:     says why not: what was wanted, what stands there, and where inside (`item 2 of ..`)
 *
 * Errors: ERR_BAD_ARG
 */
MUST_USE enum err shape_fits(const char *shape, const struct unit *u, enum shape_when when,
                             struct fail *f);

#endif
