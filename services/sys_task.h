// SPDX-License-Identifier: MIT
// What the files of sys.task share.
#ifndef TELEX_SERVICES_SYS_TASK_H
#define TELEX_SERVICES_SYS_TASK_H

#include "kernel/service.h"

/** Is there anything in a quoted part of a message that reading would replace? */
static inline bool task_live(const struct unit *u)
{
    return (u->flags & UNIT_LIVE) && !(u->flags & UNIT_DONE);
}

/** How a part of the message is sent: its refs reach the message, and all of it is read. */
static inline unsigned task_inside(const struct unit *u)
{
    return task_live(u) ? CHILD_INSIDE | CHILD_READ : CHILD_INSIDE;
}

/**
 * task_part - what a body is: where it is a ref to a part of this very message, that part
 *
 * The part stands for itself, so that each run of it is a new message. A ref that leads elsewhere
 * is given back; reading it gives its value.
 */
const struct unit *task_part(const struct call *c, const struct unit *u);

/** `{err:{code why ..}}`: how an error stands among values; a value is kept as it is. */
MUST_USE enum err task_value(struct call *c, enum err e, const struct unit *value,
                             struct unit *out);

/** An event is over: answers c->value, or refuses; ERR_LATER: goes on waiting. */
void task_finish(struct call *c, enum err e);

enum err task_no_memory(struct call *c);

/** The stream `u@serv` or `u@serv:[addr]` of a node `serv` or `(serv addr)`; checked before. */
MUST_USE enum err task_stream(struct call *c, struct arena *a, const struct unit *u,
                              const struct unit *node, struct unit *out);

/** Is this `serv` or `(serv addr)`, and, without an address, a service that is here? */
MUST_USE enum err task_node(struct call *c, const struct unit *node);

// ---- Handlers (services/sys_runs.c, sys_chain.c, sys_graph.c, sys_list.c)

enum err task_run_run(struct call *c);
enum err task_run_show(struct call *c);
enum err task_run_try(struct call *c);
enum err task_run_loop(struct call *c);
enum err task_run_sep(struct call *c);
enum err task_run_que(struct call *c);
enum err task_run_sim(struct call *c);
enum err task_run_stk(struct call *c);
enum err task_run_chain(struct call *c);
enum err task_run_graph(struct call *c);

enum { TASK_GRAPH_MSG }; // options of task.graph
enum { TASK_RUN_MS };    // options of run

#endif
