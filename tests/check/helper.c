// SPDX-License-Identifier: MIT
// What the suites share.
#include "tests/check/helper.h"

static void *get(void *ctx, size_t bytes)
{
    struct test_mem *m = ctx;
    void *p;

    m->gets++;
    if (m->fail_at >= 0 && m->gets > m->fail_at)
        return NULL;
    p = malloc(bytes ? bytes : 1);
    if (p) {
        memset(p, 0xA5, bytes); // nobody may count on zeros
        m->blocks++;
        m->bytes += bytes;
        m->most_bytes = m->bytes > m->most_bytes ? m->bytes : m->most_bytes;
    }
    return p;
}

static void put(void *ctx, void *p, size_t bytes)
{
    struct test_mem *m = ctx;

    // Each assertion of Check writes to a file: too slow for what happens so often.
    if (!m->blocks || m->bytes < bytes)
        ck_abort_msg("%zu bytes are given back, %zu are out", bytes, m->bytes);
    m->blocks--;
    m->bytes -= bytes;
    free(p);
}

void test_mem_init(struct test_mem *m)
{
    *m = (struct test_mem){.fail_at = -1};
    m->mem = (struct mem){.ctx = m, .get = get, .put = put, .seed = {0x0706050403020100, 0x0f0e}};
}

void test_mem_done(const struct test_mem *m)
{
    ck_assert_msg(m->blocks == 0 && m->bytes == 0, "%zu blocks, %zu bytes were not given back",
                  m->blocks, m->bytes);
}

struct arena test_arena(struct test_mem *m)
{
    struct arena a;

    arena_init(&a, &m->mem, (size_t)1 << 30);
    a.chunk_bytes = 0;
    return a;
}

struct unit test_unit(struct arena *a, const char *text)
{
    struct unit u;
    struct fail f;
    enum err e = unit_parse(a, span_of(text), &u, &f);

    ck_assert_msg(e == ERR_OK, "%s: %s at %zu: %s", text, err_word(e), f.pos, f.why);
    return u;
}

const char *test_print(struct arena *a, const struct unit *u)
{
    char *text = arena_new(a, (size_t)u->text + 1);

    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_eq(unit_print(u, text), text + u->text);
    text[u->text] = 0;
    return text;
}

void test_each_allocation(enum err (*step)(struct test_mem *m, void *ctx), void *ctx)
{
    for (long n = 0;; n++) {
        struct test_mem m;
        enum err e;

        ck_assert_msg(n < 100000, "never succeeds");
        test_mem_init(&m);
        m.fail_at = n;
        e = step(&m, ctx);
        test_mem_done(&m);
        if (e == ERR_OK && m.gets <= n)
            return;
        if (e == ERR_OK)
            continue; // it can do without
        ck_assert_msg(e == ERR_NO_MEMORY, "allocation %ld: %s", n, err_word(e));
    }
}
