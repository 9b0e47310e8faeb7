// SPDX-License-Identifier: MIT
// Rows of messages for suites of services.
#include "tests/check/services_rows.h"

static void put(struct sim *s, const char *text)
{
    ck_assert_int_eq(s->term.say(s->term.ctx, span_of(text)), ERR_OK);
}

static void show(void *ctx, const struct unit *value)
{
    char text[512];

    ck_assert_uint_lt(value->text, sizeof text);
    *unit_print(value, text) = 0;
    put(ctx, "<show ");
    put(ctx, text);
    put(ctx, ">");
}

static void show_fail(void *ctx, const struct unit *error, uint64_t id)
{
    struct sim *s = ctx;
    const struct unit *code = error->kind == UNIT_MAP
                                  ? unit_get_word(error, SPAN("code"), &s->mem.mem)
                                  : error;
    char text[100];

    snprintf(text, sizeof text, "<fail %.*s %llu>", (int)code->n, code->s, (unsigned long long)id);
    put(s, text);
}

struct kernel *row_kernel(struct sim *s)
{
    sim_init(s, 1);
    s->term.show = show;
    s->term.fail = show_fail;
    return lab_kernel(s);
}

void row_settle(struct sim *s, struct kernel *k)
{
    for (int i = 0; kernel_running(k); i++) {
        uint64_t till = kernel_step(k);

        lab_check(k);
        ck_assert_msg(i < 1000000 && (till != UINT64_MAX || !kernel_running(k)), "it never ends");
        if (till)
            s->plat.wait(s, till);
    }
}

void row_pass(struct sim *s, struct kernel *k, uint64_t ns)
{
    uint64_t end = s->now_ns + ns;

    for (int i = 0; i < 1000000; i++) {
        uint64_t till = kernel_step(k);

        lab_check(k);
        if (till > end || s->now_ns > end)
            break;
        if (till)
            s->plat.wait(s, till);
    }
    s->now_ns = s->now_ns > end ? s->now_ns : end;
}

void row_ask(struct sim *s, struct kernel *k, const struct msg_row *row)
{
    struct task *t = lab_send(s, k, row->msg);
    size_t n = strlen(row->want);
    const char *got;
    bool same;

    lab_end(s, k, t);
    got = lab_print(s, t);
    if (n >= 2 && !strcmp(row->want + n - 2, ".."))
        same = !strncmp(got, row->want, n - 2);
    else
        same = row->want[0] == '!' ? !strncmp(got, row->want, n) : !strcmp(got, row->want);
    ck_assert_msg(same, "%.500s\n  wanted %s\n  got    %s", row->msg, row->want, got);
}

void row_test(const struct msg_row *row)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);

    row_ask(&s, k, row);
    row_settle(&s, k);
    ck_assert_msg(!strcmp(s.said, row->said ? row->said : ""), "%s\n  wanted said %s\n  got %s",
                  row->msg, row->said ? row->said : "", s.said);
    lab_done(&s, k);
}

void row_test_scarce(const struct msg_row *row)
{
    static struct sim s;
    bool ended = false;

    for (long n = 0; !ended; n++) {
        struct kernel *k = row_kernel(&s);
        struct task *t;
        struct unit u;

        ck_assert_int_lt(n, 5000);
        s.mem.fail_at = s.mem.gets + n;
        if (task_new(k, &s.term, &t) == ERR_OK) {
            if (unit_parse(task_arena(t), span_of(row->msg), &u, NULL) == ERR_OK) {
                task_start(t, &u);
                lab_end(&s, k, t);
            }
            task_free(t);
        }
        row_settle(&s, k);
        ended = s.mem.gets <= s.mem.fail_at;
        s.mem.fail_at = -1;
        row_ask(&s, k, &(struct msg_row){"(all [(wait 3)@lab 4])@lab", "[3 4]"});
        lab_done(&s, k);
    }
}
