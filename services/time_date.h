// SPDX-License-Identifier: MIT
// Moments as text: ISO 8601 in the Gregorian calendar, `2026-11-21T05:20:01.123Z`.
#ifndef TELEX_SERVICES_TIME_DATE_H
#define TELEX_SERVICES_TIME_DATE_H

#include "units/err.h"

enum { DATE_BYTES = 24 }; // of what date_print writes

/**
 * date_print - a moment in UTC, with ms
 * @ms: since 1970, of the years 0000 to 9999
 */
void date_print(int64_t ms, char out[DATE_BYTES]);

/**
 * date_parse - `2026-11-21`, `2026-11-21T05:20`, `..:01`, `..:01.123`, each also with `Z` or
 * `+02:00` behind a time of day; a blank may stand for the T; without a zone it is UTC
 * @ms: since 1970; what is finer is cut off
 *
 * Errors: ERR_BAD_ARG; f says which part is wrong, and where
 */
MUST_USE enum err date_parse(struct span text, int64_t *ms, struct fail *f);

#endif
