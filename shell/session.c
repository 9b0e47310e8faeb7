// SPDX-License-Identifier: MIT
// Units run one at a time: a stream as a task, any other stands for itself.
#include "msgs/document.h"
#include "shell/shell.h"
#include "units/json.h"
#include "units/print.h"

void session_failed(struct session *s, int class)
{
    if (!s->status)
        s->status = class;
    s->stop = s->stop || s->opt.stop;
}

// Cheap: most units need none.
static void no_fail(struct fail *f)
{
    f->code = ERR_OK;
    f->pos = FAIL_NO_POS;
    f->hint = NULL;
    f->why[0] = 0;
}

// ---- Waiting

void session_turn(struct session *s)
{
    uint64_t due = kernel_step(s->kernel), now, keys;
    bool moved = false;

    // Whoever works does not look at the keyboard for every message.
    now = due ? 0 : s->plat->now_ns(s->plat->ctx);
    if (due || now - s->looked_ns >= POLL_NS) {
        s->looked_ns = now;
        moved = ask_pump(s);
        if (!due)
            out_flush(&s->out);
    }
    if (s->cancel && s->task)
        task_cancel(s->task);
    s->cancel = false;
    if (moved || !due || (s->task && task_outcome(s->task)))
        return;
    out_flush(&s->out);
    if (s->out.e) {
        s->stop = true; // nobody reads what comes of it
        if (s->task)
            task_cancel(s->task);
        return;
    }
    keys = keyboard_due(s);
    s->plat->wait(s->plat->ctx, due < keys ? due : keys);
}

// More of the text. An error ends the reader, as its end would.
static void fill(struct session *s, struct reader *r)
{
    size_t n;
    enum err e;

    if (s->prompted) {
        ask_prompt(s, r);
        return;
    }
    for (;;) {
        e = reader_fill(r, &n);
        if (e) {
            struct fail f;
            struct place p = reader_place(r, false);

            (void)fail_set(&f, e, FAIL_NO_POS, NULL, "%s cannot be read further",
                           r->name ? r->name : "this text");
            r->last = true;
            report_text(s, &f, &p, NULL, 0);
            s->status = s->status ? s->status : 1;
            return;
        }
        if (n || r->last)
            return;
        session_turn(s);
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
    if (s->opt.json) {
        show_json(s, u);
        return;
    }
    if (s->opt.mode == MODE_RUN && u->kind == UNIT_NONE)
        return;
    out_fresh(&s->out);
    if (s->opt.mode == MODE_RUN && u->kind == UNIT_STR) {
        out_text(&s->out, unit_span(u));
        out_raw(&s->out, "\n", 1);
        s->out.column = 0;
        return;
    }
    show_print(s, u);
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

// The line of what failed; at the prompt it is on the screen already.
static const struct excerpt *origin_line(const struct session *s, const struct reader *r)
{
    return s->prompted && !r->name ? NULL : &s->origin.line;
}

static void fail_here(struct session *s, struct reader *r, enum err e, struct fail *f)
{
    session_mark(s);
    f->code = e;
    report_text(s, f, &s->origin.place, origin_line(s, r), 0);
}

static void sign(struct session *s, struct reader *r, struct arena *a, const struct unit *u)
{
    const struct identity *id;
    struct fail f = {.pos = FAIL_NO_POS};
    struct span bytes;
    struct unit doc;
    enum err e = kernel_identity(s->kernel, &f, &id);

    if (!e)
        e = doc_sign(a, id, kernel_time_ms(s->kernel), u, &bytes, &f);
    if (!e)
        e = unit_bytes(bytes, &doc);
    if (e)
        fail_here(s, r, e, &f);
    else
        session_show(s, &doc);
}

static enum err open_doc(struct arena *a, const struct unit *u, struct unit *out, struct fail *f)
{
    struct doc doc;
    enum err e = doc_open(a, unit_span(u), &doc, f);

    if (!e)
        *out = doc.body;
    return e;
}

static void verify(struct session *s, struct reader *r, struct arena *a, const struct unit *u)
{
    struct fail f = {.pos = FAIL_NO_POS};
    struct unit body;
    enum err e = u->kind == UNIT_BYTES
                     ? open_doc(a, u, &body, &f)
                     : fail_set(&f, ERR_BAD_SIGN, FAIL_NO_POS, "telex --sign makes documents",
                                "this unit is not signed");

    if (!e) {
        session_show(s, &body);
        return;
    }
    // Whatever is wrong with it: it is not proven.
    session_failed(s, err_class(ERR_BAD_SIGN));
    s->stop = true;
    fail_here(s, r, e, &f);
}

static void run(struct session *s, struct reader *r, struct task *t, const struct unit *u)
{
    const struct outcome *o;

    if (u->kind != UNIT_STREAM) {
        session_show(s, u);
        return;
    }
    s->task = t;
    s->cancel = false;
    task_start(t, u);
    while (!(o = task_outcome(t)))
        session_turn(s);
    s->task = NULL;
    if (o->e) {
        session_mark(s);
        report_error(s, &o->error, &s->origin.place, origin_line(s, r));
    } else {
        session_show(s, &o->value);
    }
}

static void run_unit(struct session *s, struct reader *r, struct task *t, struct unit *u)
{
    struct arena *a = task_arena(t);
    struct fail f;
    enum err e = ERR_OK;

    no_fail(&f);
    s->origin.known = false;
    if (u->flags & UNIT_HIDDEN)
        a->wipe = true;
    if (s->opt.mode == MODE_SIGN) {
        sign(s, r, a, u);
        return;
    }
    if (s->opt.mode == MODE_VERIFY) {
        verify(s, r, a, u);
        return;
    }
    if (u->kind == UNIT_BYTES && doc_is(unit_span(u)))
        e = open_doc(a, u, u, &f);
    else if (u->kind == UNIT_STR && !r->json && reader_is_alone(r, SPAN("help")))
        e = help_make(s, a, u);
    if (e)
        fail_here(s, r, e, &f);
    else
        run(s, r, t, u);
}

// ---- One text

// Ctrl-D within an input ends that one.
static bool reopen(struct session *s, struct reader *r)
{
    if (!s->closed)
        return false;
    s->closed = false;
    r->last = false;
    return true;
}

static void broken(struct session *s, struct reader *r, enum err e, struct fail *f)
{
    struct place p = reader_place(r, true);
    struct excerpt x;
    size_t lines, error;
    struct span text = reader_broken(r, true, &error);

    f->code = e;
    excerpt_make(&x, text, error);
    if (s->opt.stop || s->opt.mode == MODE_VERIFY) {
        report_text(s, f, &p, &x, 0);
        s->stop = true;
        return;
    }
    while (reader_resume(r, &lines) == ERR_LATER && !s->stop)
        fill(s, r);
    if (s->prompted && !s->pasted)
        lines += keyboard_skip(s); // what was typed ahead was meant to come behind it
    (void)reopen(s, r);
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
        enum err e = task_new(s->kernel, &s->term, &t);

        no_fail(&f);
        if (e) {
            (void)fail_set(&f, e, FAIL_NO_POS, NULL, "%s", err_text(e));
            report_text(s, &f, NULL, NULL, 0);
            break;
        }
        e = reader_next(r, task_arena(t), &u, &f);
        while (e == ERR_LATER && !s->stop) {
            bool inside = reader_inside(r);

            fill(s, r);
            if (inside && !r->end) { // the prompt forgot the unit
                arena_reset(task_arena(t));
            }
            e = reader_next(r, task_arena(t), &u, &f);
        }
        if (!e)
            run_unit(s, r, t, &u);
        else if (e == ERR_NOT_FOUND)
            end = !reopen(s, r);
        else if (e != ERR_LATER)
            broken(s, r, e, &f);
        task_free(t);
        s->stop = s->stop || s->out.e;
    }
    s->reader = outer;
}

void session_finish(struct session *s)
{
    while (!s->stop && kernel_running(s->kernel))
        session_turn(s);
}
