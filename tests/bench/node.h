// SPDX-License-Identifier: MIT
// A whole node in this process for a measurement: the Linux port, all services, and terminals that
// show nothing.
#ifndef TELEX_TESTS_BENCH_NODE_H
#define TELEX_TESTS_BENCH_NODE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/internal.h"
#include "kernel/linux/linux.h"
#include "units/parse.h"
#include "units/print.h"

struct node {
    struct linux_port port;
    struct term term;
    struct kernel *k;
};

static enum err node_say(void *ctx, struct span text)
{
    (void)ctx;
    (void)text;
    return ERR_OK;
}

static enum err node_clear(void *ctx)
{
    (void)ctx;
    return ERR_OK;
}

// Nobody sits there: the input is at its end.
static enum err node_line(void *ctx, struct call *c, const struct term_line *line)
{
    const struct unit none = unit_none();

    (void)ctx;
    (void)line;
    call_answer(c, &none);
    return ERR_OK;
}

static enum err node_key(void *ctx, struct call *c, bool wait)
{
    (void)wait;
    return node_line(ctx, c, NULL);
}

static void node_flush(void *ctx)
{
    (void)ctx;
}

static bool node_forget(void *ctx, struct call *c)
{
    (void)ctx;
    (void)c;
    return false;
}

static bool node_size(void *ctx, unsigned *columns, unsigned *rows)
{
    (void)ctx;
    *columns = 80;
    *rows = 25;
    return true;
}

static void node_show(void *ctx, const struct unit *value)
{
    (void)ctx;
    (void)value;
}

static void node_fail(void *ctx, const struct unit *error, uint64_t id)
{
    (void)ctx;
    (void)error;
    (void)id;
}

static bool node_pressed(void *ctx)
{
    (void)ctx;
    return false;
}

/** @workers: -1: one for each processor, 0: none */
static inline void node_init(struct node *n, int workers)
{
    struct fail f = {.why = ""};

    memset(n, 0, sizeof *n);
    n->port.plat.ctx = &n->port;
    n->port.plat.name = "linux";
    if (linux_mem_init(&n->port))
        exit(2);
    linux_clock_init(&n->port);
    linux_random_init(&n->port);
    linux_work_init(&n->port);
    if (!workers)
        n->port.plat.work = NULL;
    else if (workers > 0)
        n->port.work.n = (unsigned)workers;
    n->term = (struct term){.say = node_say,
                            .clear = node_clear,
                            .flush = node_flush,
                            .line = node_line,
                            .key = node_key,
                            .forget = node_forget,
                            .size = node_size,
                            .show = node_show,
                            .fail = node_fail,
                            .pressed = node_pressed};
    if (kernel_new(&n->port.plat, services_all, &f, &n->k)) {
        (void)fprintf(stderr, "%s\n", f.why);
        exit(2);
    }
}

static inline void node_fini(struct node *n)
{
    kernel_free(n->k);
    linux_work_fini(&n->port);
}

static inline uint64_t node_now(const struct node *n)
{
    return n->port.plat.now_ns(n->port.plat.ctx);
}

/** NULL: the kernel has too many tasks. */
static inline struct task *node_send(struct node *n, const char *msg)
{
    struct task *t;
    struct unit u;
    struct fail f = {.why = ""};

    if (task_new(n->k, &n->term, &t))
        return NULL;
    if (unit_parse(task_arena(t), span_of(msg), &u, &f)) {
        (void)fprintf(stderr, "%s: %s\n", msg, f.why);
        exit(2);
    }
    task_start(t, &u);
    return t;
}

/** One turn, and sleep if there is nothing to do, and nothing has ended. */
static inline void node_turn(struct node *n, uint64_t till_ns)
{
    size_t before = kernel_running(n->k);
    uint64_t due = kernel_step(n->k);

    if (due && due > till_ns)
        due = till_ns;
    if (due && kernel_running(n->k) == before)
        n->port.plat.wait(n->port.plat.ctx, due);
}

static inline enum err node_end(struct node *n, struct task *t)
{
    while (!task_outcome(t))
        node_turn(n, UINT64_MAX);
    return task_outcome(t)->e;
}

#endif
