// SPDX-License-Identifier: MIT
// What gnu-efi's reloc_*.c needs of <elf.h>; the C library of this machine has none.
// Source: System V ABI, chapter 5 (dynamic section), x86-64 and AArch64 supplements.
#ifndef TELEX_KERNEL_UEFI_ELF_H
#define TELEX_KERNEL_UEFI_ELF_H

#include <stdint.h>

typedef struct {
    int64_t d_tag;
    union {
        uint64_t d_val;
        uint64_t d_ptr;
    } d_un;
} Elf64_Dyn;

typedef struct {
    uint64_t r_offset;
    uint64_t r_info;
} Elf64_Rel;

typedef struct {
    uint64_t r_offset;
    uint64_t r_info;
    int64_t r_addend;
} Elf64_Rela;

#define ELF64_R_TYPE(info) ((uint32_t)(info))
#define R_X86_64_NONE 0
#define R_X86_64_RELATIVE 8
#define R_AARCH64_NONE 0
#define R_AARCH64_RELATIVE 1027
#define DT_NULL 0
#define DT_RELA 7
#define DT_RELASZ 8
#define DT_RELAENT 9

#endif
