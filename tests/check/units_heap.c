// SPDX-License-Identifier: MIT
// The heap in an arena: blocks do not overlap, come back after being freed, and obey the limit.
#include "units/heap.h"

#include <stdint.h>

#include "tests/check/helper.h"

static const size_t sizes[] = {
    0, 1, 15, 16, 17, 32, 33, 64, 100, 1000, 4095, 4096, 4097, 5000, 100000, 1 << 20,
};

static void fill(unsigned char *p, size_t n, unsigned char with)
{
    memset(p, with, n);
}

static void check_fill(const unsigned char *p, size_t n, unsigned char with)
{
    size_t good = 0;

    while (good < n && p[good] == with)
        good++;
    ck_assert_uint_eq(good, n);
}

START_TEST(test_sizes)
{
    struct test_mem m;
    struct arena a;
    struct heap h;
    unsigned char *p[COUNT(sizes)];

    test_mem_init(&m);
    a = test_arena(&m);
    if (_i) // small objects share a chunk
        a.chunk_bytes = ARENA_CHUNK_BYTES;
    heap_init(&h, &a);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(sizes); i++) {
            p[i] = heap_alloc(&h, sizes[i]);
            ck_assert_ptr_nonnull(p[i]);
            ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
            fill(p[i], sizes[i], (unsigned char)i);
        }
        for (size_t i = 0; i < COUNT(sizes); i++)
            check_fill(p[i], sizes[i], (unsigned char)i);
        for (size_t i = 0; i < COUNT(sizes); i++)
            heap_free(&h, p[i]);
    }
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// Freed blocks are used again: a loop of alloc and free takes no more memory than one turn.
START_TEST(test_again)
{
    struct test_mem m;
    struct arena a;
    struct heap h;
    size_t after_one;

    test_mem_init(&m);
    a = test_arena(&m);
    heap_init(&h, &a);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        heap_free(&h, heap_alloc(&h, sizes[i]));
        after_one = a.used_bytes;
        for (int n = 0; n < 100; n++)
            heap_free(&h, heap_alloc(&h, sizes[i]));
        ck_assert_uint_eq(a.used_bytes, after_one);
    }
    heap_free(&h, NULL);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(test_realloc)
{
    struct test_mem m;
    struct arena a;
    struct heap h;
    unsigned char *p, *q;

    test_mem_init(&m);
    a = test_arena(&m);
    heap_init(&h, &a);
    p = heap_realloc(&h, NULL, 10);
    fill(p, 10, 7);
    p = heap_realloc(&h, p, 10000);
    check_fill(p, 10, 7);
    fill(p, 10000, 9);
    q = heap_realloc(&h, p, 5); // shrinking keeps the block
    ck_assert_ptr_eq(p, q);
    check_fill(q, 5, 9);
    a.limit_bytes = a.used_bytes;
    ck_assert_ptr_null(heap_realloc(&h, q, 1 << 20));
    check_fill(q, 5, 9); // as it was
    ck_assert_ptr_null(heap_alloc(&h, SIZE_MAX));
    ck_assert_ptr_null(heap_alloc(&h, SIZE_MAX - 8));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static unsigned cpu_now;

static unsigned cpu(void)
{
    return cpu_now;
}

// Each processor has its own heap, and none is entered at the start.
START_TEST(test_enter)
{
    struct test_mem m;
    struct arena a;
    struct heap one, two;
    unsigned char *p;

    test_mem_init(&m);
    a = test_arena(&m);
    heap_init(&one, &a);
    heap_init(&two, &a);
    ck_assert_ptr_null(heap_lib_malloc(1));
    heap_lib_free(NULL);
    ck_assert_ptr_null(heap_enter(&one));
    ck_assert_ptr_eq(heap_enter(&two), &one);
    ck_assert_ptr_eq(heap_enter(&one), &two);
    heap_set_cpu(cpu);
    cpu_now = 3;
    ck_assert_ptr_null(heap_lib_malloc(1));
    cpu_now = 0;
    p = heap_lib_calloc(10, 10);
    ck_assert_ptr_nonnull(p);
    check_fill(p, 100, 0);
    ck_assert_ptr_null(heap_lib_calloc(SIZE_MAX, 2));
    p = heap_lib_realloc(p, 1000);
    check_fill(p, 100, 0);
    heap_lib_free(p);
    ck_assert_ptr_eq(heap_enter(NULL), &one);
    heap_set_cpu(NULL);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static unsigned pauses[4];

static void pause(void)
{
    pauses[cpu_now]++;
}

// Each processor has its own pause, or none; an allocation is one, too.
START_TEST(test_pause)
{
    struct test_mem m;
    struct arena a;
    struct heap h;

    test_mem_init(&m);
    a = test_arena(&m);
    heap_init(&h, &a);
    memset(pauses, 0, sizeof pauses);
    heap_pauses = false;
    heap_set_cpu(cpu);
    cpu_now = 2;
    heap_pause();
    ck_assert_uint_eq(pauses[2], 0);
    heap_set_pause(pause);
    heap_pause();
    ck_assert_uint_eq(pauses[2], 1);
    heap_free(&h, heap_alloc(&h, 100));
    ck_assert_uint_eq(pauses[2], 2);
    for (size_t i = 0; i < 1024; i++)
        heap_pause_at(i);
    ck_assert_uint_eq(pauses[2], 6);
    cpu_now = 1;
    heap_pause();
    ck_assert_uint_eq(pauses[1], 0);
    cpu_now = 2;
    heap_set_pause(NULL);
    heap_pause();
    ck_assert_uint_eq(pauses[2], 6);
    cpu_now = 0;
    heap_set_cpu(NULL);
    heap_pauses = false;
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

static enum err step(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct heap h;
    enum err e = ERR_OK;
    void *p;

    (void)ctx;
    heap_init(&h, &a);
    for (size_t i = 0; i < COUNT(sizes) && !e; i++) {
        p = heap_alloc(&h, sizes[i]);
        if (!p)
            e = ERR_NO_MEMORY;
        if (!heap_realloc(&h, p, sizes[i] * 3))
            e = ERR_NO_MEMORY;
    }
    arena_fini(&a);
    return e;
}

START_TEST(test_no_memory)
{
    test_each_allocation(step, NULL);
}
END_TEST

Suite *units_heap_suite(void)
{
    Suite *s = suite_create("units_heap");
    TCase *t = tcase_create("heap");

    tcase_add_loop_test(t, test_sizes, 0, 2);
    tcase_add_test(t, test_again);
    tcase_add_test(t, test_realloc);
    tcase_add_test(t, test_enter);
    tcase_add_test(t, test_pause);
    tcase_add_test(t, test_no_memory);
    suite_add_tcase(s, t);
    return s;
}
