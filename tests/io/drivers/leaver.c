/*
 * A driver that leaves things behind, as the value Leave below its Parameters key or its static
 * variable says; and one that counts its loads in a variable that must be fresh each time.
 */
#include <ntifs.h>

ULONG LeaverLoads = 1;
ULONG LeaverWhat;
static UCHAR zeroes[64];

static KTIMER timer;
static KDPC dpc;
static KEVENT stop;
static HANDLE event;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KDEFERRED_ROUTINE Expired;
static IO_TIMER_ROUTINE Tick;
static DRIVER_REINITIALIZE Again;
static KSTART_ROUTINE Wait;
VOID LeaverHold(BOOLEAN Hold);

static VOID Expired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

static VOID Tick(PDEVICE_OBJECT Device, PVOID Context) {
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Context);
}

static VOID Again(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Count);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    PDEVICE_OBJECT device;
    LARGE_INTEGER due;
    due.QuadPart = -10000000;
    switch (LeaverWhat) {
    case 1:
        KeSetTimer(&timer, due, &dpc);
        break;
    case 2:
        (VOID) ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 0x6b61656c);
        break;
    case 3:
        (VOID) IoAllocateIrp(1, FALSE);
        break;
    case 4:
        (VOID) ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
        break;
    case 5:
        IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
        IoInitializeTimer(device, Tick, NULL);
        IoStartTimer(device);
        break;
    case 6:
        IoRegisterDriverReinitialization(DriverObject, Again, NULL);
        break;
    case 7:
        (VOID) RtlAllocateHeap(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL), 0, 5000);
        break;
    default:
        break;
    }
}

static VOID Wait(PVOID Context) {
    KeWaitForSingleObject(&stop, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(Context ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS);
}

/* For a test that looks at the driver while it is loaded: a thread, a timer and a handle, or none.
 */
VOID LeaverHold(BOOLEAN Hold) {
    LARGE_INTEGER due;
    HANDLE thread;
    due.QuadPart = -10000000;
    if (!Hold) {
        KeSetEvent(&stop, IO_NO_INCREMENT, FALSE);
        KeCancelTimer(&timer);
        ZwClose(event);
        return;
    }
    KeInitializeEvent(&stop, NotificationEvent, FALSE);
    KeSetTimer(&timer, due, &dpc);
    (VOID) ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    if (NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Wait, NULL)))
        ZwClose(thread);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, Expired, NULL);
    DriverObject->DriverUnload = Unload;
    if (LeaverLoads != 1 || zeroes[5])
        return STATUS_DATA_ERROR;
    LeaverLoads++;
    zeroes[5] = 1;
    return STATUS_SUCCESS;
}
