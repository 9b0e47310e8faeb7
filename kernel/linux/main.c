// SPDX-License-Identifier: MIT
// Telex as a program of Linux: fills the table of the platform and starts the shell.
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "kernel/linux/linux.h"

// Telex is a guest here: the machine belongs to Linux.
static enum err not_ours(void *ctx)
{
    (void)ctx;
    return ERR_NOT_SUPPORTED;
}

// Keys are in this memory: none of it is written to a core file, and no other process of this user
// reads it. The limit alone would not keep a core from a program that takes it through a pipe.
static void keep_memory(void)
{
    const struct rlimit none = {0, 0};

    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // both only give up what this process has
    (void)setrlimit(RLIMIT_CORE, &none);
}

int main(int argc, char **argv)
{
    struct linux_port p = {
        .plat = {.ctx = &p, .name = "linux", .off = not_ours, .reset = not_ours}};
    int status;

    keep_memory(); // before anything is read
    // A reader that went away is an error of write(), not the end of the process.
    (void)signal(SIGPIPE, SIG_IGN);
    if (linux_mem_init(&p)) {
        (void)fputs("error not-supported: this Linux has no random bytes to offer\n", stderr);
        return err_class(ERR_NOT_SUPPORTED);
    }
    linux_clock_init(&p);
    linux_random_init(&p);
    linux_console_init(&p);
    linux_file_init(&p);
    linux_hw_init(&p);
    linux_work_init(&p);

    status = plat_main(&p.plat, argc, argv);

    linux_console_fini();
    linux_work_fini(&p);
    linux_file_fini(&p);
    return status;
}
