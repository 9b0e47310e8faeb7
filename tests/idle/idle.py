# SPDX-License-Identifier: MIT
# What the program takes while it waits: idle.py TELEX. The kernel of Linux counts: clock ticks of
# processor time, and how often a thread went to sleep. Both must stand still.
import os
import pty
import select
import subprocess
import sys
import tempfile
import time

TELEX = os.path.abspath(sys.argv[1])
WORK = tempfile.TemporaryDirectory()
ENV = {"HOME": WORK.name, "PATH": os.environ["PATH"], "TERM": "vt100"}
WATCH_S = 3
DEADLINE = 20
passed = failed = 0


def check(name, ok, more=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print("FAILED %s: %s" % (name, more))


def cost(pid):
    """Clock ticks and sleeps of all threads so far."""
    fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    sleeps = threads = 0
    for thread in os.listdir("/proc/%d/task" % pid):
        threads += 1
        with open("/proc/%d/task/%s/status" % (pid, thread)) as f:
            sleeps += sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)
    return int(fields[11]) + int(fields[12]), sleeps, threads


def asleep(pid):
    """True once every thread sleeps."""
    for thread in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/stat" % (pid, thread)) as f:
            if f.read().rsplit(")", 1)[1].split()[0] != "S":
                return False
    return True


class Program:
    def __init__(self, tty):
        self.seen = b""
        if tty:
            self.fd, slave = pty.openpty()
            self.p = subprocess.Popen([TELEX], stdin=slave, stdout=slave, stderr=slave, env=ENV,
                                      start_new_session=True)
            os.close(slave)
            self.to = self.fd
        else:
            self.p = subprocess.Popen([TELEX], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, env=ENV)
            self.fd, self.to = self.p.stdout.fileno(), self.p.stdin.fileno()

    def until(self, text):
        end = time.monotonic() + DEADLINE
        while text not in self.seen and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                self.seen += os.read(self.fd, 65536)
        found = text in self.seen
        self.seen = self.seen.split(text, 1)[-1]
        return found

    def send(self, text):
        os.write(self.to, text)

    def watch(self, name, most_sleeps):
        end = time.monotonic() + DEADLINE
        while not asleep(self.p.pid) and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.05)
        before = cost(self.p.pid)
        time.sleep(WATCH_S)
        after = cost(self.p.pid)
        ticks, sleeps = after[0] - before[0], after[1] - before[1]
        print("%-26s %d threads, in %d s: %d ticks, %d switches" % (
            name, after[2], WATCH_S, ticks, sleeps))
        check(name, ticks == 0 and sleeps <= most_sleeps,
              "%d ticks of processor time, %d switches" % (ticks, sleeps))

    def close(self):
        self.p.kill()
        self.p.wait()


for tty in (False, True):
    where = "at a terminal" if tty else "at a pipe"
    enter = b"\r" if tty else b"\n"
    t = Program(tty)
    t.send(b"(neg 41)@math.calc" + enter)
    check("answers " + where, t.until(b"-41"), t.seen[-200:])
    t.watch("idle " + where, 0)
    # Workers that had something to do sleep, too.
    t.send(b"(mod ((fac 20000)@math.calc 1000003))@math.calc" + enter + b"(neg 42)@math.calc" + enter)
    check("computes " + where, t.until(b"-42"), t.seen[-200:])
    t.watch("idle after work " + where, 0)
    # A timer runs out while we watch.
    t.send(b"(wait 2)@time.chrono" + enter + b"(neg 43)@math.calc" + enter)
    t.watch("a timer pending " + where, 10)
    check("which ran out " + where, t.until(b"-43"), t.seen[-200:])
    t.close()

print("idle: %d passed, %d failed" % (passed, failed))
