/*
 * Interrupt lines and their delivery to processors.
 *
 * A line is a vector with its IRQL and trigger mode and the list of connected interrupt objects.
 * Raising marks it pending on a processor that its affinity allows; delivery raises the IRQL, calls
 * the connected routines in turn, and comes back.
 *
 * The routines of a line at PASSIVE_LEVEL run in a thread of the line's own (src/io). All that the
 * trap does is to wake it; the line stays pending, that is masked, until they have run.
 */
#ifndef KI_INTERRUPT_H
#define KI_INTERRUPT_H

#include "ki/machine.h"

/* An interrupt object: what IoConnectInterrupt gives a driver as an opaque PKINTERRUPT. */
struct _KINTERRUPT {
    LIST_ENTRY link; /* in its line */
    struct ki_interrupt_line *line;
    PKINTERRUPT next; /* of several lines that were connected as one: they share the first's lock */
    PKSERVICE_ROUTINE service;
    PKMESSAGE_SERVICE_ROUTINE message_service;
    PVOID context;
    PKSPIN_LOCK lock;
    KSPIN_LOCK own_lock;
    PKEVENT event; /* at PASSIVE_LEVEL, instead of the lock: signaled while nobody holds it */
    KEVENT own_event;
    ULONG round; /* of its line, in which it was last called */
    ULONG message;
    ULONG vector;
    KIRQL irql;      /* of the device */
    KIRQL sync_irql; /* at which the routine runs: the highest of those sharing the lock */
    BOOLEAN share;
    BOOLEAN active;
    KINTERRUPT_MODE mode;
    KAFFINITY affinity;
};

struct ki_interrupt_line {
    struct ki_interrupt_line *next;
    ULONG vector;
    KIRQL irql;
    KINTERRUPT_MODE mode;
    BOOLEAN asserted; /* level: the device holds it */
    BOOLEAN pending;  /* queued on a processor */
    BOOLEAN
    edge; /* latched: an edge that nobody was connected to, or came while it was in service */
    LIST_ENTRY interrupts;   /* connected objects, in order of connection */
    LIST_ENTRY pending_link; /* in processor.interrupts */
    struct ki_processor *processor;

    /* At PASSIVE_LEVEL. */
    KEVENT wanted;       /* wakes the thread */
    KEVENT moved;        /* the thread has left the routine of `current` */
    PKINTERRUPT current; /* whose routine it calls or is about to */
    ULONG round;         /* passes over the routines so far */
    BOOLEAN has_thread;
};

static inline bool ki_interrupt_is_passive(const struct _KINTERRUPT *interrupt) {
    return interrupt->sync_irql == PASSIVE_LEVEL;
}

/* Connects; STATUS_INVALID_PARAMETER when the line's other users do not share it, or mode or IRQL
 * differ. */
NTSTATUS ki_interrupt_connect(struct machine *m, PKINTERRUPT interrupt);
void ki_interrupt_disconnect(struct machine *m, PKINTERRUPT interrupt);
/* The routine of an interrupt came back at another IRQL: its bug check. */
_Noreturn void ki_interrupt_returned_badly(struct machine *m, PKINTERRUPT interrupt);
/* The thread of a line at PASSIVE_LEVEL is done: the line is unmasked, and comes again if its
 * device still wants it. */
void ki_line_unmask(struct machine *m, struct ki_interrupt_line *line, bool claimed);
/* Serves the pending interrupts of an IRQL on the current processor. */
void ki_interrupt_serve(struct machine *m, KIRQL irql);

#endif
