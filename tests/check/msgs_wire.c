// SPDX-License-Identifier: MIT
// msgs/WIRE.md tells the truth: its vectors, made by another program, are what Telex writes and
// what it reads.
#include "keys/identity.h"
#include "msgs/document.h"
#include "msgs/hash.h"
#include "msgs/message.h"
#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"
#include "units/cbor.h"

static struct test_mem mem;
static struct arena arena;
static char page[64 << 10];

static void setup(void)
{
    FILE *file = fopen("msgs/WIRE.md", "rb"); // tests run in the top folder
    size_t n;

    ck_assert_msg(file, "msgs/WIRE.md is not here");
    n = fread(page, 1, sizeof page - 1, file);
    ck_assert_uint_lt(n, sizeof page - 1);
    page[n] = 0;
    fclose(file);
    test_mem_init(&mem);
    arena = test_arena(&mem);
}

static void teardown(void)
{
    arena_fini(&arena);
    test_mem_done(&mem);
}

// The lines behind ```NAME up to the closing ```, as a copy.
static char *block(const char *name)
{
    char mark[64], *start, *end, *copy;

    snprintf(mark, sizeof mark, "\n```%s\n", name);
    start = strstr(page, mark);
    ck_assert_msg(start, "WIRE.md has no block %s", name);
    start += strlen(mark);
    end = strstr(start, "```");
    ck_assert_ptr_nonnull(end);
    copy = arena_copy(&arena, start, (size_t)(end - start) + 1);
    copy[end - start] = 0;
    return copy;
}

// The bytes of a block in hex; # begins a remark.
static struct span vector(const char *name)
{
    char mark[64], *text, *to;
    uint8_t *bytes;

    snprintf(mark, sizeof mark, "hex %s", name);
    text = to = block(mark);
    bytes = arena_new(&arena, strlen(text) / 2 + 1);
    for (char *c = text; *c; c++) {
        if (*c == '#')
            c = strchr(c, '\n');
        if (*c > ' ')
            *to++ = *c;
    }
    *to = 0;
    return (struct span){(char *)bytes, fix_hex(text, bytes, strlen(text) / 2)};
}

static void expect_vector(const char *name, struct span got)
{
    struct span want = vector(name);
    size_t at = 0;

    while (at < got.len && at < want.len && got.at[at] == want.at[at])
        at++;
    ck_assert_msg(span_eq(got, want), "%s differs at byte %zu (%zu bytes, WIRE.md has %zu)", name,
                  at, got.len, want.len);
}

static struct span file_span(const struct fix_file *file)
{
    return (struct span){(const char *)file->bytes, file->n};
}

START_TEST(test_units)
{
    int rows = 0;

    for (char *line = block("units"), *end; (end = strchr(line, '\n')); line = end + 1) {
        struct unit u, back;
        struct span bytes, want;
        char *hex;

        *end = 0;
        hex = strrchr(line, ' ') + 1;
        hex[-1] = 0;
        u = test_unit(&arena, line);
        want.at = arena_new(&arena, strlen(hex));
        want.len = fix_hex(hex, (uint8_t *)want.at, strlen(hex));
        ck_assert_int_eq(unit_encode_new(&arena, &u, &bytes), ERR_OK);
        ck_assert_msg(span_eq(bytes, want), "%s is not %s", line, hex);
        ck_assert_int_eq(unit_decode(&arena, want, &back, NULL), ERR_OK);
        ck_assert(unit_same(&u, &back));
        rows++;
    }
    ck_assert_int_ge(rows, 16);
}
END_TEST

START_TEST(test_hash)
{
    struct unit u = test_unit(&arena, "{a:[1 t -]}");
    uint8_t hash[32];

    ck_assert_int_eq(unit_hash(&mem.mem, &u, hash), ERR_OK);
    expect_vector("hash", (struct span){(char *)hash, 32});
}
END_TEST

START_TEST(test_keys)
{
    struct identity id = fix_identity(0), got;
    struct fix_random r;
    struct fix_files x;
    uint8_t public[96];
    struct fail f = {0};

    memcpy(public, id.cert.user, 32);
    memcpy(public + 32, id.cert.node, 32);
    memcpy(public + 64, id.cert.box, 32);
    expect_vector("public", (struct span){(char *)public, sizeof public});
    expect_vector("cert", (struct span){(char *)id.cert_bytes, id.cert_n});

    fix_files_init(&x);
    fix_random_init(&r, 0);
    ck_assert_int_eq(identity_make(&mem.mem, &x.files, &r.random, &got, &f), ERR_OK);
    for (size_t i = 0; i < FIX_FILES; i++)
        expect_vector(x.file[i].name, file_span(&x.file[i]));
}
END_TEST

START_TEST(test_document)
{
    struct identity id = fix_identity(0);
    struct unit body = test_unit(&arena, "(neg 5)@math.calc");
    struct span bytes;
    struct doc doc;
    struct fail f = {0};

    ck_assert_int_eq(doc_sign(&arena, &id, 1700000000000, &body, &bytes, &f), ERR_OK);
    expect_vector("document", bytes);
    ck_assert_msg(doc_open(&arena, vector("document"), &doc, &f) == ERR_OK, "%s", f.why);
    ck_assert(unit_same(&doc.body, &body));
}
END_TEST

START_TEST(test_message)
{
    struct identity id = fix_identity(0), to = fix_identity(100);
    struct msg m = {.service = SPAN("math.calc"), .ctr = 1000, .ttl_ms = 30000, .hops = 4}, got;
    struct msg_expect x = {&id.cert, .ctr_min = 1000, .ctr_max = 1000, .now_ms = TIME_UNKNOWN};
    struct span bytes;
    struct fail f = {0};

    memset(m.cluster, 0xC1, sizeof m.cluster);
    memcpy(m.to, to.node.public, sizeof m.to);
    memset(m.session, 0x5E, sizeof m.session);
    memset(m.req, 0x4E, sizeof m.req);
    m.trace = true;
    m.body = test_unit(&arena, "(neg 5)");
    ck_assert_int_eq(msg_sign(&arena, &id, &m, &bytes, &f), ERR_OK);
    expect_vector("message", bytes);
    expect_vector("id", (struct span){(char *)m.id, 32});

    memcpy(x.cluster, m.cluster, sizeof x.cluster);
    memcpy(x.node, m.to, sizeof x.node);
    memcpy(x.session, m.session, sizeof x.session);
    ck_assert_msg(msg_open(&arena, vector("message"), &x, &got, &f) == ERR_OK, "%s", f.why);
    ck_assert(unit_same(&got.body, &m.body));
}
END_TEST

Suite *msgs_wire_suite(void)
{
    Suite *s = suite_create("msgs/wire");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_units);
    tcase_add_test(t, test_hash);
    tcase_add_test(t, test_keys);
    tcase_add_test(t, test_document);
    tcase_add_test(t, test_message);
    suite_add_tcase(s, t);
    return s;
}
