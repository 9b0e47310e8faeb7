// SPDX-License-Identifier: MIT
// For the suites of pictures: png files of every kind, made here pixel by pixel, and two jpgs.
#ifndef TELEX_TESTS_IMAGE_FIX_H
#define TELEX_TESTS_IMAGE_FIX_H

#include "tests/check/helper.h"

enum { IMAGE_FILE_BYTES = 1 << 20 };

struct image_file {
    uint8_t bytes[IMAGE_FILE_BYTES];
    size_t n;
};

/** What a png is to be. Colour types: 0 grey, 2 rgb, 3 palette, 4 grey and A, 6 rgba. */
struct png_kind {
    uint32_t w, h;
    unsigned type, depth;
    bool interlaced;
    bool tRNS; // one value, or the palette's first ones, let through
};

/** A png whose samples come from png_sample. */
void png_make(struct image_file *f, const struct png_kind *k);

/** The pixel that is in there, as R G B A of 8 bits. */
void png_pixel(const struct png_kind *k, uint32_t x, uint32_t y, uint8_t rgba[4]);

/** A png of the given raw bytes (deflated) as its IDAT. */
void png_raw(struct image_file *f, const struct png_kind *k, const uint8_t *deflated, size_t n);

/** Raw deflate of 1 + 258 n zeros, by the fixed code. Gives its length. */
size_t deflate_zeros(uint8_t *out, size_t n);

static inline struct span image_span(const struct image_file *f)
{
    return (struct span){(const char *)f->bytes, f->n};
}

// Grey, 16 by 8: the same picture one after the other and in passes. Its right half is 178.
extern const struct span jpg_baseline, jpg_progressive;

#endif
