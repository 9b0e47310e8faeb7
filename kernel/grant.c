// SPDX-License-Identifier: MIT
// What a grant says: its unit, read and checked.
//
//   {to:%`32` may:[word ..] on:@path until:ms rate:n mem:(min max) tasks:(min max)}
#include "keys/cert.h"

#include "kernel/internal.h"

enum {
    GRANT_BYTES_MAX = 64 << 10, // of one with all its rights
    RIGHTS_MAX = 512,
    GRANT_UNIT_BYTES = 4096,
};

static const char form[] = "{to:USER may:[math.calc dat.proc.len ..] on:@path until:time rate:n "
                           "mem:(min max) tasks:(min max)}";

static enum err wrong(struct fail *f, const char *why)
{
    return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, form, "%s", why);
}

// ---- Words

static const struct {
    const char *name, *words;
} groups[] = {
#define GROUP(name, words) {name, words},
#include "kernel/rights.def"
#undef GROUP
};

struct rights_list {
    struct right at[RIGHTS_MAX];
    uint32_t n;
};

static enum err add(struct rights_list *l, struct right r, struct fail *f)
{
    if (l->n == RIGHTS_MAX)
        return wrong(f, "that is too much for one grant");
    l->at[l->n++] = r;
    return ERR_OK;
}

// `dat.proc`, `dat.proc.len`: the longest service that it begins with, and its command.
static struct right find_right(const struct kernel *k, struct span word)
{
    struct right r = {NULL, NULL};

    for (size_t n = word.len; n && !r.route; n--) {
        if (n < word.len && word.at[n] != '.')
            continue;
        r.route = route_find(k, (struct span){word.at, n});
        if (r.route && n < word.len)
            r.command = command_find(r.route, (struct span){word.at + n + 1, word.len - n - 1});
        if (r.route && n < word.len && !r.command)
            r.route = NULL;
    }
    return r;
}

// What is wrong with a right that is given now. Only the node's owner is told what there is.
static enum err refused(const struct owner *giver, struct right r, struct span word, struct fail *f)
{
    bool node = giver == &giver->kernel->owner;

    if (r.route ? !owner_owns(giver, r.route) : !node)
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, node ? "its owner can" : NULL,
                        "%S is not yours to give", &word);
    if (!r.route)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS,
                        "a service, a service and its command, or a group: compute screen input "
                        "storage network",
                        "there is no service, command or group %S", &word);
    if (r.command && (r.command->flags & CMD_NODE))
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "%S is for the node's owner alone",
                        &word);
    return ERR_OK;
}

static enum err add_word(const struct kernel *k, struct rights_list *l, struct span word,
                         const struct owner *giver, struct fail *f)
{
    struct right r = find_right(k, word);
    enum err e = giver ? refused(giver, r, word, f) : ERR_OK;

    return e || !r.route ? e : add(l, r, f);
}

static const char *group_words(struct span word)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (span_eq(word, span_of(groups[i].name)))
            return groups[i].words;
    return NULL;
}

static enum err add_words(const struct kernel *k, struct rights_list *l, struct span word,
                          const struct owner *giver, struct fail *f)
{
    const char *at = group_words(word);
    enum err e = ERR_OK;

    if (!at)
        return add_word(k, l, word, giver, f);
    while (!e && *at) { // what of a group is not here is left out
        size_t n = 0;

        while (at[n] && at[n] != ' ')
            n++;
        if (find_right(k, (struct span){at, n}).route)
            e = add_word(k, l, (struct span){at, n}, giver, f);
        at += n + (at[n] == ' ');
    }
    return e;
}

// ---- The unit

static bool is_nat(const struct unit *u)
{
    return u->kind == UNIT_INT && !(u->flags & UNIT_BIG) && u->i >= 0;
}

static enum err read_range(const struct unit *u, size_t *min, size_t *max, struct fail *f)
{
    if (u->kind != UNIT_PAIR || !is_nat(&u->items[0]) || !is_nat(&u->items[1]) ||
        u->items[0].i > u->items[1].i || !u->items[1].i)
        return wrong(f, "mem and tasks want a pair (min max), min at most max, max not 0");
    *min = (size_t)u->items[0].i;
    *max = (size_t)u->items[1].i;
    return ERR_OK;
}

static enum err read_key(const struct kernel *k, struct grant *g, struct rights_list *l,
                         const struct unit *key, const struct unit *u, const struct owner *giver,
                         struct fail *f)
{
    enum err e = ERR_OK;

    if (unit_is_text(key, SPAN("to"))) {
        if (u->kind != UNIT_BYTES || u->n != 32)
            return wrong(f, "to wants a user's public key");
        memcpy(g->to, u->s, 32);
    } else if (unit_is_text(key, SPAN("may"))) {
        if (u->kind != UNIT_LIST || !u->n || u->n > GRANT_WORDS_MAX)
            return wrong(f, "may wants a list of 1 to 64 words");
        for (uint32_t i = 0; !e && i < u->n; i++)
            e = u->items[i].kind == UNIT_STR ? add_words(k, l, unit_span(&u->items[i]), giver, f)
                                             : wrong(f, "may wants words");
    } else if (unit_is_text(key, SPAN("on"))) {
        if (u->kind != UNIT_REF)
            return wrong(f, "on wants a path");
        g->on = *u;
    } else if (unit_is_text(key, SPAN("until"))) {
        if (!is_nat(u))
            return wrong(f, "until wants a time");
        g->until_ms = u->i;
    } else if (unit_is_text(key, SPAN("rate"))) {
        if (!is_nat(u) || !u->i || u->i > 1000000000)
            return wrong(f, "rate wants messages a second, 1 or more");
        g->quota.rate = (uint64_t)u->i;
    } else if (unit_is_text(key, SPAN("mem"))) {
        e = read_range(u, &g->quota.mem_min, &g->quota.mem_max, f);
        if (!e && giver && g->quota.mem_max < GRANT_MEM_MIN)
            e = wrong(f, "less than 1048576 bytes of memory are not enough for any message");
    } else if (unit_is_text(key, SPAN("tasks"))) {
        e = read_range(u, &g->quota.tasks_min, &g->quota.tasks_max, f);
    } else {
        e = wrong(f, "a grant has only to may on until rate mem tasks");
    }
    return e;
}

static bool names_path(const struct command *c)
{
    bool any = c->path || c->mode == READ_PATH;

    for (const struct option *o = c->opts; !any && o && o->name; o++)
        any = o->mode == READ_PATH;
    return any;
}

static bool any_path(const struct rights_list *l)
{
    bool any = false;

    for (uint32_t i = 0; !any && i < l->n; i++) {
        const struct service *s = l->at[i].route->service;

        any = l->at[i].command && names_path(l->at[i].command);
        for (size_t c = 0; !any && !l->at[i].command && c < s->n; c++)
            any = names_path(&s->commands[c]);
    }
    return any;
}

// A grant that gives nothing is a mistake of who gives it.
static enum err gives(const struct kernel *k, const struct grant *g, const struct rights_list *l,
                      struct fail *f)
{
    int64_t now = kernel_time_ms(k);

    if (!l->n)
        return wrong(f, "this node has none of these services");
    if (memcmp(g->to, g->by, sizeof g->to) == 0)
        return wrong(f, "what you own is yours without a grant");
    if (g->on.kind == UNIT_REF && !any_path(l))
        return wrong(f, "none of these commands names a path, so `on` would allow nothing");
    if (g->until_ms != TIME_NEVER && now != TIME_UNKNOWN && g->until_ms < now)
        return wrong(f, "until lies in the past");
    return ERR_OK;
}

void grant_free(struct grant *g)
{
    struct arena a = g->arena; // it lies in it

    arena_fini(&a);
}

// What was read, in one piece of memory of its own.
static enum err keep(struct kernel *k, const struct unit *unit, struct grant *head,
                     const struct rights_list *l, struct grant **out)
{
    struct grant *g;

    arena_init(&head->arena, k->plat->mem, GRANT_BYTES_MAX);
    head->arena.chunk_bytes = 1024;
    g = arena_new(&head->arena, sizeof *g + l->n * sizeof *l->at);
    if (!g || unit_copy(&head->arena, unit, &head->unit)) {
        arena_fini(&head->arena);
        return ERR_NO_MEMORY;
    }
    if (head->on.kind == UNIT_REF)
        head->on = *unit_get_word(&head->unit, SPAN("on"), k->plat->mem);
    head->n = l->n;
    *g = *head;
    memcpy(g->may, l->at, l->n * sizeof *l->at);
    *out = g;
    return ERR_OK;
}

enum err grant_new(struct kernel *k, const struct unit *unit, const uint8_t by[32],
                   const struct owner *giver, struct grant **out, struct fail *f)
{
    struct grant head = {.until_ms = TIME_NEVER, .on = unit_none(), .quota = QUOTA_NONE};
    struct rights_list *l;
    struct arena scratch;
    enum err e;

    memcpy(head.by, by, sizeof head.by);
    arena_init(&scratch, k->plat->mem, GRANT_BYTES_MAX);
    l = arena_new(&scratch, sizeof *l);
    e = l ? ERR_OK : ERR_NO_MEMORY;
    if (l)
        l->n = 0;
    if (!e && unit->kind != UNIT_MAP)
        e = wrong(f, "a grant is a map");
    if (!e && unit->bytes > GRANT_UNIT_BYTES)
        e = wrong(f, "a grant has at most 4096 bytes");
    for (uint32_t i = 0; !e && i < unit->n; i++)
        e = read_key(k, &head, l, &unit->items[2 * i], &unit->items[2 * i + 1], giver, f);
    if (!e && (!unit_get_word(unit, SPAN("to"), k->plat->mem) ||
               !unit_get_word(unit, SPAN("may"), k->plat->mem)))
        e = wrong(f, "a grant says to whom, and what he may");
    if (!e && giver)
        e = gives(k, &head, l, f);
    if (!e)
        e = keep(k, unit, &head, l, out);
    arena_fini(&scratch);
    return e == ERR_NO_MEMORY ? fail_set(f, e, FAIL_NO_POS, NULL, "no memory for a grant") : e;
}

enum err grant_doc(struct grant *g, struct span doc)
{
    g->doc.at = arena_copy(&g->arena, doc.at, doc.len);
    g->doc.len = doc.len;
    hash_of(doc, g->id);
    return g->doc.at ? ERR_OK : ERR_NO_MEMORY;
}
