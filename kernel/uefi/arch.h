// SPDX-License-Identifier: MIT
// What differs by processor. One file each: x86_64.c
#ifndef TELEX_KERNEL_UEFI_ARCH_H
#define TELEX_KERNEL_UEFI_ARCH_H

#include <stdbool.h>
#include <stdint.h>

/** Run f on another stack, then come back. @top: end of the stack, aligned to 16. */
void arch_on_stack(void *top, void (*f)(void));

/**
 * arch_stack - prepare a stack that arch_switch can go to: f runs on it
 * @top:  end of the stack, aligned to 16
 * @back: when f returns, what is at *back then goes on
 *
 * Returns where to switch to.
 */
void *arch_stack(void *top, void (*f)(void), void **back);

/** Go on at `to`, on its stack; *from: where this one goes on. */
void arch_switch(void **from, void *to);

/** In a loop that waits for another processor. */
void arch_relax(void);

/** A counter that runs evenly, at a rate that clock.c finds out. */
uint64_t arch_ticks(void);

/** 64 bits from the processor's entropy source; false: it has none, or none now. */
bool arch_entropy(uint64_t *out);

enum { ARCH_CPU_NAME = 48 };

/** What the processor says it is: ASCII, ended by a 0 where it is shorter. */
void arch_cpu_name(char name[ARCH_CPU_NAME]);

#endif
