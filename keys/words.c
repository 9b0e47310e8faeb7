// SPDX-License-Identifier: MIT
// 24 words for a seed, and back.
//
//   seed, 256 bits | 8 bits of its SHA-256  =  24 numbers of 11 bits, each a word of the list
#include "keys/words.h"

#include "keys/crypto.h"

enum {
    LIST_N = 2048,
    WORD_BYTES = 8, // the longest; shorter ones are followed by zeros
    WORD_BITS = 11,
    ENOUGH = 4, // letters that no two words share
    BYTES = 33, // seed and check
};

// Sorted. The Makefile makes it from the list's own package.
extern const char words_list[LIST_N][WORD_BYTES];

static size_t length_of(const char word[WORD_BYTES])
{
    size_t n = 0;

    while (n < WORD_BYTES && word[n])
        n++;
    return n;
}

static uint8_t check_of(const uint8_t seed[32])
{
    uint8_t hash[32], check;

    sha256_of((struct span){(const char *)seed, 32}, hash);
    check = hash[0];
    mem_wipe(hash, sizeof hash);
    return check;
}

size_t words_print(const uint8_t seed[32], char out[WORDS_TEXT_MAX])
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0, byte = 0;

    for (size_t i = 0; i < WORDS_N; i++) {
        const char *word;
        size_t len;

        for (; have < WORD_BITS; have += 8, byte++)
            bits = bits << 8 | (byte < 32 ? seed[byte] : check_of(seed));
        have -= WORD_BITS;
        word = words_list[bits >> have & (LIST_N - 1)];
        len = length_of(word);
        if (i)
            out[n++] = ' ';
        memcpy(out + n, word, len);
        n += len;
    }
    out[n] = 0;
    mem_wipe(&bits, sizeof bits);
    return n;
}

// ---- Parsing

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Number of a word, or of the only one that begins so; LIST_N for none.
static size_t find(struct span word)
{
    char padded[WORD_BYTES] = {0};
    size_t low = 0, high = LIST_N, compared = word.len < ENOUGH ? WORD_BYTES : word.len;
    bool letters = true;

    if (word.len > WORD_BYTES)
        return LIST_N;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];

        c = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
        letters = letters && c >= 'a' && c <= 'z';
        padded[i] = c;
    }
    while (low < high) { // the first that is not before it
        size_t middle = (low + high) / 2;

        if (memcmp(words_list[middle], padded, WORD_BYTES) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!letters || (low < LIST_N && memcmp(words_list[low], padded, compared) != 0))
        low = LIST_N;
    mem_wipe(padded, sizeof padded);
    return low;
}

// The next word of the text, from *at on; its length is 0 at the end.
static struct span next_word(struct span text, size_t *at)
{
    size_t start;

    while (*at < text.len && is_blank(text.at[*at]))
        ++*at;
    start = *at;
    while (*at < text.len && !is_blank(text.at[*at]))
        ++*at;
    return (struct span){text.at + start, *at - start};
}

static enum err read_words(struct span text, uint8_t bytes[BYTES], struct fail *f)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t at = 0, n = 0, words = 0;

    for (;;) {
        struct span word = next_word(text, &at);
        size_t number;

        if (word.len == 0)
            break;
        if (words == WORDS_N)
            return fail_set(f, ERR_SYNTAX, at - word.len, "24 words, blanks between them",
                            "there are more than 24 words");
        words++;
        number = find(word);
        if (number == LIST_N)
            return fail_set(f, ERR_SYNTAX, at - word.len, "look at what was written down",
                            "word %u is not in the list", (unsigned long)words);
        bits = bits << WORD_BITS | (uint32_t)number;
        for (have += WORD_BITS; have >= 8; have -= 8)
            bytes[n++] = (uint8_t)(bits >> (have - 8));
    }
    if (words != WORDS_N)
        return fail_set(f, ERR_SYNTAX, text.len, "24 words, blanks between them",
                        "there are %u words", (unsigned long)words);
    return ERR_OK;
}

enum err words_parse(struct span text, uint8_t seed[32], struct fail *f)
{
    uint8_t bytes[BYTES];
    enum err e = read_words(text, bytes, f);

    if (e == ERR_OK && bytes[32] != check_of(bytes))
        e = fail_set(f, ERR_SYNTAX, FAIL_NO_POS, "one of them is another word, or stands elsewhere",
                     "the checksum of the 24 words does not hold");
    if (e == ERR_OK)
        memcpy(seed, bytes, 32);
    mem_wipe(bytes, sizeof bytes);
    return e;
}
