# SPDX-License-Identifier: MIT
# A machine with a display: what machine.py runs of it.
import json, os, socket, time
from __main__ import Machine, check, volume, work

BLANK, CURSOR = [False] * (8 * 19), [True] * (8 * 19)


class Display:
    """What QEMU's display shows, and its keyboard."""

    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(path)
        self.f = self.s.makefile("rw")
        self.f.readline()
        self.do("qmp_capabilities")

    def do(self, what, **more):
        self.f.write(json.dumps({"execute": what, "arguments": more}) + "\n")
        self.f.flush()
        while True:
            answer = json.loads(self.f.readline())
            if "return" in answer or "error" in answer:
                return answer

    def look(self):
        path = os.path.join(work, "screen.ppm")
        self.do("screendump", filename=path)
        _, size, _, self.px = open(path, "rb").read().split(b"\n", 3)
        self.w, self.h = map(int, size.split())

    def at(self, x, y):
        return self.px[3 * (y * self.w + x):][:3].hex()

    def cell(self, x, y, scale=1):
        """Which pixels of a character are set."""
        return [self.at((8 * x + i) * scale, (19 * y + j) * scale) != "000000"
                for j in range(19) for i in range(8)]

    def prompt(self, row, scale=1):
        return (self.cell(0, row, scale) not in (BLANK, CURSOR) and
                self.cell(2, row, scale) == CURSOR)

    def until(self, ok, seconds=20):
        end = time.monotonic() + seconds
        while True:
            over = time.monotonic() > end
            self.look()
            if ok() or over:
                return ok()
            time.sleep(0.05)

    def key(self, name):
        for down in True, False:
            self.do("input-send-event", events=[{"type": "key", "data": {
                "down": down, "key": {"type": "qcode", "data": name}}}])


def with_display(script, *options):
    path = os.path.join(work, "qmp")
    m = Machine(volume("display.img", script), "-qmp", "unix:%s,server=on,wait=off" % path, *options)
    check("prompt of the line beside a display", m.prompt() is not None, m.rest())
    return m, Display(path)


def display():
    script, side = os.path.join(work, "init.msg"), 16
    with open(script, "w") as f:
        f.write("{img:[%s] size:(%d %d) fmt:rgb}@io.term\n" % (
            " ".join(["16711680"] * (side * side)), side, side))
        f.write("{spr:center img:{img:[65280 255] size:(2 1) fmt:rgb}}@io.term\n")
        f.write("{say:`\\nHH` nl:t}@io.term\n")
    m, d = with_display(script, "-device", "VGA")
    check("a prompt on the screen", d.until(lambda: d.prompt(2)))
    check("text on the screen", d.cell(0, 1) == d.cell(1, 1) != BLANK and d.cell(2, 1) == BLANK)
    check("a picture on the same", all(d.at(x, y) == "ff0000" for x in range(side)
                                       for y in range(side)), d.at(0, 0))
    middle = d.at(d.w // 2 - 1, d.h // 2), d.at(d.w // 2, d.h // 2)
    check("one in the middle", middle == ("00ff00", "0000ff"), middle)
    # Each place has its own keys and shows its own answers.
    for k in "4", "2", "ret":
        d.key(k)
    check("keys of the screen", d.until(lambda: d.prompt(4)))
    check("the answer", d.cell(0, 3) == d.cell(2, 2) != BLANK and d.cell(1, 3) == d.cell(3, 2))
    check("keys of the line", m.ask("(neg 5)@math.calc") == "-5", m.rest())
    d.look()
    check("are none of the screen", d.prompt(4) and d.cell(0, 5) == BLANK)
    # Past the last line text and pictures go up.
    for _ in range(d.h // 19):
        d.key("1")
        d.key("ret")
        if d.until(lambda: d.at(0, 0) != "ff0000", 0.3):
            break
    check("text takes the picture away", d.at(0, 0) != "ff0000", d.at(0, 0))
    m.kill()

    # Large letters on a large display.
    with open(script, "w") as f:
        f.write("(set.res.gfx (3840 2160))@io.term\n{say:`HH` nl:t}@io.term\n")
    m, d = with_display(script, "-device", "VGA,vgamem_mb=64")
    check("a prompt on a large display", d.until(lambda: d.h == 2160 and d.prompt(1, 3)),
          (d.w, d.h))
    check("in large letters", d.cell(0, 0, 3) == d.cell(1, 0, 3) != BLANK and d.cell(2, 0, 3) == BLANK)
    m.kill()
