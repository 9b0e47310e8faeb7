// SPDX-License-Identifier: MIT
// The files that this node keeps: writing, such that a name leads to a whole file at any moment.
//
//   .new-RANDOM, locked while it is written, on the disk | make: link, save: rename | the folder
//
// Whoever writes next removes what a power cut left. What a name led to before is overwritten once
// nothing leads there any more: it may be a secret.
#define _GNU_SOURCE // flock
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> // renameat
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/linux/linux.h"

enum {
    TRIES = 8,       // when others are in the way each time
    TEMP_BYTES = 32, // a name, terminated
    LOCK_TRIES = 40, // 200 ms: whoever has it writes one small file
};

static const char temp_begin[] = ".new-";

// So that a name is still there, or gone, after the power fails.
static enum err folder_sync(int dir)
{
    // Some file systems know no such thing; they keep order by themselves.
    return fsync(dir) && errno != EINVAL ? linux_err(errno) : ERR_OK;
}

// Takes the file. What it held is overwritten if no name leads there: a copy that somebody else
// keeps stays. Best effort: where a disk writes is its own affair, so errors mean nothing.
static void forget(int fd)
{
    static const char zeros[4096];
    struct stat st;

    if (fd < 0)
        return;
    if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_nlink == 0) {
        for (off_t at = 0; at < st.st_size; at += (off_t)sizeof zeros) {
            off_t left = st.st_size - at;

            if (pwrite(fd, zeros, left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros, at) < 0)
                break;
        }
        (void)fsync(fd);
    }
    (void)close(fd);
}

// What is at this name, to be forgotten later; -1: nothing that could be.
static int old_open(int dir, const char *name)
{
    return openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

// Temporary files that nobody is writing.
static void sweep(int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = fd < 0 ? NULL : fdopendir(fd);

    if (!all) { // next time
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    for (const struct dirent *d; (d = readdir(all));) {
        if (strncmp(d->d_name, temp_begin, sizeof temp_begin - 1) != 0)
            continue;
        fd = old_open(dir, d->d_name);
        if (fd < 0)
            continue;
        if (flock(fd, LOCK_EX | LOCK_NB)) {
            (void)close(fd);
            continue;
        }
        (void)unlinkat(dir, d->d_name, 0);
        forget(fd);
    }
    (void)closedir(all);
}

static void temp_name(uint64_t number, char out[TEMP_BYTES])
{
    char *at = out + sizeof temp_begin - 1;

    memcpy(out, temp_begin, sizeof temp_begin - 1);
    for (; number; number /= 26)
        *at++ = (char)('a' + number % 26);
    *at = 0;
}

// An empty file that only its owner may read, whatever the umask, and that sweep leaves alone.
static enum err temp_open(int dir, char name[TEMP_BYTES], int *out)
{
    enum err e = ERR_IO;

    for (int i = 0; i < TRIES; i++) {
        uint64_t number = 0;
        struct stat st;
        int fd;

        (void)!getrandom(&number, sizeof number, 0); // any number will do
        temp_name(number, name);
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        e = fd < 0 ? linux_err(errno) : ERR_OK;
        if (e == ERR_EXISTS)
            continue;
        if (e)
            return e;
        // Where a file system has no locks, nobody can sweep either.
        if ((flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) || fstat(fd, &st) ||
            st.st_nlink == 0) {
            (void)close(fd); // swept
            e = ERR_IO;
            continue;
        }
        if (fchmod(fd, 0600)) {
            e = linux_err(errno);
            (void)unlinkat(dir, name, 0);
            (void)close(fd);
            return e;
        }
        *out = fd;
        return ERR_OK;
    }
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

static enum err put(struct linux_port *p, const char *name, struct span bytes, bool replace)
{
    char temp[TEMP_BYTES];
    int dir, fd = -1, old = -1;
    enum err e = linux_is_plain(name) ? linux_folder_open(p, true, &dir) : ERR_BAD_ARG;

    if (e)
        return e;
    sweep(dir);
    e = temp_open(dir, temp, &fd);
    if (e)
        goto close_dir;
    e = write_all(fd, bytes);
    if (!e && replace)
        old = old_open(dir, name);
    if (!e && replace)
        e = renameat(dir, temp, dir, name) ? linux_err(errno) : ERR_OK;
    else if (!e) // unlike rename it never replaces
        e = linkat(dir, temp, dir, name, 0) ? linux_err(errno) : ERR_OK;
    if (e || !replace)
        (void)unlinkat(dir, temp, 0); // the first error counts
    if (!e)
        e = folder_sync(dir);
    // Until the folder is on the disk, a power cut brings the old one back.
    if (!e)
        forget(old);
    else if (old >= 0)
        (void)close(old);
    forget(fd); // of what did not get its name
close_dir:
    (void)close(dir);
    return e;
}

static enum err make(void *ctx, const char *name, struct span bytes)
{
    return put(ctx, name, bytes, false);
}

static enum err save(void *ctx, const char *name, struct span bytes)
{
    return put(ctx, name, bytes, true);
}

static enum err del(void *ctx, const char *name)
{
    int dir, old;
    enum err e = linux_is_plain(name) ? linux_folder_open(ctx, false, &dir) : ERR_BAD_ARG;

    if (e)
        return e;
    sweep(dir);
    old = old_open(dir, name);
    e = unlinkat(dir, name, 0) ? linux_err(errno) : folder_sync(dir);
    if (!e)
        forget(old);
    else if (old >= 0)
        (void)close(old);
    (void)close(dir);
    return e;
}

// ---- Several programs on one folder

// A file that is replaced is another one, and one that is written has another time.
static uint64_t stamp(void *ctx, const char *name)
{
    struct linux_port *p = ctx;
    const uint64_t odd = 0x9E3779B97F4A7C15u; // 2^64 / golden ratio: spreads what differs little
    struct stat st;
    uint64_t n;
    int dir;

    enum err e = linux_is_plain(name) ? linux_folder_open(p, false, &dir) : ERR_NOT_FOUND;

    if (e)
        return e == ERR_NOT_FOUND ? 0 : STAMP_UNKNOWN;
    if (fstatat(dir, name, &st, 0)) {
        n = errno == ENOENT ? 0 : STAMP_UNKNOWN;
        (void)close(dir);
        return n;
    }
    (void)close(dir);
    n = (uint64_t)st.st_ino * odd + (uint64_t)st.st_size;
    n = n * odd + (uint64_t)st.st_mtim.tv_sec;
    n = n * odd + (uint64_t)st.st_mtim.tv_nsec;
    n = n * odd + st.st_mode; // it may be trusted no more
    return n && n != STAMP_UNKNOWN ? n : 1;
}

static enum err lock(void *ctx, bool on)
{
    struct linux_port *p = ctx;
    const struct timespec wait = {0, 5000000};
    int dir, fd, failed;
    enum err e;

    if (p->locked) {
        (void)close(p->locked - 1); // gives the lock back
        p->locked = 0;
    }
    if (!on)
        return ERR_OK;
    e = linux_folder_open(p, true, &dir);
    if (e)
        return e;
    fd = openat(dir, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    failed = fd < 0 ? errno : 0;
    (void)close(dir);
    if (failed)
        return linux_err(failed);
    for (int i = 0; i < LOCK_TRIES; i++) {
        failed = flock(fd, LOCK_EX | LOCK_NB) ? errno : 0;
        if (failed != EWOULDBLOCK && failed != EINTR)
            break;
        (void)nanosleep(&wait, NULL);
    }
    if (failed && failed != ENOSYS && failed != EOPNOTSUPP) { // where there are no locks: without
        (void)close(fd);
        return failed == EWOULDBLOCK || failed == EINTR ? ERR_BUSY : linux_err(failed);
    }
    p->locked = fd + 1;
    return ERR_OK;
}

void linux_replace_init(struct linux_port *p)
{
    p->file.make = make;
    p->file.save = save;
    p->file.del = del;
    p->file.stamp = stamp;
    p->file.lock = lock;
}
