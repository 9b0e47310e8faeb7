// SPDX-License-Identifier: MIT
// For the suites of pictures.
#include "tests/check/image_fix.h"

// ---- png: an encoder that knows every kind, and no compression

static uint32_t crc(const uint8_t *p, size_t n)
{
    uint32_t v = 0xFFFFFFFF;

    while (n--) {
        v ^= *p++;
        for (int k = 0; k < 8; k++)
            v = v >> 1 ^ (v & 1 ? 0xEDB88320 : 0);
    }
    return ~v;
}

static void put(struct image_file *f, const void *bytes, size_t n)
{
    ck_assert_uint_le(n, sizeof f->bytes - f->n);
    if (n)
        memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}

static void put32(struct image_file *f, uint32_t v)
{
    put(f, (uint8_t[]){(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}, 4);
}

static void chunk(struct image_file *f, const char *type, const uint8_t *data, size_t n)
{
    size_t at;

    put32(f, (uint32_t)n);
    at = f->n;
    put(f, type, 4);
    put(f, data, n);
    put32(f, crc(f->bytes + at, n + 4));
}

static unsigned channels(const struct png_kind *k)
{
    static const uint8_t n[7] = {1, 0, 3, 1, 2, 0, 4};

    return n[k->type];
}

// Any values will do, if they differ.
static unsigned sample(const struct png_kind *k, uint32_t x, uint32_t y, unsigned c)
{
    unsigned v = (x * 7919u + y * 104729u + c * 1299709u) * 2654435761u >> 8;

    return v & (k->depth == 16 ? 0xFFFF : (1u << k->depth) - 1);
}

static uint8_t to8(const struct png_kind *k, unsigned v)
{
    return (uint8_t)(k->depth == 16 ? v >> 8 : v * 255 / ((1u << k->depth) - 1));
}

enum { GREY_THROUGH = 1, PALETTE_THROUGH = 2 };

void png_pixel(const struct png_kind *k, uint32_t x, uint32_t y, uint8_t rgba[4])
{
    unsigned n = channels(k), v = sample(k, x, y, 0);

    rgba[3] = 255;
    if (k->type == 3) {
        for (unsigned i = 0; i < 3; i++)
            rgba[i] = (uint8_t)(v * 31 + i * 85);
        rgba[3] = k->tRNS && v < PALETTE_THROUGH ? (uint8_t)(v * 100) : 255;
        return;
    }
    for (unsigned i = 0; i < 3; i++)
        rgba[i] = to8(k, sample(k, x, y, n > 2 ? i : 0));
    if (n == 2 || n == 4)
        rgba[3] = to8(k, sample(k, x, y, n - 1));
    else if (k->tRNS && k->type == 0 && v == GREY_THROUGH)
        rgba[3] = 0;
}

// One pass of an interlaced picture, or all of one that is not.
static size_t put_pass(const struct png_kind *k, uint32_t x0, uint32_t y0, uint32_t dx, uint32_t dy,
                       uint8_t *out)
{
    static uint8_t rows[2][4096];
    unsigned n = channels(k), step = (n * k->depth + 7) / 8;
    size_t at = 0;

    memset(rows, 0, sizeof rows);
    if (x0 >= k->w)
        return 0;
    for (uint32_t y = y0, nth = 0; y < k->h; y += dy, nth++) {
        uint8_t *row = rows[nth & 1], *up = rows[~nth & 1];
        unsigned bits = 0, filter = nth % 5;
        size_t bytes;

        memset(row, 0, sizeof rows[0]);
        for (uint32_t x = x0; x < k->w; x += dx) {
            for (unsigned c = 0; c < n; c++, bits += k->depth) {
                unsigned v = sample(k, x, y, c);

                if (k->depth == 16) {
                    row[bits / 8] = (uint8_t)(v >> 8);
                    row[bits / 8 + 1] = (uint8_t)v;
                } else {
                    row[bits / 8] |= (uint8_t)(v << (8 - k->depth - bits % 8));
                }
            }
        }
        bytes = (bits + 7) / 8;
        out[at++] = (uint8_t)filter;
        for (size_t i = 0; i < bytes; i++) {
            int a = i >= step ? row[i - step] : 0, b = up[i], c = i >= step ? up[i - step] : 0;
            int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
            int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
            int guess[5] = {0, a, b, (a + b) / 2, paeth};

            out[at++] = (uint8_t)(row[i] - guess[filter]);
        }
    }
    return at;
}

void png_raw(struct image_file *f, const struct png_kind *k, const uint8_t *deflated, size_t n)
{
    static struct image_file z;
    uint8_t head[13] = {0}, palette[768], through[6] = {0};

    f->n = z.n = 0;
    put(f, "\x89PNG\r\n\x1a\n", 8);
    for (int i = 0; i < 4; i++) {
        head[i] = (uint8_t)(k->w >> (24 - 8 * i));
        head[4 + i] = (uint8_t)(k->h >> (24 - 8 * i));
    }
    head[8] = (uint8_t)k->depth;
    head[9] = (uint8_t)k->type;
    head[12] = k->interlaced;
    chunk(f, "IHDR", head, sizeof head);
    if (k->type == 3) {
        for (unsigned i = 0; i < 768; i++)
            palette[i] = (uint8_t)(i / 3 * 31 + i % 3 * 85);
        chunk(f, "PLTE", palette, 3u << k->depth);
    }
    if (k->tRNS && k->type == 3)
        chunk(f, "tRNS", (const uint8_t[]){0, 100}, PALETTE_THROUGH);
    else if (k->tRNS) {
        through[1] = GREY_THROUGH;
        chunk(f, "tRNS", through, k->type ? 6 : 2);
    }
    chunk(f, "tEXt", (const uint8_t *)"a word", 6); // what nobody needs
    put(&z, "\x78\x01", 2);
    put(&z, deflated, n);
    put32(&z, 1); // the check sum of zlib, which nobody looks at: that of the part covers it
    chunk(f, "IDAT", z.bytes, z.n / 2);
    chunk(f, "IDAT", z.bytes + z.n / 2, z.n - z.n / 2);
    chunk(f, "IEND", NULL, 0);
}

void png_make(struct image_file *f, const struct png_kind *k)
{
    static const uint8_t adam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                        {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    static uint8_t raw[1 << 16], stored[(1 << 16) + 5];
    size_t n = 0;

    if (k->interlaced) {
        for (int i = 0; i < 7; i++)
            n += put_pass(k, adam7[i][0], adam7[i][1], adam7[i][2], adam7[i][3], raw + n);
    } else {
        n = put_pass(k, 0, 0, 1, 1, raw);
    }
    ck_assert_uint_lt(n, sizeof raw);
    stored[0] = 1;
    stored[1] = (uint8_t)n;
    stored[2] = (uint8_t)(n >> 8);
    stored[3] = (uint8_t)~n;
    stored[4] = (uint8_t)(~n >> 8);
    memcpy(stored + 5, raw, n);
    png_raw(f, k, stored, n + 5);
}

// ---- Deflate

static void put_bits(uint8_t *out, size_t *bit, unsigned v, unsigned n)
{
    for (unsigned i = 0; i < n; i++, (*bit)++) {
        if (*bit % 8 == 0)
            out[*bit / 8] = 0;
        out[*bit / 8] |= (uint8_t)((v >> i & 1) << (*bit % 8));
    }
}

size_t deflate_zeros(uint8_t *out, size_t n)
{
    size_t bit = 0;

    put_bits(out, &bit, 1 | 1 << 1, 3); // the last block, fixed code
    put_bits(out, &bit, 0x0C, 8);       // literal 0 is 00110000, its first bit first
    while (n--) {
        put_bits(out, &bit, 0xA3, 8); // length 258 is 11000101
        put_bits(out, &bit, 0, 5);    // distance 1
    }
    put_bits(out, &bit, 0, 7); // the end
    return (bit + 7) / 8;
}

// ---- jpg: two blocks, made by hand

static const uint8_t baseline[] = {
    0xff, 0xd8, 0xff, 0xdb, 0x00, 0x43, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0xff, 0xc0, 0x00, 0x0b, 0x08, 0x00, 0x08, 0x00, 0x10,
    0x01, 0x01, 0x11, 0x00, 0xff, 0xc4, 0x00, 0x1f, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
    0x07, 0x08, 0x09, 0x0a, 0x0b, 0xff, 0xc4, 0x00, 0x16, 0x10, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0xf0, 0xff, 0xda, 0x00,
    0x08, 0x01, 0x01, 0x00, 0x00, 0x3f, 0x00, 0x93, 0x7b, 0x90, 0xac, 0x80, 0xff, 0xd9,
};

static const uint8_t progressive[] = {
    0xff, 0xd8, 0xff, 0xdb, 0x00, 0x43, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0xff, 0xc2, 0x00, 0x0b, 0x08, 0x00, 0x08, 0x00, 0x10,
    0x01, 0x01, 0x11, 0x00, 0xff, 0xc4, 0x00, 0x1f, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
    0x07, 0x08, 0x09, 0x0a, 0x0b, 0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x93,
    0x7d, 0x64, 0x1f, 0xff, 0xc4, 0x00, 0x16, 0x10, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0xf0, 0xff, 0xda, 0x00, 0x08, 0x01,
    0x01, 0x00, 0x01, 0x3f, 0x00, 0x72, 0x07, 0xff, 0xd9,
};

const struct span jpg_baseline = {(const char *)baseline, sizeof baseline};
const struct span jpg_progressive = {(const char *)progressive, sizeof progressive};
