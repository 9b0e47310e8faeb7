// SPDX-License-Identifier: MIT
// What `help` answers when it is typed alone: for people a page, for programs a map.
#include "shell/shell.h"

static const char asking[] =
    "\n"
    "A message is a unit and who answers it:   (sum (1 2))@math.calc\n"
    "More of a service, with examples:         help@math.calc\n"
    "More of a command:                        help.sum@math.calc\n"
    "Values go into other messages:            (neg (sum (1 2))@math.calc)@math.calc\n";

// The next service that the session's user may use anything of, from *i on; NULL: none.
static const struct service *next(const struct session *s, size_t *i)
{
    const struct service *one;

    while ((one = services_all[*i])) {
        ++*i;
        if (term_may(s->program->kernel, &s->term, span_of(one->name)))
            return one;
    }
    return NULL;
}

static enum err help_map(const struct session *s, struct arena *a, struct unit *out)
{
    const struct service *one;
    struct unit *items;
    size_t n = 0, i = 0;

    while (next(s, &i))
        n++;
    items = unit_array(a, 2 * n);
    if (!items)
        return ERR_NO_MEMORY;
    for (n = i = 0; (one = next(s, &i)); n++) {
        items[2 * n] = unit_word(one->name);
        items[2 * n + 1] = unit_word(one->info);
    }
    return unit_map(a, items, n, NULL, out);
}

enum err help_make(const struct session *s, struct arena *a, struct unit *out)
{
    size_t widest = 0, n = sizeof asking, at = 0, i;
    const struct service *one;
    char *text;

    if (s->program->opt.json)
        return help_map(s, a, out);
    for (i = 0; (one = next(s, &i));) {
        size_t len = strlen(one->name);

        widest = len > widest ? len : widest;
    }
    for (i = 0; (one = next(s, &i));)
        n += widest + strlen(one->info) + 4;
    text = arena_new(a, n);
    if (!text)
        return ERR_NO_MEMORY;
    for (i = 0; (one = next(s, &i));) {
        struct span name = span_of(one->name), info = span_of(one->info);

        memcpy(text + at, name.at, name.len);
        memset(text + at + name.len, ' ', widest + 3 - name.len);
        at += widest + 3;
        memcpy(text + at, info.at, info.len);
        at += info.len;
        text[at++] = '\n';
    }
    memcpy(text + at, asking, sizeof asking - 2); // the last line's end comes with every value
    at += sizeof asking - 2;
    return unit_str((struct span){text, at}, out);
}
