// SPDX-License-Identifier: MIT
// What the firmware knows of the machine: its memory map, its processors, and the tables in which
// the board tells who made it (SMBIOS, DMTF DSP0134).
#include "kernel/uefi/arch.h"
#include "kernel/uefi/uefi.h"

enum {
    PAGE_BYTES = 4096,
    MAP_SLACK = 16,      // descriptors that come while the map is being read
    TABLE_MAX = 1 << 20, // of SMBIOS; the length of a 64-bit one is only an upper bound
};

// ---- Memory

static bool is_memory(UINT32 type)
{
    return (type >= EfiLoaderCode && type <= EfiConventionalMemory) ||
           type == EfiACPIReclaimMemory || type == EfiACPIMemoryNVS;
}

static enum err memory(void *ctx, uint64_t *total, uint64_t *left)
{
    struct uefi *m = ctx;
    UINTN bytes = 0, key, each = sizeof(EFI_MEMORY_DESCRIPTOR), room;
    uint64_t free = 0;
    UINT32 version;
    EFI_STATUS s;
    char *map;

    s = m->boot->GetMemoryMap(&bytes, NULL, &key, &each, &version);
    if (s != EFI_BUFFER_TOO_SMALL)
        return uefi_err(s);
    room = bytes += MAP_SLACK * each;
    map = m->mem.get(m->mem.ctx, room);
    if (!map)
        return ERR_NO_MEMORY;
    s = m->boot->GetMemoryMap(&bytes, (EFI_MEMORY_DESCRIPTOR *)map, &key, &each, &version);
    *total = 0;
    for (UINTN at = 0; s == EFI_SUCCESS && each && each <= bytes - at; at += each) {
        const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(map + at);

        if (is_memory(d->Type))
            *total += d->NumberOfPages * PAGE_BYTES;
        if (d->Type == EfiConventionalMemory)
            free += d->NumberOfPages * PAGE_BYTES;
    }
    if (left)
        *left = free;
    m->mem.put(m->mem.ctx, map, room);
    return uefi_err(s);
}

// ---- Text of firmware: ASCII, often with blanks around it

static enum err text_of(struct arena *a, const char *text, size_t n, struct span *out)
{
    char *copy;

    while (n && text[0] == ' ') {
        text++;
        n--;
    }
    while (n && text[n - 1] == ' ')
        n--;
    copy = arena_copy(a, text, n);
    if (!copy)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        copy[i] = copy[i] < ' ' || copy[i] > '~' ? '?' : copy[i];
    *out = (struct span){copy, n};
    return ERR_OK;
}

static enum err cpu(void *ctx, struct arena *a, unsigned *n, struct span *name)
{
    struct uefi *m = ctx;
    UINTN all = 1, enabled = 1;
    char text[ARCH_CPU_NAME];
    size_t len = 0;

    if (m->work.mp && m->work.mp->count(m->work.mp, &all, &enabled) != EFI_SUCCESS)
        enabled = 1;
    *n = (unsigned)enabled;
    arch_cpu_name(text);
    while (len < sizeof text && text[len])
        len++;
    return text_of(a, text, len, name);
}

// ---- Board

static uint64_t load(const uint8_t *at, unsigned n)
{
    uint64_t v = 0;

    while (n--)
        v = v << 8 | at[n];
    return v;
}

// Where the structures lie; NULL: this machine has none.
static const uint8_t *smbios(const struct uefi *m, size_t *len)
{
    static const EFI_GUID of_64 = SMBIOS3_TABLE_GUID, of_32 = SMBIOS_TABLE_GUID;

    for (UINTN i = 0; i < m->table->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *t = &m->table->ConfigurationTable[i];
        const uint8_t *e = t->VendorTable;

        if (!memcmp(&t->VendorGuid, &of_64, sizeof of_64) && !memcmp(e, "_SM3_", 5)) {
            *len = (size_t)load(e + 0x0c, 4);
            return (const uint8_t *)(uintptr_t)load(e + 0x10, 8);
        }
        if (!memcmp(&t->VendorGuid, &of_32, sizeof of_32) && !memcmp(e, "_SM_", 4)) {
            *len = (size_t)load(e + 0x16, 2);
            return (const uint8_t *)(uintptr_t)load(e + 0x18, 4);
        }
    }
    return NULL;
}

// Behind the fixed part of a structure stand its texts, each with a 0 behind it, and one 0 more.
// The nth from 1 on; 0 and those past the end are none.
static enum err nth_text(struct arena *a, const uint8_t *at, const uint8_t *end, unsigned nth,
                         struct span *out)
{
    for (unsigned i = 1; nth && at < end && *at; i++) {
        const uint8_t *zero = memchr(at, 0, (size_t)(end - at));

        if (!zero)
            break;
        if (i == nth)
            return text_of(a, (const char *)at, (size_t)(zero - at), out);
        at = zero + 1;
    }
    *out = SPAN("");
    return ERR_OK;
}

// Maker and model of the first structure of this type: texts 0x04 and 0x05 in both of ours.
static enum err find_board(struct arena *a, const uint8_t *at, size_t len, unsigned type,
                           struct span *maker, struct span *model)
{
    const uint8_t *end = at + len;
    enum err e;

    while (end - at >= 6 && at[1] >= 4 && at[1] < end - at) {
        const uint8_t *texts = at + at[1];

        if (at[0] == type && at[1] >= 6) {
            e = nth_text(a, texts, end, at[4], maker);
            if (!e)
                e = nth_text(a, texts, end, at[5], model);
            return e ? e : maker->len || model->len ? ERR_OK : ERR_NOT_FOUND;
        }
        if (at[0] == 127) // the last one
            break;
        at = texts;
        while (end - at >= 2 && (at[0] || at[1]))
            at++;
        at += 2;
        if (at > end)
            break;
    }
    return ERR_NOT_FOUND;
}

static enum err board(void *ctx, struct arena *a, struct span *maker, struct span *model)
{
    enum { SYSTEM = 1, BOARD = 2 };
    size_t len = 0;
    const uint8_t *table = smbios(ctx, &len);
    enum err e;

    if (!table)
        return ERR_NOT_FOUND;
    len = len < TABLE_MAX ? len : TABLE_MAX;
    // A virtual machine has no board: then what the whole machine says it is.
    e = find_board(a, table, len, BOARD, maker, model);
    return e == ERR_NOT_FOUND ? find_board(a, table, len, SYSTEM, maker, model) : e;
}

void hw_init(struct uefi *m)
{
    m->hw = (struct plat_hw){.ctx = m, .memory = memory, .cpu = cpu, .board = board};
    m->plat.hw = &m->hw;
}
