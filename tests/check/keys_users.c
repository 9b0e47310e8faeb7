// SPDX-License-Identifier: MIT
// Users of a machine: names, keys, files, memory.
#define _GNU_SOURCE // memmem
#include "keys/users.h"

#include "keys/pack.h"
#include "tests/check/keys_disk.h"

// ---- Names

static const struct {
    const char *name;
    bool ok;
} names[] = {
    {"a", true},
    {"bob", true},
    {"a-b-2", true},
    {"a-", true},
    {"owner2", true},
    {"abcdefghijklmnopqrstuvwxyz012345", true},
    {"abcdefghijklmnopqrstuvwxyz0123456", false},
    {"", false},
    {"owner", false},
    {"node", false},
    {"user", false},
    {"2bob", false},
    {"-bob", false},
    {"Bob", false},
    {"b\xC3\xA4r", false},
    {"bob.user", false},
    {"../bob", false},
    {"b/b", false},
    {"b b", false},
    {"b_b", false},
};

START_TEST(test_name)
{
    struct span name = span_of(names[_i].name);
    struct user u;

    ck_assert_msg(user_name_ok(name) == names[_i].ok, "%s", names[_i].name);
    ck_assert_int_eq(try_make(names[_i].name, NULL, none, &u), names[_i].ok ? ERR_OK : ERR_BAD_ARG);
    ck_assert_uint_eq(disk.makes, names[_i].ok);
    if (!names[_i].ok && !span_eq(name, SPAN("owner"))) {
        struct sign_key key;

        ck_assert_int_eq(find(names[_i].name, &u), ERR_NOT_FOUND);
        ck_assert_int_eq(try_open(names[_i].name, none, &key), ERR_NOT_FOUND);
        ck_assert_int_eq(users_del(&disk.files, name, &fail), ERR_NOT_FOUND);
    }
    ck_assert(!user_name_ok((struct span){"bob\0", 4}));
}
END_TEST

// ---- From the first to the last day

START_TEST(test_life)
{
    struct user bob, eve, u;
    struct sign_key key;
    struct identity id;

    ck_assert_str_eq(listed(), ""); // nobody yet
    ck_assert_int_eq(find("owner", &u), ERR_NOT_FOUND);
    made_node();
    ck_assert_str_eq(listed(), "owner");
    eve = made("eve", PASS);
    bob = made("bob", none);
    ck_assert_str_eq(listed(), "owner bob eve*");
    ck_assert_str_eq(bob.name, "bob");
    ck_assert(bob.here && !bob.locked && eve.here && eve.locked);
    ck_assert(disk_has(&disk, "bob.user") && disk_has(&disk, "eve.user"));

    ck_assert_int_eq(find("bob", &u), ERR_OK);
    ck_assert_mem_eq(&u, &bob, sizeof u);
    ck_assert_int_eq(find("eve", &u), ERR_OK);
    ck_assert_mem_eq(&u, &eve, sizeof u);
    ck_assert_int_eq(find("owner", &u), ERR_OK);
    ck_assert_int_eq(identity_load(&mem.mem, &disk.files, &id, NULL), ERR_OK);
    ck_assert_mem_eq(u.id, id.cert.user, 32);
    ck_assert(u.here && !u.locked);

    ck_assert_int_eq(try_open("bob", none, &key), ERR_OK);
    ck_assert_mem_eq(key.public, bob.id, 32);
    ck_assert_int_eq(try_open("bob", PASS, &key), ERR_OK); // it needs none
    ck_assert_int_eq(try_open("eve", PASS, &key), ERR_OK);
    ck_assert_mem_eq(key.public, eve.id, 32);
    ck_assert_int_eq(try_open("owner", none, &key), ERR_OK);
    ck_assert_mem_eq(key.public, id.cert.user, 32);
    ck_assert_int_eq(try_open("adam", none, &key), ERR_NOT_FOUND);
    ck_assert_str_eq(fail.why, "this machine has no user adam");

    ck_assert_int_eq(users_del(&disk.files, SPAN("bob"), &fail), ERR_OK);
    ck_assert_int_eq(users_del(&disk.files, SPAN("bob"), &fail), ERR_NOT_FOUND);
    ck_assert_int_eq(users_del(&disk.files, SPAN("owner"), &fail), ERR_DENIED);
    ck_assert_int_eq(try_open("bob", none, &key), ERR_NOT_FOUND);
    ck_assert_str_eq(listed(), "owner eve*");
}
END_TEST

// Seeds: made here from the source, or brought along; nobody has two names.
START_TEST(test_seed)
{
    uint8_t seed[32], want[32];
    struct sign_key key, same;
    struct user u, before;

    made_node();
    source.next = 200;
    for (size_t i = 0; i < sizeof want; i++)
        want[i] = (uint8_t)(200 + i);
    (void)made("bob", none); // is looked at below
    ck_assert_int_eq(try_open("bob", none, &key), ERR_OK);
    ck_assert_mem_eq(key.seed, want, 32);

    memset(seed, 9, sizeof seed);
    sign_key_init(&same, seed);
    ck_assert_int_eq(
        users_make(&mem.mem, &disk.files, NULL, SPAN("eve"), seed, none, cheap, &u, &fail),
        ERR_OK); // wants no random bytes
    ck_assert_mem_eq(u.id, same.public, 32);
    memset(&u, 0x55, sizeof u);
    before = u;
    ck_assert_int_eq(try_make("eve", want, none, &u), ERR_EXISTS);
    ck_assert_str_eq(fail.why, "there is a user of this name");
    ck_assert_int_eq(try_make("adam", seed, none, &u), ERR_EXISTS);
    ck_assert_str_eq(fail.why, "eve has this key already");
    ck_assert_int_eq(try_open("owner", none, &key), ERR_OK);
    ck_assert_int_eq(try_make("adam", key.seed, PASS, &u), ERR_EXISTS);
    ck_assert_str_eq(fail.why, "owner has this key already");
    ck_assert_mem_eq(&u, &before, sizeof u);
    ck_assert_str_eq(listed(), "owner bob eve");
}
END_TEST

// A user of this name is made by somebody else between our look and our writing.
START_TEST(test_make_together)
{
    struct user u;

    disk.make = ERR_EXISTS;
    ck_assert_int_eq(try_make("bob", NULL, none, &u), ERR_EXISTS);
    ck_assert_str_eq(fail.why, "there is a user of this name");
}
END_TEST

START_TEST(test_no_random)
{
    static const enum err codes[] = {ERR_NOT_SUPPORTED, ERR_IO};
    uint8_t seed[32] = {1};
    struct user u;

    source.fails = codes[_i];
    ck_assert_int_eq(try_make("bob", NULL, none, &u), codes[_i]);
    ck_assert_int_eq(try_make("bob", seed, PASS, &u), codes[_i]); // salt and nonce
    ck_assert_uint_eq(disk.makes, 0);
    ck_assert_int_eq(try_make("bob", seed, none, &u), ERR_OK);
    ck_assert_int_eq(
        users_make(&mem.mem, &disk.files, NULL, SPAN("eve"), NULL, none, cheap, &u, &fail),
        ERR_NOT_SUPPORTED);
}
END_TEST

START_TEST(test_no_files)
{
    struct arena a = test_arena(&mem);
    uint8_t seed[32] = {1};
    struct sign_key key;
    struct user u, *users;
    size_t n;

    sign_key_init(&key, seed);
    ck_assert_int_eq(users_list(&mem.mem, NULL, &a, &users, &n, &fail), ERR_NOT_SUPPORTED);
    ck_assert_int_eq(users_find(&mem.mem, NULL, SPAN("bob"), &u, &fail), ERR_NOT_SUPPORTED);
    ck_assert_int_eq(users_make(&mem.mem, NULL, NULL, SPAN("bob"), seed, none, cheap, &u, &fail),
                     ERR_NOT_SUPPORTED);
    ck_assert_int_eq(users_open(&mem.mem, NULL, SPAN("bob"), none, &key, &fail), ERR_NOT_SUPPORTED);
    ck_assert_int_eq(users_pass(&mem.mem, NULL, NULL, SPAN("bob"), &key, none, cheap, &fail),
                     ERR_NOT_SUPPORTED);
    ck_assert_int_eq(users_del(NULL, SPAN("bob"), &fail), ERR_NOT_SUPPORTED);
    // A machine that cannot list its files knows its owner at least.
    made_node();
    disk.files.list = NULL;
    ck_assert_str_eq(listed(), "owner");
}
END_TEST

// ---- Bytes of a file, for those who open and lock it elsewhere

START_TEST(test_load_and_keep)
{
    uint8_t bytes[USER_FILE_MAX_BYTES], seed[32] = {5};
    struct arena a = test_arena(&mem);
    struct sign_key key, got;
    struct span out;
    size_t n;

    made_node();
    sign_key_init(&key, seed);
    ck_assert_int_eq(user_lock(&mem.mem, &source.random, &key, PASS, cheap, bytes, &n, &fail),
                     ERR_OK);
#define KEEP(name, made) \
    users_keep(&disk.files, SPAN(name), (made), (struct span){(char *)bytes, n}, &fail)
    ck_assert_int_eq(KEEP("bob", true), ERR_OK);
    ck_assert_str_eq(listed(), "owner bob*");
    ck_assert_int_eq(try_open("bob", PASS, &got), ERR_OK);
    ck_assert_mem_eq(&got, &key, sizeof key);
    ck_assert_int_eq(KEEP("bob", true), ERR_EXISTS);
    ck_assert_str_eq(fail.why, "there is a user of this name");
    ck_assert_int_eq(KEEP("owner", true), ERR_EXISTS);
    ck_assert_int_eq(KEEP("Bob", true), ERR_NOT_FOUND);
    ck_assert_str_eq(listed(), "owner bob*");
    ck_assert_int_eq(users_load(&disk.files, SPAN("bob"), &a, &out, &fail), ERR_OK);
    ck_assert(span_eq(out, (struct span){(char *)bytes, n}));
    ck_assert_int_eq(KEEP("owner", false), ERR_OK);
    ck_assert_str_eq(listed(), "owner* bob*");
    ck_assert_int_eq(users_load(&disk.files, SPAN("owner"), &a, &out, &fail), ERR_OK);
    ck_assert(span_eq(out, (struct span){(char *)bytes, n}));
    ck_assert_int_eq(users_load(&disk.files, SPAN("eve"), &a, &out, &fail), ERR_NOT_FOUND);
    ck_assert_str_eq(fail.why, "this machine has no user eve");
    ck_assert_int_eq(users_load(&disk.files, SPAN("../bob"), &a, &out, &fail), ERR_NOT_FOUND);
    disk.save = ERR_NO_SPACE;
    ck_assert_int_eq(KEEP("bob", false), ERR_NO_SPACE);
    ck_assert_str_eq(fail.why, "bob.user: the disk is full");
#undef KEEP
    ck_assert_int_eq(users_keep(NULL, SPAN("bob"), true, SPAN("x"), &fail), ERR_NOT_SUPPORTED);
    ck_assert_int_eq(users_load(NULL, SPAN("bob"), &a, &out, &fail), ERR_NOT_SUPPORTED);
    arena_fini(&a);
}
END_TEST

// ---- Memory

static enum err step_make(struct test_mem *m, void *ctx)
{
    struct user u;

    (void)ctx;
    (void)disk_del(&disk, "adam.user"); // of the round before
    fix_random_init(&source, 77);
    return users_make(&m->mem, &disk.files, &source.random, SPAN("adam"), NULL, PASS, cheap, &u,
                      NULL);
}

static enum err step_list(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    size_t n;
    struct user *users;
    enum err e = users_list(&m->mem, &disk.files, &a, &users, &n, NULL);

    (void)ctx;
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        ck_assert_int_eq(users[i].bad, ERR_OK); // nobody is taken for damaged
    if (e == ERR_OK)
        ck_assert_uint_eq(n, 3);
    arena_fini(&a);
    return e;
}

static enum err step_find(struct test_mem *m, void *ctx)
{
    struct user u;

    return users_find(&m->mem, &disk.files, span_of(ctx), &u, NULL);
}

static enum err step_open(struct test_mem *m, void *ctx)
{
    struct sign_key key, untouched;
    enum err e;

    memset(&key, 0x77, sizeof key);
    untouched = key;
    e = users_open(&m->mem, &disk.files, span_of(ctx), PASS, &key, NULL);
    if (e)
        ck_assert_mem_eq(&key, &untouched, sizeof key);
    return e;
}

static enum err step_pass(struct test_mem *m, void *ctx)
{
    struct disk_file before = *disk_find(&disk, "eve.user");
    enum err e;

    e = users_pass(&m->mem, &disk.files, &source.random, SPAN("eve"), ctx, PASS, cheap, NULL);
    if (e)
        ck_assert_mem_eq(&before, disk_find(&disk, "eve.user"), sizeof before);
    return e;
}

static enum err step_take(struct test_mem *m, void *ctx)
{
    uint8_t out[USER_FILE_MAX_BYTES];
    struct sign_key key;
    size_t n;
    enum err e;

    fix_random_init(&source, 0);
    e = user_lock(&m->mem, &source.random, ctx, PASS, cheap, out, &n, NULL);
    return e ? e : user_unlock(&m->mem, (struct span){(char *)out, n}, PASS, &key, NULL);
}

START_TEST(test_no_memory)
{
    struct sign_key key;

    made_node();
    (void)made("bob", none); // the files of the steps
    (void)made("eve", PASS);
    ck_assert_int_eq(try_open("eve", PASS, &key), ERR_OK);
    test_each_allocation(step_list, NULL);
    test_each_allocation(step_find, "eve");
    test_each_allocation(step_find, "owner");
    test_each_allocation(step_open, "bob");
    test_each_allocation(step_open, "eve");
    test_each_allocation(step_pass, &key);
    test_each_allocation(step_take, &key);
    test_each_allocation(step_make, NULL);
    ck_assert_int_eq(disk_del(&disk, "user.key"), ERR_OK);
    test_each_allocation(step_find, "owner");
}
END_TEST

// No memory that is given back holds the seed or the passphrase.
static const uint8_t *canary;

static void *get_plain(void *ctx, size_t bytes)
{
    (void)ctx;
    return malloc(bytes);
}

static void put_clean(void *ctx, void *p, size_t bytes)
{
    ck_assert_ptr_null(memmem(p, bytes, canary, 32));
    ck_assert_ptr_null(memmem(p, bytes, "open sesame", 11));
    ++*(unsigned *)ctx;
    free(p);
}

START_TEST(test_wiped)
{
    unsigned puts = 0;
    struct mem clean = {.ctx = &puts, .get = get_plain, .put = put_clean};
    uint8_t seed[32], bytes[USER_FILE_MAX_BYTES];
    struct sign_key mine, key;
    struct user u, *users;
    struct arena a;
    size_t n;

    memset(seed, 7, sizeof seed);
    sign_key_init(&mine, seed);
    canary = seed;
    ck_assert_int_eq(
        users_make(&clean, &disk.files, NULL, SPAN("bob"), canary, none, cheap, &u, NULL), ERR_OK);
    arena_init(&a, &clean, 1 << 20);
    ck_assert_int_eq(users_list(&clean, &disk.files, &a, &users, &n, NULL), ERR_OK);
    arena_fini(&a);
    ck_assert_int_eq(users_open(&clean, &disk.files, SPAN("bob"), none, &key, NULL), ERR_OK);
    ck_assert_int_eq(
        users_pass(&clean, &disk.files, &source.random, SPAN("bob"), &mine, PASS, cheap, NULL),
        ERR_OK);
    ck_assert_int_eq(users_open(&clean, &disk.files, SPAN("bob"), PASS, &key, NULL), ERR_OK);
    ck_assert_int_eq(user_lock(&clean, &source.random, &mine, PASS, cheap, bytes, &n, NULL),
                     ERR_OK);
    ck_assert_int_eq(user_unlock(&clean, (struct span){(char *)bytes, n}, PASS, &key, NULL),
                     ERR_OK);
    ck_assert_mem_eq(&key, &mine, sizeof key);
    ck_assert_uint_gt(puts, 10);
}
END_TEST

Suite *keys_users_suite(void)
{
    Suite *s = suite_create("keys/users");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, test_name, 0, COUNT(names));
    tcase_add_test(t, test_life);
    tcase_add_test(t, test_seed);
    tcase_add_test(t, test_make_together);
    tcase_add_loop_test(t, test_no_random, 0, 2);
    tcase_add_test(t, test_no_files);
    tcase_add_test(t, test_load_and_keep);
    tcase_add_test(t, test_no_memory);
    tcase_add_test(t, test_wiped);
    suite_add_tcase(s, t);
    return s;
}
