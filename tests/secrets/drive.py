# SPDX-License-Identifier: MIT
# Types, stores and uses canaries in every way that the program takes: drive.py TELEX CANARIES KEPT
# What it writes stays in KEPT; none of it, and nothing that the process keeps in its memory while it
# waits, may hold one.
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile

import canary
from person import DEADLINE, PROMPT, Person, arguments, memory

TELEX, KEPT = os.path.abspath(sys.argv[1]), sys.argv[3]
C = canary.load(sys.argv[2])
WANTED = canary.patterns(C)
ENV = {"HOME": os.path.join(KEPT, "home"), "PATH": os.environ["PATH"], "TERM": "xterm-256color"}
passed = failed = skipped = 0
os.makedirs(ENV["HOME"], exist_ok=True)
inputs = tempfile.TemporaryDirectory()  # they hold canaries of ours: nobody searches here


def check(name, ok, more=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name}: {more}", flush=True)


def skip(why):
    global skipped
    skipped += 1
    print("SKIP: " + why, flush=True)


def keep(name, data):
    with open(os.path.join(KEPT, name.replace(" ", "-")), "ab") as f:
        f.write(data)


def clean(name, data):
    """Keeps it, and looks at once, so that a failure names its cause."""
    keep(name + ".out", data)
    found = canary.search(data, WANTED)
    at = max(found)[0] if found else 0
    check(name, not found, f"{found} in {data[max(0, at - 300):at + 60]!r}")


def forgets(name, pid, holds=False):
    """A process that waits holds no canary; `holds`: the proof that one would be found."""
    areas = memory(pid)
    if areas is None:
        skip(f"{name}: the memory of another process cannot be read here")
        return
    found = [(place, at, what, data[max(0, at - 64):at + 40]) for place, data in areas
             for at, what in canary.search(data, WANTED)]
    if holds:
        check(name + ", where one lies in it", found, "the search finds nothing")
    else:
        check(name, not found, "\n  ".join(map(repr, found[:6])))


def telex(name, *args, data=b"", **more):
    p = subprocess.run([TELEX, *args], input=data, stdout=subprocess.PIPE, cwd=KEPT,
                       stderr=subprocess.STDOUT, env=ENV, timeout=DEADLINE, **more)
    clean(name, p.stdout)
    return p


def path(text, name="message"):
    full = os.path.join(inputs.name, name)
    with open(full, "w") as f:
        f.write(text)
    return full


# ---- A person at a prompt

def prompt():
    p = Person([TELEX], ENV, cwd=KEPT)
    check("a prompt", p.until(PROMPT) is not None, p.raw)

    def ask(name, line, *wanted):
        got = p.ask(line)
        for text in wanted or ("",):
            check(name, got is not None and text in got, f"{got!r} without {text!r}")

    p.type(f"!`{C[0]}")
    p.until("!`***")
    forgets("the memory of a prompt", p.p.pid, holds=True)
    ask("a secret", "`", "\n!`***`")
    forgets("the memory of a prompt behind a secret", p.p.pid)

    ask("not closed", f"[!`{C[1]}\rmore {C[1]}` 5]", "[!`***` 5]")
    p.type(f"[!`{C[1]}\r{C[1]}\x03")  # left
    p.until(PROMPT)
    p.type(f"[!`{C[1]}\r\x04")  # and ended
    p.until(PROMPT)
    ask("a paste", f"\x1b[200~(say\n [!`{C[2]}`\n5])@io.term\n\x1b[201~", "error bad-arg")
    ask("a paste of two lines in a secret", f"\x1b[200~!`{C[2]}\n{C[2]}` ]\x1b[201~", "error syntax")
    ask("a comment", f"5 # !`{C[3]}`", "\n5")
    ask("a comment alone", f"# it's !`{C[3]} not closed", "")
    ask("asked for", f"{{inp:`pw ` sct:t}}@io.term\r{C[4]}", "\n!`***`")
    ask("asked for, and cut", f"{{inp:`pw ` sct:t lim:9}}@io.term\r{C[4]}", "\n!`***`")
    ask("asked for, and left", f"{{inp:`pw ` sct:t}}@io.term\r{C[4]}\x03", "error cancelled")
    ask("asked for, in a message", f"(len {{inp:`pw ` sct:t}}@io.term)@dat.proc\r{C[4]}",
        "error bad-arg")

    # the editor: arrows, words, kill, recall
    ask("edited", f"[!`{C[5]}`]\x1b[D\x1b[D\x7f\x7fx\x1b[D\x1b[3~\x01\x1b[C\x06\x06\x0b{C[5]}`]",
        "\n[!`***`]")
    ask("edited to an error", f"[!`{C[5]}`]\x01\x06\x0b!`{C[5]}`5]", "error syntax")
    ask("recalled", "\x1b[A", "error syntax")
    ask("recalled and changed", f"\x1b[A\x01\x0b!`{C[5]}`\x1b[B\x15!`{C[5]}`\x1b[A\x1b[B",
        "\n!`***`")
    ask("drawn anew", f"!`{C[5]}\x0c`\x0c", "\n!`***`")
    ask("longer than the screen", f"[!`{(C[5] + ' ') * 30}`\x1b[H\x0c\x05]", "[!`***`]")
    ask("cut, and forgotten", f"!`{C[5]}\x15!`{C[5]}\x17\x17", "")

    # errors of every kind
    for line, wanted in ((f"(neg !`{C[6]}`)@math.calc", "error bad-arg"),
                         (f"!`{C[6]}` 5 ]", "error syntax"),
                         (f"[!`{C[6]}\\q`]", "error syntax"),
                         (f"[1 2,!`{C[6]}`]", "error syntax"),
                         (f"!`{C[6]}`x", "error syntax"),
                         (f"x!`{C[6]}`", "error syntax"),
                         (f"'it !`{C[6]}` ''", "error syntax"),
                         (f"{{!`{C[6]}`:1 !`{C[6]}`:2}}", "error syntax"),
                         (f"!`{C[6]}`@nowhere", "error no-service"),
                         (f"(!`{C[6]}` 5)@math.calc", "error bad-arg"),
                         (f"{{s:!`{C[6]}` len:@s}}@dat.proc", "error bad-arg"),
                         (f"{{s:!`{C[6]}` len:@s.0}}@dat.proc", "error no-ref"),
                         (f"(get ([!`{C[6]}`] 0))@dat.proc", "error bad-arg"),
                         (f"({'[' * 70}!`{C[6]}`)@math.calc", "error too-deep"),
                         (f"[!`{C[6]}` !`{C[6]}`]@test.dump", "error bad-arg"),
                         (f"!`{C[6]}`@test.echo", "error bad-arg"),
                         (f"(prs.str !`{C[6]}`)@dat.proc", "error bad-arg"),
                         (f"`!\\`{C[6][:0]}`", "!`")):
        ask("an error: " + line.replace(C[6], "***"), line, wanted)

    # in the background, in others, passed on
    ask("in the background", f"{{s:!`{C[7]}` task.sep:(len @s)@dat.proc}}@sys.task", "bad-arg")
    ask("in a try", f"{{s:!`{C[7]}` try:(len @s)@dat.proc}}@sys.task", "bad-arg")
    ask("many at once", f"{{s:!`{C[7]}` task.sim:[@s (len @s)@dat.proc @s]}}@sys.task", "!`***`")
    ask("in a chain", f"{{msg:!`{C[7]}` task:[]}}@sys.task", "\n!`***`")
    ask("in a chain to somebody", f"{{msg:!`{C[7]}` task:[test.echo]}}@sys.task", "bad-arg")
    ask("shown", f"(show !`{C[8]}`)@sys.task", "!`***`")
    ask("history", "\x1b[A\x1b[A\x1b[A\x1b[B\x1b[B", "")
    ask("in a test", f"[{{com:(len !`{C[9]}`)@dat.proc res:5}}]@test.run", "error bad-arg")
    ask("the tasks", f"{{s:!`{C[9]}` task.sim:[@s get.all@sys.task]}}@sys.task", "!`***`")
    ask("typed ahead", f"(wait.ms 300)@time.chrono\r!`{C[10]}`\r5", "\n!`***`")
    p.type("(wait 60)@time.chrono\r")
    p.until("\r\n")
    p.type(f"!`{C[11]}`\r!`{C[11]}\x03")  # typed ahead, and taken back
    p.until("error cancelled")
    p.until(PROMPT)
    users(p, ask)

    for _ in range(60):  # everything that the history has
        p.type("\x1b[A")
    ask("the whole history", "\x15(neg 5)@math.calc", "\n-5")
    forgets("the memory of a prompt behind all of this", p.p.pid)
    clean("arguments of a prompt", arguments(p.p.pid))
    p.type(f"!`{C[11]}")
    p.type("\x03\x04")
    p.close()
    clean("a prompt", p.shown())


def users(p, ask):
    """Passphrases of people and of what they take elsewhere. A user may send to sys.usr alone."""
    got = p.ask("serv@sys.usr")
    if got is None or "no-service" in got:
        skip("passphrases: there is no sys.usr")
        return
    owner = f"{{login:owner pass:!`{C[15]}`}}@sys.usr\rwho@sys.usr"
    ask("an own passphrase", f"(pass !`{C[15]}`)@sys.usr\rwho@sys.usr", "{name:owner ")
    ask("a user with a passphrase", f"{{new:eve pass:!`{C[17]}`}}@sys.usr", "{name:eve ")
    ask("his login", f"{{login:eve pass:!`{C[17]}`}}@sys.usr\rwho@sys.usr", "{name:eve ")
    ask("a wrong passphrase", f"{{login:eve pass:!`{C[18]}`}}@sys.usr", "error denied")
    ask("logged out", "logout@sys.usr\rwho@sys.usr", "")
    ask("nobody", f"(len !`{C[18]}`)@dat.proc", "error denied")
    ask("login of nobody", f"{{login:nobody pass:!`{C[18]}`}}@sys.usr", "error denied")
    ask("the owner", owner, "{name:owner ")
    ask("asked for", f"{{login:eve pass:{{inp:`pw ` sct:t}}@io.term}}@sys.usr\r{C[17]}\rwho@sys.usr",
        "{name:eve ")
    ask("the owner for a moment", owner, "{name:owner ")
    p.type("(login eve)@sys.usr\r")
    p.until("passphrase: ")
    ask("asked for by login", C[17] + "\rwho@sys.usr", "{name:eve ")
    p.type("(login eve)@sys.usr\r")
    p.until("passphrase: ")
    ask("asked for, and wrong", C[18], "error denied")
    ask("not his", f"{{s:!`{C[17]}` len:@s}}@dat.proc", "error denied")
    ask("another passphrase", f"{{pass:!`{C[18]}` old:!`{C[17]}`}}@sys.usr\rwho@sys.usr", "{name:eve ")
    ask("the old one", f"{{pass:!`{C[18]}` old:!`{C[17]}`}}@sys.usr", "error denied")
    got = p.ask(f"{{exp:eve pass:!`{C[16]}` old:!`{C[18]}`}}@sys.usr")
    file = re.search("%`[A-Za-z0-9+/=]+`", got or "")
    check("taken elsewhere", file, got)
    ask("the owner again", owner, "{name:owner ")
    if file:
        ask("brought back", f"(del eve)@sys.usr\r{{imp:{file[0]} name:bob pass:!`{C[16]}` "
            f"new:!`{C[18]}`}}@sys.usr", "{name:bob ")
        ask("with the wrong passphrase", f"{{imp:{file[0]} name:ann pass:!`{C[18]}`}}@sys.usr", "error ")
        ask("his login there", f"{{login:bob pass:!`{C[18]}`}}@sys.usr\rwho@sys.usr", "{name:bob ")
        ask("and out", owner, "{name:owner ")
    ask("a key that is none", f"{{imp:!`{C[16]}` name:ann}}@sys.usr", "error ")
    ask("words that are none", f"(login !`{C[16]} {C[17]}`)@sys.usr", "error ")
    ask("a passphrase as a name", f"(login {{ath:!`{C[16]}` pass:!`{C[17]}`}})@sys.usr", "error ")
    ask("a name as a passphrase", f"{{login:eve pass:{C[17][:4]}}}@sys.usr", "error bad-arg")
    ask("sealed", f"{{seal:!`{C[16]}` to:owner}}@sys.usr", "error bad-arg")
    ask("opened", f"{{open:%`AAE=` pass:!`{C[16]}`}}@sys.usr", "error ")
    ask("signed", f"(sign [5 !`{C[16]}`])@sys.usr", "error bad-arg")
    ask("no passphrase any more", f"{{pass:- old:!`{C[15]}`}}@sys.usr", "")
    ask("so it opens nothing", f"{{pass:- old:!`{C[15]}`}}@sys.usr", "")


# ---- Arguments, files, pipes

def batch():
    telex("an argument", "-e", f"!`{C[12]}`", "-e", f"(neg !`{C[12]}`)@math.calc",
          "-e", f"[!`{C[12]}")
    telex("as JSON", "--json", "-e", f"[!`{C[12]}` {{!`{C[12]}`:1}}]", "-e",
          f"(neg !`{C[12]}`)@math.calc", "-e", f"!`{C[12]}` ]", "-e", f"[!`{C[12]}")
    got = telex("forgotten -e", f"(login !`{C[12]}`)@sys.usr").stdout
    check("a message is no file", b"there is no such file" in got, got)
    telex("an option that is none", f"--pass=!`{C[12]}`")
    telex("an argument as JSON in", "--json-in", "-e", json.dumps({"x": f"!`{C[15]}`"})[:-1])
    p = Person([TELEX, "-e", f"!`{C[12]}`", "-e", "inp@io.term", "-e", f"[!`{C[12]}` 5]"], ENV,
               tty=False)
    p.until("!`***`\n")
    clean("arguments of a process", arguments(p.p.pid))
    check("what is behind them still runs", b"[!`***" in arguments(p.p.pid), arguments(p.p.pid))
    p.type("x\n")
    p.close()
    clean("arguments", p.shown())
    check("all of it ran", p.raw.endswith(b"[!`***` 5]\n"), p.raw)

    p = Person([TELEX, "-e", f"(login {{ath:none pass:!`{C[12]}`}})@sys.usr", "-e", "(inp `? `)@io.term"], ENV,
               tty=False)
    p.until("? ")
    forgets("the memory behind an argument", p.p.pid)
    p.type("x\n")
    p.close()

    telex("a file", path(f"!`{C[13]}`\n(neg !`{C[13]}`)@math.calc\n[!`{C[13]}` ,]\n5\n"
                         f"# !`{C[13]}`\n(say !`{C[13]}\n{C[13]}`)@io.term ]\n\n6 [!`{C[13]}\n"))
    telex("a file at --stop", "--stop", path(f"5 !`{C[13]}` ] 6"))
    telex("a long line", path(f"[5 !`{C[13] * 300}` {'6 ' * 3000}]@nowhere (neg x)@math.calc ]\n"))
    telex("a secret before a long line",
          path(f"!`{C[13] * 300}` (neg x)@math.calc\n!`{C[13] * 3000}` (neg x)@math.calc\n"))
    folder = os.path.join(inputs.name, "data")
    os.makedirs(folder + "/telex")
    with open(f"{folder}/telex/init.msg", "w") as f:
        f.write(f"!`{C[13]}`\n(neg !`{C[13]}`)@math.calc\n[!`{C[13]}`]@test.void\n[!`" + C[13])
    with open(f"{folder}/telex/lambda.msg", "w") as f:
        f.write(f"!`{C[13]}` # !`{C[13]}`\n[!`{C[13]}` 5]\n(inp `name? `)@io.term\n")
    p = Person([TELEX], {**ENV, "XDG_DATA_HOME": folder})
    p.until("name? ")
    forgets("the memory behind an init.msg", p.p.pid)
    p.type("Ada\r")
    p.close()
    clean("an init.msg", p.shown())

    lines = [f"!`{C[14]}`", f"{{s:!`{C[14]}` len:@s}}@dat.proc", f"[!`{C[14]}`,", "",
             f"# !`{C[14]}`", f"{{inp:pw sct:t}}@io.term\n{C[14]}",
             f"{{inp:pw sct:t}}@io.term (neg !`{C[14]}` 5 ]\n{C[14]}", f"[!`{C[14]} {C[14] * 400}",
             f"`]", f"{{inp:pw sct:t lim:3}}@io.term\n{C[14]}", f"(len !`{C[14]}\\`\\q`)@dat.proc"]
    telex("a pipe", data="\n".join(lines).encode())
    telex("a pipe as JSON", "--json", data="\n".join(lines).encode())
    p = Person([TELEX], ENV, tty=False)
    p.type("\n".join(lines) + "\n\n(neg 5)@math.calc\n")
    p.until("\n-5\n")
    forgets("the memory of a pipe", p.p.pid)
    p.type(f"[!`{C[14]}`\n")
    p.type("6 7]\n(neg 8)@math.calc\n")
    p.until("\n-8\n")
    forgets("the memory of a pipe, later", p.p.pid)
    p.close()
    clean("a slow pipe", p.shown())

    ask = json.dumps({"stream": [{"inp": "pw ", "sct": True}, "io.term"]})
    lines = [ask, C[15], json.dumps({"secret": "***"}), '{"a":"!`' + C[15] + '`" "b"}',
             '["!`' + C[15] + '` ]', ask]
    telex("JSON in", "--json-in", data="\n".join(lines[:4]).encode())
    telex("JSON in and out", "--json-in", "--json", data="\n".join(lines).encode())
    p = Person([TELEX, "--json-in"], ENV, tty=False)
    p.type(ask + "\n" + C[15] + '\n5\n[1,2]\n"end"\n')
    p.until("end\n")
    forgets("the memory of a pipe of JSON", p.p.pid)
    p.close()
    clean("a slow pipe of JSON", p.shown())

    got = telex("signed", "--sign", "-e", f"!`{C[16]}`", "-e", f"[5 !`{C[16]}`]", "-e", "5").stdout
    check("a document holds no secret", got.count(b"error bad-arg") == 2 and b"%`" in got, got)
    units = "".join(f"[{i} !`{C[16]}`]\n" if i % 7 == 3 else f"{i}\n" for i in range(100))
    got = telex("signed in batches", "--sign", data=units.encode()).stdout
    check("no batch holds a secret", got.count(b"error bad-arg") == 14, got[:300])
    telex("verified", "--verify", data=got + f"!`{C[16]}`\n".encode())


# ---- Processes that die

def crash():
    def limits():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)

    for number in signal.SIGABRT, signal.SIGSEGV, signal.SIGTERM, signal.SIGHUP:
        p = Person([TELEX], ENV, cwd=KEPT, preexec_fn=limits)
        p.until(PROMPT)
        p.type(f"!`{C[19]}`\r")
        p.until(PROMPT)
        p.type(f"!`{C[19]}")
        p.until("!`***")
        os.kill(p.p.pid, number)
        p.close()
        clean(f"ended by {number.name}", p.shown())
    left = [name for name in os.listdir(KEPT) if name.startswith("core")]
    check("no core is left", not left, left)


for run in prompt, batch, crash:
    run()
found, n, _ = canary.search_paths([KEPT], WANTED)
check("what is left of all this", n > 20 and not found, f"{n} files, {found[:10]}")
print(f"secrets in use: {passed} passed, {failed} failed, {skipped} skipped")
