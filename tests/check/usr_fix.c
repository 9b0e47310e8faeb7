// SPDX-License-Identifier: MIT
// Users whose key files lie in the memory of a simulated machine.
#include "tests/check/usr_fix.h"

#include "keys/name.h"

static const struct pass_cost cheap = {8, 1};

static enum err some_bytes(void *ctx, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)sim_random(ctx);
    return ERR_OK;
}

void usr_key(uint8_t fill, struct sign_key *key)
{
    uint8_t seed[32];

    memset(seed, fill, sizeof seed);
    sign_key_init(key, seed);
}

size_t usr_locked(struct sim *s, uint8_t fill, uint8_t out[USER_FILE_MAX_BYTES])
{
    struct key_random random = {s, some_bytes};
    struct sign_key key;
    size_t n;

    usr_key(fill, &key);
    ck_assert_int_eq(user_lock(&s->mem.mem, &random, &key, SPAN(PASS), cheap, out, &n, NULL),
                     ERR_OK);
    return n;
}

void usr_put(struct sim *s, const char *name, uint8_t fill)
{
    uint8_t bytes[USER_FILE_MAX_BYTES];
    size_t n = usr_locked(s, fill, bytes);

    ck_assert_int_eq(s->file.make(s, name, (struct span){(const char *)bytes, n}), ERR_OK);
}

const char *usr_name(uint8_t fill)
{
    static char text[KEY_TEXT_MAX];
    struct sign_key key;

    usr_key(fill, &key);
    (void)key_print(KEY_USER, key.public, text);
    return text;
}

struct kernel *usr_kernel(struct sim *s)
{
    struct kernel *k = row_kernel(s);

    s->pipe = true;
    return k;
}

void usr_ask_all(struct sim *s, struct kernel *k, const struct msg_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].msg, OWNER_BACK) == 0)
            term_set_owner(k, &s->term, &k->owner);
        else if (strcmp(rows[i].msg, PERSON) == 0)
            s->pipe = false;
        else
            row_ask(s, k, &rows[i]);
    ck_assert_ptr_null(strstr(s->said, "sesame"));
}

const char *usr_ask(struct sim *s, struct kernel *k, const char *msg)
{
    struct task *t = lab_send(s, k, msg);

    lab_end(s, k, t);
    return lab_print(s, t);
}

const char *usr_ask_error(struct sim *s, struct kernel *k, const char *msg)
{
    static char text[1000];
    struct task *t = lab_send(s, k, msg);

    lab_end(s, k, t);
    ck_assert_msg(task_outcome(t)->e != ERR_OK, "%s", msg);
    ck_assert_uint_lt(task_outcome(t)->error.text, sizeof text);
    *unit_print(&task_outcome(t)->error, text) = 0;
    task_free(t);
    return text;
}
