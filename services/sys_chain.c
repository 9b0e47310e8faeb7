// SPDX-License-Identifier: MIT
// sys.task: chains. A message goes from service to service, and each leaves its value in it.
#include "services/sys_task.h"

enum { CHAIN_MAX = 4096 }; // as many as an owner may have messages waiting

struct chain {
    struct unit msg;
    uint32_t at; // next step
    bool merges; // the map of the one under way is merged
};

static enum err chain_step(struct call *c);

// The map with an entry more, or with another value in it.
static enum err put(struct call *c, const struct unit *map, const struct unit *key,
                    const struct unit *value, struct unit *out)
{
    const struct unit *old = unit_get(map, key, c->plat->mem);
    uint32_t n = 2 * map->n;
    struct unit *items = unit_array(c->arena, n + 2);
    uint8_t done = map->flags & UNIT_DONE;
    enum err e;

    if (!items)
        return task_no_memory(c);
    memcpy(items, map->items, n * sizeof *items);
    if (old) {
        items[old - map->items] = *value;
    } else {
        items[n] = *key;
        items[n + 1] = *value;
    }
    e = unit_map(c->arena, items, map->n + !old, NULL, out);
    if (e)
        return fail_set(c->fail, e, FAIL_NO_POS, NULL,
                        "with this value the message is past its limits");
    if (done) // data stays data
        out->flags = (uint8_t)((out->flags | UNIT_DONE) & ~UNIT_LIVE);
    return ERR_OK;
}

// What a service gave becomes part of the message.
static enum err take(struct call *c, const struct unit *value)
{
    struct chain *t = c->own;
    const struct unit msg = unit_word("msg");
    enum err e = ERR_OK;

    if (value->kind == UNIT_NONE)
        return ERR_OK;
    if (t->msg.kind != UNIT_MAP) { // it was its own msg
        t->msg = *value;
        return ERR_OK;
    }
    if (!t->merges || value->kind != UNIT_MAP)
        return put(c, &t->msg, &msg, value, &t->msg);
    for (uint32_t i = 0; !e && i < value->n; i++)
        e = put(c, &t->msg, &value->items[2 * i], &value->items[2 * i + 1], &t->msg);
    return e;
}

static void step_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct unit kept;

    (void)tag;
    if (e) {
        call_pass(c, e, value);
        return;
    }
    if (call_keep(c, value, &kept))
        e = task_no_memory(c);
    else
        e = take(c, &kept);
    task_finish(c, e ? e : chain_step(c));
}

// Sends the message, or its msg, to the next service.
static enum err chain_step(struct call *c)
{
    struct chain *t = c->own;
    const struct unit *node, *send = &t->msg, *msg;
    struct task *child;
    struct arena *a;
    struct unit u;
    bool named = false;
    enum err e;

    if (t->at == c->arg->n) {
        c->value = t->msg;
        return ERR_OK;
    }
    node = &c->arg->items[t->at++];
    e = call_fit(c, unit_span(node->kind == UNIT_PAIR ? &node->items[0] : node), &t->msg, &named,
                 &t->merges);
    if (e)
        return e;
    if ((t->msg.flags & UNIT_DONE) && !t->merges)
        named = false; // what is data names no command
    msg = t->msg.kind == UNIT_MAP ? unit_get_word(&t->msg, SPAN("msg"), c->plat->mem) : NULL;
    if (msg && !named)
        send = msg;
    e = call_child(c, &child, &a);
    if (e)
        return e;
    e = task_stream(c, a, send, node, &u);
    if (e) {
        call_unused(child);
        return e;
    }
    call_start(c, child, &u, CHILD_INSIDE, 0, step_end);
    return ERR_LATER;
}

static void start_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct chain *t = c->own;

    (void)tag;
    if (e) {
        call_pass(c, e, value);
        return;
    }
    e = call_keep(c, value, &t->msg) ? task_no_memory(c) : ERR_OK;
    task_finish(c, e ? e : chain_step(c));
}

enum err task_run_chain(struct call *c)
{
    struct chain *t = arena_new(c->arena, sizeof *t);
    const struct unit *msg;
    enum err e = ERR_OK;

    if (!t)
        return task_no_memory(c);
    if (c->payload->kind != UNIT_MAP)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "{sum:[1 2] task:[math.calc io.term]}",
                        "a chain stands in the message that it is about");
    if (c->arg->n > CHAIN_MAX)
        return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, "send it in several messages",
                        "a chain has at most %u services", (unsigned long)CHAIN_MAX);
    for (uint32_t i = 0; !e && i < c->arg->n; i++)
        e = task_node(c, &c->arg->items[i]);
    if (e)
        return e;
    msg = unit_get_word(c->payload, SPAN("msg"), c->plat->mem);
    *t = (struct chain){.msg = msg ? *msg : *c->payload};
    c->own = t;
    // As every payload: what is itself a stream or a ref is read first.
    if (!task_live(&t->msg) || (t->msg.kind != UNIT_STREAM && t->msg.kind != UNIT_REF))
        return chain_step(c);
    e = call_spawn(c, &t->msg, task_inside(&t->msg), 0, start_end);
    return e ? e : ERR_LATER;
}
