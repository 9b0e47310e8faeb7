// SPDX-License-Identifier: MIT
// Time, and sleeping until something happens.
#define _GNU_SOURCE // ppoll
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "kernel/linux/linux.h"

enum { WATCHED_MAX = 16 }; // sources at a time: standard input and the files behind it

static const uint64_t second_ns = 1000000000;

static uint64_t now_ns(void *ctx)
{
    struct timespec t;

    (void)ctx;
    // It goes on while the machine sleeps: how long others keep what they know of us does, too.
    (void)clock_gettime(CLOCK_BOOTTIME, &t); // cannot fail: the clock exists
    return (uint64_t)t.tv_sec * second_ns + (uint64_t)t.tv_nsec;
}

static enum err utc_ns(void *ctx, int64_t *ns)
{
    struct timespec t;

    (void)ctx;
    if (clock_gettime(CLOCK_REALTIME, &t))
        return ERR_CLOCK;
    *ns = (int64_t)t.tv_sec * (int64_t)second_ns + t.tv_nsec;
    return ERR_OK;
}

static void wait(void *ctx, uint64_t till_ns)
{
    struct linux_port *p = ctx;
    struct pollfd watched[WATCHED_MAX + 1];
    struct timespec left, *most = NULL;
    uint64_t ended;
    nfds_t n = 0;

    for (struct linux_source *s = p->sources; s && n < WATCHED_MAX; s = s->next)
        if (s->dry)
            watched[n++] = (struct pollfd){.fd = s->fd, .events = POLLIN};
    watched[n] = (struct pollfd){.fd = p->work_event, .events = POLLIN}; // below 0: not watched
    if (till_ns != UINT64_MAX) {
        uint64_t now = now_ns(ctx), ns = till_ns > now ? till_ns - now : 0;

        left = (struct timespec){(time_t)(ns / second_ns), (long)(ns % second_ns)};
        most = &left;
    }
    // Whatever woke us, a signal too, the caller looks again.
    (void)ppoll(watched, n + 1, most, NULL);
    // How many jobs ended does not matter: the caller looks at each.
    if (watched[n].revents)
        (void)!read(p->work_event, &ended, sizeof ended);
}

void linux_clock_init(struct linux_port *p)
{
    p->plat.now_ns = now_ns;
    p->plat.utc_ns = utc_ns;
    p->plat.wait = wait;
}
