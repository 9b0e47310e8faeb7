// SPDX-License-Identifier: MIT
// What differs by processor: x86_64.
#include "kernel/uefi/arch.h"

#include <cpuid.h>
#include <string.h>

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

// What the convention has a call keep lies on the stack that is left, lowest r15; above it where to
// go on. A new stack goes on in arch_begin with rbx = f and r12 = back.
__asm__(".pushsection .text.arch_switch,\"ax\",@progbits\n"
        ".globl arch_switch\n"
        ".hidden arch_switch\n"
        ".type arch_switch,@function\n"
        "arch_switch:\n\t"
        "pushq %rbp\n\tpushq %rbx\n\tpushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n\t"
        "movq %rsp, (%rdi)\n\t"
        "movq %rsi, %rsp\n"
        "1:\n\t"
        "popq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\tpopq %rbx\n\tpopq %rbp\n\t"
        "ret\n"
        ".globl arch_begin\n"
        ".hidden arch_begin\n"
        ".type arch_begin,@function\n"
        "arch_begin:\n\t"
        "call *%rbx\n\t"
        "movq (%r12), %rsp\n\t"
        "jmp 1b\n"
        ".popsection\n");
void arch_begin(void);

void *arch_stack(void *top, void (*f)(void), void **back)
{
    uint64_t *sp = (uint64_t *)top - 9; // f then finds the stack as after any call

    sp[3] = (uint64_t)back; // r12
    sp[4] = (uint64_t)f;    // rbx
    sp[5] = 0;              // rbp: nobody called
    sp[6] = (uint64_t)arch_begin;
    return sp;
}

void arch_relax(void)
{
    __asm__ volatile("pause");
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

void arch_cpu_name(char name[ARCH_CPU_NAME])
{
    uint32_t part[4];

    memset(name, 0, ARCH_CPU_NAME);
    if ((unsigned)__get_cpuid_max(0x80000000, NULL) < 0x80000004)
        return;
    for (unsigned i = 0; i < 3; i++) {
        __cpuid(0x80000002 + i, part[0], part[1], part[2], part[3]);
        memcpy(name + i * sizeof part, part, sizeof part);
    }
}
