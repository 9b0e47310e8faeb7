// SPDX-License-Identifier: MIT
// Workers: a thread for each processor that this process may use, started when it is first needed.
#define _GNU_SOURCE // sched_getaffinity, SCHED_BATCH
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kernel/linux/linux.h"
#include "units/heap.h"

enum { STACK_BYTES = 2 << 20 }; // numbers take up to 272 KiB of it

// Index of the running thread's heap: the main loop has 0, worker i has i + 1.
static _Thread_local unsigned this_cpu;

static unsigned which_cpu(void)
{
    return this_cpu;
}

static void *thread(void *arg)
{
    struct linux_worker *w = arg;
    const uint64_t one = 1;

    this_cpu = w->index + 1;
    // On a processor of both it never wakes up in the place of the main loop. A lower priority
    // would starve jobs on a busy machine, and makes timers no more punctual.
    (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0}); // refused: all run alike
    for (;;) {
        while (sem_wait(&w->given)) // EINTR: a debugger looked in
            ;
        if (!w->job)
            return NULL;
        w->job(w->arg);
        atomic_store_explicit(&w->ended, true, memory_order_release);
        (void)!write(w->port->work_event, &one, sizeof one); // cannot fail below 2^64 of them
    }
}

static bool begin(struct linux_worker *w)
{
    sigset_t all, before;
    pthread_attr_t attr;
    int failed;

    if (w->port->work_event < 0)
        w->port->work_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->port->work_event < 0)
        return false;
    if (pthread_attr_init(&attr))
        return false;
    // Signals are for the main loop.
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = sem_init(&w->given, 0, 0) || pthread_attr_setstacksize(&attr, STACK_BYTES) ||
             pthread_create(&w->thread, &attr, thread, w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return !failed;
}

static enum err start(void *ctx, unsigned worker, void (*job)(void *arg), void *arg)
{
    struct linux_port *p = ctx;
    struct linux_worker *w = &p->workers[worker];

    if (!w->running && !begin(w))
        return ERR_NO_MEMORY;
    w->running = true;
    w->busy = true;
    w->job = job;
    w->arg = arg;
    (void)sem_post(&w->given); // once a job: it cannot overflow
    return ERR_OK;
}

static bool done(void *ctx, unsigned worker)
{
    struct linux_port *p = ctx;
    struct linux_worker *w = &p->workers[worker];

    if (!atomic_load_explicit(&w->ended, memory_order_acquire))
        return false;
    atomic_store_explicit(&w->ended, false, memory_order_relaxed); // the thread waits for a job
    w->busy = false;
    return true;
}

// CPU_COUNT of a set that is large enough: the kernel refuses smaller ones than its own.
static unsigned processors(void)
{
    for (size_t n = 1024; n <= 1 << 20; n *= 4) {
        size_t bytes = CPU_ALLOC_SIZE(n);
        cpu_set_t *set = CPU_ALLOC(n);
        bool known = set && !sched_getaffinity(0, bytes, set);
        int count = known ? CPU_COUNT_S(bytes, set) : 0;

        CPU_FREE(set);
        if (known)
            return count < 1 ? 1 : count > PLAT_WORKERS_MAX ? PLAT_WORKERS_MAX : (unsigned)count;
        if (!set || errno != EINVAL)
            break;
    }
    return 1;
}

void linux_work_init(struct linux_port *p)
{
    p->work_event = -1;
    for (unsigned i = 0; i < PLAT_WORKERS_MAX; i++) {
        p->workers[i].port = p;
        p->workers[i].index = i;
    }
    heap_set_cpu(which_cpu);
    p->work = (struct plat_work){.ctx = p, .n = processors(), .start = start, .done = done};
    p->plat.work = &p->work;
}

void linux_work_fini(struct linux_port *p)
{
    for (unsigned i = 0; i < PLAT_WORKERS_MAX; i++) {
        struct linux_worker *w = &p->workers[i];

        if (!w->running || w->busy)
            continue;
        w->job = NULL;
        (void)sem_post(&w->given);
        (void)pthread_join(w->thread, NULL); // only fails for what is no thread
        (void)sem_destroy(&w->given);
        w->running = false;
    }
}
