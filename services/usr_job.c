// SPDX-License-Identifier: MIT
// sys.usr: how a message opens and locks a secret key.
#include "services/usr_job.h"

#include "keys/name.h"
#include "keys/words.h"
#include "units/parse.h"

static enum err finish(struct usr_job *j, enum err e)
{
    mem_wipe(j, sizeof *j);
    return e;
}

enum err usr_three_parts(struct call *c, usr_part *begin, usr_part *work, usr_part *end)
{
    struct usr_job *j = c->own;
    enum err e;

    c->arena->wipe = c->scratch->wipe = true;
    if (!j) {
        j = arena_new(c->arena, sizeof *j);
        if (!j)
            return usr_no_memory(c);
        memset(j, 0, sizeof *j);
        e = begin(c, j);
        if (e)
            return finish(j, e);
        c->own = j;
        if (j->opens || j->nobody || j->lock.at || j->beside)
            return call_aside(c);
    }
    if (!j->worked) {
        e = work(c, j);
        if (e)
            return finish(j, e);
        j->worked = true;
    }
    return c->aside ? call_front(c) : finish(j, end(c, j));
}

enum err usr_denied(struct call *c, const char *hint, const char *why)
{
    return fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, hint, "%s", why);
}

enum err usr_closed(struct call *c)
{
    bool old = c->command->run == usr_run_exp || c->command->run == usr_run_pass;

    return usr_denied(c,
                      old ? "old:SECRET is the passphrase that the key has"
                          : "pass:SECRET is the passphrase; a key without one opens for the node's "
                            "owner alone",
                      "name and passphrase do not open a key here");
}

bool usr_at_terminal(const struct call *c)
{
    return c->term && c->term->person && c->term->person(c->term->ctx);
}

bool usr_own_locked(struct call *c)
{
    struct user user;
    uint8_t id[32];

    return !call_author(c, id, NULL) && !usr_find_id(c, id, &user) && user.here && user.locked;
}

// What usr_ask_pass was asked for: it stands in c->own until the passphrase is there.
struct asked {
    unsigned option;
    enum err (*then)(struct call *c);
    struct unit typed;
};

static void typed(struct call *c, uint32_t tag, enum err e, const struct unit *value)
{
    struct asked *a = c->own;

    (void)tag;
    if (!e && value->kind != UNIT_SECRET) // the end of what is typed
        e = fail_set(c->fail, ERR_CANCELLED, FAIL_NO_POS, NULL, "no passphrase was typed");
    else if (!e && call_keep(c, value, &a->typed))
        e = usr_no_memory(c);
    else if (e) {
        call_pass(c, e, value);
        return;
    }
    if (!e) {
        c->own = NULL;
        c->opt[a->option] = &a->typed;
        e = a->then(c);
    }
    if (e)
        call_refuse(c, e);
    else
        call_answer(c, &c->value);
}

enum err usr_ask_pass(struct call *c, unsigned option, enum err (*then)(struct call *c))
{
    const struct span question = SPAN("{inp:`passphrase: ` sct:t}@io.term");
    struct asked *a = arena_new(c->arena, sizeof *a);
    struct unit u;

    c->arena->wipe = true;
    if (!a || unit_parse(c->arena, question, &u, NULL))
        return usr_no_memory(c);
    *a = (struct asked){.option = option, .then = then};
    c->own = a;
    return call_spawn(c, &u, CHILD_NODE, 0, typed)
               ? fail_set(c->fail, ERR_BUSY, FAIL_NO_POS, "try again", "too much is under way")
               : ERR_LATER;
}

static bool is_given(const struct unit *u)
{
    return u && u->kind != UNIT_NONE;
}

enum err usr_pass_of(struct call *c, const struct unit *u, struct span *out)
{
    *out = (struct span){0};
    if (!is_given(u))
        return ERR_OK;
    if (!u->n || u->n > PASS_MAX_BYTES)
        return usr_bad(c, "a passphrase has 1 to 1024 bytes");
    *out = unit_span(u);
    return ERR_OK;
}

enum err usr_draw(struct call *c, uint8_t *out, size_t n)
{
    return c->plat->random(c->plat->ctx, out, n)
               ? fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                          "this machine has no random bytes fit for keys")
               : ERR_OK;
}

enum err usr_will_lock(struct call *c, struct usr_job *j, struct span pass)
{
    j->lock = pass;
    return pass.at ? usr_draw(c, j->drawn, sizeof j->drawn) : ERR_OK;
}

static enum err drawn_bytes(void *ctx, uint8_t *out, size_t n)
{
    struct usr_job *j = ctx;

    if (n > sizeof j->drawn - j->drawn_n)
        return ERR_INTERNAL;
    memcpy(out, j->drawn + j->drawn_n, n);
    j->drawn_n += n;
    return ERR_OK;
}

static enum err lock(struct call *c, struct usr_job *j, struct span pass)
{
    struct key_random random = {j, drawn_bytes};

    return user_lock(call_node_mem(c), &random, &j->key, pass, PASS_COST, j->out, &j->out_n,
                     c->fail);
}

enum err usr_take_key(struct call *c, struct usr_job *j, const struct unit *pass)
{
    enum err e;

    if (j->user.bad) { // looked at again, for what is wrong; or it is right by now
        e = users_find(c->arena->mem, &j->files, span_of(j->user.name), &j->user, c->fail);
        if (e)
            return e;
    }
    if (!j->user.here)
        return usr_denied(c, "import it, or go where it lies",
                          "that key does not lie on this machine");
    if (!j->user.locked) {
        e = users_open(c->arena->mem, &j->files, span_of(j->user.name), (struct span){0}, &j->key,
                       c->fail);
        j->open = !e;
        return e;
    }
    e = usr_pass_of(c, pass, &j->pass);
    if (!e && !j->pass.at)
        e = usr_denied(c,
                       c->command->run == usr_run_exp ? "old:SECRET is the passphrase that it has"
                                                      : "pass:SECRET",
                       "that key has a passphrase");
    if (e)
        return e;
    e = users_load(&j->files, span_of(j->user.name), c->arena, &j->file, c->fail);
    j->opens = !e;
    return e;
}

enum err usr_take_own_key(struct call *c, struct usr_job *j, const struct unit *pass)
{
    uint8_t id[32];
    enum err e = call_author(c, id, NULL); // the owner's is made here, at the first use

    if (!e)
        e = usr_files(c, &j->files);
    if (!e)
        e = usr_find_id(c, id, &j->user);
    if (e == ERR_NOT_FOUND)
        return usr_denied(c, "import it, or go where it lies",
                          "your key does not lie on this machine");
    return e ? e : usr_take_key(c, j, pass);
}

enum err usr_work_key(struct call *c, struct usr_job *j)
{
    enum err e;

    if (j->nobody) { // as long as a wrong passphrase takes
        e = lock(c, j, j->pass);
        return e ? e : usr_closed(c);
    }
    if (j->opens) {
        e = user_unlock(call_node_mem(c), j->file, j->pass, &j->key, c->fail);
        if (e)
            return e == ERR_DENIED ? usr_closed(c) : e;
        j->open = true;
    }
    if (!j->open) // better than a key of zeros
        return fail_set(c->fail, ERR_INTERNAL, FAIL_NO_POS, NULL, "there is no key to work with");
    return j->lock.at ? lock(c, j, j->lock) : ERR_OK;
}

enum err usr_brought_key(struct call *c, struct usr_job *j, struct span text)
{
    struct fail f;
    uint8_t seed[32];
    enum err e = key_parse(text, KEY_SECRET, seed, &f);

    // Where it has no blank, nobody meant words.
    if (e && text.len && (memchr(text.at, ' ', text.len) || memchr(text.at, '\n', text.len)))
        e = words_parse(text, seed, &f);
    if (e)
        return fail_set(c->fail, ERR_BAD_ARG, FAIL_NO_POS, "24 words, or TELEX-SECRET-KEY-1..",
                        "this is no key: %s", f.why);
    sign_key_init(&j->key, seed);
    j->open = true;
    mem_wipe(seed, sizeof seed);
    return ERR_OK;
}
