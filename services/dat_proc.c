// SPDX-License-Identifier: MIT
// dat.proc - data: texts, lists, maps, and what is done to each of their parts. The commands stand
// in services/dat_proc.def, what they do in dat_*.c by subject; this file makes the table.
#include "services/dat_proc.h"

static const struct option sort_opts[] = {
    {"by", "path", READ_PATH},
    {"desc", "bool", READ_DEEP},
    {0},
};

static const struct command commands[] = {
#define DAT(id, word, form, result, about, examples, ...) \
    {.name = word,                                        \
     .shape = form,                                       \
     .run = dat_##id,                                     \
     .info = about,                                       \
     .tut = examples,                                     \
     .res = result,                                       \
     __VA_ARGS__},
#include "services/dat_proc.def"
#undef DAT
};

const struct service dat_proc_service = {
    .name = "dat.proc",
    .info = "texts, lists and maps: cut, joined, sorted, searched, changed part by part",
    .commands = commands,
    .n = COUNT(commands),
    .pure = true,
};
