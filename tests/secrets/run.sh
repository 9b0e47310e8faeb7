#!/bin/sh
# SPDX-License-Identifier: MIT
# Secrets: run.sh BUILD. Twenty canaries go every way that a secret may go, and are looked for in all
# that comes out, in what is kept, and in the memory of the processes.
#
# tests/run.sh makes the canaries for the whole run (TELEX_CANARIES), keeps what the parts write
# (TELEX_KEPT), and looks through all of it at its end. Alone, this part has its own.
set -u
telex=$(realpath "$1/linux/telex")
cd "$(dirname "$0")/../.." || exit 1
if ! command -v python3 >/dev/null; then
    echo "SKIP: there is no python3"
    echo "secrets: 0 passed, 0 failed, 1 skipped"
    exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
canaries=${TELEX_CANARIES:-$work/canaries}
kept=${TELEX_KEPT:-$work/kept}/secrets
passed=0 failed=0 skipped=0
mkdir -p "$kept"
[ -f "$canaries" ] || python3 -B tests/secrets/canary.py make "$canaries"

# add OUTPUT: its last line counts, the others are for people
add() {
    sed '$d' "$1"
    # shellcheck disable=SC2046
    set -- $(sed -n '$s/^.*: \([0-9]*\) passed, \([0-9]*\) failed\(, \([0-9]*\) skipped\)\{0,1\}$/\1 \2 \4/p' "$1") 0
    if [ $# -lt 3 ]; then
        echo "FAILED it ended without a summary"
        failed=$((failed + 1))
    else
        passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    fi
}

# A canary that lies somewhere is found, or all of this proves nothing.
mkdir "$work/planted"
head -n 7 "$canaries" | tail -n 1 | base64 >"$work/planted/file"
if python3 -B tests/secrets/canary.py find "$canaries" "$work/planted" >/dev/null; then
    echo "FAILED a planted canary is not found"
    failed=$((failed + 1))
else
    passed=$((passed + 1))
fi

for part in drive damage; do
    python3 -B "tests/secrets/$part.py" "$telex" "$canaries" "$kept" >"$work/$part" 2>&1
    add "$work/$part"
done
echo "secrets: $passed passed, $failed failed, $skipped skipped"
