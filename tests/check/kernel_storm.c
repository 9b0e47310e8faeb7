// SPDX-License-Identifier: MIT
// Random trees of messages, killed at random, under the simulated clock: whatever happens, what
// lab_check says holds after every step, and at the end nothing is left.
//
// STORM=N: N seeds instead of a few; STORM_SEED=S: the first of them. A failing run prints its seed.
#include <stdarg.h>

#include "keys/identity.h"
#include "tests/sim/lab.h"

enum { ROOTS = 12, TURNS = 250, TEXT = 6000, MS = 1000000 };

static struct sim s;
static uint64_t storm_seed, simulated_ns, tasks_run;

// Of its own, so that what the node asks for does not change what is sent.
static uint64_t state;

static unsigned pick(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

// ---- Messages

struct text {
    char at[TEXT];
    size_t n;
};

static void put(struct text *t, const char *form, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *form, ...)
{
    va_list args;

    va_start(args, form);
    t->n += (size_t)vsnprintf(t->at + t->n, t->n < TEXT ? TEXT - t->n : 0, form, args);
    va_end(args);
}

static void message(struct text *t, unsigned deep);

static void messages(struct text *t, unsigned deep, unsigned most)
{
    put(t, "[");
    for (unsigned n = pick(most) + 1; n; n--) {
        message(t, deep);
        put(t, " ");
    }
    put(t, "]");
}

// Names of the fields around; the deeper, the more of them are there.
static void ref(struct text *t)
{
    static const char *const names[] = {"@x", "@y", "@z", "@x.0", "@z.a"};

    put(t, "%s", names[pick(COUNT(names))]);
}

static void leaf(struct text *t)
{
    static const char *const leaves[] = {
        "tick@lab",
        "hold@lab",
        "fail@lab",
        "5",
        "(echo [1 {a:b}])@lab",
        "(say w)@lab",
        "5@lab.pure",
        "(neg 5)@math.calc",
        "(div (1 0))@math.calc",
        "me@lab",
        "(inp `?`)@io.term",
        "inp.key@io.term",
        "get.tree@sys.task",
        "(len (dup (300 abc))@dat.proc)@dat.proc",
        "(work [1 [2 `some text that is longer than most`]])@lab",
        "(side [a b])@lab",
    };
    unsigned n = pick(COUNT(leaves) + 8);

    if (n < COUNT(leaves))
        put(t, "%s", leaves[n]);
    else if (n < COUNT(leaves) + 2)
        put(t, "(wait %u)@lab", pick(20 * MS));
    else if (n < COUNT(leaves) + 4)
        put(t, "(burn %u)@lab", pick(3 * MS));
    else if (n < COUNT(leaves) + 5)
        put(t, "(kill %u)@lab", pick(400));
    else {
        put(t, "(echo [");
        ref(t);
        put(t, "])@lab");
    }
}

static void message(struct text *t, unsigned deep)
{
    static const char *const several[] = {"(all ",      "(first ",    "(seq ",     "(mix ",
                                          "(task.que ", "(task.sim ", "(test.run "};
    static const char *const one[] = {"(try ",  "(keep ",     "(read ",     "(front ", "(alone ",
                                      "(sep ",  "(task.sep ", "(run ",      "(echo ",  "(work ",
                                      "(side ", "(try ",      "(task.loop "};
    unsigned n = pick(14);

    if (!deep || t->n > TEXT / 3) {
        leaf(t);
        return;
    }
    if (n < 4) {
        unsigned which = pick(COUNT(several) - 1);

        put(t, "%s", several[which]);
        messages(t, deep - 1, 4);
        put(t, ")@%s", which < 4 ? "lab" : "sys.task");
    } else if (n < 7) {
        unsigned which = pick(COUNT(one) - 1);

        put(t, "%s", one[which]);
        message(t, deep - 1);
        put(t, ")@%s", which == 6 || which == 7 || which == 11 ? "sys.task" : "lab");
    } else if (n < 8) {
        put(t, pick(8) ? "(loop (%u " : "(loop (99999%u ", pick(6));
        message(t, deep - 1);
        put(t, "))@lab");
    } else if (n < 9) {
        put(t, "(task.loop (%u ", pick(6));
        message(t, deep - 1);
        put(t, "))@sys.task");
    } else if (n < 10) {
        put(t, "{run:");
        message(t, deep - 1);
        put(t, " ms:%u}@sys.task", 1 + pick(15));
    } else if (n < 11) {
        put(t, "(map (%s [1 2 x %u])@%s)@dat.proc", pick(2) ? "neg" : "echo", pick(9),
            pick(2) ? "math.calc" : "lab.pure");
    } else {
        put(t, "{%s:", pick(2) ? "all" : "seq");
        messages(t, deep - 1, 4);
        put(t, " x:");
        message(t, deep - 1);
        put(t, " y:");
        if (pick(3))
            message(t, deep - 1);
        else
            ref(t);
        if (pick(2)) {
            put(t, " z:{a:");
            message(t, deep > 1 ? 1 : 0);
            put(t, "}");
        }
        put(t, "}@lab");
    }
}

// ---- What happens to them

static struct task *roots[ROOTS];

// Whose messages they are: the node's owner's, those of a user who may do what the storm does, of one
// who may do some of it, and of nobody.
enum { USERS = 4 };

static struct owner *user(struct kernel *k)
{
    static struct owner *all[USERS];
    static const uint8_t keys[USERS][32] = {{0}, {1}, {2}};

    static const uint8_t often[] = {0, 0, 0, 0, 1, 1, 2, 3};
    unsigned i = often[pick(COUNT(often))];

    all[0] = &k->owner;
    all[1] = owner_known(k, keys[1]);
    all[2] = owner_known(k, keys[2]);
    all[3] = &k->nobody;
    if (!all[i])
        all[i] = owner_find(k, keys[i]);
    if (!all[i])
        all[i] = &k->owner; // no memory for him
    return all[i];
}

// {to may ..} from the node's owner, as if it had been read from the file.
static void give(struct kernel *k, const char *text)
{
    const struct identity *id;
    struct grant *g;
    struct arena a;
    struct unit u;
    struct fail f;

    arena_init(&a, &s.mem.mem, 1 << 20);
    ck_assert_int_eq(kernel_identity(k, &f, &id), ERR_OK);
    ck_assert_int_eq(unit_parse(&a, span_of(text), &u, &f), ERR_OK);
    ck_assert_msg(grant_new(k, &u, id->cert.user, NULL, &g, &f) == ERR_OK, "%s", f.why);
    rights_add(k, g);
    rights_quotas(k);
    arena_fini(&a);
}

static void give_some(struct kernel *k)
{
    if (pick(2))
        give(k, "{to:%`AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=` tasks:(5 60) "
                "may:[lab lab.pure math.calc dat.proc sys.task time.chrono io.term test.echo]}");
    if (pick(2))
        give(k, "{to:%`AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=` mem:(100000 300000) "
                "may:[lab.all lab.seq lab.try lab.hold lab.wait compute] rate:1000}");
}

static void send(struct kernel *k)
{
    static struct text t;
    unsigned slot = pick(ROOTS);
    struct unit u;
    enum err e;

    if (roots[slot]) {
        task_free(roots[slot]);
        roots[slot] = NULL;
    }
    if (!pick(8)) // somebody else sits down at the terminal
        term_set_owner(k, &s.term, user(k));
    t.n = 0;
    message(&t, 1 + pick(5));
    if (t.n >= TEXT)
        return;
    if (task_of(user(k), &s.term, &roots[slot])) {
        roots[slot] = NULL;
        return;
    }
    e = unit_parse(task_arena(roots[slot]), span_of(t.at), &u, NULL);
    if (e) {
        ck_assert_msg(e == ERR_NO_MEMORY || e == ERR_TOO_DEEP, "%s: %s", t.at, err_word(e));
        task_free(roots[slot]);
        roots[slot] = NULL;
        return;
    }
    task_start(roots[slot], &u);
}

// One of those that wait for the test.
static void answer(const struct kernel *k)
{
    const struct unit five = unit_int(5);
    struct call *c = lab.holds_n ? lab.holds[pick(lab.holds_n)] : NULL;

    for (const struct task *t = k->oldest; t; t = t->all_next) {
        if (t->state != TASK_WAITS || t->waits != c || !c || strcmp(c->command->name, "hold"))
            continue; // its memory may be somebody else's now
        if (pick(3))
            call_answer(c, &five);
        else
            call_refuse(c, ERR_CONFLICT);
        break;
    }
    if (lab.holds_n > LAB_HOLDS / 2)
        lab.holds_n = 0; // they wait until somebody ends them
}

static void typed(void)
{
    const struct unit line = unit_word("typed");
    struct call *c = s.asks;

    s.asks = NULL;
    if (c)
        call_answer(c, &line);
}

static struct task *any(const struct kernel *k)
{
    struct task *t = k->oldest;

    for (unsigned n = pick(60); t && n; n--)
        t = t->all_next ? t->all_next : k->oldest;
    return t;
}

static bool is_root(const struct task *t)
{
    for (unsigned i = 0; i < ROOTS; i++)
        if (roots[i] == t)
            return true;
    return false;
}

static void happen(struct kernel *k)
{
    unsigned what = pick(24), slot = pick(ROOTS);
    struct task *t = any(k);
    uint64_t due;

    s.said_len = 0;
    if (what < 5) {
        send(k);
    } else if (what < 6 && roots[slot]) {
        task_cancel(roots[slot]);
    } else if (what < 7 && roots[slot]) {
        task_free(roots[slot]);
        roots[slot] = NULL;
    } else if (what < 8 && t && (t->parent || t->background || is_root(t))) {
        task_cancel(t); // and whoever waits for it is told
    } else if (what < 9) {
        (void)term_interrupt(k, &s.term);
    } else if (what < 11) {
        answer(k);
    } else if (what < 12) {
        typed();
    } else if (what < 15) {
        (void)sim_run_job(&s);
    } else if (what < 16 && s.mem.fail_at < 0 && !pick(4)) {
        s.mem.fail_at = s.mem.gets + pick(20);
    } else if (what < 17) {
        s.mem.fail_at = -1;
    } else if (what < 18) {
        s.jobs_refused = pick(3);
    } else {
        due = kernel_step(k);
        if (due && due != UINT64_MAX && pick(2) && due > s.now_ns)
            s.now_ns = due;
    }
    lab_check(k);
}

static void end(struct kernel *k)
{
    s.mem.fail_at = -1;
    for (unsigned i = 0; i < ROOTS; i++) {
        if (roots[i])
            task_free(roots[i]);
        roots[i] = NULL;
        lab_check(k);
    }
    while (k->oldest) { // in the background
        task_cancel(k->oldest);
        lab_check(k);
    }
    for (int i = 0; k->workers_busy && i < 100; i++) {
        (void)sim_run_job(&s);
        (void)kernel_step(k);
        lab_check(k);
    }
    ck_assert_ptr_null(s.asks);
    ck_assert_ptr_null(s.term.front);
    term_close(k, &s.term);
    lab_done(&s, k);
}

static void storm(uint64_t seed)
{
    struct kernel *k;

    storm_seed = state = seed;
    (void)pick(1);
    sim_init(&s, seed);
    s.tick_ns = pick(2) ? 20000 : 200000;
    s.line = pick(3) ? NULL : "here at once";
    if (pick(4))
        sim_work(&s, 1 + pick(4));
    k = lab_kernel(&s);
    give_some(k);
    k->budget_ns = pick(2) ? 20 * MS : 1000 * MS;
    for (unsigned turn = 0; turn < TURNS; turn++)
        happen(k);
    simulated_ns += s.now_ns;
    tasks_run += k->last_id;
    end(k);
}

static uint64_t number(const char *name, uint64_t other)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : other;
}

static void say_seed(void)
{
    if (storm_seed)
        (void)fprintf(stderr, "storm: seed %llu\n", (unsigned long long)storm_seed);
}

// The sanitizers call this first.
void __asan_on_error(void);
void __asan_on_error(void)
{
    say_seed();
}

START_TEST(test_storm)
{
    uint64_t n = number("STORM", 60), first = number("STORM_SEED", 1);

    (void)atexit(say_seed); // of the one that fails
    for (uint64_t seed = first; seed < first + n; seed++)
        storm(seed);
    storm_seed = 0;
    if (getenv("STORM"))
        (void)fprintf(stderr, "storm: seeds %llu to %llu, %llu s simulated, %llu tasks\n",
                      (unsigned long long)first, (unsigned long long)(first + n - 1),
                      (unsigned long long)(simulated_ns / 1000000000),
                      (unsigned long long)tasks_run);
}
END_TEST

Suite *kernel_storm_suite(void)
{
    Suite *suite = suite_create("kernel/storm");
    TCase *t = tcase_create("storm");

    tcase_add_test(t, test_storm);
    tcase_set_timeout(t, 0);
    suite_add_tcase(suite, t);
    return suite;
}
