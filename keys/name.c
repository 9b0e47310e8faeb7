// SPDX-License-Identifier: MIT
// Keys as text: bech32m. Whatever is derived from the text may be a secret and is wiped.
#include "keys/name.h"

#include "units/arena.h"

enum {
    BECH32M_MAX = 90, // characters
    CHECK_CHARS = 6,
    DATA_CHARS = 52, // 256 bits and 4 that are zero
    REST_BITS = 4,
};
#define BECH32M_CHECK 0x2bc830a3u // what the checksum of a whole text gives

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
static const char *const prefixes[] = {
    [KEY_USER] = "tu", [KEY_NODE] = "tn", [KEY_SECRET] = "telex-secret-key-"};
static const char *const nouns[] = {
    [KEY_USER] = "user's key (tu1..)",
    [KEY_NODE] = "node's key (tn1..)",
    [KEY_SECRET] = "secret key (TELEX-SECRET-KEY-1..)",
};

// ---- The checksum of BIP-173: one step for each 5 bits

static uint32_t step(uint32_t sum, unsigned value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
    uint32_t top = sum >> 25;

    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < COUNT(generator); i++)
        sum ^= generator[i] & (0u - (top >> i & 1));
    return sum;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c + 'A' - 'a') : c;
}

static uint32_t step_prefix(struct span prefix)
{
    uint32_t sum = 1;

    for (size_t i = 0; i < prefix.len; i++)
        sum = step(sum, (unsigned)lower(prefix.at[i]) >> 5);
    sum = step(sum, 0);
    for (size_t i = 0; i < prefix.len; i++)
        sum = step(sum, (unsigned)lower(prefix.at[i]) & 31);
    return sum;
}

// ---- Printing

static void put(char *out, size_t *n, enum key_kind kind, char c)
{
    out[(*n)++] = kind == KEY_SECRET ? upper(c) : c;
}

size_t key_print(enum key_kind kind, const uint8_t key[32], char out[KEY_TEXT_MAX])
{
    struct span prefix = span_of(prefixes[kind]);
    uint32_t sum = step_prefix(prefix), bits = 0;
    unsigned have = 0;
    size_t n = 0;

    for (size_t i = 0; i < prefix.len; i++)
        put(out, &n, kind, prefix.at[i]);
    put(out, &n, kind, '1');
    for (size_t i = 0, byte = 0; i < DATA_CHARS; i++) {
        unsigned value;

        if (have < 5) {
            bits = bits << 8 | (byte < 32 ? key[byte] : 0);
            byte++;
            have += 8;
        }
        have -= 5;
        value = bits >> have & 31;
        sum = step(sum, value);
        put(out, &n, kind, alphabet[value]);
    }
    for (unsigned i = 0; i < CHECK_CHARS; i++)
        sum = step(sum, 0);
    sum ^= BECH32M_CHECK;
    for (unsigned i = 0; i < CHECK_CHARS; i++)
        put(out, &n, kind, alphabet[sum >> 5 * (CHECK_CHARS - 1 - i) & 31]);
    out[n] = 0;
    mem_wipe(&bits, sizeof bits);
    return n;
}

// ---- Parsing

// Where the human-readable part ends: at the last `1`. The length of the text if there is none.
static size_t prefix_of(struct span text)
{
    for (size_t i = text.len; i > 0; i--)
        if (text.at[i - 1] == '1')
            return i - 1;
    return text.len;
}

// Visible ASCII, and all letters of one case.
static enum err check_chars(struct span text, struct fail *f)
{
    bool low = false, high = false;

    if (text.len == 0)
        return fail_set(f, ERR_SYNTAX, 0, NULL, "no key stands here");
    if (text.len > BECH32M_MAX)
        return fail_set(f, ERR_SYNTAX, BECH32M_MAX, NULL, "too long for a key");
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c < 33 || c > 126)
            return fail_set(f, ERR_SYNTAX, i, NULL, "a character that no key has");
        low = low || (c >= 'a' && c <= 'z');
        high = high || (c >= 'A' && c <= 'Z');
        if (low && high)
            return fail_set(f, ERR_SYNTAX, i, NULL, "a key is all upper or all lower case");
    }
    return ERR_OK;
}

// The 5 bits of a character; 32 for none.
static unsigned value_of(char c)
{
    const char *at = memchr(alphabet, lower(c), sizeof alphabet - 1);

    return at ? (unsigned)(at - alphabet) : 32;
}

enum err bech32m_check(struct span text, size_t *prefix, struct fail *f)
{
    size_t n;
    uint32_t sum;
    enum err e;

    e = check_chars(text, f);
    if (e)
        return e;
    n = prefix_of(text);
    if (n == text.len)
        return fail_set(f, ERR_SYNTAX, FAIL_NO_POS, NULL, "a key has a 1 behind its first letters");
    if (n == 0)
        return fail_set(f, ERR_SYNTAX, 0, NULL, "a key has letters before its 1");
    if (text.len - n - 1 < CHECK_CHARS)
        return fail_set(f, ERR_SYNTAX, text.len, NULL, "this key is cut off");
    sum = step_prefix((struct span){text.at, n});
    for (size_t i = n + 1; i < text.len; i++) {
        unsigned value = value_of(text.at[i]);

        if (value > 31)
            return fail_set(f, ERR_SYNTAX, i, NULL, "a character that no key has");
        sum = step(sum, value);
    }
    if (sum != BECH32M_CHECK)
        return fail_set(f, ERR_SYNTAX, FAIL_NO_POS, "look for a letter that was mistyped",
                        "the checksum of this key does not hold");
    *prefix = n;
    return ERR_OK;
}

static bool is_kind(struct span prefix, enum key_kind kind)
{
    if (prefix.len != strlen(prefixes[kind]))
        return false;
    for (size_t i = 0; i < prefix.len; i++)
        if (lower(prefix.at[i]) != prefixes[kind][i])
            return false;
    return true;
}

static enum err other_kind(struct span prefix, enum key_kind want, struct fail *f)
{
    for (size_t k = 0; k < COUNT(prefixes); k++)
        if (is_kind(prefix, (enum key_kind)k))
            return fail_set(f, ERR_SYNTAX, 0, NULL, "this is a %s, wanted is a %s", nouns[k],
                            nouns[want]);
    return fail_set(f, ERR_SYNTAX, 0, NULL, "wanted is a %s", nouns[want]);
}

enum err key_parse(struct span text, enum key_kind want, uint8_t out[32], struct fail *f)
{
    struct span prefix;
    uint8_t key[32];
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    enum err e = ERR_OK;

    // What begins otherwise is another kind of key, or something else altogether.
    prefix = (struct span){text.at, text.len <= BECH32M_MAX ? prefix_of(text) : 0};
    if (prefix.len && prefix.len < text.len && !is_kind(prefix, want))
        return other_kind(prefix, want, f);
    e = bech32m_check(text, &prefix.len, f);
    if (e)
        return e;
    if (text.len - prefix.len - 1 != DATA_CHARS + CHECK_CHARS)
        return fail_set(f, ERR_SYNTAX, text.len, NULL, "this key has another length");
    for (size_t i = 0; i < DATA_CHARS; i++) {
        bits = bits << 5 | value_of(text.at[prefix.len + 1 + i]);
        have += 5;
        if (have >= 8) {
            have -= 8;
            key[n++] = (uint8_t)(bits >> have);
        }
    }
    if (bits & ((1u << REST_BITS) - 1))
        e = fail_set(f, ERR_SYNTAX, prefix.len + DATA_CHARS, NULL,
                     "this key has more bits than it should");
    else
        memcpy(out, key, sizeof key);
    mem_wipe(key, sizeof key);
    mem_wipe(&bits, sizeof bits);
    return e;
}
