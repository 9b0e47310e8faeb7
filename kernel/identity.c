// SPDX-License-Identifier: MIT
// Who this node is, loaded when something is signed for the first time, and messages as they would
// leave it.
#include "keys/users.h"

#include "kernel/internal.h"
#include "msgs/message.h"

static struct key_files files_of(const struct plat_file *file)
{
    return (struct key_files){file->ctx,  file->has, file->load, file->make,
                              file->save, file->del, file->list};
}

enum err kernel_identity(struct kernel *k, struct fail *f, const struct identity **out)
{
    const struct plat *plat = k->plat;
    const struct plat_file *file = plat->file;
    struct key_random random = {plat->ctx, plat->random};
    struct key_files files;
    struct identity *id;
    enum err e;

    if (!k->identity) {
        if (file)
            files = files_of(file);
        id = arena_new(&k->arena, sizeof *id);
        if (!id)
            return fail_set(f, ERR_NO_MEMORY, FAIL_NO_POS, NULL, "no memory for the keys");
        e = identity_make(plat->mem, file ? &files : NULL, &random, id, f);
        if (e)
            return e;
        k->arena.wipe = true;
        k->identity = id;
        memcpy(k->owner.id, id->cert.user, sizeof k->owner.id);
    }
    *out = k->identity;
    return ERR_OK;
}

bool kernel_has_identity(const struct kernel *k)
{
    const struct plat_file *file = k->plat->file;
    struct key_files files;

    if (k->identity || !file)
        return k->identity != NULL;
    files = files_of(file);
    return identity_exists(&files);
}

bool kernel_owner_locked(const struct kernel *k)
{
    const struct plat_file *file = k->plat->file;
    struct key_files files;
    struct user owner;
    enum err e;

    if (!file)
        return false;
    files = files_of(file);
    e = users_find(k->plat->mem, &files, SPAN("owner"), &owner, NULL);
    // Where the key is damaged nobody could ever open it: the machine stays its owner's.
    return e ? e == ERR_IO || e == ERR_NO_MEMORY : owner.locked;
}

bool call_owner_locked(const struct call *c)
{
    return kernel_owner_locked(c->kernel);
}

int64_t kernel_time_ms(const struct kernel *k)
{
    int64_t ns;

    return k->plat->utc_ns && !k->plat->utc_ns(k->plat->ctx, &ns) ? ns / 1000000 : TIME_UNKNOWN;
}

enum err call_message(struct call *c, struct unit *out)
{
    const struct identity *id;
    enum err e = call_identity(c, &id);

    return e ? e
             : msg_dump(c->arena, id, span_of(c->service->name), c->arg, kernel_time_ms(c->kernel),
                        out, c->fail);
}
