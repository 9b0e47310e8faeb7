// SPDX-License-Identifier: MIT
// The memory of an executor: which requests of a peer it has run, and what came of them.
//
//   new --> runs --> kept --acknowledged--> (forgotten: it never comes again)
//                      |
//                      +-- 10 minutes, or 16 MiB --> gone --2 hours--> (forgotten)
//
// A request whose answer was lost with its session is sent again in a new one, signed anew, with
// the same request id. It is not run again: if it still runs the new session waits for it, if its
// reply is kept that is repeated, and if that is gone the answer is ERR_REPLAY, which says that it
// ran and that nobody knows any more what came of it. So whatever sessions do, each request is
// executed at most once. What was forgotten cannot come again: an acknowledged request is sent
// nowhere any more, and where it was sent before, in an older session, nothing runs since the newer
// one began (session_init); the others outlive every session that could bring them.
//
// Peers are told apart by user and node: one user's ids mean nothing to another's. All of it lives
// in memory, and each such memory has a name, its epoch, that both ends of a session know. Whoever
// sent a request to one epoch never sends it again to another. A node that learns that its memory
// is an older one (a machine that was restored from a copy) gives it another name. One that is
// restored and does not learn it may run again what the copy knows nothing of: only memory that
// outlives the machine could prevent that.
#ifndef TELEX_CLUSTER_REPLIES_H
#define TELEX_CLUSTER_REPLIES_H

#include "cluster/limits.h"
#include "units/arena.h"

struct plat;
struct session;
struct task;

enum reply_state { REPLY_RUNS, REPLY_KEPT, REPLY_GONE, REPLY_STATES };

struct reply {
    struct reply *chain;       // others with the same hash
    struct reply *prev, *next; // in the list of its state, oldest first
    struct reply_peer *peer;
    uint8_t req[16];
    uint64_t digest; // of service and body: the same id never stands for two requests
    uint8_t state;   // enum reply_state
    bool hidden;     // holds a secret: wiped before it is given back
    bool late;       // its time was over before it ended
    uint8_t stream;  // in which its answer goes
    uint64_t due_ns; // runs: its time is over; kept: becomes gone; gone: is forgotten
    uint8_t *bytes;  // kept: the body of the answer
    size_t n;
    uint8_t small[REPLY_SMALL_BYTES];
    struct replies *all;
    // Of cluster/execute.c
    const struct plat *plat;
    bool trusted; // the peer's user is this node's: secrets may go there
    struct task *task;
    struct session *session;  // to be answered in; NULL: that session is over
    struct reply *next_out;   // in the session's list of answers that are to leave
    bool queued;              // it is in that list: it stays
    struct task *done;        // ended: to be given back when nothing of it is under way
    struct reply *next_ended; // in the list of those
};

struct reply_list {
    struct reply *first, *last;
};

struct reply_peer {
    struct reply_peer *next;
    uint8_t user[32], node[32], epoch[16]; // epoch: of its memory, when it was heard last
    size_t n;                              // of all states
    size_t bytes;                          // of replies kept that are not small
    struct reply_list list[REPLY_STATES];
    struct reply *slots[REPLIES_MAX / 4];
};

/** One for each node. */
struct replies {
    const struct mem *mem;
    uint8_t epoch[16];        // random; another one whenever this memory begins anew
    struct session *sessions; // of this node, the newest first
    struct reply_peer *peers;
    size_t peers_n;
    struct reply *spare;
    size_t spare_n;
    uint64_t due_ns;     // when the next entry is due, or before
    struct reply *ended; // whose tasks have ended
    uint64_t executed;   // requests that were run, ever
    uint64_t repeated;   // answers that were given again
};

void replies_init(struct replies *r, const struct mem *mem, const uint8_t epoch[16]);

/** Nothing of it runs any more (execute_fini), and its sessions are over (session_fini). */
void replies_fini(struct replies *r);

/** What is known of a request; NULL: nothing. */
struct reply *replies_find(const struct replies *r, const uint8_t user[32], const uint8_t node[32],
                           const uint8_t req[16]);

/**
 * replies_new - a request that was not here before begins to run
 * @due_ns: when its time is over
 * @own:    the user is this node's
 *
 * Errors: ERR_BUSY (a limit of this peer or of all, see cluster/limits.h), ERR_NO_MEMORY
 */
MUST_USE enum err replies_new(struct replies *r, const uint8_t user[32], const uint8_t node[32],
                              const uint8_t req[16], uint64_t due_ns, bool own, struct reply **out);

/** A session with this peer begins; where its memory is another one, nothing is asked again. */
void replies_hear(struct replies *r, const uint8_t user[32], const uint8_t node[32],
                  const uint8_t epoch[16]);

/**
 * reply_keep - it has ended: room for the body of its answer, to be filled at once
 *
 * The peer's oldest replies become gone as far as they are too much together.
 * Errors: ERR_NO_MEMORY, ERR_LIMIT (no room even so); never for up to REPLY_SMALL_BYTES
 */
MUST_USE enum err reply_keep(struct replies *r, struct reply *e, size_t n, uint64_t now_ns);

/** Forget it: acknowledged, or not run after all. */
void reply_forget(struct replies *r, struct reply *e);

/** It is in no session's list any more: from now on it falls due. */
void reply_unqueued(struct reply *e);

/**
 * replies_due - what of kept and gone entries is due
 *
 * @late: called for each entry that still runs though its time is over; it may end it
 * Gives when to come again; UINT64_MAX: never.
 */
uint64_t replies_due(struct replies *r, uint64_t now_ns, void (*late)(struct reply *e));

#endif
