/*
 * What a driver must not leave behind when it is unloaded: code addresses that the kernel would
 * still call.
 *
 * Timers with a DPC, queued DPCs, threads, work items, interrupt objects, routines registered for
 * processes, threads, images and their handles, and completion or cancel routines of IRPs in flight
 * are looked through for addresses in the image. On Windows the first
 * call into the vanished image is the bug check; here it is raised at the unload itself, naming
 * what was left. Code linked into the host program cannot be told from the host's own and is not
 * looked for.
 */
#include "io/io.h"
#include "ke/ke.h"
#include "ki/interrupt.h"

static bool io_inside(const struct wdmsim_driver *driver, const void *address) {
    return address >= driver->image.start && address < driver->image.end;
}

static void io_left_behind(struct machine *m, const struct wdmsim_driver *driver,
                           const void *routine, const char *what) {
    if (!io_inside(driver, routine))
        return;
    ki_bugcheck(m, DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS, (ULONG_PTR)routine, 0,
                (ULONG_PTR)routine, 0, "the driver %s is unloaded, but %s with its routine %s",
                driver->name, what, ki_address_name(m, routine));
}

static void io_check_dpcs(struct machine *m, const struct wdmsim_driver *driver,
                          LIST_ENTRY *queue) {
    for (LIST_ENTRY *link = queue->Flink; link != queue; link = link->Flink)
        io_left_behind(m, driver,
                       (void *)CONTAINING_RECORD(link, KDPC, DpcListEntry)->DeferredRoutine,
                       "a DPC is queued");
}

static void io_check_clock(struct machine *m, const struct wdmsim_driver *driver) {
    for (uint32_t i = 0; i < m->clock.count; i++) {
        struct ki_clock_node *node = ki_clock_due_at(m, i);
        if (node->kind != KI_CLOCK_TIMER)
            continue;
        PKTIMER timer = CONTAINING_RECORD((PLIST_ENTRY)(void *)node, KTIMER, TimerListEntry);
        if (io_inside(driver, timer))
            io_left_behind(m, driver, timer, "a timer is set");
        if (timer->Dpc)
            io_left_behind(m, driver, (void *)timer->Dpc->DeferredRoutine, "a timer is set");
    }
}

static void io_check_threads(struct machine *m, const struct wdmsim_driver *driver) {
    LIST_ENTRY *processes = &m->ps->processes;
    for (LIST_ENTRY *p = processes->Flink; p != processes; p = p->Flink) {
        LIST_ENTRY *threads = &CONTAINING_RECORD(p, struct _KPROCESS, link)->threads;
        for (LIST_ENTRY *t = threads->Flink; t != threads; t = t->Flink)
            io_left_behind(m, driver,
                           (void *)CONTAINING_RECORD(t, struct _ETHREAD, process_link)->start,
                           "a thread runs");
    }
}

static void io_check_interrupts(struct machine *m, const struct wdmsim_driver *driver) {
    for (struct ki_interrupt_line *line = m->lines; line; line = line->next)
        for (LIST_ENTRY *link = line->interrupts.Flink; link != &line->interrupts;
             link = link->Flink) {
            PKINTERRUPT interrupt = CONTAINING_RECORD(link, struct _KINTERRUPT, link);
            io_left_behind(m, driver,
                           interrupt->message_service ? (void *)interrupt->message_service
                                                      : (void *)interrupt->service,
                           "an interrupt is connected");
        }
}

static void io_check_irps(struct machine *m, const struct wdmsim_driver *driver) {
    for (LIST_ENTRY *link = m->io->irps.Flink; link != &m->io->irps; link = link->Flink) {
        PIRP irp = io_prefix_irp(CONTAINING_RECORD(link, struct io_irp, link));
        if (!(irp->AllocationFlags & IO_IRP_IN_FLIGHT))
            continue;
        io_left_behind(m, driver, (void *)irp->CancelRoutine, "an IRP is cancelable");
        PIO_STACK_LOCATION stack = (PIO_STACK_LOCATION)(void *)(irp + 1);
        for (int i = irp->CurrentLocation - 1; i < irp->StackCount; i++)
            if (stack[i].Control &
                (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL))
                io_left_behind(m, driver, (void *)stack[i].CompletionRoutine,
                               "an IRP is in flight");
    }
}

struct io_unload {
    struct machine *m;
    const struct wdmsim_driver *driver;
};

static void io_check_notify(void *context, const void *routine) {
    const struct io_unload *unload = context;
    io_left_behind(unload->m, unload->driver, routine, "a notify routine is registered");
}

static void io_check_callback(void *context, const void *routine) {
    const struct io_unload *unload = context;
    io_left_behind(unload->m, unload->driver, routine, "a callback of handles is registered");
}

static void io_check_kernel_callback(void *context, const void *routine) {
    const struct io_unload *unload = context;
    io_left_behind(unload->m, unload->driver, routine, "a callback of the kernel is registered");
}

void io_unload_check(struct machine *m, const struct wdmsim_driver *driver) {
    if (!driver->image.start)
        return;
    for (unsigned i = 0; i < m->processor_count; i++) {
        io_check_dpcs(m, driver, &m->processors[i].dpcs);
        io_check_dpcs(m, driver, &m->processors[i].threaded_dpcs);
    }
    io_check_clock(m, driver);
    io_check_threads(m, driver);
    io_check_interrupts(m, driver);
    io_check_work_items(m, driver, io_left_behind);
    io_check_timers(m, driver, io_left_behind);
    io_check_reinit(m, driver, io_left_behind);
    io_check_irps(m, driver);
    struct io_unload unload = {m, driver};
    ps_visit_notify(m, io_check_notify, &unload);
    ob_visit_callbacks(m, io_check_callback, &unload);
    ke_visit_callbacks(m, io_check_kernel_callback, &unload);
}
