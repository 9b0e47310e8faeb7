// SPDX-License-Identifier: MIT
// Files of the Linux port: what every port promises, whom they are for, and what a power cut or a
// failing disk leaves (kernel_linux_cut.c).
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/linux/linux.h"
#include "tests/check/helper.h"
#include "tests/check/linux_folder.h"
#include "tests/contract/file.h"

static struct linux_folder x;

static void begin(void)
{
    linux_folder_begin(&x);
}

static void end(void)
{
    linux_folder_end(&x);
}

START_TEST(test_contract)
{
    bool again;

    for (int i = 0; i < 2; i++) {
        const char *no = file_contract(&x.port.plat, 1 << 20);

        ck_assert_msg(!no, "%s", no);
        no = file_contract_kept(&x.port.plat, &again);
        ck_assert_msg(!no, "%s", no);
        ck_assert(again == (i == 1));
    }
    ck_assert_uint_eq(linux_folder_entries(&x), 0); // nothing hidden is left
}
END_TEST

// ---- For whom they are

static unsigned mode_of(const char *path)
{
    struct stat st;

    ck_assert_msg(stat(path, &st) == 0, "%s: %s", path, strerror(errno));
    return st.st_mode & 07777;
}

static const unsigned umasks[] = {0, 022, 077, 0177, 0777};

START_TEST(test_modes)
{
    mode_t before = umask(umasks[_i]);
    enum err made = x.file->make(x.file->ctx, "a.key", SPAN("a"));
    enum err saved = x.file->save(x.file->ctx, "a.key", SPAN("b"));
    enum err again = x.file->save(x.file->ctx, "b.key", SPAN("b"));

    (void)umask(before);
    ck_assert_int_eq(made, ERR_OK);
    ck_assert_int_eq(saved, ERR_OK);
    ck_assert_int_eq(again, ERR_OK);
    ck_assert_uint_eq(mode_of(linux_folder_path(&x, "a.key")), 0600);
    ck_assert_uint_eq(mode_of(linux_folder_path(&x, "b.key")), 0600);
    ck_assert_uint_eq(mode_of(linux_folder_path(&x, ".")), 0700);
}
END_TEST

// A person made the folder, for a text of his own.
START_TEST(test_open_folder)
{
    ck_assert_int_eq(mkdir(linux_folder_path(&x, "."), 0755), 0);
    ck_assert_int_eq(chmod(linux_folder_path(&x, "."), 0777), 0);
    ck_assert_int_eq(x.file->save(x.file->ctx, "a.key", SPAN("a")), ERR_OK);
    ck_assert_uint_eq(mode_of(linux_folder_path(&x, ".")), 0700);
}
END_TEST

static const struct {
    const char *name;
    unsigned mode;
    bool other; // belongs to somebody else
    enum err want;
} trust_rows[] = {
    {"a.key", 0600, false, ERR_OK},        {"a.key", 0400, false, ERR_OK},
    {"a.key", 0700, false, ERR_OK},        {"a.key", 0640, false, ERR_DENIED},
    {"a.key", 0620, false, ERR_DENIED},    {"a.key", 0610, false, ERR_DENIED},
    {"a.key", 0604, false, ERR_DENIED},    {"a.key", 0602, false, ERR_DENIED},
    {"a.key", 0601, false, ERR_DENIED},    {"a.key", 0644, false, ERR_DENIED},
    {"a.key", 0600, true, ERR_DENIED},     {"a.user", 0644, false, ERR_DENIED},
    {"a.user", 0600, false, ERR_OK},       {"a.cert", 0644, false, ERR_DENIED},
    {"a.rights", 0660, false, ERR_DENIED}, {"a", 0644, false, ERR_DENIED},
    {"amsg", 0644, false, ERR_DENIED},     {"a.msg.key", 0644, false, ERR_DENIED},
    {"a.msg", 0600, false, ERR_OK},        {"a.msg", 0644, false, ERR_OK},
    {"a.msg", 0664, false, ERR_OK},        {"a.msg", 0644, true, ERR_OK},
    {"a.msg", 0646, false, ERR_DENIED},    {"a.msg", 0602, false, ERR_DENIED},
};

START_TEST(test_trust)
{
    const char *name = trust_rows[_i].name;
    enum err e;

    if (trust_rows[_i].other && geteuid() != 0)
        return; // who is not root cannot give files away
    linux_folder_write(&x, name, "text");
    ck_assert_int_eq(chmod(linux_folder_path(&x, name), trust_rows[_i].mode), 0);
    if (trust_rows[_i].other)
        ck_assert_int_eq(chown(linux_folder_path(&x, name), 12345, 12345), 0);
    e = linux_folder_load(&x, name);
    ck_assert_msg(e == trust_rows[_i].want, "%s %o gives %s", name, trust_rows[_i].mode,
                  err_word(e));
    ck_assert(x.file->has(x.file->ctx, name)); // it is there all the same
    // What is written in its place is for the owner only.
    ck_assert_int_eq(x.file->save(x.file->ctx, name, SPAN("new")), ERR_OK);
    ck_assert_int_eq(linux_folder_load(&x, name), ERR_OK);
    ck_assert_str_eq(x.loaded, "new");
    ck_assert_uint_eq(mode_of(linux_folder_path(&x, name)), 0600);
}
END_TEST

// ---- Names, and what is no file

static const char *const bad_names[] = {"", ".", "..", "../a.key", "a/b", "/etc/passwd", ".new-a"};

START_TEST(test_names)
{
    const char *name = bad_names[_i];

    linux_folder_write(&x, "a.key", "here");
    linux_folder_write(&x, "../a.key", "above");
    ck_assert(!x.file->has(x.file->ctx, name));
    ck_assert_int_eq(linux_folder_load(&x, name), ERR_BAD_ARG);
    ck_assert_int_eq(x.file->make(x.file->ctx, name, SPAN("x")), ERR_BAD_ARG);
    ck_assert_int_eq(x.file->save(x.file->ctx, name, SPAN("x")), ERR_BAD_ARG);
    ck_assert_int_eq(x.file->del(x.file->ctx, name), ERR_BAD_ARG);
    ck_assert_uint_eq(linux_folder_entries(&x), 1);
}
END_TEST

// Past what the arena may hold: that is no want of memory.
START_TEST(test_too_big)
{
    struct test_mem m;
    struct arena a;
    struct span got;

    ck_assert_int_eq(x.file->save(x.file->ctx, "a.key", SPAN("secret")), ERR_OK);
    test_mem_init(&m);
    arena_init(&a, &m.mem, 5);
    ck_assert_int_eq(x.file->load(x.file->ctx, "a.key", &a, &got), ERR_TOO_BIG);
    ck_assert_int_eq(m.gets, 0);
    ck_assert_int_eq(truncate(linux_folder_path(&x, "a.key"), (16 << 20) + 1), 0);
    arena_init(&a, &m.mem, SIZE_MAX);
    ck_assert_int_eq(x.file->load(x.file->ctx, "a.key", &a, &got), ERR_TOO_BIG);
    test_mem_done(&m);
}
END_TEST

START_TEST(test_no_files)
{
    struct test_mem m;
    struct arena a;
    struct span *names;
    size_t n;

    linux_folder_write(&x, "file.key", "f");
    linux_folder_write(&x, ".hidden", "h");
    ck_assert_int_eq(mkdir(linux_folder_path(&x, "folder.key"), 0700), 0);
    ck_assert_int_eq(mkfifo(linux_folder_path(&x, "pipe.key"), 0600), 0);
    ck_assert_int_eq(symlink("file.key", linux_folder_path(&x, "link.key")), 0);
    ck_assert_int_eq(symlink("nowhere", linux_folder_path(&x, "dead.key")), 0);
    ck_assert_int_eq(linux_folder_load(&x, "folder.key"), ERR_NOT_SUPPORTED);
    ck_assert_int_eq(linux_folder_load(&x, "pipe.key"), ERR_NOT_SUPPORTED);
    ck_assert_int_eq(linux_folder_load(&x, "dead.key"), ERR_NOT_FOUND);
    ck_assert_int_eq(linux_folder_load(&x, "link.key"), ERR_OK);
    ck_assert_int_eq(x.file->save(x.file->ctx, "folder.key", SPAN("x")), ERR_NOT_SUPPORTED);
    ck_assert_int_eq(x.file->del(x.file->ctx, "folder.key"), ERR_NOT_SUPPORTED);

    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(x.file->list(x.file->ctx, &a, &names, &n), ERR_OK);
    ck_assert_uint_eq(n, 2);
    for (size_t i = 0; i < n; i++)
        ck_assert(span_eq(names[i], SPAN("file.key")) || span_eq(names[i], SPAN("link.key")));
    arena_fini(&a);
    test_mem_done(&m);

    // What stands in the place of a file is replaced, not what it leads to.
    ck_assert_int_eq(x.file->save(x.file->ctx, "link.key", SPAN("x")), ERR_OK);
    ck_assert_int_eq(x.file->save(x.file->ctx, "pipe.key", SPAN("x")), ERR_OK);
    ck_assert_int_eq(linux_folder_load(&x, "file.key"), ERR_OK);
    ck_assert_str_eq(x.loaded, "f");
    ck_assert_uint_eq(linux_folder_entries(&x), 6);
}
END_TEST

static enum err list_step(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct span *names = ctx;
    size_t n = 7;
    enum err e = x.file->list(x.file->ctx, &a, &names, &n);

    ck_assert(e ? names == ctx && n == 7 : n == 5);
    arena_fini(&a);
    return e;
}

START_TEST(test_list_memory)
{
    char name[] = "a.key";

    for (; name[0] < 'f'; name[0]++)
        ck_assert_int_eq(x.file->save(x.file->ctx, name, SPAN("x")), ERR_OK);
    test_each_allocation(list_step, NULL);
}
END_TEST

START_TEST(test_no_folder)
{
    struct arena a;
    struct test_mem m;
    struct span *names;
    size_t n = 7;

    test_mem_init(&m);
    a = test_arena(&m);
    ck_assert_int_eq(x.file->list(x.file->ctx, &a, &names, &n), ERR_OK); // not made yet
    ck_assert_uint_eq(n, 0);
    ck_assert_int_eq(x.file->del(x.file->ctx, "a"), ERR_NOT_FOUND);
    ck_assert_int_eq(access(linux_folder_path(&x, "."), F_OK), -1);

    linux_folder_fini(&x.port);
    unsetenv("XDG_DATA_HOME");
    unsetenv("HOME");
    n = 7;
    ck_assert_int_eq(x.file->list(x.file->ctx, &a, &names, &n), ERR_OK);
    ck_assert_uint_eq(n, 0);
    ck_assert(!x.file->has(x.file->ctx, "a"));
    ck_assert_int_eq(linux_folder_load(&x, "a"), ERR_NOT_FOUND);
    ck_assert_int_eq(x.file->save(x.file->ctx, "a", SPAN("x")), ERR_NOT_FOUND);
    ck_assert_int_eq(x.file->del(x.file->ctx, "a"), ERR_NOT_FOUND);
    test_mem_done(&m);
}
END_TEST

// ---- What was there before

// Opened before, so it can be looked at afterwards.
static int hold(const char *name)
{
    int fd = open(linux_folder_path(&x, name), O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static bool holds(int fd, char byte, size_t want)
{
    char bytes[10000];
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    bool same = n == (ssize_t)want;

    for (ssize_t i = 0; i < n; i++)
        same &= bytes[i] == byte;
    (void)close(fd);
    return same;
}

START_TEST(test_forgets)
{
    char old[9000];
    struct span secret = {old, sizeof old};
    int replaced, deleted, linked;

    memset(old, 's', sizeof old);
    ck_assert_int_eq(x.file->make(x.file->ctx, "a.key", secret), ERR_OK);
    replaced = hold("a.key");
    ck_assert_int_eq(x.file->save(x.file->ctx, "a.key", secret), ERR_OK);
    deleted = hold("a.key");
    ck_assert(holds(replaced, 0, sizeof old));
    ck_assert_int_eq(x.file->del(x.file->ctx, "a.key"), ERR_OK);
    ck_assert(holds(deleted, 0, sizeof old));

    // A copy that somebody keeps is his.
    ck_assert_int_eq(x.file->make(x.file->ctx, "a.key", secret), ERR_OK);
    ck_assert_int_eq(link(linux_folder_path(&x, "a.key"), linux_folder_path(&x, "copy")), 0);
    linked = hold("a.key");
    ck_assert_int_eq(x.file->save(x.file->ctx, "a.key", SPAN("new")), ERR_OK);
    ck_assert(holds(linked, 's', sizeof old));
    linked = hold("a.key");
    ck_assert_int_eq(x.file->make(x.file->ctx, "a.key", secret), ERR_EXISTS);
    ck_assert_int_eq(linux_folder_load(&x, "a.key"), ERR_OK);
    ck_assert_str_eq(x.loaded, "new");
    (void)close(linked);
}
END_TEST

START_TEST(test_sweeps)
{
    int held, left;

    linux_folder_write(&x, ".new-left", "ssss");
    linux_folder_write(&x, ".new-held", "hhhh");
    left = hold(".new-left");
    held = hold(".new-held");
    ck_assert_int_eq(flock(held, LOCK_EX | LOCK_NB), 0); // its writer is at work
    ck_assert_int_eq(x.file->save(x.file->ctx, "a.key", SPAN("a")), ERR_OK);
    ck_assert_int_eq(access(linux_folder_path(&x, ".new-left"), F_OK), -1);
    ck_assert_int_eq(access(linux_folder_path(&x, ".new-held"), F_OK), 0);
    ck_assert(holds(left, 0, 4));
    ck_assert(holds(held, 'h', 4));
    ck_assert_int_eq(x.file->del(x.file->ctx, "a.key"), ERR_OK);
    ck_assert_uint_eq(linux_folder_entries(&x), 0);
}
END_TEST

// ---- Several at once

enum { ROUNDS = 60, SIZE = 5000 };

static void writer(char byte)
{
    char bytes[SIZE];

    memset(bytes, byte, sizeof bytes);
    for (int i = 0; i < ROUNDS; i++)
        if (x.file->save(x.file->ctx, "a.key", (struct span){bytes, sizeof bytes}))
            _exit(1);
    _exit(0);
}

// Two programs write, one reads: it always sees one of the files, whole.
START_TEST(test_writers)
{
    int left = 2, status;
    pid_t child[2];

    ck_assert_int_eq(x.file->save(x.file->ctx, "a.key", SPAN("z")), ERR_OK);
    for (int i = 0; i < 2; i++) {
        child[i] = fork();
        ck_assert_int_ge(child[i], 0);
        if (!child[i])
            writer((char)('a' + i));
    }
    while (left) {
        enum err e = linux_folder_load(&x, "a.key");

        ck_assert_msg(e == ERR_OK, "%s", err_word(e));
        for (size_t i = 1; i < x.loaded_n; i++)
            ck_assert_msg(x.loaded[i] == x.loaded[0] && x.loaded[0], "byte %zu of a torn file", i);
        for (int i = 0; i < 2; i++) {
            if (child[i] && waitpid(child[i], &status, WNOHANG) == child[i]) {
                ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
                child[i] = 0;
                left--;
            }
        }
    }
    ck_assert_int_eq(x.file->del(x.file->ctx, "a.key"), ERR_OK);
    ck_assert_uint_eq(linux_folder_entries(&x), 0);
}
END_TEST

Suite *kernel_linux_file_suite(void)
{
    Suite *s = suite_create("kernel_linux_file");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, begin, end);
    tcase_add_test(t, test_contract);
    tcase_add_loop_test(t, test_modes, 0, (int)COUNT(umasks));
    tcase_add_test(t, test_open_folder);
    tcase_add_loop_test(t, test_trust, 0, (int)COUNT(trust_rows));
    tcase_add_loop_test(t, test_names, 0, (int)COUNT(bad_names));
    tcase_add_test(t, test_no_files);
    tcase_add_test(t, test_too_big);
    tcase_add_test(t, test_list_memory);
    tcase_add_test(t, test_no_folder);
    tcase_add_test(t, test_forgets);
    tcase_add_test(t, test_sweeps);
    tcase_add_test(t, test_writers);
    suite_add_tcase(s, t);
    return s;
}
