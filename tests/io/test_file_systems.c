/* For file systems: registration and who hears of it, stream files, paging reads, lists of extended
 * attributes. */
#include "io_test.h"

static unsigned arrivals, departures;

static VOID notice(PDEVICE_OBJECT device, BOOLEAN active) {
    UNREFERENCED_PARAMETER(device);
    if (active)
        arrivals++;
    else
        departures++;
}

static void filters_hear_of_file_systems(struct machine *m) {
    PDEVICE_OBJECT first, second;
    test_load(m);
    arrivals = departures = 0;
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &first);
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_CD_ROM_FILE_SYSTEM, 0, FALSE, &second);
    IoRegisterFileSystem(first);
    assert_int_equal(IoRegisterFsRegistrationChange(test_driver, notice), STATUS_SUCCESS);
    assert_int_equal(arrivals, 1);
    assert_int_equal(IoRegisterFsRegistrationChangeEx(test_driver, notice),
                     STATUS_DEVICE_ALREADY_ATTACHED);
    PDRIVER_OBJECT filters[2] = {NULL};
    ULONG count;
    assert_int_equal(IoEnumerateRegisteredFiltersList(NULL, 0, &count), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(IoEnumerateRegisteredFiltersList(filters, sizeof filters, &count),
                     STATUS_SUCCESS);
    assert_int_equal(count, 1);
    assert_ptr_equal(filters[0], test_driver);
    ObDereferenceObject(filters[0]);
    IoRegisterFileSystem(second);
    assert_int_equal(arrivals, 2);
    IoRegisterFileSystem(test_device);
    assert_int_equal(arrivals, 2);
    IoUnregisterFileSystem(first);
    assert_int_equal(departures, 1);
    IoUnregisterFsRegistrationChange(test_driver, notice);
    IoUnregisterFileSystem(second);
    assert_int_equal(departures, 1);
}

static char story[16];

static NTSTATUS follow(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    strcat(story, IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_CLEANUP ? "u" : "c");
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void stream_files(struct machine *m) {
    test_lower[IRP_MJ_CLEANUP] = test_lower[IRP_MJ_CLOSE] = follow;
    test_load(m);
    story[0] = 0;
    PFILE_OBJECT file = IoCreateStreamFileObject(NULL, test_device);
    assert_true(file->Flags & FO_STREAM_FILE);
    assert_string_equal(story, "u");
    assert_int_equal(test_device->ReferenceCount, 1);
    ObDereferenceObject(file);
    assert_string_equal(story, "uc");
    assert_int_equal(test_device->ReferenceCount, 0);
    file = IoCreateStreamFileObjectLite(NULL, test_device);
    ObDereferenceObject(file);
    assert_string_equal(story, "ucc");
}

static NTSTATUS page_in(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    assert_true(irp->Flags & IRP_PAGING_IO);
    memset(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority), 'p',
           IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length);
    return test_complete(irp, STATUS_SUCCESS,
                         IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length);
}

static void a_page_is_read(struct machine *m) {
    KEVENT event;
    IO_STATUS_BLOCK iosb = {0};
    LARGE_INTEGER offset = {.QuadPart = 4096};
    test_lower[IRP_MJ_READ] = page_in;
    test_load(m);
    PFILE_OBJECT file = IoCreateStreamFileObjectLite(NULL, test_device);
    char *page = ExAllocatePool2(POOL_FLAG_NON_PAGED, 4096, 0x65676150);
    PMDL mdl = IoAllocateMdl(page, 4096, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    assert_int_equal(IoPageRead(file, mdl, &offset, &event, &iosb), STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(&event), 1);
    assert_int_equal(iosb.Information, 4096);
    assert_int_equal(page[4095], 'p');
    IoFreeMdl(mdl);
    ExFreePoolWithTag(page, 0x65676150);
    ObDereferenceObject(file);
}

static void lists_of_extended_attributes(struct machine *m) {
    ULONG64 storage[8] = {0};
    PFILE_FULL_EA_INFORMATION first = (PVOID)storage, second;
    ULONG offset;
    UNREFERENCED_PARAMETER(m);
    first->EaNameLength = 2;
    first->EaValueLength = 3;
    memcpy(first->EaName, "AB\0xyz", 6);
    first->NextEntryOffset = 16;
    second = (PVOID)((char *)storage + 16);
    second->EaNameLength = 1;
    memcpy(second->EaName, "C", 2);
    assert_int_equal(IoCheckEaBufferValidity(first, 26, &offset), STATUS_SUCCESS);
    assert_int_equal(IoCheckEaBufferValidity(first, 24, &offset), STATUS_EA_LIST_INCONSISTENT);
    assert_int_equal(offset, 16);
    second->EaName[1] = 'D';
    assert_int_equal(IoCheckEaBufferValidity(first, 26, &offset), STATUS_EA_LIST_INCONSISTENT);
    first->NextEntryOffset = 15;
    assert_int_equal(IoCheckEaBufferValidity(first, 26, &offset), STATUS_EA_LIST_INCONSISTENT);
    assert_int_equal(offset, 0);
}

static void access_for_a_function(struct machine *m) {
    ACCESS_MASK desired = GENERIC_READ;
    UNREFERENCED_PARAMETER(m);
    assert_int_equal(IoCheckDesiredAccess(&desired, FILE_GENERIC_READ), STATUS_SUCCESS);
    assert_int_equal(desired, FILE_GENERIC_READ);
    desired = FILE_WRITE_DATA;
    assert_int_equal(IoCheckDesiredAccess(&desired, FILE_GENERIC_READ), STATUS_ACCESS_DENIED);
    assert_int_equal(IoCheckFunctionAccess(FILE_APPEND_DATA, IRP_MJ_WRITE, 0, 0, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(IoCheckFunctionAccess(FILE_APPEND_DATA, IRP_MJ_READ, 0, 0, NULL, NULL),
                     STATUS_ACCESS_DENIED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(filters_hear_of_file_systems),
        wdmsim_unit_test(stream_files),
        wdmsim_unit_test(a_page_is_read),
        wdmsim_unit_test(lists_of_extended_attributes),
        wdmsim_unit_test(access_for_a_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
