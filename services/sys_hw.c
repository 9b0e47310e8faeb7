// SPDX-License-Identifier: MIT
// sys.hw - the machine itself: memory, processors, board, power.
//
// What the machine does not tell is `-`, never an error.
#include "kernel/service.h"

static enum err no_memory(struct call *c)
{
    return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the answer");
}

// ---- Memory

enum measure { TOTAL, FREE, USED, MEASURES };

// False: nobody knows.
static bool memory_of(const struct call *c, uint64_t bytes[MEASURES])
{
    const struct plat_hw *hw = c->plat->hw;

    if (!hw || !hw->memory || hw->memory(hw->ctx, &bytes[TOTAL], &bytes[FREE]))
        return false;
    bytes[USED] = bytes[TOTAL] > bytes[FREE] ? bytes[TOTAL] - bytes[FREE] : 0;
    return true;
}

static enum err get_mem(struct call *c, enum measure m, unsigned shift)
{
    uint64_t bytes[MEASURES];

    if (memory_of(c, bytes))
        c->value = unit_int((int64_t)(bytes[m] >> shift));
    return ERR_OK;
}

#define MEM(name, measure)                          \
    static enum err mem_##name(struct call *c)      \
    {                                               \
        return get_mem(c, measure, 0);              \
    }                                               \
    static enum err mem_##name##_kb(struct call *c) \
    {                                               \
        return get_mem(c, measure, 10);             \
    }                                               \
    static enum err mem_##name##_mb(struct call *c) \
    {                                               \
        return get_mem(c, measure, 20);             \
    }                                               \
    static enum err mem_##name##_gb(struct call *c) \
    {                                               \
        return get_mem(c, measure, 30);             \
    }
MEM(total, TOTAL)
MEM(free, FREE)
MEM(used, USED)

static enum err run_mem(struct call *c)
{
    static const char *const names[] = {[TOTAL] = "total", [FREE] = "free", [USED] = "used"};
    struct unit *items = unit_array(c->arena, 2 * MEASURES);
    uint64_t bytes[MEASURES];

    if (!items)
        return no_memory(c);
    if (!memory_of(c, bytes))
        return ERR_OK;
    for (int i = 0; i < MEASURES; i++) {
        items[2 * i] = unit_word(names[i]);
        items[2 * i + 1] = unit_int((int64_t)bytes[i]);
    }
    return unit_map(c->arena, items, MEASURES, NULL, &c->value);
}

// ---- Processors and board

static enum err text_unit(struct span text, struct unit *out)
{
    *out = unit_none(); // an empty one tells nothing
    return text.len ? unit_str(text, out) : ERR_OK;
}

static enum err run_cpu(struct call *c)
{
    const struct plat_hw *hw = c->plat->hw;
    struct unit *items = unit_array(c->arena, 4);
    struct span name;
    unsigned n;
    enum err e;

    if (!items)
        return no_memory(c);
    if (!hw || !hw->cpu)
        return ERR_OK;
    e = hw->cpu(hw->ctx, c->arena, &n, &name);
    if (e)
        return e == ERR_NO_MEMORY ? no_memory(c) : ERR_OK;
    items[0] = unit_word("n");
    items[1] = unit_int(n);
    items[2] = unit_word("name");
    e = text_unit(name, &items[3]);
    return e ? e : unit_map(c->arena, items, 2, NULL, &c->value);
}

static enum err run_board(struct call *c)
{
    const struct plat_hw *hw = c->plat->hw;
    struct unit *items = unit_array(c->arena, 4);
    struct span maker, model;
    enum err e;

    if (!items)
        return no_memory(c);
    if (!hw || !hw->board)
        return ERR_OK;
    e = hw->board(hw->ctx, c->arena, &maker, &model);
    if (e)
        return e == ERR_NO_MEMORY ? no_memory(c) : ERR_OK;
    items[0] = unit_word("maker");
    e = text_unit(maker, &items[1]);
    items[2] = unit_word("model");
    if (!e)
        e = text_unit(model, &items[3]);
    return e ? e : unit_map(c->arena, items, 2, NULL, &c->value);
}

// Nothing here drives a network or a disk of its own.
static enum err run_unknown(struct call *c)
{
    c->value = unit_none();
    return ERR_OK;
}

// ---- Power

static enum err power(struct call *c, enum err (*switch_)(void *ctx), const char *why)
{
    enum err e;

    if (c->term)
        c->term->flush(c->term->ctx);
    e = switch_(c->plat->ctx);
    return e ? fail_set(c->fail, e, FAIL_NO_POS, "leave the shell with Ctrl-D", "%s", why) : e;
}

static enum err run_off(struct call *c)
{
    return power(c, c->plat->off, "this machine is not ours to power down");
}

static enum err run_reset(struct call *c)
{
    return power(c, c->plat->reset, "this machine is not ours to start again");
}

#define MEM_ROW(measure, suffix, unit_, text)                                                 \
    {                                                                                         \
        .name = "get.mem." #measure suffix, .run = mem_##measure##unit_,                      \
        .info = "get.mem." #measure suffix ": memory, " text ", or `-`",                      \
        .tut = "{com:get.mem." #measure suffix "@sys.hw like:`int|none`}", .res = "int|none", \
    }
#define MEM_ROWS(measure, what)                                                             \
    MEM_ROW(measure, "", , what " in bytes"), MEM_ROW(measure, ".kb", _kb, what " in KiB"), \
        MEM_ROW(measure, ".mb", _mb, what " in MiB"), MEM_ROW(measure, ".gb", _gb, what " in GiB")

static const struct command commands[] = {
    {
        .name = "get.mem",
        .run = run_mem,
        .info = "get.mem: memory in bytes, {total free used}, or `-`",
        .tut = "{com:get.mem@sys.hw like:`{int}|none`}",
        .res = "{int}|none",
    },
    MEM_ROWS(total, "all of it"),
    MEM_ROWS(free, "what is free of it"),
    MEM_ROWS(used, "what is used of it"),
    {
        .name = "get.cpu",
        .run = run_cpu,
        .info = "get.cpu: processors, {n name}: how many, and what the first says it is; or `-`",
        .tut = "{com:get.cpu@sys.hw like:`map|none`}",
        .res = "map|none",
    },
    {
        .name = "get.board",
        .run = run_board,
        .info = "get.board: {maker model}, or `-` where the machine does not say",
        .tut = "{com:get.board@sys.hw like:`map|none`}",
        .res = "map|none",
    },
    {
        .name = "get.net",
        .run = run_unknown,
        .info = "get.net: interfaces of the network, or `-` where none is known",
        .tut = "{com:get.net@sys.hw like:`list|none`}",
        .res = "list|none",
    },
    {
        .name = "get.disk",
        .run = run_unknown,
        .info = "get.disk: disks, or `-` where none is known",
        .tut = "{com:get.disk@sys.hw like:`list|none`}",
        .res = "list|none",
    },
    {
        .name = "off",
        .run = run_off,
        .info = "off: power the machine down; where Telex is a guest: not-supported",
        .tut = "{com:help.off@sys.hw like:map}",
        .flags = CMD_NODE,
    },
    {
        .name = "reset",
        .run = run_reset,
        .info = "reset: start the machine again; where Telex is a guest: not-supported",
        .tut = "{com:help.reset@sys.hw like:map}",
        .flags = CMD_NODE,
    },
};

const struct service sys_hw_service = {
    .name = "sys.hw",
    .info = "the machine: memory, processors, board, power",
    .commands = commands,
    .n = COUNT(commands),
};
