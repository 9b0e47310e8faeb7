// SPDX-License-Identifier: MIT
// Compression: LZ4 frames, with the size of the content in the head and a checksum behind it.
#ifndef TELEX_SERVICES_LZ4_H
#define TELEX_SERVICES_LZ4_H

#include "units/arena.h"

/** A frame of these bytes. @scratch: for the library's tables. Errors: ERR_NO_MEMORY */
MUST_USE enum err lz4_pack(struct arena *a, struct arena *scratch, struct span bytes,
                           struct span *frame);

/** Do these bytes begin as a frame does? */
bool lz4_is_frame(struct span bytes);

/**
 * lz4_claim - what the content of a frame may take, told by its head
 *
 * At most what so many bytes can become (a byte gives 255 at the most).
 * Errors: ERR_CORRUPT (no frame, or one that claims more), ERR_NO_MEMORY
 */
MUST_USE enum err lz4_claim(struct arena *scratch, struct span frame, size_t *bytes);

/**
 * lz4_unpack - the content of exactly one frame
 * @max_bytes: more is ERR_TOO_BIG, told by the head before memory is taken where it says so
 *
 * Errors: also ERR_CORRUPT, ERR_NO_MEMORY
 */
MUST_USE enum err lz4_unpack(struct arena *a, struct arena *scratch, struct span frame,
                             size_t max_bytes, struct span *bytes);

#endif
