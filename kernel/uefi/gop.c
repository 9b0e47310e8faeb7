// SPDX-License-Identifier: MIT
// The display as pixels: EFI_GRAPHICS_OUTPUT_PROTOCOL, UEFI 2.10, 12.9.
//
// What the screen shows is kept in memory, since reading it back from a graphics card takes long.
// Its rows are a ring, so that scrolling moves nothing:
//
//   px:  | row 3 of the screen | row 4 | .. | row 0 | row 1 | row 2 |
//                                           ^ top
//
// What was changed since the last time goes to the screen at once, as one rectangle.
#include "kernel/uefi/uefi.h"

uint32_t *gop_row(const struct gop *g, unsigned y)
{
    return g->px + (size_t)((g->top + y) % g->h) * g->w;
}

void gop_touch(struct gop *g, unsigned x0, unsigned y0, unsigned x1, unsigned y1)
{
    if (x0 >= x1 || y0 >= y1)
        return;
    if (g->x0 >= g->x1) {
        g->x0 = x0;
        g->y0 = y0;
        g->x1 = x1;
        g->y1 = y1;
        return;
    }
    g->x0 = x0 < g->x0 ? x0 : g->x0;
    g->y0 = y0 < g->y0 ? y0 : g->y0;
    g->x1 = x1 > g->x1 ? x1 : g->x1;
    g->y1 = y1 > g->y1 ? y1 : g->y1;
}

void gop_fill(struct gop *g, unsigned x0, unsigned y0, unsigned x1, unsigned y1, uint32_t colour)
{
    for (unsigned y = y0; y < y1; y++) {
        uint32_t *row = gop_row(g, y);

        for (unsigned x = x0; x < x1; x++)
            row[x] = colour;
    }
    gop_touch(g, x0, y0, x1, y1);
}

void gop_scroll(struct gop *g, unsigned rows)
{
    g->top = (g->top + rows) % g->h;
    gop_touch(g, 0, 0, g->w, g->h);
}

static void show(struct gop *g, unsigned from, unsigned y, unsigned rows)
{
    // A call that fails shows nothing, and there is nobody to tell.
    (void)g->out->Blt(g->out, (EFI_GRAPHICS_OUTPUT_BLT_PIXEL *)g->px, EfiBltBufferToVideo, g->x0,
                      from, g->x0, y, g->x1 - g->x0, rows, (UINTN)g->w * 4);
}

void gop_flush(struct gop *g)
{
    unsigned from = (g->top + g->y0) % g->h, rows = g->y1 - g->y0, first = g->h - from;

    if (g->x0 >= g->x1)
        return;
    first = rows < first ? rows : first;
    show(g, from, g->y0, first);
    if (rows > first)
        show(g, 0, g->y0 + first, rows - first);
    g->x0 = g->x1 = g->y0 = g->y1 = 0;
}

// ---- struct plat_gfx

static void size(void *ctx, unsigned *w, unsigned *h)
{
    const struct uefi *m = ctx;

    *w = m->gop.w;
    *h = m->gop.h;
}

static bool mode_size(struct uefi *m, UINT32 mode, unsigned *w, unsigned *h)
{
    EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = NULL;
    UINTN bytes;

    if (m->gop.out->QueryMode(m->gop.out, mode, &bytes, &info) != EFI_SUCCESS || !info)
        return false;
    *w = info->HorizontalResolution;
    *h = info->VerticalResolution;
    m->boot->FreePool(info);
    return *w && *h && *w <= GOP_SIDE_MAX && *h <= GOP_SIDE_MAX;
}

static size_t modes(void *ctx, unsigned (*wh)[2], size_t max)
{
    struct uefi *m = ctx;
    size_t n = 0;

    for (UINT32 i = 0; i < m->gop.out->Mode->MaxMode && n < max; i++) {
        unsigned w, h;
        size_t known = 0;

        if (!mode_size(m, i, &w, &h))
            continue;
        while (known < n && (wh[known][0] != w || wh[known][1] != h))
            known++;
        if (known < n)
            continue; // the same size with other pixels
        wh[n][0] = w;
        wh[n++][1] = h;
    }
    return n;
}

// Memory for a screen of this size, black; the old one is given back.
static void resize(struct uefi *m, uint32_t *px, unsigned w, unsigned h)
{
    struct gop *g = &m->gop;

    if (g->px)
        m->mem.put(m->mem.ctx, g->px, (size_t)g->w * g->h * 4);
    *g = (struct gop){.out = g->out, .px = px, .w = w, .h = h};
    gop_fill(g, 0, 0, w, h, 0);
}

static enum err set(void *ctx, unsigned w, unsigned h)
{
    struct uefi *m = ctx;
    UINT32 mode = 0;
    unsigned mw, mh;
    uint32_t *px;

    while (mode < m->gop.out->Mode->MaxMode &&
           (!mode_size(m, mode, &mw, &mh) || mw != w || mh != h))
        mode++;
    if (mode == m->gop.out->Mode->MaxMode)
        return ERR_NOT_SUPPORTED;
    px = m->mem.get(m->mem.ctx, (size_t)w * h * 4);
    if (!px)
        return ERR_NO_MEMORY;
    if (mode != m->gop.out->Mode->Mode && m->gop.out->SetMode(m->gop.out, mode) != EFI_SUCCESS) {
        m->mem.put(m->mem.ctx, px, (size_t)w * h * 4);
        return ERR_NOT_SUPPORTED;
    }
    resize(m, px, w, h);
    text_init(m);
    return ERR_OK;
}

static uint32_t blend(uint32_t under, const uint8_t *p)
{
    uint32_t a = p[3], out = 0;

    for (int i = 0; i < 3; i++) {
        uint32_t old = under >> (16 - 8 * i) & 255;

        out = out << 8 | (p[i] * a + old * (255 - a) + 127) / 255;
    }
    return out;
}

static enum err draw(void *ctx, int x, int y, const struct pixels *p)
{
    struct uefi *m = ctx;
    struct gop *g = &m->gop;
    int64_t x0 = x > 0 ? x : 0, x1 = (int64_t)x + p->w, y0 = y > 0 ? y : 0, y1 = (int64_t)y + p->h;

    x1 = x1 < g->w ? x1 : g->w;
    y1 = y1 < g->h ? y1 : g->h;
    if (x0 >= x1 || y0 >= y1)
        return ERR_OK; // all of it lies outside
    text_cursor(m, false);
    for (int64_t v = y0; v < y1; v++) {
        uint32_t *row = gop_row(g, (unsigned)v);
        const uint8_t *from = p->rgba + 4 * ((size_t)(v - y) * p->w + (size_t)(x0 - x));

        for (int64_t u = x0; u < x1; u++, from += 4)
            row[u] = blend(row[u], from);
    }
    gop_touch(g, (unsigned)x0, (unsigned)y0, (unsigned)x1, (unsigned)y1);
    text_cursor(m, true);
    gop_flush(g);
    return ERR_OK;
}

static enum err shot(void *ctx, struct pixels *out)
{
    struct uefi *m = ctx;
    const struct gop *g = &m->gop;
    uint8_t *to = out->rgba;

    if (out->w != g->w || out->h != g->h)
        return ERR_BAD_ARG;
    for (unsigned y = 0; y < g->h; y++) {
        const uint32_t *row = gop_row(g, y);

        for (unsigned x = 0; x < g->w; x++, to += 4) {
            to[0] = (uint8_t)(row[x] >> 16);
            to[1] = (uint8_t)(row[x] >> 8);
            to[2] = (uint8_t)row[x];
            to[3] = 255;
        }
    }
    return ERR_OK;
}

bool gop_init(struct uefi *m, EFI_GRAPHICS_OUTPUT_PROTOCOL *out)
{
    unsigned w, h;
    uint32_t *px;

    if (!out->Mode || !out->Mode->Info)
        return false;
    w = out->Mode->Info->HorizontalResolution;
    h = out->Mode->Info->VerticalResolution;
    if (w < FONT_W || h < FONT_H || w > GOP_SIDE_MAX || h > GOP_SIDE_MAX)
        return false;
    px = m->mem.get(m->mem.ctx, (size_t)w * h * 4);
    if (!px)
        return false;
    m->gop = (struct gop){.out = out};
    resize(m, px, w, h);
    m->gfx = (struct plat_gfx){
        .ctx = m, .size = size, .modes = modes, .set = set, .draw = draw, .shot = shot};
    return true;
}
