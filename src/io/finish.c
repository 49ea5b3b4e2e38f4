/*
 * The I/O manager's end of an IRP: what happens when its last completion routine has let it go.
 *
 * An associated IRP counts down its master. A close, a cleanup or paging I/O only signals.
 * Everything else is finished in the context of the thread that issued it, because results go to
 * its address space: by the service that is still waiting in that thread (IRP_DEFER_IO_COMPLETION,
 * not pended), else by a special kernel APC that uses the IRP's own memory.
 */
#include <string.h>

#include "io/io.h"

static void io_free_mdls(PIRP irp) {
    PMDL mdl = irp->MdlAddress;
    irp->MdlAddress = NULL;
    while (mdl) {
        PMDL next = mdl->Next;
        IoFreeMdl(mdl);
        mdl = next;
    }
}

static void io_unlock_mdls(PIRP irp) {
    for (PMDL mdl = irp->MdlAddress; mdl; mdl = mdl->Next)
        if (mdl->MdlFlags & MDL_PAGES_LOCKED)
            MmUnlockPages(mdl);
}

/* An associated IRP is done; with the last one so is its master. */
static void io_finish_associated(struct machine *m, PIRP irp, CCHAR boost) {
    PIRP master = irp->AssociatedIrp.MasterIrp;
    LONG left = --master->AssociatedIrp.IrpCount;
    io_unlock_mdls(irp);
    io_free_mdls(irp);
    io_irp_free(m, irp);
    if (left == 0)
        IofCompleteRequest(master, boost);
}

/* Close, cleanup, paging: status block and event are the kernel's, the MDL is the caller's. */
static void io_finish_close(struct machine *m, PIRP irp, CCHAR boost) {
    PKEVENT event = irp->UserEvent;
    *irp->UserIosb = irp->IoStatus;
    io_irp_dequeue(irp);
    io_irp_free(m, irp);
    KeSetEvent(event, boost, FALSE);
}

VOID io_deliver_apc(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                    PVOID *SystemArgument1, PVOID *SystemArgument2) {
    (void)NormalRoutine;
    (void)NormalContext;
    (void)SystemArgument2;
    io_irp_deliver(ki_self(), CONTAINING_RECORD(Apc, IRP, Tail.Apc), *SystemArgument1);
}

/* The object type that NT writes into a KAPC. */
#define IO_APC_OBJECT 0x12

static void io_apc_fill(PKAPC apc, PKTHREAD thread, PKKERNEL_ROUTINE kernel,
                        PKNORMAL_ROUTINE normal, KPROCESSOR_MODE mode, PVOID context) {
    memset(apc, 0, sizeof *apc);
    apc->Type = IO_APC_OBJECT;
    apc->Size = sizeof *apc;
    apc->Thread = thread;
    apc->KernelRoutine = kernel;
    apc->NormalRoutine = normal;
    apc->ApcMode = mode;
    apc->NormalContext = context;
}

static _Noreturn void io_finish_unowned(struct machine *m, PIRP irp) {
    ki_bugcheck(m, IRQL_NOT_LESS_OR_EQUAL, FIELD_OFFSET(struct _KTHREAD, apcs), m->cpu->irql, 1, 0,
                "irp %u came to the end of its completion, but it belongs to no thread: the driver "
                "that allocated it must "
                "stop it in a completion routine",
                io_irp_serial(irp));
}

void io_irp_finish(struct machine *m, PIRP irp, CCHAR boost) {
    if (irp->AllocationFlags & IO_IRP_IN_FLIGHT)
        io_irp_returned(m, irp);
    if (irp->Flags & IRP_ASSOCIATED_IRP) {
        io_finish_associated(m, irp, boost);
        return;
    }
    if (irp->Flags & (IRP_CLOSE_OPERATION | IRP_PAGING_IO)) {
        io_finish_close(m, irp, boost);
        return;
    }
    io_unlock_mdls(irp);
    if (irp->Flags & IRP_DEFER_IO_COMPLETION && !irp->PendingReturned)
        return; /* the service that sent it goes on with it */
    PETHREAD thread = irp->Tail.Overlay.Thread;
    PFILE_OBJECT file = irp->Tail.Overlay.OriginalFileObject;
    if (KI_UNLIKELY(!thread))
        io_finish_unowned(m, irp);
    io_apc_fill(&irp->Tail.Apc, &thread->tcb, io_deliver_apc, NULL, KernelMode, NULL);
    bool queued = ki_apc_insert(m, &irp->Tail.Apc, file, NULL, boost);
    KI_ASSERT(queued);
    ki_poll(m);
}

/* ---- in the issuing thread ---- */

/* Stores to a user's memory must not fault: it may have been freed since the request was made. */
static bool io_may_write(struct machine *m, KPROCESSOR_MODE mode, void *address, size_t length) {
    return mode == KernelMode || !ki_is_user_address((uintptr_t)address) ||
           NT_SUCCESS(mm_probe(m, address, length, 1, true));
}

static _Noreturn void io_information_too_large(struct machine *m, PIRP irp, ULONG limit) {
    ki_bugcheck(
        m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x312, 0, (ULONG_PTR)irp, 0,
        "irp %u was completed with IoStatus.Information %llu; its output buffer has %u bytes",
        io_irp_serial(irp), (unsigned long long)irp->IoStatus.Information, limit);
}

/* What the driver left in the system buffer goes to the user's. */
static void io_copy_back(struct machine *m, PIRP irp) {
    ULONG_PTR length = irp->IoStatus.Information;
    struct io_irp *prefix = io_irp_own(irp);
    ULONG limit = prefix ? prefix->output_length : ~0u;
    if (!(irp->Flags & IRP_INPUT_OPERATION) || NT_ERROR(irp->IoStatus.Status) ||
        irp->IoStatus.Status == STATUS_VERIFY_REQUIRED || !length)
        return;
    if (KI_UNLIKELY(limit != ~0u && length > limit)) {
        if (m->flags & WDMSIM_CHECK_RULES)
            io_information_too_large(m, irp, limit);
        length = limit;
    }
    if (io_may_write(m, irp->RequestorMode, irp->UserBuffer, length))
        memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, length);
    else
        irp->IoStatus.Status = STATUS_ACCESS_VIOLATION;
}

static void io_free_buffers(struct machine *m, PIRP irp) {
    if (irp->Flags & IRP_BUFFERED_IO) {
        io_copy_back(m, irp);
        if (irp->Flags & IRP_DEALLOCATE_BUFFER)
            mm_pool_free(m, irp->AssociatedIrp.SystemBuffer, 0);
    }
    irp->Flags &= ~(ULONG)(IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER);
    io_free_mdls(irp);
}

static void io_store_iosb(struct machine *m, PIRP irp) {
    if (!irp->UserIosb ||
        !io_may_write(m, irp->RequestorMode, irp->UserIosb, sizeof *irp->UserIosb))
        return;
    irp->UserIosb->Information = irp->IoStatus.Information;
    irp->UserIosb->Status = irp->IoStatus.Status;
}

/* The user APC of an asynchronous request has been delivered: its IRP, which it lived in, goes. */
static KKERNEL_ROUTINE io_user_apc;
static VOID io_user_apc(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                        PVOID *SystemArgument1, PVOID *SystemArgument2) {
    (void)NormalRoutine;
    (void)NormalContext;
    (void)SystemArgument1;
    (void)SystemArgument2;
    io_irp_free(ki_self(), CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

static void io_finish_irp_memory(struct machine *m, PIRP irp) {
    PIO_APC_ROUTINE routine = irp->Overlay.AsynchronousParameters.UserApcRoutine;
    PVOID context = irp->Overlay.AsynchronousParameters.UserApcContext;
    if (!routine || irp->Flags & IRP_CREATE_OPERATION) {
        io_irp_free(m, irp);
        return;
    }
    PKAPC apc = &irp->Tail.Apc;
    io_apc_fill(apc, m->cpu->thread, io_user_apc, (PKNORMAL_ROUTINE)(PVOID)(ULONG_PTR)routine,
                irp->RequestorMode, context);
    if (!ki_apc_insert(m, apc, irp->UserIosb, NULL, 2))
        io_irp_free(m, irp);
}

static bool io_is_synchronous(const IRP *irp, const FILE_OBJECT *file) {
    return (file && file->Flags & FO_SYNCHRONOUS_IO) || irp->Flags & IRP_SYNCHRONOUS_API;
}

/* Sets the events that say so. */
static void io_signal(PIRP irp, PFILE_OBJECT file) {
    if (file)
        file->FinalStatus = irp->IoStatus.Status;
    if (irp->UserEvent) {
        KeSetEvent(irp->UserEvent, 0, FALSE);
        if (file && file->Flags & FO_SYNCHRONOUS_IO && !(irp->Flags & IRP_SYNCHRONOUS_API))
            KeSetEvent(&file->Event, 0, FALSE);
    } else if (file) {
        KeSetEvent(&file->Event, 0, FALSE);
    }
}

/*
 * A request that failed at once, before it was pending, shows that by its return value alone:
 * status block and events stay untouched, as on Windows.
 */
void io_irp_deliver(struct machine *m, PIRP irp, PFILE_OBJECT file) {
    struct io_irp *prefix = io_irp_own(irp);
    struct wdmsim_request *request = prefix ? prefix->request : NULL;
    PKEVENT user_event = irp->UserEvent;
    bool api = irp->Flags & IRP_SYNCHRONOUS_API, create = irp->Flags & IRP_CREATE_OPERATION;
    io_free_buffers(m, irp);
    io_irp_dequeue(irp);
    bool report = !NT_ERROR(irp->IoStatus.Status) || irp->PendingReturned;
    if (report) {
        io_store_iosb(m, irp);
        io_signal(irp, file);
    } else if (file) {
        file->FinalStatus = irp->IoStatus.Status;
        if (io_is_synchronous(irp, file) && !user_event)
            KeSetEvent(&file->Event, 0, FALSE);
    }
    if (request)
        io_request_irp_done(m, request, report);
    if (!create && file) {
        if (user_event && !api)
            ob_dereference(m, user_event);
        ob_dereference(m, file);
    }
    if (report)
        io_finish_irp_memory(m, irp);
    else
        io_irp_free(m, irp);
}

/* ---- before it was sent ---- */

void io_irp_abandon(struct machine *m, PIRP irp) {
    io_unlock_mdls(irp);
    io_free_mdls(irp);
    if (irp->Flags & IRP_DEALLOCATE_BUFFER && irp->AssociatedIrp.SystemBuffer)
        mm_pool_free(m, irp->AssociatedIrp.SystemBuffer, 0);
    io_irp_dequeue(irp);
    io_irp_free(m, irp);
}

NTSTATUS io_wait_or_cancel(struct machine *m, PKEVENT event, PIRP irp, KPROCESSOR_MODE mode,
                           bool alertable) {
    NTSTATUS status = KeWaitForSingleObject(event, Executive, mode, alertable, NULL);
    if (status != STATUS_USER_APC && status != STATUS_ALERTED)
        return STATUS_SUCCESS;
    KIRQL irql = ki_raise(m, APC_LEVEL); /* the IRP cannot be delivered meanwhile */
    if (event->Header.SignalState <= 0)
        io_cancel_irp(m, irp);
    ki_lower(m, irql);
    KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
    return status == STATUS_USER_APC ? STATUS_CANCELLED : status;
}

/* A service of the I/O manager's own waits for what it sent; the thread may have been told to end
 * meanwhile. */
NTSTATUS io_call_and_wait(struct machine *m, PDEVICE_OBJECT device, PIRP irp, PKEVENT event,
                          PIO_STATUS_BLOCK iosb) {
    io_irp_queue(m, irp);
    NTSTATUS status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
        status = iosb->Status;
    }
    (void)m;
    return status;
}
