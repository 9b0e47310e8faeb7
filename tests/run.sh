#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the tests and adds them up: run.sh BUILD [PART..]
#
# A part ends with a line "NAME: N passed, N failed[, N skipped]"; a part that ends without one has
# crashed and counts as one failed. The parts are the functions part_NAME below and every
# tests/NAME/run.sh, which gets BUILD as its argument. What cannot run says SKIP and why.
set -u
build=$1
shift
# Check's parent frees millions of small blocks; kept back for long, they make each fork slow.
export ASAN_OPTIONS="${ASAN_OPTIONS:-quarantine_size_mb=8}"
cd "$(dirname "$0")/.." || exit 1

# Reads what Check prints last: "99%: Checks: 120, Failures: 1, Errors: 0"
check_summary() {
    awk -v name="$1" '
        { print }
        /^[0-9]+%: Checks: / {
            gsub(/[,:]/, ""); n = $3; bad = $5 + $7; seen = 1
        }
        END { if (seen) printf "%s: %d passed, %d failed\n", name, n - bad, bad }'
}

unit_tests() {
    if [ ! -x "$build/test-$1/check" ]; then
        echo "SKIP: $build/test-$1/check is not built"
        echo "unit tests ($1): 0 passed, 0 failed, 1 skipped"
        return
    fi
    # In one process: a fork of a process under ASan costs more than most tests. What crashes ends
    # the part without a summary, and that is a failure, too.
    CK_FORK=no timeout 900 "$build/test-$1/check" 2>&1 | check_summary "unit tests ($1)"
}
part_gcc() { unit_tests gcc; }
part_clang() { unit_tests clang; }

# Every seed and every past crash, through every fuzzer; no searching.
part_fuzz() {
    good=0 bad=0 none=0
    for fuzzer in "$build"/fuzz/fuzz_*; do
        [ -x "$fuzzer" ] && [ -f "$fuzzer" ] || continue
        seeds=tests/fuzz/seeds/${fuzzer##*/fuzz_}
        n=$(find "$seeds" -type f 2>/dev/null | wc -l)
        if [ "$n" = 0 ]; then
            echo "SKIP: $fuzzer has no seeds in $seeds"
            none=$((none + 1))
        elif out=$(find "$seeds" -type f -exec "$fuzzer" -runs=0 {} + 2>&1); then
            good=$((good + n))
        else
            printf '%s\n' "$out" | tail -n 40
            bad=$((bad + 1))
        fi
    done
    echo "fuzz seeds: $good passed, $bad failed, $none skipped"
}

# What is made from tables and kept in the tree must be what the tables say now.
part_docs() {
    if [ ! -f cookbook/services.md ]; then
        echo "SKIP: there is no cookbook/services.md: make docs"
        echo "docs: 0 passed, 0 failed, 1 skipped"
    elif python3 cookbook/manual.py "$build/linux/telex" | diff cookbook/services.md -; then
        echo "docs: 1 passed, 0 failed"
    else
        echo "cookbook/services.md is stale: make docs"
        echo "docs: 0 passed, 1 failed"
    fi
}

# The last of all: whatever the parts wrote, their disks too, holds none of the secrets that were used.
part_canaries() {
    if [ ! -f "$TELEX_CANARIES" ]; then
        echo "SKIP: there is no python3"
        echo "canaries: 0 passed, 0 failed, 1 skipped"
        return
    fi
    set -- "$logs" "$build"/test-*/*.log "${XDG_DATA_HOME:-${HOME:-}/.local/share}/telex" core*
    for path; do
        shift
        [ ! -e "$path" ] || set -- "$@" "$path"
    done
    if python3 -B tests/secrets/canary.py find "$TELEX_CANARIES" "$@"; then
        echo "canaries: 1 passed, 0 failed"
    else
        echo "canaries: 0 passed, 1 failed"
    fi
}

part_lint() { tests/lint.sh "$build"; }

parts=${*:-"lint docs gcc clang fuzz $(ls tests/*/run.sh 2>/dev/null) canaries"}
[ "$parts" != check ] || parts="gcc clang"

logs=$(mktemp -d)
hidden=$(mktemp -d) # of what lies here nobody may write anything anywhere
trap 'rm -rf "$logs" "$hidden"' EXIT
export TELEX_CANARIES="$hidden/canaries" TELEX_KEPT="$logs/kept"
mkdir "$TELEX_KEPT"
! command -v python3 >/dev/null || python3 -B tests/secrets/canary.py make "$TELEX_CANARIES"

# run PART: its output to the log
run() {
    case $1 in
    */run.sh) "$1" "$build" ;;
    *) "part_$1" ;;
    esac >"$logs/$(name_of "$1")" 2>&1
}
name_of() {
    case $1 in
    */run.sh) basename "${1%/run.sh}" ;;
    *) echo "$1" ;;
    esac
}

# The two that take longest run side by side; all others have the machine for themselves.
case " $parts " in
*" gcc clang "*)
    run gcc &
    run clang
    wait
    ;;
esac

passed=0 failed=0 skipped=0
for part in $parts; do
    name=$(name_of "$part")
    log=$logs/$name
    [ "$name" != bench ] || continue
    [ -f "$log" ] || run "$part"
    last=$(tail -n 1 "$log")
    if counts=$(printf '%s\n' "$last" | sed -n \
        's/^.*: \([0-9]*\) passed, \([0-9]*\) failed\(, \([0-9]*\) skipped\)\{0,1\}$/\1 \2 \4/p') &&
        [ -n "$counts" ]; then
        # shellcheck disable=SC2086
        set -- $counts
        # What went well is told in a line.
        if [ "$2" = 0 ]; then grep '^SKIP' "$log"; else sed '$d' "$log"; fi
        echo "$last"
    else
        set -- 0 1 0
        cat "$log"
        echo "$name: ended without a summary"
    fi
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + ${3:-0}))
done

[ "$skipped" = 0 ] && echo "$passed passed, $failed failed" ||
    echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
