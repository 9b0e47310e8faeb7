// SPDX-License-Identifier: MIT
// io.term - the terminal of the session that a message comes from.
#include "kernel/service.h"
#include "services/io_text.h"

static enum err no_term(struct call *c)
{
    return fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                    "no terminal belongs to this message");
}

static enum err say_text(struct call *c, struct span text)
{
    if (!c->term)
        return no_term(c);
    return text.len ? c->term->say(c->term->ctx, text) : ERR_OK;
}

// ---- say

enum { SAY_NL, SAY_SHRT, SAY_NICE };

static const struct option say_options[] = {
    [SAY_NL] = {"nl", "bool", READ_DEEP},
    [SAY_SHRT] = {"shrt", "nat", READ_DEEP},
    [SAY_NICE] = {"nice", "nat", READ_DEEP},
    {0},
};

// A small natural number from an option, or `none` when it is not given.
static enum err small(struct call *c, unsigned option, int64_t none, int64_t max, int64_t *out)
{
    const struct unit *u = c->opt[option];

    *out = none;
    if (!u)
        return ERR_OK;
    if ((u->flags & UNIT_BIG) || u->i > max)
        return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, NULL, "%s is at most %d",
                        c->command->opts[option].name, (long)max);
    *out = u->i;
    return ERR_OK;
}

static enum err run_say(struct call *c)
{
    struct text_form form = {0};
    int64_t shrt, nice;
    struct span text;
    enum err e = small(c, SAY_SHRT, UNIT_TEXT_MAX_BYTES, UNIT_TEXT_MAX_BYTES, &shrt);

    if (!e)
        e = small(c, SAY_NICE, -1, TEXT_INDENT_MAX, &nice);
    if (e)
        return e;
    form.most = (uint32_t)shrt;
    form.indent = (int)nice;
    form.newline = c->opt[SAY_NL] && c->opt[SAY_NL]->i;
    e = text_of(c->scratch, c->arg, &form, &text);
    if (e)
        return fail_set(c->fail, e, FAIL_NO_POS, NULL, "this is too much to say at once");
    return say_text(c, text);
}

static enum err run_say_fmt(struct call *c)
{
    static const struct text_form form = {.most = UNIT_TEXT_MAX_BYTES, .indent = -1};
    enum err e = ERR_OK;

    for (uint32_t i = 0; !e && i < c->arg->n; i++) {
        struct span text;

        e = text_of(c->scratch, &c->arg->items[i], &form, &text);
        if (!e)
            e = say_text(c, text);
    }
    return e;
}

static enum err run_nl(struct call *c)
{
    return say_text(c, SPAN("\n"));
}

static enum err run_cls(struct call *c)
{
    return c->term ? c->term->clear(c->term->ctx) : no_term(c);
}

// ---- inp

enum { INP_NL, INP_SCT, INP_LIM };

static const struct option inp_options[] = {
    [INP_NL] = {"nl", "bool", READ_DEEP},
    [INP_SCT] = {"sct", "bool", READ_DEEP},
    [INP_LIM] = {"lim", "nat", READ_DEEP},
    {0},
};

static enum err run_inp(struct call *c)
{
    struct term_line line = {0};
    int64_t max;
    enum err e = small(c, INP_LIM, 0, UNIT_TEXT_MAX_BYTES, &max);

    if (e)
        return e;
    if (!c->term)
        return no_term(c);
    line.prompt = c->arg ? unit_span(c->arg) : SPAN("");
    line.newline = c->opt[INP_NL] && c->opt[INP_NL]->i;
    line.secret = c->opt[INP_SCT] && c->opt[INP_SCT]->i;
    line.max = (uint32_t)max;
    e = c->term->line(c->term->ctx, c, &line);
    return e ? e : ERR_LATER;
}

static enum err read_key(struct call *c, bool wait)
{
    enum err e;

    if (!c->term)
        return no_term(c);
    e = c->term->key(c->term->ctx, c, wait);
    return e ? e : ERR_LATER;
}

static enum err run_key(struct call *c)
{
    return read_key(c, true);
}

static enum err run_key_async(struct call *c)
{
    return read_key(c, false);
}

// ---- get and set

// The size in characters as a pair, or `-`.
static enum err text_size(struct call *c, struct unit *out)
{
    unsigned columns, rows;
    struct unit *items;

    if (!c->term || !c->term->size(c->term->ctx, &columns, &rows)) {
        *out = unit_none();
        return ERR_OK;
    }
    items = unit_array(c->arena, 2);
    if (!items)
        return ERR_NO_MEMORY;
    items[0] = unit_int(columns);
    items[1] = unit_int(rows);
    return unit_pair(items, out);
}

static enum err all_sizes(struct call *c, struct unit *out)
{
    struct unit *items = unit_array(c->arena, 1);
    enum err e;

    if (!items)
        return ERR_NO_MEMORY;
    e = text_size(c, items);
    return e ? e : unit_list(items, items->kind != UNIT_NONE, out);
}

static enum err run_get_size(struct call *c)
{
    return text_size(c, &c->value);
}

static enum err run_get_gfx(struct call *c)
{
    c->value = unit_none(); // a missing display is `-`, never an error
    return ERR_OK;
}

static enum err run_get_all(struct call *c)
{
    return all_sizes(c, &c->value);
}

static enum err run_get_mode(struct call *c)
{
    c->value = unit_word("txt");
    return ERR_OK;
}

static enum err get_res(struct call *c, struct unit *out)
{
    struct unit *items = unit_array(c->arena, 10);
    enum err e;

    if (!items)
        return ERR_NO_MEMORY;
    items[0] = unit_word("txt");
    e = text_size(c, &items[1]);
    if (e)
        return e;
    items[2] = unit_word("gfx");
    items[3] = unit_none();
    items[4] = unit_word("min");
    items[5] = items[1];
    items[6] = unit_word("max");
    items[7] = items[1];
    items[8] = unit_word("all");
    e = all_sizes(c, &items[9]);
    return e ? e : unit_map(c->arena, items, 5, NULL, out);
}

static enum err run_get_res(struct call *c)
{
    return get_res(c, &c->value);
}

static enum err run_get(struct call *c)
{
    struct unit *items = unit_array(c->arena, 4);
    enum err e;

    if (!items)
        return ERR_NO_MEMORY;
    items[0] = unit_word("mode");
    items[1] = unit_word("txt");
    items[2] = unit_word("res");
    e = get_res(c, &items[3]);
    return e ? e : unit_map(c->arena, items, 2, NULL, &c->value);
}

static enum err not_here(struct call *c)
{
    return fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL, "this display cannot be set so");
}

static enum err run_set_mode(struct call *c)
{
    if (unit_is_text(c->arg, SPAN("txt")))
        return ERR_OK;
    if (unit_is_text(c->arg, SPAN("gfx")))
        return not_here(c);
    return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "(set.mode txt)", "a mode is txt or gfx");
}

static enum err run_set_txt(struct call *c)
{
    const struct unit *w = &c->arg->items[0], *h = &c->arg->items[1];

    if (!c->term || !c->term->resize || (w->flags | h->flags) & UNIT_BIG || w->i > 1000 ||
        h->i > 1000)
        return not_here(c);
    return c->term->resize(c->term->ctx, (unsigned)w->i, (unsigned)h->i);
}

static enum err run_set_gfx(struct call *c)
{
    static const char *const names[] = {"240p", "360p", "720p", "hd",  "1080p", "fhd",
                                        "2k",   "qhd",  "4k",   "uhd", "8k"};

    if (c->arg->kind == UNIT_STR) {
        bool known = false;

        for (size_t i = 0; i < COUNT(names); i++)
            known = known || unit_is_text(c->arg, span_of(names[i]));
        if (!known)
            return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS,
                            "(1920 1080) or 240p 360p 720p hd 1080p fhd 2k qhd 4k uhd 8k",
                            "this is no resolution");
    }
    return not_here(c);
}

static const struct command commands[] = {
    {"say", "any", run_say,
     "(say u), {say:u nl:bool shrt:n nice:n} or any unit: prints it; text as it is, the rest as "
     "units",
     "{com:(say ``)@io.term res:-}", READ_DEEP, CMD_DEFAULT, say_options, NULL},
    {"say.fmt", "items", run_say_fmt, "(say.fmt [u ..]): prints the items one behind the other",
     "{com:(say.fmt [])@io.term res:-}", READ_DEEP, 0, NULL, NULL},
    {"inp", "str", run_inp,
     "inp, (inp `prompt`), {inp:prompt nl:bool sct:bool lim:n}: the line typed, `-` at the end; "
     "sct:t makes it a secret, lim:n keeps n characters, lim:0 all",
     "{com:help.inp@io.term like:map}", READ_DEEP, CMD_BARE, inp_options, "str|secret|none"},
    {"inp.key", NULL, run_key,
     "inp.key: waits for a key: the character, or ESC UP DOWN LEFT RIGHT HOME END PGUP PGDN DEL "
     "ENTER TAB BKSP F1..F12",
     "{com:help.inp.key@io.term like:map}", READ_DEEP, 0, NULL, "str|none"},
    {"inp.key.async", NULL, run_key_async, "inp.key.async: a key that was typed, or `-`",
     "{com:help.inp.key.async@io.term like:map}", READ_DEEP, 0, NULL, "str|none"},
    {"cls", NULL, run_cls, "cls: clears the screen", "{com:help.cls@io.term like:map}", READ_DEEP,
     0, NULL, NULL},
    {"nl", NULL, run_nl, "nl: ends the line", "{com:help.nl@io.term like:map}", READ_DEEP, 0, NULL,
     NULL},
    {"get", NULL, run_get, "get: {mode res:{txt gfx min max all}}", "{com:get@io.term like:map}",
     READ_DEEP, 0, NULL, "map"},
    {"get.mode", NULL, run_get_mode, "get.mode: txt or gfx", "{com:get.mode@io.term res:txt}",
     READ_DEEP, 0, NULL, "str"},
    {"get.res", NULL, run_get_res,
     "get.res: {txt gfx min max all}, sizes as pairs, `-` when unknown",
     "{com:get.res@io.term like:map}", READ_DEEP, 0, NULL, "map"},
    {"get.res.txt", NULL, run_get_size, "get.res.txt: (columns rows)",
     "{com:get.res.txt@io.term like:`pair|none`}", READ_DEEP, 0, NULL, "pair|none"},
    {"get.res.gfx", NULL, run_get_gfx, "get.res.gfx: (width height) in pixels",
     "{com:get.res.gfx@io.term like:`pair|none`}", READ_DEEP, 0, NULL, "pair|none"},
    {"get.res.min", NULL, run_get_size, "get.res.min: the smallest size",
     "{com:get.res.min@io.term like:`pair|none`}", READ_DEEP, 0, NULL, "pair|none"},
    {"get.res.max", NULL, run_get_size, "get.res.max: the largest size",
     "{com:get.res.max@io.term like:`pair|none`}", READ_DEEP, 0, NULL, "pair|none"},
    {"get.res.all", NULL, run_get_all, "get.res.all: all sizes",
     "{com:get.res.all@io.term like:`[pair]`}", READ_DEEP, 0, NULL, "list"},
    {"set.mode", "str", run_set_mode, "(set.mode txt): the mode of the display",
     "{com:(set.mode txt)@io.term res:-}", READ_DEEP, 0, NULL, NULL},
    {"set.res.txt", "(nat nat)", run_set_txt, "(set.res.txt (80 25)): characters across and down",
     "{com:help.set.res.txt@io.term like:map}", READ_DEEP, 0, NULL, NULL},
    {"set.res.gfx", "(nat nat)|str", run_set_gfx,
     "(set.res.gfx (1920 1080)), or 720p hd 1080p fhd 4k ..: pixels across and down",
     "{com:help.set.res.gfx@io.term like:map}", READ_DEEP, 0, NULL, NULL},
};

const struct service io_term_service = {
    .name = "io.term",
    .info = "the terminal: say and ask",
    .commands = commands,
    .n = COUNT(commands),
};
