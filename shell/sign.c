// SPDX-License-Identifier: MIT
// --sign: units become documents, those that are there together with one signature.
#include "shell/shell.h"

enum { MEMORY_BYTES = 1 << 20 }; // doc_batch_init takes less

static enum err show(struct session *s, struct span bytes)
{
    struct unit doc;
    enum err e = unit_bytes(bytes, &doc);

    if (!e)
        session_show(s, &doc);
    return e;
}

void sign_flush(struct session *s)
{
    struct doc_batch *b = &s->signing.batch;
    size_t n = b->tree.n;

    if (!n)
        return;
    doc_batch_sign(b);
    for (size_t i = 0; i < n; i++)
        (void)show(s, doc_batch_get(b, i)); // far from too long
    b->tree.n = 0;
}

static bool start(struct session *s, const struct identity *id)
{
    const struct plat *plat = s->program->plat;
    struct signing *x = &s->signing;
    uint8_t seed[BATCH_SEED_BYTES];

    if (!x->arena.mem)
        arena_init(&x->arena, plat->mem, MEMORY_BYTES);
    if (!x->ready)
        x->ready = !doc_batch_init(&x->batch, &x->arena);
    if (!x->ready || plat->random(plat->ctx, seed, sizeof seed))
        return false;
    doc_batch_start(&x->batch, id, seed);
    mem_wipe(seed, sizeof seed);
    return true;
}

// Is there a batch with room for this unit? Without memory or random bytes there is none.
static bool may_wait(struct session *s, const struct identity *id, const struct unit *u)
{
    struct doc_batch *b = &s->signing.batch;

    if (s->prompted) // a person waits for it
        return false;
    if (b->tree.n && !doc_batch_fits(b, u))
        sign_flush(s);
    return (b->tree.n || start(s, id)) && doc_batch_fits(b, u);
}

enum err sign_unit(struct session *s, struct arena *a, const struct unit *u, struct fail *f)
{
    struct kernel *k = s->program->kernel;
    const struct identity *id;
    struct span bytes;
    enum err e = kernel_identity(k, f, &id);

    if (e)
        return e;
    if (may_wait(s, id, u))
        return doc_batch_add(&s->signing.batch, kernel_time_ms(k), u, f);
    e = doc_sign(a, id, kernel_time_ms(k), u, &bytes, f);
    return e ? e : show(s, bytes);
}

void sign_fini(struct session *s)
{
    if (s->signing.arena.mem)
        arena_fini(&s->signing.arena);
}
