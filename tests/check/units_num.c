// SPDX-License-Identifier: MIT
// Numbers: laws on random numbers of all lengths, limits at and past each, memory at its end.
#include "units/num.h"

#include "tests/check/helper.h"

struct fixture {
    struct test_mem m;
    struct arena a, s;
    struct fail f;
    struct num_env env;
};

static void begin(struct fixture *x)
{
    test_mem_init(&x->m);
    arena_init(&x->a, &x->m.mem, (size_t)1 << 28);
    arena_init(&x->s, &x->m.mem, (size_t)1 << 28);
    num_env_init(&x->env, &x->a, &x->s, &x->f);
}

static void end(struct fixture *x)
{
    arena_fini(&x->a);
    arena_fini(&x->s);
    test_mem_done(&x->m);
}

// ---- Laws

static uint64_t random_state;

static uint64_t random_below(uint64_t n)
{
    random_state ^= random_state << 13; // xorshift64
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

static struct unit random_num(struct fixture *x, size_t digits_max, bool dec, bool positive)
{
    static char digits[2000];
    size_t n = 1 + random_below(random_below(4) ? 25 : digits_max);
    int64_t exp = dec ? (int64_t)random_below(60) - 40 : 0;
    struct unit u;

    for (size_t i = 0; i < n; i++)
        digits[i] = (char)('0' + random_below(random_below(3) ? 10 : 1));
    ck_assert_int_eq(
        unit_num(&x->a, !positive && random_below(2), (struct span){digits, n}, dec, exp, &u),
        ERR_OK);
    return u;
}

static struct unit add(struct fixture *x, struct unit a, struct unit b)
{
    const struct unit both[2] = {a, b};
    struct unit r;

    ck_assert_int_eq(num_sum(&x->env, both, 2, &r), ERR_OK);
    return r;
}

static struct unit sub(struct fixture *x, struct unit a, struct unit b)
{
    const struct unit both[2] = {a, b};
    struct unit r;

    ck_assert_int_eq(num_sub(&x->env, both, 2, &r), ERR_OK);
    return r;
}

static struct unit mul(struct fixture *x, struct unit a, struct unit b)
{
    const struct unit both[2] = {a, b};
    struct unit r;

    ck_assert_int_eq(num_mul(&x->env, both, 2, &r), ERR_OK);
    return r;
}

static struct unit two(struct fixture *x,
                       enum err (*f)(struct num_env *, const struct unit *, const struct unit *,
                                     struct unit *),
                       struct unit a, struct unit b)
{
    struct unit r;

    ck_assert_msg(f(&x->env, &a, &b, &r) == ERR_OK, "%s", x->f.why);
    return r;
}

static struct unit one(struct fixture *x,
                       enum err (*f)(struct num_env *, const struct unit *, struct unit *),
                       struct unit a)
{
    struct unit r;

    ck_assert_msg(f(&x->env, &a, &r) == ERR_OK, "%s", x->f.why);
    return r;
}

// By value, and the measures of the units agree with a fresh one of the same print.
static void same(struct fixture *x, const char *law, struct unit a, struct unit b, struct unit p,
                 struct unit q)
{
    ck_assert_msg(unit_same(&a, &b), "%s of %s and %s: %s is not %s", law, test_print(&x->a, &p),
                  test_print(&x->a, &q), test_print(&x->a, &a), test_print(&x->a, &b));
}

START_TEST(test_laws_int)
{
    static struct fixture x;
    struct unit a, b, q, r, g, zero = unit_int(0);

    random_state = 0x9E3779B97F4A7C15u + (uint64_t)_i;
    begin(&x);
    for (int i = 0; i < 40; i++) {
        a = random_num(&x, 600, false, false);
        b = random_num(&x, 600, false, false);
        same(&x, "a + b = b + a", add(&x, a, b), add(&x, b, a), a, b);
        same(&x, "a + b - b = a", sub(&x, add(&x, a, b), b), a, a, b);
        same(&x, "ab = ba", mul(&x, a, b), mul(&x, b, a), a, b);
        same(&x, "-a = 0 - a", one(&x, num_neg, a), sub(&x, zero, a), a, b);
        same(&x, "a & b + a | b = a + b", add(&x, two(&x, num_and, a, b), two(&x, num_or, a, b)),
             add(&x, a, b), a, b);
        same(&x, "a ^ b ^ b = a", two(&x, num_xor, two(&x, num_xor, a, b), b), a, a, b);
        same(&x, "not a = -a - 1", one(&x, num_not, a), one(&x, num_dec, one(&x, num_neg, a)), a,
             b);
        if (unit_num_cmp(&b, &zero) == 0)
            continue;
        q = two(&x, num_div, a, b);
        r = two(&x, num_mod, a, b);
        same(&x, "q b + r = a", add(&x, mul(&x, q, b), r), a, a, b);
        q = one(&x, num_abs, r);
        g = one(&x, num_abs, b);
        ck_assert_int_lt(unit_num_cmp(&q, &g), 0);
        same(&x, "ab / b = a", two(&x, num_div, mul(&x, a, b), b), a, a, b);
        g = two(&x, num_gcd, a, b);
        same(&x, "g | a", two(&x, num_mod, a, g), zero, a, b);
        same(&x, "g | b", two(&x, num_mod, b, g), zero, a, b);
        same(&x, "gcd(a / g, b / g) = 1",
             two(&x, num_gcd, two(&x, num_div, a, g), two(&x, num_div, b, g)), unit_int(1), a, b);
        same(&x, "gcd lcm = |ab|", mul(&x, g, two(&x, num_lcm, a, b)),
             one(&x, num_abs, mul(&x, a, b)), a, b);
    }
    end(&x);
}
END_TEST

START_TEST(test_laws_more)
{
    static struct fixture x;
    struct unit a, b, r, s;

    random_state = 0xD1B54A32D192ED03u + (uint64_t)_i;
    begin(&x);
    for (int i = 0; i < 30; i++) {
        a = random_num(&x, 400, false, true);
        r = one(&x, num_sqrt, a);
        s = one(&x, num_sqr, r);
        ck_assert_int_le(unit_num_cmp(&s, &a), 0);
        s = one(&x, num_sqr, one(&x, num_inc, r));
        ck_assert_int_gt(unit_num_cmp(&s, &a), 0);
        same(&x, "sqrt of a square", one(&x, num_sqrt, one(&x, num_sqr, a)), a, a, a);
        b = unit_int((int64_t)random_below(200));
        same(&x, "a << b >> b = a", two(&x, num_shr, two(&x, num_shl, a, b), b), a, a, b);
        same(&x, "a << b = a 2^b", two(&x, num_shl, a, b),
             mul(&x, a, two(&x, num_pow, unit_int(2), b)), a, b);
        b = unit_int((int64_t)random_below(40));
        same(&x, "a^(b+1) = a^b a", two(&x, num_pow, a, one(&x, num_inc, b)),
             mul(&x, two(&x, num_pow, a, b), a), a, b);
        a = random_num(&x, 100, true, false);
        b = random_num(&x, 100, true, false);
        same(&x, "dec a + b - b = a", sub(&x, add(&x, a, b), b), a, a, b);
        r = one(&x, num_floor, a);
        s = one(&x, num_ceil, a);
        ck_assert_int_le(unit_num_cmp(&r, &a), 0);
        ck_assert_int_ge(unit_num_cmp(&s, &a), 0);
        same(&x, "ceil a = -floor -a", s, one(&x, num_neg, one(&x, num_floor, one(&x, num_neg, a))),
             a, a);
        if (unit_num_cmp(&b, &(struct unit){.kind = UNIT_INT}) == 0)
            continue;
        r = two(&x, num_mod, a, b);
        s = two(&x, num_mod, sub(&x, a, r), b);
        ck_assert_int_eq(unit_num_cmp(&s, &(struct unit){.kind = UNIT_INT}), 0);
        if (unit_num_cmp(&a, &(struct unit){.kind = UNIT_INT}) != 0)
            same(&x, "ab quo b = a", (x.env.prec = 200, two(&x, num_quo, mul(&x, a, b), b)), a, a,
                 b);
        x.env.prec = NUM_PREC;
    }
    end(&x);
}
END_TEST

// The product of the factors is the number, and each is prime; powmod agrees with pow and mod.
START_TEST(test_laws_prime)
{
    static struct fixture x;

    random_state = 0x2545F4914F6CDD1Du + (uint64_t)_i;
    begin(&x);
    for (int i = 0; i < 20; i++) {
        struct unit a = unit_int((int64_t)(random_below(INT64_MAX) >> random_below(60)) + 1), list,
                    r;
        struct unit b, m;

        ck_assert_int_eq(num_fact(&x.env, &a, &list), ERR_OK);
        r = unit_int(1);
        if (list.n)
            ck_assert_int_eq(num_mul(&x.env, list.items, list.n, &r), ERR_OK);
        same(&x, "product of the factors", r, a, a, list);
        for (uint32_t k = 0; k < list.n; k++) {
            r = one(&x, num_isprime, list.items[k]);
            ck_assert_int_eq(r.i, 1);
        }
        a = random_num(&x, 60, false, false);
        b = unit_int((int64_t)random_below(50));
        m = one(&x, num_inc, random_num(&x, 60, false, true));
        ck_assert_int_eq(num_powmod(&x.env, &a, &b, &m, &r), ERR_OK);
        same(&x, "a^b mod m",
             two(&x, num_mod, add(&x, two(&x, num_mod, two(&x, num_pow, a, b), m), m), m), r, a, b);
    }
    end(&x);
}
END_TEST

// ---- Primes: the sieve of Eratosthenes, and numbers that fool weaker tests

START_TEST(test_primes)
{
    enum { N = 20000 };
    static struct fixture x;
    static bool composite[N];
    struct unit u, r;

    begin(&x);
    for (uint32_t i = 0; i < N; i++) {
        if (i >= 2 && !composite[i])
            for (uint32_t j = 2 * i; j < N; j += i)
                composite[j] = true;
        u = unit_int((int64_t)i);
        r = one(&x, num_isprime, u);
        ck_assert_msg(r.i == (i >= 2 && !composite[i]), "%u", i);
    }
    end(&x);
}
END_TEST

// ---- Limits

static struct unit of_digits(struct fixture *x, size_t n, char first, char rest)
{
    char *text = arena_new(&x->a, n);
    struct unit u;

    ck_assert_ptr_nonnull(text);
    memset(text, rest, n);
    text[0] = first;
    ck_assert_int_eq(unit_num(&x->a, false, (struct span){text, n}, false, 0, &u), ERR_OK);
    return u;
}

START_TEST(test_limits)
{
    static struct fixture x;
    struct unit a, b, r, both[2];

    begin(&x);
    a = of_digits(&x, UNIT_DIGITS_MAX, '9', '9');
    b = unit_int(1);
    ck_assert_int_eq(num_inc(&x.env, &a, &r), ERR_LIMIT);
    r = sub(&x, a, b);
    ck_assert_uint_eq(r.text, UNIT_DIGITS_MAX);
    ck_assert_int_eq(num_sqr(&x.env, &a, &r), ERR_LIMIT);

    // sqrt
    a = of_digits(&x, NUM_SQRT_DIGITS_MAX, '2', '7');
    ck_assert_int_eq(num_sqrt(&x.env, &a, &r), ERR_OK);
    a = of_digits(&x, NUM_SQRT_DIGITS_MAX + 1, '2', '7');
    ck_assert_int_eq(num_sqrt(&x.env, &a, &r), ERR_LIMIT);

    // div mod quo gcd lcm
    a = of_digits(&x, NUM_DIV_DIGITS_MAX, '2', '7');
    b = of_digits(&x, NUM_DIV_DIGITS_MAX + 1, '2', '7');
    ck_assert_int_eq(num_div(&x.env, &a, &a, &r), ERR_OK);
    ck_assert_int_eq(num_mod(&x.env, &a, &a, &r), ERR_OK);
    ck_assert_int_eq(num_quo(&x.env, &a, &a, &r), ERR_OK);
    ck_assert_int_eq(num_gcd(&x.env, &a, &a, &r), ERR_OK);
    ck_assert_int_eq(num_lcm(&x.env, &a, &a, &r), ERR_OK);
    ck_assert_int_eq(num_div(&x.env, &b, &a, &r), ERR_LIMIT);
    ck_assert_int_eq(num_mod(&x.env, &a, &b, &r), ERR_LIMIT);
    ck_assert_int_eq(num_quo(&x.env, &a, &b, &r), ERR_LIMIT);
    ck_assert_int_eq(num_gcd(&x.env, &b, &a, &r), ERR_LIMIT);
    ck_assert_int_eq(num_lcm(&x.env, &a, &b, &r), ERR_LIMIT);
    ck_assert_int_eq(num_isprime(&x.env, &b, &r), ERR_LIMIT);

    // 2^4096 has one bit too many, -2^4096 has a sign as well as its 4096 bits
    b = two(&x, num_pow, unit_int(2), unit_int(NUM_BITS_MAX));
    a = sub(&x, b, unit_int(1));
    ck_assert_int_eq(num_not(&x.env, &a, &r), ERR_OK);
    same(&x, "not", r, one(&x, num_neg, b), a, b);
    ck_assert_int_eq(num_not(&x.env, &b, &r), ERR_LIMIT);
    ck_assert_int_eq(num_shl(&x.env, &(struct unit){.kind = UNIT_INT, .i = 1},
                             &(struct unit){.kind = UNIT_INT, .i = NUM_BITS_MAX - 1}, &r),
                     ERR_OK);
    ck_assert_int_eq(num_shl(&x.env, &(struct unit){.kind = UNIT_INT, .i = 1},
                             &(struct unit){.kind = UNIT_INT, .i = NUM_BITS_MAX}, &r),
                     ERR_LIMIT);
    ck_assert_int_eq(num_shl(&x.env, &(struct unit){.kind = UNIT_INT, .i = -1},
                             &(struct unit){.kind = UNIT_INT, .i = NUM_BITS_MAX}, &r),
                     ERR_OK);

    // isprime, powmod, fact: what takes 30 ms
    a = sub(&x, two(&x, num_pow, unit_int(2), unit_int(2281)), unit_int(1)); // 687 digits
    ck_assert_int_eq(num_isprime(&x.env, &a, &r), ERR_OK);
    ck_assert_int_eq(r.i, 1);
    a = sub(&x, two(&x, num_pow, unit_int(2), unit_int(3217)), unit_int(1)); // 969
    ck_assert_int_eq(num_isprime(&x.env, &a, &r), ERR_LIMIT);
    b = two(&x, num_pow, unit_int(2), unit_int(3583));
    a = add(&x, b, unit_int(1));
    ck_assert_int_eq(num_powmod(&x.env, &b, &a, &a, &r), ERR_OK);
    b = two(&x, num_pow, unit_int(2), unit_int(4095));
    a = add(&x, b, unit_int(1));
    ck_assert_int_eq(num_powmod(&x.env, &b, &a, &a, &r), ERR_LIMIT);
    a = two(&x, num_pow, unit_int(2), unit_int(1657)); // 499 digits
    ck_assert_int_eq(num_fact(&x.env, &a, &r), ERR_OK);
    a = two(&x, num_pow, unit_int(2), unit_int(1661)); // 501
    ck_assert_int_eq(num_fact(&x.env, &a, &r), ERR_LIMIT);

    // what one call may take in all
    x.env.effort = 1000;
    a = of_digits(&x, 1000, '2', '7');
    both[0] = both[1] = a;
    ck_assert_int_eq(num_mul(&x.env, both, 2, &r), ERR_LIMIT);
    ck_assert_uint_eq(x.env.effort, 0);
    end(&x);
}
END_TEST

// A million small numbers are quick; so are a few long ones between them.
START_TEST(test_many)
{
    enum { N = UNIT_ITEMS_MAX };
    static struct fixture x;
    struct unit *items, r;

    begin(&x);
    items = unit_array(&x.a, N);
    for (int64_t i = 0; i < N; i++)
        items[i] = unit_int(i - 7);
    ck_assert_int_eq(num_sum(&x.env, items, N, &r), ERR_OK);
    ck_assert_int_eq(r.i, (int64_t)N * (N - 1) / 2 - 7 * (int64_t)N);
    ck_assert_int_eq(num_max(&x.env, items, N, &r), ERR_OK);
    ck_assert_int_eq(r.i, N - 8);
    ck_assert_int_eq(num_mul(&x.env, items, N, &r), ERR_OK); // one of them is 0
    ck_assert_int_eq(r.i, 0);
    for (int64_t i = 0; i < N; i++)
        items[i] = unit_int(INT64_MAX);
    ck_assert_int_eq(num_sum(&x.env, items, N, &r), ERR_OK);
    ck_assert_str_eq(test_print(&x.a, &r), "9223372036854775807000000");
    ck_assert_int_eq(num_mul(&x.env, items, N, &r), ERR_LIMIT);
    end(&x);
}
END_TEST

// Outputs are untouched on failure, and an operand may be the output.
START_TEST(test_output)
{
    static struct fixture x;
    struct unit a = unit_int(0), b = unit_int(5), r = unit_word("mine");

    begin(&x);
    ck_assert_int_eq(num_div(&x.env, &b, &a, &r), ERR_DIV_ZERO);
    ck_assert_int_eq(num_mod(&x.env, &b, &a, &r), ERR_DIV_ZERO);
    ck_assert_int_eq(num_ln(&x.env, &a, &r), ERR_DOMAIN);
    ck_assert(unit_is_text(&r, SPAN("mine")));
    ck_assert_int_eq(num_pow(&x.env, &b, &b, &b), ERR_OK);
    ck_assert_int_eq(b.i, 3125);
    ck_assert_int_eq(num_quo(&x.env, &b, &b, &b), ERR_OK);
    ck_assert_str_eq(test_print(&x.a, &b), "1.0");
    end(&x);
}
END_TEST

Suite *units_num_suite(void)
{
    Suite *s = suite_create("units_num");
    TCase *t = tcase_create("num");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_laws_int, 0, 10);
    tcase_add_loop_test(t, test_laws_more, 0, 10);
    tcase_add_loop_test(t, test_laws_prime, 0, 5);
    tcase_add_test(t, test_primes);
    tcase_add_test(t, test_limits);
    tcase_add_test(t, test_many);
    tcase_add_test(t, test_output);
    suite_add_tcase(s, t);
    return s;
}
