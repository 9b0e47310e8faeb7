// SPDX-License-Identifier: MIT
// What Linux knows of the machine.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/linux/linux.h"
#include "units/parse.h"

enum { FILE_BYTES = 8192 };

// The beginning of a small file of the system, terminated. False: there is none.
static bool read_file(const char *path, char text[FILE_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    ssize_t got = 1;

    if (fd < 0)
        return false;
    while (n < FILE_BYTES - 1 && got > 0) {
        got = read(fd, text + n, FILE_BYTES - 1 - n);
        n += got > 0 ? (size_t)got : 0;
    }
    (void)close(fd); // nothing was written
    text[n] = 0;
    return n > 0;
}

// What stands behind `name` and a colon at the beginning of a line.
static const char *value_of(const char *text, const char *name)
{
    size_t n = strlen(name);

    for (; text; text = strchr(text, '\n'), text += text != NULL) {
        const char *at = text + n;

        if (strncmp(text, name, n) != 0)
            continue;
        at += strspn(at, " \t");
        if (*at == ':')
            return at + 1 + strspn(at + 1, " \t");
    }
    return NULL;
}

// The text up to the end of the line, as UTF-8.
static enum err line_of(struct arena *a, const char *text, struct span *out)
{
    size_t n = strcspn(text, "\n"), bad;
    char *copy;

    while (n && strchr(" \t", text[n - 1]))
        n--;
    copy = arena_copy(a, text, n);
    if (!copy)
        return ERR_NO_MEMORY;
    *out = (struct span){copy, n};
    while (!text_is_utf8(*out, &bad))
        copy[bad] = '?';
    return ERR_OK;
}

static enum err memory(void *ctx, uint64_t *total, uint64_t *left)
{
    char text[FILE_BYTES];
    const char *all = NULL, *free_kb = NULL;
    long pages, page;

    (void)ctx;
    // The total alone comes without a file, at a fraction of the time.
    if (left && read_file("/proc/meminfo", text)) {
        all = value_of(text, "MemTotal");
        free_kb = value_of(text, "MemAvailable");
    }
    if (all && free_kb) {
        *total = strtoull(all, NULL, 10) * 1024;
        *left = strtoull(free_kb, NULL, 10) * 1024;
        return ERR_OK;
    }
    pages = sysconf(_SC_PHYS_PAGES);
    page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0)
        return ERR_NOT_FOUND;
    *total = (uint64_t)pages * (uint64_t)page;
    if (!left)
        return ERR_OK;
    pages = sysconf(_SC_AVPHYS_PAGES);
    *left = pages > 0 ? (uint64_t)pages * (uint64_t)page : 0;
    return ERR_OK;
}

static enum err cpu(void *ctx, struct arena *a, unsigned *n, struct span *name)
{
    char text[FILE_BYTES];
    const char *model = NULL;
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    (void)ctx;
    *n = count > 0 ? (unsigned)count : 1;
    *name = SPAN("");
    if (read_file("/proc/cpuinfo", text)) {
        model = value_of(text, "model name"); // each architecture has its own way to say it
        model = model ? model : value_of(text, "Model");
        model = model ? model : value_of(text, "uarch");
    }
    return model ? line_of(a, model, name) : ERR_OK;
}

// What is not there stays empty.
static enum err dmi(struct arena *a, const char *path, struct span *out)
{
    char text[FILE_BYTES];

    *out = SPAN("");
    return read_file(path, text) ? line_of(a, text, out) : ERR_OK;
}

static enum err board(void *ctx, struct arena *a, struct span *maker, struct span *model)
{
    // A virtual machine has no board: then what the whole machine says it is.
    static const struct {
        const char *maker, *model;
    } places[] = {
        {"/sys/class/dmi/id/board_vendor", "/sys/class/dmi/id/board_name"},
        {"/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name"},
        {"", "/proc/device-tree/model"},
    };
    enum err e = ERR_OK;

    (void)ctx;
    for (size_t i = 0; !e && i < COUNT(places); i++) {
        e = dmi(a, places[i].maker, maker);
        if (!e)
            e = dmi(a, places[i].model, model);
        if (!e && (maker->len || model->len))
            return ERR_OK;
    }
    return e ? e : ERR_NOT_FOUND;
}

void linux_hw_init(struct linux_port *p)
{
    static const struct plat_hw hw = {.memory = memory, .cpu = cpu, .board = board};

    p->plat.hw = &hw;
}
