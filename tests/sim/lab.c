// SPDX-License-Identifier: MIT
// A service for tests of tasks.
#include "tests/sim/lab.h"

struct lab lab;

// ---- Children

struct team {
    struct unit *values;
    uint32_t n, left;
};

// An error stands as {err:{..}}.
static enum err as_value(struct call *c, enum err e, const struct unit *value, struct unit *out)
{
    struct unit *items;
    enum err bad;

    if (!e)
        return call_keep(c, value, out);
    items = unit_array(c->arena, 2);
    if (!items)
        return ERR_NO_MEMORY;
    items[0] = unit_word("err");
    bad = call_keep(c, value, &items[1]);
    return bad ? bad : unit_map(c->arena, items, 1, NULL, out);
}

static void finish(struct call *c, enum err e, const struct unit *value)
{
    if (e)
        call_refuse(c, e);
    else
        call_answer(c, value);
}

static void all_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct team *team = c->own;
    struct unit list = unit_none();
    enum err bad = as_value(c, e, value, &team->values[tag]);

    if (!bad && --team->left)
        return;
    if (!bad)
        bad = unit_list(team->values, team->n, &list);
    finish(c, bad, &list);
}

static struct team *team_of(struct call *c)
{
    struct team *team = arena_new(c->arena, sizeof *team);

    if (!team)
        return NULL;
    *team = (struct team){unit_array(c->arena, c->arg->n), c->arg->n, c->arg->n};
    for (uint32_t i = 0; team->values && i < team->n; i++)
        team->values[i] = unit_none();
    c->own = team;
    return team->values ? team : NULL;
}

static enum err start_all(struct call *c, child_end *end)
{
    for (uint32_t i = 0; i < c->arg->n; i++) {
        enum err e = call_spawn(c, &c->arg->items[i], CHILD_INSIDE, i, end);

        if (e)
            return e;
    }
    return ERR_LATER;
}

static enum err run_all(struct call *c)
{
    if (!c->arg->n)
        return unit_list(NULL, 0, &c->value);
    return team_of(c) ? start_all(c, all_end) : ERR_NO_MEMORY;
}

static void first_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct unit kept = unit_none();

    (void)tag;
    if (e) {
        call_pass(c, e, value);
        return;
    }
    e = call_keep(c, value, &kept);
    finish(c, e, &kept);
}

static enum err run_first(struct call *c)
{
    return start_all(c, first_end);
}

static void seq_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    if (e || tag + 1 == c->arg->n) {
        first_end(c, tag, e, value);
        return;
    }
    e = call_spawn(c, &c->arg->items[tag + 1], CHILD_INSIDE, tag + 1, seq_end);
    if (e)
        call_refuse(c, e);
}

static enum err run_seq(struct call *c)
{
    enum err e = ERR_OK;

    if (c->arg->n)
        e = call_spawn(c, c->arg->items, CHILD_INSIDE, 0, seq_end);
    return c->arg->n && !e ? ERR_LATER : e;
}

static bool counts(const struct call *c)
{
    return c->arg->kind == UNIT_PAIR && c->arg->items[0].kind == UNIT_INT;
}

static void loop_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    const struct unit none = unit_none();

    if (e) {
        call_pass(c, e, value);
        return;
    }
    if (counts(c) && tag == (uint32_t)c->arg->items[0].i) {
        call_answer(c, &none);
        return;
    }
    e = call_spawn(c, counts(c) ? &c->arg->items[1] : c->arg, CHILD_INSIDE, tag + 1, loop_end);
    if (e)
        call_refuse(c, e);
}

static enum err run_loop(struct call *c)
{
    enum err e;

    if (counts(c) && !c->arg->items[0].i)
        return ERR_OK;
    e = call_spawn(c, counts(c) ? &c->arg->items[1] : c->arg, CHILD_INSIDE, 1, loop_end);
    return e ? e : ERR_LATER;
}

static void try_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct unit kept = unit_none();

    (void)tag;
    e = as_value(c, e, value, &kept);
    finish(c, e, &kept);
}

static enum err send(struct call *c, unsigned flags, child_end *end)
{
    enum err e = call_spawn(c, c->arg, flags, 0, end);

    return e ? e : ERR_LATER;
}

static enum err run_try(struct call *c)
{
    return send(c, CHILD_INSIDE, try_end);
}

static enum err run_keep(struct call *c)
{
    return send(c, CHILD_INSIDE, first_end);
}

static enum err run_read(struct call *c)
{
    return send(c, CHILD_INSIDE | CHILD_READ, first_end);
}

static enum err run_front(struct call *c)
{
    return send(c, CHILD_INSIDE | CHILD_FRONT, first_end);
}

static enum err run_alone(struct call *c)
{
    return send(c, 0, first_end);
}

static enum err run_mix(struct call *c)
{
    struct team *team = team_of(c);
    enum err e;

    if (!team)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < c->arg->n; i++) {
        struct task *unused;
        struct arena *a;

        e = call_child(c, &unused, &a);
        if (!e)
            call_unused(unused);
        if (!e)
            e = call_spawn(c, &c->arg->items[i], CHILD_INSIDE, i, all_end);
        if (e)
            return e;
    }
    for (uint32_t i = 1; i < c->arg->n; i += 2) {
        call_drop(c, i);
        call_drop(c, i); // it is gone
        team->left--;
    }
    return team->left ? ERR_LATER : unit_list(team->values, team->n, &c->value);
}

static enum err run_sep(struct call *c)
{
    uint64_t id = 0;
    enum err e = call_detach(c, c->arg, CHILD_INSIDE, &id);

    c->value = unit_int((int64_t)id);
    return e;
}

// ---- Time

static void due(struct call *c)
{
    const struct unit none = unit_none();

    call_answer(c, c->arg->kind == UNIT_INT ? c->arg : &none);
}

static enum err run_wait(struct call *c)
{
    call_timer(c, c->plat->now_ns(c->plat->ctx) + (uint64_t)c->arg->i, due);
    return ERR_LATER;
}

static enum err run_twice(struct call *c)
{
    for (uint32_t i = 0; i < c->arg->n; i++)
        call_timer(c, c->plat->now_ns(c->plat->ctx) + (uint64_t)c->arg->items[i].i, due);
    return ERR_LATER;
}

static enum err run_burn(struct call *c)
{
    ((struct sim *)c->plat->ctx)->now_ns += (uint64_t)c->arg->i;
    return ERR_OK;
}

// ---- Workers

// Uses all that a job may use: its message, its arenas, its fail.
static enum err run_work(struct call *c)
{
    void *p = arena_new(c->scratch, 10000);

    if (!p)
        return ERR_NO_MEMORY;
    memset(p, 1, 10000);
    if (c->arg->kind == UNIT_STR && unit_is_text(c->arg, SPAN("bad")))
        return fail_set(c->fail, ERR_DOMAIN, FAIL_NO_POS, NULL, "this work fails");
    return unit_copy(c->arena, c->arg, &c->value);
}

static enum err run_side(struct call *c)
{
    return c->aside ? run_work(c) : call_aside(c);
}

static uint64_t long_work(const struct call *c)
{
    (void)c;
    return ASIDE_NS;
}

// ---- Others

static enum err run_hold(struct call *c)
{
    ck_assert_uint_lt(lab.holds_n, LAB_HOLDS);
    lab.holds[lab.holds_n++] = c;
    return ERR_LATER;
}

static enum err run_tick(struct call *c)
{
    c->value = unit_int(++lab.ticks);
    return ERR_OK;
}

static enum err run_me(struct call *c)
{
    c->value = unit_int((int64_t)call_id(c));
    return ERR_OK;
}

static enum err run_kill(struct call *c)
{
    return call_kill(c, (uint64_t)c->arg->i);
}

static enum err run_fail(struct call *c)
{
    return fail_set(c->fail, ERR_DOMAIN, FAIL_NO_POS, NULL, "it was told to fail");
}

static enum err run_say(struct call *c)
{
    struct span text;
    enum err e = unit_print_new(c->scratch, c->arg, &text);

    return e || !c->term ? e : c->term->say(c->term->ctx, text);
}

static enum err run_echo(struct call *c)
{
    c->value = *c->arg;
    return ERR_OK;
}

static const struct command commands[] = {
    {"all", "[any]", run_all, "all", "", READ_QUOTE, 0, NULL, "any"},
    {"first", "[any]", run_first, "first", "", READ_QUOTE, 0, NULL, "any"},
    {"seq", "[any]", run_seq, "seq", "", READ_QUOTE, 0, NULL, "any"},
    {"loop", "any", run_loop, "loop", "", READ_QUOTE, 0, NULL, "any"},
    {"try", "any", run_try, "try", "", READ_QUOTE, 0, NULL, "any"},
    {"keep", "any", run_keep, "keep", "", READ_QUOTE, 0, NULL, "any"},
    {"read", "any", run_read, "read", "", READ_QUOTE, 0, NULL, "any"},
    {"front", "any", run_front, "front", "", READ_QUOTE, 0, NULL, "any"},
    {"alone", "any", run_alone, "alone", "", READ_QUOTE, 0, NULL, "any"},
    {"mix", "[any]", run_mix, "mix", "", READ_QUOTE, 0, NULL, "any"},
    {"sep", "any", run_sep, "sep", "", READ_QUOTE, 0, NULL, "any"},
    {"wait", "nat", run_wait, "wait", "", READ_DEEP, 0, NULL, "any"},
    {"burn", "nat", run_burn, "burn", "", READ_DEEP, 0, NULL, "any"},
    {"twice", "[nat]", run_twice, "twice", "", READ_DEEP, 0, NULL, "any"},
    {"work", "any", run_work, "work", "", READ_DEEP, CMD_WORKER, NULL, "any", long_work},
    {"side", "any", run_side, "side", "", READ_DEEP, CMD_WORKER, NULL, "any"},
    {"hold", NULL, run_hold, "hold", "", READ_DEEP, 0, NULL, "any"},
    {"tick", NULL, run_tick, "tick", "", READ_DEEP, 0, NULL, "any"},
    {"me", NULL, run_me, "me", "", READ_DEEP, 0, NULL, "any"},
    {"kill", "nat", run_kill, "kill", "", READ_DEEP, 0, NULL, "any"},
    {"fail", NULL, run_fail, "fail", "", READ_DEEP, 0, NULL, "any"},
    {"say", "any", run_say, "say", "", READ_DEEP, 0, NULL, "any"},
    {"echo", "any", run_echo, "echo", "", READ_DEEP, CMD_DEFAULT, NULL, "any"},
};
const struct service lab_service = {
    .name = "lab", .info = "for tests", .commands = commands, .n = COUNT(commands)};

// The same work of a pure service: it may go aside by the size of its argument, except for what
// sends messages.
static const struct command pure_commands[] = {
    {"echo", "any", run_work, "echo", "", READ_DEEP, CMD_DEFAULT, NULL, "any"},
    {"all", "[any]", run_all, "all", "", READ_QUOTE, CMD_KERNEL, NULL, "any"},
};
const struct service lab_pure_service = {.name = "lab.pure",
                                         .info = "for tests",
                                         .commands = pure_commands,
                                         .n = COUNT(pure_commands),
                                         .pure = true};
