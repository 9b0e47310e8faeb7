// SPDX-License-Identifier: MIT
// A text: its units run one at a time, a stream as a task, any other stands for itself.
#include "shell/shell.h"
#include "units/json.h"
#include "units/print.h"

void session_failed(struct session *s, int class)
{
    if (!s->status)
        s->status = class;
    s->stop = s->stop || s->program->opt.stop;
}

// Cheap: most units need none.
static void no_fail(struct fail *f)
{
    f->code = ERR_OK;
    f->pos = FAIL_NO_POS;
    f->hint = NULL;
    f->why[0] = 0;
}

// More of the text. An error ends the reader, as its end would.
static void fill(struct session *s, struct reader *r)
{
    size_t n;
    enum err e;

    for (;;) {
        e = reader_fill(r, &n);
        if (e) {
            struct fail f;
            struct place p = reader_place(r, false);

            sign_flush(s);
            (void)fail_set(&f, e, FAIL_NO_POS, NULL, "%s cannot be read further",
                           r->name ? r->name : "this text");
            r->last = true;
            report_text(s, &f, &p, NULL, 0);
            s->status = s->status ? s->status : 1;
            return;
        }
        if (n || r->last)
            return;
        sign_flush(s);
        program_turn(s->program);
        if (s->stop)
            return;
    }
}

// ---- Values

static void show_json(struct session *s, const struct unit *u)
{
    struct fail f;
    struct span json;
    enum err e = json_print(&s->scratch, u, &json);

    if (e) {
        (void)fail_set(&f, e, FAIL_NO_POS, NULL, "the answer does not fit as JSON");
        report_text(s, &f, NULL, NULL, 0);
        return;
    }
    out_raw(&s->out, "{\"msg\":", 7);
    out_json(&s->out, json);
    out_raw(&s->out, "}\n", 2);
    arena_reset(&s->scratch);
}

static void show_print(struct session *s, const struct unit *u)
{
    size_t n = (size_t)u->text + 1;
    char *out = out_room(&s->out, n);
    struct span text;
    struct fail f;

    if (out) {
        *unit_print(u, out) = '\n';
        out_took(&s->out, n);
        return;
    }
    if (unit_print_new(&s->scratch, u, &text)) {
        (void)fail_set(&f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory to show the answer");
        report_text(s, &f, NULL, NULL, 0);
        return;
    }
    out_raw(&s->out, text.at, text.len);
    out_raw(&s->out, "\n", 1);
    arena_fini(&s->scratch); // rare and large
}

void session_show(struct session *s, const struct unit *u)
{
    struct edit *line;

    if (s->program->opt.json) {
        show_json(s, u);
        return;
    }
    if (s->program->opt.mode == MODE_RUN && u->kind == UNIT_NONE)
        return;
    line = term_hide(s);
    out_fresh(&s->out);
    if (s->program->opt.mode == MODE_RUN && u->kind == UNIT_STR) {
        out_text(&s->out, unit_span(u));
        out_raw(&s->out, "\n", 1);
        s->out.column = 0;
    } else {
        show_print(s, u);
    }
    term_back(line);
}

// ---- One unit

void session_mark(struct session *s)
{
    struct origin *o = &s->origin;
    struct span text;
    size_t at;

    if (o->known)
        return;
    o->known = true;
    o->place = reader_place(s->reader, false);
    text = reader_broken(s->reader, false, &at);
    excerpt_make(&o->line, text, at);
}

// What a text says is wrong before any task has run.
static void fail_here(struct session *s, enum err e, struct fail *f)
{
    session_mark(s);
    sign_flush(s);
    f->code = e;
    report_text(s, f, &s->origin.place, &s->origin.line, 0);
}

static enum err open_doc(struct session *s, struct arena *a, const struct unit *u, struct unit *out,
                         struct fail *f)
{
    const struct options *opt = &s->program->opt;
    struct doc doc;
    enum err e = doc_open_again(&s->proven, a, unit_span(u), &doc, f);

    if (!e && opt->by_set && memcmp(doc.cert.user, opt->by, sizeof opt->by) != 0)
        e = fail_set(f, ERR_BAD_SIGN, FAIL_NO_POS, "(check %`..`)@sys.usr tells who did",
                     "this document holds, but another user signed it than --by names");
    if (!e)
        *out = doc.body;
    return e;
}

static enum err verify(struct session *s, struct arena *a, const struct unit *u, struct fail *f)
{
    struct unit body;
    enum err e = u->kind == UNIT_BYTES
                     ? open_doc(s, a, u, &body, f)
                     : fail_set(f, ERR_BAD_SIGN, FAIL_NO_POS, "telex --sign makes documents",
                                "this unit is not signed");

    if (!e) {
        session_show(s, &body);
        return e;
    }
    // Whatever is wrong with it: it is not proven.
    session_failed(s, err_class(ERR_BAD_SIGN));
    s->stop = true;
    return e;
}

enum err session_unit(struct session *s, struct reader *r, struct arena *a, struct unit *u,
                      bool *done, struct fail *f)
{
    enum mode mode = s->program->opt.mode;

    no_fail(f);
    *done = mode != MODE_RUN;
    if (u->flags & UNIT_HIDDEN)
        a->wipe = true;
    if (mode == MODE_SIGN)
        return sign_unit(s, a, u, f);
    if (mode == MODE_VERIFY)
        return verify(s, a, u, f);
    if (u->kind == UNIT_BYTES && doc_is(unit_span(u)))
        return open_doc(s, a, u, u, f);
    if (u->kind == UNIT_STR && !r->json && reader_is_alone(r, SPAN("help")))
        return help_make(s, a, u);
    return ERR_OK;
}

static void run(struct session *s, struct task *t, const struct unit *u)
{
    const struct outcome *o;

    s->task = t;
    s->cancel = false;
    task_start(t, u);
    while (!(o = task_outcome(t))) {
        if (s->stop)
            task_cancel(t);
        else
            program_turn(s->program);
    }
    s->task = NULL;
    if (s->person && !s->prompted)
        ask_keys(s, false);
    if (o->e == ERR_CANCELLED && s->stop)
        return; // nobody waits for it any more
    if (o->e) {
        session_mark(s);
        report_error(s, &o->error, &s->origin.place, &s->origin.line, 0);
    } else {
        session_show(s, &o->value);
    }
}

static void run_unit(struct session *s, struct reader *r, struct task *t, struct unit *u)
{
    struct fail f;
    bool done;
    enum err e;

    s->origin.known = false;
    e = session_unit(s, r, task_arena(t), u, &done, &f);
    if (e)
        fail_here(s, e, &f);
    else if (!done)
        run(s, t, u);
}

// ---- One text

static void broken(struct session *s, struct reader *r, enum err e, struct fail *f)
{
    struct place p = reader_place(r, true);
    struct excerpt x;
    size_t lines, error;
    struct span text = reader_broken(r, true, &error);

    sign_flush(s);
    f->code = e;
    excerpt_make(&x, text, error);
    if (s->program->opt.stop || s->program->opt.mode == MODE_VERIFY) {
        report_text(s, f, &p, &x, 0);
        s->stop = true;
        return;
    }
    while (reader_resume(r, &lines) == ERR_LATER && !s->stop)
        fill(s, r);
    report_text(s, f, &p, &x, lines);
}

void session_read(struct session *s, struct reader *r)
{
    struct reader *outer = s->reader;
    bool end = false;

    s->reader = r;
    while (!s->stop && !end) {
        struct task *t;
        struct unit u;
        struct fail f;
        enum err e = task_new(s->program->kernel, &s->term, &t);

        no_fail(&f);
        if (e) {
            sign_flush(s);
            (void)fail_set(&f, e, FAIL_NO_POS, NULL, "%s", err_text(e));
            report_text(s, &f, NULL, NULL, 0);
            break;
        }
        e = reader_next(r, task_arena(t), &u, &f);
        while (e == ERR_LATER && !s->stop) {
            fill(s, r);
            e = reader_next(r, task_arena(t), &u, &f);
        }
        if (!e)
            run_unit(s, r, t, &u);
        else if (e == ERR_NOT_FOUND)
            end = true;
        else if (e != ERR_LATER)
            broken(s, r, e, &f);
        task_free(t);
        s->stop = s->stop || s->out.e;
    }
    sign_flush(s);
    s->reader = outer;
}

void session_finish(struct session *s)
{
    s->finishes = true;
    while (!s->stop && kernel_running(s->program->kernel))
        program_turn(s->program);
    s->finishes = false;
}
