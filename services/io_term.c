// SPDX-License-Identifier: MIT
// io.term - the terminal of the session that a message comes from.
#include "kernel/service.h"
#include "services/io_text.h"
#include "services/io_video.h"

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

// One message typed at a prompt, as data.
static enum err run_message(struct call *c)
{
    enum err e;

    if (!c->term || !c->term->message)
        return no_term(c);
    e = c->term->message(c->term->ctx, c, c->arg ? unit_span(c->arg) : SPAN("λ "));
    return e ? e : ERR_LATER;
}

// ---- get and set
//
// Where pictures can be shown, sizes (min, max, all) are in pixels, else in characters.

enum { MODES_MAX = 64 };

static enum err size_unit(struct call *c, unsigned w, unsigned h, struct unit *out)
{
    struct unit *items = unit_array(c->arena, 2);

    if (!items)
        return ERR_NO_MEMORY;
    items[0] = unit_int(w);
    items[1] = unit_int(h);
    return unit_pair(items, out);
}

static bool gfx_is(const struct call *c, unsigned *w, unsigned *h)
{
    return c->term && c->term->pixels && c->term->pixels(c->term->ctx, w, h);
}

// The size in characters as a pair, or `-`.
static enum err txt_size(struct call *c, struct unit *out)
{
    unsigned columns, rows;

    *out = unit_none();
    if (!c->term || !c->term->size(c->term->ctx, &columns, &rows))
        return ERR_OK;
    return size_unit(c, columns, rows, out);
}

// The same in pixels.
static enum err gfx_size(struct call *c, struct unit *out)
{
    unsigned w, h;

    *out = unit_none();
    return gfx_is(c, &w, &h) ? size_unit(c, w, h, out) : ERR_OK;
}

static enum err all_sizes(struct call *c, struct unit *out)
{
    unsigned modes[MODES_MAX][2], w, h;
    struct unit *items = unit_array(c->arena, MODES_MAX);
    size_t n = 0;
    enum err e = ERR_OK;

    if (!items)
        return ERR_NO_MEMORY;
    if (!gfx_is(c, &w, &h)) {
        e = txt_size(c, items);
        return e ? e : unit_list(items, items->kind != UNIT_NONE, out);
    }
    if (c->term->modes)
        n = c->term->modes(c->term->ctx, modes, MODES_MAX);
    n = n < MODES_MAX ? n : MODES_MAX;
    if (!n) {
        modes[n][0] = w;
        modes[n++][1] = h;
    }
    for (size_t i = 0; !e && i < n; i++)
        e = size_unit(c, modes[i][0], modes[i][1], &items[i]);
    return e ? e : unit_list(items, n, out);
}

// Of all sizes the one with the fewest (sign -1) or most pixels, or `-`.
static enum err extreme(struct call *c, int sign, struct unit *out)
{
    struct unit all;
    int64_t best = 0;
    enum err e = all_sizes(c, &all);

    *out = unit_none();
    for (uint32_t i = 0; !e && i < all.n; i++) {
        const struct unit *wh = all.items[i].items;
        int64_t n = sign * wh[0].i * wh[1].i;

        if (i && n <= best)
            continue;
        best = n;
        *out = all.items[i];
    }
    return e;
}

static struct unit mode_of(const struct call *c)
{
    unsigned w, h;

    return unit_word(gfx_is(c, &w, &h) ? "gfx" : "txt");
}

static enum err run_get_txt(struct call *c)
{
    return txt_size(c, &c->value);
}

static enum err run_get_gfx(struct call *c)
{
    return gfx_size(c, &c->value);
}

static enum err run_get_min(struct call *c)
{
    return extreme(c, -1, &c->value);
}

static enum err run_get_max(struct call *c)
{
    return extreme(c, 1, &c->value);
}

static enum err run_get_all(struct call *c)
{
    return all_sizes(c, &c->value);
}

static enum err run_get_mode(struct call *c)
{
    c->value = mode_of(c);
    return ERR_OK;
}

static enum err get_res(struct call *c, struct unit *out)
{
    struct unit *items = unit_array(c->arena, 10);
    enum err e;

    if (!items)
        return ERR_NO_MEMORY;
    items[0] = unit_word("txt");
    items[2] = unit_word("gfx");
    items[4] = unit_word("min");
    items[6] = unit_word("max");
    items[8] = unit_word("all");
    e = txt_size(c, &items[1]);
    if (!e)
        e = gfx_size(c, &items[3]);
    if (!e)
        e = extreme(c, -1, &items[5]);
    if (!e)
        e = extreme(c, 1, &items[7]);
    if (!e)
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
    items[1] = mode_of(c);
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
    unsigned w, h;

    if (unit_is_text(c->arg, SPAN("txt")))
        return ERR_OK; // text is everywhere
    if (unit_is_text(c->arg, SPAN("gfx")))
        return gfx_is(c, &w, &h) ? ERR_OK : not_here(c);
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
    static const struct {
        const char *name;
        unsigned w, h;
    } names[] = {
        {"240p", 426, 240},    {"360p", 640, 360},  {"720p", 1280, 720}, {"hd", 1280, 720},
        {"1080p", 1920, 1080}, {"fhd", 1920, 1080}, {"2k", 2560, 1440},  {"qhd", 2560, 1440},
        {"4k", 3840, 2160},    {"uhd", 3840, 2160}, {"8k", 7680, 4320},
    };
    unsigned w = 0, h = 0;
    enum err e;

    if (c->arg->kind == UNIT_STR) {
        for (size_t i = 0; i < COUNT(names); i++) {
            if (!unit_is_text(c->arg, span_of(names[i].name)))
                continue;
            w = names[i].w;
            h = names[i].h;
        }
        if (!w)
            return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS,
                            "(1920 1080) or 240p 360p 720p hd 1080p fhd 2k qhd 4k uhd 8k",
                            "this is no resolution");
    } else {
        const struct unit *wh = c->arg->items;

        if ((wh[0].flags | wh[1].flags) & UNIT_BIG || wh[0].i > INT32_MAX || wh[1].i > INT32_MAX)
            return not_here(c);
        w = (unsigned)wh[0].i;
        h = (unsigned)wh[1].i;
    }
    if (!c->term || !c->term->set_pixels)
        return not_here(c);
    e = c->term->set_pixels(c->term->ctx, w, h);
    return e == ERR_NOT_SUPPORTED
               ? fail_set(c->fail, e, FAIL_NO_POS, "get.res.all lists what it can",
                          "this display cannot be set so")
               : e;
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
    {"inp.msg", "str", run_message,
     "inp.msg, (inp.msg `prompt`): one message typed at a prompt, as data; the end of the input "
     "ends the session",
     "{com:help.inp.msg@io.term like:map}", READ_DEEP, CMD_BARE, NULL, "any"},
    {"cls", NULL, run_cls, "cls: clears the screen", "{com:help.cls@io.term like:map}", READ_DEEP,
     0, NULL, NULL},
    {"nl", NULL, run_nl, "nl: ends the line", "{com:help.nl@io.term like:map}", READ_DEEP, 0, NULL,
     NULL},
    {"get", NULL, run_get, "get: {mode res:{txt gfx min max all}}", "{com:get@io.term like:map}",
     READ_DEEP, 0, NULL, "map"},
    {"get.mode", NULL, run_get_mode, "get.mode: gfx where pictures can be shown, else txt",
     "{com:get.mode@io.term like:str}", READ_DEEP, 0, NULL, "str"},
    {"get.res", NULL, run_get_res,
     "get.res: {txt gfx min max all}, sizes as pairs, `-` when unknown",
     "{com:get.res@io.term like:map}", READ_DEEP, 0, NULL, "map"},
    {"get.res.txt", NULL, run_get_txt, "get.res.txt: (columns rows)",
     "{com:get.res.txt@io.term like:`pair|none`}", READ_DEEP, 0, NULL, "pair|none"},
    {"get.res.gfx", NULL, run_get_gfx,
     "get.res.gfx: (width height) in pixels; a terminal of text shows two in each character",
     "{com:get.res.gfx@io.term like:`pair|none`}", READ_DEEP, 0, NULL, "pair|none"},
    {"get.res.min", NULL, run_get_min,
     "get.res.min: the smallest size, in pixels where pictures can be shown",
     "{com:get.res.min@io.term like:`pair|none`}", READ_DEEP, 0, NULL, "pair|none"},
    {"get.res.max", NULL, run_get_max,
     "get.res.max: the largest size, in pixels where pictures can be shown",
     "{com:get.res.max@io.term like:`pair|none`}", READ_DEEP, 0, NULL, "pair|none"},
    {"get.res.all", NULL, run_get_all,
     "get.res.all: all sizes, in pixels where pictures can be shown",
     "{com:get.res.all@io.term like:`[pair]`}", READ_DEEP, 0, NULL, "list"},
    {"set.mode", "str", run_set_mode, "(set.mode txt): the mode of the display",
     "{com:(set.mode txt)@io.term res:-}", READ_DEEP, 0, NULL, NULL},
    {"set.res.txt", "(nat nat)", run_set_txt, "(set.res.txt (80 25)): characters across and down",
     "{com:help.set.res.txt@io.term like:map}", READ_DEEP, 0, NULL, NULL},
    {"set.res.gfx", "(nat nat)|str", run_set_gfx,
     "(set.res.gfx (1920 1080)), or 720p hd 1080p fhd 4k ..: pixels across and down",
     "{com:help.set.res.gfx@io.term like:map}", READ_DEEP, 0, NULL, NULL},
    {"img", "list|bytes|map", run_img,
     "{img:D size:(w h) fmt:F}, (img IMG): draws at the upper left. fmt rgb, rgba: [pixel ..] as "
     "0xRRGGBB, 0xRRGGBBAA; rgb.rle, rgba.rle: [(count pixel) ..]; png, jpg: bytes, which need "
     "neither size nor fmt. IMG: such a map, or bytes. At most 8192 pixels a side, 8388608 in all. "
     "A terminal of text shows them as half blocks, shrunk to fit; a pipe: not-supported",
     "{com:(try ({img:[16711680 65280] size:(2 1) fmt:rgb}@io.term -))@sys.task res:-}", READ_DEEP,
     CMD_RAW_DONE, img_options, NULL},
    {"spr", "(int int)|str", run_spr,
     "{spr:(x y) img:IMG}, {spr:center img:IMG}, {spr:(x y) vid:VID}: draws with its middle there",
     "{com:(try ({spr:center img:{img:[255] size:(1 1) fmt:rgb}}@io.term -))@sys.task res:-}",
     READ_DEEP, CMD_RAW_DONE, spr_options, NULL},
    {"vid", "list|map", run_vid,
     "{vid:[FRAME ..] img:IMG fps:n blk:{size:n blk:[[(n diff) ..] ..]}}: plays, 25 frames a "
     "second if not said; any key ends it. FRAME: a picture, or {(bx by):i ..}, which adds block "
     "i to the square there; block i: n pixels each whose 0xRRGGBB changes by diff",
     "{com:(vid [])@io.term res:-}", READ_DEEP, CMD_RAW_DONE, vid_options, NULL},
    {"shot", NULL, run_shot,
     "shot: what the screen shows, {size fmt img}; on a terminal of text only the pictures",
     "{com:help.shot@io.term like:map}", READ_DEEP, 0, NULL, "map"},
};

const struct service io_term_service = {
    .name = "io.term",
    .info = "the terminal: say, ask and show",
    .commands = commands,
    .n = COUNT(commands),
};
