/*
 * The one-second timers of devices.
 *
 * One kernel timer serves all: it runs while at least one device's timer is started, and its DPC
 * calls the routines of those at DISPATCH_LEVEL, in the order in which the timers were initialised.
 * The lock of the timers is held meanwhile: when IoStopTimer has returned, the routine does not run
 * on another processor either, and to stop a timer from a timer routine is to wait for oneself.
 *
 * wdm/nf-wdm-ioinitializetimer, -iostarttimer, -iostoptimer, nc-wdm-io_timer_routine
 */
#include "io/io.h"

struct _IO_TIMER {
    LIST_ENTRY link; /* in io_part.timers */
    PDEVICE_OBJECT device;
    IO_TIMER_ROUTINE *routine;
    PVOID context;
    bool running;
};

#define IO_TIMER_SECOND_MS 1000

static void io_timer_arm(struct machine *m) {
    LARGE_INTEGER second = {.QuadPart = -(LONGLONG)IO_TIMER_SECOND_MS * 10000};
    KeSetTimer(&m->io->timer, second, &m->io->timer_dpc);
}

static KDEFERRED_ROUTINE io_timer_tick;
static VOID io_timer_tick(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1,
                          PVOID SystemArgument2) {
    struct machine *m = ki_self();
    LIST_ENTRY *head = &m->io->timers;
    (void)Dpc;
    (void)DeferredContext;
    (void)SystemArgument1;
    (void)SystemArgument2;
    ke_spin_acquire(m, &m->io->timer_lock);
    for (LIST_ENTRY *link = head->Flink, *next; link != head; link = next) {
        struct _IO_TIMER *timer = CONTAINING_RECORD(link, struct _IO_TIMER, link);
        next = link->Flink;
        if (timer->running)
            timer->routine(timer->device, timer->context);
    }
    m->io->timer_lock = 0;
    if (m->io->timers_running)
        io_timer_arm(m);
}

void io_timers_start(struct machine *m) {
    KeInitializeTimer(&m->io->timer);
    KeInitializeDpc(&m->io->timer_dpc, io_timer_tick, NULL);
}

NTSTATUS IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine,
                           PVOID Context) {
    KI_GATE(IoInitializeTimer);
    struct _IO_TIMER *timer = DeviceObject->Timer;
    if (timer && m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x0A, (ULONG_PTR)DeviceObject, 0, 0,
                    "%s called IoInitializeTimer for %s, whose timer is set up already",
                    ki_address_name(m, IO_CALLER()), io_device_of(DeviceObject)->text);
    if (!timer) {
        if (mm_fails(m))
            return STATUS_INSUFFICIENT_RESOURCES;
        timer = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *timer, IO_TAG_MISC);
        if (!timer)
            return STATUS_INSUFFICIENT_RESOURCES;
        timer->device = DeviceObject;
        DeviceObject->Timer = timer;
        InsertTailList(&m->io->timers, &timer->link);
    }
    timer->routine = TimerRoutine;
    timer->context = Context;
    return STATUS_SUCCESS;
}

static void io_timer_set(struct machine *m, struct _IO_TIMER *timer, bool running) {
    if (timer->running == running)
        return;
    timer->running = running;
    if (running ? m->io->timers_running++ == 0 : --m->io->timers_running == 0) {
        if (running)
            io_timer_arm(m);
        else
            KeCancelTimer(&m->io->timer);
    }
}

VOID IoStartTimer(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoStartTimer);
    if (io_device_of(DeviceObject)->delete_pending)
        return;
    if (KI_UNLIKELY(!DeviceObject->Timer)) /* where Windows would look for it, with its lock held */
        ki_bugcheck(
            m, IRQL_NOT_LESS_OR_EQUAL, 0, DISPATCH_LEVEL, 0, 0,
            "%s called IoStartTimer for %s, which has no timer: IoInitializeTimer comes first",
            ki_address_name(m, IO_CALLER()), io_device_of(DeviceObject)->text);
    io_timer_set(m, DeviceObject->Timer, true);
}

/* Stops it; it does not run when this returns. */
static void io_timer_stop(struct machine *m, struct _IO_TIMER *timer) {
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    ke_spin_acquire(m, &m->io->timer_lock);
    io_timer_set(m, timer, false);
    m->io->timer_lock = 0;
    ki_lower(m, irql);
}

VOID IoStopTimer(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoStopTimer);
    if (DeviceObject->Timer)
        io_timer_stop(m, DeviceObject->Timer);
}

void io_timer_delete(struct machine *m, PDEVICE_OBJECT device) {
    struct _IO_TIMER *timer = device->Timer;
    if (!timer)
        return;
    io_timer_stop(m, timer);
    RemoveEntryList(&timer->link);
    device->Timer = NULL;
    mm_pool_free(m, timer, IO_TAG_MISC);
}

void io_check_timers(struct machine *m, const struct wdmsim_driver *driver, io_left *left) {
    LIST_ENTRY *head = &m->io->timers;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        const struct _IO_TIMER *timer = CONTAINING_RECORD(link, struct _IO_TIMER, link);
        if (timer->running)
            left(m, driver, (const void *)timer->routine, "the timer of a device runs");
    }
}
