// SPDX-License-Identifier: MIT
// Pictures as units, and their pixels.
#include "services/io_image.h"

#include "services/stb.h"
#include "units/heap.h"

enum {
    RUNS_MAX = 250000,     // of rgb.rle: beyond, a png is shorter for most
    FILE_BYTES = 12 << 20, // bytes print as base64, which makes 4 of 3
    PAUSE_PIXELS = 1 << 14,
};

enum form { RGB, RGBA, RGB_RLE, RGBA_RLE, PNG, JPG, FORMS };

static const char *const form_names[FORMS] = {"rgb", "rgba", "rgb.rle", "rgba.rle", "png", "jpg"};

enum err image_parts(const struct unit *u, const struct mem *mem, struct image_parts *out,
                     struct fail *f)
{
    struct image_parts p = {u, NULL, NULL};

    if (u->kind == UNIT_MAP) {
        p.img = unit_get_word(u, SPAN("img"), mem);
        p.size = unit_get_word(u, SPAN("size"), mem);
        p.fmt = unit_get_word(u, SPAN("fmt"), mem);
    } else if (u->kind != UNIT_BYTES) {
        p.img = NULL;
    }
    if (!p.img)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                        "a picture is {size:(w h) fmt:rgb img:[..]} or the bytes of a png or jpg, "
                        "found a %s",
                        unit_kind_name(u->kind));
    *out = p;
    return ERR_OK;
}

static bool is_nat(const struct unit *u, int64_t max)
{
    return u->kind == UNIT_INT && !(u->flags & UNIT_BIG) && u->i >= 0 && u->i <= max;
}

enum err image_size(const struct unit *size, struct fail *f, uint32_t *w, uint32_t *h)
{
    const struct unit *side = size->items;
    enum err e;

    if (size->kind != UNIT_PAIR || side[0].kind != UNIT_INT || side[1].kind != UNIT_INT)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "a size is (width height)");
    for (int i = 0; i < 2; i++)
        if (!is_nat(&side[i], INT32_MAX))
            return fail_set(f, side[i].flags & UNIT_BIG || side[i].i > 0 ? ERR_LIMIT : ERR_BAD_ARG,
                            FAIL_NO_POS, NULL, "a side has 1 to %u pixels",
                            (unsigned long)CODED_SIDE_MAX);
    e = coded_size((uint64_t)side[0].i, (uint64_t)side[1].i, f);
    if (e)
        return e;
    *w = (uint32_t)side[0].i;
    *h = (uint32_t)side[1].i;
    return ERR_OK;
}

uint64_t image_effort_ns(const struct image_parts *parts)
{
    const struct unit *img = parts->img;
    uint32_t w, h;

    if (img->kind == UNIT_BYTES)
        return 50000 + (uint64_t)img->n * 30;
    if (!parts->size || image_size(parts->size, NULL, &w, &h))
        return 0;
    return (uint64_t)img->nodes * 4 + (uint64_t)w * h;
}

static enum err room(struct arena *a, struct image *im, uint32_t w, uint32_t h)
{
    size_t n = (size_t)w * h;

    if (n > im->room) {
        // At least twice as many as before, so that pictures that grow do not fill the memory.
        size_t more = n < 2 * im->room ? 2 * im->room : n;
        uint8_t *rgba = arena_new(a, 4 * more);

        if (!rgba)
            return ERR_NO_MEMORY;
        im->px.rgba = rgba;
        im->room = more;
    }
    im->px.w = w;
    im->px.h = h;
    return ERR_OK;
}

// ---- Files

static enum err read_file(struct arena *a, const struct image_parts *p, enum form form,
                          struct image *im, struct fail *f)
{
    struct span file = unit_span(p->img);
    struct coded coded;
    uint32_t w, h;
    enum err e = coded_check(file, &coded, f);

    if (e)
        return e;
    if (form != FORMS && (form == PNG) != (coded.kind == CODED_PNG))
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "fmt says %s, the bytes are a %s",
                        form_names[form], coded.kind == CODED_PNG ? "png" : "jpg");
    if (p->size) {
        e = image_size(p->size, f, &w, &h);
        if (e)
            return e;
        if (w != coded.w || h != coded.h)
            return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, "leave size out",
                            "size says %u by %u, the file %u by %u", (unsigned long)w,
                            (unsigned long)h, (unsigned long)coded.w, (unsigned long)coded.h);
    }
    e = room(a, im, coded.w, coded.h);
    if (!e)
        e = stb_decode(a, file, coded.w, coded.h, im->px.rgba);
    if (e == ERR_CORRUPT)
        return fail_set(f, e, FAIL_NO_POS, NULL,
                        "this %s is damaged, or of a kind that is not known",
                        coded.kind == CODED_PNG ? "png" : "jpg");
    return e;
}

// ---- Lists

static uint8_t *put_pixel(uint8_t *out, int64_t v, bool alpha)
{
    uint32_t rgba = alpha ? (uint32_t)v : (uint32_t)v << 8 | 0xFF;

    out[0] = (uint8_t)(rgba >> 24);
    out[1] = (uint8_t)(rgba >> 16);
    out[2] = (uint8_t)(rgba >> 8);
    out[3] = (uint8_t)rgba;
    return out + 4;
}

static enum err bad_item(struct fail *f, uint32_t i, bool alpha, bool rle)
{
    return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "item %u is no %s 0 to %s", (unsigned long)i,
                    rle ? "(count pixel) with a pixel" : "pixel",
                    alpha ? "4294967295" : "16777215");
}

// How many pixels the items are, each looked at.
static enum err count(const struct unit *img, bool alpha, bool rle, struct fail *f, uint64_t *n)
{
    int64_t most = alpha ? UINT32_MAX : 0xFFFFFF;

    *n = rle ? 0 : img->n;
    for (uint32_t i = 0; i < img->n; i++) {
        const struct unit *u = &img->items[i], *pixel = u;

        if (i % PAUSE_PIXELS == 0)
            heap_pause();
        if (rle) {
            if (u->kind != UNIT_PAIR || !is_nat(&u->items[0], INT32_MAX) || !u->items[0].i)
                return bad_item(f, i, alpha, rle);
            pixel = &u->items[1];
            *n += (uint64_t)u->items[0].i; // at most 2^20 times 2^31
        }
        if (!is_nat(pixel, most))
            return bad_item(f, i, alpha, rle);
    }
    return ERR_OK;
}

static enum err read_list(struct arena *a, const struct image_parts *p, enum form form,
                          struct image *im, struct fail *f)
{
    bool alpha = form == RGBA || form == RGBA_RLE, rle = form == RGB_RLE || form == RGBA_RLE;
    uint32_t w, h;
    uint64_t n;
    uint8_t *out;
    enum err e;

    if (!p->size)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, "{img:[..] size:(w h) fmt:rgb}",
                        "a list of pixels needs its size");
    e = image_size(p->size, f, &w, &h);
    if (!e)
        e = count(p->img, alpha, rle, f, &n);
    if (e)
        return e;
    if (n != (uint64_t)w * h)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "%u by %u are %u pixels, img has %u",
                        (unsigned long)w, (unsigned long)h, (unsigned long)w * h, (unsigned long)n);
    e = room(a, im, w, h);
    if (e)
        return e;
    out = im->px.rgba;
    for (uint32_t i = 0; i < p->img->n; i++) {
        const struct unit *u = &p->img->items[i];

        if (i % PAUSE_PIXELS == 0)
            heap_pause();
        if (!rle) {
            out = put_pixel(out, u->i, alpha);
            continue;
        }
        for (int64_t k = 0; k < u->items[0].i; k++)
            out = put_pixel(out, u->items[1].i, alpha);
    }
    return ERR_OK;
}

enum err image_read(struct arena *a, const struct image_parts *parts, struct image *im,
                    struct fail *f)
{
    const struct unit *img = parts->img;
    enum form form = img->kind == UNIT_BYTES ? FORMS : RGB;

    if (parts->fmt) {
        for (form = RGB; form < FORMS; form++)
            if (unit_is_text(parts->fmt, span_of(form_names[form])))
                break;
        if (form == FORMS)
            return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, "rgb rgba rgb.rle rgba.rle png jpg",
                            "this is no format of a picture");
    }
    if (img->kind == UNIT_BYTES && form >= PNG)
        return read_file(a, parts, form, im, f);
    if (img->kind == UNIT_LIST && form < PNG)
        return read_list(a, parts, form, im, f);
    return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "img of %s is %s, found a %s",
                    form == FORMS ? "png or jpg" : form_names[form],
                    form >= PNG ? "bytes" : "a list", unit_kind_name(img->kind));
}

// ---- To units

enum err image_map(struct arena *a, uint32_t w, uint32_t h, const char *fmt, const struct unit *img,
                   struct unit *out)
{
    struct unit *items = unit_array(a, 8);
    enum err e;

    if (!items)
        return ERR_NO_MEMORY;
    items[6] = unit_int(w);
    items[7] = unit_int(h);
    items[0] = unit_word("size");
    e = unit_pair(items + 6, &items[1]);
    if (e)
        return e;
    items[2] = unit_word("fmt");
    items[3] = unit_word(fmt);
    items[4] = unit_word("img");
    items[5] = *img;
    return unit_map(a, items, 3, NULL, out);
}

static uint32_t rgb_of(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static size_t run_from(const uint8_t *rgba, size_t at, size_t n)
{
    size_t end = at + 1;

    while (end < n && memcmp(rgba + 4 * end, rgba + 4 * at, 3) == 0)
        end++;
    return end - at;
}

// Errors: ERR_TOO_BIG when there are too many runs
static enum err runs_unit(struct arena *a, const struct pixels *p, struct unit *out)
{
    size_t n = (size_t)p->w * p->h, runs = 0;
    struct unit *items, *parts;

    for (size_t at = 0; at < n && runs <= RUNS_MAX; runs++)
        at += run_from(p->rgba, at, n);
    if (runs > RUNS_MAX)
        return ERR_TOO_BIG;
    items = unit_array(a, 3 * runs);
    if (!items)
        return ERR_NO_MEMORY;
    parts = items + runs;
    for (size_t i = 0, at = 0; i < runs; i++, parts += 2) {
        size_t run = run_from(p->rgba, at, n);
        enum err e;

        parts[0] = unit_int((int64_t)run);
        parts[1] = unit_int(rgb_of(p->rgba + 4 * at));
        e = unit_pair(parts, &items[i]);
        if (e)
            return e;
        at += run;
    }
    return unit_list(items, runs, out);
}

enum err image_unit(struct arena *a, const struct pixels *p, struct unit *out)
{
    struct unit img;
    struct span png;
    enum err e = runs_unit(a, p, &img);

    if (!e)
        return image_map(a, p->w, p->h, "rgb.rle", &img, out);
    if (e != ERR_TOO_BIG)
        return e;
    e = coded_png(a, p->rgba, p->w, p->h, FILE_BYTES, &png);
    if (!e)
        e = unit_bytes(png, &img);
    return e ? e : image_map(a, p->w, p->h, "png", &img, out);
}
