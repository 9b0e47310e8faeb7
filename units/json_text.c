// SPDX-License-Identifier: MIT
// JSON as text: strict check and marks, without cJSON and without a tree.
#include "units/json_text.h"

#include "units/chars.h"
#include "units/heap.h"

// What may come next. After an opening bracket also the closing one may.
enum state { VALUE, VALUE_OR_END, KEY, KEY_OR_END, AFTER };

struct check {
    const char *start, *at, *end;
    struct fail *f;
    size_t ordinal; // values and keys so far
    size_t stop;    // json_where: the ordinal that is looked for ..
    size_t found;   // .. and its place
    size_t numbers, marks;
    unsigned depth, objects; // objects: those among the open ones
    bool object[JSON_DEPTH_MAX + 1];
    uint32_t items[JSON_DEPTH_MAX + 1];
};

static enum err bad(const struct check *c, const char *at, const char *hint, const char *why)
{
    (void)fail_set(c->f, ERR_SYNTAX, (size_t)(at - c->start), hint, "%s", why); // gives it back
    return ERR_SYNTAX;
}

static const char cut_off[] = "the text ends inside a value";

static void visit(struct check *c)
{
    if (c->ordinal++ == c->stop)
        c->found = (size_t)(c->at - c->start);
}

static void skip_blanks(struct check *c)
{
    while (c->at < c->end && (char_class_of(*c->at) & CHAR_BLANK))
        c->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_of(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// \uXXXX at p, behind the backslash's u; -1 when it is none.
static int32_t load_u(const char *p, const char *end)
{
    int32_t code = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_of(p[i]);

        if (digit < 0)
            return -1;
        code = code << 4 | digit;
    }
    return code;
}

static enum err check_escape(struct check *c, bool first, bool *mark)
{
    const char *p = c->at; // at the backslash
    int32_t code, low;

    if (c->end - p < 2)
        return bad(c, c->end, NULL, cut_off);
    if (p[1] != 'u') {
        if (!memchr("\"\\/bfnrt", p[1], 8))
            return bad(c, p, NULL, "no escape of JSON");
        c->at += 2;
        return ERR_OK;
    }
    code = load_u(p + 2, c->end);
    if (code < 0)
        return bad(c, p, NULL, "\\u wants four hex digits");
    c->at += 6;
    if (code >= 0xD800 && code <= 0xDFFF) {
        low = c->end - c->at >= 6 && c->at[0] == '\\' && c->at[1] == 'u' ? load_u(c->at + 2, c->end)
                                                                         : -1;
        if (code >= 0xDC00 || low < 0xDC00 || low > 0xDFFF)
            return bad(c, p, NULL, "half of a surrogate pair");
        c->at += 6;
    }
    if (code == 0 || (first && (code == JSON_MARK_NUMBER || code == JSON_MARK_TEXT)))
        *mark = true;
    return ERR_OK;
}

static enum err check_string(struct check *c)
{
    const char *first = ++c->at;
    bool mark = false;

    for (;;) {
        unsigned char b;
        uint32_t code;
        int n;
        enum err e;

        if (c->at == c->end)
            return bad(c, c->end, NULL, "a string that does not end");
        b = (unsigned char)*c->at;
        if (b == '"')
            break;
        if (b == '\\') {
            e = check_escape(c, c->at == first, &mark);
            if (e)
                return e;
            continue;
        }
        if (b < 0x20)
            return bad(c, c->at, "write it as an escape", "a control character in a string");
        n = b < 0x80 ? 1 : utf8_load(c->at, c->end, &code);
        if (n <= 0)
            return bad(c, c->at, NULL, "text that is not UTF-8");
        c->at += n;
    }
    c->at++;
    c->marks += mark;
    return ERR_OK;
}

static enum err check_digits(struct check *c)
{
    if (c->at == c->end || !is_digit(*c->at))
        return bad(c, c->at, NULL, "a digit is missing in a number");
    while (c->at < c->end && is_digit(*c->at))
        c->at++;
    return ERR_OK;
}

static enum err check_number(struct check *c)
{
    const char *digits;
    enum err e;

    c->numbers++;
    if (*c->at == '-')
        c->at++;
    digits = c->at;
    e = check_digits(c);
    if (e)
        return e;
    if (*digits == '0' && c->at - digits > 1)
        return bad(c, digits, NULL, "a number with a zero in front");
    if (c->at < c->end && *c->at == '.') {
        c->at++;
        e = check_digits(c);
        if (e)
            return e;
    }
    if (c->at < c->end && (*c->at == 'e' || *c->at == 'E')) {
        c->at++;
        if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
            c->at++;
        return check_digits(c);
    }
    return ERR_OK;
}

static enum err check_word(struct check *c)
{
    static const struct span words[] = {{"true", 4}, {"false", 5}, {"null", 4}};

    for (size_t i = 0; i < COUNT(words); i++) {
        if ((size_t)(c->end - c->at) >= words[i].len &&
            memcmp(c->at, words[i].at, words[i].len) == 0) {
            c->at += words[i].len;
            return ERR_OK;
        }
    }
    return bad(c, c->at, NULL, "no value of JSON");
}

static enum err count_item(struct check *c)
{
    if (++c->items[c->depth] <= UNIT_ITEMS_MAX)
        return ERR_OK;
    return fail_set(c->f, ERR_TOO_BIG, (size_t)(c->at - c->start), NULL, "%s",
                    err_text(ERR_TOO_BIG));
}

static enum err check_value(struct check *c, enum state *next)
{
    enum err e = count_item(c);
    char first = *c->at;

    if (e)
        return e;
    visit(c);
    *next = AFTER;
    if (first == '"')
        return check_string(c);
    if (first == '-' || is_digit(first))
        return check_number(c);
    if (first != '[' && first != '{')
        return check_word(c);
    // Outside of any object every array is a list, and so a level of the unit.
    if (c->depth == (first == '[' && !c->objects ? UNIT_DEPTH_MAX : JSON_DEPTH_MAX))
        return fail_set(c->f, ERR_TOO_DEEP, (size_t)(c->at - c->start), NULL, "%s",
                        err_text(ERR_TOO_DEEP));
    c->depth++;
    c->object[c->depth] = first == '{';
    c->objects += first == '{';
    c->items[c->depth] = 0;
    c->at++;
    *next = first == '{' ? KEY_OR_END : VALUE_OR_END;
    return ERR_OK;
}

static enum err check_key(struct check *c)
{
    enum err e = ERR_OK;

    if (*c->at != '"')
        return bad(c, c->at, "a key is a string in double quotes", "no key of an object");
    visit(c);
    e = check_string(c);
    if (e)
        return e;
    skip_blanks(c);
    if (c->at == c->end || *c->at != ':')
        return bad(c, c->at, NULL, "a colon is missing behind a key");
    c->at++;
    return ERR_OK;
}

static enum err check_text(struct check *c)
{
    enum state state = VALUE;

    for (;;) {
        enum err e = ERR_OK;
        bool may_close = state == VALUE_OR_END || state == KEY_OR_END || state == AFTER;

        heap_pause();
        skip_blanks(c);
        if (c->at == c->end)
            return state == AFTER && !c->depth ? ERR_OK : bad(c, c->at, NULL, cut_off);
        if (state == AFTER && !c->depth)
            return bad(c, c->at, NULL, "something behind the value");
        if (may_close && *c->at == (c->object[c->depth] ? '}' : ']')) {
            c->at++;
            c->objects -= c->object[c->depth];
            c->depth--;
            state = AFTER;
        } else if (state == AFTER) {
            if (*c->at != ',')
                return bad(c, c->at, NULL, "a comma or a closing bracket is missing");
            c->at++;
            state = c->object[c->depth] ? KEY : VALUE;
        } else if (state == KEY || state == KEY_OR_END) {
            e = check_key(c);
            state = VALUE;
        } else {
            e = check_value(c, &state);
        }
        if (e)
            return e;
    }
}

enum err json_check(struct span text, struct json_facts *facts, struct fail *f)
{
    struct check c = {
        .start = text.at, .at = text.at, .end = text.at + text.len, .f = f, .stop = SIZE_MAX};
    enum err e;

    if (text.len > UNIT_TEXT_MAX_BYTES)
        return fail_set(f, ERR_TOO_BIG, UNIT_TEXT_MAX_BYTES, NULL, "%s", err_text(ERR_TOO_BIG));
    e = check_text(&c);
    if (e)
        return e;
    facts->copy_bytes = text.len + 3 * c.numbers + c.marks; // "" and the mark; the mark
    facts->marks = c.marks > 0;
    return ERR_OK;
}

size_t json_where(struct span text, size_t ordinal)
{
    struct check c = {.start = text.at, .at = text.at, .end = text.at + text.len, .stop = ordinal};

    return check_text(&c) ? FAIL_NO_POS : c.found;
}

// ---- The marked copy

// First byte behind a checked string's closing quote; p is behind its opening one.
static const char *string_end(const char *p)
{
    while (*p != '"')
        p += *p == '\\' ? 2 : 1;
    return p + 1;
}

static bool is_u(const char *p, const char *end, char digit)
{
    return end - p >= 6 && memcmp(p, "\\u000", 5) == 0 && p[5] == digit;
}

static bool string_is_marked(const char *p, const char *end)
{
    if (is_u(p, end, '0' + JSON_MARK_NUMBER) || is_u(p, end, '0' + JSON_MARK_TEXT))
        return true;
    for (; p < end; p += *p == '\\' ? 2 : 1)
        if (*p == '\\' && is_u(p, end, '0'))
            return true;
    return false;
}

// The content of a marked string, up to and with its closing quote.
static char *mark_content(const char *p, const char *end, char *out)
{
    *out++ = JSON_MARK_TEXT;
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
        } else if (is_u(p, end, '0') || is_u(p, end, '0' + JSON_MARK_TEXT)) {
            *out++ = JSON_MARK_TEXT;
            *out++ = p[5];
            p += 6;
        } else {
            *out++ = *p++;
            *out++ = *p++;
        }
    }
    return out;
}

void json_mark(struct span text, const struct json_facts *facts, char *out)
{
    const char *p = text.at, *end = p + text.len, *to;

    while (p < end) {
        heap_pause();
        if (*p == '"') {
            *out++ = *p++;
            to = string_end(p);
            if (facts->marks && string_is_marked(p, to)) {
                out = mark_content(p, to, out);
            } else {
                memcpy(out, p, (size_t)(to - p));
                out += to - p;
            }
            p = to;
        } else if (*p == '-' || is_digit(*p)) {
            *out++ = '"';
            *out++ = JSON_MARK_NUMBER;
            while (p < end && (is_digit(*p) || memchr("+-.eE", *p, 5)))
                *out++ = *p++;
            *out++ = '"';
        } else {
            *out++ = *p++;
        }
    }
}

struct span json_unmark(char *string)
{
    const char *from = string + 1;
    char *to = string;

    if (string[0] != JSON_MARK_TEXT)
        return span_of(string);
    while (*from) {
        if (*from == JSON_MARK_TEXT) {
            *to++ = from[1] == '0' ? 0 : JSON_MARK_TEXT;
            from += 2;
        } else {
            *to++ = *from++;
        }
    }
    return (struct span){string, (size_t)(to - string)};
}

// ---- The way out

bool json_needs_mark(struct span text)
{
    return text.len > 0 && (text.at[0] == JSON_MARK_NUMBER || text.at[0] == JSON_MARK_TEXT ||
                            memchr(text.at, 0, text.len));
}

size_t json_marked_bytes(struct span text)
{
    size_t bytes = text.len + 1;

    for (size_t i = 0; i < text.len; i++)
        bytes += text.at[i] == 0 || text.at[i] == JSON_MARK_TEXT;
    return bytes;
}

char *json_mark_string(struct span text, char *out)
{
    *out++ = JSON_MARK_TEXT;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == 0 || text.at[i] == JSON_MARK_TEXT) {
            *out++ = JSON_MARK_TEXT;
            *out++ = text.at[i] ? '2' : '0';
        } else {
            *out++ = text.at[i];
        }
    }
    return out;
}

// cJSON writes the mark as an escape, \u0002; what follows it never makes the text longer.
size_t json_unmark_text(char *text, size_t len)
{
    const char *p = text, *end = text + len;
    char *out = text;

    while (p < end) {
        const char *to;
        bool marked;

        *out++ = *p++;
        if (p[-1] != '"')
            continue;
        to = string_end(p);
        marked = is_u(p, to, '0' + JSON_MARK_TEXT);
        if (marked)
            p += 6;
        while (p < to) {
            if (marked && is_u(p, to, '0' + JSON_MARK_TEXT)) {
                memcpy(out, "\\u000", 5);
                out[5] = p[6];
                out += 6;
                p += 7;
            } else {
                *out++ = *p++;
                if (p[-1] == '\\')
                    *out++ = *p++;
            }
        }
    }
    return (size_t)(out - text);
}
