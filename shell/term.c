// SPDX-License-Identifier: MIT
// The terminal of a session: what messages say and show goes out, around a line that is typed.
#include "shell/shell.h"
#include "units/json.h"

struct edit *term_line(struct session *s)
{
    for (size_t i = s->asks_n; i--;)
        if (!s->asks[i].key && s->asks[i].edit.out)
            return &s->asks[i].edit;
    return s->prompt.editing ? &s->prompt.line : NULL;
}

struct edit *term_hide(struct session *s)
{
    struct edit *line = term_line(s);

    if (line)
        edit_hide(line);
    return line;
}

void term_back(struct edit *line)
{
    if (line)
        edit_show(line);
}

// The next session that shows what this one says: itself, or all that have a prompt.
static struct session *heard_by(struct session *s, size_t *i)
{
    struct program *p = s->program;

    if (!s->hub)
        return (*i)++ ? NULL : s;
    while (*i < p->n && !p->sessions[*i]->prompted)
        (*i)++;
    return *i < p->n ? p->sessions[(*i)++] : NULL;
}

static enum err say_json(struct session *s, struct span text)
{
    struct span json;
    struct unit u;
    enum err e = unit_str(text, &u);

    if (!e)
        e = json_print(&s->scratch, &u, &json);
    if (e)
        return e;
    out_raw(&s->out, "{\"say\":", 7);
    out_json(&s->out, json);
    out_raw(&s->out, "}\n", 2);
    arena_reset(&s->scratch);
    return s->out.e;
}

static enum err say(void *ctx, struct span text)
{
    struct session *s = ctx, *to;
    enum err e = ERR_OK;

    if (s->program->opt.json)
        return say_json(s, text);
    for (size_t i = 0; (to = heard_by(s, &i));) {
        struct edit *line = term_hide(to);

        out_text(&to->out, text);
        term_back(line);
        e = e ? e : to->out.e;
    }
    return e;
}

static void flush(void *ctx)
{
    struct session *s = ctx, *to;

    for (size_t i = 0; (to = heard_by(s, &i));)
        out_flush(&to->out);
}

static enum err clear(void *ctx)
{
    struct session *s = ctx, *to;

    for (size_t i = 0; (to = heard_by(s, &i));) {
        struct edit *line;

        if (!to->out.tty || s->program->opt.json)
            continue; // a pipe has no screen
        line = term_hide(to);
        out_raw(&to->out, "\x1b[2J\x1b[H", 7);
        to->out.column = 0;
        picture_clear(&to->picture);
        term_back(line);
    }
    return s->out.e;
}

static bool size(void *ctx, unsigned *columns, unsigned *rows)
{
    const struct session *s = ctx;

    return s->out.tty && s->con->size && s->con->size(s->con->ctx, columns, rows);
}

static void show(void *ctx, const struct unit *value)
{
    struct session *s = ctx, *to;

    for (size_t i = 0; (to = heard_by(s, &i));)
        session_show(to, value);
}

static void show_error(struct session *s, const struct unit *error, uint64_t id)
{
    bool here = !id && s->task && (s->prompted ? s->origin.known : s->reader != NULL);

    if (here && !s->prompted)
        session_mark(s);
    // The line of a prompt is on the screen already.
    report_error(s, error, here ? &s->origin.place : NULL,
                 here && !s->prompted ? &s->origin.line : NULL, id);
}

static void fail(void *ctx, const struct unit *error, uint64_t id)
{
    struct session *s = ctx, *to;

    for (size_t i = 0; (to = heard_by(s, &i));)
        show_error(to, error, id);
}

static bool person(void *ctx)
{
    const struct session *s = ctx;

    return s->out.tty && ask_by_keyboard(s);
}

// What one has typed is not for the next.
static void changed(void *ctx)
{
    struct session *s = ctx;

    history_fini(&s->prompt.history);
    prompt_changed(s);
}

void term_init(struct session *s)
{
    s->term = (struct term){.ctx = s,
                            .say = say,
                            .clear = clear,
                            .flush = flush,
                            .line = ask_line,
                            .key = ask_key,
                            .forget = ask_forget,
                            .size = size,
                            .person = person,
                            .message = prompt_message,
                            .show = show,
                            .fail = fail,
                            .pressed = ask_pressed,
                            .changed = changed};
    pixels_init(s);
}
