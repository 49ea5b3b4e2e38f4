/*
 * Power of chainbus: the bus follows the system (it is its own policy owner), a child's PDO obeys,
 * and holds the wait/wake IRP that its function driver sends.
 */
#include "chainbus.h"

static IO_COMPLETION_ROUTINE BusSystemDone;
static REQUEST_POWER_COMPLETE BusDeviceDone;
static DRIVER_CANCEL LinkCancelWaitWake;

/* ---- the bus ---- */

static VOID BusDeviceDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                          PIO_STATUS_BLOCK IoStatus)
{
    PIRP irp = Context;
    PBUS_EXTENSION bus = IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    UNREFERENCED_PARAMETER(IoStatus);
    PoStartNextPowerIrp(irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&bus->RemoveLock, irp);
}

static NTSTATUS BusSystemDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PBUS_EXTENSION bus = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    POWER_STATE state;

    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        state.DeviceState = stack->Parameters.Power.State.SystemState == PowerSystemWorking
                                ? PowerDeviceD0
                                : PowerDeviceD3;
        if (PoRequestPowerIrp(bus->Pdo, stack->MinorFunction, state, BusDeviceDone, Irp, NULL) ==
            STATUS_PENDING)
            return STATUS_MORE_PROCESSING_REQUIRED;
    }
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(&bus->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS BusPower(PBUS_EXTENSION Bus, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = IoAcquireRemoveLock(&Bus->RemoveLock, Irp);
    BOOLEAN state =
        stack->MinorFunction == IRP_MN_SET_POWER || stack->MinorFunction == IRP_MN_QUERY_POWER;

    PoStartNextPowerIrp(Irp);
    if (!NT_SUCCESS(status))
        return ChainComplete(Irp, status, 0);
    if (state && stack->Parameters.Power.Type == SystemPowerState) {
        IoMarkIrpPending(Irp);
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, BusSystemDone, NULL, TRUE, TRUE, TRUE);
        PoCallDriver(Bus->Lower, Irp);
        return STATUS_PENDING;
    }
    if (stack->MinorFunction == IRP_MN_SET_POWER) {
        Bus->DeviceState = stack->Parameters.Power.State.DeviceState;
        PoSetPowerState(Bus->Common.Self, DevicePowerState, stack->Parameters.Power.State);
    }
    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(Bus->Lower, Irp);
    IoReleaseRemoveLock(&Bus->RemoveLock, Irp);
    return status;
}

/* ---- a child ---- */

static VOID LinkCancelWaitWake(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PLINK_EXTENSION link = DeviceObject->DeviceExtension;

    link->WaitWakeIrp = NULL;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    PoStartNextPowerIrp(Irp);
    ChainComplete(Irp, STATUS_CANCELLED, 0);
}

VOID LinkEndWaitWake(PLINK_EXTENSION Link, NTSTATUS Status)
{
    PIRP irp;
    KIRQL irql;

    IoAcquireCancelSpinLock(&irql);
    irp = Link->WaitWakeIrp;
    Link->WaitWakeIrp = NULL;
    if (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL)
        irp = NULL; /* its cancel routine runs, and completes it */
    IoReleaseCancelSpinLock(irql);
    if (irp == NULL)
        return;
    PoStartNextPowerIrp(irp);
    ChainComplete(irp, Status, 0);
}

static NTSTATUS LinkWaitWake(PLINK_EXTENSION Link, PIRP Irp)
{
    SYSTEM_POWER_STATE state = IoGetCurrentIrpStackLocation(Irp)->Parameters.WaitWake.PowerState;
    NTSTATUS status = STATUS_PENDING;
    KIRQL irql;

    IoAcquireCancelSpinLock(&irql);
    if (state > PowerSystemSleeping3)
        status = STATUS_INVALID_DEVICE_STATE;
    else if (Link->WaitWakeIrp != NULL)
        status = STATUS_DEVICE_BUSY;
    else if (Irp->Cancel)
        status = STATUS_CANCELLED;
    if (status == STATUS_PENDING) {
        IoMarkIrpPending(Irp);
        Link->WaitWakeIrp = Irp;
        IoSetCancelRoutine(Irp, LinkCancelWaitWake);
    }
    IoReleaseCancelSpinLock(irql);
    if (status != STATUS_PENDING) {
        PoStartNextPowerIrp(Irp);
        ChainComplete(Irp, status, 0);
    }
    return status;
}

NTSTATUS LinkPower(PLINK_EXTENSION Link, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);

    switch (stack->MinorFunction) {
    case IRP_MN_WAIT_WAKE:
        return LinkWaitWake(Link, Irp);
    case IRP_MN_SET_POWER:
        if (stack->Parameters.Power.Type == DevicePowerState) {
            Link->DeviceState = stack->Parameters.Power.State.DeviceState;
            PoSetPowerState(Link->Common.Self, DevicePowerState, stack->Parameters.Power.State);
        }
        break;
    case IRP_MN_QUERY_POWER:
        break;
    default:
        PoStartNextPowerIrp(Irp);
        return ChainComplete(Irp, Irp->IoStatus.Status, Irp->IoStatus.Information);
    }
    PoStartNextPowerIrp(Irp);
    return ChainComplete(Irp, STATUS_SUCCESS, 0);
}
