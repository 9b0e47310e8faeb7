// SPDX-License-Identifier: MIT
// dat.proc on str: characters are Unicode scalars, texts are cut between them.
#define _GNU_SOURCE // memmem, whose time grows with the sum of both lengths, not their product
#include "services/dat_proc.h"
#include "units/chars.h"
#include "units/heap.h"
#include "units/parse.h"
#include "units/print.h"

// Length of the character that begins with this byte; the text is valid UTF-8.
static size_t char_bytes(char first)
{
    unsigned char b = (unsigned char)first;

    return b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

size_t dat_chars(struct span text, size_t n)
{
    size_t at = 0;

    for (; n && at < text.len; n--)
        at += char_bytes(text.at[at]);
    return at;
}

size_t dat_count_chars(struct span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    return n;
}

size_t dat_search(struct span text, size_t at, struct span what)
{
    const char *p = memmem(text.at + at, text.len - at, what.at, what.len);

    return p ? (size_t)(p - text.at) : text.len;
}

enum err dat_len(struct call *c)
{
    const struct unit *u = c->arg;

    c->value = unit_int((int64_t)(u->kind == UNIT_STR ? dat_count_chars(unit_span(u)) : u->n));
    return ERR_OK;
}

// ---- split and join

static enum err split_chars(struct call *c, struct span text)
{
    size_t n = dat_count_chars(text), at = 0;
    struct unit *items;
    enum err e = dat_array(c, n, &items);

    for (size_t i = 0; !e && i < n; i++) {
        size_t len = char_bytes(text.at[at]);

        e = unit_str((struct span){text.at + at, len}, &items[i]);
        at += len;
        heap_pause_at(i);
    }
    return e ? e : dat_list(c, UNIT_LIST, items, n);
}

enum err dat_split(struct call *c)
{
    struct span text = unit_span(&c->arg->items[0]), by = unit_span(&c->arg->items[1]);
    size_t n = 1, at = 0;
    struct unit *items;
    enum err e;

    if (!by.len)
        return split_chars(c, text);
    for (size_t i = dat_search(text, 0, by); i < text.len; i = dat_search(text, i + by.len, by))
        n++;
    e = dat_array(c, n, &items);
    for (size_t i = 0; !e && i < n; i++) {
        size_t end = dat_search(text, at, by);

        e = unit_str((struct span){text.at + at, end - at}, &items[i]);
        at = end + by.len;
        heap_pause_at(i);
    }
    return e ? e : dat_list(c, UNIT_LIST, items, n);
}

// What stands for an item in a text: a str is itself, all else its canonical print.
static size_t plain_bytes(const struct unit *u)
{
    return u->kind == UNIT_STR ? u->n : u->text;
}

static char *put_plain(const struct unit *u, char *at)
{
    if (u->kind != UNIT_STR)
        return unit_print(u, at);
    if (u->n)
        memcpy(at, u->s, u->n);
    return at + u->n;
}

enum err dat_join(struct call *c)
{
    const struct unit *list = &c->arg->items[0];
    struct span by = unit_span(&c->arg->items[1]);
    uint64_t len = 0;
    char *text, *at;

    for (size_t i = 0; i < list->n; i++)
        len += plain_bytes(&list->items[i]) + (i ? by.len : 0);
    if (len > UNIT_TEXT_MAX_BYTES)
        return dat_too_big(c);
    text = at = arena_new(c->arena, len);
    if (!text)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < list->n; i++) {
        if (i && by.len) {
            memcpy(at, by.at, by.len);
            at += by.len;
        }
        at = put_plain(&list->items[i], at);
        heap_pause_at(i);
    }
    return dat_str(c, (struct span){text, len}, &c->value);
}

// ---- rep

static enum err rep_text(struct call *c, struct span text, struct span from, struct span to)
{
    uint64_t len = text.len;
    size_t n = 0, at = 0;
    char *out, *p;

    if (!from.len)
        return dat_bad(c, "an empty text stands everywhere and cannot be replaced");
    for (size_t i = dat_search(text, 0, from); i < text.len;
         i = dat_search(text, i + from.len, from))
        n++;
    len = len - n * from.len + n * to.len;
    if (len > UNIT_TEXT_MAX_BYTES)
        return dat_too_big(c);
    out = p = arena_new(c->arena, len);
    if (!out)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i <= n; i++) {
        size_t end = dat_search(text, at, from);

        if (end > at)
            memcpy(p, text.at + at, end - at);
        p += end - at;
        if (i < n && to.len) {
            memcpy(p, to.at, to.len);
            p += to.len;
        }
        at = end + from.len;
        heap_pause_at(i);
    }
    return dat_str(c, (struct span){out, len}, &c->value);
}

static enum err rep_items(struct call *c, const struct unit *u, const struct unit *from,
                          const struct unit *to)
{
    uint64_t nodes = 0;
    struct unit *items;
    enum err e = dat_array(c, u->n, &items);

    for (size_t i = 0; !e && i < u->n; i++) {
        items[i] = unit_eq(&u->items[i], from, c->plat->mem) ? *to : u->items[i];
        nodes += items[i].nodes;
        if (nodes > UNIT_NODES_MAX)
            return dat_too_big(c);
        heap_pause_at(i);
    }
    return e ? e : dat_list(c, (enum unit_kind)u->kind, items, u->n);
}

enum err dat_rep(struct call *c)
{
    const struct unit *arg = c->arg, *from, *to, *u;

    if (arg->kind == UNIT_PAIR && arg->items[0].kind == UNIT_PAIR) {
        from = &arg->items[0].items[0];
        to = &arg->items[0].items[1];
        u = &arg->items[1];
    } else if (arg->kind == UNIT_LIST && arg->n == 3) {
        from = &arg->items[0];
        to = &arg->items[1];
        u = &arg->items[2];
    } else {
        return dat_bad(c, "wanted ((from to) u) or [from to u]");
    }
    if (u->kind == UNIT_LIST || u->kind == UNIT_PAIR)
        return rep_items(c, u, from, to);
    if (u->kind != UNIT_STR || from->kind != UNIT_STR || to->kind != UNIT_STR)
        return dat_bad(c, "in a str only a str is replaced, by a str");
    return rep_text(c, unit_span(u), unit_span(from), unit_span(to));
}

// ---- Case

struct fold {
    uint32_t first, last, step;
    int32_t add;
};

static const struct fold upper[] = {
#define UP(first, last, step, add) {first, last, step, add},
#define LOW(first, last, step, add)
#include "services/dat_case.def"
#undef UP
#undef LOW
};

static const struct fold lower[] = {
#define UP(first, last, step, add)
#define LOW(first, last, step, add) {first, last, step, add},
#include "services/dat_case.def"
#undef UP
#undef LOW
};

static uint32_t folded(uint32_t code, const struct fold *folds, size_t n)
{
    size_t low = 0, high = n;

    while (low < high) { // the first row that does not end before
        size_t mid = (low + high) / 2;

        if (folds[mid].last < code)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == n || code < folds[low].first || (code - folds[low].first) % folds[low].step)
        return code;
    return (uint32_t)((int64_t)code + folds[low].add);
}

static enum err change_case(struct call *c, char from, const struct fold *folds, size_t n)
{
    struct span text = unit_span(c->arg);
    const char *p = text.at, *end = p + text.len;
    // A character grows by one byte at the most: all with two become three where they do.
    char *out = arena_new(c->arena, text.len + text.len / 2), *at = out;

    if (!out)
        return ERR_NO_MEMORY;
    for (size_t i = 0; p < end; i++) {
        uint32_t code;
        int len;

        if (!((unsigned char)*p & 0x80)) {
            bool other = *p >= from && *p <= from + 25;

            *at++ = (char)(other ? *p ^ 0x20 : *p);
            p++;
            continue;
        }
        len = utf8_load(p, end, &code);
        if (len <= 0)
            return ERR_INTERNAL; // a str is valid UTF-8
        at += utf8_store(folded(code, folds, n), at);
        p += len;
        heap_pause_at(i);
    }
    return dat_str(c, (struct span){out, (size_t)(at - out)}, &c->value);
}

enum err dat_up(struct call *c)
{
    return change_case(c, 'a', upper, COUNT(upper));
}

enum err dat_low(struct call *c)
{
    return change_case(c, 'A', lower, COUNT(lower));
}

// ---- trim and num

static struct span trimmed(struct span text)
{
    while (text.len && (char_class_of(text.at[0]) & CHAR_BLANK)) {
        text.at++;
        text.len--;
    }
    while (text.len && (char_class_of(text.at[text.len - 1]) & CHAR_BLANK))
        text.len--;
    return text;
}

enum err dat_trim(struct call *c)
{
    return dat_str(c, trimmed(unit_span(c->arg)), &c->value);
}

enum err dat_num(struct call *c)
{
    struct span text;
    bool dec;
    enum err e;

    if (c->arg->kind == UNIT_BYTE) {
        c->value = unit_int(c->arg->i);
        return ERR_OK;
    }
    if (c->arg->kind != UNIT_STR) {
        c->value = *c->arg;
        return ERR_OK;
    }
    text = trimmed(unit_span(c->arg));
    if (!text_is_number(text, &dec))
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info, "%S is not a number",
                        &text);
    e = unit_parse(c->arena, text, &c->value, c->fail);
    return e == ERR_SYNTAX ? ERR_BAD_ARG : e;
}
