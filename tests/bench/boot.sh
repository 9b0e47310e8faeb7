#!/bin/sh
# SPDX-License-Identifier: MIT
# From power-on to Telex's prompt, beside a UEFI program that only prints a line: boot.sh BUILD
set -eu
build=$1
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kernel/uefi/volume.sh "$work/telex.img" "$build/uefi/BOOTX64.EFI"
kernel/uefi/volume.sh "$work/hello.img" "$build/uefi/hello.EFI"

python3 - "$work" <<'PY'
import os, subprocess, sys, time

work = sys.argv[1]


def until(volume, text, keep):
    start = time.perf_counter()
    p = subprocess.Popen(
        ["kernel/uefi/qemu.sh", volume, "-serial", "stdio"] + ([] if keep else ["-snapshot"]),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    os.set_blocking(p.stdout.fileno(), False)
    seen = b""
    while text not in seen:
        if time.perf_counter() - start > 60:
            sys.exit("boot: no %r in: %r" % (text, seen[-500:]))
        seen += p.stdout.read() or b""
        time.sleep(0.001)
    took = time.perf_counter() - start
    p.kill()
    p.wait()
    return took


prompt = "λ".encode()
first = until(work + "/telex.img", prompt, True)  # makes the keys
telex, hello = [], []
for _ in range(5):
    telex.append(until(work + "/telex.img", prompt, False))
    hello.append(until(work + "/hello.img", b"hello\r\n", False))
a, b = min(telex), min(hello)  # what else the machine does only ever adds
print("power-on to prompt %.2f s, a line from an empty program %.2f s: %+.2f s (wanted at most +0.30);"
      " first start %.2f s" % (a, b, a - b, first))
PY
