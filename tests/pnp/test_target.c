/*
 * Notification of what happens to one device: removal asked, cancelled, done; events of drivers.
 */
#include "pnp_test.h"

static const GUID custom = {0x55555555, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

static NTSTATUS answer;
static PFILE_OBJECT file;
static bool keeps_file;
static ULONG_PTR seen_data;

static NTSTATUS listen(PVOID notification, PVOID context) {
    PTARGET_DEVICE_REMOVAL_NOTIFICATION removal = notification;
    const char *event = "?";
    bool query = IsEqualGUID(&removal->Event, &GUID_TARGET_DEVICE_QUERY_REMOVE) != 0;
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (query)
        event = "ASKED";
    else if (IsEqualGUID(&removal->Event, &GUID_TARGET_DEVICE_REMOVE_CANCELLED))
        event = "CANCELLED";
    else if (IsEqualGUID(&removal->Event, &GUID_TARGET_DEVICE_REMOVE_COMPLETE))
        event = "COMPLETE";
    else if (IsEqualGUID(&removal->Event, &custom)) {
        event = "CUSTOM";
        seen_data = ((PTARGET_DEVICE_CUSTOM_NOTIFICATION)notification)->CustomDataBuffer[0];
        assert_ptr_equal(((PTARGET_DEVICE_CUSTOM_NOTIFICATION)notification)->FileObject, file);
    }
    test_log(context, event, "");
    if (query && NT_SUCCESS(answer) && file && !keeps_file) {
        ObDereferenceObject(file);
        file = NULL;
    }
    return query ? answer : STATUS_SUCCESS;
}

static int listener_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    return STATUS_SUCCESS;
}

static uint32_t node;
static PVOID registered[2];

/* A device with a listener that has it open, and a second one on the same file. */
static void begin(struct machine *m, unsigned listeners) {
    static const char *const names[] = {"one", "two"};
    struct wdmsim_driver *driver;
    PDEVICE_OBJECT device;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\function");
    test_begin(m);
    answer = STATUS_SUCCESS;
    keeps_file = false;
    test_named = true;
    assert_int_equal(
        wdmsim_driver_load_entry(m, "listener", (wdmsim_driver_entry *)listener_entry, &driver), 0);
    node = TEST_PLUG(m, .function = "function");
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device),
                     STATUS_SUCCESS);
    for (unsigned i = 0; i < listeners; i++)
        assert_int_equal(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, file,
                                                        wdmsim_driver_object(driver), listen,
                                                        (PVOID)(ULONG_PTR)names[i], &registered[i]),
                         STATUS_SUCCESS);
    test_clear();
}

#define EVENTS "ASKED CANCELLED COMPLETE CUSTOM QUERY_REMOVE CANCEL_REMOVE REMOVE SURPRISE"

/* PNP-029, PNP-036 */
static void pnp_029_listeners_are_asked_before_the_drivers(struct machine *m) {
    begin(m, 2);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, node), STATUS_SUCCESS);
    test_only(EVENTS);
    test_expect("one:ASKED two:ASKED function:QUERY_REMOVE one:COMPLETE two:COMPLETE "
                "function:REMOVE");
    IoUnregisterPlugPlayNotification(registered[0]);
    IoUnregisterPlugPlayNotification(registered[1]);
}

/* PNP-030 */
static void pnp_030_a_listener_can_veto(struct machine *m) {
    begin(m, 2);
    answer = STATUS_UNSUCCESSFUL;
    assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, node), WDMSIM_VETO_LISTENER);
    test_only(EVENTS);
    test_expect("one:ASKED one:CANCELLED");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    ObDereferenceObject(file);
    IoUnregisterPlugPlayNotification(registered[0]);
    IoUnregisterPlugPlayNotification(registered[1]);
}

static bool veto(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    *status = STATUS_DEVICE_BUSY;
    return minor == IRP_MN_QUERY_REMOVE_DEVICE;
}

/* PNP-034: first the drivers hear that it is cancelled, then the listeners. */
static void pnp_034_cancellation_is_told_after_the_irp(struct machine *m) {
    begin(m, 1);
    test_hook = veto;
    assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, node), WDMSIM_VETO_DRIVER);
    test_only(EVENTS);
    test_expect("one:ASKED function:QUERY_REMOVE function:CANCEL_REMOVE function:CANCEL_REMOVE+ "
                "one:CANCELLED");
    IoUnregisterPlugPlayNotification(registered[0]);
}

static void an_open_handle_cancels_after_the_query(struct machine *m) {
    begin(m, 1);
    keeps_file = true;
    assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, node), WDMSIM_VETO_HANDLE);
    test_only(EVENTS);
    test_expect("one:ASKED function:QUERY_REMOVE function:CANCEL_REMOVE function:CANCEL_REMOVE+ "
                "one:CANCELLED");
    ObDereferenceObject(file);
    IoUnregisterPlugPlayNotification(registered[0]);
}

/* PNP-037 */
static void pnp_037_surprise_removal_is_told_to_drivers_first(struct machine *m) {
    begin(m, 1);
    wdmsim_unplug(m, node);
    test_only(EVENTS);
    test_expect("function:SURPRISE one:COMPLETE");
    ObDereferenceObject(file);
    wdmsim_settle(m);
    test_only(EVENTS);
    test_expect("function:REMOVE");
    assert_int_equal(IoUnregisterPlugPlayNotificationEx(registered[0]), STATUS_SUCCESS);
}

static TARGET_DEVICE_CUSTOM_NOTIFICATION event;
static void fill(const GUID *guid) {
    memset(&event, 0, sizeof event);
    event.Version = 1;
    event.Size = sizeof event;
    event.Event = *guid;
    event.NameBufferOffset = -1;
    event.CustomDataBuffer[0] = 42;
}

static void end(void) {
    IoUnregisterPlugPlayNotification(registered[0]);
    IoUnregisterPlugPlayNotification(registered[1]);
    ObDereferenceObject(file);
}

static void a_custom_event_reaches_the_listeners(struct machine *m) {
    begin(m, 2);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, node);
    fill(&custom);
    seen_data = 0;
    assert_int_equal(IoReportTargetDeviceChange(pdo, &event), STATUS_SUCCESS);
    test_expect("one:CUSTOM two:CUSTOM");
    assert_int_equal(seen_data, 42);
    assert_null(event.FileObject);
    end();
}

static void events_of_the_system_are_refused(struct machine *m) {
    begin(m, 2);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, node);
    fill(&GUID_TARGET_DEVICE_QUERY_REMOVE);
    assert_int_equal(IoReportTargetDeviceChange(pdo, &event), STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(IoReportTargetDeviceChangeAsynchronous(pdo, &event, NULL, NULL),
                     STATUS_INVALID_DEVICE_REQUEST);
    fill(&custom);
    event.FileObject = file;
    assert_int_equal(IoReportTargetDeviceChange(pdo, &event), STATUS_INVALID_PARAMETER);
    wdmsim_settle(m);
    test_expect("");
    end();
}

static VOID told(PVOID context) {
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    test_log(context, "TOLD", "");
}

static void the_asynchronous_form_copies_and_calls_back(struct machine *m) {
    begin(m, 2);
    KIRQL irql;
    fill(&custom);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NTSTATUS status =
        IoReportTargetDeviceChangeAsynchronous(wdmsim_node_pdo(m, node), &event, told, "me");
    KeLowerIrql(irql);
    assert_int_equal(status, STATUS_SUCCESS);
    memset(&event, 0, sizeof event);
    wdmsim_settle(m);
    test_expect("one:CUSTOM two:CUSTOM me:TOLD");
    end();
}

/* From a callback the synchronous form waits for the callback: the documented deadlock. */
static NTSTATUS report_again(PVOID notification, PVOID context) {
    NTSTATUS status = listen(notification, context);
    TARGET_DEVICE_CUSTOM_NOTIFICATION again =
        *(const TARGET_DEVICE_CUSTOM_NOTIFICATION *)notification;
    again.FileObject = NULL;
    IoReportTargetDeviceChange(wdmsim_node_pdo(wdmsim_fixture.machine, node), &again);
    test_log(context, "RETURNED", "");
    return status;
}

static void reporting_from_a_callback_never_returns(struct machine *m) {
    begin(m, 0);
    struct wdmsim_driver *driver = wdmsim_driver_find(m, "listener");
    assert_int_equal(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, file,
                                                    wdmsim_driver_object(driver), report_again,
                                                    "one", &registered[0]),
                     STATUS_SUCCESS);
    test_clear();
    fill(&custom);
    assert_int_equal(
        IoReportTargetDeviceChangeAsynchronous(wdmsim_node_pdo(m, node), &event, told, "me"),
        STATUS_SUCCESS);
    wdmsim_settle(m);
    test_expect("one:CUSTOM");
}

TEST_MAIN(wdmsim_unit_test(pnp_029_listeners_are_asked_before_the_drivers),
          wdmsim_unit_test(pnp_030_a_listener_can_veto),
          wdmsim_unit_test(pnp_034_cancellation_is_told_after_the_irp),
          wdmsim_unit_test(an_open_handle_cancels_after_the_query),
          wdmsim_unit_test(pnp_037_surprise_removal_is_told_to_drivers_first),
          wdmsim_unit_test(a_custom_event_reaches_the_listeners),
          wdmsim_unit_test(events_of_the_system_are_refused),
          wdmsim_unit_test(the_asynchronous_form_copies_and_calls_back),
          wdmsim_unit_test(reporting_from_a_callback_never_returns))
