// SPDX-License-Identifier: MIT
// The capacities of what nodes keep for one another, each with its reason. Full is an error for the
// one who asked.
#ifndef TELEX_CLUSTER_LIMITS_H
#define TELEX_CLUSTER_LIMITS_H

enum {
    // Peers (a user on a node) whose requests are remembered: members of a large cluster. Of one
    // user fewer, so that one alone cannot take all; this node's own user is never refused.
    REPLIES_PEERS_MAX = 256,
    REPLIES_PEERS_USER = 16,

    // Requests of one peer that run, or whose reply he has not acknowledged, or whose outcome was
    // forgotten: as many as a window has places.
    REPLIES_MAX = 4096,

    // Entries kept for the next request instead of being given back: a full batch.
    REPLIES_SPARE = 64,

    // Replies of one peer together (msgs/WIRE.md). The oldest that are not on their way
    // go first; a reply that still finds no room becomes an error.
    REPLIES_BYTES_MAX = 16 << 20,

    // How long a reply waits to be acknowledged (msgs/WIRE.md).
    REPLIES_KEPT_MS = 600000,

    // How long a request is not run again after that. It is sent again within REPLIES_KEPT_MS of
    // its first sending at the latest, and arrives within the hour that a session lives
    // (SESSION_LIFE_MS, which is enforced).
    REPLIES_GONE_MS = 7200000,

    // A reply of up to this size needs no memory of its own: most are numbers and short texts.
    REPLY_SMALL_BYTES = 64,

    // How long a session takes requests in: then another one has to be made. See REPLIES_GONE_MS.
    SESSION_LIFE_MS = 3600000,

    // Messages under one signature, and their bytes: what makes a signature cheap for each, and
    // what must be ready before the first leaves.
    SESSION_BATCH = 64,
    SESSION_BATCH_BYTES = 256 << 10,

    // Requests of one end that wait for their answer.
    SESSION_REQUESTS_MAX = 4096,

    // Acknowledgements wait for company: so many, or so long. That many share a message.
    SESSION_ACKS = 64,
    SESSION_ACK_MS = 1000,

    // Requests that were refused for want of room, until that is told.
    SESSION_REFUSED = 64,

    // How often a peer whose state was restored is told so.
    SESSION_TELL_MS = 1000,

    // How much later than its executor the sender of a request gives up: the way there and back.
    SESSION_GRACE_MS = 2000,

    // Memory of what leaves at once: the longest message, and as much for its batch.
    SESSION_OUT_BYTES = 40 << 20,
};

#endif
