// SPDX-License-Identifier: MIT
// Small maps with fixed keys in a fixed order, in the binary form of units (units/cbor.h), written
// and read without building units: certificates, key files, the heads of documents and messages.
//
//   {v:1 ath:%`..` time:5 body:U}       a record: every key, in this order, each of its type
//
// Reading is strict: the bytes must be the one encoding of the record. The readers below note the
// first error and do nothing from then on, so a record is read straight through and p->e looked
// at once, at the end; what was read before that must not be used.
// The last field may be a unit of any kind (`body`): it is handed over as bytes, unread, and the
// record around it counts for none of its limits.
#ifndef TELEX_KEYS_PACK_H
#define TELEX_KEYS_PACK_H

#include "units/err.h"

/**
 * struct pack - a writer; starts as {NULL} to learn the length, then again as {memory}
 * @at: where the record begins; NULL: only count
 * @n:  bytes so far
 */
struct pack {
    uint8_t *at;
    size_t n;
};

// A field is a key and a value behind it; key NULL writes a value alone.
void pack_map(struct pack *p, size_t fields);
void pack_int(struct pack *p, const char *key, int64_t i);
void pack_bool(struct pack *p, const char *key, bool b);
void pack_bytes(struct pack *p, const char *key, const void *bytes, size_t n);
void pack_text(struct pack *p, const char *key, struct span text);
void pack_none(struct pack *p, const char *key);
void pack_list(struct pack *p, const char *key, size_t n); // n values follow
void pack_pair(struct pack *p, const char *key);           // two values follow
void pack_key(struct pack *p, const char *key);            // the last one; its unit follows

/** n bytes, or none when all of them are 0. */
void pack_bytes_or_none(struct pack *p, const char *key, const void *bytes, size_t n);

/** Text, or none when it is empty. */
void pack_text_or_none(struct pack *p, const char *key, struct span text);

/**
 * struct unpack - a reader
 * @what: "certificate" "document" ..: begins every error text
 * @base: offset of the record in what the person sees, added to f->pos
 * @f:    may be NULL
 */
struct unpack {
    const uint8_t *start, *at, *end;
    const char *what;
    size_t base;
    struct fail *f;
    enum err e;
};

struct unpack unpack_start(struct span bytes, size_t base, const char *what, struct fail *f);

void unpack_map(struct unpack *p, size_t fields);
int64_t unpack_int(struct unpack *p, const char *key, int64_t min, int64_t max);
bool unpack_bool(struct unpack *p, const char *key);
void unpack_bytes(struct unpack *p, const char *key, void *out, size_t n); // exactly n
struct span unpack_span(struct unpack *p, const char *key, size_t max);    // bytes, borrowed
struct span unpack_text(struct unpack *p, const char *key, size_t max);    // borrowed, unchecked
size_t unpack_list(struct unpack *p, const char *key, size_t max);
void unpack_pair(struct unpack *p, const char *key);

/** none for INT64_MIN or INT64_MAX, whichever @none is; the wire never holds these two. */
int64_t unpack_int_or_none(struct unpack *p, const char *key, int64_t none);

/** Zeros for none; as bytes zeros are refused. */
void unpack_bytes_or_none(struct unpack *p, const char *key, void *out, size_t n);

/** Empty for none; as text emptiness is refused. */
struct span unpack_text_or_none(struct unpack *p, const char *key, size_t max);

/** The last field: all bytes behind its key. */
struct span unpack_rest(struct unpack *p, const char *key);

/** Nothing may follow. Gives p->e. */
MUST_USE enum err unpack_end(struct unpack *p);

/** Note an error at the value read last (or at the present place); the first one stays. */
void unpack_bad(struct unpack *p, enum err e, const char *key, const char *why);

#endif
