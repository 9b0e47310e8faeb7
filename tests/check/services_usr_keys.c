// SPDX-License-Identifier: MIT
// sys.usr: keys and passphrases: login, pass, exp, imp; ended half way; without memory.
#include "keys/name.h"
#include "keys/words.h"
#include "services/qr.h"
#include "tests/check/usr_fix.h"

// ---- Passphrases

START_TEST(test_login)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);
    struct sign_key key;
    char msg[400], words[WORDS_TEXT_MAX], secret[KEY_TEXT_MAX], wrong[400];

    usr_put(&s, "bob.user", 7);
    usr_key(7, &key);
    (void)words_print(key.seed, words);
    (void)key_print(KEY_SECRET, key.seed, secret);
    // The same answer for a wrong passphrase and a wrong name, with the same work behind it.
    strcpy(wrong, usr_ask_error(&s, k, "{login:bob pass:!`sesame`}@sys.usr"));
    ck_assert_msg(strstr(wrong, "denied") != NULL, "%s", wrong);
    ck_assert_uint_lt(s.mem.most_bytes, 32 << 20);
    // The node's owner is told what is wrong, all others only that it does not open.
    ck_assert_ptr_nonnull(
        strstr(usr_ask_error(&s, k, "{login:eve pass:!`sesame`}@sys.usr"), "not-found"));
    ck_assert_ptr_nonnull(strstr(usr_ask_error(&s, k, "(login bob)@sys.usr"), "has a passphrase"));
    ck_assert_uint_lt(s.mem.most_bytes, 32 << 20);
    ASK(&s, k, {"(new kim)@sys.usr", "{name:kim id:tu1.."}, {"logout@sys.usr", "-"});
    ck_assert_str_eq(usr_ask_error(&s, k, "{login:bob pass:!`sesame`}@sys.usr"), wrong);
    ck_assert_uint_lt(s.mem.most_bytes, 32 << 20);
    ck_assert_str_eq(usr_ask_error(&s, k, "{login:eve pass:!`sesame`}@sys.usr"), wrong);
    ck_assert_uint_ge(s.mem.most_bytes, 64 << 20);
    s.mem.most_bytes = 0; // and who has no passphrase costs as much
    ck_assert_str_eq(usr_ask_error(&s, k, "{login:kim pass:!`sesame`}@sys.usr"), wrong);
    ck_assert_uint_ge(s.mem.most_bytes, 64 << 20);
    ck_assert_str_eq(usr_ask_error(&s, k, "(login bob)@sys.usr"), wrong);
    ck_assert_str_eq(usr_ask_error(&s, k, "(login eve)@sys.usr"), wrong);
    ck_assert_str_eq(usr_ask_error(&s, k, "(login kim)@sys.usr"), wrong);
    ASK(&s, k, {OWNER_BACK, NULL}, {"(del kim)@sys.usr", "-"});
    ck_assert_str_eq(usr_ask(&s, k, "(get (@1.locked ls@sys.usr))@dat.proc"), "t");
    ASK(&s, k, {"{login:bob pass:!`" PASS "`}@sys.usr", "-"}, {OWNER_BACK, NULL},
        {"(login {ath:bob pass:!`" PASS "`})@sys.usr", "-"},
        // A key without a passphrase opens for who has it already: the node's owner.
        {"(login {pass:!`" PASS "` ath:owner})@sys.usr", "!denied"},
        {"(login owner)@sys.usr", "!denied name and passphrase do not open a key here"},
        {OWNER_BACK, NULL}, {"(login {pass:!`" PASS "` ath:owner})@sys.usr", "-"});
    snprintf(msg, sizeof msg, "{login:%s pass:!`" PASS "`}@sys.usr", usr_name(7));
    ASK(&s, k, {msg, "-"}, {"logout@sys.usr", "-"});
    // A key that is brought along; also of a user who is not of this machine.
    snprintf(msg, sizeof msg, "(login !`%s`)@sys.usr", secret);
    ASK(&s, k, {msg, "-"}, {"logout@sys.usr", "-"});
    snprintf(msg, sizeof msg, "(login !`%s`)@sys.usr", words);
    ASK(&s, k, {msg, "-"});
    usr_key(9, &key);
    (void)key_print(KEY_SECRET, key.seed, secret);
    snprintf(msg, sizeof msg, "(login !`%s`)@sys.usr", secret);
    ASK(&s, k, {msg, "-"}, {"who@sys.usr", "{name:- id:tu1.."}, {"ls@sys.usr", "[]"},
        {"(get (@msg (check (sign hi)@sys.usr)@sys.usr))@dat.proc", "!denied"},
        {"{exp:- pass:!`x`}@sys.usr", "!denied your key does not lie on this machine"},
        {"(pass !`x`)@sys.usr", "!denied your key does not lie on this machine"},
        {"(login !`abandon ability able`)@sys.usr", "!bad-arg this is no key"},
        {"(login !`TELEX-SECRET-KEY-1QQQ`)@sys.usr", "!bad-arg this is no key"},
        {"(login !``)@sys.usr", "!bad-arg this is no key"});
    ck_assert_str_eq(s.said, "");
    lab_done(&s, k);
}
END_TEST

// Whoever sits at a terminal is asked for a passphrase that he has not given, though he may not read
// a line himself; and the owner of the node does not lock himself out.
START_TEST(test_asked)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);

    usr_put(&s, "bob.user", 7);
    ASK(&s, k, {PERSON, NULL}, {"logout@sys.usr", "!denied no passphrase opens a key"},
        {"{login:bob pass:!`" PASS "`}@sys.usr", "!denied no passphrase opens a key"},
        {"(get (@name who@sys.usr))@dat.proc", "owner"}, {"(login owner)@sys.usr", "-"});
    usr_put(&s, "ann.user", 8);
    s.pipe = true;
    ASK(&s, k, {"logout@sys.usr", "-"}, {PERSON, NULL}, {"(inp `?`)@io.term", "!denied"});
    ck_assert_str_eq(s.said, "");
    s.line = "wrong";
    ASK(&s, k, {"(login bob)@sys.usr", "!denied name and passphrase"},
        {"(login nosuch)@sys.usr", "!denied name and passphrase"},
        {"(login owner)@sys.usr", "!denied name and passphrase"}); // his has none: nobody is told
    ck_assert_str_eq(s.said, "passphrase: passphrase: passphrase: ");
    s.line = PASS;
    ASK(&s, k, {"(login bob)@sys.usr", "-"}, {"{exp:- pass:!`x`}@sys.usr", "%`.."},
        {"{pass:-}@sys.usr", "-"}, {"(get (@0.locked ls@sys.usr))@dat.proc", "!denied"},
        {"ls@sys.usr", "[{name:bob.."}, {"(login ann)@sys.usr", "-"});
    ck_assert_str_eq(s.said, "passphrase: passphrase: passphrase: passphrase: passphrase: "
                             "passphrase: passphrase: ");
    // The end of what is typed, and a message that ends before the answer.
    s.line = NULL;
    lab_done(&s, k);
}
END_TEST

// The full price: made, locked, changed, opened.
START_TEST(test_pass)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);

    sim_work(&s, 2);
    ASK(&s, k, {"{pass:- old:!`x`}@sys.usr", "-"}, // it has none
        {"{new:bob pass:!`" PASS "`}@sys.usr", "{name:bob id:tu1.."},
        {"(login bob)@sys.usr", "!denied that key has a passphrase"},
        {"{login:bob pass:!`" PASS "`}@sys.usr", "-"},
        {"(pass !`other`)@sys.usr", "!denied your key has a passphrase"},
        {"{pass:- old:!`" PASS "`}@sys.usr", "-"}, {"(login bob)@sys.usr", "!denied"},
        {OWNER_BACK, NULL}, {"(login bob)@sys.usr", "-"}, {OWNER_BACK, NULL},
        {"(pass !`" PASS "`)@sys.usr", "-"}, {"(get (@0.locked ls@sys.usr))@dat.proc", "t"},
        {"(login owner)@sys.usr", "!denied"},
        {"(sign 5)@sys.usr", "%.."}); // signs as before: the node has keys of its own
    ck_assert_uint_ge(s.jobs_given, 4);
    lab_done(&s, k);
}
END_TEST

// ---- Keys that go out and come in

static void bytes_text(struct arena *a, const uint8_t *bytes, size_t n, const char **out)
{
    struct unit u;

    ck_assert_int_eq(unit_bytes((struct span){(const char *)bytes, n}, &u), ERR_OK);
    *out = test_print(a, &u);
}

START_TEST(test_imp)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);
    struct arena a = test_arena(&s.mem);
    uint8_t bytes[USER_FILE_MAX_BYTES];
    size_t n = usr_locked(&s, 5, bytes);
    struct sign_key key;
    char msg[1200], secret[KEY_TEXT_MAX];
    const char *text;

    bytes_text(&a, bytes, n, &text);
    snprintf(msg, sizeof msg, "{imp:%s name:bob}@sys.usr", text);
    ASK(&s, k, {msg, "!denied this key file has a passphrase"});
    snprintf(msg, sizeof msg, "{imp:%s pass:!`" PASS "`}@sys.usr", text);
    ASK(&s, k, {msg, "!bad-arg name:NAME is missing"});
    snprintf(msg, sizeof msg, "{imp:%s name:bob pass:!`sesame`}@sys.usr", text);
    ASK(&s, k, {msg, "!denied name and passphrase"});
    snprintf(msg, sizeof msg, "{imp:%s name:bob pass:!`" PASS "` new:-}@sys.usr", text);
    ASK(&s, k, {msg, "{name:bob id:tu1.."}, {"(login bob)@sys.usr", "-"});
    ck_assert_str_eq(usr_ask(&s, k, "pub@sys.usr"), usr_name(5));
    ASK(&s, k, {OWNER_BACK, NULL}, {msg, "!exists"});
    snprintf(msg, sizeof msg, "{imp:%s name:rob pass:!`" PASS "` new:-}@sys.usr", text);
    ASK(&s, k, {msg, "!exists a user of this machine has this key already"});
    bytes[n / 2] ^= 1;
    bytes_text(&a, bytes, n, &text);
    snprintf(msg, sizeof msg, "{imp:%s name:rob pass:!`" PASS "` new:-}@sys.usr", text);
    ck_assert_int_eq(usr_ask(&s, k, msg)[0], '!');
    ASK(&s, k, {"{imp:%`` name:rob}@sys.usr", "!.."}, {"{imp:%`AAAA` name:rob}@sys.usr", "!.."},
        {"{imp:!`x` name:rob}@sys.usr", "!bad-arg this is no key"},
        {"{imp:!`x` name:owner}@sys.usr", "!bad-arg owner is no name"},
        {"(len ls@sys.usr)@dat.proc", "2"});
    usr_key(6, &key);
    (void)key_print(KEY_SECRET, key.seed, secret);
    snprintf(msg, sizeof msg, "{imp:!`%s` name:rob}@sys.usr", secret);
    ASK(&s, k, {msg, "{name:rob id:tu1.."});
    ck_assert_str_eq(usr_ask(&s, k, "(pub rob)@sys.usr"), usr_name(6));
    arena_fini(&a);
    lab_done(&s, k);
}
END_TEST

START_TEST(test_exp)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);
    struct arena a = test_arena(&s.mem);
    char text[KEY_TEXT_MAX];
    struct sign_key key;
    struct span drawn;
    uint8_t seed[32];
    struct qr qr;

    usr_put(&s, "bob.user", 5);
    usr_key(5, &key);
    s.pipe = false;
    ASK(&s, k, {"(exp bob)@sys.usr", "!bad-arg a key goes out locked"},
        {"{exp:bob words:t}@sys.usr", "!denied that key has a passphrase"},
        {"{exp:bob words:t old:!`sesame`}@sys.usr", "!denied name and passphrase"},
        {"{exp:bob words:f}@sys.usr", "!bad-arg"});
    ck_assert_str_eq(s.said, "");
    ASK(&s, k, {"{exp:bob words:t old:!`" PASS "`}@sys.usr", "-"});
    ck_assert_int_eq(words_parse(span_of(s.said), seed, NULL), ERR_OK);
    ck_assert_mem_eq(seed, key.seed, sizeof seed);
    s.said_len = 0;
    ASK(&s, k, {"{exp:bob qr:t old:!`" PASS "`}@sys.usr", "-"});
    (void)key_print(KEY_SECRET, key.seed, text);
    ck_assert_int_eq(qr_make(&a, &a, span_of(text), &qr), ERR_OK);
    ck_assert_int_eq(qr_print(&a, &qr, &drawn), ERR_OK);
    ck_assert_uint_eq(s.said_len, drawn.len);
    ck_assert_mem_eq(s.said, drawn.at, drawn.len);
    // A pipe is no person.
    s.said_len = 0;
    s.said[0] = 0;
    s.pipe = true;
    ASK(&s, k, {"{exp:bob qr:t old:!`" PASS "`}@sys.usr", "!denied a secret key is shown only"},
        {"{exp:- words:t}@sys.usr", "!denied a secret key is shown only"},
        {"{exp:owner words:t pass:!`x`}@sys.usr", "!denied a secret key is shown only"});
    ck_assert_str_eq(s.said, "");
    // One's own; and what nobody else gets, the node's owner neither.
    s.line = "no sesam";
    ASK(&s, k, {"{login:bob pass:!`" PASS "`}@sys.usr", "-"}, {PERSON, NULL},
        {"{exp:- words:t}@sys.usr", "!denied name and passphrase"},
        {"{exp:owner words:t}@sys.usr", "!denied"},
        {"{exp:owner words:t old:!`x`}@sys.usr", "!denied"},
        {"{pass:- old:!`" PASS "`}@sys.usr", "-"}, {"{exp:- words:t}@sys.usr", "-"},
        {"{exp:bob words:t}@sys.usr", "-"}, {OWNER_BACK, NULL},
        {"{exp:bob words:t}@sys.usr", "!denied that key has no passphrase"},
        {"{exp:bob words:t old:!`x`}@sys.usr", "!denied that key has no passphrase"});
    // A public key may be seen by everybody.
    s.said_len = 0;
    s.pipe = true;
    ASK(&s, k, {"{pub:bob qr:t}@sys.usr", "tu1.."});
    ck_assert_uint_gt(s.said_len, 1000);
    s.pipe = false;
    arena_fini(&a);
    lab_done(&s, k);
}
END_TEST

// A file that goes out opens where it comes in.
START_TEST(test_move)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);
    char msg[1200], key[100], file[800];

    ASK(&s, k, {"(new bob)@sys.usr", "{name:bob.."}, {"(login bob)@sys.usr", "-"});
    strcpy(key, usr_ask(&s, k, "pub@sys.usr"));
    strcpy(file, usr_ask(&s, k, "{exp:- pass:!`" PASS "`}@sys.usr"));
    ck_assert_int_eq(file[0], '%');
    ASK(&s, k, {OWNER_BACK, NULL}, {"(del bob)@sys.usr", "-"});
    snprintf(msg, sizeof msg, "{imp:%s name:ann pass:!`" PASS "` new:-}@sys.usr", file);
    ASK(&s, k, {msg, "{name:ann.."}, {"(login ann)@sys.usr", "-"});
    ck_assert_str_eq(usr_ask(&s, k, "pub@sys.usr"), key);
    lab_done(&s, k);
}
END_TEST

// ---- Half way

// Ended while a passphrase is worked on.
START_TEST(test_killed)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);
    struct task *t;

    usr_put(&s, "bob.user", 5);
    sim_work(&s, 2);
    for (int ran = 0; ran < 2; ran++) {
        t = lab_send(&s, k, "{login:bob pass:!`" PASS "`}@sys.usr");
        (void)kernel_step(k);
        ck_assert_ptr_null(task_outcome(t));
        ck_assert_uint_eq(s.jobs_n, 1);
        if (ran)
            ck_assert(sim_run_job(&s));
        task_cancel(t);
        task_free(t);
        row_settle(&s, k);
        while (sim_run_job(&s))
            ;
        (void)kernel_step(k);
        ASK(&s, k, {"who@sys.usr", "{name:owner.."});
    }
    lab_done(&s, k);
}
END_TEST

// ---- Without memory: no message leaves anything half done

static const struct {
    const char *before, *msg; // %s: a key file
} scarce[] = {
    {NULL, "who@sys.usr"},
    {NULL, "ls@sys.usr"},
    {NULL, "(new eve)@sys.usr"},
    {NULL, "{login:bob pass:!`" PASS "`}@sys.usr"},
    {NULL, "(del bob)@sys.usr"},
    {NULL, "{exp:bob words:t qr:t old:!`" PASS "`}@sys.usr"},
    {NULL, "{imp:%s name:ann pass:!`" PASS "` new:-}@sys.usr"},
    {"{login:bob pass:!`" PASS "`}@sys.usr", "{pass:- old:!`" PASS "`}@sys.usr"},
    {"{login:bob pass:!`" PASS "`}@sys.usr", "who@sys.usr"},
    {NULL, "(check (sign [a 1])@sys.usr)@sys.usr"},
    {NULL, "(open {seal:[a 1] to:owner}@sys.usr)@sys.usr"},
    {NULL, "{grant:{to:bob may:[@x] until:`2030-01-02`} x:dat.proc}@sys.usr"},
    {NULL, "(grant {to:bob may:sys.task})@sys.usr"},
    {NULL, "grants@sys.usr"},
    {NULL, "(revoke (get (@0 grants@sys.usr))@dat.proc)@sys.usr"},
    {NULL, "(own (math.calc bob))@sys.usr"},
    {NULL, "acct@sys.usr"},
    {NULL, "{pub:bob qr:t}@sys.usr"},
};

// Runs it with the n-th allocation failing, and all after it. True: none failed.
static bool run_scarce(struct sim *s, const char *before, const char *msg, long n)
{
    struct kernel *k = usr_kernel(s);
    struct task *t;
    struct unit u;
    bool all;

    usr_put(s, "bob.user", 5);
    ASK(s, k, {"(grant {to:bob may:[math.calc]})@sys.usr", "{id:%.."});
    if (before)
        ASK(s, k, {before, "-"});
    s->pipe = !strstr(msg, "qr:t");
    ck_assert_int_eq(task_new(k, &s->term, &t), ERR_OK);
    u = test_unit(task_arena(t), msg);
    s->mem.most_bytes = s->mem.bytes;
    s->mem.fail_at = n < 0 ? -1 : s->mem.gets + n;
    task_start(t, &u);
    lab_end(s, k, t);
    all = n < 0 || s->mem.gets <= s->mem.fail_at;
    s->mem.fail_at = -1;
    ck_assert_msg(!all || task_outcome(t)->e == ERR_OK, "%s", msg);
    task_free(t);
    row_settle(s, k);
    ASK(s, k, {OWNER_BACK, NULL}, {"ls@sys.usr", "[{name:owner.."});
    lab_done(s, k);
    return all;
}

START_TEST(test_scarce)
{
    static struct sim s;
    uint8_t bytes[USER_FILE_MAX_BYTES];
    const char *text;
    struct arena a;
    char msg[1200];
    size_t n;

    sim_init(&s, 1);
    a = test_arena(&s.mem);
    n = usr_locked(&s, 8, bytes);
    bytes_text(&a, bytes, n, &text);
    snprintf(msg, sizeof msg, scarce[_i].msg, text);
    arena_fini(&a);
    for (n = 0; !run_scarce(&s, scarce[_i].before, msg, (long)n); n++)
        ck_assert_int_lt(n, 3000);
}
END_TEST

// At its full price, all up to the passphrase and the first behind it; SCARCE=all: every one.
START_TEST(test_scarce_pass)
{
    static const char msg[] = "{new:eve pass:!`" PASS "`}@sys.usr";
    static struct sim s;
    bool all = getenv("SCARCE") != NULL, paid = false;

    for (long n = 0; all || !paid; n++) {
        if (run_scarce(&s, NULL, msg, n))
            break;
        paid = s.mem.most_bytes >= 64 << 20;
    }
    ck_assert(paid);
}
END_TEST

Suite *services_usr_keys_suite(void)
{
    Suite *s = suite_create("services/usr_keys");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_login);
    tcase_add_test(t, test_asked);
    tcase_add_test(t, test_pass);
    tcase_add_test(t, test_imp);
    tcase_add_test(t, test_exp);
    tcase_add_test(t, test_move);
    tcase_add_test(t, test_killed);
    tcase_add_loop_test(t, test_scarce, 0, COUNT(scarce));
    tcase_add_test(t, test_scarce_pass);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}
