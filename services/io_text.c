// SPDX-License-Identifier: MIT
// How a value looks when it is said. Each text is made twice by the same code: measured first,
// then written.
#include "services/io_text.h"

#include "units/print.h"

struct put {
    char *out; // NULL: only measure
    uint64_t n;
};

static void put(struct put *p, const char *text, size_t n)
{
    if (p->out)
        memcpy(p->out + p->n, text, n);
    p->n += n;
}

static void put_break(struct put *p, const struct text_form *form, unsigned level)
{
    static const char blanks[TEXT_INDENT_MAX + 1] = "                ";

    if (form->indent < 0) {
        put(p, " ", 1);
        return;
    }
    put(p, "\n", 1);
    for (unsigned i = 0; i < level && form->indent; i++)
        put(p, blanks, (size_t)form->indent);
}

// The first `most` characters, and whether that is not all.
static struct span cut(struct span text, uint32_t most, bool *is_cut)
{
    size_t at = 0;
    uint32_t n = 0;

    for (; at < text.len; at++) {
        if (((unsigned char)text.at[at] & 0xC0) != 0x80 && n++ == most)
            break;
    }
    *is_cut = at < text.len;
    return (struct span){text.at, at};
}

static enum err put_leaf(struct arena *a, struct put *p, const struct unit *u,
                         const struct text_form *form)
{
    struct unit shrt = *u;
    struct span print;
    bool is_cut = false;
    enum err e;

    if (u->kind == UNIT_STR && u->n > form->most) {
        struct span text = cut(unit_span(u), form->most, &is_cut);
        char *copy = arena_new(a, text.len + 2);

        if (!copy)
            return ERR_NO_MEMORY;
        memcpy(copy, text.at, text.len);
        memcpy(copy + text.len, "..", 2);
        if (is_cut) {
            e = unit_str((struct span){copy, text.len + 2}, &shrt);
            if (e)
                return e;
        }
    }
    if (p->out) {
        p->n = (uint64_t)(unit_print(&shrt, p->out + p->n) - p->out);
        return ERR_OK;
    }
    print.len = shrt.text;
    p->n += print.len;
    return ERR_OK;
}

// Recursion is bounded by UNIT_DEPTH_MAX.
static enum err put_unit(struct arena *a, struct put *p, const struct unit *u,
                         const struct text_form *form, unsigned level)
{
    const char *brackets = u->kind == UNIT_PAIR ? "()" : u->kind == UNIT_LIST ? "[]" : "{}";
    uint32_t n = u->n, shown = n < form->most ? n : form->most;
    bool spread = form->indent >= 0 && n > 0;
    enum err e = ERR_OK;

    if (u->kind != UNIT_PAIR && u->kind != UNIT_LIST && u->kind != UNIT_MAP)
        return put_leaf(a, p, u, form);
    put(p, brackets, 1);
    for (uint32_t i = 0; !e && i < shown; i++) {
        const struct unit *part = &u->items[u->kind == UNIT_MAP ? 2 * i : i];

        if (i || spread)
            put_break(p, form, level + 1);
        e = put_unit(a, p, part, form, level + 1);
        if (!e && u->kind == UNIT_MAP) {
            put(p, ":", 1);
            if (map_needs_blank(part, part + 1))
                put(p, " ", 1);
            e = put_unit(a, p, part + 1, form, level + 1);
        }
        if (p->n > UNIT_TEXT_MAX_BYTES)
            return ERR_TOO_BIG;
    }
    if (shown < n) {
        if (shown || spread)
            put_break(p, form, level + 1);
        put(p, "..", 2);
    }
    if (spread)
        put_break(p, form, level);
    put(p, brackets + 1, 1);
    return e;
}

static enum err put_all(struct arena *a, struct put *p, const struct unit *u,
                        const struct text_form *form)
{
    bool is_cut = false;
    enum err e = ERR_OK;

    if (u->kind == UNIT_STR) {
        struct span text = cut(unit_span(u), form->most, &is_cut);

        put(p, text.at, text.len);
        if (is_cut)
            put(p, "..", 2);
    } else if (u->kind != UNIT_NONE) {
        e = put_unit(a, p, u, form, 0);
    }
    if (form->newline)
        put(p, "\n", 1);
    return e;
}

enum err text_of(struct arena *a, const struct unit *u, const struct text_form *form,
                 struct span *out)
{
    struct put p = {0};
    char *text;
    enum err e = put_all(a, &p, u, form);

    if (e)
        return e;
    if (p.n > UNIT_TEXT_MAX_BYTES)
        return ERR_TOO_BIG;
    text = arena_new(a, (size_t)p.n + 1);
    if (!text)
        return ERR_NO_MEMORY;
    p = (struct put){.out = text};
    e = put_all(a, &p, u, form);
    if (!e)
        *out = (struct span){text, (size_t)p.n};
    return e;
}
