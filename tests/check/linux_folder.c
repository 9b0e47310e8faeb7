// SPDX-License-Identifier: MIT
#define _GNU_SOURCE // nftw
#include "tests/check/linux_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check/helper.h"

static int open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    ck_assert_ptr_nonnull(d);
    while (readdir(d))
        n++;
    (void)closedir(d);
    return n;
}

static int open_before;

void linux_folder_begin(struct linux_folder *x)
{
    const char *home = getenv("HOME"), *data = getenv("XDG_DATA_HOME");

    memset(x, 0, sizeof *x);
    x->home = home ? strdup(home) : NULL;
    x->data = data ? strdup(data) : NULL;
    // In memory where that can be: there is nothing to wait for.
    strcpy(x->base, "/dev/shm/telex-check-XXXXXX");
    if (!mkdtemp(x->base)) {
        strcpy(x->base, "/tmp/telex-check-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(x->base));
    }
    ck_assert_int_eq(setenv("XDG_DATA_HOME", x->base, 1), 0);
    x->port.plat.ctx = &x->port;
    ck_assert_int_eq(linux_mem_init(&x->port), ERR_OK);
    linux_file_init(&x->port);
    x->file = x->port.plat.file;
    open_before = open_files();
}

static int clear(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void restore(const char *name, char *value)
{
    if (value)
        (void)setenv(name, value, 1);
    else
        (void)unsetenv(name);
    free(value);
}

void linux_folder_end(struct linux_folder *x)
{
    ck_assert_int_eq(open_files(), open_before);
    linux_file_fini(&x->port);
    ck_assert_int_eq(nftw(x->base, clear, 8, FTW_DEPTH | FTW_PHYS), 0);
    restore("HOME", x->home);
    restore("XDG_DATA_HOME", x->data);
}

const char *linux_folder_path(const struct linux_folder *x, const char *name)
{
    static char path[4][200];
    static unsigned turn;
    char *out = path[turn++ % 4];
    bool itself = strcmp(name, ".") == 0;

    snprintf(out, sizeof *path, "%s/telex%s%s", x->base, itself ? "" : "/", itself ? "" : name);
    return out;
}

void linux_folder_write(const struct linux_folder *x, const char *name, const char *text)
{
    int fd;

    (void)mkdir(linux_folder_path(x, "."), 0700); // if it is missing
    fd = open(linux_folder_path(x, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(close(fd), 0);
}

enum err linux_folder_load(struct linux_folder *x, const char *name)
{
    struct test_mem m;
    struct arena a;
    struct span got;
    enum err e;

    test_mem_init(&m);
    a = test_arena(&m);
    e = x->file->load(x->file->ctx, name, &a, &got);
    if (!e) {
        ck_assert_uint_lt(got.len, sizeof x->loaded);
        memcpy(x->loaded, got.at, got.len);
        x->loaded[got.len] = 0;
        x->loaded_n = got.len;
    }
    arena_fini(&a);
    test_mem_done(&m);
    return e;
}

size_t linux_folder_entries(const struct linux_folder *x)
{
    DIR *d = opendir(linux_folder_path(x, "."));
    size_t n = 0;

    if (!d)
        return 0;
    for (const struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
             strcmp(e->d_name, ".lock") != 0; // stays
    (void)closedir(d);
    return n;
}
