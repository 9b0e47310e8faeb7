// SPDX-License-Identifier: MIT
// The console: display, keyboard and serial line as one terminal. What is written goes to both,
// what is typed at either comes in as one stream of bytes.
#include "kernel/uefi/uefi.h"

static enum err con_read(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    struct uefi *m = ctx;
    size_t got = 0;

    keyboard_poll(m);
    serial_poll(m);
    while (got < cap && keys_any(&m->keys))
        buf[got++] = m->keys.byte[m->keys.tail++ % KEYS_BYTES];
    *n = got;
    *end = false; // a person may always come back
    return ERR_OK;
}

static enum err con_write(void *ctx, const void *bytes, size_t n)
{
    struct uefi *m = ctx;

    screen_write(m, bytes, n);
    // A line that nobody listens to is no error while there is a display.
    return serial_write(m, bytes, n) && !m->screen.out ? ERR_IO : ERR_OK;
}

static bool con_size(void *ctx, unsigned *columns, unsigned *rows)
{
    struct uefi *m = ctx;
    UINTN w, h;

    if (!m->screen.out)
        return false;
    if (m->screen.out->QueryMode(m->screen.out, (UINTN)m->screen.out->Mode->Mode, &w, &h))
        return false;

    *columns = (unsigned)w;
    *rows = (unsigned)h;
    return true;
}

void console_init(struct uefi *m)
{
    // First the line: it is part of the firmware's console until then.
    serial_init(m);
    screen_init(m);
    keyboard_init(m);
    m->con = (struct plat_con){
        .in = {.ctx = m, .read = con_read},
        .tty_in = true,
        .tty_out = true,
        .tty_err = true,
        .write = con_write,
        .write_err = con_write,
        .size = con_size,
        .ctx = m,
    };
    m->plat.con = &m->con;
}
