// SPDX-License-Identifier: MIT
// A node with users and services that have every kind of command.
#include "tests/check/rights_fix.h"

#include "units/parse.h"
#include "units/print.h"

// ---- A service with every kind of command, and one that does what sys.usr does

static enum err run_yes(struct call *c)
{
    (void)c;
    return ERR_OK;
}

static const struct unit *path_of_both(const struct call *c)
{
    return c->arg->kind == UNIT_PAIR ? &c->arg->items[1] : NULL;
}

static const struct option out_option[] = {{"out", "any", READ_PATH}, {NULL}};
static const struct command vault_commands[] = {
    {"get", "any", run_yes, "(get path)", NULL, READ_PATH},
    {"put", "any", run_yes, "{put:u out:path}", NULL, READ_DEEP, 0, out_option},
    {"both", "(any any)", run_yes, "(both (u path))", NULL, READ_QUOTE, .path = path_of_both},
    {"all", NULL, run_yes, "all"},
    {"other", "int", run_yes, "an int", NULL, READ_DEEP, CMD_DEFAULT},
    {"open", NULL, run_yes, "open", NULL, READ_DEEP, CMD_ANYONE},
    {"self", NULL, run_yes, "self", NULL, READ_DEEP, CMD_USER},
    {"adm", NULL, run_yes, "adm", NULL, READ_DEEP, CMD_NODE},
};
static const struct service vault = {
    .name = "vault", .info = "kept", .commands = vault_commands, .n = COUNT(vault_commands)};

// (grant {..}) answers its id, (revoke id), (own (service user|-)), grants, login cert, logout
static enum err rig_grant(struct call *c)
{
    uint8_t id[32];
    const char *copy;
    enum err e = call_grant(c, c->arg, id);

    if (e)
        return e;
    copy = arena_copy(c->arena, id, sizeof id);
    return copy ? unit_bytes((struct span){copy, sizeof id}, &c->value) : ERR_NO_MEMORY;
}

static enum err rig_revoke(struct call *c)
{
    return call_revoke(c, (const uint8_t(*)[32])(const void *)c->arg->s, 1);
}

static enum err rig_own(struct call *c)
{
    const struct unit *user = &c->arg->items[1];

    return call_own(c, unit_span(&c->arg->items[0]),
                    user->kind == UNIT_BYTES ? (const uint8_t *)user->s : NULL);
}

static enum err rig_forget(struct call *c)
{
    return call_forget_user(c, (const uint8_t *)c->arg->s);
}

static enum err rig_grants(struct call *c)
{
    return call_grants(c, &c->value);
}

static enum err rig_login(struct call *c)
{
    return call_login(c, SPAN("bob"), unit_span(c->arg));
}

static enum err rig_logout(struct call *c)
{
    return call_logout(c);
}

static enum err rig_acct(struct call *c)
{
    struct account a;
    enum err e = call_account(c, c->arg ? (const uint8_t *)c->arg->s : NULL, &a);

    c->value = unit_int((int64_t)a.messages);
    return e;
}

static const struct command rig_commands[] = {
    {"grant", "map", rig_grant, "grant", NULL, READ_QUOTE, CMD_USER},
    {"revoke", "bytes", rig_revoke, "revoke", NULL, READ_DEEP, CMD_USER},
    {"own", "(str any)", rig_own, "own", NULL, READ_DEEP, CMD_USER},
    {"forget", "bytes", rig_forget, "forget", NULL, READ_DEEP, CMD_NODE},
    {"grants", NULL, rig_grants, "grants", NULL, READ_DEEP, CMD_USER},
    {"login", "bytes", rig_login, "login", NULL, READ_DEEP, CMD_ANYONE},
    {"logout", NULL, rig_logout, "logout", NULL, READ_DEEP, CMD_ANYONE | CMD_ALWAYS},
    {"acct", "bytes", rig_acct, "acct", NULL, READ_DEEP, CMD_ANYONE | CMD_BARE},
};
static const struct service rig = {
    .name = "rig", .info = "as sys.usr", .commands = rig_commands, .n = COUNT(rig_commands)};

struct kernel *rights_kernel(struct sim *s)
{
    static const struct service *all[KERNEL_SERVICES_MAX + 1] = {&vault, &rig, &lab_service};
    struct kernel *k;
    struct fail f;

    for (size_t i = 0; services_all[i]; i++)
        all[i + 3] = services_all[i];
    memset(&lab, 0, sizeof lab);
    ck_assert_msg(kernel_new(&s->plat, all, &f, &k) == ERR_OK, "%s", f.why);
    return k;
}

// ---- Users

const char *const who_names[USERS] = {"owner", "bob", "carol", "nobody"};

void user_key(enum who who, struct sign_key *key)
{
    uint8_t seed[32];

    memset(seed, 0x40 + who, sizeof seed);
    sign_key_init(key, seed);
}

struct owner *user_of(struct kernel *k, enum who who)
{
    struct sign_key key;
    struct owner *o;

    if (who == OWNER || who == NOBODY)
        return who == OWNER ? &k->owner : &k->nobody;
    user_key(who, &key);
    o = owner_find(k, key.public);
    ck_assert_ptr_nonnull(o);
    return o;
}

void user_expand(struct kernel *k, const char *msg, char *out, size_t cap)
{
    size_t n = 0;

    for (; *msg; msg++) {
        struct sign_key key;
        struct arena a;
        struct unit u;
        struct span text;
        struct fail f;
        const struct identity *own;

        if (*msg != '$') {
            ck_assert_uint_lt(n + 1, cap);
            out[n++] = *msg;
            continue;
        }
        msg++;
        if (*msg == 'n') {
            n += (size_t)snprintf(out + n, cap - n, "%lld", (long long)kernel_time_ms(k) + 1000);
            continue;
        }
        if (*msg == 'o') {
            ck_assert_int_eq(kernel_identity(k, &f, &own), ERR_OK);
            memcpy(key.public, own->cert.user, 32);
        } else {
            user_key(*msg == 'b' ? BOB : CAROL, &key);
        }
        arena_init(&a, k->plat->mem, 4096);
        a.chunk_bytes = 0;
        ck_assert_int_eq(unit_bytes((struct span){(const char *)key.public, 32}, &u), ERR_OK);
        ck_assert_int_eq(unit_print_new(&a, &u, &text), ERR_OK);
        ck_assert_uint_lt(n + text.len, cap);
        memcpy(out + n, text.at, text.len);
        n += text.len;
        arena_fini(&a);
    }
    out[n] = 0;
}

// Sends as a user; the print of the answer, or `!code why`. Static, until the next call.
const char *send_as(struct sim *s, struct kernel *k, enum who who, const char *msg)
{
    char text[2048];
    struct task *t;
    struct unit u;
    struct fail f;

    user_expand(k, msg, text, sizeof text);
    ck_assert_int_eq(task_of(user_of(k, who), NULL, &t), ERR_OK);
    ck_assert_msg(unit_parse(task_arena(t), span_of(text), &u, &f) == ERR_OK, "%s: %s", text,
                  f.why);
    task_start(t, &u);
    lab_end(s, k, t);
    return lab_print(s, t);
}

void until_held(struct kernel *k)
{
    for (unsigned i = 0; !lab.holds_n; i++) {
        ck_assert_uint_lt(i, 1000);
        (void)kernel_step(k);
    }
}

struct span user_cert(struct kernel *k, enum who who, uint8_t out[CERT_MAX_BYTES])
{
    const struct identity *own;
    struct sign_key key;
    struct cert c;
    struct fail f;
    size_t n;

    ck_assert_int_eq(kernel_identity(k, &f, &own), ERR_OK);
    user_key(who, &key);
    c = own->cert;
    c.roles = CERT_SIGN;
    cert_make(&key, &c, out, &n);
    return (struct span){(const char *)out, n};
}

void user_login(struct sim *s, struct kernel *k, struct span cert, const char *want)
{
    char text[2 * CERT_MAX_BYTES];
    struct arena a;
    struct unit u;
    struct span print;

    arena_init(&a, k->plat->mem, 65536);
    a.chunk_bytes = 0;
    ck_assert_int_eq(unit_bytes(cert, &u), ERR_OK);
    ck_assert_int_eq(unit_print_new(&a, &u, &print), ERR_OK);
    snprintf(text, sizeof text, "(login %.*s)@rig", (int)print.len, print.at);
    arena_fini(&a);
    lab_want(s, k, text, want);
}
