// SPDX-License-Identifier: MIT
// sys.usr: users of this machine and their keys: new, imp, pass, login, exp.
#include "keys/name.h"
#include "keys/words.h"
#include "services/usr_job.h"

// ---- A new user of this machine

static enum err begin_place(struct call *c, struct usr_job *j, const struct unit *name)
{
    struct user *all;
    size_t n;
    struct span text;
    enum err e = usr_files(c, &j->files);

    if (e)
        return e;
    text = unit_span(name);
    if (!user_name_ok(text))
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS,
                        "a-z 0-9 -, a letter first, at most 32 characters; not owner, node, user",
                        "%S is no name for a user", &text);
    memcpy(j->user.name, text.at, text.len);
    e = users_list(c->arena->mem, &j->files, c->scratch, &all, &n, c->fail);
    if (!e && n >= USERS_MAX)
        e = fail_set(c->fail, ERR_LIMIT, FAIL_NO_POS, "del forgets one",
                     "this machine has %u users", (unsigned long)n);
    return e;
}

static enum err exists(struct call *c, const char *what)
{
    return fail_set(c->fail, ERR_EXISTS, FAIL_NO_POS, "ls@sys.usr lists them",
                    "a user of this machine has this %s already", what);
}

static enum err end_place(struct call *c, struct usr_job *j)
{
    struct span user = span_of(j->user.name);
    struct user other;
    enum err e;

    if (usr_find_id(c, j->key.public, &other) == ERR_OK)
        return exists(c, "key");
    e = j->lock.at ? users_keep(&j->files, user, true,
                                (struct span){(const char *)j->out, j->out_n}, c->fail)
                   : users_make(c->arena->mem, &j->files, NULL, user, j->key.seed, (struct span){0},
                                PASS_COST, &other, c->fail);
    if (e == ERR_EXISTS)
        return exists(c, "name");
    return e ? e : usr_pair(c, j->user.name, j->key.public, &c->value);
}

static enum err begin_new(struct call *c, struct usr_job *j)
{
    struct span pass;
    uint8_t seed[32];
    enum err e = usr_pass_of(c, c->opt[USR_NEW_PASS], &pass);

    if (!e)
        e = begin_place(c, j, c->arg);
    if (!e)
        e = usr_will_lock(c, j, pass);
    if (!e)
        e = usr_draw(c, seed, sizeof seed);
    if (e)
        return e;
    sign_key_init(&j->key, seed);
    mem_wipe(seed, sizeof seed);
    j->open = true;
    return ERR_OK;
}

enum err usr_run_new(struct call *c)
{
    return usr_three_parts(c, begin_new, usr_work_key, end_place);
}

static enum err begin_imp(struct call *c, struct usr_job *j)
{
    const struct unit *name = c->opt[USR_IMP_NAME], *new = c->opt[USR_IMP_NEW];
    struct span fresh;
    enum err e = usr_pass_of(c, c->opt[USR_IMP_PASS], &j->pass);

    if (!e)
        e = usr_pass_of(c, new, &fresh);
    if (!e && !name)
        e = usr_bad(c, "name:NAME is missing: who it is here");
    if (!e)
        e = begin_place(c, j, name);
    if (e)
        return e;
    if (c->arg->kind == UNIT_SECRET) {
        e = usr_brought_key(c, j, unit_span(c->arg));
        return e ? e : usr_will_lock(c, j, fresh);
    }
    j->file = unit_span(c->arg);
    e = user_unlock(c->arena->mem, j->file, (struct span){0}, &j->key, c->fail);
    j->open = !e;
    j->opens = e == ERR_DENIED;
    if (e && !j->opens)
        return e;
    if (j->opens && !j->pass.at)
        return usr_denied(c, "pass:SECRET", "this key file has a passphrase");
    // What has a passphrase keeps it, if nothing else is said.
    return usr_will_lock(c, j, new || !j->opens ? fresh : j->pass);
}

enum err usr_run_imp(struct call *c)
{
    return usr_three_parts(c, begin_imp, usr_work_key, end_place);
}

// ---- Passphrase

static enum err begin_pass(struct call *c, struct usr_job *j)
{
    struct span fresh;
    enum err e = usr_pass_of(c, c->arg, &fresh);

    if (!e)
        e = usr_take_own_key(c, j, c->opt[USR_PASS_OLD]);
    if (e == ERR_DENIED && j->user.locked && !c->opt[USR_PASS_OLD])
        return usr_denied(c, "old:SECRET",
                          "your key has a passphrase, which is needed to change it");
    return e ? e : usr_will_lock(c, j, fresh);
}

static enum err end_pass(struct call *c, struct usr_job *j)
{
    struct user now;
    enum err e = usr_find_id(c, j->user.id, &now); // still there?

    if (!e && strcmp(now.name, j->user.name) != 0)
        e = fail_set(c->fail, ERR_CONFLICT, FAIL_NO_POS, "try again",
                     "this user has another name by now");
    if (e)
        return e;
    if (!j->lock.at)
        return users_pass(c->arena->mem, &j->files, NULL, span_of(j->user.name), &j->key,
                          (struct span){0}, PASS_COST, c->fail);
    return users_keep(&j->files, span_of(j->user.name), false,
                      (struct span){(const char *)j->out, j->out_n}, c->fail);
}

static enum err run_pass(struct call *c)
{
    return usr_three_parts(c, begin_pass, usr_work_key, end_pass);
}

enum err usr_run_pass(struct call *c)
{
    return !c->own && !c->opt[USR_PASS_OLD] && usr_at_terminal(c) && usr_own_locked(c)
               ? usr_ask_pass(c, USR_PASS_OLD, run_pass)
               : run_pass(c);
}

// ---- Login

static bool is_node_owner(const struct call *c)
{
    bool owner = false;

    return !call_author((struct call *)(uintptr_t)c, NULL, &owner) && owner;
}

// A user by name and passphrase. Who is here is the node's owner's to know: all others wait as long
// for a user who is not, and for a key that has no passphrase. That one lies in the owner's hands
// and proves nothing; else whoever may log in at all could become the owner.
static enum err begin_named(struct call *c, struct usr_job *j, const struct unit *who,
                            const struct unit *pass)
{
    struct span given;
    enum err e = usr_pass_of(c, pass, &given);

    if (!e)
        e = usr_files(c, &j->files);
    if (e)
        return e;
    if (is_node_owner(c)) {
        e = usr_find(c, who, &j->user);
        return e ? e : usr_take_key(c, j, pass);
    }
    if (!given.at)
        return usr_closed(c);
    e = usr_find(c, who, &j->user);
    if (e == ERR_NO_MEMORY || e == ERR_BAD_ARG)
        return e;
    if (!e && j->user.here && j->user.locked)
        return usr_take_key(c, j, pass);
    j->pass = given;
    j->nobody = true;
    return ERR_OK;
}

// Whose passphrase could be asked for: of others it is not told whether they have one.
static bool asks(struct call *c)
{
    struct user user;

    if (c->own || c->opt[USR_LOGIN_PASS] || c->arg->kind == UNIT_SECRET ||
        c->arg->kind == UNIT_MAP || !usr_at_terminal(c))
        return false;
    return !is_node_owner(c) || (!usr_find(c, c->arg, &user) && user.here && user.locked);
}

static enum err begin_login(struct call *c, struct usr_job *j)
{
    const struct unit *who = c->arg, *pass = c->opt[USR_LOGIN_PASS];
    const struct identity *node;
    enum err e = call_node(c, &node); // to be certified, and the owner's key is there then

    if (e)
        return e;
    if (c->arg->kind == UNIT_SECRET)
        return usr_brought_key(c, j, unit_span(c->arg));
    if (c->arg->kind == UNIT_MAP) {
        who = unit_get_word(c->arg, SPAN("ath"), c->arena->mem);
        pass = unit_get_word(c->arg, SPAN("pass"), c->arena->mem);
        if (!who || (pass && pass->kind != UNIT_SECRET))
            return usr_bad(c, "wanted {ath:USER pass:SECRET}");
    }
    return begin_named(c, j, who, pass);
}

enum err usr_comes_back(struct call *c)
{
    return is_node_owner(c) && usr_at_terminal(c) && !call_owner_locked(c)
               ? usr_denied(
                     c, "(pass !`..`)@sys.usr sets one",
                     "no passphrase opens a key of yours here, so you could not log in again")
               : ERR_OK;
}

// His word that this node acts for him, made now and kept by the session alone.
static enum err end_login(struct call *c, struct usr_job *j)
{
    struct cert cert = {.roles = CERT_SIGN, .from_ms = TIME_UNKNOWN, .till_ms = TIME_NEVER};
    uint8_t bytes[CERT_MAX_BYTES], serial[8];
    const struct identity *node;
    char text[KEY_TEXT_MAX];
    size_t n;
    enum err e = call_node(c, &node);

    if (!e && memcmp(j->key.public, node->cert.user, sizeof j->key.public) != 0)
        e = usr_comes_back(c);
    if (!e)
        e = usr_draw(c, serial, sizeof serial);
    if (e)
        return e;
    memcpy(cert.node, node->cert.node, sizeof cert.node);
    memcpy(cert.box, node->cert.box, sizeof cert.box);
    memcpy(&cert.serial, serial, sizeof cert.serial);
    cert.serial &= INT64_MAX;
    cert_make(&j->key, &cert, bytes, &n);
    // A key that was brought along may be that of a user of this machine.
    if (!j->user.name[0] && usr_find_id(c, j->key.public, &j->user) != ERR_OK)
        j->user.name[0] = 0;
    (void)key_print(KEY_USER, j->key.public, text);
    return call_login(c, span_of(j->user.name[0] ? j->user.name : text),
                      (struct span){(const char *)bytes, n});
}

static enum err run_login(struct call *c)
{
    return usr_three_parts(c, begin_login, usr_work_key, end_login);
}

enum err usr_run_login(struct call *c)
{
    return asks(c) ? usr_ask_pass(c, USR_LOGIN_PASS, run_login) : run_login(c);
}

// ---- Export

static bool is_on(const struct call *c, unsigned option)
{
    return c->opt[option] && c->opt[option]->i;
}

static enum err begin_exp(struct call *c, struct usr_job *j)
{
    const struct unit *old = c->opt[USR_EXP_OLD];
    bool shows = is_on(c, USR_EXP_WORDS) || is_on(c, USR_EXP_QR), himself;
    unsigned columns, rows;
    struct span pass;
    struct user user;
    uint8_t id[32];
    enum err e = usr_pass_of(c, c->opt[USR_EXP_PASS], &pass);

    if (!e && !pass.at && !shows)
        e = usr_bad(c, "a key goes out locked, or on paper: pass:SECRET, words:t or qr:t");
    if (!e && shows && (!c->term || !c->term->size(c->term->ctx, &columns, &rows)))
        e = usr_denied(c, "at a terminal, or as a file: {exp:- pass:SECRET}",
                       "a secret key is shown only where a person looks");
    if (!e)
        e = call_author(c, id, NULL);
    if (e)
        return e;
    himself = c->arg->kind == UNIT_NONE ||
              (usr_find(c, c->arg, &user) == ERR_OK && memcmp(user.id, id, sizeof id) == 0);
    if (himself)
        e = usr_take_own_key(c, j, old);
    else
        e = begin_named(c, j, c->arg, old);
    if (!e && !himself && j->open) // only the node's owner is told
        e = usr_denied(c, NULL, "that key has no passphrase: only its user exports it");
    return e ? e : usr_will_lock(c, j, pass);
}

// Whoever asked may have lost the terminal while the key was opened.
static enum err say(struct call *c, struct span text)
{
    return c->term ? c->term->say(c->term->ctx, text)
                   : usr_denied(c, NULL, "a secret key is shown only where a person looks");
}

// Four lines of six words.
static enum err show_words(struct call *c, const struct usr_job *j)
{
    char text[WORDS_TEXT_MAX];
    size_t n = words_print(j->key.seed, text), words = 0;
    enum err e;

    for (size_t i = 0; i < n; i++)
        if (text[i] == ' ' && ++words % 6 == 0)
            text[i] = '\n';
    text[n] = '\n';
    e = say(c, (struct span){text, n + 1});
    mem_wipe(text, sizeof text);
    return e;
}

static enum err show_qr(struct call *c, const struct usr_job *j)
{
    char text[KEY_TEXT_MAX];
    size_t n = key_print(KEY_SECRET, j->key.seed, text);
    enum err e = usr_show_qr(c, (struct span){text, n});

    mem_wipe(text, sizeof text);
    return e;
}

static enum err end_exp(struct call *c, struct usr_job *j)
{
    enum err e = ERR_OK;
    const char *copy;

    if (is_on(c, USR_EXP_WORDS))
        e = show_words(c, j);
    if (!e && is_on(c, USR_EXP_QR))
        e = show_qr(c, j);
    if (e || !j->lock.at)
        return e;
    copy = arena_copy(c->arena, j->out, j->out_n);
    return copy ? unit_bytes((struct span){copy, j->out_n}, &c->value) : usr_no_memory(c);
}

static enum err run_exp(struct call *c)
{
    return usr_three_parts(c, begin_exp, usr_work_key, end_exp);
}

enum err usr_run_exp(struct call *c)
{
    bool wants = c->opt[USR_EXP_PASS] || is_on(c, USR_EXP_WORDS) || is_on(c, USR_EXP_QR);

    return !c->own && wants && !c->opt[USR_EXP_OLD] && c->arg->kind == UNIT_NONE &&
                   usr_at_terminal(c) && usr_own_locked(c)
               ? usr_ask_pass(c, USR_EXP_OLD, run_exp)
               : run_exp(c);
}
