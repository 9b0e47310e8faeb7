// SPDX-License-Identifier: MIT
// Addresses behind a service name: loc, *, a node's name, or IPv6 in its one canonical form.
#include "units/address.h"

#include "units/limits.h"
#include "units/parse.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// One group of 1 to 4 hex digits; gives the byte behind it, or NULL.
static const char *load_group(const char *at, const char *end, uint16_t *group)
{
    const char *p = at;
    unsigned v = 0;

    while (p < end && p - at < 4 && hex_value(*p) >= 0)
        v = v << 4 | (unsigned)hex_value(*p++);
    *group = (uint16_t)v;
    return p == at ? NULL : p;
}

bool ip6_parse(struct span text, uint16_t groups[8])
{
    const char *p = text.at, *end = p + text.len;
    uint16_t head[8], tail[8];
    unsigned n = 0, m = 0;
    bool gap = false;

    if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
        gap = true;
        p += 2;
    }
    while (p < end) {
        uint16_t *to = gap ? &tail[m] : &head[n];

        if (n + m == 8)
            return false;
        p = load_group(p, end, to);
        if (!p)
            return false;
        gap ? m++ : n++;
        if (p == end)
            break;
        if (*p++ != ':' || p == end)
            return false;
        if (*p == ':') {
            if (gap)
                return false;
            gap = true;
            p++;
        }
    }
    if (gap ? n + m > 7 : n != 8)
        return false;
    for (unsigned i = 0; i < 8; i++)
        groups[i] = i < n ? head[i] : i >= 8 - m ? tail[i - (8 - m)] : 0;
    return true;
}

size_t ip6_print(const uint16_t groups[8], char out[IP6_TEXT_MAX_BYTES])
{
    unsigned zero = 8, zeros = 1; // the longest run of two zeros or more, the first of equals
    char *p = out;

    for (unsigned i = 0; i < 8; i++) {
        unsigned j = i;

        while (j < 8 && !groups[j])
            j++;
        if (j - i > zeros) {
            zero = i;
            zeros = j - i;
        }
        if (j > i)
            i = j - 1;
    }
    for (unsigned i = 0; i < 8; i++) {
        bool begun = false;

        if (i == zero) {
            *p++ = ':';
            *p++ = ':';
            i += zeros - 1;
            continue;
        }
        if (i > 0 && i != zero + zeros)
            *p++ = ':';
        for (int shift = 12; shift >= 0; shift -= 4) {
            unsigned d = groups[i] >> shift & 15;

            begun = begun || d || shift == 0;
            if (begun)
                *p++ = "0123456789abcdef"[d];
        }
    }
    return (size_t)(p - out);
}

static bool is_zone(struct span zone)
{
    for (size_t i = 0; i < zone.len; i++) {
        char c = zone.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '-' || c == '_'))
            return false;
    }
    return zone.len > 0 && zone.len <= 32;
}

static bool is_node_name(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return text.len > 0 && text.len <= UNIT_NODE_MAX_BYTES;
}

bool text_is_address(struct span text)
{
    const char *percent = text.len ? memchr(text.at, '%', text.len) : NULL;
    struct span ip = text;
    char print[IP6_TEXT_MAX_BYTES];
    uint16_t groups[8];

    if (is_node_name(text) || span_eq(text, SPAN("*")))
        return true;
    if (percent) {
        ip.len = (size_t)(percent - text.at);
        if (!is_zone((struct span){percent + 1, text.len - ip.len - 1}))
            return false;
    }
    return ip6_parse(ip, groups) && span_eq(ip, (struct span){print, ip6_print(groups, print)});
}
