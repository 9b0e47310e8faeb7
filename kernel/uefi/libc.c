// SPDX-License-Identifier: MIT
// What the C library asks of the machine, for the libraries' sake: the core uses none of it.
#include "kernel/uefi/uefi.h"

#include <stdio.h>
#include <unistd.h>

// No heap: libraries get their memory from arenas (units/heap.h). malloc gives NULL.
void *sbrk(ptrdiff_t bytes)
{
    (void)bytes;
    return (void *)-1;
}

void _exit(int status)
{
    (void)status;
    uefi_panic("telex: the C library gave up");
}

// Libraries print only when they are about to give up, and then uefi_panic says so.
static int discard(char c, FILE *f)
{
    (void)f;
    return (unsigned char)c;
}

static FILE null_file = FDEV_SETUP_STREAM(discard, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdin = &null_file;
FILE *const stdout = &null_file;
FILE *const stderr = &null_file;
