// SPDX-License-Identifier: MIT
// The one place that meets libqrencode. Its memory is that of the call which uses it (units/heap.h).
#include "services/qr.h"

#include <qrencode.h>

#include "units/heap.h"

// What the alphanumeric mode can say.
static bool is_plain(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || memchr(" $%*+-./:", c, 9)))
            return false;
    }
    return true;
}

static QRcode *encode(struct span text)
{
    QRinput *in = QRinput_new2(0, QR_ECLEVEL_M); // 0: the smallest that fits
    QRcode *code = NULL;

    if (!in)
        return NULL;
    if (!QRinput_append(in, is_plain(text) ? QR_MODE_AN : QR_MODE_8, (int)text.len,
                        (const unsigned char *)text.at))
        code = QRcode_encodeInput(in);
    QRinput_free(in);
    return code;
}

enum err qr_make(struct arena *a, struct arena *scratch, struct span text, struct qr *out)
{
    struct heap heap, *before;
    uint8_t *dark = NULL;
    QRcode *code;
    size_t n;

    if (!text.len)
        return ERR_BAD_ARG;
    if (text.len > QR_TEXT_MAX)
        return ERR_TOO_BIG;
    heap_init(&heap, scratch);
    before = heap_enter(&heap);
    code = encode(text);
    if (code) {
        n = (size_t)code->width * (size_t)code->width;
        dark = arena_new(a, n);
        for (size_t i = 0; dark && i < n; i++)
            dark[i] = code->data[i] & 1;
        if (dark)
            *out = (struct qr){(unsigned)code->width, dark};
        QRcode_free(code);
    }
    (void)heap_enter(before);
    return dark ? ERR_OK : ERR_NO_MEMORY; // nothing else can fail: length and mode are right
}

// A row below the code counts as dark: there is nothing but the screen.
static bool is_light(const struct qr *qr, unsigned x, unsigned y)
{
    unsigned end = qr->side + QR_QUIET;

    if (y >= end + QR_QUIET)
        return false;
    if (x < QR_QUIET || x >= end || y < QR_QUIET || y >= end)
        return true;
    return !qr->dark[(y - QR_QUIET) * qr->side + x - QR_QUIET];
}

enum err qr_print(struct arena *a, const struct qr *qr, struct span *out)
{
    static const char *const halves[2][2] = {{" ", "\xe2\x96\x84"},
                                             {"\xe2\x96\x80", "\xe2\x96\x88"}}; // [top][bottom]
    unsigned all = qr->side + 2 * QR_QUIET;
    char *text = arena_new(a, (size_t)(all + 1) / 2 * (3 * all + 1)), *at = text;

    if (!text)
        return ERR_NO_MEMORY;
    for (unsigned y = 0; y < all; y += 2) {
        for (unsigned x = 0; x < all; x++) {
            const char *half = halves[is_light(qr, x, y)][is_light(qr, x, y + 1)];
            size_t n = strlen(half);

            memcpy(at, half, n);
            at += n;
        }
        *at++ = '\n';
    }
    *out = (struct span){text, (size_t)(at - text)};
    return ERR_OK;
}
