// SPDX-License-Identifier: MIT
// Files on the boot volume: the node's own in \telex, and what a person names.
//
// The firmware knows FAT, which can only write in place. A file is replaced so that a power cut
// leaves the old one or the new one, never half of either:
//
//   write NAME.tmp, flush | rename it to NAME.new | delete NAME | rename NAME.new to NAME
//
// so NAME.tmp may be torn and is never read, and NAME.new is always whole and counts when there is
// no NAME.
#include "kernel/uefi/uefi.h"

enum {
    NAME_CHARS = 256,          // with the end; FAT's long names have 255
    FILE_MAX_BYTES = 16 << 20, // of a file that is loaded as a whole
};

// UCS-2 with `/` as `\`. False: too long, invalid, or not expressible.
static bool name_of(const char *path, const char *suffix, CHAR16 out[NAME_CHARS])
{
    const uint8_t *s = (const uint8_t *)path;
    size_t n = 0;

    for (; *s; n++) {
        uint32_t c = *s++;

        if (c >= 0xf0 || (c >= 0x80 && c < 0xc2))
            return false;
        if (c >= 0x80) {
            unsigned more = c >= 0xe0 ? 2 : 1;

            c &= 0x3fU >> more;
            for (; more > 0; more--, s++) {
                if ((*s & 0xc0) != 0x80)
                    return false;
                c = c << 6 | (*s & 0x3f);
            }
        }
        if (n >= NAME_CHARS - 1)
            return false;
        out[n] = c == '/' ? '\\' : (CHAR16)c;
    }
    for (; *suffix; n++) {
        if (n >= NAME_CHARS - 1)
            return false;
        out[n] = (CHAR16)*suffix++;
    }
    out[n] = 0;
    return n > 0;
}

static EFI_STATUS open_in(EFI_FILE_HANDLE folder, const char *name, const char *suffix, UINT64 mode,
                          EFI_FILE_HANDLE *out)
{
    CHAR16 wide[NAME_CHARS];

    if (!folder)
        return EFI_NOT_FOUND;
    if (!name_of(name, suffix, wide))
        return EFI_NOT_FOUND;
    return folder->Open(folder, out, wide, mode, 0);
}

// NAME, or NAME.new when a power cut came between deletion and renaming.
static EFI_STATUS open_own(struct uefi *m, const char *name, EFI_FILE_HANDLE *out)
{
    EFI_STATUS s = open_in(m->folder, name, "", EFI_FILE_MODE_READ, out);

    if (s == EFI_NOT_FOUND)
        s = open_in(m->folder, name, ".new", EFI_FILE_MODE_READ, out);
    return s;
}

// The firmware's record of a file: its fixed part and room for a name behind it.
union info {
    EFI_FILE_INFO file;
    uint8_t bytes[sizeof(EFI_FILE_INFO) + NAME_CHARS * sizeof(CHAR16)];
};

static EFI_STATUS info_get(EFI_FILE_HANDLE f, union info *info)
{
    EFI_GUID guid = EFI_FILE_INFO_ID;
    UINTN size = sizeof *info;

    return f->GetInfo(f, &guid, &size, info);
}

static bool has(void *ctx, const char *name)
{
    EFI_FILE_HANDLE f;

    if (open_own(ctx, name, &f) != EFI_SUCCESS)
        return false;
    f->Close(f);
    return true;
}

static enum err load(void *ctx, const char *name, struct arena *a, struct span *out)
{
    EFI_FILE_HANDLE f;
    union info info;
    EFI_STATUS s = open_own(ctx, name, &f);
    enum err e = uefi_err(s);
    UINTN n;
    char *p;

    if (e)
        return e;

    e = uefi_err(info_get(f, &info));
    if (e)
        goto close;
    e = ERR_TOO_BIG;
    if (info.file.FileSize > FILE_MAX_BYTES)
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

// Only within one folder, which is all that is needed here. Takes the handle.
static EFI_STATUS rename_to(EFI_FILE_HANDLE f, const char *name, const char *suffix)
{
    EFI_GUID guid = EFI_FILE_INFO_ID;
    union info info;
    EFI_STATUS s = info_get(f, &info);

    info.file.Size = sizeof info;
    if (s == EFI_SUCCESS) {
        if (name_of(name, suffix, info.file.FileName))
            s = f->SetInfo(f, &guid, sizeof info, &info);
        else
            s = EFI_INVALID_PARAMETER;
    }
    f->Close(f);
    return s;
}

static EFI_STATUS remove_in(EFI_FILE_HANDLE folder, const char *name, const char *suffix)
{
    EFI_FILE_HANDLE f;
    EFI_STATUS s = open_in(folder, name, suffix, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE, &f);

    if (s == EFI_NOT_FOUND)
        return EFI_SUCCESS;
    if (s != EFI_SUCCESS)
        return s;
    s = f->Delete(f); // closes it too
    return s == EFI_WARN_DELETE_FAILURE ? EFI_ACCESS_DENIED : s;
}

// Ends what a power cut left half done: with no NAME, NAME.new is the file.
static EFI_STATUS settle(struct uefi *m, const char *name)
{
    EFI_FILE_HANDLE f;
    EFI_STATUS s = open_in(m->folder, name, "", EFI_FILE_MODE_READ, &f);

    if (s == EFI_SUCCESS)
        f->Close(f);
    if (s != EFI_NOT_FOUND)
        return s;
    s = open_in(m->folder, name, ".new", EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE, &f);
    if (s == EFI_NOT_FOUND)
        return EFI_SUCCESS;
    return s == EFI_SUCCESS ? rename_to(f, name, "") : s;
}

static EFI_STATUS replace(struct uefi *m, const char *name, struct span bytes)
{
    const UINT64 mode = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE;
    EFI_FILE_HANDLE f;
    UINTN n = bytes.len;
    EFI_STATUS s;

    if (!m->folder)
        return EFI_NO_MEDIA;
    s = settle(m, name);
    if (s == EFI_SUCCESS)
        s = remove_in(m->folder, name, ".tmp");
    if (s == EFI_SUCCESS)
        s = open_in(m->folder, name, ".tmp", mode, &f);
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
    s = remove_in(m->folder, name, ".new");
    if (s != EFI_SUCCESS) {
        f->Close(f);
        return s;
    }

    s = rename_to(f, name, ".new");
    if (s == EFI_SUCCESS)
        s = remove_in(m->folder, name, "");
    return s == EFI_SUCCESS ? settle(m, name) : s;
}

enum err uefi_replace(struct uefi *m, const char *name, struct span bytes)
{
    return uefi_err(replace(m, name, bytes));
}

static enum err make(void *ctx, const char *name, struct span bytes)
{
    if (has(ctx, name))
        return ERR_EXISTS; // nobody else writes here between this and the next line
    return uefi_err(replace(ctx, name, bytes));
}

// ---- Files as a source ------------------------------------------------------------------------

static enum err source_read(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    EFI_FILE_HANDLE f = ctx;
    UINTN got = cap;
    enum err e = uefi_err(f->Read(f, &got, buf));

    if (e)
        return e;
    *n = got;
    *end = got == 0 && cap > 0;
    return ERR_OK;
}

static void source_close(void *ctx)
{
    EFI_FILE_HANDLE f = ctx;

    f->Close(f);
}

static enum err open_path(void *ctx, const char *path, struct plat_source *out)
{
    struct uefi *m = ctx;
    EFI_FILE_HANDLE f;
    union info info;
    enum err e = uefi_err(open_in(m->volume, path, "", EFI_FILE_MODE_READ, &f));

    if (e)
        return e;
    e = uefi_err(info_get(f, &info));
    if (!e && (info.file.Attribute & EFI_FILE_DIRECTORY))
        e = ERR_NOT_FOUND; // a folder is no file
    if (e) {
        f->Close(f);
        return e;
    }
    *out = (struct plat_source){.ctx = f, .read = source_read, .close = source_close};
    return ERR_OK;
}

void file_init(struct uefi *m)
{
    EFI_GUID image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_GUID volume_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
    const UINT64 mode = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE;
    CHAR16 folder[] = L"\\telex";
    EFI_LOADED_IMAGE *image;
    EFI_FILE_IO_INTERFACE *volume;
    void *p;

    if (m->boot->HandleProtocol(m->image, &image_guid, &p) != EFI_SUCCESS)
        return;
    image = p;
    // An image that came over the network has no volume.
    if (!image->DeviceHandle ||
        m->boot->HandleProtocol(image->DeviceHandle, &volume_guid, &p) != EFI_SUCCESS)
        return;
    volume = p;
    if (volume->OpenVolume(volume, &m->volume) != EFI_SUCCESS) {
        m->volume = NULL;
        return;
    }
    if (m->volume->Open(m->volume, &m->folder, folder, mode, EFI_FILE_DIRECTORY) != EFI_SUCCESS &&
        m->volume->Open(m->volume, &m->folder, folder, EFI_FILE_MODE_READ, 0) != EFI_SUCCESS)
        m->folder = NULL; // read-only, and nothing there: nothing can be kept

    m->file = (struct plat_file){
        .ctx = m, .has = has, .load = load, .make = make, .open = open_path};
    m->plat.file = &m->file;
}
