// SPDX-License-Identifier: MIT
// Workers of the UEFI port: the other processors, and slices of the first one.
#ifndef TELEX_KERNEL_UEFI_WORK_H
#define TELEX_KERNEL_UEFI_WORK_H

#include <stdatomic.h>

#include "kernel/plat.h"
#include "kernel/uefi/mp.h"

struct uefi;

/** What the processor of a worker does. */
enum work_state {
    WORK_OFF,     // it is the firmware's
    WORK_BUSY,    // runs a job, or is about to
    WORK_READY,   // waits for the next job
    WORK_LEAVING, // on the way to WORK_OFF
};

struct uefi_worker {
    struct uefi *machine;
    void (*job)(void *arg);
    void *arg;
    char *stack_top;
    bool busy; // a job was given and is not done() yet

    // On the main processor, in slices
    bool here;
    bool over;          // the job has ended
    void *sp;           // where it goes on
    uint64_t slice_end; // ticks

    // On a processor of its own
    bool processor; // there is one, number:
    UINTN number;
    bool started;    // it was started once; the firmware signals ended when it has it back
    bool lost;       // never came back
    EFI_EVENT ended; // NULL: not made yet
    atomic_int state;
    atomic_uint beats;    // counts while the job lives
    unsigned beats_seen;  // by the main processor
    uint64_t seen_ns;     // when they last changed
    atomic_size_t wanted; // pages that it waits for; 0: none
    atomic_bool denied;   // there were none
};

struct uefi_work {
    struct plat_work plat;
    struct mp_services *mp;
    struct uefi_worker workers[PLAT_WORKERS_MAX];
    uintptr_t stacks; // of all workers, side by side; 0: no job was ever given
    size_t stacks_bytes;
    unsigned last;    // worker that had the last slice
    void *back;       // where the main loop goes on
    unsigned on_busy; // jobs on other processors that are not done() yet
};

void work_init(struct uefi *m);

/** For plat.wait: what jobs do; and what they need from the firmware is done for them. */
enum work_look { WORK_NOTHING, WORK_UNDER_WAY, WORK_ENDED };
enum work_look work_look(struct uefi *m);

/** The worker whose processor runs this; NULL: the main processor. */
struct uefi_worker *work_running(const struct uefi *m);

/** Pages for a worker's processor, which must not call the firmware: it asks the main one. */
bool work_ask(struct uefi_worker *w, size_t pages);

#endif
