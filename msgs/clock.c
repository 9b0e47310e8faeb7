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

// Times, the earliest first: when this node's now_ns was 0.
struct sorted {
    int64_t start_ms[CLOCK_PEERS_MAX + 2];
    unsigned n;
};

static void sort_in(struct sorted *all, int64_t start_ms)
{
    unsigned at = all->n++;

    for (; at && all->start_ms[at - 1] > start_ms; at--)
        all->start_ms[at] = all->start_ms[at - 1];
    all->start_ms[at] = start_ms;
}

// What peers say, but for one of them.
static struct sorted sort(const struct clock *c, const uint8_t but[32])
{
    struct sorted all = {.n = 0};

    for (unsigned i = 0; i < c->n; i++)
        if (memcmp(c->peers[i].node, but, sizeof c->peers[i].node) != 0)
            sort_in(&all, c->peers[i].start_ms);
    return all;
}

// The middle one; of an even number the lower of the two.
static int64_t middle(const struct sorted *all)
{
    return all->start_ms[(all->n - 1) / 2];
}

int64_t clock_later(int64_t ms, uint64_t passed_ns)
{
    return is_time(ms) ? ms + ms_of(passed_ns) : TIME_UNKNOWN;
}

struct clock_times clock_judge(const struct clock *c, const uint8_t node[32], int64_t peer_ms,
                               int64_t own_ms, uint64_t now_ns)
{
    struct sorted all = {.n = 0};

    if (c && !is_time(own_ms))
        all = sort(c, node);
    if (all.n)
        return (struct clock_times){middle(&all) + ms_of(now_ns),
                                    all.start_ms[all.n / 2] + ms_of(now_ns)};
    if (c && !is_time(own_ms))
        own_ms = clock_later(peer_ms, 0);
    return (struct clock_times){own_ms, own_ms};
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
                     int64_t peer_ms, int64_t own_ms, uint64_t now_ns, struct fail *f)
{
    struct sorted all = sort(c, peer->node);
    int64_t mid, own_start, peer_start;
    bool others = all.n > 0;

    if ((!dated(own) && !dated(peer)) || !is_time(own_ms) || !is_time(peer_ms))
        return ERR_OK; // an unset clock follows its peers
    own_start = own_ms - ms_of(now_ns);
    peer_start = peer_ms - ms_of(now_ns);
    if (!far(own_start, peer_start))
        return ERR_OK;
    sort_in(&all, own_start);
    sort_in(&all, peer_start);
    mid = middle(&all);
    // Two clocks alone: each may be the wrong one, and this node believes its own.
    if (!others || !far(own_start, mid))
        return skewed("the clock of node", peer->node, peer_start - (others ? mid : own_start), f);
    return skewed("the clock of this node,", own->node, own_start - mid, f);
}
