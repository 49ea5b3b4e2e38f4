/* Querying and setting files: what the I/O manager answers itself, and what it asks the driver. */
#include "io_test.h"

static IO_STATUS_BLOCK iosb;

static HANDLE open_kernel(ULONG options) {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    HANDLE file = NULL;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes,
                                &iosb, 0, options),
                     STATUS_SUCCESS);
    return file;
}

static void a_synchronous_file_has_a_position(struct machine *m) {
    FILE_POSITION_INFORMATION position = {{.QuadPart = 77}};
    test_load(m);
    HANDLE file = open_kernel(FILE_SYNCHRONOUS_IO_NONALERT);
    assert_int_equal(
        ZwSetInformationFile(file, &iosb, &position, sizeof position, FilePositionInformation),
        STATUS_SUCCESS);
    position.CurrentByteOffset.QuadPart = 0;
    assert_int_equal(
        ZwQueryInformationFile(file, &iosb, &position, sizeof position, FilePositionInformation),
        STATUS_SUCCESS);
    assert_int_equal(position.CurrentByteOffset.QuadPart, 77);
    assert_int_equal(iosb.Information, sizeof position);
    position.CurrentByteOffset.QuadPart = -1;
    assert_int_equal(
        ZwSetInformationFile(file, &iosb, &position, sizeof position, FilePositionInformation),
        STATUS_INVALID_PARAMETER);
    ULONG mode = 0;
    assert_int_equal(ZwQueryInformationFile(file, &iosb, &mode, sizeof mode, FileModeInformation),
                     STATUS_SUCCESS);
    assert_int_equal(mode, FILE_SYNCHRONOUS_IO_NONALERT);
    ZwClose(file);
}

static NTSTATUS standard(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PFILE_STANDARD_INFORMATION information = irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(device);
    if (stack->Parameters.QueryFile.FileInformationClass != FileStandardInformation)
        return test_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    memset(information, 0, sizeof *information);
    information->EndOfFile.QuadPart = 4711;
    return test_complete(irp, STATUS_SUCCESS, sizeof *information);
}

static void a_driver_answers_the_rest(struct machine *m) {
    FILE_STANDARD_INFORMATION information;
    ULONG returned;
    test_lower[IRP_MJ_QUERY_INFORMATION] = standard;
    test_load(m);
    for (unsigned i = 0; i < 2; i++) {
        HANDLE file = open_kernel(i ? FILE_SYNCHRONOUS_IO_NONALERT : 0);
        memset(&information, 0, sizeof information);
        assert_int_equal(ZwQueryInformationFile(file, &iosb, &information, sizeof information,
                                                FileStandardInformation),
                         STATUS_SUCCESS);
        assert_int_equal(information.EndOfFile.QuadPart, 4711);
        FILE_BASIC_INFORMATION basic;
        assert_int_equal(
            ZwQueryInformationFile(file, &iosb, &basic, sizeof basic, FileBasicInformation),
            STATUS_INVALID_DEVICE_REQUEST);
        ZwClose(file);
    }
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    PFILE_OBJECT object;
    PDEVICE_OBJECT device;
    IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &object, &device);
    memset(&information, 0, sizeof information);
    assert_int_equal(IoQueryFileInformation(object, FileStandardInformation, sizeof information,
                                            &information, &returned),
                     STATUS_SUCCESS);
    assert_int_equal(information.EndOfFile.QuadPart, 4711);
    assert_int_equal(returned, sizeof information);
}

static void wrong_classes_and_lengths(struct machine *m) {
    char buffer[64];
    test_load(m);
    HANDLE file = open_kernel(0);
    assert_int_equal(ZwQueryInformationFile(file, &iosb, buffer, 4, FileStandardInformation),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(ZwQueryInformationFile(file, &iosb, buffer, 64, FileRenameInformation),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal(IoCheckQuerySetFileInformation(FilePositionInformation, 8, TRUE),
                     STATUS_SUCCESS);
    assert_int_equal(IoCheckQuerySetFileInformation(FilePositionInformation, 7, TRUE),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(IoCheckQuerySetFileInformation(FileMaximumInformation, 64, FALSE),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal(IoCheckQuerySetVolumeInformation(FileFsDeviceInformation, 4, FALSE),
                     STATUS_INFO_LENGTH_MISMATCH);
    ZwClose(file);
}

static void the_kind_of_device(struct machine *m) {
    FILE_FS_DEVICE_INFORMATION information = {0};
    test_load(m);
    HANDLE file = open_kernel(0);
    assert_int_equal(ZwQueryVolumeInformationFile(file, &iosb, &information, sizeof information,
                                                  FileFsDeviceInformation),
                     STATUS_SUCCESS);
    assert_int_equal(information.DeviceType, FILE_DEVICE_UNKNOWN);
    ZwClose(file);
}

static IO_PRIORITY_HINT seen_hint;

static NTSTATUS look_at_hint(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    seen_hint = IoGetIoPriorityHint(irp);
    return test_complete(irp, STATUS_SUCCESS, 0);
}

/* Check that a file's priority hint is on its IRPs. */
static void a_priority_hint_travels(struct machine *m) {
    FILE_IO_PRIORITY_HINT_INFORMATION hint = {IoPriorityLow};
    LARGE_INTEGER offset = {.QuadPart = 0};
    char data[4];
    test_lower[IRP_MJ_READ] = look_at_hint;
    test_load(m);
    HANDLE file = open_kernel(FILE_SYNCHRONOUS_IO_NONALERT);
    ZwReadFile(file, NULL, NULL, NULL, &iosb, data, 4, &offset, NULL);
    assert_int_equal(seen_hint, IoPriorityNormal);
    assert_int_equal(
        ZwSetInformationFile(file, &iosb, &hint, sizeof hint, FileIoPriorityHintInformation),
        STATUS_SUCCESS);
    ZwReadFile(file, NULL, NULL, NULL, &iosb, data, 4, &offset, NULL);
    assert_int_equal(seen_hint, IoPriorityLow);
    ZwClose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_synchronous_file_has_a_position),
        wdmsim_unit_test(a_driver_answers_the_rest),
        wdmsim_unit_test(wrong_classes_and_lengths),
        wdmsim_unit_test(the_kind_of_device),
        wdmsim_unit_test(a_priority_hint_travels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
