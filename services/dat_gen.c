// SPDX-License-Identifier: MIT
// dat.gen - data that is made: rows of numbers, random numbers and bytes, names that are unique.
#include "kernel/service.h"
#include "units/heap.h"
#include "units/num.h"

static enum err past_limit(struct call *c)
{
    return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, "a longer row can be made in parts",
                    "a unit holds at most 1000000 items and 16 MiB of text");
}

static enum err out_of_arg(struct call *c, const char *why)
{
    return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info, "%s", why);
}

// ---- Rows: from a to b in steps, as whole multiples of 10^exp where these fit into 64 bits

struct row {
    int64_t a, b, step, exp;
    size_t n; // UNIT_ITEMS_MAX + 1: too many
};

// u as a multiple of 10^exp.
static bool scale(const struct unit *u, int64_t exp, int64_t *out)
{
    *out = u->i;
    if (u->flags & UNIT_BIG)
        return false;
    for (int64_t e = u->exp; *out && e > exp; e--)
        if (__builtin_mul_overflow(*out, 10, out))
            return false;
    return true;
}

static bool is_row(const struct call *c, struct row *r)
{
    const struct unit *a = &c->arg->items[0], *b = &c->arg->items[1], *step = c->opt[0];
    const struct unit one = unit_int(1);
    uint64_t way;

    step = step ? step : &one;
    r->exp = a->exp < b->exp ? a->exp : b->exp;
    r->exp = step->exp < r->exp ? step->exp : r->exp;
    if (!scale(a, r->exp, &r->a) || !scale(b, r->exp, &r->b))
        return false;
    if (!scale(step, r->exp, &r->step) || r->step <= 0)
        return false;
    way = r->a < r->b ? (uint64_t)r->b - (uint64_t)r->a : (uint64_t)r->a - (uint64_t)r->b;
    r->n = way / (uint64_t)r->step >= UNIT_ITEMS_MAX ? (size_t)UNIT_ITEMS_MAX + 1
                                                     : (size_t)(way / (uint64_t)r->step) + 1;
    return true;
}

static uint64_t effort_row(const struct call *c)
{
    struct row r;

    if (!is_row(c, &r))
        return 10000000; // long numbers
    return r.n > UNIT_ITEMS_MAX ? 0 : r.n * 25;
}

static enum err make_row(struct call *c, const struct row *r, bool dec)
{
    struct unit *items;
    enum err e;

    if (r->n > UNIT_ITEMS_MAX)
        return past_limit(c);
    items = unit_array(c->arena, r->n);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < r->n; i++) {
        uint64_t way = i * (uint64_t)r->step;
        int64_t x = (int64_t)(r->a <= r->b ? (uint64_t)r->a + way : (uint64_t)r->a - way);

        if (!dec) {
            items[i] = unit_int(x);
        } else {
            e = unit_dec(x, r->exp, &items[i]);
            if (e)
                return past_limit(c);
        }
        heap_pause_at(i);
    }
    e = unit_list(items, r->n, &c->value);
    return e == ERR_TOO_BIG ? past_limit(c) : e;
}

// The same on numbers of any length: those are few, as their text is long.
static enum err make_long_row(struct call *c, bool dec)
{
    const struct unit *b = &c->arg->items[1];
    struct unit step = c->opt[0] ? *c->opt[0] : unit_int(1), x = c->arg->items[0], many, *items;
    struct num_env env;
    bool down = unit_num_cmp(&x, b) > 0;
    size_t n = 0, text = 0;
    enum err e;

    num_env_init(&env, c->arena, c->scratch, c->fail);
    // Would a with as many steps as there may be items still not be behind b?
    many = unit_int(down ? -UNIT_ITEMS_MAX : UNIT_ITEMS_MAX);
    e = num_mul(&env, (struct unit[]){step, many}, 2, &many);
    if (!e)
        e = num_sum(&env, (struct unit[]){x, many}, 2, &many);
    if (!e && (down ? unit_num_cmp(&many, b) >= 0 : unit_num_cmp(&many, b) <= 0))
        return past_limit(c);
    if (!e && down)
        e = num_neg(&env, &step, &step);
    if (!e && dec)
        e = num_to_dec(&env, &x, &x);
    if (e)
        return e;
    items = unit_array(c->arena, UNIT_ITEMS_MAX);
    if (!items)
        return ERR_NO_MEMORY;
    while (n < UNIT_ITEMS_MAX && (down ? unit_num_cmp(&x, b) >= 0 : unit_num_cmp(&x, b) <= 0)) {
        text += x.text + 1;
        if (text > UNIT_TEXT_MAX_BYTES)
            return past_limit(c);
        items[n++] = x;
        e = num_sum(&env, (struct unit[]){x, step}, 2, &x);
        if (e)
            return e;
        heap_pause();
    }
    e = unit_list(items, n, &c->value);
    return e == ERR_TOO_BIG ? past_limit(c) : e;
}

static enum err run_row(struct call *c, bool dec)
{
    struct row r;

    if (c->opt[0] && unit_num_cmp(c->opt[0], &(struct unit){.kind = UNIT_INT}) <= 0)
        return out_of_arg(c, "a step is greater than 0, also on the way down");
    return is_row(c, &r) ? make_row(c, &r, dec) : make_long_row(c, dec);
}

static enum err run_lin_int(struct call *c)
{
    return run_row(c, false);
}

static enum err run_lin_dec(struct call *c)
{
    return run_row(c, true);
}

// Two bytes, also as ints; without an argument all there are.
static enum err two_bytes(struct call *c, int64_t *a, int64_t *b)
{
    const struct unit *items = c->arg ? c->arg->items : NULL;

    *a = items ? items[0].i : 0;
    *b = items ? items[1].i : 255;
    if (items && (((items[0].flags | items[1].flags) & UNIT_BIG) || *a > 255 || *b > 255))
        return out_of_arg(c, "a byte is 0 to 255");
    return ERR_OK;
}

static enum err run_lin_byte(struct call *c)
{
    struct unit *items;
    int64_t a, b;
    size_t n;
    enum err e = two_bytes(c, &a, &b);

    if (e)
        return e;
    n = (size_t)(a < b ? b - a : a - b) + 1;
    items = unit_array(c->arena, n);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        items[i] = unit_byte((uint8_t)(a < b ? a + (int64_t)i : a - (int64_t)i));
    return unit_list(items, n, &c->value);
}

// ---- Random

static enum err random_bytes(struct call *c, void *out, size_t n)
{
    enum err e = c->plat->random(c->plat->ctx, out, n);

    return e ? fail_set(c->fail, e, FAIL_NO_POS, NULL,
                        "this machine has no random numbers fit for keys")
             : ERR_OK;
}

// 0..most, each as likely: draws that would make some more likely are thrown away.
static enum err random_up_to(struct call *c, uint64_t most, uint64_t *out)
{
    uint64_t n = most + 1, uneven = n ? (0 - n) % n : 0, x;
    enum err e;

    do {
        e = random_bytes(c, &x, sizeof x);
        if (e)
            return e;
    } while (x < uneven);
    *out = n ? x % n : x;
    return ERR_OK;
}

enum { RANDOM_DIGITS_MAX = 10000 };

// 0..most for a long number: as many digits, drawn again while they say more.
static enum err random_long(struct call *c, const struct unit *most, struct unit *out)
{
    size_t n = most->text;
    uint8_t *draw = arena_new(c->scratch, n);
    char *digits = arena_new(c->scratch, n);
    enum err e;

    if (!draw || !digits)
        return ERR_NO_MEMORY;
    do {
        for (size_t at = 0; at < n;) {
            size_t want = n - at;

            e = random_bytes(c, draw, want);
            if (e)
                return e;
            for (size_t i = 0; i < want; i++)
                if (draw[i] < 250)
                    digits[at++] = (char)('0' + draw[i] % 10);
        }
        e = unit_num(c->arena, false, (struct span){digits, n}, false, 0, out);
    } while (!e && unit_num_cmp(out, most) > 0); // at most ten times as a rule
    return e;
}

static enum err run_rnd_int(struct call *c)
{
    const struct unit *a = &c->arg->items[0], *b = &c->arg->items[1];
    bool turned = unit_num_cmp(a, b) > 0;
    const struct unit *low = turned ? b : a, *high = turned ? a : b;
    struct num_env env;
    struct unit way, x;
    uint64_t n;
    enum err e;

    if (!((a->flags | b->flags) & UNIT_BIG)) {
        e = random_up_to(c, (uint64_t)high->i - (uint64_t)low->i, &n);
        if (!e)
            c->value = unit_int((int64_t)((uint64_t)low->i + n));
        return e;
    }
    if (a->text > RANDOM_DIGITS_MAX || b->text > RANDOM_DIGITS_MAX)
        return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                        "a random number has at most 10000 digits");
    num_env_init(&env, c->arena, c->scratch, c->fail);
    e = num_sub(&env, (struct unit[]){*high, *low}, 2, &way);
    if (!e)
        e = random_long(c, &way, &x);
    return e ? e : num_sum(&env, (struct unit[]){*low, x}, 2, &c->value);
}

static enum err run_rnd_dec(struct call *c)
{
    enum { PLACES = 18 };
    struct num_env env;
    struct unit r, x, way;
    uint64_t n;
    enum err e = random_up_to(c, 1000000000000000000u - 1, &n);

    if (!e)
        e = unit_dec((int64_t)n, -PLACES, &r);
    if (e)
        return e;
    if (!c->arg) {
        c->value = r;
        return ERR_OK;
    }
    num_env_init(&env, c->arena, c->scratch, c->fail);
    e = num_to_dec(&env, &c->arg->items[0], &x);
    if (!e)
        e = num_sub(&env, (struct unit[]){c->arg->items[1], x}, 2, &way);
    if (!e)
        e = num_mul(&env, (struct unit[]){way, r}, 2, &way);
    return e ? e : num_sum(&env, (struct unit[]){x, way}, 2, &c->value);
}

static enum err run_rnd_byte(struct call *c)
{
    int64_t a, b;
    uint64_t n;
    enum err e = two_bytes(c, &a, &b);

    if (!e)
        e = random_up_to(c, (uint64_t)(a < b ? b - a : a - b), &n);
    if (!e)
        c->value = unit_byte((uint8_t)((a < b ? a : b) + (int64_t)n));
    return e;
}

// Many bytes are drawn in pieces, between which others have their turn.
enum { PIECE_BYTES = 64 << 10 };

struct draw {
    char *bytes;
    size_t n, at;
};

static enum err draw_piece(struct call *c)
{
    struct draw *d = c->own;
    size_t left = d->n - d->at, piece = left < PIECE_BYTES ? left : PIECE_BYTES;
    enum err e = random_bytes(c, d->bytes + d->at, piece);

    d->at += piece;
    if (!e && d->at == d->n)
        e = unit_bytes((struct span){d->bytes, d->n}, &c->value);
    return e;
}

static void draw_on(struct call *c)
{
    struct draw *d = c->own;
    enum err e = draw_piece(c);

    if (e)
        call_refuse(c, e);
    else if (d->at == d->n)
        call_answer(c, &c->value);
    else
        call_timer(c, c->plat->now_ns(c->plat->ctx), draw_on);
}

static enum err run_rnd_bytes(struct call *c)
{
    struct draw *d;
    struct unit u;
    enum err e;

    if ((c->arg->flags & UNIT_BIG) || c->arg->i > UNIT_TEXT_MAX_BYTES ||
        unit_bytes((struct span){NULL, (size_t)c->arg->i}, &u))
        return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                        "bytes print as base64 in at most 16 MiB: 12582909 of them");
    d = arena_new(c->arena, sizeof *d);
    if (!d)
        return ERR_NO_MEMORY;
    *d = (struct draw){.n = (size_t)c->arg->i};
    d->bytes = arena_new(c->arena, d->n);
    if (!d->bytes)
        return ERR_NO_MEMORY;
    c->own = d;
    e = draw_piece(c);
    if (e || d->at == d->n)
        return e;
    call_timer(c, c->plat->now_ns(c->plat->ctx), draw_on);
    return ERR_LATER;
}

// RFC 9562 section 5.4: 122 random bits, version 4, variant 10.
static enum err run_uuid(struct call *c)
{
    enum { UUID_BYTES = 16, UUID_TEXT = 36 };
    static const char hex[] = "0123456789abcdef";
    uint8_t b[UUID_BYTES];
    char *text = arena_new(c->arena, UUID_TEXT), *at = text;
    enum err e = random_bytes(c, b, sizeof b);

    if (e || !text)
        return e ? e : ERR_NO_MEMORY;
    b[6] = (uint8_t)(0x40 | (b[6] & 0x0F));
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3F));
    for (unsigned i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex[b[i] >> 4];
        *at++ = hex[b[i] & 15];
    }
    return unit_str((struct span){text, UUID_TEXT}, &c->value);
}

static const struct option step_int[] = {{"step", "int", READ_DEEP}, {0}};
static const struct option step_num[] = {{"step", "num", READ_DEEP}, {0}};

static const struct command commands[] = {
    {
        .name = "lin.int",
        .shape = "(int int)",
        .run = run_lin_int,
        .info = "(lin.int (a b)), {lin.int:(a b) step:n}: the ints from a to b, both included, "
                "downward for a > b; in steps of n, or 1",
        .tut = "{com:(lin.int (5 1))@dat.gen res:[5 4 3 2 1]}"
               "{com:{lin.int:(0 10) step:4}@dat.gen res:[0 4 8]}"
               "{com:(lin.int (1 2000000000))@dat.gen res:{err:limit}}",
        .opts = step_int,
        .flags = CMD_WORKER,
        .res = "[int]",
        .effort = effort_row,
    },
    {
        .name = "lin.dec",
        .shape = "(num num)",
        .run = run_lin_dec,
        .info = "(lin.dec (a b)), {lin.dec:(a b) step:d}: the decs from a toward b, which is "
                "included where a step meets it; in steps of d, or 1.0",
        .tut = "{com:(lin.dec (0.5 3))@dat.gen res:[0.5 1.5 2.5]}"
               "{com:{lin.dec:(1 0) step:0.25}@dat.gen res:[1.0 0.75 0.5 0.25 0.0]}",
        .opts = step_num,
        .flags = CMD_WORKER,
        .res = "[dec]",
        .effort = effort_row,
    },
    {
        .name = "lin.byte",
        .shape = "(byte|nat byte|nat)",
        .run = run_lin_byte,
        .info = "(lin.byte (a b)): the bytes from a to b, both included, downward for a > b",
        .tut = "{com:(lin.byte (0x01 0x03))@dat.gen res:[0x01 0x02 0x03]}"
               "{com:(lin.byte (2 0))@dat.gen res:[0x02 0x01 0x00]}",
        .flags = CMD_WORKER,
        .res = "[byte]",
    },
    {
        .name = "rnd.int",
        .shape = "(int int)",
        .run = run_rnd_int,
        .info = "(rnd.int (a b)): a random int from a to b, both included, each as likely",
        .tut = "{com:(rnd.int (1 6))@dat.gen like:int}{com:(rnd.int (7 7))@dat.gen res:7}",
        .res = "int",
    },
    {
        .name = "rnd.byte",
        .shape = "(byte|nat byte|nat)",
        .run = run_rnd_byte,
        .info = "rnd.byte, (rnd.byte (a b)): a random byte, from a to b",
        .tut = "{com:rnd.byte@dat.gen like:byte}{com:(rnd.byte (0x05 0x05))@dat.gen res:0x05}",
        .flags = CMD_BARE,
        .res = "byte",
    },
    {
        .name = "rnd.dec",
        .shape = "(num num)",
        .run = run_rnd_dec,
        .info =
            "rnd.dec, (rnd.dec (a b)): a random dec from 0 to below 1, or from a to below b; 18 "
            "places",
        .tut = "{com:rnd.dec@dat.gen like:dec}{com:(rnd.dec (2 2))@dat.gen res:2.0}",
        .flags = CMD_BARE,
        .res = "dec",
    },
    {
        .name = "rnd.bytes",
        .shape = "nat",
        .run = run_rnd_bytes,
        .info = "(rnd.bytes n): n random bytes",
        .tut = "{com:(len (rnd.bytes 16)@dat.gen)@dat.proc res:16}"
               "{com:(rnd.bytes 16)@dat.gen like:bytes}"
               "{com:(rnd.bytes 20000000)@dat.gen res:{err:limit}}",
        .res = "bytes",
    },
    {
        .name = "uuid",
        .run = run_uuid,
        .info = "uuid: a name that no other has (RFC 9562, version 4)",
        .tut = "{com:uuid@dat.gen like:str}{com:(len uuid@dat.gen)@dat.proc res:36}",
        .res = "str",
    },
};

const struct service dat_gen_service = {
    .name = "dat.gen",
    .info = "rows of numbers, random numbers and bytes, unique names",
    .commands = commands,
    .n = COUNT(commands),
};
