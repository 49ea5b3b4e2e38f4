/*
 * Device stacks: attaching, detaching, finding the ends.
 *
 * An attached device is at the top of its stack and knows the one below it; its stack size is one
 * more than that one's, and its alignment requirement and sector size at least the same.
 *
 * wdm/nf-wdm-ioattachdevicetodevicestack, -iodetachdevice, ntifs/nf-ntifs-iogetattacheddevice
 */
#include "io/io.h"

PDEVICE_OBJECT io_top_of(PDEVICE_OBJECT device) {
    while (device->AttachedDevice)
        device = device->AttachedDevice;
    return device;
}

static bool io_may_attach_to(const DEVICE_OBJECT *top) {
    const struct io_device *own = io_device_of(top);
    return top->Type == IO_TYPE_DEVICE && !(top->Flags & DO_DEVICE_INITIALIZING) &&
           !own->delete_pending && !own->unload_pending && top->StackSize < 127;
}

/* Returns the device that `source` now lies on, or NULL. */
static PDEVICE_OBJECT io_attach(struct machine *m, PDEVICE_OBJECT source, PDEVICE_OBJECT target,
                                PDEVICE_OBJECT *lower) {
    PDEVICE_OBJECT top = io_top_of(target);
    if (!io_may_attach_to(top))
        return NULL;
    source->StackSize = (CCHAR)(top->StackSize + 1);
    source->AlignmentRequirement = top->AlignmentRequirement;
    source->SectorSize = top->SectorSize;
    if (io_device_of(top)->unload_pending)
        io_device_of(source)->unload_pending = true;
    io_device_of(source)->attached_to = top;
    if (lower)
        *lower = top;
    top->AttachedDevice = source;
    KI_TRACE(m, DEVICE_ATTACH, io_device_of(source)->text);
    return top;
}

PDEVICE_OBJECT IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice,
                                           PDEVICE_OBJECT TargetDevice) {
    KI_GATE(IoAttachDeviceToDeviceStack);
    return io_attach(m, SourceDevice, TargetDevice, NULL);
}

/* The caller's pointer is set before the device can be reached from above. */
NTSTATUS IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice,
                                         PDEVICE_OBJECT *AttachedToDeviceObject) {
    KI_GATE(IoAttachDeviceToDeviceStackSafe);
    return io_attach(m, SourceDevice, TargetDevice, AttachedToDeviceObject) ? STATUS_SUCCESS
                                                                            : STATUS_NO_SUCH_DEVICE;
}

/* The file is closed when the source device is attached already: cleanup and close come to it. A
 * device that is open exclusively can be attached to all the same. */
NTSTATUS IoAttachDevice(PDEVICE_OBJECT SourceDevice, PUNICODE_STRING TargetDevice,
                        PDEVICE_OBJECT *AttachedDevice) {
    KI_GATE(IoAttachDevice);
    PFILE_OBJECT file;
    PDEVICE_OBJECT target;
    HANDLE handle;
    *AttachedDevice = NULL;
    NTSTATUS status = io_device_pointer(m, TargetDevice, FILE_READ_ATTRIBUTES, IO_ATTACH_DEVICE_API,
                                        &file, &target, &handle);
    if (!NT_SUCCESS(status))
        return status;
    if (!io_attach(m, SourceDevice, target, AttachedDevice))
        status = STATUS_NO_SUCH_DEVICE;
    ob_handle_close(m, NULL, handle, KernelMode);
    ob_dereference(m, file);
    return status;
}

NTSTATUS IoAttachDeviceByPointer(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice) {
    KI_GATE(IoAttachDeviceByPointer);
    return io_attach(m, SourceDevice, TargetDevice, NULL) ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

VOID IoDetachDevice(PDEVICE_OBJECT TargetDevice) {
    KI_GATE(IoDetachDevice);
    PDEVICE_OBJECT upper = TargetDevice->AttachedDevice;
    if (KI_UNLIKELY(!upper))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x202, (ULONG_PTR)IO_CALLER(),
                    (ULONG_PTR)TargetDevice, 0,
                    "%s called IoDetachDevice for %s, to which nothing is attached",
                    ki_address_name(m, IO_CALLER()), io_device_of(TargetDevice)->text);
    io_device_of(upper)->attached_to = NULL;
    TargetDevice->AttachedDevice = NULL;
    io_device_detached(m, upper);
    io_device_detached(m, TargetDevice);
}

PDEVICE_OBJECT IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoGetAttachedDevice);
    (void)m;
    return io_top_of(DeviceObject);
}

PDEVICE_OBJECT IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoGetAttachedDeviceReference);
    PDEVICE_OBJECT top = io_top_of(DeviceObject);
    ob_reference(m, top);
    return top;
}

static bool io_is_leaving(PDEVICE_OBJECT device) {
    return io_device_of(device)->delete_pending || io_device_of(device)->unload_pending;
}

PDEVICE_OBJECT IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoGetLowerDeviceObject);
    PDEVICE_OBJECT lower = io_device_of(DeviceObject)->attached_to;
    if (!lower || io_is_leaving(DeviceObject) || io_is_leaving(lower))
        return NULL;
    ob_reference(m, lower);
    return lower;
}

PDEVICE_OBJECT IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoGetDeviceAttachmentBaseRef);
    PDEVICE_OBJECT base = DeviceObject;
    while (io_device_of(base)->attached_to)
        base = io_device_of(base)->attached_to;
    ob_reference(m, base);
    return base;
}

PDEVICE_OBJECT IoGetRelatedDeviceObject(PFILE_OBJECT FileObject) {
    KI_GATE(IoGetRelatedDeviceObject);
    (void)m;
    return io_device_of_file(FileObject);
}

PDEVICE_OBJECT IoGetBaseFileSystemDeviceObject(PFILE_OBJECT FileObject) {
    KI_GATE(IoGetBaseFileSystemDeviceObject);
    (void)m;
    PVPB vpb = FileObject->Vpb ? FileObject->Vpb : FileObject->DeviceObject->Vpb;
    return vpb && vpb->DeviceObject ? vpb->DeviceObject : FileObject->DeviceObject;
}

NTSTATUS IoGetDiskDeviceObject(PDEVICE_OBJECT FileSystemDeviceObject,
                               PDEVICE_OBJECT *DiskDeviceObject) {
    KI_GATE(IoGetDiskDeviceObject);
    PVPB vpb = FileSystemDeviceObject->Vpb;
    *DiskDeviceObject = NULL;
    if (vpb && FileSystemDeviceObject == vpb->RealDevice)
        return STATUS_INVALID_PARAMETER;
    if (!vpb || !vpb->RealDevice)
        return STATUS_VOLUME_DISMOUNTED;
    ob_reference(m, vpb->RealDevice);
    *DiskDeviceObject = vpb->RealDevice;
    return STATUS_SUCCESS;
}

NTSTATUS IoEnumerateDeviceObjectList(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT *DeviceObjectList,
                                     ULONG DeviceObjectListSize, PULONG ActualNumberDeviceObjects) {
    KI_GATE(IoEnumerateDeviceObjectList);
    ULONG room = DeviceObjectListSize / (ULONG)sizeof *DeviceObjectList, count = 0;
    for (PDEVICE_OBJECT device = DriverObject->DeviceObject; device; device = device->NextDevice)
        count++;
    *ActualNumberDeviceObjects = count;
    PDEVICE_OBJECT device = DriverObject->DeviceObject;
    for (ULONG i = 0; i < room && device; i++, device = device->NextDevice) {
        ob_reference(m, device);
        DeviceObjectList[i] = device;
    }
    return count > room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

VOID IoAcquireVpbSpinLock(PKIRQL Irql) {
    KI_GATE(IoAcquireVpbSpinLock);
    KIRQL old = ki_raise(m, DISPATCH_LEVEL);
    ke_spin_acquire(m, m->io->vpb_lock);
    *Irql = old;
}

VOID IoReleaseVpbSpinLock(KIRQL Irql) {
    KI_GATE(IoReleaseVpbSpinLock);
    *m->io->vpb_lock = 0;
    ki_lower(m, Irql);
}
