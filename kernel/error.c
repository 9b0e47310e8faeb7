// SPDX-License-Identifier: MIT
// From a failure to the error unit that the sender sees. The only place where this happens.
#include "kernel/internal.h"
#include "units/parse.h"

// Text that lives as long as the message; NULL content when there is no memory.
static bool text_unit(struct arena *a, const char *text, struct unit *out)
{
    char *copy = arena_copy(a, text, strlen(text));

    return copy && unit_str((struct span){copy, strlen(text)}, out) == ERR_OK;
}

struct unit error_unit(struct arena *a, const struct fail *f, const char *svc,
                       const struct unit *path, const struct unit *cause)
{
    struct unit *items = unit_array(a, 14), u = unit_none();
    size_t n = 0;

    if (!items) // the code alone still tells
        return unit_word(err_word(f->code));
    items[n++] = unit_word("code");
    items[n++] = unit_word(err_word(f->code));
    items[n++] = unit_word("why");
    if (!text_unit(a, f->why[0] ? f->why : err_text(f->code), &items[n++]))
        items[n - 1] = unit_word(err_text(f->code));
    if (f->pos != FAIL_NO_POS) {
        items[n++] = unit_word("pos");
        items[n++] = unit_int((int64_t)f->pos);
    }
    if (path) {
        items[n++] = unit_word("path");
        items[n++] = *path;
        items[n - 1].flags &= (uint8_t)~UNIT_LIVE; // it is shown, never read
    }
    if (svc) {
        items[n++] = unit_word("svc");
        items[n++] = unit_word(svc);
    }
    if (f->hint) {
        items[n++] = unit_word("hint");
        items[n++] = unit_word(f->hint);
    }
    if (cause) {
        items[n++] = unit_word("cause");
        items[n++] = *cause;
    }
    if (unit_map(a, items, n / 2, NULL, &u) && unit_map(a, items, n / 2 - !!cause, NULL, &u))
        return unit_word(err_word(f->code));
    return u;
}

// Steps from the root to the node, the deepest first found. Recursion is bounded by the depth.
static bool walk(struct arena *a, const struct unit *at, const struct unit *node,
                 struct unit *steps, size_t n, size_t *len)
{
    size_t parts = at->kind == UNIT_MAP ? 2 * (size_t)at->n : at->n;

    if (at == node) {
        *len = n;
        return true;
    }
    if (n == UNIT_STEPS_MAX || at->kind < UNIT_PAIR || at->kind > UNIT_MAP)
        return false; // a nested message has paths of its own
    for (size_t i = at->kind == UNIT_MAP; i < parts; i += at->kind == UNIT_MAP ? 2 : 1) {
        if (!walk(a, &at->items[i], node, steps, n + 1, len))
            continue;
        if (at->kind == UNIT_MAP && at->items[i - 1].kind == UNIT_STR && at->items[i - 1].n) {
            steps[n] = at->items[i - 1];
        } else {
            char digits[20], *copy;
            size_t d = sizeof digits, v = at->kind == UNIT_MAP ? i / 2 : i;

            do
                digits[--d] = (char)('0' + v % 10);
            while (v /= 10);
            copy = arena_copy(a, digits + d, sizeof digits - d);
            if (!copy || unit_str((struct span){copy, sizeof digits - d}, &steps[n]))
                return false;
        }
        return true;
    }
    return false;
}

bool path_of(struct arena *a, const struct unit *root, const struct unit *node, struct unit *out)
{
    struct unit *steps = unit_array(a, UNIT_STEPS_MAX);
    size_t n = 0;

    if (!steps || !walk(a, root, node, steps, 0, &n) || n == 0)
        return false;
    return unit_ref(steps, n, out) == ERR_OK;
}
