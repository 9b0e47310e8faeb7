// SPDX-License-Identifier: MIT
// What a service is: a name, a table of commands, and nothing else.
//
// A message `(neg 5)@math.calc` becomes a `struct call` in this order: the command is found in the
// table, its argument and options are checked against their shapes, refs and streams in them are
// read (units/GRAMMAR.md), the shapes are checked again on what reading gave, and the handler
// runs. So a handler sees only complete values of the right shape, and a refused message has
// changed nothing. A handler runs to completion in at most a millisecond, or answers later.
//
// Values that a handler gives back lie in c->arena (they live as long as the message); what it
// needs on the way lies in c->scratch, which is empty again after the handler.
//
// A handler of a pure service (or one with CMD_WORKER) that is predicted to take long may run on
// another processor: it touches only its call (arena, scratch, arg, opt, value, fail, plat->mem)
// and calls heap_pause() now and then.
#ifndef TELEX_KERNEL_SERVICE_H
#define TELEX_KERNEL_SERVICE_H

#include "kernel/plat.h"
#include "kernel/term.h"
#include "units/unit.h"

struct identity;
struct kernel;
struct msg;

enum { CALL_OPTS_MAX = 8 };

/** How an argument gets its value: units/GRAMMAR.md, "Reading". */
enum read_mode {
    READ_DEEP,  // refs and streams are replaced everywhere inside
    READ_TOP,   // only if the argument itself is a ref or a stream
    READ_QUOTE, // handed over as it stands
    READ_PATH,  // a ref stands for itself; a str is parsed as a path; a stream gives one of both
};

struct option {
    const char *name;
    const char *shape;
    enum read_mode mode;
};

struct call {
    struct kernel *kernel;
    const struct plat *plat;
    const struct service *service;
    const struct command *command;
    struct arena *arena;                   // of the message: what is given back
    struct arena *scratch;                 // of this call: empty after the handler
    struct term *term;                     // of the session that the message came from; NULL: none
    const struct unit *payload;            // the whole message
    const struct unit *arg;                // as read; NULL when the command takes none
    const struct unit *opt[CALL_OPTS_MAX]; // in the order of the table; NULL when not given
    struct unit value;                     // the answer; starts as none
    struct fail *fail;                     // for fail_set; the kernel adds the service's name
    void *own;                             // the handler's, for an answer that comes later
    bool aside;                            // runs beside the main loop, or may hold it up
    // Of a service that nests: which of its commands the author may run, in the order of its table;
    // NULL: all
    const bool *may;
};

enum command_flag {
    CMD_DEFAULT = 1,  // also runs for a payload that names no command
    CMD_BARE = 2,     // may stand as a bare word; then arg is NULL although a shape is given
    CMD_SECRET = 4,   // takes secrets as text; without it a secret anywhere inside is bad-arg
    CMD_RAW_DONE = 8, // a payload that is done may still choose this command (img spr vid fsm)
    CMD_WHOLE = 16,   // the argument is the whole payload, quoted, whatever it looks like (test.*)
    CMD_KERNEL = 32,  // of a pure service, but it sends messages: stays on the main loop
    CMD_WORKER = 64,  // of a service that is not pure, but this command is
    CMD_MERGES = 128, // in a chain of sys.task the map that it answers is merged key by key (fsm)
    // Who may use it, where that is not the service's owner and those with a grant:
    CMD_ANYONE = 256,  // everybody, also who has not logged in (login)
    CMD_USER = 512,    // every user: it concerns himself alone (sign, exp)
    CMD_NODE = 1024,   // the node's owner only; it cannot be granted (off, new)
    CMD_ALWAYS = 2048, // also for who sends more than he may in a second (logout)
};

/**
 * struct command - one row of a service's table
 * @name:  as typed: lower case, dots allowed
 * @shape: what the argument must look like (units/shape.h); NULL: takes no argument
 * @run:   ERR_OK with c->value set, ERR_LATER, or an error (then nothing was changed)
 * @info:  one line for people: `(neg n): n with the other sign`
 * @tut:   examples as units, run by the tests, one behind the other:
 *         `{com:(neg 5)@math.calc res:-5}` or `{com:.. like:SHAPE}`; {info:..} may stand in each
 * @opts:  options of the map form; ends with a row whose name is NULL
 */
struct command {
    const char *name;
    const char *shape;
    enum err (*run)(struct call *c);
    const char *info;
    const char *tut;
    enum read_mode mode;
    unsigned flags; // enum command_flag
    const struct option *opts;
    const char *res; // shape of the answer, for the manual; NULL: `-`
    // Predicted time in ns, from c->arg and c->opt; NULL: by the size of the argument
    uint64_t (*effort)(const struct call *c);
    // The path that a call touches, for grants below a path, from c->arg and c->opt as read: a ref,
    // or NULL for all of the service's. NULL: what is declared READ_PATH
    const struct unit *(*path)(const struct call *c);
};

struct service {
    const char *name;
    const char *info; // what it does, one line
    const struct command *commands;
    size_t n;
    bool pure;  // same message, same answer, no effect: may run on any processor or node
    bool nests; // its handlers find commands of its own in arguments: they look at call.may
};

/** All services of this build, from services/services.def; ends with NULL. */
extern const struct service *const services_all[];

// ---- For handlers that answered ERR_LATER: exactly one of these, from an event on the main loop.

/** @value must lie in c->arena. */
void call_answer(struct call *c, const struct unit *value);

/** c->fail may have been filled by fail_set. */
void call_refuse(struct call *c, enum err e);

// ---- Lent by the kernel to services whose business it is.

/**
 * call_message - the message that this call came in, signed as if it left the node now
 * @out: map {v ath cert from to id time size msg hash sign bytes}, as test.dump answers
 *
 * Errors: ERR_NOT_SUPPORTED (no key can be made here), ERR_NO_MEMORY, ERR_BAD_ARG (a secret in it)
 */
MUST_USE enum err call_message(struct call *c, struct unit *out);

/**
 * call_aside - this takes long: run the handler once more, from its beginning, beside the main loop
 *
 * For handlers that find out on their way, where `effort` cannot know; not when c->aside is set.
 * Returns ERR_LATER, which the handler gives back in turn. From an event, when nothing else is
 * under way: call_refuse(c, call_aside(c)).
 */
enum err call_aside(struct call *c);

/**
 * call_front - the long part is done: run the handler once more, from its beginning, on the main
 * loop
 *
 * For handlers whose end touches more than their call (what was decoded is shown); only where
 * c->aside is set, also when there was no worker. c->own tells the handler how far it came; what it
 * made lies in c->arena, scratch is empty again. Returns ERR_LATER, which it gives back in turn.
 */
enum err call_front(struct call *c);

// ---- Messages that a handler sends: child tasks. The handler gives back ERR_LATER.
//
//   e = call_child(c, &child, &a);      a task with an arena of its own
//   u = .. made in a, or part of the message ..
//   call_start(c, child, &u, CHILD_INSIDE, tag, end);
//     .. later, on the main loop: end(c, tag, e, value) ..
//
// Any number may be under way; they run side by side. When the call ends (call_answer, call_refuse,
// or killed from outside) those that still run are ended too, and `end` is not called for them.

enum child_flag {
    // The unit stands in this message (a quoted argument): its refs may reach what is around it.
    // Without: data, a message that stands alone.
    CHILD_INSIDE = 1,
    CHILD_READ = 2, // not only a stream is run: refs and streams everywhere inside are read
    // What the person at the terminal waits for: Ctrl-C ends it, and its budget is its own.
    CHILD_FRONT = 4,
    // It runs for the node's owner: what a service itself asks of the person at the terminal, never
    // what came with the message.
    CHILD_NODE = 8,
};

/** @value: the answer, or the error unit {code why ..}; it lives until end returns: see call_keep */
typedef void child_end(struct call *c, uint32_t tag, enum err e, const struct unit *value);

/** Errors: ERR_BUSY (the owner has too many tasks), ERR_LIMIT (nested too deep), ERR_NO_MEMORY */
MUST_USE enum err call_child(struct call *c, struct task **child, struct arena **a);

/**
 * @u: in the child's arena, in c->arena, or part of the message
 *
 * Never fails, and never calls end at once.
 */
void call_start(struct call *c, struct task *child, const struct unit *u, unsigned flags,
                uint32_t tag, child_end *end);

/** Give back a child that is not started after all. */
void call_unused(struct task *child);

/** Both in one for a unit that is there already. */
MUST_USE enum err call_spawn(struct call *c, const struct unit *u, unsigned flags, uint32_t tag,
                             child_end *end);

/** End a child that runs, by its tag; its `end` is not called. */
void call_drop(struct call *c, uint32_t tag);

/** How many children may usefully run at once: enough for all processors. */
unsigned call_width(const struct call *c);

/**
 * In `end`: make a value outlive its task, in c->arena. Small ones are copied, large ones taken
 * over. Errors: ERR_NO_MEMORY
 */
MUST_USE enum err call_keep(struct call *c, const struct unit *value, struct unit *out);

/** call_refuse because a child failed: its error unit becomes the cause. In `end`. */
void call_pass(struct call *c, enum err e, const struct unit *error);

/**
 * call_timer - go on at a time
 * @at_ns: as plat->now_ns
 * @due:   called once on the main loop; one timer a call, a second call_timer moves it
 */
void call_timer(struct call *c, uint64_t at_ns, void (*due)(struct call *c));

/**
 * call_detach - run a unit in the background: nobody waits for it
 *
 * A copy is taken, with the messages around it for CHILD_INSIDE. An error that ends it is shown on
 * the terminal (term.fail).
 * Errors: ERR_BUSY, ERR_NO_MEMORY
 */
MUST_USE enum err call_detach(struct call *c, const struct unit *u, unsigned flags, uint64_t *id);

// ---- Tasks, for sys.task

struct task_info {
    uint64_t id, parent; // parent 0: none
    const char *user;    // whose it is: a name, or the public key as text; "" nobody's
    const char *name;    // of the service that its message goes to; "" none
    bool waits;          // for an event, not for the processor
    uint64_t start_ns;   // as plat->now_ns
    uint64_t cpu_ns;     // processor time since it began
    size_t bytes;        // of its arenas
};

/** The task of this call. */
uint64_t call_id(const struct call *c);

/** Tasks that the author may see (his own; the node's owner all), oldest first; gives how many there are, also past max. */
size_t call_tasks(const struct call *c, struct task_info *out, size_t max);

/**
 * End a task and its children, soon after this handler; who waits for it gets ERR_CANCELLED.
 * Errors: ERR_NOT_FOUND; ERR_DENIED for all but the node's owner when it is not his, or not there
 */
MUST_USE enum err call_kill(struct call *c, uint64_t id);

/**
 * call_fit - what a chain needs to know of a service
 * @named:  a key of the map names one of its commands (units/GRAMMAR.md, "Commands", counts it)
 * @merges: the command that would run has CMD_MERGES
 *
 * Errors: ERR_NO_SERVICE
 */
MUST_USE enum err call_fit(struct call *c, struct span serv, const struct unit *msg, bool *named,
                           bool *merges);

// ---- Users and rights, for sys.usr (msgs/WIRE.md, "Rights")

/**
 * call_author - who sent the message
 * @id:    public key; may be NULL, then no key is loaded
 * @owner: he is the node's owner
 *
 * Errors: ERR_DENIED (nobody: not logged in), those of kernel_identity
 */
MUST_USE enum err call_author(struct call *c, uint8_t id[32], bool *owner);

/** Who signs on this node for the author. Errors: ERR_DENIED (no certificate for this node), .. */
MUST_USE enum err call_identity(struct call *c, const struct identity **out);

/** The node's own identity: its keys, and its owner's certificate. */
MUST_USE enum err call_node(struct call *c, const struct identity **out);

/**
 * call_login - the session of this call acts for another user, from the next message on
 * @name: as it is shown
 * @cert: his certificate for this node, as bytes (cert_make): only his key can have made it
 *
 * What runs already keeps its author. On the main loop.
 * Errors: ERR_NOT_SUPPORTED (no session: a message from elsewhere, or in the background),
 *         ERR_BAD_SIGN, ERR_DENIED (for another node), ERR_EXPIRED, ERR_CLOCK, ERR_BUSY, ..
 */
MUST_USE enum err call_login(struct call *c, struct span name, struct span cert);

/** .. for nobody. Errors: ERR_NOT_SUPPORTED */
MUST_USE enum err call_logout(struct call *c);

/** Memory of the node's owner: for what must be possible whatever a user has used up (login). */
const struct mem *call_node_mem(const struct call *c);

/** Has the node's owner a key here, with a passphrase? Then he can log in. */
bool call_owner_locked(const struct call *c);

/**
 * call_grant - give a right; signed for the author, kept, and valid from the next message on
 * @grant: {to:%`32` may:[word ..]} and, where given, on:@path until:ms (of UTC) rate:n (messages a
 *         second) mem:(min max) (bytes) tasks:(min max)
 * @id:    what revokes it: hash of the signed unit
 *
 * A word of `may` is a service, a service and one of its commands (`io.store.load`), or a group
 * (kernel/rights.def). The author must own all of the services.
 * Errors: ERR_BAD_ARG (told in c->fail), ERR_DENIED, ERR_LIMIT, those of call_identity and of files
 */
MUST_USE enum err call_grant(struct call *c, const struct unit *grant, uint8_t id[32]);

/**
 * call_revoke - take rights back, all or none; who gave them may, and the node's owner
 *
 * Errors: ERR_NOT_FOUND, ERR_DENIED (not his to take back), of files
 */
MUST_USE enum err call_revoke(struct call *c, const uint8_t (*ids)[32], size_t n);

/**
 * call_forget_user - a user leaves: the node's owner takes back his services, what he gave and what he
 * has, ends his sessions and tasks, and this node signs for him no more
 *
 * Errors: ERR_DENIED (it is the node's owner), of files
 */
MUST_USE enum err call_forget_user(struct call *c, const uint8_t user[32]);

/**
 * call_grants - the rights that the author gave or has (the node's owner: all of them)
 * @out: list of {id:%`32` by:%`32` to:%`32` may:[..] ..} in c->arena, as call_grant got them
 */
MUST_USE enum err call_grants(struct call *c, struct unit *out);

/**
 * call_owned - whose services are, where they are not the node's owner's
 * @out: list of pairs (service %`32`) in c->arena
 */
MUST_USE enum err call_owned(struct call *c, struct unit *out);

/**
 * call_own - give a service to another owner; the node's owner only
 * @user: NULL: back to the node's owner
 * Errors: ERR_NO_SERVICE, ERR_DENIED (or no prompt goes without it), of files
 */
MUST_USE enum err call_own(struct call *c, struct span service, const uint8_t *user);

struct account {
    uint64_t messages, bytes; // that were sent to services, and their encoded size
    uint64_t cpu_ns;
    size_t memory, tasks;    // now
    uint64_t rate;           // messages a second at most; 0: no limit
    size_t mem_min, mem_max; // bytes that are kept for him; that he may have
    size_t tasks_min, tasks_max;
};

/** Since the node started, zeros for who did nothing. @user: NULL: the author. Errors: ERR_DENIED (another's), ERR_BUSY (too many users) */
MUST_USE enum err call_account(struct call *c, const uint8_t *user, struct account *out);

#endif
