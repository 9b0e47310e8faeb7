// SPDX-License-Identifier: MIT
// Which command a message means (units/GRAMMAR.md): one look-up of a word, a pair or a map's keys.
#include "kernel/internal.h"

const char *names_hint(struct task *t, struct span word, const struct route *r)
{
    static const char before[] = "nearest: ";
    struct span near = names_near(&t->arena, word, r, t->kernel);
    char *text = near.len ? arena_new(&t->arena, sizeof before + near.len) : NULL;

    if (text) {
        memcpy(text, before, sizeof before - 1);
        memcpy(text + sizeof before - 1, near.at, near.len + 1);
    }
    return text;
}

static enum err no_command(struct task *t, const struct work *w)
{
    const struct unit *p = &w->payload, *word = p;
    struct span name;

    if (p->kind == UNIT_PAIR || (p->kind == UNIT_MAP && p->n))
        word = &p->items[0];
    if (word->kind != UNIT_STR || (p->flags & UNIT_DONE))
        return fail_set(&t->fail, ERR_NO_COMMAND, FAIL_NO_POS,
                        "help lists the commands of a service", "no command of %s is named here",
                        w->route->service->name);
    name = unit_span(word);
    return fail_set(&t->fail, ERR_NO_COMMAND, FAIL_NO_POS, names_hint(t, name, w->route),
                    "%s has no command %S", w->route->service->name, &name);
}

static bool declares(const struct command *c, struct span option)
{
    for (const struct option *o = c->opts; o && o->name; o++)
        if (span_eq(span_of(o->name), option))
            return true;
    return false;
}

// Data names a command only where the table says so (img, spr, vid, fsm).
static const struct command *named(const struct work *w, const struct unit *word)
{
    const struct command *c = word->kind == UNIT_STR ? command_find(w->route, unit_span(word))
                                                     : NULL;

    return c && (w->payload.flags & UNIT_DONE) && !(c->flags & CMD_RAW_DONE) ? NULL : c;
}

// Rule 4 of "Commands" in units/GRAMMAR.md. *key is the entry that carries the argument.
static enum err select_in_map(struct task *t, struct work *w, const struct command **out,
                              uint32_t *key)
{
    enum { COUNTED_MAX = 16 }; // more keys that name commands are ambiguous whatever they are
    const struct command *counted[COUNTED_MAX];
    uint32_t at[COUNTED_MAX], n = 0, left = 0, first = 0;

    for (uint32_t i = 0; i < w->payload.n; i++) {
        const struct command *c = named(w, &w->payload.items[2 * i]);

        if (!c || !c->shape ||
            !rights_see(t, w->route, c)) // what he may not is a key like any other
            continue;
        if (n == COUNTED_MAX)
            return fail_set(&t->fail, ERR_AMBIGUOUS, FAIL_NO_POS, NULL,
                            "more than %u keys name a command", (unsigned long)COUNTED_MAX);
        at[n] = i;
        counted[n++] = c;
    }
    *out = NULL;
    for (uint32_t i = 0; i < n; i++) {
        bool option = false;

        for (uint32_t j = 0; j < n && !option; j++)
            option = j != i && declares(counted[j], span_of(counted[i]->name));
        if (option)
            continue;
        if (left++) {
            return fail_set(&t->fail, ERR_AMBIGUOUS, FAIL_NO_POS, "one message, one command",
                            "both %s and %s name a command", counted[first]->name,
                            counted[i]->name);
        }
        first = i;
        *out = counted[i];
        *key = at[i];
    }
    return ERR_OK;
}

enum err work_select(struct task *t, struct work *w, bool *answered)
{
    const struct unit *p = &w->payload;
    const struct command *other = w->route->other, *c = NULL;
    bool data = (p->flags & UNIT_DONE) != 0;
    uint32_t key = 0;
    enum err e;

    *answered = false;
    if (!data && p->kind == UNIT_STR) {
        e = help_answer(t, w->route, unit_span(p), answered, &w->call.value);
        if (e || *answered)
            return e;
    }
    if (other && (other->flags & CMD_WHOLE)) {
        c = NULL;
    } else if (p->kind == UNIT_STR) {
        c = data ? NULL : command_find(w->route, unit_span(p));
        if (c && c->shape && !(c->flags & CMD_BARE))
            return fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS, c->info, "%s needs an argument",
                            c->name);
    } else if (p->kind == UNIT_PAIR) {
        c = named(w, &p->items[0]);
        if (c && !c->shape)
            return fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS, c->info, "%s takes no argument",
                            c->name);
        if (c)
            w->given[CALL_OPTS_MAX] = &p->items[1];
    } else if (p->kind == UNIT_MAP) {
        e = select_in_map(t, w, &c, &key);
        if (e)
            return e;
        if (c) {
            w->given[CALL_OPTS_MAX] = &p->items[2 * key + 1];
            for (unsigned i = 0; c->opts && c->opts[i].name; i++)
                w->given[i] = unit_get_word(p, span_of(c->opts[i].name), t->arena.mem);
        }
    }
    if (!c) {
        if (!other)
            return no_command(t, w);
        c = other;
        w->given[CALL_OPTS_MAX] = p;
    }
    w->call.command = c;
    return ERR_OK;
}

void work_blame(struct task *t, const struct work *w)
{
    const struct unit *p = &w->payload, *word = p->kind == UNIT_PAIR ? &p->items[0] : p;
    const char *near;
    struct span name;

    if (!rights_tell(t, w->route) || w->call.command != w->route->other ||
        w->given[CALL_OPTS_MAX] != p || (p->flags & UNIT_DONE) || word->kind != UNIT_STR)
        return;
    name = unit_span(word);
    near = names_hint(t, name, w->route);
    (void)fail_set(&t->fail, ERR_BAD_ARG, FAIL_NO_POS, near ? near : "help lists its commands",
                   "%s has no command %S", w->route->service->name, &name); // code is known
}
