// SPDX-License-Identifier: MIT
// The binary form of units: a strict subset of CBOR (RFC 8949), one encoding for each unit.
//
// Every head is the shortest that holds its argument, every length is definite.
//
//   none                  F6 (null)
//   bool                  F4 false, F5 true
//   byte                  tag 224, unsigned 0..255
//   int -2^64..2^64-1     unsigned (major 0) or negative (major 1)
//   int beyond            tag 230, text -?[1-9][0-9]*; never one that fits the line above
//   dec                   tag 225, array of 2: exponent, mantissa, each encoded as an int is;
//                         the mantissa ends in no zero; zero is exponent 0, mantissa 0
//   str                   text, valid UTF-8 (major 3)
//   bytes                 byte string (major 2)
//   list                  array
//   map                   map, keys in the unit's own order, no key twice
//   pair                  tag 228, array of 2
//   ref                   tag 226, array of 1..64 texts, none empty
//   stream                tag 227, array of 2 or 3: unit, text service, text address
//   secret                tag 229, text
//
// The mark of a value that is done (UNIT_DONE) is not part of a unit and is not encoded. Any bytes
// that the encoder would not have written, and any unit past a limit of units/limits.h, are
// refused with the offset of the first wrong byte: of the head where the head is the reason (a
// longer head than needed, a length past the end, a tag that is not listed), of the end where
// bytes are missing. The tags are of our own, from the unassigned two-byte range.
#ifndef TELEX_UNITS_CBOR_H
#define TELEX_UNITS_CBOR_H

#include "units/unit.h"

enum cbor_tag {
    CBOR_TAG_BYTE = 224,   // unsigned 0..255
    CBOR_TAG_DEC = 225,    // [exponent, mantissa]; mantissa an integer or CBOR_TAG_DIGITS
    CBOR_TAG_REF = 226,    // [text ..]
    CBOR_TAG_STREAM = 227, // [unit, service] or [unit, service, address]
    CBOR_TAG_PAIR = 228,   // [unit, unit]
    CBOR_TAG_SECRET = 229, // text
    CBOR_TAG_DIGITS = 230, // text: an integer past 64 bits, -?[1-9][0-9]*
};

/**
 * unit_encode - binary form
 * @out: room for exactly u->bytes bytes
 *
 * Returns the end of what was written, out + u->bytes. Secrets are written in clear: only
 * msgs/ may let them leave, in a message to a node of their owner.
 */
uint8_t *unit_encode(const struct unit *u, uint8_t *out);

/** The same as a span in an arena. Errors: ERR_NO_MEMORY */
MUST_USE enum err unit_encode_new(struct arena *a, const struct unit *u, struct span *out);

/** Encoding with map keys sorted (by their own sorted encodings): equal for equal units. */
MUST_USE enum err unit_encode_sorted(struct arena *a, const struct unit *u, struct span *out);

/** True when no map inside has two keys, so that unit_encode writes the sorted form as well. */
bool cbor_is_sorted(const struct unit *u);

/**
 * unit_decode - the unit whose one encoding these bytes are
 *
 * Errors: ERR_SYNTAX, ERR_TOO_DEEP, ERR_TOO_BIG, ERR_NO_MEMORY; f->pos is the first bad byte.
 *         Memory is taken only for what is there: a head that claims 4 GB costs nothing
 * Owner:  @out and all below it belong to @a; bytes are copied
 */
MUST_USE enum err unit_decode(struct arena *a, struct span bytes, struct unit *out, struct fail *f);

/** Length of a CBOR head for this argument: 1, 2, 3, 5 or 9. */
unsigned cbor_head_bytes(uint64_t argument);

/**
 * cbor_big_fits - is an int of this coefficient encoded as a CBOR integer
 * @argument: of its head, the value or -1 - value; untouched when it does not fit
 */
bool cbor_big_fits(bool neg, struct span digits, uint64_t *argument);

#endif
