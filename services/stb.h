// SPDX-License-Identifier: MIT
// Pixels from png and jpg, and raw deflate, by stb_image.
#ifndef TELEX_SERVICES_STB_H
#define TELEX_SERVICES_STB_H

#include "units/arena.h"
#include "units/span.h"

/**
 * stb_decode - the pixels of a png or jpg file
 * @a:    where memory comes from; nothing is left in it
 * @file: passed coded_check (services/coded.h), which knows its size
 * @rgba: 4 * w * h bytes
 *
 * Errors:  ERR_CORRUPT (also: of a kind that is not known), ERR_NO_MEMORY
 * Context: 30 to 60 ns a pixel; may run on a worker
 */
MUST_USE enum err stb_decode(const struct arena *a, struct span file, uint32_t w, uint32_t h,
                             uint8_t *rgba);

/**
 * stb_inflate - raw deflate (RFC 1951) without header and trailer
 * @raw: what stands behind its end is not looked at
 *
 * Errors: ERR_CORRUPT, ERR_TOO_BIG (more than max_bytes come out), ERR_NO_MEMORY
 * Owner:  @out belongs to @a
 */
MUST_USE enum err stb_inflate(struct arena *a, struct span raw, size_t max_bytes, struct span *out);

#endif
