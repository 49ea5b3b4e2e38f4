/*
 * Connecting interrupts. The lines themselves, and their delivery, are src/ki/interrupt.c.
 *
 * A fully specified connection names vector, IRQL and processors itself. Line- and message-based
 * ones name a device; what its interrupts are is known to Plug and Play, which puts a function into
 * io_part.device_interrupts for that. A message-based connection of a device that has line
 * interrupts only uses the fallback routine and reports itself line-based.
 *
 * wdm/nf-wdm-ioconnectinterruptex, -iodisconnectinterruptex, -ioconnectinterrupt
 */
#include <string.h>

#include "io/io.h"
#include "ki/group.h"
#include "ki/interrupt.h"

#define IO_TAG_INTERRUPT 0x6e496f49u /* "IoIn" */

/* What an interrupt object is made from. */
struct io_interrupt_request {
    KSERVICE_ROUTINE *service;
    KMESSAGE_SERVICE_ROUTINE *message_service;
    ULONG message;
    PVOID context;
    PKSPIN_LOCK lock;
    PKEVENT event; /* in place of the lock where the routine runs at PASSIVE_LEVEL */
    bool passive;  /* which it may */
    KIRQL sync_irql;
    struct io_interrupt_resource resource;
};

/* A routine at PASSIVE_LEVEL brings no spin lock. */
static bool io_interrupt_levels_fit(const struct io_interrupt_request *request) {
    if (request->sync_irql == PASSIVE_LEVEL)
        return request->passive && !request->resource.irql && !request->lock;
    return request->resource.irql && request->resource.irql <= HIGH_LEVEL &&
           request->sync_irql >= request->resource.irql;
}

static NTSTATUS io_interrupt_new(struct machine *m, const struct io_interrupt_request *request,
                                 PKINTERRUPT *result) {
    KAFFINITY affinity = request->resource.affinity & ki_active_processors(m);
    if (!affinity || !io_interrupt_levels_fit(request) ||
        (!request->service && !request->message_service))
        return STATUS_INVALID_PARAMETER;
    PKINTERRUPT interrupt =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *interrupt, IO_TAG_INTERRUPT);
    if (!interrupt)
        return STATUS_INSUFFICIENT_RESOURCES;
    interrupt->service = request->service;
    interrupt->message_service = request->message_service;
    interrupt->message = request->message;
    interrupt->context = request->context;
    interrupt->lock = request->lock ? request->lock : &interrupt->own_lock;
    KeInitializeEvent(&interrupt->own_event, SynchronizationEvent, TRUE);
    interrupt->event = request->event ? request->event : &interrupt->own_event;
    interrupt->vector = request->resource.vector;
    interrupt->irql = request->resource.irql;
    interrupt->sync_irql = request->sync_irql;
    interrupt->share = request->resource.share;
    interrupt->mode = request->resource.mode;
    interrupt->affinity = affinity;
    *result = interrupt;
    return STATUS_SUCCESS;
}

/* The object is the caller's before the first interrupt can come, which may be before the routine
 * returns. */
static NTSTATUS io_interrupt_connect(struct machine *m, const struct io_interrupt_request *request,
                                     PKINTERRUPT *result) {
    PKINTERRUPT interrupt;
    *result = NULL;
    NTSTATUS status = io_interrupt_new(m, request, &interrupt);
    if (!NT_SUCCESS(status))
        return status;
    *result = interrupt;
    status = ki_interrupt_connect(m, interrupt);
    if (NT_SUCCESS(status) && ki_interrupt_is_passive(interrupt)) {
        status = io_passive_connected(m, interrupt);
        if (!NT_SUCCESS(status))
            io_passive_disconnect(m, interrupt);
    }
    if (!NT_SUCCESS(status)) {
        *result = NULL;
        mm_pool_free(m, interrupt, IO_TAG_INTERRUPT);
    }
    return status;
}

/* Its routine may be running on another processor: the lock says so. */
static void io_interrupt_stop(struct machine *m, PKINTERRUPT interrupt) {
    KIRQL irql = m->cpu->irql;
    ki_set_irql(m, interrupt->sync_irql);
    ke_spin_acquire(m, interrupt->lock);
    for (PKINTERRUPT each = interrupt; each; each = each->next)
        if (each->active)
            ki_interrupt_disconnect(m, each);
    *interrupt->lock = 0;
    ki_lower(m, irql);
}

static void io_interrupt_disconnect(struct machine *m, PKINTERRUPT interrupt) {
    if (ki_interrupt_is_passive(interrupt))
        io_passive_disconnect(m, interrupt);
    else
        io_interrupt_stop(m, interrupt);
    for (PKINTERRUPT next; interrupt; interrupt = next) {
        next = interrupt->next;
        mm_pool_free(m, interrupt, IO_TAG_INTERRUPT);
    }
}

NTSTATUS IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine,
                            PVOID ServiceContext, PKSPIN_LOCK SpinLock, ULONG Vector, KIRQL Irql,
                            KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode,
                            BOOLEAN ShareVector, KAFFINITY ProcessorEnableMask,
                            BOOLEAN FloatingSave) {
    KI_GATE(IoConnectInterrupt);
    (void)FloatingSave;
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct io_interrupt_request request = {
        .service = ServiceRoutine,
        .context = ServiceContext,
        .lock = SpinLock,
        .sync_irql = SynchronizeIrql,
        .resource = {Vector, Irql, InterruptMode, ShareVector, ProcessorEnableMask},
    };
    return io_interrupt_connect(m, &request, InterruptObject);
}

VOID IoDisconnectInterrupt(PKINTERRUPT InterruptObject) {
    KI_GATE(IoDisconnectInterrupt);
    io_interrupt_disconnect(m, InterruptObject);
}

/* ---- the extended form ---- */

static NTSTATUS io_connect_specified(struct machine *m,
                                     const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *p,
                                     USHORT group) {
    struct io_interrupt_request request = {
        .service = p->ServiceRoutine,
        .context = p->ServiceContext,
        .lock = p->SpinLock,
        .passive = true,
        .sync_irql = p->SynchronizeIrql ? p->SynchronizeIrql : p->Irql,
        .resource = {p->Vector, p->Irql, p->InterruptMode, p->ShareVector,
                     ki_group_there(m, group, p->ProcessorEnableMask)},
    };
    return io_interrupt_connect(m, &request, p->InterruptObject);
}

/* The interrupts of a device as Plug and Play assigned them; 0 if nobody knows any. */
static unsigned io_device_interrupts(struct machine *m, PDEVICE_OBJECT device, bool message,
                                     struct io_interrupt_resource *resources, unsigned capacity) {
    return m->io->device_interrupts
               ? m->io->device_interrupts(m, device, message, resources, capacity)
               : 0;
}

/* More lines than this a device does not have. */
#define IO_LINE_LIMIT 32u

/* One routine for all lines of the device, at no less than the highest of their levels. The first
 * line's object stands for all. */
static NTSTATUS io_connect_line(struct machine *m, PDEVICE_OBJECT device, PKSERVICE_ROUTINE service,
                                PVOID context, PKSPIN_LOCK lock, KIRQL sync_irql,
                                PKINTERRUPT *result) {
    struct io_interrupt_resource lines[IO_LINE_LIMIT];
    struct io_interrupt_request request = {.service = service,
                                           .context = context,
                                           .lock = lock,
                                           .passive = true,
                                           .sync_irql = sync_irql};
    unsigned count = io_device_interrupts(m, device, false, lines, IO_LINE_LIMIT);
    for (unsigned i = 0; i < count; i++)
        if (lines[i].irql > request.sync_irql)
            request.sync_irql = lines[i].irql;
    NTSTATUS status = STATUS_NOT_FOUND;
    PKINTERRUPT *link = result;
    for (unsigned i = 0; i < count; i++) {
        request.resource = lines[i];
        if (request.resource.irql == PASSIVE_LEVEL)
            request.resource.irql = request.sync_irql; /* one of a set that has higher ones */
        status = io_interrupt_connect(m, &request, link);
        if (!NT_SUCCESS(status))
            break;
        request.event = (*result)->event;
        if (request.sync_irql > PASSIVE_LEVEL)
            request.lock = (*result)->lock;
        link = &(*link)->next;
    }
    if (!NT_SUCCESS(status) && link != result) {
        io_interrupt_disconnect(m, *result);
        *result = NULL;
    }
    return status;
}

#define IO_MESSAGE_LIMIT 2048u

static void io_messages_disconnect(struct machine *m, PIO_INTERRUPT_MESSAGE_INFO table) {
    for (ULONG i = 0; i < table->MessageCount; i++)
        io_interrupt_disconnect(m, table->MessageInfo[i].InterruptObject);
    mm_pool_free(m, table, IO_TAG_INTERRUPT);
}

/* One interrupt object per message, all at one IRQL and under one lock. */
static NTSTATUS io_connect_messages(struct machine *m,
                                    const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *p,
                                    const struct io_interrupt_resource *resources, unsigned count) {
    size_t size = FIELD_OFFSET(IO_INTERRUPT_MESSAGE_INFO, MessageInfo) +
                  count * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY);
    PIO_INTERRUPT_MESSAGE_INFO table =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, size, IO_TAG_INTERRUPT);
    NTSTATUS status = table ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    KIRQL irql = p->SynchronizeIrql;
    for (unsigned i = 0; i < count; i++)
        if (resources[i].irql > irql)
            irql = resources[i].irql;
    for (unsigned i = 0; i < count && NT_SUCCESS(status); i++) {
        PIO_INTERRUPT_MESSAGE_INFO_ENTRY entry = &table->MessageInfo[i];
        struct io_interrupt_request request = {.message_service = p->MessageServiceRoutine,
                                               .message = i,
                                               .context = p->ServiceContext,
                                               .lock = p->SpinLock,
                                               .sync_irql = irql,
                                               .resource = resources[i]};
        status = io_interrupt_connect(m, &request, &entry->InterruptObject);
        if (!NT_SUCCESS(status))
            break;
        entry->Vector = resources[i].vector;
        entry->Irql = resources[i].irql;
        entry->Mode = resources[i].mode;
        entry->TargetProcessorSet = ki_group_affinity(m, resources[i].affinity).Mask;
        table->MessageCount++;
    }
    if (!NT_SUCCESS(status)) {
        if (table)
            io_messages_disconnect(m, table);
        return status;
    }
    table->UnifiedIrql = irql;
    *p->ConnectionContext.InterruptMessageTable = table;
    return status;
}

static NTSTATUS io_connect_message_based(struct machine *m,
                                         PIO_CONNECT_INTERRUPT_PARAMETERS parameters) {
    const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *p = &parameters->MessageBased;
    struct io_interrupt_resource *resources =
        mm_pool_allocate(m, NonPagedPoolNx, IO_MESSAGE_LIMIT * sizeof *resources, IO_TAG_INTERRUPT);
    if (!resources)
        return STATUS_INSUFFICIENT_RESOURCES;
    unsigned count =
        io_device_interrupts(m, p->PhysicalDeviceObject, true, resources, IO_MESSAGE_LIMIT);
    NTSTATUS status = STATUS_NOT_FOUND;
    if (count) {
        status = io_connect_messages(m, p, resources, count);
    } else if (p->FallBackServiceRoutine) {
        status = io_connect_line(m, p->PhysicalDeviceObject, p->FallBackServiceRoutine,
                                 p->ServiceContext, p->SpinLock, p->SynchronizeIrql,
                                 p->ConnectionContext.InterruptObject);
        if (NT_SUCCESS(status))
            parameters->Version = CONNECT_LINE_BASED;
    }
    mm_pool_free(m, resources, IO_TAG_INTERRUPT);
    return status;
}

NTSTATUS IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters) {
    KI_GATE(IoConnectInterruptEx);
    const IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS *line = &Parameters->LineBased;
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
        return io_connect_specified(m, &Parameters->FullySpecified, 0);
    case CONNECT_FULLY_SPECIFIED_GROUP:
        return io_connect_specified(m, &Parameters->FullySpecified,
                                    Parameters->FullySpecified.Group);
    case CONNECT_LINE_BASED:
        return io_connect_line(m, line->PhysicalDeviceObject, line->ServiceRoutine,
                               line->ServiceContext, line->SpinLock, line->SynchronizeIrql,
                               line->InterruptObject);
    case CONNECT_MESSAGE_BASED:
        return io_connect_message_based(m, Parameters);
    default:
        /* What is supported is told, so that the driver can try again. */
        Parameters->Version = CONNECT_FULLY_SPECIFIED_GROUP;
        return STATUS_NOT_SUPPORTED;
    }
}

VOID IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters) {
    KI_GATE(IoDisconnectInterruptEx);
    if (Parameters->Version == CONNECT_MESSAGE_BASED)
        io_messages_disconnect(m, Parameters->ConnectionContext.InterruptMessageTable);
    else
        io_interrupt_disconnect(m, Parameters->ConnectionContext.InterruptObject);
}

NTSTATUS IoGetAffinityInterrupt(PKINTERRUPT InterruptObject, PGROUP_AFFINITY GroupAffinity) {
    KI_GATE(IoGetAffinityInterrupt);
    (void)m;
    if (!InterruptObject || !GroupAffinity)
        return STATUS_INVALID_PARAMETER;
    *GroupAffinity = ki_group_affinity(m, InterruptObject->affinity);
    return STATUS_SUCCESS;
}

/* ---- interrupts of devices that sleep: connected, but not expected ---- */

/* While it is inactive the routine is not called: what comes meanwhile waits. */
static void io_set_active(struct machine *m, PKINTERRUPT interrupt, bool active) {
    if (interrupt->active == active)
        return;
    if (active)
        ki_interrupt_connect(m, interrupt);
    else
        ki_interrupt_disconnect(m, interrupt);
}

static void io_report_active(struct machine *m,
                             PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS parameters, bool active) {
    if (parameters->Version != CONNECT_MESSAGE_BASED) {
        for (PKINTERRUPT each = parameters->ConnectionContext.InterruptObject; each;
             each = each->next)
            io_set_active(m, each, active);
        return;
    }
    PIO_INTERRUPT_MESSAGE_INFO table = parameters->ConnectionContext.InterruptMessageTable;
    for (ULONG i = 0; i < table->MessageCount; i++)
        io_set_active(m, table->MessageInfo[i].InterruptObject, active);
}

VOID IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters) {
    KI_GATE(IoReportInterruptActive);
    io_report_active(m, Parameters, true);
}

VOID IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters) {
    KI_GATE(IoReportInterruptInactive);
    io_report_active(m, Parameters, false);
}

/* ---- the library's versions, for drivers that also run where the kernel has none ---- */

NTSTATUS WdmlibIoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters) {
    KI_GATE(WdmlibIoConnectInterruptEx);
    (void)m;
    return IoConnectInterruptEx(Parameters);
}

VOID WdmlibIoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters) {
    KI_GATE(WdmlibIoDisconnectInterruptEx);
    (void)m;
    IoDisconnectInterruptEx(Parameters);
}

NTSTATUS WdmlibIoGetAffinityInterrupt(PKINTERRUPT InterruptObject, PGROUP_AFFINITY GroupAffinity) {
    KI_GATE(WdmlibIoGetAffinityInterrupt);
    (void)m;
    return IoGetAffinityInterrupt(InterruptObject, GroupAffinity);
}
