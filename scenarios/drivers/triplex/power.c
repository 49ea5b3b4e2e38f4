/*
 * Power of triplex: the registration with the power framework, its callbacks, and power IRPs.
 *
 * The framework says when the device need not be in D0 and when it must; the driver turns that into
 * D-IRPs. When the system sleeps the driver, which owns the device's power policy, does the same on
 * its own account, and reports when the device is on again.
 */
#include "triplex.h"

static PO_FX_COMPONENT_ACTIVE_CONDITION_CALLBACK TriplexActive;
static PO_FX_COMPONENT_IDLE_CONDITION_CALLBACK TriplexIdle;
static PO_FX_COMPONENT_IDLE_STATE_CALLBACK TriplexIdleState;
static PO_FX_DEVICE_POWER_REQUIRED_CALLBACK TriplexPowerRequired;
static PO_FX_DEVICE_POWER_NOT_REQUIRED_CALLBACK TriplexPowerNotRequired;
static PO_FX_DIRECTED_POWER_DOWN_CALLBACK TriplexDirectedDown;
static PO_FX_DIRECTED_POWER_UP_CALLBACK TriplexDirectedUp;
static PO_FX_COMPONENT_PERF_STATE_CALLBACK TriplexSpeedChanged;
static REQUEST_POWER_COMPLETE TriplexPoweredOn, TriplexDirectedDone, TriplexDeviceDone;
static IO_COMPLETION_ROUTINE TriplexSystemDone, TriplexD0Done;

#define MICROSECONDS(n) ((n) * 10ull)
#define MILLISECONDS(n) MICROSECONDS((n) * 1000ull)

/* Transition latency, residency requirement, nominal power in microwatts. */
static PO_FX_COMPONENT_IDLE_STATE CoreStates[] = {
    {0, 0, 80000},
    {MICROSECONDS(50), MILLISECONDS(1), 4000},
};
static PO_FX_COMPONENT_IDLE_STATE RadioStates[] = {
    {0, 0, 250000},
    {MICROSECONDS(20), MICROSECONDS(200), 60000},
    {MICROSECONDS(500), MILLISECONDS(4), 9000},
    {MILLISECONDS(8), MILLISECONDS(100), 300},
};
static PO_FX_COMPONENT_IDLE_STATE EngineStates[] = {
    {0, 0, 600000},
    {MICROSECONDS(100), MILLISECONDS(1), 90000},
    {MILLISECONDS(2), MILLISECONDS(20), 1000},
};
static ULONG EngineProviders[] = {0}; /* the core */

static PO_FX_PERF_STATE EngineSpeeds[] = {{200000000, NULL}, {400000000, NULL}, {800000000, NULL}};

/* ---- callbacks ---- */

static VOID TriplexActive(PVOID Context, ULONG Component)
{
    PTRIPLEX_EXTENSION extension = Context;

    extension->Components[Component].Active = TRUE;
    TriplexStartNext(&extension->Components[Component]);
}

static VOID TriplexIdle(PVOID Context, ULONG Component)
{
    PTRIPLEX_EXTENSION extension = Context;

    extension->Components[Component].Active = FALSE;
    PoFxCompleteIdleCondition(extension->Fx, Component);
}

static VOID TriplexIdleState(PVOID Context, ULONG Component, ULONG State)
{
    PTRIPLEX_EXTENSION extension = Context;

    extension->Components[Component].State = State;
    PoFxCompleteIdleState(extension->Fx, Component);
}

/* The framework has to hear of it, or it waits for ever; unless the device is going. */
static VOID TriplexReportPoweredOn(PTRIPLEX_EXTENSION Extension)
{
    if (!ExAcquireRundownProtection(&Extension->FxUsers))
        return;
    if (Extension->Fx != NULL)
        PoFxReportDevicePoweredOn(Extension->Fx);
    ExReleaseRundownProtection(&Extension->FxUsers);
}

/* The D0 IRP has ended, with success or not. */
static VOID TriplexPoweredOn(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                             PIO_STATUS_BLOCK IoStatus)
{
    PTRIPLEX_EXTENSION extension = Context;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    UNREFERENCED_PARAMETER(IoStatus);
    TriplexReportPoweredOn(extension);
    IoReleaseRemoveLock(&extension->RemoveLock, &extension->DeviceState);
}

/* The device stays until `Done`, if there is one, has been called. */
static VOID TriplexRequestState(PTRIPLEX_EXTENSION Extension, DEVICE_POWER_STATE State,
                                PREQUEST_POWER_COMPLETE Done)
{
    IO_STATUS_BLOCK io = {0};
    POWER_STATE state;
    NTSTATUS status = STATUS_SUCCESS;

    state.DeviceState = State;
    if (Done != NULL)
        status = IoAcquireRemoveLock(&Extension->RemoveLock, &Extension->DeviceState);
    if (!NT_SUCCESS(status))
        return; /* it is being removed: nobody waits for power any more */
    status = PoRequestPowerIrp(Extension->Pdo, IRP_MN_SET_POWER, state, Done, Extension, NULL);
    if (status != STATUS_PENDING && Done != NULL) {
        io.Status = status;
        Done(Extension->Pdo, IRP_MN_SET_POWER, state, Extension, &io);
    }
}

static VOID TriplexPowerRequired(PVOID Context)
{
    TriplexRequestState(Context, PowerDeviceD0, TriplexPoweredOn);
}

static VOID TriplexPowerNotRequired(PVOID Context)
{
    PTRIPLEX_EXTENSION extension = Context;

    if (extension->SystemState == PowerSystemWorking)
        TriplexRequestState(extension, PowerDeviceD3, NULL);
    PoFxCompleteDevicePowerNotRequired(extension->Fx);
}

static VOID TriplexDirectedDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                                PIO_STATUS_BLOCK IoStatus)
{
    PTRIPLEX_EXTENSION extension = Context;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    UNREFERENCED_PARAMETER(IoStatus);
    if (ExAcquireRundownProtection(&extension->FxUsers)) {
        PoFxCompleteDirectedPowerDown(extension->Fx);
        ExReleaseRundownProtection(&extension->FxUsers);
    }
    IoReleaseRemoveLock(&extension->RemoveLock, &extension->DeviceState);
}

static VOID TriplexDirectedDown(PVOID Context, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    TriplexRequestState(Context, PowerDeviceD3, TriplexDirectedDone);
}

static VOID TriplexDirectedUp(PVOID Context, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    TriplexRequestState(Context, PowerDeviceD0, TriplexPoweredOn);
}

static VOID TriplexSpeedChanged(PVOID Context, ULONG Component, BOOLEAN Succeeded,
                                PVOID RequestContext)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(RequestContext);
    DbgPrint("triplex: the speed of component %u %s\n", Component,
             Succeeded ? "has changed" : "stays");
}

/* ---- registration ---- */

static VOID TriplexDescribe(PPO_FX_COMPONENT Component, PPO_FX_COMPONENT_IDLE_STATE States,
                            ULONG Count, ULONG DeepestWakeable)
{
    Component->IdleStates = States;
    Component->IdleStateCount = Count;
    Component->DeepestWakeableIdleState = DeepestWakeable;
}

/* Without a plug-in that knows the platform's clocks there are no speeds to choose from. */
static VOID TriplexRegisterSpeeds(PTRIPLEX_EXTENSION Extension)
{
    PO_FX_COMPONENT_PERF_INFO info;
    PPO_FX_COMPONENT_PERF_SET set = &info.PerfStateSets[0];

    RtlZeroMemory(&info, sizeof info);
    info.PerfStateSetsCount = 1;
    RtlInitUnicodeString(&set->Name, L"Speed");
    set->Unit = PoFxPerfStateUnitFrequency;
    set->Type = PoFxPerfStateTypeDiscrete;
    set->Discrete.Count = RTL_NUMBER_OF(EngineSpeeds);
    set->Discrete.States = EngineSpeeds;
    Extension->HasSpeeds = NT_SUCCESS(PoFxRegisterComponentPerfStates(
        Extension->Fx, TRIPLEX_ENGINE, PO_FX_FLAG_PERF_PEP_OPTIONAL, TriplexSpeedChanged, &info,
        NULL));
}

NTSTATUS TriplexRegister(PTRIPLEX_EXTENSION Extension)
{
    SIZE_T size = FIELD_OFFSET(PO_FX_DEVICE, Components) + TRIPLEX_COMPONENTS * sizeof(PO_FX_COMPONENT);
    PPO_FX_DEVICE device;
    NTSTATUS status;

    if (Extension->Fx != NULL)
        return STATUS_SUCCESS; /* started again after a rebalance */
    device = ExAllocatePool2(POOL_FLAG_PAGED, size, TRIPLEX_TAG);
    if (device == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    device->Version = PO_FX_VERSION_V3;
    device->ComponentActiveConditionCallback = TriplexActive;
    device->ComponentIdleConditionCallback = TriplexIdle;
    device->ComponentIdleStateCallback = TriplexIdleState;
    device->DevicePowerRequiredCallback = TriplexPowerRequired;
    device->DevicePowerNotRequiredCallback = TriplexPowerNotRequired;
    device->DirectedPowerDownCallback = TriplexDirectedDown;
    device->DirectedPowerUpCallback = TriplexDirectedUp;
    device->DeviceContext = Extension;
    device->ComponentCount = TRIPLEX_COMPONENTS;
    TriplexDescribe(&device->Components[0], CoreStates, RTL_NUMBER_OF(CoreStates), 0);
    TriplexDescribe(&device->Components[1], RadioStates, RTL_NUMBER_OF(RadioStates), 1);
    TriplexDescribe(&device->Components[2], EngineStates, RTL_NUMBER_OF(EngineStates), 0);
    device->Components[2].ProviderCount = RTL_NUMBER_OF(EngineProviders);
    device->Components[2].Providers = EngineProviders;
    status = PoFxRegisterDevice(Extension->Pdo, device, &Extension->Fx);
    ExFreePoolWithTag(device, TRIPLEX_TAG);
    if (!NT_SUCCESS(status)) {
        Extension->Fx = NULL;
        return status;
    }
    TriplexRegisterSpeeds(Extension);
    PoFxStartDevicePowerManagement(Extension->Fx);
    return STATUS_SUCCESS;
}

VOID TriplexUnregister(PTRIPLEX_EXTENSION Extension)
{
    TriplexFailWork(Extension);
    if (Extension->Fx == NULL)
        return;
    ExWaitForRundownProtectionRelease(&Extension->FxUsers);
    /* Callbacks that run may use the handle until this returns. */
    PoFxUnregisterDevice(Extension->Fx);
    Extension->Fx = NULL;
}

/* ---- power IRPs ---- */

static NTSTATUS TriplexPassPower(PTRIPLEX_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status;

    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(Extension->Lower, Irp);
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
    return status;
}

/* The system IRP, the context, ends when the device IRP for it has; D0 is reported. */
static VOID TriplexDeviceDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                              PIO_STATUS_BLOCK IoStatus)
{
    PIRP irp = Context;
    PTRIPLEX_EXTENSION extension =
        IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Device);
    if (Minor == IRP_MN_QUERY_POWER)
        irp->IoStatus.Status = IoStatus->Status;
    else if (State.DeviceState == PowerDeviceD0)
        TriplexReportPoweredOn(extension);
    PoStartNextPowerIrp(irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&extension->RemoveLock, irp);
}

static NTSTATUS TriplexSystemDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PTRIPLEX_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    SYSTEM_POWER_STATE system = stack->Parameters.Power.State.SystemState;
    POWER_STATE state;

    NTSTATUS status;

    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        if (stack->MinorFunction == IRP_MN_SET_POWER)
            extension->SystemState = system;
        state.DeviceState = system == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
        status = PoRequestPowerIrp(extension->Pdo, stack->MinorFunction, state, TriplexDeviceDone,
                                   Irp, NULL);
        if (status == STATUS_PENDING)
            return STATUS_MORE_PROCESSING_REQUIRED;
        if (stack->MinorFunction == IRP_MN_QUERY_POWER)
            Irp->IoStatus.Status = status;
        else if (state.DeviceState == PowerDeviceD0)
            TriplexReportPoweredOn(extension);
    }
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS TriplexD0Done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PTRIPLEX_EXTENSION extension = DeviceObject->DeviceExtension;
    POWER_STATE state;

    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        state.DeviceState = PowerDeviceD0;
        extension->DeviceState = PowerDeviceD0;
        PoSetPowerState(DeviceObject, DevicePowerState, state);
    }
    PoStartNextPowerIrp(Irp);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS TriplexPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTRIPLEX_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    POWER_STATE state = stack->Parameters.Power.State;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status)) {
        PoStartNextPowerIrp(Irp);
        return TriplexComplete(Irp, status, 0);
    }
    if (stack->MinorFunction != IRP_MN_SET_POWER && stack->MinorFunction != IRP_MN_QUERY_POWER)
        return TriplexPassPower(extension, Irp);
    if (stack->Parameters.Power.Type == SystemPowerState) {
        IoMarkIrpPending(Irp);
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, TriplexSystemDone, NULL, TRUE, TRUE, TRUE);
        PoCallDriver(extension->Lower, Irp);
        return STATUS_PENDING;
    }
    if (stack->MinorFunction == IRP_MN_QUERY_POWER)
        return TriplexPassPower(extension, Irp);
    if (state.DeviceState == PowerDeviceD0) {
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, TriplexD0Done, NULL, TRUE, TRUE, TRUE);
        return PoCallDriver(extension->Lower, Irp);
    }
    extension->DeviceState = state.DeviceState;
    PoSetPowerState(DeviceObject, DevicePowerState, state);
    return TriplexPassPower(extension, Irp);
}
