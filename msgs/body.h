// SPDX-License-Identifier: MIT
// The unit at the end of a signed record.
#ifndef TELEX_MSGS_BODY_H
#define TELEX_MSGS_BODY_H

#include "units/cbor.h"

/** unit_decode of a part of @whole, so that f->pos counts from the start of the whole. */
MUST_USE static inline enum err body_open(struct arena *a, struct span whole, struct span body,
                                          struct unit *out, struct fail *f)
{
    enum err e = unit_decode(a, body, out, f);

    if (e && f && f->pos != FAIL_NO_POS)
        f->pos += (size_t)(body.at - whole.at);
    return e;
}

#endif
