// SPDX-License-Identifier: MIT
// Users and what they may do, as the files of the kernel share it. Nobody else includes this.
#ifndef TELEX_KERNEL_RIGHTS_H
#define TELEX_KERNEL_RIGHTS_H

#include "kernel/kernel.h"
#include "kernel/limits.h"

struct identity;
struct route;
struct work;

// ---- Users (kernel/owner.c)

// What a user may have, and what is kept for him.
struct quota {
    uint64_t rate; // messages a second; 0: as many as he can
    size_t mem_min, mem_max;
    size_t tasks_min, tasks_max;
};

// A user as the kernel knows him: whose tasks they are, what they hold together, what they used.
// Memory is counted here because several processors ask for it at once.
struct owner {
    struct mem mem; // the port's, counted
    struct kernel *kernel;
    struct owner *next; // in kernel.others
    uint8_t id[32];     // public key; of the node's owner once k->identity is there
    char name[64];      // as it is shown
    size_t terms;       // sessions that act for him
    size_t bytes;       // atomic
    size_t tasks;
    struct quota quota;
    size_t mem_min;        // what quota.mem_min was when the sums were last made
    int64_t quota_till_ms; // then it is looked up anew; or TIME_NEVER
    uint64_t messages, sent_bytes, cpu_ns;
    uint64_t rate_ns;          // when the next message may come at the latest to be in time
    uint64_t seen;             // order of the last use
    struct identity *identity; // signs for him here; NULL: none. Not used for the node's owner
    struct task *spare;        // tasks kept for his next messages
    unsigned spare_n;
};

void owners_init(struct kernel *k);
void owners_fini(struct kernel *k);

/**
 * The user of a public key; made when there is none. NULL: too many, or no memory
 *
 * It stays as long as he has a task, a session, or something kept for him; then until many others
 * have come.
 */
struct owner *owner_find(struct kernel *k, const uint8_t id[32]);

/** Without making one. */
struct owner *owner_known(const struct kernel *k, const uint8_t id[32]);

/** Who speaks at a terminal; NULL: the node's owner. */
struct owner *term_owner(struct kernel *k, const struct term *term);

/** This node signs for him no more. */
void owner_forget_identity(struct owner *o);

/** He is no user of this machine any more: his sessions act for nobody, his tasks end, and
 * nothing signs for him. */
void owner_leaves(struct owner *o);

/** Does he have room for another task? */
bool owner_admits(const struct owner *o);
void owner_enter(struct owner *o); // a task of his begins
void owner_leave(struct owner *o); // and has ended

/** Count a message. False: it is more than he may send in a second */
bool owner_sends(struct owner *o, const struct unit *payload);

/** From now on. What is kept for him changes as soon as no worker allocates. */
void owner_set_quota(struct owner *o, const struct quota *q);
void owner_default(const struct owner *o, struct quota *out);

/** Quotas that wait for that. */
void owners_settle(struct kernel *k);

/** His public key. Errors: ERR_DENIED (nobody), those of kernel_identity */
enum err owner_id(struct owner *o, uint8_t id[32], struct fail *f);

// ---- Rights (kernel/rights.c): the one place where they are checked

/**
 * rights_enter - may this message go to this service at all?
 * @r: NULL: there is no such service, which only the node's owner is told
 */
enum err rights_enter(struct task *t, const struct route *r);

/**
 * rights_run - may it run this command, and now? Before its arguments are looked at
 * @e: of the choice of a command: who may not use the whole service is not told
 *
 * Errors: ERR_DENIED, ERR_BUSY (w->late, but for CMD_ALWAYS); told
 */
enum err rights_run(struct task *t, const struct work *w, enum err e);

/** May its author run this command, as things are now? */
bool rights_see(const struct task *t, const struct route *r, const struct command *c);

/** Told in t->fail: ERR_BUSY */
enum err owner_late(struct task *t);

/** May he know all that the service has? */
bool rights_tell(const struct task *t, const struct route *r);

/**
 * rights_touch - may it touch what it names? After the arguments were read, before it runs
 *
 * Sets w->call.may. Errors: ERR_DENIED, ERR_NO_MEMORY; told
 */
enum err rights_touch(struct task *t, struct work *w);

// ---- Grants (kernel/grant.c)

#define RIGHTS_FILE "node.rights"

struct right {
    const struct route *route;     // NULL: a service that this node does not have
    const struct command *command; // NULL: all of the service
};

struct grant {
    struct arena arena; // it lies in it
    struct grant *next; // all, oldest first
    struct grant *near; // those whose users' keys begin alike
    uint8_t id[32], by[32], to[32];
    struct span doc;
    struct unit unit;   // {to may ..}
    struct unit on;     // a path, or none
    int64_t until_ms;   // or TIME_NEVER
    struct quota quota; // zeros: nothing said
    uint32_t n;
    struct right may[];
};

// What a grant does not say of memory and tasks.
#define QUOTA_NONE ((struct quota){0, 0, 0, 0, 0})

// A document that is kept beside the grants: who owns a service; what was taken back.
struct note {
    struct arena arena;
    struct note *next;
    uint8_t id[32];      // of the grant that was taken back
    uint8_t by[32];      // who says so
    struct span service; // at == NULL: a revocation
    struct span doc;
};

enum { GRANTS_BUCKETS = 64 };

struct rights {
    struct grant *grants;
    struct grant *by_user[GRANTS_BUCKETS];
    struct note *notes; // oldest first
    unsigned grants_n, revoked_n;
    struct fail bad;  // what is wrong with the file: then nothing of it holds
    uint64_t stamp;   // of the file that these tables are
    uint64_t look_ns; // when it is looked at again
};

/**
 * grant_new - a grant from its unit, checked
 * @by:    key of who gives it
 * @giver: who gives it now: he must own what he gives, and it must give something. NULL: it was
 *         given once, and is read again; what of it is not here is left out
 * @out:   not signed yet; free it, or rights_add
 *
 * Errors: ERR_BAD_ARG, ERR_DENIED, ERR_NO_MEMORY; told in f
 */
enum err grant_new(struct kernel *k, const struct unit *unit, const uint8_t by[32],
                   const struct owner *giver, struct grant **out, struct fail *f);
void grant_free(struct grant *g);

/** The signed form of a grant: a copy of it, and its id. Errors: ERR_NO_MEMORY */
enum err grant_doc(struct grant *g, struct span doc);

// ---- Their table (kernel/rights_table.c)

/** Into the tables, which own it from then on; the caller has looked at the limits. */
void rights_add(struct kernel *k, struct grant *g);
void rights_note(struct kernel *k, struct note *n);

/** Out of them again; it is the caller's. */
void rights_drop(struct kernel *k, struct grant *g);
void rights_drop_note(struct kernel *k, struct note *n);
void note_free(struct note *n);

/** The note that takes a grant back, of who gave it or of the node's owner. NULL: none */
struct note *rights_revoked(const struct kernel *k, const struct grant *g);

/** Drops and frees the grants that a note takes back. */
void rights_settle(struct kernel *k);

/** Does this service stay with the node's owner, since no prompt goes without it? */
bool rights_fixed(const struct route *r);

/**
 * A service's owner (service.at not NULL) or a grant that was taken back (id, by). A copy; free it
 * by rights_fini, or never add it. NULL: no memory
 */
struct note *note_new(struct kernel *k, struct span doc, struct span service, const uint8_t *id,
                      const uint8_t *by);

/** Everybody's quotas, after a change. */
void rights_quotas(struct kernel *k);

/** The file, as the tables are now. */
enum err rights_save(struct kernel *k, struct fail *f);

/** Is the service his? Of all that were not given away the node's owner's */
bool owner_owns(const struct owner *o, const struct route *r);

/** Reads what is kept. What is wrong with it is told in f, and to whoever asks kernel_rights. */
enum err rights_load(struct kernel *k, struct fail *f);

/**
 * rights_look - has another program that works for this node written the file? Then it is read anew
 * @now: not only once in a millisecond
 */
void rights_look(struct kernel *k, bool now);
void rights_fini(struct kernel *k);

/** What the grants say that he may have. */
void rights_quota(struct owner *o);

#endif
