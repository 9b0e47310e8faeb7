// SPDX-License-Identifier: MIT
// No secret stays behind on the stack. Each call runs on a stack of its own, which is searched
// afterwards for any 8 bytes of what was secret.
#include "keys/name.h"
#include "keys/user_file.h"
#include "keys/words.h"
#include "tests/check/keys_disk.h"
#include "tests/check/keys_stack.h"

// ---- What is secret

#define LETTER "only one is to read these words, all of them"

static const uint8_t seed[32] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15,
                                 0x88, 0x09, 0xcf, 0x4f, 0x3c, 0x76, 0x2e, 0x71, 0x60, 0xf3, 0x8b,
                                 0x4d, 0xa5, 0x6a, 0x78, 0x4d, 0x90, 0x45, 0x19, 0x0c, 0xfe};
// Its SHA-512 and SHA-256, by another implementation (Python's hashlib): Ed25519 signs and X25519
// opens with the first, the check of the words is of the second. Of the first half of the first
// some bits at both ends are set.
static const char seed_512[] = "53cfd47d55e5422dc5c887e64a0231a0bfb8642e8f08095c1c8fabb5e3abab52"
                               "028aee05705eb3f4a317fae2421bce841b2a68c9b71f27f98c1ef6a64e202cb9";
static const char seed_256[] = "fae8a5a092eff9c4217c68082a3385e647c58fd4629b2e35e3dc0b24d2cee9af";

static struct sign_key mine, other, got;
static uint8_t by[32], derived[32], plain[64], box[128], sign[64], file[USER_FILE_MAX_BYTES];
static char text[WORDS_TEXT_MAX];
static size_t file_n;
static struct identity id;
static struct user one;

// Random bytes that look so. Their first ones are the secrets; salts and serials follow.
static uint8_t drawn[256];

static enum err draw(void *ctx, uint8_t *out, size_t n)
{
    size_t *at = ctx;

    if (n > sizeof drawn - *at)
        return ERR_INTERNAL;
    memcpy(out, drawn + *at, n);
    *at += n;
    return ERR_OK;
}

static size_t drawn_n;
static const struct key_random source_of_these = {&drawn_n, draw};

static void begin(void)
{
    uint8_t hash[64];
    uint32_t x = 7;

    setup();
    windows_n = drawn_n = 0;
    memset(begins, 0, sizeof begins);
    for (size_t i = 0; i < sizeof drawn; i++) {
        x = x * 1103515245 + 12345;
        drawn[i] = (uint8_t)(x >> 16);
    }
    sign_key_init(&mine, seed);
    memset(hash, 9, sizeof hash);
    sign_key_init(&other, hash);
    ck_assert_int_eq(pass_key(&mem.mem, PASS, drawn, cheap.mem_kib, cheap.ops, derived), ERR_OK);
    for (size_t i = 0; i < sizeof by; i++)
        by[i] = (uint8_t)(0xC3 ^ 11 * i);
    secret("the seed", seed, sizeof seed);
    secret("the passphrase", PASS.at, PASS.len);
    secret("the key of the passphrase", derived, sizeof derived);
    secret("the key of the box", by, sizeof by);
    secret("the letter", LETTER, sizeof LETTER - 1);
    (void)fix_hex(seed_512, hash, 64);
    secret("the scalar", hash + 1, 30);
    secret("the prefix", hash + 32, 32);
    (void)fix_hex(seed_256, hash, 32);
    secret("the check", hash, 32);
}

static struct span span(const void *bytes, size_t n)
{
    return (struct span){bytes, n};
}

// ---- Calls

static enum err run_leak(void)
{
    volatile uint8_t copy[32];

    for (size_t i = 0; i < sizeof copy; i++)
        copy[i] = seed[i];
    return copy[0] == seed[0] ? ERR_OK : ERR_INTERNAL;
}

static enum err run_key(void)
{
    sign_key_init(&got, seed);
    return ERR_OK;
}

static enum err run_sign(void)
{
    sign_make(&mine, SPAN("a text"), sign);
    return ERR_OK;
}

static enum err run_dh(void)
{
    dh_public(by, plain);
    return dh_shared(by, plain, sign) ? ERR_OK : ERR_DENIED;
}

static enum err run_seal(void)
{
    return seal_make(other.public, seed, SPAN(LETTER), box);
}

static void prepare_unseal(void)
{
    ck_assert_int_eq(seal_make(mine.public, by, SPAN(LETTER), box), ERR_OK);
}

static enum err run_unseal(void)
{
    return seal_open(&mine, span(box, sizeof LETTER - 1 + SEAL_BYTES), plain);
}

static void prepare_unseal_other(void)
{
    ck_assert_int_eq(seal_make(other.public, by, SPAN(LETTER), box), ERR_OK);
}

static enum err run_pass_key(void)
{
    return pass_key(&mem.mem, PASS, drawn, cheap.mem_kib, cheap.ops, plain);
}

static enum err run_box(void)
{
    box_make(by, drawn, SPAN("ad"), span(seed, 32), box);
    return ERR_OK;
}

static void prepare_box(void)
{
    box_make(by, drawn, SPAN("ad"), span(seed, 32), box);
}

static enum err run_unbox(void)
{
    return box_open(by, drawn, SPAN("ad"), span(box, 48), plain) ? ERR_OK : ERR_DENIED;
}

static enum err run_print(void)
{
    return key_print(KEY_SECRET, seed, text) == KEY_SECRET_CHARS ? ERR_OK : ERR_INTERNAL;
}

static void prepare_text(void)
{
    secret("the text", text, key_print(KEY_SECRET, seed, text));
}

static enum err run_parse(void)
{
    return key_parse(span_of(text), KEY_SECRET, plain, &fail);
}

// Each word as it is looked for, with zeros behind it.
static void prepare_words(void)
{
    size_t n = words_print(seed, text);

    for (size_t i = 0, start = 0; i <= n; i++) {
        char word[16] = {0};

        if (text[i] && text[i] != ' ')
            continue;
        memcpy(word, text + start, i - start);
        secret("a word", word, WINDOW);
        start = i + 1;
    }
}

static void prepare_wrong_words(void)
{
    prepare_words();
    memcpy(text, text[0] == 'a' ? "zoo " : "act ", 4); // short for nothing, but in the list
    memmove(text + 4, strchr(text + 4, ' ') + 1, strlen(strchr(text + 4, ' ')));
}

static enum err run_words_print(void)
{
    return words_print(seed, text) > 0 ? ERR_OK : ERR_INTERNAL;
}

static enum err run_words(void)
{
    return words_parse(span_of(text), plain, &fail);
}

// ---- Files of users

static enum err run_lock(void)
{
    return user_lock(&mem.mem, &source_of_these, &mine, PASS, cheap, file, &file_n, &fail);
}

static void prepare_locked(void)
{
    ck_assert_int_eq(run_lock(), ERR_OK);
    drawn_n = 0;
}

// In another's name.
static void prepare_forged(void)
{
    memcpy(mine.public, other.public, sizeof mine.public);
    prepare_locked();
}

static enum err run_unlock(void)
{
    return user_unlock(&mem.mem, span(file, file_n), PASS, &got, &fail);
}

static enum err run_unlock_wrong(void)
{
    return user_unlock(&mem.mem, span(file, file_n), SPAN("close"), &got, &fail);
}

static void put_plain(struct sign_key *key)
{
    struct key_file f;
    struct span bytes;

    user_file_plain(key, false, &f);
    bytes = key_file_bytes(&f);
    memcpy(file, bytes.at, bytes.len);
    file_n = bytes.len;
    disk_put(&disk, "bob.user", file, file_n);
}

static void prepare_plain(void)
{
    put_plain(&mine);
}

static void prepare_plain_forged(void)
{
    memcpy(mine.public, other.public, sizeof mine.public);
    put_plain(&mine);
}

static void prepare_bob(void)
{
    prepare_locked();
    disk_put(&disk, "bob.user", file, file_n);
}

static enum err run_find(void)
{
    return users_find(&mem.mem, &disk.files, SPAN("bob"), &one, &fail);
}

static enum err run_list(void)
{
    struct arena a = test_arena(&mem);
    struct user *all;
    size_t n;
    enum err e = users_list(&mem.mem, &disk.files, &a, &all, &n, &fail);

    arena_fini(&a);
    return e;
}

static enum err run_open(void)
{
    return users_open(&mem.mem, &disk.files, SPAN("bob"), PASS, &got, &fail);
}

static enum err run_pass(void)
{
    return users_pass(&mem.mem, &disk.files, &source_of_these, SPAN("bob"), &mine, PASS, cheap,
                      &fail);
}

static enum err run_no_pass(void)
{
    return users_pass(&mem.mem, &disk.files, NULL, SPAN("bob"), &mine, none, cheap, &fail);
}

static void prepare_no_save(void)
{
    prepare_plain();
    disk.save = ERR_NO_SPACE;
}

static void prepare_draw(void)
{
    secret("random bytes", drawn, 32);
}

static void prepare_draw_full(void)
{
    prepare_draw();
    disk.make = ERR_NO_SPACE;
}

static enum err make(struct span pass)
{
    return users_make(&mem.mem, &disk.files, &source_of_these, SPAN("eve"), NULL, pass, cheap, &one,
                      &fail);
}

static enum err run_make(void)
{
    return make(none);
}

static enum err run_make_locked(void)
{
    return make(PASS);
}

static enum err run_make_seed(void)
{
    return users_make(&mem.mem, &disk.files, NULL, SPAN("eve"), seed, none, cheap, &one, &fail);
}

// ---- Files of the node

static void prepare_node(void)
{
    secret("random bytes", drawn, 96); // user, node, sessions
}

static void prepare_node_full(void)
{
    prepare_node();
    disk.make = ERR_NO_SPACE;
}

static enum err run_node(void)
{
    return identity_make(&mem.mem, &disk.files, &source_of_these, &id, &fail);
}

static enum err run_unkept(void)
{
    return identity_make(&mem.mem, NULL, &source_of_these, &id, &fail);
}

static void prepare_made(void)
{
    prepare_node();
    ck_assert_int_eq(run_node(), ERR_OK);
}

static void prepare_no_cert(void)
{
    prepare_made();
    ck_assert_int_eq(disk_del(&disk, "node.cert"), ERR_OK);
}

static void prepare_bad_cert(void)
{
    prepare_made();
    disk_find(&disk, "node.cert")->bytes[20] ^= 1;
}

// A certificate that cannot be given: node.key is none.
static void prepare_bad_node(void)
{
    struct disk_file *node;

    prepare_no_cert();
    node = disk_find(&disk, "node.key");
    node->bytes[node->n - 33] ^= 1;
}

// A record that is cut short behind the seed, with a check that holds.
static void prepare_short_node(void)
{
    struct disk_file *node;

    prepare_made();
    node = disk_find(&disk, "node.key");
    node->n--;
    hash_of(span(node->bytes, node->n - 32), node->bytes + node->n - 32);
}

static enum err run_load(void)
{
    return identity_load(&mem.mem, &disk.files, &id, &fail);
}

static enum err run_user(void)
{
    return identity_user(&mem.mem, &disk.files, &got, &fail);
}

static void prepare_user_locked(void)
{
    prepare_locked();
    disk_put(&disk, "user.key", file, file_n);
}

static const struct {
    const char *name;
    void (*prepare)(void);
    enum err (*run)(void);
    enum err want;
} rows[] = {
    {"sign_key_init", NULL, run_key, ERR_OK},
    {"sign_make", NULL, run_sign, ERR_OK},
    {"dh", NULL, run_dh, ERR_OK},
    {"seal_make", NULL, run_seal, ERR_OK},
    {"seal_open", prepare_unseal, run_unseal, ERR_OK},
    {"seal_open of another", prepare_unseal_other, run_unseal, ERR_DENIED},
    {"pass_key", NULL, run_pass_key, ERR_OK},
    {"box_make", NULL, run_box, ERR_OK},
    {"box_open", prepare_box, run_unbox, ERR_OK},
    {"key_print", prepare_text, run_print, ERR_OK},
    {"key_parse", prepare_text, run_parse, ERR_OK},
    {"words_print", prepare_words, run_words_print, ERR_OK},
    {"words_parse", prepare_words, run_words, ERR_OK},
    {"words_parse of others", prepare_wrong_words, run_words, ERR_SYNTAX},
    {"user_lock", NULL, run_lock, ERR_OK},
    {"user_unlock", prepare_locked, run_unlock, ERR_OK},
    {"user_unlock, wrong", prepare_locked, run_unlock_wrong, ERR_DENIED},
    {"user_unlock, forged", prepare_forged, run_unlock, ERR_CORRUPT},
    {"user_unlock, plain", prepare_plain, run_unlock, ERR_OK},
    {"user_unlock, plain, forged", prepare_plain_forged, run_unlock, ERR_CORRUPT},
    {"users_find", prepare_plain, run_find, ERR_OK},
    {"users_find, forged", prepare_plain_forged, run_find, ERR_CORRUPT},
    {"users_list", prepare_plain, run_list, ERR_OK},
    {"users_list, forged", prepare_plain_forged, run_list, ERR_OK},
    {"users_open", prepare_bob, run_open, ERR_OK},
    {"users_open, plain", prepare_plain, run_open, ERR_OK},
    {"users_pass", prepare_plain, run_pass, ERR_OK},
    {"users_pass, none", prepare_bob, run_no_pass, ERR_OK},
    {"users_pass, full", prepare_no_save, run_no_pass, ERR_NO_SPACE},
    {"users_make", prepare_draw, run_make, ERR_OK},
    {"users_make, locked", prepare_draw, run_make_locked, ERR_OK},
    {"users_make, full", prepare_draw_full, run_make, ERR_NO_SPACE},
    {"users_make of a seed", NULL, run_make_seed, ERR_OK},
    {"identity_make", prepare_node, run_node, ERR_OK},
    {"identity_make, full", prepare_node_full, run_node, ERR_NO_SPACE},
    {"identity_make, not kept", prepare_node, run_unkept, ERR_OK},
    {"identity_make, no certificate", prepare_no_cert, run_node, ERR_OK},
    {"identity_make, bad node.key", prepare_bad_node, run_node, ERR_CORRUPT},
    {"identity_load", prepare_made, run_load, ERR_OK},
    {"identity_load, bad certificate", prepare_bad_cert, run_load, ERR_CORRUPT},
    {"identity_load, short", prepare_short_node, run_load, ERR_CORRUPT},
    {"identity_user", prepare_made, run_user, ERR_OK},
    {"identity_user, locked", prepare_user_locked, run_user, ERR_DENIED},
};

START_TEST(test_stack)
{
    const char *left = NULL;
    size_t depth = 0;
    enum err e = ERR_OK;

    // The first call of a function of a shared library leaves all registers there: the second counts.
    for (int i = 0; i < 2; i++) {
        begin();
        if (rows[_i].prepare)
            rows[_i].prepare();
        e = run(rows[_i].run);
        left = left_on_stack(&depth);
        teardown();
    }
    ck_assert_msg(e == rows[_i].want, "%s: %s: %s", rows[_i].name, err_word(e), fail.why);
    ck_assert_msg(!left, "%s leaves %s on the stack, %zu bytes from its top", rows[_i].name, left,
                  depth);
}
END_TEST

// What is left is found, else nothing above means anything.
START_TEST(test_leak)
{
    size_t depth;

    begin();
    ck_assert_int_eq(run(run_leak), ERR_OK);
    ck_assert_str_eq(left_on_stack(&depth), "the seed");
    ck_assert_uint_gt(depth, ABOVE_BYTES);
    ck_assert_uint_eq(stack[0], FILL); // there was room
    teardown();
}
END_TEST

Suite *keys_wiped_suite(void)
{
    Suite *s = suite_create("keys/wiped");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_leak);
    tcase_add_loop_test(t, test_stack, 0, COUNT(rows));
    suite_add_tcase(s, t);
    return s;
}
