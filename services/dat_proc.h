// SPDX-License-Identifier: MIT
// What the files of dat.proc share: its commands by subject, and a few small steps.
//
//   dat_proc.c  the table          dat_path.c  get set del, the parts that paths lead to
//   dat_text.c  str                dat_run.c   map fold scn filt if: those that send messages
//   dat_list.c  lists and maps     dat_form.c  ser prs zip unzip hash make
//   dat_sort.c  sort uniq in find eq cmp
#ifndef TELEX_SERVICES_DAT_PROC_H
#define TELEX_SERVICES_DAT_PROC_H

#include "kernel/service.h"

#define DAT(id, ...) enum err dat_##id(struct call *c);
#include "services/dat_proc.def"
#undef DAT

// ---- Effort in ns, where the size of the argument does not tell it

uint64_t dat_effort_sort(const struct call *c);
uint64_t dat_effort_text(const struct call *c);
uint64_t dat_effort_times(const struct call *c); // (n u): n copies of u
uint64_t dat_effort_prod(const struct call *c);

// ---- Small steps

/** bad-arg with a text; the hint is the command's info. */
enum err dat_bad(struct call *c, const char *why);

/** too-big, decided before anything was made. */
enum err dat_too_big(struct call *c);

/** New array for a result of n units. Errors: ERR_TOO_BIG, ERR_NO_MEMORY */
MUST_USE enum err dat_array(struct call *c, size_t n, struct unit **out);

/** The result is a list, or a pair for UNIT_PAIR. */
MUST_USE enum err dat_list(struct call *c, enum unit_kind kind, const struct unit *items, size_t n);

/** The result is a str of bytes in c->arena. */
MUST_USE enum err dat_str(struct call *c, struct span text, struct unit *out);

/** A part of data is data: reading and commands must not look into it for messages. */
static inline struct unit dat_part(const struct unit *whole, const struct unit *part)
{
    struct unit u = *part;

    if (whole->flags & UNIT_DONE)
        u.flags = (uint8_t)((u.flags | UNIT_DONE) & ~UNIT_LIVE);
    return u;
}

/** Bytes of n characters from the start of a text, or of all of it. */
size_t dat_chars(struct span text, size_t n);

/** Characters of a text. */
size_t dat_count_chars(struct span text);

/** First place of `what` (not empty) in a text from byte `at` on, or its length. */
size_t dat_search(struct span text, size_t at, struct span what);

/** Small enough for a count: an int 0..UNIT_ITEMS_MAX, else UNIT_ITEMS_MAX + 1. */
static inline size_t dat_count(const struct unit *n)
{
    if ((n->flags & UNIT_BIG) || n->i > UNIT_ITEMS_MAX)
        return (size_t)UNIT_ITEMS_MAX + 1;
    return (size_t)n->i;
}

/** Where a path leads, or NULL; *at is the step that failed. */
const struct unit *dat_walk(const struct unit *u, const struct unit *path, const struct mem *mem,
                            uint32_t *at);

// ---- Commands that read parts of a quoted argument by children

/**
 * struct dat_wait - what such a command goes on with; the first member of what c->own points to
 * @then: the rest of the command: ERR_OK with c->value set, ERR_LATER, or an error
 */
struct dat_wait {
    struct unit *out;
    enum err (*then)(struct call *c);
    bool aside; // the rest takes long: it is run beside the main loop
};

/** The value of a part of the message into @out, at once or by a child; then @then. */
MUST_USE enum err dat_read(struct call *c, const struct unit *u, struct unit *out,
                           enum err (*then)(struct call *c));

/** Ends a call, from an event, with what a handler gives back. */
void dat_end(struct call *c, enum err e);

/** The rest of the command is long: `run` is called once more, with own->aside set. */
MUST_USE enum err dat_aside(struct call *c);

#endif
