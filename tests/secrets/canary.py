# SPDX-License-Identifier: MIT
# Canaries: secrets that nobody can mistake for anything else, and the search for them.
#
#   canary.py make FILE          twenty new ones, a line each
#   canary.py find FILE PATH..   search files and folders; status 1 when any is found
#
# All of one run begin and end with the same eight characters, so a part of one is found too. The
# search knows them as UTF-8, UTF-16, backwards, in base64 and in hex.
import base64
import errno
import mmap
import os
import random
import stat
import string
import sys

N, PART = 20, 8
LETTERS = string.ascii_letters + string.digits


def make():
    r = random.SystemRandom()

    def word(n):
        return "".join(r.choice(LETTERS) for _ in range(n))

    head, tail = "Q" + word(PART - 1), word(PART - 1) + "Z"
    return [head + word(PART) + tail for _ in range(N)]


def load(path):
    with open(path) as f:
        found = f.read().split()
    assert len(found) == N
    return found


def save(path, canaries):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write("\n".join(canaries) + "\n")


def core_of_base64(part, at):
    """The characters that stand for these bytes whatever stands around them."""
    text = base64.b64encode(b"\0" * at + part + b"\0\0\0").decode()
    first, last = (8 * at + 5) // 6, 8 * (at + len(part)) // 6
    return text[first:last].encode()


def patterns(canaries):
    """{bytes to look for: what they are}"""
    found = {}
    for name, part in ("begin", canaries[0][:PART]), ("end", canaries[0][-PART:]):
        raw = part.encode()
        for form, text in (("UTF-8", raw), ("UTF-16", part.encode("utf-16le")),
                           ("backwards", raw[::-1]), ("UTF-16 backwards", part[::-1].encode("utf-16le")),
                           ("hex", raw.hex().encode()), ("HEX", raw.hex().upper().encode())):
            found[text] = f"the {name} of a canary, {form}"
        for at in range(3):
            for mark in raw, raw[::-1]:
                found[core_of_base64(mark, at)] = f"the {name} of a canary, base64"
    return found


def search(data, wanted):
    """What is found in bytes: [(offset, what)]"""
    return [(data.find(p), what) for p, what in wanted.items() if data.find(p) >= 0]


def files(paths):
    for path in paths:
        if not os.path.isdir(path):
            yield path
        for folder, _, names in os.walk(path):
            for name in names:
                yield os.path.join(folder, name)


def extents(f, size):
    """Where a file has bytes at all: [(begin, end)]; disks are mostly holes."""
    at = 0
    while at < size:
        try:
            begin = os.lseek(f.fileno(), at, os.SEEK_DATA)
            at = os.lseek(f.fileno(), begin, os.SEEK_HOLE)
        except OSError as e:
            if e.errno != errno.ENXIO:  # a file system without holes
                yield at, size
            return
        yield begin, at


def search_paths(paths, wanted):
    """[(file, offset, what)], how many files, how many bytes. Names of files are searched too."""
    found, n, size = [], 0, 0
    for path in files(paths):
        found += [(path, -1, what) for _, what in search(os.fsencode(path), wanted)]
        try:
            kind = os.lstat(path)
            if not stat.S_ISREG(kind.st_mode):
                continue
            n += 1
            if not kind.st_size:
                continue
            with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
                for begin, end in extents(f, kind.st_size):
                    size += end - begin
                    found += [(path, begin + at, what)
                              for at, what in search(data[begin:end], wanted)]
        except FileNotFoundError:
            continue
    return found, n, size


def proves_itself(canaries):
    """Is a canary found in each of the forms that it may take, and none where none is?"""
    wanted, word = patterns(canaries), canaries[-1]
    forms = [word.encode(), word.encode("utf-16le"), word.encode("utf-16be"), word[::-1].encode(),
             word.encode().hex().encode(), word[:-1].encode(), word[1:].encode()]
    for pad in range(3):
        forms += [base64.b64encode(b"#" * pad + word.encode()),
                  base64.b64encode(b"#" * pad + word[::-1].encode() + b"#")]
    for form in forms:
        if not search(b"\0some text " * 99 + form + b" more", wanted):
            return f"does not find {form!r}"
    if search(b"".join(bytes([i, j]) for i in range(256) for j in range(256)), wanted):
        return "finds what is not there"
    return None


def main():
    if sys.argv[1] == "make":
        save(sys.argv[2], make())
        return 0
    canaries = load(sys.argv[2])
    bad = proves_itself(canaries)
    if bad:
        print("FAILED the search " + bad)
        return 1
    found, n, size = search_paths(sys.argv[3:], patterns(canaries))
    for path, at, what in found[:50]:
        print(f"FAILED {path} holds {what}" + (f" at {at}" if at >= 0 else ", in its name"))
    print(f"canaries: {N} in {n} files of {size >> 20} MiB: found {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
