// SPDX-License-Identifier: MIT
// math.calc: rows of messages and what they answer, or `!code` and a beginning of why.
#include "kernel/kernel.h"
#include "services/math_eval.h"
#include "tests/sim/sim.h"

extern const struct service math_calc_service, test_echo_service;

static const struct service *const services[] = {&math_calc_service, &test_echo_service, NULL};

static const struct row {
    const char *msg, *want; // the payload for math.calc; the print of its value
} rows[] = {
#define ROW(msg, want) {msg, want},
#include "tests/check/math_rows.def"
#undef ROW
};

static const struct unit *part(const struct unit *map, const char *key, const struct mem *mem)
{
    return unit_get_word(map, span_of(key), mem);
}

static enum err answer(struct sim *s, struct kernel *k, const char *msg, const char *want)
{
    static char got[4096];
    const struct outcome *o;
    struct arena *a;
    struct unit u, items[2];
    struct task *t;
    enum err e = task_new(k, NULL, &t);

    if (e)
        return e;
    a = task_arena(t);
    e = unit_parse(a, span_of(msg), &u, NULL);
    if (!e && !(u.kind == UNIT_STREAM)) {
        struct unit *stream = unit_array(a, 2);

        items[0] = u;
        items[1] = unit_word("math.calc");
        e = stream ? ERR_OK : ERR_NO_MEMORY;
        if (stream) {
            memcpy(stream, items, sizeof items);
            e = unit_stream(stream, 2, &u);
        }
    }
    if (e) {
        task_free(t);
        return e;
    }
    task_start(t, &u);
    o = task_outcome(t);
    ck_assert_ptr_nonnull(o);
    e = o->e;
    if (e && e != ERR_NO_MEMORY) {
        const struct unit *code = part(&o->error, "code", &s->mem.mem);
        const struct unit *why = part(&o->error, "why", &s->mem.mem);

        snprintf(got, sizeof got, "!%.*s %.*s", (int)code->n, code->s, why ? (int)why->n : 0,
                 why ? why->s : "");
        got[strlen(want)] = 0;
    } else if (!e) {
        ck_assert_uint_lt(o->value.text, sizeof got);
        *unit_print(&o->value, got) = 0;
    }
    if (e != ERR_NO_MEMORY)
        ck_assert_msg(!strcmp(got, want), "%s\n  wanted %s\n  got    %s", msg, want, got);
    task_free(t);
    return e == ERR_NO_MEMORY ? e : ERR_OK;
}

START_TEST(test_row)
{
    static struct sim s;
    struct kernel *k;
    struct fail f;

    sim_init(&s, 1);
    ck_assert_msg(kernel_new(&s.plat, services, &f, &k) == ERR_OK, "%s", f.why);
    ck_assert_int_eq(answer(&s, k, rows[_i].msg, rows[_i].want), ERR_OK);
    kernel_free(k);
    sim_done(&s);
}
END_TEST

// ---- Every example of the table

START_TEST(test_examples)
{
    static struct sim s;
    const struct command *c = &math_calc_service.commands[_i];
    struct parser *p;
    struct arena a;
    struct kernel *k;
    struct span text = span_of(c->tut);
    unsigned n = 0;
    struct unit u;
    size_t used;

    sim_init(&s, 1);
    ck_assert_int_eq(kernel_new(&s.plat, services, NULL, &k), ERR_OK);
    arena_init(&a, &s.mem.mem, 1 << 20);
    ck_assert_int_eq(parser_new(&s.mem.mem, &p), ERR_OK);
    while (parser_next(p, &a, text, true, &used, &u, NULL) == ERR_OK) {
        const struct unit *com = part(&u, "com", &s.mem.mem), *res = part(&u, "res", &s.mem.mem);

        ck_assert_msg(com && res, "%s: %s", c->name, c->tut);
        ck_assert_int_eq(answer(&s, k, test_print(&a, com), test_print(&a, res)), ERR_OK);
        text.at += used;
        text.len -= used;
        n++;
    }
    ck_assert_msg(n > 0, "%s has no example", c->name);
    ck_assert_msg(c->info && c->res, "%s", c->name);
    parser_free(p);
    arena_fini(&a);
    kernel_free(k);
    sim_done(&s);
}
END_TEST

// ---- Each allocation fails in turn

static const char *const scarce[] = {
    "(sum [1e30 1e-30 (neg 5) 99999999999999999999])",
    "(mul [99999999999999999999 99999999999999999999 2.5])",
    "(pow (7 100))",
    "(pow (2.0 0.3))",
    "(pow (32.0 0.2))",
    "{pow:(1.5 -7) prec:5}",
    "(div (100000000000000000000 7))",
    "(quo (1 3))",
    "(mod (1e30 7))",
    "(sqrt 2.0)",
    "(sqrt 99999999999999999999)",
    "(fac 100)",
    "(exp 1.5)",
    "(ln 1.5)",
    "(ln 1.05)",
    "(log10 15)",
    "(log2 8)",
    "(sin 100)",
    "(tan 1)",
    "(acos 0.3)",
    "(atan 20)",
    "(sin 1e-50)",
    "{pi:- prec:150}",
    "(round (123456789012345678901234567890.5 0))",
    "(gcd (123456789012345678901234567890 987654321098765432109876543210))",
    "(lcm (123456789012345678901234567890 987654321098765432109876543210))",
    "(gcd (123456789012345678901234567890123456789012345678901234567890 98765432109876543210))",
    "(gcd [12345678901234567890000 98765432109876543210000 77777777777777777777770000 0])",
    "(lcm [12345678901234567890000 98765432109876543210000 77777777777777777777770000])",
    "(div [1234567890123456789012345678901234567890 3 12345678901234567890 -7])",
    "(or [12345678901234567890000 98765432109876543210000 77777777777777777777770000])",
    "(log10 (pow (10 30)))",
    "{quo:(1 (num (pow (3 50)))) prec:(sum (1 2))}",
    "(powmod [3 12345678901234567890123 99999999999999999999])",
    "(powmod [3 200 100000000000000000000])",
    "(isprime 170141183460469231731687303715884105727)",
    "(fact 18446743979220271189)",
    "(xor (99999999999999999999 -1))",
    "(shl (12345678901234567890 100))",
};

static enum err run_scarce(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m), scratch = test_arena(m);
    const struct math_op *op = NULL;
    const struct unit *arg = NULL, *prec = NULL;
    struct num_env env;
    struct unit u, value;
    struct fail f;
    enum err e = unit_parse(&a, span_of(*(const char **)ctx), &u, &f);

    if (!e) {
        struct unit word = u.items[0];

        arg = &u.items[1];
        if (u.kind == UNIT_MAP)
            prec = part(&u, "prec", &m->mem);
        for (size_t i = 0; i < math_ops_n; i++)
            if (unit_is_text(&word, math_ops[i].name))
                op = &math_ops[i];
        num_env_init(&env, &a, &scratch, &f);
        e = math_run(&env, op, arg, prec, NULL, &m->mem, &value);
    }
    arena_fini(&a);
    arena_fini(&scratch);
    return e;
}

START_TEST(test_no_memory)
{
    const char *msg = scarce[_i];

    test_each_allocation(run_scarce, &msg);
}
END_TEST

// ---- Folds of long numbers keep no value that is only on the way

static char *put_nines(char *at, size_t n)
{
    memset(at, '9', n);
    at[n] = ' ';
    return at + n + 1;
}

START_TEST(test_fold_memory)
{
    enum { LONG = 40000, STEPS = 2000, BYTES = 4 << 20 };
    static const struct fold {
        const char *word, *each;
    } folds[] = {
        {"div", "9223372036854775807 "},
        {"mul", "1 "},
        {"pow", "1 "},
        {"gcd", "0 "},
        {"lcm", "9 "},
        {"min", "1 "},
        {"sub", "1 "},
        {"sum", "1 "},
        {"mod", NULL}, // by longer numbers
        {"or", "1 "},
    };
    static char text[LONG + 40 * STEPS];
    const struct fold *f = &folds[_i];
    size_t first = strcmp(f->word, "or") ? LONG : 1200;
    struct test_mem m;
    struct arena a, scratch, input;
    struct num_env env;
    struct fail why;
    struct unit u, value;
    char *at = text;
    const struct math_op *op = NULL;

    *at++ = '[';
    at = put_nines(at, f->each ? first : 30);
    for (size_t i = 0; i < STEPS; i++) {
        if (f->each)
            at = stpcpy(at, f->each);
        else
            at = put_nines(at, 31);
    }
    *at++ = ']';
    test_mem_init(&m);
    arena_init(&input, &m.mem, BYTES);
    arena_init(&a, &m.mem, BYTES);
    arena_init(&scratch, &m.mem, BYTES);
    ck_assert_int_eq(unit_parse(&input, (struct span){text, (size_t)(at - text)}, &u, NULL),
                     ERR_OK);
    for (size_t i = 0; i < math_ops_n; i++)
        if (unit_is_text(
                &(struct unit){.kind = UNIT_STR, .n = (uint32_t)strlen(f->word), .s = f->word},
                math_ops[i].name))
            op = &math_ops[i];
    num_env_init(&env, &a, &scratch, &why);
    ck_assert_msg(math_run(&env, op, &u, NULL, NULL, &m.mem, &value) == ERR_OK, "%s: %s", f->word,
                  why.why);
    ck_assert_msg(a.used_bytes <= 1 << 20, "%s: %zu bytes", f->word, a.used_bytes);
    arena_fini(&input);
    arena_fini(&a);
    arena_fini(&scratch);
    test_mem_done(&m);
}
END_TEST

// ---- Depth: commands nested as deep as a unit may be

START_TEST(test_deep)
{
    static struct sim s;
    struct kernel *k;
    char text[1024] = "", want[] = "5";

    sim_init(&s, 1);
    ck_assert_int_eq(kernel_new(&s.plat, services, NULL, &k), ERR_OK);
    for (int i = 0; i < UNIT_DEPTH_MAX - 2; i++)
        strcat(text, "(neg ");
    strcat(text, "5");
    for (int i = 0; i < UNIT_DEPTH_MAX - 2; i++)
        strcat(text, ")");
    ck_assert_int_eq(answer(&s, k, text, want), ERR_OK);
    kernel_free(k);
    sim_done(&s);
}
END_TEST

Suite *services_math_calc_suite(void)
{
    Suite *s = suite_create("services_math_calc");
    TCase *t = tcase_create("rows");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    tcase_add_loop_test(t, test_examples, 0, (int)math_calc_service.n);
    tcase_add_test(t, test_deep);
    suite_add_tcase(s, t);
    t = tcase_create("memory");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_no_memory, 0, COUNT(scarce));
    tcase_add_loop_test(t, test_fold_memory, 0, 10);
    suite_add_tcase(s, t);
    return s;
}
