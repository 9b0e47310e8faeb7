# SPDX-License-Identifier: MIT
# For machine.py: secrets typed at the serial line of a machine (tests/secrets/canary.py). None of them
# comes back on the line, none is left in its memory when it waits, and none lies on its disk afterwards.
import os
import re
import socket
import sys
import time

from __main__ import check, work

sys.path.append("tests/secrets")
import canary

path = os.environ.get("TELEX_CANARIES")
WORDS = canary.load(path) if path else canary.make()
WANTED = canary.patterns(WORDS)


def type_canaries(m):
    def ask(name, line, wanted):
        got = m.ask(line)
        check("a canary " + name, wanted in got, got)

    c = WORDS[-8:]
    begin = len(m.seen)
    ask("at the prompt", f"!`{c[0]}`", "!`***`")
    ask("edited, and recalled", f"[!`{c[1]}`]\x1b[D\x1b[D\x7f\x01\x1b[C\x05\x1b[D`]\x7f\x7f", "!`***`")
    m.ask("\x1b[A")
    ask("in an error", f"(neg !`{c[2]}`)@math.calc", "error bad-arg")
    ask("not closed", f"[!`{c[3]}` 5 ]]", "error syntax")
    ask("in a comment", f"5 # !`{c[3]}", "5")
    m.type("{inp:`pw ` sct:t}@io.term\r")
    m.until("\r\npw ")
    got = m.ask(c[4])
    check("a canary that was asked for", got == "!`***`", got)
    if not m.ask("serv@sys.usr").startswith("error"):
        ask("as a passphrase", f"{{new:canary pass:!`{c[5]}`}}@sys.usr", "{name:canary ")
        ask("as a wrong one", f"{{login:canary pass:!`{c[6]}`}}@sys.usr", "error denied")
        ask("in a key file", f"{{exp:canary pass:!`{c[7]}` old:!`{c[5]}`}}@sys.usr", "")
        m.ask("(login owner)@sys.usr")
        m.ask("(del canary)@sys.usr")
    shown = m.seen[begin:]
    found = canary.search(shown + re.sub(rb"\x1b\[[0-9;?]*[A-Za-z~]|[\r\n]", b"", shown), WANTED)
    check("no canary on the line", not found, found)


def memory_of(control):
    """All memory of the machine, through QEMU's monitor."""
    path, end = os.path.join(work, "memory"), time.monotonic() + 60
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.connect(control)
        monitor.sendall(b'pmemsave 0 0x20000000 "%s"\n' % path.encode())
        got = b""
        while not re.search(rb"pmemsave.*\n.*\(qemu\) $", got, re.S) and time.monotonic() < end:
            got += monitor.recv(65536)
    try:
        return canary.search_paths([path], WANTED)
    finally:
        os.path.exists(path) and os.remove(path)


def look_into_memory(m, control):
    m.type(f"!`{WORDS[0]}")
    m.until("!`***")
    found, _, size = memory_of(control)
    check("memory that holds a canary", found and size, size)
    m.ask("`")
    m.ask("5 # sixteen bytes and more")  # the firmware's driver of the line keeps the last that came
    found, _, _ = memory_of(control)
    check("no canary in memory", not found, found)


def look_for_canaries(disk):
    bad = canary.proves_itself(WORDS)
    check("canaries would be found", not bad, bad)
    found, _, size = canary.search_paths([disk], WANTED)
    check("no canary on the disk", size and not found, found)
