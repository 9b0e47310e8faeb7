#!/bin/sh
# SPDX-License-Identifier: MIT
# Memory that holds keys is not written down when the program dies, nor read by others: run.sh BUILD
if ! command -v python3 >/dev/null; then
    echo "SKIP: there is no python3"
    echo "dump: 0 passed, 0 failed, 1 skipped"
    exit
fi
exec python3 -B "$(dirname "$0")/dump.py" "$1/linux/telex"
