// SPDX-License-Identifier: MIT
// etc.fsm - one step of a state machine that is written as a map.
//
//   {a:b}                   from a to b
//   {a:(b out)}             .. and out is the message
//   {a:{ev:(b out) ev2:c}}  .. by the event in msg
#include "kernel/service.h"

enum { FSM_STATE, FSM_MSG };
static const struct option options[] = {
    [FSM_STATE] = {"state", "any", READ_DEEP},
    [FSM_MSG] = {"msg", "any", READ_DEEP},
    {0},
};

static enum err run_fsm(struct call *c)
{
    const struct unit *state = c->opt[FSM_STATE], *event = c->opt[FSM_MSG], *to;
    struct unit *items = unit_array(c->arena, 4);
    bool out;

    if (!items)
        return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the answer");
    if (!state)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                        "the state is missing: {fsm:{a:b} state:a}");
    to = unit_get(c->arg, state, c->plat->mem);
    if (to && to->kind == UNIT_MAP)
        to = event ? unit_get(to, event, c->plat->mem) : NULL;
    out = to && to->kind == UNIT_PAIR;
    items[0] = unit_word("state");
    items[1] = out ? to->items[0] : to ? *to : *state; // nothing fits: it stays
    if (out) {
        items[2] = unit_word("msg");
        items[3] = to->items[1];
    }
    return unit_map(c->arena, items, 1 + out, NULL, &c->value);
}

static const struct command commands[] = {
    {
        .name = "fsm",
        .shape = "map",
        .run = run_fsm,
        .info = "{fsm:{a:b b:(c out) c:{event:(a out) ..}} state:a msg:event}: the next state, and "
                "out as msg; nothing fits: the same state",
        .tut = "{com:{fsm:{a:b} state:a}@etc.fsm res:{state:b}}"
               "{com:{fsm:{a:(b out)} state:a}@etc.fsm res:{state:b msg:out}}"
               "{com:{fsm:{a:{ev1:(b out) ev2:c}} state:a msg:ev1}@etc.fsm res:{state:b msg:out}}"
               "{com:{fsm:{a:{ev1:(b out) ev2:c}} state:a msg:ev2}@etc.fsm res:{state:c}}"
               "{com:{fsm:{a:{ev1:(b out) ev2:c}} state:a msg:ev3}@etc.fsm res:{state:a}}",
        .mode = READ_QUOTE,
        .flags = CMD_DEFAULT | CMD_RAW_DONE | CMD_MERGES,
        .opts = options,
        .res = "map",
    },
};

const struct service etc_fsm_service = {
    .name = "etc.fsm",
    .info = "state machines that are written as maps",
    .commands = commands,
    .n = COUNT(commands),
    .pure = true,
};
