/*
 * Directories of drivers and devices: which name is opened for each, and that they fail as long as
 * there is no file system.
 */
#include "pnp_test.h"

/* A file system of one device: remembers what is opened on it. */
static WCHAR opened[128];
static ULONG options;
static NTSTATUS remember(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    memset(opened, 0, sizeof opened);
    memcpy(opened, stack->FileObject->FileName.Buffer, stack->FileObject->FileName.Length);
    options = stack->Parameters.Create.Options;
    return test_complete(irp, STATUS_SUCCESS);
}

static int disk_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\DriverData");
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_CREATE] = remember;
    driver->MajorFunction[IRP_MJ_CLEANUP] = test_file;
    driver->MajorFunction[IRP_MJ_CLOSE] = test_file;
    return IoCreateDevice(driver, 0, &name, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &device);
}

static void without_a_disk_they_fail(struct machine *m) {
    HANDLE handle;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    PDRIVER_OBJECT driver = wdmsim_driver_object(wdmsim_driver_find(m, "function"));
    assert_false(NT_SUCCESS(IoGetDriverDirectory(driver, DriverDirectoryData, 0, &handle)));
    assert_false(NT_SUCCESS(IoGetDriverDirectory(driver, DriverDirectoryImage, 0, &handle)));
    assert_false(NT_SUCCESS(
        IoGetDeviceDirectory(wdmsim_node_pdo(m, node), DeviceDirectoryData, 0, NULL, &handle)));
}

static void each_has_a_place_of_its_own(struct machine *m) {
    struct wdmsim_driver *disk;
    HANDLE handle;
    test_begin(m);
    assert_int_equal(wdmsim_driver_load_entry(m, "disk", (wdmsim_driver_entry *)disk_entry, &disk),
                     0);
    uint32_t node = TEST_PLUG(m, .function = "function", .instance_id = "7");
    PDRIVER_OBJECT driver = wdmsim_driver_object(wdmsim_driver_find(m, "function"));
    assert_int_equal(IoGetDriverDirectory(driver, DriverDirectoryData, 0, &handle), STATUS_SUCCESS);
    assert_memory_equal(opened, L"\\function", sizeof L"\\function");
    assert_true(options & FILE_DIRECTORY_FILE);
    ZwClose(handle);
    assert_int_equal(IoGetDriverDirectory(driver, DriverDirectorySharedData, 0, &handle),
                     STATUS_SUCCESS);
    assert_memory_equal(opened, L"\\function\\Shared", sizeof L"\\function\\Shared");
    ZwClose(handle);
    assert_int_equal(
        IoGetDeviceDirectory(wdmsim_node_pdo(m, node), DeviceDirectoryData, 0, NULL, &handle),
        STATUS_SUCCESS);
    assert_memory_equal(opened, L"\\Devices\\TEST#DEVICE#7", sizeof L"\\Devices\\TEST#DEVICE#7");
    ZwClose(handle);
}

static void bad_parameters_fail(struct machine *m) {
    HANDLE handle;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    PDRIVER_OBJECT driver = wdmsim_driver_object(wdmsim_driver_find(m, "function"));
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, node);
    assert_int_equal(IoGetDriverDirectory(NULL, DriverDirectoryData, 0, &handle),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(IoGetDriverDirectory(driver, DriverDirectoryData, 1, &handle),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(IoGetDriverDirectory(driver, DriverDirectoryData, 0, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(IoGetDeviceDirectory(pdo, DeviceDirectoryData, 0, pdo, &handle),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(IoGetDeviceDirectory(NULL, DeviceDirectoryData, 0, NULL, &handle),
                     STATUS_INVALID_PARAMETER);
}

TEST_MAIN(wdmsim_unit_test(without_a_disk_they_fail), wdmsim_unit_test(each_has_a_place_of_its_own),
          wdmsim_unit_test(bad_parameters_fail))
