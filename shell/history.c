// SPDX-License-Identifier: MIT
// The lines that were entered: in memory only, and without their secrets.
#include "shell/edit.h"
#include "shell/mask.h"

void history_init(struct history *h, const struct mem *mem)
{
    *h = (struct history){.mem = mem};
}

static void release(struct history *h, struct span line)
{
    char *text = (char *)(uintptr_t)line.at; // it was ours

    h->bytes -= line.len;
    mem_wipe(text, line.len); // what was typed in a hurry may tell
    h->mem->put(h->mem->ctx, text, line.len);
}

static void drop_first(struct history *h)
{
    release(h, h->line[0]);
    h->n--;
    memmove(h->line, h->line + 1, h->n * sizeof *h->line);
}

void history_fini(struct history *h)
{
    while (h->n)
        drop_first(h);
}

// Writes the line with *** for each secret; out NULL: only measures.
static size_t masked(struct mask before, struct span line, char *out)
{
    struct mask m = mask_behind(before, line);
    size_t n = 0, done = 0, from, to;

    for (;;) {
        bool any = mask_next(&m, &from, &to);
        size_t till = any ? from : line.len;

        if (out)
            memcpy(out + n, line.at + done, till - done);
        n += till - done;
        if (!any)
            return n;
        if (out)
            memcpy(out + n, "***", 3);
        n += 3;
        done = to;
    }
}

static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] != ' ' && line.at[i] != '\t')
            return false;
    return true;
}

bool history_add(struct history *h, struct mask before, struct span line)
{
    size_t n;
    char *copy;

    if (is_blank(line) || line.len > HISTORY_LINE_BYTES)
        return false;
    n = masked(before, line, NULL);
    copy = h->mem->get(h->mem->ctx, n);
    if (!copy)
        return false; // a line that is not remembered is no failure
    (void)masked(before, line, copy);
    if (h->n && span_eq(h->line[h->n - 1], (struct span){copy, n})) {
        h->mem->put(h->mem->ctx, copy, n);
        return false;
    }
    while (h->n == HISTORY_LINES || (h->n && h->bytes + n > HISTORY_BYTES))
        drop_first(h);
    h->line[h->n++] = (struct span){copy, n};
    h->bytes += n;
    return true;
}

void history_hide(struct history *h, size_t lines)
{
    struct mask before = mask_start(SPAN(""), true);

    for (size_t i = lines < h->n ? h->n - lines : 0; i < h->n; i++) {
        struct span line = h->line[i];
        size_t n = masked(before, line, NULL);
        char *copy = h->mem->get(h->mem->ctx, n);

        if (copy) {
            (void)masked(before, line, copy);
            before = mask_behind(before, line);
            mask_all(&before);
            h->bytes += n;
            h->line[i] = (struct span){copy, n};
            release(h, line);
            continue;
        }
        for (; h->n > i; h->n--) // short of memory: better none than too much
            release(h, h->line[h->n - 1]);
    }
}
