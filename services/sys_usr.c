// SPDX-License-Identifier: MIT
// sys.usr - users of this machine, their keys, and what others may do: the table, and what is short.
#include "services/sys_usr.h"

#include "keys/name.h"

// ---- Who

static enum err run_who(struct call *c)
{
    struct user user;
    uint8_t id[32];
    bool owner;
    enum err e;

    if (call_author(c, NULL, &owner) == ERR_DENIED)
        return ERR_OK; // nobody: `-`
    e = call_author(c, id, &owner);
    if (e)
        return e;
    if (owner)
        return usr_pair(c, "owner", id, &c->value);
    e = usr_find_id(c, id, &user);
    return usr_pair(c, e ? NULL : user.name, id, &c->value);
}

static enum err run_logout(struct call *c)
{
    enum err e = usr_comes_back(c);

    return e ? e : call_logout(c);
}

static enum err list_row(struct call *c, const struct user *user, struct unit *out)
{
    struct unit items[8] = {unit_word("name"),   unit_none(), unit_word("id"),  unit_none(),
                            unit_word("locked"), unit_none(), unit_word("err"), unit_none()};
    enum err e = usr_text_unit(c, user->name, strlen(user->name), &items[1]);

    if (!e && user->known)
        e = usr_key_unit(c, false, user->id, &items[3]);
    if (user->here) // else nothing is known: the key lies elsewhere
        items[5] = unit_bool(user->locked);
    if (user->bad)
        items[7] = unit_word(err_word(user->bad));
    if (!e && unit_build(c->arena, UNIT_MAP, items, user->bad ? 8 : 6, NULL, out))
        e = usr_no_memory(c);
    return e;
}

static enum err run_ls(struct call *c)
{
    struct key_files files;
    struct user *all;
    struct unit *rows;
    size_t n, at = 0;
    uint8_t own[32];
    bool owner;
    enum err e = call_author(c, own, &owner);

    if (!e)
        e = usr_files(c, &files);
    if (!e)
        e = users_list(c->arena->mem, &files, c->scratch, &all, &n, c->fail);
    if (e)
        return e;
    rows = unit_array(c->arena, n);
    if (!rows)
        return usr_no_memory(c);
    for (size_t i = 0; !e && i < n; i++)
        if (owner || (all[i].known && memcmp(all[i].id, own, 32) == 0))
            e = list_row(c, &all[i], &rows[at++]);
    return e ? e : unit_list(rows, at, &c->value);
}

// By its name a file goes that cannot be read, too. First his rights: without them the key may stay.
static enum err run_del(struct call *c)
{
    struct key_files files;
    struct user user;
    bool named = c->arg->kind == UNIT_STR && user_name_ok(unit_span(c->arg));
    enum err e = usr_files(c, &files), found;

    if (e)
        return e;
    found = usr_find(c, c->arg, &user);
    if (found && !named)
        return found;
    if (!found)
        e = call_forget_user(c, user.id);
    return e ? e : users_del(&files, named ? unit_span(c->arg) : span_of(user.name), c->fail);
}

enum { PUB_QR };

static enum err run_pub(struct call *c)
{
    bool draws = c->opt[PUB_QR] && c->opt[PUB_QR]->i;
    char shout[KEY_TEXT_MAX];
    uint8_t id[32];
    enum err e = c->arg && c->arg->kind != UNIT_NONE ? usr_id(c, c->arg, id)
                                                     : call_author(c, id, NULL);

    if (!e)
        e = usr_key_unit(c, false, id, &c->value);
    if (e || !draws)
        return e;
    // In upper case it is the same key, and a smaller code.
    for (uint32_t i = 0; i < c->value.n; i++) {
        char x = c->value.s[i];

        shout[i] = (char)(x >= 'a' && x <= 'z' ? x - 'a' + 'A' : x);
    }
    return usr_show_qr(c, (struct span){shout, c->value.n});
}

// ---- The table

static const struct option new_options[] = {[USR_NEW_PASS] = {"pass", "secret", READ_DEEP}, {0}};
static const struct option login_options[] = {[USR_LOGIN_PASS] = {"pass", "secret", READ_DEEP},
                                              {0}};
static const struct option exp_options[] = {
    [USR_EXP_PASS] = {"pass", "secret", READ_DEEP},
    [USR_EXP_OLD] = {"old", "secret", READ_DEEP},
    [USR_EXP_WORDS] = {"words", "bool", READ_DEEP},
    [USR_EXP_QR] = {"qr", "bool", READ_DEEP},
    {0},
};
static const struct option imp_options[] = {
    [USR_IMP_NAME] = {"name", "str", READ_DEEP},
    [USR_IMP_PASS] = {"pass", "secret", READ_DEEP},
    [USR_IMP_NEW] = {"new", "secret|none", READ_DEEP},
    {0},
};
static const struct option pass_options[] = {[USR_PASS_OLD] = {"old", "secret", READ_DEEP}, {0}};
static const struct option open_options[] = {[USR_OPEN_PASS] = {"pass", "secret", READ_DEEP}, {0}};
static const struct option pub_options[] = {[PUB_QR] = {"qr", "bool", READ_DEEP}, {0}};
static const struct option seal_options[] = {[USR_SEAL_TO] = {"to", USR_SHAPE, READ_DEEP}, {0}};

static const struct command commands[] = {
    {
        .name = "who",
        .run = run_who,
        .info = "who: whose this session is, {name id}; `-`: nobody has logged in",
        .tut = "{com:who@sys.usr like:map}",
        .flags = CMD_ANYONE,
        .res = "map|none",
    },
    {
        .name = "login",
        .shape = "str|bytes|map|secret",
        .run = usr_run_login,
        .info =
            "(login USER), {login:USER pass:SECRET}, (login {ath:USER pass:SECRET}): this "
            "session acts for that user of this machine; a terminal asks for the passphrase that "
            "is "
            "not there (a key without one opens for the node's owner alone). (login SECRET) with "
            "TELEX-SECRET-KEY-1.. or 24 words: for whoever that key is, and it is not kept",
        .tut = "{com:help.login@sys.usr like:map}",
        .flags = CMD_ANYONE | CMD_SECRET,
        .opts = login_options,
    },
    {
        .name = "logout",
        .run = run_logout,
        .info = "logout: this session acts for nobody; what runs in the background goes on without "
                "its terminal",
        .tut = "{com:help.logout@sys.usr like:map}",
        .flags = CMD_ANYONE | CMD_ALWAYS,
    },
    {
        .name = "ls",
        .run = run_ls,
        .info =
            "ls: users of this machine, [{name id locked}..], locked: a passphrase opens the "
            "key, `-` where the key lies elsewhere; err: its file is there and cannot be read; all "
            "of them for the node's owner, others see themselves",
        .tut = "{com:ls@sys.usr like:`[map]`}",
        .flags = CMD_USER,
        .res = "[map]",
    },
    {
        .name = "new",
        .shape = "str",
        .run = usr_run_new,
        .info = "(new name), {new:name pass:SECRET}: a new user of this machine, {name id}; of the "
                "node's owner only. A name: a-z 0-9 -, a letter first, at most 32",
        .tut = "{com:help.new@sys.usr like:map}",
        .flags = CMD_NODE | CMD_SECRET,
        .opts = new_options,
        .res = "map",
    },
    {
        .name = "del",
        .shape = USR_SHAPE,
        .run = run_del,
        .info =
            "(del USER): forgets a user of this machine, for good: his key, what he may, what he "
            "granted, and his sessions act for nobody; of the node's owner only",
        .tut = "{com:help.del@sys.usr like:map}",
        .flags = CMD_NODE,
    },
    {
        .name = "pub",
        .shape = USR_SHAPE "|none",
        .run = run_pub,
        .info =
            "pub, (pub USER), {pub:USER qr:t}: a public key as text tu1.., your own if not said; "
            "qr:t draws it, too. USER is a name of this machine, tu1.., or 32 bytes; only the "
            "node's owner knows others by name",
        .tut = "{com:pub@sys.usr like:str} {com:(pub "
               "%`ERERERERERERERERERERERERERERERERERERERERERE=`)@sys.usr "
               "like:str}",
        .flags = CMD_USER | CMD_BARE,
        .opts = pub_options,
        .res = "str",
    },
    {
        .name = "pass",
        .shape = "secret|none",
        .run = usr_run_pass,
        .info =
            "(pass SECRET), {pass:SECRET old:SECRET}, {pass:- old:SECRET}: sets, changes, takes "
            "away the passphrase of your own key; old: the one it has",
        .tut = "{com:help.pass@sys.usr like:map}",
        .flags = CMD_USER | CMD_SECRET,
        .opts = pass_options,
    },
    {
        .name = "exp",
        .shape = USR_SHAPE "|none",
        .run = usr_run_exp,
        .info =
            "{exp:USER pass:SECRET}: a key as the bytes of a file locked with that passphrase; "
            "{exp:USER words:t}, {exp:USER qr:t}: shown on the terminal as 24 words, as a QR "
            "code. USER `-`: you. old:SECRET: the passphrase that the key has; a key that has none "
            "only its user exports",
        .tut = "{com:help.exp@sys.usr like:map}",
        .flags = CMD_USER | CMD_SECRET,
        .opts = exp_options,
        .res = "bytes|none",
    },
    {
        .name = "imp",
        .shape = "bytes|secret",
        .run = usr_run_imp,
        .info =
            "{imp:BYTES name:name pass:SECRET}, {imp:SECRET name:name}: a user who was elsewhere "
            "until now, from a key file, from 24 words or TELEX-SECRET-KEY-1..; {name id}. new: "
            "the passphrase here, `-` none; not said: as the file. Of the node's owner only",
        .tut = "{com:help.imp@sys.usr like:map}",
        .flags = CMD_NODE | CMD_SECRET,
        .opts = imp_options,
        .res = "map",
    },
    {
        .name = "sign",
        .shape = "any",
        .run = usr_run_sign,
        .info = "(sign u): a document as bytes: u, and the proof that you wrote it",
        .tut = "{com:(sign [a 1])@sys.usr like:bytes}",
        .flags = CMD_USER,
        .res = "bytes",
    },
    {
        .name = "check",
        .shape = "bytes",
        .run = usr_run_check,
        .info =
            "(check BYTES): who wrote a document, where and when, and what: {ath node time msg}; "
            "msg is data and does not run. Not as it was signed: bad-sign",
        .tut = "{com:(get (@msg (check (sign [a 1])@sys.usr)@sys.usr))@dat.proc res:[a 1]}",
        .flags = CMD_USER | CMD_WORKER,
        .res = "map",
        .effort = usr_check_effort,
    },
    {
        .name = "seal",
        .shape = "any",
        .run = usr_run_seal,
        .info = "{seal:u to:USER}: bytes that only that user can open; a secret cannot be sealed",
        .tut = "{com:{seal:[a 1] to:owner}@sys.usr like:bytes}",
        .flags = CMD_USER,
        .opts = seal_options,
        .res = "bytes",
    },
    {
        .name = "open",
        .shape = "bytes",
        .run = usr_run_open,
        .info = "(open BYTES), {open:BYTES pass:SECRET}: what was sealed to you; pass: of your key",
        .tut = "{com:(open {seal:[a 1] to:owner}@sys.usr)@sys.usr res:[a 1]}",
        .flags = CMD_USER | CMD_SECRET,
        .opts = open_options,
        .res = "any",
    },
    {
        .name = "acct",
        .shape = USR_SHAPE "|none",
        .run = usr_run_acct,
        .info =
            "acct, (acct USER): what you sent and computed since the node started, messages bytes "
            "time (ms), what your messages hold now, memory tasks, and quota:{rate mem tasks}: "
            "messages a second or `-`, bytes and tasks as (min max). Another's: of the node's "
            "owner only",
        .tut = "{com:acct@sys.usr like:map}",
        .flags = CMD_USER | CMD_BARE,
        .res = "map",
    },
    {
        .name = "grant",
        .shape = "map",
        .run = usr_run_grant,
        .info =
            "(grant {to:USER may:[math.calc dat.proc.len ..] on:@path until:time rate:n mem:(min "
            "max) tasks:(min max)}): a right to your services, {id}. may: services, commands of "
            "them, groups (compute screen input storage network); on: only at or below that path; "
            "until: 2026-11-21T05:20:01Z or ms. For all that he does here, of several grants the "
            "largest: rate, messages a second (none says it: as many as he can), mem in bytes and "
            "tasks, kept for him and at most. Values may be refs or messages, but for on",
        .tut = "{com:help.grant@sys.usr like:map}",
        .mode = READ_QUOTE,
        .flags = CMD_USER,
        .res = "map",
    },
    {
        .name = "revoke",
        .shape = "bytes|map|list",
        .run = usr_run_revoke,
        .info =
            "(revoke id): takes a right back, at once; id or {id}, as grant and grants tell it, "
            "or a list of them: (revoke (grants bob)@sys.usr)@sys.usr. Who gave it may, and the "
            "node's owner",
        .tut = "{com:help.revoke@sys.usr like:map}",
        .flags = CMD_USER,
    },
    {
        .name = "grants",
        .shape = USR_SHAPE "|none",
        .run = usr_run_grants,
        .info =
            "grants, (grants USER): rights that you gave or have (the node's owner: all), or those "
            "of them to USER, [{id by to may ..}..]; over:t: its time has passed",
        .tut = "{com:grants@sys.usr like:`[map]`}",
        .flags = CMD_USER | CMD_BARE,
        .res = "[map]",
    },
    {
        .name = "own",
        .shape = "(str " USR_SHAPE "|none)|none",
        .run = usr_run_own,
        .info =
            "(own (service USER)): the service belongs to that user; (own (service -)): to the "
            "node's owner again. io.term, sys.task and sys.usr stay his. own: those that belong "
            "to others, [(service USER)..]. Of the node's owner only",
        .tut = "{com:own@sys.usr like:`[pair]`}",
        .flags = CMD_NODE | CMD_BARE,
        .res = "[pair]|none",
    },
};

const struct service sys_usr_service = {
    .name = "sys.usr",
    .info = "users, their keys, and what they may do",
    .commands = commands,
    .n = COUNT(commands),
};
