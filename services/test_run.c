// SPDX-License-Identifier: MIT
// test.run - runs a list of messages and compares what they answer.
#include "kernel/service.h"
#include "units/shape.h"

struct run {
    int64_t pass;
    struct unit *fail;
    uint32_t failed;
};

static enum err next(struct call *c, uint32_t at);

// {err:{..}} is how an error stands among values.
static enum err as_value(struct call *c, enum err e, const struct unit *value, struct unit *out)
{
    struct unit *items;

    if (!e) {
        *out = *value;
        return ERR_OK;
    }
    items = unit_array(c->arena, 2);
    if (!items)
        return ERR_NO_MEMORY;
    items[0] = unit_word("err");
    items[1] = *value;
    return unit_map(c->arena, items, 1, NULL, out);
}

// A wanted `{err:word}` is met by an error with this code.
static bool is_wanted(const struct call *c, const struct unit *want, const struct unit *got)
{
    const struct mem *mem = c->plat->mem;
    const struct unit *a = unit_get_word(want, SPAN("err"), mem);
    const struct unit *b = unit_get_word(got, SPAN("err"), mem);
    const struct unit *code = b ? unit_get_word(b, SPAN("code"), mem) : NULL;

    return unit_eq(want, got, mem) || (a && code && want->n == 1 && unit_eq(a, code, mem));
}

// Compares what row `at` gave; keeps those that differ.
static enum err compare(struct call *c, uint32_t at, enum err e, const struct unit *value)
{
    struct run *r = c->own;
    const struct unit *row = &c->arg->items[at];
    const struct unit *com = unit_get_word(row, SPAN("com"), c->plat->mem);
    const struct unit *res = unit_get_word(row, SPAN("res"), c->plat->mem);
    const struct unit *like = unit_get_word(row, SPAN("like"), c->plat->mem);
    struct unit got, kept, *items;
    enum err bad = as_value(c, e, value, &got);
    char shape[64];
    bool good;

    if (bad)
        return bad;
    if (like && like->kind == UNIT_STR && like->n < sizeof shape) {
        memcpy(shape, like->s, like->n);
        shape[like->n] = 0;
        good = !e && !shape_check(shape, NULL) && !shape_fits(shape, &got, SHAPE_READ, NULL);
    } else {
        good = res && is_wanted(c, res, &got);
    }
    if (good) {
        r->pass++;
        return ERR_OK;
    }
    items = unit_array(c->arena, 6);
    bad = call_keep(c, &got, &kept);
    if (!items || bad)
        return ERR_NO_MEMORY;
    items[0] = unit_word("com");
    items[1] = *com;
    items[2] = unit_word(like ? "like" : "res");
    items[3] = like ? *like : res ? *res : unit_none();
    items[4] = unit_word("got");
    items[5] = kept;
    bad = unit_map(c->arena, items, 3, NULL, &r->fail[r->failed]);
    r->failed += !bad;
    return bad;
}

static void one_done(struct call *c, uint32_t at, enum err e, const struct unit *value)
{
    enum err bad = compare(c, at, e, value);

    if (!bad)
        bad = next(c, at + 1);
    if (bad && bad != ERR_LATER)
        call_refuse(c, bad);
}

// Sends the message of row `at`; behind the last one answers.
static enum err next(struct call *c, uint32_t at)
{
    struct run *r = c->own;
    const struct unit *com;
    struct unit *items, value;
    enum err e;

    if (at < c->arg->n) {
        com = unit_get_word(&c->arg->items[at], SPAN("com"), c->plat->mem);
        if (!com)
            return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS,
                            "each item is {com:MESSAGE res:VALUE}", "item %u has no com",
                            (unsigned long)at);
        e = call_spawn(c, com, 0, at, one_done);
        return e ? e : ERR_LATER;
    }
    items = unit_array(c->arena, 4);
    if (!items)
        return ERR_NO_MEMORY;
    items[0] = unit_word("pass");
    items[1] = unit_int(r->pass);
    items[2] = unit_word("fail");
    e = unit_list(r->fail, r->failed, &items[3]);
    if (!e)
        e = unit_map(c->arena, items, 2, NULL, &value);
    if (e)
        return e;
    if (c->arg->n == 0) { // nothing was sent, nobody waits
        c->value = value;
        return ERR_OK;
    }
    call_answer(c, &value);
    return ERR_LATER;
}

static enum err run_run(struct call *c)
{
    struct run *r = arena_new(c->arena, sizeof *r);

    if (!r)
        return ERR_NO_MEMORY;
    *r = (struct run){.fail = unit_array(c->arena, c->arg->n)};
    if (!r->fail)
        return ERR_NO_MEMORY;
    c->own = r;
    return next(c, 0);
}

static const struct command commands[] = {
    {
        .name = "run",
        .shape = "[map]",
        .run = run_run,
        .info = "[{com:MESSAGE res:VALUE} ..]@test.run: runs each and compares; like:SHAPE instead "
                "of res checks the shape",
        .tut =
            "{com:[{com:(neg 5)@math.calc res:-5}]@test.run res:{pass:1 fail:[]}}"
            "{com:(run [{com:(neg 5)@math.calc like:int}])@test.run res:{pass:1 fail:[]}}"
            "{com:[{com:(div (1 0))@math.calc res:{err:div-zero}}]@test.run res:{pass:1 fail:[]}}",
        .mode = READ_QUOTE,
        .flags = CMD_DEFAULT,
        .res = "map",
    },
};

const struct service test_run_service = {
    .name = "test.run",
    .info = "runs messages and compares their answers",
    .commands = commands,
    .n = COUNT(commands),
};
