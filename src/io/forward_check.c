/*
 * What is wrong with an IRP at the moment a driver sends it on: Driver Verifier's rules about stack
 * locations, levels and statuses (debugger/bug-check-0xc9--driver-verifier-iomanager-violation).
 *
 * Only what can be told for certain is reported. Who calls is not known; but a location that was
 * copied as a whole names the same device as the one it was copied from, with what belongs to the
 * driver above in it, and a location that is used again by IoSkipCurrentIrpStackLocation names the
 * device that skips.
 */
#include "io/io.h"

static _Noreturn void io_forward_wrong(struct machine *m, ULONG code, PIRP irp, const void *caller,
                                       const char *what) {
    ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, code, (ULONG_PTR)caller, (ULONG_PTR)irp, 0,
                "%s sent irp %u %s", ki_address_name(m, caller), io_irp_serial(irp), what);
}

/* The table of levels is kernel/dispatch-routines-and-irqls; where paging may come in, only levels
 * that no path allows are refused. */
static bool io_level_fits(UCHAR major, KIRQL irql) {
    switch (major) {
    case IRP_MJ_PNP:
        return irql == PASSIVE_LEVEL;
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
    case IRP_MJ_SHUTDOWN:
    case IRP_MJ_SYSTEM_CONTROL:
        return irql <= APC_LEVEL;
    default:
        return true;
    }
}

/* Somebody else's IRP must not go down with a failure: it is to be completed. */
static void io_check_failed(struct machine *m, PIRP irp, UCHAR major, const void *caller) {
    NTSTATUS status = irp->IoStatus.Status;
    if (KI_LIKELY(NT_SUCCESS(status) || status == STATUS_NOT_SUPPORTED))
        return;
    if (major == IRP_MJ_PNP)
        io_forward_wrong(m, 0x215, irp, caller, "on, a PnP request that has failed already");
    if (major == IRP_MJ_POWER)
        io_forward_wrong(m, 0x219, irp, caller, "on, a power request that has failed already");
}

/* The driver above is another one, so its completion routine is none of the sender's. */
static bool io_above_is_other(const IRP *irp, PIO_STACK_LOCATION current) {
    if (irp->CurrentLocation == irp->StackCount)
        return true; /* who made it */
    return !current[1].DeviceObject || !current->DeviceObject ||
           current[1].DeviceObject->DriverObject != current->DeviceObject->DriverObject;
}

static void io_check_copy(struct machine *m, PIRP irp, PIO_STACK_LOCATION current,
                          PIO_STACK_LOCATION next, const void *caller) {
    const UCHAR invoke = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
    if (next->Control & invoke && next->Control == current->Control && next->CompletionRoutine &&
        next->CompletionRoutine == current->CompletionRoutine &&
        next->Context == current->Context && io_above_is_other(irp, current))
        io_forward_wrong(m, 0x207, irp, caller,
                         "on with a copy of the completion routine of the driver above");
    if (next->Control & SL_PENDING_RETURNED)
        io_forward_wrong(m, 0x206, irp, caller,
                         "on with a copy of its own stack location, marked pending");
}

/*
 * The sender is a device of the target's stack, but not the next one above it. Devices are compared
 * only: one that a location was left with may be long gone. So that such a one is not taken for the
 * sender, it has to be the device of the present location, or below that.
 */
static bool io_skips_device(const DEVICE_OBJECT *target, const DEVICE_OBJECT *sender,
                            const DEVICE_OBJECT *present) {
    const DEVICE_OBJECT *at = target->AttachedDevice;
    if (KI_LIKELY(!at || at == sender))
        return false;
    while (at && at != sender)
        at = at->AttachedDevice;
    while (at && present && at != present)
        at = at->AttachedDevice;
    return at != NULL;
}

void io_forward_check(struct machine *m, PDEVICE_OBJECT device, PIRP irp, const void *caller) {
    PIO_STACK_LOCATION next = irp->Tail.Overlay.CurrentStackLocation - 1;
    UCHAR major = next->MajorFunction;
    if (KI_UNLIKELY(!io_level_fits(major, m->cpu->irql)))
        io_forward_wrong(m, 0x23A, irp, caller, "at a level that its major function rules out");
    if (!(irp->AllocationFlags & IO_IRP_IN_FLIGHT))
        return; /* its maker sends it */
    io_check_failed(m, irp, major, caller);
    PIO_STACK_LOCATION current = irp->CurrentLocation <= irp->StackCount ? next + 1 : NULL;
    if (current && next->DeviceObject && next->DeviceObject == current->DeviceObject)
        io_check_copy(m, irp, current, next, caller);
    if (KI_UNLIKELY(
            io_skips_device(device, next->DeviceObject, current ? current->DeviceObject : NULL)))
        io_forward_wrong(m, 0x211, irp, caller, "past a device that is attached between");
}
