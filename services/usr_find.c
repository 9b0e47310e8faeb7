// SPDX-License-Identifier: MIT
// sys.usr: who is meant by a USER, and how users, keys and times are shown.
#include "keys/name.h"
#include "services/qr.h"
#include "services/sys_usr.h"
#include "services/time_date.h"

enum err usr_no_memory(struct call *c)
{
    return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for this message");
}

enum err usr_bad(struct call *c, const char *why)
{
    return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, c->command->info, "%s", why);
}

enum err usr_files(struct call *c, struct key_files *out)
{
    const struct plat_file *file = c->plat->file;

    if (!file || !file->list)
        return fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                        "this machine keeps no files of users");
    *out = (struct key_files){file->ctx,  file->has, file->load, file->make,
                              file->save, file->del, file->list};
    return ERR_OK;
}

enum err usr_text_unit(struct call *c, const char *text, size_t n, struct unit *out)
{
    char *copy = arena_copy(c->arena, text, n);

    return copy ? unit_str((struct span){copy, n}, out) : usr_no_memory(c);
}

enum err usr_key_unit(struct call *c, bool node, const uint8_t id[32], struct unit *out)
{
    char text[KEY_TEXT_MAX];
    size_t n = key_print(node ? KEY_NODE : KEY_USER, id, text);

    return usr_text_unit(c, text, n, out);
}

enum err usr_pair(struct call *c, const char *name, const uint8_t id[32], struct unit *out)
{
    struct unit items[4] = {unit_word("name"), unit_none(), unit_word("id")};
    enum err e = name ? usr_text_unit(c, name, strlen(name), &items[1]) : ERR_OK;

    if (!e)
        e = usr_key_unit(c, false, id, &items[3]);
    if (!e && unit_build(c->arena, UNIT_MAP, items, 4, NULL, out))
        e = usr_no_memory(c);
    return e;
}

enum err usr_find_id(struct call *c, const uint8_t id[32], struct user *out)
{
    struct key_files files;
    struct user *all;
    size_t n;
    enum err e = usr_files(c, &files);

    if (!e)
        e = users_list(c->arena->mem, &files, c->scratch, &all, &n, c->fail);
    if (e)
        return e;
    for (size_t i = 0; i < n; i++) {
        if (!all[i].known || memcmp(all[i].id, id, sizeof all[i].id) != 0)
            continue;
        *out = all[i];
        return ERR_OK;
    }
    return fail_set(c->fail, ERR_NOT_FOUND, FAIL_NO_POS, NULL,
                    "no user of this machine has that key");
}

// A USER that is not a name. ERR_NOT_FOUND: it is one.
static enum err by_key(struct call *c, const struct unit *u, uint8_t id[32])
{
    if (u->kind == UNIT_BYTES) {
        if (u->n != 32)
            return usr_bad(c, "a public key has 32 bytes");
        memcpy(id, u->s, 32);
        return ERR_OK;
    }
    if (u->kind != UNIT_STR)
        return usr_bad(c, "a user is a name, tu1.., or 32 bytes");
    if (u->n <= USER_NAME_MAX)
        return ERR_NOT_FOUND;
    if (key_parse(unit_span(u), KEY_USER, id, c->fail))
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "tu1.. as pub tells it",
                        "this is neither a name nor a user's key");
    return ERR_OK;
}

enum err usr_find(struct call *c, const struct unit *u, struct user *out)
{
    struct key_files files;
    uint8_t id[32];
    enum err e = by_key(c, u, id);

    if (!e)
        return usr_find_id(c, id, out);
    if (e != ERR_NOT_FOUND)
        return e;
    if (!user_name_ok(unit_span(u)) && !unit_is_text(u, SPAN("owner")))
        return fail_set(c->fail, ERR_NOT_FOUND, FAIL_NO_POS, "ls@sys.usr lists them",
                        "that is no name of a user here");
    e = usr_files(c, &files);
    return e ? e : users_find(c->arena->mem, &files, unit_span(u), out, c->fail);
}

enum err usr_id(struct call *c, const struct unit *u, uint8_t id[32])
{
    const struct identity *node;
    struct user user;
    uint8_t own[32];
    bool owner;
    enum err e = by_key(c, u, id);

    if (e != ERR_NOT_FOUND)
        return e;
    if (unit_is_text(u, SPAN("owner"))) { // nobody can miss his key: all that this node says has it
        e = call_node(c, &node);
        if (!e)
            memcpy(id, node->cert.user, 32);
        return e;
    }
    e = call_author(c, own, &owner);
    if (e)
        return e;
    e = usr_find(c, u, &user);
    if (!owner && e != ERR_NO_MEMORY && (e || memcmp(own, user.id, 32) != 0))
        return fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, "name others by their keys: tu1..",
                        "the names of others are the node's owner's to know");
    if (!e)
        memcpy(id, user.id, 32);
    return e;
}

enum err usr_time_unit(struct call *c, int64_t ms, struct unit *out)
{
    char text[DATE_BYTES];

    *out = unit_none();
    if (ms < 0 || ms >= 253402300800000) // year 10000
        return ERR_OK;
    date_print(ms, text);
    return usr_text_unit(c, text, sizeof text, out);
}

enum err usr_show_qr(struct call *c, struct span text)
{
    struct span lines;
    struct qr qr;
    enum err e;

    if (!c->term)
        return fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                        "no terminal belongs to this message");
    c->scratch->wipe = true;
    e = qr_make(c->scratch, c->scratch, text, &qr);
    if (!e)
        e = qr_print(c->scratch, &qr, &lines);
    return e ? usr_no_memory(c) : c->term->say(c->term->ctx, lines);
}
