/*
 * Memory by choice (WDMSIM_FAIL_POOL): what a driver asks for is refused, as it is on Windows, when
 * the strategy says so; what the kernel makes for itself or for a program never is.
 */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'tseT'

static PDEVICE_OBJECT target;
static unsigned asked;

static unsigned refuse(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(n);
    asked += kind == WDMSIM_CHOICE_POOL;
    return kind == WDMSIM_CHOICE_POOL;
}

/* Answers everything, and writes to the buffer of who reads. */
static NTSTATUS read_directly(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    UCHAR *buffer = irp->MdlAddress ? MmMapLockedPagesSpecifyCache(irp->MdlAddress, KernelMode,
                                                                   MmCached, NULL, TRUE, 0)
                                    : NULL;
    if (buffer)
        buffer[0] = 'x';
    irp->IoStatus.Information = buffer != NULL;
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static int entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\target");
    UNREFERENCED_PARAMETER(path);
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = read_directly;
    NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &target);
    target->Flags |= DO_DIRECT_IO;
    return status;
}

static void begin(struct machine *m) {
    struct wdmsim_driver *driver;
    assert_int_equal(wdmsim_driver_load_entry(m, "target", (wdmsim_driver_entry *)entry, &driver),
                     0);
    assert_int_equal(wdmsim_driver_status(driver), STATUS_SUCCESS);
}

static void what_a_driver_owns_is_refused(struct machine *m) {
    static UCHAR bytes[64];
    const PHYSICAL_ADDRESS any = {.QuadPart = MAXLONGLONG}, none = {.QuadPart = 0};
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    NPAGED_LOOKASIDE_LIST list;
    UNICODE_STRING text;
    ANSI_STRING from;
    begin(m);
    RtlInitAnsiString(&from, "text");
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 40, TAG, 0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    wdmsim_set_chooser(m, refuse, NULL);
    asked = 0;
    assert_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, TAG));
    assert_null(ExAllocatePoolWithTag(PagedPool, 9000, TAG));
    assert_null(ExAllocateFromNPagedLookasideList(&list));
    assert_null(MmAllocateContiguousMemory(PAGE_SIZE, any));
    assert_null(MmAllocatePagesForMdlEx(none, any, none, PAGE_SIZE, MmCached, 0));
    assert_null(IoAllocateMdl(bytes, 1, FALSE, FALSE, NULL));
    assert_null(IoAllocateIrp(1, FALSE));
    assert_null(IoAllocateWorkItem(target));
    assert_null(IoBuildDeviceIoControlRequest(1, target, NULL, 0, NULL, 0, FALSE, &event, &iosb));
    assert_int_equal(RtlAnsiStringToUnicodeString(&text, &from, TRUE), STATUS_NO_MEMORY);
    assert_int_equal(asked, 10);
}

static void routines_that_make_something_for_a_driver_fail(struct machine *m) {
    UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\target"),
                   link = RTL_CONSTANT_STRING(L"\\DosDevices\\target");
    const POWER_STATE d0 = {.DeviceState = PowerDeviceD0};
    PDEVICE_OBJECT device = target;
    HANDLE thread;
    PVOID extension;
    begin(m);
    wdmsim_set_chooser(m, refuse, NULL);
    assert_int_equal(
        IoCreateDevice(target->DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
        STATUS_INSUFFICIENT_RESOURCES);
    assert_null(device);
    assert_int_equal(IoCreateSymbolicLink(&link, &device_name), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(IoAllocateDriverObjectExtension(target->DriverObject, &asked, 8, &extension),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(IoRegisterShutdownNotification(target), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(PoRequestPowerIrp(target, IRP_MN_SET_POWER, d0, NULL, NULL, NULL),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(PsCreateSystemThread(&thread, 0, NULL, NULL, NULL, NULL, NULL),
                     STATUS_INSUFFICIENT_RESOURCES);
}

/* The result of this call is a bug check, or a mapping; the other's is NULL. */
static void a_mapping_fails_only_where_its_owner_can_be_told(struct machine *m) {
    static UCHAR bytes[64];
    PMDL mdl = IoAllocateMdl(bytes, sizeof bytes, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    wdmsim_set_chooser(m, refuse, NULL);
    assert_null(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority));
    assert_non_null(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, TRUE, 0));
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* Opening, the IRP, the MDL, closing: all of it is the I/O manager's. */
static void a_request_of_a_program_is_not_refused(struct machine *m) {
    struct wdmsim_request *open, *read, *close;
    begin(m);
    wdmsim_set_chooser(m, refuse, NULL);
    asked = 0;
    wdmsim_submit(
        m,
        &(struct wdmsim_request_parameters){.operation = WDMSIM_OPEN, .path = "\\Device\\target"},
        &open);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_request_status(open), STATUS_SUCCESS);
    uint64_t handle = wdmsim_request_handle(open);
    wdmsim_submit(m,
                  &(struct wdmsim_request_parameters){
                      .operation = WDMSIM_READ, .handle = handle, .output_size = 8},
                  &read);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_request_status(read), STATUS_SUCCESS);
    assert_int_equal(wdmsim_request_information(read), 1);
    wdmsim_submit(m,
                  &(struct wdmsim_request_parameters){.operation = WDMSIM_CLOSE, .handle = handle},
                  &close);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_request_status(close), STATUS_SUCCESS);
    assert_int_equal(asked, 0);
}

int main(void) {
    static const struct wdmsim_config asking = {.processors = 1,
                                                .strategy = WDMSIM_STRATEGY_ASK,
                                                .flags = WDMSIM_CHECK_RULES | WDMSIM_FAIL_POOL};
    static const struct wdmsim_config unchecked = {
        .processors = 1, .strategy = WDMSIM_STRATEGY_ASK, .flags = WDMSIM_FAIL_POOL};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(what_a_driver_owns_is_refused, &asking),
        wdmsim_unit_test_on(routines_that_make_something_for_a_driver_fail, &asking),
        wdmsim_unit_test_on(a_mapping_fails_only_where_its_owner_can_be_told, &unchecked),
        wdmsim_unit_test_on(a_request_of_a_program_is_not_refused, &unchecked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
