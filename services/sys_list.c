// SPDX-License-Identifier: MIT
// sys.task: lists of messages: one after the other, all at once, to one service.
#include "services/sys_task.h"

enum {
    // Messages under way at once, of the tasks that an owner may have.
    SIM_WIDTH = 256,
    // Items taken over in one turn, a few ns each.
    SIM_PLAIN = 16384,
};

struct turns {
    const struct unit *list;
    const struct unit *stream; // of stk: whose service and address are meant
    bool data;                 // the list is what a stream or ref gave: it stands alone
    uint32_t at;               // next one
    uint32_t under_way;
    struct unit *values; // of sim
    enum err (*go)(struct call *c);
};

static unsigned flags_of(const struct turns *t, const struct unit *item)
{
    return t->data ? 0 : task_inside(item);
}

static enum err no_list(struct call *c, const struct unit *u)
{
    return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                    "wanted a list of messages, this is of kind %s", unit_kind_name(u->kind));
}

// The list was read.
static void list_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct turns *t = c->own;
    struct unit *kept = unit_array(c->arena, 1);

    (void)tag;
    if (e) {
        call_pass(c, e, value);
        return;
    }
    if (value->kind != UNIT_LIST)
        e = no_list(c, value);
    else if (!kept || call_keep(c, value, kept))
        e = task_no_memory(c);
    t->list = kept;
    t->data = true;
    task_finish(c, e ? e : t->go(c));
}

// The list stands in the message, or a ref or stream gives it; then goes on.
static enum err with_list(struct call *c, const struct unit *list, const struct unit *stream,
                          enum err (*go)(struct call *c))
{
    struct turns *t = arena_new(c->arena, sizeof *t);
    enum err e;

    if (!t)
        return task_no_memory(c);
    *t = (struct turns){.list = task_part(c, list), .stream = stream, .go = go};
    c->own = t;
    if (t->list->kind == UNIT_LIST)
        return go(c);
    if (t->list->kind != UNIT_REF && t->list->kind != UNIT_STREAM)
        return no_list(c, t->list);
    e = call_spawn(c, t->list, task_inside(t->list), 0, list_end);
    return e ? e : ERR_LATER;
}

// ---- task.que

static void que_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct turns *t = c->own;

    (void)tag;
    if (e && (!c->term || !c->term->fail)) { // nobody would see it
        call_pass(c, e, value);
        return;
    }
    if (e)
        c->term->fail(c->term->ctx, value, 0);
    task_finish(c, t->go(c));
}

static enum err que_go(struct call *c)
{
    struct turns *t = c->own;
    const struct unit *item = &t->list->items[t->at];
    enum err e;

    if (t->at == t->list->n)
        return ERR_OK;
    t->at++;
    e = call_spawn(c, item, flags_of(t, item), 0, que_end);
    return e ? e : ERR_LATER;
}

enum err task_run_que(struct call *c)
{
    return with_list(c, c->arg, NULL, que_go);
}

// ---- task.sim

static enum err sim_fill(struct call *c);

static void sim_again(struct call *c)
{
    task_finish(c, sim_fill(c));
}

static void sim_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct turns *t = c->own;

    e = task_value(c, e, value, &t->values[tag]);
    t->under_way--;
    if (e || t->under_way || t->at == t->list->n)
        task_finish(c, e ? e : sim_fill(c));
    else // there was no room for a second one: there is when this one is gone
        call_timer(c, 0, sim_again);
}

// Sends as many as may run at once; the others follow as these end.
static enum err sim_fill(struct call *c)
{
    struct turns *t = c->own;
    uint32_t plain = 0;

    while (t->at < t->list->n && t->under_way < SIM_WIDTH) {
        const struct unit *item = &t->list->items[t->at];
        enum err e;

        if (t->data ? item->kind != UNIT_STREAM : !task_live(item)) {
            if (plain < SIM_PLAIN) {
                t->values[t->at++] = *item;
                plain++;
                continue;
            }
            if (t->under_way)
                break; // the rest when one of them ends
        }
        e = call_spawn(c, item, flags_of(t, item), t->at, sim_end);
        if (e == ERR_BUSY && t->under_way)
            break;
        if (e)
            return e;
        t->under_way++;
        t->at++;
    }
    return t->under_way ? ERR_LATER : unit_list(t->values, t->list->n, &c->value);
}

static enum err sim_go(struct call *c)
{
    struct turns *t = c->own;

    t->values = unit_array(c->arena, t->list->n);
    return t->values ? sim_fill(c) : task_no_memory(c);
}

enum err task_run_sim(struct call *c)
{
    return with_list(c, c->arg, NULL, sim_go);
}

// ---- task.stk

static void stk_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct turns *t = c->own;

    (void)tag;
    if (e)
        call_pass(c, e, value);
    else
        task_finish(c, t->go(c));
}

// `item@serv`, made in the memory of the task that runs it.
static enum err stk_go(struct call *c)
{
    struct turns *t = c->own;
    struct task *child;
    struct arena *a;
    struct unit item, *items, u;
    enum err e;

    if (t->at == t->list->n)
        return ERR_OK;
    e = call_child(c, &child, &a);
    if (e)
        return e;
    item = t->list->items[t->at++];
    if (t->list->flags & UNIT_DONE) // a part of data is data
        item.flags = (uint8_t)((item.flags | UNIT_DONE) & ~UNIT_LIVE);
    items = unit_array(a, t->stream->n);
    if (items) {
        memcpy(items, t->stream->items, t->stream->n * sizeof *items);
        items[0] = item;
    }
    e = items ? unit_stream(items, t->stream->n, &u) : ERR_NO_MEMORY;
    if (e) {
        call_unused(child);
        return fail_set(c->fail, e, FAIL_NO_POS, NULL, "item %u cannot be sent: %s",
                        (unsigned long)(t->at - 1), err_text(e));
    }
    call_start(c, child, &u, flags_of(t, &u), 0, stk_end);
    return ERR_LATER;
}

enum err task_run_stk(struct call *c)
{
    const struct unit *u = task_part(c, c->arg);

    if (u->kind != UNIT_STREAM)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "(task.stk [a b]@io.term)",
                        "wanted a list at a service, this is of kind %s", unit_kind_name(u->kind));
    return with_list(c, &u->items[0], u, stk_go);
}
