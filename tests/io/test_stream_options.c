/* Check the options of IoCreateStreamFileObjectEx2. */
#include "io_test.h"

static char story[16];

static NTSTATUS tell(PDEVICE_OBJECT device, PIRP irp) {
    bool cleanup = IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_CLEANUP;
    if (device == test_filter) {
        strcat(story, cleanup ? "U" : "C");
        return test_pass(device, irp);
    }
    strcat(story, cleanup ? "u" : "c");
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void begin(struct machine *m) {
    test_lower[IRP_MJ_CLEANUP] = test_lower[IRP_MJ_CLOSE] = tell;
    test_upper[IRP_MJ_CLEANUP] = test_upper[IRP_MJ_CLOSE] = tell;
    test_load(m);
    test_load_filter(m);
    story[0] = 0;
}

static void requests_go_to_the_target(struct machine *m) {
    IO_CREATE_STREAM_FILE_OPTIONS options = {sizeof options, 0, NULL};
    PFILE_OBJECT file;
    HANDLE handle;
    begin(m);
    IoCreateStreamFileObjectEx2(&options, NULL, test_device, &file, &handle);
    ZwClose(handle);
    ObDereferenceObject(file);
    assert_string_equal(story, "UuCc");
    options.TargetDeviceObject = test_device;
    IoCreateStreamFileObjectEx2(&options, NULL, test_device, &file, &handle);
    assert_ptr_equal(IoGetRelatedDeviceObject(file), test_device);
    ZwClose(handle);
    ObDereferenceObject(file);
    assert_string_equal(story, "UuCcuc");
}

static void a_light_one_has_no_handle_and_no_end(struct machine *m) {
    IO_CREATE_STREAM_FILE_OPTIONS options = {sizeof options, IO_CREATE_STREAM_FILE_LITE, NULL};
    PFILE_OBJECT file;
    begin(m);
    assert_int_equal(IoCreateStreamFileObjectEx2(&options, NULL, test_device, &file, NULL),
                     STATUS_SUCCESS);
    assert_true(file->Flags & FO_STREAM_FILE);
    assert_false(file->Flags & FO_HANDLE_CREATED);
    ObDereferenceObject(file);
    assert_string_equal(story, "");
    assert_int_equal(test_device->ReferenceCount, 0);
}

static void a_target_is_a_device_of_the_stack(struct machine *m) {
    IO_CREATE_STREAM_FILE_OPTIONS options = {sizeof options, 0, NULL};
    PFILE_OBJECT file;
    begin(m);
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE,
                   &options.TargetDeviceObject);
    assert_int_equal(IoCreateStreamFileObjectEx2(&options, NULL, test_device, &file, NULL),
                     STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
    assert_string_equal(story, "");
    assert_int_equal(test_device->ReferenceCount, 0);
    IoDeleteDevice(options.TargetDeviceObject);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(requests_go_to_the_target),
        wdmsim_unit_test(a_light_one_has_no_handle_and_no_end),
        wdmsim_unit_test(a_target_is_a_device_of_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
