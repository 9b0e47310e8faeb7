// SPDX-License-Identifier: MIT
// A call on a stack of its own, which is searched afterwards for any 8 bytes of what was secret.
#ifndef TELEX_TESTS_CHECK_KEYS_STACK_H
#define TELEX_TESTS_CHECK_KEYS_STACK_H

#include <pthread.h>

#include "tests/check/helper.h"

enum {
    STACK_BYTES = 256 << 10,
    WINDOW = 8,
    WINDOWS_MAX = 2000,
    ABOVE_BYTES = 64 << 10,
    FILL = 0xA5
};

static uint8_t stack[STACK_BYTES] __attribute__((aligned(64)));
static struct {
    uint64_t bytes;
    const char *of;
} windows[WINDOWS_MAX];
static size_t windows_n;
static bool begins[1 << 16]; // two bytes that a window begins with
static enum err (*now)(void);
static enum err result;

// By hand: no function of a sanitizer looks on.
__attribute__((no_sanitize("address"))) static uint64_t window_at(const uint8_t *at)
{
    uint64_t x = 0;

    for (unsigned i = 0; i < WINDOW; i++)
        x |= (uint64_t)at[i] << 8 * i;
    return x;
}

static inline void secret(const char *of, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;

    ck_assert_uint_ge(n, WINDOW);
    for (; n >= WINDOW; at++, n--) {
        ck_assert_uint_lt(windows_n, WINDOWS_MAX);
        windows[windows_n].bytes = window_at(at);
        windows[windows_n].of = of;
        begins[windows[windows_n++].bytes & 0xFFFF] = true;
    }
}

// The end of a thread runs on its stack, too: what is looked for lies deeper. No function of a
// sanitizer may be called behind it, which would write there.
__attribute__((no_sanitize("address"))) static void *enter(void *ctx)
{
    void *above = __builtin_alloca(ABOVE_BYTES);

    __asm__ volatile("" : : "r"(above) : "memory"); // so that it is there
    result = now();
    __asm__ volatile("" : : "r"(above) : "memory");
    return ctx;
}

static inline enum err run(enum err (*what)(void))
{
    pthread_attr_t attr;
    pthread_t thread;

    now = what;
    memset(stack, FILL, sizeof stack);
    ck_assert_int_eq(pthread_attr_init(&attr), 0);
    ck_assert_int_eq(pthread_attr_setstack(&attr, stack, sizeof stack), 0);
    ck_assert_int_eq(pthread_create(&thread, &attr, enter, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(pthread_attr_destroy(&attr), 0);
    return result;
}

// Of what something is left, and how far from the top; NULL: nothing is.
__attribute__((no_sanitize("address"))) static const char *left_on_stack(size_t *depth)
{
    for (size_t i = 0; i + WINDOW <= STACK_BYTES; i++) {
        uint64_t x;

        if (!begins[stack[i] | stack[i + 1] << 8])
            continue;
        x = window_at(stack + i);
        for (size_t k = 0; k < windows_n; k++) {
            if (windows[k].bytes != x)
                continue;
            *depth = STACK_BYTES - i;
            return windows[k].of;
        }
    }
    return NULL;
}

#endif
