// SPDX-License-Identifier: MIT
// Whose clock is right? Wall clocks are information; only a certificate with dates asks for one.
//
// A node hears the time of each peer when a session begins. One whose own clock is unset takes
// theirs: the middle one of all, so a single wrong peer moves nothing. Where a certificate has
// dates, a clock that is more than 5 minutes off the middle is refused, and the text says whose.
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

/** The time: @own_ms, or where that is TIME_UNKNOWN what peers say, or TIME_UNKNOWN. */
int64_t clock_now(const struct clock *c, int64_t own_ms, uint64_t now_ns);

/**
 * clock_check - may the dates of these certificates be judged?
 * @own, @peer: this node's, and that of a peer that was heard
 *
 * Without dates, always. Errors: ERR_CLOCK
 */
MUST_USE enum err clock_check(const struct clock *c, const struct cert *own,
                              const struct cert *peer, int64_t own_ms, uint64_t now_ns,
                              struct fail *f);

#endif
