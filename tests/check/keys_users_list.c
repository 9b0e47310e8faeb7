// SPDX-License-Identifier: MIT
// The list of a machine's users, and what files do that cannot be read.
#include "keys/users.h"

#include "keys/pack.h"
#include "tests/check/keys_disk.h"

// ---- The list

// As a later version may write it, with a check that holds.
static void make_newer(const char *name)
{
    struct disk_file *file = disk_find(&disk, name);
    size_t n = file->n - 32;

    ck_assert_mem_eq(file->bytes + 1, "\x61v\x01", 3);
    file->bytes[3] = 2;
    hash_of((struct span){(char *)file->bytes, n}, file->bytes + n);
}

START_TEST(test_list)
{
    static const char *const order[] = {"zoe", "bob", "b", "bob2", "bo", "a", "bob-"};
    uint8_t seed[32];
    struct user u;

    made_node();
    for (size_t i = 0; i < COUNT(order); i++) {
        memset(seed, (int)(40 + i), sizeof seed);
        ck_assert_int_eq(try_make(order[i], seed, none, &u), ERR_OK);
    }
    // Files of other names are nobody's.
    disk_put(&disk, "eve.key", "x", 1);
    disk_put(&disk, ".user", "x", 1);
    disk_put(&disk, "Eve.user", "x", 1);
    disk_put(&disk, "owner.user", "x", 1);
    disk_put(&disk, "node.rights", "x", 1);
    ck_assert_str_eq(listed(), "owner a b bo bob bob- bob2 zoe");
    // What cannot be read stands in its place, and in the way of a new one.
    disk_put(&disk, "eve.user", "x", 1);
    disk_find(&disk, "bob.user")->bytes[20] ^= 1;
    ck_assert_str_eq(listed(), "owner a b bo bob!corrupt? bob- bob2 eve!corrupt? zoe");
    ck_assert_int_eq(try_make("eve", seed, none, &u), ERR_EXISTS);
    ck_assert_int_eq(find("eve", &u), ERR_CORRUPT);
    ck_assert_int_eq(users_del(&disk.files, SPAN("eve"), &fail), ERR_OK);
    make_newer("bob.user");
    ck_assert_str_eq(listed(), "owner a b bo bob!not-supported? bob- bob2 zoe");
}
END_TEST

// The owner by his certificate, where his key is elsewhere or bad.
START_TEST(test_list_owner)
{
    uint8_t id[32];
    struct user u;

    made_node();
    ck_assert_int_eq(find("owner", &u), ERR_OK);
    memcpy(id, u.id, sizeof id);
    make_newer("user.key");
    ck_assert_str_eq(listed(), "owner!not-supported");
    disk_find(&disk, "user.key")->bytes[20] ^= 1;
    ck_assert_str_eq(listed(), "owner!corrupt");
    ck_assert_int_eq(find("owner", &u), ERR_CORRUPT);
    ck_assert_int_eq(try_make("bob", NULL, none, &u), ERR_OK);
    disk_find(&disk, "node.cert")->bytes[20] ^= 1;
    ck_assert_str_eq(listed(), "owner!corrupt? bob");
    disk_find(&disk, "node.cert")->bytes[20] ^= 1;
    ck_assert_int_eq(disk_del(&disk, "user.key"), ERR_OK);
    ck_assert_str_eq(listed(), "owner- bob");
    ck_assert_int_eq(find("owner", &u), ERR_OK);
    ck_assert(!u.here && !u.locked && u.known && !u.bad);
    ck_assert_mem_eq(u.id, id, sizeof id);
    disk_find(&disk, "node.cert")->bytes[20] ^= 1;
    ck_assert_str_eq(listed(), "bob"); // nobody says that there is one
}
END_TEST

// A key of zeros is nobody's, not that of all who are not known.
START_TEST(test_list_zeros)
{
    struct user *users;
    struct arena a = test_arena(&mem);
    size_t n;

    disk_put(&disk, "eve.user", "x", 1);
    ck_assert_int_eq(users_list(&mem.mem, &disk.files, &a, &users, &n, &fail), ERR_OK);
    ck_assert_uint_eq(n, 1);
    ck_assert(!users[0].known);
    arena_fini(&a);
}
END_TEST

START_TEST(test_full)
{
    uint8_t seed[32] = {0};
    char name[16];
    struct user u;

    made_node();
    for (unsigned i = 1; i < USERS_MAX; i++) {
        struct sign_key key;
        uint8_t bytes[FIX_FILE_BYTES];
        struct pack p = {bytes, 0};

        // As users_make writes it, which looks at all others each time.
        seed[0] = (uint8_t)i;
        sign_key_init(&key, seed);
        pack_map(&p, 4);
        pack_int(&p, "v", 1);
        pack_text(&p, "file", SPAN("user"));
        pack_bytes(&p, "user", key.public, 32);
        pack_bytes(&p, "seed", key.seed, 32);
        hash_of((struct span){(char *)bytes, p.n}, bytes + p.n);
        snprintf(name, sizeof name, "u%u.user", i);
        disk_put(&disk, name, bytes, p.n + 32);
    }
    seed[0] = 0;
    ck_assert_int_eq(try_make("bob", seed, none, &u), ERR_LIMIT);
    disk_find(&disk, "u9.user")->bytes[20] ^= 1; // it counts all the same
    ck_assert_int_eq(try_make("bob", seed, none, &u), ERR_LIMIT);
    ck_assert_str_eq(fail.why, "this machine has 256 users");
    ck_assert_int_eq(users_del(&disk.files, SPAN("u7"), &fail), ERR_OK);
    ck_assert_int_eq(try_make("bob", seed, none, &u), ERR_OK);
}
END_TEST

// ---- What files do

// Every way to a file that is there and cannot be read says which one, and why.
static const struct {
    enum err e, want;
    const char *why; // behind the name of the file
} unread[] = {
    {ERR_IO, ERR_IO, ": a device failed"},
    {ERR_DENIED, ERR_DENIED, " is not for you alone, so it cannot be trusted"},
    {ERR_NOT_SUPPORTED, ERR_CORRUPT, " is not a file, but something else of that name"},
    {ERR_TOO_BIG, ERR_CORRUPT, " is far too big for a key file"},
};

static int row_now;

static void expect_fail(enum err e, const char *file)
{
    char why[FAIL_WHY_BYTES];

    snprintf(why, sizeof why, "%s%s", file, unread[row_now].why);
    ck_assert_int_eq(e, unread[row_now].want);
    ck_assert_int_eq(fail.code, e);
    ck_assert_str_eq(fail.why, why);
    if (e != ERR_IO)
        ck_assert_ptr_nonnull(fail.hint);
    fail = (struct fail){0};
}

START_TEST(test_unread)
{
    struct sign_key key = {0};
    struct identity id;
    struct user u;
    char all[100];

    row_now = _i;
    made_node();
    (void)made("bob", none); // read below
    disk.load = unread[_i].e;
    expect_fail(find("bob", &u), "bob.user");
    expect_fail(find("owner", &u), "user.key");
    expect_fail(try_open("bob", none, &key), "bob.user");
    expect_fail(try_open("owner", none, &key), "user.key");
    expect_fail(users_pass(&mem.mem, &disk.files, NULL, SPAN("bob"), &key, none, cheap, &fail),
                "bob.user");
    expect_fail(identity_user(&mem.mem, &disk.files, &key, &fail), "user.key");
    expect_fail(identity_load(&mem.mem, &disk.files, &id, &fail), "node.key");
    expect_fail(identity_make(&mem.mem, &disk.files, &source.random, &id, &fail), "node.key");
    snprintf(all, sizeof all, "owner!%s? bob!%s?", err_word(unread[_i].want),
             err_word(unread[_i].want));
    ck_assert_str_eq(listed(), all);
    disk.load = ERR_OK;
    disk.del = ERR_NOT_SUPPORTED;
    ck_assert_int_eq(users_del(&disk.files, SPAN("bob"), &fail), ERR_CORRUPT);
    ck_assert_str_eq(fail.why, "bob.user is not a file, but something else of that name");
}
END_TEST

START_TEST(test_files_fail)
{
    static const enum err codes[] = {ERR_IO, ERR_DENIED, ERR_NO_MEMORY};
    struct arena a = test_arena(&mem);
    struct user u, *users;
    struct sign_key key;
    size_t n;
    enum err e = codes[_i];

    made_node();
    (void)made("bob", none); // read below
    disk.load = e;
    ck_assert_int_eq(find("bob", &u), e);
    ck_assert_int_eq(try_open("bob", none, &key), e);
    ck_assert_int_eq(find("owner", &u), e);
    disk.load = ERR_OK;
    disk.list = e;
    ck_assert_int_eq(users_list(&mem.mem, &disk.files, &a, &users, &n, &fail), e);
    ck_assert_int_eq(try_make("eve", NULL, none, &u), e);
    disk.list = ERR_NOT_FOUND; // no folder yet
    ck_assert_str_eq(listed(), "owner");
    disk.list = ERR_OK;
    disk.make = e;
    ck_assert_int_eq(try_make("eve", NULL, none, &u), e);
    disk.make = ERR_OK;
    disk.del = e;
    ck_assert_int_eq(users_del(&disk.files, SPAN("bob"), &fail), e);
    ck_assert_str_eq(listed(), "owner bob");
    arena_fini(&a);
}
END_TEST

Suite *keys_users_list_suite(void)
{
    Suite *s = suite_create("keys/users_list");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_list);
    tcase_add_test(t, test_list_owner);
    tcase_add_test(t, test_list_zeros);
    tcase_add_test(t, test_full);
    tcase_add_loop_test(t, test_unread, 0, COUNT(unread));
    tcase_add_loop_test(t, test_files_fail, 0, 3);
    suite_add_tcase(s, t);
    return s;
}
