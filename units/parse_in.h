// SPDX-License-Identifier: MIT
// What the parts of the parser share.
#ifndef TELEX_UNITS_PARSE_IN_H
#define TELEX_UNITS_PARSE_IN_H

#include "units/parse.h"
#include "units/token.h"

enum frame_state { FRAME_ANY, FRAME_KEY, FRAME_COLON, FRAME_VALUE };

struct frame {
    size_t pos; // of the bracket, from the start of the text
    uint32_t first;
    uint32_t most; // parts on the stack when it is full
    uint8_t kind;  // enum unit_kind
    uint8_t state; // enum frame_state
};

// A bracket of this kind that opens when n parts are on the stack.
static inline struct frame frame_of(enum unit_kind kind, size_t pos, size_t n)
{
    uint32_t most = kind == UNIT_PAIR ? 2 : kind == UNIT_MAP ? 2 * UNIT_ITEMS_MAX : UNIT_ITEMS_MAX;

    return (struct frame){
        .pos = pos,
        .first = (uint32_t)n,
        .most = (uint32_t)n + most,
        .kind = (uint8_t)kind,
        .state = kind == UNIT_MAP ? FRAME_KEY : FRAME_ANY,
    };
}

struct parser {
    const struct mem *mem;
    struct unit *stack;
    uint32_t *pos; // where each part on the stack began
    size_t n, cap;
    uint64_t nodes; // begun in this unit
    struct frame frames[UNIT_DEPTH_MAX];
    unsigned depth;
    size_t at;    // next byte to look at
    size_t seen;  // in the token at `at`: scanned up to here before the text ended; 0: not begun
    size_t start; // of the unit
    size_t ended; // where the last unit ended: an @ right here is its suffix
    size_t line, column; // of the text's start
    bool inside;         // a unit has begun
    bool begun;          // the token at `at` is counted already
    bool touch;          // the last byte belongs to a unit without a bracket of its own
    bool comment;        // the text ended inside a comment
    bool first;          // nothing was read yet
    bool line1;          // no line has ended yet: #! begins a comment
};

// The work of one call.
struct run {
    struct parser *p;
    struct token_in in; // arena, text, last, fail
};

/** Twice the stack. Errors: ERR_NO_MEMORY */
MUST_USE enum err parser_grow(struct parser *p);

/**
 * parse_scan - tokens from *at on
 * @at: tells how far it came
 *
 * Returns: ERR_OK when a whole unit stands on the stack, ERR_NOT_FOUND at the end of the text,
 *          ERR_LATER, or an error
 */
MUST_USE enum err parse_scan(struct run *r, size_t *at);

/** Two units stand without a blank between them: ERR_SYNTAX or ERR_LATER. */
MUST_USE enum err parse_touches(const struct token_in *in, size_t at);

/**
 * parse_fast - the usual tokens inside of brackets, as long as nothing is special about them
 * @at: the next byte; stands on what it did not take
 */
void parse_fast(struct run *r, size_t *at);

#endif
