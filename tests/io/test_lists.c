/* Check lists that do not fit, their order, and answers about what is on its way out. */
#include "io_test.h"

static void devices_are_listed_as_far_as_they_fit(struct machine *m) {
    PDEVICE_OBJECT second, list[2] = {NULL};
    ULONG count = 0;
    test_load(m);
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &second);
    assert_int_equal(IoEnumerateDeviceObjectList(test_driver, list, sizeof list[0], &count),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(count, 2);
    assert_ptr_equal(list[0], second);
    assert_null(list[1]);
    ObDereferenceObject(second);
    IoDeleteDevice(second);
}

static VOID notice(PDEVICE_OBJECT device, BOOLEAN active) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(active);
}

/* Check that the filter that came last, and is farthest from the file systems, is first. */
static void filters_are_listed_from_the_top(struct machine *m) {
    PDRIVER_OBJECT list[2] = {NULL}, upper;
    ULONG count = 0;
    test_load(m);
    upper = wdmsim_driver_object(test_load_filter(m));
    IoRegisterFsRegistrationChange(test_driver, notice);
    IoRegisterFsRegistrationChange(upper, notice);
    assert_int_equal(IoEnumerateRegisteredFiltersList(list, sizeof list[0], &count),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(count, 2);
    assert_ptr_equal(list[0], upper);
    assert_null(list[1]);
    ObDereferenceObject(upper);
    IoEnumerateRegisteredFiltersList(list, sizeof list, &count);
    assert_ptr_equal(list[1], test_driver);
    ObDereferenceObject(upper);
    ObDereferenceObject(test_driver);
    IoUnregisterFsRegistrationChange(test_driver, notice);
    IoUnregisterFsRegistrationChange(upper, notice);
}

static void a_device_that_leaves_is_not_below(struct machine *m) {
    test_load(m);
    test_load_filter(m);
    PDEVICE_OBJECT lower = IoGetLowerDeviceObject(test_filter);
    assert_ptr_equal(lower, test_device);
    ObDereferenceObject(lower);
    IoDeleteDevice(test_device); /* waits for the detach */
    assert_null(IoGetLowerDeviceObject(test_filter));
    IoDetachDevice(test_device);
}

static void an_origin_is_changed_not_repeated(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;
    test_load(m);
    IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device);
    assert_int_equal(IoSetFileOrigin(file, FALSE), STATUS_INVALID_PARAMETER_MIX);
    assert_int_equal(IoSetFileOrigin(file, TRUE), STATUS_SUCCESS);
    assert_int_equal(IoSetFileOrigin(file, TRUE), STATUS_INVALID_PARAMETER_MIX);
    assert_true(IoIsFileOriginRemote(file));
    assert_int_equal(IoSetFileOrigin(file, FALSE), STATUS_SUCCESS);
    assert_false(IoIsFileOriginRemote(file));
    ObDereferenceObject(file);
}

/* Check that what a class needs is the same here and in the service. */
static void setting_a_class_needs_its_rights(struct machine *m) {
    FILE_INFORMATION_CLASS class = FileValidDataLengthInformation;
    UNREFERENCED_PARAMETER(m);
    assert_int_equal(
        IoCheckFunctionAccess(FILE_READ_DATA, IRP_MJ_SET_INFORMATION, 0, 0, &class, NULL),
        STATUS_ACCESS_DENIED);
    assert_int_equal(
        IoCheckFunctionAccess(FILE_WRITE_DATA, IRP_MJ_SET_INFORMATION, 0, 0, &class, NULL),
        STATUS_SUCCESS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(devices_are_listed_as_far_as_they_fit),
        wdmsim_unit_test(filters_are_listed_from_the_top),
        wdmsim_unit_test(a_device_that_leaves_is_not_below),
        wdmsim_unit_test(an_origin_is_changed_not_repeated),
        wdmsim_unit_test(setting_a_class_needs_its_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
