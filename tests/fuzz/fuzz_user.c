// SPDX-License-Identifier: MIT
// Fuzzes what users bring along: key files, keys as text, 24 words.
//
// The first byte says what the rest is:
//
//   0 1      key file without, with a passphrase
//   2 3      likewise, but the check behind it is made right: only the record is foreign
//   4 5 6    user's, node's, secret key as text
//   7        24 words
//
// What is in the open is the one file of its key; a locked file that opens is the one that was
// locked; a text that is taken is the print of what it gave, but for case, blanks and cut words.
#include <stdio.h>

#include "keys/name.h"
#include "keys/user_file.h"
#include "keys/words.h"
#include "tests/check/keys_fix.h"
#include "tests/fuzz/laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PASS SPAN("open sesame")
#define must(what)                                                  \
    do {                                                            \
        if (!(what)) {                                              \
            fprintf(stderr, "broken at %d: %s\n", __LINE__, #what); \
            abort();                                                \
        }                                                           \
    } while (0)

// What a file may ask for is more than a fuzzer has time for.
static void *get_little(void *ctx, size_t bytes)
{
    (void)ctx;
    return bytes > 1 << 20 ? NULL : malloc(bytes);
}

static const struct mem little = {.get = get_little, .put = laws_put};

static struct sign_key own;
static uint8_t locked[USER_FILE_MAX_BYTES];
static size_t locked_n;

static void start(void)
{
    struct fix_random r;
    uint8_t seed[32];

    if (locked_n)
        return;
    memset(seed, 7, sizeof seed);
    sign_key_init(&own, seed);
    fix_random_init(&r, 0);
    must(user_lock(&little, &r.random, &own, PASS, (struct pass_cost){8, 1}, locked, &locked_n,
                   NULL) == ERR_OK);
}

static bool is_plain(const struct sign_key *key, bool owner, struct span bytes)
{
    struct key_file file;

    user_file_plain(key, owner, &file);
    return span_eq(key_file_bytes(&file), bytes);
}

static void file(struct span bytes, bool with_pass, bool right)
{
    uint8_t copy[KEY_FILE_MAX_BYTES + 1];
    struct sign_key key, again;
    struct fail f;
    enum err e;

    if (bytes.len > sizeof copy - (right ? HASH_BYTES : 0))
        return;
    if (bytes.len)
        memcpy(copy, bytes.at, bytes.len);
    if (right)
        hash_of(bytes, copy + bytes.len);
    bytes = (struct span){(const char *)copy, bytes.len + (right ? HASH_BYTES : 0)};
    e = user_unlock(&little, bytes, with_pass ? PASS : (struct span){0}, &key, &f);
    must(e == ERR_OK || e == ERR_CORRUPT || e == ERR_NOT_SUPPORTED || e == ERR_DENIED ||
         e == ERR_LIMIT || e == ERR_NO_MEMORY);
    must(with_pass || e != ERR_NO_MEMORY);
    if (e) {
        must(f.code == e && f.why[0]);
        return;
    }
    sign_key_init(&again, key.seed);
    must(memcmp(&again, &key, sizeof key) == 0);
    if (is_plain(&key, true, bytes) || is_plain(&key, false, bytes))
        return;
    must(with_pass && span_eq(bytes, (struct span){(const char *)locked, locked_n}));
    must(memcmp(&key, &own, sizeof key) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static void text(enum key_kind kind, struct span text)
{
    char print[KEY_TEXT_MAX];
    uint8_t key[32];
    struct fail f;
    size_t n;

    if (key_parse(text, kind, key, &f)) {
        must(f.code == ERR_SYNTAX && (f.pos == FAIL_NO_POS || f.pos <= text.len));
        return;
    }
    n = key_print(kind, key, print);
    must(n == text.len);
    for (size_t i = 0; i < n; i++)
        must(lower(print[i]) == lower(text.at[i]));
}

static void words(struct span text)
{
    char print[WORDS_TEXT_MAX];
    const char *want = print;
    uint8_t seed[32];
    struct fail f;
    size_t at = 0;

    if (words_parse(text, seed, &f)) {
        must(f.code == ERR_SYNTAX && (f.pos == FAIL_NO_POS || f.pos <= text.len));
        return;
    }
    (void)words_print(seed, print);
    for (unsigned i = 0; i < WORDS_N; i++) {
        size_t n = 0, len = strcspn(want, " ");

        while (strchr(" \t\r\n", text.at[at]))
            at++;
        for (; n < len && at < text.len && lower(text.at[at]) == want[n]; n++)
            at++;
        must(n == len || n >= 4);
        must(at == text.len || strchr(" \t\r\n", text.at[at]));
        want += len + (i + 1 < WORDS_N);
    }
    must(!*want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest;

    if (size == 0)
        return 0;
    start();
    rest = (struct span){(const char *)data + 1, size - 1};
    if (data[0] < 4)
        file(rest, data[0] & 1, data[0] & 2);
    else if (data[0] < 7)
        text((enum key_kind)(data[0] - 4), rest);
    else if (data[0] == 7)
        words(rest);
    return 0;
}
