// SPDX-License-Identifier: MIT
// sys.usr: what others may do: acct, grant, revoke, grants, own. The kernel keeps and checks it.
#include "services/sys_usr.h"

#include "services/time_date.h"
#include "units/parse.h"

// ---- Accounts

static enum err pair_of(struct call *c, uint64_t min, uint64_t max, struct unit *out)
{
    struct unit items[2] = {unit_int((int64_t)min), unit_int((int64_t)max)};

    return unit_build(c->arena, UNIT_PAIR, items, 2, NULL, out) ? usr_no_memory(c) : ERR_OK;
}

enum err usr_run_acct(struct call *c)
{
    struct unit quota[6] = {unit_word("rate"), unit_none(), unit_word("mem"), unit_none(),
                            unit_word("tasks")};
    struct unit items[12];
    struct account a;
    uint8_t id[32];
    bool other = c->arg && c->arg->kind != UNIT_NONE;
    enum err e = other ? usr_id(c, c->arg, id) : ERR_OK;

    if (!e)
        e = call_account(c, other ? id : NULL, &a);
    if (e)
        return e;
    if (a.rate)
        quota[1] = unit_int((int64_t)a.rate);
    e = pair_of(c, a.mem_min, a.mem_max, &quota[3]);
    if (!e)
        e = pair_of(c, a.tasks_min, a.tasks_max, &quota[5]);
    if (e)
        return e;
    items[0] = unit_word("messages");
    items[1] = unit_int((int64_t)a.messages);
    items[2] = unit_word("bytes");
    items[3] = unit_int((int64_t)a.bytes);
    items[4] = unit_word("time");
    items[5] = unit_int((int64_t)(a.cpu_ns / 1000000));
    items[6] = unit_word("memory");
    items[7] = unit_int((int64_t)a.memory);
    items[8] = unit_word("tasks");
    items[9] = unit_int((int64_t)a.tasks);
    items[10] = unit_word("quota");
    if (unit_build(c->arena, UNIT_MAP, quota, 6, NULL, &items[11]) ||
        unit_build(c->arena, UNIT_MAP, items, 12, NULL, &c->value))
        return usr_no_memory(c);
    return ERR_OK;
}

// ---- Grants
//
// The map is quoted, since `on` is a path and stands for itself. What else is to be read in it is
// read by a child, as one list of its values.

enum { GRANT_KEYS_MAX = 16 }; // more than there are: the kernel says which one is wrong

static bool is_on(const struct unit *key)
{
    return unit_is_text(key, SPAN("on"));
}

// One value as the kernel wants it.
static enum err grant_value(struct call *c, const struct unit *key, struct unit *u)
{
    uint8_t id[32];
    int64_t ms;
    char *copy;
    enum err e;

    if (unit_is_text(key, SPAN("to"))) {
        e = usr_id(c, u, id);
        if (e)
            return e;
        copy = arena_copy(c->arena, id, sizeof id);
        return copy ? unit_bytes((struct span){copy, sizeof id}, u) : usr_no_memory(c);
    }
    if (unit_is_text(key, SPAN("may")) && u->kind == UNIT_STR)
        return unit_build(c->arena, UNIT_LIST, u, 1, NULL, u) ? usr_no_memory(c) : ERR_OK;
    if (unit_is_text(key, SPAN("until")) && u->kind == UNIT_STR) {
        e = date_parse(unit_span(u), &ms, c->fail);
        if (!e)
            *u = unit_int(ms);
        return e;
    }
    if (is_on(key) && u->kind == UNIT_STR && unit_parse_path(c->arena, unit_span(u), u, c->fail))
        return usr_bad(c, "on wants a path: @a.b");
    return ERR_OK;
}

static enum err id_unit(struct call *c, const uint8_t id[32], struct unit *out)
{
    const char *copy = arena_copy(c->arena, id, 32);

    return copy ? unit_bytes((struct span){copy, 32}, out) : usr_no_memory(c);
}

// @read: the values but for `on`, in their order.
static enum err grant_now(struct call *c, const struct unit *read)
{
    struct unit items[2 * GRANT_KEYS_MAX], grant, answer[2] = {unit_word("id")};
    uint8_t id[32];
    enum err e = ERR_OK;

    for (uint32_t i = 0; !e && i < c->arg->n; i++) {
        const struct unit *key = &c->arg->items[2 * i];

        items[2 * i] = *key;
        items[2 * i + 1] = is_on(key) ? key[1] : *read++;
        e = grant_value(c, key, &items[2 * i + 1]);
    }
    if (!e && unit_build(c->arena, UNIT_MAP, items, 2 * (size_t)c->arg->n, NULL, &grant))
        e = usr_no_memory(c);
    if (!e)
        e = call_grant(c, &grant, id);
    if (!e)
        e = id_unit(c, id, &answer[1]);
    if (!e && unit_build(c->arena, UNIT_MAP, answer, 2, NULL, &c->value))
        e = usr_no_memory(c);
    return e;
}

static void grant_read(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct unit read;

    (void)tag;
    if (e) {
        call_pass(c, e, value);
        return;
    }
    e = call_keep(c, value, &read);
    e = e ? usr_no_memory(c) : grant_now(c, read.items);
    if (e)
        call_refuse(c, e);
    else
        call_answer(c, &c->value);
}

enum err usr_run_grant(struct call *c)
{
    struct unit values[GRANT_KEYS_MAX], all;
    bool live = false;
    uint32_t n = 0;

    if (c->arg->n > GRANT_KEYS_MAX)
        return usr_bad(c, "a grant has only to may on until rate mem tasks");
    for (uint32_t i = 0; i < c->arg->n; i++) {
        const struct unit *u = &c->arg->items[2 * i + 1];

        if (is_on(u - 1))
            continue;
        live = live || ((u->flags & UNIT_LIVE) && !(u->flags & UNIT_DONE));
        values[n++] = *u;
    }
    if (!live)
        return grant_now(c, values);
    if (unit_build(c->arena, UNIT_LIST, values, n, NULL, &all))
        return usr_no_memory(c);
    return call_spawn(c, &all, CHILD_INSIDE | CHILD_READ, 0, grant_read)
               ? fail_set(c->fail, ERR_BUSY, FAIL_NO_POS, "try again", "too much is under way")
               : ERR_LATER;
}

static enum err id_of(struct call *c, const struct unit *u, uint8_t id[32])
{
    if (u->kind == UNIT_MAP)
        u = unit_get_word(u, SPAN("id"), c->arena->mem);
    if (!u || u->kind != UNIT_BYTES || u->n != 32)
        return usr_bad(c, "the id of a grant has 32 bytes");
    memcpy(id, u->s, 32);
    return ERR_OK;
}

enum err usr_run_revoke(struct call *c)
{
    bool list = c->arg->kind == UNIT_LIST;
    const struct unit *all = list ? c->arg->items : c->arg;
    size_t n = list ? c->arg->n : 1;
    uint8_t(*ids)[32] = arena_new(c->scratch, (n + 1) * sizeof *ids);
    enum err e = ids ? ERR_OK : usr_no_memory(c);

    for (size_t i = 0; !e && i < n; i++)
        e = id_of(c, &all[i], ids[i]);
    return e ? e : call_revoke(c, (const uint8_t(*)[32])ids, n);
}

// Whose names the author may know.
struct names {
    struct user *all;
    size_t n;
    uint8_t own[32];
    bool owner;
};

static enum err names_init(struct call *c, struct names *out)
{
    struct key_files files;
    enum err e;

    *out = (struct names){0};
    e = call_author(c, out->own, &out->owner);
    if (e || usr_files(c, &files)) // no files: no names
        return e;
    return users_list(c->arena->mem, &files, c->scratch, &out->all, &out->n, c->fail);
}

static enum err called(struct call *c, const struct names *names, const uint8_t id[32],
                       struct unit *out)
{
    for (size_t i = 0; i < names->n; i++) {
        const struct user *user = &names->all[i];

        if (user->known && memcmp(user->id, id, 32) == 0 &&
            (names->owner || !strcmp(user->name, "owner") || memcmp(names->own, id, 32) == 0))
            return usr_text_unit(c, user->name, strlen(user->name), out);
    }
    return usr_key_unit(c, false, id, out);
}

// One of a grant's values as people read it.
static enum err shown_value(struct call *c, const struct names *names, const struct unit *key,
                            struct unit *u)
{
    struct unit time;
    enum err e = ERR_OK;

    if ((unit_is_text(key, SPAN("by")) || unit_is_text(key, SPAN("to"))) && u->kind == UNIT_BYTES &&
        u->n == 32)
        return called(c, names, (const uint8_t *)u->s, u);
    if (unit_is_text(key, SPAN("until")) && u->kind == UNIT_INT && !(u->flags & UNIT_BIG)) {
        e = usr_time_unit(c, u->i, &time);
        if (!e && time.kind == UNIT_STR)
            *u = time;
    }
    return e;
}

// A row as people read it, with a word of it that holds no more.
static enum err shown_row(struct call *c, const struct names *names, const struct unit *g,
                          struct unit *out)
{
    struct unit *items = unit_array(c->arena, 2 * (size_t)g->n + 2);
    const struct unit *until = unit_get_word(g, SPAN("until"), c->arena->mem);
    int64_t ns;
    size_t n = g->n;
    enum err e = ERR_OK;

    if (!items)
        return usr_no_memory(c);
    memcpy(items, g->items, 2 * n * sizeof *items);
    for (size_t k = 0; !e && k < n; k++)
        e = shown_value(c, names, &items[2 * k], &items[2 * k + 1]);
    if (!e && until && until->kind == UNIT_INT && !(until->flags & UNIT_BIG) && c->plat->utc_ns &&
        !c->plat->utc_ns(c->plat->ctx, &ns) && until->i < ns / 1000000) {
        items[2 * n] = unit_word("over");
        items[2 * n + 1] = unit_bool(true);
        n++;
    }
    return e ? e : unit_map(c->arena, items, n, NULL, out);
}

static bool is_to(struct call *c, const struct unit *g, const uint8_t id[32])
{
    const struct unit *to = unit_get_word(g, SPAN("to"), c->arena->mem);

    return to && to->kind == UNIT_BYTES && to->n == 32 && memcmp(to->s, id, 32) == 0;
}

enum err usr_run_grants(struct call *c)
{
    bool some = c->arg && c->arg->kind != UNIT_NONE;
    struct unit list, *rows;
    struct names names;
    uint8_t id[32];
    size_t n = 0;
    enum err e = some ? usr_id(c, c->arg, id) : ERR_OK;

    if (!e)
        e = names_init(c, &names);
    if (!e)
        e = call_grants(c, &list);
    if (e)
        return e;
    rows = unit_array(c->arena, list.n);
    if (!rows)
        return usr_no_memory(c);
    for (uint32_t i = 0; !e && i < list.n; i++)
        if (!some || is_to(c, &list.items[i], id))
            e = shown_row(c, &names, &list.items[i], &rows[n++]);
    return e ? e : unit_list(rows, n, &c->value);
}

static enum err owned(struct call *c)
{
    struct unit list, *rows;
    struct names names;
    enum err e = names_init(c, &names);

    if (!e)
        e = call_owned(c, &list);
    if (e)
        return e;
    rows = unit_array(c->arena, list.n);
    if (!rows)
        return usr_no_memory(c);
    for (uint32_t i = 0; !e && i < list.n; i++) {
        struct unit pair[2] = {list.items[i].items[0]};

        e = called(c, &names, (const uint8_t *)list.items[i].items[1].s, &pair[1]);
        if (!e && unit_build(c->arena, UNIT_PAIR, pair, 2, NULL, &rows[i]))
            e = usr_no_memory(c);
    }
    return e ? e : unit_list(rows, list.n, &c->value);
}

enum err usr_run_own(struct call *c)
{
    const struct unit *service, *user;
    uint8_t id[32];
    bool back;
    enum err e;

    if (!c->arg || c->arg->kind == UNIT_NONE)
        return owned(c);
    service = &c->arg->items[0];
    user = &c->arg->items[1];
    back = user->kind == UNIT_NONE;
    e = back ? ERR_OK : usr_id(c, user, id);
    return e ? e : call_own(c, unit_span(service), back ? NULL : id);
}
