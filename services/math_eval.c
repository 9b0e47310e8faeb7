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
    if (word->kind != UNIT_STR || (word->flags & UNIT_DONE))
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
    const bool *may; // be nested; NULL: all
    const struct mem *mem;
};

static enum err apply(const struct eval *v, const struct math_op *op, const struct unit *arg,
                      bool done, struct unit *out);

static enum err eval(const struct eval *v, const struct unit *u, bool done, struct unit *out);

// @digits may be a command that gives them.
static enum err set_prec(const struct eval *v, const struct unit *digits, bool done)
{
    struct unit u;
    const struct unit *prec = &u;
    enum err e = eval(v, digits, done, &u);

    if (e)
        return e;
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

// A command, maybe nested, maybe with an option prec: what encloses it keeps its own.
static enum err apply_with(const struct eval *v, const struct math_op *op, const struct unit *arg,
                           const struct unit *prec, bool done, struct unit *out)
{
    struct num_env *env = v->env;
    uint32_t outer = env->prec;
    enum err e;

    if (v->may && !v->may[op - math_ops])
        return fail_set(env->fail, ERR_DENIED, FAIL_NO_POS,
                        "grants@sys.usr tells what you may; its owner can grant more",
                        "you have no right to a command that is nested here");
    if (prec) {
        e = set_prec(v, prec, done);
        if (e)
            return e;
    }
    env->cut = prec != NULL;
    e = apply(v, op, arg, done, out);
    env->prec = outer;
    env->cut = false;
    return e;
}

// A map is the command that one key of it names (units/GRAMMAR.md, "Commands"); else it is data.
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
                return apply_with(v, op, &u->items[1], NULL, false, out);
        } else if (u->kind == UNIT_MAP) {
            return eval_map(v, u, out);
        } else if (u->kind == UNIT_STR) {
            op = find(u);
            if (op && op->kind == MATH_CONST)
                return apply_with(v, op, NULL, NULL, false, out);
        }
    }
    *out = *u;
    return ERR_OK;
}

// Why a unit that is no value was not taken as a command.
enum why { WHY_NONE, WHY_DATA, WHY_UNKNOWN, WHY_ALONE };

static enum why why_not(const struct unit *u, bool done, struct span *word)
{
    const struct unit *first = u->kind == UNIT_PAIR ? &u->items[0] : u;
    bool data = done || ((u->flags | first->flags) & UNIT_DONE);

    *word = first->kind == UNIT_STR ? unit_span(first) : SPAN("");
    if (data)
        return u->kind == UNIT_STR || u->kind == UNIT_PAIR || u->kind == UNIT_MAP ? WHY_DATA
                                                                                  : WHY_NONE;
    if (word->len == 0)
        return WHY_NONE;
    return find(first) ? WHY_ALONE : WHY_UNKNOWN;
}

static enum err refuse(const struct eval *v, const struct math_op *op, const char *wanted,
                       const struct unit *u, bool done)
{
    const char *kind = unit_kind_name((enum unit_kind)u->kind);
    struct fail *f = v->env->fail;
    struct span word;

    switch (why_not(u, done, &word)) {
    case WHY_DATA:
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                        "%S wants %s, this is of type %s and came from another message: it is "
                        "data, not a command",
                        &op->name, wanted, kind);
    case WHY_UNKNOWN:
        if (op->kind == MATH_DEFAULT)
            return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, "help lists its commands",
                            "math.calc has no command %S", &word);
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                        "%S wants %s, this is of type %s; and math.calc has no command %S",
                        &op->name, wanted, kind, &word);
    case WHY_ALONE:
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                        "%S wants %s, this is the command %S without an argument", &op->name,
                        wanted, &word);
    default:
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "%S wants %s, this is of type %s",
                        &op->name, wanted, kind);
    }
}

static enum err refuse_item(const struct eval *v, const struct math_op *op, uint32_t i,
                            const struct unit *u, bool done)
{
    static const char *const reasons[] = {
        [WHY_NONE] = "",
        [WHY_DATA] = ": it came from another message, so it is data, not a command",
        [WHY_UNKNOWN] = ", and math.calc has no such command",
        [WHY_ALONE] = ": a command without an argument",
    };
    struct span word;
    enum why why = why_not(u, done, &word);

    return fail_set(v->env->fail, ERR_BAD_ARG, FAIL_NO_POS, NULL,
                    "item %u of %S is of type %s, not a number%s", (unsigned long)i + 1, &op->name,
                    unit_kind_name((enum unit_kind)u->kind), reasons[why]);
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
        if (!allowed(op, &copy[i]))
            return refuse_item(v, op, i, &copy[i], done);
    }
    *out = copy ? copy : u->items;
    return ERR_OK;
}

// ---- Calls

// A whole quotient divided again is divided by the product, so divisors that together fit 64 bits
// take one step; gives how many there are from x[0] on, at least 1.
static size_t one_divisor(const struct math_op *op, const struct unit *acc, const struct unit *x,
                          size_t n, struct unit *d)
{
    int64_t product = 1;
    size_t i = 0;

    *d = x[0];
    if (op->two != num_div || acc->kind != UNIT_INT || !(acc->flags & UNIT_BIG))
        return 1;
    while (i < n && x[i].kind == UNIT_INT && !(x[i].flags & UNIT_BIG) && x[i].i != 0 &&
           !__builtin_mul_overflow(product, x[i].i, &product)) {
        *d = unit_int(product);
        i++;
    }
    return i ? i : 1;
}

enum { STEPS_BYTES = 1 << 20 }; // of what steps leave behind

/*
 * steps - all steps of a fold, without piling up what is only on the way
 * @work: what a step makes; emptied now and then
 * @keep: the value so far, by turns
 */
static enum err steps(const struct eval *v, const struct math_op *op, const struct unit *x,
                      size_t n, struct arena *work, struct arena keep[2], struct unit *out)
{
    struct num_env *env = v->env;
    struct unit acc = x[0], d;
    unsigned turn = 0;
    enum err e;

    for (size_t i = 1; i < n;) {
        i += one_divisor(op, &acc, &x[i], n - i, &d);
        e = op->two(env, &acc, &d, &acc);
        if (e)
            return e;
        if (acc.flags & UNIT_BIG) {
            turn ^= 1;
            arena_reset(&keep[turn]);
            e = unit_copy(&keep[turn], &acc, &acc);
            if (e)
                return e;
        }
        if (work->used_bytes > STEPS_BYTES) {
            arena_reset(work);
            env->heap.arena = NULL;
        }
    }
    *out = acc;
    return ERR_OK;
}

static enum err fold(const struct eval *v, const struct math_op *op, const struct unit *x, size_t n,
                     struct unit *out)
{
    struct num_env *env = v->env, outer = *env;
    struct arena work, keep[2];
    struct unit unity = unit_int(op->kind == MATH_GROUP ? 0 : op->kind == MATH_GROUP1 ? 1 : -1);
    struct unit acc;
    enum err e;

    if (n == 1 && op->kind != MATH_FOLD)
        return op->two(env, &x[0], &unity, out);
    if (n == 2)
        return op->two(env, &x[0], &x[1], out);
    arena_init(&work, outer.arena->mem, outer.arena->limit_bytes);
    work.chunk_bytes = outer.arena->chunk_bytes;
    keep[0] = keep[1] = work;
    env->arena = env->scratch = &work;
    env->heap.arena = NULL;
    e = steps(v, op, x, n, &work, keep, &acc);
    env->arena = outer.arena;
    env->scratch = outer.scratch;
    env->heap = outer.heap;
    if (!e)
        e = unit_copy(env->arena, &acc, out);
    arena_fini(&work);
    arena_fini(&keep[0]);
    arena_fini(&keep[1]);
    return e;
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
        return refuse(v, op, wanted ? "a pair or list" : "a pair or list of numbers", u, done);
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
                            bool done, struct unit *out)
{
    uint32_t outer = v->env->prec;
    enum err e;

    if (arg && arg->kind != UNIT_NONE) {
        e = set_prec(v, arg, done);
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
        return apply_const(v, op, arg, done, out);
    done = done || (arg->flags & UNIT_DONE);
    e = eval(v, arg, done, &u);
    if (e)
        return e;
    switch (op->kind) {
    case MATH_ONE:
    case MATH_DEFAULT:
        if (!unit_is_num(&u))
            return refuse(v, op, "a number", &u, done);
        return op->one(v->env, &u, out);
    case MATH_BITS:
        if (u.kind == UNIT_BOOL) {
            *out = unit_bool(!u.i);
            return ERR_OK;
        }
        if (!unit_is_num(&u))
            return refuse(v, op, "an int or a bool", &u, done);
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
                  const struct unit *prec, const bool *may, const struct mem *mem, struct unit *out)
{
    const struct eval v = {env, may, mem};

    return apply_with(&v, op, arg, prec, false, out);
}
