// SPDX-License-Identifier: MIT
// Glyphs: those of the firmware (EFI_HII_FONT_PROTOCOL, UEFI 2.10, 34.1), asked for once each, and
// a few of our own for what it lacks.
//
// Every cell is 8 pixels across and 19 down, the size of the narrow glyphs of UEFI.
#include "kernel/uefi/uefi.h"

// The part of the protocol that is used; the headers of gnu-efi have none of it.
struct hii_image {
    UINT16 w, h;
    EFI_GRAPHICS_OUTPUT_BLT_PIXEL *px;
};

struct hii_font {
    void *string_to_image, *string_id_to_image;
    EFI_STATUS(EFIAPI *glyph)
    (struct hii_font *f, CHAR16 c, const void *look, struct hii_image **out, UINTN *baseline);
    void *info;
};

static const EFI_GUID hii_font_guid = {
    0xe9ca4775, 0x8657, 0x47fc, {0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24}};

// ---- Our own

enum { OWN_TOP = 3, OWN_ROWS = 11 };

static const struct {
    uint16_t code;
    uint8_t row[OWN_ROWS];
} own[] = {
    {0x03bb, {0x70, 0x18, 0x0c, 0x0c, 0x0e, 0x1e, 0x36, 0x36, 0x66, 0x63, 0xc3}}, // lambda
    {0x2026, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0xdb, 0xdb}},                            // ellipsis
    {0x20ac, {0x1e, 0x33, 0x60, 0x60, 0xfc, 0x60, 0xfc, 0x60, 0x60, 0x33, 0x1e}}, // euro
    {0x2713, {0, 0, 0, 0x03, 0x03, 0x06, 0x06, 0xcc, 0x6c, 0x38, 0x10}},          // check mark
    {0xfffd, {0xfe, 0x82, 0xb2, 0x8a, 0x8a, 0x92, 0x92, 0x82, 0x92, 0x82, 0xfe}}, // unknown
};

// What looks as good as the same.
static const uint16_t alike[][2] = {
    {0xa0, ' '},    {0x2010, '-'},  {0x2011, '-'}, {0x2012, '-'},  {0x2013, '-'},  {0x2014, '-'},
    {0x2018, '\''}, {0x2019, '\''}, {0x201c, '"'}, {0x201d, '"'},  {0x2022, 0xb7}, {0x2212, '-'},
    {0x03bc, 0xb5}, {0x2044, '/'},  {0x2215, '/'}, {0x2248, 0x7e},
};

// Two cells wide, and none: what Unicode says of the scripts of today, by whole blocks.
static const uint32_t wide[][2] = {
    {0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};
static const uint32_t none[][2] = {
    {0x300, 0x36f}, {0x200b, 0x200f}, {0x2060, 0x206f}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}};

static bool within(uint32_t c, const uint32_t (*range)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= range[i][0] && c <= range[i][1])
            return true;
    return false;
}

// Block elements U+2580..U+2590: halves and eighths of the cell.
static bool block(uint32_t c, struct glyph *g)
{
    unsigned top = 0, bottom = FONT_H;
    uint16_t bits = 0xff00;

    if (c < 0x2580 || c > 0x2590)
        return false;
    if (c == 0x2580)
        bottom = (FONT_H + 1) / 2;
    else if (c <= 0x2588)
        top = FONT_H - ((c - 0x2580) * FONT_H + 4) / 8;
    else if (c < 0x2590)
        bits = (uint16_t)(0xff00 << (c - 0x2588)) & 0xff00;
    else
        bits = 0x0f00;
    for (unsigned y = top; y < bottom; y++)
        g->row[y] = bits;
    return true;
}

static bool own_glyph(uint32_t c, struct glyph *g)
{
    for (size_t i = 0; i < COUNT(own); i++)
        if (own[i].code == c) {
            for (unsigned y = 0; y < OWN_ROWS; y++)
                g->row[OWN_TOP + y] = (uint16_t)(own[i].row[y] << 8);
            return true;
        }
    return block(c, g);
}

// ---- The firmware's

static bool is_paper(const struct uefi *m, const EFI_GRAPHICS_OUTPUT_BLT_PIXEL *p)
{
    const EFI_GRAPHICS_OUTPUT_BLT_PIXEL *q = &m->font.paper;

    return p->Red == q->Red && p->Green == q->Green && p->Blue == q->Blue;
}

// In the look of the system: firmware refuses others.
static bool firmware_glyph(struct uefi *m, uint32_t c, struct glyph *g)
{
    struct hii_image *image = NULL;
    EFI_STATUS s;
    bool ok;

    if (c > 0xffff)
        return false;
    s = m->font.hii->glyph(m->font.hii, (CHAR16)c, NULL, &image, NULL);
    // A warning stands for a glyph that the firmware put in the place of what it lacks.
    ok = s == EFI_SUCCESS && image && image->px && image->w && image->h;
    if (ok && c == ' ')
        m->font.paper = image->px[0];
    for (unsigned y = 0; ok && y < FONT_H && y < image->h; y++)
        for (unsigned x = 0; x < 2 * FONT_W && x < image->w; x++)
            if (!is_paper(m, &image->px[(size_t)y * image->w + x]))
                g->row[y] |= (uint16_t)(0x8000 >> x);
    if (image && image->px)
        m->boot->FreePool(image->px);
    if (image)
        m->boot->FreePool(image);
    return ok;
}

const struct glyph *font_glyph(struct uefi *m, uint32_t c)
{
    struct glyph *g = &m->font.cache[c < 256 ? c : 256 + c % (GLYPHS - 256)];
    uint32_t look = c;

    if (g->code == c && c)
        return g;
    *g = (struct glyph){.code = c, .cells = 1};
    if (within(c, none, COUNT(none))) {
        g->cells = 0;
        return g;
    }
    g->cells = within(c, wide, COUNT(wide)) ? 2 : 1;
    for (size_t i = 0; i < COUNT(alike); i++)
        if (alike[i][0] == c)
            look = alike[i][1];
    if (!own_glyph(look, g) && !firmware_glyph(m, look, g))
        (void)own_glyph(0xfffd, g); // it is in the list
    return g;
}

bool font_init(struct uefi *m)
{
    EFI_GUID guid = hii_font_guid;
    size_t bytes = GLYPHS * sizeof *m->font.cache;
    struct glyph g = {.code = 0};
    void *p;

    if (m->boot->LocateProtocol(&guid, NULL, &p) != EFI_SUCCESS)
        return false;
    m->font.hii = p;
    // A space tells the colour of the paper.
    if (!firmware_glyph(m, ' ', &g) || !firmware_glyph(m, 'A', &g))
        return false; // a font without letters
    m->font.cache = m->mem.get(m->mem.ctx, bytes);
    if (!m->font.cache)
        return false;
    memset(m->font.cache, 0, bytes);
    return true;
}
