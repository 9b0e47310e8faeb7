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
    "$build/test-$1/check" 2>&1 | check_summary "unit tests ($1)"
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

part_lint() { tests/lint.sh "$build"; }

parts=${*:-"lint gcc clang fuzz $(ls tests/*/run.sh 2>/dev/null)"}
[ "$parts" != check ] || parts="gcc clang"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0
for part in $parts; do
    case $part in
    */run.sh) name=$(basename "${part%/run.sh}") ;;
    *) name=$part ;;
    esac
    [ "$name" != bench ] || continue
    if [ "$part" = "$name" ] && ! [ -f "tests/$name/run.sh" ]; then
        "part_$name" >"$log" 2>&1
    else
        "tests/$name/run.sh" "$build" >"$log" 2>&1
    fi
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
