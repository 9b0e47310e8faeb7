// SPDX-License-Identifier: MIT
#include "keys/words.h"

#include "keys/crypto.h"
#include "tests/check/helper.h"
#include "tests/check/keys_fix.h"

// The vectors of 24 words that BIP-39 refers to (vectors.json of its reference implementation).
static const struct {
    const char *seed, *words;
} rows[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "abandon abandon abandon abandon abandon abandon abandon abandon "
     "abandon abandon abandon abandon abandon abandon abandon abandon "
     "abandon abandon abandon abandon abandon abandon abandon art"},
    {"7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
     "legal winner thank year wave sausage worth useful "
     "legal winner thank year wave sausage worth useful "
     "legal winner thank year wave sausage worth title"},
    {"8080808080808080808080808080808080808080808080808080808080808080",
     "letter advice cage absurd amount doctor acoustic avoid "
     "letter advice cage absurd amount doctor acoustic avoid "
     "letter advice cage absurd amount doctor acoustic bless"},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "zoo zoo zoo zoo zoo zoo zoo zoo "
     "zoo zoo zoo zoo zoo zoo zoo zoo "
     "zoo zoo zoo zoo zoo zoo zoo vote"},
    {"00ac97c48106f0aeb8ba061e0250a559b3251dc35854e694780ba51d53a50120",
     "absent gorilla van acoustic humor firm title dolphin "
     "bulk barely citizen recall crane moment aspect appear "
     "track phrase actual enforce steel spoon afraid benefit"},
    {"3edc83b60740d77af3afa2fcb82c2f1bc541ee4e2518ddef4996d32453f54a3c",
     "disagree tomato unique attend aspect runway solid violin "
     "witness scrap armed daring favorite warm decade perfect "
     "target kid grant play early wide cigar night"},
    {"89bb4bc5555992cdaf3444c5e7ca5a6e9f27efab894f1990bae41be8b2a26ea4",
     "meadow surge vanish primary odor grocery rubber mass "
     "shine dinner notable tag venue water purchase clarify "
     "book magic ribbon daughter menu eye ritual orchard"},
    {"911fec0fbd88029f6fa99164896c18d898c9232af18bdcca3e42d53b86493104",
     "much youth advance kitchen lens exile salt cram "
     "goose enter alert raise milk muscle profit cousin "
     "system faint mouse price reveal cause series long"},
};

static enum err parse(const char *text, uint8_t seed[32])
{
    return words_parse(span_of(text), seed, NULL);
}

START_TEST(test_vectors)
{
    uint8_t seed[32], back[32];
    char text[WORDS_TEXT_MAX], turned[2 * WORDS_TEXT_MAX], *to = turned;
    size_t letters = 0;

    (void)fix_hex(rows[_i].seed, seed, sizeof seed);
    ck_assert_uint_eq(words_print(seed, text), strlen(rows[_i].words));
    ck_assert_str_eq(text, rows[_i].words);
    ck_assert_int_eq(parse(text, back), ERR_OK);
    ck_assert_mem_eq(back, seed, 32);
    // Upper case, four letters a word, a line each.
    *to++ = '\t';
    for (const char *c = text; *c; c++) {
        if (*c == ' ') {
            letters = 0;
            *to++ = '\r';
            *to++ = '\n';
        } else if (letters++ < 4) {
            *to++ = (char)(*c - 'a' + 'A');
        }
    }
    strcpy(to, "  ");
    memset(back, 0, sizeof back);
    ck_assert_msg(parse(turned, back) == ERR_OK, "%s", turned);
    ck_assert_mem_eq(back, seed, 32);
}
END_TEST

// Every seed comes back; the longest text has room.
START_TEST(test_there_and_back)
{
    uint8_t seed[32], back[32];
    char text[WORDS_TEXT_MAX];

    memset(seed, 0, sizeof seed);
    for (unsigned i = 0; i < 2000; i++) {
        hash_of((struct span){(char *)seed, sizeof seed}, seed);
        ck_assert_uint_lt(words_print(seed, text), WORDS_TEXT_MAX);
        ck_assert_int_eq(parse(text, back), ERR_OK);
        ck_assert_mem_eq(back, seed, 32);
    }
}
END_TEST

// The list is the list: its published SHA-256 (of the file, a word a line).
START_TEST(test_list)
{
    static char file[2048 * 9];
    char text[WORDS_TEXT_MAX], last[9] = "";
    uint8_t hash[32], want[32], seed[32];
    size_t n = 0;

    for (unsigned i = 0; i < 2048; i++) { // the first word of a seed that begins with its number
        size_t len;

        memset(seed, 0, sizeof seed);
        seed[0] = (uint8_t)(i >> 3);
        seed[1] = (uint8_t)(i << 5);
        (void)words_print(seed, text);
        len = strcspn(text, " ");
        text[len] = 0;
        ck_assert_msg(strcmp(last, text) < 0, "%s behind %s", text, last);
        ck_assert_msg(strncmp(last, text, 4) != 0, "%s begins as %s", text, last);
        strcpy(last, text);
        memcpy(file + n, text, len);
        file[n + len] = '\n';
        n += len + 1;
    }
    sha256_of((struct span){file, n}, hash);
    (void)fix_hex("2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda", want, 32);
    ck_assert_mem_eq(hash, want, 32);
}
END_TEST

#define SIX "abandon abandon abandon abandon abandon abandon "
#define TEN "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "

static const struct {
    const char *text;
    size_t pos;
    const char *why;
} wrong[] = {
    {"", 0, "there are 0 words"},
    {" \n\t ", 4, "there are 0 words"},
    {"abandon", 7, "there are 1 words"},
    {TEN TEN "abandon abandon abandon", 183, "there are 23 words"},
    {TEN TEN "abandon abandon abandon art art", 188, "there are more than 24 words"},
    {TEN TEN "abandon abandon abandon abandon", FAIL_NO_POS, "the checksum"},
    {TEN TEN "abandon abandon art abandon", FAIL_NO_POS, "the checksum"},
    {TEN TEN "abandon abandon abandon hunter2", 184, "word 24 is not in the list"},
    {"hunter2 " TEN TEN "abandon abandon art", 0, "word 1 is not in the list"},
    {SIX "aba " TEN SIX "art", 48, "word 7 is not in the list"},      // three letters: not enough
    {SIX "abanxyz " TEN SIX "art", 48, "word 7 is not in the list"},  // four that fit, and others
    {SIX "abandons " TEN SIX "art", 48, "word 7 is not in the list"}, // longer than the word
    {SIX "abandonabandon " TEN SIX "art", 48, "word 7 is not in the list"},
    {SIX "artx " TEN SIX "art", 48, "word 7 is not in the list"},
    {SIX "zzzz " TEN SIX "art", 48, "word 7 is not in the list"}, // behind the last
    {SIX "a " TEN SIX "art", 48, "word 7 is not in the list"},
    {SIX "ab\xC3\xA4nd " TEN SIX "art", 48, "word 7 is not in the list"},
    {SIX "abandon,abandon " TEN SIX "art", 48, "word 7 is not in the list"},
};

START_TEST(test_wrong)
{
    uint8_t seed[32];
    struct fail f = {0};

    memset(seed, 0x77, sizeof seed);
    ck_assert_int_eq(words_parse(span_of(wrong[_i].text), seed, &f), ERR_SYNTAX);
    ck_assert_msg(strncmp(f.why, wrong[_i].why, strlen(wrong[_i].why)) == 0, "%s: %s",
                  wrong[_i].text, f.why);
    ck_assert_msg(f.pos == wrong[_i].pos, "%s: at %zu", wrong[_i].text, f.pos);
    ck_assert_ptr_null(strstr(f.why, "aban")); // nothing of what was given
    ck_assert_ptr_null(strstr(f.why, "hunter2"));
    for (size_t i = 0; i < sizeof seed; i++) // untouched
        ck_assert_uint_eq(seed[i], 0x77);
}
END_TEST

// A zero byte is no end and no blank.
START_TEST(test_zero_byte)
{
    static const char text[] = "abandon\0abandon";
    uint8_t seed[32];
    struct fail f;

    ck_assert_int_eq(words_parse(SPAN(text), seed, &f), ERR_SYNTAX);
    ck_assert_uint_eq(f.pos, 0);
    ck_assert_int_eq(words_parse((struct span){"aban\0\0\0\0", 8}, seed, &f), ERR_SYNTAX);
    ck_assert_str_eq(f.why, "word 1 is not in the list");
    ck_assert_int_eq(words_parse((struct span){"acid\0", 5}, seed, &f), ERR_SYNTAX);
    ck_assert_str_eq(f.why, "word 1 is not in the list");
}
END_TEST

// Every other word in the last place: its own 8 bits of checksum must fit, so one in 256 does.
START_TEST(test_checksum)
{
    uint8_t seed[32], back[32];
    char text[WORDS_TEXT_MAX], other[WORDS_TEXT_MAX + 16];
    unsigned held = 0;

    (void)fix_hex(rows[5].seed, seed, sizeof seed);
    for (unsigned i = 0; i < 2048; i++) {
        uint8_t number[32] = {(uint8_t)(i >> 3), (uint8_t)(i << 5)};

        (void)words_print(number, text);
        text[strcspn(text, " ")] = 0;
        strcpy(other, rows[5].words);
        strcpy(strrchr(other, ' ') + 1, text);
        held += parse(other, back) == ERR_OK;
    }
    ck_assert_uint_eq(held, 8);
}
END_TEST

Suite *keys_words_suite(void)
{
    Suite *s = suite_create("keys/words");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, test_vectors, 0, COUNT(rows));
    tcase_add_test(t, test_there_and_back);
    tcase_add_test(t, test_list);
    tcase_add_loop_test(t, test_wrong, 0, COUNT(wrong));
    tcase_add_test(t, test_zero_byte);
    tcase_add_test(t, test_checksum);
    suite_add_tcase(s, t);
    return s;
}
