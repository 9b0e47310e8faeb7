// SPDX-License-Identifier: MIT
// What `help` answers when it is typed alone: for people a page, for programs a map.
#include "shell/shell.h"

static const char asking[] =
    "\n"
    "A message is a unit and who answers it:   (sum (1 2))@math.calc\n"
    "More of a service, with examples:         help@math.calc\n"
    "More of a command:                        help.sum@math.calc\n"
    "Values go into other messages:            (neg (sum (1 2))@math.calc)@math.calc\n";

static enum err help_map(struct arena *a, struct unit *out)
{
    struct unit *items;
    size_t n = 0;

    while (services_all[n])
        n++;
    items = unit_array(a, 2 * n);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        items[2 * i] = unit_word(services_all[i]->name);
        items[2 * i + 1] = unit_word(services_all[i]->info);
    }
    return unit_map(a, items, n, NULL, out);
}

enum err help_make(bool map, struct arena *a, struct unit *out)
{
    size_t widest = 0, n = sizeof asking, at = 0;
    char *text;

    if (map)
        return help_map(a, out);
    for (size_t i = 0; services_all[i]; i++) {
        size_t len = strlen(services_all[i]->name);

        widest = len > widest ? len : widest;
    }
    for (size_t i = 0; services_all[i]; i++)
        n += widest + strlen(services_all[i]->info) + 4;
    text = arena_new(a, n);
    if (!text)
        return ERR_NO_MEMORY;
    for (size_t i = 0; services_all[i]; i++) {
        struct span name = span_of(services_all[i]->name), info = span_of(services_all[i]->info);

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
