// SPDX-License-Identifier: MIT
#define _GNU_SOURCE // memmem
#include "tests/check/uefi_disk.h"

#include "tests/check/helper.h"

struct disk_file disk[DISK_FILES];
int disk_power;
int disk_handles;

static struct handle {
    EFI_FILE f;
    struct disk_file *file;
    size_t at;
    bool open;
} handles[16];

static EFI_FILE folder; // the only one; its handle is never closed
static size_t folder_at;

bool disk_change(void)
{
    if (disk_power == 0)
        return false;
    disk_power -= disk_power > 0;
    return true;
}

static void plain_of(const CHAR16 *name, char plain[40])
{
    size_t n = 0;

    for (; name[n]; n++) {
        ck_assert_uint_lt(n, 39);
        plain[n] = (char)name[n];
    }
    plain[n] = 0;
}

static EFI_STATUS EFIAPI open_file(EFI_FILE *f, EFI_FILE **out, CHAR16 *name, UINT64 mode,
                                   UINT64 attributes)
{
    struct disk_file *found = NULL, *empty = NULL;
    char plain[40];

    (void)f;
    (void)attributes;
    plain_of(name, plain);
    for (int i = 0; i < DISK_FILES; i++) {
        if (strcmp(disk[i].name, plain) == 0)
            found = &disk[i];
        else if (!disk[i].name[0])
            empty = &disk[i];
    }
    if (!found) {
        if (!(mode & EFI_FILE_MODE_CREATE))
            return EFI_NOT_FOUND;
        if (!disk_change())
            return EFI_DEVICE_ERROR;
        if (!empty)
            return EFI_VOLUME_FULL;
        found = empty;
        found->len = 0;
        found->folder = false;
        strcpy(found->name, plain);
    }
    for (size_t i = 0; i < COUNT(handles); i++)
        if (!handles[i].open) {
            handles[i] = (struct handle){.f = folder, .file = found, .open = true};
            disk_handles++;
            *out = &handles[i].f;
            return EFI_SUCCESS;
        }
    ck_abort_msg("handles leak");
    return EFI_OUT_OF_RESOURCES;
}

static struct handle *handle_of(EFI_FILE *f)
{
    struct handle *h = (struct handle *)(void *)f;

    ck_assert_msg(f != &folder, "a folder is no file");
    ck_assert_msg(h->open, "a closed handle is used");
    return h;
}

static EFI_STATUS EFIAPI file_close(EFI_FILE *f)
{
    handle_of(f)->open = false;
    disk_handles--;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_delete(EFI_FILE *f)
{
    struct handle *h = handle_of(f);
    bool done = disk_change();

    if (done)
        h->file->name[0] = 0; // what it held stays where it lies
    file_close(f);            // in any case, says the specification
    return done ? EFI_SUCCESS : EFI_WARN_DELETE_FAILURE;
}

static void info_of(const struct disk_file *file, EFI_FILE_INFO *info)
{
    memset(info, 0, sizeof *info);
    info->FileSize = file->len;
    info->Attribute = file->folder ? EFI_FILE_DIRECTORY : EFI_FILE_ARCHIVE;
    for (size_t i = 0; i == 0 || file->name[i - 1]; i++)
        info->FileName[i] = (CHAR16)file->name[i];
    info->Size = sizeof *info + 2 * strlen(file->name);
}

// An entry of the folder; none: 0 bytes.
static EFI_STATUS folder_read(UINTN *n, VOID *to)
{
    while (folder_at < DISK_FILES && !disk[folder_at].name[0])
        folder_at++;
    if (folder_at == DISK_FILES) {
        *n = 0;
        return EFI_SUCCESS;
    }
    if (*n < sizeof(EFI_FILE_INFO) + 2 * strlen(disk[folder_at].name))
        return EFI_BUFFER_TOO_SMALL;
    info_of(&disk[folder_at], to);
    *n = sizeof(EFI_FILE_INFO) + 2 * strlen(disk[folder_at].name);
    folder_at++;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_read(EFI_FILE *f, UINTN *n, VOID *to)
{
    struct handle *h;
    size_t left;

    if (f == &folder)
        return folder_read(n, to);
    h = handle_of(f);
    left = h->file->len - h->at;
    *n = *n < left ? *n : left;
    memcpy(to, h->file->bytes + h->at, *n);
    h->at += *n;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_write(EFI_FILE *f, UINTN *n, VOID *from)
{
    struct handle *h = handle_of(f);
    size_t first = *n / 2, begin = h->at;

    if (*n > DISK_BYTES - begin)
        return EFI_VOLUME_FULL;
    // Each half is a change: a cut between them leaves a torn file.
    for (int half = 0; half < 2; half++) {
        size_t to = half ? *n : first;

        if (!disk_change())
            return EFI_DEVICE_ERROR;
        memcpy(h->file->bytes + begin, from, to);
        h->at = begin + to;
        h->file->len = h->at > h->file->len ? h->at : h->file->len;
    }
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_seek(EFI_FILE *f, UINT64 at)
{
    ck_assert(f == &folder && at == 0);
    folder_at = 0;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_get_info(EFI_FILE *f, EFI_GUID *guid, UINTN *size, VOID *out)
{
    const struct disk_file *file = handle_of(f)->file;

    (void)guid;
    *size = sizeof(EFI_FILE_INFO) + 2 * strlen(file->name);
    info_of(file, out);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_set_info(EFI_FILE *f, EFI_GUID *guid, UINTN size, VOID *in)
{
    EFI_FILE_INFO *info = in;
    char plain[40];

    (void)guid;
    (void)size;
    plain_of(info->FileName, plain);
    for (int i = 0; i < DISK_FILES; i++)
        if (strcmp(disk[i].name, plain) == 0)
            return EFI_ACCESS_DENIED;                           // the firmware does not replace
    ck_assert_uint_eq(info->FileSize, handle_of(f)->file->len); // it would be cut
    if (!disk_change())
        return EFI_DEVICE_ERROR;
    strcpy(handle_of(f)->file->name, plain);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_flush(EFI_FILE *f)
{
    (void)handle_of(f);
    return disk_power == 0 ? EFI_DEVICE_ERROR : EFI_SUCCESS;
}

static EFI_FILE folder = {
    .Open = open_file,
    .Close = file_close,
    .Delete = file_delete,
    .Read = file_read,
    .Write = file_write,
    .SetPosition = file_seek,
    .GetInfo = file_get_info,
    .SetInfo = file_set_info,
    .Flush = file_flush,
};

// The root, which has that folder and is it as well: one will do.
static EFI_FILE root;

static EFI_STATUS EFIAPI root_open(EFI_FILE *f, EFI_FILE **out, CHAR16 *name, UINT64 mode,
                                   UINT64 attributes)
{
    if (attributes & EFI_FILE_DIRECTORY) {
        *out = &folder;
        return EFI_SUCCESS;
    }
    return open_file(f, out, name, mode, attributes);
}

static EFI_STATUS EFIAPI volume_open(EFI_FILE_IO_INTERFACE *volume, EFI_FILE **out)
{
    (void)volume;
    root = folder;
    root.Open = root_open;
    *out = &root;
    return EFI_SUCCESS;
}

static EFI_FILE_IO_INTERFACE disk_volume = {.OpenVolume = volume_open};
static EFI_LOADED_IMAGE disk_image;

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **out)
{
    *out = handle == &disk_image ? (void *)&disk_volume : (void *)&disk_image;
    (void)guid;
    return EFI_SUCCESS;
}

EFI_BOOT_SERVICES disk_boot = {.HandleProtocol = handle_protocol};

void disk_restart(struct uefi *m)
{
    memset(m, 0, sizeof *m);
    disk_power = -1;
    memset(handles, 0, sizeof handles);
    disk_handles = 0;
    folder_at = 0;
    m->boot = &disk_boot;
    disk_image.DeviceHandle = &disk_image;
    file_init(m);
    ck_assert_ptr_eq(m->folder, &folder);
}

void disk_init(struct uefi *m)
{
    memset(disk, 0, sizeof disk);
    disk_restart(m);
}

const char *disk_loaded(struct uefi *m, const char *name)
{
    static char text[DISK_BYTES + 1];
    struct test_mem mem;
    struct arena a;
    struct span s;
    enum err e;

    test_mem_init(&mem);
    a = test_arena(&mem);
    e = m->file.load(m, name, &a, &s);
    ck_assert(e == ERR_OK || e == ERR_NOT_FOUND);
    ck_assert(m->file.has(m, name) == (e == ERR_OK));
    text[0] = 0;
    if (!e) {
        memcpy(text, s.at, s.len);
        text[s.len] = 0;
    }
    arena_fini(&a);
    test_mem_done(&mem);
    return text;
}

bool disk_holds(const char *text)
{
    for (int i = 0; i < DISK_FILES; i++)
        if (memmem(disk[i].bytes, DISK_BYTES, text, strlen(text)))
            return true;
    return false;
}

size_t disk_files(void)
{
    size_t n = 0;

    for (int i = 0; i < DISK_FILES; i++)
        n += disk[i].name[0] != 0;
    return n;
}
