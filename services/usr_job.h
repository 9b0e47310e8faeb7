// SPDX-License-Identifier: MIT
// sys.usr: how a message opens and locks a secret key.
//
// A passphrase costs 64 MiB and a fifth of a second, so such a message runs in three parts, and the
// handler three times:
//
//   begin  main loop   what is asked for, the key file, random bytes
//   work   beside it   opens the key, locks it again; touches nothing but its call
//   end    main loop   files, the session, the terminal
//
// Without a passphrase they follow at once. What lies in the job is wiped at the end; when the task
// is killed between them its arena is.
#ifndef TELEX_SERVICES_USR_JOB_H
#define TELEX_SERVICES_USR_JOB_H

#include "services/sys_usr.h"

enum { USR_DRAWN_BYTES = 64 }; // of salt and nonce, and some more

struct usr_job {
    struct key_files files;
    struct user user; // whose key
    bool opens;       // file is opened with `pass`
    bool nobody;      // there is no such user, but that takes as long to say
    bool open;        // key is there
    bool beside;      // it is long even so
    bool worked;
    struct span file, pass; // at == NULL: none
    struct span lock;       // passphrase to lock it with; at == NULL: none
    struct sign_key key;
    uint8_t drawn[USR_DRAWN_BYTES]; // random bytes, drawn on the main loop
    size_t drawn_n;
    uint8_t out[USER_FILE_MAX_BYTES]; // locked
    size_t out_n;
};

typedef enum err usr_part(struct call *c, struct usr_job *j);

/** What a handler gives back whose work is in these parts. */
enum err usr_three_parts(struct call *c, usr_part *begin, usr_part *work, usr_part *end);

/** The middle part of most: opens what is to be opened, locks what is to be locked. */
enum err usr_work_key(struct call *c, struct usr_job *j);

// ---- For the first part

enum err usr_denied(struct call *c, const char *hint, const char *why);

/** Wherever somebody else than the node's owner cannot open a key: always the same. */
enum err usr_closed(struct call *c);

/** Is there a person to ask? */
bool usr_at_terminal(const struct call *c);

/** Does the author's own key lie here, with a passphrase? */
bool usr_own_locked(struct call *c);

/**
 * usr_ask_pass - ask the person at the terminal for a passphrase, and go on with it
 * @option: of the command, set to what was typed
 * @then:   a handler of usr_three_parts
 *
 * Whoever has not logged in may not ask for a line himself: this service does.
 */
enum err usr_ask_pass(struct call *c, unsigned option, enum err (*then)(struct call *c));

/** The text of a passphrase; at == NULL when u is NULL or `-`. Errors: ERR_BAD_ARG */
MUST_USE enum err usr_pass_of(struct call *c, const struct unit *u, struct span *out);

/** Random bytes fit for keys. Errors: ERR_NOT_SUPPORTED */
MUST_USE enum err usr_draw(struct call *c, uint8_t *out, size_t n);

/** The key is to be locked with this passphrase; at == NULL: it is not. */
MUST_USE enum err usr_will_lock(struct call *c, struct usr_job *j, struct span pass);

/** The key of j->user: open already, or the work will open it. Errors: ERR_DENIED, of files */
MUST_USE enum err usr_take_key(struct call *c, struct usr_job *j, const struct unit *pass);

/** The same for the author's. */
MUST_USE enum err usr_take_own_key(struct call *c, struct usr_job *j, const struct unit *pass);

/** A key that was brought along: TELEX-SECRET-KEY-1.. or 24 words. Errors: ERR_BAD_ARG */
MUST_USE enum err usr_brought_key(struct call *c, struct usr_job *j, struct span text);

#endif
