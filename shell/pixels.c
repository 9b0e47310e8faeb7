// SPDX-License-Identifier: MIT
// The pictures of a session's terminal.
#include "shell/shell.h"

static bool pixels(void *ctx, unsigned *w, unsigned *h)
{
    struct session *s = ctx;

    return picture_pixels(&s->picture, w, h);
}

static size_t modes(void *ctx, unsigned (*wh)[2], size_t max)
{
    struct session *s = ctx;

    return picture_modes(&s->picture, wh, max);
}

static enum err set_pixels(void *ctx, unsigned w, unsigned h)
{
    struct session *s = ctx;

    return picture_set(&s->picture, w, h);
}

static enum err draw(void *ctx, int x, int y, const struct pixels *px)
{
    struct session *s = ctx;

    return picture_draw(&s->picture, x, y, px);
}

static enum err shot(void *ctx, struct arena *a, struct pixels *out)
{
    struct session *s = ctx;

    return picture_shot(&s->picture, a, out);
}

void pixels_init(struct session *s)
{
    // Lines of JSON are for a program, which sees no pictures.
    picture_init(&s->picture, s->con, s->program->plat->mem, s->program->opt.json ? NULL : &s->out);
    s->term.pixels = pixels;
    s->term.modes = modes;
    s->term.set_pixels = set_pixels;
    s->term.draw = draw;
    s->term.shot = shot;
}
