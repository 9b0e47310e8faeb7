// SPDX-License-Identifier: MIT
// Fuzzes what opens signed things. The first byte of the input says how the rest is used:
//
//   0 doc  1 message  2 certificate       as it stands
//   3 doc  4 message  5 certificate       pairs (place, xor) that change a true one
//   6 doc  7 message  8 certificate       a record, truly signed by the node or the user
//   9 user.key  10 node.key  11 node.cert a file as it stands
//   12 .. 14                              a file with its check made right
//   15 doc of a batch                     pairs that change a true one; as it stands: 0
//   16                                    a record in a batch, truly signed by the node
//
// What is accepted is exactly what Telex writes: signed again, it gives the same bytes.
#include "keys/identity.h"
#include "msgs/document.h"
#include "msgs/message.h"
#include "tests/check/keys_fix.h"
#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX_BYTES = 4096 };

static struct identity id;
static struct sign_key user;
enum { DOC, MESSAGE, CERT, BATCHED };

static struct span true_ones[4];
static struct doc_cache seen; // that has seen the true ones
static struct fix_files true_files;
static struct arena kept;

static void must(bool ok)
{
    if (!ok)
        abort();
}

static struct msg_expect expect(void)
{
    struct msg_expect x = {&id.cert, .ctr_max = INT64_MAX, .now_ms = 5};

    memset(x.cluster, 0xC1, sizeof x.cluster);
    memset(x.node, 0x77, sizeof x.node);
    memset(x.session, 0x5E, sizeof x.session);
    return x;
}

// A document around a text that is signed as the second of three. From malloc.
static struct span batched(struct arena *a, struct span text)
{
    static const uint8_t seed[BATCH_SEED_BYTES] = {5};
    size_t front = 11 + id.cert_n, n = front + batch_proof_bytes(1, 3) + text.len;
    uint8_t *bytes = malloc(n);
    struct batch b;

    must(batch_init(&b, a, 3) == ERR_OK);
    batch_start(&b, seed);
    batch_add(&b, SPAN("a"));
    batch_add(&b, text);
    batch_add(&b, SPAN("b"));
    batch_sign(&b, &id.node);
    memcpy(bytes, true_ones[DOC].at, front);
    bytes[7] = 0xF6;
    memcpy(batch_proof_put(&b, 1, bytes + front), text.at, text.len);
    return (struct span){(char *)bytes, n};
}

static void start(void)
{
    struct span text;
    struct doc doc;
    struct unit body;
    struct msg m = {.service = SPAN("math.calc"), .ctr = 1000, .ttl_ms = 30000, .hops = 4};
    struct msg_expect x = expect();
    struct fix_random r;
    struct identity same;
    uint8_t seed[32];

    if (kept.mem)
        return;
    arena_init(&kept, &laws_mem, (size_t)1 << 20);
    id = fix_identity(0);
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    sign_key_init(&user, seed);
    must(memcmp(user.public, id.cert.user, 32) == 0);
    must(unit_parse(&kept, SPAN("{say:[(neg 5)@math.calc @a.b 2.5 %`AAEC` -] nl:t}"), &body,
                    NULL) == ERR_OK);
    must(doc_sign(&kept, &id, 1700000000000, &body, &true_ones[0], NULL) == ERR_OK);
    memcpy(m.cluster, x.cluster, sizeof m.cluster);
    memcpy(m.to, x.node, sizeof m.to);
    memcpy(m.session, x.session, sizeof m.session);
    m.body = body;
    must(msg_sign(&kept, &id, &m, &true_ones[1], NULL) == ERR_OK);
    true_ones[2] = (struct span){(char *)id.cert_bytes, id.cert_n};
    text = true_ones[DOC];
    text.at += 11 + id.cert_n + 64;
    text.len -= 11 + id.cert_n + 64;
    true_ones[BATCHED] = batched(&kept, text); // for ever
    must(doc_open_again(&seen, &kept, true_ones[DOC], &doc, NULL) == ERR_OK);
    must(doc_open_again(&seen, &kept, true_ones[BATCHED], &doc, NULL) == ERR_OK);
    fix_files_init(&true_files);
    fix_random_init(&r, 0);
    must(identity_make(&laws_mem, &true_files.files, &r.random, &same, NULL) == ERR_OK);
}

// Is it accepted? Then it must be what we write ourselves.
static bool open_one(struct arena *a, unsigned kind, struct span bytes)
{
    struct msg_expect x = expect();
    struct fail f = {.pos = FAIL_NO_POS};
    struct span again = {NULL, 0};
    struct doc doc, same;
    struct msg m;
    struct cert c;
    uint8_t out[CERT_MAX_BYTES];
    enum err e;

    if (kind == DOC || kind == BATCHED) {
        e = doc_open(a, bytes, &doc, &f);
        must(doc_open_again(&seen, a, bytes, &same, NULL) == e);
        if (e == ERR_OK)
            must(doc_sign(a, &id, doc.time_ms, &doc.body, &again, NULL) == ERR_OK &&
                 unit_same(&doc.body, &same.body));
        if (e == ERR_OK && bytes.at[7] == (char)0xF6) { // its proof cannot be made again
            size_t n = again.len - 11 - id.cert_n - 64;

            must(bytes.len > again.len &&
                 memcmp(bytes.at + bytes.len - n, again.at + again.len - n, n) == 0);
            again = bytes;
        }
    } else if (kind == 1) {
        e = msg_open(a, bytes, &x, &m, &f);
        if (e == ERR_OK)
            must(msg_sign(a, &id, &m, &again, NULL) == ERR_OK);
    } else {
        e = cert_open(bytes, &c, &f);
        if (e == ERR_OK) {
            must(bytes.len <= sizeof out);
            cert_make(&user, &c, out, &again.len);
            again.at = (char *)out;
        }
    }
    must(e == ERR_OK ? span_eq(again, bytes)
                     : f.code == e && (f.pos == FAIL_NO_POS || f.pos <= bytes.len));
    return e == ERR_OK;
}

static void changed(struct arena *a, unsigned kind, struct span how)
{
    struct span one = true_ones[kind];
    uint8_t *copy = malloc(one.len);

    memcpy(copy, one.at, one.len);
    for (size_t i = 0; i + 3 <= how.len; i += 3) {
        const uint8_t *p = (const uint8_t *)how.at + i;

        copy[(p[0] << 8 | p[1]) % one.len] ^= p[2];
    }
    must(open_one(a, kind, (struct span){(char *)copy, one.len}) ==
         (memcmp(copy, one.at, one.len) == 0));
    free(copy);
}

static void signed_record(struct arena *a, unsigned kind, struct span record)
{
    static const char *const domains[] = {"telex-doc-v1", "telex-msg-v1", "telex-cert-v1"};
    size_t domain = strlen(domains[kind]) + 1;
    size_t sign_at = kind == 0 ? 11 + id.cert_n : 0, n = sign_at + 64 + domain + record.len;
    char *bytes = malloc(n);

    memcpy(bytes, true_ones[0].at, sign_at);
    memcpy(bytes + sign_at + 64, domains[kind], domain);
    if (record.len)
        memcpy(bytes + n - record.len, record.at, record.len);
    sign_make(kind == 2 ? &user : &id.node,
              (struct span){bytes + sign_at + 64, domain + record.len}, (uint8_t *)bytes + sign_at);
    (void)open_one(a, kind, (struct span){bytes, n}); // either is right
    free(bytes);
}

static void batched_record(struct arena *a, struct span record)
{
    char *text = malloc(13 + record.len);
    struct span bytes;

    memcpy(text, "telex-doc-v1", 13);
    if (record.len)
        memcpy(text + 13, record.at, record.len);
    bytes = batched(a, (struct span){text, 13 + record.len});
    (void)open_one(a, BATCHED, bytes); // either is right
    free((char *)(uintptr_t)bytes.at);
    free(text);
}

static void file(unsigned kind, struct span bytes, bool right)
{
    struct fix_files x = true_files;
    struct fix_file *one = &x.file[kind], before = *one;
    struct identity got;
    struct sign_key key;
    enum err e;

    x.files.ctx = &x;
    if (bytes.len > FIX_FILE_BYTES - (right ? 32 : 0))
        return;
    memset(one->bytes, 0, sizeof one->bytes);
    if (bytes.len)
        memcpy(one->bytes, bytes.at, bytes.len);
    one->n = bytes.len;
    if (right) {
        hash_of(bytes, one->bytes + one->n);
        one->n += 32;
    }
    e = kind == 0 ? identity_user(&laws_mem, &x.files, &key, NULL)
                  : identity_load(&laws_mem, &x.files, &got, NULL);
    // A user's key may be locked, or want more than is allowed to be opened.
    must(e == ERR_OK || e == ERR_CORRUPT || e == ERR_NOT_SUPPORTED ||
         (kind == 0 && (e == ERR_DENIED || e == ERR_LIMIT)));
    // Another seed makes another user. The node's keys are tied to the certificate; X25519 ignores
    // five bits of a secret.
    if (e == ERR_OK && kind == 1)
        must(memcmp(got.node.seed, id.node.seed, sizeof id.node.seed) == 0);
    if (e == ERR_OK && kind == 2)
        must(one->n == before.n && memcmp(one->bytes, before.bytes, one->n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest;
    struct arena a;

    if (size == 0 || size > INPUT_MAX_BYTES)
        return 0;
    start();
    arena_init(&a, &laws_mem, (size_t)64 << 20);
    rest = (struct span){(const char *)data + 1, size - 1};
    if (data[0] < 3)
        (void)open_one(&a, data[0], rest); // either is right
    else if (data[0] < 6)
        changed(&a, data[0] - 3, rest);
    else if (data[0] < 9)
        signed_record(&a, data[0] - 6, rest);
    else if (data[0] < 15)
        file((data[0] - 9) % 3, rest, data[0] >= 12);
    else if (data[0] == 15)
        changed(&a, BATCHED, rest);
    else if (data[0] == 16)
        batched_record(&a, rest);
    arena_fini(&a);
    return 0;
}
