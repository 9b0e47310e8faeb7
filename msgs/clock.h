// SPDX-License-Identifier: MIT
// Whose clock is right? Wall clocks are information; only a certificate with dates asks for one.
//
// A node hears the time of each peer when a session begins. One whose own clock is unset takes
// theirs: the middle one of all, so a single wrong peer moves nothing. Where a certificate has
// dates, a clock that is more than 5 minutes off the middle is refused, and the text says whose.
// A peer that is judged by the time does not say what it is, unless nobody else does, and is heard
// only when its certificate holds.
#ifndef TELEX_MSGS_CLOCK_H
#define TELEX_MSGS_CLOCK_H

#include "keys/cert.h"

enum { CLOCK_PEERS_MAX = 15, CLOCK_OFF_MS = 300000 };

/** All zero at the start. */
struct clock {
    struct clock_peer {
        uint8_t node[32];
        int64_t start_ms; // its time when this node's now_ns was 0
    } peers[CLOCK_PEERS_MAX];
    unsigned n, next;
};

/** A peer has told its time. TIME_UNKNOWN and what is past the year 9999 tells nothing. */
void clock_hear(struct clock *c, const uint8_t node[32], int64_t peer_ms, uint64_t now_ns);

/** A time, and so much later; TIME_UNKNOWN for what clock_hear takes for none. */
int64_t clock_later(int64_t ms, uint64_t passed_ns);

/** Of an even number of clocks the two middle ones, otherwise the same twice; or TIME_UNKNOWN. */
struct clock_times {
    int64_t first_ms, last_ms;
};

/**
 * clock_judge - the times at which the certificate of a peer has to hold
 * @c:       or NULL
 * @node:    the peer
 * @peer_ms: what it says itself
 *
 * @own_ms, or where that is TIME_UNKNOWN what other peers say, or where none has said anything
 * @peer_ms.
 */
struct clock_times clock_judge(const struct clock *c, const uint8_t node[32], int64_t peer_ms,
                               int64_t own_ms, uint64_t now_ns);

/**
 * clock_check - may the dates of these certificates be judged?
 * @own, @peer: this node's, and that of a peer that need not have been heard
 * @peer_ms:    its time
 *
 * Without dates, always. Errors: ERR_CLOCK
 */
MUST_USE enum err clock_check(const struct clock *c, const struct cert *own,
                              const struct cert *peer, int64_t peer_ms, int64_t own_ms,
                              uint64_t now_ns, struct fail *f);

#endif
