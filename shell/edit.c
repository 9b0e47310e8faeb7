// SPDX-License-Identifier: MIT
// A line that is being typed: what the keys do to it. How it is drawn: shell/draw.c.
#include "shell/edit.h"

#include "shell/draw.h"
#include "units/chars.h"
#include "units/limits.h"

enum { TEXT_FIRST = 256, TEXT_MAX = UNIT_TEXT_MAX_BYTES + 64 }; // a longer one is too-big anyway

// ---- Memory

static void release(const struct mem *mem, char *text, size_t cap)
{
    if (!text)
        return;
    mem_wipe(text, cap); // it may hold a secret
    mem->put(mem->ctx, text, cap);
}

static bool reserve(const struct mem *mem, char **text, size_t *cap, size_t keep, size_t want)
{
    size_t grown = *cap ? *cap : TEXT_FIRST;
    char *more;

    if (want <= *cap)
        return true;
    while (grown < want)
        grown *= 2;
    more = mem->get(mem->ctx, grown);
    if (!more)
        return false;
    if (keep)
        memcpy(more, *text, keep);
    release(mem, *text, *cap);
    *text = more;
    *cap = grown;
    return true;
}

void edit_start(struct edit *ed, struct span prompt)
{
    ed->prompt = prompt;
    out_shown(ed->out, prompt);
    ed->text = ed->draft = NULL;
    ed->len = ed->cap = ed->at = ed->view = ed->cursor = ed->clean = ed->draft_cap = ed->draft_len =
        0;
    ed->base = ed->out->column;
    ed->recall = ed->history ? ed->history->n : 0;
    ed->hidden = false;
}

void edit_fini(struct edit *ed)
{
    release(ed->mem, ed->text, ed->cap);
    release(ed->mem, ed->draft, ed->draft_cap);
    ed->text = ed->draft = NULL;
    ed->len = ed->cap = ed->draft_len = ed->draft_cap = 0;
}

struct span edit_text(const struct edit *ed)
{
    return (struct span){ed->text ? ed->text : "", ed->len};
}

// ---- Characters

static size_t before(const struct edit *ed, size_t at)
{
    do
        at--;
    while (at && ((unsigned char)ed->text[at] & 0xC0) == 0x80);
    return at;
}

static bool is_mark(const struct edit *ed, size_t at)
{
    struct glyph g = glyph_at(ed->text + at, ed->text + ed->len);

    return g.cells == 0;
}

static size_t left_of(const struct edit *ed, size_t at)
{
    if (!at)
        return 0;
    at = before(ed, at);
    while (at && is_mark(ed, at))
        at = before(ed, at);
    return at;
}

static size_t right_of(const struct edit *ed, size_t at)
{
    if (at == ed->len)
        return at;
    do {
        struct glyph g = glyph_at(ed->text + at, ed->text + ed->len);

        at += g.used;
    } while (at < ed->len && is_mark(ed, at));
    return at;
}

static size_t word_before(const struct edit *ed, size_t at)
{
    while (at && char_class_of(ed->text[at - 1]) & CHAR_BLANK)
        at--;
    while (at && !(char_class_of(ed->text[at - 1]) & CHAR_BLANK))
        at--;
    return at;
}

static size_t count(const struct edit *ed)
{
    size_t n = 0;

    for (size_t i = 0; i < ed->len; i++)
        n += ((unsigned char)ed->text[i] & 0xC0) != 0x80;
    return n;
}

// ---- Changes

// A ! before this place may begin a secret now.
static void changed(struct edit *ed, size_t at)
{
    at = at ? at - 1 : 0;
    ed->clean = ed->clean < at ? ed->clean : at;
}

static void insert(struct edit *ed, const char *text, size_t n)
{
    size_t at = ed->at;

    if (ed->len + n > TEXT_MAX || (ed->lim && ed->len >= ed->lim && count(ed) >= ed->lim))
        return;
    if (!reserve(ed->mem, &ed->text, &ed->cap, ed->len, ed->len + n))
        return; // the key does nothing, as where the limit is
    memmove(ed->text + at + n, ed->text + at, ed->len - at);
    memcpy(ed->text + at, text, n);
    ed->len += n;
    ed->at += n;
    changed(ed, at);
    if (ed->at != ed->len || !draw_typed(ed, n))
        draw_line(ed, at);
}

static void erase(struct edit *ed, size_t from, size_t to)
{
    size_t shown = from;

    if (from == to)
        return;
    if (is_mark(ed, from)) // it goes off the screen with what it stands on
        shown = left_of(ed, from);
    memmove(ed->text + from, ed->text + to, ed->len - to);
    ed->len -= to - from;
    ed->at = from;
    changed(ed, from);
    draw_line(ed, shown);
}

static void move(struct edit *ed, size_t at)
{
    ed->at = at;
    draw_line(ed, ed->len);
}

static void replace(struct edit *ed, struct span text)
{
    if (!reserve(ed->mem, &ed->text, &ed->cap, 0, text.len))
        return;
    if (text.len)
        memcpy(ed->text, text.at, text.len);
    ed->len = ed->at = text.len;
    ed->clean = 0;
    draw_line(ed, 0);
}

void edit_clear(struct edit *ed)
{
    ed->at = ed->len = 0;
    ed->clean = 0;
    if (!ed->hidden)
        draw_line(ed, 0);
    release(ed->mem, ed->text, ed->cap);
    release(ed->mem, ed->draft, ed->draft_cap);
    ed->text = ed->draft = NULL;
    ed->cap = ed->draft_len = ed->draft_cap = 0;
    ed->recall = ed->history ? ed->history->n : 0;
}

static void recall(struct edit *ed, size_t line)
{
    const struct history *h = ed->history;

    if (ed->recall == h->n) { // leaving the new line: it comes back
        if (!reserve(ed->mem, &ed->draft, &ed->draft_cap, 0, ed->len))
            return;
        if (ed->len)
            memcpy(ed->draft, ed->text, ed->len);
        ed->draft_len = ed->len;
    }
    ed->recall = line;
    replace(ed, line == h->n ? (struct span){ed->draft, ed->draft_len} : h->line[line]);
}

static enum edit_state control(struct edit *ed, char letter)
{
    switch (letter) {
    case 'A':
        move(ed, 0);
        break;
    case 'B':
        move(ed, left_of(ed, ed->at));
        break;
    case 'C':
        draw_end(ed);
        return EDIT_LEFT;
    case 'D':
        if (ed->len) {
            erase(ed, ed->at, right_of(ed, ed->at));
            break;
        }
        draw_end(ed);
        return EDIT_END;
    case 'E':
        move(ed, ed->len);
        break;
    case 'F':
        move(ed, right_of(ed, ed->at));
        break;
    case 'K':
        erase(ed, ed->at, ed->len);
        break;
    case 'L':
        draw_screen(ed);
        break;
    case 'N':
        if (ed->history && ed->recall < ed->history->n)
            recall(ed, ed->recall + 1);
        break;
    case 'P':
        if (ed->history && ed->recall)
            recall(ed, ed->recall - 1);
        break;
    case 'U':
        erase(ed, 0, ed->at);
        break;
    case 'W':
        erase(ed, word_before(ed, ed->at), ed->at);
        break;
    default:
        break;
    }
    return EDIT_MORE;
}

enum edit_state edit_key(struct edit *ed, const struct key *k)
{
    switch (k->code) {
    case KEY_TEXT:
        insert(ed, k->text, k->n);
        break;
    case KEY_TAB:
        insert(ed, "\t", 1);
        break;
    case KEY_CONTROL:
        return control(ed, k->text[0]);
    case KEY_ENTER:
        draw_end(ed);
        return EDIT_LINE;
    case KEY_BKSP:
        erase(ed, ed->at ? before(ed, ed->at) : 0, ed->at);
        break;
    case KEY_DEL:
        erase(ed, ed->at, right_of(ed, ed->at));
        break;
    case KEY_LEFT:
        move(ed, left_of(ed, ed->at));
        break;
    case KEY_RIGHT:
        move(ed, right_of(ed, ed->at));
        break;
    case KEY_HOME:
        move(ed, 0);
        break;
    case KEY_END:
        move(ed, ed->len);
        break;
    case KEY_UP:
        return control(ed, 'P');
    case KEY_DOWN:
        return control(ed, 'N');
    default:
        break;
    }
    return EDIT_MORE;
}
