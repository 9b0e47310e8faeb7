// SPDX-License-Identifier: MIT
// dat.proc by path: get, set, del. A path is a ref that stands for itself, so the argument is
// quoted and its other parts are read one by one.
#include "services/dat_proc.h"
#include "units/heap.h"
#include "units/parse.h"

// ---- Where a path leads: as a ref does (units/GRAMMAR.md, "Reading")

// Index in a list or pair that a step names, or SIZE_MAX.
static size_t index_of(const struct unit *step)
{
    size_t index = 0;

    if (!step->n || step->n > 7 || (step->s[0] == '0' && step->n > 1))
        return SIZE_MAX;
    for (uint32_t i = 0; i < step->n; i++) {
        if (step->s[i] < '0' || step->s[i] > '9')
            return SIZE_MAX;
        index = index * 10 + (size_t)(step->s[i] - '0');
    }
    return index;
}

static const struct unit *step_into(const struct unit *u, const struct unit *step,
                                    const struct mem *mem)
{
    size_t index;

    if (u->kind == UNIT_MAP)
        return unit_get(u, step, mem);
    if (u->kind != UNIT_LIST && u->kind != UNIT_PAIR)
        return NULL;
    index = index_of(step);
    return index < u->n ? &u->items[index] : NULL;
}

const struct unit *dat_walk(const struct unit *u, const struct unit *path, const struct mem *mem,
                            uint32_t *at)
{
    for (*at = 0; u && *at < path->n; ++*at) {
        u = step_into(u, &path->items[*at], mem);
        if (!u)
            break;
    }
    return u;
}

static enum err nowhere(struct call *c, const struct unit *path, uint32_t at)
{
    struct span step = unit_span(&path->items[at]);

    return fail_set(c->fail, ERR_NOT_FOUND, FAIL_NO_POS, c->command->info,
                    "step %u of the path, %S, leads nowhere", (unsigned long)at + 1, &step);
}

// ---- Changed copies

// The parts of u with one more place behind them where a step names none; *place is its index
// among the parts of what is built, *n their number.
static enum err open(struct call *c, const struct unit *u, const struct unit *step, bool add,
                     struct unit **parts, size_t *n, size_t *place)
{
    bool map = u->kind == UNIT_MAP || u->kind == UNIT_NONE;
    size_t old = u->kind == UNIT_NONE ? 0 : map ? 2 * (size_t)u->n : u->n;
    const struct unit *part = u->kind == UNIT_NONE ? NULL : step_into(u, step, c->plat->mem);

    *n = old;
    *place = part ? (size_t)(part - u->items) : map ? old + 1 : old;
    if (!part) {
        if (!add)
            return ERR_NOT_FOUND;
        if (!map && (u->kind != UNIT_LIST || index_of(step) != u->n))
            return ERR_NOT_FOUND;
        *n += map ? 2 : 1;
    }
    *parts = unit_array(c->arena, *n);
    if (!*parts)
        return ERR_NO_MEMORY;
    if (old)
        memcpy(*parts, u->items, old * sizeof **parts);
    if (!part && map)
        (*parts)[old] = *step;
    return ERR_OK;
}

static enum err build(struct call *c, const struct unit *u, const struct unit *parts, size_t n,
                      struct unit *out)
{
    enum err e;

    if (u->kind == UNIT_LIST)
        e = unit_list(parts, n, out);
    else if (u->kind == UNIT_PAIR)
        e = unit_pair(parts, out);
    else
        e = unit_map(c->arena, parts, n / 2, NULL, out);
    return e == ERR_TOO_BIG ? dat_too_big(c) : e;
}

// The unit with `v` at the end of the path; v NULL: without what is there.
static enum err change(struct call *c, const struct unit *u, const struct unit *path,
                       const struct unit *v)
{
    const struct unit none = unit_none(), *way[UNIT_STEPS_MAX];
    struct unit value = v ? *v : none;
    size_t n, place;
    struct unit *parts;
    enum err e;

    way[0] = u;
    for (uint32_t i = 1; i < path->n; i++) {
        const struct unit *next = way[i - 1] == &none
                                      ? NULL
                                      : step_into(way[i - 1], &path->items[i - 1], c->plat->mem);
        way[i] = next ? next : &none;
        if (!next && !v)
            return nowhere(c, path, i - 1);
    }
    for (uint32_t i = path->n; i-- > 0;) {
        bool map = way[i]->kind == UNIT_MAP;

        if (way[i]->kind == UNIT_NONE && way[i] != &none) // a none that stands there is a leaf
            return nowhere(c, path, i);
        e = open(c, way[i], &path->items[i], v != NULL, &parts, &n, &place);
        if (e == ERR_NOT_FOUND)
            return nowhere(c, path, i);
        if (e)
            return e;
        if (v || i + 1 < path->n) {
            parts[place] = value;
        } else { // the last step of del
            if (way[i]->kind == UNIT_PAIR)
                return dat_bad(c, "a pair has two parts: none can be taken away");
            n -= map ? 2 : 1;
            memmove(&parts[map ? place - 1 : place], &parts[place + 1],
                    (map ? n - (place - 1) : n - place) * sizeof *parts);
        }
        e = build(c, way[i], parts, n, &value);
        if (e)
            return e;
        heap_pause();
    }
    c->value = value;
    return ERR_OK;
}

// ---- The commands

struct path_call {
    struct dat_wait wait;
    struct unit whole, path, u, v;
};

enum { ASIDE_PARTS = 10000 }; // copying more takes longer than the main loop may wait

static enum err finish(struct call *c)
{
    struct path_call *p = c->own;
    const char *name = c->command->name;
    const struct unit *part = &p->u;
    size_t parts = 0;
    uint32_t at;

    if (name[0] == 'g') { // get
        part = dat_walk(&p->u, &p->path, c->plat->mem, &at);
        if (!part)
            return nowhere(c, &p->path, at);
        c->value = *part;
        return ERR_OK;
    }
    for (uint32_t i = 0; part && i < p->path.n; i++) {
        parts += part->kind >= UNIT_PAIR && part->kind <= UNIT_MAP ? part->n : 0;
        part = step_into(part, &p->path.items[i], c->plat->mem);
    }
    if (parts > ASIDE_PARTS && !c->aside)
        return dat_aside(c);
    return change(c, &p->u, &p->path, name[0] == 's' ? &p->v : NULL);
}

// The argument is (PATH u), of set ((PATH v) u).
static bool is_set(const struct call *c)
{
    return c->command->name[0] == 's';
}

static enum err read_value(struct call *c)
{
    struct path_call *p = c->own;
    const struct unit *head = &p->whole.items[0];

    return is_set(c) ? dat_read(c, &head->items[1], &p->v, finish) : finish(c);
}

static enum err read_unit(struct call *c)
{
    struct path_call *p = c->own;
    struct span text = unit_span(&p->path);
    enum err e;

    if (p->path.kind == UNIT_STR) {
        e = unit_parse_path(c->arena, text, &p->path, NULL);
        if (e)
            return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "a path is @a.b or `a.b`",
                            "%S is not a path", &text);
    }
    if (p->path.kind != UNIT_REF)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                        "wanted a path, found %s", unit_kind_name((enum unit_kind)p->path.kind));
    return dat_read(c, &p->whole.items[1], &p->u, read_value);
}

static enum err read_path(struct call *c)
{
    struct path_call *p = c->own;
    const struct unit *whole = &p->whole, *head;

    if (whole->kind != UNIT_PAIR)
        return dat_bad(c, "wanted a pair with the path in front");
    if (whole->flags & UNIT_DONE) { // its parts are data as well
        struct unit *parts = unit_array(c->arena, 4);

        if (!parts)
            return ERR_NO_MEMORY;
        parts[0] = dat_part(whole, &whole->items[0]);
        parts[1] = dat_part(whole, &whole->items[1]);
        if (is_set(c) && parts[0].kind == UNIT_PAIR) {
            parts[2] = dat_part(whole, &parts[0].items[0]);
            parts[3] = dat_part(whole, &parts[0].items[1]);
            parts[0].items = &parts[2];
        }
        p->whole.items = parts;
    }
    head = &whole->items[0];
    if (is_set(c)) {
        if (head->kind != UNIT_PAIR)
            return dat_bad(c, "wanted (PATH value) in front");
        head = &head->items[0];
    }
    p->path = *head;
    return head->kind == UNIT_STREAM ? dat_read(c, head, &p->path, read_unit) : read_unit(c);
}

static enum err by_path(struct call *c)
{
    struct path_call *p = c->own;
    bool top = c->arg->kind == UNIT_REF || c->arg->kind == UNIT_STREAM;

    if (p && p->wait.aside)
        return finish(c);
    p = arena_new(c->arena, sizeof *p);
    if (!p)
        return ERR_NO_MEMORY;
    memset(p, 0, sizeof *p);
    c->own = p;
    if (top)
        return dat_read(c, c->arg, &p->whole, read_path);
    p->whole = *c->arg;
    return read_path(c);
}

enum err dat_get(struct call *c)
{
    return by_path(c);
}

enum err dat_set(struct call *c)
{
    return by_path(c);
}

enum err dat_del(struct call *c)
{
    return by_path(c);
}
