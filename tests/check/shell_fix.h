// SPDX-License-Identifier: MIT
// For the suites of the shell: a simulated machine with a console that is scripted and recorded,
// and a terminal that shows what was written to it.
#ifndef TELEX_TESTS_SHELL_FIX_H
#define TELEX_TESTS_SHELL_FIX_H

#include "tests/sim/sim.h"

// ---- A terminal of one line and more, as a VT100 does it

enum { VT_ROWS = 24, VT_COLUMNS_MAX = 200, CELL_BYTES = 24 };

struct vt {
    char cell[VT_ROWS][VT_COLUMNS_MAX][CELL_BYTES]; // a character with its marks; "": blank
    unsigned columns, row, column;
    bool strange; // something was written that kernel/plat.h does not allow
};

void vt_init(struct vt *s, unsigned columns);
void vt_put(struct vt *s, const char *bytes, size_t n);

/** One row as text, without blanks at its end; static memory. */
const char *vt_row(const struct vt *s, unsigned row);

// ---- A machine with a console

enum { DESK_PIECES = 64, DESK_FILES = 4, DESK_SEATS = 3 };

// What comes in; a piece ends at \1, then nothing comes for a moment.
struct script {
    const char *text;
    size_t at, len;
    bool dry;   // the last read gave nothing
    bool ended; // and the last one said so
};

// One more place at the machine, with keys and a screen of its own.
struct seat {
    struct desk *desk;
    struct plat_con con;
    struct script in;
    struct vt screen;
    char out[SIM_OUTPUT];
    size_t out_n;
};

struct desk {
    struct sim sim;
    struct plat_con con;
    struct vt screen;
    bool person; // a terminal at both ends, else pipes
    struct script in;
    const struct plat_con *seats[DESK_SEATS];
    struct {
        const char *name, *text;
        size_t at;
    } files[DESK_FILES];
    char out[SIM_OUTPUT], err[SIM_OUTPUT], both[SIM_OUTPUT];
    size_t out_n, err_n, both_n;
    size_t out_max;            // past this many bytes writing fails; 0: never
    bool keys_on, waited_late; // late: it waited although something was not written
    size_t waits;
};

void desk_init(struct desk *d, bool person, const char *in);
void desk_seat(struct desk *d, struct seat *seat, const char *in);
void desk_file(struct desk *d, const char *name, const char *text);

/** Runs `telex ARGS`, words cut at blanks (~ stands for a blank inside of one). */
int desk_run(struct desk *d, const char *args);

/** A file that the node keeps. */
void desk_keep(struct desk *d, const char *name, const char *text);

/** All rows of a screen that hold something, a newline behind each; static memory. */
const char *vt_text(const struct vt *s);

#endif
