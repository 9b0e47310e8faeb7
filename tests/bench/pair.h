// SPDX-License-Identifier: MIT
// Two ends of a session in this process, for a measurement or a search: A asks, B is a whole node
// that answers. Both act for the same user, who owns B.
#ifndef TELEX_TESTS_BENCH_PAIR_H
#define TELEX_TESTS_BENCH_PAIR_H

#include "cluster/session.h"
#include "keys/identity.h"
#include "tests/bench/node.h"

enum { PAIR_FILES = 8, PAIR_FILE_BYTES = 1024 };

struct pair {
    struct node n;
    struct plat_file file;
    struct pair_file {
        char name[32];
        char bytes[PAIR_FILE_BYTES];
        size_t len;
    } files[PAIR_FILES];
    struct identity own_a, own_b;
    struct replies replies_a, replies_b;
    struct session a, b;
    uint8_t session;
};

static struct pair_file *pair_file(void *ctx, const char *name)
{
    struct pair *p = ctx;

    for (int i = 0; i < PAIR_FILES; i++)
        if (!strcmp(p->files[i].name, name))
            return &p->files[i];
    return NULL;
}

static bool pair_has(void *ctx, const char *name)
{
    return pair_file(ctx, name) != NULL;
}

static enum err pair_load(void *ctx, const char *name, struct arena *a, struct span *out)
{
    struct pair_file *f = pair_file(ctx, name);
    char *copy = f ? arena_copy(a, f->bytes, f->len) : NULL;

    if (!f)
        return ERR_NOT_FOUND;
    *out = (struct span){copy, f->len};
    return copy ? ERR_OK : ERR_NO_MEMORY;
}

static enum err pair_make(void *ctx, const char *name, struct span bytes)
{
    struct pair_file *f = pair_file(ctx, "");

    if (!f || bytes.len > sizeof f->bytes)
        return ERR_NO_SPACE;
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    memcpy(f->bytes, bytes.at, bytes.len);
    f->len = bytes.len;
    return ERR_OK;
}

static void pair_must(enum err e, const char *what)
{
    if (!e)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, err_word(e));
    exit(2);
}

static struct session_conf pair_conf(struct pair *p, bool of_b)
{
    struct session_conf c = {
        .kernel = p->n.k,
        .plat = &p->n.port.plat,
        .own = of_b ? &p->own_b : &p->own_a,
        .peer = of_b ? &p->own_a.cert : &p->own_b.cert,
        .replies = of_b ? &p->replies_b : &p->replies_a,
        .peer_ms = TIME_UNKNOWN,
    };

    memset(c.id, p->session, sizeof c.id);
    memset(c.cluster, 0xC1, sizeof c.cluster);
    memcpy(c.peer_epoch, of_b ? p->replies_a.epoch : p->replies_b.epoch, sizeof c.peer_epoch);
    return c;
}

/** A session of which nothing was heard before. */
static inline void pair_connect(struct pair *p)
{
    struct session_conf a, b;

    p->session++;
    a = pair_conf(p, false);
    b = pair_conf(p, true);
    pair_must(session_init(&p->a, &a, NULL), "session of A");
    pair_must(session_init(&p->b, &b, NULL), "session of B");
}

static inline void pair_cut(struct pair *p)
{
    session_fini(&p->a, NULL);
    session_fini(&p->b, NULL);
}

/** @p: all zero, and static: it is large */
static inline void pair_init(struct pair *p)
{
    const uint8_t epoch_a[16] = {1}, epoch_b[16] = {2};
    struct key_files files = {p, pair_has, pair_load, pair_make};
    struct key_random random;
    const struct identity *id;
    struct sign_key user;
    struct cert c;

    node_init(&p->n, 0);
    p->file = (struct plat_file){.ctx = p, .has = pair_has, .load = pair_load, .make = pair_make};
    p->n.port.plat.file = &p->file;
    pair_must(kernel_identity(p->n.k, NULL, &id), "identity of B");
    p->own_b = *id;
    random = (struct key_random){p->n.port.plat.ctx, p->n.port.plat.random};
    pair_must(identity_make(&p->n.port.mem, NULL, &random, &p->own_a, NULL), "identity of A");
    pair_must(identity_user(&p->n.port.mem, &files, &user, NULL), "key of the user");
    c = p->own_a.cert;
    cert_make(&user, &c, p->own_a.cert_bytes, &p->own_a.cert_n);
    p->own_a.cert = c;
    replies_init(&p->replies_a, &p->n.port.mem, epoch_a);
    replies_init(&p->replies_b, &p->n.port.mem, epoch_b);
    pair_connect(p);
}

#endif
