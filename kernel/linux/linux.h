// SPDX-License-Identifier: MIT
// What the files of the Linux port share: one process, one terminal, one folder of files.
#ifndef TELEX_KERNEL_LINUX_H
#define TELEX_KERNEL_LINUX_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "kernel/plat.h"

/** A file, pipe or terminal that is read. */
struct linux_source {
    struct linux_source *next; // in linux.sources
    struct linux_port *port;
    int fd;
    bool regular; // a file: always has something, or its end
    bool dry;     // the last read found nothing: plat.wait watches it
};

/** A thread that runs one job at a time. */
struct linux_worker {
    struct linux_port *port;
    unsigned index;
    bool running; // the thread was started
    bool busy;    // and its job is not done(): job and arg are the thread's
    pthread_t thread;
    sem_t given;
    void (*job)(void *arg); // NULL: end
    void *arg;
    atomic_bool ended; // the thread sets it, done() clears it
};

struct linux_port {
    struct plat plat;
    struct plat_con con;
    struct plat_file file;
    struct mem mem;
    struct linux_source in;       // standard input
    struct linux_source *sources; // all that are open
    struct plat_work work;
    struct linux_worker workers[PLAT_WORKERS_MAX];
    int work_event; // eventfd: a job ended; -1: no job was ever given
    char *folder;   // of this node's files; NULL: not asked for yet
    int locked;     // a descriptor that holds the folder's lock, and 1; 0: none
};

/** The one place where errno becomes an error of ours. */
enum err linux_err(int number);

enum err linux_mem_init(struct linux_port *p);
void linux_clock_init(struct linux_port *p);
void linux_random_init(struct linux_port *p);
void linux_console_init(struct linux_port *p);
void linux_file_init(struct linux_port *p);
void linux_hw_init(struct linux_port *p);
void linux_work_init(struct linux_port *p);

/** Ends the threads that have no job. What the others do goes on; it ends with the process. */
void linux_work_fini(struct linux_port *p);
void linux_file_fini(struct linux_port *p);

/** The files that the node keeps, folder.c and replace.c: parts of linux_file_init. */
void linux_folder_init(struct linux_port *p);
void linux_folder_fini(struct linux_port *p);
void linux_replace_init(struct linux_port *p);

/** Their folder as it is, or made first. Errors: ERR_NOT_FOUND, .. */
enum err linux_folder_open(struct linux_port *p, bool make, int *dir);

/** A name that does not lead out of the folder and is no temporary one. */
bool linux_is_plain(const char *name);

/** plat_source.read of a struct linux_source. */
enum err linux_read(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end);

/** The terminal as it was before the first key was asked for. */
void linux_console_fini(void);

#endif
