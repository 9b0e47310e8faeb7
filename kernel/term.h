// SPDX-License-Identifier: MIT
// A terminal as services see it: what a session lends to the messages that are sent from it.
//
// The shell makes one for each session; io.term is the service that speaks to it. The terminal
// knows whether a person looks at it, and filters control characters where LANGUAGE section 1 says.
#ifndef TELEX_KERNEL_TERM_H
#define TELEX_KERNEL_TERM_H

#include "units/unit.h"

struct call;

struct term_line {
    struct span prompt; // shown first
    bool secret;        // do not echo, answer a secret unit
    bool newline;       // end the line behind the prompt
    uint32_t max;       // characters at most; 0: the limit of a unit
};

struct term {
    void *ctx;
    // Text as a value: raw, LF and tab as they are. Errors: ERR_IO
    enum err (*say)(void *ctx, struct span text);
    enum err (*clear)(void *ctx);
    // What was said is on its way (before the machine goes off)
    void (*flush)(void *ctx);
    // Both answer later through call_answer or call_refuse; `-` at the end of the input.
    // A call that is taken back (call_forget) is never answered.
    enum err (*line)(void *ctx, struct call *c, const struct term_line *line);
    enum err (*key)(void *ctx, struct call *c, bool wait);
    void (*forget)(void *ctx, struct call *c);
    // Characters across and down; false when there is no such thing (a pipe)
    bool (*size)(void *ctx, unsigned *columns, unsigned *rows);
    enum err (*resize)(void *ctx, unsigned columns, unsigned rows);
};

#endif
