// SPDX-License-Identifier: MIT
// The UEFI port against a firmware that the test plays: display, keyboard, pages.
#include <limits.h>

#include "kernel/uefi/uefi.h"

#include "tests/check/helper.h"

_Noreturn void uefi_panic(const char *text)
{
    ck_abort_msg("panic: %s", text);
    abort();
}

static struct uefi machine;

static void fresh(void)
{
    memset(&machine, 0, sizeof machine);
}

// ---- 128-bit division --------------------------------------------------------------------------

typedef unsigned __int128 u128;
u128 __udivmodti4(u128 n, u128 d, u128 *rest);
__int128 __divti3(__int128 n, __int128 d);
__int128 __modti3(__int128 n, __int128 d);

// Few bits, many bits, next to a power of two: where quotients are guessed wrong.
static u128 number(uint64_t *seed)
{
    u128 v = 0;
    unsigned shift;

    for (int i = 0; i < 2; i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        v = v << 64 | (*seed ^ *seed >> 31);
    }
    shift = (unsigned)(*seed >> 40) % 128;
    switch (*seed >> 60) {
    case 0:
        return ~(u128)0 >> shift;
    case 1:
        return ((u128)1 << shift) + (*seed >> 50 & 3) - 1;
    default:
        return v >> shift;
    }
}

START_TEST(division)
{
    uint64_t seed = 1;

    for (int i = 0; i < 200000; i++) {
        u128 n = number(&seed), d = number(&seed), rest, q;

        if (d == 0)
            continue;
        q = __udivmodti4(n, d, &rest);
        ck_assert_msg(rest < d && n - rest == q * d && (q == 0 || n / q >= d), "seed %llu",
                      (unsigned long long)seed);
    }
    ck_assert(__divti3(-7, 2) == -3 && __modti3(-7, 2) == -1);
    ck_assert(__divti3(7, -2) == -3 && __modti3(7, -2) == 1);
    ck_assert(__divti3(-7, -2) == 3 && __modti3(-7, -2) == -1);
}
END_TEST

// ---- Display: what the calls of the port would show -------------------------------------------

enum { WIDTH = 12, HEIGHT = 3 };

static char shown[HEIGHT][WIDTH + 1];
static SIMPLE_TEXT_OUTPUT_MODE screen_mode;
static unsigned screen_calls;

static EFI_STATUS EFIAPI out_string(SIMPLE_TEXT_OUTPUT_INTERFACE *out, CHAR16 *text)
{
    screen_calls++;
    for (; *text; text++) {
        INT32 *x = &out->Mode->CursorColumn, *y = &out->Mode->CursorRow;

        ck_assert_msg(*text != 0x1b && *text != '\t', "the firmware does not know %d", *text);
        if (*text == '\r') {
            *x = 0;
        } else if (*text == '\b') {
            *x -= *x > 0;
        } else if (*text == '\n') {
            *y += *y < HEIGHT - 1;
        } else {
            shown[*y][(*x)++] = *text < 0x80 ? (char)*text : '#';
            if (*x == WIDTH) {
                *x = 0;
                *y += *y < HEIGHT - 1;
            }
        }
    }
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_query(SIMPLE_TEXT_OUTPUT_INTERFACE *out, UINTN mode, UINTN *w,
                                   UINTN *h)
{
    (void)out;
    (void)mode;
    *w = WIDTH;
    *h = HEIGHT;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_move(SIMPLE_TEXT_OUTPUT_INTERFACE *out, UINTN x, UINTN y)
{
    if (x >= WIDTH || y >= HEIGHT)
        return EFI_UNSUPPORTED;
    out->Mode->CursorColumn = (INT32)x;
    out->Mode->CursorRow = (INT32)y;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_attribute(SIMPLE_TEXT_OUTPUT_INTERFACE *out, UINTN a)
{
    out->Mode->Attribute = (INT32)a;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_clear(SIMPLE_TEXT_OUTPUT_INTERFACE *out)
{
    for (int y = 0; y < HEIGHT; y++)
        memset(shown[y], '.', WIDTH);
    return out_move(out, 0, 0);
}

static SIMPLE_TEXT_OUTPUT_INTERFACE screen_out = {
    .OutputString = out_string,
    .QueryMode = out_query,
    .SetAttribute = out_attribute,
    .ClearScreen = out_clear,
    .SetCursorPosition = out_move,
    .Mode = &screen_mode,
};

static const struct {
    const char *text, *row[2];
    int x, y;
} screen_rows[] = {
    {"hi", {"hi..........", "............"}, 2, 0},
    {"a\nb", {"a...........", "b..........."}, 1, 1},
    {"a\r\nb", {"a...........", "b..........."}, 1, 1},
    {"abc\bX", {"abX.........", "............"}, 3, 0},
    {"abcd\x1b[2DX", {"abXd........", "............"}, 3, 0},
    {"abcd\x1b[9D\x1b[CX", {"aXcd........", "............"}, 2, 0},
    {"abcd\r\x1b[K", {"           .", "............"}, 0, 0},
    {"abcd\x1b[2Dx\x1b[K", {"abx        .", "............"}, 3, 0},
    {"abc\x1b[2J\x1b[Hz", {"z...........", "............"}, 1, 0},
    {"a\x1b[2;3Hb", {"a...........", "..b........."}, 3, 1},
    {"\x1b[31mred\x1b[0m", {"red.........", "............"}, 3, 0},
    {"\xc3\xa4\xce\xbb\xe2\x9c\x93\xf0\x9f\x8c\x8d.", {"#\\??........", "............"}, 5, 0},
    {"\xc3", {"............", "............"}, 0, 0},  // half a character waits
    {"\xa4x", {"x...........", "............"}, 1, 0}, // half without a beginning
    {"\x1b[999Cx", {"...........x", "............"}, 0, 1},
    {"\x07\x00", {"............", "............"}, 0, 0}, // no bell
    {"\x1b[38;2;1;31;5mx\x1b[0m", {"x...........", "............"}, 1, 0},
    {"\x1b]x", {"x...........", "............"}, 1, 0}, // not ours
};

START_TEST(screen_text)
{
    const char *text = screen_rows[_i].text;

    for (int split = 0; split < 2; split++) {
        fresh();
        machine.screen.out = &screen_out;
        machine.screen.kind = &screen_firmware;
        out_clear(&screen_out);
        // At once, and byte by byte: state is kept between calls.
        if (split)
            for (size_t i = 0; i < strlen(text); i++)
                screen_write(&machine, text + i, 1);
        else
            screen_write(&machine, text, strlen(text));
        for (int y = 0; y < 2; y++)
            ck_assert_msg(memcmp(shown[y], screen_rows[_i].row[y], WIDTH) == 0,
                          "row %d: line %d is %.12s", _i, y, shown[y]);
        ck_assert_msg(screen_mode.CursorColumn == screen_rows[_i].x &&
                          screen_mode.CursorRow == screen_rows[_i].y,
                      "row %d: cursor at %d %d", _i, screen_mode.CursorColumn,
                      screen_mode.CursorRow);
    }
}
END_TEST

START_TEST(screen_is_shown_in_lines)
{
    fresh();
    machine.screen.out = &screen_out;
    machine.screen.kind = &screen_firmware;
    out_clear(&screen_out);
    screen_calls = 0;
    screen_write(&machine, "one\ntwo\nthree", 13);
    ck_assert_uint_eq(screen_calls, 1);
}
END_TEST

// ---- Pixels: a display that the test looks at, and a font that it lends -------------------------

enum { PX_W = 8 * 10 + 3, PX_H = 19 * 4 + 5, PX_LARGE_W = 700, PX_LARGE_H = 1440 };

static uint32_t video[PX_LARGE_W * PX_LARGE_H];
static EFI_GRAPHICS_OUTPUT_MODE_INFORMATION px_info;
static EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE px_mode = {.MaxMode = 3, .Info = &px_info};
static unsigned glyphs_asked;

static EFI_STATUS EFIAPI px_blt(EFI_GRAPHICS_OUTPUT_PROTOCOL *g, EFI_GRAPHICS_OUTPUT_BLT_PIXEL *px,
                                EFI_GRAPHICS_OUTPUT_BLT_OPERATION what, UINTN sx, UINTN sy,
                                UINTN dx, UINTN dy, UINTN w, UINTN h, UINTN delta)
{
    UINTN width = g->Mode->Info->HorizontalResolution, height = g->Mode->Info->VerticalResolution;

    ck_assert(what == EfiBltBufferToVideo && w > 0 && h > 0);
    ck_assert(w <= width && dx <= width - w && h <= height && dy <= height - h);
    for (UINTN y = 0; y < h; y++)
        memcpy(video + (dy + y) * width + dx, (char *)px + (sy + y) * delta + sx * 4, w * 4);
    return EFI_SUCCESS;
}

static void px_size(UINT32 mode, UINT32 *w, UINT32 *h)
{
    *w = mode == 1 ? PX_LARGE_W : PX_W;
    *h = mode == 1 ? PX_LARGE_H : PX_H;
}

static EFI_STATUS EFIAPI px_query(EFI_GRAPHICS_OUTPUT_PROTOCOL *g, UINT32 mode, UINTN *bytes,
                                  EFI_GRAPHICS_OUTPUT_MODE_INFORMATION **out)
{
    (void)g;
    *bytes = sizeof **out;
    *out = calloc(1, sizeof **out);
    px_size(mode, &(*out)->HorizontalResolution, &(*out)->VerticalResolution);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI px_set(EFI_GRAPHICS_OUTPUT_PROTOCOL *g, UINT32 mode)
{
    g->Mode->Mode = mode;
    px_size(mode, &g->Mode->Info->HorizontalResolution, &g->Mode->Info->VerticalResolution);
    memset(video, 0xff, sizeof video);
    return EFI_SUCCESS;
}

static EFI_GRAPHICS_OUTPUT_PROTOCOL px_gop = {px_query, px_set, px_blt, &px_mode};

// As in font.c: what it sees of a font. A glyph has the bits of its code in its fourth row.
struct px_image {
    UINT16 w, h;
    EFI_GRAPHICS_OUTPUT_BLT_PIXEL *px;
};

struct px_font {
    void *unused[2];
    EFI_STATUS(EFIAPI *glyph)
    (struct px_font *f, CHAR16 c, const void *look, struct px_image **out, UINTN *baseline);
};

static EFI_STATUS EFIAPI px_glyph(struct px_font *f, CHAR16 c, const void *look,
                                  struct px_image **out, UINTN *baseline)
{
    struct px_image *i = calloc(1, sizeof *i);

    (void)f;
    (void)baseline;
    ck_assert(look == NULL && *out == NULL);
    glyphs_asked++;
    *i = (struct px_image){FONT_W, FONT_H, calloc(FONT_W * FONT_H, 4)};
    for (int x = 0; x < FONT_W && c != ' '; x++)
        i->px[3 * FONT_W + x].Red = c >> (7 - x) & 1 ? 0x98 : 0;
    *out = i;
    return c < 0x100 ? EFI_SUCCESS : 1; // EFI_WARN_UNKNOWN_GLYPH
}

static struct px_font px_font = {.glyph = px_glyph};

static EFI_STATUS EFIAPI px_locate(EFI_GUID *guid, VOID *key, VOID **out)
{
    (void)guid;
    (void)key;
    *out = &px_font;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI px_free(VOID *p)
{
    free(p);
    return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES px_boot = {.LocateProtocol = px_locate, .FreePool = px_free};
static struct test_mem px_mem;

static void px_on(void)
{
    fresh();
    test_mem_init(&px_mem);
    px_set(&px_gop, 0);
    glyphs_asked = 0;
    machine.boot = &px_boot;
    machine.mem = px_mem.mem;
    ck_assert(font_init(&machine) && gop_init(&machine, &px_gop));
    text_init(&machine);
    machine.screen.kind = &screen_drawn;
}

static void px_off(void)
{
    px_mem.mem.put(px_mem.mem.ctx, machine.gop.px, (size_t)machine.gop.w * machine.gop.h * 4);
    px_mem.mem.put(px_mem.mem.ctx, machine.font.cache, GLYPHS * sizeof *machine.font.cache);
    test_mem_done(&px_mem);
}

// The character of a cell, from the fourth row of its pixels; the cursor is a space.
static char px_char(unsigned x, unsigned y)
{
    unsigned scale = machine.text.scale, c = 0;

    for (unsigned i = 0; i < 8; i++) {
        uint32_t p =
            video[((y * 19 + 3) * scale) * px_info.HorizontalResolution + (x * 8 + i) * scale];

        c = c << 1 | (p != 0 && p != 0xffffff);
    }
    return c ? (char)c : ' ';
}

static const struct {
    const char *text, *row[4];
    unsigned x, y;
} px_rows[] = {
    {"hi", {"hi", "", "", ""}, 2, 0},
    {"a\nb\r\nc", {"a", "b", "c", ""}, 1, 2},
    {"abcdefghij", {"abcdefghij", "", "", ""}, 10, 0}, // a full line waits
    {"abcdefghijk", {"abcdefghij", "k", "", ""}, 1, 1},
    {"abcdefghij\bX", {"abcdefghXj", "", "", ""}, 9, 0},
    {"abcdefghij\nk", {"abcdefghij", "k", "", ""}, 1, 1},
    {"1\n2\n3\n4\n5", {"2", "3", "4", "5"}, 1, 3},
    {"1\n2\n3\n4\n5\n6\n7\n8\n9\nA\nB\nC", {"9", "A", "B", "C"}, 1, 3},
    {"abcd\x1b[2DX", {"abXd", "", "", ""}, 3, 0},
    {"abcd\x1b[9D\x1b[CX", {"aXcd", "", "", ""}, 2, 0},
    {"abcd\x1b[2D\x1b[K", {"ab", "", "", ""}, 2, 0},
    {"ab\ncd\x1b[2J\x1b[Hz", {"z", "", "", ""}, 1, 0},
    {"ab\ncd\nef\x1b[2;2H\x1b[J", {"ab", "c", "", ""}, 1, 1},
    {"\x1b[99;99Hx", {"", "", "", "         x"}, 10, 3},
    {"ab\x1b"
     "7\x1b[3;4Hc\x1b"
     "8d",
     {"abd", "", "   c", ""},
     3,
     0},
    {"\x1b[31ma\x1b[38;2;1;2;3mb\x1b[38;5;200mc\x1b[0md", {"abcd", "", "", ""}, 4, 0},
    {"\x1b[?2004hx", {"x", "", "", ""}, 1, 0},
    {"a\xcc\x88z", {"az", "", "", ""}, 2, 0},                       // a mark, no cell
    {"\xe2\x80\x9cz\xe2\x80\x93", {"\"z-", "", "", ""}, 3, 0},      // what looks alike
    {"123456789\xe4\xb8\xad", {"123456789", "\xfe", "", ""}, 2, 1}, // two cells
    {"\x1b[48;2;0;0;0m\x1b[K", {"", "", "", ""}, 0, 0},
};

START_TEST(drawn_text)
{
    const char *text = px_rows[_i].text;

    for (int split = 0; split < 2; split++) {
        px_on();
        for (size_t i = 0, n = strlen(text); i < n; i += split ? 1 : n)
            screen_write(&machine, text + i, split ? 1 : n);
        for (unsigned y = 0; y < 4; y++) {
            char got[11] = "";
            size_t n = 10;

            for (unsigned x = 0; x < 10; x++)
                got[x] = px_char(x, y);
            while (n && got[n - 1] == ' ')
                got[--n] = 0;
            ck_assert_msg(strcmp(got, px_rows[_i].row[y]) == 0, "row %d: line %u is %s", _i, y,
                          got);
        }
        ck_assert_msg(machine.text.x == px_rows[_i].x && machine.text.y == px_rows[_i].y,
                      "row %d: cursor at %u %u", _i, machine.text.x, machine.text.y);
        px_off();
    }
}
END_TEST

START_TEST(drawn_colours)
{
    px_on();
    screen_write(&machine, "\x1b[38;2;10;20;30;48;2;40;50;60m\xe2\x96\x80\x1b[0m", 37);
    ck_assert_uint_eq(video[0], 0x0a141e);
    ck_assert_uint_eq(video[18 * PX_W], 0x28323c);
    ck_assert_uint_eq(video[8], 0xffffff); // the cursor
    screen_write(&machine, "x", 1);
    ck_assert_uint_eq(video[8], 0);
    px_off();
}
END_TEST

START_TEST(glyphs_are_asked_for_once)
{
    unsigned asked;

    px_on();
    screen_write(&machine, "hello", 5);
    asked = glyphs_asked;
    screen_write(&machine, "hello\nhello", 11);
    ck_assert_uint_eq(glyphs_asked, asked);
    px_off();
}
END_TEST

static uint32_t shot_at(const struct pixels *p, unsigned x, unsigned y)
{
    const uint8_t *c = p->rgba + 4 * ((size_t)y * p->w + x);

    ck_assert_uint_eq(c[3], 255);
    return (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
}

START_TEST(pictures)
{
    static uint8_t rgba[4 * 4] = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 0, 100, 100, 100, 51};
    static uint8_t all[4 * PX_W * PX_H];
    struct pixels p = {2, 2, rgba}, out = {PX_W, PX_H, all};
    const struct plat_gfx *g = &machine.gfx;

    px_on();
    screen_write(&machine, "A\n", 2);
    ck_assert_int_eq(g->draw(g->ctx, 40, 30, &p), ERR_OK);
    ck_assert(video[30 * PX_W + 40] == 0xff0000 && video[30 * PX_W + 41] == 0x00ff00);
    ck_assert(video[31 * PX_W + 40] == 0 && video[31 * PX_W + 41] == 0x141414);
    ck_assert_int_eq(px_char(0, 0), 'A'); // text and picture on one screen
    // Over the edges, and out of sight.
    ck_assert_int_eq(g->draw(g->ctx, -1, -1, &p), ERR_OK);
    ck_assert_uint_eq(video[0], 0x141414);
    ck_assert_int_eq(g->draw(g->ctx, PX_W - 1, PX_H - 1, &p), ERR_OK);
    ck_assert_uint_eq(video[PX_W * PX_H - 1], 0xff0000);
    ck_assert_int_eq(g->draw(g->ctx, INT_MAX, INT_MIN, &p), ERR_OK);
    // Pictures go up with the text.
    screen_write(&machine, "\n\n\n", 3);
    ck_assert_uint_eq(video[11 * PX_W + 40], 0xff0000);
    ck_assert_int_eq(g->draw(g->ctx, 40, 30, &p), ERR_OK);
    ck_assert_int_eq(g->shot(g->ctx, &out), ERR_OK);
    for (unsigned i = 0; i < PX_W * PX_H; i++)
        ck_assert_uint_eq(shot_at(&out, i % PX_W, i / PX_W), video[i]);
    out.w--;
    ck_assert_int_eq(g->shot(g->ctx, &out), ERR_BAD_ARG);
    px_off();
}
END_TEST

START_TEST(display_sizes)
{
    const struct plat_gfx *g = &machine.gfx;
    unsigned wh[8][2], w, h;

    px_on();
    ck_assert_uint_eq(g->modes(g->ctx, wh, 8), 2); // of three, two are the same
    ck_assert(wh[1][0] == PX_LARGE_W && wh[1][1] == PX_LARGE_H);
    ck_assert_uint_eq(g->modes(g->ctx, wh, 1), 1);
    ck_assert_int_eq(g->set(g->ctx, 5, 5), ERR_NOT_SUPPORTED);
    px_mem.fail_at = px_mem.gets;
    ck_assert_int_eq(g->set(g->ctx, PX_LARGE_W, PX_LARGE_H), ERR_NO_MEMORY);
    px_mem.fail_at = -1;
    ck_assert_uint_eq(px_mode.Mode, 0);
    screen_write(&machine, "gone", 4);
    ck_assert_int_eq(g->set(g->ctx, PX_LARGE_W, PX_LARGE_H), ERR_OK);
    g->size(g->ctx, &w, &h);
    ck_assert(w == PX_LARGE_W && h == PX_LARGE_H);
    ck_assert(screen_size(&machine, &w, &h) && w == 43 && h == 37); // letters twice as large
    screen_write(&machine, "Z", 1);
    ck_assert_int_eq(px_char(0, 0), 'Z');
    ck_assert_int_eq(px_char(1, 0), ' ');
    px_off();
}
END_TEST

// ---- Places: each with keys of its own, and the console that has them all

START_TEST(keys_of_places)
{
    const struct plat_con *con = &machine.con;
    uint8_t buf[8];
    size_t n;
    bool end;

    px_on();
    places_init(&machine);
    ck_assert_uint_eq(machine.plat.seats_n, 1); // a display and no line
    keys_put(&machine.keys, 'k');
    keys_put(&machine.keys, 'K');
    keys_put(&machine.line_keys, 'l');
    ck_assert(keys_any(&machine));
    con = machine.plat.seats[0];
    ck_assert_int_eq(con->in.read(con->in.ctx, buf, 1, &n, &end), ERR_OK);
    ck_assert(n == 1 && buf[0] == 'k' && !end);
    con = machine.plat.con;
    ck_assert_int_eq(con->in.read(con->in.ctx, buf, sizeof buf, &n, &end), ERR_OK);
    ck_assert(n == 2 && memcmp(buf, "Kl", 2) == 0);
    ck_assert(!keys_any(&machine));
    ck_assert_int_eq(con->in.read(con->in.ctx, buf, sizeof buf, &n, &end), ERR_OK);
    ck_assert_uint_eq(n, 0);
    ck_assert(con->gfx == &machine.gfx && !con->blocks && machine.line_con.blocks);
    px_off();
}
END_TEST

// ---- Keyboard ----------------------------------------------------------------------------------

static const EFI_KEY_DATA *typed;

static EFI_STATUS EFIAPI read_key(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *in, EFI_KEY_DATA *out)
{
    (void)in;
    if (!typed)
        return EFI_NOT_READY;
    *out = *typed;
    typed = NULL;
    return EFI_SUCCESS;
}

#define SHIFT(bits)                       \
    {                                     \
        EFI_SHIFT_STATE_VALID | (bits), 0 \
    }

static const struct {
    EFI_KEY_DATA key;
    const char *bytes;
} key_rows[] = {
    {{{0, 'a'}, SHIFT(0)}, "a"},
    {{{0, 'A'}, SHIFT(EFI_LEFT_SHIFT_PRESSED)}, "A"},
    {{{0, 'c'}, SHIFT(EFI_LEFT_CONTROL_PRESSED)}, "\x03"},
    {{{0, 'C'}, SHIFT(EFI_RIGHT_CONTROL_PRESSED)}, "\x03"},
    {{{0, 3}, SHIFT(EFI_LEFT_CONTROL_PRESSED)}, "\x03"},
    {{{0, 'b'}, SHIFT(EFI_LEFT_ALT_PRESSED)},
     "\x1b"
     "b"},
    {{{0, '@'}, SHIFT(EFI_RIGHT_ALT_PRESSED)}, "@"},
    {{{0, 'x'}, {EFI_LEFT_CONTROL_PRESSED, 0}}, "x"}, // a state that is not valid
    {{{0, '\r'}, SHIFT(0)}, "\r"},
    {{{0, '\b'}, SHIFT(0)}, "\x7f"},
    {{{0, '\t'}, SHIFT(0)}, "\t"},
    {{{0, 0xe4}, SHIFT(0)}, "\xc3\xa4"},
    {{{0, 0x20ac}, SHIFT(0)}, "\xe2\x82\xac"},
    {{{0, 0xd800}, SHIFT(0)}, ""},
    {{{0, 0}, SHIFT(EFI_LEFT_SHIFT_PRESSED)}, ""},
    {{{0x01, 0}, SHIFT(0)}, "\x1b[A"},
    {{{0x08, 0}, SHIFT(0)}, "\x1b[3~"},
    {{{0x0b, 0}, SHIFT(0)}, "\x1bOP"},
    {{{0x16, 0}, SHIFT(0)}, "\x1b[24~"},
    {{{0x17, 0}, SHIFT(0)}, "\x1b"},
    {{{0x99, 0}, SHIFT(0)}, ""},
};

START_TEST(key_bytes)
{
    EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL keyboard = {.ReadKeyStrokeEx = read_key};
    const char *want = key_rows[_i].bytes;

    fresh();
    machine.keyboard = &keyboard;
    typed = &key_rows[_i].key;
    keyboard_poll(&machine);
    ck_assert_msg(machine.keys.head == strlen(want) &&
                      memcmp(machine.keys.byte, want, strlen(want)) == 0,
                  "row %d gave %u bytes", _i, machine.keys.head);
}
END_TEST

START_TEST(keys_full)
{
    fresh();
    for (int i = 0; i < KEYS_BYTES + 100; i++)
        keys_put(&machine.keys, (uint8_t)i);
    ck_assert_uint_eq(machine.keys.head, KEYS_BYTES); // what came first is kept
}
END_TEST

// ---- Memory ------------------------------------------------------------------------------------

static size_t pages_out, pages_most;

static EFI_STATUS EFIAPI allocate(EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE kind, UINTN n,
                                  EFI_PHYSICAL_ADDRESS *at)
{
    void *p;

    (void)type;
    (void)kind;
    if (pages_out + n > pages_most)
        return EFI_OUT_OF_RESOURCES;
    p = aligned_alloc(4096, n * 4096);
    ck_assert_ptr_nonnull(p);
    memset(p, 0xa5, n * 4096);
    pages_out += n;
    *at = (EFI_PHYSICAL_ADDRESS)p;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI release(EFI_PHYSICAL_ADDRESS at, UINTN n)
{
    free((void *)at);
    pages_out -= n;
    return EFI_SUCCESS;
}

START_TEST(memory)
{
    EFI_BOOT_SERVICES services = {.AllocatePages = allocate, .FreePages = release};
    const struct mem *m = &machine.mem;
    void *small[16], *large;

    fresh();
    machine.boot = &services;
    mem_init(&machine);
    pages_out = 0;
    pages_most = 2048;

    for (int i = 0; i < 16; i++) {
        small[i] = m->get(m->ctx, 70000);
        ck_assert_ptr_nonnull(small[i]);
        memset(small[i], i, 70000);
    }
    for (int i = 0; i < 16; i++) {
        ck_assert_int_eq(((char *)small[i])[69999], i);
        m->put(m->ctx, small[i], 70000);
    }
    // A block that was given back is the next one of its size.
    ck_assert_ptr_eq(m->get(m->ctx, 100000), small[15]);
    m->put(m->ctx, small[15], 100000);

    // Blocks that wait are given up for a large one; a larger one than all memory is refused.
    large = m->get(m->ctx, 2000 * 4096);
    ck_assert_ptr_nonnull(large);
    ck_assert_ptr_null(m->get(m->ctx, 100 * 4096));
    m->put(m->ctx, large, 2000 * 4096);
    ck_assert_ptr_null(m->get(m->ctx, SIZE_MAX));
    ck_assert_uint_eq(pages_out, 0);
}
END_TEST

Suite *kernel_uefi_suite(void);

Suite *kernel_uefi_suite(void)
{
    Suite *s = suite_create("kernel_uefi");
    TCase *t = tcase_create("kernel_uefi");

    tcase_set_timeout(t, 30);
    tcase_add_test(t, division);
    tcase_add_loop_test(t, screen_text, 0, (int)COUNT(screen_rows));
    tcase_add_test(t, screen_is_shown_in_lines);
    tcase_add_loop_test(t, drawn_text, 0, (int)COUNT(px_rows));
    tcase_add_test(t, drawn_colours);
    tcase_add_test(t, glyphs_are_asked_for_once);
    tcase_add_test(t, pictures);
    tcase_add_test(t, display_sizes);
    tcase_add_test(t, keys_of_places);
    tcase_add_loop_test(t, key_bytes, 0, (int)COUNT(key_rows));
    tcase_add_test(t, keys_full);
    tcase_add_test(t, memory);
    suite_add_tcase(s, t);
    return s;
}
