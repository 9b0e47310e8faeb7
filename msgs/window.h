// SPDX-License-Identifier: MIT
// The replay window: which places of a session are still open.
//
//   bits   63 .. 52   51 .. 48   47 .. 0
//             0        stream    counts from 0, each place once
//
// A session has 16 streams, each with a count and a window of its own, so that a large answer in
// one holds up no other. Messages may overtake each other: a place is open until it was used, and
// as long as it is less than 4096 behind the furthest one. Nothing of this is kept on a disk: the
// window lives and dies with its session.
#ifndef TELEX_MSGS_WINDOW_H
#define TELEX_MSGS_WINDOW_H

#include "units/err.h"

enum {
    WINDOW_PLACES = 4096,
    WINDOW_STREAMS = 16,
    WINDOW_STREAM_BITS = 4,
    WINDOW_COUNT_BITS = 48,
    // One word more than there are places: the furthest one may stand anywhere in its word.
    WINDOW_WORDS = WINDOW_PLACES / 64 + 1,
};

#define WINDOW_COUNT_MAX (((int64_t)1 << WINDOW_COUNT_BITS) - 1)
#define WINDOW_CTR_MAX (((int64_t)1 << (WINDOW_COUNT_BITS + WINDOW_STREAM_BITS)) - 1)

/** One stream; all zero at the start. */
struct window {
    int64_t next; // one past the furthest place that was used
    uint64_t used[WINDOW_WORDS];
};

/** All streams of one direction of a session; all zero at the start. */
struct windows {
    struct window stream[WINDOW_STREAMS];
};

static inline unsigned window_stream(int64_t ctr)
{
    return (unsigned)(ctr >> WINDOW_COUNT_BITS) % WINDOW_STREAMS;
}

static inline int64_t window_count(int64_t ctr)
{
    return ctr & WINDOW_COUNT_MAX;
}

/**
 * window_open - may a message stand at this place?
 *
 * Changes nothing. False for any @ctr that is none.
 */
bool window_open(const struct windows *w, int64_t ctr);

/** Use the place: it was open. To be called when the message has proved itself. */
void window_close(struct windows *w, int64_t ctr);

/**
 * window_take - the next place to send at
 * @next: counts of the sender's streams
 *
 * Errors: ERR_LIMIT: the stream is at its end. It never begins anew: make another session
 */
MUST_USE enum err window_take(int64_t next[WINDOW_STREAMS], unsigned stream, int64_t *ctr);

#endif
