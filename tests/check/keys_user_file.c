// SPDX-License-Identifier: MIT
// Key files of users: passphrases, files to take elsewhere, damage.
#define _GNU_SOURCE // memmem
#include "keys/user_file.h"

#include "tests/check/keys_disk.h"

// ---- Passphrases

START_TEST(test_pass)
{
    static const char *const wrong[] = {"open sesam", "open sesame ", "Open sesame", "x", ""};
    static char longest[PASS_MAX_BYTES + 1];
    struct sign_key key, untouched;
    struct user u;

    memset(longest, 'x', sizeof longest);
    (void)made("eve", PASS); // is looked at below
    memset(&key, 0x77, sizeof key);
    untouched = key;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        ck_assert_int_eq(try_open("eve", span_of(wrong[i]), &key), ERR_DENIED);
        ck_assert_ptr_null(strstr(fail.why, "sesam"));
    }
    ck_assert_int_eq(try_open("eve", none, &key), ERR_DENIED);
    ck_assert_str_eq(fail.why, "eve.user has a passphrase");
    ck_assert_int_eq(try_open("eve", SPAN(longest), &key), ERR_DENIED);
    ck_assert_mem_eq(&key, &untouched, sizeof key);

    // 1 to 1024 bytes, of any kind.
    ck_assert_int_eq(try_make("bob", NULL, SPAN(""), &u), ERR_BAD_ARG);
    ck_assert_int_eq(try_make("bob", NULL, (struct span){longest, PASS_MAX_BYTES + 1}, &u),
                     ERR_BAD_ARG);
    ck_assert(!disk_has(&disk, "bob.user"));
    ck_assert_int_eq(try_make("bob", NULL, (struct span){longest, PASS_MAX_BYTES}, &u), ERR_OK);
    ck_assert_int_eq(try_open("bob", (struct span){longest, PASS_MAX_BYTES}, &key), ERR_OK);
    ck_assert_int_eq(try_open("bob", (struct span){longest, PASS_MAX_BYTES - 1}, &key), ERR_DENIED);
    (void)made("adam", (struct span){"\0\xff", 2}); // opened next
    ck_assert_int_eq(try_open("adam", (struct span){"\0\xff", 2}, &key), ERR_OK);
    ck_assert_int_eq(try_open("adam", (struct span){"\0", 1}, &key), ERR_DENIED);
}
END_TEST

// Another passphrase, none, and one again; the node goes on without its owner's.
START_TEST(test_change)
{
    static const char *const who[] = {"owner", "bob"};
    static const char *const file[] = {"user.key", "bob.user"};
    const char *name = who[_i];
    struct identity id, again;
    struct disk_file first, before;
    struct sign_key key, got;
    uint8_t other[32] = {3};
    struct user u;

    made_node();
    (void)made("bob", none); // opened next
    ck_assert_int_eq(identity_load(&mem.mem, &disk.files, &id, NULL), ERR_OK);
    ck_assert_int_eq(try_open(name, none, &key), ERR_OK);
    first = *disk_find(&disk, file[_i]);
    disk.makes = 0;
#define CHANGE(key_, pass_) \
    users_pass(&mem.mem, &disk.files, &source.random, span_of(name), (key_), (pass_), cheap, &fail)
    ck_assert_int_eq(CHANGE(&key, PASS), ERR_OK);
    ck_assert_uint_eq(disk.saves, 1);
    ck_assert_int_eq(find(name, &u), ERR_OK);
    ck_assert(u.locked && u.here);
    ck_assert_mem_eq(u.id, key.public, 32);
    ck_assert_int_eq(try_open(name, none, &got), ERR_DENIED);
    ck_assert_int_eq(try_open(name, PASS, &got), ERR_OK);
    ck_assert_mem_eq(&got, &key, sizeof key);
    ck_assert_ptr_null(
        memmem(disk_find(&disk, file[_i])->bytes, disk_find(&disk, file[_i])->n, key.seed, 32));
    if (_i == 0) { // node.key and node.cert are enough
        struct sign_key user;

        ck_assert_int_eq(identity_load(&mem.mem, &disk.files, &again, NULL), ERR_OK);
        ck_assert_int_eq(identity_make(&mem.mem, &disk.files, &source.random, &again, NULL),
                         ERR_OK);
        ck_assert_mem_eq(&again.node, &id.node, sizeof id.node);
        ck_assert_int_eq(identity_user(&mem.mem, &disk.files, &user, &fail), ERR_DENIED);
        ck_assert_str_eq(fail.why, "user.key has a passphrase");
        ck_assert_ptr_nonnull(fail.hint);
        // A certificate is his to give: without one, and without his passphrase, there is none.
        before = *disk_find(&disk, "node.cert");
        ck_assert_int_eq(disk_del(&disk, "node.cert"), ERR_OK);
        ck_assert_int_eq(identity_make(&mem.mem, &disk.files, &source.random, &again, &fail),
                         ERR_DENIED);
        ck_assert(!disk_has(&disk, "node.cert"));
        disk_put(&disk, "node.cert", before.bytes, before.n);
    }
    ck_assert_int_eq(CHANGE(&key, SPAN("another")), ERR_OK);
    ck_assert_int_eq(try_open(name, PASS, &got), ERR_DENIED);
    ck_assert_int_eq(try_open(name, SPAN("another"), &got), ERR_OK);
    // What fails leaves the file as it is.
    disk.save = ERR_NO_SPACE;
    ck_assert_int_eq(CHANGE(&key, none), ERR_NO_SPACE);
    disk.save = ERR_OK;
    ck_assert_int_eq(CHANGE(&key, SPAN("")), ERR_BAD_ARG);
    sign_key_init(&got, other);
    ck_assert_int_eq(CHANGE(&got, none), ERR_DENIED);
    ck_assert_int_eq(try_open(name, SPAN("another"), &got), ERR_OK);

    ck_assert_int_eq(
        users_pass(&mem.mem, &disk.files, NULL, span_of(name), &key, none, cheap, &fail),
        ERR_OK); // wants no random bytes
    ck_assert_mem_eq(disk_find(&disk, file[_i])->bytes, first.bytes, first.n); // as before
    ck_assert_uint_eq(disk_find(&disk, file[_i])->n, first.n);
    ck_assert_uint_eq(disk.makes, 0);
    ck_assert_int_eq(
        users_pass(&mem.mem, &disk.files, NULL, SPAN("adam"), &key, none, cheap, &fail),
        ERR_NOT_FOUND);
#undef CHANGE
}
END_TEST

// A file to take elsewhere.
struct taken {
    struct sign_key key;
    uint8_t bytes[USER_FILE_MAX_BYTES];
    size_t n;
};

static struct taken taken(uint8_t fill)
{
    struct taken t;
    uint8_t seed[32];

    memset(seed, fill, sizeof seed);
    sign_key_init(&t.key, seed);
    ck_assert_int_eq(user_lock(&mem.mem, &source.random, &t.key, PASS, cheap, t.bytes, &t.n, &fail),
                     ERR_OK);
    return t;
}

static enum err unlock(const void *bytes, size_t n, struct span pass, struct sign_key *out)
{
    return user_unlock(&mem.mem, (struct span){bytes, n}, pass, out, &fail);
}

START_TEST(test_take)
{
    struct taken a = taken(7), b = taken(7);
    struct sign_key key;

    ck_assert_int_eq(unlock(a.bytes, a.n, PASS, &key), ERR_OK);
    ck_assert_mem_eq(&key, &a.key, sizeof key);
    ck_assert_int_eq(unlock(a.bytes, a.n, none, &key), ERR_DENIED);
    ck_assert_uint_eq(a.n, b.n);
    ck_assert_mem_ne(a.bytes, b.bytes, a.n); // another salt and nonce
    ck_assert_ptr_null(memmem(a.bytes, a.n, a.key.seed, 32));
    fix_random_init(&source, 0);
    b = taken(7);
    ck_assert_mem_eq(a.bytes, b.bytes, a.n); // from the same random bytes
    // As it is, it is a user's file of this machine, or its owner's.
    disk_put(&disk, "bob.user", a.bytes, a.n);
    ck_assert_int_eq(try_open("bob", PASS, &key), ERR_OK);
    disk_put(&disk, "user.key", a.bytes, a.n);
    ck_assert_int_eq(try_open("owner", PASS, &key), ERR_OK);
}
END_TEST

// Where the fields are, and that salt and nonce are random bytes of their own: the source counts.
START_TEST(test_drawn)
{
    struct taken t = taken(7);
    uint8_t *salt = memmem(t.bytes, t.n, "\x64salt\x50", 6);
    uint8_t *nonce = memmem(t.bytes, t.n, "\x65nonce\x58\x18", 8);

    ck_assert_ptr_nonnull(salt);
    ck_assert_ptr_nonnull(nonce);
    for (size_t i = 0; i < 16; i++)
        ck_assert_uint_eq(salt[6 + i], i);
    for (size_t i = 0; i < 24; i++)
        ck_assert_uint_eq(nonce[8 + i], 16 + i);
}
END_TEST

// By somebody who knows a passphrase and seals another seed than the named user's, or no such
// passphrase as can be given.
static size_t sealed(const struct sign_key *key, const uint8_t user[32], struct span pass,
                     uint8_t bytes[USER_FILE_MAX_BYTES])
{
    uint8_t zeros[24] = {0}, by[32], box[48];
    struct pack p = {bytes, 0};

    ck_assert_int_eq(pass_key(&mem.mem, pass, zeros, 8, 1, by), ERR_OK);
    pack_map(&p, 8);
    pack_int(&p, "v", 1);
    pack_text(&p, "file", SPAN("user.lock"));
    pack_bytes(&p, "user", user, 32);
    pack_int(&p, "mem", 8);
    pack_int(&p, "ops", 1);
    pack_bytes(&p, "salt", zeros, 16);
    pack_bytes(&p, "nonce", zeros, 24);
    box_make(by, zeros, (struct span){(char *)bytes, p.n}, (struct span){(char *)key->seed, 32},
             box);
    pack_bytes(&p, "box", box, sizeof box);
    hash_of((struct span){(char *)bytes, p.n}, bytes + p.n);
    return p.n + 32;
}

START_TEST(test_sealed)
{
    static char longest[PASS_MAX_BYTES + 1];
    uint8_t bytes[USER_FILE_MAX_BYTES];
    struct sign_key key = taken(7).key, other = taken(9).key, got, untouched;
    struct span pass = {longest, PASS_MAX_BYTES};
    long gets;
    size_t n;

    memset(longest, 'x', sizeof longest);
    memset(&got, 0x77, sizeof got);
    untouched = got;
    n = sealed(&key, key.public, PASS, bytes);
    ck_assert_int_eq(unlock(bytes, n, PASS, &got), ERR_OK);
    ck_assert_mem_eq(&got, &key, sizeof key);
    got = untouched;
    n = sealed(&key, other.public, PASS, bytes);
    ck_assert_int_eq(unlock(bytes, n, PASS, &got), ERR_CORRUPT);
    ck_assert_str_eq(fail.why, "the key file names another user than its key");
    disk_put(&disk, "bob.user", bytes, n);
    ck_assert_int_eq(try_open("bob", PASS, &got), ERR_CORRUPT);
    ck_assert_mem_eq(&got, &untouched, sizeof got);

    n = sealed(&key, key.public, pass, bytes);
    ck_assert_int_eq(unlock(bytes, n, pass, &got), ERR_OK);
    got = untouched;
    pass.len++;
    n = sealed(&key, key.public, pass, bytes);
    gets = mem.gets;
    ck_assert_int_eq(unlock(bytes, n, pass, &got), ERR_DENIED);
    ck_assert_int_eq(mem.gets, gets); // no work for what nobody can have set
    ck_assert_mem_eq(&got, &untouched, sizeof got);
}
END_TEST

// Bytes behind the record, under a check over all; and a file that is longer than any.
START_TEST(test_behind)
{
    struct taken t = taken(7);
    uint8_t bytes[USER_FILE_MAX_BYTES + 1] = {0};
    struct sign_key key;
    size_t n = t.n - 32;

    memcpy(bytes, t.bytes, n);
    n++;
    hash_of((struct span){(char *)bytes, n}, bytes + n);
    ck_assert_int_eq(unlock(bytes, n + 32, PASS, &key), ERR_CORRUPT);
    n = sizeof bytes - 33;
    hash_of((struct span){(char *)bytes, n}, bytes + n);
    ck_assert_int_eq(unlock(bytes, n + 32, PASS, &key), ERR_CORRUPT);
    ck_assert_ptr_null(strstr(fail.why, "bytes, which"));
    n++;
    hash_of((struct span){(char *)bytes, n}, bytes + n);
    ck_assert_int_eq(unlock(bytes, n + 32, PASS, &key), ERR_CORRUPT);
    ck_assert_str_eq(fail.why, "the key file has 513 bytes, which no key file has");
}
END_TEST

static const struct {
    struct pass_cost cost;
    enum err e;
} costs[] = {
    {{0, 1}, ERR_BAD_ARG},
    {{7, 1}, ERR_BAD_ARG},
    {{8, 0}, ERR_BAD_ARG},
    {{8, 1}, ERR_OK},
    {{8, PASS_OPS_MAX}, ERR_OK},
    {{8, PASS_OPS_MAX + 1}, ERR_BAD_ARG},
    {{PASS_MEM_MAX_KIB, PASS_OPS_MAX}, ERR_NO_MEMORY}, // is tried where there is none
    {{PASS_MEM_MAX_KIB + 1, 1}, ERR_BAD_ARG},
    {{UINT32_MAX, UINT32_MAX}, ERR_BAD_ARG},
};

START_TEST(test_cost)
{
    struct sign_key key, back;
    uint8_t seed[32] = {1}, out[USER_FILE_MAX_BYTES];
    size_t n;

    sign_key_init(&key, seed);
    mem.fail_at = costs[_i].e == ERR_NO_MEMORY ? 0 : -1;
    ck_assert_int_eq(
        user_lock(&mem.mem, &source.random, &key, PASS, costs[_i].cost, out, &n, &fail),
        costs[_i].e);
    if (costs[_i].e == ERR_NO_MEMORY)
        ck_assert_int_gt(mem.gets, 0);
    else if (costs[_i].e)
        ck_assert_int_eq(mem.gets, 0);
    else
        ck_assert_int_eq(unlock(out, n, PASS, &back), ERR_OK);
}
END_TEST

// A stranger's file says what opening it costs: what is too much is not even begun.
static const struct {
    int64_t mem, ops;
    enum err e;
} asked[] = {
    {8, 1, ERR_DENIED}, // is tried; the box is none
    {7, 1, ERR_CORRUPT},
    {8, 0, ERR_CORRUPT},
    {-1, 1, ERR_CORRUPT},
    {8, -1, ERR_CORRUPT},
    {PASS_MEM_MAX_KIB, 1, ERR_NO_MEMORY}, // is tried where there is none
    {PASS_MEM_MAX_KIB, PASS_OPS_MAX, ERR_NO_MEMORY},
    {PASS_MEM_MAX_KIB + 1, 1, ERR_LIMIT},
    {8, PASS_OPS_MAX + 1, ERR_LIMIT},
    {UINT32_MAX, UINT32_MAX, ERR_LIMIT},
    {(int64_t)UINT32_MAX + 9, 1, ERR_CORRUPT},
    {8, (int64_t)UINT32_MAX + 2, ERR_CORRUPT},
    {INT64_MAX, INT64_MAX, ERR_CORRUPT},
};

START_TEST(test_asked)
{
    uint8_t bytes[USER_FILE_MAX_BYTES], zeros[64] = {0};
    struct pack p = {bytes, 0};
    struct sign_key key;
    enum err e;

    pack_map(&p, 8);
    pack_int(&p, "v", 1);
    pack_text(&p, "file", SPAN("user.lock"));
    pack_bytes(&p, "user", zeros, 32);
    pack_int(&p, "mem", asked[_i].mem);
    pack_int(&p, "ops", asked[_i].ops);
    pack_bytes(&p, "salt", zeros, 16);
    pack_bytes(&p, "nonce", zeros, 24);
    pack_bytes(&p, "box", zeros, 48);
    hash_of((struct span){(char *)bytes, p.n}, bytes + p.n);
    mem.fail_at = asked[_i].e == ERR_NO_MEMORY ? 0 : -1;
    e = unlock(bytes, p.n + 32, PASS, &key);
    ck_assert_msg(e == asked[_i].e, "row %d: %s", _i, fail.why);
    ck_assert_int_eq(mem.gets > 0, asked[_i].e == ERR_DENIED || asked[_i].e == ERR_NO_MEMORY);
}
END_TEST

// Whoever has the file and not the passphrase. Cheap here; at its full price this takes an hour.
START_TEST(test_ten_thousand)
{
    struct taken t = taken(7);
    struct sign_key key;
    char pass[16];

    for (unsigned i = 0; i < 10000; i++) {
        struct span guess = {pass, (size_t)snprintf(pass, sizeof pass, "guess %u", i)};
        enum err e = unlock(t.bytes, t.n, guess, &key);

        if (e != ERR_DENIED) // each assertion of Check writes to a file
            ck_abort_msg("%s: %s", pass, err_word(e));
    }
    ck_assert_int_eq(unlock(t.bytes, t.n, PASS, &key), ERR_OK);
    ck_assert_mem_eq(&key, &t.key, sizeof key);
}
END_TEST

// ---- Damage

// Any bit of a file of each kind, and any cut.
START_TEST(test_damage)
{
    static const char *const name[] = {"owner", "bob", "eve"};
    static const char *const file[] = {"user.key", "bob.user", "eve.user"};
    struct disk_file *now, whole;
    struct sign_key key, untouched;
    enum err e;

    made_node();
    (void)made("bob", none); // all three are files now
    (void)made("eve", PASS);
    now = disk_find(&disk, file[_i]);
    whole = *now;
    memset(&key, 0x77, sizeof key);
    untouched = key;
    for (size_t bit = 0; bit < 8 * whole.n; bit++) {
        now->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        e = try_open(name[_i], PASS, &key);
        ck_assert_msg(e == ERR_CORRUPT, "%s, bit %zu: %s", file[_i], bit, err_word(e));
        *now = whole;
    }
    for (size_t n = 0; n < whole.n; n++) {
        now->n = n;
        ck_assert_int_eq(try_open(name[_i], PASS, &key), ERR_CORRUPT);
    }
    now->n = FIX_FILE_BYTES + 1;
    ck_assert_int_eq(try_open(name[_i], PASS, &key), ERR_CORRUPT);
    ck_assert_mem_eq(&key, &untouched, sizeof key);
    *now = whole;
    ck_assert_int_eq(try_open(name[_i], PASS, &key), ERR_OK);
}
END_TEST

// The same by somebody who makes the check right again: what is locked opens for no other record,
// what is in the open is never taken for another user's. Every byte before the box is covered.
START_TEST(test_forged)
{
    struct taken t = taken(7);
    struct sign_key key;
    struct disk_file *bob;
    size_t n = t.n - 32, limits = 0;
    enum err e;

    for (size_t bit = 0; bit < 8 * n; bit++) {
        uint8_t *at = &t.bytes[bit / 8];

        *at ^= (uint8_t)(1 << bit % 8);
        hash_of((struct span){(char *)t.bytes, n}, t.bytes + n);
        e = unlock(t.bytes, t.n, PASS, &key);
        limits += e == ERR_LIMIT;
        ck_assert_msg(e == ERR_DENIED || e == ERR_CORRUPT || e == ERR_LIMIT ||
                          e == ERR_NOT_SUPPORTED,
                      "bit %zu: %s", bit, err_word(e));
        *at ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert_uint_eq(limits, 1); // 17 passes
    (void)made("bob", none);      // changed next
    bob = disk_find(&disk, "bob.user");
    n = bob->n - 32;
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bob->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        hash_of((struct span){(char *)bob->bytes, n}, bob->bytes + n);
        e = try_open("bob", none, &key);
        ck_assert_msg(e == ERR_CORRUPT || e == ERR_NOT_SUPPORTED, "bit %zu: %s", bit, err_word(e));
        bob->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
END_TEST

// Two files whose parts are exchanged: a box opens in its own record only.
START_TEST(test_exchanged)
{
    static const struct {
        const char *key;
        size_t n;
    } fields[] = {{"user", 32}, {"salt", 16}, {"nonce", 24}, {"box", 48}};
    struct taken a = taken(7), b = taken(9);
    struct sign_key key;
    size_t n = a.n - 32;
    uint8_t *x, *y;

    for (size_t i = 0; i < COUNT(fields); i++) {
        struct taken t = a;

        x = memmem(t.bytes, n, fields[i].key, strlen(fields[i].key));
        if (i == 0) // behind `user.lock`
            x = memmem(x + 4, 40, fields[i].key, 4);
        y = b.bytes + (x - t.bytes);
        memcpy(x, y, strlen(fields[i].key) + 2 + fields[i].n);
        hash_of((struct span){(char *)t.bytes, n}, t.bytes + n);
        ck_assert_int_eq(unlock(t.bytes, t.n, PASS, &key), ERR_DENIED);
    }
    ck_assert_int_eq(unlock(b.bytes, b.n, PASS, &key), ERR_OK);
}
END_TEST

Suite *keys_user_file_suite(void)
{
    Suite *s = suite_create("keys/user_file");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_pass);
    tcase_add_loop_test(t, test_change, 0, 2);
    tcase_add_test(t, test_take);
    tcase_add_test(t, test_drawn);
    tcase_add_test(t, test_sealed);
    tcase_add_test(t, test_behind);
    tcase_add_loop_test(t, test_cost, 0, COUNT(costs));
    tcase_add_loop_test(t, test_asked, 0, COUNT(asked));
    tcase_add_test(t, test_ten_thousand);
    tcase_add_loop_test(t, test_damage, 0, 3);
    tcase_add_test(t, test_forged);
    tcase_add_test(t, test_exchanged);
    suite_add_tcase(s, t);
    return s;
}
