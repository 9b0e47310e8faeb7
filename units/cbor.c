// SPDX-License-Identifier: MIT
// Encoding of units. Lengths are known beforehand (u->bytes), so nothing here checks for room.
#include "units/cbor.h"

#include "units/heap.h"

enum { MAJOR_UNSIGNED, MAJOR_NEGATIVE, MAJOR_BYTES, MAJOR_TEXT, MAJOR_ARRAY, MAJOR_MAP };

unsigned cbor_head_bytes(uint64_t argument)
{
    return argument < 24        ? 1
           : argument < 0x100   ? 2
           : argument < 0x10000 ? 3
           : argument >> 32     ? 9
                                : 5;
}

bool cbor_big_fits(bool neg, struct span digits, uint64_t *argument)
{
    const char *top = neg ? "18446744073709551616" : "18446744073709551615";
    uint64_t v = 0;

    if (digits.len > 20 || (digits.len == 20 && memcmp(digits.at, top, 20) > 0))
        return false;
    for (size_t i = 0; i < digits.len; i++) // 2^64 becomes 0, and 2^64-1 below
        v = v * 10 + (uint64_t)(digits.at[i] - '0');
    *argument = v - neg;
    return true;
}

static inline uint8_t *put_head(unsigned major, uint64_t argument, uint8_t *out)
{
    unsigned first = major << 5, more;

    if (argument < 24) {
        *out++ = (uint8_t)(first | argument);
        return out;
    }
    more = cbor_head_bytes(argument) - 1;
    *out++ = (uint8_t)(first | (more == 1 ? 24 : more == 2 ? 25 : more == 4 ? 26 : 27));
    while (more--)
        *out++ = (uint8_t)(argument >> (8 * more));
    return out;
}

static inline uint8_t *put_tag(enum cbor_tag tag, uint8_t *out)
{
    *out++ = 0xD8;
    *out++ = (uint8_t)tag;
    return out;
}

static inline uint8_t *put_bytes(unsigned major, const char *bytes, size_t n, uint8_t *out)
{
    out = put_head(major, n, out);
    if (n)
        memcpy(out, bytes, n);
    return out + n;
}

static inline uint8_t *put_int(int64_t i, uint8_t *out)
{
    return i < 0 ? put_head(MAJOR_NEGATIVE, (uint64_t)~i, out)
                 : put_head(MAJOR_UNSIGNED, (uint64_t)i, out);
}

// The coefficient of an int or dec.
static uint8_t *put_coef(const struct unit *u, uint8_t *out)
{
    const struct unit_big *b;
    uint64_t argument;

    if (!(u->flags & UNIT_BIG))
        return put_int(u->i, out);
    b = u->big;
    if (cbor_big_fits(b->neg, (struct span){b->digits, b->n}, &argument))
        return put_head(b->neg ? MAJOR_NEGATIVE : MAJOR_UNSIGNED, argument, out);
    out = put_tag(CBOR_TAG_DIGITS, out);
    out = put_head(MAJOR_TEXT, (uint64_t)b->n + b->neg, out);
    if (b->neg)
        *out++ = '-';
    memcpy(out, b->digits, b->n);
    return out + b->n;
}

// Reorders the entries of an encoded map; see unit_encode_sorted.
struct sorter {
    struct entry {
        const uint8_t *at;
        uint32_t key_bytes, bytes;
    } * entries;
    uint8_t *body;
};

static uint8_t *sort_map(const struct sorter *s, const struct unit *map, uint8_t *body);

// Recursion is bounded by UNIT_DEPTH_MAX. @s: NULL keeps the keys in their own order.
static uint8_t *put_unit(const struct unit *u, const struct sorter *s, uint8_t *out)
{
    size_t n = u->n;
    uint8_t *body;

    switch ((enum unit_kind)u->kind) {
    case UNIT_NONE:
        *out++ = 0xF6;
        return out;
    case UNIT_BOOL:
        *out++ = u->i ? 0xF5 : 0xF4;
        return out;
    case UNIT_BYTE:
        return put_head(MAJOR_UNSIGNED, (uint64_t)u->i, put_tag(CBOR_TAG_BYTE, out));
    case UNIT_INT:
        return put_coef(u, out);
    case UNIT_DEC:
        out = put_head(MAJOR_ARRAY, 2, put_tag(CBOR_TAG_DEC, out));
        return put_coef(u, put_int(u->exp, out));
    case UNIT_STR:
        return put_bytes(MAJOR_TEXT, u->s, n, out);
    case UNIT_BYTES:
        return put_bytes(MAJOR_BYTES, u->s, n, out);
    case UNIT_SECRET:
        return put_bytes(MAJOR_TEXT, u->s, n, put_tag(CBOR_TAG_SECRET, out));
    case UNIT_REF:
        out = put_head(MAJOR_ARRAY, n, put_tag(CBOR_TAG_REF, out));
        break;
    case UNIT_STREAM:
        out = put_head(MAJOR_ARRAY, n, put_tag(CBOR_TAG_STREAM, out));
        break;
    case UNIT_PAIR:
        out = put_head(MAJOR_ARRAY, n, put_tag(CBOR_TAG_PAIR, out));
        break;
    case UNIT_LIST:
        out = put_head(MAJOR_ARRAY, n, out);
        break;
    case UNIT_MAP:
        out = put_head(MAJOR_MAP, n, out);
        n *= 2;
        break;
    case UNIT_KINDS:
        return out;
    }
    body = out;
    for (size_t i = 0; i < n; i++) {
        const struct unit *part = &u->items[i];

        heap_pause_at(i);
        // Strings and small ints are most parts by far.
        if (part->kind == UNIT_STR)
            out = put_bytes(MAJOR_TEXT, part->s, part->n, out);
        else if (part->kind == UNIT_INT && !(part->flags & UNIT_BIG))
            out = put_int(part->i, out);
        else
            out = put_unit(part, s, out);
    }
    return s && u->kind == UNIT_MAP && u->n > 1 ? sort_map(s, u, body) : out;
}

uint8_t *unit_encode(const struct unit *u, uint8_t *out)
{
    return put_unit(u, NULL, out);
}

enum err unit_encode_new(struct arena *a, const struct unit *u, struct span *out)
{
    uint8_t *bytes = arena_new(a, u->bytes);

    if (!bytes)
        return ERR_NO_MEMORY;
    (void)unit_encode(u, bytes); // its end is bytes + u->bytes by contract
    *out = (struct span){(char *)bytes, u->bytes};
    return ERR_OK;
}

// ---- The sorted form. Parts are encoded where they stand, in the map's own order; behind its last
// entry each map, inner ones first, puts its entries in order. So each byte is moved at most once a
// level, and all maps share one buffer. Their lengths are the same in both orders.

static int entry_cmp(const struct entry *x, const struct entry *y)
{
    return span_cmp((struct span){(const char *)x->at, x->key_bytes},
                    (struct span){(const char *)y->at, y->key_bytes});
}

static void sift(struct entry *e, size_t root, size_t n)
{
    struct entry moving = e[root];
    size_t child;

    while ((child = 2 * root + 1) < n) {
        if (child + 1 < n && entry_cmp(&e[child], &e[child + 1]) < 0)
            child++;
        if (entry_cmp(&moving, &e[child]) >= 0)
            break;
        e[root] = e[child];
        root = child;
    }
    e[root] = moving;
}

// Heap sort: in place, and no order of keys makes it slow. Equal keys there are none.
static void sort_entries(struct entry *e, size_t n)
{
    for (size_t i = n / 2; i--;)
        sift(e, i, n);
    for (size_t i = n - 1; i > 0; i--) {
        struct entry top = e[0];

        e[0] = e[i];
        e[i] = top;
        sift(e, 0, i);
    }
}

static uint8_t *sort_map(const struct sorter *s, const struct unit *map, uint8_t *body)
{
    uint8_t *at = body, *to = s->body;
    bool sorted = true;

    for (uint32_t i = 0; i < map->n; i++) {
        const struct unit *key = &map->items[2 * (size_t)i];
        uint32_t bytes = key[0].bytes + key[1].bytes;

        s->entries[i] = (struct entry){at, key->bytes, bytes};
        at += bytes;
        sorted = sorted && (i == 0 || entry_cmp(&s->entries[i - 1], &s->entries[i]) < 0);
    }
    if (sorted)
        return at;
    sort_entries(s->entries, map->n);
    for (uint32_t i = 0; i < map->n; i++) {
        memcpy(to, s->entries[i].at, s->entries[i].bytes);
        to += s->entries[i].bytes;
    }
    memcpy(body, s->body, (size_t)(to - s->body));
    return at;
}

// The most entries and bytes of one map inside that has two keys or more.
static void widest_map(const struct unit *u, uint32_t *entries, uint32_t *bytes)
{
    size_t n = u->kind == UNIT_MAP ? 2 * (size_t)u->n : u->n;

    if (u->kind < UNIT_STREAM || u->kind > UNIT_MAP)
        return;
    if (u->kind == UNIT_MAP && u->n > 1) {
        *entries = u->n > *entries ? u->n : *entries;
        *bytes = u->bytes > *bytes ? u->bytes : *bytes;
    }
    for (size_t i = 0; i < n; i++)
        widest_map(&u->items[i], entries, bytes);
}

bool cbor_is_sorted(const struct unit *u)
{
    uint32_t entries = 0, bytes = 0;

    widest_map(u, &entries, &bytes);
    return entries == 0;
}

enum err unit_encode_sorted(struct arena *a, const struct unit *u, struct span *out)
{
    struct sorter s;
    struct arena tmp;
    uint32_t entries = 0, bytes = 0;
    uint8_t *text;

    widest_map(u, &entries, &bytes);
    text = arena_new(a, u->bytes);
    if (!text)
        return ERR_NO_MEMORY;
    if (!entries) {
        (void)put_unit(u, NULL, text); // its end is text + u->bytes by contract
    } else {
        arena_init(&tmp, a->mem, a->limit_bytes - a->used_bytes);
        tmp.chunk_bytes = 0; // two objects, each as long as it must be
        tmp.wipe = u->flags & UNIT_HIDDEN;
        s.entries = arena_new(&tmp, entries * sizeof *s.entries);
        s.body = arena_new(&tmp, bytes);
        if (!s.entries || !s.body) {
            arena_fini(&tmp);
            return ERR_NO_MEMORY;
        }
        (void)put_unit(u, &s, text);
        arena_fini(&tmp);
    }
    *out = (struct span){(char *)text, u->bytes};
    return ERR_OK;
}
