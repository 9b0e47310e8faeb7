// SPDX-License-Identifier: MIT
// How stb_image is compiled, included in front of it by the build (kernel/deps.mk): png and jpg
// alone, no files, no floats, no state of its own, memory of the call that uses it.
//
// The vector code stays out: then one source gives the same pixels on every processor.
#ifndef TELEX_SERVICES_STB_IN_H
#define TELEX_SERVICES_STB_IN_H

#include "units/heap.h"

/** heap_lib_realloc, up to what the call allows (services/stb.c). */
void *stb_realloc(void *p, size_t bytes);

#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_NO_SIMD
#define STBI_NO_THREAD_LOCALS
#define STBI_NO_FAILURE_STRINGS // else the last one is kept in a global
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_MAX_DIMENSIONS 8192
// Zeros: a file that says less than it should shows nothing of what was there before.
#define STBI_MALLOC(bytes) heap_lib_calloc(1, bytes)
#define STBI_REALLOC(p, bytes) stb_realloc(p, bytes)
#define STBI_FREE(p) heap_lib_free(p)
// They stand in the loops that read long codes, so they let others run.
#define STBI_ASSERT(x) heap_pause()

#endif
