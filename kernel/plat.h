// SPDX-License-Identifier: MIT
// The platform: all that Telex asks of a machine, as a table of functions.
//
// The port fills one `struct plat` and passes it in; nothing is global, so that many nodes run in
// one test. A group that is NULL is a device this machine does not have, and its service answers
// not-supported. Functions may be called on the main loop only and never wait, except `wait`.
// errno and EFI_STATUS become `enum err` inside the port.
#ifndef TELEX_KERNEL_PLAT_H
#define TELEX_KERNEL_PLAT_H

#include "units/arena.h"
#include "units/err.h"

/**
 * struct plat_source - bytes that come in: a console, a pipe, a file
 * @read:  up to cap bytes that are here now; *n = 0 with ERR_OK and !*end: nothing now (plat.wait
 *         returns when there is); *end: there will never be more. Errors: ERR_IO
 * @close: NULL when nothing is to be closed
 */
struct plat_source {
    void *ctx;
    enum err (*read)(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end);
    void (*close)(void *ctx);
};

/**
 * struct pixels - a picture: rows from the top, 4 bytes a pixel: R G B A (A 255: opaque)
 */
struct pixels {
    uint32_t w, h;
    uint8_t *rgba; // [4 * w * h]
};

/**
 * struct plat_gfx - a display that shows pixels, text and pictures on the same screen
 *
 * @size:  pixels across and down, as it stands
 * @modes: sizes that this display can show, w and h side by side; gives how many of them were put
 *         into wh (at most max)
 * @set:   Errors: ERR_NOT_SUPPORTED. The screen is empty then; text goes on at its top.
 * @draw:  a picture with its upper left corner at x, y; what lies outside is cut off, A blends
 * @shot:  what the screen shows into @out, which has the display's size
 */
struct plat_gfx {
    void *ctx;
    void (*size)(void *ctx, unsigned *w, unsigned *h);
    size_t (*modes)(void *ctx, unsigned (*wh)[2], size_t max);
    enum err (*set)(void *ctx, unsigned w, unsigned h);
    enum err (*draw)(void *ctx, int x, int y, const struct pixels *p);
    enum err (*shot)(void *ctx, struct pixels *out);
};

/**
 * struct plat_con - the console
 *
 * A console with @tty set speaks to a person at a terminal: keys come as the bytes that a VT100
 * sends (UTF-8 text, CR for enter, DEL for backspace, ESC [ A for up ..), and what is written may
 * hold the escapes that the line editor uses: CR LF BS, ESC [ K, ESC [ n C, ESC [ n D, ESC [ 2 J,
 * ESC [ H. Where it can, what is pasted comes between ESC [ 200 ~ and ESC [ 201 ~. Without it the
 * console is a pipe or file, and bytes go through as they are.
 */
struct plat_con {
    struct plat_source in;
    bool tty_in, tty_out, tty_err;
    // All bytes. Errors: ERR_CANCELLED (the reader went away), ERR_IO, ..
    // May block for as long as the reader does.
    enum err (*write)(void *ctx, const void *bytes, size_t n);
    enum err (*write_err)(void *ctx, const void *bytes, size_t n);
    // Characters across and down; false when nobody knows.
    bool (*size)(void *ctx, unsigned *columns, unsigned *rows);
    // Keys one by one without echo (true), or as the machine had it (false). NULL: always keys.
    void (*keys)(void *ctx, bool on);
    // The display behind it. NULL: text only; a terminal with @blocks shows pictures all the same,
    // as half blocks (U+2580) in 24-bit colours (ESC [ 38 ; 2 ; r ; g ; b m), placed by
    // ESC [ row ; column H between ESC 7 and ESC 8
    const struct plat_gfx *gfx;
    bool blocks;
    void *ctx;
};

/**
 * struct plat_file - small files that the node keeps (keys, settings), and files to read
 *
 * All but open take plain names such as "node.key", which lie in one folder of this node, for its
 * owner only.
 *
 * @load: a file that others may read or write is refused: ERR_DENIED. Texts for the prompt
 *        (NAME.msg), which people write, only if anybody may write them. ERR_TOO_BIG: also past
 *        what the arena may hold; ERR_NOT_SUPPORTED: what has this name is no file
 * @make: a new file, as a whole or not at all; one that is there stays as it is: ERR_EXISTS
 * @save: a file in the place of the one that may be there. Whatever happens meanwhile, the old or
 *        the new one is there, whole; after it the new one is on the disk
 * @del:  after it the file is gone for good. Errors also: ERR_NOT_FOUND
 * @list: the names of all files, in any order, in the arena; NULL: not known here. What is only
 *        there while a file is written is none
 * @open: takes a path as a person writes it
 * @stamp: another number as soon as the file has other bytes; 0: there is none, STAMP_UNKNOWN: it
 *        cannot be told now. NULL: what a node keeps here nobody else writes while it runs
 * @lock: others that work on this folder wait, or are refused, until it is given back (on: false).
 *        NULL: there are none. Errors: ERR_BUSY (it is theirs for too long), ..
 * Errors: ERR_NOT_FOUND, ERR_IO, ERR_DENIED, ERR_NO_SPACE, ERR_NO_MEMORY, ERR_TOO_BIG
 */
#define STAMP_UNKNOWN UINT64_MAX
struct plat_file {
    void *ctx;
    bool (*has)(void *ctx, const char *name);
    enum err (*load)(void *ctx, const char *name, struct arena *a, struct span *out);
    enum err (*make)(void *ctx, const char *name, struct span bytes);
    enum err (*save)(void *ctx, const char *name, struct span bytes);
    enum err (*del)(void *ctx, const char *name);
    enum err (*list)(void *ctx, struct arena *a, struct span **names, size_t *n);
    enum err (*open)(void *ctx, const char *path, struct plat_source *out);
    uint64_t (*stamp)(void *ctx, const char *name);
    enum err (*lock)(void *ctx, bool on);
};

/**
 * struct plat_hw - what is known of the machine; an entry is NULL where nobody knows
 *
 * @memory: bytes of the machine, and of those that are free; left NULL: only the first, quickly
 * @cpu:    processors, and the name of the first, as UTF-8 text in the arena
 * @board:  maker and model, likewise; ERR_NOT_FOUND when the machine does not say
 */
struct plat_hw {
    void *ctx;
    enum err (*memory)(void *ctx, uint64_t *total, uint64_t *left);
    enum err (*cpu)(void *ctx, struct arena *a, unsigned *n, struct span *name);
    enum err (*board)(void *ctx, struct arena *a, struct span *maker, struct span *model);
};

/**
 * struct plat_work - long work beside the main loop
 *
 * A worker runs one job from start to end. The job touches only what @arg leads to, and plat.mem
 * (whose get and put may then be called by several processors at once). Where a worker has no
 * processor of its own, it runs inside @step, a slice at a time, and leaves it at heap_pause().
 *
 * @n:     workers, 1..PLAT_WORKERS_MAX: how many jobs may be under way
 * @start: run job(arg) on this worker, which is idle. Errors: ERR_NO_MEMORY, ERR_NOT_SUPPORTED; then
 *         the caller does the work itself
 * @done:  true once after the job of this worker has ended; its effects are visible then.
 *         plat.wait returns when a job ends
 * @lost:  the processor of this worker, whose job is under way, stopped and will not come back:
 *         done() is never true. What its job may reach must neither be freed nor read; no other job
 *         can be given to it. plat.wait returns when it is found out. NULL: that cannot be known
 * @step:  on the main loop: at most a slice (1 ms where it can) for jobs without a processor; true:
 *         there is more to do, so do not sleep. NULL: every worker has a processor
 */
enum { PLAT_WORKERS_MAX = 16 };
struct plat_work {
    void *ctx;
    unsigned n;
    enum err (*start)(void *ctx, unsigned worker, void (*job)(void *arg), void *arg);
    bool (*done)(void *ctx, unsigned worker);
    bool (*lost)(void *ctx, unsigned worker);
    bool (*step)(void *ctx);
};

struct plat {
    void *ctx;
    const struct mem *mem;
    // ns since some moment at or before the start; never goes back
    uint64_t (*now_ns)(void *ctx);
    // UTC in ns since 1970; ERR_CLOCK when the machine does not know
    enum err (*utc_ns)(void *ctx, int64_t *ns);
    // Random bytes fit for keys; ERR_NOT_SUPPORTED when the machine has too little to offer
    enum err (*random)(void *ctx, uint8_t *out, size_t n);
    // Sleep until a source that had nothing has something, or until till_ns (UINT64_MAX: no end)
    void (*wait)(void *ctx, uint64_t till_ns);
    // Power down / start again. Comes back only where this is not possible: ERR_NOT_SUPPORTED
    enum err (*off)(void *ctx);
    enum err (*reset)(void *ctx);
    const struct plat_con *con;
    // Places where people sit, each with keys and a display of its own (a serial line, a screen).
    // None: con is the only one. con speaks to all of them at once.
    const struct plat_con *const *seats;
    size_t seats_n;
    const struct plat_file *file;
    const struct plat_hw *hw;
    const struct plat_work *work; // NULL: all work is done on the main loop
    const char *name;             // "linux" "uefi" "sim"
    const char *init_msg; // path of a message file to run at the start when it is there, or NULL
    // It is the machine itself: who types is whoever stands before it, and no other system has
    // asked him who he is
    bool machine;
};

/**
 * plat_main - what a port calls once its table is filled; defined by shell/main.c
 * @argc, @argv: as in C; a machine without a command line gives 1 and its name
 *
 * Returns the exit status.
 */
int plat_main(const struct plat *plat, int argc, char **argv);

#endif
