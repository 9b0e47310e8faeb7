// SPDX-License-Identifier: MIT
// What is typed, ahead too: bytes of the console in a queue, until somebody wants a key.
#include "shell/shell.h"

enum { MARK_BYTES = 6 };

static const char *queue(const struct session *s)
{
    return s->keys + s->keys_at;
}

static void drop(struct session *s, size_t n)
{
    s->keys_n -= n;
    s->keys_at = s->keys_n ? s->keys_at + n : 0;
}

bool keyboard_read(struct session *s)
{
    const struct plat_source *in = &s->plat->con->in;
    size_t n = 0, from = s->keys_n;
    bool end = false;

    s->looked_ns = s->plat->now_ns(s->plat->ctx);
    if (s->keys_end || from == KEYS_BYTES)
        return false;
    if (s->keys_at)
        memmove(s->keys, queue(s), from);
    s->keys_at = 0;
    if (in->read(in->ctx, (uint8_t *)s->keys + from, KEYS_BYTES - from, &n, &end) || end) {
        s->keys_end = true; // the line was hung up
        return true;
    }
    if (!n)
        return false;
    s->keys_n += n;
    s->keys_ns = s->looked_ns;
    if (!s->task)
        return true;
    // Ctrl-C takes with it what was typed before it.
    for (size_t i = s->keys_n; i-- > from;) {
        if (s->keys[i] == 3) {
            drop(s, i + 1);
            s->cancel = true;
            break;
        }
    }
    return true;
}

bool keyboard_next(struct session *s, struct key *k)
{
    bool more = !s->keys_end;
    size_t n;

    if (s->keys_cr && s->keys_n && *queue(s) == '\n')
        drop(s, 1);
    if (!s->keys_n)
        return false;
    s->keys_cr = false;
    // Only ESC may also be a key by itself: what follows it comes at once, or is something else.
    if (*queue(s) == 0x1B)
        more = more && s->plat->now_ns(s->plat->ctx) - s->keys_ns < ESC_NS;
    n = key_load((struct span){queue(s), s->keys_n}, more, k);
    if (!n)
        return false;
    s->keys_cr = queue(s)[n - 1] == '\r';
    drop(s, n);
    return true;
}

uint64_t keyboard_due(const struct session *s)
{
    bool open = s->keys_n && *queue(s) == 0x1B && (s->asks_n || s->editing);

    return open ? s->keys_ns + ESC_NS : UINT64_MAX;
}

// Is there more of a paste? It comes without a pause, however slow the line.
static bool more_of_paste(struct session *s)
{
    uint64_t till = s->keys_ns + PASTE_NS;

    while (!s->keys_n && !keyboard_read(s)) {
        if (s->keys_end || s->plat->now_ns(s->plat->ctx) >= till)
            return false;
        s->plat->wait(s->plat->ctx, till);
    }
    return s->keys_n > 0;
}

// Does the queue begin with this? It comes in one piece, or slowly.
static bool at_mark(struct session *s, const char *mark)
{
    size_t n = 1;

    while (n < MARK_BYTES) {
        size_t had = s->keys_n;

        while (n < had && n < MARK_BYTES && queue(s)[n] == mark[n])
            n++;
        if (n < had || n == MARK_BYTES)
            break;
        s->plat->wait(s->plat->ctx, s->keys_ns + PASTE_NS);
        if (!keyboard_read(s) || s->keys_n == had)
            break;
    }
    return n == MARK_BYTES;
}

size_t keyboard_skip(struct session *s)
{
    bool blank = true, begun = false;
    size_t lines = 0;

    while (more_of_paste(s)) {
        char c = *queue(s);

        if (c == 0x1B && at_mark(s, s->pasting ? "\x1b[201~" : "\x1b[200~")) {
            drop(s, s->pasting ? MARK_BYTES : 0);
            break;
        }
        drop(s, 1);
        if (c == '\n' && s->keys_cr) {
            s->keys_cr = false;
            continue;
        }
        s->keys_cr = c == '\r';
        if (c != '\r' && c != '\n') {
            blank = blank && (c == ' ' || c == '\t');
            begun = begun || !blank;
            continue;
        }
        if (blank && !s->pasting)
            break;
        lines += !blank;
        blank = true;
        begun = false;
    }
    s->pasting = false;
    return lines + begun;
}
