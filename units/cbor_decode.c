// SPDX-License-Identifier: MIT
// Decoding of units: total, strict, and with memory only for what is there.
//
// Containers that are open have promised parts that are still to come, each at least one byte. A
// head that promises more than the bytes left can hold is refused before anything is allocated, so
// all units together are never more than the bytes that arrived.
#include "units/cbor.h"
#include "units/heap.h"
#include "units/parse.h"

struct decoder {
    struct arena *a;
    const uint8_t *start, *at, *end;
    const uint8_t *copied; // strings from here on are copied, ..
    const char *copy;      // .. all at once, when the first is met
    size_t promised;       // parts to come of all open containers
    size_t nodes;          // all units so far, those promised included
    struct fail *f;
};

struct head {
    const uint8_t *at; // its first byte
    unsigned major;    // 0..7
    uint64_t argument;
};

static enum err bad(const struct decoder *d, const uint8_t *at, enum err code, const char *why)
{
    (void)fail_set(d->f, code, (size_t)(at - d->start), NULL, "%s", why); // gives code back
    return code;
}

static const char cut_off[] = "the bytes end inside a unit";

static inline enum err read_head(struct decoder *d, struct head *h)
{
    static const uint8_t more_bytes[8] = {1, 2, 4, 8, 0, 0, 0, 0}; // of info 24..31
    const uint8_t *p = d->at;
    unsigned info, more;
    uint64_t argument = 0;

    if (p == d->end)
        return bad(d, p, ERR_SYNTAX, cut_off);
    h->at = p;
    h->major = *p >> 5;
    info = *p++ & 31;
    if (info < 24) {
        h->argument = info;
        d->at = p;
        return ERR_OK;
    }
    more = more_bytes[info - 24];
    if (!more)
        return bad(d, h->at, ERR_SYNTAX, "an indefinite length or a reserved head");
    if (more > (size_t)(d->end - p))
        return bad(d, d->end, ERR_SYNTAX, cut_off);
    for (unsigned i = 0; i < more; i++)
        argument = argument << 8 | *p++;
    if (h->major != 7 && cbor_head_bytes(argument) != more + 1)
        return bad(d, h->at, ERR_SYNTAX, "a head that is longer than it must be");
    h->argument = argument;
    d->at = p;
    return ERR_OK;
}

// The next unit's head, which must be of this type.
static enum err want_head(struct decoder *d, unsigned major, const char *why, struct head *h)
{
    enum err e = read_head(d, h);

    if (e)
        return e;
    return h->major == major ? ERR_OK : bad(d, h->at, ERR_SYNTAX, why);
}

// The bytes behind a head of bytes or text, in the decoder's own memory.
static enum err read_bytes(struct decoder *d, const struct head *h, struct span *out)
{
    size_t len, wrong;

    if (h->argument > (size_t)(d->end - d->at))
        return bad(d, h->at, ERR_SYNTAX, "a length past the end of the bytes");
    len = (size_t)h->argument;
    if (h->major == 3 && !text_is_utf8((struct span){(const char *)d->at, len}, &wrong))
        return bad(d, d->at + wrong, ERR_SYNTAX, "text that is not UTF-8");
    if (!d->copy) {
        d->copy = arena_copy(d->a, d->at, (size_t)(d->end - d->at));
        if (!d->copy)
            return bad(d, h->at, ERR_NO_MEMORY, err_text(ERR_NO_MEMORY));
        d->copied = d->at;
    }
    *out = (struct span){d->copy + (d->at - d->copied), len};
    d->at += len;
    return ERR_OK;
}

static enum err read_text(struct decoder *d, const char *why, struct head *h, struct span *out)
{
    enum err e = want_head(d, 3, why, h);

    return e ? e : read_bytes(d, h, out);
}

// A builder's refusal, told with the place of the unit.
static enum err built(const struct decoder *d, const uint8_t *at, enum err e)
{
    return e ? bad(d, at, e, err_text(e)) : ERR_OK;
}

// ---- Numbers

// A number's coefficient: its value where it fits, else its digits.
struct coef {
    bool neg, small;
    int64_t i;
    struct span digits;
    char room[20];
};

static void coef_of_head(const struct head *h, struct coef *c)
{
    uint64_t v = h->argument;
    char *p = c->room + sizeof c->room;
    unsigned carry;

    c->neg = h->major == 1;
    c->small = v <= INT64_MAX;
    c->i = c->neg ? -1 - (int64_t)(v & INT64_MAX) : (int64_t)(v & INT64_MAX);
    if (c->small)
        return;
    carry = c->neg; // |value| is v + 1, which may be 2^64
    for (; v || carry; v /= 10) {
        unsigned digit = (unsigned)(v % 10) + carry;

        carry = digit == 10;
        *--p = (char)('0' + digit % 10);
    }
    c->digits = (struct span){p, (size_t)(c->room + sizeof c->room - p)};
}

static enum err read_digits(struct decoder *d, const uint8_t *tag, struct coef *c)
{
    struct span text;
    struct head h;
    uint64_t argument;
    enum err e = read_text(d, "digits that are not text", &h, &text);

    if (e)
        return e;
    c->neg = text.len > 0 && text.at[0] == '-';
    c->small = false;
    c->digits = (struct span){text.at + c->neg, text.len - c->neg};
    for (size_t i = 0; i < c->digits.len; i++)
        if (c->digits.at[i] < (i ? '0' : '1') || c->digits.at[i] > '9')
            return bad(d, d->at - c->digits.len + i, ERR_SYNTAX, "digits are -?[1-9][0-9]*");
    if (cbor_big_fits(c->neg, c->digits, &argument))
        return bad(d, tag, ERR_SYNTAX, "digits of an integer that fits 64 bits");
    return ERR_OK;
}

static enum err read_dec(struct decoder *d, const uint8_t *tag, struct unit *out)
{
    struct head array, exp, mantissa;
    struct coef c;
    int64_t exponent;
    char last;
    enum err e = want_head(d, 4, "a dec is an array of two", &array);

    if (e)
        return e;
    if (array.argument != 2)
        return bad(d, array.at, ERR_SYNTAX, "a dec is an array of two");
    e = read_head(d, &exp);
    if (e)
        return e;
    if (exp.major > 1)
        return bad(d, exp.at, ERR_SYNTAX, "an exponent is an integer");
    if (exp.argument > UNIT_DIGITS_MAX)
        return bad(d, exp.at, ERR_TOO_BIG, "a number past the limit of digits");
    exponent = exp.major ? -1 - (int64_t)exp.argument : (int64_t)exp.argument;
    e = read_head(d, &mantissa);
    if (e)
        return e;
    if (mantissa.major == 6 && mantissa.argument == CBOR_TAG_DIGITS) {
        e = read_digits(d, mantissa.at, &c);
        if (e)
            return e;
    } else if (mantissa.major <= 1) {
        coef_of_head(&mantissa, &c);
    } else {
        return bad(d, mantissa.at, ERR_SYNTAX, "a mantissa is an integer or digits");
    }
    last = c.small ? (char)(c.i % 10 == 0 ? '0' : '1') : c.digits.at[c.digits.len - 1];
    if (last == '0' && !(c.small && c.i == 0 && exponent == 0))
        return bad(d, mantissa.at, ERR_SYNTAX, "a mantissa with zeros at its end");
    e = c.small ? unit_dec(c.i, exponent, out)
                : unit_num(d->a, c.neg, c.digits, true, exponent, out);
    return built(d, tag, e);
}

static enum err read_int(struct decoder *d, const struct head *h, struct unit *out)
{
    struct coef c;

    coef_of_head(h, &c);
    if (!c.small)
        return built(d, h->at, unit_num(d->a, c.neg, c.digits, false, 0, out));
    *out = unit_int(c.i);
    return ERR_OK;
}

// ---- Containers

static enum err read_unit(struct decoder *d, unsigned level, struct unit *out);

// Room for the n parts of a container whose head has been read.
static enum err open(struct decoder *d, const struct head *h, uint64_t n, unsigned level,
                     struct unit **items)
{
    size_t left = (size_t)(d->end - d->at);

    if (level == UNIT_DEPTH_MAX)
        return bad(d, h->at, ERR_TOO_DEEP, err_text(ERR_TOO_DEEP));
    if (left < d->promised || n > left - d->promised)
        return bad(d, h->at, ERR_SYNTAX, "more parts than there are bytes");
    if (h->argument > UNIT_ITEMS_MAX || n > UNIT_NODES_MAX - d->nodes)
        return bad(d, h->at, ERR_TOO_BIG, err_text(ERR_TOO_BIG));
    *items = unit_array(d->a, n ? (size_t)n : 1);
    if (!*items)
        return bad(d, h->at, ERR_NO_MEMORY, err_text(ERR_NO_MEMORY));
    d->promised += (size_t)n;
    d->nodes += (size_t)n;
    return ERR_OK;
}

// The short ints and strings that most parts are. False: not one of them, nothing was read.
static inline bool read_short(struct decoder *d, struct unit *out)
{
    const uint8_t *p = d->at;
    size_t n;
    uint8_t all = 0;

    if (p == d->end)
        return false;
    if (*p < 24) { // as unit_int builds it
        *out = (struct unit){
            .kind = UNIT_INT, .nodes = 1, .bytes = 1, .text = 1 + (*p > 9), .i = *p};
        d->at++;
        return true;
    }
    n = *p - 0x60u;
    if (n >= 24 || !d->copy || n >= (size_t)(d->end - p))
        return false;
    for (size_t i = 1; i <= n; i++)
        all |= p[i];
    if (all & 0x80 || unit_str((struct span){d->copy + (p + 1 - d->copied), n}, out))
        return false;
    d->at += 1 + n;
    return true;
}

static enum err read_items(struct decoder *d, unsigned level, size_t n, struct unit *items)
{
    for (size_t i = 0; i < n; i++) {
        enum err e;

        heap_pause_at(i);
        d->promised--;
        if (read_short(d, &items[i]))
            continue;
        e = read_unit(d, level + 1, &items[i]);
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err read_list(struct decoder *d, const struct head *h, unsigned level, bool pair,
                          struct unit *out)
{
    struct unit *items;
    size_t n;
    enum err e = open(d, h, h->argument, level, &items);

    if (e)
        return e;
    n = (size_t)h->argument;
    e = read_items(d, level, n, items);
    if (e)
        return e;
    return built(d, h->at, pair ? unit_pair(items, out) : unit_list(items, n, out));
}

static enum err read_map(struct decoder *d, const struct head *h, unsigned level, struct unit *out)
{
    struct unit *items;
    const uint8_t *key = d->at;
    size_t n, dup = 0;
    enum err e;

    if (h->argument > SIZE_MAX / 2)
        return bad(d, h->at, ERR_SYNTAX, "more parts than there are bytes");
    e = open(d, h, 2 * h->argument, level, &items);
    if (e)
        return e;
    n = (size_t)h->argument;
    e = read_items(d, level, 2 * n, items);
    if (e)
        return e;
    e = unit_map(d->a, items, n, &dup, out);
    if (e != ERR_SYNTAX)
        return built(d, h->at, e);
    for (size_t i = 0; i < 2 * dup; i++)
        key += items[i].bytes;
    return bad(d, key, e, "a key stands there twice");
}

static enum err read_ref(struct decoder *d, struct unit *out)
{
    struct head array, h;
    struct span step;
    struct unit *steps;
    enum err e = want_head(d, 4, "a ref is an array of texts", &array);

    if (e)
        return e;
    if (array.argument == 0)
        return bad(d, array.at, ERR_SYNTAX, "a ref without a step");
    if (array.argument > UNIT_STEPS_MAX)
        return bad(d, array.at, ERR_TOO_DEEP, "a ref of too many steps");
    e = open(d, &array, array.argument, 0, &steps);
    if (e)
        return e;
    d->promised -= (size_t)array.argument; // read right here
    d->nodes -= (size_t)array.argument;    // steps are no units of their own
    for (size_t i = 0; i < array.argument; i++) {
        e = read_text(d, "a step that is not text", &h, &step);
        if (e)
            return e;
        if (step.len == 0)
            return bad(d, h.at, ERR_SYNTAX, "an empty step");
        e = built(d, h.at, unit_str(step, &steps[i]));
        if (e)
            return e;
    }
    return built(d, array.at, unit_ref(steps, (size_t)array.argument, out));
}

static enum err read_stream(struct decoder *d, const uint8_t *tag, unsigned level, struct unit *out)
{
    struct head array, h;
    struct span name;
    struct unit *items;
    enum err e = want_head(d, 4, "a stream is an array of two or three", &array);

    if (e)
        return e;
    if (array.argument < 2 || array.argument > 3)
        return bad(d, array.at, ERR_SYNTAX, "a stream is an array of two or three");
    e = open(d, &array, array.argument, level, &items);
    if (e)
        return e == ERR_TOO_DEEP ? bad(d, tag, e, err_text(e)) : e;
    d->nodes -= (size_t)array.argument - 1; // service and address are no units of their own
    e = read_items(d, level, 1, items);
    if (e)
        return e;
    for (size_t i = 1; i < array.argument; i++) {
        d->promised--;
        e = read_text(d, "a service or address that is not text", &h, &name);
        if (e)
            return e;
        if (i == 1 ? !text_is_service(name) : !text_is_address(name))
            return bad(d, h.at, ERR_SYNTAX, i == 1 ? "no name of a service" : "no address");
        e = built(d, h.at, unit_str(name, &items[i]));
        if (e)
            return e;
    }
    return built(d, tag, unit_stream(items, (size_t)array.argument, out));
}

// Apart, so that the frames of lists in lists stay small.
__attribute__((noinline)) static enum err read_tagged(struct decoder *d, const struct head *tag,
                                                      unsigned level, struct unit *out)
{
    struct head h;
    struct span text;
    struct coef c;
    enum err e;

    switch (tag->argument) {
    case CBOR_TAG_BYTE:
        e = want_head(d, 0, "a byte is 0 to 255", &h);
        if (e)
            return e;
        if (h.argument > 255)
            return bad(d, h.at, ERR_SYNTAX, "a byte is 0 to 255");
        *out = unit_byte((uint8_t)h.argument);
        return ERR_OK;
    case CBOR_TAG_DEC:
        return read_dec(d, tag->at, out);
    case CBOR_TAG_REF:
        return read_ref(d, out);
    case CBOR_TAG_STREAM:
        return read_stream(d, tag->at, level, out);
    case CBOR_TAG_PAIR:
        e = want_head(d, 4, "a pair is an array of two", &h);
        if (e)
            return e;
        if (h.argument != 2)
            return bad(d, h.at, ERR_SYNTAX, "a pair is an array of two");
        h.at = tag->at;
        return read_list(d, &h, level, true, out);
    case CBOR_TAG_SECRET:
        d->a->wipe = true;
        e = read_text(d, "a secret that is not text", &h, &text);
        return e ? e : built(d, tag->at, unit_secret(text, out));
    case CBOR_TAG_DIGITS:
        e = read_digits(d, tag->at, &c);
        return e ? e : built(d, tag->at, unit_num(d->a, c.neg, c.digits, false, 0, out));
    default:
        return bad(d, tag->at, ERR_SYNTAX, "a tag that units do not have");
    }
}

// Recursion is bounded by open(). @level: containers around this unit.
static enum err read_unit(struct decoder *d, unsigned level, struct unit *out)
{
    struct span text;
    struct head h;
    enum err e = read_head(d, &h);

    if (e)
        return e;
    switch (h.major) {
    case 0:
    case 1:
        return read_int(d, &h, out);
    case 2:
        e = read_bytes(d, &h, &text);
        return e ? e : built(d, h.at, unit_bytes(text, out));
    case 3:
        e = read_bytes(d, &h, &text);
        return e ? e : built(d, h.at, unit_str(text, out));
    case 4:
        return read_list(d, &h, level, false, out);
    case 5:
        return read_map(d, &h, level, out);
    case 6:
        return read_tagged(d, &h, level, out);
    }
    switch (*h.at) {
    case 0xF4:
    case 0xF5:
        *out = unit_bool(*h.at & 1);
        return ERR_OK;
    case 0xF6:
        *out = unit_none();
        return ERR_OK;
    default:
        return bad(d, h.at, ERR_SYNTAX, "a float or another simple value");
    }
}

enum err unit_decode(struct arena *a, struct span bytes, struct unit *out, struct fail *f)
{
    const uint8_t *start = (const uint8_t *)bytes.at;
    struct decoder d = {.a = a, .start = start, .at = start, .nodes = 1, .f = f};
    struct unit u;
    enum err e;

    if (bytes.len > UNIT_TEXT_MAX_BYTES)
        return fail_set(f, ERR_TOO_BIG, UNIT_TEXT_MAX_BYTES, NULL, "%s", err_text(ERR_TOO_BIG));
    if (!bytes.len)
        return fail_set(f, ERR_SYNTAX, 0, NULL, "%s", cut_off);
    d.end = start + bytes.len;
    e = read_unit(&d, 0, &u);
    if (e)
        return e;
    if (d.at != d.end)
        return bad(&d, d.at, ERR_SYNTAX, "bytes behind the unit");
    *out = u;
    return ERR_OK;
}
