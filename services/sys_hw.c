// SPDX-License-Identifier: MIT
// sys.hw - the machine itself.
#include "kernel/service.h"

static enum err run_off(struct call *c)
{
    enum err e;

    if (c->term)
        c->term->flush(c->term->ctx);
    e = c->plat->off(c->plat->ctx);
    return e ? fail_set(c->fail, e, FAIL_NO_POS, "leave the shell with Ctrl-D",
                        "this machine is not ours to power down")
             : ERR_OK;
}

static const struct command commands[] = {
    {
        .name = "off",
        .run = run_off,
        .info = "off: power the machine down; where Telex is a guest: not-supported",
        .tut = "{com:help.off@sys.hw like:map}",
    },
};

const struct service sys_hw_service = {
    .name = "sys.hw",
    .info = "the machine: power",
    .commands = commands,
    .n = COUNT(commands),
};
