// SPDX-License-Identifier: MIT
// dat.proc on lists, pairs and maps: joined, cut, grouped, turned round. Sizes are checked before
// anything is made.
#include "services/dat_proc.h"
#include "units/heap.h"

enum err dat_bad(struct call *c, const char *why)
{
    return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info, "%s", why);
}

enum err dat_too_big(struct call *c)
{
    return fail_set(c->fail, ERR_TOO_BIG, FAIL_NO_POS,
                    "at most 1000000 items, 4000000 units in all, 16 MiB of text",
                    "the result would be past the limits of a unit");
}

enum err dat_array(struct call *c, size_t n, struct unit **out)
{
    if (n > UNIT_ITEMS_MAX)
        return dat_too_big(c);
    *out = unit_array(c->arena, n);
    return *out ? ERR_OK : ERR_NO_MEMORY;
}

enum err dat_list(struct call *c, enum unit_kind kind, const struct unit *items, size_t n)
{
    enum err e = kind == UNIT_PAIR ? unit_pair(items, &c->value) : unit_list(items, n, &c->value);

    return e == ERR_TOO_BIG ? dat_too_big(c) : e;
}

enum err dat_str(struct call *c, struct span text, struct unit *out)
{
    enum err e = unit_str(text, out);

    return e == ERR_TOO_BIG ? dat_too_big(c) : e;
}

static bool is_items(const struct unit *u)
{
    return u->kind == UNIT_LIST || u->kind == UNIT_PAIR;
}

static void copy_items(struct unit *out, const struct unit *items, size_t n)
{
    if (n)
        memcpy(out, items, n * sizeof *out);
}

// The result is a part of the items: it shares them.
static enum err some(struct call *c, const struct unit *items, size_t n)
{
    return dat_list(c, UNIT_LIST, items, n);
}

// ---- cat

// str+str or bytes+bytes, n of them from the first on.
static enum err cat_text(struct call *c, const struct unit *items, size_t n, struct unit *out)
{
    uint64_t len = 0;
    char *text;
    enum err e;

    for (size_t i = 0; i < n; i++)
        len += items[i].n;
    if (len > UNIT_TEXT_MAX_BYTES)
        return dat_too_big(c);
    text = arena_new(c->arena, len);
    if (!text)
        return ERR_NO_MEMORY;
    for (size_t i = 0, at = 0; i < n; at += items[i++].n)
        if (items[i].n)
            memcpy(text + at, items[i].s, items[i].n);
    if (items[0].kind == UNIT_STR)
        return dat_str(c, (struct span){text, len}, out);
    e = unit_bytes((struct span){text, len}, out);
    return e == ERR_TOO_BIG ? dat_too_big(c) : e;
}

// As from the left: up to the first list there is one unit, behind it each item is added to it.
enum err dat_cat(struct call *c)
{
    const struct unit *u = c->arg;
    struct unit head, *items;
    size_t first = 0, n, at = 0;
    enum err e;

    if (!u->n)
        return dat_bad(c, "nothing has no sum: there is no item");
    while (first < u->n && u->items[first].kind != UNIT_LIST)
        first++;
    head = u->items[0];
    if (first > 1) {
        for (size_t i = 0; i < first; i++)
            if (u->items[i].kind != head.kind || (head.kind != UNIT_STR && head.kind != UNIT_BYTES))
                return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS,
                                "str and str, bytes and bytes, a list and anything",
                                "%s and %s do not make one unit",
                                unit_kind_name((enum unit_kind)head.kind),
                                unit_kind_name((enum unit_kind)u->items[i ? i : 1].kind));
        e = cat_text(c, u->items, first, &head);
        if (e)
            return e;
    }
    if (first == u->n) {
        c->value = head;
        return ERR_OK;
    }
    n = first > 0;
    for (size_t i = first; i < u->n && n <= UNIT_ITEMS_MAX; i++)
        n += u->items[i].kind == UNIT_LIST ? u->items[i].n : 1;
    e = dat_array(c, n, &items);
    if (e)
        return e;
    if (first)
        items[at++] = head;
    for (size_t i = first; i < u->n; i++) {
        const struct unit *x = &u->items[i];
        bool list = x->kind == UNIT_LIST;

        copy_items(&items[at], list ? x->items : x, list ? x->n : 1);
        at += list ? x->n : 1;
        heap_pause_at(i);
    }
    return dat_list(c, UNIT_LIST, items, n);
}

// ---- Pairs

// n pairs: the i-th of a[i / by % a.n] and b[i % b.n].
static enum err pairs(struct call *c, const struct unit *a, const struct unit *b, size_t by,
                      size_t n)
{
    struct unit *items, *parts;
    enum err e = dat_array(c, n, &items);

    if (e)
        return e;
    parts = unit_array(c->arena, 2 * n);
    if (!parts)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        parts[2 * i] = a->items[i / by % a->n];
        parts[2 * i + 1] = b->items[i % b->n];
        e = unit_pair(&parts[2 * i], &items[i]);
        if (e)
            return e == ERR_TOO_BIG ? dat_too_big(c) : e;
        heap_pause_at(i);
    }
    return dat_list(c, UNIT_LIST, items, n);
}

// Would n items that come from u, each of it equally often, be past the limits?
static bool is_past(const struct unit *u, uint64_t times)
{
    return times > UNIT_NODES_MAX || times * u->nodes > UNIT_NODES_MAX ||
           times * u->bytes > (uint64_t)UNIT_TEXT_MAX_BYTES * 2;
}

enum err dat_cat_zip(struct call *c)
{
    const struct unit *a = &c->arg->items[0], *b = &c->arg->items[1];
    size_t n = a->n > b->n ? a->n : b->n;

    if (!a->n || !b->n)
        return some(c, NULL, 0);
    // Whole rounds are counted, and one that is not whole as none.
    if (is_past(a, n / a->n) || is_past(b, n / b->n))
        return dat_too_big(c);
    return pairs(c, a, b, 1, n);
}

enum err dat_prod(struct call *c)
{
    const struct unit *a = &c->arg->items[0], *b = &c->arg->items[1];

    if (!a->n || !b->n)
        return some(c, NULL, 0);
    if ((uint64_t)a->n * b->n > UNIT_ITEMS_MAX || is_past(a, b->n) || is_past(b, a->n))
        return dat_too_big(c);
    return pairs(c, a, b, b->n, (size_t)a->n * b->n);
}

uint64_t dat_effort_prod(const struct call *c)
{
    const struct unit *a = &c->arg->items[0], *b = &c->arg->items[1];
    uint64_t n = (uint64_t)a->n * b->n;

    return n > UNIT_ITEMS_MAX ? 0 : n * 60; // past the limit it is refused
}

enum err dat_split_uz(struct call *c)
{
    size_t n = c->arg->n;
    struct unit *a, *both;
    enum err e = dat_array(c, n, &a);

    if (e)
        return e;
    both = unit_array(c->arena, n + 2);
    if (!both)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        a[i] = c->arg->items[i].items[0];
        both[2 + i] = c->arg->items[i].items[1];
        heap_pause_at(i);
    }
    e = unit_list(a, n, &both[0]);
    if (!e)
        e = unit_list(both + 2, n, &both[1]);
    return e ? e : dat_list(c, UNIT_PAIR, both, 2);
}

enum err dat_enum(struct call *c)
{
    size_t n = c->arg->n;
    struct unit *items, *parts;
    enum err e = dat_array(c, n, &items);

    if (e)
        return e;
    parts = unit_array(c->arena, 2 * n);
    if (!parts)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        parts[2 * i] = unit_int((int64_t)i);
        parts[2 * i + 1] = c->arg->items[i];
        e = unit_pair(&parts[2 * i], &items[i]);
        if (e)
            return e == ERR_TOO_BIG ? dat_too_big(c) : e;
        heap_pause_at(i);
    }
    return dat_list(c, UNIT_LIST, items, n);
}

// ---- Copies

enum err dat_dup(struct call *c)
{
    const struct unit *u = &c->arg->items[1];
    size_t n = dat_count(&c->arg->items[0]);
    struct unit *items;
    enum err e;

    if (n > UNIT_ITEMS_MAX || (uint64_t)n * u->nodes >= UNIT_NODES_MAX ||
        (uint64_t)n * u->bytes > UNIT_TEXT_MAX_BYTES || (uint64_t)n * u->text > UNIT_TEXT_MAX_BYTES)
        return dat_too_big(c);
    e = dat_array(c, n, &items);
    for (size_t i = 0; !e && i < n; i++) {
        items[i] = *u;
        heap_pause_at(i);
    }
    return e ? e : dat_list(c, UNIT_LIST, items, n);
}

uint64_t dat_effort_times(const struct call *c)
{
    return (uint64_t)dat_count(&c->arg->items[0]) * 8;
}

enum err dat_rev(struct call *c)
{
    size_t n = c->arg->n;
    struct unit *items;
    enum err e = dat_array(c, n, &items);

    for (size_t i = 0; !e && i < n; i++) {
        items[i] = c->arg->items[n - 1 - i];
        heap_pause_at(i);
    }
    return e ? e : dat_list(c, (enum unit_kind)c->arg->kind, items, n);
}

// ---- Maps

static enum err of_map(struct call *c, size_t which)
{
    size_t n = c->arg->n;
    struct unit *items;
    enum err e = dat_array(c, n, &items);

    for (size_t i = 0; !e && i < n; i++)
        items[i] = c->arg->items[2 * i + which];
    return e ? e : dat_list(c, UNIT_LIST, items, n);
}

enum err dat_keys(struct call *c)
{
    return of_map(c, 0);
}

enum err dat_vals(struct call *c)
{
    return of_map(c, 1);
}

// ---- Parts

static enum err nothing_in(struct call *c)
{
    return fail_set(c->fail, ERR_NOT_FOUND, FAIL_NO_POS, NULL, "the %s is empty",
                    unit_kind_name((enum unit_kind)c->arg->kind));
}

enum err dat_fst(struct call *c)
{
    struct span text = unit_span(c->arg);

    if (!c->arg->n)
        return nothing_in(c);
    if (c->arg->kind == UNIT_STR)
        return dat_str(c, (struct span){text.at, dat_chars(text, 1)}, &c->value);
    c->value = c->arg->items[0];
    return ERR_OK;
}

enum err dat_last(struct call *c)
{
    size_t at = c->arg->n;

    if (!at--)
        return nothing_in(c);
    if (c->arg->kind != UNIT_STR) {
        c->value = c->arg->items[at];
        return ERR_OK;
    }
    while (((unsigned char)c->arg->s[at] & 0xC0) == 0x80)
        at--;
    return dat_str(c, (struct span){c->arg->s + at, c->arg->n - at}, &c->value);
}

// The parts of a unit before (from = false) or behind place n.
static enum err slice(struct call *c, bool behind)
{
    const struct unit *u = &c->arg->items[1];
    size_t n = dat_count(&c->arg->items[0]), len = u->n, from;

    if (u->kind == UNIT_STR)
        n = dat_chars(unit_span(u),
                      c->arg->items[0].flags & UNIT_BIG ? len : (size_t)c->arg->items[0].i);
    else if (u->kind == UNIT_BYTES && n > UNIT_ITEMS_MAX)
        n = c->arg->items[0].flags & UNIT_BIG ? len : (size_t)c->arg->items[0].i;
    n = n < len ? n : len;
    from = behind ? n : 0;
    len = behind ? len - n : n;
    if (u->kind == UNIT_STR)
        return dat_str(c, (struct span){u->s + from, len}, &c->value);
    if (u->kind == UNIT_BYTES)
        return unit_bytes((struct span){u->s + from, len}, &c->value);
    return some(c, u->items + from, len);
}

enum err dat_take(struct call *c)
{
    return slice(c, false);
}

enum err dat_cut(struct call *c)
{
    return slice(c, true);
}

enum err dat_grp(struct call *c)
{
    const struct unit *u = &c->arg->items[1];
    size_t by = dat_count(&c->arg->items[0]), n;
    struct unit *items;
    enum err e;

    if (!by || u->n % by)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                        by ? "%u items do not make whole groups of %u" : "no group has 0 items",
                        (unsigned long)u->n, (unsigned long)by);
    n = u->n / by;
    e = dat_array(c, n, &items);
    for (size_t i = 0; !e && i < n; i++) {
        const struct unit *part = &u->items[i * by];

        e = by == 2 ? unit_pair(part, &items[i]) : unit_list(part, by, &items[i]);
        heap_pause_at(i);
    }
    if (e)
        return e == ERR_TOO_BIG ? dat_too_big(c) : e;
    return dat_list(c, UNIT_LIST, items, n);
}

enum err dat_flat(struct call *c)
{
    const struct unit *u = c->arg;
    size_t n = 0, at = 0;
    struct unit *items;
    enum err e;

    for (size_t i = 0; i < u->n && n <= UNIT_ITEMS_MAX; i++)
        n += is_items(&u->items[i]) ? u->items[i].n : 1;
    e = dat_array(c, n, &items);
    for (size_t i = 0; !e && i < u->n; i++) {
        const struct unit *x = &u->items[i];
        bool inner = is_items(x);

        copy_items(&items[at], inner ? x->items : x, inner ? x->n : 1);
        at += inner ? x->n : 1;
        heap_pause_at(i);
    }
    return e ? e : dat_list(c, UNIT_LIST, items, n);
}
