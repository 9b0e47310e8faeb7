// SPDX-License-Identifier: MIT
// dat.proc by order and equality: sort, uniq, in, find, eq, cmp.
//
// A sort makes the key of each item once: what is in order by its encoding is encoded before, so
// that comparing is comparing bytes.
#include "services/dat_proc.h"
#include "units/cbor.h"
#include "units/heap.h"

struct key {
    const struct unit *u;
    struct span form; // its encoding with sorted keys, for what is behind str in the order
    uint32_t at;      // of the item
};

static enum err make_key(struct call *c, const struct unit *u, struct key *k)
{
    k->u = u;
    k->form = (struct span){NULL, 0};
    if (u->kind <= UNIT_STR)
        return ERR_OK;
    return unit_encode_sorted(c->scratch, u, &k->form);
}

static enum err compare(struct call *c, const struct key *x, const struct key *y, int *out)
{
    if (x->u->kind > UNIT_STR && y->u->kind > UNIT_STR) {
        *out = span_cmp(x->form, y->form);
        return ERR_OK;
    }
    return unit_cmp(c->scratch, x->u, y->u, out);
}

// Two runs side by side, from[0..mid) and from[mid..n), into one.
static enum err merge(struct call *c, const struct key *from, size_t mid, size_t n, bool desc,
                      struct key *to)
{
    size_t a = 0, b = mid;
    int order;
    enum err e;

    for (size_t i = 0; i < n; i++) {
        if (a < mid && b < n) {
            e = compare(c, &from[a], &from[b], &order);
            if (e)
                return e;
            to[i] = (desc ? order >= 0 : order <= 0) ? from[a++] : from[b++];
        } else {
            to[i] = a < mid ? from[a++] : from[b++];
        }
        heap_pause_at(i);
    }
    return ERR_OK;
}

static enum err sort_keys(struct call *c, struct key *keys, struct key *spare, size_t n, bool desc,
                          const struct key **out)
{
    struct key *other;
    enum err e;

    for (size_t run = 1; run < n; run *= 2) {
        for (size_t at = 0; at < n; at += 2 * run) {
            size_t left = n - at;

            e = merge(c, &keys[at], left < run ? left : run, left < 2 * run ? left : 2 * run, desc,
                      &spare[at]);
            if (e)
                return e;
        }
        other = keys;
        keys = spare;
        spare = other;
    }
    *out = keys;
    return ERR_OK;
}

enum err dat_sort(struct call *c)
{
    const struct unit *u = c->arg, *by = c->opt[0], *part;
    bool desc = c->opt[1] && c->opt[1]->i;
    struct key *keys = arena_new(c->scratch, u->n * sizeof *keys);
    struct key *spare = arena_new(c->scratch, u->n * sizeof *spare);
    const struct key *sorted;
    struct unit *items;
    uint32_t step;
    enum err e;

    if (!keys || !spare)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < u->n; i++) {
        part = by ? dat_walk(&u->items[i], by, c->plat->mem, &step) : &u->items[i];
        if (!part)
            return fail_set(c->fail, ERR_NOT_FOUND, FAIL_NO_POS, c->command->info,
                            "item %u has nothing at this path", (unsigned long)i);
        e = make_key(c, part, &keys[i]);
        if (e)
            return e;
        keys[i].at = i;
        heap_pause_at(i);
    }
    e = sort_keys(c, keys, spare, u->n, desc, &sorted);
    if (!e)
        e = dat_array(c, u->n, &items);
    if (e)
        return e;
    for (uint32_t i = 0; i < u->n; i++)
        items[i] = u->items[sorted[i].at];
    return dat_list(c, (enum unit_kind)u->kind, items, u->n);
}

uint64_t dat_effort_sort(const struct call *c)
{
    return (uint64_t)c->arg->nodes * 500 + (uint64_t)c->arg->bytes * 10;
}

// ---- Equality

// A set of units by their hashes: slots hold the number of a result + 1.
enum err dat_uniq(struct call *c)
{
    const struct unit *u = c->arg;
    size_t slots = 16, mask, n = 0;
    uint32_t *table;
    uint64_t *hashes;
    struct unit *items;
    enum err e;

    while (slots < 2 * (size_t)u->n)
        slots *= 2;
    mask = slots - 1;
    table = arena_new(c->scratch, slots * sizeof *table);
    hashes = arena_new(c->scratch, u->n * sizeof *hashes);
    if (!table || !hashes)
        return ERR_NO_MEMORY;
    e = dat_array(c, u->n, &items);
    if (e)
        return e;
    memset(table, 0, slots * sizeof *table);
    for (uint32_t i = 0; i < u->n; i++) {
        const struct unit *x = &u->items[i];
        uint64_t hash = unit_key_hash(x, c->plat->mem);
        size_t at = hash & mask;

        while (table[at] &&
               (hashes[table[at] - 1] != hash || !unit_eq(&items[table[at] - 1], x, c->plat->mem)))
            at = (at + 1) & mask;
        if (!table[at]) {
            items[n] = *x;
            hashes[n] = hash;
            table[at] = (uint32_t)++n;
        }
        heap_pause_at(i);
    }
    return dat_list(c, UNIT_LIST, items, n);
}

// Where x is in a list or pair, or a str in a str, counted in characters; -1: nowhere.
static enum err place_of(struct call *c, int64_t *out)
{
    const struct unit *x = &c->arg->items[0], *u = &c->arg->items[1];
    size_t at = 0;

    *out = -1;
    if (u->kind == UNIT_STR) {
        if (x->kind != UNIT_STR)
            return dat_bad(c, "in a str only a str is found");
        // Both are valid UTF-8, so what is found begins with a character.
        if (x->n)
            at = dat_search(unit_span(u), 0, unit_span(x));
        if (at < u->n || !x->n)
            *out = (int64_t)dat_count_chars((struct span){u->s, at});
        return ERR_OK;
    }
    for (uint32_t i = 0; i < u->n; i++) {
        if (unit_eq(&u->items[i], x, c->plat->mem)) {
            *out = i;
            return ERR_OK;
        }
        heap_pause_at(i);
    }
    return ERR_OK;
}

enum err dat_in(struct call *c)
{
    int64_t at = -1;
    enum err e = ERR_OK;

    if (c->arg->items[1].kind == UNIT_MAP)
        at = unit_get(&c->arg->items[1], &c->arg->items[0], c->plat->mem) ? 0 : -1;
    else
        e = place_of(c, &at);
    c->value = unit_bool(at >= 0);
    return e;
}

enum err dat_find(struct call *c)
{
    int64_t at;
    enum err e = place_of(c, &at);

    c->value = at < 0 ? unit_none() : unit_int(at);
    return e;
}

enum err dat_eq(struct call *c)
{
    const struct unit *u = c->arg;
    bool equal = true;

    if (u->n < 2)
        return dat_bad(c, "nothing to compare with: wanted two units or more");
    for (uint32_t i = 1; i < u->n && equal; i++)
        equal = unit_eq(&u->items[0], &u->items[i], c->plat->mem);
    c->value = unit_bool(equal);
    return ERR_OK;
}

enum err dat_cmp(struct call *c)
{
    int order;
    enum err e = unit_cmp(c->scratch, &c->arg->items[0], &c->arg->items[1], &order);

    if (!e)
        c->value = unit_int(order < 0 ? -1 : order > 0);
    return e;
}
