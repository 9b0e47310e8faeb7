// SPDX-License-Identifier: MIT
// What the files of the kernel share. Nobody else includes this.
#ifndef TELEX_KERNEL_INTERNAL_H
#define TELEX_KERNEL_INTERNAL_H

#include "kernel/kernel.h"
#include "kernel/limits.h"

// ---- Tables (kernel/route.c)

// Open addressing over a fixed set of names; slots hold index + 1.
struct names {
    uint16_t *slots;
    uint32_t mask;
};

struct route {
    const struct service *service;
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

// A message around: where refs are looked up, from inside to outside.
struct scope {
    const struct scope *outer;
    const struct unit *msg;
};

enum frame_kind { FRAME_READ, FRAME_ITEMS, FRAME_REF, FRAME_STREAM, FRAME_THEN };

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
        struct call *call;        // stream, then
        const struct unit *place; // ref: how far the walk came
    };
    const struct scope *found; // ref: the message in which the walk goes; stream: its own
};

// What reading gave at a position of the message: each stream is run once.
struct memo {
    uintptr_t key; // address of the unit, low bit: READ_TOP; 0: free
    bool done;     // else reading it is under way
    struct unit value;
    const struct scope *where; // the message in which the value stands, or NULL
};

enum task_state { TASK_NEW, TASK_READY, TASK_WAITS, TASK_DONE };

struct task {
    struct kernel *kernel;
    struct term *term;
    struct task *next; // in the list of spare or ready ones
    struct arena arena, scratch;
    struct frame *frames;
    uint32_t n, cap;
    uint32_t nest;
    struct memo *memos;
    uint32_t memo_n, memo_cap;
    struct unit root;
    struct unit value;         // what the last finished frame gave
    const struct scope *where; // and the message in which it stands (READ_TOP)
    struct call *waits;        // for this one's answer
    enum task_state state;
    enum err answer; // of the call that was waited for
    struct fail fail;
    struct unit error; // the error unit while frames are unwound
    struct outcome outcome;
};

// What a frame's step gives back.
enum step { STEP_ON, STEP_WAIT };

enum step task_read_step(struct task *t);
enum step stream_step(struct task *t, struct frame *f);

/** Push a frame that reads node; the answer comes in t->value. */
void task_read(struct task *t, const struct unit *node, const struct scope *scope,
               enum read_mode mode, unsigned level, unsigned refs);
void task_push(struct task *t, const struct frame *f);
void task_pop(struct task *t, const struct unit *value, const struct scope *where);

/** The memo of a unit at its position; with `make` a new one when there is none. NULL: no memory */
struct memo *task_memo(struct task *t, const struct unit *node, enum read_mode mode, bool make);
void task_memo_set(struct task *t, const struct unit *node, enum read_mode mode,
                   const struct unit *value, const struct scope *where);

/** The answer that a task waited for has come: it runs at the next kernel_step. */
void task_ready(struct task *t);

/** t->fail becomes the error of the task: frames are unwound up to one that wants to know. */
void task_fail(struct task *t, enum err e);

// What is known of a message beyond its call.
struct work {
    struct call call; // first: the handler's view
    struct task *task;
    const struct route *route;
    struct unit payload;
    struct unit arg, opts[CALL_OPTS_MAX];        // as read
    const struct unit *given[CALL_OPTS_MAX + 1]; // as they stand: options, then the argument
    struct scope scope;
    // call_run: what to do with the answer, and the memos of the message that waits for it
    enum err (*then)(struct call *c, enum err e, const struct unit *value);
    struct unit ran;
    struct memo *memos;
    uint32_t memo_n, memo_cap;
};

// ---- Which command (kernel/select.c)

/**
 * work_select - the command of a message, its argument and options (LANGUAGE section 3)
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
enum err help_answer(struct arena *a, const struct route *r, struct span word, bool *is,
                     struct unit *out);

struct kernel {
    const struct plat *plat;
    struct arena arena; // tables
    struct route *routes;
    size_t routes_n;
    struct names services;
    struct task *spare;
    unsigned spare_n;
    struct task *ready, **ready_end;
    size_t tasks;   // that exist
    size_t running; // started and not done
    const struct identity *identity;
};

#endif
