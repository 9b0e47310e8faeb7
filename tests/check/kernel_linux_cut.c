// SPDX-License-Identifier: MIT
// Files of the Linux port when the process ends, or a call fails, at any step of writing one.
//
// A child writes under ptrace. At its n-th call of the system it is killed before that call, or the
// call fails without being done; for each n until it gets through.
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check/helper.h"
#include "tests/check/linux_folder.h"

enum way { KILL, FAIL, LACK }; // the process, with EIO, with ENOSPC

static struct linux_folder x;

static void begin(void)
{
    linux_folder_begin(&x);
}

static void end(void)
{
    linux_folder_end(&x);
}

static enum err op_make(void)
{
    return x.file->make(x.file->ctx, "a.key", SPAN("new"));
}

static enum err op_save(void)
{
    return x.file->save(x.file->ctx, "a.key", SPAN("new"));
}

static enum err op_del(void)
{
    return x.file->del(x.file->ctx, "a.key");
}

static const struct {
    const char *name, *before, *after; // NULL: no file
    enum err (*run)(void);

} op_rows[] = {
    {"make", NULL, "new", op_make},
    {"save over", "old", "new", op_save},
    {"save", NULL, "new", op_save},
    {"del", "old", NULL, op_del},
};

#ifdef __x86_64__
// Calls that touch files; the others are the sanitizer's.
static bool is_file_call(unsigned long long number)
{
    static const int calls[] = {
        SYS_mkdir,    SYS_chmod,      SYS_openat, SYS_flock,      SYS_fchmod,    SYS_write,
        SYS_pwrite64, SYS_fsync,      SYS_linkat, SYS_renameat,   SYS_renameat2, SYS_unlinkat,
        SYS_stat,     SYS_newfstatat, SYS_fstat,  SYS_getdents64, SYS_getrandom,
    };

    for (size_t i = 0; i < COUNT(calls); i++)
        if (number == (unsigned long long)calls[i])
            return true;
    return false;
}

static void go_on(pid_t child)
{
    ck_assert_int_eq((int)ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
}

// Did it come to its n-th call? *status: as of waitpid, at its end.
static bool run_until(pid_t child, int n, enum way way, int *status)
{
    struct user_regs_struct regs;
    bool entry = true, met = false, fails = false;

    for (;; entry = !entry) {
        go_on(child);
        ck_assert_int_eq(waitpid(child, status, 0), child);
        if (!WIFSTOPPED(*status))
            return met;
        ck_assert_int_eq(WSTOPSIG(*status), SIGTRAP | 0x80);
        ck_assert_int_eq((int)ptrace(PTRACE_GETREGS, child, NULL, &regs), 0);
        if (entry) {
            fails = is_file_call(regs.orig_rax) && n-- == 0;
            met |= fails;
            if (fails && way == KILL) {
                (void)kill(child, SIGKILL);
                ck_assert_int_eq(waitpid(child, status, 0), child);
                return true;
            }
            if (fails)
                regs.orig_rax = (unsigned long long)-1; // no call at all
        } else if (fails) {
            regs.rax = (unsigned long long)-(way == FAIL ? EIO : ENOSPC);
        }
        if (fails)
            ck_assert_int_eq((int)ptrace(PTRACE_SETREGS, child, NULL, &regs), 0);
    }
}

// Exit status of the child or -1; *met: it came to its n-th call.
static int child_runs(enum err (*run)(void), int n, enum way way, bool *met)
{
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (!child) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
            _exit(99);
        (void)raise(SIGSTOP);
        _exit(run() ? 1 : 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
        return 99;
    ck_assert(WIFSTOPPED(status));
    ck_assert_int_eq((int)ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD), 0);
    *met = run_until(child, n, way, &status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool is(const char *want)
{
    enum err e = linux_folder_load(&x, "a.key");

    return want ? e == ERR_OK && strcmp(x.loaded, want) == 0 : e == ERR_NOT_FOUND;
}

static void reset(const char *before)
{
    if (x.file->has(x.file->ctx, "a.key"))
        ck_assert_int_eq(x.file->del(x.file->ctx, "a.key"), ERR_OK);
    if (before)
        ck_assert_int_eq(x.file->save(x.file->ctx, "a.key", span_of(before)), ERR_OK);
}

static void cut(size_t row, enum way way)
{
    const char *before = op_rows[row].before, *after = op_rows[row].after;
    bool met = true;
    int n;

    for (n = 0; met; n++) {
        int status;

        reset(before);
        status = child_runs(op_rows[row].run, n, way, &met);
        if (status == 99) {
            printf("SKIP: no process may be traced here\n");
            return;
        }
        ck_assert_msg(is(before) || is(after), "%s, call %d: neither old nor new: %s",
                      op_rows[row].name, n, x.loaded);
        ck_assert_msg(status != 0 || is(after), "%s, call %d: done, it says", op_rows[row].name, n);
        ck_assert_msg(way == KILL || status >= 0, "%s, call %d: it crashed", op_rows[row].name, n);
        // Whatever is left, the next one gets through and clears it away.
        ck_assert_int_eq(x.file->save(x.file->ctx, "a.key", SPAN("last")), ERR_OK);
        ck_assert(is("last"));
        ck_assert_uint_eq(linux_folder_entries(&x), 1);
    }
    ck_assert_int_gt(n, 6); // it was cut indeed
}

START_TEST(test_cut)
{
    cut((size_t)_i / 3, (enum way)(_i % 3));
}
END_TEST
#endif

Suite *kernel_linux_cut_suite(void)
{
    Suite *s = suite_create("kernel_linux_cut");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, begin, end);
#ifdef __x86_64__
    tcase_add_loop_test(t, test_cut, 0, 3 * (int)COUNT(op_rows));
#endif
    suite_add_tcase(s, t);
    return s;
}
