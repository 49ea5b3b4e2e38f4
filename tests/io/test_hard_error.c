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
        wdmsim_unit_test(a_request_has_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
