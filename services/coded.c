// SPDX-License-Identifier: MIT
// What png and jpg files say of themselves.
//
//   png:  8 bytes, then chunks   | length | type | data .. | crc |    IHDR first, IEND last
//   jpg:  FF D8, then segments   FF type | length | data ..           behind SOS: coded bytes, in
//         which FF is followed by 00 or a restart mark               FF D9 last
#include "services/coded.h"

static const char png_mark[8] = "\x89PNG\r\n\x1a\n";

static const uint8_t *bytes_of(struct span s, size_t at)
{
    return (const uint8_t *)s.at + at;
}

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return be16(p) << 16 | be16(p + 2);
}

static void put_be32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

enum err coded_size(uint64_t w, uint64_t h, struct fail *f)
{
    if (!w || !h)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "a picture of no pixels");
    if (w > CODED_SIDE_MAX || h > CODED_SIDE_MAX)
        return fail_set(f, ERR_LIMIT, FAIL_NO_POS, "make it smaller",
                        "a picture has at most %u pixels a side, this one %u by %u",
                        (unsigned long)CODED_SIDE_MAX, (unsigned long)w, (unsigned long)h);
    if (w * h > CODED_PIXELS_MAX)
        return fail_set(f, ERR_LIMIT, FAIL_NO_POS, "make it smaller",
                        "a picture has at most %u pixels, this one %u by %u",
                        (unsigned long)CODED_PIXELS_MAX, (unsigned long)w, (unsigned long)h);
    return ERR_OK;
}

static enum err broken(struct fail *f, size_t pos, const char *what)
{
    return fail_set(f, ERR_CORRUPT, pos, NULL, "this file is damaged: %s at byte %u", what,
                    (unsigned long)pos);
}

// ---- CRC of ISO 3309, eight bytes a step

struct crc {
    uint32_t t[8][256];
};

static void crc_init(struct crc *c)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t v = i;

        for (int k = 0; k < 8; k++)
            v = v >> 1 ^ (v & 1 ? 0xEDB88320u : 0);
        c->t[0][i] = v;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t i = 0; i < 256; i++)
            c->t[k][i] = c->t[k - 1][i] >> 8 ^ c->t[0][c->t[k - 1][i] & 255];
}

static uint32_t crc_of(const struct crc *c, const uint8_t *p, size_t n)
{
    uint32_t v = 0xFFFFFFFFu;

    for (; n >= 8; p += 8, n -= 8) {
        uint32_t a = v ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                          (uint32_t)p[3] << 24);

        v = c->t[7][a & 255] ^ c->t[6][a >> 8 & 255] ^ c->t[5][a >> 16 & 255] ^ c->t[4][a >> 24] ^
            c->t[3][p[4]] ^ c->t[2][p[5]] ^ c->t[1][p[6]] ^ c->t[0][p[7]];
    }
    while (n--)
        v = v >> 8 ^ c->t[0][(v ^ *p++) & 255];
    return ~v;
}

// ---- png

static enum err check_png(struct span file, struct coded *out, struct fail *f)
{
    enum { HEAD = 13, AROUND = 12 }; // bytes of IHDR; length, type and crc of a chunk
    struct crc crc;
    size_t at = sizeof png_mark;
    bool ended = false;
    enum err e;

    if (file.len < at + AROUND + HEAD || be32(bytes_of(file, at)) != HEAD ||
        memcmp(bytes_of(file, at + 4), "IHDR", 4) != 0)
        return broken(f, at, "there is no head");
    out->kind = CODED_PNG;
    out->w = be32(bytes_of(file, at + 8));
    out->h = be32(bytes_of(file, at + 12));
    e = coded_size(out->w, out->h, f);
    if (e)
        return e;
    crc_init(&crc);
    while (!ended) {
        uint32_t n;

        if (file.len - at < AROUND)
            return broken(f, file.len, "it is cut off");
        n = be32(bytes_of(file, at));
        if (n > file.len - at - AROUND)
            return broken(f, at, "a part is longer than the file");
        if (crc_of(&crc, bytes_of(file, at + 4), (size_t)n + 4) != be32(bytes_of(file, at + 8 + n)))
            return broken(f, at, "the check sum does not hold for the part");
        ended = memcmp(bytes_of(file, at + 4), "IEND", 4) == 0;
        at += (size_t)AROUND + n;
    }
    return ERR_OK;
}

// ---- jpg

enum { JPG_SOF0 = 0xC0, JPG_DHT = 0xC4, JPG_JPG = 0xC8, JPG_DAC = 0xCC, JPG_RST0 = 0xD0 };
enum { JPG_SOI = 0xD8, JPG_EOI = 0xD9, JPG_SOS = 0xDA, JPG_TEM = 0x01 };

// The next mark behind coded bytes.
static size_t behind_scan(struct span file, size_t at)
{
    while (at < file.len) {
        const char *mark = memchr(file.at + at, 0xFF, file.len - at);
        uint8_t type;

        if (!mark || mark + 1 == file.at + file.len)
            return file.len;
        at = (size_t)(mark - file.at);
        type = *bytes_of(file, at + 1);
        if (type != 0xFF && type != 0 && (type & 0xF8) != JPG_RST0)
            return at;
        at += type == 0xFF ? 1 : 2;
    }
    return file.len;
}

static bool is_frame(uint8_t type)
{
    return (type & 0xF0) == JPG_SOF0 && type != JPG_DHT && type != JPG_JPG && type != JPG_DAC;
}

static enum err check_jpg(struct span file, struct coded *out, struct fail *f)
{
    unsigned parts = 0, scans = 0;
    bool framed = false;
    size_t at = 2;

    out->kind = CODED_JPG;
    for (;;) {
        uint8_t type;
        uint32_t n;

        if (file.len - at < 2)
            return broken(f, file.len, "it is cut off");
        if (*bytes_of(file, at) != 0xFF)
            return broken(f, at, "no part begins");
        type = *bytes_of(file, at + 1);
        if (type == 0xFF) { // filled up
            at++;
            continue;
        }
        at += 2;
        if (type == JPG_EOI)
            return scans ? ERR_OK : broken(f, at, "there are no pixels");
        if (type == JPG_TEM || (type & 0xF8) == JPG_RST0)
            continue;
        if (file.len - at < 2 || (n = be16(bytes_of(file, at))) > file.len - at || n < 2)
            return broken(f, at, "a part is longer than the file");
        if (++parts > CODED_PARTS_MAX || (scans += type == JPG_SOS) > CODED_SCANS_MAX)
            return fail_set(f, ERR_LIMIT, at, NULL, "a jpg has at most %u parts and %u scans",
                            (unsigned long)CODED_PARTS_MAX, (unsigned long)CODED_SCANS_MAX);
        if (is_frame(type)) {
            enum err e;

            if (framed || n < 7)
                return broken(f, at, "a second or short head");
            framed = true;
            out->h = be16(bytes_of(file, at + 3));
            out->w = be16(bytes_of(file, at + 5));
            e = coded_size(out->w, out->h, f);
            if (e)
                return e;
        }
        if (type == JPG_SOS && !framed)
            return broken(f, at, "pixels without a head");
        at += n;
        if (type == JPG_SOS)
            at = behind_scan(file, at);
    }
}

enum err coded_check(struct span file, struct coded *out, struct fail *f)
{
    struct coded coded = {CODED_PNG, 0, 0};
    enum err e;

    if (file.len >= sizeof png_mark && memcmp(file.at, png_mark, sizeof png_mark) == 0)
        e = check_png(file, &coded, f);
    else if (file.len >= 2 && be16(bytes_of(file, 0)) == (0xFF00 | JPG_SOI))
        e = check_jpg(file, &coded, f);
    else
        e = fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, "png and jpg files are known",
                     "these bytes are no picture");
    if (!e)
        *out = coded;
    return e;
}

// ---- A png that is not compressed: rows in stored blocks of RFC 1951

static uint8_t *chunk_end(const struct crc *crc, uint8_t *chunk, uint8_t *end)
{
    put_be32(chunk, (uint32_t)(end - chunk - 8));
    put_be32(end, crc_of(crc, chunk + 4, (size_t)(end - chunk) - 4));
    return end + 4;
}

static uint8_t *chunk_begin(uint8_t *at, const char *type)
{
    memcpy(at + 4, type, 4);
    return at + 8;
}

enum err coded_png(struct arena *a, const uint8_t *rgba, uint32_t w, uint32_t h, size_t max_bytes,
                   struct span *out)
{
    enum { BLOCK = 65535, MODULO = 65521 };
    size_t row = 1 + 3 * (size_t)w, raw = row * h, blocks = (raw + BLOCK - 1) / BLOCK;
    size_t bytes = 8 + 25 + 12 + 2 + raw + 5 * blocks + 4 + 12, left = 0, todo = raw;
    uint32_t s1 = 1, s2 = 0;
    uint8_t *png, *at, *chunk;
    struct crc crc;

    if (bytes > max_bytes)
        return ERR_TOO_BIG;
    png = at = arena_new(a, bytes);
    if (!png)
        return ERR_NO_MEMORY;
    crc_init(&crc);
    memcpy(at, png_mark, 8);
    chunk = at += 8;
    at = chunk_begin(chunk, "IHDR");
    put_be32(at, w);
    put_be32(at + 4, h);
    memcpy(at + 8, "\x08\x02\0\0\0", 5); // 8 bits, R G B
    at = chunk_end(&crc, chunk, at + 13);
    chunk = at;
    at = chunk_begin(chunk, "IDAT");
    *at++ = 0x78; // RFC 1950: deflate, no dictionary
    *at++ = 0x01;
    for (size_t y = 0, x = 0; todo; todo--) { // x: byte in the row; the first says: no filter
        uint8_t v = x ? rgba[4 * (y * w + (x - 1) / 3) + (x - 1) % 3] : 0;

        if (!left) {
            left = todo < BLOCK ? todo : BLOCK;
            *at++ = left == todo; // the last one
            *at++ = (uint8_t)left;
            *at++ = (uint8_t)(left >> 8);
            *at++ = (uint8_t)~left;
            *at++ = (uint8_t)(~left >> 8);
        }
        *at++ = v;
        left--;
        s1 += v;
        s1 -= s1 >= MODULO ? MODULO : 0;
        s2 += s1;
        s2 -= s2 >= MODULO ? MODULO : 0;
        x = x + 1 == row ? 0 : x + 1;
        y += x == 0;
    }
    put_be32(at, s2 << 16 | s1);
    at = chunk_end(&crc, chunk, at + 4);
    at = chunk_end(&crc, at, chunk_begin(at, "IEND"));
    *out = (struct span){(const char *)png, bytes};
    return ERR_OK;
}
