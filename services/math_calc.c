// SPDX-License-Identifier: MIT
// math.calc - exact arithmetic on numbers. The commands stand in services/math_calc.def, what they
// do in units/num.h; this file makes the table that the kernel reads.
#include "kernel/service.h"
#include "services/math_eval.h"

static enum err run(struct call *c);

static const struct option prec[] = {{"prec", "nat|pair|map", READ_DEEP}, {0}};

// What may stand as the argument: beside its values a nested command, or the name of a constant.
#define SHAPE_ONE "num|pair|map|word"
#define SHAPE_DEFAULT "num|pair|map|word"
#define SHAPE_BITS "int|bool|pair|map"
#define SHAPE_CONST "none|nat|pair|map"
#define SHAPE_MANY "items"
#define SHAPE_FOLD "items"
#define SHAPE_GROUP "items"
#define SHAPE_GROUP1 "items"
#define SHAPE_GROUPM "items"
#define SHAPE_ROUND "num|items|map|word"
#define SHAPE_TWO "items"
#define SHAPE_COMPARE "items"
#define SHAPE_THREE "items"

#define EXACT NULL
#define ROUNDS prec

static const struct command commands[] = {
#define OP(word, kind, function, rounding, result, about, examples) \
    {                                                               \
        .name = #word,                                              \
        .shape = SHAPE_##kind,                                      \
        .run = run,                                                 \
        .info = about,                                              \
        .tut = examples,                                            \
        .mode = READ_DEEP,                                          \
        .flags = MATH_##kind == MATH_DEFAULT ? CMD_DEFAULT          \
                 : MATH_##kind == MATH_CONST ? CMD_BARE             \
                                             : 0,                   \
        .opts = rounding,                                           \
        .res = result,                                              \
    },
#include "services/math_calc.def"
#undef OP
};

const struct service math_calc_service = {
    .name = "math.calc",
    .info = "exact arithmetic on ints and decs of any length",
    .commands = commands,
    .n = COUNT(commands),
    .pure = true,
    .nests = true,
};

// What a call may cost on the main loop, in the measure of NUM_EFFORT.
enum { SHORT_EFFORT = 1000000 };

static enum err run(struct call *c)
{
    const struct unit *digits = c->command->opts ? c->opt[0] : NULL;
    struct num_env env;
    enum err e;

    num_env_init(&env, c->arena, c->scratch, c->fail);
    if (!c->aside)
        env.effort = SHORT_EFFORT;
    e = math_run(&env, &math_ops[c->command - commands], c->arg, digits, c->may, c->plat->mem,
                 &c->value);
    // Efforts are known before anything is computed, so little was done in vain.
    return e == ERR_LIMIT && env.effort == 0 && !c->aside ? call_aside(c) : e;
}
