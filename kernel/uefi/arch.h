// SPDX-License-Identifier: MIT
// What differs by processor. One file each: x86_64.c
#ifndef TELEX_KERNEL_UEFI_ARCH_H
#define TELEX_KERNEL_UEFI_ARCH_H

#include <stdbool.h>
#include <stdint.h>

/** Run f on another stack, then come back. @top: end of the stack, aligned to 16. */
void arch_on_stack(void *top, void (*f)(void));

/** A counter that runs evenly, at a rate that clock.c finds out. */
uint64_t arch_ticks(void);

/** 64 bits from the processor's entropy source; false: it has none, or none now. */
bool arch_entropy(uint64_t *out);

#endif
