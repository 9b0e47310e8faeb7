// SPDX-License-Identifier: MIT
#include "keys/crypto.h"
#include "units/heap.h"

#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

static struct span span(const void *bytes, size_t n)
{
    return (struct span){bytes, n};
}

static void expect_hex(const uint8_t *got, size_t n, const char *want)
{
    uint8_t bytes[64];

    ck_assert_uint_eq(fix_hex(want, bytes, sizeof bytes), n);
    ck_assert_mem_eq(got, bytes, n);
}

// ---- BLAKE2b-256: digests by another implementation (Python's hashlib); input: i mod m, n bytes

static const struct {
    const char *text; // NULL: the row's bytes
    size_t n;
    unsigned m;
    const char *hash;
} hashes[] = {
    {"", 0, 1, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
    {"abc", 3, 1, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"},
    {NULL, 256, 256, "39a7eb9fedc19aabc83425c6755dd90e6f9d0c804964a1f4aaeea3b9fb599835"},
    {NULL, 1000, 251, "b372d0608f720c8c3dd41e9c8eecb10143b41abe520b616607e754bf79c08331"},
};

START_TEST(test_hash)
{
    uint8_t bytes[1000], hash[32], pieces[32];
    size_t n = hashes[_i].n, step;

    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(hashes[_i].text ? (unsigned)hashes[_i].text[i] : i % hashes[_i].m);
    hash_of(span(bytes, n), hash);
    expect_hex(hash, 32, hashes[_i].hash);
    for (step = 1; step <= 300; step += 37) {
        struct hash h;

        hash_init(&h);
        for (size_t at = 0; at < n; at += step)
            hash_add(&h, span(bytes + at, n - at < step ? n - at : step));
        hash_end(&h, pieces);
        ck_assert_mem_eq(pieces, hash, 32);
    }
}
END_TEST

// ---- Ed25519: RFC 8032 section 7.1, tests 1, 2, 3 and SHA(abc)

static const struct {
    const char *seed, *public, *text, *sign;
} signs[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0"
     "303dca179c138ac17ad9bef1177331a704"},
};

START_TEST(test_sign)
{
    uint8_t seed[32], text[64], sign[64];
    struct sign_key key;
    struct span bytes;

    (void)fix_hex(signs[_i].seed, seed, sizeof seed); // the rows are of this length
    bytes = span(text, fix_hex(signs[_i].text, text, sizeof text));
    sign_key_init(&key, seed);
    expect_hex(key.public, 32, signs[_i].public);
    sign_make(&key, bytes, sign);
    expect_hex(sign, 64, signs[_i].sign);
    ck_assert(sign_check(sign, key.public, bytes));

    for (size_t bit = 0; bit < 512; bit++) {
        sign[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(!sign_check(sign, key.public, bytes), "bit %zu of the signature", bit);
        sign[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        text[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(!sign_check(sign, key.public, bytes), "bit %zu of the text", bit);
        text[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 256; bit++) {
        key.public[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(!sign_check(sign, key.public, bytes), "bit %zu of the key", bit);
        key.public[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
END_TEST

// What a lax check lets pass: forms that no honest signer writes.
START_TEST(test_sign_strict)
{
    uint8_t public[32], sign[64];

    // Test 1 with the group order added to the scalar: the same equation, another signature.
    (void)fix_hex(signs[0].public, public, sizeof public);
    (void)fix_hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                  "4c8c7872aa064e049dbb3013fbf29380d25bf5f0595bbe24655141438e7a101b",
                  sign, sizeof sign);
    ck_assert(!sign_check(sign, public, SPAN("")));

    // The neutral point as key and in the signature, scalar 0: would hold for every text.
    memset(public, 0, sizeof public);
    memset(sign, 0, sizeof sign);
    public[0] = sign[0] = 1;
    ck_assert(!sign_check(sign, public, SPAN("any text")));
}
END_TEST

// ---- X25519: RFC 7748 sections 5.2 and 6.1

START_TEST(test_dh)
{
    uint8_t alice[32], bob[32], public[32], shared[32];

    (void)fix_hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", alice, 32);
    (void)fix_hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", public, 32);
    ck_assert(dh_shared(alice, public, shared));
    expect_hex(shared, 32, "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");

    (void)fix_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", alice, 32);
    (void)fix_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", bob, 32);
    dh_public(alice, public);
    expect_hex(public, 32, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    ck_assert(dh_shared(bob, public, shared));
    expect_hex(shared, 32, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    dh_public(bob, public);
    expect_hex(public, 32, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    ck_assert(dh_shared(alice, public, shared));
    expect_hex(shared, 32, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");

    memset(public, 0, sizeof public);
    ck_assert(!dh_shared(alice, public, shared));
    public[0] = 1;
    ck_assert(!dh_shared(alice, public, shared));
}
END_TEST

START_TEST(test_secret_eq)
{
    uint8_t x[32], y[32];

    memset(x, 7, sizeof x);
    memset(y, 7, sizeof y);
    ck_assert(secret_eq(x, y, 32));
    ck_assert(secret_eq(x, y, 0));
    for (size_t i = 0; i < 32; i++) {
        y[i] ^= 0x80;
        ck_assert(!secret_eq(x, y, 32));
        ck_assert(secret_eq(x, y, i));
        y[i] ^= 0x80;
    }
}
END_TEST

// ---- Argon2id: by the authors' own program and by OpenSSL; the last two are libsodium's published
// ones (its test pwhash_argon2id) that it verifies itself

static const struct {
    const char *pass, *salt;
    uint32_t mem_kib, ops;
    const char *key;
} passes[] = {
    {"", "30313233343536373839616263646566", 8, 1,
     "d440eba67886df93d643dcb8a69b02af68c16d284cd6f68659553e245bf9efc0"},
    {"password", "30313233343536373839616263646566", 8, 1,
     "771338d819573c67116b39e1788ae8e04b0eb0cf9dfbbfe2e6d746cf3e464fc7"},
    {"password", "30313233343536373839616263646566", 9, 3,
     "a60a45def5cfc641a23c23287efbabbe9f012bb70fe1b7b53f1d97768314ca36"},
    {"password", "30313233343536373839616263646566", 1000, 2,
     "ebf6e303b1b0780075db536d648caedb732931f86cc161c7b1d20f21c3864aed"},
    {"", "6c0f356abb225f2b1ddd66d34739843b", 4882, 2,
     "366f1004cfbb447d435e8f6bbe9e5cc0a10e38e7c3da0e89bb19578a1a0d7291"},
    {"^T5H$JYt39n%K*j:W]!1s?vg!:jGi]Ax?..l7[p0v:1jHTpla9;]bUN;?bWyCbtqg ",
     "3e412031362d62797465732073616c74", 4096, 19,
     "96d07fb9ed643ed04c0467eccac3293e2804ea188d10a67dbecf2f2cd5434060"},
};

START_TEST(test_pass)
{
    struct span pass = span_of(passes[_i].pass);
    uint8_t salt[16], key[32];
    struct test_mem m;

    test_mem_init(&m);
    (void)fix_hex(passes[_i].salt, salt, sizeof salt);
    ck_assert_int_eq(pass_key(&m.mem, pass, salt, passes[_i].mem_kib, passes[_i].ops, key), ERR_OK);
    expect_hex(key, 32, passes[_i].key);
    ck_assert_uint_ge(m.most_bytes, (size_t)(passes[_i].mem_kib & ~3u) << 10); // lent, all of it
    ck_assert_uint_le(m.most_bytes, ((size_t)passes[_i].mem_kib << 10) * 257 / 256 + 4096);
    test_mem_done(&m);
}
END_TEST

static enum err step_pass(struct test_mem *m, void *ctx)
{
    uint8_t key[32];
    enum err e;

    memset(key, 0x77, sizeof key);
    e = pass_key(&m->mem, SPAN("x"), ctx, 8, 1, key);
    for (size_t i = 0; e && i < sizeof key; i++) // untouched
        ck_assert_uint_eq(key[i], 0x77);
    return e;
}

START_TEST(test_pass_bad)
{
    uint8_t salt[16] = {0}, key[32];
    struct test_mem m;

    test_mem_init(&m);
    ck_assert_int_eq(pass_key(&m.mem, SPAN("x"), salt, 7, 1, key), ERR_BAD_ARG);
    ck_assert_int_eq(pass_key(&m.mem, SPAN("x"), salt, 8, 0, key), ERR_BAD_ARG);
    ck_assert_int_eq(m.gets, 0);
    test_each_allocation(step_pass, salt);
}
END_TEST

// What comes back is wiped: no block of it holds more than zeros.
static void put_wiped(void *ctx, void *p, size_t bytes)
{
    const uint8_t *b = p;

    for (size_t i = 64; i < bytes; i++) // behind the arena's own head
        ck_assert_uint_eq(b[i], 0);
    ++*(unsigned *)ctx;
    free(p);
}

static void *get_plain(void *ctx, size_t bytes)
{
    (void)ctx;
    return malloc(bytes);
}

static unsigned pass_pauses;

static void count_pause(void)
{
    pass_pauses++;
}

// What takes a third of a second lets others run: for each KiB and pass.
START_TEST(test_pass_pauses)
{
    static const uint8_t salt[16] = {1};
    struct test_mem m;
    uint8_t key[32];

    test_mem_init(&m);
    heap_set_pause(count_pause);
    pass_pauses = 0;
    ck_assert_int_eq(pass_key(&m.mem, SPAN("x"), salt, 1024, 3, key), ERR_OK);
    heap_set_pause(NULL);
    heap_pauses = false;
    ck_assert_uint_ge(pass_pauses, 3 * 1024 - 8);
    test_mem_done(&m);
}
END_TEST

START_TEST(test_pass_wipes)
{
    unsigned n = 0;
    struct mem mem = {.ctx = &n, .get = get_plain, .put = put_wiped};
    uint8_t salt[16] = {0}, key[32];

    ck_assert_int_eq(pass_key(&mem, SPAN("x"), salt, 8, 1, key), ERR_OK);
    ck_assert_uint_gt(n, 1);
}
END_TEST

// ---- XChaCha20-Poly1305: draft-irtf-cfrg-xchacha-03 section A.3.1

static const char sunscreen[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
                                "only one tip for the future, sunscreen would be it.";
static const char sunscreen_box[] =
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7"
    "e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565"
    "d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";

START_TEST(test_box)
{
    uint8_t key[32], nonce[24], ad[12], box[200], want[200], plain[200];
    struct span text = SPAN(sunscreen);
    size_t n = text.len + BOX_BYTES;

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(0x80 + i);
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(0x40 + i);
    (void)fix_hex("50515253c0c1c2c3c4c5c6c7", ad, sizeof ad);
    ck_assert_uint_eq(fix_hex(sunscreen_box, want, sizeof want), n);
    box_make(key, nonce, span(ad, sizeof ad), text, box);
    ck_assert_mem_eq(box, want, n);
    ck_assert(box_open(key, nonce, span(ad, sizeof ad), span(box, n), plain));
    ck_assert_mem_eq(plain, text.at, text.len);
    for (size_t i = 0; i < n; i++) {
        box[i] ^= 1;
        ck_assert(!box_open(key, nonce, span(ad, sizeof ad), span(box, n), plain));
        ck_assert(!box_open(key, nonce, span(ad, sizeof ad), span(want, i), plain));
        box[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof ad; i++) {
        ad[i] ^= 0x80;
        ck_assert(!box_open(key, nonce, span(ad, sizeof ad), span(box, n), plain));
        ad[i] ^= 0x80;
        ck_assert(!box_open(key, nonce, span(ad, i), span(box, n), plain));
    }
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] ^= 1;
        ck_assert(!box_open(key, nonce, span(ad, sizeof ad), span(box, n), plain));
        key[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof nonce; i++) {
        nonce[i] ^= 1;
        ck_assert(!box_open(key, nonce, span(ad, sizeof ad), span(box, n), plain));
        nonce[i] ^= 1;
    }
}
END_TEST

// ---- Sealed boxes: by another implementation (msgs/WIRE.md has the steps)

START_TEST(test_seal)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 1000};
    uint8_t seed[32], once[32], want[64], box[1100], plain[1100], text[1000];
    struct sign_key key, other;
    size_t n = 13 + SEAL_BYTES;

    for (size_t i = 0; i < 32; i++) {
        seed[i] = (uint8_t)i;
        once[i] = (uint8_t)(64 + i);
    }
    sign_key_init(&key, seed);
    sign_key_init(&other, once);
    ck_assert_uint_eq(fix_hex("f14b5173130a1b80687f273d49e8f4740a793a949b83b105837f2a61e8fee14f"
                              "0b240cab1a32b383d474946541005452e9c9e86cea739abea1e128775b",
                              want, sizeof want),
                      n);
    ck_assert_int_eq(seal_make(key.public, once, SPAN("for you alone"), box), ERR_OK);
    ck_assert_mem_eq(box, want, n);
    ck_assert_int_eq(seal_open(&key, span(box, n), plain), ERR_OK);
    ck_assert_mem_eq(plain, "for you alone", 13);
    ck_assert_int_eq(seal_open(&other, span(box, n), plain), ERR_DENIED);
    for (size_t i = 0; i < n; i++) {
        box[i] ^= 1;
        ck_assert_int_eq(seal_open(&key, span(box, n), plain), ERR_DENIED);
        box[i] ^= 1;
        ck_assert_int_eq(seal_open(&key, span(box, i), plain), ERR_DENIED);
    }
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        ck_assert_int_eq(seal_make(key.public, once, span(text, sizes[i]), box), ERR_OK);
        ck_assert_int_eq(seal_open(&key, span(box, sizes[i] + SEAL_BYTES), plain), ERR_OK);
        ck_assert_mem_eq(plain, text, sizes[i]);
    }
}
END_TEST

// Public keys that no seed gives: of small order (RFC 7748's points as Edwards y), off the curve,
// and past the field's prime.
static const char *const no_keys[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "0200000000000000000000000000000000000000000000000000000000000000",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

START_TEST(test_seal_no_key)
{
    uint8_t to[32], once[32] = {1}, box[1 + SEAL_BYTES];

    (void)fix_hex(no_keys[_i], to, sizeof to);
    ck_assert_int_eq(seal_make(to, once, SPAN("x"), box), ERR_BAD_ARG);
}
END_TEST

// ---- SHA-256: FIPS 180-4's examples

START_TEST(test_sha256)
{
    uint8_t hash[32];

    sha256_of(SPAN(""), hash);
    expect_hex(hash, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_of(SPAN("abc"), hash);
    expect_hex(hash, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_of(SPAN("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hash);
    expect_hex(hash, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
END_TEST

Suite *keys_crypto_suite(void)
{
    Suite *s = suite_create("keys/crypto");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, test_hash, 0, COUNT(hashes));
    tcase_add_loop_test(t, test_sign, 0, COUNT(signs));
    tcase_add_test(t, test_sign_strict);
    tcase_add_test(t, test_dh);
    tcase_add_test(t, test_secret_eq);
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, test_pass, 0, COUNT(passes));
    tcase_add_test(t, test_pass_bad);
    tcase_add_test(t, test_pass_pauses);
    tcase_add_test(t, test_pass_wipes);
    tcase_add_test(t, test_box);
    tcase_add_test(t, test_seal);
    tcase_add_loop_test(t, test_seal_no_key, 0, COUNT(no_keys));
    tcase_add_test(t, test_sha256);
    suite_add_tcase(s, t);
    return s;
}
