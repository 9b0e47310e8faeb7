// SPDX-License-Identifier: MIT
// Files of the UEFI port on a volume whose power can be cut.
#include "tests/check/helper.h"
#include "tests/check/uefi_disk.h"

static struct uefi machine;

static enum err saved(const char *name, const char *text)
{
    return machine.file.save(&machine, name, span_of(text));
}

static enum err deleted(const char *name)
{
    return machine.file.del(&machine, name);
}

static const char *loaded(const char *name)
{
    return disk_loaded(&machine, name);
}

START_TEST(test_keeps)
{
    disk_init(&machine);
    ck_assert_str_eq(loaded("node.key"), "");
    ck_assert_int_eq(saved("node.key", "first and longer"), ERR_OK);
    ck_assert_str_eq(loaded("node.key"), "first and longer");
    ck_assert_int_eq(saved("node.key", "second"), ERR_OK);
    ck_assert_str_eq(loaded("node.key"), "second");
    ck_assert_int_eq(saved("other.key", ""), ERR_OK);
    ck_assert_str_eq(loaded("node.key"), "second");
    ck_assert(machine.file.has(&machine, "other.key"));
    ck_assert_int_eq(machine.file.make(&machine, "node.key", SPAN("third")), ERR_EXISTS);
    ck_assert_int_eq(machine.file.make(&machine, "third.key", SPAN("third")), ERR_OK);
    ck_assert_str_eq(loaded("third.key"), "third");
    ck_assert_int_eq(deleted("node.key"), ERR_OK);
    ck_assert_int_eq(deleted("node.key"), ERR_NOT_FOUND);
    ck_assert_str_eq(loaded("node.key"), "");
    ck_assert_uint_eq(disk_files(), 2);
    ck_assert_int_eq(disk_handles, 0);
}
END_TEST

// What was replaced or deleted lies nowhere on the disk.
START_TEST(test_forgets)
{
    disk_init(&machine);
    ck_assert_int_eq(saved("k", "old secret"), ERR_OK);
    ck_assert(disk_holds("old secret"));
    ck_assert_int_eq(saved("k", "new secret"), ERR_OK);
    ck_assert(!disk_holds("old") && disk_holds("new secret"));
    ck_assert_int_eq(deleted("k"), ERR_OK);
    ck_assert(!disk_holds("secret"));
}
END_TEST

enum { CUTS = 24 }; // more than the changes that any of these makes

// The power goes at each change of the disk, from each state that an earlier cut left behind.
START_TEST(test_power_cut)
{
    bool done = false;
    int first = _i;

    for (int second = 0; second < CUTS; second++) {
        const char *before, *after;

        disk_init(&machine);
        ck_assert_int_eq(saved("k", "old"), ERR_OK);
        disk_power = first;
        (void)saved("k", "newer"); // whether it worked is what is tested next
        disk_restart(&machine);
        before = strcmp(loaded("k"), "old") == 0 ? "old" : "newer";
        ck_assert_msg(strcmp(loaded("k"), before) == 0, "cut %d: %s", first, loaded("k"));

        disk_power = second;
        done = saved("k", "newest") == ERR_OK;
        disk_restart(&machine);
        after = loaded("k");
        ck_assert_msg(strcmp(after, "newest") == 0 || (!done && strcmp(after, before) == 0),
                      "cuts %d %d: %s", first, second, after);
        ck_assert_uint_eq(disk_files(), 1); // the start has put it in order
        ck_assert(!disk_holds("newer") || strcmp(after, "newer") == 0);

        ck_assert_int_eq(saved("k", "last"), ERR_OK); // nothing is stuck
        ck_assert_str_eq(loaded("k"), "last");
    }
    ck_assert(done);
}
END_TEST

// The same, and the power goes again while the start puts it in order.
START_TEST(test_power_cut_at_start)
{
    for (int second = 0; second < CUTS; second++) {
        const char *before;

        disk_init(&machine);
        ck_assert_int_eq(saved("k", "old"), ERR_OK);
        disk_power = _i;
        (void)saved("k", "newer"); // whether it worked is what is tested next
        disk_power = second;
        file_init(&machine);
        disk_power = -1;
        before = strcmp(loaded("k"), "old") == 0 ? "old" : "newer"; // also while it is not in order
        ck_assert_msg(strcmp(loaded("k"), before) == 0, "cuts %d %d", _i, second);
        disk_restart(&machine);
        ck_assert_str_eq(loaded("k"), before);
        ck_assert_uint_eq(disk_files(), 1);
    }
}
END_TEST

START_TEST(test_first_power_cut)
{
    for (int cut = 0; cut < CUTS; cut++) {
        disk_init(&machine);
        disk_power = cut;
        (void)saved("k", "whole"); // whether it worked is what is tested next
        disk_restart(&machine);
        ck_assert_msg(strcmp(loaded("k"), "") == 0 || strcmp(loaded("k"), "whole") == 0,
                      "cut %d: %s", cut, loaded("k"));
        ck_assert_uint_eq(disk_files(), *loaded("k") != 0);
        ck_assert(disk_holds("whole") == (*loaded("k") != 0));
    }
}
END_TEST

// Once it is gone it does not come back, whatever an earlier cut left.
START_TEST(test_del_power_cut)
{
    bool done = false;

    for (int second = 0; second < CUTS; second++) {
        const char *before;

        disk_init(&machine);
        ck_assert_int_eq(saved("k", "old"), ERR_OK);
        disk_power = _i;
        (void)saved("k", "newer"); // whether it worked is what is tested next
        disk_power = -1;
        before = strcmp(loaded("k"), "old") == 0 ? "old" : "newer";
        disk_power = second;
        done = deleted("k") == ERR_OK; // without a start in between
        disk_power = -1;
        ck_assert_msg(strcmp(loaded("k"), "") == 0 || (!done && strcmp(loaded("k"), before) == 0),
                      "cuts %d %d: %s", _i, second, loaded("k"));
        disk_restart(&machine);
        ck_assert_msg(strcmp(loaded("k"), "") == 0 || (!done && strcmp(loaded("k"), before) == 0),
                      "cuts %d %d, then: %s", _i, second, loaded("k"));
        ck_assert(!done || disk_files() == 0);
        ck_assert(*loaded("k") || (!disk_holds("old") && !disk_holds("newer")));
        if (*loaded("k"))
            ck_assert_int_eq(deleted("k"), ERR_OK);
        disk_restart(&machine);
        ck_assert_uint_eq(disk_files(), 0);
    }
    ck_assert(done);
}
END_TEST

// A disk that was not put in order, as one that cannot be written now.
START_TEST(test_unsettled)
{
    struct test_mem m;
    struct arena a;
    struct span *names;
    size_t n;

    disk_init(&machine);
    strcpy(disk[0].name, "a.key.new"); // counts
    strcpy(disk[1].name, "b.key");
    strcpy(disk[2].name, "b.key.new"); // does not
    strcpy(disk[3].name, "c.key.tmp");
    strcpy(disk[4].name, "folder");
    disk[4].folder = true;
    for (int i = 0; i < 4; i++)
        disk[i].len = 1;
    disk[0].bytes[0] = disk[1].bytes[0] = 'y';
    disk[2].bytes[0] = disk[3].bytes[0] = 'n';
    ck_assert_str_eq(loaded("a.key"), "y");
    ck_assert_str_eq(loaded("b.key"), "y");
    ck_assert_str_eq(loaded("c.key"), "");
    test_mem_init(&m);
    a = test_arena(&m);
    for (int settled = 0; settled < 2; settled++) {
        ck_assert_int_eq(machine.file.list(&machine, &a, &names, &n), ERR_OK);
        ck_assert_uint_eq(n, 2);
        ck_assert(span_eq(names[0], SPAN("a.key")) && span_eq(names[1], SPAN("b.key")));
        ck_assert_int_eq(machine.file.load(&machine, "folder", &a, names), ERR_NOT_SUPPORTED);
        disk_restart(&machine);
    }
    arena_fini(&a);
    test_mem_done(&m);
    ck_assert_uint_eq(disk_files(), 3);
    ck_assert(!disk_holds("n"));
}
END_TEST

static const char *const bad_names[] = {
    "", ".", "..", "../k", "..\\k", "a/b", "a\\b", "/k", "k.tmp", "k.new",
};

START_TEST(test_names)
{
    const char *name = bad_names[_i];
    struct arena a = {0};
    struct span s;

    disk_init(&machine);
    ck_assert(!machine.file.has(&machine, name));
    ck_assert_int_eq(machine.file.load(&machine, name, &a, &s), ERR_BAD_ARG);
    ck_assert_int_eq(machine.file.make(&machine, name, SPAN("x")), ERR_BAD_ARG);
    ck_assert_int_eq(saved(name, "x"), ERR_BAD_ARG);
    ck_assert_int_eq(deleted(name), ERR_BAD_ARG);
    ck_assert_uint_eq(disk_files(), 0);
}
END_TEST

// Without a folder nothing is kept, and all is told.
START_TEST(test_no_folder)
{
    struct arena a = {0};
    struct span *names, s;
    size_t n = 7;

    disk_init(&machine);
    machine.folder = NULL;
    ck_assert_int_eq(machine.file.list(&machine, &a, &names, &n), ERR_OK);
    ck_assert_uint_eq(n, 0);
    ck_assert(!machine.file.has(&machine, "k"));
    ck_assert_int_eq(machine.file.load(&machine, "k", &a, &s), ERR_NOT_FOUND);
    ck_assert_int_eq(saved("k", "x"), ERR_NOT_FOUND);
    ck_assert_int_eq(deleted("k"), ERR_NOT_FOUND);
}
END_TEST

START_TEST(test_full)
{
    char big[DISK_BYTES + 2] = "";

    disk_init(&machine);
    memset(big, 'x', DISK_BYTES + 1);
    ck_assert_int_eq(saved("k", "old"), ERR_OK);
    ck_assert_int_eq(saved("k", big), ERR_NO_SPACE);
    ck_assert_str_eq(loaded("k"), "old");
    ck_assert_uint_eq(disk_files(), 1);
}
END_TEST

static enum err read_step(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct span *names = ctx, bytes;
    size_t n = 7;
    enum err e = machine.file.list(&machine, &a, &names, &n);

    ck_assert(e ? names == ctx && n == 7 : n == 3);
    if (!e)
        e = machine.file.load(&machine, "b", &a, &bytes);
    arena_fini(&a);
    ck_assert_int_eq(disk_handles, 0);
    return e;
}

START_TEST(test_memory)
{
    disk_init(&machine);
    ck_assert_int_eq(saved("a", "a"), ERR_OK);
    ck_assert_int_eq(saved("b", "b"), ERR_OK);
    ck_assert_int_eq(saved("c", "c"), ERR_OK);
    test_each_allocation(read_step, NULL);
}
END_TEST

START_TEST(test_source)
{
    struct plat_source s;
    uint8_t buf[4];
    char got[DISK_BYTES] = "";
    size_t at = 0, n;
    bool end = false;

    disk_init(&machine);
    ck_assert_int_eq(machine.file.open(&machine, "none", &s), ERR_NOT_FOUND);
    ck_assert_int_eq(machine.file.open(&machine, "\xff", &s), ERR_NOT_FOUND);
    ck_assert_int_eq(saved("init.msg", "ten bytes."), ERR_OK);
    ck_assert_int_eq(machine.file.open(&machine, "init.msg", &s), ERR_OK);
    while (!end) {
        ck_assert_int_eq(s.read(s.ctx, buf, sizeof buf, &n, &end), ERR_OK);
        ck_assert(at + n < sizeof got);
        memcpy(got + at, buf, n);
        at += n;
    }
    s.close(s.ctx);
    ck_assert_str_eq(got, "ten bytes.");
    ck_assert_int_eq(disk_handles, 0);
}
END_TEST

Suite *kernel_uefi_file_suite(void)
{
    Suite *s = suite_create("kernel_uefi_file");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_keeps);
    tcase_add_test(t, test_forgets);
    tcase_add_loop_test(t, test_power_cut, 0, CUTS);
    tcase_add_loop_test(t, test_power_cut_at_start, 0, CUTS);
    tcase_add_test(t, test_first_power_cut);
    tcase_add_loop_test(t, test_del_power_cut, 0, CUTS);
    tcase_add_test(t, test_unsettled);
    tcase_add_loop_test(t, test_names, 0, (int)COUNT(bad_names));
    tcase_add_test(t, test_no_folder);
    tcase_add_test(t, test_full);
    tcase_add_test(t, test_memory);
    tcase_add_test(t, test_source);
    suite_add_tcase(s, t);
    return s;
}
