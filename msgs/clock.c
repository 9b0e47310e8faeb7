// SPDX-License-Identifier: MIT
// The middle one of several clocks, and who is far from it.
#include "msgs/clock.h"

#include "keys/name.h"

// The last ms of the year 9999: sums of two such times stay far from any overflow.
static const int64_t time_max_ms = 253402300799999;

static bool is_time(int64_t ms)
{
    return ms >= 0 && ms <= time_max_ms;
}

static int64_t ms_of(uint64_t ns)
{
    return (int64_t)(ns / 1000000);
}

void clock_hear(struct clock *c, const uint8_t node[32], int64_t peer_ms, uint64_t now_ns)
{
    struct clock_peer *p = c->peers;

    if (!is_time(peer_ms))
        return;
    while (p < c->peers + c->n && memcmp(p->node, node, sizeof p->node) != 0)
        p++;
    if (p == c->peers + c->n) { // a new one, in the place of the one who came first
        p = c->n < CLOCK_PEERS_MAX ? &c->peers[c->n++] : &c->peers[c->next++ % CLOCK_PEERS_MAX];
        memcpy(p->node, node, sizeof p->node);
    }
    p->start_ms = peer_ms - ms_of(now_ns);
}

// The middle one; of an even number the lower of the two.
static bool middle(const struct clock *c, int64_t own_ms, uint64_t now_ns, int64_t *start_ms)
{
    int64_t all[CLOCK_PEERS_MAX + 1];
    unsigned n = 0;

    for (unsigned i = 0; i <= c->n; i++) {
        unsigned at = n;
        int64_t t;

        if (i == c->n && !is_time(own_ms))
            break;
        t = i < c->n ? c->peers[i].start_ms : own_ms - ms_of(now_ns);
        for (; at && all[at - 1] > t; at--)
            all[at] = all[at - 1];
        all[at] = t;
        n++;
    }
    if (n)
        *start_ms = all[(n - 1) / 2];
    return n > 0;
}

int64_t clock_now(const struct clock *c, int64_t own_ms, uint64_t now_ns)
{
    int64_t start_ms;

    if (is_time(own_ms))
        return own_ms;
    return middle(c, TIME_UNKNOWN, now_ns, &start_ms) ? start_ms + ms_of(now_ns) : TIME_UNKNOWN;
}

static bool dated(const struct cert *c)
{
    return c->from_ms != TIME_UNKNOWN || c->till_ms != TIME_NEVER;
}

static bool far(int64_t x, int64_t y)
{
    return x - y > CLOCK_OFF_MS || y - x > CLOCK_OFF_MS;
}

static enum err skewed(const char *what, const uint8_t node[32], int64_t off_ms, struct fail *f)
{
    char name[KEY_TEXT_MAX];
    long minutes = (long)(off_ms / 60000);

    (void)key_print(KEY_NODE, node, name);
    return fail_set(f, ERR_CLOCK, FAIL_NO_POS, "set that clock, or use certificates without dates",
                    "%s %s is %d minutes %s", what, name, minutes < 0 ? -minutes : minutes,
                    minutes < 0 ? "slow" : "fast");
}

enum err clock_check(const struct clock *c, const struct cert *own, const struct cert *peer,
                     int64_t own_ms, uint64_t now_ns, struct fail *f)
{
    int64_t mid, own_start;
    unsigned others = 0;
    const struct clock_peer *p = NULL;

    if ((!dated(own) && !dated(peer)) || !is_time(own_ms))
        return ERR_OK; // an unset clock follows its peers
    own_start = own_ms - ms_of(now_ns);
    for (unsigned i = 0; i < c->n; i++) {
        if (memcmp(c->peers[i].node, peer->node, sizeof peer->node) == 0)
            p = &c->peers[i];
        else
            others++;
    }
    if (!p || !far(own_start, p->start_ms) || !middle(c, own_ms, now_ns, &mid))
        return ERR_OK; // unset at the other end, or both agree
    // Two clocks alone: each may be the wrong one, and this node believes its own.
    if (!others || !far(own_start, mid))
        return skewed("the clock of node", peer->node, p->start_ms - (others ? mid : own_start), f);
    return skewed("the clock of this node,", own->node, own_start - mid, f);
}
