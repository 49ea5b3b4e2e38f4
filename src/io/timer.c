/*
 * The one-second timers of devices.
 *
 * One kernel timer serves all: it runs while at least one device's timer is started, and its DPC
 * calls the routines of those at DISPATCH_LEVEL, in the order in which the timers were initialised.
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
    for (LIST_ENTRY *link = head->Flink, *next; link != head; link = next) {
        struct _IO_TIMER *timer = CONTAINING_RECORD(link, struct _IO_TIMER, link);
        next = link->Flink;
        if (timer->running)
            timer->routine(timer->device, timer->context);
    }
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
    if (!timer || timer->running == running)
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
    if (!io_device_of(DeviceObject)->delete_pending)
        io_timer_set(m, DeviceObject->Timer, true);
}

VOID IoStopTimer(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoStopTimer);
    io_timer_set(m, DeviceObject->Timer, false);
}

void io_timer_delete(struct machine *m, PDEVICE_OBJECT device) {
    struct _IO_TIMER *timer = device->Timer;
    if (!timer)
        return;
    io_timer_set(m, timer, false);
    RemoveEntryList(&timer->link);
    device->Timer = NULL;
    mm_pool_free(m, timer, IO_TAG_MISC);
}
