// SPDX-License-Identifier: MIT
// Text on the display through the firmware's own text output, where it has no font to lend.
//
// A call of the firmware costs about a millisecond whether it shows one character or a line, so
// text is gathered and shown a line at a time.
#include "kernel/uefi/uefi.h"

// Shown for what the font lacks, so that columns still count right.
static const uint16_t unknown = '?';

static void flush_text(struct screen *s)
{
    if (s->n == 0)
        return;
    s->text[s->n] = 0;
    s->n = 0;
    s->out->OutputString(s->out, s->text);
}

static void put_text(struct screen *s, uint16_t c)
{
    s->text[s->n++] = c;
    if (s->n == COUNT(s->text) - 1)
        flush_text(s);
}

static void move(struct screen *s, long dx)
{
    UINTN w, h;
    long x;

    flush_text(s);
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

    flush_text(s);
    if (s->out->QueryMode(s->out, (UINTN)s->out->Mode->Mode, &w, &h) != EFI_SUCCESS)
        return;
    x = (UINTN)s->out->Mode->CursorColumn;
    y = (UINTN)s->out->Mode->CursorRow;
    for (UINTN i = x; i + 1 < w; i++)
        put_text(s, ' ');
    flush_text(s);
    s->out->SetCursorPosition(s->out, x, y);
}

// Colours 30-37, 40-47 and the bright ones, 1 bold, 0 back to normal.
static void colour(struct screen *s)
{
    // ANSI counts red 1 green 2 blue 4; the firmware, as the PC, blue 1 green 2 red 4.
    static const uint8_t swap[8] = {0, 4, 2, 6, 1, 5, 3, 7};
    UINTN a = (UINTN)s->out->Mode->Attribute;

    flush_text(s);
    for (unsigned i = 0; i < s->args; i++) {
        unsigned v = s->arg[i];

        if ((v == 38 || v == 48) && i + 1 < s->args) // exact colours: the firmware has none
            i += s->arg[i + 1] == 2 ? 4 : 2;
        else if (v == 0)
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

static void escape(struct uefi *m, char c)
{
    struct screen *s = &m->screen;
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
        flush_text(s);
        s->out->ClearScreen(s->out);
        break;
    case 'H':
        flush_text(s);
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

static void put(struct uefi *m, uint32_t c)
{
    put_text(&m->screen, shown(c));
}

static void flush(struct uefi *m)
{
    flush_text(&m->screen);
}

static bool size(struct uefi *m, unsigned *columns, unsigned *rows)
{
    EFI_SIMPLE_TEXT_OUT_PROTOCOL *out = m->screen.out;
    UINTN w, h;

    if (out->QueryMode(out, (UINTN)out->Mode->Mode, &w, &h) != EFI_SUCCESS)
        return false;
    *columns = (unsigned)w;
    *rows = (unsigned)h;
    return true;
}

const struct screen_kind screen_firmware = {put, escape, flush, size};

void firmware_text_init(struct uefi *m)
{
    EFI_SIMPLE_TEXT_OUT_PROTOCOL *out = m->screen.out;
    UINTN best = 0;
    INT32 mode = 0;

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
