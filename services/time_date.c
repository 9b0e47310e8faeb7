// SPDX-License-Identifier: MIT
// Moments as text: ISO 8601 in the Gregorian calendar.
#include "services/time_date.h"

static const int64_t day_ms = 86400000, minute_ms = 60000;

// A year begins in March here, so that the day that comes and goes stands at its end; five months
// from there on have 153 days. 400 years (an era) repeat.
enum { ERA_DAYS = 146097, TO_1970 = 719468 }; // from 0000-03-01

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year - (month <= 2) + 400; // one era on: no negative years
    int64_t m = month > 2 ? month - 3 : month + 9;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - TO_1970 - ERA_DAYS;
}

static void date_of(int64_t days, int *year, int *month, int *day)
{
    int64_t d = days + TO_1970 + ERA_DAYS, era = d / ERA_DAYS, y, m;

    d %= ERA_DAYS;
    // Without the days that come and go every year has 365.
    y = (d - d / 1460 + d / 36524 - d / (ERA_DAYS - 1)) / 365;
    d -= 365 * y + y / 4 - y / 100;
    m = (5 * d + 2) / 153;
    *day = (int)(d - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + (era - 1) * 400 + (*month <= 2));
}

static void put(char *at, int digits, int value)
{
    while (digits--) {
        at[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

void date_print(int64_t ms, char out[DATE_BYTES])
{
    int64_t days = ms / day_ms - (ms % day_ms < 0), rest = ms - days * day_ms;
    int year, month, day;

    date_of(days, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00.000Z", DATE_BYTES);
    put(out, 4, year);
    put(out + 5, 2, month);
    put(out + 8, 2, day);
    put(out + 11, 2, (int)(rest / 3600000));
    put(out + 14, 2, (int)(rest / minute_ms % 60));
    put(out + 17, 2, (int)(rest / 1000 % 60));
    put(out + 20, 3, (int)(rest % 1000));
}

// ---- From text

struct reader {
    struct span text;
    size_t at;
    struct fail *f;
};

static enum err wrong(const struct reader *r, const char *what)
{
    return fail_set(r->f, ERR_BAD_ARG, r->at, "a time is written 2026-11-21T05:20:01Z",
                    "%S is no time: %s", &r->text, what);
}

static bool is_digit(const struct reader *r)
{
    return r->at < r->text.len && r->text.at[r->at] >= '0' && r->text.at[r->at] <= '9';
}

static bool next_is(struct reader *r, char a, char b)
{
    if (r->at == r->text.len || (r->text.at[r->at] != a && r->text.at[r->at] != b))
        return false;
    r->at++;
    return true;
}

// So many digits, of a value from low to high.
static enum err number(struct reader *r, int digits, int low, int high, const char *what, int *out)
{
    size_t from = r->at;
    int v = 0;

    for (; digits; digits--, r->at++) {
        if (!is_digit(r))
            return wrong(r, what);
        v = v * 10 + (r->text.at[r->at] - '0');
    }
    if (v < low || v > high) {
        r->at = from;
        return wrong(r, what);
    }
    *out = v;
    return ERR_OK;
}

static enum err clock_of(struct reader *r, int64_t *ms)
{
    int hour, minute, second = 0, scale = 100;
    enum err e = number(r, 2, 0, 23, "hours go from 00 to 23", &hour);

    if (!e && !next_is(r, ':', ':'))
        e = wrong(r, "a colon stands between hours and minutes");
    if (!e)
        e = number(r, 2, 0, 59, "minutes go from 00 to 59", &minute);
    if (!e && next_is(r, ':', ':')) {
        e = number(r, 2, 0, 59, "seconds go from 00 to 59", &second);
        if (!e && next_is(r, '.', ',')) {
            if (!is_digit(r))
                return wrong(r, "digits stand behind the point");
            for (; is_digit(r); r->at++, scale /= 10)
                *ms += (r->text.at[r->at] - '0') * scale;
        }
    }
    if (!e)
        *ms += hour * 60 * minute_ms + minute * minute_ms + second * 1000;
    return e;
}

static enum err zone_of(struct reader *r, int64_t *ms)
{
    int hour, minute = 0, sign;
    enum err e;

    if (r->at == r->text.len || next_is(r, 'Z', 'z'))
        return ERR_OK;
    sign = next_is(r, '+', '+') ? 1 : next_is(r, '-', '-') ? -1 : 0;
    if (!sign)
        return wrong(r, "behind it stands Z or a zone as +02:00");
    e = number(r, 2, 0, 23, "the hours of a zone go from 00 to 23", &hour);
    if (!e && r->at < r->text.len) {
        (void)next_is(r, ':', ':'); // may stand there
        e = number(r, 2, 0, 59, "minutes go from 00 to 59", &minute);
    }
    if (!e)
        *ms -= sign * (hour * 60 + minute) * minute_ms;
    return e;
}

static int month_days(int year, int month)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

enum err date_parse(struct span text, int64_t *ms, struct fail *f)
{
    struct reader r = {.text = text, .f = f};
    int year, month, day;
    int64_t rest = 0;
    enum err e = number(&r, 4, 0, 9999, "it begins with a year of four digits", &year);

    if (!e && !next_is(&r, '-', '-'))
        e = wrong(&r, "a dash stands behind the year");
    if (!e)
        e = number(&r, 2, 1, 12, "months go from 01 to 12", &month);
    if (!e && !next_is(&r, '-', '-'))
        e = wrong(&r, "a dash stands behind the month");
    if (!e)
        e = number(&r, 2, 1, month_days(year, month), "this month has no such day", &day);
    if (!e && next_is(&r, 'T', ' ')) {
        e = clock_of(&r, &rest);
        if (!e)
            e = zone_of(&r, &rest);
    }
    if (!e && r.at < r.text.len)
        e = wrong(&r, "something stands behind it");
    if (!e)
        *ms = days_of(year, month, day) * day_ms + rest;
    return e;
}
