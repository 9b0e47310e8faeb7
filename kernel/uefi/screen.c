// SPDX-License-Identifier: MIT
// The display of a person: UTF-8 and the escapes of kernel/plat.h, as characters and orders for
// whoever shows them: text.c on our own, or textout.c through the firmware.
#include "kernel/uefi/uefi.h"

static void put_char(struct uefi *m, uint32_t c)
{
    struct screen *s = &m->screen;

    if (c == '\n' && s->last != '\r')
        s->kind->put(m, '\r'); // a line end alone only moves down
    s->last = (char)(c < 0x80 ? c : 0x7f);
    if (c == 0x1b)
        s->escape = 1;
    else if (c == '\t')
        for (int i = 0; i < 4; i++)
            s->kind->put(m, ' ');
    else if ((c >= ' ' && c != 0x7f) || c == '\r' || c == '\n' || c == '\b')
        s->kind->put(m, c);
}

static void put_byte(struct uefi *m, uint8_t b)
{
    struct screen *s = &m->screen;

    if (s->escape == 1) {
        s->escape = b == '[' ? 2 : 0;
        s->args = 1;
        memset(s->arg, 0, sizeof s->arg);
        if (b == '7' || b == '8')
            s->kind->escape(m, (char)b);
    } else if (s->escape == 2) {
        unsigned *a = &s->arg[s->args - 1];

        if (b >= '0' && b <= '9') {
            *a = *a < 1000 ? *a * 10 + b - '0' : *a;
        } else if (b == ';') {
            s->args += s->args < COUNT(s->arg);
        } else if (b >= 0x40) {
            s->escape = 0;
            s->kind->escape(m, (char)b);
        }
    } else if (b < 0x80) {
        s->missing = 0;
        put_char(m, b);
    } else if (b >= 0xc0) {
        s->missing = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
        s->code = b & (0x3fU >> s->missing);
    } else if (s->missing) {
        s->code = s->code << 6 | (b & 0x3f);
        if (--s->missing == 0)
            put_char(m, s->code);
    }
}

void screen_write(struct uefi *m, const char *bytes, size_t n)
{
    if (!m->screen.kind)
        return;
    for (size_t i = 0; i < n; i++)
        put_byte(m, (uint8_t)bytes[i]);
    m->screen.kind->flush(m);
}

bool screen_size(struct uefi *m, unsigned *columns, unsigned *rows)
{
    return m->screen.kind && m->screen.kind->size(m, columns, rows);
}

void screen_init(struct uefi *m)
{
    EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_SIMPLE_TEXT_OUT_PROTOCOL *out = m->table->ConOut;
    void *gop, *all;

    // The firmware's console exists without a display too and throws away what it is given, which
    // takes time. A machine with a display has graphics on it.
    if (!out || m->boot->LocateProtocol(&guid, NULL, &gop) != EFI_SUCCESS)
        return;
    // That of the console speaks to all displays at once.
    if (m->table->ConsoleOutHandle &&
        m->boot->HandleProtocol(m->table->ConsoleOutHandle, &guid, &all) == EFI_SUCCESS)
        gop = all;
    m->screen.out = out;
    if (font_init(m) && gop_init(m, gop)) {
        out->EnableCursor(out, FALSE); // ours is drawn
        text_init(m);
        m->screen.kind = &screen_drawn;
    } else {
        firmware_text_init(m);
        m->screen.kind = &screen_firmware;
    }
}
