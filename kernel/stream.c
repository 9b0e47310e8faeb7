// SPDX-License-Identifier: MIT
// One message to one service: read the payload if it is a stream or ref itself, find the command,
// check, read the arguments, check again, run. LANGUAGE section 3.
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

// What is known of a message beyond its call.
struct work {
    struct call call; // first: the handler's view
    struct task *task;
    const struct route *route;
    struct unit payload;
    struct unit arg, opts[CALL_OPTS_MAX];      // as read
    const struct unit *given[CALL_OPTS_MAX + 1]; // as they stand: options, then the argument
    struct scope scope;
    // call_run: what to do with the answer, and the memos of the message that waits for it
    enum err (*then)(struct call *c, enum err e, const struct unit *value);
    struct unit ran;
    struct memo *memos;
    uint32_t memo_n, memo_cap;
};

static struct work *work_of(struct call *c)
{
    return (struct work *)c;
}

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

    t->fail.code = t->answer = e;
    for (; t->n; t->n--) {
        struct frame *f = &t->frames[t->n - 1];

        if (f->kind == FRAME_THEN)
            break;
        if (f->kind != FRAME_STREAM)
            continue;
        if (!first || f->call) {
            struct unit cause = t->error;

            note_error(t, t->n - 1, at == f->node ? NULL : at, first ? NULL : &cause);
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

// ---- Which command

static struct span hint_near(struct task *t, struct span word, const struct route *r)
{
    struct span near = names_near(&t->arena, word, r, t->kernel), out = {NULL, 0};
    static const char before[] = "nearest: ";
    char *text;

    if (!near.len)
        return out;
    text = arena_new(&t->arena, sizeof before + near.len);
    if (!text)
        return out;
    memcpy(text, before, sizeof before - 1);
    memcpy(text + sizeof before - 1, near.at, near.len + 1);
    return (struct span){text, sizeof before - 1 + near.len};
}

static enum err no_command(struct task *t, const struct work *w)
{
    const struct unit *p = &w->payload, *word = p;
    struct span name;

    if (p->kind == UNIT_PAIR || (p->kind == UNIT_MAP && p->n))
        word = &p->items[0];
    if (word->kind != UNIT_STR || (p->flags & UNIT_DONE))
        return fail_set(&t->fail, ERR_NO_COMMAND, FAIL_NO_POS, "help lists the commands of a service",
                        "no command of %s is named here", w->route->service->name);
    name = unit_span(word);
    return fail_set(&t->fail, ERR_NO_COMMAND, FAIL_NO_POS, hint_near(t, name, w->route).at,
                    "%s has no command %S", w->route->service->name, &name);
}

static bool declares(const struct command *c, struct span option)
{
    for (const struct option *o = c->opts; o && o->name; o++)
        if (span_eq(span_of(o->name), option))
            return true;
    return false;
}

// LANGUAGE section 3, rule 4. *key is the entry that carries the argument.
static enum err select_in_map(struct task *t, struct work *w, const struct command **out,
                              uint32_t *key)
{
    enum { COUNTED_MAX = 16 }; // more keys that name commands are ambiguous whatever they are
    const struct command *counted[COUNTED_MAX];
    uint32_t at[COUNTED_MAX], n = 0, left = 0, first = 0;

    for (uint32_t i = 0; i < w->payload.n; i++) {
        const struct unit *k = &w->payload.items[2 * i];
        const struct command *c = k->kind == UNIT_STR ? command_find(w->route, unit_span(k)) : NULL;

        if (!c || !c->shape)
            continue;
        if (n == COUNTED_MAX)
            return fail_set(&t->fail, ERR_AMBIGUOUS, FAIL_NO_POS, NULL,
                            "more than %u keys name a command", (unsigned long)COUNTED_MAX);
        at[n] = i;
        counted[n++] = c;
    }
    *out = NULL;
    for (uint32_t i = 0; i < n; i++) {
        bool option = false;

        for (uint32_t j = 0; j < n && !option; j++)
            option = j != i && declares(counted[j], span_of(counted[i]->name));
        if (option)
            continue;
        if (left++) {
            return fail_set(&t->fail, ERR_AMBIGUOUS, FAIL_NO_POS, "one message, one command",
                            "both %s and %s name a command", counted[first]->name,
                            counted[i]->name);
        }
        first = i;
        *out = counted[i];
        *key = at[i];
    }
    return ERR_OK;
}

// Finds the command and points at its argument and options. ERR_OK with *answered: the kernel
// itself has answered (help).
static enum err select_command(struct task *t, struct work *w, bool *answered)
{
    const struct unit *p = &w->payload;
    const struct command *other = w->route->other, *c = NULL;
    bool data = (p->flags & UNIT_DONE) && !(other && (other->flags & CMD_RAW_DONE));
    uint32_t key = 0;
    enum err e;

    *answered = false;
    if (!data && p->kind == UNIT_STR) {
        e = help_answer(&t->arena, w->route, unit_span(p), answered, &w->call.value);
        if (e || *answered)
            return e;
    }
    if (data || (other && (other->flags & CMD_WHOLE))) {
        if (!other)
            return no_command(t, w);
    } else if (p->kind == UNIT_STR) {
        c = command_find(w->route, unit_span(p));
        if (c && c->shape && !(c->flags & CMD_BARE))
            return fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS, c->info, "%s needs an argument",
                            c->name);
    } else if (p->kind == UNIT_PAIR && p->items[0].kind == UNIT_STR) {
        c = command_find(w->route, unit_span(&p->items[0]));
        if (c && !c->shape)
            return fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS, c->info, "%s takes no argument",
                            c->name);
        if (c)
            w->given[CALL_OPTS_MAX] = &p->items[1];
    } else if (p->kind == UNIT_MAP) {
        e = select_in_map(t, w, &c, &key);
        if (e)
            return e;
        if (c) {
            w->given[CALL_OPTS_MAX] = &p->items[2 * key + 1];
            for (unsigned i = 0; c->opts && c->opts[i].name; i++)
                w->given[i] = unit_get_word(p, span_of(c->opts[i].name), t->arena.mem);
        }
    }
    if (!c) {
        if (!other)
            return no_command(t, w);
        c = other;
        w->given[CALL_OPTS_MAX] = p;
    }
    w->call.command = c;
    return ERR_OK;
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

// A default command that the payload does not fit: was a command meant?
static void blame_word(struct task *t, const struct work *w)
{
    const struct unit *p = &w->payload, *word = p->kind == UNIT_PAIR ? &p->items[0] : p;
    struct span name, near;

    if (w->call.command != w->route->other || w->given[CALL_OPTS_MAX] != p ||
        (p->flags & UNIT_DONE) || word->kind != UNIT_STR)
        return;
    name = unit_span(word);
    near = hint_near(t, name, w->route);
    (void)fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS, near.at ? near.at : "help lists its commands",
                   "%s has no command %S", w->route->service->name, &name); // code is known
}

// ---- Steps of a message

static enum step answer(struct task *t, const struct unit *value)
{
    const struct frame *f = &t->frames[t->n - 1];
    struct unit u = *value;

    u.flags = (uint8_t)((u.flags | UNIT_DONE) & ~UNIT_LIVE);
    task_memo_set(t, f->node, READ_DEEP, &u);
    t->nest--;
    task_pop(t, &u, NULL);
    return STEP_ON;
}

// The handler has run, or its continuation.
static enum step after_run(struct task *t, struct work *w, enum err e)
{
    if (e == ERR_LATER)
        return t->n && t->frames[t->n - 1].kind == FRAME_STREAM ? STEP_WAIT : STEP_ON;
    arena_reset(&t->scratch);
    if (e)
        return fail(t, e);
    return answer(t, &w->call.value);
}

static enum step run_handler(struct task *t, struct frame *f, struct work *w)
{
    enum err e;

    f->state = ST_ANSWER;
    t->waits = &w->call;
    t->fail.why[0] = 0;
    t->fail.hint = NULL;
    t->fail.pos = FAIL_NO_POS;
    e = w->call.command->run(&w->call);
    return after_run(t, w, e);
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
        if (u->kind == UNIT_STR &&
            (i == CALL_OPTS_MAX ? c->mode : c->opts[i].mode) == READ_PATH) {
            e = unit_parse_path(&t->arena, unit_span(u), u, &t->fail);
            if (e)
                return fail_at(t, fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS, "a path is a.b.0",
                                           "this text is not a path"),
                               w->given[i]);
        }
        if (i == CALL_OPTS_MAX)
            w->call.arg = u;
        else
            w->call.opt[i] = u;
    }
    return run_handler(t, f, w);
}

// The payload is known: command, rights (later), shapes, arguments.
static enum step choose(struct task *t, struct frame *f, struct work *w)
{
    bool answered;
    enum err e = select_command(t, w, &answered);

    if (e)
        return fail(t, e);
    if (answered)
        return answer(t, &w->call.value);
    for (unsigned i = 0; i <= CALL_OPTS_MAX; i++) {
        if (!w->given[i])
            continue;
        e = check(t, w->call.command, i, w->given[i], SHAPE_UNREAD);
        if (e) {
            blame_word(t, w);
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
    enum err e;

    f->call = NULL;
    t->fail.pos = FAIL_NO_POS;
    t->fail.hint = NULL;
    e = check_address(t, f->node);
    if (e)
        return fail(t, e);
    if (!r)
        return fail(t, fail_set(&t->fail, ERR_NO_SERVICE, FAIL_NO_POS, hint_near(t, name, NULL).at,
                                "no service is named %S", &name));
    w = arena_new(&t->arena, sizeof *w);
    if (!w)
        return fail(t, fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, no_memory));
    w->task = t;
    w->route = r;
    w->payload = *payload;
    w->scope = (struct scope){f->scope, &w->payload};
    memset(w->given, 0, sizeof w->given);
    w->call = (struct call){
        .kernel = t->kernel,
        .plat = t->kernel->plat,
        .service = r->service,
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

static enum step then_step(struct task *t, struct frame *f)
{
    struct work *w = work_of(f->call);
    enum err e = t->answer;

    t->answer = ERR_OK;
    t->memos = w->memos;
    t->memo_n = w->memo_n;
    t->memo_cap = w->memo_cap;
    t->n--;
    t->waits = &w->call;
    return after_run(t, w, w->then(&w->call, e, e ? &t->error : &t->value));
}

enum step stream_step(struct task *t, struct frame *f)
{
    struct work *w;

    if (f->kind == FRAME_THEN)
        return then_step(t, f);
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
    default: // ST_ANSWER: call_answer or call_refuse has come
        t->waits = NULL;
        return after_run(t, w, t->answer);
    }
}

// ---- For services

static void come(struct call *c, enum err e)
{
    struct task *t = work_of(c)->task;

    if (t->waits != c)
        return; // taken back meanwhile
    t->waits = NULL;
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

enum err call_run(struct call *c, const struct unit *u,
                  enum err (*then)(struct call *c, enum err e, const struct unit *value))
{
    struct work *w = work_of(c);
    struct task *t = w->task;
    struct frame f = {.kind = FRAME_THEN, .node = NULL, .call = c};

    w->then = then;
    w->ran = *u;
    w->memos = t->memos;
    w->memo_n = t->memo_n;
    w->memo_cap = t->memo_cap;
    t->memos = NULL;
    t->memo_n = t->memo_cap = 0;
    t->waits = NULL;
    t->answer = ERR_OK;
    task_push(t, &f);
    if (t->n && t->frames[t->n - 1].kind == FRAME_THEN)
        task_read(t, &w->ran, NULL, READ_TOP, 0, 0);
    return ERR_LATER;
}
