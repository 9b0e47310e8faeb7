// SPDX-License-Identifier: MIT
// Reading (units/GRAMMAR.md): refs and streams inside an argument are replaced by their values.
//
// READ   looks at one unit and turns into one of the others, or is its own value
// ITEMS  builds a container anew, part by part, left to right
// REF    walks along the steps of a ref, from the innermost message that has its first step
// STREAM runs a nested message (kernel/stream.c)
//
// Each unit that a ref leads to, and each stream, has a memo while the message is answered: it is
// read once, and meeting it again while it is being read is a cycle.
#include "kernel/internal.h"

static const char no_memory[] = "no memory to read this message";

static enum step fail(struct task *t, enum err e)
{
    task_fail(t, e);
    return STEP_ON;
}

static bool is_live(const struct unit *u)
{
    return (u->flags & UNIT_LIVE) && !(u->flags & UNIT_DONE);
}

// ---- One unit

// Who remembers what a stream gave: the task whose message it stands in.
static struct task *home_of(struct task *t, const struct scope *scope)
{
    return scope ? scope->task : t;
}

static enum step begin_stream(struct task *t, struct frame *f)
{
    // A stream gives the same in both modes.
    struct task *home = home_of(t, f->scope);
    struct memo *m = memo_find(home, f->node, READ_DEEP, false);

    if (m && m->done) {
        task_pop(t, &m->value, NULL);
        return STEP_ON;
    }
    if (m && m->by) {
        if (memo_cycle(t, m->by))
            return fail(t, fail_set(&t->fail, ERR_REF_CYCLE, FAIL_NO_POS, NULL,
                                    "this message waits for itself"));
        memo_park(t, home, f->node);
        return STEP_WAIT;
    }
    if (t->nest == TASK_NEST_MAX)
        return fail(t, fail_set(&t->fail, ERR_LIMIT, FAIL_NO_POS, NULL,
                                "messages are nested more than %u deep",
                                (unsigned long)TASK_NEST_MAX));
    m = memo_find(home, f->node, READ_DEEP, true);
    if (!m)
        return fail(t, fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, no_memory));
    m->by = t;
    t->memos_outside += home != t;
    t->nest++;
    f->kind = FRAME_STREAM;
    f->state = 0;
    return STEP_ON;
}

bool stream_remember(struct task *t, const struct frame *f, const struct unit *value)
{
    return memo_set(t, home_of(t, f->scope), f->node, READ_DEEP, value, NULL);
}

static enum step begin_items(struct task *t, struct frame *f)
{
    size_t n = f->node->kind == UNIT_MAP ? 2 * (size_t)f->node->n : f->node->n;

    if (f->level >= UNIT_DEPTH_MAX)
        return fail(t, fail_set(&t->fail, ERR_TOO_DEEP, FAIL_NO_POS, NULL,
                                "refs make this more than %u deep", (unsigned long)UNIT_DEPTH_MAX));
    f->items = unit_array(&t->arena, n);
    if (!f->items)
        return fail(t, fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL,
                                "no memory for the values of this message"));
    f->kind = FRAME_ITEMS;
    f->state = 0;
    f->at = 0;
    return STEP_ON;
}

static enum step read_step(struct task *t, struct frame *f)
{
    const struct unit *u = f->node;

    if (!is_live(u)) {
        task_pop(t, u, f->scope);
        return STEP_ON;
    }
    switch (u->kind) {
    case UNIT_STREAM:
        return begin_stream(t, f);
    case UNIT_REF:
        if (f->refs == TASK_REFS_MAX)
            return fail(t, fail_set(&t->fail, ERR_TOO_DEEP, FAIL_NO_POS, NULL,
                                    "refs lead to refs more than %u times",
                                    (unsigned long)TASK_REFS_MAX));
        f->kind = FRAME_REF;
        f->state = 0;
        return STEP_ON;
    default:
        if (f->mode == READ_TOP) {
            task_pop(t, u, f->scope);
            return STEP_ON;
        }
        return begin_items(t, f);
    }
}

// ---- Containers

static enum step items_step(struct task *t, struct frame *f)
{
    const struct unit *u = f->node;
    uint32_t n = u->kind == UNIT_MAP ? 2 * u->n : u->n;
    struct unit built;
    enum err e;

    if (f->state == 1) { // a part has been read
        f->items[f->at++] = t->value;
        f->state = 0;
    }
    for (; f->at < n; f->at++) {
        const struct unit *part = &u->items[f->at];
        bool key = u->kind == UNIT_MAP && f->at % 2 == 0;

        if (!key && is_live(part)) {
            f->state = 1;
            task_read(t, part, f->scope, READ_DEEP, f->level + 1u, 0);
            return STEP_ON;
        }
        f->items[f->at] = *part;
    }
    if (u->kind == UNIT_MAP)
        e = unit_map(&t->arena, f->items, u->n, NULL, &built);
    else if (u->kind == UNIT_LIST)
        e = unit_list(f->items, n, &built);
    else
        e = unit_pair(f->items, &built);
    if (e)
        return fail(t, fail_set(&t->fail, e, FAIL_NO_POS, NULL,
                                "with its values this is past the limits of a unit"));
    task_pop(t, &built, NULL);
    return STEP_ON;
}

// ---- Refs

// The part of a unit that a step names, or NULL.
static const struct unit *step_into(const struct task *t, const struct unit *u,
                                    const struct unit *step)
{
    uint64_t index = 0;

    if (u->kind == UNIT_MAP)
        return unit_get(u, step, t->arena.mem);
    if ((u->kind != UNIT_LIST && u->kind != UNIT_PAIR) || !step->n || step->n > 7 ||
        (step->s[0] == '0' && step->n > 1))
        return NULL;
    for (uint32_t i = 0; i < step->n; i++) {
        if (step->s[i] < '0' || step->s[i] > '9')
            return NULL;
        index = index * 10 + (uint64_t)(step->s[i] - '0');
    }
    return index < u->n ? &u->items[index] : NULL;
}

static enum step no_ref(struct task *t, const struct frame *f)
{
    struct span step = unit_span(&f->node->items[f->at]);

    if (f->at == 0)
        return fail(t, fail_set(&t->fail, ERR_NO_REF, FAIL_NO_POS,
                                span_eq(step, SPAN("t")) || span_eq(step, SPAN("f"))
                                    ? "t and f are bools: a name is another text"
                                    : "a ref names a part of a message around it: "
                                      "{a:5 neg:@a}@math.calc",
                                "no message around this ref has %S", &step));
    return fail(t, fail_set(&t->fail, ERR_NO_REF, FAIL_NO_POS, NULL,
                            "step %u of this ref, %S, leads nowhere", (unsigned long)f->at + 1,
                            &step));
}

// Begin to read a unit that a ref leads to. With *known its value is in *out already; a unit that
// is being read waits for itself. A stream keeps its own memo, as it may be reached without a ref.
static enum err read_once(struct task *t, const struct unit *u, enum read_mode mode, bool *known,
                          struct unit *out, const struct scope **where)
{
    bool stream = u->kind == UNIT_STREAM;
    struct task *home = stream ? home_of(t, *where) : t;
    struct memo *m = memo_find(home, u, stream ? READ_DEEP : mode, false);

    *known = m && m->done;
    if (*known) {
        *out = m->value;
        *where = m->where ? m->where : *where;
        return ERR_OK;
    }
    if (stream)
        return ERR_OK;
    if (m)
        return fail_set(&t->fail, ERR_REF_CYCLE, FAIL_NO_POS, NULL,
                        "this ref leads back to itself");
    m = memo_find(t, u, mode, true);
    if (!m)
        return fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, no_memory);
    m->by = t;
    return ERR_OK;
}

// What the whole ref leads to stands at f->place.
static enum step ref_end(struct task *t, struct frame *f)
{
    const struct unit *target = f->place;
    struct unit value;
    bool known;
    enum err e;

    if (f->state == 2) { // it has been read
        if (target->kind != UNIT_STREAM)
            (void)memo_set(t, t, target, f->mode, &t->value, t->where); // its own cannot fail
        task_pop(t, &t->value, t->where ? t->where : f->found);
        return STEP_ON;
    }
    if (!is_live(target) || (f->mode == READ_TOP && target->kind > UNIT_STREAM)) {
        task_pop(t, target, f->found);
        return STEP_ON;
    }
    e = read_once(t, target, f->mode, &known, &value, &f->found);
    if (e)
        return fail(t, e);
    if (known) {
        task_pop(t, &value, f->found);
        return STEP_ON;
    }
    f->state = 2;
    task_read(t, target, f->found, f->mode, f->level, f->refs + 1u);
    return STEP_ON;
}

// Is this the unit that a task was sent as? A copy has the same parts.
static bool is_root(const struct task *t, const struct unit *u)
{
    return u->kind == t->root.kind && u->kind > UNIT_STREAM && u->n == t->root.n && u->n &&
           u->items == t->root.items;
}

// In which message does a ref stand that leads from s to u? In the one around the part that was
// sent, as it stands; but in that part itself each stream is run once, however it is reached.
static const struct scope *scope_at(const struct scope *s, const struct unit *u)
{
    return s->of && !is_root(s->task, u) ? s->of : s;
}

// The walk goes on in a value that reading gave: it needs a place that stays.
static bool walk_on(struct task *t, struct frame *f, const struct unit *value)
{
    struct unit *copy = unit_array(&t->arena, 1);

    if (!copy)
        return false;
    *copy = *value;
    f->place = copy;
    return true;
}

static enum step ref_step(struct task *t, struct frame *f)
{
    const struct unit *ref = f->node;
    struct unit value;
    bool known;
    enum err e;

    if (f->state == 0) { // which message has the first step?
        const struct scope *s = f->scope;

        for (f->place = NULL; s; s = s->outer) {
            f->place = step_into(t, s->msg, &ref->items[0]);
            if (f->place)
                break;
        }
        f->at = 0;
        if (!f->place)
            return no_ref(t, f);
        f->found = scope_at(s, s->msg);
        if (f->found != s)
            f->found = scope_at(s, f->place);
        f->at = 1;
        f->state = 1;
    } else if (f->state == 1) { // the value of a ref or stream on the way
        if (f->place->kind == UNIT_REF)
            (void)memo_set(t, t, f->place, READ_TOP, &t->value, t->where); // likewise
        if (!walk_on(t, f, &t->value))
            return fail(t, fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, no_memory));
        f->found = t->where ? t->where : f->found;
    }
    while (f->at < ref->n && f->state == 1) {
        const struct unit *u = f->place;

        if ((u->kind == UNIT_REF || u->kind == UNIT_STREAM) && is_live(u)) {
            e = read_once(t, u, READ_TOP, &known, &value, &f->found);
            if (e)
                return fail(t, e);
            if (!known) {
                task_read(t, u, f->found, READ_TOP, f->level, f->refs + 1u);
                return STEP_ON;
            }
            if (!walk_on(t, f, &value))
                return fail(t, fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, no_memory));
            continue;
        }
        u = step_into(t, u, &ref->items[f->at]);
        if (!u)
            return no_ref(t, f);
        if ((f->place->flags & UNIT_DONE) && !(u->flags & UNIT_DONE)) { // a part of data is data
            value = *u;
            value.flags = (uint8_t)((u->flags | UNIT_DONE) & ~UNIT_LIVE);
            if (!walk_on(t, f, &value))
                return fail(t, fail_set(&t->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, no_memory));
        } else {
            f->place = u;
            for (const struct scope *s = f->scope; s; s = s->outer)
                if (s->of && s->of == f->found && is_root(s->task, u)) {
                    f->found = s;
                    break;
                }
        }
        f->at++;
    }
    return ref_end(t, f);
}

enum step task_read_step(struct task *t)
{
    struct frame *f = &t->frames[t->n - 1];

    switch (f->kind) {
    case FRAME_ITEMS:
        return items_step(t, f);
    case FRAME_REF:
        return ref_step(t, f);
    default:
        return read_step(t, f);
    }
}
