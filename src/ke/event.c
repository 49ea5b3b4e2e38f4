/* Events: notification events wake every waiter and stay signaled, synchronization events wake one
 * and clear themselves. */
#include "ke/ke.h"
#include "ki/lock_log.h"

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
    struct machine *m = ki_self();
    if (KI_UNLIKELY(m && ki_locks_followed(m)))
        ki_lock_event_initialized(m, Event, __builtin_return_address(0));
    Event->Header.Lock = 0;
    Event->Header.Type = (UCHAR)Type;
    Event->Header.Size = sizeof(KEVENT) / sizeof(LONG);
    Event->Header.SignalState = State != FALSE;
    InitializeListHead(&Event->Header.WaitListHead);
}

static __attribute__((noinline)) LONG ke_set_event(PRKEVENT event, KPRIORITY increment,
                                                   BOOLEAN wait, void *caller) {
    struct machine *m = ki_self();
    if (!KI_GATE_IS_OPEN(KeSetEvent))
        ki_gate_slow(m, KI_ROUTINE_KeSetEvent, caller);
    LONG old = event->Header.SignalState;
    if (wait)
        ki_check_irql(m, KI_ROUTINE_KeSetEvent, APC_LEVEL, caller);
    event->Header.SignalState = 1;
    KI_TRACE(m, SIGNAL, "", event->Header.Type, 1);
    if (!old && !IsListEmpty(&event->Header.WaitListHead)) {
        ki_wait_test(m, &event->Header, increment);
        ke_finish_signal(m, wait);
    } else if (wait) {
        ke_finish_signal(m, wait);
    }
    return old;
}

/* With nobody waiting, nobody watching and nothing else to do it is a store. */
LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
    struct machine *const m = ki_self();
    if (KI_UNLIKELY(!KI_GATE_IS_OPEN(KeSetEvent) || Wait || ki_tracing(m, WDMSIM_EVENT_SIGNAL) ||
                    !IsListEmpty(&Event->Header.WaitListHead)))
        return ke_set_event(Event, Increment, Wait, __builtin_return_address(0));
    LONG old = Event->Header.SignalState;
    Event->Header.SignalState = 1;
    return old;
}

VOID KeClearEvent(PRKEVENT Event) {
    KI_GATE(KeClearEvent);
    (void)m;
    Event->Header.SignalState = 0;
}

LONG KeResetEvent(PRKEVENT Event) {
    KI_GATE(KeResetEvent);
    (void)m;
    LONG old = Event->Header.SignalState;
    Event->Header.SignalState = 0;
    return old;
}

LONG KeReadStateEvent(PRKEVENT Event) {
    KI_GATE(KeReadStateEvent);
    ke_polled(m);
    return Event->Header.SignalState;
}

LONG KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
    KI_GATE(KePulseEvent);
    LONG old = Event->Header.SignalState;
    if (Wait)
        KI_CHECK_IRQL(KePulseEvent, APC_LEVEL);
    if (!old && !IsListEmpty(&Event->Header.WaitListHead)) {
        Event->Header.SignalState = 1;
        ki_wait_test(m, &Event->Header, Increment);
    }
    Event->Header.SignalState = 0;
    ke_finish_signal(m, Wait);
    return old;
}
