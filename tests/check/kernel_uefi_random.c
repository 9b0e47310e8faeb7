// SPDX-License-Identifier: MIT
// Randomness of the UEFI port, on a machine whose sources and clocks the test plays: what is drawn
// depends on nothing else, so what two starts share shows.
#define _GNU_SOURCE // memmem
#define arch_entropy played_entropy
#define arch_ticks played_ticks
#include "kernel/uefi/random.c"

#include "tests/check/helper.h"
#include "tests/check/uefi_disk.h"

static struct uefi machine;
static struct test_mem memory;

// ---- Sources and clocks: the processor's, the firmware's, which variables it keeps

static struct {
    uint64_t ticks, tick; // the processor's counter, and by how much it moves
    uint64_t entropy;     // the next number of the processor
    bool processor, firmware, variables;
    bool fails_late; // the processor's source fails half way
    UINT8 rng;       // the firmware's next byte
} world;

static struct {
    bool is;
    UINT8 bytes[32];
    unsigned writes;
} token;

uint64_t played_ticks(void)
{
    return world.ticks += world.tick;
}

bool played_entropy(uint64_t *out)
{
    if (!world.processor || (world.fails_late && world.entropy % 8 == 7))
        return false;
    *out = ++world.entropy * 0x9e3779b97f4a7c15u;
    return true;
}

static EFI_STATUS EFIAPI get_rng(EFI_RNG_PROTOCOL *rng, EFI_RNG_ALGORITHM *kind, UINTN n,
                                 UINT8 *out)
{
    (void)rng;
    (void)kind;
    if (!world.firmware)
        return EFI_DEVICE_ERROR;
    for (UINTN i = 0; i < n; i++)
        out[i] = world.rng++;
    return EFI_SUCCESS;
}

static EFI_RNG_PROTOCOL rng = {.GetRNG = get_rng};
static bool rng_there;

static EFI_STATUS EFIAPI locate(EFI_GUID *guid, VOID *key, VOID **out)
{
    (void)guid;
    (void)key;
    *out = &rng;
    return rng_there ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI count_up(UINT64 *out)
{
    *out = 1;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_time(EFI_TIME *out, EFI_TIME_CAPABILITIES *more)
{
    (void)more;
    *out = (EFI_TIME){.Year = 2026};
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_variable(CHAR16 *name, EFI_GUID *guid, UINT32 *kind, UINTN *n,
                                      VOID *out)
{
    (void)name;
    (void)guid;
    (void)kind;
    if (!token.is || !world.variables)
        return EFI_NOT_FOUND;
    if (*n < sizeof token.bytes)
        return EFI_BUFFER_TOO_SMALL;
    *n = sizeof token.bytes;
    memcpy(out, token.bytes, sizeof token.bytes);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_variable(CHAR16 *name, EFI_GUID *guid, UINT32 kind, UINTN n,
                                      VOID *bytes)
{
    (void)name;
    (void)guid;
    ck_assert(kind & EFI_VARIABLE_NON_VOLATILE);
    ck_assert_uint_eq(n, sizeof token.bytes);
    if (!world.variables || !disk_change())
        return EFI_DEVICE_ERROR;
    token.is = true;
    token.writes++;
    memcpy(token.bytes, bytes, n);
    return EFI_SUCCESS;
}

static EFI_RUNTIME_SERVICES runtime = {
    .GetTime = get_time, .GetVariable = get_variable, .SetVariable = set_variable};

// ---- Starts

struct start {
    bool random;       // there are random bytes
    uint8_t drawn[32]; // the first of them
    uint8_t hash[16];  // the key of the hash tables
    unsigned credit;
};

// A start until the power goes, or to its end.
static struct start boot(int power)
{
    struct start s = {0};

    disk_restart(&machine);
    machine.mem = memory.mem;
    machine.plat.mem = &machine.mem;
    disk_boot.LocateProtocol = locate;
    disk_boot.GetNextMonotonicCount = count_up;
    machine.runtime = &runtime;
    world.ticks = 0; // no clock tells two starts apart
    disk_power = power;
    random_init(&machine);
    s.credit = machine.pool_credit;
    s.random = machine.plat.random(&machine, s.drawn, sizeof s.drawn) == ERR_OK;
    memcpy(s.hash, machine.mem.seed, sizeof s.hash);
    disk_power = -1;
    ck_assert_int_eq(disk_handles, 0);
    return s;
}

// A new machine with an empty disk and no source at all.
static void begin(void)
{
    test_mem_init(&memory);
    memset(&world, 0, sizeof world);
    memset(&token, 0, sizeof token);
    memset(disk, 0, sizeof disk);
    rng_there = false;
    world.variables = true;
}

static void end(void)
{
    test_mem_done(&memory);
}

// The same, but it had a source once, so its seed is worth something.
static void begin_with_seed(void)
{
    world.processor = true;
    ck_assert(boot(-1).random);
    world.processor = false;
}

struct image {
    struct disk_file files[DISK_FILES];
};

static struct image copy_disk(void)
{
    struct image i;

    memcpy(i.files, disk, sizeof i.files);
    return i;
}

static void put_back(const struct image *i)
{
    memcpy(disk, i->files, sizeof i->files);
}

static const struct disk_file *seed_file(void)
{
    for (int i = 0; i < DISK_FILES; i++)
        if (strcmp(disk[i].name, "random.seed") == 0)
            return &disk[i];
    ck_abort_msg("there is no seed file");
    return NULL;
}

// ---- What each source is worth

static const struct {
    const char *name;
    bool processor, firmware, clocks, seed;
    unsigned credit;
} worth_rows[] = {
    {"nothing", false, false, false, false, 0},
    {"clocks", false, false, true, false, 0}, // mixed in, credited nothing
    {"processor", true, false, false, false, 256},
    {"firmware", false, true, false, false, 256},
    {"seed file", false, false, false, true, 256},
    {"processor, firmware", true, true, false, false, 512},
    {"all", true, true, true, true, 768},
};

START_TEST(test_worth)
{
    struct start s;

    if (worth_rows[_i].seed)
        begin_with_seed();
    world.processor = worth_rows[_i].processor;
    rng_there = world.firmware = worth_rows[_i].firmware;
    world.tick = worth_rows[_i].clocks ? 12345 : 0;
    s = boot(-1);
    ck_assert_msg(s.credit == worth_rows[_i].credit, "%s: %u", worth_rows[_i].name, s.credit);
    ck_assert_msg(s.random == (worth_rows[_i].credit >= 256), "%s", worth_rows[_i].name);
}
END_TEST

// Every source changes what is drawn, whatever the others say; clocks, too.
START_TEST(test_mixed)
{
    struct start plain, other;
    struct image empty = copy_disk();

    world.processor = true;
    plain = boot(-1);
    ck_assert(plain.random);
    for (int i = 0; i < 5; i++) {
        put_back(&empty);
        memset(&token, 0, sizeof token);
        world.entropy = 0;
        world.rng = 0;
        world.tick = i == 1;
        rng_there = world.firmware = i == 2;
        if (i == 3)
            world.entropy = 1000;
        if (i == 4) {
            strcpy(disk[0].name, "random.seed"); // anybody's
            disk[0].len = sizeof(struct seed);
        }
        other = boot(-1);
        ck_assert(other.random);
        ck_assert_msg((memcmp(plain.drawn, other.drawn, 32) == 0) == (i == 0), "change %d", i);
        ck_assert_msg((memcmp(plain.hash, other.hash, 16) == 0) == (i == 0), "change %d", i);
    }
}
END_TEST

// Sources that are there and do not work are worth nothing.
START_TEST(test_broken_sources)
{
    rng_there = true;
    world.processor = world.fails_late = true;
    ck_assert_uint_eq(boot(-1).credit, 0);
}
END_TEST

START_TEST(test_drawn_once)
{
    uint8_t all[64][32];

    world.processor = true;
    (void)boot(-1); // only its machine is of interest
    for (int i = 0; i < 64; i++) {
        ck_assert_int_eq(machine.plat.random(&machine, all[i], 32), ERR_OK);
        for (int j = 0; j < i; j++)
            ck_assert_int_ne(memcmp(all[i], all[j], 32), 0);
    }
    // A long draw repeats no block, and the pool it came from is gone.
    ck_assert_int_eq(machine.plat.random(&machine, all[0], sizeof all), ERR_OK);
    for (int i = 0; i < 64; i++)
        for (int j = 0; j < i; j++)
            ck_assert_int_ne(memcmp(all[i], all[j], 32), 0);
}
END_TEST

// ---- The seed file

START_TEST(test_rotates)
{
    uint8_t drawn[50][32];
    char seeds[50][sizeof(struct seed)];

    begin_with_seed();
    for (int i = 0; i < 50; i++) {
        struct start s;

        memcpy(seeds[i], seed_file()->bytes, sizeof seeds[i]);
        s = boot(-1);
        ck_assert(s.random);
        memcpy(drawn[i], s.drawn, 32);
        for (int j = 0; j < i; j++) {
            ck_assert_int_ne(memcmp(drawn[i], drawn[j], 32), 0);
            ck_assert_int_ne(memcmp(seeds[i], seeds[j], HASH_BYTES), 0);
        }
        ck_assert_uint_eq(seed_file()->len, sizeof(struct seed));
        ck_assert_uint_eq(disk_files(), 1);
        // The one that was used lies nowhere any more.
        for (int f = 0; f < DISK_FILES; f++)
            ck_assert_ptr_null(memmem(disk[f].bytes, DISK_BYTES, seeds[i], HASH_BYTES));
    }
}
END_TEST

// Flash memory wears out: where another source is enough, it is written once.
START_TEST(test_token_wear)
{
    world.processor = true;
    for (int i = 0; i < 5; i++)
        ck_assert(boot(-1).random);
    ck_assert_uint_eq(token.writes, 1);
    world.processor = false;
    ck_assert(boot(-1).random); // the seed is worth something all the same
    ck_assert_uint_eq(token.writes, 2);
}
END_TEST

enum { CUTS = 16 }; // more than the changes of a start

// The power goes at each change of two starts in a row. No two starts that had random bytes had
// them from the same seed, and the third has some again.
START_TEST(test_power_cut)
{
    struct start s[3];

    for (int second = 0; second <= CUTS; second++) {
        memset(&token, 0, sizeof token);
        memset(disk, 0, sizeof disk);
        world.entropy = 0;
        begin_with_seed();
        s[0] = boot(_i);
        s[1] = boot(second == CUTS ? -1 : second);
        s[2] = boot(-1);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < i; j++)
                ck_assert_msg(!s[i].random || !s[j].random ||
                                  memcmp(s[i].drawn, s[j].drawn, 32) != 0,
                              "cuts %d %d: starts %d and %d", _i, second, j, i);
        ck_assert_msg(s[2].random, "cuts %d %d", _i, second);
        ck_assert_uint_eq(disk_files(), 1);
    }
    ck_assert(s[1].random);
    ck_assert(s[0].random || _i < CUTS - 1); // the last cut comes after the end
}
END_TEST

// The power goes at each change, and then somebody puts an old copy of the disk back: of the time
// before that start, or of the moment of the cut after one more start.
START_TEST(test_put_back)
{
    for (int when = 0; when < 2; when++) {
        struct image image;
        struct start s[3];

        memset(&token, 0, sizeof token);
        memset(disk, 0, sizeof disk);
        world.entropy = 0;
        begin_with_seed();
        image = copy_disk();
        s[0] = boot(_i);
        if (when) {
            image = copy_disk();
            s[1] = boot(-1);
        } else {
            s[1] = (struct start){0};
        }
        put_back(&image);
        s[2] = boot(-1);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < i; j++)
                ck_assert_msg(!s[i].random || !s[j].random ||
                                  memcmp(s[i].drawn, s[j].drawn, 32) != 0,
                              "cut %d, %d: starts %d and %d", _i, when, j, i);
        // What was not used counts, what was does not.
        ck_assert_msg(s[2].random == (!s[0].random && !s[1].random), "cut %d, %d", _i, when);
    }
}
END_TEST

// A copied disk is worth nothing in another machine, and makes nothing there worth anything.
START_TEST(test_copied_disk)
{
    struct start own, other;
    struct image image;

    begin_with_seed();
    image = copy_disk();
    own = boot(-1);
    ck_assert(own.random);
    put_back(&image);
    for (int i = 0; i < 5; i++) {
        token.is = i & 1; // one that had none, one that had a token of its own
        memset(token.bytes, i, sizeof token.bytes);
        other = boot(-1);
        ck_assert_uint_eq(other.credit, 0);
        ck_assert(!other.random);
    }
    // With a source of its own it makes the seed its own.
    world.processor = true;
    ck_assert(boot(-1).random);
    world.processor = false;
    ck_assert(boot(-1).random);
}
END_TEST

// A seed that came of nothing is stirred in and never counts, however often it is replaced.
START_TEST(test_worthless_seed)
{
    token.is = _i; // with a token from better times
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(boot(-1).credit, 0);
        ck_assert_uint_eq(seed_file()->len, sizeof(struct seed));
    }
}
END_TEST

// Neither does one that lies where nothing can be written, or whose token cannot be replaced.
START_TEST(test_read_only)
{
    begin_with_seed();
    ck_assert(!boot(0).random);
    ck_assert(boot(-1).random);
    world.variables = false;
    ck_assert(!boot(-1).random);
}
END_TEST

// Damaged in any byte, too short, too long: it does not count.
START_TEST(test_damaged)
{
    struct image image;
    struct disk_file *file;

    begin_with_seed();
    image = copy_disk();
    file = disk + (seed_file() - disk);
    for (size_t i = 0; i < HASH_BYTES; i++) {
        put_back(&image);
        file->bytes[i] ^= 1;
        ck_assert(!boot(-1).random);
    }
    for (size_t i = 0; i < 2; i++) {
        put_back(&image);
        file->len = i ? file->len + 1 : file->len - 1;
        ck_assert(!boot(-1).random);
    }
    put_back(&image);
    ck_assert(boot(-1).random);
}
END_TEST

// Without a volume there is no seed, and the rest is as ever.
START_TEST(test_no_volume)
{
    for (int with = 0; with < 2; with++) {
        uint8_t byte;

        world.processor = with;
        memset(&machine, 0, sizeof machine);
        machine.boot = &disk_boot;
        machine.runtime = &runtime;
        random_init(&machine);
        ck_assert_int_eq(machine.plat.random(&machine, &byte, 1),
                         with ? ERR_OK : ERR_NOT_SUPPORTED);
    }
}
END_TEST

Suite *kernel_uefi_random_suite(void);

Suite *kernel_uefi_random_suite(void)
{
    Suite *s = suite_create("kernel_uefi_random");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, begin, end);
    tcase_add_loop_test(t, test_worth, 0, (int)COUNT(worth_rows));
    tcase_add_test(t, test_mixed);
    tcase_add_test(t, test_broken_sources);
    tcase_add_test(t, test_drawn_once);
    tcase_add_test(t, test_rotates);
    tcase_add_test(t, test_token_wear);
    tcase_add_loop_test(t, test_power_cut, 0, CUTS);
    tcase_add_loop_test(t, test_put_back, 0, CUTS);
    tcase_add_test(t, test_copied_disk);
    tcase_add_loop_test(t, test_worthless_seed, 0, 2);
    tcase_add_test(t, test_read_only);
    tcase_add_test(t, test_damaged);
    tcase_add_test(t, test_no_volume);
    suite_add_tcase(s, t);
    return s;
}
