// SPDX-License-Identifier: MIT
// What the shell writes.
#include "shell/out.h"

#include <stdarg.h>

#include "shell/cells.h"

enum { TAB_CELLS = 8 };

enum err out_init(struct out *o, const struct mem *mem,
                  enum err (*write)(void *ctx, const void *bytes, size_t n), void *ctx, bool tty)
{
    char *buf = mem->get(mem->ctx, OUT_BYTES);

    if (!buf)
        return ERR_NO_MEMORY;
    *o = (struct out){.write = write, .ctx = ctx, .mem = mem, .buf = buf, .tty = tty};
    return ERR_OK;
}

void out_fini(struct out *o)
{
    if (o->buf)
        o->mem->put(o->mem->ctx, o->buf, OUT_BYTES);
    o->buf = NULL;
}

static void send(struct out *o, const void *bytes, size_t n)
{
    if (n && !o->e)
        o->e = o->write(o->ctx, bytes, n);
}

void out_flush(struct out *o)
{
    send(o, o->buf, o->n);
    mem_wipe(o->buf, o->n); // it may have been a key on its way to paper
    o->n = 0;
}

void out_raw(struct out *o, const void *bytes, size_t n)
{
    if (n > OUT_BYTES - o->n) {
        out_flush(o);
        if (n > OUT_BYTES) {
            send(o, bytes, n);
            return;
        }
    }
    if (n)
        memcpy(o->buf + o->n, bytes, n);
    o->n += n;
}

char *out_room(struct out *o, size_t n)
{
    if (n > OUT_BYTES)
        return NULL;
    if (n > OUT_BYTES - o->n)
        out_flush(o);
    return o->buf + o->n;
}

void out_took(struct out *o, size_t n)
{
    o->n += n;
}

void out_shown(struct out *o, struct span text)
{
    const char *at = text.at, *end = text.at + text.len;

    while (at < end) {
        const char *plain = at;
        struct glyph g;

        while (at < end && *at >= 0x20 && *at < 0x7F)
            at++;
        out_raw(o, plain, (size_t)(at - plain));
        o->column += (size_t)(at - plain);
        if (at == end)
            break;
        if (*at == '\n' || *at == '\t') {
            out_raw(o, at, 1);
            o->column = *at++ == '\n' ? 0 : o->column + TAB_CELLS - o->column % TAB_CELLS;
            continue;
        }
        g = glyph_at(at, end);
        out_raw(o, g.text, g.n);
        o->column += g.cells;
        at += g.used;
    }
}

void out_text(struct out *o, struct span text)
{
    if (o->tty) {
        out_shown(o, text);
    } else if (text.len) {
        out_raw(o, text.at, text.len);
        o->column = text.at[text.len - 1] != '\n';
    }
}

void out_json(struct out *o, struct span json)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = json.at, *end = json.at + json.len;

    while (o->tty && at < end) {
        const char *plain = at;
        unsigned char c;

        while (at < end && *at != 0x7F &&
               !(*at == '\xC2' && end - at > 1 && (unsigned char)at[1] < 0xA0))
            at++;
        out_raw(o, plain, (size_t)(at - plain));
        if (at == end)
            return;
        at += *at == '\xC2';
        c = (unsigned char)*at++;
        out_raw(o, (const char[]){'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6);
    }
    out_raw(o, at, (size_t)(end - at));
}

void out_fresh(struct out *o)
{
    if (o->column)
        out_raw(o, "\n", 1);
    o->column = 0;
}

static void put_number(struct out *o, size_t n)
{
    char digits[24], *at = digits + sizeof digits;

    do
        *--at = (char)('0' + n % 10);
    while (n /= 10);
    out_shown(o, (struct span){at, (size_t)(digits + sizeof digits - at)});
}

void out_fmt(struct out *o, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    for (const char *c = fmt; *c; c++) {
        const char *plain = c;

        while (*c && *c != '%')
            c++;
        out_shown(o, (struct span){plain, (size_t)(c - plain)});
        if (!*c)
            break;
        c++;
        if (*c == 's')
            out_shown(o, span_of(va_arg(args, const char *)));
        else if (*c == 'S')
            out_shown(o, *va_arg(args, const struct span *));
        else if (*c == 'u')
            put_number(o, va_arg(args, size_t));
        else
            out_raw(o, "%", 1);
    }
    va_end(args);
}
