// SPDX-License-Identifier: MIT
// From units to text: the canonical print, which parses back to the same unit.
#ifndef TELEX_UNITS_PRINT_H
#define TELEX_UNITS_PRINT_H

#include "units/unit.h"

/**
 * unit_print - canonical text of a unit
 * @out: room for exactly u->text bytes; not terminated
 *
 * Returns the end of what was written, out + u->text. A secret prints as !`***`.
 */
char *unit_print(const struct unit *u, char *out);

/** The same as a span in an arena. Errors: ERR_NO_MEMORY */
MUST_USE enum err unit_print_new(struct arena *a, const struct unit *u, struct span *out);

#endif
