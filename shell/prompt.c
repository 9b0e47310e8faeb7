// SPDX-License-Identifier: MIT
// The prompt: lines that a person types, or pastes, until an input is whole; its units go to the
// messages that asked for one.
//
//   READS --nothing left--> LINE --entered--> READS --a unit--> the call is answered
//     `------wrong--------> SKIPS --paste is through, error shown--> READS
#include "shell/shell.h"

enum {
    UNIT_BYTES_MAX = 384 << 20, // the largest unit, and what the parser needs beside it
    STEP_BYTES = 64 << 10,      // parsed in one turn: less than a millisecond
};

void prompt_init(struct session *s)
{
    const struct mem *mem = s->program->plat->mem;

    arena_init(&s->prompt.arena, mem, UNIT_BYTES_MAX);
    history_init(&s->prompt.history, mem);
}

void prompt_fini(struct session *s)
{
    struct prompt *p = &s->prompt;

    if (p->state == PROMPT_LINE)
        edit_fini(&p->line);
    if (p->reader.parser)
        reader_fini(&p->reader);
    arena_fini(&p->arena);
    history_fini(&p->history);
}

// ---- Lines

static struct span text_of(const struct prompt *p)
{
    return p->first && p->n ? p->calls[p->n - 1].text : SPAN(".. ");
}

static void open_line(struct session *s)
{
    struct prompt *p = &s->prompt;
    struct edit *other = term_hide(s); // of a message that asks in the background

    out_fresh(&s->out);
    p->line = (struct edit){.mem = s->program->plat->mem,
                            .out = &s->out,
                            .con = s->con,
                            .history = &p->history,
                            .mask = p->mask};
    edit_start(&p->line, text_of(p));
    p->editing = true;
    p->entered = EDIT_MORE;
    p->state = PROMPT_LINE;
    if (!other)
        return;
    edit_hide(&p->line);
    edit_show(other);
}

// An input begins, or goes on in another line.
static void next_line(struct session *s)
{
    struct prompt *p = &s->prompt;

    p->first = !reader_inside(&p->reader);
    p->fed = false;
    if (p->first) {
        reader_drop(&p->reader); // each input is a text of its own
        arena_reset(&p->arena);
        p->arena.wipe = false;
        p->mask = mask_start(SPAN(""), false);
        p->kept = 0;
        p->pasted = s->keyboard.pasting;
    }
    open_line(s);
}

void prompt_key(struct session *s, const struct key *k)
{
    struct prompt *p = &s->prompt;

    p->entered = edit_key(&p->line, k);
    p->editing = p->entered == EDIT_MORE;
}

void prompt_pasted(struct session *s)
{
    struct prompt *p = &s->prompt;

    if (!p->editing || !p->fed || p->line.len)
        return;
    edit_hide(&p->line); // the last line of the paste was entered
    p->editing = false;
    p->entered = EDIT_PASTED;
}

// What was typed stays on the screen.
static void leave_line(struct prompt *p)
{
    struct key enter = {.code = KEY_ENTER};

    if (!p->line.hidden)
        (void)edit_key(&p->line, &enter); // its text is for nobody
}

void prompt_end(struct session *s)
{
    struct prompt *p = &s->prompt;

    if (!p->editing)
        return;
    leave_line(p);
    p->editing = false;
    p->entered = EDIT_END;
}

// ---- Errors

// Nothing more of this input runs.
static void wrong(struct session *s, enum err e, const struct fail *f)
{
    struct prompt *p = &s->prompt;

    history_hide(&p->history, p->kept);
    p->broken.fail = *f;
    p->broken.fail.code = e;
    p->state = PROMPT_SKIPS;
    p->closed = false;
    if (!p->pasted || s->keyboard.pasting)
        keyboard_skip(s); // what was typed ahead was meant to come behind it
    else
        s->keyboard.lines = 0;
}

static void too_long(struct session *s, enum err e)
{
    struct fail f;

    reader_drop(&s->prompt.reader);
    s->prompt.broken.placed = false;
    s->prompt.broken.lines = 0;
    (void)fail_set(&f, e, FAIL_NO_POS, NULL, "this input is too long"); // e is told later
    f.hint = NULL;
    wrong(s, e, &f);
}

static void syntax(struct session *s, enum err e, const struct fail *f)
{
    struct prompt *p = &s->prompt;
    struct broken *b = &p->broken;
    size_t error;
    struct span text = reader_broken(&p->reader, true, &error);

    b->placed = true;
    b->place = reader_place(&p->reader, true);
    excerpt_make(&b->line, text, error);
    if (reader_resume(&p->reader, &b->lines)) // it drops the input, whatever it is
        reader_drop(&p->reader);
    p->reader.last = false;
    wrong(s, e, f);
}

static void tell(struct session *s)
{
    struct broken *b = &s->prompt.broken;

    report_text(s, &b->fail, b->placed ? &b->place : NULL, b->placed ? &b->line : NULL,
                b->lines + s->keyboard.lines);
    s->prompt.state = PROMPT_READS;
}

// ---- Units

static enum err answer(struct session *s, const struct unit *u)
{
    struct prompt *p = &s->prompt;
    struct call *c = p->calls[p->n - 1].call;
    struct unit copy;
    enum err e;

    if (u->flags & UNIT_HIDDEN)
        c->arena->wipe = true;
    e = unit_copy(c->arena, u, &copy);
    if (e)
        return e;
    p->n--;
    call_answer(c, &copy);
    return ERR_OK;
}

// A whole unit; what it is answered as.
static void take(struct session *s, struct unit *u)
{
    struct prompt *p = &s->prompt;
    struct fail f;
    bool done = false;
    enum err e = session_unit(s, &p->reader, &p->arena, u, &done, &f);

    s->origin.known = true;
    s->origin.place = reader_place(&p->reader, false);
    if (!e && !done)
        e = answer(s, u);
    if (e) {
        f.code = e;
        report_text(s, &f, &s->origin.place, NULL, 0);
    }
    arena_reset(&p->arena);
}

static void read(struct session *s)
{
    struct prompt *p = &s->prompt;
    struct fail f = {.pos = FAIL_NO_POS};
    struct unit u;
    enum err e = reader_next(&p->reader, &p->arena, &u, &f);

    if (!e) {
        take(s, &u);
    } else if (e == ERR_LATER) {
        if (!reader_more(&p->reader))
            next_line(s);
    } else if (e == ERR_NOT_FOUND) {
        s->stop = s->stop || !p->closed;
        p->closed = p->reader.last = false;
    } else {
        syntax(s, e, &f);
    }
}

// The line is done, in one way or the other.
static void line_done(struct session *s)
{
    struct prompt *p = &s->prompt;
    bool more = false;
    enum err e = ERR_OK;

    p->state = PROMPT_READS;
    if (p->entered == EDIT_LEFT) {
        reader_drop(&p->reader);
    } else if (p->entered == EDIT_END) {
        p->closed = !p->first && !s->keyboard.end; // only this input
        p->reader.last = true;
    } else if (p->entered == EDIT_LINE) {
        struct span text = edit_text(&p->line);

        p->kept += history_add(&p->history, p->mask, text);
        p->mask = mask_behind(p->mask, text);
        mask_all(&p->mask);
        e = reader_feed(&p->reader, text);
        if (!e)
            e = reader_feed(&p->reader, SPAN("\n"));
        more = s->keyboard.pasting;
    }
    edit_fini(&p->line);
    if (e) {
        too_long(s, e);
    } else if (more) {
        p->first = false;
        p->fed = true;
        open_line(s);
    }
}

bool prompt_step(struct session *s)
{
    struct prompt *p = &s->prompt;

    if (s->stop || (p->state == PROMPT_SKIPS ? s->keyboard.skips : !p->n || p->editing))
        return false;
    if (p->state == PROMPT_SKIPS)
        tell(s);
    else if (p->state == PROMPT_LINE)
        line_done(s);
    else
        read(s);
    return true;
}

void prompt_leave(struct session *s)
{
    struct prompt *p = &s->prompt;

    while (p->n) {
        struct call *c = p->calls[p->n - 1].call;

        (void)prompt_forget(s, c); // it waits for one
        call_refuse(c, fail_set(c->fail, ERR_CANCELLED, FAIL_NO_POS, NULL,
                                "the session at this terminal has ended"));
    }
    if (p->reader.parser)
        reader_drop(&p->reader);
    p->state = PROMPT_READS;
    p->closed = false;
}

// ---- Who waits

// Another call is the one to be answered: the line says so.
static void turn_to(struct session *s)
{
    struct prompt *p = &s->prompt;
    bool hidden = p->line.hidden;

    if (!p->editing)
        return;
    edit_hide(&p->line);
    p->line.prompt = text_of(p);
    if (!hidden)
        edit_show(&p->line);
}

void prompt_changed(struct session *s)
{
    struct prompt *p = &s->prompt;

    p->kept = 0;
    if (!p->editing)
        return;
    edit_clear(&p->line);
    if (p->first)
        return;
    reader_drop(&p->reader); // an input that was not whole
    p->first = true;
    p->mask = mask_start(SPAN(""), false);
    turn_to(s);
}

enum err prompt_message(void *ctx, struct call *c, struct span text)
{
    struct session *s = ctx;
    struct prompt *p = &s->prompt;
    enum err e;

    if (s->hub || !ask_by_keyboard(s))
        return fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                        "there is no prompt: nobody types here");
    if (p->n == ASKS_MAX)
        return fail_set(c->fail, ERR_BUSY, FAIL_NO_POS, NULL,
                        "%u tasks wait for a message of this terminal already",
                        (unsigned long)ASKS_MAX);
    if (!p->reader.parser) {
        e = reader_init(&p->reader, s->program->plat->mem, NULL);
        if (e)
            return e;
        p->reader.once = p->reader.aside = true;
        p->reader.step = STEP_BYTES;
        p->reader.json = s->program->opt.json_in;
    }
    p->calls[p->n].call = c;
    p->calls[p->n++].text = text;
    turn_to(s);
    s->lambda.reached = true;
    s->lambda.again_ns = 0;
    s->cancel = false;
    ask_keys(s, true);
    return ERR_OK;
}

bool prompt_forget(struct session *s, const struct call *c)
{
    struct prompt *p = &s->prompt;
    size_t i = 0;

    while (i < p->n && p->calls[i].call != c)
        i++;
    if (i == p->n)
        return false;
    p->n--;
    memmove(&p->calls[i], &p->calls[i + 1], (p->n - i) * sizeof *p->calls);
    if (p->n) {
        turn_to(s);
        return true;
    }
    // What was typed is for nobody.
    if (p->editing)
        leave_line(p);
    if (p->state == PROMPT_LINE)
        edit_fini(&p->line);
    p->editing = false;
    p->state = PROMPT_READS;
    reader_drop(&p->reader);
    return true;
}
