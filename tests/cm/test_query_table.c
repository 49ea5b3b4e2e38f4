/* RtlQueryRegistryValues: tables of queries. */
#include "registry.h"

#define SERVICE L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Table"

static HANDLE service(void) {
    HANDLE key = new_key(SERVICE);
    number_set(key, L"Number", 42);
    value_set(key, L"Text", REG_SZ, L"hello", 12);
    value_set(key, L"List", REG_MULTI_SZ, L"one\0three\0", 22);
    value_set(key, L"Bytes", REG_BINARY, "0123456789", 10);
    return key;
}

static NTSTATUS query(RTL_QUERY_REGISTRY_TABLE *table, PVOID context) {
    return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"Table", table, context, NULL);
}

static void values_go_straight_to_variables(struct machine *m) {
    ULONG number = 0;
    UNICODE_STRING text = {0, 0, NULL};
    union {
        LONG size;
        char bytes[10];
    } raw = {.size = -10};
    union {
        LONG size;
        struct {
            ULONG length, type;
            char bytes[10];
        } described;
    } full = {.size = 18};
    RTL_QUERY_REGISTRY_TABLE table[5] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)L"Number", .EntryContext = &number},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)L"Text", .EntryContext = &text},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)L"Bytes", .EntryContext = &raw},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)L"Bytes", .EntryContext = &full},
    };
    HANDLE key = service();
    (void)m;
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_int_equal(number, 42);
    assert_int_equal(text.Length, 10);
    assert_memory_equal(text.Buffer, L"hello", 12);
    ExFreePool(text.Buffer);
    assert_memory_equal(raw.bytes, "0123456789", 10);
    assert_int_equal(full.described.length, 10);
    assert_int_equal(full.described.type, REG_BINARY);
    assert_memory_equal(full.described.bytes, "0123456789", 10);
    raw.size = -9;
    table[0] = table[2];
    assert_int_equal(query(table, NULL), STATUS_BUFFER_TOO_SMALL);
    ZwClose(key);
}

/* Check that a string goes into the buffer that is there, if it fits. */
static void strings_use_the_callers_buffer(struct machine *m) {
    WCHAR buffer[8];
    UNICODE_STRING text = {0, sizeof buffer, buffer};
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)L"Text", .EntryContext = &text}};
    HANDLE key = service();
    (void)m;
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_ptr_equal(text.Buffer, buffer);
    assert_int_equal(text.Length, 10);
    text.MaximumLength = 6;
    assert_int_equal(query(table, NULL), STATUS_BUFFER_TOO_SMALL);
    ZwClose(key);
}

static void the_type_can_be_checked(struct machine *m) {
    ULONG number = 0;
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK,
         .Name = (PWSTR)L"Number",
         .EntryContext = &number,
         .DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT}};
    HANDLE key = service();
    (void)m;
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_int_equal(number, 42);
    table[0].Name = (PWSTR)L"Bytes";
    assert_int_equal(query(table, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(key);
}

static void missing_values_have_defaults(struct machine *m) {
    ULONG number = 0, standard = 7, untouched = 3;
    UNICODE_STRING text = {0, 0, NULL};
    RTL_QUERY_REGISTRY_TABLE table[4] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT,
         .Name = (PWSTR)L"None",
         .EntryContext = &number,
         .DefaultType = REG_DWORD,
         .DefaultData = &standard,
         .DefaultLength = 4},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT,
         .Name = (PWSTR)L"None",
         .EntryContext = &text,
         .DefaultType = REG_SZ,
         .DefaultData = (PVOID)(ULONG_PTR)L"default"},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)L"None", .EntryContext = &untouched},
    };
    HANDLE key = service();
    (void)m;
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_int_equal(number, 7);
    assert_int_equal(text.Length, 14);
    ExFreePool(text.Buffer);
    assert_int_equal(untouched, 3);
    table[2].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    text.Buffer = NULL;
    assert_int_equal(query(table, NULL), STATUS_OBJECT_NAME_NOT_FOUND);
    ExFreePool(text.Buffer);
    ZwClose(key);
}

static struct {
    int count;
    ULONG types[8], lengths[8];
    WCHAR first[8];
    PVOID context, entry;
    NTSTATUS answer;
} calls;

static NTSTATUS routine(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context,
                        PVOID entry) {
    (void)data;
    calls.first[calls.count] = name ? name[0] : 0;
    calls.types[calls.count] = type;
    calls.lengths[calls.count++] = length;
    calls.context = context;
    calls.entry = entry;
    return calls.answer;
}

static void a_routine_is_called_for_a_value(struct machine *m) {
    int context, entry;
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {.QueryRoutine = routine, .Name = (PWSTR)L"Number", .EntryContext = &entry}};
    HANDLE key = service();
    (void)m;
    memset(&calls, 0, sizeof calls);
    assert_int_equal(query(table, &context), STATUS_SUCCESS);
    assert_int_equal(calls.count, 1);
    assert_int_equal(calls.types[0], REG_DWORD);
    assert_int_equal(calls.lengths[0], 4);
    assert_ptr_equal(calls.context, &context);
    assert_ptr_equal(calls.entry, &entry);
    calls.answer = STATUS_UNSUCCESSFUL;
    assert_int_equal(query(table, &context), STATUS_UNSUCCESSFUL);
    calls.answer = STATUS_BUFFER_TOO_SMALL;
    assert_int_equal(query(table, &context), STATUS_SUCCESS);
    ZwClose(key);
}

/* Check that each string of a list comes alone, or the list as it is. */
static void lists_are_taken_apart(struct machine *m) {
    RTL_QUERY_REGISTRY_TABLE table[2] = {{.QueryRoutine = routine, .Name = (PWSTR)L"List"}};
    HANDLE key = service();
    (void)m;
    memset(&calls, 0, sizeof calls);
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_int_equal(calls.count, 2);
    assert_int_equal(calls.types[0], REG_SZ);
    assert_int_equal(calls.lengths[0], 8);
    assert_int_equal(calls.lengths[1], 12);
    memset(&calls, 0, sizeof calls);
    table[0].Flags = RTL_QUERY_REGISTRY_NOEXPAND;
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_int_equal(calls.count, 1);
    assert_int_equal(calls.types[0], REG_MULTI_SZ);
    assert_int_equal(calls.lengths[0], 22);
    ZwClose(key);
}

/* Check the entries without a name: all values, or just a call. */
static void an_entry_without_a_name_means_all_values(struct machine *m) {
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {.QueryRoutine = routine, .Flags = RTL_QUERY_REGISTRY_NOEXPAND}};
    HANDLE key = service();
    (void)m;
    memset(&calls, 0, sizeof calls);
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_int_equal(calls.count, 4);
    assert_memory_equal(calls.first, L"NTLB", 8);
    memset(&calls, 0, sizeof calls);
    table[0].Flags = RTL_QUERY_REGISTRY_NOVALUE;
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_int_equal(calls.count, 1);
    assert_int_equal(calls.types[0], REG_NONE);
    ZwClose(key);
}

static void subkeys_are_entered_and_left(struct machine *m) {
    HANDLE key = service(), sub = new_key(SERVICE L"\\Parameters");
    ULONG inner = 0, outer = 0;
    RTL_QUERY_REGISTRY_TABLE table[5] = {
        {.Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = (PWSTR)L"Parameters"},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_REQUIRED,
         .Name = (PWSTR)L"Inner",
         .EntryContext = &inner},
        {.Flags =
             RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_REQUIRED,
         .Name = (PWSTR)L"Number",
         .EntryContext = &outer},
    };
    (void)m;
    number_set(sub, L"Inner", 5);
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_int_equal(inner, 5);
    assert_int_equal(outer, 42);
    table[0].Name = (PWSTR)L"None";
    assert_int_equal(query(table, NULL), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(sub);
    ZwClose(key);
}

static void a_value_can_be_deleted_after_it_is_read(struct machine *m) {
    ULONG number = 0;
    RTL_QUERY_REGISTRY_TABLE table[2] = {{.Flags = RTL_QUERY_REGISTRY_DIRECT |
                                                   RTL_QUERY_REGISTRY_DELETE |
                                                   RTL_QUERY_REGISTRY_REQUIRED,
                                          .Name = (PWSTR)L"Number",
                                          .EntryContext = &number}};
    HANDLE key = service();
    (void)m;
    assert_int_equal(query(table, NULL), STATUS_SUCCESS);
    assert_int_equal(number, 42);
    assert_int_equal(query(table, NULL), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(key);
}

static void bad_tables_are_refused(struct machine *m) {
    ULONG number;
    RTL_QUERY_REGISTRY_TABLE nameless[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .EntryContext = &number}};
    RTL_QUERY_REGISTRY_TABLE list[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)L"List", .EntryContext = &number}};
    HANDLE key = service();
    (void)m;
    assert_int_equal(query(nameless, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(query(list, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"None", list, NULL, NULL),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(values_go_straight_to_variables),
        wdmsim_unit_test(strings_use_the_callers_buffer),
        wdmsim_unit_test(the_type_can_be_checked),
        wdmsim_unit_test(missing_values_have_defaults),
        wdmsim_unit_test(a_routine_is_called_for_a_value),
        wdmsim_unit_test(lists_are_taken_apart),
        wdmsim_unit_test(an_entry_without_a_name_means_all_values),
        wdmsim_unit_test(subkeys_are_entered_and_left),
        wdmsim_unit_test(a_value_can_be_deleted_after_it_is_read),
        wdmsim_unit_test(bad_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
