// SPDX-License-Identifier: MIT
// Pictures and films on the terminal.
//
//   picture --read--> pixels --draw--> screen          what takes long is read beside the loop
//      ^                         |
//      '---- next frame <--timer-'
//
// A film begins with a picture (img, or its first frame). Each FRAME that follows is a picture of
// its own, or what changed: {(bx by):i ..} adds block i to the pixels of the square there, counted
// in squares. Block i is [(n diff) ..]: n pixels, row by row, whose value 0xRRGGBB changes by diff.
#include "services/io_video.h"

#include "services/io_image.h"

enum {
    FPS = 25,
    FPS_MAX = 1000,
    BLOCK = 32,
    PLACE_MAX = 1000000, // beyond every screen, and far from where sums overflow
    ASIDE_NS = 500000,   // reads that take longer do not hold up the loop
    KEY_NS = 100000000,  // how long a key that ends a film may wait
};

enum { IMG_SIZE, IMG_FMT };
enum { SPR_IMG, SPR_VID };
enum { VID_IMG, VID_FPS, VID_BLK };

const struct option img_options[] = {
    [IMG_SIZE] = {"size", "(nat nat)", READ_DEEP},
    [IMG_FMT] = {"fmt", "str", READ_DEEP},
    {0},
};

const struct option spr_options[] = {
    [SPR_IMG] = {"img", "map|bytes", READ_DEEP},
    [SPR_VID] = {"vid", "map", READ_DEEP},
    {0},
};

const struct option vid_options[] = {
    [VID_IMG] = {"img", "map|bytes", READ_DEEP},
    [VID_FPS] = {"fps", "nat", READ_DEEP},
    [VID_BLK] = {"blk", "map", READ_DEEP},
    {0},
};

/** What is being shown; in c->own. */
struct show {
    struct image im;
    struct image_parts parts; // of the picture that comes next
    bool reads;               // parts are to be read
    bool placed, centre;      // else it is at the upper left
    int x, y;                 // its middle
    // A film
    const struct unit *frames, *blocks;   // NULL: a picture, or none
    uint32_t next;                        // frame
    uint32_t block;                       // pixels a side
    uint64_t start_ns, frame_ns, next_ns; // next_ns: of the frame that follows
    uint64_t shown;                       // frames so far
};

static enum err bad(struct call *c, const char *why)
{
    return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info, "%s", why);
}

// ---- What changed

static bool nat(const struct unit *u, int64_t max)
{
    return u->kind == UNIT_INT && !(u->flags & UNIT_BIG) && u->i >= 0 && u->i <= max;
}

static void add_diff(uint8_t *p, int64_t diff)
{
    uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

    v += (uint32_t)diff;
    p[0] = (uint8_t)(v >> 16);
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)v;
}

// One square. False: the block is not one.
static bool add_block(struct show *s, uint32_t bx, uint32_t by, const struct unit *block)
{
    struct pixels *px = &s->im.px;
    uint32_t side = s->block, all = side * side, at = 0;

    if (block->kind != UNIT_LIST)
        return false;
    for (uint32_t i = 0; i < block->n; i++) {
        const struct unit *u = &block->items[i];

        if (u->kind != UNIT_PAIR || !nat(&u->items[0], all - at) || !u->items[0].i ||
            u->items[1].kind != UNIT_INT || (u->items[1].flags & UNIT_BIG))
            return false;
        for (uint32_t end = at + (uint32_t)u->items[0].i; at < end; at++) {
            size_t x = (size_t)bx * side + at % side, y = (size_t)by * side + at / side;

            if (u->items[1].i)
                add_diff(px->rgba + 4 * (y * px->w + x), u->items[1].i);
        }
    }
    return at == all;
}

static enum err change(struct call *c, struct show *s, const struct unit *frame)
{
    const struct pixels *px = &s->im.px;

    if (frame->kind != UNIT_MAP)
        return bad(c, "a frame is a picture, or a map of blocks that change");
    if (frame->n && (!s->blocks || !px->w))
        return bad(c, "blocks change a picture: such a film needs img and blk");
    for (uint32_t i = 0; i < frame->n; i++) {
        const struct unit *place = &frame->items[2 * i], *id = place + 1;

        if (place->kind != UNIT_PAIR || !nat(&place->items[0], (int64_t)(px->w / s->block) - 1) ||
            !nat(&place->items[1], (int64_t)(px->h / s->block) - 1))
            return bad(c, "a block is not within the picture");
        if (!nat(id, (int64_t)s->blocks->n - 1))
            return bad(c, "there is no such block");
        if (!add_block(s, (uint32_t)place->items[0].i, (uint32_t)place->items[1].i,
                       &s->blocks->items[id->i]))
            return bad(c, "a block is [(n diff) ..] for all pixels of its square");
    }
    return ERR_OK;
}

// ---- Drawing

static enum err no_pictures(struct call *c)
{
    return fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                    "no pictures can be shown here: this is a pipe or a terminal of text alone");
}

static bool screen(struct call *c, unsigned *w, unsigned *h)
{
    return c->term && c->term->pixels && c->term->draw && c->term->pixels(c->term->ctx, w, h);
}

static enum err draw(struct call *c, struct show *s)
{
    unsigned w, h;
    int x = 0, y = 0;

    if (!screen(c, &w, &h))
        return no_pictures(c);
    if (s->placed) {
        x = (s->centre ? (int)(w / 2) : s->x) - (int)(s->im.px.w / 2);
        y = (s->centre ? (int)(h / 2) : s->y) - (int)(s->im.px.h / 2);
    }
    return c->term->draw(c->term->ctx, x, y, &s->im.px);
}

static void due(struct call *c);

// A film goes on at its next frame; until then somebody looks for a key.
static void wait_frame(struct call *c, const struct show *s, uint64_t now)
{
    bool far = s->next_ns > now && s->next_ns - now > KEY_NS;

    call_timer(c, far ? now + KEY_NS : s->next_ns, due);
}

// The pixels are there. ERR_LATER: another frame follows.
static enum err put(struct call *c, struct show *s)
{
    const struct plat *plat = c->plat;
    uint64_t now = plat->now_ns(plat->ctx);
    bool last = !s->frames || s->next == s->frames->n;
    enum err e;

    if (!s->shown++)
        s->start_ns = now;
    s->next_ns = s->start_ns + s->shown * s->frame_ns;
    // Who is late leaves out what would be seen for no time.
    e = last || now < s->next_ns ? draw(c, s) : ERR_OK;
    if (e || last)
        return e;
    wait_frame(c, s, now);
    return ERR_LATER;
}

// Reads what is to be read; comes back on the main loop with the pixels.
static enum err go_on(struct call *c, struct show *s)
{
    if (s->reads) {
        enum err e;

        if (!c->aside && image_effort_ns(&s->parts) >= ASIDE_NS)
            return call_aside(c);
        e = image_read(c->arena, &s->parts, &s->im, c->fail);
        if (e)
            return e;
        s->reads = false;
        if (c->aside)
            return call_front(c);
    }
    return put(c, s);
}

static bool is_picture(const struct call *c, const struct unit *u)
{
    return u->kind == UNIT_BYTES ||
           (u->kind == UNIT_MAP && unit_get_word(u, SPAN("img"), c->plat->mem));
}

// Pixels of the next frame, or what is to be read for it.
static enum err next_frame(struct call *c, struct show *s)
{
    const struct unit *frame = &s->frames->items[s->next++];
    enum err e;

    if (!is_picture(c, frame))
        return change(c, s, frame);
    e = image_parts(frame, c->plat->mem, &s->parts, c->fail);
    s->reads = !e;
    return e;
}

static void due(struct call *c)
{
    const struct plat *plat = c->plat;
    uint64_t now = plat->now_ns(plat->ctx);
    struct show *s = c->own;
    struct unit none = unit_none();
    enum err e;

    if (c->term && c->term->pressed && c->term->pressed(c->term->ctx)) {
        call_answer(c, &none);
        return;
    }
    if (now < s->next_ns) {
        wait_frame(c, s, now);
        return;
    }
    e = next_frame(c, s);
    if (!e && s->reads && image_effort_ns(&s->parts) >= ASIDE_NS) {
        call_refuse(c, call_aside(c)); // no refusal: it runs once more
        return;
    }
    if (!e)
        e = go_on(c, s);
    if (!e)
        call_answer(c, &none);
    else if (e != ERR_LATER)
        call_refuse(c, e);
}

// ---- Arguments

static enum err film(struct call *c, struct show *s, const struct unit *frames,
                     const struct unit *img, const struct unit *fps, const struct unit *blk)
{
    const struct mem *mem = c->plat->mem;
    enum err e = ERR_OK;

    if (!frames || frames->kind != UNIT_LIST)
        return bad(c, "a film is a list of frames");
    if (fps && (!nat(fps, FPS_MAX) || !fps->i))
        return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, NULL, "fps is 1 to %u",
                        (unsigned long)FPS_MAX);
    s->frames = frames;
    s->frame_ns = 1000000000 / (uint64_t)(fps ? fps->i : FPS);
    s->block = BLOCK;
    if (blk) {
        const struct unit *size = blk->kind == UNIT_MAP ? unit_get_word(blk, SPAN("size"), mem)
                                                        : NULL;

        s->blocks = blk->kind == UNIT_MAP ? unit_get_word(blk, SPAN("blk"), mem) : NULL;
        if (!s->blocks || s->blocks->kind != UNIT_LIST ||
            (size && (!nat(size, CODED_SIDE_MAX) || !size->i)))
            return bad(c, "blk is {size:n blk:[[(n diff) ..] ..]}");
        s->block = size ? (uint32_t)size->i : BLOCK;
    }
    if (img) {
        e = image_parts(img, mem, &s->parts, c->fail);
        s->reads = !e;
    } else if (frames->n) {
        e = next_frame(c, s);
    }
    return e;
}

static enum err film_of(struct call *c, struct show *s, const struct unit *vid)
{
    const struct mem *mem = c->plat->mem;

    return film(c, s, unit_get_word(vid, SPAN("vid"), mem), unit_get_word(vid, SPAN("img"), mem),
                unit_get_word(vid, SPAN("fps"), mem), unit_get_word(vid, SPAN("blk"), mem));
}

// The first time the handler runs.
static enum err show_new(struct call *c, struct show **out)
{
    struct show *s = c->own = arena_new(c->arena, sizeof *s);

    if (!s)
        return ERR_NO_MEMORY;
    *s = (struct show){.frame_ns = 1};
    *out = s;
    return ERR_OK;
}

enum err run_img(struct call *c)
{
    struct show *s = c->own;
    enum err e;

    if (s)
        return go_on(c, s);
    e = show_new(c, &s);
    if (e)
        return e;
    if (c->arg->kind == UNIT_MAP)
        e = image_parts(c->arg, c->plat->mem, &s->parts, c->fail);
    else
        s->parts = (struct image_parts){c->arg, c->opt[IMG_SIZE], c->opt[IMG_FMT]};
    s->reads = true;
    return e ? e : go_on(c, s);
}

static enum err place(struct call *c, struct show *s)
{
    const struct unit *at = c->arg;

    s->placed = true;
    s->centre = unit_is_text(at, SPAN("center"));
    if (s->centre)
        return ERR_OK;
    if (at->kind != UNIT_PAIR || at->items[0].kind != UNIT_INT || at->items[1].kind != UNIT_INT)
        return bad(c, "a place is (x y) or center");
    for (int i = 0; i < 2; i++)
        if ((at->items[i].flags & UNIT_BIG) || at->items[i].i > PLACE_MAX ||
            at->items[i].i < -PLACE_MAX)
            return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, NULL, "a place is at most %u away",
                            (unsigned long)PLACE_MAX);
    s->x = (int)at->items[0].i;
    s->y = (int)at->items[1].i;
    return ERR_OK;
}

enum err run_spr(struct call *c)
{
    struct show *s = c->own;
    enum err e;

    if (s)
        return go_on(c, s);
    if (!c->opt[SPR_IMG] == !c->opt[SPR_VID])
        return bad(c, "spr needs either img or vid");
    e = show_new(c, &s);
    if (!e)
        e = place(c, s);
    if (!e && c->opt[SPR_VID])
        e = film_of(c, s, c->opt[SPR_VID]);
    else if (!e)
        e = image_parts(c->opt[SPR_IMG], c->plat->mem, &s->parts, c->fail);
    if (e)
        return e;
    s->reads = s->reads || c->opt[SPR_IMG];
    return s->reads ? go_on(c, s) : ERR_OK;
}

enum err run_vid(struct call *c)
{
    struct show *s = c->own;
    enum err e;

    if (s)
        return go_on(c, s);
    e = show_new(c, &s);
    if (!e)
        e = c->arg->kind == UNIT_MAP
                ? film_of(c, s, c->arg)
                : film(c, s, c->arg, c->opt[VID_IMG], c->opt[VID_FPS], c->opt[VID_BLK]);
    if (e)
        return e;
    return s->reads ? go_on(c, s) : ERR_OK; // a film without a picture is none
}

enum err run_shot(struct call *c)
{
    struct pixels *px = c->own;
    enum err e;

    if (!px) {
        unsigned w, h;

        if (!screen(c, &w, &h) || !c->term->shot)
            return no_pictures(c);
        px = arena_new(c->arena, sizeof *px);
        if (!px)
            return ERR_NO_MEMORY;
        e = c->term->shot(c->term->ctx, c->arena, px);
        if (e)
            return e;
        c->own = px;
        if (!c->aside && (uint64_t)px->w * px->h * 10 >= ASIDE_NS)
            return call_aside(c);
    }
    e = image_unit(c->arena, px, &c->value);
    if (e == ERR_TOO_BIG)
        return fail_set(c->fail, e, FAIL_NO_POS, NULL,
                        "what the screen shows is too much for one unit");
    return e;
}
