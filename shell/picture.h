// SPDX-License-Identifier: MIT
// Pictures on a console: on the display behind it, or as half blocks on a terminal of text.
//
// For a session: `struct picture picture;` in it, and pixels_init(s) (shell/shell.h, pixels.c) once
// its console, out and term are there, which sets term.pixels, modes, set_pixels, draw and shot;
// picture_clear(&s->picture) wherever its screen is cleared, picture_fini(&s->picture) at its end.
//
// A terminal of text has two pixels in each character, U+2580 with a colour for each half:
//
//   columns x 2 rows pixels     what is larger is shrunk until it fits
//
// Nobody can ask such a terminal what it shows, so the pictures that were drawn are kept; text that
// was written over them is not in there.
#ifndef TELEX_SHELL_PICTURE_H
#define TELEX_SHELL_PICTURE_H

#include "kernel/plat.h"
#include "shell/out.h"

struct picture {
    const struct plat_con *con;
    const struct mem *mem;
    struct out *out;
    struct pixels shown; // of half blocks; NULL: nothing was drawn yet
};

/** No memory is taken before something is drawn. */
void picture_init(struct picture *p, const struct plat_con *con, const struct mem *mem,
                  struct out *out);
void picture_fini(struct picture *p);

/** The screen is empty now. */
void picture_clear(struct picture *p);

/** As the functions of struct term. False, ERR_NOT_SUPPORTED: there are no pictures here. */
bool picture_pixels(struct picture *p, unsigned *w, unsigned *h);
size_t picture_modes(struct picture *p, unsigned (*wh)[2], size_t max);
MUST_USE enum err picture_set(struct picture *p, unsigned w, unsigned h);
MUST_USE enum err picture_draw(struct picture *p, int x, int y, const struct pixels *px);
MUST_USE enum err picture_shot(struct picture *p, struct arena *a, struct pixels *out);

#endif
