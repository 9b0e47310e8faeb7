// SPDX-License-Identifier: MIT
// What a grant says: its unit, read and checked.
//
//   {to:%`32` may:[word ..] on:@path until:ms rate:n mem:(min max) tasks:(min max)}
#include "keys/cert.h"

#include "kernel/internal.h"

enum {
    GRANT_BYTES_MAX = 64 << 10,
    RIGHTS_MAX = 512,
    GRANT_UNIT_BYTES = 4096
}; // of one with all its rights

static const char form[] = "{to:USER may:[io.store.load ..] on:@path until:time rate:n "
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

// `io.store`, `io.store.load`: the longest service that it begins with, and its command.
static enum err add_word(struct kernel *k, struct rights_list *l, struct span word, bool strict,
                         struct fail *f)
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
    if (!r.route)
        return strict ? fail_set(f, ERR_BAD_ARG, FAIL_NO_POS,
                                 "a service, a service and its command, or a group: compute "
                                 "screen input storage network",
                                 "there is no service, command or group %S", &word)
                      : ERR_OK;
    if (r.command && (r.command->flags & CMD_NODE))
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "%S is for the node's owner alone",
                        &word);
    return add(l, r, f);
}

static enum err add_words(struct kernel *k, struct rights_list *l, struct span word, bool strict,
                          struct fail *f)
{
    const char *at = NULL;

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (span_eq(word, span_of(groups[i].name)))
            at = groups[i].words;
    if (!at)
        return add_word(k, l, word, strict, f);
    while (*at) { // what of a group is not here is left out
        size_t n = 0;
        enum err e;

        while (at[n] && at[n] != ' ')
            n++;
        e = add_word(k, l, (struct span){at, n}, false, f);
        if (e)
            return e;
        at += n + (at[n] == ' ');
    }
    return ERR_OK;
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

static enum err read_key(struct kernel *k, struct grant *g, struct rights_list *l,
                         const struct unit *key, const struct unit *u, bool strict, struct fail *f)
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
            e = u->items[i].kind == UNIT_STR ? add_words(k, l, unit_span(&u->items[i]), strict, f)
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
    } else if (unit_is_text(key, SPAN("tasks"))) {
        e = read_range(u, &g->quota.tasks_min, &g->quota.tasks_max, f);
    } else {
        e = wrong(f, "a grant has only to may on until rate mem tasks");
    }
    return e;
}

void grant_free(struct grant *g)
{
    struct arena a = g->arena; // it lies in it

    arena_fini(&a);
}

enum err grant_new(struct kernel *k, const struct unit *unit, const uint8_t by[32], bool strict,
                   struct grant **out, struct fail *f)
{
    struct grant head = {.until_ms = TIME_NEVER, .on = unit_none(), .quota = QUOTA_NONE}, *g;
    struct rights_list *l;
    struct arena a, *scratch = &a;
    enum err e;

    arena_init(scratch, k->plat->mem, GRANT_BYTES_MAX);
    l = arena_new(scratch, sizeof *l);
    e = l ? ERR_OK : ERR_NO_MEMORY;
    if (l)
        l->n = 0;
    if (!e && unit->kind != UNIT_MAP)
        e = wrong(f, "a grant is a map");
    if (!e && unit->bytes > GRANT_UNIT_BYTES)
        e = wrong(f, "a grant is shorter");
    for (uint32_t i = 0; !e && i < unit->n; i++)
        e = read_key(k, &head, l, &unit->items[2 * i], &unit->items[2 * i + 1], strict, f);
    if (!e && (!unit_get_word(unit, SPAN("to"), k->plat->mem) ||
               !unit_get_word(unit, SPAN("may"), k->plat->mem)))
        e = wrong(f, "a grant says to whom, and what he may");
    if (!e) {
        arena_init(&head.arena, k->plat->mem, GRANT_BYTES_MAX);
        head.arena.chunk_bytes = 1024;
        g = arena_new(&head.arena, sizeof *g + l->n * sizeof *l->at);
        if (!g || unit_copy(&head.arena, unit, &head.unit)) {
            arena_fini(&head.arena);
            e = ERR_NO_MEMORY;
        } else {
            if (head.on.kind == UNIT_REF)
                head.on = *unit_get_word(&head.unit, SPAN("on"), k->plat->mem);
            head.n = l->n;
            memcpy(head.by, by, sizeof head.by);
            *g = head;
            memcpy(g->may, l->at, l->n * sizeof *l->at);
            *out = g;
        }
    }
    arena_fini(scratch);
    return e == ERR_NO_MEMORY ? fail_set(f, e, FAIL_NO_POS, NULL, "no memory for a grant") : e;
}

enum err grant_doc(struct grant *g, struct span doc)
{
    g->doc.at = arena_copy(&g->arena, doc.at, doc.len);
    g->doc.len = doc.len;
    hash_of(doc, g->id);
    return g->doc.at ? ERR_OK : ERR_NO_MEMORY;
}
