// SPDX-License-Identifier: MIT
// The users of a machine: finding, making, opening and forgetting their key files.
#include "keys/users.h"

#include "keys/user_file.h"

static const char owner_name[] = "owner", owner_file[] = "user.key", ending[] = ".user";

enum { ENDING = sizeof ending - 1, FILE_NAME_BYTES = USER_NAME_MAX + sizeof ending };

// ---- Names

static bool is_owner(struct span name)
{
    return span_eq(name, span_of(owner_name));
}

bool user_name_ok(struct span name)
{
    static const char *const taken[] = {"owner", "node", "user"};

    if (name.len == 0 || name.len > USER_NAME_MAX || name.at[0] < 'a' || name.at[0] > 'z')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    for (size_t i = 0; i < COUNT(taken); i++)
        if (span_eq(name, span_of(taken[i])))
            return false;
    return true;
}

// Where the key of a user lies. False: nobody can have that name.
static bool file_of(struct span name, char out[FILE_NAME_BYTES])
{
    if (is_owner(name)) {
        memcpy(out, owner_file, sizeof owner_file);
        return true;
    }
    if (!user_name_ok(name))
        return false;
    memcpy(out, name.at, name.len);
    memcpy(out + name.len, ending, sizeof ending);
    return true;
}

// Padding, too: whole users are compared.
static void set_user(struct user *u, struct span name, const uint8_t *id)
{
    memset(u, 0, sizeof *u);
    memcpy(u->name, name.at, name.len);
    u->known = id != NULL;
    if (id)
        memcpy(u->id, id, sizeof u->id);
}

static enum err no_files(struct fail *f)
{
    return fail_set(f, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                    "this machine keeps no files, so no users");
}

static enum err no_user(struct span name, struct fail *f)
{
    return fail_set(f, ERR_NOT_FOUND, FAIL_NO_POS, NULL, "this machine has no user %S", &name);
}

// ---- Finding

enum err users_load(const struct key_files *files, struct span name, struct arena *a,
                    struct span *out, struct fail *f)
{
    char file[FILE_NAME_BYTES];
    enum err e;

    if (!files)
        return no_files(f);
    if (!file_of(name, file))
        return no_user(name, f);
    e = key_file_load(files, file, a, out, f);
    return e == ERR_NOT_FOUND ? no_user(name, f) : e;
}

// The file of a user, read but not opened. Wipe *out on success; what it borrows lies in the arena.
static enum err read_file(const struct key_files *files, struct span name, struct arena *a,
                          struct user_file *out, struct fail *f)
{
    char file[FILE_NAME_BYTES];
    struct span bytes;
    enum err e;

    e = users_load(files, name, a, &bytes, f);
    if (e)
        return e;
    (void)file_of(name, file); // it was read
    return user_file_read(file, bytes, out, f);
}

static enum err find_file(const struct mem *mem, const struct key_files *files, struct span name,
                          struct user *out, struct fail *f)
{
    struct user_file file;
    struct arena a;
    enum err e;

    key_arena(&a, mem);
    e = read_file(files, name, &a, &file, f);
    if (e == ERR_OK) {
        set_user(out, name, file.id);
        out->locked = file.locked;
        out->here = true;
        mem_wipe(&file, sizeof file);
    }
    arena_fini(&a);
    return e;
}

// The owner where his key is on another machine: the certificate names him.
static enum err find_cert(const struct mem *mem, const struct key_files *files, struct user *out,
                          struct fail *f)
{
    struct identity id;
    enum err e = identity_load(mem, files, &id, f);

    if (e)
        return e;
    set_user(out, span_of(owner_name), id.cert.user);
    identity_fini(&id);
    return ERR_OK;
}

enum err users_find(const struct mem *mem, const struct key_files *files, struct span name,
                    struct user *out, struct fail *f)
{
    enum err e;

    if (!files)
        return no_files(f);
    e = find_file(mem, files, name, out, f);
    if (e == ERR_NOT_FOUND && is_owner(name))
        e = find_cert(mem, files, out, f);
    return e;
}

// A file that is not whole, but is no reason to tell nothing of the others.
static bool is_damage(enum err e)
{
    return e == ERR_CORRUPT || e == ERR_NOT_SUPPORTED || e == ERR_LIMIT || e == ERR_TOO_BIG ||
           e == ERR_DENIED || e == ERR_IO;
}

// The owner, where one is known.
static enum err list_owner(const struct mem *mem, const struct key_files *files, struct user *out,
                           size_t *n, struct fail *f)
{
    enum err e = find_file(mem, files, span_of(owner_name), out, f), named;

    if (e && e != ERR_NOT_FOUND && !is_damage(e))
        return e;
    if (e) {
        named = find_cert(mem, files, out, f);
        if (named && named != ERR_NOT_FOUND && !is_damage(named))
            return named;
        if (named && e == ERR_NOT_FOUND)
            return ERR_OK;
        if (named)
            set_user(out, span_of(owner_name), NULL);
        out->bad = e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    ++*n;
    return ERR_OK;
}

// The name in `NAME.user`. False: another file.
static bool name_of(struct span file, struct span *name)
{
    if (file.len <= ENDING || memcmp(file.at + file.len - ENDING, ending, ENDING) != 0)
        return false;
    *name = (struct span){file.at, file.len - ENDING};
    return user_name_ok(*name);
}

// Into its place among those that are sorted.
static void insert(struct user *users, size_t n, const struct user *u)
{
    size_t i = n;

    for (; i > 0 && strcmp(users[i - 1].name, u->name) > 0; i--)
        users[i] = users[i - 1];
    users[i] = *u;
}

static enum err list_others(const struct mem *mem, const struct key_files *files,
                            const struct span *names, size_t names_n, struct user *users, size_t *n,
                            struct fail *f)
{
    size_t others = 0;

    for (size_t i = 0; i < names_n; i++) {
        struct span name;
        struct user u;
        enum err e;

        if (!name_of(names[i], &name))
            continue;
        e = find_file(mem, files, name, &u, f);
        if (e == ERR_NOT_FOUND) // was forgotten at this moment
            continue;
        if (e && !is_damage(e))
            return e;
        if (e) {
            set_user(&u, name, NULL);
            u.bad = e;
        }
        insert(users, others++, &u);
    }
    *n += others;
    return ERR_OK;
}

enum err users_list(const struct mem *mem, const struct key_files *files, struct arena *a,
                    struct user **out, size_t *n, struct fail *f)
{
    struct span *names = NULL;
    size_t names_n = 0, found = 0;
    struct user *users;
    enum err e = ERR_OK;

    if (!files)
        return no_files(f);
    if (files->list)
        e = files->list(files->ctx, a, &names, &names_n);
    if (e && e != ERR_NOT_FOUND) // then there is no folder yet
        return fail_set(f, e, FAIL_NO_POS, NULL, "the names of the key files: %s", err_text(e));
    if (e)
        names_n = 0;
    users = names_n < SIZE_MAX / sizeof *users - 1 ? arena_new(a, (names_n + 1) * sizeof *users)
                                                   : NULL;
    if (!users)
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the list of users");
    e = list_owner(mem, files, users, &found, f);
    if (e == ERR_OK)
        e = list_others(mem, files, names, names_n, users + found, &found, f);
    if (e)
        return e;
    *out = users;
    *n = found;
    return ERR_OK;
}

// ---- Making

// Is there room for one more, with a key of his own?
static enum err look_around(const struct mem *mem, const struct key_files *files,
                            const uint8_t id[32], struct fail *f)
{
    size_t n = 0;
    struct user *users = NULL;
    struct arena a;
    enum err e;

    arena_init(&a, mem, ARENA_CHUNK_MAX_BYTES);
    e = users_list(mem, files, &a, &users, &n, f);
    if (e == ERR_OK && n >= USERS_MAX)
        e = fail_set(f, ERR_LIMIT, FAIL_NO_POS, "forget one", "this machine has %u users",
                     (unsigned long)n);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        if (memcmp(users[i].id, id, sizeof users[i].id) == 0) // no key is zeros
            e = fail_set(f, ERR_EXISTS, FAIL_NO_POS, NULL, "%s has this key already",
                         users[i].name);
    arena_fini(&a);
    return e;
}

static enum err make_file(const struct mem *mem, const struct key_files *files,
                          const struct key_random *random, const char *file,
                          const struct sign_key *key, struct span pass, struct pass_cost cost,
                          struct fail *f)
{
    struct key_file content;
    enum err e = look_around(mem, files, key->public, f);

    if (e)
        return e;
    if (pass.at)
        e = user_file_lock(mem, random, key, pass, cost, &content, f);
    else
        user_file_plain(key, false, &content);
    if (e)
        return e;
    e = key_file_make(files, file, &content, f);
    if (e == ERR_EXISTS)
        return fail_set(f, e, FAIL_NO_POS, NULL, "there is a user of this name");
    return e;
}

enum err users_make(const struct mem *mem, const struct key_files *files,
                    const struct key_random *random, struct span name, const uint8_t *seed,
                    struct span pass, struct pass_cost cost, struct user *out, struct fail *f)
{
    char file[FILE_NAME_BYTES];
    struct sign_key key;
    uint8_t drawn[32];
    enum err e;

    if (!user_name_ok(name))
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS,
                        "a-z 0-9 -, a letter first, at most 32; not owner, node, user",
                        "%S cannot be the name of a user", &name);
    if (!files)
        return no_files(f);
    (void)file_of(name, file);        // the name is good
    if (files->has(files->ctx, file)) // before work is done in vain
        return fail_set(f, ERR_EXISTS, FAIL_NO_POS, NULL, "there is a user of this name");
    if (!seed) {
        e = key_draw(random, drawn, sizeof drawn, f);
        if (e)
            return e;
    }
    sign_key_init(&key, seed ? seed : drawn);
    e = make_file(mem, files, random, file, &key, pass, cost, f);
    if (e == ERR_OK) {
        set_user(out, name, key.public);
        out->locked = pass.at != NULL;
        out->here = true;
    }
    mem_wipe(&key, sizeof key);
    mem_wipe(drawn, sizeof drawn);
    return e;
}

// ---- What is there

enum err users_open(const struct mem *mem, const struct key_files *files, struct span name,
                    struct span pass, struct sign_key *out, struct fail *f)
{
    struct user_file file;
    char text[FILE_NAME_BYTES];
    struct arena a;
    enum err e;

    if (!files)
        return no_files(f);
    key_arena(&a, mem);
    e = read_file(files, name, &a, &file, f);
    if (e == ERR_OK) {
        (void)file_of(name, text); // it was read
        e = user_file_open(mem, text, &file, pass, out, f);
        mem_wipe(&file, sizeof file);
    }
    arena_fini(&a);
    return e;
}

enum err users_pass(const struct mem *mem, const struct key_files *files,
                    const struct key_random *random, struct span name, const struct sign_key *key,
                    struct span pass, struct pass_cost cost, struct fail *f)
{
    char file[FILE_NAME_BYTES];
    struct key_file content;
    struct user now;
    enum err e;

    if (!files)
        return no_files(f);
    e = find_file(mem, files, name, &now, f);
    if (e)
        return e;
    if (memcmp(now.id, key->public, sizeof now.id) != 0)
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL, "that is the key of another user");
    (void)file_of(name, file); // it was found
    if (pass.at)
        e = user_file_lock(mem, random, key, pass, cost, &content, f);
    else
        user_file_plain(key, is_owner(name), &content);
    return e ? e : key_file_save(files, file, &content, f);
}

enum err users_keep(const struct key_files *files, struct span name, bool made, struct span bytes,
                    struct fail *f)
{
    char file[FILE_NAME_BYTES];
    enum err e;

    if (!files)
        return no_files(f);
    if (!file_of(name, file))
        return no_user(name, f);
    e = key_file_put(files, file, made, bytes, f);
    return e == ERR_EXISTS ? fail_set(f, e, FAIL_NO_POS, NULL, "there is a user of this name") : e;
}

enum err users_del(const struct key_files *files, struct span name, struct fail *f)
{
    char file[FILE_NAME_BYTES];
    enum err e;

    if (!files)
        return no_files(f);
    if (is_owner(name))
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL, "the node's owner cannot be forgotten");
    if (!file_of(name, file))
        return no_user(name, f);
    e = files->del(files->ctx, file);
    if (e == ERR_NOT_FOUND)
        return no_user(name, f);
    return e ? key_file_fail(file, e, f) : ERR_OK;
}

enum err user_lock(const struct mem *mem, const struct key_random *random,
                   const struct sign_key *key, struct span pass, struct pass_cost cost,
                   uint8_t out[USER_FILE_MAX_BYTES], size_t *n, struct fail *f)
{
    struct key_file file;
    struct span bytes;
    enum err e = user_file_lock(mem, random, key, pass, cost, &file, f);

    if (e)
        return e;
    bytes = key_file_bytes(&file);
    memcpy(out, bytes.at, bytes.len);
    *n = bytes.len;
    return ERR_OK;
}

enum err user_unlock(const struct mem *mem, struct span file, struct span pass,
                     struct sign_key *out, struct fail *f)
{
    static const char name[] = "the key file";
    struct user_file u;
    enum err e = user_file_read(name, file, &u, f);

    if (e)
        return e;
    e = user_file_open(mem, name, &u, pass, out, f);
    mem_wipe(&u, sizeof u);
    return e;
}
