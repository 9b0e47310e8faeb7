#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Small messages, the same as units and as JSON lines, always the same: corpora.py FOLDER MEGABYTES
import json, os, random, sys

folder, size = sys.argv[1], int(sys.argv[2]) << 20
os.makedirs(folder, exist_ok=True)
rnd = random.Random(20261121)
WORDS = ("alpha beta gamma node term math store task unit key value list map ref stream width height "
         "colour label title speed route file text page cursor шлях 日本 café naïve").split()
SERVICES = "io.term math.calc io.store sys.usr sys.task gfx.2d time.chrono dat.proc".split()


def text(n):
    return " ".join(rnd.choice(WORDS) for _ in range(n))


def message(i):
    kind = rnd.randrange(8)
    if kind < 2:
        m = {"say": text(rnd.randint(3, 12)) + rnd.choice(["", "", "", "\n"]), "nl": rnd.random() < .5}
    elif kind == 2:
        m = {"sum": [rnd.randint(-50000, 50000) for _ in range(rnd.randint(2, 15))],
             "neg": rnd.randrange(1 << 31) / 1024}
    elif kind == 3:
        m = {"get": "@%s.%s" % (rnd.choice(WORDS), rnd.choice(WORDS)), "ver": rnd.randrange(1 << 31)}
    elif kind == 4:
        m = {"put": {"key": "%s/%d" % (rnd.choice(WORDS), rnd.randrange(10000)), "val": text(9)}}
    elif kind == 5:
        m = {"inp": {"prompt": '%s: "q" \\ %s' % (text(1), text(1)), "opt": [text(1) for _ in range(3)]}}
    elif kind == 6:
        m = {"ref": [text(1), None], "dur": rnd.randrange(1000) / 7}
    else:
        m = {"fill": {"col": "#%06x" % rnd.randrange(1 << 24), "pos": [rnd.randrange(1920), 7]}}
    if rnd.randrange(3):
        return {"id": i, "usr": "super", "task": rnd.choice(SERVICES), "msg": m}
    digest = "".join(rnd.choice("ABCDEFGHabcdefgh0123456789+/") for _ in range(44))
    return {"task": rnd.choice(SERVICES), "msg": m, "hash": digest}


def unit(v):
    if v is None:
        return "-"
    if isinstance(v, bool):
        return "t" if v else "f"
    if isinstance(v, (int, float)):
        return format(v, "d") if isinstance(v, int) else format(v, ".12f").rstrip("0") + "0"
    if isinstance(v, str):
        if v.isascii() and v.replace(".", "a").isalpha() and v not in "tf":
            return v
        return "`" + v.replace("\\", "\\\\").replace("`", "\\`").replace("\n", "\\n") + "`"
    if isinstance(v, list):
        return "[" + " ".join(map(unit, v)) + "]"
    return "{" + " ".join(k + ":" + unit(x) for k, x in v.items()) + "}"


with open(folder + "/small.ndjson", "w") as j, open(folder + "/small.msg", "w") as u:
    n = i = 0
    while n < size:
        m = message(i)
        line = json.dumps(m, separators=(",", ":"), ensure_ascii=False) + "\n"
        j.write(line)
        u.write(unit(m) + "@test.echo\n")
        n += len(line.encode())
        i += 1
with open(folder + "/sums.msg", "w") as u, open(folder + "/sums.bc", "w") as b:
    for i in range(200000):
        u.write("(sum (%d 2))@math.calc\n" % i)
        b.write("%d+2\n" % i)
