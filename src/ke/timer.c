/*
 * Timers. A timer's place in the clock is inside the KTIMER, where NT keeps its table link; expiry
 * is ki_timer_expire.
 */
#include "ke/ke.h"

/* A queued timer whose memory was reused or overwritten no longer names its place in the clock. */
static void ke_timer_check(struct machine *m, PKTIMER timer, void *caller) {
    const struct ki_clock_node *node = ki_timer_node(timer);
    UCHAR type = timer->Header.Type;
    bool sound = (type == TimerNotificationObject || type == TimerSynchronizationObject) &&
                 (!ki_clock_is_queued(node) || ki_clock_holds(m, node));
    if (KI_UNLIKELY(!sound))
        ki_bugcheck(m, TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)timer, 0, 0,
                    "%s used a timer that is not initialised or was overwritten while it was set",
                    ki_address_name(m, caller));
}

VOID KeInitializeTimer(PKTIMER Timer) { KeInitializeTimerEx(Timer, NotificationTimer); }

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) {
    KI_GATE(KeInitializeTimerEx);
    if (KI_UNLIKELY(ki_clock_holds(m, ki_timer_node(Timer))))
        ki_bugcheck(m, TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)Timer, 0, 0,
                    "%s initialised a timer that is set",
                    ki_address_name(m, __builtin_return_address(0)));
    Timer->Header.Lock = 0;
    Timer->Header.Type = (UCHAR)(TimerNotificationObject + Type);
    Timer->Header.SignalState = 0;
    InitializeListHead(&Timer->Header.WaitListHead);
    Timer->DueTime.QuadPart = 0;
    *ki_timer_node(Timer) = (struct ki_clock_node){0};
    Timer->Dpc = NULL;
    Timer->Processor = 0;
    Timer->Period = 0;
}

static bool ke_timer_stop(struct machine *m, PKTIMER timer) {
    timer->Header.Inserted = FALSE;
    return ki_clock_remove(m, ki_timer_node(timer));
}

/*
 * A moment within the tolerance behind `due` at which other timers expire as well: a multiple of
 * the coarsest of these intervals that has one there. They are the periods that the page
 * recommends. Without one the timer is exact. Both are judgements: which timers meet is the
 * system's affair.
 */
static uint64_t ke_timer_coalesce(uint64_t due, uint64_t tolerance) {
    static const uint64_t intervals[] = {1000, 500, 250, 100, 50}; /* ms */
    for (unsigned i = 0; i < KI_COUNT(intervals); i++) {
        uint64_t interval = intervals[i] * WDMSIM_MS;
        uint64_t late = (interval - due % interval) % interval;
        if (late <= tolerance && due + late <= KI_CLOCK_LAST)
            return due + late;
    }
    return due;
}

static BOOLEAN ke_timer_set(struct machine *m, PKTIMER timer, LARGE_INTEGER due_time, ULONG period,
                            ULONG tolerance, PKDPC dpc) {
    bool was_set = ke_timer_stop(m, timer);
    uint64_t due = ke_due_time(m, due_time);
    if (tolerance && due > m->clock.now)
        due = ke_timer_coalesce(due, tolerance * WDMSIM_MS);
    timer->Header.SignalState = 0;
    timer->Dpc = dpc;
    timer->Period = period;
    timer->DueTime.QuadPart = ki_interrupt_time_at(due);
    KI_TRACE(m, TIMER_SET, dpc ? ki_address_name(m, (void *)dpc->DeferredRoutine) : "without a DPC",
             due > m->clock.now ? due - m->clock.now : 0, period * WDMSIM_MS);
    if (due <= m->clock.now) {
        ki_timer_node(timer)->due = m->clock.now;
        ki_timer_expire(m, timer);
    } else {
        timer->Header.Inserted = TRUE;
        ki_clock_insert(m, ki_timer_node(timer), KI_CLOCK_TIMER, due);
        ki_timer_node(timer)->absolute = due_time.QuadPart >= 0;
    }
    ki_poll(m);
    return was_set;
}

BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) {
    KI_GATE(KeSetTimer);
    ke_timer_check(m, Timer, __builtin_return_address(0));
    return ke_timer_set(m, Timer, DueTime, 0, 0, Dpc);
}

BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) {
    KI_GATE(KeSetTimerEx);
    ke_timer_check(m, Timer, __builtin_return_address(0));
    return ke_timer_set(m, Timer, DueTime, Period > 0 ? (ULONG)Period : 0, 0, Dpc);
}

/* Later expirations of a periodic timer follow the first at exact intervals. */
BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period,
                              ULONG TolerableDelay, PKDPC Dpc) {
    KI_GATE(KeSetCoalescableTimer);
    ke_timer_check(m, Timer, __builtin_return_address(0));
    return ke_timer_set(m, Timer, DueTime, Period, TolerableDelay, Dpc);
}

BOOLEAN KeCancelTimer(PKTIMER Timer) {
    KI_GATE(KeCancelTimer);
    ke_timer_check(m, Timer, __builtin_return_address(0));
    bool was_set = ke_timer_stop(m, Timer);
    KI_TRACE(m, TIMER_CANCEL,
             Timer->Dpc ? ki_address_name(m, (void *)Timer->Dpc->DeferredRoutine) : "without a DPC",
             was_set);
    return was_set;
}

BOOLEAN KeReadStateTimer(PKTIMER Timer) {
    KI_GATE(KeReadStateTimer);
    ke_polled(m);
    return Timer->Header.SignalState != 0;
}
