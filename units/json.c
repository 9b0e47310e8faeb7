// SPDX-License-Identifier: MIT
// Units as JSON and back: the walk between cJSON's tree and units. The only file that knows cJSON.
//
//   text --check, mark--> copy --cJSON--> tree --read--> unit --write--> tree --cJSON, unmark--> text
//
// cJSON's lists are walked by child and next, never by index. Its memory is a heap in an arena of
// the call, dropped as a whole: the build compiles it with malloc, realloc and free defined as
// those of units/heap.h, and with CJSON_NESTING_LIMIT as JSON_DEPTH_MAX (units/json_text.h).
#include "units/json.h"

#include <cJSON.h>

#include "units/heap.h"
#include "units/json_form.h"
#include "units/json_text.h"
#include "units/parse.h"
#include "units/print.h"

// Memory of one call, beside the arena of the result.
struct work {
    struct arena tmp;
    struct heap heap, *before;
};

static void work_init(struct work *w, const struct arena *a)
{
    arena_init(&w->tmp, a->mem, a->limit_bytes - a->used_bytes);
    if (!a->chunk_bytes)
        w->tmp.chunk_bytes = 0;
    heap_init(&w->heap, &w->tmp);
    w->before = heap_enter(&w->heap);
}

static void work_fini(struct work *w)
{
    (void)heap_enter(w->before); // gives back ours, which ends here
    arena_fini(&w->tmp);
}

// ---- From JSON

struct reader {
    struct arena *a;   // of the result
    struct arena *tmp; // of cJSON
    struct span text;
    size_t ordinal; // of the next value or key in the text: errors find their place by it
    struct fail *f;
};

static enum err fail_at(const struct reader *r, size_t ordinal, enum err e, const char *why)
{
    (void)fail_set(r->f, e, json_where(r->text, ordinal), NULL, "%s", why); // gives e back
    return e;
}

static enum err built(const struct reader *r, size_t ordinal, enum err e)
{
    return e ? fail_at(r, ordinal, e, err_text(e)) : e;
}

static int kind_of(const cJSON *j)
{
    return j->type & 0xFF;
}

static size_t count(const cJSON *j)
{
    size_t n = 0;

    for (const cJSON *c = j->child; c; c = c->next)
        n++;
    return n;
}

// Values and keys in a value, itself included. Recursion is bounded by JSON_DEPTH_MAX.
static size_t ordinals_in(const cJSON *j)
{
    size_t n = 1;

    for (const cJSON *c = j->child; c; c = c->next)
        n += (c->string != NULL) + ordinals_in(c);
    return n;
}

static enum err read_string(struct arena *a, char *string, struct unit *out)
{
    struct span text = json_unmark(string);

    text.at = arena_copy(a, text.at, text.len);
    return text.at ? unit_str(text, out) : ERR_NO_MEMORY;
}

static enum err read_value(struct reader *r, const cJSON *j, unsigned level, struct unit *out);

static enum err read_all(struct reader *r, const cJSON *first, size_t n, unsigned level,
                         struct unit *items)
{
    for (size_t i = 0; i < n; i++, first = first->next) {
        enum err e = read_value(r, first, level + 1, &items[i]);

        heap_pause_at(i);
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err new_items(const struct reader *r, size_t at, size_t n, unsigned level,
                          struct unit **out)
{
    if (level == UNIT_DEPTH_MAX)
        return built(r, at, ERR_TOO_DEEP);
    *out = unit_array(r->a, n ? n : 1);
    return *out ? ERR_OK : built(r, at, ERR_NO_MEMORY);
}

// The items of an array, as a list, pair or stream. @at: ordinal of the unit.
static enum err read_items(struct reader *r, const cJSON *array, size_t at, unsigned level,
                           enum unit_kind kind, struct unit *out)
{
    size_t n = count(array);
    struct unit *items;
    enum err e = new_items(r, at, n, level, &items);

    if (e)
        return e;
    e = read_all(r, array->child, n, level, items);
    if (e)
        return e;
    return built(r, at,
                 kind == UNIT_LIST   ? unit_list(items, n, out)
                 : kind == UNIT_PAIR ? unit_pair(items, out)
                                     : unit_stream(items, n, out));
}

// No name or address looks like a marked string.
static bool is_name(const cJSON *j, bool (*holds)(struct span))
{
    return kind_of(j) == cJSON_String && holds(span_of(j->valuestring));
}

static bool is_stream(const cJSON *array)
{
    const cJSON *service, *address;
    size_t n = count(array);

    if (kind_of(array) != cJSON_Array || (n != 2 && n != 3))
        return false;
    service = array->child->next;
    address = service->next;
    return is_name(service, text_is_service) && (!address || is_name(address, text_is_address));
}

static bool is_entries(const cJSON *array)
{
    if (kind_of(array) != cJSON_Array || !array->child)
        return false;
    for (const cJSON *c = array->child; c; c = c->next)
        if (kind_of(c) != cJSON_Array || !c->child || !c->child->next || c->child->next->next)
            return false;
    return true;
}

// {"{}":[[k,v],..]}: a map if the writer would write it so, else a map with the key {} and a list.
static enum err read_entries(struct reader *r, const cJSON *array, unsigned level, struct unit *out)
{
    size_t at = r->ordinal - 1, n = count(array);
    const cJSON *c = array->child;
    struct unit *items, *lists, *entry, map;
    bool plain;
    enum err e = new_items(r, at, 2 * n, level, &items);

    if (e)
        return e;
    r->ordinal += 2; // key, array
    for (size_t i = 0; i < n; i++, c = c->next) {
        r->ordinal++; // the array of an entry
        e = read_all(r, c->child, 2, level, items + 2 * i);
        if (e)
            return e;
    }
    e = unit_map(r->a, items, n, NULL, &map);
    if (!e)
        e = json_map_is_plain(r->tmp, &map, &plain);
    if (!e && !plain) {
        *out = map;
        return ERR_OK;
    }
    if (e && e != ERR_SYNTAX) // a key twice is no error here, since no map is written so
        return built(r, at, e);
    lists = unit_array(r->a, n + 2);
    if (!lists)
        return built(r, at, ERR_NO_MEMORY);
    entry = lists + n;
    for (size_t i = 0; i < n; i++) {
        e = unit_list(items + 2 * i, 2, &lists[i]);
        if (e)
            return built(r, at, e);
    }
    entry[0] = unit_word("{}");
    e = unit_list(lists, n, &entry[1]);
    if (!e)
        e = unit_map(r->a, entry, 1, NULL, out);
    return built(r, at, e);
}

// An object of one key whose value is no container may be a leaf; else it is a map.
static enum err read_one(struct reader *r, const cJSON *value, unsigned level, struct unit *out)
{
    size_t at = r->ordinal - 1;
    struct unit leaf, *items;
    enum err e;

    r->ordinal++; // the key
    e = read_value(r, value, level, &leaf);
    if (e)
        return e;
    e = json_leaf(r->a, r->tmp, span_of(value->string), &leaf, out);
    if (!e || e == ERR_NO_MEMORY)
        return built(r, at, e);
    e = new_items(r, at, 2, level, &items);
    if (e)
        return e;
    items[1] = leaf;
    e = read_string(r->a, value->string, &items[0]);
    if (!e)
        e = unit_map(r->a, items, 1, NULL, out);
    return built(r, at, e);
}

/** Errors: ERR_NOT_FOUND when the object is a map of its keys; nothing was read then */
static enum err read_special(struct reader *r, const cJSON *j, unsigned level, struct unit *out)
{
    size_t at = r->ordinal - 1;
    const cJSON *value = j->child;
    struct span key = span_of(value->string);
    enum unit_kind kind = UNIT_KINDS;

    if (span_eq(key, SPAN("()")) && kind_of(value) == cJSON_Array && count(value) == 2)
        kind = UNIT_PAIR;
    else if (span_eq(key, SPAN("stream")) && is_stream(value))
        kind = UNIT_STREAM;
    if (kind != UNIT_KINDS) {
        r->ordinal += 2; // key, array
        return read_items(r, value, at, level, kind, out);
    }
    if (span_eq(key, SPAN("{}")) && is_entries(value))
        return read_entries(r, value, level, out);
    if (kind_of(value) != cJSON_String)
        return ERR_NOT_FOUND;
    if (span_eq(key, SPAN("secret")) && strcmp(value->valuestring, "***") == 0)
        return fail_at(r, at, ERR_SYNTAX, "a secret stood here, and was not shown");
    if (span_eq(key, SPAN("0x")) || span_eq(key, SPAN("@")) || span_eq(key, SPAN("%")))
        return read_one(r, value, level, out);
    return ERR_NOT_FOUND;
}

static enum err read_object(struct reader *r, const cJSON *j, unsigned level, struct unit *out)
{
    size_t at = r->ordinal - 1, n = count(j), dup = 0, i = 0, first;
    struct unit *items;
    enum err e;

    if (n == 1) {
        e = read_special(r, j, level, out);
        if (e != ERR_NOT_FOUND)
            return e;
    }
    e = new_items(r, at, 2 * n, level, &items);
    if (e)
        return e;
    first = r->ordinal;
    for (const cJSON *c = j->child; c; c = c->next, i += 2) {
        heap_pause_at(i + 1);
        e = built(r, r->ordinal, read_string(r->a, c->string, &items[i]));
        if (e)
            return e;
        r->ordinal++;
        e = read_value(r, c, level + 1, &items[i + 1]);
        if (e)
            return e;
    }
    e = unit_map(r->a, items, n, &dup, out);
    if (e != ERR_SYNTAX)
        return built(r, at, e);
    i = 0;
    for (const cJSON *c = j->child; i < dup; c = c->next, i++)
        first += 1 + ordinals_in(c);
    return fail_at(r, first, e, "a key stands there twice");
}

// Recursion is bounded by new_items(). @level: containers around this unit.
static enum err read_value(struct reader *r, const cJSON *j, unsigned level, struct unit *out)
{
    size_t at = r->ordinal++;

    switch (kind_of(j)) {
    case cJSON_False:
    case cJSON_True:
        *out = unit_bool(kind_of(j) == cJSON_True);
        return ERR_OK;
    case cJSON_NULL:
        *out = unit_none();
        return ERR_OK;
    case cJSON_String:
        if (j->valuestring[0] == JSON_MARK_NUMBER)
            return built(r, at, json_number(r->a, j->valuestring + 1, out));
        return built(r, at, read_string(r->a, j->valuestring, out));
    case cJSON_Array:
        return read_items(r, j, at, level, UNIT_LIST, out);
    case cJSON_Object:
        return read_object(r, j, level, out);
    default:
        return built(r, at, ERR_INTERNAL);
    }
}

enum err json_parse(struct arena *a, struct span text, struct unit *out, struct fail *f)
{
    struct reader r = {.a = a, .text = text, .f = f};
    struct json_facts facts;
    struct work w;
    char *copy;
    cJSON *tree = NULL;
    enum err e = json_check(text, &facts, f);

    if (e)
        return e;
    work_init(&w, a);
    r.tmp = &w.tmp;
    copy = arena_new(&w.tmp, facts.copy_bytes);
    if (copy) {
        json_mark(text, &facts, copy);
        // The text is JSON within the limits, so only memory can be missing.
        tree = cJSON_ParseWithLength(copy, facts.copy_bytes);
    }
    e = tree ? read_value(&r, tree, 0, out) : built(&r, 0, ERR_NO_MEMORY);
    work_fini(&w);
    return e;
}

// ---- To JSON

struct writer {
    struct arena *tmp;
    bool marks; // some string is marked
};

// A string for cJSON: ended by NUL, marked if it must be. It stays where it is.
static const char *new_text(struct writer *w, struct span text)
{
    bool mark = json_needs_mark(text);
    size_t bytes = mark ? json_marked_bytes(text) : text.len;
    char *out = arena_new(w->tmp, bytes + 1);

    if (!out)
        return NULL;
    w->marks |= mark;
    if (mark)
        (void)json_mark_string(text, out); // its end is out + bytes by contract
    else if (text.len)
        memcpy(out, text.at, text.len);
    out[bytes] = 0;
    return out;
}

static cJSON *new_string(struct writer *w, struct span text)
{
    const char *s = new_text(w, text);

    return s ? cJSON_CreateStringReference(s) : NULL;
}

// What a unit prints without its first `front` and last `back` characters.
static cJSON *new_print(struct writer *w, const struct unit *u, size_t front, size_t back, int type)
{
    char *text = arena_new(w->tmp, (size_t)u->text + 1);
    cJSON *j;

    if (!text)
        return NULL;
    (void)unit_print(u, text); // its end is text + u->text by contract
    text[u->text - back] = 0;
    j = cJSON_CreateStringReference(text + front);
    if (j)
        j->type = type | cJSON_IsReference;
    return j;
}

static cJSON *write_unit(struct writer *w, const struct unit *u);

// Adds to an array or, under a key, to an object. NULL: there was no memory.
static cJSON *add(cJSON *to, const char *key, cJSON *child)
{
    bool done = to && child &&
                (key ? cJSON_AddItemToObjectCS(to, key, child) : cJSON_AddItemToArray(to, child));

    return done ? to : NULL;
}

static cJSON *special(const char *key, cJSON *value)
{
    return value ? add(cJSON_CreateObject(), key, value) : NULL;
}

static cJSON *write_items(struct writer *w, const struct unit *items, size_t n)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; array && i < n; i++)
        array = add(array, NULL, write_unit(w, &items[i]));
    return array;
}

static cJSON *write_map(struct writer *w, const struct unit *map)
{
    bool plain;
    cJSON *out;

    if (json_map_is_plain(w->tmp, map, &plain))
        return NULL;
    out = plain ? cJSON_CreateObject() : cJSON_CreateArray();
    for (size_t i = 0; out && i < map->n; i++) {
        const struct unit *entry = &map->items[2 * i];

        if (plain) {
            const char *key = new_text(w, unit_span(entry));

            out = key ? add(out, key, write_unit(w, entry + 1)) : NULL;
        } else {
            out = add(out, NULL, write_items(w, entry, 2));
        }
    }
    return plain ? out : special("{}", out);
}

// Recursion is bounded by UNIT_DEPTH_MAX. NULL: there was no memory.
static cJSON *write_unit(struct writer *w, const struct unit *u)
{
    struct unit number;

    switch ((enum unit_kind)u->kind) {
    case UNIT_NONE:
        return cJSON_CreateNull();
    case UNIT_BOOL:
        return cJSON_CreateBool(u->i != 0);
    case UNIT_BYTE:
        number = unit_int(u->i);
        return special("0x", new_print(w, &number, 0, 0, cJSON_Raw));
    case UNIT_INT:
    case UNIT_DEC:
        return new_print(w, u, 0, 0, cJSON_Raw);
    case UNIT_STR:
        return new_string(w, unit_span(u));
    case UNIT_REF: // @path
        return special("@", new_print(w, u, 1, 0, cJSON_String));
    case UNIT_BYTES: // %`base64`
        return special("%", new_print(w, u, 2, 1, cJSON_String));
    case UNIT_SECRET:
        return special("secret", cJSON_CreateStringReference("***"));
    case UNIT_STREAM:
        return special("stream", write_items(w, u->items, u->n));
    case UNIT_PAIR:
        return special("()", write_items(w, u->items, 2));
    case UNIT_LIST:
        return write_items(w, u->items, u->n);
    case UNIT_MAP:
        return write_map(w, u);
    case UNIT_KINDS:
        break;
    }
    return NULL;
}

enum err json_print(struct arena *a, const struct unit *u, struct span *out)
{
    struct work w;
    struct writer writer = {.tmp = &w.tmp};
    cJSON *tree;
    char *text = NULL;
    size_t len = 0;
    enum err e = ERR_OK;

    work_init(&w, a);
    tree = write_unit(&writer, u);
    if (tree) // a first guess at the length; it grows by itself
        text = cJSON_PrintBuffered(tree, (int)(u->text + u->text / 4 + 64), 0);
    if (text) {
        len = strlen(text);
        if (writer.marks)
            len = json_unmark_text(text, len);
        if (len > UNIT_TEXT_MAX_BYTES)
            e = ERR_TOO_BIG;
        else
            text = arena_copy(a, text, len);
    }
    if (!text)
        e = ERR_NO_MEMORY;
    if (!e)
        *out = (struct span){text, len};
    work_fini(&w);
    return e;
}
