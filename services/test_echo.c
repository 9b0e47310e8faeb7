// SPDX-License-Identifier: MIT
// test.echo - gives the payload back as it stands.
#include "kernel/service.h"

static enum err run_echo(struct call *c)
{
    c->value = *c->arg;
    return ERR_OK;
}

static const struct command commands[] = {
    {
        .name = "echo",
        .shape = "any",
        .run = run_echo,
        .info = "u@test.echo: the payload as it stands, nothing in it is read",
        .tut = "{com:{msg:3.05}@test.echo res:{msg:3.05}} {com:(neg @a)@test.echo res:(neg @a)}",
        .mode = READ_QUOTE,
        .flags = CMD_DEFAULT | CMD_WHOLE,
        .res = "any",
    },
};

const struct service test_echo_service = {
    .name = "test.echo",
    .info = "gives the payload back",
    .commands = commands,
    .n = COUNT(commands),
    .pure = true,
};
