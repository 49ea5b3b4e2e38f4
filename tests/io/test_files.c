/* The life of a file object: create, cleanup, close, and what counts as open. */
#include "io_test.h"

static char story[64];
static PIRP kept;
static NTSTATUS create_status;

static void tell(char c) {
    size_t length = strlen(story);
    story[length] = c;
    story[length + 1] = 0;
}

static NTSTATUS follow(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_CREATE:
        tell('o');
        return test_complete(irp, create_status, 0);
    case IRP_MJ_CLEANUP:
        tell('u');
        break;
    case IRP_MJ_CLOSE:
        tell('c');
        break;
    default:
        tell('r');
        IoMarkIrpPending(irp);
        kept = irp;
        return STATUS_PENDING;
    }
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void load(struct machine *m) {
    test_lower[IRP_MJ_CREATE] = test_lower[IRP_MJ_CLEANUP] = test_lower[IRP_MJ_CLOSE] =
        test_lower[IRP_MJ_READ] = follow;
    story[0] = 0;
    create_status = STATUS_SUCCESS;
    test_load(m);
}

static void cleanup_comes_before_close(struct machine *m) {
    load(m);
    uint64_t handle = test_open(m);
    assert_int_equal(test_device->ReferenceCount, 1);
    test_close(m, handle);
    wdmsim_settle(m);
    assert_string_equal(story, "ouc");
    assert_int_equal(test_device->ReferenceCount, 0);
}

/* Check that a request in flight keeps the file open after its last handle. */
static void close_waits_for_requests(struct machine *m) {
    load(m);
    uint64_t handle = test_open(m);
    TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 4);
    test_close(m, handle);
    wdmsim_settle(m);
    assert_string_equal(story, "oru");
    test_complete(kept, STATUS_CANCELLED, 0);
    wdmsim_settle(m);
    assert_string_equal(story, "oruc");
}

static void a_refused_create_is_never_closed(struct machine *m) {
    load(m);
    create_status = STATUS_DEVICE_BUSY;
    struct wdmsim_request *open = TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\\\.\\lower");
    assert_int_equal(wdmsim_request_status(open), (uint32_t)STATUS_DEVICE_BUSY);
    assert_int_equal(wdmsim_request_handle(open), 0);
    assert_string_equal(story, "o");
    assert_int_equal(test_device->ReferenceCount, 0);
}

static void names_that_lead_nowhere(struct machine *m) {
    load(m);
    struct wdmsim_request *open = TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\\\.\\nothing");
    assert_int_equal(wdmsim_request_status(open), (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
    open = TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\Driver\\lower");
    assert_int_equal(wdmsim_request_status(open), (uint32_t)STATUS_OBJECT_TYPE_MISMATCH);
    assert_string_equal(story, "");
}

static WCHAR seen_name[16];

static NTSTATUS look_at_name(PDEVICE_OBJECT device, PIRP irp) {
    PUNICODE_STRING name = &IoGetCurrentIrpStackLocation(irp)->FileObject->FileName;
    UNREFERENCED_PARAMETER(device);
    memcpy(seen_name, name->Buffer, name->Length);
    seen_name[name->Length / sizeof(WCHAR)] = 0;
    return test_complete(irp, STATUS_SUCCESS, 0);
}

/* Check that the driver sees what follows its device's name, and that case does not matter. */
static void the_rest_of_the_path_is_the_file_name(struct machine *m) {
    static const WCHAR expected[] = L"\\a\\B.txt";
    test_lower[IRP_MJ_CREATE] = look_at_name;
    test_load(m);
    TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\\\.\\LOWER\\a\\B.txt");
    assert_memory_equal(seen_name, expected, sizeof expected);
}

/* Check that an exclusive device is open once at most. */
static void an_exclusive_device_opens_once(struct machine *m) {
    test_exclusive = TRUE;
    test_load(m);
    uint64_t handle = test_open(m);
    struct wdmsim_request *second = TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\\\.\\lower");
    assert_int_equal(wdmsim_request_status(second), (uint32_t)STATUS_ACCESS_DENIED);
    test_close(m, handle);
    wdmsim_settle(m);
    test_close(m, test_open(m));
}

static void the_file_of_a_device_has_no_section(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE file, section;
    load(m);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenFile(&file, FILE_READ_DATA, &attributes, &iosb, FILE_SHARE_READ, 0),
                     STATUS_SUCCESS);
    assert_int_equal(
        ZwCreateSection(&section, SECTION_MAP_READ, NULL, NULL, PAGE_READONLY, SEC_COMMIT, file),
        STATUS_INVALID_FILE_FOR_SECTION);
    ZwClose(file);
    assert_string_equal(story, "ouc");
}

static NTSTATUS opened_early;

static NTSTATUS open_inside(PDEVICE_OBJECT device, PIRP irp) {
    HANDLE handle;
    UNREFERENCED_PARAMETER(device);
    opened_early =
        ObOpenObjectByPointer(IoGetCurrentIrpStackLocation(irp)->FileObject, OBJ_KERNEL_HANDLE,
                              NULL, 0, *IoFileObjectType, KernelMode, &handle);
    return test_complete(irp, STATUS_SUCCESS, 0);
}

/* Check that a file object has its first handle before anybody makes a second one, and that none of
 * them is exclusive. */
static void a_file_has_its_first_handle_first(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    PFILE_OBJECT file;
    PDEVICE_OBJECT device;
    HANDLE handle;
    test_lower[IRP_MJ_CREATE] = open_inside;
    test_load(m);
    assert_int_equal(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device),
                     STATUS_SUCCESS);
    assert_int_equal(opened_early, STATUS_UNSUCCESSFUL);
    assert_int_equal(ObOpenObjectByPointer(file, OBJ_KERNEL_HANDLE | OBJ_EXCLUSIVE, NULL, 0,
                                           *IoFileObjectType, KernelMode, &handle),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(ObOpenObjectByPointer(file, OBJ_KERNEL_HANDLE, NULL, 0, *IoFileObjectType,
                                           KernelMode, &handle),
                     STATUS_SUCCESS);
    ZwClose(handle);
    ObDereferenceObject(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(cleanup_comes_before_close),
        wdmsim_unit_test(close_waits_for_requests),
        wdmsim_unit_test(a_refused_create_is_never_closed),
        wdmsim_unit_test(names_that_lead_nowhere),
        wdmsim_unit_test(the_rest_of_the_path_is_the_file_name),
        wdmsim_unit_test(an_exclusive_device_opens_once),
        wdmsim_unit_test(the_file_of_a_device_has_no_section),
        wdmsim_unit_test(a_file_has_its_first_handle_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
