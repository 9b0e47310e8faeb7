// SPDX-License-Identifier: MIT
// Documents with a signature each beside documents in batches, and both beside libsodium alone.
//
//   sign N             all of it, as ratios
//   sign peer-sign N   only N signatures of libsodium over what a document signs; prints nothing
//   sign peer-verify N .. and N checks
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "msgs/document.h"
#include "tests/check/keys_fix.h"
#include "tests/fuzz/laws.h"

enum { NOTE_BYTES = 160, TIME_MS = 1700000000 };

static struct identity id;

static void must(bool ok)
{
    if (!ok)
        abort();
}

static double now(void)
{
    struct timespec t;

    must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// As long as what is signed of `(neg 5)@math.calc`.
static void note(uint8_t out[NOTE_BYTES], size_t i)
{
    memset(out, 5, NOTE_BYTES);
    memcpy(out, &i, sizeof i);
}

static void peer_sign(size_t n)
{
    uint8_t bytes[NOTE_BYTES], sign[64];

    for (size_t i = 0; i < n; i++) {
        note(bytes, i);
        must(crypto_sign_detached(sign, NULL, bytes, sizeof bytes, (uint8_t *)&id.node) == 0);
    }
}

// All of them sign the same: what a check costs does not depend on it.
static void peer_verify(size_t n)
{
    uint8_t bytes[NOTE_BYTES], sign[64];

    note(bytes, 1);
    must(crypto_sign_detached(sign, NULL, bytes, sizeof bytes, (uint8_t *)&id.node) == 0);
    for (size_t i = 0; i < n; i++)
        must(crypto_sign_verify_detached(sign, bytes, sizeof bytes, id.node.public) == 0);
}

static struct unit unit_number(struct arena *a, size_t i)
{
    char text[40];
    struct unit u;
    int n = snprintf(text, sizeof text, "(neg %zu)@math.calc", i);

    must(unit_parse(a, (struct span){text, (size_t)n}, &u, NULL) == ERR_OK);
    return u;
}

// The documents, each in memory of its own.
static void keep(struct span doc, struct span *out)
{
    char *copy = malloc(doc.len);

    must(copy);
    memcpy(copy, doc.at, doc.len);
    *out = (struct span){copy, doc.len};
}

static void sign_each(size_t n, struct span *out)
{
    struct arena a;

    arena_init(&a, &laws_mem, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        struct unit u = unit_number(&a, i);
        struct span doc;

        must(doc_sign(&a, &id, TIME_MS, &u, &doc, NULL) == ERR_OK);
        keep(doc, &out[i]);
        arena_reset(&a);
    }
    arena_fini(&a);
}

static void sign_batches(size_t n, struct span *out)
{
    struct doc_batch b;
    struct arena a, units;
    uint8_t seed[BATCH_SEED_BYTES] = {1};

    arena_init(&a, &laws_mem, 1 << 20);
    arena_init(&units, &laws_mem, 1 << 20);
    must(doc_batch_init(&b, &a) == ERR_OK);
    for (size_t i = 0; i < n; out += b.tree.n) {
        doc_batch_start(&b, &id, seed);
        for (; b.tree.n < DOC_BATCH_MAX && i < n; i++) {
            struct unit u = unit_number(&units, i);

            must(doc_batch_add(&b, TIME_MS, &u, NULL) == ERR_OK);
            arena_reset(&units);
        }
        doc_batch_sign(&b);
        for (size_t k = 0; k < b.tree.n; k++)
            keep(doc_batch_get(&b, k), &out[k]);
    }
    arena_fini(&a);
    arena_fini(&units);
}

static void open_all(size_t n, const struct span *docs, struct doc_cache *cache)
{
    struct arena a;
    struct doc doc;

    arena_init(&a, &laws_mem, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        must(doc_open_again(cache, &a, docs[i], &doc, NULL) == ERR_OK);
        arena_reset(&a);
    }
    arena_fini(&a);
}

static void drop(size_t n, struct span *docs)
{
    for (size_t i = 0; i < n; i++)
        free((char *)(uintptr_t)docs[i].at);
}

static double since(double start, size_t n)
{
    return (now() - start) / (double)n * 1e6;
}

static void compare(size_t n)
{
    struct span *docs = malloc(n * sizeof *docs);
    struct doc_cache cache = {0};
    double peer, each, batch, start;

    must(docs);
    start = now();
    peer_sign(n);
    peer = since(start, n);
    start = now();
    sign_batches(n, docs);
    batch = since(start, n);
    drop(n, docs);
    start = now();
    sign_each(n, docs);
    each = since(start, n);
    printf("sign %zu documents: libsodium %.1f us each, one by one %.1f, in batches %.2f\n"
           "  ratio %.1f to one by one, %.1f to libsodium (wanted 10)\n",
           n, peer, each, batch, each / batch, peer / batch);

    start = now();
    peer_verify(n);
    peer = since(start, n);
    start = now();
    open_all(n, docs, NULL);
    each = since(start, n);
    drop(n, docs);
    sign_batches(n, docs);
    start = now();
    open_all(n, docs, &cache);
    batch = since(start, n);
    drop(n, docs);
    free(docs);
    printf("open %zu documents: libsodium %.1f us each, one by one %.1f, in batches %.2f\n"
           "  ratio %.1f to one by one, %.1f to libsodium (wanted 10)\n",
           n, peer, each, batch, each / batch, peer / batch);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[argc - 1], NULL, 10) : 20000;

    id = fix_identity(0);
    if (argc > 2 && strcmp(argv[1], "peer-sign") == 0)
        peer_sign(n);
    else if (argc > 2 && strcmp(argv[1], "peer-verify") == 0)
        peer_verify(n);
    else
        compare(n);
    return 0;
}
