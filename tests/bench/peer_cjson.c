// SPDX-License-Identifier: MIT
// The peer of bench_units: the same with the lines of a file of JSON and the distribution's cJSON.
// usage: peer_cjson small.ndjson
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 9 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double run_json(const char *text, size_t len, bool print, size_t *n)
{
    double start = now();

    for (*n = 0; len; ++*n) {
        const char *end = memchr(text, '\n', len);
        size_t line = end ? (size_t)(end - text) : len;
        cJSON *j = cJSON_ParseWithLength(text, line);

        if (!j)
            exit(2);
        if (print)
            free(cJSON_PrintUnformatted(j));
        cJSON_Delete(j);
        line += end != NULL;
        text += line;
        len -= line;
    }
    return now() - start;
}

static int by_value(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    char *text;
    size_t len;

    if (!f || fseek(f, 0, SEEK_END))
        return 2;
    len = (size_t)ftell(f);
    rewind(f);
    text = malloc(len + 1);
    if (!text || fread(text, 1, len, f) != len)
        return 2;
    text[len] = 0;
    for (int print = 0; print < 2; print++) {
        double took[RUNS];
        size_t n;

        for (int i = 0; i < RUNS; i++)
            took[i] = run_json(text, len, print, &n);
        qsort(took, RUNS, sizeof *took, by_value);
        printf("%.1f %zu\n", (double)len / took[RUNS / 2] / 1e6, n);
    }
    return 0;
}
