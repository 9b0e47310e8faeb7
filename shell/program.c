// SPDX-License-Identifier: MIT
// The program: one kernel and the sessions that share it, driven by one loop.
#include "shell/shell.h"

// ---- Sessions

enum err session_new(struct program *p, const struct plat_con *con, struct session **out)
{
    const struct mem *mem = p->plat->mem;
    struct session *s = p->n < SESSIONS_MAX ? mem->get(mem->ctx, sizeof *s) : NULL;
    enum err e;

    if (!s)
        return ERR_NO_MEMORY;
    memset(s, 0, sizeof *s - sizeof s->keyboard.bytes);
    s->program = p;
    s->con = con;
    s->person = con->tty_in && con->tty_out && !p->opt.json;
    arena_init(&s->scratch, mem, (size_t)256 << 20);
    prompt_init(s);
    term_init(s);
    p->sessions[p->n++] = s;
    e = out_init(&s->out, mem, con->write, con->ctx, con->tty_out);
    if (!e)
        e = out_init(&s->err, mem, con->write_err, con->ctx, con->tty_err);
    if (e) {
        session_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void session_free(struct session *s)
{
    struct program *p = s->program;
    const struct mem *mem = p->plat->mem;
    size_t i = 0;

    if (s->out.buf)
        out_flush(&s->out);
    if (s->console.parser)
        reader_fini(&s->console);
    lambda_fini(s);
    ask_fini(s);
    prompt_fini(s);
    arena_fini(&s->scratch);
    picture_fini(&s->picture);
    sign_fini(s);
    out_fini(&s->out);
    out_fini(&s->err);
    mem_wipe(s->keyboard.bytes, s->keyboard.at + s->keyboard.n); // typed, and never read
    while (p->sessions[i] != s)
        i++;
    memmove(&p->sessions[i], &p->sessions[i + 1], (--p->n - i) * sizeof *p->sessions);
    mem->put(mem->ctx, s, sizeof *s);
}

// ---- The program

enum err program_init(struct program *p, const struct plat *plat, const struct options *opt,
                      struct fail *f)
{
    *p = (struct program){.plat = plat, .opt = *opt};
    return kernel_new(plat, services_all, f, &p->kernel);
}

void program_fini(struct program *p)
{
    // Tasks that still run speak to terminals, so they end first.
    kernel_free(p->kernel);
    while (p->n)
        session_free(p->sessions[p->n - 1]);
}

// Whoever works does not look at the keyboards for every message.
static bool pump(struct program *p, bool idle)
{
    uint64_t now = p->plat->now_ns(p->plat->ctx);
    bool moved = false;

    if (!idle && now - p->looked_ns < POLL_NS)
        return false;
    p->looked_ns = now;
    for (size_t i = 0; i < p->n; i++) {
        struct session *s = p->sessions[i];

        moved |= ask_pump(s);
        moved |= prompt_step(s);
        moved |= lambda_step(s);
        if (!idle)
            out_flush(&s->out);
    }
    return moved;
}

// Does a text wait for this task no more, or has its reader gone?
static bool is_through(struct session *s)
{
    out_flush(&s->out);
    if (s->out.e && !s->stop) { // nobody reads what comes of it
        s->stop = true;
        return true;
    }
    if (s->finishes && !kernel_running(s->program->kernel))
        return true;
    return !s->prompted && s->task && task_outcome(s->task);
}

void program_turn(struct program *p)
{
    uint64_t due = kernel_step(p->kernel);
    bool moved = pump(p, due != 0);

    if (moved || !due)
        return;
    for (size_t i = 0; i < p->n; i++) {
        uint64_t keys = keyboard_due(p->sessions[i]), again = lambda_due(p->sessions[i]);

        moved |= is_through(p->sessions[i]);
        due = keys < due ? keys : due;
        due = again < due ? again : due;
    }
    if (!moved)
        p->plat->wait(p->plat->ctx, due);
}

// ---- People

static bool anybody(const struct program *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->sessions[i]->prompted && p->sessions[i]->lambda.stage != STAGE_OVER)
            return true;
    return false;
}

// Whoever stands before a machine whose owner has a passphrase must prove first who he is.
static void begin(struct session *s)
{
    if (s->program->plat->machine && kernel_owner_locked(s->program->kernel))
        term_lock(s->program->kernel, &s->term);
    lambda_start(s);
}

void program_prompts(struct program *p, struct session *first)
{
    const struct plat *plat = p->plat;
    struct session *s;

    first->hub = plat->seats_n > 0;
    for (size_t i = 0; first->hub && i < plat->seats_n; i++)
        if (!session_new(p, plat->seats[i], &s))
            begin(s);
    if (p->n == 1) { // the only place, or no memory for others
        first->hub = false;
        begin(first);
    }
    while (anybody(p))
        program_turn(p);
}
