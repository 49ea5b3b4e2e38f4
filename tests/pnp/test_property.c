/*
 * What drivers can learn of a device and store for it: both vocabularies of properties, and the
 * registry keys of devices and drivers.
 */
#include "pnp_test.h"

#include <devpkey.h>

static const WCHAR container[] = L"{01020304-0506-0708-090a-0b0c0d0e0f10}";
static const GUID bus_type = {0xa1b2c3d4, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static uint32_t node;

static PDEVICE_OBJECT plug(struct machine *m) {
    static const struct wdmsim_resource resources[] = {
        {.kind = WDMSIM_RESOURCE_PORT,
         .minimum = 0x3f8,
         .maximum = 0x3ff,
         .length = 8,
         .boot = true},
    };
    static const struct wdmsim_installation installation = {
        .id = "TEST\\HW",
        .function = "function",
        .class_name = "Tests",
        .class_guid = "{99999999-0001-0002-0304-05060708090a}",
    };
    test_begin(m);
    assert_int_equal(wdmsim_install(m, &installation), 0);
    node =
        TEST_PLUG(m, .instance_id = "7", .hardware_ids = TEST_LIST("TEST\\HW", "TEST\\OTHER"),
                  .compatible_ids = TEST_LIST("TEST\\GENERIC"),
                  .container_id = "{01020304-0506-0708-090a-0b0c0d0e0f10}",
                  .description = "A test device", .location = "Slot 3",
                  .bus_type = "{a1b2c3d4-0001-0002-0304-05060708090a}", .legacy_bus_type = PCIBus,
                  .bus_number = 2, .flags = WDMSIM_DEVICE_REMOVABLE | WDMSIM_DEVICE_SURPRISE_OK,
                  .resources = resources, .resource_count = 1);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    return wdmsim_node_pdo(m, node);
}

static union {
    WCHAR text[128];
    ULONG number;
    GUID guid;
    CM_RESOURCE_LIST resources;
    IO_RESOURCE_REQUIREMENTS_LIST requirements;
} result;
static ULONG size;

static NTSTATUS get(PDEVICE_OBJECT pdo, DEVICE_REGISTRY_PROPERTY property) {
    memset(&result, 0xee, sizeof result);
    return IoGetDeviceProperty(pdo, property, sizeof result, &result, &size);
}

#define EXPECT_TEXT(property, expected)                                                            \
    do {                                                                                           \
        assert_int_equal(get(pdo, property), STATUS_SUCCESS);                                      \
        assert_int_equal(size, sizeof(expected));                                                  \
        assert_memory_equal(result.text, expected, sizeof(expected));                              \
    } while (0)
#define EXPECT_NUMBER(property, expected)                                                          \
    do {                                                                                           \
        assert_int_equal(get(pdo, property), STATUS_SUCCESS);                                      \
        assert_int_equal(size, sizeof(ULONG));                                                     \
        assert_int_equal(result.number, expected);                                                 \
    } while (0)

static void every_property_of_the_older_vocabulary(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    EXPECT_TEXT(DevicePropertyDeviceDescription, L"A test device");
    EXPECT_TEXT(DevicePropertyHardwareID, L"TEST\\HW\0TEST\\OTHER\0");
    EXPECT_TEXT(DevicePropertyCompatibleIDs, L"TEST\\GENERIC\0");
    EXPECT_TEXT(DevicePropertyClassName, L"Tests");
    EXPECT_TEXT(DevicePropertyClassGuid, L"{99999999-0001-0002-0304-05060708090a}");
    EXPECT_TEXT(DevicePropertyDriverKeyName, L"{99999999-0001-0002-0304-05060708090a}\\0000");
    EXPECT_TEXT(DevicePropertyLocationInformation, L"Slot 3");
    EXPECT_TEXT(DevicePropertyEnumeratorName, L"TEST");
    EXPECT_TEXT(DevicePropertyContainerID, container);
    assert_int_equal(get(pdo, DevicePropertyBusTypeGuid), STATUS_SUCCESS);
    assert_memory_equal(&result.guid, &bus_type, sizeof bus_type);
    EXPECT_NUMBER(DevicePropertyLegacyBusType, PCIBus);
    EXPECT_NUMBER(DevicePropertyBusNumber, 2);
    EXPECT_NUMBER(DevicePropertyAddress, 0xffffffff);
    EXPECT_NUMBER(DevicePropertyUINumber, 0xffffffff);
    EXPECT_NUMBER(DevicePropertyInstallState, InstallStateInstalled);
    EXPECT_NUMBER(DevicePropertyRemovalPolicy, RemovalPolicyExpectSurpriseRemoval);
    assert_int_equal(get(pdo, DevicePropertyPhysicalDeviceObjectName), STATUS_SUCCESS);
    assert_memory_equal(result.text, L"\\Device\\", 8 * sizeof(WCHAR));
    assert_int_equal(get(pdo, DevicePropertyBootConfiguration), STATUS_SUCCESS);
    assert_int_equal(result.resources.Count, 1);
    assert_int_equal(get(pdo, DevicePropertyAllocatedResources), STATUS_SUCCESS);
    assert_int_equal(
        result.resources.List[0].PartialResourceList.PartialDescriptors[0].u.Port.Start.QuadPart,
        0x3f8);
    assert_int_equal(get(pdo, DevicePropertyResourceRequirements), STATUS_SUCCESS);
    assert_int_equal(result.requirements.ListSize, size);
    assert_int_equal(get(pdo, DevicePropertyFriendlyName), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(get(pdo, (DEVICE_REGISTRY_PROPERTY)99), STATUS_INVALID_PARAMETER_2);
}

static void a_small_buffer_is_told_the_size(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    WCHAR small[4];
    assert_int_equal(
        IoGetDeviceProperty(pdo, DevicePropertyEnumeratorName, sizeof small, small, &size),
        STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(size, sizeof L"TEST");
    assert_int_equal(IoGetDeviceProperty(pdo, DevicePropertyEnumeratorName, 0, NULL, &size),
                     STATUS_BUFFER_TOO_SMALL);
}

/* PNP-054 */
static void pnp_054_a_functional_device_has_no_properties(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    wdmsim_expect_bugcheck(PNP_DETECTED_FATAL_ERROR);
    IoGetDeviceProperty(IoGetAttachedDevice(pdo), DevicePropertyAddress, sizeof result, &result,
                        &size);
}

static void one_node_of_processors(struct machine *m) {
    USHORT number = 9;
    assert_int_equal(IoGetDeviceNumaNode(plug(m), &number), STATUS_SUCCESS);
    assert_int_equal(number, 0);
    assert_int_equal(IoGetDeviceNumaNode(NULL, &number), STATUS_INVALID_PARAMETER);
}

/* ---- by key ---- */

static DEVPROPTYPE type;
static NTSTATUS get_key(PDEVICE_OBJECT pdo, const DEVPROPKEY *key, LCID lcid) {
    memset(&result, 0xee, sizeof result);
    return IoGetDevicePropertyData(pdo, key, lcid, 0, sizeof result, &result, &size, &type);
}

static void keys_of_the_system(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    static const WCHAR path[] = L"TEST\\DEVICE\\7";
    static const GUID class = {0x99999999, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
    static const GUID container_guid = {
        0x01020304, 0x0506, 0x0708, {9, 10, 11, 12, 13, 14, 15, 16}};
    assert_int_equal(get_key(pdo, &DEVPKEY_Device_InstanceId, 0), STATUS_SUCCESS);
    assert_int_equal(type, DEVPROP_TYPE_STRING);
    assert_memory_equal(result.text, path, sizeof path);
    assert_int_equal(get_key(pdo, &DEVPKEY_Device_HardwareIds, 0), STATUS_SUCCESS);
    assert_int_equal(type, DEVPROP_TYPE_STRING_LIST);
    assert_int_equal(get_key(pdo, &DEVPKEY_Device_ClassGuid, 0), STATUS_SUCCESS);
    assert_int_equal(type, DEVPROP_TYPE_GUID);
    assert_memory_equal(&result.guid, &class, sizeof class);
    assert_int_equal(get_key(pdo, &DEVPKEY_Device_ContainerId, 0), STATUS_SUCCESS);
    assert_memory_equal(&result.guid, &container_guid, sizeof container_guid);
    assert_int_equal(get_key(pdo, &DEVPKEY_Device_BusReportedDeviceDesc, 0), STATUS_SUCCESS);
    assert_int_equal(size, sizeof L"A test device");
    assert_int_equal(get_key(pdo, &DEVPKEY_Device_Address, 0), STATUS_SUCCESS);
    assert_int_equal(type, DEVPROP_TYPE_UINT32);
    assert_int_equal(get_key(pdo, &DEVPKEY_Device_Parent, 0), STATUS_SUCCESS);
    assert_int_equal(get_key(pdo, &DEVPKEY_Device_Children, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    test_plug_under(m, node, TEST_DEVICE(.device_id = "TEST\\CHILD", .instance_id = "1"));
    assert_int_equal(get_key(pdo, &DEVPKEY_Device_Children, 0), STATUS_SUCCESS);
    assert_memory_equal(result.text, L"TEST\\CHILD\\1\0", sizeof L"TEST\\CHILD\\1\0");
}

static void keys_of_drivers_are_kept_by_locale(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    static const DEVPROPKEY own = {{0x77777777, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}, 5};
    ULONG value = 17;
    WCHAR text[] = L"ja";
    assert_int_equal(get_key(pdo, &own, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoSetDevicePropertyData(pdo, &own, 0, PLUGPLAY_PROPERTY_PERSISTENT,
                                             DEVPROP_TYPE_UINT32, sizeof value, &value),
                     STATUS_SUCCESS);
    assert_int_equal(
        IoSetDevicePropertyData(pdo, &own, 0x407, 0, DEVPROP_TYPE_STRING, sizeof text, text),
        STATUS_SUCCESS);
    assert_int_equal(get_key(pdo, &own, 0), STATUS_SUCCESS);
    assert_int_equal(type, DEVPROP_TYPE_UINT32);
    assert_int_equal(result.number, 17);
    assert_int_equal(get_key(pdo, &own, 0x407), STATUS_SUCCESS);
    assert_int_equal(type, DEVPROP_TYPE_STRING);
    /* Properties last as long as the device's registration. */
    wdmsim_unplug(m, node);
    pdo = plug(m);
    assert_int_equal(get_key(pdo, &own, 0), STATUS_SUCCESS);
    assert_int_equal(IoSetDevicePropertyData(pdo, &own, 0, 0, DEVPROP_TYPE_UINT32, 0, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(get_key(pdo, &own, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(get_key(pdo, &own, 0x407), STATUS_SUCCESS);
}

static void what_cannot_be_set(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    static const DEVPROPKEY own = {{0x77777777, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}, 5};
    WCHAR name[] = L"A friend";
    ULONG value = 1;
    assert_int_equal(IoSetDevicePropertyData(pdo, &DEVPKEY_Device_InstanceId, 0, 0,
                                             DEVPROP_TYPE_STRING, sizeof name, name),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(
        IoSetDevicePropertyData(pdo, &own, 0, 0, DEVPROP_TYPE_UINT64, sizeof value, &value),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(
        IoSetDevicePropertyData(pdo, &own, 0x400, 0, DEVPROP_TYPE_UINT32, sizeof value, &value),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(IoSetDevicePropertyData(pdo, &DEVPKEY_Device_FriendlyName, 0, 0,
                                             DEVPROP_TYPE_STRING, sizeof name, name),
                     STATUS_SUCCESS);
    EXPECT_TEXT(DevicePropertyFriendlyName, L"A friend");
}

/* ---- registry keys ---- */

static NTSTATUS read_number(HANDLE key, const WCHAR *name, ULONG *number) {
    UNICODE_STRING string;
    struct {
        KEY_VALUE_PARTIAL_INFORMATION information;
        ULONG room[4];
    } buffer;
    ULONG length;
    RtlInitUnicodeString(&string, name);
    NTSTATUS status =
        ZwQueryValueKey(key, &string, KeyValuePartialInformation, &buffer, sizeof buffer, &length);
    memcpy(number, buffer.information.Data, sizeof *number);
    return status;
}

static void write_number(HANDLE key, const WCHAR *name, ULONG number) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, name);
    assert_int_equal(ZwSetValueKey(key, &string, 0, REG_DWORD, &number, sizeof number),
                     STATUS_SUCCESS);
    ZwClose(key);
}

/* A key by its path. */
static HANDLE open_path(const WCHAR *path) {
    UNICODE_STRING string;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key = NULL;
    RtlInitUnicodeString(&string, path);
    InitializeObjectAttributes(&attributes, &string, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    assert_int_equal(ZwOpenKey(&key, KEY_READ, &attributes), STATUS_SUCCESS);
    return key;
}

#define SYSTEM L"\\Registry\\Machine\\System\\CurrentControlSet\\"

static void the_keys_of_a_device_are_where_windows_has_them(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    ULONG number;
    HANDLE key;
    assert_int_equal(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, &key),
                     STATUS_SUCCESS);
    write_number(key, L"hardware", 1);
    key = open_path(SYSTEM L"Enum\\TEST\\DEVICE\\7\\Device Parameters");
    assert_int_equal(read_number(key, L"hardware", &number), STATUS_SUCCESS);
    ZwClose(key);
    assert_int_equal(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DRIVER, KEY_ALL_ACCESS, &key),
                     STATUS_SUCCESS);
    write_number(key, L"software", 2);
    key = open_path(SYSTEM L"Control\\Class\\{99999999-0001-0002-0304-05060708090a}\\0000");
    assert_int_equal(read_number(key, L"software", &number), STATUS_SUCCESS);
    ZwClose(key);
    assert_int_equal(
        IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DRIVER | PLUGPLAY_REGKEY_CURRENT_HWPROFILE,
                                KEY_ALL_ACCESS, &key),
        STATUS_SUCCESS);
    ZwClose(key);
    assert_int_equal(IoOpenDeviceRegistryKey(pdo, PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER,
                                             KEY_READ, &key),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(IoOpenDeviceRegistryKey(pdo, 0, KEY_READ, &key), STATUS_INVALID_PARAMETER);
}

static void the_keys_of_a_driver(struct machine *m) {
    plug(m);
    PDRIVER_OBJECT driver = wdmsim_driver_object(wdmsim_driver_find(m, "function"));
    ULONG number;
    HANDLE key;
    wdmsim_driver_parameter_u32(m, "function", "Given", 3);
    assert_int_equal(IoOpenDriverRegistryKey(driver, DriverRegKeyParameters, KEY_READ, 0, &key),
                     STATUS_SUCCESS);
    assert_int_equal(read_number(key, L"Given", &number), STATUS_SUCCESS);
    assert_int_equal(number, 3);
    ZwClose(key);
    assert_int_equal(
        IoOpenDriverRegistryKey(driver, DriverRegKeyPersistentState, KEY_ALL_ACCESS, 0, &key),
        STATUS_SUCCESS);
    write_number(key, L"state", 4);
    assert_int_equal(
        IoOpenDriverRegistryKey(driver, DriverRegKeyPersistentState, KEY_ALL_ACCESS, 1, &key),
        STATUS_INVALID_PARAMETER);
}

TEST_MAIN(wdmsim_unit_test(every_property_of_the_older_vocabulary),
          wdmsim_unit_test(a_small_buffer_is_told_the_size),
          wdmsim_unit_test(pnp_054_a_functional_device_has_no_properties),
          wdmsim_unit_test(one_node_of_processors), wdmsim_unit_test(keys_of_the_system),
          wdmsim_unit_test(keys_of_drivers_are_kept_by_locale),
          wdmsim_unit_test(what_cannot_be_set),
          wdmsim_unit_test(the_keys_of_a_device_are_where_windows_has_them),
          wdmsim_unit_test(the_keys_of_a_driver))
