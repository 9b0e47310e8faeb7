// SPDX-License-Identifier: MIT
// A Linux port whose files lie in a folder that the test makes and takes away.
#ifndef TELEX_TESTS_LINUX_FOLDER_H
#define TELEX_TESTS_LINUX_FOLDER_H

#include "kernel/linux/linux.h"

struct linux_folder {
    struct linux_port port;
    const struct plat_file *file;
    char base[64];
    char *home, *data;  // of the environment, before
    char loaded[10000]; // by linux_folder_load, terminated
    size_t loaded_n;
};

void linux_folder_begin(struct linux_folder *x);
/** Asserts that no file is open that was not before. */
void linux_folder_end(struct linux_folder *x);

/** Of a file; "." is the folder. In a buffer that is good for four calls. */
const char *linux_folder_path(const struct linux_folder *x, const char *name);

/** A file as a person would make it, mode 0600; the folder, too, if it is missing. */
void linux_folder_write(const struct linux_folder *x, const char *name, const char *text);

/** Into x->loaded. */
enum err linux_folder_load(struct linux_folder *x, const char *name);

/** All that lies there, also what is hidden. */
size_t linux_folder_entries(const struct linux_folder *x);

#endif
