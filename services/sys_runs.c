// SPDX-License-Identifier: MIT
// sys.task: one message run for another: run, show, try, loop, and in the background.
#include "services/sys_task.h"

// ---- run: what it gives is run again if it is a stream (so stored messages run)

enum { RUNS_MAX = 64 };

// The deadline has come.
static void run_late(struct call *c)
{
    call_refuse(c,
                fail_set(c->fail, ERR_TIMEOUT, FAIL_NO_POS, "give it more ms",
                         "it has not ended within %u ms", (unsigned long)c->opt[TASK_RUN_MS]->i));
}

static enum err set_deadline(struct call *c)
{
    static const uint64_t ms_ns = 1000000;
    const struct unit *ms = c->opt[TASK_RUN_MS];
    uint64_t now, till;

    if (!ms)
        return ERR_OK;
    if (!(ms->flags & UNIT_BIG) && ms->i == 0)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "ms:1000 is a second",
                        "nothing ends within 0 ms");
    now = c->plat->now_ns(c->plat->ctx);
    if (ms->flags & UNIT_BIG || __builtin_mul_overflow((uint64_t)ms->i, ms_ns, &till) ||
        till >= UINT64_MAX - now)
        return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, "without ms there is no deadline",
                        "this deadline is more than 500 years away");
    call_timer(c, now + till, run_late);
    return ERR_OK;
}

static void run_end(struct call *c, uint32_t runs, enum err e, const struct unit *value)
{
    if (e) {
        call_pass(c, e, value);
        return;
    }
    if (call_keep(c, value, &c->value)) {
        call_refuse(c, task_no_memory(c));
        return;
    }
    e = ERR_OK;
    if (c->value.kind == UNIT_STREAM && runs == RUNS_MAX)
        e = fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, "task.loop runs without end",
                     "after %u runs in a row there still is a message to run",
                     (unsigned long)RUNS_MAX);
    else if (c->value.kind == UNIT_STREAM)
        e = call_spawn(c, &c->value, 0, runs + 1, run_end);
    else
        call_answer(c, &c->value);
    if (e)
        call_refuse(c, e);
}

enum err task_run_run(struct call *c)
{
    const struct unit *u = c->arg;
    bool data = u->flags & UNIT_DONE;
    enum err e = set_deadline(c);

    if (e)
        return e;
    if (data ? u->kind != UNIT_STREAM : !task_live(u)) {
        c->value = *u;
        return ERR_OK;
    }
    // What is data was given by a stream: that was the first run.
    e = data ? call_spawn(c, u, 0, 2, run_end) : call_spawn(c, u, task_inside(u), 1, run_end);
    return e ? e : ERR_LATER;
}

// ---- show: a turn of the prompt

static void show_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    (void)tag;
    if (c->term && e) // it may be another's by now
        c->term->fail(c->term->ctx, value, 0);
    else if (c->term)
        c->term->show(c->term->ctx, value);
    call_answer(c, &c->value);
}

// A message that cannot even be sent: the prompt shows that, too.
static enum err show_unsent(struct call *c, enum err e)
{
    struct unit items[4], error;
    struct unit *u = unit_array(c->scratch, COUNT(items));

    if (!u)
        return e;
    u[0] = unit_word("code");
    u[1] = unit_word(err_word(e));
    u[2] = unit_word("why");
    if (unit_str(span_of(c->fail->why[0] ? c->fail->why : err_text(e)), &u[3]) ||
        unit_map(c->scratch, u, 2, NULL, &error))
        return e;
    c->term->fail(c->term->ctx, &error, 0);
    return ERR_OK;
}

enum err task_run_show(struct call *c)
{
    enum err e;

    if (!c->term || !c->term->show || !c->term->fail)
        return fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                        "no terminal belongs to this message");
    e = call_spawn(c, c->arg, CHILD_FRONT, 0, show_end);
    return e ? show_unsent(c, e) : ERR_LATER;
}

// ---- try

enum { TRY_FIRST, TRY_OTHER };

static void try_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    const struct unit *other = c->arg->kind == UNIT_PAIR ? &c->arg->items[1] : NULL;

    if (e && tag == TRY_OTHER) {
        call_pass(c, e, value);
        return;
    }
    if (e && other) {
        e = call_spawn(c, other, task_inside(other), TRY_OTHER, try_end);
        if (e)
            call_refuse(c, e);
        return;
    }
    task_finish(c, task_value(c, e, value, &c->value));
}

enum err task_run_try(struct call *c)
{
    const struct unit *u = c->arg->kind == UNIT_PAIR ? &c->arg->items[0] : c->arg;
    enum err e;

    if (!task_live(u)) {
        c->value = *u;
        return ERR_OK;
    }
    e = call_spawn(c, u, task_inside(u), TRY_FIRST, try_end);
    return e ? e : ERR_LATER;
}

// ---- task.loop

struct loop {
    uint64_t left; // turns; UINT64_MAX: for ever, or nearly
    const struct unit *body;
};

static void loop_end(struct call *c, uint32_t tag, enum err e, const struct unit *value);

// The next turn. Its value is not kept, nor anything else of it.
static enum err loop_turn(struct call *c)
{
    struct loop *l = c->own;
    enum err e;

    if (!l->left)
        return ERR_OK;
    l->left -= l->left != UINT64_MAX;
    // Read also where nothing is to be read: so the kernel looks at what the loop has used.
    e = call_spawn(c, l->body, CHILD_INSIDE | CHILD_READ, 0, loop_end);
    return e ? e : ERR_LATER;
}

static void loop_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    (void)tag;
    if (e)
        call_pass(c, e, value);
    else
        task_finish(c, loop_turn(c));
}

static enum err loop_count(struct call *c, const struct unit *count)
{
    struct loop *l = c->own;
    bool nat = count->kind == UNIT_INT &&
               (count->flags & UNIT_BIG ? !count->big->neg : count->i >= 0);

    if (!nat)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS,
                        "(task.loop (3 X)), or (task.loop X) for ever",
                        count->kind == UNIT_INT ? "a loop does not turn fewer than 0 times"
                                                : "wanted a count as an int, this is of kind %s",
                        unit_kind_name(count->kind));
    // A count past 64 bits never comes to its end.
    l->left = count->flags & UNIT_BIG ? UINT64_MAX : (uint64_t)count->i;
    return loop_turn(c);
}

static void count_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    (void)tag;
    if (e)
        call_pass(c, e, value);
    else
        task_finish(c, loop_count(c, value));
}

enum err task_run_loop(struct call *c)
{
    struct loop *l = arena_new(c->arena, sizeof *l);
    const struct unit *u = task_part(c, c->arg), *count;
    enum err e;

    if (!l)
        return task_no_memory(c);
    c->own = l;
    if (u->kind != UNIT_PAIR) {
        *l = (struct loop){UINT64_MAX, u};
        return loop_turn(c);
    }
    *l = (struct loop){0, task_part(c, &u->items[1])};
    count = &u->items[0];
    if (!task_live(count))
        return loop_count(c, count);
    e = call_spawn(c, count, task_inside(count), 0, count_end);
    return e ? e : ERR_LATER;
}

// ---- task.sep

enum err task_run_sep(struct call *c)
{
    const struct unit *u = task_part(c, c->arg);
    uint64_t id;
    enum err e = call_detach(c, u, task_inside(u), &id);

    if (!e)
        c->value = unit_int((int64_t)id);
    return e;
}
