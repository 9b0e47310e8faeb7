// SPDX-License-Identifier: MIT
// Errors as people and programs see them.
//
//   error syntax: the pair opened at 1:1 is not closed
//       (neg 5@math.calc
//                       ^
//   at script.msg:1:17
//   hint: ..
//
// Nothing of a text reaches the terminal as it is: secrets are masked, control characters escaped.
#include "shell/cells.h"
#include "shell/mask.h"
#include "shell/shell.h"
#include "units/json.h"
#include "units/print.h"

enum {
    INDENT = 4,
    BEFORE_CELLS = 44, // of the source line, left of the caret
    AFTER_CELLS = 28,
    BEFORE_BYTES = 2048, // a line is looked at from so far before its error
    LINE_BYTES = EXCERPT_BYTES / 2 - 16,
};

// ---- The source line

struct window {
    char line[LINE_BYTES], caret[LINE_BYTES];
    size_t line_n, caret_n;
};

// One character of the line; left of the caret the line below gets the same width.
static bool put(struct window *w, const char *text, size_t n, size_t cells, bool before)
{
    if (w->line_n + n > sizeof w->line || (before && w->caret_n + cells > sizeof w->caret))
        return false;
    memcpy(w->line + w->line_n, text, n);
    w->line_n += n;
    for (; before && cells; cells--)
        w->caret[w->caret_n++] = text[0] == '\t' ? '\t' : ' ';
    return true;
}

// The next thing that is shown: a character, or a secret as ***.
struct piece {
    const char *text;
    size_t n, cells, used;
    struct glyph glyph;
};

struct pieces {
    struct span text;
    struct mask mask;
    size_t at, from, to; // the next secret
    bool masks;
};

static struct pieces pieces_start(struct span text, size_t at)
{
    struct pieces p = {.text = text, .at = at, .mask = mask_start(text, true)};

    p.masks = mask_next(&p.mask, &p.from, &p.to);
    return p;
}

static void pieces_next(struct pieces *p, struct piece *out)
{
    while (p->masks && p->at >= p->to && p->at > p->from)
        p->masks = mask_next(&p->mask, &p->from, &p->to);
    if (p->masks && p->at >= p->from && p->at < p->to) {
        *out = (struct piece){.text = "***", .n = 3, .cells = 3, .used = p->to - p->at};
    } else {
        out->glyph = glyph_at(p->text.at + p->at, p->text.at + p->text.len);
        out->text = out->glyph.text;
        out->n = out->glyph.n;
        out->cells = out->glyph.cells;
        out->used = out->glyph.used;
        if (p->text.at[p->at] == '\t') {
            out->text = "\t";
            out->n = out->cells = 1;
        }
    }
    p->at += out->used;
}

void excerpt_make(struct excerpt *x, struct span text, size_t error)
{
    struct window w = {.line_n = 0};
    struct piece piece;
    struct pieces p;
    size_t from = error, end = error, total = 0, cells = 0;
    const char *newline = memchr(text.at + error, '\n', text.len - error);

    x->n = 0;
    while (from && text.at[from - 1] != '\n' && error - from < BEFORE_BYTES)
        from--;
    while (from && from < error && ((unsigned char)text.at[from] & 0xC0) == 0x80)
        from++;
    end = newline ? (size_t)(newline - text.at) : text.len;
    while (end > error && text.at[end - 1] == '\r')
        end--;
    if (end == from)
        return;     // an empty line shows nothing
    text.len = end; // a secret that is not closed ends with its line

    for (p = pieces_start(text, from); p.at < error;) {
        pieces_next(&p, &piece);
        total += piece.cells;
    }
    if (from && text.at[from - 1] != '\n')
        (void)put(&w, "..", 2, 2, true); // there is room
    for (p = pieces_start(text, from); p.at < end;) {
        bool before = p.at < error;

        pieces_next(&p, &piece);
        cells += piece.cells;
        if (before && total - (cells - piece.cells) > BEFORE_CELLS) {
            if (!w.line_n)
                (void)put(&w, "..", 2, 2, true);
            continue;
        }
        if (cells > total + AFTER_CELLS && cells > BEFORE_CELLS + AFTER_CELLS) {
            (void)put(&w, "..", 2, 2, false); // where there is room
            break;
        }
        // A piece in which the error lies (a secret) has the caret below its begin.
        if (!put(&w, piece.text, piece.n, piece.cells, before && p.at <= error))
            break;
    }
    memset(x->text, ' ', INDENT);
    memcpy(x->text + INDENT, w.line, w.line_n);
    x->n = INDENT + w.line_n;
    x->text[x->n++] = '\n';
    memset(x->text + x->n, ' ', INDENT);
    memcpy(x->text + x->n + INDENT, w.caret, w.caret_n);
    x->n += INDENT + w.caret_n;
    x->text[x->n++] = '^';
    x->text[x->n++] = '\n';
}

// ---- For programs: one object a line on standard output

struct entries {
    struct unit items[16];
    size_t n;
};

static void add(struct entries *m, const char *key, struct unit value)
{
    if (m->n + 2 > COUNT(m->items))
        return;
    m->items[m->n++] = unit_word(key);
    m->items[m->n++] = value;
}

static void add_text(struct entries *m, const char *key, const char *text)
{
    size_t bad;
    struct unit u;

    if (text && text_is_utf8(span_of(text), &bad) && !unit_str(span_of(text), &u))
        add(m, key, u);
}

static void add_place(struct session *s, struct entries *m, const struct place *p)
{
    struct unit *at = unit_array(&s->scratch, 2), u;

    if (!at)
        return;
    at[0] = unit_int((int64_t)p->line);
    at[1] = unit_int((int64_t)p->column);
    if (!unit_pair(at, &u))
        add(m, "at", u);
    add(m, "pos", unit_int((int64_t)p->pos));
    add_text(m, "file", p->name);
}

static void put_json(struct session *s, const struct unit *items, size_t n)
{
    struct span json = SPAN("{\"code\":\"no-memory\"}");
    struct unit u;

    if (!unit_map(&s->scratch, items, n / 2, NULL, &u) && json_print(&s->scratch, &u, &json))
        json = SPAN("{\"code\":\"no-memory\"}");
    out_raw(&s->out, "{\"err\":", 7);
    out_json(&s->out, json);
    out_raw(&s->out, "}\n", 2);
    arena_reset(&s->scratch);
}

// ---- For people

static struct edit *begin(struct session *s)
{
    struct edit *line = term_hide(s);

    if (s->out.tty && s->con->tty_err)
        out_fresh(&s->out);
    out_flush(&s->out); // what was said before the error stands before it
    return line;
}

static void finish(struct session *s, struct edit *line)
{
    out_flush(&s->err);
    term_back(line);
}

static void put_place(struct session *s, const struct place *p)
{
    if (!p)
        return;
    if (p->name)
        out_fmt(&s->err, "at %s:%u:%u\n", p->name, p->line, p->column);
    else if (p->line > 1)
        out_fmt(&s->err, "at %u:%u\n", p->line, p->column);
}

void report_text(struct session *s, const struct fail *f, const struct place *p,
                 const struct excerpt *x, size_t lines)
{
    struct edit *line;

    session_failed(s, err_class(f->code));
    if (s->program->opt.json) {
        struct entries m = {.n = 0};

        add(&m, "code", unit_word(err_word(f->code)));
        add_text(&m, "why", f->why);
        if (p)
            add_place(s, &m, p);
        add_text(&m, "hint", f->hint);
        if (lines)
            add(&m, "skipped", unit_int((int64_t)lines));
        put_json(s, m.items, m.n);
        return;
    }
    line = begin(s);
    out_fmt(&s->err, "error %s: %s\n", err_word(f->code), f->why[0] ? f->why : err_text(f->code));
    if (x)
        out_raw(&s->err, x->text, x->n);
    if (p)
        put_place(s, p);
    if (f->hint)
        out_fmt(&s->err, "hint: %s\n", f->hint);
    if (lines)
        out_fmt(&s->err, "skipped %u line%s%s\n", lines, lines == 1 ? "" : "s",
                p && p->name ? ", up to the next empty one" : " behind it");
    finish(s, line);
}

static const struct unit *entry(struct session *s, const struct unit *error, const char *key)
{
    return error->kind == UNIT_MAP ? unit_get_word(error, span_of(key), s->program->plat->mem)
                                   : NULL;
}

// Text as it is, anything else in canonical print.
static void put_unit(struct session *s, const struct unit *u)
{
    struct span text;

    if (u->kind == UNIT_STR)
        text = unit_span(u);
    else if (unit_print_new(&s->scratch, u, &text))
        return;
    out_shown(&s->err, text);
}

static void put_entry(struct session *s, const struct unit *error, const char *key,
                      const char *before, const char *behind)
{
    const struct unit *u = entry(s, error, key);

    if (!u)
        return;
    out_shown(&s->err, span_of(before));
    put_unit(s, u);
    out_shown(&s->err, span_of(behind));
}

static void put_head(struct session *s, const struct unit *error, const char *before)
{
    out_shown(&s->err, span_of(before));
    if (error->kind == UNIT_MAP)
        put_entry(s, error, "code", "", "");
    else
        put_unit(s, error);
    put_entry(s, error, "why", ": ", "");
    out_raw(&s->err, "\n", 1);
}

static bool same(struct session *s, const struct unit *a, const struct unit *b, const char *key)
{
    const struct unit *x = entry(s, a, key), *y = entry(s, b, key);

    return x == y || (x && y && unit_same(x, y));
}

static void put_chain(struct session *s, const struct unit *error)
{
    const struct unit *cause;
    unsigned depth = 0;

    for (; error && depth < UNIT_DEPTH_MAX; error = cause, depth++) {
        if (entry(s, error, "svc")) {
            put_entry(s, error, "svc", "in ", "");
            put_entry(s, error, "path", " at ", "");
            out_raw(&s->err, "\n", 1);
        } else {
            put_entry(s, error, "path", "at ", "\n");
        }
        put_entry(s, error, "node", "on ", "\n");
        put_entry(s, error, "limit", "limit: ", "\n");
        cause = entry(s, error, "cause");
        if (cause && !(same(s, error, cause, "code") && same(s, error, cause, "why")))
            put_head(s, cause, "because ");
    }
}

void report_error(struct session *s, const struct unit *error, const struct place *p,
                  const struct excerpt *x, uint64_t id)
{
    const struct unit *code = entry(s, error, "code"), *hint = NULL, *at;
    enum err e = err_find(unit_span(code && code->kind == UNIT_STR ? code
                                    : error->kind == UNIT_STR      ? error
                                                                   : &(struct unit){0}));
    struct edit *line;

    session_failed(s, err_class(e ? e : ERR_INTERNAL));
    if (s->program->opt.json) {
        struct entries m = {.n = 0};
        struct unit *items = NULL;
        size_t n = error->kind == UNIT_MAP ? 2 * (size_t)error->n : 0;

        if (!n)
            add(&m, "code", unit_word(err_word(e ? e : ERR_INTERNAL)));
        if (id)
            add(&m, "task", unit_int((int64_t)id));
        if (p && !(n && entry(s, error, "pos")))
            add_place(s, &m, p);
        items = unit_array(&s->scratch, n + m.n);
        if (items && n)
            memcpy(items, error->items, n * sizeof *items);
        if (items)
            memcpy(items + n, m.items, m.n * sizeof *items);
        put_json(s, items, items ? n + m.n : 0);
        return;
    }
    line = begin(s);
    if (id)
        out_fmt(&s->err, "task %u: ", (size_t)id);
    put_head(s, error, "error ");
    if (x)
        out_raw(&s->err, x->text, x->n);
    put_chain(s, error);
    put_place(s, p);
    for (at = error; at && !hint; at = entry(s, at, "cause"))
        hint = entry(s, at, "hint");
    if (hint) {
        out_shown(&s->err, SPAN("hint: "));
        put_unit(s, hint);
        out_raw(&s->err, "\n", 1);
    }
    finish(s, line);
    arena_reset(&s->scratch);
}

void report_note(struct session *s, const char *what, const char *why)
{
    struct edit *line = begin(s);

    out_fmt(&s->err, "note: %s: %s\n", what, why);
    finish(s, line);
}
