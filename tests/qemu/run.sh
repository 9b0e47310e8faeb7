#!/bin/sh
# SPDX-License-Identifier: MIT
# The cases of tests/cases in QEMU: run.sh BUILD
#
# First as init.msg on the boot volume: what the machine shows must be, byte for byte, what the
# program shows for the same file on Linux. Then typed at the serial line, one after the other.
set -u
build=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
case $build in /*) ;; *) build=$top/$build ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work/data"
passed=0 failed=0 skipped=0

# ---- the cases whose services are there
: >"$work/all.msg"
: >"$work/script"
for file in "$top"/tests/cases/*.msg; do
    needs=$(sed -n 's/^# needs: //p' "$file")
    if ! "$build/linux/telex" -e "serv@$needs" >/dev/null 2>&1; then
        n=$(grep -c '^# \(expect\|error\)' "$file")
        echo "SKIP: ${file##*/}: there is no $needs yet"
        skipped=$((skipped + n))
        continue
    fi
    # Only messages: in a file of many, what one has left on its line ends before the next.
    sed '/^# /d' "$file" >>"$work/all.msg"
    # Typed: messages of one line.
    awk '
        function out() { if (lines == 1) { printf "send %s\n%s", msg, wants }; lines = 0; wants = "" }
        /^# expect:/ { sub(/^# expect: ?/, ""); wants = wants "want " $0 "\n"; next }
        /^# error: / { sub(/^# error: /, ""); wants = wants "error " $0 "\n"; next }
        /^# / && !lines { next }
        /^$/ { out(); next }
        { lines++; msg = $0 }
        END { out() }' "$file" >>"$work/script"
done
echo 'last off@sys.hw' >>"$work/script"

volume() { # image, init.msg or nothing
    mformat -C -i "$1" -T 131072 -h 64 -s 32 -v TELEX ::
    mmd -i "$1" ::/EFI ::/EFI/BOOT
    mcopy -i "$1" "$build/uefi/BOOTX64.EFI" ::/EFI/BOOT/BOOTX64.EFI
    [ -z "${2:-}" ] || mcopy -i "$1" "$2" ::/init.msg
}
machine() { # image
    qemu-system-x86_64 -machine q35 -accel tcg -m 512 -nodefaults -bios /usr/share/ovmf/OVMF.fd \
        -device virtio-rng-pci -display none -drive "if=none,id=boot,format=raw,file=$1" \
        -device virtio-blk-pci,drive=boot,bootindex=0 -serial stdio
}

# ---- as init.msg
cp "$work/all.msg" "$work/init.msg"
printf '\n`the end`\n\noff@sys.hw\n' >>"$work/init.msg"
volume "$work/init.img" "$work/init.msg"
printf '\n`the end`\n' >>"$work/all.msg"
"$build/linux/telex" "$work/all.msg" >"$work/linux.out" 2>&1
machine "$work/init.img" </dev/null 2>"$work/qemu.err" | timeout 120 cat >"$work/uefi.raw"
# The firmware speaks first, and the file is named differently here and there.
tr -d '\r' <"$work/uefi.raw" | sed 's/\x1b\[[0-9;?=]*[A-Za-z]//g; s/\x1b[()][A-Z0-9]//g' >"$work/uefi.all"
first=$(head -n 1 "$work/linux.out")
awk -v first="$first" '!on && index($0, first) { on = 1; $0 = substr($0, index($0, first)) } on
    /^the end$/ { exit }' "$work/uefi.all" | sed 's/[^ ]*init\.msg:/FILE:/' >"$work/uefi.out"
sed "s|[^ ]*all\.msg:|FILE:|" "$work/linux.out" >"$work/linux.cmp"
if cmp -s "$work/linux.cmp" "$work/uefi.out"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED: the machine and the program differ:"
    diff "$work/linux.cmp" "$work/uefi.out" | head -40
fi

# ---- typed at the serial line
cc=${CC:-gcc}
$cc -O1 -Wall -o "$work/drive" "$top/tests/qemu/drive.c" || exit 1
volume "$work/typed.img"
"$work/drive" 240 "$work/script" qemu-system-x86_64 -machine q35 -accel tcg -m 512 -nodefaults \
    -bios /usr/share/ovmf/OVMF.fd -device virtio-rng-pci -display none \
    -drive "if=none,id=boot,format=raw,file=$work/typed.img" \
    -device virtio-blk-pci,drive=boot,bootindex=0 -serial stdio >"$work/typed" 2>"$work/typed.raw"
grep -v '^[0-9]* passed' "$work/typed"
set -- $(tail -n 1 "$work/typed" | tr -d ,)
passed=$((passed + ${1:-0}))
failed=$((failed + ${3:-1}))

echo "qemu: $passed passed, $failed failed, $skipped skipped"
