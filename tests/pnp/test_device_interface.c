/*
 * Device interfaces: registering, enabling, finding, opening, and what a removal does to them.
 */
#include "pnp_test.h"

#include <devpkey.h>

static const GUID class_a = {0x11111111, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const GUID class_b = {0x22222222, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

static PDEVICE_OBJECT plug(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function", .instance_id = "7");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    return wdmsim_node_pdo(m, node);
}

static UNICODE_STRING text(const WCHAR *buffer) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, buffer);
    return string;
}

static UNICODE_STRING make(PDEVICE_OBJECT pdo, const GUID *class, const WCHAR *reference,
                           NTSTATUS expected) {
    UNICODE_STRING name = {0}, ref = text(reference);
    assert_int_equal(IoRegisterDeviceInterface(pdo, class, reference ? &ref : NULL, &name),
                     expected);
    return name;
}

/* PNP-067 */
static void pnp_067_registering_twice_gives_the_same_link(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    UNICODE_STRING first = make(pdo, &class_a, NULL, STATUS_SUCCESS);
    UNICODE_STRING again = make(pdo, &class_a, NULL, STATUS_OBJECT_NAME_EXISTS);
    UNICODE_STRING other = make(pdo, &class_a, L"two", STATUS_SUCCESS);
    UNICODE_STRING expected = text(L"\\??\\TEST#DEVICE#7#{11111111-0001-0002-0304-05060708090a}");
    assert_true(RtlEqualUnicodeString(&first, &again, FALSE));
    assert_true(RtlEqualUnicodeString(&first, &expected, TRUE));
    assert_false(RtlEqualUnicodeString(&first, &other, TRUE));
    RtlFreeUnicodeString(&first);
    RtlFreeUnicodeString(&again);
    RtlFreeUnicodeString(&other);
}

static void a_reference_string_has_no_separators(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    make(pdo, &class_a, L"a\\b", STATUS_INVALID_DEVICE_REQUEST);
    make(pdo, &class_a, L"a/b", STATUS_INVALID_DEVICE_REQUEST);
}

/* PNP-068 */
static void pnp_068_enabling_and_disabling_twice_is_told(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    UNICODE_STRING name = make(pdo, &class_a, NULL, STATUS_SUCCESS), unknown;
    assert_int_equal(IoSetDeviceInterfaceState(&name, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoSetDeviceInterfaceState(&name, TRUE), STATUS_SUCCESS);
    assert_int_equal(IoSetDeviceInterfaceState(&name, TRUE), STATUS_OBJECT_NAME_EXISTS);
    assert_int_equal(IoSetDeviceInterfaceState(&name, FALSE), STATUS_SUCCESS);
    assert_int_equal(IoSetDeviceInterfaceState(&name, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    unknown = text(L"\\??\\TEST#DEVICE#8#{11111111-0001-0002-0304-05060708090a}");
    assert_int_equal(IoSetDeviceInterfaceState(&unknown, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
    RtlFreeUnicodeString(&name);
}

/* The file that a create was for, as the function driver saw it. */
static WCHAR opened[64];
static NTSTATUS remember_open(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    PUNICODE_STRING name = &IoGetCurrentIrpStackLocation(irp)->FileObject->FileName;
    memset(opened, 0, sizeof opened);
    memcpy(opened, name->Buffer, name->Length);
    return test_complete(irp, STATUS_SUCCESS);
}

static void an_enabled_interface_opens_the_stack(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m), device;
    PFILE_OBJECT file;
    UNICODE_STRING name = make(pdo, &class_a, L"ref", STATUS_SUCCESS), expected = text(L"\\ref");
    PDRIVER_OBJECT driver = wdmsim_driver_object(wdmsim_driver_find(m, "function"));
    driver->MajorFunction[IRP_MJ_CREATE] = remember_open;
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device),
                     STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(IoSetDeviceInterfaceState(&name, TRUE), STATUS_SUCCESS);
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device),
                     STATUS_SUCCESS);
    assert_ptr_equal(device, IoGetAttachedDevice(pdo));
    assert_ptr_equal(file->DeviceObject, pdo);
    assert_true(RtlEqualUnicodeString(&file->FileName, &expected, FALSE));
    UNICODE_STRING seen = text(opened);
    assert_true(RtlEqualUnicodeString(&seen, &expected, FALSE));
    ObDereferenceObject(file);
    assert_int_equal(IoSetDeviceInterfaceState(&name, FALSE), STATUS_SUCCESS);
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device),
                     STATUS_OBJECT_PATH_NOT_FOUND);
    RtlFreeUnicodeString(&name);
}

/* Interfaces that differ in their reference have one link, which the last one takes away. */
static void references_share_a_link(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m), device;
    PFILE_OBJECT file;
    UNICODE_STRING one = make(pdo, &class_a, L"1", STATUS_SUCCESS);
    UNICODE_STRING two = make(pdo, &class_a, L"2", STATUS_SUCCESS);
    assert_int_equal(IoSetDeviceInterfaceState(&one, TRUE), STATUS_SUCCESS);
    assert_int_equal(IoSetDeviceInterfaceState(&two, TRUE), STATUS_SUCCESS);
    assert_int_equal(IoSetDeviceInterfaceState(&one, FALSE), STATUS_SUCCESS);
    assert_int_equal(IoGetDeviceObjectPointer(&two, FILE_READ_DATA, &file, &device),
                     STATUS_SUCCESS);
    ObDereferenceObject(file);
    assert_int_equal(IoSetDeviceInterfaceState(&two, FALSE), STATUS_SUCCESS);
    RtlFreeUnicodeString(&one);
    RtlFreeUnicodeString(&two);
}

static unsigned count_list(const GUID *class, PDEVICE_OBJECT pdo, ULONG flags) {
    PZZWSTR list;
    unsigned count = 0;
    assert_int_equal(IoGetDeviceInterfaces(class, pdo, flags, &list), STATUS_SUCCESS);
    for (const WCHAR *at = list; *at; count++)
        at += text(at).Length / sizeof(WCHAR) + 1;
    ExFreePool(list);
    return count;
}

static void lists_have_what_is_enabled(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    uint32_t second = TEST_PLUG(m, .function = "function", .instance_id = "8");
    UNICODE_STRING a = make(pdo, &class_a, NULL, STATUS_SUCCESS);
    UNICODE_STRING b = make(wdmsim_node_pdo(m, second), &class_a, NULL, STATUS_SUCCESS);
    assert_int_equal(count_list(&class_a, NULL, 0), 0);
    assert_int_equal(count_list(&class_a, NULL, DEVICE_INTERFACE_INCLUDE_NONACTIVE), 2);
    IoSetDeviceInterfaceState(&b, TRUE);
    assert_int_equal(count_list(&class_a, NULL, 0), 1);
    assert_int_equal(count_list(&class_a, pdo, 0), 0);
    assert_int_equal(count_list(&class_a, pdo, DEVICE_INTERFACE_INCLUDE_NONACTIVE), 1);
    assert_int_equal(count_list(&class_b, NULL, DEVICE_INTERFACE_INCLUDE_NONACTIVE), 0);
    RtlFreeUnicodeString(&a);
    RtlFreeUnicodeString(&b);
}

static void an_alias_has_the_same_reference(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    UNICODE_STRING a = make(pdo, &class_a, L"1", STATUS_SUCCESS), alias = {0};
    UNICODE_STRING b = make(pdo, &class_b, L"2", STATUS_SUCCESS), none = text(L"\\??\\none");
    assert_int_equal(IoGetDeviceInterfaceAlias(&a, &class_b, &alias), STATUS_OBJECT_NAME_NOT_FOUND);
    UNICODE_STRING c = make(pdo, &class_b, L"1", STATUS_SUCCESS);
    assert_int_equal(IoGetDeviceInterfaceAlias(&a, &class_b, &alias), STATUS_SUCCESS);
    assert_true(RtlEqualUnicodeString(&alias, &c, FALSE));
    assert_int_equal(IoGetDeviceInterfaceAlias(&none, &class_b, &alias), STATUS_INVALID_HANDLE);
    RtlFreeUnicodeString(&a);
    RtlFreeUnicodeString(&b);
    RtlFreeUnicodeString(&c);
    RtlFreeUnicodeString(&alias);
}

/* A driver that forgets to disable its interface, and the device comes again. */
static void removal_disables_and_the_registration_stays(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function", .instance_id = "7");
    UNICODE_STRING name = make(wdmsim_node_pdo(m, node), &class_a, NULL, STATUS_SUCCESS);
    assert_int_equal(IoSetDeviceInterfaceState(&name, TRUE), STATUS_SUCCESS);
    assert_int_equal(wdmsim_unplug(m, node), 0);
    assert_int_equal(count_list(&class_a, NULL, 0), 0);
    assert_int_equal(count_list(&class_a, NULL, DEVICE_INTERFACE_INCLUDE_NONACTIVE), 1);
    assert_int_equal(IoSetDeviceInterfaceState(&name, TRUE), STATUS_INVALID_DEVICE_REQUEST);
    node = TEST_PLUG(m, .function = "function", .instance_id = "7");
    UNICODE_STRING again =
        make(wdmsim_node_pdo(m, node), &class_a, NULL, STATUS_OBJECT_NAME_EXISTS);
    assert_int_equal(IoSetDeviceInterfaceState(&again, TRUE), STATUS_SUCCESS);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, node), STATUS_SUCCESS);
    assert_int_equal(IoSetDeviceInterfaceState(&again, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    RtlFreeUnicodeString(&name);
    RtlFreeUnicodeString(&again);
}

static void an_interface_has_a_key(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    UNICODE_STRING name = make(pdo, &class_a, L"ref", STATUS_SUCCESS), bad = text(L"none");
    UNICODE_STRING value = text(L"v"), missing = text(L"\\??\\none");
    HANDLE key;
    ULONG number = 5;
    assert_int_equal(IoOpenDeviceInterfaceRegistryKey(&name, KEY_ALL_ACCESS, &key), STATUS_SUCCESS);
    assert_int_equal(ZwSetValueKey(key, &value, 0, REG_DWORD, &number, sizeof number),
                     STATUS_SUCCESS);
    ZwClose(key);
    assert_int_equal(IoOpenDeviceInterfaceRegistryKey(&bad, KEY_READ, &key),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(IoOpenDeviceInterfaceRegistryKey(&missing, KEY_READ, &key),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    RtlFreeUnicodeString(&name);
}

static union {
    GUID guid;
    DEVPROP_BOOLEAN boolean;
    WCHAR text[32];
} result;
static ULONG size;
static DEVPROPTYPE type;

static NTSTATUS get(PUNICODE_STRING name, const DEVPROPKEY *key, LCID lcid, ULONG room) {
    return IoGetDeviceInterfacePropertyData(name, key, lcid, 0, room, &result, &size, &type);
}

static void an_interface_has_properties(struct machine *m) {
    PDEVICE_OBJECT pdo = plug(m);
    UNICODE_STRING name = make(pdo, &class_a, L"ref", STATUS_SUCCESS);
    WCHAR friendly[] = L"Friend";
    assert_int_equal(get(&name, &DEVPKEY_DeviceInterface_ClassGuid, 0, sizeof result),
                     STATUS_SUCCESS);
    assert_memory_equal(&result.guid, &class_a, sizeof class_a);
    assert_int_equal(type, DEVPROP_TYPE_GUID);
    assert_int_equal(get(&name, &DEVPKEY_DeviceInterface_Enabled, 0, sizeof result),
                     STATUS_SUCCESS);
    assert_int_equal(result.boolean, DEVPROP_FALSE);
    IoSetDeviceInterfaceState(&name, TRUE);
    get(&name, &DEVPKEY_DeviceInterface_Enabled, 0, sizeof result);
    assert_int_equal(result.boolean, DEVPROP_TRUE);
    assert_int_equal(get(&name, &DEVPKEY_DeviceInterface_ReferenceString, 0, sizeof result),
                     STATUS_SUCCESS);
    assert_memory_equal(result.text, L"ref", sizeof L"ref");
    assert_int_equal(get(&name, &DEVPKEY_DeviceInterface_FriendlyName, 0, sizeof result),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoSetDeviceInterfacePropertyData(&name, &DEVPKEY_DeviceInterface_FriendlyName,
                                                      0, 0, DEVPROP_TYPE_STRING, sizeof friendly,
                                                      friendly),
                     STATUS_SUCCESS);
    assert_int_equal(get(&name, &DEVPKEY_DeviceInterface_FriendlyName, 0, 2),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(size, sizeof friendly);
    assert_int_equal(get(&name, &DEVPKEY_DeviceInterface_FriendlyName, 0x800, sizeof result),
                     STATUS_UNSUCCESSFUL);
    assert_int_equal(IoSetDeviceInterfacePropertyData(&name, &DEVPKEY_DeviceInterface_ClassGuid, 0,
                                                      0, DEVPROP_TYPE_GUID, sizeof(GUID),
                                                      (PVOID)(ULONG_PTR)&class_b),
                     STATUS_ACCESS_DENIED);
    RtlFreeUnicodeString(&name);
}

TEST_MAIN(wdmsim_unit_test(pnp_067_registering_twice_gives_the_same_link),
          wdmsim_unit_test(a_reference_string_has_no_separators),
          wdmsim_unit_test(pnp_068_enabling_and_disabling_twice_is_told),
          wdmsim_unit_test(an_enabled_interface_opens_the_stack),
          wdmsim_unit_test(references_share_a_link), wdmsim_unit_test(lists_have_what_is_enabled),
          wdmsim_unit_test(an_alias_has_the_same_reference),
          wdmsim_unit_test(removal_disables_and_the_registration_stays),
          wdmsim_unit_test(an_interface_has_a_key), wdmsim_unit_test(an_interface_has_properties))
