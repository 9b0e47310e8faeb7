// SPDX-License-Identifier: MIT
// img, spr, vid, shot, get and set of io.term on a screen that the test plays; with and without
// workers, keys, a clock, and nothing at all.
#include "kernel/kernel.h"
#include "tests/check/image_fix.h"
#include "tests/sim/sim.h"

extern const struct service io_term_service, gfx_2d_service, test_echo_service;

static const struct service *const services[] = {&io_term_service, &gfx_2d_service,
                                                 &test_echo_service, NULL};

// ---- A screen

enum { DRAWS = 64 };

struct screen {
    struct sim sim;
    struct kernel *k;
    unsigned w, h;
    struct {
        int x, y;
        uint32_t w, h, first, last; // 0xRRGGBB of the first and last pixel
        uint64_t at_ns;
    } draws[DRAWS];
    unsigned draws_n;
    unsigned key_after; // so many draws a key is typed; 0: never
    bool refuses;       // drawing fails
};

static struct screen *screen_of(void *ctx)
{
    return ctx; // the sim is its first member
}

static bool pixels(void *ctx, unsigned *w, unsigned *h)
{
    *w = screen_of(ctx)->w;
    *h = screen_of(ctx)->h;
    return *w > 0;
}

static size_t modes(void *ctx, unsigned (*wh)[2], size_t max)
{
    static const unsigned all[3][2] = {{800, 600}, {640, 480}, {1920, 1080}};

    (void)ctx;
    ck_assert_uint_ge(max, 3);
    memcpy(wh, all, sizeof all);
    return 3;
}

static enum err set_pixels(void *ctx, unsigned w, unsigned h)
{
    if (w != 800 && w != 1920)
        return ERR_NOT_SUPPORTED;
    screen_of(ctx)->w = w;
    screen_of(ctx)->h = h;
    return ERR_OK;
}

static uint32_t rgb(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static enum err draw(void *ctx, int x, int y, const struct pixels *p)
{
    struct screen *s = screen_of(ctx);
    unsigned i = s->draws_n;

    if (s->refuses)
        return ERR_IO;
    ck_assert_uint_lt(i, DRAWS);
    s->draws[i].x = x;
    s->draws[i].y = y;
    s->draws[i].w = p->w;
    s->draws[i].h = p->h;
    s->draws[i].first = rgb(p->rgba);
    s->draws[i].last = rgb(p->rgba + 4 * ((size_t)p->w * p->h - 1));
    s->draws[i].at_ns = s->sim.now_ns;
    s->draws_n++;
    return ERR_OK;
}

static enum err shot(void *ctx, struct arena *a, struct pixels *out)
{
    struct screen *s = screen_of(ctx);

    *out = (struct pixels){s->w, s->h, arena_new(a, 4 * (size_t)s->w * s->h)};
    if (!out->rgba)
        return ERR_NO_MEMORY;
    memset(out->rgba, 7, 4 * (size_t)s->w * s->h);
    return ERR_OK;
}

static bool pressed(void *ctx)
{
    struct screen *s = screen_of(ctx);

    return s->key_after && s->draws_n >= s->key_after;
}

static struct screen *new_screen(unsigned w, unsigned h)
{
    static struct screen s;
    struct fail f;

    memset(&s, 0, sizeof s);
    sim_init(&s.sim, 5);
    s.w = w;
    s.h = h;
    s.sim.term.pixels = pixels;
    s.sim.term.modes = modes;
    s.sim.term.set_pixels = set_pixels;
    s.sim.term.draw = draw;
    s.sim.term.shot = shot;
    s.sim.term.pressed = pressed;
    ck_assert_msg(!kernel_new(&s.sim.plat, services, &f, &s.k), "%s", f.why);
    return &s;
}

static void end_screen(struct screen *s)
{
    kernel_free(s->k);
    sim_done(&s->sim);
}

// The print of what a message answers, or `!code why`.
static const char *ask_unit(struct screen *s, struct task *t, const struct unit *u)
{
    static char got[4096];
    const struct outcome *o;

    task_start(t, u);
    for (int turns = 0; !(o = task_outcome(t)) && turns < 10000; turns++) {
        uint64_t due = kernel_step(s->k);

        if (due)
            s->sim.plat.wait(s->sim.plat.ctx, due);
    }
    ck_assert_ptr_nonnull(o);
    if (o->e) {
        const struct unit *why = unit_get_word(&o->error, SPAN("why"), &s->sim.mem.mem);

        snprintf(got, sizeof got, "!%s %.*s", err_word(o->e), why ? (int)why->n : 0,
                 why ? why->s : "");
    } else if (o->value.text < sizeof got) {
        *unit_print(&o->value, got) = 0;
    } else {
        snprintf(got, sizeof got, "%u bytes of text", o->value.text);
    }
    task_free(t);
    return got;
}

static const char *ask(struct screen *s, const char *msg)
{
    struct task *t;
    struct unit u;

    ck_assert_int_eq(task_new(s->k, &s->sim.term, &t), ERR_OK);
    u = test_unit(task_arena(t), msg);
    return ask_unit(s, t, &u);
}

// ---- One message and what it draws

#define FOUR "{img:[16711680 65280 255 16777215] size:(2 2) fmt:rgb}"
#define WIDE "{img:[(12 5)] size:(6 2) fmt:rgb.rle}"

static const struct row {
    const char *msg, *want; // the answer, or the beginning of `!code why`
    int n, x, y;            // draws, and where the last one
    uint32_t w, h, first;
} rows[] = {
    {FOUR "@io.term", "-", 1, 0, 0, 2, 2, 0xff0000},
    {"(img " FOUR ")@io.term", "-", 1, 0, 0, 2, 2, 0xff0000},
    {"{img:" FOUR "}@io.term", "-", 1, 0, 0, 2, 2, 0xff0000},
    {"{spr:(50 20) img:" WIDE "}@io.term", "-", 1, 47, 19, 6, 2, 5},
    {"{spr:(-5 2000) img:" WIDE "}@io.term", "-", 1, -8, 1999, 6, 2, 5},
    {"{spr:center img:" WIDE "}@io.term", "-", 1, 47, 29, 6, 2, 5},
    {"{spr:center vid:{vid:[" WIDE "]}}@io.term", "-", 1, 47, 29, 6, 2, 5},
    // Pictures that a service made are drawn, other data is said.
    {"#00ff00@gfx.2d@io.term", "-", 1, 0, 0, 100, 60, 0xff00},
    {"(fill #0000ff)@gfx.2d@io.term", "-", 1, 0, 0, 100, 60, 0xff},
    {"{fill:#ff0000 size:(3 4)}@gfx.2d@io.term", "-", 1, 0, 0, 3, 4, 0xff0000},
    {"{spr:center img:{fill:#ff0000 size:(3 4)}@gfx.2d}@io.term", "-", 1, 49, 28, 3, 4, 0xff0000},
    {FOUR "@test.echo@io.term", "-", 1, 0, 0, 2, 2, 0xff0000},
    {"{spr:center img:" WIDE "}@test.echo@io.term", "-", 1, 47, 29, 6, 2, 5},
    {"(img " FOUR ")@test.echo@io.term", "-", 1, 0, 0, 2, 2, 0xff0000},
    {"(cls a)@test.echo@io.term", "-", 0, 0, 0, 0, 0, 0},
    {"{say:" FOUR "}@test.echo@io.term", "-", 0, 0, 0, 0, 0, 0},
    {"img@test.echo@io.term", "-", 0, 0, 0, 0, 0, 0},
    {"{inp:a set.mode:b}@test.echo@io.term", "-", 0, 0, 0, 0, 0, 0},
    // What is wrong
    {"img@io.term", "!bad-arg img needs an argument", 0, 0, 0, 0, 0, 0},
    {"{img:[1] size:(2 2)}@io.term", "!bad-arg 2 by 2 are 4 pixels, img has 1", 0, 0, 0, 0, 0, 0},
    {"{img:5}@io.term", "!bad-arg ", 0, 0, 0, 0, 0, 0},
    {"{img:[1] size:5}@io.term", "!bad-arg ", 0, 0, 0, 0, 0, 0},
    {"(spr center)@io.term", "!bad-arg spr needs either img or vid", 0, 0, 0, 0, 0, 0},
    {"{spr:center img:%`` vid:{}}@io.term", "!bad-arg spr needs either", 0, 0, 0, 0, 0, 0},
    {"{spr:middle img:" WIDE "}@io.term", "!bad-arg a place is (x y) or center", 0, 0, 0, 0, 0, 0},
    {"{spr:(1 b) img:" WIDE "}@io.term", "!bad-arg", 0, 0, 0, 0, 0, 0},
    {"{spr:(1000000 1) img:" WIDE "}@io.term", "-", 1, 999997, 0, 6, 2, 5},
    {"{spr:(1000001 1) img:" WIDE "}@io.term", "!limit a place is", 0, 0, 0, 0, 0, 0},
    {"{spr:(1 -99999999999999999999) img:" WIDE "}@io.term", "!limit a place", 0, 0, 0, 0, 0, 0},
    {"{vid:[] img:{img:[]}}@io.term", "!bad-arg a list of pixels needs its size", 0, 0, 0, 0, 0, 0},
    // Films
    {"(vid [])@io.term", "-", 0, 0, 0, 0, 0, 0},
    {"{vid:[] img:" WIDE "}@io.term", "-", 1, 0, 0, 6, 2, 5},
    {"{vid:[" FOUR " " WIDE "]}@io.term", "-", 2, 0, 0, 6, 2, 5},
    {"(vid {vid:[" FOUR " " WIDE "] fps:1000})@io.term", "-", 2, 0, 0, 6, 2, 5},
    {"{vid:[{} {}] img:" WIDE "}@io.term", "-", 3, 0, 0, 6, 2, 5},
    {"{vid:[{(0 0):0}] img:" FOUR " blk:{size:1 blk:[[(1 -65536)]]}}@io.term", "-", 2, 0, 0, 2, 2,
     0xfe0000},
    {"{vid:[{(0 0):0}] img:" FOUR " blk:{size:2 blk:[[(1 255) (3 0)]]}}@io.term", "-", 2, 0, 0, 2,
     2, 0xff00ff},
    {"{vid:5}@io.term", "!bad-arg", 0, 0, 0, 0, 0, 0},
    {"(vid {img:" WIDE "})@io.term", "!bad-arg a film is a list of frames", 0, 0, 0, 0, 0, 0},
    {"{vid:[] fps:0}@io.term", "!limit fps is 1 to 1000", 0, 0, 0, 0, 0, 0},
    {"{vid:[] fps:1001}@io.term", "!limit fps is 1 to 1000", 0, 0, 0, 0, 0, 0},
    {"{vid:[] blk:{}}@io.term", "!bad-arg blk is {size:n blk:[", 0, 0, 0, 0, 0, 0},
    {"{vid:[] blk:{size:0 blk:[]}}@io.term", "!bad-arg blk is {size:n blk:[", 0, 0, 0, 0, 0, 0},
    {"{vid:[{(0 0):0}] blk:{size:1 blk:[]}}@io.term", "!bad-arg blocks change a picture", 0, 0, 0,
     0, 0, 0},
    {"{vid:[{(0 0):0}] img:" WIDE "}@io.term", "!bad-arg blocks change a picture", 1, 0, 0, 6, 2,
     5},
    {"{vid:[abc]}@io.term", "!bad-arg a frame is", 0, 0, 0, 0, 0, 0},
    {"{vid:[" FOUR " 7]}@io.term", "!bad-arg a frame is", 1, 0, 0, 2, 2, 0xff0000},
    {"{vid:[{(1 0):0}] img:" FOUR " blk:{size:2 blk:[[(4 0)]]}}@io.term",
     "!bad-arg a block is not within the picture", 1, 0, 0, 2, 2, 0xff0000},
    {"{vid:[{(0 -1):0}] img:" FOUR " blk:{size:1 blk:[[(1 0)]]}}@io.term",
     "!bad-arg a block is not within the picture", 1, 0, 0, 2, 2, 0xff0000},
    {"{vid:[{(0 0):1}] img:" FOUR " blk:{size:1 blk:[[(1 0)]]}}@io.term",
     "!bad-arg there is no such block", 1, 0, 0, 2, 2, 0xff0000},
    {"{vid:[{(0 0):0}] img:" FOUR " blk:{size:2 blk:[[(3 0)]]}}@io.term",
     "!bad-arg a block is [(n diff)", 1, 0, 0, 2, 2, 0xff0000},
    {"{vid:[{(0 0):0}] img:" FOUR " blk:{size:2 blk:[[(5 0)]]}}@io.term",
     "!bad-arg a block is [(n diff)", 1, 0, 0, 2, 2, 0xff0000},
    {"{vid:[{(0 0):0}] img:" FOUR " blk:{size:2 blk:[[(4 99999999999999999999)]]}}@io.term",
     "!bad-arg a block is [(n diff)", 1, 0, 0, 2, 2, 0xff0000},
    {"{vid:[{(0 0):0}] img:" FOUR " blk:{size:8192 blk:[[(4 0)]]}}@io.term",
     "!bad-arg a block is not within the picture", 1, 0, 0, 2, 2, 0xff0000},
    // The screen
    {"shot@io.term", "{size:(100 60) fmt:rgb.rle img:[(6000 460551)]}", 0, 0, 0, 0, 0, 0},
    {"get.res.gfx@io.term", "(100 60)", 0, 0, 0, 0, 0, 0},
    {"get.res.txt@io.term", "(80 25)", 0, 0, 0, 0, 0, 0},
    {"get.res.all@io.term", "[(800 600) (640 480) (1920 1080)]", 0, 0, 0, 0, 0, 0},
    {"get.res.min@io.term", "(640 480)", 0, 0, 0, 0, 0, 0},
    {"get.res.max@io.term", "(1920 1080)", 0, 0, 0, 0, 0, 0},
    {"get@io.term",
     "{mode:gfx res:{txt:(80 25) gfx:(100 60) min:(640 480) max:(1920 1080) all:[(800 600) (640 "
     "480) (1920 1080)]}}",
     0, 0, 0, 0, 0, 0},
    {"(set.mode gfx)@io.term", "-", 0, 0, 0, 0, 0, 0},
    {"(set.mode txt)@io.term", "-", 0, 0, 0, 0, 0, 0},
    {"(set.mode abc)@io.term", "!bad-arg a mode is txt or gfx", 0, 0, 0, 0, 0, 0},
    {"(set.res.gfx (800 600))@io.term", "-", 0, 0, 0, 0, 0, 0},
    {"(set.res.gfx (801 600))@io.term", "!not-supported", 0, 0, 0, 0, 0, 0},
    {"(set.res.gfx (99999999999999999999 600))@io.term", "!not-supported", 0, 0, 0, 0, 0, 0},
    {"(set.res.gfx fhd)@io.term", "-", 0, 0, 0, 0, 0, 0},
    {"(set.res.gfx 1080p)@io.term", "-", 0, 0, 0, 0, 0, 0},
    {"(set.res.gfx 8k)@io.term", "!not-supported", 0, 0, 0, 0, 0, 0},
    {"(set.res.gfx 9k)@io.term", "!bad-arg this is no resolution", 0, 0, 0, 0, 0, 0},
};

static void check_row(struct screen *s, const struct row *r)
{
    const char *got = ask(s, r->msg);
    unsigned last = s->draws_n - 1;

    ck_assert_msg(*r->want == '!' ? strstr(got, r->want) == got : !strcmp(got, r->want),
                  "%s\n  wanted %s\n  got    %s", r->msg, r->want, got);
    ck_assert_msg((int)s->draws_n == r->n, "%s\n  draws %u", r->msg, s->draws_n);
    if (r->n)
        ck_assert_msg(s->draws[last].x == r->x && s->draws[last].y == r->y &&
                          s->draws[last].w == r->w && s->draws[last].h == r->h &&
                          s->draws[last].first == r->first,
                      "%s\n  %d %d, %u by %u, %06x", r->msg, s->draws[last].x, s->draws[last].y,
                      s->draws[last].w, s->draws[last].h, s->draws[last].first);
}

START_TEST(test_row)
{
    struct screen *s = new_screen(100, 60);

    check_row(s, &rows[_i]);
    end_screen(s);
}
END_TEST

// The same without a screen: what is wrong is said all the same.
START_TEST(test_no_screen)
{
    const struct row *r = &rows[_i];
    struct screen *s = new_screen(0, 0);
    const char *got = ask(s, r->msg);

    if (*r->want == '!' && strncmp(r->want, "!not", 4) && !r->n)
        ck_assert_msg(strstr(got, r->want) == got, "%s\n  %s", r->msg, got);
    else if (r->n)
        ck_assert_msg(strstr(got, "!not-supported no pictures can be shown here") == got,
                      "%s\n  %s", r->msg, got);
    end_screen(s);
}
END_TEST

START_TEST(test_nothing)
{
    static const struct {
        const char *msg, *want;
    } none[] = {
        {"get@io.term", "{mode:txt res:{txt:(80 25) gfx:- min:(80 25) max:(80 25) all:[(80 25)]}}"},
        {"shot@io.term", "!not-supported no pictures"},
        {"(set.mode gfx)@io.term", "!not-supported"},
        {"(set.res.gfx hd)@io.term", "!not-supported"},
        {FOUR "@io.term", "!not-supported no pictures"},
        {"#ff0000@gfx.2d", "{size:(1280 800) fmt:rgb.rle img:[(1024000 16711680)]}"},
    };
    struct screen *s = new_screen(0, 0);
    const char *got;

    s->sim.term.pixels = NULL;
    s->sim.term.draw = NULL;
    s->sim.term.shot = NULL;
    s->sim.term.modes = NULL;
    s->sim.term.set_pixels = NULL;
    s->sim.term.pressed = NULL;
    got = ask(s, none[_i].msg);
    ck_assert_msg(strstr(got, none[_i].want) == got, "%s\n  %s", none[_i].msg, got);
    end_screen(s);
}
END_TEST

// ---- Time

#define FILM                                                                                     \
    "{vid:[{(0 0):0} {(0 0):0} {(0 0):0}] fps:10 img:{img:[0] size:(1 1)} blk:{size:1 blk:[[(1 " \
    "1)]]}}@io.term"

START_TEST(test_pace)
{
    struct screen *s = new_screen(100, 60);
    uint64_t began;

    s->sim.now_ns = 77777;
    ck_assert_str_eq(ask(s, FILM), "-");
    ck_assert_uint_eq(s->draws_n, 4);
    began = s->draws[0].at_ns;
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(s->draws[i].first, i);
        ck_assert_uint_eq(s->draws[i].at_ns - began, i * 100000000ul);
    }
    end_screen(s);
}
END_TEST

// A machine that is too slow leaves frames out, but never the last one, and ends in time.
START_TEST(test_late)
{
    struct screen *s = new_screen(100, 60);

    s->sim.tick_ns = 70000000; // of each look at the clock
    ck_assert_str_eq(ask(s, FILM), "-");
    ck_assert_uint_lt(s->draws_n, 4);
    ck_assert_uint_eq(s->draws[s->draws_n - 1].first, 3);
    end_screen(s);
}
END_TEST

START_TEST(test_key)
{
    struct screen *s = new_screen(100, 60);

    s->key_after = 2;
    ck_assert_str_eq(ask(s, FILM), "-");
    ck_assert_uint_eq(s->draws_n, 2);
    end_screen(s);
}
END_TEST

// Where frames are far apart, a key does not wait for the next one.
START_TEST(test_key_soon)
{
    struct screen *s = new_screen(100, 60);

    s->key_after = 1;
    ck_assert_str_eq(ask(s, "{vid:[{} {}] fps:1 img:{img:[0] size:(1 1)}}@io.term"), "-");
    ck_assert_uint_eq(s->draws_n, 1);
    ck_assert_uint_le(s->sim.now_ns - s->draws[0].at_ns, 100000000);
    end_screen(s);
}
END_TEST

START_TEST(test_killed)
{
    struct screen *s = new_screen(100, 60);
    struct task *t;
    struct unit u;

    ck_assert_int_eq(task_new(s->k, &s->sim.term, &t), ERR_OK);
    u = test_unit(task_arena(t), FILM);
    task_start(t, &u);
    (void)kernel_step(s->k);
    ck_assert_uint_eq(s->draws_n, 1);
    task_cancel(t);
    task_free(t);
    ck_assert_uint_eq(kernel_step(s->k), UINT64_MAX); // no timer is left
    end_screen(s);
}
END_TEST

START_TEST(test_refused)
{
    struct screen *s = new_screen(100, 60);
    const char *got;

    s->refuses = true;
    got = ask(s, FOUR "@io.term");
    ck_assert_msg(strstr(got, "!io") == got, "%s", got);
    end_screen(s);
}
END_TEST

// ---- Beside the loop

// A picture that takes long, as `img`, as a frame of a film, and one that is damaged.
static const char *ask_long(struct screen *s, bool film, bool damaged)
{
    static struct image_file file;
    struct png_kind k = {120, 120, 6, 8, false, false};
    struct unit *items, frames[2], stream[2], u;
    struct task *t;
    struct arena *a;

    png_make(&file, &k);
    if (damaged)
        file.bytes[file.n - 30] ^= 1;
    ck_assert_int_eq(task_new(s->k, &s->sim.term, &t), ERR_OK);
    a = task_arena(t);
    items = unit_array(a, 4);
    frames[0] = test_unit(a, FOUR);
    ck_assert_int_eq(unit_bytes(image_span(&file), &frames[1]), ERR_OK);
    items[0] = unit_word(film ? "vid" : "img");
    items[1] = frames[1];
    if (film)
        ck_assert_int_eq(unit_build(a, UNIT_LIST, frames, 2, NULL, &items[1]), ERR_OK);
    ck_assert_int_eq(unit_build(a, UNIT_PAIR, items, 2, NULL, &stream[0]), ERR_OK);
    stream[1] = unit_word("io.term");
    memcpy(items, stream, sizeof stream);
    ck_assert_int_eq(unit_stream(items, 2, &u), ERR_OK);
    return ask_unit(s, t, &u);
}

START_TEST(test_aside)
{
    struct screen *s = new_screen(100, 60);
    bool film = _i & 1, damaged = _i & 2, workers = _i & 4, taken = !(_i & 8);
    const char *got;
    struct png_kind k = {120, 120, 6, 8, false, false};
    uint8_t want[4];

    if (workers)
        sim_work(&s->sim, 2);
    s->sim.jobs_refused = taken ? 0 : 1;
    got = ask_long(s, film, damaged);
    if (damaged) {
        ck_assert_msg(strstr(got, "!corrupt this file is damaged") == got, "%s", got);
        ck_assert_uint_eq(s->draws_n, film);
    } else {
        ck_assert_str_eq(got, "-");
        ck_assert_uint_eq(s->draws_n, 1 + film);
        png_pixel(&k, 0, 0, want);
        ck_assert_uint_eq(s->draws[film].first, rgb(want));
        png_pixel(&k, 119, 119, want);
        ck_assert_uint_eq(s->draws[film].last, rgb(want));
    }
    if (workers)
        ck_assert_uint_eq(s->sim.jobs_given, taken);
    end_screen(s);
}
END_TEST

// A shot of a large screen is made beside the loop too.
START_TEST(test_large_shot)
{
    struct screen *s = new_screen(1920, 1080);

    if (_i)
        sim_work(&s->sim, 1);
    ck_assert_str_eq(ask(s, "shot@io.term"),
                     "{size:(1920 1080) fmt:rgb.rle img:[(2073600 460551)]}");
    ck_assert_uint_eq(s->sim.jobs_given, (unsigned)_i);
    end_screen(s);
}
END_TEST

// Ended while a worker reads its picture.
START_TEST(test_killed_aside)
{
    struct screen *s = new_screen(100, 60);
    struct task *t;
    struct unit u;

    sim_work(&s->sim, 1);
    ck_assert_int_eq(task_new(s->k, &s->sim.term, &t), ERR_OK);
    u = test_unit(task_arena(t), "{img:[(1000000 7)] size:(1000 1000) fmt:rgb.rle}@io.term");
    task_start(t, &u);
    ck_assert_uint_eq(s->sim.jobs_given, 1);
    task_cancel(t);
    task_free(t);
    while (sim_run_job(&s->sim))
        continue;
    (void)kernel_step(s->k);
    ck_assert_uint_eq(s->draws_n, 0);
    end_screen(s);
}
END_TEST

Suite *services_io_video_suite(void)
{
    Suite *s = suite_create("services/io_video");
    TCase *t = tcase_create("video");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    tcase_add_loop_test(t, test_no_screen, 0, COUNT(rows));
    tcase_add_loop_test(t, test_nothing, 0, 6);
    tcase_add_test(t, test_pace);
    tcase_add_test(t, test_late);
    tcase_add_test(t, test_key);
    tcase_add_test(t, test_key_soon);
    tcase_add_test(t, test_killed);
    tcase_add_test(t, test_refused);
    tcase_add_loop_test(t, test_aside, 0, 16);
    tcase_add_loop_test(t, test_large_shot, 0, 2);
    tcase_add_test(t, test_killed_aside);
    suite_add_tcase(s, t);
    return s;
}
