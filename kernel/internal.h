// SPDX-License-Identifier: MIT
// What the files of the kernel share. Nobody else includes this.
#ifndef TELEX_KERNEL_INTERNAL_H
#define TELEX_KERNEL_INTERNAL_H

#include "kernel/kernel.h"
#include "kernel/limits.h"
#include "kernel/rights.h"

// ---- Tables (kernel/route.c)

// Open addressing over a fixed set of names; slots hold index + 1.
struct names {
    uint16_t *slots;
    uint32_t mask;
};

struct route {
    const struct service *service;
    uint8_t user[32]; // whose it is when other is set, else the node's owner's
    bool given;
    const struct command *other; // the default command, or NULL
    struct names commands;
};

enum err routes_init(struct kernel *k, const struct service *const *services, struct fail *f);
const struct route *route_find(const struct kernel *k, struct span name);
const struct command *command_find(const struct route *r, struct span name);

/** Up to three names near to a word, `a b c`, as text; empty when nothing is near. */
struct span names_near(struct arena *a, struct span word, const struct route *r,
                       const struct kernel *k);

// ---- Tasks (kernel/task.c, kernel/read.c)

struct kernel;
struct task;

// A message around: where refs are looked up, from inside to outside.
struct scope {
    const struct scope *outer;
    const struct unit *msg;
    struct task *task; // whose message it is, and who remembers what its streams gave
    // A part of a message that is sent as a message of its own stands in that message, but its
    // streams are run anew each time it is sent. NULL: a message as it stands
    const struct scope *of;
};

enum frame_kind { FRAME_READ, FRAME_ITEMS, FRAME_REF, FRAME_STREAM };

// One step of reading that waits for another. Results travel in task.value.
struct frame {
    uint8_t kind;  // enum frame_kind
    uint8_t mode;  // enum read_mode: READ_DEEP or READ_TOP
    uint8_t state; // where to go on
    uint8_t level; // containers entered since the message began
    uint8_t refs;  // refs followed since the last container
    uint32_t at;   // items: next part; ref: next step
    const struct unit *node;
    const struct scope *scope;
    union {
        struct unit *items;       // items: what is built
        struct call *call;        // stream
        const struct unit *place; // ref: how far the walk came
    };
    const struct scope *found; // ref: the message in which the walk goes; stream: its own
};

// What reading gave at a position of the message: each stream is run once.
struct memo {
    uintptr_t key;   // address of the unit, low bit: READ_TOP; 0: free
    struct task *by; // who reads it; NULL: done, or given up
    bool done;
    struct unit value;
    const struct scope *where; // the message in which the value stands, or NULL
};

struct memos {
    struct memo *at;
    uint32_t n, cap;
};

enum task_state {
    TASK_NEW,
    TASK_READY,  // in a list of those that can go on
    TASK_RUNS,   // its step is being taken
    TASK_WAITS,  // for an answer, children, a timer
    TASK_PARKED, // for a stream of a message around that another one reads
    TASK_ASIDE,  // its handler is, or is to be, run by a worker
    TASK_DONE,
};

struct task {
    struct kernel *kernel;
    struct owner *owner; // the author of its message
    struct term *term;
    struct task *next;                // in the list of spare, ready or queued ones
    struct task *all_prev, *all_next; // all that were started, oldest first
    uint64_t id;
    struct arena arena, scratch;
    enum task_state state;
    // Reading
    struct frame *frames;
    uint32_t n, cap;
    uint32_t nest; // messages in one another, those around the task's own included
    struct memos memos;
    struct unit root;
    struct unit value;         // what the last finished frame gave
    const struct scope *where; // and the message in which it stands (READ_TOP)
    struct call *waits;        // for this one's answer
    enum err answer;           // of the call that was waited for
    struct fail fail;
    struct unit cause; // of the failure, when a child's error is passed on; else none
    struct unit error; // the error unit while frames are unwound
    struct outcome outcome;
    void (*when_done)(void *ctx, struct task *t); // NULL: nobody is told
    void *when_ctx;
    // Family
    struct task *parent, *kids, *kid_prev, *kid_next;
    uint64_t parent_id; // of one in the background too
    struct call *for_call;
    child_end *end;
    uint32_t tag;
    struct scope inside;       // what it stands in, with CHILD_INSIDE
    bool background;           // nobody waits for it; freed at its end
    bool typed;                // a person's message: what it computes is not its parent's
    struct term *front;        // in whose list of what Ctrl-C ends; NULL: in none
    struct task *front_before; // what Ctrl-C would end without it
    // Time
    // With all that its children compute. cpu: since it last waited; total: since the start
    uint64_t start_ns, cpu_ns, total_ns;
    uint64_t due_ns;
    uint64_t due_order; // who asked first is first
    uint32_t due_at;    // place in the heap of timers + 1; 0: none
    void (*due)(struct call *c);
    // Elsewhere
    bool doomed;            // to be ended as soon as nothing of it runs
    struct call *job;       // what a worker runs: the memory of the task must stay; or NULL
    bool given_back;        // task_free was called meanwhile
    uint32_t held;          // children that ended, but whose memory must stay: ours must, too
    enum err job_e;         // what the handler gave back
    uint64_t job_ns;        // when the worker got it
    uint32_t memos_outside; // streams of messages around that it reads
    struct task *parked_in; // whose memo it waits for
    const struct unit *parked_on;
    struct task *walk; // memo_cycle: next to look at, and which walk has met it
    uint64_t walked;
};

// What a frame's step gives back.
enum step { STEP_ON, STEP_WAIT };

enum step task_read_step(struct task *t);
enum step stream_step(struct task *t, struct frame *f);

/** What a stream gave is kept for whoever else reaches it. False: no memory. */
bool stream_remember(struct task *t, const struct frame *f, const struct unit *value);

/** A task of this user. Errors: ERR_BUSY, ERR_NO_MEMORY */
enum err task_of(struct owner *o, struct term *term, struct task **out);

/** The session acts for him from now on. */
void term_set_owner(struct kernel *k, struct term *term, struct owner *o);

/** Push a frame that reads node; the answer comes in t->value. */
void task_read(struct task *t, const struct unit *node, const struct scope *scope,
               enum read_mode mode, unsigned level, unsigned refs);
void task_push(struct task *t, const struct frame *f);
void task_pop(struct task *t, const struct unit *value, const struct scope *where);

// ---- What was read once (kernel/memo.c)

/** The memo of a unit; with `make` a new one when there is none. NULL: none, or no memory */
struct memo *memo_find(struct task *owner, const struct unit *node, enum read_mode mode, bool make);

/** A value was read. Of a message around (owner is not t) a copy is kept. False: no memory. */
bool memo_set(struct task *t, struct task *owner, const struct unit *node, enum read_mode mode,
              const struct unit *value, const struct scope *where);

/** Would t wait for itself if it waited for the task `by`? */
bool memo_cycle(const struct task *t, struct task *by);

/** Wait until the memo is done or given up. */
void memo_park(struct task *t, struct task *owner, const struct unit *node);

/** The task ends: what it was reading for others may be read by somebody else. */
void memo_leave(struct task *t);

// ---- Turns (kernel/sched.c)

/** The answer that a task waited for has come: it runs at the next kernel_step. */
void task_ready(struct task *t);

/** Out of whatever list it is in. */
void task_unlist(struct task *t);

/** Take the steps of a task for a slice. */
void task_run(struct task *t);

/** Its handler has to run beside the main loop; false: it cannot, so run it here. */
bool task_aside(struct task *t);

/** End those that were killed; between two turns. */
void kernel_settle(struct kernel *k);

/** What it computed until now is counted. */
void task_look(struct task *t);

/** It waited: its budget begins anew. */
void task_rested(struct task *t);

/** t->fail becomes the error of the task: all frames are unwound. */
void task_fail(struct task *t, enum err e);

/** Its first frame: u is run if it is a stream; deep: refs and streams everywhere inside are read. */
void task_begin(struct task *t, const struct unit *u, const struct scope *scope, bool deep);

/** A child has ended: its parent is told, and it is given back. */
void task_tell(struct task *t, child_end *end);

/** Out of the list of what Ctrl-C ends. */
void task_front_leave(struct task *t);

/** The end of a task: who waits for it is told. */
void task_done(struct task *t, enum err e);

/** End all children without telling their parent. */
void task_drop_kids(struct task *t);

// ---- Timers (kernel/timer.c)

void timer_set(struct task *t, uint64_t at_ns, void (*due)(struct call *c));
void timer_drop(struct task *t);

/** Run what is due; gives when the next one is (UINT64_MAX: none). */
uint64_t timers_run(struct kernel *k, uint64_t now_ns);

// What is known of a message beyond its call.
struct work {
    struct call call; // first: the handler's view
    struct task *task;
    const struct route *route;
    struct unit payload;
    struct unit arg, opts[CALL_OPTS_MAX];        // as read
    const struct unit *given[CALL_OPTS_MAX + 1]; // as they stand: options, then the argument
    struct scope scope;
    bool wants_aside; // call_aside was called
    bool wants_front; // call_front was called
    bool late;        // its author sends too fast
};

static inline struct work *work_of(struct call *c)
{
    return (struct work *)c;
}

// ---- Which command (kernel/select.c)

/**
 * work_select - the command of a message, its argument and options (units/GRAMMAR.md, "Commands")
 * @answered: the kernel itself has answered: help
 *
 * Errors: ERR_NO_COMMAND, ERR_AMBIGUOUS, ERR_BAD_ARG, ERR_NO_MEMORY; told in t->fail
 */
enum err work_select(struct task *t, struct work *w, bool *answered);

/** The payload does not fit the default command: say so when a command seems to be meant. */
void work_blame(struct task *t, const struct work *w);

/** `nearest: a b c` for a hint, or NULL. Without a route: of services. */
const char *names_hint(struct task *t, struct span word, const struct route *r);

// ---- Error units (kernel/error.c)

/** {code why svc path hint ..}; with the cause below. Never fails: short of memory it is shorter */
struct unit error_unit(struct arena *a, const struct fail *f, const char *svc,
                       const struct unit *path, const struct unit *cause);

/** Path of the unit `node` inside `root` as a ref; false when it is not there or is root itself. */
bool path_of(struct arena *a, const struct unit *root, const struct unit *node, struct unit *out);

// ---- help and serv (kernel/help.c)

/** Is this a word that the kernel answers for every service? Then out is the answer. */
enum err help_answer(struct task *t, const struct route *r, struct span word, bool *is,
                     struct unit *out);

// A list that is taken from the front.
struct queue {
    struct task *first, **last;
};

void queue_init(struct queue *q);
void queue_put(struct queue *q, struct task *t);
struct task *queue_take(struct queue *q);
void queue_remove(struct queue *q, struct task *t);

struct kernel {
    const struct plat *plat;
    struct arena arena; // tables
    struct route *routes;
    size_t routes_n;
    struct names services;
    struct owner owner;  // the node's
    struct owner nobody; // who has not logged in
    struct owner *others;
    unsigned others_n;
    uint64_t seen;
    size_t bytes, bytes_max; // of all owners, with what is kept for each; bytes: atomic
    size_t tasks;            // likewise
    bool quotas_wait;
    struct rights rights;
    struct queue prompt, slow; // ready: those that computed little since they waited, the others
    struct queue asides;       // wait for a worker
    size_t doomed;             // how many were killed, and still are there
    struct task *oldest, *newest;
    size_t running; // started and not done
    size_t parked;
    uint64_t last_id;
    uint64_t clock_ns;  // of the last look; 0: look before the first step
    struct task *runs;  // whose step is being taken
    struct task *ends;  // the child whose child_end is being called
    struct unit killed; // the error of what was ended from outside
    struct unit died;   // and of what ran on a processor that stopped
    struct task **timers;
    uint32_t timers_n;
    uint64_t timer_order;
    uint64_t timers_ns;                     // when they were last run
    uint64_t walks;                         // of memo_cycle
    struct task *workers[PLAT_WORKERS_MAX]; // what each works for
    unsigned workers_busy, workers_lost;    // the lost ones are busy for ever
    bool lost[PLAT_WORKERS_MAX];
    uint64_t budget_ns;
    struct identity *identity;
};

#endif
