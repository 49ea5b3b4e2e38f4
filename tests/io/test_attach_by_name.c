/* Check what IoAttachDevice's own open of the target looks like to the two devices. */
#include "io_test.h"

static char story[16];
static PDEVICE_OBJECT third, below;

static NTSTATUS tell(PDEVICE_OBJECT device, PIRP irp) {
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    size_t length = strlen(story);
    story[length] = major == IRP_MJ_CREATE ? 'o' : major == IRP_MJ_CLEANUP ? 'u' : 'c';
    if (device == third)
        story[length] -= 'a' - 'A';
    story[length + 1] = 0;
    if (device != third)
        return test_complete(irp, STATUS_SUCCESS, 0);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(below, irp);
}

static void begin(struct machine *m) {
    test_lower[IRP_MJ_CREATE] = test_lower[IRP_MJ_CLEANUP] = test_lower[IRP_MJ_CLOSE] = tell;
    test_load(m);
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &third);
    story[0] = 0;
}

static void the_newcomer_sees_the_end_of_the_open(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    begin(m);
    assert_int_equal(IoAttachDevice(third, &name, &below), STATUS_SUCCESS);
    assert_string_equal(story, "oUuCc");
    assert_int_equal(test_device->ReferenceCount, 0);
    IoDetachDevice(below);
    IoDeleteDevice(third);
}

/* Check that it does not count as a second open of an exclusive device. */
static void an_exclusive_device_in_use_can_be_attached_to(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;
    test_exclusive = TRUE;
    begin(m);
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device),
                     STATUS_SUCCESS);
    assert_int_equal(IoAttachDevice(third, &name, &below), STATUS_SUCCESS);
    IoDetachDevice(below);
    IoDeleteDevice(third);
    ObDereferenceObject(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_newcomer_sees_the_end_of_the_open),
        wdmsim_unit_test(an_exclusive_device_in_use_can_be_attached_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
