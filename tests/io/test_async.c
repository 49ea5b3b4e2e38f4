/* Asynchronous and synchronous files: what a caller sees while a request is pending and when it is
 * done. */
#include "io_test.h"

static LIST_ENTRY pending;

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    InsertTailList(&pending, &irp->Tail.Overlay.ListEntry);
    return STATUS_PENDING;
}

static void finish_first(struct machine *m) {
    PIRP irp = CONTAINING_RECORD(RemoveHeadList(&pending), IRP, Tail.Overlay.ListEntry);
    test_complete(irp, STATUS_SUCCESS, 0);
    wdmsim_settle(m);
}

static uint64_t load(struct machine *m, bool synchronous) {
    InitializeListHead(&pending);
    test_lower[IRP_MJ_READ] = pend;
    test_load(m);
    return test_open_as(m, synchronous, 0);
}

static void the_callers_event_is_set_at_the_end(struct machine *m) {
    uint64_t handle = load(m, false), event = wdmsim_event_create(m, NULL, true, true);
    struct wdmsim_request *request = TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle,
                                                 .output_size = 4, .event = event);
    assert_int_equal(wdmsim_request_returned(request), STATUS_PENDING);
    assert_int_equal(wdmsim_event_state(m, NULL, event), 0);
    finish_first(m);
    assert_int_equal(wdmsim_event_state(m, NULL, event), 1);
    assert_true(wdmsim_request_done(request));
}

static void an_asynchronous_file_takes_many(struct machine *m) {
    uint64_t handle = load(m, false);
    for (unsigned i = 0; i < 5; i++)
        TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 4);
    assert_int_equal(wdmsim_irps_in_flight(m), 5);
    for (unsigned i = 0; i < 5; i++)
        finish_first(m);
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
}

/* Check that a synchronous file's second request does not reach the driver before the first is
 * over. */
static void a_synchronous_file_takes_one(struct machine *m) {
    uint64_t handle = load(m, true);
    struct wdmsim_request *first =
        TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 4);
    struct wdmsim_request *second =
        TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 4);
    assert_int_equal(wdmsim_irps_in_flight(m), 1);
    finish_first(m);
    assert_true(wdmsim_request_done(first));
    assert_int_equal(wdmsim_request_returned(first), STATUS_SUCCESS);
    assert_int_equal(wdmsim_irps_in_flight(m), 1);
    finish_first(m);
    assert_true(wdmsim_request_done(second));
}

static unsigned apcs;

static VOID done(PVOID context, PIO_STATUS_BLOCK iosb, ULONG reserved) {
    UNREFERENCED_PARAMETER(reserved);
    assert_ptr_equal(context, &apcs);
    assert_int_equal(iosb->Information, 0);
    apcs++;
}

/* Check that the APC routine of a driver's own request runs in the issuing thread when it is over.
 */
static void an_apc_tells_the_end(struct machine *m) {
    IO_STATUS_BLOCK iosb;
    char data[4];
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    LARGE_INTEGER offset = {.QuadPart = 0};
    HANDLE file;
    load(m, false);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(
        ZwCreateFile(&file, GENERIC_READ, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, 0, NULL, 0),
        STATUS_SUCCESS);
    apcs = 0;
    assert_int_equal(ZwReadFile(file, NULL, done, &apcs, &iosb, data, 4, &offset, NULL),
                     STATUS_PENDING);
    assert_int_equal(apcs, 0);
    finish_first(m);
    assert_int_equal(apcs, 1);
    assert_int_equal(ZwClose(file), STATUS_SUCCESS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_callers_event_is_set_at_the_end),
        wdmsim_unit_test(an_asynchronous_file_takes_many),
        wdmsim_unit_test(a_synchronous_file_takes_one),
        wdmsim_unit_test(an_apc_tells_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
