# SPDX-License-Identifier: MIT
# Files, randomness, keys and users on the boot volume: what machine.py runs of it.
import os
import re
import shutil
import subprocess
import time

from __main__ import Machine, check, image, node_of, skip, volume, work

# Firmware with a flash chip for what it keeps, of whichever size there is.
FLASH = next((pair for pair in (["/usr/share/OVMF/OVMF_%s%s.fd" % (part, size)
                                 for part in ("CODE", "VARS")] for size in ("_4M", ""))
              if all(os.path.exists(f) for f in pair)), None)


class Bare(Machine):
    """A machine without a source of randomness; what its firmware keeps lies in a file, if any."""

    def __init__(self, disk, kept=None, *options):
        firmware = ["-bios", "/usr/share/ovmf/OVMF.fd"] if not kept else [
            "-drive", "if=pflash,format=raw,readonly=on,file=" + FLASH[0],
            "-drive", "if=pflash,format=raw,file=" + kept]
        self.p = subprocess.Popen(
            ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-m", "256",
             "-cpu", "qemu64,-rdrand,-rdseed", "-nodefaults", "-display", "none", "-serial", "stdio",
             *firmware, "-drive", "if=none,id=boot,format=raw,file=" + disk,
             "-device", "virtio-blk-pci,drive=boot,bootindex=0", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.p.stdout.fileno(), False)
        self.seen, self.at = b"", 0


def file_of(disk, name):
    p = subprocess.run(["mtype", "-i", disk, "::/telex/" + name], stdout=subprocess.PIPE,
                       stderr=subprocess.DEVNULL)
    return p.stdout if p.returncode == 0 else None


def names_of(disk):
    p = subprocess.run(["mdir", "-b", "-i", disk, "::/telex"], stdout=subprocess.PIPE,
                       stderr=subprocess.DEVNULL)
    return sorted(line.rpartition("/")[2] for line in p.stdout.decode().split())


def switch_off(m, name):
    m.type("off@sys.hw\r")
    check("off: " + name, m.off(), m.rest())
    m.kill()


# ---- The contract of files (tests/contract), by the firmware's own file system

def contract():
    other = os.path.join(os.path.dirname(image), "contract.EFI")
    if not os.path.exists(other):
        skip("there is no " + other)
        return
    disk = os.path.join(work, "contract.img")
    subprocess.check_call(["kernel/uefi/volume.sh", disk, other])
    for wanted in "holds", "holds again":
        m = Machine(disk)
        check("the contract of files " + wanted, m.until("\n%s\r\n" % wanted), m.rest())
        check("off after the contract", m.off(), m.rest())
        m.kill()
    check("nothing else is left", names_of(disk) == ["random.seed"], names_of(disk))
    raw, own = (open(f, "rb").read().count(b"contract: forget") for f in (disk, other))
    check("what was deleted lies nowhere but in the program", raw == own and own > 0, (raw, own))


# ---- Keys that stay, and a seed that does not

def keys_stay():
    disk, seen = volume("keys.img"), []
    for start in range(2):
        m = Machine(disk)
        check("prompt", m.prompt() is not None, m.rest())
        seen.append((node_of(m), re.search(r"\bath:(\S+)", m.ask("5@test.dump")),
                     file_of(disk, "random.seed"), file_of(disk, "node.key")))
        switch_off(m, "keys stay")
    (node, user, seed, key), again = seen
    check("the same node", node and again[0] == node, again[0])
    check("the same user", user and again[1] and again[1][1] == user[1], again[1])
    check("the same file", key and again[3] == key)
    check("another seed", seed and again[2] and again[2] != seed and len(seed) == len(again[2]))
    raw = open(disk, "rb").read()
    check("the new seed is on the disk", again[2][:32] in raw)
    check("the old one is gone", seed[:32] not in raw)
    for name in names_of(disk):
        check("nothing half done", not name.endswith((".tmp", ".new")), name)


# ---- A machine that has nothing to offer

def no_keys(disk, name, kept=None):
    m = Bare(disk, kept)
    check("prompt without randomness: " + name, m.prompt() is not None, m.rest())
    check("the reason is told: " + name, b"too few random bytes" in m.seen, m.seen[-400:])
    check("unsigned work: " + name, m.ask("(neg 5)@math.calc") == "-5", m.rest())
    for message in "5@test.dump", "(sign 5)@sys.usr", "(new bob)@sys.usr":
        got = m.ask(message)
        check("no key: %s: %s" % (name, message), got.startswith("error not-supported"), got)
    switch_off(m, name)
    check("no file of keys: " + name, names_of(disk) == ["random.seed"], names_of(disk))


def poor():
    disk = volume("poor.img")
    no_keys(disk, "first start")
    no_keys(disk, "its own seed is worth nothing")


# ---- The seed as the only source: of this machine, and of a copied disk

def seed_alone():
    if not FLASH:
        skip("there is no firmware with a flash chip")
        return
    disk, copy, kept = volume("seed.img"), os.path.join(work, "copy.img"), os.path.join(work, "vars")
    shutil.copy(FLASH[1], kept)
    os.chmod(kept, 0o600)
    rng = "-device", "virtio-rng-pci"

    m = Bare(disk, kept, *rng)
    check("prompt with a source", m.prompt() is not None, m.rest())
    first = node_of(m)
    check("keys with a source", first)
    switch_off(m, "with a source")
    for name in "user.key", "node.key", "node.cert":
        subprocess.check_call(["mdel", "-i", disk, "::/telex/" + name])
    shutil.copy(disk, copy)

    m = Bare(disk, kept)
    check("prompt with a seed", m.prompt() is not None, m.rest())
    second = node_of(m)
    check("the seed makes keys", second and second != first, (first, second))
    switch_off(m, "with a seed")
    # Put back as it was: the seed was used. In another machine: it is not its own.
    again = os.path.join(work, "again.img")
    shutil.copy(copy, again)
    no_keys(again, "a disk that was put back", kept)
    fresh = os.path.join(work, "vars.fresh")
    shutil.copy(FLASH[1], fresh)
    os.chmod(fresh, 0o600)
    no_keys(copy, "a copied disk", fresh)


# ---- Users

def login(m, name, passphrase):
    """As a person does it: what is typed is not shown."""
    m.type("(login %s)@sys.usr\r" % name)
    m.until("\r\npassphrase: ")
    return m.ask(passphrase)


def users():
    disk, secret = volume("users.img"), "!`correct horse`"
    m = Machine(disk, "-m", "256")
    check("prompt", m.prompt() is not None, m.rest())
    got = m.ask("logout@sys.usr")
    check("nobody locks himself out", got.startswith("error denied: no passphrase opens a key"), got)
    made = re.search(r"id:`?(tu1\w+)", m.ask("(new bob)@sys.usr"))
    check("a user is made", made, m.rest())
    check("the owner's own", "error" not in m.ask("(pass !`mine alone`)@sys.usr"))
    check("login without a passphrase", "error" not in m.ask("(login bob)@sys.usr"))
    begin = time.monotonic()
    got = m.ask("(pass %s)@sys.usr" % secret)
    check("a passphrase", "error" not in got, got)
    print("a passphrase set: %.1f s" % (time.monotonic() - begin))
    check("logout", "error" not in m.ask("logout@sys.usr"))
    got = login(m, "bob", "mine alone")
    check("another's passphrase", "error denied" in got, got)
    got = m.ask("off@sys.hw")
    check("nobody may not switch it off", got.startswith("error denied"), got)
    check("login of the owner", "error" not in m.ask("{login:owner pass:!`mine alone`}@sys.usr"))
    switch_off(m, "users")
    check("its file", "bob.user" in names_of(disk), names_of(disk))

    m = Machine(disk, "-m", "256", "-smp", "2")  # the passphrase on a processor of its own
    check("prompt of the second start", m.prompt() is not None, m.rest())
    got = m.ask("(neg 5)@math.calc")
    check("whoever comes is nobody", got.startswith("error denied"), got)
    got = login(m, "owner", "mine alone")
    check("until he proves who he is", "error" not in got and "alone" not in got, got)
    got = m.ask("ls@sys.usr")
    check("bob is still there", made and made[1] in got and "name:bob" in got, got)
    got = m.ask("{login:bob pass:!`wrong horse`}@sys.usr")
    check("the wrong passphrase", got.startswith("error denied"), got)
    begin = time.monotonic()
    got = m.ask("{login:bob pass:%s}@sys.usr" % secret)
    print("a login with a passphrase: %.1f s" % (time.monotonic() - begin))
    check("login with the passphrase", "error" not in got, got)
    got = m.ask("who@sys.usr")
    check("it is bob", made and "bob" in got and made[1] in got, got)
    got = m.ask("off@sys.hw")
    check("bob may not switch it off", got.startswith("error denied"), got)
    check("the owner is back", "error" not in m.ask("{login:owner pass:!`mine alone`}@sys.usr"))
    check("bob is forgotten", "error" not in m.ask("(del bob)@sys.usr"))
    check("his file", "bob.user" not in names_of(disk), names_of(disk))
    switch_off(m, "users, again")
