// SPDX-License-Identifier: MIT
// What is typed, ahead too: bytes of the console in a queue, until somebody wants a key.
#include "shell/shell.h"

enum { MARK_BYTES = 6 };

static const char *queue(const struct keyboard *b)
{
    return b->bytes + b->at;
}

static void drop(struct keyboard *b, size_t n)
{
    mem_wipe(b->bytes + b->at, n); // it may be part of a secret
    b->n -= n;
    b->at = b->n ? b->at + n : 0;
}

void keyboard_forget(struct session *s)
{
    drop(&s->keyboard, s->keyboard.n);
}

// Would Ctrl-C end something, or is it a key like others?
static bool may_cancel(const struct session *s)
{
    return s->term.front || (s->task && !s->prompt.n);
}

bool keyboard_wanted(const struct session *s)
{
    return s->asks_n || s->prompt.editing || s->keyboard.skips || s->lambda.again_ns ||
           may_cancel(s);
}

bool keyboard_read(struct session *s)
{
    const struct plat *plat = s->program->plat;
    const struct plat_source *in = &s->con->in;
    struct keyboard *b = &s->keyboard;
    size_t n = 0, from = b->n;
    bool end = false;

    if (b->end || from == KEYS_BYTES)
        return false;
    if (b->at) {
        memmove(b->bytes, queue(b), from);
        mem_wipe(b->bytes + from, b->at);
    }
    b->at = 0;
    if (in->read(in->ctx, (uint8_t *)b->bytes + from, KEYS_BYTES - from, &n, &end) || end) {
        b->end = true; // the line was hung up
        return true;
    }
    if (!n)
        return false;
    b->n += n;
    b->came_ns = plat->now_ns(plat->ctx);
    if (!may_cancel(s))
        return true;
    // Ctrl-C takes with it what was typed before it.
    for (size_t i = b->n; i-- > from;) {
        if (b->bytes[i] == 3) {
            drop(b, i + 1);
            s->cancel = true;
            break;
        }
    }
    return true;
}

static bool in_time(const struct session *s, uint64_t till_ns)
{
    const struct plat *plat = s->program->plat;

    return plat->now_ns(plat->ctx) < till_ns;
}

bool keyboard_next(struct session *s, struct key *k)
{
    struct keyboard *b = &s->keyboard;
    bool more = !b->end;
    size_t n;

    if (b->cr && b->n && *queue(b) == '\n')
        drop(b, 1);
    if (!b->n)
        return false;
    b->cr = false;
    // Only ESC may also be a key by itself: what follows it comes at once, or is something else.
    if (*queue(b) == 0x1B)
        more = more && in_time(s, b->came_ns + ESC_NS);
    n = key_load((struct span){queue(b), b->n}, more, k);
    if (!n)
        return false;
    b->cr = queue(b)[n - 1] == '\r';
    drop(b, n);
    return true;
}

uint64_t keyboard_due(const struct session *s)
{
    const struct keyboard *b = &s->keyboard;
    bool open = b->n && *queue(b) == 0x1B && (s->asks_n || s->prompt.editing);

    return b->skips ? b->came_ns + PASTE_NS : open ? b->came_ns + ESC_NS : UINT64_MAX;
}

void keyboard_skip(struct session *s)
{
    s->keyboard.skips = s->keyboard.blank = true;
    s->keyboard.open = false;
    s->keyboard.lines = 0;
}

// Does the queue begin with this? false and *later: that is not known yet.
static bool at_mark(const struct keyboard *b, const char *mark, bool *later)
{
    size_t n = 1;

    while (n < b->n && n < MARK_BYTES && queue(b)[n] == mark[n])
        n++;
    *later = n == b->n && n < MARK_BYTES;
    return n == MARK_BYTES;
}

// What was left out is through.
static bool skipped(struct keyboard *b)
{
    b->skips = b->pasting = false;
    b->lines += b->open;
    return true;
}

bool keyboard_skips(struct session *s)
{
    struct keyboard *b = &s->keyboard;
    // More of a paste comes without a pause, however slow the line.
    bool late = b->end || !in_time(s, b->came_ns + PASTE_NS);

    while (b->n) {
        char c = *queue(b);
        bool later = false;

        if (c == 0x1B && at_mark(b, b->pasting ? "\x1b[201~" : "\x1b[200~", &later)) {
            drop(b, b->pasting ? MARK_BYTES : 0);
            return skipped(b);
        }
        if (later && !late)
            return false;
        drop(b, 1);
        if (c == '\n' && b->cr) {
            b->cr = false;
            continue;
        }
        b->cr = c == '\r';
        if (c != '\r' && c != '\n') {
            b->blank = b->blank && (c == ' ' || c == '\t');
            b->open = b->open || !b->blank;
            continue;
        }
        if (b->blank && !b->pasting)
            return skipped(b);
        b->lines += !b->blank;
        b->blank = true;
        b->open = false;
    }
    return late && skipped(b);
}
