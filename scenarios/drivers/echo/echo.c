/*
 * echo: a legacy (non-PnP) device that gives back what it is given.
 *
 * It shows the three ways a buffer reaches a driver. Reads and writes and one control code are buffered: the I/O manager
 * copies. Two control codes are direct: the pages are locked and described by an MDL. One is neither: the driver gets the
 * caller's own addresses, must be in the caller's context, and guards every access.
 */
#include <ntddk.h>

#include "echo.h"

#define ECHO_DEVICE_NAME L"\\Device\\Echo"
#define ECHO_LINK_NAME L"\\DosDevices\\Echo"
#define ECHO_TAG 'ohcE'

typedef struct _ECHO_EXTENSION {
    FAST_MUTEX Mutex; /* guards what follows */
    ULONG Length;
    UCHAR Message[ECHO_MESSAGE_SIZE];
} ECHO_EXTENSION, *PECHO_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD EchoUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) _Dispatch_type_(IRP_MJ_CLEANUP)
static DRIVER_DISPATCH EchoCreateClose;
_Dispatch_type_(IRP_MJ_READ) static DRIVER_DISPATCH EchoRead;
_Dispatch_type_(IRP_MJ_WRITE) static DRIVER_DISPATCH EchoWrite;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH EchoDeviceControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, EchoUnload)
#pragma alloc_text(PAGE, EchoCreateClose)
#pragma alloc_text(PAGE, EchoDeviceControl)
#endif

static NTSTATUS EchoComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS EchoCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    return EchoComplete(Irp, STATUS_SUCCESS, 0);
}

/* Takes a new message. */
static NTSTATUS EchoStore(PECHO_EXTENSION Extension, const VOID *Data, ULONG Length)
{
    if (Length > ECHO_MESSAGE_SIZE)
        return STATUS_BUFFER_OVERFLOW;
    ExAcquireFastMutex(&Extension->Mutex);
    RtlCopyMemory(Extension->Message, Data, Length);
    Extension->Length = Length;
    ExReleaseFastMutex(&Extension->Mutex);
    return STATUS_SUCCESS;
}

static NTSTATUS EchoRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PECHO_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG length = stack->Parameters.Read.Length;

    ExAcquireFastMutex(&extension->Mutex);
    if (length > extension->Length)
        length = extension->Length;
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, extension->Message, length);
    ExReleaseFastMutex(&extension->Mutex);
    return EchoComplete(Irp, STATUS_SUCCESS, length);
}

static NTSTATUS EchoWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG length = stack->Parameters.Write.Length;
    NTSTATUS status = EchoStore(DeviceObject->DeviceExtension, Irp->AssociatedIrp.SystemBuffer, length);

    return EchoComplete(Irp, status, NT_SUCCESS(status) ? length : 0);
}

/* METHOD_NEITHER: the caller's addresses may be wrong, and may become wrong at any moment. */
static NTSTATUS EchoNeither(PIRP Irp, PIO_STACK_LOCATION Stack, ULONG Length)
{
    PVOID input = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
    PVOID copy;
    NTSTATUS status = STATUS_SUCCESS;

    PAGED_CODE();
    if (Length == 0)
        return STATUS_SUCCESS;
    copy = ExAllocatePool2(POOL_FLAG_PAGED, Length, ECHO_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        ProbeForRead(input, Length, sizeof(UCHAR));
        RtlCopyMemory(copy, input, Length);
        ProbeForWrite(Irp->UserBuffer, Length, sizeof(UCHAR));
        RtlCopyMemory(Irp->UserBuffer, copy, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ExFreePoolWithTag(copy, ECHO_TAG);
    return status;
}

/* METHOD_OUT_DIRECT: input in the system buffer, output described by the MDL. */
static NTSTATUS EchoOutDirect(PIRP Irp, ULONG Length)
{
    PVOID output;

    if (Length == 0)
        return STATUS_SUCCESS;
    output = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    if (output == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(output, Irp->AssociatedIrp.SystemBuffer, Length);
    return STATUS_SUCCESS;
}

/* METHOD_IN_DIRECT: what the MDL describes is the message. */
static NTSTATUS EchoStoreDirect(PECHO_EXTENSION Extension, PIRP Irp)
{
    PVOID data;

    if (Irp->MdlAddress == NULL)
        return EchoStore(Extension, "", 0);
    data = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    if (data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    return EchoStore(Extension, data, MmGetMdlByteCount(Irp->MdlAddress));
}

static NTSTATUS EchoDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG length = stack->Parameters.DeviceIoControl.InputBufferLength;
    NTSTATUS status;

    PAGED_CODE();
    if (length > stack->Parameters.DeviceIoControl.OutputBufferLength)
        length = stack->Parameters.DeviceIoControl.OutputBufferLength;

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_ECHO_BUFFERED: /* one system buffer for both directions: the output is there already */
        status = STATUS_SUCCESS;
        break;
    case IOCTL_ECHO_OUT_DIRECT:
        status = EchoOutDirect(Irp, length);
        break;
    case IOCTL_ECHO_NEITHER:
        status = EchoNeither(Irp, stack, length);
        break;
    case IOCTL_ECHO_STORE:
        status = EchoStoreDirect(DeviceObject->DeviceExtension, Irp);
        length = 0;
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    return EchoComplete(Irp, status, NT_SUCCESS(status) ? length : 0);
}

static VOID EchoUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(ECHO_LINK_NAME);

    PAGED_CODE();
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(ECHO_DEVICE_NAME);
    UNICODE_STRING link = RTL_CONSTANT_STRING(ECHO_LINK_NAME);
    PDEVICE_OBJECT device;
    PECHO_EXTENSION extension;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = EchoCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = EchoCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = EchoCreateClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = EchoRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = EchoWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = EchoDeviceControl;
    DriverObject->DriverUnload = EchoUnload;

    status = IoCreateDevice(DriverObject, sizeof(ECHO_EXTENSION), &name, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    ExInitializeFastMutex(&extension->Mutex);
    device->Flags |= DO_BUFFERED_IO;

    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
