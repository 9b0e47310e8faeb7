// SPDX-License-Identifier: MIT
// Evaluation for math.calc: its own commands nested in arguments, and how each kind is called.
#ifndef TELEX_SERVICES_MATH_EVAL_H
#define TELEX_SERVICES_MATH_EVAL_H

#include "units/num.h"
#include "units/span.h"

enum math_kind {
    MATH_ONE,     // a number
    MATH_DEFAULT, // a number, and any payload that names no command
    MATH_BITS,    // an int or a bool
    MATH_CONST,   // none, or how many digits
    MATH_MANY,    // pair or list of numbers, at once
    MATH_FOLD,    // pair or list of numbers, two at a time from the left
    MATH_GROUP,   // the same of ints, or bools if the command has them; of one: with 0
    MATH_GROUP1,  // .. with 1
    MATH_GROUPM,  // .. with -1
    MATH_ROUND,   // a number, or two
    MATH_TWO,     // two numbers
    MATH_COMPARE, // two numbers, gives a bool
    MATH_THREE,   // three numbers
};

typedef enum err math_one(struct num_env *env, const struct unit *x, struct unit *out);
typedef enum err math_const(struct num_env *env, struct unit *out);
typedef enum err math_many(struct num_env *env, const struct unit *x, size_t n, struct unit *out);
typedef enum err math_two(struct num_env *env, const struct unit *x, const struct unit *y,
                          struct unit *out);
typedef enum err math_three(struct num_env *env, const struct unit *x, const struct unit *y,
                            const struct unit *z, struct unit *out);

/** One command: the one of its functions that its kind calls is set. */
struct math_op {
    struct span name;
    enum math_kind kind;
    bool prec; // has the option prec
    union {
        math_one *one;
        math_const *constant;
        math_many *many;
        math_two *two;
        math_three *three;
    };
};

/** All commands, in the order of services/math_calc.def. */
extern const struct math_op math_ops[];
extern const size_t math_ops_n;

/**
 * math_run - run one command
 * @arg:  its argument, or NULL; commands nested in it are evaluated, but not in what a stream gave
 * @prec: its option prec, or NULL
 * @may:  which commands may be nested, in the order of math_ops; NULL: all
 * @mem:  of the node
 *
 * Errors: those of the operations, ERR_BAD_ARG, ERR_AMBIGUOUS, ERR_DENIED (nested, not allowed)
 */
MUST_USE enum err math_run(struct num_env *env, const struct math_op *op, const struct unit *arg,
                           const struct unit *prec, const bool *may, const struct mem *mem,
                           struct unit *out);

#endif
