// SPDX-License-Identifier: MIT
// Fuzzes png and jpg: what is read is within the limits, and as a unit gives the same pixels again.
#include <stdio.h>

#include "services/io_image.h"
#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Time goes into what is in a picture, not into its size.
enum { PIXELS_MAX = 1 << 16 };

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// Makes the check sums of a png right: else no change would get past them.
static void mend(uint8_t *p, size_t n)
{
    if (n < 8 || memcmp(p, "\x89PNG", 4) != 0)
        return;
    for (size_t at = 8; n - at >= 12 && be32(p + at) <= n - at - 12; at += be32(p + at) + 12) {
        size_t len = be32(p + at) + 4;
        uint32_t v = 0xFFFFFFFF;

        for (size_t i = 0; i < len; i++) {
            v ^= p[at + 4 + i];
            for (int k = 0; k < 8; k++)
                v = v >> 1 ^ (v & 1 ? 0xEDB88320 : 0);
        }
        for (int i = 0; i < 4; i++)
            p[at + 4 + len + (size_t)i] = (uint8_t)(~v >> (24 - 8 * i));
    }
}

static const char *law_image(struct arena *a, struct span file)
{
    struct image im = {0}, back = {0};
    struct image_parts parts;
    struct coded coded;
    struct unit u;

    if (coded_check(file, &coded, NULL) || coded.w * coded.h > PIXELS_MAX || unit_bytes(file, &u))
        return NULL;
    if (image_parts(&u, a->mem, &parts, NULL))
        return "bytes are a picture";
    if (image_read(a, &parts, &im, NULL))
        return NULL;
    if (im.px.w != coded.w || im.px.h != coded.h)
        return "the size is not that of the head";
    if (image_unit(a, &im.px, &u) || image_parts(&u, a->mem, &parts, NULL) ||
        image_read(a, &parts, &back, NULL))
        return "no unit comes of it";
    for (size_t i = 0; i < (size_t)coded.w * coded.h; i++)
        if (memcmp(im.px.rgba + 4 * i, back.px.rgba + 4 * i, 3) != 0)
            return "the unit has other pixels";
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *file = malloc(size + 1);
    const char *broken;
    struct arena a;

    if (size)
        memcpy(file, data, size);
    mend(file, size);
    arena_init(&a, &laws_mem, LAWS_BYTES);
    broken = law_image(&a, (struct span){(const char *)file, size});
    if (broken) {
        fprintf(stderr, "broken: %s\n", broken);
        abort();
    }
    arena_fini(&a);
    free(file);
    return 0;
}
