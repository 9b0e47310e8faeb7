// SPDX-License-Identifier: MIT
// Who answers: services and their commands by name, one look-up each.
#include "kernel/internal.h"
#include "units/parse.h"
#include "units/shape.h"

// FNV-1a. The sets are ours and fixed; foreign names are only looked up, so no key is needed.
static uint32_t name_hash(struct span name)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (unsigned char)name.at[i]) * 16777619u;
    return h;
}

static enum err names_init(struct arena *a, struct names *t, size_t n)
{
    uint32_t slots = 8;

    while (slots < 2 * n)
        slots *= 2;
    t->slots = arena_new(a, slots * sizeof *t->slots);
    if (!t->slots)
        return ERR_NO_MEMORY;
    memset(t->slots, 0, slots * sizeof *t->slots);
    t->mask = slots - 1;
    return ERR_OK;
}

static void names_add(struct names *t, struct span name, size_t index)
{
    uint32_t at = name_hash(name) & t->mask;

    while (t->slots[at])
        at = (at + 1) & t->mask;
    t->slots[at] = (uint16_t)(index + 1);
}

const struct command *command_find(const struct route *r, struct span name)
{
    const struct names *t = &r->commands;

    for (uint32_t at = name_hash(name) & t->mask; t->slots[at]; at = (at + 1) & t->mask) {
        const struct command *c = &r->service->commands[t->slots[at] - 1];

        if (span_eq(span_of(c->name), name))
            return c;
    }
    return NULL;
}

const struct route *route_find(const struct kernel *k, struct span name)
{
    const struct names *t = &k->services;

    for (uint32_t at = name_hash(name) & t->mask; t->slots[at]; at = (at + 1) & t->mask) {
        const struct route *r = &k->routes[t->slots[at] - 1];

        if (span_eq(span_of(r->service->name), name))
            return r;
    }
    return NULL;
}

static enum err check_command(const struct service *s, const struct command *c, struct fail *f)
{
    size_t opts = 0;

    for (const struct option *o = c->opts; o && o->name; o++) {
        if (++opts > CALL_OPTS_MAX || shape_check(o->shape, f))
            return fail_set(f, ERR_INTERNAL, FAIL_NO_POS, NULL, "%s %s: option %s is wrong",
                            s->name, c->name, o->name);
    }
    if (!c->name || !c->run || !c->info || (c->shape && shape_check(c->shape, f)) ||
        (c->res && shape_check(c->res, f)))
        return fail_set(f, ERR_INTERNAL, FAIL_NO_POS, NULL, "%s: the row of %s is wrong", s->name,
                        c->name ? c->name : "a command");
    return ERR_OK;
}

static enum err route_init(struct kernel *k, struct route *r, const struct service *s,
                           struct fail *f)
{
    enum err e;

    *r = (struct route){.service = s};
    if (s->n > SERVICE_COMMANDS_MAX || !text_is_service(span_of(s->name)))
        return fail_set(f, ERR_INTERNAL, FAIL_NO_POS, NULL, "service %s is wrong", s->name);
    e = names_init(&k->arena, &r->commands, s->n);
    if (e)
        return e;
    for (size_t i = 0; i < s->n; i++) {
        const struct command *c = &s->commands[i];

        e = check_command(s, c, f);
        if (e)
            return e;
        if (command_find(r, span_of(c->name)))
            return fail_set(f, ERR_INTERNAL, FAIL_NO_POS, NULL, "%s has %s twice", s->name,
                            c->name);
        names_add(&r->commands, span_of(c->name), i);
        if (c->flags & CMD_DEFAULT)
            r->other = c;
    }
    return ERR_OK;
}

enum err routes_init(struct kernel *k, const struct service *const *services, struct fail *f)
{
    size_t n = 0;
    enum err e;

    while (services[n])
        n++;
    if (n > KERNEL_SERVICES_MAX)
        return fail_set(f, ERR_INTERNAL, FAIL_NO_POS, NULL, "too many services");
    k->routes = arena_new(&k->arena, n * sizeof *k->routes + 1);
    if (!k->routes || names_init(&k->arena, &k->services, n))
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        e = route_init(k, &k->routes[i], services[i], f);
        if (e)
            return e;
        if (route_find(k, span_of(services[i]->name)))
            return fail_set(f, ERR_INTERNAL, FAIL_NO_POS, NULL, "service %s is there twice",
                            services[i]->name);
        names_add(&k->services, span_of(services[i]->name), i);
        k->routes_n = i + 1;
    }
    return ERR_OK;
}

// ---- Near names

// Optimal string alignment distance (Damerau: a swap of neighbours counts once) of short words,
// or a large number.
static unsigned distance(struct span a, struct span b)
{
    enum { LETTERS = 32 };
    unsigned rows[3][LETTERS + 1], *two = rows[0], *one = rows[1], *now = rows[2];

    if (a.len > LETTERS || b.len > LETTERS)
        return 99;
    for (unsigned j = 0; j <= b.len; j++)
        one[j] = two[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned *spare = two;

        now[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned best = one[j - 1] + (a.at[i - 1] != b.at[j - 1]);

            best = one[j] + 1 < best ? one[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1])
                best = two[j - 2] + 1 < best ? two[j - 2] + 1 : best;
            now[j] = best;
        }
        two = one;
        one = now;
        now = spare;
    }
    return one[b.len];
}

struct span names_near(struct arena *a, struct span word, const struct route *r,
                       const struct kernel *k)
{
    enum { SHOWN = 3 };
    const char *best[SHOWN] = {0};
    unsigned far[SHOWN] = {99, 99, 99}, most = word.len <= 3 ? 1 : word.len <= 6 ? 2 : 3;
    size_t n = r ? r->service->n : k->routes_n, len = 0;
    char *text;

    for (size_t i = 0; i < n; i++) {
        const char *name = r ? r->service->commands[i].name : k->routes[i].service->name;
        unsigned d = distance(word, span_of(name));

        if (word.len >= 2 && strlen(name) > word.len && !memcmp(name, word.at, word.len))
            d = 1; // a beginning of it
        for (unsigned j = 0; d <= most && j < SHOWN; j++) {
            if (d >= far[j])
                continue;
            memmove(&best[j + 1], &best[j], (SHOWN - 1 - j) * sizeof *best);
            memmove(&far[j + 1], &far[j], (SHOWN - 1 - j) * sizeof *far);
            best[j] = name;
            far[j] = d;
            break;
        }
    }
    for (unsigned j = 0; j < SHOWN && best[j]; j++)
        len += strlen(best[j]) + 1;
    text = arena_new(a, len + 1);
    if (!text || !len)
        return SPAN("");
    len = 0;
    for (unsigned j = 0; j < SHOWN && best[j]; j++) {
        size_t m = strlen(best[j]);

        if (len)
            text[len++] = ' ';
        memcpy(text + len, best[j], m);
        len += m;
    }
    text[len] = 0;
    return (struct span){text, len};
}
