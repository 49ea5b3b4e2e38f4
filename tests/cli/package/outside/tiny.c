/*
 * The smallest driver worth a test: it creates a device whose write requests it counts, and answers
 * a read with the count.
 */
#include <wdm.h>

typedef struct _TINY_EXTENSION {
    LONG Writes;
} TINY_EXTENSION, *PTINY_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD TinyUnload;
_Dispatch_type_(IRP_MJ_WRITE) DRIVER_DISPATCH TinyDispatch;
LONG TinyCount(_Inout_ PTINY_EXTENSION Extension, _In_ UCHAR MajorFunction);

/* What TinyDispatch reports: the number of writes so far, this one included. */
LONG TinyCount(PTINY_EXTENSION Extension, UCHAR MajorFunction) {
    if (MajorFunction == IRP_MJ_WRITE)
        return InterlockedIncrement(&Extension->Writes);
    return Extension->Writes;
}

NTSTATUS TinyDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);

    Irp->IoStatus.Information = TinyCount(DeviceObject->DeviceExtension, stack->MajorFunction);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

VOID TinyUnload(PDRIVER_OBJECT DriverObject) { IoDeleteDevice(DriverObject->DeviceObject); }

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Tiny");
    PDEVICE_OBJECT device;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = TinyDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = TinyDispatch;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = TinyDispatch;
    DriverObject->DriverUnload = TinyUnload;
    return IoCreateDevice(DriverObject, sizeof(TINY_EXTENSION), &name, FILE_DEVICE_UNKNOWN, 0,
                          FALSE, &device);
}
