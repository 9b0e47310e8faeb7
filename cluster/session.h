// SPDX-License-Identifier: MIT
// One end of a session between two nodes: requests out and their answers in, requests in and their
// answers out. It neither makes sessions nor moves bytes: the handshake tells what both ends know,
// and whoever owns the link carries what session_flush gives to session_in of the other end.
//
//   session_send(request) --> queue --session_flush: one signature--> bytes
//   bytes --session_in--> window, signature --> request: replies --> kernel --> queue
//                                           --> answer: request->done, once
//
// Who may do what is not decided here: a request runs as a task of the user who signed it, and the
// kernel says what he may.
//
// Besides requests and answers the two nodes have words for each other, in messages to no service
// and with no request id:
//
//   (ack [%`16` ..])   these answers have arrived: forget them
//   (seen (ctr ctr))   your message stands at a place that was used: this one; the furthest is that
//
// The second is how a node learns that its state is an older one (a machine that was restored from
// a copy): it counts at places that its peer has seen already. Such a session is over, and the
// node's memory of requests gets another name (struct replies), so nobody sends again what it may
// have run. What it asked itself may have run before, too, and be forgotten: of all that it asked
// up to then and has no answer to, in any session, it is unknown what came of it.
//
// A request may come late, in a session that its sender has left: it was sent again in another one
// meanwhile, answered and forgotten. So requests are taken in the newest session between two ends
// only, and for an hour at most. Answers and words are taken as long as a session is there.
//
// Every request has exactly one outcome: a value, an error, or that nobody knows (session_unknown).
#ifndef TELEX_CLUSTER_SESSION_H
#define TELEX_CLUSTER_SESSION_H

#include "cluster/replies.h"
#include "kernel/kernel.h"
#include "msgs/clock.h"
#include "msgs/message.h"

/**
 * struct session_conf - what the handshake gave
 * @kernel:     runs what arrives; its platform lends memory, clock and random bytes
 * @own:        who signs here, and for whom; borrowed
 * @peer:       certificate of the other end, opened (cert_open); copied
 * @replies:    of this node, shared by all its sessions, which it lists
 * @clock:      of this node, shared likewise; or NULL
 * @id:         the first 16 bytes of the handshake's hash
 * @cluster:    zeros: none
 * @peer_epoch: name of the other end's memory of requests (struct replies) as it is told now
 * @peer_ms:    its wall clock, or TIME_UNKNOWN
 */
struct session_conf {
    struct kernel *kernel;
    const struct plat *plat;
    const struct identity *own;
    const struct cert *peer;
    struct replies *replies;
    struct clock *clock;
    uint8_t id[16], cluster[32], peer_epoch[16];
    int64_t peer_ms;
};

/**
 * struct request - a message to a service of the other end; the caller's, until done is called
 * @author: who asks: the user whom this node signs for (conf.own)
 * @body:   the payload, which lives as long
 * @arena:  for the answer
 * @done:   called exactly once: with ERR_OK and the value, or with an error and its unit
 *          {code why ..}. It may send other requests. Not called for one that session_send refused
 */
struct request {
    uint8_t author[32];
    struct span service;
    const struct unit *body;
    int64_t ttl_ms; // 1 .. MSG_TTL_MAX_MS
    unsigned hops;
    unsigned stream; // 0 .. 15
    bool trace;
    struct arena *arena;
    void (*done)(void *ctx, struct request *r, enum err e, const struct unit *u);
    void *ctx;
    // The session's
    struct request *next, *prev;
    uint8_t id[16], epoch[16];
    int64_t ctr;       // where it was sent last
    uint64_t due_ns;   // then nobody waits any more
    uint64_t again_ns; // until then it may be sent again
    bool sent;         // once at least
};

enum { SESSION_WAITS = 64 }; // lists of requests that wait, by the first byte of their id

struct request_list {
    struct request *first, *last;
};

/** Its parts are its own. */
struct session {
    struct session *before; // in the list of replies: one that began before
    struct session_conf conf;
    uint8_t own_epoch[16]; // of replies, when it began
    uint64_t start_ns;
    struct cert peer;
    struct windows in;
    int64_t out[WINDOW_STREAMS];
    struct batch_cache roots;
    struct msg_expect expect;
    struct msg head;                                 // of what leaves: all that is the same for all
    struct arena arena;                              // of what leaves; empty in between
    struct request_list queue, waits[SESSION_WAITS]; // to be sent; sent and not answered
    size_t requests_n;
    struct reply *answers, **answers_last;
    struct session_ack {
        uint8_t req[16];
    } acks[REPLIES_MAX];     // a ring: all that the other end may still keep
    size_t acks_n, acks_new; // ever; of these the last ones are to be told
    uint64_t ack_ns;         // of the first one of them
    struct session_refused {
        uint8_t req[16];
        uint8_t stream;
        enum err e;
    } refused[SESSION_REFUSED];
    size_t refused_n;
    bool tell, tell_request; // the peer is to be told that it counts at old places; by a request
    int64_t tell_ctr;
    uint64_t tell_ns; // when it may be told again
    uint64_t due_ns;  // of the requests that wait, or before
    bool over;        // this end was told so, or its hour is
    bool replaced;    // another one between the same ends has begun
};

/**
 * session_init - a session that was just agreed on
 *
 * Older ones between the same users and nodes take no requests any more. So it is called in the
 * order in which sessions were agreed on: whoever makes them drops every unfinished handshake with
 * this peer when one is done, and all of them when the epoch of @conf->replies has changed.
 * From then until session_fini it stays where it is.
 *
 * Errors: ERR_DENIED (a certificate lets its node sign nothing), ERR_EXPIRED, ERR_CLOCK (a
 *         certificate has dates, and a clock is unset, or more than 5 minutes off: the text says
 *         whose); told in @f
 */
MUST_USE enum err session_init(struct session *s, const struct session_conf *conf, struct fail *f);

/**
 * session_fini - the session is over
 * @next: where its requests go on; NULL: nowhere, and each one ends with ERR_NODE_LOST
 *
 * A request goes on only where its executor still knows of it (the same epoch); otherwise it ends
 * with ERR_NODE_LOST, unless it never left. None goes on when this node has learnt since the session
 * began that its state is an older one. Acknowledgements go on, too. What runs here for the peer
 * runs on, and its reply is kept.
 */
void session_fini(struct session *s, struct session *next);

/**
 * It cannot go on: this node's state is an older one, a stream is at its end, SESSION_LIFE_MS has
 * passed (as of the last call), or there is a newer one. Make another, and session_fini this one.
 */
static inline bool session_over(const struct session *s)
{
    return s->over || s->replaced;
}

/**
 * session_send - a request is to leave with the next flush
 *
 * Errors: ERR_BAD_ARG (a secret in it, and the peer is another user's node),
 *         ERR_BUSY (SESSION_REQUESTS_MAX), ERR_DENIED (another author than whom this node signs
 *         for), ERR_LINK (the session is over), ERR_NOT_SUPPORTED (no random bytes)
 */
MUST_USE enum err session_send(struct session *s, struct request *r, struct fail *f);

/**
 * session_in - a message has arrived
 * @bytes: untrusted; not needed afterwards
 *
 * A request runs, at once as far as it goes, as a task of its author; what is wrong with it is its
 * answer. An error is for the log of the link: nothing was done, and nothing is answered.
 *
 * Errors: those of msg_check; ERR_SYNTAX (a word that is none), ERR_LINK (a request, and the
 *         session is over: it was not run), ERR_BUSY (no room even to refuse: take nothing in until
 *         a flush)
 */
MUST_USE enum err session_in(struct session *s, struct span bytes, struct fail *f);

/** Is there something to leave now? Requests do not, in a session that is over. */
bool session_ready(const struct session *s, uint64_t now_ns);

/**
 * session_flush - all that is to leave, under as few signatures as can be
 * @out: called for each message; the bytes are gone when it returns
 *
 * @out may not call this session. Errors: ERR_NO_MEMORY (what has not left waits: try again),
 * ERR_LIMIT (a stream is at its end: the session is over)
 */
MUST_USE enum err session_flush(struct session *s, void (*out)(void *ctx, struct span bytes),
                                void *ctx);

/** End what waited too long, the session itself too. Gives when to come again; UINT64_MAX: never. */
uint64_t session_step(struct session *s);

/** Does this error leave open whether the request ran? */
static inline bool session_unknown(enum err e)
{
    return e == ERR_TIMEOUT || e == ERR_NODE_LOST || e == ERR_REPLAY;
}

// ---- Between its files

/** Has the memory of this node got another name since? What it knows of the session is too old. */
static inline bool session_stale(const struct session *s)
{
    return memcmp(s->own_epoch, s->conf.replies->epoch, sizeof s->own_epoch) != 0;
}

/** A word of the other end has proved itself. @body: as it arrived. Errors: as session_in */
MUST_USE enum err session_word(struct session *s, struct span body, struct fail *f);

/** This request leaves: from the queue to those that wait. */
void session_waits(struct session *s, struct request *r);

// ---- Running what arrives (cluster/execute.c)

/** A request that proved itself. @body: its payload, encoded. Always answers, now or later. */
void execute(struct session *s, const struct msg *m, struct span body);

/** The peer has this answer. */
void execute_ack(struct session *s, const uint8_t req[16]);

/** The body of an answer that is an error, encoded: (err {code why}). Gives its length. */
enum { EXECUTE_ERROR_BYTES = 512 };
size_t execute_error(enum err e, const char *why, uint8_t out[EXECUTE_ERROR_BYTES]);

/** The session is over: its answers wait for another one. */
void execute_leave(struct session *s);

/** End what is past its time. Gives when to come again. @now_ns: as plat->now_ns */
uint64_t execute_step(struct replies *r, uint64_t now_ns);

/** End all that runs for peers, before the kernel goes; then replies_fini. */
void execute_fini(struct replies *r);

#endif
