// SPDX-License-Identifier: MIT
// sys.usr: sessions of several users in a simulated machine; what they write; what they may.
#include "tests/check/usr_fix.h"

// ---- One after the other at the same terminal

START_TEST(test_sessions)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);

    ASK(&s, k, {"who@sys.usr", "{name:owner id:tu1.."},
        {"(keys (get (@0 ls@sys.usr))@dat.proc)@dat.proc", "[name id locked]"},
        {"(get (@0.locked ls@sys.usr))@dat.proc", "f"}, {"(new bob)@sys.usr", "{name:bob id:tu1.."},
        {"(new bob)@sys.usr", "!exists a user of this machine has this name already"},
        {"(new owner)@sys.usr", "!bad-arg owner is no name for a user"},
        {"(new node)@sys.usr", "!bad-arg"}, {"(new Bob)@sys.usr", "!bad-arg"},
        {"(new `../bob`)@sys.usr", "!bad-arg"}, {"(new ``)@sys.usr", "!bad-arg"},
        {"{new:eve pass:!``}@sys.usr", "!bad-arg a passphrase has 1 to 1024 bytes"},
        {"{new:eve pass:sesame}@sys.usr", "!bad-arg"}, {"(new eve)@sys.usr", "{name:eve id:tu1.."},
        {"(len ls@sys.usr)@dat.proc", "3"},
        {"(eq ((pub bob)@sys.usr (get (@1.id ls@sys.usr))@dat.proc))@dat.proc", "t"},
        {"(pub nobody)@sys.usr", "!not-found"},
        // Another user: what concerns himself, and nothing else.
        {"(login bob)@sys.usr", "-"}, {"who@sys.usr", "{name:bob id:tu1.."},
        {"(get (@0.name ls@sys.usr))@dat.proc", "!denied"}, {"ls@sys.usr", "[{name:bob id:tu1.."},
        {"pub@sys.usr", "tu1.."}, {"(pub bob)@sys.usr", "tu1.."}, {"(pub owner)@sys.usr", "tu1.."},
        {"(pub eve)@sys.usr", "!denied the names of others"},
        {"(pub nosuch)@sys.usr", "!denied the names of others"}, {"(new x)@sys.usr", "!denied"},
        {"(del eve)@sys.usr", "!denied"}, {"(own (math.calc bob))@sys.usr", "!denied"},
        {"{imp:!`x` name:y}@sys.usr", "!denied"}, {"(neg 5)@math.calc", "!denied"},
        {"{exp:owner words:t}@sys.usr", "!denied"}, {"{exp:eve words:t}@sys.usr", "!denied"},
        // Nobody.
        {"logout@sys.usr", "-"}, {"who@sys.usr", "-"}, {"ls@sys.usr", "!denied"},
        {"pub@sys.usr", "!denied"}, {"(sign 5)@sys.usr", "!denied"}, {"acct@sys.usr", "!denied"},
        {"(login nosuch)@sys.usr", "!denied name and passphrase do not open a key here"},
        {"login@sys.usr", "!denied"}, {"(login {})@sys.usr", "!bad-arg"},
        {"(login {ath:bob pass:sesame})@sys.usr", "!bad-arg"},
        {"{login:%`AA==` pass:!`x`}@sys.usr", "!bad-arg a public key has 32 bytes"},
        // And back.
        {"(login {ath:owner})@sys.usr", "!denied"}, {OWNER_BACK, NULL}, {"(neg 5)@math.calc", "-5"},
        {"(del bob)@sys.usr", "-"}, {"(del bob)@sys.usr", "!not-found"},
        {"(login bob)@sys.usr", "!not-found"}, {"(del owner)@sys.usr", "!denied"},
        {"(len ls@sys.usr)@dat.proc", "2"});
    ck_assert_str_eq(s.said, "");
    lab_done(&s, k);
}
END_TEST

// Several users of one machine, each with a session; what ran keeps its author.
START_TEST(test_seats)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);
    struct term mine = s.term, other = s.term;
    struct task *t;
    struct unit u;

    ASK(&s, k, {"(new bob)@sys.usr", "{name:bob id:tu1.."});
    s.term = other;
    ASK(&s, k, {"(login bob)@sys.usr", "-"}, {"who@sys.usr", "{name:bob.."});
    other = s.term;
    s.term = mine;
    ASK(&s, k, {"who@sys.usr", "{name:owner.."}, {"(neg 5)@math.calc", "-5"});
    // Without a terminal there is no session.
    ck_assert_int_eq(task_new(k, NULL, &t), ERR_OK);
    u = test_unit(task_arena(t), "(login bob)@sys.usr");
    task_start(t, &u);
    ck_assert_str_eq(lab_print(&s, t), "!not-supported this message belongs to no session");
    ASK(&s, k, {"(task.sep logout@sys.usr)@sys.task", ".."}, {"who@sys.usr", "{name:owner.."});
    row_settle(&s, k);
    term_close(k, &other);
    lab_done(&s, k);
}
END_TEST

// ---- Documents, sealed units

START_TEST(test_docs)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);

    sim_work(&s, _i ? 2 : 1);
    if (!_i)
        s.plat.work = NULL;
    ASK(&s, k, {"(check (sign [a 1])@sys.usr)@sys.usr", "{ath:tu1.."},
        {"(keys (check (sign [a 1])@sys.usr)@sys.usr)@dat.proc", "[ath node time msg]"},
        {"(get (@msg (check (sign [a 1])@sys.usr)@sys.usr))@dat.proc", "[a 1]"},
        {"(get (@time (check (sign [a 1])@sys.usr)@sys.usr))@dat.proc", "`2023-11-14T22:13:20.."},
        {"(eq ((get (@ath (check (sign -)@sys.usr)@sys.usr))@dat.proc pub@sys.usr))@dat.proc", "t"},
        // What was signed is data.
        {"{x:(prs.str `[(say boo)@lab @y]`)@dat.proc get:(@msg (check (sign @x)@sys.usr)@sys.usr)}"
         "@dat.proc",
         "[(say boo)@lab @y]"},
        {"(len (get (@msg (check (sign (dup (100000 7))@dat.proc)@sys.usr)@sys.usr))@dat.proc)"
         "@dat.proc",
         "100000"},
        {"(sign !`sesame`)@sys.usr", "!bad-arg sign does not take secrets"},
        {"(check %``)@sys.usr", "!syntax"}, {"(check abc)@sys.usr", "!bad-arg"},
        {"(open {seal:[a 1] to:owner}@sys.usr)@sys.usr", "[a 1]"},
        {"(open {seal:- to:owner}@sys.usr)@sys.usr", "-"},
        {"(len (open {seal:(dup (100000 7))@dat.proc to:owner}@sys.usr)@sys.usr)@dat.proc",
         "100000"},
        {"(seal 5)@sys.usr", "!bad-arg to:USER is missing"},
        {"{seal:!`sesame` to:owner}@sys.usr", "!bad-arg seal does not take secrets"},
        {"{seal:5 to:%`AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`}@sys.usr",
         "!bad-arg to that key nothing can be sealed"},
        {"(open %``)@sys.usr", "!denied this was not sealed to you"},
        {"(open %`AAAA`)@sys.usr", "!denied this was not sealed to you"},
        {"(new bob)@sys.usr", "{name:bob.."}, {"(open {seal:5 to:bob}@sys.usr)@sys.usr", "!denied"},
        {"(login bob)@sys.usr", "-"}, {"(open {seal:5 to:bob}@sys.usr)@sys.usr", "5"},
        {"(open {seal:5 to:owner}@sys.usr)@sys.usr", "!denied"},
        {"(check (sign 5)@sys.usr)@sys.usr", "{ath:tu1.."});
    ck_assert_str_eq(s.said, "");
    lab_done(&s, k);
}
END_TEST

// ---- Rights

START_TEST(test_rights)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);
    char id[200], msg[400];

    usr_put(&s, "bob.user", 5);
    ASK(&s, k, {"grants@sys.usr", "[]"},
        {"(keys acct@sys.usr)@dat.proc", "[messages bytes time memory tasks quota]"},
        {"(get (@quota.rate acct@sys.usr))@dat.proc", "-"},
        {"(type (get (@quota.mem acct@sys.usr))@dat.proc)@dat.proc", "pair"},
        {"(acct bob)@sys.usr", "{messages:0 .."}, {"(grant {})@sys.usr", "!bad-arg"},
        {"(grant {to:bob})@sys.usr", "!bad-arg"}, {"(grant 5)@sys.usr", "!bad-arg"},
        {"(grant {to:nosuch may:[math.calc]})@sys.usr", "!not-found"},
        {"(grant {to:bob may:[no.such]})@sys.usr", "!bad-arg"},
        {"(grant {to:bob may:[sys.usr.new]})@sys.usr", "!bad-arg"},
        {"(grant {to:bob may:[math.calc] until:never})@sys.usr", "!bad-arg"},
        {"(grant {to:bob may:[math.calc] rate:0})@sys.usr", "!bad-arg"},
        {"(grant {to:bob may:[math.calc] wish:1})@sys.usr", "!bad-arg"},
        {"(grant {to:bob may:[math.calc] on:@a.b})@sys.usr", "!bad-arg none of these commands"},
        {"(grant {to:bob may:[math.calc] on:`a.b`})@sys.usr", "!bad-arg none of these commands"},
        {"(grant {to:bob may:[math.calc] on:`a..b`})@sys.usr", "!bad-arg on wants a path"},
        {"(grant {to:bob may:[math.calc] to2:@x})@sys.usr", "!no-ref.."},
        {"(revoke %`AA==`)@sys.usr", "!bad-arg"}, {"(revoke {})@sys.usr", "!bad-arg"},
        {"(revoke %`AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`)@sys.usr", "!not-found"},
        {"{grant:{to:@who may:[@what math.calc.abs] until:`2030-01-02` rate:1000 "
         "mem:(0 100000000) tasks:(1 20)} who:(low BOB)@dat.proc what:dat.proc.get}@sys.usr",
         "{id:%.."});
    ASK(&s, k, {"(get (@0.by grants@sys.usr))@dat.proc", "owner"},
        {"(get (@0.to grants@sys.usr))@dat.proc", "bob"},
        {"(get (@0.may grants@sys.usr))@dat.proc", "[dat.proc.get math.calc.abs]"},
        {"(get (@0.until grants@sys.usr))@dat.proc", "`2030-01-02T00:00:00.000Z`"},
        {"(get (@0.mem grants@sys.usr))@dat.proc", "(0 100000000)"});
    strcpy(id, usr_ask(&s, k, "(get (@0.id grants@sys.usr))@dat.proc"));
    snprintf(msg, sizeof msg, "(revoke %s)@sys.usr", id);
    ASK(&s, k, {msg, "-"}, {msg, "!not-found"}, {"grants@sys.usr", "[]"},
        {"(grant {to:bob may:math.calc.neg})@sys.usr", "{id:%.."});
    strcpy(id, usr_ask(&s, k, "(get (@0 grants@sys.usr))@dat.proc"));
    ASK(&s, k, {"{login:bob pass:!`" PASS "`}@sys.usr", "-"}, {"(neg 5)@math.calc", "-5"},
        {"(abs 5)@math.calc", "!denied"}, {"(grant {to:owner may:[math.calc]})@sys.usr", "!denied"},
        {"(grant {to:owner may:[no.such]})@sys.usr", "!denied no.such is not yours to give"},
        {"(grants bob)@sys.usr", "[{id:%.."}, {"(grants owner)@sys.usr", "[]"},
        {"own@sys.usr", "!denied"}, {"(grants kim)@sys.usr", "!denied the names of others"},
        {"grants@sys.usr", "[{id:%.."}, {"(get (@0.by grants@sys.usr))@dat.proc", "!denied"},
        {"(acct bob)@sys.usr", "{messages:.."}, {"(acct owner)@sys.usr", "!denied"},
        {"acct@sys.usr", "{messages:.."});
    snprintf(msg, sizeof msg, "(revoke %s)@sys.usr", id);
    ASK(&s, k, {msg, "!denied"}, {OWNER_BACK, NULL}, {"(acct bob)@sys.usr", "{messages:.."},
        {msg, "-"}, // the whole map that grants told
        {"{login:bob pass:!`" PASS "`}@sys.usr", "-"}, {"(neg 5)@math.calc", "!denied"},
        {OWNER_BACK, NULL}, {"(own (no.such bob))@sys.usr", "!no-service"}, {"own@sys.usr", "[]"},
        {"(own (sys.usr bob))@sys.usr", "!denied no prompt goes without"},
        {"(own (math.calc bob))@sys.usr", "-"}, {"(own math.calc)@sys.usr", "!bad-arg"},
        {"own@sys.usr", "[(math.calc bob)]"},
        {"(neg 5)@math.calc", "!denied there is no such thing for you here"},
        {"{login:bob pass:!`" PASS "`}@sys.usr", "-"}, {"(abs -5)@math.calc", "5"},
        {OWNER_BACK, NULL}, {"(own (math.calc -))@sys.usr", "-"}, {"(neg 5)@math.calc", "-5"});
    lab_done(&s, k);
}
END_TEST

// ---- A machine that lacks something

START_TEST(test_poor)
{
    static struct sim s;
    struct kernel *k;

    sim_init(&s, 1);
    s.no_random = true;
    k = lab_kernel(&s);
    ASK(&s, k, {"who@sys.usr", "!not-supported"}, {"(new bob)@sys.usr", "!not-supported"},
        {"(sign 5)@sys.usr", "!not-supported"}, {"(login bob)@sys.usr", "!not-supported"},
        {"{seal:5 to:%`ERERERERERERERERERERERERERERERERERERERERERE=`}@sys.usr", "!.."});
    lab_done(&s, k);
    sim_init(&s, 1);
    s.plat.file = NULL;
    k = lab_kernel(&s);
    ASK(&s, k, {"who@sys.usr", "{name:owner.."}, {"ls@sys.usr", "!not-supported"},
        {"(new bob)@sys.usr", "!not-supported"}, {"(login bob)@sys.usr", "!not-supported"},
        {"(pass !`x`)@sys.usr", "!not-supported"}, {"(check (sign 5)@sys.usr)@sys.usr", "{ath:.."},
        {"pub@sys.usr", "tu1.."});
    lab_done(&s, k);
}
END_TEST

// Files that are damaged, and an owner whose key lies on another device.
START_TEST(test_files)
{
    static struct sim s;
    struct kernel *k = usr_kernel(&s);

    ck_assert_int_eq(s.file.make(&s, "eve.user", SPAN("no key")), ERR_OK);
    ASK(&s, k, {"pub@sys.usr", "tu1.."},
        {"(get (@1 ls@sys.usr))@dat.proc", "{name:eve id:- locked:- err:corrupt}"},
        // A key of zeros is nobody's, not that of all who are not known.
        {"(del %`AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`)@sys.usr", "!not-found"},
        {"(pub eve)@sys.usr", "!corrupt"}, {"(new eve)@sys.usr", "!exists"},
        {"(login eve)@sys.usr", "!corrupt"}, {"(new bob)@sys.usr", "{name:bob.."},
        {"(del eve)@sys.usr", "-"}, {"(len ls@sys.usr)@dat.proc", "2"});
    ck_assert_int_eq(s.file.del(&s, "user.key"), ERR_OK);
    ASK(&s, k, {"who@sys.usr", "{name:owner id:tu1.."}, {"(sign 5)@sys.usr", "%.."},
        {"(get (@0.name ls@sys.usr))@dat.proc", "owner"},
        {"(get (@0.locked ls@sys.usr))@dat.proc", "-"},
        {"{exp:- pass:!`x`}@sys.usr", "!denied that key does not lie on this machine"},
        {"(open {seal:5 to:owner}@sys.usr)@sys.usr",
         "!denied that key does not lie on this machine"},
        {"(login bob)@sys.usr", "-"}, {"(login owner)@sys.usr", "!denied"},
        {"who@sys.usr", "{name:bob.."});
    lab_done(&s, k);
}
END_TEST

Suite *services_sys_usr_suite(void)
{
    Suite *s = suite_create("services/sys_usr");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_sessions);
    tcase_add_test(t, test_seats);
    tcase_add_loop_test(t, test_docs, 0, 2);
    tcase_add_test(t, test_rights);
    tcase_add_test(t, test_poor);
    tcase_add_test(t, test_files);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}
