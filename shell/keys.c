// SPDX-License-Identifier: MIT
// From bytes to keys.
#include "shell/keys.h"

#include "units/chars.h"

enum { SEQUENCE_MAX = 32 }; // longer ones are noise

static size_t key(struct key *out, enum key_code code, size_t used)
{
    *out = (struct key){.code = (uint8_t)code};
    return used;
}

// The number in ESC [ number ~.
static enum key_code tilde(unsigned number)
{
    static const uint8_t codes[] = {
        [1] = KEY_HOME,    [2] = KEY_INS,     [3] = KEY_DEL,      [4] = KEY_END,
        [5] = KEY_PGUP,    [6] = KEY_PGDN,    [7] = KEY_HOME,     [8] = KEY_END,
        [11] = KEY_F1,     [12] = KEY_F1 + 1, [13] = KEY_F1 + 2,  [14] = KEY_F1 + 3,
        [15] = KEY_F1 + 4, [17] = KEY_F1 + 5, [18] = KEY_F1 + 6,  [19] = KEY_F1 + 7,
        [20] = KEY_F1 + 8, [21] = KEY_F1 + 9, [23] = KEY_F1 + 10, [24] = KEY_F12,
    };

    if (number == 200 || number == 201)
        return number == 200 ? KEY_PASTE : KEY_PASTE_END;
    return number < COUNT(codes) ? codes[number] : KEY_NONE;
}

static enum key_code letter(char c)
{
    switch (c) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case 'P':
    case 'Q':
    case 'R':
    case 'S':
        return KEY_F1 + (enum key_code)(c - 'P');
    default:
        return KEY_NONE;
    }
}

// Behind ESC [: parameters 0x30-0x3F, intermediates 0x20-0x2F, one final byte. ECMA-48 5.4.
static size_t sequence(struct span b, bool more, struct key *out)
{
    unsigned number = 0;
    bool first = true;

    if (b.len > 2 && b.at[2] == '[') { // F1 .. F5 of the Linux console: ESC [ [ A
        if (b.len > 3 && b.at[3] >= 'A' && b.at[3] <= 'E')
            return key(out, KEY_F1 + (enum key_code)(b.at[3] - 'A'), 4);
        if (b.len > 3)
            return key(out, KEY_NONE, 4);
        return more ? 0 : key(out, KEY_NONE, b.len);
    }
    for (size_t i = 2; i < b.len && i < SEQUENCE_MAX; i++) {
        char c = b.at[i];

        if (c >= '0' && c <= '9' && first) {
            number = number < 1000 ? number * 10 + (unsigned)(c - '0') : number;
        } else if (c >= 0x20 && c < 0x40) {
            first = false;
        } else if (c >= 0x40 && c < 0x7F) {
            return key(out, c == '~' ? tilde(number) : letter(c), i + 1);
        } else {
            return key(out, KEY_NONE, i); // it was cut off; this byte is another key
        }
    }
    if (b.len >= SEQUENCE_MAX)
        return key(out, KEY_NONE, SEQUENCE_MAX);
    return more ? 0 : key(out, KEY_NONE, b.len);
}

static size_t escape(struct span b, bool more, struct key *out)
{
    if (b.len == 1)
        return more ? 0 : key(out, KEY_ESC, 1);
    if (b.at[1] == '[')
        return b.len == 2 && !more ? key(out, KEY_ESC, 1) : sequence(b, more, out);
    if (b.at[1] == 'O') {
        if (b.len == 2)
            return more ? 0 : key(out, KEY_ESC, 1);
        return key(out, letter(b.at[2]), 3);
    }
    return key(out, KEY_ESC, 1);
}

size_t key_load(struct span b, bool more, struct key *out)
{
    unsigned char c;
    uint32_t code;
    int n;

    if (!b.len)
        return 0;
    c = (unsigned char)b.at[0];
    if (c == 0x1B)
        return escape(b, more, out);
    if (c == '\r')
        return key(out, KEY_ENTER, b.len > 1 && b.at[1] == '\n' ? 2 : 1);
    if (c == '\n')
        return key(out, KEY_ENTER, 1);
    if (c == '\t')
        return key(out, KEY_TAB, 1);
    if (c == 0x7F || c == '\b')
        return key(out, KEY_BKSP, 1);
    if (c < 0x20) {
        size_t used = key(out, c ? KEY_CONTROL : KEY_NONE, 1);

        out->text[0] = (char)(c + '@');
        return used;
    }
    n = utf8_load(b.at, b.at + b.len, &code);
    if (n < 0 && more)
        return 0;
    *out = (struct key){.code = KEY_TEXT};
    if (n <= 0)
        n = n < 0 && b.len < sizeof out->text ? (int)b.len : 1;
    memcpy(out->text, b.at, (size_t)n);
    out->n = (uint8_t)n;
    return (size_t)n;
}

struct span key_name(const struct key *k)
{
    static const char *const names[] = {
        [KEY_ENTER] = "ENTER", [KEY_TAB] = "TAB",   [KEY_BKSP] = "BKSP", [KEY_ESC] = "ESC",
        [KEY_UP] = "UP",       [KEY_DOWN] = "DOWN", [KEY_LEFT] = "LEFT", [KEY_RIGHT] = "RIGHT",
        [KEY_HOME] = "HOME",   [KEY_END] = "END",   [KEY_PGUP] = "PGUP", [KEY_PGDN] = "PGDN",
        [KEY_INS] = "INS",     [KEY_DEL] = "DEL",   [KEY_F1] = "F1",     [KEY_F1 + 1] = "F2",
        [KEY_F1 + 2] = "F3",   [KEY_F1 + 3] = "F4", [KEY_F1 + 4] = "F5", [KEY_F1 + 5] = "F6",
        [KEY_F1 + 6] = "F7",   [KEY_F1 + 7] = "F8", [KEY_F1 + 8] = "F9", [KEY_F1 + 9] = "F10",
        [KEY_F1 + 10] = "F11", [KEY_F12] = "F12",
    };

    if (k->code == KEY_TEXT)
        return (struct span){k->text, k->n};
    if (k->code == KEY_CONTROL) {
        static const char controls[32][3] = {"^@", "^A", "^B", "^C", "^D",  "^E", "^F", "^G",
                                             "^H", "^I", "^J", "^K", "^L",  "^M", "^N", "^O",
                                             "^P", "^Q", "^R", "^S", "^T",  "^U", "^V", "^W",
                                             "^X", "^Y", "^Z", "^[", "^\\", "^]", "^^", "^_"};

        return (struct span){controls[k->text[0] & 31], 2};
    }
    return k->code < COUNT(names) && names[k->code] ? span_of(names[k->code]) : SPAN("");
}
