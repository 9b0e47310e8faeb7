// SPDX-License-Identifier: MIT
// Standard input, output and error, and the terminal behind them when there is one.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "kernel/linux/linux.h"

enum err linux_err(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    case EEXIST:
        return ERR_EXISTS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_NO_SPACE;
    case ENOMEM:
        return ERR_NO_MEMORY;
    case ENAMETOOLONG:
    case EINVAL:
    case ELOOP:
        return ERR_BAD_ARG;
    case EISDIR:
    case ENXIO:
        return ERR_NOT_SUPPORTED;
    default:
        return ERR_IO;
    }
}

// ---- In

enum err linux_read(void *ctx, uint8_t *buf, size_t cap, size_t *n, bool *end)
{
    struct linux_source *s = ctx;
    struct pollfd ready = {.fd = s->fd, .events = POLLIN};
    ssize_t got;

    *n = 0;
    *end = s->dry = false;
    // Without O_NONBLOCK: it would be set for all who share the pipe or terminal.
    if (!s->regular && poll(&ready, 1, 0) <= 0) {
        s->dry = true;
        return ERR_OK;
    }
    do
        got = read(s->fd, buf, cap);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        s->dry = true;
        return ERR_OK;
    }
    if (got < 0)
        return linux_err(errno);
    *n = (size_t)got;
    *end = got == 0;
    return ERR_OK;
}

// ---- Out

static enum err put(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t put = write(fd, bytes, n);

        if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};

            (void)poll(&room, 1, -1); // the next write tells
            continue;
        }
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno == EPIPE ? ERR_CANCELLED : linux_err(errno);
        bytes += put;
        n -= (size_t)put;
    }
    return ERR_OK;
}

static enum err con_write(void *ctx, const void *bytes, size_t n)
{
    (void)ctx;
    return put(STDOUT_FILENO, bytes, n);
}

static enum err con_write_err(void *ctx, const void *bytes, size_t n)
{
    (void)ctx;
    return put(STDERR_FILENO, bytes, n);
}

static bool con_size(void *ctx, unsigned *columns, unsigned *rows)
{
    struct winsize w;

    (void)ctx;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_col || !w.ws_row)
        return false;
    *columns = w.ws_col;
    *rows = w.ws_row;
    return true;
}

// ---- Keys one by one
// Static because signals come without a context, and a process has one terminal.

static struct termios usual, raw;
static volatile sig_atomic_t is_raw, known, marks;

// Whether a paste is to be marked: ESC [ 200 ~ .. ESC [ 201 ~.
static void mark_pastes(bool on)
{
    ssize_t put = write(STDOUT_FILENO, on ? "\x1b[?2004h" : "\x1b[?2004l", 8);

    (void)put; // a paste that is not marked is typed
}

void linux_console_fini(void)
{
    if (is_raw && marks)
        mark_pastes(false);
    if (is_raw)
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &usual); // at the end nobody can be told
    is_raw = 0;
}

// The terminal must not stay as it is when we are ended from outside.
static void on_fatal(int number)
{
    linux_console_fini();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void con_keys(void *ctx, bool on)
{
    static const int fatal[] = {SIGHUP,  SIGINT, SIGQUIT, SIGTERM, SIGABRT,
                                SIGSEGV, SIGBUS, SIGFPE,  SIGILL};

    (void)ctx;
    if (!on) {
        linux_console_fini();
        return;
    }
    if (is_raw)
        return;
    if (!known) {
        if (tcgetattr(STDIN_FILENO, &usual))
            return;
        raw = usual;
        marks = isatty(STDOUT_FILENO);
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
        raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR | ISTRIP | BRKINT);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        for (size_t i = 0; i < COUNT(fatal); i++)
            if (signal(fatal[i], on_fatal) == SIG_IGN)
                (void)signal(fatal[i], SIG_IGN); // as nohup wants it
        known = 1;
    }
    is_raw = 1;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw))
        is_raw = 0;
    if (is_raw && marks)
        mark_pastes(true);
}

// Terminals of today show 24-bit colours, but for these; there is no question to ask them.
static bool shows_colours(void)
{
    static const char *const plain[] = {"", "dumb", "linux", "vt100", "vt102", "vt220", "ansi"};
    const char *term = getenv("TERM");

    for (size_t i = 0; term && i < COUNT(plain); i++)
        if (strcmp(term, plain[i]) == 0)
            return false;
    return term != NULL;
}

void linux_console_init(struct linux_port *p)
{
    struct stat st;

    p->in = (struct linux_source){.port = p, .fd = STDIN_FILENO};
    p->in.regular = fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);
    p->sources = &p->in;
    p->con = (struct plat_con){
        .in = {.ctx = &p->in, .read = linux_read},
        .tty_in = !p->in.regular && isatty(STDIN_FILENO),
        .tty_out = isatty(STDOUT_FILENO),
        .tty_err = isatty(STDERR_FILENO),
        .write = con_write,
        .write_err = con_write_err,
        .size = con_size,
        .keys = con_keys,
        .blocks = isatty(STDOUT_FILENO) && shows_colours(),
        .ctx = p,
    };
    p->plat.con = &p->con;
}
