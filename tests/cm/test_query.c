/* What queries of keys and values return, and what they say of buffers that are too small. */
#include "registry.h"

static void a_value_is_returned_in_three_forms(struct machine *m) {
    static const WCHAR text[] = L"hello";
    HANDLE key = new_key(SOFTWARE L"\\Values");
    union {
        KEY_VALUE_BASIC_INFORMATION basic;
        KEY_VALUE_FULL_INFORMATION full;
        KEY_VALUE_PARTIAL_INFORMATION partial;
        KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 aligned;
        char bytes[100];
    } buffer;
    ULONG needed = 0;
    (void)m;
    assert_int_equal(value_set(key, L"Text", REG_SZ, text, sizeof text), STATUS_SUCCESS);
    assert_int_equal(
        value_get(key, L"TEXT", KeyValueBasicInformation, &buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_int_equal(buffer.basic.Type, REG_SZ);
    assert_int_equal(buffer.basic.NameLength, 8);
    assert_memory_equal(buffer.basic.Name, L"Text", 8);
    assert_int_equal(needed, FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name) + 8);
    assert_int_equal(
        value_get(key, L"Text", KeyValueFullInformation, &buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_int_equal(buffer.full.DataLength, sizeof text);
    assert_int_equal(buffer.full.NameLength, 8);
    assert_int_equal(buffer.full.DataOffset % 4, 0);
    assert_memory_equal(buffer.bytes + buffer.full.DataOffset, text, sizeof text);
    assert_int_equal(needed, buffer.full.DataOffset + sizeof text);
    assert_int_equal(
        value_get(key, L"Text", KeyValuePartialInformation, &buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_memory_equal(buffer.partial.Data, text, sizeof text);
    assert_int_equal(needed, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof text);
    assert_int_equal(
        value_get(key, L"Text", KeyValuePartialInformationAlign64, &buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_int_equal(buffer.aligned.Type, REG_SZ);
    assert_memory_equal(buffer.aligned.Data, text, sizeof text);
    assert_int_equal(
        value_get(key, L"Text", (KEY_VALUE_INFORMATION_CLASS)77, &buffer, sizeof buffer, &needed),
        STATUS_INVALID_PARAMETER);
    ZwClose(key);
}

/* Check the two answers to a small buffer: nothing written, or as much as fits. */
static void small_buffers_get_what_fits(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Values");
    union {
        KEY_VALUE_PARTIAL_INFORMATION partial;
        char bytes[100];
    } buffer;
    const ULONG fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    ULONG needed = 0;
    (void)m;
    value_set(key, L"Bytes", REG_BINARY, "0123456789", 10);
    memset(&buffer, 0x55, sizeof buffer);
    assert_int_equal(
        value_get(key, L"Bytes", KeyValuePartialInformation, &buffer, fixed - 1, &needed),
        STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(needed, fixed + 10);
    assert_int_equal(buffer.bytes[0], 0x55);
    assert_int_equal(value_get(key, L"Bytes", KeyValuePartialInformation, NULL, 0, &needed),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(
        value_get(key, L"Bytes", KeyValuePartialInformation, &buffer, fixed + 4, &needed),
        STATUS_BUFFER_OVERFLOW);
    assert_int_equal(needed, fixed + 10);
    assert_int_equal(buffer.partial.DataLength, 10);
    assert_memory_equal(buffer.partial.Data, "0123", 4);
    assert_int_equal(buffer.bytes[fixed + 4], 0x55);
    ZwClose(key);
}

static void values_are_replaced_and_deleted(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"NUMBER");
    HANDLE key = new_key(SOFTWARE L"\\Values");
    char buffer[64];
    ULONG needed;
    (void)m;
    number_set(key, L"Number", 1);
    number_set(key, L"number", 2);
    assert_int_equal(number_get(key, L"Number"), 2);
    value_set(key, L"", REG_BINARY, NULL, 0); /* the unnamed one, empty */
    assert_int_equal(
        value_get(key, L"", KeyValuePartialInformation, buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_int_equal(ZwDeleteValueKey(key, &name), STATUS_SUCCESS);
    assert_int_equal(ZwDeleteValueKey(key, &name), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(
        value_get(key, L"Number", KeyValuePartialInformation, buffer, sizeof buffer, &needed),
        STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(key);
}

static void values_are_enumerated(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Values");
    union {
        KEY_VALUE_BASIC_INFORMATION basic;
        char bytes[64];
    } buffer;
    ULONG needed;
    (void)m;
    number_set(key, L"b", 1);
    number_set(key, L"a", 2);
    assert_int_equal(
        ZwEnumerateValueKey(key, 0, KeyValueBasicInformation, &buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_int_equal(buffer.basic.Name[0], 'b');
    assert_int_equal(
        ZwEnumerateValueKey(key, 1, KeyValueBasicInformation, &buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_int_equal(buffer.basic.Name[0], 'a');
    assert_int_equal(
        ZwEnumerateValueKey(key, 2, KeyValueBasicInformation, &buffer, sizeof buffer, &needed),
        STATUS_NO_MORE_ENTRIES);
    ZwClose(key);
}

static void a_key_tells_what_is_in_it(struct machine *m) {
    UNICODE_STRING class = RTL_CONSTANT_STRING(L"Class");
    HANDLE key, child;
    union {
        KEY_BASIC_INFORMATION basic;
        KEY_NODE_INFORMATION node;
        KEY_FULL_INFORMATION full;
        char bytes[256];
    } buffer;
    ULONG needed, disposition;
    LARGE_INTEGER now;
    (void)m;
    KeQuerySystemTime(&now);
    assert_int_equal(ZwCreateKey(&key, KEY_ALL_ACCESS, key_attributes(SOFTWARE L"\\Info", NULL), 0,
                                 &class, 0, NULL),
                     STATUS_SUCCESS);
    key_create(L"Second", key, 0, &child, &disposition);
    ZwClose(child);
    key_create(L"First", key, 0, &child, &disposition);
    ZwClose(child);
    value_set(key, L"LongName", REG_BINARY, "12345", 5);
    number_set(key, L"n", 1);
    assert_int_equal(ZwQueryKey(key, KeyFullInformation, &buffer, sizeof buffer, &needed),
                     STATUS_SUCCESS);
    assert_int_equal(buffer.full.SubKeys, 2);
    assert_int_equal(buffer.full.Values, 2);
    assert_int_equal(buffer.full.MaxNameLen, 12);
    assert_int_equal(buffer.full.MaxValueNameLen, 16);
    assert_int_equal(buffer.full.MaxValueDataLen, 5);
    assert_int_equal(buffer.full.ClassLength, class.Length);
    assert_memory_equal(buffer.bytes + buffer.full.ClassOffset, class.Buffer, class.Length);
    assert_true(buffer.full.LastWriteTime.QuadPart >= now.QuadPart);
    assert_int_equal(ZwQueryKey(key, KeyBasicInformation, &buffer, sizeof buffer, &needed),
                     STATUS_SUCCESS);
    assert_int_equal(buffer.basic.NameLength, 8);
    assert_memory_equal(buffer.basic.Name, L"Info", 8);
    assert_int_equal(ZwQueryKey(key, KeyNodeInformation, &buffer, sizeof buffer, &needed),
                     STATUS_SUCCESS);
    assert_memory_equal(buffer.node.Name, L"Info", 8);
    assert_memory_equal(buffer.bytes + buffer.node.ClassOffset, class.Buffer, class.Length);
    assert_int_equal(ZwQueryKey(key, (KEY_INFORMATION_CLASS)77, &buffer, sizeof buffer, &needed),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(ZwQueryKey(key, KeyBasicInformation, &buffer, 18, &needed),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(needed, FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) + 8);
    assert_int_equal(ZwQueryKey(key, KeyBasicInformation, &buffer, 4, &needed),
                     STATUS_BUFFER_TOO_SMALL);
    ZwClose(key);
}

static void subkeys_are_enumerated_by_name(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Parent"), child;
    union {
        KEY_BASIC_INFORMATION basic;
        char bytes[64];
    } buffer;
    ULONG needed, disposition;
    static PCWSTR const names[] = {L"cherry", L"Apple", L"BANANA"};
    static const WCHAR firsts[] = {'A', 'B', 'c'};
    (void)m;
    for (int i = 0; i < 3; i++) {
        key_create(names[i], key, 0, &child, &disposition);
        ZwClose(child);
    }
    for (ULONG i = 0; i < 3; i++) {
        assert_int_equal(
            ZwEnumerateKey(key, i, KeyBasicInformation, &buffer, sizeof buffer, &needed),
            STATUS_SUCCESS);
        assert_int_equal(buffer.basic.Name[0], firsts[i]);
    }
    assert_int_equal(ZwEnumerateKey(key, 3, KeyBasicInformation, &buffer, sizeof buffer, &needed),
                     STATUS_NO_MORE_ENTRIES);
    ZwClose(key);
}

/* Check that a key knows its whole name, links resolved, both by query and by pointer. */
static void a_key_tells_its_full_name(struct machine *m) {
    static const WCHAR expected[] = L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\Named";
    HANDLE key = new_key(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Named");
    union {
        KEY_NAME_INFORMATION name;
        OBJECT_NAME_INFORMATION object;
        char bytes[256];
    } buffer;
    ULONG needed;
    PVOID object;
    (void)m;
    assert_int_equal(ZwQueryKey(key, KeyNameInformation, &buffer, sizeof buffer, &needed),
                     STATUS_SUCCESS);
    assert_int_equal(buffer.name.NameLength, sizeof expected - sizeof(WCHAR));
    assert_memory_equal(buffer.name.Name, expected, sizeof expected - sizeof(WCHAR));
    ObReferenceObjectByHandle(key, 0, *CmKeyObjectType, KernelMode, &object, NULL);
    assert_int_equal(ObQueryNameString(object, &buffer.object, sizeof buffer, &needed),
                     STATUS_SUCCESS);
    assert_memory_equal(buffer.object.Name.Buffer, expected, sizeof expected);
    ObDereferenceObject(object);
    ZwClose(key);
}

static void the_time_of_the_last_write_can_be_set(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Timed");
    KEY_BASIC_INFORMATION basic;
    LARGE_INTEGER time = {.QuadPart = 12345678};
    ULONG needed;
    (void)m;
    assert_int_equal(ZwSetInformationKey(key, KeyWriteTimeInformation, &time, sizeof time),
                     STATUS_SUCCESS);
    ZwQueryKey(key, KeyBasicInformation, &basic, sizeof basic, &needed);
    assert_int_equal(basic.LastWriteTime.QuadPart, 12345678);
    number_set(key, L"X", 1);
    ZwQueryKey(key, KeyBasicInformation, &basic, sizeof basic, &needed);
    assert_true(basic.LastWriteTime.QuadPart > 12345678);
    assert_int_equal(ZwSetInformationKey(key, KeyWriteTimeInformation, &time, 4),
                     STATUS_INFO_LENGTH_MISMATCH);
    ZwClose(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_value_is_returned_in_three_forms),
        wdmsim_unit_test(small_buffers_get_what_fits),
        wdmsim_unit_test(values_are_replaced_and_deleted),
        wdmsim_unit_test(values_are_enumerated),
        wdmsim_unit_test(a_key_tells_what_is_in_it),
        wdmsim_unit_test(subkeys_are_enumerated_by_name),
        wdmsim_unit_test(a_key_tells_its_full_name),
        wdmsim_unit_test(the_time_of_the_last_write_can_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
