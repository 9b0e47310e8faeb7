// SPDX-License-Identifier: MIT
// The kernel: it takes messages, finds who answers them, and brings the answers back.
//
//   shell --kernel_send(unit, author)--> task --> [route, check, read, run] --> done(value | error)
//
// One loop, no locks: kernel_step() does all that can be done now, the port's wait sleeps until
// something happens. A task reads its message with a stack of frames in memory (never by C
// recursion), so it can stop at any service that answers later and go on when the answer comes.
#ifndef TELEX_KERNEL_KERNEL_H
#define TELEX_KERNEL_KERNEL_H

#include "kernel/plat.h"
#include "kernel/service.h"
#include "kernel/term.h"
#include "units/unit.h"

struct kernel;
struct task;
struct identity;

/**
 * struct outcome - how a task ended
 * @value: the answer when e is ERR_OK
 * @error: else the error unit {code why ..} (units/GRAMMAR.md, "Errors")
 * Both lie in the task's arena and live until task_free.
 */
struct outcome {
    enum err e;
    struct unit value;
    struct unit error;
};

/**
 * kernel_new - a kernel for this platform
 * @services: ends with NULL; borrowed
 *
 * Errors: ERR_NO_MEMORY, ERR_INTERNAL (a service's table is wrong; @f says where)
 */
MUST_USE enum err kernel_new(const struct plat *plat, const struct service *const *services,
                             struct fail *f, struct kernel **out);
void kernel_free(struct kernel *k);

/**
 * kernel_identity - who signs for this node; loaded, or made, at the first use
 *
 * Errors: ERR_NOT_SUPPORTED (no randomness fit for keys), ERR_CORRUPT, ERR_IO, .. of
 *         identity_make (keys/identity.h)
 */
MUST_USE enum err kernel_identity(struct kernel *k, struct fail *f, const struct identity **out);

/** Does the node's owner have a key here, with a passphrase? */
bool kernel_owner_locked(const struct kernel *k);

/** Is the file with the node's grants as it should be? Else nobody but the node's owner has any
 * right. Errors: ERR_CORRUPT, ERR_IO, ..; told in f */
MUST_USE enum err kernel_rights(struct kernel *k, struct fail *f);

/** Were keys made before? Reads no file. */
bool kernel_has_identity(const struct kernel *k);

/** UTC in ms since 1970, or TIME_UNKNOWN (keys/cert.h). */
int64_t kernel_time_ms(const struct kernel *k);

/**
 * task_new - a task with an empty arena, for one message
 *
 * The unit to be sent is made in task_arena(t), then task_start runs it as far as it goes at once.
 * Its author is the user of the session: the node's owner, until somebody logs in or out.
 * @term: the session's terminal; NULL: none, and the author is the node's owner
 *
 * Errors: ERR_BUSY (the author has as many tasks as he may), ERR_NO_MEMORY
 */
MUST_USE enum err task_new(struct kernel *k, struct term *term, struct task **out);

/** The same for the node's owner, whoever has logged in: what makes a prompt. */
MUST_USE enum err task_new_own(struct kernel *k, struct term *term, struct task **out);

/** The same for a message that came from elsewhere, signed for this user (public key). */
MUST_USE enum err task_new_for(struct kernel *k, const uint8_t user[32], struct task **out);

/** Before task_start: what is called on the main loop when it has ended, also at once. */
void task_when_done(struct task *t, void (*done)(void *ctx, struct task *t), void *ctx);
struct arena *task_arena(struct task *t);

/** Run a stream; any other unit is its own value. @u lies in the task's arena. */
void task_start(struct task *t, const struct unit *u);

/** NULL while the task runs. */
const struct outcome *task_outcome(const struct task *t);

/** End a task that runs, forget one that is done. */
void task_cancel(struct task *t);
void task_free(struct task *t);

/** May who speaks at this terminal use any command of this service? */
bool term_may(struct kernel *k, const struct term *term, struct span service);

/** Nobody speaks at this terminal until he has logged in. */
void term_lock(struct kernel *k, struct term *term);

/** Ctrl-C: end what the person at this terminal waits for. False: nothing is. */
bool term_interrupt(struct kernel *k, struct term *term);

/**
 * The terminal goes away: every task that speaks to it is ended, but for those in the background,
 * which go on without it.
 */
void term_close(struct kernel *k, struct term *term);

/**
 * Do what can be done now, for about a millisecond. Gives the time at which something is due
 * (0: at once, UINT64_MAX: nothing).
 */
uint64_t kernel_step(struct kernel *k);

/** Tasks that still run (the end of the input waits for those in the background). */
size_t kernel_running(const struct kernel *k);

#endif
