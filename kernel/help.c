// SPDX-License-Identifier: MIT
// What every service answers from its own table: serv, help and its parts.
//
//   serv          {name info pure commands:[..]}
//   help          {name info tut:[{info com res}..] man:{cmd:{info schm res tut}..}}
//   help.name .info .tut .man    that part;  help.COMMAND  the entry of one command
//
// Of the commands each is told those that he may run.
#include "kernel/internal.h"
#include "units/parse.h"

struct list {
    struct unit *items;
    size_t n, cap;
};

static enum err add(struct arena *a, struct list *l, struct unit u)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 16;
        struct unit *items = unit_array(a, cap);

        if (!items)
            return ERR_NO_MEMORY;
        if (l->n)
            memcpy(items, l->items, l->n * sizeof *items);
        l->items = items;
        l->cap = cap;
    }
    l->items[l->n++] = u;
    return ERR_OK;
}

static enum err add_word(struct arena *a, struct list *l, const char *key, const char *text)
{
    enum err e = add(a, l, unit_word(key));

    return e ? e : add(a, l, unit_word(text));
}

// The examples of a row, each a unit of its own.
static enum err add_tut(struct arena *a, struct list *l, const struct command *c)
{
    struct span text = span_of(c->tut ? c->tut : "");
    struct parser *p;
    struct unit u;
    size_t used;
    enum err e = parser_new(a->mem, &p);

    while (!e) {
        e = parser_next(p, a, text, true, &used, &u, NULL);
        if (e)
            break;
        text.at += used;
        text.len -= used;
        u.flags &= (uint8_t)~UNIT_LIVE; // examples are shown, not run
        e = add(a, l, u);
    }
    if (p)
        parser_free(p);
    return e == ERR_NOT_FOUND ? ERR_OK : e == ERR_NO_MEMORY ? e : ERR_INTERNAL;
}

static enum err man_of(struct arena *a, const struct command *c, struct unit *out)
{
    struct list l = {0}, tut = {0}, opts = {0};
    struct unit u;
    enum err e = add_word(a, &l, "info", c->info);

    if (!e)
        e = add_word(a, &l, "schm", c->shape ? c->shape : "-");
    for (const struct option *o = c->opts; !e && o && o->name; o++)
        e = add_word(a, &opts, o->name, o->shape);
    if (!e && opts.n) {
        e = unit_map(a, opts.items, opts.n / 2, NULL, &u);
        if (!e)
            e = add(a, &l, unit_word("opts"));
        if (!e)
            e = add(a, &l, u);
    }
    if (!e)
        e = add_word(a, &l, "res", c->res ? c->res : "-");
    if (!e)
        e = add_tut(a, &tut, c);
    if (!e)
        e = unit_list(tut.items, tut.n, &u);
    if (!e)
        e = add(a, &l, unit_word("tut"));
    if (!e)
        e = add(a, &l, u);
    return e ? e : unit_map(a, l.items, l.n / 2, NULL, out);
}

static enum err all_man(struct task *t, const struct route *r, struct unit *out)
{
    const struct service *s = r->service;
    struct arena *a = &t->arena;
    struct list l = {0};
    struct unit u;
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < s->n; i++) {
        if (!rights_see(t, r, &s->commands[i]))
            continue;
        e = man_of(a, &s->commands[i], &u);
        if (!e)
            e = add(a, &l, unit_word(s->commands[i].name));
        if (!e)
            e = add(a, &l, u);
    }
    return e ? e : unit_map(a, l.items, l.n / 2, NULL, out);
}

static enum err all_tut(struct task *t, const struct route *r, struct unit *out)
{
    const struct service *s = r->service;
    struct list l = {0};
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < s->n; i++)
        if (rights_see(t, r, &s->commands[i]))
            e = add_tut(&t->arena, &l, &s->commands[i]);
    return e ? e : unit_list(l.items, l.n, out);
}

static enum err whole(struct task *t, const struct route *r, struct unit *out)
{
    const struct service *s = r->service;
    struct arena *a = &t->arena;
    struct list l = {0};
    struct unit u;
    enum err e = add_word(a, &l, "name", s->name);

    if (!e)
        e = add_word(a, &l, "info", s->info);
    if (!e)
        e = all_tut(t, r, &u);
    if (!e)
        e = add(a, &l, unit_word("tut"));
    if (!e)
        e = add(a, &l, u);
    if (!e)
        e = all_man(t, r, &u);
    if (!e)
        e = add(a, &l, unit_word("man"));
    if (!e)
        e = add(a, &l, u);
    return e ? e : unit_map(a, l.items, l.n / 2, NULL, out);
}

static enum err serv(struct task *t, const struct route *r, struct unit *out)
{
    const struct service *s = r->service;
    struct arena *a = &t->arena;
    struct list l = {0}, names = {0};
    struct unit u;
    enum err e = add_word(a, &l, "name", s->name);

    if (!e)
        e = add_word(a, &l, "info", s->info);
    if (!e)
        e = add(a, &l, unit_word("pure"));
    if (!e)
        e = add(a, &l, unit_bool(s->pure));
    for (size_t i = 0; !e && i < s->n; i++)
        if (rights_see(t, r, &s->commands[i]))
            e = add(a, &names, unit_word(s->commands[i].name));
    if (!e)
        e = unit_list(names.items, names.n, &u);
    if (!e)
        e = add(a, &l, unit_word("commands"));
    if (!e)
        e = add(a, &l, u);
    return e ? e : unit_map(a, l.items, l.n / 2, NULL, out);
}

enum err help_answer(struct task *t, const struct route *r, struct span word, bool *is,
                     struct unit *out)
{
    static const struct span prefix = {"help.", 5};
    const struct service *s = r->service;
    const struct command *c;
    struct span part;

    *is = true;
    if (span_eq(word, SPAN("serv")))
        return serv(t, r, out);
    if (span_eq(word, SPAN("help")))
        return whole(t, r, out);
    *is = false;
    if (word.len <= prefix.len || memcmp(word.at, prefix.at, prefix.len) != 0)
        return ERR_OK;
    part = (struct span){word.at + prefix.len, word.len - prefix.len};
    *is = true;
    if (span_eq(part, SPAN("name")))
        *out = unit_word(s->name);
    else if (span_eq(part, SPAN("info")))
        *out = unit_word(s->info);
    else if (span_eq(part, SPAN("tut")))
        return all_tut(t, r, out);
    else if (span_eq(part, SPAN("man")))
        return all_man(t, r, out);
    else {
        c = command_find(r, part);
        if (c && rights_see(t, r, c))
            return man_of(&t->arena, c, out);
        *is = false; // no-command, or text for the default command
    }
    return ERR_OK;
}
