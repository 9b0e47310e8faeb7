#!/bin/sh
# SPDX-License-Identifier: MIT
# Rules that a compiler does not check: lint.sh BUILD
#
# layer    who may include whom: LAYERS below
# system   headers that are not ours: the core has the freestanding ones, each library one wrapper
# licence  every source says under which
# cites    what a comment names is in the tree: no page that is kept elsewhere
# alone    every header compiles by itself
# symbols  what the core and the libraries ask of the machine stands in tests/lint.symbols
# format   clang-format 14 agrees
# image    the UEFI image wants nothing from outside and never writes below the stack pointer
#
# Run by make, which gives the compilers with their flags in HOST and UEFI.
set -u
build=$1
cd "$(dirname "$0")/.." || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/bad"

# folder or file: folders and files it may include. The longest match on the left counts.
cat >"$tmp/layers" <<'LAYERS'
units           units
keys            units keys
msgs            units keys msgs
kernel          units keys msgs kernel
kernel/linux    units kernel/plat.h kernel/kernel.h kernel/linux
kernel/uefi     units kernel/plat.h kernel/kernel.h kernel/uefi
kernel/uefi/random.c  units kernel/plat.h kernel/uefi keys/crypto.h
services        units msgs kernel/service.h kernel/plat.h kernel/term.h services/services.def
services/dat_list.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/dat_proc.h services/dat_proc.def
services/dat_path.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/dat_proc.h services/dat_proc.def
services/dat_proc.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/dat_proc.h services/dat_proc.def
services/dat_run.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/dat_proc.h services/dat_proc.def
services/dat_sort.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/dat_proc.h services/dat_proc.def
services/dat_proc.h  units msgs kernel/service.h kernel/plat.h kernel/term.h services/dat_proc.def
services/dat_text.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/dat_proc.h services/dat_case.def
services/dat_form.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/dat_proc.h services/lz4.h services/stb.h
services/lz4.c  units services/lz4.h
services/lz4.h  units
services/gfx_2d.c    units kernel/service.h kernel/plat.h kernel/term.h services/io_image.h
services/io_image.c  units services/io_image.h services/stb.h
services/io_image.h  units kernel/plat.h services/coded.h
services/coded.c     units services/coded.h
services/coded.h     units
services/stb.c       units services/stb.h services/stb_in.h
services/stb.h       units
services/stb_in.h    units
services/io_video.c  units kernel/service.h kernel/plat.h kernel/term.h services/io_video.h services/io_image.h
services/io_term.c   units msgs kernel/service.h kernel/plat.h kernel/term.h services/io_text.h services/io_video.h
services/io_text.c   units msgs kernel/service.h kernel/plat.h kernel/term.h services/io_text.h
services/math_calc.c units msgs kernel/service.h kernel/plat.h kernel/term.h services/math_eval.h services/math_calc.def
services/math_eval.c units msgs kernel/service.h kernel/plat.h kernel/term.h services/math_eval.h services/math_calc.def
services/math_eval.h units msgs kernel/service.h kernel/plat.h kernel/term.h services/math_calc.def
services/sys_task.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_task.h
services/sys_task.h  units msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_task.h
services/sys_runs.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_task.h
services/sys_list.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_task.h
services/sys_chain.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_task.h
services/sys_graph.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_task.h
services/time_chrono.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/time_chrono.h services/time_date.h
services/time_chrono.h  units msgs kernel/service.h kernel/plat.h kernel/term.h services/time_chrono.h
services/time_later.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/time_chrono.h services/time_date.h
services/time_date.c  units msgs kernel/service.h kernel/plat.h kernel/term.h services/time_date.h
services/time_date.h  units msgs kernel/service.h kernel/plat.h kernel/term.h services/time_date.h
services/qr.c        units services/qr.h
services/qr.h        units
services/sys_usr.c  units keys msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_usr.h
services/usr_find.c  units keys msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_usr.h services/time_date.h services/qr.h
services/sys_usr.h  units keys msgs kernel/service.h kernel/plat.h kernel/term.h
services/usr_keys.c  units keys msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_usr.h services/usr_job.h
services/usr_rights.c  units keys msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_usr.h services/time_date.h
services/usr_docs.c  units keys msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_usr.h services/usr_job.h
services/usr_job.c  units keys msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_usr.h services/usr_job.h
services/usr_job.h  units keys msgs kernel/service.h kernel/plat.h kernel/term.h services/sys_usr.h services/usr_job.h
shell           units msgs kernel/kernel.h kernel/plat.h kernel/service.h kernel/term.h shell services/services.def
shell/main.c    units keys/name.h kernel/kernel.h kernel/plat.h kernel/service.h shell services/services.def
cluster         units keys msgs kernel/service.h kernel/plat.h kernel/kernel.h kernel/route.h cluster
LAYERS

# Headers from outside: where they may stand ("core": all of the core; ports may use any).
cat >"$tmp/system" <<'SYSTEM'
stdint.h    core
stddef.h    core
stdbool.h   core
string.h    core
limits.h    core
stdarg.h    core
sodium.h    keys/crypto.c
mpdecimal.h units/num_mpd.c
cJSON.h     units/json.c
stb_image.h services/stb.c
lz4frame.h  services/lz4.c
qrencode.h  services/qr.c
SYSTEM

core='units keys msgs kernel services shell cluster'
sources=$(find $core tests -name '*.[ch]' -o -name '*.def' | sort)
# shellcheck disable=SC2086
count() { echo $# ; }

# shellcheck disable=SC2086
includes() {
    awk -v layers="$tmp/layers" -v system_="$tmp/system" '
    BEGIN {
        while ((getline line < layers) > 0) {
            n = split(line, w)
            for (i = 2; i <= n; i++) may[w[1], w[i]] = 1
            known[w[1]] = 1
        }
        while ((getline line < system_) > 0) {
            split(line, w)
            place[w[1], w[2]] = 1
        }
    }
    function layer_of(file,   p) {
        for (p = file; p != ""; ) {
            if (p in known) return p
            if (!sub(/\/[^\/]*$/, "", p)) return ""
        }
    }
    FNR == 1 { layer = layer_of(FILENAME); port = FILENAME ~ /^kernel\/(linux|uefi)\// }
    FNR == 1 && !/SPDX-License-Identifier: MIT/ {
        print FILENAME ":1: licence: the first line must be // SPDX-License-Identifier: MIT"
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ && layer != "" {
        split($0, q, "\""); ok = 0
        for (p = q[2]; p != ""; ) {
            if ((layer, p) in may) { ok = 1; break }
            if (!sub(/\/[^\/]*$/, "", p)) break
        }
        # A folder on the right does not open the ports below it, nor a port its neighbour.
        if (q[2] ~ /^kernel\/(linux|uefi)\// && layer !~ /^kernel\/(linux|uefi)/) ok = 0
        if (!ok)
            print FILENAME ":" FNR ": layer: " layer " may not include \"" q[2] "\""
    }
    /^[ \t]*#[ \t]*include[ \t]*</ && layer != "" && !port {
        split($0, q, /[<>]/)
        if (!((q[2], "core") in place) && !((q[2], FILENAME) in place))
            print FILENAME ":" FNR ": system: <" q[2] "> may not be included here"
    }' $sources
}

alone() {
    # shellcheck disable=SC2086
    for h in $(find $core tests -name '*.h' | sort); do
        case $h in
        kernel/uefi/* | tests/check/uefi_*) [ -f "$build/uefi/picolibc/.ok" ] && printf '%s\0%s\0' "$UEFI" "$h" ;;
        *) printf '%s\0%s\0' "$HOST" "$h" ;;
        esac
    done | xargs -0 -r -n 2 -P "$(nproc)" sh -c 'printf "#include \"%s\"\n" "$1" |
        eval "$0 -fsyntax-only -x c -" 2>&1 | sed -n "s|^\([^:]*:[0-9]*\):.*error: |\1: alone ($1): |p" | head -n 1' |
        grep . || true
}

# The core as compiled for Linux; the libraries as compiled for UEFI, where the C library is ours
# and names do not change with the distribution.
symbols() {
    : >"$tmp/wanted"
    : >"$tmp/built"
    if [ -d "$build/linux/units" ]; then
        echo core >>"$tmp/built"
        asked core "$build/linux" "$(cd "$build/linux" &&
            find $core gen -name '*.o' ! -path 'kernel/linux/*' 2>/dev/null)" './*.a'
    else
        echo "SKIP: symbols: $build/linux is not built" >&2
    fi
    if ls "$build"/uefi/*.a >/dev/null 2>&1; then
        echo library >>"$tmp/built"
        asked library "$build/uefi" './*.a' units/heap.o
    else
        echo "SKIP: symbols: $build/uefi is not built" >&2
    fi
    awk -v built="$tmp/built" '
    BEGIN { while ((getline line < built) > 0) seen[line] = 1 }
    FNR == NR { if (!/^#/ && NF) row[$1, $2] = FNR; next }
    {
        if (($2, $1) in row) used[$2, $1] = 1
        else if (!said[$1, $3]++)
            print $3 ":1: symbols: " $2 " asks for " $1 ", which is not in tests/lint.symbols"
    }
    END {
        # What libraries ask for also depends on the compiler, so only the core is held to it.
        for (k in row) if (!(k in used)) {
            split(k, w, SUBSEP)
            if (w[1] == "core" && w[1] in seen)
                print "tests/lint.symbols:" row[k] ": symbols: no " w[1] " asks for " w[2]
        }
    }' tests/lint.symbols "$tmp/wanted"
}

# asked WHO FOLDER OBJECTS HELPERS: "symbol WHO file" for what OBJECTS want and neither has.
asked() {
    (
        cd "$2" || exit
        # shellcheck disable=SC2086
        nm --defined-only -g -f posix $3 $4 2>/dev/null | awk 'NF > 1 { print $1 }' | sort -u \
            >"$tmp/defined"
        # shellcheck disable=SC2086
        nm -A -u -f posix $3 2>/dev/null | awk -v who="$1" -v defined="$tmp/defined" '
            BEGIN { while ((getline line < defined) > 0) have[line] = 1 }
            !($2 in have) { sub(/:$/, "", $1); sub(/^\.\//, "", $1); sub(/\.o$/, ".c", $1); print $2, who, $1 }'
    ) | sort -u >>"$tmp/wanted"
}

cites() {
    # shellcheck disable=SC2086
    find $core tests cookbook README.md Makefile -name '*.[ch]' -o -name '*.def' -o -name '*.mk' -o -name '*.md' \
        -o -name '*.sh' -o -name '*.msg' -o -name Makefile | sort | xargs grep -nwE \
        '[L]ANGUAGE|[M]ESSAGES|[S]ERVICES|[A]RCHITECTURE|[D]EPENDENCIES|[M]ODELS' |
        sed 's/^\([^:]*:[0-9]*\):.*/\1: cites: names a page that is not in the tree/'
}

# A suite that is not in the list would never run.
suites() {
    sed -n 's/^Suite \*\([a-z0-9_]*\)_suite(void)$/\1/p' tests/check/*.c | sort | while read -r name; do
        grep -q "^SUITE($name)\$" tests/check/suites.def ||
            echo "tests/check/$name.c:1: suites: not in tests/check/suites.def"
    done
}

format() {
    formatter=
    for c in clang-format-14 clang-format; do
        case $($c --version 2>/dev/null) in *' 14.'*) formatter=$c && break ;; esac
    done
    if [ -z "$formatter" ]; then
        # Other versions lay out differently, so their verdict would be none.
        echo "SKIP: format: clang-format 14 is not here" >&2
        return
    fi
    # shellcheck disable=SC2086
    printf '%s\n' $sources | grep '\.[ch]$' | xargs -P "$(nproc)" -n 8 "$formatter" --dry-run 2>&1 |
        sed -n 's/^\([^:]*:[0-9]*\):.*warning: .*/\1: format: make format would change this/p' | sort -t : -u -k 1,1
}

image() {
    so=$build/uefi/BOOTX64.so
    if [ ! -f "$so" ]; then
        echo "SKIP: image: $so is not built" >&2
        return
    fi
    nm -u "$so" | sed "s|^ *U|$so:1: image: undefined:|"
    # Red zone: any access below the stack pointer, which an interrupt would overwrite.
    objdump -d --no-show-raw-insn "$so" | awk -v so="$so" '
        /^[0-9a-f]+ </ { f = $2 }
        /[ ,]-0x[0-9a-f]+\(%rsp\)/ && $2 != "lea" { print so ":1: image: red zone in " f " " $0 }' |
        head -n 20
}

run() {
    "$1" >"$tmp/out" 2>"$tmp/err"
    cat "$tmp/err" # what is skipped
    skipped=$((skipped + $(grep -c '^SKIP' "$tmp/err")))
    cat "$tmp/out" >>"$tmp/bad"
}
skipped=0
for rule in includes alone symbols cites suites format image; do run $rule; done

sort -u "$tmp/bad"
bad=$(sort -u "$tmp/bad" | wc -l)
# shellcheck disable=SC2086
files=$(count $sources)
good=$((files - $(cut -d: -f1 "$tmp/bad" | sort -u | wc -l)))
[ "$good" -ge 0 ] || good=0
echo "lint: $good passed, $bad failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
[ "$bad" = 0 ]
