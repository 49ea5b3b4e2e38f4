/*
 * File objects: their life from the create to IRP_MJ_CLOSE, and the lock of synchronous ones.
 *
 * The last handle sends IRP_MJ_CLEANUP, the last reference IRP_MJ_CLOSE, both in the context of
 * whoever gave it up, both waited for. Between the two, IRPs in flight and drivers that took a
 * reference keep the object alive.
 *
 * wdm/nf-wdm-iogetdeviceobjectpointer; kernel/irp-mj-cleanup, irp-mj-close
 */
#include <string.h>

#include "io/io.h"

/* Whether the hint is a device of that stack, still. */
static bool io_hint_holds(const DEVICE_OBJECT *hint, const DEVICE_OBJECT *base) {
    while (base && base != hint)
        base = base->AttachedDevice;
    return base != NULL;
}

PDEVICE_OBJECT io_device_of_file(PFILE_OBJECT file) {
    PDEVICE_OBJECT device = file->DeviceObject, hint = io_file_of(file)->hint;
    if (file->Vpb && file->Vpb->DeviceObject)
        device = file->Vpb->DeviceObject;
    else if (!(file->Flags & FO_DIRECT_DEVICE_OPEN) && device->Vpb && device->Vpb->DeviceObject)
        device = device->Vpb->DeviceObject;
    return KI_UNLIKELY(hint != NULL) && io_hint_holds(hint, device) ? hint : io_top_of(device);
}

/* ---- the lock of a synchronous file ---- */

NTSTATUS io_file_lock(struct machine *m, PFILE_OBJECT file, KPROCESSOR_MODE mode) {
    (void)m;
    while (file->Busy) {
        file->Waiters++;
        NTSTATUS status = KeWaitForSingleObject(&file->Lock, Executive, mode,
                                                (file->Flags & FO_ALERTABLE_IO) != 0, NULL);
        file->Waiters--;
        if (status == STATUS_USER_APC || status == STATUS_ALERTED)
            return status == STATUS_USER_APC ? STATUS_CANCELLED : status;
    }
    file->Busy = TRUE;
    return STATUS_SUCCESS;
}

void io_file_unlock(struct machine *m, PFILE_OBJECT file) {
    (void)m;
    file->Busy = FALSE;
    if (file->Waiters)
        KeSetEvent(&file->Lock, 0, FALSE);
}

/* ---- the end ---- */

/* Sends IRP_MJ_CLEANUP or IRP_MJ_CLOSE and waits until it is completed; its status has no meaning.
 */
static void io_send_end(struct machine *m, PFILE_OBJECT file, UCHAR major) {
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    PDEVICE_OBJECT device = io_device_of_file(file);
    PIRP irp;
    /* Closing cannot fail: without memory it waits for some. */
    while (!(irp = io_irp_allocate(m, device->StackSize, NULL))) {
        LARGE_INTEGER interval = {.QuadPart = -10 * 10000};
        ke_delay(m, &interval);
    }
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp->AllocationFlags |= IO_IRP_BUILT;
    irp->Flags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
    irp->RequestorMode = KernelMode;
    irp->UserIosb = &iosb;
    irp->UserEvent = &event;
    irp->Tail.Overlay.OriginalFileObject = file;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->FileObject = file;
    io_call_and_wait(m, device, irp, &event, &iosb);
}

/* A handle is closed. */
static void io_file_close(struct machine *m, PEPROCESS process, void *object, ACCESS_MASK granted,
                          ULONG handles_left) {
    PFILE_OBJECT file = object;
    (void)process;
    (void)granted;
    if (handles_left || !io_file_of(file)->opened)
        return;
    bool lock = file->Flags & FO_SYNCHRONOUS_IO;
    if (lock)
        io_file_lock(m, file, KernelMode);
    io_send_end(m, file, IRP_MJ_CLEANUP);
    file->Flags |= FO_CLEANUP_COMPLETE;
    if (lock)
        io_file_unlock(m, file);
}

static void io_file_delete(struct machine *m, void *object) {
    PFILE_OBJECT file = object;
    PDEVICE_OBJECT device = file->DeviceObject;
    bool taken_back = file->Flags & FO_FILE_OPEN_CANCELLED; /* drivers below have opened it */
    if ((io_file_of(file)->opened || taken_back) && device) {
        if (!(file->Flags & FO_CLEANUP_COMPLETE))
            io_send_end(m, file, IRP_MJ_CLEANUP);
        io_send_end(m, file, IRP_MJ_CLOSE);
    }
    if (file->FileName.Buffer)
        mm_pool_free(m, file->FileName.Buffer, 0);
    if (file->CompletionContext)
        mm_pool_free(m, file->CompletionContext, 0);
    if (device)
        io_device_release(m, device);
    if (file->RelatedFileObject)
        ob_dereference(m, file->RelatedFileObject);
}

/* Device name, then the name that was opened below it. */
static size_t io_file_query_name(struct machine *m, const void *object, WCHAR *buffer,
                                 size_t capacity) {
    const FILE_OBJECT *file = object;
    size_t device = ob_full_name(m, file->DeviceObject, buffer, capacity);
    size_t own = file->FileName.Length / sizeof(WCHAR);
    if (device < capacity) {
        size_t room = capacity - device;
        memcpy(buffer + device, file->FileName.Buffer, (own < room ? own : room) * sizeof(WCHAR));
    }
    return device + own;
}

const struct ob_type io_file_type = {
    .name = "File",
    .mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS},
    .valid_access = FILE_ALL_ACCESS,
    .wait_offset = FIELD_OFFSET(FILE_OBJECT, Event),
    .passive_delete = true,
    .delete = io_file_delete,
    .close = io_file_close,
    .query_name = io_file_query_name,
};

/* What drivers call the types. */
static POBJECT_TYPE const io_file_pointer = (POBJECT_TYPE)(ULONG_PTR)&io_file_type;
POBJECT_TYPE *IoFileObjectType = (POBJECT_TYPE *)(ULONG_PTR)&io_file_pointer;
static POBJECT_TYPE const io_device_type_pointer = (POBJECT_TYPE)(ULONG_PTR)&io_device_type;
POBJECT_TYPE *IoDeviceObjectType = (POBJECT_TYPE *)(ULONG_PTR)&io_device_type_pointer;
static POBJECT_TYPE const io_driver_pointer = (POBJECT_TYPE)(ULONG_PTR)&io_driver_type;
POBJECT_TYPE *IoDriverObjectType = (POBJECT_TYPE *)(ULONG_PTR)&io_driver_pointer;

/* ---- devices by name ---- */

/* The handle is the caller's, and keeps the cleanup from being sent; without `handle` it is closed
 * here. */
NTSTATUS io_device_pointer(struct machine *m, PUNICODE_STRING name, ACCESS_MASK access, ULONG flags,
                           PFILE_OBJECT *file, PDEVICE_OBJECT *device, HANDLE *kept) {
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    OBJECT_ATTRIBUTES attributes;
    struct io_create create = {
        .access = access,
        .share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        .disposition = FILE_OPEN,
        .options = FILE_NON_DIRECTORY_FILE,
        .flags = flags,
    };
    InitializeObjectAttributes(&attributes, name, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS status = io_create_file(m, KernelMode, &create, &handle, &attributes, &iosb);
    if (!NT_SUCCESS(status))
        return status;
    status =
        ob_handle_reference(m, NULL, handle, 0, &io_file_type, KernelMode, (void **)file, NULL);
    if (NT_SUCCESS(status))
        *device = io_device_of_file(*file);
    if (kept && NT_SUCCESS(status))
        *kept = handle;
    else
        ob_handle_close(m, NULL, handle, KernelMode);
    return status;
}

NTSTATUS IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess,
                                  PFILE_OBJECT *FileObject, PDEVICE_OBJECT *DeviceObject) {
    KI_GATE(IoGetDeviceObjectPointer);
    return io_device_pointer(m, ObjectName, DesiredAccess, 0, FileObject, DeviceObject, NULL);
}
