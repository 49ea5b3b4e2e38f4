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

static VOID Process(HANDLE Parent, HANDLE Id, BOOLEAN Create) {
    UNREFERENCED_PARAMETER(Parent);
    UNREFERENCED_PARAMETER(Id);
    UNREFERENCED_PARAMETER(Create);
}

static VOID Thread(HANDLE ProcessId, HANDLE Id, BOOLEAN Create) {
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(Id);
    UNREFERENCED_PARAMETER(Create);
}

static VOID Image(PUNICODE_STRING Name, HANDLE ProcessId, PIMAGE_INFO Info) {
    UNREFERENCED_PARAMETER(Name);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(Info);
}

static VOID Opened(PVOID Context, POB_POST_OPERATION_INFORMATION Information) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Information);
}

static VOID Watch(VOID) {
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, NULL, Opened};
    OB_CALLBACK_REGISTRATION callbacks = {OB_FLT_REGISTRATION_VERSION, 1,
                                          RTL_CONSTANT_STRING(L"321000"), NULL, &operation};
    PVOID registration;
    (VOID) ObRegisterCallbacks(&callbacks, &registration);
}

static KBUGCHECK_CALLBACK_RECORD record;
static KBUGCHECK_REASON_CALLBACK_RECORD reason;
static UCHAR component[] = "leaver";
static PROCESSOR_CALLBACK_FUNCTION Added;
static NMI_CALLBACK Nmi;
static BOUND_CALLBACK Bound;
static KBUGCHECK_CALLBACK_ROUTINE Crashed;
static KBUGCHECK_REASON_CALLBACK_ROUTINE Dumped;

static VOID Added(PVOID Context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT Change, PNTSTATUS Status) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Change);
    UNREFERENCED_PARAMETER(Status);
}

static BOOLEAN Nmi(PVOID Context, BOOLEAN Handled) {
    UNREFERENCED_PARAMETER(Context);
    return Handled;
}

static BOUND_CALLBACK_STATUS Bound(VOID) { return BoundExceptionContinueSearch; }

static VOID Crashed(PVOID Buffer, ULONG Length) {
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
}

static VOID Dumped(KBUGCHECK_CALLBACK_REASON Reason, PKBUGCHECK_REASON_CALLBACK_RECORD Record,
                   PVOID Data, ULONG Length) {
    UNREFERENCED_PARAMETER(Reason);
    UNREFERENCED_PARAMETER(Record);
    UNREFERENCED_PARAMETER(Data);
    UNREFERENCED_PARAMETER(Length);
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
    case 8:
        (VOID) PsSetCreateProcessNotifyRoutine(Process, FALSE);
        break;
    case 9:
        (VOID) PsSetCreateThreadNotifyRoutine(Thread);
        break;
    case 10:
        (VOID) PsSetLoadImageNotifyRoutine(Image);
        break;
    case 11:
        Watch();
        break;
    case 12:
        (VOID) KeRegisterProcessorChangeCallback(Added, NULL, 0);
        break;
    case 13:
        (VOID) KeRegisterNmiCallback(Nmi, NULL);
        break;
    case 14:
        (VOID) KeRegisterBoundCallback(Bound);
        break;
    case 15:
        KeInitializeCallbackRecord(&record);
        KeRegisterBugCheckCallback(&record, Crashed, NULL, 0, component);
        break;
    case 16:
        KeInitializeCallbackRecord(&reason);
        KeRegisterBugCheckReasonCallback(&reason, Dumped, KbCallbackSecondaryDumpData, component);
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
