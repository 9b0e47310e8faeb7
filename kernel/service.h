// SPDX-License-Identifier: MIT
// What a service is: a name, a table of commands, and nothing else.
//
// A message `(neg 5)@math.calc` becomes a `struct call` in this order: the command is found in the
// table, its argument and options are checked against their shapes, refs and streams in them are
// read (LANGUAGE section 4), the shapes are checked again on what reading gave, and the handler
// runs. So a handler sees only complete values of the right shape, and a refused message has
// changed nothing. A handler runs to completion in at most a millisecond, or answers later.
//
// Values that a handler gives back lie in c->arena (they live as long as the message); what it
// needs on the way lies in c->scratch, which is empty again after the handler.
#ifndef TELEX_KERNEL_SERVICE_H
#define TELEX_KERNEL_SERVICE_H

#include "kernel/plat.h"
#include "kernel/term.h"
#include "units/unit.h"

struct kernel;
struct msg;

enum { CALL_OPTS_MAX = 8 };

/** How an argument gets its value, LANGUAGE section 4. */
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
    const struct unit *arg;                // as read; NULL when the command takes none
    const struct unit *opt[CALL_OPTS_MAX]; // in the order of the table; NULL when not given
    struct unit value;                     // the answer; starts as none
    struct fail *fail;                     // for fail_set; the kernel adds the service's name
    void *own;                             // the handler's, for an answer that comes later
};

enum command_flag {
    CMD_DEFAULT = 1,  // also runs for a payload that names no command
    CMD_BARE = 2,     // may stand as a bare word; then arg is NULL although a shape is given
    CMD_SECRET = 4,   // takes secrets as text; without it a secret anywhere inside is bad-arg
    CMD_RAW_DONE = 8, // a payload that is done may still choose this command (img spr vid fsm)
    CMD_WHOLE = 16,   // the argument is the whole payload, quoted, whatever it looks like (test.*)
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
};

struct service {
    const char *name;
    const char *info; // what it does, one line
    const struct command *commands;
    size_t n;
    bool pure; // same message, same answer, no effect: may run on any processor or node
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
 * call_run - run a unit as a message of the same author, then continue the handler
 * @then: called with the value (e == ERR_OK) or the error; gives back what a handler gives back
 *
 * Returns ERR_LATER, which the handler gives back in turn.
 */
enum err call_run(struct call *c, const struct unit *u,
                  enum err (*then)(struct call *c, enum err e, const struct unit *value));

#endif
