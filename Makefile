# SPDX-License-Identifier: MIT
# Builds all of Telex. `make help` lists what a person needs.
#
# One make, no recursion. Sources are found by wildcard, headers by -MMD, all output lies in
# build/<flavour>/. A flavour is a compiler and its flags; each compiles the same core.
# Messages go to standard error, so that `make run` is a filter as the program itself is.

B := build
CC := gcc
CLANG := clang
SECS := 60
N := 10000000
STORM := 40000
FORGE := 1000
SEED := 1
ARGS :=
QEMU :=
V :=

MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.SUFFIXES:
.DELETE_ON_ERROR:
.SILENT:
SHELL := /bin/sh
.SHELLFLAGS := $(if $(V),-exc,-ec)
say = printf '  %-5s %s\n' >&2

include kernel/deps.mk

telex := $B/linux/telex
image := $B/uefi/BOOTX64.EFI
checks := $B/test-gcc/check $B/test-clang/check

.PHONY: build run test check qemu lint format bench soak fuzz clean help docs
build: $(telex)

## make          set up what is missing, build
## make run      .. and start Telex here; ARGS=".." are passed on, input and output may be pipes
## make test     build all, run all tests; ends with: N passed, N failed
## make check    the unit tests alone, with gcc and clang
## make qemu     Telex as a machine of its own, in QEMU (ctrl-a x leaves); its keys stay in
##               build/uefi/boot.img; QEMU="-device VGA -display gtk" adds a screen
## make lint     layers, headers, symbols, format
## make format   lay out all C files as .clang-format says
## make bench    compare with other programs
## make soak     N=10000000 messages of all kinds; STORM=40000 trees of tasks killed at random,
##               an hour of simulated time; all bits of FORGE=1000 signed messages turned,
##               a million changed at random, a million sent again; SEED=1
## make fuzz     search for input that breaks a parser, SECS=60 for each
## make docs     print cookbook/services.md from the tables of the services
## make clean    remove what was built; fetched sources stay
## V=1 shows commands, B=folder builds elsewhere; DEPS_CACHE and DEBIAN_MIRROR: kernel/setup.sh
help:
	sed -n 's/^## //p' Makefile

run: $(telex)
	$(telex) $(ARGS)

clean:
	if [ -d $B ]; then find $B -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +; fi

# ---- set-up: packages and sources --------------------------------------------------------------

$B/stamp/packages-%: kernel/deps.mk
	kernel/setup.sh packages $(packages.$*)
	mkdir -p $(@D)
	touch $@

# The stamp's name holds the hash, so a new pin fetches anew and other edits of deps.mk do not.
define dep
$1.ok := $B/deps/$1/.$($1.sha256)
$B/deps/$1/.$($1.sha256): | $B/stamp/packages-$2
	kernel/setup.sh fetch $B/deps/$1 $($1.from) $($1.sha256)
	touch $$@
endef
$(foreach d,$(libs),$(eval $(call dep,$d,run)))
$(eval $(call dep,picolibc,uefi))
$(eval $(call dep,gnuefi,unpack))
$(eval $(call dep,mnemonic,run))

# All public headers in one folder; two are made from their templates.
include.ok := $B/deps/include/.ok
$(include.ok): $(foreach d,$(libs),$($d.ok)) kernel/deps.mk
	rm -rf $(@D)
	mkdir -p $(@D)
	cd $B/deps; cp -r sodium/src/libsodium/include/* cjson/cJSON.h lz4/lib/lz4.h lz4/lib/lz4frame.h stb/stb_image.h qrencode/qrencode.h include
	set -- $(sodium.version); sed "s/@VERSION@/$$1/; s/@SODIUM_LIBRARY_VERSION_MAJOR@/$$2/; \
	  s/@SODIUM_LIBRARY_VERSION_MINOR@/$$3/; /@SODIUM_LIBRARY_MINIMAL_DEF@/d" \
	  $(@D)/sodium/version.h.in >$(@D)/sodium/version.h
	sed 's/@MPD_HEADER_CONFIG@/#define MPD_CONFIG_64 1/' \
	  $B/deps/mpdec/libmpdec/mpdecimal.h.in >$(@D)/mpdecimal.h
	touch $@

# ---- flavours ----------------------------------------------------------------------------------
# cc.F, flags.F (everything), ours.F (our code only), step.F (packages)
# Discarded results are cast to void; gcc warns of them all the same, so clang alone watches these.

warn := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wconversion -Wvla -Werror
# Check's macros convert freely; tests keep the rest.
warn.tests := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wvla -Werror
ours := -std=gnu11 -I. -isystem $B/deps/include -DSODIUM_STATIC

# Static and at a fixed address: the quickest start. Sections let the linker drop what is unused.
cc.linux    = $(CC)
flags.linux = -O2 -g -fno-pie -fstack-protector-strong -ffunction-sections -fdata-sections
ours.linux := -Wno-unused-result
step.linux := run

sanitize := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
cc.test-gcc    = $(CC)
flags.test-gcc = $(sanitize)
# Sanitizers make gcc lose track of what is set; the linux flavour does warn.
ours.test-gcc := -Wno-unused-result -Wno-maybe-uninitialized
step.test-gcc := check

# Instrumented for the fuzzers too, so that both share their objects.
cc.test-clang    = $(CLANG)
flags.test-clang = $(sanitize) -fsanitize=fuzzer-no-link
step.test-clang := check

# No red zone: firmware takes interrupts on our stack. Its characters have 16 bits.
cc.uefi    = $(CC)
uefi.machine := -O2 -g -ffreestanding -fbuiltin -fpic -mno-red-zone -fno-stack-protector \
                -fshort-wchar -fno-asynchronous-unwind-tables -fvisibility=hidden \
                -ffunction-sections -fdata-sections
flags.uefi = $(uefi.machine) -nostdinc -isystem $(abspath $B)/uefi/picolibc/include \
             -isystem $$($(CC) -print-file-name=include)
ours.uefi := -Wno-unused-result
step.uefi := uefi

flavours := linux test-gcc test-clang uefi

# A file that changes when a flavour's flags do; written here, without a process.
ifeq ($(filter help clean,$(MAKECMDGOALS)),)
define remember
ifneq ($$(file <$B/$1/flags),$(cc.$1) $$(subst $$,_,$(ours) $(value flags.$1) $(ours.$1)))
$$(shell mkdir -p $B/$1)
$$(file >$B/$1/flags,$(cc.$1) $$(subst $$,_,$(ours) $(value flags.$1) $(ours.$1)))
endif
endef
$(foreach f,$(flavours),$(eval $(call remember,$f)))
endif

# ---- sources -----------------------------------------------------------------------------------

core := $(wildcard units/*.c keys/*.c msgs/*.c kernel/*.c services/*.c shell/*.c cluster/*.c)
# shell/init.msg becomes `const char shell_init_msg[]` and `const size_t shell_init_msg_bytes`.
embedded := $(patsubst %,gen/%.c,$(wildcard shell/*.msg)) gen/keys/wordlist.c
linux := $(wildcard kernel/linux/*.c)
uefi := $(wildcard kernel/uefi/*.c)
check := $(wildcard tests/check/*.c tests/sim/*.c tests/contract/*.c)
fuzz := $(wildcard tests/fuzz/fuzz_*.c)
fuzz.shared := $(filter-out $(fuzz),$(wildcard tests/fuzz/*.c))
# peer_*.c are programs to compare with: tests/bench/run.sh compiles them as their packages want.
bench := $(filter-out tests/bench/hello_efi.c tests/bench/peer_%,$(wildcard tests/bench/*.c))

# Changes when a source comes or goes: what is linked depends on it.
ifeq ($(filter help clean,$(MAKECMDGOALS)),)
sources := $(core) $(embedded) $(linux) $(uefi) $(check) $(fuzz.shared)
ifneq ($(file <$B/sources),$(sources))
$(shell mkdir -p $B)
$(file >$B/sources,$(sources))
endif
endif

# objects,flavour,sources
objects = $(patsubst %.c,$B/$1/%.o,$2)
core.o = $(call objects,$1,$(core) $(embedded))
libs.a = $(foreach l,$(libs),$B/$1/lib$l.a)

$B/gen/%.c: %
	mkdir -p $(@D)
	{ n=$$(printf %s '$*' | tr -c 'a-zA-Z0-9' _); \
	  printf '// Made from $* by the Makefile.\n#include <stddef.h>\n'; \
	  printf 'extern const char %s[];\nextern const size_t %s_bytes;\n' $$n $$n; \
	  printf 'const char %s[] = {\n' $$n; od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g'; \
	  printf '0};\nconst size_t %s_bytes = sizeof %s - 1;\n' $$n $$n; } >$@

# The 2048 words of keys/words.c, each in 8 bytes, in the order of the list.
$B/gen/keys/wordlist.c: $(mnemonic.ok) Makefile
	mkdir -p $(@D)
	{ printf '// Made from a list of words by the Makefile.\n'; \
	  printf 'extern const char words_list[2048][8];\nconst char words_list[2048][8] = {\n'; \
	  sed -n '/^[a-z]\{3,8\}$$/s/.*/"&",/p' $B/deps/mnemonic/$(mnemonic.words); printf '};\n'; } >$@
	[ $$(grep -c '^"' $@) = 2048 ]

define flavour
$B/$1/%.o: %.c $B/$1/flags | $(include.ok) $B/stamp/packages-$(step.$1) $(ready.$1)
	$(say) CC $$@
	mkdir -p $$(@D)
	$$(cc.$1) $$(flags.$1) $$(ours) $$(warn) $$(ours.$1) $$(ours.here) -MMD -MP -c -o $$@ $$<
$B/$1/gen/%.o: $B/gen/%.c $B/$1/flags | $(include.ok) $B/stamp/packages-$(step.$1) $(ready.$1)
	mkdir -p $$(@D)
	$$(cc.$1) $$(flags.$1) $$(ours) $$(ours.$1) -c -o $$@ $$<
$B/$1/tests/%.o: warn := $(warn.tests)
-include $(patsubst %.o,%.d,$(call objects,$1,$(core) $(linux) $(uefi) $(check) $(fuzz) $(fuzz.shared) $(bench) tests/soak/soak.c tests/bench/hello_efi.c tests/qemu/contract.c))
endef

define library
$B/$1/lib$2.a: $($2.ok) $($2.needs) $B/$1/flags kernel/deps.mk | $(include.ok) $B/stamp/packages-$(step.$1) $(ready.$1)
	$(say) LIB $$@
	rm -rf $B/$1/lib$2 $$@
	mkdir -p $B/$1/lib$2
	cd $B/deps/$2; ls -1 $$($2.files) | xargs -P $$(shell nproc) -I '{}' sh -c \
	  '$$(cc.$1) $$(flags.$1) $$($2.flags) $$(if $$(findstring clang,$$(cc.$1)),,$$($2.flags.gcc)) -w -c -o $$(abspath $B/$1/lib$2)/$$$$(echo {} | tr / _).o {}'
	ar rcs $$@ $B/$1/lib$2/*.o
endef

ready.uefi = $B/uefi/picolibc/.ok $(gnuefi.ok)
ready.test-gcc = $(gnuefi.ok)
ready.test-clang = $(gnuefi.ok)
$(foreach f,$(flavours),$(eval $(call flavour,$f)))
$(foreach f,$(flavours),$(foreach l,$(libs),$(eval $(call library,$f,$l))))

# ---- Linux -------------------------------------------------------------------------------------

$(telex): $(call core.o,linux) $(call objects,linux,$(linux)) $(call libs.a,linux) $B/sources
	$(say) LINK $@
	$(CC) -static -no-pie -Wl,--gc-sections -o $@ $(filter %.o %.a,$^) -lm

# ---- UEFI --------------------------------------------------------------------------------------

# The C library. Its meson files want a description of the machine; "none" is without a system.
$B/uefi/picolibc/.ok: $(picolibc.ok) $B/uefi/flags kernel/deps.mk
	$(say) LIB $B/uefi/picolibc
	rm -rf $B/uefi/picolibc $B/uefi/picolibc-build
	mkdir -p $B/uefi/picolibc-build
	{ echo "[binaries]"; echo "c = '$(CC)'"; echo "ar = 'ar'"; echo "nm = 'nm'"; \
	  echo "strip = 'strip'"; echo "[host_machine]"; echo "system = 'none'"; \
	  echo "cpu_family = 'x86_64'"; echo "cpu = 'x86_64'"; echo "endian = 'little'"; \
	  echo "[built-in options]"; echo "c_args = [$(foreach f,$(uefi.machine),'$f',)'-w']"; \
	  echo "[properties]"; echo "skip_sanity_check = true"; } >$B/uefi/picolibc-build/cross
	cd $B/uefi/picolibc-build; \
	  { meson setup --cross-file cross --prefix $(abspath $B)/uefi/picolibc \
	    -Dincludedir=include -Dlibdir=lib $(picolibc.options) $(abspath $B)/deps/picolibc . && \
	    ninja && ninja install; } </dev/null >log 2>&1 || { tail -n 40 log >&2; exit 1; }
	touch $@

# EFI headers and the start code: entry, and the relocation of the image by itself.
# gcc wants the last flag for calls from our convention to theirs.
efi := -isystem $B/deps/gnuefi/inc -isystem $B/deps/gnuefi/inc/x86_64 -DGNU_EFI_USE_MS_ABI
$B/uefi/kernel/uefi/%.o: ours.here = $(efi) -maccumulate-outgoing-args
$B/uefi/tests/bench/hello_efi.o: ours.here = $(efi) -maccumulate-outgoing-args

start.o := $B/uefi/gnuefi/crt0.o $B/uefi/gnuefi/reloc.o
$B/uefi/gnuefi/crt0.o: $(gnuefi.ok)
	mkdir -p $(@D)
	$(CC) $(uefi.machine) -c -o $@ $B/deps/gnuefi/gnuefi/crt0-efi-x86_64.S
$B/uefi/gnuefi/reloc.o: $(gnuefi.ok) $B/uefi/flags | $B/uefi/picolibc/.ok
	mkdir -p $(@D)
	$(CC) $(flags.uefi) $(efi) -Ikernel/uefi -w -c -o $@ $B/deps/gnuefi/gnuefi/reloc_x86_64.c

# ELF first, for the gates of tests/lint.sh; then the same as a PE file.
define link_efi
$B/uefi/$1.so: kernel/uefi/image.lds $(start.o) $2 $B/sources
	$(say) LINK $$@
	ld -nostdlib -shared -Bsymbolic -pie --no-dynamic-linker -z text --gc-sections --no-undefined \
	  -znocombreloc --hash-style=sysv -T $$< -o $$@ $$(filter %.o,$$^) \
	  --start-group $$(filter %.a,$$^) $B/uefi/picolibc/lib/libc.a --end-group
$B/uefi/$1.EFI: $B/uefi/$1.so
	objcopy --target efi-app-x86_64 --subsystem=10 -j .text -j .reloc -j .data -j .dynamic -j .rela \
	  $$< $$@
endef
$(eval $(call link_efi,hello,$B/uefi/tests/bench/hello_efi.o))
# The promises of a port, asked of this one (tests/qemu/run.sh).
$(eval $(call link_efi,contract,$(call objects,uefi,$(uefi) $(filter units/% keys/%,$(core)) \
  tests/contract/file.c tests/qemu/contract.c) $(call libs.a,uefi)))
$(eval $(call link_efi,BOOTX64,$(call core.o,uefi) $(call objects,uefi,$(uefi)) $(call libs.a,uefi)))

# The boot volume is kept: keys and files lie on it. The terminal becomes the serial line.
volume := $B/uefi/boot.img
.PRECIOUS: $(volume)
$(volume): $(image) | $B/stamp/packages-qemu
	kernel/uefi/volume.sh $@ $<
	touch $@

qemu: $(volume)
	kernel/uefi/qemu.sh $(volume) -smp 2 -serial mon:stdio $(QEMU)

# ---- tests -------------------------------------------------------------------------------------
# Everything but the port's main, with the sanitizers, by both compilers.

tested := $(filter-out kernel/linux/main.c,$(linux))
# Of the UEFI port, what can run against a firmware that the test plays (tests/check/kernel_uefi.c).
played := $(patsubst %,kernel/uefi/%.c,clock console file folder font gop hw int128 keyboard mem replace screen serial status text textout work x86_64)
define check_binary
$B/$1/kernel/uefi/%.o: ours.here = $(efi) -fshort-wchar
$(patsubst tests/check/%.c,$B/$1/tests/check/%.o,$(wildcard tests/check/kernel_uefi*.c tests/check/uefi_*.c)): ours.here = $(efi)
$B/$1/tests/check/kernel_uefi_random.o: ours.here = $(efi) -fshort-wchar
$B/$1/check: $(call core.o,$1) $(call objects,$1,$(tested) $(played) $(check)) $(call libs.a,$1) \
    $B/sources
	$(say) LINK $$@
	$$(cc.$1) $(sanitize) -o $$@ $$(filter %.o %.a,$$^) -lcheck -lsubunit -lm -lrt -lpthread
endef
$(eval $(call check_binary,test-gcc))
$(eval $(call check_binary,test-clang))

fuzzers := $(patsubst tests/fuzz/%.c,$B/fuzz/%,$(fuzz))
$(fuzzers): $B/fuzz/%: $B/test-clang/tests/fuzz/%.o $(call core.o,test-clang) \
    $(call objects,test-clang,$(tested) $(fuzz.shared)) $(call libs.a,test-clang) $B/sources
	$(say) LINK $@
	mkdir -p $(@D)
	$(CLANG) $(sanitize) -fsanitize=fuzzer -o $@ $(filter %.o %.a,$^) -lm

benches := $(patsubst tests/bench/%.c,$B/bench/%,$(bench))
soak := $B/soak/soak
forge := $B/soak/forge
programs := $(benches) $(soak) $(forge)
$(programs): $B/%: $B/linux/tests/%.o $(call core.o,linux) \
    $(call objects,linux,$(tested)) $(call libs.a,linux) $B/sources
	$(say) LINK $@
	mkdir -p $(@D)
	$(CC) -static -no-pie -Wl,--gc-sections -o $@ $(filter %.o %.a,$^) -lm

# For the gates of tests/lint.sh, which compiles headers as their own files would be.
lint test: export HOST = $(CC) $(flags.linux) $(ours) $(warn) $(ours.linux)
lint test: export UEFI = $(CC) $(flags.uefi) $(ours) $(warn) $(ours.uefi) $(efi) -Wno-unused
lint: $(call core.o,linux) $(call libs.a,linux) | $B/stamp/packages-lint
	tests/lint.sh $B

format: | $B/stamp/packages-lint
	find $(sort $(dir $(core) $(linux) $(uefi) $(check) $(fuzz) $(bench) tests/soak/)) -maxdepth 1 -name '*.[ch]' \
	  -exec clang-format-14 -i {} +

test: $(telex) $(checks) $(fuzzers) $(soak) $(forge) $(image) $B/uefi/contract.EFI | $B/stamp/packages-test
	tests/run.sh $B

check: $(checks)
	tests/run.sh $B check

docs: $(telex) | $B/stamp/packages-docs
	python3 cookbook/manual.py $(telex) >$B/services.md
	mv $B/services.md cookbook/services.md

bench: $(telex) $(benches) $(image) $B/uefi/hello.EFI | $B/stamp/packages-bench
	tests/bench/run.sh $B

soak: $(telex) $(soak) $(forge) $B/test-gcc/check
	$(soak) $(N) $(SEED)
	$(forge) $(FORGE) 1000000 1000000 $(SEED)
	ASAN_OPTIONS=quarantine_size_mb=8 STORM=$(STORM) STORM_SEED=$(SEED) CK_FORK=no \
	  CK_RUN_SUITE=kernel/storm $B/test-gcc/check
	SECRETS_LINES=4000 tests/secrets/run.sh $B

fuzz: $(fuzzers) | $B/stamp/packages-fuzz
	for f in $(fuzzers); do n=$${f##*/fuzz_}; mkdir -p $B/fuzz/found/$$n tests/fuzz/seeds/$$n; \
	  echo "== $$n" >&2; $$f -max_total_time=$(SECS) -print_final_stats=1 \
	  -artifact_prefix=$B/fuzz/$$n- $B/fuzz/found/$$n tests/fuzz/seeds/$$n; done
