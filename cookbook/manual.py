# SPDX-License-Identifier: MIT
# Prints cookbook/services.md from the tables of the services: manual.py TELEX. Run by `make docs`.
import json, re, subprocess, sys

telex = sys.argv[1]


def run(arguments, text=None):
    return subprocess.run([telex] + arguments, input=text, stdout=subprocess.PIPE, check=True,
                          encoding="utf-8").stdout.splitlines()


def cell(text):
    return str(text or "").replace("|", "\\|")


names = [m.replace("_", ".", 1)
         for m in re.findall(r"^SERVICE\((\w+)\)", open("services/services.def").read(), re.M)]
asks = [a for name in names for a in ("-e", "help.info@" + name, "-e", "help.man@" + name)]
answers = [json.loads(line)["msg"] for line in run(["--json"] + asks)]

# Examples come as JSON; Telex itself writes them as units again.
rows = [row for manual in answers[1::2] for command in manual.values()
        for row in command.get("tut") or []]
texts = iter(run(["--json-in", "-"],
                 "".join(json.dumps({"com": row["com"]}) + "\n" +
                         json.dumps({"res": row.get("res", row.get("like"))}) + "\n"
                         for row in rows)) if rows else [])

print("<!-- Made from the tables of the services by `make docs`: change those. -->")
print("# Services\n")
for name, info, manual in zip(names, answers[0::2], answers[1::2]):
    print("## %s: %s\n" % (name, info))
    print("| command | takes | answers |  |\n|---|---|---|---|")
    for word, command in manual.items():
        print("| %s | %s | %s | %s |" % (word, cell(command.get("schm") or "-"),
                                         cell(command.get("res") or "-"), cell(command["info"])))
    print("\n```")
    for command in manual.values():
        for row in command.get("tut") or []:
            message, result = next(texts)[5:-1], next(texts)[5:-1]
            note = "    # " + row["info"] if "info" in row else ""
            print("λ %s%s\n%s%s" % (message, note, "" if "res" in row else "like: ", result))
    print("```\n")
