// SPDX-License-Identifier: MIT
// Time: since boot from the processor's counter, of day from the firmware; and waiting.
#include "kernel/uefi/arch.h"
#include "kernel/uefi/uefi.h"

enum {
    CALIBRATE_US = 4000,
    // The line is drained this often while bytes come, so that 16 bytes of hardware buffer suffice.
    SERIAL_POLL_US = 200,
    SERIAL_BUSY_NS = 20000000,
    // Jobs on other processors have no event, and their end is wanted soon.
    WORK_POLL_US = 100,
};

static const uint64_t second_ns = 1000000000;

uint64_t clock_now_ns(const struct uefi *m)
{
    uint64_t t = arch_ticks() - m->ticks_at_start;

    return t / m->ticks_per_second * second_ns +
           t % m->ticks_per_second * second_ns / m->ticks_per_second;
}

static uint64_t now_ns(void *ctx)
{
    return clock_now_ns(ctx);
}

// Days since 1970-01-01 in the Gregorian calendar. The year begins in March, so that the day that
// comes and goes stands at its end; 153 days are any five months from there.
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static enum err utc_ns(void *ctx, int64_t *ns)
{
    struct uefi *m = ctx;
    EFI_TIME t;
    int64_t minutes;

    if (m->runtime->GetTime(&t, NULL) != EFI_SUCCESS)
        return ERR_CLOCK;

    // A clock that was never set stands at some date in the past; Telex is younger than 2025.
    if (t.Year < 2025 || t.Month < 1 || t.Month > 12)
        return ERR_CLOCK;

    minutes = (days(t.Year, t.Month, t.Day) * 24 + t.Hour) * 60 + t.Minute;
    // TimeZone: local time is UTC minus this (UEFI 2.10, 8.3). Unspecified is taken for UTC.
    if (t.TimeZone != EFI_UNSPECIFIED_TIMEZONE)
        minutes += t.TimeZone;
    *ns = (minutes * 60 + t.Second) * (int64_t)second_ns + t.Nanosecond;
    return ERR_OK;
}

static void poll(struct uefi *m)
{
    keyboard_poll(m);
    serial_poll(m);
}

void clock_wait(struct uefi *m, uint64_t till_ns)
{
    for (;;) {
        EFI_EVENT events[2] = {m->timer, m->keyboard ? m->keyboard->WaitForKeyEx : NULL};
        uint64_t now = clock_now_ns(m), left;
        enum work_look work = work_look(m);
        UINTN which;

        poll(m);
        if (keys_any(m) || now >= till_ns || work == WORK_ENDED)
            return;

        if (work == WORK_UNDER_WAY) {
            m->boot->Stall(WORK_POLL_US);
            continue;
        }
        mem_shrink(m);

        // While bytes stream in, a tick is too long: stay awake for as long as they come.
        if (m->serial.line && now - m->serial.seen_ns < SERIAL_BUSY_NS) {
            m->boot->Stall(SERIAL_POLL_US);
            continue;
        }

        // Less than a tick: the timer would be late by more than is left.
        left = till_ns - now;
        if (left < TICK_NS / 2) {
            m->boot->Stall(left / 1000 < SERIAL_POLL_US ? left / 1000 + 1 : SERIAL_POLL_US);
            continue;
        }

        // The serial line has no event: look at it with every tick. Without it, sleep through.
        if (m->serial.line && left > TICK_NS)
            left = TICK_NS;
        if (till_ns == UINT64_MAX && !m->serial.line && events[1]) {
            m->boot->WaitForEvent(1, &events[1], &which);
            continue;
        }
        m->boot->SetTimer(m->timer, TimerRelative, left / 100);
        m->boot->WaitForEvent(events[1] ? 2 : 1, events, &which);
    }
}

void clock_init(struct uefi *m)
{
    uint64_t start = arch_ticks();

    // Firmware measures short times with the ACPI timer. A longer look would be more exact; this
    // one is good to about 0.05 % and is paid at every start.
    m->boot->Stall(CALIBRATE_US);
    m->ticks_at_start = start;
    m->ticks_per_second = (arch_ticks() - start) * (1000000 / CALIBRATE_US);
    if (m->ticks_per_second == 0)
        uefi_panic("telex: the processor's clock stands still");

    // No notify function: only such events can be waited for.
    if (m->boot->CreateEvent(EVT_TIMER, TPL_APPLICATION, NULL, NULL, &m->timer) != EFI_SUCCESS)
        uefi_panic("telex: no timer");

    m->plat.now_ns = now_ns;
    m->plat.utc_ns = utc_ns;
}
