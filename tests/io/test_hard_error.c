/* Check what threads remember of removable media, whether they want the user told, and the session
 * that a request came from. */
#include "io_test.h"

static void a_thread_remembers_what_to_verify(struct machine *m) {
    PETHREAD thread = PsGetCurrentThread();
    test_load(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    assert_null(IoGetDeviceToVerify(thread));
    IoQueueThreadIrp(irp);
    IoSetHardErrorOrVerifyDevice(irp, test_device);
    assert_ptr_equal(IoGetDeviceToVerify(thread), test_device);
    IoSetDeviceToVerify(thread, NULL);
    assert_null(IoGetDeviceToVerify(thread));
    RemoveEntryList(&irp->ThreadListEntry);
    InitializeListHead(&irp->ThreadListEntry);
    IoFreeIrp(irp);
}

static void hard_errors_are_switched_per_thread(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    assert_true(IoSetThreadHardErrorMode(FALSE));
    assert_false(IoSetThreadHardErrorMode(TRUE));
    assert_true(IoSetThreadHardErrorMode(TRUE));
}

static void what_a_user_can_set_right_is_known(struct machine *m) {
    static const NTSTATUS by_user[] = {STATUS_DEVICE_NOT_READY,      STATUS_IO_TIMEOUT,
                                       STATUS_MEDIA_WRITE_PROTECTED, STATUS_NO_MEDIA_IN_DEVICE,
                                       STATUS_UNRECOGNIZED_MEDIA,    STATUS_VERIFY_REQUIRED,
                                       STATUS_WRONG_VOLUME};
    static const NTSTATUS others[] = {STATUS_SUCCESS, STATUS_CANCELLED, STATUS_IO_DEVICE_ERROR,
                                      STATUS_NO_SUCH_DEVICE};
    UNREFERENCED_PARAMETER(m);
    for (unsigned i = 0; i < ARRAYSIZE(by_user); i++)
        assert_true(IoIsErrorUserInduced(by_user[i]));
    for (unsigned i = 0; i < ARRAYSIZE(others); i++)
        assert_false(IoIsErrorUserInduced(others[i]));
}

static ULONG session;
static NTSTATUS session_status;

static NTSTATUS look(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    session = 99;
    session_status = IoGetRequestorSessionId(irp, &session);
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void a_request_has_a_session(struct machine *m) {
    test_lower[IRP_MJ_READ] = look;
    test_load(m);
    uint64_t handle = test_open(m);
    TEST_RUN(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 1);
    assert_int_equal(session_status, STATUS_SUCCESS);
    assert_true(session < 99);
    PIRP irp = IoAllocateIrp(1, FALSE);
    assert_int_equal(IoGetRequestorSessionId(irp, &session), STATUS_UNSUCCESSFUL);
    assert_int_equal(session, MAXULONG);
    IoFreeIrp(irp);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_thread_remembers_what_to_verify),
        wdmsim_unit_test(hard_errors_are_switched_per_thread),
        wdmsim_unit_test(what_a_user_can_set_right_is_known),
        wdmsim_unit_test(a_request_has_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
