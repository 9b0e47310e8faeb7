// SPDX-License-Identifier: MIT
#include "units/json.h"

#include "tests/check/helper.h"
#include "units/json_text.h"

static struct unit parsed(struct arena *a, struct span json)
{
    struct unit u;
    struct fail f;
    enum err e = json_parse(a, json, &u, &f);

    ck_assert_msg(e == ERR_OK, "%.*s: %s at %zu: %s", (int)json.len, json.at, err_word(e), f.pos,
                  f.why);
    return u;
}

static const char *printed(struct arena *a, const struct unit *u)
{
    struct span json;
    char *text;

    ck_assert_int_eq(json_print(a, u, &json), ERR_OK);
    text = arena_new(a, json.len + 1);
    memcpy(text, json.at, json.len);
    text[json.len] = 0;
    return text;
}

// ---- Both ways: the unit and the one JSON it prints

static const struct {
    const char *unit, *json;
} pairs[] = {
    {"-", "null"},
    {"t", "true"},
    {"f", "false"},
    {"0", "0"},
    {"-12", "-12"},
    {"9007199254740991", "9007199254740991"},
    {"9007199254740993", "9007199254740993"},
    {"123456789012345678901234567890", "123456789012345678901234567890"},
    {"3.05", "3.05"},
    {"-0.5", "-0.5"},
    {"0.1", "0.1"},
    {"100000.0", "100000.0"},
    {"0.00000015", "0.00000015"},
    {"0.0", "0.0"},
    {"3.14159265358979323846264338327950288", "3.14159265358979323846264338327950288"},
    {"abc", "\"abc\""},
    {"``", "\"\""},
    {"`a b`", "\"a b\""},
    {"`\"\\\\/\\x08\\x0c\\n\\r\\t`", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {"`\\x01`", "\"\\u0001\""},
    {"`\\x02`", "\"\\u0002\""},
    {"`\\x01a`", "\"\\u0001a\""},
    {"`\\x02\\x020`", "\"\\u0002\\u00020\""},
    {"`a\\x02b`", "\"a\\u0002b\""},
    {"`\\0`", "\"\\u0000\""},
    {"`a\\0b`", "\"a\\u0000b\""},
    {"`\\0\\x020\\0`", "\"\\u0000\\u00020\\u0000\""},
    {"`\\\\u0000`", "\"\\\\u0000\""},
    {"`\\x1b\x7f`", "\"\\u001b\x7f\""},
    {"\xce\xbb", "\"\xce\xbb\""},
    {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
    {"`\\u{2028}`", "\"\xe2\x80\xa8\""},
    {"[]", "[]"},
    {"[1 a [2.5 -]]", "[1,\"a\",[2.5,null]]"},
    {"{}", "{}"},
    {"{a:1 b:[2]}", "{\"a\":1,\"b\":[2]}"},
    {"{b:1 a:2}", "{\"b\":1,\"a\":2}"},
    {"{``:1}", "{\"\":1}"},
    {"{`a\\0b`:1 `\\x01`:2 `\\x02`:3}", "{\"a\\u0000b\":1,\"\\u0001\":2,\"\\u0002\":3}"},
    {"0x1f", "{\"0x\":31}"},
    {"0x00", "{\"0x\":0}"},
    {"@a.b", "{\"@\":\"a.b\"}"},
    {"@a.`task.loop`.0", "{\"@\":\"a.`task.loop`.0\"}"},
    {"@`a\\0`", "{\"@\":\"`a\\\\0`\"}"},
    {"(a b)", "{\"()\":[\"a\",\"b\"]}"},
    {"5@math.calc", "{\"stream\":[5,\"math.calc\"]}"},
    {"(neg 5)@math.calc:[::1]", "{\"stream\":[{\"()\":[\"neg\",5]},\"math.calc\",\"::1\"]}"},
    {"%``", "{\"%\":\"\"}"},
    {"%`AAH/`", "{\"%\":\"AAH/\"}"},
    {"{1:2}", "{\"{}\":[[1,2]]}"},
    {"{a:1 5:2 (x y):[]}", "{\"{}\":[[\"a\",1],[5,2],[{\"()\":[\"x\",\"y\"]},[]]]}"},
    {"{{a:1}:2}", "{\"{}\":[[{\"a\":1},2]]}"},
    // plain maps whose plain form would look special
    {"{`@`:a.b}", "{\"{}\":[[\"@\",\"a.b\"]]}"},
    {"{`()`:[1 2]}", "{\"{}\":[[\"()\",[1,2]]]}"},
    {"{stream:[5 math.calc]}", "{\"{}\":[[\"stream\",[5,\"math.calc\"]]]}"},
    {"{stream:[5 a loc]}", "{\"{}\":[[\"stream\",[5,\"a\",\"loc\"]]]}"},
    {"{`0x`:31}", "{\"{}\":[[\"0x\",31]]}"},
    {"{`%`:`AAH/`}", "{\"{}\":[[\"%\",\"AAH/\"]]}"},
    {"{`{}`:[[1 2]]}", "{\"{}\":[[\"{}\",[[1,2]]]]}"},
    {"{secret:`***`}", "{\"{}\":[[\"secret\",\"***\"]]}"},
    {"{`{}`:[[`@` a.b]]}", "{\"{}\":[[\"{}\",[[\"@\",\"a.b\"]]]]}"},
    {"{`{}`:[[`{}` [[`@` a.b]]]]}", "{\"{}\":[[\"{}\",[[\"{}\",[[\"@\",\"a.b\"]]]]]]}"},
    // and those whose plain form does not
    {"{`@`:a..b}", "{\"@\":\"a..b\"}"},
    {"{`@`:``}", "{\"@\":\"\"}"},
    {"{`@`:5}", "{\"@\":5}"},
    {"{`@`:`\\`a\\``}", "{\"@\":\"`a`\"}"},
    {"{`@`:a b:1}", "{\"@\":\"a\",\"b\":1}"},
    {"{`()`:[1]}", "{\"()\":[1]}"},
    {"{`()`:[1 2 3]}", "{\"()\":[1,2,3]}"},
    {"{`()`:(1 2)}", "{\"()\":{\"()\":[1,2]}}"},
    {"{stream:[5]}", "{\"stream\":[5]}"},
    {"{stream:[5 `Not a name`]}", "{\"stream\":[5,\"Not a name\"]}"},
    {"{stream:[5 a b c]}", "{\"stream\":[5,\"a\",\"b\",\"c\"]}"},
    {"{stream:[5 5]}", "{\"stream\":[5,5]}"},
    {"{stream:[5 a ``]}", "{\"stream\":[5,\"a\",\"\"]}"},
    {"{stream:{a:1 b:2}}", "{\"stream\":{\"a\":1,\"b\":2}}"},
    {"{`0x`:256}", "{\"0x\":256}"},
    {"{`0x`:-1}", "{\"0x\":-1}"},
    {"{`0x`:1.0}", "{\"0x\":1.0}"},
    {"{`0x`:`31`}", "{\"0x\":\"31\"}"},
    {"{`%`:AAF}", "{\"%\":\"AAF\"}"},
    {"{`%`:`AAF=`}", "{\"%\":\"AAF=\"}"}, // rest bits that are not 0
    {"{`%`:`AA AA`}", "{\"%\":\"AA AA\"}"},
    {"{`%`:`A\\`==`}", "{\"%\":\"A`==\"}"},
    {"{`%`:12.50}", "{\"%\":12.5}"},
    {"{`{}`:[]}", "{\"{}\":[]}"},
    {"{`{}`:[[a 1]]}", "{\"{}\":[[\"a\",1]]}"},
    {"{`{}`:[[a 1] [b 2]]}", "{\"{}\":[[\"a\",1],[\"b\",2]]}"},
    {"{`{}`:[[1 2] [1 3]]}", "{\"{}\":[[1,2],[1,3]]}"}, // no map: a key twice
    {"{`{}`:[[1 2 3]]}", "{\"{}\":[[1,2,3]]}"},
    {"{`{}`:[[1 2] 3]}", "{\"{}\":[[1,2],3]}"},
    {"{secret:`**`}", "{\"secret\":\"**\"}"},
    {"{`@`:`a\\0`}", "{\"@\":\"a\\u0000\"}"},
};

START_TEST(both_ways)
{
    struct test_mem m;
    struct arena a;
    struct unit u, back;

    test_mem_init(&m);
    a = test_arena(&m);
    u = test_unit(&a, pairs[_i].unit);
    ck_assert_msg(strcmp(printed(&a, &u), pairs[_i].json) == 0, "%s: %s", pairs[_i].unit,
                  printed(&a, &u));
    back = parsed(&a, span_of(pairs[_i].json));
    ck_assert_msg(unit_same(&u, &back), "%s: %s", pairs[_i].json, test_print(&a, &back));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- JSON that is written in another way than the writer does

static const struct {
    const char *json, *unit;
} reads[] = {
    {" \t\r\n1 \n", "1"},
    {"-0", "0"},
    {"-0.0", "0.0"},
    {"2.50", "2.5"},
    {"1e5", "100000.0"},
    {"1E+5", "100000.0"},
    {"1.5e-7", "0.00000015"},
    {"0e999999999", "0.0"},
    {"0.000e-99999999999999999999", "0.0"},
    {"1.0", "1.0"},
    {"{ \"a\" : [ 1 , 2 ] }", "{a:[1 2]}"},
    {"\"\\u0041\\/\\u00e9\\uD83D\\uDE00\"", "`A/\xc3\xa9\xf0\x9f\x98\x80`"},
    {"\"\\u2028\"", "`\\u{2028}`"},
    {"\"\\u0000\\u0001\"", "`\\0\\x01`"},
    {"{\"0x\":1e1}", "{`0x`:10.0}"},
    {"{\"\\u0040\":\"a\"}", "@a"},
};

START_TEST(reading)
{
    struct test_mem m;
    struct arena a;
    struct unit u, want;

    test_mem_init(&m);
    a = test_arena(&m);
    u = parsed(&a, (struct span){arena_copy(&a, reads[_i].json, strlen(reads[_i].json)),
                                 strlen(reads[_i].json)});
    want = test_unit(&a, reads[_i].unit);
    ck_assert_msg(unit_same(&u, &want), "%s: %s", reads[_i].json, test_print(&a, &u));
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- What is no JSON

static const struct {
    const char *json;
    enum err e;
    size_t pos;
} refused[] = {
    {"", ERR_SYNTAX, 0},
    {"  ", ERR_SYNTAX, 2},
    {"\xef\xbb\xbf"
     "1",
     ERR_SYNTAX, 0},
    {"1 2", ERR_SYNTAX, 2},
    {"1,", ERR_SYNTAX, 1},
    {"[1]]", ERR_SYNTAX, 3},
    {"nul", ERR_SYNTAX, 0},
    {"nulll", ERR_SYNTAX, 4},
    {"True", ERR_SYNTAX, 0},
    {"NaN", ERR_SYNTAX, 0},
    {"-Infinity", ERR_SYNTAX, 1},
    {"01", ERR_SYNTAX, 0},
    {"-01", ERR_SYNTAX, 1},
    {"[01]", ERR_SYNTAX, 1},
    {"1.", ERR_SYNTAX, 2},
    {".5", ERR_SYNTAX, 0},
    {"+1", ERR_SYNTAX, 0},
    {"-", ERR_SYNTAX, 1},
    {"1e", ERR_SYNTAX, 2},
    {"1e+", ERR_SYNTAX, 3},
    {"0x1f", ERR_SYNTAX, 1},
    {"[", ERR_SYNTAX, 1},
    {"[1", ERR_SYNTAX, 2},
    {"[1,", ERR_SYNTAX, 3},
    {"[1,]", ERR_SYNTAX, 3},
    {"[,1]", ERR_SYNTAX, 1},
    {"[1 2]", ERR_SYNTAX, 3},
    {"[1}", ERR_SYNTAX, 2},
    {"{\"a\":1]", ERR_SYNTAX, 6},
    {"]", ERR_SYNTAX, 0},
    {"{", ERR_SYNTAX, 1},
    {"{a:1}", ERR_SYNTAX, 1},
    {"{\"a\"}", ERR_SYNTAX, 4},
    {"{\"a\" 1}", ERR_SYNTAX, 5},
    {"{\"a\":}", ERR_SYNTAX, 5},
    {"{\"a\":1,}", ERR_SYNTAX, 7},
    {"{,}", ERR_SYNTAX, 1},
    {"{1:2}", ERR_SYNTAX, 1},
    {"'a'", ERR_SYNTAX, 0},
    {"\"a", ERR_SYNTAX, 2},
    {"\"a\n\"", ERR_SYNTAX, 2},
    {"\"a\x01\"", ERR_SYNTAX, 2},
    {"\"\x1f\"", ERR_SYNTAX, 1},
    {"\"\\", ERR_SYNTAX, 2},
    {"\"\\a\"", ERR_SYNTAX, 1},
    {"\"\\x41\"", ERR_SYNTAX, 1},
    {"\"\\u12\"", ERR_SYNTAX, 1},
    {"\"\\u12g4\"", ERR_SYNTAX, 1},
    {"\"ab\\ud800\"", ERR_SYNTAX, 3},
    {"\"\\ud800\\u0041\"", ERR_SYNTAX, 1},
    {"\"\\udc00\"", ERR_SYNTAX, 1},
    {"\"\\udc00\\ud800\"", ERR_SYNTAX, 1},
    {"\"\xff\"", ERR_SYNTAX, 1},
    {"\"a\xc0\x80\"", ERR_SYNTAX, 2},
    {"\"\xed\xa0\x80\"", ERR_SYNTAX, 1},
    {"[\"\xce", ERR_SYNTAX, 2},
    {"// a\n1", ERR_SYNTAX, 0},
    {"{\"a\":1,\"a\":2}", ERR_SYNTAX, 7},
    {"{\"a\":1,\"\\u0061\":2}", ERR_SYNTAX, 7},
    {"[0,{\"a\":[{\"b\":1}],\"c\":{}, \"a\":2}]", ERR_SYNTAX, 26},
    {"{\"a\":{\"@\":\"x\"},\"b\":{\"()\":[1,2]},\"d\":{\"{}\":[[1,2]]},\"a\":2}", ERR_SYNTAX, 51},
    {"{\"@\":\"a\",\"@\":\"a\"}", ERR_SYNTAX, 9},
    {"{\"\\u0000\":1,\"\\u0000\":2}", ERR_SYNTAX, 12},
    {"{\"secret\":\"***\"}", ERR_SYNTAX, 0},
    {"[{\"a\":{\"secret\":\"***\"}}]", ERR_SYNTAX, 6},
    {"1e999999999", ERR_TOO_BIG, 0},
    {"[1,2,1e-999999999]", ERR_TOO_BIG, 5},
    {"1e99999999999999999999999999", ERR_TOO_BIG, 0},
    {"{\"{}\":[[1,1e999999999]]}", ERR_TOO_BIG, 10},
};

START_TEST(refusing)
{
    struct test_mem m;
    struct arena a;
    struct unit u = {.kind = 77};
    struct fail f;
    struct span json = span_of(refused[_i].json);
    enum err e;

    test_mem_init(&m);
    a = test_arena(&m);
    json.at = arena_copy(&a, json.at, json.len);
    e = json_parse(&a, json, &u, &f);
    ck_assert_msg(e == refused[_i].e && f.pos == refused[_i].pos, "%s: %s at %zu: %s",
                  refused[_i].json, err_word(e), f.pos, e ? f.why : "");
    ck_assert_int_eq(u.kind, 77);
    ck_assert_int_eq(json_parse(&a, json, &u, NULL), e);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(secret)
{
    struct test_mem m;
    struct arena a;
    struct unit items[2], u;

    test_mem_init(&m);
    a = test_arena(&m);
    items[0] = unit_int(1);
    ck_assert_int_eq(unit_secret(SPAN("pass"), &items[1]), ERR_OK);
    ck_assert_int_eq(unit_list(items, 2, &u), ERR_OK);
    ck_assert_str_eq(printed(&a, &u), "[1,{\"secret\":\"***\"}]");
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Limits, at and past

static struct span nested(const char *head, const char *leaf, const char *tail, size_t n)
{
    size_t h = strlen(head), l = strlen(leaf), t = strlen(tail);
    char *text = malloc(n * (h + t) + l + 1);
    char *p = text;

    for (size_t i = 0; i < n; i++, p += h)
        memcpy(p, head, h);
    memcpy(p, leaf, l);
    p += l;
    for (size_t i = 0; i < n; i++, p += t)
        memcpy(p, tail, t);
    return (struct span){text, (size_t)(p - text)};
}

static const struct {
    const char *head, *leaf, *tail;
    size_t pos; // in the head, of the bracket that is one too many
} nests[] = {
    {"[", "1", "]", 0},
    {"{\"a\":", "1", "}", 0},
    {"{\"()\":[", "1", ",0]}", 0},
    {"{\"stream\":[", "1", ",\"a\"]}", 0},
    {"{\"{}\":[[1,", "{\"@\":\"a\"}", "]]}", 6},
    {"{\"{}\":[[", "{\"%\":\"AA==\"}", ",1]]}", 6},
};

START_TEST(depth)
{
    struct test_mem m;
    struct arena a;
    struct unit u, back;
    struct fail f;
    struct span json;
    enum err e;

    test_mem_init(&m);
    arena_init(&a, &m.mem, (size_t)1 << 30);
    json = nested(nests[_i].head, nests[_i].leaf, nests[_i].tail, UNIT_DEPTH_MAX);
    u = parsed(&a, json);
    free((char *)json.at);
    ck_assert_uint_eq(u.depth, UNIT_DEPTH_MAX);
    back = parsed(&a, span_of(printed(&a, &u)));
    ck_assert(unit_same(&u, &back));

    json = nested(nests[_i].head, nests[_i].leaf, nests[_i].tail, UNIT_DEPTH_MAX + 1);
    e = json_parse(&a, json, &u, &f);
    free((char *)json.at);
    ck_assert_msg(e == ERR_TOO_DEEP, "%s: %s at %zu", nests[_i].head, err_word(e), f.pos);
    ck_assert_uint_eq(f.pos, UNIT_DEPTH_MAX * strlen(nests[_i].head) + nests[_i].pos);

    json = nested(nests[_i].head, nests[_i].leaf, nests[_i].tail, 500000);
    e = json_parse(&a, json, &u, &f);
    free((char *)json.at);
    ck_assert_int_eq(e, ERR_TOO_DEEP);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// As many keys as may be, and one more; in time that grows with them and not with their square.
START_TEST(keys)
{
    enum { EACH = 11 };
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct fail f;
    size_t n = UNIT_ITEMS_MAX + 1;
    char *text = malloc(n * EACH + 2), *p = text;

    *p++ = '{';
    for (size_t i = 0; i < n; i++, p += EACH)
        sprintf(p, "\"%06zx\":%zu,", i, i % 10);
    test_mem_init(&m);
    arena_init(&a, &m.mem, (size_t)1 << 30);
    p[-1] = '}';
    ck_assert_int_eq(json_parse(&a, (struct span){text, (size_t)(p - text)}, &u, &f), ERR_TOO_BIG);
    ck_assert_uint_eq(f.pos, 1 + EACH * UNIT_ITEMS_MAX + 9);
    p[-1 - EACH] = '}';
    ck_assert_int_eq(json_parse(&a, (struct span){text, (size_t)(p - text) - EACH}, &u, &f),
                     ERR_OK);
    ck_assert_uint_eq(u.n, UNIT_ITEMS_MAX);
    ck_assert_int_eq(unit_get_word(&u, SPAN("0f4239"), &m.mem)->i, 3);
    memcpy(p - 2 * EACH, "\"000007\"", 8); // the last key twice
    ck_assert_int_eq(json_parse(&a, (struct span){text, (size_t)(p - text) - EACH}, &u, &f),
                     ERR_SYNTAX);
    ck_assert_uint_eq(f.pos, 1 + EACH * (UNIT_ITEMS_MAX - 1));
    free(text);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(items)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct span json;
    struct fail f;
    size_t n = UNIT_ITEMS_MAX + 1;
    char *text = malloc(2 * n + 1);

    for (size_t i = 0; i < n; i++)
        memcpy(text + 1 + 2 * i, "1,", 2);
    text[0] = '[';
    text[2 * n] = ']';
    test_mem_init(&m);
    arena_init(&a, &m.mem, (size_t)1 << 30);
    ck_assert_int_eq(json_parse(&a, (struct span){text, 2 * n + 1}, &u, &f), ERR_TOO_BIG);
    ck_assert_uint_eq(f.pos, 2 * n - 1);
    text[2 * n - 2] = ']';
    u = parsed(&a, (struct span){text, 2 * n - 1});
    ck_assert_uint_eq(u.n, UNIT_ITEMS_MAX);
    ck_assert_int_eq(json_print(&a, &u, &json), ERR_OK);
    ck_assert(span_eq(json, (struct span){text, 2 * n - 1}));
    free(text);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

START_TEST(length)
{
    struct test_mem m;
    struct arena a;
    struct unit u;
    struct span json;
    struct fail f;
    size_t n = UNIT_TEXT_MAX_BYTES;
    char *text = malloc(n + 1);

    memset(text, ' ', n + 1);
    text[0] = '1';
    test_mem_init(&m);
    arena_init(&a, &m.mem, (size_t)1 << 30);
    ck_assert_int_eq(json_parse(&a, (struct span){text, n}, &u, &f), ERR_OK);
    ck_assert_int_eq(json_parse(&a, (struct span){text, n + 1}, &u, &f), ERR_TOO_BIG);
    ck_assert_uint_eq(f.pos, n);
    memset(text, 1, n); // each takes four in text, six in JSON
    ck_assert_int_eq(unit_str((struct span){text, n / 6 - 8}, &u), ERR_OK);
    ck_assert_int_eq(json_print(&a, &u, &json), ERR_OK);
    ck_assert_int_eq(unit_str((struct span){text, n / 6 + 1}, &u), ERR_OK);
    ck_assert_int_eq(json_print(&a, &u, &json), ERR_TOO_BIG);
    free(text);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

// ---- Memory that is missing: also shows that cJSON takes all of its own from our heap

static const char everything[] =
    "{\"a\":[1,{\"0x\":3},2.5,true,null,\"\\u0000\"],\"b\":{\"()\":[{\"stream\":[{\"@\":\"a.b\"},"
    "\"x\","
    "\"loc\"]},{\"%\":\"AAE=\"}]},\"c\":{\"{}\":[[1,2],[3,123456789012345678901234567890]]},"
    "\"d\":{\"{}\":[[\"@\",\"a\"]]},\"e\":{\"{}\":[[\"x\",[1]]]}}";

static enum err step_parse(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct unit u;
    struct fail f;
    enum err e = json_parse(&a, span_of(ctx), &u, &f);

    ck_assert(e == ERR_OK || f.code == e);
    arena_fini(&a);
    return e;
}

static enum err step_print(struct test_mem *m, void *ctx)
{
    struct arena a = test_arena(m);
    struct span json;
    enum err e = json_print(&a, ctx, &json);

    if (!e)
        ck_assert(span_eq(json, span_of(everything)));
    arena_fini(&a);
    return e;
}

START_TEST(no_memory)
{
    struct test_mem m;
    struct arena a;
    struct unit u;

    test_mem_init(&m);
    a = test_arena(&m);
    u = parsed(&a, span_of(everything));
    test_each_allocation(step_parse, (void *)(uintptr_t)everything);
    test_each_allocation(step_print, &u);
    arena_fini(&a);
    test_mem_done(&m);
}
END_TEST

Suite *units_json_suite(void)
{
    Suite *s = suite_create("units/json");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, both_ways, 0, (int)COUNT(pairs));
    tcase_add_loop_test(t, reading, 0, (int)COUNT(reads));
    tcase_add_loop_test(t, refusing, 0, (int)COUNT(refused));
    tcase_add_test(t, secret);
    tcase_add_loop_test(t, depth, 0, (int)COUNT(nests));
    tcase_add_test(t, keys);
    tcase_add_test(t, items);
    tcase_add_test(t, length);
    tcase_add_test(t, no_memory);
    suite_add_tcase(s, t);
    return s;
}
