// SPDX-License-Identifier: MIT
// Equality, keyed hash and order of units: units/GRAMMAR.md, "Equality and order".
//
// All of it is bounded by the nodes of the unit times its depth, whatever a peer sends: maps with
// containers as keys are matched by hash, and are put in order by their encodings, so that no key
// is compared in full with every other one on each level.
#include "units/cbor.h"
#include "units/heap.h"
#include "units/siphash.h"
#include "units/unit.h"

static size_t parts_of(const struct unit *u)
{
    return u->kind == UNIT_MAP ? 2 * (size_t)u->n : u->n;
}

static bool is_container(const struct unit *u)
{
    return u->kind >= UNIT_REF && u->kind <= UNIT_MAP;
}

static bool same_num(const struct unit *a, const struct unit *b)
{
    if (a->exp != b->exp || (a->flags & UNIT_BIG) != (b->flags & UNIT_BIG))
        return false;
    if (!(a->flags & UNIT_BIG))
        return a->i == b->i;
    return a->big->neg == b->big->neg && a->big->n == b->big->n &&
           memcmp(a->big->digits, b->big->digits, a->big->n) == 0;
}

// Time does not tell where two secrets differ.
static bool same_secret(const struct unit *a, const struct unit *b)
{
    unsigned char differ = 0;

    for (uint32_t i = 0; i < a->n; i++)
        differ |= (unsigned char)(a->s[i] ^ b->s[i]);
    return differ == 0;
}

static bool same_leaf(const struct unit *a, const struct unit *b)
{
    switch ((enum unit_kind)a->kind) {
    case UNIT_NONE:
        return true;
    case UNIT_BOOL:
    case UNIT_BYTE:
        return a->i == b->i;
    case UNIT_INT:
    case UNIT_DEC:
        return same_num(a, b);
    case UNIT_STR:
    case UNIT_BYTES:
        return a->n == b->n && (a->n == 0 || memcmp(a->s, b->s, a->n) == 0);
    case UNIT_SECRET:
        return a->n == b->n && same_secret(a, b);
    default:
        return false;
    }
}

// Equal units have equal measures, also when their keys stand in another order.
static bool same_measures(const struct unit *a, const struct unit *b)
{
    return a->n == b->n && a->nodes == b->nodes && a->bytes == b->bytes && a->text == b->text &&
           a->depth == b->depth;
}

bool unit_same(const struct unit *a, const struct unit *b)
{
    size_t n;

    if (a->kind != b->kind)
        return false;
    if (!is_container(a))
        return same_leaf(a, b);
    if (!same_measures(a, b))
        return false;
    if (a->items == b->items)
        return true;
    n = parts_of(a);
    for (size_t i = 0; i < n; i++) {
        heap_pause_at(i);
        if (!unit_same(&a->items[i], &b->items[i]))
            return false;
    }
    return true;
}

// Entry of a small map with this key. Keys that are containers are compared only when their hashes
// are equal, so at most once in full.
static const struct unit *find_small(const struct unit *map, const uint64_t *hashes,
                                     const struct unit *key, const struct mem *mem)
{
    uint64_t hash = is_container(key) ? unit_key_hash(key, mem) : 0;

    for (uint32_t i = 0; i < map->n; i++) {
        const struct unit *k = &map->items[2 * i];

        if (k->kind != key->kind)
            continue;
        if (is_container(key) ? hashes[i] == hash && unit_eq(k, key, mem) : same_leaf(k, key))
            return k + 1;
    }
    return NULL;
}

static bool same_map(const struct unit *a, const struct unit *b, const struct mem *mem)
{
    uint64_t hashes[MAP_SMALL];
    bool small = !(b->flags & UNIT_INDEX) && b->n <= MAP_SMALL;

    if (a->n == 1) // nothing to look for, nothing to hash
        return unit_eq(&a->items[0], &b->items[0], mem) && unit_eq(&a->items[1], &b->items[1], mem);
    for (uint32_t i = 0; small && i < b->n; i++)
        hashes[i] = is_container(&b->items[2 * i]) ? unit_key_hash(&b->items[2 * i], mem) : 0;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct unit *key = &a->items[2 * i], *value;

        heap_pause();
        value = small ? find_small(b, hashes, key, mem) : unit_get(b, key, mem);
        if (!value || !unit_eq(key + 1, value, mem))
            return false;
    }
    return true;
}

bool unit_eq(const struct unit *a, const struct unit *b, const struct mem *mem)
{
    size_t n;

    if (a->kind != b->kind)
        return false;
    if (!is_container(a))
        return same_leaf(a, b);
    if (!same_measures(a, b))
        return false;
    if (a->items == b->items)
        return true;
    if (a->kind == UNIT_MAP)
        return same_map(a, b, mem);
    n = parts_of(a);
    for (size_t i = 0; i < n; i++) {
        heap_pause_at(i);
        if (!unit_eq(&a->items[i], &b->items[i], mem))
            return false;
    }
    return true;
}

uint64_t unit_key_hash(const struct unit *u, const struct mem *mem)
{
    // Strings are most keys by far and take the seed as it is; each other kind has its own.
    uint64_t key[2] = {mem->seed[0] ^ (uint64_t)u->kind << 32, mem->seed[1]};
    uint64_t hash = 0;

    switch ((enum unit_kind)u->kind) {
    case UNIT_STR:
        return siphash(mem->seed, u->s, u->n);
    case UNIT_BYTES:
    case UNIT_SECRET:
        return siphash(key, u->s, u->n);
    case UNIT_INT:
    case UNIT_DEC:
        if (u->flags & UNIT_BIG) {
            hash = siphash(key, u->big->digits, u->big->n);
            return siphash_pair(key, hash ^ u->big->neg, (uint64_t)u->exp);
        }
        // fall through
    case UNIT_NONE:
    case UNIT_BOOL:
    case UNIT_BYTE:
        return siphash_pair(key, (uint64_t)u->i, (uint64_t)u->exp);
    case UNIT_MAP: // a sum, since the order of the keys must not matter
        for (uint32_t i = 0; i < u->n; i++) {
            heap_pause_at(i);
            hash += siphash_pair(key, unit_key_hash(&u->items[2 * i], mem),
                                 unit_key_hash(&u->items[2 * i + 1], mem));
        }
        return siphash_pair(key, hash, u->n);
    default:
        for (uint32_t i = 0; i < u->n; i++) {
            heap_pause_at(i);
            hash = siphash_pair(key, hash, unit_key_hash(&u->items[i], mem));
        }
        return siphash_pair(key, hash, u->n);
    }
}

// ---- Numbers by value

// Coefficient as digits: those of a big one, or these.
struct coef {
    const char *digits;
    uint32_t n;
    int sign; // -1 0 1
    char small[20];
};

static void coef_init(struct coef *c, const struct unit *u)
{
    uint64_t v;
    char *p = c->small + sizeof c->small;

    if (u->flags & UNIT_BIG) {
        c->digits = u->big->digits;
        c->n = u->big->n;
        c->sign = u->big->neg ? -1 : 1;
        return;
    }
    v = u->i < 0 ? 0 - (uint64_t)u->i : (uint64_t)u->i;
    do
        *--p = (char)('0' + v % 10);
    while (v /= 10);
    c->digits = p;
    c->n = (uint32_t)(c->small + sizeof c->small - p);
    c->sign = (u->i > 0) - (u->i < 0);
}

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int unit_num_cmp(const struct unit *x, const struct unit *y)
{
    struct coef a, b;
    uint32_t common;
    int c;

    if (!((x->flags | y->flags) & UNIT_BIG) && x->exp == y->exp)
        return order(x->i, y->i);
    coef_init(&a, x);
    coef_init(&b, y);
    if (a.sign != b.sign)
        return order(a.sign, b.sign);
    if (!a.sign)
        return 0;
    // Both coefficients begin with a digit that is not 0: first the place of that digit, then
    // the digits; the shorter coefficient goes on with zeros.
    c = order((int64_t)a.n + x->exp, (int64_t)b.n + y->exp);
    if (!c) {
        common = a.n < b.n ? a.n : b.n;
        c = memcmp(a.digits, b.digits, common);
        c = (c > 0) - (c < 0);
        for (uint32_t i = common; !c && i < a.n; i++)
            c = a.digits[i] > '0';
        for (uint32_t i = common; !c && i < b.n; i++)
            c = -(b.digits[i] > '0');
    }
    return a.sign < 0 ? -c : c;
}

// ---- The order of sort, min and max

static int rank_of(const struct unit *u)
{
    switch ((enum unit_kind)u->kind) {
    case UNIT_NONE:
        return 0;
    case UNIT_BOOL:
        return 1;
    case UNIT_BYTE:
        return 2;
    case UNIT_INT:
    case UNIT_DEC:
        return 3;
    case UNIT_STR:
        return 4;
    default:
        return 5;
    }
}

enum { SMALL_BYTES = 512 }; // encodings up to here are compared on the stack

static enum err sorted_form(struct arena *tmp, const struct unit *u, uint8_t small[SMALL_BYTES],
                            struct span *out)
{
    if (u->bytes > SMALL_BYTES || !cbor_is_sorted(u))
        return unit_encode_sorted(tmp, u, out);
    *out = (struct span){(const char *)small, u->bytes};
    (void)unit_encode(u, small); // its end is small + u->bytes by contract
    return ERR_OK;
}

static enum err cmp_encoded(struct arena *a, const struct unit *x, const struct unit *y, int *out)
{
    uint8_t small_x[SMALL_BYTES], small_y[SMALL_BYTES];
    struct span bytes_x, bytes_y;
    struct arena tmp; // a sort compares often: nothing of it may stay in the caller's arena
    enum err e;

    heap_pause(); // a sort comes here again and again
    if (x->kind == y->kind && (x->kind == UNIT_LIST || x->kind == UNIT_MAP) && x->n != y->n) {
        *out = order(x->n, y->n); // the head, which comes first, says the number of parts
        return ERR_OK;
    }
    arena_init(&tmp, a->mem, a->limit_bytes - a->used_bytes);
    tmp.chunk_bytes = 0; // two objects, each as long as it must be
    tmp.wipe = (x->flags | y->flags) & UNIT_HIDDEN;
    e = sorted_form(&tmp, x, small_x, &bytes_x);
    if (!e)
        e = sorted_form(&tmp, y, small_y, &bytes_y);
    if (!e)
        *out = span_cmp(bytes_x, bytes_y);
    if (tmp.wipe) {
        mem_wipe(small_x, sizeof small_x);
        mem_wipe(small_y, sizeof small_y);
    }
    arena_fini(&tmp);
    return e;
}

enum err unit_cmp(struct arena *a, const struct unit *x, const struct unit *y, int *out)
{
    int rank = rank_of(x);

    if (rank != rank_of(y)) {
        *out = order(rank, rank_of(y));
        return ERR_OK;
    }
    switch (rank) {
    case 0:
        *out = 0;
        return ERR_OK;
    case 1:
    case 2:
        *out = order(x->i, y->i);
        return ERR_OK;
    case 3:
        *out = unit_num_cmp(x, y);
        return ERR_OK;
    case 4:
        *out = span_cmp(unit_span(x), unit_span(y));
        return ERR_OK;
    default:
        return cmp_encoded(a, x, y, out);
    }
}
