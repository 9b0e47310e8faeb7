// SPDX-License-Identifier: MIT
// Many messages of all kinds through one kernel on Linux: at the end it is as it was at the start.
// usage: soak [messages [seed]]
//
// They are sent some at a time and end in every way: with a value, with an error, cancelled from
// outside, killed by another message, timed out, in the background. Memory is measured after the
// first part and at the end.
#include "tests/bench/node.h"

enum { AT_ONCE = 48, ROUND = 10000, FIRST = 100000, MS = 1000000, GROWTH_MAX_BYTES = 1 << 20 };

// The message, and how often it is sent in relation to the others.
static const struct {
    const char *msg;
    unsigned often;
} kinds[] = {
    // values
    {"(neg 5)@math.calc", 400},
    {"5@math.calc", 400},
    {"x@test.echo", 400},
    {"{neg:@a.b.1 a:{b:[1 2 3]}}@math.calc", 200},
    {"(sum [(sqr 12)@math.calc (neg (fac 9)@math.calc)@math.calc 3.5])@math.calc", 200},
    {"{x:(sum [1 2 3])@math.calc say:[@x @x]}@io.term", 100},
    {"(say `some text`)@io.term", 100},
    {"inp@io.term", 50},
    {"(sort [(5 a) 3 1 [2] `x` {a:1} 0x1f])@dat.proc", 100},
    {"(cat (`a text` ` and another one`))@dat.proc", 100},
    {"(split (`a,b,c,d` `,`))@dat.proc", 100},
    {"(len (dup (1000 abc))@dat.proc)@dat.proc", 20},
    {"(len (dup (100000 abc))@dat.proc)@dat.proc", 1},
    {"(prs.str (ser.str {a:[1 2 (3 4)] b:`x`})@dat.proc)@dat.proc", 50},
    {"(unzip (zip (dup (200 `abc`))@dat.proc)@dat.proc)@dat.proc", 20},
    {"(hash {a:1 b:[1 2 3]})@dat.proc", 50},
    {"(fac 1000)@math.calc", 20},
    {"(fac 20000)@math.calc", 1},
    {"(lin.int (1 50))@dat.gen", 50},
    {"uuid@dat.gen", 50},
    {"help@math.calc", 2},
    {"get@sys.task", 50},
    {"get.tree@sys.task", 10},
    {"now@time.chrono", 50},
    // errors
    {"(neg x)@math.calc", 300},
    {"(div (1 0))@math.calc", 200},
    {"5@nowhere", 200},
    {"(nothing 5)@math.calc", 100},
    {"{neg:@a.b a:5}@math.calc", 100},
    {"{a:@b b:@a neg:@a}@math.calc", 100},
    {"(neg (neg (neg (sqrt -1)@math.calc)@math.calc)@math.calc)@math.calc", 100},
    {"(grp (0 [1]))@dat.proc", 50},
    {"(dup (1000000 (dup (1000000 a))@dat.proc))@dat.proc", 10},
    {"(fac 100000000)@math.calc", 50},
    {"{x:(try @x@sys.task)@sys.task neg:@x}@math.calc", 50},
    // messages that send messages
    {"(try (div (1 0))@math.calc)@sys.task", 100},
    {"(try ((div (1 0))@math.calc other))@sys.task", 100},
    {"(task.sim [(neg 1)@math.calc (neg x)@math.calc (try (neg x)@math.calc)@sys.task 5])@sys.task",
     100},
    {"(task.que [(neg 1)@math.calc (neg x)@math.calc (neg 2)@math.calc])@sys.task", 100},
    {"(task.loop (5 (neg 1)@math.calc))@sys.task", 50},
    {"(task.loop (300 (sum [1 2])@math.calc))@sys.task", 1},
    {"{sum:[1 2] task:[math.calc test.echo]}@sys.task", 100},
    {"{msg:(neg 5) task:[math.calc test.void math.calc]}@sys.task", 50},
    {"{task.graph:{math.calc:[test.echo]} msg:(sum [1 2])}@sys.task", 50},
    {"(task.stk [a b c]@test.void)@sys.task", 50},
    {"(map (neg [1 2 3 4 5])@math.calc)@dat.proc", 50},
    {"(map (neg [1 2 x 4 5])@math.calc)@dat.proc", 20},
    {"(map (fac [900 1000 1100 500])@math.calc)@dat.proc", 1},
    {"(fold (sum [1 2 3 4 5])@math.calc)@dat.proc", 50},
    {"(filt (gt [1 2 3])@math.calc)@dat.proc", 10},
    {"{a:(task.sim [@b @b])@sys.task b:(sum [1 2])@math.calc say:[@a @b]}@io.term", 50},
    // the background
    {"(task.sep (neg 5)@math.calc)@sys.task", 50},
    {"(task.sep (neg x)@math.calc)@sys.task", 50},
    {"(task.sep (task.que [(wait.ms 1)@time.chrono (say x)@io.term])@sys.task)@sys.task", 2},
    {"{every:(say x)@io.term ms:1}@time.chrono", 1}, // until it is killed
    // those that are ended
    {"(wait 1000)@time.chrono", 4},
    {"(task.loop (wait 1000)@time.chrono)@sys.task", 2},
    {"(task.sim [(wait 1000)@time.chrono (task.que [(wait 1000)@time.chrono])@sys.task "
     "5])@sys.task",
     2},
    {"(task.loop (neg 5)@math.calc)@sys.task", 1},
    {"{run:(wait 1000)@time.chrono ms:1}@sys.task", 2},
    {"{run:(task.loop (wait.ms 1)@time.chrono)@sys.task ms:3}@sys.task", 1},
    {"{run:(task.sim [(wait 9)@time.chrono (neg 5)@math.calc])@sys.task ms:2}@sys.task", 1},
    {"{try:({run:(wait 9)@time.chrono ms:1}@sys.task late)}@sys.task", 1},
};

static uint64_t state;

static unsigned pick(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

static size_t resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long size, resident;

    if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2)
        exit(2);
    (void)fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

struct slot {
    struct task *t;
    uint64_t since;
};
static struct slot slots[AT_ONCE];
static unsigned total;
static unsigned long sent, values, errors, cancelled, timeouts, busy;

static void collect(struct slot *s)
{
    const struct outcome *o = task_outcome(s->t);

    values += o->e == ERR_OK;
    errors += o->e && o->e != ERR_CANCELLED && o->e != ERR_TIMEOUT;
    cancelled += o->e == ERR_CANCELLED;
    timeouts += o->e == ERR_TIMEOUT;
    task_free(s->t);
    s->t = NULL;
}

static void send(struct node *n, struct slot *s)
{
    unsigned which = pick(total), i = 0;

    while (which >= kinds[i].often)
        which -= kinds[i++].often;
    s->t = node_send(n, kinds[i].msg);
    s->since = sent++;
    busy += !s->t;
}

// By a message, whichever task it meets.
static void kill_one(struct node *n)
{
    const struct task *t = n->k->oldest;
    char msg[64];
    struct task *killer;

    for (unsigned to = pick(AT_ONCE); t && to && t->all_next; to--)
        t = t->all_next;
    if (!t)
        return;
    (void)snprintf(msg, sizeof msg, "(kill %llu)@sys.task", (unsigned long long)t->id);
    killer = node_send(n, msg);
    sent++;
    while (killer && !task_outcome(killer))
        (void)kernel_step(n->k);
    if (killer)
        task_free(killer);
}

static void turn(struct node *n)
{
    bool some = false;
    uint64_t due;

    for (unsigned i = 0; i < AT_ONCE; i++) {
        struct slot *s = &slots[i];

        if (s->t && !task_outcome(s->t) && sent - s->since > 400)
            task_cancel(s->t); // it has had its time
        if (s->t && task_outcome(s->t))
            collect(s);
        if (!s->t) {
            send(n, s);
            some = true;
        }
    }
    if (!pick(100))
        kill_one(n);
    due = kernel_step(n->k);
    if (!some && due)
        n->port.plat.wait(&n->port, due);
}

static void empty(struct node *n)
{
    for (unsigned i = 0; i < AT_ONCE; i++) {
        if (!slots[i].t)
            continue;
        task_cancel(slots[i].t);
        collect(&slots[i]);
    }
    while (n->k->oldest) // the background
        task_cancel(n->k->oldest);
    while (n->k->workers_busy) {
        (void)kernel_step(n->k);
        n->port.plat.wait(&n->port, node_now(n) + MS);
    }
}

static unsigned wrong;

static void must(const char *what, bool holds)
{
    if (holds)
        return;
    wrong++;
    (void)printf("soak: WRONG: %s\n", what);
}

static void must_be_empty(const struct kernel *k)
{
    must("no task runs", !k->running && !k->oldest && !k->newest);
    must("no task is held", !k->owner.tasks);
    must("nobody is ready", !k->prompt.first && !k->slow.first && !k->asides.first);
    must("no timer is set", !k->timers_n);
    must("nobody is parked", !k->parked);
    must("no worker is busy", !k->workers_busy);
    must("spare tasks are few", k->owner.spare_n <= KERNEL_SPARE_TASKS);
    must("what is kept belongs to spare tasks",
         k->owner.bytes <= (size_t)k->owner.spare_n * 2 * ARENA_CHUNK_BYTES);
}

int main(int argc, char **argv)
{
    unsigned long most = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000000;
    static struct node n;
    size_t before = 0, after;
    uint64_t start;

    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    (void)printf("soak: %lu messages, seed %llu\n", most, (unsigned long long)state);
    (void)fflush(stdout);
    for (size_t i = 0; i < COUNT(kinds); i++)
        total += kinds[i].often;
    node_init(&n, -1);
    start = node_now(&n);
    while (sent < most) { // in rounds, or the background would become ever more
        for (unsigned long end = sent + ROUND; sent < end;)
            turn(&n);
        empty(&n);
        must_be_empty(n.k);
        if (!before && sent >= FIRST)
            before = resident_bytes();
    }
    after = resident_bytes();
    (void)printf(
        "soak: %lu values, %lu errors, %lu cancelled, %lu timed out, %lu busy, %llu tasks in "
        "%.1f s\n",
        values, errors, cancelled, timeouts, busy, (unsigned long long)n.k->last_id,
        (double)(node_now(&n) - start) / 1e9);
    (void)printf("soak: memory %.2f MiB after 100 000 messages, %.2f MiB at the end\n",
                 (double)before / (1 << 20), (double)after / (1 << 20));
    must("memory does not grow", after <= before + GROWTH_MAX_BYTES);
    must("all kinds of ends were met", values && errors && cancelled && timeouts);
    node_fini(&n);
    return wrong != 0;
}
