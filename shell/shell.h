// SPDX-License-Identifier: MIT
// What the files of the shell share: the program, and its sessions.
//
//   text -> reader -> unit -> task (kernel) -> value or error -> out         session.c
//   keys -> prompt -> unit -> answer of inp.msg -> lambda.msg -> show -> out  prompt.c, lambda.c
//                       ^                |
//                       `-- inp, say <---'   struct term, answered in term.c and ask.c
//
// A session belongs to one console. One that reads a text waits inside of session_read until each
// unit is done; those with a prompt never wait: all of them are driven by program_turn.
#ifndef TELEX_SHELL_SHELL_H
#define TELEX_SHELL_SHELL_H

#include "kernel/kernel.h"
#include "msgs/document.h"
#include "shell/edit.h"
#include "shell/picture.h"
#include "shell/reader.h"

#define TELEX_VERSION "0.1"

enum {
    SESSIONS_MAX = 8,      // places where people sit
    ASKS_MAX = 16,         // tasks that wait for the same keyboard
    KEYS_BYTES = 64 << 10, // typed ahead
    KEYS_AT_ONCE = 512,    // then others have their turn
    PASTE_NS = 50000000,   // a pause within what was pasted is shorter
    ESC_NS = 50000000,     // what comes later than this is no part of an escape sequence
    POLL_NS = 2000000,     // how often a busy shell looks at the keyboards, and shows what it has
};

enum mode { MODE_RUN, MODE_SIGN, MODE_VERIFY };

struct options {
    enum mode mode;
    bool json, json_in, stop;
    bool by_set;
    uint8_t by[32]; // with MODE_VERIFY: who must have signed
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

/** What is typed, ahead too. */
struct keyboard {
    size_t at, n;     // of what waits in bytes
    uint64_t came_ns; // when the last ones came
    bool end;         // nobody will type any more
    bool cr;          // the last one was CR: an LF behind it belongs to it
    bool pasting;     // between the marks that a terminal sets around a paste
    bool skips;       // what comes without a pause is left out
    bool blank, open; // the line so far that is left out: holds nothing; holds something
    size_t lines;     // that were left out
    char bytes[KEYS_BYTES];
};

/** What was wrong, until all that was pasted behind it is gone. */
struct broken {
    struct fail fail;
    bool placed; // place and line are known
    struct place place;
    struct excerpt line;
    size_t lines; // that were left out
};

enum prompt_state {
    PROMPT_READS, // units of what was entered
    PROMPT_LINE,  // a line is being typed
    PROMPT_SKIPS, // what was pasted behind an error
};

/** The lines that a person types until an input is whole, and who waits for its units. */
struct prompt {
    struct {
        struct call *call;
        struct span text;
    } calls[ASKS_MAX]; // the last one is answered first
    size_t n;
    enum prompt_state state;
    struct reader reader; // parser NULL: not used yet
    struct arena arena;   // of the unit in the making
    struct edit line;
    bool editing; // the line, in PROMPT_LINE
    enum edit_state entered;
    bool first;       // it is the first line of an input
    bool closed;      // Ctrl-D ended this input, not the session
    bool pasted, fed; // this input came as a paste, at least in part; a line of it is entered
    struct mask mask; // of the lines before, when they belong to the same input
    size_t kept;      // how many of these the history has
    struct broken broken;
    struct history history;
};

enum stage { STAGE_NONE, STAGE_INIT, STAGE_LAMBDA, STAGE_OVER };

/** The messages that a session with a prompt runs: init.msg, then lambda.msg. */
struct lambda {
    enum stage stage;
    struct reader reader; // parser NULL: no text
    bool own;             // the text is the user's
    bool reached;         // somebody was asked for a message
    bool ran;             // a unit of it
    uint64_t again_ns;    // when ours is tried again, as it could not run; 0: it could
};

/** Units that wait to be signed together. */
struct signing {
    struct arena arena;
    struct doc_batch batch; // tree.n of them
    bool ready;             // the batch has its memory
};

struct session {
    struct program *program;
    const struct plat_con *con;
    struct out out, err;
    struct term term;
    struct picture picture;
    struct arena scratch;  // of one report
    struct reader *reader; // whose units run
    struct reader console; // standard input as a text; parser NULL: not used yet
    struct task *task;     // that runs for it; NULL: none
    struct origin origin;  // of what it runs for
    bool person;           // somebody types at the console and sees what is written
    bool prompted;         // init.msg and lambda.msg run
    bool hub;              // what it shows goes to all sessions with a prompt
    bool cancel;           // Ctrl-C while a message ran
    bool stop;             // nothing more is read
    bool finishes;         // only waits for what runs in the background
    int status;            // class of the first error
    struct signing signing;
    struct doc_cache proven; // signatures that hold
    struct lambda lambda;
    struct prompt prompt;
    struct ask asks[ASKS_MAX]; // the last one has the keyboard
    size_t asks_n;
    struct keyboard keyboard;
};

struct program {
    const struct plat *plat;
    struct kernel *kernel;
    struct options opt;
    struct session *sessions[SESSIONS_MAX];
    size_t n;
    uint64_t looked_ns; // at the keyboards
};

// ---- program.c

/** Errors: ERR_NO_MEMORY, ERR_INTERNAL */
MUST_USE enum err program_init(struct program *p, const struct plat *plat,
                               const struct options *opt, struct fail *f);

/** Ends what still runs. */
void program_fini(struct program *p);

/** One round: whatever can be done now, or a sleep until there is something. */
void program_turn(struct program *p);

/** A person at each place: until all have gone. */
void program_prompts(struct program *p, struct session *first);

/** Errors: ERR_NO_MEMORY */
MUST_USE enum err session_new(struct program *p, const struct plat_con *con, struct session **out);
void session_free(struct session *s);

// ---- session.c

/** Read and run all units of a text. */
void session_read(struct session *s, struct reader *r);

/** The end of all input: what runs in the background comes to its end. */
void session_finish(struct session *s);

/** Note the class of an error. */
void session_failed(struct session *s, int class);

/** Remember where the unit that runs began; before its text changes. */
void session_mark(struct session *s);

/** A value: a string raw, none not at all, else in canonical print (units/GRAMMAR.md). */
void session_show(struct session *s, const struct unit *u);

/**
 * What a unit of a text stands for: a document for its body, `help` alone for the list of services;
 * with --sign and --verify it is done at once: *done. Errors: told in f
 */
MUST_USE enum err session_unit(struct session *s, struct reader *r, struct arena *a, struct unit *u,
                               bool *done, struct fail *f);

// ---- sign.c

/** A unit as a document; it may wait for others. Errors: told in f */
MUST_USE enum err sign_unit(struct session *s, struct arena *a, const struct unit *u,
                            struct fail *f);

/** Sign and show what waits: when nothing more comes for now, and before anything else is shown. */
void sign_flush(struct session *s);

void sign_fini(struct session *s);

// ---- lambda.c

/** Begin with init.msg. */
void lambda_start(struct session *s);

/** Go on where a unit has ended. True when anything moved. */
bool lambda_step(struct session *s);

/** When it goes on by itself; UINT64_MAX: with what it waits for. */
uint64_t lambda_due(const struct session *s);

/** No text is left: forget it. */
void lambda_fini(struct session *s);

// ---- term.c

void term_init(struct session *s);

/** The line that is on the screen, when a person types one. */
struct edit *term_line(struct session *s);

/** Off the screen with it, and back. */
struct edit *term_hide(struct session *s);
void term_back(struct edit *line);

// ---- pixels.c

/** The pictures of s->term. */
void pixels_init(struct session *s);

// ---- ask.c

/** For struct term. */
enum err ask_line(void *ctx, struct call *c, const struct term_line *line);
enum err ask_key(void *ctx, struct call *c, bool wait);
bool ask_forget(void *ctx, struct call *c);
bool ask_pressed(void *ctx);

/** Nobody types any more: whoever waits gets `-`. */
void ask_end(struct session *s);

/** Forget who waits: they are gone. */
void ask_fini(struct session *s);

/** Does a person at the keyboard answer, or the text that is read? */
bool ask_by_keyboard(const struct session *s);

/** Keys one by one, or as the machine had them. */
void ask_keys(struct session *s, bool on);

/** Keys and lines go to those who wait for them. True when anything moved. */
bool ask_pump(struct session *s);

// ---- prompt.c

void prompt_init(struct session *s);
void prompt_fini(struct session *s);

/** For struct term. */
enum err prompt_message(void *ctx, struct call *c, struct span text);

/** A call is taken back. False: it waits for no message. */
bool prompt_forget(struct session *s, const struct call *c);

/** The session acts for another: what the one before him has typed so far is for nobody. */
void prompt_changed(struct session *s);

/** Go on as far as what was typed goes. True when anything moved. */
bool prompt_step(struct session *s);

/** A key for the line, and the end of a paste that may end the line. */
void prompt_key(struct session *s, const struct key *k);
void prompt_pasted(struct session *s);

/** Nobody types any more. */
void prompt_end(struct session *s);

/** The session has ended: what was typed is for nobody. */
void prompt_leave(struct session *s);

// ---- keyboard.c

/** Does anybody wait for a key, or for Ctrl-C? */
bool keyboard_wanted(const struct session *s);

/** Bytes from the console into the queue, Ctrl-C into s->cancel. True when anything came. */
bool keyboard_read(struct session *s);

/** What was typed is for nobody. */
void keyboard_forget(struct session *s);

/** The next key of the queue; false when there is none, or not all of it. */
bool keyboard_next(struct session *s, struct key *k);

/** Until when what comes next may belong to what came last; UINT64_MAX: nothing is open. */
uint64_t keyboard_due(const struct session *s);

/**
 * What comes without a pause is forgotten: up to the end of the paste, and where the terminal does
 * not mark it, up to an empty line. Lines that hold something are counted. Nobody gets a key until
 * keyboard_skips says true, which goes on with what has come.
 */
void keyboard_skip(struct session *s);
bool keyboard_skips(struct session *s);

// ---- report.c

void excerpt_make(struct excerpt *x, struct span text, size_t error);

/** An error in a text. @p, @x and @lines may be NULL and 0. */
void report_text(struct session *s, const struct fail *f, const struct place *p,
                 const struct excerpt *x, size_t lines);

/** The error unit of a message. @p and @x may be NULL; @id: of the task that it ended, 0: none */
void report_error(struct session *s, const struct unit *error, const struct place *p,
                  const struct excerpt *x, uint64_t id);

/** A word to the person, no error. */
void report_note(struct session *s, const char *what, const char *why);

// ---- help.c

/** What `help` answers: the services that the session's user may use anything of. */
MUST_USE enum err help_make(const struct session *s, struct arena *a, struct unit *out);

#endif
