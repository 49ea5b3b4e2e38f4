/* What a DriverEntry finds in its driver object, its extensions, and reinitialization. */
#include "io_test.h"

static char story[32];
static ULONG counts[4];

static PDRIVER_OBJECT probe;

static DRIVER_REINITIALIZE again;
static VOID again(PDRIVER_OBJECT driver, PVOID context, ULONG count) {
    size_t length = strlen(story);
    assert_ptr_equal(driver, probe);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    story[length] = *(char *)context;
    story[length + 1] = 0;
    counts[length] = count;
    if (length == 1)
        IoRegisterDriverReinitialization(driver, again, context);
}

static char early = 'b', late = 'd';
static UNICODE_STRING seen_path;
static WCHAR seen_text[128];

static DRIVER_INITIALIZE entry;
static int entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    static const WCHAR name[] = L"\\Driver\\probe", key[] = L"probe";
    probe = driver;
    assert_int_equal(driver->Type, IO_TYPE_DRIVER);
    assert_int_equal(driver->Size, sizeof(DRIVER_OBJECT));
    assert_memory_equal(driver->DriverName.Buffer, name, sizeof name);
    assert_memory_equal(driver->DriverExtension->ServiceKeyName.Buffer, key, sizeof key);
    assert_ptr_equal(driver->DriverExtension->DriverObject, driver);
    assert_non_null(driver->HardwareDatabase->Buffer);
    for (unsigned i = 0; i < TEST_MAJORS; i++)
        assert_ptr_equal(driver->MajorFunction[i], driver->MajorFunction[0]);
    seen_path = *path;
    memcpy(seen_text, path->Buffer, path->Length);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, seen_text), STATUS_SUCCESS);
    IoRegisterDriverReinitialization(driver, again, &late);
    IoRegisterBootDriverReinitialization(driver, again, &early);
    return STATUS_SUCCESS;
}

static void an_entry_finds_its_names(struct machine *m) {
    static const WCHAR path[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\probe";
    story[0] = 0;
    test_load_entry(m, "probe", entry);
    assert_memory_equal(seen_text, path, sizeof path);
    assert_int_equal(seen_path.Length, sizeof path - sizeof(WCHAR));
    assert_string_equal(story, "bdd");
    for (ULONG i = 0; i < 3; i++)
        assert_int_equal(counts[i], i + 1);
}

/* Check that a function nobody handles is refused. */
static void an_unhandled_function_is_refused(struct machine *m) {
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    PDEVICE_OBJECT device;
    story[0] = 0;
    struct wdmsim_driver *driver = test_load_entry(m, "probe", entry);
    IoCreateDevice(wdmsim_driver_object(driver), 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp =
        IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, device, NULL, 0, NULL, &event, &iosb);
    assert_int_equal(IoCallDriver(device, irp), STATUS_INVALID_DEVICE_REQUEST);
}

static void extensions_are_found_by_their_client(struct machine *m) {
    PVOID first, second;
    test_load(m);
    assert_int_equal(IoAllocateDriverObjectExtension(test_driver, &first, 40, &first),
                     STATUS_SUCCESS);
    assert_int_equal(((PUCHAR)first)[39], 0);
    assert_int_equal(IoAllocateDriverObjectExtension(test_driver, &first, 40, &second),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_null(second);
    assert_int_equal(IoAllocateDriverObjectExtension(test_driver, &second, 40, &second),
                     STATUS_SUCCESS);
    assert_ptr_equal(IoGetDriverObjectExtension(test_driver, &first), first);
    assert_ptr_equal(IoGetDriverObjectExtension(test_driver, &second), second);
    assert_null(IoGetDriverObjectExtension(test_driver, m));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_entry_finds_its_names),
        wdmsim_unit_test(an_unhandled_function_is_refused),
        wdmsim_unit_test(extensions_are_found_by_their_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
