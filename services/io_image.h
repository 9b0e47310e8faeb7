// SPDX-License-Identifier: MIT
// Pictures as units, and their pixels.
//
//   {size:(w h) fmt:F img:D}     F and what D is then:
//     rgb       [0xRRGGBB ..]    ints, row by row from the upper left
//     rgba      [0xRRGGBBAA ..]
//     rgb.rle   [(n 0xRRGGBB) ..]      n pixels of the same colour
//     rgba.rle  [(n 0xRRGGBBAA) ..]
//     png jpg   %`file`          size and fmt may be left out: the file says them
//   %`file`                      the same without a map
#ifndef TELEX_SERVICES_IO_IMAGE_H
#define TELEX_SERVICES_IO_IMAGE_H

#include "kernel/plat.h"
#include "services/coded.h"
#include "units/unit.h"

/** Pixels in memory that is used again for the next picture. */
struct image {
    struct pixels px;
    size_t room; // pixels that fit; 0: no memory yet
};

/** A picture in parts; size and fmt may be NULL. */
struct image_parts {
    const struct unit *img, *size, *fmt;
};

/** Errors: ERR_BAD_ARG (neither bytes nor a map with img) */
MUST_USE enum err image_parts(const struct unit *u, const struct mem *mem, struct image_parts *out,
                              struct fail *f);

/** Width and height of {.. size:(w h)}. Errors: ERR_BAD_ARG, ERR_LIMIT */
MUST_USE enum err image_size(const struct unit *size, struct fail *f, uint32_t *w, uint32_t *h);

/** Predicted time of image_read. */
uint64_t image_effort_ns(const struct image_parts *parts);

/**
 * image_read - the pixels of a picture
 * @a:  memory of the pixels, when those of im are too few
 * @im: {0} at the first time; its pixels are what they were when an error comes before any is read
 *
 * All that the unit says is checked first, the sum of the counts too.
 * Errors:  ERR_BAD_ARG, ERR_LIMIT, ERR_CORRUPT, ERR_NO_MEMORY
 * Context: see image_effort_ns; may run on a worker
 */
MUST_USE enum err image_read(struct arena *a, const struct image_parts *parts, struct image *im,
                             struct fail *f);

/**
 * image_unit - a picture without A as a unit: rgb.rle, and where that would be long, png
 *
 * Errors: ERR_TOO_BIG, ERR_NO_MEMORY
 */
MUST_USE enum err image_unit(struct arena *a, const struct pixels *p, struct unit *out);

/** {size:(w h) fmt:.. img:..} */
MUST_USE enum err image_map(struct arena *a, uint32_t w, uint32_t h, const char *fmt,
                            const struct unit *img, struct unit *out);

#endif
