// SPDX-License-Identifier: MIT
// Lines and keys for those who ask.
//
// Where a person types, keys go to the task that asked last, then to the one before, and at last
// to the prompt. Else lines come from the text itself, behind the message that runs.
#include "kernel/service.h"
#include "shell/shell.h"

// ---- Who asks

bool ask_by_keyboard(const struct session *s)
{
    return s->prompted || (s->person && s->reader && s->reader->aside);
}

void ask_keys(struct session *s, bool on)
{
    if (s->person && s->con->keys)
        s->con->keys(s->con->ctx, on);
}

static void remove_ask(struct session *s, size_t i)
{
    bool line = !s->asks[i].key && s->asks[i].edit.out;

    if (line)
        edit_fini(&s->asks[i].edit);
    s->asks_n--;
    memmove(&s->asks[i], &s->asks[i + 1], (s->asks_n - i) * sizeof *s->asks);
    if (!s->asks_n && !s->prompt.n && !s->prompted)
        ask_keys(s, false);
    // Whoever asked before goes on where it stood.
    if (line && i == s->asks_n)
        term_back(term_line(s));
}

static bool is_own(const struct call *c)
{
    bool owner = false;

    return !call_author((struct call *)(uintptr_t)c, NULL, &owner) && owner;
}

// While the node itself asks, for a passphrase, nobody else may: it would be typed for him.
static bool is_taken(const struct session *s, const struct call *c)
{
    return s->asks_n && is_own(s->asks[s->asks_n - 1].call) && !is_own(c);
}

static enum err add_ask(struct session *s, struct call *c, bool key, struct ask **out)
{
    if (s->hub)
        return fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                        "nobody sits at this terminal");
    if (is_taken(s, c))
        return fail_set(c->fail, ERR_BUSY, FAIL_NO_POS, "try again when that is answered",
                        "somebody is asked for a passphrase at this terminal");
    if (s->asks_n == ASKS_MAX)
        return fail_set(c->fail, ERR_BUSY, FAIL_NO_POS, NULL,
                        "%u tasks wait for this terminal already", (unsigned long)ASKS_MAX);
    *out = &s->asks[s->asks_n];
    (*out)->call = c;
    (*out)->key = key;
    (*out)->secret = false;
    (*out)->e = ERR_OK;
    return ERR_OK;
}

static void refuse_line(struct call *c, enum err e)
{
    call_refuse(c, e == ERR_TOO_BIG
                       ? fail_set(c->fail, e, FAIL_NO_POS, NULL, "a line has at most %u bytes",
                                  (unsigned long)UNIT_TEXT_MAX_BYTES)
                       : e);
}

static void answer_text(struct call *c, struct span text, bool secret)
{
    struct unit u;
    char *copy;
    size_t bad;
    enum err e = ERR_NO_MEMORY;

    if (text.len > UNIT_TEXT_MAX_BYTES) {
        refuse_line(c, ERR_TOO_BIG);
        return;
    }
    if (!text_is_utf8(text, &bad)) {
        call_refuse(c, fail_set(c->fail, ERR_SYNTAX, FAIL_NO_POS, NULL,
                                "byte %u of the line is no UTF-8", (unsigned long)bad + 1));
        return;
    }
    copy = arena_copy(c->arena, text.at, text.len);
    if (copy && secret)
        c->arena->wipe = true;
    if (copy)
        e = secret ? unit_secret((struct span){copy, text.len}, &u)
                   : unit_str((struct span){copy, text.len}, &u);
    if (e)
        call_refuse(c, e);
    else
        call_answer(c, &u);
}

static void answer_none(struct call *c)
{
    struct unit u = unit_none();

    call_answer(c, &u);
}

static void answer_key(struct call *c, const struct key *k)
{
    struct span name = key_name(k);

    answer_text(c, name, false);
}

static struct span cut(struct span text, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; max && i < text.len; i++)
        if (((unsigned char)text.at[i] & 0xC0) != 0x80 && n++ == max)
            return (struct span){text.at, i};
    return text;
}

// ---- From the text

// More of it, so that it is worth to look again. ERR_LATER: there is nothing now.
static enum err more_text(struct reader *r)
{
    size_t n;
    enum err e = reader_fill(r, &n);

    return e || n || r->last ? e : ERR_LATER;
}

static struct reader *text_of(struct session *s)
{
    return s->reader && !s->reader->aside ? s->reader : &s->console;
}

// Bytes of a line that its asker can use.
static size_t wanted(const struct ask *ask)
{
    size_t max = UNIT_TEXT_MAX_BYTES;

    if (ask->e)
        return 0;
    return ask->edit.lim && ask->edit.lim < max / 4 ? 4 * ask->edit.lim : max;
}

// What an asker wants, as far as it has arrived; *used bytes of the text.
static enum err look(struct reader *r, const struct ask *ask, struct span *line, struct key *k,
                     size_t *used)
{
    struct span text;
    enum err e;

    if (!ask->key)
        return reader_line(r, wanted(ask), line, used);
    e = reader_behind(r, &text);
    if (e)
        return e;
    *used = key_load(text, !r->last, k);
    return *used ? ERR_OK : ERR_LATER;
}

// Gives the newest asker its line or key. False when it has not arrived.
static bool serve_text(struct session *s)
{
    struct ask *ask = &s->asks[s->asks_n - 1];
    struct call *c = ask->call;
    struct reader *r = text_of(s);
    struct span text;
    struct key k;
    size_t used = 0;
    enum err e;

    if (s->task && r == s->reader)
        session_mark(s); // the line leaves the text that it stood in
    while ((e = look(r, ask, &text, &k, &used)) == ERR_LATER) {
        e = more_text(r);
        if (e == ERR_LATER)
            return false;
        if (!e)
            continue;
        // The line is spent whatever becomes of it; where it cannot be, nothing more is read.
        if (ask->e || ask->key || e == ERR_IO) {
            ask->e = ask->e ? ask->e : e;
            reader_end(r);
            break;
        }
        ask->e = e;
    }
    if (ask->e) {
        refuse_line(c, ask->e);
    } else if (e == ERR_NOT_FOUND) {
        answer_none(c);
    } else {
        if (ask->key)
            answer_key(c, &k);
        else
            answer_text(c, cut(text, ask->edit.lim), ask->secret);
    }
    if (!e)
        reader_took(r, used);
    remove_ask(s, s->asks_n - 1);
    return true;
}

void ask_fini(struct session *s)
{
    for (; s->asks_n; s->asks_n--)
        if (!s->asks[s->asks_n - 1].key && s->asks[s->asks_n - 1].edit.out)
            edit_fini(&s->asks[s->asks_n - 1].edit);
}

// ---- From the keyboard

static void key_for_ask(struct session *s, struct ask *ask, const struct key *k)
{
    enum edit_state state;

    if (ask->key) {
        if (!key_name(k).len)
            return;
        // No message is in front, else it would have ended: so this one is in the person's way.
        if (k->code == KEY_CONTROL && k->text[0] == 'C') {
            call_refuse(ask->call, fail_set(ask->call->fail, ERR_CANCELLED, FAIL_NO_POS, NULL,
                                            "the question was left"));
            remove_ask(s, s->asks_n - 1);
            return;
        }
        answer_key(ask->call, k);
        remove_ask(s, s->asks_n - 1);
        return;
    }
    state = edit_key(&ask->edit, k);
    if (state == EDIT_MORE)
        return;
    if (state == EDIT_LINE)
        answer_text(ask->call, edit_text(&ask->edit), ask->secret);
    else if (state == EDIT_END)
        answer_none(ask->call);
    else
        call_refuse(ask->call, fail_set(ask->call->fail, ERR_CANCELLED, FAIL_NO_POS, NULL,
                                        "the line was left"));
    remove_ask(s, s->asks_n - 1);
}

// A paste is one input, whatever its lines are. True when the key does nothing more.
static bool of_paste(struct session *s, const struct key *k)
{
    if (k->code == KEY_PASTE) {
        s->keyboard.pasting = s->prompt.pasted = true;
        return true;
    }
    if (k->code == KEY_PASTE_END) {
        s->keyboard.pasting = false;
        if (!s->asks_n)
            prompt_pasted(s);
        return true;
    }
    if (s->keyboard.pasting && k->code == KEY_CONTROL && k->text[0] == 'C') {
        keyboard_skip(s); // where the end of a paste was lost, this ends it too
        return false;
    }
    return s->keyboard.pasting && k->code != KEY_TEXT && k->code != KEY_TAB && k->code != KEY_ENTER;
}

// Ctrl-C: what the person waits for ends, not the prompt behind it.
static void interrupt(struct session *s)
{
    s->cancel = false;
    if (term_interrupt(s->program->kernel, &s->term) || s->prompt.n || !s->task)
        return;
    // The prompt of ours is about to run a message, and can be asked again then.
    if (s->lambda.stage == STAGE_LAMBDA && !s->lambda.own)
        s->cancel = true;
    else
        task_cancel(s->task);
}

void ask_end(struct session *s)
{
    while (s->asks_n) {
        answer_none(s->asks[s->asks_n - 1].call);
        remove_ask(s, s->asks_n - 1);
    }
}

static bool pump_keys(struct session *s)
{
    bool moved = keyboard_wanted(s) && keyboard_read(s);
    struct key k;

    if (s->cancel)
        interrupt(s);
    if (s->cancel)
        return moved; // what was typed behind it is for the prompt
    if (s->keyboard.skips)
        moved |= keyboard_skips(s);
    for (unsigned n = 0; n < KEYS_AT_ONCE && !s->keyboard.skips; n++) {
        if (!(s->asks_n || s->prompt.editing) || !keyboard_next(s, &k))
            break;
        moved = true;
        if (of_paste(s, &k))
            continue;
        if (s->asks_n)
            key_for_ask(s, &s->asks[s->asks_n - 1], &k);
        else
            prompt_key(s, &k);
    }
    if (s->keyboard.end && !s->keyboard.n) {
        ask_end(s);
        prompt_end(s);
    }
    return moved;
}

bool ask_pump(struct session *s)
{
    bool moved = false;

    if (s->prompted || ((s->asks_n || s->prompt.n) && ask_by_keyboard(s)))
        return s->lambda.stage != STAGE_OVER && pump_keys(s);
    // A line behind a unit that is not complete is not there yet.
    while (s->asks_n && (s->task || !reader_inside(text_of(s))) && serve_text(s))
        moved = true;
    return moved;
}

// ---- What services call

enum err ask_line(void *ctx, struct call *c, const struct term_line *want)
{
    struct session *s = ctx;
    struct ask *ask = NULL;
    enum err e = add_ask(s, c, false, &ask);

    if (e)
        return e;
    (void)term_hide(s); // it comes back when this one is answered
    ask->secret = want->secret;
    ask->edit = (struct edit){.mem = s->program->plat->mem, .lim = want->max};
    if (ask_by_keyboard(s)) {
        ask->edit.out = &s->out;
        ask->edit.con = s->con;
        ask->edit.secret = want->secret;
        ask_keys(s, true);
        if (want->newline) {
            out_shown(&s->out, want->prompt);
            out_fresh(&s->out);
        }
        edit_start(&ask->edit, want->newline ? SPAN("") : want->prompt);
    } else if (want->prompt.len) {
        e = s->term.say(s, want->prompt);
        if (!e && want->newline)
            e = s->term.say(s, SPAN("\n"));
    }
    s->asks_n++;
    return ERR_OK; // whether the prompt was seen does not matter to the answer
}

enum err ask_key(void *ctx, struct call *c, bool wait)
{
    struct session *s = ctx;
    struct ask *ask = NULL;
    struct key k;
    enum err e = add_ask(s, c, true, &ask);

    if (e)
        return e;
    if (ask_by_keyboard(s))
        ask_keys(s, true);
    s->asks_n++;
    if (wait)
        return ERR_OK;
    if (!ask_by_keyboard(s)) {
        if (serve_text(s))
            return ERR_OK;
    } else if (s->asks_n == 1 && !s->prompt.editing) { // else they are for others
        (void)keyboard_read(s);                        // nothing is an answer too
        while (keyboard_next(s, &k)) {
            if (!key_name(&k).len)
                continue;
            answer_key(c, &k);
            remove_ask(s, s->asks_n - 1);
            return ERR_OK;
        }
    }
    answer_none(c);
    remove_ask(s, s->asks_n - 1);
    return ERR_OK;
}

bool ask_forget(void *ctx, struct call *c)
{
    struct session *s = ctx;

    if (prompt_forget(s, c))
        return true;
    for (size_t i = 0; i < s->asks_n; i++) {
        if (s->asks[i].call != c)
            continue;
        if (term_line(s) == &s->asks[i].edit && !s->asks[i].edit.hidden) {
            struct key enter = {.code = KEY_ENTER};

            (void)edit_key(&s->asks[i].edit, &enter); // leaves the line; nobody wants the text
        }
        if (!ask_by_keyboard(s) && text_of(s)->trimmed)
            reader_end(text_of(s)); // what is left of the line is no message
        remove_ask(s, i);
        return true;
    }
    return false;
}

bool ask_pressed(void *ctx)
{
    struct session *s = ctx;
    struct key k;

    if (s->asks_n || s->prompt.editing || !ask_by_keyboard(s))
        return false;
    if (!s->prompted)
        ask_keys(s, true); // until the message is done
    (void)keyboard_read(s);
    return !s->cancel && !s->keyboard.skips && keyboard_next(s, &k);
}
