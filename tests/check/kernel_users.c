// SPDX-License-Identifier: MIT
// Users as the kernel knows them: sessions, whose a message is, tasks, quotas, accounts.
#include "tests/check/rights_fix.h"
#include "units/parse.h"
#include "units/print.h"

// ---- Sessions

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
    cert = user_cert(k, BOB, bytes);
    user_login(&s, k, cert, "-");
    ck_assert_ptr_eq(s.term.user, user_of(k, BOB));
    lab_want(&s, k, "(neg 5)@math.calc", "!denied");
    // In the name of whoever is logged in.
    ck_assert_int_eq(cert_open(cert, &c, &f), ERR_OK);
    lab_want(&s, k, "logout@rig", "-");
    lab_want(&s, k, "self@vault", "!denied");
    lab_want(&s, k, "open@vault", "-");
    // A certificate that his key did not sign, or for another node.
    bytes[100] ^= 1;
    user_login(&s, k, cert, "!bad-sign");
    bytes[100] ^= 1;
    {
        struct sign_key key;
        size_t n;

        user_key(BOB, &key);
        c.node[0] ^= 1;
        cert_make(&key, &c, bytes, &n);
        user_login(&s, k, (struct span){(const char *)bytes, n}, "!denied");
    }
    ck_assert_ptr_eq(s.term.user, &k->nobody);
    // The node's owner comes back the same way.
    {
        const struct identity *own;

        ck_assert_int_eq(kernel_identity(k, &f, &own), ERR_OK);
        user_login(&s, k, (struct span){(const char *)own->cert_bytes, own->cert_n}, "-");
    }
    ck_assert_ptr_null(s.term.user);
    lab_want(&s, k, "(neg 5)@math.calc", "-5");
    term_close(k, &s.term);
    lab_done(&s, k);
}
END_TEST

// ---- Who leaves

START_TEST(test_forgotten)
{
    uint8_t bytes[CERT_MAX_BYTES];
    struct sim s;
    struct kernel *k;
    struct task *t, *his;
    struct unit u;
    struct fail f;

    sim_init(&s, 1);
    k = rights_kernel(&s);
    (void)send_as(&s, k, OWNER, "(own (math.calc $b))@rig");
    (void)send_as(&s, k, OWNER, "(grant {to:$b may:[vault]})@rig");
    (void)send_as(&s, k, OWNER, "(grant {to:$c may:[vault.get]})@rig");
    user_login(&s, k, user_cert(k, BOB, bytes), "-");
    ck_assert_int_eq(send_as(&s, k, BOB, "(grant {to:$c may:[math.calc]})@rig")[0], '%');
    ck_assert_str_eq(send_as(&s, k, CAROL, "(neg 5)@math.calc"), "-5");
    ck_assert_int_eq(task_new_own(k, &s.term, &t), ERR_OK); // his prompt
    ck_assert_int_eq(unit_parse(task_arena(t), SPAN("hold@lab"), &u, &f), ERR_OK);
    task_start(t, &u);
    ck_assert_ptr_nonnull(user_of(k, BOB)->identity);
    ck_assert_int_eq(send_as(&s, k, OWNER, "(grant {to:$b may:[lab]})@rig")[0], '%');
    ck_assert_int_eq(task_of(user_of(k, BOB), NULL, &his), ERR_OK);
    ck_assert_int_eq(unit_parse(task_arena(his), SPAN("(seq [hold@lab hold@lab])@lab"), &u, &f),
                     ERR_OK);
    task_start(his, &u);
    ck_assert_str_eq(send_as(&s, k, OWNER, "(forget $b)@rig"), "-");
    ck_assert_ptr_eq(s.term.user, &k->nobody);
    ck_assert_int_eq(task_outcome(his)->e, ERR_CANCELLED);
    task_free(his);
    ck_assert_ptr_null(user_of(k, BOB)->identity);
    ck_assert_str_eq(send_as(&s, k, OWNER, "(neg 5)@math.calc"), "-5"); // it was his
    ck_assert_int_eq(strncmp(send_as(&s, k, OWNER, "(forget $o)@rig"), "!denied", 7), 0);
    ck_assert_uint_eq(k->rights.grants_n, 1);
    ck_assert_int_eq(send_as(&s, k, BOB, "all@vault")[0], '!');
    ck_assert_int_eq(send_as(&s, k, CAROL, "(neg 5)@math.calc")[0], '!');
    ck_assert_str_eq(send_as(&s, k, CAROL, "(get @a)@vault"), "-");
    ck_assert_uint_eq(k->rights.grants_n, 1);
    task_cancel(t);
    task_free(t);
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
    user_login(&s, k, user_cert(k, BOB, bytes), "-");
    // The prompt of the node's owner.
    ck_assert_int_eq(task_new_own(k, &s.term, &t), ERR_OK);
    ck_assert_int_eq(unit_parse(task_arena(t), SPAN("(front (get @a)@vault)@lab"), &u, &f), ERR_OK);
    task_start(t, &u);
    lab_end(&s, k, t);
    ck_assert_int_eq(task_outcome(t)->e, ERR_DENIED);
    task_free(t);
    // Bob leaves something behind, and the owner comes.
    ck_assert_int_eq(task_new(k, &s.term, &back), ERR_OK);
    ck_assert_int_eq(
        unit_parse(task_arena(back),
                   SPAN("(sep (seq [hold@lab (front all@vault)@lab tick@lab])@lab)@lab"), &u, &f),
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
    ck_assert_uint_eq(lab.ticks, 0); // it was still bob's, who may not what is before it
    ck_assert_str_eq(told, "");      // nor does he speak in the session of another
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
    ck_assert_int_eq(task_of(user_of(k, CAROL), NULL, &t), ERR_OK);
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
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "open@vault"), "!busy", 5), 0);
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "logout@rig"), "!not-supported", 14),
                     0); // no session
    ck_assert_int_eq(strncmp(send_as(&s, k, BOB, "help@vault"), "!busy", 5), 0);
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
    ck_assert_uint_eq(n[0] = fill(k, user_of(k, CAROL), tasks[0], KERNEL_TASKS_ALL), 7);
    for (unsigned i = 1; i < 6; i++) { // five others
        id[1] = (uint8_t)i;
        n[i] = fill(k, owner_find(k, id), tasks[i], KERNEL_TASKS_ALL);
        ck_assert_uint_le(n[i], KERNEL_TASKS_MAX);
        all += n[i];
    }
    ck_assert_uint_eq(all, KERNEL_TASKS_ALL - 7 - 500 - NODE_TASKS_MIN);
    ck_assert_uint_eq(n[6] = fill(k, user_of(k, BOB), tasks[6], KERNEL_TASKS_ALL), 500);
    ck_assert_uint_eq(n[7] = fill(k, &k->owner, tasks[7], KERNEL_TASKS_ALL), NODE_TASKS_MIN);
    for (unsigned i = 0; i < 8; i++)
        drop(tasks[i], n[i]);
    ck_assert_uint_eq(k->tasks, 500 + NODE_TASKS_MIN);
    ck_assert_uint_eq(n[6] = fill(k, user_of(k, BOB), tasks[6], KERNEL_TASKS_ALL), 600);
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
    bob = user_of(k, BOB);
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

static enum err small_machine(void *ctx, uint64_t *total, uint64_t *left)
{
    (void)ctx;
    *total = 256 << 20;
    if (left)
        *left = *total;
    return ERR_OK;
}

// Whatever another has taken of a small machine, the node's owner opens a key.
START_TEST(test_memory_kept)
{
    const struct plat_hw hw = {.memory = small_machine};
    uint8_t other[32] = {9};
    struct owner *greedy;
    struct sim s;
    struct kernel *k;
    void *all = NULL, *p;
    size_t n = 256 << 20;

    sim_init(&s, 1);
    s.plat.hw = &hw;
    k = rights_kernel(&s);
    greedy = owner_find(k, other);
    while (!all && n > 1 << 20)
        all = greedy->mem.get(greedy, n -= 1 << 20);
    ck_assert_ptr_nonnull(all);
    p = k->owner.mem.get(&k->owner, 65 << 20);
    ck_assert_ptr_nonnull(p);
    k->owner.mem.put(&k->owner, p, 65 << 20);
    greedy->mem.put(greedy, all, n);
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
    snprintf(id, sizeof id, "%s",
             send_as(&s, k, OWNER,
                     "(grant {to:$b may:[vault] rate:5 tasks:(9 10) mem:(5 2000000)})@rig"));
    ck_assert_uint_eq(user_of(k, BOB)->quota.rate, 5);
    ck_assert_uint_eq(user_of(k, BOB)->quota.tasks_min, 9);
    snprintf(msg, sizeof msg, "(revoke %s)@rig", id);
    ck_assert_str_eq(send_as(&s, k, OWNER, msg), "-");
    ck_assert_uint_eq(user_of(k, BOB)->quota.rate, 0);
    ck_assert_uint_eq(user_of(k, BOB)->quota.tasks_min, 0);
    ck_assert_uint_eq(user_of(k, BOB)->quota.tasks_max, KERNEL_TASKS_MAX);
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
    ck_assert_uint_gt(user_of(k, BOB)->sent_bytes, 20);
    lab_done(&s, k);
}
END_TEST

Suite *kernel_users_suite(void)
{
    Suite *s = suite_create("kernel/users");
    TCase *t = tcase_create("users");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, test_session);
    tcase_add_test(t, test_forgotten);
    tcase_add_test(t, test_prompt);
    tcase_add_test(t, test_tasks);
    tcase_add_test(t, test_rate);
    tcase_add_test(t, test_tasks_quota);
    tcase_add_test(t, test_memory_quota);
    tcase_add_test(t, test_memory_kept);
    tcase_add_test(t, test_quota_ends);
    tcase_add_test(t, test_many_users);
    tcase_add_test(t, test_accounts);
    suite_add_tcase(s, t);
    return s;
}
