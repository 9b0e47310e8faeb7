// SPDX-License-Identifier: MIT
// What reading gave: every stream of a message is run once, also when several refs reach it, and
// also when they stand in messages that it sends.
//
// A memo belongs to the task whose message the stream stands in. A child that meets a stream of a
// message around it runs it and leaves a copy of the value there; a brother who comes meanwhile is
// parked. Tables are open addressing by the address of the unit.
#include "kernel/internal.h"

enum { MEMOS_FIRST = 16 };

static size_t slot_of(uintptr_t key, uint32_t cap)
{
    return (size_t)((uint64_t)key * 0x9E3779B97F4A7C15u >> 32) & (cap - 1);
}

static struct memo *look(const struct memos *m, uintptr_t key)
{
    size_t at = slot_of(key, m->cap);

    while (m->at[at].key && m->at[at].key != key)
        at = (at + 1) & (m->cap - 1);
    return &m->at[at];
}

static bool grow(struct memos *m, struct arena *a)
{
    struct memos old = *m;
    uint32_t cap = old.cap ? 2 * old.cap : MEMOS_FIRST;
    struct memo *at = arena_new(a, cap * sizeof *at);

    if (!at)
        return false;
    memset(at, 0, cap * sizeof *at);
    m->at = at;
    m->cap = cap;
    for (uint32_t i = 0; i < old.cap; i++)
        if (old.at[i].key)
            *look(m, old.at[i].key) = old.at[i];
    return true;
}

struct memo *memo_find(struct task *owner, const struct unit *node, enum read_mode mode, bool make)
{
    struct memos *table = &owner->memos;
    uintptr_t key = (uintptr_t)node | (mode == READ_TOP);
    struct memo *m = table->cap ? look(table, key) : NULL;

    if (m && m->key)
        return m;
    if (!make)
        return NULL;
    if (2 * (table->n + 1) > table->cap) {
        if (!grow(table, &owner->arena))
            return NULL;
        m = look(table, key);
    }
    table->n++;
    m->key = key;
    m->done = false;
    m->by = NULL;
    return m;
}

// ---- Streams of a message around

static void wake(struct kernel *k, const struct task *owner, const struct unit *node)
{
    for (struct task *t = k->oldest; t && k->parked; t = t->all_next) {
        if (t->state != TASK_PARKED || t->parked_in != owner || (node && t->parked_on != node))
            continue;
        k->parked--;
        task_ready(t);
    }
}

void memo_park(struct task *t, struct task *owner, const struct unit *node)
{
    t->state = TASK_PARKED;
    t->parked_in = owner;
    t->parked_on = node;
    t->kernel->parked++;
}

bool memo_set(struct task *t, struct task *owner, const struct unit *node, enum read_mode mode,
              const struct unit *value, const struct scope *where)
{
    struct memo *m = memo_find(owner, node, mode, false);

    if (!m)
        return true;
    if (owner != t) {
        if (unit_copy(&owner->arena, value, &m->value))
            return false;
        if (value->flags & UNIT_HIDDEN)
            owner->arena.wipe = true;
        t->memos_outside--;
    } else {
        m->value = *value;
    }
    m->done = true;
    m->by = NULL;
    m->where = where;
    if (t->kernel->parked)
        wake(t->kernel, owner, node);
    return true;
}

void memo_leave(struct task *t)
{
    // Messages around are those of its ancestors.
    for (struct task *p = t->parent; p && t->memos_outside; p = p->parent) {
        for (uint32_t i = 0; i < p->memos.cap; i++) {
            struct memo *m = &p->memos.at[i];

            if (!m->key || m->by != t)
                continue;
            m->by = NULL;
            t->memos_outside--;
            if (t->kernel->parked)
                wake(t->kernel, p, NULL);
        }
    }
    t->memos_outside = 0;
}

static void meet(struct kernel *k, struct task **list, struct task *t)
{
    if (!t || t->walked == k->walks)
        return;
    t->walked = k->walks;
    t->walk = *list;
    *list = t;
}

// Whom `by` waits for, sooner or later: its children, and who reads what one is parked for.
// Whoever t is a part of waits for t as well: found from there through the children.
bool memo_cycle(const struct task *t, struct task *by)
{
    struct kernel *k = t->kernel;
    struct task *list = NULL, *x;

    k->walks++;
    meet(k, &list, by);
    while ((x = list)) {
        list = x->walk;
        if (x == t)
            return true;
        if (x->state == TASK_PARKED) {
            struct memo *m = memo_find(x->parked_in, x->parked_on, READ_DEEP, false);

            meet(k, &list, m ? m->by : NULL);
        }
        for (struct task *kid = x->kids; kid; kid = kid->kid_next)
            meet(k, &list, kid);
    }
    return false;
}
