// SPDX-License-Identifier: MIT
// What runs at a prompt: the messages of init.msg, then those of lambda.msg, which is the prompt
// itself. Files of these names in the node's folder replace ours; where one of them is broken,
// ours runs all the same, so nobody is locked out.
#include "shell/shell.h"

enum { AGAIN_NS = 1000000000 }; // what others hold may be free then

// Made from shell/*.msg by the Makefile.
extern const char shell_init_msg[], shell_lambda_msg[];
extern const size_t shell_init_msg_bytes, shell_lambda_msg_bytes;

static const char *name_of(const struct session *s)
{
    return s->lambda.stage == STAGE_INIT ? "init.msg" : "lambda.msg";
}

// The user's text into the reader. Errors: ERR_NOT_FOUND, ..
static enum err load(struct session *s)
{
    const struct plat_file *file = s->program->plat->file;
    struct span text;
    enum err e;

    if (!file || !file->has(file->ctx, name_of(s)))
        return ERR_NOT_FOUND;
    s->scratch.wipe = true; // it may hold secrets
    e = file->load(file->ctx, name_of(s), &s->scratch, &text);
    if (!e)
        e = reader_feed(&s->lambda.reader, text);
    arena_reset(&s->scratch);
    return e;
}

static void cannot_read(struct session *s, enum err e)
{
    struct fail f;

    (void)fail_set(&f, e, FAIL_NO_POS, NULL, "%s cannot be read", name_of(s)); // told right here
    report_text(s, &f, NULL, NULL, 0);
}

// Ours cannot run. Where others do, they may hold what it needs.
static void later(struct session *s)
{
    const struct plat *plat = s->program->plat;

    lambda_fini(s);
    if (kernel_running(s->program->kernel))
        s->lambda.again_ns = plat->now_ns(plat->ctx) + AGAIN_NS;
    else
        s->stop = true;
}

static void open_text(struct session *s, enum stage stage, bool own)
{
    struct lambda *l = &s->lambda;
    enum err e;

    lambda_fini(s);
    l->stage = stage;
    l->own = own;
    l->reached = l->ran = false;
    e = reader_init(&l->reader, s->program->plat->mem, name_of(s));
    if (!e && own) {
        e = load(s);
        l->own = !e;
        if (e && e != ERR_NOT_FOUND)
            cannot_read(s, e);
        e = ERR_OK;
    }
    if (!e && !l->own) {
        reader_drop(&l->reader); // what came of the other one
        e = reader_feed(&l->reader, stage == STAGE_INIT
                                        ? (struct span){shell_init_msg, shell_init_msg_bytes}
                                        : (struct span){shell_lambda_msg, shell_lambda_msg_bytes});
    }
    l->reader.last = true;
    if (!e)
        return;
    if (!l->again_ns)
        cannot_read(s, e);
    later(s);
}

void lambda_start(struct session *s)
{
    s->prompted = true;
    s->stop = false;
    s->lambda.again_ns = 0;
    ask_keys(s, true);
    open_text(s, STAGE_INIT, true);
}

void lambda_fini(struct session *s)
{
    if (s->lambda.reader.parser)
        reader_fini(&s->lambda.reader);
}

// ---- Unit by unit

// It does not go on in this text.
static void broken(struct session *s)
{
    struct lambda *l = &s->lambda;

    if (l->own || l->reached)
        open_text(s, l->stage, false);
    else
        later(s);
}

uint64_t lambda_due(const struct session *s)
{
    return s->lambda.again_ns && !s->task && !s->stop ? s->lambda.again_ns : UINT64_MAX;
}

static void tell(struct session *s, bool error, struct fail *f, const struct unit *why)
{
    struct reader *r = &s->lambda.reader;
    struct place p = reader_place(r, error);
    struct excerpt x;
    size_t at;
    struct span text = reader_broken(r, error, &at);

    excerpt_make(&x, text, at);
    if (why)
        report_error(s, why, &p, &x, 0);
    else
        report_text(s, f, &p, &x, 0);
}

static void ended(struct session *s, const struct outcome *o)
{
    bool failed = o->e != ERR_OK;

    if (failed && !s->lambda.again_ns) // once is enough
        tell(s, false, NULL, &o->error);
    else if (!failed)
        s->term.show(s, &o->value);
    task_free(s->task);
    s->task = NULL;
    if (failed && s->lambda.stage == STAGE_LAMBDA)
        broken(s);
}

static void text_ended(struct session *s)
{
    struct lambda *l = &s->lambda;

    if (l->stage == STAGE_INIT)
        open_text(s, STAGE_LAMBDA, true);
    else if (l->own && !l->ran)
        open_text(s, STAGE_LAMBDA, false); // an empty text is no app
    else
        s->stop = true; // an app that has come to its end
}

// False: it has to wait for others.
static bool next(struct session *s)
{
    struct lambda *l = &s->lambda;
    struct fail f = {.pos = FAIL_NO_POS};
    bool done = false, wrong = false;
    const struct plat *plat = s->program->plat;
    struct task *t;
    struct unit u;
    enum err e;

    if (l->again_ns && s->keyboard.end) {
        s->stop = true;
        return true;
    }
    if (l->again_ns && plat->now_ns(plat->ctx) < l->again_ns)
        return false;
    if (!l->reader.parser) {
        open_text(s, l->stage, false);
        return true;
    }
    e = task_new_own(s->program->kernel, &s->term, &t);
    if (e == ERR_BUSY)
        return false;
    if (e) {
        if (!l->again_ns)
            cannot_read(s, e);
        broken(s);
        return true;
    }
    s->origin.known = false;
    e = reader_next(&l->reader, task_arena(t), &u, &f);
    wrong = e && e != ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND) {
        text_ended(s);
    } else {
        if (!e)
            e = session_unit(s, &l->reader, task_arena(t), &u, &done, &f);
        f.code = e;
        if (e)
            tell(s, wrong, &f, NULL);
        if (wrong || (e && l->stage == STAGE_LAMBDA))
            broken(s);
    }
    l->ran |= !e;
    if (e || done) {
        task_free(t);
        return true;
    }
    s->task = t;
    task_start(t, &u);
    return true;
}

// The session ends; what runs in the background goes on without it.
static void leave(struct session *s)
{
    term_close(s->program->kernel, &s->term);
    if (s->task)
        task_free(s->task);
    s->task = NULL;
    ask_end(s); // those in the background
    prompt_leave(s);
    keyboard_forget(s); // typed ahead
    s->keyboard.pasting = s->keyboard.skips = false;
    lambda_fini(s);
    if (s->out.tty)
        out_fresh(&s->out);
    out_flush(&s->out);
    ask_keys(s, false);
    s->lambda.stage = STAGE_OVER;
}

bool lambda_step(struct session *s)
{
    const struct outcome *o;

    if (!s->prompted)
        return false;
    if (s->lambda.stage == STAGE_OVER) { // as long as others go on, a key begins anew
        if (s->out.e || !keyboard_read(s) || s->keyboard.end)
            return false;
        keyboard_forget(s);
        lambda_start(s);
        return true;
    }
    if (s->stop) {
        leave(s);
        return true;
    }
    if (!s->task)
        return next(s);
    o = task_outcome(s->task);
    if (o)
        ended(s, o);
    return o != NULL;
}
