// SPDX-License-Identifier: MIT
#include "keys/identity.h"

#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

static struct identity made(struct fix_files *x, uint8_t n)
{
    struct fix_random r;
    struct identity id;
    struct test_mem m;
    struct fail f = {0};

    test_mem_init(&m);
    fix_files_init(x);
    fix_random_init(&r, n);
    ck_assert_msg(identity_make(&m.mem, &x->files, &r.random, &id, &f) == ERR_OK, "%s", f.why);
    test_mem_done(&m);
    return id;
}

static enum err load(const struct fix_files *x, struct identity *id, struct fail *f)
{
    struct test_mem m;
    enum err e;

    test_mem_init(&m);
    e = identity_load(&m.mem, &x->files, id, f);
    test_mem_done(&m);
    return e;
}

static void expect_same(const struct identity *x, const struct identity *y)
{
    ck_assert_mem_eq(&x->node, &y->node, sizeof x->node);
    ck_assert_mem_eq(x->box, y->box, sizeof x->box);
    ck_assert_uint_eq(x->cert_n, y->cert_n);
    ck_assert_mem_eq(x->cert_bytes, y->cert_bytes, x->cert_n);
    ck_assert_mem_eq(x->cert.hash, y->cert.hash, sizeof x->cert.hash);
}

START_TEST(test_make_and_load)
{
    struct fix_files x;
    struct identity id, again;
    struct sign_key user;
    struct test_mem m;
    uint8_t want[96], public[32];
    int64_t serial = 0;
    struct fail f;

    fix_files_init(&x);
    ck_assert(!identity_exists(&x.files));
    ck_assert_int_eq(load(&x, &again, &f), ERR_NOT_FOUND);
    id = made(&x, 0);
    ck_assert(identity_exists(&x.files));
    ck_assert_int_eq(load(&x, &again, &f), ERR_OK);
    expect_same(&again, &id);

    // Every secret is the machine's random bytes, each used once: user, node, sessions.
    for (size_t i = 0; i < sizeof want; i++)
        want[i] = (uint8_t)i;
    ck_assert_mem_eq(id.node.seed, want + 32, 32);
    ck_assert_mem_eq(id.box, want + 64, 32);
    test_mem_init(&m);
    ck_assert_int_eq(identity_user(&m.mem, &x.files, &user, &f), ERR_OK);
    test_mem_done(&m);
    ck_assert_mem_eq(user.seed, want, 32);

    ck_assert_mem_eq(id.cert.user, user.public, 32);
    ck_assert_mem_eq(id.cert.node, id.node.public, 32);
    dh_public(id.box, public);
    ck_assert_mem_eq(id.cert.box, public, 32);
    ck_assert_uint_eq(id.cert.roles, CERT_SIGN | CERT_ADMIN);
    ck_assert_int_eq(cert_covers(&id.cert, TIME_UNKNOWN, NULL), ERR_OK);
    for (int64_t i = 96; i < 96 + 8; i++) // the next 8 bytes, 7 bits of each
        serial = serial << 7 | i;
    ck_assert_int_eq(id.cert.serial, serial);
    ck_assert_int_eq(cert_open((struct span){(char *)id.cert_bytes, id.cert_n}, &id.cert, &f),
                     ERR_OK);

    identity_fini(&id);
    for (size_t i = 0; i < sizeof id; i++)
        ck_assert_uint_eq(((uint8_t *)&id)[i], 0);
}
END_TEST

START_TEST(test_make_keeps_nothing)
{
    struct fix_random r;
    struct fix_files x;
    struct identity id, other = made(&x, 0);
    struct fail f;

    fix_random_init(&r, 0);
    ck_assert_int_eq(identity_make(NULL, NULL, &r.random, &id, &f), ERR_OK);
    expect_same(&id, &other); // from the same random bytes
    fix_random_init(&r, 1);
    ck_assert_int_eq(identity_make(NULL, NULL, &r.random, &other, &f), ERR_OK);
    ck_assert_mem_ne(other.node.public, id.node.public, 32);
}
END_TEST

// The disk fills up after n files; the next call finishes, and what was made stays.
START_TEST(test_make_in_two_goes)
{
    struct fix_files x, before;
    struct fix_random r;
    struct identity id;
    struct test_mem m;
    struct fail f;

    test_mem_init(&m);
    fix_files_init(&x);
    fix_random_init(&r, 0);
    x.makes_left = _i;
    ck_assert_int_eq(identity_make(&m.mem, &x.files, &r.random, &id, &f), ERR_NO_SPACE);
    ck_assert(!identity_exists(&x.files));
    before = x;
    x.makes_left = -1;
    fix_random_init(&r, 100);
    ck_assert_int_eq(identity_make(&m.mem, &x.files, &r.random, &id, &f), ERR_OK);
    for (size_t i = 0; i < FIX_FILES; i++)
        if (before.file[i].is)
            ck_assert_mem_eq(&before.file[i], &x.file[i], sizeof x.file[i]);
    ck_assert(identity_exists(&x.files));
    test_mem_done(&m);
}
END_TEST

// Another node made them all between our look and our writing: theirs count.
START_TEST(test_make_together)
{
    struct fix_files x;
    struct identity id = made(&x, 0), other;
    struct fix_random r;
    struct test_mem m;
    struct fail f;

    test_mem_init(&m);
    x.blind = true;
    fix_random_init(&r, 100);
    ck_assert_int_eq(identity_make(&m.mem, &x.files, &r.random, &other, &f), ERR_OK);
    expect_same(&other, &id);
    test_mem_done(&m);
}
END_TEST

START_TEST(test_no_random)
{
    static const enum err codes[] = {ERR_NOT_SUPPORTED, ERR_IO};
    struct fix_files x;
    struct fix_random r;
    struct identity id;
    struct test_mem m;
    struct fail f = {0};

    test_mem_init(&m);
    fix_files_init(&x);
    fix_random_init(&r, 0);
    r.fails = codes[_i];
    memset(&id, 0x77, sizeof id);
    ck_assert_int_eq(identity_make(&m.mem, &x.files, &r.random, &id, &f), codes[_i]);
    ck_assert_int_eq(f.code, codes[_i]);
    ck_assert_str_ne(f.why, "");
    for (size_t i = 0; i < FIX_FILES; i++)
        ck_assert(!x.file[i].is);
    ck_assert_int_eq(identity_make(&m.mem, NULL, &r.random, &id, &f), codes[_i]);
    for (size_t i = 0; i < sizeof id; i++) // untouched
        ck_assert_uint_eq(((uint8_t *)&id)[i], 0x77);
    test_mem_done(&m);
}
END_TEST

// Files that are missing (bits: user.key node.key node.cert), then load, then make.
static const struct {
    unsigned missing;
    enum err load, make;
    bool same; // make gives the node that was before
} missing[] = {
    {0, ERR_OK, ERR_OK, true},
    {1, ERR_OK, ERR_OK, true}, // the user is on another device
    {2, ERR_NOT_FOUND, ERR_CORRUPT, false},
    {3, ERR_NOT_FOUND, ERR_CORRUPT, false},
    {4, ERR_NOT_FOUND, ERR_OK, true},
    {5, ERR_NOT_FOUND, ERR_OK, true}, // no certificate says whose the node was
    {6, ERR_NOT_FOUND, ERR_OK, false},
    {7, ERR_NOT_FOUND, ERR_OK, false},
};

START_TEST(test_missing)
{
    struct fix_files x, before;
    struct identity id = made(&x, 0), got;
    struct fix_random r;
    struct test_mem m;
    struct fail f = {0};

    test_mem_init(&m);
    for (unsigned i = 0; i < FIX_FILES; i++)
        if (missing[_i].missing & (1u << i))
            x.file[i].is = false;
    ck_assert_int_eq(identity_exists(&x.files), (missing[_i].missing & 6) == 0);
    ck_assert_int_eq(load(&x, &got, &f), missing[_i].load);
    before = x;
    fix_random_init(&r, 100);
    ck_assert_int_eq(identity_make(&m.mem, &x.files, &r.random, &got, &f), missing[_i].make);
    // What was there stays; a user's key is made only where there is no certificate, and beside one
    // without its node nothing is.
    for (unsigned i = 0; i < FIX_FILES; i++) {
        bool gone = missing[_i].missing & (1u << i);

        if (!gone)
            ck_assert_mem_eq(&x.file[i], &before.file[i], sizeof x.file[i]);
        else
            ck_assert_int_eq(x.file[i].is,
                             missing[_i].make == ERR_OK && (i > 0 || (missing[_i].missing & 4)));
    }
    if (missing[_i].make == ERR_OK) {
        ck_assert_int_eq(memcmp(got.node.public, id.node.public, 32) == 0, missing[_i].same);
        // The user stays where his key is.
        if (!(missing[_i].missing & 1))
            ck_assert_mem_eq(got.cert.user, id.cert.user, 32);
    }
    test_mem_done(&m);
}
END_TEST

// Any bit of any file, and any cut: corrupt, and the files stay as they are.
START_TEST(test_damage)
{
    struct fix_files x, y;
    struct identity id = made(&x, 0);
    struct fix_file *file = &y.file[_i];
    struct fix_random r;
    struct sign_key user;
    struct test_mem m;
    struct fail f;

    test_mem_init(&m);
    fix_random_init(&r, 100);
    for (size_t bit = 0; bit < 8 * x.file[_i].n + x.file[_i].n; bit++) {
        enum err e;

        y = x;
        y.files.ctx = &y;
        if (bit < 8 * x.file[_i].n)
            file->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        else
            file->n = bit - 8 * x.file[_i].n;
        f = (struct fail){0};
        e = _i == 0 ? identity_user(&m.mem, &y.files, &user, &f) : load(&y, &id, &f);
        ck_assert_msg(e == ERR_CORRUPT, "%s, bit %zu: %s", file->name, bit, err_word(e));
        ck_assert_msg(strncmp(f.why, file->name, strlen(file->name)) == 0, "%s", f.why);
        ck_assert_ptr_nonnull(f.hint);
        if (_i > 0) {
            struct fix_file before = *file;

            ck_assert_int_eq(identity_make(&m.mem, &y.files, &r.random, &id, &f), ERR_CORRUPT);
            ck_assert_mem_eq(&before, file, sizeof before);
        }
    }
    test_mem_done(&m);
}
END_TEST

// The check of a file made right again after a change: {from to} in it.
static const struct {
    int file;
    const char *from, *to;
    enum err e;
} changed[] = {
    {1, "\x61v\x01", "\x61v\x02", ERR_NOT_SUPPORTED},
    {1, "\x61v\x01", "\x61w\x01", ERR_CORRUPT},
    {1, "node.key", "node.kez", ERR_CORRUPT},
    {1,
     "\x63"
     "box",
     "\x63"
     "bux",
     ERR_CORRUPT},
    {1, "\xA4", "\xA5", ERR_CORRUPT},
    {2, "telex-cert-v1", "telex-cert-v2", ERR_CORRUPT},
    {2, "\x64user\x58\x20", "\x64user\x58\x21", ERR_CORRUPT},
};

START_TEST(test_changed)
{
    struct fix_files x;
    struct identity id = made(&x, 0);
    struct fix_file *file = &x.file[changed[_i].file];
    size_t len = strlen(changed[_i].from), n = file->n - 32;
    struct fail f = {0};
    uint8_t *at;

    for (at = file->bytes; memcmp(at, changed[_i].from, len) != 0; at++)
        ck_assert_msg(at + len < file->bytes + n, "%s is not there", changed[_i].from);
    memcpy(at, changed[_i].to, len);
    hash_of((struct span){(char *)file->bytes, n}, file->bytes + n);
    ck_assert_msg(load(&x, &id, &f) == changed[_i].e, "row %d: %s", _i, f.why);
    ck_assert_int_eq(f.code, changed[_i].e);
}
END_TEST

START_TEST(test_files_of_two_nodes)
{
    struct fix_files x, y;
    struct identity id = made(&x, 0);
    struct fail f;

    (void)made(&y, 100); // only its files matter
    x.file[2] = y.file[2];
    ck_assert_int_eq(load(&x, &id, &f), ERR_CORRUPT);
    x.file[1] = y.file[1];
    ck_assert_int_eq(load(&x, &id, &f), ERR_OK);
    x.file[1].n = FIX_FILE_BYTES;
    ck_assert_int_eq(load(&x, &id, &f), ERR_CORRUPT);
}
END_TEST

// node.key with one of its two secrets from another node: each is tied to the certificate.
START_TEST(test_half_of_two_nodes)
{
    static const char *const secrets[] = {"\x64seed\x58\x20", "\x63"
                                                              "box\x58\x20"};
    struct fix_files x, y;
    struct identity id = made(&x, 0);
    struct fix_file *file = &x.file[1];
    size_t n = file->n - 32, len = strlen(secrets[_i]);
    struct fail f = {0};
    uint8_t *at;

    (void)made(&y, 100); // only its files matter
    for (at = file->bytes; memcmp(at, secrets[_i], len) != 0; at++)
        ck_assert(at < file->bytes + n);
    memcpy(at + len, y.file[1].bytes + (at - file->bytes) + len, 32);
    hash_of((struct span){(char *)file->bytes, n}, file->bytes + n);
    ck_assert_int_eq(load(&x, &id, &f), ERR_CORRUPT);
    ck_assert_str_eq(f.why, "node.cert was given to another node than node.key");
}
END_TEST

// A record with bytes behind it, and a check over all of them.
START_TEST(test_behind)
{
    struct fix_files x;
    struct identity id = made(&x, 0);
    struct fix_file *file = &x.file[_i];
    struct sign_key user;
    struct test_mem m;
    struct fail f = {0};
    size_t n = file->n - 32;
    enum err e;

    test_mem_init(&m);
    file->bytes[n++] = 0;
    hash_of((struct span){(char *)file->bytes, n}, file->bytes + n);
    file->n++;
    e = _i == 0 ? identity_user(&m.mem, &x.files, &user, &f) : load(&x, &id, &f);
    ck_assert_msg(e == ERR_CORRUPT, "%s: %s", file->name, err_word(e));
    ck_assert_int_eq(f.code, ERR_CORRUPT);
    ck_assert_ptr_nonnull(f.hint);
    test_mem_done(&m);
}
END_TEST

static enum err step_load(struct test_mem *m, void *ctx)
{
    struct identity id;

    return identity_load(&m->mem, ctx, &id, NULL);
}

static enum err step_make(struct test_mem *m, void *ctx)
{
    struct fix_files x;
    struct fix_random r;
    struct identity id;

    (void)ctx;
    fix_files_init(&x);
    fix_random_init(&r, 0);
    return identity_make(&m->mem, &x.files, &r.random, &id, NULL);
}

START_TEST(test_no_memory)
{
    struct fix_files x;

    (void)made(&x, 0); // only its files matter
    test_each_allocation(step_load, &x.files);
    test_each_allocation(step_make, NULL);
}
END_TEST

Suite *keys_identity_suite(void)
{
    Suite *s = suite_create("keys/identity");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_make_and_load);
    tcase_add_test(t, test_make_keeps_nothing);
    tcase_add_loop_test(t, test_make_in_two_goes, 0, FIX_FILES);
    tcase_add_test(t, test_make_together);
    tcase_add_loop_test(t, test_no_random, 0, 2);
    tcase_add_loop_test(t, test_missing, 0, COUNT(missing));
    tcase_add_loop_test(t, test_damage, 0, FIX_FILES);
    tcase_add_loop_test(t, test_changed, 0, COUNT(changed));
    tcase_add_test(t, test_files_of_two_nodes);
    tcase_add_loop_test(t, test_half_of_two_nodes, 0, 2);
    tcase_add_loop_test(t, test_behind, 0, FIX_FILES);
    tcase_add_test(t, test_no_memory);
    suite_add_tcase(s, t);
    return s;
}
