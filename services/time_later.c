// SPDX-License-Identifier: MIT
// time.chrono: messages at times, in the background.
//
// What runs there is a message to this service itself, every.run or at.run: so it is a task as any
// other, which sys.task lists and ends.
#include "services/time_chrono.h"
#include "services/time_date.h"

static const uint64_t ms_ns = 1000000;

static void finish(struct call *c, enum err e)
{
    if (e == ERR_OK)
        call_answer(c, &c->value);
    else if (e != ERR_LATER)
        call_refuse(c, e);
}

// ---- In the background: `{name:X option:value}@time.chrono`, X as it stands

static enum err detach(struct call *c, const char *name, const char *option,
                       const struct unit *value)
{
    struct unit *items = unit_array(c->scratch, 4), *stream = unit_array(c->scratch, 2), u;
    uint64_t id;
    enum err e;

    if (!items || !stream)
        return chrono_no_memory(c);
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

struct every {
    uint64_t start_ns, period_ns;
    uint64_t turn; // due at start + turn * period: it never drifts
};

static enum err period_of(struct call *c, uint64_t *ns)
{
    const struct unit *ms = c->opt[CHRONO_MS];

    if (!ms)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                        "how often is missing: ms:1000 is every second");
    if (!(ms->flags & UNIT_BIG) && ms->i == 0)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS,
                        "task.loop of sys.task runs at once again", "ms is at least 1");
    return chrono_span(c, ms, ms_ns, ns);
}

enum err chrono_run_every(struct call *c)
{
    uint64_t ns;
    enum err e = period_of(c, &ns);

    return e ? e : detach(c, "every.run", "ms", c->opt[CHRONO_MS]);
}

static void every_due(struct call *c);

// Sets the timer to the next turn that lies before us: those that were missed are left out.
static enum err every_wait(struct call *c)
{
    struct every *y = c->own;
    uint64_t due;

    y->turn = (chrono_now(c) - y->start_ns) / y->period_ns + 1;
    if (__builtin_mul_overflow(y->turn, y->period_ns, &due) || due >= UINT64_MAX - y->start_ns)
        return chrono_too_long(c);
    call_timer(c, y->start_ns + due, every_due);
    return ERR_LATER;
}

// An error is shown, and the next turn comes all the same; but for denied.
static void every_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    (void)tag;
    if (e == ERR_DENIED) { // the right to it was taken back: nothing more comes of it
        call_pass(c, e, value);
        return;
    }
    if (e && c->term && c->term->fail)
        c->term->fail(c->term->ctx, value, call_id(c));
    finish(c, every_wait(c));
}

static void every_due(struct call *c)
{
    enum err e = chrono_send(c, c->arg, every_end);

    finish(c, e == ERR_BUSY ? every_wait(c) : e); // no room now: this turn is left out
}

enum err chrono_run_every_run(struct call *c)
{
    struct every *y = arena_new(c->arena, sizeof *y);
    enum err e;

    if (!y)
        return chrono_no_memory(c);
    *y = (struct every){.start_ns = chrono_now(c)};
    c->own = y;
    e = period_of(c, &y->period_ns);
    return e ? e : every_wait(c);
}

// ---- at

enum {
    // The clock of the machine may be set while we wait: look at it again after so long.
    AT_LOOK_MS = 3600000,
    // Some clocks count whole seconds: what is nearer than this is now.
    AT_NEAR_MS = 2000,
};

static enum err moment_of(struct call *c, int64_t *ms)
{
    const struct unit *t = c->opt[CHRONO_TIME];

    if (!t)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info, "the time is missing");
    if (t->kind == UNIT_STR)
        return date_parse(unit_span(t), ms, c->fail);
    if (t->flags & UNIT_BIG)
        return chrono_too_long(c);
    *ms = t->i;
    return ERR_OK;
}

enum err chrono_run_at(struct call *c)
{
    int64_t at, now;
    struct unit time;
    char text[DATE_BYTES];
    struct span shown = {text, sizeof text};
    enum err e = moment_of(c, &at);

    if (!e)
        e = chrono_utc(c, &now);
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
        call_refuse(c, chrono_no_memory(c));
    else if (e)
        call_pass(c, e, value);
    else
        call_answer(c, &c->value);
}

static void at_due(struct call *c);

// Goes on when less than so much is left.
static enum err at_wait(struct call *c, int64_t near_ms)
{
    int64_t at, now;
    uint64_t left;
    enum err e = moment_of(c, &at);

    if (!e)
        e = chrono_utc(c, &now);
    if (e)
        return e;
    left = at > now ? (uint64_t)at - (uint64_t)now : 0;
    if (left <= (uint64_t)near_ms)
        return chrono_send(c, c->arg, at_end);
    if (left > AT_LOOK_MS + 60000) // so the last wait is never a short one
        left = AT_LOOK_MS;
    call_timer(c, chrono_now(c) + left * ms_ns, at_due);
    return ERR_LATER;
}

static void at_due(struct call *c)
{
    finish(c, at_wait(c, AT_NEAR_MS));
}

enum err chrono_run_at_run(struct call *c)
{
    return at_wait(c, 0);
}
