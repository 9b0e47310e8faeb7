#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every case of tests/cases/*.msg through the program: run.sh BUILD
#
# A case is a message of one or more lines without empty ones, and behind it what it must print:
#
#     (neg 5)@math.calc
#     # expect: -5
#
#     (div (1 0))@math.calc
#     # error: div-zero
#
# `# expect:` lines are the output, line by line; a newline at its end is not looked at. `# error:`
# is the code. `# needs: SERVICE` at the head of a file: without that service its cases are skipped.
set -u
telex=$1/linux/telex
cd "$(dirname "$0")" || exit 1
case $telex in /*) ;; *) telex=../../$telex ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work/data"

passed=0 failed=0 skipped=0
for file in *.msg; do
    # One file a case: N.msg, N.out, N.err
    rm -f "$work"/*.msg "$work"/*.out "$work"/*.err
    awk -v dir="$work" '
        function name(kind) { return sprintf("%s/%04d.%s", dir, n, kind) }
        /^# expect:/ { sub(/^# expect: ?/, ""); print >name("out"); next }
        /^# error: / { sub(/^# error: /, ""); print >name("err"); next }
        /^# needs:/ || (/^# / && !open) { next }
        /^$/ { open = 0; next }
        { if (!open) { n++; open = 1 } print >name("msg") }' "$file"
    needs=$(sed -n 's/^# needs: //p' "$file")
    total=$(find "$work" -name '*.msg' | wc -l)
    if [ -n "$needs" ] && ! "$telex" -e "serv@$needs" >/dev/null 2>&1; then
        echo "SKIP: $file: there is no $needs yet"
        skipped=$((skipped + total))
        continue
    fi
    for msg in "$work"/*.msg; do
        case=${msg%.msg}
        "$telex" "$msg" >"$case.got" 2>"$case.said"
        got=$(cat "$case.got")
        if [ -f "$case.err" ]; then
            want="error $(cat "$case.err")"
            got=$(sed -n '1s/^\(error [a-z-]*\):.*/\1/p' "$case.said")
        else
            want=$(cat "$case.out")
            [ ! -s "$case.said" ] || got="$got $(cat "$case.said")"
        fi
        if [ "$got" = "$want" ]; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            printf 'FAILED %s:\n%s\n  wanted: %s\n  got:    %s\n' "$file" "$(cat "$msg")" "$want" "$got"
        fi
    done
done
echo "cases: $passed passed, $failed failed, $skipped skipped"
