// SPDX-License-Identifier: MIT
// Pictures on a console.
#include "shell/picture.h"

enum {
    // Characters of a terminal across and down that get pictures: 4 MiB are kept of them.
    COLUMNS_MAX = 1000,
    ROWS_MAX = 500,
};

void picture_init(struct picture *p, const struct plat_con *con, const struct mem *mem,
                  struct out *out)
{
    *p = (struct picture){.con = con, .mem = mem, .out = out};
}

static size_t shown_bytes(const struct picture *p)
{
    return (size_t)4 * p->shown.w * p->shown.h;
}

void picture_fini(struct picture *p)
{
    if (p->shown.rgba)
        p->mem->put(p->mem->ctx, p->shown.rgba, shown_bytes(p));
    p->shown = (struct pixels){0};
}

void picture_clear(struct picture *p)
{
    picture_fini(p);
}

// ---- What there is

static const struct plat_gfx *display(const struct picture *p)
{
    return p->out && p->out->tty ? p->con->gfx : NULL;
}

static bool blocks_size(const struct picture *p, unsigned *w, unsigned *h)
{
    unsigned columns, rows;

    if (!p->out || !p->out->tty || !p->con->blocks || !p->con->size ||
        !p->con->size(p->con->ctx, &columns, &rows) || !columns || !rows)
        return false;
    *w = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
    *h = 2 * (rows < ROWS_MAX ? rows : ROWS_MAX);
    return true;
}

bool picture_pixels(struct picture *p, unsigned *w, unsigned *h)
{
    const struct plat_gfx *gfx = display(p);

    if (!gfx)
        return blocks_size(p, w, h);
    gfx->size(gfx->ctx, w, h);
    return true;
}

size_t picture_modes(struct picture *p, unsigned (*wh)[2], size_t max)
{
    const struct plat_gfx *gfx = display(p);
    unsigned w, h;

    if (gfx && gfx->modes)
        return gfx->modes(gfx->ctx, wh, max);
    if (!max || !picture_pixels(p, &w, &h))
        return 0;
    wh[0][0] = w;
    wh[0][1] = h;
    return 1;
}

enum err picture_set(struct picture *p, unsigned w, unsigned h)
{
    const struct plat_gfx *gfx = display(p);
    enum err e;

    if (!gfx || !gfx->set)
        return ERR_NOT_SUPPORTED;
    out_flush(p->out);
    e = gfx->set(gfx->ctx, w, h);
    if (!e)
        p->out->column = 0; // text goes on at the top
    return e;
}

// ---- Half blocks: what is drawn comes to `shown` first

// Pixels as the terminal has them now; what was drawn stays while its size does.
static enum err shown_room(struct picture *p, unsigned w, unsigned h)
{
    size_t n = (size_t)w * h;
    uint8_t *rgba;

    if (p->shown.rgba && p->shown.w == w && p->shown.h == h)
        return ERR_OK;
    rgba = p->mem->get(p->mem->ctx, 4 * n);
    if (!rgba)
        return ERR_NO_MEMORY;
    memset(rgba, 0, 4 * n);
    for (size_t i = 0; i < n; i++)
        rgba[4 * i + 3] = 255;
    picture_fini(p);
    p->shown = (struct pixels){w, h, rgba};
    return ERR_OK;
}

// Where a picture comes to lie, shrunk.
struct area {
    int x, y;
    uint32_t w, h;
};

static struct area fit(const struct pixels *px, int x, int y, unsigned w, unsigned h)
{
    struct area a = {x, y, px->w, px->h};

    if (px->w <= w && px->h <= h)
        return a;
    if ((uint64_t)px->w * h > (uint64_t)px->h * w) {
        a.w = w;
        a.h = (uint32_t)((uint64_t)px->h * w / px->w);
    } else {
        a.h = h;
        a.w = (uint32_t)((uint64_t)px->w * h / px->h);
    }
    a.w += !a.w;
    a.h += !a.h;
    // What was placed by its middle keeps it; what begins on the screen begins there.
    a.x += x < 0 ? (int)(px->w - a.w) / 2 : 0;
    a.y += y < 0 ? (int)(px->h - a.h) / 2 : 0;
    return a;
}

// The pixels from..to of a picture that one of n comes from: at least one.
static void share(uint32_t of, uint32_t n, uint32_t i, uint32_t *from, uint32_t *to)
{
    *from = (uint32_t)((uint64_t)i * of / n);
    *to = (uint32_t)((uint64_t)(i + 1) * of / n);
    *to += *to == *from;
}

enum { SAMPLES = 8 }; // of a pixel that stands for many, across and down

// The mean of what becomes one pixel, laid over what is there.
static void blend(uint8_t *to, const struct pixels *px, const struct area *a, uint32_t x,
                  uint32_t y)
{
    uint32_t x0, x1, y0, y1, sum[3] = {0}, alpha = 0, n = 0;

    share(px->w, a->w, x, &x0, &x1);
    share(px->h, a->h, y, &y0, &y1);
    for (uint32_t v = y0; v < y1; v += 1 + (y1 - y0 - 1) / SAMPLES) {
        for (uint32_t u = x0; u < x1; u += 1 + (x1 - x0 - 1) / SAMPLES, n++) {
            const uint8_t *p = px->rgba + 4 * ((size_t)v * px->w + u);

            for (int i = 0; i < 3; i++)
                sum[i] += (uint32_t)p[i] * p[3];
            alpha += p[3];
        }
    }
    for (int i = 0; i < 3; i++)
        to[i] = (uint8_t)((sum[i] + to[i] * (255 * n - alpha) + 255 * n / 2) / (255 * n));
}

struct text {
    char at[64];
    size_t n;
};

static void put(struct text *t, const char *bytes)
{
    size_t n = strlen(bytes);

    memcpy(t->at + t->n, bytes, n);
    t->n += n;
}

static void put_number(struct text *t, unsigned v)
{
    char digits[12], *at = digits + sizeof digits - 1;

    *at = 0;
    do
        *--at = (char)('0' + v % 10);
    while (v /= 10);
    put(t, at);
}

static void put_colour(struct out *o, const char *begin, const uint8_t *rgb)
{
    struct text t = {.n = 0};

    put(&t, begin);
    for (int i = 0; i < 3; i++) {
        put(&t, ";");
        put_number(&t, rgb[i]);
    }
    put(&t, "m");
    out_raw(o, t.at, t.n);
}

// The cells of one row of characters; a colour is said when it changes.
static void put_cells(struct picture *p, unsigned row, unsigned from, unsigned to)
{
    const uint8_t *upper = p->shown.rgba + 8 * (size_t)row * p->shown.w;
    const uint8_t *lower = upper + 4 * (size_t)p->shown.w, *was[2] = {NULL, NULL};
    struct text t = {.n = 0};

    put(&t, "\x1b[");
    put_number(&t, row + 1);
    put(&t, ";");
    put_number(&t, from + 1);
    put(&t, "H");
    out_raw(p->out, t.at, t.n);
    for (unsigned x = from; x < to; x++) {
        const uint8_t *up = upper + 4 * (size_t)x, *low = lower + 4 * (size_t)x;

        if (!was[0] || memcmp(up, was[0], 3) != 0)
            put_colour(p->out, "\x1b[38;2", up);
        if (!was[1] || memcmp(low, was[1], 3) != 0)
            put_colour(p->out, "\x1b[48;2", low);
        was[0] = up;
        was[1] = low;
        out_raw(p->out, "\xE2\x96\x80", 3); // U+2580
    }
    out_raw(p->out, "\x1b[0m", 4);
}

static enum err draw_blocks(struct picture *p, int x, int y, const struct pixels *px)
{
    unsigned w, h;
    struct area a;
    int left, right, top, bottom;
    enum err e;

    if (!blocks_size(p, &w, &h))
        return ERR_NOT_SUPPORTED;
    e = shown_room(p, w, h);
    if (e)
        return e;
    a = fit(px, x, y, w, h);
    left = a.x > 0 ? a.x : 0;
    top = a.y > 0 ? a.y : 0;
    right = a.x + (int)a.w < (int)w ? a.x + (int)a.w : (int)w;
    bottom = a.y + (int)a.h < (int)h ? a.y + (int)a.h : (int)h;
    if (left >= right || top >= bottom)
        return ERR_OK; // none of it is on the screen
    for (int v = top; v < bottom; v++)
        for (int u = left; u < right; u++)
            blend(p->shown.rgba + 4 * ((size_t)v * w + (size_t)u), px, &a, (uint32_t)(u - a.x),
                  (uint32_t)(v - a.y));
    out_raw(p->out,
            "\x1b"
            "7", // the cursor stays where it is
            2);
    for (unsigned row = (unsigned)top / 2; row < ((unsigned)bottom + 1) / 2; row++)
        put_cells(p, row, (unsigned)left, (unsigned)right);
    out_raw(p->out,
            "\x1b"
            "8",
            2);
    out_flush(p->out);
    return p->out->e;
}

enum err picture_draw(struct picture *p, int x, int y, const struct pixels *px)
{
    const struct plat_gfx *gfx = display(p);

    if (!gfx)
        return draw_blocks(p, x, y, px);
    out_flush(p->out); // what was said before comes before
    return gfx->draw(gfx->ctx, x, y, px);
}

enum err picture_shot(struct picture *p, struct arena *a, struct pixels *out)
{
    const struct plat_gfx *gfx = display(p);
    struct pixels px = {0};
    unsigned w, h;
    size_t n;
    enum err e;

    if (!picture_pixels(p, &w, &h))
        return ERR_NOT_SUPPORTED;
    n = (size_t)w * h;
    px = (struct pixels){w, h, arena_new(a, 4 * n)};
    if (!px.rgba)
        return ERR_NO_MEMORY;
    if (gfx) {
        out_flush(p->out);
        e = gfx->shot(gfx->ctx, &px);
    } else {
        e = shown_room(p, w, h);
        if (!e)
            memcpy(px.rgba, p->shown.rgba, 4 * n);
    }
    if (!e)
        *out = px;
    return e;
}
