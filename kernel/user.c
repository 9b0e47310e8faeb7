// SPDX-License-Identifier: MIT
// Who sends a message, who signs for him here, and whose a session is: what sys.usr is lent.
#include "keys/identity.h"

#include "kernel/internal.h"

// Who signs for him on this node. Errors: ERR_DENIED (nobody does), those of kernel_identity
static enum err owner_signer(struct owner *o, struct fail *f, const struct identity **out)
{
    struct kernel *k = o->kernel;

    if (o == &k->owner)
        return kernel_identity(k, f, out);
    if (!o->identity)
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, "log in: (login NAME)@sys.usr",
                        o == &k->nobody ? "nobody is logged in"
                                        : "this node does not sign for that user");
    *out = o->identity;
    return ERR_OK;
}

enum err call_author(struct call *c, uint8_t id[32], bool *owner)
{
    struct owner *o = work_of(c)->task->owner;

    if (owner)
        *owner = o == &c->kernel->owner;
    if (id)
        return owner_id(o, id, c->fail);
    return o == &c->kernel->nobody ? fail_set(c->fail, ERR_DENIED, FAIL_NO_POS,
                                              "(login NAME)@sys.usr", "nobody is logged in")
                                   : ERR_OK;
}

enum err call_identity(struct call *c, const struct identity **out)
{
    return owner_signer(work_of(c)->task->owner, c->fail, out);
}

enum err call_node(struct call *c, const struct identity **out)
{
    return kernel_identity(c->kernel, c->fail, out);
}

// ---- Sessions

// The session whose person waits for this call; none for what came from elsewhere or stays behind.
static struct term *session_of(const struct call *c)
{
    const struct task *t = ((const struct work *)c)->task;

    while (t->parent)
        t = t->parent;
    return t->background ? NULL : c->term;
}

static enum err no_session(struct call *c)
{
    return fail_set(c->fail, ERR_NOT_SUPPORTED, FAIL_NO_POS,
                    "log in at a prompt or in a text that is read",
                    "this message belongs to no session");
}

// The certificate, and what of the node goes with it.
static enum err identity_for(struct kernel *k, struct span cert, const struct identity *own,
                             struct identity *out, struct fail *f)
{
    struct cert c;
    enum err e = cert_open(cert, &c, f);

    if (!e)
        e = cert_covers(&c, kernel_time_ms(k), f);
    if (e)
        return e;
    if (memcmp(c.node, own->node.public, sizeof c.node) != 0 || !(c.roles & CERT_SIGN))
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, NULL,
                        "the certificate does not let this node sign");
    *out = *own;
    out->cert = c;
    memcpy(out->cert_bytes, cert.at, cert.len);
    out->cert_n = cert.len;
    return ERR_OK;
}

static void set_name(struct owner *o, struct span name)
{
    size_t n = name.len < sizeof o->name ? name.len : sizeof o->name - 1;

    memset(o->name, 0, sizeof o->name);
    memcpy(o->name, name.at, n);
}

enum err call_login(struct call *c, struct span name, struct span cert)
{
    struct kernel *k = c->kernel;
    const struct mem *mem = k->plat->mem;
    struct term *term = session_of(c);
    const struct identity *own;
    struct identity *id;
    struct owner *o;
    enum err e;

    if (!term)
        return no_session(c);
    e = kernel_identity(k, c->fail, &own);
    if (e)
        return e;
    id = mem->get(mem->ctx, sizeof *id);
    if (!id)
        return fail_set(c->fail, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory to log in");
    e = identity_for(k, cert, own, id, c->fail);
    o = e ? NULL : owner_find(k, id->cert.user);
    if (!e && !o)
        e = fail_set(c->fail, ERR_BUSY, FAIL_NO_POS, "try again when some have left",
                     "too many users are here");
    if (!e && o != &k->owner && !o->identity) {
        o->identity = id;
        set_name(o, name);
    } else { // he is here already
        identity_fini(id);
        mem->put(mem->ctx, id, sizeof *id);
    }
    if (!e)
        term_set_owner(k, term, o);
    return e;
}

const struct mem *call_node_mem(const struct call *c)
{
    return &c->kernel->owner.mem;
}

void term_lock(struct kernel *k, struct term *term)
{
    term_set_owner(k, term, &k->nobody);
}

enum err call_logout(struct call *c)
{
    struct term *term = session_of(c);

    if (!term)
        return no_session(c);
    term_lock(c->kernel, term);
    return ERR_OK;
}

// ---- Accounts

enum err call_account(struct call *c, const uint8_t *user, struct account *out)
{
    struct kernel *k = c->kernel;
    struct owner *o = work_of(c)->task->owner, *who = o;
    const struct identity *own;
    enum err e = kernel_identity(k, c->fail, &own); // to know the owner by his key

    if (e)
        return e;
    if (user)
        who = owner_known(k, user);
    if (who != o && o != &k->owner)
        return fail_set(c->fail, ERR_DENIED, FAIL_NO_POS, "acct@sys.usr is yours",
                        "an account is shown to its owner, and to the node's");
    if (!who) // he has done nothing yet, but may have something kept for him
        who = owner_find(k, user);
    if (!who)
        return fail_set(c->fail, ERR_BUSY, FAIL_NO_POS, "try again when some have left",
                        "too many users are here");
    *out = (struct account){
        .messages = who->messages,
        .bytes = who->sent_bytes,
        .cpu_ns = who->cpu_ns,
        .memory = __atomic_load_n(&who->bytes, __ATOMIC_RELAXED),
        .tasks = who->tasks,
        .rate = who->quota.rate,
        .mem_min = who->quota.mem_min,
        .mem_max = who->quota.mem_max,
        .tasks_min = who->quota.tasks_min,
        .tasks_max = who->quota.tasks_max,
    };
    return ERR_OK;
}
