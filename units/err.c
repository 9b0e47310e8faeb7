// SPDX-License-Identifier: MIT
// The error catalogue, and the making of a failure's text.
#include "units/err.h"

#include <stdarg.h>

static const struct {
    const char *word, *text;
    int class;
} catalogue[ERR_COUNT] = {
    [ERR_OK] = {"ok", "no error", 0},
#define ERR(id, w, c, t) [ERR_##id] = {w, t, c},
#include "units/err.def"
#undef ERR
};

static enum err known(enum err e)
{
    return e >= ERR_OK && e < ERR_COUNT ? e : ERR_INTERNAL;
}

const char *err_word(enum err e)
{
    return catalogue[known(e)].word;
}

const char *err_text(enum err e)
{
    return catalogue[known(e)].text;
}

int err_class(enum err e)
{
    return catalogue[known(e)].class;
}

enum err err_find(struct span word)
{
    for (enum err e = ERR_OK + 1; e < ERR_COUNT; e++)
        if (span_eq(word, span_of(catalogue[e].word)))
            return e;
    return ERR_OK;
}

// The text of a failure, filled from the left; what does not fit is cut.
struct why {
    char *at, *end;
};

static void why_byte(struct why *w, char c)
{
    if (w->at < w->end)
        *w->at++ = c;
}

static void why_number(struct why *w, unsigned long u)
{
    char digits[24];
    unsigned n = 0;

    do
        digits[n++] = (char)('0' + u % 10);
    while (u /= 10);
    while (n)
        why_byte(w, digits[--n]);
}

// Foreign text: cut when long, and with nothing in it that could drive a terminal or break UTF-8.
static void why_span(struct why *w, struct span s)
{
    enum { SHOWN = 40 };
    size_t n = s.len > SHOWN ? SHOWN : s.len;

    while (n < s.len && n > 0 && ((unsigned char)s.at[n] & 0xC0) == 0x80)
        n--;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s.at[i];

        why_byte(w, c < 0x20 || c == 0x7F ? '?' : (char)c);
    }
    if (n < s.len) {
        why_byte(w, '.');
        why_byte(w, '.');
    }
}

// Shortest-form UTF-8 only, and no C1 controls: anything else in the text becomes '?'.
static void why_clean(char *text)
{
    for (char *p = text; *p;) {
        unsigned char c = (unsigned char)*p;
        unsigned len = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : 4;
        bool ok = c < 0x80 || (c >= 0xC2 && c < 0xF5);

        for (unsigned i = 1; ok && i < len; i++)
            ok = ((unsigned char)p[i] & 0xC0) == 0x80;
        if (ok && len > 1) {
            unsigned char d = (unsigned char)p[1];

            ok = !(c == 0xC2 && d < 0xA0) && !(c == 0xE0 && d < 0xA0) && !(c == 0xED && d > 0x9F) &&
                 !(c == 0xF0 && d < 0x90) && !(c == 0xF4 && d > 0x8F);
        }
        if (ok) {
            p += len;
        } else {
            *p++ = '?';
        }
    }
}

enum err fail_set(struct fail *f, enum err code, size_t pos, const char *hint, const char *fmt, ...)
{
    struct why w;
    va_list args;

    if (!f)
        return code;
    f->code = code;
    f->pos = pos;
    f->hint = hint;
    w.at = f->why;
    w.end = f->why + sizeof f->why - 1;
    va_start(args, fmt);
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            why_byte(&w, *fmt);
            continue;
        }
        switch (*++fmt) {
        case 's':
            for (const char *s = va_arg(args, const char *); *s; s++)
                why_byte(&w, *s);
            break;
        case 'S':
            why_span(&w, *va_arg(args, struct span *));
            break;
        case 'u':
            why_number(&w, va_arg(args, unsigned long));
            break;
        case 'd': {
            long d = va_arg(args, long);

            if (d < 0)
                why_byte(&w, '-');
            why_number(&w, d < 0 ? 0 - (unsigned long)d : (unsigned long)d);
            break;
        }
        default:
            why_byte(&w, *fmt);
        }
    }
    va_end(args);
    *w.at = 0;
    why_clean(f->why);
    return code;
}
