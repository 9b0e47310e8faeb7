#!/bin/sh
# SPDX-License-Identifier: MIT
# A boot volume: volume.sh VOLUME IMAGE.EFI [FILE..]
# Made when it is not there; else only these files are replaced, so that keys and all else stay.
set -eu
volume=$1 image=$2
shift 2
if [ ! -f "$volume" ]; then
    rm -f "$volume.new"
    mformat -C -i "$volume.new" -T 131072 -h 64 -s 32 -v TELEX :: # 64 MiB
    mmd -i "$volume.new" ::/EFI ::/EFI/BOOT
    mv "$volume.new" "$volume"
fi
mcopy -o -i "$volume" "$image" ::/EFI/BOOT/BOOTX64.EFI
for file in "$@"; do
    mcopy -o -i "$volume" "$file" ::/
done
