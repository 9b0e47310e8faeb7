// SPDX-License-Identifier: MIT
// The simulated port.
#include "tests/sim/sim.h"

#include "kernel/service.h"

static uint64_t now_ns(void *ctx)
{
    struct sim *s = ctx;

    return s->now_ns += s->tick_ns;
}

static enum err utc_ns(void *ctx, int64_t *ns)
{
    *ns = 1700000000000000000 + (int64_t)((struct sim *)ctx)->now_ns;
    return ERR_OK;
}

// SplitMix64: fine for tests, for nothing else.
uint64_t sim_random(struct sim *s)
{
    uint64_t z = s->seed += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static enum err random_bytes(void *ctx, uint8_t *out, size_t n)
{
    struct sim *s = ctx;

    if (s->no_random)
        return ERR_NOT_SUPPORTED;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)sim_random(s);
    return ERR_OK;
}

static void wait_for(void *ctx, uint64_t till_ns)
{
    struct sim *s = ctx;

    if (sim_run_job(s))
        return;
    if (till_ns != UINT64_MAX && till_ns > s->now_ns)
        s->now_ns = till_ns;
}

static enum err off(void *ctx)
{
    ((struct sim *)ctx)->turned_off++;
    return ERR_OK;
}

static int find(struct sim *s, const char *name)
{
    for (int i = 0; i < SIM_FILES; i++)
        if (!strcmp(s->files[i].name, name))
            return i;
    return -1;
}

static bool file_has(void *ctx, const char *name)
{
    return find(ctx, name) >= 0;
}

static enum err file_load(void *ctx, const char *name, struct arena *a, struct span *out)
{
    struct sim *s = ctx;
    int i = find(s, name);
    char *copy;

    if (i < 0)
        return ERR_NOT_FOUND;
    if (s->files[i].len > a->limit_bytes - a->used_bytes)
        return ERR_TOO_BIG;
    copy = arena_copy(a, s->files[i].bytes, s->files[i].len);
    if (!copy)
        return ERR_NO_MEMORY;
    *out = (struct span){copy, s->files[i].len};
    return ERR_OK;
}

static enum err file_make(void *ctx, const char *name, struct span bytes)
{
    struct sim *s = ctx;
    int i = find(s, name);

    if (i >= 0)
        return ERR_EXISTS;
    i = find(s, "");
    if (i < 0 || bytes.len > SIM_FILE_BYTES)
        return ERR_NO_SPACE;
    snprintf(s->files[i].name, sizeof s->files[i].name, "%s", name);
    memcpy(s->files[i].bytes, bytes.at, bytes.len);
    s->files[i].len = bytes.len;
    return ERR_OK;
}

// At once and whole: what a power failure does to the real ones is tested there.
static enum err file_save(void *ctx, const char *name, struct span bytes)
{
    struct sim *s = ctx;
    int i = find(s, name);

    if (i < 0)
        return file_make(ctx, name, bytes);
    if (bytes.len > SIM_FILE_BYTES)
        return ERR_NO_SPACE;
    memcpy(s->files[i].bytes, bytes.at, bytes.len);
    s->files[i].len = bytes.len;
    return ERR_OK;
}

static enum err file_del(void *ctx, const char *name)
{
    struct sim *s = ctx;
    int i = find(s, name);

    if (i < 0)
        return ERR_NOT_FOUND;
    memset(&s->files[i], 0, sizeof s->files[i]);
    return ERR_OK;
}

static enum err file_list(void *ctx, struct arena *a, struct span **names, size_t *n)
{
    struct sim *s = ctx;
    struct span *out = arena_new(a, SIM_FILES * sizeof *out);
    size_t found = 0;

    for (size_t i = 0; out && i < SIM_FILES; i++) {
        size_t len = strlen(s->files[i].name);

        if (!len)
            continue;
        out[found] = (struct span){arena_copy(a, s->files[i].name, len), len};
        if (!out[found++].at)
            return ERR_NO_MEMORY;
    }
    if (!out)
        return ERR_NO_MEMORY;
    *names = out;
    *n = found;
    return ERR_OK;
}

static enum err file_open(void *ctx, const char *path, struct plat_source *out)
{
    (void)ctx;
    (void)path;
    (void)out;
    return ERR_NOT_FOUND;
}

static enum err say(void *ctx, struct span text)
{
    struct sim *s = ctx;

    ck_assert_uint_lt(s->said_len + text.len, SIM_OUTPUT);
    memcpy(s->said + s->said_len, text.at, text.len);
    s->said_len += text.len;
    s->said[s->said_len] = 0;
    return ERR_OK;
}

static void flush(void *ctx)
{
    (void)ctx;
}

static enum err clear(void *ctx)
{
    return say(ctx, SPAN("<clear>"));
}

static enum err ask_line(void *ctx, struct call *c, const struct term_line *line)
{
    struct sim *s = ctx;
    struct unit u;
    enum err e = say(ctx, line->prompt);

    if (e)
        return e;
    if (!s->line) {
        s->asks = c;
        return ERR_OK;
    }
    e = line->secret ? unit_secret(span_of(s->line), &u) : unit_str(span_of(s->line), &u);
    if (!e)
        call_answer(c, &u);
    return e;
}

static enum err ask_key(void *ctx, struct call *c, bool wait)
{
    struct unit none = unit_none();

    if (wait)
        ((struct sim *)ctx)->asks = c;
    else
        call_answer(c, &none);
    return ERR_OK;
}

static bool forget(void *ctx, struct call *c)
{
    struct sim *s = ctx;
    bool waited = s->asks == c;

    if (waited)
        s->asks = NULL;
    return waited;
}

static bool size(void *ctx, unsigned *columns, unsigned *rows)
{
    *columns = 80;
    *rows = 25;
    return !((struct sim *)ctx)->pipe;
}

static bool person(void *ctx)
{
    return !((struct sim *)ctx)->pipe;
}

// ---- Workers

bool sim_run_job(struct sim *s)
{
    unsigned nth;

    if (!s->jobs_n)
        return false;
    nth = (unsigned)(sim_random(s) % s->jobs_n);
    for (unsigned i = 0; i < PLAT_WORKERS_MAX; i++) {
        if (!s->jobs[i].busy || s->jobs[i].done || nth--)
            continue;
        s->jobs_n--;
        s->jobs[i].job(s->jobs[i].arg);
        s->jobs[i].done = true;
        return true;
    }
    return false;
}

static enum err work_start(void *ctx, unsigned worker, void (*job)(void *arg), void *arg)
{
    struct sim *s = ctx;

    ck_assert_uint_lt(worker, s->work.n);
    ck_assert(!s->jobs[worker].busy);
    if (s->jobs_refused) {
        s->jobs_refused--;
        return ERR_NO_MEMORY;
    }
    s->jobs[worker].job = job;
    s->jobs[worker].arg = arg;
    s->jobs[worker].busy = true;
    s->jobs[worker].done = false;
    s->jobs_n++;
    s->jobs_given++;
    return ERR_OK;
}

static bool work_done(void *ctx, unsigned worker)
{
    struct sim *s = ctx;

    ck_assert(s->jobs[worker].busy);
    s->jobs[worker].busy = !s->jobs[worker].done;
    return s->jobs[worker].done;
}

void sim_work(struct sim *s, unsigned n)
{
    s->work = (struct plat_work){.ctx = s, .n = n, .start = work_start, .done = work_done};
    s->plat.work = &s->work;
}

void sim_init(struct sim *s, uint64_t seed)
{
    memset(s, 0, sizeof *s);
    test_mem_init(&s->mem);
    s->seed = seed;
    s->file = (struct plat_file){.ctx = s,
                                 .has = file_has,
                                 .load = file_load,
                                 .make = file_make,
                                 .save = file_save,
                                 .del = file_del,
                                 .list = file_list,
                                 .open = file_open};
    s->plat = (struct plat){
        .ctx = s,
        .mem = &s->mem.mem,
        .now_ns = now_ns,
        .utc_ns = utc_ns,
        .random = random_bytes,
        .wait = wait_for,
        .off = off,
        .reset = off,
        .file = &s->file,
        .name = "sim",
    };
    s->term = (struct term){
        .ctx = s,
        .say = say,
        .clear = clear,
        .flush = flush,
        .line = ask_line,
        .key = ask_key,
        .forget = forget,
        .person = person,
        .size = size,
    };
}

void sim_done(const struct sim *s)
{
    test_mem_done(&s->mem);
}
