#!/bin/sh
# SPDX-License-Identifier: MIT
# The machine that `make qemu`, the tests and the benches boot: qemu.sh VOLUME [more for QEMU]
#
# One disk with the boot volume, one source of randomness; no display and no serial line unless
# they are asked for. Without the emulated flash chip for variables the firmware starts a second
# sooner; what Telex keeps lies on the volume.
volume=$1
shift
exec qemu-system-x86_64 -machine q35 -accel tcg -m 512 -nodefaults -display none \
    -bios /usr/share/ovmf/OVMF.fd \
    -device virtio-rng-pci \
    -drive if=none,id=boot,format=raw,file="$volume" -device virtio-blk-pci,drive=boot,bootindex=0 \
    "$@"
