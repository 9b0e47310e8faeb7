# SPDX-License-Identifier: MIT
# A program on a terminal or on pipes, all that it shows, and all that its memory holds.
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

DEADLINE = 10
PROMPT = "λ "


class Person:
    """Types at a program, and waits for what it shows; a deadline only turns a hang into a failure."""

    def __init__(self, argv, env, tty=True, **more):
        self.raw = b""
        self.at = 0
        if tty:
            self.fd, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
            self.p = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=env,
                                      start_new_session=True, **more)
            os.close(slave)
            self.to = self.fd
        else:
            self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, env=env, **more)
            self.fd, self.to = self.p.stdout.fileno(), self.p.stdin.fileno()

    def type(self, text):
        os.write(self.to, text.encode())

    def more(self, seconds):
        if not select.select([self.fd], [], [], max(0, seconds))[0]:
            return False
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            return False
        self.raw += got
        return bool(got)

    def until(self, text):
        """Everything up to and with the text; None: it never came."""
        wanted, end = text.encode(), time.monotonic() + DEADLINE
        while wanted not in self.raw[self.at:]:
            if not self.more(end - time.monotonic()):
                print(f"FAILED {text!r} never came: {self.raw[self.at:][-200:]!r}", flush=True)
                return None
        begin, self.at = self.at, self.raw.index(wanted, self.at) + len(wanted)
        return self.raw[begin:self.at].decode(errors="replace")

    def ask(self, text):
        """What is shown up to the next prompt behind the last line; None: it does not come."""
        begin, lines = len(self.raw), text.split("\r")
        for i, line in enumerate(lines):
            ends = (PROMPT,) if i == len(lines) - 1 else (PROMPT, ".. ", "pw ")
            ends = tuple(("\n" + e).encode() for e in ends)
            at, end = len(self.raw), time.monotonic() + DEADLINE
            self.type(line + "\r")
            while not self.raw[at:].endswith(ends):
                if not self.more(end - time.monotonic()):
                    return None
        self.at = len(self.raw)
        return self.raw[begin:].decode(errors="replace")

    def shown(self):
        """What was written, and the same without escape sequences and line ends."""
        return self.raw + b"\n" + re.sub(rb"\x1b\[[0-9;?]*[A-Za-z~]|[\r\n]", b"", self.raw)

    def close(self):
        if self.to != self.fd:
            self.p.stdin.close()
        end = time.monotonic() + DEADLINE
        while self.p.poll() is None and time.monotonic() < end:
            self.more(0.01)
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()
        while self.more(0):
            pass
        if self.to == self.fd:
            os.close(self.fd)
        else:
            self.p.stdout.close()


def memory(pid):
    """[(place, bytes)] of all that can be read of a process; None: it cannot."""
    areas = []
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
            for line in maps:
                place, rights = line.split()[:2]
                begin, end = (int(x, 16) for x in place.split("-"))
                if "r" not in rights or "[v" in line:  # what the kernel lends
                    continue
                at = begin
                while at < end:
                    n = min(end - at, 16 << 20)
                    try:
                        mem.seek(at)
                        got = mem.read(n)
                    except (OSError, ValueError):
                        break
                    if not got:
                        break
                    areas.append((line.strip(), got))
                    at += len(got)
    except PermissionError:
        return None
    return areas


def arguments(pid):
    """What everybody may see of a process: its arguments and its environment."""
    found = b""
    for name in "cmdline", "environ", "comm":
        try:
            with open(f"/proc/{pid}/{name}", "rb") as f:
                found += f.read()
        except OSError:
            pass
    return found
