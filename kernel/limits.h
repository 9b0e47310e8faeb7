// SPDX-License-Identifier: MIT
// The capacities of the kernel, each with its reason. Full is an error for the one who asked.
#ifndef TELEX_KERNEL_LIMITS_H
#define TELEX_KERNEL_LIMITS_H

// Processor time of a message since it last waited: what one may delay its owner by.
#define TASK_BUDGET_NS 10000000000u

enum {
    // Tasks of one owner: what a runaway loop of messages may hold.
    KERNEL_TASKS_MAX = 1024,

    // Of these, what tasks in the background leave to whoever sits at a terminal.
    KERNEL_TASKS_KEPT = 64,

    // Tasks of all owners together: each has its memory, and a place among the timers.
    KERNEL_TASKS_ALL = 4096,

    // What of all tasks nobody can take from the node's owner.
    NODE_TASKS_MIN = 256,

    // .. and of all memory, a quarter or this: a key that has a passphrase opens with 64 MiB of it.
    NODE_BYTES_MIN = 72 << 20,

    // Users that the kernel knows at once: those with a session, tasks or an account. Past them the
    // account of one who has nothing here any more is forgotten.
    KERNEL_OWNERS_MAX = 256,

    // Grants of a node, and what was taken back lately: each is looked at when one of his messages
    // wants to know, and all are checked at the start, 0.1 ms each.
    GRANTS_MAX = 1024,
    GRANT_MEM_MIN = 1 << 20, // bytes that a user may have at least: else he could not even log out
    GRANTS_OTHERS_MAX = 512, // given by users who own a service: its owner always has room
    REVOKED_KEPT = 64,

    // Words in one grant.
    GRANT_WORDS_MAX = 64,

    // Messages nested in one another: each keeps what it was about to do.
    TASK_NEST_MAX = 32,

    // Refs that lead to refs: none that a person writes is longer.
    TASK_REFS_MAX = 64,

    // Memory of one message with all its values: the largest unit (128 MiB of nodes, 16 MiB of
    // text) and as much again for what is made of it.
    TASK_BYTES_MAX = 384 << 20,

    // Scratch of one handler: the operands and temporaries of the longest product.
    CALL_BYTES_MAX = 256 << 20,

    // Commands of one service, and services of one node: tables are searched by hash.
    SERVICE_COMMANDS_MAX = 512,
    KERNEL_SERVICES_MAX = 256,

    // Tasks kept for the next message instead of being given back: as many as a parallel map has.
    KERNEL_SPARE_TASKS = 16,

    // First piece of memory of a message that another message sends: most are small and many.
    CHILD_CHUNK_BYTES = 4 << 10,

    // Values up to this size are copied into the message that waits for them; the memory of larger
    // ones is taken over as a whole.
    VALUE_COPY_BYTES = 4 << 10,

    // How long a task computes before another one has its turn, and the kernel before the shell.
    SLICE_NS = 1000000,

    // Who computed for less than this since it last waited goes before those who computed longer.
    PROMPT_NS = 2000000,

    // Steps of reading between two looks at the clock: some 50 ns each.
    STEPS_A_LOOK = 64,

    // From this prediction on a handler runs on another processor: waking one costs a tenth of it.
    ASIDE_NS = 500000,

    // All memory of one owner's tasks.
    OWNER_BYTES_MAX = 1 << 30,
};

// All memory of all tasks: room for a few owners at their limit, and what a machine of today has.
#define KERNEL_BYTES_MAX ((uint64_t)4 << 30)

#endif
