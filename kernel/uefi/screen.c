// SPDX-License-Identifier: MIT
// The display, through the firmware's text output: UTF-8 in, UCS-2 out, and the few escapes of
// kernel/plat.h that the line editor uses.
//
// A call of the firmware costs about a millisecond whether it shows one character or a line, so
// text is gathered and shown a line at a time.
#include "kernel/uefi/uefi.h"

// Shown for what the font lacks, so that columns still count right.
static const uint16_t unknown = '?';

static void flush(struct screen *s)
{
    if (s->n == 0)
        return;
    s->text[s->n] = 0;
    s->n = 0;
    s->out->OutputString(s->out, s->text);
}

static void put(struct screen *s, uint16_t c)
{
    s->text[s->n++] = c;
    if (s->n == COUNT(s->text) - 1)
        flush(s);
}

static void move(struct screen *s, long dx)
{
    UINTN w, h;
    long x;

    flush(s);
    if (s->out->QueryMode(s->out, (UINTN)s->out->Mode->Mode, &w, &h) != EFI_SUCCESS)
        return;
    x = (long)s->out->Mode->CursorColumn + dx;
    x = x < 0 ? 0 : x >= (long)w ? (long)w - 1 : x;
    s->out->SetCursorPosition(s->out, (UINTN)x, (UINTN)s->out->Mode->CursorRow);
}

// Blanks up to the end of the line. Not in the last cell: that would scroll.
static void erase_line(struct screen *s)
{
    UINTN w, h, x, y;

    flush(s);
    if (s->out->QueryMode(s->out, (UINTN)s->out->Mode->Mode, &w, &h) != EFI_SUCCESS)
        return;
    x = (UINTN)s->out->Mode->CursorColumn;
    y = (UINTN)s->out->Mode->CursorRow;
    for (UINTN i = x; i + 1 < w; i++)
        put(s, ' ');
    flush(s);
    s->out->SetCursorPosition(s->out, x, y);
}

// Colours 30-37, 40-47 and the bright ones, 1 bold, 0 back to normal.
static void colour(struct screen *s)
{
    // ANSI counts red 1 green 2 blue 4; the firmware, as the PC, blue 1 green 2 red 4.
    static const uint8_t swap[8] = {0, 4, 2, 6, 1, 5, 3, 7};
    UINTN a = (UINTN)s->out->Mode->Attribute;

    flush(s);
    for (unsigned i = 0; i < s->args; i++) {
        unsigned v = s->arg[i];

        if (v == 0)
            a = EFI_LIGHTGRAY;
        else if (v == 1)
            a |= 8;
        else if (v >= 30 && v <= 37)
            a = (a & 0x78) | swap[v - 30];
        else if (v >= 40 && v <= 47)
            a = (a & 0x0f) | (UINTN)swap[v - 40] << 4;
        else if (v >= 90 && v <= 97)
            a = (a & 0x70) | 8 | swap[v - 90];
    }
    s->out->SetAttribute(s->out, a);
}

static void escape(struct screen *s, char c)
{
    long n = s->arg[0] ? (long)s->arg[0] : 1;

    switch (c) {
    case 'K':
        erase_line(s);
        break;
    case 'C':
        move(s, n);
        break;
    case 'D':
        move(s, -n);
        break;
    case 'J':
        flush(s);
        s->out->ClearScreen(s->out);
        break;
    case 'H':
        flush(s);
        s->out->SetCursorPosition(s->out, s->args > 1 && s->arg[1] ? s->arg[1] - 1 : 0,
                                  (UINTN)(n - 1));
        break;
    case 'm':
        colour(s);
        break;
    default: // not ours
        break;
    }
}

// Firmware's fonts hold Latin-1, arrows and boxes; nothing tells what else (TestString says yes to
// all). The prompt has to look like something: its lambda is drawn by hand.
static uint16_t shown(uint32_t c)
{
    if (c <= 0xff || (c >= 0x2190 && c <= 0x2193) || (c >= 0x2500 && c <= 0x259f))
        return (uint16_t)c;
    return c == 0x3bb ? '\\' : unknown;
}

static void put_char(struct screen *s, uint32_t c)
{
    if (c == '\n' && s->last != '\r')
        put(s, '\r'); // the firmware only moves down
    s->last = (char)(c < 0x80 ? c : 0x7f);
    if (c == 0x1b)
        s->escape = 1;
    else if (c == '\t') // the firmware knows no tabs
        for (int i = 0; i < 4; i++)
            put(s, ' ');
    else if (c >= ' ' || c == '\r' || c == '\n' || c == '\b')
        put(s, shown(c));
}

static void put_byte(struct screen *s, uint8_t b)
{
    if (s->escape == 1) {
        s->escape = b == '[' ? 2 : 0;
        s->args = 1;
        memset(s->arg, 0, sizeof s->arg);
    } else if (s->escape == 2) {
        unsigned *a = &s->arg[s->args - 1];

        if (b >= '0' && b <= '9') {
            *a = *a < 1000 ? *a * 10 + b - '0' : *a;
        } else if (b == ';') {
            s->args += s->args < COUNT(s->arg);
        } else if (b >= 0x40) {
            s->escape = 0;
            escape(s, (char)b);
        }
    } else if (b < 0x80) {
        s->missing = 0;
        put_char(s, b);
    } else if (b >= 0xc0) {
        s->missing = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
        s->code = b & (0x3fU >> s->missing);
    } else if (s->missing) {
        s->code = s->code << 6 | (b & 0x3f);
        if (--s->missing == 0)
            put_char(s, s->code);
    }
}

void screen_write(struct uefi *m, const char *bytes, size_t n)
{
    struct screen *s = &m->screen;

    if (!s->out)
        return;
    for (size_t i = 0; i < n; i++)
        put_byte(s, (uint8_t)bytes[i]);
    flush(s);
}

void screen_init(struct uefi *m)
{
    EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_SIMPLE_TEXT_OUT_PROTOCOL *out = m->table->ConOut;
    UINTN best = 0;
    INT32 mode = 0;
    void *gop;

    // The firmware's console exists without a display too and throws away what it is given, which
    // takes time. A machine with a display has graphics on it.
    if (!out || m->boot->LocateProtocol(&guid, NULL, &gop) != EFI_SUCCESS)
        return;
    m->screen.out = out;

    // The most characters this display can show; firmware often starts with 80 x 25 in the middle.
    for (INT32 i = 0; i < out->Mode->MaxMode; i++) {
        UINTN w, h;

        if (out->QueryMode(out, (UINTN)i, &w, &h) == EFI_SUCCESS && w * h > best) {
            best = w * h;
            mode = i;
        }
    }
    if (mode != out->Mode->Mode)
        out->SetMode(out, (UINTN)mode);
    out->SetAttribute(out, EFI_LIGHTGRAY);
    out->EnableCursor(out, TRUE);
    out->ClearScreen(out);
}
