// SPDX-License-Identifier: MIT
// dat.proc where units change their form: make, type, size, hash; text, binary form and JSON and
// back; compressed and back.
#include "msgs/hash.h"
#include "services/dat_proc.h"
#include "services/lz4.h"
#include "services/stb.h"
#include "units/cbor.h"
#include "units/chars.h"
#include "units/heap.h"
#include "units/json.h"
#include "units/parse.h"
#include "units/print.h"

uint64_t dat_effort_text(const struct call *c)
{
    return (uint64_t)c->arg->bytes * 20;
}

// ---- make

static enum err make_list(struct call *c, const struct unit *u)
{
    struct unit *items;
    size_t n = u->n, at = 0;
    enum err e;

    switch ((enum unit_kind)u->kind) {
    case UNIT_LIST:
        c->value = *u;
        return ERR_OK;
    case UNIT_PAIR:
        return dat_list(c, UNIT_LIST, u->items, n);
    case UNIT_MAP: // entries lie as pairs do
        e = dat_array(c, n, &items);
        for (size_t i = 0; !e && i < n; i++) {
            e = unit_pair(&u->items[2 * i], &items[i]);
            heap_pause_at(i);
        }
        break;
    case UNIT_STR:
        for (n = 0; at < u->n && n <= UNIT_ITEMS_MAX; n++)
            at += dat_chars((struct span){u->s + at, u->n - at}, 1);
        at = 0;
        e = dat_array(c, n, &items);
        for (size_t i = 0; !e && i < n; i++) {
            size_t len = dat_chars((struct span){u->s + at, u->n - at}, 1);

            e = unit_str((struct span){u->s + at, len}, &items[i]);
            at += len;
            heap_pause_at(i);
        }
        break;
    case UNIT_BYTES:
        e = dat_array(c, n, &items);
        for (size_t i = 0; !e && i < n; i++)
            items[i] = unit_byte((uint8_t)u->s[i]);
        break;
    default:
        return dat_bad(c, "a list is made of a pair, map, str, bytes or list");
    }
    if (e)
        return e == ERR_TOO_BIG ? dat_too_big(c) : e;
    return dat_list(c, UNIT_LIST, items, n);
}

static enum err make_pair(struct call *c, const struct unit *u)
{
    if ((u->kind != UNIT_LIST && u->kind != UNIT_PAIR) || u->n != 2)
        return dat_bad(c, "a pair is made of a list of two");
    return dat_list(c, UNIT_PAIR, u->items, 2);
}

static enum err make_map(struct call *c, const struct unit *u)
{
    struct unit *parts;
    size_t dup = 0;
    enum err e;

    if (u->kind == UNIT_MAP) {
        c->value = *u;
        return ERR_OK;
    }
    if (u->kind != UNIT_LIST)
        return dat_bad(c, "a map is made of a list of pairs");
    parts = unit_array(c->arena, 2 * (size_t)u->n);
    if (!parts)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < u->n; i++) {
        const struct unit *x = &u->items[i];

        if ((x->kind != UNIT_PAIR && x->kind != UNIT_LIST) || x->n != 2)
            return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                            "item %u is not a pair (key value)", (unsigned long)i);
        parts[2 * i] = x->items[0];
        parts[2 * i + 1] = x->items[1];
    }
    e = unit_map(c->arena, parts, u->n, &dup, &c->value);
    if (e == ERR_SYNTAX)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                        "the key of item %u stands there twice", (unsigned long)dup);
    return e == ERR_TOO_BIG ? dat_too_big(c) : e;
}

static enum err make_bytes(struct call *c, const struct unit *u)
{
    char *bytes;
    enum err e;

    if (u->kind == UNIT_BYTES) {
        c->value = *u;
        return ERR_OK;
    }
    if (u->kind == UNIT_STR)
        return unit_bytes(unit_span(u), &c->value);
    if (u->kind != UNIT_LIST && u->kind != UNIT_PAIR)
        return dat_bad(c, "bytes are made of a str or a list of bytes");
    bytes = arena_new(c->arena, u->n);
    if (!bytes)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < u->n; i++) {
        const struct unit *x = &u->items[i];

        if ((x->kind != UNIT_BYTE && x->kind != UNIT_INT) || (x->flags & UNIT_BIG) || x->i < 0 ||
            x->i > 255)
            return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                            "item %u is not a byte", (unsigned long)i);
        bytes[i] = (char)x->i;
    }
    e = unit_bytes((struct span){bytes, u->n}, &c->value);
    return e == ERR_TOO_BIG ? dat_too_big(c) : e;
}

static enum err make_str(struct call *c, const struct unit *u)
{
    struct span text;
    size_t bad;
    enum err e;

    if (u->kind == UNIT_BYTES) {
        if (!text_is_utf8(unit_span(u), &bad))
            return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, NULL, "byte %u is not UTF-8",
                            (unsigned long)bad);
        return dat_str(c, unit_span(u), &c->value);
    }
    if (u->kind == UNIT_STR) {
        c->value = *u;
        return ERR_OK;
    }
    e = unit_print_new(c->arena, u, &text);
    return e ? e : dat_str(c, text, &c->value);
}

enum err dat_make(struct call *c)
{
    static const struct {
        const char *name;
        enum err (*make)(struct call *c, const struct unit *u);
    } makes[] = {
        {"pair", make_pair}, {"lst", make_list},    {"list", make_list},
        {"map", make_map},   {"bytes", make_bytes}, {"str", make_str},
    };
    struct span name = unit_span(&c->arg->items[0]);

    for (size_t i = 0; i < COUNT(makes); i++)
        if (span_eq(name, span_of(makes[i].name)))
            return makes[i].make(c, &c->arg->items[1]);
    return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "pair lst map str bytes",
                    "nothing makes a %S", &name);
}

// ---- type, size, hash

enum err dat_type(struct call *c)
{
    c->value = unit_word(unit_kind_name((enum unit_kind)c->arg->kind));
    return ERR_OK;
}

enum err dat_size(struct call *c)
{
    c->value = unit_int(c->arg->bytes);
    return ERR_OK;
}

enum err dat_hash(struct call *c)
{
    enum { HASH_BYTES = 32 };
    uint8_t *hash = arena_new(c->arena, HASH_BYTES);
    enum err e;

    if (!hash)
        return ERR_NO_MEMORY;
    e = unit_hash(c->plat->mem, c->arg, hash);
    return e ? e : unit_bytes((struct span){(const char *)hash, HASH_BYTES}, &c->value);
}

// ---- Text, binary form, JSON

static enum err bytes_of(struct call *c, struct span bytes)
{
    enum err e = unit_bytes(bytes, &c->value);

    return e == ERR_TOO_BIG ? dat_too_big(c) : e;
}

enum err dat_ser_str(struct call *c)
{
    struct span text;
    enum err e = unit_print_new(c->arena, c->arg, &text);

    return e ? e : dat_str(c, text, &c->value);
}

enum err dat_prs_str(struct call *c)
{
    return unit_parse(c->arena, unit_span(c->arg), &c->value, c->fail);
}

enum err dat_ser_bytes(struct call *c)
{
    struct span bytes;
    enum err e = unit_encode_new(c->arena, c->arg, &bytes);

    return e ? e : bytes_of(c, bytes);
}

enum err dat_prs_bytes(struct call *c)
{
    return unit_decode(c->arena, unit_span(c->arg), &c->value, c->fail);
}

enum err dat_ser_json(struct call *c)
{
    struct span text;
    enum err e = json_print(c->arena, c->arg, &text);

    if (e == ERR_TOO_BIG)
        return dat_too_big(c);
    return e ? e : dat_str(c, text, &c->value);
}

enum err dat_prs_json(struct call *c)
{
    return json_parse(c->arena, unit_span(c->arg), &c->value, c->fail);
}

// ---- zip: the binary form as an LZ4 frame

enum { ASIDE_BYTES = 32 << 10 }; // unpacking more takes longer than the main loop may wait

enum err dat_zip(struct call *c)
{
    struct span bytes, frame;
    enum err e = unit_encode_new(c->scratch, c->arg, &bytes);

    if (!e)
        e = lz4_pack(c->arena, c->scratch, bytes, &frame);
    return e ? e : bytes_of(c, frame);
}

// ---- gzip (RFC 1952), as vnix has it

static uint32_t crc32(struct span bytes)
{
    static const uint32_t by_half[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    uint32_t crc = 0xFFFFFFFF;

    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.at[i];
        crc = crc >> 4 ^ by_half[crc & 15];
        crc = crc >> 4 ^ by_half[crc & 15];
        if ((i & 0xFFFF) == 0xFFFF)
            heap_pause();
    }
    return ~crc;
}

static uint32_t load_le32(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;

    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool gzip_is(struct span bytes)
{
    return bytes.len >= 18 && memcmp(bytes.at, "\x1f\x8b\x08", 3) == 0;
}

// Length of the head, or 0 when it is not one.
static size_t gzip_head(struct span gz)
{
    enum { HEAD_CRC = 2, EXTRA = 4, NAME = 8, COMMENT = 16, RESERVED = 0xE0 };
    unsigned flags = (unsigned char)gz.at[3];
    size_t at = 10, end = gz.len - 8;

    if (flags & RESERVED)
        return 0;
    if (flags & EXTRA) {
        size_t n;

        if (end - at < 2)
            return 0;
        n = (size_t)(unsigned char)gz.at[at] | (size_t)(unsigned char)gz.at[at + 1] << 8;
        at += 2;
        if (n > end - at)
            return 0;
        at += n;
    }
    for (unsigned text = NAME; text <= COMMENT; text *= 2) {
        const char *zero = flags & text ? memchr(gz.at + at, 0, end - at) : NULL;

        if (!(flags & text))
            continue;
        if (!zero)
            return 0;
        at = (size_t)(zero - gz.at) + 1;
    }
    if (flags & HEAD_CRC) {
        uint32_t crc = crc32((struct span){gz.at, at});

        if (end - at < 2 || (crc & 0xFF) != (unsigned char)gz.at[at] ||
            (crc >> 8 & 0xFF) != (unsigned char)gz.at[at + 1])
            return 0;
        at += 2;
    }
    return at;
}

static enum err corrupt(struct call *c, const char *what)
{
    return fail_set(c->fail, ERR_CORRUPT, FAIL_NO_POS, c->command->info, "%s", what);
}

// A unit's text gives the unit, other text a str, other bytes bytes.
static enum err unpacked(struct call *c, struct span bytes)
{
    size_t bad;
    enum err e;

    if (!text_is_utf8(bytes, &bad))
        return bytes_of(c, bytes);
    e = unit_parse(c->arena, bytes, &c->value, NULL);
    return e && e != ERR_NO_MEMORY ? dat_str(c, bytes, &c->value) : e;
}

static enum err gunzip(struct call *c, struct span gz)
{
    size_t head = gzip_head(gz), size = load_le32(gz.at + gz.len - 4);
    struct span raw = {gz.at + head, gz.len - 8 - head}, bytes;
    enum err e;

    if (!head)
        return corrupt(c, "the head of this gzip data is damaged");
    // What the end says may be damaged, too: it is believed when all that came agrees.
    if (size > ASIDE_BYTES && !c->aside)
        return call_aside(c);
    e = stb_inflate(c->arena, raw, UNIT_TEXT_MAX_BYTES, &bytes);
    if (e == ERR_TOO_BIG)
        return dat_too_big(c);
    if ((!e && (bytes.len != size || crc32(bytes) != load_le32(gz.at + gz.len - 8))))
        e = ERR_CORRUPT; // it does not hold what its end says
    if (e == ERR_CORRUPT)
        return corrupt(c, "this gzip data is damaged");
    return e ? e : unpacked(c, bytes);
}

static enum err unframe(struct call *c, struct span frame)
{
    struct span bytes;
    size_t claim = 0;
    enum err e = lz4_claim(c->scratch, frame, &claim);

    if (!e && claim > ASIDE_BYTES && !c->aside)
        return call_aside(c);
    if (!e)
        e = lz4_unpack(c->scratch, c->scratch, frame, UNIT_TEXT_MAX_BYTES, &bytes);
    if (e == ERR_CORRUPT)
        return corrupt(c, "this compressed data is damaged");
    if (e == ERR_TOO_BIG)
        return dat_too_big(c);
    if (e)
        return e;
    e = unit_decode(c->arena, bytes, &c->value, NULL);
    if (e == ERR_SYNTAX)
        return corrupt(c, "what was compressed here is not a unit");
    return e;
}

// The bytes that a str spells in base64, read by the parser of units.
static enum err from_base64(struct call *c, struct span text, struct unit *out)
{
    char *quoted = arena_new(c->scratch, text.len + 3);
    enum err e;

    if (!quoted)
        return ERR_NO_MEMORY;
    quoted[0] = '%';
    quoted[1] = '`';
    memcpy(quoted + 2, text.at, text.len);
    quoted[text.len + 2] = '`';
    e = unit_parse(c->scratch, (struct span){quoted, text.len + 3}, out, NULL);
    return e == ERR_SYNTAX || (!e && out->kind != UNIT_BYTES)
               ? dat_bad(c, "this str is not base64 of compressed data")
               : e;
}

enum err dat_unzip(struct call *c)
{
    struct unit u = *c->arg;
    struct span bytes;
    enum err e;

    if (u.kind == UNIT_STR) {
        if (u.n > 4 * ASIDE_BYTES && !c->aside)
            return call_aside(c);
        e = from_base64(c, unit_span(&u), &u);
        if (e)
            return e;
    }
    bytes = unit_span(&u);
    if (gzip_is(bytes))
        return gunzip(c, bytes);
    if (lz4_is_frame(bytes))
        return unframe(c, bytes);
    return corrupt(c, "this is neither an LZ4 frame nor gzip data");
}
