/*
 * misbehaver: does what drivers must not do, one thing for each control code, so that the command
 * can be seen to survive it.
 */
#include <ntddk.h>

#define MISBEHAVER_DEVICE_NAME L"\\Device\\Misbehaver"
#define MISBEHAVER_LINK_NAME L"\\DosDevices\\Misbehaver"

#define IOCTL_LOOP CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_NULL_POINTER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LEAK CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PRINT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_BUG_CHECK CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PRINT_PIECES CTL_CODE(FILE_DEVICE_UNKNOWN, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD MisbehaverUnload;
static DRIVER_DISPATCH MisbehaverCreateClose, MisbehaverDeviceControl;

static NTSTATUS MisbehaverComplete(PIRP Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS MisbehaverCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    return MisbehaverComplete(Irp, STATUS_SUCCESS);
}

/* Never calls the kernel, so nothing of the simulator gets a chance. */
static VOID MisbehaverLoop(VOID) {
    volatile ULONG count = 0;

    for (;;)
        count++;
}

static VOID MisbehaverNullPointer(volatile ULONG *Pointer) { *Pointer = 1; }

static VOID MisbehaverBugCheck(VOID) {
    KeBugCheckEx(0xE2, 1, 2, 3, 4); /* MANUALLY_INITIATED_CRASH */
}

/* One line in many calls, and a second one that never ends. */
static VOID MisbehaverPrintPieces(VOID) {
    ULONG i;

    DbgPrint("misbehaver: bytes");
    for (i = 0; i < 8; i++)
        DbgPrint(" %02x", i);
    DbgPrint("\nmisbehaver: the last word");
}

static NTSTATUS MisbehaverDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_LOOP:
        MisbehaverLoop();
        break;
    case IOCTL_NULL_POINTER:
        MisbehaverNullPointer(NULL);
        break;
    case IOCTL_LEAK:
        ExAllocatePoolWithTag(NonPagedPool, 100, 'kaeL');
        break;
    case IOCTL_PRINT:
        DbgPrint("misbehaver: printing <&> today\n");
        break;
    case IOCTL_PRINT_PIECES:
        MisbehaverPrintPieces();
        break;
    case IOCTL_BUG_CHECK:
        MisbehaverBugCheck();
        break;
    default:
        return MisbehaverComplete(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
    return MisbehaverComplete(Irp, STATUS_SUCCESS);
}

static VOID MisbehaverUnload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING link = RTL_CONSTANT_STRING(MISBEHAVER_LINK_NAME);

    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(MISBEHAVER_DEVICE_NAME);
    UNICODE_STRING link = RTL_CONSTANT_STRING(MISBEHAVER_LINK_NAME);
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = MisbehaverCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = MisbehaverCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = MisbehaverDeviceControl;
    DriverObject->DriverUnload = MisbehaverUnload;
    status = IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
