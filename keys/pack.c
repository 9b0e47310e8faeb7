// SPDX-License-Identifier: MIT
// Writing and strict reading of records: see the header.
#include "keys/pack.h"

#include "units/cbor.h"

// Major types of RFC 8949, in place in the first byte.
enum {
    MAJOR_INT = 0x00,
    MAJOR_NEGATIVE = 0x20,
    MAJOR_BYTES = 0x40,
    MAJOR_TEXT = 0x60,
    MAJOR_LIST = 0x80,
    MAJOR_MAP = 0xA0,
    MAJOR_TAG = 0xC0,
    FALSE = 0xF4,
    TRUE = 0xF5,
    NONE = 0xF6,
};

static void put(struct pack *p, const void *bytes, size_t n)
{
    if (p->at && n)
        memcpy(p->at + p->n, bytes, n);
    p->n += n;
}

static void put_head(struct pack *p, unsigned major, uint64_t argument)
{
    static const uint8_t info[9] = {[1] = 24, [2] = 25, [4] = 26, [8] = 27}; // by bytes behind it
    unsigned more = cbor_head_bytes(argument) - 1;
    uint8_t head[9];

    head[0] = (uint8_t)(major | (more ? info[more] : argument));
    for (unsigned i = 0; i < more; i++)
        head[1 + i] = (uint8_t)(argument >> (8 * (more - 1 - i)));
    put(p, head, 1 + more);
}

void pack_key(struct pack *p, const char *key)
{
    if (!key)
        return;
    put_head(p, MAJOR_TEXT, strlen(key));
    put(p, key, strlen(key));
}

void pack_map(struct pack *p, size_t fields)
{
    put_head(p, MAJOR_MAP, fields);
}

void pack_int(struct pack *p, const char *key, int64_t i)
{
    pack_key(p, key);
    put_head(p, i < 0 ? MAJOR_NEGATIVE : MAJOR_INT, i < 0 ? (uint64_t)~i : (uint64_t)i);
}

void pack_bool(struct pack *p, const char *key, bool b)
{
    uint8_t byte = b ? TRUE : FALSE;

    pack_key(p, key);
    put(p, &byte, 1);
}

void pack_bytes(struct pack *p, const char *key, const void *bytes, size_t n)
{
    pack_key(p, key);
    put_head(p, MAJOR_BYTES, n);
    put(p, bytes, n);
}

void pack_text(struct pack *p, const char *key, struct span text)
{
    pack_key(p, key);
    put_head(p, MAJOR_TEXT, text.len);
    put(p, text.at, text.len);
}

void pack_none(struct pack *p, const char *key)
{
    pack_key(p, key);
    put(p, &(uint8_t){NONE}, 1);
}

void pack_list(struct pack *p, const char *key, size_t n)
{
    pack_key(p, key);
    put_head(p, MAJOR_LIST, n);
}

void pack_pair(struct pack *p, const char *key)
{
    pack_key(p, key);
    put_head(p, MAJOR_TAG, CBOR_TAG_PAIR);
    put_head(p, MAJOR_LIST, 2);
}

static bool all_zero(const void *bytes, size_t n)
{
    const uint8_t *b = bytes;
    uint8_t any = 0;

    while (n--)
        any |= *b++;
    return any == 0;
}

void pack_bytes_or_none(struct pack *p, const char *key, const void *bytes, size_t n)
{
    if (all_zero(bytes, n))
        pack_none(p, key);
    else
        pack_bytes(p, key, bytes, n);
}

void pack_text_or_none(struct pack *p, const char *key, struct span text)
{
    if (text.len)
        pack_text(p, key, text);
    else
        pack_none(p, key);
}

// ---- Reading. Each step first looks whether an earlier one failed.

struct unpack unpack_start(struct span bytes, size_t base, const char *what, struct fail *f)
{
    const uint8_t *at = (const uint8_t *)(bytes.len ? bytes.at : "");

    return (struct unpack){at, at, at + bytes.len, what, base, f, ERR_OK};
}

static void bad_at(struct unpack *p, const uint8_t *at, enum err e, const char *key,
                   const char *why)
{
    if (p->e)
        return;
    p->e = e;
    (void)fail_set(p->f, e, p->base + (size_t)(at - p->start), NULL, "%s%s%s: %s", p->what,
                   key ? ", " : "", key ? key : "", why); // gives back e
}

void unpack_bad(struct unpack *p, enum err e, const char *key, const char *why)
{
    bad_at(p, p->at, e, key, why);
}

static size_t room(const struct unpack *p)
{
    return (size_t)(p->end - p->at);
}

// Argument of the next head, which must be of this major type and the shortest. 0 after an error.
static uint64_t get_head(struct unpack *p, unsigned major, const char *key, const char *why)
{
    const uint8_t *at = p->at;
    unsigned info, more;
    uint64_t argument = 0;

    if (p->e)
        return 0;
    if (room(p) == 0 || (*at & 0xE0) != major || (*at & 0x1F) > 27) {
        unpack_bad(p, ERR_SYNTAX, key, room(p) == 0 ? "the bytes end here" : why);
        return 0;
    }
    info = *at & 0x1F;
    more = info < 24 ? 0 : 1u << (info - 24);
    if (more > room(p) - 1) {
        bad_at(p, p->end, ERR_SYNTAX, key, "the bytes end here");
        return 0;
    }
    if (more == 0)
        argument = info;
    for (unsigned i = 1; i <= more; i++)
        argument = argument << 8 | at[i];
    if (cbor_head_bytes(argument) != 1 + more) {
        unpack_bad(p, ERR_SYNTAX, key, "longer than needed");
        return 0;
    }
    p->at += 1 + more;
    return argument;
}

// n bytes behind a head; NULL after an error.
static const uint8_t *get(struct unpack *p, const char *key, uint64_t n)
{
    const uint8_t *at = p->at;

    if (p->e)
        return NULL;
    if (n > room(p)) {
        bad_at(p, p->end, ERR_SYNTAX, key, "the bytes end here");
        return NULL;
    }
    p->at += n;
    return at;
}

static void get_key(struct unpack *p, const char *key)
{
    size_t n = key ? strlen(key) : 0; // short: its head is one byte
    const uint8_t *at = p->at;

    if (p->e || !key)
        return;
    if (room(p) <= n || *at != (MAJOR_TEXT | n) || memcmp(at + 1, key, n) != 0) {
        unpack_bad(p, ERR_SYNTAX, key, "this key is expected here");
        return;
    }
    p->at += 1 + n;
}

static bool get_simple(struct unpack *p, uint8_t byte)
{
    if (p->e || room(p) == 0 || *p->at != byte)
        return false;
    p->at++;
    return true;
}

void unpack_map(struct unpack *p, size_t fields)
{
    const uint8_t *at = p->at;

    if (get_head(p, MAJOR_MAP, NULL, "not a map") != fields)
        bad_at(p, at, ERR_SYNTAX, NULL, "a map with another number of keys");
}

int64_t unpack_int(struct unpack *p, const char *key, int64_t min, int64_t max)
{
    const uint8_t *at;
    uint64_t argument;
    bool neg;
    int64_t i;

    get_key(p, key);
    at = p->at;
    neg = !p->e && room(p) && (*at & 0xE0) == MAJOR_NEGATIVE;
    argument = get_head(p, neg ? MAJOR_NEGATIVE : MAJOR_INT, key, "not an int");
    i = argument > INT64_MAX ? 0 : neg ? -1 - (int64_t)argument : (int64_t)argument;
    if (argument > INT64_MAX || i < min || i > max)
        bad_at(p, at, ERR_SYNTAX, key, "out of range");
    return p->e ? 0 : i;
}

int64_t unpack_int_or_none(struct unpack *p, const char *key, int64_t none)
{
    get_key(p, key);
    if (get_simple(p, NONE))
        return none;
    return unpack_int(p, NULL, INT64_MIN + 1, INT64_MAX - 1);
}

bool unpack_bool(struct unpack *p, const char *key)
{
    get_key(p, key);
    if (get_simple(p, TRUE))
        return true;
    if (!get_simple(p, FALSE))
        unpack_bad(p, ERR_SYNTAX, key, "not a bool");
    return false;
}

void unpack_bytes(struct unpack *p, const char *key, void *out, size_t n)
{
    const uint8_t *start, *at;

    get_key(p, key);
    start = p->at;
    if (get_head(p, MAJOR_BYTES, key, "not bytes") != n)
        bad_at(p, start, ERR_SYNTAX, key, "bytes of another length");
    at = get(p, key, n);
    if (at)
        memcpy(out, at, n);
}

void unpack_bytes_or_none(struct unpack *p, const char *key, void *out, size_t n)
{
    const uint8_t *start;

    get_key(p, key);
    start = p->at;
    if (get_simple(p, NONE)) {
        memset(out, 0, n);
        return;
    }
    unpack_bytes(p, NULL, out, n);
    if (!p->e && all_zero(out, n))
        bad_at(p, start, ERR_SYNTAX, key, "zeros stand for none");
}

static struct span get_span(struct unpack *p, unsigned major, const char *key, size_t max,
                            const char *why)
{
    const uint8_t *start, *at;
    uint64_t n;

    get_key(p, key);
    start = p->at;
    n = get_head(p, major, key, why);
    if (n > max)
        bad_at(p, start, ERR_SYNTAX, key, "too long");
    at = get(p, key, n);
    return at ? (struct span){(const char *)at, (size_t)n} : (struct span){NULL, 0};
}

struct span unpack_span(struct unpack *p, const char *key, size_t max)
{
    return get_span(p, MAJOR_BYTES, key, max, "not bytes");
}

struct span unpack_text(struct unpack *p, const char *key, size_t max)
{
    return get_span(p, MAJOR_TEXT, key, max, "not a str");
}

struct span unpack_text_or_none(struct unpack *p, const char *key, size_t max)
{
    const uint8_t *start;
    struct span text;

    get_key(p, key);
    start = p->at;
    if (get_simple(p, NONE))
        return (struct span){NULL, 0};
    text = unpack_text(p, NULL, max);
    if (!p->e && !text.len)
        bad_at(p, start, ERR_SYNTAX, key, "no text stands for none");
    return text;
}

size_t unpack_list(struct unpack *p, const char *key, size_t max)
{
    const uint8_t *start;
    uint64_t n;

    get_key(p, key);
    start = p->at;
    n = get_head(p, MAJOR_LIST, key, "not a list");
    if (n > max)
        bad_at(p, start, ERR_SYNTAX, key, "too many items");
    return p->e ? 0 : (size_t)n;
}

void unpack_pair(struct unpack *p, const char *key)
{
    const uint8_t *start;

    get_key(p, key);
    start = p->at;
    if (get_head(p, MAJOR_TAG, key, "not a pair") != CBOR_TAG_PAIR ||
        get_head(p, MAJOR_LIST, key, "not a pair") != 2)
        bad_at(p, start, ERR_SYNTAX, key, "not a pair");
}

struct span unpack_rest(struct unpack *p, const char *key)
{
    struct span rest;

    get_key(p, key);
    if (p->e)
        return (struct span){NULL, 0};
    rest = (struct span){(const char *)p->at, room(p)};
    p->at = p->end;
    return rest;
}

enum err unpack_end(struct unpack *p)
{
    if (room(p) > 0)
        unpack_bad(p, ERR_SYNTAX, NULL, "something stands behind the end");
    return p->e;
}
