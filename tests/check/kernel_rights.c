// SPDX-License-Identifier: MIT
// Who may do what: a table of users, messages and grants, and what holds beside it.
#include "keys/identity.h"
#include "tests/sim/lab.h"
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
    return call_revoke(c, (const uint8_t *)c->arg->s);
}

static enum err rig_own(struct call *c)
{
    const struct unit *user = &c->arg->items[1];

    return call_own(c, unit_span(&c->arg->items[0]),
                    user->kind == UNIT_BYTES ? (const uint8_t *)user->s : NULL);
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
    {"grants", NULL, rig_grants, "grants", NULL, READ_DEEP, CMD_USER},
    {"login", "bytes", rig_login, "login", NULL, READ_DEEP, CMD_ANYONE},
    {"logout", NULL, rig_logout, "logout", NULL, READ_DEEP, CMD_ANYONE},
    {"acct", "bytes", rig_acct, "acct", NULL, READ_DEEP, CMD_ANYONE | CMD_BARE},
};
static const struct service rig = {
    .name = "rig", .info = "as sys.usr", .commands = rig_commands, .n = COUNT(rig_commands)};

static struct kernel *rights_kernel(struct sim *s)
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

enum who { OWNER, BOB, CAROL, NOBODY, USERS };
static const char *const who_names[] = {"owner", "bob", "carol", "nobody"};

static void key_of(enum who who, struct sign_key *key)
{
    uint8_t seed[32];

    memset(seed, 0x40 + who, sizeof seed);
    sign_key_init(key, seed);
}

static struct owner *owner_of(struct kernel *k, enum who who)
{
    struct sign_key key;
    struct owner *o;

    if (who == OWNER || who == NOBODY)
        return who == OWNER ? &k->owner : &k->nobody;
    key_of(who, &key);
    o = owner_find(k, key.public);
    ck_assert_ptr_nonnull(o);
    return o;
}

// $b and $c stand for the public keys of bob and carol, $o for the owner's.
static void expand(struct kernel *k, const char *msg, char *out, size_t cap)
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
        if (*msg == 'o') {
            ck_assert_int_eq(kernel_identity(k, &f, &own), ERR_OK);
            memcpy(key.public, own->cert.user, 32);
        } else {
            key_of(*msg == 'b' ? BOB : CAROL, &key);
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
static const char *send_as(struct sim *s, struct kernel *k, enum who who, const char *msg)
{
    char text[2048];
    struct task *t;
    struct unit u;
    struct fail f;

    expand(k, msg, text, sizeof text);
    ck_assert_int_eq(task_of(owner_of(k, who), NULL, &t), ERR_OK);
    ck_assert_msg(unit_parse(task_arena(t), span_of(text), &u, &f) == ERR_OK, "%s: %s", text,
                  f.why);
    task_start(t, &u);
    lab_end(s, k, t);
    return lab_print(s, t);
}

static void until_held(struct kernel *k)
{
    for (unsigned i = 0; !lab.holds_n; i++) {
        ck_assert_uint_lt(i, 1000);
        (void)kernel_step(k);
    }
}

// ---- The table

// What each user sends. The columns of the table below, in this order.
static const char *const probes[] = {
    "(get @a.b)@vault",         // 0
    "(get @a)@vault",           // 1
    "(get `a.b.c`)@vault",      // 2
    "(get @ab)@vault",          // 3
    "{put:1 out:@a.b.c}@vault", // 4
    "(put 1)@vault",            // 5
    "(both (1 @a.x))@vault",    // 6
    "all@vault",                // 7
    "7@vault",                  // 8
    "(nope 1)@vault",           // 9
    "help.name@vault",          // a
    "open@vault",               // b
    "self@vault",               // c
    "adm@vault",                // d
    "(neg 5)@math.calc",        // e
    "x@no.such",                // f
};

enum { SETS_GRANTS = 6 };

// What was done before, by whom, and what then comes of each probe for each user:
// y a value, d denied, b bad-arg, s no-service
static const struct {
    const char *name;
    struct {
        enum who who;
        const char *msg;
    } before[SETS_GRANTS];
    const char *want[USERS];
} sets[] = {
    {"nothing was granted",
     {{0}},
     //  0123456789abcdef
     {"yyyyyyyyybyyyyys",
      "dddddddddd"
      "yyyddd",
      "dddddddddd"
      "yyyddd",
      "dddddddddd"
      "yydddd"}},
    {"bob has the service",
     {{OWNER, "(grant {to:$b may:[vault]})@rig"}},
     {"yyyyyyyyybyyyyys", "yyyyyyyyybyyyddd", "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"bob has a command",
     {{OWNER, "(grant {to:$b may:[vault.get]})@rig"}},
     {"yyyyyyyyybyyyyys", "yyyyddddddyyyddd", "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"bob has the service below a path",
     {{OWNER, "(grant {to:$b may:[vault] on:@a})@rig"}},
     {"yyyyyyyyybyyyyys", "yyydydyddbyyyddd", "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"bob has a command below a deeper path",
     {{OWNER, "(grant {to:$b may:[vault.get] on:@a.b})@rig"}},
     {"yyyyyyyyybyyyyys",
      "ydyddddd"
      "ddyyyddd",
      "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"two grants add up",
     {{OWNER, "(grant {to:$b may:[vault.get] on:@a.b})@rig"},
      {OWNER, "(grant {to:$b may:[vault.all vault.get] on:@ab})@rig"},
      {OWNER, "(grant {to:$b may:[vault.other]})@rig"}},
     {"yyyyyyyyybyyyyys", "ydyyddddybyyyddd", "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"what has ended",
     {{OWNER, "(grant {to:$b may:[vault] until:1})@rig"},
      {OWNER, "(grant {to:$c may:[vault] until:99999999999999})@rig"}},
     {"yyyyyyyyybyyyyys", "ddddddddddyyyddd", "yyyyyyyyybyyyddd", "ddddddddddyydddd"}},
    {"what was taken back",
     {{OWNER, "(revoke (grant {to:$b may:[vault math.calc]})@rig)@rig"},
      {OWNER, "(grant {to:$c may:[vault.all]})@rig"}},
     {"yyyyyyyyybyyyyys", "ddddddddddyyyddd", "dddddddyddyyyddd", "ddddddddddyydddd"}},
    {"one of two was taken back",
     {{OWNER, "(grant {to:$b may:[vault.get]})@rig"},
      {OWNER, "(revoke (grant {to:$b may:[vault]})@rig)@rig"}},
     {"yyyyyyyyybyyyyys", "yyyyddddddyyyddd", "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"a group",
     {{OWNER, "(grant {to:$b may:[compute]})@rig"}},
     {"yyyyyyyyybyyyyys",
      "ddddddddddyyyd"
      "yd",
      "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"several words",
     {{OWNER, "(grant {to:$c may:[vault.put math.calc.neg vault.both]})@rig"}},
     {"yyyyyyyyybyyyyys", "ddddddddddyyyddd", "ddddyyydddyyydyd", "ddddddddddyydddd"}},
    {"another owner",
     {{OWNER, "(own (vault $b))@rig"}},
     {"ddddddddddyyyyys", "yyyyyyyyybyyyddd", "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"another owner takes what was granted before him",
     {{OWNER, "(grant {to:$c may:[vault]})@rig"}, {OWNER, "(own (vault $b))@rig"}},
     {"ddddddddddyyyyys", "yyyyyyyyybyyyddd", "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"and back",
     {{OWNER, "(grant {to:$c may:[vault]})@rig"},
      {OWNER, "(own (vault $b))@rig"},
      {OWNER, "(own (vault -))@rig"}},
     {"yyyyyyyyybyyyyys", "ddddddddddyyyddd", "yyyyyyyyybyyyddd", "ddddddddddyydddd"}},
    {"another service has another owner",
     {{OWNER, "(own (math.calc $c))@rig"}, {OWNER, "(grant {to:$b may:[vault.all]})@rig"}},
     {"yyyyyyyyybyyyyds", "dddddddyddyyyddd", "ddddddddddyyydyd", "ddddddddddyydddd"}},
};

START_TEST(test_matrix)
{
    struct sim s;
    struct kernel *k;
    const size_t i = (size_t)_i;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    for (size_t b = 0; b < SETS_GRANTS && sets[i].before[b].msg; b++) {
        const char *got = send_as(&s, k, sets[i].before[b].who, sets[i].before[b].msg);

        ck_assert_msg(got[0] != '!', "%s: %s", sets[i].before[b].msg, got);
    }
    for (enum who who = OWNER; who < USERS; who++) {
        ck_assert_uint_eq(strlen(sets[i].want[who]), COUNT(probes));
        for (size_t p = 0; p < COUNT(probes); p++) {
            char want = sets[i].want[who][p];
            const char *got = send_as(&s, k, who, probes[p]);
            const char *begins = want == 'd'   ? "!denied"
                                 : want == 'b' ? "!bad-arg"
                                 : want == 's' ? "!no-service"
                                               : NULL;

            if (begins ? strncmp(got, begins, strlen(begins)) != 0 : got[0] == '!')
                ck_abort_msg("%s: %s sends %s: wanted %c, got %s", sets[i].name, who_names[who],
                             probes[p], want, got);
        }
    }
    lab_done(&s, k);
}
END_TEST

// The table is the test: it must be as large as it claims.
_Static_assert(COUNT(sets) * USERS * COUNT(probes) >= 500, "the matrix has 500 cells");

// ---- What a refusal tells

// Whether the service is there or not, the same bytes.
START_TEST(test_tells_nothing)
{
    struct sim s;
    struct kernel *k;
    char there[512], not_there[512];

    sim_init(&s, 1);
    k = rights_kernel(&s);
    snprintf(there, sizeof there, "%s", send_as(&s, k, BOB, "(try (neg 5)@math.calc)@sys.task"));
    snprintf(there, sizeof there, "%s", send_as(&s, k, BOB, "(neg 5)@math.calc"));
    snprintf(not_there, sizeof not_there, "%s", send_as(&s, k, BOB, "(neg 5)@math.calx"));
    ck_assert_str_eq(there, not_there);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[vault.get]})@rig");
    snprintf(there, sizeof there, "%s", send_as(&s, k, BOB, "(put 5)@vault"));
    snprintf(not_there, sizeof not_there, "%s", send_as(&s, k, BOB, "(putt 5)@vault"));
    ck_assert_str_eq(there, not_there);
    // Nor are the names of other commands told to who has one of them.
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[vault.other]})@rig");
    ck_assert_ptr_null(strstr(send_as(&s, k, BOB, "(al 5)@vault"), "all"));
    ck_assert_ptr_nonnull(strstr(send_as(&s, k, OWNER, "(al 5)@vault"), "no command al"));
    // Nor do its arguments get read.
    (void)send_as(&s, k, BOB, "(put tick@lab)@vault");
    ck_assert_uint_eq(lab.ticks, 0);
    lab_done(&s, k);
}
END_TEST

// ---- Revocation

// While his message runs it is taken back: the very next one of it is refused.
START_TEST(test_next_message)
{
    struct sim s;
    struct kernel *k;
    char id[128], msg[256];
    struct task *t;
    struct unit u;
    struct fail f;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[lab]})@rig");
    snprintf(id, sizeof id, "%s", send_as(&s, k, OWNER, "(grant {to:$b may:[vault]})@rig"));
    ck_assert_int_eq(task_of(owner_of(k, BOB), NULL, &t), ERR_OK);
    ck_assert_int_eq(
        unit_parse(task_arena(t), SPAN("(seq [all@vault hold@lab all@vault])@lab"), &u, &f),
        ERR_OK);
    task_start(t, &u);
    until_held(k);
    snprintf(msg, sizeof msg, "(revoke %s)@rig", id);
    ck_assert_str_eq(send_as(&s, k, OWNER, msg), "-");
    call_answer(lab.holds[0], &(struct unit){.kind = UNIT_NONE, .nodes = 1, .bytes = 1, .text = 1});
    lab_end(&s, k, t);
    ck_assert_int_eq(task_outcome(t)->e, ERR_DENIED);
    task_free(t);
    lab_done(&s, k);
}
END_TEST

// A right that ends while the arguments are read does not hold when they are there.
START_TEST(test_while_reading)
{
    struct sim s;
    struct kernel *k;
    char id[128], msg[256];
    struct task *t;
    struct unit u;
    struct fail f;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[lab]})@rig");
    snprintf(id, sizeof id, "%s", send_as(&s, k, OWNER, "(grant {to:$b may:[vault]})@rig"));
    ck_assert_int_eq(task_of(owner_of(k, BOB), NULL, &t), ERR_OK);
    ck_assert_int_eq(unit_parse(task_arena(t), SPAN("(put hold@lab)@vault"), &u, &f), ERR_OK);
    task_start(t, &u);
    until_held(k);
    snprintf(msg, sizeof msg, "(revoke %s)@rig", id);
    ck_assert_str_eq(send_as(&s, k, OWNER, msg), "-");
    call_answer(lab.holds[0], &(struct unit){.kind = UNIT_NONE, .nodes = 1, .bytes = 1, .text = 1});
    lab_end(&s, k, t);
    ck_assert_int_eq(task_outcome(t)->e, ERR_DENIED);
    task_free(t);
    lab_done(&s, k);
}
END_TEST

// ---- Who may give what

static const struct {
    enum who who;
    const char *msg, *want;
} gives[] = {
    {BOB, "(grant {to:$c may:[vault]})@rig", "!denied"}, // it is not his
    {BOB, "(own (vault $b))@rig", "!denied"},
    {NOBODY, "(grant {to:$c may:[vault]})@rig", "!denied"},
    {OWNER, "(grant {to:$c may:[vault.adm]})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault.nope]})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[no.such]})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[]})@rig", "!bad-arg"},
    {OWNER, "(grant {may:[vault]})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c})@rig", "!bad-arg"},
    {OWNER, "(grant {to:bob may:[vault]})@rig", "!bad-arg"},
    {OWNER, "(grant {to:%`AAEC` may:[vault]})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] on:`a`})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] until:-1})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] rate:0})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] mem:(5 4)})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] tasks:[1 2]})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] more:1})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] tasks:(99999 99999)})@rig", "!limit"},
    {OWNER, "(grant {to:$c may:[vault] mem:(99999999999 99999999999)})@rig", "!limit"},
    {OWNER, "(own (no.such $b))@rig", "!no-service"},
    {OWNER, "(revoke %`AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`)@rig", "!not-found"},
    {BOB, "(revoke %`AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`)@rig", "!denied"},
    {BOB, "(acct $o)@rig", "!denied"},
    {OWNER, "(acct $c)@rig", "!not-found"},
};

START_TEST(test_gives)
{
    struct sim s;
    struct kernel *k;
    const char *got;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    got = send_as(&s, k, gives[_i].who, gives[_i].msg);
    ck_assert_msg(strncmp(got, gives[_i].want, strlen(gives[_i].want)) == 0,
                  "%s\n  wanted %s\n  got %s", gives[_i].msg, gives[_i].want, got);
    ck_assert_ptr_null(k->rights.grants); // a refused message has changed nothing
    ck_assert_ptr_null(k->rights.notes);
    lab_done(&s, k);
}
END_TEST

// ---- Kept

START_TEST(test_kept)
{
    struct sim s;
    struct kernel *k;
    char id[128], msg[256];

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[vault] on:@a})@rig");
    (void)send_as(&s, k, OWNER, "(own (math.calc $c))@rig");
    snprintf(id, sizeof id, "%s", send_as(&s, k, OWNER, "(grant {to:$c may:[vault]})@rig"));
    snprintf(msg, sizeof msg, "(revoke %s)@rig", id);
    ck_assert_str_eq(send_as(&s, k, OWNER, msg), "-");
    kernel_free(k);
    k = rights_kernel(&s);
    ck_assert_str_eq(send_as(&s, k, BOB, "(get @a)@vault"), "-");
    ck_assert_int_eq(send_as(&s, k, BOB, "(get @b)@vault")[0], '!');
    ck_assert_int_eq(send_as(&s, k, CAROL, "(get @a)@vault")[0], '!');
    ck_assert_str_eq(send_as(&s, k, CAROL, "(neg 5)@math.calc"), "-5");
    ck_assert_int_eq(send_as(&s, k, OWNER, "(neg 5)@math.calc")[0], '!');
    lab_done(&s, k);
}
END_TEST

// Every byte of the file: damaged, it gives nothing to anybody, and the node's owner works on.
START_TEST(test_damaged)
{
    struct sim s;
    struct kernel *k;
    struct fail f;
    size_t at = 0;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[vault]})@rig");
    kernel_free(k);
    while (strcmp(s.files[at].name, RIGHTS_FILE) != 0)
        at++;
    for (size_t i = 0; i < s.files[at].len; i += 7) {
        s.files[at].bytes[i] ^= (char)(1 << (i & 7));
        k = rights_kernel(&s);
        ck_assert_int_ne(kernel_rights(k, &f), ERR_OK);
        ck_assert_int_eq(send_as(&s, k, BOB, "(get @a)@vault")[0], '!');
        ck_assert_str_eq(send_as(&s, k, OWNER, "(get @a)@vault"), "-");
        ck_assert_int_eq(send_as(&s, k, OWNER, "(grant {to:$b may:[vault]})@rig")[0], '!');
        kernel_free(k);
        s.files[at].bytes[i] ^= (char)(1 << (i & 7));
    }
    k = rights_kernel(&s);
    ck_assert_str_eq(send_as(&s, k, BOB, "(get @a)@vault"), "-");
    lab_done(&s, k);
}
END_TEST

// ---- Sessions

static struct span cert_for(struct kernel *k, enum who who, uint8_t out[CERT_MAX_BYTES])
{
    const struct identity *own;
    struct sign_key key;
    struct cert c;
    struct fail f;
    size_t n;

    ck_assert_int_eq(kernel_identity(k, &f, &own), ERR_OK);
    key_of(who, &key);
    c = own->cert;
    c.roles = CERT_SIGN;
    cert_make(&key, &c, out, &n);
    return (struct span){(const char *)out, n};
}

static void login_as(struct sim *s, struct kernel *k, struct span cert, const char *want)
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

START_TEST(test_session)
{
    uint8_t bytes[CERT_MAX_BYTES];
    struct sim s;
    struct kernel *k;
    struct span cert;
    struct cert c;
    struct fail f;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    lab_want(&s, k, "(neg 5)@math.calc", "-5");
    cert = cert_for(k, BOB, bytes);
    login_as(&s, k, cert, "-");
    ck_assert_ptr_eq(s.term.user, owner_of(k, BOB));
    lab_want(&s, k, "(neg 5)@math.calc", "!denied");
    // In the name of whoever is logged in.
    ck_assert_int_eq(cert_open(cert, &c, &f), ERR_OK);
    lab_want(&s, k, "logout@rig", "-");
    lab_want(&s, k, "self@vault", "!denied");
    lab_want(&s, k, "open@vault", "-");
    // A certificate that his key did not sign, or for another node.
    bytes[100] ^= 1;
    login_as(&s, k, cert, "!bad-sign");
    bytes[100] ^= 1;
    {
        struct sign_key key;
        size_t n;

        key_of(BOB, &key);
        c.node[0] ^= 1;
        cert_make(&key, &c, bytes, &n);
        login_as(&s, k, (struct span){(const char *)bytes, n}, "!denied");
    }
    ck_assert_ptr_eq(s.term.user, &k->nobody);
    // The node's owner comes back the same way.
    {
        const struct identity *own;

        ck_assert_int_eq(kernel_identity(k, &f, &own), ERR_OK);
        login_as(&s, k, (struct span){(const char *)own->cert_bytes, own->cert_n}, "-");
    }
    ck_assert_ptr_null(s.term.user);
    lab_want(&s, k, "(neg 5)@math.calc", "-5");
    term_close(k, &s.term);
    lab_done(&s, k);
}
END_TEST

static char told[512];

static void tell(void *ctx, const struct unit *error, uint64_t id)
{
    struct arena a;
    struct span text;

    (void)id;
    arena_init(&a, ((struct sim *)ctx)->plat.mem, 65536);
    ck_assert_int_eq(unit_print_new(&a, error, &text), ERR_OK);
    snprintf(told, sizeof told, "%.*s", (int)text.len, text.at);
    arena_fini(&a);
}

// What a person types is his, whoever runs the prompt; what is left in the background stays with
// its author, whoever sits at the terminal by then.
START_TEST(test_prompt)
{
    uint8_t bytes[CERT_MAX_BYTES];
    struct sim s;
    struct kernel *k;
    struct task *t, *back;
    struct unit u;
    struct fail f;

    sim_init(&s, 1);
    s.term.fail = tell;
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[lab sys.task]})@rig");
    login_as(&s, k, cert_for(k, BOB, bytes), "-");
    // The prompt of the node's owner.
    ck_assert_int_eq(task_new_own(k, &s.term, &t), ERR_OK);
    ck_assert_int_eq(unit_parse(task_arena(t), SPAN("(front (get @a)@vault)@lab"), &u, &f), ERR_OK);
    task_start(t, &u);
    lab_end(&s, k, t);
    ck_assert_int_eq(task_outcome(t)->e, ERR_DENIED);
    task_free(t);
    // Bob leaves something behind, and the owner comes.
    ck_assert_int_eq(task_new(k, &s.term, &back), ERR_OK);
    ck_assert_int_eq(unit_parse(task_arena(back),
                                SPAN("(sep (seq [hold@lab (front all@vault)@lab])@lab)@lab"), &u,
                                &f),
                     ERR_OK);
    task_start(back, &u);
    lab_end(&s, k, back);
    ck_assert_int_eq(task_outcome(back)->e, ERR_OK);
    task_free(back);
    until_held(k);
    term_set_owner(k, &s.term, &k->owner);
    call_answer(lab.holds[0], &(struct unit){.kind = UNIT_NONE, .nodes = 1, .bytes = 1, .text = 1});
    for (unsigned i = 0; kernel_running(k); i++) {
        ck_assert_uint_lt(i, 1000);
        (void)kernel_step(k);
    }
    ck_assert_ptr_nonnull(strstr(told, "denied"));
    lab_done(&s, k);
}
END_TEST

// Only one's own tasks are seen and ended, but for the node's owner.
START_TEST(test_tasks)
{
    struct sim s;
    struct kernel *k;
    struct task *t;
    struct unit u;
    struct fail f;
    char msg[64];

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[lab sys.task dat.proc]})@rig");
    (void)send_as(&s, k, OWNER, "(grant {to:$c may:[lab]})@rig");
    ck_assert_int_eq(task_of(owner_of(k, CAROL), NULL, &t), ERR_OK);
    ck_assert_int_eq(unit_parse(task_arena(t), SPAN("hold@lab"), &u, &f), ERR_OK);
    task_start(t, &u);
    ck_assert_str_eq(send_as(&s, k, BOB, "(len get.all@sys.task)@dat.proc"), "1");
    ck_assert_str_eq(send_as(&s, k, OWNER, "(len get.all@sys.task)@dat.proc"), "2");
    snprintf(msg, sizeof msg, "(kill %u)@sys.task", (unsigned)t->id);
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, msg), "!denied", 7), 0);
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "(kill 99999)@sys.task"), "!denied", 7), 0);
    ck_assert_str_eq(send_as(&s, k, OWNER, msg), "-");
    ck_assert_int_eq(task_outcome(t)->e, ERR_CANCELLED);
    task_free(t);
    lab_done(&s, k);
}
END_TEST

// ---- Quotas

START_TEST(test_rate)
{
    struct sim s;
    struct kernel *k;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[vault] rate:3})@rig");
    for (unsigned i = 0; i < 3; i++)
        ck_assert_str_eq(send_as(&s, k, BOB, "all@vault"), "-");
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "all@vault"), "!busy", 5), 0);
    ck_assert_str_eq(send_as(&s, k, OWNER, "all@vault"), "-"); // him alone
    s.now_ns += 340000000;
    ck_assert_str_eq(send_as(&s, k, BOB, "all@vault"), "-");
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "all@vault"), "!busy", 5), 0);
    lab_done(&s, k);
}
END_TEST

static unsigned fill(struct kernel *k, struct owner *o, struct task **tasks, unsigned max)
{
    unsigned n = 0;

    (void)k;
    while (n < max && task_of(o, NULL, &tasks[n]) == ERR_OK)
        n++;
    return n;
}

static void drop(struct task **tasks, unsigned n)
{
    while (n--)
        task_free(tasks[n]);
}

// A maximum is an end, and a minimum is there although all others take what they can.
START_TEST(test_tasks_quota)
{
    static struct task *tasks[8][KERNEL_TASKS_ALL];
    uint8_t id[32] = {1};
    unsigned n[8] = {0}, all = 0;
    struct sim s;
    struct kernel *k;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[vault] tasks:(500 600)})@rig");
    (void)send_as(&s, k, OWNER, "(grant {to:$c may:[vault] tasks:(0 7)})@rig");
    ck_assert_uint_eq(n[0] = fill(k, owner_of(k, CAROL), tasks[0], KERNEL_TASKS_ALL), 7);
    for (unsigned i = 1; i < 6; i++) { // five others
        id[1] = (uint8_t)i;
        n[i] = fill(k, owner_find(k, id), tasks[i], KERNEL_TASKS_ALL);
        ck_assert_uint_le(n[i], KERNEL_TASKS_MAX);
        all += n[i];
    }
    ck_assert_uint_eq(all, KERNEL_TASKS_ALL - 7 - 500 - NODE_TASKS_MIN);
    ck_assert_uint_eq(n[6] = fill(k, owner_of(k, BOB), tasks[6], KERNEL_TASKS_ALL), 500);
    ck_assert_uint_eq(n[7] = fill(k, &k->owner, tasks[7], KERNEL_TASKS_ALL), NODE_TASKS_MIN);
    for (unsigned i = 0; i < 8; i++)
        drop(tasks[i], n[i]);
    ck_assert_uint_eq(k->tasks, 500 + NODE_TASKS_MIN);
    ck_assert_uint_eq(n[6] = fill(k, owner_of(k, BOB), tasks[6], KERNEL_TASKS_ALL), 600);
    drop(tasks[6], n[6]);
    lab_done(&s, k);
}
END_TEST

START_TEST(test_memory_quota)
{
    struct owner *bob, *carol;
    uint8_t other[32] = {9};
    struct sim s;
    struct kernel *k;
    void *p, *q;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[vault] mem:(1000000 2000000)})@rig");
    bob = owner_of(k, BOB);
    carol = owner_find(k, other);
    ck_assert_ptr_null(bob->mem.get(bob, 2000001));
    p = bob->mem.get(bob, 2000000);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_null(bob->mem.get(bob, 1));
    bob->mem.put(bob, p, 2000000);
    // All but what is kept for others.
    k->bytes_max = __atomic_load_n(&k->bytes, __ATOMIC_RELAXED) + 500000;
    ck_assert_ptr_null(carol->mem.get(carol, 500001));
    p = carol->mem.get(carol, 500000);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_null(bob->mem.get(bob, 1000001));
    q = bob->mem.get(bob, 1000000);
    ck_assert_ptr_nonnull(q);
    bob->mem.put(bob, q, 1000000);
    carol->mem.put(carol, p, 500000);
    ck_assert_uint_eq(__atomic_load_n(&k->bytes, __ATOMIC_RELAXED) + 500000, k->bytes_max);
    lab_done(&s, k);
}
END_TEST

// When it is taken back, or has ended, so has what it gave.
START_TEST(test_quota_ends)
{
    struct sim s;
    struct kernel *k;
    char id[128], msg[256];

    sim_init(&s, 1);
    k = rights_kernel(&s);
    snprintf(
        id, sizeof id, "%s",
        send_as(&s, k, OWNER, "(grant {to:$b may:[vault] rate:5 tasks:(9 10) mem:(5 6)})@rig"));
    ck_assert_uint_eq(owner_of(k, BOB)->quota.rate, 5);
    ck_assert_uint_eq(owner_of(k, BOB)->quota.tasks_min, 9);
    snprintf(msg, sizeof msg, "(revoke %s)@rig", id);
    ck_assert_str_eq(send_as(&s, k, OWNER, msg), "-");
    ck_assert_uint_eq(owner_of(k, BOB)->quota.rate, 0);
    ck_assert_uint_eq(owner_of(k, BOB)->quota.tasks_min, 0);
    ck_assert_uint_eq(owner_of(k, BOB)->quota.tasks_max, KERNEL_TASKS_MAX);
    ck_assert_uint_eq(k->tasks, NODE_TASKS_MIN);
    lab_done(&s, k);
}
END_TEST

// As many users as the kernel may know: who has nothing here is forgotten, who has is not.
START_TEST(test_many_users)
{
    static struct task *tasks[KERNEL_OWNERS_MAX];
    uint8_t id[32] = {0};
    struct sim s;
    struct kernel *k;
    struct task *more;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    for (unsigned i = 0; i < 2 * KERNEL_OWNERS_MAX; i++) {
        id[0] = (uint8_t)i;
        id[1] = (uint8_t)(i >> 8);
        ck_assert_ptr_nonnull(owner_find(k, id));
    }
    for (unsigned i = 0; i < KERNEL_OWNERS_MAX; i++) {
        id[0] = (uint8_t)i;
        id[1] = 7;
        ck_assert_int_eq(task_new_for(k, id, &tasks[i]), ERR_OK);
    }
    id[1] = 8;
    ck_assert_int_eq(task_new_for(k, id, &more), ERR_BUSY);
    task_free(tasks[0]);
    ck_assert_int_eq(task_new_for(k, id, &tasks[0]), ERR_OK);
    drop(tasks, KERNEL_OWNERS_MAX);
    lab_done(&s, k);
}
END_TEST

START_TEST(test_accounts)
{
    struct sim s;
    struct kernel *k;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_str_eq(send_as(&s, k, BOB, "open@vault"), "-");
    ck_assert_str_eq(send_as(&s, k, BOB, "acct@rig"), "6");
    ck_assert_str_eq(send_as(&s, k, OWNER, "(acct $b)@rig"), "6");
    ck_assert_uint_gt(owner_of(k, BOB)->sent_bytes, 20);
    lab_done(&s, k);
}
END_TEST

// ---- Short of memory

START_TEST(test_no_memory)
{
    struct sim s;
    struct kernel *k;
    bool done = false;

    sim_init(&s, 1);
    for (long i = 0; !done; i++) {
        struct task *t;
        char text[512];
        struct unit u;
        struct fail f;

        k = rights_kernel(&s);
        expand(k, "(grant {to:$b may:[vault.get compute] on:@a.b})@rig", text, sizeof text);
        ck_assert_str_eq(send_as(&s, k, OWNER, "grants@rig"), "[]"); // keys are there
        ck_assert_int_eq(task_of(&k->owner, NULL, &t), ERR_OK);
        ck_assert_int_eq(unit_parse(task_arena(t), span_of(text), &u, &f), ERR_OK);
        s.mem.fail_at = s.mem.gets + i;
        task_start(t, &u);
        lab_end(&s, k, t);
        s.mem.fail_at = -1;
        done = task_outcome(t)->e == ERR_OK;
        if (!done) {
            ck_assert_int_eq(task_outcome(t)->e, ERR_NO_MEMORY);
            ck_assert_ptr_null(k->rights.grants);
        }
        ck_assert(i > 2 || !done);
        task_free(t);
        lab_check(k);
        kernel_free(k);
    }
    sim_done(&s);
}
END_TEST

Suite *kernel_rights_suite(void)
{
    Suite *s = suite_create("kernel/rights");
    TCase *t = tcase_create("rights");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, test_matrix, 0, COUNT(sets));
    tcase_add_loop_test(t, test_gives, 0, COUNT(gives));
    tcase_add_test(t, test_tells_nothing);
    tcase_add_test(t, test_next_message);
    tcase_add_test(t, test_while_reading);
    tcase_add_test(t, test_kept);
    tcase_add_test(t, test_damaged);
    tcase_add_test(t, test_session);
    tcase_add_test(t, test_prompt);
    tcase_add_test(t, test_tasks);
    tcase_add_test(t, test_rate);
    tcase_add_test(t, test_tasks_quota);
    tcase_add_test(t, test_memory_quota);
    tcase_add_test(t, test_quota_ends);
    tcase_add_test(t, test_many_users);
    tcase_add_test(t, test_accounts);
    tcase_add_test(t, test_no_memory);
    suite_add_tcase(s, t);
    return s;
}
