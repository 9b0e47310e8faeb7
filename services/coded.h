// SPDX-License-Identifier: MIT
// What png and jpg files say of themselves, checked before anything is decoded: their parts are
// whole, and what they ask for is within the limits.
#ifndef TELEX_SERVICES_CODED_H
#define TELEX_SERVICES_CODED_H

#include "units/arena.h"
#include "units/span.h"

enum {
    // The longest side of a screen that one can buy is 7680.
    CODED_SIDE_MAX = 8192,

    // A screen of 3840 x 2160: 32 MiB as pixels; a file of that size is decoded within half a second
    // and 130 MiB, with 16 bits a colour 300 MiB.
    CODED_PIXELS_MAX = 1 << 23,

    // Of a jpg: each scan may cost a look at every pixel, each table some microseconds. What
    // encoders write has 10 scans and up to some hundred parts.
    CODED_SCANS_MAX = 32,
    CODED_PARTS_MAX = 1000,
};

enum coded_kind { CODED_PNG, CODED_JPG };

struct coded {
    enum coded_kind kind;
    uint32_t w, h;
};

/**
 * coded_check - is this a whole png (W3C PNG 2003) or jpg (ITU T.81) within the limits
 *
 * Errors: ERR_BAD_ARG (neither of both), ERR_CORRUPT (f->pos is where), ERR_LIMIT
 */
MUST_USE enum err coded_check(struct span file, struct coded *out, struct fail *f);

/** Errors: ERR_LIMIT, ERR_BAD_ARG (a side is 0) */
MUST_USE enum err coded_size(uint64_t w, uint64_t h, struct fail *f);

/**
 * coded_png - pixels without A as a png that is not compressed
 * @rgba: 4 * w * h bytes; A is left out
 *
 * Errors: ERR_TOO_BIG (past max_bytes), ERR_NO_MEMORY
 */
MUST_USE enum err coded_png(struct arena *a, const uint8_t *rgba, uint32_t w, uint32_t h,
                            size_t max_bytes, struct span *out);

#endif
