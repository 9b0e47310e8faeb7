// SPDX-License-Identifier: MIT
// dat.proc where it sends messages: map, fold, scn, filt, if; and the reading of quoted parts.
//
// The message of each step is made in the memory of the child that runs it, so a fold over a
// million items needs no more than one over two.
#include "services/dat_proc.h"

// ---- Reading

static void read_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct dat_wait *w = c->own;

    (void)tag; // there is one child
    if (e) {
        call_pass(c, e, value);
        return;
    }
    e = call_keep(c, value, w->out);
    dat_end(c, e ? e : w->then(c));
}

enum err dat_read(struct call *c, const struct unit *u, struct unit *out,
                  enum err (*then)(struct call *c))
{
    struct dat_wait *w = c->own;
    enum err e;

    if (!(u->flags & UNIT_LIVE) || (u->flags & UNIT_DONE)) {
        *out = *u;
        return then(c);
    }
    w->out = out;
    w->then = then;
    e = call_spawn(c, u, CHILD_INSIDE | CHILD_READ, 0, read_end);
    return e ? e : ERR_LATER;
}

void dat_end(struct call *c, enum err e)
{
    const struct dat_wait *w = c->own;

    if (!e)
        call_answer(c, &c->value);
    else if (e != ERR_LATER || w->aside)
        call_refuse(c, e);
}

enum err dat_aside(struct call *c)
{
    struct dat_wait *w = c->own;

    w->aside = true;
    return call_aside(c);
}

// ---- if

struct choice {
    struct dat_wait wait;
    struct unit cond, yes, no;
};

static enum err chosen(struct call *c)
{
    (void)c; // its value is there
    return ERR_OK;
}

static enum err choose(struct call *c)
{
    struct choice *o = c->own;
    const struct unit *u;

    if (o->cond.kind != UNIT_BOOL)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                        "the condition is t or f, not %s",
                        unit_kind_name((enum unit_kind)o->cond.kind));
    u = o->cond.i ? &o->yes : &o->no;
    return dat_read(c, u, &c->value, chosen);
}

enum err dat_if(struct call *c)
{
    const struct unit *u = c->arg, *both;
    struct choice *o = arena_new(c->arena, sizeof *o);
    struct unit *parts = unit_array(c->arena, 1);

    if (!o || !parts)
        return ERR_NO_MEMORY;
    *parts = u->kind == UNIT_PAIR ? dat_part(u, &u->items[1]) : *u;
    both = parts;
    if (u->kind != UNIT_PAIR || (both->kind != UNIT_PAIR && both->kind != UNIT_LIST) ||
        both->n != 2)
        return dat_bad(c, "wanted a condition and what to choose from");
    *o = (struct choice){.yes = dat_part(both, &both->items[0]),
                         .no = dat_part(both, &both->items[1])};
    c->own = o;
    if (u->flags & UNIT_DONE) {
        o->cond = dat_part(u, &u->items[0]);
        return choose(c);
    }
    return dat_read(c, &u->items[0], &o->cond, choose);
}

// ---- A message for each item

enum {
    SIDE_BY_SIDE = 256, // at least: they may wait for a clock or a person
    TRY_NS = 1000000,   // when there are too many tasks: those that end make room
    TRIES_MAX = 10000,
    ASIDE_ITEMS = 20000, // a longer list of results takes longer than the main loop may wait
};

struct run {
    struct dat_wait wait;
    // `(cmd LIST)@s1@s2`: streams[0] is the innermost; its payload has LIST as part `place`
    const struct unit *streams[UNIT_DEPTH_MAX];
    unsigned depth;
    size_t place; // SIZE_MAX: the payload is the list itself
    struct unit list;
    struct unit *results;
    bool *ended;
    size_t next, under_way, stop; // items from `stop` on are not sent: there was an error
    struct unit acc;              // of a fold whose next step has to wait for room
    unsigned tries;
    enum err e;
    struct unit error; // of a child; none: of our own
    // What the results before `known` add up to: past the limits there is no use in going on.
    size_t known;
    uint64_t nodes, bytes, text;
};

// The message for x, in the child's memory.
static enum err message(const struct run *r, struct arena *a, const struct unit *x,
                        struct unit *out)
{
    const struct unit *payload = &r->streams[0]->items[0];
    struct unit u = *x, *parts;
    size_t n = payload->kind == UNIT_MAP ? 2 * (size_t)payload->n : payload->n;
    enum err e;

    if (r->place != SIZE_MAX) {
        parts = unit_array(a, n);
        if (!parts)
            return ERR_NO_MEMORY;
        memcpy(parts, payload->items, n * sizeof *parts);
        parts[r->place] = *x;
        e = payload->kind == UNIT_MAP ? unit_map(a, parts, payload->n, NULL, &u)
                                      : unit_pair(parts, &u);
        if (e)
            return e;
    }
    for (unsigned i = 0; i < r->depth; i++) {
        parts = unit_array(a, 3);
        if (!parts)
            return ERR_NO_MEMORY;
        memcpy(parts, r->streams[i]->items, r->streams[i]->n * sizeof *parts);
        parts[0] = u;
        e = unit_stream(parts, r->streams[i]->n, &u);
        if (e)
            return e;
    }
    *out = u;
    return ERR_OK;
}

// Sends the message for x, or, with acc, for the pair (acc x).
static enum err send(struct call *c, const struct unit *acc, const struct unit *x, uint32_t tag,
                     child_end *end)
{
    const struct run *r = c->own;
    struct unit item = dat_part(&r->list, x), body, *two;
    struct task *child;
    struct arena *a;
    enum err e = call_child(c, &child, &a);

    if (e)
        return e;
    if (acc) {
        two = unit_array(a, 2);
        e = two ? unit_copy(a, acc, &two[0]) : ERR_NO_MEMORY;
        if (!e) {
            two[1] = item;
            e = unit_pair(two, &item);
        }
    }
    if (!e)
        e = message(r, a, &item, &body);
    if (e) {
        call_unused(child);
        return e == ERR_TOO_BIG ? dat_too_big(c) : e;
    }
    call_start(c, child, &body, CHILD_INSIDE, tag, end);
    return ERR_OK;
}

// There is no room for the next task, and none of our own is under way: try again soon.
static enum err try_again(struct call *c, void (*again)(struct call *c))
{
    struct run *r = c->own;

    if (++r->tries > TRIES_MAX)
        return ERR_BUSY; // told by call_child
    call_timer(c, c->plat->now_ns(c->plat->ctx) + TRY_NS, again);
    return ERR_LATER;
}

// Which value of a map is the list: that of the key which names a command.
static enum err list_in_map(struct call *c, const struct unit *stream, size_t *place)
{
    const struct unit *payload = &stream->items[0];
    struct unit *one = unit_array(c->scratch, 2), map;
    bool named, merges;
    enum err e;

    if (!one)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < payload->n; i++) {
        memcpy(one, &payload->items[2 * i], 2 * sizeof *one);
        e = unit_map(c->scratch, one, 1, NULL, &map);
        if (!e)
            e = call_fit(c, unit_span(&stream->items[1]), &map, &named, &merges);
        if (e)
            return e;
        if (named) {
            *place = 2 * i + 1;
            return ERR_OK;
        }
    }
    return dat_bad(c, "no key of the message names a command with a list");
}

// What is sent, and the list, which is read; then `begin`.
static enum err prepare(struct call *c, enum err (*begin)(struct call *c))
{
    struct run *r = arena_new(c->arena, sizeof *r);
    const struct unit *payload = c->arg, *list;
    enum err e;

    if (!r)
        return ERR_NO_MEMORY;
    memset(r, 0, sizeof *r);
    c->own = r;
    r->stop = SIZE_MAX;
    for (; payload->kind == UNIT_STREAM; payload = &payload->items[0])
        r->depth++;
    payload = c->arg;
    for (unsigned i = r->depth; i-- > 0; payload = &payload->items[0])
        r->streams[i] = payload;
    r->place = SIZE_MAX;
    list = payload;
    if (payload->kind == UNIT_PAIR) {
        r->place = 1;
    } else if (payload->kind == UNIT_MAP) {
        e = list_in_map(c, r->streams[0], &r->place);
        if (e)
            return e;
    } else if (payload->kind != UNIT_LIST) {
        return dat_bad(c, "wanted a message with a list: (cmd [..])@serv");
    }
    if (r->place != SIZE_MAX)
        list = &payload->items[r->place];
    // The items of a map go into its messages as they stand, and are read as the command there
    // reads its argument. The others also keep items as values, so these are read here.
    if (c->command->name[0] == 'm' && (list->kind == UNIT_LIST || list->kind == UNIT_PAIR)) {
        r->list = *list;
        return begin(c);
    }
    return dat_read(c, list, &r->list, begin);
}

static enum err want_list(struct call *c)
{
    struct run *r = c->own;
    enum unit_kind kind = (enum unit_kind)r->list.kind;

    if (kind == UNIT_LIST || kind == UNIT_PAIR)
        return ERR_OK;
    return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info,
                    "wanted a list in the message, found %s", unit_kind_name(kind));
}

// ---- map and filt

static void item_end(struct call *c, uint32_t tag, enum err e, const struct unit *value);
static void items_again(struct call *c);

// All have given a value.
static enum err finish(struct call *c)
{
    struct run *r = c->own;
    size_t n = r->list.n;

    if (n > ASIDE_ITEMS && !c->aside)
        return dat_aside(c);
    if (c->command->name[0] == 'm')
        return dat_list(c, (enum unit_kind)r->list.kind, r->results, n);
    for (size_t i = n = 0; i < r->list.n; i++)
        if (r->results[i].kind == UNIT_BOOL && r->results[i].i)
            r->results[n++] = r->list.items[i];
    return dat_list(c, UNIT_LIST, r->results, n);
}

static enum err go_on(struct call *c)
{
    struct run *r = c->own;
    size_t width = call_width(c) > SIDE_BY_SIDE ? call_width(c) : SIDE_BY_SIDE;
    enum err e;

    while (r->under_way < width && r->next < r->list.n && r->next < r->stop) {
        e = send(c, NULL, &r->list.items[r->next], (uint32_t)r->next, item_end);
        if (e == ERR_BUSY && r->under_way)
            break; // those under way make room
        if (e == ERR_BUSY && r->tries < TRIES_MAX)
            return try_again(c, items_again);
        if (e) {
            r->stop = r->next;
            r->e = e;
            break;
        }
        r->next++;
        r->under_way++;
        r->tries = 0;
    }
    if (r->under_way)
        return ERR_LATER;
    if (!r->e)
        return finish(c);
    if (r->error.kind == UNIT_NONE)
        return r->e;
    call_pass(c, r->e, &r->error);
    return ERR_LATER;
}

static void items_again(struct call *c)
{
    dat_end(c, go_on(c));
}

// One more result in a row; false: the list of them would be too big.
static bool add_up(struct run *r, const struct unit *u)
{
    r->known++;
    r->nodes += u->nodes;
    r->bytes += u->bytes;
    r->text += (uint64_t)u->text + 1;
    return r->nodes < UNIT_NODES_MAX && r->bytes <= UNIT_TEXT_MAX_BYTES &&
           r->text < UNIT_TEXT_MAX_BYTES;
}

// The first error by position ends it: those behind are of no use, those before go on.
static enum err stop_at(struct call *c, size_t at, enum err e, const struct unit *error)
{
    struct run *r = c->own;

    for (size_t i = at + 1; i < r->next; i++) {
        if (r->ended[i])
            continue;
        call_drop(c, (uint32_t)i);
        r->ended[i] = true;
        r->under_way--;
    }
    r->stop = at;
    r->e = e;
    r->error = unit_none();
    return error ? call_keep(c, error, &r->error) : ERR_OK;
}

static void item_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct run *r = c->own;

    r->under_way--;
    if (e)
        e = stop_at(c, tag, e, value);
    else if (c->command->name[0] == 'm')
        e = call_keep(c, value, &r->results[tag]);
    else
        r->results[tag] = value->kind == UNIT_BOOL ? *value : unit_none();
    r->ended[tag] = true;
    while (!e && r->known < r->stop && r->known < r->next && r->ended[r->known])
        if (!add_up(r, &r->results[r->known]))
            e = stop_at(c, r->known - 1, dat_too_big(c), NULL);
    dat_end(c, e ? e : go_on(c));
}

static enum err begin_items(struct call *c)
{
    struct run *r = c->own;
    enum err e = want_list(c);

    if (!e)
        e = dat_array(c, r->list.n, &r->results);
    if (e)
        return e;
    r->ended = arena_new(c->arena, r->list.n * sizeof *r->ended);
    if (!r->ended)
        return ERR_NO_MEMORY;
    memset(r->ended, 0, r->list.n * sizeof *r->ended);
    return go_on(c);
}

enum err dat_map(struct call *c)
{
    return c->own ? finish(c) : prepare(c, begin_items);
}

enum err dat_filt(struct call *c)
{
    return c->own ? finish(c) : prepare(c, begin_items);
}

// ---- fold and scn

static void step_end(struct call *c, uint32_t tag, enum err e, const struct unit *value);
static void step_again(struct call *c);

// The step with item r->next.
static enum err step(struct call *c, const struct unit *acc)
{
    struct run *r = c->own;
    enum err e = send(c, acc, &r->list.items[r->next], (uint32_t)r->next, step_end);

    if (e == ERR_BUSY) {
        e = acc == &r->acc ? ERR_OK : call_keep(c, acc, &r->acc);
        return e ? e : try_again(c, step_again);
    }
    r->tries = 0;
    return e ? e : ERR_LATER;
}

static void step_again(struct call *c)
{
    struct run *r = c->own;

    dat_end(c, step(c, &r->acc));
}

static void step_end(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct run *r = c->own;
    bool steps = c->command->name[0] == 's', last = tag + 1 == r->list.n;

    if (e) {
        call_pass(c, e, value);
        return;
    }
    if (steps)
        e = add_up(r, value) ? call_keep(c, value, &r->results[tag - 1]) : dat_too_big(c);
    else if (last)
        e = call_keep(c, value, &c->value);
    if (!e && !last) {
        r->next = (size_t)tag + 1;
        e = step(c, value);
    } else if (!e && steps) {
        e = dat_list(c, UNIT_LIST, r->results, tag);
    }
    dat_end(c, e);
}

static enum err begin_fold(struct call *c)
{
    struct run *r = c->own;
    bool steps = c->command->name[0] == 's';
    enum err e = want_list(c);

    if (e)
        return e;
    if (!r->list.n && !steps)
        return dat_bad(c, "nothing has no fold: there is no item");
    if (steps) {
        e = dat_array(c, r->list.n, &r->results);
        if (e)
            return e;
    }
    if (r->list.n < 2) {
        if (steps)
            return dat_list(c, UNIT_LIST, r->results, 0);
        c->value = r->list.items[0];
        return ERR_OK;
    }
    r->acc = dat_part(&r->list, &r->list.items[0]);
    r->next = 1;
    return step(c, &r->acc);
}

enum err dat_fold(struct call *c)
{
    return prepare(c, begin_fold);
}

enum err dat_scn(struct call *c)
{
    return prepare(c, begin_fold);
}
