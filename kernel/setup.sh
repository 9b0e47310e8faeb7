#!/bin/sh
# SPDX-License-Identifier: MIT
# Set-up: Debian packages and pinned sources. Called by the Makefile; says what it does on
# standard error; does nothing when nothing is missing.
#
#   setup.sh packages NAME..            install those Debian packages that are missing
#   setup.sh fetch DIR FROM SHA256      archive FROM of the Debian pool, checked, unpacked to DIR
#
# DEPS_CACHE    a folder of archives to look in first
# DEBIAN_MIRROR base of the mirror, when not the one that apt uses
set -eu

say() { printf '%s\n' "$*" >&2; }
die() { say "setup: $*"; exit 1; }

# Runs a command as root, without our standard input: that belongs to the program.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@" </dev/null >&2
    elif command -v sudo >/dev/null; then
        sudo "$@" </dev/null >&2
    else
        die "needs root for: $*"
    fi
}

missing() {
    for p in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed ||
            printf '%s ' "$p"
    done
}

packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "setup: not a Debian machine, taking these for given: $*"
        return
    fi
    need=$(missing "$@")
    [ -n "$need" ] || return 0
    say "setup: installing $need"
    # shellcheck disable=SC2086
    set -- env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $need
    # Old package lists name files that the mirror no longer has: refresh them, try once more.
    as_root "$@" && return
    say "setup: refreshing the package lists"
    as_root apt-get -q update
    as_root "$@" || die "apt-get could not install: $need"
}

site() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' \
        'Label: Debian' 2>/dev/null | head -n 1
}

mirror() {
    base=${DEBIAN_MIRROR:-}
    [ -n "$base" ] || base=$(site)
    if [ -z "$base" ]; then # lists were never fetched, as in a fresh container
        say "setup: fetching the package lists"
        as_root apt-get -q update
        base=$(site)
    fi
    [ -n "$base" ] || die "no Debian mirror known; set DEBIAN_MIRROR, or DEPS_CACHE to a folder"
    printf '%s\n' "${base%/}"
}

# check FILE SHA256 NAME
check() {
    got=$(sha256sum "$1" | cut -d ' ' -f 1)
    [ "$got" != "$2" ] || return 0
    say "setup: $3 ($1) is not the pinned archive"
    say "  wanted sha256 $2"
    say "  found  sha256 $got"
    exit 1
}

# unpack FILE TAR-OPTION..
unpack() {
    archive=$1
    shift
    case $archive in
    *.deb) ar p "$archive" data.tar.xz | tar -xJ "$@" ;; # a package that holds only data
    *) tar -xf "$archive" "$@" ;;
    esac
}

fetch() {
    dir=$1 from=$2 want=$3
    name=${from##*/}
    file=${DEPS_CACHE:+$DEPS_CACHE/$name}
    if [ -z "$file" ] || [ ! -f "$file" ]; then
        file=$(dirname "$dir")/archives/$name
        mkdir -p "${file%/*}"
    fi
    if [ ! -f "$file" ]; then
        base=$(mirror)
        url=$base/pool/main/$(printf %s "$from" | sed 's/+/%2B/g')
        say "setup: fetching $url"
        # apt's own helper: the machine's proxies and mirrors apply, no further tool is needed.
        /usr/lib/apt/apt-helper download-file "$url" "$file.part" </dev/null >/dev/null 2>&1 ||
            die "cannot fetch $name (sha256 $want) from $url; DEPS_CACHE may name a folder with it"
        check "$file.part" "$want" "$name"
        mv "$file.part" "$file"
    fi
    check "$file" "$want" "$name"
    say "setup: unpacking $name"
    rm -rf "$dir" "$dir.part"
    mkdir -p "$dir.part"
    unpack "$file" -C "$dir.part" --strip-components=1 --no-same-owner
    mv "$dir.part" "$dir"
}

# One at a time: the package manager has one lock for all.
exec 9<"$0"
flock 9

step=$1
shift
case $step in
packages) packages "$@" ;;
fetch) fetch "$@" ;;
*) die "unknown step $step" ;;
esac
