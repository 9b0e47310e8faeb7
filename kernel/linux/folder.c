// SPDX-License-Identifier: MIT
// The few files that this node keeps, in one folder: where it is, and reading. replace.c writes.
//
// The folder is $XDG_DATA_HOME/telex, or ~/.local/share/telex (XDG Base Directory 0.8). It is made
// with the first file, for its owner only.
#define _GNU_SOURCE // DT_REG
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/linux/linux.h"

enum {
    FILE_BYTES_MAX = 16 << 20, // of one that is loaded: keys and settings are small
    TRIES = 8,                 // when others are in the way each time
};

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
static enum err folder_path(struct linux_port *p)
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
static enum err folder_make(const char *path)
{
    char *part = strdup(path);
    struct stat st;
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
    // A person may have made it, or the umask.
    if (!failed && !stat(path, &st) && st.st_uid == geteuid() && (st.st_mode & 0777) != 0700 &&
        chmod(path, 0700))
        failed = errno;
    return failed ? linux_err(failed) : ERR_OK;
}

enum err linux_folder_open(struct linux_port *p, bool make, int *dir)
{
    enum err e = folder_path(p);

    if (!e && make)
        e = folder_make(p->folder);
    if (e)
        return e;
    *dir = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *dir < 0 ? linux_err(errno) : ERR_OK;
}

bool linux_is_plain(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

// ---- Reading

// By path: it is asked at each start, and to open the folder takes longer than all the rest.
static bool has(void *ctx, const char *name)
{
    struct linux_port *p = ctx;
    char *path;
    bool is;

    if (!linux_is_plain(name) || folder_path(p))
        return false;
    path = join(p->folder, name);
    is = path && access(path, F_OK) == 0;
    free(path);
    return is;
}

// May it be trusted? Texts for the prompt hold no keys: people write them as they write any file.
static bool is_private(const char *name, const struct stat *st)
{
    const char *dot = strrchr(name, '.');

    if (dot && strcmp(dot, ".msg") == 0)
        return !(st->st_mode & S_IWOTH);
    return st->st_uid == geteuid() && !(st->st_mode & 077);
}

static enum err read_all(int fd, size_t size, struct arena *a, struct span *out)
{
    char *bytes = arena_new(a, size);
    size_t n = 0;

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

// *gone: it was replaced or deleted meanwhile, so what was read may be overwritten.
static enum err load_once(int dir, const char *name, struct arena *a, struct span *out, bool *gone)
{
    // A pipe in the place of a file would be waited for: it is none.
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    enum err e = ERR_OK;

    *gone = false;
    if (fd < 0)
        return linux_err(errno);
    if (fstat(fd, &st))
        e = linux_err(errno);
    else if (!S_ISREG(st.st_mode))
        e = ERR_NOT_SUPPORTED;
    else if (!is_private(name, &st))
        e = ERR_DENIED;
    else if (st.st_size > FILE_BYTES_MAX ||
             (uint64_t)st.st_size > a->limit_bytes - a->used_bytes) // not for want of memory
        e = ERR_TOO_BIG;
    else
        e = read_all(fd, (size_t)st.st_size, a, out);
    *gone = !e && !fstat(fd, &st) && st.st_nlink == 0;
    (void)close(fd); // it was only read
    return e;
}

static enum err load(void *ctx, const char *name, struct arena *a, struct span *out)
{
    bool gone = true;
    struct span bytes;
    int dir;
    enum err e = linux_is_plain(name) ? linux_folder_open(ctx, false, &dir) : ERR_BAD_ARG;

    if (e)
        return e;
    for (int i = 0; i < TRIES && gone && !e; i++)
        e = load_once(dir, name, a, &bytes, &gone);
    (void)close(dir);
    if (!e && gone)
        e = ERR_IO;
    if (!e)
        *out = bytes;
    return e;
}

static bool is_listed(int dir, const struct dirent *d)
{
    struct stat st;

    if (!linux_is_plain(d->d_name))
        return false;
    if (d->d_type != DT_UNKNOWN && d->d_type != DT_LNK)
        return d->d_type == DT_REG;
    return fstatat(dir, d->d_name, &st, 0) == 0 && S_ISREG(st.st_mode);
}

// Of those that are there, at most so many.
static size_t count(DIR *all, size_t most)
{
    size_t n = 0;

    rewinddir(all);
    for (const struct dirent *d; n < most && (d = readdir(all));)
        n += is_listed(dirfd(all), d);
    return n;
}

static enum err list_all(DIR *all, struct arena *a, struct span **names, size_t *n)
{
    size_t most = count(all, SIZE_MAX / sizeof **names), i = 0;
    struct span *out = arena_new(a, most * sizeof *out);

    if (!out)
        return ERR_NO_MEMORY;
    rewinddir(all);
    for (const struct dirent *d; i < most && (d = readdir(all));) {
        struct span name = span_of(d->d_name);

        if (!is_listed(dirfd(all), d))
            continue;
        name.at = arena_copy(a, name.at, name.len);
        if (!name.at)
            return ERR_NO_MEMORY;
        out[i++] = name;
    }
    *names = out;
    *n = i;
    return ERR_OK;
}

static enum err list(void *ctx, struct arena *a, struct span **names, size_t *n)
{
    int dir;
    DIR *all;
    enum err e = linux_folder_open(ctx, false, &dir);

    if (e == ERR_NOT_FOUND) { // no folder, no files
        *n = 0;
        return ERR_OK;
    }
    if (e)
        return e;
    all = fdopendir(dir);
    if (!all) {
        e = linux_err(errno);
        (void)close(dir);
        return e;
    }
    e = list_all(all, a, names, n);
    (void)closedir(all); // it was only read
    return e;
}

void linux_folder_init(struct linux_port *p)
{
    p->file.ctx = p;
    p->file.has = has;
    p->file.load = load;
    p->file.list = list;
    linux_replace_init(p);
}

void linux_folder_fini(struct linux_port *p)
{
    free(p->folder);
    p->folder = NULL;
}
