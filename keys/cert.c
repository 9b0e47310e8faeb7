// SPDX-License-Identifier: MIT
// Making and checking certificates.
#include "keys/cert.h"

#include "keys/pack.h"

static const char domain[] = "telex-cert-v1"; // with its 00
static const struct {
    enum cert_role role;
    const char *word;
} roles[] = {{CERT_SIGN, "sign"}, {CERT_ADMIN, "admin"}};

enum { VERSION = 1, FIELDS = 8 };

static void pack_cert(struct pack *p, const struct cert *c)
{
    size_t n = 0;

    for (size_t i = 0; i < COUNT(roles); i++)
        n += (c->roles & roles[i].role) != 0;
    pack_map(p, FIELDS);
    pack_int(p, "v", VERSION);
    pack_bytes(p, "user", c->user, sizeof c->user);
    pack_bytes(p, "node", c->node, sizeof c->node);
    pack_bytes(p, "box", c->box, sizeof c->box);
    pack_list(p, "roles", n);
    for (size_t i = 0; i < COUNT(roles); i++)
        if (c->roles & roles[i].role)
            pack_text(p, NULL, span_of(roles[i].word));
    if (c->from_ms == TIME_UNKNOWN)
        pack_none(p, "from");
    else
        pack_int(p, "from", c->from_ms);
    if (c->till_ms == TIME_NEVER)
        pack_none(p, "till");
    else
        pack_int(p, "till", c->till_ms);
    pack_int(p, "serial", c->serial);
}

void cert_make(const struct sign_key *user, struct cert *c, uint8_t out[CERT_MAX_BYTES], size_t *n)
{
    uint8_t *signed_part = out + SIGN_BYTES;
    struct pack p = {signed_part + sizeof domain, 0};
    struct span bytes;

    memcpy(c->user, user->public, sizeof c->user);
    memcpy(signed_part, domain, sizeof domain);
    pack_cert(&p, c);
    bytes = (struct span){(const char *)signed_part, sizeof domain + p.n};
    sign_make(user, bytes, out);
    *n = SIGN_BYTES + bytes.len;
    hash_of((struct span){(const char *)out, *n}, c->hash);
}

// Each word at most once, in the order of the table.
static unsigned unpack_roles(struct unpack *p)
{
    size_t n = unpack_list(p, "roles", COUNT(roles)), next = 0;
    unsigned all = 0;

    for (size_t i = 0; i < n; i++) {
        struct span word = unpack_text(p, NULL, 16);

        while (next < COUNT(roles) && !span_eq(word, span_of(roles[next].word)))
            next++;
        if (next == COUNT(roles)) {
            unpack_bad(p, ERR_SYNTAX, "roles", "an unknown role, or out of order");
            return 0;
        }
        all |= roles[next++].role;
    }
    return all;
}

enum err cert_open(struct span bytes, struct cert *out, struct fail *f)
{
    const size_t head = SIGN_BYTES + sizeof domain;
    struct unpack p;
    struct cert c;

    if (bytes.len < head || memcmp(bytes.at + SIGN_BYTES, domain, sizeof domain) != 0)
        return fail_set(f, ERR_SYNTAX, 0, NULL, "not a certificate");
    p = unpack_start((struct span){bytes.at + head, bytes.len - head}, head, "certificate", f);
    unpack_map(&p, FIELDS);
    (void)unpack_int(&p, "v", VERSION, VERSION); // can be nothing else
    unpack_bytes(&p, "user", c.user, sizeof c.user);
    unpack_bytes(&p, "node", c.node, sizeof c.node);
    unpack_bytes(&p, "box", c.box, sizeof c.box);
    c.roles = unpack_roles(&p);
    c.from_ms = unpack_int_or_none(&p, "from", TIME_UNKNOWN);
    c.till_ms = unpack_int_or_none(&p, "till", TIME_NEVER);
    if (c.from_ms > c.till_ms)
        unpack_bad(&p, ERR_SYNTAX, "till", "before its begin");
    c.serial = unpack_int(&p, "serial", 0, INT64_MAX);
    if (unpack_end(&p))
        return p.e;
    if (!sign_check((const uint8_t *)bytes.at, c.user,
                    (struct span){bytes.at + SIGN_BYTES, bytes.len - SIGN_BYTES}))
        return fail_set(f, ERR_BAD_SIGN, 0, NULL,
                        "the certificate is not signed by the user that it names");
    hash_of(bytes, c.hash);
    *out = c;
    return ERR_OK;
}

enum err cert_covers(const struct cert *c, int64_t ms, struct fail *f)
{
    if (c->from_ms == TIME_UNKNOWN && c->till_ms == TIME_NEVER)
        return ERR_OK;
    if (ms == TIME_UNKNOWN)
        return fail_set(f, ERR_CLOCK, FAIL_NO_POS, "set the clock",
                        "the certificate has dates and the time is unknown");
    if (ms < c->from_ms)
        return fail_set(f, ERR_EXPIRED, FAIL_NO_POS, NULL, "the certificate holds only later");
    if (ms > c->till_ms)
        return fail_set(f, ERR_EXPIRED, FAIL_NO_POS, "ask the user for a new certificate",
                        "the certificate held only until before");
    return ERR_OK;
}
