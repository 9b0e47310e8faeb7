// SPDX-License-Identifier: MIT
// A line that is being typed. Works on keys and writes the few escapes of kernel/plat.h, so it is
// the same on a terminal, a serial line of unknown size, and the firmware's console.
//
//   λ ..the part of the line that fits|          columns
//     `- view                         `- one column stays free, so that nothing wraps
//
// What is typed at the end of the line is written as it is; everything else draws the part that
// changed. A line longer than the screen scrolls sideways and is shown whole once it is entered.
#ifndef TELEX_SHELL_EDIT_H
#define TELEX_SHELL_EDIT_H

#include "shell/keys.h"
#include "shell/mask.h"
#include "shell/out.h"
#include "units/arena.h"

enum {
    HISTORY_LINES = 200,
    HISTORY_LINE_BYTES = 64 << 10, // longer ones are not kept
    HISTORY_BYTES = 256 << 10,
};

/** The lines that were entered, without their secrets; oldest first. */
struct history {
    const struct mem *mem;
    struct span line[HISTORY_LINES];
    size_t n, bytes;
};

void history_init(struct history *h, const struct mem *mem);
void history_fini(struct history *h);

/** Keep a line that comes behind what was masked: secrets in it as !`***`, not twice in a row, not
 * if it is blank. True when it is kept. */
bool history_add(struct history *h, struct mask before, struct span line);

/** The last lines turned out to be wrong: whatever looks like a secret in them is masked. */
void history_hide(struct history *h, size_t lines);

enum edit_state {
    EDIT_MORE,
    EDIT_LINE,   // entered: edit_text()
    EDIT_LEFT,   // Ctrl-C
    EDIT_END,    // Ctrl-D with nothing typed
    EDIT_PASTED, // nothing typed behind a paste that is through; edit_key never gives it
};

struct edit {
    const struct mem *mem;
    struct out *out;
    const struct plat_con *con; // for its size; NULL: 80 columns
    struct history *history;    // NULL: none
    struct span prompt;         // for Ctrl-L; lent
    char *text;
    size_t len, cap, at; // at: where the cursor stands
    size_t view;         // first byte that is shown
    size_t cursor;       // cells between the begin of the line and the cursor as drawn
    size_t base;         // column where the line begins
    size_t recall;       // line of the history that is shown; history->n: the new one
    char *draft;         // the new one meanwhile
    size_t draft_len, draft_cap;
    size_t clean;     // bytes from the begin without the begin of a secret
    struct mask mask; // of the lines before, when they belong to the same text
    size_t lim;       // characters at most; 0: as many as fit a unit
    bool secret;      // shows nothing
    bool hidden;      // not on the screen now
};

/** A new line behind what out shows; the prompt is written first. No memory is taken yet. */
void edit_start(struct edit *ed, struct span prompt);

/** Wipes what was typed so far; the line stays open. The history may have become another. */
void edit_clear(struct edit *ed);

/** Wipes and gives back. */
void edit_fini(struct edit *ed);

/** One key. On EDIT_LINE, _LEFT and _END the screen stands at the begin of the next line. */
enum edit_state edit_key(struct edit *ed, const struct key *k);

struct span edit_text(const struct edit *ed);

/** Off the screen, so that something else can be written, and back on it. */
void edit_hide(struct edit *ed);
void edit_show(struct edit *ed);

#endif
