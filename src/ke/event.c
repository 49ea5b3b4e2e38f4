/* Events: notification events wake every waiter and stay signaled, synchronization events wake one
 * and clear themselves. */
#include "ke/ke.h"

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
    Event->Header.Lock = 0;
    Event->Header.Type = (UCHAR)Type;
    Event->Header.Size = sizeof(KEVENT) / sizeof(LONG);
    Event->Header.SignalState = State != FALSE;
    InitializeListHead(&Event->Header.WaitListHead);
}

LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
    KI_GATE(KeSetEvent);
    LONG old = Event->Header.SignalState;
    if (Wait)
        KI_CHECK_IRQL(KeSetEvent, APC_LEVEL);
    Event->Header.SignalState = 1;
    KI_TRACE(m, SIGNAL, "", Event->Header.Type, 1);
    if (!old && !IsListEmpty(&Event->Header.WaitListHead)) {
        ki_wait_test(m, &Event->Header, Increment);
        ke_finish_signal(m, Wait);
    } else if (KI_UNLIKELY(Wait)) {
        ke_finish_signal(m, Wait);
    }
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
