// SPDX-License-Identifier: MIT
// What the shell writes: gathered, and sent on before it waits for anything.
//
// It knows in which column the terminal stands, so that a value or prompt can begin on a line of
// its own, and shows control characters as escapes where a person looks at it.
#ifndef TELEX_SHELL_OUT_H
#define TELEX_SHELL_OUT_H

#include "kernel/plat.h"
#include "units/span.h"

enum { OUT_BYTES = 64 << 10 };

struct out {
    enum err (*write)(void *ctx, const void *bytes, size_t n);
    void *ctx;
    const struct mem *mem;
    char *buf; // OUT_BYTES
    size_t n;
    size_t column; // cells since the line began; into a pipe only 0 or not
    bool tty;
    enum err e; // the first failure; what comes later is dropped
};

/** Takes its memory. Errors: ERR_NO_MEMORY */
MUST_USE enum err out_init(struct out *o, const struct mem *mem,
                           enum err (*write)(void *ctx, const void *bytes, size_t n), void *ctx,
                           bool tty);
void out_fini(struct out *o);

void out_flush(struct out *o);

/** Bytes as they are; the caller knows what they do to the column. */
void out_raw(struct out *o, const void *bytes, size_t n);

/** Text as a value: raw into a pipe, on a terminal all controls but LF and tab as escapes. */
void out_text(struct out *o, struct span text);

/** The same with all controls but LF and tab as escapes wherever it goes. */
void out_shown(struct out *o, struct span text);

/** JSON, raw into a pipe; on a terminal DEL and C1, which JSON leaves as they are, as \u00hh. */
void out_json(struct out *o, struct span json);

/** Room for n bytes in the buffer, or NULL when n is past it; then out_took what was written. */
char *out_room(struct out *o, size_t n);
void out_took(struct out *o, size_t n);

/** A new line if the last one holds anything. */
void out_fresh(struct out *o);

/** printf's little sister: %s (const char *), %S (struct span *, shown), %u (size_t), %% */
void out_fmt(struct out *o, const char *fmt, ...);

#endif
