// SPDX-License-Identifier: MIT
// Pictures on a console: what a terminal gets for them, half block by half block; how they are
// shrunk, placed and laid over one another; what is kept; and what goes to a display.
#include "shell/picture.h"

#include "tests/check/helper.h"

// ---- A terminal that knows what a picture needs

enum { COLUMNS = 10, ROWS = 5, OUT = 1 << 16 };

struct desk {
    struct test_mem m;
    struct plat_con con;
    struct plat_gfx gfx;
    struct out out;
    struct picture picture;
    unsigned columns, rows;
    char text[OUT];
    size_t n;
    // What is on the screen, by what was written: two colours a cell, -1: none
    int32_t cell[ROWS][COLUMNS][2];
    unsigned draws, sets;
    int x, y;
};

static enum err write_out(void *ctx, const void *bytes, size_t n)
{
    struct desk *d = ctx;

    ck_assert_uint_lt(d->n + n, OUT);
    memcpy(d->text + d->n, bytes, n);
    d->n += n;
    d->text[d->n] = 0;
    return ERR_OK;
}

static bool con_size(void *ctx, unsigned *columns, unsigned *rows)
{
    const struct desk *d = ctx;

    *columns = d->columns;
    *rows = d->rows;
    return d->columns > 0;
}

static void gfx_size(void *ctx, unsigned *w, unsigned *h)
{
    (void)ctx;
    *w = 64;
    *h = 48;
}

static size_t gfx_modes(void *ctx, unsigned (*wh)[2], size_t max)
{
    (void)ctx;
    (void)max;
    wh[0][0] = 64;
    wh[0][1] = 48;
    wh[1][0] = 128;
    wh[1][1] = 96;
    return 2;
}

static enum err gfx_set(void *ctx, unsigned w, unsigned h)
{
    struct desk *d = ctx;

    d->sets++;
    return w == 128 && h == 96 ? ERR_OK : ERR_NOT_SUPPORTED;
}

static enum err gfx_draw(void *ctx, int x, int y, const struct pixels *p)
{
    struct desk *d = ctx;

    (void)p;
    ck_assert_uint_eq(d->out.n, 0); // what was said comes before
    d->draws++;
    d->x = x;
    d->y = y;
    return ERR_OK;
}

static enum err gfx_shot(void *ctx, struct pixels *out)
{
    (void)ctx;
    ck_assert(out->w == 64 && out->h == 48);
    memset(out->rgba, 9, 4 * 64 * 48);
    return ERR_OK;
}

static struct desk *new_desk(bool tty, bool blocks, bool gfx)
{
    static struct desk d;

    memset(&d, 0, sizeof d);
    memset(d.cell, -1, sizeof d.cell);
    test_mem_init(&d.m);
    d.columns = COLUMNS;
    d.rows = ROWS;
    d.gfx = (struct plat_gfx){.ctx = &d,
                              .size = gfx_size,
                              .modes = gfx_modes,
                              .set = gfx_set,
                              .draw = gfx_draw,
                              .shot = gfx_shot};
    d.con = (struct plat_con){.tty_out = tty,
                              .write = write_out,
                              .size = con_size,
                              .blocks = blocks,
                              .gfx = gfx ? &d.gfx : NULL,
                              .ctx = &d};
    ck_assert_int_eq(out_init(&d.out, &d.m.mem, write_out, &d, tty), ERR_OK);
    picture_init(&d.picture, &d.con, &d.m.mem, &d.out);
    return &d;
}

static void end_desk(struct desk *d)
{
    picture_fini(&d->picture);
    out_fini(&d->out);
    test_mem_done(&d->m);
}

// Reads what was written as a terminal would, and nothing else: place, colours, half blocks.
static void look(struct desk *d)
{
    const char *at = d->text;
    int row = -1, column = -1, colour[2] = {-1, -1};

    if (!*at)
        return;
    ck_assert_msg(!strncmp(at, "\x1b\x37", 2), "it begins by keeping the cursor");
    for (at += 2; *at && strncmp(at, "\x1b\x38", 2) != 0;) {
        int a, b, r, g, bl, used = 0;

        if (!strncmp(at, "\xE2\x96\x80", 3)) {
            ck_assert(row >= 0 && row < ROWS && column >= 0 && column < COLUMNS);
            ck_assert(colour[0] >= 0 && colour[1] >= 0);
            memcpy(d->cell[row][column++], colour, sizeof colour);
            at += 3;
        } else if (sscanf(at, "\x1b[%d;%dH%n", &a, &b, &used) == 2 && used) {
            row = a - 1;
            column = b - 1;
            at += used;
        } else if (sscanf(at, "\x1b[%d;2;%d;%d;%dm%n", &a, &r, &g, &bl, &used) == 4 && used) {
            ck_assert(a == 38 || a == 48);
            colour[a == 48] = r << 16 | g << 8 | bl;
            at += used;
        } else {
            ck_assert_msg(!strncmp(at, "\x1b[0m", 4), "what is this: %s", at);
            colour[0] = colour[1] = -1;
            at += 4;
        }
    }
    ck_assert_msg(!strcmp(at, "\x1b\x38") && colour[0] < 0, "it ends as it began");
    d->n = 0;
    d->text[0] = 0;
}

static enum err put(struct desk *d, int x, int y, uint32_t w, uint32_t h, const uint32_t *rgba)
{
    static uint8_t bytes[1 << 16];
    struct pixels p = {w, h, bytes};
    enum err e;

    ck_assert_uint_le(4 * w * h, sizeof bytes);
    for (uint32_t i = 0; i < w * h; i++)
        for (int k = 0; k < 4; k++)
            bytes[4 * i + (unsigned)k] = (uint8_t)(rgba[i] >> (24 - 8 * k));
    e = picture_draw(&d->picture, x, y, &p);
    look(d);
    return e;
}

// One colour.
static enum err put_one(struct desk *d, int x, int y, uint32_t w, uint32_t h, uint32_t rgba)
{
    static uint32_t all[1 << 14];

    for (uint32_t i = 0; i < w * h; i++)
        all[i] = rgba;
    return put(d, x, y, w, h, all);
}

static int32_t pixel(const struct desk *d, unsigned x, unsigned y)
{
    return d->cell[y / 2][x][y % 2];
}

// Asserts that a rectangle has a colour and nothing around it was written.
static void only(const struct desk *d, int x0, int y0, int x1, int y1, int32_t rgb)
{
    for (int y = 0; y < 2 * ROWS; y++)
        for (int x = 0; x < COLUMNS; x++) {
            int32_t got = pixel(d, (unsigned)x, (unsigned)y);
            bool in = x >= x0 && x < x1 && y >= y0 && y < y1;
            bool half = x >= x0 && x < x1 && y >= y0 - 1 && y < y1 + 1; // of the same character

            ck_assert_msg(in     ? got == rgb
                          : half ? got == -1 || got == 0
                                 : got == -1,
                          "%d %d is %06x", x, y, (unsigned)got);
        }
}

// ---- Half blocks

static const struct row {
    int x, y;
    uint32_t w, h;
    int x0, y0, x1, y1; // where it is seen
} rows[] = {
    {0, 0, 2, 2, 0, 0, 2, 2},
    {0, 0, 1, 1, 0, 0, 1, 1},
    {3, 1, 2, 2, 3, 1, 5, 3},
    {9, 9, 4, 4, 9, 9, 10, 10},
    {-3, -3, 4, 4, 0, 0, 1, 1},
    {0, 0, 10, 10, 0, 0, 10, 10},
    {10, 0, 2, 2, 0, 0, 0, 0}, // beside it
    {0, 10, 2, 2, 0, 0, 0, 0},
    {-2, 0, 2, 2, 0, 0, 0, 0},
    {-1000000, 5, 2, 2, 0, 0, 0, 0},
    // Too large: shrunk with its shape
    {0, 0, 20, 20, 0, 0, 10, 10},
    {0, 0, 100, 50, 0, 0, 10, 5},
    {0, 0, 50, 100, 0, 0, 5, 10},
    {0, 0, 8192, 1, 0, 0, 10, 1},
    {0, 0, 1, 8192, 0, 0, 1, 10},
    {-45, -20, 100, 50, 0, 2, 10, 7}, // placed by its middle, 5 5
    {-20, -45, 50, 100, 2, 0, 7, 10},
};

START_TEST(test_place)
{
    const struct row *r = &rows[_i];
    struct desk *d = new_desk(true, true, false);

    ck_assert_int_eq(put_one(d, r->x, r->y, r->w, r->h, 0x12AB0FFF), ERR_OK);
    only(d, r->x0, r->y0, r->x1, r->y1, 0x12AB0F);
    end_desk(d);
}
END_TEST

START_TEST(test_colours)
{
    static const uint32_t four[4] = {0xFF0000FF, 0x00FF00FF, 0x0000FFFF, 0xFFFFFFFF};
    struct desk *d = new_desk(true, true, false);

    ck_assert_int_eq(put(d, 1, 2, 2, 2, four), ERR_OK);
    ck_assert_int_eq(pixel(d, 1, 2), 0xFF0000);
    ck_assert_int_eq(pixel(d, 2, 2), 0x00FF00);
    ck_assert_int_eq(pixel(d, 1, 3), 0x0000FF);
    ck_assert_int_eq(pixel(d, 2, 3), 0xFFFFFF);
    end_desk(d);
}
END_TEST

// The mean of what becomes one pixel.
START_TEST(test_shrink)
{
    static uint32_t board[40 * 40];
    struct desk *d = new_desk(true, true, false);

    for (unsigned i = 0; i < 40 * 40; i++)
        board[i] = (i + i / 40) % 2 ? 0xFFFFFFFF : 0x000000FF;
    ck_assert_int_eq(put(d, 0, 0, 40, 40, board), ERR_OK);
    only(d, 0, 0, 10, 10, 0x808080);
    end_desk(d);
}
END_TEST

START_TEST(test_blend)
{
    struct desk *d = new_desk(true, true, false);

    ck_assert_int_eq(put_one(d, 0, 0, 2, 2, 0xFF0000FF), ERR_OK);
    ck_assert_int_eq(put_one(d, 0, 0, 2, 2, 0x0000FF00), ERR_OK); // A 0: nothing
    ck_assert_int_eq(pixel(d, 0, 0), 0xFF0000);
    ck_assert_int_eq(put_one(d, 0, 0, 1, 1, 0x0000FF80), ERR_OK);
    ck_assert_int_eq(pixel(d, 0, 0), 0x7F0080);
    ck_assert_int_eq(pixel(d, 1, 1), 0xFF0000);
    end_desk(d);
}
END_TEST

static uint32_t shot_pixel(const struct pixels *p, unsigned x, unsigned y)
{
    const uint8_t *at = p->rgba + 4 * (y * p->w + x);

    return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

START_TEST(test_shot)
{
    struct desk *d = new_desk(true, true, false);
    struct pixels p;
    struct arena a;

    arena_init(&a, &d->m.mem, 1 << 20);
    ck_assert_int_eq(picture_shot(&d->picture, &a, &p), ERR_OK);
    ck_assert(p.w == COLUMNS && p.h == 2 * ROWS && shot_pixel(&p, 3, 3) == 0);
    ck_assert_int_eq(put_one(d, 2, 2, 3, 3, 0xABCDEFFF), ERR_OK);
    ck_assert_int_eq(put_one(d, 3, 3, 9, 9, 0x123456FF), ERR_OK);
    ck_assert_int_eq(picture_shot(&d->picture, &a, &p), ERR_OK);
    ck_assert_uint_eq(shot_pixel(&p, 1, 2), 0);
    ck_assert_uint_eq(shot_pixel(&p, 2, 2), 0xABCDEF);
    ck_assert_uint_eq(shot_pixel(&p, 3, 3), 0x123456);
    ck_assert_uint_eq(shot_pixel(&p, 9, 9), 0x123456);
    // Cleared, or of another size: nothing is left.
    picture_clear(&d->picture);
    ck_assert_int_eq(picture_shot(&d->picture, &a, &p), ERR_OK);
    ck_assert_uint_eq(shot_pixel(&p, 2, 2), 0);
    ck_assert_int_eq(put_one(d, 2, 2, 3, 3, 0xABCDEFFF), ERR_OK);
    d->columns = 4;
    ck_assert_int_eq(picture_shot(&d->picture, &a, &p), ERR_OK);
    ck_assert(p.w == 4 && shot_pixel(&p, 2, 2) == 0);
    arena_fini(&a);
    end_desk(d);
}
END_TEST

static enum err step_draw(struct test_mem *m, void *ctx)
{
    struct desk *d = ctx;
    struct arena a = test_arena(m);
    struct pixels p;
    enum err e;

    d->picture.mem = &m->mem;
    e = put_one(d, 0, 0, 2, 2, 0xFF0000FF);
    if (!e)
        e = picture_shot(&d->picture, &a, &p);
    picture_fini(&d->picture);
    arena_fini(&a);
    return e;
}

START_TEST(test_no_memory)
{
    struct desk *d = new_desk(true, true, false);

    test_each_allocation(step_draw, d);
    d->picture.mem = &d->m.mem;
    end_desk(d);
}
END_TEST

// ---- A display

START_TEST(test_display)
{
    struct desk *d = new_desk(true, true, true);
    unsigned w, h, modes[4][2];
    struct pixels p;
    struct arena a;

    arena_init(&a, &d->m.mem, 1 << 20);
    ck_assert(picture_pixels(&d->picture, &w, &h) && w == 64 && h == 48);
    ck_assert_uint_eq(picture_modes(&d->picture, modes, 4), 2);
    out_raw(&d->out, "said\n", 5);
    d->text[0] = 0;
    ck_assert_int_eq(picture_draw(&d->picture, -3, 700, &(struct pixels){0}), ERR_OK);
    ck_assert_str_eq(d->text, "said\n");
    ck_assert(d->draws == 1 && d->x == -3 && d->y == 700);
    ck_assert_int_eq(picture_shot(&d->picture, &a, &p), ERR_OK);
    ck_assert(p.w == 64 && p.h == 48 && shot_pixel(&p, 63, 47) == 0x090909);
    d->out.column = 7;
    ck_assert_int_eq(picture_set(&d->picture, 127, 96), ERR_NOT_SUPPORTED);
    ck_assert_uint_eq(d->out.column, 7);
    ck_assert_int_eq(picture_set(&d->picture, 128, 96), ERR_OK);
    ck_assert_uint_eq(d->out.column, 0);
    arena_fini(&a);
    end_desk(d);
}
END_TEST

// ---- Nothing: a pipe, a terminal without colours, one of no size, and lines of JSON

START_TEST(test_none)
{
    struct desk *d = new_desk(_i != 0, _i != 1, _i == 0);
    unsigned w, h, modes[1][2];
    struct pixels p;
    struct arena a;

    arena_init(&a, &d->m.mem, 1 << 20);
    if (_i == 2)
        d->columns = 0;
    if (_i == 3)
        picture_init(&d->picture, &d->con, &d->m.mem, NULL);
    ck_assert(!picture_pixels(&d->picture, &w, &h));
    ck_assert_uint_eq(picture_modes(&d->picture, modes, 1), 0);
    ck_assert_int_eq(picture_set(&d->picture, 128, 96), ERR_NOT_SUPPORTED);
    ck_assert_int_eq(put_one(d, 0, 0, 1, 1, 5), ERR_NOT_SUPPORTED);
    ck_assert_int_eq(picture_shot(&d->picture, &a, &p), ERR_NOT_SUPPORTED);
    ck_assert(!d->n && !d->draws && !d->sets);
    arena_fini(&a);
    end_desk(d);
}
END_TEST

START_TEST(test_one_mode)
{
    struct desk *d = new_desk(true, true, false);
    unsigned w, h, modes[1][2];

    ck_assert(picture_pixels(&d->picture, &w, &h) && w == COLUMNS && h == 2 * ROWS);
    ck_assert_uint_eq(picture_modes(&d->picture, modes, 1), 1);
    ck_assert(modes[0][0] == COLUMNS && modes[0][1] == 2 * ROWS);
    ck_assert_int_eq(picture_set(&d->picture, COLUMNS, 2 * ROWS), ERR_NOT_SUPPORTED);
    end_desk(d);
}
END_TEST

Suite *shell_picture_suite(void)
{
    Suite *s = suite_create("shell/picture");
    TCase *t = tcase_create("picture");

    tcase_add_loop_test(t, test_place, 0, COUNT(rows));
    tcase_add_test(t, test_colours);
    tcase_add_test(t, test_shrink);
    tcase_add_test(t, test_blend);
    tcase_add_test(t, test_shot);
    tcase_add_test(t, test_no_memory);
    tcase_add_test(t, test_display);
    tcase_add_loop_test(t, test_none, 0, 4);
    tcase_add_test(t, test_one_mode);
    suite_add_tcase(s, t);
    return s;
}
