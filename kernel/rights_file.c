// SPDX-License-Identifier: MIT
// The file of grants: signed documents one behind the other, and a check.
//
//   {v:1 file:node.rights docs:[%`document` ..]}   BLAKE2b-256 of that
//
// A document says {grant:{to may ..}}, {revoke:%`id`} or {own:(service %`user`)}. All are verified
// when they are read, as they would be from anywhere else. A file that is not as it should be gives
// nobody anything: what was taken back may be missing in it.
#include "keys/identity.h"
#include "keys/pack.h"
#include "msgs/document.h"

#include "kernel/internal.h"

enum { VERSION = 1, DOC_BYTES_MAX = 8 << 10, FILE_BYTES_MAX = 8 << 20 };

static const char restore[] = "put it back from a backup, or take it away: then nothing is granted";

// ---- Writing

static void pack_docs(struct pack *p, const struct kernel *k)
{
    const struct rights *r = &k->rights;
    size_t n = r->grants_n;

    for (const struct note *d = r->notes; d; d = d->next)
        n++;
    pack_map(p, 3);
    pack_int(p, "v", VERSION);
    pack_text(p, "file", span_of(RIGHTS_FILE));
    pack_list(p, "docs", n);
    for (const struct grant *g = r->grants; g; g = g->next)
        pack_bytes(p, NULL, g->doc.at, g->doc.len);
    for (const struct note *d = r->notes; d; d = d->next)
        pack_bytes(p, NULL, d->doc.at, d->doc.len);
}

enum err rights_save(struct kernel *k, struct fail *f)
{
    const struct plat_file *file = k->plat->file;
    struct pack p = {NULL, 0};
    struct arena a;
    uint8_t *at;
    enum err e;

    if (!file)
        return ERR_OK; // the machine keeps nothing: it holds until the node ends
    pack_docs(&p, k);
    arena_init(&a, k->plat->mem, FILE_BYTES_MAX);
    at = arena_new(&a, p.n + HASH_BYTES);
    if (!at) {
        arena_fini(&a);
        return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory to write the grants");
    }
    p = (struct pack){at, 0};
    pack_docs(&p, k);
    hash_of((struct span){(const char *)at, p.n}, at + p.n);
    e = file->save(file->ctx, RIGHTS_FILE, (struct span){(const char *)at, p.n + HASH_BYTES});
    arena_fini(&a);
    if (!e && file->stamp)
        k->rights.stamp = file->stamp(file->ctx, RIGHTS_FILE);
    return e ? fail_set(f, e, FAIL_NO_POS, NULL, "%s: %s", RIGHTS_FILE, err_text(e)) : ERR_OK;
}

// ---- Reading

static enum err no_memory(struct fail *f)
{
    return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the grants");
}

static enum err take_grant(struct kernel *k, const struct doc *d, const struct unit *u,
                           struct span bytes, struct fail *f)
{
    struct grant *g;
    enum err e = grant_new(k, u, d->cert.user, NULL, &g, f);

    if (e)
        return e;
    if (k->rights.grants_n == GRANTS_MAX || grant_doc(g, bytes)) {
        grant_free(g);
        return no_memory(f);
    }
    rights_add(k, g);
    return ERR_OK;
}

static enum err take_note(struct kernel *k, const struct doc *d, struct span word,
                          const struct unit *u, struct span bytes, struct fail *f)
{
    const uint8_t *node = k->identity->cert.user;
    struct route *r;
    struct note *n;

    if (span_eq(word, SPAN("revoke")) && u->kind == UNIT_BYTES && u->n == 32) {
        n = note_new(k, bytes, (struct span){NULL, 0}, (const uint8_t *)u->s, d->cert.user);
    } else if (span_eq(word, SPAN("own")) && u->kind == UNIT_PAIR && u->items[0].kind == UNIT_STR &&
               memcmp(d->cert.user, node, 32) == 0 &&
               (u->items[1].kind == UNIT_NONE ||
                (u->items[1].kind == UNIT_BYTES && u->items[1].n == 32))) {
        n = note_new(k, bytes, unit_span(&u->items[0]), NULL, NULL);
        r = (struct route *)route_find(k, unit_span(&u->items[0]));
        if (r && n && !rights_fixed(r)) {
            r->given = u->items[1].kind == UNIT_BYTES;
            if (r->given)
                memcpy(r->user, u->items[1].s, sizeof r->user);
        }
    } else {
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, restore, "%s holds what is no grant",
                        RIGHTS_FILE);
    }
    if (!n)
        return no_memory(f);
    rights_note(k, n);
    return ERR_OK;
}

static enum err take(struct kernel *k, struct span bytes, struct fail *f)
{
    struct arena a;
    struct doc d;
    enum err e;

    arena_init(&a, k->plat->mem, FILE_BYTES_MAX);
    a.chunk_bytes = DOC_BYTES_MAX;
    e = doc_open(&a, bytes, &d, f);
    if (!e && (d.body.kind != UNIT_MAP || d.body.n != 1 || d.body.items[0].kind != UNIT_STR))
        e = fail_set(f, ERR_CORRUPT, FAIL_NO_POS, restore, "%s holds what is no grant",
                     RIGHTS_FILE);
    if (!e && unit_is_text(&d.body.items[0], SPAN("grant")))
        e = take_grant(k, &d, &d.body.items[1], bytes, f);
    else if (!e)
        e = take_note(k, &d, unit_span(&d.body.items[0]), &d.body.items[1], bytes, f);
    arena_fini(&a);
    return e;
}

static enum err read_file(struct kernel *k, struct arena *a, struct fail *f)
{
    const struct plat_file *file = k->plat->file;
    uint8_t check[HASH_BYTES];
    struct span bytes;
    struct unpack p;
    size_t n;
    enum err e = file->load(file->ctx, RIGHTS_FILE, a, &bytes);

    if (e == ERR_DENIED)
        return fail_set(f, e, FAIL_NO_POS, "on Linux, chmod 600, as the user that it belongs to",
                        "%s is not for you alone, so it cannot be trusted", RIGHTS_FILE);
    if (e)
        return fail_set(f, e, FAIL_NO_POS, NULL, "%s: %s", RIGHTS_FILE, err_text(e));
    if (bytes.len < HASH_BYTES)
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, restore, "%s is cut off", RIGHTS_FILE);
    bytes.len -= HASH_BYTES;
    hash_of(bytes, check);
    if (memcmp(check, bytes.at + bytes.len, sizeof check) != 0)
        return fail_set(f, ERR_CORRUPT, FAIL_NO_POS, restore,
                        "%s is damaged: its check does not hold", RIGHTS_FILE);
    p = unpack_start(bytes, 0, RIGHTS_FILE, f);
    unpack_map(&p, 3);
    (void)unpack_int(&p, "v", VERSION, VERSION); // can be nothing else
    if (!span_eq(unpack_text(&p, "file", 64), span_of(RIGHTS_FILE)))
        unpack_bad(&p, ERR_CORRUPT, "file", "this is another file");
    n = unpack_list(&p, "docs", GRANTS_MAX + REVOKED_KEPT + KERNEL_SERVICES_MAX + 1);
    for (size_t i = 0; i < n && !e && !p.e; i++) {
        struct span doc = unpack_span(&p, NULL, DOC_BYTES_MAX);

        if (!p.e)
            e = take(k, doc, f);
    }
    return e ? e : unpack_end(&p);
}

static void forget(struct kernel *k)
{
    rights_fini(k);
    for (size_t i = 0; i < k->routes_n; i++)
        k->routes[i].given = false;
}

enum err rights_load(struct kernel *k, struct fail *f)
{
    const struct identity *own;
    struct arena a;
    const struct plat_file *file = k->plat->file;
    enum err e = kernel_identity(k, f, &own);

    k->rights.bad.code = ERR_OK;
    // Before it is read: what is written meanwhile is seen at the next look.
    k->rights.stamp = file->stamp ? file->stamp(file->ctx, RIGHTS_FILE) : 0;
    arena_init(&a, k->plat->mem, FILE_BYTES_MAX);
    if (!e)
        e = read_file(k, &a, f);
    arena_fini(&a);
    if (e) {
        k->rights.bad = *f;
        k->rights.bad.code = e;
        if (e != ERR_CORRUPT && e != ERR_DENIED && e != ERR_NOT_SUPPORTED && e != ERR_TOO_BIG)
            k->rights.stamp = STAMP_UNKNOWN; // it may be better at the next look
        forget(k); // what stood before the damage holds no more than what stands behind it
    } else {
        rights_settle(k);
    }
    rights_quotas(k);
    return e;
}

enum { LOOK_NS = 1000000 };

void rights_look(struct kernel *k, bool now)
{
    const struct plat_file *file = k->plat->file;
    struct fail ignored;
    uint64_t at, stamp;

    if (!file || !file->stamp)
        return;
    at = k->plat->now_ns(k->plat->ctx);
    if (!now && at < k->rights.look_ns)
        return;
    k->rights.look_ns = at + LOOK_NS;
    stamp = file->stamp(file->ctx, RIGHTS_FILE);
    if (stamp == k->rights.stamp && stamp != STAMP_UNKNOWN)
        return;
    forget(k);
    if (stamp) { // what cannot be told cannot be read either
        (void)rights_load(k, &ignored);
        return;
    }
    k->rights.stamp = 0; // taken away: nothing is granted
    k->rights.bad.code = ERR_OK;
    rights_quotas(k);
}

enum err kernel_rights(struct kernel *k, struct fail *f)
{
    const struct fail *bad = &k->rights.bad;

    if (!bad->code)
        return ERR_OK;
    return fail_set(f, bad->code, FAIL_NO_POS, bad->hint ? bad->hint : restore, "%s", bad->why);
}
