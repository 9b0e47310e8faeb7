// SPDX-License-Identifier: MIT
// What the UEFI port tells of a machine, against a firmware that the test plays.
#include "kernel/uefi/uefi.h"

#include "tests/check/helper.h"

static struct uefi machine;
static struct test_mem memory;
static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES boot;

static void begin(void)
{
    memset(&machine, 0, sizeof machine);
    memset(&table, 0, sizeof table);
    memset(&boot, 0, sizeof boot);
    test_mem_init(&memory);
    machine.mem = memory.mem;
    machine.table = &table;
    machine.boot = &boot;
    hw_init(&machine);
    ck_assert_ptr_eq(machine.plat.hw, &machine.hw);
}

// ---- Memory

enum { EACH = sizeof(EFI_MEMORY_DESCRIPTOR) + 8 }; // firmware may say more of each
static struct {
    UINT32 type;
    UINT64 pages;
} map[] = {
    {EfiReservedMemoryType, 1000},      {EfiLoaderCode, 1},           {EfiLoaderData, 2},
    {EfiBootServicesCode, 4},           {EfiBootServicesData, 8},     {EfiRuntimeServicesCode, 16},
    {EfiRuntimeServicesData, 32},       {EfiConventionalMemory, 64},  {EfiUnusableMemory, 1000},
    {EfiACPIReclaimMemory, 128},        {EfiACPIMemoryNVS, 256},      {EfiMemoryMappedIO, 1000},
    {EfiMemoryMappedIOPortSpace, 1000}, {EfiConventionalMemory, 512},
};
static UINTN more; // descriptors that come between two calls
static EFI_STATUS status;

static EFI_STATUS EFIAPI memory_map(UINTN *bytes, EFI_MEMORY_DESCRIPTOR *out, UINTN *key,
                                    UINTN *each, UINT32 *version)
{
    UINTN room = *bytes, n = COUNT(map) - 2 + (out ? more : 0);

    *key = 1;
    *each = EACH;
    *version = 1;
    *bytes = n * EACH;
    if (status != EFI_SUCCESS)
        return status;
    if (room < n * EACH)
        return EFI_BUFFER_TOO_SMALL;
    for (UINTN i = 0; i < n; i++) {
        EFI_MEMORY_DESCRIPTOR d = {.Type = map[i % COUNT(map)].type,
                                   .NumberOfPages = map[i % COUNT(map)].pages};

        memcpy((char *)out + i * EACH, &d, sizeof d);
    }
    return EFI_SUCCESS;
}

START_TEST(test_memory)
{
    uint64_t total = 0, left = 0;

    begin();
    boot.GetMemoryMap = memory_map;
    more = 0;
    status = EFI_SUCCESS;
    ck_assert_int_eq(machine.hw.memory(machine.hw.ctx, &total, &left), ERR_OK);
    ck_assert_uint_eq(total, 511 * 4096);
    ck_assert_uint_eq(left, 64 * 4096);
    more = 2; // what the allocation itself adds
    ck_assert_int_eq(machine.hw.memory(machine.hw.ctx, &total, &left), ERR_OK);
    ck_assert_uint_eq(total, 1023 * 4096);
    ck_assert_uint_eq(left, 576 * 4096);
    ck_assert_int_eq(machine.hw.memory(machine.hw.ctx, &total, NULL), ERR_OK);
    ck_assert_uint_eq(total, 1023 * 4096);
    more = 1000;
    ck_assert_int_ne(machine.hw.memory(machine.hw.ctx, &total, &left), ERR_OK);
    status = EFI_DEVICE_ERROR;
    ck_assert_int_ne(machine.hw.memory(machine.hw.ctx, &total, &left), ERR_OK);
    status = EFI_SUCCESS;
    more = 0;
    memory.fail_at = memory.gets;
    ck_assert_int_eq(machine.hw.memory(machine.hw.ctx, &total, &left), ERR_NO_MEMORY);
    test_mem_done(&memory);
}
END_TEST

// ---- Processors

static UINTN enabled;

static EFI_STATUS EFIAPI count(struct mp_services *mp, UINTN *all, UINTN *on)
{
    (void)mp;
    *all = enabled + 1;
    *on = enabled;
    return enabled ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

START_TEST(test_cpu)
{
    struct mp_services mp = {.count = count};
    struct span name;
    struct arena a;
    unsigned n = 0;

    begin();
    a = test_arena(&memory);
    ck_assert_int_eq(machine.hw.cpu(machine.hw.ctx, &a, &n, &name), ERR_OK);
    ck_assert_uint_eq(n, 1);
    for (size_t i = 0; i < name.len; i++)
        ck_assert(name.at[i] >= ' ' && name.at[i] <= '~');
    machine.work.mp = &mp;
    for (enabled = 0; enabled < 5; enabled++) {
        ck_assert_int_eq(machine.hw.cpu(machine.hw.ctx, &a, &n, &name), ERR_OK);
        ck_assert_uint_eq(n, enabled ? enabled : 1);
    }
    arena_fini(&a);
    test_mem_done(&memory);
}
END_TEST

// ---- Board: tables as in DMTF DSP0134, written by hand

#define BYTES(literal) literal, sizeof(literal) - 1

#define BIOS                   \
    "\x00\x06\x00\x00\x01\x02" \
    "Some BIOS\0"              \
    "1.0\0\0"
#define SYSTEM                         \
    "\x01\x08\x01\x00\x01\x02\x00\x00" \
    " A Maker \0"                      \
    "Machine 5\0\0"
#define BOARD                          \
    "\x02\x08\x02\x00\x02\x01\x00\x00" \
    "Board-7\0"                        \
    "Maker\xe9 Inc.\0\0"
#define LAST "\x7f\x04\x03\x00\0\0"

static const struct {
    const char *bytes;
    size_t len;
    const char *maker, *model; // NULL: not found
} boards[] = {
    {BYTES(BIOS SYSTEM BOARD LAST), "Maker? Inc.", "Board-7"},
    {BYTES(BOARD SYSTEM BIOS LAST), "Maker? Inc.", "Board-7"},
    {BYTES(BIOS SYSTEM LAST), "A Maker", "Machine 5"},
    {BYTES(BIOS SYSTEM), "A Maker", "Machine 5"},
    {BYTES(BIOS LAST BOARD), NULL, NULL}, // behind the end
    {BYTES(BIOS LAST), NULL, NULL},
    {BYTES(""), NULL, NULL},
    {BYTES("\x02"), NULL, NULL},
    {BYTES("\x02\x00\x00\x00\x01\x02\x00\x00x\0\0"), NULL, NULL}, // a length that cannot be
    {BYTES("\x02\x04\x00\x00\0\0" LAST), NULL, NULL},             // without texts
    {BYTES("\x02\x08\x00\x00\x00\x00\x00\x00\0\0" SYSTEM LAST), "A Maker", "Machine 5"},
    {BYTES("\x02\x08\x00\x00\x01\x09\x00\x00"
           "Maker\0\0" LAST),
     "Maker", ""},
    {BYTES("\x02\x08\x00\x00\x01\x02\x00\x00"
           "Mak"),
     NULL, NULL}, // cut off
    {BYTES("\x02\xff\x00\x00\x01\x02\x00\x00"
           "Mak\0\0"),
     NULL, NULL},
};

// A table that ends with its memory.
static enum err ask_board(const char *bytes, size_t len, struct arena *a, struct span *maker,
                          struct span *model)
{
    static const EFI_GUID other = ACPI_20_TABLE_GUID, smbios = SMBIOS3_TABLE_GUID;
    EFI_CONFIGURATION_TABLE tables[2] = {{other, NULL}, {smbios, NULL}};
    uint8_t entry[24] = "_SM3_";
    char *copy = malloc(len ? len : 1);
    uint32_t most = (uint32_t)len;
    uint64_t at = (uint64_t)(uintptr_t)copy;
    enum err e;

    memcpy(copy, bytes, len);
    memcpy(entry + 0x0c, &most, 4);
    memcpy(entry + 0x10, &at, 8);
    tables[1].VendorTable = entry;
    table.NumberOfTableEntries = 2;
    table.ConfigurationTable = tables;
    e = machine.hw.board(machine.hw.ctx, a, maker, model);
    free(copy);
    return e;
}

START_TEST(test_board)
{
    struct span maker, model;
    struct arena a;
    enum err e;

    begin();
    a = test_arena(&memory);
    e = ask_board(boards[_i].bytes, boards[_i].len, &a, &maker, &model);
    ck_assert_msg(e == (boards[_i].maker ? ERR_OK : ERR_NOT_FOUND), "%d: %s", _i, err_word(e));
    if (!e) {
        ck_assert_msg(span_eq(maker, span_of(boards[_i].maker)), "%d: %.*s", _i, (int)maker.len,
                      maker.at);
        ck_assert_msg(span_eq(model, span_of(boards[_i].model)), "%d: %.*s", _i, (int)model.len,
                      model.at);
    }
    arena_fini(&a);
    test_mem_done(&memory);
}
END_TEST

// Whatever stands there: nothing is read that lies outside.
START_TEST(test_board_broken)
{
    static const char good[] = BIOS SYSTEM BOARD LAST;
    uint64_t seed = 1;

    begin();
    for (int i = 0; i < 20000; i++) {
        char bytes[sizeof good - 1];
        struct span maker, model;
        struct arena a = test_arena(&memory);
        size_t len;

        memcpy(bytes, good, sizeof bytes);
        for (int j = 0; j < 3; j++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[(seed >> 33) % sizeof bytes] = (char)(seed >> 56);
        }
        len = (seed >> 20) % (sizeof bytes + 1);
        (void)ask_board(bytes, len, &a, &maker, &model); // any answer is one
        arena_fini(&a);
    }
    test_mem_done(&memory);
}
END_TEST

START_TEST(test_no_table)
{
    struct span maker, model;

    begin();
    ck_assert_int_eq(machine.hw.board(machine.hw.ctx, NULL, &maker, &model), ERR_NOT_FOUND);
}
END_TEST

Suite *kernel_uefi_hw_suite(void)
{
    Suite *s = suite_create("kernel_uefi_hw");
    TCase *t = tcase_create("all");

    tcase_add_test(t, test_memory);
    tcase_add_test(t, test_cpu);
    tcase_add_loop_test(t, test_board, 0, COUNT(boards));
    tcase_add_test(t, test_board_broken);
    tcase_add_test(t, test_no_table);
    suite_add_tcase(s, t);
    return s;
}
