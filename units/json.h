// SPDX-License-Identifier: MIT
// Units as JSON (RFC 8259) and back, through cJSON, with no digit lost.
// Forms of the units that JSON lacks: units/json_form.h.
//
// The build gives cJSON CJSON_NESTING_LIMIT=193, which is JSON_DEPTH_MAX (units/json_text.h says
// why), and malloc, realloc, free defined as heap_lib_malloc, heap_lib_realloc, heap_lib_free, so
// that all its memory counts against the message and no hook is set while another processor runs.
#ifndef TELEX_UNITS_JSON_H
#define TELEX_UNITS_JSON_H

#include "units/unit.h"

/**
 * json_parse - unit of a JSON document
 *
 * A key twice in one object (compared behind the escapes) is an error, as is a byte order mark.
 * Errors: ERR_SYNTAX, ERR_TOO_DEEP, ERR_TOO_BIG, ERR_NO_MEMORY; f->pos is the first bad byte
 * Owner:  @out and all below it belong to @a
 */
MUST_USE enum err json_parse(struct arena *a, struct span text, struct unit *out, struct fail *f);

/**
 * json_print - one line of JSON, no newline
 *
 * A secret prints as {"secret":"***"}, which json_parse refuses. Errors: ERR_NO_MEMORY,
 * ERR_TOO_BIG (past UNIT_TEXT_MAX_BYTES)
 */
MUST_USE enum err json_print(struct arena *a, const struct unit *u, struct span *out);

#endif
