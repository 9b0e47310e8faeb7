#!/bin/sh
# SPDX-License-Identifier: MIT
# A short soak for `make test`: run.sh BUILD. The long ones: make soak N=10000000
set -u
passed=0 failed=0
for seed in 1 2; do
    if timeout 300 "$1/soak/soak" 200000 $seed; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: soak 200000 $seed"
    fi
done
if timeout 300 "$1/soak/forge" 4 5000 100000; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED: forge 4 5000 100000"
fi
echo "soak: $passed passed, $failed failed"
