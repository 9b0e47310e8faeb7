// SPDX-License-Identifier: MIT
// Evaluation for math.calc.
//
// An argument is looked through from above: where a number is wanted, a pair whose first part is
// one of our command words is that command, a map with one of them as a key likewise, and the word
// of a constant is the constant. A unit that came from a stream is data, with all that is in it.
// Recursion goes one level down in the unit each time, so UNIT_DEPTH_MAX bounds it.
#include "services/math_eval.h"

// ---- The table

static math_one num_same;
static math_two num_eq, num_ne, num_lt, num_le, num_gt, num_ge;

#define CALL_ONE(f) .one = (f)
#define CALL_DEFAULT(f) .one = (f)
#define CALL_BITS(f) .one = (f)
#define CALL_CONST(f) .constant = (f)
#define CALL_MANY(f) .many = (f)
#define CALL_FOLD(f) .two = (f)
#define CALL_GROUP(f) .two = (f)
#define CALL_GROUP1(f) .two = (f)
#define CALL_GROUPM(f) .two = (f)
#define CALL_ROUND(f) .two = (f)
#define CALL_TWO(f) .two = (f)
#define CALL_COMPARE(f) .two = (f)
#define CALL_THREE(f) .three = (f)

const struct math_op math_ops[] = {
#define EXACT false
#define ROUNDS true
#define OP(word, kind, function, rounding, result, about, examples) \
    {{#word, sizeof #word - 1}, MATH_##kind, rounding, {CALL_##kind(function)}},
#include "services/math_calc.def"
#undef OP
};
const size_t math_ops_n = COUNT(math_ops);

static const struct math_op *find(const struct unit *word)
{
    if (word->kind != UNIT_STR)
        return NULL;
    for (size_t i = 0; i < COUNT(math_ops); i++) {
        struct span name = math_ops[i].name;

        if (name.len == word->n && name.at[0] == word->s[0] &&
            memcmp(name.at, word->s, name.len) == 0)
            return &math_ops[i];
    }
    return NULL;
}

static enum err num_same(struct num_env *env, const struct unit *x, struct unit *out)
{
    (void)env;
    *out = *x;
    return ERR_OK;
}

#define COMPARE(name, relation)                                                           \
    static enum err name(struct num_env *env, const struct unit *x, const struct unit *y, \
                         struct unit *out)                                                \
    {                                                                                     \
        (void)env;                                                                        \
        *out = unit_bool(unit_num_cmp(x, y) relation 0);                                  \
        return ERR_OK;                                                                    \
    }

COMPARE(num_eq, ==)
COMPARE(num_ne, !=)
COMPARE(num_lt, <)
COMPARE(num_le, <=)
COMPARE(num_gt, >)
COMPARE(num_ge, >=)

// ---- Values

struct eval {
    struct num_env *env;
    const struct mem *mem;
};

static enum err apply(const struct eval *v, const struct math_op *op, const struct unit *arg,
                      bool done, struct unit *out);

static enum err set_prec(const struct eval *v, const struct unit *prec)
{
    if (prec->kind != UNIT_INT || (!(prec->flags & UNIT_BIG) && prec->i < 1) ||
        ((prec->flags & UNIT_BIG) && prec->big->neg))
        return fail_set(v->env->fail, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                        "prec is an int: how many digits, from 1 on");
    if ((prec->flags & UNIT_BIG) || prec->i > NUM_PREC_MAX)
        return fail_set(v->env->fail, ERR_LIMIT, FAIL_NO_POS, NULL, "prec is at most %d",
                        (long)NUM_PREC_MAX);
    v->env->prec = (uint32_t)prec->i;
    return ERR_OK;
}

// A nested command with an option prec of its own; what encloses it keeps its own.
static enum err apply_with(const struct eval *v, const struct math_op *op, const struct unit *arg,
                           const struct unit *prec, bool done, struct unit *out)
{
    struct num_env *env = v->env;
    uint32_t outer = env->prec;
    enum err e;

    if (prec) {
        e = set_prec(v, prec);
        if (e)
            return e;
    }
    env->cut = prec != NULL;
    e = apply(v, op, arg, done, out);
    env->prec = outer;
    return e;
}

// LANGUAGE section 3, rule 4: the one key that names a command; data if there is none.
static enum err eval_map(const struct eval *v, const struct unit *u, struct unit *out)
{
    const struct math_op *op = NULL;
    const struct unit *arg = NULL, *prec = NULL;

    for (uint32_t i = 0; i < u->n; i++) {
        const struct math_op *one = find(&u->items[2 * i]);

        if (one && op)
            return fail_set(v->env->fail, ERR_AMBIGUOUS, FAIL_NO_POS, "one map, one command",
                            "both %S and %S name a command", &op->name, &one->name);
        if (one) {
            op = one;
            arg = &u->items[2 * i + 1];
        }
    }
    if (!op) {
        *out = *u;
        return ERR_OK;
    }
    if (op->prec)
        prec = unit_get_word(u, SPAN("prec"), v->mem);
    return apply_with(v, op, arg, prec, false, out);
}

// The value of a unit: itself unless it is a command.
static enum err eval(const struct eval *v, const struct unit *u, bool done, struct unit *out)
{
    const struct math_op *op;

    if (!done && !(u->flags & UNIT_DONE)) {
        if (u->kind == UNIT_PAIR) {
            op = find(&u->items[0]);
            if (op)
                return apply(v, op, &u->items[1], false, out);
        } else if (u->kind == UNIT_MAP) {
            return eval_map(v, u, out);
        } else if (u->kind == UNIT_STR) {
            op = find(u);
            if (op && op->kind == MATH_CONST)
                return apply(v, op, NULL, false, out);
        }
    }
    *out = *u;
    return ERR_OK;
}

static enum err refuse(const struct eval *v, const struct math_op *op, const char *wanted,
                       const struct unit *u)
{
    struct span word = u->kind == UNIT_STR ? unit_span(u) : SPAN("");

    if (u->kind == UNIT_PAIR && u->items[0].kind == UNIT_STR)
        word = unit_span(&u->items[0]);
    if (word.len)
        return fail_set(v->env->fail, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                        "%S wants %s, this is of type %s; and math.calc has no command %S",
                        &op->name, wanted, unit_kind_name((enum unit_kind)u->kind), &word);
    return fail_set(v->env->fail, ERR_BAD_ARG, FAIL_NO_POS, NULL, "%S wants %s, this is of type %s",
                    &op->name, wanted, unit_kind_name((enum unit_kind)u->kind));
}

static bool allowed(const struct math_op *op, const struct unit *u)
{
    if (unit_is_num(u))
        return true;
    return u->kind == UNIT_BOOL && (op->two == num_and || op->two == num_or || op->two == num_xor);
}

/*
 * eval_items - the values in a pair or list
 * @out: the items themselves if all are values already, else a new array in scratch
 */
static enum err eval_items(const struct eval *v, const struct math_op *op, const struct unit *u,
                           bool done, const struct unit **out)
{
    struct unit *copy = NULL;
    enum err e;

    for (uint32_t i = 0; i < u->n; i++) {
        const struct unit *item = &u->items[i];

        if (unit_is_num(item)) {
            if (copy)
                copy[i] = *item;
            continue;
        }
        if (!copy) {
            copy = unit_array(v->env->scratch, u->n);
            if (!copy)
                return ERR_NO_MEMORY;
            memcpy(copy, u->items, i * sizeof *copy);
        }
        e = eval(v, item, done, &copy[i]);
        if (e)
            return e;
        if (!allowed(op, &copy[i])) {
            struct span name = op->name;

            return fail_set(v->env->fail, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                            "item %u of %S is of type %s, not a number", (unsigned long)i + 1,
                            &name, unit_kind_name((enum unit_kind)copy[i].kind));
        }
    }
    *out = copy ? copy : u->items;
    return ERR_OK;
}

// ---- Calls

static enum err fold(const struct eval *v, const struct math_op *op, const struct unit *x, size_t n,
                     struct unit *out)
{
    struct unit acc = x[0], unity = unit_int(op->kind == MATH_GROUP    ? 0
                                             : op->kind == MATH_GROUP1 ? 1
                                                                       : -1);
    enum err e;

    if (n == 1 && op->kind != MATH_FOLD)
        return op->two(v->env, &acc, &unity, out);
    for (size_t i = 1; i < n; i++) {
        e = op->two(v->env, &acc, &x[i], &acc);
        if (e)
            return e;
    }
    *out = acc;
    return ERR_OK;
}

// and, or, xor of bools
static enum err fold_bools(const struct eval *v, const struct math_op *op, const struct unit *x,
                           size_t n, struct unit *out)
{
    int64_t acc = x[0].i;

    for (size_t i = 0; i < n; i++) {
        if (x[i].kind != UNIT_BOOL)
            return fail_set(v->env->fail, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                            "%S wants all ints or all bools", &op->name);
        if (i)
            acc = op->two == num_and  ? acc & x[i].i
                  : op->two == num_or ? acc | x[i].i
                                      : acc ^ x[i].i;
    }
    *out = unit_bool(acc);
    return ERR_OK;
}

static enum err apply_items(const struct eval *v, const struct math_op *op, const struct unit *u,
                            bool done, bool cut, struct unit *out)
{
    const struct unit *x = NULL;
    size_t wanted = op->kind == MATH_THREE ? 3
                    : op->kind == MATH_TWO || op->kind == MATH_COMPARE || op->kind == MATH_ROUND
                        ? 2
                        : 0;
    enum err e;

    if (u->kind != UNIT_PAIR && u->kind != UNIT_LIST)
        return refuse(v, op, wanted ? "a pair or list" : "a pair or list of numbers", u);
    if (u->n == 0 || (wanted && u->n != wanted))
        return fail_set(v->env->fail, ERR_BAD_ARG, FAIL_NO_POS, NULL, "%S wants %s, not %u",
                        &op->name,
                        wanted == 3   ? "three numbers"
                        : wanted == 2 ? "two numbers"
                                      : "one number or more",
                        (unsigned long)u->n);
    e = eval_items(v, op, u, done || (u->flags & UNIT_DONE), &x);
    if (e)
        return e;
    v->env->cut = cut;
    switch (op->kind) {
    case MATH_MANY:
        return op->many(v->env, x, u->n, out);
    case MATH_THREE:
        return op->three(v->env, &x[0], &x[1], &x[2], out);
    case MATH_FOLD:
    case MATH_GROUP:
    case MATH_GROUP1:
    case MATH_GROUPM:
        for (size_t i = 0; op->kind != MATH_FOLD && i < u->n; i++)
            if (x[i].kind == UNIT_BOOL)
                return fold_bools(v, op, x, u->n, out);
        return fold(v, op, x, u->n, out);
    default:
        return op->two(v->env, &x[0], &x[1], out);
    }
}

static enum err apply_const(const struct eval *v, const struct math_op *op, const struct unit *arg,
                            struct unit *out)
{
    uint32_t outer = v->env->prec;
    enum err e;

    if (arg && arg->kind != UNIT_NONE) {
        e = set_prec(v, arg);
        if (e)
            return e;
    }
    e = op->constant(v->env, out);
    v->env->prec = outer;
    return e;
}

static enum err apply(const struct eval *v, const struct math_op *op, const struct unit *arg,
                      bool done, struct unit *out)
{
    bool cut = v->env->cut; // of this command, not of those in its argument
    struct unit u;
    enum err e;

    v->env->cut = false;

    if (op->kind == MATH_CONST)
        return apply_const(v, op, arg, out);
    done = done || (arg->flags & UNIT_DONE);
    e = eval(v, arg, done, &u);
    if (e)
        return e;
    switch (op->kind) {
    case MATH_ONE:
    case MATH_DEFAULT:
        if (!unit_is_num(&u))
            return refuse(v, op, "a number", &u);
        return op->one(v->env, &u, out);
    case MATH_BITS:
        if (u.kind == UNIT_BOOL) {
            *out = unit_bool(!u.i);
            return ERR_OK;
        }
        if (!unit_is_num(&u))
            return refuse(v, op, "an int or a bool", &u);
        return op->one(v->env, &u, out);
    case MATH_ROUND:
        if (unit_is_num(&u))
            return num_near(v->env, &u, out);
        return apply_items(v, op, &u, done, cut, out);
    default:
        return apply_items(v, op, &u, done, cut, out);
    }
}

enum err math_run(struct num_env *env, const struct math_op *op, const struct unit *arg,
                  const struct unit *prec, const struct mem *mem, struct unit *out)
{
    const struct eval v = {env, mem};

    return apply_with(&v, op, arg, prec, false, out);
}
