// SPDX-License-Identifier: MIT
// The contract of workers: jobs, memory, numbers, slices.
#include "tests/contract/work.h"

#include <stdatomic.h>

#include "tests/check/helper.h"
#include "units/num.h"

void work_turn(const struct plat *plat)
{
    if (plat->work->step && plat->work->step(plat->work->ctx))
        plat->wait(plat->ctx, 0);
    else
        plat->wait(plat->ctx, UINT64_MAX);
}

static void finish(const struct plat *plat, unsigned worker)
{
    const struct plat_work *work = plat->work;

    while (!work->done(work->ctx, worker))
        work_turn(plat);
    ck_assert(!work->done(work->ctx, worker)); // it is told once
}

// ---- Jobs

struct count {
    unsigned n;
};

static void count(void *arg)
{
    struct count *c = arg;

    c->n++;
}

void work_contract_jobs(const struct plat *plat)
{
    const struct plat_work *work = plat->work;
    struct count counts[PLAT_WORKERS_MAX] = {0};

    ck_assert(work->n >= 1 && work->n <= PLAT_WORKERS_MAX);
    for (unsigned i = 0; i < work->n; i++)
        ck_assert(!work->done(work->ctx, i));
    for (unsigned i = 0; i < work->n; i++) {
        for (unsigned n = 1; n <= 20; n++) {
            ck_assert_int_eq(work->start(work->ctx, i, count, &counts[i]), ERR_OK);
            finish(plat, i);
            ck_assert_uint_eq(counts[i].n, n);
        }
    }
    for (unsigned n = 21; n <= 100; n++) {
        for (unsigned i = 0; i < work->n; i++)
            ck_assert_int_eq(work->start(work->ctx, i, count, &counts[i]), ERR_OK);
        for (unsigned i = work->n; i-- > 0;) {
            finish(plat, i);
            ck_assert_uint_eq(counts[i].n, n);
        }
    }
}

// ---- Memory

static const size_t sizes[] = {1, 4096, 64 << 10, 100000, 1 << 20, 4 << 20, (4 << 20) + 1};

struct blocks {
    const struct mem *mem;
    char *of_main[COUNT(sizes)], *of_job[COUNT(sizes)];
    bool whole;
};

static void take(const struct mem *mem, char *p[COUNT(sizes)], char mark)
{
    for (size_t i = 0; i < COUNT(sizes); i++) {
        p[i] = mem->get(mem->ctx, sizes[i]);
        ck_assert_ptr_nonnull(p[i]);
        ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
        memset(p[i], mark, sizes[i]);
    }
}

static bool give(const struct mem *mem, char *p[COUNT(sizes)], char mark)
{
    bool whole = true;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t n = 0; n < sizes[i]; n += n + 1 < sizes[i] ? sizes[i] / 7 + 1 : 1)
            whole &= p[i][n] == mark;
        whole &= p[i][sizes[i] - 1] == mark;
        mem->put(mem->ctx, p[i], sizes[i]);
    }
    return whole;
}

static void exchange(void *arg)
{
    struct blocks *b = arg;
    char *own[COUNT(sizes)];

    b->whole = true;
    for (int n = 0; n < 5; n++) {
        take(b->mem, own, 'o');
        b->whole &= give(b->mem, own, 'o');
    }
    b->whole &= give(b->mem, b->of_main, 'm');
    take(b->mem, b->of_job, 'j');
}

void work_contract_mem(const struct plat *plat)
{
    const struct plat_work *work = plat->work;
    struct blocks blocks[PLAT_WORKERS_MAX];
    char *own[COUNT(sizes)];

    for (int round = 0; round < 8; round++) {
        for (unsigned i = 0; i < work->n; i++) {
            blocks[i].mem = plat->mem;
            take(plat->mem, blocks[i].of_main, 'm');
            ck_assert_int_eq(work->start(work->ctx, i, exchange, &blocks[i]), ERR_OK);
        }
        take(plat->mem, own, 'h');
        for (unsigned i = 0; i < work->n; i++) {
            finish(plat, i);
            ck_assert(blocks[i].whole);
            ck_assert(give(plat->mem, blocks[i].of_job, 'j'));
        }
        ck_assert(give(plat->mem, own, 'h'));
    }
}

// ---- Numbers

struct sums {
    const struct mem *mem;
    unsigned seed;
    uint64_t result; // 0: failed
};

static uint64_t mix(uint64_t hash, const struct unit *u)
{
    hash = (hash ^ (uint64_t)u->kind ^ (uint64_t)(u->exp + 7)) * 0x100000001b3u;
    if (u->kind == UNIT_LIST) {
        for (uint32_t i = 0; i < u->n; i++)
            hash = mix(hash, &u->items[i]);
    } else if (u->flags & UNIT_BIG) {
        for (uint32_t i = 0; i < u->big->n; i++)
            hash = (hash ^ (uint8_t)u->big->digits[i]) * 0x100000001b3u;
    } else {
        hash = (hash ^ (uint64_t)u->i) * 0x100000001b3u;
    }
    return hash;
}

// Something of each kind: products by hand and by transforms, quotients, series, limbs.
static uint64_t sums(const struct mem *mem, unsigned seed)
{
    struct unit n = unit_int((int64_t)(seed * 37 % 400 + 30)), x, y, z, both[2];
    struct arena a, scratch;
    struct num_env env;
    uint64_t hash = 0xcbf29ce484222325u;
    enum err e;

    arena_init(&a, mem, 64 << 20);
    arena_init(&scratch, mem, 64 << 20);
    num_env_init(&env, &a, &scratch, NULL);
    e = num_fac(&env, &n, &x);
    hash = e ? hash : mix(hash, &x);
    y = unit_int((int64_t)(seed % 50 + 3));
    e = e ? e : num_pow(&env, &y, &n, &y);
    hash = e ? hash : mix(hash, &y);
    both[0] = x;
    both[1] = y;
    e = e ? e : num_mul(&env, both, 2, &z);
    hash = e ? hash : mix(hash, &z);
    e = e ? e : num_gcd(&env, &z, &y, &x);
    hash = e ? hash : mix(hash, &x);
    e = e ? e : num_quo(&env, &z, &n, &x);
    hash = e ? hash : mix(hash, &x);
    e = e ? e : num_exp(&env, &n, &x);
    hash = e ? hash : mix(hash, &x);
    x = unit_int((int64_t)(1000000007ull * (seed * 2 + 1)));
    e = e ? e : num_fact(&env, &x, &x);
    hash = e ? hash : mix(hash, &x);
    if (seed % 64 == 0) { // transforms, and memory past the first chunks
        n = unit_int(6000);
        e = e ? e : num_fac(&env, &n, &x);
        hash = e ? hash : mix(hash, &x);
    }
    arena_fini(&a);
    arena_fini(&scratch);
    return e ? 0 : hash;
}

static void sums_job(void *arg)
{
    struct sums *s = arg;

    s->result = sums(s->mem, s->seed);
}

enum { SEEDS = 128 };

void work_contract_numbers(const struct plat *plat, unsigned jobs)
{
    const struct plat_work *work = plat->work;
    struct sums runs[PLAT_WORKERS_MAX];
    uint64_t alone[SEEDS];
    unsigned given = 0, ended = 0;
    bool busy[PLAT_WORKERS_MAX] = {false};

    for (unsigned i = 0; i < SEEDS; i++) {
        alone[i] = sums(plat->mem, i);
        ck_assert_uint_ne(alone[i], 0);
    }
    while (ended < jobs) {
        for (unsigned i = 0; i < work->n; i++) {
            if (busy[i] && work->done(work->ctx, i)) {
                ck_assert_uint_eq(runs[i].result, alone[runs[i].seed]);
                busy[i] = false;
                ended++;
            }
            if (busy[i] || given == jobs)
                continue;
            runs[i] = (struct sums){.mem = plat->mem, .seed = given++ % SEEDS};
            ck_assert_int_eq(work->start(work->ctx, i, sums_job, &runs[i]), ERR_OK);
            busy[i] = true;
        }
        ck_assert_uint_eq(sums(plat->mem, ended % SEEDS), alone[ended % SEEDS]);
        if (ended < jobs && work->step)
            (void)work->step(work->ctx);
    }
}

// ---- Slices

struct endless {
    atomic_uint turns, till;
};

static void endless(void *arg)
{
    struct endless *e = arg;

    while (atomic_load(&e->turns) < atomic_load(&e->till))
        heap_pause();
}

void work_contract_slices(const struct plat *plat, unsigned worker, unsigned turns)
{
    const struct plat_work *work = plat->work;
    struct endless e;

    atomic_init(&e.turns, 0);
    atomic_init(&e.till, turns);
    ck_assert_int_eq(work->start(work->ctx, worker, endless, &e), ERR_OK);
    for (unsigned i = 0; i < turns; i++) {
        ck_assert(!work->done(work->ctx, worker));
        if (work->step)
            (void)work->step(work->ctx);
        plat->wait(plat->ctx, 0);
        atomic_fetch_add(&e.turns, 1);
    }
    finish(plat, worker);
}
