// SPDX-License-Identifier: MIT
// Units out of a text that is still arriving, one at a time, however long the text is.
//
//   source --fill--> | kept | used | what the parser has not seen | room |
//                      buf    ^at                                 ^end
//
// What was used goes away with the next fill, but for the begin of the line, which an error shows.
// The buffer grows only while one unit needs it.
#ifndef TELEX_SHELL_READER_H
#define TELEX_SHELL_READER_H

#include "kernel/plat.h"
#include "units/parse.h"
#include "units/unit.h"

enum {
    READER_BYTES = 64 << 10,
    READER_KEPT_BYTES = 4096,
    // The longest unit, the kept begin of its line, and one block more.
    READER_BYTES_MAX = UNIT_TEXT_MAX_BYTES + READER_KEPT_BYTES + READER_BYTES,
};

enum reader_skip { SKIP_NONE, SKIP_LINE, SKIP_EMPTY };

struct reader {
    const struct mem *mem;
    struct parser *parser;
    struct plat_source src; // read NULL: what is fed is all
    const char *name;       // for errors; NULL: the prompt
    bool json;              // units are JSON
    bool once;              // one input: after an error nothing more of it runs
    bool aside;             // who asks for a line gets it from the console, not from this text
    bool last;              // nothing will arrive behind end
    char *buf;
    size_t cap, at, end;
    size_t gone;             // bytes of the text before buf
    size_t line, column;     // of buf[seen], both from 1
    size_t seen;             // up to here lines are counted; at or before `at`
    size_t taken;            // lines taken from behind the present one
    bool trimmed;            // the line behind it has lost some of its bytes
    bool later;              // the parser is in the middle
    size_t step, given;      // bytes more that it gets in one call, 0: all; that it has
    size_t scan, scan_depth; // JSON: how far, how deep
    bool scan_text, scan_escape;
    // After an error
    enum reader_skip skip;
    bool skip_begun, skip_blank; // blank: the line so far
    size_t skip_from;            // line where the broken unit began
    size_t error, start;         // in buf: first wrong byte, and where its unit began
};

/** Where an error is: line and column from 1, pos in bytes from 0. */
struct place {
    const char *name;
    size_t line, column, pos;
};

/** Errors: ERR_NO_MEMORY */
MUST_USE enum err reader_init(struct reader *r, const struct mem *mem, const char *name);
void reader_fini(struct reader *r);

/** More text. Errors: ERR_NO_MEMORY, ERR_TOO_BIG */
MUST_USE enum err reader_feed(struct reader *r, struct span text);

/** More from the source; *n = 0 and not r->last: nothing now. Errors: ERR_IO, .. */
MUST_USE enum err reader_fill(struct reader *r, size_t *n);

/**
 * reader_next - the next unit
 * @a: owns it; the same until the unit is complete
 *
 * Returns ERR_OK, ERR_LATER (more must arrive), ERR_NOT_FOUND (the end), or an error: then
 * reader_place and reader_line_of tell where, and reader_resume must be called.
 */
MUST_USE enum err reader_next(struct reader *r, struct arena *a, struct unit *out, struct fail *f);

/** JSON: the end of the value at r->at. ERR_LATER (more must arrive), ERR_TOO_BIG */
MUST_USE enum err reader_json_end(struct reader *r, size_t *end);

/** True when a unit has begun that is not complete. */
bool reader_inside(const struct reader *r);

/** After ERR_LATER: is there more here (r->step), so that the same call goes on at once? */
bool reader_more(const struct reader *r);

/** Where the unit of the last reader_next began, or its error is. */
struct place reader_place(struct reader *r, bool error);

/** The text from the begin of the unit's line, and where in it the error, or the unit, begins. */
struct span reader_broken(const struct reader *r, bool error, size_t *at);

/** Is the last unit all that stands on its line, and written just so? */
bool reader_is_alone(const struct reader *r, struct span text);

/**
 * reader_resume - after an error go on where units/GRAMMAR.md says ("After an error")
 * @lines: that were left out, when it is more than the one
 *
 * Returns ERR_LATER when more must arrive to know.
 */
enum err reader_resume(struct reader *r, size_t *lines);

/** Forget everything that has arrived; what comes is a new text. */
void reader_drop(struct reader *r);

/**
 * reader_line - the next line behind the one where the last unit ended
 * @max:  bytes that are wanted; of a longer line that is still arriving no more than this and one
 *        more are kept, so that any line can be spent
 * @out:  without its end
 * @used: bytes of it with its end, for reader_took
 *
 * Returns ERR_OK, ERR_LATER, ERR_NOT_FOUND (the end)
 */
MUST_USE enum err reader_line(struct reader *r, size_t max, struct span *out, size_t *used);

/** Nothing more of this text is read: what comes next was meant for someone who is gone. */
void reader_end(struct reader *r);

/** All that has arrived behind that line: ERR_OK (not empty), ERR_LATER, ERR_NOT_FOUND. */
MUST_USE enum err reader_behind(struct reader *r, struct span *out);

/** n bytes from behind that line were taken: they are no part of the text any more. */
void reader_took(struct reader *r, size_t n);

#endif
