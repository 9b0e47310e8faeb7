// SPDX-License-Identifier: MIT
// What the files of the shell share: one session.
//
//   text -> reader -> unit -> task (kernel) -> value or error -> out
//                       ^                |
//                       `-- inp, say <---'   struct term, answered in ask.c
#ifndef TELEX_SHELL_SHELL_H
#define TELEX_SHELL_SHELL_H

#include "kernel/kernel.h"
#include "shell/edit.h"
#include "shell/reader.h"

#define TELEX_VERSION "0.1"

enum {
    ASKS_MAX = 16,         // tasks that wait for the same keyboard
    KEYS_BYTES = 64 << 10, // typed ahead
    PASTE_NS = 50000000,   // a pause within what was pasted is shorter
    ESC_NS = 50000000,     // what comes later than this is no part of an escape sequence
    POLL_NS = 10000000,    // how often a busy shell looks at the keyboard, and shows what it has
};

enum mode { MODE_RUN, MODE_SIGN, MODE_VERIFY };

struct options {
    enum mode mode;
    bool json, json_in, stop;
};

enum { EXCERPT_BYTES = 1200 };

/** The source line and the caret below it; made before the text is gone. */
struct excerpt {
    char text[EXCERPT_BYTES];
    size_t n;
};

/** Where the unit that runs began. */
struct origin {
    bool known; // the rest is filled
    struct place place;
    struct excerpt line;
};

/** A message that waits for a line or a key. */
struct ask {
    struct call *call;
    bool key;
    bool secret;
    enum err e;       // why the line is spent for nothing
    struct edit edit; // of a line that a person types
};

struct session {
    const struct plat *plat;
    struct kernel *kernel;
    struct options opt;
    struct out out, err;
    struct term term;
    struct arena scratch;  // of one report
    struct reader *reader; // whose units run
    struct reader console; // standard input as a text; parser NULL: not used yet
    struct task *task;     // that runs for it; NULL: none
    struct origin origin;  // of what it runs for
    bool person;           // somebody types at the console and sees what is written
    bool prompted;         // the reader is the prompt
    bool cancel;           // Ctrl-C while a message ran
    bool stop;             // nothing more is read
    int status;            // class of the first error
    uint64_t looked_ns;    // at the keyboard
    // Keyboard
    struct history history;
    struct edit line; // the prompt's
    bool editing;
    enum edit_state entered;
    struct mask mask;          // of the lines before, when they belong to the same input
    bool closed;               // Ctrl-D ended this input, not the session
    bool pasting;              // between the marks that a terminal sets around a paste
    bool pasted;               // this input came so, at least in part
    bool fed;                  // a line of the paste is entered
    struct ask asks[ASKS_MAX]; // the last one has the keyboard
    size_t asks_n;
    size_t keys_at, keys_n; // typed ahead: where in keys, how many
    uint64_t keys_ns;       // when the last ones came
    bool keys_end;          // nobody will type any more
    bool keys_cr;           // the last one was CR: an LF behind it belongs to it
    char keys[KEYS_BYTES];
};

// ---- session.c

/** Read and run all units of a text. */
void session_read(struct session *s, struct reader *r);

/** The end of all input: what runs in the background comes to its end. */
void session_finish(struct session *s);

/** One round: whatever can be done now, or a sleep until there is something. */
void session_turn(struct session *s);

/** Note the class of an error. */
void session_failed(struct session *s, int class);

/** Remember where the unit that runs began; before its text changes. */
void session_mark(struct session *s);

/** A value as LANGUAGE section 1 says. */
void session_show(struct session *s, const struct unit *u);

// ---- ask.c

void ask_init(struct session *s);

/** Keys and lines go to those who wait for them. True when anything moved. */
bool ask_pump(struct session *s);

// ---- prompt.c

/** One line at the prompt, or the lines of a paste, into the reader. */
void ask_prompt(struct session *s, struct reader *r);

// ---- keyboard.c

/** Bytes from the console into the queue, Ctrl-C into s->cancel. True when anything came. */
bool keyboard_read(struct session *s);

/** The next key of the queue; false when there is none, or not all of it. */
bool keyboard_next(struct session *s, struct key *k);

/** Until when the next key may be part of an escape sequence; UINT64_MAX: nothing is open. */
uint64_t keyboard_due(const struct session *s);

/**
 * What comes without a pause is forgotten: up to the end of the paste, and where the terminal does
 * not mark it, up to an empty line. Gives the number of lines that hold something.
 */
size_t keyboard_skip(struct session *s);

// ---- report.c

void excerpt_make(struct excerpt *x, struct span text, size_t error);

/** An error in a text. @x and @lines may be NULL and 0. */
void report_text(struct session *s, const struct fail *f, const struct place *p,
                 const struct excerpt *x, size_t lines);

/** The error unit of a message. @x may be NULL. */
void report_error(struct session *s, const struct unit *error, const struct place *p,
                  const struct excerpt *x);

/** A word to the person, no error. */
void report_note(struct session *s, const char *what, const char *why);

// ---- help.c

/** What `help` answers: all services. */
MUST_USE enum err help_make(const struct session *s, struct arena *a, struct unit *out);

// ---- main.c

/** Errors: ERR_NO_MEMORY, ERR_INTERNAL */
MUST_USE enum err session_new(const struct plat *plat, const struct options *opt, struct fail *f,
                              struct session **out);
void session_free(struct session *s);

#endif
