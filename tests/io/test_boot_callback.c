/* Check early-launch drivers: they hear of each boot driver before it starts, what they call bad is
 * not started, and the end of boot is the end of the calls. */
#include "io_test.h"

static char story[64];
static BDCB_CLASSIFICATION verdict;
static PVOID registration;
static bool started, quit;
static WCHAR seen_path[128];

static BOOT_DRIVER_CALLBACK_FUNCTION inspect;
static VOID inspect(PVOID context, BDCB_CALLBACK_TYPE type, PBDCB_IMAGE_INFORMATION information) {
    static const char *const updates[] = {"d", "l", "u"};
    assert_string_equal(context, "i");
    if (type == BdCbStatusUpdate) {
        strcat(story, updates[((PBDCB_STATUS_UPDATE_CONTEXT)(PVOID)information)->StatusType]);
        return;
    }
    strcat(story, context);
    assert_false(started);
    assert_int_equal(information->Classification, BdCbClassificationUnknownImage);
    memcpy(seen_path, information->RegistryPath.Buffer, information->RegistryPath.Length);
    information->Classification = verdict;
    if (quit)
        IoUnregisterBootDriverCallback(registration);
}

static VOID unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

static int early_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    registration = IoRegisterBootDriverCallback(inspect, "i");
    return registration ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static int entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    started = true;
    return STATUS_SUCCESS;
}

/* Loads a driver with a start type; its status. */
static NTSTATUS load(struct machine *m, const char *name, PCWSTR service, ULONG start,
                     int (*routine)(PDRIVER_OBJECT, PUNICODE_STRING)) {
    struct wdmsim_driver *driver = NULL;
    RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)(ULONG_PTR)service);
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, service, L"Start", REG_DWORD, &start,
                          sizeof start);
    started = false;
    assert_int_equal(wdmsim_driver_load_entry(m, name, (wdmsim_driver_entry *)routine, &driver), 0);
    return (NTSTATUS)wdmsim_driver_status(driver);
}

static void begin(struct machine *m) {
    story[0] = 0;
    verdict = BdCbClassificationKnownGoodImage;
    quit = false;
    assert_int_equal(load(m, "early", L"early", 0, early_entry), STATUS_SUCCESS);
}

static void each_boot_driver_is_announced(struct machine *m) {
    begin(m);
    assert_int_equal(load(m, "one", L"one", 0, entry), STATUS_SUCCESS);
    assert_true(started);
    assert_string_equal(story, "dli");
    assert_memory_equal(seen_path, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\one",
                        sizeof L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\one" -
                            2);
    assert_int_equal(load(m, "two", L"two", 0, entry), STATUS_SUCCESS);
    assert_string_equal(story, "dlii");
}

static void a_bad_image_is_not_started(struct machine *m) {
    begin(m);
    verdict = BdCbClassificationKnownBadImage;
    assert_int_equal(load(m, "one", L"one", 0, entry), STATUS_DRIVER_BLOCKED);
    assert_false(started);
    verdict = BdCbClassificationKnownBadImageBootCritical;
    assert_int_equal(load(m, "two", L"two", 0, entry), STATUS_SUCCESS);
    assert_true(started);
}

static void boot_ends_with_the_first_other_driver(struct machine *m) {
    begin(m);
    assert_int_equal(load(m, "one", L"one", 0, entry), STATUS_SUCCESS);
    assert_int_equal(load(m, "late", L"late", 3, entry), STATUS_SUCCESS);
    assert_string_equal(story, "dliu");
    assert_int_equal(load(m, "later", L"later", 0, entry), STATUS_SUCCESS);
    assert_string_equal(story, "dliu");
    assert_null(IoRegisterBootDriverCallback(inspect, "x"));
}

static void who_unregistered_is_not_called(struct machine *m) {
    begin(m);
    IoUnregisterBootDriverCallback(registration);
    assert_int_equal(load(m, "one", L"one", 0, entry), STATUS_SUCCESS);
    assert_string_equal(story, "");
    registration = IoRegisterBootDriverCallback(inspect, "i");
    quit = true;
    assert_int_equal(load(m, "two", L"two", 0, entry), STATUS_SUCCESS);
    assert_int_equal(load(m, "three", L"three", 0, entry), STATUS_SUCCESS);
    assert_string_equal(story, "dli");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(each_boot_driver_is_announced),
        wdmsim_unit_test(a_bad_image_is_not_started),
        wdmsim_unit_test(boot_ends_with_the_first_other_driver),
        wdmsim_unit_test(who_unregistered_is_not_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
