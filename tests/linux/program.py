#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# The program as Linux runs it: program.py TELEX. Nothing here waits for a time to pass: it waits
# for what must be shown, and a deadline only turns a hang into a failure.
import fcntl
import os
import pty
import select
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time

TELEX = os.path.abspath(sys.argv[1])
WORK = tempfile.TemporaryDirectory()
DEADLINE = 20
ENV = {"HOME": WORK.name, "PATH": os.environ["PATH"]}
passed = failed = 0


def check(name, got, want):
    global passed, failed
    if got == want:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name}:\n  wanted: {want!r}\n  got:    {got!r}")


def telex(*args, data=b"", env=ENV, **more):
    if "stdin" not in more:
        more["input"] = data
    p = subprocess.run([TELEX, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                       timeout=DEADLINE, **more)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def path(name, text=None):
    full = os.path.join(WORK.name, name)
    if text is not None:
        with open(full, "w") as f:
            f.write(text)
    return full


class Console:
    """A program on pipes or on a terminal of its own; what it shows is waited for."""

    def __init__(self, *args, tty=False, columns=80, stdin_tty=True):
        self.seen = ""
        self.marks = 0  # does the terminal mark pastes?
        self.at = 0
        if tty:
            self.fd, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            self.before = termios.tcgetattr(slave)
            self.slave = slave
            self.p = subprocess.Popen([TELEX, *args], stdin=slave, stdout=slave, stderr=slave,
                                      env=ENV, start_new_session=True)
            self.to = self.fd
        else:
            self.p = subprocess.Popen([TELEX, *args], stdin=subprocess.PIPE, env=ENV,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.fd, self.to = self.p.stdout.fileno(), self.p.stdin.fileno()

    def send(self, text):
        os.write(self.to, text.encode())

    def more(self, end):
        if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            return False
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            return False
        text = got.decode(errors="replace")
        self.marks += text.count("\x1b[?2004h") - text.count("\x1b[?2004l")
        self.seen += text.replace("\x1b[?2004h", "").replace("\x1b[?2004l", "")
        return bool(got)

    def wait(self, text):
        """Everything up to and with the text, behind what was waited for before."""
        end = time.monotonic() + DEADLINE
        while text not in self.seen[self.at:]:
            if not self.more(end):
                return "(never came) " + self.seen[self.at:]
        begin = self.at
        self.at = self.seen.index(text, begin) + len(text)
        return self.seen[begin:self.at]

    def end(self):
        """The exit status."""
        if self.to != self.fd:
            self.p.stdin.close()
        stop = time.monotonic() + DEADLINE
        while self.p.poll() is None and time.monotonic() < stop:
            select.select([self.fd], [], [], 0.01)
            self.more(time.monotonic())
        if self.p.poll() is None:
            self.p.kill()
            self.p.wait()
            return "hangs"
        while self.more(time.monotonic()):
            pass
        return self.p.returncode

    def settings(self):
        return termios.tcgetattr(self.slave)


# ---- Pipes

c = Console()
c.send("(neg 1)@math.calc\n")
check("a unit runs as it arrives", c.wait("\n"), "-1\n")
c.send("(neg 2)@ma")
c.send("th.calc\n")
check("a unit in pieces", c.wait("\n"), "-2\n")
c.send("(inp `name? `)@io.term\n")
check("what was said is flushed before waiting", c.wait("? "), "name? ")
c.send("Bo")
c.send("b\n7\n")
check("inp takes the next line", c.wait("7\n"), "\nBob\n7\n")
c.send("(a\n")
c.send(",\nfragment\n\n8\n")
check("an error in pieces", c.wait("8\n").split("\n")[0], "error syntax: , has no meaning here")
c.send("9")
check("a last line without its end", (c.end(), c.seen[c.at:]), (2, "9\n"))

for name, ask, rest in [("", "inp@io.term", ""), (" and what of it is wanted", "{inp:`` lim:3}@io.term", "(ne\n")]:
    line = b"(neg 5)@math.calc " + b"a" * 60000000
    status, out, err = telex(data=ask.encode() + b"\n" + line + b"\n6\n")
    check("a line past the limit is spent" + name, (out, err[:13]),
          (rest + "6\n", "" if rest else "error too-big"))
check("standard input is a file", telex(stdin=open(path("a.msg", "5\ninp@io.term\nx\n6")))[:2],
      (0, "5\nx\n6\n"))
check("order of errors and values", subprocess.run(
    [TELEX], input=b"1\n(div (1 0))@math.calc\n2\n", env=ENV, stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT).stdout.decode(),
    "1\nerror div-zero: division by zero\n    (div (1 0))@math.calc\n    ^\nin math.calc\nat stdin:2:1\n2\n")

big = path("big.msg", "{a:1 b:[text `more text`] c:(x y)}@test.echo\n" * 300000)
p = subprocess.Popen([TELEX, big], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
line = p.stdout.readline()
p.stdout.close()
check("a reader that goes away", (line, p.stderr.read(), p.wait(DEADLINE)),
      (b"{a:1 b:[text `more text`] c:(x y)}\n", b"", 1))
check("a full disk", telex("-e", "5", stdin=subprocess.DEVNULL)[0], 0)
with open("/dev/full", "w") as full:
    p = subprocess.run([TELEX, "-e", "5"], stdout=full, stderr=subprocess.PIPE, env=ENV)
    check("a full disk is told", (p.returncode, p.stderr.decode().split(":")[0]),
          (1, "error no-space"))

p = subprocess.Popen([TELEX], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=ENV)
with open(big, "rb") as f:
    p.stdin.write(f.read())
p.stdin.flush()
with open(f"/proc/{p.pid}/status") as f:
    most = [int(line.split()[1]) for line in f if line.startswith("VmHWM")]
p.stdin.close()
check("memory does not grow", (most[0] < 4 << 10, p.wait(DEADLINE)), (True, 0))

# ---- Files

check("no such file", telex("nope.msg")[::2],
      (2, "error not-found: nope.msg: there is no such file\n"))
check("a folder", telex(WORK.name)[0], 2)
os.mkfifo(path("fifo"))
p = subprocess.Popen([TELEX, path("fifo")], stdout=subprocess.PIPE, env=ENV)
with open(path("fifo"), "w") as f:
    f.write("5\n")
    f.flush()
    check("a named pipe", p.stdout.readline(), b"5\n")
check("and its end", p.wait(DEADLINE), 0)

keys = path(".local/share/telex")
check("keys are made at the first start", sorted(os.listdir(keys)),
      ["node.cert", "node.key", "user.key"])
check("for their owner only", {oct(stat.S_IMODE(os.stat(os.path.join(keys, n)).st_mode))
                               for n in [*os.listdir(keys), "."]}, {"0o600", "0o700"})
before = {n: open(os.path.join(keys, n), "rb").read() for n in os.listdir(keys)}
telex("--sign", "-e", "5")
check("and stay", {n: open(os.path.join(keys, n), "rb").read() for n in os.listdir(keys)}, before)
for name in "node.key", "node.cert":
    os.chmod(os.path.join(keys, name), 0o640)
    status, out, err = telex("--sign", "-e", "5")
    check(f"others may read {name}", (status, out, err.split("\n")[0], err.split("\n")[-2]),
          (3, "", f"error denied: {name} is not for you alone, so it cannot be trusted",
           "hint: on Linux, chmod 600, as the user that it belongs to"))
    os.chmod(os.path.join(keys, name), 0o600)
os.chmod(os.path.join(keys, "user.key"), 0o640)
status, out, err = telex("-e", "(pass -)@sys.usr")
check("others may read user.key", (status, out, err.split("\n")[0], err.split("\n")[-2]),
      (3, "", "error denied: user.key is not for you alone, so it cannot be trusted",
       "hint: on Linux, chmod 600, as the user that it belongs to"))
check("and ls tells it", "err:denied" in telex("-e", "ls@sys.usr")[1], True)
os.chmod(os.path.join(keys, "user.key"), 0o600)

other = {**ENV, "XDG_DATA_HOME": path("other")}
many = [subprocess.Popen([TELEX, "--sign", "-e", "5"], stdout=subprocess.PIPE, env=other)
        for _ in range(8)]
docs = [p.communicate()[0] for p in many]
authors = {telex("--json", "--verify", data=d, env=other)[:2] for d in docs}
check("first starts at the same time", authors, {(0, '{"msg":5}\n')})
check("leave nothing else", sorted(os.listdir(path("other/telex"))),
      ["node.cert", "node.key", "user.key"])

check("without a home", telex("-e", "5", env={}), (0, "5\n", ""))
status, out, err = telex("--sign", "-e", "5", env={})
check("without a home nothing is signed", (status != 0, out, err[:6]), (True, "", "error "))
check("and it is said why", (err.split("\n")[0], err.split("\n")[-2]),
      ("error not-found: there is no folder for keys, so user.key cannot be made",
       "hint: on Linux, set HOME or XDG_DATA_HOME to a folder"))
ghost = {"HOME": "/proc/nowhere"}
check("a home that takes no file", telex("-e", "5", env=ghost), (0, "5\n", ""))

# Documents of more than one batch, each as good alone, and what a damaged one does.
numbers = "".join(f"(neg {n})@math.calc\n" for n in range(2500))
signed = telex("--sign", data=numbers.encode())[1]
docs = signed.splitlines()
check("documents in batches", (len(docs), {d[:14] for d in docs}), (2500, {"%`telex/doc/b1"}))
check("are all proven", telex("--verify", data=signed.encode()), (0, numbers, ""))
check("run as what they say", telex(data="\n".join(docs[1020:1028]).encode())[:2],
      (0, "".join(f"-{n}\n" for n in range(1020, 1028))))
check("and each alone", {telex("--verify", data=docs[n].encode())[1] for n in (0, 1023, 1024, 2499)},
      {f"(neg {n})@math.calc\n" for n in (0, 1023, 1024, 2499)})
bad = docs[1500][:600] + ("B" if docs[1500][600] == "A" else "A") + docs[1500][601:]
status, out, err = telex("--verify", data="\n".join([*docs[:1500], bad, *docs[1501:]]).encode())
check("a damaged one in the middle", (status, out.count("\n")), (3, 1500))
check("and where it stands", (err.split(":")[0], err.rstrip().split("\n")[-1]),
      ("error bad-sign", "at stdin:1501:1"))
slow = subprocess.Popen([TELEX, "--sign"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV)
slow.stdin.write(b"1 2\n")
slow.stdin.flush()
first = [slow.stdout.readline()[:14] for _ in range(2)]  # no need to wait for the rest
slow.stdin.write(b"3\n")
slow.stdin.close()
check("nothing waits for what has not come", [*first, slow.stdout.readline()[:14], slow.wait(DEADLINE)],
      [b"%`telex/doc/b1", b"%`telex/doc/b1", b"%`telex/doc/v1", 0])

# ---- Usage

check("--version", telex("--version")[1][:6], "telex ")
check("an option with escapes", telex("--x\x1b[31m")[2].split("\n")[0],
      "error bad-arg: there is no option --x\\x1b[31m")
check("--help", telex("--help")[0], 0)
check("an unknown option", telex("--nope")[::2],
      (2, "error bad-arg: there is no option --nope\nhint: telex --help\n"))
closed = subprocess.run(["sh", "-c", '"$0" <&-', TELEX], env=ENV, stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE, timeout=DEADLINE)
check("standard output is closed", subprocess.run(
    ["sh", "-c", '"$0" -e 5 >&-', TELEX], env=ENV, stderr=subprocess.PIPE).stderr,
    b"error io: standard output cannot be written\n")
check("standard input is closed", closed.returncode != 0 and closed.stderr[:6], b"error ")

# ---- A terminal

PROMPT = "λ "

c = Console(tty=True)
check("the prompt", c.wait(PROMPT), PROMPT)
c.send("(neg 5)@math.calc\r")
check("a message", c.wait(PROMPT), "(neg 5)@math.calc\r\n-5\r\n" + PROMPT)
c.send("\x1b[A\r")
check("the one before", c.wait("-5\r\n" + PROMPT)[-6:], "-5\r\n" + PROMPT)
c.send("`\\x1b[2J`\r")
check("escapes are shown", c.wait("2J\r\n" + PROMPT)[-12:], "\n\\x1b[2J\r\n" + PROMPT)
c.send(",\r")
check("an error", c.wait("hint").split("\r\n")[1:-1],
      ["error syntax: , has no meaning here", "    ,", "    ^"])
c.wait(PROMPT)
c.send("{inp:`pw ` sct:t}@io.term\r")
c.wait("pw ")
c.wait("pw ")
c.send("geheim\r")
check("a secret is not echoed", c.wait(PROMPT), "\r\n!`***`\r\n" + PROMPT)
c.send("(inp `wait`)@io.term\r")
c.wait("wait")
c.wait("wait")
c.send("abc\x03")
check("Ctrl-C ends a message", "error cancelled" in c.wait(PROMPT), True)
c.send("inp.key@io.term\r")
c.wait("\r\n")
c.send("\x1b[5~")
check("a key", c.wait(PROMPT), "PGUP\r\n" + PROMPT)
c.send("get.res.txt@io.term\r")
check("the size", c.wait(PROMPT), "get.res.txt@io.term\r\n(80 24)\r\n" + PROMPT)
fcntl.ioctl(c.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
c.send("get.res.txt@io.term\r")
check("the new size", "(100 30)" in c.wait(PROMPT), True)
c.send("off@sys.hw\r")
check("the machine is not ours", "error not-supported" in c.wait(PROMPT), True)
c.send("1\r2\r3\r")
check("typed ahead", c.wait("3\r\n" + PROMPT)[-3 - len(PROMPT):], "3\r\n" + PROMPT)


def switches(pid):
    with open(f"/proc/{pid}/status") as f:
        return [line for line in f if "ctxt" in line]


asleep, end = None, time.monotonic() + DEADLINE
while asleep != switches(c.p.pid) and time.monotonic() < end:  # its last step may still be under way
    asleep = switches(c.p.pid)
    time.sleep(0.2)
check("at the prompt it sleeps", switches(c.p.pid), asleep)
check("keys come one by one", c.settings()[3] & (termios.ICANON | termios.ECHO), 0)
c.send("abc\x03\x04")
check("Ctrl-C leaves the line, Ctrl-D the shell", c.end(), 0)
check("the terminal is as it was", (c.settings(), c.marks), (c.before, 0))

c = Console(tty=True)
c.wait(PROMPT)
c.p.send_signal(signal.SIGTERM)
check("ended from outside", c.end(), -signal.SIGTERM)
check("the terminal is as it was then too", (c.settings(), c.marks), (c.before, 0))

c = Console("--json", tty=True)
c.send("`a\\x9b31m\\x7f`\n")
check("JSON on a terminal", c.wait("}\r\n")[-26:], '{"msg":"a\\u009b31m\\u007f"}\r\n'[-26:])
c.send("\x04")
check("and its end", c.end(), 0)

c = Console("-e", "(inp `name? `)@io.term", tty=True)
check("-e asks at the terminal", c.wait("? "), "name? ")
c.send("Bob\r")
check("and answers", c.wait("Bob\r\nBob\r\n"), "Bob\r\nBob\r\n")
check("and ends", (c.end(), c.settings() == c.before), (0, True))

c = Console(path("a.msg"), tty=True)
check("a file on a terminal", (c.wait("6\r\n"), c.end()), ("5\r\nx\r\n6\r\n", 0))

# ---- The prompt as messages

c = Console(tty=True)
c.wait(PROMPT)
c.send("(task.loop (task.loop -@test.void)@sys.task)@sys.task\r")
c.wait("\r\n")
c.send("\x03")
check("Ctrl-C ends what never ends", "error cancelled" in c.wait(PROMPT), True)
c.send("(task.sep (div (1 0))@math.calc)@sys.task\r")
check("an error in the background", ": error div-zero: division by zero\r\n" in c.wait("in math"), True)
c.wait(PROMPT)
c.send("(task.sep (task.loop -@test.void)@sys.task)@sys.task\r")
c.wait("\r\n")
c.wait(PROMPT)
c.send("(neg 5)@math.calc\r")
check("while a loop runs behind it", c.wait(PROMPT), "(neg 5)@math.calc\r\n-5\r\n" + PROMPT)
c.send("\x04")
check("Ctrl-D ends it all", c.end(), 0)

own = os.path.join(keys, "lambda.msg")
for name, text, first, send, want in [
    ("an app", "(inp `name? `)@io.term", "name? ", "Ada\r", "Ada\r\nAda\r\n"),
    ("another prompt", "(task.loop (show (inp.msg `> `)@io.term)@sys.task)@sys.task", "> ",
     "5\r\x04", "5\r\n5\r\n> \r\n"),
    ("a broken one", ",", "error syntax: , has no meaning here\r\n    ,\r\n    ^\r\n"
     "at lambda.msg:1:1\r\nhint: blanks separate units: [1 2]\r\n" + PROMPT,
     "5\r\x04", "5\r\n5\r\n" + PROMPT + "\r\n"),
]:
    path(own, text)
    c = Console(tty=True)
    check("lambda.msg: " + name, c.wait(first), first)
    c.send(send)
    check("lambda.msg: the end of " + name, (c.end(), c.seen[c.at:]), (0, want))
    check("lambda.msg is for people", telex(data=b"5")[1], "5\n")
os.remove(own)
os.mkfifo(own)
c = Console(tty=True)
check("a pipe is no lambda.msg", PROMPT in c.wait(PROMPT), True)
c.send("\x04")
check("a pipe is no lambda.msg, the end", c.end(), 0)
os.remove(own)
path(os.path.join(keys, "init.msg"), "hello@io.term")
c = Console(tty=True)
check("init.msg", c.wait(PROMPT), "hello\r\n" + PROMPT)
c.send("\x04")
check("init.msg and its end", c.end(), 0)
check("init.msg is for people", telex(data=b"5")[1], "5\n")
os.remove(os.path.join(keys, "init.msg"))

c = Console(tty=True)
c.wait(PROMPT)
os.close(c.slave)
os.close(c.fd)
try:
    status = c.p.wait(DEADLINE)
except subprocess.TimeoutExpired:
    c.p.kill()
    status = "hangs"
check("a terminal that is hung up", status in (0, 1, -signal.SIGHUP), True)

# ---- Several programs of one node: what one changes holds for the others, and nothing is lost

shared = tempfile.TemporaryDirectory()
node = dict(ENV, HOME=shared.name)


class Session(Console):
    def __init__(self):
        global ENV
        before, ENV = ENV, node
        super().__init__()
        ENV = before

    def ask(self, message):
        self.send(message + "\n`<>`\n")
        return self.wait("<>\n")[:-3].strip()


def once(message):
    return telex("-e", message, env=node)


once("(new bob)@sys.usr")
right = once("(grant {to:bob may:[math.calc]})@sys.usr")[1].strip()
bob, other = Session(), Session()
check("bob", bob.ask("(login bob)@sys.usr") + bob.ask("(neg 5)@math.calc"), "-5")
check("an older session", other.ask("(len grants@sys.usr)@dat.proc"), "1")
check("taken back elsewhere", once(f"(revoke {right})@sys.usr"), (0, "", ""))
check("holds for his next message", bob.ask("(neg 5)@math.calc")[:12], "error denied")
check("another change", other.ask("(grant {to:bob may:dat.proc})@sys.usr")[:4], "{id:")
check("brings nothing back", bob.ask("(neg 5)@math.calc")[:12], "error denied")
check("and is seen", bob.ask("(len [1 2])@dat.proc"), "2")
all_at_once = [subprocess.Popen(
    [TELEX, "-e", "(grant {to:bob may:dat.proc until:%d})@sys.usr" % (4000000000000 + i)],
    env=node, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for i in range(10)]
made = sum(p.wait(DEADLINE) == 0 for p in all_at_once)
check("grants at once, none lost", once("(len grants@sys.usr)@dat.proc")[1].strip(), str(1 + made))
check("his end", once("(del bob)@sys.usr"), (0, "", ""))
check("of all that he might", bob.ask("(len [1 2])@dat.proc")[:12], "error denied")
check("nothing is left of it", other.ask("grants@sys.usr"), "[]")
bob.end(), other.end()
shared.cleanup()

print(f"linux: {passed} passed, {failed} failed")
sys.exit(failed != 0)
