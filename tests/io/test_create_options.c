/* Check the options of the creates that drivers use: where they enter the stack, whether sharing
 * and rights are looked at, whose parameters they are, and what the create tells about its caller.
 */
#include <wdmsec.h>

#include "io_test.h"

static char story[64];
static PVOID seen_token;
static ACCESS_MASK seen_access;
static LARGE_INTEGER seen_offset;
static PFILE_OBJECT seen_file;

static NTSTATUS tell(PDEVICE_OBJECT device, PIRP irp) {
    static const struct {
        UCHAR major;
        char upper, lower;
    } letters[] = {{IRP_MJ_CREATE, 'O', 'o'},
                   {IRP_MJ_WRITE, 'W', 'w'},
                   {IRP_MJ_CLEANUP, 'U', 'u'},
                   {IRP_MJ_CLOSE, 'C', 'c'}};
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    size_t length = strlen(story);
    for (size_t i = 0; i < ARRAYSIZE(letters); i++)
        if (letters[i].major == stack->MajorFunction)
            story[length] = device == test_filter ? letters[i].upper : letters[i].lower;
    story[length + 1] = 0;
    return device == test_filter ? test_pass(device, irp) : test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS on_create(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PACCESS_STATE state = stack->Parameters.Create.SecurityContext->AccessState;
    seen_token = state->SubjectSecurityContext.PrimaryToken;
    seen_access = state->OriginalDesiredAccess;
    seen_file = stack->FileObject;
    return tell(device, irp);
}

static NTSTATUS on_write(PDEVICE_OBJECT device, PIRP irp) {
    seen_offset = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.ByteOffset;
    return tell(device, irp);
}

static OBJECT_ATTRIBUTES attributes;
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower\\file");

static void begin(struct machine *m, bool filter) {
    static const UCHAR majors[] = {IRP_MJ_CREATE, IRP_MJ_WRITE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE};
    for (size_t i = 0; i < ARRAYSIZE(majors); i++)
        test_lower[majors[i]] = test_upper[majors[i]] = tell;
    test_lower[IRP_MJ_CREATE] = on_create;
    test_lower[IRP_MJ_WRITE] = on_write;
    test_load(m);
    if (filter)
        test_load_filter(m);
    memset(test_upper, 0, sizeof test_upper);
    story[0] = 0;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
}

static NTSTATUS create(HANDLE *file, ACCESS_MASK access, ULONG options, ULONG flags) {
    IO_STATUS_BLOCK iosb;
    return IoCreateFile(file, access, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, options, NULL, 0,
                        CreateFileTypeNone, NULL, flags);
}

static NTSTATUS create_below(HANDLE *file, PDEVICE_OBJECT hint) {
    IO_STATUS_BLOCK iosb;
    return IoCreateFileSpecifyDeviceObjectHint(
        file, FILE_WRITE_DATA | SYNCHRONIZE, &attributes, &iosb, NULL, 0, 0, FILE_OPEN,
        FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, CreateFileTypeNone, NULL, 0, hint);
}

static NTSTATUS write_at(HANDLE file, LONGLONG at) {
    LARGE_INTEGER offset = {.QuadPart = at};
    IO_STATUS_BLOCK iosb;
    char byte = 0;
    return ZwWriteFile(file, NULL, NULL, NULL, &iosb, &byte, sizeof byte, &offset, NULL);
}

/* Check that what follows the create goes the same way. */
static void the_filter_sees_nothing_of_a_hinted_file(struct machine *m) {
    HANDLE file;
    begin(m, true);
    assert_int_equal(create_below(&file, test_device), STATUS_SUCCESS);
    assert_ptr_equal(IoGetRelatedDeviceObject(seen_file), test_device);
    assert_int_equal(write_at(file, 0), STATUS_SUCCESS);
    ZwClose(file);
    assert_string_equal(story, "owuc");
    assert_int_equal(create_below(&file, NULL), STATUS_SUCCESS);
    ZwClose(file);
    assert_string_equal(story, "owucOoUuCc");
}

static void a_hint_is_a_device_of_the_stack(struct machine *m) {
    PDEVICE_OBJECT other;
    HANDLE file;
    begin(m, false);
    IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &other);
    assert_int_equal(create_below(&file, other), STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
    assert_string_equal(story, "");
    assert_int_equal(test_device->ReferenceCount, 0);
    IoDeleteDevice(other);
}

static void sharing_is_ignored_when_asked(struct machine *m) {
    HANDLE file;
    begin(m, false);
    create(&file, FILE_READ_DATA, 0, 0);
    assert_false(IoIsFileObjectIgnoringSharing(seen_file));
    ZwClose(file);
    create(&file, FILE_READ_DATA, 0, IO_IGNORE_SHARE_ACCESS_CHECK);
    assert_true(IoIsFileObjectIgnoringSharing(seen_file));
    ZwClose(file);
}

/* Guests alone may open the device: the kernel asks for the check that it does not need. */
static void rights_are_checked_when_asked(struct machine *m) {
    UNICODE_STRING guests = RTL_CONSTANT_STRING(L"\\Device\\guests"),
                   sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;BG)");
    PDEVICE_OBJECT device;
    HANDLE file;
    begin(m, false);
    assert_int_equal(IoCreateDeviceSecure(test_driver, 0, &guests, FILE_DEVICE_UNKNOWN, 0, FALSE,
                                          &sddl, NULL, &device),
                     STATUS_SUCCESS);
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    attributes.ObjectName = &guests;
    assert_int_equal(create(&file, FILE_READ_DATA, 0, 0), STATUS_SUCCESS);
    ZwClose(file);
    assert_int_equal(create(&file, FILE_READ_DATA, 0, IO_FORCE_ACCESS_CHECK), STATUS_ACCESS_DENIED);
    IoDeleteDevice(device);
}

static NTSTATUS inner[2];

static NTSTATUS on_control(PDEVICE_OBJECT device, PIRP irp) {
    HANDLE file;
    UNREFERENCED_PARAMETER(device);
    inner[0] = create(&file, FILE_READ_DATA, 0, 0);
    inner[1] = create(&file, FILE_READ_DATA, 0, IO_NO_PARAMETER_CHECKING);
    ZwClose(file);
    return test_complete(irp, STATUS_SUCCESS, 0);
}

/* Check that a driver's pointers are refused while its caller is a program, unless it says whose
 * they are. */
static void parameters_of_a_program_are_probed(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = on_control;
    begin(m, false);
    uint64_t handle = test_open(m);
    TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
             .code = TEST_CODE(0x800, METHOD_NEITHER));
    assert_int_equal(inner[0], STATUS_ACCESS_VIOLATION);
    assert_int_equal(inner[1], STATUS_SUCCESS);
    test_close(m, handle);
}

static void contradictory_options_are_refused(struct machine *m) {
    HANDLE file;
    begin(m, false);
    assert_int_equal(create(&file, FILE_APPEND_DATA, FILE_NO_INTERMEDIATE_BUFFERING, 0),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(create(&file, FILE_READ_DATA, FILE_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY, 0),
                     STATUS_INVALID_PARAMETER);
    assert_string_equal(story, "");
}

static void a_create_tells_who_asks(struct machine *m) {
    HANDLE file;
    begin(m, false);
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
    create(&file, FILE_READ_DATA, 0, 0);
    assert_ptr_equal(seen_token, token);
    assert_int_equal(seen_access, FILE_READ_DATA);
    ZwClose(file);
    PsDereferencePrimaryToken(token);
}

/* Check that a handle for appending only writes to the end, a driver's too. */
static void appending_takes_no_offset(struct machine *m) {
    HANDLE file;
    begin(m, false);
    create(&file, FILE_APPEND_DATA | SYNCHRONIZE, FILE_SYNCHRONOUS_IO_NONALERT, 0);
    write_at(file, 100);
    assert_int_equal(seen_offset.LowPart, FILE_WRITE_TO_END_OF_FILE);
    assert_int_equal(seen_offset.HighPart, -1);
    ZwClose(file);
    create(&file, FILE_WRITE_DATA | FILE_APPEND_DATA | SYNCHRONIZE, FILE_SYNCHRONOUS_IO_NONALERT,
           0);
    write_at(file, 100);
    assert_int_equal(seen_offset.QuadPart, 100);
    ZwClose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_filter_sees_nothing_of_a_hinted_file),
        wdmsim_unit_test(a_hint_is_a_device_of_the_stack),
        wdmsim_unit_test(sharing_is_ignored_when_asked),
        wdmsim_unit_test(rights_are_checked_when_asked),
        wdmsim_unit_test(parameters_of_a_program_are_probed),
        wdmsim_unit_test(contradictory_options_are_refused),
        wdmsim_unit_test(a_create_tells_who_asks),
        wdmsim_unit_test(appending_takes_no_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
