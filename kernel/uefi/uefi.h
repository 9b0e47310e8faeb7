// SPDX-License-Identifier: MIT
// The UEFI port: one machine, its devices, and the one file that knows each of them.
//
// Boot services are never exited: the firmware's drivers are the drivers of Telex. Everything runs
// at TPL_APPLICATION on a stack of our own, and the processor halts in WaitForEvent when idle.
//
//   main.c      entry, filling of the table            clock.c   time since boot, UTC, wait
//   console.c   input and output of a person           file.c    files on the boot volume
//     screen.c    .. on the display                    mem.c     pages
//     keyboard.c  .. from the keyboard                 random.c  bytes fit for keys
//     serial.c    .. on the serial line                power.c   off, reset
//   work.c      other processors, slices of this one
//   arch.h      what differs by processor              libc.c    what the C library asks of us
#ifndef TELEX_KERNEL_UEFI_UEFI_H
#define TELEX_KERNEL_UEFI_UEFI_H

#include <efi.h>
#include <eficonex.h>
#include <efiser.h>

#include "kernel/plat.h"
#include "kernel/uefi/work.h"

// Nothing is finer: the firmware's timer interrupt comes every 10 ms.
enum { TICK_NS = 10000000 };

enum { KEYS_BYTES = 4096 };

/** Bytes typed and not read yet; head and tail only grow. */
struct keys {
    uint8_t byte[KEYS_BYTES];
    uint32_t head, tail;
};

struct screen {
    EFI_SIMPLE_TEXT_OUT_PROTOCOL *out; // NULL: no display
    uint16_t text[256];                // UCS-2 not yet shown, for one call a line
    size_t n;
    uint32_t code; // character in the making, and how many bytes of it are missing
    unsigned missing;
    unsigned escape; // 0: text, 1: behind ESC, 2: inside ESC [
    unsigned arg[4], args;
    char last;
};

struct serial {
    SERIAL_IO_INTERFACE *line; // NULL: no serial line
    uint64_t seen_ns;          // when a byte last came in
    char last;                 // byte that went out
};

enum { RESERVE_SEGMENTS = 64 };

/** Pages that were had from the firmware beforehand, since other processors cannot ask it. */
struct reserve {
    atomic_flag locked;
    struct reserve_run *free; // by address, never two side by side
    struct {
        uintptr_t at;
        size_t pages;
    } segment[RESERVE_SEGMENTS]; // written by the main processor alone
    unsigned segments;
    void *returned; // blocks of the main processor that another one gave back
};

struct uefi {
    EFI_HANDLE image;
    EFI_SYSTEM_TABLE *table;
    EFI_BOOT_SERVICES *boot;
    EFI_RUNTIME_SERVICES *runtime;

    EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *keyboard; // NULL: none
    struct keys keys;
    struct screen screen;
    struct serial serial;

    EFI_EVENT timer;
    uint64_t ticks_at_start, ticks_per_second;

    EFI_FILE_HANDLE volume, folder; // root and \telex of the boot volume; NULL: none
    void *free_pages[16];           // by power of two, see mem.c
    struct reserve reserve;         // pages for the other processors

    uint8_t pool[32];     // state of the random generator
    unsigned pool_credit; // bits of it that nobody else can know

    struct uefi_work work;
    struct mem mem;
    struct plat_con con;
    struct plat_file file;
    struct plat_hw hw;
    struct plat plat;
};

/** EFI_STATUS becomes an error here and nowhere else. */
enum err uefi_err(EFI_STATUS s);

// Each fills its part of the machine; what is absent stays NULL.
void clock_init(struct uefi *m);
void console_init(struct uefi *m);
void keyboard_init(struct uefi *m);
void screen_init(struct uefi *m);
void serial_init(struct uefi *m);
void file_init(struct uefi *m);
void mem_init(struct uefi *m);
void random_init(struct uefi *m);
void power_init(struct uefi *m);
void hw_init(struct uefi *m);

/** At least so many pages more side by side in the reserve. */
bool mem_grow(struct uefi *m, size_t pages);

/** What of the reserve is not in use goes back, unless a job is under way on another processor. */
void mem_shrink(struct uefi *m);

uint64_t clock_now_ns(const struct uefi *m);

/** plat.wait: till input comes or it is time. */
void clock_wait(struct uefi *m, uint64_t till_ns);

/** Move what was typed into m->keys. */
void keyboard_poll(struct uefi *m);
void serial_poll(struct uefi *m);
void keys_put(struct keys *k, uint8_t byte);
static inline bool keys_any(const struct keys *k)
{
    return k->head != k->tail;
}

/** UTF-8 and the escapes of kernel/plat.h. */
void screen_write(struct uefi *m, const char *bytes, size_t n);
enum err serial_write(struct uefi *m, const char *bytes, size_t n);

/** For what cannot go on: the text on the console, then the machine stops. */
_Noreturn void uefi_panic(const char *text);

/** Write a file of the node as a whole, new or not (the seed, which changes at each boot). */
enum err uefi_replace(struct uefi *m, const char *name, struct span bytes);

#endif
