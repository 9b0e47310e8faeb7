// SPDX-License-Identifier: MIT
// Maps: measures, keys that stand there twice, the key index of big ones.
#include "units/unit_in.h"

#include "units/heap.h"

static uint32_t slots_for(uint32_t n)
{
    uint32_t slots = 16;

    while (slots < 2 * n)
        slots *= 2;
    return slots;
}

static inline bool key_is(const struct unit *key, const struct unit *other, const struct mem *mem)
{
    if (key->n != other->n || key->kind != other->kind) // most differ here or in the first byte
        return false;
    if (key->kind == UNIT_STR)
        return !key->n || (*key->s == *other->s && memcmp(key->s, other->s, key->n) == 0);
    return unit_eq(key, other, mem);
}

// The key index lies right in front of the items: slots of entry number + 1, 0 for free.
static const uint32_t *index_of(const struct unit *map)
{
    return (const uint32_t *)(const void *)map->items - slots_for(map->n);
}

enum err map_index(struct arena *a, struct unit *map, size_t *dup)
{
    uint32_t n = map->n, slots = slots_for(n), mask = slots - 1;
    uint32_t *index = arena_new(a, slots * sizeof *index + 2 * (size_t)n * sizeof(struct unit));
    struct unit *items;

    if (!index)
        return ERR_NO_MEMORY;
    items = (struct unit *)(void *)(index + slots);
    memset(index, 0, slots * sizeof *index);
    memcpy(items, map->items, 2 * (size_t)n * sizeof *items);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (uint32_t)unit_key_hash(&items[2 * i], a->mem) & mask;

        heap_pause_at(i);
        for (; index[at]; at = (at + 1) & mask) {
            if (key_is(&items[2 * (index[at] - 1)], &items[2 * i], a->mem)) {
                if (dup)
                    *dup = i;
                return ERR_SYNTAX;
            }
        }
        index[at] = i + 1;
    }
    map->items = items;
    map->flags |= UNIT_INDEX;
    return ERR_OK;
}

// Does the canonical print of a unit begin with a square bracket?
static bool opens_list(const struct unit *u)
{
    while (u->kind == UNIT_STREAM)
        u = u->items;
    return u->kind == UNIT_LIST;
}

bool map_needs_blank(const struct unit *key, const struct unit *value)
{
    return key->kind == UNIT_STREAM && key->n == 2 && opens_list(value);
}

enum err unit_map(struct arena *a, const struct unit *items, size_t n, size_t *dup,
                  struct unit *out)
{
    struct sum s = {.bytes = head(n), .text = n ? 2 * n + 1 : 2};

    if (n > UNIT_ITEMS_MAX)
        return ERR_TOO_BIG;
    for (size_t i = 0; i < n; i++) {
        const struct unit *key = &items[2 * i], *value = key + 1;

        if (key->kind == UNIT_STR) { // the common case has nothing to add but lengths
            s.nodes++;
            s.bytes += key->bytes;
            s.text += key->text;
        } else {
            unsigned live = s.flags & UNIT_LIVE;

            sum_add(&s, key);
            s.flags = (s.flags & ~(unsigned)UNIT_LIVE) | live; // keys are never read
            s.text += map_needs_blank(key, value);
        }
        sum_add(&s, value);
    }
    if (n > MAP_SMALL) {
        struct unit map;
        enum err e = sum_close(&s, UNIT_MAP, items, n, &map);

        if (!e)
            e = map_index(a, &map, dup);
        if (!e)
            *out = map;
        return e;
    }
    for (size_t i = 1; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (key_is(&items[2 * j], &items[2 * i], a->mem)) {
                if (dup)
                    *dup = i;
                return ERR_SYNTAX;
            }
        }
    }
    return sum_close(&s, UNIT_MAP, items, n, out);
}

const struct unit *unit_get(const struct unit *map, const struct unit *key, const struct mem *mem)
{
    if (map->kind != UNIT_MAP)
        return NULL;
    if (map->flags & UNIT_INDEX) {
        const uint32_t *index = index_of(map);
        uint32_t mask = slots_for(map->n) - 1, at = (uint32_t)unit_key_hash(key, mem) & mask;

        for (; index[at]; at = (at + 1) & mask) {
            const struct unit *entry = &map->items[2 * (index[at] - 1)];

            if (key_is(entry, key, mem))
                return entry + 1;
        }
        return NULL;
    }
    for (uint32_t i = 0; i < map->n; i++)
        if (key_is(&map->items[2 * i], key, mem))
            return &map->items[2 * i + 1];
    return NULL;
}

const struct unit *unit_get_word(const struct unit *map, struct span key, const struct mem *mem)
{
    struct unit u = {.kind = UNIT_STR, .n = (uint32_t)key.len, .s = key.at};

    return unit_get(map, &u, mem);
}
