// SPDX-License-Identifier: MIT
// A terminal as services see it: what a session lends to the messages that are sent from it.
//
// The shell makes one for each session; io.term is the service that speaks to it. The terminal
// knows whether a person looks at it, and shows control characters as escapes then.
#ifndef TELEX_KERNEL_TERM_H
#define TELEX_KERNEL_TERM_H

#include "units/unit.h"

struct call;
struct owner;
struct pixels;
struct task;

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
    // A call that is taken back (forget) is never answered; false: it did not wait here.
    enum err (*line)(void *ctx, struct call *c, const struct term_line *line);
    enum err (*key)(void *ctx, struct call *c, bool wait);
    bool (*forget)(void *ctx, struct call *c);
    // Characters across and down; false when there is no such thing (a pipe)
    bool (*size)(void *ctx, unsigned *columns, unsigned *rows);
    // Does a line come from a person, who sees what he is asked? NULL: no
    bool (*person)(void *ctx);
    enum err (*resize)(void *ctx, unsigned columns, unsigned rows);
    // One message, typed at a prompt with all that a line editor does; answers later with the unit
    // as it stands, and data. What is no message is shown as an error, and the prompt comes again;
    // the end of the input ends the session, and the call.
    enum err (*message)(void *ctx, struct call *c, struct span prompt);
    // A value as the prompt shows it: on a line of its own, text raw, `-` not at all
    void (*show)(void *ctx, const struct unit *value);
    // An error unit {code why ..}; @id: of the task in the background that it ended, 0: none
    void (*fail)(void *ctx, const struct unit *error, uint64_t id);
    // Was a key typed that nobody waits for? It is used up then.
    bool (*pressed)(void *ctx);
    // Pictures. NULL, or pixels gives false: this terminal has none.
    bool (*pixels)(void *ctx, unsigned *w, unsigned *h);
    size_t (*modes)(void *ctx, unsigned (*wh)[2], size_t max);
    enum err (*set_pixels)(void *ctx, unsigned w, unsigned h);
    enum err (*draw)(void *ctx, int x, int y, const struct pixels *p);
    // What the screen shows; @out gets its size, and memory of the arena
    enum err (*shot)(void *ctx, struct arena *a, struct pixels *out);
    // It acts for another from now on: what was typed, and who waits for keys without it, is over.
    // NULL: nothing is kept
    void (*changed)(void *ctx);
    // The kernel's: the task that Ctrl-C ends (kernel.h, term_interrupt)
    struct task *front;
    // .. and for whom the session acts; NULL: the node's owner
    struct owner *user;
};

#endif
