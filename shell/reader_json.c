// SPDX-License-Identifier: MIT
// Where a JSON value ends in a text that is still arriving: balanced brackets, or a word up to a
// blank.
#include "shell/reader.h"

enum err reader_json_end(struct reader *r, size_t *end)
{
    for (; r->scan < r->end; r->scan++) {
        char c = r->buf[r->scan];

        if (r->scan_escape) {
            r->scan_escape = false;
        } else if (r->scan_text) {
            r->scan_escape = c == '\\';
            r->scan_text = c != '"';
            if (!r->scan_text && !r->scan_depth)
                break;
        } else if (c == '"') {
            if (!r->scan_depth && r->scan > r->at)
                goto behind; // a word before it
            r->scan_text = true;
        } else if (c == '{' || c == '[') {
            if (!r->scan_depth && r->scan > r->at)
                goto behind;
            r->scan_depth++;
        } else if (c == '}' || c == ']') {
            if (r->scan_depth < 2)
                break;
            r->scan_depth--;
        } else if (!r->scan_depth && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
            goto behind;
        }
    }
    if (r->scan == r->end) {
        if (r->end - r->at > UNIT_TEXT_MAX_BYTES)
            return ERR_TOO_BIG;
        if (!r->last)
            return ERR_LATER;
        *end = r->end;
        return ERR_OK;
    }
    r->scan++;
behind:
    *end = r->scan;
    return ERR_OK;
}
