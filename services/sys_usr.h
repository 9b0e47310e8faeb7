// SPDX-License-Identifier: MIT
// What the files of sys.usr share.
//
//   USER := name of a user of this machine | `tu1..` | his public key as 32 bytes
//
// The names of others are known to the node's owner alone; everybody else names others by key, but
// for `owner`, who is the node's.
#ifndef TELEX_SERVICES_SYS_USR_H
#define TELEX_SERVICES_SYS_USR_H

#include "kernel/service.h"
#include "keys/users.h"

#define USR_SHAPE "str|bytes" // of a USER

enum { USR_ASIDE_BYTES = 64 << 10 }; // more takes so long that others would wait

enum err usr_no_memory(struct call *c);
enum err usr_bad(struct call *c, const char *why); // bad-arg; its hint is the command's own line

/** Where the node keeps its key files. Errors: ERR_NOT_SUPPORTED */
MUST_USE enum err usr_files(struct call *c, struct key_files *out);

/** A copy of a text. Errors: ERR_NO_MEMORY */
MUST_USE enum err usr_text_unit(struct call *c, const char *text, size_t n, struct unit *out);

/** A key as `tu1..` or `tn1..`. Errors: ERR_NO_MEMORY */
MUST_USE enum err usr_key_unit(struct call *c, bool node, const uint8_t id[32], struct unit *out);

/** {name id}; name NULL: `-` */
MUST_USE enum err usr_pair(struct call *c, const char *name, const uint8_t id[32],
                           struct unit *out);

/** The user of this machine with a key. Errors: ERR_NOT_FOUND, of files */
MUST_USE enum err usr_find_id(struct call *c, const uint8_t id[32], struct user *out);

/**
 * The user of this machine that a USER names, whoever asks: what is told of it is the caller's
 * business. Errors: ERR_NOT_FOUND, ERR_BAD_ARG, of files
 */
MUST_USE enum err usr_find(struct call *c, const struct unit *u, struct user *out);

/** Public key of a USER. Errors: ERR_BAD_ARG, ERR_NOT_FOUND, ERR_DENIED (not his to know) */
MUST_USE enum err usr_id(struct call *c, const struct unit *u, uint8_t id[32]);

/** A moment as ISO 8601 text, or `-` where a year has more than four digits. */
MUST_USE enum err usr_time_unit(struct call *c, int64_t ms, struct unit *out);

/** A QR code on the terminal. Errors: ERR_NOT_SUPPORTED (there is none), ERR_NO_MEMORY, ERR_IO */
MUST_USE enum err usr_show_qr(struct call *c, struct span text);

// ---- Handlers

enum { USR_NEW_PASS };
enum { USR_LOGIN_PASS };
enum { USR_EXP_PASS, USR_EXP_OLD, USR_EXP_WORDS, USR_EXP_QR };
enum { USR_IMP_NAME, USR_IMP_PASS, USR_IMP_NEW };
enum { USR_PASS_OLD };
enum { USR_OPEN_PASS };
enum { USR_SEAL_TO };

// services/usr_keys.c
enum err usr_run_new(struct call *c);
enum err usr_run_login(struct call *c);
enum err usr_run_exp(struct call *c);
enum err usr_run_imp(struct call *c);
enum err usr_run_pass(struct call *c);

/** At a terminal the node's owner leaves his session only if he can log in again: else ERR_DENIED */
enum err usr_comes_back(struct call *c);

// services/usr_docs.c
enum err usr_run_sign(struct call *c);
enum err usr_run_check(struct call *c);
uint64_t usr_check_effort(const struct call *c);
enum err usr_run_seal(struct call *c);
enum err usr_run_open(struct call *c);

// services/usr_rights.c
enum err usr_run_acct(struct call *c);
enum err usr_run_grant(struct call *c);
enum err usr_run_revoke(struct call *c);
enum err usr_run_grants(struct call *c);
enum err usr_run_own(struct call *c);

#endif
