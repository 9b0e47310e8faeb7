// SPDX-License-Identifier: MIT
// Pictures as units: lists, runs, png of every kind, jpg; what is wrong with them; what is too
// large; and back to units. Raw deflate.
#include "services/io_image.h"

#include "services/stb.h"
#include "tests/check/image_fix.h"
#include "units/heap.h"

enum { MEMORY = 512 << 20 };

// ---- Lists

static const struct row {
    const char *text;
    enum err e;
    const char *want; // RRGGBBAA of all pixels, or the beginning of why
} rows[] = {
    {"{img:[16711680 65280 255 16777215] size:(2 2) fmt:rgb}", ERR_OK,
     "ff0000ff00ff00ff0000ffffffffffff"},
    {"{img:[1] size:(1 1)}", ERR_OK, "000001ff"},
    {"{img:[4278190208 255] size:(1 2) fmt:rgba}", ERR_OK, "ff000080000000ff"},
    {"{img:[(3 255) (1 0)] size:(2 2) fmt:rgb.rle}", ERR_OK, "0000ffff0000ffff0000ffff000000ff"},
    {"{img:[(2 4294967295) (1 0)] size:(3 1) fmt:rgba.rle}", ERR_OK, "ffffffffffffffff00000000"},
    {"{img:[1 2] size:(2 1) fmt:rgb my:field}", ERR_OK, "000001ff000002ff"},
    {"abc", ERR_BAD_ARG, "a picture is {size:(w h) fmt:rgb img:[..]} or the bytes"},
    {"{size:(1 1)}", ERR_BAD_ARG, "a picture is"},
    {"[1 2]", ERR_BAD_ARG, "a picture is"},
    {"{img:abc size:(1 1)}", ERR_BAD_ARG, "img of rgb is a list, found a str"},
    {"{img:[1] size:(1 1) fmt:png}", ERR_BAD_ARG, "img of png is bytes, found a list"},
    {"{img:%`AAAA` size:(1 1) fmt:rgb}", ERR_BAD_ARG, "img of rgb is a list, found a bytes"},
    {"{img:[1] size:(1 1) fmt:gif}", ERR_BAD_ARG, "this is no format of a picture"},
    {"{img:[1] size:(1 1) fmt:5}", ERR_BAD_ARG, "this is no format of a picture"},
    {"{img:[1]}", ERR_BAD_ARG, "a list of pixels needs its size"},
    {"{img:[1] size:1}", ERR_BAD_ARG, "a size is (width height)"},
    {"{img:[1] size:(1 a)}", ERR_BAD_ARG, "a size is (width height)"},
    {"{img:[1] size:(1 1.0)}", ERR_BAD_ARG, "a size is (width height)"},
    {"{img:[] size:(0 1)}", ERR_BAD_ARG, "a picture of no pixels"},
    {"{img:[] size:(1 0)}", ERR_BAD_ARG, "a picture of no pixels"},
    {"{img:[1] size:(1 -1)}", ERR_BAD_ARG, "a side has 1 to"},
    {"{img:[1] size:(99999999999999999999 1)}", ERR_LIMIT, "a side has 1 to"},
    {"{img:[(8192 7)] size:(8192 1) fmt:rgb.rle}", ERR_OK, NULL},
    {"{img:[(8193 7)] size:(8193 1) fmt:rgb.rle}", ERR_LIMIT, "a picture has at most 8192 pixels"},
    {"{img:[(8193 7)] size:(1 8193) fmt:rgb.rle}", ERR_LIMIT, "a picture has at most 8192 pixels"},
    {"{img:[(8388608 7)] size:(4096 2048) fmt:rgb.rle}", ERR_OK, NULL},
    {"{img:[(8392704 7)] size:(4096 2049) fmt:rgb.rle}", ERR_LIMIT,
     "a picture has at most 8388608 pixels"},
    {"{img:[1 2 3] size:(2 2)}", ERR_BAD_ARG, "2 by 2 are 4 pixels, img has 3"},
    {"{img:[1 2 3 4 5] size:(2 2)}", ERR_BAD_ARG, "2 by 2 are 4 pixels, img has 5"},
    {"{img:[(3 1)] size:(2 2) fmt:rgb.rle}", ERR_BAD_ARG, "2 by 2 are 4 pixels, img has 3"},
    {"{img:[(2147483647 1) (2147483647 1) (6 1)] size:(2 2) fmt:rgb.rle}", ERR_BAD_ARG,
     "2 by 2 are 4 pixels, img has 4294967300"},
    {"{img:[(2147483648 1)] size:(1 1) fmt:rgb.rle}", ERR_BAD_ARG, "item 0 is no (count pixel)"},
    {"{img:[(1 1) (0 1)] size:(1 1) fmt:rgb.rle}", ERR_BAD_ARG, "item 1 is no (count pixel)"},
    {"{img:[(1 1) (-1 1)] size:(1 1) fmt:rgb.rle}", ERR_BAD_ARG, "item 1 is no (count pixel)"},
    {"{img:[(1 16777216)] size:(1 1) fmt:rgb.rle}", ERR_BAD_ARG, "item 0 is no (count pixel)"},
    {"{img:[1] size:(1 1) fmt:rgb.rle}", ERR_BAD_ARG, "item 0 is no (count pixel)"},
    {"{img:[16777215 16777216] size:(2 1)}", ERR_BAD_ARG, "item 1 is no pixel 0 to 16777215"},
    {"{img:[-1] size:(1 1)}", ERR_BAD_ARG, "item 0 is no pixel"},
    {"{img:[1.5] size:(1 1)}", ERR_BAD_ARG, "item 0 is no pixel"},
    {"{img:[4294967296] size:(1 1) fmt:rgba}", ERR_BAD_ARG, "item 0 is no pixel 0 to 4294967295"},
    {"{img:[99999999999999999999] size:(1 1)}", ERR_BAD_ARG, "item 0 is no pixel"},
    {"%``", ERR_BAD_ARG, "these bytes are no picture"},
    {"%`AAAA`", ERR_BAD_ARG, "these bytes are no picture"},
    {"%`iVBORw0KGgo=`", ERR_CORRUPT, "this file is damaged: there is no head at byte 8"},
    {"%`/9j/`", ERR_CORRUPT, "this file is damaged: it is cut off at byte 3"},
    {"%`/9j/2Q==`", ERR_CORRUPT, "this file is damaged: there are no pixels"},
};

static enum err read_unit(struct test_mem *m, struct arena *a, const struct unit *u,
                          struct image *im, struct fail *f)
{
    struct image_parts parts;
    enum err e = image_parts(u, &m->mem, &parts, f);

    return e ? e : image_read(a, &parts, im, f);
}

static const char *hex_of(const struct pixels *p)
{
    static char text[8 * 64 + 1];

    for (size_t i = 0; i < 4 * (size_t)p->w * p->h && i < 4 * 64; i++)
        sprintf(text + 2 * i, "%02x", p->rgba[i]);
    return text;
}

START_TEST(test_row)
{
    const struct row *r = &rows[_i];
    struct image im = {0};
    struct fail f = {.code = ERR_OK};
    struct test_mem m;
    struct arena a;
    struct unit u;
    enum err e;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    u = test_unit(&a, r->text);
    e = read_unit(&m, &a, &u, &im, &f);
    ck_assert_msg(e == r->e, "%s\n  %s: %s", r->text, err_word(e), f.why);
    if (e)
        ck_assert_msg(strstr(f.why, r->want) == f.why, "%s\n  %s", r->text, f.why);
    else if (r->want)
        ck_assert_msg(!strcmp(hex_of(&im.px), r->want), "%s\n  %s", r->text, hex_of(&im.px));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Files

static enum err read_span(struct test_mem *m, struct arena *a, struct span file, struct image *im,
                          struct fail *f)
{
    struct unit u;

    ck_assert_int_eq(unit_bytes(file, &u), ERR_OK);
    return read_unit(m, a, &u, im, f);
}

static const struct {
    unsigned type, depth;
} kinds[] = {
    {0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
    {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16},
};

static const struct {
    uint32_t w, h;
} sizes[] = {{1, 1}, {3, 2}, {5, 9}, {33, 17}};

static void check_png(struct test_mem *m, const struct png_kind *k)
{
    static struct image_file file;
    struct image im = {0};
    struct fail f = {.code = ERR_OK};
    struct arena a;
    enum err e;

    arena_init(&a, &m->mem, MEMORY);
    png_make(&file, k);
    e = read_span(m, &a, image_span(&file), &im, &f);
    ck_assert_msg(!e, "type %u depth %u %ux%u: %s", k->type, k->depth, k->w, k->h, f.why);
    ck_assert(im.px.w == k->w && im.px.h == k->h);
    for (uint32_t y = 0; y < k->h; y++) {
        for (uint32_t x = 0; x < k->w; x++) {
            uint8_t want[4];

            png_pixel(k, x, y, want);
            ck_assert_msg(!memcmp(im.px.rgba + 4 * (y * k->w + x), want, 4),
                          "type %u depth %u interlaced %d tRNS %d %ux%u: pixel %u %u", k->type,
                          k->depth, k->interlaced, k->tRNS, k->w, k->h, x, y);
        }
    }
    arena_fini(&a);
}

START_TEST(test_png)
{
    struct test_mem m;

    test_mem_init(&m);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct png_kind k = {sizes[i].w, sizes[i].h, kinds[_i].type, kinds[_i].depth, false, false};

        check_png(&m, &k);
        k.interlaced = true;
        check_png(&m, &k);
        k.tRNS = k.type == 0 || k.type == 3;
        check_png(&m, &k);
    }
    test_mem_done(&m);
}
END_TEST

START_TEST(test_jpg)
{
    const struct span *file = _i ? &jpg_progressive : &jpg_baseline;
    static const uint8_t row[16] = {95,  93,  88,  81,  75,  68,  63,  61,
                                    178, 178, 178, 178, 178, 178, 178, 178};
    struct image im = {0};
    struct test_mem m;
    struct arena a;
    struct fail f;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    ck_assert_msg(!read_span(&m, &a, *file, &im, &f), "%s", f.why);
    ck_assert(im.px.w == 16 && im.px.h == 8);
    for (unsigned i = 0; i < 16 * 8; i++)
        for (unsigned c = 0; c < 4; c++)
            ck_assert_uint_eq(im.px.rgba[4 * i + c], c < 3 ? row[i % 16] : 255);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// A progressive jpg whose first pass is left out: what nobody wrote is grey, not old memory.
START_TEST(test_jpg_without)
{
    const uint8_t *from = (const uint8_t *)jpg_progressive.at;
    static struct image_file file;
    size_t n = jpg_progressive.len, scan = 0, next;
    struct image im = {0};
    struct test_mem m;
    struct arena a;
    struct fail f;

    while (from[scan] != 0xff || from[scan + 1] != 0xda)
        scan++;
    for (next = scan; from[next] != 0xff || from[next + 1] != 0xc4;)
        next++;
    memcpy(file.bytes, from, scan);
    memcpy(file.bytes + scan, from + next, n - next);
    file.n = scan + n - next;
    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    ck_assert_msg(!read_span(&m, &a, image_span(&file), &im, &f), "%s", f.why);
    for (unsigned i = 0; i < 16 * 8; i++)
        if (i % 16 >= 8)
            ck_assert_uint_eq(im.px.rgba[4 * i], 128);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Files that are damaged: every beginning, and every bit turned over

START_TEST(test_damaged)
{
    static struct image_file png, file;
    struct png_kind k = {5, 3, 3, 4, true, true};
    const struct span whole[3] = {{0}, jpg_baseline, jpg_progressive};
    struct test_mem m;
    struct image im = {0};
    struct fail f;
    struct arena a;
    enum err e;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    png_make(&png, &k);
    file.n = _i ? whole[_i].len : png.n;
    memcpy(file.bytes, _i ? whole[_i].at : (const char *)png.bytes, file.n);
    for (size_t n = 0; n < file.n; n++) {
        // A copy of its own, so that reading past its end shows.
        char *cut = malloc(n ? n : 1);

        memcpy(cut, file.bytes, n);
        e = read_span(&m, &a, (struct span){cut, n}, &im, &f);
        ck_assert_msg(e == ERR_CORRUPT || (n < 8 && e == ERR_BAD_ARG), "first %zu: %s", n,
                      err_word(e));
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * file.n; bit++) {
        file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        e = read_span(&m, &a, image_span(&file), &im, &f);
        ck_assert_msg(e == ERR_CORRUPT || e == ERR_BAD_ARG || e == ERR_LIMIT || (_i && !e),
                      "bit %zu: %s", bit, err_word(e));
        ck_assert_uint_le(im.px.w * (uint64_t)im.px.h, CODED_PIXELS_MAX);
        file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static const struct file_row {
    const char *what;
    size_t at; // these bytes are put there
    const char *bytes;
    size_t n;
    enum err e;
    const char *why;
} file_rows[] = {
    // of the baseline jpg: the head stands at 71, height and width at 76 and 78
    {"as it is", 0, "\xff", 1, ERR_OK, ""},
    {"8192 wide", 78, "\x20\x00", 2, ERR_OK, ""},
    {"8193 wide", 78, "\x20\x01", 2, ERR_LIMIT, "a picture has at most 8192 pixels"},
    {"60000 by 60000", 76, "\xea\x60\xea\x60", 4, ERR_LIMIT, "a picture has at most 8192"},
    {"no height", 76, "\0\0", 2, ERR_BAD_ARG, "a picture of no pixels"},
    {"12 bits", 75, "\x0c", 1, ERR_CORRUPT, "this jpg is damaged, or of a kind"},
    {"arithmetic code", 72, "\xc9", 1, ERR_CORRUPT, "this jpg is damaged, or of a kind"},
};

START_TEST(test_file_row)
{
    const struct file_row *r = &file_rows[_i];
    struct image im = {0};
    struct fail f = {.code = ERR_OK};
    char bytes[256];
    struct test_mem m;
    struct arena a;
    enum err e;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    memcpy(bytes, jpg_baseline.at, jpg_baseline.len);
    ck_assert_int_eq((uint8_t)bytes[71], 0xff);
    memcpy(bytes + r->at, r->bytes, r->n);
    e = read_span(&m, &a, (struct span){bytes, jpg_baseline.len}, &im, &f);
    ck_assert_msg(e == r->e && (!e || strstr(f.why, r->why) == f.why), "%s: %s %s", r->what,
                  err_word(e), f.why);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// What a map says of a file must be so.
START_TEST(test_file_map)
{
    static const struct {
        const char *fmt;
        int w, h;
        enum err e;
        const char *why;
    } maps[] = {
        {"jpg", 16, 8, ERR_OK, ""},
        {NULL, 16, 8, ERR_OK, ""},
        {"jpg", 0, 0, ERR_OK, ""},
        {"png", 0, 0, ERR_BAD_ARG, "fmt says png, the bytes are a jpg"},
        {NULL, 8, 16, ERR_BAD_ARG, "size says 8 by 16, the file 16 by 8"},
    };
    struct unit img, size, sides[2], fmt;
    struct image_parts parts = {&img, NULL, NULL};
    struct image im = {0};
    struct fail f = {.code = ERR_OK};
    struct test_mem m;
    struct arena a;
    enum err e;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    ck_assert_int_eq(unit_bytes(jpg_baseline, &img), ERR_OK);
    sides[0] = unit_int(maps[_i].w);
    sides[1] = unit_int(maps[_i].h);
    ck_assert_int_eq(unit_pair(sides, &size), ERR_OK);
    if (maps[_i].w)
        parts.size = &size;
    if (maps[_i].fmt) {
        fmt = unit_word(maps[_i].fmt);
        parts.fmt = &fmt;
    }
    e = image_read(&a, &parts, &im, &f);
    ck_assert_msg(e == maps[_i].e && (!e || strstr(f.why, maps[_i].why) == f.why), "%d: %s", _i,
                  f.why);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// A jpg of many passes or parts costs time beyond its pixels.
START_TEST(test_many_parts)
{
    static struct image_file file;
    size_t tail = 21; // from the last scan on; the part before is repeated
    size_t parts = _i ? CODED_PARTS_MAX : CODED_SCANS_MAX;
    const uint8_t *from = (const uint8_t *)jpg_baseline.at;
    struct image im = {0};
    struct fail f = {.code = ERR_OK};
    struct test_mem m;
    struct arena a;
    enum err e;

    // Comments at the front, or scans at the end.
    file.n = 0;
    memcpy(file.bytes, from, 2);
    file.n = 2;
    for (size_t i = 0; _i && i < parts; i++, file.n += 4)
        memcpy(file.bytes + file.n, "\xff\xfe\0\x02", 4);
    memcpy(file.bytes + file.n, from + 2, jpg_baseline.len - 2);
    file.n += jpg_baseline.len - 2;
    while (from[jpg_baseline.len - tail] != 0xff || from[jpg_baseline.len - tail + 1] != 0xda)
        tail--;
    for (size_t i = 0; !_i && i < parts; i++, file.n += tail - 2)
        memcpy(file.bytes + file.n - 2, from + jpg_baseline.len - tail, tail);
    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    e = read_span(&m, &a, image_span(&file), &im, &f);
    ck_assert_msg(e == ERR_LIMIT && strstr(f.why, "a jpg has at most") == f.why, "%s %s",
                  err_word(e), f.why);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// 50 MiB out of 325 KiB, for a picture of one pixel.
START_TEST(test_bomb)
{
    static uint8_t zeros[1 << 19];
    static struct image_file file;
    struct png_kind k = {1, 1, 0, 8, false, false};
    size_t n = deflate_zeros(zeros, 200000);
    struct image im = {0};
    struct fail f;
    struct test_mem m;
    struct arena a;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    png_raw(&file, &k, zeros, n);
    ck_assert_int_eq(read_span(&m, &a, image_span(&file), &im, &f), ERR_CORRUPT);
    ck_assert_uint_lt(m.most_bytes, 12 << 20);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// What takes most memory for each pixel.
START_TEST(test_most)
{
    static uint8_t zeros[1 << 19];
    static struct image_file file;
    struct png_kind k = {2000, 1000, 6, 16, true, false};
    size_t n = deflate_zeros(zeros, (8 * 2000 * 1000 + 20000) / 258);
    struct image im = {0};
    struct fail f;
    struct test_mem m;
    struct arena a;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    png_raw(&file, &k, zeros, n);
    ck_assert_msg(!read_span(&m, &a, image_span(&file), &im, &f), "%s", f.why);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Memory

static enum err step_png(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct image im = {0};
    struct fail f;
    enum err e = read_span(m, &a, *(const struct span *)ctx, &im, &f);

    arena_fini(&a);
    return e;
}

static enum err step_list(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct image im = {0};
    struct unit u;
    struct fail f;
    enum err e = unit_parse(&a, span_of(ctx), &u, &f);

    if (!e)
        e = read_unit(m, &a, &u, &im, &f);
    if (!e)
        e = image_unit(&a, &im.px, &u);
    arena_fini(&a);
    return e;
}

START_TEST(test_no_memory)
{
    static struct image_file file;
    struct png_kind k = {9, 9, 2, 16, true, false};
    struct span png, jpg = jpg_progressive;
    char list[] = "{img:[(3 255) (1 0)] size:(2 2) fmt:rgb.rle}";

    png_make(&file, &k);
    png = image_span(&file);
    test_each_allocation(step_png, &png);
    test_each_allocation(step_png, &jpg);
    test_each_allocation(step_list, list);
}
END_TEST

// The pixels of one picture after the other lie in the same memory.
START_TEST(test_again)
{
    struct image im = {0};
    const uint8_t *first;
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    u = test_unit(&a, "{img:[(6 1)] size:(3 2) fmt:rgb.rle}");
    ck_assert_int_eq(read_unit(&m, &a, &u, &im, &f), ERR_OK);
    first = im.px.rgba;
    u = test_unit(&a, "{img:[2 3] size:(1 2)}");
    ck_assert_int_eq(read_unit(&m, &a, &u, &im, &f), ERR_OK);
    ck_assert_ptr_eq(im.px.rgba, first);
    ck_assert_str_eq(hex_of(&im.px), "000002ff000003ff");
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Back to units

START_TEST(test_unit_of)
{
    static const char text[] = "{size:(3 2) fmt:rgb.rle img:[(2 255) (3 1) (1 16777215)]}";
    struct image im = {0};
    struct test_mem m;
    struct arena a;
    struct unit u, back;
    struct fail f;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    u = test_unit(&a, text);
    ck_assert_int_eq(read_unit(&m, &a, &u, &im, &f), ERR_OK);
    ck_assert_int_eq(image_unit(&a, &im.px, &back), ERR_OK);
    ck_assert_str_eq(test_print(&a, &back), text);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// Without runs: a png, which gives the same pixels.
START_TEST(test_png_of)
{
    enum { W = 700, H = 500 };
    struct pixels px = {W, H, malloc(4 * W * H)};
    struct image im = {0};
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;

    for (size_t i = 0; i < W * H; i++) {
        uint32_t v = (uint32_t)i * 2654435761u;

        memcpy(px.rgba + 4 * i, &v, 3);
        px.rgba[4 * i + 3] = 255;
    }
    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    ck_assert_int_eq(image_unit(&a, &px, &u), ERR_OK);
    ck_assert(unit_is_text(unit_get_word(&u, SPAN("fmt"), &m.mem), SPAN("png")));
    ck_assert_msg(!read_unit(&m, &a, &u, &im, &f), "%s", f.why);
    ck_assert(im.px.w == W && im.px.h == H && !memcmp(im.px.rgba, px.rgba, 4 * W * H));
    arena_fini(&a);
    test_mem_done(&m);
    free(px.rgba);
}
END_TEST

// ---- Raw deflate

static const struct inflate_row {
    const char *raw;
    size_t n, max;
    enum err e;
    const char *want;
} inflate_rows[] = {
    {"\x03\x00", 2, 0, ERR_OK, ""},
    {"\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01", 10, 23, ERR_OK, "hello hello hello hello"},
    {"\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01", 10, 1 << 20, ERR_OK, "hello hello hello hello"},
    {"\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01 behind", 17, 100, ERR_OK, "hello hello hello hello"},
    {"\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01", 10, 22, ERR_TOO_BIG, ""},
    {"\xcb\x48\xcd\xc9\xc9\x57\xc8", 7, 100, ERR_CORRUPT, ""},
    {"\x01\x03\x00\xfc\xffxyz", 8, 3, ERR_OK, "xyz"},
    {"\x01\x03\x00\xfc\xfexyz", 8, 3, ERR_CORRUPT, ""}, // the length twice
    {"\x01\x04\x00\xfb\xffxyz", 8, 9, ERR_CORRUPT, ""}, // cut off
    {"\x07", 1, 9, ERR_CORRUPT, ""},                    // no such block
    {"", 0, 9, ERR_CORRUPT, ""},
};

START_TEST(test_inflate)
{
    const struct inflate_row *r = &inflate_rows[_i];
    struct span out = SPAN("-");
    struct test_mem m;
    struct arena a;
    enum err e;

    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    e = stb_inflate(&a, (struct span){r->raw, r->n}, r->max, &out);
    ck_assert_msg(e == r->e, "%d: %s", _i, err_word(e));
    ck_assert(e ? span_eq(out, SPAN("-")) : span_eq(out, span_of(r->want)));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// At and past the most, where it is no power of two, and where it is one.
START_TEST(test_inflate_most)
{
    static uint8_t zeros[1 << 17];
    size_t n = deflate_zeros(zeros, 40000), all = 1 + 258 * 40000, most = 1;
    struct span raw = {(const char *)zeros, n}, out;
    struct test_mem m;
    struct arena a;

    while (most < all)
        most *= 2;
    test_mem_init(&m);
    arena_init(&a, &m.mem, MEMORY);
    ck_assert_int_eq(stb_inflate(&a, raw, all, &out), ERR_OK);
    ck_assert_uint_eq(out.len, all);
    ck_assert_int_eq(stb_inflate(&a, raw, most, &out), ERR_OK);
    ck_assert_int_eq(stb_inflate(&a, raw, all - 1, &out), ERR_TOO_BIG);
    ck_assert_int_eq(stb_inflate(&a, raw, most / 2, &out), ERR_TOO_BIG);
    arena_fini(&a);
    // What is wanted bounds what is taken.
    m.most_bytes = 0;
    ck_assert_int_eq(stb_inflate(&a, raw, 100000, &out), ERR_TOO_BIG);
    ck_assert_uint_lt(m.most_bytes, 1 << 20);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static enum err step_inflate(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct span out;
    enum err e = stb_inflate(&a, *(const struct span *)ctx, 1 << 20, &out);

    arena_fini(&a);
    return e;
}

START_TEST(test_inflate_no_memory)
{
    static uint8_t zeros[1 << 12];
    struct span raw = {(const char *)zeros, deflate_zeros(zeros, 1000)};

    test_each_allocation(step_inflate, &raw);
}
END_TEST

Suite *services_io_image_suite(void)
{
    Suite *s = suite_create("services/io_image");
    TCase *t = tcase_create("image");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    tcase_add_loop_test(t, test_png, 0, COUNT(kinds));
    tcase_add_loop_test(t, test_jpg, 0, 2);
    tcase_add_test(t, test_jpg_without);
    tcase_add_loop_test(t, test_damaged, 0, 3);
    tcase_add_loop_test(t, test_file_row, 0, COUNT(file_rows));
    tcase_add_loop_test(t, test_file_map, 0, 5);
    tcase_add_loop_test(t, test_many_parts, 0, 2);
    tcase_add_test(t, test_bomb);
    tcase_add_test(t, test_most);
    tcase_add_test(t, test_no_memory);
    tcase_add_test(t, test_again);
    tcase_add_test(t, test_unit_of);
    tcase_add_test(t, test_png_of);
    tcase_add_loop_test(t, test_inflate, 0, COUNT(inflate_rows));
    tcase_add_test(t, test_inflate_most);
    tcase_add_test(t, test_inflate_no_memory);
    suite_add_tcase(s, t);
    return s;
}
