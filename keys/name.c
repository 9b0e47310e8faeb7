// SPDX-License-Identifier: MIT
// bech32m (BIP-350): 5 bits a character, and a checksum of 30 bits over part and data.
#include "keys/name.h"

#include "units/arena.h"

enum { DATA_N = 52, SUM_N = 6, BECH32M = 0x2BC830A3 };

static const char letters[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
static const char *const parts[] = {"tu", "tn", "telex-secret-key-"};

static uint32_t step(uint32_t sum, uint8_t value)
{
    static const uint32_t gen[] = {0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3};
    uint32_t top = sum >> 25;

    sum = (sum & 0x1FFFFFF) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        sum ^= (top >> i & 1) ? gen[i] : 0;
    return sum;
}

static uint32_t sum_of(const char *part, const uint8_t *data, size_t n)
{
    uint32_t sum = 1;

    for (const char *c = part; *c; c++)
        sum = step(sum, (uint8_t)(*c >> 5));
    sum = step(sum, 0);
    for (const char *c = part; *c; c++)
        sum = step(sum, *c & 31);
    for (size_t i = 0; i < n; i++)
        sum = step(sum, data[i]);
    return sum;
}

size_t key_print(enum key_kind kind, const uint8_t key[32], char out[KEY_TEXT_MAX])
{
    const char *part = parts[kind];
    uint8_t data[DATA_N + SUM_N] = {0};
    size_t n = strlen(part);
    uint32_t sum;

    for (unsigned bit = 0; bit < 256; bit++)
        if (key[bit / 8] >> (7 - bit % 8) & 1)
            data[bit / 5] |= (uint8_t)(16 >> bit % 5);
    sum = sum_of(part, data, sizeof data) ^ BECH32M;
    for (unsigned i = 0; i < SUM_N; i++)
        data[DATA_N + i] = sum >> (5 * (SUM_N - 1 - i)) & 31;
    memcpy(out, part, n);
    out[n++] = '1';
    for (unsigned i = 0; i < sizeof data; i++)
        out[n++] = letters[data[i]];
    out[n] = 0;
    for (size_t i = 0; kind == KEY_SECRET && i < n; i++)
        out[i] = out[i] >= 'a' && out[i] <= 'z' ? (char)(out[i] - 'a' + 'A') : out[i];
    mem_wipe(data, sizeof data);
    return n;
}

static enum err wrong(struct fail *f, size_t pos, const char *why)
{
    return fail_set(f, ERR_SYNTAX, pos, "a key is tu1.., tn1.. or TELEX-SECRET-KEY-1..", "%s", why);
}

enum err key_parse(struct span text, enum key_kind want, uint8_t out[32], struct fail *f)
{
    const char *part = parts[want];
    size_t n = strlen(part);
    uint8_t data[DATA_N + SUM_N], key[32] = {0};
    bool upper = false, lower = false;
    enum err e = ERR_OK;

    if (text.len != n + 1 + sizeof data)
        return wrong(f, FAIL_NO_POS, "a key of this kind has another length");
    for (size_t i = 0; !e && i < text.len; i++) {
        char c = text.at[i];
        const char *at;

        upper = upper || (c >= 'A' && c <= 'Z');
        lower = lower || (c >= 'a' && c <= 'z');
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (i <= n) {
            if (c != (i < n ? part[i] : '1'))
                e = wrong(f, i, "this is no key of this kind");
            continue;
        }
        at = c ? memchr(letters, c, sizeof letters - 1) : NULL;
        if (at)
            data[i - n - 1] = (uint8_t)(at - letters);
        else
            e = wrong(f, i, "this character stands in no key");
    }
    if (!e && upper && lower)
        e = wrong(f, FAIL_NO_POS, "a key is all upper or all lower case");
    if (!e && sum_of(part, data, sizeof data) != BECH32M)
        e = wrong(f, FAIL_NO_POS, "the checksum does not hold: a character is wrong");
    if (!e && (data[DATA_N - 1] & 15))
        e = wrong(f, FAIL_NO_POS, "the last bits are not zero");
    for (unsigned bit = 0; bit < 256; bit++)
        if (!e && (data[bit / 5] & (16 >> bit % 5)))
            key[bit / 8] |= (uint8_t)(128 >> bit % 8);
    if (!e)
        memcpy(out, key, sizeof key);
    mem_wipe(data, sizeof data);
    mem_wipe(key, sizeof key);
    return e;
}
