// SPDX-License-Identifier: MIT
// A message laid open: all its fields, and the exact bytes that were signed.
#include "msgs/hash.h"
#include "msgs/message.h"

enum {
    DUMP_TTL_MS = 30000,
    DUMP_FIELDS = 20,
};

// What the units of the dump point to, in one piece of the arena.
struct dump {
    struct msg msg;
    char service[UNIT_SERVICE_MAX_BYTES];
    uint8_t hash[32], proof[CERT_MAX_BYTES];
    struct unit to[2], items[2 * DUMP_FIELDS];
    size_t n;
    enum err e; // the first one
};

static void add(struct dump *d, const char *key, struct unit value)
{
    d->items[d->n++] = unit_word(key);
    d->items[d->n++] = value;
}

static struct unit bytes_unit(struct dump *d, const void *bytes, size_t n)
{
    struct unit u = unit_none();

    if (d->e == ERR_OK)
        d->e = unit_bytes((struct span){bytes, n}, &u);
    return u;
}

static void add_bytes(struct dump *d, const char *key, const void *bytes, size_t n)
{
    add(d, key, bytes_unit(d, bytes, n));
}

// The fields of the record; there is no cluster, session and req.
static void add_record(struct dump *d)
{
    const struct msg *m = &d->msg;
    struct unit to = unit_none();

    d->to[0] = unit_none();
    if (d->e == ERR_OK)
        d->e = unit_str(m->service, &d->to[0]);
    d->to[1] = bytes_unit(d, m->to, sizeof m->to);
    if (d->e == ERR_OK)
        d->e = unit_pair(d->to, &to);
    add(d, "v", unit_int(1));
    add(d, "cluster", unit_none());
    add_bytes(d, "ath", m->ath, sizeof m->ath);
    add_bytes(d, "cert", m->cert, sizeof m->cert);
    add_bytes(d, "from", m->from, sizeof m->from);
    add(d, "to", to);
    add(d, "session", unit_none());
    add(d, "ctr", unit_int(m->ctr));
    add(d, "req", unit_none());
    add(d, "ttl", unit_int(m->ttl_ms));
    add(d, "hops", unit_int(m->hops));
    add(d, "trace", unit_bool(m->trace));
}

enum err msg_dump(struct arena *a, const struct identity *id, struct span service,
                  const struct unit *body, int64_t time_ms, struct unit *out, struct fail *f)
{
    struct dump *d = arena_new(a, sizeof *d);
    struct span bytes;
    enum err e;

    if (!d)
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the message");
    if (body->flags & UNIT_HIDDEN)
        return fail_set(f, ERR_BAD_ARG, FAIL_NO_POS, NULL, "the message holds a secret");
    *d = (struct dump){.msg = {.ttl_ms = DUMP_TTL_MS, .body = *body}};
    d->msg.service = (struct span){d->service, service.len};
    memcpy(d->service, service.at, service.len); // a valid name, so it has room
    memcpy(d->msg.to, id->node.public, sizeof d->msg.to);
    memcpy(d->proof, id->cert_bytes, id->cert_n);
    e = msg_sign(a, id, &d->msg, &bytes, f);
    if (e)
        return e;
    d->e = unit_hash(a->mem, body, d->hash);
    add_record(d);
    add_bytes(d, "id", d->msg.id, sizeof d->msg.id);
    add(d, "time", time_ms == TIME_UNKNOWN ? unit_none() : unit_int(time_ms));
    add(d, "size", unit_int((int64_t)(bytes.len - MSG_RECORD_AT)));
    add(d, "msg", *body);
    add_bytes(d, "hash", d->hash, sizeof d->hash);
    add_bytes(d, "sign", bytes.at, SIGN_BYTES);
    add_bytes(d, "bytes", bytes.at + MSG_RECORD_AT, bytes.len - MSG_RECORD_AT);
    add_bytes(d, "proof", d->proof, id->cert_n);
    e = d->e;
    if (e == ERR_OK)
        e = unit_map(a, d->items, d->n / 2, NULL, out);
    if (e)
        return fail_set(f, e, FAIL_NO_POS, NULL, "%s", err_text(e));
    return ERR_OK;
}
