// SPDX-License-Identifier: MIT
// In one process: parse, and parse and print, all units of a file. Prints MB/s, the median of
// several runs each, in two lines; peer_cjson does the same for JSON.
// usage: bench_units small.msg
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "units/parse.h"
#include "units/print.h"

enum { RUNS = 9 };

static void *get(void *ctx, size_t bytes)
{
    (void)ctx;
    return malloc(bytes);
}

static void put(void *ctx, void *p, size_t bytes)
{
    (void)ctx;
    (void)bytes;
    free(p);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct span load(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct span s = {NULL, 0};
    char *bytes;

    if (!f || fseek(f, 0, SEEK_END))
        exit(2);
    s.len = (size_t)ftell(f);
    rewind(f);
    bytes = malloc(s.len + 1);
    if (!bytes || fread(bytes, 1, s.len, f) != s.len)
        exit(2);
    bytes[s.len] = 0;
    fclose(f);
    s.at = bytes;
    return s;
}

static double run_units(struct span text, bool print, const struct mem *mem, size_t *n)
{
    double start = now();
    struct parser *p;
    struct arena a;
    size_t used;
    struct unit u;

    if (parser_new(mem, &p))
        exit(2);
    arena_init(&a, mem, (size_t)1 << 30);
    for (*n = 0; !parser_next(p, &a, text, true, &used, &u, NULL); ++*n) {
        if (print) {
            struct span out;

            if (unit_print_new(&a, &u, &out))
                exit(2);
        }
        text.at += used;
        text.len -= used;
        arena_reset(&a);
    }
    parser_free(p);
    arena_fini(&a);
    return now() - start;
}

static int by_value(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(int argc, char **argv)
{
    const struct mem mem = {NULL, get, put, {1, 2}};
    struct span units;

    if (argc != 2)
        return 2;
    units = load(argv[1]);
    for (int print = 0; print < 2; print++) {
        double took[RUNS];
        size_t n;

        for (int i = 0; i < RUNS; i++)
            took[i] = run_units(units, print, &mem, &n);
        qsort(took, RUNS, sizeof *took, by_value);
        printf("%.1f %zu\n", (double)units.len / took[RUNS / 2] / 1e6, n);
    }
    return 0;
}
