# SPDX-License-Identifier: MIT
# Third-party sources: which, from where, with what hash, and how each is compiled.
#
# NAME.from    path below BASE/pool/main of a Debian mirror; kernel/setup.sh finds BASE
# NAME.sha256  of the archive; nothing else is ever unpacked
# NAME.files   sources of the library, shell patterns below build/deps/NAME (after unpacking)
# NAME.flags   only what the library needs, NAME.flags.gcc with gcc only; the flavour's flags come from the Makefile
# sodium.version  for its version.h: text, library major, library minor (see its configure.ac)
# NAME.needs   files of ours that it is compiled with
# To update one: change `from`, run make, read both hashes in the message, check, change `sha256`.

# Crypto. Compiled directly, without its configure, so that all builds have the same source.
# Its system randomness stays out: the port supplies bytes through keys/crypto.c.
sodium.from   := libs/libsodium/libsodium_1.0.18.orig.tar.gz
sodium.sha256 := d59323c6b712a1519a5daf710b68f5e7fde57040845ffec53850911f10a5d4f4
sodium.version := 1.0.18 10 3
sodium.files  := $$(find src/libsodium -name '*.c' ! -path '*/randombytes/sysrandom/*' \
                 ! -path '*/randombytes/internal/*')
# How it is compiled stands in keys/sodium_in.h.
sodium.needs  := keys/sodium_in.h units/heap.h
sodium.flags   = -Isrc/libsodium/include/sodium -I../include/sodium \
                 -DCONFIGURED -DSODIUM_STATIC -DNATIVE_LITTLE_ENDIAN -DHAVE_TI_MODE \
                 -DHAVE_C_VARARRAYS -DHAVE_WEAK_SYMBOLS -DHAVE_INLINE_ASM -DHAVE_ATOMIC_OPS \
                 -DRANDOMBYTES_CUSTOM_IMPLEMENTATION=1 -DRANDOMBYTES_DEFAULT_IMPLEMENTATION=NULL \
                 -DHAVE_CPUID -DHAVE_MMINTRIN_H -DHAVE_EMMINTRIN_H \
                 -D__STDC_WANT_LIB_EXT1__=1 -I$(CURDIR) -include keys/sodium_in.h
# What lies beyond SSE2 is written for gcc's target pragma, which clang ignores; so the tests by
# clang cover the plain C, those by gcc the vector code.
sodium.flags.gcc := -DHAVE_PMMINTRIN_H -DHAVE_TMMINTRIN_H -DHAVE_SMMINTRIN_H -DHAVE_WMMINTRIN_H \
                    -DHAVE_AVXINTRIN_H -DHAVE_AVX2INTRIN_H

# Numbers. Their memory is that of the call which uses them (units/heap.h), from the first moment on:
# its own way, pointers that are set at run time, is none for several processors.
mpdec.from   := m/mpdecimal/mpdecimal_4.0.1.orig.tar.gz
mpdec.sha256 := 96d33abb4bb0070c7be0fed4246cd38416188325f820468214471938545b1ac8
mpdec.files  := libmpdec/basearith.c libmpdec/con*.c libmpdec/crt.c libmpdec/mp*.c \
                libmpdec/difradix2.c libmpdec/fnt.c libmpdec/fourstep.c libmpdec/io.c \
                libmpdec/numbertheory.c libmpdec/sixstep.c libmpdec/transpose.c
mpdec.needs  := units/heap.h
mpdec.flags   = -Ilibmpdec -I../include -DCONFIG_64=1 -DASM=1 -DHAVE_UINT128_T=1 -DNDEBUG \
                -Dmalloc=heap_lib_malloc -Drealloc=heap_lib_realloc -Dcalloc=heap_lib_calloc \
                -Dfree=heap_lib_free -I$(CURDIR) -include units/heap.h

# JSON. Its memory is that of the call which uses it (units/heap.h); nesting past our own depth is
# refused before its recursion can hurt.
cjson.from   := c/cjson/cjson_1.7.18.orig.tar.gz
cjson.sha256 := 3aa806844a03442c00769b83e99970be70fbef03735ff898f4811dd03b9f5ee5
cjson.files  := cJSON.c
cjson.needs  := units/json_text.h
cjson.flags   = -Dmalloc=heap_lib_malloc -Drealloc=heap_lib_realloc -Dfree=heap_lib_free \
                -I$(CURDIR) -include units/json_text.h -DCJSON_NESTING_LIMIT=JSON_DEPTH_MAX

# Compression. Its memory is that of the call which uses it (units/heap.h).
lz4.from   := l/lz4/lz4_1.9.4.orig.tar.gz
lz4.sha256 := 0b0e3aa07c8c063ddf40b082bdf7e37a1562bda40a0ff5272957f3e987e0e54b
lz4.files  := lib/lz4.c lib/lz4hc.c lib/lz4frame.c lib/xxhash.c
lz4.needs  := units/heap.h
lz4.flags   = -Dmalloc=heap_lib_malloc -Dcalloc=heap_lib_calloc -Dfree=heap_lib_free \
              -DXXH_NAMESPACE=LZ4_ -I$(CURDIR) -include units/heap.h

# Pictures (png, jpg) and deflate. It is one header; how it is compiled stands in services/stb_in.h.
stb.from   := libs/libstb/libstb_0.0~git20241109.5c20573+ds.orig.tar.xz
stb.sha256 := a3a5820445a7dd063516bb542a5cd54ced8efc9c5a30bfbaae1bab6dec2c1a74
stb.files  := stb_image.h
stb.needs  := services/stb_in.h units/heap.h
# Its sums overflow on damaged files, and mean nothing then.
stb.flags   = -I$(CURDIR) -x c -DSTB_IMAGE_IMPLEMENTATION -include services/stb_in.h -fwrapv

# QR codes. Its memory is that of the call which uses it (units/heap.h); what would call strdup is
# not used.
qrencode.from   := q/qrencode/qrencode_4.1.1.orig.tar.bz2
qrencode.sha256 := e455d9732f8041cf5b9c388e345a641fd15707860f928e94507b1961256a6923
qrencode.files  := bitstream.c mask.c mmask.c mqrspec.c qrencode.c qrinput.c qrspec.c rsecc.c split.c
qrencode.needs  := units/heap.h
qrencode.flags   = -DSTATIC_IN_RELEASE=static -DHAVE_STRDUP=1 -DMAJOR_VERSION=4 -DMINOR_VERSION=1 \
                   -DMICRO_VERSION=1 -DVERSION=\"4.1.1\" -Dmalloc=heap_lib_malloc \
                   -Dcalloc=heap_lib_calloc -Drealloc=heap_lib_realloc -Dfree=heap_lib_free \
                   -I$(CURDIR) -include units/heap.h

# UEFI only: the C library (built by its own meson files) and EFI headers with start code.
picolibc.from   := p/picolibc/picolibc_1.8.10.orig.tar.gz
picolibc.sha256 := d1fc2a20f217472f8d9da084a519a25678e8d91852a41c7f3f1840d3508f7163
# A malloc that frees in constant time, no locks, one global errno, none of its own start code.
picolibc.options := -Dmultilib=false -Dpicocrt=false -Dsemihost=false -Dtests=false \
                    -Dthread-local-storage=false -Dnewlib-global-errno=true -Dsingle-thread=true \
                    -Dspecsdir=none -Dnewlib-nano-malloc=false --buildtype=plain -Doptimization=2
gnuefi.from     := g/gnu-efi/gnu-efi_3.0.15.orig.tar.bz2
gnuefi.sha256   := 931a257b9c5c1ba65ff519f18373c438a26825f2db7866b163e96d1b168f20ea

# The English words of BIP-39, one a line (MIT licence): data that the Makefile makes a table of.
mnemonic.from   := p/python-mnemonic/python3-mnemonic_0.19-2_all.deb
mnemonic.sha256 := 1812250bf22b312791b834d3fb19f5095adaa181abf355c210e690ffd650f099
mnemonic.words  := usr/lib/python3/dist-packages/mnemonic/wordlist/english.txt

libs      := sodium mpdec cjson lz4 stb qrencode

# Debian packages that each step needs, beyond git and make.
packages.run    := gcc libc6-dev xz-utils bzip2
packages.unpack := bzip2
packages.uefi   := $(packages.run) $(packages.unpack) meson ninja-build
packages.qemu   := $(packages.uefi) qemu-system-x86 ovmf mtools
packages.check  := $(packages.run) $(packages.unpack) clang libclang-rt-dev check
packages.lint   := $(packages.run) clang-format
packages.docs   := $(packages.run) python3
packages.test   := $(packages.check) $(packages.lint) $(packages.qemu) $(packages.docs)
packages.bench  := $(packages.qemu) jq bc dash python3 libcjson-dev
packages.fuzz   := $(packages.run) clang libclang-rt-dev
