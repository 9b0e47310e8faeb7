#!/bin/sh
# SPDX-License-Identifier: MIT
# Input that means harm, through the real program: run.sh BUILD
#
# Each must end in its error, in the memory that the limits allow, and the message behind it must
# work. What it must not do is depend on time: `timeout` is only there so that a hang is a failure.
set -u
telex=$1/linux/telex
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work/data"
"$telex" -e 5 >/dev/null
passed=0 failed=0

# The largest unit and its parser: kernel/limits.h and units/limits.h, and the program itself.
MEMORY_KIB=655360

# name, wanted code ("-": no error), file; `5@math.calc` follows on a line of its own and must run
hostile() {
    printf '\n\n(neg 5)@math.calc\n' >>"$3"
    ( ulimit -v $MEMORY_KIB; exec timeout 20 "$telex" "$3" ) >"$work/out" 2>"$work/err"
    got=$(sed -n '1s/^error \([a-z-]*\):.*/\1/p' "$work/err")
    [ -s "$work/err" ] || got=-
    errors=$(grep -c '^error ' "$work/err")
    if [ "$got" = "$2" ] && [ "$(tail -n 1 "$work/out")" = -5 ] && [ "$errors" -le 1 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1: wanted $2, got $got ($errors errors), then $(tail -n 1 "$work/out" | head -c 80)"
        head -c 300 "$work/err"
    fi
    rm -f "$3"
}
f=$work/f
fill() { head -c "$2" /dev/zero | tr '\0' "$1"; } # character, how many

fill '[' 1000000 >"$f" && hostile "a million open brackets" too-deep "$f"
fill '(' 1000000 >"$f" && hostile "a million open pairs" too-deep "$f"
{ printf 5; for i in $(seq 200); do printf '@a'; done; } >"$f" && hostile "suffixes" too-deep "$f"
{ printf '`'; fill x 20971520; printf '`@io.term'; } >"$f" && hostile "a string of 20 MB" too-big "$f"
fill x 20971520 >"$f" && hostile "a word of 20 MB" too-big "$f"
printf '1e999999999' >"$f" && hostile "a number of a billion digits" too-big "$f"
printf '(neg 1e999999999)@math.calc' >"$f" && hostile "the same in a message" too-big "$f"
printf '(pow (9 999999999))@math.calc' >"$f" && hostile "9^999999999" limit "$f"
printf '(fac 100000000)@math.calc' >"$f" && hostile "100000000!" limit "$f"
printf '(mul (1e900000 1e900000))@math.calc' >"$f" && hostile "a product past the digits" limit "$f"
printf '(shl (1 99999999))@math.calc' >"$f" && hostile "a shift past the bits" limit "$f"
printf '{sqrt:2.0 prec:100000000}@math.calc' >"$f" && hostile "a million of digits asked for" limit "$f"

# 31 levels of ten refs each: 10^31 items if it were written out
{
    printf '{'
    for i in $(seq 0 30); do
        printf 'a%d:[' "$i"
        for j in 1 2 3 4 5 6 7 8 9 10; do printf '@a%d ' $((i + 1)); done
        printf ']'
    done
    printf 'a31:[1] say:@a0}@io.term'
} >"$f" && hostile "10^31 items" too-big "$f"
printf '{say:[@say]}@io.term' >"$f" && hostile "a message inside itself" ref-cycle "$f"
printf '{a:@b b:@a neg:@a}@math.calc' >"$f" && hostile "refs in a circle" ref-cycle "$f"

# A fragment after a broken message of several lines must not run.
printf '{say:[1 2\n  3) \n(say fragment)@io.term\n (say `of it`)@io.term' >"$f"
hostile "a fragment" syntax "$f"
printf '(neg 5 6)@math.calc' >"$f" && hostile "an error on one line" syntax "$f"

head -c 100000 /dev/urandom | tr -d '\n' >"$f" && hostile "random bytes" syntax "$f"
printf '`\377\376`' >"$f" && hostile "invalid UTF-8" syntax "$f"
printf '\300\200' >"$f" && hostile "an overlong NUL" syntax "$f"
printf '`\355\240\200`' >"$f" && hostile "a surrogate" syntax "$f"
printf '[1 2 \000 3]' >"$f" && hostile "a NUL between units" syntax "$f"
printf '%%`//////8=`@test.echo' >"$f" && hostile "bytes" - "$f"
printf '{a:1 a:2}' >"$f" && hostile "a key twice" syntax "$f"

# Many keys that a table without a key of its own would put into one place.
{
    printf '{'
    for i in $(seq 40000); do printf 'k%d:%d ' "$i" "$i"; done
    printf '}@test.void'
} >"$f" && hostile "40 000 keys" - "$f"
{ printf '['; yes -- - | head -n 1000001 | tr "\n" " "; printf ']'; } >"$f"
hostile "a list of 1 000 001" too-big "$f"

# In a terminal escapes are shown, never sent; here they go to a pipe as they are.
printf '`\\x1b[2J\\x1b]0;x\\x07`@test.echo' >"$f" && hostile "terminal escapes" - "$f"

# Ten thousand errors, one message behind them
{ yes '(neg x)@math.calc' | head -n 10000; } >"$f"
printf '\n(neg 5)@math.calc\n' >>"$f"
( ulimit -v $MEMORY_KIB; exec timeout 60 "$telex" "$f" ) >"$work/out" 2>"$work/err"
if [ "$(cat "$work/out")" = -5 ] && [ "$(grep -c '^error bad-arg' "$work/err")" = 10000 ]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED ten thousand errors"
fi

echo "hostile: $passed passed, $failed failed"
