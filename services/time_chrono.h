// SPDX-License-Identifier: MIT
// What the files of time.chrono share.
#ifndef TELEX_SERVICES_TIME_CHRONO_H
#define TELEX_SERVICES_TIME_CHRONO_H

#include "kernel/service.h"

/** ns since the machine started. */
uint64_t chrono_now(const struct call *c);

/** UTC in ms since 1970. Errors: ERR_CLOCK */
MUST_USE enum err chrono_utc(struct call *c, int64_t *ms);

/** A number of units of time in ns, rounded down. Errors: ERR_BAD_ARG (below 0), ERR_LIMIT */
MUST_USE enum err chrono_span(struct call *c, const struct unit *u, uint64_t unit_ns, uint64_t *ns);

/** A message inside of this one; what a ref leads to is read. ERR_LATER when it is under way. */
MUST_USE enum err chrono_send(struct call *c, const struct unit *u, child_end *end);

enum err chrono_no_memory(struct call *c);
enum err chrono_too_long(struct call *c);

// ---- Handlers of services/time_later.c

enum err chrono_run_every(struct call *c);
enum err chrono_run_every_run(struct call *c);
enum err chrono_run_at(struct call *c);
enum err chrono_run_at_run(struct call *c);

enum { CHRONO_MS };   // options of every and every.run
enum { CHRONO_TIME }; // options of at and at.run

#endif
