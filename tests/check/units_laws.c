// SPDX-License-Identifier: MIT
// The laws of the language on random units: text, binary, JSON, and texts in pieces.
//
// Each run takes other units. TELEX_SEED=n runs from that seed, TELEX_LAWS=n that many units.
#include <time.h>

#include "tests/check/gen.h"
#include "tests/check/helper.h"
#include "tests/fuzz/laws.h"

enum { RUNS = 4, UNITS = 100000 / RUNS };

static uint64_t seed_of_run(void)
{
    const char *set = getenv("TELEX_SEED");

    return set ? strtoull(set, NULL, 0) : (uint64_t)time(NULL) << 20;
}

static size_t units_of_run(void)
{
    const char *set = getenv("TELEX_LAWS");

    return set ? (size_t)strtoull(set, NULL, 0) / RUNS : UNITS;
}

static size_t cut(void *ctx)
{
    struct gen *g = ctx;

    return 1 + gen_below(g, gen_below(g, 3) ? 3 : 20);
}

// One byte changed, left out, put in, or all behind it left out.
static struct span mutated(struct gen *g, struct span bytes)
{
    size_t at = gen_below(g, bytes.len), len = bytes.len;
    char *out = arena_new(g->arena, len + 1);

    memcpy(out, bytes.at, len);
    switch (gen_below(g, 5)) {
    case 0:
        memmove(out + at, out + at + 1, len - at - 1);
        len--;
        break;
    case 1:
        memmove(out + at + 1, out + at, len - at);
        out[at] = (char)gen_next(g);
        len++;
        break;
    case 2:
        len = at;
        break;
    case 3:
        out[at] ^= (char)(1 << gen_below(g, 8));
        break;
    default:
        out[at] = (char)gen_next(g);
    }
    // A block of its own, so that one byte more is seen.
    return (struct span){arena_copy(g->arena, out, len), len};
}

static const char *broken_by(struct gen *g, const struct unit *u, uint64_t seed)
{
    const char *broken = law_unit(g->arena, u);
    struct span bytes, text, json;

    if (!broken) {
        if (unit_encode_new(g->arena, u, &bytes))
            return "no memory";
        broken = law_bytes(g->arena, mutated(g, bytes));
    }
    if (!broken && seed % 4 == 0) {
        if (unit_print_new(g->arena, u, &text))
            return "no memory";
        broken = law_text(g->arena, mutated(g, text));
        if (!broken)
            broken = law_pieces(g->arena, gen_below(g, 2) ? text : mutated(g, text), cut, g);
    }
    if (!broken && seed % 4 == 2 && json_print(g->arena, u, &json) == ERR_OK)
        broken = law_json(g->arena, mutated(g, json));
    return broken;
}

START_TEST(laws)
{
    size_t n = units_of_run();
    uint64_t seed = seed_of_run() + (uint64_t)_i * n;
    struct arena a;

    arena_init(&a, &laws_mem, (size_t)1 << 28);
    for (size_t i = 0; i < n; i++, seed++) {
        struct gen g;
        struct unit u;
        const char *broken;

        gen_init(&g, seed, &a);
        g.secrets = seed % 8 == 0;
        u = gen_unit(&g);
        broken = broken_by(&g, &u, seed);
        ck_assert_msg(!broken, "TELEX_SEED=%llu: %s: %.600s", (unsigned long long)seed, broken,
                      test_print(&a, &u));
        arena_reset(&a);
    }
    arena_fini(&a);
}
END_TEST

Suite *units_laws_suite(void)
{
    Suite *s = suite_create("units/laws");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 240);
    tcase_add_loop_test(t, laws, 0, RUNS);
    suite_add_tcase(s, t);
    return s;
}
