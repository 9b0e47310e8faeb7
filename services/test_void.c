// SPDX-License-Identifier: MIT
// test.void - takes anything, answers nothing.
#include "kernel/service.h"

static enum err run_void(struct call *c)
{
    c->value = unit_none();
    return ERR_OK;
}

static const struct command commands[] = {
    {
        .name = "void",
        .shape = "any",
        .run = run_void,
        .info = "u@test.void: `-`, whatever the payload",
        .tut = "{com:abc@test.void res:-}",
        .mode = READ_QUOTE,
        .flags = CMD_DEFAULT | CMD_WHOLE,
    },
};

const struct service test_void_service = {
    .name = "test.void",
    .info = "takes anything, answers nothing",
    .commands = commands,
    .n = COUNT(commands),
    .pure = true,
};
