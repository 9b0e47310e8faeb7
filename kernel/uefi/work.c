// SPDX-License-Identifier: MIT
// Workers: every other processor, and one without a processor that the main loop runs in slices.
//
//   main processor      job, arg -> state BUSY      .. polls .. state READY: done
//   other processor     start, 10 ms | job | READY: spins for the next job | LEAVING | OFF
//
// To start a processor takes the main one 10 ms, so it stays for a while after its last job; then
// the firmware has it back and it costs nothing. Jobs there never call the firmware: memory comes
// from a reserve (mem.c). Where a processor cannot be had, its worker runs in slices, too: a stack
// of its own, which heap_pause() leaves when the slice is over.
//
// A processor that stops for good (a fault: the firmware then stops it without a word) is lost:
// its job shows no life for LOST_NS. What that job could reach is never freed or used again.
#include "kernel/uefi/arch.h"
#include "kernel/uefi/uefi.h"
#include "units/heap.h"

enum {
    STACK_BYTES = 2 << 20, // as much as the main loop has
    PAGE_BYTES = 4096,
    STAY_MS = 100,
    SLICES_A_SECOND = 1000,
};

// Longer than any stretch between two calls of heap_pause, on an emulated processor, too.
static const uint64_t lost_ns = 60000000000;

// Lies at the end of each stack; when it is gone, something ran over it.
static const uint64_t canary = 0x7e1ec0deca4a127fULL;

// Library allocators have no context (units/heap.h), so this one is found here.
static struct uefi_work *here;

// 0: the main loop; worker i has i + 1, by the stack that is in use.
static unsigned which_cpu(void)
{
    uintptr_t at = (uintptr_t)__builtin_frame_address(0) - here->stacks;

    return at < here->stacks_bytes ? 1 + (unsigned)(at / STACK_BYTES) : 0;
}

static struct uefi_worker *running(void)
{
    return &here->workers[which_cpu() - 1];
}

struct uefi_worker *work_running(const struct uefi *m)
{
    unsigned cpu = m->work.stacks ? which_cpu() : 0;

    return cpu && !here->workers[cpu - 1].here ? &here->workers[cpu - 1] : NULL;
}

// ---- In slices on the main processor

static void slice_over(void)
{
    struct uefi_worker *w = running();

    if (arch_ticks() >= w->slice_end)
        arch_switch(&w->sp, here->back);
}

static void in_slices(void)
{
    struct uefi_worker *w = running();

    heap_set_pause(slice_over);
    w->job(w->arg);
    w->over = true;
}

static bool has_slices(const struct uefi_worker *w)
{
    return w->busy && w->here && !w->over;
}

static bool step(void *ctx)
{
    struct uefi *m = ctx;
    struct uefi_work *work = &m->work;
    unsigned n = work->plat.n, left = 0;

    for (unsigned i = 1; i <= n; i++) { // each in turn
        unsigned next = (work->last + i) % n;
        struct uefi_worker *w = &work->workers[next];

        if (!has_slices(w))
            continue;
        work->last = next;
        w->slice_end = arch_ticks() + m->ticks_per_second / SLICES_A_SECOND;
        arch_switch(&work->back, w->sp);
        break;
    }
    for (unsigned i = 0; i < n; i++)
        left += has_slices(&work->workers[i]);
    return left > 0;
}

// ---- On another processor

static void beat(void)
{
    atomic_fetch_add_explicit(&running()->beats, 1, memory_order_relaxed);
}

// Jobs until none has come for a while.
static void stay(void)
{
    struct uefi_worker *w = running();
    uint64_t till;
    int ready;

    heap_set_pause(beat);
    for (;;) {
        w->job(w->arg);
        till = arch_ticks() + w->machine->ticks_per_second / 1000 * STAY_MS;
        atomic_store_explicit(&w->state, WORK_READY, memory_order_release);
        while (atomic_load_explicit(&w->state, memory_order_acquire) == WORK_READY) {
            arch_relax();
            ready = WORK_READY;
            if (arch_ticks() >= till &&
                atomic_compare_exchange_strong(&w->state, &ready, WORK_LEAVING))
                return;
        }
    }
}

static VOID EFIAPI enter(VOID *arg)
{
    struct uefi_worker *w = arg;

    arch_on_stack(w->stack_top, stay);
    atomic_store_explicit(&w->state, WORK_OFF, memory_order_release); // the stack is free now
}

static bool start_processor(struct uefi *m, struct uefi_worker *w)
{
    // To start one that is still on its way back would leave the firmware's locks held for ever.
    if (w->started && m->boot->CheckEvent(w->ended) != EFI_SUCCESS)
        return false;
    w->started = false;
    if (!w->ended && m->boot->CreateEvent(0, TPL_APPLICATION, NULL, NULL, &w->ended) != EFI_SUCCESS)
        return false;
    atomic_store_explicit(&w->state, WORK_BUSY, memory_order_release);
    if (m->work.mp->start(m->work.mp, enter, w->number, w->ended, 0, w, NULL) != EFI_SUCCESS) {
        atomic_store_explicit(&w->state, WORK_OFF, memory_order_relaxed);
        return false;
    }
    w->started = true;
    return true;
}

// Its processor takes the job, or false: it cannot be had now, and its stack is free.
static bool give(struct uefi *m, struct uefi_worker *w)
{
    int ready = WORK_READY;

    if (!w->processor)
        return false;
    if (atomic_compare_exchange_strong(&w->state, &ready, WORK_BUSY))
        return true;
    while (atomic_load_explicit(&w->state, memory_order_acquire) == WORK_LEAVING)
        arch_relax(); // a few instructions
    return start_processor(m, w);
}

bool work_ask(struct uefi_worker *w, size_t pages)
{
    atomic_store_explicit(&w->denied, false, memory_order_relaxed);
    atomic_store_explicit(&w->wanted, pages, memory_order_release);
    while (atomic_load_explicit(&w->wanted, memory_order_acquire)) {
        beat();
        arch_relax();
    }
    return !atomic_load_explicit(&w->denied, memory_order_relaxed);
}

// What the main processor does for a job on another one.
static void look_after(struct uefi *m, struct uefi_worker *w)
{
    size_t wanted = atomic_load_explicit(&w->wanted, memory_order_acquire);
    unsigned beats = atomic_load_explicit(&w->beats, memory_order_relaxed);
    uint64_t now;

    if (wanted) {
        bool grown = mem_grow(m, wanted);

        atomic_store_explicit(&w->denied, !grown, memory_order_relaxed);
        atomic_store_explicit(&w->wanted, 0, memory_order_release);
    }
    now = clock_now_ns(m);
    if (beats != w->beats_seen || !w->seen_ns) {
        w->beats_seen = beats;
        w->seen_ns = now;
    } else if (now - w->seen_ns > lost_ns) {
        w->lost = true;
    }
}

// ---- For the kernel

// At the first job: few machines ever need them.
static bool make_stacks(struct uefi *m)
{
    size_t bytes = (size_t)m->work.plat.n * STACK_BYTES;
    EFI_PHYSICAL_ADDRESS at = 0;

    if (m->boot->AllocatePages(AllocateAnyPages, EfiLoaderData, bytes / PAGE_BYTES, &at) !=
        EFI_SUCCESS)
        return false;
    m->work.stacks = (uintptr_t)at;
    m->work.stacks_bytes = bytes;
    for (unsigned i = 0; i < m->work.plat.n; i++) {
        *(uint64_t *)(at + (uint64_t)i * STACK_BYTES) = canary;
        m->work.workers[i].stack_top = (char *)at + (size_t)(i + 1) * STACK_BYTES;
    }
    return true;
}

static enum err start(void *ctx, unsigned worker, void (*job)(void *arg), void *arg)
{
    struct uefi *m = ctx;
    struct uefi_worker *w = &m->work.workers[worker];

    if (w->lost)
        return ERR_NOT_SUPPORTED;
    if (!m->work.stacks && !make_stacks(m))
        return ERR_NO_MEMORY;
    w->job = job;
    w->arg = arg;
    w->busy = true;
    w->over = false;
    w->here = false; // before a processor asks on which side it is
    w->seen_ns = 0;
    if (give(m, w)) {
        m->work.on_busy++;
        return ERR_OK;
    }
    w->here = true;
    w->sp = arch_stack(w->stack_top, in_slices, &m->work.back);
    return ERR_OK;
}

static bool has_ended(const struct uefi_worker *w)
{
    if (!w->busy || w->lost)
        return false;
    return w->here ? w->over : atomic_load_explicit(&w->state, memory_order_acquire) != WORK_BUSY;
}

static bool done(void *ctx, unsigned worker)
{
    struct uefi *m = ctx;
    struct uefi_worker *w = &m->work.workers[worker];

    if (!has_ended(w)) {
        (void)work_look(m); // it may wait for us
        return false;
    }
    if (*(const uint64_t *)(w->stack_top - STACK_BYTES) != canary)
        uefi_panic("telex: the stack of a worker ran over");
    w->busy = false;
    m->work.on_busy -= !w->here;
    return true;
}

static bool lost(void *ctx, unsigned worker)
{
    const struct uefi *m = ctx;

    return m->work.workers[worker].lost;
}

enum work_look work_look(struct uefi *m)
{
    enum work_look look = WORK_NOTHING;

    for (unsigned i = 0; i < m->work.plat.n; i++) {
        struct uefi_worker *w = &m->work.workers[i];

        if (!w->busy || w->lost)
            continue;
        if (has_ended(w)) {
            look = WORK_ENDED;
        } else if (!w->here) {
            look_after(m, w);
            look = look == WORK_ENDED || w->lost ? WORK_ENDED : WORK_UNDER_WAY;
        }
    }
    return look;
}

static void find_processors(struct uefi *m)
{
    static EFI_GUID guid = MP_SERVICES_GUID;
    struct uefi_work *work = &m->work;
    UINTN all = 0, enabled = 0;

    if (m->boot->LocateProtocol(&guid, NULL, (VOID **)&work->mp) != EFI_SUCCESS ||
        work->mp->count(work->mp, &all, &enabled) != EFI_SUCCESS)
        return;
    for (UINTN i = 0; i < all && work->plat.n < PLAT_WORKERS_MAX - 1; i++) {
        struct mp_info info = {0};

        if (work->mp->info(work->mp, i, &info) != EFI_SUCCESS || info.flags & MP_IS_FIRST ||
            !(info.flags & MP_ENABLED) || !(info.flags & MP_HEALTHY))
            continue;
        work->workers[work->plat.n].processor = true;
        work->workers[work->plat.n++].number = i;
    }
}

void work_init(struct uefi *m)
{
    struct uefi_work *work = &m->work;

    here = work;
    work->plat = (struct plat_work){
        .ctx = m, .n = 0, .start = start, .done = done, .lost = lost, .step = step};
    find_processors(m);
    work->plat.n++; // the one without a processor comes last: it is the slowest
    for (unsigned i = 0; i < work->plat.n; i++)
        work->workers[i].machine = m;
    heap_set_cpu(which_cpu);
    m->plat.work = &work->plat;
}
