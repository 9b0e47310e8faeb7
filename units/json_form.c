// SPDX-License-Identifier: MIT
// Which units have which form in JSON: numbers, the objects of one key, and the maps that look so.
#include "units/json_form.h"

#include "units/parse.h"
#include "units/print.h"

enum err json_number(struct arena *a, char *p, struct unit *out)
{
    bool neg = *p == '-', dec = false, exp_neg = false;
    char *digits = p += neg, *to = p;
    int64_t exp = 0, exp10 = 0;

    for (; *p && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            dec = true;
        } else {
            *to++ = *p;
            exp -= dec;
        }
    }
    if (*p) {
        dec = true;
        p++;
        exp_neg = *p == '-';
        p += *p == '-' || *p == '+';
        for (; *p; p++)
            if (exp10 < (int64_t)1 << 40) // past every limit already
                exp10 = exp10 * 10 + (*p - '0');
        exp += exp_neg ? -exp10 : exp10;
    }
    return unit_num(a, neg, (struct span){digits, (size_t)(to - digits)}, dec, exp, out);
}

// The base64 of a bytes unit, read by the parser of units, so that there is one reader of it.
static enum err read_base64(struct arena *a, struct span text, struct unit *out)
{
    char *quoted;

    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '`' || text.at[i] == '\\')
            return ERR_SYNTAX;
    quoted = arena_new(a, text.len + 3);
    if (!quoted)
        return ERR_NO_MEMORY;
    memcpy(quoted, "%`", 2);
    if (text.len)
        memcpy(quoted + 2, text.at, text.len);
    quoted[text.len + 2] = '`';
    return unit_parse(a, (struct span){quoted, text.len + 3}, out, NULL);
}

// A path, if it is written as it prints.
static enum err read_path(struct arena *a, struct arena *tmp, struct span text, struct unit *out)
{
    struct unit ref;
    struct span print;
    enum err e = unit_parse_path(a, text, &ref, NULL);

    if (e)
        return e;
    e = unit_print_new(tmp, &ref, &print);
    if (e)
        return e;
    if (!span_eq((struct span){print.at + 1, print.len - 1}, text))
        return ERR_SYNTAX;
    *out = ref;
    return ERR_OK;
}

enum err json_leaf(struct arena *a, struct arena *tmp, struct span key, const struct unit *value,
                   struct unit *out)
{
    if (span_eq(key, SPAN("0x")) && value->kind == UNIT_INT && !(value->flags & UNIT_BIG) &&
        value->i >= 0 && value->i <= 255) {
        *out = unit_byte((uint8_t)value->i);
        return ERR_OK;
    }
    if (value->kind != UNIT_STR)
        return ERR_SYNTAX;
    if (span_eq(key, SPAN("@")))
        return read_path(a, tmp, unit_span(value), out);
    if (span_eq(key, SPAN("%")))
        return read_base64(a, unit_span(value), out);
    return ERR_SYNTAX;
}

static bool is_str_where(const struct unit *u, bool (*holds)(struct span))
{
    return u->kind == UNIT_STR && holds(unit_span(u));
}

// Would the entry of a one-key map, written plainly, be read as something else? Recursion goes
// down three levels of the unit at a time.
static enum err looks_special(struct arena *tmp, const struct unit *entry, bool *out)
{
    struct span key = unit_span(&entry[0]);
    const struct unit *value = &entry[1], *items = value->items;
    bool list = value->kind == UNIT_LIST;
    struct unit leaf, map, *entries;
    enum err e;

    *out = true;
    if (span_eq(key, SPAN("secret")))
        *out = unit_is_text(value, SPAN("***"));
    else if (span_eq(key, SPAN("()")))
        *out = list && value->n == 2;
    else if (span_eq(key, SPAN("stream")))
        *out = list && (value->n == 2 || value->n == 3) &&
               is_str_where(&items[1], text_is_service) &&
               (value->n == 2 || is_str_where(&items[2], text_is_address));
    else if (!span_eq(key, SPAN("{}"))) {
        e = json_leaf(tmp, tmp, key, value, &leaf);
        *out = e == ERR_OK;
        return e == ERR_NO_MEMORY ? e : ERR_OK;
    } else {
        *out = list && value->n > 0;
        for (uint32_t i = 0; *out && i < value->n; i++)
            *out = items[i].kind == UNIT_LIST && items[i].n == 2;
        if (!*out)
            return ERR_OK;
        entries = unit_array(tmp, 2 * (size_t)value->n);
        if (!entries)
            return ERR_NO_MEMORY;
        for (uint32_t i = 0; i < value->n; i++)
            memcpy(entries + 2 * (size_t)i, items[i].items, 2 * sizeof *entries);
        e = unit_map(tmp, entries, value->n, NULL, &map);
        if (e) { // a key twice: no map is written so
            *out = false;
            return e == ERR_NO_MEMORY ? e : ERR_OK;
        }
        e = json_map_is_plain(tmp, &map, out);
        *out = !*out;
        return e;
    }
    return ERR_OK;
}

// Is this map written as an object of its own keys?
enum err json_map_is_plain(struct arena *tmp, const struct unit *map, bool *out)
{
    enum err e;

    *out = true;
    for (uint32_t i = 0; i < map->n; i++)
        if (map->items[2 * (size_t)i].kind != UNIT_STR)
            *out = false;
    if (*out && map->n == 1) {
        e = looks_special(tmp, map->items, out);
        *out = !*out;
        return e;
    }
    return ERR_OK;
}
