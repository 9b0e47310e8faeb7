// SPDX-License-Identifier: MIT
// Two nodes with a session between them, and a wire that a test can look at, cut and play again.
// A asks, B answers.
#ifndef TELEX_TESTS_CHECK_CLUSTER_FIX_H
#define TELEX_TESTS_CHECK_CLUSTER_FIX_H

#include "cluster/session.h"
#include "tests/check/keys_fix.h"
#include "tests/sim/lab.h"

enum { WIRE_MAX = 2048, SENT_MAX = 300, SLOTS = 4 };

struct net_node {
    struct sim sim;
    struct kernel *k;
    struct replies replies;
    struct clock clock;
    struct identity own;
    struct session slots[SLOTS], *s; // the present one is one of them
    bool open[SLOTS];                // session_init, and no session_fini yet
    bool up;                         // the present one is
};

// A message on its way, or one that was.
struct net_msg {
    bool to_b;
    char *bytes; // exactly as long as it is, so that reading past the end shows
    size_t n;
};

struct net_sent {
    struct request r;
    struct arena arena;
    struct unit body;
    unsigned ends; // how often done was called
    unsigned runs; // how often B began to run it: asserted to be once
    bool again;    // it has the name of another one
    enum err e;
    char text[300]; // value, or `!code why`
    bool used;
};

struct net {
    struct net_node a, b;
    uint8_t session, epoch, cluster;               // count up
    struct net_msg wire[WIRE_MAX], tape[WIRE_MAX]; // tape: all that was ever put on the wire
    size_t wire_n, tape_n;
    struct net_sent sent[SENT_MAX];
    bool lose; // what leaves is lost
};

// Which ends of the old session stay open beside the new one.
enum { LEAVE_A = 1, LEAVE_B = 2 };

/** @user: of A is that of B, who owns B. Else A's own, who has no rights there. */
void net_init(struct net *n, bool same_user);

/** Asserts that all memory was given back, and that each request ended exactly once. */
void net_done(struct net *n);

/** A new session; requests of the old one go on in it. */
void net_connect(struct net *n);

/** The same; @leave: what stays open. */
void net_connect_beside(struct net *n, unsigned leave);

/** Old ends are closed; what waits in them goes on in the present one. */
void net_close_old(struct net_node *x);

/** All sessions are cut at both ends. */
void net_cut(struct net *n);

/** The conf of a session end. */
struct session_conf net_conf(struct net *n, bool of_b);

/** From A: `(neg 5)@math.calc`; sent with the next net_flush. */
struct net_sent *net_send(struct net *n, const char *text);
struct net_sent *net_send_for(struct net *n, const char *text, int64_t ttl_ms);

/** All that is to leave one end, on the wire. */
void net_flush(struct net *n, bool of_b);

/** The same of an end that may be over, or not the present one. */
void net_flush_of(struct net *n, bool of_b, struct session *s);

/** Take the first message from the wire in. */
enum err net_take(struct net *n);

/** All open ends of the side that it is meant for hear it, the oldest first. */
void net_hear(struct net *n, const struct net_msg *m);

/** Until nothing moves any more. */
void net_run(struct net *n);

/** Time passes on both, with steps of all. */
void net_pass(struct net *n, uint64_t ms);

/** B goes away with all its memory, and is back. */
void net_restart_b(struct net *n);

/** net_send, net_run, and assert how it ended. */
void net_want(struct net *n, const char *text, const char *want);

#endif
