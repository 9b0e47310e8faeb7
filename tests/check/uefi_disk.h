// SPDX-License-Identifier: MIT
// A boot volume that the test plays: FAT as the firmware shows it, in memory. Its power can be cut
// between any two changes, and it forgets nothing: what is deleted lies there until it is written
// over.
#ifndef TELEX_TESTS_UEFI_DISK_H
#define TELEX_TESTS_UEFI_DISK_H

#include "kernel/uefi/uefi.h"

enum { DISK_FILES = 12, DISK_BYTES = 160 };

struct disk_file {
    char name[40]; // empty: no file
    char bytes[DISK_BYTES];
    size_t len;
    bool folder;
};

extern struct disk_file disk[DISK_FILES];
extern int disk_power;   // changes until the power goes; < 0: it stays
extern int disk_handles; // that are open

/** One change of what the machine keeps. False: the power is gone, it did not happen. */
bool disk_change(void);

/** Boot services that know the volume, to be extended. */
extern EFI_BOOT_SERVICES disk_boot;

/** The machine starts anew with the disk as it is; its power is back. */
void disk_restart(struct uefi *m);

/** The same with an empty disk. */
void disk_init(struct uefi *m);

/** A file of the folder as a text, or "" when there is none. */
const char *disk_loaded(struct uefi *m, const char *name);

/** Lies this text anywhere, also where no file is any more? */
bool disk_holds(const char *text);

/** Names on the disk, as they are. */
size_t disk_files(void);

#endif
