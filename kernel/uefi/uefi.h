// SPDX-License-Identifier: MIT
// The UEFI port: one machine, its devices, and the one file that knows each of them.
//
// Boot services are never exited: the firmware's drivers are the drivers of Telex. Everything runs
// at TPL_APPLICATION on a stack of our own, and the processor halts in WaitForEvent when idle.
//
//   main.c      entry, filling of the table            clock.c   time since boot, UTC, wait
//   console.c   input and output of a person           file.c    files on the boot volume
//     keyboard.c  .. from the keyboard                   folder.c   .. of the node: reading
//     serial.c    .. on the serial line                  replace.c  .. and writing
//     screen.c    .. on the display                    mem.c     pages
//       text.c      .. drawn by us                     random.c  bytes fit for keys
//       font.c      .. and its glyphs                  power.c   off, reset
//       textout.c   .. or by the firmware              work.c    other processors, slices of
//   arch.h      what differs by processor                        this one
//   libc.c      what the C library asks of us          gop.c     the display as pixels
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

struct uefi;

/** Who shows characters (text, CR, LF, BS) and does what escapes ask for (m->screen.arg). */
struct screen_kind {
    void (*put)(struct uefi *m, uint32_t c);
    void (*escape)(struct uefi *m, char c);
    void (*flush)(struct uefi *m);
    bool (*size)(struct uefi *m, unsigned *columns, unsigned *rows);
};
extern const struct screen_kind screen_drawn, screen_firmware;

struct screen {
    const struct screen_kind *kind;    // NULL: no display
    EFI_SIMPLE_TEXT_OUT_PROTOCOL *out; // of the firmware
    uint16_t text[256];                // UCS-2 that it has not shown yet, for one call a line
    size_t n;
    uint32_t code; // character in the making, and how many bytes of it are missing
    unsigned missing;
    unsigned escape; // 0: text, 1: behind ESC, 2: inside ESC [
    unsigned arg[16], args;
    char last;
};

enum { FONT_W = 8, FONT_H = 19, GLYPHS = 1024 };

struct glyph {
    uint32_t code;
    uint8_t cells;        // 0..2
    uint16_t row[FONT_H]; // the leftmost pixel is the highest bit
};

struct font {
    struct hii_font *hii;
    EFI_GRAPHICS_OUTPUT_BLT_PIXEL paper; // around its glyphs
    struct glyph *cache;                 // [GLYPHS]
};

enum { GOP_SIDE_MAX = 16384 };

struct gop {
    EFI_GRAPHICS_OUTPUT_PROTOCOL *out;
    uint32_t *px; // [w * h] as 0xRRGGBB, see gop.c; NULL: no graphics
    unsigned w, h, top;
    unsigned x0, y0, x1, y1; // not shown yet
};

struct text {
    unsigned columns, rows, scale;
    unsigned x, y; // x may be columns: the line is full
    uint32_t fore, back;
    unsigned style;
    bool cursor; // is drawn
    struct text_place {
        unsigned x, y;
        uint32_t fore, back;
        unsigned style;
    } kept;
};

struct serial {
    SERIAL_IO_INTERFACE *line; // NULL: no serial line
    uint64_t seen_ns;          // when a byte last came in
    char last;                 // byte that went out
    bool marks;                // pastes are to be marked
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
    struct keys keys, line_keys;                 // of the keyboard, of the serial line
    struct screen screen;
    struct font font;
    struct gop gop;
    struct text text;
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
    struct plat_con con, screen_con, line_con;
    const struct plat_con *seats[2];
    struct plat_gfx gfx;
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

/** Move what was typed into the keys. */
void keyboard_poll(struct uefi *m);
void serial_poll(struct uefi *m);
void keys_put(struct keys *k, uint8_t byte);

/** Was anything typed, at whatever place? */
static inline bool keys_any(const struct uefi *m)
{
    return m->keys.head != m->keys.tail || m->line_keys.head != m->line_keys.tail;
}

/** UTF-8 and the escapes of kernel/plat.h. */
void screen_write(struct uefi *m, const char *bytes, size_t n);
bool screen_size(struct uefi *m, unsigned *columns, unsigned *rows);
enum err serial_write(struct uefi *m, const char *bytes, size_t n);

void firmware_text_init(struct uefi *m);

/** The consoles, of the display and the line that are there. */
void places_init(struct uefi *m);

/** False: the firmware has no font to lend. */
bool font_init(struct uefi *m);
const struct glyph *font_glyph(struct uefi *m, uint32_t c);

/** Text from the top of an empty display, in letters that suit its size. */
void text_init(struct uefi *m);
/** The cursor is off while something is drawn, so that it is not drawn over. */
void text_cursor(struct uefi *m, bool on);

/** False: no graphics, or no memory for them. */
bool gop_init(struct uefi *m, EFI_GRAPHICS_OUTPUT_PROTOCOL *out);
/** Pixels x0..x1, y0..y1 lie on the display in all of these. */
uint32_t *gop_row(const struct gop *g, unsigned y);
void gop_fill(struct gop *g, unsigned x0, unsigned y0, unsigned x1, unsigned y1, uint32_t colour);
void gop_touch(struct gop *g, unsigned x0, unsigned y0, unsigned x1, unsigned y1);
/** Everything moves up; the lowest rows hold what was at the top and are for the caller to fill. */
void gop_scroll(struct gop *g, unsigned rows);
/** What was changed is shown. */
void gop_flush(struct gop *g);

/** For what cannot go on: the text on the console, then the machine stops. */
_Noreturn void uefi_panic(const char *text);

/** Write a file of the node as a whole, new or not (the seed, which changes at each boot). */
enum err uefi_replace(struct uefi *m, const char *name, struct span bytes);

#endif
