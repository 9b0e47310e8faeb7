// SPDX-License-Identifier: MIT
// Users as the kernel knows them: what their tasks hold together, and what they used.
//
//   all:  sum over owners of max(what he has, what is kept for him)  <=  what the machine gives
//   each: what he has  <=  his maximum
//
// So what is kept for one is room that nobody else can take, and costs nothing until it is used.
// Memory is counted with atomic operations, since handlers on several processors ask for it.
#include "keys/identity.h"
#include "keys/name.h"

#include "kernel/internal.h"

// ---- Memory

static size_t held(size_t has, size_t min)
{
    return has > min ? has : min;
}

static void *get(void *ctx, size_t bytes)
{
    struct owner *o = ctx;
    struct kernel *k = o->kernel;
    const struct mem *port = k->plat->mem;
    size_t now = __atomic_add_fetch(&o->bytes, bytes, __ATOMIC_RELAXED);
    size_t more = held(now, o->mem_min) - held(now - bytes, o->mem_min);

    if (now <= o->quota.mem_max) {
        size_t all = __atomic_add_fetch(&k->bytes, more, __ATOMIC_RELAXED);
        void *p = !more || all <= k->bytes_max ? port->get(port->ctx, bytes) : NULL;

        if (p)
            return p;
        (void)__atomic_sub_fetch(&k->bytes, more, __ATOMIC_RELAXED);
    }
    (void)__atomic_sub_fetch(&o->bytes, bytes, __ATOMIC_RELAXED);
    return NULL;
}

static void put(void *ctx, void *p, size_t bytes)
{
    struct owner *o = ctx;
    struct kernel *k = o->kernel;
    size_t now;

    k->plat->mem->put(k->plat->mem->ctx, p, bytes);
    now = __atomic_sub_fetch(&o->bytes, bytes, __ATOMIC_RELAXED);
    (void)__atomic_sub_fetch(&k->bytes, held(now + bytes, o->mem_min) - held(now, o->mem_min),
                             __ATOMIC_RELAXED);
}

// ---- Life

static void owner_init(struct owner *o, struct kernel *k, const char *name)
{
    size_t n = strlen(name) < sizeof o->name ? strlen(name) : sizeof o->name - 1;

    *o = (struct owner){.kernel = k, .quota_till_ms = TIME_NEVER};
    memcpy(o->name, name, n);
    o->mem = *k->plat->mem; // its seed
    o->mem.ctx = o;
    o->mem.get = get;
    o->mem.put = put;
    owner_default(o, &o->quota);
}

void owners_init(struct kernel *k)
{
    const struct plat_hw *hw = k->plat->hw;
    uint64_t total;
    struct quota q;

    k->bytes_max = KERNEL_BYTES_MAX > SIZE_MAX ? SIZE_MAX : (size_t)KERNEL_BYTES_MAX;
    // Of a small machine no more than three quarters: the rest is for the others.
    if (hw && hw->memory && !hw->memory(hw->ctx, &total, NULL) && total / 4 * 3 < k->bytes_max)
        k->bytes_max = (size_t)(total / 4 * 3);
    owner_init(&k->owner, k, "owner");
    owner_init(&k->nobody, k, "");
    q = k->owner.quota;
    k->owner.quota.tasks_min = 0; // not counted yet
    owner_set_quota(&k->owner, &q);
}

static void drop_spare(struct owner *o)
{
    const struct mem *mem = o->kernel->plat->mem;

    while (o->spare) {
        struct task *t = o->spare;

        o->spare = t->next;
        arena_fini(&t->arena);
        arena_fini(&t->scratch);
        mem->put(mem->ctx, t, sizeof *t);
    }
    o->spare_n = 0;
}

void owner_forget_identity(struct owner *o)
{
    const struct mem *mem = o->kernel->plat->mem;

    if (!o->identity)
        return;
    identity_fini(o->identity);
    mem->put(mem->ctx, o->identity, sizeof *o->identity);
    o->identity = NULL;
}

static void owner_free(struct owner *o)
{
    struct kernel *k = o->kernel;
    struct owner **at = &k->others;

    while (*at != o)
        at = &(*at)->next;
    *at = o->next;
    k->others_n--;
    drop_spare(o);
    owner_forget_identity(o);
    // No memory of his is left, so what was kept for him can go at once.
    (void)__atomic_sub_fetch(&k->bytes, o->mem_min, __ATOMIC_RELAXED);
    k->tasks -= held(0, o->quota.tasks_min);
    k->plat->mem->put(k->plat->mem->ctx, o, sizeof *o);
}

void owners_fini(struct kernel *k)
{
    while (k->others)
        owner_free(k->others);
    drop_spare(&k->owner);
    drop_spare(&k->nobody);
}

struct owner *owner_known(const struct kernel *k, const uint8_t id[32])
{
    struct owner *o = k->others;

    if (k->identity && memcmp(k->identity->cert.user, id, 32) == 0)
        return (struct owner *)&k->owner;
    while (o && memcmp(o->id, id, 32) != 0)
        o = o->next;
    return o;
}

// One who has nothing here any more, the one who was seen longest ago.
static struct owner *idle(const struct kernel *k)
{
    struct owner *found = NULL;

    for (struct owner *o = k->others; o; o = o->next)
        if (!o->tasks && !o->terms && !o->mem_min && !o->quota.mem_min && !o->quota.tasks_min &&
            (!found || o->seen < found->seen))
            found = o;
    return found;
}

struct owner *owner_find(struct kernel *k, const uint8_t id[32])
{
    const struct mem *mem = k->plat->mem;
    struct owner *o = owner_known(k, id);
    char name[KEY_TEXT_MAX];

    if (!o && k->others_n == KERNEL_OWNERS_MAX && (o = idle(k))) {
        owner_free(o);
        o = NULL;
    }
    if (!o) {
        o = k->others_n < KERNEL_OWNERS_MAX ? mem->get(mem->ctx, sizeof *o) : NULL;
        if (!o)
            return NULL;
        (void)key_print(KEY_USER, id, name);
        owner_init(o, k, name);
        memcpy(o->id, id, sizeof o->id);
        o->next = k->others;
        k->others = o;
        k->others_n++;
        rights_quota(o);
    }
    o->seen = ++k->seen;
    return o;
}

struct owner *term_owner(struct kernel *k, const struct term *term)
{
    return term && term->user ? term->user : &k->owner;
}

enum err owner_id(struct owner *o, uint8_t id[32], struct fail *f)
{
    struct kernel *k = o->kernel;
    const struct identity *own;
    enum err e;

    if (o == &k->nobody)
        return fail_set(f, ERR_DENIED, FAIL_NO_POS, "(login NAME)@sys.usr", "nobody is logged in");
    if (o != &k->owner) {
        memcpy(id, o->id, 32);
        return ERR_OK;
    }
    e = kernel_identity(k, f, &own);
    if (!e)
        memcpy(id, own->cert.user, 32);
    return e;
}

// ---- Quotas

void owner_default(const struct owner *o, struct quota *out)
{
    const struct kernel *k = o->kernel;
    size_t most = k->bytes_max < OWNER_BYTES_MAX ? k->bytes_max : OWNER_BYTES_MAX;
    size_t kept = most / 2 < NODE_BYTES_MIN ? most / 2 : NODE_BYTES_MIN;
    bool node = o == &k->owner;

    // The node's owner can always work, and open a key; nobody else has anything for sure.
    *out = (struct quota){
        .mem_min = node ? (most / 4 > kept ? most / 4 : kept) : 0,
        .mem_max = most,
        .tasks_min = node ? NODE_TASKS_MIN : 0,
        .tasks_max = KERNEL_TASKS_MAX,
    };
}

void owners_settle(struct kernel *k)
{
    if (k->workers_busy > k->workers_lost)
        return; // they count memory just now
    k->quotas_wait = false;
    for (struct owner *o = &k->owner; o; o = o == &k->owner ? k->others : o->next) {
        size_t was = held(o->bytes, o->mem_min);

        o->mem_min = o->quota.mem_min;
        k->bytes += held(o->bytes, o->mem_min) - was;
    }
}

void owner_set_quota(struct owner *o, const struct quota *q)
{
    struct kernel *k = o->kernel;

    k->tasks -= held(o->tasks, o->quota.tasks_min);
    k->tasks += held(o->tasks, q->tasks_min);
    o->quota = *q;
    k->quotas_wait = true;
    owners_settle(k);
}

bool owner_admits(const struct owner *o)
{
    const struct kernel *k = o->kernel;
    size_t more = held(o->tasks + 1, o->quota.tasks_min) - held(o->tasks, o->quota.tasks_min);

    return o->tasks < o->quota.tasks_max && k->tasks + more <= KERNEL_TASKS_ALL;
}

void owner_enter(struct owner *o)
{
    o->kernel->tasks -= held(o->tasks, o->quota.tasks_min);
    o->kernel->tasks += held(++o->tasks, o->quota.tasks_min);
}

void owner_leave(struct owner *o)
{
    o->kernel->tasks -= held(o->tasks, o->quota.tasks_min);
    o->kernel->tasks += held(--o->tasks, o->quota.tasks_min);
}

// A second's worth may come at once; from then on, each at its time.
bool owner_sends(struct owner *o, const struct unit *payload)
{
    struct kernel *k = o->kernel;
    const uint64_t second = 1000000000;
    uint64_t now, step;

    o->messages++;
    // A count must not tell how long a secret is.
    o->sent_bytes += payload->flags & UNIT_HIDDEN ? payload->nodes : payload->bytes;
    if (o->quota.rate) {
        now = k->plat->now_ns(k->plat->ctx) + second;
        step = second / o->quota.rate;
        if (o->rate_ns < now - second)
            o->rate_ns = now - second;
        if (o->rate_ns + step > now)
            return false;
        o->rate_ns += step;
    }
    if (__builtin_expect(o->quota_till_ms != TIME_NEVER, 0) && kernel_time_ms(k) > o->quota_till_ms)
        rights_quota(o);
    return true;
}
