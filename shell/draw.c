// SPDX-License-Identifier: MIT
// How a line that is being typed looks. Moves are relative to the cursor, so that whatever stands
// before the line (a prompt, text that was said) is left alone.
#include "shell/draw.h"

#include "shell/mask.h"

enum {
    COLUMNS = 80, // where nobody knows
    WIDTH_MIN = 8,
    WHOLE_MAX_BYTES = 4096, // of an entered line that is shown again
};

static size_t width_of(const struct edit *ed)
{
    unsigned columns, rows;
    size_t width;

    if (!ed->con || !ed->con->size || !ed->con->size(ed->con->ctx, &columns, &rows))
        columns = COLUMNS;
    width = ed->base + 1 < columns ? columns - ed->base - 1 : 0;
    return width < WIDTH_MIN ? WIDTH_MIN : width;
}

// A walk over the characters as they are shown.
struct walk {
    const struct edit *ed;
    struct mask mask;
    size_t at;
    size_t from, to; // of the next secret
    bool masks;
};

// Looks at each byte once as long as nothing before it changes.
static bool has_secret(struct edit *ed)
{
    if (ed->mask.open == '!')
        return true;
    while (ed->clean < ed->len) {
        const char *mark = memchr(ed->text + ed->clean, '!', ed->len - ed->clean);

        if (!mark) {
            ed->clean = ed->len;
            return false;
        }
        ed->clean = (size_t)(mark - ed->text);
        if (ed->clean + 1 == ed->len)
            return false; // what comes next tells
        if (mark[1] == '`')
            return true;
        ed->clean++;
    }
    return false;
}

static struct walk walk_start(struct edit *ed, size_t at)
{
    struct walk w = {.ed = ed, .at = at, .mask = mask_behind(ed->mask, edit_text(ed))};

    w.masks = has_secret(ed) && mask_next(&w.mask, &w.from, &w.to);
    return w;
}

static struct glyph walk_next(struct walk *w)
{
    const struct edit *ed = w->ed;
    struct glyph g = glyph_at(ed->text + w->at, ed->text + ed->len);

    while (w->masks && w->at >= w->to)
        w->masks = mask_next(&w->mask, &w->from, &w->to);
    if (ed->secret)
        g.n = g.cells = 0;
    else if ((w->masks && w->at >= w->from) || ed->text[w->at] == '\t')
        g = (struct glyph){
            .text = {ed->text[w->at] == '\t' ? ' ' : '*'}, .n = 1, .cells = 1, .used = g.used};
    w->at += g.used;
    return g;
}

static size_t cells_between(struct edit *ed, size_t from, size_t to)
{
    struct walk w = walk_start(ed, from);
    size_t cells = 0;

    while (w.at < to)
        cells += walk_next(&w).cells;
    return cells;
}

// `count` times a move: BS, or ESC [ count D, or ESC [ count C.
static void put_move(struct out *o, size_t count, char which)
{
    char text[16] = "\x1b[", digits[12];
    size_t n = 2, d = 0;

    if (!count)
        return;
    if (which == 'D' && count == 1) {
        out_raw(o, "\b", 1);
        return;
    }
    for (; count; count /= 10)
        digits[d++] = (char)('0' + count % 10);
    while (d)
        text[n++] = digits[--d];
    text[n++] = which;
    out_raw(o, text, n);
}

static void move_to(struct edit *ed, size_t cells)
{
    if (cells < ed->cursor)
        put_move(ed->out, ed->cursor - cells, 'D');
    else
        put_move(ed->out, cells - ed->cursor, 'C');
    ed->cursor = cells;
}

bool draw_typed(struct edit *ed, size_t n)
{
    struct glyph g;
    const char *text = ed->text + ed->len - n;

    if (ed->hidden)
        return true;
    // Beside a ! or backtick a secret may begin or end: then the whole line is looked at.
    if (has_secret(ed)) {
        struct walk w = walk_start(ed, ed->len - n);

        g = walk_next(&w);
    } else {
        g = glyph_at(text, ed->text + ed->len);
        if (*text == '\t')
            g = (struct glyph){.text = " ", .n = 1, .cells = 1, .used = 1};
        if (ed->secret)
            g.n = g.cells = 0;
    }
    if (ed->cursor + g.cells > width_of(ed))
        return false;
    out_raw(ed->out, g.text, g.n);
    ed->cursor += g.cells;
    return true;
}

// The view follows the cursor: where it would leave the screen, it comes to two thirds.
static bool follow(struct edit *ed, size_t width)
{
    size_t want = ed->at >= ed->view ? width * 2 / 3 : width / 3, cells = 0, at = ed->at;

    if ((ed->at > ed->view || !ed->view) && ed->at - ed->view <= 4 * width * GLYPH_MAX_BYTES &&
        cells_between(ed, ed->view, ed->at) <= width)
        return false;
    while (at && cells < want) {
        do
            at--;
        while (at && ((unsigned char)ed->text[at] & 0xC0) == 0x80);
        cells += glyph_at(ed->text + at, ed->text + ed->len).cells;
    }
    if (at == ed->view)
        return false;
    ed->view = at;
    return true;
}

void draw_line(struct edit *ed, size_t from)
{
    size_t width = width_of(ed), cells;
    struct walk w;

    if (ed->hidden)
        return;
    if (ed->view > ed->len)
        ed->view = ed->len;
    // A mark is drawn with what it stands on.
    while (from && from < ed->len && !glyph_at(ed->text + from, ed->text + ed->len).cells)
        from--;
    if (follow(ed, width) || from < ed->view)
        from = ed->view;
    // Beyond the screen nothing changes, and a mask may have changed all.
    cells = 0;
    if (has_secret(ed))
        from = ed->view;
    for (w = walk_start(ed, ed->view); w.at < from;) {
        struct glyph g = walk_next(&w);

        cells += g.cells;
        if (cells > width)
            break;
    }
    if (cells <= width && (from < ed->len || from == ed->at)) {
        move_to(ed, cells);
        while (w.at < ed->len) {
            struct glyph g = walk_next(&w);

            if (ed->cursor + g.cells > width)
                break;
            out_raw(ed->out, g.text, g.n);
            ed->cursor += g.cells;
        }
        out_raw(ed->out, "\x1b[K", 3);
    }
    move_to(ed, cells_between(ed, ed->view, ed->at));
}

void draw_end(struct edit *ed)
{
    if (!ed->hidden && !ed->secret &&
        (ed->view || cells_between(ed, 0, ed->len > WHOLE_MAX_BYTES ? WHOLE_MAX_BYTES : ed->len) >
                         width_of(ed))) {
        struct walk w = walk_start(ed, 0);

        move_to(ed, 0);
        while (w.at < ed->len && w.at < WHOLE_MAX_BYTES) {
            struct glyph g = walk_next(&w);

            out_raw(ed->out, g.text, g.n);
        }
        if (w.at < ed->len)
            out_raw(ed->out, "..", 2);
        out_raw(ed->out, "\x1b[K", 3);
    }
    if (!ed->hidden)
        out_raw(ed->out, "\n", 1);
    ed->out->column = 0;
    ed->hidden = true;
}

void draw_screen(struct edit *ed)
{
    if (ed->hidden)
        return;
    out_raw(ed->out, "\x1b[2J\x1b[H", 7);
    ed->out->column = 0;
    ed->hidden = true;
    edit_show(ed);
}

void edit_hide(struct edit *ed)
{
    if (ed->hidden)
        return;
    put_move(ed->out, ed->base + ed->cursor, 'D');
    out_raw(ed->out, "\x1b[K", 3);
    ed->out->column = 0;
    ed->hidden = true;
}

void edit_show(struct edit *ed)
{
    if (!ed->hidden)
        return;
    out_fresh(ed->out);
    out_shown(ed->out, ed->prompt);
    ed->base = ed->out->column;
    ed->hidden = false;
    ed->cursor = ed->view = 0;
    draw_line(ed, 0);
}
