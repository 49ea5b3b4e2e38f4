/* Keys: creating, opening, deleting, renaming. */
#include "registry.h"

static void a_key_is_created_then_opened(struct machine *m) {
    HANDLE first = new_key(SOFTWARE L"\\Mine"), second;
    ULONG disposition = 0;
    (void)m;
    assert_int_equal(key_open(L"\\REGISTRY\\MACHINE\\SOFTWARE\\MINE", NULL, &second),
                     STATUS_SUCCESS);
    ZwClose(second);
    assert_int_equal(key_create(SOFTWARE L"\\mine", NULL, 0, &second, &disposition),
                     STATUS_SUCCESS);
    assert_int_equal(disposition, REG_OPENED_EXISTING_KEY);
    number_set(first, L"Shared", 5);
    assert_int_equal(number_get(second, L"Shared"), 5);
    ZwClose(first);
    ZwClose(second);
}

static void what_is_not_there_is_told(struct machine *m) {
    HANDLE key;
    (void)m;
    assert_int_equal(key_open(SOFTWARE L"\\None", NULL, &key), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(key_open(L"\\Registry\\Nothing", NULL, &key), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(key_open(L"\\Nowhere\\At\\All", NULL, &key), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(key_open(L"Software", NULL, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_int_equal(key_open(L"\\Device", NULL, &key), STATUS_OBJECT_TYPE_MISMATCH);
}

/* Check that creation makes one key, not the way to it. */
static void only_the_last_component_is_created(struct machine *m) {
    HANDLE key;
    ULONG disposition;
    (void)m;
    assert_int_equal(key_create(SOFTWARE L"\\One\\Two", NULL, 0, &key, &disposition),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(new_key(SOFTWARE L"\\One"));
    ZwClose(new_key(SOFTWARE L"\\One\\Two"));
}

static void a_key_is_a_root_for_relative_names(struct machine *m) {
    HANDLE root = new_key(SOFTWARE L"\\Root"), child, same;
    ULONG disposition;
    (void)m;
    assert_int_equal(key_create(L"Child", root, 0, &child, &disposition), STATUS_SUCCESS);
    ZwClose(child);
    assert_int_equal(key_open(L"child", root, &child), STATUS_SUCCESS);
    assert_int_equal(key_open(L"\\Child", root, &same), STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_int_equal(key_open(L"", child, &same),
                     STATUS_SUCCESS); /* another handle to the root itself */
    number_set(child, L"X", 1);
    assert_int_equal(number_get(same, L"X"), 1);
    ZwClose(same);
    ZwClose(child);
    ZwClose(root);
}

/* Check that CurrentControlSet leads to the control set in use, by default and not when the link
 * itself is asked for. */
static void the_current_control_set_is_a_link(struct machine *m) {
    HANDLE key = new_key(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Thing"), other,
           link;
    char buffer[200];
    ULONG needed;
    (void)m;
    number_set(key, L"Start", 3);
    assert_int_equal(
        key_open(L"\\Registry\\Machine\\System\\ControlSet001\\Services\\Thing", NULL, &other),
        STATUS_SUCCESS);
    assert_int_equal(number_get(other, L"Start"), 3);
    OBJECT_ATTRIBUTES *attributes =
        key_attributes(L"\\Registry\\Machine\\System\\CurrentControlSet", NULL);
    assert_int_equal(ZwOpenKeyEx(&link, KEY_READ, attributes, REG_OPTION_OPEN_LINK),
                     STATUS_SUCCESS);
    assert_int_equal(value_get(link, L"SymbolicLinkValue", KeyValuePartialInformation, buffer,
                               sizeof buffer, &needed),
                     STATUS_SUCCESS);
    assert_int_equal(((const KEY_VALUE_PARTIAL_INFORMATION *)(const void *)buffer)->Type, REG_LINK);
    ZwClose(link);
    ZwClose(other);
    ZwClose(key);
}

static void below_a_volatile_key_all_is_volatile(struct machine *m) {
    HANDLE parent, child;
    ULONG disposition;
    (void)m;
    assert_int_equal(
        key_create(SOFTWARE L"\\Temporary", NULL, REG_OPTION_VOLATILE, &parent, &disposition),
        STATUS_SUCCESS);
    assert_int_equal(key_create(L"Child", parent, 0, &child, &disposition),
                     STATUS_CHILD_MUST_BE_VOLATILE);
    assert_int_equal(key_create(L"Child", parent, REG_OPTION_VOLATILE, &child, &disposition),
                     STATUS_SUCCESS);
    ZwClose(child);
    ZwClose(parent);
}

/* Check that a deleted key is gone for everybody, also for those who have it open. */
static void a_deleted_key_is_gone(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Gone"), other, child;
    ULONG disposition, needed;
    char buffer[100];
    (void)m;
    key_open(SOFTWARE L"\\Gone", NULL, &other);
    key_create(L"Child", key, 0, &child, &disposition);
    assert_int_equal(ZwDeleteKey(key), STATUS_CANNOT_DELETE);
    assert_int_equal(ZwDeleteKey(child), STATUS_SUCCESS);
    assert_int_equal(ZwDeleteKey(key), STATUS_SUCCESS);
    assert_int_equal(ZwDeleteKey(key), STATUS_KEY_DELETED);
    assert_int_equal(ZwQueryKey(other, KeyBasicInformation, buffer, sizeof buffer, &needed),
                     STATUS_KEY_DELETED);
    assert_int_equal(key_open(SOFTWARE L"\\Gone", NULL, &child), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(key);
    ZwClose(other);
    ZwClose(new_key(SOFTWARE L"\\Gone"));
}

static void a_key_can_be_renamed(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"New"), taken = RTL_CONSTANT_STRING(L"Taken");
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"A\\B");
    HANDLE key = new_key(SOFTWARE L"\\Old"), other;
    (void)m;
    ZwClose(new_key(SOFTWARE L"\\Taken"));
    number_set(key, L"X", 9);
    assert_int_equal(ZwRenameKey(key, &name), STATUS_SUCCESS);
    assert_int_equal(key_open(SOFTWARE L"\\Old", NULL, &other), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(key_open(SOFTWARE L"\\New", NULL, &other), STATUS_SUCCESS);
    assert_int_equal(number_get(other, L"X"), 9);
    assert_int_equal(ZwRenameKey(key, &taken), STATUS_CANNOT_DELETE);
    assert_int_equal(ZwRenameKey(key, &path), STATUS_INVALID_PARAMETER);
    ZwClose(other);
    ZwClose(key);
}

static void a_key_is_flushed_by_handle(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Flushed");
    (void)m;
    assert_int_equal(ZwFlushKey(key), STATUS_SUCCESS);
    ZwClose(key);
    assert_int_equal(ZwFlushKey(key), STATUS_INVALID_HANDLE);
    assert_int_equal(ZwFlushKey(NtCurrentThread()), STATUS_OBJECT_TYPE_MISMATCH);
}

/* Check that a thousand keys are found again, in the order of their names. */
static void many_keys_are_kept_in_order(struct machine *m) {
    HANDLE parent = new_key(SOFTWARE L"\\Many"), key;
    WCHAR name[] = L"0000";
    char buffer[64];
    const KEY_BASIC_INFORMATION *basic = (const void *)buffer;
    ULONG needed, disposition;
    (void)m;
    for (int i = 0; i < 1000; i++) {
        int number = i * 7 % 1000;
        for (int at = 3; at >= 0; at--, number /= 10)
            name[at] = (WCHAR)('0' + number % 10);
        assert_int_equal(key_create(name, parent, 0, &key, &disposition), STATUS_SUCCESS);
        ZwClose(key);
    }
    for (ULONG i = 0; i < 1000; i++) {
        assert_int_equal(
            ZwEnumerateKey(parent, i, KeyBasicInformation, buffer, sizeof buffer, &needed),
            STATUS_SUCCESS);
        ULONG number = 0;
        for (int at = 0; at < 4; at++)
            number = number * 10 + (basic->Name[at] - '0');
        assert_int_equal(number, i);
    }
    ZwClose(parent);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_key_is_created_then_opened),
        wdmsim_unit_test(what_is_not_there_is_told),
        wdmsim_unit_test(only_the_last_component_is_created),
        wdmsim_unit_test(a_key_is_a_root_for_relative_names),
        wdmsim_unit_test(the_current_control_set_is_a_link),
        wdmsim_unit_test(below_a_volatile_key_all_is_volatile),
        wdmsim_unit_test(a_deleted_key_is_gone),
        wdmsim_unit_test(a_key_can_be_renamed),
        wdmsim_unit_test(a_key_is_flushed_by_handle),
        wdmsim_unit_test(many_keys_are_kept_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
