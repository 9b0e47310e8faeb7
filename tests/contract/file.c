// SPDX-License-Identifier: MIT
// The contract of files: made once, replaced as a whole, listed, gone.
#include "tests/contract/file.h"

#include <string.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
// Here what is wrong is told as it stands.
#define MUST(x)                                    \
    do {                                           \
        if (!(x))                                  \
            return "line " TEXT(__LINE__) ": " #x; \
    } while (0)
#define HOLD(call)             \
    do {                       \
        const char *no = call; \
        if (no)                \
            return no;         \
    } while (0)

enum { ARENA_BYTES = 32 << 20 };

static const char one[] = "contract-1.key", two[] = "contract-2.msg", kept[] = "contract-kept.key",
                  gone[] = "contract-gone.key";

struct files {
    const struct plat_file *file;
    const struct mem *mem;
};

static bool is(const struct files *s, const char *name, struct span want)
{
    struct span got;
    struct arena a;
    bool same;

    arena_init(&a, s->mem, ARENA_BYTES);
    same = s->file->load(s->file->ctx, name, &a, &got) == ERR_OK && got.len == want.len &&
           (got.len == 0 || memcmp(got.at, want.at, got.len) == 0) &&
           s->file->has(s->file->ctx, name);
    arena_fini(&a);
    return same;
}

static bool is_none(const struct files *s, const char *name)
{
    struct span got = {name, 7};
    struct arena a;
    enum err e;

    arena_init(&a, s->mem, ARENA_BYTES);
    e = s->file->load(s->file->ctx, name, &a, &got);
    arena_fini(&a);
    return e == ERR_NOT_FOUND && got.at == name && got.len == 7 &&
           !s->file->has(s->file->ctx, name);
}

// How many files there are; of this name in *times.
static const char *listed(const struct files *s, const char *name, size_t *n, size_t *times)
{
    struct span *names;
    struct arena a;
    enum err e;

    arena_init(&a, s->mem, ARENA_BYTES);
    *times = *n = 0;
    e = s->file->list(s->file->ctx, &a, &names, n);
    for (size_t i = 0; !e && i < *n; i++)
        *times += span_eq(names[i], span_of(name));
    arena_fini(&a);
    MUST(e == ERR_OK);
    return NULL;
}

static const char *counts(const struct files *s, size_t want_n, const char *name, size_t want)
{
    size_t n, times;

    HOLD(listed(s, name, &n, &times));
    MUST(n == want_n);
    MUST(times == want);
    return NULL;
}

static const char *life(const struct files *s, size_t before)
{
    const struct plat_file *f = s->file;

    MUST(is_none(s, one));
    MUST(f->del(f->ctx, one) == ERR_NOT_FOUND);
    HOLD(counts(s, before, one, 0));

    MUST(f->make(f->ctx, one, SPAN("made")) == ERR_OK);
    MUST(is(s, one, SPAN("made")));
    MUST(f->make(f->ctx, one, SPAN("again")) == ERR_EXISTS);
    MUST(is(s, one, SPAN("made")));
    HOLD(counts(s, before + 1, one, 1));

    MUST(f->save(f->ctx, one, SPAN("saved, and longer")) == ERR_OK);
    MUST(is(s, one, SPAN("saved, and longer")));
    MUST(f->save(f->ctx, one, SPAN("short")) == ERR_OK);
    MUST(is(s, one, SPAN("short")));
    MUST(f->save(f->ctx, one, SPAN("")) == ERR_OK);
    MUST(is(s, one, SPAN("")));
    MUST(f->make(f->ctx, one, SPAN("again")) == ERR_EXISTS); // an empty one is one
    HOLD(counts(s, before + 1, one, 1));

    MUST(f->save(f->ctx, two, SPAN("new")) == ERR_OK); // nothing there to replace
    MUST(is(s, two, SPAN("new")));
    MUST(is(s, one, SPAN("")));
    HOLD(counts(s, before + 2, two, 1));

    MUST(f->del(f->ctx, one) == ERR_OK);
    MUST(is_none(s, one));
    MUST(is(s, two, SPAN("new")));
    HOLD(counts(s, before + 1, one, 0));
    MUST(f->del(f->ctx, one) == ERR_NOT_FOUND);
    MUST(f->make(f->ctx, one, SPAN("anew")) == ERR_OK);
    MUST(is(s, one, SPAN("anew")));
    MUST(f->del(f->ctx, one) == ERR_OK);
    MUST(f->save(f->ctx, one, SPAN("anew")) == ERR_OK);
    MUST(f->del(f->ctx, one) == ERR_OK);
    MUST(f->del(f->ctx, two) == ERR_OK);
    HOLD(counts(s, before, two, 0));
    return NULL;
}

// Any bytes, and many of them, again and again.
static const char *large(const struct files *s, char *bytes, size_t most)
{
    static const size_t sizes[] = {1, 255, 256, 511, 512, 513, 1024};
    const struct plat_file *f = s->file;

    for (size_t i = 0; i < most; i++)
        bytes[i] = (char)(i * 31 + i / 256);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct span all = {bytes, most}, part = {bytes + 1, sizes[i] - 1};

        MUST(f->save(f->ctx, one, all) == ERR_OK);
        MUST(is(s, one, all));
        MUST(f->save(f->ctx, one, part) == ERR_OK);
        MUST(is(s, one, part));
    }
    MUST(f->del(f->ctx, one) == ERR_OK);
    return NULL;
}

// Without memory nothing is half done, and nothing is given. A file that the arena may not hold at
// all is too big.
static const char *poor(const struct files *s, size_t before)
{
    const struct plat_file *f = s->file;
    struct span bytes = {one, 7}, *names = &bytes;
    size_t n = 7;
    struct arena a;

    MUST(f->make(f->ctx, one, SPAN("made")) == ERR_OK);
    arena_init(&a, s->mem, 3);
    MUST(f->load(f->ctx, one, &a, &bytes) == ERR_TOO_BIG);
    a.limit_bytes++; // without what an arena wants for itself
    MUST(f->load(f->ctx, one, &a, &bytes) == ERR_NO_MEMORY);
    MUST(bytes.at == one && bytes.len == 7);
    MUST(f->list(f->ctx, &a, &names, &n) == ERR_NO_MEMORY);
    MUST(names == &bytes && n == 7);
    arena_fini(&a);
    MUST(is(s, one, SPAN("made")));
    HOLD(counts(s, before + 1, one, 1));
    MUST(f->del(f->ctx, one) == ERR_OK);
    return NULL;
}

// What tells others' changes, and keeps them away, where there may be others.
static const char *shared(const struct files *s)
{
    const struct plat_file *f = s->file;
    uint64_t first, second;

    if (f->stamp) {
        MUST(f->stamp(f->ctx, one) == 0);
        MUST(f->make(f->ctx, one, SPAN("made")) == ERR_OK);
        first = f->stamp(f->ctx, one);
        MUST(first && f->stamp(f->ctx, one) == first);
        MUST(f->save(f->ctx, one, SPAN("mode")) == ERR_OK);
        second = f->stamp(f->ctx, one);
        MUST(second && second != first);
        MUST(f->del(f->ctx, one) == ERR_OK);
        MUST(f->stamp(f->ctx, one) == 0);
    }
    for (int i = 0; f->lock && i < 2; i++) {
        MUST(f->lock(f->ctx, true) == ERR_OK);
        MUST(f->lock(f->ctx, false) == ERR_OK);
        MUST(f->lock(f->ctx, false) == ERR_OK); // as often as one likes
    }
    return NULL;
}

static const char *all_of(const struct files *s, char *bytes, size_t most)
{
    size_t before, times;

    HOLD(listed(s, one, &before, &times));
    HOLD(life(s, before));
    HOLD(large(s, bytes, most));
    HOLD(poor(s, before));
    HOLD(shared(s));
    HOLD(counts(s, before, one, 0));
    return NULL;
}

const char *file_contract(const struct plat *plat, size_t most)
{
    struct files s = {plat->file, plat->mem};
    char *bytes = s.mem->get(s.mem->ctx, most);
    const char *no;

    MUST(bytes);
    no = all_of(&s, bytes, most);
    s.mem->put(s.mem->ctx, bytes, most);
    return no;
}

const char *file_contract_kept(const struct plat *plat, bool *again)
{
    struct files s = {plat->file, plat->mem};
    const struct plat_file *f = s.file;

    *again = f->has(f->ctx, kept);
    if (!*again) {
        MUST(f->make(f->ctx, kept, SPAN("first")) == ERR_OK);
        MUST(f->save(f->ctx, kept, SPAN("second")) == ERR_OK);
        MUST(f->save(f->ctx, gone, SPAN("contract: forget the old")) == ERR_OK);
        MUST(f->save(f->ctx, gone, SPAN("contract: forget the new")) == ERR_OK);
        MUST(f->del(f->ctx, gone) == ERR_OK);
        return NULL;
    }
    MUST(is(&s, kept, SPAN("second")));
    MUST(is_none(&s, gone));
    MUST(f->del(f->ctx, kept) == ERR_OK);
    return NULL;
}
