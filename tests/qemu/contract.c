// SPDX-License-Identifier: MIT
// What a port promises, as an image of its own: told on the console, then the machine is off.
#include "tests/contract/file.h"

#include <string.h>

enum { MOST = 1 << 20 };

static void say(const struct plat *plat, const char *text)
{
    (void)plat->con->write(plat->con->ctx, text, strlen(text)); // nobody else could be told
}

int plat_main(const struct plat *plat, int argc, char **argv)
{
    bool again = false;
    const char *no = plat->file ? file_contract(plat, MOST) : "there are no files";

    (void)argc;
    (void)argv;
    if (!no)
        no = file_contract_kept(plat, &again);
    say(plat, no ? "broken: " : again ? "holds again" : "holds");
    say(plat, no ? no : "");
    say(plat, "\r\n");
    return no ? 1 : 0;
}
