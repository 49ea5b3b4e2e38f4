/*
 * Notification of interfaces and hardware profiles: who is called, when, how often, and until when.
 */
#include "pnp_test.h"

static const GUID class_a = {0x33333333, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const GUID class_b = {0x44444444, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

static PVOID entry, second;
static NTSTATUS answer;
static bool raises, disables_apcs, unregisters;

static NTSTATUS listen(PVOID notification, PVOID context) {
    PPLUGPLAY_NOTIFICATION_HEADER header = notification;
    const char *event = "?";
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(header->Version, 1);
    if (IsEqualGUID(&header->Event, &GUID_DEVICE_INTERFACE_ARRIVAL))
        event = "ARRIVAL";
    else if (IsEqualGUID(&header->Event, &GUID_DEVICE_INTERFACE_REMOVAL))
        event = "REMOVAL";
    else if (IsEqualGUID(&header->Event, &GUID_HWPROFILE_QUERY_CHANGE))
        event = "QUERY_CHANGE";
    else if (IsEqualGUID(&header->Event, &GUID_HWPROFILE_CHANGE_COMPLETE))
        event = "CHANGE_COMPLETE";
    else if (IsEqualGUID(&header->Event, &GUID_HWPROFILE_CHANGE_CANCELLED))
        event = "CHANGE_CANCELLED";
    test_log(context, event, "");
    if (raises) {
        KIRQL irql;
        KeRaiseIrql(APC_LEVEL, &irql);
    }
    if (disables_apcs)
        KeEnterCriticalRegion();
    if (unregisters)
        assert_int_equal(IoUnregisterPlugPlayNotificationEx(entry), STATUS_SUCCESS);
    return answer;
}

static int listener_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    return STATUS_SUCCESS;
}

static PDRIVER_OBJECT begin(struct machine *m) {
    struct wdmsim_driver *driver;
    test_begin(m);
    raises = disables_apcs = unregisters = false;
    answer = STATUS_SUCCESS;
    assert_int_equal(
        wdmsim_driver_load_entry(m, "listener", (wdmsim_driver_entry *)listener_entry, &driver), 0);
    return wdmsim_driver_object(driver);
}

static PVOID want(PDRIVER_OBJECT driver, const GUID *class, ULONG flags, const char *name) {
    PVOID registration = NULL;
    assert_int_equal(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, flags,
                                                    (PVOID)(ULONG_PTR) class, driver, listen,
                                                    (PVOID)(ULONG_PTR)name, &registration),
                     STATUS_SUCCESS);
    return registration;
}

static UNICODE_STRING enable(PDEVICE_OBJECT pdo, const GUID *class) {
    UNICODE_STRING name;
    assert_true(NT_SUCCESS(IoRegisterDeviceInterface(pdo, class, NULL, &name)));
    assert_int_equal(IoSetDeviceInterfaceState(&name, TRUE), STATUS_SUCCESS);
    return name;
}

static void let_go(UNICODE_STRING *name) {
    assert_int_equal(IoSetDeviceInterfaceState(name, FALSE), STATUS_SUCCESS);
    RtlFreeUnicodeString(name);
}

static void listeners_are_called_in_order_of_registration(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, TEST_PLUG(m, .function = "function"));
    PVOID one = want(driver, &class_a, 0, "one"), two = want(driver, &class_a, 0, "two");
    PVOID other = want(driver, &class_b, 0, "other");
    test_clear();
    UNICODE_STRING name = enable(pdo, &class_a);
    wdmsim_settle(m);
    test_expect("one:ARRIVAL two:ARRIVAL");
    let_go(&name);
    wdmsim_settle(m);
    test_expect("one:REMOVAL two:REMOVAL");
    IoUnregisterPlugPlayNotificationEx(one);
    test_clear();
    UNICODE_STRING name_b = enable(pdo, &class_b);
    wdmsim_settle(m);
    test_expect("other:ARRIVAL");
    IoUnregisterPlugPlayNotification(other);
    IoUnregisterPlugPlayNotificationEx(two);
    test_clear();
    let_go(&name_b);
    name = enable(pdo, &class_a);
    wdmsim_settle(m);
    test_expect("");
    let_go(&name);
}

/* Enables the interface while START is on its way down. */
static UNICODE_STRING early;
static bool enable_in_start(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(status);
    if (minor == IRP_MN_START_DEVICE && strcmp(device->role, "upper") == 0)
        early = enable(device->pdo, &class_a);
    return false;
}

/* PNP-015 */
static void pnp_015_arrival_waits_for_the_end_of_start(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    PVOID one = want(driver, &class_a, 0, "one");
    test_hook = enable_in_start;
    TEST_PLUG(m, .function = "function", .upper_filters = TEST_LIST("upper"));
    wdmsim_settle(m);
    test_only("START ARRIVAL");
    test_expect("upper:START function:START function:START+ upper:START+ one:ARRIVAL");
    RtlFreeUnicodeString(&early);
    IoUnregisterPlugPlayNotificationEx(one);
}

static void removal_of_the_device_tells_of_its_interfaces(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    UNICODE_STRING name = enable(wdmsim_node_pdo(m, node), &class_a);
    PVOID one = want(driver, &class_a, 0, "one");
    test_clear();
    wdmsim_unplug(m, node);
    wdmsim_settle(m);
    test_only("SURPRISE REMOVAL");
    test_expect("function:SURPRISE one:REMOVAL");
    RtlFreeUnicodeString(&name);
    IoUnregisterPlugPlayNotificationEx(one);
}

/* PNP-069 */
static void pnp_069_existing_interfaces_are_told_at_once(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, TEST_PLUG(m, .function = "function"));
    PDEVICE_OBJECT other = wdmsim_node_pdo(m, TEST_PLUG(m, .function = "function"));
    UNICODE_STRING a = enable(pdo, &class_a), b = enable(other, &class_a);
    UNICODE_STRING c = enable(pdo, &class_b), off;
    IoRegisterDeviceInterface(TEST_PLUG(m, .function = "function") ? pdo : NULL, &class_a, NULL,
                              &off);
    wdmsim_settle(m);
    test_clear();
    PVOID one =
        want(driver, &class_a, PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES, "one");
    test_expect("one:ARRIVAL one:ARRIVAL");
    let_go(&b);
    wdmsim_settle(m);
    test_expect("one:REMOVAL");
    IoUnregisterPlugPlayNotificationEx(one);
    let_go(&a);
    let_go(&c);
    RtlFreeUnicodeString(&off);
}

/* PNP-070 */
static void pnp_070_after_unregister_ex_nothing_comes(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, TEST_PLUG(m, .function = "function"));
    PVOID one = want(driver, &class_a, 0, "one"), two = want(driver, &class_a, 0, "two");
    test_clear();
    /* The arrival is queued, and would be told after the registration has ended. */
    KPRIORITY old = KeSetPriorityThread(KeGetCurrentThread(), HIGH_PRIORITY - 1);
    UNICODE_STRING name = enable(pdo, &class_a);
    test_expect("");
    assert_int_equal(IoUnregisterPlugPlayNotificationEx(one), STATUS_SUCCESS);
    KeSetPriorityThread(KeGetCurrentThread(), old);
    wdmsim_settle(m);
    test_expect("two:ARRIVAL");
    let_go(&name);
    IoUnregisterPlugPlayNotificationEx(two);
}

static void a_callback_may_end_its_own_registration(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, TEST_PLUG(m, .function = "function"));
    entry = want(driver, &class_a, 0, "one");
    unregisters = true;
    test_clear();
    UNICODE_STRING name = enable(pdo, &class_a);
    wdmsim_settle(m);
    let_go(&name);
    wdmsim_settle(m);
    test_expect("one:ARRIVAL");
}

static KEVENT slow;
static NTSTATUS listen_slowly(PVOID notification, PVOID context) {
    NTSTATUS status = listen(notification, context);
    KeWaitForSingleObject(&slow, Executive, KernelMode, FALSE, NULL);
    test_log(context, "END", "");
    return status;
}
static VOID release_slow(PVOID context) {
    LARGE_INTEGER moment = {.QuadPart = -10000};
    UNREFERENCED_PARAMETER(context);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    KeSetEvent(&slow, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* The callback runs in the worker while this thread unregisters: it waits. */
static void unregister_ex_waits_for_a_callback_in_progress(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, TEST_PLUG(m, .function = "function"));
    HANDLE thread;
    KeInitializeEvent(&slow, NotificationEvent, FALSE);
    assert_int_equal(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0,
                                                    (PVOID)(ULONG_PTR)&class_a, driver,
                                                    listen_slowly, "one", &second),
                     STATUS_SUCCESS);
    test_clear();
    UNICODE_STRING name = enable(pdo, &class_a);
    LARGE_INTEGER moment = {.QuadPart = -1000};
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    test_expect("one:ARRIVAL");
    assert_int_equal(
        PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, release_slow, NULL),
        STATUS_SUCCESS);
    ZwClose(thread);
    assert_int_equal(IoUnregisterPlugPlayNotificationEx(second), STATUS_SUCCESS);
    test_expect("one:END");
    let_go(&name);
}

/* PNP-071: the driver of a device registers; the device goes; the driver stays. */
static void pnp_071_a_registration_keeps_the_driver_loaded(struct machine *m) {
    begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    struct wdmsim_driver *driver = wdmsim_driver_find(m, "function");
    PVOID one = want(wdmsim_driver_object(driver), &class_a, 0, "one");
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, node), STATUS_SUCCESS);
    wdmsim_unplug(m, node);
    wdmsim_settle(m);
    assert_int_equal(test_unloads, 0);
    assert_int_equal(IoUnregisterPlugPlayNotificationEx(one), STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_int_equal(test_unloads, 1);
}

/* PNP-082 */
static void a_callback_raises(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, TEST_PLUG(m, .function = "function"));
    want(driver, &class_a, 0, "one");
    raises = true;
    enable(pdo, &class_a);
    wdmsim_settle(m);
}

static void pnp_082_a_callback_that_raises_the_irql_stops(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = test_stop(a_callback_raises, PNP_DETECTED_FATAL_ERROR, 0xA);
    assert_int_equal(stop->parameters[2], APC_LEVEL);
    wdmsim_machine_destroy(test_machine);
}

static void a_callback_that_disables_apcs_stops(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    want(driver, &class_a, 0, "one");
    disables_apcs = true;
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, TEST_PLUG(m, .function = "function"));
    wdmsim_expect_bugcheck(PNP_DETECTED_FATAL_ERROR);
    enable(pdo, &class_a);
    wdmsim_settle(m);
}

static void a_profile_change_is_asked_and_told(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    PVOID one, two;
    uint32_t status = 1;
    assert_int_equal(IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, NULL,
                                                    driver, listen, "one", &one),
                     STATUS_SUCCESS);
    assert_int_equal(IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, NULL,
                                                    driver, listen, "two", &two),
                     STATUS_SUCCESS);
    assert_int_equal(wdmsim_profile_change(m, &status), 0);
    assert_int_equal(status, 0);
    test_expect("one:QUERY_CHANGE two:QUERY_CHANGE one:CHANGE_COMPLETE two:CHANGE_COMPLETE");
    answer = STATUS_UNSUCCESSFUL;
    assert_int_equal(wdmsim_profile_change(m, &status), 0);
    assert_int_equal((NTSTATUS)status, STATUS_UNSUCCESSFUL);
    test_expect("one:QUERY_CHANGE one:CHANGE_CANCELLED");
    IoUnregisterPlugPlayNotificationEx(one);
    IoUnregisterPlugPlayNotificationEx(two);
}

static void bad_registrations_fail(struct machine *m) {
    PDRIVER_OBJECT driver = begin(m);
    PVOID none;
    assert_int_equal(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, NULL,
                                                    driver, listen, NULL, &none),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(
        IoRegisterPlugPlayNotification(EventCategoryReserved, 0, NULL, driver, listen, NULL, &none),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(IoUnregisterPlugPlayNotificationEx(NULL), STATUS_INVALID_PARAMETER);
}

TEST_MAIN(wdmsim_unit_test(listeners_are_called_in_order_of_registration),
          wdmsim_unit_test(pnp_015_arrival_waits_for_the_end_of_start),
          wdmsim_unit_test(removal_of_the_device_tells_of_its_interfaces),
          wdmsim_unit_test(pnp_069_existing_interfaces_are_told_at_once),
          wdmsim_unit_test(pnp_070_after_unregister_ex_nothing_comes),
          wdmsim_unit_test(a_callback_may_end_its_own_registration),
          wdmsim_unit_test(unregister_ex_waits_for_a_callback_in_progress),
          wdmsim_unit_test(pnp_071_a_registration_keeps_the_driver_loaded),
          cmocka_unit_test(pnp_082_a_callback_that_raises_the_irql_stops),
          wdmsim_unit_test(a_callback_that_disables_apcs_stops),
          wdmsim_unit_test(a_profile_change_is_asked_and_told),
          wdmsim_unit_test(bad_registrations_fail))
