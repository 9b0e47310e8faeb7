// SPDX-License-Identifier: MIT
// test.dump - the message it came in, signed, with its exact bytes.
#include "kernel/service.h"

static enum err run_dump(struct call *c)
{
    return call_message(c, &c->value);
}

static const struct command commands[] = {
    {
        .name = "dump",
        .shape = "any",
        .run = run_dump,
        .info = "u@test.dump: the whole signed message, as it would leave this node",
        .tut = "{com:abc@test.dump like:map}",
        .mode = READ_QUOTE,
        .flags = CMD_DEFAULT | CMD_WHOLE,
        .res = "map",
    },
};

const struct service test_dump_service = {
    .name = "test.dump",
    .info = "shows a message with its author, hash and signature",
    .commands = commands,
    .n = COUNT(commands),
};
