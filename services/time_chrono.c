// SPDX-License-Identifier: MIT
// time.chrono - waiting, clocks, how long a message takes, and messages at times.
#include "services/time_chrono.h"

#include "services/time_date.h"

static const uint64_t mcs_ns = 1000, ms_ns = 1000000, sec_ns = 1000000000;

uint64_t chrono_now(const struct call *c)
{
    return c->plat->now_ns(c->plat->ctx);
}

enum err chrono_no_memory(struct call *c)
{
    return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for this message");
}

// UTC in ms since 1970.
enum err chrono_utc(struct call *c, int64_t *ms)
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

enum err chrono_too_long(struct call *c)
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
enum err chrono_span(struct call *c, const struct unit *u, uint64_t unit_ns, uint64_t *ns)
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
            return chrono_too_long(c);
    if (__builtin_mul_overflow(v, unit_ns, ns))
        return chrono_too_long(c);
    return ERR_OK;
}

static void wait_over(struct call *c)
{
    call_answer(c, &c->value);
}

static enum err wait_for(struct call *c, uint64_t unit_ns)
{
    uint64_t ns, now = chrono_now(c);
    enum err e = chrono_span(c, c->arg, unit_ns, &ns);

    if (!e && ns >= UINT64_MAX - now)
        e = chrono_too_long(c);
    if (e)
        return e;
    call_timer(c, now + ns, wait_over);
    return ERR_LATER;
}

// ---- Units of time: a command each of wait and get.up

#define UNIT_OF_TIME(name, ns)                                \
    static enum err wait_##name(struct call *c)               \
    {                                                         \
        return wait_for(c, ns);                               \
    }                                                         \
    static enum err up_##name(struct call *c)                 \
    {                                                         \
        c->value = unit_int((int64_t)(chrono_now(c) / (ns))); \
        return ERR_OK;                                        \
    }
UNIT_OF_TIME(mcs, mcs_ns)
UNIT_OF_TIME(ms, ms_ns)
UNIT_OF_TIME(sec, sec_ns)
UNIT_OF_TIME(min, 60 * sec_ns)
UNIT_OF_TIME(hour, 3600 * sec_ns)
UNIT_OF_TIME(day, 86400 * sec_ns)

static enum err up_year(struct call *c)
{
    c->value = unit_int((int64_t)(chrono_now(c) / (31556952 * sec_ns))); // 365.2425 days
    return ERR_OK;
}

// ---- now

static enum err run_now(struct call *c)
{
    char *text = arena_new(c->arena, DATE_BYTES);
    int64_t ms;
    enum err e = text ? chrono_utc(c, &ms) : chrono_no_memory(c);

    if (e)
        return e;
    date_print(ms, text);
    return unit_str((struct span){text, DATE_BYTES}, &c->value);
}

static enum err run_now_ms(struct call *c)
{
    int64_t ms;
    enum err e = chrono_utc(c, &ms);

    if (!e)
        c->value = unit_int(ms);
    return e;
}

// ---- bch

struct bench {
    uint64_t start_ns, unit_ns;
};

// A message inside of this one; what a ref leads to is read.
enum err chrono_send(struct call *c, const struct unit *u, child_end *end)
{
    enum err e = call_spawn(c, u, CHILD_INSIDE | CHILD_READ, 0, end);

    return e ? e : ERR_LATER;
}

static void bench_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    const struct bench *b = c->own;

    (void)tag;
    c->value = unit_int((int64_t)((chrono_now(c) - b->start_ns) / b->unit_ns));
    if (e)
        call_pass(c, e, value);
    else
        call_answer(c, &c->value);
}

static enum err bench(struct call *c, uint64_t unit_ns)
{
    struct bench *b = arena_new(c->arena, sizeof *b);

    if (!b)
        return chrono_no_memory(c);
    *b = (struct bench){chrono_now(c), unit_ns};
    c->own = b;
    return chrono_send(c, c->arg, bench_end);
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

// ---- The table

static const struct option every_options[] = {[CHRONO_MS] = {"ms", "nat", READ_DEEP}, {0}};
static const struct option at_options[] = {[CHRONO_TIME] = {"time", "int|str", READ_DEEP}, {0}};

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
        .run = chrono_run_every,
        .info =
            "{every:X@serv ms:n}: runs X every n milliseconds in the background, first after "
            "n; an error is shown (denied ends it), turns that come while X runs are left out; its "
            "id",
        .tut = "{com:(kill {every:a@test.void ms:1000}@time.chrono)@sys.task res:-}"
               "{com:{every:a@test.void ms:0}@time.chrono res:{err:bad-arg}}",
        .mode = READ_QUOTE,
        .opts = every_options,
        .res = "int",
    },
    {
        .name = "every.run",
        .shape = "stream",
        .run = chrono_run_every_run,
        .info = "{every.run:X@serv ms:n}: the same, but waits for it: it has no end",
        .tut = "{com:{every.run:a@test.void ms:0}@time.chrono res:{err:bad-arg}}",
        .mode = READ_QUOTE,
        .opts = every_options,
    },
    {
        .name = "at",
        .shape = "stream",
        .run = chrono_run_at,
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
        .run = chrono_run_at_run,
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
