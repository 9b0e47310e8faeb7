# SPDX-License-Identifier: MIT
# No core file of telex: dump.py TELEX. Each check is made of another program, too, which must fail
# it: else this machine shows nothing, and the check is skipped.
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

NOBODY = 65534
passed = failed = skipped = 0
work = tempfile.TemporaryDirectory()
os.chmod(work.name, 0o711)
telex = os.path.join(work.name, "telex")
shutil.copy(sys.argv[1], telex)
os.chmod(telex, 0o755)
# Prints a line when it runs, then waits.
OTHER = [shutil.which("sh"), "-c", "echo 5; read line"]
DEADLY = signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT, signal.SIGBUS
signal.alarm(60)  # better an end than a wait for what does not come


def check(name, got, want, other):
    global passed, failed, skipped
    if other == want:
        skipped += 1
        print(f"SKIP: {name}: here it is {other!r} of every program")
    elif got == want:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name}: {got!r} instead of {want!r}")


class Running:
    """A program that has begun, with leave to write cores as large as may be, in a place of its own."""

    def __init__(self, command, user=None):
        self.cwd = tempfile.mkdtemp(dir=work.name)
        os.chmod(self.cwd, 0o777)

        def before():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
            for number in DEADLY:  # whoever started us in the background had some ignored
                signal.signal(number, signal.SIG_DFL)
            if user is not None:
                os.setgid(user)
                os.setuid(user)

        self.p = subprocess.Popen(command, cwd=self.cwd, preexec_fn=before, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, env={"HOME": self.cwd, "PATH": ""})
        self.p.stdin.write(b"5\n" if command[0] == telex else b"")
        self.p.stdin.flush()
        assert self.p.stdout.readline() == b"5\n"

    def dies(self, number):
        """Did it leave a core? As its parent is told, and as the folder shows."""
        self.p.send_signal(number)
        _, status = os.waitpid(self.p.pid, 0)
        self.p.returncode = -number
        assert os.WIFSIGNALED(status)
        return os.WCOREDUMP(status), any("core" in name for name in os.listdir(self.cwd))

    def ends(self):
        self.p.stdin.close()
        self.p.kill()
        self.p.wait()

    def limit(self):
        with open(f"/proc/{self.p.pid}/limits") as f:
            line = next(line for line in f if line.startswith("Max core file size"))
        return line.split()[4:6]

    def owner(self):
        return os.stat(f"/proc/{self.p.pid}/environ").st_uid


for number in DEADLY:
    got, other = Running([telex]).dies(number), Running(OTHER).dies(number)
    for i, what in enumerate(["a core, says the system", "a core file"]):
        check(f"{what}, of {number.name}", got[i], False, other[i])

a, b = Running([telex]), Running(OTHER)
check("room for a core", a.limit(), ["0", "0"], b.limit())
a.ends()
b.ends()

# What belongs to root in /proc is what no other program of this user may look into.
user = NOBODY if os.geteuid() == 0 else None
a, b = Running([telex], user), Running(OTHER, user)
check("who may look into its memory", a.owner(), 0, b.owner())
a.ends()
b.ends()
print(f"dump: {passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
