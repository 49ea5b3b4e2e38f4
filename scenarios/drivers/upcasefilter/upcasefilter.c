/*
 * upcasefilter: attaches to the stack of \Device\Echo and turns what is read from it into capitals.
 *
 * The read goes down with a completion routine that takes the request back (STATUS_MORE_PROCESSING_REQUIRED) and wakes the
 * dispatch routine, which changes the data in its own thread and completes. Everything else is passed down untouched.
 */
#include <ntddk.h>

#define UPCASEFILTER_TARGET L"\\Device\\Echo"

typedef struct _UPCASEFILTER_EXTENSION {
    PDEVICE_OBJECT Lower;
} UPCASEFILTER_EXTENSION, *PUPCASEFILTER_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD UpcaseUnload;
static DRIVER_DISPATCH UpcasePass, UpcaseRead;
static IO_COMPLETION_ROUTINE UpcaseReadBack;

static NTSTATUS UpcasePass(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PUPCASEFILTER_EXTENSION extension = DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->Lower, Irp);
}

static NTSTATUS UpcaseReadBack(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned)
        KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS UpcaseRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PUPCASEFILTER_EXTENSION extension = DeviceObject->DeviceExtension;
    PUCHAR data = Irp->AssociatedIrp.SystemBuffer;
    KEVENT event;
    NTSTATUS status;
    ULONG_PTR i;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, UpcaseReadBack, &event, TRUE, TRUE, TRUE);
    status = IoCallDriver(extension->Lower, Irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = Irp->IoStatus.Status;
    }
    if (NT_SUCCESS(status)) {
        for (i = 0; i < Irp->IoStatus.Information; i++) {
            if (data[i] >= 'a' && data[i] <= 'z')
                data[i] = (UCHAR)(data[i] - 'a' + 'A');
        }
    }
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

static VOID UpcaseUnload(PDRIVER_OBJECT DriverObject)
{
    PDEVICE_OBJECT device = DriverObject->DeviceObject;
    PUPCASEFILTER_EXTENSION extension = device->DeviceExtension;

    IoDetachDevice(extension->Lower);
    IoDeleteDevice(device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING target = RTL_CONSTANT_STRING(UPCASEFILTER_TARGET);
    PUPCASEFILTER_EXTENSION extension;
    PDEVICE_OBJECT device;
    NTSTATUS status;
    ULONG i;

    UNREFERENCED_PARAMETER(RegistryPath);
    for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = UpcasePass;
    DriverObject->MajorFunction[IRP_MJ_READ] = UpcaseRead;
    DriverObject->DriverUnload = UpcaseUnload;

    status = IoCreateDevice(DriverObject, sizeof(UPCASEFILTER_EXTENSION), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    status = IoAttachDevice(device, &target, &extension->Lower);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    device->Flags |= extension->Lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
