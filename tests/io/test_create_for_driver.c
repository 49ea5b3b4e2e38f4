/* Check the creates that drivers use, with and without a hint, and the services that take a name
 * instead of a handle: what the device below sees, and that nothing stays open. */
#include "io_test.h"

static char story[32];
static ULONG seen_options, seen_length;
static FILE_NETWORK_OPEN_INFORMATION answer;

static void tell(const char *what) { strcat(story, what); }

static NTSTATUS on_create(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    seen_options = stack->Parameters.Create.Options;
    tell(stack->FileObject->FileName.Length ? "o" : "r");
    return test_complete(irp, STATUS_SUCCESS, FILE_OPENED);
}

static NTSTATUS on_cleanup(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    tell("u");
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS on_close(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    tell("c");
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS on_query(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    seen_length = stack->Parameters.QueryFile.Length;
    tell("q");
    if (stack->Parameters.QueryFile.FileInformationClass != FileNetworkOpenInformation)
        return test_complete(irp, STATUS_INVALID_INFO_CLASS, 0);
    memcpy(irp->AssociatedIrp.SystemBuffer, &answer, sizeof answer);
    return test_complete(irp, STATUS_SUCCESS, sizeof answer);
}

static OBJECT_ATTRIBUTES attributes;
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower\\file");

static void begin(struct machine *m) {
    test_lower[IRP_MJ_CREATE] = on_create;
    test_lower[IRP_MJ_CLEANUP] = on_cleanup;
    test_lower[IRP_MJ_CLOSE] = on_close;
    test_lower[IRP_MJ_QUERY_INFORMATION] = on_query;
    test_load(m);
    story[0] = 0;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
}

static void three_routines_open_a_file(struct machine *m) {
    HANDLE file;
    IO_STATUS_BLOCK iosb;
    IO_DRIVER_CREATE_CONTEXT context;
    begin(m);
    assert_int_equal(IoCreateFile(&file, FILE_READ_DATA, &attributes, &iosb, NULL, 0, 0, FILE_OPEN,
                                  0, NULL, 0, CreateFileTypeNone, NULL, 0),
                     STATUS_SUCCESS);
    assert_int_equal(iosb.Information, FILE_OPENED);
    ZwClose(file);
    assert_string_equal(story, "ouc");
    IoInitializeDriverCreateContext(&context);
    assert_int_equal(context.Size, sizeof context);
    assert_null(context.DeviceObjectHint);
    assert_int_equal(IoCreateFileEx(&file, FILE_READ_DATA, &attributes, &iosb, NULL, 0, 0,
                                    FILE_OPEN, 0, NULL, 0, CreateFileTypeNone, NULL, 0, &context),
                     STATUS_SUCCESS);
    ZwClose(file);
    context.Size = 1;
    assert_int_equal(IoCreateFileEx(&file, FILE_READ_DATA, &attributes, &iosb, NULL, 0, 0,
                                    FILE_OPEN, 0, NULL, 0, CreateFileTypeNone, NULL, 0, &context),
                     STATUS_INVALID_PARAMETER);
    assert_string_equal(story, "oucouc");
}

static unsigned upper_creates;

static NTSTATUS count_upper(PDEVICE_OBJECT device, PIRP irp) {
    upper_creates++;
    return test_pass(device, irp);
}

/* A filter opens the file below itself. */
static void a_hint_leaves_out_the_filters_above(struct machine *m) {
    HANDLE file;
    IO_STATUS_BLOCK iosb;
    IO_DRIVER_CREATE_CONTEXT context;
    begin(m);
    test_upper[IRP_MJ_CREATE] = count_upper;
    test_load_filter(m);
    upper_creates = 0;
    assert_int_equal(IoCreateFile(&file, FILE_READ_DATA, &attributes, &iosb, NULL, 0, 0, FILE_OPEN,
                                  0, NULL, 0, CreateFileTypeNone, NULL, 0),
                     STATUS_SUCCESS);
    assert_int_equal(upper_creates, 1);
    ZwClose(file);
    assert_int_equal(IoCreateFileSpecifyDeviceObjectHint(&file, FILE_READ_DATA, &attributes, &iosb,
                                                         NULL, 0, 0, FILE_OPEN, 0, NULL, 0,
                                                         CreateFileTypeNone, NULL, 0, test_device),
                     STATUS_SUCCESS);
    assert_int_equal(upper_creates, 1);
    assert_int_equal(ZwClose(file), STATUS_SUCCESS);
    IoInitializeDriverCreateContext(&context);
    context.DeviceObjectHint = test_device;
    assert_int_equal(IoCreateFileEx(&file, FILE_READ_DATA, &attributes, &iosb, NULL, 0, 0,
                                    FILE_OPEN, 0, NULL, 0, CreateFileTypeNone, NULL, 0, &context),
                     STATUS_SUCCESS);
    assert_int_equal(upper_creates, 1);
    ZwClose(file);
}

static void attributes_are_queried_by_name(struct machine *m) {
    FILE_NETWORK_OPEN_INFORMATION information;
    IO_STATUS_BLOCK iosb;
    begin(m);
    answer.EndOfFile.QuadPart = 77;
    answer.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    assert_int_equal(ZwQueryFullAttributesFile(&attributes, &information), STATUS_SUCCESS);
    assert_int_equal(information.EndOfFile.QuadPart, 77);
    assert_int_equal(seen_length, sizeof information);
    assert_string_equal(story, "oquc");
    memset(&information, 0, sizeof information);
    assert_true(
        IoFastQueryNetworkAttributes(&attributes, FILE_READ_ATTRIBUTES, 0, &iosb, &information));
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    assert_int_equal(information.FileAttributes, FILE_ATTRIBUTE_NORMAL);
    assert_string_equal(story, "oqucoquc");
    UNICODE_STRING nowhere = RTL_CONSTANT_STRING(L"\\Device\\nowhere");
    attributes.ObjectName = &nowhere;
    assert_true(
        IoFastQueryNetworkAttributes(&attributes, FILE_READ_ATTRIBUTES, 0, &iosb, &information));
    assert_int_equal(iosb.Status, STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ZwQueryFullAttributesFile(&attributes, &information),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

static void only_some_classes_go_by_name(struct machine *m) {
    ULONG64 buffer[16];
    IO_STATUS_BLOCK iosb;
    begin(m);
    assert_int_equal(
        ZwQueryInformationByName(&attributes, &iosb, buffer, sizeof buffer, FileBasicInformation),
        STATUS_INVALID_INFO_CLASS);
    assert_string_equal(story, "");
    ZwQueryInformationByName(&attributes, &iosb, buffer, sizeof buffer, FileStatInformation);
    NtQueryInformationByName(&attributes, &iosb, buffer, sizeof buffer, FileStatInformation);
    assert_int_equal(strlen(story) % 2, 0);
    assert_int_equal(story[0], 'o');
    assert_int_equal(test_device->ReferenceCount, 0);
}

static void deleting_is_a_close(struct machine *m) {
    begin(m);
    assert_int_equal(ZwDeleteFile(&attributes), STATUS_SUCCESS);
    assert_true(seen_options & FILE_DELETE_ON_CLOSE);
    assert_string_equal(story, "ouc");
}

/* The file is given up before it ever had a handle; after that it is a bug check. */
static NTSTATUS create_and_give_up(PDEVICE_OBJECT device, PIRP irp) {
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(event);
    UNREFERENCED_PARAMETER(iosb);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoForwardIrpSynchronously(test_below, irp);
    IoCancelFileOpen(test_below, file);
    assert_true(file->Flags & FO_FILE_OPEN_CANCELLED);
    return test_complete(irp, STATUS_ACCESS_DENIED, 0);
}

static void a_filter_takes_an_open_back(struct machine *m) {
    HANDLE file;
    IO_STATUS_BLOCK iosb;
    begin(m);
    test_upper[IRP_MJ_CREATE] = create_and_give_up;
    test_load_filter(m);
    assert_int_equal(ZwOpenFile(&file, FILE_READ_DATA, &attributes, &iosb, 0, 0),
                     STATUS_ACCESS_DENIED);
    assert_string_equal(story, "ouc");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(three_routines_open_a_file),
        wdmsim_unit_test(a_hint_leaves_out_the_filters_above),
        wdmsim_unit_test(attributes_are_queried_by_name),
        wdmsim_unit_test(only_some_classes_go_by_name),
        wdmsim_unit_test(deleting_is_a_close),
        wdmsim_unit_test(a_filter_takes_an_open_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
