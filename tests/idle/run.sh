#!/bin/sh
# SPDX-License-Identifier: MIT
# Nothing to do takes no processor time: run.sh BUILD. On Linux; tests/qemu looks at the machine.
if ! command -v python3 >/dev/null; then
    echo "SKIP: there is no python3"
    echo "idle: 0 passed, 0 failed, 1 skipped"
    exit
fi
exec python3 "$(dirname "$0")/idle.py" "$1/linux/telex"
