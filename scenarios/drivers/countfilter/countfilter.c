/*
 * countfilter: sits on top of the stack of \Device\Echo and counts what goes down and comes back.
 *
 * Every request gets a completion routine. A remove lock is held from the moment a request is passed down until it has come
 * back, so that unloading waits for those in flight.
 */
#include <ntddk.h>

#include "countfilter.h"

#define COUNTFILTER_TARGET L"\\Device\\Echo"
#define COUNTFILTER_TAG 'tnuC'

typedef struct _COUNTFILTER_EXTENSION {
    PDEVICE_OBJECT Lower;
    IO_REMOVE_LOCK RemoveLock;
    LONG Sent, Completed, Failed;
} COUNTFILTER_EXTENSION, *PCOUNTFILTER_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD CountFilterUnload;
static DRIVER_DISPATCH CountFilterDispatch;
static IO_COMPLETION_ROUTINE CountFilterCompletion;

static NTSTATUS CountFilterCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PCOUNTFILTER_EXTENSION extension = Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    InterlockedIncrement(&extension->Completed);
    if (NT_ERROR(Irp->IoStatus.Status))
        InterlockedIncrement(&extension->Failed);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS CountFilterQuery(PCOUNTFILTER_EXTENSION Extension, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PCOUNTFILTER_COUNTS counts = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status = STATUS_BUFFER_TOO_SMALL;

    Irp->IoStatus.Information = 0;
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength >= sizeof(*counts)) {
        counts->Sent = (ULONG)Extension->Sent;
        counts->Completed = (ULONG)Extension->Completed;
        counts->Failed = (ULONG)Extension->Failed;
        Irp->IoStatus.Information = sizeof(*counts);
        status = STATUS_SUCCESS;
    }
    Irp->IoStatus.Status = status;
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS CountFilterDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOUNTFILTER_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status)) {
        Irp->IoStatus.Status = status;
        Irp->IoStatus.Information = 0;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return status;
    }
    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL &&
        stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_COUNTFILTER_QUERY)
        return CountFilterQuery(extension, Irp, stack);

    InterlockedIncrement(&extension->Sent);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, CountFilterCompletion, extension, TRUE, TRUE, TRUE);
    return IoCallDriver(extension->Lower, Irp);
}

static VOID CountFilterUnload(PDRIVER_OBJECT DriverObject)
{
    PDEVICE_OBJECT device = DriverObject->DeviceObject;
    PCOUNTFILTER_EXTENSION extension = device->DeviceExtension;

    IoAcquireRemoveLock(&extension->RemoveLock, NULL);
    IoReleaseRemoveLockAndWait(&extension->RemoveLock, NULL);
    IoDetachDevice(extension->Lower);
    IoDeleteDevice(device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING target = RTL_CONSTANT_STRING(COUNTFILTER_TARGET);
    PCOUNTFILTER_EXTENSION extension;
    PDEVICE_OBJECT device, top;
    PFILE_OBJECT file;
    NTSTATUS status;
    ULONG i;

    UNREFERENCED_PARAMETER(RegistryPath);
    for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = CountFilterDispatch;
    DriverObject->DriverUnload = CountFilterUnload;

    status = IoGetDeviceObjectPointer(&target, FILE_READ_ATTRIBUTES, &file, &top);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateDevice(DriverObject, sizeof(COUNTFILTER_EXTENSION), NULL, top->DeviceType, 0, FALSE, &device);
    if (NT_SUCCESS(status)) {
        extension = device->DeviceExtension;
        IoInitializeRemoveLock(&extension->RemoveLock, COUNTFILTER_TAG, 0, 0);
        status = IoAttachDeviceToDeviceStackSafe(device, top, &extension->Lower);
        if (NT_SUCCESS(status)) {
            device->Flags |= extension->Lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
            device->Flags &= ~DO_DEVICE_INITIALIZING;
        } else {
            IoDeleteDevice(device);
        }
    }
    ObDereferenceObject(file);
    return status;
}
