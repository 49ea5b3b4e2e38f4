/*
 * Sending and completing IRPs: the way down the stack of devices and back up.
 *
 * IofCallDriver moves to the next stack location and calls the dispatch routine of the device's
 * driver. IofCompleteRequest walks the locations back, calls the completion routines whose
 * conditions hold, and hands the IRP to finish.c when none of them kept it.
 *
 * While rules are checked, each call leaves a record on its stack, chained from the IRP's prefix.
 * Completion marks the records of the locations it passes, so that on return of a dispatch routine
 * it is known, without touching an IRP that may be gone, whether the IRP was completed or marked
 * pending; that is compared with the status returned.
 *
 * wdm/nf-wdm-iofcalldriver, -iocompleterequest, nc-wdm-io_completion_routine
 */
#include <string.h>

#include "io/io.h"
#include "ki/lock_log.h"

static const char *io_target_text(const DEVICE_OBJECT *device) {
    return io_device_of(device)->text;
}

/* ---- down ---- */

static _Noreturn void io_call_refused(struct machine *m, PDEVICE_OBJECT device, PIRP irp,
                                      void *caller) {
    const char *where = ki_address_name(m, caller);
    if (io_irp_type(irp) != IO_TYPE_IRP)
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x03, (ULONG_PTR)irp, 0, 0,
                    "%s sent something that is no IRP, or freed already", where);
    if (!device)
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x204, (ULONG_PTR)caller,
                    (ULONG_PTR)irp, 0, "%s sent irp %u to no device", where, io_irp_serial(irp));
    if (io_device_kind(device) != IO_TYPE_DEVICE)
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x04, (ULONG_PTR)device, 0, 0,
                    "%s sent irp %u to something that is no device object, or deleted already",
                    where, io_irp_serial(irp));
    ki_bugcheck(m, NO_MORE_IRP_STACK_LOCATIONS, (ULONG_PTR)irp, 0, 0, 0,
                "%s sent irp %u to %s, but its %d stack locations are used up", where,
                io_irp_serial(irp), io_target_text(device), irp->StackCount);
}

/* The I/O manager's end of the IRP will be an APC to this thread. */
static bool io_ends_in_apc(const IRP *irp, UCHAR control) {
    return irp->CurrentLocation == irp->StackCount && !IsListEmpty(&irp->ThreadListEntry) &&
           !(irp->Flags & (IRP_CLOSE_OPERATION | IRP_PAGING_IO | IRP_DEFER_IO_COMPLETION)) &&
           !(control & (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL));
}

static void io_call_check(struct machine *m, PIRP irp, PIO_STACK_LOCATION stack, void *caller) {
    if (KI_UNLIKELY(m->cpu->irql >= APC_LEVEL && io_ends_in_apc(irp, stack->Control)))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x302, (ULONG_PTR)caller,
                    (ULONG_PTR)irp, m->cpu->irql,
                    "%s sent irp %u at %s, but its completion ends in an APC, which cannot come",
                    ki_address_name(m, caller), io_irp_serial(irp), ki_irql_name(m->cpu->irql));
    if (KI_UNLIKELY(irp->CancelRoutine != NULL))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x203, (ULONG_PTR)caller,
                    (ULONG_PTR)irp, 0, "%s sent irp %u with the cancel routine %s still set",
                    ki_address_name(m, caller), io_irp_serial(irp),
                    ki_address_name(m, (void *)irp->CancelRoutine));
}

/* What the dispatch routine did wrong with the IRP, as far as its return tells. */
static inline bool io_return_is_right(const struct io_call *call, bool pended, NTSTATUS status) {
    if (status == STATUS_PENDING)
        return pended || (!call->completed && call->forwarded);
    return call->completed && !pended && status == call->status;
}

static void io_return_check_status(struct machine *m, const struct io_call *call, bool pended,
                                   PIRP irp, uint32_t serial, NTSTATUS status, void *dispatch) {
    ULONG code = 0;
    const char *what = NULL;
    if (status == STATUS_PENDING && !pended && (call->completed || !call->forwarded)) {
        code = 0x23D;
        what = "returned STATUS_PENDING without marking it pending";
    } else if (status != STATUS_PENDING && pended) {
        code = 0x23E;
        what = "marked it pending but returned another status";
    } else if (call->completed && !pended && status != call->status) {
        code = 0x224;
        what = "returned another status than it was completed with";
    } else if (!call->completed && !pended && status != STATUS_PENDING) {
        code = 0x226;
        what = "returned with it neither passed on, completed nor marked pending";
    }
    if (KI_UNLIKELY(what != NULL))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, code, (ULONG_PTR)dispatch,
                    (ULONG_PTR)irp,
                    code == 0x224 ? (ULONG_PTR)(ULONG)call->status : (ULONG_PTR)(ULONG)status,
                    "irp %u: the dispatch routine %s %s (0x%08x)", serial,
                    ki_address_name(m, dispatch), what, (unsigned)status);
}

static void io_unlink_call(struct io_irp *prefix, struct io_call *call) {
    struct io_call **link = &prefix->call;
    while (*link && *link != call)
        link = &(*link)->outer;
    if (*link)
        *link = call->outer;
}

/* Power IRPs go through the power manager. */
static inline NTSTATUS io_dispatch(struct machine *m, PDEVICE_OBJECT device, PIRP irp, UCHAR major,
                                   PDRIVER_DISPATCH dispatch) {
    if (KI_UNLIKELY(major == IRP_MJ_POWER && m->io->power_call != NULL))
        return m->io->power_call(m, device, irp, dispatch);
    return dispatch(device, irp);
}

/* The device node that the device object's stack belongs to, by number. */
static uint32_t io_stack_node(PDEVICE_OBJECT device) {
    while (io_device_of(device)->attached_to)
        device = io_device_of(device)->attached_to;
    return io_device_of(device)->node_serial;
}

/* The call with rules checked or calls traced. */
static NTSTATUS io_call_watched(struct machine *m, PDEVICE_OBJECT device, PIRP irp,
                                PIO_STACK_LOCATION stack, PDRIVER_DISPATCH dispatch) {
    struct io_irp *prefix = io_irp_own(irp);
    struct io_call call = {.location = irp->CurrentLocation};
    uint32_t serial = io_irp_serial(irp);
    KIRQL irql = m->cpu->irql;
    bool signaled = irp->CurrentLocation == irp->StackCount && irp->UserEvent &&
                    irp->UserEvent->Header.SignalState > 0;
    KI_TRACE(m, IRP_CALL, io_target_text(device), serial,
             stack->MajorFunction | (uint64_t)stack->MinorFunction << 8, io_stack_node(device));
    if (prefix) {
        if (prefix->call)
            prefix->call->forwarded = true;
        call.outer = prefix->call;
        prefix->call = &call;
    }
    NTSTATUS status = io_dispatch(m, device, irp, stack->MajorFunction, dispatch);
    m = ki_self();
    bool pended = call.pended;
    if (prefix && !call.completed) {
        io_unlink_call(prefix, &call);
        pended = stack->Control & SL_PENDING_RETURNED;
    }
    if (KI_UNLIKELY(m->cpu->irql != irql) && m->flags & WDMSIM_CHECK_RULES) {
        char held[280];
        ki_locks_here(m, held, sizeof held);
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x05, (ULONG_PTR)device, irql,
                    m->cpu->irql,
                    "irp %u: the dispatch routine %s was called at %s and returned at %s%s", serial,
                    ki_address_name(m, (void *)dispatch), ki_irql_name(irql),
                    ki_irql_name(m->cpu->irql), held);
    }
    if (prefix && KI_UNLIKELY(!io_return_is_right(&call, pended, status)) &&
        m->flags & WDMSIM_CHECK_RULES)
        io_return_check_status(m, &call, pended, irp, serial, status, (void *)dispatch);
    if (KI_UNLIKELY(signaled && status == STATUS_PENDING) && m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x307, (ULONG_PTR)dispatch,
                    (ULONG_PTR)irp, 0,
                    "irp %u is pending, but its event was set already when it was sent: a wait for "
                    "it would not wait",
                    serial);
    if (status == STATUS_PENDING && prefix && !call.completed && !call.forwarded)
        KI_TRACE(m, IRP_PEND, "", serial);
    KI_TRACE(m, IRP_RETURN, "", serial, (uint32_t)status);
    return status;
}

#define IO_CALL_EVENTS                                                                             \
    (WDMSIM_TRACE_BIT(WDMSIM_EVENT_IRP_CALL) | WDMSIM_TRACE_BIT(WDMSIM_EVENT_IRP_PEND) |           \
     WDMSIM_TRACE_BIT(WDMSIM_EVENT_IRP_RETURN))

static inline bool io_call_is_watched(const struct machine *m) {
    return m->flags & WDMSIM_CHECK_RULES || m->trace.mask & IO_CALL_EVENTS;
}

/* Whether IofCallDriver may go on with what it was given. */
static inline bool io_call_is_sound(const DEVICE_OBJECT *device, const IRP *irp) {
    return io_irp_type(irp) == IO_TYPE_IRP && device && io_device_kind(device) == IO_TYPE_DEVICE &&
           irp->CurrentLocation > 1;
}

static PDRIVER_DISPATCH io_dispatch_routine(const DEVICE_OBJECT *device, UCHAR major) {
    return major <= IRP_MJ_MAXIMUM_FUNCTION ? device->DriverObject->MajorFunction[major]
                                            : io_invalid_device_request;
}

/* The whole way, for whoever does not qualify for the short one. */
static __attribute__((noinline)) NTSTATUS io_call_slowly(PDEVICE_OBJECT device, PIRP irp,
                                                         void *caller) {
    struct machine *m = ki_self();
    if (!KI_GATE_IS_OPEN(IofCallDriver))
        ki_gate_slow(m, KI_ROUTINE_IofCallDriver, caller);
    if (!io_call_is_sound(device, irp))
        io_call_refused(m, device, irp, caller);
    if (m->flags & WDMSIM_CHECK_RULES)
        io_forward_check(m, device, irp, caller);
    irp->CurrentLocation--;
    PIO_STACK_LOCATION stack = --irp->Tail.Overlay.CurrentStackLocation;
    stack->DeviceObject = device;
    if (!(irp->AllocationFlags & IO_IRP_IN_FLIGHT))
        io_irp_sent(m, irp);
    PDRIVER_DISPATCH dispatch = io_dispatch_routine(device, stack->MajorFunction);
    if (m->flags & WDMSIM_CHECK_RULES)
        io_call_check(m, irp, stack, caller);
    if (io_call_is_watched(m))
        return io_call_watched(m, device, irp, stack, dispatch);
    return io_dispatch(m, device, irp, stack->MajorFunction, dispatch);
}

/* Nothing is special about the call: it is sound, not watched, and no power IRP. */
static inline bool io_call_is_plain(const struct machine *m, const DEVICE_OBJECT *device,
                                    const IRP *irp) {
    return KI_GATE_IS_OPEN(IofCallDriver) && !io_call_is_watched(m) &&
           io_call_is_sound(device, irp) &&
           (irp->Tail.Overlay.CurrentStackLocation - 1)->MajorFunction < IRP_MJ_POWER;
}

/*
 * The most frequent call in a stack of devices. For a plain one the compiler needs no frame and
 * ends in a jump to the dispatch routine.
 */
NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    struct machine *const m = ki_self();
    if (KI_UNLIKELY(!io_call_is_plain(m, DeviceObject, Irp)))
        return io_call_slowly(DeviceObject, Irp, IO_CALLER());
    Irp->CurrentLocation--;
    PIO_STACK_LOCATION stack = --Irp->Tail.Overlay.CurrentStackLocation;
    stack->DeviceObject = DeviceObject;
    if (KI_UNLIKELY(!(Irp->AllocationFlags & IO_IRP_IN_FLIGHT)))
        io_irp_sent(m, Irp);
    return DeviceObject->DriverObject->MajorFunction[stack->MajorFunction](DeviceObject, Irp);
}

/* ---- up ---- */

/* Whether all is as it should be when an IRP is completed; if not, the next one finds out what. */
static inline bool io_complete_is_sound(const IRP *irp) {
    return io_irp_type(irp) == IO_TYPE_IRP && irp->CurrentLocation <= irp->StackCount + 1 &&
           !(irp->AllocationFlags & IO_IRP_COMPLETED) && !irp->CancelRoutine &&
           irp->IoStatus.Status != STATUS_PENDING && irp->IoStatus.Status != -1;
}

static __attribute__((noinline)) void io_complete_check(struct machine *m, PIRP irp, void *caller) {
    const char *where;
    if (KI_UNLIKELY(io_irp_type(irp) != IO_TYPE_IRP || irp->CurrentLocation > irp->StackCount + 1 ||
                    irp->AllocationFlags & IO_IRP_COMPLETED)) {
        where = ki_address_name(m, caller);
        ki_bugcheck(m, MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 0, 0, 0,
                    "%s completed an IRP that was completed already", where);
    }
    if (KI_UNLIKELY(irp->CancelRoutine != NULL))
        ki_bugcheck(m, CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)irp, (ULONG_PTR)irp->CancelRoutine,
                    0, 0, "%s completed irp %u with the cancel routine %s still set",
                    ki_address_name(m, caller), io_irp_serial(irp),
                    ki_address_name(m, (void *)irp->CancelRoutine));
    if (KI_UNLIKELY(irp->IoStatus.Status == STATUS_PENDING || irp->IoStatus.Status == -1) &&
        m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x06,
                    (ULONG_PTR)(ULONG)irp->IoStatus.Status, (ULONG_PTR)irp, 0,
                    "%s completed irp %u with the status 0x%08x", ki_address_name(m, caller),
                    io_irp_serial(irp), (unsigned)irp->IoStatus.Status);
}

/* The records of calls whose location is passed now. */
static inline void io_calls_passed(struct io_irp *prefix, PIRP irp, PIO_STACK_LOCATION stack) {
    struct io_call *call = prefix->call;
    while (call && call->location <= irp->CurrentLocation) {
        call->completed = true;
        call->pended = (stack->Control & SL_PENDING_RETURNED) != 0;
        call->status = irp->IoStatus.Status;
        call = call->outer;
    }
    prefix->call = call;
}

static inline bool io_routine_wanted(const IRP *irp, UCHAR control) {
    return (NT_SUCCESS(irp->IoStatus.Status) ? control & SL_INVOKE_ON_SUCCESS
                                             : control & SL_INVOKE_ON_ERROR) ||
           (irp->Cancel && control & SL_INVOKE_ON_CANCEL);
}

/* Nothing of a passed location is to be relied on, as in NT; the device, the routine and its
 * context stay. */
static inline void io_clear_location(PIO_STACK_LOCATION stack) {
    stack->MinorFunction = 0;
    stack->Flags = 0;
    stack->Control = 0;
    memset(&stack->Parameters, 0, sizeof stack->Parameters);
    stack->FileObject = NULL;
}

static void io_routine_check(struct machine *m, PIO_COMPLETION_ROUTINE routine, PIRP irp, bool kept,
                             bool pending, KIRQL irql, uint32_t serial) {
    if (!(m->flags & WDMSIM_CHECK_RULES))
        return;
    if (KI_UNLIKELY(m->cpu->irql != irql))
        ki_bugcheck(
            m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xFA, (ULONG_PTR)routine, irql, m->cpu->irql,
            "irp %u: the completion routine %s was called at %s and returned at %s", serial,
            ki_address_name(m, (void *)routine), ki_irql_name(irql), ki_irql_name(m->cpu->irql));
    if (kept)
        return;
    if (KI_UNLIKELY(io_irp_type(irp) != IO_TYPE_IRP))
        ki_bugcheck(
            m, MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 0, 0, 0,
            "irp %u: the completion routine %s freed or completed it, but let its completion go on",
            serial, ki_address_name(m, (void *)routine));
    if (KI_UNLIKELY(pending && irp->CurrentLocation <= irp->StackCount &&
                    !(IoGetCurrentIrpStackLocation(irp)->Control & SL_PENDING_RETURNED)))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x228, (ULONG_PTR)routine,
                    (ULONG_PTR)irp, 0,
                    "irp %u: the completion routine %s did not mark it pending although "
                    "PendingReturned was set",
                    serial, ki_address_name(m, (void *)routine));
}

/* Calls the routine of a passed location. False: it kept the IRP, which may be gone. */
static bool io_routine_call(struct machine *m, PIRP irp, PIO_STACK_LOCATION stack) {
    PIO_COMPLETION_ROUTINE routine = stack->CompletionRoutine;
    PVOID context = stack->Context;
    PDEVICE_OBJECT device = NULL;
    bool pending = irp->PendingReturned;
    KIRQL irql = m->cpu->irql;
    uint32_t serial = io_irp_serial(irp);
    if (irp->CurrentLocation <= irp->StackCount)
        device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
    if (irp->CurrentLocation == io_own_location(irp) || irp->CurrentLocation > irp->StackCount)
        io_irp_returned(m, irp);
    io_clear_location(stack);
    NTSTATUS status = routine(device, irp, context);
    bool kept = status == STATUS_MORE_PROCESSING_REQUIRED;
    KI_TRACE(m, IRP_COMPLETION, ki_address_name(m, (void *)routine), serial, (uint32_t)status);
    io_routine_check(m, routine, irp, kept, pending, irql, serial);
    return !kept;
}

VOID IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost) {
    KI_GATE(IofCompleteRequest);
    if (KI_UNLIKELY(!io_complete_is_sound(Irp)))
        io_complete_check(m, Irp, IO_CALLER());
    KI_TRACE(m, IRP_COMPLETE, "", io_irp_serial(Irp), (uint32_t)Irp->IoStatus.Status,
             Irp->IoStatus.Information);
    while (Irp->CurrentLocation <= Irp->StackCount) {
        PIO_STACK_LOCATION stack = Irp->Tail.Overlay.CurrentStackLocation;
        UCHAR control = stack->Control;
        Irp->PendingReturned = control & SL_PENDING_RETURNED;
        if (Irp->AllocationFlags & IO_IRP_OURS && io_irp_prefix(Irp)->call)
            io_calls_passed(io_irp_prefix(Irp), Irp, stack);
        Irp->CurrentLocation++;
        Irp->Tail.Overlay.CurrentStackLocation = stack + 1;
        if (io_routine_wanted(Irp, control)) {
            if (!io_routine_call(m, Irp, stack))
                return;
        } else {
            if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount)
                IoMarkIrpPending(Irp);
            io_clear_location(stack);
        }
    }
    io_irp_finish(m, Irp, PriorityBoost);
}

/* ---- small relatives ---- */

/* How bad a status is: success, information, warning, error. */
static inline unsigned io_severity(NTSTATUS status) { return (ULONG)status >> 30; }

/* A status of mirrored disks: the data came from the other copy. */
#define IO_FT_READ_FROM_COPY ((NTSTATUS)0x40000035)

VOID IoSetMasterIrpStatus(PIRP MasterIrp, NTSTATUS Status) {
    KI_GATE(IoSetMasterIrpStatus);
    (void)m;
    if (Status == IO_FT_READ_FROM_COPY)
        return;
    if (Status == STATUS_VERIFY_REQUIRED ||
        (!NT_SUCCESS(Status) && io_severity(Status) > io_severity(MasterIrp->IoStatus.Status)))
        MasterIrp->IoStatus.Status = Status;
}

/* Facilities above this have no status in the system's own list; a customer status is always taken.
 */
#define IO_LAST_FACILITY 0xEB

BOOLEAN IoIsValidIrpStatus(NTSTATUS Status) {
    KI_GATE(IoIsValidIrpStatus);
    (void)m;
    if (Status & 0x20000000)
        return TRUE;
    return !(Status & 0x10000000) && ((ULONG)Status >> 16 & 0xFFF) <= IO_LAST_FACILITY;
}

static IO_COMPLETION_ROUTINE io_forwarded;
static NTSTATUS io_forwarded(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    (void)DeviceObject;
    if (Irp->PendingReturned)
        KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

BOOLEAN IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    KI_GATE(IoForwardIrpSynchronously);
    (void)m;
    KEVENT event;
    if (Irp->CurrentLocation <= 1)
        return FALSE;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, io_forwarded, &event, TRUE, TRUE, TRUE);
    if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    return TRUE;
}
