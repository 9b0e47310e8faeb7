// SPDX-License-Identifier: MIT
// The limits of one unit, each with its reason. Tests stand at and past each.
#ifndef TELEX_UNITS_LIMITS_H
#define TELEX_UNITS_LIMITS_H

enum {
    // Brackets and suffixes together. Deep enough for any message a person writes; shallow enough
    // that walking a unit by recursion needs a few KiB of stack.
    UNIT_DEPTH_MAX = 64,

    // Printed or encoded length of one unit: what one message may make a node hold and send.
    UNIT_TEXT_MAX_BYTES = 16 << 20,

    // Items of one list, entries of one map.
    UNIT_ITEMS_MAX = 1000000,

    // Units in one unit, shared ones each time: 32 bytes each, so 128 MiB at the most.
    UNIT_NODES_MAX = 4000000,

    // Digits of a number as printed, before and behind the point: what a multiplication may cost.
    UNIT_DIGITS_MAX = 1000000,

    // Steps of a ref: no unit is deeper.
    UNIT_STEPS_MAX = 64,

    // Service names: they stand in routing tables and beacons.
    UNIT_SERVICE_MAX_BYTES = 64,

    // Node names in addresses: one DNS label (RFC 1035 section 2.3.4).
    UNIT_NODE_MAX_BYTES = 63,

    // Up to here a map is searched entry by entry, above it has a hash index.
    MAP_SMALL = 12,
};

#endif
