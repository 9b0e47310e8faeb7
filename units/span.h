// SPDX-License-Identifier: MIT
// Borrowed bytes, and the few functions on them that everything needs.
#ifndef TELEX_UNITS_SPAN_H
#define TELEX_UNITS_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *at; // may be NULL when len is 0
    size_t len;     // bytes
};

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static inline struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/** Order by bytes, which for UTF-8 is the order by code point: <0, 0, >0. */
static inline int span_cmp(struct span a, struct span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.at, b.at, n) : 0;

    return c ? c : (a.len > b.len) - (a.len < b.len);
}

#endif
