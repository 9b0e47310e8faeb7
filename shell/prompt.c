// SPDX-License-Identifier: MIT
// The prompt: lines that a person types, or pastes, until an input is whole.
#include "shell/shell.h"

// The input is past what can be held: nothing of it runs.
static void too_long(struct session *s, struct reader *r, enum err e)
{
    struct fail f;
    size_t lines;

    reader_drop(r);
    lines = keyboard_skip(s);
    (void)fail_set(&f, e, FAIL_NO_POS, NULL, "this input is too long"); // e is told below
    report_text(s, &f, NULL, NULL, lines);
}

// One line of an input; false when it is the last one for now.
static bool prompt_line(struct session *s, struct reader *r, bool first)
{
    struct span text;
    bool more = false;
    enum err e;

    out_fresh(&s->out);
    s->line = (struct edit){.mem = s->plat->mem,
                            .out = &s->out,
                            .con = s->plat->con,
                            .history = &s->history,
                            .mask = s->mask};
    edit_start(&s->line, first ? SPAN("λ ") : SPAN(".. "));
    s->editing = true;
    s->entered = EDIT_MORE;
    while (s->editing)
        session_turn(s);
    if (s->entered == EDIT_LEFT) {
        reader_drop(r);
    } else if (s->entered == EDIT_END) {
        s->closed = !first && !s->keys_end; // only this input
        r->last = true;
    } else if (s->entered == EDIT_LINE) {
        text = edit_text(&s->line);
        history_add(&s->history, s->mask, text);
        s->mask = mask_behind(s->mask, text);
        mask_all(&s->mask);
        e = reader_feed(r, text);
        if (!e)
            e = reader_feed(r, SPAN("\n"));
        if (e)
            too_long(s, r, e);
        more = !e && s->pasting;
    }
    edit_fini(&s->line);
    return more;
}

void ask_prompt(struct session *s, struct reader *r)
{
    bool first = !reader_inside(r);

    if (first) {
        reader_drop(r); // each input is a text of its own
        s->mask = mask_start(SPAN(""), false);
        s->pasted = s->pasting;
    }
    s->fed = false;
    while (prompt_line(s, r, first)) {
        first = false;
        s->fed = true;
    }
}
