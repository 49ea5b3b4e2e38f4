/* What a driver's own ZwWriteFile, ZwDeviceIoControlFile, ZwFsControlFile and
 * ZwSetVolumeInformationFile send to another driver, and what comes back. */
#include "io_test.h"

#define REVERSE TEST_CODE(0x800, METHOD_BUFFERED)

static char story[8], written[8];
static LONGLONG seen_offset;
static KPROCESSOR_MODE seen_mode;

static void note(char c, PIRP irp) {
    size_t length = strlen(story);
    story[length] = c;
    story[length + 1] = 0;
    seen_mode = irp->RequestorMode;
}

static NTSTATUS keep(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    note('w', irp);
    assert_in_range(stack->Parameters.Write.Length, 1, sizeof written);
    memcpy(written, irp->AssociatedIrp.SystemBuffer, stack->Parameters.Write.Length);
    seen_offset = stack->Parameters.Write.ByteOffset.QuadPart;
    /* The driver moves the position of a file, as file systems do. */
    stack->FileObject->CurrentByteOffset.QuadPart = seen_offset + stack->Parameters.Write.Length;
    return test_complete(irp, STATUS_SUCCESS, stack->Parameters.Write.Length);
}

/* Answers with the input in reverse order. */
static NTSTATUS reverse(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    char *data = irp->AssociatedIrp.SystemBuffer;
    ULONG length = stack->Parameters.DeviceIoControl.InputBufferLength;
    UNREFERENCED_PARAMETER(device);
    note(stack->MajorFunction == IRP_MJ_DEVICE_CONTROL ? 'd' : 'f', irp);
    assert_int_equal(stack->Parameters.DeviceIoControl.IoControlCode, REVERSE);
    if (stack->Parameters.DeviceIoControl.OutputBufferLength < length)
        return test_complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    for (ULONG i = 0; i < length / 2; i++) {
        char other = data[i];
        data[i] = data[length - 1 - i];
        data[length - 1 - i] = other;
    }
    return test_complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS label(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    note('v', irp);
    assert_int_equal(stack->Parameters.SetVolume.FsInformationClass, FileFsObjectIdInformation);
    assert_int_equal(stack->Parameters.SetVolume.Length, sizeof(FILE_FS_OBJECTID_INFORMATION));
    PFILE_FS_OBJECTID_INFORMATION identifier = irp->AssociatedIrp.SystemBuffer;
    return test_complete(irp, identifier->ObjectId[0] == 7 ? STATUS_SUCCESS : STATUS_DISK_FULL, 0);
}

static HANDLE begin(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    story[0] = 0;
    test_flags = DO_BUFFERED_IO;
    test_lower[IRP_MJ_WRITE] = keep;
    test_lower[IRP_MJ_DEVICE_CONTROL] = test_lower[IRP_MJ_FILE_SYSTEM_CONTROL] = reverse;
    test_lower[IRP_MJ_SET_VOLUME_INFORMATION] = label;
    test_load(m);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes,
                                  &iosb, NULL, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL,
                                  0),
                     STATUS_SUCCESS);
    return file;
}

static void what_is_written_arrives(struct machine *m) {
    LARGE_INTEGER offset = {.QuadPart = 4096};
    IO_STATUS_BLOCK iosb = {0};
    HANDLE file = begin(m);
    assert_int_equal(ZwWriteFile(file, NULL, NULL, NULL, &iosb, "abcd", 4, &offset, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 4);
    assert_memory_equal(written, "abcd", 4);
    assert_int_equal(seen_offset, 4096);
    assert_int_equal(seen_mode, KernelMode);
    /* A synchronous file goes on where it was. */
    assert_int_equal(ZwWriteFile(file, NULL, NULL, NULL, &iosb, "ef", 2, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(seen_offset, 4100);
    assert_string_equal(story, "ww");
    ZwClose(file);
}

typedef NTSTATUS NTAPI control(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, ULONG,
                               PVOID, ULONG, PVOID, ULONG);

static void a_control_code_is_answered(struct machine *m, control *send, const char *expected) {
    char in[] = "abc", out[4] = "";
    IO_STATUS_BLOCK iosb = {0};
    HANDLE file = begin(m);
    assert_int_equal(send(file, NULL, NULL, NULL, &iosb, REVERSE, in, 3, out, sizeof out),
                     STATUS_SUCCESS);
    assert_string_equal(out, "cba");
    assert_string_equal(in, "abc");
    assert_int_equal(iosb.Information, 3);
    assert_int_equal(seen_mode, KernelMode);
    assert_int_equal(send(file, NULL, NULL, NULL, &iosb, REVERSE, in, 3, out, 2),
                     STATUS_BUFFER_TOO_SMALL);
    assert_string_equal(story, expected);
    ZwClose(file);
}

static void a_device_control_is_answered(struct machine *m) {
    a_control_code_is_answered(m, ZwDeviceIoControlFile, "dd");
}

static void a_file_system_control_is_answered(struct machine *m) {
    a_control_code_is_answered(m, ZwFsControlFile, "ff");
}

static void volume_information_is_set(struct machine *m) {
    FILE_FS_OBJECTID_INFORMATION identifier = {.ObjectId = {7}};
    IO_STATUS_BLOCK iosb = {0};
    HANDLE file = begin(m);
    assert_int_equal(ZwSetVolumeInformationFile(file, &iosb, &identifier, sizeof identifier,
                                                FileFsObjectIdInformation),
                     STATUS_SUCCESS);
    identifier.ObjectId[0] = 8;
    assert_int_equal(ZwSetVolumeInformationFile(file, &iosb, &identifier, sizeof identifier,
                                                FileFsObjectIdInformation),
                     STATUS_DISK_FULL);
    assert_int_equal(
        ZwSetVolumeInformationFile(file, &iosb, &identifier, 3, FileFsObjectIdInformation),
        STATUS_INFO_LENGTH_MISMATCH);
    assert_string_equal(story, "vv");
    ZwClose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(what_is_written_arrives),
        wdmsim_unit_test(a_device_control_is_answered),
        wdmsim_unit_test(a_file_system_control_is_answered),
        wdmsim_unit_test(volume_information_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
