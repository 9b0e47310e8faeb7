// SPDX-License-Identifier: MIT
// Pictures and films on the terminal: img, spr, vid and shot of io.term.
#ifndef TELEX_SERVICES_IO_VIDEO_H
#define TELEX_SERVICES_IO_VIDEO_H

#include "kernel/service.h"

extern const struct option img_options[], spr_options[], vid_options[];

enum err run_img(struct call *c);
enum err run_spr(struct call *c);
enum err run_vid(struct call *c);
enum err run_shot(struct call *c);

#endif
