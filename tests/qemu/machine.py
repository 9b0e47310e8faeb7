# SPDX-License-Identifier: MIT
# The runs of tests/qemu/run.sh: machine.py WORK IMAGE [RUN..]
import glob, os, re, socket, subprocess, sys, time

sys.path.append("tests/cookbook")
import recipes

work, image, *only = sys.argv[1:]
PROMPT = "λ "
passed = failed = skipped = 0


def check(name, ok, more=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print("FAILED %s: %s" % (name, more), flush=True)


def skip(why):
    global skipped
    skipped += 1
    print("SKIP: " + why, flush=True)


class Machine:
    """One run, from power-on until it is off or killed."""

    def __init__(self, volume, *options):
        self.p = subprocess.Popen(
            ["kernel/uefi/qemu.sh", volume, "-serial", "stdio"] + list(options),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.p.stdout.fileno(), False)
        self.seen = b""
        self.at = 0

    def read(self):
        """What came, without the switches that tell a terminal to mark pastes."""
        self.seen += self.p.stdout.read() or b""
        for mark in b"\x1b[?2004h", b"\x1b[?2004l":
            self.seen = self.seen[:self.at] + self.seen[self.at:].replace(mark, b"")

    def until(self, text, seconds=60):
        """Output from where we were up to and with text; None: it did not come."""
        wanted, end = text.encode(), time.monotonic() + seconds
        while True:
            over = self.p.poll() is not None or time.monotonic() > end  # then look once more
            self.read()
            i = self.seen.find(wanted, self.at)
            if i >= 0:
                got, self.at = self.seen[self.at:i + len(wanted)], i + len(wanted)
                return got.decode(errors="replace")
            if over:
                return None
            time.sleep(0.005)

    def prompt(self, seconds=60):
        """The same up to the prompt: at the start of a line, with nothing behind it."""
        end = time.monotonic() + seconds
        while True:
            over = self.p.poll() is not None or time.monotonic() > end
            self.read()
            got = self.seen[self.at:]
            if got.endswith(("\n" + PROMPT).encode()) or got == PROMPT.encode():
                self.at = len(self.seen)
                return got.decode(errors="replace")[:-len(PROMPT)]
            if over:
                return None
            time.sleep(0.005)

    def rest(self):
        return self.seen[self.at:][-400:]

    def type(self, text):
        self.p.stdin.write(text.encode())
        self.p.stdin.flush()

    def ask(self, text):
        """Type a line; what is shown between its echo and the next prompt."""
        self.type(text + "\r")
        self.until("\r\n")
        got = self.prompt(20)
        return "(nothing)" if got is None else got.replace("\r\n", "\n").strip("\n")

    def ask_whole(self, text):
        """The same for a text of several lines, also one that never gets whole: Ctrl-D ends it."""
        start = self.at
        for line in text.split("\n") + [None]:
            self.type("\x04" if line is None else line + "\r")
            end = time.monotonic() + 20
            while not self.seen[self.at:].endswith(("\n" + PROMPT).encode()):
                if self.seen[self.at:].endswith(b"\n.. ") and line is not None:
                    break
                if self.p.poll() is not None or time.monotonic() > end:
                    return "(nothing)"
                self.read()
                time.sleep(0.005)
            else:
                break
            self.at = len(self.seen)
        got, self.at = self.seen[start:].decode(errors="replace"), len(self.seen)
        return got.replace("\r\n", "\n")

    def off(self, seconds=20):
        try:
            return self.p.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False

    def busy(self, seconds):
        """Share of a core that the machine takes."""
        def used():
            f = open("/proc/%d/stat" % self.p.pid).read().rsplit(")", 1)[1].split()
            return (int(f[11]) + int(f[12])) / os.sysconf("SC_CLK_TCK")
        before = used()
        time.sleep(seconds)
        return (used() - before) / seconds

    def kill(self):
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()


def volume(name, *files):
    path = os.path.join(work, name)
    subprocess.check_call(["kernel/uefi/volume.sh", path, image] + list(files))
    return path


def node_of(m):
    """Who this machine is, from the message that it signs."""
    found = re.search(r"\bfrom:(\S+)", m.ask("5@test.dump"))
    return found and found[1]


def broken_cases(m):
    """Cases that are no messages: in a file, what is never closed would take all that follows."""
    global skipped
    for name, need, message, wanted in cases():
        if wanted != "error syntax":
            continue
        if need and m.ask("serv@" + need).startswith("error"):
            skipped += 1
            continue
        got = m.ask_whole(message)
        check(name, re.search(r"^error syntax: ", got, re.M), "%s\n  wanted: %s\n  got:    %s" % (
            message, wanted, got))


# ---- A person at the line: typing, editing, keys, files, sleep, off

def person():
    disk, control = volume("person.img"), os.path.join(work, "person.monitor")
    m = Machine(disk, "-smp", "2", "-monitor", "unix:%s,server,nowait" % control)
    first = m.prompt()
    check("prompt", first is not None, m.rest())
    if first is None:
        m.kill()
        return

    def gives(name, typed, wanted):
        got = m.ask(typed)
        check(name, got == wanted, "%r instead of %r" % (got[:400], wanted[:400]))

    gives("a message", "(neg 5)@math.calc", "-5")
    gives("UTF-8", "`grüße λ ✓`", "grüße λ ✓")
    gives("backspace", "12\x7f3", "13")
    gives("arrow keys", "13\x1b[D2", "123")
    gives("history", "\x1b[A", "123")
    gives("much at once", "`" + "0123456789" * 300 + "`", "0123456789" * 300)
    got = m.ask("(div (1 0))@math.calc")
    check("an error", got.startswith("error div-zero"), got)
    m.type("(task.loop -@test.void)@sys.task\r")
    m.until("\r\n")
    m.type("\x03")
    got = m.prompt(20)
    check("Ctrl-C ends what never ends", got and got.startswith("error cancelled"), got)
    broken_cases(m)
    type_canaries(m)
    look_into_memory(m, control)
    keys = node_of(m)
    idle = m.busy(3)
    check("asleep when idle", idle < 0.05, "takes %.0f %% of a core" % (idle * 100))
    m.type("off@sys.hw\r")
    check("off", m.off(), m.rest())
    m.kill()

    # The same disk again: the same node.
    m = Machine(disk)
    if m.prompt() is None:
        check("second start", False, m.rest())
    else:
        check("keys stay", keys and node_of(m) == keys, keys)
        if m.ask("help.reset@sys.hw").startswith("error"):
            skip("reset: sys.hw does not know it yet")
        else:
            m.type("reset@sys.hw\r")
            check("reset", m.until("BdsDxe: starting") and m.prompt() is not None, m.rest())
    m.kill()
    look_for_canaries(disk)


# ---- The cases, as a file that the machine runs at its start

def cases():
    """(file, message, wanted) in the form that tests/cases/run.sh explains."""
    for path in sorted(glob.glob("tests/cases/*.msg")):
        message, wanted, need = [], [], None
        for line in open(path).read().split("\n") + [""]:
            if m := re.match(r"# (expect|error): ?(.*)", line):
                wanted.append(("error " if m[1] == "error" else "") + m[2])
            elif line.startswith("# needs: "):
                need = line[9:]
            elif line == "":
                if message:
                    yield os.path.basename(path), need, "\n".join(message), "\n".join(wanted)
                message, wanted = [], []
            elif message or not line.startswith("# "):
                message.append(line)


def file_of_cases():
    global skipped
    # The others are typed: broken_cases.
    rows = [r for r in cases() if r[3] != "error syntax"]
    script = os.path.join(work, "init.msg")
    with open(script, "w") as f:
        for i, (_, _, message, _) in enumerate(rows):
            f.write("{say:`\\n@case %d` nl:t}@io.term\n%s\n" % (i, message))
            # On Linux the end of the input waits for these; here a later timer comes after theirs.
            # The machine's calendar has whole seconds.
            if re.search(r"task\.sep|\{at:|\{every:", message):
                f.write("(wait.ms %d)@time.chrono\n" % (1500 if "{at:" in message else 300))
        for need in sorted({r[1] for r in rows if r[1]}):
            f.write("{say:`\\n@need %s` nl:t}@io.term\nserv@%s\n" % (need, need))
        f.write("{say:`@end` nl:t}@io.term\noff@sys.hw\n")
    # With a second processor, which the long ones use; the cookbook runs with one alone.
    m = Machine(volume("cases.img", script), "-smp", "2")
    check("all that was said before off is shown", m.until("@end\r\n", 120), m.rest())
    check("off after the cases", m.off(), m.rest())
    m.kill()

    text = m.seen.decode(errors="replace").replace("\r\n", "\n")
    part = {}
    for block in re.split(r"^@(?=case|need|end)", text, flags=re.M)[1:]:
        head, _, body = block.partition("\n")
        part[head] = body.rstrip("\n")
    for i, (name, need, message, wanted) in enumerate(rows):
        got = part.get("case %d" % i, "(nothing)")
        if need and part.get("need " + need, "error").startswith("error"):
            skipped += 1
            continue
        if wanted.startswith("error "):
            got = re.sub(r"(?s)^(error [a-z-]*):.*", r"\1", got)
        check(name, got == wanted, "%s\n  wanted: %s\n  got:    %s" % (message, wanted, got))


# ---- Two people: one at the line, one at the screen

def seats():
    control, picture = os.path.join(work, "monitor"), os.path.join(work, "screen.ppm")
    m = Machine(volume("seats.img"), "-device", "VGA", "-monitor", "unix:%s,server,nowait" % control)
    if m.prompt() is None:
        check("a prompt on the line beside a screen", False, m.rest())
        m.kill()
        return
    monitor = socket.socket(socket.AF_UNIX)
    monitor.connect(control)

    def order(text):
        got = b""
        monitor.sendall(text.encode() + b"\n")
        while not got.endswith(b"(qemu) ") or text.encode()[-4:] not in got:
            more = monitor.recv(65536)
            if not more:
                break
            got += more

    def lowest():
        """The lowest row of pixels that shows anything."""
        order("screendump " + picture)
        _, size, _, pixels = open(picture, "rb").read().split(b"\n", 3)
        return len(pixels.rstrip(b"\0")) // (3 * int(size.split()[0]))

    m.type("(task.loop -@test.void)@sys.task\r")
    m.until("\r\n")
    before, end = lowest(), time.monotonic() + 20
    order("sendkey 8")
    order("sendkey ret")
    while lowest() < before + 16 and time.monotonic() < end:
        time.sleep(0.05)
    check("the screen answers while the line works", lowest() >= before + 16)
    m.read()
    check("the line gets no keys of the keyboard", m.rest() == b"", m.rest())
    m.type("\x03")
    got = m.prompt(20)
    check("and goes on", got and got.startswith("error cancelled"), got)
    m.kill()


# ---- The recipes of the cookbook, likewise

def cookbook():
    every = list(recipes.recipes())
    rows = [(name,) + recipes.as_sent(message, wanted)
            for name, kind, message, wanted in every if kind == "message"]
    check("a cookbook", len({r[0] for r in rows}) >= recipes.LEAST)
    skip("%d lines of the cookbook need a Linux shell" % sum(r[1] == "sh" for r in every))
    script = os.path.join(work, "init.msg")
    with open(script, "w") as f:
        for i, (_, message, _) in enumerate(rows):
            f.write("`\\n@%d`\n%s\n" % (i, message))
        f.write("{say:`@end` nl:t}@io.term\noff@sys.hw\n")
    m = Machine(volume("cookbook.img", script))
    check("the end of the cookbook", m.until("@end\r\n", 180), m.rest())
    check("off after the cookbook", m.off(), m.rest())
    m.kill()
    text = m.seen.decode(errors="replace").replace("\r\n", "\n")
    part = {}
    for block in re.split(r"^@(?=\d+$|end$)", text, flags=re.M)[1:]:
        head, _, body = block.partition("\n")
        part[head] = body.rstrip("\n")
    for i, (name, message, wanted) in enumerate(rows):
        got = recipes.as_shown(part.get(str(i), "(nothing)"), wanted)
        check(name, got == wanted, "%s\n  wanted: %s\n  got:    %s" % (message, wanted, got))


# ---- An app in the place of the prompt

def kiosk():
    disk, app = volume("kiosk.img"), os.path.join(work, "lambda.msg")
    with open(app, "w") as f:
        f.write("(inp `name? `)@io.term bye\n")
    subprocess.check_call(["mmd", "-i", disk, "::/telex"])
    subprocess.check_call(["mcopy", "-i", disk, app, "::/telex/"])
    m = Machine(disk)
    check("lambda.msg of the volume", m.until("\nname? "), m.rest())
    m.type("Ada\r")
    check("goes on", m.until("Ada\r\nbye\r\n"), m.rest())
    m.kill()


from canaries import look_for_canaries, look_into_memory, type_canaries  # these need what stands above
from display import display
from keys import contract, keys_stay, poor, seed_alone, users

for run in (person, file_of_cases, cookbook, seats, kiosk, contract, keys_stay, poor, seed_alone, users,
            display):
    if not only or run.__name__ in only:
        run()
print("qemu: %d passed, %d failed, %d skipped" % (passed, failed, skipped))
