// SPDX-License-Identifier: MIT
// sys.task - messages that run messages, and the tasks that are under way.
#include "services/sys_task.h"

#include "units/parse.h"

// ---- Shared

enum err task_no_memory(struct call *c)
{
    return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for this message");
}

// The part of a unit that a step names, or NULL.
static const struct unit *step_into(const struct call *c, const struct unit *u,
                                    const struct unit *step)
{
    uint32_t index = 0;

    if (u->kind == UNIT_MAP)
        return unit_get(u, step, c->plat->mem);
    if ((u->kind != UNIT_LIST && u->kind != UNIT_PAIR) || step->n > 7 ||
        (step->s[0] == '0' && step->n > 1))
        return NULL;
    for (uint32_t i = 0; i < step->n; i++) {
        if (step->s[i] < '0' || step->s[i] > '9')
            return NULL;
        index = index * 10 + (uint32_t)(step->s[i] - '0');
    }
    return index < u->n ? &u->items[index] : NULL;
}

static const struct unit *walk(const struct call *c, const struct unit *ref)
{
    const struct unit *at = c->payload;

    for (uint32_t i = 0; at && i < ref->n; i++) {
        // What is data stays it, and what a stream gives is known only when it was run.
        if (at->kind == UNIT_REF || at->kind == UNIT_STREAM || (at->flags & UNIT_DONE))
            return NULL;
        at = step_into(c, at, &ref->items[i]);
    }
    return at && !(at->flags & UNIT_DONE) ? at : NULL;
}

const struct unit *task_part(const struct call *c, const struct unit *u)
{
    const struct unit *at = u;

    for (int refs = 0; at && at->kind == UNIT_REF && task_live(at); refs++)
        at = refs < UNIT_STEPS_MAX ? walk(c, at) : NULL;
    return at ? at : u;
}

enum err task_value(struct call *c, enum err e, const struct unit *value, struct unit *out)
{
    struct unit *items;

    if (!e)
        return call_keep(c, value, out) ? task_no_memory(c) : ERR_OK;
    items = unit_array(c->arena, 2);
    if (!items || call_keep(c, value, &items[1]))
        return task_no_memory(c);
    items[0] = unit_word("err");
    return unit_map(c->arena, items, 1, NULL, out);
}

void task_finish(struct call *c, enum err e)
{
    if (e == ERR_OK)
        call_answer(c, &c->value);
    else if (e != ERR_LATER)
        call_refuse(c, e);
}

enum err task_stream(struct call *c, struct arena *a, const struct unit *u, const struct unit *node,
                     struct unit *out)
{
    struct unit *items = unit_array(a, 3);
    enum err e;

    if (!items)
        return task_no_memory(c);
    items[0] = *u;
    items[1] = node->kind == UNIT_PAIR ? node->items[0] : *node;
    if (node->kind == UNIT_PAIR)
        items[2] = node->items[1];
    e = unit_stream(items, node->kind == UNIT_PAIR ? 3 : 2, out);
    return e ? fail_set(c->fail, e, FAIL_NO_POS, NULL, "this is too much for one message") : e;
}

enum err task_node(struct call *c, const struct unit *node)
{
    static const char hint[] = "a service is named as in math.calc or (math.calc loc)";
    const struct unit *name = node->kind == UNIT_PAIR ? &node->items[0] : node;
    const struct unit *address = node->kind == UNIT_PAIR ? &node->items[1] : NULL;
    const struct unit none = unit_none();
    bool named, merges;
    struct span text;

    if (name->kind != UNIT_STR || (address && address->kind != UNIT_STR))
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, hint,
                        "what is of kind %s names no service",
                        unit_kind_name((node->kind == UNIT_PAIR ? name : node)->kind));
    text = unit_span(name);
    if (!text_is_service(text))
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, hint, "%S is no name of a service",
                        &text);
    if (!address)
        return call_fit(c, text, &none, &named, &merges);
    text = unit_span(address);
    if (!text_is_address(text))
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "loc, *, a node's name or its address",
                        "%S is no address", &text);
    return ERR_OK;
}

// ---- Tasks that are under way

enum {
    // Deeper ones stand beside those at this depth: a unit has an end (2 levels each, and the
    // message around).
    TREE_DEPTH_MAX = 24,
    ROW = 6,
};

// Those that the author may see, in scratch.
static enum err tasks_of(struct call *c, struct task_info **out, size_t *n)
{
    size_t most = call_tasks(c, NULL, 0);

    *out = arena_new(c->scratch, most * sizeof **out);
    if (!*out)
        return task_no_memory(c);
    *n = call_tasks(c, *out, most);
    return ERR_OK;
}

// {id name usr par time mem}, with room for kids behind.
static enum err row_of(struct call *c, const struct task_info *t, struct unit **items)
{
    struct unit *u = unit_array(c->arena, 2 * (ROW + 1));
    const char *user = arena_copy(c->arena, t->user, strlen(t->user) + 1); // he may log out

    if (!u || !user)
        return task_no_memory(c);
    u[0] = unit_word("id");
    u[1] = unit_int((int64_t)t->id);
    u[2] = unit_word("name");
    u[3] = *t->name ? unit_word(t->name) : unit_none();
    u[4] = unit_word("usr");
    u[5] = *user ? unit_word(user) : unit_none();
    u[6] = unit_word("par");
    u[7] = t->parent ? unit_int((int64_t)t->parent) : unit_none();
    u[8] = unit_word("time");
    u[9] = unit_int((int64_t)(t->cpu_ns / 1000000));
    u[10] = unit_word("mem");
    u[11] = unit_int((int64_t)t->bytes);
    *items = u;
    return ERR_OK;
}

static enum err run_get(struct call *c)
{
    struct task_info *tasks;
    struct unit *items;
    size_t n;
    enum err e = tasks_of(c, &tasks, &n);

    for (size_t i = 0; !e && i < n; i++) {
        if (tasks[i].id != call_id(c))
            continue;
        e = row_of(c, &tasks[i], &items);
        return e ? e : unit_map(c->arena, items, ROW, NULL, &c->value);
    }
    return e ? e : fail_set(c->fail, ERR_NOT_FOUND, FAIL_NO_POS, NULL, "this task cannot be seen");
}

static enum err get_list(struct call *c, bool all)
{
    struct task_info *tasks;
    struct unit *list, *items;
    uint32_t found = 0;
    size_t n;
    enum err e = tasks_of(c, &tasks, &n);

    if (e)
        return e;
    list = unit_array(c->arena, n);
    if (!list)
        return task_no_memory(c);
    for (size_t i = 0; i < n; i++) {
        if (!all && tasks[i].waits)
            continue;
        e = row_of(c, &tasks[i], &items);
        if (!e)
            e = unit_map(c->arena, items, ROW, NULL, &list[found++]);
        if (e)
            return e;
    }
    return unit_list(list, found, &c->value);
}

static enum err run_get_run(struct call *c)
{
    return get_list(c, false);
}

static enum err run_get_all(struct call *c)
{
    return get_list(c, true);
}

// One task of a tree. Ids grow, so a parent stands before its children in the list.
struct leaf {
    size_t parent; // where it hangs: index, or n
    size_t kids;   // how many hang here
    unsigned depth;
    struct unit *list; // where their rows go
    size_t listed;
};

static size_t index_of(const struct task_info *tasks, size_t n, uint64_t id)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (tasks[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && tasks[low].id == id ? low : n;
}

static void hang(const struct task_info *tasks, struct leaf *leaves, size_t n)
{
    for (size_t i = 0; i <= n; i++)
        leaves[i] = (struct leaf){.parent = n};
    for (size_t i = 0; i < n; i++) {
        size_t p = tasks[i].parent ? index_of(tasks, i, tasks[i].parent) : i;

        if (p == i) // its parent has ended
            p = n;
        else if (leaves[p].depth + 1 == TREE_DEPTH_MAX)
            p = leaves[p].parent;
        leaves[i].parent = p;
        leaves[i].depth = p == n ? 0 : leaves[p].depth + 1;
        leaves[p].kids++;
    }
}

// From the last one on, so that a row is made when those below it are there.
static enum err run_get_tree(struct call *c)
{
    struct task_info *tasks;
    struct leaf *leaves;
    struct unit *items;
    size_t n;
    enum err e = tasks_of(c, &tasks, &n);

    if (e)
        return e;
    leaves = arena_new(c->scratch, (n + 1) * sizeof *leaves);
    if (!leaves)
        return task_no_memory(c);
    hang(tasks, leaves, n);
    for (size_t i = 0; i <= n; i++) {
        leaves[i].list = unit_array(c->arena, leaves[i].kids);
        if (!leaves[i].list)
            return task_no_memory(c);
    }
    for (size_t i = n; i-- > 0;) {
        struct leaf *l = &leaves[i], *up = &leaves[l->parent];

        e = row_of(c, &tasks[i], &items);
        if (e)
            return e;
        items[2 * ROW] = unit_word("kids");
        e = unit_list(l->list, (uint32_t)l->kids, &items[2 * ROW + 1]);
        if (!e)
            e = unit_map(c->arena, items, ROW + 1, NULL, &up->list[up->kids - ++up->listed]);
        if (e)
            return e;
    }
    return unit_list(leaves[n].list, (uint32_t)leaves[n].kids, &c->value);
}

static enum err run_kill(struct call *c)
{
    const struct unit *id = c->arg;
    enum err e = id->flags & UNIT_BIG ? ERR_NOT_FOUND : call_kill(c, (uint64_t)id->i);

    if (e == ERR_NOT_FOUND)
        return fail_set(c->fail, e, FAIL_NO_POS, "get.all lists the tasks", "no task has this id");
    return e;
}

// ---- The table

#define TASK_ROW "id name usr par time mem"

static const struct option run_options[] = {[TASK_RUN_MS] = {"ms", "nat", READ_DEEP}, {0}};
static const struct option graph_options[] = {[TASK_GRAPH_MSG] = {"msg", "any", READ_TOP}, {0}};

static const struct command commands[] = {
    {
        .name = "run",
        .shape = "any",
        .run = task_run_run,
        .info = "(run X), {run:X ms:n} or X: runs it, and what it gives if that is a stream again, "
                "up to 64 in a row; any other unit is the answer; ms: then it is a timeout",
        .tut = "{com:(run (neg 5)@math.calc)@sys.task res:-5}"
               "{com:(run (get (@a {a:(neg 5)@math.calc}@test.echo))@dat.proc)@sys.task res:-5}"
               "{com:{run:(wait 9)@time.chrono ms:10}@sys.task res:{err:timeout}}"
               "{com:[a b]@sys.task res:[a b]}",
        .mode = READ_QUOTE,
        .flags = CMD_DEFAULT,
        .opts = run_options,
        .res = "any",
    },
    {
        .name = "show",
        .shape = "any",
        .run = task_run_show,
        .info = "(show X): runs what X gives and shows the value or the error on the terminal, as "
                "the prompt does; Ctrl-C ends it",
        .tut = "{com:help.show@sys.task like:map}",
        .mode = READ_TOP,
        .flags = CMD_SECRET, // what is typed may hold some
    },
    {
        .name = "task",
        .shape = "[word|(word word)]",
        .run = task_run_chain,
        .info = "{.. task:[s1 (s2 addr) ..]}: sends the message, or its msg, to one service after "
                "the other; each value becomes msg; answers the last message",
        .tut = "{com:{sum:[1 2] task:[math.calc]}@sys.task res:{sum:[1 2] task:[math.calc] msg:3}}"
               "{com:{msg:(neg 5) task:[math.calc test.void]}@sys.task res:-5}",
        .mode = READ_DEEP,
        .res = "any",
    },
    {
        .name = "task.loop",
        .shape = "any",
        .run = task_run_loop,
        .info = "(task.loop X): runs X again and again; (task.loop (n X)): n times; an error ends "
                "it",
        .tut = "{com:(task.loop (3 a@test.void))@sys.task res:-}"
               "{com:(task.loop (3 (div (1 0))@math.calc))@sys.task res:{err:div-zero}}",
        .mode = READ_QUOTE,
    },
    {
        .name = "task.que",
        .shape = "any",
        .run = task_run_que,
        .info = "(task.que [X ..]): runs one after the other; an error is shown and the next goes "
                "on",
        .tut = "{com:(task.que [a@test.void b@test.void])@sys.task res:-}",
        .mode = READ_QUOTE,
    },
    {
        .name = "task.sim",
        .shape = "any",
        .run = task_run_sim,
        .info = "(task.sim [X ..]): runs all at once; the list of what they give, an error as "
                "{err:{..}}",
        .tut = "{com:(task.sim [(sum (1 2))@math.calc 5 (neg 1)@math.calc])@sys.task res:[3 5 -1]}"
               "{com:(task.sim [x@nowhere])@sys.task like:`[{map}]`}",
        .mode = READ_QUOTE,
        .res = "list",
    },
    {
        .name = "task.sep",
        .shape = "any",
        .run = task_run_sep,
        .info = "(task.sep X): runs X in the background; its id",
        .tut = "{com:(task.sep a@test.void)@sys.task like:int}",
        .mode = READ_QUOTE,
        .res = "int",
    },
    {
        .name = "task.stk",
        .shape = "any",
        .run = task_run_stk,
        .info = "(task.stk [a b]@serv): sends each item to serv, one after the other",
        .tut = "{com:(task.stk [a b]@test.void)@sys.task res:-}"
               "{com:(task.stk [(neg 1) (div (1 0))]@math.calc)@sys.task res:{err:div-zero}}",
        .mode = READ_QUOTE,
    },
    {
        .name = "task.graph",
        .shape = "map",
        .run = task_run_graph,
        .info = "{task.graph:{node:[next ..] ..} msg:start}: nodes are serv or (serv addr); the "
                "first get msg, each value flows on; {node:value ..} of the last",
        .tut = "{com:{task.graph:{math.calc:[test.echo]} msg:(sum [1 2])}@sys.task "
               "res:{test.echo:3}}"
               "{com:{task.graph:{math.calc:[math.calc]} msg:5}@sys.task res:{err:bad-arg}}",
        .mode = READ_DEEP,
        .opts = graph_options,
        .res = "map",
    },
    {
        .name = "try",
        .shape = "any",
        .run = task_run_try,
        .info = "(try (X other)): the value of X, or else of other; (try X): the value, or the "
                "error as {err:{..}}",
        .tut = "{com:(try ((div (1 0))@math.calc oops))@sys.task res:oops}"
               "{com:(try (neg 5)@math.calc)@sys.task res:-5}"
               "{com:(try (neg x)@math.calc)@sys.task like:`{map}`}",
        .mode = READ_QUOTE,
        .res = "any",
    },
    {
        .name = "get",
        .run = run_get,
        .info = "get: this task, as {" TASK_ROW "}: time is that of the processor, in ms; mem are "
                "bytes",
        .tut = "{com:get@sys.task like:map}",
        .res = "map",
    },
    {
        .name = "get.run",
        .run = run_get_run,
        .info = "get.run: tasks that do not wait, as [{" TASK_ROW "} ..]",
        .tut = "{com:get.run@sys.task like:`[map]`}",
        .res = "[map]",
    },
    {
        .name = "get.all",
        .run = run_get_all,
        .info = "get.all: all tasks, as [{" TASK_ROW "} ..]",
        .tut = "{com:get.all@sys.task like:`[map]`}",
        .res = "[map]",
    },
    {
        .name = "get.tree",
        .run = run_get_tree,
        .info = "get.tree: all tasks, each below who sent it, as [{" TASK_ROW " kids:[..]} ..]",
        .tut = "{com:get.tree@sys.task like:`[map]`}",
        .res = "[map]",
    },
    {
        .name = "kill",
        .shape = "nat",
        .run = run_kill,
        .info = "(kill id): ends a task and all that it has sent",
        .tut = "{com:(kill (task.sep (wait 99)@time.chrono)@sys.task)@sys.task res:-}"
               "{com:(kill 0)@sys.task res:{err:not-found}}",
    },
};

const struct service sys_task_service = {
    .name = "sys.task",
    .info = "runs messages: chains, loops, in parallel, in the background; lists and ends tasks",
    .commands = commands,
    .n = COUNT(commands),
};
