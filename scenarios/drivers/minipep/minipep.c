/*
 * minipep: a small platform extension plug-in.
 *
 * It owns the devices whose instance path begins with ROOT\TRIPLEX: it gives their components clocks
 * (the performance states that the driver asks for, but none above a limit), switches components and
 * devices on and off, and says what they have to do before the platform may enter its deepest idle
 * state. What it is told it counts.
 */
#include <ntddk.h>
#include <pepfx.h>

#define MINIPEP_TAG 'PniM'
#define MINIPEP_COMPONENTS 8
#define MINIPEP_TOP_SPEED 1 /* the third speed is more than the platform's supply can bear */

typedef struct _MINIPEP_DEVICE {
    POHANDLE KernelHandle;
    ULONG ComponentCount;
    ULONG StateCounts[MINIPEP_COMPONENTS];
    ULONG States[MINIPEP_COMPONENTS];
    ULONG Speeds[MINIPEP_COMPONENTS];
    DEVICE_POWER_STATE PowerState;
} MINIPEP_DEVICE, *PMINIPEP_DEVICE;

DRIVER_INITIALIZE DriverEntry;
static PEPCALLBACKNOTIFYDPM MinipepNotify;

static BOOLEAN MinipepOwns(PCUNICODE_STRING DeviceId)
{
    UNICODE_STRING prefix = RTL_CONSTANT_STRING(L"ROOT\\TRIPLEX");

    return RtlPrefixUnicodeString(&prefix, DeviceId, TRUE);
}

/* ---- a device's life ---- */

static BOOLEAN MinipepRegister(PPEP_REGISTER_DEVICE Register)
{
    PMINIPEP_DEVICE device;
    ULONG i;

    Register->DeviceAccepted = PepDeviceNotAccepted;
    if (!MinipepOwns(Register->DeviceId) || Register->Register->ComponentCount > MINIPEP_COMPONENTS)
        return TRUE;
    device = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *device, MINIPEP_TAG);
    if (device == NULL)
        return TRUE;
    device->KernelHandle = Register->KernelHandle;
    device->ComponentCount = Register->Register->ComponentCount;
    device->PowerState = PowerDeviceD0;
    for (i = 0; i < device->ComponentCount; i++)
        device->StateCounts[i] = Register->Register->Components[i]->IdleStateCount;
    Register->DeviceHandle = (PEPHANDLE)device;
    Register->DeviceAccepted = PepDeviceAccepted;
    DbgPrint("minipep: owns %wZ\n", Register->DeviceId);
    return TRUE;
}

static BOOLEAN MinipepUnregister(PPEP_UNREGISTER_DEVICE Unregister)
{
    DbgPrint("minipep: a device has gone\n");
    ExFreePoolWithTag(Unregister->DeviceHandle, MINIPEP_TAG);
    return TRUE;
}

/* ---- states ---- */

/* Into a deep state the component's supply is cut after the driver knows; out of it, before. */
static BOOLEAN MinipepIdleState(PPEP_NOTIFY_COMPONENT_IDLE_STATE Notify)
{
    PMINIPEP_DEVICE device = (PMINIPEP_DEVICE)Notify->DeviceHandle;
    BOOLEAN on = Notify->IdleState == 0;

    if (on != Notify->DriverNotified)
        device->States[Notify->Component] = Notify->IdleState;
    Notify->Completed = TRUE;
    return TRUE;
}

static BOOLEAN MinipepDevicePower(PPEP_DEVICE_POWER_STATE Power)
{
    PMINIPEP_DEVICE device = (PMINIPEP_DEVICE)Power->DeviceHandle;

    if (Power->Complete)
        device->PowerState = Power->PowerState;
    return TRUE;
}

/* The deepest platform state is the last. */
static BOOLEAN MinipepDeviceConstraints(PPEP_DEVICE_PLATFORM_CONSTRAINTS Constraints)
{
    ULONG i;

    for (i = 0; i < Constraints->PlatformStateCount; i++)
        Constraints->MinimumDStates[i] =
            i + 1 == Constraints->PlatformStateCount ? PowerDeviceD3 : PowerDeviceD0;
    return TRUE;
}

static BOOLEAN MinipepComponentConstraints(PPEP_COMPONENT_PLATFORM_CONSTRAINTS Constraints)
{
    ULONG i;

    for (i = 0; i < Constraints->PlatformStateCount; i++)
        Constraints->MinimumFStates[i] = 0;
    return TRUE;
}

/* ---- speeds ---- */

static BOOLEAN MinipepSpeed(PPEP_REQUEST_COMPONENT_PERF_STATE Request)
{
    PMINIPEP_DEVICE device = (PMINIPEP_DEVICE)Request->DeviceHandle;
    ULONG i;

    Request->Completed = TRUE;
    Request->Succeeded = TRUE;
    for (i = 0; i < Request->PerfRequestsCount; i++)
        if (Request->PerfRequests[i].StateIndex > MINIPEP_TOP_SPEED)
            Request->Succeeded = FALSE;
    if (Request->Succeeded && Request->PerfRequestsCount != 0)
        device->Speeds[Request->Component] = Request->PerfRequests[0].StateIndex;
    return TRUE;
}

static BOOLEAN MinipepCurrentSpeed(PPEP_QUERY_CURRENT_COMPONENT_PERF_STATE Query)
{
    PMINIPEP_DEVICE device = (PMINIPEP_DEVICE)Query->DeviceHandle;

    Query->StateIndex = device->Speeds[Query->Component];
    return TRUE;
}

/* ---- all notifications ---- */

static BOOLEAN MinipepNotify(ULONG Notification, PVOID Data)
{
    switch (Notification) {
    case PEP_DPM_PREPARE_DEVICE:
        ((PPEP_PREPARE_DEVICE)Data)->DeviceAccepted =
            MinipepOwns(((PPEP_PREPARE_DEVICE)Data)->DeviceId);
        return TRUE;
    case PEP_DPM_ABANDON_DEVICE:
        ((PPEP_ABANDON_DEVICE)Data)->DeviceAccepted =
            MinipepOwns(((PPEP_ABANDON_DEVICE)Data)->DeviceId);
        return TRUE;
    case PEP_DPM_REGISTER_DEVICE:
        return MinipepRegister(Data);
    case PEP_DPM_UNREGISTER_DEVICE:
        return MinipepUnregister(Data);
    case PEP_DPM_DEVICE_STARTED:
        return TRUE;
    case PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE:
        return MinipepIdleState(Data);
    case PEP_DPM_DEVICE_POWER_STATE:
        return MinipepDevicePower(Data);
    case PEP_DPM_DEVICE_IDLE_CONSTRAINTS:
        return MinipepDeviceConstraints(Data);
    case PEP_DPM_COMPONENT_IDLE_CONSTRAINTS:
        return MinipepComponentConstraints(Data);
    case PEP_DPM_REGISTER_COMPONENT_PERF_STATES:
        /* What the driver described is what the clocks can do; without a description there is none. */
        return ((PPEP_REGISTER_COMPONENT_PERF_STATES)Data)->PerfStateInfo != NULL;
    case PEP_DPM_REQUEST_COMPONENT_PERF_STATE:
        return MinipepSpeed(Data);
    case PEP_DPM_QUERY_CURRENT_COMPONENT_PERF_STATE:
        return MinipepCurrentSpeed(Data);
    case PEP_DPM_LOW_POWER_EPOCH:
        DbgPrint("minipep: low power %s\n",
                 ((PPEP_LOW_POWER_EPOCH)Data)->LowPowerEpoch ? "begins" : "ends");
        return TRUE;
    case PEP_DPM_SYSTEM_LATENCY_UPDATE:
        return TRUE;
    default:
        return FALSE;
    }
}

/* A plug-in cannot be taken back, so there is no way to unload this driver. */
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PEP_INFORMATION information;
    PEP_KERNEL_INFORMATION kernel;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    RtlZeroMemory(&information, sizeof information);
    information.Version = PEP_INFORMATION_VERSION;
    information.Size = sizeof information;
    information.AcceptDeviceNotification = MinipepNotify;
    RtlZeroMemory(&kernel, sizeof kernel);
    kernel.Version = PEP_KERNEL_INFORMATION_V3;
    kernel.Size = sizeof kernel;
    return PoFxRegisterPlugin(&information, &kernel);
}
