// SPDX-License-Identifier: MIT
// gfx.2d - pictures made of nothing. Not pure: without a size they are as large as the display.
#include "kernel/service.h"
#include "services/io_image.h"

enum { FILL_SIZE };
enum { DEFAULT_W = 1280, DEFAULT_H = 800 }; // where no display is

static const struct option fill_options[] = {
    [FILL_SIZE] = {"size", "(nat nat)", READ_DEEP},
    {0},
};

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static enum err colour(struct call *c, int64_t *out)
{
    struct span text = unit_span(c->arg);
    bool good = text.len == 7 && text.at[0] == '#';
    int64_t v = 0;

    for (size_t i = 1; good && i < text.len; i++) {
        int digit = hex(text.at[i]);

        good = digit >= 0;
        v = v * 16 + digit;
    }
    if (!good)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "#ff0000 is red",
                        "%S is no colour: # and six digits 0-9 a-f", &text);
    *out = v;
    return ERR_OK;
}

static void display_size(const struct call *c, uint32_t *w, uint32_t *h)
{
    unsigned across, down;

    *w = DEFAULT_W;
    *h = DEFAULT_H;
    if (c->term && c->term->pixels && c->term->pixels(c->term->ctx, &across, &down) &&
        !coded_size(across, down, NULL)) {
        *w = across;
        *h = down;
    }
}

static enum err run_fill(struct call *c)
{
    struct unit *items, img;
    int64_t rgb = 0;
    uint32_t w, h;
    enum err e = colour(c, &rgb);

    if (e)
        return e;
    display_size(c, &w, &h);
    if (c->opt[FILL_SIZE])
        e = image_size(c->opt[FILL_SIZE], c->fail, &w, &h);
    if (e)
        return e;
    items = unit_array(c->arena, 3);
    if (!items)
        return ERR_NO_MEMORY;
    items[1] = unit_int((int64_t)w * h);
    items[2] = unit_int(rgb);
    e = unit_pair(items + 1, items);
    if (!e)
        e = unit_list(items, 1, &img);
    return e ? e : image_map(c->arena, w, h, "rgb.rle", &img, &c->value);
}

static const struct command commands[] = {
    {"fill", "str", run_fill,
     "#rrggbb, (fill #rrggbb), {fill:#rrggbb size:(w h)}: a picture of one colour, as large as the "
     "display, 1280 by 800 where there is none; at most 8192 pixels a side, 8388608 in all",
     "{com:{fill:#ff0000 size:(320 240)}@gfx.2d res:{size:(320 240) fmt:rgb.rle img:[(76800 "
     "16711680)]}} {com:#00ff00@gfx.2d like:map} {com:(fill #0000ff)@gfx.2d like:map}",
     READ_DEEP, CMD_DEFAULT, fill_options, "map"},
};

const struct service gfx_2d_service = {
    .name = "gfx.2d",
    .info = "pictures: one colour",
    .commands = commands,
    .n = COUNT(commands),
};
