// SPDX-License-Identifier: MIT
// Random bytes: the kernel's, which waits for enough of them once after power-on.
#include <errno.h>
#include <sys/random.h>

#include "kernel/linux/linux.h"

static enum err random_bytes(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    while (n) {
        ssize_t got = getrandom(out, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_NOT_SUPPORTED;
        out += got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

void linux_random_init(struct linux_port *p)
{
    p->plat.random = random_bytes;
}
