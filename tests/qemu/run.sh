#!/bin/sh
# SPDX-License-Identifier: MIT
# Telex as a machine: run.sh BUILD [RUN..], all runs unless some are named. Boots the image a few
# times in QEMU and looks at the serial line: the cases of tests/cases must print what they print on
# Linux, keys must work, files must stay, the machine must go to sleep and switch off.
set -u
image=$1/uefi/BOOTX64.EFI
shift
cd "$(dirname "$0")/../.." || exit 1
if [ ! -f "$image" ] || ! command -v qemu-system-x86_64 >/dev/null; then
    echo "SKIP: there is no $image or no QEMU"
    echo "qemu: 0 passed, 0 failed, 1 skipped"
    exit
fi
# Its disks are looked through for secrets at the end of all tests (tests/run.sh).
if [ "${TELEX_KEPT-}" ]; then
    work=$TELEX_KEPT/qemu
    mkdir -p "$work"
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
python3 -B tests/qemu/machine.py "$work" "$image" "$@"
