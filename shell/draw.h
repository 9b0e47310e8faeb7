// SPDX-License-Identifier: MIT
// How a line that is being typed looks. For shell/edit.c.
#ifndef TELEX_SHELL_DRAW_H
#define TELEX_SHELL_DRAW_H

#include "shell/cells.h"
#include "shell/edit.h"

/** The last n bytes were typed at the end: write only these. False when the line must be drawn. */
bool draw_typed(struct edit *ed, size_t n);

/** What stands from byte `from` on has changed, or the cursor has moved. */
void draw_line(struct edit *ed, size_t from);

/** The line is done: all of it is on the screen, and the next one begins. */
void draw_end(struct edit *ed);

/** A clear screen with the prompt and the line on top. */
void draw_screen(struct edit *ed);

#endif
