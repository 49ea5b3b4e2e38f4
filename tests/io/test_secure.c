/* Devices created with SDDL, and links to them. */
#include <wdmsec.h>

#include "io_test.h"

static NTSTATUS create(const WCHAR *text, PDEVICE_OBJECT *device) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\guarded"), sddl;
    RtlInitUnicodeString(&sddl, text);
    return IoCreateDeviceSecure(test_driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                FALSE, &sddl, NULL, device);
}

static void a_descriptor_is_attached(struct machine *m) {
    PDEVICE_OBJECT device;
    test_load(m);
    assert_int_equal(create(L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;0x120089;;;WD)", &device),
                     STATUS_SUCCESS);
    assert_non_null(device->SecurityDescriptor);
    assert_int_equal(((PUCHAR)device->SecurityDescriptor)[0], SECURITY_DESCRIPTOR_REVISION);
    IoDeleteDevice(device);
}

static void text_that_is_no_sddl_is_refused(struct machine *m) {
    static const WCHAR *const texts[] = {L"", L"P(A;;GA;;;SY)", L"D:P(A;;GA;;;SY",
                                         L"D:P(A;;QQ;;;SY)", L"D:P(A;;GA;;;XX)"};
    PDEVICE_OBJECT device;
    test_load(m);
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(create(texts[i], &device), STATUS_INVALID_PARAMETER);
}

static void a_link_is_made_once(struct machine *m) {
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\LOWER");
    UNICODE_STRING other = RTL_CONSTANT_STRING(L"\\??\\other");
    UNICODE_STRING target = RTL_CONSTANT_STRING(L"\\Device\\lower");
    test_load(m);
    assert_int_equal(IoCreateSymbolicLink(&link, &target), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(IoCreateUnprotectedSymbolicLink(&other, &target), STATUS_SUCCESS);
    uint64_t handle =
        wdmsim_request_handle(TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\\\.\\other"));
    assert_true(handle != 0);
    assert_int_equal(IoDeleteSymbolicLink(&other), STATUS_SUCCESS);
    assert_int_equal(IoDeleteSymbolicLink(&other), STATUS_OBJECT_NAME_NOT_FOUND);
    struct wdmsim_request *open = TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\\\.\\other");
    assert_int_equal(wdmsim_request_status(open), (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_descriptor_is_attached),
        wdmsim_unit_test(text_that_is_no_sddl_is_refused),
        wdmsim_unit_test(a_link_is_made_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
