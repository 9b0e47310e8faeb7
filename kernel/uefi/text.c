// SPDX-License-Identifier: MIT
// Text on the display, drawn by us: cells of one glyph each, on the same pixels as the pictures.
//
// A line that is full ends behind its last cell; the next character goes to the next line, as on
// other terminals. Large displays get large letters.
#include "kernel/uefi/uefi.h"

enum {
    FORE = 0xd0d0d0,
    LINES_DOUBLE = 1440, // pixels down from which letters are twice as large ..
    LINES_TRIPLE = 2160, // .. and three times
    LINES_MORE = 720,    // and once more with each of these
    BOLD = 1,
    INVERSE = 2,
};

// 30-37 and 90-97, as most terminals show them.
static const uint32_t palette[16] = {
    0x000000, 0xcd3131, 0x0dbc79, 0xe5e510, 0x3b78ff, 0xbc3fbc, 0x11a8cd, 0xd0d0d0,
    0x767676, 0xf14c4c, 0x23d18b, 0xf5f543, 0x6ca0ff, 0xd670d6, 0x29b8db, 0xffffff,
};

static unsigned cell_w(const struct text *t)
{
    return FONT_W * t->scale;
}

static unsigned cell_h(const struct text *t)
{
    return FONT_H * t->scale;
}

static uint32_t fore(const struct text *t)
{
    return t->style & INVERSE ? t->back : t->fore;
}

static uint32_t back(const struct text *t)
{
    return t->style & INVERSE ? t->fore : t->back;
}

// The cell of the cursor shows its pixels the other way round.
void text_cursor(struct uefi *m, bool on)
{
    struct text *t = &m->text;
    unsigned x = (t->x < t->columns ? t->x : t->columns - 1) * cell_w(t), y = t->y * cell_h(t);

    if (t->cursor == on)
        return;
    t->cursor = on;
    for (unsigned v = y; v < y + cell_h(t); v++) {
        uint32_t *row = gop_row(&m->gop, v);

        for (unsigned u = x; u < x + cell_w(t); u++)
            row[u] ^= 0xffffff;
    }
    gop_touch(&m->gop, x, y, x + cell_w(t), y + cell_h(t));
}

static void line_feed(struct uefi *m)
{
    struct text *t = &m->text;

    if (t->y + 1 < t->rows) {
        t->y++;
        return;
    }
    gop_scroll(&m->gop, cell_h(t));
    gop_fill(&m->gop, 0, t->y * cell_h(t), m->gop.w, m->gop.h, t->back);
}

static void draw_glyph(struct uefi *m, const struct glyph *g)
{
    const struct text *t = &m->text;
    unsigned x = t->x * cell_w(t), y = t->y * cell_h(t), w = g->cells * FONT_W;
    uint32_t ink = fore(t), paper = back(t);

    for (unsigned v = 0; v < cell_h(t); v++) {
        uint32_t *to = gop_row(&m->gop, y + v) + x;
        uint16_t bits = g->row[v / t->scale];

        for (unsigned u = 0; u < w; u++, bits = (uint16_t)(bits << 1))
            for (unsigned i = 0; i < t->scale; i++)
                *to++ = bits & 0x8000 ? ink : paper;
    }
    gop_touch(&m->gop, x, y, x + w * t->scale, y + cell_h(t));
}

static void put(struct uefi *m, uint32_t c)
{
    struct text *t = &m->text;
    const struct glyph *g;

    text_cursor(m, false);
    if (c == '\r') {
        t->x = 0;
    } else if (c == '\n') {
        line_feed(m);
    } else if (c == '\b') {
        t->x = t->x < t->columns ? t->x : t->columns - 1;
        t->x -= t->x > 0;
    } else {
        g = font_glyph(m, c);
        if (g->cells == 0 || g->cells > t->columns)
            return;
        if (t->x + g->cells > t->columns) {
            t->x = 0;
            line_feed(m);
        }
        draw_glyph(m, g);
        t->x += g->cells;
    }
}

// Cells from..to of a line; the last one reaches to the edge.
static void erase(struct uefi *m, unsigned row, unsigned from, unsigned to)
{
    const struct text *t = &m->text;
    unsigned right = to < t->columns ? to * cell_w(t) : m->gop.w;

    gop_fill(&m->gop, from * cell_w(t), row * cell_h(t), right, (row + 1) * cell_h(t), t->back);
}

static void erase_line(struct uefi *m, unsigned how)
{
    const struct text *t = &m->text;
    unsigned x = t->x < t->columns ? t->x : t->columns - 1;

    erase(m, t->y, how == 0 ? x : 0, how == 1 ? x + 1 : t->columns);
}

static void erase_screen(struct uefi *m, unsigned how)
{
    const struct text *t = &m->text;

    if (how >= 2) {
        gop_fill(&m->gop, 0, 0, m->gop.w, m->gop.h, t->back);
        return;
    }
    erase_line(m, how);
    if (how == 0)
        gop_fill(&m->gop, 0, (t->y + 1) * cell_h(t), m->gop.w, m->gop.h, t->back);
    else
        gop_fill(&m->gop, 0, 0, m->gop.w, t->y * cell_h(t), t->back);
}

static unsigned byte_of(unsigned v)
{
    return v < 255 ? v : 255;
}

// One of 256: the sixteen, a cube of 6 x 6 x 6, a row of greys.
static uint32_t indexed(unsigned v)
{
    uint32_t c = 0;

    if (v < 16)
        return palette[v];
    if (v >= 232)
        return (8 + 10 * (byte_of(v) - 232)) * 0x10101u;
    v -= 16;
    for (unsigned i = 0, by = 36; i < 3; i++, by /= 6) {
        unsigned part = v / by % 6;

        c = c << 8 | (part ? 55 + 40 * part : 0);
    }
    return c;
}

// 38 and 48: a colour by three numbers or one; gives how many numbers it took.
static unsigned exact(const struct screen *s, unsigned i, uint32_t *out)
{
    if (i + 4 < s->args && s->arg[i + 1] == 2) {
        *out = byte_of(s->arg[i + 2]) << 16 | byte_of(s->arg[i + 3]) << 8 | byte_of(s->arg[i + 4]);
        return 4;
    }
    if (i + 2 < s->args && s->arg[i + 1] == 5) {
        *out = indexed(s->arg[i + 2]);
        return 2;
    }
    return s->args; // not ours, to the end
}

static void colours(struct uefi *m)
{
    const struct screen *s = &m->screen;
    struct text *t = &m->text;

    for (unsigned i = 0; i < s->args; i++) {
        unsigned v = s->arg[i];

        if (v == 0) {
            t->fore = FORE;
            t->back = 0;
            t->style = 0;
        } else if (v == 1) {
            t->style |= BOLD;
            t->fore = t->fore == FORE ? palette[15] : t->fore;
        } else if (v == 7) {
            t->style |= INVERSE;
        } else if (v == 22) {
            t->style &= ~(unsigned)BOLD;
            t->fore = t->fore == palette[15] ? FORE : t->fore;
        } else if (v == 27) {
            t->style &= ~(unsigned)INVERSE;
        } else if (v >= 30 && v <= 37) {
            t->fore = palette[v - 30 + (t->style & BOLD ? 8 : 0)];
        } else if (v == 38) {
            i += exact(s, i, &t->fore);
        } else if (v == 39) {
            t->fore = FORE;
        } else if (v >= 40 && v <= 47) {
            t->back = palette[v - 40];
        } else if (v == 48) {
            i += exact(s, i, &t->back);
        } else if (v == 49) {
            t->back = 0;
        } else if (v >= 90 && v <= 97) {
            t->fore = palette[v - 90 + 8];
        } else if (v >= 100 && v <= 107) {
            t->back = palette[v - 100 + 8];
        }
    }
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void escape(struct uefi *m, char c)
{
    const struct screen *s = &m->screen;
    struct text *t = &m->text;
    unsigned n = s->arg[0] ? s->arg[0] : 1, x = least(t->x, t->columns - 1);

    text_cursor(m, false);
    switch (c) {
    case 'A':
        t->y -= least(n, t->y);
        break;
    case 'B':
        t->y = least(t->y + n, t->rows - 1);
        break;
    case 'C':
        t->x = least(x + n, t->columns - 1);
        break;
    case 'D':
        t->x = x - least(n, x);
        break;
    case 'H':
        t->y = least(n, t->rows) - 1;
        t->x = least(s->args > 1 && s->arg[1] ? s->arg[1] : 1, t->columns) - 1;
        break;
    case 'J':
        erase_screen(m, s->arg[0]);
        break;
    case 'K':
        erase_line(m, s->arg[0]);
        break;
    case 'm':
        colours(m);
        break;
    case '7':
        t->kept = (struct text_place){t->x, t->y, t->fore, t->back, t->style};
        break;
    case '8':
        t->x = least(t->kept.x, t->columns);
        t->y = least(t->kept.y, t->rows - 1);
        t->fore = t->kept.fore;
        t->back = t->kept.back;
        t->style = t->kept.style;
        break;
    default: // not ours
        break;
    }
}

static void flush(struct uefi *m)
{
    text_cursor(m, true);
    gop_flush(&m->gop);
}

static bool size(struct uefi *m, unsigned *columns, unsigned *rows)
{
    *columns = m->text.columns;
    *rows = m->text.rows;
    return true;
}

const struct screen_kind screen_drawn = {put, escape, flush, size};

void text_init(struct uefi *m)
{
    const struct gop *g = &m->gop;
    unsigned scale = g->h < LINES_DOUBLE   ? 1
                     : g->h < LINES_TRIPLE ? 2
                                           : 3 + (g->h - LINES_TRIPLE) / LINES_MORE;

    while (scale > 1 && g->w / (FONT_W * scale) < 40)
        scale--; // a display on its side
    m->text = (struct text){
        .scale = scale,
        .columns = g->w / (FONT_W * scale),
        .rows = g->h / (FONT_H * scale),
        .fore = FORE,
        .kept.fore = FORE,
    };
    text_cursor(m, true);
    gop_flush(&m->gop);
}
