// SPDX-License-Identifier: MIT
// JSON as text: the strict check, and the marks that carry through cJSON what it does not know.
//
// cJSON reads numbers as doubles and strings up to the first NUL. So it gets a copy of the text
// with marks at the start of strings, control characters that no checked text can contain raw:
//
//   123            "<1>123"            a number, as its text
//   "a\u0000b"     "<2>a<2>0b"         a string that holds NUL, or begins with 1 or 2:
//                                      in it <2>0 stands for NUL and <2>2 for 2
//
// The way back is the same for strings; numbers are printed raw.
#ifndef TELEX_UNITS_JSON_TEXT_H
#define TELEX_UNITS_JSON_TEXT_H

#include "units/err.h"
#include "units/limits.h"

enum {
    // Nesting of JSON. A level of a unit takes three where a map has keys that are not strings,
    // {"{}":[[k,v]]}, and a leaf may take one more, {"@":"a"}. The same number is given to cJSON
    // as CJSON_NESTING_LIMIT by the build; its recursion then takes about 32 KiB of stack.
    JSON_DEPTH_MAX = 3 * UNIT_DEPTH_MAX + 1,
    JSON_MARK_NUMBER = 1,
    JSON_MARK_TEXT = 2,
};

/** What json_check learned. */
struct json_facts {
    size_t copy_bytes; // length of the marked copy
    bool marks;        // some string is marked
};

/**
 * json_check - is this text exactly one JSON value (RFC 8259), of valid UTF-8, within the limits
 *
 * Doubled keys are not looked for. Errors: ERR_SYNTAX, ERR_TOO_DEEP, ERR_TOO_BIG; f->pos is the
 * first bad byte.
 */
MUST_USE enum err json_check(struct span text, struct json_facts *facts, struct fail *f);

/** Byte offset of a value or key of a checked text, counted from 0 in the order of the text. */
size_t json_where(struct span text, size_t ordinal);

/** Marked copy of a checked text; out has facts->copy_bytes. */
void json_mark(struct span text, const struct json_facts *facts, char *out);

/** The string behind one that cJSON gave; in place. */
struct span json_unmark(char *string);

/** Does a string need the mark? Then it takes json_marked_bytes, else its length. */
bool json_needs_mark(struct span text);
size_t json_marked_bytes(struct span text);
char *json_mark_string(struct span text, char *out);

/** Printed JSON with the marks replaced by what they stand for; in place; the new length. */
size_t json_unmark_text(char *text, size_t len);

#endif
