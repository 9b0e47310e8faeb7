// SPDX-License-Identifier: MIT
// The console: display with keyboard, and serial line, each as a place of its own; and both as one
// terminal, where what is written goes to both and what is typed at either comes in.
#include "kernel/uefi/uefi.h"

// A line does not tell how much its terminal shows; the oldest size fits into all others.
enum { LINE_COLUMNS = 80, LINE_ROWS = 24 };

// ---- In

static size_t take(struct keys *k, uint8_t *buf, size_t cap)
{
    size_t n = 0;

    while (n < cap && k->head != k->tail) {
        uint8_t *byte = &k->byte[k->tail++ % KEYS_BYTES];

        buf[n++] = *byte;
        *byte = 0; // it may be part of a secret
    }
    return n;
}

static enum err screen_read(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    struct uefi *m = ctx;

    keyboard_poll(m);
    *n = take(&m->keys, buf, cap);
    *end = false; // a person may always come back
    return ERR_OK;
}

static enum err line_read(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    struct uefi *m = ctx;

    serial_poll(m);
    *n = take(&m->line_keys, buf, cap);
    *end = false;
    return ERR_OK;
}

static enum err con_read(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    size_t more;

    (void)screen_read(ctx, buf, cap, n, end); // neither can fail
    (void)line_read(ctx, buf + *n, cap - *n, &more, end);
    *n += more;
    return ERR_OK;
}

// ---- Out

static enum err screen_con_write(void *ctx, const void *bytes, size_t n)
{
    screen_write(ctx, bytes, n);
    return ERR_OK;
}

static enum err line_write(void *ctx, const void *bytes, size_t n)
{
    return serial_write(ctx, bytes, n);
}

static enum err con_write(void *ctx, const void *bytes, size_t n)
{
    struct uefi *m = ctx;

    screen_write(m, bytes, n);
    // A line that nobody listens to is no error while there is a display.
    return serial_write(m, bytes, n) && !m->screen.kind ? ERR_IO : ERR_OK;
}

static bool screen_con_size(void *ctx, unsigned *columns, unsigned *rows)
{
    return screen_size(ctx, columns, rows);
}

static bool line_size(void *ctx, unsigned *columns, unsigned *rows)
{
    const struct uefi *m = ctx;

    *columns = LINE_COLUMNS;
    *rows = LINE_ROWS;
    return m->serial.line != NULL;
}

// Pastes are marked, ESC [ 200 ~ .. ESC [ 201 ~, by the terminal at the other end of the line.
static void line_keys(void *ctx, bool on)
{
    struct uefi *m = ctx;

    if (m->serial.line && m->serial.marks != on)
        (void)serial_write(m, on ? "\x1b[?2004h" : "\x1b[?2004l", 8); // else a paste is typed
    m->serial.marks = on;
}

void places_init(struct uefi *m)
{
    m->screen_con = (struct plat_con){
        .in = {.ctx = m, .read = screen_read},
        .tty_in = true,
        .tty_out = true,
        .tty_err = true,
        .write = screen_con_write,
        .write_err = screen_con_write,
        .size = screen_con_size,
        .gfx = m->gop.px ? &m->gfx : NULL,
        .ctx = m,
    };
    m->line_con = (struct plat_con){
        .in = {.ctx = m, .read = line_read},
        .tty_in = true,
        .tty_out = true,
        .tty_err = true,
        .write = line_write,
        .write_err = line_write,
        .size = line_size,
        .keys = line_keys,
        .blocks = true,
        .ctx = m,
    };
    if (m->screen.kind)
        m->seats[m->plat.seats_n++] = &m->screen_con;
    if (m->serial.line)
        m->seats[m->plat.seats_n++] = &m->line_con;
    m->plat.seats = m->seats;

    // Both, with the display where there is one. Keys come from the keyboard in any case: it may
    // be plugged in later.
    m->con = m->screen.kind ? m->screen_con : m->line_con;
    m->con.in.read = con_read;
    m->con.blocks = false; // pictures go to one place, not to all
    m->con.write = m->con.write_err = con_write;
    m->con.keys = line_keys;
    m->plat.con = &m->con;
}

void console_init(struct uefi *m)
{
    // First the line: it is part of the firmware's console until then.
    serial_init(m);
    screen_init(m);
    keyboard_init(m);
    places_init(m);
}
