// SPDX-License-Identifier: MIT
// sys.usr: what users write: documents that prove it, and units that one user alone can open.
#include "msgs/document.h"
#include "services/usr_job.h"
#include "units/cbor.h"

// ---- Documents

static int64_t time_ms(const struct call *c)
{
    int64_t ns;

    return c->plat->utc_ns && !c->plat->utc_ns(c->plat->ctx, &ns) ? ns / 1000000 : TIME_UNKNOWN;
}

// What signs beside the main loop: a copy, since its owner may log out meanwhile.
struct signer {
    struct identity id;
    int64_t time_ms;
};

enum err usr_run_sign(struct call *c)
{
    struct signer *s = c->own;
    const struct identity *id;
    struct span doc;
    enum err e;

    if (!s) {
        e = call_identity(c, &id);
        if (e)
            return e;
        s = arena_new(c->arena, sizeof *s);
        if (!s)
            return usr_no_memory(c);
        c->arena->wipe = true;
        s->id = *id;
        s->time_ms = time_ms(c);
        c->own = s;
        if (c->arg->bytes > USR_ASIDE_BYTES)
            return call_aside(c);
    }
    e = doc_sign(c->arena, &s->id, s->time_ms, c->arg, &doc, c->fail);
    identity_fini(&s->id);
    return e ? e : unit_bytes(doc, &c->value);
}

enum err usr_run_check(struct call *c)
{
    struct unit items[8] = {unit_word("ath"),  unit_none(), unit_word("node"), unit_none(),
                            unit_word("time"), unit_none(), unit_word("msg")};
    struct doc doc;
    enum err e = doc_open(c->arena, unit_span(c->arg), &doc, c->fail);

    if (!e)
        e = usr_key_unit(c, false, doc.cert.user, &items[1]);
    if (!e)
        e = usr_key_unit(c, true, doc.cert.node, &items[3]);
    if (!e)
        e = usr_time_unit(c, doc.time_ms, &items[5]);
    if (e)
        return e;
    items[7] = doc.body;
    return unit_build(c->arena, UNIT_MAP, items, 8, NULL, &c->value);
}

uint64_t usr_check_effort(const struct call *c)
{
    return c->arg ? 200000 + (uint64_t)c->arg->bytes * 20 : 0; // two signatures, and the unit
}

// ---- Sealed units

// To whom, and random bytes for the key that is used once.
struct sealer {
    uint8_t to[32], seed[32];
};

static enum err begin_seal(struct call *c, struct sealer *s)
{
    enum err e;

    if (!c->opt[USR_SEAL_TO])
        return usr_bad(c, "to:USER is missing: who may open it");
    e = usr_id(c, c->opt[USR_SEAL_TO], s->to);
    if (!e && c->plat->random(c->plat->ctx, s->seed, sizeof s->seed))
        e = fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS, NULL,
                     "this machine has no random bytes fit for keys");
    return e;
}

static enum err seal(struct call *c, const struct sealer *s)
{
    struct span plain;
    uint8_t *box;

    if (unit_encode_new(c->scratch, c->arg, &plain))
        return usr_no_memory(c);
    box = arena_new(c->arena, plain.len + SEAL_BYTES);
    if (!box)
        return usr_no_memory(c);
    if (seal_make(s->to, s->seed, plain, box))
        return usr_bad(c, "to that key nothing can be sealed");
    return unit_bytes((struct span){(const char *)box, plain.len + SEAL_BYTES}, &c->value);
}

enum err usr_run_seal(struct call *c)
{
    struct sealer *s = c->own;
    enum err e;

    if (!s) {
        s = arena_new(c->arena, sizeof *s);
        if (!s)
            return usr_no_memory(c);
        c->arena->wipe = true;
        e = begin_seal(c, s);
        if (e)
            return e;
        c->own = s;
        if (c->arg->bytes > USR_ASIDE_BYTES)
            return call_aside(c);
    }
    e = seal(c, s);
    mem_wipe(s, sizeof *s);
    return e;
}

static enum err begin_open(struct call *c, struct usr_job *j)
{
    j->beside = c->arg->n > USR_ASIDE_BYTES;
    return usr_take_own_key(c, j, c->opt[USR_OPEN_PASS]);
}

static enum err work_open(struct call *c, struct usr_job *j)
{
    struct span box = unit_span(c->arg);
    uint8_t *plain;
    size_t n = box.len > SEAL_BYTES ? box.len - SEAL_BYTES : 0;
    enum err e = usr_work_key(c, j);

    if (e)
        return e;
    plain = arena_new(c->scratch, n);
    if (!plain)
        return usr_no_memory(c);
    if (!n || seal_open(&j->key, box, plain))
        return usr_denied(c, NULL, "this was not sealed to you, or it is damaged");
    return unit_decode(c->arena, (struct span){(const char *)plain, n}, &c->value, c->fail);
}

static enum err end_open(struct call *c, struct usr_job *j)
{
    (void)c;
    (void)j;
    return ERR_OK; // the value is there
}

enum err usr_run_open(struct call *c)
{
    return usr_three_parts(c, begin_open, work_open, end_open);
}
