/* Check how activity identifiers travel: with work items to the worker, and from a thread to an IRP
 * that it issued itself. */
#include "io_test.h"

static const GUID id = {1, 2, 3, {4}};
static GUID seen;
static bool done, had_one;

static IO_WORKITEM_ROUTINE work;
static VOID work(PDEVICE_OBJECT device, PVOID context) {
    LPCGUID mine = IoGetActivityIdThread();
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    had_one = mine != NULL;
    if (mine)
        seen = *mine;
    done = true;
}

static void run_item(struct machine *m) {
    PIO_WORKITEM item = IoAllocateWorkItem(test_device);
    done = had_one = false;
    IoQueueWorkItem(item, work, DelayedWorkQueue, NULL);
    IoClearActivityIdThread(NULL); /* before the routine runs */
    wdmsim_settle(m);
    assert_true(done);
    IoFreeWorkItem(item);
}

static void a_work_item_runs_under_its_callers_activity(struct machine *m) {
    test_load(m);
    IoSetActivityIdThread(&id);
    run_item(m);
    assert_true(had_one);
    assert_memory_equal(&seen, &id, sizeof id);
    run_item(m); /* and leaves nothing with the worker */
    assert_false(had_one);
}

static NTSTATUS statuses[2];

static void set_in_another_thread(void *context) {
    IoSetActivityIdThread(&id);
    statuses[0] = IoSetActivityIdIrp(context, NULL);
    statuses[1] = IoSetActivityIdIrp(context, &id);
}

static void an_irp_gets_its_issuers_activity_only(struct machine *m) {
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    GUID copy;
    test_load(m);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(TEST_CODE(0x800, METHOD_NEITHER), test_device, NULL, 0,
                                             NULL, 0, FALSE, &event, &iosb);
    wdmsim_system_thread(m, set_in_another_thread, irp, NULL);
    wdmsim_settle(m);
    assert_int_equal(statuses[0], STATUS_NOT_SUPPORTED);
    assert_int_equal(statuses[1], STATUS_SUCCESS);
    assert_int_equal(IoGetActivityIdIrp(irp, &copy), STATUS_SUCCESS);
    IoSetActivityIdThread(&id);
    assert_int_equal(IoSetActivityIdIrp(irp, NULL), STATUS_SUCCESS);
    IoClearActivityIdThread(NULL);
    assert_int_equal(IoCallDriver(test_device, irp), STATUS_SUCCESS);
}

/* Check that asking the thread for it is for PASSIVE_LEVEL. */
static void without_an_identifier_the_level_is_passive(struct machine *m) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(IoSetActivityIdIrp(irp, &id), STATUS_SUCCESS);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    IoSetActivityIdIrp(irp, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_work_item_runs_under_its_callers_activity),
        wdmsim_unit_test(an_irp_gets_its_issuers_activity_only),
        wdmsim_unit_test(without_an_identifier_the_level_is_passive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
