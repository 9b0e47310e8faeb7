// SPDX-License-Identifier: MIT
// The capacities of the kernel, each with its reason. Full is an error for the one who asked.
#ifndef TELEX_KERNEL_LIMITS_H
#define TELEX_KERNEL_LIMITS_H

enum {
    // Tasks of one owner, LANGUAGE section 7: what a runaway loop of messages may hold.
    KERNEL_TASKS_MAX = 1024,

    // Messages nested in one another, LANGUAGE section 7.
    TASK_NEST_MAX = 32,

    // Refs that lead to refs, LANGUAGE section 4.
    TASK_REFS_MAX = 64,

    // Memory of one message with all its values: the largest unit (128 MiB of nodes, 16 MiB of
    // text) and as much again for what is made of it.
    TASK_BYTES_MAX = 384 << 20,

    // Scratch of one handler: the operands and temporaries of the longest product.
    CALL_BYTES_MAX = 256 << 20,

    // Commands of one service, and services of one node: tables are searched by hash.
    SERVICE_COMMANDS_MAX = 512,
    KERNEL_SERVICES_MAX = 256,

    // Tasks kept for the next message instead of being given back.
    KERNEL_SPARE_TASKS = 4,
};

#endif
