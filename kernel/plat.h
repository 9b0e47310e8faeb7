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
 * struct plat_con - the console
 *
 * A console with @tty set speaks to a person at a terminal: keys come as the bytes that a VT100
 * sends (UTF-8 text, CR for enter, DEL for backspace, ESC [ A for up ..), and what is written may
 * hold the escapes that the line editor uses: CR LF BS, ESC [ K, ESC [ n C, ESC [ n D, ESC [ 2 J,
 * ESC [ H. Where it can, what is pasted comes between ESC [ 200 ~ and ESC [ 201 ~. Without it the console is a pipe or file, and bytes go through as they are.
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
    void *ctx;
};

/**
 * struct plat_file - small files that the node keeps (keys, settings), and files to read
 *
 * has, load and make take plain names such as "node.key" and lie in one folder of this node.
 * make gives a new file, as a whole or not at all, that only its owner may read; one that is there
 * stays as it is, and the answer is ERR_EXISTS.
 * open takes a path as a person writes it.
 * Errors: ERR_NOT_FOUND, ERR_IO, ERR_DENIED, ERR_NO_SPACE, ERR_NO_MEMORY, ERR_TOO_BIG
 */
struct plat_file {
    void *ctx;
    bool (*has)(void *ctx, const char *name);
    enum err (*load)(void *ctx, const char *name, struct arena *a, struct span *out);
    enum err (*make)(void *ctx, const char *name, struct span bytes);
    enum err (*open)(void *ctx, const char *path, struct plat_source *out);
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
    const struct plat_file *file;
    const char *name;     // "linux" "uefi" "sim"
    const char *init_msg; // path of a message file to run at the start when it is there, or NULL
};

/**
 * plat_main - what a port calls once its table is filled; defined by shell/main.c
 * @argc, @argv: as in C; a machine without a command line gives 1 and its name
 *
 * Returns the exit status.
 */
int plat_main(const struct plat *plat, int argc, char **argv);

#endif
