// SPDX-License-Identifier: MIT
// What file.c, folder.c and replace.c share: names and handles of the firmware's file system.
#ifndef TELEX_KERNEL_UEFI_FILE_H
#define TELEX_KERNEL_UEFI_FILE_H

#include "kernel/uefi/uefi.h"

enum {
    NAME_CHARS = 256,            // with the end; FAT's long names have 255
    NAME_BYTES = 3 * NAME_CHARS, // the same as UTF-8
};

/** The firmware's record of a file: its fixed part and room for a name behind it. */
union file_info {
    EFI_FILE_INFO file;
    uint8_t bytes[sizeof(EFI_FILE_INFO) + NAME_CHARS * sizeof(CHAR16)];
};

/** UCS-2 with `/` as `\`. False: too long, invalid, or not expressible. */
bool file_name(const char *path, const char *suffix, CHAR16 out[NAME_CHARS]);
/** EFI_NOT_FOUND also where there is no folder. */
EFI_STATUS file_open(EFI_FILE_HANDLE folder, const char *name, const char *suffix, UINT64 mode,
                     EFI_FILE_HANDLE *out);
EFI_STATUS file_info(EFI_FILE_HANDLE f, union file_info *out);

/** A name that does not lead out of the folder and is none that replacing makes. */
bool folder_plain(const char *name);
/** If the text ends so, it is cut off. */
bool folder_cut(char *text, const char *suffix);
EFI_STATUS folder_rewind(struct uefi *m);
/** The next file in the folder, any. *end: there is none. */
EFI_STATUS folder_next(struct uefi *m, char name[NAME_BYTES], bool *end);
/** Fills has, load, list. */
void folder_init(struct uefi *m);

/** Fills make, save, del; puts in order what a power cut left half done. */
void replace_init(struct uefi *m);

#endif
