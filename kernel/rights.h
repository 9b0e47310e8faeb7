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

/** The user of a public key; made when there is none. NULL: too many, or no memory */
struct owner *owner_find(struct kernel *k, const uint8_t id[32]);

/** Without making one. */
struct owner *owner_known(const struct kernel *k, const uint8_t id[32]);

/** Who speaks at a terminal; NULL: the node's owner. */
struct owner *term_owner(struct kernel *k, const struct term *term);

/** Does he have room for another task? */
bool owner_admits(const struct owner *o);
void owner_enter(struct owner *o); // a task of his begins
void owner_leave(struct owner *o); // and has ended

/** Count a message. ERR_BUSY: more than he may send in a second; told in f */
enum err owner_sends(struct owner *o, const struct unit *payload, struct fail *f);

/** From now on. What is kept for him changes as soon as no worker allocates. */
void owner_set_quota(struct owner *o, const struct quota *q);
void owner_default(const struct owner *o, struct quota *out);

/** Quotas that wait for that. */
void owners_settle(struct kernel *k);

/** Who signs for him on this node. Errors: ERR_DENIED (nobody does), those of kernel_identity */
enum err owner_signer(struct owner *o, struct fail *f, const struct identity **out);

/** His public key. Errors: ERR_DENIED (nobody), those of kernel_identity */
enum err owner_id(struct owner *o, uint8_t id[32], struct fail *f);

// ---- Rights (kernel/rights.c): the one place where they are checked

/**
 * rights_enter - may this message go to this service at all?
 * @r: NULL: there is no such service, which only the node's owner is told
 */
enum err rights_enter(struct task *t, const struct route *r);

/**
 * rights_run - may it run this command? Before its arguments are looked at
 * @e: of the choice of a command: who may not use the whole service is not told
 */
enum err rights_run(struct task *t, const struct work *w, enum err e);

/** May he know all that the service has? */
bool rights_tell(const struct task *t, const struct route *r);

/** May it touch what it names? After the arguments were read, before it runs. */
enum err rights_touch(struct task *t, const struct work *w);

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
    struct span service; // at == NULL: a revocation
    struct span doc;
};

enum { GRANTS_BUCKETS = 64 };

struct rights {
    struct grant *grants;
    struct grant *by_user[GRANTS_BUCKETS];
    struct note *notes; // oldest first
    unsigned grants_n, revoked_n;
    enum err bad; // what is wrong with the file: then nothing of it holds
    char why[120];
};

/**
 * grant_new - a grant from its unit, checked
 * @by: who gave it, @doc: as a signed document, NULL content: not signed yet
 * @strict: a service that is not here is an error
 *
 * Errors: ERR_BAD_ARG, ERR_NO_MEMORY; told in f
 */
enum err grant_new(struct kernel *k, const struct unit *unit, const uint8_t by[32], bool strict,
                   struct grant **out, struct fail *f);
void grant_free(struct grant *g);

/** The signed form of a grant: a copy of it, and its id. Errors: ERR_NO_MEMORY */
enum err grant_doc(struct grant *g, struct span doc);

/** Into the tables; the caller has looked at the limits. */
void rights_add(struct kernel *k, struct grant *g);
void rights_note(struct kernel *k, struct note *n);

/** A service's owner (service.at not NULL) or a grant that was taken back. NULL: no memory */
struct note *note_new(struct kernel *k, struct span doc, struct span service, const uint8_t *id);

/** Everybody's quotas, after a change. */
void rights_quotas(struct kernel *k);

/** The file, as the tables are now. */
enum err rights_save(struct kernel *k, struct fail *f);

bool owner_owns(const struct owner *o, const struct route *r);

/** Reads what is kept, once; called where somebody else than the node's owner wants something. */
enum err rights_load(struct kernel *k, struct fail *f);
void rights_fini(struct kernel *k);

/** What the grants say that he may have. */
void rights_quota(struct owner *o);

/** Does it cover this service (r not NULL) and command (NULL: anything of the service)? */
bool grant_covers(const struct kernel *k, const struct grant *g, const struct owner *o,
                  const struct route *r, const struct command *c);

#endif
