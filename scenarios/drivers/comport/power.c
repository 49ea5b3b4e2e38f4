/*
 * Power of comport: the port follows the system. It is on in S0 and off otherwise; what was set
 * stays, as the driver has it in memory, and reads go on waiting.
 */
#include "comport.h"

static IO_COMPLETION_ROUTINE ComportSystemDone, ComportD0Done;
static REQUEST_POWER_COMPLETE ComportDeviceDone;

static NTSTATUS ComportPass(PCOMPORT_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status;

    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(Extension->Lower, Irp);
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
    return status;
}

static NTSTATUS ComportWatch(PCOMPORT_EXTENSION Extension, PIRP Irp, PIO_COMPLETION_ROUTINE Done)
{
    IoMarkIrpPending(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, Done, NULL, TRUE, TRUE, TRUE);
    PoCallDriver(Extension->Lower, Irp);
    return STATUS_PENDING;
}

/* The system IRP that waits for the device IRP is the context. */
static VOID ComportDeviceDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                              PIO_STATUS_BLOCK IoStatus)
{
    PIRP irp = Context;
    PCOMPORT_EXTENSION extension = IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(State);
    if (Minor == IRP_MN_QUERY_POWER)
        irp->IoStatus.Status = IoStatus->Status;
    PoStartNextPowerIrp(irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&extension->RemoveLock, irp);
}

static NTSTATUS ComportSystemDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PCOMPORT_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    POWER_STATE state;

    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        state.DeviceState = stack->Parameters.Power.State.SystemState == PowerSystemWorking
                                ? PowerDeviceD0
                                : PowerDeviceD3;
        if (PoRequestPowerIrp(extension->Pdo, stack->MinorFunction, state, ComportDeviceDone, Irp,
                              NULL) == STATUS_PENDING)
            return STATUS_MORE_PROCESSING_REQUIRED;
    }
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static VOID ComportReached(PCOMPORT_EXTENSION Extension, POWER_STATE State)
{
    PoSetPowerState(Extension->Self, DevicePowerState, State);
    Extension->DeviceState = State.DeviceState;
}

static NTSTATUS ComportD0Done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PCOMPORT_EXTENSION extension = DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(Irp->IoStatus.Status))
        ComportReached(extension, IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State);
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS ComportPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOMPORT_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status)) {
        PoStartNextPowerIrp(Irp);
        return ComportComplete(Irp, status, 0);
    }
    if (stack->MinorFunction != IRP_MN_SET_POWER && stack->MinorFunction != IRP_MN_QUERY_POWER)
        return ComportPass(extension, Irp);
    if (stack->Parameters.Power.Type == SystemPowerState)
        return ComportWatch(extension, Irp, ComportSystemDone);
    if (stack->MinorFunction == IRP_MN_SET_POWER) {
        if (stack->Parameters.Power.State.DeviceState == PowerDeviceD0)
            return ComportWatch(extension, Irp, ComportD0Done);
        ComportReached(extension, stack->Parameters.Power.State);
    }
    return ComportPass(extension, Irp);
}
