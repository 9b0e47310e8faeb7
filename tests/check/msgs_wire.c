// SPDX-License-Identifier: MIT
// msgs/WIRE.md tells the truth: its vectors, made by another program, are what Telex writes and
// what it reads.
#include "keys/name.h"
#include "keys/users.h"
#include "keys/words.h"
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

// A line of text.
static void expect_line(const char *name, const char *got)
{
    char mark[64], *want;

    snprintf(mark, sizeof mark, "text %s", name);
    want = block(mark);
    ck_assert_uint_eq(strcspn(want, "\n") + 1, strlen(want));
    want[strlen(want) - 1] = 0;
    ck_assert_str_eq(got, want);
}

static struct sign_key vector_user(void)
{
    struct sign_key key;
    uint8_t seed[32];

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    sign_key_init(&key, seed);
    return key;
}

START_TEST(test_users)
{
    struct sign_key key = vector_user(), got;
    struct span pass = SPAN("correct horse"), locked = vector("user.lock");
    uint8_t out[USER_FILE_MAX_BYTES];
    struct fix_random r;
    size_t n;

    ck_assert_int_eq(user_unlock(&mem.mem, vector("user"), (struct span){0}, &got, NULL), ERR_OK);
    ck_assert_mem_eq(&got, &key, sizeof key);
    ck_assert_int_eq(user_unlock(&mem.mem, vector("user.key"), (struct span){0}, &got, NULL),
                     ERR_OK);
    ck_assert_mem_eq(&got, &key, sizeof key);
    ck_assert_int_eq(user_unlock(&mem.mem, locked, pass, &got, NULL), ERR_OK);
    ck_assert_mem_eq(&got, &key, sizeof key);
    fix_random_init(&r, 0xA0);
    ck_assert_int_eq(
        user_lock(&mem.mem, &r.random, &key, pass, (struct pass_cost){8, 1}, out, &n, NULL),
        ERR_OK);
    expect_vector("user.lock", (struct span){(char *)out, n});
}
END_TEST

START_TEST(test_texts)
{
    struct sign_key key = vector_user();
    struct identity id = fix_identity(0);
    char text[KEY_TEXT_MAX], words[WORDS_TEXT_MAX];

    (void)key_print(KEY_USER, key.public, text);
    expect_line("tu", text);
    (void)key_print(KEY_NODE, id.cert.node, text);
    expect_line("tn", text);
    (void)key_print(KEY_SECRET, key.seed, text);
    expect_line("secret", text);
    (void)words_print(key.seed, words);
    expect_line("words", words);
}
END_TEST

START_TEST(test_sealed)
{
    struct sign_key key = vector_user();
    struct unit u = test_unit(&arena, "`hi!`");
    struct span sealed = vector("sealed"), bytes;
    uint8_t once[32], box[128], plain[128];

    for (size_t i = 0; i < sizeof once; i++)
        once[i] = (uint8_t)(0x40 + i);
    ck_assert_int_eq(unit_encode_new(&arena, &u, &bytes), ERR_OK);
    ck_assert_int_eq(seal_make(key.public, once, bytes, box), ERR_OK);
    expect_vector("sealed", (struct span){(char *)box, bytes.len + SEAL_BYTES});
    ck_assert_int_eq(seal_open(&key, sealed, plain), ERR_OK);
    ck_assert_mem_eq(plain, bytes.at, bytes.len);
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

START_TEST(test_batch)
{
    static const char *const bodies[] = {"5", "(neg 5)@math.calc", "[a b]"};
    struct identity id = fix_identity(0);
    struct span covered = vector("batch"), second = vector("batch-document");
    uint8_t seed[BATCH_SEED_BYTES];
    struct doc_batch b;
    struct doc doc;
    struct fail f = {0};

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i; // salts 2i, 2i + 1: BLAKE2b-256(seed, i in 4 bytes)
    ck_assert_int_eq(doc_batch_init(&b, &arena), ERR_OK);
    doc_batch_start(&b, &id, seed);
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct unit body = test_unit(&arena, bodies[i]);

        ck_assert_int_eq(doc_batch_add(&b, 1700000000000, &body, NULL), ERR_OK);
    }
    doc_batch_sign(&b);
    ck_assert(sign_check(b.tree.sign, id.node.public, covered));
    expect_vector("batch-document", doc_batch_get(&b, 1));
    ck_assert_msg(doc_open(&arena, second, &doc, &f) == ERR_OK, "%s", f.why);
    ck_assert_str_eq(test_print(&arena, &doc.body), bodies[1]);
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

// It goes to no service, and stands in another stream.
START_TEST(test_answer)
{
    struct identity id = fix_identity(0), to = fix_identity(100);
    struct msg m = {.ctr = ((int64_t)1 << WINDOW_COUNT_BITS) + 7}, got;
    struct msg_expect x = {&id.cert, .ctr_min = m.ctr, .ctr_max = m.ctr, .now_ms = TIME_UNKNOWN};
    struct span bytes;
    struct fail f = {0};

    memset(m.cluster, 0xC1, sizeof m.cluster);
    memcpy(m.to, to.node.public, sizeof m.to);
    memset(m.session, 0x5E, sizeof m.session);
    memset(m.req, 0x4E, sizeof m.req);
    m.body = test_unit(&arena, "(val 5)");
    ck_assert_int_eq(msg_sign(&arena, &id, &m, &bytes, &f), ERR_OK);
    expect_vector("answer", bytes);
    memcpy(x.cluster, m.cluster, sizeof x.cluster);
    memcpy(x.node, m.to, sizeof x.node);
    memcpy(x.session, m.session, sizeof x.session);
    ck_assert_msg(msg_open(&arena, vector("answer"), &x, &got, &f) == ERR_OK, "%s", f.why);
    ck_assert_uint_eq(got.service.len, 0);
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
    tcase_add_test(t, test_users);
    tcase_add_test(t, test_texts);
    tcase_add_test(t, test_sealed);
    tcase_add_test(t, test_document);
    tcase_add_test(t, test_batch);
    tcase_add_test(t, test_message);
    tcase_add_test(t, test_answer);
    suite_add_tcase(s, t);
    return s;
}
