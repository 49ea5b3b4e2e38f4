/*
 * Ex timers: allocated timers with a callback at DISPATCH_LEVEL, periods of any length, and
 * deletion that knows about a callback in progress (wdm/nf-wdm-exallocatetimer and its neighbours).
 *
 * The object begins with a KTIMER, so drivers wait for it. Expiry queues the timer's own DPC, which
 * sets a periodic timer again, exactly one period after it was due, calls the callback, and frees a
 * timer that was deleted meanwhile. High resolution is what every timer of the virtual clock has; a
 * tolerance may be used by the system and is not.
 */
#include "ex/ex.h"
#include "mm/mm.h"

#define EX_TIMER_TAG 0x6d547845u /* "ExTm" */

struct _EX_TIMER {
    KTIMER timer;
    KDPC dpc;
    EXT_CALLBACK *callback;
    PVOID context;
    ULONG attributes;
    uint64_t period; /* ns, 0: once */
    bool running;    /* the callback */
    bool deleting;
    EXT_DELETE_CALLBACK *delete_callback;
    PVOID delete_context;
    PKEVENT deleted; /* who waits for the end */
};

static _Noreturn void ex_timer_violation(struct machine *m, PEX_TIMER timer, const char *what,
                                         const void *caller) {
    ki_bugcheck(m, TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)timer, 0, 0, "%s %s",
                ki_address_name(m, caller), what);
}

static bool ex_timer_is_armed(PEX_TIMER timer) {
    return ki_clock_is_queued(ki_timer_node(&timer->timer));
}

/* The DPC is queued: an expiry has not been dealt with. */
static bool ex_timer_is_expiring(const struct _EX_TIMER *timer) {
    return timer->dpc.DpcData != NULL || timer->running;
}

static void ex_timer_arm(struct machine *m, PEX_TIMER timer, uint64_t due) {
    timer->timer.Header.Inserted = TRUE;
    timer->timer.DueTime.QuadPart = ki_interrupt_time_at(due);
    ki_clock_insert(m, ki_timer_node(&timer->timer), KI_CLOCK_TIMER, due);
}

/* Stops it for good; true if it was set. */
static bool ex_timer_stop(struct machine *m, PEX_TIMER timer) {
    bool set = ki_clock_remove(m, ki_timer_node(&timer->timer)) || timer->period;
    timer->timer.Header.Inserted = FALSE;
    timer->period = 0;
    return set;
}

static void ex_timer_finish(struct machine *m, PEX_TIMER timer) {
    PKEVENT deleted = timer->deleted;
    if (timer->delete_callback) {
        KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
        timer->delete_callback(timer->delete_context);
        ki_lower(m, irql);
    }
    mm_pool_free(m, timer, EX_TIMER_TAG);
    if (deleted)
        KeSetEvent(deleted, IO_NO_INCREMENT, FALSE);
}

static VOID ex_timer_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    struct machine *m = ki_self();
    PEX_TIMER timer = context;
    (void)dpc;
    (void)argument1;
    (void)argument2;
    if (timer->period && !timer->deleting && !ex_timer_is_armed(timer)) {
        uint64_t next = ki_timer_node(&timer->timer)->due + timer->period;
        ex_timer_arm(m, timer, next > m->clock.now ? next : m->clock.now + 1);
    }
    if (timer->callback) {
        timer->running = true;
        timer->callback(timer, timer->context);
        timer->running = false;
    }
    if (timer->deleting && !ex_timer_is_armed(timer) && !ex_timer_is_expiring(timer))
        ex_timer_finish(m, timer);
}

PEX_TIMER ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes) {
    KI_GATE(ExAllocateTimer);
    const void *caller = __builtin_return_address(0);
    const ULONG exclusive = EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE;
    if ((Attributes & exclusive) == exclusive ||
        (Attributes & ~(exclusive | EX_TIMER_NOTIFICATION)))
        ex_timer_violation(
            m, NULL, "allocated a timer with attributes that exclude each other or do not exist",
            caller);
    PEX_TIMER timer = mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *timer, EX_TIMER_TAG, caller);
    if (!timer)
        return NULL;
    memset(timer, 0, sizeof *timer);
    KeInitializeTimerEx(&timer->timer, Attributes & EX_TIMER_NOTIFICATION ? NotificationTimer
                                                                          : SynchronizationTimer);
    KeInitializeDpc(&timer->dpc, ex_timer_dpc, timer);
    timer->timer.Dpc = &timer->dpc;
    timer->callback = Callback;
    timer->context = CallbackContext;
    timer->attributes = Attributes;
    return timer;
}

BOOLEAN ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period,
                   PEXT_SET_PARAMETERS Parameters) {
    KI_GATE(ExSetTimer);
    const void *caller = __builtin_return_address(0);
    if (Timer->deleting)
        ex_timer_violation(m, Timer, "set a timer that is deleted", caller);
    if (Parameters && Parameters->NoWakeTolerance < 0 &&
        Parameters->NoWakeTolerance != EX_TIMER_UNLIMITED_TOLERANCE)
        ex_timer_violation(m, Timer, "set a timer with a negative tolerance", caller);
    if (Period < 0 || Period > MAXLONG)
        ex_timer_violation(m, Timer, "set a timer with a period that is negative or above MAXLONG",
                           caller);
    if ((Timer->attributes & EX_TIMER_HIGH_RESOLUTION) && DueTime >= 0)
        ex_timer_violation(m, Timer, "set a high-resolution timer to an absolute time", caller);
    BOOLEAN was_set = ex_timer_stop(m, Timer);
    uint64_t due = ke_due_time(m, (LARGE_INTEGER){.QuadPart = DueTime});
    Timer->timer.Header.SignalState = 0;
    Timer->timer.Dpc = &Timer->dpc;
    Timer->period = (uint64_t)Period * 100;
    KI_TRACE(m, TIMER_SET,
             Timer->callback ? ki_address_name(m, (const void *)(ULONG_PTR)Timer->callback)
                             : "without a callback",
             due > m->clock.now ? due - m->clock.now : 0, Timer->period);
    if (due <= m->clock.now) {
        ki_timer_node(&Timer->timer)->due = m->clock.now;
        ki_timer_expire(m, &Timer->timer);
    } else {
        ex_timer_arm(m, Timer, due);
        ki_timer_node(&Timer->timer)->absolute = DueTime >= 0;
    }
    ki_poll(m);
    return was_set;
}

BOOLEAN ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters) {
    KI_GATE(ExCancelTimer);
    (void)Parameters;
    return ex_timer_stop(m, Timer);
}

BOOLEAN ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait,
                      PEXT_DELETE_PARAMETERS Parameters) {
    KI_GATE(ExDeleteTimer);
    const void *caller = __builtin_return_address(0);
    if (Wait && !Cancel)
        ex_timer_violation(m, Timer, "deleted a timer with Wait and without Cancel", caller);
    if (Wait)
        KI_CHECK_IRQL(ExDeleteTimer, APC_LEVEL);
    if (Timer->deleting)
        ex_timer_violation(m, Timer, "deleted a timer twice", caller);
    BOOLEAN cancelled = Cancel && ex_timer_stop(m, Timer);
    Timer->deleting = true;
    if (Parameters) {
        Timer->delete_callback = Parameters->DeleteCallback;
        Timer->delete_context = Parameters->DeleteContext;
    }
    if (!ex_timer_is_armed(Timer) && !ex_timer_is_expiring(Timer)) {
        ex_timer_finish(m, Timer);
    } else if (Wait) {
        KEVENT deleted;
        KeInitializeEvent(&deleted, NotificationEvent, FALSE);
        Timer->deleted = &deleted;
        KeWaitForSingleObject(&deleted, Executive, KernelMode, FALSE, NULL);
    }
    return cancelled;
}
