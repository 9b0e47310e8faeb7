// SPDX-License-Identifier: MIT
// Files: the few that this node keeps, in one folder, and those that a person names.
//
// The folder is $XDG_DATA_HOME/telex, or ~/.local/share/telex (XDG Base Directory 0.8). It is made
// with the first file, for its owner only.
#define _GNU_SOURCE // mkostemp
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/linux/linux.h"

enum { FILE_BYTES_MAX = 16 << 20 }; // of one that is loaded: keys and settings are small

// ---- The folder

static char *join(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    char *path = malloc(n + m + 2);

    if (!path)
        return NULL;
    memcpy(path, a, n);
    path[n] = '/';
    memcpy(path + n + 1, b, m + 1);
    return path;
}

// Errors: ERR_NOT_FOUND when the environment names none.
static enum err folder(struct linux_port *p)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

    if (p->folder)
        return ERR_OK;
    if (data && data[0] == '/') // others are to be ignored, says XDG
        p->folder = join(data, "telex");
    else if (home && home[0] == '/')
        p->folder = join(home, ".local/share/telex");
    else
        return ERR_NOT_FOUND;
    return p->folder ? ERR_OK : ERR_NO_MEMORY;
}

// The folder and those above it, as far as they are missing.
static enum err make_folder(const char *path)
{
    char *part = strdup(path);
    int failed = 0;

    if (!part)
        return ERR_NO_MEMORY;
    for (char *c = part + 1;; c++) {
        char end = *c;

        if (end && end != '/')
            continue;
        *c = 0;
        failed = mkdir(part, 0700) && errno != EEXIST ? errno : 0;
        *c = end;
        if (!end || (failed && failed != EACCES && failed != EROFS))
            break; // one above that cannot be made may be there all the same
    }
    free(part);
    return failed ? linux_err(failed) : ERR_OK;
}

static enum err path_of(struct linux_port *p, const char *name, char **out)
{
    enum err e = folder(p);

    if (e)
        return e;
    *out = join(p->folder, name);
    return *out ? ERR_OK : ERR_NO_MEMORY;
}

// ---- What the node keeps

static bool has(void *ctx, const char *name)
{
    char *path;
    bool is;

    if (path_of(ctx, name, &path))
        return false;
    is = access(path, F_OK) == 0;
    free(path);
    return is;
}

static enum err read_all(int fd, struct arena *a, struct span *out)
{
    struct stat st;
    size_t n = 0, size;
    char *bytes;

    if (fstat(fd, &st))
        return linux_err(errno);
    if (st.st_size > FILE_BYTES_MAX)
        return ERR_TOO_BIG;
    size = (size_t)st.st_size;
    bytes = arena_new(a, size);
    if (!bytes)
        return ERR_NO_MEMORY;
    while (n < size) {
        ssize_t got = read(fd, bytes + n, size - n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return linux_err(errno);
        if (got == 0)
            break; // cut by someone else meanwhile
        n += (size_t)got;
    }
    *out = (struct span){bytes, n};
    return ERR_OK;
}

static enum err load(void *ctx, const char *name, struct arena *a, struct span *out)
{
    char *path;
    enum err e = path_of(ctx, name, &path);
    struct stat st;
    int fd;

    if (e)
        return e;
    // A pipe in the place of a file would be waited for: it is none.
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        e = linux_err(errno);
    else if (fstat(fd, &st))
        e = linux_err(errno);
    else
        e = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ? ERR_NOT_SUPPORTED : read_all(fd, a, out);
    if (fd >= 0)
        (void)close(fd);
    free(path);
    return e;
}

static enum err write_all(int fd, struct span bytes)
{
    for (size_t n = 0; n < bytes.len;) {
        ssize_t put = write(fd, bytes.at + n, bytes.len - n);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return linux_err(errno);
        n += (size_t)put;
    }
    return fsync(fd) ? linux_err(errno) : ERR_OK;
}

// So that the new name is still there after the power fails.
static enum err sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e;

    if (fd < 0)
        return linux_err(errno);
    // Some file systems know no such thing; they keep order by themselves.
    e = fsync(fd) && errno != EINVAL ? linux_err(errno) : ERR_OK;
    (void)close(fd);
    return e;
}

static enum err make(void *ctx, const char *name, struct span bytes)
{
    struct linux_port *p = ctx;
    char *path = NULL, *temp = NULL;
    enum err e = path_of(p, name, &path);
    int fd = -1;

    if (e)
        return e;
    e = ERR_NO_MEMORY;
    temp = join(p->folder, ".new-XXXXXX");
    if (!temp)
        goto free_path;
    e = make_folder(p->folder);
    if (e)
        goto free_temp;
    fd = mkostemp(temp, O_CLOEXEC); // 0600
    e = fd < 0 ? linux_err(errno) : write_all(fd, bytes);
    if (fd < 0)
        goto free_temp;
    if (close(fd) && !e)
        e = linux_err(errno);
    if (!e && link(temp, path)) // unlike rename it never replaces
        e = linux_err(errno);
    (void)unlink(temp); // the first error counts
    if (!e)
        e = sync_folder(p->folder);
free_temp:
    free(temp);
free_path:
    free(path);
    return e;
}

// ---- What a person names

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
    p->file = (struct plat_file){
        .ctx = p, .has = has, .load = load, .make = make, .open = open_source};
    p->plat.file = &p->file;
}

void linux_file_fini(struct linux_port *p)
{
    free(p->folder);
    p->folder = NULL;
}
