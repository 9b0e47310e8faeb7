// SPDX-License-Identifier: MIT
// One message to one service: read the payload if it is a stream or ref itself, find the command,
// check, read the arguments, check again, run. units/GRAMMAR.md, "Commands".
#include "kernel/internal.h"
#include "units/parse.h"
#include "units/print.h"
#include "units/shape.h"

// Where a STREAM frame goes on.
enum state {
    ST_BEGIN,
    ST_PAYLOAD, // the payload itself was a ref or stream and has been read
    ST_ARG,     // the argument has been read
    ST_OPT,     // option f->at has been read
    ST_ANSWER,  // the handler answers later
};

static const char no_memory[] = "no memory for this message";

// ---- Errors

// The error of frame i's message; `at` is the unit that was being read, or NULL.
static void note_error(struct task *t, uint32_t i, const struct unit *at, const struct unit *cause)
{
    const struct frame *f = &t->frames[i];
    struct work *w = f->call ? work_of(f->call) : NULL;
    struct unit path;
    bool has = w && at && path_of(&t->arena, &w->payload, at, &path);

    t->error = error_unit(&t->arena, &t->fail, w ? w->route->service->name : NULL,
                          has ? &path : NULL, cause);
}

void task_fail(struct task *t, enum err e)
{
    const struct unit *at = t->n ? t->frames[t->n - 1].node : NULL;
    bool first = true;
    struct unit cause = t->cause;

    t->fail.code = t->answer = e;
    task_drop_kids(t);
    timer_drop(t);
    t->waits = NULL;
    for (; t->n; t->n--) {
        struct frame *f = &t->frames[t->n - 1];

        if (f->kind != FRAME_STREAM)
            continue;
        if (!first || f->call) {
            note_error(t, t->n - 1, at == f->node ? NULL : at,
                       cause.kind == UNIT_NONE ? NULL : &cause);
            cause = t->error;
            first = false;
            t->fail.pos = FAIL_NO_POS; // of the innermost text
        }
        at = f->node; // where this message stands in the one around it
        t->nest--;
    }
    if (first)
        t->error = error_unit(&t->arena, &t->fail, NULL, NULL, NULL);
}

static enum step fail(struct task *t, enum err e)
{
    task_fail(t, e);
    return STEP_ON;
}

// The same, naming the part of the payload that is at fault.
static enum step fail_at(struct task *t, enum err e, const struct unit *at)
{
    struct frame mark = {.kind = FRAME_READ, .node = at};

    task_push(t, &mark);
    return fail(t, e);
}

// ---- Checks

static const struct option *option_of(const struct command *c, unsigned i)
{
    return i < CALL_OPTS_MAX ? &c->opts[i] : NULL;
}

static enum err check(struct task *t, const struct command *c, unsigned i, const struct unit *u,
                      enum shape_when when)
{
    const struct option *o = option_of(c, i);
    enum read_mode mode = o ? o->mode : c->mode;
    enum err e;

    if ((u->flags & UNIT_HIDDEN) && !(c->flags & CMD_SECRET))
        return fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS,
                        "a secret goes only where a command declares it",
                        "%s does not take secrets", c->name);
    if (mode == READ_PATH) { // its shapes are checked here
        if (u->kind == UNIT_REF || u->kind == UNIT_STR ||
            (when == SHAPE_UNREAD && u->kind == UNIT_STREAM))
            return ERR_OK;
        return fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS, "a path is @a.b or `a.b`",
                        "wanted a path, found a %s", unit_kind_name(u->kind));
    }
    e = shape_fits(o ? o->shape : c->shape, u, when, &t->fail);
    if (e && !t->fail.hint)
        t->fail.hint = c->info;
    return e;
}

// ---- Steps of a message

static enum step answer(struct task *t, const struct unit *value)
{
    const struct frame *f = &t->frames[t->n - 1];
    struct unit u = *value;

    u.flags = (uint8_t)((u.flags | UNIT_DONE) & ~UNIT_LIVE);
    if (!stream_remember(t, f, &u))
        return fail(t, fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, no_memory));
    t->nest--;
    task_pop(t, &u, NULL);
    return STEP_ON;
}

static enum step run_handler(struct task *t, struct work *w);

// The handler has run.
static enum step after_run(struct task *t, struct work *w, enum err e)
{
    if (e == ERR_LATER && w->wants_aside) {
        w->wants_aside = false;
        w->call.aside = true;
        t->waits = &w->call; // also when an event said so
        t->answer = ERR_OK;
        arena_reset(&t->scratch);
        return task_aside(t) ? STEP_WAIT : run_handler(t, w);
    }
    if (e == ERR_LATER && w->wants_front) {
        w->wants_front = w->call.aside = false;
        t->waits = &w->call;
        t->answer = ERR_OK;
        arena_reset(&t->scratch);
        return run_handler(t, w);
    }
    if (e == ERR_LATER)
        return STEP_WAIT;
    t->waits = NULL;
    task_drop_kids(t);
    timer_drop(t);
    arena_reset(&t->scratch);
    if (e == ERR_BAD_ARG)
        work_blame(t, w);
    if (e)
        return fail(t, e);
    return answer(t, &w->call.value);
}

// Without a prediction of its own: what is done to each node and byte of an argument.
static uint64_t effort_of(const struct call *c)
{
    const struct unit *u = c->arg;

    if (c->command->effort)
        return c->command->effort(c);
    return u ? (uint64_t)u->nodes * 60 + (uint64_t)u->bytes * 3 : 0;
}

static bool may_go_aside(const struct call *c)
{
    unsigned flags = c->command->flags;

    return !c->aside && ((c->service->pure && !(flags & CMD_KERNEL)) || (flags & CMD_WORKER));
}

static enum step run_handler(struct task *t, struct work *w)
{
    t->waits = &w->call;
    t->fail.why[0] = 0;
    t->fail.hint = NULL;
    t->fail.pos = FAIL_NO_POS;
    if (may_go_aside(&w->call) && effort_of(&w->call) >= ASIDE_NS && task_aside(t))
        return STEP_WAIT;
    return after_run(t, w, w->call.command->run(&w->call));
}

// Reads argument and options one after the other, from slot `from` on; then runs.
static enum step read_args(struct task *t, struct frame *f, struct work *w, unsigned from)
{
    const struct command *c = w->call.command;
    enum err e;

    // The argument first, then the options in the order of the table.
    for (unsigned k = from; k <= CALL_OPTS_MAX; k++) {
        unsigned i = k == 0 ? CALL_OPTS_MAX : k - 1;
        const struct unit *u = w->given[i];
        enum read_mode mode;
        bool top;

        if (k > 0 && (!c->opts || !c->opts[i].name))
            break;
        if (!u)
            continue;
        mode = i == CALL_OPTS_MAX ? c->mode : c->opts[i].mode;
        top = u->kind == UNIT_REF || u->kind == UNIT_STREAM;
        if (!(u->flags & UNIT_LIVE) || (u->flags & UNIT_DONE) || mode == READ_QUOTE ||
            (mode == READ_TOP && !top) || (mode == READ_PATH && u->kind != UNIT_STREAM)) {
            if (i == CALL_OPTS_MAX)
                w->arg = *u;
            else
                w->opts[i] = *u;
            continue;
        }
        f->state = ST_ARG;
        f->at = k;
        task_read(t, u, &w->scope, mode == READ_DEEP ? READ_DEEP : READ_TOP, 0, 0);
        return STEP_ON;
    }
    // All is read: the shapes must hold now.
    for (unsigned i = 0; i <= CALL_OPTS_MAX; i++) {
        struct unit *u = i == CALL_OPTS_MAX ? &w->arg : &w->opts[i];

        if (!w->given[i])
            continue;
        if (w->given[i]->flags & UNIT_LIVE) {
            e = check(t, c, i, u, SHAPE_READ);
            if (e)
                return fail_at(t, e, w->given[i]);
        }
        if (u->kind == UNIT_STR && (i == CALL_OPTS_MAX ? c->mode : c->opts[i].mode) == READ_PATH) {
            e = unit_parse_path(&t->arena, unit_span(u), u, &t->fail);
            if (e)
                return fail_at(t,
                               fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS, "a path is a.b.0",
                                        "this text is not a path"),
                               w->given[i]);
        }
        if (i == CALL_OPTS_MAX)
            w->call.arg = u;
        else
            w->call.opt[i] = u;
    }
    e = rights_touch(t, w);
    if (e)
        return fail(t, e);
    f->state = ST_ANSWER;
    return run_handler(t, w);
}

// The payload is known: command, rights, shapes, arguments.
static enum step choose(struct task *t, struct frame *f, struct work *w)
{
    bool answered;
    enum err e = work_select(t, w, &answered);

    if (!e && answered) // help
        return w->late ? fail(t, owner_late(t)) : answer(t, &w->call.value);
    e = rights_run(t, w, e);
    if (e)
        return fail(t, e);
    for (unsigned i = 0; i <= CALL_OPTS_MAX; i++) {
        if (!w->given[i])
            continue;
        e = check(t, w->call.command, i, w->given[i], SHAPE_UNREAD);
        if (e) {
            work_blame(t, w);
            return fail_at(t, e, w->given[i]);
        }
    }
    return read_args(t, f, w, 0);
}

static enum err check_address(struct task *t, const struct unit *stream)
{
    struct span address = stream->n == 3 ? unit_span(&stream->items[2]) : SPAN("loc");

    if (span_eq(address, SPAN("loc")))
        return ERR_OK;
    if (span_eq(address, SPAN("*")))
        return fail_set(&t->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                        "this node is not in a cluster");
    return fail_set(&t->fail, ERR_NO_NODE, FAIL_NO_POS, "[loc] is this node",
                    "no node %S is known here", &address);
}

static enum step begin(struct task *t, struct frame *f)
{
    const struct unit *payload = &f->node->items[0];
    struct span name = unit_span(&f->node->items[1]);
    const struct route *r = route_find(t->kernel, name);
    struct work *w;
    bool late;
    enum err e;

    f->call = NULL;
    t->fail.pos = FAIL_NO_POS;
    t->fail.hint = NULL;
    late = !owner_sends(t->owner, payload);
    e = check_address(t, f->node);
    if (!e)
        e = rights_enter(t, r);
    if (e)
        return fail(t, e);
    if (!r)
        return fail(t, fail_set(&t->fail, ERR_NO_SERVICE, FAIL_NO_POS, names_hint(t, name, NULL),
                                "no service is named %S", &name));
    w = arena_new(&t->arena, sizeof *w);
    if (!w)
        return fail(t, fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, no_memory));
    w->task = t;
    w->route = r;
    w->payload = *payload;
    w->scope = (struct scope){f->scope, &w->payload, t, NULL};
    w->wants_aside = w->wants_front = false;
    w->late = late;
    memset(w->given, 0, sizeof w->given);
    w->call = (struct call){
        .kernel = t->kernel,
        .plat = t->kernel->plat,
        .service = r->service,
        .payload = &w->payload,
        .arena = &t->arena,
        .scratch = &t->scratch,
        .term = t->term,
        .value = unit_none(),
        .fail = &t->fail,
    };
    f->call = &w->call;
    if ((payload->flags & UNIT_LIVE) && !(payload->flags & UNIT_DONE) &&
        (payload->kind == UNIT_STREAM || payload->kind == UNIT_REF)) {
        f->state = ST_PAYLOAD;
        task_read(t, payload, f->scope, READ_TOP, 0, 0);
        return STEP_ON;
    }
    return choose(t, f, w);
}

enum step stream_step(struct task *t, struct frame *f)
{
    struct work *w;

    w = f->state == ST_BEGIN ? NULL : work_of(f->call);
    switch (f->state) {
    case ST_BEGIN:
        return begin(t, f);
    case ST_PAYLOAD:
        w->payload = t->value;
        if (t->where)
            w->scope.outer = t->where;
        return choose(t, f, w);
    case ST_ARG:
        if (f->at == 0)
            w->arg = t->value;
        else
            w->opts[f->at - 1] = t->value;
        return read_args(t, f, w, f->at + 1);
    default: // ST_ANSWER: call_answer or call_refuse has come, or a worker has done its job
        return after_run(t, w, t->answer);
    }
}

// ---- For services

static void come(struct call *c, enum err e)
{
    struct task *t = work_of(c)->task;

    if (t->waits != c)
        return; // taken back meanwhile
    if (t->state == TASK_WAITS && !t->kernel->ends)
        task_rested(t);
    t->waits = NULL;
    task_drop_kids(t);
    timer_drop(t);
    t->answer = e;
    task_ready(t);
}

void call_answer(struct call *c, const struct unit *value)
{
    c->value = *value;
    come(c, ERR_OK);
}

void call_refuse(struct call *c, enum err e)
{
    come(c, e);
}

enum err call_aside(struct call *c)
{
    work_of(c)->wants_aside = !c->aside;
    return ERR_LATER;
}

enum err call_front(struct call *c)
{
    work_of(c)->wants_front = c->aside;
    return ERR_LATER;
}
