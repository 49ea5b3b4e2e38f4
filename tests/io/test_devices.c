/* Device objects: creation, names, stacks, deletion that waits. */
#include "io_test.h"

static void a_new_device_has_what_it_was_asked_for(struct machine *m) {
    PDEVICE_OBJECT device;
    test_load(m);
    assert_int_equal(IoCreateDevice(test_driver, 100, NULL, FILE_DEVICE_DISK,
                                    FILE_DEVICE_SECURE_OPEN, FALSE, &device),
                     STATUS_SUCCESS);
    assert_int_equal(device->Type, IO_TYPE_DEVICE);
    assert_int_equal(device->Size, sizeof(DEVICE_OBJECT) + 100);
    assert_int_equal(device->StackSize, 1);
    assert_int_equal(device->SectorSize, 512);
    assert_true(device->Flags & DO_DEVICE_INITIALIZING);
    assert_int_equal(device->Characteristics, FILE_DEVICE_SECURE_OPEN);
    assert_ptr_equal(device->DriverObject, test_driver);
    assert_ptr_equal(test_driver->DeviceObject, device);
    assert_ptr_equal(device->NextDevice, test_device);
    assert_non_null(device->Vpb);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(((PUCHAR)device->DeviceExtension)[i], 0);
    IoDeleteDevice(device);
    assert_ptr_equal(test_driver->DeviceObject, test_device);
    assert_false(test_device->Flags & DO_DEVICE_INITIALIZING);
}

static void a_name_is_taken_once(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\LOWER");
    PDEVICE_OBJECT device;
    test_load(m);
    assert_int_equal(IoCreateDevice(test_driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_ptr_equal(test_driver->DeviceObject, test_device);
}

static void attaching_makes_a_stack(struct machine *m) {
    PDEVICE_OBJECT third, lower;
    test_load(m);
    test_device->AlignmentRequirement = FILE_LONG_ALIGNMENT;
    test_load_filter(m);
    assert_int_equal(test_filter->StackSize, 2);
    assert_int_equal(test_filter->AlignmentRequirement, FILE_LONG_ALIGNMENT);
    assert_int_equal(IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &third),
                     STATUS_SUCCESS);
    assert_int_equal(IoAttachDeviceToDeviceStackSafe(third, test_device, &lower), STATUS_SUCCESS);
    assert_ptr_equal(lower, test_filter);
    assert_int_equal(third->StackSize, 3);
    assert_ptr_equal(IoGetAttachedDevice(test_device), third);
    assert_ptr_equal(IoGetLowerDeviceObject(third), test_filter);
    assert_ptr_equal(IoGetDeviceAttachmentBaseRef(third), test_device);
    PDEVICE_OBJECT all[2] = {NULL};
    ULONG count;
    assert_int_equal(IoEnumerateDeviceObjectList(test_driver, all, sizeof all, &count),
                     STATUS_SUCCESS);
    assert_int_equal(count, 2);
    assert_ptr_equal(all[0], third);
    ObDereferenceObject(all[0]);
    ObDereferenceObject(all[1]);
    IoDetachDevice(test_filter);
    assert_ptr_equal(IoGetAttachedDevice(test_device), test_filter);
    assert_int_equal(IoAttachDeviceByPointer(third, test_device), STATUS_SUCCESS);
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(test_device);
    assert_ptr_equal(top, third);
    ObDereferenceObject(top);
    IoDetachDevice(test_filter);
    IoDeleteDevice(third);
}

/* Check that the device of a name is found, and what is on top of it. */
static void attaching_by_name(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower"),
                   nobody = RTL_CONSTANT_STRING(L"\\Device\\nobody");
    PDEVICE_OBJECT third, lower;
    test_load(m);
    test_device->AlignmentRequirement = FILE_LONG_ALIGNMENT;
    test_load_filter(m);
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &third);
    assert_int_equal(IoAttachDevice(third, &nobody, &lower), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoAttachDevice(third, &name, &lower), STATUS_SUCCESS);
    assert_ptr_equal(lower, test_filter);
    assert_ptr_equal(IoGetAttachedDevice(test_device), third);
    assert_int_equal(third->StackSize, 3);
    assert_int_equal(third->AlignmentRequirement, FILE_LONG_ALIGNMENT);
    assert_int_equal(test_device->ReferenceCount, 0); /* nothing stays open */
    IoDetachDevice(lower);
    IoDeleteDevice(third);
}

/* Check that nobody attaches to a device that is still initialising. */
static void an_initialising_device_cannot_be_attached_to(struct machine *m) {
    PDEVICE_OBJECT first, second;
    test_load(m);
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &first);
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &second);
    assert_null(IoAttachDeviceToDeviceStack(second, first));
    first->Flags &= ~DO_DEVICE_INITIALIZING;
    assert_ptr_equal(IoAttachDeviceToDeviceStack(second, first), first);
    IoDetachDevice(first);
    IoDeleteDevice(first);
    IoDeleteDevice(second);
}

/* Check that a device that is open goes with its last close, and its name at once. */
static void deletion_waits_for_the_close(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\second");
    PDEVICE_OBJECT device;
    test_load(m);
    IoCreateDevice(test_driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    uint64_t handle =
        wdmsim_request_handle(TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\Device\\second"));
    IoDeleteDevice(device);
    assert_ptr_equal(test_driver->DeviceObject, device);
    struct wdmsim_request *again =
        TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\Device\\second");
    assert_int_equal(wdmsim_request_status(again), (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
    test_close(m, handle);
    wdmsim_settle(m);
    assert_ptr_equal(test_driver->DeviceObject, test_device);
}

/* Check that a device that was deleted before it was detached goes when it is; while rules are
 * checked that is a bug check. */
static const struct wdmsim_config unchecked = {.processors = 1};

static void deletion_waits_for_the_detach(struct machine *m) {
    PDEVICE_OBJECT third;
    test_load(m);
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &third);
    IoAttachDeviceToDeviceStack(third, test_device);
    IoDeleteDevice(third);
    assert_ptr_equal(IoGetAttachedDevice(test_device), third);
    IoDetachDevice(test_device);
    assert_ptr_equal(test_driver->DeviceObject, test_device);
}

static void twice_body(struct machine *m) {
    test_load(m);
    test_open(m);
    IoDeleteDevice(test_device);
    IoDeleteDevice(test_device);
}

static void a_device_is_deleted_once(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(twice_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x240);
}

static void nothing_to_detach_body(struct machine *m) {
    test_load(m);
    IoDetachDevice(test_device);
}

static void detaching_needs_an_attachment(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(nothing_to_detach_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x202);
}

/* Check that a device found by name comes with an open file, and goes with it. */
static void a_device_pointer_by_name(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    PFILE_OBJECT file;
    PDEVICE_OBJECT device;
    test_load(m);
    test_load_filter(m);
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device),
                     STATUS_SUCCESS);
    assert_ptr_equal(device, test_filter);
    assert_ptr_equal(IoGetRelatedDeviceObject(file), test_filter);
    assert_ptr_equal(file->DeviceObject, test_device);
    assert_int_equal(test_device->ReferenceCount, 1);
    ObDereferenceObject(file);
    assert_int_equal(test_device->ReferenceCount, 0);
}

static void the_views_name_the_stack(struct machine *m) {
    char text[1000];
    test_load(m);
    test_load_filter(m);
    assert_true(wdmsim_show_devstack(m, "\\\\.\\lower", text, sizeof text) > 0);
    char *upper = strstr(text, "\\Driver\\upper"), *lower = strstr(text, "\\Driver\\lower");
    assert_true(upper && lower && upper < lower);
    wdmsim_show_drivers(m, text, sizeof text);
    assert_non_null(strstr(text, "link \\GLOBAL?\?\\lower"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_new_device_has_what_it_was_asked_for),
        wdmsim_unit_test(a_name_is_taken_once),
        wdmsim_unit_test(attaching_makes_a_stack),
        wdmsim_unit_test(attaching_by_name),
        wdmsim_unit_test(an_initialising_device_cannot_be_attached_to),
        wdmsim_unit_test(deletion_waits_for_the_close),
        wdmsim_unit_test_on(deletion_waits_for_the_detach, &unchecked),
        cmocka_unit_test(a_device_is_deleted_once),
        cmocka_unit_test(detaching_needs_an_attachment),
        wdmsim_unit_test(a_device_pointer_by_name),
        wdmsim_unit_test(the_views_name_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
