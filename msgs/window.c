// SPDX-License-Identifier: MIT
// The replay window: a ring of words, as RFC 6479 has it, so that moving on clears whole words.
#include "msgs/window.h"

static uint64_t bit_of(int64_t count)
{
    return (uint64_t)1 << (count % 64);
}

bool window_open(const struct windows *w, int64_t ctr)
{
    const struct window *s;
    int64_t count = window_count(ctr);

    if (ctr < 0 || ctr > WINDOW_CTR_MAX)
        return false;
    s = &w->stream[window_stream(ctr)];
    if (count >= s->next)
        return true;
    if (s->next - count > WINDOW_PLACES)
        return false;
    return !(s->used[count / 64 % WINDOW_WORDS] & bit_of(count));
}

void window_close(struct windows *w, int64_t ctr)
{
    struct window *s = &w->stream[window_stream(ctr)];
    int64_t count = window_count(ctr), word = count / 64;

    if (count >= s->next) {
        // Words that the furthest place has not been in yet hold what is a whole ring older.
        int64_t last = s->next ? (s->next - 1) / 64 : -1;

        if (word - last > WINDOW_WORDS)
            last = word - WINDOW_WORDS;
        while (last < word)
            s->used[++last % WINDOW_WORDS] = 0;
        s->next = count + 1;
    }
    s->used[word % WINDOW_WORDS] |= bit_of(count);
}

enum err window_take(int64_t next[WINDOW_STREAMS], unsigned stream, int64_t *ctr)
{
    if (stream >= WINDOW_STREAMS || next[stream] > WINDOW_COUNT_MAX)
        return ERR_LIMIT;
    *ctr = (int64_t)stream << WINDOW_COUNT_BITS | next[stream]++;
    return ERR_OK;
}
