// SPDX-License-Identifier: MIT
// The files of this node in \telex on the boot volume: reading. replace.c writes.
#include "kernel/uefi/file.h"
#include "units/chars.h"

enum { FILE_MAX_BYTES = 16 << 20 }; // of a file that is loaded as a whole

bool folder_plain(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && name[0] != '.' && !strpbrk(name, "/\\") &&
           !(n > 4 && (strcmp(name + n - 4, ".tmp") == 0 || strcmp(name + n - 4, ".new") == 0));
}

// NAME, or NAME.new when a power cut came before its last renaming.
static EFI_STATUS open_own(struct uefi *m, const char *name, EFI_FILE_HANDLE *out)
{
    EFI_STATUS s = file_open(m->folder, name, "", EFI_FILE_MODE_READ, out);

    if (s == EFI_NOT_FOUND)
        s = file_open(m->folder, name, ".new", EFI_FILE_MODE_READ, out);
    return s;
}

static bool has(void *ctx, const char *name)
{
    EFI_FILE_HANDLE f;

    if (!folder_plain(name) || open_own(ctx, name, &f) != EFI_SUCCESS)
        return false;
    f->Close(f);
    return true;
}

static enum err load(void *ctx, const char *name, struct arena *a, struct span *out)
{
    EFI_FILE_HANDLE f;
    union file_info info;
    enum err e = folder_plain(name) ? uefi_err(open_own(ctx, name, &f)) : ERR_BAD_ARG;
    UINTN n;
    char *p;

    if (e)
        return e;

    e = uefi_err(file_info(f, &info));
    if (!e && (info.file.Attribute & EFI_FILE_DIRECTORY))
        e = ERR_NOT_SUPPORTED;
    if (e)
        goto close;
    e = ERR_TOO_BIG;
    if (info.file.FileSize > FILE_MAX_BYTES ||
        info.file.FileSize > a->limit_bytes - a->used_bytes) // not for want of memory
        goto close;
    n = (UINTN)info.file.FileSize;
    e = ERR_NO_MEMORY;
    p = arena_new(a, n);
    if (!p)
        goto close;

    e = uefi_err(f->Read(f, &n, p));
    if (!e && n != info.file.FileSize)
        e = ERR_IO;
    if (!e)
        *out = (struct span){p, n};
close:
    f->Close(f);
    return e;
}

// ---- What the folder holds ---------------------------------------------------------------------

// UTF-8 of a name; false: it is none.
static bool text_of(const CHAR16 *name, char out[NAME_BYTES])
{
    size_t n = 0;

    for (size_t i = 0; i < NAME_CHARS && name[i]; i++) {
        if (name[i] >= 0xd800 && name[i] < 0xe000)
            return false; // FAT's names have no more than the first plane
        n += utf8_store(name[i], out + n);
    }
    out[n] = 0;
    return n > 0;
}

bool folder_cut(char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);

    if (n <= m || strcmp(text + n - m, suffix) != 0)
        return false;
    text[n - m] = 0;
    return true;
}

EFI_STATUS folder_rewind(struct uefi *m)
{
    return m->folder->SetPosition(m->folder, 0);
}

EFI_STATUS folder_next(struct uefi *m, char name[NAME_BYTES], bool *end)
{
    union file_info info;

    for (;;) {
        UINTN n = sizeof info - sizeof(CHAR16);
        EFI_STATUS s;

        memset(&info, 0, sizeof info); // ends any name
        s = m->folder->Read(m->folder, &n, &info);
        *end = n == 0;
        if (s != EFI_SUCCESS || n == 0)
            return s;
        if (!(info.file.Attribute & EFI_FILE_DIRECTORY) && text_of(info.file.FileName, name))
            return EFI_SUCCESS;
    }
}

// Is it a file of the node? NAME.new counts as NAME, which *name is then, unless that is there too.
static bool is_listed(struct uefi *m, char name[NAME_BYTES])
{
    EFI_FILE_HANDLE f;

    if (folder_cut(name, ".new")) {
        if (file_open(m->folder, name, "", EFI_FILE_MODE_READ, &f) != EFI_SUCCESS)
            return folder_plain(name);
        f->Close(f);
        return false;
    }
    return folder_plain(name);
}

// Names into out, at most *n; NULL: only counts.
static enum err each_name(struct uefi *m, struct arena *a, struct span *out, size_t *n)
{
    char name[NAME_BYTES];
    EFI_STATUS s = folder_rewind(m);
    size_t i = 0;
    bool end;

    while (s == EFI_SUCCESS && (!out || i < *n)) {
        s = folder_next(m, name, &end);
        if (s != EFI_SUCCESS || end)
            break;
        if (!is_listed(m, name))
            continue;
        if (out) {
            out[i] = span_of(name);
            out[i].at = arena_copy(a, name, out[i].len);
            if (!out[i].at)
                return ERR_NO_MEMORY;
        }
        i++;
    }
    *n = i;
    return uefi_err(s);
}

static enum err list(void *ctx, struct arena *a, struct span **names, size_t *n)
{
    struct uefi *m = ctx;
    struct span *out;
    size_t most;
    enum err e;

    if (!m->folder) { // no folder, no files
        *n = 0;
        return ERR_OK;
    }
    e = each_name(m, a, NULL, &most);
    if (e)
        return e;
    out = arena_new(a, most * sizeof *out);
    if (!out)
        return ERR_NO_MEMORY;
    e = each_name(m, a, out, &most);
    if (e)
        return e;
    *names = out;
    *n = most;
    return ERR_OK;
}

void folder_init(struct uefi *m)
{
    m->file.has = has;
    m->file.load = load;
    m->file.list = list;
}
