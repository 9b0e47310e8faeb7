// SPDX-License-Identifier: MIT
// The files of this node: writing, such that the power may fail at any moment.
//
// The firmware knows FAT, which can only write in place. A file is replaced so that a power cut
// leaves the old one or the new one, never half of either:
//
//   write NAME.tmp, flush | rename it to NAME.new | rename NAME to NAME.tmp
//                         | rename NAME.new to NAME | overwrite NAME.tmp, delete it
//
// so NAME.tmp may be torn and is never read, and NAME.new is always whole and counts when there is
// no NAME. What a power cut left is put in order at the next start.
#include "kernel/uefi/file.h"

enum { SETTLED_MAX = 64 }; // files that a start puts in order

// Only within one folder, which is all that is needed here. Takes the handle.
static EFI_STATUS rename_to(EFI_FILE_HANDLE f, const char *name, const char *suffix)
{
    EFI_GUID guid = EFI_FILE_INFO_ID;
    union file_info info;
    EFI_STATUS s = file_info(f, &info);

    info.file.Size = sizeof info;
    if (s == EFI_SUCCESS) {
        if (file_name(name, suffix, info.file.FileName))
            s = f->SetInfo(f, &guid, sizeof info, &info);
        else
            s = EFI_INVALID_PARAMETER;
    }
    f->Close(f);
    return s;
}

// The same by name. EFI_NOT_FOUND: there is none.
static EFI_STATUS move(struct uefi *m, const char *name, const char *from, const char *to)
{
    EFI_FILE_HANDLE f;
    EFI_STATUS s = file_open(m->folder, name, from, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE, &f);

    return s == EFI_SUCCESS ? rename_to(f, name, to) : s;
}

// What a file holds may be a secret, and deletion only frees the place where it lies. Best effort:
// the deletion itself tells what is wrong.
static void overwrite(EFI_FILE_HANDLE f)
{
    static const uint8_t zeros[512];
    union file_info info;

    if (file_info(f, &info) != EFI_SUCCESS)
        return;
    for (UINT64 left = info.file.FileSize; left > 0;) {
        UINTN n = left < sizeof zeros ? (UINTN)left : sizeof zeros;

        if (f->Write(f, &n, (void *)(uintptr_t)zeros) != EFI_SUCCESS || n == 0) // only read
            return;
        left -= n;
    }
    (void)f->Flush(f);
}

// Gone for good, if it is there. Not for what still counts: a power cut would leave zeros.
static EFI_STATUS drop(struct uefi *m, const char *name, const char *suffix)
{
    EFI_FILE_HANDLE f;
    EFI_STATUS s = file_open(m->folder, name, suffix, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE, &f);

    if (s == EFI_NOT_FOUND)
        return EFI_SUCCESS;
    if (s != EFI_SUCCESS)
        return s;
    overwrite(f);
    s = f->Delete(f); // closes it too
    return s == EFI_WARN_DELETE_FAILURE ? EFI_ACCESS_DENIED : s;
}

// Ends what a power cut left half done: with no NAME, NAME.new is the file; with both, NAME is.
static EFI_STATUS settle(struct uefi *m, const char *name)
{
    EFI_FILE_HANDLE f;
    EFI_STATUS s = file_open(m->folder, name, "", EFI_FILE_MODE_READ, &f);

    if (s == EFI_SUCCESS) {
        f->Close(f);
        s = drop(m, name, ".new");
    } else if (s == EFI_NOT_FOUND) {
        s = move(m, name, ".new", "");
        s = s == EFI_NOT_FOUND ? EFI_SUCCESS : s;
    }
    return s == EFI_SUCCESS ? drop(m, name, ".tmp") : s;
}

static EFI_STATUS write_temp(struct uefi *m, const char *name, struct span bytes)
{
    const UINT64 mode = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE;
    EFI_FILE_HANDLE f;
    UINTN n = bytes.len;
    EFI_STATUS s = file_open(m->folder, name, ".tmp", mode, &f);

    if (s != EFI_SUCCESS)
        return s;
    s = f->Write(f, &n, (void *)(uintptr_t)bytes.at); // only read
    if (s == EFI_SUCCESS && n != bytes.len)
        s = EFI_VOLUME_FULL;
    if (s == EFI_SUCCESS)
        s = f->Flush(f);
    if (s != EFI_SUCCESS) {
        (void)f->Delete(f); // the first failure is the one to tell
        return s;
    }
    f->Close(f);
    return EFI_SUCCESS;
}

static EFI_STATUS replace(struct uefi *m, const char *name, struct span bytes)
{
    EFI_STATUS s;

    if (!m->folder)
        return EFI_NO_MEDIA;
    s = settle(m, name);
    if (s == EFI_SUCCESS)
        s = write_temp(m, name, bytes);
    if (s == EFI_SUCCESS)
        s = move(m, name, ".tmp", ".new");
    if (s == EFI_SUCCESS) {
        s = move(m, name, "", ".tmp");
        s = s == EFI_NOT_FOUND ? EFI_SUCCESS : s;
    }
    return s == EFI_SUCCESS ? settle(m, name) : s;
}

enum err uefi_replace(struct uefi *m, const char *name, struct span bytes)
{
    return uefi_err(replace(m, name, bytes));
}

static enum err save(void *ctx, const char *name, struct span bytes)
{
    return folder_plain(name) ? uefi_replace(ctx, name, bytes) : ERR_BAD_ARG;
}

static enum err make(void *ctx, const char *name, struct span bytes)
{
    struct uefi *m = ctx;

    if (m->file.has(m, name))
        return ERR_EXISTS; // nobody else writes here between this and the next line
    return save(m, name, bytes);
}

static enum err del(void *ctx, const char *name)
{
    struct uefi *m = ctx;
    EFI_STATUS s;

    if (!folder_plain(name))
        return ERR_BAD_ARG;
    s = m->folder ? settle(m, name) : EFI_NOT_FOUND; // no NAME.new takes its place
    if (s == EFI_SUCCESS)
        s = move(m, name, "", ".tmp");
    return uefi_err(s == EFI_SUCCESS ? drop(m, name, ".tmp") : s);
}

// Once at the start. What cannot be put in order now is when its name is written next.
static void settle_all(struct uefi *m)
{
    char name[NAME_BYTES];
    bool end = false;
    EFI_STATUS s = folder_rewind(m);

    for (int left = SETTLED_MAX; s == EFI_SUCCESS && left > 0;) {
        s = folder_next(m, name, &end);
        if (s != EFI_SUCCESS || end)
            break;
        if (!folder_cut(name, ".new") && !folder_cut(name, ".tmp"))
            continue;
        s = settle(m, name);
        if (s == EFI_SUCCESS) // the folder has changed
            s = folder_rewind(m);
        left--;
    }
}

void replace_init(struct uefi *m)
{
    m->file.make = make;
    m->file.save = save;
    m->file.del = del;
    if (m->folder)
        settle_all(m);
}
