// SPDX-License-Identifier: MIT
// What differs by processor: x86_64.
#include "kernel/uefi/arch.h"

#include <cpuid.h>

void arch_on_stack(void *top, void (*f)(void))
{
    // f comes back, so rbx still holds our stack; what f may change is listed.
    __asm__ volatile("movq %%rsp, %%rbx\n\t"
                     "movq %[top], %%rsp\n\t"
                     "call *%[f]\n\t"
                     "movq %%rbx, %%rsp"
                     :
                     : [top] "r"(top), [f] "r"(f)
                     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0",
                       "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc");
}

uint64_t arch_ticks(void)
{
    uint32_t low, high;

    // The fence keeps the reading from being done ahead of what it is to measure.
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

bool arch_entropy(uint64_t *out)
{
    uint32_t a, b, c, d;

    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_RDSEED))
        return false;

    // The source is shared by all processors and may be dry for a moment; ten tries are Intel's
    // advice for RDRAND, RDSEED may need more.
    for (int i = 0; i < 100; i++) {
        uint8_t ok;
        uint64_t v;

        __asm__ volatile("rdseed %0\n\tsetc %1" : "=r"(v), "=qm"(ok) : : "cc");
        if (ok) {
            *out = v;
            return true;
        }
        __asm__ volatile("pause");
    }
    return false;
}
