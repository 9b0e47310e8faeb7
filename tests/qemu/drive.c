// SPDX-License-Identifier: MIT
// Types messages at a machine's serial line and compares what it shows: drive SECONDS SCRIPT CMD..
//
// CMD is started with its serial line on standard input and output. The script has, for each case,
// the lines `send TEXT`, then `want TEXT` for each line that must be shown, or `error CODE`. A line
// is sent when the prompt is there, and what is shown up to the next prompt counts, but for the echo
// of what was typed. `wait` waits for the prompt only; `last TEXT` sends and waits for the end.
// Ends with a line "N passed, N failed"; everything that came goes to standard error.
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char prompt[] = "λ ";

struct line {
    int in, out; // to and from the machine
    pid_t pid;
    char got[1 << 20]; // since the last send, without escape sequences and CR
    size_t n;
    int escape; // inside of a sequence
    time_t end;
};

static void take(struct line *l, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (l->escape == 1)
            l->escape = c == '[' ? 2 : 0;
        else if (l->escape == 2)
            l->escape = c >= 0x40 && c <= 0x7E ? 0 : 2;
        else if (c == 0x1B)
            l->escape = 1;
        else if (c != '\r' && l->n < sizeof l->got - 1)
            l->got[l->n++] = (char)c;
    }
    l->got[l->n] = 0;
}

// More bytes; false at the end or when the time is up.
static bool more(struct line *l)
{
    struct pollfd p = {.fd = l->out, .events = POLLIN};
    time_t left = l->end - time(NULL);
    char bytes[4096];
    ssize_t n;

    if (left <= 0 || poll(&p, 1, (int)left * 1000) <= 0)
        return false;
    n = read(l->out, bytes, sizeof bytes);
    if (n <= 0)
        return false;
    fwrite(bytes, 1, (size_t)n, stderr);
    take(l, bytes, (size_t)n);
    return true;
}

static bool at_prompt(const struct line *l)
{
    size_t n = strlen(prompt);

    return l->n >= n && !memcmp(l->got + l->n - n, prompt, n) &&
           (l->n == n || l->got[l->n - n - 1] == '\n');
}

static bool wait_prompt(struct line *l)
{
    while (!at_prompt(l))
        if (!more(l))
            return false;
    return true;
}

static bool send_line(struct line *l, const char *text)
{
    l->n = 0;
    return write(l->in, text, strlen(text)) == (ssize_t)strlen(text) && write(l->in, "\r", 1) == 1;
}

static bool start(struct line *l, char **argv)
{
    int to[2], from[2];

    if (pipe(to) || pipe(from))
        return false;
    l->pid = fork();
    if (l->pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[1]);
        close(from[0]);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    l->in = to[1];
    l->out = from[0];
    return l->pid > 0;
}

// What was shown behind the echo, without the prompt and the end of the last line.
static char *shown(struct line *l)
{
    char *begin = strchr(l->got, '\n');
    size_t n = strlen(prompt);

    l->got[l->n - n] = 0;
    if (!begin)
        return l->got + strlen(l->got);
    begin++;
    n = strlen(begin);
    if (n && begin[n - 1] == '\n')
        begin[n - 1] = 0;
    return begin;
}

static bool check(struct line *l, const char *sent, const char *want, const char *error)
{
    const char *got;

    if (!wait_prompt(l)) {
        printf("FAILED %s: no prompt came\n", sent);
        return false;
    }
    got = shown(l);
    if (error[0] ? !strncmp(got, error, strlen(error)) : !strcmp(got, want))
        return true;
    printf("FAILED %s:\n  wanted: %s\n  got:    %s\n", sent, error[0] ? error : want, got);
    return false;
}

int main(int argc, char **argv)
{
    static struct line l;
    static char row[1 << 16], sent[1 << 16], want[1 << 16], error[256];
    int passed = 0, failed = 0, status = 0;
    bool open = false;
    FILE *script;

    if (argc < 4 || !(script = fopen(argv[2], "r")))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    l.end = time(NULL) + atoi(argv[1]);
    if (!start(&l, argv + 3) || !wait_prompt(&l)) {
        printf("FAILED: the first prompt did not come\n0 passed, 1 failed\n");
        if (l.pid > 0)
            kill(l.pid, SIGKILL);
        return 1;
    }
    for (;;) {
        bool end = !fgets(row, sizeof row, script);
        char *rest = row + 5;

        row[strcspn(row, "\n")] = 0;
        if (open && (end || !strncmp(row, "send ", 5) || !strncmp(row, "last ", 5))) {
            if (check(&l, sent, want, error))
                passed++;
            else
                failed++;
            open = false;
        }
        if (end)
            break;
        if (!strncmp(row, "send ", 5)) {
            snprintf(sent, sizeof sent, "%s", rest);
            want[0] = error[0] = 0;
            open = send_line(&l, rest);
        } else if (!strncmp(row, "want ", 5)) {
            snprintf(want + strlen(want), sizeof want - strlen(want), "%s%s", want[0] ? "\n" : "",
                     rest);
        } else if (!strncmp(row, "error ", 6)) {
            snprintf(error, sizeof error, "error %s:", row + 6);
        } else if (!strncmp(row, "last ", 5)) {
            (void)send_line(&l, rest);
            while (more(&l))
                ;
            if (time(NULL) < l.end) {
                passed++;
            } else {
                printf("FAILED: the machine did not power down\n");
                failed++;
            }
        }
    }
    kill(l.pid, SIGKILL);
    waitpid(l.pid, &status, 0);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
