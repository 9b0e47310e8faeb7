# SPDX-License-Identifier: MIT
# The recipes of cookbook/, as tests: recipes.py TELEX runs them all on Linux; tests/qemu/machine.py
# runs the same messages in a machine.
#
# In a fenced block, `λ MESSAGE` is sent, with the lines `.. MORE` right below it, and what stands
# below, up to the next `λ` or the end of the block, must be printed. Of an error as many lines count
# as the recipe shows. `like: SHAPE` stands for a value that cannot be known: its shape must be this
# one. In a block ```sh a line `$ COMMAND` goes to a shell in which `telex` is the program, and the
# lines below are its output: Linux alone has that. All messages of a recipe are one session, all
# its commands have one folder.
import glob, os, re, subprocess, sys, tempfile

START = {"message": "λ ", "sh": "$ "}
LEAST = 25  # recipes: a cookbook that is not found must not pass


def recipes(folder="cookbook"):
    """(file, kind, message, wanted); kind: message or sh."""
    for path in sorted(glob.glob(os.path.join(folder, "[0-9]*.md"))):
        kind = message = wanted = None
        for line in open(path, encoding="utf-8").read().split("\n"):
            start = START.get(kind)
            if line.startswith("```") or (start and line.startswith(start)):
                if message is not None:
                    yield os.path.basename(path), kind, message, "\n".join(wanted)
                message, wanted = None, []
                if line.startswith("```"):
                    kind = None if kind else "sh" if line == "```sh" else "message"
                else:
                    message = line[2:]
            elif kind == "message" and message is not None and not wanted and line.startswith(".. "):
                message += "\n" + line[3:]
            elif message is not None:
                wanted.append(line)
        if kind:
            yield os.path.basename(path), "broken", "", "the last block is closed"


def as_sent(message, wanted):
    """What is sent for a message, and what must come: a shape is checked by Telex itself."""
    if wanted.startswith("like: "):
        return "[{com:%s like:%s}]@test.run" % (message, wanted[6:]), "{pass:1 fail:[]}"
    return message, wanted


def as_shown(got, wanted):
    """Of an error what the recipe shows of it, and not where in a file it stands."""
    if not wanted.startswith("error "):
        return got
    lines = [line for line in got.split("\n") if not re.match(r"at \S+\.msg:\d+:\d+$", line)]
    return "\n".join(lines[:wanted.count("\n") + 1])


def run_messages(telex, rows, env):
    """What each message of one recipe prints; all of them are one session."""
    arguments = [telex]
    for i, (message, _) in enumerate(rows):
        arguments += ["-e", "`\\n@%d`" % i, "-e", message]  # a text alone: nobody is denied that
    try:
        out = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env=env, encoding="utf-8", timeout=60).stdout
    except subprocess.TimeoutExpired as late:
        out = (late.stdout or b"").decode(errors="replace")
    parts = re.split(r"^@\d+\n", out, flags=re.M)[1:]
    return [p.rstrip("\n") for p in parts] + ["(nothing)"] * (len(rows) - len(parts))


def run_command(command, folder, env):
    try:
        return subprocess.run(["sh", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                              timeout=60).stdout.rstrip("\n")
    except subprocess.TimeoutExpired:
        return "(it does not end)"


def run_recipe(telex, rows):
    """(kind, message, wanted, got) for each row of one recipe."""
    with tempfile.TemporaryDirectory() as work:
        env = dict(os.environ, XDG_DATA_HOME=work, TERM="xterm",
                   PATH=os.path.dirname(telex) + ":" + os.environ["PATH"])
        sent = [as_sent(m, w) for _, k, m, w in rows if k == "message"]
        got = iter(zip(sent, run_messages(telex, sent, env)))
        for _, kind, message, wanted in rows:
            if kind == "message":
                (_, wanted), shown = next(got)
                yield kind, message, wanted, as_shown(shown, wanted)
            elif kind == "sh":
                yield kind, message, wanted, run_command(message, work, env)
            else:
                yield kind, message, wanted, kind


def index_rows(folder="cookbook"):
    """The lines of the index that do not tell what the recipes say of themselves."""
    index = open(os.path.join(folder, "README.md"), encoding="utf-8").read()
    entries = re.findall(r"\]\(([0-9][^)]*\.md)\)", index)
    for path in sorted(glob.glob(os.path.join(folder, "[0-9]*.md"))):
        name = os.path.basename(path)
        title = open(path, encoding="utf-8").readline()[2:].rstrip("\n")
        wanted = "[%s](%s)" % (title, name)
        yield name, "index", wanted, wanted if wanted in index else "(not in README.md)"
        entries = [e for e in entries if e != name]
    for name in entries:
        yield name, "index", "a recipe", "(no such file)"


def main():
    telex = os.path.abspath(sys.argv[1])
    rows = list(recipes())
    names = sorted({r[0] for r in rows})
    passed = failed = 0

    def check(name, what, wanted, got):
        nonlocal passed, failed
        if got == wanted:
            passed += 1
        else:
            failed += 1
            print("FAILED %s: %s\n  wanted: %s\n  got:    %s" % (name, what, wanted, got))

    check("cookbook", "%d recipes or more" % LEAST, True, len(names) >= LEAST)
    for name, what, wanted, got in index_rows():
        check(name, what, wanted, got)
    for name in names:
        for kind, message, wanted, got in run_recipe(telex, [r for r in rows if r[0] == name]):
            check(name, message, wanted, got)
    print("%d recipes; %d of their lines need a Linux shell" % (
        len(names), sum(kind == "sh" for _, kind, _, _ in rows)))
    print("cookbook: %d passed, %d failed" % (passed, failed))


if __name__ == "__main__":
    main()
