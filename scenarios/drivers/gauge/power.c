/*
 * Power of gauge: the device's power policy.
 *
 * A system IRP is passed down first; when it comes back up the device IRP for it is requested, and
 * the system IRP goes on when that is done (to sleep) or at once (to S0, where resuming is not to wait
 * for the device). A device IRP to D3 lets the measurement end and is passed down; one to D0 is passed
 * down and, on its way up, waits for the hardware.
 */
#include "gauge.h"

static IO_COMPLETION_ROUTINE GaugeSystemDone, GaugeD0Done, GaugeWaitWakeUp;
static REQUEST_POWER_COMPLETE GaugeDeviceDone, GaugeResumed, GaugeWokenForReads, GaugeWaitWakeDone;
static KDEFERRED_ROUTINE GaugeHardwareUp;

VOID GaugePowerInitialize(PGAUGE_EXTENSION Extension)
{
    Extension->SystemState = PowerSystemWorking;
    Extension->DeviceState = PowerDeviceD0;
    KeInitializeTimer(&Extension->PowerTimer);
    KeInitializeDpc(&Extension->PowerDpc, GaugeHardwareUp, Extension);
}

static NTSTATUS GaugePassPower(PGAUGE_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status;

    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(Extension->Lower, Irp);
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
    return status;
}

/* ---- system IRPs ---- */

static DEVICE_POWER_STATE GaugeStateFor(PGAUGE_EXTENSION Extension, SYSTEM_POWER_STATE System)
{
    DEVICE_POWER_STATE state;

    if (System == PowerSystemWorking)
        return PowerDeviceD0;
    if (System > PowerSystemHibernate)
        return PowerDeviceD3;
    state = Extension->Capabilities.DeviceState[System];
    if (state < PowerDeviceD1)
        state = PowerDeviceD3;
    /* Armed, it must not sink deeper than it can give a signal from. */
    if (Extension->WaitWakeArmed && Extension->Capabilities.DeviceWake >= state)
        return Extension->Capabilities.DeviceWake;
    return PowerDeviceD3;
}

/* The system IRP that waits for the device IRP is the context. */
static VOID GaugeDeviceDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                            PIO_STATUS_BLOCK IoStatus)
{
    PIRP irp = Context;
    PGAUGE_EXTENSION extension = IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(State);
    if (Minor == IRP_MN_QUERY_POWER)
        irp->IoStatus.Status = IoStatus->Status;
    PoStartNextPowerIrp(irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&extension->RemoveLock, irp);
}

/* Nothing waits for the device to be back but its removal. */
static VOID GaugeResumed(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                         PIO_STATUS_BLOCK IoStatus)
{
    PGAUGE_EXTENSION extension = Context;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    UNREFERENCED_PARAMETER(IoStatus);
    IoReleaseRemoveLock(&extension->RemoveLock, &extension->SystemState);
}

/* Requests the device IRP that belongs to a system IRP to S0; the system IRP holds a remove lock. */
static NTSTATUS GaugeResume(PGAUGE_EXTENSION Extension, UCHAR Minor, POWER_STATE State)
{
    NTSTATUS status = IoAcquireRemoveLock(&Extension->RemoveLock, &Extension->SystemState);

    if (!NT_SUCCESS(status))
        return status;
    status = PoRequestPowerIrp(Extension->Pdo, Minor, State, GaugeResumed, Extension, NULL);
    if (status != STATUS_PENDING)
        IoReleaseRemoveLock(&Extension->RemoveLock, &Extension->SystemState);
    return status;
}

static NTSTATUS GaugeSystemDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PGAUGE_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    SYSTEM_POWER_STATE system = stack->Parameters.Power.State.SystemState;
    BOOLEAN wait = system != PowerSystemWorking;
    POWER_STATE state;
    NTSTATUS status = Irp->IoStatus.Status;

    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(status)) {
        if (stack->MinorFunction == IRP_MN_SET_POWER)
            extension->SystemState = system;
        state.DeviceState = GaugeStateFor(extension, system);
        status = wait ? PoRequestPowerIrp(extension->Pdo, stack->MinorFunction, state,
                                          GaugeDeviceDone, Irp, NULL)
                      : GaugeResume(extension, stack->MinorFunction, state);
        if (wait && status == STATUS_PENDING)
            return STATUS_MORE_PROCESSING_REQUIRED;
        if (!NT_SUCCESS(status))
            Irp->IoStatus.Status = status;
    }
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS GaugeSystemPower(PGAUGE_EXTENSION Extension, PIRP Irp)
{
    IoMarkIrpPending(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, GaugeSystemDone, NULL, TRUE, TRUE, TRUE);
    PoCallDriver(Extension->Lower, Irp);
    return STATUS_PENDING;
}

/* ---- device IRPs ---- */

static VOID GaugeInD0(PGAUGE_EXTENSION Extension)
{
    POWER_STATE state;

    state.DeviceState = PowerDeviceD0;
    PoSetPowerState(Extension->Self, DevicePowerState, state);
    Extension->DeviceState = PowerDeviceD0;
    GaugeSetReady(Extension, Extension->State == GaugeStarted);
}

static VOID GaugeHardwareUp(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PGAUGE_EXTENSION extension = Context;
    PIRP irp = InterlockedExchangePointer((PVOID *)&extension->PowerUpIrp, NULL);

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (irp == NULL)
        return;
    GaugeInD0(extension);
    PoStartNextPowerIrp(irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&extension->RemoveLock, irp);
}

static NTSTATUS GaugeD0Done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PGAUGE_EXTENSION extension = DeviceObject->DeviceExtension;
    LARGE_INTEGER due;

    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(Irp->IoStatus.Status) && extension->PowerUpMs != 0 &&
        extension->DeviceState != PowerDeviceD0) {
        due.QuadPart = -10000LL * extension->PowerUpMs;
        InterlockedExchangePointer((PVOID *)&extension->PowerUpIrp, Irp);
        KeSetTimer(&extension->PowerTimer, due, &extension->PowerDpc);
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    if (NT_SUCCESS(Irp->IoStatus.Status))
        GaugeInD0(extension);
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS GaugeDevicePower(PGAUGE_EXTENSION Extension, PIRP Irp)
{
    POWER_STATE state = IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State;

    if (state.DeviceState == PowerDeviceD0) {
        IoMarkIrpPending(Irp);
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, GaugeD0Done, NULL, TRUE, TRUE, TRUE);
        PoCallDriver(Extension->Lower, Irp);
        return STATUS_PENDING;
    }
    GaugeSetReady(Extension, FALSE);
    PoSetPowerState(Extension->Self, DevicePowerState, state);
    Extension->DeviceState = state.DeviceState;
    return GaugePassPower(Extension, Irp);
}

/* It comes to its end, unless somebody is canceling it just now. */
static NTSTATUS GaugeWaitWakeUp(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PGAUGE_EXTENSION extension = DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Context);
    PoStartNextPowerIrp(Irp);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    if (InterlockedExchange(&extension->WaitWakeState, GaugeWaitWakeOver) == GaugeWaitWakeCanceling)
        return STATUS_MORE_PROCESSING_REQUIRED;
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS GaugeWaitWake(PGAUGE_EXTENSION Extension, PIRP Irp)
{
    IoMarkIrpPending(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, GaugeWaitWakeUp, NULL, TRUE, TRUE, TRUE);
    Extension->WaitWakeIrp = Irp;
    InterlockedExchange(&Extension->WaitWakeState, GaugeWaitWakePending);
    PoCallDriver(Extension->Lower, Irp);
    /* Who disarms the device because it goes sets the state first, but came too early for this IRP. */
    if (Extension->State != GaugeStarted)
        GaugeDisarm(Extension);
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
    return STATUS_PENDING;
}

NTSTATUS GaugePower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PGAUGE_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status)) {
        PoStartNextPowerIrp(Irp);
        return GaugeComplete(Irp, status, 0);
    }
    if (stack->MinorFunction == IRP_MN_WAIT_WAKE)
        return GaugeWaitWake(extension, Irp);
    if (stack->MinorFunction != IRP_MN_SET_POWER && stack->MinorFunction != IRP_MN_QUERY_POWER)
        return GaugePassPower(extension, Irp);
    if (stack->Parameters.Power.Type == SystemPowerState)
        return GaugeSystemPower(extension, Irp);
    if (stack->MinorFunction == IRP_MN_SET_POWER)
        return GaugeDevicePower(extension, Irp);
    return GaugePassPower(extension, Irp);
}

/* ---- sleeping by itself ---- */

VOID GaugePowerStarted(PGAUGE_EXTENSION Extension)
{
    Extension->DeviceState = PowerDeviceD0;
    if (Extension->IdleSeconds != 0)
        Extension->IdleCounter = PoRegisterDeviceForIdleDetection(
            Extension->Pdo, Extension->IdleSeconds, Extension->IdleSeconds, PowerDeviceD3);
    if (Extension->Wake != 0)
        GaugeArm(Extension);
}

VOID GaugePowerStopped(PGAUGE_EXTENSION Extension)
{
    if (Extension->IdleCounter != NULL) {
        Extension->IdleCounter = NULL;
        PoRegisterDeviceForIdleDetection(Extension->Pdo, 0, 0, PowerDeviceUnspecified);
    }
}

static VOID GaugeWokenForReads(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                               PIO_STATUS_BLOCK IoStatus)
{
    PGAUGE_EXTENSION extension = Context;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    UNREFERENCED_PARAMETER(IoStatus);
    InterlockedExchange(&extension->WakingUp, 0);
    IoReleaseRemoveLock(&extension->RemoveLock, &extension->WakingUp);
}

/* Reads wait: the device comes to D0 for them, unless the system sleeps, which it will wake from. */
VOID GaugeWakeUp(PGAUGE_EXTENSION Extension)
{
    POWER_STATE state;

    if (Extension->DeviceState == PowerDeviceD0 || Extension->SystemState != PowerSystemWorking ||
        Extension->State != GaugeStarted || InterlockedExchange(&Extension->WakingUp, 1) != 0)
        return;
    if (!NT_SUCCESS(IoAcquireRemoveLock(&Extension->RemoveLock, &Extension->WakingUp))) {
        InterlockedExchange(&Extension->WakingUp, 0);
        return;
    }
    state.DeviceState = PowerDeviceD0;
    if (PoRequestPowerIrp(Extension->Pdo, IRP_MN_SET_POWER, state, GaugeWokenForReads, Extension,
                          NULL) != STATUS_PENDING) {
        InterlockedExchange(&Extension->WakingUp, 0);
        IoReleaseRemoveLock(&Extension->RemoveLock, &Extension->WakingUp);
    }
}

/* ---- waking the system ---- */

static VOID GaugeWaitWakeDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                              PIO_STATUS_BLOCK IoStatus)
{
    PGAUGE_EXTENSION extension = Context;
    BOOLEAN again = NT_SUCCESS(IoStatus->Status) && extension->State == GaugeStarted;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    InterlockedExchange(&extension->WaitWakeArmed, 0);
    GaugeWakeUp(extension);
    if (again)
        GaugeArm(extension);
    IoReleaseRemoveLock(&extension->RemoveLock, &extension->WaitWakeArmed);
}

NTSTATUS GaugeArm(PGAUGE_EXTENSION Extension)
{
    POWER_STATE state;
    NTSTATUS status;

    if (Extension->Capabilities.SystemWake == PowerSystemUnspecified)
        return STATUS_NOT_SUPPORTED;
    if (InterlockedExchange(&Extension->WaitWakeArmed, 1) != 0)
        return STATUS_DEVICE_BUSY;
    status = IoAcquireRemoveLock(&Extension->RemoveLock, &Extension->WaitWakeArmed);
    if (!NT_SUCCESS(status)) {
        InterlockedExchange(&Extension->WaitWakeArmed, 0);
        return status;
    }
    state.SystemState = Extension->Capabilities.SystemWake;
    status = PoRequestPowerIrp(Extension->Pdo, IRP_MN_WAIT_WAKE, state, GaugeWaitWakeDone, Extension,
                               NULL);
    if (status == STATUS_PENDING)
        return STATUS_SUCCESS;
    InterlockedExchange(&Extension->WaitWakeArmed, 0);
    IoReleaseRemoveLock(&Extension->RemoveLock, &Extension->WaitWakeArmed);
    return status;
}

VOID GaugeDisarm(PGAUGE_EXTENSION Extension)
{
    if (InterlockedCompareExchange(&Extension->WaitWakeState, GaugeWaitWakeCanceling,
                                   GaugeWaitWakePending) != GaugeWaitWakePending)
        return;
    IoCancelIrp(Extension->WaitWakeIrp);
    if (InterlockedCompareExchange(&Extension->WaitWakeState, GaugeWaitWakePending,
                                   GaugeWaitWakeCanceling) == GaugeWaitWakeOver)
        IoCompleteRequest(Extension->WaitWakeIrp, IO_NO_INCREMENT);
}
