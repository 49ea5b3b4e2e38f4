/*
 * Opening files: IRP_MJ_CREATE.
 *
 * A name is looked up to a device; what is left of it names the file to the driver. A handle given
 * as root directory names a file object whose device is asked again. The device must be open to the
 * caller (not being deleted, initialising or exclusively in use), then the top of its stack gets
 * the create, always waited for. A driver may answer STATUS_REPARSE with a new name in the file
 * object: the search starts over with that.
 *
 * wdm/nf-wdm-iocreatefile, nf-wdm-zwcreatefile; kernel/irp-mj-create
 */
#include <string.h>

#include "io/io.h"

/* One attempt to open. */
struct io_open {
    struct machine *m;
    const struct io_create *create;
    KPROCESSOR_MODE mode;
    const struct ob_attributes *attributes;
    PFILE_OBJECT related;
    PDEVICE_OBJECT device; /* that the name led to; its ReferenceCount counts this open */
    UNICODE_STRING rest;   /* in pool */
    ACCESS_MASK granted;
    PFILE_OBJECT file;
    IO_STATUS_BLOCK iosb;
};

/* Options that have no meaning for a directory. */
#define IO_DATA_FILE_OPTIONS                                                                       \
    (FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY | FILE_RANDOM_ACCESS |                         \
     FILE_NO_INTERMEDIATE_BUFFERING)

static NTSTATUS io_check_parameters(const struct io_create *c) {
    ULONG options = c->options,
          sync = options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
    if (c->flags & IO_NO_PARAMETER_CHECKING)
        return STATUS_SUCCESS;
    bool bad = options & ~(ULONG)FILE_VALID_OPTION_FLAGS ||
               c->share & ~(ULONG)FILE_SHARE_VALID_FLAGS ||
               c->disposition > FILE_MAXIMUM_DISPOSITION ||
               c->attributes & ~(ULONG)FILE_ATTRIBUTE_VALID_FLAGS ||
               (sync && !(c->access & SYNCHRONIZE)) ||
               sync == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT) ||
               (options & FILE_DELETE_ON_CLOSE && !(c->access & DELETE)) ||
               (options & FILE_NO_INTERMEDIATE_BUFFERING && c->access & FILE_APPEND_DATA) ||
               (options & FILE_DIRECTORY_FILE && options & IO_DATA_FILE_OPTIONS) ||
               (options & FILE_DIRECTORY_FILE && c->disposition != FILE_OPEN &&
                c->disposition != FILE_CREATE && c->disposition != FILE_OPEN_IF) ||
               (options & FILE_COMPLETE_IF_OPLOCKED && options & FILE_RESERVE_OPFILTER);
    return bad ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* Finds the device and what is left of the name. */
static NTSTATUS io_find_device(struct io_open *open) {
    struct machine *m = open->m;
    void *object;
    if (open->attributes->root && ob_is(open->attributes->root, &io_file_type)) {
        open->related = open->attributes->root;
        open->device = open->related->DeviceObject;
        if (!open->attributes->name.Length)
            return STATUS_SUCCESS;
        PWCH copy = mm_pool_allocate(m, PagedPool, open->attributes->name.Length, IO_TAG_NAME);
        if (!copy)
            return STATUS_INSUFFICIENT_RESOURCES;
        memcpy(copy, open->attributes->name.Buffer, open->attributes->name.Length);
        open->rest =
            (UNICODE_STRING){open->attributes->name.Length, open->attributes->name.Length, copy};
        return STATUS_SUCCESS;
    }
    NTSTATUS status = ob_lookup_from(m, open->attributes->root, &open->attributes->name, false,
                                     &open->rest, &object);
    if (!NT_SUCCESS(status))
        return status;
    ob_dereference(
        m, object); /* a device is held by its name and, from the next step on, by ReferenceCount */
    if (!ob_is(object, &io_device_type)) {
        ob_free_string(m, &open->rest);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    open->device = object;
    return STATUS_SUCCESS;
}

/* Whether the device can be opened now; counts the open. */
static NTSTATUS io_enter_device(struct io_open *open) {
    PDEVICE_OBJECT device = open->device;
    const struct io_device *own = io_device_of(device);
    if (own->unload_pending || own->delete_pending || device->Flags & DO_DEVICE_INITIALIZING)
        return STATUS_NO_SUCH_DEVICE;
    NTSTATUS status =
        open->m->io->open_check ? open->m->io->open_check(open->m, device) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    if (device->Flags & DO_EXCLUSIVE && device->ReferenceCount > 0 && !open->related &&
        !(open->create->flags & IO_ATTACH_DEVICE_API))
        return STATUS_ACCESS_DENIED;
    device->ReferenceCount++;
    return STATUS_SUCCESS;
}

static ULONG io_file_flags(const struct io_create *c) {
    static const struct {
        ULONG option, flag;
    } map[] = {
        {FILE_SYNCHRONOUS_IO_ALERT, FO_SYNCHRONOUS_IO | FO_ALERTABLE_IO},
        {FILE_SYNCHRONOUS_IO_NONALERT, FO_SYNCHRONOUS_IO},
        {FILE_NO_INTERMEDIATE_BUFFERING, FO_NO_INTERMEDIATE_BUFFERING},
        {FILE_WRITE_THROUGH, FO_WRITE_THROUGH},
        {FILE_SEQUENTIAL_ONLY, FO_SEQUENTIAL_ONLY},
        {FILE_RANDOM_ACCESS, FO_RANDOM_ACCESS},
        {FILE_DISALLOW_EXCLUSIVE, FO_DISALLOW_EXCLUSIVE},
    };
    ULONG flags = 0;
    for (size_t i = 0; i < KI_COUNT(map); i++)
        if (c->options & map[i].option)
            flags |= map[i].flag;
    return flags;
}

/* Takes over the name, the related file and the count of the open. */
static NTSTATUS io_new_file(struct io_open *open) {
    struct machine *m = open->m;
    NTSTATUS status = ob_create(m, &io_file_type, sizeof(struct io_file), (void **)&open->file);
    if (!NT_SUCCESS(status))
        return status;
    PFILE_OBJECT file = open->file;
    file->Type = IO_TYPE_FILE;
    file->Size = sizeof *file;
    file->DeviceObject = open->device;
    file->FileName = open->rest;
    open->rest = (UNICODE_STRING){0};
    file->Flags = io_file_flags(open->create);
    if (!(open->attributes->attributes & OBJ_CASE_INSENSITIVE))
        file->Flags |= FO_OPENED_CASE_SENSITIVE;
    if (open->related) {
        ob_reference(m, open->related);
        file->RelatedFileObject = open->related;
    }
    KeInitializeEvent(&file->Lock, SynchronizationEvent, FALSE);
    KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
    InitializeListHead(&file->IrpList);
    io_file_of(file)->granted = open->granted;
    io_file_of(file)->ignore_sharing = open->create->flags & IO_IGNORE_SHARE_ACCESS_CHECK;
    io_file_of(file)->hint = open->create->hint;
    io_file_of(file)->priority = IoPriorityNormal;
    return STATUS_SUCCESS;
}

static void io_fill_create(struct io_open *open, PIRP irp, PIO_SECURITY_CONTEXT security) {
    static const UCHAR majors[] = {IRP_MJ_CREATE, IRP_MJ_CREATE_NAMED_PIPE, IRP_MJ_CREATE_MAILSLOT};
    const struct io_create *c = open->create;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = majors[c->type];
    stack->FileObject = open->file;
    stack->Flags = (UCHAR)(c->flags & (SL_FORCE_ACCESS_CHECK | SL_OPEN_PAGING_FILE |
                                       SL_OPEN_TARGET_DIRECTORY));
    if (!(open->attributes->attributes & OBJ_CASE_INSENSITIVE))
        stack->Flags |= SL_CASE_SENSITIVE;
    stack->Parameters.Create.SecurityContext = security;
    stack->Parameters.Create.Options =
        c->disposition << 24 | (c->options & FILE_VALID_OPTION_FLAGS);
    stack->Parameters.Create.ShareAccess = (USHORT)c->share;
    if (c->type == CreateFileTypeNone) {
        stack->Parameters.Create.FileAttributes = (USHORT)c->attributes;
        stack->Parameters.Create.EaLength = c->ea_length;
        irp->AssociatedIrp.SystemBuffer = c->ea;
    } else {
        stack->Parameters.CreatePipe.Parameters = c->extra;
    }
}

/* Sends the create; its status. On failure the file object is as good as never opened. */
static NTSTATUS io_send_create(struct io_open *open) {
    struct machine *m = open->m;
    PDEVICE_OBJECT device = io_device_of_file(open->file);
    ACCESS_STATE state = {.RemainingDesiredAccess = 0,
                          .PreviouslyGrantedAccess = open->granted,
                          .OriginalDesiredAccess = open->create->access,
                          .SecurityDescriptor = open->attributes->security};
    IO_SECURITY_CONTEXT security = {.AccessState = &state,
                                    .DesiredAccess = open->granted,
                                    .FullCreateOptions = open->create->options};
    KEVENT event;
    if (open->create->hint && device != open->create->hint)
        return STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
    PIRP irp = io_irp_allocate(m, device->StackSize, NULL);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp->AllocationFlags |= IO_IRP_BUILT;
    irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    irp->RequestorMode = open->mode;
    irp->UserIosb = &open->iosb;
    irp->UserEvent = &event;
    irp->Overlay.AllocationSize = open->create->allocation_size;
    irp->Tail.Overlay.OriginalFileObject = open->file;
    irp->Tail.Overlay.AuxiliaryBuffer = NULL;
    io_fill_create(open, irp, &security);
    struct wdmsim_request *request = io_request_current(m);
    if (request && open->mode == UserMode)
        io_request_irp(request, irp);
    io_irp_queue(m, irp);
    SeCaptureSubjectContext(&state.SubjectSecurityContext);
    NTSTATUS status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING)
        io_wait_or_cancel(m, &event, irp, open->mode, false);
    SeReleaseSubjectContext(&state.SubjectSecurityContext);
    if (status == STATUS_PENDING)
        return open->iosb.Status;
    KIRQL irql = ki_raise(m, APC_LEVEL);
    open->iosb = irp->IoStatus;
    irp->Flags &= ~(ULONG)IRP_CREATE_OPERATION;
    irp->UserEvent = NULL;
    irp->UserIosb = NULL;
    io_irp_deliver(m, irp, NULL);
    ki_lower(m, irql);
    return open->iosb.Status;
}

/* The file object of a failed create: no driver has opened it. */
static void io_drop_file(struct io_open *open) {
    ob_dereference(open->m, open->file);
    open->file = NULL;
}

/* One pass from name to file object. */
static NTSTATUS io_open_once(struct io_open *open) {
    struct machine *m = open->m;
    NTSTATUS status = io_find_device(open);
    if (!NT_SUCCESS(status))
        return status;
    KPROCESSOR_MODE mode = open->create->flags & IO_FORCE_ACCESS_CHECK ? UserMode : open->mode;
    status = ob_check_access(m, open->device, mode, open->attributes->attributes,
                             open->create->access, &open->granted);
    if (NT_SUCCESS(status))
        status = io_enter_device(open);
    if (!NT_SUCCESS(status)) {
        ob_free_string(m, &open->rest);
        return status;
    }
    status = io_new_file(open);
    if (!NT_SUCCESS(status)) {
        ob_free_string(m, &open->rest);
        io_device_release(m, open->device);
        return status;
    }
    status = io_send_create(open);
    if (!NT_SUCCESS(status) || status == STATUS_REPARSE)
        return status;
    io_file_of(open->file)->opened = true;
    open->file->Flags |= FO_FILE_OPEN;
    return status;
}

/* A driver's new name takes the place of the caller's. */
static NTSTATUS io_reparse(struct io_open *open, struct ob_attributes *attributes) {
    UNICODE_STRING name = open->file->FileName;
    if (open->iosb.Information > IO_REMOUNT || !name.Length)
        return STATUS_OBJECT_NAME_INVALID;
    open->file->FileName = (UNICODE_STRING){0};
    ob_free_string(open->m, &attributes->name);
    attributes->name = name;
    if (attributes->root) {
        ob_dereference(open->m, attributes->root);
        attributes->root = NULL;
    }
    return STATUS_SUCCESS;
}

#define IO_REPARSE_LIMIT 32

static NTSTATUS io_open_file(struct io_open *open, struct ob_attributes *attributes) {
    NTSTATUS status = STATUS_OBJECT_NAME_INVALID;
    for (unsigned i = 0; i < IO_REPARSE_LIMIT; i++) {
        open->related = NULL;
        status = io_open_once(open);
        if (status != STATUS_REPARSE) {
            if (!NT_SUCCESS(status) && open->file)
                io_drop_file(open);
            return status;
        }
        status = io_reparse(open, attributes);
        io_drop_file(open);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_OBJECT_NAME_INVALID;
}

static NTSTATUS io_give_handle(struct io_open *open, PHANDLE handle) {
    struct machine *m = open->m;
    PEPROCESS process = m->cpu->thread->process;
    HANDLE value;
    bool kernel = open->mode == KernelMode && open->attributes->attributes & OBJ_KERNEL_HANDLE;
    NTSTATUS status =
        ob_handle_create(m, kernel ? NULL : process, open->file, open->granted, &value);
    if (NT_SUCCESS(status)) {
        open->file->Flags |= FO_HANDLE_CREATED;
        *handle = value;
    }
    ob_dereference(m, open->file);
    return status;
}

NTSTATUS io_create_file(struct machine *m, KPROCESSOR_MODE mode, const struct io_create *create,
                        PHANDLE handle, POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb) {
    struct ob_attributes captured;
    NTSTATUS status = io_check_parameters(create);
    if (NT_SUCCESS(status) && mode == UserMode)
        status = mm_probe(m, handle, sizeof *handle, 4, true);
    if (NT_SUCCESS(status) && mode == UserMode)
        status = mm_probe(m, iosb, sizeof *iosb, 4, true);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_attributes_capture(m, attributes, mode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    struct io_open open = {.m = m, .create = create, .mode = mode, .attributes = &captured};
    status = io_open_file(&open, &captured);
    if (NT_SUCCESS(status)) {
        NTSTATUS given = io_give_handle(&open, handle);
        if (!NT_SUCCESS(given))
            status = given;
    }
    ob_attributes_release(m, &captured);
    if (!NT_ERROR(status) || open.iosb.Status == status) {
        iosb->Status = status;
        iosb->Information = open.iosb.Information;
    }
    return status;
}

/* ---- the services ---- */

static NTSTATUS io_create_service(struct machine *m, KPROCESSOR_MODE mode, PHANDLE handle,
                                  ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                  PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation,
                                  const struct io_create *given) {
    struct io_create create = *given;
    create.access = access;
    if (allocation) {
        if (mode == UserMode) {
            NTSTATUS status = mm_probe(m, allocation, sizeof *allocation, 4, false);
            if (!NT_SUCCESS(status))
                return status;
        }
        create.allocation_size = *allocation;
        if (create.allocation_size.QuadPart < 0)
            return STATUS_INVALID_PARAMETER;
    }
    if (create.ea && create.ea_length && mode == UserMode) {
        NTSTATUS status = mm_probe(m, create.ea, create.ea_length, 4, false);
        if (!NT_SUCCESS(status))
            return status;
    }
    return io_create_file(m, mode, &create, handle, attributes, iosb);
}

NTSTATUS NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                      POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                      ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                      ULONG EaLength) {
    KI_GATE(NtCreateFile);
    struct io_create create = {.attributes = FileAttributes,
                               .share = ShareAccess,
                               .disposition = CreateDisposition,
                               .options = CreateOptions,
                               .ea = EaBuffer,
                               .ea_length = EaLength};
    NTSTATUS status = io_create_service(m, m->cpu->thread->previous_mode, FileHandle, DesiredAccess,
                                        ObjectAttributes, IoStatusBlock, AllocationSize, &create);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                      POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                      ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                      ULONG EaLength) {
    KI_GATE(ZwCreateFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock,
                                   AllocationSize, FileAttributes, ShareAccess, CreateDisposition,
                                   CreateOptions, EaBuffer, EaLength);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                    POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                    ULONG ShareAccess, ULONG OpenOptions) {
    KI_GATE(NtOpenFile);
    struct io_create create = {
        .share = ShareAccess, .disposition = FILE_OPEN, .options = OpenOptions};
    NTSTATUS status = io_create_service(m, m->cpu->thread->previous_mode, FileHandle, DesiredAccess,
                                        ObjectAttributes, IoStatusBlock, NULL, &create);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                    POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                    ULONG ShareAccess, ULONG OpenOptions) {
    KI_GATE(ZwOpenFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtOpenFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock,
                                 ShareAccess, OpenOptions);
    io_leave_kernel(m, old);
    return status;
}

/* What the three creates of drivers share. */
static NTSTATUS io_create_for_driver(struct machine *m, KPROCESSOR_MODE mode, PHANDLE handle,
                                     ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                     PIO_STATUS_BLOCK iosb, PLARGE_INTEGER allocation,
                                     const struct io_create *create) {
    if (create->hint && create->hint->Type != IO_TYPE_DEVICE)
        return STATUS_INVALID_PARAMETER;
    return io_create_service(m, mode, handle, access, attributes, iosb, allocation, create);
}

#define IO_CREATE_PARAMETERS                                                                       \
    {                                                                                              \
        .attributes = FileAttributes, .share = ShareAccess, .disposition = Disposition,            \
        .options = CreateOptions, .ea = EaBuffer, .ea_length = EaLength, .type = CreateFileType,   \
        .extra = InternalParameters, .flags = Options                                              \
    }

/* In the thread of a program's request the parameters count as the program's, and are probed: a
 * driver's own need IO_NO_PARAMETER_CHECKING. The two below never do so. */
NTSTATUS IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                      POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                      ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                      CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options) {
    KI_GATE(IoCreateFile);
    struct io_create create = IO_CREATE_PARAMETERS;
    KPROCESSOR_MODE mode =
        Options & IO_NO_PARAMETER_CHECKING ? KernelMode : m->cpu->thread->previous_mode;
    return io_create_for_driver(m, mode, FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock,
                                AllocationSize, &create);
}

NTSTATUS IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                        POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                        PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                        ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                        CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options,
                        PIO_DRIVER_CREATE_CONTEXT DriverContext) {
    KI_GATE(IoCreateFileEx);
    struct io_create create = IO_CREATE_PARAMETERS;
    if (DriverContext && DriverContext->Size != sizeof *DriverContext)
        return STATUS_INVALID_PARAMETER;
    create.hint = DriverContext ? DriverContext->DeviceObjectHint : NULL;
    return io_create_for_driver(m, KernelMode, FileHandle, DesiredAccess, ObjectAttributes,
                                IoStatusBlock, AllocationSize, &create);
}

NTSTATUS IoCreateFileSpecifyDeviceObjectHint(
    PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
    ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
    CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options, PVOID DeviceObject) {
    KI_GATE(IoCreateFileSpecifyDeviceObjectHint);
    struct io_create create = IO_CREATE_PARAMETERS;
    create.hint = DeviceObject;
    return io_create_for_driver(m, KernelMode, FileHandle, DesiredAccess, ObjectAttributes,
                                IoStatusBlock, AllocationSize, &create);
}
