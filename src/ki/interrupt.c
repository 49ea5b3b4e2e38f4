/*
 * Interrupt lines (interrupt.h has the structure).
 *
 * A latched line remembers one edge; a level-sensitive one is served again and again while it is
 * asserted, as long as some routine claims it. A level line that nobody claims is an interrupt
 * storm on real hardware; here it is served once more after every change of state and otherwise
 * left alone, so that a machine with a deaf driver still comes to rest.
 */
#include "ki/bugcheck.h"
#include "ki/dispatch.h"
#include "ki/interrupt.h"
#include "ki/processor.h"
#include "ki/trace.h"

static struct ki_interrupt_line *ki_line_find(struct machine *m, ULONG vector) {
    struct ki_interrupt_line *line = m->lines;
    while (line && line->vector != vector)
        line = line->next;
    return line;
}

static void ki_line_event(PKEVENT event) {
    event->Header.Type = EventSynchronizationObject;
    event->Header.Size = sizeof *event / sizeof(LONG);
    InitializeListHead(&event->Header.WaitListHead);
}

static struct ki_interrupt_line *ki_line_get(struct machine *m, ULONG vector) {
    struct ki_interrupt_line *line = ki_line_find(m, vector);
    if (line)
        return line;
    line = ki_alloc(m, sizeof *line);
    line->vector = vector;
    InitializeListHead(&line->interrupts);
    ki_line_event(&line->wanted);
    ki_line_event(&line->moved);
    line->next = m->lines;
    m->lines = line;
    return line;
}

/* The processor that takes an interrupt of the line: the lowest-numbered allowed one, an idle one
 * first. */
static struct ki_processor *ki_line_processor(struct machine *m,
                                              const struct ki_interrupt_line *line) {
    PKINTERRUPT first = CONTAINING_RECORD(line->interrupts.Flink, struct _KINTERRUPT, link);
    struct ki_processor *chosen = NULL;
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct ki_processor *cpu = &m->processors[i];
        if (!(first->affinity >> i & 1))
            continue;
        if (!chosen || (cpu->irql < line->irql && chosen->irql >= line->irql))
            chosen = cpu;
    }
    return chosen ? chosen : &m->processors[0];
}

/* Queues a request of the line on a processor, or wakes its thread, unless that was done already.
 */
static void ki_line_request(struct machine *m, struct ki_interrupt_line *line) {
    if (line->pending || IsListEmpty(&line->interrupts))
        return;
    line->pending = TRUE;
    if (line->irql == PASSIVE_LEVEL) {
        KI_TRACE(m, INTERRUPT, "", line->vector, PASSIVE_LEVEL);
        line->wanted.Header.SignalState = 1;
        ki_wait_test(m, &line->wanted.Header, 0);
        return;
    }
    line->processor = ki_line_processor(m, line);
    InsertTailList(&line->processor->interrupts, &line->pending_link);
    ki_request(m, line->processor, line->irql);
}

NTSTATUS ki_interrupt_connect(struct machine *m, PKINTERRUPT interrupt) {
    struct ki_interrupt_line *line = ki_line_get(m, interrupt->vector);
    if (!IsListEmpty(&line->interrupts)) {
        PKINTERRUPT first = CONTAINING_RECORD(line->interrupts.Flink, struct _KINTERRUPT, link);
        if (!first->share || !interrupt->share || line->mode != interrupt->mode ||
            line->irql != interrupt->irql)
            return STATUS_INVALID_PARAMETER;
    }
    line->irql = interrupt->irql;
    line->mode = interrupt->mode;
    interrupt->line = line;
    interrupt->active = TRUE;
    InsertTailList(&line->interrupts, &interrupt->link);
    if (line->edge || line->asserted)
        ki_line_request(m, line);
    ki_poll(m);
    return STATUS_SUCCESS;
}

void ki_interrupt_disconnect(struct machine *m, PKINTERRUPT interrupt) {
    (void)m;
    struct ki_interrupt_line *line = interrupt->line;
    RemoveEntryList(&interrupt->link);
    interrupt->active = FALSE;
    if (line->irql == PASSIVE_LEVEL)
        return; /* its thread finds that out */
    if (IsListEmpty(&line->interrupts) && line->pending) {
        RemoveEntryList(&line->pending_link);
        line->pending = FALSE;
    }
}

_Noreturn void ki_interrupt_returned_badly(struct machine *m, PKINTERRUPT interrupt) {
    void *routine = interrupt->message_service ? (void *)interrupt->message_service
                                               : (void *)interrupt->service;
    ki_bugcheck(m, IRQL_UNEXPECTED_VALUE,
                KI_UNEXPECTED_IRQL(m, interrupt->sync_irql, KI_UNEXPECTED_SERVICE),
                (ULONG_PTR)routine, (ULONG_PTR)interrupt, 0,
                "the interrupt service routine %s returned at %s", ki_address_name(m, routine),
                ki_irql_name(m->cpu->irql));
}

static bool ki_interrupt_call(struct machine *m, PKINTERRUPT interrupt) {
    KIRQL irql = m->cpu->irql;
    struct ki_processor *cpu = m->cpu;
    ULONG_PTR owner = 1u + cpu->number;
    bool claimed;
    ki_set_irql(m, interrupt->sync_irql);
    if (*interrupt->lock)
        ki_spin(m, interrupt->lock, ~(ULONG_PTR)0);
    *interrupt->lock = owner;
    if (interrupt->message_service)
        claimed = interrupt->message_service(interrupt, interrupt->context, interrupt->message);
    else
        claimed = interrupt->service(interrupt, interrupt->context);
    if (KI_UNLIKELY(m->cpu != cpu || cpu->irql != interrupt->sync_irql))
        ki_interrupt_returned_badly(m, interrupt);
    *interrupt->lock = 0;
    ki_set_irql(m, irql);
    return claimed;
}

/* Calls the line's routines: of a level line up to the first that claims it, of a latched one all
 * until none claims. */
static bool ki_line_serve(struct machine *m, struct ki_interrupt_line *line) {
    bool any = false, again;
    do {
        again = false;
        line->edge = FALSE;
        LIST_ENTRY *link = line->interrupts.Flink;
        while (link != &line->interrupts) {
            PKINTERRUPT interrupt = CONTAINING_RECORD(link, struct _KINTERRUPT, link);
            link = link->Flink;
            if (!ki_interrupt_call(m, interrupt))
                continue;
            any = true;
            if (line->mode == LevelSensitive)
                return true;
            again = line->interrupts.Flink !=
                    line->interrupts.Blink; /* shared edges: until nobody claims */
        }
    } while (again || line->edge);
    return any;
}

void ki_interrupt_serve(struct machine *m, KIRQL irql) {
    struct ki_processor *cpu = m->cpu;
    void *seh = m->seh;
    m->seh = NULL;
    LIST_ENTRY *link = cpu->interrupts.Flink;
    while (link != &cpu->interrupts) {
        struct ki_interrupt_line *line =
            CONTAINING_RECORD(link, struct ki_interrupt_line, pending_link);
        link = link->Flink;
        if (line->irql != irql)
            continue;
        RemoveEntryList(&line->pending_link);
        line->pending = FALSE;
        KI_TRACE(m, INTERRUPT, "", line->vector, irql);
        bool claimed = ki_line_serve(m, line);
        if (line->mode == LevelSensitive && line->asserted && claimed)
            ki_line_request(m, line);
        link = cpu->interrupts.Flink; /* the routines may have queued others */
    }
    m->seh = seh;
}

void ki_line_unmask(struct machine *m, struct ki_interrupt_line *line, bool claimed) {
    line->pending = FALSE;
    if (line->edge || (line->mode == LevelSensitive && line->asserted && claimed))
        ki_line_request(m, line);
}

uint32_t wdmsim_interrupt_vector(const struct _KINTERRUPT *interrupt) { return interrupt->vector; }

int wdmsim_interrupt_raise(struct machine *machine, uint32_t vector) {
    struct ki_interrupt_line *line = ki_line_get(machine, vector);
    bool connected = !IsListEmpty(&line->interrupts);
    line->edge = TRUE;
    ki_line_request(machine, line);
    return connected ? 0 : WDMSIM_ERROR_NOT_FOUND;
}

int wdmsim_interrupt_hold(struct machine *machine, uint32_t vector, bool asserted) {
    struct ki_interrupt_line *line = ki_line_get(machine, vector);
    bool connected = !IsListEmpty(&line->interrupts);
    line->asserted = asserted;
    if (line->pending && line->irql == PASSIVE_LEVEL)
        line->edge = asserted; /* a change of state while it is masked */
    if (asserted)
        ki_line_request(machine, line);
    return connected ? 0 : WDMSIM_ERROR_NOT_FOUND;
}
