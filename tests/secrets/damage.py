# SPDX-License-Identifier: MIT
# Lines with a canary at a random place and quotes damaged at random, piped and typed:
# damage.py TELEX CANARIES KEPT. SECRETS_LINES=n tries more, SECRETS_SEED=n others.
#
# Between !` and its end, or the end of its line, nothing is ever shown. Only where the language says
# that a text stands there ('wow!`' is one), it may be: a reader of our own decides that.
import fcntl
import os
import random
import re
import struct
import subprocess
import sys
import termios

import canary
from person import DEADLINE, PROMPT, Person, memory

TELEX, KEPT = os.path.abspath(sys.argv[1]), sys.argv[3]
C = canary.load(sys.argv[2])
ENV = {"HOME": os.path.join(KEPT, "home"), "PATH": os.environ["PATH"], "TERM": "xterm-256color"}
N = int(os.environ.get("SECRETS_LINES", 400))
SEED = int(os.environ.get("SECRETS_SEED", random.SystemRandom().randrange(1 << 30)))
WANTED = canary.patterns(C)
BLANK, BRACKETS = " \t\r\n", "()[]{}:"
R = random.Random(SEED)
passed = failed = 0

PIECES = ["(say ", ")@io.term", "[", "]", "{", "}", "(", ")", "neg ", "5", " ", " ", " ", ":", "a:", "@a",
          "@a.`x`", "`", "'", '"', "\\", "\\`", "\\q", "!", "#", " # ", "# ", "it's", "%`AAE=`", "%`", ",",
          "wow!`", "`wow!`", "'wow!`'", "!`x`", "!`", "!'", "`a", "'b ", "\t", "é", "日", "\\x41", "\\u{1F600}",
          "(len ", ")@dat.proc", "@test.echo", "@test.dump", "-", "0x", "1e5", "!!"]


def line():
    def some(most):
        return "".join(R.choice(PIECES) for _ in range(R.randrange(most + 1)))

    c = R.choice(C)
    middle = R.choice(["!`" + c + "`", "!`" + c + "`", "!`" + c, "!`a " + c + "` ", "!`\\`" + c + "`",
                       "!`" + c + "\\", " !`" + c + " ' " + c + "`", "!`x` !`" + c + "`"])
    text = some(5) + middle + some(4)
    for _ in range(R.choice([0, 0, 1, 2])):  # damage
        at = R.randrange(len(text) + 1)
        if not any(i <= at < i + len(c) for i in range(len(text)) if text.startswith(c, i)):
            text = text[:at] + R.choice(["", "`", "'", '"', "!", "\\", " ", "#"]) + text[at + R.randrange(2):]
    return text


def end_of(text, at, quote):
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == quote:
            return at
        at += 1
    return len(text)


def hidden(text):
    """Is every canary of this line one that must not be seen, and is there one? None: we cannot say,
    a part of a text, or of nothing that begins with !` at all."""
    at, spans, texts = 0, [], []  # where texts stand that are none of a secret
    while at < len(text):
        c, before = text[at], text[at - 1] if at else " "
        if c in "`'\"" and (before in BLANK + BRACKETS + "@.%" or before == "%"):
            end = end_of(text, at + 1, c)
            if end == len(text):
                break
            spans.append((at, end))
            if end + 1 == len(text) or text[end + 1] in BLANK + BRACKETS + "@.":
                texts.append((at, end))  # one that stands where a text may
            at = end + 1
        elif text.startswith("!`", at):
            at = end_of(text, at + 2, "`") + 1
        elif c == "#" and (at + 1 == len(text) or text[at + 1] in BLANK) and before in BLANK + BRACKETS:
            break
        elif c in "`'\"":
            break  # as no text of the language has it
        else:
            at += 1
    for word in C:
        for m in re.finditer(word[:8] + ".*?" + word[-8:], text):
            begin = m.start()
            if any(a < begin < b for a, b in spans):
                return None
            # the last !` before it must still be open
            mark = None
            for s in re.finditer(r"!`", text[:begin]):
                if any(a < s.start() < b for a, b in texts):
                    continue
                if mark is None or end_of(text, mark, "`") < s.start():
                    mark = s.end()
            if mark is None or mark > begin or end_of(text, mark, "`") < begin:
                return None
    return True


def check(name, data, more):
    global passed, failed
    with open(os.path.join(KEPT, "damaged.out"), "ab") as f:
        f.write(data)
    found = canary.search(data, WANTED)
    if found:
        failed += 1
        at = found[0][0]
        print(f"FAILED {name} (SECRETS_SEED={SEED}): {more[:200]!r}\n  {found}\n"
              f"  {data[max(0, at - 200):at + 80]!r}", flush=True)
    else:
        passed += 1


def run(text, *args):
    p = subprocess.run([TELEX, *args], input=text.encode(), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, env=ENV, timeout=DEADLINE)
    return p.stdout, p.stderr


def piped(lines):
    for text in lines:
        check("piped", b"".join(run(text + "\n5\n")), text)
    # Many in one text: a quote may close in another line, and its text be a value. Errors show none.
    for i in range(0, len(lines), 40):
        text = "\n\n".join(lines[i:i + 40]) + "\n"
        check("together", run(text)[1], text)


def typed(lines):
    p = Person([TELEX], ENV)
    p.until(PROMPT)
    for n, text in enumerate(lines):
        begin = len(p.raw)
        ends = tuple(("\n" + e).encode() for e in (PROMPT, ".. "))
        p.type(text.replace("\t", " ") + "\r")
        while not p.raw[begin:].endswith(ends):
            if not p.more(DEADLINE):
                break
        if p.raw.endswith(b"\n.. "):
            at = len(p.raw)
            p.type("\x03")
            while not p.raw[at:].endswith(("\n" + PROMPT).encode()):
                if not p.more(DEADLINE):
                    break
        if n % 3 == 0:  # what the history kept
            at = len(p.raw)
            p.type("\x1b[A\x15\x1b[A\x1b[A\x15(neg 7)@math.calc\r")
            while not p.raw[at:].endswith(("-7\r\n" + PROMPT).encode()):
                if not p.more(DEADLINE):
                    check("goes on", C[0].encode(), text)
                    return
        shown = p.raw[begin:]
        check("typed", shown + re.sub(rb"\x1b\[[0-9;?]*[A-Za-z~]|[\r\n]", b"", shown), text)
    areas = memory(p.p.pid)
    if areas is not None:
        check("memory behind typed lines", b"".join(what + b"\n" for what in sorted({
            data[max(0, at - 40):at + 40] for _, data in areas
            for at, _ in canary.search(data, WANTED)})), "")
    p.type("\x04")
    p.close()


def moved(n):
    """The cursor anywhere, the line drawn anew, lines recalled, windows of any size."""
    p = Person([TELEX], ENV)
    p.until(PROMPT)
    moves = ["\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x01", "\x05", "\x06", "\x02", "\x0c"]
    for _ in range(n):
        begin, word = len(p.raw), R.choice(C)
        fcntl.ioctl(p.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, R.choice([5, 12, 40, 100]), 0, 0))
        text = "".join(R.choice(["[", "5 ", "日", "{a:", "(x ", " ", "é"]) for _ in range(R.randrange(9)))
        p.type(text + "!`" + word + R.choice(["", "", " \\`", "日"]))
        p.type("".join(R.choice(moves) for _ in range(R.randrange(30))) + "\x1b[B" * 40 + "\x05")
        p.type(R.choice(["`\r", "\r", "` ]\r", "\x03", "\x15\r"]))
        at = len(p.raw)
        p.type("\x03\r")
        while not p.raw[at:].endswith(("\n" + PROMPT).encode()):
            if not p.more(DEADLINE):
                check("goes on", C[0].encode(), text)
                return
        shown = p.raw[begin:]
        check("moved", shown + re.sub(rb"\x1b\[[0-9;?]*[A-Za-z~]|[\r\n]", b"", shown), text)
    p.type("\x04")
    p.close()


lines = []
while len(lines) < N:
    text = line()
    if hidden(text):
        lines.append(text)
piped(lines)
typed(lines[:N // 4])  # behind each error the program waits for the end of a paste
moved(N // 8)
print(f"damaged lines: {passed} passed, {failed} failed")
