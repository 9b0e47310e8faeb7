// SPDX-License-Identifier: MIT
// One key file: a record that says of what kind it is, and a check against damage behind it.
//
//   {v:1 file:KIND ..}    the record, at most KEY_FILE_MAX_BYTES with its check
//   32 bytes              its BLAKE2b-256
//
// What the folder keys shares; all others use keys/identity.h and keys/users.h.
#ifndef TELEX_KEYS_FILE_H
#define TELEX_KEYS_FILE_H

#include "keys/identity.h"
#include "keys/pack.h"

enum { KEY_FILE_MAX_BYTES = 512 };

/** A file that is being written. Holds secrets: wipe it. */
struct key_file {
    uint8_t bytes[KEY_FILE_MAX_BYTES];
    struct pack p;
};

/** Begin a record of this kind with so many fields of its own, which are packed next. */
struct pack *key_file_begin(struct key_file *file, const char *kind, size_t fields);

/** The whole file: the record and its check. Lies in @file. */
struct span key_file_bytes(struct key_file *file);

/**
 * key_file_make - write it where no file of that name is; wipes it on all paths
 *
 * Errors: ERR_EXISTS, those of @files->make
 */
MUST_USE enum err key_file_make(const struct key_files *files, const char *name,
                                struct key_file *file, struct fail *f);

/** The same in the place of what may be there. */
MUST_USE enum err key_file_save(const struct key_files *files, const char *name,
                                struct key_file *file, struct fail *f);

/** Either of the two with the bytes of a whole file. */
MUST_USE enum err key_file_put(const struct key_files *files, const char *name, bool made,
                               struct span bytes, struct fail *f);

/**
 * All bytes of a file, in the arena. Errors: ERR_NOT_FOUND, ERR_CORRUPT (too big, or no file),
 * ERR_DENIED (others may read or write it), ERR_IO, ERR_NO_MEMORY
 */
MUST_USE enum err key_file_load(const struct key_files *files, const char *name, struct arena *a,
                                struct span *out, struct fail *f);

/** What a function of struct key_files answered, in words that name the file. Gives an error. */
enum err key_file_fail(const char *name, enum err e, struct fail *f);

/** Is the record of this kind, with so many fields? Nothing else of it is looked at. */
bool key_file_is(struct span bytes, const char *kind, size_t fields);

/**
 * key_file_open - the record up to its own fields; these are read next, then key_file_end
 * @name: for error texts
 *
 * Errors: ERR_CORRUPT, ERR_NOT_SUPPORTED (a later version)
 */
MUST_USE enum err key_file_open(const char *name, const char *kind, struct span bytes,
                                size_t fields, struct unpack *out, struct fail *f);

/** Nothing may follow. What the record broke is ERR_CORRUPT. */
MUST_USE enum err key_file_end(struct unpack *p, struct fail *f);

/** Something else is wrong with a file. Gives ERR_CORRUPT. */
enum err key_file_bad(const char *name, const char *why, struct fail *f);

/** An arena for what was read from a few key files: it wipes. */
void key_arena(struct arena *a, const struct mem *mem);

/** Random bytes for keys. Errors: ERR_NOT_SUPPORTED (also without a source), those of the source */
MUST_USE enum err key_draw(const struct key_random *random, uint8_t *out, size_t n, struct fail *f);

#endif
