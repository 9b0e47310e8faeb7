#!/bin/sh
# SPDX-License-Identifier: MIT
# The program as Linux runs it: pipes, terminals, signals, files. run.sh BUILD
if ! command -v python3 >/dev/null; then
    echo "SKIP: there is no python3"
    echo "linux: 0 passed, 0 failed, 1 skipped"
    exit
fi
exec python3 "$(dirname "$0")/program.py" "$1/linux/telex"
