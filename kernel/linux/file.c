// SPDX-License-Identifier: MIT
// Files that a person names, as sources.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/linux/linux.h"

static void source_close(void *ctx)
{
    struct linux_source *s = ctx;
    struct linux_source **at = &s->port->sources;

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    (void)close(s->fd); // it was only read
    free(s);
}

static enum err open_source(void *ctx, const char *path, struct plat_source *out)
{
    struct linux_port *p = ctx;
    struct linux_source *s = malloc(sizeof *s);
    struct stat st;
    enum err e;

    if (!s)
        return ERR_NO_MEMORY;
    *s = (struct linux_source){.port = p, .fd = open(path, O_RDONLY | O_CLOEXEC)};
    e = s->fd < 0 ? linux_err(errno) : ERR_OK;
    if (!e && (fstat(s->fd, &st) || S_ISDIR(st.st_mode))) {
        e = ERR_NOT_SUPPORTED;
        (void)close(s->fd);
    }
    if (e) {
        free(s);
        return e;
    }
    s->regular = S_ISREG(st.st_mode);
    s->next = p->sources;
    p->sources = s;
    *out = (struct plat_source){.ctx = s, .read = linux_read, .close = source_close};
    return ERR_OK;
}

void linux_file_init(struct linux_port *p)
{
    p->file.open = open_source;
    linux_folder_init(p);
    p->plat.file = &p->file;
}

void linux_file_fini(struct linux_port *p)
{
    linux_folder_fini(p);
}
