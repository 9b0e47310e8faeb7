// SPDX-License-Identifier: MIT
// Who may do what: a table of users, messages and grants, and what holds beside it.
#include "msgs/document.h"
#include "tests/check/rights_fix.h"
#include "units/parse.h"

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
     {"yyyyyyyyybyyyyys", "ydyybdddybyyyddd", "ddddddddddyyyddd", "ddddddddddyydddd"}},
    {"what has ended",
     {{OWNER, "(grant {to:$b may:[vault] until:$n})@rig"},
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
    s.now_ns += 2000000000;
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
    ck_assert_int_eq(task_of(user_of(k, BOB), NULL, &t), ERR_OK);
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
    ck_assert_int_eq(task_of(user_of(k, BOB), NULL, &t), ERR_OK);
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
    // What gives nothing.
    {OWNER, "(grant {to:$c may:[vault] until:1})@rig", "!bad-arg until lies in the past"},
    {OWNER, "(grant {to:$c may:[storage]})@rig", "!bad-arg this node has none"},
    {OWNER, "(grant {to:$o may:[vault]})@rig", "!bad-arg what you own"},
    {OWNER, "(grant {to:$c may:[math.calc vault.all] on:@a})@rig", "!bad-arg none of these"},
    // Without these there is no prompt.
    {OWNER, "(own (io.term $b))@rig", "!denied"},
    {OWNER, "(own (sys.task $b))@rig", "!denied"},
    {OWNER, "(own (sys.usr $b))@rig", "!denied"},
    // Only the node's owner is told what there is.
    {BOB, "(grant {to:$c may:[vault.adm]})@rig", "!denied vault.adm is not yours"},
    {BOB, "(grant {to:$c may:[vault.nope]})@rig", "!denied vault.nope is not yours"},
    {BOB, "(grant {to:$c may:[no.such]})@rig", "!denied no.such is not yours"},
    {OWNER, "(grant {to:$c may:[vault] rate:0})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] mem:(5 4)})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] tasks:[1 2]})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] mem:(0 1048575)})@rig", "!bad-arg less than 1048576"},
    {OWNER, "(grant {to:$c may:[vault] more:1})@rig", "!bad-arg"},
    {OWNER, "(grant {to:$c may:[vault] tasks:(99999 99999)})@rig", "!limit"},
    {OWNER, "(grant {to:$c may:[vault] mem:(99999999999 99999999999)})@rig", "!limit"},
    {OWNER, "(own (no.such $b))@rig", "!no-service"},
    {OWNER, "(revoke %`AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`)@rig", "!not-found"},
    {BOB, "(revoke %`AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`)@rig", "!denied"},
    {BOB, "(acct $o)@rig", "!denied"},
    {OWNER, "(acct $c)@rig", "0"},
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

// ---- Commands in arguments of others

START_TEST(test_nested)
{
    struct sim s;
    struct kernel *k;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[math.calc.neg math.calc.sqr]})@rig");
    (void)send_as(&s, k, OWNER, "(grant {to:$c may:[math.calc]})@rig");
    ck_assert_str_eq(send_as(&s, k, BOB, "(neg (sqr 5))@math.calc"), "-25");
    ck_assert_str_eq(send_as(&s, k, CAROL, "(neg (fac 5))@math.calc"), "-120");
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "(neg (fac 5))@math.calc"), "!denied", 7), 0);
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "{neg:{sqr:{fac:5}}}@math.calc"), "!denied", 7),
                     0);
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "(neg pi)@math.calc"), "!denied", 7), 0);
    // Nor is he told of them.
    ck_assert_ptr_null(strstr(send_as(&s, k, BOB, "serv@math.calc"), "fac"));
    ck_assert_ptr_nonnull(strstr(send_as(&s, k, BOB, "serv@math.calc"), "[neg sqr]"));
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "help.fac@math.calc"), "!denied", 7), 0);
    // A grant below a path gives nothing that names none, nested neither.
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[math.calc vault] on:@x})@rig");
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "(fac 5)@math.calc"), "!denied", 7), 0);
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "(neg (fac 5))@math.calc"), "!denied", 7), 0);
    ck_assert_ptr_null(strstr(send_as(&s, k, NOBODY, "serv@vault"), "get"));
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

// An old document of a grant, put back beside the others: as long as the note that took it back is
// there, of whoever may take it back, it gives nothing.
START_TEST(test_revoked_in_file)
{
    struct sim s;
    struct kernel *k;
    struct grant *g;
    struct note *n;
    struct arena a;
    struct doc doc;
    struct fail f;
    struct span bytes;
    struct sign_key key;
    char id[128], msg[256];

    sim_init(&s, 1);
    k = rights_kernel(&s);
    arena_init(&a, k->plat->mem, 1 << 20);
    snprintf(id, sizeof id, "%s", send_as(&s, k, OWNER, "(grant {to:$c may:[vault]})@rig"));
    bytes = k->rights.grants->doc;
    bytes.at = arena_copy(&a, bytes.at, bytes.len);
    snprintf(msg, sizeof msg, "(revoke %s)@rig", id);
    ck_assert_str_eq(send_as(&s, k, OWNER, msg), "-");
    ck_assert_int_eq(send_as(&s, k, CAROL, "all@vault")[0], '!');
    ck_assert_int_eq(doc_open(&a, bytes, &doc, &f), ERR_OK);
    ck_assert_int_eq(grant_new(k, &doc.body.items[1], doc.cert.user, NULL, &g, &f), ERR_OK);
    ck_assert_int_eq(grant_doc(g, bytes), ERR_OK);
    rights_add(k, g);
    ck_assert_str_eq(send_as(&s, k, CAROL, "all@vault"), "-"); // it would hold
    ck_assert_int_eq(rights_save(k, &f), ERR_OK);
    kernel_free(k);
    k = rights_kernel(&s);
    ck_assert_int_eq(send_as(&s, k, CAROL, "all@vault")[0], '!');
    ck_assert_ptr_null(k->rights.grants);
    // A stranger's word takes nothing back.
    (void)send_as(&s, k, OWNER, "(grant {to:$c may:[vault]})@rig");
    g = k->rights.grants;
    user_key(BOB, &key);
    n = note_new(k, g->doc, (struct span){NULL, 0}, g->id, key.public);
    ck_assert_ptr_nonnull(n);
    rights_note(k, n);
    rights_settle(k);
    ck_assert_str_eq(send_as(&s, k, CAROL, "all@vault"), "-");
    arena_fini(&a);
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

// ---- As many as may be

static const char *grant_nth(struct sim *s, struct kernel *k, enum who who, unsigned nth)
{
    char msg[128];

    snprintf(msg, sizeof msg, "(grant {to:$c may:[%s] until:%llu})@rig",
             who == BOB ? "vault.get" : "lab", 4000000000000ull + nth);
    return send_as(s, k, who, msg);
}

// Whoever owns a service cannot take the place of the node's owner, who can take back anything.
START_TEST(test_many)
{
    uint8_t bytes[CERT_MAX_BYTES];
    struct sim s;
    struct kernel *k;
    char id[128] = "", msg[256];

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(own (vault $b))@rig");
    user_login(&s, k, user_cert(k, BOB, bytes), "-"); // this node signs for him
    s.plat.file = NULL;                               // nothing is written: it goes faster
    for (unsigned i = 0; i < GRANTS_OTHERS_MAX; i++) {
        snprintf(id, sizeof id, "%s", grant_nth(&s, k, BOB, i));
        ck_assert_msg(id[0] == '%', "%u: %s", i, id);
    }
    ck_assert_int_eq(strncmp(grant_nth(&s, k, BOB, GRANTS_MAX), "!limit the users of", 19), 0);
    for (unsigned i = 0; i < GRANTS_MAX - GRANTS_OTHERS_MAX; i++)
        ck_assert_int_eq(grant_nth(&s, k, OWNER, i)[0], '%');
    ck_assert_int_eq(strncmp(grant_nth(&s, k, OWNER, GRANTS_MAX), "!limit this node has", 20), 0);
    snprintf(msg, sizeof msg, "(revoke %s)@rig", id);
    ck_assert_str_eq(send_as(&s, k, OWNER, msg), "-");
    ck_assert_int_eq(grant_nth(&s, k, OWNER, GRANTS_MAX)[0], '%');
    lab_done(&s, k);
}
END_TEST

// What was taken back is remembered for a while only.
START_TEST(test_many_revoked)
{
    struct sim s;
    struct kernel *k;
    char msg[256];

    sim_init(&s, 1);
    k = rights_kernel(&s);
    s.plat.file = NULL;
    for (unsigned i = 0; i < REVOKED_KEPT + 6; i++) {
        snprintf(msg, sizeof msg, "(revoke %s)@rig", grant_nth(&s, k, OWNER, i));
        ck_assert_str_eq(send_as(&s, k, OWNER, msg), "-");
    }
    ck_assert_uint_eq(k->rights.revoked_n, REVOKED_KEPT);
    ck_assert_ptr_null(k->rights.grants);
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
        user_expand(k, "(grant {to:$b may:[vault.get compute] on:@a.b})@rig", text, sizeof text);
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
    tcase_add_test(t, test_nested);
    tcase_add_test(t, test_kept);
    tcase_add_test(t, test_revoked_in_file);
    tcase_add_test(t, test_damaged);
    tcase_add_test(t, test_many);
    tcase_add_test(t, test_many_revoked);
    tcase_add_test(t, test_no_memory);
    suite_add_tcase(s, t);
    return s;
}
