// SPDX-License-Identifier: MIT
// Keys become the bytes that a terminal sends: UTF-8, control characters, ESC [ A and its kind.
#include "kernel/uefi/uefi.h"

// By scan code, UEFI 2.10 table 12.1; the sequences are those of xterm.
static const char *const sequences[] = {
    [0x01] = "[A",   [0x02] = "[B",   [0x03] = "[C",   [0x04] = "[D",   [0x05] = "[H",
    [0x06] = "[F",   [0x07] = "[2~",  [0x08] = "[3~",  [0x09] = "[5~",  [0x0a] = "[6~",
    [0x0b] = "OP",   [0x0c] = "OQ",   [0x0d] = "OR",   [0x0e] = "OS",   [0x0f] = "[15~",
    [0x10] = "[17~", [0x11] = "[18~", [0x12] = "[19~", [0x13] = "[20~", [0x14] = "[21~",
    [0x15] = "[23~", [0x16] = "[24~", [0x17] = "",
};

void keys_put(struct keys *k, uint8_t byte)
{
    // Full: what is typed now is lost, as on every machine.
    if (k->head - k->tail < KEYS_BYTES)
        k->byte[k->head++ % KEYS_BYTES] = byte;
}

// One code point as UTF-8; gives the number of bytes.
static unsigned utf8_put(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

static void put_key(struct keys *k, const EFI_KEY_DATA *d)
{
    uint32_t shift = d->KeyState.KeyShiftState & EFI_SHIFT_STATE_VALID ? d->KeyState.KeyShiftState
                                                                       : 0;
    bool control = shift & (EFI_LEFT_CONTROL_PRESSED | EFI_RIGHT_CONTROL_PRESSED);
    bool alt = shift & EFI_LEFT_ALT_PRESSED; // the right one is AltGr: part of a character
    uint32_t c = d->Key.UnicodeChar;
    uint16_t scan = d->Key.ScanCode;
    uint8_t utf8[4];
    unsigned n;

    if (scan > 0 && scan < COUNT(sequences) && sequences[scan]) {
        keys_put(k, 0x1b);
        for (const char *s = sequences[scan]; *s; s++)
            keys_put(k, (uint8_t)*s);
        return;
    }
    // Half of a surrogate pair stands for nothing; 0 is a shift key by itself.
    if (c == 0 || (c >= 0xd800 && c < 0xe000))
        return;

    if (c == '\b')
        c = 0x7f;
    else if (control && c >= '@' && c < 0x7f)
        c &= 0x1f; // some firmware does this itself, some leaves the letter
    if (alt)
        keys_put(k, 0x1b);
    n = utf8_put(c, utf8);
    for (unsigned i = 0; i < n; i++)
        keys_put(k, utf8[i]);
}

void keyboard_poll(struct uefi *m)
{
    EFI_KEY_DATA d;

    if (!m->keyboard)
        return;
    while (m->keyboard->ReadKeyStrokeEx(m->keyboard, &d) == EFI_SUCCESS)
        put_key(&m->keys, &d);
}

void keyboard_init(struct uefi *m)
{
    EFI_GUID guid = EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID;
    void *p;

    // The firmware merges all keyboards into this one, also those plugged in later.
    if (m->table->ConsoleInHandle &&
        m->boot->HandleProtocol(m->table->ConsoleInHandle, &guid, &p) == EFI_SUCCESS)
        m->keyboard = p;
}
