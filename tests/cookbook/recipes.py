# SPDX-License-Identifier: MIT
# The recipes of cookbook/, as tests: recipes.py TELEX runs them all on Linux; tests/qemu/machine.py
# runs the same messages in a machine.
#
# In a fenced block, `λ MESSAGE` is sent and what stands below it, up to the next `λ` or the end of
# the block, must be printed. Of an error its first line counts. `like: SHAPE` stands for a value
# that cannot be known: its shape must be this one. In a block ```sh a line `$ COMMAND` goes to a
# shell in which `telex` is the program, and the lines below are its output: Linux alone has that.
import glob, os, re, subprocess, sys, tempfile


def recipes(folder="cookbook"):
    """(file, kind, message, wanted); kind: message or sh."""
    for path in sorted(glob.glob(os.path.join(folder, "[0-9]*.md"))):
        kind = message = None
        wanted = []
        for line in open(path, encoding="utf-8").read().split("\n"):
            start = {"message": "λ ", "sh": "$ "}.get(kind)
            if line.startswith("```") or (start and line.startswith(start)):
                if message is not None:
                    yield os.path.basename(path), kind, message, "\n".join(wanted)
                message, wanted = None, []
                if line.startswith("```"):
                    kind = None if kind else "sh" if line == "```sh" else "message"
                else:
                    message = line[2:]
            elif message is not None:
                wanted.append(line)


def as_sent(message, wanted):
    """What is sent for a message, and what must come: a shape is checked by Telex itself."""
    if wanted.startswith("like: "):
        return "[{com:%s like:%s}]@test.run" % (message, wanted[6:]), "{pass:1 fail:[]}"
    return message, wanted


def as_shown(got):
    return got.split("\n")[0] if got.startswith("error ") else got


def run_file(telex, rows, env):
    """What each message of one recipe prints; all of them are one session."""
    arguments = [telex]
    for i, (message, _) in enumerate(rows):
        arguments += ["-e", "{say:`\\n@%d` nl:t}@io.term" % i, "-e", message]
    out = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, env=env, encoding="utf-8", timeout=120).stdout
    parts = re.split(r"^@\d+\n", out, flags=re.M)[1:]
    return [p.rstrip("\n") for p in parts] + ["(nothing)"] * (len(rows) - len(parts))


def main():
    telex = os.path.abspath(sys.argv[1])
    passed = failed = 0
    with tempfile.TemporaryDirectory() as work:
        env = dict(os.environ, XDG_DATA_HOME=work,
                   PATH=os.path.dirname(telex) + ":" + os.environ["PATH"])
        rows = list(recipes())
        for name in sorted({r[0] for r in rows}):
            here = [r for r in rows if r[0] == name]
            sent = [as_sent(m, w) for _, k, m, w in here if k == "message"]
            got = iter([as_shown(g) for g in run_file(telex, sent, env)])
            sent = iter(sent)
            for _, kind, message, wanted in here:
                if kind == "sh":
                    shown = subprocess.run(["sh", "-c", message], cwd=work, env=env,
                                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                           encoding="utf-8", timeout=60).stdout.rstrip("\n")
                else:
                    shown, wanted = next(got), next(sent)[1]
                if shown == wanted:
                    passed += 1
                else:
                    failed += 1
                    print("FAILED %s: %s\n  wanted: %s\n  got:    %s" % (name, message, wanted,
                                                                         shown))
    print("cookbook: %d passed, %d failed" % (passed, failed))


if __name__ == "__main__":
    main()
