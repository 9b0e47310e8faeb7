// SPDX-License-Identifier: MIT
// Files on the boot volume: names, handles, and those that a person names.
#include "kernel/uefi/file.h"

// UCS-2 with `/` as `\`. False: too long, invalid, or not expressible.
bool file_name(const char *path, const char *suffix, CHAR16 out[NAME_CHARS])
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

EFI_STATUS file_open(EFI_FILE_HANDLE folder, const char *name, const char *suffix, UINT64 mode,
                     EFI_FILE_HANDLE *out)
{
    CHAR16 wide[NAME_CHARS];

    if (!folder)
        return EFI_NOT_FOUND;
    if (!file_name(name, suffix, wide))
        return EFI_NOT_FOUND;
    return folder->Open(folder, out, wide, mode, 0);
}

EFI_STATUS file_info(EFI_FILE_HANDLE f, union file_info *info)
{
    EFI_GUID guid = EFI_FILE_INFO_ID;
    UINTN size = sizeof *info;

    return f->GetInfo(f, &guid, &size, info);
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
    union file_info info;
    enum err e = uefi_err(file_open(m->volume, path, "", EFI_FILE_MODE_READ, &f));

    if (e)
        return e;
    e = uefi_err(file_info(f, &info));
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

    m->file = (struct plat_file){.ctx = m, .open = open_path};
    folder_init(m);
    replace_init(m);
    m->plat.file = &m->file;
}
