// SPDX-License-Identifier: MIT
// Units out of a text that is still arriving.
#include "shell/reader.h"

#include "shell/cells.h"
#include "shell/mask.h"
#include "units/json.h"

enum err reader_init(struct reader *r, const struct mem *mem, const char *name)
{
    *r = (struct reader){.mem = mem, .name = name, .line = 1, .column = 1};
    return parser_new(mem, &r->parser);
}

static void release(struct reader *r)
{
    if (r->buf) {
        mem_wipe(r->buf, r->cap); // it may hold secrets
        r->mem->put(r->mem->ctx, r->buf, r->cap);
    }
    r->buf = NULL;
    r->cap = 0;
}

void reader_fini(struct reader *r)
{
    release(r);
    parser_free(r->parser);
    r->parser = NULL;
    if (r->src.close)
        r->src.close(r->src.ctx);
}

// ---- Places

// Lines and columns up to a byte of the buffer at or behind r->seen.
static void count_to(const struct reader *r, size_t to, size_t *line, size_t *column)
{
    size_t at = r->seen, taken = r->taken;

    *line = r->line;
    *column = r->column;
    for (;;) {
        const char *end = at < to ? memchr(r->buf + at, '\n', to - at) : NULL;

        if (!end)
            break;
        at = (size_t)(end - r->buf) + 1;
        *line += 1 + taken;
        taken = 0;
        *column = 1;
    }
    if (at < to)
        *column += count_chars(r->buf + at, to - at);
}

// Text that was read is kept for the lines of errors, but not the secrets in it.
static void hide(struct reader *r, size_t from, size_t to)
{
    char *text = r->buf + from;
    struct mask m = mask_start((struct span){text, to - from}, true);
    size_t begin, end;

    while (mask_next(&m, &begin, &end))
        for (; begin < end; begin++) {
            bool mark = text[begin] == '!' && begin + 1 < end && text[begin + 1] == '`';

            if (mark) // what follows is masked because of it
                begin++;
            else if (text[begin] != '\n')
                text[begin] = '*';
        }
}

static void see(struct reader *r)
{
    size_t line = r->line;

    if (r->seen == r->at)
        return;
    count_to(r, r->at, &r->line, &r->column);
    if (r->line != line)
        r->taken = 0;
    if (r->seen < r->at)
        hide(r, r->seen, r->at);
    r->seen = r->at;
}

// Behind r->end lies nothing that was typed.
static void cut(struct reader *r, size_t n)
{
    r->end -= n;
    mem_wipe(r->buf + r->end, n);
}

// Begin of the line of a byte, as far as it is kept.
static size_t line_start(const struct reader *r, size_t at)
{
    size_t most = at > READER_KEPT_BYTES ? at - READER_KEPT_BYTES : 0;

    while (at > most && r->buf[at - 1] != '\n')
        at--;
    return at;
}

struct place reader_place(struct reader *r, bool error)
{
    struct place p = {.name = r->name};
    size_t at = error ? r->error : r->start;

    // The unit that has just been read lies before what is counted.
    if (at < r->seen)
        at = r->seen;
    count_to(r, at, &p.line, &p.column);
    p.pos = r->gone + at;
    return p;
}

struct span reader_broken(const struct reader *r, bool error, size_t *at)
{
    size_t from = line_start(r, r->start);

    *at = (error ? r->error : r->start) - from;
    return (struct span){r->buf + from, r->end - from};
}

bool reader_is_alone(const struct reader *r, struct span text)
{
    size_t at = r->start;

    if (r->at - at != text.len || memcmp(r->buf + at, text.at, text.len) != 0)
        return false;
    for (size_t i = line_start(r, at); i < at; i++)
        if (r->buf[i] != ' ' && r->buf[i] != '\t')
            return false;
    for (size_t i = r->at; i < r->end && r->buf[i] != '\n'; i++)
        if (r->buf[i] != ' ' && r->buf[i] != '\t' && r->buf[i] != '\r')
            return false;
    return true;
}

// ---- Room

// Moves what is needed to the front, and grows when that is not enough.
static enum err make_room(struct reader *r, size_t want)
{
    size_t keep, cap = r->cap;
    char *grown;

    see(r);
    keep = r->buf ? line_start(r, r->at) : 0;
    if (r->cap - r->end >= want)
        return ERR_OK;
    if (r->cap - (r->end - keep) >= want && keep) {
        memmove(r->buf, r->buf + keep, r->end - keep);
        mem_wipe(r->buf + r->end - keep, keep);
    } else {
        cap = cap ? cap : r->src.read ? READER_BYTES : want;
        while (cap < r->end - keep || cap - (r->end - keep) < want) {
            if (cap >= READER_BYTES_MAX)
                return ERR_TOO_BIG;
            cap = cap > READER_BYTES_MAX / 4 ? READER_BYTES_MAX : 4 * cap;
        }
        grown = r->mem->get(r->mem->ctx, cap);
        if (!grown)
            return ERR_NO_MEMORY;
        if (r->end > keep)
            memcpy(grown, r->buf + keep, r->end - keep);
        release(r);
        r->buf = grown;
        r->cap = cap;
    }
    r->at -= keep;
    r->end -= keep;
    r->seen -= keep;
    r->scan -= r->scan < keep ? r->scan : keep;
    r->start -= r->start < keep ? r->start : keep;
    r->gone += keep;
    return ERR_OK;
}

// A long unit is through: its memory goes back.
static void shrink(struct reader *r)
{
    size_t keep = line_start(r, r->at), n = r->end - keep;
    char *small;

    if (r->cap <= READER_BYTES || n > READER_BYTES / 2)
        return;
    small = r->mem->get(r->mem->ctx, READER_BYTES);
    if (!small)
        return; // then it stays
    see(r);
    memcpy(small, r->buf + keep, n);
    release(r);
    r->buf = small;
    r->cap = READER_BYTES;
    r->at -= keep;
    r->end -= keep;
    r->seen -= keep;
    r->start = r->at;
    r->gone += keep;
}

enum err reader_feed(struct reader *r, struct span text)
{
    enum err e;

    if (!text.len)
        return ERR_OK;
    e = text.len > READER_BYTES_MAX ? ERR_TOO_BIG : make_room(r, text.len);
    if (e)
        return e;
    memcpy(r->buf + r->end, text.at, text.len);
    r->end += text.len;
    return ERR_OK;
}

enum err reader_fill(struct reader *r, size_t *n)
{
    enum err e;

    *n = 0;
    if (r->last)
        return ERR_OK;
    if (!r->src.read) {
        r->last = true;
        return ERR_OK;
    }
    if (r->cap > READER_BYTES && !reader_inside(r))
        shrink(r);
    if (r->cap - r->end < READER_BYTES / 2) {
        e = make_room(r, READER_BYTES / 2);
        if (e)
            return e;
    }
    e = r->src.read(r->src.ctx, (uint8_t *)r->buf + r->end, r->cap - r->end, n, &r->last);
    if (!e)
        r->end += *n;
    return e;
}

// ---- JSON

static enum err next_json(struct reader *r, struct arena *a, struct unit *out, struct fail *f)
{
    size_t end;
    enum err e;

    r->start = r->at;
    if (r->at == r->end && !r->later)
        return r->last ? ERR_NOT_FOUND : ERR_LATER;
    if (!r->later) {
        r->scan = r->at;
        r->scan_depth = 0;
        r->scan_text = r->scan_escape = false;
    }
    e = reader_json_end(r, &end);
    r->later = e == ERR_LATER;
    if (e == ERR_LATER)
        return e;
    if (e) {
        f->pos = UNIT_TEXT_MAX_BYTES;
        return fail_set(f, e, f->pos, NULL, "the text of one value is at most %u bytes",
                        (unsigned long)UNIT_TEXT_MAX_BYTES);
    }
    e = json_parse(a, (struct span){r->buf + r->at, end - r->at}, out, f);
    if (!e)
        r->at = end;
    return e;
}

// ---- Units

bool reader_inside(const struct reader *r)
{
    return r->later && (r->json || parser_inside(r->parser));
}

bool reader_more(const struct reader *r)
{
    return r->later && !r->json && r->given < r->end - r->at;
}

static bool is_blank(char c)
{
    return c == '\n' || c == ' ' || c == '\t' || c == '\r';
}

enum err reader_next(struct reader *r, struct arena *a, struct unit *out, struct fail *f)
{
    size_t used = 0, from;
    enum err e;

    // The first bytes of a text are the parser's: a byte order mark may stand there.
    if (!r->later && (r->json || r->gone + r->at))
        while (r->at < r->end && is_blank(r->buf[r->at]))
            r->at++;
    see(r);
    from = r->at;
    f->pos = FAIL_NO_POS;
    f->hint = NULL;
    if (r->json) {
        e = next_json(r, a, out, f);
    } else {
        parser_where(r->parser, r->line, r->column);
        struct span text = {r->buf ? r->buf + from : "", r->end - from};

        if (r->step && text.len > r->given && text.len - r->given > r->step)
            text.len = r->given + r->step;
        e = parser_next(r->parser, a, text, r->last && text.len == r->end - from, &used, out, f);
        r->given = e == ERR_LATER ? text.len - used : 0;
        r->start = from + parser_start(r->parser);
        r->later = e == ERR_LATER;
    }
    if (e == ERR_OK || e == ERR_LATER || e == ERR_NOT_FOUND) {
        r->at += used;
        if (e)
            see(r); // comments
        return e;
    }
    r->later = false;
    if (f->pos == FAIL_NO_POS || from + f->pos > r->end)
        f->pos = r->start - from;
    r->error = from + f->pos;
    r->skip = memchr(r->buf + r->start, '\n', r->error - r->start) ? SKIP_EMPTY : SKIP_LINE;
    r->skip_begun = r->skip_blank = false;
    return e;
}

// ---- After an error

// Lines that hold something, behind the one of the error.
static size_t lines_behind(const struct reader *r)
{
    const char *end = r->buf + r->end;
    const char *at = r->end > r->error ? memchr(r->buf + r->error, '\n', r->end - r->error) : NULL;
    size_t lines = 0;
    bool blank = true;

    for (; at && at < end; at++) {
        if (*at == '\n')
            blank = true;
        else if (blank && !is_blank(*at)) {
            blank = false;
            lines++;
        }
    }
    return lines;
}

enum err reader_resume(struct reader *r, size_t *lines)
{
    size_t line, column;

    *lines = 0;
    if (r->skip == SKIP_NONE)
        return ERR_OK;
    if (r->once) {
        bool last = r->last;

        *lines = lines_behind(r);
        reader_drop(r);
        r->last = last;
        return ERR_OK;
    }
    if (!r->skip_begun) {
        count_to(r, r->start, &r->skip_from, &column);
        r->at = r->error;
        r->skip_begun = true;
    }
    while (r->at < r->end) {
        const char *end = memchr(r->buf + r->at, '\n', r->end - r->at);
        size_t till = end ? (size_t)(end - r->buf) : r->end;

        while (r->skip_blank && r->at < till)
            r->skip_blank = is_blank(r->buf[r->at++]);
        r->at = till;
        if (!end)
            break;
        if (r->skip == SKIP_LINE || r->skip_blank) {
            see(r);
            line = r->line;
            r->at++;
            goto done;
        }
        r->at++;
        r->skip_blank = true;
    }
    see(r);
    if (!r->last)
        return ERR_LATER;
    line = r->line + (r->column > 1);
done:
    *lines = r->skip == SKIP_EMPTY ? line - r->skip_from : 0;
    r->skip = SKIP_NONE;
    return ERR_OK;
}

void reader_drop(struct reader *r)
{
    parser_reset(r->parser);
    if (r->buf)
        mem_wipe(r->buf, r->end);
    r->at = r->end = r->gone = r->seen = r->start = r->taken = r->error = r->given = 0;
    r->line = r->column = 1;
    r->skip = SKIP_NONE;
    r->later = false;
    r->last = false;
    r->trimmed = false;
}

// ---- Lines for those who ask

enum err reader_behind(struct reader *r, struct span *out)
{
    const char *end;
    size_t at;

    see(r);
    at = r->at;
    if (r->column > 1) { // the rest of this line stays
        end = at < r->end ? memchr(r->buf + at, '\n', r->end - at) : NULL;
        if (!end)
            return r->last ? ERR_NOT_FOUND : ERR_LATER;
        at = (size_t)(end - r->buf) + 1;
    }
    if (at == r->end)
        return r->last ? ERR_NOT_FOUND : ERR_LATER;
    *out = (struct span){r->buf + at, r->end - at};
    return ERR_OK;
}

// The present line, with what is kept of its begin, moves over what was taken.
void reader_took(struct reader *r, size_t n)
{
    size_t from = line_start(r, r->at), at = r->at, lines = 0;

    if (r->column > 1) {
        const char *end = memchr(r->buf + r->at, '\n', r->end - r->at);

        at = (size_t)(end - r->buf) + 1;
    }
    for (size_t i = 0; i < n; i++)
        lines += r->buf[at + i] == '\n';
    memmove(r->buf + from + n, r->buf + from, at - from);
    if (n) {
        mem_wipe(r->buf + from, n); // it may be the answer to a question for a secret
        r->buf[from + n - 1] = '\n';
    }
    r->trimmed = false;
    r->at += n;
    r->seen = r->at;
    if (r->column > 1)
        r->taken += lines;
    else
        r->line += lines;
}

void reader_end(struct reader *r)
{
    const char *line = r->end > r->at ? memchr(r->buf + r->at, '\n', r->end - r->at) : NULL;
    size_t behind = line ? (size_t)(line - r->buf) + 1 : r->end;

    r->at = r->end;
    see(r);
    if (r->end > behind)
        mem_wipe(r->buf + behind, r->end - behind); // an answer may be part of it
    r->last = true;
    r->trimmed = false;
}

enum err reader_line(struct reader *r, size_t max, struct span *out, size_t *used)
{
    struct span text;
    const char *end;
    size_t n;
    enum err e = reader_behind(r, &text);

    if (e)
        return e;
    end = memchr(text.at, '\n', text.len);
    if (!end && text.len > max + 1) {
        size_t more = text.len - max - 1;

        cut(r, more);
        r->gone += more;
        r->trimmed = true;
        text.len -= more;
    }
    if (!end && !r->last)
        return ERR_LATER;
    n = end ? (size_t)(end - text.at) : text.len;
    *out = (struct span){text.at, n - (n && text.at[n - 1] == '\r')};
    *used = n + (end != NULL);
    return ERR_OK;
}
