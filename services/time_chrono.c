// SPDX-License-Identifier: MIT
// time.chrono - waiting, clocks, how long a message takes, and messages at times.
//
// What runs in the background is a message to this service itself, every.run or at.run: so it is
// a task as any other, which sys.task lists and ends.
#include "kernel/service.h"
#include "services/time_date.h"

static const uint64_t mcs_ns = 1000, ms_ns = 1000000, sec_ns = 1000000000;

static uint64_t now_of(const struct call *c)
{
    return c->plat->now_ns(c->plat->ctx);
}

static enum err no_memory(struct call *c)
{
    return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for this message");
}

static void finish(struct call *c, enum err e)
{
    if (e == ERR_OK)
        call_answer(c, &c->value);
    else if (e != ERR_LATER)
        call_refuse(c, e);
}

// UTC in ms since 1970.
static enum err utc_of(struct call *c, int64_t *ms)
{
    int64_t ns;
    enum err e = c->plat->utc_ns(c->plat->ctx, &ns);

    if (e)
        return fail_set(c->fail, e, FAIL_NO_POS, "set the clock of this machine",
                        "this machine does not know the time of day");
    *ms = ns / (int64_t)ms_ns - (ns % (int64_t)ms_ns < 0);
    return ERR_OK;
}

// ---- wait

static enum err too_long(struct call *c)
{
    return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, "wait for less than 500 years",
                    "this is longer than clocks count");
}

// The first digits of a coefficient; the exponent grows by those left out.
static uint64_t first_digits(const struct unit *u, int64_t *exp)
{
    uint32_t n = u->big->n < 18 ? u->big->n : 18;
    uint64_t v = 0;

    for (uint32_t i = 0; i < n; i++)
        v = v * 10 + (uint64_t)(u->big->digits[i] - '0');
    *exp += u->big->n - n;
    return v;
}

// A number of units of time in ns, rounded down.
static enum err span_of_time(struct call *c, const struct unit *u, uint64_t unit_ns, uint64_t *ns)
{
    bool big = u->flags & UNIT_BIG;
    int64_t exp = u->exp;
    uint64_t v;

    if (big ? u->big->neg : u->i < 0)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "wait for 0 or more",
                        "nobody can wait for less than no time");
    v = big ? first_digits(u, &exp) : (uint64_t)u->i;
    for (; v && exp < 0; exp++) {
        if (unit_ns % 10 == 0)
            unit_ns /= 10;
        else
            v /= 10;
    }
    for (; v && exp > 0; exp--)
        if (__builtin_mul_overflow(v, 10, &v))
            return too_long(c);
    if (__builtin_mul_overflow(v, unit_ns, ns))
        return too_long(c);
    return ERR_OK;
}

static void wait_over(struct call *c)
{
    call_answer(c, &c->value);
}

static enum err wait_for(struct call *c, uint64_t unit_ns)
{
    uint64_t ns, now = now_of(c);
    enum err e = span_of_time(c, c->arg, unit_ns, &ns);

    if (!e && ns >= UINT64_MAX - now)
        e = too_long(c);
    if (e)
        return e;
    call_timer(c, now + ns, wait_over);
    return ERR_LATER;
}

// ---- Units of time: a command each of wait and get.up

#define UNIT_OF_TIME(name, ns)                            \
    static enum err wait_##name(struct call *c)           \
    {                                                     \
        return wait_for(c, ns);                           \
    }                                                     \
    static enum err up_##name(struct call *c)             \
    {                                                     \
        c->value = unit_int((int64_t)(now_of(c) / (ns))); \
        return ERR_OK;                                    \
    }
UNIT_OF_TIME(mcs, mcs_ns)
UNIT_OF_TIME(ms, ms_ns)
UNIT_OF_TIME(sec, sec_ns)
UNIT_OF_TIME(min, 60 * sec_ns)
UNIT_OF_TIME(hour, 3600 * sec_ns)
UNIT_OF_TIME(day, 86400 * sec_ns)

static enum err up_year(struct call *c)
{
    c->value = unit_int((int64_t)(now_of(c) / (31556952 * sec_ns))); // 365.2425 days
    return ERR_OK;
}

// ---- now

static enum err run_now(struct call *c)
{
    char *text = arena_new(c->arena, DATE_BYTES);
    int64_t ms;
    enum err e = text ? utc_of(c, &ms) : no_memory(c);

    if (e)
        return e;
    date_print(ms, text);
    return unit_str((struct span){text, DATE_BYTES}, &c->value);
}

static enum err run_now_ms(struct call *c)
{
    int64_t ms;
    enum err e = utc_of(c, &ms);

    if (!e)
        c->value = unit_int(ms);
    return e;
}

// ---- bch

struct bench {
    uint64_t start_ns, unit_ns;
};

// A message inside of this one; what a ref leads to is read.
static enum err send(struct call *c, const struct unit *u, child_end *end)
{
    enum err e = call_spawn(c, u, CHILD_INSIDE | CHILD_READ, 0, end);

    return e ? e : ERR_LATER;
}

static void bench_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    const struct bench *b = c->own;

    (void)tag;
    c->value = unit_int((int64_t)((now_of(c) - b->start_ns) / b->unit_ns));
    if (e)
        call_pass(c, e, value);
    else
        call_answer(c, &c->value);
}

static enum err bench(struct call *c, uint64_t unit_ns)
{
    struct bench *b = arena_new(c->arena, sizeof *b);

    if (!b)
        return no_memory(c);
    *b = (struct bench){now_of(c), unit_ns};
    c->own = b;
    return send(c, c->arg, bench_end);
}

static enum err run_bch_mcs(struct call *c)
{
    return bench(c, mcs_ns);
}

static enum err run_bch_ms(struct call *c)
{
    return bench(c, ms_ns);
}

static enum err run_bch_sec(struct call *c)
{
    return bench(c, sec_ns);
}

// ---- In the background: `{name:X option:value}@time.chrono`, X as it stands

static enum err detach(struct call *c, const char *name, const char *option,
                       const struct unit *value)
{
    struct unit *items = unit_array(c->scratch, 4), *stream = unit_array(c->scratch, 2), u;
    uint64_t id;
    enum err e;

    if (!items || !stream)
        return no_memory(c);
    items[0] = unit_word(name);
    items[1] = *c->arg;
    items[2] = unit_word(option);
    items[3] = *value;
    stream[1] = unit_word(c->service->name);
    e = unit_map(c->scratch, items, 2, NULL, &stream[0]);
    if (!e)
        e = unit_stream(stream, 2, &u);
    if (e)
        return fail_set(c->fail, e, FAIL_NO_POS, NULL, "this is too much for one message");
    e = call_detach(c, &u, CHILD_INSIDE, &id);
    if (!e)
        c->value = unit_int((int64_t)id);
    return e;
}

// ---- every

enum { EVERY_MS };
static const struct option every_options[] = {[EVERY_MS] = {"ms", "nat", READ_DEEP}, {0}};

struct every {
    uint64_t start_ns, period_ns;
    uint64_t turn; // due at start + turn * period: it never drifts
};

static enum err period_of(struct call *c, uint64_t *ns)
{
    const struct unit *ms = c->opt[EVERY_MS];

    if (!ms)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                        "how often is missing: ms:1000 is every second");
    if (!(ms->flags & UNIT_BIG) && ms->i == 0)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS,
                        "task.loop of sys.task runs at once again", "ms is at least 1");
    return span_of_time(c, ms, ms_ns, ns);
}

static enum err run_every(struct call *c)
{
    uint64_t ns;
    enum err e = period_of(c, &ns);

    return e ? e : detach(c, "every.run", "ms", c->opt[EVERY_MS]);
}

static void every_due(struct call *c);

// Sets the timer to the next turn that lies before us: those that were missed are left out.
static enum err every_wait(struct call *c)
{
    struct every *y = c->own;
    uint64_t due;

    y->turn = (now_of(c) - y->start_ns) / y->period_ns + 1;
    if (__builtin_mul_overflow(y->turn, y->period_ns, &due) || due >= UINT64_MAX - y->start_ns)
        return too_long(c);
    call_timer(c, y->start_ns + due, every_due);
    return ERR_LATER;
}

// An error is shown, and the next turn comes all the same.
static void every_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    (void)tag;
    if (e && c->term && c->term->fail)
        c->term->fail(c->term->ctx, value, call_id(c));
    finish(c, every_wait(c));
}

static void every_due(struct call *c)
{
    enum err e = send(c, c->arg, every_end);

    finish(c, e == ERR_BUSY ? every_wait(c) : e); // no room now: this turn is left out
}

static enum err run_every_run(struct call *c)
{
    struct every *y = arena_new(c->arena, sizeof *y);
    enum err e;

    if (!y)
        return no_memory(c);
    *y = (struct every){.start_ns = now_of(c)};
    c->own = y;
    e = period_of(c, &y->period_ns);
    return e ? e : every_wait(c);
}

// ---- at

enum { AT_TIME };
static const struct option at_options[] = {[AT_TIME] = {"time", "int|str", READ_DEEP}, {0}};

// The clock of the machine may be set while we wait: look at it again after so long.
enum { AT_LOOK_MS = 3600000 };

static enum err moment_of(struct call *c, int64_t *ms)
{
    const struct unit *t = c->opt[AT_TIME];

    if (!t)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info, "the time is missing");
    if (t->kind == UNIT_STR)
        return date_parse(unit_span(t), ms, c->fail);
    if (t->flags & UNIT_BIG)
        return too_long(c);
    *ms = t->i;
    return ERR_OK;
}

static enum err run_at(struct call *c)
{
    int64_t at, now;
    struct unit time;
    char text[DATE_BYTES];
    struct span shown = {text, sizeof text};
    enum err e = moment_of(c, &at);

    if (!e)
        e = utc_of(c, &now);
    if (e)
        return e;
    date_print(now, text);
    if (at < now)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "without at it runs at once",
                        "this time has passed: it is %S", &shown);
    time = unit_int(at);
    return detach(c, "at.run", "time", &time);
}

static void at_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    (void)tag;
    if (!e && call_keep(c, value, &c->value))
        call_refuse(c, no_memory(c));
    else if (e)
        call_pass(c, e, value);
    else
        call_answer(c, &c->value);
}

static void at_due(struct call *c);

static enum err at_wait(struct call *c)
{
    int64_t at, now;
    uint64_t left;
    enum err e = moment_of(c, &at);

    if (!e)
        e = utc_of(c, &now);
    if (e)
        return e;
    if (at <= now)
        return send(c, c->arg, at_end);
    left = (uint64_t)at - (uint64_t)now;
    call_timer(c, now_of(c) + (left < AT_LOOK_MS ? left : AT_LOOK_MS) * ms_ns, at_due);
    return ERR_LATER;
}

static void at_due(struct call *c)
{
    finish(c, at_wait(c));
}

// ---- The table

#define WAIT(unit, text)                                                  \
    {                                                                     \
        .name = "wait." #unit, .shape = "num", .run = wait_##unit,        \
        .info = "(wait." #unit " n): waits for n " text,                  \
        .tut = "{com:(wait." #unit " 0)@time.chrono res:-}"               \
               "{com:(wait." #unit " 1e30)@time.chrono res:{err:limit}}", \
    }
#define UP(unit, text)                                                      \
    {                                                                       \
        .name = "get.up." #unit, .run = up_##unit,                          \
        .info = "get.up." #unit ": " text " since the machine started",     \
        .tut = "{com:get.up." #unit "@time.chrono like:int}", .res = "int", \
    }
#define BCH(command, unit, text)                                                       \
    {                                                                                  \
        .name = command, .shape = "stream|ref", .run = run_bch_##unit,                 \
        .info = "(" command " X@serv): runs X once; how long it took, in whole " text, \
        .tut = "{com:(" command " (wait.ms 1)@time.chrono)@time.chrono like:int}"      \
               "{com:(" command " x@nowhere)@time.chrono res:{err:no-service}}",       \
        .mode = READ_QUOTE, .res = "int",                                              \
    }

static const struct command commands[] = {
    {
        .name = "wait",
        .shape = "num",
        .run = wait_sec,
        .info = "(wait n) or n: waits for n seconds; an int or a dec",
        .tut = "{com:(wait 0)@time.chrono res:-}{com:0.001@time.chrono res:-}"
               "{com:(wait -1)@time.chrono res:{err:bad-arg}}",
        .flags = CMD_DEFAULT,
    },
    WAIT(mcs, "microseconds"),
    WAIT(ms, "milliseconds"),
    WAIT(sec, "seconds"),
    WAIT(min, "minutes"),
    WAIT(hour, "hours"),
    WAIT(day, "days"),
    {
        .name = "get.up",
        .run = up_sec,
        .info = "get.up: seconds since the machine started",
        .tut = "{com:get.up@time.chrono like:int}",
        .res = "int",
    },
    UP(mcs, "microseconds"),
    UP(ms, "milliseconds"),
    UP(sec, "seconds"),
    UP(min, "minutes"),
    UP(hour, "hours"),
    UP(day, "days"),
    UP(year, "years"),
    {
        .name = "now",
        .run = run_now,
        .info = "now: the time in UTC, with milliseconds: `2026-11-21T05:20:01.123Z`",
        .tut = "{com:now@time.chrono like:str}",
        .res = "str",
    },
    {
        .name = "now.ms",
        .run = run_now_ms,
        .info = "now.ms: milliseconds since 1970, in UTC",
        .tut = "{com:now.ms@time.chrono like:int}",
        .res = "int",
    },
    BCH("bch", mcs, "microseconds"),
    BCH("bch.mcs", mcs, "microseconds"),
    BCH("bch.ms", ms, "milliseconds"),
    BCH("bch.sec", sec, "seconds"),
    {
        .name = "every",
        .shape = "stream",
        .run = run_every,
        .info = "{every:X@serv ms:n}: runs X every n milliseconds in the background, first after "
                "n; an error is shown, turns that come while X runs are left out; its id",
        .tut = "{com:(kill {every:a@test.void ms:1000}@time.chrono)@sys.task res:-}"
               "{com:{every:a@test.void ms:0}@time.chrono res:{err:bad-arg}}",
        .mode = READ_QUOTE,
        .opts = every_options,
        .res = "int",
    },
    {
        .name = "every.run",
        .shape = "stream",
        .run = run_every_run,
        .info = "{every.run:X@serv ms:n}: the same, but waits for it: it has no end",
        .tut = "{com:{every.run:a@test.void ms:0}@time.chrono res:{err:bad-arg}}",
        .mode = READ_QUOTE,
        .opts = every_options,
    },
    {
        .name = "at",
        .shape = "stream",
        .run = run_at,
        .info = "{at:X@serv time:T}: runs X at this time, in the background; its id. T is written "
                "`2026-11-21T05:20:01Z` or `2026-11-21T07:20+02:00`, or ms since 1970",
        .tut = "{com:(kill {at:a@test.void time:`9999-01-01`}@time.chrono)@sys.task res:-}"
               "{com:{at:a@test.void time:`2020-01-01T12:00`}@time.chrono res:{err:bad-arg}}",
        .mode = READ_QUOTE,
        .opts = at_options,
        .res = "int",
    },
    {
        .name = "at.run",
        .shape = "stream",
        .run = at_wait,
        .info = "{at.run:X@serv time:T}: waits till this time, then runs X; its value",
        .tut = "{com:{at.run:(neg 5)@math.calc time:0}@time.chrono res:-5}",
        .mode = READ_QUOTE,
        .opts = at_options,
        .res = "any",
    },
};

const struct service time_chrono_service = {
    .name = "time.chrono",
    .info = "clocks: waiting, the time, how long a message takes, messages at times",
    .commands = commands,
    .n = COUNT(commands),
};
