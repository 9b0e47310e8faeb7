// SPDX-License-Identifier: MIT
// sys.task: a graph of services through which values flow.
//
//   {a:[b c] b:[d] c:[d]}     a gets msg; b and c get what a gave, side by side; d gets [b's c's]
//
// Nodes are numbered as they first stand in the map, edges in the order of the map; a node is sent
// its message when the last of those before it has given its value.
#include "services/sys_task.h"

enum {
    NODES_MAX = 512, // twice as many services as a node of a cluster may have
    EDGES_MAX = 16384,
    TABLE = 2048, // places for the names of nodes, a power of two
};

struct node {
    const struct unit *name;
    struct unit value;
    uint32_t before; // edges that lead here
    uint32_t awaits; // of these, how many have no value yet
    uint32_t first;  // edge that leads away; the others stand behind it
    uint32_t behind; // how many
};

struct edge {
    uint16_t from, to;
};

struct graph {
    struct node nodes[NODES_MAX];
    struct edge *edges;
    uint32_t n, edges_n;
    uint16_t ready[NODES_MAX]; // in the order in which they became so
    uint32_t ready_n, sent, done;
};

// ---- From the map to nodes and edges

struct names {
    uint16_t place[TABLE]; // number of a node + 1
};

static enum err node_of(struct call *c, struct graph *g, struct names *names,
                        const struct unit *name, uint16_t *out)
{
    uint32_t at = (uint32_t)unit_key_hash(name, c->plat->mem) % TABLE;
    enum err e;

    for (; names->place[at]; at = (at + 1) % TABLE) {
        *out = (uint16_t)(names->place[at] - 1);
        if (unit_same(g->nodes[*out].name, name))
            return ERR_OK;
    }
    if (g->n == NODES_MAX)
        return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, "send it in several messages",
                        "a graph has at most %u nodes", (unsigned long)NODES_MAX);
    e = task_node(c, name);
    if (e)
        return e;
    *out = (uint16_t)g->n;
    g->nodes[g->n++] = (struct node){.name = name};
    names->place[at] = (uint16_t)g->n;
    return ERR_OK;
}

// The list of nodes behind a node; one alone may stand for itself.
static const struct unit *next_of(const struct unit *u, uint32_t *n)
{
    *n = u->kind == UNIT_LIST ? u->n : 1;
    return u->kind == UNIT_LIST ? u->items : u;
}

static enum err read_graph(struct call *c, struct graph *g)
{
    struct names *names = arena_new(c->scratch, sizeof *names);
    uint32_t n, edges = 0;
    enum err e;

    if (c->arg->n > NODES_MAX)
        return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, "send it in several messages",
                        "a graph has at most %u nodes", (unsigned long)NODES_MAX);
    for (uint32_t i = 0; i < c->arg->n && edges <= EDGES_MAX; i++) {
        (void)next_of(&c->arg->items[2 * i + 1], &n); // how many
        edges += n;
    }
    if (edges > EDGES_MAX)
        return fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, "send it in several messages",
                        "a graph has at most %u edges", (unsigned long)EDGES_MAX);
    g->edges = arena_new(c->arena, edges * sizeof *g->edges);
    if (!names || !g->edges)
        return task_no_memory(c);
    memset(names, 0, sizeof *names);
    for (uint32_t i = 0; i < c->arg->n; i++) {
        const struct unit *next = next_of(&c->arg->items[2 * i + 1], &n);
        uint16_t from, to;

        e = node_of(c, g, names, &c->arg->items[2 * i], &from);
        if (!e)
            g->nodes[from].first = g->edges_n;
        for (uint32_t j = 0; !e && j < n; j++) {
            e = node_of(c, g, names, &next[j], &to);
            if (e)
                break;
            g->edges[g->edges_n++] = (struct edge){from, to};
            g->nodes[from].behind++;
            g->nodes[to].before++;
        }
        if (e)
            return e;
    }
    return ERR_OK;
}

// One of those before it has its value.
static void release(struct graph *g, uint16_t from)
{
    const struct node *v = &g->nodes[from];

    for (uint32_t i = v->first; i < v->first + v->behind; i++)
        if (--g->nodes[g->edges[i].to].awaits == 0)
            g->ready[g->ready_n++] = g->edges[i].to;
}

// Those that nothing flows into are ready.
static void begin(struct graph *g)
{
    g->ready_n = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        g->nodes[i].awaits = g->nodes[i].before;
        if (!g->nodes[i].before)
            g->ready[g->ready_n++] = (uint16_t)i;
    }
}

// Does every node get its turn? Plays it without messages.
static enum err check_flow(struct call *c, struct graph *g)
{
    begin(g);
    for (uint32_t i = 0; i < g->ready_n; i++)
        release(g, g->ready[i]);
    if (g->ready_n == g->n)
        return ERR_OK;
    for (uint32_t i = 0; i < g->n; i++) {
        const struct unit *name = g->nodes[i].name;
        struct span text = unit_span(name->kind == UNIT_PAIR ? &name->items[0] : name);

        if (g->nodes[i].awaits)
            return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "task.loop runs in a circle",
                            "what flows out of %S comes back, or comes from a circle", &text);
    }
    return ERR_INTERNAL;
}

// ---- The values flow

static void node_end(struct call *c, uint32_t tag, enum err e, const struct unit *value);

// What a node gets: msg, the one value, or the list of them.
static enum err input_of(struct call *c, struct arena *a, uint16_t to, struct unit *out)
{
    const struct graph *g = c->own;
    const struct node *v = &g->nodes[to];
    struct unit *items;
    uint32_t n = 0;

    if (!v->before) {
        *out = c->opt[TASK_GRAPH_MSG] ? *c->opt[TASK_GRAPH_MSG] : unit_none();
        return ERR_OK;
    }
    items = unit_array(a, v->before);
    if (!items)
        return task_no_memory(c);
    for (uint32_t i = 0; i < g->edges_n; i++)
        if (g->edges[i].to == to)
            items[n++] = g->nodes[g->edges[i].from].value;
    *out = items[0];
    if (n > 1 && unit_list(items, n, out))
        return fail_set(c->fail, ERR_TOO_BIG, FAIL_NO_POS, NULL,
                        "the values that flow together are too much for one message");
    out->flags = (uint8_t)((out->flags | UNIT_DONE) & ~UNIT_LIVE); // values are data
    return ERR_OK;
}

static enum err send(struct call *c, uint16_t to)
{
    struct graph *g = c->own;
    struct task *child;
    struct arena *a;
    struct unit input, u;
    enum err e = call_child(c, &child, &a);

    if (e)
        return e;
    e = input_of(c, a, to, &input);
    if (!e)
        e = task_stream(c, a, &input, g->nodes[to].name, &u);
    if (e)
        call_unused(child);
    else
        call_start(c, child, &u, CHILD_INSIDE, to, node_end);
    return e;
}

// {node:value ..} of those that nothing follows.
static enum err finish(struct call *c)
{
    const struct graph *g = c->own;
    struct unit *items = unit_array(c->arena, 2 * (size_t)g->n);
    uint32_t n = 0;
    enum err e;

    if (!items)
        return task_no_memory(c);
    for (uint32_t i = 0; i < g->n; i++) {
        if (g->nodes[i].behind)
            continue;
        items[2 * n] = *g->nodes[i].name;
        items[2 * n++ + 1] = g->nodes[i].value;
    }
    e = unit_map(c->arena, items, n, NULL, &c->value);
    return e ? fail_set(c->fail, e, FAIL_NO_POS, NULL, "these values are too much for one map") : e;
}

// Sends all that are ready; where there is no room, the others follow as these end.
static enum err go_on(struct call *c)
{
    struct graph *g = c->own;

    while (g->sent < g->ready_n) {
        enum err e = send(c, g->ready[g->sent]);

        if (e == ERR_BUSY && g->sent > g->done)
            break;
        if (e)
            return e;
        g->sent++;
    }
    return g->done < g->n ? ERR_LATER : finish(c);
}

static void again(struct call *c)
{
    task_finish(c, go_on(c));
}

static void node_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct graph *g = c->own;

    if (e) {
        call_pass(c, e, value);
        return;
    }
    if (call_keep(c, value, &g->nodes[tag].value)) {
        call_refuse(c, task_no_memory(c));
        return;
    }
    g->done++;
    release(g, (uint16_t)tag);
    if (g->sent == g->done && g->done < g->n) // there is room again when this one is gone
        call_timer(c, 0, again);
    else
        again(c);
}

enum err task_run_graph(struct call *c)
{
    struct graph *g = arena_new(c->arena, sizeof *g);
    enum err e;

    if (!g)
        return task_no_memory(c);
    memset(g, 0, sizeof *g);
    c->own = g;
    e = read_graph(c, g);
    if (!e)
        e = check_flow(c, g);
    if (e)
        return e;
    begin(g);
    return go_on(c);
}
