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

# Messages that send messages
printf '{a:(task.que [1 @a])@sys.task try:@a@sys.task}@sys.task' >"$f"
hostile "a message that sends itself" ref-cycle "$f"
printf '{a:(run @b)@sys.task b:(run @a)@sys.task run:@a}@sys.task' >"$f"
hostile "two that send to each other" ref-cycle "$f"
printf '{run:@run}@sys.task' >"$f" && hostile "a message that is its own body" ref-cycle "$f"
printf '{x:(task.sim [@x@sys.task @x@sys.task])@sys.task run:@x.0.err.code@sys.task}@sys.task' >"$f"
hostile "itself twice, in parallel" - "$f"
printf '(dup (1000000 (dup (1000000 a))@dat.proc))@dat.proc' >"$f"
hostile "a million times a million" too-big "$f"
printf '(grp (0 [1]))@dat.proc' >"$f" && hostile "groups of none" bad-arg "$f"
{ printf '{a0:5 '; for i in $(seq 40); do printf 'a%d:(try (neg @a%d)@math.calc)@sys.task ' "$i" $((i - 1)); done
  printf 'neg:@a40}@math.calc'; } >"$f"
hostile "an error through forty messages" bad-arg "$f"

# An error in each place of a chain, of a queue, of a list run at once
for i in 1 2 3 4; do
    { printf '{msg:5 task:['; for j in 1 2 3 4; do [ $i = $j ] && printf 'nowhere ' || printf 'math.calc '; done
      printf ']}@sys.task'; } >"$f"
    hostile "no service in place $i of a chain" no-service "$f"
    { printf '(task.que ['; for j in 1 2 3 4; do [ $i = $j ] && printf '(div (1 0))@math.calc ' || printf '(neg 5)@math.calc '; done
      printf '])@sys.task'; } >"$f"
    hostile "an error in place $i of a queue" div-zero "$f"
    { printf '(map (neg ['; for j in 1 2 3 4; do [ $i = $j ] && printf 'x ' || printf '7 '; done
      printf '])@math.calc)@dat.proc'; } >"$f"
    hostile "an error in place $i of a map" bad-arg "$f"
done

# A tree of tasks in the background, each of them killed in every order: nothing is left, so the
# program ends at once.
for order in "2 3 4 5 6" "6 5 4 3 2" "4 2 6 3 5" "5 6 2 4 3" "3 4 5 6 2"; do
    {
        printf '(task.sep (task.sim [(wait 900)@time.chrono (task.sim [(wait 900)@time.chrono '
        printf '(task.loop (wait 900)@time.chrono)@sys.task])@sys.task])@sys.task)@sys.task\n'
        printf '(wait.ms 20)@time.chrono\n'
        for id in $order; do printf '(try (kill %d)@sys.task)@sys.task@test.void\n' "$id"; done
        printf '(kill 1)@sys.task\n(try (kill 2)@sys.task)@sys.task@test.void'
    } >"$f"
    printf '\n\n(neg 5)@math.calc\n' >>"$f"
    timeout 20 "$telex" "$f" >"$work/out" 2>"$work/err"
    if [ $? != 124 ] && [ "$(tail -n 1 "$work/out")" = -5 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED killing $order"
        tail -n 5 "$work/out" "$work/err"
    fi
done

# Those that never end by themselves: all at once, as each takes its whole budget of 10 s. The
# message behind them runs.
n=0
while IFS= read -r msg; do
    n=$((n + 1))
    printf '%s\n\n(neg 5)@math.calc\n' "$msg" >"$work/long$n"
    ( ulimit -v $MEMORY_KIB
      exec timeout 120 "$telex" "$work/long$n" ) >"$work/long$n.out" 2>"$work/long$n.err" &
done <<'END'
(task.loop a)@sys.task
(task.loop (4000000000 a))@sys.task
(task.loop (neg 5)@math.calc)@sys.task
(task.loop (try (task.loop a)@sys.task)@sys.task)@sys.task
(task.sim [(task.loop a)@sys.task (task.loop (neg 1)@math.calc)@sys.task 5])@sys.task
END
wait
for i in $(seq $n); do
    if grep -q '^error limit:' "$work/long$i.err" && [ "$(grep -c '^error ' "$work/long$i.err")" = 1 ] &&
        [ "$(tail -n 1 "$work/long$i.out")" = -5 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $(head -n 1 "$work/long$i")"
        head -c 300 "$work/long$i.err"
    fi
done

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
