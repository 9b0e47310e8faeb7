// SPDX-License-Identifier: MIT
#include "keys/name.h"

#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

// ---- bech32m: the strings of BIP-350

static const struct {
    const char *text;
    enum err e;
} texts[] = {
    {"A1LQFN3A", ERR_OK},
    {"a1lqfn3a", ERR_OK},
    {"an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
     ERR_OK},
    {"abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx", ERR_OK},
    {"11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
     ERR_OK},
    {"split1checkupstagehandshakeupstreamerranterredcaperredlc445v", ERR_OK},
    {"?1v759aa", ERR_OK},
    {" 1xj0phk", ERR_SYNTAX},
    {"\x7f"
     "1g6xzxy",
     ERR_SYNTAX},
    {"\x80"
     "1vctc34",
     ERR_SYNTAX},
    {"an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
     ERR_SYNTAX},
    {"qyrz8wqd2c9m", ERR_SYNTAX},
    {"1qyrz8wqd2c9m", ERR_SYNTAX},
    {"y1b0jsk6g", ERR_SYNTAX},
    {"lt1igcx5c0", ERR_SYNTAX},
    {"in1muywd", ERR_SYNTAX},
    {"mm1crxm3i", ERR_SYNTAX},
    {"au1s5cgom", ERR_SYNTAX},
    {"M1VUXWEZ", ERR_SYNTAX},
    {"16plkw9", ERR_SYNTAX},
    {"1p2gdwpf", ERR_SYNTAX},
    // Segregated witness addresses: with the checksum of bech32, and with letters of both cases.
    {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", ERR_OK},
    {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", ERR_SYNTAX},
    {"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq", ERR_SYNTAX},
    {"", ERR_SYNTAX},
    {"a1", ERR_SYNTAX},
    {"a1lqfn3a ", ERR_SYNTAX},
};

START_TEST(test_bech32m)
{
    size_t prefix = 77;
    struct fail f = {0};
    enum err e = bech32m_check(span_of(texts[_i].text), &prefix, &f);

    ck_assert_msg(e == texts[_i].e, "%s: %s", texts[_i].text, f.why);
    if (e) {
        ck_assert_uint_eq(prefix, 77); // untouched
        ck_assert_int_eq(f.code, e);
        ck_assert(f.pos == FAIL_NO_POS || f.pos <= strlen(texts[_i].text));
    } else {
        ck_assert_int_eq(texts[_i].text[prefix], '1');
        ck_assert_ptr_null(strchr(texts[_i].text + prefix + 1, '1'));
    }
}
END_TEST

// ---- Keys: texts by another implementation, written from the BIP

#define PUBLIC "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
#define SEED "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define TU "tu1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxuq5x65tl"
#define TN "tn19xkt4c2phn90pv3wr22dxngtcumpu5ndp0lp9jyhjj7fxg5kdhts2tdml6"
#define SECRET "TELEX-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SNRGZWS"

static const struct {
    enum key_kind kind;
    const char *key, *text;
} names[] = {
    {KEY_USER, PUBLIC, TU},
    {KEY_NODE, "29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7", TN},
    {KEY_SECRET, SEED, SECRET},
    {KEY_USER, "0000000000000000000000000000000000000000000000000000000000000000",
     "tu1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqjk4fsv"},
    {KEY_NODE, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "tn1llllllllllllllllllllllllllllllllllllllllllllllllllls2tc5u6"},
};

START_TEST(test_there_and_back)
{
    uint8_t key[32], back[32];
    char text[KEY_TEXT_MAX], turned[KEY_TEXT_MAX];
    size_t n;

    (void)fix_hex(names[_i].key, key, sizeof key);
    n = key_print(names[_i].kind, key, text);
    ck_assert_str_eq(text, names[_i].text);
    ck_assert_uint_eq(n, strlen(text));
    ck_assert_uint_eq(n, names[_i].kind == KEY_SECRET ? KEY_SECRET_CHARS : KEY_NAME_CHARS);
    for (size_t i = 0; i <= n; i++) // in the other case, too
        turned[i] = (char)(text[i] >= 'A' && (text[i] & 0x40) ? text[i] ^ 0x20 : text[i]);
    ck_assert_int_eq(key_parse((struct span){text, n}, names[_i].kind, back, NULL), ERR_OK);
    ck_assert_mem_eq(back, key, 32);
    memset(back, 0, sizeof back);
    ck_assert_int_eq(key_parse((struct span){turned, n}, names[_i].kind, back, NULL), ERR_OK);
    ck_assert_mem_eq(back, key, 32);
}
END_TEST

// Whatever is not a key of the kind that is wanted; where, and what is said of it.
static const struct {
    const char *text;
    enum key_kind want;
    size_t pos;
    const char *why;
} wrong[] = {
    {"", KEY_USER, 0, "no key stands here"},
    {"tu", KEY_USER, FAIL_NO_POS, "a key has a 1"},
    {"tu1", KEY_USER, 3, "this key is cut off"},
    {"owner", KEY_USER, FAIL_NO_POS, "a key has a 1"},
    {TN, KEY_USER, 0, "this is a node's key (tn1..), wanted is a user's key (tu1..)"},
    {TU, KEY_NODE, 0, "this is a user's key (tu1..), wanted is a node's key (tn1..)"},
    {TU, KEY_SECRET, 0, "this is a user's key (tu1..), wanted is a secret key"},
    {SECRET, KEY_USER, 0, "this is a secret key (TELEX-SECRET-KEY-1..), wanted is a user's"},
    {"tx1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxuqzz4y8y", KEY_USER, 0,
     "wanted is a user's key"},
    {"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", KEY_USER, 0,
     "wanted is a user's key"},
    // Letters that begin as those of a kind do, or are less.
    {"tux1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxuq2uslda", KEY_USER, 0,
     "wanted is a user's key"},
    {"t1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxuq7748cj", KEY_USER, 0,
     "wanted is a user's key"},
    {"tn-1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxuqyg6kss", KEY_NODE, 0,
     "wanted is a node's key"},
    {"telex-secret-key1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxuq30jxgt", KEY_SECRET, 0,
     "wanted is a secret key"},
    {"telex-secret-key-21qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxuqtr8hdt", KEY_SECRET, 0,
     "wanted is a secret key"},
    // A right checksum over 51 and 53 characters, and over rest bits that are not zero.
    {"tu1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqquccee4", KEY_USER, 60,
     "this key has another length"},
    {"tu1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq7qzftx", KEY_USER, 62,
     "this key has another length"},
    {"tu1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxupfswpkd", KEY_USER, 54,
     "this key has more bits"},
    {"tu1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxug2j7c4z", KEY_USER, 54,
     "this key has more bits"},
    {"tu1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxuq5x65tL", KEY_USER, 60,
     "a key is all upper or all lower case"},
    {"Tu1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxuq5x65tl", KEY_USER, 1,
     "a key is all upper or all lower case"},
    {" " TU, KEY_USER, 0, "wanted is a user's key"},
    {TU " ", KEY_USER, 61, "a character that no key has"},
    {TU TU, KEY_USER, 90, "too long for a key"},
    {"tu1qwss00lnecgtu8tsm5vwwj7qn9n7f43snwjs6hcamjrxgyj4xxub5x65tl", KEY_USER, 54,
     "a character that no key has"},
};

START_TEST(test_wrong)
{
    uint8_t key[32];
    struct fail f = {0};

    memset(key, 0x77, sizeof key);
    ck_assert_msg(key_parse(span_of(wrong[_i].text), wrong[_i].want, key, &f) == ERR_SYNTAX, "%s",
                  wrong[_i].text);
    ck_assert_int_eq(f.code, ERR_SYNTAX);
    ck_assert_msg(f.pos == wrong[_i].pos, "%s: at %zu", wrong[_i].text, f.pos);
    ck_assert_msg(strncmp(f.why, wrong[_i].why, strlen(wrong[_i].why)) == 0, "%s: %s",
                  wrong[_i].text, f.why);
    for (size_t i = 0; i < sizeof key; i++) // untouched
        ck_assert_uint_eq(key[i], 0x77);
}
END_TEST

// What is said of a secret has no four letters of it; the words of its first part do not count.
static bool is_told(const struct fail *f, const char *text)
{
    for (const char *at = text + strlen("TELEX-SECRET-KEY-1"); strlen(at) >= 4; at++) {
        char part[5] = {at[0], at[1], at[2], at[3], 0};

        if (strstr(f->why, part))
            return true;
    }
    return false;
}

static void expect_refused(const char *text, size_t n, enum key_kind kind, const char *right)
{
    uint8_t key[32];
    struct fail f;

    // Each assertion of Check writes to a file: too slow for what happens so often.
    if (key_parse((struct span){text, n}, kind, key, &f) != ERR_SYNTAX)
        ck_abort_msg("%.*s was taken", (int)n, text);
    if (kind == KEY_SECRET && is_told(&f, right))
        ck_abort_msg("%s tells of a secret", f.why);
}

// Any character of a key for any other byte, two neighbours exchanged, one left out or doubled.
START_TEST(test_mistyped)
{
    static const char *const keys[] = {TU, TN, SECRET};
    static const enum key_kind kinds[] = {KEY_USER, KEY_NODE, KEY_SECRET};
    const char *text = keys[_i];
    size_t n = strlen(text);
    char t[KEY_TEXT_MAX + 1];

    for (size_t i = 0; i < n; i++) {
        strcpy(t, text);
        for (unsigned c = 1; c < 256; c++) {
            t[i] = (char)((unsigned char)text[i] ^ c);
            expect_refused(t, n, kinds[_i], text);
        }
        strcpy(t, text);
        if (i + 1 < n && text[i] != text[i + 1]) {
            t[i] = text[i + 1];
            t[i + 1] = text[i];
            expect_refused(t, n, kinds[_i], text);
        }
        strcpy(t, text);
        memmove(t + i, text + i + 1, n - i);
        expect_refused(t, n - 1, kinds[_i], text);
        memcpy(t, text, n);
        memmove(t + i + 1, text + i, n - i);
        expect_refused(t, n + 1, kinds[_i], text);
        expect_refused(text, i, kinds[_i], text);
    }
}
END_TEST

Suite *keys_name_suite(void)
{
    Suite *s = suite_create("keys/name");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, test_bech32m, 0, COUNT(texts));
    tcase_add_loop_test(t, test_there_and_back, 0, COUNT(names));
    tcase_add_loop_test(t, test_wrong, 0, COUNT(wrong));
    tcase_add_loop_test(t, test_mistyped, 0, 3);
    suite_add_tcase(s, t);
    return s;
}
