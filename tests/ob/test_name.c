/* Names: directories, symbolic links, how paths are read, how long names live. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static OBJECT_ATTRIBUTES *named(PCWSTR name, ULONG attributes, HANDLE root) {
    static OBJECT_ATTRIBUTES object_attributes;
    static UNICODE_STRING string;
    RtlInitUnicodeString(&string, name);
    InitializeObjectAttributes(&object_attributes, &string, attributes | OBJ_KERNEL_HANDLE, root,
                               NULL);
    return &object_attributes;
}

static NTSTATUS create_event(PCWSTR name, ULONG attributes, HANDLE root, HANDLE *handle) {
    return ZwCreateEvent(handle, EVENT_ALL_ACCESS, named(name, attributes, root), NotificationEvent,
                         FALSE);
}

static NTSTATUS open_event(PCWSTR name, HANDLE root, HANDLE *handle) {
    return ZwOpenEvent(handle, EVENT_ALL_ACCESS, named(name, 0, root));
}

static void a_name_finds_its_object(struct machine *m) {
    HANDLE created, opened;
    PVOID a, b;
    (void)m;
    assert_int_equal(create_event(L"\\BaseNamedObjects\\Ready", 0, NULL, &created), STATUS_SUCCESS);
    assert_int_equal(open_event(L"\\basenamedobjects\\READY", NULL, &opened), STATUS_SUCCESS);
    ObReferenceObjectByHandle(created, 0, NULL, KernelMode, &a, NULL);
    ObReferenceObjectByHandle(opened, 0, NULL, KernelMode, &b, NULL);
    assert_ptr_equal(a, b);
    ObDereferenceObject(a);
    ObDereferenceObject(b);
    ZwClose(created);
    ZwClose(opened);
}

static void what_is_not_there_is_told_apart(struct machine *m) {
    HANDLE handle;
    (void)m;
    assert_int_equal(open_event(L"\\BaseNamedObjects\\None", NULL, &handle),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_event(L"\\Nowhere\\None", NULL, &handle), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(open_event(L"None", NULL, &handle), STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_int_equal(open_event(L"\\BaseNamedObjects\\\\None", NULL, &handle),
                     STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(open_event(L"\\BaseNamedObjects", NULL, &handle), STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(create_event(L"\\Nowhere\\New", 0, NULL, &handle),
                     STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(create_event(L"New", 0, NULL, &handle), STATUS_OBJECT_PATH_SYNTAX_BAD);
}

static void a_name_is_taken_once(struct machine *m) {
    HANDLE first, second;
    (void)m;
    assert_int_equal(create_event(L"\\BaseNamedObjects\\One", 0, NULL, &first), STATUS_SUCCESS);
    assert_int_equal(create_event(L"\\BaseNamedObjects\\one", 0, NULL, &second),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(create_event(L"\\BaseNamedObjects\\one", OBJ_OPENIF, NULL, &second),
                     STATUS_OBJECT_NAME_EXISTS);
    ZwSetEvent(second, NULL);
    LONG before = 0;
    ZwSetEvent(first, &before);
    assert_int_equal(before, 1);
    ZwClose(first);
    ZwClose(second);
}

/* Check that a temporary object's name goes with its last handle, though the object is still
 * referenced. */
static void a_temporary_name_goes_with_the_last_handle(struct machine *m) {
    HANDLE handle;
    PVOID event;
    (void)m;
    create_event(L"\\BaseNamedObjects\\Temporary", 0, NULL, &handle);
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL);
    ZwClose(handle);
    assert_int_equal(open_event(L"\\BaseNamedObjects\\Temporary", NULL, &handle),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    ObDereferenceObject(event);
}

static void a_permanent_name_stays_until_it_is_made_temporary(struct machine *m) {
    HANDLE handle;
    (void)m;
    create_event(L"\\BaseNamedObjects\\Permanent", OBJ_PERMANENT, NULL, &handle);
    ZwClose(handle);
    assert_int_equal(open_event(L"\\BaseNamedObjects\\Permanent", NULL, &handle), STATUS_SUCCESS);
    assert_int_equal(ZwMakeTemporaryObject(handle), STATUS_SUCCESS);
    ZwClose(handle);
    assert_int_equal(open_event(L"\\BaseNamedObjects\\Permanent", NULL, &handle),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

/* Check that making an object temporary that has no handles takes its name at once. */
static void a_pointer_can_be_made_temporary(struct machine *m) {
    HANDLE handle;
    PVOID event;
    (void)m;
    create_event(L"\\BaseNamedObjects\\Permanent", OBJ_PERMANENT, NULL, &handle);
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL);
    ZwClose(handle);
    ObMakeTemporaryObject(event);
    assert_int_equal(open_event(L"\\BaseNamedObjects\\Permanent", NULL, &handle),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    ObDereferenceObject(event);
}

/* Check that a driver's own directory works as a root for relative names. */
static void names_can_be_relative_to_a_directory(struct machine *m) {
    HANDLE directory, again, event, found;
    (void)m;
    assert_int_equal(
        ZwCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, named(L"\\Mine", 0, NULL)),
        STATUS_SUCCESS);
    assert_int_equal(create_event(L"Inner", 0, directory, &event), STATUS_SUCCESS);
    assert_int_equal(open_event(L"\\Mine\\Inner", NULL, &found), STATUS_SUCCESS);
    ZwClose(found);
    assert_int_equal(open_event(L"inner", directory, &found), STATUS_SUCCESS);
    ZwClose(found);
    assert_int_equal(open_event(L"\\Mine\\Inner", directory, &found),
                     STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_int_equal(ZwOpenDirectoryObject(&again, DIRECTORY_QUERY, named(L"\\Mine", 0, NULL)),
                     STATUS_SUCCESS);
    ZwClose(again);
    assert_int_equal(
        ZwOpenDirectoryObject(&again, DIRECTORY_QUERY, named(L"\\Mine\\Inner", 0, NULL)),
        STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(event);
    ZwClose(directory);
    assert_int_equal(open_event(L"\\Mine\\Inner", NULL, &found), STATUS_OBJECT_PATH_NOT_FOUND);
}

/* Check that \??, \DosDevices and \GLOBAL?? are one directory. */
static void dos_devices_have_several_names(struct machine *m) {
    HANDLE created, opened;
    (void)m;
    assert_int_equal(create_event(L"\\DosDevices\\Thing", 0, NULL, &created), STATUS_SUCCESS);
    static PCWSTR const names[] = {L"\\??\\Thing", L"\\GLOBAL??\\Thing",
                                   L"\\DosDevices\\Global\\Thing",
                                   L"\\??\\GLOBALROOT\\GLOBAL??\\Thing"};
    for (size_t i = 0; i < ARRAYSIZE(names); i++) {
        assert_int_equal(open_event(names[i], NULL, &opened), STATUS_SUCCESS);
        ZwClose(opened);
    }
    ZwClose(created);
}

/* Check that a symbolic link leads on, and can itself be opened and read. */
static void a_link_leads_to_its_target(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\Shortcut");
    UNICODE_STRING target = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\Far");
    WCHAR buffer[64];
    UNICODE_STRING read = {0, sizeof buffer, buffer};
    HANDLE event, found, link;
    ULONG length = 0;
    (void)m;
    create_event(L"\\BaseNamedObjects\\Far", 0, NULL, &event);
    assert_int_equal(IoCreateSymbolicLink(&name, &target), STATUS_SUCCESS);
    assert_int_equal(IoCreateSymbolicLink(&name, &target), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(open_event(L"\\??\\Shortcut", NULL, &found), STATUS_SUCCESS);
    ZwClose(found);
    assert_int_equal(
        ZwOpenSymbolicLinkObject(&link, GENERIC_READ, named(L"\\??\\Shortcut", 0, NULL)),
        STATUS_SUCCESS);
    assert_int_equal(ZwQuerySymbolicLinkObject(link, &read, &length), STATUS_SUCCESS);
    assert_int_equal(length, target.Length);
    assert_int_equal(RtlCompareUnicodeString(&read, &target, FALSE), 0);
    read.MaximumLength = 4;
    assert_int_equal(ZwQuerySymbolicLinkObject(link, &read, &length), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, target.Length);
    ZwClose(link);
    assert_int_equal(IoDeleteSymbolicLink(&name), STATUS_SUCCESS);
    assert_int_equal(open_event(L"\\??\\Shortcut", NULL, &found), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoDeleteSymbolicLink(&name), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(event);
}

/* Check that links that lead to each other end in an error. */
static void a_circle_of_links_ends(struct machine *m) {
    UNICODE_STRING a = RTL_CONSTANT_STRING(L"\\??\\A"), b = RTL_CONSTANT_STRING(L"\\??\\B");
    HANDLE handle;
    (void)m;
    IoCreateSymbolicLink(&a, &b);
    IoCreateSymbolicLink(&b, &a);
    assert_int_equal(open_event(L"\\??\\A", NULL, &handle), STATUS_OBJECT_NAME_NOT_FOUND);
    IoDeleteSymbolicLink(&a);
    IoDeleteSymbolicLink(&b);
}

/* Check that an object tells its full name, and how much room it needs. */
static void an_object_tells_its_name(struct machine *m) {
    static const WCHAR expected[] = L"\\BaseNamedObjects\\Named";
    union {
        OBJECT_NAME_INFORMATION name;
        char bytes[256];
    } buffer;
    HANDLE handle, unnamed;
    ULONG needed = 0, length;
    PVOID event;
    (void)m;
    create_event(L"\\basenamedobjects\\Named", 0, NULL, &handle);
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL);
    assert_int_equal(ObQueryNameString(event, NULL, 0, &needed), STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(needed, sizeof(OBJECT_NAME_INFORMATION) + sizeof expected);
    assert_int_equal(ObQueryNameString(event, &buffer.name, needed - 1, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(ObQueryNameString(event, &buffer.name, needed, &length), STATUS_SUCCESS);
    assert_int_equal(buffer.name.Name.Length, sizeof expected - sizeof(WCHAR));
    assert_int_equal(buffer.name.Name.MaximumLength, sizeof expected);
    assert_memory_equal(buffer.name.Name.Buffer, expected, sizeof expected);
    ObDereferenceObject(event);
    ZwClose(handle);

    ZwCreateEvent(&unnamed, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    ObReferenceObjectByHandle(unnamed, 0, NULL, KernelMode, &event, NULL);
    assert_int_equal(ObQueryNameString(event, &buffer.name, sizeof buffer, &length),
                     STATUS_SUCCESS);
    assert_null(buffer.name.Name.Buffer);
    assert_int_equal(buffer.name.Name.Length, 0);
    ObDereferenceObject(event);
    ZwClose(unnamed);
}

/* Check that attributes are looked at: length, unknown bits. */
static void attributes_are_checked(struct machine *m) {
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    (void)m;
    InitializeObjectAttributes(&attributes, NULL, 0x10000, NULL, NULL);
    assert_int_equal(
        ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
        STATUS_INVALID_PARAMETER);
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    attributes.Length = 4;
    assert_int_equal(
        ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
        STATUS_INVALID_PARAMETER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_name_finds_its_object),
        wdmsim_unit_test(what_is_not_there_is_told_apart),
        wdmsim_unit_test(a_name_is_taken_once),
        wdmsim_unit_test(a_temporary_name_goes_with_the_last_handle),
        wdmsim_unit_test(a_permanent_name_stays_until_it_is_made_temporary),
        wdmsim_unit_test(a_pointer_can_be_made_temporary),
        wdmsim_unit_test(names_can_be_relative_to_a_directory),
        wdmsim_unit_test(dos_devices_have_several_names),
        wdmsim_unit_test(a_link_leads_to_its_target),
        wdmsim_unit_test(a_circle_of_links_ends),
        wdmsim_unit_test(an_object_tells_its_name),
        wdmsim_unit_test(attributes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
