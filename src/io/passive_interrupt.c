/*
 * Interrupts whose service routines run at PASSIVE_LEVEL.
 *
 * Such a line has a thread of its own: a routine that waits for I/O to its device holds up nobody
 * but those that share the line. The trap wakes the thread and leaves the line masked. The thread
 * calls the routines in the order of their connection, each under the event of its interrupt
 * object: of a level-triggered line up to the first that claims the interrupt, of an edge-triggered
 * one all; with several of them until none claims. Then it unmasks the line, and a level that is
 * still asserted comes again.
 *
 * Routines may be connected, disconnected and made inactive while one of them waits. So the thread
 * keeps no place in the list: it marks whom it has called in this pass, and takes the first without
 * the mark. Disconnecting waits until the thread has left the routine, and for that reason never
 * ends in the routine itself.
 *
 * kernel/using-passive-level-interrupt-handling-routines; the thread's priority, which has to be
 * "relatively high", is that of the real-time work queue (our choice).
 */
#include "io/io.h"
#include "ki/interrupt.h"

#define IO_PASSIVE_PRIORITY 18

/* The first routine that this pass has not called. */
static PKINTERRUPT io_passive_next(struct ki_interrupt_line *line) {
    for (LIST_ENTRY *link = line->interrupts.Flink; link != &line->interrupts; link = link->Flink) {
        PKINTERRUPT interrupt = CONTAINING_RECORD(link, struct _KINTERRUPT, link);
        if (interrupt->round != line->round)
            return interrupt;
    }
    return NULL;
}

/* Calls a routine, unless it has been made inactive by the time that its event is to be had: an
 * edge then is for who is active next. */
static bool io_passive_call(struct machine *m, struct ki_interrupt_line *line,
                            PKINTERRUPT interrupt) {
    bool claimed = false;
    line->current = interrupt;
    KeWaitForSingleObject(interrupt->event, Executive, KernelMode, FALSE, NULL);
    if (interrupt->active) {
        claimed = interrupt->service(interrupt, interrupt->context);
        if (KI_UNLIKELY(m->cpu->irql != PASSIVE_LEVEL))
            ki_interrupt_returned_badly(m, interrupt);
    } else if (line->mode == Latched) {
        line->edge = TRUE;
    }
    KeSetEvent(interrupt->event, IO_NO_INCREMENT, FALSE);
    line->current = NULL; /* from here on it may be freed */
    KeSetEvent(&line->moved, IO_NO_INCREMENT, FALSE);
    return claimed;
}

/* True if some routine claimed the interrupt. Without any, an edge is kept for who connects next.
 */
static bool io_passive_serve(struct machine *m, struct ki_interrupt_line *line) {
    bool any = false, again = !IsListEmpty(&line->interrupts);
    while (again) {
        PKINTERRUPT interrupt;
        line->edge = again = FALSE;
        line->round++;
        while ((interrupt = io_passive_next(line)) != NULL) {
            interrupt->round = line->round;
            if (!io_passive_call(m, line, interrupt))
                continue;
            any = true;
            if (line->mode == LevelSensitive)
                return true;
            again = line->interrupts.Flink != line->interrupts.Blink;
        }
        again |= line->edge && !IsListEmpty(&line->interrupts);
    }
    return any;
}

static VOID io_passive_main(PVOID context) {
    struct ki_interrupt_line *line = context;
    struct machine *m = ki_self();
    PKTHREAD thread = ki_current_thread(m);
    thread->base_priority = IO_PASSIVE_PRIORITY;
    ki_set_priority(m, thread, IO_PASSIVE_PRIORITY);
    for (;;) {
        KeWaitForSingleObject(&line->wanted, Executive, KernelMode, FALSE, NULL);
        ki_line_unmask(m, line, io_passive_serve(m, line));
    }
}

NTSTATUS io_passive_connected(struct machine *m, PKINTERRUPT interrupt) {
    struct ki_interrupt_line *line = interrupt->line;
    if (line->has_thread)
        return STATUS_SUCCESS;
    NTSTATUS status =
        ps_thread_create(m, NULL, io_passive_main, line, "Passive interrupt", false, NULL);
    line->has_thread = NT_SUCCESS(status);
    return status;
}

void io_passive_disconnect(struct machine *m, PKINTERRUPT set) {
    for (PKINTERRUPT each = set; each; each = each->next)
        if (each->active)
            ki_interrupt_disconnect(m, each);
    for (PKINTERRUPT each = set; each; each = each->next)
        while (each->line->current == each)
            KeWaitForSingleObject(&each->line->moved, Executive, KernelMode, FALSE, NULL);
}
