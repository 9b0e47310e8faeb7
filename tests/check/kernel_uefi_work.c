// SPDX-License-Identifier: MIT
// Workers of the UEFI port on a firmware that the test plays: other processors are threads.
#include <pthread.h>
#include <sched.h>

#include "kernel/uefi/arch.h"
#include "kernel/uefi/uefi.h"
#include "tests/check/helper.h"
#include "tests/contract/work.h"
#include "units/heap.h"

static struct uefi machine;

// ---- Pages: all that are out, so that the test can tell, and give them back

enum { BLOCKS = 4096 };

static struct {
    void *at;
    size_t pages;
} blocks[BLOCKS];
static pthread_t first; // the firmware belongs to this processor
static size_t pages_left;

static void check_caller(void)
{
    ck_assert_msg(pthread_equal(pthread_self(), first), "another processor called the firmware");
}

static EFI_STATUS EFIAPI allocate(EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE kind, UINTN pages,
                                  EFI_PHYSICAL_ADDRESS *out)
{
    (void)type;
    (void)kind;
    check_caller();
    for (size_t i = 0; i < BLOCKS && pages <= pages_left; i++) {
        if (blocks[i].at)
            continue;
        blocks[i].at = aligned_alloc(4096, pages * 4096);
        blocks[i].pages = pages;
        pages_left -= pages;
        *out = (EFI_PHYSICAL_ADDRESS)blocks[i].at;
        return EFI_SUCCESS;
    }
    return EFI_OUT_OF_RESOURCES;
}

static EFI_STATUS EFIAPI release(EFI_PHYSICAL_ADDRESS at, UINTN pages)
{
    check_caller();
    for (size_t i = 0; i < BLOCKS; i++) {
        if (blocks[i].at != (void *)at)
            continue;
        ck_assert_uint_eq(blocks[i].pages, pages);
        free(blocks[i].at);
        blocks[i].at = NULL;
        pages_left += pages;
        return EFI_SUCCESS;
    }
    return EFI_NOT_FOUND;
}

// ---- Time and events

static struct event {
    bool signalled;
} events[PLAT_WORKERS_MAX + 1];
static size_t events_n;

static EFI_STATUS EFIAPI stall(UINTN us)
{
    uint64_t end = arch_ticks() + us * 100;

    check_caller();
    while (arch_ticks() < end)
        sched_yield();
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI create_event(UINT32 type, EFI_TPL level, EFI_EVENT_NOTIFY f, VOID *arg,
                                      EFI_EVENT *out)
{
    (void)type;
    (void)level;
    (void)f;
    (void)arg;
    check_caller();
    ck_assert_uint_lt(events_n, COUNT(events));
    *out = &events[events_n++];
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_timer(EFI_EVENT event, EFI_TIMER_DELAY type, UINT64 ticks)
{
    (void)event;
    (void)type;
    (void)ticks;
    check_caller();
    return EFI_SUCCESS;
}

// Nothing else ever happens on this machine: whoever sleeps here sleeps for ever.
static EFI_STATUS EFIAPI wait_for(UINTN n, EFI_EVENT *which, UINTN *out)
{
    (void)n;
    (void)which;
    (void)out;
    ck_abort_msg("asleep, with a job under way");
    return EFI_SUCCESS;
}

// ---- Other processors

enum { PROCESSORS = 6, BROKEN = 2 }; // number 0 is the first; 2 is there, but not healthy

static struct processor {
    pthread_t thread;
    bool used;
    atomic_bool runs;
    VOID(EFIAPI *f)(VOID *arg);
    VOID *arg;
    struct event *ended;
} processors[PROCESSORS];
static UINTN processors_n;
static unsigned starts;
static bool refuses; // to start any

static EFI_STATUS EFIAPI mp_count(struct mp_services *mp, UINTN *all, UINTN *enabled)
{
    (void)mp;
    *all = *enabled = processors_n;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI mp_info(struct mp_services *mp, UINTN i, struct mp_info *out)
{
    (void)mp;
    ck_assert_uint_lt(i, processors_n);
    out->flags = MP_ENABLED | (i == 0 ? MP_IS_FIRST : 0) | (i == BROKEN ? 0 : MP_HEALTHY);
    return EFI_SUCCESS;
}

static void *processor(void *arg)
{
    struct processor *p = arg;

    p->f(p->arg);
    atomic_store(&p->runs, false);
    return NULL;
}

// The firmware looks now and then whether one has come back.
static void come_back(void)
{
    for (UINTN i = 0; i < PROCESSORS; i++) {
        struct processor *p = &processors[i];

        if (!p->used || atomic_load(&p->runs))
            continue;
        (void)pthread_join(p->thread, NULL);
        p->used = false;
        p->ended->signalled = true;
    }
}

static EFI_STATUS EFIAPI check_event(EFI_EVENT event)
{
    struct event *e = event;

    check_caller();
    come_back();
    if (!e->signalled)
        return EFI_NOT_READY;
    e->signalled = false;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI mp_start(struct mp_services *mp, VOID(EFIAPI *f)(VOID *arg), UINTN i,
                                  EFI_EVENT ended, UINTN timeout_us, VOID *arg, BOOLEAN *finished)
{
    struct processor *p = &processors[i];

    (void)mp;
    (void)timeout_us;
    (void)finished;
    check_caller();
    ck_assert(i > 0 && i != BROKEN && i < processors_n);
    ck_assert_ptr_nonnull(ended); // else the call would wait
    if (refuses)
        return EFI_NOT_READY;
    ck_assert_msg(!p->used, "started while it runs");
    p->used = true;
    atomic_store(&p->runs, true);
    p->f = f;
    p->arg = arg;
    p->ended = ended;
    starts++;
    ck_assert_int_eq(pthread_create(&p->thread, NULL, processor, p), 0);
    return EFI_SUCCESS;
}

static struct mp_services services = {.count = mp_count, .info = mp_info, .start = mp_start};

static EFI_STATUS EFIAPI locate(EFI_GUID *guid, VOID *key, VOID **out)
{
    (void)guid;
    (void)key;
    if (!processors_n)
        return EFI_NOT_FOUND;
    *out = &services;
    return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES boot = {
    .AllocatePages = allocate,
    .FreePages = release,
    .Stall = stall,
    .CreateEvent = create_event,
    .CheckEvent = check_event,
    .SetTimer = set_timer,
    .WaitForEvent = wait_for,
    .LocateProtocol = locate,
};

static void wait(void *ctx, uint64_t till_ns)
{
    clock_wait(ctx, till_ns);
}

static void open_machine(UINTN n)
{
    memset(&machine, 0, sizeof machine);
    memset(events, 0, sizeof events);
    events_n = starts = 0;
    refuses = false;
    processors_n = n;
    pages_left = (1 << 30) / 4096;
    first = pthread_self();
    machine.boot = &boot;
    machine.plat = (struct plat){.ctx = &machine, .wait = wait};
    clock_init(&machine);
    mem_init(&machine);
    work_init(&machine);
}

// Nothing may be out but what the port keeps: stacks, lists of free pages, the reserve as a whole.
static void close_machine(void)
{
    size_t out = 0, kept = 0;

    machine.plat.wait(&machine, clock_now_ns(&machine) + 1000000); // time to tidy up
    for (unsigned i = 0; i < COUNT(machine.free_pages); i++)
        for (void **p = machine.free_pages[i]; p; p = *p)
            kept += (size_t)1 << i;
    for (unsigned i = 0; i < machine.reserve.segments; i++)
        kept += machine.reserve.segment[i].pages;
    kept += machine.work.stacks_bytes / 4096;
    for (size_t i = 0; i < BLOCKS; i++)
        out += blocks[i].at ? blocks[i].pages : 0;
    ck_assert_uint_eq(out, kept);
    ck_assert_uint_le(machine.reserve.segments, 1);
    if (machine.reserve.segments) { // one run again
        const size_t *pages = (const size_t *)(const void *)machine.reserve.free + 1;

        ck_assert_uint_eq((uintptr_t)machine.reserve.free, machine.reserve.segment[0].at);
        ck_assert_uint_eq(*pages, machine.reserve.segment[0].pages);
    }
}

static void free_machine(void)
{
    for (UINTN i = 0; i < PROCESSORS; i++) // they leave by themselves
        while (processors[i].used)
            come_back();
    for (size_t i = 0; i < BLOCKS; i++) {
        free(blocks[i].at);
        blocks[i].at = NULL;
    }
    heap_set_cpu(NULL);
    heap_pauses = false;
}

// ---- What every port promises, on machines with 1, 2 and many processors

static const UINTN machines[] = {0, 1, 2, PROCESSORS};
static const unsigned workers[] = {1, 1, 2, PROCESSORS - 1};

START_TEST(test_jobs)
{
    open_machine(machines[_i]);
    ck_assert_uint_eq(machine.work.plat.n, workers[_i]);
    work_contract_jobs(&machine.plat);
    close_machine();
}
END_TEST

START_TEST(test_mem)
{
    open_machine(machines[_i]);
    work_contract_mem(&machine.plat);
    close_machine();
}
END_TEST

START_TEST(test_numbers)
{
    open_machine(machines[_i]);
    work_contract_numbers(&machine.plat, 150);
    close_machine();
}
END_TEST

START_TEST(test_slices)
{
    open_machine(machines[_i]);
    for (unsigned i = 0; i < workers[_i]; i++)
        work_contract_slices(&machine.plat, i, 20);
    close_machine();
}
END_TEST

// Processors that cannot be started: all goes on in slices on the first one.
START_TEST(test_refused)
{
    open_machine(PROCESSORS);
    refuses = true;
    work_contract_jobs(&machine.plat);
    work_contract_mem(&machine.plat);
    work_contract_numbers(&machine.plat, 100);
    ck_assert_uint_eq(starts, 0);
    refuses = false;
    work_contract_numbers(&machine.plat, 100);
    ck_assert_uint_gt(starts, 0);
    close_machine();
}
END_TEST

// ---- Processors stay for a while, then leave

static void nothing(void *arg)
{
    (void)arg;
}

static void one_job(unsigned worker)
{
    const struct plat_work *work = &machine.work.plat;

    ck_assert_int_eq(work->start(work->ctx, worker, nothing, NULL), ERR_OK);
    while (!work->done(work->ctx, worker))
        work_turn(&machine.plat);
}

START_TEST(test_stays)
{
    open_machine(2);
    machine.ticks_per_second *= 100; // it stays for 10 s
    for (int i = 0; i < 100; i++)
        one_job(0);
    ck_assert_uint_eq(starts, 1);
    // The last one is short: it leaves.
    machine.ticks_per_second /= 1000;
    one_job(0);
    close_machine();
}
END_TEST

START_TEST(test_leaves)
{
    open_machine(2);
    machine.ticks_per_second /= 20;
    for (unsigned i = 1; i <= 10; i++) {
        one_job(0);
        while (atomic_load(&processors[1].runs))
            sched_yield();
        ck_assert_uint_eq(starts, i);
    }
    close_machine();
}
END_TEST

// ---- What goes wrong

static atomic_bool go_on;

static void hang(void *arg)
{
    (void)arg;
    while (!atomic_load(&go_on))
        sched_yield();
}

START_TEST(test_lost)
{
    const struct plat_work *work = &machine.work.plat;
    uint64_t rate;

    open_machine(3);
    rate = machine.ticks_per_second;
    atomic_store(&go_on, false);
    ck_assert_int_eq(work->start(work->ctx, 0, hang, NULL), ERR_OK);
    machine.ticks_per_second = rate / 100000; // now a minute is soon over
    ck_assert(!work->lost(work->ctx, 0));
    machine.plat.wait(&machine, UINT64_MAX); // comes back
    ck_assert(work->lost(work->ctx, 0));
    ck_assert(!work->done(work->ctx, 0));
    machine.ticks_per_second = rate;
    ck_assert_int_eq(work->start(work->ctx, 0, nothing, NULL), ERR_NOT_SUPPORTED);
    one_job(1);
    atomic_store(&go_on, true);
    while (atomic_load(&machine.work.workers[0].state) == WORK_BUSY)
        sched_yield();
    ck_assert(work->lost(work->ctx, 0));
    ck_assert(!work->done(work->ctx, 0));
    one_job(1);
}
END_TEST

static void want(void *arg)
{
    void **out = arg;

    *out = machine.mem.get(machine.mem.ctx, 8 << 20);
}

START_TEST(test_no_memory)
{
    const struct plat_work *work = &machine.work.plat;
    void *got;

    open_machine(2);
    for (size_t pages = 0; pages <= 4096; pages += 512) {
        void *wanted = pages >= (8 << 20) / 4096 ? &got : NULL;

        one_job(0); // has its stack
        pages_left = pages;
        got = &got;
        ck_assert_int_eq(work->start(work->ctx, 0, want, &got), ERR_OK);
        while (!work->done(work->ctx, 0))
            work_turn(&machine.plat);
        ck_assert_int_eq(got != NULL, wanted != NULL);
        machine.mem.put(machine.mem.ctx, got, 8 << 20);
        if (got)
            break;
    }
    ck_assert_ptr_nonnull(got);
    close_machine();
}
END_TEST

START_TEST(test_no_stacks)
{
    const struct plat_work *work = &machine.work.plat;

    open_machine(3);
    pages_left = 100;
    ck_assert_int_eq(work->start(work->ctx, 0, nothing, NULL), ERR_NO_MEMORY);
    pages_left = 100000;
    one_job(0);
    close_machine();
}
END_TEST

Suite *kernel_uefi_work_suite(void)
{
    Suite *s = suite_create("kernel_uefi_work");
    TCase *t = tcase_create("workers");

    tcase_add_checked_fixture(t, NULL, free_machine);
    tcase_add_loop_test(t, test_jobs, 0, COUNT(machines));
    tcase_add_loop_test(t, test_mem, 0, COUNT(machines));
    tcase_add_loop_test(t, test_numbers, 0, COUNT(machines));
    tcase_add_loop_test(t, test_slices, 0, COUNT(machines));
    tcase_add_test(t, test_refused);
    tcase_add_test(t, test_stays);
    tcase_add_test(t, test_leaves);
    tcase_add_test(t, test_lost);
    tcase_add_test(t, test_no_memory);
    tcase_add_test(t, test_no_stacks);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}
