#!/bin/sh
# SPDX-License-Identifier: MIT
# Telex beside its peers, in the same run, as ratios: run.sh BUILD. A bench is no test: it fails
# nothing. Medians; one core (both sides on the same one).
set -u
build=$1
cd "$(dirname "$0")/../.." || exit 1
case $build in /*) ;; *) build=$PWD/$build ;; esac
data=$build/bench/data
telex=$build/linux/telex
export XDG_DATA_HOME="$build/bench/home"
mkdir -p "$XDG_DATA_HOME"
[ -f "$data/sums.bc" ] || python3 tests/bench/corpora.py "$data" 12
gcc -O2 -o "$build/bench/peer_cjson" tests/bench/peer_cjson.c -lcjson || exit 1
"$telex" -e 5 >/dev/null # keys are made now, not in a measurement

python3 - "$telex" "$data" "$build" <<'PY'
import os, resource, statistics, subprocess, sys, time

telex, data, build = sys.argv[1:]
os.sched_setaffinity(0, {0})
null = open(os.devnull, "w")


# The memory is an upper bound: it counts what the child had of this script before it became args.
def once(args, stdin=None):
    src = open(stdin) if stdin else subprocess.DEVNULL
    start = time.perf_counter()
    p = subprocess.Popen(args, stdin=src, stdout=null, stderr=null)
    _, status, usage = os.wait4(p.pid, 0)
    took = time.perf_counter() - start
    if stdin:
        src.close()
    return took, usage.ru_maxrss, status


def compare(name, ours, theirs, wanted, runs, stdin=(None, None), per="times as fast"):
    a, b, mem = [], [], 0
    for _ in range(runs):
        t, rss, status = once(ours, stdin[0])
        assert status == 0, (ours, status)
        mem = max(mem, rss)
        a.append(t)
        b.append(once(theirs, stdin[1])[0])
    x, y = statistics.median(a), statistics.median(b)
    print("%-34s %8.1f ms    %-8s %8.1f ms  ratio %.2f (wanted %s)  %.1f MiB at most" %
          (name, x * 1e3, os.path.basename(theirs[0]), y * 1e3, y / x, wanted, mem / 1024), flush=True)


def throughput(args):
    return [float(line.split()[0]) for line in subprocess.check_output(args, text=True).splitlines()]


pairs = [(throughput([build + "/bench/bench_units", data + "/small.msg"]),
          throughput([build + "/bench/peer_cjson", data + "/small.ndjson"])) for _ in range(3)]
for i, (name, wanted) in enumerate((("parse, in process", "2.0"), ("parse and print", "3.0"))):
    a = statistics.median(p[0][i] for p in pairs)
    b = statistics.median(p[1][i] for p in pairs)
    print("%-34s %8.0f MB/s  cJSON    %8.0f MB/s ratio %.2f (wanted %s)" % (name, a, b, a / b, wanted),
          flush=True)
small = data + "/small.msg"
compare("12 MB of small messages", [telex, small], ["jq", "-c", ".", data + "/small.ndjson"],
        "6.0, under 16 MiB", 5)
compare("200 000 sums, line by line", [telex], ["bc"], "1.0", 5,
        (data + "/sums.msg", data + "/sums.bc"))
big = "import sys\ntry: sys.set_int_max_str_digits(0)\nexcept AttributeError: pass\n"
compare("2^100000", [telex, "-e", "(pow (2 100000))@math.calc"],
        ["python3", "-c", big + "print(2**100000)"], "more than 1", 11)
compare("10000!", [telex, "-e", "(fac 10000)@math.calc"],
        ["python3", "-c", big + "import math\nprint(math.factorial(10000))"], "more than 1", 11)
units = data + "/units.msg"
with open(units, "w") as f:
    f.writelines("(neg %d)@math.calc\n" % i for i in range(100000))
with open(data + "/signed.msg", "w") as f:
    subprocess.run([telex, "--sign", units], stdout=f, check=True)
sign = build + "/bench/sign"
compare("100 000 units, telex --sign", [telex, "--sign", units], [sign, "peer-sign", "100000"],
        "10", 3)
compare("100 000 units, telex --verify", [telex, "--verify", data + "/signed.msg"],
        [sign, "peer-verify", "100000"], "10", 3)
os.unlink(data + "/signed.msg")
compare("start-up, telex -e 5", [telex, "-e", "5"], ["dash", "-c", ":"], "0.33 at least", 201)
PY
# Inside the kernel: messages a second on one core; how long one session waits for another; timers;
# a map on one and two processors.
taskset -c 0 "$build/bench/dispatch"
# A signed message from another node, beside libsodium's own verify.
taskset -c 0 "$build/bench/message"
"$build/bench/latency" 1500
echo "the same on one processor:"
taskset -c 0 "$build/bench/latency" 700
"$build/bench/tasks"
# Documents with a signature each, and in batches.
taskset -c 0 "$build/bench/sign" 20000
[ -x tests/bench/boot.sh ] && tests/bench/boot.sh "$build"
exit 0
