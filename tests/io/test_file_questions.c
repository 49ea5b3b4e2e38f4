/* Check what drivers ask about files and devices: whose volume, under what name, where from; and
 * the ways of older and of rarer files that the machine does not have. */
#include "io_test.h"

static PFILE_OBJECT open_file(struct machine *m, PFILE_OBJECT *file) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(m);
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, file, &device),
                     STATUS_SUCCESS);
    return *file;
}

static void generic_rights_of_files(struct machine *m) {
    PGENERIC_MAPPING mapping = IoGetFileObjectGenericMapping();
    ACCESS_MASK access = GENERIC_READ;
    UNREFERENCED_PARAMETER(m);
    RtlMapGenericMask(&access, mapping);
    assert_int_equal(access, FILE_GENERIC_READ);
    assert_int_equal(mapping->GenericAll, FILE_ALL_ACCESS);
}

/* Nothing makes files of a transaction, with an oplock key, for a copy, or for somebody else. */
static void files_that_do_not_exist_here(struct machine *m) {
    PFILE_OBJECT file;
    test_load(m);
    open_file(m, &file);
    assert_null(IoGetTransactionParameterBlock(file));
    assert_null(IoGetOplockKeyContext(file));
    assert_null(IoGetOplockKeyContextEx(file));
    assert_null(IoGetInitiatorProcess(file));
    assert_false(IoCheckFileObjectOpenedAsCopySource(file));
    assert_false(IoCheckFileObjectOpenedAsCopyDestination(file));
    ObDereferenceObject(file);
}

static void a_file_remembers_its_origin(struct machine *m) {
    PFILE_OBJECT file;
    test_load(m);
    open_file(m, &file);
    assert_false(IoIsFileOriginRemote(file));
    assert_int_equal(IoSetFileOrigin(file, TRUE), STATUS_SUCCESS);
    assert_true(IoIsFileOriginRemote(file));
    IoSetFileOrigin(file, FALSE);
    assert_false(IoIsFileOriginRemote(file));
    ObDereferenceObject(file);
}

static void a_file_remembers_its_shadow(struct machine *m) {
    PFILE_OBJECT file, behind;
    test_load(m);
    open_file(m, &file);
    open_file(m, &behind);
    assert_null(IoGetShadowFileInformation(file));
    assert_int_equal(IoSetShadowFileInformation(file, behind, m), STATUS_SUCCESS);
    assert_ptr_equal(IoGetShadowFileInformation(file)->BackingFileObject, behind);
    assert_ptr_equal(IoGetShadowFileInformation(file)->BackingFltInstance, m);
    ObDereferenceObject(file);
    ObDereferenceObject(behind);
}

static void keep_alive_counts_balance(struct machine *m) {
    PFILE_OBJECT file;
    test_load(m);
    open_file(m, &file);
    PEPROCESS process = PsGetCurrentProcess();
    assert_int_equal(IoDecrementKeepAliveCount(file, process), STATUS_INVALID_PARAMETER);
    assert_int_equal(IoIncrementKeepAliveCount(file, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(IoIncrementKeepAliveCount(file, process), STATUS_SUCCESS);
    assert_int_equal(IoDecrementKeepAliveCount(file, process), STATUS_SUCCESS);
    assert_int_equal(IoDecrementKeepAliveCount(file, process), STATUS_INVALID_PARAMETER);
    ObDereferenceObject(file);
}

/* A create handler gives the file another name; it may be longer. */
static void a_file_gets_another_name(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower\\ab");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    PFILE_OBJECT file;
    test_load(m);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenFile(&handle, FILE_READ_DATA, &attributes, &iosb, 0, 0), STATUS_SUCCESS);
    ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL);
    assert_int_equal(IoReplaceFileObjectName(file, L"\\x", 4), STATUS_SUCCESS);
    assert_int_equal(file->FileName.Length, 4);
    assert_memory_equal(file->FileName.Buffer, L"\\x", 4);
    assert_int_equal(IoReplaceFileObjectName(file, L"\\much longer", 24), STATUS_SUCCESS);
    assert_memory_equal(file->FileName.Buffer, L"\\much longer", 24);
    ObDereferenceObject(file);
    ZwClose(handle);
}

/* ---- volumes ---- */

static void a_volume_and_its_disk(struct machine *m) {
    PDEVICE_OBJECT disk, volume, found;
    PFILE_OBJECT file;
    test_load(m);
    assert_int_equal(IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_DISK, 0, FALSE, &disk),
                     STATUS_SUCCESS);
    assert_int_equal(
        IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &volume),
        STATUS_SUCCESS);
    assert_int_equal(IoGetDiskDeviceObject(volume, &found), STATUS_VOLUME_DISMOUNTED);
    KIRQL irql;
    IoAcquireVpbSpinLock(&irql);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    disk->Vpb->DeviceObject = volume;
    disk->Vpb->RealDevice = disk;
    volume->Vpb = disk->Vpb;
    IoReleaseVpbSpinLock(irql);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(IoGetDiskDeviceObject(volume, &found), STATUS_SUCCESS);
    assert_ptr_equal(found, disk);
    ObDereferenceObject(found);
    assert_int_equal(IoGetDiskDeviceObject(disk, &found), STATUS_INVALID_PARAMETER);
    file = IoCreateStreamFileObjectLite(NULL, disk);
    assert_ptr_equal(IoGetBaseFileSystemDeviceObject(file), volume);
    volume->Vpb = NULL;
    disk->Vpb->DeviceObject = NULL;
    assert_ptr_equal(IoGetBaseFileSystemDeviceObject(file), disk);
    ObDereferenceObject(file);
}

static void a_drive_letter(struct machine *m) {
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Q:"),
                   device = RTL_CONSTANT_STRING(L"\\Device\\lower"), name;
    POBJECT_NAME_INFORMATION path;
    PFILE_OBJECT file;
    test_load(m);
    open_file(m, &file);
    assert_int_equal(IoVolumeDeviceToDosName(test_device, &name), STATUS_INVALID_PARAMETER);
    assert_int_equal(IoQueryFileDosDeviceName(file, &path), STATUS_OBJECT_PATH_NOT_FOUND);
    IoCreateSymbolicLink(&link, &device);
    assert_int_equal(IoVolumeDeviceToDosName(test_device, &name), STATUS_SUCCESS);
    assert_memory_equal(name.Buffer, L"Q:", 6);
    ExFreePool(name.Buffer);
    assert_int_equal(RtlVolumeDeviceToDosName(test_device, &name), STATUS_SUCCESS);
    assert_int_equal(name.Length, 4);
    ExFreePool(name.Buffer);
    assert_int_equal(IoQueryFileDosDeviceName(file, &path), STATUS_SUCCESS);
    assert_int_equal(path->Name.Length, 4);
    assert_memory_equal(path->Name.Buffer, L"Q:", 4);
    ExFreePool(path);
    ObDereferenceObject(file);
}

static void arc_names_are_links(struct machine *m) {
    UNICODE_STRING arc = RTL_CONSTANT_STRING(L"\\ArcName"),
                   device = RTL_CONSTANT_STRING(L"\\Device\\lower");
    PFILE_OBJECT file;
    PDEVICE_OBJECT found;
    test_load(m);
    assert_int_equal(IoAssignArcName(&arc, &device), STATUS_SUCCESS);
    assert_int_equal(IoGetDeviceObjectPointer(&arc, FILE_READ_DATA, &file, &found), STATUS_SUCCESS);
    assert_ptr_equal(found, test_device);
    ObDereferenceObject(file);
    assert_int_equal(IoDeassignArcName(&arc), STATUS_SUCCESS);
    assert_int_equal(IoGetDeviceObjectPointer(&arc, FILE_READ_DATA, &file, &found),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

/* ---- asking a driver by file object ---- */

static IO_STACK_LOCATION seen;

static NTSTATUS answer(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    seen = *IoGetCurrentIrpStackLocation(irp);
    if (seen.MajorFunction == IRP_MJ_QUERY_VOLUME_INFORMATION)
        *(PULONG)irp->AssociatedIrp.SystemBuffer = 4711;
    return test_complete(irp, STATUS_SUCCESS, sizeof(ULONG));
}

static void a_driver_asks_by_file_object(struct machine *m) {
    PFILE_OBJECT file;
    ULONG value = 0, length;
    test_lower[IRP_MJ_QUERY_VOLUME_INFORMATION] = test_lower[IRP_MJ_SET_INFORMATION] = answer;
    test_load(m);
    open_file(m, &file);
    assert_int_equal(
        IoQueryVolumeInformation(file, FileFsVolumeInformation, sizeof value, &value, &length),
        STATUS_SUCCESS);
    assert_int_equal(value, 4711);
    assert_int_equal(length, sizeof value);
    assert_int_equal(seen.Parameters.QueryVolume.FsInformationClass, FileFsVolumeInformation);
    assert_int_equal(IoSetInformation(file, FileEndOfFileInformation, sizeof value, &value),
                     STATUS_SUCCESS);
    assert_int_equal(seen.MajorFunction, IRP_MJ_SET_INFORMATION);
    assert_int_equal(seen.Parameters.SetFile.FileInformationClass, FileEndOfFileInformation);
    ObDereferenceObject(file);
}

static char written[4096];

static NTSTATUS page_out(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    assert_true(irp->Flags & IRP_PAGING_IO);
    seen = *IoGetCurrentIrpStackLocation(irp);
    memcpy(written, MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority),
           sizeof written);
    return test_complete(irp, STATUS_SUCCESS, sizeof written);
}

static void a_page_is_written(struct machine *m) {
    KEVENT event;
    IO_STATUS_BLOCK iosb = {0};
    LARGE_INTEGER offset = {.QuadPart = 8192};
    test_lower[IRP_MJ_WRITE] = page_out;
    test_load(m);
    PFILE_OBJECT file = IoCreateStreamFileObjectLite(NULL, test_device);
    char *page = ExAllocatePool2(POOL_FLAG_NON_PAGED, 4096, 0x65676150);
    PMDL mdl = IoAllocateMdl(page, 4096, FALSE, FALSE, NULL);
    memset(page, 'w', 4096);
    MmBuildMdlForNonPagedPool(mdl);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    assert_int_equal(IoSynchronousPageWrite(file, mdl, &offset, &event, &iosb), STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 4096);
    assert_int_equal(written[4095], 'w');
    assert_int_equal(seen.Parameters.Write.ByteOffset.QuadPart, 8192);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(page, 0x65676150);
    ObDereferenceObject(file);
}

static void stream_files_with_handles(struct machine *m) {
    IO_CREATE_STREAM_FILE_OPTIONS options = {sizeof options, 0, NULL};
    PFILE_OBJECT file, again;
    HANDLE handle = NULL;
    test_load(m);
    file = IoCreateStreamFileObjectEx(NULL, test_device, &handle);
    assert_non_null(handle);
    ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&again, NULL);
    assert_ptr_equal(again, file);
    ObDereferenceObject(again);
    ZwClose(handle);
    ObDereferenceObject(file);
    handle = NULL;
    assert_int_equal(IoCreateStreamFileObjectEx2(&options, NULL, test_device, &file, &handle),
                     STATUS_SUCCESS);
    assert_true(file->Flags & FO_STREAM_FILE);
    ZwClose(handle);
    ObDereferenceObject(file);
    assert_int_equal(test_device->ReferenceCount, 0);
    options.Size = 1;
    assert_int_equal(IoCreateStreamFileObjectEx2(&options, NULL, test_device, &file, &handle),
                     STATUS_INVALID_PARAMETER);
}

static unsigned notices;

static VOID notice(PDEVICE_OBJECT device, BOOLEAN active) {
    UNREFERENCED_PARAMETER(device);
    notices += active;
}

static void a_mount_aware_watcher(struct machine *m) {
    PDEVICE_OBJECT device;
    test_load(m);
    notices = 0;
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &device);
    assert_int_equal(IoRegisterFsRegistrationChangeMountAware(test_driver, notice, TRUE),
                     STATUS_SUCCESS);
    IoRegisterFileSystem(device);
    assert_int_equal(notices, 1);
    IoUnregisterFsRegistrationChange(test_driver, notice);
    IoUnregisterFileSystem(device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(generic_rights_of_files),
        wdmsim_unit_test(files_that_do_not_exist_here),
        wdmsim_unit_test(a_file_remembers_its_origin),
        wdmsim_unit_test(a_file_remembers_its_shadow),
        wdmsim_unit_test(keep_alive_counts_balance),
        wdmsim_unit_test(a_file_gets_another_name),
        wdmsim_unit_test(a_volume_and_its_disk),
        wdmsim_unit_test(a_drive_letter),
        wdmsim_unit_test(arc_names_are_links),
        wdmsim_unit_test(a_driver_asks_by_file_object),
        wdmsim_unit_test(a_page_is_written),
        wdmsim_unit_test(stream_files_with_handles),
        wdmsim_unit_test(a_mount_aware_watcher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
