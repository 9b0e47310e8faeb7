// SPDX-License-Identifier: MIT
// time.chrono: waiting, clocks, dates, messages at times. The clock moves when told.
#include "services/time_date.h"
#include "tests/check/services_rows.h"

// ---- Dates

static const struct {
    const char *text;
    int64_t ms; // as date(1) of GNU says
    const char *print;
} dates[] = {
    {"1970-01-01", 0, "1970-01-01T00:00:00.000Z"},
    {"1970-01-01T00:00:00.001Z", 1, "1970-01-01T00:00:00.001Z"},
    {"1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"},
    {"2026-11-21T05:20:01.123Z", 1795238401123, "2026-11-21T05:20:01.123Z"},
    {"2026-11-21 05:20:01,123", 1795238401123, "2026-11-21T05:20:01.123Z"},
    {"2026-11-21T07:20:01.1239+02:00", 1795238401123, "2026-11-21T05:20:01.123Z"},
    {"2026-11-21T07:20:01.123+0200", 1795238401123, "2026-11-21T05:20:01.123Z"},
    {"2026-11-21T07:20:01.123+02", 1795238401123, "2026-11-21T05:20:01.123Z"},
    {"2026-11-20T23:50:01.123-05:30", 1795238401123, "2026-11-21T05:20:01.123Z"},
    {"2026-11-21T05:20", 1795238400000, "2026-11-21T05:20:00.000Z"},
    {"2026-11-21T05:20:00.000000000000000000000000001z", 1795238400000, "2026-11-21T05:20:00.000Z"},
    {"2000-02-29", 951782400000, "2000-02-29T00:00:00.000Z"},
    {"2000-03-01", 951868800000, "2000-03-01T00:00:00.000Z"},
    {"2001-02-28T23:59:59Z", 983404799000, "2001-02-28T23:59:59.000Z"},
    {"2100-02-28", 4107456000000, "2100-02-28T00:00:00.000Z"},
    {"2100-03-01", 4107542400000, "2100-03-01T00:00:00.000Z"},
    {"2024-12-31", 1735603200000, "2024-12-31T00:00:00.000Z"},
    {"1600-02-29", -11670998400000, "1600-02-29T00:00:00.000Z"},
    {"0000-01-01", -62167219200000, "0000-01-01T00:00:00.000Z"},
    {"9999-12-31T23:59:59.999Z", 253402300799999, "9999-12-31T23:59:59.999Z"},
};

START_TEST(test_date)
{
    char text[DATE_BYTES + 1] = "";
    int64_t ms;
    struct fail f;

    ck_assert_msg(date_parse(span_of(dates[_i].text), &ms, &f) == ERR_OK, "%s: %s", dates[_i].text,
                  f.why);
    ck_assert_msg(ms == dates[_i].ms, "%s: %lld", dates[_i].text, (long long)ms);
    date_print(ms, text);
    ck_assert_str_eq(text, dates[_i].print);
}
END_TEST

// Every day of 800 years is the one behind the day before.
START_TEST(test_days)
{
    static const int len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1600, month = 1, day = 1;
    int64_t first;

    ck_assert_int_eq(date_parse(SPAN("1600-01-01"), &first, NULL), ERR_OK);
    for (int64_t d = 0; year < 2400; d++) {
        bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
        char want[40], got[DATE_BYTES + 1] = "";
        int64_t ms;

        snprintf(want, sizeof want, "%04d-%02d-%02dT00:00:00.000Z", year, month, day);
        date_print(first + d * 86400000, got);
        ck_assert_str_eq(got, want);
        ck_assert_int_eq(date_parse(span_of(want), &ms, NULL), ERR_OK);
        ck_assert_int_eq(ms, first + d * 86400000);
        if (++day > len[month - 1] + (month == 2 && leap)) {
            day = 1;
            year += month == 12;
            month = month % 12 + 1;
        }
    }
}
END_TEST

static const struct {
    const char *text;
    size_t pos;
} wrong[] = {
    {"", 0},
    {"x", 0},
    {"26-11-21", 2},
    {"2026", 4},
    {"2026-", 5},
    {"2026-1-21", 6},
    {"2026-13-01", 5},
    {"2026-00-01", 5},
    {"2026-02-29", 8},
    {"2100-02-29", 8},
    {"2026-04-31", 8},
    {"2026-11-00", 8},
    {"2026-11-21x", 10},
    {"2026-11-21Z", 10},
    {"2026-11-21T", 11},
    {"2026-11-21T24:00", 11},
    {"2026-11-21T05", 13},
    {"2026-11-21T05:60", 14},
    {"2026-11-21T05:20:60", 17},
    {"2026-11-21T05:20:01.", 20},
    {"2026-11-21T05:20:01Zx", 20},
    {"2026-11-21T05:20:01+", 20},
    {"2026-11-21T05:20:01+24:00", 20},
    {"2026-11-21T05:20:01+02:60", 23},
    {"2026-11-21T05:20:01+02:00x", 25},
    {"2026-11-21T05:20:01 ", 19},
    {"-2026-11-21", 0},
    {"2026-11-21\xc2\xa0", 10},
};

START_TEST(test_wrong)
{
    int64_t ms = 7;
    struct fail f = {.code = ERR_OK};

    ck_assert_msg(date_parse(span_of(wrong[_i].text), &ms, &f) == ERR_BAD_ARG, "%s",
                  wrong[_i].text);
    ck_assert_msg(f.pos == wrong[_i].pos, "%s: %zu", wrong[_i].text, f.pos);
    ck_assert_int_eq(ms, 7);
    ck_assert(f.why[0] && f.hint);
}
END_TEST

// ---- Messages

static const struct msg_row rows[] = {
    {"0@time.chrono", "-"},
    {"(wait 0)@time.chrono", "-"},
    {"(wait x)@time.chrono", "!bad-arg"},
    {"x@time.chrono", "!bad-arg"},
    {"(wait -1)@time.chrono", "!bad-arg nobody can wait for less than no time"},
    {"(wait -0.5)@time.chrono", "!bad-arg"},
    {"(wait -99999999999999999999)@time.chrono", "!bad-arg"},
    {"(wait 99999999999999999999)@time.chrono", "!limit"},
    {"(wait 18446744074)@time.chrono", "!limit"},
    {"(wait.day 213504)@time.chrono", "!limit"},
    {"(wait.mcs 1e300)@time.chrono", "!limit"},
    {"(wait.mcs 99999999999999999999.5)@time.chrono", "!limit"},
    {"(wait 1e-300)@time.chrono", "-"},
    {"(wait 0.00000000000000000000000000000000000001)@time.chrono", "-"},
    {"wait@time.chrono", "!bad-arg"},
    {"now@time.chrono", "`2023-11-14T22:13:20.000Z`"},
    {"now.ms@time.chrono", "1700000000000"},
    {"(seq [(wait 1.5)@time.chrono now@time.chrono])@lab", "`2023-11-14T22:13:21.500Z`"},
    {"(seq [(wait.min 2)@time.chrono now.ms@time.chrono])@lab", "1700000120000"},
    {"(seq [(wait.day 400)@time.chrono (task.sim [get.up@time.chrono get.up.year@time.chrono "
     "get.up.day@time.chrono get.up.hour@time.chrono get.up.min@time.chrono get.up.sec@time.chrono "
     "get.up.ms@time.chrono get.up.mcs@time.chrono])@sys.task])@lab",
     "[34560000 1 400 9600 576000 34560000 34560000000 34560000000000]"},
    // bch: whole units that passed
    {"(bch (wait 2)@time.chrono)@time.chrono", "2000000"},
    {"(bch.mcs (wait.mcs 15.9)@time.chrono)@time.chrono", "15"},
    {"(bch.ms (wait.mcs 1999)@time.chrono)@time.chrono", "1"},
    {"(bch.sec (wait.ms 5999)@time.chrono)@time.chrono", "5"},
    {"{bch:(wait @x)@time.chrono x:2}@time.chrono", "2000000"},
    {"{bch:@x x:(wait 2)@time.chrono}@time.chrono", "2000000"},
    {"(seq [(bch tick@lab)@time.chrono tick@lab])@lab", "2"}, // once
    {"(bch 5)@time.chrono", "!bad-arg"},
    {"(bch fail@lab)@time.chrono", "!domain"},
    {"(bch.ms x@nowhere)@time.chrono", "!no-service"},
    // in the background
    {"{every:tick@lab ms:0}@time.chrono", "!bad-arg ms is at least 1"},
    {"{every:tick@lab ms:-1}@time.chrono", "!bad-arg"},
    {"{every:tick@lab ms:1.5}@time.chrono", "!bad-arg"},
    {"{every:tick@lab ms:99999999999999999999}@time.chrono", "!limit"},
    {"(every tick@lab)@time.chrono", "!bad-arg how often is missing: ms:1000 is every second"},
    {"{every:5 ms:10}@time.chrono", "!bad-arg"},
    {"{every:@x ms:10 x:tick@lab}@time.chrono", "!bad-arg"},
    {"{every.run:tick@lab ms:99999999999999999999}@time.chrono", "!limit"},
    {"{every.run:tick@lab ms:18446744073709}@time.chrono", "!limit"},
    {"{run:{every.run:(say a)@lab ms:10}@time.chrono ms:55}@sys.task", "!timeout", "aaaaa"},
    {"{run:{every.run:(say @x)@lab ms:10 x:b}@time.chrono ms:15}@sys.task", "!timeout", "b"},
    {"(seq [{every:(say a)@lab ms:10}@time.chrono (wait.ms 35)@time.chrono (kill 3)@sys.task])@lab",
     "-", "aaa"},
    // errors do not end it
    {"(seq [{every:fail@lab ms:10}@time.chrono (wait.ms 35)@time.chrono (kill 3)@sys.task])@lab",
     "-", "<fail domain 3><fail domain 3><fail domain 3>"},
    {"{at:(say a)@lab time:1700000000000}@time.chrono", "2", "a"},
    {"{at:(say a)@lab time:1699999999999}@time.chrono",
     "!bad-arg this time has passed: it is 2023-11-14T22:13:20.000Z"},
    {"{at:(say a)@lab time:`2023-11-14T22:13:25Z`}@time.chrono", "2", "a"},
    {"{at:(say @x)@lab x:b time:(sum (now.ms@time.chrono 5000))@math.calc}@time.chrono", "2", "b"},
    {"{at:fail@lab time:`2023-11-14T22:13:25Z`}@time.chrono", "2", "<fail domain 2>"},
    {"{at:(say a)@lab time:`2023-11-14T22:13`}@time.chrono", "!bad-arg this time has passed"},
    {"{at:(say a)@lab time:`soon`}@time.chrono", "!bad-arg soon is no time"},
    {"{at:(say a)@lab time:99999999999999999999}@time.chrono", "!limit"},
    {"(at (say a)@lab)@time.chrono", "!bad-arg the time is missing"},
    {"{at.run:(neg 5)@math.calc time:`2023-11-14T22:13:25Z`}@time.chrono", "-5"},
    {"{at.run:(neg 5)@math.calc time:0}@time.chrono", "-5"},
    {"{at.run:fail@lab time:0}@time.chrono", "!domain"},
    {"{at.run:5 time:0}@time.chrono", "!bad-arg"},
};

START_TEST(test_row)
{
    row_test(&rows[_i]);
}
END_TEST

static const struct {
    const char *msg;
    uint64_t ns;
} waits[] = {
    {"5@time.chrono", 5000000000},
    {"2.5@time.chrono", 2500000000},
    {"(wait 0.000000001)@time.chrono", 1},
    {"(wait 0.0000000019)@time.chrono", 1},
    {"(wait 1.00000000000000000000000000001)@time.chrono", 1000000000},
    {"(wait.mcs 7)@time.chrono", 7000},
    {"(wait.mcs 0.001)@time.chrono", 1},
    {"(wait.ms 7)@time.chrono", 7000000},
    {"(wait.sec 7)@time.chrono", 7000000000},
    {"(wait.min 7)@time.chrono", 420000000000},
    {"(wait.min 0.5)@time.chrono", 30000000000},
    {"(wait.hour 7)@time.chrono", 25200000000000},
    {"(wait.day 7)@time.chrono", 604800000000000},
    {"(wait.day 213503)@time.chrono", 18446659200000000000u},
    {"(wait 10000000000.0)@time.chrono", 10000000000000000000u},
    {"(task.sim [(wait 1)@time.chrono (wait 3)@time.chrono (wait 2)@time.chrono])@sys.task",
     3000000000},
    {"{at.run:x@lab time:`2023-11-15T22:13:20Z`}@time.chrono", 86400000000000},
};

START_TEST(test_wait)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    struct task *t = lab_send(&s, k, waits[_i].msg);

    lab_end(&s, k, t);
    ck_assert_msg(!task_outcome(t)->e && s.now_ns == waits[_i].ns, "%s: %llu, %s", waits[_i].msg,
                  (unsigned long long)s.now_ns, lab_print(&s, t));
    task_free(t);
    lab_done(&s, k);
}
END_TEST

static const struct msg_row scarce[] = {
    {"(task.sim [(wait 1)@time.chrono now@time.chrono])@sys.task", ""},
    {"{bch:(wait @x)@time.chrono x:2}@time.chrono", ""},
    {"{at:(say @x)@lab x:b time:1700000005000}@time.chrono", ""},
    {"{run:{every.run:(say @x)@lab ms:10 x:b}@time.chrono ms:25}@sys.task", ""},
};

START_TEST(test_scarce)
{
    row_test_scarce(&scarce[_i]);
}
END_TEST

// ---- every: at start + k * ms, however long it runs

static unsigned ticks_at(struct sim *s, struct kernel *k, uint64_t ms)
{
    row_pass(s, k, ms * 1000000 - s->now_ns);
    return lab.ticks;
}

START_TEST(test_every)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    size_t bytes;

    row_ask(&s, k, &(struct msg_row){"{every:tick@lab ms:10}@time.chrono", "2"});
    ck_assert_uint_eq(ticks_at(&s, k, 9), 0);
    ck_assert_uint_eq(ticks_at(&s, k, 10), 1);
    ck_assert_uint_eq(ticks_at(&s, k, 19), 1);
    ck_assert_uint_eq(ticks_at(&s, k, 25), 2);
    ck_assert_uint_eq(ticks_at(&s, k, 100), 10);
    bytes = s.mem.bytes;
    ck_assert_uint_eq(ticks_at(&s, k, 10000), 1000); // it does not drift
    ck_assert_uint_eq(s.mem.bytes, bytes);           // nor grow
    s.now_ns += 55000000;                            // the machine was asleep
    ck_assert_uint_eq(ticks_at(&s, k, 10056), 1001); // what was missed is left out
    ck_assert_uint_eq(ticks_at(&s, k, 10060), 1002);
    row_ask(&s, k, &(struct msg_row){"(kill 2)@sys.task", "-"});
    ck_assert_uint_eq(ticks_at(&s, k, 20000), 1002);
    row_settle(&s, k);
    lab_done(&s, k);
}
END_TEST

// Its terminal goes away: it goes on, and shows nothing there any more.
START_TEST(test_every_closed)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);

    row_ask(&s, k,
            &(struct msg_row){"{every:(seq [tick@lab (say x)@lab fail@lab])@lab ms:10}@time.chrono",
                              "2"});
    ck_assert_uint_eq(ticks_at(&s, k, 25), 2);
    ck_assert_str_eq(s.said, "x<fail domain 2>x<fail domain 2>");
    term_close(k, &s.term);
    memset(&s.term, 0xa5, sizeof s.term); // nobody may look at it
    ck_assert_uint_eq(ticks_at(&s, k, 55), 5);
    ck_assert_str_eq(s.said, "x<fail domain 2>x<fail domain 2>");
    while (k->oldest)
        task_cancel(k->oldest);
    lab_done(&s, k);
}
END_TEST

START_TEST(test_every_slow)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);

    // runs 25 ms: turns 20 and 30, 50 and 60 .. are left out
    row_ask(&s, k,
            &(struct msg_row){
                "{every:(seq [tick@lab (wait.ms 25)@time.chrono])@lab ms:10}@time.chrono", "2"});
    ck_assert_uint_eq(ticks_at(&s, k, 39), 1);
    ck_assert_uint_eq(ticks_at(&s, k, 41), 2);
    ck_assert_uint_eq(ticks_at(&s, k, 69), 2);
    ck_assert_uint_eq(ticks_at(&s, k, 71), 3);
    ck_assert_uint_eq(ticks_at(&s, k, 301), 10);
    row_ask(&s, k, &(struct msg_row){"(kill 2)@sys.task", "-"});
    row_settle(&s, k);
    lab_done(&s, k);
}
END_TEST

// No room: the turn is left out, and the next one comes.
START_TEST(test_every_busy)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    struct task *all[KERNEL_TASKS_MAX];
    unsigned n = 0;

    row_ask(&s, k, &(struct msg_row){"{every:tick@lab ms:10}@time.chrono", "2"});
    ck_assert_uint_eq(ticks_at(&s, k, 15), 1);
    while (task_new(k, NULL, &all[n]) == ERR_OK)
        n++;
    ck_assert_uint_eq(ticks_at(&s, k, 55), 1);
    while (n)
        task_free(all[--n]);
    ck_assert_uint_eq(ticks_at(&s, k, 65), 2);
    row_ask(&s, k, &(struct msg_row){"(kill 2)@sys.task", "-"});
    row_settle(&s, k);
    lab_done(&s, k);
}
END_TEST

// ---- The clock of the machine

static int64_t utc_shift_ns;

static enum err shifted(void *ctx, int64_t *ns)
{
    *ns = 1700000000000000000 + (int64_t)((struct sim *)ctx)->now_ns + utc_shift_ns;
    return ERR_OK;
}

static enum err unknown(void *ctx, int64_t *ns)
{
    (void)ctx;
    (void)ns;
    return ERR_CLOCK;
}

// It was wrong by three hours and is set while somebody waits: found out within an hour.
START_TEST(test_clock_set)
{
    static struct sim s;
    struct kernel *k = row_kernel(&s);
    static const uint64_t hour = 3600000000000;

    for (int back = 0; back < 2; back++) {
        lab.ticks = 0;
        utc_shift_ns = 0;
        s.plat.utc_ns = shifted;
        row_ask(&s, k,
                &(struct msg_row){
                    "{at:tick@lab time:(sum (now.ms@time.chrono 36000000))@math.calc}@time.chrono",
                    ".."});
        row_pass(&s, k, hour / 2);
        utc_shift_ns = back ? -3 * (int64_t)hour : 3 * (int64_t)hour;
        row_pass(&s, k, 6 * hour);
        ck_assert_uint_eq(lab.ticks, 0);
        row_pass(&s, k, hour / 2 + hour);
        ck_assert_uint_eq(lab.ticks, !back);
        row_pass(&s, k, 5 * hour);
        ck_assert_uint_eq(lab.ticks, 1);
    }
    row_settle(&s, k);
    lab_done(&s, k);
}
END_TEST

static enum err coarse(void *ctx, int64_t *ns)
{
    enum err e = shifted(ctx, ns);

    *ns -= *ns % 1000000000;
    return e;
}

// In pieces, and with a clock that counts whole seconds: at its time.
START_TEST(test_at)
{
    static const int64_t left_ms[] = {0,       1,       20,      999,      1000,
                                      1999,    2001,    59999,   3599999,  3600000,
                                      3601500, 3660000, 3660001, 10801500, 86400000 * 40LL};
    static struct sim s;
    struct kernel *k = row_kernel(&s);

    utc_shift_ns = 0;
    for (size_t i = 0; i < 2 * COUNT(left_ms); i++) {
        int64_t left = left_ms[i / 2];
        uint64_t start;
        char msg[100];
        struct task *t;

        s.plat.utc_ns = i % 2 ? coarse : shifted;
        s.now_ns += 1000000000 - s.now_ns % 1000000000; // both know this moment
        start = s.now_ns;
        snprintf(msg, sizeof msg, "{at.run:x@lab time:%lld}@time.chrono",
                 (long long)(1700000000000 + (int64_t)(start / 1000000) + left));
        t = lab_send(&s, k, msg);
        lab_end(&s, k, t);
        ck_assert_str_eq(lab_print(&s, t), "x");
        ck_assert_msg(s.now_ns - start == (uint64_t)left * 1000000, "%s: %lld, not %lld ms", msg,
                      (long long)(s.now_ns - start) / 1000000, (long long)left);
    }
    lab_done(&s, k);
}
END_TEST

START_TEST(test_no_clock)
{
    static const struct msg_row clocks[] = {
        {"now@time.chrono", "!clock this machine does not know the time of day"},
        {"now.ms@time.chrono", "!clock"},
        {"{at:tick@lab time:`2030-01-01`}@time.chrono", "!clock"},
        {"(bch (wait 1)@time.chrono)@time.chrono", "1000000"},
    };
    static struct sim s;
    struct kernel *k = row_kernel(&s);

    s.plat.utc_ns = unknown;
    for (size_t i = 0; i < COUNT(clocks); i++)
        row_ask(&s, k, &clocks[i]);
    lab_done(&s, k);
}
END_TEST

// Timers at random fire in their order and at their time.
START_TEST(test_many)
{
    static struct sim s;
    static char msg[20000];
    struct kernel *k = row_kernel(&s);
    struct task *t;
    char *at = msg + sprintf(msg, "(task.sim [");
    unsigned wait[100];
    const char *said;
    unsigned before = 0;

    s.seed = 5;
    for (unsigned i = 0; i < COUNT(wait); i++) {
        wait[i] = 1 + (unsigned)(sim_random(&s) % 500);
        at += sprintf(at,
                      "(seq [(wait.ms %u)@time.chrono (say [%u get.up.ms@time.chrono])@lab])@lab ",
                      wait[i], wait[i]);
    }
    strcpy(at, "])@sys.task");
    t = lab_send(&s, k, msg);
    lab_end(&s, k, t);
    task_free(t);
    said = s.said;
    for (unsigned i = 0; i < COUNT(wait); i++) {
        unsigned due, when;
        int n;

        ck_assert_int_eq(sscanf(said, "[%u %u]%n", &due, &when, &n), 2);
        ck_assert_uint_eq(due, when);
        ck_assert_uint_ge(due, before);
        before = due;
        said += n;
    }
    ck_assert_str_eq(said, "");
    lab_done(&s, k);
}
END_TEST

Suite *services_time_chrono_suite(void)
{
    Suite *s = suite_create("services_time_chrono");
    TCase *t = tcase_create("dates");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_date, 0, COUNT(dates));
    tcase_add_loop_test(t, test_wrong, 0, COUNT(wrong));
    tcase_add_test(t, test_days);
    suite_add_tcase(s, t);
    t = tcase_create("messages");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_row, 0, COUNT(rows));
    tcase_add_loop_test(t, test_wait, 0, COUNT(waits));
    tcase_add_loop_test(t, test_scarce, 0, COUNT(scarce));
    tcase_add_test(t, test_every);
    tcase_add_test(t, test_every_slow);
    tcase_add_test(t, test_every_closed);
    tcase_add_test(t, test_every_busy);
    tcase_add_test(t, test_clock_set);
    tcase_add_test(t, test_at);
    tcase_add_test(t, test_no_clock);
    tcase_add_test(t, test_many);
    suite_add_tcase(s, t);
    return s;
}
